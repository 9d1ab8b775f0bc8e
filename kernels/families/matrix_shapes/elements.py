"""Finite elements and continua: strain-displacement and stiffness matrices, Jacobians of elements, stress and strain as vectors of six."""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.drafting.mirror.steps import step, stored
from kernels.draw import Draw
from kernels.families.matrix_shapes.factors import factored
from kernels.families.matrix_shapes.results import kept_matrix, kept_vector, sizes


def build_triangle(draw: Draw, draft: MirrorDraft) -> Case:
    """Constant-strain triangles: B of 3x6, the material's D, strain, stress, forces on nodes, energy, stiffness."""
    e = draw.choice(("tid", "elem", "e"))
    gathered = draw.chance(0.5)
    draft.field("shape_grad", "vec6", "n", low=-0.8, high=0.8, names=("dN", "grad_N"))
    draft.field("area", "float", "n", low=0.3, high=1.5, names=("elem_area", "volume"))
    if gathered:
        draft.field("nodes", "int", "n", 3, below="nodes", names=("elements", "conn"))
        draft.field("disp", "vec2", "nodes", low=-0.5, high=0.5, names=("u", "displacement"))
    else:
        draft.field("disp", "vec6", "n", low=-0.5, high=0.5, names=("u_elem", "displacement"))
    draft.thread("n", "shape_grad", index=e, counts=("num_elements", "elem_count"))
    body = """
        B = mat36()
        for a in range(3):
            dx = g[2 * a]
            dy = g[2 * a + 1]
            B[0, 2 * a] = dx
            B[1, 2 * a + 1] = dy
            B[2, 2 * a] = dy
            B[2, 2 * a + 1] = dx
        return B
        """
    if draw.chance(0.4):
        body = """
        return mat36(
            g[0], 0.0, g[2], 0.0, g[4], 0.0,
            0.0, g[1], 0.0, g[3], 0.0, g[5],
            g[1], g[0], g[3], g[2], g[5], g[4],
        )
        """
    draft.define(
        "strain_displacement", "g: vec6", body, "mat36", "Strain-displacement matrix of a linear triangle." if draw.chance(0.5) else ""
    )
    draft.code(f"B = strain_displacement(shape_grad[{e}])")
    young, poisson = draft.tune(draw.choice(("young", "E")), 0.5, 3.0), draft.tune(draw.choice(("poisson", "nu")), 0.1, 0.4)
    if draw.chance(0.6):
        draft.code(f"""
            c = {young} / (1.0 - {poisson} * {poisson})
            D = mat33(c, c * {poisson}, 0.0, c * {poisson}, c, 0.0, 0.0, 0.0, 0.5 * c * (1.0 - {poisson}))
            """)
    else:
        draft.code(f"""
            mu = {young} / (2.0 + 2.0 * {poisson})
            lam = 0.8 * {young} * {poisson}
            D = wp.diag(vec3(2.0 * mu, 2.0 * mu, mu))
            D = D + wp.outer(vec3(1.0, 1.0, 0.0), vec3(1.0, 1.0, 0.0)) * lam
            """)
    if gathered:
        draft.code(f"""
            u_e = vec6()
            for a in range(3):
                node = nodes[{e}, a]
                u_e[2 * a] = disp[node][0]
                u_e[2 * a + 1] = disp[node][1]
            """)
    else:
        draft.code(f"u_e = disp[{e}]")
    way = draw.choice(("stress", "forces", "energy", "stiffness"))
    if way == "stiffness":
        draft.code(f"K = (wp.transpose(B) @ D @ B) * area[{e}]")
        kept_matrix(draft, "K", 6, 6, 6.0, e, ("stiffness", "K_out", "elem_K"))
        return draft.finish(draw.choice(("element_stiffness", "assemble_triangle")), ["n"], sizes(draw))
    draft.code("strain = B @ u_e\nstress = D @ strain")
    if way == "stress":
        draft.code("""
            mean = 0.5 * (stress[0] + stress[1])
            half = 0.5 * (stress[0] - stress[1])
            tresca = wp.sqrt(half * half + stress[2] * stress[2] + 0.0001)
            """)
        draft.code("principal = mean + tresca")
        stored(draft, "principal", "float", 20.0, e, ["n"], ("principal_out", "stress_out"))
        if draw.chance(0.5):
            out = draft.result("strain_out", "vec3", "n")
            draft.code(f"{out}[{e}] = strain")
    elif way == "energy":
        draft.code(f"density = 0.5 * wp.dot(strain, stress)\nenergy_e = density * area[{e}]")
        stored(draft, "energy_e", "float", 40.0, e, ["n"], ("energy_out", "elastic_energy"), total=0.6)
    else:
        draft.code(f"f_e = wp.transpose(B) @ stress * area[{e}]")
        if gathered:
            out = draft.result("node_force", "vec2", "nodes", role="accumulate", names=("forces", "residual"))
            draft.code(
                f"for a in range(3):\n    wp.atomic_{draw.choice(('add', 'sub'))}({out}, nodes[{e}, a], vec2(f_e[2 * a], f_e[2 * a + 1]))"
            )
        else:
            kept_vector(draft, "f_e", 6, 10.0, e, ("force_out", "elem_force"))
    return draft.finish(f"triangle_{way}", ["n"], sizes(draw))


