"""Queries of points: closest points on segments, planes and triangles, signed distance functions, and containment in boxes and spheres.

The distance functions and their joins follow the usual closed forms (Quilez, Distance functions; Ericson, Real-Time Collision Detection).
"""

from __future__ import annotations

import re

from kernels.case import Case
from kernels.domains import Integers, Uniform, UnitVectors
from kernels.drafting.draft import Draft
from kernels.drafting.formulas import to_numpy
from kernels.draw import Draw
from kernels.language.expression import Expression, variable
from kernels.language.types import I32

SHAPES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "sphere": (("size",), ("return wp.length(p) - size",)),
    "box": (
        ("size",),
        (
            "qx = wp.abs(p[0]) - size",
            "qy = wp.abs(p[1]) - size",
            "qz = wp.abs(p[2]) - size",
            "inner = wp.min(wp.max(wp.max(qx, qy), qz), 0.0)",
            "ax = wp.max(qx, 0.0)",
            "ay = wp.max(qy, 0.0)",
            "az = wp.max(qz, 0.0)",
            "return inner + wp.sqrt(ax * ax + ay * ay + az * az + 1.0e-4)",
        ),
    ),
    "torus": (
        ("size", "thickness"),
        (
            "ring = wp.sqrt(p[0] * p[0] + p[2] * p[2]) - size",
            "return wp.sqrt(ring * ring + p[1] * p[1]) - thickness",
        ),
    ),
    "cylinder": (("size",), ("return wp.sqrt(p[0] * p[0] + p[2] * p[2]) - size",)),
    "capped_cylinder": (
        ("size", "thickness"),
        ("side = wp.sqrt(p[0] * p[0] + p[2] * p[2]) - size", "cap = wp.abs(p[1]) - thickness", "return wp.max(side, cap)"),
    ),
    "capsule": (
        ("size", "thickness"),
        (
            "y = p[1] - wp.clamp(p[1], -size, size)",
            "return wp.sqrt(p[0] * p[0] + y * y + p[2] * p[2]) - thickness",
        ),
    ),
    "octahedron": (("size",), ("return (wp.abs(p[0]) + wp.abs(p[1]) + wp.abs(p[2]) - size) * 0.577",)),
    "slab": (("thickness",), ("return wp.abs(p[1]) - thickness",)),
    "cone": (("size",), ("radial = wp.sqrt(p[0] * p[0] + p[2] * p[2])", "return wp.max(0.8 * radial + 0.6 * p[1], -size - p[1])")),
    "gyroid": (
        ("thickness",),
        (
            "wave = wp.sin(p[0]) * wp.cos(p[1]) + wp.sin(p[1]) * wp.cos(p[2]) + wp.sin(p[2]) * wp.cos(p[0])",
            "return wp.abs(wave) - thickness",
        ),
    ),
}

JOINS = {
    "union": ("d = wp.min(d0, d1)",),
    "intersection": ("d = wp.max(d0, d1)",),
    "difference": ("d = wp.max(d0, -d1)",),
    "smooth_union": ("h = wp.clamp(0.5 + 0.5 * (d1 - d0) / {blend}, 0.0, 1.0)", "d = d1 * (1.0 - h) + d0 * h - {blend} * h * (1.0 - h)"),
    "polynomial_union": ("h = wp.max({blend} - wp.abs(d0 - d1), 0.0) / {blend}", "d = wp.min(d0, d1) - 0.25 * h * h * {blend}"),
    "exponential_union": ("d = -wp.log(wp.exp(-4.0 * d0) + wp.exp(-4.0 * d1)) * 0.25",),
    "exclusive": ("d = wp.max(wp.min(d0, d1), -wp.max(d0, d1))",),
}

CLOSEST_SEGMENT = ("ab = b - a", "s = wp.dot(p - a, ab) / wp.dot(ab, ab)", "s = wp.clamp(s, 0.0, 1.0)", "closest = a + {s} * ab")
CLOSEST = {
    "segment": (("a", "b"), CLOSEST_SEGMENT),
    "line": (("a", "b"), ("ab = b - a", "s = wp.dot(p - a, ab) / wp.dot(ab, ab)", "closest = a + {s} * ab")),
    "ray": (("a", "b"), ("ab = b - a", "s = wp.max(wp.dot(p - a, ab) / wp.length_sq(ab), 0.0)", "closest = a + {s} * ab")),
    "plane": (("a", "normal"), ("height = wp.dot(p - a, normal)", "closest = p - {height} * normal")),
    "sphere": (("a",), ("away = p - a", "reach = wp.length(away) + 0.01", "closest = a + away / {reach}")),
    "box": (("lower", "upper"), ("closest = wp.min(wp.max(p, lower), upper)",)),
}


def numpy_components(text: str) -> str:
    """A formula's numpy spelling, components of vectors along the last axis."""
    return re.sub(r"\b(\w+)\[([012])\]", r"\1[..., \2]", to_numpy(text))


