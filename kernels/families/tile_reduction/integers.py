"""Reductions of tiles of integers: sums, products of bits, counts, extremes; each exact."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.blocks import draw_cut
from kernels.drafting.tiles import TileDraft
from kernels.draw import Draw
from kernels.language.expression import Expression
from kernels.language.interval import Interval
from kernels.language.types import I32, I64

NAMES = ("counts", "codes", "levels", "votes", "flags", "tokens", "degrees")
BITS = {"&": "bitwise_and", "|": "bitwise_or", "^": "bitwise_xor"}


def integers(draw: Draw) -> Case:
    """One reduction of a tile of integers to one number for each block."""
    draft = TileDraft(draw, differentiable=False)
    cut = draw_cut(draft, whole=False, partial=0.5)
    type = I64 if draw.chance(0.3) else I32
    names = draw.subset(NAMES, draw.integer(1, 2))
    tiles: list[Expression] = []
    for name in names:
        array = cut.array(draft.free(f"{name}_in"), type, domain=Integers(0, 50))
        tiles.append(cut.load(name, array, type, 0, 49))
    value = draft.scope[names[0]]
    if len(tiles) > 1 or draw.chance(0.5):
        value = draft.drawn_tile(draft.name("key", "score", "amount", "mixed"), tiles, Interval(-1000, 1000), type=type)
    result = draft.name("total", "found", "outcome")
    kind = draw.choice(("sum", "sum", "max", "min", "bits", "modular"))
    text = value.warp()
    if kind == "sum":
        call, numpy = draw.choice((f"wp.tile_sum({text})", f"wp.tile_reduce(wp.add, {text})")), f"np.sum({text}, axis=-1, keepdims=True)"
        low, high = cut.size * value.range.low, cut.size * value.range.high
    elif kind in ("max", "min"):
        call = draw.choice((f"wp.tile_{kind}({text})", f"wp.tile_reduce(wp.{kind}, {text})"))
        numpy = f"np.{kind}({text}, axis=-1, keepdims=True)"
        low, high = value.range.low, value.range.high
    else:
        sign = draw.choice(tuple(BITS))
        body, numpy = f"a {sign} b", f"np.{BITS[sign]}.reduce({text}, axis=-1, keepdims=True)"
        low, high = -2048.0, 2047.0
        if kind == "modular":
            modulus = draw.choice((7, 31, 97, 101))
            number = f"wp.int64({modulus})" if type is I64 else str(modulus)
            # The sum of non-negative integers modulo a number is associative; the first summand may stand for itself only if reduced.
            value = draft.tile(draft.free("residue"), draft.read(f"abs({value.warp()}) % {modulus}"))
            body, numpy = f"(a + b) % {number}", f"np.sum({value.name}, axis=-1, keepdims=True) % {modulus}"
            text, low, high = value.name, 0.0, modulus - 1.0
        merged = draft.free(draw.choice(("combine", "merge", "join_pair")))
        draft.definitions.append(
            ["@wp.func", f"def {merged}(a: {type.spelling}, b: {type.spelling}) -> {type.spelling}:", f"    return {body}"]
        )
        call = f"wp.tile_reduce({merged}, {text})"
    number_value = draft.reduced(result, type, low, high, call, numpy)
    if draw.chance(0.35):
        factor = draft.parameter(draft.name("factor", "weight", "stride"), 1, 9, type)
        number_value = draft.drawn_tile(draft.free("final"), [number_value, factor], type=type)
    out = draft.name("out", "totals", "result")
    if kind == "sum" and draw.chance(0.3):
        cut.add_number(out, number_value)
    else:
        cut.store_number(out, number_value)
    return draft.finished(draft.free(f"{draw.choice(('reduce', 'count', 'fold', 'combine_all'))}_{names[0]}"), cut.dim, cut.sizes())
