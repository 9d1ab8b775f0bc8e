"""Genes and strands: composition of reads, codons, complements and palindromic sites."""

from __future__ import annotations

from contextlib import nullcontext

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.arguments import grids
from kernels.drafting.arguments import length as length_of
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.string_and_sequence.letters import SEQUENCES, base_array
from kernels.language.expression import Expression
from kernels.language.types import I32


def composition(draw: Draw) -> Case:
    """Composition of each read: counts of bases, shares of G and C, skews, melting temperatures, entropy of a composition."""
    draft = Draft(draw)
    kind = draw.choice(("counts", "gc", "skew", "melting", "purine", "homopolymer"))
    i, k = draft.name("i", "read", "row"), draft.name("k", "pos", "j")
    name = draw.choice((f"{kind}_content", f"read_{kind}", "base_composition"))
    draft.reserve(name, "base", "count", "g", "c", "value", "length", "run", "longest", "before", "b")
    static = draw.chance(0.4)
    width: str | int = draw.integer(4, 10) if static else "width"
    reads = base_array(draft, draft.name(*SEQUENCES), "n", width)
    lengths = draft.array("lengths", I32, "n", domain=lambda s: Integers(1, length_of(width, s) + 1)) if draw.chance(0.4) else ""
    with draft.threads((i, "n", reads, 0)):
        full = str(width) if static else draft.extent("width", reads, 1)
        length = f"{lengths}[{i}]" if lengths else full
        draft.numpy(f"inside = np.arange({reads}.shape[1]) < {f'{lengths}[:, None]' if lengths else f'{reads}.shape[1]'}")
        draft.numpy(f"inside = np.broadcast_to(inside, {reads}.shape)")
        if kind == "counts":
            out = draft.output("base_counts", I32, "n", 4)
            with draft.block("for b in range(4):"):
                draft.line("count = int(0)")
                with draft.block(f"for {k} in range({length}):"):
                    draft.line(
                        *draw.choice(
                            (
                                (f"if int({reads}[{i}, {k}]) == b:", "    count += 1"),
                                (f"count += wp.where(int({reads}[{i}, {k}]) == b, 1, 0)",),
                            )
                        )
                    )
                draft.line(f"{out}[{i}, b] = count")
            draft.numpy(f"{out} = np.stack([(({reads} == b) & inside).sum(axis=1) for b in range(4)], axis=-1).astype(np.int32)")
            return draft.case(name, ["n"], [{"n": n, "width": draw.integer(2, 14)} for n in draw.sizes(80)])
        if kind == "homopolymer":
            draft.line("run = int(0)", "longest = int(0)", "before = int(-1)")
            with draft.block(f"for {k} in range({length}):"):
                draft.line(
                    f"base = int({reads}[{i}, {k}])",
                    "if base == before:",
                    "    run += 1",
                    "else:",
                    "    run = 1",
                    "before = base",
                    "longest = wp.max(longest, run)",
                )
            draft.numpy("run = longest = np.zeros(dim[0], np.int64)", f"for p in range({reads}.shape[1]):")
            draft.numpy(
                f"    same = ({reads}[:, p] == {reads}[:, p - 1]) & (p > 0)",
                "    run = np.where(same, run + 1, 1)",
                "    longest = np.where(inside[:, p], np.maximum(longest, run), longest)",
            )
            draft.numpy("longest = longest.astype(np.int32)")
            draft.store(draft.output("longest_run", I32, "n"), i, "longest")
            return draft.case(name, ["n"], [{"n": n, "width": draw.integer(2, 14)} for n in draw.sizes(80)])
        draft.line("g = int(0)", "c = int(0)")
        with draft.block(f"for {k} in range({length}):"):
            draft.line(f"base = int({reads}[{i}, {k}])")
            first, second = (2, 1) if kind != "purine" else (0, 2)
            draft.line(
                f"if base == {first}:",
                "    g += 1",
                *draw.choice(((f"elif base == {second}:", "    c += 1"), (f"if base == {second}:", "    c += 1"))),
            )
        draft.numpy(f"g, c = ((({reads} == b) & inside).sum(axis=1) for b in ({first}, {second}))", "length = inside.sum(axis=1)")
        total = draft.cast(length)
        if kind == "skew":
            draft.line(f"value = {draft.cast('g - c')} / {draft.cast('wp.max(g + c, 1)')}")
            draft.numpy(f"value = (g - c).astype({draft.precision}) / np.maximum(g + c, 1)")
            low = -1.0
        elif kind == "melting":
            draft.line(f"value = {draft.number(2.0)} * {total} + {draft.number(2.0)} * {draft.cast('g + c')}")
            draft.numpy(f"value = 2.0 * length.astype({draft.precision}) + 2.0 * (g + c)")
            low = 2.0
        else:
            draft.line(f"value = {draft.cast('g + c')} / {total}")
            draft.numpy(f"value = (g + c).astype({draft.precision}) / length")
            low = 0.0
        item: Expression = draft.known("value", draft.real, low, 60.0 if kind == "melting" else 1.0)
        if draw.chance(0.5):
            # The counts come out of a loop that Warp may not unroll: what is fused with them has no gradient.
            other = draft.array("coverage", draft.real, "n", low=0.2, differentiable=False)
            item = draft.fused("adjusted", draft.real, [item, draft.load("depth", other, i, 0.2, 1.0)], smooth=True)
        draft.store(draft.output(draft.name("out", f"{kind}_out"), draft.real, "n"), i, item.warp())
    return draft.case(name, ["n"], [{"n": n, "width": draw.integer(2, 14)} for n in draw.sizes(80)])


