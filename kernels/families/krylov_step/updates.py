"""Fused updates of vectors, each method's own, with the products and preconditioning that the next step needs; and steps of scalars.

Sources: Saad, Iterative Methods for Sparse Linear Systems, 2003 (CG, BiCGStab, CGS, MINRES, GMRES); Ghysels and Vanroose 2014 (pipelined
CG); Paige and Saunders 1982 (LSQR).
"""

from __future__ import annotations

from dataclasses import dataclass

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.draft import Draft
from kernels.drafting.finish import finish
from kernels.draw import Draw
from kernels.families.krylov_step.fields import Fields
from kernels.language.types import I32


@dataclass(frozen=True)
class Update:
    """A method's update: the vectors and scalars that it reads, its steps over them, and which locals it writes to which vectors."""

    vectors: tuple[str, ...]
    scalars: tuple[str, ...]
    steps: tuple[str, ...]
    written: tuple[tuple[str, str], ...]
    residual: str = ""


UPDATES: dict[str, Update] = {
    "cg": Update(("x", "r", "p", "q"), ("alpha",), ("x1 = x + alpha * p", "r1 = r - alpha * q"), (("x", "x1"), ("r", "r1")), "r1"),
    "cg_direction": Update(("r", "p"), ("beta",), ("p1 = r + beta * p",), (("p", "p1"),)),
    "pcg_direction": Update(("z", "p", "q", "s"), ("beta",), ("p1 = z + beta * p", "q1 = s + beta * q"), (("p", "p1"), ("q", "q1")), "q1"),
    "bicgstab_direction": Update(("r", "p", "v"), ("beta", "omega"), ("p1 = r + beta * (p - omega * v)",), (("p", "p1"),)),
    "bicgstab_half": Update(
        ("r", "v", "x", "p"), ("alpha",), ("s1 = r - alpha * v", "h1 = x + alpha * p"), (("s", "s1"), ("h", "h1")), "s1"
    ),
    "bicgstab": Update(
        ("x", "p", "s", "t"), ("alpha", "omega"), ("x1 = x + alpha * p + omega * s", "r1 = s - omega * t"), (("x", "x1"), ("r", "r1")), "r1"
    ),
    "cgs_direction": Update(
        ("r", "q", "p"), ("beta",), ("u1 = r + beta * q", "p1 = u1 + beta * (q + beta * p)"), (("u", "u1"), ("p", "p1"))
    ),
    "cgs": Update(
        ("x", "u", "v", "r", "w"),
        ("alpha",),
        ("q1 = u - alpha * v", "x1 = x + alpha * (u + q1)", "r1 = r - alpha * w"),
        (("q", "q1"), ("x", "x1"), ("r", "r1")),
        "r1",
    ),
    "minres": Update(
        ("v", "w", "w_old", "x"),
        ("delta", "eps", "gamma", "phi"),
        ("w1 = (v - delta * w - eps * w_old) / (gamma + 0.5)", "x1 = x + phi * w1"),
        (("w", "w1"), ("x", "x1")),
    ),
    "lanczos": Update(("q", "v", "v_old"), ("alpha", "beta"), ("w1 = q - alpha * v - beta * v_old",), (("w", "w1"),), "w1"),
    "pipelined_cg": Update(
        ("n_vec", "m", "w", "u", "z", "q", "s", "p", "x", "r"),
        ("alpha", "beta"),
        (
            "z1 = n_vec + beta * z",
            "q1 = m + beta * q",
            "s1 = w + beta * s",
            "p1 = u + beta * p",
            "x1 = x + alpha * p1",
            "r1 = r - alpha * s1",
            "u1 = u - alpha * q1",
            "w1 = w - alpha * z1",
        ),
        (("z", "z1"), ("q", "q1"), ("s", "s1"), ("p", "p1"), ("x", "x1"), ("r", "r1"), ("u", "u1"), ("w", "w1")),
        "r1",
    ),
    "conjugate_residual": Update(
        ("r", "p", "ar", "ap", "x"),
        ("alpha", "beta"),
        ("p1 = r + beta * p", "q1 = ar + beta * ap", "x1 = x + alpha * p1", "r1 = r - alpha * q1"),
        (("p", "p1"), ("q", "q1"), ("x", "x1"), ("r", "r1")),
        "r1",
    ),
    "chebyshev": Update(("x", "d", "r"), ("rho", "gamma"), ("d1 = rho * d + gamma * r", "x1 = x + d1"), (("d", "d1"), ("x", "x1"))),
    "steepest_descent": Update(("x", "r", "q"), ("alpha",), ("x1 = x + alpha * r", "r1 = r - alpha * q"), (("x", "x1"), ("r", "r1")), "r1"),
    "bicg": Update(
        ("x", "p", "q", "r", "q_dual", "r_dual"),
        ("alpha",),
        ("x1 = x + alpha * p", "r1 = r - alpha * q", "d1 = r_dual - alpha * q_dual"),
        (("x", "x1"), ("r", "r1"), ("r_dual", "d1")),
        "r1",
    ),
    "lsqr": Update(("v", "w", "x"), ("theta", "phi"), ("x1 = x + phi * w", "w1 = v - theta * w"), (("x", "x1"), ("w", "w1")), "w1"),
    "momentum": Update(("x", "x_old", "r"), ("beta", "tau"), ("y1 = x + beta * (x - x_old)", "x1 = y1 + tau * r"), (("x", "x1"),)),
    "axpby": Update(("x", "y"), ("alpha", "beta"), ("y1 = alpha * x + beta * y",), (("y", "y1"),), "y1"),
    "triad": Update(("x", "y", "z"), ("alpha", "beta"), ("w1 = x + alpha * y - beta * z",), (("w", "w1"),), "w1"),
    "deflation": Update(("x", "r", "w", "aw"), ("mu",), ("x1 = x + mu * w", "r1 = r - mu * aw"), (("x", "x1"), ("r", "r1")), "r1"),
}


