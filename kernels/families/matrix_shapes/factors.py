"""Decompositions: singular values, eigenvalues and orthogonal factors of deformations, strains, tensors and frames.

They are used through what does not depend on signs or order. In float32 and float16 Warp's Jacobi sweeps converge for matrices whose
diagonal stands well apart: most matrices here are a stretch of the axes and a smaller part.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kernels.case import Case
from kernels.domains import Rotations, WellConditioned
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.drafting.mirror.registry import helper
from kernels.drafting.mirror.steps import stored
from kernels.draw import Draw
from kernels.families.matrix_shapes.results import kept_matrix, kept_vector, sizes, summed

_FACTORS = {"svd3": ("U", "sigma", "V"), "svd2": ("U", "sigma", "V"), "qr3": ("Q", "R"), "eig3": ("Q", "d")}
"""What a text calls the factors of each decomposition."""
_VECTORS = ("sigma", "d")
_STRETCHES = {
    2: ("1.8, 0.9", "2.0, 1.2", "0.8, 1.6", "1.0, 1.9"),
    3: ("2.1, 1.4, 0.7", "2.4, 1.7, 1.0", "1.9, 0.7, 1.3", "1.4, 2.1, 0.8", "0.8, 1.5, 2.2"),
}
"""Stretches of the axes, well apart; of the last, half precision loses the singular values where they are put in order."""

for _kind, _numpy in (("svd2", "svd2"), ("svd3", "svd3"), ("eig3", "eig3"), ("qr3", "np.linalg.qr")):
    # Numpy takes no matrix apart in half precision.
    helper(
        f"half_{_kind}",
        f"def half_{_kind}(a):\n    return [x.astype(f16) for x in {_numpy}(a.astype(f32))]",
        needs=[_kind] if _kind != "qr3" else [],
    )


def size_of(kind: str) -> int:
    """The rows of the matrices that the decomposition `kind` takes."""
    return 2 if kind == "svd2" else 3


def factored(draft: MirrorDraft, kind: str, matrix: str, names: Sequence[str] = ()) -> None:
    """Names the factors of the local `matrix`: returned together, or written to arguments."""
    names = names or _FACTORS[kind]
    size = size_of(kind)
    types = [f"vec{size}" if usual in _VECTORS else f"mat{size}{size}" for usual in _FACTORS[kind]]
    lines = [f"{', '.join(names)} = wp.{kind}({matrix})"]
    if draft.draw.chance(0.4):
        lines = [f"{name} = {type}()" for name, type in zip(names, types, strict=True)] + [f"wp.{kind}({matrix}, {', '.join(names)})"]
    if draft.width != "float16":
        draft.code("\n".join(lines))
        return
    draft.line(*(draft.spelled(line) for line in lines))
    draft.numpy(f"{', '.join(names)} = half_{kind}({matrix})")
    draft.names.helpers += [f"half_{kind}", "f16"]
    for name, type in zip(names, types, strict=True):
        draft.holds(type, name)


def _matrix(draw: Draw, draft: MirrorDraft, i: str, kinds: Sequence[str]) -> bool:
    """Names the thread `i` and the matrix `A` of a thread, which `kinds` are to take apart; whether its rows are turned at random."""
    size = size_of(kinds[0])
    mat, vec = f"mat{size}{size}", f"vec{size}"
    symmetric, orthogonal = kinds == ("eig3",), kinds == ("qr3",)
    single = draft.width != "float64"
    # Eight sweeps in double precision take any matrix apart; formulas and Givens rotations do it without sweeps.
    whole = (0 if draft.width == "float16" else 6) if orthogonal else 0 if single else 6 if size == 2 else 1
    turned = 3 if orthogonal or (single and "eig3" not in kinds) else 0
    deep = 2 if size == 3 else 0
    ways = {
        "whole": whole,
        "noise": 2,
        "stretch": 1,
        "update": 1,
        "rotated": turned,
        "edges": 3,
        "outer": 2,
        "shear": 1,
        "block": 1.5 * deep,
    }
    if "eig3" not in kinds:
        ways["spin"] = deep
    way = draw.weighted(list(ways), list(ways.values()))
    stretch = f"{vec}({draw.choice(_STRETCHES[size][:-1] if draft.width == 'float16' else _STRETCHES[size])})"
    small = draw.choice({"float16": ("0.1",), "float32": ("0.1", "0.15", "0.2"), "float64": ("0.2", "0.3")}[draft.width])
    if way in ("whole", "noise", "stretch", "update", "rotated"):
        domain = WellConditioned(2.5, symmetric=symmetric) if way == "whole" else None
        first = draft.field("F", mat, "n", domain=domain, names=("A_in", "deformation", "matrices"))
        lines = _of_matrices(draw, draft, i, way, size, f"wp.diag({stretch}) + F[{i}] * {small}")
    else:
        first, lines = _of_parts(draw, draft, i, way, size, stretch, small, symmetric)
    draft.thread("n", first, index=i, counts=("num_elements", "count"))
    draft.code(lines)
    if symmetric and "wp.outer(a, a)" not in lines:
        green = way != "whole" and draft.width != "float16" and draw.chance(0.3)
        draft.code("A = wp.transpose(A) @ A" if green else "A = 0.5 * (A + wp.transpose(A))")
    return way == "rotated"


def _kept(
    draft: MirrorDraft,
    m: str,
    size: int,
    bound: float,
    index: str,
    names: tuple[str, ...],
    *,
    full: bool = False,
    rotation: bool = False,
) -> None:
    """Stores the square matrix `m`, or what it makes of vectors; of a `rotation`, nothing that is the same for all.

    The entries beside the diagonal may be small, and no better than the rounding of the diagonal, unless the matrix is `full`.
    """
    draw = draft.draw
    # Eight sweeps leave a trace of their own rounding in whatever is small; two rows are taken apart by a formula.
    if size == 2 if draft.width == "float64" else full:
        kept_matrix(draft, m, size, size, bound, index, names, rotation=rotation)
        return
    way = draw.weighted(("product", "form", "diagonal", "trace", "norm"), (5, 2, 2, 1, 0 if rotation else 1))
    if way in ("diagonal", "trace", "norm"):
        local = draft.name("invariant", "measure", "spectrum")
        measures = {"diagonal": f"wp.get_diag({m})", "trace": f"wp.trace({m})", "norm": f"wp.ddot({m}, {m})"}
        draft.code(f"{local} = {measures[way]}")
        if way == "diagonal":
            kept_vector(draft, local, size, bound, index, ("diagonal_out", "diag_out"))
        else:
            stored(
                draft, local, "float", size * bound * bound, index, ["n"], ("invariant_out", "norm_out", "scalar_out"), total=summed(draft)
            )
        return
    array = draft.field(draft.name("probe_in", "u_in", "multiplier"), f"vec{size}", "n", low=0.4, high=1.2)
    if way == "product":
        local = draft.name("applied", "image", "product")
        draft.code(f"{local} = {m} @ {array}[{index}]")
        kept_vector(draft, local, size, size * bound, index, ("product_out", "applied_out"))
    else:
        local = draft.name("form", "quadratic", "stretch_of")
        draft.code(f"arm = {array}[{index}]\n{local} = wp.dot(arm, {m} @ arm)")
        stored(draft, local, "float", size * size * bound, index, ["n"], ("form_out", "quadratic_out"), total=summed(draft, 0.4))


def _of_matrices(draw: Draw, draft: MirrorDraft, i: str, way: str, size: int, near: str) -> str:
    """Lines that name `A`, made of the matrix that a thread reads: as it is, beside a stretch (`near`), turned, or carried by a flow."""
    mat, vec = f"mat{size}{size}", f"vec{size}"
    if way == "whole":
        # Singular values of two rows are kept apart.
        return f"A = 0.5 * F[{i}] + mat22(1.2, 0.0, 0.0, 0.0)" if size == 2 else f"A = F[{i}]"
    if way == "noise":
        return f"A = {near}"
    if way == "stretch":
        draft.field("stretch", vec, "n", low=-0.1, high=0.1, names=("log_scale", "plastic"))
        return f"A = {near} + wp.diag(stretch[{i}])"
    if way == "rotated":
        draft.field("rotations", mat, "n", domain=Rotations(), names=("R_in", "frames"))
        return f"A = rotations[{i}] @ ({near})"
    draft.field("stencil", "int", "n", 3, below="nodes", names=("conn", "neighbours"))
    draft.field("velocity", vec, "nodes", names=("grid_v", "v_in"))
    draft.field("grads", vec, "n", 3, low=-0.5, high=0.5, names=("dN", "weight_grad"))
    return f"""
        L = {mat}()
        for k in range(3):
            L = L + wp.outer(velocity[stencil[{i}, k]], grads[{i}, k])
        F_old = {near}
        A = F_old + L @ F_old * {draw.choice(("0.02", "0.04"))}
        """


def _of_parts(draw: Draw, draft: MirrorDraft, i: str, way: str, size: int, stretch: str, small: str, symmetric: bool) -> tuple[str, str]:
    """An array, and lines that name `A`: a stretch and a smaller part made of edges, directions, spins, shears or blocks."""
    vec = f"vec{size}"
    if way == "edges":
        first = draft.field("edges", vec, "n", size, names=("rows_in", "offsets"))
        axes = [", ".join("1.0" if k == axis else "0.0" for k in range(size)) for axis in range(size)]
        lines = [f"e{k} = edges[{i}, {k}] * {small} + {vec}({axes[k]}) * base[{k}]" for k in range(size)]
        made = f"A = wp.matrix_from_{draw.choice(('rows', 'cols'))}({', '.join(f'e{k}' for k in range(size))})"
        return first, "\n".join([f"base = {stretch}", *lines, made])
    if way == "outer":
        first = draft.field("u", vec, "n", names=("fiber", "direction"))
        if symmetric or draw.chance(0.3):
            return first, f"a = u[{i}]\nA = wp.diag({stretch}) + wp.outer(a, a) * {small}"
        draft.field("w", vec, "n", names=("normal_in", "slope"))
        return first, f"A = wp.diag({stretch}) + wp.outer(u[{i}], w[{i}]) * {small}"
    if way == "spin":
        first = draft.field("w", "vec3", "n", names=("omega", "angular"))
        turn = "H + H @ H * 0.5" if draw.chance(0.5) else draw.choice(("H", "H @ H"))
        return first, f"H = wp.skew(w[{i}]) * {small}\nA = wp.diag({stretch}) + {turn}"
    if way == "shear":
        first = draft.field("gamma", "float", "n", 2, names=("shear", "slip"))
        a, b = draw.subset(range(size), 2)
        return first, f"A = wp.diag({stretch})\nA[{a}, {b}] = {small} * gamma[{i}, 0]\nA[{b}, {a}] = {small} * gamma[{i}, 1]"
    first = draft.field("maps", "mat44", "n", names=("poses", "affine"))
    return first, f"M = maps[{i}]\nA = M[0:3, 0:3] * {small} + wp.diag({stretch})"


def build_decomposition(draw: Draw, draft: MirrorDraft) -> Case:
    """Singular values, eigenvalues or orthogonal factors: rotations, strains, energies, functions of matrices, solutions, frames."""
    i = draw.choice(("tid", "i", "elem"))
    kind = draw.weighted(("svd3", "svd2", "eig3", "qr3"), (5, 7, 4, 1))
    turned = _matrix(draw, draft, i, (kind,))
    if kind == "eig3":
        way = _of_eigenvalues(draw, draft, i)
    elif kind == "qr3":
        way = _of_orthogonal_factors(draw, draft, i, turned=turned)
    else:
        way = _of_singular_values(draw, draft, i, kind, turned=turned)
    return draft.finish(f"{kind}_{way}", ["n"], sizes(draw, 90))


def _decided(draft: MirrorDraft, ways: Sequence[str]) -> list[str]:
    """Those of `ways` that the draft's width can follow: half precision is too coarse for thresholds among many values."""
    return [way for way in ways if way != "clamp" or draft.width != "float16"]


