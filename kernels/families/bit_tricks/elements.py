"""Bit tricks on arrays of words, element by element: two words made one, tricks on it, and what becomes of the number or word."""

from __future__ import annotations

from collections.abc import Sequence

from kernels.case import Case
from kernels.domains import Bernoulli, Integers
from kernels.drafting.arguments import grids
from kernels.drafting.word_draft import WordDraft
from kernels.drafting.words import Word
from kernels.draw import Draw
from kernels.families.bit_tricks.tricks import PAIRED, TRICKS, Trick, reference_bits
from kernels.families.hash_mixing.keys import renamed
from kernels.language.expression import Custom, Expression
from kernels.language.interval import Interval
from kernels.language.types import I32
from kernels.source import indented

WORDS = ("words", "masks", "bitmasks", "codes", "flags_in", "patterns")
SECOND = ("others", "queries", "references", "keys", "selectors")


def kernel_lines(word: Word, lines: Sequence[str], names: dict[str, str]) -> list[str]:
    """The kernel's text of a trick's `lines`, its names replaced; lines that set `n` are of numbers."""
    result = []
    for line in lines:
        text = line.lstrip()
        space = line[: len(line) - len(text)]
        numbers = text.startswith("n ")
        (text,) = renamed([text], names)
        head, _, condition = text.removesuffix(":").partition(" ")
        if head in ("while", "if"):
            result.append(f"{space}{head} {word.warp(condition)}:")
        elif head == "for":
            result.append(f"{space}{text}")
        else:
            result.append(space + word.warp(text, numbers=numbers))
    return result


def define(draft: WordDraft, trick: Trick) -> None:
    """Adds the trick's definition to the reference, once."""
    definitions = draft.reference_definitions
    if not any(block[0].startswith("def bits_of") for block in definitions):
        definitions += reference_bits(draft.word.bits)
    if not any(block[0].startswith(f"def {trick.name}(") for block in definitions):
        result = "n.astype(np.int32)" if trick.counts else "r"
        draft.reference_function(trick.name, ["x"], ["b = bits_of(x)", *trick.numpy, f"return {result}"])


def apply_trick(draft: WordDraft, trick: Trick, name: str, x: str) -> None:
    """Names what the trick makes of the word `x`: its lines in place, or a function of its own."""
    draw, word = draft.draw, draft.word
    way = draw.choice(trick.ways)
    if any("rotl(" in line for line in way):
        draft.rotation()
    define(draft, trick)
    result = "n" if trick.counts else "r"
    if draw.chance(0.5):
        names = {"x": x, result: name, **{w: draft.free(w) for w in ("rest", "r") if w != result and any(f"{w} " in line for line in way)}}
        draft.line(*kernel_lines(word, way, names))
    else:
        function = draw.choice((trick.name, f"{trick.name}_of"))
        if not any(f"def {function}(" in line for block in draft.definitions for line in block):
            body = kernel_lines(word, [*way, f"return {result}"], {})
            draft.definitions.append(["@wp.func", f"def {function}(x: {word.spelling}):", *indented(body)])
            draft.reserve(function)
        draft.line(f"{name} = {function}({x})")
    draft.numpy(f"{name} = {trick.name}({x})")


def trick_elements(draw: Draw) -> Case:
    """One or two tricks on each element."""
    draft = WordDraft(draw, Word(draw.weighted((32, 64), (3, 1)), draw.chance(0.3)))
    flat = draw.chance(0.75)
    extents, indices = (("n",), ("i",)) if flat else (("rows", "cols"), ("row", "col"))
    here = ", ".join(indices)
    source = draft.word_array(draft.name(*WORDS), *extents)
    first: Trick = draw.choice(TRICKS[draft.word.bits])
    name = draw.choice((f"{first.name}_words", f"{first.name}_kernel", f"{source}_{first.name}"))
    draft.reserve(name, "x", "y", "z", *indices)
    with draft.threads(*((index, extent, source, axis) for axis, (index, extent) in enumerate(zip(indices, extents, strict=True)))):
        if draw.chance(0.25):
            _skip(draft, here, extents)
        draft.load_word("x", source, here)
        value = _prepared(draft, here, extents)
        result = draft.name("result", "value", "found", "answer")
        apply_trick(draft, first, result, value)
        if not first.counts and draw.chance(0.5):
            second: Trick = draw.choice(TRICKS[draft.word.bits])
            after = draft.name("second", "final", "outcome")
            apply_trick(draft, second, after, result)
            first, result = second, after
        elif first.counts and value != "x" and draw.chance(0.4):
            other = draft.name("other_count", "base_count")
            apply_trick(draft, first, other, "x")
            combined = draft.name("gap", "excess", "combined")
            draft.both(f"{combined} = {draw.choice((f'{result} - {other}', f'2 * {result} - {other}', f'{result} * {other}'))}")
            result = combined
        (finish_number if first.counts else _finish_word)(draft, result, here, extents)
    return draft.case(name, extents, grids(draw, extents))


