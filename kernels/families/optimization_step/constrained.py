"""Constraints and assignments: augmented Lagrangians, barriers, steps to a boundary, hinges, contacts, transport, clusters, dual ascent.

Sources: Nocedal and Wright, Numerical Optimization, chapters 17 and 19; Cuturi 2013 (Sinkhorn); Shalev-Shwartz et al. 2011 (Pegasos).
"""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.draft import Draft
from kernels.drafting.finish import Law, drop_idle_locals, finish
from kernels.draw import Draw
from kernels.language.types import I32


def build_lagrangian(draw: Draw, draft: Draft) -> Case:
    """Per constraint: penalties, multipliers of an augmented Lagrangian, barriers, complementarity, for equalities and inequalities."""
    kind = draw.choice(("augmented", "penalty", "barrier", "interior", "complementarity", "exact"))
    i = draw.choice(("i", "tid", "c"))
    draft.reserve(i, "x", "g", "s", "lam", "mu", "value", "lam_new", "gap", "n", "force", "ds", "dl", "trial", "w")
    constraint = draft.array(draft.name("constraint", "g_in", "violation"), draft.real, "n", low=-1.0, high=1.0)
    with draft.threads((i, "n", constraint, 0)):
        draft.load("g", constraint, i, -1.0, 1.0)
        if draw.chance(0.4):
            law = Law(draft, draw.choice(("measure", "scaled_gap")), -1.0, 1.0)
            draft.line(f"g = {law.warp('g')}")
            draft.numpy(f"g = {law.numpy('g')}")
        penalty = draft.knob(draft.name("rho", "penalty", "mu_p"), 0.5, 4.0).numpy()
        name = "value"
        if kind in ("augmented", "interior", "complementarity"):
            multipliers = draft.array(draft.name("multipliers", "lambda_in"), draft.real, "n", low=0.1, high=1.5)
            draft.load("lam", multipliers, i, 0.1, 1.5)
        if kind == "augmented":
            if draw.chance(0.5):
                draft.formula(f"lam_new = wp.max(lam + {penalty} * g, 0.0)", f"value = (lam_new * lam_new - lam * lam) / (2.0 * {penalty})")
            else:
                draft.formula(f"lam_new = lam + {penalty} * g", f"value = lam * g + 0.5 * {penalty} * g * g")
            finish(
                draft, draft.known("lam_new", draft.real, -6.0, 6.0), ("lambda_out", "multipliers_out"), i, ("n",), share=0.15, total=0.0
            )
        elif kind == "penalty":
            if draw.chance(0.7):
                draft.formula("force = wp.max(g, 0.0)")
                draft.formula(draw.choice((f"value = 0.5 * {penalty} * force * force", f"value = {penalty} * force * force * force")))
            else:
                draft.formula(f"value = 0.5 * {penalty} * g * g")
        elif kind == "barrier":
            smooth = draft.knob(draft.name("epsilon", "delta_b"), 0.2, 0.6).numpy()
            draft.formula(f"s = wp.max(1.2 - g, {smooth})", f"value = -wp.log(s) / {penalty}")
        elif kind == "exact":
            draft.formula(f"value = {penalty} * wp.log(1.0 + wp.exp(4.0 * g)) * 0.25")
        else:
            slack = draft.array(draft.name("slack", "s_in"), draft.real, "n", low=0.2, high=1.5)
            draft.load("s", slack, i, 0.2, 1.5)
            center = draft.knob(draft.name("sigma_mu", "centering"), 0.02, 0.3).numpy()
            if kind == "complementarity":
                draft.formula(f"gap = s * lam - {center}", "value = gap * gap + (g + s) * (g + s)")
            else:
                direction = draft.array(draft.name("ds_in", "direction"), draft.real, "n")
                draft.load("ds", direction, i, -1.0, 1.0)
                draft.formula(f"dl = ({center} - s * lam - lam * ds) / s")
                finish(draft, draft.known("dl", draft.real, -20.0, 20.0), ("dl_out", "multiplier_step"), i, ("n",), share=0.2, total=0.0)
                draft.formula(f"value = g + s + {draw.real(0.1, 0.9)} * ds")
        total = draw.chance(0.4)
        if total:
            out = draft.output(draft.name("merit", "objective"), draft.real, 1, role="accumulate")
            draft.line(f"wp.atomic_add({out}, 0, {name})")
            draft.numpy(f"{out} = np.sum({name}).reshape(1)")
        if not total or draw.chance(0.5):
            finish(draft, draft.known(name, draft.real, -9.0, 40.0), ("value_out", "term_out"), i, ("n",), share=0.6)
    drop_idle_locals(draft)
    return draft.case(
        draw.choice((f"{kind}_terms", f"{kind}_lagrangian", f"constraint_{kind}")), ["n"], [{"n": n} for n in draw.sizes(150)]
    )


