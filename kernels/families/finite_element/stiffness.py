"""Stiffness of small elements: entries of element matrices, products without a matrix, internal forces of bars and beams.

Bars and beams after any text of structural analysis (Przemieniecki, Theory of Matrix Structural Analysis, 1968); constant-strain triangles
in plane stress or strain with B^T D B (Zienkiewicz and Taylor).
"""

from __future__ import annotations

from kernels.case import Case, Role
from kernels.drafting.solvers.elements import corners, property_of, scatter
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.families.finite_element.mesh import FORCES, TABLES, simplex, sizes


def build_bars(draw: Draw, s: Script) -> Case:
    """Bars of a truss: entries of their stiffness, forces of displacements, strains and stresses."""
    dims = draw.choice((2, 3))
    vec = f"vec{dims}"
    s.field("x", vec, "n", low=-1.2, high=1.2, names=("nodes", "node_x", "coords"))
    corners(s, "i", "j", table="bars", tables=TABLES[2], threads=("e", "bar", "elem"))
    property_of(s, "young", 0.5, 3.0, names=("youngs_modulus", "e_mod"))
    property_of(s, "area", 0.2, 1.0, names=("cross_section", "bar_area"))
    s.code("d = x[j] - x[i]\nlength = wp.length(d)")
    guarded = draw.chance(0.5)
    s.code("if length < 0.05:\n    return" if guarded else "length = length + 0.05")
    s.code("n = d / length\nk = young * area / length")
    role: Role = "accumulate" if guarded else "output"
    form = draw.choice(("matrix", "force", "force", "stress"))
    if form == "matrix":
        _bar_matrix(draw, s, dims, role)
        return s.finish(draw.choice(("bar_stiffness", "truss_matrix", "assemble_bars")), ["m"], sizes(draw, 200))
    s.field("u", vec, "n", low=-0.3, high=0.3, names=("displacement", "node_u"))
    large = draw.chance(0.4)
    if large:
        s.code("now = d + u[j] - u[i]\nlength_now = wp.length(now) + 0.01")
        s.code(
            draw.choice(
                (
                    "strain = (length_now - length) / length",
                    "strain = 0.5 * (wp.dot(now, now) / (length * length) - 1.0)",
                    "strain = wp.log(length_now / length)",
                )
            )
        )
        s.code("direction = now / length_now")
    else:
        s.code("strain = wp.dot(u[j] - u[i], n) / length\ndirection = n")
    thermal = draw.chance(0.3)
    if thermal:
        s.field("temperature", "real", "m", low=-1.0, high=1.0, names=("delta_t", "bar_temperature"))
        s.tuning(("expansion", 0.01, 0.1))
        s.code("strain -= expansion * temperature[tid]")
    s.code("stress = young * strain")
    if draw.chance(0.3):
        s.tuning(("yield_stress", 0.1, 0.5))
        s.code(draw.choice(("stress = wp.clamp(stress, -yield_stress, yield_stress)", "if stress < 0.0:\n    stress = 0.1 * stress")))
    if form == "stress":
        s.result("axial", "real", "m", role=role, names=("bar_stress", "axial_stress"))
        s.code("axial[tid] = stress")
        s.result("utilization", "real", "m", role=role, names=("usage", "safety"))
        s.tuning(("strength", 0.5, 2.0))
        s.code("utilization[tid] = wp.abs(stress) / strength")
        return s.finish(draw.choice(("bar_stresses", "truss_stress")), ["m"], sizes(draw, 200))
    s.result("force", vec, "n", role="accumulate", names=FORCES)
    s.code("f = direction * (stress * area)")
    scatter(s, "force", {"i": "f", "j": "-f"})
    if draw.chance(0.4):
        s.result("energy", "real", "one", role="accumulate", names=("strain_energy", "total_energy"))
        s.code("wp.atomic_add(energy, 0, 0.5 * stress * strain * area * length)")
    return s.finish(draw.choice(("bar_forces", "truss_forces", "apply_bars")), ["m"], sizes(draw, 200))