def _point(draw: Draw, draft: Draft) -> str:
    """The thread's index; the point it asks about is `p`."""
    i = draw.choice(("tid", "i", "idx"))
    draft.line(f"{i} = wp.tid()")
    points = draft.array(draw.choice(("points", "queries", "samples")), draft.vector, "n", domain=Uniform(-2.0, 2.0))
    draft.guard(i, "n", points)
    draft.load("p", points, i, 0, 0)
    return i


def _sizes(draw: Draw) -> list[dict[str, int]]:
    return [{"n": n, "m": 5, "cells": 7} for n in draw.sizes(200)]


def _shaded(draft: Draft, i: str, known: list[Expression], names: tuple[str, ...]) -> None:
    """Stores a real made from `known` and terms of the thread's own."""
    draw = draft.draw
    for name in draw.subset(("weight", "gain"), draw.integer(0, 1)):
        draft.array(name, draft.real, "n", domain=Uniform(0.2, 1.5))
        known.append(draft.load(f"{name}_i", name, i, 0.2, 1.5))
    for name in draw.subset(("scale", "falloff", "band"), draw.integer(0, 1)):
        known.append(draft.parameter(name, 0.2, 2.0))
    value = draft.fused("value", draft.real, known).name if len(known) > 1 or draw.chance(0.6) else known[0].warp()
    draft.store(draft.output(draw.choice(names), draft.real, "n"), i, value)


def build_closest(draw: Draw, draft: Draft) -> Case:
    """The closest point of a feature: given to each point, by index, or the same for all."""
    i = _point(draw, draft)
    shape = draw.choice(tuple(CLOSEST))
    fields, formulas = CLOSEST[shape]
    scheme = draw.choice(("each", "indexed", "shared"))
    if scheme == "indexed":
        draft.array("feature_id", I32, "n", domain=lambda s: Integers(0, s["m"]))
        draft.load("feature", "feature_id", i, 0, 0)
    for field in fields:
        domain = {"normal": UnitVectors(), "lower": Uniform(-1.5, -0.2), "upper": Uniform(0.2, 1.5)}.get(field, Uniform(-1.5, 1.5))
        if scheme == "shared":
            draft.value(field, draft.vector, domain)
        else:
            array = draft.array(f"{shape}_{field}", draft.vector, "n" if scheme == "each" else "m", domain=domain)
            draft.load(field, array, i if scheme == "each" else "feature", 0, 0, numpy=array + ("[feature]" if scheme == "indexed" else ""))
    draft.formula(*formulas)
    if draw.chance(0.6):
        draft.store(draft.output(draw.choice(("closest_out", "projected", "nearest_point")), draft.vector, "n"), i, "closest")
    draft.formula("offset = p - closest")
    known: list[Expression] = []
    if draw.chance(0.5):
        draft.formula("dist_sq = wp.dot(offset, offset)")
        known.append(variable("dist_sq", draft.real, 0.0, 60.0))
    else:
        draft.formula("dist = wp.length(offset)")
        known.append(variable("dist", draft.real, 0.0, 8.0))
    _shaded(draft, i, known, ("distance", "dist_out", "proximity"))
    return draft.case(draw.choice((f"closest_{shape}", f"project_to_{shape}", f"{shape}_distance")), ["n"], _sizes(draw))


def _shape(draw: Draw, draft: Draft, shape: str) -> str:
    """Defines a shape's distance function in both; returns its name."""
    parameters, body = SHAPES[shape]
    name = f"sd_{shape}"
    draft.function(name, [("p", draft.vector), *((q, draft.real) for q in parameters)], body, draft.real)
    draft.reference_definitions.append([f"def {name}(p, {', '.join(parameters)}):", *(f"    {numpy_components(t)}" for t in body)])
    return name


def build_distance(draw: Draw, draft: Draft) -> Case:
    """The signed distance to one shape or a join of two, then what is made of it."""
    i = _point(draw, draft)
    shapes = draw.subset(tuple(SHAPES), draw.weighted((1, 2), (1, 4)))
    for number, shape in enumerate(shapes):
        at = "p"
        if draw.chance(0.6):
            center = draft.array(f"center{number}", draft.vector, "n", domain=Uniform(-0.5, 0.5)) if draw.chance(0.4) else ""
            if center:
                at = draft.load(f"local{number}", f"p - {center}", i, 0, 0).name
            else:
                draft.value(f"center{number}", draft.vector, Uniform(-0.5, 0.5))
                draft.both(f"local{number} = p - center{number}")
                at = f"local{number}"
        function = _shape(draw, draft, shape)
        sizes = []
        for parameter in SHAPES[shape][0]:
            low, high = (0.5, 1.2) if parameter == "size" else (0.1, 0.4)
            if draw.chance(0.4):
                sizes.append(f"{draw.real(low, high)}")
            else:
                sizes.append(draft.parameter(f"{shape}_{parameter}", low, high).name)
        draft.formula(f"d{number} = {function}({at}, {', '.join(sizes)})")
    distance = "d0"
    if len(shapes) == 2:
        join = draw.choice(tuple(JOINS))
        blend = draft.parameter("blend", 0.1, 0.5).name if "blend" in " ".join(JOINS[join]) else ""
        draft.formula(*(text.replace("{blend}", blend) for text in JOINS[join]))
        distance = "d"
    if draw.chance(0.3):
        draft.formula(f"shell = wp.abs({distance}) - {draw.real(0.05, 0.2)}")
        distance = "shell"
    if draw.chance(0.3):
        draft.output("inside", I32, "n")
        draft.line(f"inside[{i}] = wp.where({distance} < {draft.number(0.0)}, 1, 0)")
        draft.numpy(f"inside = ({distance} < 0.0).astype(np.int32)")
    _shaded(draft, i, [variable(distance, draft.real, -4.0, 8.0)], ("sdf", "distance", "density", "field"))
    return draft.case(draw.choice((f"sdf_{'_'.join(shapes)}", "evaluate_sdf", "sample_distance")), ["n"], _sizes(draw))


