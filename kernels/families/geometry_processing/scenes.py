"""Signed distances: figures of the plane and of space, moved, turned and joined (Quilez, Distance functions)."""

from __future__ import annotations

from dataclasses import dataclass

from kernels.case import Case
from kernels.drafting.draft import Draft
from kernels.drafting.finish import drop_idle_locals
from kernels.drafting.vectors import function_pair
from kernels.draw import Draw
from kernels.families.geometry_processing.meshes import finish_measure
from kernels.language.types import I32


@dataclass(frozen=True)
class Figure:
    """A figure's signed distance at (x, y) or (x, y, z): its sizes, and the body of the function."""

    sizes: tuple[str, ...]
    body: tuple[str, ...]


PLANE_FIGURES: dict[str, Figure] = {
    "circle": Figure(("r",), ("return wp.sqrt(x * x + y * y + 0.0001) - r",)),
    "rectangle": Figure(
        ("w", "h"),
        (
            "qx = wp.abs(x) - w",
            "qy = wp.abs(y) - h",
            "ox = wp.max(qx, 0.0)",
            "oy = wp.max(qy, 0.0)",
            "return wp.sqrt(ox * ox + oy * oy + 0.0001) + wp.min(wp.max(qx, qy), 0.0)",
        ),
    ),
    "segment": Figure(("h",), ("t = wp.clamp(x, -h, h)", "dx = x - t", "return wp.sqrt(dx * dx + y * y + 0.0001) - 0.2")),
    "ring": Figure(("r",), ("return wp.abs(wp.sqrt(x * x + y * y + 0.0001) - r) - 0.15",)),
    "rhombus": Figure(("w", "h"), ("return (wp.abs(x) * h + wp.abs(y) * w - w * h) / wp.sqrt(w * w + h * h)",)),
    "cross": Figure(
        ("w", "h"),
        ("a = wp.max(wp.abs(x) - w, wp.abs(y) - 0.4 * h)", "b = wp.max(wp.abs(x) - 0.4 * w, wp.abs(y) - h)", "return wp.min(a, b)"),
    ),
    "moon": Figure(
        ("r",),
        (
            "outer = wp.sqrt(x * x + y * y + 0.0001) - r",
            "dx = x - 0.4",
            "inner = wp.sqrt(dx * dx + y * y + 0.0001) - 0.8 * r",
            "return wp.max(outer, -inner)",
        ),
    ),
    "wave": Figure(("w", "h"), ("return y - 0.3 * h * wp.sin(3.0 * w * x)",)),
    "triangle": Figure(
        ("r",),
        (
            "ax = 0.8660254 * wp.abs(x) + 0.5 * y",
            "return wp.max(ax, -y) - 0.5 * r",
        ),
    ),
    "hexagon": Figure(
        ("r",),
        (
            "ax = wp.abs(x)",
            "ay = wp.abs(y)",
            "return wp.max(0.8660254 * ax + 0.5 * ay, ay) - r",
        ),
    ),
}


SPACE_FIGURES: dict[str, Figure] = {
    "sphere": Figure(("r",), ("return wp.sqrt(x * x + y * y + z * z + 0.0001) - r",)),
    "block": Figure(
        ("w", "h"),
        (
            "qx = wp.abs(x) - w",
            "qy = wp.abs(y) - h",
            "qz = wp.abs(z) - w",
            "ox = wp.max(qx, 0.0)",
            "oy = wp.max(qy, 0.0)",
            "oz = wp.max(qz, 0.0)",
            "inner = wp.min(wp.max(wp.max(qx, qy), qz), 0.0)",
            "return wp.sqrt(ox * ox + oy * oy + oz * oz + 0.0001) + inner",
        ),
    ),
    "pipe": Figure(("r",), ("return wp.sqrt(x * x + z * z + 0.0001) - r",)),
    "drum": Figure(
        ("r", "h"),
        (
            "side = wp.sqrt(x * x + z * z + 0.0001) - r",
            "cap = wp.abs(y) - h",
            "a = wp.max(side, 0.0)",
            "b = wp.max(cap, 0.0)",
            "return wp.min(wp.max(side, cap), 0.0) + wp.sqrt(a * a + b * b + 0.0001)",
        ),
    ),
    "donut": Figure(
        ("r",),
        (
            "ring = wp.sqrt(x * x + z * z + 0.0001) - r",
            "return wp.sqrt(ring * ring + y * y + 0.0001) - 0.2",
        ),
    ),
    "ellipsoid": Figure(
        ("w", "h"),
        (
            "k0 = wp.sqrt(x * x / (w * w) + y * y / (h * h) + z * z / (w * w) + 0.0001)",
            "k1 = wp.sqrt(x * x / (w * w * w * w) + y * y / (h * h * h * h) + z * z / (w * w * w * w) + 0.0001)",
            "return k0 * (k0 - 1.0) / k1",
        ),
    ),
    "pill": Figure(
        ("r", "h"),
        (
            "t = wp.clamp(y, -h, h)",
            "dy = y - t",
            "return wp.sqrt(x * x + dy * dy + z * z + 0.0001) - 0.5 * r",
        ),
    ),
    "tent": Figure(
        ("r", "h"),
        (
            "side = wp.sqrt(x * x + z * z + 0.0001)",
            "return wp.max(0.8 * side + 0.6 * y - 0.6 * r, -y - h)",
        ),
    ),
    "wedge": Figure(("w",), ("return wp.max(wp.max(0.8 * wp.abs(x) + 0.6 * y, -y), wp.abs(z) - w)",)),
    "lattice": Figure(("w",), ("return (wp.sin(4.0 * x) * wp.sin(4.0 * y) * wp.sin(4.0 * z) - 0.2 * w) * 0.25",)),
}


