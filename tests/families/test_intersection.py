"""Ray tests against points marched along the ray, and distance functions against sampled surfaces."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kernels.draw import Draw
from kernels.dtypes import DTYPES
from kernels.families.intersection import build
from kernels.families.intersection.distances import CLOSEST, SHAPES, numpy_components
from kernels.families.intersection.primitives import PRIMITIVES, Primitive, numpy_steps

SOLIDS = [p for p in PRIMITIVES if p.name in ("sphere", "box", "cylinder")]


def cast(primitive: Primitive, fields: dict[str, Any], origin: Any, direction: Any) -> tuple[Any, Any]:
    """The distances and the misses of rays against one primitive."""
    space: dict[str, Any] = {"np": np, "origin": origin, "direction": direction, **fields}
    with np.errstate(all="ignore"):
        exec("\n".join(numpy_steps(primitive)), space)
    return space["t"], space["missed"]


def holds(name: str, fields: dict[str, Any], p: Any) -> Any:
    if name == "box":
        return np.all((p >= fields["lower"]) & (p <= fields["upper"]), axis=-1)
    away = (p - fields["center"])[..., : 2 if name == "cylinder" else 3]
    return np.sum(away**2, axis=-1) <= fields["radius"] ** 2


@pytest.mark.parametrize("primitive", SOLIDS, ids=lambda p: f"{p.name}-{len(p.steps)}")
def test_rays_from_outside_enter_solids_where_marching_finds_them(primitive: Primitive) -> None:
    rng = np.random.default_rng(4)
    fields = {n: d.draw(rng, (), DTYPES["vec3d" if kind == "vector" else "float64"]) for n, kind, d in primitive.fields}
    direction = rng.standard_normal((300, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    origin = -4.0 * direction + rng.uniform(-1.5, 1.5, (300, 3))
    outside = ~holds(primitive.name, fields, origin)
    t, missed = cast(primitive, fields, origin, direction)
    steps = np.linspace(0.0, 12.0, 3001)
    inside = holds(primitive.name, fields, origin[:, None] + steps[:, None] * direction[:, None])
    hit = outside & ~missed & inside.any(axis=1)
    assert hit.sum() > 50
    assert np.abs(t - steps[inside.argmax(axis=1)])[hit].max() < 0.01
    assert (inside.any(axis=1) & missed & outside).mean() < 0.03


def test_closest_points_on_a_segment_beat_all_sampled_points() -> None:
    rng = np.random.default_rng(1)
    space: dict[str, Any] = {"np": np, **{n: rng.uniform(-1.0, 1.0, (40, 3)) for n in "pab"}}
    for formula in CLOSEST["segment"][1]:
        exec(numpy_components(formula), space)
    p, a, b = space["p"], space["a"], space["b"]
    samples = a[:, None] + np.linspace(0.0, 1.0, 501)[:, None] * (b - a)[:, None]
    nearest = np.linalg.norm(samples - p[:, None], axis=-1).min(axis=1)
    assert np.linalg.norm(space["closest"] - p, axis=-1) == pytest.approx(nearest, abs=5e-3)


def test_distance_functions_are_negative_inside_only() -> None:
    space: dict[str, Any] = {"np": np}
    for name, (parameters, body) in SHAPES.items():
        lines = [f"def sd_{name}(p, {', '.join(parameters)}):", *(f"    {numpy_components(line)}" for line in body)]
        exec("\n".join(lines), space)
    centre, far = np.zeros((1, 3)), np.full((1, 3), 5.0)
    for name in ("sphere", "box", "octahedron", "capsule", "capped_cylinder"):
        sizes = (0.8, 0.3)[: len(SHAPES[name][0])]
        assert space[f"sd_{name}"](centre, *sizes) < 0.0 < space[f"sd_{name}"](far, *sizes)


def test_the_same_draw_gives_the_same_case() -> None:
    assert build(Draw(0, "intersection", 5)) == build(Draw(0, "intersection", 5))