def _of_singular_values(draw: Draw, draft: MirrorDraft, i: str, kind: str, *, turned: bool) -> str:
    """What becomes of the singular values and vectors of `A`; its name."""
    size = size_of(kind)
    vec = f"vec{size}"
    ways = ("polar", "stretch", "values", "energy", "power", "hencky", "damped", "corotated", "volumetric", "clamp")
    way = draw.choice(_decided(draft, ways))
    factored(draft, kind, "A")
    if way == "polar":
        draft.code("P = U @ wp.transpose(V)")
        _kept(draft, "P", size, 1.0, i, ("rotation_out", "R_out"), full=turned, rotation=True)
    elif way == "stretch":
        draft.code("S = V @ wp.diag(sigma) @ wp.transpose(V)")
        _kept(draft, "S", size, 4.0, i, ("stretch_out", "S_out"))
    elif way == "values":
        measures = (
            "wp.max(sigma) - wp.min(sigma)",
            "wp.dot(sigma, sigma)",
            "wp.max(sigma)",
            "wp.max(sigma) / (wp.abs(wp.min(sigma)) + 0.5)",
        )
        draft.code(f"anisotropy = {draw.choice(measures)}")
        stored(draft, "anisotropy", "float", 25.0, i, ["n"], ("anisotropy_out", "stretch_norm"), total=summed(draft, 0.4))
    elif way == "energy":
        mu = draft.tune(draw.choice(("mu", "shear_modulus")), 0.5, 2.0)
        draft.code(f"energy_i = float(0.0)\nfor k in range({size}):\n    energy_i = energy_i + {mu} * (sigma[k] - 1.0) * (sigma[k] - 1.0)")
        stored(draft, "energy_i", "float", 60.0, i, ["n"], ("energy_out", "arap_energy"), total=summed(draft, 0.4))
    elif way == "power":
        draft.code("squared = wp.cw_mul(sigma, sigma)\nB = U @ wp.diag(squared) @ wp.transpose(U)")
        _kept(draft, "B", size, 16.0, i, ("cauchy_green", "B_out"), full=turned)
    elif way == "hencky":
        logs = ", ".join(f"0.5 * wp.log(1.0 + sigma[{k}] * sigma[{k}])" for k in range(size))
        draft.code(f"logs = {vec}({logs})\nE = V @ wp.diag(logs) @ wp.transpose(V)")
        _kept(draft, "E", size, 2.0, i, ("hencky_out", "strain_out"))
    elif way == "damped":
        draft.field("rhs", vec, "n", low=0.4, high=1.2, names=("b_in", "task_error"))
        damping = draft.tune(draw.choice(("damping", "ridge")), 0.2, 0.8)
        draft.code(f"""
            y = wp.transpose(U) @ rhs[{i}]
            z = {vec}()
            for k in range({size}):
                z[k] = y[k] * sigma[k] / (sigma[k] * sigma[k] + {damping})
            x = V @ z
            """)
        kept_vector(draft, "x", size, 3.0, i, ("x_out", "solution", "step_out"))
    elif way == "clamp":
        low, high = draw.choice((("0.9", "1.6"), ("1.0", "2.0"), ("0.8", "1.8")))
        draft.code(f"kept = {vec}()\nfor k in range({size}):\n    kept[k] = wp.clamp(sigma[k], {low}, {high})")
        draft.code("E = U @ wp.diag(kept) @ wp.transpose(V)")
        _kept(draft, "E", size, 2.0, i, ("elastic_out", "F_elastic"), full=turned)
    else:
        mu, lam = draft.tune(draw.choice(("mu", "shear_modulus")), 0.3, 1.0), draft.tune(draw.choice(("lam", "bulk")), 0.3, 1.0)
        if way == "corotated":
            draft.code(f"""
                P = U @ wp.transpose(V)
                D = A - P
                change = wp.trace(wp.transpose(P) @ A) - {size}.0
                density = {mu} * wp.ddot(D, D) + 0.5 * {lam} * change * change
                """)
        else:
            draft.code(f"""
                volume = wp.determinant(A)
                density = 0.5 * {mu} * (wp.dot(sigma, sigma) - {size}.0) + 0.5 * {lam} * (volume - 1.0) * (volume - 1.0)
                """)
        stored(draft, "density", "float", 900.0, i, ["n"], ("energy_out", "density_out"), total=summed(draft, 0.4))
    return way


