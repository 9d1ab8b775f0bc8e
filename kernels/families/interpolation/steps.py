"""The steps that interpolation kernels share: easing of the parameter, epilogue and store, guard, sizes of launches."""

from __future__ import annotations

from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.language.expression import Expression, Variable
from kernels.language.interval import SIGNED_UNIT, UNIT

OUTPUTS = ("out", "result", "interpolated", "sampled_values")
PARAMETERS = ("gain", "offset", "tension", "bias", "falloff")


def eased(draw: Draw, draft: Draft, name: str, share: float = 0.5) -> tuple[list[str], list[str], str]:
    """An easing of the parameter `name` in [0, 1], in a `share` of cases: lines of both texts and the name to use."""
    if not draw.chance(share):
        return [], [], name
    how = draw.choice(("smooth", "smoother", "fused", "fused"))
    draft.reserve("eased", "smooth_t")
    if how != "fused":
        formula = (
            f"{name} * {name} * (3.0 - 2.0 * {name})"
            if how == "smooth"
            else f"{name} * {name} * {name} * ({name} * ({name} * 6.0 - 15.0) + 10.0)"
        )
        return [f"smooth_t = {draft.warp(formula)}"], [f"smooth_t = {formula}"], "smooth_t"
    extra = draft.some_parameters(PARAMETERS, draw.integer(0, 1))
    step = draft.step("weight", draft.real, [Variable(draft.real, UNIT, name), *extra])
    return [step.warp], [step.numpy], step.value.name


def finish(draw: Draw, draft: Draft, value: Variable, index: str, shape: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Epilogue with a field or parameters, and the store."""
    out = draw.choice(OUTPUTS)
    draft.reserve(out)
    fields: list[Expression] = []
    lines, reference = [], []
    if draw.chance(0.3):
        name = draw.choice(("baseline", "correction", "reference_value", "measured"))
        draft.array(name, value.type, *shape)
        lines.append(f"{name}_here = {name}[{index}]")
        reference.append(f"{name}_here = {name}")
        fields.append(Variable(value.type, SIGNED_UNIT, f"{name}_here"))
    if draw.chance(0.75) or fields:
        values = draft.some_parameters(("scale", "weight_scale", "amplitude", "mix"), draw.integer(0, 1))
        steps = draft.ending(("shaped", "response", "final"), value, fields, values, nonlinear=True)
        lines += [s.warp for s in steps]
        reference += [s.numpy for s in steps]
        value = steps[-1].value
    draft.output(out, value.type, *shape)
    return [*lines, f"{out}[{index}] = {value.name}"], [*reference, f'return {{"{out}": {value.name}}}']


def guard(draw: Draw, draft: Draft, index: str, count: str) -> list[str]:
    """An early return of threads beyond `count`, or nothing."""
    if draw.chance(0.4):
        return []
    draft.count(count)
    return [f"if {index} >= {count}:", "    return"]


def sizes_of(draw: Draw) -> list[dict[str, int]]:
    """The launches' sizes: `n` queries, `m` knots, `vertices`."""
    large = draw.integer(66, 140)
    return [
        {"n": n, "m": m, "vertices": m + 2}
        for n, m in ((1, 4), (draw.choice((11, 17, 29)), draw.choice((5, 7))), (large + (large % 8 == 0), 13))
    ]