def codons(draw: Draw) -> Case:
    """Codons: amino acids by a table, in a reading frame, stops, usage counts, silent changes."""
    draft = Draft(draw)
    kind = draw.choice(("translate", "usage", "stops", "compare"))
    i = draft.name("i", "position", "tid")
    name = draw.choice((f"{kind}_codons", "translate_sequence" if kind == "translate" else f"codon_{kind}", f"{kind}_kernel"))
    draft.reserve(name, "codon", "start", "amino", "frame", "other", "flag")
    seq = base_array(draft, draft.name(*SEQUENCES), "3 * n + 2")
    frame = draft.value("frame", I32, Integers(0, 3)) if draw.chance(0.6) else str(draw.integer(0, 2))
    with nullcontext():
        draft.line(f"{i} = wp.tid()", f"start = 3 * {i} + {frame}")
        if draw.chance(0.4):
            count = draft.count("n")
            draft.line(f"if {i} >= {count}:", "    return")
        letters_ = [f"int({seq}[start{f' + {o}' if o else ''}])" for o in range(3)]
        text = draw.choice(("16 * {0} + 4 * {1} + {2}", "({0} << 4) | ({1} << 2) | {2}", "({0} * 4 + {1}) * 4 + {2}"))
        draft.line(f"codon = {text.format(*letters_)}")
        draft.numpy(
            f"start = 3 * np.arange(dim[0]) + {frame}",
            f"codon = 16 * {seq}[start].astype(np.int64) + 4 * {seq}[start + 1] + {seq}[start + 2]",
        )
        if kind == "usage":
            draft.output("usage", I32, 64, role="accumulate")
            draft.line("wp.atomic_add(usage, codon, 1)")
            draft.numpy("usage = np.bincount(codon, minlength=64).astype(np.int32)")
            if draw.chance(0.5):
                weight = draft.array("expression", draft.real, "n", low=0.2)
                draft.output("weighted_usage", draft.real, 64, role="accumulate")
                draft.line(f"wp.atomic_add(weighted_usage, codon, {weight}[{i}])")
                draft.numpy(f"weighted_usage = np.zeros(64, {weight}.dtype)", f"np.add.at(weighted_usage, codon, {weight})")
            return draft.case(name, ["n"], grids(draw, ["n"]))
        table = draft.array(draft.name("genetic_code", "amino_of"), I32, 64, domain=Integers(0, 21))
        draft.line(f"amino = {table}[codon]")
        draft.numpy(f"amino = {table}[codon]")
        if kind == "translate":
            draft.store(draft.output("protein", I32, "n"), i, "amino")
            if draw.chance(0.5):
                draft.output("stop_count", I32, 1, role="accumulate")
                draft.line("if amino == 20:", "    wp.atomic_add(stop_count, 0, 1)")
                draft.numpy("stop_count = np.array([(amino == 20).sum()], np.int32)")
            elif draw.chance(0.6):
                mass = draft.array("residue_mass", draft.real, 21, low=0.3)
                draft.output("total_mass", draft.real, 1, role="accumulate")
                draft.line(f"wp.atomic_add(total_mass, 0, {mass}[amino])")
                draft.numpy(f"total_mass = np.array([{mass}[amino].sum()])")
        elif kind == "stops":
            draft.output("is_stop", I32, "n")
            draft.line(
                *draw.choice(
                    (
                        (f"is_stop[{i}] = wp.where(amino == 20, 1, 0)",),
                        ("flag = int(0)", "if amino == 20:", "    flag = 1", f"is_stop[{i}] = flag"),
                    )
                )
            )
            draft.numpy("is_stop = (amino == 20).astype(np.int32)")
            draft.output("last_stop", I32, 1, role="accumulate")
            draft.line("if amino == 20:", f"    wp.atomic_max(last_stop, 0, {i} + 1)")
            draft.numpy("last_stop = np.array([np.max(np.where(amino == 20, np.arange(len(amino)) + 1, 0))], np.int32)")
        else:
            other = base_array(draft, "other_sequence", "3 * n + 2")
            draft.line(f"other = 16 * int({other}[start]) + 4 * int({other}[start + 1]) + int({other}[start + 2])", "flag = int(0)")
            draft.line("if codon != other:", f"    flag = wp.where({table}[other] == amino, 1, 2)")
            draft.numpy(f"other = 16 * {other}[start].astype(np.int64) + 4 * {other}[start + 1] + {other}[start + 2]")
            draft.numpy(f"flag = np.where(codon == other, 0, np.where({table}[other] == amino, 1, 2)).astype(np.int32)")
            draft.store(draft.output("change_kind", I32, "n"), i, "flag")
    return draft.case(name, ["n"], grids(draw, ["n"]))


