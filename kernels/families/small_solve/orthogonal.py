"""Orthogonal factors of small matrices: Gram-Schmidt, Givens rotations, Householder reflections, polar factors.

Sources: Golub and Van Loan, Matrix Computations, chapter 5; Higham, Functions of Matrices, 2008, chapter 8 (polar).
"""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import UnitVectors
from kernels.drafting.draft import Draft
from kernels.drafting.vectors import function_pair
from kernels.draw import Draw
from kernels.families.small_solve.systems import System

SIGNED_QR = [
    "def signed_qr(matrices):",
    "    q, r = np.linalg.qr(matrices)",
    "    signs = np.sign(np.einsum('nii->ni', r))",
    "    return q * signs[:, None, :], r * signs[:, :, None]",
]
"""The factors with a positive diagonal, which are unique."""


def build_gram_schmidt(draw: Draw, draft: Draft) -> Case:
    """The columns or rows of a matrix made orthonormal, classically or one projection after another; perhaps the triangle too."""
    k = draw.choice((2, 3, 3))
    system = System(draft, k, right=draw.chance(0.3), layouts=("matrix", "grid"), shift=1.0)
    modified = draw.chance(0.5)
    triangle = not system.right and draw.chance(0.5)
    rows = draw.chance(0.3)
    draft.reserve(
        "M", "d", "x", "q", "tri", *(f"{x}{c}" for x in "uqcr" for c in range(k)), *(f"r{r}{c}" for r in range(k) for c in range(k))
    )
    draft.reference_definitions.append(SIGNED_QR)
    vec = system.vector.spelling
    with system.threads():
        system.local("M")
        for c in range(k):
            parts = ", ".join(f"M[{c}, {r}]" if rows else f"M[{r}, {c}]" for r in range(k))
            draft.line(f"c{c} = {vec}({parts})")
        for c in range(k):
            draft.line(f"u{c} = c{c}")
            for p in range(c):
                draft.line(f"r{p}{c} = wp.dot(q{p}, {f'u{c}' if modified else f'c{c}'})", f"u{c} = u{c} - r{p}{c} * q{p}")
            draft.line(f"r{c}{c} = wp.length(u{c})", f"q{c} = u{c} / r{c}{c}")
        draft.numpy(f"q, tri = signed_qr({'np.swapaxes(full, 1, 2)' if rows else 'full'})")
        if system.right:
            system.load_vector("d")
            # Q^T b, then back substitution.
            draft.line(*(f"y{c} = wp.dot(q{c}, d)" for c in range(k)))
            for c in reversed(range(k)):
                text = " - ".join([f"y{c}", *(f"r{c}{p} * x{p}" for p in range(c + 1, k))])
                draft.line(f"x{c} = {f'({text})' if c + 1 < k else text} / r{c}{c}")
            draft.numpy(f"solution_all = np.linalg.solve({'np.swapaxes(full, 1, 2)' if rows else 'full'}, right_all[..., None])[..., 0]")
            system.conclude([f"x{c}" for c in range(k)])
        else:
            _stored_columns(draft, system, [f"q{c}" for c in range(k)], "q", ("Q_out", "basis", "frames"))
            if triangle:
                out = draft.output(draft.name("R_out", "triangle"), draft.real, "n", k, k)
                zero = draft.number(0.0)
                draft.line(*(f"{out}[{system.i}, {r}, {c}] = {f'r{r}{c}' if r <= c else zero}" for r in range(k) for c in range(k)))
                draft.numpy(f"{out} = tri")
            elif draw.chance(0.4):
                draft.line(f"spread = {' * '.join(f'r{c}{c}' for c in range(k))}")
                draft.numpy("spread = np.abs(np.linalg.det(full))")
                system.scalar("spread", 1.0, 300.0, ("volume_out", "measure"))
    return draft.case(draw.choice((f"gram_schmidt_{k}", "orthonormalize", "qr_columns")), ["n"], system.sizes())


