"""Forces at contacts: springs and dampers along the normal with Coulomb friction, Hertz and Mindlin's laws, particles against shapes.

Regularized friction after Macklin et al. (2019); elastic contact of spheres after Hertz (1882) and Mindlin (1949), as in discrete element
codes (Cundall and Strack 1979).
"""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, RigidTransforms, UnitVectors
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.families.contact.bodies import RADII, filtered, pairs, sizes


def friction(draw: Draw, s: Script, *, fn: str, vt: str) -> None:
    """The force `ft` against sliding with the tangential velocity `vt` under the normal force `fn`, with the coefficient `mu`."""
    kind = draw.choice(("clamped", "smooth", "tanh", "branch", "huber"))
    s.code(f"speed = wp.length({vt})")
    if kind == "clamped":
        s.tuning(("kf", 0.2, 2.0))
        s.code(f"ft = {vt} * (-wp.min(kf * speed, mu * {fn}) / (speed + 0.01))")
    elif kind == "smooth":
        s.tuning(("slip", 0.05, 0.3))
        s.code(f"ft = {vt} * (-mu * {fn} / wp.sqrt(speed * speed + slip * slip))")
    elif kind == "tanh":
        s.code(f"ft = {vt} * (-mu * {fn} * wp.tanh(4.0 * speed) / (speed + 0.01))")
    elif kind == "branch":
        s.tuning(("kf", 0.2, 2.0))
        s.code(f"ft = {vt} * -kf\nlimit = mu * {fn}\nif kf * speed > limit:\n    ft = {vt} * (-limit / speed)")
    else:
        s.tuning(("threshold", 0.1, 0.4))
        s.code(
            "share = wp.where(speed < threshold, speed / threshold * (2.0 - speed / threshold), 1.0)\n"
            f"ft = {vt} * (-mu * {fn} * share / (speed + 0.01))"
        )


def _rigid_side(s: Script, side: str, point: str) -> None:
    """The world point, offset from the centre of mass and velocity of one side of a contact, for a body or the ground (-1)."""
    s.code(
        f"x_{side} = {point}\nr_{side} = wp.vec3(0.0, 0.0, 0.0)\nv_{side} = wp.vec3(0.0, 0.0, 0.0)\n"
        f"if body_{side} >= 0:\n    pose_{side} = body_q[body_{side}]\n    x_{side} = wp.transform_point(pose_{side}, {point})\n"
        f"    r_{side} = x_{side} - wp.transform_point(pose_{side}, body_com[body_{side}])\n"
        f"    twist_{side} = body_qd[body_{side}]\n"
        f"    v_{side} = wp.spatial_bottom(twist_{side}) + wp.cross(wp.spatial_top(twist_{side}), r_{side})"
    )


