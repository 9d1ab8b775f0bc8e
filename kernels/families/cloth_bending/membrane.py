"""In-plane forces of cloth triangles, and wind: energies of finite strain, Baraff-Witkin conditions, drag, lift, pressure.

A triangle's rest shape is the inverse of its edge matrix, `dm`; its deformation gradient has the columns `f1`, `f2` (Baraff and Witkin,
Large Steps in Cloth Simulation, 1998; Volino et al., A Simple Approach to Nonlinear Tensile Stiffness, 2009).
"""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Uniform
from kernels.drafting.solvers.elements import property_of, scatter
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.families.cloth_bending.elements import FORCES, elements, particles, sizes

CORNERS = ("i", "j", "k")
RESTS = ("tri_poses", "inv_rest", "dm_inv", "rest_pose")


def _gradient(draw: Draw, s: Script) -> None:
    """The columns `f1`, `f2` of the deformation gradient, and the rest shape's inverse `dm`."""
    s.field("poses", "mat22", "m", low=0.4, high=1.4, domain=None, names=RESTS)
    s.code("x10 = x[j] - x[i]\nx20 = x[k] - x[i]\ndm = poses[tid]")
    s.code("f1 = x10 * dm[0, 0] + x20 * dm[1, 0]\nf2 = x10 * dm[0, 1] + x20 * dm[1, 1]")


