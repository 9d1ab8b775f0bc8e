"""Bases of Krylov spaces: projections, orthogonal steps, normalization, rotations of small Hessenberg matrices, combinations of vectors.

Sources: Saad, Iterative Methods for Sparse Linear Systems, 2003, sections 6.3 to 6.6; Golub and Van Loan, chapter 10.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.draft import Draft
from kernels.drafting.finish import Law, drop_idle_locals, finish
from kernels.draw import Draw
from kernels.language.types import I32

BASES = ("V", "basis", "krylov")


def _basis(draw: Draw, draft: Draft, k: int | str) -> tuple[str, bool]:
    """Declares a basis, a vector in each row or each column; returns its name and which."""
    by_rows = draw.chance(0.6)
    name = draft.array(draft.name(*BASES), draft.real, *((k, "n") if by_rows else ("n", k)))
    return name, by_rows


def build_projection(draw: Draw, draft: Draft) -> Case:
    """Coefficients of a vector in a basis, or a Gram matrix, by atomics: a thread for each element, for all vectors or for each."""
    k = draw.choice((2, 3, 4, 5))
    gram = draw.chance(0.35)
    pairs = not gram and draw.chance(0.4)
    draft.reserve("i", "j", "w_here", "a", "b", "n", "value")
    basis, by_rows = _basis(draw, draft, k)

    def at(j: str) -> str:
        return f"{basis}[{j}, i]" if by_rows else f"{basis}[i, {j}]"

    matrix_text = basis if by_rows else f"{basis}.T"
    weights = draft.array(draft.name("weights", "mass"), draft.real, "n", low=0.2) if draw.chance(0.35) else ""
    scale = f" * {weights}" if weights else ""
    if gram:
        draft.line("i = wp.tid()")
        out = draft.output(draft.name("gram", "H_out"), draft.real, k, k, role="accumulate")
        lower = draw.chance(0.5)
        # A second set of vectors: the matrix of a projection, which is symmetric no more.
        image = draft.array(draft.name("AV", "images"), draft.real, *((k, "n") if by_rows else ("n", k))) if draw.chance(0.4) else basis
        law = Law(draft, draw.choice(("scaled_entry", "transformed")), -1.0, 1.0) if draw.chance(0.5) else None

        def second(j: str) -> str:
            return at(j).replace(basis, image)

        with draft.block(f"for a in range({k}):"):
            first = at("a")
            if law is not None:
                draft.line(f"value = {law.warp(first)}")
                first = "value"
            with draft.block(f"for b in range({k}):"):
                factor = f" * {weights}[i]" if weights else ""
                if lower:
                    with draft.block("if b <= a:"):
                        draft.line(f"wp.atomic_add({out}, a, b, {first} * {second('b')}{factor})")
                else:
                    draft.line(f"wp.atomic_add({out}, a, b, {first} * {second('b')}{factor})")
        left = law.numpy(matrix_text) if law is not None else matrix_text
        right = image if by_rows else f"{image}.T"
        draft.numpy(f"{out} = ({left}{scale}) @ ({right}).T", *([f"{out} = np.tril({out})"] if lower else []))
        dim: tuple[str | int, ...] = ("n",)
    else:
        w = draft.array(draft.name("w", "vector_in"), draft.real, "n")
        out = draft.output(draft.name("h", "coefficients"), draft.real, k, role="accumulate")
        draft.line("j, i = wp.tid()" if pairs else "i = wp.tid()", f"w_here = {w}[i]{f' * {weights}[i]' if weights else ''}")
        draft.numpy(f"w_here = {w}{scale}")
        if draw.chance(0.3):
            locked = draft.array(draft.name("locked", "previous_v"), draft.real, "n")
            theta = draft.knob(draft.name("theta", "overlap"), 0.1, 0.9)
            draft.line(f"w_here = w_here - {theta.warp()} * {locked}[i]")
            draft.numpy(f"w_here = w_here - {theta.numpy()} * {locked}")
        if draw.chance(0.65):
            draft.fused("w_here", draft.real, [draft.known("w_here", draft.real, -1.0, 1.0), *draft.some_parameters(("scale", "shift"), 1)])
        if pairs:
            draft.line(f"wp.atomic_add({out}, j, {at('j')} * w_here)")
        else:
            with draft.block(f"for j in range({k}):"):
                draft.line(f"wp.atomic_add({out}, j, {at('j')} * w_here)")
            if draw.chance(0.4):
                norm = draft.output("w_sq", draft.real, 1, role="accumulate")
                draft.line(f"wp.atomic_add({norm}, 0, w_here * w_here)")
                draft.numpy(f"{norm} = np.sum(w_here * w_here).reshape(1)")
        draft.numpy(f"{out} = {matrix_text} @ w_here")
        dim = (k, "n") if pairs else ("n",)
    sizes = [{"n": n} for n in draw.sizes(120)]
    return draft.case(
        draw.choice(("arnoldi_coefficients", "gram_matrix" if gram else "project_on_basis", "orthogonal_projection")), dim, sizes
    )


def build_orthogonal(draw: Draw, draft: Draft) -> Case:
    """What is left of a vector outside of a basis, or a combination of the basis; normalized, added to a solution, its square summed."""
    k = draw.choice((0, 2, 3, 4, 5))
    combine = draw.chance(0.45)
    i = draw.choice(("i", "tid", "row"))
    draft.reserve(i, "j", "total", "scaled", "n", "norm")
    basis, by_rows = _basis(draw, draft, k or "k")
    at = f"{basis}[j, {i}]" if by_rows else f"{basis}[{i}, j]"
    coefficients = draft.array(draft.name("h", "y_in", "coefficients"), draft.real, k or "k")
    w = draft.array(draft.name("w", "x_in"), draft.real, "n") if not combine or draw.chance(0.6) else ""
    sign = "+" if combine else "-"
    lead = w or (basis if not by_rows else "")
    axes = (i, "n", lead or basis, 0 if lead else 1)
    with draft.threads(axes):
        count = str(k) if k else draft.extent(draft.name("k", "size"), coefficients, size="k")
        draft.line(f"total = {f'{w}[{i}]' if w else draft.zero()}")
        with draft.block(f"for j in range({count}):"):
            draft.line(f"total {sign}= {coefficients}[j] * {at}")
        draft.numpy(f"total = {f'{w} {sign} ' if w else ''}{coefficients} @ {basis if by_rows else f'{basis}.T'}")
        value = draft.known("total", draft.real, -6.0, 6.0)
        if draw.chance(0.4):
            # Of a loop with a run-time count the backward pass does not know the sum, and so nothing of what it is divided by.
            norm = draft.array(draft.name("norm_sq", "weight_sq"), draft.real, 1, low=0.5, high=2.0, differentiable=bool(k))
            how = draw.choice(("divide", "rsqrt"))
            if how == "divide":
                draft.line(f"total = total / wp.sqrt({norm}[0])")
            else:
                draft.line(draft.warp(f"scaled = 1.0 / wp.sqrt({norm}[0])"), "total = scaled * total")
            draft.numpy(f"total = total / np.sqrt({norm}[0])")
        if k and draw.chance(0.45):
            square = draft.output(draft.name("w_sq", "beta_sq"), draft.real, 1, role="accumulate")
            draft.line(f"wp.atomic_add({square}, 0, total * total)")
            draft.numpy(f"{square} = np.sum(total * total).reshape(1)")
        fields = (("shift", -1.0, 1.0), ("inv_diag", 0.3, 1.5))
        finish(
            draft,
            value,
            ("w_out", "x_out", "ritz_out"),
            i,
            ("n",),
            linear=not k,
            share=0.45,
            fields=fields,
            parameters=("gain", "damping", "offset"),
        )
    sizes = [{"n": n, "k": m} for n, m in zip(draw.sizes(120), (1, 3, 6), strict=True)]
    return draft.case(draw.choice(("arnoldi_step", "combine_basis" if combine else "gram_schmidt_step", "update_from_basis")), ["n"], sizes)


def build_rotations(draw: Draw, draft: Draft) -> Case:
    """A column of each system's Hessenberg matrix through the rotations so far, and a new one; or a triangle solved."""
    k = draw.choice((2, 3, 4))
    solve = draw.chance(0.4)
    i = draw.choice(("b", "system", "tid"))
    draft.reserve(i, "j", "t", "h0", "h1", "c", "s", "size", "g0", "g1", "acc", "r", "column", "full", "answer", "last", "value")
    if solve:
        triangle = draft.array(draft.name("R", "triangle"), draft.real, "n", k, k, low=-0.5, high=0.5)
        diagonal = draft.array(draft.name("diag", "pivots"), draft.real, "n", k, low=0.8, high=2.0)
        g = draft.array(draft.name("g", "rhs"), draft.real, "n", k)
        out = draft.output(draft.name("y", "coefficients"), draft.real, "n", k)
        limited = draw.chance(0.4)
        right, right_numpy = f"{g}[{i}, {{r}}]", g
        if draw.chance(0.6):
            # Right-hand sides made of two: scaled, or with a part taken off.
            other = draft.array(draft.name("offset", "previous_g"), draft.real, "n", k)
            sign = draw.choice(("+", "-", "*"))
            right, right_numpy = f"{right} {sign} {other}[{i}, {{r}}]", f"{g} {sign} {other}"
        with draft.threads((i, "n", g, 0)):
            if limited:
                size = draft.array(draft.name("sizes", "subspace_dim"), I32, "n", domain=Integers(1, k + 1))
                draft.line(f"last = {size}[{i}]")
            with draft.block(f"for r in range({k - 1}, -1, -1):"):
                draft.line(f"acc = {right.format(r='r')}")
                with draft.block(f"for j in range({k}):"), draft.block("if j > r:"):
                    draft.line(f"acc -= {triangle}[{i}, r, j] * {out}[{i}, j]")
                if limited:
                    with draft.block("if r >= last:"):
                        draft.line(f"acc = {draft.zero()}")
                draft.line(f"{out}[{i}, r] = acc / {diagonal}[{i}, r]")
            kept = f" * (np.arange({k}) < {size}[:, None])" if limited else ""
            draft.numpy(f"column = ({right_numpy}){kept}", f"full = np.triu({triangle}, 1)")
            if limited:
                draft.numpy(f"full = full * (np.arange({k}) < {size}[:, None])[:, :, None]")
            draft.numpy(
                f"full[:, np.arange({k}), np.arange({k})] = {diagonal}", f"{out} = np.linalg.solve(full, column[..., None])[..., 0]"
            )
        return draft.case(draw.choice(("gmres_solve_triangle", "small_back_substitution")), ["n"], [{"n": n} for n in draw.sizes(90)])
    h = draft.array(draft.name("h", "column_in"), draft.real, "n", k + 1, low=0.2, high=1.2)
    cosines = draft.array(draft.name("cs", "cosines"), draft.real, "n", k - 1)
    sines = draft.array(draft.name("sn", "sines"), draft.real, "n", k - 1)
    g_in = draft.array(draft.name("g_in", "rhs_last"), draft.real, "n")
    with draft.threads((i, "n", h, 0)):
        draft.line(f"h0 = {h}[{i}, 0]")
        column = draft.output(draft.name("column_out", "r_column"), draft.real, "n", k)
        with draft.block(f"for j in range({k - 1}):"):
            draft.line(f"c = {cosines}[{i}, j]", f"s = {sines}[{i}, j]", f"h1 = {h}[{i}, j + 1]")
            draft.line(f"{column}[{i}, j] = c * h0 + s * h1", "h0 = c * h1 - s * h0")
        draft.numpy(
            f"h0, rotated = {h}[:, 0], []",
            f"for j in range({k - 1}):",
            f"    c, s, h1 = {cosines}[:, j], {sines}[:, j], {h}[:, j + 1]",
            "    rotated.append(c * h0 + s * h1)",
            "    h0 = c * h1 - s * h0",
        )
        draft.line(f"h1 = {h}[{i}, {k}]")
        draft.numpy(f"h1 = {h}[:, {k}]")
        draft.formula("size = wp.sqrt(h0 * h0 + h1 * h1)", "c = h0 / size", "s = h1 / size")
        draft.line(f"{column}[{i}, {k - 1}] = size", f"g0 = {g_in}[{i}]")
        draft.numpy(f"{column} = np.stack([*rotated, size], axis=1)", f"g0 = {g_in}")
        draft.formula("g1 = -s * g0", "g0 = c * g0")
        outs = [("c", ("c_out", "new_cos")), ("s", ("s_out", "new_sin")), ("g0", ("g_out", "g_top")), ("g1", ("g_last", "residual_out"))]
        for local, names in outs:
            if local in ("c", "s") or draw.chance(0.7):
                finish(draft, draft.known(local, draft.real, -2.0, 2.0), names, i, ("n",), share=0.4, total=0.0)
    drop_idle_locals(draft)
    return draft.case(draw.choice(("givens_step", "rotate_hessenberg", "gmres_rotation")), ["n"], [{"n": n} for n in draw.sizes(90)])