def build_boundary(draw: Draw, draft: Draft) -> Case:
    """How far a step may go: the fraction to the boundary of positive variables, of a box, of a trust region; the least of all."""
    kind = draw.choice(("positive", "box", "ball"))
    i = draw.choice(("i", "tid", "j"))
    draft.reserve(i, "x", "d", "t", "room", "n", "low", "high", "a", "b", "c", "root")
    xs = draft.array(draft.name("x_in", "slack"), draft.real, "n", low=0.2, high=1.0)
    ds = draft.array(draft.name("step", "direction"), draft.real, "n", low=-1.0, high=1.0)
    with draft.threads((i, "n", xs, 0)):
        draft.load("x", xs, i, 0.2, 1.0)
        draft.load("d", ds, i, -1.0, 1.0)
        tau = draft.knob(draft.name("tau", "fraction"), 0.7, 0.99).numpy()
        if kind == "positive":
            draft.line(f"t = {draft.real.spelling}(1.0)")
            with draft.block(f"if d < {draft.number(0.0)}:"):
                draft.warp_formula(f"t = wp.min(1.0, -{tau} * x / d)")
            draft.numpy(f"t = np.where(d < 0.0, np.minimum(1.0, -{tau} * x / np.where(d < 0.0, d, -1.0)), 1.0)")
        elif kind == "box":
            high = draft.knob(draft.name("upper", "bound"), 1.1, 1.8).numpy()
            draft.formula(f"room = wp.where(d < 0.0, x, {high} - x)", f"t = wp.min(1.0, {tau} * room / (wp.abs(d) + 0.01))")
        else:
            radius = draft.knob(draft.name("radius", "trust"), 1.2, 2.0).numpy()
            # The larger root of |x + t d| = radius.
            draft.formula(
                "a = d * d + 0.01",
                "b = x * d",
                f"c = x * x - {radius} * {radius}",
                "root = wp.sqrt(b * b - a * c)",
                f"t = wp.min(1.0, {tau} * (root - b) / a)",
            )
        if draw.chance(0.6):
            out = draft.output(draft.name("step_scale", "largest_step"), draft.real, 1, role="inout", differentiable=False)
            draft.line(f"wp.atomic_min({out}, 0, t)")
            draft.numpy(f"{out} = np.minimum({out}, np.min(t))")
        draft.formula("x = x + t * d")
        finish(draft, draft.known("x", draft.real, -1.0, 3.0), ("x_out", "moved"), i, ("n",), share=0.4)
        if draw.chance(0.4):
            finish(draft, draft.known("t", draft.real, 0.0, 1.0), ("t_out", "length_of"), i, ("n",), share=0.3, total=0.0)
    drop_idle_locals(draft)
    return draft.case(
        draw.choice((f"boundary_{kind}", "fraction_to_boundary", f"step_in_{kind}")), ["n"], [{"n": n} for n in draw.sizes(150)]
    )


