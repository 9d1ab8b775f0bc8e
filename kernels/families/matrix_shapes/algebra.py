"""Small dense algebra: chains and iterations, Gram matrices, covariances, decompositions, linear systems."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Uniform, UnitVectors, WellConditioned
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.drafting.mirror.steps import stored
from kernels.draw import Draw
from kernels.families.matrix_shapes.results import kept_matrix, kept_vector, sizes


def build_chain(draw: Draw, draft: MirrorDraft) -> Case:
    """Powers and products: Markov chains, power iteration, reflections, Gram matrices, covariance of samples, quadratic forms."""
    i = draw.choice(("tid", "i", "system"))
    way = draw.choice(("markov", "power", "reflection", "gram", "covariance", "quadratic"))
    size = draw.choice((3, 4, 5, 6, 7))
    if way == "markov":
        draft.field(
            "transition", f"mat{size}{size}", 1 if (shared := draw.chance(0.4)) else "n", low=0.05, high=0.4, names=("T_in", "chain")
        )
        draft.field("start", f"vec{size}", "n", domain=Uniform(0.1, 1.0), names=("initial", "p0"))
        draft.thread("n", "start", index=i, counts=("num_systems", "count"))
        matrix = f"transition[{'0' if shared else i}]"
        draft.code(f"p = start[{i}]\nfor k in range({draw.integer(2, 4)}):\n    p = {draw.choice((f'p @ {matrix}', f'{matrix} @ p'))}")
    elif way == "power":
        draft.field("matrices", f"mat{size}{size}", "n", low=0.0, high=1.0, names=("A_in", "operators"))
        draft.thread("n", "matrices", index=i, counts=("num_systems", "count"))
        draft.code(f"""
            A = matrices[{i}]
            v = vec{size}({", ".join(["1.0"] * size)})
            for k in range({draw.integer(2, 4)}):
                v = wp.normalize(A @ v)
            rayleigh = wp.dot(v, A @ v)
            """)
        stored(draft, "rayleigh", "float", 7.0, i, ["n"], ("eigenvalue", "rayleigh_out"))
        if draw.chance(0.5):
            out = draft.result("vector_out", f"vec{size}", "n")
            draft.code(f"{out}[{i}] = v")
        return draft.finish("power_iteration", ["n"], sizes(draw))
    elif way == "reflection":
        draft.field("normals", f"vec{size}", "n", domain=UnitVectors(), names=("v_in", "householder"))
        draft.field("x", f"vec{size}", "n", names=("vectors", "rhs_in"))
        draft.thread("n", "x", index=i, counts=("num_systems", "count"))
        draft.code(f"""
            v = normals[{i}]
            H = wp.identity(n={size}, dtype=float) - wp.outer(v, v) * {draw.choice(("2.0", "1.0", "1.5"))}
            y = H @ x[{i}]
            """)
        kept_vector(draft, "y", size, 4.0, i, ("y_out", "reflected"))
        return draft.finish("reflect_vectors", ["n"], sizes(draw))
    elif way == "gram":
        rows, cols = draw.choice(((2, 3), (2, 5), (3, 4), (3, 6), (4, 6), (5, 3), (6, 2)))
        draft.field("rows_in", f"mat{rows}{cols}", "n", names=("A_in", "frames"))
        draft.thread("n", "rows_in", index=i, counts=("num_systems", "count"))
        draft.code(f"A = rows_in[{i}]\nG = {draw.choice(('A @ wp.transpose(A)', 'wp.transpose(A) @ A'))}")
        side = rows if "A @ wp.transpose" in draft.kernel[-1] else cols
        if draw.chance(0.4):
            draft.code(f"G = G + wp.diag(wp.get_diag(G)) * {draw.real(0.1, 0.9)}")
        kept_matrix(draft, "G", side, side, cols * 2.0, i, ("gram_out", "G_out"))
        return draft.finish("gram_matrices", ["n"], sizes(draw))
    elif way == "covariance":
        count = draw.integer(3, 5)
        length = draw.choice((2, 3, 4, 5))
        draft.field("samples", f"vec{length}", "n", count, names=("cluster", "window"))
        draft.thread("n", "samples", index=i, counts=("num_systems", "count"))
        draft.code(f"""
            mean = vec{length}()
            for k in range({count}):
                mean = mean + samples[{i}, k] / {count}.0
            C = mat{length}{length}()
            for k in range({count}):
                d = samples[{i}, k] - mean
                C = C + wp.outer(d, d)
            C = C / {draw.choice((f"{count}.0", f"{count - 1}.0"))}
            """)
        kept_matrix(draft, "C", length, length, 2.0, i, ("covariance_out", "C_out"))
        return draft.finish("covariances", ["n"], sizes(draw))
    else:
        draft.field("matrices", f"mat{size}{size}", "n", names=("Q_in", "hessians"))
        draft.field("x", f"vec{size}", "n", names=("point", "z_in"))
        draft.thread("n", "matrices", index=i, counts=("num_systems", "count"))
        draft.code(f"Q = matrices[{i}]\nz = x[{i}]")
        draft.code(draw.choice(("form = wp.dot(z, Q @ z)", "form = 0.5 * wp.dot(z @ Q, z)", "form = wp.ddot(Q, wp.outer(z, z))")))
        if draw.chance(0.5):
            draft.code("gradient = (Q + wp.transpose(Q)) @ z")
            out = draft.result("gradient_out", f"vec{size}", "n")
            draft.code(f"{out}[{i}] = gradient")
        stored(draft, "form", "float", 60.0, i, ["n"], ("form_out", "energy_out"), total=0.4)
        return draft.finish("quadratic_forms", ["n"], sizes(draw))
    return _chain_end(draw, draft, i, size)


def _chain_end(draw: Draw, draft: MirrorDraft, i: str, size: int) -> Case:
    """What a distribution comes to."""
    if draw.chance(0.5):
        draft.code(f"total = wp.dot(p, vec{size}({', '.join(['1.0'] * size)}))\np = p / total")
    if draw.chance(0.4):
        draft.code(f"entropy = float(0.0)\nfor k in range({size}):\n    entropy = entropy - p[k] * wp.log(p[k] + 0.01)")
        stored(draft, "entropy", "float", 3.0, i, ["n"], ("entropy_out", "information"))
    else:
        kept_vector(draft, "p", size, 2.0, i, ("p_out", "distribution"))
    return draft.finish("markov_steps", ["n"], sizes(draw))


def build_decomposition(draw: Draw, draft: MirrorDraft) -> Case:
    """Singular values, eigenvalues and orthogonal factors, used through what does not depend on signs or order."""
    i = draw.choice(("tid", "i", "elem"))
    kind = draw.choice(("svd3", "svd3", "svd2", "qr3", "eig3", "eig3"))
    size = 2 if kind == "svd2" else 3
    draft.field(
        "F", f"mat{size}{size}", "n", domain=WellConditioned(1.6, symmetric=kind == "eig3"), names=("A_in", "deformation", "matrices")
    )
    draft.thread("n", "F", index=i, counts=("num_elements", "count"))
    # Of an eigenvalue problem the symmetric part alone counts; singular values of two rows are kept apart.
    taken = {"eig3": f"0.5 * (F[{i}] + wp.transpose(F[{i}]))", "svd2": f"0.5 * F[{i}] + mat22(1.2, 0.0, 0.0, 0.0)"}
    draft.code(f"A = {taken.get(kind, f'F[{i}]')}")
    by_output = draw.chance(0.4)
    mat, vec = f"mat{size}{size}", f"vec{size}"
    if kind in ("svd3", "svd2"):
        draft.code(f"U = {mat}()\nsigma = {vec}()\nV = {mat}()\nwp.{kind}(A, U, sigma, V)" if by_output else f"U, sigma, V = wp.{kind}(A)")
        way = draw.choice(("polar", "stretch", "values", "energy", "power"))
        if way == "polar":
            draft.code("R = U @ wp.transpose(V)")
            kept_matrix(draft, "R", size, size, 1.0, i, ("rotation_out", "R_out"))
        elif way == "stretch":
            draft.code("S = V @ wp.diag(sigma) @ wp.transpose(V)")
            kept_matrix(draft, "S", size, size, 4.0, i, ("stretch_out", "S_out"))
        elif way == "values":
            draft.code(f"anisotropy = {draw.choice(('wp.max(sigma) - wp.min(sigma)', 'wp.dot(sigma, sigma)', 'wp.max(sigma)'))}")
            stored(draft, "anisotropy", "float", 20.0, i, ["n"], ("anisotropy_out", "stretch_norm"))
        elif way == "energy":
            mu = draft.tune(draw.choice(("mu", "shear")), 0.5, 2.0)
            draft.code(
                f"energy_i = float(0.0)\nfor k in range({size}):\n    energy_i = energy_i + {mu} * (sigma[k] - 1.0) * (sigma[k] - 1.0)"
            )
            stored(draft, "energy_i", "float", 40.0, i, ["n"], ("energy_out", "arap_energy"), total=0.5)
        else:
            draft.code("squared = wp.cw_mul(sigma, sigma)\nB = U @ wp.diag(squared) @ wp.transpose(U)")
            kept_matrix(draft, "B", size, size, 16.0, i, ("cauchy_green", "B_out"))
    elif kind == "eig3":
        draft.code("Q = mat33()\nd = vec3()\nwp.eig3(A, Q, d)" if by_output else "Q, d = wp.eig3(A)")
        way = draw.choice(("values", "function", "trace"))
        if way == "values":
            draft.code(f"extreme = {draw.choice(('wp.max(d)', 'wp.min(d)', 'wp.max(d) - wp.min(d)'))}")
            stored(draft, "extreme", "float", 6.0, i, ["n"], ("eigen_out", "spread_out"))
        elif way == "function":
            f = draw.choice(("wp.exp(-{0})", "wp.sqrt({0} * {0} + 0.5)", "{0} * {0}", "1.0 / ({0} + 4.0)"))
            draft.code(f"mapped = vec3({', '.join(f.format(f'd[{k}]') for k in range(3))})\nB = Q @ wp.diag(mapped) @ wp.transpose(Q)")
            kept_matrix(draft, "B", 3, 3, 40.0, i, ("function_out", "mapped_matrix"))
        else:
            draft.code("invariants = vec3(d[0] + d[1] + d[2], d[0] * d[1] + d[1] * d[2] + d[2] * d[0], d[0] * d[1] * d[2])")
            stored(draft, "invariants", "vec3", 60.0, i, ["n"], ("invariants_out",))
    else:
        draft.code("Q = mat33()\nR = mat33()\nwp.qr3(A, Q, R)" if by_output else "Q, R = wp.qr3(A)")
        way = draw.choice(("volume", "solve", "gram"))
        if way == "volume":
            draft.code("volume = wp.abs(R[0, 0] * R[1, 1] * R[2, 2])")
            stored(draft, "volume", "float", 40.0, i, ["n"], ("volume_out",))
        elif way == "gram":
            draft.code("G = wp.transpose(R) @ R")
            kept_matrix(draft, "G", 3, 3, 20.0, i, ("gram_out", "C_out"))
        else:
            draft.field("rhs", "vec3", "n", names=("b_in",))
            draft.code(f"""
                y = wp.transpose(Q) @ rhs[{i}]
                x2 = y[2] / R[2, 2]
                x1 = (y[1] - R[1, 2] * x2) / R[1, 1]
                x0 = (y[0] - R[0, 1] * x1 - R[0, 2] * x2) / R[0, 0]
                solution = vec3(x0, x1, x2)
                """)
            stored(draft, "solution", "vec3", 6.0, i, ["n"], ("x_out", "solution_out"))
    return draft.finish(f"{kind}_{way}", ["n"], sizes(draw, 90))


def build_solve(draw: Draw, draft: MirrorDraft) -> Case:
    """Small systems: inverse, Cramer's rule, Cholesky by hand, Gauss elimination on rows, determinants of several sizes."""
    i = draw.choice(("tid", "i", "system"))
    size = draw.choice((2, 3, 3, 4))
    draft.field("A", f"mat{size}{size}", "n", domain=WellConditioned(3.0, symmetric=draw.chance(0.3)), names=("matrices", "lhs"))
    draft.field("b", f"vec{size}", "n", names=("rhs", "right_side"))
    draft.thread("n", "A", index=i, counts=("num_systems", "count"))
    draft.code(f"M = A[{i}]\nr = b[{i}]")
    way = draw.choice(("inverse", "inverse", "determinant", "cholesky", "elimination", "refine", "overwrite"))
    if way == "inverse":
        draft.code("x = wp.inverse(M) @ r")
    elif way == "determinant":
        draft.code("volume = wp.determinant(M)\nratio = wp.dot(r, r) / (1.0 + wp.abs(volume))")
        stored(draft, "ratio", "float", 10.0, i, ["n"], ("ratio_out", "scaled_norm"))
        if draw.chance(0.5):
            out = draft.result("determinant_out", "float", "n", names=("det_out",))
            draft.code(f"{out}[{i}] = volume")
        return draft.finish("determinants", ["n"], sizes(draw))
    elif way == "cholesky":
        lines = [f"S = M @ wp.transpose(M) + wp.identity(n={size}, dtype=float)"]
        for j in range(size):
            inner = "".join(f" - l{j}{k} * l{j}{k}" for k in range(j))
            lines.append(f"l{j}{j} = wp.sqrt(S[{j}, {j}]{inner})")
            for row in range(j + 1, size):
                cross = "".join(f" - l{row}{k} * l{j}{k}" for k in range(j))
                lines.append(f"l{row}{j} = (S[{row}, {j}]{cross}) / l{j}{j}")
        for j in range(size):
            known = "".join(f" - l{j}{k} * y{k}" for k in range(j))
            lines.append(f"y{j} = (r[{j}]{known}) / l{j}{j}")
        for j in reversed(range(size)):
            known = "".join(f" - l{k}{j} * x{k}" for k in range(j + 1, size))
            lines.append(f"x{j} = (y{j}{known}) / l{j}{j}")
        lines.append(f"x = vec{size}({', '.join(f'x{j}' for j in range(size))})")
        draft.code("\n".join(lines))
    elif way == "elimination":
        lines = [f"row{k} = M[{k}]" for k in range(size)] + [f"b{k} = r[{k}]" for k in range(size)]
        for pivot in range(size):
            for row in range(pivot + 1, size):
                lines += [
                    f"f{row}{pivot} = row{row}[{pivot}] / row{pivot}[{pivot}]",
                    f"row{row} = row{row} - row{pivot} * f{row}{pivot}",
                    f"b{row} = b{row} - b{pivot} * f{row}{pivot}",
                ]
        for j in reversed(range(size)):
            known = "".join(f" - row{j}[{k}] * x{k}" for k in range(j + 1, size))
            lines.append(f"x{j} = (b{j}{known}) / row{j}[{j}]")
        lines.append(f"x = vec{size}({', '.join(f'x{j}' for j in range(size))})")
        draft.code("\n".join(lines))
    elif way == "refine":
        draft.code(f"""
            d = wp.get_diag(M)
            x = vec{size}({", ".join(f"r[{k}] / d[{k}]" for k in range(size))})
            for sweep in range({draw.integer(2, 4)}):
                residual = r - M @ x
                x = x + vec{size}({", ".join(f"residual[{k}] / d[{k}]" for k in range(size))})
            """)
    else:
        if draw.chance(0.3):
            draft.limitations.add("matrix_part_overwrite")
            draft.code("M[0] = r\nx = M @ r")
        else:
            draft.code(f"N = mat{size}{size}()\nN[0] = r\nN[1] = M[1]\nx = N @ r + M @ r")
    kept_vector(draft, "x", size, 5.0, i, ("x_out", "solution"))
    return draft.finish(f"{way}_solve", ["n"], sizes(draw))