def build_normalize(draw: Draw, draft: Draft) -> Case:
    """A new basis vector from its square, stored into a basis; a Lanczos step with both neighbours; an eigenvector's residual."""
    kind = draw.choice(("normalize", "lanczos", "eigen_residual", "restart"))
    i = draw.choice(("i", "tid", "row"))
    draft.reserve(i, "w_here", "v_here", "norm", "value", "theta", "alpha", "beta", "n", "old")
    w = draft.array(draft.name("w", "q_in"), draft.real, "n")
    with draft.threads((i, "n", w, 0)):
        draft.load("w_here", w, i, -1.0, 1.0)
        if kind in ("normalize", "restart"):
            square = draft.array(draft.name("norm_sq", "beta_sq"), draft.real, 1, low=0.5, high=2.0)
            guarded = draw.chance(0.4)
            if guarded:
                draft.line(f"norm = wp.sqrt(wp.max({square}[0], {draft.number(1.0e-6)}))")
            else:
                draft.line(f"norm = wp.sqrt({square}[0])")
            draft.numpy(f"norm = np.sqrt({square}[0])")
            draft.both("value = w_here / norm")
            if kind == "restart":
                old = draft.array(draft.name("v_old", "locked"), draft.real, "n")
                overlap = draft.array(draft.name("overlap", "product_in"), draft.real, 1)
                draft.line(f"value = value - {overlap}[0] * {old}[{i}]")
                draft.numpy(f"value = value - {overlap}[0] * {old}")
        else:
            v = draft.array(draft.name("v", "ritz"), draft.real, "n")
            draft.load("v_here", v, i, -1.0, 1.0)
            alpha = draft.array(draft.name("alpha_in", "theta_in"), draft.real, 1, low=0.2, high=1.2)
            draft.line(f"value = w_here - {alpha}[0] * v_here")
            draft.numpy(f"value = w_here - {alpha}[0] * v_here")
            if kind == "lanczos":
                old = draft.array("v_old", draft.real, "n")
                beta = draft.array("beta_in", draft.real, 1, low=0.2, high=1.2)
                draft.line(f"value = value - {beta}[0] * {old}[{i}]")
                draft.numpy(f"value = value - {beta}[0] * {old}")
        if draw.chance(0.5):
            total = draft.output(draft.name("value_sq", "next_beta_sq"), draft.real, 1, role="accumulate")
            draft.line(f"wp.atomic_add({total}, 0, value * value)")
            draft.numpy(f"{total} = np.sum(value * value).reshape(1)")
        name = "value"
        if draw.chance(0.4):
            name = draft.fused(
                "scaled", draft.real, [draft.known("value", draft.real, -4.0, 4.0), *draft.some_parameters(("gain", "shift"), 1)]
            ).name
        if draw.chance(0.45):
            slot = draft.value(draft.name("slot", "column", "step"), I32, Integers(0, 4))
            basis = draft.array(draft.name(*BASES), draft.real, 4, "n", role="inout", differentiable=True)
            draft.line(f"{basis}[{slot}, {i}] = {name}")
            draft.numpy(f"{basis} = {basis}.copy()", f"{basis}[{slot}] = {name}")
        else:
            draft.store(draft.output(draft.name("v_out", "r_out"), draft.real, "n"), i, name)
    return draft.case(draw.choice((f"{kind}_vector", f"krylov_{kind}", f"{kind}_step")), ["n"], [{"n": n} for n in draw.sizes(150)])
