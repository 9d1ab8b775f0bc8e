"""Geometric queries: rays against primitives, closest points, signed distances and their combinations, containment and overlap.

Variants: the primitive and its test, one primitive for all rays, one each, by index, the nearest of a few, or all pairs; hit flags, points,
counts and shading beside the distance; closest points on segments, planes and triangles; distance functions joined by union, intersection,
difference and smooth union; boxes and spheres that hold points or overlap.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Uniform, UnitVectors
from kernels.draw import Draw
from kernels.families._distances import build_closest, build_containment, build_distance
from kernels.families._primitives import MISS, PRIMITIVES, Primitive, numpy_steps
from kernels.families._worksheet import Worksheet
from kernels.language.expression import Expression, variable
from kernels.language.types import I32

FEW = 4
"""Primitives in a list that every ray is tried against: few enough for Warp to unroll the loop."""


def build(draw: Draw) -> Case:
    """One geometric query."""
    form = draw.weighted((_rays, build_closest, build_distance, build_containment), (6, 3, 5, 1.5))
    return form(draw, Worksheet(draw, "intersection", without=("normalize",)))


def _rays(draw: Draw, w: Worksheet) -> Case:
    """Rays against primitives."""
    primitive = draw.choice(PRIMITIVES)
    scheme = draw.weighted(("shared", "each", "indexed", "nearest", "pairs"), (3, 3, 2, 2, 2))
    i = draw.choice(("tid", "i", "ray"))
    w.line(f"{i}, k = wp.tid()" if scheme == "pairs" else f"{i} = wp.tid()")
    origins = w.array(draw.choice(("ray_origin", "origins", "ro")), w.vector, "n", Uniform(-2.0, 2.0))
    directions = w.array(draw.choice(("ray_dir", "directions", "rd")), w.vector, "n", UnitVectors())
    if scheme != "pairs":
        w.guard(i, "n", origins)
    w.line(f"origin = {origins}[{i}]", f"direction = {directions}[{i}]")
    widened = "[:, None]" if scheme in ("nearest", "pairs") else ""
    w.numpy(f"origin, direction = {origins}{widened}, {directions}{widened}")
    sizes = [{"n": n, "few": FEW, "kinds": 5} for n in ((1, 7, draw.choice((17, 19))) if scheme == "pairs" else draw.sizes(150))]
    if scheme == "nearest":
        return _nearest(draw, w, primitive, i, sizes)
    names = _fields(w, primitive, scheme, i)
    in_function = draw.chance(0.4)
    extents, here = ("n few", f"{i}, k") if scheme == "pairs" else ("n", i)
    far = draw.choice((-1.0, -1.0, 100.0))
    outputs = _outputs(draw, w, extents, far)
    blank = [f"{name}[{here}] = {value}" for name, value, _ in outputs]
    if in_function:
        _function(w, primitive)
        w.line(f"t = {primitive.name}_t(origin, direction, {', '.join(names)})")
        with w.block(f"if t < {w.number(0.0)}:"):
            w.line(*blank, "return")
    else:
        for step in primitive.steps:
            if step.startswith(MISS):
                with w.block(f"if {w.warp(step.removeprefix(MISS))}:"):
                    w.line(*blank, "return")
            else:
                w.warp_formula(step)
    w.numpy(*numpy_steps(primitive))
    for name, value, kind in outputs:
        _hit(w, name, kind, here, value)
    if draw.chance(0.3):
        counted = w.output("hit_count", I32, "kinds", role="accumulate")
        bins = w.array("ray_group", I32, "n", lambda s: Integers(0, s["kinds"]))
        w.line(f"wp.atomic_add({counted}, {bins}[{i}], 1)")
        group = f"np.broadcast_to({bins}[:, None], missed.shape)" if scheme == "pairs" else bins
        w.numpy(f"{counted} = np.zeros_like({counted})", f"np.add.at({counted}, {group}[~missed], 1)")
    name = draw.choice((f"ray_{primitive.name}", f"intersect_{primitive.name}", f"cast_{primitive.name}"))
    return w.case(name, extents, sizes)


def _fields(w: Worksheet, primitive: Primitive, scheme: str, i: str) -> list[str]:
    """What describes the primitive, by its fields' names in both."""
    index = ""
    if scheme == "indexed":
        w.array("shape_id", I32, "n", lambda s: Integers(0, s["kinds"]))
        w.load("shape", "shape_id", i, 0, 0)
        index = "shape"
    for name, kind, domain in primitive.fields:
        type = w.vector if kind == "vector" else w.real
        if scheme == "shared":
            w.value(name, type, domain)
            continue
        extent = {"each": "n", "indexed": "kinds", "pairs": "few"}[scheme]
        array = w.array(f"{primitive.name}_{name}", type, extent, domain)
        at = {"each": i, "indexed": index, "pairs": "k"}[scheme]
        view = {"each": "", "indexed": f"[{index}]", "pairs": ""}[scheme]
        w.load(name, array, at, 0, 0, numpy=f"{array}{view}")
    return [name for name, _, _ in primitive.fields]


