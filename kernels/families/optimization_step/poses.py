"""Graphs of poses of the plane and of space: residuals of edges, their costs and pulls (Grisetti et al. 2010)."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Rotations
from kernels.drafting.draft import Draft
from kernels.drafting.finish import drop_idle_locals, finish
from kernels.draw import Draw
from kernels.families.optimization_step.objectives import robust_weight
from kernels.language.types import I32


def build_pose_graph(draw: Draw, draft: Draft) -> Case:
    """Edges between poses of the plane or of space: residuals in the first pose's frame, turns wrapped, weighted costs and gradients."""
    space = draw.chance(0.4)
    e = draw.choice(("e", "edge", "tid"))
    draft.reserve(
        e,
        "i",
        "j",
        "dx",
        "dy",
        "c",
        "s",
        "rx",
        "ry",
        "rt",
        "cost",
        "n",
        "m",
        "Ri",
        "Rj",
        "E",
        "t",
        "w",
        "turn",
        "gap",
        "weight_t",
        "size",
        "q",
        "inside",
        "r",
    )
    ends = draft.array(draft.name("edges", "links"), I32, "m", 2, domain=lambda s: Integers(0, s["n"]))
    if space:
        rotations = draft.array("rotations", draft.matrix, "n", domain=Rotations())
        places = draft.array("places", draft.vector, "n")
        measured_r, measured_t = (
            draft.array("measured_turn", draft.matrix, "m", domain=Rotations()),
            draft.array("measured_step", draft.vector, "m"),
        )
        draft.line(f"{e} = wp.tid()", f"i = {ends}[{e}, 0]", f"j = {ends}[{e}, 1]")
        draft.line(f"Ri = {rotations}[i]", f"t = wp.transpose(Ri) @ ({places}[j] - {places}[i]) - {measured_t}[{e}]")
        draft.line(f"E = wp.transpose({measured_r}[{e}]) @ wp.transpose(Ri) @ {rotations}[j]")
        draft.numpy(
            f"i, j = {ends}[:, 0], {ends}[:, 1]",
            f"Ri, Rj = {rotations}[i], {rotations}[j]",
            f"t = np.einsum('nji,nj->ni', Ri, {places}[j] - {places}[i]) - {measured_t}",
            f"E = np.einsum('nji,nkj,nkl->nil', {measured_r}, Ri, Rj)",
        )
        vec = draft.vector.spelling
        half = draft.number(0.5)
        draft.line(f"w = {vec}({half} * (E[2, 1] - E[1, 2]), {half} * (E[0, 2] - E[2, 0]), {half} * (E[1, 0] - E[0, 1]))")
        draft.numpy("w = 0.5 * np.stack((E[:, 2, 1] - E[:, 1, 2], E[:, 0, 2] - E[:, 2, 0], E[:, 1, 0] - E[:, 0, 1]), axis=1)")
        weight = draft.knob(draft.name("turn_weight", "rotation_info"), 0.3, 2.0)
        draft.line(f"r = wp.dot(t, t) + {weight.warp()} * wp.dot(w, w)")
        draft.numpy(f"r = np.sum(t * t, axis=1) + {weight.numpy()} * np.sum(w * w, axis=1)")
        if draw.chance(0.6):
            draft.store(draft.output("residual_t", draft.vector, "m"), e, "t")
            draft.store(draft.output("residual_w", draft.vector, "m"), e, "w")
        draft.both("cost = r")
    else:
        packed = draw.chance(0.5)
        if packed:
            poses, measured = draft.array("poses", draft.real, "n", 3), draft.array("measured", draft.real, "m", 3, low=-0.8, high=0.8)
        else:
            poses, measured = draft.array("poses", draft.vector, "n"), draft.array("measured", draft.vector, "m", low=-0.8, high=0.8)
        draft.line(f"{e} = wp.tid()")
        draft.guard(e, "m", measured)
        draft.line(f"i = {ends}[{e}, 0]", f"j = {ends}[{e}, 1]")
        draft.numpy(f"i, j = {ends}[:, 0], {ends}[:, 1]")

        def pose(index: str, k: int) -> str:
            return f"{poses}[{index}, {k}]" if packed else f"{poses}[{index}][{k}]"

        def seen(k: int) -> str:
            return f"{measured}[{e}, {k}]" if packed else f"{measured}[{e}][{k}]"

        draft.line(
            f"dx = {pose('j', 0)} - {pose('i', 0)}",
            f"dy = {pose('j', 1)} - {pose('i', 1)}",
            f"c = wp.cos({pose('i', 2)})",
            f"s = wp.sin({pose('i', 2)})",
        )
        draft.numpy(
            f"dx, dy = {poses}[j, 0] - {poses}[i, 0], {poses}[j, 1] - {poses}[i, 1]", f"c, s = np.cos({poses}[i, 2]), np.sin({poses}[i, 2])"
        )
        draft.line(
            f"rx = c * dx + s * dy - {seen(0)}", f"ry = c * dy - s * dx - {seen(1)}", f"turn = {pose('j', 2)} - {pose('i', 2)} - {seen(2)}"
        )
        draft.numpy(
            f"rx, ry = c * dx + s * dy - {measured}[:, 0], c * dy - s * dx - {measured}[:, 1]",
            f"turn = {poses}[j, 2] - {poses}[i, 2] - {measured}[:, 2]",
        )
        draft.formula("rt = wp.atan2(wp.sin(turn), wp.cos(turn))")
        info = draft.array(draft.name("information", "edge_weight"), draft.real, "m", low=0.3, high=2.0) if draw.chance(0.5) else ""
        turn_weight = draft.knob(draft.name("turn_weight", "angle_info"), 0.3, 2.0).numpy()
        draft.formula(f"r = wp.sqrt(rx * rx + ry * ry + {turn_weight} * rt * rt + 0.0001)")
        kernel_weight = robust_weight(draft, "r", optional=0.5)
        draft.formula(f"cost = {f'{kernel_weight} * ' if kernel_weight else ''}r * r")
        if info:
            draft.line(f"cost = {info}[{e}] * cost")
            draft.numpy(f"cost = {info} * cost")
        if draw.chance(0.6):
            out = draft.output("residuals", draft.real, "m", 3)
            draft.line(*(f"{out}[{e}, {k}] = {name}" for k, name in enumerate(("rx", "ry", "rt"))))
            draft.numpy(f"{out} = np.stack((rx, ry, rt), axis=1)")
        if draw.chance(0.3):
            gradient = draft.output("pull", draft.vector, "n", role="accumulate")
            draft.line(f"wp.atomic_add({gradient}, j, {draft.vector.spelling}(c * rx - s * ry, s * rx + c * ry, rt))")
            draft.numpy(
                f"{gradient} = np.zeros_like({gradient})",
                f"np.add.at({gradient}, j, np.stack((c * rx - s * ry, s * rx + c * ry, rt), axis=1))",
            )
    if draw.chance(0.5):
        total = draft.output(draft.name("chi_sq", "loss"), draft.real, 1, role="accumulate")
        draft.line(f"wp.atomic_add({total}, 0, cost)")
        draft.numpy(f"{total} = np.sum(cost).reshape(1)")
    else:
        finish(draft, draft.known("cost", draft.real, 0.0, 60.0), ("cost_of", "edge_error"), e, ("m",), share=0.6)
    sizes = [{"m": m, "n": m // 2 + 2} for m in draw.sizes(100)]
    drop_idle_locals(draft)
    return draft.case(draw.choice(("pose_graph_edges", "pose_residuals", f"se{3 if space else 2}_residuals")), ["m"], sizes)
