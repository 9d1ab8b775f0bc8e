"""Morton codes in two and three dimensions: of cells and points, back to cells and centres, of neighbours.

Source: Morton, "A computer oriented geodetic data base and a new technique in file sequencing" (1966).
"""

from __future__ import annotations

from collections.abc import Callable

from kernels.case import Case
from kernels.domains import Integers, Uniform
from kernels.drafting.arguments import grids
from kernels.drafting.word_draft import WordDraft
from kernels.drafting.words import Word
from kernels.draw import Draw
from kernels.families.bit_tricks.elements import finish_number
from kernels.families.bit_tricks.trees import common_prefix, hilbert, range_split
from kernels.language.expression import Expression
from kernels.language.interval import Interval
from kernels.language.types import I32
from kernels.source import indented

_AXES = ("x", "y", "z")
SPREAD = {
    2: ("v &= 0xFFFF", "v = (v | (v << 8)) & 0x00FF00FF", "v = (v | (v << 4)) & 0x0F0F0F0F", "v = (v | (v << 2)) & 0x33333333",
        "v = (v | (v << 1)) & 0x55555555"),
    3: ("v &= 0x3FF", "v = (v | (v << 16)) & 0x030000FF", "v = (v | (v << 8)) & 0x0300F00F", "v = (v | (v << 4)) & 0x030C30C3",
        "v = (v | (v << 2)) & 0x09249249"),
}  # fmt: skip
SPREAD_BY_PRODUCT = (
    "v = (v * 0x00010001) & 0xFF0000FF", "v = (v * 0x00000101) & 0x0F00F00F", "v = (v * 0x00000011) & 0xC30C30C3",
    "v = (v * 0x00000005) & 0x49249249",
)  # fmt: skip
COMPACT = {
    2: ("v &= 0x55555555", "v = (v | (v >> 1)) & 0x33333333", "v = (v | (v >> 2)) & 0x0F0F0F0F", "v = (v | (v >> 4)) & 0x00FF00FF",
        "v = (v | (v >> 8)) & 0x0000FFFF"),
    3: ("v &= 0x09249249", "v = (v | (v >> 2)) & 0x030C30C3", "v = (v | (v >> 4)) & 0x0300F00F", "v = (v | (v >> 8)) & 0x030000FF",
        "v = (v | (v >> 16)) & 0x000003FF"),
}  # fmt: skip
REFERENCE = {
    "interleaved": ("def interleaved(coordinates, bits):", "    code = 0 * coordinates[0]", "    for k in range(bits):",
                    "        for axis, c in enumerate(coordinates):",
                    "            code = code + ((c // 2**k) % 2) * 2 ** (k * len(coordinates) + axis)", "    return code"),
    "separated": ("def separated(code, axes, axis, bits):", "    value = 0 * code", "    for k in range(bits):",
                  "        value = value + ((code // 2 ** (k * axes + axis)) % 2) * 2**k", "    return value"),
}  # fmt: skip
"""Definitions of Morton codes, bit by bit, on 64-bit integers."""


def order_codes(draw: Draw) -> Case:
    """One kernel on codes along a space-filling curve."""
    builders: tuple[Callable[[Draw], Case], ...] = (_encode, _encode, _decode, _neighbours, common_prefix, range_split, hilbert)
    return draw.choice(builders)(draw)


def _bits(axes: int) -> int:
    return 15 if axes == 2 else 10