def build_update(draw: Draw, draft: Draft) -> Case:
    """A method's update, out of place or in place, with fixed unknowns, and products of what it made."""
    name = draw.choice(tuple(UPDATES))
    update = UPDATES[name]
    fields = Fields(draft)
    draft.reserve(*update.vectors, *update.scalars, *(local for _, local in update.written), "z1", "limited")
    # In place only where every vector that is written is one that is read; such an update has no gradient.
    in_place = draw.chance(0.25) and all(vector in update.vectors for vector, _ in update.written)
    arrays = {}
    for vector in update.vectors:
        array = draft.free(f"{vector}_{draw.choice(('in', 'vec', 'old'))}" if vector != "n_vec" else "n_in")
        arrays[vector] = fields.vector(array)
    with fields.threads(arrays[update.vectors[0]]):
        active = ""
        if fields.batch and in_place and draw.chance(0.5):
            active = draft.array(draft.name("active", "running"), I32, "systems", domain=Integers(0, 2))
            with draft.block(f"if {active}[b] == 0:"):
                draft.line("return")
        for scalar in update.scalars:
            low, high = (-0.4, 0.4) if scalar in ("eps", "delta", "theta") else (0.2, 1.0)
            fields.scalar(scalar, low, high)
        for vector in update.vectors:
            fields.load(vector, arrays[vector])
        for step in update.steps:
            draft.line(draft.warp(step))
            draft.numpy(step)
        for _, local in update.written:
            fields.mask(local, 0.12)
        if in_place:
            for vector, local in update.written:
                draft.rewritten(arrays[vector])
                draft.line(f"{arrays[vector]}[{fields.here}] = {local}")
                kept = f"np.where(({active} != 0)[:, None{', None' if fields.type.rank else ''}], {local}, {vector})" if active else local
                draft.numpy(f"{arrays[vector]} = {kept}")
        else:
            for vector, local in update.written:
                fields.store(f"{vector}_out" if draw.chance(0.7) else f"{vector}_new", local)
        _products(draw, draft, fields, update, in_place, active)
    return draft.case(draw.choice((f"{name}_update", f"{name}_step", f"fused_{name}")), fields.extents, fields.sizes())


def _products(draw: Draw, draft: Draft, fields: Fields, update: Update, in_place: bool, active: str) -> None:
    """Sometimes the products of the new residual: with itself, with its preconditioned form, with another vector."""
    if not update.residual or active or not draw.chance(0.65):
        return
    new = update.residual
    differentiable = False if in_place else None
    kind = draw.choice(("self", "self", "preconditioned", "other", "largest"))
    if kind == "self":
        fields.add_dot(("rr_out", "residual_sq", "norm_sq"), new, new, differentiable=differentiable)
    elif kind == "largest" and not fields.type.rank:
        out = draft.output(draft.name("largest", "residual_max"), draft.real, fields.count, role="accumulate", differentiable=False)
        draft.line(f"wp.atomic_max({out}, {fields.slot}, wp.abs({new}))")
        draft.numpy(f"{out} = np.max(np.abs({new}), axis=-1{'' if fields.batch else ', keepdims=True'})")
    elif kind == "preconditioned":
        inverse = draft.array(draft.name("inv_diag", "jacobi"), draft.real, *fields.extents, low=0.3, high=1.5)
        draft.line(f"z1 = {inverse}[{fields.here}] * {new}")
        draft.numpy(f"z1 = {inverse}{'[..., None]' if fields.type.rank else ''} * {new}")
        fields.add_dot(("rz_out", "rho_out"), new, "z1", differentiable=differentiable)
        if not in_place and draw.chance(0.5):
            fields.store(draft.name("preconditioned", "z_tilde", "z_scaled"), "z1")
    else:
        shadow = fields.vector(draft.name("shadow", "r_hat", "test_vector"))
        fields.load("limited", shadow)
        fields.add_dot(("rho_out", "product_out"), "limited", new, differentiable=differentiable)


