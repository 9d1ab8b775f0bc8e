"""The steps that interpolation kernels share: easing of the parameter, epilogue and store, guard, sizes of launches."""

from __future__ import annotations

from kernels.draw import Draw
from kernels.families._sketch import Sketch
from kernels.language.expression import Expression, Variable
from kernels.language.interval import SIGNED_UNIT, UNIT

OUTPUTS = ("out", "result", "interpolated", "sampled_values")
PARAMETERS = ("gain", "offset", "tension", "bias", "falloff")


def eased(draw: Draw, sketch: Sketch, name: str) -> tuple[list[str], list[str], str]:
    """An easing of the parameter `name` in [0, 1], now and then: lines of both texts and the name to use."""
    if draw.chance(0.5):
        return [], [], name
    how = draw.choice(("smooth", "smoother", "fused", "fused"))
    sketch.reserved |= {"eased", "smooth_t"}
    if how != "fused":
        formula = (
            f"{name} * {name} * (3.0 - 2.0 * {name})"
            if how == "smooth"
            else f"{name} * {name} * {name} * ({name} * ({name} * 6.0 - 15.0) + 10.0)"
        )
        return [f"smooth_t = {sketch.wrapped(formula)}"], [f"smooth_t = {formula}"], "smooth_t"
    extra = sketch.parameters(PARAMETERS, draw.integer(0, 1))
    step = sketch.step("weight", sketch.real, [Variable(sketch.real, UNIT, name), *extra])
    return [step.warp], [step.numpy], step.value.name


def finish(draw: Draw, sketch: Sketch, value: Variable, index: str, shape: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Epilogue with a field or parameters, and the store."""
    out = draw.choice(OUTPUTS)
    sketch.reserved.add(out)
    fields: list[Expression] = []
    lines, reference = [], []
    if draw.chance(0.3):
        name = draw.choice(("baseline", "correction", "reference_value", "measured"))
        sketch.array(name, value.type, shape)
        lines.append(f"{name}_here = {name}[{index}]")
        reference.append(f"{name}_here = {name}")
        fields.append(Variable(value.type, SIGNED_UNIT, f"{name}_here"))
    if draw.chance(0.75) or fields:
        values = sketch.parameters(("scale", "weight_scale", "amplitude", "mix"), draw.integer(0, 1))
        steps = sketch.ending(("shaped", "response", "final"), value, fields, values, nonlinear=True)
        lines += [s.warp for s in steps]
        reference += [s.numpy for s in steps]
        value = steps[-1].value
    sketch.result(out, value.type, shape)
    return [*lines, f"{out}[{index}] = {value.name}"], [*reference, f'return {{"{out}": {value.name}}}']


def guard(draw: Draw, sketch: Sketch, index: str, count: str) -> list[str]:
    if draw.chance(0.4):
        return []
    sketch.count(count)
    return [f"if {index} >= {count}:", "    return"]


def sizes_of(draw: Draw) -> list[dict[str, int]]:
    large = draw.integer(66, 140)
    return [
        {"n": n, "m": m, "vertices": m + 2}
        for n, m in ((1, 4), (draw.choice((11, 17, 29)), draw.choice((5, 7))), (large + (large % 8 == 0), 13))
    ]