def _skip(draft: WordDraft, here: str, extents: Sequence[str]) -> None:
    """Declares a mask whose threads count; results of the others are left out by `finish_number` and `_finish_word`."""
    draft.array("active", I32, *extents, domain=Bernoulli(0.7))
    draft.line(f"live = active[{here}]")
    draft.numpy("live = active")


def _skips(draft: WordDraft) -> bool:
    """Whether `_skip` declared a mask."""
    return any("live = active" in line for line in draft.kernel)


def _prepared(draft: WordDraft, here: str, extents: Sequence[str]) -> str:
    """The word that the trick works on: the element, or the element and another."""
    draw, word = draft.draw, draft.word
    kind = draw.choice(("plain", "plain", "pair", "pair", "shift", "value"))
    if kind == "plain":
        return "x"
    if kind == "shift":
        shift = draw.integer(1, 7)
        draft.words(f"z = {draw.choice((f'x >> {shift}', f'x << {shift}', f'x ^ (x >> {shift})', '~x', f'x & (x << {shift})'))}")
        return "z"
    _, lines, numpy = draw.choice(PAIRED)
    if kind == "pair":
        draft.load_word("y", draft.word_array(draft.name(*SECOND), *extents), here)
    else:
        given = draft.value(draft.name("mask", "key", "pattern"), draft.held, Integers(1, 2**31 - 1))
        draft.line(f"y = {draft.as_word(given)}")
        draft.numpy(f"y = {given}.astype({word.unsigned})")
    draft.line(*(word.warp(line) for line in lines))
    draft.numpy(f"z = {numpy}")
    return "z"


def finish_number(draft: WordDraft, n: str, here: str, extents: Sequence[str]) -> None:
    """What becomes of a number: stored, a flag, a histogram, a total, an index formula, or a weight."""
    draw = draft.draw
    live = _skips(draft)
    kinds = ("store", "flag", "histogram", "total", "formula", "formula", "weight", "weight")
    kind = draw.choice(kinds)
    number = Custom(I32, Interval(0, 64), n, n)
    if kind == "flag":
        limit = draw.integer(2, 14)
        flag = draft.name("flag", "over", "selected")
        if draw.chance(0.5):
            draft.line(f"{flag} = wp.where({n} > {limit}, 1, 0)")
        else:
            draft.line(f"{flag} = int(0)", f"if {n} > {limit}:", f"    {flag} = 1")
        draft.numpy(f"{flag} = ({n} > {limit}).astype(np.int32)")
        _store(draft, draft.name("flags", "selected_out"), flag, here, extents, live=live)
    elif kind in ("histogram", "total"):
        bins = 16 if kind == "histogram" else 1
        out = draft.output(
            draft.name("histogram", "tally") if bins > 1 else draft.name("total_bits", "total"), I32, bins, role="accumulate"
        )
        at, amount = (f"{n} & 15", "1") if bins > 1 else ("0", n)
        add = f"wp.atomic_{'add' if bins > 1 else (word := draw.choice(('add', 'max')))}({out}, {at}, {amount})"
        draft.line(*(["if live != 0:", f"    {add}"] if live else [add]))
        chosen = f"{n}[live != 0]" if live else f"{n}.ravel()"
        if bins > 1:
            draft.numpy(f"{out} = np.bincount({chosen} & 15, minlength=16).astype(np.int32)")
        elif word == "add":
            draft.numpy(f"{out} = np.array([{chosen}.sum()], np.int32)")
        else:
            draft.numpy(f"{out} = np.array([max(0, {chosen}.max(initial=0))], np.int32)")
    elif kind == "formula":
        inputs: list[Expression] = [number]
        if draw.chance(0.6):
            other = draft.array(draft.name("offsets", "bases", "levels"), I32, *extents, domain=Integers(0, 32))
            draft.line(f"base = {other}[{here}]")
            draft.numpy(f"base = {other}")
            inputs.append(draft.known("base", I32, 0, 31))
        draft.line(f"bounded = wp.abs({n}) & 63")
        draft.numpy(f"bounded = np.abs({n}) & 63")
        inputs[0] = draft.known("bounded", I32, 0, 63)
        value = draft.fused(draft.name("slot", "index", "encoded"), I32, inputs, domain=Interval(-100_000, 100_000))
        _store(draft, draft.name("slots", "indices_out", "out"), value.name, here, extents, live=live)
    elif kind == "weight":
        real = draft.name("share", "density", "similarity")
        size = float(draft.word.bits)
        draft.line(f"{real} = {draft.cast(n)} / {draft.number(size)}")
        draft.numpy(f"{real} = {n}.astype({draft.precision}) / {size}")
        terms: list[Expression] = [draft.known(real, draft.real, -2.0, 64.0)]
        for weight in draw.subset(("weight", "gain", "bias"), draw.integer(0, 2)):
            draft.array(weight, draft.real, *extents, low=0.2)
            terms.append(draft.load(f"{weight}_here", weight, here, 0.2, 1.0))
        # A loop that Warp does not unroll is not run again by the adjoint: what hangs on its count adds to the rest.
        looped = any(line.lstrip().startswith(("while ", "for ")) for block in (draft.kernel, *draft.definitions) for line in block)
        if looped and len(terms) > 1:
            part = draft.fused(draft.name("part", "scaled_share"), draft.real, terms[:1], smooth=True)
            rest = draft.fused(draft.name("rest_term", "own"), draft.real, terms[1:], smooth=True)
            draft.scope.update(part=part, own=rest)
            value = draft.let(draft.name("scored", "ranked"), draw.choice(("part + own", "own - part", "own + 2.0 * part")))
        else:
            value = draft.fused(draft.name("scored", "ranked"), draft.real, terms, smooth=True)
        _store(draft, draft.name("scores", "weights_out"), value.name, here, extents, live=live, real=True)
    else:
        _store(draft, draft.name("counts", "out", "results"), n, here, extents, live=live)


