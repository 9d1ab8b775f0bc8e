"""Geometric queries: rays against primitives, closest points, signed distances and their combinations, containment and overlap.

Variants: the primitive and its test, one primitive for all rays, one each, by index, the nearest of a few, or all pairs; hit flags, points,
counts and shading beside the distance; closest points on segments, planes and triangles; distance functions joined by union, intersection,
difference and smooth union; boxes and spheres that hold points or overlap.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Uniform, UnitVectors
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.intersection.distances import build_closest, build_containment, build_distance
from kernels.families.intersection.primitives import MISS, PRIMITIVES, Primitive, numpy_steps
from kernels.language.expression import Expression, variable
from kernels.language.types import I32

FEW = 4
"""Primitives in a list that every ray is tried against: few enough for Warp to unroll the loop."""


def build(draw: Draw) -> Case:
    """One geometric query."""
    form = draw.weighted((_rays, build_closest, build_distance, build_containment), (6, 3, 5, 1.5))
    return form(draw, Draft(draw, without=("normalize",)))


def _rays(draw: Draw, draft: Draft) -> Case:
    """Rays against primitives."""
    primitive = draw.choice(PRIMITIVES)
    scheme = draw.weighted(("shared", "each", "indexed", "nearest", "pairs"), (3, 3, 2, 2, 2))
    i = draw.choice(("tid", "i", "ray"))
    draft.line(f"{i}, k = wp.tid()" if scheme == "pairs" else f"{i} = wp.tid()")
    origins = draft.array(draw.choice(("ray_origin", "origins", "ro")), draft.vector, "n", domain=Uniform(-2.0, 2.0))
    directions = draft.array(draw.choice(("ray_dir", "directions", "rd")), draft.vector, "n", domain=UnitVectors())
    if scheme != "pairs":
        draft.guard(i, "n", origins)
    draft.line(f"origin = {origins}[{i}]", f"direction = {directions}[{i}]")
    widened = "[:, None]" if scheme in ("nearest", "pairs") else ""
    draft.numpy(f"origin, direction = {origins}{widened}, {directions}{widened}")
    sizes = [{"n": n, "few": FEW, "kinds": 5} for n in ((1, 7, draw.choice((17, 19))) if scheme == "pairs" else draw.sizes(150))]
    if scheme == "nearest":
        return _nearest(draw, draft, primitive, i, sizes)
    names = _fields(draft, primitive, scheme, i)
    in_function = draw.chance(0.4)
    extents, here = (("n", "few"), f"{i}, k") if scheme == "pairs" else (("n",), i)
    far = draw.choice((-1.0, -1.0, 100.0))
    outputs = _outputs(draw, draft, extents, far)
    blank = [f"{name}[{here}] = {value}" for name, value, _ in outputs]
    if in_function:
        _function(draft, primitive)
        draft.line(f"t = {primitive.name}_t(origin, direction, {', '.join(names)})")
        with draft.block(f"if t < {draft.number(0.0)}:"):
            draft.line(*blank, "return")
    else:
        for step in primitive.steps:
            if step.startswith(MISS):
                with draft.block(f"if {draft.warp(step.removeprefix(MISS))}:"):
                    draft.line(*blank, "return")
            else:
                draft.warp_formula(step)
    draft.numpy(*numpy_steps(primitive))
    for name, value, kind in outputs:
        _hit(draft, name, kind, here, value)
    if draw.chance(0.3):
        counted = draft.output("hit_count", I32, "kinds", role="accumulate")
        bins = draft.array("ray_group", I32, "n", domain=lambda s: Integers(0, s["kinds"]))
        draft.line(f"wp.atomic_add({counted}, {bins}[{i}], 1)")
        group = f"np.broadcast_to({bins}[:, None], missed.shape)" if scheme == "pairs" else bins
        draft.numpy(f"{counted} = np.zeros_like({counted})", f"np.add.at({counted}, {group}[~missed], 1)")
    name = draw.choice((f"ray_{primitive.name}", f"intersect_{primitive.name}", f"cast_{primitive.name}"))
    return draft.case(name, extents, sizes)


def _fields(draft: Draft, primitive: Primitive, scheme: str, i: str) -> list[str]:
    """What describes the primitive, by its fields' names in both."""
    index = ""
    if scheme == "indexed":
        draft.array("shape_id", I32, "n", domain=lambda s: Integers(0, s["kinds"]))
        draft.load("shape", "shape_id", i, 0, 0)
        index = "shape"
    for name, kind, domain in primitive.fields:
        type = draft.vector if kind == "vector" else draft.real
        if scheme == "shared":
            draft.value(name, type, domain)
            continue
        extent = {"each": "n", "indexed": "kinds", "pairs": "few"}[scheme]
        array = draft.array(f"{primitive.name}_{name}", type, extent, domain=domain)
        at = {"each": i, "indexed": index, "pairs": "k"}[scheme]
        view = {"each": "", "indexed": f"[{index}]", "pairs": ""}[scheme]
        draft.load(name, array, at, 0, 0, numpy=f"{array}{view}")
    return [name for name, _, _ in primitive.fields]