def _stored_columns(draft: Draft, system: System, columns: list[str], numpy: str, names: tuple[str, ...]) -> None:
    """Writes a matrix by its columns, as a matrix or number by number."""
    k = system.k
    out = draft.name(*names)
    if system.layout == "matrix":
        draft.output(out, system.matrix, "n")
        build = draft.draw.choice(("listed", "columns"))
        if build == "columns":
            draft.line(f"{out}[{system.i}] = wp.matrix_from_cols({', '.join(columns)})")
        else:
            draft.line(f"{out}[{system.i}] = {system.matrix.spelling}({', '.join(f'{c}[{r}]' for r in range(k) for c in columns)})")
    else:
        draft.output(out, draft.real, "n", k, k)
        draft.line(*(f"{out}[{system.i}, {r}, {c}] = {name}[{r}]" for c, name in enumerate(columns) for r in range(k)))
    draft.numpy(f"{out} = {numpy}")


def build_givens(draw: Draw, draft: Draft) -> Case:
    """Rotations that clear the entries below the diagonal one by one, of a matrix and its right-hand side, then back substitution."""
    k = draw.choice((2, 2, 3))
    system = System(draft, k, shift=1.0)
    draft.reserve("h", "c", "s", "t", "u", "givens", *(f"{x}{r}{q}" for x in "cs" for r in range(k) for q in range(k)))
    function = draw.chance(0.4)
    pair = "wp.vec2d" if draft.width == "float64" else "wp.vec2"
    with system.threads():
        system.entries("named")
        b = system.rights()
        if system.vectors:
            draft.line(*(f"b{r} = {text}" for r, text in enumerate(b)))
        if function:
            draft.definitions.append(
                [
                    "@wp.func",
                    f"def givens(a: {draft.real.spelling}, b: {draft.real.spelling}):",
                    "    h = wp.sqrt(a * a + b * b)",
                    f"    return {pair}(a / h, b / h)",
                ]
            )
        for col in range(k):
            for row in range(col + 1, k):
                draft.line(f"# clears a{row}{col}") if k == 3 and not function else None
                if function:
                    draft.line(f"g = givens(a{col}{col}, a{row}{col})", "c = g[0]", "s = g[1]")
                else:
                    draft.line(
                        f"h = wp.sqrt(a{col}{col} * a{col}{col} + a{row}{col} * a{row}{col})",
                        f"c = a{col}{col} / h",
                        f"s = a{row}{col} / h",
                    )
                for upper, lower in [*((f"a{col}{q}", f"a{row}{q}") for q in range(col, k)), (f"b{col}", f"b{row}")]:
                    cleared = lower == f"a{row}{col}"
                    draft.line(
                        f"t = c * {upper} + s * {lower}", *([] if cleared else [f"{lower} = c * {lower} - s * {upper}"]), f"{upper} = t"
                    )
        for r in reversed(range(k)):
            text = " - ".join([f"b{r}", *(f"a{r}{q} * x{q}" for q in range(r + 1, k))])
            draft.line(f"x{r} = {f'({text})' if r + 1 < k else text} / a{r}{r}")
        system.solve()
        system.conclude([f"x{r}" for r in range(k)])
    return draft.case(draw.choice((f"givens_solve_{k}", "qr_by_rotations", "rotate_and_solve")), ["n"], system.sizes())


