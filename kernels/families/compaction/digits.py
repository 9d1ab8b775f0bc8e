"""Slots within words and digits: ballots of flags, ranks among equal digits, one digit of a radix sort."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.arguments import grids
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.language.types import I32


def ballot(draw: Draw) -> Case:
    """Slots within words of flags: the number of bits set below an element's own, on top of the words before (as a warp's ballot gives)."""
    draft = Draft(draw)
    i, w = draft.name("i", "tid", "element"), draft.name("w", "word_index")
    name = draw.choice(("ballot_slots", "bitmask_rank", "warp_compact_index"))
    draft.reserve(name, "word", "lane", "below", "slot", "base", "k", "bits", "before")
    words = draft.array(draft.name("ballots", "mask_words"), I32, "words", domain=Integers(-(2**31), 2**31))
    given = draw.chance(0.6)
    base = draft.array("word_offset", I32, "words", domain=Integers(0, 500)) if given else ""
    out = draft.output(draft.name("slot_out", "destination"), I32, "n")
    with draft.threads((i, "n", out, 0)):
        draft.line(f"{w} = {i} // 32" if draw.chance(0.5) else f"{w} = {i} >> 5", f"lane = {i} & 31", f"word = {words}[{w}]")
        draft.line("below = word & ((1 << lane) - 1)")
        if given:
            draft.line(f"slot = {base}[{w}] + wp.bit_count(below)")
        else:
            draft.line("slot = wp.bit_count(below)")
            with draft.block(f"for k in range({w}):"):
                draft.line(f"slot += wp.bit_count({words}[k])")
        draft.numpy(f"bits = (({words}[:, None].astype(np.int64) >> np.arange(32)) % 2).ravel()[: dim[0]]", "i = np.arange(dim[0])")
        if given:
            draft.numpy("before = np.cumsum(bits) - bits", f"before = before - before[32 * (i // 32)] + {base}[i // 32]")
        else:
            draft.numpy("before = np.cumsum(bits) - bits")
        sentinel = draw.chance(0.7)
        if sentinel:
            draft.line(
                *draw.choice(
                    (
                        (f"{out}[{i}] = wp.where(((word >> lane) & 1) == 1, slot, -1)",),
                        ("if ((word >> lane) & 1) == 0:", "    slot = -1", f"{out}[{i}] = slot"),
                    )
                )
            )
            draft.numpy(f"{out} = np.where(bits == 1, before, -1).astype(np.int32)")
        else:
            draft.line(f"{out}[{i}] = slot")
            draft.numpy(f"{out} = before.astype(np.int32)")
    return draft.case(name, ["n"], [{**s, "words": -(-s["n"] // 32)} for s in grids(draw, ["n"])])


def digit_ranks(draw: Draw) -> Case:
    """One digit of a radix sort: counts by block, each element's rank among equal digits, or its place by the digits' offsets."""
    draft = Draft(draw)
    bits = draw.choice((1, 2, 3, 4))
    block = draw.choice((8, 16, 32))
    kind = draw.choice(("histogram", "rank", "place", "scatter"))
    i, j = draft.name("i", "tid"), draft.name("j", "k")
    name = draw.choice((f"radix_{kind}", f"digit_{kind}", f"{kind}_by_digit"))
    draft.reserve(name, i, j, "digit", "block", "rank", "place", "digits", "blocks", "shift")
    keys = draft.array(draft.name("keys", "codes"), I32, "n", domain=Integers(0, 256))
    shift = draft.value("shift", I32, Integers(0, 5)) if draw.chance(0.6) else str(draw.integer(0, 4))
    mask = 2**bits - 1
    with draft.threads((i, "n", keys, 0)):
        draft.line(f"digit = ({keys}[{i}] >> {shift}) & {mask}")
        draft.numpy(f"digits = ({keys} >> {shift}) % {2**bits}")
        if kind == "histogram":
            draft.output("counts", I32, "blocks", 2**bits, role="accumulate")
            draft.line(f"block = {i} // {block}", "wp.atomic_add(counts, block, digit, 1)")
            draft.numpy("counts = np.zeros(counts.shape, np.int32)", f"np.add.at(counts, (np.arange(len(digits)) // {block}, digits), 1)")
            if draw.chance(0.5):
                draft.output("totals", I32, 2**bits, role="accumulate")
                draft.line("wp.atomic_add(totals, digit, 1)")
                draft.numpy(f"totals = np.bincount(digits, minlength={2**bits}).astype(np.int32)")
        else:
            local = kind == "rank" and draw.chance(0.6)
            start = f"({i} // {block}) * {block}" if local else "0"
            draft.line("rank = int(0)")
            with draft.block(f"for {j} in range({start}, {i}):" if local else f"for {j} in range({i}):"):
                test = f"(({keys}[{j}] >> {shift}) & {mask}) == digit"
                draft.line(*draw.choice(((f"if {test}:", "    rank += 1"), (f"rank += wp.where({test}, 1, 0)",))))
            draft.numpy("i = np.arange(len(digits))", "equal = (digits[:, None] == digits[None]) & (i[None] < i[:, None])")
            if local:
                draft.numpy(f"equal = equal & (i[None] // {block} == i[:, None] // {block})")
            draft.numpy("rank = equal.sum(axis=1).astype(np.int32)")
            if kind == "rank":
                draft.store(draft.output("rank_out", I32, "n"), i, "rank")
                if draw.chance(0.5):
                    draft.output("digit_out", I32, "n")
                    draft.line(f"digit_out[{i}] = digit")
                    draft.numpy("digit_out = digits.astype(np.int32)")
                if draw.chance(0.4):
                    draft.output("most", I32, 2**bits, role="accumulate")
                    draft.line("wp.atomic_max(most, digit, rank + 1)")
                    draft.numpy("most = np.zeros(most.shape, np.int32)", "np.maximum.at(most, digits, rank + 1)")
            elif kind == "place":
                offsets = draft.array("digit_offset", I32, 2**bits, domain=Integers(0, 300))
                draft.line(f"place = {offsets}[digit] + rank")
                draft.numpy(f"place = {offsets}[digits] + rank")
                draft.store(draft.output("place_out", I32, "n"), i, "place")
            else:
                n = draft.extent("n", keys)
                draft.line("place = int(rank)")
                with draft.block(f"for {j} in range({n}):"):
                    draft.line(f"if (({keys}[{j}] >> {shift}) & {mask}) < digit:", "    place += 1")
                draft.output("sorted_keys", I32, "n")
                draft.line(f"sorted_keys[place] = {keys}[{i}]")
                draft.numpy("order = np.argsort(digits, kind='stable')", f"sorted_keys = {keys}[order]")
                if draw.chance(0.5):
                    draft.output("sorted_index", I32, "n")
                    draft.line(f"sorted_index[place] = {i}")
                    draft.numpy("sorted_index = order.astype(np.int32)")
    return draft.case(name, ["n"], [{**s, "blocks": -(-s["n"] // block)} for s in grids(draw, ["n"])])
