"""Elastic solids of linear triangles and tetrahedra: strain, stress, forces at the nodes, energy.

Laws: St. Venant-Kirchhoff, neo-Hookean (with logarithm, and the stable form of Smith, de Goes and Kim, 2018), Mooney-Rivlin, linear, and
co-rotated with a rotation from orthonormalized columns or from Higham's iteration (1986). First Piola-Kirchhoff stresses throughout.
"""

from __future__ import annotations

from kernels.case import Case, Role
from kernels.domains import Uniform
from kernels.drafting.solvers.elements import property_of, scatter
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.families.finite_element.mesh import FORCES, column, deformation, gravity, simplex, sizes

LAWS = ("stvk", "neo_hookean", "stable", "mooney_rivlin", "linear", "corotated", "polar", "fung")


def _eye(dims: int) -> str:
    return f"wp.identity(n={dims}, dtype=float)"


def _cofactor(draw: Draw, s: Script, dims: int) -> None:
    """The derivative of the determinant, by the name `cof`."""
    if dims == 2:
        s.code("cof = wp.mat22(f[1, 1], -f[1, 0], -f[0, 1], f[0, 0])")
        return
    if draw.chance(0.5):
        s.define(
            "cofactor",
            "m: mat33",
            "\n".join(f"c{n} = {column('m', n, 3)}" for n in range(3))
            + "\nreturn wp.matrix_from_cols(wp.cross(c1, c2), wp.cross(c2, c0), wp.cross(c0, c1))",
            "mat33",
            "Derivative of the determinant.",
        )
        s.code("cof = cofactor(f)")
        return
    s.code("\n".join(f"f{n} = {column('f', n, 3)}" for n in range(3)))
    s.code("cof = wp.matrix_from_cols(wp.cross(f1, f2), wp.cross(f2, f0), wp.cross(f0, f1))")


def stress(draw: Draw, s: Script, dims: int, law: str) -> None:
    """The first Piola-Kirchhoff stress `p` of the deformation gradient `f`, with the moduli `mu` and `lam`."""
    eye = _eye(dims)
    if law == "stvk":
        s.code(f"strain = 0.5 * (wp.transpose(f) @ f - {eye})")
        if draw.chance(0.5):
            s.code(f"second = 2.0 * mu * strain + lam * wp.trace(strain) * {eye}\np = f @ second")
        else:
            s.code("p = f @ (2.0 * mu * strain)\np = p + lam * wp.trace(strain) * f")
    elif law == "fung":
        s.code(f"strain = 0.5 * (wp.transpose(f) @ f - {eye})\nq = wp.min(mu * wp.ddot(strain, strain), 2.0)")
        s.code("p = (lam * wp.exp(q)) * (f @ strain)")
    elif law == "linear":
        s.code(f"strain = 0.5 * (f + wp.transpose(f)) - {eye}\np = 2.0 * mu * strain + lam * wp.trace(strain) * {eye}")
    elif law in ("neo_hookean", "stable", "mooney_rivlin"):
        _cofactor(draw, s, dims)
        s.code("jac = wp.determinant(f)")
        if law == "neo_hookean":
            s.code("jac_safe = wp.max(jac, 0.2)\ninv_t = cof / jac_safe")
            s.code("p = mu * (f - inv_t) + (lam * wp.log(jac_safe)) * inv_t")
        elif law == "stable":
            s.code("alpha = 1.0 + mu / lam\nic = wp.ddot(f, f)")
            s.code(
                draw.choice(
                    ("p = (mu * (1.0 - 1.0 / (ic + 1.0))) * f + (lam * (jac - alpha)) * cof", "p = mu * f + (lam * (jac - alpha)) * cof")
                )
            )
        else:
            s.tuning(("c2", 0.1, 0.5))
            s.code("right = wp.transpose(f) @ f\ni1 = wp.trace(right)")
            s.code("p = (2.0 * mu) * f + (2.0 * c2) * (i1 * f - f @ right) + (lam * (jac - 1.0)) * cof")
    else:
        _rotation(draw, s, dims, law)
        s.code(f"stretch = f - rot\nslack = wp.trace(wp.transpose(rot) @ f) - {dims}.0")
        s.code("p = (2.0 * mu) * stretch + (lam * slack) * rot")


