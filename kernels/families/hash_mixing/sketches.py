"""Sketches built on hashes: Bloom filters, count-min sketches and HyperLogLog registers."""

from __future__ import annotations

from collections.abc import Callable

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.arguments import grids
from kernels.drafting.word_draft import WordDraft
from kernels.drafting.words import Word
from kernels.draw import Draw
from kernels.families.hash_mixing.keys import KEYS, hasher_of
from kernels.language.types import I32


def hash_sketch(draw: Draw) -> Case:
    """One update or query of a sketch."""
    builders: tuple[Callable[[Draw], Case], ...] = (_bloom, _bloom, _count_min, _hyper_log_log)
    return draw.choice(builders)(draw)


def _bloom(draw: Draw) -> Case:
    """A Bloom filter: several bits of each key are set by an atomic or, or looked up."""
    draft = WordDraft(draw, Word(32, draw.chance(0.2)))
    query, words, count = draw.chance(0.45), draw.choice((4, 8, 16)), draw.integer(2, 4)
    counting = not query and draw.chance(0.2)
    keys = draft.word_array(draft.name(*KEYS), "n", low=0, high=4000)
    name = draw.choice(("bloom_query", "maybe_contains") if query else ("bloom_insert", "bloom_add", "set_filter_bits"))
    i = draft.name("i", "tid", "key_index")
    draft.reserve(name, "key", "h", "bit", "word_index", "filter_words", "hits", "h1", "h2", "mask")
    double = draw.chance(0.4)
    hasher = hasher_of(draft, seeded=not double)
    second = draft.word_function("second_hash", ["h"], ["h = (h ^ (h >> 15)) * 0x2C1B3C6D", "return h | 1"]) if double else ""
    bits = words * 32
    size: tuple[str | int, ...] = (bits,) if counting else (words,)
    filter_words = draft.name("bloom_bits", "filter_bits", "bitset") if not counting else draft.name("counters", "bloom_counters")
    if query:
        draft.array(filter_words, I32, *size, domain=Integers(-(2**31), 2**31))
    else:
        draft.output(filter_words, I32, *size, role="accumulate")
    with draft.threads((i, "n", keys, 0)):
        draft.load_word("key", keys, i)
        if double:
            draft.words(f"h1 = {hasher}(key)", f"h2 = {second}(key)")
        if query:
            draft.line("hits = int(0)")
            draft.numpy("hits = np.zeros(dim[0], np.int32)")
        if not query:
            draft.numpy(f"{filter_words} = np.zeros({size[0]}, np.int32)")
        unrolled = draw.chance(0.35)
        for k in range(count) if unrolled else ("k",):
            if unrolled:
                _bloom_step(draft, filter_words, str(k), bits, hasher=hasher, double=double, query=query, counting=counting)
            else:
                with draft.loop(f"for k in range({count}):"):
                    _bloom_step(draft, filter_words, "k", bits, hasher=hasher, double=double, query=query, counting=counting)
        if query:
            out = draft.output(draft.name("found", "maybe_present", "member"), I32, "n")
            if draw.chance(0.5):
                draft.line(f"{out}[{i}] = wp.where(hits == {count}, 1, 0)")
            else:
                draft.line(f"if hits == {count}:", f"    {out}[{i}] = 1", "else:", f"    {out}[{i}] = 0")
            draft.numpy(f"{out} = (hits == {count}).astype(np.int32)")
    return draft.case(name, ["n"], grids(draw, ["n"]))


