"""Proximal steps and projections: shrinkage, ISTA and FISTA, splitting by multipliers, projections onto sets, Frank-Wolfe, mirror descent.

Sources: Parikh and Boyd, Proximal Algorithms, 2014; Beck and Teboulle 2009 (FISTA); Boyd et al. 2011 (ADMM); Duchi et al. 2008 (simplex).
"""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.draft import Draft
from kernels.drafting.finish import drop_idle_locals, finish
from kernels.drafting.vectors import function_pair
from kernels.draw import Draw
from kernels.language.types import vector

PROX: dict[str, tuple[str, ...]] = {
    "soft": ("return wp.max(v - t, 0.0) + wp.min(v + t, 0.0)",),
    "elastic": ("s = wp.max(v - t, 0.0) + wp.min(v + t, 0.0)", "return s / (1.0 + 0.5 * t)"),
    "ridge": ("return v / (1.0 + t)",),
    "nonnegative": ("return wp.max(v - t, 0.0)",),
    "huber": ("return v - t * v / wp.max(wp.abs(v), t + 1.0)",),
    "barrier": ("return 0.5 * (v + wp.sqrt(v * v + 4.0 * t))",),
    "firm": ("m = wp.abs(v)", "inner = wp.max(m - t, 0.0) * 2.0", "return wp.where(v < 0.0, -wp.min(inner, m), wp.min(inner, m))"),
    "asymmetric": ("return wp.max(v - t, 0.0) + wp.min(v + 0.4 * t, 0.0)",),
    "hinge": ("return wp.where(v > 1.0, v, wp.min(v + t, 1.0))",),
    "dead_zone": ("far = wp.max(wp.abs(v) - 0.3, 0.0)", "move = wp.min(far, t)", "return wp.where(v < 0.0, v + move, v - move)"),
}
"""Proximal maps of a number `v` with a weight `t` (of |v|, |v| + v^2/4, v^2/2, v on v > 0, Huber, -log v, and others)."""


def _prox(draw: Draw, draft: Draft) -> tuple[str, str]:
    """Defines a proximal map in both; returns its kind and the function's name."""
    kind = draw.choice(tuple(PROX))
    return kind, function_pair(draft, f"prox_{kind}", [("v", draft.real), ("t", draft.real)], PROX[kind], draft.real)


