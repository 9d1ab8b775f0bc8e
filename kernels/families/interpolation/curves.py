"""Curves of segments: Hermite, Catmull-Rom, Bezier and B-spline blends of control values, with their derivatives."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Uniform
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.interpolation.steps import eased, finish, guard, sizes_of
from kernels.language.expression import Variable
from kernels.language.interval import Interval
from kernels.language.types import I32

CURVES = {
    "catmull_rom": (
        "0.5 * (2.0 * t * t - t - t * t * t)",
        "0.5 * (3.0 * t * t * t - 5.0 * t * t + 2.0)",
        "0.5 * (4.0 * t * t - 3.0 * t * t * t + t)",
        "0.5 * (t * t * t - t * t)",
    ),
    "bspline": (
        "(1.0 - t) * (1.0 - t) * (1.0 - t) / 6.0",
        "(3.0 * t * t * t - 6.0 * t * t + 4.0) / 6.0",
        "(3.0 * t * t + 3.0 * t + 1.0 - 3.0 * t * t * t) / 6.0",
        "t * t * t / 6.0",
    ),
    "bezier": ("(1.0 - t) * (1.0 - t) * (1.0 - t)", "3.0 * t * (1.0 - t) * (1.0 - t)", "3.0 * t * t * (1.0 - t)", "t * t * t"),
    "hermite": (
        "2.0 * t * t * t - 3.0 * t * t + 1.0",
        "t * t * t - 2.0 * t * t + t",
        "3.0 * t * t - 2.0 * t * t * t",
        "t * t * t - t * t",
    ),
    "quadratic": ("0.5 * (1.0 - t) * (1.0 - t)", "0.5 + t - t * t", "0.5 * t * t"),
    "lagrange": ("0.5 * t * (t - 1.0)", "1.0 - t * t", "0.5 * t * (t + 1.0)"),
}
DERIVATIVES = {
    "catmull_rom": (
        "0.5 * (4.0 * t - 1.0 - 3.0 * t * t)",
        "0.5 * (9.0 * t * t - 10.0 * t)",
        "0.5 * (8.0 * t - 9.0 * t * t + 1.0)",
        "0.5 * (3.0 * t * t - 2.0 * t)",
    ),
    "bezier": ("-3.0 * (1.0 - t) * (1.0 - t)", "3.0 * (1.0 - t) * (1.0 - 3.0 * t)", "3.0 * t * (2.0 - 3.0 * t)", "3.0 * t * t"),
    "hermite": ("6.0 * t * t - 6.0 * t", "3.0 * t * t - 4.0 * t + 1.0", "6.0 * t - 6.0 * t * t", "3.0 * t * t - 2.0 * t"),
    "quadratic": ("t - 1.0", "1.0 - 2.0 * t", "t"),
}


def curve(draw: Draw, draft: Draft) -> Case:
    """A point (and perhaps the tangent) on a curve of segments."""
    kind = draw.choice(tuple(CURVES))
    blends = CURVES[kind]
    count = len(blends)
    element = draft.vector if draw.chance(0.6) else draft.real
    points = draw.choice(("control_points", "points", "poles", "keyframes"))
    i, out_value = draw.choice(("i", "tid", "s")), draw.choice(("position", "point", "value"))
    draft.reserve(i, "t", "segment", out_value, "tangent", "u")
    layout = draw.choice(("global", "per_thread", "indexed"))
    body = [f"{i} = wp.tid()", *guard(draw, draft, i, "n")]
    reference: list[str] = []
    across = "[..., None]" if element.rank else ""
    names = [f"p{k}" for k in range(count)] if kind != "hermite" else ["p0", "m0", "p1", "m1"]
    draft.reserve(*names)
    if layout == "per_thread":
        draft.array(points, element, "n", str(count))
        draft.array("params", draft.real, "n", domain=Uniform(0.0, 1.0))
        body += [f"t = params[{i}]", *(f"{p} = {points}[{i}, {k}]" for k, p in enumerate(names))]
        reference += ["t = params", *(f"{p} = {points}[:, {k}]" for k, p in enumerate(names))]
    elif layout == "indexed":
        draft.array(points, element, "m + 3")
        draft.array("params", draft.real, "n", domain=Uniform(0.0, 1.0))
        draft.array("segments", I32, "n", domain=lambda e: Integers(0, e["m"]))
        body += [f"t = params[{i}]", f"segment = segments[{i}]"]
        reference += ["t, segment = params, segments"]
    else:
        draft.array(points, element, "m + 3")
        draft.array("params", draft.real, "n", domain=Uniform(0.0, 3.999))
        body += [f"u = params[{i}]", "segment = int(wp.floor(u))", f"t = u - {draft.cast('segment')}"]
        reference += ["segment = np.floor(params).astype(int)", "t = params - segment.astype(params.dtype)"]
    if layout != "per_thread":
        steps = [f"segment + {k}" if k else "segment" for k in range(count)]
        body += [f"{p} = {points}[{at}]" for p, at in zip(names, steps, strict=True)]
        reference += [f"{p} = {points}[{at}]" for p, at in zip(names, steps, strict=True)]
    if draw.chance(0.25):
        ease, numpy_ease, renamed = eased(draw, draft, "t", share=1.0)
        body += [*ease, f"t_eased = {renamed}"]
        reference += [*numpy_ease, f"t_eased = {renamed}"]
        blends = tuple(_with(b, "t_eased") for b in blends)
    body, reference = _blended(draw, draft, body, reference, out_value, names, blends, across)
    bound = Interval(-1.7e3, 1.7e3) if "t_eased" in blends[0] else Interval(-4.0, 4.0)
    if kind in DERIVATIVES and draw.chance(0.35):
        velocity = draw.choice(("tangents", "velocities"))
        body, reference = _blended(draw, draft, body, reference, "tangent", names, DERIVATIVES[kind], across, prefix="d")
        draft.output(velocity, element, "n")
        body.append(f"{velocity}[{i}] = tangent")
        extra = f'"{velocity}": tangent, '
    else:
        extra = ""
    store, ending = finish(draw, draft, Variable(element, bound, out_value), i, ("n",))
    ending[-1] = ending[-1].replace("return {", f"return {{{extra}")
    name = draw.choice((f"{kind}curve", f"evaluate_{kind}", "sample_curve", f"{kind}_{points}"))
    draft.line(*body, *store)
    draft.numpy(*reference, *ending)
    return draft.case(name, ("n",), sizes_of(draw))


def _with(formula: str, name: str) -> str:
    """`formula` in another variable than t."""
    return " ".join(part.replace("t", name) if part.strip("()") == "t" else part for part in formula.split(" "))


def _blended(
    draw: Draw,
    draft: Draft,
    body: list[str],
    reference: list[str],
    value: str,
    names: list[str],
    blends: tuple[str, ...],
    across: str,
    prefix: str = "w",
) -> tuple[list[str], list[str]]:
    """The weighted sum of control values, with weights on lines of their own, in a helper each, or summed up one by one."""
    weights = [f"{prefix}{k}" for k in range(len(blends))]
    lines = [f"{w} = {draft.warp(b)}" for w, b in zip(weights, blends, strict=True)]
    numpy = [f"{w} = ({b}){across}" if across else f"{w} = {b}" for w, b in zip(weights, blends, strict=True)]
    terms = [f"{w} * {n}" for w, n in zip(weights, names, strict=True)]
    if draw.chance(0.3):
        summed = [f"{value} = {terms[0]}", *(f"{value} += {term}" for term in terms[1:])]
    else:
        summed = [f"{value} = {' + '.join(terms)}"]
    return [*body, *lines, *summed], [*reference, *numpy, f"{value} = {' + '.join(terms)}"]
