"""Rays against primitives: the steps of each test in the formula spelling, with its misses, and what describes the primitive.

Sources: Möller and Trumbore 1997 (triangle), Kay and Kajiya 1986 (slabs), Ericson, Real-Time Collision Detection, 2005 (the rest).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from kernels.domains import Domain, Uniform, UnitVectors
from kernels.drafting.formulas import to_numpy

MISS = "miss "
CENTER = ("center", "vector", Uniform(-0.8, 0.8))
RADIUS = ("radius", "scalar", Uniform(0.6, 1.6))
NORMAL = ("normal", "vector", UnitVectors())


@dataclass(frozen=True)
class Primitive:
    """A primitive: its fields (name, kind, domain) and the steps from `origin` and `direction` to the distance `t` along the ray.

    A step that starts with `MISS` is a condition under which the ray misses; the formulas after it must still be harmless in numpy.
    """

    name: str
    fields: tuple[tuple[str, str, Domain], ...]
    steps: tuple[str, ...]


_TO_PLANE = ("denom = wp.dot(normal, direction)", "miss wp.abs(denom) < 0.05")

PRIMITIVES = (
    Primitive(
        "sphere",
        (CENTER, RADIUS),
        (
            "oc = origin - center",
            "b = wp.dot(oc, direction)",
            "c = wp.dot(oc, oc) - radius * radius",
            "disc = b * b - c",
            "miss disc < 0.0",
            "t = -b - wp.sqrt(wp.max(disc, 0.0))",
            "miss t < 0.0",
        ),
    ),
    Primitive(
        "sphere",
        (CENTER, RADIUS),
        (
            "to_center = center - origin",
            "along = wp.dot(to_center, direction)",
            "closest_sq = wp.dot(to_center, to_center) - along * along",
            "miss closest_sq > radius * radius or along < 0.0",
            "half_chord = wp.sqrt(wp.max(radius * radius - closest_sq, 0.0))",
            "t = wp.max(along - half_chord, 0.0)",
        ),
    ),
    Primitive(
        "sphere_exit",
        (CENTER, RADIUS),
        (
            "oc = origin - center",
            "half_b = wp.dot(oc, direction)",
            "disc = half_b * half_b + radius * radius - wp.length_sq(oc)",
            "miss disc < 0.0",
            "root = wp.sqrt(wp.max(disc, 0.0))",
            "near = -half_b - root",
            "t = wp.where(near > 0.0, near, root - half_b)",
            "miss t < 0.0",
        ),
    ),
    Primitive(
        "plane",
        (NORMAL, ("height", "scalar", Uniform(-1.0, 1.0))),
        (*_TO_PLANE, "t = (height - wp.dot(normal, origin)) / denom", "miss t < 0.0"),
    ),
    Primitive("plane", (CENTER, NORMAL), (*_TO_PLANE, "t = wp.dot(center - origin, normal) / denom", "miss t < 0.0")),
    Primitive(
        "disk",
        (CENTER, NORMAL, RADIUS),
        (
            *_TO_PLANE,
            "t = wp.dot(center - origin, normal) / denom",
            "miss t < 0.0",
            "away = origin + {t} * direction - center",
            "miss wp.dot(away, away) > radius * radius",
        ),
    ),
    Primitive(
        "triangle",
        (("v0", "vector", Uniform(-1.5, 0.0)), ("v1", "vector", Uniform(0.0, 1.5)), ("v2", "vector", Uniform(-1.5, 1.5))),
        (
            "e1 = v1 - v0",
            "e2 = v2 - v0",
            "h = wp.cross(direction, e2)",
            "det = wp.dot(e1, h)",
            "miss wp.abs(det) < 0.05",
            "inv_det = 1.0 / det",
            "s = origin - v0",
            "u = inv_det * wp.dot(s, h)",
            "miss u < 0.0 or u > 1.0",
            "q = wp.cross(s, e1)",
            "v = inv_det * wp.dot(direction, q)",
            "miss v < 0.0 or u + v > 1.0",
            "t = inv_det * wp.dot(e2, q)",
            "miss t < 0.0",
        ),
    ),
    Primitive(
        "box",
        (("lower", "vector", Uniform(-1.5, -0.2)), ("upper", "vector", Uniform(0.2, 1.5))),
        (
            "t_lo = wp.cw_div(lower - origin, direction)",
            "t_hi = wp.cw_div(upper - origin, direction)",
            "t_enter = wp.min(t_lo, t_hi)",
            "t_leave = wp.max(t_lo, t_hi)",
            "enter = wp.max(wp.max(t_enter[0], t_enter[1]), t_enter[2])",
            "leave = wp.min(wp.min(t_leave[0], t_leave[1]), t_leave[2])",
            "miss enter > leave or leave < 0.0",
            "t = wp.max(enter, 0.0)",
        ),
    ),
    Primitive(
        "cylinder",
        (CENTER, RADIUS),
        (
            "oc = origin - center",
            "a = direction[0] * direction[0] + direction[1] * direction[1]",
            "miss a < 0.05",
            "b = oc[0] * direction[0] + oc[1] * direction[1]",
            "c = oc[0] * oc[0] + oc[1] * oc[1] - radius * radius",
            "disc = b * b - a * c",
            "miss disc < 0.0",
            "t = (-b - wp.sqrt(wp.max(disc, 0.0))) / a",
            "miss t < 0.0",
        ),
    ),
)


def numpy_steps(primitive: Primitive) -> list[str]:
    """The steps for all rays at once; the misses gather in `missed`."""
    lines: list[str] = []
    conditions: list[str] = []
    for step in primitive.steps:
        text = re.sub(r"\b(\w+)\[([012])\]", r"\1[..., \2]", to_numpy(step.removeprefix(MISS)))
        if step.startswith(MISS):
            conditions += [f"({part})" for part in text.split(" or ")]
        else:
            lines.append(text)
    return [*lines, f"missed = {' | '.join(conditions)}"]
