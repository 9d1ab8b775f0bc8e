"""Bending of hinges, pairs of triangles over a common edge: forces and energies of the dihedral angle, and the isometric quadratic form.

Corners are the two opposite vertices `i`, `j` and the edge `k`, `l`. Gradients of the angle after Bridson, Marino and Fedkiw, Simulation of
Clothing with Folds and Wrinkles (2003); weights after Grinspun et al., Discrete Shells (2003); the quadratic form after Bergou et al., A
Quadratic Bending Model for Inextensible Surfaces (2006).
"""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.solvers.elements import property_of, scatter
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.families.cloth_bending.elements import FORCES, elements, particles, sizes

CORNERS = ("i", "j", "k", "l")


def hinge_geometry(draw: Draw, s: Script, *, slivers: str = "return") -> None:
    """The normals `n1`, `n2` and their lengths, the edge `e`, and the dihedral angle `theta`; thin triangles return early."""
    s.code("x1 = x[i]\nx2 = x[j]\nx3 = x[k]\nx4 = x[l]")
    s.code(
        draw.choice(
            (
                "n1 = wp.cross(x4 - x1, x3 - x1)\nn2 = wp.cross(x3 - x2, x4 - x2)\ne = x4 - x3",
                "e = x4 - x3\nn1 = wp.cross(x1 - x4, x1 - x3)\nn2 = wp.cross(x2 - x3, x2 - x4)",
            )
        )
    )
    s.code("n1_len = wp.length(n1)\nn2_len = wp.length(n2)\ne_len = wp.length(e)")
    if slivers == "return":
        s.code(
            draw.choice(
                (
                    "if n1_len < 0.08 or n2_len < 0.08 or e_len < 0.05:\n    return",
                    "if wp.min(n1_len, n2_len) < 0.08:\n    return",
                    "if n1_len < 0.08:\n    return\nif n2_len < 0.08:\n    return",
                )
            )
        )
    s.code("n1_hat = n1 / n1_len\nn2_hat = n2 / n2_len\ne_hat = e / e_len")
    angle = draw.choice(("atan2", "atan2", "acos", "function"))
    if angle == "function":
        s.define(
            "dihedral",
            "n1: vec3, n2: vec3, e: vec3",
            "cos_theta = wp.dot(n1, n2)\nsin_theta = wp.dot(wp.cross(n1, n2), e)\nreturn wp.atan2(sin_theta, cos_theta)",
            "real",
            draw.choice(("", "Signed angle between unit normals about the unit edge e.")),
        )
        s.code("theta = dihedral(n1_hat, n2_hat, e_hat)")
    elif angle == "atan2":
        s.code(
            "cos_theta = wp.dot(n1_hat, n2_hat)\nsin_theta = wp.dot(wp.cross(n1_hat, n2_hat), e_hat)\n"
            "theta = wp.atan2(sin_theta, cos_theta)"
        )
    else:
        s.code(
            "cos_theta = wp.clamp(wp.dot(n1_hat, n2_hat), -0.999, 0.999)\n"
            "side = wp.sign(wp.dot(wp.cross(n1_hat, n2_hat), e_hat))\ntheta = wp.acos(cos_theta) * side"
        )


def angle_gradients(draw: Draw, s: Script) -> None:
    """The gradients d1 .. d4 of the angle with respect to the corners."""
    if draw.chance(0.5):
        s.code("d1 = n1_hat * (e_len / n1_len)\nd2 = n2_hat * (e_len / n2_len)")
        s.code("d3 = n1_hat * (wp.dot(x1 - x4, e_hat) / n1_len) + n2_hat * (wp.dot(x2 - x4, e_hat) / n2_len)")
        s.code("d4 = n1_hat * (wp.dot(x3 - x1, e_hat) / n1_len) + n2_hat * (wp.dot(x3 - x2, e_hat) / n2_len)")
    else:
        s.code("inv1 = 1.0 / (n1_len * n1_len)\ninv2 = 1.0 / (n2_len * n2_len)")
        s.code("d1 = n1 * (e_len * inv1)\nd2 = n2 * (e_len * inv2)")
        s.code("d3 = n1 * (wp.dot(x1 - x4, e_hat) * inv1) + n2 * (wp.dot(x2 - x4, e_hat) * inv2)")
        s.code("d4 = n1 * (wp.dot(x3 - x1, e_hat) * inv1) + n2 * (wp.dot(x3 - x2, e_hat) * inv2)")