def _spread(draft: WordDraft, axes: int) -> str:
    """Defines the function that spreads a coordinate's bits apart, by shifts, by products or in a loop."""
    draw = draft.draw
    name = draw.choice(("spread_bits", "expand_bits", f"part_by_{axes - 1}", "dilate"))
    draft.reserve(name)
    way = draw.choice(("shifts", "shifts", "loop", *(("products",) if axes == 3 and not draft.word.signed else ())))
    if way == "loop":
        word = draft.word
        body = [f"spread = {word.spelling}(0)", f"for k in range({_bits(axes)}):"]
        k = "k" if word.signed else "wp.uint32(k)"
        one = word.literal(1)
        count = word.literal(axes - 1)
        body.append(f"    spread = spread | ((v & ({one} << {k})) << ({count} * {k}))")
        draft.definitions.append(["@wp.func", f"def {name}(v: {word.spelling}):", *indented([*body, "return spread"])])
        return name
    lines = SPREAD_BY_PRODUCT if way == "products" else SPREAD[axes]
    result = f" -> {draft.word.spelling}" if draw.chance(0.3) else ""
    head = f"def {name}(v: {draft.word.spelling}){result}:"
    draft.definitions.append(["@wp.func", head, *indented([draft.word.warp(line) for line in lines]), "    return v"])
    return name


def _encode(draw: Draw) -> Case:
    """The code of each cell or point: coordinates from integers, or from reals that are scaled to the grid."""
    draft = WordDraft(draw, Word(32, draw.chance(0.3)))
    axes = draw.choice((2, 3, 3))
    letters, bits = _AXES[:axes], _bits(axes)
    name = draw.choice((f"morton_encode_{axes}d", f"morton_codes_{axes}d", "compute_morton_codes", "z_order"))
    i = draft.name("i", "tid", "point")
    draft.reserve(name, "code", "coordinates", *(f"c{a}" for a in letters), *(f"u{a}" for a in letters))
    spread = _spread(draft, axes)
    real = draw.chance(0.55)
    vectors = real and axes == 3 and draw.chance(0.6)
    low, high = (-2.0, 2.0) if real else (0, 1 << bits)
    if vectors:
        arrays = [
            draft.array(draft.name("points", "positions", "centers"), draft.vector, "n", domain=Uniform(low, high), differentiable=False)
        ]
    else:
        arrays = [
            draft.array(
                f"{'pos' if real else 'cell'}_{a}",
                draft.real if real else I32,
                "n",
                domain=Uniform(low, high) if real else Integers(int(low), int(high)),
                differentiable=False,
            )
            for a in letters
        ]
    resolution = draw.choice((16, 64, 256, 1024))
    clamp = draw.choice(("min_max", "clamp"))
    with draft.threads((i, "n", arrays[0], 0)):
        if vectors:
            draft.line(f"p = {arrays[0]}[{i}]")
        for axis, a in enumerate(letters):
            here = f"p[{axis}]" if vectors else f"{arrays[axis]}[{i}]"
            there = f"{arrays[0]}[:, {axis}]" if vectors else arrays[axis]
            if real:
                draft.line(f"u{a} = ({here} + {draft.number(2.0)}) * {draft.number(resolution / 4.0)}")
                top = resolution - 1
                whole = f"int(wp.floor(u{a}))" if draw.chance(0.5) else f"int(u{a})"
                draft.line(f"c{a} = {f'wp.clamp({whole}, 0, {top})' if clamp == 'clamp' else f'wp.min(wp.max({whole}, 0), {top})'}")
                draft.numpy(f"c{a} = np.clip(np.floor(({there} + 2.0) * {resolution / 4.0}).astype(np.int64), 0, {top})")
            else:
                draft.line(f"c{a} = {here}")
                draft.numpy(f"c{a} = {there}.astype(np.int64)")
        spreads = [f"{spread}(word(c{a}))" if not draft.word.signed else f"{spread}(c{a})" for a in letters]
        way = draw.choice(("ors", "sums", "steps"))
        if way == "steps":
            draft.line(draft.word.warp(f"code = {spreads[0]}"))
            draft.line(*(draft.word.warp(f"code = code | ({s} << {k})") for k, s in enumerate(spreads) if k))
        else:
            symbol = " | " if way == "ors" else " + "
            draft.line(draft.word.warp(f"code = {symbol.join(f'({s} << {k})' if k else s for k, s in enumerate(spreads))}"))
        draft.reference_definitions.append(list(REFERENCE["interleaved"]))
        draft.numpy(f"coordinates = [{', '.join(f'c{a}' for a in letters)}]", f"code = interleaved(coordinates, {bits}).astype(np.uint32)")
        _stored(draft, i)
    return draft.case(name, ["n"], grids(draw, ["n"]))


