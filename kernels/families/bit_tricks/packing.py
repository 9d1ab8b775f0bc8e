"""Packed fields: colours, records and booleans in words, packed, taken apart and changed in place."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kernels.case import Case
from kernels.domains import Integers, Uniform
from kernels.drafting.arguments import grids
from kernels.drafting.word_draft import WordDraft
from kernels.drafting.words import Word
from kernels.draw import Draw
from kernels.families.bit_tricks.booleans import booleans
from kernels.families.bit_tricks.quantized import quantized
from kernels.language.expression import Expression
from kernels.language.interval import Interval
from kernels.language.types import I32

FORMATS: tuple[tuple[str, tuple[tuple[str, int], ...]], ...] = (
    ("rgba8", (("r", 8), ("g", 8), ("b", 8), ("a", 8))),
    ("bgra8", (("b", 8), ("g", 8), ("r", 8), ("a", 8))),
    ("rgb565", (("b", 5), ("g", 6), ("r", 5))),
    ("rgb10a2", (("r", 10), ("g", 10), ("b", 10), ("a", 2))),
    ("rgb8", (("r", 8), ("g", 8), ("b", 8))),
    ("rgba4", (("r", 4), ("g", 4), ("b", 4), ("a", 4))),
    ("material", (("layer", 4), ("group", 6), ("shape", 10), ("flags", 5))),
    ("date", (("day", 5), ("month", 4), ("year", 12))),
    ("voxel", (("x", 9), ("y", 9), ("z", 9), ("lod", 3))),
    ("uv16", (("u", 16), ("v", 15))),
    ("event", (("channel", 4), ("kind", 3), ("time", 20))),
)
"""Fields of a word, lowest first: name and width in bits."""


def pack_fields(draw: Draw) -> Case:
    """One kernel on packed fields."""
    builders: tuple[Callable[[Draw], Case], ...] = (_unpack, _unpack, _pack, _pack, booleans, quantized, quantized, _insert)
    return draw.choice(builders)(draw)


def _shifts(fields: Sequence[tuple[str, int]]) -> list[tuple[str, int, int]]:
    """Each field with its shift and width."""
    result, shift = [], 0
    for name, width in fields:
        result.append((name, shift, width))
        shift += width
    return result


def _field(word: str, shift: int, width: int) -> str:
    return f"({word} >> {shift}) & {(1 << width) - 1}" if shift else f"{word} & {(1 << width) - 1}"


def _unpack(draw: Draw) -> Case:
    """A word's fields taken apart, as integers or as reals in [0, 1], and what is made of them."""
    draft = WordDraft(draw, Word(32, draw.chance(0.35)))
    layout, fields = draw.choice(FORMATS)
    parts = _shifts(fields)
    flat = draw.chance(0.7)
    extents, indices = (("n",), ("i",)) if flat else (("height", "width"), ("y_px", "x_px"))
    here = ", ".join(indices)
    packed = draft.word_array(draft.name("packed", "pixels", "codes", "records"), *extents)
    name = draw.choice((f"unpack_{layout}", f"decode_{layout}", f"{layout}_fields"))
    draft.reserve(name, "word", "extract_bits", *(f for f, _ in fields), *indices)
    helper = draw.chance(0.4)
    if helper:
        kind = draft.word.spelling
        head = f"def extract_bits(bits: {kind}, shift: {kind}, mask: {kind}):"
        draft.definitions.append(
            ["@wp.func", head, f"    return {'(bits >> shift) & mask' if draft.word.signed else 'int((bits >> shift) & mask)'}"]
        )
    with draft.threads(*((index, extent, packed, axis) for axis, (index, extent) in enumerate(zip(indices, extents, strict=True)))):
        draft.load_word("word", packed, here)
        kept = parts if draw.chance(0.6) else sorted(draw.subset(parts, draw.integer(1, len(parts))), key=lambda p: p[1])
        for field, shift, width in kept:
            text = f"{field} = number({_field('word', shift, width)})"
            if helper:
                draft.line(f"{field} = extract_bits(word, {draft.word.literal(shift)}, {draft.word.literal((1 << width) - 1)})")
            else:
                draft.line(draft.word.warp(text))
            draft.numpy(f"{field} = ((word // {2**shift}) % {2**width}).astype(np.int32)")
        if draw.chance(0.5):
            _as_reals(draft, kept, here, extents)
        else:
            _as_integers(draft, kept, here, extents)
    return draft.case(name, extents, grids(draw, extents))