def _function(w: Worksheet, primitive: Primitive) -> None:
    """The test as a function that returns the distance, or -1 for a miss."""
    body: list[str] = []
    for step in primitive.steps:
        body += [f"if {step.removeprefix(MISS)}:", "    return -1.0"] if step.startswith(MISS) else [step]
    fields = [(name, w.vector if kind == "vector" else w.real) for name, kind, _ in primitive.fields]
    w.function(f"{primitive.name}_t", [("origin", w.vector), ("direction", w.vector), *fields], [*body, "return t"], w.real)


def _outputs(draw: Draw, w: Worksheet, extents: str, far: float) -> list[tuple[str, str, str]]:
    """What is written for each ray: name, value of a miss, kind."""
    kinds = ["distance", *draw.subset(("point", "flag", "shade"), draw.weighted((0, 1, 2), (1, 3, 3)))]
    if draw.chance(0.15) and len(kinds) > 1:
        kinds.remove("distance")
    made = []
    for kind in kinds:
        name = {
            "distance": draw.choice(("t_hit", "distance", "depth")),
            "point": "hit_point",
            "flag": draw.choice(("hit", "mask")),
            "shade": draw.choice(("brightness", "shade", "intensity")),
        }[kind]
        value = {"distance": w.number(far), "point": w.zero(w.vector), "flag": "0", "shade": w.number(0.0)}[kind]
        w.output(name, {"distance": w.real, "point": w.vector, "flag": I32, "shade": w.real}[kind], extents)
        made.append((name, value, kind))
    return made


def _hit(w: Worksheet, name: str, kind: str, here: str, missing: str) -> None:
    """Writes one output of a ray that hits."""
    t = variable("t", w.real, 0.0, 30.0)
    if kind == "distance":
        w.line(f"{name}[{here}] = t")
        missing = missing.replace("wp.float64(", "").rstrip(")")
        w.numpy(f"{name} = np.where(missed, {missing}, t)")
    elif kind == "flag":
        w.line(f"{name}[{here}] = 1")
        w.numpy(f"{name} = np.where(missed, 0, 1).astype(np.int32)")
    elif kind == "point":
        w.line(f"{name}[{here}] = origin + t * direction")
        w.numpy(f"{name} = np.where(missed[..., None], 0.0, origin + t[..., None] * direction)")
    else:
        terms: list[Expression] = [t]
        if w.draw.chance(0.6):
            terms.append(variable("direction", w.vector, -1.0, 1.0))
        if w.draw.chance(0.5):
            terms.append(w.parameter(w.draw.choice(("falloff", "ambient", "albedo")), 0.1, 1.0))
        w.fused("light", w.real, terms)
        w.line(f"{name}[{here}] = light")
        w.numpy(f"{name} = np.where(missed, 0.0, light)")


def _nearest(draw: Draw, w: Worksheet, primitive: Primitive, i: str, sizes: list[dict[str, int]]) -> Case:
    """The nearest of a few primitives along each ray."""
    _function(w, primitive)
    far = draw.choice((50.0, 100.0, 1000.0))
    arrays = []
    for name, kind, domain in primitive.fields:
        arrays.append(
            w.array(draw.choice((f"{primitive.name}_{name}", f"{name}s")), w.vector if kind == "vector" else w.real, "few", domain)
        )
        w.numpy(f"{name} = {arrays[-1]}")
    w.line(f"best = {w.zero()[:-4]}{far})", "nearest = int(-1)")
    with w.block(f"for k in range({FEW}):"):
        w.line(f"t = {primitive.name}_t(origin, direction, {', '.join(f'{a}[k]' for a in arrays)})")
        with w.block(f"if t >= {w.number(0.0)} and t < best:"):
            w.line("best = t", "nearest = k")
    w.numpy(
        *numpy_steps(primitive),
        f"t = np.where(missed, {far}, t)",
        "best = t.min(axis=1)",
        f"nearest = np.where(best < {far}, t.argmin(axis=1), -1)",
    )
    w.output("hit_id", I32, "n")
    w.line(f"hit_id[{i}] = nearest")
    w.numpy("hit_id = nearest.astype(np.int32)")
    terms: list[Expression] = [variable("best", w.real, 0.0, 1000.0)]
    if draw.chance(0.75):
        w.array("weight", w.real, "n", Uniform(0.2, 1.0))
        terms.append(w.load("weight_i", "weight", i, 0.2, 1.0))
    if draw.chance(0.75):
        terms.append(w.parameter("exposure", 0.1, 2.0))
    depth = w.fused("shaded", w.real, terms).name if len(terms) > 1 else "best"
    w.store(w.output(draw.choice(("depth", "t_hit", "radiance")), w.real, "n"), i, depth)
    return w.case(f"nearest_{primitive.name}", "n", sizes)
