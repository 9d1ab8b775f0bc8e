"""Biological sequences: k-mers, reverse complements, base composition, codons, profiles, qualities, base pairs.

Bases are 0 to 3 (A, C, G, T); the complement of b is 3 - b. Sources: Durbin, Eddy, Krogh and Mitchison, "Biological Sequence Analysis";
Nussinov and Jacobson (1980).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.arguments import grids
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.string_and_sequence.genes import codons, complement, composition
from kernels.families.string_and_sequence.letters import SEQUENCES, base_array
from kernels.families.string_and_sequence.reads import consensus, pairs, profile, quality
from kernels.language.expression import Expression
from kernels.language.types import I32, I64


def bases(draw: Draw) -> Case:
    """One kernel on biological sequences."""
    builders: tuple[Callable[[Draw], Case], ...] = (
        _encode,
        _encode,
        _encode,
        composition,
        codons,
        profile,
        profile,
        quality,
        pairs,
        complement,
        _windows,
        consensus,
    )
    return draw.choice(builders)(draw)


def _encode(draw: Draw) -> Case:
    """The code of the k-mer at each position: forward, canonical, spaced, hashed; stored, counted, looked up; invalid ones left out."""
    draft = Draft(draw)
    k = draw.choice((2, 3, 4, 6, 8))
    long = draw.chance(0.25)
    kind = draw.choice(("forward", "forward", "canonical", "spaced", "minimizer"))
    missing = draw.chance(0.35)
    i, j = draft.name("i", "pos", "tid"), draft.name("j", "b", "offset")
    name = draw.choice((f"{kind}_kmers", "encode_kmers", "count_kmers", "kmer_index"))
    draft.reserve(name, "code", "base", "reverse", "valid", "slot", "best", "canonical", "place")
    seq = base_array(draft, draft.name(*SEQUENCES), f"n + {k - 1}", missing=missing)
    type = I64 if long else I32
    cast = (lambda text: f"wp.int64({text})") if long else (lambda text: text)
    four, three = cast("4"), cast("3")
    # Every other base of a spaced k-mer is left out.
    taken = [p for p in range(k) if kind != "spaced" or p % 2 == 0]
    with nullcontext():
        draft.line(f"{i} = wp.tid()")
        if draw.chance(0.4):
            n = draft.count(draft.name("n", "num_kmers"), "n")
            draft.line(f"if {i} >= {n}:", "    return")
        draft.line(
            f"code = {cast('0') if long else 'int(0)'}",
            *([f"reverse = {cast('0') if long else 'int(0)'}"] if kind == "canonical" else []),
            *(["valid = int(1)"] if missing else []),
        )
        step = draw.choice(("shift", "multiply"))
        unrolled = kind == "spaced" or draw.chance(0.3)
        loop = [str(p) for p in taken] if unrolled else [j]
        with nullcontext() if unrolled else draft.block(f"for {j} in range({k}):"):
            for p in loop:
                place = f"{i} + {p}" if p != "0" else i
                draft.line(f"base = int({seq}[{place}])")
                if missing:
                    draft.line("if base > 3:", "    valid = 0", "    base = 0")
                digit = cast("base")
                draft.line(f"code = (code << {cast('2')}) | {digit}" if step == "shift" else f"code = code * {four} + {digit}")
                if kind == "canonical":
                    draft.line(f"reverse = reverse | (({three} - {digit}) << {cast(f'2 * {p}') if long else f'(2 * {p})'})")
        draft.numpy(
            f"windows = np.stack([{seq}[p : p + dim[0]].astype(np.int64) for p in {taken if unrolled else list(range(k))}], axis=1)"
        )
        if missing:
            draft.numpy("valid = (windows < 4).all(axis=1)", "windows = np.where(windows < 4, windows, 0)")
        count = len(taken) if unrolled else k
        draft.numpy(f"code = windows @ 4 ** np.arange({count})[::-1]")
        value = "code"
        if kind == "canonical":
            draft.numpy(f"reverse = (3 - windows) @ 4 ** np.arange({count})", "canonical = np.minimum(code, reverse)")
            draft.line(
                *draw.choice(
                    (
                        ("canonical = wp.min(code, reverse)",),
                        (f"canonical = {'code' if long else 'int(code)'}", "if reverse < code:", "    canonical = reverse"),
                    )
                )
            )
            value = "canonical"
        size = 4**count
        sink = draw.choice(("store", "store", "count", "score")) if size <= 256 and not long else "store"
        if sink == "store":
            out = draft.output(draft.name("codes", "kmers"), type, "n")
            if missing:
                minus = cast("-1")
                draft.line(
                    *draw.choice(
                        (
                            (f"{out}[{i}] = wp.where(valid == 1, {value}, {minus})",),
                            ("if valid == 1:", f"    {out}[{i}] = {value}", "else:", f"    {out}[{i}] = {minus}"),
                        )
                    )
                )
                draft.numpy(f"{out} = np.where(valid, {value}, -1){'' if long else '.astype(np.int32)'}")
            else:
                draft.line(f"{out}[{i}] = {value}")
                draft.numpy(f"{out} = {value}{'' if long else '.astype(np.int32)'}")
            if kind == "minimizer":
                draft.output("bucket", I32, "n")
                draft.line(
                    f"bucket[{i}] = {'int(' if long else ''}((code * {cast('37')}) + {cast('11')}) % {cast('64')}{')' if long else ''}"
                )
                draft.numpy("bucket = ((code * 37 + 11) % 64).astype(np.int32)")
        elif sink == "count":
            draft.output("counts", I32, size, role="accumulate")
            add = f"wp.atomic_add(counts, {value}, 1)"
            draft.line(*(["if valid == 1:", f"    {add}"] if missing else [add]))
            draft.numpy(f"counts = np.bincount({value}{'[valid]' if missing else ''}, minlength={size}).astype(np.int32)")
        else:
            table = draft.array("kmer_score", draft.real, size)
            # A loop that Warp does not unroll would leave the gradient to the code's first value: eight turns are unrolled.
            draft.line(f"score = {table}[{value}]")
            draft.numpy(f"score = {table}[{value}]")
            item: Expression = draft.known("score", draft.real, -1.0, 1.0)
            if draw.chance(0.5):
                weight = draft.array("weight", draft.real, "n", low=0.2)
                item = draft.fused("scaled", draft.real, [item, draft.load("w", weight, i, 0.2, 1.0)], smooth=True)
            draft.store(draft.output("score_out", draft.real, "n"), i, item.warp())
    return draft.case(name, ["n"], grids(draw, ["n"]))


def _windows(draw: Draw) -> Case:
    """Windows along a sequence: mismatches against a probe, seeds that match, low complexity, minimizers by position."""
    draft = Draft(draw)
    w = draw.integer(3, 8)
    kind = draw.choice(("mismatches", "seed", "complexity", "minimizer"))
    i, k = draft.name("i", "pos", "tid"), draft.name("k", "j")
    name = draw.choice((f"{kind}_windows", f"scan_{kind}", f"{kind}_scan"))
    draft.reserve(name, "count", "seen", "base", "best", "least", "key", "distinct", "value")
    if kind != "minimizer":
        seq = base_array(draft, draft.name(*SEQUENCES), f"n + {w - 1}")
        draft.numpy(f"windows = np.stack([{seq}[p : p + dim[0]] for p in range({w})], axis=1).astype(np.int64)")
    draft.line(f"{i} = wp.tid()")
    if draw.chance(0.4):
        n = draft.count("n")
        draft.line(f"if {i} >= {n}:", "    return")
    if kind in ("mismatches", "seed"):
        probe = base_array(draft, "probe", w)
        weights = draft.array("mismatch_cost", I32, w, domain=Integers(1, 5)) if draw.chance(0.35) else ""
        draft.line("count = int(0)")
        with draft.block(f"for {k} in range({w}):"):
            amount = f"{weights}[{k}]" if weights else "1"
            draft.line(
                *draw.choice(
                    (
                        (f"if int({seq}[{i} + {k}]) != int({probe}[{k}]):", f"    count += {amount}"),
                        (f"count += wp.where(int({seq}[{i} + {k}]) != int({probe}[{k}]), {amount}, 0)",),
                    )
                )
            )
        draft.numpy(f"count = ((windows != {probe}) * {weights or 1}).sum(axis=1).astype(np.int32)")
        if kind == "seed":
            limit = draw.integer(1, w // 2)
            draft.output("hits", I32, 1, role="accumulate")
            draft.output("hit_flag", I32, "n")
            draft.line(
                "value = int(0)", f"if count <= {limit}:", "    value = 1", "    wp.atomic_add(hits, 0, 1)", f"hit_flag[{i}] = value"
            )
            draft.numpy(f"hit_flag = (count <= {limit}).astype(np.int32)", "hits = np.array([hit_flag.sum()], np.int32)")
        else:
            draft.store(draft.output("mismatch_out", I32, "n"), i, "count")
    elif kind == "complexity":
        draft.line("seen = int(0)")
        with draft.block(f"for {k} in range({w}):"):
            draft.line(f"base = int({seq}[{i} + {k}])", "seen = seen | (1 << base)")
        draft.line(
            "distinct = wp.bit_count(seen)"
            if draw.chance(0.5)
            else "distinct = (seen & 1) + ((seen >> 1) & 1) + ((seen >> 2) & 1) + ((seen >> 3) & 1)"
        )
        draft.numpy("distinct = np.stack([(windows == b).any(axis=1) for b in range(4)], axis=1).sum(axis=1).astype(np.int32)")
        draft.store(draft.output("distinct_out", I32, "n"), i, "distinct")
        if draw.chance(0.5):
            draft.output("histogram", I32, 5, role="accumulate")
            draft.line("wp.atomic_add(histogram, distinct, 1)")
            draft.numpy("histogram = np.bincount(distinct, minlength=5).astype(np.int32)")
    else:
        keys = draft.array("kmer_hash", I32, f"n + {w - 1}", domain=Integers(0, 10_000))
        draft.line(f"best = int({i})", f"least = int({keys}[{i}])")
        with draft.block(f"for {k} in range(1, {w}):"):
            draft.line(f"key = {keys}[{i} + {k}]", "if key < least:", "    least = key", f"    best = {i} + {k}")
        draft.numpy(
            f"keyed = np.stack([{keys}[p : p + dim[0]] for p in range({w})], axis=1)",
            "best = (np.argmin(keyed, axis=1) + np.arange(dim[0])).astype(np.int32)",
        )
        draft.store(draft.output("minimizer_position", I32, "n"), i, "best")
        if draw.chance(0.5):
            draft.output("chosen", I32, f"n + {w - 1}", role="accumulate")
            draft.line("wp.atomic_max(chosen, best, 1)")
            draft.numpy("chosen = np.zeros(chosen.shape, np.int32)", "chosen[best] = 1")
    return draft.case(name, ["n"], grids(draw, ["n"]))