def build_reflection(draw: Draw, draft: Draft) -> Case:
    """Householder reflections of a vector, a matrix from both sides, or onto the first axis; rotation between directions."""
    k = draw.choice((2, 3, 3, 4))
    kind = draw.choice(("reflect", "both_sides", "first_axis"))
    system = System(draft, k, right=True, layouts=("matrix",), shift=1.0)
    draft.reserve("M", "d", "w", "I", "H", "tau", "image", "size", "u", "away")
    normals = ""
    if kind != "first_axis":
        normals = draft.array(draft.name("normals", "mirrors"), system.vector, "n", domain=UnitVectors())
    with system.threads():
        system.local("M")
        system.load_vector("d")
        if kind == "first_axis":
            # The reflection that takes b to minus the first axis, away from cancellation.
            draft.line(
                "size = wp.length(d)",
                "u = d",
                f"u[0] += wp.where(d[0] < {draft.number(0.0)}, -size, size)",
                draft.warp("tau = 2.0 / wp.dot(u, u)"),
            )
            draft.numpy(
                "size = np.linalg.norm(right_all, axis=1)",
                "u = right_all.copy()",
                "u[:, 0] = u[:, 0] + np.where(right_all[:, 0] < 0.0, -size, size)",
            )
            draft.numpy(
                "tau = 2.0 / np.sum(u * u, axis=1)",
                "H = np.eye(u.shape[1], dtype=u.dtype) - tau[:, None, None] * u[:, :, None] * u[:, None, :]",
            )
            draft.line("image = M @ d", "image = image - (tau * wp.dot(u, image)) * u")
            draft.numpy("solution_all = np.einsum('nij,njk,nk->ni', H, full, right_all)")
        else:
            draft.line(f"u = {normals}[{system.i}]")
            draft.numpy(f"u = {normals}", "H = np.eye(u.shape[1], dtype=u.dtype) - 2.0 * u[:, :, None] * u[:, None, :]")
            if kind == "reflect":
                draft.line("image = M @ d", draft.warp("image = image - 2.0 * wp.dot(u, image) * u"))
                draft.numpy("solution_all = np.einsum('nij,njk,nk->ni', H, full, right_all)")
            else:
                identity = f"wp.identity(n={k}, dtype={draft.real.spelling})"
                draft.line(draft.warp(f"H = {identity} - 2.0 * wp.outer(u, u)"), "image = (H @ M @ H) @ d")
                draft.numpy("solution_all = np.einsum('nij,njk,nkl,nl->ni', H, full, H, right_all)")
        system.conclude([f"image[{r}]" for r in range(k)], [f"d[{r}]" for r in range(k)], 20.0)
    return draft.case(draw.choice((f"householder_{kind}", "reflect_vectors", f"reflect_{k}")), ["n"], system.sizes())


def build_polar(draw: Draw, draft: Draft) -> Case:
    """The rotation nearest to a matrix by steps of Newton's iteration, or in closed form for two rows; its stretch or energy."""
    k = draw.choice((2, 3, 3))
    closed = k == 2 and draw.chance(0.6)
    system = System(draft, k, right=False, layouts=("matrix", "grid"), shift=1.0)
    steps = draw.choice((2, 3, 4))
    draft.reserve("M", "R", "S", "X", "c", "s", "h", "step", "g", "diff", "energy", "rotation", "stretch", "n1", "n2")
    with system.threads():
        system.local("M")
        scaled = not closed and draw.chance(0.3)
        if closed:
            draft.line(
                "c = M[0, 0] + M[1, 1]",
                "s = M[1, 0] - M[0, 1]",
                "h = wp.sqrt(c * c + s * s)",
                "c = c / h",
                "s = s / h",
                f"R = {system.matrix.spelling}(c, -s, s, c)",
            )
            draft.numpy("u, _, vt = np.linalg.svd(full)", "R = u @ vt")
        else:
            draft.line("R = M")
            draft.numpy("R = full")
            with draft.loop(f"for step in range({steps}):"):
                if scaled:
                    draft.line(
                        "X = wp.transpose(wp.inverse(R))", "n1 = wp.ddot(R, R)", "n2 = wp.ddot(X, X)", "g = wp.sqrt(wp.sqrt(n2 / n1))"
                    )
                    draft.numpy(
                        "X = np.swapaxes(np.linalg.inv(R), 1, 2)", "n1, n2 = np.sum(R * R, axis=(1, 2)), np.sum(X * X, axis=(1, 2))"
                    )
                    draft.numpy("g = np.sqrt(np.sqrt(n2 / n1))[:, None, None]")
                    draft.line(draft.warp("R = 0.5 * (g * R + (1.0 / g) * X)"))
                    draft.numpy("R = 0.5 * (g * R + (1.0 / g) * X)")
                else:
                    draft.line(draft.warp("R = 0.5 * (R + wp.transpose(wp.inverse(R)))"))
                    draft.numpy("R = 0.5 * (R + np.swapaxes(np.linalg.inv(R), 1, 2))")
        goal = draw.choice(("rotation", "stretch", "energy", "both"))
        if goal in ("rotation", "both"):
            out = draft.output(draft.name("R_out", "rotations"), system.matrix, "n")
            draft.line(f"{out}[{system.i}] = R")
            draft.numpy(f"{out} = R")
        if goal in ("stretch", "both"):
            out = draft.output(draft.name("S_out", "stretches"), system.matrix, "n")
            draft.line("S = wp.transpose(R) @ M", f"{out}[{system.i}] = S")
            draft.numpy(f"{out} = np.swapaxes(R, 1, 2) @ full")
        if goal == "energy":
            draft.line("diff = M - R", "energy = wp.ddot(diff, diff)")
            draft.numpy("energy = np.sum((full - R) ** 2, axis=(1, 2))")
            system.scalar("energy", 0.0, 60.0, ("energy_out", "corotated"), share=0.85)
    return draft.case(draw.choice((f"polar_{k}x{k}", "polar_decomposition", f"nearest_rotation_{k}")), ["n"], system.sizes())