def build_membrane(draw: Draw, s: Script) -> Case:
    """Elastic forces of a triangle, with damping and area terms, as drawn; often wind in the same kernel."""
    moving = draw.chance(0.6)
    particles(s, moving=moving)
    elements(s, *CORNERS)
    property_of(s, "mu", 0.3, 1.5, names=("tri_ke", "lame_mu", "k_mu"))
    property_of(s, "lam", 0.2, 1.0, names=("tri_ka", "lame_lambda"))
    s.field("area", "real", "m", low=0.3, high=1.2, names=("tri_areas", "rest_area"))
    s.result("f", "vec3", "n", role="accumulate", names=FORCES)
    _gradient(draw, s)
    law = draw.choice(("stvk", "neo_hookean", "baraff_witkin", "orthotropic", "corotated"))
    if law in ("stvk", "orthotropic"):
        s.code("e11 = 0.5 * (wp.dot(f1, f1) - 1.0)\ne22 = 0.5 * (wp.dot(f2, f2) - 1.0)\ne12 = 0.5 * wp.dot(f1, f2)")
        if law == "stvk":
            s.code("trace = e11 + e22\ns11 = 2.0 * mu * e11 + lam * trace\ns22 = 2.0 * mu * e22 + lam * trace\ns12 = 2.0 * mu * e12")
        else:
            s.tuning(("weft", 0.5, 2.0), ("shear", 0.2, 0.8))
            s.code("s11 = mu * e11 + lam * e22\ns22 = mu * weft * e22 + lam * e11\ns12 = 2.0 * shear * e12")
        s.code("p1 = f1 * s11 + f2 * s12\np2 = f1 * s12 + f2 * s22")
    elif law == "baraff_witkin":
        s.code("len1 = wp.length(f1) + 0.01\nlen2 = wp.length(f2) + 0.01\nc1 = len1 - 1.0\nc2 = len2 - 1.0\nc12 = wp.dot(f1, f2)")
        s.code("p1 = f1 * (mu * c1 / len1) + f2 * (lam * c12)\np2 = f2 * (mu * c2 / len2) + f1 * (lam * c12)")
    elif law == "neo_hookean":
        s.code("n = wp.cross(f1, f2)\njac_sq = wp.dot(n, n) + 0.2")
        s.code(
            "ratio = (lam * wp.log(jac_sq) * 0.5 - mu) / jac_sq"
            if draw.chance(0.5)
            else "jac = wp.sqrt(jac_sq)\nratio = (lam * (jac - 1.0) - mu) / jac_sq"
        )
        s.code("p1 = f1 * mu + wp.cross(f2, n) * ratio\np2 = f2 * mu + wp.cross(n, f1) * ratio")
    else:
        # The rotation's columns by one step of orthonormalization.
        s.code("q1 = f1 / (wp.length(f1) + 0.01)\nrest2 = f2 - q1 * wp.dot(q1, f2)\nq2 = rest2 / (wp.length(rest2) + 0.05)")
        s.code("trace = wp.dot(f1, q1) + wp.dot(f2, q2) - 2.0")
        s.code("p1 = (f1 - q1) * (2.0 * mu) + q1 * (lam * trace)\np2 = (f2 - q2) * (2.0 * mu) + q2 * (lam * trace)")
    if moving and draw.chance(0.7):
        s.tuning(("kd", 0.02, 0.3))
        s.code("v10 = v[j] - v[i]\nv20 = v[k] - v[i]\ndf1 = v10 * dm[0, 0] + v20 * dm[1, 0]\ndf2 = v10 * dm[0, 1] + v20 * dm[1, 1]")
        s.code(
            draw.choice(
                (
                    "p1 = p1 + df1 * kd\np2 = p2 + df2 * kd",
                    "rate = wp.dot(f1, df1) + wp.dot(f2, df2)\np1 = p1 + f1 * (kd * rate)\np2 = p2 + f2 * (kd * rate)",
                )
            )
        )
    s.code("a0 = area[tid]\nfj = (p1 * dm[0, 0] + p2 * dm[0, 1]) * -a0\nfk = (p1 * dm[1, 0] + p2 * dm[1, 1]) * -a0")
    if draw.chance(0.35):
        _area(draw, s)
    drag = moving and draw.chance(0.4)
    if drag:
        _wind(draw, s)
        scatter(s, "f", {"i": "f_wind - fj - fk", "j": "fj + f_wind", "k": "fk + f_wind"})
    elif draw.chance(0.5):
        s.code("fi = -fj - fk")
        scatter(s, "f", {"i": "fi", "j": "fj", "k": "fk"})
    else:
        scatter(s, "f", {"j": "fj", "k": "fk", "i": "-(fj + fk)"})
    if law in ("stvk", "neo_hookean") and draw.chance(0.3):
        s.result("energy", "real", "one", role="accumulate", names=("strain_energy", "elastic_energy"))
        text = (
            "mu * (e11 * e11 + e22 * e22 + 2.0 * e12 * e12) + 0.5 * lam * trace * trace"
            if law == "stvk"
            else "0.5 * mu * (wp.dot(f1, f1) + wp.dot(f2, f2) - 2.0)"
        )
        s.code(f"psi = {text}\nwp.atomic_add(energy, 0, a0 * psi)")
    return s.finish(
        draw.choice(("eval_triangles", f"{law}_triangles", "membrane_forces", "triangle_forces")),
        ["m"],
        sizes(draw, 100),
        doc=draw.choice(("", "", "In-plane forces of cloth triangles" + (", with wind." if drag else "."))),
    )


def _area(draw: Draw, s: Script) -> None:
    """Adds what holds the triangle's area, shifted by an activation, to the forces `fj` and `fk`."""
    s.tuning(("ka", 0.2, 1.5))
    s.code("n_act = wp.cross(x10, x20)\nsize = wp.length(n_act) + 0.02\nn_hat = n_act / size")
    change = "0.5 * size / a0 - 1.0"
    if draw.chance(0.6):
        s.field("activation", "real", "m", low=-0.3, high=0.3, names=("tri_activations", "act"))
        change += " + activation[tid]"
    s.code(f"c_area = {change}\nf_area = -0.5 * ka * c_area")
    s.code("fj = fj + wp.cross(x20, n_hat) * f_area\nfk = fk + wp.cross(n_hat, x10) * f_area")


