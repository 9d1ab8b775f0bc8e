"""Eigenvalues and what is made of them: closed forms for two and three rows, power iterations, quotients, invariants, matrix norms.

Sources: Smith 1961 (three rows, by the arc cosine); Golub and Van Loan, Matrix Computations, chapters 7 and 8.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.draft import Draft
from kernels.drafting.finish import drop_idle_locals
from kernels.draw import Draw
from kernels.families.small_solve.systems import System
from kernels.language.expression import variable


def build_symmetric(draw: Draw, draft: Draft) -> Case:
    """The eigenvalues of a symmetric matrix of two or three rows in closed form, then stored or joined to a measure."""
    k = draw.choice((2, 2, 3))
    system = System(draft, k, symmetric=True, right=False)
    draft.reserve(
        "mean", "radius", "half", "low", "mid", "high", "values", "p1", "p2", "p", "q", "det_b", "r", "phi", "angle", "measure", "c", "s"
    )
    with system.threads():
        a = system.entries()
        if k == 2:
            draft.warp_formula(f"mean = 0.5 * ({a[0][0]} + {a[1][1]})", f"half = 0.5 * ({a[0][0]} - {a[1][1]})")
            draft.line(f"radius = wp.sqrt(half * half + {a[1][0]} * {a[1][0]})", "low = mean - radius", "high = mean + radius")
        else:
            _three(draft, a)
        if k == 2:
            draft.numpy("values = np.linalg.eigvalsh(full)", "low, high = values[:, 0], values[:, 1]")
        else:
            # As sensitive to a double eigenvalue as the kernel's closed form, which numpy's own eigenvalues are not.
            draft.numpy(
                "identity = np.eye(3, dtype=full.dtype)",
                "q = np.trace(full, axis1=1, axis2=2) / 3.0",
                "shifted = full - q[:, None, None] * identity",
                "p = np.sqrt(np.sum(shifted * shifted, axis=(1, 2)) / 6.0)",
                "phi = np.arccos(0.5 * np.linalg.det(shifted / p[:, None, None])) / 3.0",
                "high, low = q + 2.0 * p * np.cos(phi), q + 2.0 * p * np.cos(phi + 2.0 * np.pi / 3.0)",
                "mid = 3.0 * q - high - low",
                "values = np.stack((low, mid, high), axis=1)",
            )
        names = ("low", "mid", "high") if k == 3 else ("low", "high")
        goal = draw.choice(("values", "measure", "one", "angle" if k == 2 else "measure", "law"))
        if goal == "values":
            if draw.chance(0.5):
                out = draft.output(draft.name("eigenvalues", "principal"), draft.real, "n", k)
                draft.line(*(f"{out}[{system.i}, {c}] = {name}" for c, name in enumerate(names)))
                draft.numpy(f"{out} = values")
            else:
                for name in names:
                    draft.store(draft.output(f"{name}_out", draft.real, "n"), system.i, name)
        elif goal == "angle":
            draft.line(f"angle = {draft.number(0.5)} * wp.atan2({draft.number(2.0)} * {a[1][0]}, {a[0][0]} - {a[1][1]})")
            draft.numpy("angle = 0.5 * np.arctan2(2.0 * full[:, 1, 0], full[:, 0, 0] - full[:, 1, 1])")
            system.scalar("angle", -1.6, 1.6, ("orientation", "principal_angle"), share=0.6)
            if draw.chance(0.4):
                system.scalar("high", 0.5, 9.0, ("strength", "high_out"), share=0.4)
        elif goal == "one":
            name = draw.choice(names)
            system.scalar(name, 0.5, 9.0, (f"{name}_out", f"eigenvalue_{name}"), share=0.9)
        elif goal == "law":
            known = [variable(name, draft.real, 0.5, 9.0) for name in names]
            value = draft.fused("measure", draft.real, known)
            draft.store(draft.output(draft.name("feature", "response_out"), draft.real, "n"), system.i, value.name)
        else:
            draft.formula(
                draw.choice(
                    (
                        "measure = (high - low) / (high + low)",
                        "measure = high / low",
                        "measure = low * high",
                        "measure = wp.log(high / low)",
                    )
                    if k == 2
                    else (
                        "measure = (high - mid) / high",
                        "measure = (mid - low) / high",
                        "measure = low / high",
                        "measure = low + mid + high",
                    )
                )
            )
            system.scalar("measure", -1.0, 40.0, ("anisotropy", "shape", "measure_out"), share=0.6)
    drop_idle_locals(draft)
    return draft.case(draw.choice((f"eigenvalues_{k}x{k}", f"principal_values_{k}", "tensor_spectrum")), ["n"], system.sizes())


def _three(draft: Draft, a: list[list[str]]) -> None:
    """Three eigenvalues by the arc cosine of the scaled determinant."""
    draft.line(f"q = ({a[0][0]} + {a[1][1]} + {a[2][2]}) / {draft.number(3.0)}")
    draft.line(*(f"e{r} = {a[r][r]} - q" for r in range(3)))
    draft.line(f"p1 = {a[1][0]} * {a[1][0]} + {a[2][0]} * {a[2][0]} + {a[2][1]} * {a[2][1]}")
    draft.warp_formula("p2 = e0 * e0 + e1 * e1 + e2 * e2 + 2.0 * p1", "p = wp.sqrt(p2 / 6.0)")
    draft.line(
        f"minor0 = e1 * e2 - {a[2][1]} * {a[2][1]}",
        f"minor1 = {a[1][0]} * e2 - {a[2][1]} * {a[2][0]}",
        f"minor2 = {a[1][0]} * {a[2][1]} - e1 * {a[2][0]}",
        f"det_b = e0 * minor0 - {a[1][0]} * minor1 + {a[2][0]} * minor2",
    )
    draft.warp_formula("r = wp.clamp(0.5 * det_b / (p * p * p), -1.0, 1.0)", "phi = wp.acos(r) / 3.0")
    draft.warp_formula(
        "high = q + 2.0 * p * wp.cos(phi)", "low = q + 2.0 * p * wp.cos(phi + 2.0943951023931953)", "mid = 3.0 * q - high - low"
    )


def build_power(draw: Draw, draft: Draft) -> Case:
    """A known number of steps of the power, inverse or shifted iteration, and a Rayleigh quotient."""
    k = draw.choice((2, 3, 3, 4))
    steps = draw.choice((2, 3, 4))
    kind = draw.choice(("power", "inverse", "shifted", "gram"))
    system = System(draft, k, layouts=("matrix", "grid"), shift=1.0)
    draft.reserve("M", "d", "u", "w", "step", "quotient", "operator", "inverse", "size")
    with system.threads():
        system.local("M")
        system.load_vector("d")
        if kind == "inverse":
            draft.line("inverse = wp.inverse(M)")
            draft.numpy("operator = np.linalg.inv(full)")
        elif kind == "shifted":
            shift = draft.knob(draft.name("shift", "sigma"), 0.2, 0.8)
            draft.line(f"M = M - {shift.warp()} * wp.identity(n={k}, dtype={draft.real.spelling})")
            draft.numpy(f"operator = full - {shift.numpy()} * np.eye({k}, dtype=full.dtype)")
        elif kind == "gram":
            draft.line("M = wp.transpose(M) @ M")
            draft.numpy("operator = np.swapaxes(full, 1, 2) @ full")
        else:
            draft.numpy("operator = full")
        name = "inverse" if kind == "inverse" else "M"
        start = draft.number(0.3)
        # Away from zero, so that it can be made a unit vector.
        draft.line(f"u = d + {system.vector.spelling}({', '.join([draft.number(1.5)] + [start] * (k - 1))})")
        draft.numpy(f"u = right_all + np.array({[1.5] + [0.3] * (k - 1)}, right_all.dtype)")
        with draft.loop(f"for step in range({steps}):"):
            draft.line(f"w = {name} @ u")
            draft.numpy("w = np.einsum('nij,nj->ni', operator, u)")
            draft.line(draw.choice(("u = w / wp.length(w)", "u = wp.normalize(w)")))
            draft.numpy("u = w / np.linalg.norm(w, axis=1, keepdims=True)")
        goal = draw.choice(("quotient", "vector", "both"))
        if goal != "vector":
            draft.line(f"quotient = wp.dot(u, {name} @ u)")
            draft.numpy("quotient = np.einsum('ni,nij,nj->n', u, operator, u)")
            system.scalar("quotient", 0.1, 60.0, ("lambda_out", "rayleigh", "estimate"))
        if goal != "quotient":
            draft.numpy("solution_all = u")
            system.store([f"u[{r}]" for r in range(k)], ("u_out", "eigenvector", "direction"))
    return draft.case(draw.choice((f"{kind}_iteration_{k}", f"{kind}_steps", "dominant_direction")), ["n"], system.sizes())


def build_invariants(draw: Draw, draft: Draft) -> Case:
    """Invariants, norms and quadratic forms of a matrix, the deviator, singular values of two rows, written out or by builtins."""
    kind = draw.choice(("form", "invariants", "deviator", "singular", "distance", "norm"))
    k = 2 if kind == "singular" else draw.choice((2, 3, 3, 4) if kind in ("form", "distance", "norm") else (3,))
    right = kind in ("form", "distance")
    system = System(draft, k, right=right, layouts=("matrix", "grid", "row"), symmetric=kind == "distance", shift=1.0)
    draft.reserve(
        "M",
        "d",
        "value",
        "first",
        "second",
        "third",
        "mean",
        "e",
        "f",
        "g",
        "h",
        "q",
        "r",
        "s",
        "w",
        "trace_m",
        "squares",
        "S",
        "equivalent",
        "scale",
        "excess",
    )
    with system.threads():
        if kind in ("form", "distance"):
            a = system.entries()
            b = system.rights()
            if kind == "form":
                rows = [f"{b[r]} * ({' + '.join(f'{a[r][c]} * {b[c]}' for c in range(k))})" for r in range(k)]
                if draw.chance(0.5):
                    draft.line(f"value = {rows[0]}", *(f"value += {row}" for row in rows[1:]))
                else:
                    draft.line(f"value = {' + '.join(rows)}")
                draft.numpy("value = np.einsum('ni,nij,nj->n', right_all, full, right_all)")
                draft.known("value", draft.real, -40.0, 60.0)
            else:
                # The distance of Mahalanobis by forward substitution with the Cholesky factor.
                for c in range(k):
                    diagonal = " - ".join([a[c][c], *(f"l{c}{p} * l{c}{p}" for p in range(c))])
                    draft.line(f"l{c}{c} = wp.sqrt({diagonal})")
                    for r in range(c + 1, k):
                        top = " - ".join([a[r][c], *(f"l{r}{p} * l{c}{p}" for p in range(c))])
                        draft.line(f"l{r}{c} = {f'({top})' if c else top} / l{c}{c}")
                for r in range(k):
                    top = " - ".join([b[r], *(f"l{r}{p} * y{p}" for p in range(r))])
                    draft.line(f"y{r} = {f'({top})' if r else top} / l{r}{r}")
                draft.line(f"value = {' + '.join(f'y{r} * y{r}' for r in range(k))}")
                draft.numpy("value = np.sum(right_all * np.linalg.solve(full, right_all[..., None])[..., 0], axis=1)")
                if draw.chance(0.5):
                    draft.formula(draw.choice(("value = wp.exp(-0.5 * value)", "value = wp.sqrt(value + 0.01)")))
            system.scalar("value", -60.0, 60.0, ("quadratic_form", "distance_out", "value_out"))
        elif kind == "singular":
            a = system.entries()
            draft.warp_formula(f"e = 0.5 * ({a[0][0]} + {a[1][1]})", f"f = 0.5 * ({a[0][0]} - {a[1][1]})")
            draft.warp_formula(f"g = 0.5 * ({a[1][0]} + {a[0][1]})", f"h = 0.5 * ({a[1][0]} - {a[0][1]})")
            draft.line("q = wp.sqrt(e * e + h * h)", "r = wp.sqrt(f * f + g * g)", "first = q + r", "second = q - r")
            draft.numpy("squares = np.linalg.svd(full, compute_uv=False)", "first, second = squares[:, 0], squares[:, 1]")
            for name in ("first", "second"):
                system.scalar(name, 0.2, 9.0, (f"sigma_{name}", f"{name}_out"), share=0.5)
        else:
            system.local("M")
            if kind == "norm":
                parts = {
                    "ddot": ("value = wp.ddot(M, M)", "value = np.sum(full * full, axis=(1, 2))"),
                    "trace": ("value = wp.trace(M @ wp.transpose(M))", "value = np.sum(full * full, axis=(1, 2))"),
                    "skew": (
                        "value = wp.ddot(M, M) - wp.ddot(M, wp.transpose(M))",
                        "value = np.sum(full * full - full * np.swapaxes(full, 1, 2), axis=(1, 2))",
                    ),
                }
                warp, numpy = parts[draw.choice(tuple(parts))]
                draft.line(warp)
                draft.numpy(numpy)
                if draw.chance(0.5):
                    draft.formula("value = wp.sqrt(value + 0.1)")
                system.scalar("value", 0.0, 90.0, ("norm_out", "spread_out"), share=0.9)
            elif kind == "invariants":
                draft.line(
                    "first = wp.trace(M)", draft.warp("second = 0.5 * (first * first - wp.trace(M @ M))"), "third = wp.determinant(M)"
                )
                draft.numpy(
                    "first = np.trace(full, axis1=1, axis2=2)",
                    "second = 0.5 * (first * first - np.trace(full @ full, axis1=1, axis2=2))",
                    "third = np.linalg.det(full)",
                )
                known = [
                    variable(name, draft.real, low, high)
                    for name, low, high in (("first", 6.0, 20.0), ("second", 5.0, 90.0), ("third", 5.0, 300.0))
                ]
                value = draft.fused("energy", draft.real, draw.subset(known, draw.choice((1, 2))))
                draft.store(draft.output(draft.name("energy_out", "invariant_out"), draft.real, "n"), system.i, value.name)
            else:
                _deviator(draw, draft, system)
    drop_idle_locals(draft)
    return draft.case(draw.choice((f"{kind}_{k}x{k}", f"{kind}_of_matrices", f"matrix_{kind}")), ["n"], system.sizes())


def _deviator(draw: Draw, draft: Draft, system: System) -> None:
    """The symmetric part without its mean, its second invariant, and perhaps a return to a yield surface."""
    draft.line(draft.warp("M = 0.5 * (M + wp.transpose(M))"), draft.warp("mean = wp.trace(M) / 3.0"))
    draft.line(f"S = M - mean * wp.identity(n=3, dtype={draft.real.spelling})", draft.warp("squares = 0.5 * wp.ddot(S, S)"))
    draft.numpy("full = 0.5 * (full + np.swapaxes(full, 1, 2))", "mean = np.trace(full, axis1=1, axis2=2) / 3.0")
    draft.numpy("S = full - mean[:, None, None] * np.eye(3, dtype=full.dtype)", "squares = 0.5 * np.sum(S * S, axis=(1, 2))")
    if draw.chance(0.5):
        draft.formula("equivalent = wp.sqrt(3.0 * squares + 0.01)")
        limit = draft.knob(draft.name("yield_stress", "limit"), 0.8, 2.0).numpy()
        if draw.chance(0.6):
            draft.formula(f"scale = wp.min({limit} / equivalent, 1.0)")
            out = draft.output(draft.name("stress_out", "returned"), system.matrix, "n")
            draft.line(f"{out}[{system.i}] = scale * S + mean * wp.identity(n=3, dtype={draft.real.spelling})")
            draft.numpy(f"{out} = scale[:, None, None] * S + mean[:, None, None] * np.eye(3, dtype=full.dtype)")
            if draw.chance(0.5):
                return
        draft.formula(f"excess = wp.max(equivalent - {limit}, 0.0)")
        system.scalar("excess", 0.0, 9.0, ("plastic", "excess_out"), share=0.6)
        return
    known = [variable("squares", draft.real, 0.0, 9.0), variable("mean", draft.real, 2.0, 6.0)]
    value = draft.fused("energy", draft.real, known)
    draft.store(draft.output(draft.name("energy_out", "density_out"), draft.real, "n"), system.i, value.name)