def _function(draft: Draft, primitive: Primitive) -> None:
    """The test as a function that returns the distance, or -1 for a miss."""
    body: list[str] = []
    for step in primitive.steps:
        body += [f"if {step.removeprefix(MISS)}:", "    return -1.0"] if step.startswith(MISS) else [step]
    fields = [(name, draft.vector if kind == "vector" else draft.real) for name, kind, _ in primitive.fields]
    draft.function(f"{primitive.name}_t", [("origin", draft.vector), ("direction", draft.vector), *fields], [*body, "return t"], draft.real)


def _outputs(draw: Draw, draft: Draft, extents: tuple[str, ...], far: float) -> list[tuple[str, str, str]]:
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
        value = {"distance": draft.number(far), "point": draft.zero(draft.vector), "flag": "0", "shade": draft.number(0.0)}[kind]
        draft.output(name, {"distance": draft.real, "point": draft.vector, "flag": I32, "shade": draft.real}[kind], *extents)
        made.append((name, value, kind))
    return made


def _hit(draft: Draft, name: str, kind: str, here: str, missing: str) -> None:
    """Writes one output of a ray that hits."""
    t = variable("t", draft.real, 0.0, 30.0)
    if kind == "distance":
        draft.line(f"{name}[{here}] = t")
        missing = missing.replace("wp.float64(", "").rstrip(")")
        draft.numpy(f"{name} = np.where(missed, {missing}, t)")
    elif kind == "flag":
        draft.line(f"{name}[{here}] = 1")
        draft.numpy(f"{name} = np.where(missed, 0, 1).astype(np.int32)")
    elif kind == "point":
        draft.line(f"{name}[{here}] = origin + t * direction")
        draft.numpy(f"{name} = np.where(missed[..., None], 0.0, origin + t[..., None] * direction)")
    else:
        terms: list[Expression] = [t]
        if draft.draw.chance(0.6):
            terms.append(variable("direction", draft.vector, -1.0, 1.0))
        if draft.draw.chance(0.5):
            terms.append(draft.parameter(draft.draw.choice(("falloff", "ambient", "albedo")), 0.1, 1.0))
        draft.fused("light", draft.real, terms)
        draft.line(f"{name}[{here}] = light")
        draft.numpy(f"{name} = np.where(missed, 0.0, light)")


def _nearest(draw: Draw, draft: Draft, primitive: Primitive, i: str, sizes: list[dict[str, int]]) -> Case:
    """The nearest of a few primitives along each ray."""
    _function(draft, primitive)
    far = draw.choice((50.0, 100.0, 1000.0))
    arrays = []
    for name, kind, domain in primitive.fields:
        arrays.append(
            draft.array(
                draw.choice((f"{primitive.name}_{name}", f"{name}s")),
                draft.vector if kind == "vector" else draft.real,
                "few",
                domain=domain,
            )
        )
        draft.numpy(f"{name} = {arrays[-1]}")
    draft.line(f"best = {draft.zero()[:-4]}{far})", "nearest = int(-1)")
    with draft.block(f"for k in range({FEW}):"):
        draft.line(f"t = {primitive.name}_t(origin, direction, {', '.join(f'{a}[k]' for a in arrays)})")
        with draft.block(f"if t >= {draft.number(0.0)} and t < best:"):
            draft.line("best = t", "nearest = k")
    draft.numpy(
        *numpy_steps(primitive),
        f"t = np.where(missed, {far}, t)",
        "best = t.min(axis=1)",
        f"nearest = np.where(best < {far}, t.argmin(axis=1), -1)",
    )
    draft.output("hit_id", I32, "n")
    draft.line(f"hit_id[{i}] = nearest")
    draft.numpy("hit_id = nearest.astype(np.int32)")
    terms: list[Expression] = [variable("best", draft.real, 0.0, 1000.0)]
    if draw.chance(0.75):
        draft.array("weight", draft.real, "n", domain=Uniform(0.2, 1.0))
        terms.append(draft.load("weight_i", "weight", i, 0.2, 1.0))
    if draw.chance(0.75):
        terms.append(draft.parameter("exposure", 0.1, 2.0))
    depth = draft.fused("shaded", draft.real, terms).name if len(terms) > 1 else "best"
    draft.store(draft.output(draw.choice(("depth", "t_hit", "radiance")), draft.real, "n"), i, depth)
    return draft.case(f"nearest_{primitive.name}", ["n"], sizes)