def _of_eigenvalues(draw: Draw, draft: MirrorDraft, i: str) -> str:
    """What becomes of the eigenvalues and eigenvectors of `A`; its name."""
    ways = ("values", "function", "invariants", "deviator", "fraction", "applied", "clamp", "kinetic")
    way = draw.choice(_decided(draft, ways))
    if way == "deviator":
        draft.code("mean = wp.trace(A) / 3.0\nS = A - wp.identity(n=3, dtype=float) * mean")
        factored(draft, "eig3", "S")
        shear = "wp.max(d) - wp.min(d)" if draft.width != "float16" and draw.chance(0.5) else "wp.sqrt(1.5 * wp.dot(d, d) + 0.01)"
        draft.code(f"shear = {shear}")
        stored(draft, "shear", "float", 60.0, i, ["n"], ("shear_out", "tresca", "mises"), total=summed(draft))
        if draw.chance(0.4):
            out = draft.result("pressure_out", "float", "n", names=("mean_out",))
            draft.code(f"{out}[{i}] = -mean")
        return way
    factored(draft, "eig3", "A")
    functions = ("wp.exp(-{0})", "wp.sqrt({0} * {0} + 0.5)", "{0} * {0}", "1.0 / ({0} * {0} + 0.5)")
    if way == "values":
        draft.code(f"extreme = {draw.choice(('wp.max(d)', 'wp.min(d)', 'wp.max(d) - wp.min(d)'))}")
        stored(draft, "extreme", "float", 20.0, i, ["n"], ("eigen_out", "spread_out"), total=summed(draft))
    elif way == "function":
        f = draw.choice(functions)
        draft.code(f"mapped = vec3({', '.join(f.format(f'd[{k}]') for k in range(3))})\nB = Q @ wp.diag(mapped) @ wp.transpose(Q)")
        _kept(draft, "B", 3, 60.0, i, ("function_out", "mapped_matrix"))
    elif way == "invariants":
        draft.code("invariants = vec3(d[0] + d[1] + d[2], d[0] * d[1] + d[1] * d[2] + d[2] * d[0], d[0] * d[1] * d[2])")
        stored(draft, "invariants", "vec3", 300.0, i, ["n"], ("invariants_out",))
    elif way == "fraction":
        draft.code("""
            mean = wp.trace(A) / 3.0
            spread = d - vec3(mean, mean, mean)
            fraction = wp.sqrt(1.5 * wp.dot(spread, spread) / (wp.dot(d, d) + 0.1) + 0.01)
            """)
        stored(draft, "fraction", "float", 2.0, i, ["n"], ("fraction_out", "anisotropy_out"), total=summed(draft, 0.4))
        if draw.chance(0.4):
            out = draft.result("diffusivity", "float", "n", names=("mean_out",))
            draft.code(f"{out}[{i}] = mean")
    elif way == "applied":
        draft.field("rhs", "vec3", "n", low=0.4, high=1.2, names=("x_in", "modes"))
        f = draw.choice(functions)
        draft.code(f"""
            y = wp.transpose(Q) @ rhs[{i}]
            z = vec3()
            for k in range(3):
                z[k] = y[k] * ({f.format("d[k]")})
            x = Q @ z
            """)
        kept_vector(draft, "x", 3, 40.0, i, ("x_out", "filtered"))
    elif way == "clamp":
        low = draw.choice(("1.0", "0.9", "1.1"))
        draft.code(f"kept = vec3()\nfor k in range(3):\n    kept[k] = wp.max(d[k], {low})\nB = Q @ wp.diag(kept) @ wp.transpose(Q)")
        _kept(draft, "B", 3, 9.0, i, ("projected_out", "definite"))
    else:
        draft.field("omega", "vec3", "n", names=("body_w", "ang_vel"))
        draft.code(f"w = wp.transpose(Q) @ omega[{i}]\nkinetic = 0.5 * wp.dot(wp.cw_mul(d, w), w)")
        stored(draft, "kinetic", "float", 30.0, i, ["n"], ("kinetic_out", "energy_out"), total=summed(draft, 0.4))
    return way