def build_jacobi_rotation(draw: Draw, draft: Draft) -> Case:
    """Jacobi's rotations of a symmetric matrix: one for two rows, or a sweep over three; eigenvalues or what is left off the diagonal."""
    k = draw.choice((2, 3))
    system = System(draft, k, symmetric=True, right=False, layouts=("grid", "row"), shift=1.0)
    draft.reserve("theta", "t", "c", "s", "tau", "off", "values", "u", "v")
    function_pair(
        draft,
        "jacobi_tangent",
        [("diff", draft.real), ("off", draft.real)],
        [
            "size = wp.sqrt(diff * diff + 4.0 * off * off)",
            "return wp.where(diff < 0.0, -2.0 * off / (size - diff), 2.0 * off / (size + diff))",
        ],
        draft.real,
        numpy_body=["size = np.sqrt(diff * diff + 4.0 * off * off)", "return 2.0 * off / (diff + np.where(diff < 0.0, -size, size))"],
    )
    with system.threads():
        system.entries("named")
        draft.numpy(*(f"a{r}{c} = full[:, {r}, {c}]" for r in range(k) for c in range(r + 1)))
        pairs = [(0, 1)] if k == 2 else draw.subset([(0, 1), (0, 2), (1, 2)], draw.choice((1, 2, 3)))
        for p, q in pairs:
            off = f"a{q}{p}"
            draft.both(f"t = jacobi_tangent(a{q}{q} - a{p}{p}, {off})")
            if k == 3:
                draft.formula("c = 1.0 / wp.sqrt(1.0 + t * t)", "s = t * c")
            draft.both(f"a{p}{p} = a{p}{p} - t * {off}", f"a{q}{q} = a{q}{q} + t * {off}")
            for r in range(k):
                if r in (p, q):
                    continue
                first, second = f"a{max(p, r)}{min(p, r)}", f"a{max(q, r)}{min(q, r)}"
                draft.both(f"u = c * {first} - s * {second}", f"v = s * {first} + c * {second}", f"{first} = u", f"{second} = v")
            if k == 3:
                draft.line(f"{off} = {draft.zero()}")
                draft.numpy(f"{off} = np.zeros_like({off})")
        if k == 2:
            draft.numpy("values = np.linalg.eigvalsh(full)")
            if draw.chance(0.5):
                draft.line("low = wp.min(a00, a11)", "high = wp.max(a00, a11)")
                draft.numpy("low, high = values[:, 0], values[:, 1]")
            else:
                draft.line("low = a00 + a11", "high = wp.abs(a00 - a11)")
                draft.numpy("low, high = values.sum(axis=1), values[:, 1] - values[:, 0]")
            for name in ("low", "high"):
                system.scalar(name, 0.0, 20.0, (f"{name}_out", f"lambda_{name}"), share=0.5)
        else:
            kept = draw.choice(("diagonal", "off"))
            if kept == "diagonal":
                out = draft.output(draft.name("diagonal_out", "ritz_values"), draft.real, "n", k)
                draft.line(*(f"{out}[{system.i}, {r}] = a{r}{r}" for r in range(k)))
                draft.numpy(f"{out} = np.stack((a00, a11, a22), axis=1)")
            else:
                draft.both("off = a10 * a10 + a20 * a20 + a21 * a21 + a00 * a11")
                system.scalar("off", 0.0, 90.0, ("off_norm", "remaining"))
    return draft.case(draw.choice((f"jacobi_rotation_{k}", "jacobi_sweep", f"symmetric_rotation_{k}")), ["n"], system.sizes())
