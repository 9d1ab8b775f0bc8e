"""Vertices and their rings: Laplacian smoothing with uniform, given or cotangent weights, curvature, bilateral filters, diffusion.

Sources: Desbrun et al. 1999 (implicit fairing); Taubin 1995; Meyer et al. 2003 (discrete operators); Fleishman et al. 2003 (bilateral).
"""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Bernoulli, Integers, Offsets
from kernels.drafting.draft import Draft
from kernels.drafting.finish import drop_idle_locals
from kernels.drafting.vectors import vector_formula
from kernels.draw import Draw
from kernels.families.geometry_processing.meshes import POSITIONS, Mesh, finish_measure
from kernels.language.types import BOOL, I32


def build_ring(draw: Draw, draft: Draft) -> Case:
    """A vertex and its neighbours in a padded or compressed ring: smoothing steps, and what the neighbours say of the vertex."""
    compressed = draw.chance(0.35)
    slots = draw.choice((3, 4, 5, 6))
    kind = (
        draw.choice(("laplacian", "laplacian", "taubin", "field", "spread", "planarity"))
        if not compressed
        else draw.choice(("laplacian", "field"))
    )
    i, j = draw.choice((("i", "j"), ("v", "w"), ("vertex", "other")))
    draft.reserve(
        i,
        j,
        "x",
        "y",
        "sum_x",
        "count",
        "mean",
        "delta",
        "moved",
        "k",
        "start",
        "end",
        "w_total",
        "weight",
        "value",
        "here",
        "there",
        "n",
        "rows",
        "live",
        "near",
        "dist",
    )
    field = draft.array(draft.name("field_in", "height"), draft.real, "n") if kind == "field" else ""
    positions = field or draft.array(draft.name(*POSITIONS), draft.vector, "n")
    if compressed:
        draft.array("offsets", I32, "n1", domain=lambda s: Offsets(s["links"]))
        draft.array(name := draft.name("neighbors", "adjacency"), I32, "links", domain=lambda s: Integers(0, s["n"]))
    else:
        name = draft.array(draft.name("ring", "neighbors"), I32, "n", slots, domain=lambda s: Integers(-1, s["n"]))
    weighted = draw.chance(0.45)
    weights = (
        draft.array(draft.name("weights", "cotangents"), draft.real, *(("links",) if compressed else ("n", slots)), low=0.1, high=1.0)
        if weighted
        else ""
    )
    pinned = draft.array(draft.name("pinned", "boundary"), BOOL, "n", domain=Bernoulli(0.2)) if draw.chance(0.3) else ""
    scalar = kind in ("field", "spread")
    zero = draft.zero() if scalar or kind == "planarity" else draft.zero(draft.vector)
    with draft.threads((i, "n", positions, 0)):
        if pinned and kind in ("laplacian", "taubin"):
            out = draft.output(draft.name("x_out", "smoothed"), draft.vector, "n")
            with draft.block(f"if {pinned}[{i}]:"):
                draft.line(f"{out}[{i}] = {positions}[{i}]", "return")
        draft.line(f"here = {field}[{i}]" if field else f"x = {positions}[{i}]", f"sum_x = {zero}", f"w_total = {draft.zero()}")
        one = draft.number(1.0)
        head = f"for k in range(offsets[{i}], offsets[{i} + 1]):" if compressed else f"for k in range({slots}):"
        at = "k" if compressed else f"{i}, k"
        with draft.block(head):
            draft.line(f"{j} = {name}[{at}]")

            def body() -> None:
                factor = f"{weights}[{at}]" if weights else ""
                scale = f"{factor} * " if factor else ""
                if kind == "field":
                    draft.line(f"sum_x += {scale}({field}[{j}] - here)" if scale else f"sum_x += {field}[{j}] - here")
                elif kind == "spread":
                    draft.line(f"dist = wp.length({positions}[{j}] - x)", f"sum_x += {scale}dist")
                elif kind == "planarity":
                    draft.line(f"delta = {positions}[{j}] - x", f"sum_x += {scale}wp.dot(delta, delta)")
                else:
                    draft.line(f"sum_x += {scale}{positions}[{j}]")
                draft.line(f"w_total += {factor or one}")

            if compressed:
                body()
            else:
                with draft.block(f"if {j} >= 0:"):
                    body()
        if compressed:
            draft.numpy(
                "rows = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))",
                f"weight = {weights or f'np.ones(len({name}), {positions}.dtype)'}",
            )
            parts = f"{field}[{name}] - {field}[rows]" if kind == "field" else f"{positions}[{name}]"
            draft.numpy(
                f"sum_x = np.zeros_like({field or positions})",
                f"np.add.at(sum_x, rows, weight{'' if field else '[:, None]'} * ({parts}))",
                f"w_total = np.zeros(len({positions}), {positions}.dtype)",
                "np.add.at(w_total, rows, weight)",
            )
        else:
            draft.numpy(
                f"live = {name} >= 0",
                f"weight = np.where(live, {weights or f'np.ones({name}.shape, {positions}.dtype)'}, 0.0)",
                f"near = {positions}[{name}]",
                "w_total = np.sum(weight, axis=1)",
                *([f"spokes = near - {positions}[:, None]"] if kind == "spread" else []),
            )
            draft.numpy(
                {
                    "field": f"sum_x = np.sum(weight * ({field}[{name}] - {field}[:, None]), axis=1)",
                    "spread": "sum_x = np.sum(weight * np.linalg.norm(np.where(live[..., None], spokes, 1.0), axis=-1), axis=1)",
                    "planarity": f"sum_x = np.sum(weight * np.sum((near - {positions}[:, None]) ** 2, axis=-1), axis=1)",
                }.get(kind, "sum_x = np.sum(weight[..., None] * near, axis=1)")
            )
        draft.numpy(f"here = {field}" if field else f"x = {positions}")
        step = draft.knob(draft.name("step", "lambda_", "rate"), 0.2, 0.9).numpy()
        if kind in ("laplacian", "taubin"):
            if compressed:
                # Of a loop with a run-time count the backward pass knows no sums: what comes after is linear in them.
                vector_formula(draft, f"moved = x + {step} * (0.2 * sum_x - x)")
            else:
                vector_formula(draft, "mean = sum_x / {(w_total + 0.1)}", f"moved = x + {step} * (mean - x)")
                if kind == "taubin":
                    back = draft.knob(draft.name("mu", "inflation"), 0.2, 0.6).numpy()
                    vector_formula(draft, f"moved = moved - {back} * (mean - moved)")
            if pinned:
                draft.numpy(f"moved = np.where({pinned}[:, None], {positions}, moved)")
                draft.store(out, i, "moved")
            else:
                draft.store(draft.output(draft.name("x_out", "smoothed"), draft.vector, "n"), i, "moved")
        else:
            if compressed:
                draft.formula(f"value = here + {step} * sum_x")
            elif kind == "field":
                draft.formula(f"value = here + {step} * sum_x / (w_total + 0.1)")
            else:
                draft.formula("value = sum_x / (w_total + 0.1)")
            if pinned:
                fallback = "here" if field else draft.zero()
                with draft.block(f"if {pinned}[{i}]:"):
                    draft.line(f"value = {fallback}")
                draft.numpy(f"value = np.where({pinned}, {'here' if field else '0.0'}, value)")
            finish_measure(
                draft, draft.known("value", draft.real, -4.0, 9.0), ("value_out", "diffused", "measure_out"), i, ("n",), linear=compressed
            )
    drop_idle_locals(draft)
    sizes = [{"n": n, "n1": n + 1, "links": 4 * n} for n in draw.sizes(100)]
    return draft.case(draw.choice((f"{kind}_smoothing", "smooth_vertices", f"ring_{kind}")), ["n"], sizes)


