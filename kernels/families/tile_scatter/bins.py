"""Tiles that the threads of a block write to one by one: bins that they count into, places that they permute to, elements that they change.

`wp.tile_scatter_add` and `wp.tile_scatter_masked` take one value of each thread that has one; `t[i] += x` adds the value of every thread,
so that a thread without one adds nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from kernels.case import Case
from kernels.domains import Integers, Permutation
from kernels.drafting.tile_grid import Shape, Tile, shape_text
from kernels.draw import Draw
from kernels.families.tile_scatter.lanes import Lanes
from kernels.language.expression import Expression, Variable
from kernels.language.types import I32, U32, Type, vector

_BINS = {1: (8, 12, 16), 2: (3, 4), 3: (2, 3), 4: (2,)}


def _bins(lanes: Lanes, kind: Type, *names: str) -> Tile:
    """Names a tile of zeros of one to four axes in shared memory; the reference makes it later."""
    draft, draw = lanes.draft, lanes.draft.draw
    axes = draw.weighted((1, 2, 3, 4), (4, 2, 1, 1))
    sides = [draw.choice(_BINS[axes]) for _ in range(axes)]
    shape: Shape = lanes.grid.shape(**dict(zip(("BINS", "ROWS", "COLS", "DEPTH")[:axes], sides, strict=True)))
    name = draft.name(*names)
    size = shape[0].text if axes == 1 and draw.chance(0.5) else shape_text(shape)
    draft.line(f'{name} = wp.tile_zeros(shape={size}, dtype={kind.spelling}, storage="shared")')
    return Tile(draft.whole(name, kind, -1e3, 1e3), shape)


def _places(tile: Tile, place: str) -> str:
    """The kernel's text of the indices of an element by its place in the line of all."""
    texts: list[str] = []
    rest = 1
    for number in reversed(tile.numbers):
        text = place if rest == 1 else f"{place} // {rest}"
        texts.append(text if rest * number == tile.size else f"{text} % {number}")
        rest *= number
    return ", ".join(reversed(texts))


def _valued(lanes: Lanes, arrays: list[str], kind: Type, locate: Callable[[], None]) -> Variable:
    """Names the value of a thread that has an element, zero for others; where there is one, `locate` writes where it goes."""
    draft = lanes.draft
    value = draft.name("value", "mass", "deposit", "amount")
    zero = f"{kind.spelling}(0)" if kind.is_integer else draft.zero(kind)
    draft.line(f"{value} = {zero}")
    with draft.block("if has:"):
        if kind.is_integer or kind.rank:
            draft.line(f"{value} = {lanes.at(arrays[0])}")
            draft.numpy(f"{value} = {arrays[0]}")
            locate()
            return draft.known(value, kind, -100.0, 100.0)
        elements: list[Expression] = [lanes.read(array) for array in arrays]
        term = lanes.term(elements)
        draft.line(f"{value} = {term.name}")
        draft.numpy(f"{value} = {term.numpy()}")
        locate()
    return draft.known(value, kind, term.range.low, term.range.high)


def _stored(lanes: Lanes, tile: Tile, bound: float) -> None:
    """Stores the tile, perhaps after a drawn formula where that has a gradient, as it is or as one line."""
    draft, grid, draw = lanes.draft, lanes.grid, lanes.draft.draw
    kind = tile.value.type
    tile = grid.bounded(tile, -bound, bound)
    if kind is draft.real and draw.chance(0.45):
        if draft.differentiable:
            draft.scope.update(bin=tile.value, factor=draft.knob(draft.name("norm", "share"), 0.2, 1.5))
            tile = grid.formula(draft.free("scaled"), draw.choice(("bin * factor", "bin / factor", "factor * bin")), tile.shape)
        else:
            tile = grid.drawn(draft.free("shown"), [tile], lanes.knobs(0.5), bound=1e4)
    grid.store(draft.name("out", "bins_out", "result"), tile)