def _bar_matrix(draw: Draw, s: Script, dims: int, role: str) -> None:
    layout = draw.choice(("entries", "block", "diagonal"))
    if layout == "block":
        s.result("blocks", f"mat{dims}{dims}", "m", role="accumulate", names=("k_blocks", "bar_blocks"))
        s.code("block = k * wp.outer(n, n)\nblocks[tid] = block")
        s.result("diag", f"mat{dims}{dims}", "n", role="accumulate", names=("k_diag", "node_blocks"))
        scatter(s, "diag", {"i": "block", "j": "block"})
    elif layout == "diagonal":
        s.result("diag", f"vec{dims}", "n", role="accumulate", names=("k_diag", "jacobi"))
        s.code("own = wp.cw_mul(n, n) * k")
        scatter(s, "diag", {"i": "own", "j": "own"})
    else:
        size = 2 * dims
        s.result("entries", "real", "m", size * size, role="accumulate", names=("k_values", "coo_values", "triplets"))
        s.code("\n".join(f"c{a}{b} = k * n[{a}] * n[{b}]" for a in range(dims) for b in range(a, dims)))
        lines = []
        for row in range(size):
            for col in range(size):
                a, b = sorted((row % dims, col % dims))
                sign = "" if (row < dims) == (col < dims) else "-"
                lines.append(f"entries[tid, {row * size + col}] = {sign}c{a}{b}")
        s.code("\n".join(lines))


def build_beams(draw: Draw, s: Script) -> Case:
    """Euler-Bernoulli beams in the plane: end forces from deflections and rotations, or the entries of the bending stiffness."""
    corners(s, "i", "j", table="beams", tables=("beams", "elements", "beam_nodes"), threads=("e", "beam", "elem"))
    property_of(s, "ei", 0.5, 2.0, names=("flexural_rigidity", "bending_stiffness"))
    property_of(s, "length", 0.6, 1.5, names=("beam_length", "span"))
    shear = draw.chance(0.4)
    if shear:
        s.tuning(("shear_factor", 0.1, 0.6))
        s.code("phi = 12.0 * shear_factor / (length * length)\nb = ei / (length * length * length * (1.0 + phi))")
    else:
        s.code("b = ei / (length * length * length)")
    four = "(4.0 + phi)" if shear else "4.0"
    two = "(2.0 - phi)" if shear else "2.0"
    s.code(f"k11 = 12.0 * b\nk12 = 6.0 * b * length\nk22 = {four} * b * length * length\nk24 = {two} * b * length * length")
    if draw.chance(0.4):
        s.result("entries", "real", "m", 10, names=("k_upper", "beam_values"))
        values = ("k11", "k12", "-k11", "k12", "k22", "-k12", "k24", "k11", "-k12", "k22")
        s.code("\n".join(f"entries[tid, {n}] = {v}" for n, v in enumerate(values)))
        return s.finish(draw.choice(("beam_stiffness", "assemble_beams")), ["m"], sizes(draw, 200))
    s.field("w", "real", "n", low=-0.5, high=0.5, names=("deflection", "u_y"))
    s.field("theta", "real", "n", low=-0.5, high=0.5, names=("rotation", "slope"))
    s.result("shear_out", "real", "n", role="accumulate", names=("shear_force", "f_y"))
    s.result("moment", "real", "n", role="accumulate", names=("moments", "m_z"))
    s.code("wi = w[i]\nwj = w[j]\nti = theta[i]\ntj = theta[j]")
    s.code("vi = k11 * (wi - wj) + k12 * (ti + tj)\nmi = k12 * (wi - wj) + k22 * ti + k24 * tj\nmj = k12 * (wi - wj) + k24 * ti + k22 * tj")
    load = draw.chance(0.5)
    if load:
        s.field("load", "real", "m", low=-0.5, high=0.5, names=("line_load", "q"))
        s.code("q = load[tid] * length * 0.5\nvi -= q\nmi -= q * length / 6.0\nmj += q * length / 6.0")
    end = "2.0 * q + vi" if load else "vi"
    s.code(
        f"wp.atomic_add(shear_out, i, vi)\nwp.atomic_sub(shear_out, j, {end})\nwp.atomic_add(moment, i, mi)\nwp.atomic_add(moment, j, mj)"
    )
    return s.finish(draw.choice(("beam_forces", "apply_beams", "beam_residual")), ["m"], sizes(draw, 200))