def _as_integers(draft: WordDraft, fields: Sequence[tuple[str, int, int]], here: str, extents: Sequence[str]) -> None:
    draw = draft.draw
    if draw.chance(0.35):
        key = draft.name("key", "sort_key", "code")
        known = [draft.known(f, I32, 0, (1 << w) - 1) for f, _, w in fields if w <= 12]
        inputs: list[Expression] = [*known[:3]]
        if inputs:
            value = draft.fused(key, I32, inputs, domain=Interval(-1_000_000, 1_000_000))
            draft.store(draft.output(draft.name("keys_out", "codes_out"), I32, *extents), here, value.name)
            return
    if draw.chance(0.3) and len(fields) > 1:
        out = draft.output(draft.name("fields_out", "channels"), I32, *extents, len(fields))
        draft.line(*(f"{out}[{here}, {k}] = {f}" for k, (f, _, _) in enumerate(fields)))
        draft.numpy(f"{out} = np.stack([{', '.join(f for f, _, _ in fields)}], axis=-1)")
        return
    for field, _, _ in fields:
        draft.store(draft.output(f"{field}_out", I32, *extents), here, field)


def _as_reals(draft: WordDraft, fields: Sequence[tuple[str, int, int]], here: str, extents: Sequence[str]) -> None:
    """The fields as fractions of their largest values, blended with weights, with a gradient for what they meet."""
    draw = draft.draw
    terms: list[Expression] = []
    for field, _, width in fields[:4]:
        real = draft.free(f"{field}_unit")
        scale = float((1 << width) - 1)
        draft.line(f"{real} = {draft.cast(field)} / {draft.number(scale)}")
        draft.numpy(f"{real} = {field}.astype({draft.precision}) / {scale}")
        terms.append(draft.known(real, draft.real, 0.0, 1.0))
    if draw.chance(0.6):
        tint = draft.array(draft.name("tint", "exposure", "gain"), draft.real, *extents, low=0.2)
        terms.append(draft.load("tint_here", tint, here, 0.2, 1.0))
    value = draft.fused(draft.name("luminance", "shade", "blended"), draft.real, terms, smooth=draw.chance(0.5))
    draft.store(draft.output(draft.name("image_out", "values_out", "out"), draft.real, *extents), here, value.name)


def _pack(draw: Draw) -> Case:
    """Fields packed into one word: from integer arrays, or from reals that are rounded to the field's steps."""
    draft = WordDraft(draw, Word(32, draw.chance(0.35)))
    layout, fields = draw.choice(FORMATS)
    parts = _shifts(fields)
    name = draw.choice((f"pack_{layout}", f"encode_{layout}", f"{layout}_words"))
    i = draft.name("i", "tid", "pixel")
    draft.reserve(name, "word", *(f for f, _ in fields))
    real = draw.chance(0.45) and max(w for _, w in fields) <= 10
    clamps = draw.chance(0.5)
    together = draw.chance(0.3)
    sources = [f"{f}_in" for f, _ in fields]
    if together:
        source = draft.name("channels", "fields", "color_in")
        domain = Uniform(0.0, 1.0) if real else Integers(-20 if clamps else 0, (1 << min(w for _, w in fields)) + (20 if clamps else 0))
        draft.array(source, draft.real if real else I32, "n", len(fields), domain=domain, differentiable=False)
        first = source
    else:
        for s, (_, width) in zip(sources, fields, strict=True):
            domain = Uniform(-0.1 if clamps else 0.0, 1.1 if clamps else 1.0) if real else Integers(0, 1 << width)
            draft.array(s, draft.real if real else I32, "n", domain=domain, differentiable=False)
        first = sources[0]
    way = draw.choice(("ors", "shift_in", "sums"))
    with draft.threads((i, "n", first, 0)):
        for k, (s, (field, _, width)) in enumerate(zip(sources, parts, strict=True)):
            here, there = (f"{first}[{i}, {k}]", f"{first}[:, {k}]") if together else (f"{s}[{i}]", s)
            top = (1 << width) - 1
            if real:
                bounded, there = (
                    (f"wp.clamp({here}, {draft.number(0.0)}, {draft.number(1.0)})", f"np.clip({there}, 0.0, 1.0)")
                    if clamps
                    else (here, there)
                )
                draft.line(f"{field} = int({bounded} * {draft.number(float(top))} + {draft.number(0.5)})")
                draft.numpy(f"{field} = np.floor({there} * {float(top)} + 0.5).astype(np.int32)")
            elif clamps:
                draft.line(f"{field} = wp.clamp({here}, 0, {top})")
                draft.numpy(f"{field} = np.clip({there}, 0, {top})")
            else:
                draft.line(f"{field} = {here}" if draw.chance(0.5) else f"{field} = {here} & {top}")
                draft.numpy(f"{field} = {there}")
        terms = [f"(word({f}) << {s})" if s else f"word({f})" for f, s, _ in parts]
        if way == "ors":
            draft.line(draft.word.warp(f"packed = {' | '.join(terms)}"))
        elif way == "sums":
            draft.line(draft.word.warp(f"packed = {' + '.join(f'word({f}) * {2**s}' for f, s, _ in parts)}"))
        else:
            draft.line(draft.word.warp(f"packed = word({parts[-1][0]})"))
            draft.line(*(draft.word.warp(f"packed = (packed << {w}) | word({f})") for f, _, w in reversed(parts[:-1])))
        draft.numpy("packed = np.zeros(dim[0], np.uint32)")
        draft.numpy(*(f"packed = packed + {f}.astype(np.uint32) * {2**s}" for f, s, _ in parts))
        draft.reserve("packed")
        draft.store_word(draft.name("packed_out", "words_out", "records"), i, "packed", "n")
    return draft.case(name, ["n"], grids(draw, ["n"]))


