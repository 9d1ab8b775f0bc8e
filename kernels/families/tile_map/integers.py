"""Maps of tiles of integers and between integers and reals: exact arithmetic, bits, conversion of types."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.blocks import draw_cut
from kernels.drafting.tiles import TileDraft
from kernels.draw import Draw
from kernels.families.tile_map.steps import KNOBS
from kernels.language.expression import Expression
from kernels.language.types import I32, I64

NAMES = (("codes", "salts", "flags"), ("levels", "steps", "limits"), ("keys", "shifts", "tags"))


def integers(draw: Draw) -> Case:
    """One map of integer tiles; now and then its result is converted to reals and mixed with real tiles."""
    draft = TileDraft(draw)
    converts = draw.chance(0.5)
    draft.differentiable = converts
    cut = draw_cut(draft, whole=True, partial=0.5)
    type = I64 if draw.chance(0.3) else I32
    names = draw.choice(NAMES)[: draw.integer(1, 3)]
    values: list[Expression] = []
    for name in names:
        array = cut.array(draft.free(f"{name}_in"), type, domain=Integers(0, 64))
        values.append(cut.load(name, array, type, 0, 63))
    if draw.chance(0.35):
        values.append(draft.parameter(draft.name("stride", "salt", "level"), 1, 9, type))
    result = draft.drawn_tile(draft.name("hashed", "packed", "mixed"), values, type=type)
    if converts:
        real = draft.name("as_real", "converted", "floats")
        clipped = draft.tile(draft.free("clipped"), draft.read(f"min(max({result.name}, -50), 50)"))
        draft.line(f"{real} = wp.tile_astype({clipped.name}, dtype={draft.real.spelling})")
        draft.numpy(f"{real} = {clipped.name}.astype({draft.precision})")
        inputs: list[Expression] = [draft.whole(real, draft.real, -50.0, 50.0)]
        array = cut.array(draft.name("signal", "weights_in", "field"), draft.real)
        inputs.append(cut.load(draft.free("real_tile"), array, draft.real, -1.0, 1.0))
        if draw.chance(0.4):
            inputs.append(draft.knob(draft.name(*KNOBS), 0.2, 1.5))
        cut.store(draft.name("out", "result"), draft.drawn_tile(draft.name("scaled", "response"), inputs))
        if draw.chance(0.4):
            cut.store(draft.name("codes_out", "integers_out"), clipped)
    else:
        cut.store(draft.name("out", "result"), result)
    verb = draw.choice(("hash", "encode", "quantize", "map"))
    return draft.finished(draft.free(f"{verb}_{names[0]}"), cut.dim, cut.sizes())