def _rotation(draw: Draw, s: Script, dims: int, law: str) -> None:
    """A rotation `rot` near `f`."""
    if dims == 2:
        s.code(
            "a = f[0, 0] + f[1, 1]\nb = f[1, 0] - f[0, 1]\nlength = wp.sqrt(a * a + b * b + 0.01)\n"
            "rot = wp.mat22(a, -b, b, a) * (1.0 / length)"
        )
    elif law == "corotated":
        s.code(f"c0 = {column('f', 0, 3)}\nc1 = {column('f', 1, 3)}\nq0 = c0 / (wp.length(c0) + 0.01)")
        s.code(
            "c1 = c1 - q0 * wp.dot(q0, c1)\nq1 = c1 / (wp.length(c1) + 0.05)\nq2 = wp.cross(q0, q1)\nrot = wp.matrix_from_cols(q0, q1, q2)"
        )
    else:
        steps = draw.choice((2, 3))
        s.code("rot = f\n" + "\n".join("rot = 0.5 * (rot + wp.transpose(wp.inverse(rot)))" for _ in range(steps)))


def build_elastic(draw: Draw, s: Script) -> Case:
    """Elastic forces of an element at its nodes, with damping, activation, body force and energy as drawn."""
    dims = draw.choice((3, 3, 2))
    law = draw.choice(LAWS)
    small = law in ("linear", "polar")
    moving = not small and draw.chance(0.45)
    names = simplex(s, dims, moving=moving)
    if small:
        s.set_domain("x", Uniform(-0.15, 0.15))
        s.alias("x", "displacement", "u", "node_u")
    property_of(s, "mu", 0.3, 1.5, names=("tet_mu", "shear_modulus", "k_mu"))
    property_of(s, "lam", 0.3, 1.5, names=("tet_lambda", "bulk_modulus", "k_lambda"))
    s.result("force", f"vec{dims}", "n", role="accumulate", names=FORCES)
    deformation(draw, s, dims, names, small=small)
    stress(draw, s, dims, law)
    if moving:
        s.tuning(("damping", 0.02, 0.3))
        s.code("dv = wp.matrix_from_cols(" + ", ".join(f"v[{c}] - v[{names[0]}]" for c in names[1:]) + ")\nfdot = dv @ dm")
        s.code(
            draw.choice(
                ("p = p + damping * fdot", "rate = 0.5 * (wp.transpose(f) @ fdot + wp.transpose(fdot) @ f)\np = p + damping * (f @ rate)")
            )
        )
    if draw.chance(0.25):
        s.field("activation", "real", "m", low=-0.3, high=0.5, names=("tet_activations", "muscle"))
        if draw.chance(0.5) and dims == 3:
            s.field("fiber", "vec3", "m", names=("fiber_dir", "muscle_dir"))
            s.code("a = fiber[tid]\np = p + activation[tid] * (f @ wp.outer(a, a))")
        else:
            s.code("p = p + activation[tid] * f")
    s.code("h = (p @ wp.transpose(dm)) * -vol" if draw.chance(0.6) else "h = (-vol) * (p @ wp.transpose(dm))")
    s.code("\n".join(f"h{c} = {column('h', n, dims)}" for n, c in enumerate(names[1:])))
    total = " + ".join(f"h{c}" for c in names[1:])
    if draw.chance(0.25):
        gravity(s, dims)
        s.tuning(("density", 0.3, 1.5))
        s.code(f"share = gravity * (density * vol / {dims + 1}.0)\nh0 = share - ({total})")
        scatter(s, "force", {names[0]: "h0", **{c: f"h{c} + share" for c in names[1:]}})
    elif draw.chance(0.5):
        s.code(f"h0 = -({total})")
        scatter(s, "force", {names[0]: "h0", **{c: f"h{c}" for c in names[1:]}})
    else:
        scatter(s, "force", {**{c: f"h{c}" for c in names[1:]}, names[0]: f"-({total})"})
    if draw.chance(0.3) and law in ("stvk", "linear"):
        s.result("energy", "real", "one", role="accumulate", names=("strain_energy", "elastic_energy"))
        s.code("tr = wp.trace(strain)\nwp.atomic_add(energy, 0, vol * (mu * wp.ddot(strain, strain) + 0.5 * lam * tr * tr))")
    return s.finish(
        draw.choice((f"{law}_forces", "eval_tetrahedra" if dims == 3 else "eval_triangles", "internal_forces", "element_forces")),
        ["m"],
        sizes(draw),
        doc=draw.choice(("", "", f"Nodal forces of {law.replace('_', ' ')} elements.")),
    )