def _insert(draw: Draw) -> Case:
    """A field of each word set, cleared, toggled, or added to without a carry into its neighbours."""
    draft = WordDraft(draw, Word(32, draw.chance(0.3)))
    low, width = draw.integer(1, 20), draw.choice((3, 4, 6, 8, 10))
    mask = ((1 << width) - 1) << low
    operation = draw.choice(("set", "set", "clear", "toggle", "increment", "saturate", "swap"))
    name = draw.choice((f"{operation}_field", f"{operation}_bits", f"update_{operation}"))
    i = draft.name("i", "tid")
    draft.reserve(name, "word", "field", "kept", "updated", "value", "other")
    words = draft.word_array(draft.name("words", "registers", "headers"), "n")
    with draft.threads((i, "n", words, 0)):
        draft.load_word("word", words, i)
        draft.numpy(f"field = (word // {2**low}) % {2**width}", f"kept = word - field * {2**low}")
        if operation in ("set", "increment", "saturate"):
            values = draft.array(draft.name("values_in", "amounts"), I32, "n", domain=Integers(0, 2**width))
            draft.line(f"value = {values}[{i}]")
            draft.numpy(f"value = {values}.astype(np.uint32)")
        if operation == "set":
            draft.line(*(draft.word.warp(t) for t in draw.choice((
                (f"updated = (word & ~0x{mask:X}) | (word(value) << {low})",),
                (f"updated = word ^ ((word ^ (word(value) << {low})) & 0x{mask:X})",),
                (f"kept = word & 0x{mask ^ 0xFFFFFFFF:X}", f"updated = kept + (word(value) << {low})"),
            ))))  # fmt: skip
            draft.numpy(f"updated = kept + value * {2**low}")
        elif operation == "clear":
            draft.line(draft.word.warp(draw.choice((f"updated = word & ~0x{mask:X}", f"updated = word ^ (word & 0x{mask:X})"))))
            draft.numpy("updated = kept")
        elif operation == "toggle":
            draft.line(draft.word.warp(f"updated = word ^ 0x{mask:X}"))
            draft.numpy(f"updated = kept + ({2**width - 1} - field) * {2**low}")
        elif operation == "swap":
            draft.line(draft.word.warp(f"field = ((word >> {low}) ^ (word >> {low + width // 2})) & {2 ** (width // 2) - 1}"))
            draft.line(draft.word.warp(f"updated = word ^ (field << {low}) ^ (field << {low + width // 2})"))
            half = 2 ** (width // 2)
            draft.numpy(f"field = field % {half * half}", f"swapped = (field % {half}) * {half} + field // {half}")
            draft.numpy(f"updated = word - field * {2**low} + swapped * {2**low}")
        else:
            draft.line(draft.word.warp(f"field = number((word >> {low}) & {2**width - 1})"))
            if operation == "increment":
                draft.line(f"field = (field + value) & {2**width - 1}")
                draft.numpy(f"field = (field + value) % {2**width}")
            else:
                draft.line(f"field = wp.min(field + value, {2**width - 1})")
                draft.numpy(f"field = np.minimum(field + value, {2**width - 1})")
            draft.line(draft.word.warp(f"updated = (word & ~0x{mask:X}) | (word(field) << {low})"))
            draft.numpy(f"updated = kept + field * {2**low}")
        draft.store_word(draft.name("updated_words", "out"), i, "updated", "n")
    return draft.case(name, ["n"], grids(draw, ["n"]))