def build_shrinkage(draw: Draw, draft: Draft) -> Case:
    """A proximal gradient step per unknown: plain, accelerated, or with the gradient summed up from a row of the matrix."""
    kind = draw.choice(("given", "given", "row", "accelerated", "reweighted", "group"))
    i = draw.choice(("i", "tid", "j"))
    draft.reserve(i, "k", "x", "g", "v", "u", "t", "size", "scale", "z", "moved", "n", "width", "x_old")
    group = kind == "group"
    element = vector(draft.width, 3) if group else draft.real
    xs = draft.array(draft.name("x_in", "coefficients", "w_in"), element, "n")
    step = ""
    with draft.threads((i, "n", xs, 0)):
        step = draft.knob(draft.name("step_length", "tau"), 0.05, 0.5).numpy()
        penalty = draft.knob(draft.name("lambda_", "penalty"), 0.1, 0.6).numpy()
        draft.line(f"x = {xs}[{i}]")
        draft.numpy(f"x = {xs}")
        if kind == "row":
            width = draw.choice((3, 4, 5, 6))
            columns = draft.array(draft.name("columns", "A_t"), draft.real, "n", width)
            residual = draft.array(draft.name("residual", "r_in"), draft.real, width)
            draft.line(f"g = {draft.zero()}", f"for k in range({width}):", f"    g += {columns}[{i}, k] * {residual}[k]")
            draft.numpy(f"g = {columns} @ {residual}")
        else:
            gradient = draft.array(draft.name("grad", "g_in"), element, "n")
            draft.line(f"g = {gradient}[{i}]")
            draft.numpy(f"g = {gradient}")
        if group:
            draft.formula(f"v = x - {{{step}}} * g" if step[0].isalpha() else f"v = x - {step} * g")
            draft.line("size = wp.length(v)", draft.warp(f"scale = wp.max(1.0 - {penalty} / (size + 0.05), 0.0)"), "v = scale * v")
            draft.numpy(
                "size = np.linalg.norm(v, axis=-1)", f"scale = np.maximum(1.0 - {penalty} / (size + 0.05), 0.0)", "v = scale[:, None] * v"
            )
            out = draft.output(draft.name("x_out", "shrunk"), element, "n")
            draft.store(out, i, "v")
            if draw.chance(0.5):
                finish(draft, draft.known("scale", draft.real, 0.0, 1.0), ("scale_out", "kept_share"), i, ("n",))
            drop_idle_locals(draft)
            return draft.case(draw.choice(("group_lasso_step", "block_shrinkage")), ["n"], [{"n": n} for n in draw.sizes(150)])
        draft.formula(f"v = x - {step} * g")
        name, function = _prox(draw, draft)
        weight = penalty
        if kind == "reweighted":
            weights = draft.array(draft.name("weights", "penalty_of"), draft.real, "n", low=0.2, high=1.5)
            draft.line(f"t = {weights}[{i}]")
            draft.numpy(f"t = {weights}")
            weight = f"{penalty} * t"
        draft.formula(f"u = {function}(v, {step} * {weight})")
        if kind == "accelerated":
            old = draft.array(draft.name("previous", "x_last"), draft.real, "n")
            momentum = draft.knob(draft.name("momentum", "beta"), 0.2, 0.9).numpy()
            draft.line(f"x_old = {old}[{i}]")
            draft.numpy(f"x_old = {old}")
            draft.formula(f"z = u + {momentum} * (u - x_old)")
            draft.store(draft.output("z_out", draft.real, "n"), i, "z")
        if draw.chance(0.35):
            draft.formula(f"moved = (u - x) / {step}")
            total = draft.output(draft.name("stationarity", "change_sq"), draft.real, 1, role="accumulate")
            draft.line(f"wp.atomic_add({total}, 0, moved * moved)")
            draft.numpy(f"{total} = np.sum(moved * moved).reshape(1)")
        finish(draft, draft.known("u", draft.real, -2.0, 3.0), ("x_out", "shrunk", "sparse_out"), i, ("n",), share=0.45)
    drop_idle_locals(draft)
    return draft.case(draw.choice((f"ista_{name}", f"prox_{kind}_step", "proximal_gradient")), ["n"], [{"n": n} for n in draw.sizes(150)])