def build_cst(draw: Draw, s: Script) -> Case:
    """Constant-strain triangles: the entries of B^T D B, its product with displacements, or its diagonal, in plane stress or strain."""
    names = simplex(s, 2)
    property_of(s, "young", 0.5, 3.0, names=("youngs_modulus", "e_mod"))
    s.tuning(("poisson", 0.1, 0.4), ("thickness", 0.2, 1.0))
    s.code("xi = x[i]\nxj = x[j]\nxk = x[k]")
    s.code("b0 = xj[1] - xk[1]\nb1 = xk[1] - xi[1]\nb2 = xi[1] - xj[1]\nc0 = xk[0] - xj[0]\nc1 = xi[0] - xk[0]\nc2 = xj[0] - xi[0]")
    s.code(
        "twice_area = c2 * b1 - c1 * b2"
        if draw.chance(0.5)
        else "twice_area = (xj[0] - xi[0]) * (xk[1] - xi[1]) - (xk[0] - xi[0]) * (xj[1] - xi[1])"
    )
    s.code("if wp.abs(twice_area) < 0.15:\n    return\nscale = 0.5 * thickness / wp.abs(twice_area)")
    if draw.chance(0.5):
        s.code("d = young / (1.0 - poisson * poisson)\nd11 = d\nd12 = d * poisson\nd33 = 0.5 * d * (1.0 - poisson)")
    else:
        s.code(
            "d = young / ((1.0 + poisson) * (1.0 - 2.0 * poisson))\nd11 = d * (1.0 - poisson)\n"
            "d12 = d * poisson\nd33 = 0.5 * d * (1.0 - 2.0 * poisson)"
        )
    form = draw.choice(("matrix", "product", "product", "diagonal"))
    if form == "matrix":
        _cst_matrix(draw, s)
        return s.finish(draw.choice(("cst_stiffness", "plane_stiffness", "assemble_cst")), ["m"], sizes(draw))
    if form == "diagonal":
        s.result("diag", "vec2", "n", role="accumulate", names=("k_diag", "jacobi"))
        s.code(
            "\n".join(
                f"wp.atomic_add(diag, {n}, wp.vec2(d11 * b{a} * b{a} + d33 * c{a} * c{a}, d11 * c{a} * c{a} + d33 * b{a} * b{a}) * scale)"
                for a, n in enumerate(names)
            )
        )
        return s.finish(draw.choice(("cst_diagonal", "jacobi_preconditioner")), ["m"], sizes(draw))
    s.field("u", "vec2", "n", low=-0.4, high=0.4, names=("displacement", "p_vec", "search_dir"))
    s.result("ku", "vec2", "n", role="accumulate", names=("product", "f_int", "ap"))
    s.code("ui = u[i]\nuj = u[j]\nuk = u[k]")
    s.code("exx = b0 * ui[0] + b1 * uj[0] + b2 * uk[0]\neyy = c0 * ui[1] + c1 * uj[1] + c2 * uk[1]")
    s.code("gxy = c0 * ui[0] + c1 * uj[0] + c2 * uk[0] + b0 * ui[1] + b1 * uj[1] + b2 * uk[1]")
    s.code("sxx = (d11 * exx + d12 * eyy) * scale\nsyy = (d12 * exx + d11 * eyy) * scale\nsxy = d33 * gxy * scale")
    scatter(s, "ku", {n: f"wp.vec2(b{a} * sxx + c{a} * sxy, c{a} * syy + b{a} * sxy)" for a, n in enumerate(names)})
    if draw.chance(0.4):
        s.result("stress", "vec3", "m", role="accumulate", names=("sigma", "element_stress"))
        s.code("unit = 1.0 / (scale * twice_area)\nstress[tid] = wp.vec3(sxx, syy, sxy) * unit")
    return s.finish(draw.choice(("apply_stiffness", "cst_product", "cst_forces")), ["m"], sizes(draw))


def _cst_matrix(draw: Draw, s: Script) -> None:
    """The entries for each pair of corners: a 2x2 block of its own, or a flat row."""
    pairs = [(a, b) for a in range(3) for b in range(3)]
    upper = draw.chance(0.5)
    if upper:
        pairs = [(a, b) for a, b in pairs if a <= b]
    s.define(
        "pair_block",
        "ba: real, ca: real, bb: real, cb: real, d11: real, d12: real, d33: real",
        "kxx = d11 * ba * bb + d33 * ca * cb\nkxy = d12 * ba * cb + d33 * ca * bb\n"
        "kyx = d12 * ca * bb + d33 * ba * cb\nkyy = d11 * ca * cb + d33 * ba * bb\n"
        "return wp.mat22(kxx, kxy, kyx, kyy)",
        "mat22",
        "Two rows and columns of B^T D B for a pair of corners.",
    )
    s.result("blocks", "mat22", "m", len(pairs), role="accumulate", names=("k_blocks", "stiffness_blocks"))
    s.code("\n".join(f"blocks[tid, {n}] = pair_block(b{a}, c{a}, b{b}, c{b}, d11, d12, d33) * scale" for n, (a, b) in enumerate(pairs)))