def build_rigid_contacts(draw: Draw, s: Script) -> Case:
    """Contacts of rigid bodies with each other and the ground: forces and torques added to both bodies."""
    s.field("body_q", "transform", "bodies", domain=RigidTransforms(-0.6, 0.6), names=("rigid_q", "state_q"))
    s.field("body_qd", "spatial_vector", "bodies", names=("rigid_qd", "state_qd"))
    s.field("body_com", "vec3", "bodies", low=-0.1, high=0.1, names=("com", "rigid_com"))
    grounded = draw.chance(0.6)
    low = -1 if grounded else 0
    s.field("contact_body0", "int", "m", domain=lambda z: Integers(low, z["bodies"] // 2))
    s.field("contact_body1", "int", "m", domain=lambda z: Integers(z["bodies"] // 2, z["bodies"]))
    for side in "01":
        s.field(f"contact_point{side}", "vec3", "m", low=-0.6, high=0.6)
    s.field("contact_normal", "vec3", "m", domain=UnitVectors(), names=("contact_n", "normals"))
    material = draw.choice(("uniform", "contact"))
    s.thread("m", "contact_normal", names=("c", "cid", "contact"), counts=("num_contacts", "contact_count"))
    if material == "uniform":
        s.tuning(("ke", 1.0, 5.0), ("kd", 0.1, 1.0), ("mu", 0.1, 0.9))
    else:
        for name, low_k, high_k in (("ke", 1.0, 5.0), ("kd", 0.1, 1.0), ("mu", 0.1, 0.9)):
            s.field(f"contact_{name}", "real", "m", low=low_k, high=high_k, names=(f"shape_{name}", f"material_{name}"))
            s.code(f"{name} = contact_{name}[tid]")
    s.code("body_a = contact_body0[tid]\nbody_b = contact_body1[tid]\nn = contact_normal[tid]")
    _rigid_side(s, "a", "contact_point0[tid]")
    _rigid_side(s, "b", "contact_point1[tid]")
    if draw.chance(0.5):
        s.field("thickness", "real", "m", low=0.05, high=0.3, names=("contact_thickness", "margin"))
        s.code("d = wp.dot(n, x_b - x_a) - thickness[tid]")
    else:
        s.code("d = wp.dot(n, x_b - x_a)")
    s.code("if d >= 0.0:\n    return")
    s.code("v_rel = v_b - v_a\nvn = wp.dot(n, v_rel)\nvt = v_rel - n * vn")
    s.code(
        draw.choice(
            (
                "fn = wp.max(-ke * d - kd * vn, 0.0)",
                "fn = -ke * d - kd * wp.min(vn, 0.0)",
                "fn_elastic = -ke * d\nfn_damp = -kd * wp.min(vn, 0.0) * fn_elastic\nfn = fn_elastic + fn_damp",
            )
        )
    )
    if draw.chance(0.8):
        friction(draw, s, fn="fn", vt="vt")
        s.code("f = n * fn + ft")
    else:
        s.code("f = n * fn")
    layout = draw.choice(("spatial", "apart"))
    if layout == "spatial":
        s.result("body_f", "spatial_vector", "bodies", role="accumulate", names=("rigid_f", "wrench"))
        s.code("if body_a >= 0:\n    wp.atomic_sub(body_f, body_a, wp.spatial_vector(wp.cross(r_a, f), f))")
        s.code("if body_b >= 0:\n    wp.atomic_add(body_f, body_b, wp.spatial_vector(wp.cross(r_b, f), f))")
    else:
        s.result("body_force", "vec3", "bodies", role="accumulate", names=("force_out", "net_force"))
        s.result("body_torque", "vec3", "bodies", role="accumulate", names=("torque_out", "net_torque"))
        s.code("if body_a >= 0:\n    wp.atomic_sub(body_force, body_a, f)\n    wp.atomic_sub(body_torque, body_a, wp.cross(r_a, f))")
        s.code("if body_b >= 0:\n    wp.atomic_add(body_force, body_b, f)\n    wp.atomic_add(body_torque, body_b, wp.cross(r_b, f))")
    if draw.chance(0.3):
        s.result("contact_force", "real", "m", role="accumulate", names=("normal_force", "fn_out"))
        s.code("contact_force[tid] = fn")
    return s.finish(
        draw.choice(("eval_rigid_contacts", "rigid_contact_forces", "eval_body_contacts")),
        ["m"],
        sizes(draw, 100),
        doc=draw.choice(("", "Penalty forces of rigid contacts.", "")),
    )


def build_spheres(draw: Draw, s: Script) -> Case:
    """Grains: pairs of spheres with elastic, damping, tangential and rolling forces."""
    s.field("pos", "vec3", "n", low=-0.8, high=0.8, names=("particle_q", "grain_x", "positions"))
    s.field("vel", "vec3", "n", names=("particle_qd", "grain_v", "velocities"))
    spinning = draw.chance(0.6)
    if spinning:
        s.field("spin", "vec3", "n", names=("omega", "grain_w", "angular_velocity"))
    s.field("radius", "real", "n", low=0.2, high=0.6, names=RADII)
    pairs(s)
    filtered(draw, s)
    law = draw.choice(("linear", "hertz", "hertz", "cohesive"))
    s.tuning(("ke", 1.0, 6.0), ("kd", 0.1, 1.0), ("mu", 0.1, 0.9))
    s.code("d = pos[a] - pos[b]\nlength = wp.length(d)\nra = radius[a]\nrb = radius[b]\noverlap = ra + rb - length")
    s.code(
        draw.choice(("if overlap <= 0.0 or length < 0.001:\n    return", "if overlap <= 0.0:\n    return\nif length < 0.001:\n    return"))
    )
    s.code("n = d / length\nv_rel = vel[a] - vel[b]")
    if spinning:
        s.code("v_rel = v_rel - wp.cross(spin[a] * ra + spin[b] * rb, n)")
    s.code("vn = wp.dot(v_rel, n)\nvt = v_rel - n * vn\nr_eff = ra * rb / (ra + rb)")
    if law == "linear":
        s.code("fn = ke * overlap - kd * vn")
    elif law == "hertz":
        s.code(
            "stiff = 1.3333333 * ke * wp.sqrt(r_eff * overlap)\nfn = stiff * overlap - kd * wp.sqrt(stiff) * vn"
            if draw.chance(0.6)
            else "fn = ke * wp.pow(overlap, 1.5) * wp.sqrt(r_eff) - kd * vn * wp.sqrt(overlap)"
        )
    else:
        s.tuning(("cohesion", 0.05, 0.4))
        s.code("fn = ke * overlap - kd * vn - cohesion * r_eff")
    s.code("fn_pos = wp.max(fn, 0.0)" if draw.chance(0.5) else "fn_pos = fn\nif fn_pos < 0.0:\n    fn_pos = 0.0")
    history = draw.chance(0.35)
    if history:
        s.field("slip", "vec3", "m", low=-0.1, high=0.1, names=("tangent_disp", "shear_history"))
        s.tuning(("kt", 0.5, 3.0), ("dt", 0.01, 0.1))
        s.result("slip_new", "vec3", "m", role="accumulate", names=("shear_out", "tangent_disp_new"))
        s.code(
            "xi = slip[tid] + vt * dt\nxi = xi - n * wp.dot(xi, n)\ntrial = xi * -kt\nsize = wp.length(trial) + 0.001\nlimit = mu * fn_pos"
        )
        s.code("ft = trial\nif size > limit:\n    ft = trial * (limit / size)\nslip_new[tid] = ft * (-1.0 / kt)")
    else:
        friction(draw, s, fn="fn_pos", vt="vt")
    s.code(f"f = n * {draw.choice(('fn', 'fn_pos'))} + ft")
    s.result("force", "vec3", "n", role="accumulate", names=("particle_f", "grain_f"))
    s.code("wp.atomic_add(force, a, f)\nwp.atomic_sub(force, b, f)")
    if spinning:
        s.result("torque", "vec3", "n", role="accumulate", names=("particle_t", "grain_t"))
        s.code("arm = wp.cross(n, ft)\nta = arm * -ra\ntb = arm * -rb")
        if draw.chance(0.5):
            s.tuning(("rolling", 0.01, 0.1))
            s.code(
                "roll = spin[a] - spin[b]\nresist = roll * (-rolling * fn_pos * r_eff / (wp.length(roll) + 0.05))\n"
                "ta = ta + resist\ntb = tb - resist"
            )
        s.code("wp.atomic_add(torque, a, ta)\nwp.atomic_add(torque, b, tb)")
    return s.finish(
        draw.choice((f"{law}_grains", "grain_contacts", "dem_forces", "sphere_contact_forces")),
        ["m"],
        sizes(draw),
        doc=draw.choice(("", "Forces between touching grains.")),
    )