def build_cotangent(draw: Draw, draft: Draft) -> Case:
    """Weights by cotangents, face by face: the mean curvature vector, Voronoi or mixed areas, angle defects, cotangents of edges stored."""
    mesh = Mesh(draft)
    a, b, c = mesh.points
    kind = draw.choice(("curvature", "angle_defect", "areas", "weights", "mean_value"))
    draft.reserve("e0", "e1", "e2", "cot0", "cot1", "cot2", "flow", "area", "double_area", "theta", "k", "l0", "l1", "l2", "part", "half")
    with mesh.elements():
        vector_formula(draft, f"e0 = {c} - {b}", f"e1 = {a} - {c}", f"e2 = {b} - {a}", "double_area = wp.length(wp.cross(e1, e2)) + 0.05")
        if kind == "angle_defect":
            out = draft.output(draft.name("angle_sum", "defect"), draft.real, "n", role="accumulate")
            draft.numpy(f"{out} = np.zeros_like({out})")
            for k, (u, v) in enumerate((("e2", "e1"), ("e0", "e2"), ("e1", "e0"))):
                vector_formula(draft, f"theta = wp.atan2(wp.length(wp.cross({u}, {v})), -wp.dot({u}, {v}))")
                draft.line(f"wp.atomic_sub({out}, i{k}, theta)" if draw.chance(0.3) else f"wp.atomic_add({out}, i{k}, -theta)")
                draft.numpy(f"np.subtract.at({out}, i{k}, theta)")
        else:
            vector_formula(
                draft,
                "cot0 = -wp.dot(e1, e2) / double_area",
                "cot1 = -wp.dot(e2, e0) / double_area",
                "cot2 = -wp.dot(e0, e1) / double_area",
            )
            if draw.chance(0.35):
                limit = draft.knob(draft.name("cot_limit", "clamp_at"), 1.0, 4.0).numpy()
                vector_formula(draft, *(f"cot{k} = wp.clamp(cot{k}, -{limit}, {limit})" for k in range(3)))
            if kind == "curvature":
                out = draft.output(draft.name("mean_curvature", "hn"), draft.vector, "n", role="accumulate")
                half = draft.number(0.5)
                terms = (("i0", "cot1 * e1 - cot2 * e2"), ("i1", "cot2 * e2 - cot0 * e0"), ("i2", "cot0 * e0 - cot1 * e1"))
                draft.line(*(f"wp.atomic_add({out}, {i}, {half} * ({text}))" for i, text in terms))
                spread = {f"cot{k}": f"cot{k}[:, None]" for k in range(3)}
                draft.numpy(f"{out} = np.zeros_like({out})")
                for i, text in terms:
                    for name, wide in spread.items():
                        text = text.replace(name, wide)
                    draft.numpy(f"np.add.at({out}, {i}, 0.5 * ({text}))")
            elif kind == "areas":
                out = draft.output(draft.name("voronoi_area", "dual_area"), draft.real, "n", role="accumulate")
                vector_formula(draft, "l0 = wp.dot(e0, e0)", "l1 = wp.dot(e1, e1)", "l2 = wp.dot(e2, e2)")
                mixed = draw.chance(0.5)
                draft.numpy(f"{out} = np.zeros_like({out})")
                for k, (p, q) in enumerate(((1, 2), (2, 0), (0, 1))):
                    vector_formula(draft, f"part = 0.125 * (cot{p} * l{p} + cot{q} * l{q})")
                    if mixed:
                        with draft.block(f"if cot{k} < {draft.number(0.0)}:"):
                            draft.line(draft.warp("part = 0.25 * double_area"))
                        draft.numpy(f"part = np.where(cot{k} < 0.0, 0.25 * double_area, part)")
                    draft.line(f"wp.atomic_add({out}, i{k}, part)")
                    draft.numpy(f"np.add.at({out}, i{k}, part)")
            elif kind == "weights":
                out = draft.output(draft.name("edge_weights", "cot_weights"), draft.real, "m", 3)
                shift = draft.knob(draft.name("floor_w", "regularizer"), 0.01, 0.2)
                draft.line(*(f"{out}[{mesh.f}, {k}] = {draft.number(0.5)} * cot{k} + {shift.warp()}" for k in range(3)))
                draft.numpy(f"{out} = 0.5 * np.stack((cot0, cot1, cot2), axis=1) + {shift.numpy()}")
                if draw.chance(0.5):
                    diagonal = draft.output("diagonal", draft.real, "n", role="accumulate")
                    pairs = (("i0", "cot1 + cot2"), ("i1", "cot2 + cot0"), ("i2", "cot0 + cot1"))
                    draft.line(*(f"wp.atomic_add({diagonal}, {i}, {draft.number(0.5)} * ({t}))" for i, t in pairs))
                    draft.numpy(f"{diagonal} = np.zeros_like({diagonal})", *(f"np.add.at({diagonal}, {i}, 0.5 * ({t}))" for i, t in pairs))
            else:
                field = draft.array(draft.name("field_in", "height"), draft.real, "n")
                out = draft.output(draft.name("smoothed_sum", "stiffness_times_u"), draft.real, "n", role="accumulate")
                draft.both(f"l0 = {field}[i1] - {field}[i2]", f"l1 = {field}[i2] - {field}[i0]", f"l2 = {field}[i0] - {field}[i1]")
                terms = (("i0", "cot2 * l2 - cot1 * l1"), ("i1", "cot0 * l0 - cot2 * l2"), ("i2", "cot1 * l1 - cot0 * l0"))
                draft.line(*(f"wp.atomic_add({out}, {i}, {text})" for i, text in terms))
                draft.numpy(f"{out} = np.zeros_like({out})", *(f"np.add.at({out}, {i}, {text})" for i, text in terms))
        if draw.chance(0.4):
            vector_formula(draft, "area = double_area / 6.0")
            mesh.scatter(draft.name("lumped_area", "mass"), "area", vector=False)
    drop_idle_locals(draft)
    return draft.case(draw.choice((f"cotangent_{kind}", f"{kind}_operator", f"accumulate_{kind}")), mesh.dim, mesh.sizes())