def _bloom_step(draft: WordDraft, filter_words: str, k: str, bits: int, *, hasher: str, double: bool, query: bool, counting: bool) -> None:
    """One of the filter's hash functions: the bit that it names is set, counted or looked up."""
    cast = k if draft.word.signed else f"wp.uint32({k})"
    numbered = f"np.uint32({k})"
    if double:
        draft.line(f"h = h1 + {cast} * h2")
        draft.numpy(f"h = h1 + {numbered} * h2")
    else:
        draft.line(f"h = {hasher}(key, {cast})")
        draft.numpy(f"h = {hasher}(key, {numbered})")
    draft.words(f"bit = number(h & {bits - 1})")
    if counting:
        draft.line(f"wp.atomic_add({filter_words}, bit, 1)")
        draft.numpy(f"np.add.at({filter_words}, bit, 1)")
        return
    if draft.draw.chance(0.5):
        draft.both("word_index = bit >> 5")
        place = "word_index"
    else:
        draft.both("word_index = bit // 32")
        place = "word_index"
    offset = draft.draw.choice(("bit & 31", "bit % 32"))
    if query:
        draft.line(f"hits += ({filter_words}[{place}] >> ({offset})) & 1")
        draft.numpy(f"hits = hits + (({filter_words}[{place}] >> ({offset})) & 1)")
    else:
        draft.line(f"mask = 1 << ({offset})", f"wp.atomic_or({filter_words}, {place}, mask)")
        draft.numpy(f"np.bitwise_or.at({filter_words}, {place}, np.int32(1) << ({offset}))")


def _count_min(draw: Draw) -> Case:
    """A count-min sketch (Cormode and Muthukrishnan): each row counts a key in one column; the estimate is the least of the counts."""
    draft = WordDraft(draw, Word(draw.choice((32, 32, 64)), draw.chance(0.2)))
    query, rows, columns = draw.chance(0.5), draw.integer(2, 5), draw.choice((16, 32, 64))
    signed = draw.chance(0.3)
    keys = draft.word_array(draft.name(*KEYS), "n", low=0, high=500)
    name = draw.choice(("count_min_estimate", "sketch_query") if query else ("count_min_update", "sketch_update", "count_sketch"))
    i, r = draft.name("i", "tid", "item"), draft.name("r", "row", "d")
    draft.reserve(name, "key", "h", "column", "count", "estimate", "sign", "amount")
    hasher = hasher_of(draft, seeded=True)
    sketch = draft.name("sketch", "counters", "table")
    if query:
        draft.array(sketch, I32, rows, columns, domain=Integers(0, 1000))
    else:
        draft.output(sketch, I32, rows, columns, role="accumulate")
    grid = not query and draw.chance(0.4)
    with draft.threads((i, "n", keys, 0), *(((r, "rows", sketch, 0),) if grid else ())):
        amount = "1"
        if not query and draw.chance(0.5):
            amounts = draft.array(draft.name("amounts", "increments"), I32, "n", domain=Integers(1, 9))
            draft.line(f"amount = {amounts}[{i}]")
            draft.numpy(f"amount = {amounts}")
            amount = "amount"
        draft.load_word("key", keys, i)
        draft.numpy(
            f"{sketch} = np.zeros(({rows}, {columns}), np.int32)" if not query else f"estimate = np.full(dim[0], {2**30}, np.int32)"
        )
        if query:
            draft.line(f"estimate = int({2**30})")
        cast = r if draft.word.signed and draft.word.bits == 32 else f"{draft.word.spelling}({r})"
        if grid:
            draft.line(f"h = {hasher}(key, {cast})", draft.word.warp(f"column = number(h & {columns - 1})"))
            draft.line(f"wp.atomic_add({sketch}, {r}, column, {amount})")
            draft.numpy(f"for {r} in range({rows}):", f"    h = {hasher}(key, {draft.word.unsigned}({r}))")
            draft.numpy(f"    np.add.at({sketch}[{r}], (h & {columns - 1}).astype(np.int32), {amount})")
        else:
            with draft.loop(f"for {r} in range({rows}):"):
                draft.line(f"h = {hasher}(key, {cast})")
                draft.numpy(f"h = {hasher}(key, {draft.word.unsigned}({r}))")
                draft.words(f"column = number(h & {columns - 1})")
                _count_min_step(draft, sketch, r, amount, query=query, signed=signed)
        if query:
            draft.store(draft.output(draft.name("estimates", "frequency", "counts_out"), I32, "n"), i, "estimate")
    dim: list[str | int] = ["n", rows] if grid else ["n"]
    return draft.case(name, dim, [{**s, "rows": rows} for s in grids(draw, ["n"])])