def histogram(draw: Draw) -> Case:
    """Elements counted or weighed into the bins that an index, or a coordinate, gives them."""
    lanes = Lanes(draw, differentiable=0.9, smooth=True)
    draft = lanes.draft
    kind: Type = draw.weighted((draft.real, I32, vector(draft.width, 3)), (4, 1, 1.5))
    tile = _bins(lanes, kind, "bins", "histogram", "sums", "cells")
    arrays = [lanes.row("values", "weights", "masses", type=kind, domain=Integers(1, 10) if kind.is_integer else None)]
    if kind is draft.real and draw.chance(0.5):
        arrays.append(lanes.row("others", "scales", "charges"))
    coordinate = draw.chance(0.4)
    if coordinate:
        where = draft.array(
            draft.name("positions", "levels"), draft.real, *lanes.grid.extents, lanes.extent, low=0.0, high=1.0, differentiable=False
        )
    else:
        where = lanes.row("bin_of", "labels", "cell_ids", type=I32, domain=Integers(0, tile.size))
    place = draft.name("b", "bin_id", "slot")

    def locate() -> None:
        if coordinate:
            draft.line(f"{place} = wp.min(int({lanes.at(where)} * {draft.cast(str(tile.size))}), {tile.size - 1})")
            draft.numpy(f"{place} = np.minimum(np.floor({where} * {tile.size}).astype(np.int32), {tile.size - 1})")
        else:
            draft.line(f"{place} = {lanes.at(where)}")
            draft.numpy(f"{place} = {where}")

    with lanes.rounds(arrays[0]):
        draft.line(f"{place} = int(0)")
        value = _valued(lanes, arrays, kind, locate)
        draft.line(f"wp.tile_scatter_add({tile.name}, {_places(tile, place)}, {value.name}, has)")
    blocks = f"np.arange(len({place}))[:, None]"
    tail = "".join(f", {n}" for n in kind.inner)
    draft.numpy(
        f"flat = np.zeros((len({place}), {tile.size}{tail}), {value.name}.dtype)",
        f"np.add.at(flat, ({blocks}, {place}), {value.name})",
        f"{tile.name} = flat.reshape(-1, {', '.join(map(str, tile.numbers))}{tail})",
    )
    _stored(lanes, tile, 150.0 * max(1.0, min(value.range.magnitude, 1e4)))
    return lanes.finished(draw.choice(("histogram", "bin_values", "deposit", "scatter_bins")))


def permute(draw: Draw) -> Case:
    """Elements written to the places of a tile that they have in another order: reversed, turned, dealt out."""
    lanes = Lanes(draw)
    draft, grid = lanes.draft, lanes.grid
    kind: Type = draw.choice((draft.real, draft.real, I32, vector(draft.width, 3)))
    tile = _bins(lanes, kind, "turned", "placed", "permuted", "board")
    size = tile.size
    array = draft.array(
        draft.name("values", "elements", "cards"), kind, *grid.extents, size, domain=Integers(-50, 50) if kind.is_integer else None
    )
    how = draw.choice(("reverse", "rotate", "deal", "order"))
    step = draw.choice([s for s in (3, 5, 7) if size % s] or [1])
    if how == "order":
        order = draft.array(draft.name("order", "targets"), I32, size, domain=Permutation())
    # As many rounds as the tile has elements, for a block of one thread; a larger block has nothing left to do soon.
    head = f"for base in range(0, {size}, wp.block_dim()):"
    place = draft.name("place", "target", "slot")
    with draft.block(head):
        draft.line(f"{lanes.index} = base + {lanes.lane}", f"has = {lanes.index} < {size}")
        value = draft.free("value")
        zero = f"{kind.spelling}(0)" if kind.is_integer else draft.zero(kind)
        draft.line(f"{value} = {zero}", f"{place} = int(0)")
        with draft.block("if has:"):
            if kind is draft.real:
                draft.numpy(f"element = {array}")
                draft.line(f"element = {lanes.at(array)}")
                term = (
                    lanes.term([draft.known("element", draft.real, -1.0, 1.0)])
                    if draw.chance(0.6)
                    else draft.known("element", draft.real, -1.0, 1.0)
                )
                draft.line(f"{value} = {term.name}")
                draft.numpy(f"{value} = {term.numpy()}")
            else:
                draft.line(f"{value} = {lanes.at(array)}")
                draft.numpy(f"{value} = {array}")
            formula = {
                "reverse": f"{size - 1} - {lanes.index}",
                "rotate": f"({lanes.index} + {step}) % {size}",
                "deal": f"({lanes.index} * {step}) % {size}",
                "order": f"order[{lanes.index}]",
            }[how]
            if how == "order":
                formula = f"{order}[{lanes.index}]"
            draft.line(f"{place} = {formula}")
        draft.line(f"wp.tile_scatter_masked({tile.name}, {_places(tile, place)}, {value}, has)")
    numpy_place = order if how == "order" else formula.replace(lanes.index, f"np.arange({size})")
    tail = "".join(f", {n}" for n in kind.inner)
    draft.numpy(
        f"flat = np.zeros_like({value})",
        f"flat[:, {numpy_place}] = {value}",
        f"{tile.name} = flat.reshape(-1, {', '.join(map(str, tile.numbers))}{tail})",
    )
    _stored(lanes, tile, 60.0)
    return lanes.finished({"reverse": "reverse_block", "rotate": "rotate_block", "deal": "deal_out", "order": "reorder"}[how])


