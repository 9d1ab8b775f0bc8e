"""Order within a tile: places of extremes, prefix sums and running extremes, sorting by key. None of it has a gradient."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.blocks import Cut, draw_cut
from kernels.drafting.tiles import TileDraft
from kernels.draw import Draw
from kernels.language.expression import Expression, Variable
from kernels.language.interval import Interval
from kernels.language.types import I32, Type

NAMES = ("scores", "costs", "weights", "signal", "density", "heights", "loads")
SCANS = {
    "scan_inclusive": "np.cumsum({0}, axis=-1)",
    "scan_exclusive": "np.cumsum({0}, axis=-1) - {0}",
    "scan_max_inclusive": "np.maximum.accumulate({0}, axis=-1)",
    "scan_min_inclusive": "np.minimum.accumulate({0}, axis=-1)",
}

_APART = (
    *("x + y", "x - y", "x * y", "(x - y) * (x - y)", "sqrt(x * x + y * y + 0.05)", "exp(0.5 * x) * (2.0 + y)", "x / (1.5 + y)"),
    *("sin(x) + y * cos(x)", "x - 0.5 * y * y", "tanh(x + y)", "x * x + 0.3 * y"),
)
"""Formulas of two values that are nowhere flat: a minimum or the like makes equals of values that are not."""


def order(draw: Draw) -> Case:
    """One scan, sort or search for an extreme, in every block's tile."""
    kind = draw.choice(("place", "scan", "scan", "sort"))
    # Warp scans no float64 and sorts by none.
    draft = TileDraft(draw, width="float32" if kind != "place" else None, differentiable=False)
    cut = draw_cut(draft, whole=False, partial=0.0)
    name = draw.choice(NAMES)
    whole_numbers = kind == "scan" and draw.chance(0.3)
    type = I32 if whole_numbers else draft.real
    value = _value(draft, cut, name, type, apart=kind != "scan")
    if kind == "place":
        _place(draft, cut, value)
    elif kind == "scan":
        _scan(draft, cut, value)
    else:
        _sort(draft, cut, value)
    verb = {
        "place": ("find_best", "locate", "argbest", "nearest"),
        "scan": ("prefix_sum", "running", "cumulate"),
        "sort": ("sort_rows", "rank", "arrange"),
    }[kind]
    return draft.finished(draft.free(f"{draw.choice(verb)}_{name}"), cut.dim, cut.sizes())


def _value(draft: TileDraft, cut: Cut, name: str, type: Type, *, apart: bool) -> Variable:
    """The tile that is put in order: loaded, or made of one or two loaded ones; `apart`: so that its elements differ."""
    draw = draft.draw
    whole = type.is_integer
    low, high = (0.0, 20.0) if whole else (-1.0, 1.0)
    array = cut.array(draft.free(f"{name}_in"), type, domain=Integers(0, 21) if whole else None)
    value = cut.load(name, array, type, low, high)
    if draw.chance(0.4):
        return value
    inputs: list[Expression] = [value]
    if draw.chance(0.5):
        second = draft.name("bias", "penalty", "mask_value")
        array = cut.array(draft.free(f"{second}_in"), type, domain=Integers(0, 21) if whole else None)
        inputs.append(cut.load(second, array, type, low, high))
    elif not whole:
        inputs.append(draft.knob(draft.name("gain", "shift", "slope"), 0.2, 1.5))
    if apart:
        draft.scope.update(x=inputs[0], y=inputs[1])
        return draft.tile(draft.free("value"), draw.choice(_APART))
    return draft.drawn_tile(draft.free("value"), inputs, Interval(-100, 100), type=type)


def _place(draft: TileDraft, cut: Cut, value: Variable) -> None:
    draw = draft.draw
    which = draw.choice(("max", "min"))
    numpy = f"np.arg{which}({value.name}, axis=-1)[..., None].astype(np.int32)"
    place = draft.reduced(draft.name("best", "place", "winner"), I32, 0, cut.size - 1, f"wp.tile_arg{which}({value.name})", numpy)
    cut.store_number(draft.name("places", "indices", "winners"), place)
    if draw.chance(0.5):
        call, text = f"wp.tile_{which}({value.name})", f"np.{which}({value.name}, axis=-1, keepdims=True)"
        bounds = value.range
        extreme = draft.reduced(draft.name("top", "extreme", "peak"), value.type, bounds.low, bounds.high, call, text)
        if draw.chance(0.4):
            gap = draft.tile(draft.free("gap"), draft.read(f"{value.name} - {extreme.name}"))
            cut.store(draft.name("gaps", "distances_out"), gap)
        else:
            cut.store_number(draft.name("values_out", "peaks", "extremes"), extreme)


def _scan(draft: TileDraft, cut: Cut, value: Variable) -> None:
    draw = draft.draw
    function = draw.choice(tuple(SCANS))
    running = draft.name("running", "prefix", "cumulative", "so_far")
    draft.line(f"{running} = wp.tile_{function}({value.name})")
    draft.numpy(f"{running} = {SCANS[function].format(value.name)}")
    bound = cut.size * value.range.magnitude
    result = draft.whole(running, value.type, -bound, bound)
    if draw.chance(0.5):
        inputs: list[Expression] = [result]
        inputs += [value] if draw.chance(0.6) else [] if value.type.is_integer else [draft.knob(draft.name("scale", "rate"), 0.2, 1.5)]
        result = draft.drawn_tile(draft.name("finished", "mixed", "share"), inputs, type=value.type)
    cut.store(draft.name("out", "sums", "scanned"), result)


def _sort(draft: TileDraft, cut: Cut, value: Variable) -> None:
    """Sorts by the value, descending by its negative, with what travels along: places, or a second array."""
    draw = draft.draw
    key = value.name
    if draw.chance(0.4):
        key = draft.tile(draft.name("keys", "sort_keys"), draft.read(f"-{value.name}")).name
    payload = draft.name("payload", "order", "carried")
    kind = draw.choice(("places", "array"))
    if kind == "places" and cut.kind in ("rows", "stack", "chunks"):
        draft.line(f"{payload} = wp.tile_arange({cut.texts[1]}, dtype=int)")
        draft.numpy(f"{payload} = np.broadcast_to(np.arange({cut.width}, dtype=np.int32), {key}.shape)")
        draft.whole(payload, I32, 0, cut.width - 1)
    else:
        cut.load(payload, cut.array(draft.free(f"{payload}_in"), draft.real), draft.real, -1.0, 1.0)
    moved = draft.scope[payload]
    draft.line(f"wp.tile_sort({key}, {payload})")
    draft.numpy(f"places = np.argsort({key}, axis=-1)")
    draft.numpy(f"{payload} = np.take_along_axis({payload}, places, axis=-1)", f"{key} = np.take_along_axis({key}, places, axis=-1)")
    assert isinstance(moved, Variable)
    cut.store(draft.name("moved", "permuted", "ranked"), moved)
    if draw.chance(0.6):
        sorted_key = draft.scope[key]
        assert isinstance(sorted_key, Variable)
        if draw.chance(0.4):
            sorted_key = draft.drawn_tile(draft.free("shown"), [sorted_key])
        cut.store(draft.name("sorted_out", "ascending", "keys_out"), sorted_key)
