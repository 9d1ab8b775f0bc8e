"""Parts of a tile: halves that act on each other, the tile reversed, neighbours, every second element, halves put together again."""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.blocks import Cut, draw_cut
from kernels.drafting.tiles import TileDraft
from kernels.draw import Draw
from kernels.families.tile_map.steps import KNOBS, NAMES
from kernels.language.expression import Expression, Variable


def parts(draw: Draw) -> Case:
    """One map between parts of a tile."""
    draft = TileDraft(draw)
    cut = draw_cut(draft, ("rows", "stack", "chunks"), whole=False)
    name = draw.choice(NAMES)[0]
    tile = cut.load(draft.free(f"{name}_tile"), cut.array(name, draft.real), draft.real, -1.0, 1.0)
    kind = draw.choice(("gate", "rotate", "reverse", "neighbours", "decimate", "butterfly"))
    form = {"gate": _gate, "reverse": _reverse, "neighbours": _neighbours, "decimate": _decimate}
    if kind in form:
        form[kind](draft, cut, tile)
    else:
        _pairs(draft, cut, tile, butterfly=kind == "butterfly")
    return draft.finished(draft.free(f"{kind}_{name}"), cut.dim, cut.sizes())


def _part(draft: TileDraft, name: str, tile: Variable, start: int, length: int) -> Variable:
    """Names `length` elements of a tile from `start`, by a slice or a view."""
    text = f"{tile.name}[{start or ''}:{start + length}]"
    view = f"wp.tile_view({tile.name}, offset=({start},), shape=({length},))"
    draft.line(f"{name} = {draft.draw.choice((text, view))}")
    draft.numpy(f"{name} = {tile.name}[..., {start or ''}:{start + length}]")
    return draft.whole(name, tile.type, tile.range.low, tile.range.high)


def _knobs(draft: TileDraft) -> list[Expression]:
    return [draft.knob(draft.name(*KNOBS), 0.2, 1.5)] if draft.draw.chance(0.4) else []


def _out(draft: TileDraft, cut: Cut, result: Variable, length: int) -> None:
    """Stores `length` elements for each block, as a row of the output."""
    out = draft.name("out", "result", "parts_out")
    draft.output(out, result.type, *cut.dim, length)
    draft.line(f"wp.tile_store({out}[{cut.index}], {result.name})")
    draft.numpy(f"{out} = {result.name}")


def _gate(draft: TileDraft, cut: Cut, tile: Variable) -> None:
    """One half of the tile acts on the other, as in a gated linear unit."""
    half = cut.width // 2
    left = _part(draft, draft.name("values", "left", "head"), tile, 0, half)
    right = _part(draft, draft.name("gates", "right", "tail"), tile, half, half)
    _out(draft, cut, draft.drawn_tile(draft.name("gated", "joined_part", "mixed"), [left, right, *_knobs(draft)]), half)


def _pairs(draft: TileDraft, cut: Cut, tile: Variable, *, butterfly: bool) -> None:
    """Both halves are made anew from both, by a butterfly or a rotation, and put together again."""
    draw, half = draft.draw, cut.width // 2
    left = _part(draft, draft.name("low", "even", "real_part"), tile, 0, half)
    right = _part(draft, draft.name("high", "odd", "imaginary_part"), tile, half, half)
    draft.scope.update(left=left, right=right)
    first, second = draft.name("first", "upper"), draft.name("other", "lower")
    if butterfly:
        draft.scope["weight"] = draft.knob("weight", 0.2, 1.5)
        one = draft.tile(first, "left + weight * right")
        two = draft.tile(second, "left - weight * right")
    else:
        angles = draft.name("angles", "phases")
        draft.array(angles, draft.real, *cut.dim, half, low=-3.0, high=3.0)
        call = f"wp.tile_load({angles}[{cut.index}], shape={half})"
        draft.scope["angle"] = draft.loaded(draft.free(f"{angles}_tile"), call, angles, draft.real, -3.0, 3.0)
        draft.scope["c"] = draft.tile(draft.name("cosine", "c"), "cos(angle)")
        draft.scope["s"] = draft.tile(draft.name("sine", "s"), "sin(angle)")
        one, two = draft.tile(first, "left * c - right * s"), draft.tile(second, "left * s + right * c")
    if draw.chance(0.4):
        two = draft.drawn_tile(draft.free("second_half"), [two, *_knobs(draft)])
    whole = draft.name("assembled", "combined", "rotated")
    draft.line(f'{whole} = wp.tile_zeros(shape={cut.texts[1]}, dtype={draft.real.spelling}, storage="shared")')
    slices = draw.chance(0.4)
    for start, part in ((0, one), (half, two)):
        if slices:
            draft.line(f"{whole}[{start or ''}:{start + half}] = {part.name}")
        else:
            draft.line(f"wp.tile_assign({whole}, {part.name}, offset=({start},))")
    draft.numpy(f"{whole} = np.concatenate([{one.name}, {two.name}], axis=-1)")
    cut.store(draft.name("out", "result", "rotated_out"), draft.whole(whole, draft.real, -10.0, 10.0))


def _reverse(draft: TileDraft, cut: Cut, tile: Variable) -> None:
    """The tile meets its mirror image."""
    mirror = draft.name("mirror", "reversed_tile", "backwards")
    draft.line(f"{mirror} = {tile.name}[::-1]")
    draft.numpy(f"{mirror} = {tile.name}[..., ::-1]")
    mirrored = draft.whole(mirror, tile.type, tile.range.low, tile.range.high)
    cut.store(draft.name("out", "result"), draft.drawn_tile(draft.name("folded", "symmetric", "blend"), [tile, mirrored, *_knobs(draft)]))


def _neighbours(draft: TileDraft, cut: Cut, tile: Variable) -> None:
    """Differences or blends of elements some places apart."""
    reach = draft.draw.choice((1, 1, 2, 4))
    left = _part(draft, draft.name("behind", "left"), tile, 0, cut.width - reach)
    right = _part(draft, draft.name("ahead", "right"), tile, reach, cut.width - reach)
    result = draft.drawn_tile(draft.name("difference", "gradient", "blend"), [left, right, *_knobs(draft)])
    _out(draft, cut, result, cut.width - reach)


def _decimate(draft: TileDraft, cut: Cut, tile: Variable) -> None:
    """Every second element, and those between."""
    half = cut.width // 2
    found = []
    for start, names in ((0, ("even", "kept")), (1, ("odd", "between"))):
        name = draft.name(*names)
        draft.line(f"{name} = {tile.name}[{start or ''}::2]")
        draft.numpy(f"{name} = {tile.name}[..., {start or ''}::2]")
        found.append(draft.whole(name, tile.type, tile.range.low, tile.range.high))
    _out(draft, cut, draft.drawn_tile(draft.name("coarse", "pooled", "detail"), [*found, *_knobs(draft)]), half)