def build_contact(draw: Draw, draft: Draft) -> Case:
    """Contacts by projected Gauss-Seidel: impulses clamped at zero, friction in its cone, a few rows in turn or one with its own row."""
    kind = draw.choice(("row", "friction", "sweep"))
    i = draw.choice(("i", "tid", "contact"))
    draft.reserve(
        i, "j", "k", "lam", "old", "v", "total", "change", "lt1", "lt2", "size", "scale", "limit", "n", "x0", "x1", "x2", "right", "matrix"
    )
    if kind == "sweep":
        rows = draw.choice((2, 3))
        steps = draw.choice((2, 3))
        off = draft.array(draft.name("couplings", "W"), draft.real, "n", rows, rows, low=-0.5, high=0.5)
        diagonal = draft.array(draft.name("effective_mass", "diag"), draft.real, "n", rows, low=1.2, high=2.5)
        right = draft.array(draft.name("bias_in", "v_free"), draft.real, "n", rows)
        with draft.threads((i, "n", right, 0)):
            draft.line(*(f"x{k} = {draft.zero()}" for k in range(rows)))
            draft.numpy(*(f"x{k} = 0.0" for k in range(rows)))
            zero = draft.number(0.0)
            with draft.loop(f"for step in range({steps}):"):
                for k in range(rows):
                    terms = " ".join(f"- {off}[{i}, {k}, {q}] * x{q}" for q in range(rows) if q != k)
                    draft.line(f"x{k} = wp.max((-{right}[{i}, {k}] {terms}) / {diagonal}[{i}, {k}], {zero})")
                    terms = " ".join(f"- {off}[:, {k}, {q}] * x{q}" for q in range(rows) if q != k)
                    draft.numpy(f"x{k} = np.maximum((-{right}[:, {k}] {terms}) / {diagonal}[:, {k}], 0.0)")
            out = draft.output(draft.name("impulses", "lambda_out"), draft.real, "n", rows)
            draft.line(*(f"{out}[{i}, {k}] = x{k}" for k in range(rows)))
            draft.numpy(f"{out} = np.stack(({', '.join(f'x{k}' for k in range(rows))}), axis=1)")
        drop_idle_locals(draft)
        return draft.case(draw.choice(("projected_gauss_seidel", "contact_sweep")), ["n"], [{"n": n} for n in draw.sizes(100)])
    impulses = draft.array(draft.name("lambda_in", "impulse"), draft.real, "n", low=0.0, high=1.0)
    velocity = draft.array(draft.name("v_normal", "gap_velocity"), draft.real, "n")
    mass = draft.array(draft.name("effective_mass", "inv_diag"), draft.real, "n", low=0.3, high=1.5)
    with draft.threads((i, "n", impulses, 0)):
        draft.load("old", impulses, i, 0.0, 1.0)
        draft.load("v", velocity, i, -1.0, 1.0)
        draft.line(f"scale = {mass}[{i}]")
        draft.numpy(f"scale = {mass}")
        bounce = draft.knob(draft.name("restitution", "bias_factor"), 0.1, 0.6).numpy()
        draft.formula(f"change = -scale * (v + {bounce} * wp.min(v, 0.0))", "lam = wp.max(old + change, 0.0)")
        if kind == "friction":
            for name in ("lt1", "lt2"):
                array = draft.array(f"{name}_in", draft.real, "n", low=-0.5, high=0.5)
                slip = draft.array(f"v_{name}", draft.real, "n")
                draft.line(f"{name} = {array}[{i}] - scale * {slip}[{i}]")
                draft.numpy(f"{name} = {array} - scale * {slip}")
            mu = draft.knob(draft.name("mu", "friction"), 0.3, 0.9).numpy()
            draft.formula(f"limit = {mu} * lam")
            if draw.chance(0.5):
                draft.formula(
                    "size = wp.sqrt(lt1 * lt1 + lt2 * lt2 + 0.0001)",
                    "scale = wp.min(1.0, limit / size)",
                    "lt1 = scale * lt1",
                    "lt2 = scale * lt2",
                )
            else:
                draft.formula("lt1 = wp.clamp(lt1, -limit, limit)", "lt2 = wp.clamp(lt2, -limit, limit)")
            for name in ("lt1", "lt2"):
                draft.store(draft.output(f"{name}_out", draft.real, "n"), i, name)
        finish(draft, draft.known("lam", draft.real, 0.0, 3.0), ("lambda_out", "impulse_out"), i, ("n",), share=0.4)
        if draw.chance(0.5):
            draft.formula("change = lam - old")
            body = draft.array("body", I32, "n", domain=lambda s: Integers(0, s["bodies"]))
            out = draft.output(draft.name("velocity_change", "body_impulse"), draft.real, "bodies", role="accumulate")
            draft.line(f"wp.atomic_add({out}, {body}[{i}], change)")
            draft.numpy(f"{out} = np.zeros_like({out})", f"np.add.at({out}, {body}, change)")
    sizes = [{"n": n, "bodies": n // 4 + 1} for n in draw.sizes(120)]
    drop_idle_locals(draft)
    return draft.case(draw.choice((f"contact_{kind}", "normal_impulses", f"solve_{kind}")), ["n"], sizes)