def build_measures(draw: Draw, s: Script) -> Case:
    """Strain and stress measures of an element: Green, Almansi, Hencky-like, Cauchy stress, von Mises, energy, volume change."""
    dims = draw.choice((3, 3, 2))
    names = simplex(s, dims)
    thin = deformation(draw, s, dims, names)
    role: Role = "accumulate" if thin else "output"
    mat, eye = f"mat{dims}{dims}", _eye(dims)
    parts = draw.subset(("green", "invariants", "jacobian", "cauchy", "rate", "principal", "quality"), draw.integer(2, 4))
    if "green" in parts:
        s.result("green", mat, "m", role=role, names=("strain", "green_strain"))
        s.code(f"e = 0.5 * (wp.transpose(f) @ f - {eye})\ngreen[tid] = e")
    if "invariants" in parts:
        s.result("invariants", f"vec{dims}", "m", role=role, names=("inv_out", "cauchy_invariants"))
        s.code("i1 = wp.ddot(f, f)")
        if dims == 3:
            # The second invariant by the areas that pairs of columns span: nothing cancels.
            s.code("\n".join(f"a{n} = {column('f', n, 3)}" for n in range(3)))
            s.code("n01 = wp.cross(a0, a1)\nn12 = wp.cross(a1, a2)\nn20 = wp.cross(a2, a0)\nratio = wp.determinant(f)")
            s.code("i2 = wp.dot(n01, n01) + wp.dot(n12, n12) + wp.dot(n20, n20)\ninvariants[tid] = wp.vec3(i1, i2, ratio * ratio)")
        else:
            s.code("ratio = wp.determinant(f)\ninvariants[tid] = wp.vec2(i1, ratio * ratio)")
    if "jacobian" in parts:
        s.result("volume_ratio", "real", "m", role=role, names=("jacobian", "det_f"))
        s.code(draw.choice(("volume_ratio[tid] = wp.determinant(f)", "jac = wp.determinant(f)\nvolume_ratio[tid] = jac")))
    if "cauchy" in parts:
        property_of(s, "mu", 0.3, 1.5, names=("shear_modulus",))
        property_of(s, "lam", 0.3, 1.5, names=("bulk_modulus",))
        s.result("sigma", mat, "m", role=role, names=("cauchy_stress", "stress_out"))
        s.code("left = f @ wp.transpose(f)\ndet_f = wp.determinant(f)\nscale = 1.0 / wp.max(wp.abs(det_f), 0.3)")
        s.code(f"cauchy = (mu * scale) * (left - {eye}) + (lam * (det_f - 1.0)) * {eye}\nsigma[tid] = cauchy")
        if draw.chance(0.6):
            s.result("von_mises", "real", "m", role=role, names=("mises_stress", "equivalent_stress"))
            s.code(f"dev = cauchy - (wp.trace(cauchy) / {dims}.0) * {eye}\nvon_mises[tid] = wp.sqrt(1.5 * wp.ddot(dev, dev) + 0.0001)")
    if "principal" in parts and dims == 2:
        s.result("principal", "vec2", "m", role=role, names=("principal_stretch", "eigenvalues"))
        s.code(
            "b = f @ wp.transpose(f)\nmean = 0.5 * (b[0, 0] + b[1, 1])\ndiff = 0.5 * (b[0, 0] - b[1, 1])\n"
            "spread = wp.sqrt(diff * diff + b[0, 1] * b[0, 1] + 0.0001)"
        )
        s.code("principal[tid] = wp.vec2(mean + spread, mean - spread)")
    if "rate" in parts:
        s.field("v", f"vec{dims}", "n", names=("vel", "node_vel", "particle_qd"))
        s.result("strain_rate", mat, "m", role=role, names=("edot", "rate_of_strain"))
        s.code("dv = wp.matrix_from_cols(" + ", ".join(f"v[{c}] - v[{names[0]}]" for c in names[1:]) + ")")
        s.code("fdot = dv @ dm\nstrain_rate[tid] = 0.5 * (wp.transpose(f) @ fdot + wp.transpose(fdot) @ f)")
    if "quality" in parts:
        s.result("quality", "real", "m", role=role, names=("aspect", "shape_quality"))
        s.code(f"norm_sq = wp.ddot(f, f)\nquality[tid] = {'wp.determinant(f)' if dims == 2 else 'vol'} * {dims}.0 / (norm_sq + 0.1)")
    return s.finish(draw.choice(("strain_measures", "element_strain", "compute_stress", "deformation_measures")), ["m"], sizes(draw))