def _wind(draw: Draw, s: Script) -> None:
    """Drag and lift of a triangle in a wind, a third of them by the name `f_wind`."""
    s.uniform("wind", "vec3", Uniform(-1.0, 1.0), names=("air_velocity", "wind_velocity"))
    s.tuning(("drag", 0.1, 0.6), ("lift", 0.05, 0.4))
    s.code(
        "# wind relative to the triangle's middle\nvm = (v[i] + v[j] + v[k]) * (1.0 / 3.0)\nv_rel = vm - wind\nnormal = wp.cross(x10, x20)"
    )
    if draw.chance(0.5):
        s.code("n_len = wp.length(normal) + 0.01\nn_hat = normal / n_len\nspeed = wp.length(v_rel) + 0.01\nv_dir = v_rel / speed")
        s.code(
            "f_drag = v_rel * (drag * 0.5 * n_len * wp.abs(wp.dot(n_hat, v_dir)))\n"
            "f_lift = n_hat * (lift * 0.5 * n_len * (1.57079633 - wp.acos(0.99 * wp.dot(n_hat, v_dir))) * "
            "wp.dot(v_rel, v_rel))"
        )
        s.code("f_wind = (f_drag + f_lift) * (-1.0 / 3.0)")
    else:
        s.code("through = wp.dot(normal, v_rel)\nf_wind = (normal * (lift * through) + v_rel * (drag * wp.abs(through))) * (-1.0 / 6.0)")


def build_wind(draw: Draw, s: Script) -> Case:
    """Aerodynamic forces per triangle, or the pressure of what a cloth encloses."""
    particles(s, moving=True)
    elements(s, *CORNERS)
    s.result("f", "vec3", "n", role="accumulate", names=FORCES)
    s.code("xi = x[i]\nxj = x[j]\nxk = x[k]\nnormal = wp.cross(xj - xi, xk - xi)")
    form = draw.choice(("wind", "wind", "field", "pressure", "turbulence"))
    if form == "pressure":
        s.tuning(("pressure", 0.2, 2.0))
        s.code("push = normal * (pressure / 6.0)")
        if draw.chance(0.5):
            s.result("volume", "real", "one", role="accumulate", names=("enclosed_volume", "total_volume"))
            s.code("wp.atomic_add(volume, 0, wp.dot(xi, wp.cross(xj, xk)) / 6.0)")
        if draw.chance(0.5):
            s.tuning(("leak", 0.05, 0.4))
            s.code("vm = (v[i] + v[j] + v[k]) / 3.0\npush = push - normal * (leak * wp.dot(vm, normal))")
    else:
        if form == "field":
            s.field("air", "vec3", "m", low=-1.0, high=1.0, names=("wind_field", "air_velocity"))
            wind = "air[tid]"
        else:
            s.uniform("wind", "vec3", Uniform(-1.0, 1.0), names=("air_velocity", "wind_velocity"))
            wind = "wind"
        s.tuning(("drag", 0.1, 0.6), ("lift", 0.05, 0.4), ("air_density", 0.5, 1.5))
        if form == "turbulence":
            s.tuning(("time", 0.2, 3.0), ("gust", 0.1, 0.6))
            s.code("gusts = 1.0 + gust * wp.sin(2.0 * time + xi[0])\nw = wind * gusts")
            wind = "w"
        s.code(f"vm = (v[i] + v[j] + v[k]) / 3.0\nrel = {wind} - vm\narea = 0.5 * wp.length(normal)")
        s.code(draw.choice(("if area < 0.02:\n    return\nn = normal / (2.0 * area)", "n = normal / (2.0 * area + 0.01)")))
        s.code("vn = wp.dot(rel, n)")
        shape = draw.choice(("split", "squared", "directions"))
        if shape == "split":
            s.code(
                "normal_part = n * vn\ntangent_part = rel - normal_part\n"
                "push = (normal_part * lift + tangent_part * drag) * (air_density * area / 3.0)"
            )
        elif shape == "squared":
            s.code("push = n * (vn * wp.abs(vn) * 0.5 * air_density * area * (drag + lift) / 3.0)")
        else:
            s.code(
                "speed_sq = wp.dot(rel, rel)\nflow = rel / (wp.sqrt(speed_sq) + 0.01)\n"
                "facing = wp.where(vn > 0.0, 1.0, -1.0)\nacross = wp.cross(wp.cross(n * facing, flow), flow)"
            )
            s.code("q = 0.5 * air_density * speed_sq * area\npush = (flow * (drag * q) - across * (lift * q)) / 3.0")
        if draw.chance(0.3):
            s.tuning(("max_force", 0.3, 2.0))
            s.code("size = wp.length(push)\nif size > max_force:\n    push = push * (max_force / size)")
    if draw.chance(0.3):
        s.code("wp.atomic_add(f, i, push)\nwp.atomic_add(f, j, push)\nwp.atomic_add(f, k, push)")
    else:
        scatter(s, "f", {"i": "push", "j": "push", "k": "push"})
    return s.finish(
        draw.choice(("apply_wind", "aerodynamics", "eval_drag") if form != "pressure" else ("inflate", "pressure_forces")),
        ["m"],
        sizes(draw),
    )