def build_admm(draw: Draw, draft: Draft) -> Case:
    """Steps of alternating directions: x, z and multiplier updates of a lasso, a consensus of workers, residuals of both kinds."""
    kind = draw.choice(("lasso", "consensus", "multiplier", "total_variation"))
    i = draw.choice(("i", "tid", "j"))
    draft.reserve(i, "k", "x", "z", "u", "v", "z_new", "u_new", "x_new", "mean", "n", "primal", "dual", "d", "a", "rho_v", "right")
    rho = ""
    workers = draw.choice((2, 3, 4))
    if kind == "consensus":
        xs, us = draft.array("x_in", draft.real, workers, "n"), draft.array("u_in", draft.real, workers, "n")
    else:
        measured = draw.chance(0.5)
        if kind == "lasso" or measured:
            draft.array("z_in", draft.real, "n")
        draft.array("u_in", draft.real, "n")
        xs = draft.array("v_in" if kind == "lasso" else "x_in", draft.real, "n")
        us = "u_in"
    lead_axis = (i, "n", xs, 1 if kind == "consensus" else 0)
    with draft.threads(lead_axis):
        rho = draft.knob(draft.name("rho", "penalty"), 0.4, 2.0).numpy()
        if kind == "consensus":
            draft.line(f"mean = {draft.zero()}", f"for k in range({workers}):", f"    mean += {xs}[k, {i}] + {us}[k, {i}]")
            draft.warp_formula(f"mean = mean / {float(workers)}")
            draft.numpy(f"mean = np.mean({xs} + {us}, axis=0)")
            name, function = _prox(draw, draft)
            lam = draft.knob(draft.name("lambda_", "regularizer"), 0.1, 0.8).numpy()
            draft.formula(f"z_new = {function}(mean, {lam} / ({rho} * {float(workers)}))")
            draft.output("u_out", draft.real, workers, "n")
            draft.line(f"for k in range({workers}):", f"    u_out[k, {i}] = {us}[k, {i}] + {xs}[k, {i}] - z_new")
            draft.numpy(f"u_out = {us} + {xs} - z_new")
            finish(draft, draft.known("z_new", draft.real, -3.0, 3.0), ("z_out", "consensus_out"), i, ("n",), share=0.35)
            drop_idle_locals(draft)
            return draft.case(draw.choice(("consensus_step", f"consensus_{name}")), ["n"], [{"n": n} for n in draw.sizes(150)])
        if kind == "lasso" or measured:
            draft.load("z", "z_in", i, -1.0, 1.0)
        draft.load("u", "u_in", i, -1.0, 1.0)
        draft.load("v" if kind == "lasso" else "x", xs, i, -1.0, 1.0)
        if kind == "lasso":
            diagonal = draft.array(draft.name("diag", "a_sq"), draft.real, "n", low=0.3, high=1.5) if draw.chance(0.5) else ""
            if diagonal:
                draft.load("a", diagonal, i, 0.3, 1.5)
            draft.formula(f"x_new = ({'a * ' if diagonal else ''}v + {rho} * (z - u)) / ({'a * a' if diagonal else '1.0'} + {rho})")
            name, function = _prox(draw, draft)
            lam = draft.knob(draft.name("lambda_", "regularizer"), 0.1, 0.8).numpy()
            over = draft.knob(draft.name("alpha", "over_relaxation"), 1.1, 1.8).numpy() if draw.chance(0.4) else ""
            if over:
                draft.formula(f"x_new = {over} * x_new + (1.0 - {over}) * z")
            draft.formula(f"z_new = {function}(x_new + u, {lam} / {rho})", "u_new = u + x_new - z_new")
            outs = [("x_new", "x_out"), ("z_new", "z_out"), ("u_new", "u_out")]
        elif kind == "multiplier":
            low, high = draft.knob("lower", -0.8, -0.2).numpy(), draft.knob("upper", 0.2, 0.8).numpy()
            draft.formula(f"z_new = wp.clamp(x + u, {low}, {high})", f"u_new = u + {rho} * (x - z_new)")
            outs = [("z_new", "z_out"), ("u_new", "u_out")]
        else:
            nxt = draft.array("x_next", draft.real, "n")
            draft.line(f"d = {nxt}[{i}] - x")
            draft.numpy(f"d = {nxt} - x")
            name, function = _prox(draw, draft)
            draft.formula(f"z_new = {function}(d + u, 1.0 / {rho})", "u_new = u + d - z_new")
            outs = [("z_new", "z_out"), ("u_new", "u_out")]
        if measured:
            primal, dual = (
                draft.output("primal_sq", draft.real, 1, role="accumulate"),
                draft.output("dual_sq", draft.real, 1, role="accumulate"),
            )
            gap = {"lasso": "x_new - z_new", "multiplier": "x - z_new", "total_variation": "d - z_new"}[kind]
            draft.formula(f"primal = {gap}", f"dual = {rho} * (z_new - z)")
            draft.line(f"wp.atomic_add({primal}, 0, primal * primal)", f"wp.atomic_add({dual}, 0, dual * dual)")
            draft.numpy(f"{primal} = np.sum(primal * primal).reshape(1)", f"{dual} = np.sum(dual * dual).reshape(1)")
        for local, out in outs:
            finish(draft, draft.known(local, draft.real, -4.0, 4.0), (out,), i, ("n",), share=0.1, total=0.0)
    drop_idle_locals(draft)
    return draft.case(draw.choice((f"admm_{kind}", "admm_step", f"{kind}_splitting")), ["n"], [{"n": n} for n in draw.sizes(150)])