def _stored(draft: WordDraft, i: str) -> None:
    """The code, with the thread's number beside it, or a digit of it counted."""
    draw = draft.draw
    kind = draw.choice(("codes", "codes", "pairs", "digit"))
    if kind != "digit":
        draft.store_word(draft.name("codes", "keys", "morton"), i, "code", "n")
    if kind == "pairs":
        draft.output("order", I32, "n")
        draft.line(f"order[{i}] = {i}")
        draft.numpy("order = np.arange(dim[0]).astype(np.int32)")
    if kind == "digit":
        shift = draw.choice((0, 4, 8))
        draft.words(f"digit = number({f'(code >> {shift})' if shift else 'code'} & 15)")
        finish_number(draft, "digit", i, ("n",))


def _decode(draw: Draw) -> Case:
    """The coordinates of each code, as integers or as cell centres."""
    draft = WordDraft(draw, Word(32, draw.chance(0.3)))
    axes = draw.choice((2, 3))
    letters, bits = _AXES[:axes], _bits(axes)
    name = draw.choice((f"morton_decode_{axes}d", "decode_morton", "codes_to_cells"))
    i = draft.name("i", "tid", "cell")
    draft.reserve(name, "code", *(f"c{a}" for a in letters))
    function = draw.choice(("compact_bits", "collect_bits", "contract"))
    draft.reserve(function)
    lines = [draft.word.warp(line) for line in COMPACT[axes]]
    draft.definitions.append(["@wp.func", f"def {function}(v: {draft.word.spelling}):", *indented([*lines, "return v"])])
    draft.reference_definitions.append(list(REFERENCE["separated"]))
    codes = draft.word_array(draft.name("codes", "keys", "morton"), "n", low=0, high=1 << (axes * bits))
    with draft.threads((i, "n", codes, 0)):
        draft.load_word("code", codes, i)
        for axis, a in enumerate(letters):
            draft.line(draft.word.warp(f"c{a} = number({function}({f'code >> {axis}' if axis else 'code'}))"))
            draft.numpy(f"c{a} = separated(code.astype(np.int64), {axes}, {axis}, {bits}).astype(np.int32)")
        kind = draw.choice(("cells", "index", "centers", "distance"))
        if kind == "cells":
            together = draw.chance(0.4)
            if together:
                out = draft.output("cells", I32, "n", axes)
                draft.line(*(f"{out}[{i}, {k}] = c{a}" for k, a in enumerate(letters)))
                draft.numpy(f"{out} = np.stack([{', '.join(f'c{a}' for a in letters)}], axis=-1)")
            else:
                for a in letters:
                    draft.store(draft.output(f"cell_{a}", I32, "n"), i, f"c{a}")
        elif kind in ("index", "distance"):
            inputs: list[Expression] = [draft.known(f"c{a}", I32, 0, (1 << bits) - 1) for a in letters]
            if kind == "index":
                width = draw.choice((8, 16, 32))
                masked = [f"(c{a} & {width - 1})" for a in letters]
                draft.both(f"index = {masked[0]} + {width} * {masked[1]}" + (f" + {width * width} * {masked[2]}" if axes == 3 else ""))
                draft.store(draft.output(draft.name("indices", "linear"), I32, "n"), i, "index")
            else:
                value = draft.fused("mapped", I32, inputs, domain=Interval(-1_000_000_000, 1_000_000_000))
                draft.store(draft.output("mapped_out", I32, "n"), i, value.name)
        else:
            _centers(draft, i, letters)
    return draft.case(name, ["n"], grids(draw, ["n"]))