def _count_min_step(draft: WordDraft, sketch: str, r: str, amount: str, *, query: bool, signed: bool) -> None:
    if query:
        draft.line(f"count = {sketch}[{r}, column]")
        draft.numpy(f"count = {sketch}[{r}, column]", "estimate = np.minimum(estimate, count)")
        draft.line(*draft.draw.choice((("estimate = wp.min(estimate, count)",), ("if count < estimate:", "    estimate = count"))))
        return
    if signed:
        draft.line(f"sign = 1 - 2 * {draft.word.warp('number((h >> 20) & 1)')}")
        draft.numpy("sign = 1 - 2 * ((h >> 20) & 1).astype(np.int32)")
        amount = f"sign * {amount}"
    draft.line(f"wp.atomic_add({sketch}, {r}, column, {amount})")
    draft.numpy(f"np.add.at({sketch}[{r}], column, {amount})")


def _hyper_log_log(draw: Draw) -> Case:
    """HyperLogLog registers (Flajolet et al.), or linear counting: the longest run of zeros of the hashes that fall to a register."""
    draft = WordDraft(draw, Word(32))
    bits = draw.choice((3, 4, 5))
    keys = draft.word_array(draft.name(*KEYS), "n")
    name = draw.choice(("hyperloglog_update", "cardinality_registers", "track_distinct"))
    i = draft.name("i", "tid")
    draft.reserve(name, "h", "key", "register", "rest", "rank", "b")
    hasher = hasher_of(draft, seeded=False)
    registers = draft.output(draft.name("registers", "max_rank"), I32, 2**bits, role="accumulate")
    way = draw.choice(("loop", "while", "lowest", "linear"))
    with draft.threads((i, "n", keys, 0)):
        draft.load_word("key", keys, i)
        draft.words(f"h = {hasher}(key)", f"register = number(h >> {32 - bits})")
        if way == "linear":
            draft.words("rest = h & 31")
            draft.line(f"wp.atomic_or({registers}, register, 1 << int(rest))")
            draft.numpy(f"{registers} = np.zeros({2**bits}, np.int32)")
            draft.numpy(f"np.bitwise_or.at({registers}, register, (np.uint32(1) << rest).astype(np.int32))")
        else:
            if way == "lowest":
                draft.words("rest = h & (~h + 1)")
                draft.line("rank = wp.bit_count(rest - wp.uint32(1)) + 1")
            else:
                draft.words("rest = h")
                draft.line("rank = int(1)")
                head = "for b in range(16):" if way == "loop" else "while rank < 17 and (rest & wp.uint32(1)) == wp.uint32(0):"
                with draft.block(head):
                    if way == "loop":
                        draft.line(
                            "if rank == b + 1 and (rest & wp.uint32(1)) == wp.uint32(0):", "    rank += 1", "rest = rest >> wp.uint32(1)"
                        )
                    else:
                        draft.line("rest = rest >> wp.uint32(1)", "rank += 1")
            limit = 33 if way == "lowest" else 17
            draft.numpy("trailing = np.argmax(np.unpackbits(h.view(np.uint8).reshape(-1, 4), axis=1, bitorder='little'), axis=1)")
            draft.numpy(f"rank = np.minimum(np.where(h == 0, {limit}, trailing + 1), {limit}).astype(np.int32)")
            draft.line(f"wp.atomic_max({registers}, register, rank)")
            draft.numpy(f"{registers} = np.zeros({2**bits}, np.int32)", f"np.maximum.at({registers}, register, rank)")
    return draft.case(name, ["n"], grids(draw, ["n"]))