_FRAME = "frame = Q @ wp.diag(vec3(wp.sign(R[0, 0]), wp.sign(R[1, 1]), wp.sign(R[2, 2])))"
"""The frame that Gram and Schmidt make of the columns."""


def _of_orthogonal_factors(draw: Draw, draft: MirrorDraft, i: str, *, turned: bool) -> str:
    """What becomes of the orthogonal and the triangular factor of `A`; its name."""
    way = draw.choice(("volume", "solve", "gram", "frame", "rates", "iterate", "project"))
    factored(draft, "qr3", "A")
    if way == "volume":
        draft.code("volume = wp.abs(R[0, 0] * R[1, 1] * R[2, 2])")
        stored(draft, "volume", "float", 90.0, i, ["n"], ("volume_out",), total=summed(draft))
    elif way == "gram":
        draft.code("G = wp.transpose(R) @ R")
        _kept(draft, "G", 3, 20.0, i, ("gram_out", "C_out"))
    elif way == "frame":
        draft.code(_FRAME)
        _kept(draft, "frame", 3, 1.0, i, ("frame_out", "basis_out"), full=turned, rotation=True)
    elif way == "rates":
        draft.code(f"rates = vec3({', '.join(f'wp.log(wp.abs(R[{k}, {k}]) + 0.1)' for k in range(3))})")
        stored(draft, "rates", "vec3", 3.0, i, ["n"], ("rates_out", "lyapunov"))
    elif way == "iterate":
        draft.code("B = R @ Q")
        if draw.chance(0.4):
            factored(draft, "qr3", "B", ("Q2", "R2"))
            draft.code("B = R2 @ Q2")
        draft.code("diagonal = wp.get_diag(B)")
        kept_vector(draft, "diagonal", 3, 5.0, i, ("diagonal_out", "ritz_values"))
    elif way == "project":
        draft.field("rhs", "vec3", "n", low=0.4, high=1.2, names=("b_in", "force"))
        draft.code(f"""
            b = rhs[{i}]
            first = Q[:, 0]
            second = Q[:, 1]
            inside = first * wp.dot(first, b) + second * wp.dot(second, b)
            shadow = wp.dot(inside, {draw.choice(("b", "inside"))})
            """)
        stored(draft, "shadow", "float", 5.0, i, ["n"], ("shadow_out", "projected"), total=summed(draft))
    else:
        draft.field("rhs", "vec3", "n", names=("b_in",))
        draft.code(f"y = wp.transpose(Q) @ rhs[{i}]\n{BACK_SUBSTITUTION}")
        stored(draft, "x", "vec3", 60.0, i, ["n"], ("x_out", "solution_out"))
    return way