def build_rest(draw: Draw, s: Script) -> Case:
    """What a mesh's rest shape gives once: inverse shapes, volumes, gradients of the shape functions, lumped masses."""
    dims = draw.choice((3, 3, 2))
    names = simplex(s, dims)
    mat, vec = f"mat{dims}{dims}", f"vec{dims}"
    factor = {2: "0.5", 3: "0.16666667"}[dims]
    first, rest = names[0], names[1:]
    s.code(f"x0 = x[{first}]\nshape = wp.matrix_from_cols(" + ", ".join(f"x[{c}] - x0" for c in rest) + ")")
    s.code(f"det = wp.determinant(shape)\nvol = wp.abs(det) * {factor}")
    parts = draw.subset(("inverse", "gradients", "mass", "volume", "centroid"), draw.integer(2, 4))
    if {"inverse", "gradients"} & set(parts):
        s.code("if wp.abs(det) < 0.15:\n    return\ninv = wp.inverse(shape)")
    if "inverse" in parts:
        s.result("inv_rest", mat, "m", role="accumulate", names=("dm_inv", "tet_poses", "rest_inv"))
        s.code("inv_rest[tid] = inv")
    if "gradients" in parts:
        s.result("gradients", vec, "m", dims + 1, role="accumulate", names=("shape_grad", "grad_n"))
        s.code("\n".join(f"g{n + 1} = wp.vec{dims}({', '.join(f'inv[{n}, {c}]' for c in range(dims))})" for n in range(dims)))
        s.code("g0 = -(" + " + ".join(f"g{n + 1}" for n in range(dims)) + ")")
        s.code("\n".join(f"gradients[tid, {n}] = g{n}" for n in range(dims + 1)))
    if "mass" in parts:
        property_of(s, "density", 0.3, 1.5, names=("rho", "elem_density"))
        s.result("mass", "real", "n", role="accumulate", names=("lumped_mass", "node_mass"))
        s.code(f"share = density * vol / {dims + 1}.0")
        scatter(s, "mass", dict.fromkeys(names, "share"))
    if "volume" in parts:
        s.result("volume", "real", "m", role="accumulate", names=("rest_volume", "elem_volume"))
        s.code("volume[tid] = vol")
        if draw.chance(0.4):
            s.result("total", "real", "one", role="accumulate", names=("total_volume", "mesh_volume"))
            s.code("wp.atomic_add(total, 0, vol)")
    if "centroid" in parts:
        s.result("centroid", vec, "m", role="accumulate", names=("elem_center", "barycenter"))
        s.code(f"centroid[tid] = ({' + '.join(f'x[{c}]' for c in names)}) * (1.0 / {dims + 1}.0)")
    return s.finish(
        draw.choice(("precompute_rest", "shape_gradients", "rest_state", "lump_masses" if "mass" in parts else "element_volumes")),
        ["m"],
        sizes(draw),
    )