def build_conduction(draw: Draw, s: Script) -> Case:
    """Heat conduction of linear triangles and tetrahedra: residuals with capacity and sources, fluxes, or matrix entries."""
    dims = draw.choice((2, 3))
    vec = f"vec{dims}"
    names = simplex(s, dims)
    form = draw.choice(("residual", "residual", "flux", "matrix"))
    factor = {2: "0.5", 3: "0.16666667"}[dims]
    first, rest = names[0], names[1:]
    s.code(f"x0 = x[{first}]\nshape = wp.matrix_from_cols(" + ", ".join(f"x[{c}] - x0" for c in rest) + ")")
    s.code(f"det = wp.determinant(shape)\nif wp.abs(det) < 0.15:\n    return\ninv = wp.inverse(shape)\nvol = wp.abs(det) * {factor}")
    s.code("\n".join(f"g{c} = wp.vec{dims}({', '.join(f'inv[{n}, {k}]' for k in range(dims))})" for n, c in enumerate(rest)))
    s.code(f"g{first} = -({' + '.join(f'g{c}' for c in rest)})")
    property_of(s, "kappa", 0.3, 1.5, names=("conductivity", "diffusivity"))
    if form == "matrix":
        pairs = [(a, b) for n, a in enumerate(names) for b in names[n:]]
        s.result("entries", "real", "m", len(pairs), role="accumulate", names=("k_values", "conductance"))
        s.code("scale = kappa * vol\n" + "\n".join(f"entries[tid, {n}] = scale * wp.dot(g{a}, g{b})" for n, (a, b) in enumerate(pairs)))
        if draw.chance(0.5):
            s.tuning(("capacity", 0.5, 2.0))
            s.result("lumped", "real", "n", role="accumulate", names=("mass_diag", "heat_capacity"))
            s.code(f"share = capacity * vol / {dims + 1}.0")
            scatter(s, "lumped", dict.fromkeys(names, "share"))
        return s.finish(draw.choice(("conductivity_matrix", "laplace_stiffness")), ["m"], sizes(draw))
    s.field("temperature", "real", "n", low=-1.0, high=1.0, names=("phi", "potential", "head"))
    s.code(f"grad_t = {' + '.join(f'g{c} * temperature[{c}]' for c in names)}")
    if draw.chance(0.35):
        mean = " + ".join(f"temperature[{c}]" for c in names)
        s.tuning(("slope", 0.05, 0.3))
        s.code(f"mean_t = ({mean}) / {dims + 1}.0\nk_local = kappa * (1.0 + slope * mean_t)")
        kappa = "k_local"
    else:
        kappa = "kappa"
    s.code(f"flux = grad_t * -{kappa}")
    if form == "flux":
        s.result("flux_out", vec, "m", role="accumulate", names=("heat_flux", "q_out"))
        s.code("flux_out[tid] = flux")
        s.result("node_flux", vec, "n", role="accumulate", names=("recovered", "smoothed_flux"))
        s.result("weight", "real", "n", role="accumulate", names=("node_volume", "node_weight"))
        s.code("\n".join(f"wp.atomic_add(node_flux, {c}, flux * vol)\nwp.atomic_add(weight, {c}, vol)" for c in names))
        return s.finish(draw.choice(("recover_flux", "element_flux")), ["m"], sizes(draw))
    s.result("residual", "real", "n", role="accumulate", names=("r_out", "rhs", "heat_residual"))
    terms = {c: f"wp.dot(flux, g{c}) * vol" for c in names}
    extra = ""
    if draw.chance(0.5):
        s.field("source", "real", "m", low=-0.5, high=0.5, names=("heat_source", "q_vol"))
        s.code(f"share = source[tid] * vol / {dims + 1}.0")
        extra += " + share"
    if draw.chance(0.4):
        s.field("velocity", vec, "m", names=("flow", "advection"))
        s.code(f"carried = wp.dot(velocity[tid], grad_t) * vol / {dims + 1}.0")
        extra += " - carried"
    scatter(s, "residual", {c: t + extra for c, t in terms.items()})
    if draw.chance(0.3):
        s.result("energy", "real", "one", role="accumulate", names=("dirichlet_energy", "dissipation"))
        s.code("wp.atomic_add(energy, 0, -0.5 * vol * wp.dot(flux, grad_t))")
    return s.finish(draw.choice(("heat_residual", "conduction_residual", "assemble_heat")), ["m"], sizes(draw))