def _store(draft: WordDraft, out: str, value: str, here: str, extents: Sequence[str], *, live: bool, real: bool = False) -> None:
    """Stores a number or real; threads that are not live store zero."""
    type = draft.real if real else I32
    draft.output(out, type, *extents)
    zero = draft.zero() if real else "0"
    if not live:
        draft.line(f"{out}[{here}] = {value}")
    elif draft.draw.chance(0.5):
        draft.line("if live != 0:", f"    {out}[{here}] = {value}", "else:", f"    {out}[{here}] = {zero}")
    else:
        draft.line(f"{out}[{here}] = wp.where(live != 0, {value}, {zero})")
    draft.numpy(f"{out} = np.where(live != 0, {value}, 0)" if live else f"{out} = {value}")


def _finish_word(draft: WordDraft, r: str, here: str, extents: Sequence[str]) -> None:
    """What becomes of a word: stored, reduced to a field, a test against a mask, or a parity of all."""
    draw, word = draft.draw, draft.word
    live = _skips(draft)
    kind = draw.choice(("store", "store", "field", "field", "test", "gather"))
    if kind == "store":
        out = draft.name("words_out", "out", "result_words")
        if live:
            draft.line("if live == 0:", f"    {out}[{here}] = {draft.held.spelling}(0)", "    return")
        draft.store_word(out, here, r, *extents)
        if live:
            draft.numpy(f"{out} = np.where(live != 0, {out}, 0)")
    elif kind == "field":
        low, width = draw.integer(0, 12), draw.choice((3, 4, 5, 6))
        field = draft.name("field", "part", "digit")
        shifted = f"({r} >> {low})" if low else r
        draft.words(f"{field} = number({shifted} & {(1 << width) - 1})")
        finish_number(draft, field, here, extents)
    elif kind == "test":
        mask = f"0x{draw.integer(1, 0xFFFF):X}"
        flag = draft.name("hit", "flag", "matched")
        test = draw.choice((f"{r} & {mask} == 0", f"{r} & {mask} == {mask}", f"{r} & {mask} != 0"))
        condition, numpy = word.warp(test), word.numpy(test)
        draft.line(*draw.choice(((f"{flag} = wp.where({condition}, 1, 0)",), (f"{flag} = int(0)", f"if {condition}:", f"    {flag} = 1"))))
        draft.numpy(f"{flag} = np.where({numpy}, 1, 0).astype(np.int32)")
        finish_number(draft, flag, here, extents)
    else:
        out = draft.output(draft.name("combined", "all_bits"), draft.held, 1, role="accumulate")
        operation, ufunc = draw.choice((("or", "bitwise_or"), ("xor", "bitwise_xor"), ("add", "add")))
        add = f"wp.atomic_{operation}({out}, 0, {draft.stored(r)})"
        draft.line(*(["if live != 0:", f"    {add}"] if live else [add]))
        chosen = f"{r}[live != 0]" if live else r
        draft.numpy(f"{out} = np.{ufunc}.reduce({chosen}, axis=None, dtype={word.unsigned}, keepdims=True).reshape(1)")
        draft.numpy(f"{out} = {draft.stored_numpy(out)}")