BACK_SUBSTITUTION = """\
x2 = y[2] / R[2, 2]
x1 = (y[1] - R[1, 2] * x2) / R[1, 1]
x0 = (y[0] - R[0, 1] * x1 - R[0, 2] * x2) / R[0, 0]
x = vec3(x0, x1, x2)
"""
"""Names `x` the solution of `R @ x = y`."""


def build_factors(draw: Draw, draft: MirrorDraft) -> Case:
    """Two decompositions together: membranes by rotation and stretch, frames compared, strain and volume, growth and strain rate."""
    i = draw.choice(("tid", "i", "elem"))
    ways: Sequence[Callable[[Draw, MirrorDraft, str], str]] = (_membrane, _compared, _strained, _growth)
    way = draw.weighted(ways, (4, 3, 4, 3))
    return draft.finish(way(draw, draft, i), ["n"], sizes(draw, 90))


def _membrane(draw: Draw, draft: MirrorDraft, i: str) -> str:
    """Membranes: orthogonal factors of the deformation, then singular values within the plane of its first two columns."""
    _matrix(draw, draft, i, ("qr3", "svd2"))
    factored(draft, "qr3", "A")
    draft.code("plane = R[0:2, 0:2]")
    factored(draft, "svd2", "plane")
    way = draw.choice(("energy", "strain", "thickness", "ratio"))
    if way == "energy":
        mu = draft.tune(draw.choice(("mu", "membrane")), 0.3, 1.0)
        draft.code(f"density = {mu} * ((sigma[0] - 1.0) * (sigma[0] - 1.0) + (sigma[1] - 1.0) * (sigma[1] - 1.0))")
        if draw.chance(0.5):
            draft.code("density = density + 0.1 * (R[0, 2] * R[0, 2] + R[1, 2] * R[1, 2])")
        stored(draft, "density", "float", 60.0, i, ["n"], ("energy_out", "membrane_energy"), total=summed(draft, 0.4))
    elif way == "strain":
        draft.code("S = V @ wp.diag(sigma) @ wp.transpose(V)")
        _kept(draft, "S", 2, 5.0, i, ("stretch_out", "strain_out"))
    elif way == "thickness":
        draft.code("area = sigma[0] * sigma[1]\nthickness = wp.abs(R[2, 2]) / (area + 0.2)")
        stored(draft, "thickness", "float", 20.0, i, ["n"], ("thickness_out", "ratio_out"), total=summed(draft))
    else:
        draft.code("along = Q @ vec3(R[0, 0], R[1, 0], R[2, 0])\nweight = sigma[1] / (sigma[0] + 0.1)\nalong = along * weight")
        stored(draft, "along", "vec3", 6.0, i, ["n"], ("along_out", "warp_yarn"))
    return f"membrane_{way}"