def build_normals(draw: Draw, s: Script) -> Case:
    """Normals, areas and lumped masses of a cloth's particles from its triangles, weighted by area or angle."""
    particles(s)
    elements(s, *CORNERS)
    s.code("xi = x[i]\nxj = x[j]\nxk = x[k]\ne1 = xj - xi\ne2 = xk - xi\nn = wp.cross(e1, e2)")
    parts = draw.subset(("normal", "mass", "curvature"), draw.integer(1, 3))
    if "normal" in parts:
        s.result("normals", "vec3", "n", role="accumulate", names=("vertex_normals", "normal_sum"))
        if draw.chance(0.5):
            s.code("wp.atomic_add(normals, i, n)\nwp.atomic_add(normals, j, n)\nwp.atomic_add(normals, k, n)")
        else:
            s.define(
                "angle_between",
                "a: vec3, b: vec3",
                "return wp.atan2(wp.length(wp.cross(a, b)), wp.dot(a, b))",
                "real",
                draw.choice(("", "Angle between a and b, from 0 to pi.")),
            )
            s.code("n_hat = n / (wp.length(n) + 0.02)\ne3 = xk - xj")
            s.code(
                "wp.atomic_add(normals, i, n_hat * angle_between(e1, e2))\n"
                "wp.atomic_add(normals, j, n_hat * angle_between(-e1, e3))\n"
                "wp.atomic_add(normals, k, n_hat * angle_between(-e2, -e3))"
            )
    if "mass" in parts:
        s.result("mass", "real", "n", role="accumulate", names=("particle_mass", "lumped_mass"))
        property_of(s, "density", 0.2, 1.5, names=("area_density", "tri_density"))
        s.code(
            "third = density * 0.5 * wp.length(n) / 3.0\nwp.atomic_add(mass, i, third)\n"
            "wp.atomic_add(mass, j, third)\nwp.atomic_add(mass, k, third)"
        )
    if "curvature" in parts:
        s.result("laplacian", "vec3", "n", role="accumulate", names=("mean_curvature", "cot_laplacian"))
        s.code(
            "twice_area = wp.length(n) + 0.05\ncot_i = wp.dot(e1, e2) / twice_area\n"
            "cot_j = wp.dot(-e1, xk - xj) / twice_area\ncot_k = wp.dot(e2, xk - xj) / twice_area"
        )
        s.code("dij = (xj - xi) * (0.5 * cot_k)\ndjk = (xk - xj) * (0.5 * cot_i)\ndki = (xi - xk) * (0.5 * cot_j)")
        s.code("wp.atomic_add(laplacian, i, dij - dki)\nwp.atomic_add(laplacian, j, djk - dij)\nwp.atomic_add(laplacian, k, dki - djk)")
    return s.finish(draw.choice(("vertex_normals", "accumulate_triangles", "cloth_geometry")), ["m"], sizes(draw))
