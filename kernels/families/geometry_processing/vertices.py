"""Steps of single vertices: displacement, curvature flow, projection, blends, bilateral filters (Fleishman et al. 2003)."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Uniform, UnitVectors
from kernels.drafting.draft import Draft
from kernels.drafting.finish import drop_idle_locals
from kernels.drafting.vectors import vector_formula
from kernels.draw import Draw
from kernels.families.geometry_processing.meshes import POSITIONS, finish_measure
from kernels.language.types import I32


def build_vertex(draw: Draw, draft: Draft) -> Case:
    """Steps of a vertex alone: displacement along its normal, flow by its curvature, projection back, offsets, blends, noise, bounds."""
    kind = draw.choice(("displace", "flow", "project", "blend", "inflate", "bilateral"))
    i = draw.choice(("i", "v", "tid"))
    draft.reserve(
        i,
        "x",
        "normal",
        "h",
        "amount",
        "moved",
        "delta",
        "t",
        "size",
        "value",
        "k",
        "n",
        "w",
        "total",
        "rest",
        "j",
        "along",
        "near",
        "dist_sq",
    )
    positions = draft.array(draft.name(*POSITIONS), draft.vector, "n")
    with draft.threads((i, "n", positions, 0)):
        draft.load("x", positions, i, -1.0, 1.0, draft.vector)
        if kind in ("displace", "inflate", "bilateral", "project"):
            normals = draft.array("normals", draft.vector, "n", domain=UnitVectors())
            draft.load("normal", normals, i, -1.0, 1.0, draft.vector)
        if kind in ("displace", "inflate"):
            height = draft.array(draft.name("heights", "displacement"), draft.real, "n")
            draft.load("h", height, i, -1.0, 1.0)
            extra = draft.some_parameters(("scale", "bias", "midlevel"), draw.integer(0, 2), 0.1, 0.9)
            amount = draft.fused("amount", draft.real, [draft.known("h", draft.real, -1.0, 1.0), *extra]).name
            vector_formula(draft, f"moved = x + {{{amount}}} * normal")
        elif kind == "flow":
            curvature = draft.array(draft.name("curvature", "hn"), draft.vector, "n")
            area = draft.array(draft.name("area_of", "mass"), draft.real, "n", low=0.2, high=1.0)
            draft.line(f"delta = {curvature}[{i}] / {area}[{i}]")
            draft.numpy(f"delta = {curvature} / {area}[:, None]")
            dt = draft.knob(draft.name("dt", "time_step"), 0.02, 0.2).numpy()
            vector_formula(draft, f"delta = {dt} * delta")
            if draw.chance(0.5):
                limit = draft.knob(draft.name("max_move", "limit"), 0.1, 0.4).numpy()
                vector_formula(draft, "size = wp.sqrt(wp.dot(delta, delta) + 0.0001)", f"delta = delta * {{wp.min(1.0, {limit} / size)}}")
            vector_formula(draft, "moved = x - delta")
        elif kind == "project":
            anchors = draft.array(draft.name("anchors", "targets"), draft.vector, "n")
            draft.line(f"delta = {anchors}[{i}] - x")
            draft.numpy(f"delta = {anchors} - x")
            share = draft.knob(draft.name("slide", "tangential"), 0.2, 0.9).numpy()
            vector_formula(
                draft, "along = wp.dot(delta, normal)", f"moved = x + {{along}} * normal + {share} * (delta - {{along}} * normal)"
            )
        elif kind == "blend":
            shapes = draw.choice((2, 3, 4))
            targets = draft.array(draft.name("targets", "blend_shapes"), draft.vector, shapes, "n")
            weights = draft.array(draft.name("weights", "sliders"), draft.real, shapes)
            draft.line("moved = x")
            with draft.block(f"for k in range({shapes}):"):
                draft.line(f"moved += {weights}[k] * ({targets}[k, {i}] - x)")
            draft.numpy(f"moved = x + np.einsum('k,kni->ni', {weights}, {targets} - x)")
        else:
            slots = draw.choice((3, 4, 5))
            ring = draft.array("ring", I32, "n", slots, domain=lambda s: Integers(0, s["n"]))
            spatial, height = draft.knob("sigma_c", 0.5, 1.5).numpy(), draft.knob("sigma_s", 0.4, 1.2).numpy()
            draft.line(f"total = {draft.zero()}", f"w = {draft.zero()}")
            with draft.block(f"for k in range({slots}):"):
                draft.line(f"delta = {positions}[{ring}[{i}, k]] - x", "along = wp.dot(delta, normal)")
                draft.line(
                    draft.warp(
                        f"h = wp.exp(-wp.dot(delta, delta) / (2.0 * {spatial} * {spatial}) - along * along / (2.0 * {height} * {height}))"
                    )
                )
                draft.line("total += h * along", "w += h")
            draft.numpy(
                f"delta = {positions}[{ring}] - x[:, None]",
                "along = np.sum(delta * normal[:, None], axis=-1)",
                f"h = np.sum(delta * delta, axis=-1) / (2.0 * {spatial} * {spatial}) + along * along / (2.0 * {height} * {height})",
                "h = np.exp(-h)",
                "total, w = np.sum(h * along, axis=1), np.sum(h, axis=1)",
            )
            vector_formula(draft, "moved = x + {(total / w)} * normal")
        if draw.chance(0.3):
            mask = draft.array(draft.name("selection", "mask"), draft.real, "n", domain=Uniform(0.0, 1.0))
            draft.load("t", mask, i, 0.0, 1.0)
            vector_formula(draft, "moved = x + {t} * (moved - x)")
        draft.store(draft.output(draft.name("x_out", "moved_out"), draft.vector, "n"), i, "moved")
        if draw.chance(0.35):
            vector_formula(draft, "delta = moved - x", "value = wp.dot(delta, delta)")
            finish_measure(draft, draft.known("value", draft.real, 0.0, 40.0), ("change_sq", "motion"), i, ("n",), share=0.4, total=0.4)
    drop_idle_locals(draft)
    return draft.case(draw.choice((f"{kind}_vertices", f"vertex_{kind}", f"mesh_{kind}")), ["n"], [{"n": n} for n in draw.sizes(120)])