def _compared(draw: Draw, draft: MirrorDraft, i: str) -> str:
    """The rotation of a polar decomposition beside the frame of Gram and Schmidt."""
    _matrix(draw, draft, i, ("svd3", "qr3"))
    factored(draft, "svd3", "A")
    factored(draft, "qr3", "A")
    draft.code(f"P = U @ wp.transpose(V)\n{_FRAME}")
    way = draw.choice(("angle", "relative", "carried"))
    if way == "angle":
        draft.code("agreement = 0.5 * (wp.trace(wp.transpose(P) @ frame) - 1.0)")
        stored(draft, "agreement", "float", 1.1, i, ["n"], ("agreement_out", "cosine_out"), total=summed(draft, 0.4))
    elif way == "relative":
        draft.code(f"D = {draw.choice(('wp.transpose(P) @ frame', 'frame @ wp.transpose(P)', '0.5 * (P + frame)'))}")
        _kept(draft, "D", 3, 2.0, i, ("relative_out", "drift_out"), rotation=True)
    else:
        draft.field("rhs", "vec3", "n", low=0.4, high=1.2, names=("x_in", "local_axis"))
        draft.code(f"x = P @ rhs[{i}] {draw.choice('+-')} frame @ rhs[{i}] * 0.5")
        kept_vector(draft, "x", 3, 3.0, i, ("x_out", "carried_out"))
    return f"frames_{way}"