def build_dihedral(draw: Draw, s: Script) -> Case:
    """Elastic and damping forces of the dihedral angle, scattered to the four corners."""
    damped = draw.chance(0.6)
    particles(s, moving=damped)
    elements(s, *CORNERS)
    property_of(s, "rest_angle", -0.8, 0.8, names=("rest_theta", "theta0", "edge_rest_angle"))
    property_of(s, "ke", 0.1, 1.0, names=("bend_stiffness", "edge_ke"))
    if damped:
        property_of(s, "kd", 0.01, 0.1, names=("bend_damping", "edge_kd"))
    s.result("f", "vec3", "n", role="accumulate", names=FORCES)
    hinge_geometry(draw, s)
    angle_gradients(draw, s)
    law = draw.choice(("angle", "angle", "sine", "weighted", "plastic", "hard"))
    s.code("bend = theta - rest_angle")
    if law == "angle":
        s.code("f_elastic = ke * bend")
    elif law == "sine":
        s.code("f_elastic = 2.0 * ke * wp.sin(0.5 * bend)")
    elif law == "weighted":
        s.code("weight = 3.0 * e_len * e_len / (n1_len + n2_len)\nf_elastic = ke * weight * bend")
    elif law == "hard":
        s.code("f_elastic = ke * (bend + bend * bend * bend)")
    else:
        s.tuning(("yield_angle", 0.3, 0.9))
        s.code(
            draw.choice(
                (
                    "bend = wp.clamp(bend, -yield_angle, yield_angle)",
                    "if bend > yield_angle:\n    bend = yield_angle\nif bend < -yield_angle:\n    bend = -yield_angle",
                )
            )
        )
        s.code("f_elastic = ke * bend")
    total = "f_elastic"
    if damped:
        rate = "wp.dot(d1, v[i]) + wp.dot(d2, v[j]) + wp.dot(d3, v[k]) + wp.dot(d4, v[l])"
        if draw.chance(0.5):
            s.code(f"rate = {rate}\nf_damp = kd * rate")
        else:
            s.code(f"f_damp = kd * ({rate})")
        total = "(f_elastic + f_damp)"
    s.code(f"f_total = {'-e_len * ' if draw.chance(0.4) else '-'}{total}")
    if draw.chance(0.35):
        s.tuning(("max_bend_force", 0.3, 2.0))
        s.code("f_total = wp.clamp(f_total, -max_bend_force, max_bend_force)")
    gradients = dict(zip(CORNERS, ("d1", "d2", "d3", "d4"), strict=True))
    scatter(s, "f", {c: (f"f_total * {d}" if draw.chance(0.5) else f"{d} * f_total") for c, d in gradients.items()})
    if draw.chance(0.3):
        s.result("energy", "real", "one", role="accumulate", names=("bend_energy", "elastic_energy"))
        s.code("wp.atomic_add(energy, 0, 0.5 * ke * bend * bend)")
    return s.finish(
        draw.choice(("eval_bending", "dihedral_forces", "bending_forces", "hinge_bending")),
        ["m"],
        sizes(draw),
        doc=draw.choice(("", "Bending forces of hinges: elastic" + (" and damping." if damped else "."), "")),
    )


def build_angles(draw: Draw, s: Script) -> Case:
    """Angles, curvatures and energies per hinge; rest angles that follow plastic flow."""
    particles(s)
    elements(s, *CORNERS)
    property_of(s, "rest_angle", -0.8, 0.8, names=("rest_theta", "theta0"))
    s.result("angle", "real", "m", role="accumulate", names=("theta_out", "edge_angle"))
    hinge_geometry(draw, s)
    s.code("angle[tid] = theta")
    extra = draw.subset(("curvature", "energy", "plastic", "normals"), draw.integer(1, 3))
    if "curvature" in extra:
        s.result("curvature", "real", "m", role="accumulate", names=("mean_curvature", "kappa"))
        s.code(
            draw.choice(
                (
                    "curvature[tid] = 3.0 * theta * e_len / (n1_len + n2_len)",
                    "height = (n1_len + n2_len) / (3.0 * e_len)\ncurvature[tid] = theta / height",
                )
            )
        )
    if "energy" in extra:
        property_of(s, "ke", 0.1, 1.0, names=("bend_stiffness", "edge_ke"))
        s.result("energy", "real", "one" if draw.chance(0.5) else "m", role="accumulate", names=("bend_energy", "elastic_energy"))
        where = "0" if s.extents_of("energy") == ("one",) else "tid"
        density = draw.choice(
            ("0.5 * ke * diff * diff", "ke * (1.0 - wp.cos(diff))", "ke * diff * diff * e_len * e_len / (n1_len + n2_len)")
        )
        s.code(f"diff = theta - rest_angle\nwp.atomic_add(energy, {where}, {density})")
    if "plastic" in extra:
        s.tuning(("yield_angle", 0.2, 0.6), ("flow", 0.2, 0.9))
        s.result("rest_new", "real", "m", role="accumulate", names=("rest_out", "rest_angle_new"))
        s.code(
            draw.choice(
                (
                    "strain = theta - rest_angle\nexcess = wp.max(wp.abs(strain) - yield_angle, 0.0)\n"
                    "rest_new[tid] = rest_angle + flow * excess * wp.sign(strain)",
                    "strain = theta - rest_angle\nmoved = rest_angle\nif strain > yield_angle:\n"
                    "    moved = rest_angle + flow * (strain - yield_angle)\n"
                    "if strain < -yield_angle:\n    moved = rest_angle + flow * (strain + yield_angle)\nrest_new[tid] = moved",
                )
            )
        )
    if "normals" in extra:
        s.result("normal", "vec3", "n", role="accumulate", names=("vertex_normals", "normals"))
        scatter(s, "normal", {"i": "n1", "j": "n2", "k": "n1 + n2", "l": "n1 + n2"})
    return s.finish(
        draw.choice(("hinge_angles", "compute_dihedral", "update_rest_angles" if "plastic" in extra else "bend_angles")), ["m"], sizes(draw)
    )