def build_containment(draw: Draw, draft: Draft) -> Case:
    """Which boxes or spheres hold a point: flags, counts by atomics, or the first that does."""
    pairs = draw.chance(0.4)
    spheres = draw.chance(0.5)
    i = draw.choice(("i", "tid", "q"))
    draft.line(f"{i}, j = wp.tid()" if pairs else f"{i} = wp.tid()")
    points = draft.array(draw.choice(("points", "queries", "positions")), draft.vector, "n", domain=Uniform(-2.0, 2.0))
    draft.line(f"p = {points}[{i}]")
    wide = "[:, None]" if pairs else ""
    draft.numpy(f"p = {points}{wide}")
    grid = ("n", "m") if pairs else ("n",)
    extent, at = ("m", "j") if pairs else ("n", i)
    if spheres:
        draft.array("center", draft.vector, extent, domain=Uniform(-1.0, 1.0))
        draft.array("radius", draft.real, extent, domain=Uniform(0.5, 1.8), differentiable=False)
        draft.line(f"away = p - center[{at}]", f"reach = radius[{at}]")
        draft.numpy("away, reach = p - center, radius")
        draft.formula("dist_sq = wp.dot(away, away)")
        test, numpy_test = draw.choice(
            (("dist_sq < reach * reach", "dist_sq < reach * reach"), ("wp.sqrt(dist_sq) <= reach", "np.sqrt(dist_sq) <= reach"))
        )
    else:
        draft.array("lower", draft.vector, extent, domain=Uniform(-1.8, -0.2))
        draft.array("upper", draft.vector, extent, domain=Uniform(0.2, 1.8))
        draft.line(f"lo = lower[{at}]", f"hi = upper[{at}]")
        draft.numpy("lo, hi = lower, upper")
        axes = (0, 1, 2) if draw.chance(0.7) else (0, 2)
        test = " and ".join(f"p[{a}] >= lo[{a}] and p[{a}] <= hi[{a}]" for a in axes[: 1 if draw.chance(0.1) else 3])
        numpy_test = (
            "np.all((p >= lo) & (p <= hi), axis=-1)"
            if test.count(">=") == 3
            else " & ".join(f"(p[..., {a}] >= lo[..., {a}]) & (p[..., {a}] <= hi[..., {a}])" for a in axes[: test.count(">=")])
        )
    draft.numpy(f"inside = {numpy_test}")
    outcome = draw.weighted(("count", "weight", "flag"), (1, 6, 0.5) if pairs else (0, 6, 0.5))
    if outcome == "count":
        draft.output("count", I32, "n", role="accumulate")
        draft.output("members", I32, "m", role="accumulate")
        with draft.block(f"if {test}:"):
            draft.line(f"wp.atomic_add(count, {i}, 1)", "wp.atomic_add(members, j, 1)")
        draft.numpy("count = inside.sum(axis=1).astype(np.int32)", "members = inside.sum(axis=0).astype(np.int32)")
        return draft.case("count_contained", ["n", "m"], [{"n": n, "m": m} for n, m in ((1, 1), (7, 5), (13, 17))])
    draft.output("inside_out", I32, *grid)
    here = f"{i}, j" if pairs else i
    terms: list[Expression] = [variable("p", draft.vector, -2.0, 2.0)]
    if spheres:
        terms.append(variable("dist_sq", draft.real, 0.0, 30.0))
    if outcome == "weight":
        draft.output("weight_out", draft.real, *grid)
    with draft.block(f"if {test}:"):
        draft.line(f"inside_out[{here}] = 1")
        if outcome == "weight":
            if draw.chance(0.6):
                terms.append(draft.parameter(draw.choice(("gain", "decay", "scale")), 0.2, 2.0))
            draft.fused("share", draft.real, terms)
            draft.line(f"weight_out[{here}] = share")
    with draft.block("else:"):
        draft.line(f"inside_out[{here}] = 0", *([f"weight_out[{here}] = {draft.number(0.0)}"] if outcome == "weight" else []))
    draft.numpy("inside_out = inside.astype(np.int32)")
    if outcome == "weight":
        draft.numpy("weight_out = np.where(inside, share, 0.0)")
    sizes = [{"n": n, "m": m} for n, m in ((1, 1), (7, 5), (13, 17))] if pairs else [{"n": n} for n in draw.sizes(150)]
    return draft.case(f"points_in_{'spheres' if spheres else 'boxes'}", grid, sizes)