CHANGES: dict[str, tuple[str, ...]] = {
    "union": ("d = wp.min(d, e)",),
    "intersection": ("d = wp.max(d, e)",),
    "difference": ("d = wp.max(d, -e)",),
    "smooth_union": ("h = wp.max(BLEND - wp.abs(d - e), 0.0) / BLEND", "d = wp.min(d, e) - 0.25 * h * h * BLEND"),
    "smooth_difference": ("h = wp.max(BLEND - wp.abs(d + e), 0.0) / BLEND", "d = wp.max(d, -e) + 0.25 * h * h * BLEND"),
    "morph": ("d = d + BLEND * (e - d)",),
    "shell": ("d = wp.abs(d) - 0.3 * BLEND", "d = wp.min(d, e)"),
    "round_union": (
        "a = wp.max(BLEND - d, 0.0)",
        "b = wp.max(BLEND - e, 0.0)",
        "d = wp.max(BLEND, wp.min(d, e)) - wp.sqrt(a * a + b * b + 0.0001)",
    ),
    "chamfer": ("d = wp.min(wp.min(d, e), (d + e - BLEND) * 0.70710678)",),
}


def build_scene(draw: Draw, draft: Draft) -> Case:
    """Points against a scene of two to four figures, moved and turned, joined one after another; what is made of the distance."""
    space = draw.chance(0.5)
    table = SPACE_FIGURES if space else PLANE_FIGURES
    coordinates = ("x", "y", "z") if space else ("x", "y")
    figures = draw.subset(tuple(table), draw.choice((1, 2, 2, 3, 4)))
    i = draw.choice(("i", "tid", "q"))
    draft.reserve(
        i, *coordinates, "d", "e", "h", "a", "b", "n", "value", *(f"{c}{k}" for c in "xyz" for k in range(5)), "p", "c", "s", "inside"
    )
    vectors = space and draw.chance(0.6)
    points = draft.array(draft.name("points", "queries"), draft.vector, "n", low=-1.5, high=1.5) if vectors else ""
    if not vectors:
        for name in coordinates:
            draft.array(f"{name}_in", draft.real, "n", low=-1.5, high=1.5)
    for figure in figures:
        shape = table[figure]
        function_pair(draft, f"{figure}_distance", [(c, draft.real) for c in (*coordinates, *shape.sizes)], shape.body, draft.real)
    with draft.threads((i, "n", points or "x_in", 0)):
        if vectors:
            draft.line(f"p = {points}[{i}]", *(f"{c} = p[{k}]" for k, c in enumerate(coordinates)))
            draft.numpy(*(f"{c} = {points}[:, {k}]" for k, c in enumerate(coordinates)))
        else:
            for name in coordinates:
                draft.load(name, f"{name}_in", i, -1.5, 1.5)
        for number, figure in enumerate(figures):
            local = list(coordinates)
            if number or draw.chance(0.4):
                move = [draw.real(-0.6, 0.6) for _ in coordinates]
                if draw.chance(0.35):
                    angle = draft.knob(draft.name(f"angle{number}", f"turn{number}"), 0.2, 1.2).numpy()
                    draft.formula(
                        f"c = wp.cos({angle})", f"s = wp.sin({angle})", f"x{number} = c * x + s * y", f"y{number} = c * y - s * x"
                    )
                    local[0], local[1] = f"x{number}", f"y{number}"
                else:
                    draft.formula(
                        *(f"{c}{number} = {c} {'-' if v > 0 else '+'} {abs(v)}" for c, v in zip(coordinates[:2], move[:2], strict=True))
                    )
                    local[0], local[1] = f"x{number}", f"y{number}"
                if draw.chance(0.2):
                    draft.formula(f"{local[0]} = wp.abs({local[0]}) - 0.3")
            sizes = []
            for size in table[figure].sizes:
                sizes.append(draft.knob(draft.name(f"{figure}_{size}", f"{size}_{number}"), 0.4, 1.0).numpy())
            target = "e" if number else "d"
            draft.formula(f"{target} = {figure}_distance({', '.join([*local, *sizes])})")
            if number:
                change = draw.choice(tuple(CHANGES))
                lines = CHANGES[change]
                if any("BLEND" in line for line in lines):
                    blend = draft.knob(draft.name(f"blend{number}", f"k{number}"), 0.15, 0.6).numpy()
                    lines = tuple(line.replace("BLEND", blend) for line in lines)
                draft.formula(*lines)
        if draw.chance(0.25):
            draft.formula(draw.choice(("d = wp.abs(d) - 0.07", "d = d - 0.11")))
        if draw.chance(0.35):
            zero = draft.number(0.0)
            count = draft.output("inside_count", I32, 1, role="accumulate")
            with draft.block(f"if d < {zero}:"):
                draft.line(f"wp.atomic_add({count}, 0, 1)")
            draft.numpy(f"{count} = np.sum(d < 0.0).astype(np.int32).reshape(1)")
        finish_measure(draft, draft.known("d", draft.real, -2.0, 4.0), ("distance_out", "sdf", "density_out"), i, ("n",), share=0.6)
    drop_idle_locals(draft)
    return draft.case(draw.choice(("scene_distance", f"sdf_{figures[0]}", "evaluate_scene")), ["n"], [{"n": n} for n in draw.sizes(150)])