def build_isometric(draw: Draw, s: Script) -> Case:
    """The isometric quadratic energy: its weights from a rest shape, or its forces and energy from given weights."""
    particles(s)
    if draw.chance(0.4):
        return _weights(draw, s)
    damped = draw.chance(0.4)
    if damped:
        s.field("v", "vec3", "n", names=("particle_qd", "vel", "velocities"))
    elements(s, *CORNERS)
    layout = draw.choice(("table", "four"))
    if layout == "table":
        s.field("weights", "real", "m", 4, low=-1.5, high=1.5, names=("bend_k", "cot_weights", "q_row"))
        s.code("\n".join(f"k{n} = weights[tid, {n}]" for n in range(4)))
    else:
        s.field("weights", "vec4", "m", low=-1.5, high=1.5, names=("bend_k", "cot_weights", "q_row"))
        s.code("w = weights[tid]\n" + "\n".join(f"k{n} = w[{n}]" for n in range(4)))
    property_of(s, "stiffness", 0.1, 1.0, names=("bend_stiffness", "edge_ke"))
    s.result("f", "vec3", "n", role="accumulate", names=FORCES)
    s.code("lap = k0 * x[k] + k1 * x[l] + k2 * x[i] + k3 * x[j]")
    scale = "stiffness"
    if draw.chance(0.5):
        s.field("areas", "real", "m", low=0.3, high=1.0, names=("hinge_area", "area_sum"))
        s.code(f"scale = 3.0 * {scale} / areas[tid]")
        scale = "scale"
    force = f"lap * -{scale}"
    s.code(f"pull = {force}")
    if damped:
        s.tuning(("kd", 0.01, 0.2))
        s.code("lap_v = k0 * v[k] + k1 * v[l] + k2 * v[i] + k3 * v[j]\npull = pull - lap_v * kd")
    scatter(s, "f", {"k": "pull * k0", "l": "pull * k1", "i": "pull * k2", "j": "pull * k3"})
    if draw.chance(0.5):
        s.result("energy", "real", "one", role="accumulate", names=("bend_energy", "elastic_energy"))
        s.code(f"wp.atomic_add(energy, 0, 0.5 * {scale} * wp.dot(lap, lap))")
    return s.finish(draw.choice(("isometric_bending", "quadratic_bending", "eval_isometric_bending")), ["m"], sizes(draw))


def _weights(draw: Draw, s: Script) -> Case:
    """Cotangent weights of the rest shape, as a row or as the entries of the 4x4 form."""
    elements(s, *CORNERS)
    s.define(
        "cotangent",
        "a: vec3, b: vec3",
        draw.choice(
            (
                "return wp.dot(a, b) / (wp.length(wp.cross(a, b)) + 0.05)",
                "c = wp.dot(a, b)\ns = wp.length(wp.cross(a, b))\nreturn c / wp.max(s, 0.05)",
            )
        ),
        "real",
        "Cotangent of the angle between a and b.",
    )
    s.code("x0 = x[k]\nx1 = x[l]\nx2 = x[i]\nx3 = x[j]\ne0 = x1 - x0")
    s.code("c01 = cotangent(e0, x2 - x0)\nc02 = cotangent(e0, x3 - x0)\nc03 = cotangent(-e0, x2 - x1)\nc04 = cotangent(-e0, x3 - x1)")
    s.code("k0 = c03 + c04\nk1 = c01 + c02\nk2 = -c01 - c03\nk3 = -c02 - c04")
    if draw.chance(0.5):
        s.code("area = 0.5 * (wp.length(wp.cross(e0, x2 - x0)) + wp.length(wp.cross(e0, x3 - x0)))")
        s.code("scale = 3.0 / (area + 0.1)")
    else:
        s.code("scale = 1.0 / (wp.length(e0) + 0.5)")
    out = draw.choice(("row", "vector", "form"))
    if out == "row":
        s.result("weights", "real", "m", 4, names=("bend_k", "cot_weights"))
        s.code("\n".join(f"weights[tid, {n}] = k{n}" for n in range(4)))
        s.result("coefficient", "real", "m", names=("hinge_scale", "stiffness_scale"))
        s.code("coefficient[tid] = scale")
    elif out == "vector":
        s.result("weights", "vec4", "m", names=("bend_k", "cot_weights"))
        s.code("root = wp.sqrt(scale)\nweights[tid] = wp.vec4(k0, k1, k2, k3) * root")
    else:
        s.result("q_entries", "real", "m", 10, names=("q_upper", "bend_matrix"))
        pairs = [(a, b) for a in range(4) for b in range(a, 4)]
        s.code("\n".join(f"q_entries[tid, {n}] = scale * k{a} * k{b}" for n, (a, b) in enumerate(pairs)))
    return s.finish(draw.choice(("bending_weights", "build_isometric_rows", "cotangent_weights")), ["m"], sizes(draw))