def complement(draw: Draw) -> Case:
    """Complements and reversals: of a whole sequence, of each read, of packed words of two bits a base; palindromic sites."""
    draft = Draft(draw)
    kind = draw.choice(("sequence", "reads", "packed", "palindrome"))
    i, k = draft.name("i", "pos", "tid"), draft.name("k", "j")
    name = draw.choice(
        (f"reverse_complement_{kind}", "reverse_complement", "complement_kernel")
        if kind != "palindrome"
        else ("restriction_sites", "palindromes", "find_sites")
    )
    draft.reserve(name, i, k, "word", "out_word", "base", "flag", "w", "matches")
    if kind == "packed":
        bases_per = draw.choice((4, 8, 15))
        words = draft.array(draft.name("packed", "words"), I32, "n", domain=Integers(0, 4**bases_per))
        with draft.threads((i, "n", words, 0)):
            draft.line(f"word = {words}[{i}]", "out_word = int(0)")
            with draft.block(f"for {k} in range({bases_per}):"):
                draft.line("out_word = (out_word << 2) | (3 - ((word >> (2 * " + k + ")) & 3))")
            draft.numpy(
                f"digits = ({words}[:, None].astype(np.int64) // 4 ** np.arange({bases_per})) % 4",
                f"out_word = (3 - digits) @ 4 ** np.arange({bases_per})[::-1]",
            )
            draft.numpy("out_word = out_word.astype(np.int32)")
            draft.store(draft.output("complement", I32, "n"), i, "out_word")
            if draw.chance(0.5):
                draft.output("canonical", I32, "n")
                draft.line(f"canonical[{i}] = wp.min(word, out_word)")
                draft.numpy(f"canonical = np.minimum({words}, out_word)")
        return draft.case(name, ["n"], grids(draw, ["n"]))
    if kind == "palindrome":
        half = draw.choice((2, 3))
        seq = base_array(draft, draft.name(*SEQUENCES), f"n + {2 * half - 1}")
        draft.line(f"{i} = wp.tid()", "matches = int(0)")
        with draft.block(f"for {k} in range({half}):"):
            draft.line(f"if int({seq}[{i} + {k}]) + int({seq}[{i} + {2 * half - 1} - {k}]) == 3:", "    matches += 1")
        draft.numpy(
            f"parts = [{seq}[p : p + dim[0]].astype(np.int64) for p in range({2 * half})]",
            f"matches = sum((parts[p] + parts[{2 * half - 1} - p] == 3).astype(np.int32) for p in range({half}))",
        )
        if draw.chance(0.5):
            draft.output("is_site", I32, "n")
            draft.line(f"is_site[{i}] = wp.where(matches == {half}, 1, 0)")
            draft.numpy(f"is_site = (matches == {half}).astype(np.int32)")
        else:
            draft.output("site_count", I32, 1, role="accumulate")
            draft.line(f"if matches == {half}:", "    wp.atomic_add(site_count, 0, 1)")
            draft.numpy(f"site_count = np.array([(matches == {half}).sum()], np.int32)")
        return draft.case(name, ["n"], grids(draw, ["n"]))
    rows = kind == "reads"
    extents = ("rows", "n") if rows else ("n",)
    missing = draw.chance(0.4)
    seq = base_array(draft, draft.name(*SEQUENCES), *extents, missing=missing)
    r = draft.name("r", "read") if rows else ""
    prefix = f"{r}, " if rows else ""
    out = draft.output("complement_out", I32, *extents)
    draft.line(f"{prefix}{i} = wp.tid()")
    n = draft.extent("n", seq, int(rows))
    draft.line(f"base = int({seq}[{prefix}{n} - 1 - {i}])")
    draft.line(
        *draw.choice(
            (
                (f"{out}[{prefix}{i}] = wp.where(base < 4, 3 - base, 4)",),
                ("if base < 4:", f"    {out}[{prefix}{i}] = 3 - base", "else:", f"    {out}[{prefix}{i}] = base"),
            )
        )
        if missing
        else (f"{out}[{prefix}{i}] = 3 - base",)
    )
    draft.numpy(f"base = {seq}[..., ::-1].astype(np.int32)", f"{out} = np.where(base < 4, 3 - base, base).astype(np.int32)")
    sizes = [{"rows": q, "n": m} for q, m in ((1, 1), (3, draw.choice((5, 7))), (draw.integer(5, 9), draw.integer(15, 40)))]
    return draft.case(name, list(extents), sizes)