def _centers(draft: WordDraft, i: str, letters: tuple[str, ...]) -> None:
    draw = draft.draw
    size = draft.knob(draft.name("cell_size", "voxel_size"), 0.05, 0.5)
    offset = draft.array(draft.name("offset", "height"), draft.real, "n")
    terms: list[Expression] = [draft.load("own", offset, i, -1.0, 1.0)]
    for a in letters:
        draft.line(f"small_{a} = {draft.cast(f'c{a} & 15')} + {draft.number(0.5)}")
        draft.numpy(f"small_{a} = (c{a} % 16).astype({draft.precision}) + 0.5")
        draft.scope.update(size=size, small=draft.known(f"small_{a}", draft.real, 0.5, 15.5))
        terms.append(draft.let(f"center_{a}", "size * small"))
    value = draft.fused(draft.name("field", "height_at", "value"), draft.real, terms, smooth=True)
    draft.store(draft.output(draft.name("field_out", "samples"), draft.real, "n"), i, value.name)
    if draw.chance(0.4):
        draft.store(draft.output("center_out", draft.real, "n"), i, f"center_{letters[0]}")


def _neighbours(draw: Draw) -> Case:
    """The codes of a cell's neighbours, by sums of dilated integers: no decoding."""
    draft = WordDraft(draw, Word(32))
    axes = draw.choice((2, 3))
    masks = {2: (0x55555555, 0xAAAAAAAA), 3: (0x09249249, 0x12492492, 0x24924924)}[axes]
    name = draw.choice(("morton_neighbors", "adjacent_codes", "shift_codes"))
    i = draft.name("i", "tid", "cell")
    draft.reserve(name, "code", "moved")
    codes = draft.word_array(draft.name("codes", "keys"), "n", low=0, high=1 << (30 if axes == 3 else 31))
    draft.reference_definitions.append(list(REFERENCE["separated"]))
    draft.reference_definitions.append(list(REFERENCE["interleaved"]))
    bits = 16 if axes == 2 else 10
    steps = draw.subset([(axis, sign) for axis in range(axes) for sign in (1, -1)], draw.integer(1, 3))
    together = draw.chance(0.4)
    out = draft.output("neighbor_codes", draft.held, "n", len(steps)) if together else ""
    stored = []
    with draft.threads((i, "n", codes, 0)):
        draft.load_word("code", codes, i)
        for k, (axis, sign) in enumerate(steps):
            mask, rest = masks[axis], (0xFFFFFFFF if axes == 2 else 0x3FFFFFFF) ^ masks[axis]
            word = draft.name(*(f"{d}_{'xyz'[axis]}" for d in (("next", "ahead") if sign > 0 else ("previous", "behind"))))
            if sign > 0:
                line = f"{word} = (((code | 0x{rest:X}) + {1 << axis}) & 0x{mask:X}) | (code & 0x{rest:X})"
            else:
                line = f"{word} = (((code & 0x{mask:X}) - {1 << axis}) & 0x{mask:X}) | (code & 0x{rest:X})"
            draft.line(draft.word.warp(line))
            parts = [f"separated(code.astype(np.int64), {axes}, {a}, {bits})" for a in range(axes)]
            parts[axis] = f"({parts[axis]} {'+' if sign > 0 else '-'} 1) % {1 << bits}"
            draft.numpy(f"{word} = interleaved([{', '.join(parts)}], {bits}).astype(np.uint32)")
            if together:
                draft.line(f"{out}[{i}, {k}] = {draft.stored(word)}")
            else:
                draft.store_word(f"{word}_out", i, word, "n")
            stored.append(word)
        if together:
            stacked = f"np.stack([{', '.join(stored)}], axis=-1)"
            draft.numpy(f"{out} = {draft.stored_numpy(stacked)}")
    return draft.case(name, ["n"], grids(draw, ["n"]))