def build_quadrilateral(draw: Draw, draft: MirrorDraft) -> Case:
    """Bilinear quadrilaterals at a Gauss point: shape functions, Jacobian of 2x2, gradients of 2x4, areas, operators."""
    e = draw.choice(("tid", "elem", "e"))
    draft.field("coords", "mat42", "n", low=-0.2, high=0.2, names=("corner_offsets", "X_elem"))
    draft.field("values", "vec4", "n", names=("u_elem", "nodal", "temperature"))
    xi, eta = draw.choice(((0.0, 0.0), (0.577, 0.577), (-0.577, 0.577), (0.774, 0.0)))
    draft.thread("n", "coords", index=e, counts=("num_elements", "elem_count"))
    draft.code(f"xi = float({xi})\neta = float({eta})")
    draft.code(f"""
        dN = mat24(
            -0.25 * (1.0 - eta), 0.25 * (1.0 - eta), 0.25 * (1.0 + eta), -0.25 * (1.0 + eta),
            -0.25 * (1.0 - xi), -0.25 * (1.0 + xi), 0.25 * (1.0 + xi), 0.25 * (1.0 - xi),
        )
        reference_quad = mat42(-1.0, -1.0, 1.0, -1.0, 1.0, 1.0, -1.0, 1.0)
        X = reference_quad + coords[{e}]
        J = dN @ X
        det_J = wp.determinant(J)
        grad_N = wp.inverse(J) @ dN
        """)
    way = draw.choice(("gradient", "operator", "mass", "value"))
    if way == "gradient":
        draft.code(f"gradient = grad_N @ values[{e}]\nflux = wp.dot(gradient, gradient) * det_J")
        stored(draft, "flux", "float", 10.0, e, ["n"], ("flux_out", "dirichlet_energy"), total=0.3)
        if draw.chance(0.5):
            out = draft.result("gradient_out", "vec2", "n")
            draft.code(f"{out}[{e}] = gradient")
    elif way == "operator":
        k = draft.tune(draw.choice(("conductivity", "kappa")), 0.5, 2.0)
        draft.code(f"K = wp.transpose(grad_N) @ grad_N * ({k} * det_J)")
        kept_matrix(draft, "K", 4, 4, 3.0, e, ("K_out", "diffusion_matrix"))
    else:
        draft.code("""
            N = vec4(
                0.25 * (1.0 - xi) * (1.0 - eta), 0.25 * (1.0 + xi) * (1.0 - eta),
                0.25 * (1.0 + xi) * (1.0 + eta), 0.25 * (1.0 - xi) * (1.0 + eta),
            )
            """)
        if way == "mass":
            draft.code("M = wp.outer(N, N) * det_J")
            kept_matrix(draft, "M", 4, 4, 2.0, e, ("mass_out", "M_elem"))
        else:
            draft.code(f"""
                at_point = wp.dot(N, values[{e}])
                position = wp.transpose(X) @ N
                value = at_point + 0.3 * position[0] - 0.1 * position[1]
                """)
            stored(draft, "value", "float", 3.0, e, ["n"], ("value_out", "interpolated"))
    return draft.finish(f"quad_{way}", ["n"], sizes(draw))


VOIGT = """
return vec6(m[0, 0], m[1, 1], m[2, 2], {0} * m[1, 2], {0} * m[0, 2], {0} * m[0, 1])
"""