def _strained(draw: Draw, draft: MirrorDraft, i: str) -> str:
    """Singular values of a deformation beside the eigenvalues of its strain."""
    _matrix(draw, draft, i, ("svd3", "eig3"))
    factored(draft, "svd3", "A")
    draft.code("C = wp.transpose(A) @ A")
    factored(draft, "eig3", "C")
    way = draw.choice(("energy", "tensor", "extremes"))
    if way == "energy":
        mu, lam = draft.tune(draw.choice(("mu", "shear_modulus")), 0.3, 1.0), draft.tune(draw.choice(("lam", "bulk")), 0.3, 1.0)
        draft.code(
            f"change = sigma[0] * sigma[1] * sigma[2] - 1.0\ndensity = {mu} * (d[0] + d[1] + d[2] - 3.0) + 0.5 * {lam} * change * change"
        )
        stored(draft, "density", "float", 900.0, i, ["n"], ("energy_out", "density_out"), total=summed(draft, 0.4))
    elif way == "tensor":
        draft.code("T = U @ wp.diag(sigma) @ wp.transpose(U) + Q @ wp.diag(d) @ wp.transpose(Q) * 0.5")
        _kept(draft, "T", 3, 60.0, i, ("stress_out", "T_out"))
    else:
        draft.code("measure = vec3(wp.max(sigma), wp.max(d), wp.min(d))")
        stored(draft, "measure", "vec3", 25.0, i, ["n"], ("strain_out", "extremes_out"))
    return f"strain_{way}"


def _growth(draw: Draw, draft: MirrorDraft, i: str) -> str:
    """How a flow's map stretches tangent vectors, and its strain rate: growth by orthogonal factors, rates by eigenvalues."""
    _matrix(draw, draft, i, ("qr3", "eig3"))
    factored(draft, "qr3", "A")
    draft.code("D = 0.5 * (A + wp.transpose(A))")
    factored(draft, "eig3", "D", ("axes", "d"))
    way = draw.choice(("exponents", "mixed", "shear"))
    if way == "exponents":
        draft.code(f"rates = vec3({', '.join(f'wp.log(wp.abs(R[{k}, {k}]) + 0.1)' for k in range(3))})")
        stored(draft, "rates", "vec3", 3.0, i, ["n"], ("rates_out", "lyapunov"))
        draft.code(f"extreme = {draw.choice(('wp.max(d)', 'wp.max(d) - wp.min(d)', 'wp.dot(d, d)'))}")
        stored(draft, "extreme", "float", 70.0, i, ["n"], ("extreme_out", "strain_rate"), share=0.3, total=summed(draft))
    elif way == "mixed":
        draft.code("mixing = wp.dot(d, d) + R[0, 0] * R[0, 0]\nbalance = mixing / (1.0 + wp.abs(R[1, 1] * R[2, 2]))")
        stored(draft, "balance", "float", 90.0, i, ["n"], ("balance_out", "mixing_out"), total=summed(draft, 0.4))
    else:
        draft.code("B = axes @ wp.diag(d) @ wp.transpose(axes)\nT = wp.transpose(R) @ R + B @ B")
        _kept(draft, "T", 3, 60.0, i, ("shear_out", "T_out"))
    return f"growth_{way}"
