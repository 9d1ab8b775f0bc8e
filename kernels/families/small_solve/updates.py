"""Solves after a change: Sherman and Morrison, Woodbury with two columns, bordered systems, the update of a Cholesky factor, gains.

Sources: Golub and Van Loan, Matrix Computations, sections 2.1 and 6.5; Hager 1989.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.small_solve.systems import System


def build_rank_one(draw: Draw, draft: Draft) -> Case:
    """The solution of a system whose matrix is a diagonal or a given inverse changed by one or two outer products."""
    k = draw.choice((2, 3, 3, 4))
    kind = draw.choice(("diagonal", "inverse", "inverse"))
    system = System(draft, k, layouts=("matrix", "grid"), shift=1.0)
    u = system.declare_vector(("u", "column"), low=-0.5, high=0.5)
    v = system.declare_vector(("v_in", "row_in"), low=-0.5, high=0.5) if draw.chance(0.6) else u
    draft.reserve("M", "d", "p", "q", "top", "bottom", "y", "z", "W", "scale", "changed", "g")
    sign = draw.choice(("+", "+", "-"))
    with system.threads():
        system.local("M")
        system.load_vector("d")
        system.load_vector("p", u)
        if v != u:
            system.load_vector("q", v)
        q = "q" if v != u else "p"
        if kind == "diagonal":
            vec = system.vector.spelling
            draft.line(f"g = {vec}({', '.join(f'M[{r}, {r}]' for r in range(k))})", "y = wp.cw_div(d, g)", "z = wp.cw_div(p, g)")
            draft.numpy("full = np.einsum('nii->ni', full)[:, :, None] * np.eye(full.shape[1], dtype=full.dtype)")
        else:
            draft.line("W = wp.inverse(M)", "y = W @ d", "z = W @ p")
        # (M +- p q^T)^-1 d = y -+ z (q . y) / (1 +- q . z)
        draft.line(
            f"scale = wp.dot({q}, y) / ({draft.number(1.0)} {sign} wp.dot({q}, z))", f"changed = y {'-' if sign == '+' else '+'} scale * z"
        )
        draft.numpy(f"full = full {sign} {u}[:, :, None] * {v}[:, None, :]")
        system.solve()
        system.conclude([f"changed[{r}]" for r in range(k)], [f"d[{r}]" for r in range(k)])
    return draft.case(draw.choice(("sherman_morrison", f"rank_one_solve_{k}", "solve_updated")), ["n"], system.sizes())


def build_bordered(draw: Draw, draft: Draft) -> Case:
    """A saddle-point system: two or three unknowns under one or two constraints, by the Schur complement of the multipliers."""
    k = draw.choice((2, 3))
    system = System(draft, k, layouts=("matrix", "grid"), shift=1.0)
    normal = system.declare_vector(("normals", "constraint"), low=0.3, high=1.0)
    draft.reserve("M", "d", "c", "y", "z", "gap", "multiplier", "result", "W", "system_all", "wide", "compliance_value")
    gap = draft.array(draft.name("gap_in", "bound", "offset_in"), draft.real, "n")
    compliance = draft.knob(draft.name("compliance", "softness"), 0.1, 0.6)
    one_sided = draw.chance(0.5)
    with system.threads():
        system.local("M")
        system.load_vector("d")
        system.load_vector("c", normal)
        draft.line(
            "W = wp.inverse(M)",
            "y = W @ d",
            "z = W @ c",
            f"multiplier = (wp.dot(c, y) - {gap}[{system.i}]) / (wp.dot(c, z) + {compliance.warp()})",
        )
        draft.numpy(
            "free = np.linalg.solve(full, right_all[..., None])[..., 0]",
            f"reach = np.linalg.solve(full, {normal}[..., None])[..., 0]",
            f"multiplier = (np.sum({normal} * free, axis=1) - {gap}) / (np.sum({normal} * reach, axis=1) + {compliance.numpy()})",
        )
        if one_sided:
            draft.formula("multiplier = wp.max(multiplier, 0.0)")
        draft.line("result = y - multiplier * z")
        if one_sided:
            draft.numpy("solution_all = free - multiplier[:, None] * reach")
        else:
            # By definition: the matrix bordered by the constraint, with the compliance in its corner.
            draft.numpy(
                f"top = np.concatenate([full, {normal}[:, :, None]], axis=2)",
                f"corner = np.full((len(full), 1, 1), -{compliance.numpy()}, full.dtype)",
                f"bottom = np.concatenate([{normal}[:, None, :], corner], axis=2)",
                f"wide = np.concatenate([right_all, {gap}[:, None]], axis=1)",
                "system_all = np.linalg.solve(np.concatenate([top, bottom], axis=1), wide[..., None])[..., 0]",
                f"solution_all, multiplier = system_all[:, :{k}], system_all[:, {k}]",
            )
        if draw.chance(0.6):
            system.scalar("multiplier", -9.0, 9.0, ("lambda_out", "reaction", "impulse"), share=0.5)
        system.conclude([f"result[{r}]" for r in range(k)])
    return draft.case(draw.choice(("saddle_point", f"constrained_solve_{k}", "bordered_system")), ["n"], system.sizes())


def build_factor_update(draw: Draw, draft: Draft) -> Case:
    """The Cholesky factor of a matrix after an outer product is added, column by column, or a matrix rebuilt from its factor."""
    k = draw.choice((2, 3))
    rebuild = draw.chance(0.3)
    i = draw.choice(("i", "tid", "system"))
    draft.reserve("h", "c", "s", "L", "full", "w", *(f"l{r}{q}" for r in range(k) for q in range(k)), *(f"w{r}" for r in range(k)))
    diagonal = draft.array(draft.name("diagonal", "pivots"), draft.real, "n", k, low=1.0, high=2.0)
    below = draft.array(draft.name("below", "lower"), draft.real, "n", k * (k - 1) // 2, low=-0.6, high=0.6)
    change = draft.array(draft.name("w_in", "observation"), draft.real, "n", k)
    out = draft.name("factor_out", "updated", "A_out")
    with draft.threads((i, "n", diagonal, 0)):
        draft.line(*(f"l{r}{r} = {diagonal}[{i}, {r}]" for r in range(k)))
        lower = [(r, q) for r in range(k) for q in range(r)]
        draft.line(
            *(f"l{r}{q} = {below}[{i}, {number}]" for number, (r, q) in enumerate(lower)), *(f"w{r} = {change}[{i}, {r}]" for r in range(k))
        )
        draft.numpy(f"L = np.zeros((len({diagonal}), {k}, {k}), {diagonal}.dtype)", f"L[:, np.arange({k}), np.arange({k})] = {diagonal}")
        draft.numpy(*(f"L[:, {r}, {q}] = {below}[:, {number}]" for number, (r, q) in enumerate(lower)))
        draft.numpy(f"full = L @ np.swapaxes(L, 1, 2) + {change}[:, :, None] * {change}[:, None, :]")
        draft.output(out, draft.real, "n", k, k)
        if rebuild:
            for r in range(k):
                for q in range(k):
                    terms = [f"l{r}{p} * l{q}{p}" for p in range(min(r, q) + 1)] + [f"w{r} * w{q}"]
                    draft.line(f"{out}[{i}, {r}, {q}] = {' + '.join(terms)}")
            draft.numpy(f"{out} = full")
        else:
            for q in range(k):
                draft.line(f"h = wp.sqrt(l{q}{q} * l{q}{q} + w{q} * w{q})", f"c = h / l{q}{q}", f"s = w{q} / l{q}{q}", f"l{q}{q} = h")
                for r in range(q + 1, k):
                    draft.line(f"l{r}{q} = (l{r}{q} + s * w{r}) / c", f"w{r} = c * w{r} - s * l{r}{q}")
            zero = draft.number(0.0)
            draft.line(*(f"{out}[{i}, {r}, {q}] = {f'l{r}{q}' if q <= r else zero}" for r in range(k) for q in range(k)))
            draft.numpy(f"{out} = np.linalg.cholesky(full)")
        if draw.chance(0.6):
            from kernels.drafting.finish import finish

            if rebuild:
                draft.line(f"size = {' * '.join(f'l{r}{r}' for r in range(k))}")
                draft.numpy(f"size = np.prod({diagonal}, axis=1)")
            else:
                draft.line(f"size = {' * '.join(f'l{r}{r}' for r in range(k))}")
                draft.numpy("size = np.sqrt(np.linalg.det(full))")
            finish(draft, draft.known("size", draft.real, 1.0, 30.0), ("volume_out", "det_root"), i, ("n",))
    return draft.case(
        draw.choice(("cholesky_update", f"rank_one_update_{k}", "rebuild_from_factor")), ["n"], [{"n": n} for n in draw.sizes(120)]
    )


def build_gain(draw: Draw, draft: Draft) -> Case:
    """A Kalman gain or a Gaussian conditional for two or three states and one measurement, with the state and covariance after it."""
    k = draw.choice((2, 3))
    system = System(draft, k, layouts=("matrix", "grid"), shift=1.0)
    rows = system.declare_vector(("H", "observation_row"))
    measured = draft.array(draft.name("z_in", "measurement"), draft.real, "n")
    draft.reserve("M", "d", "h", "P", "ph", "s", "gain", "innovation", "state", "full_h", "value", "K")
    noise = draft.knob(draft.name("noise", "variance"), 0.4, 1.5)
    with system.threads():
        system.local("M")
        draft.line(draft.warp("P = 0.5 * (M + wp.transpose(M))"))
        draft.numpy("full = 0.5 * (full + np.swapaxes(full, 1, 2))")
        system.load_vector("d")
        system.load_vector("h", rows)
        draft.line(
            "ph = P @ h",
            f"s = wp.dot(h, ph) + {noise.warp()}",
            f"innovation = {measured}[{system.i}] - wp.dot(h, d)",
            "gain = ph / s",
            "state = d + innovation * gain",
        )
        draft.numpy(
            f"ph = np.einsum('nij,nj->ni', full, {rows})",
            f"s = np.sum({rows} * ph, axis=1) + {noise.numpy()}",
            f"innovation = {measured} - np.sum({rows} * right_all, axis=1)",
            "gain = ph / s[:, None]",
            "solution_all = right_all + innovation[:, None] * gain",
        )
        goal = draw.choice(("state", "covariance", "likelihood"))
        if goal == "covariance":
            out = draft.output(draft.name("P_out", "covariance"), system.matrix, "n")
            joseph = draw.chance(0.5)
            if joseph:
                identity = f"wp.identity(n={k}, dtype={draft.real.spelling})"
                draft.line(
                    f"K = {identity} - wp.outer(gain, h)",
                    f"{out}[{system.i}] = K @ P @ wp.transpose(K) + {noise.warp()} * wp.outer(gain, gain)",
                )
            else:
                draft.line(f"{out}[{system.i}] = P - wp.outer(gain, ph)")
            draft.numpy(f"{out} = full - gain[:, :, None] * ph[:, None, :]")
        elif goal == "likelihood":
            draft.formula("value = 0.5 * innovation * innovation / s + 0.5 * wp.log(s)")
            system.scalar("value", 0.0, 20.0, ("nll", "likelihood_out"))
        system.conclude([f"state[{r}]" for r in range(k)])
    return draft.case(draw.choice((f"kalman_update_{k}", "measurement_update", "gaussian_condition")), ["n"], system.sizes())