SCALAR_STEPS: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "cg": (("rz", "pq", "rz_new"), ("alpha = rz / pq", "beta = rz_new / rz"), ("alpha", "beta")),
    "bicgstab": (
        ("rho", "rho_old", "rv", "ts", "tt"),
        ("alpha = rho / rv", "omega = ts / tt", "beta = rho / rho_old * (alpha / omega)"),
        ("alpha", "omega", "beta"),
    ),
    "polak_ribiere": (("gg", "gg_old", "gy"), ("beta = wp.max(0.0, (gg - gy) / gg_old)", "beta_fr = gg / gg_old"), ("beta", "beta_fr")),
    "hestenes": (("gy", "dy", "gd"), ("beta = gy / dy", "alpha = gd / (dy + gd)"), ("beta", "alpha")),
    "pipelined": (
        ("gamma", "gamma_old", "delta", "alpha_old"),
        ("beta = gamma / gamma_old", "alpha = gamma / (delta + 4.0 - beta * gamma / alpha_old * 0.5)"),
        ("alpha", "beta"),
    ),
    "givens": (
        ("h0", "h1", "g"),
        ("size = wp.sqrt(h0 * h0 + h1 * h1)", "c = h0 / size", "s = h1 / size", "g0 = c * g", "g1 = -s * g"),
        ("c", "s", "g0", "g1"),
    ),
    "lanczos": (
        ("alpha", "norm_sq", "theta"),
        ("beta = wp.sqrt(norm_sq)", "shifted = alpha - theta", "pivot = shifted + beta * beta / (theta + 2.0)"),
        ("beta", "pivot"),
    ),
    "minres": (
        ("delta", "beta", "c_old", "s_old"),
        (
            "upper = s_old * beta",
            "diag = c_old * delta + s_old * beta",
            "size = wp.sqrt(diag * diag + beta * beta)",
            "c = diag / size",
            "s = beta / size",
        ),
        ("upper", "c", "s"),
    ),
    "chebyshev": (
        ("theta", "delta", "rho_old"),
        ("sigma = theta / delta + 1.0", "rho = 1.0 / (2.0 * sigma - 0.5 * rho_old)", "gain = 2.0 * rho / delta", "carry = rho * rho_old"),
        ("rho", "gain", "carry"),
    ),
    "barzilai_borwein": (
        ("ss", "sy", "yy"),
        ("long_step = ss / sy", "short_step = sy / yy", "tau = wp.sqrt(long_step * short_step)"),
        ("long_step", "tau"),
    ),
    "anderson": (("ff", "fd", "dd"), ("theta = fd / (dd + 0.1)", "reduced = ff - theta * fd"), ("theta", "reduced")),
}


def build_scalars(draw: Draw, draft: Draft) -> Case:
    """The scalars of a step for each system of a batch, from products that were summed before, guarded or limited; who has converged."""
    name = draw.choice(tuple(SCALAR_STEPS))
    inputs, steps, outputs = SCALAR_STEPS[name]
    i = draw.choice(("i", "tid", "s", "system")) if "s" not in outputs else draw.choice(("i", "tid", "system"))
    draft.reserve(i, *inputs, *outputs, "size", "shifted", "diag", "sigma", "long_step", "short_step", "ok", "norm")
    packed = draw.chance(0.3)
    if packed:
        table = draft.array(draft.name("products", "scalars", "state"), draft.real, "systems", len(inputs), low=0.4, high=1.4)
    lead = table if packed else draft.array(f"{inputs[0]}_in", draft.real, "systems", low=0.4, high=1.4)
    with draft.threads((i, "systems", lead, 0)):
        for k, local in enumerate(inputs):
            if packed:
                draft.line(f"{local} = {table}[{i}, {k}]")
                draft.numpy(f"{local} = {table}[:, {k}]")
            else:
                array = lead if k == 0 else draft.array(f"{local}_in", draft.real, "systems", low=0.4, high=1.4)
                draft.load(local, array, i, 0.4, 1.4)
        draft.formula(*steps)
        if draw.chance(0.35):
            limit = draft.knob(draft.name("limit", "largest_step"), 0.5, 3.0).numpy()
            draft.formula(f"{outputs[0]} = wp.clamp({outputs[0]}, -{limit}, {limit})")
        if draw.chance(0.35):
            flag = draft.output(draft.name("converged", "done", "breakdown"), I32, "systems")
            bound = draft.knob(draft.name("tolerance", "threshold"), 0.6, 1.2)
            draft.line(f"{flag}[{i}] = wp.where({inputs[0]} < {bound.warp()}, 1, 0)")
            draft.numpy(f"{flag} = np.where({inputs[0]} < {bound.numpy()}, 1, 0).astype(np.int32)")
        for local in outputs:
            finish(
                draft, draft.known(local, draft.real, -9.0, 9.0), (f"{local}_out", f"{local}_new"), i, ("systems",), share=0.35, total=0.0
            )
    return draft.case(
        draw.choice((f"{name}_scalars", f"{name}_coefficients", "step_scalars")), ["systems"], [{"systems": n} for n in draw.sizes(90)]
    )