def counters(draw: Draw) -> Case:
    """Each thread's own sums and bits joined in elements of a tile by `+=`, `-=`, `&=`, `|=` and `^=`."""
    lanes = Lanes(draw, differentiable=0.6)
    draft = lanes.draft
    if draw.chance(0.45):
        return _bits(lanes)
    kind: Type = draft.real if draw.chance(0.75) else I32
    tile = _bins(lanes, kind, "sums", "counters", "totals")
    arrays = [lanes.row("values", "charges", "flows", type=kind, domain=Integers(-9, 10) if kind.is_integer else None)]
    parts = [draft.free(name) for name in draw.subset(("gained", "lost", "crossed"), draw.integer(1, 3))]
    lanes.told(arrays[0])
    for part in parts:
        draft.line(f"{part} = {kind.spelling}({'0' if kind.is_integer else '0.0'})")
    terms: list[str] = []
    with lanes.strided(arrays[0]):
        value = lanes.read(arrays[0], type=kind, low=-9.0 if kind.is_integer else -1.0, high=9.0 if kind.is_integer else 1.0)
        tests = draw.shuffled(("> 0", "< 0", "% 2 == 0"))
        for part, test in zip(parts, tests, strict=False):
            if kind.is_integer:
                draft.line(f"if {value.name} {test}:", f"    {part} += {draw.choice((value.name, '1'))}")
                counted = draft.kernel[-1].rpartition(" += ")[2].strip()
                terms.append(f"np.where({value.numpy()} {test}, {counted if counted == '1' else value.numpy()}, 0)")
            else:
                term = lanes.term([value], draft.free(f"{part}_term"))
                draft.line(f"{part} += {term.name}")
                terms.append(term.numpy())
    blocks = f"len({arrays[0]})"
    draft.numpy(f"{tile.name} = np.zeros(({blocks}, {', '.join(map(str, tile.numbers))}), {arrays[0]}.dtype)")
    for part, spelled in zip(parts, terms, strict=True):
        place = ", ".join(str(draw.integer(0, n - 1)) for n in tile.numbers)
        sign = draw.choice(("+", "+", "-"))
        draft.line(f"{tile.name}[{place}] {sign}= {part}")
        draft.numpy(f"{tile.name}[:, {place}] {sign}= np.sum({spelled}, axis=-1)")
    _stored(lanes, tile, 1e3)
    return lanes.finished(draw.choice(("tally", "count_categories", "balance")))


def _bits(lanes: Lanes) -> Case:
    """Bits that any, all or an odd number of a row's elements have."""
    draft, grid, draw = lanes.draft, lanes.grid, lanes.draft.draw
    kind: Type = draw.choice((I32, U32))
    tile = _bins(lanes, kind, "masks", "words", "flags_tile")
    array = lanes.row("codes", "flags", "signatures", type=kind, domain=Integers(0, 256))
    lanes.told(array)
    chosen = draw.subset(("or", "and", "xor"), draw.integer(1, 3))
    starts = {"or": "0", "and": "255", "xor": "0"}
    signs = {"or": "|", "and": "&", "xor": "^"}
    names = {which: draft.free({"or": "any_bits", "and": "all_bits", "xor": "odd_bits"}[which]) for which in chosen}
    for which in chosen:
        draft.line(f"{names[which]} = {kind.spelling}({starts[which]})")
    with lanes.strided(array):
        element = draft.free("code")
        draft.line(f"{element} = {lanes.at(array)}")
        for which in chosen:
            draft.line(f"{names[which]} = {names[which]} {signs[which]} {element}")
    if "and" in chosen:
        # All bits are there until a thread takes some away.
        draft.line(f"{tile.name} += wp.tile_full(shape={shape_text(tile.shape)}, value={kind.spelling}(255), dtype={kind.spelling})")
    start = 255 if "and" in chosen else 0
    draft.numpy(f"{tile.name} = np.full((len({array}), {', '.join(map(str, tile.numbers))}), {start}, {array}.dtype)")
    for which in chosen:
        place = ", ".join(str(draw.integer(0, n - 1)) for n in tile.numbers)
        draft.line(f"{tile.name}[{place}] {signs[which]}= {names[which]}")
        draft.numpy(f"{tile.name}[:, {place}] {signs[which]}= np.bitwise_{which}.reduce({array}, axis=-1)")
    grid.store(draft.name("out", "masks_out", "words_out"), tile)
    return lanes.finished(draw.choice(("join_flags", "merge_masks", "parity_words")))


FORMS: tuple[tuple[Callable[[Draw], Case], float], ...] = ((histogram, 8.0), (permute, 2.9), (counters, 2.2))
"""The algorithms of this module, and how often each comes."""
