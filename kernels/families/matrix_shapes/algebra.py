"""Small dense algebra: chains and iterations, Gram matrices, covariances, linear systems."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Uniform, UnitVectors, WellConditioned
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.drafting.mirror.steps import stored
from kernels.draw import Draw
from kernels.families.matrix_shapes.factors import BACK_SUBSTITUTION, factored
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
        if length == 3 and draft.width == "float64":
            factored(draft, "eig3", "C")
            draft.code("linearity = wp.max(d) / (wp.trace(C) + 0.05)")
            stored(draft, "linearity", "float", 1.1, i, ["n"], ("linearity_out", "principal_share"))
        else:
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


def build_solve(draw: Draw, draft: MirrorDraft) -> Case:
    """Small systems: inverse, Cramer's rule, Cholesky by hand, Gauss elimination on rows, determinants of several sizes."""
    i = draw.choice(("tid", "i", "system"))
    size = draw.choice((2, 3, 3, 4, 4))
    draft.field("A", f"mat{size}{size}", "n", domain=WellConditioned(3.0, symmetric=draw.chance(0.3)), names=("matrices", "lhs"))
    draft.field("b", f"vec{size}", "n", names=("rhs", "right_side"))
    draft.thread("n", "A", index=i, counts=("num_systems", "count"))
    draft.code(f"M = A[{i}]\nr = b[{i}]")
    ways = ("inverse", "inverse", "determinant", "cholesky", "elimination", "refine", "overwrite")
    way = draw.choice((*ways, "orthogonal", "orthogonal") if size == 3 else ways)
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
    elif way == "orthogonal":
        factored(draft, "qr3", "M")
        draft.code(f"y = wp.transpose(Q) @ r\n{BACK_SUBSTITUTION}")
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