def build_voigt(draw: Draw, draft: MirrorDraft) -> Case:
    """Strain and stress as vectors of six: Hooke's law by a 6x6 matrix or Lame's constants, invariants, yield, energy, temperature."""
    i = draw.choice(("tid", "i", "gauss_point"))
    from_matrix = draw.chance(0.5)
    draft.field(
        "grad_u",
        "mat33" if from_matrix else "vec6",
        "n",
        low=-0.5,
        high=0.5,
        names=("F_in", "gradient") if from_matrix else ("strain", "eps"),
    )
    draft.thread("n", "grad_u", index=i, counts=("num_points", "qp_count"))
    if from_matrix:
        draft.code(f"g = grad_u[{i}]\nsym = 0.5 * (g + wp.transpose(g))")
        if draw.chance(0.4):
            draft.code("sym = sym + 0.5 * (wp.transpose(g) @ g)")
        step(draft, "eps", "to_voigt", "m: mat33", ["sym"], VOIGT.format(draw.choice(("2.0", "2.0", "1.0"))), "vec6", share=0.7)
    else:
        draft.code(f"eps = grad_u[{i}]")
    lam, mu = draft.tune(draw.choice(("lam", "lame_lambda")), 0.5, 2.0), draft.tune(draw.choice(("mu", "shear_modulus")), 0.5, 2.0)
    law = draw.choice(("matrix", "loop", "lame", "field"))
    if law == "matrix":
        draft.code(f"""
            d = {lam} + 2.0 * {mu}
            C = mat66(
                d, {lam}, {lam}, 0.0, 0.0, 0.0,
                {lam}, d, {lam}, 0.0, 0.0, 0.0,
                {lam}, {lam}, d, 0.0, 0.0, 0.0,
                0.0, 0.0, 0.0, {mu}, 0.0, 0.0,
                0.0, 0.0, 0.0, 0.0, {mu}, 0.0,
                0.0, 0.0, 0.0, 0.0, 0.0, {mu},
            )
            sigma = C @ eps
            """)
    elif law == "loop":
        draft.code(f"""
            C = mat66()
            for r in range(3):
                for col in range(3):
                    C[r, col] = {lam}
            for r in range(3):
                C[r, r] += 2.0 * {mu}
                C[r + 3, r + 3] = {mu}
            sigma = C @ eps
            """)
    elif law == "field":
        draft.field("moduli", "mat66", "n", low=0.0, high=1.0, names=("C_in", "tangent"))
        draft.code(f"C = moduli[{i}]\nsigma = (C + wp.transpose(C)) @ eps * {mu}")
    else:
        draft.code(f"""
            volumetric = eps[0] + eps[1] + eps[2]
            one = vec6(1.0, 1.0, 1.0, 0.0, 0.0, 0.0)
            half_shear = vec6(1.0, 1.0, 1.0, 0.5, 0.5, 0.5)
            sigma = one * ({lam} * volumetric) + wp.cw_mul(eps, half_shear) * (2.0 * {mu})
            """)
    if draw.chance(0.3):
        alpha = draft.tune(draw.choice(("thermal", "alpha")), 0.05, 0.3)
        draft.field("delta_T", "float", "n", names=("temperature",))
        draft.code(f"sigma = sigma - vec6(1.0, 1.0, 1.0, 0.0, 0.0, 0.0) * ({alpha} * delta_T[{i}])")
    way = draw.choice(("stress", "mises", "energy", "yield", "tensor"))
    if way == "stress":
        kept_vector(draft, "sigma", 6, 10.0, i, ("stress_out", "sigma_out"))
    elif way == "energy":
        draft.code("density = 0.5 * wp.dot(sigma, eps)")
        stored(draft, "density", "float", 40.0, i, ["n"], ("energy_out", "density_out"), total=0.5)
    elif way == "tensor":
        draft.code("""
            tensor = mat33(
                sigma[0], sigma[5], sigma[4],
                sigma[5], sigma[1], sigma[3],
                sigma[4], sigma[3], sigma[2],
            )
            """)
        if draft.width == "float64" and draw.chance(0.6):
            factored(draft, "eig3", "tensor", ("axes", "values"))
            draft.code(
                f"principal = {draw.choice(('wp.max(values)', '0.5 * (wp.max(values) - wp.min(values))', 'wp.max(wp.abs(values))'))}"
            )
            stored(draft, "principal", "float", 40.0, i, ["n"], ("principal_out", "rankine", "tresca"))
        else:
            kept_matrix(draft, "tensor", 3, 3, 10.0, i, ("stress_tensor", "cauchy"))
    else:
        draft.code("""
            p = (sigma[0] + sigma[1] + sigma[2]) / 3.0
            s = sigma - vec6(p, p, p, 0.0, 0.0, 0.0)
            shear = s[3:6]
            normal_part = s[0:3]
            j2 = 0.5 * wp.dot(normal_part, normal_part) + wp.dot(shear, shear)
            mises = wp.sqrt(3.0 * j2 + 0.0001)
            """)
        if way == "yield":
            limit = draft.tune(draw.choice(("yield_stress", "sigma_y")), 0.5, 2.0)
            draft.code(f"""
                scale_back = float(1.0)
                if mises > {limit}:
                    scale_back = {limit} / mises
                returned = vec6(p, p, p, 0.0, 0.0, 0.0) + s * scale_back
                """)
            kept_vector(draft, "returned", 6, 10.0, i, ("returned_out", "plastic_stress"))
        else:
            stored(draft, "mises", "float", 30.0, i, ["n"], ("mises_out", "von_mises"))
    return draft.finish(f"{law}_{way}", ["n"], sizes(draw))
