"""Solving contacts: impulses by Jacobi iterations, position-based corrections, restitution, and constraint rows with soft references.

Projected iterations after Erleben, Velocity-Based Shock Propagation (2007); positions after Mueller et al., Detailed Rigid Body Simulation
with Extended Position Based Dynamics (2020); soft references and impedances as MuJoCo documents them (Todorov et al. 2012).
"""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, RigidTransforms, UnitVectors
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.families.contact.bodies import sizes

MASS = ("body_inv_mass", "inv_mass", "rigid_inv_mass")


def _contact_arrays(s: Script, *, arms: bool = True) -> None:
    """The bodies `a`, `b` of a contact, its normal, and the arms from the centres of mass."""
    s.field("contact_a", "int", "m", indices=lambda z: Integers(0, z["bodies"] // 2), names=("body0", "contact_body0"))
    s.field("contact_b", "int", "m", indices=lambda z: Integers(z["bodies"] // 2, z["bodies"]), names=("body1", "contact_body1"))
    s.field("normal", "vec3", "m", domain=UnitVectors(), names=("contact_normal", "contact_n"))
    if arms:
        for side in "ab":
            s.field(f"arm_{side}", "vec3", "m", low=-0.6, high=0.6, names=(f"r_{side}", f"contact_r{side}"))


def build_impulses(draw: Draw, s: Script) -> Case:
    """One Jacobi iteration over contacts: the impulse along the normal, its clamping with what was accumulated, friction, both bodies."""
    spatial = draw.chance(0.4)
    if spatial:
        s.field("body_qd", "spatial_vector", "bodies", names=("twist", "state_qd"))
    else:
        s.field("body_v", "vec3", "bodies", names=("linear_velocity", "rigid_v"))
        s.field("body_w", "vec3", "bodies", names=("angular_velocity", "rigid_w"))
    s.field("inv_mass", "real", "bodies", low=0.2, high=1.5, names=MASS)
    full = draw.chance(0.6)
    s.field("inv_inertia", "mat33" if full else "real", "bodies", low=0.2, high=1.0, names=("body_inv_inertia", "inertia_inv"))
    _contact_arrays(s)
    s.thread("m", "normal", names=("c", "cid", "contact"), counts=("num_contacts", "contact_count"))
    s.code("a = contact_a[tid]\nb = contact_b[tid]\nn = normal[tid]\nra = arm_a[tid]\nrb = arm_b[tid]")
    if spatial:
        s.code(
            "ta = body_qd[a]\ntb = body_qd[b]\nwa = wp.spatial_top(ta)\nwb = wp.spatial_top(tb)\n"
            "va = wp.spatial_bottom(ta)\nvb = wp.spatial_bottom(tb)"
        )
    else:
        s.code("va = body_v[a]\nvb = body_v[b]\nwa = body_w[a]\nwb = body_w[b]")
    s.code("v_rel = vb + wp.cross(wb, rb) - va - wp.cross(wa, ra)\nvn = wp.dot(v_rel, n)")
    s.define(
        "effective_mass",
        f"m0: real, m1: real, i0: {'mat33' if full else 'real'}, i1: {'mat33' if full else 'real'}, r0: vec3, r1: vec3, d: vec3",
        "c0 = wp.cross(r0, d)\nc1 = wp.cross(r1, d)\n"
        + ("k = m0 + m1 + wp.dot(c0, i0 @ c0) + wp.dot(c1, i1 @ c1)" if full else "k = m0 + m1 + i0 * wp.dot(c0, c0) + i1 * wp.dot(c1, c1)")
        + "\nreturn 1.0 / (wp.abs(k) + 0.05)",
        "real",
        "Mass that an impulse along d at the contact moves.",
    )
    s.code("mass_n = effective_mass(inv_mass[a], inv_mass[b], inv_inertia[a], inv_inertia[b], ra, rb, n)")
    bias = draw.choice(("none", "baumgarte", "restitution", "soft"))
    target = "vn"
    if bias == "baumgarte":
        s.field("depth", "real", "m", low=-0.1, high=0.3, names=("penetration", "contact_depth"))
        s.tuning(("beta", 0.1, 0.4), ("dt", 0.02, 0.1), ("slop", 0.005, 0.03))
        s.code("push = beta / dt * wp.max(depth[tid] - slop, 0.0)")
        target = "(vn - push)"
    elif bias == "restitution":
        s.tuning(("restitution", 0.1, 0.8), ("rest_speed", 0.1, 0.4))
        s.code("bounce = wp.where(vn < -rest_speed, -restitution * vn, 0.0)")
        target = "(vn - bounce)"
    elif bias == "soft":
        s.tuning(("gamma", 0.05, 0.4))
        target = "(vn + gamma * lam)"
    s.field("impulse", "real", "m", low=0.0, high=0.5, names=("lambda_n", "accumulated", "contact_lambda"))
    s.code(f"lam = impulse[tid]\nnew = lam - mass_n * {target}")
    s.code(draw.choice(("new = wp.max(new, 0.0)", "if new < 0.0:\n    new = 0.0")))
    if draw.chance(0.4):
        s.tuning(("relaxation", 0.3, 0.9))
        s.code("new = lam + relaxation * (new - lam)")
    s.result("impulse_new", "real", "m", names=("lambda_out", "accumulated_new"))
    s.code("impulse_new[tid] = new\nj = n * (new - lam)")
    if draw.chance(0.6):
        s.tuning(("mu", 0.1, 0.9))
        s.code(
            "vt = v_rel - n * vn\nspeed = wp.length(vt) + 0.01\nt = vt / speed\n"
            "mass_t = effective_mass(inv_mass[a], inv_mass[b], inv_inertia[a], inv_inertia[b], ra, rb, t)"
        )
        s.code(
            draw.choice(
                (
                    "jt = wp.min(mass_t * speed, mu * new)\nj = j - t * jt",
                    "jt = wp.clamp(-mass_t * speed, -mu * new, mu * new)\nj = j + t * jt",
                )
            )
        )
    if draw.chance(0.5):
        s.field("share", "real", "bodies", low=0.2, high=1.0, names=("inv_count", "jacobi_weight"))
        s.code("ja = j * share[a]\njb = j * share[b]")
    else:
        s.code("ja = j\njb = j")
    spin = "{i} @ wp.cross({r}, {j})" if full else "wp.cross({r}, {j}) * {i}"
    wa, wb = spin.format(i="inv_inertia[a]", r="ra", j="ja"), spin.format(i="inv_inertia[b]", r="rb", j="jb")
    if spatial and draw.chance(0.6):
        s.result("delta_qd", "spatial_vector", "bodies", role="accumulate", names=("twist_delta", "qd_correction"))
        s.code(
            f"wp.atomic_sub(delta_qd, a, wp.spatial_vector({wa}, ja * inv_mass[a]))\n"
            f"wp.atomic_add(delta_qd, b, wp.spatial_vector({wb}, jb * inv_mass[b]))"
        )
    else:
        s.result("delta_v", "vec3", "bodies", role="accumulate", names=("v_correction", "dv"))
        s.result("delta_w", "vec3", "bodies", role="accumulate", names=("w_correction", "dw"))
        s.code(
            "wp.atomic_sub(delta_v, a, ja * inv_mass[a])\nwp.atomic_add(delta_v, b, jb * inv_mass[b])\n"
            f"wp.atomic_sub(delta_w, a, {wa})\nwp.atomic_add(delta_w, b, {wb})"
        )
    return s.finish(
        draw.choice(("solve_contacts", "jacobi_iteration", "contact_impulses", "project_contacts")),
        ["m"],
        sizes(draw, 90),
        doc=draw.choice(("", "One Jacobi iteration over all contacts.", "")),
    )


def build_positions(draw: Draw, s: Script) -> Case:
    """Position-based contacts of rigid bodies: the correction along the normal and against sliding, as changes of position and rotation."""
    s.field("body_q", "transform", "bodies", domain=RigidTransforms(-0.6, 0.6), names=("rigid_q", "state_q"))
    s.field("inv_mass", "real", "bodies", low=0.2, high=1.5, names=MASS)
    s.field("inv_inertia", "vec3", "bodies", low=0.2, high=1.0, names=("body_inv_inertia", "inertia_inv"))
    _contact_arrays(s, arms=False)
    for side in "ab":
        s.field(f"point_{side}", "vec3", "m", low=-0.6, high=0.6, names=(f"local_{side}", f"contact_p{side}"))
    s.thread("m", "normal", names=("c", "cid", "contact"), counts=("num_contacts", "contact_count"))
    s.code("a = contact_a[tid]\nb = contact_b[tid]\nn = normal[tid]")
    for side in "ab":
        s.code(
            f"pose_{side} = body_q[{side}]\nq_{side} = wp.transform_get_rotation(pose_{side})\n"
            f"r{side} = wp.quat_rotate(q_{side}, point_{side}[tid])\n"
            f"x{side} = wp.transform_get_translation(pose_{side}) + r{side}"
        )
    s.code("c = wp.dot(n, xb - xa)\nif c >= 0.0:\n    return")
    for side in "ab":
        s.code(
            f"g{side} = wp.quat_rotate_inv(q_{side}, wp.cross(r{side}, n))\n"
            f"w{side} = inv_mass[{side}] + wp.dot(wp.cw_mul(g{side}, inv_inertia[{side}]), g{side})"
        )
    if draw.chance(0.6):
        s.tuning(("compliance", 0.0005, 0.01), ("dt", 0.02, 0.1))
        s.code("lam = -c / (wa + wb + compliance / (dt * dt))")
    else:
        s.tuning(("relaxation", 0.3, 1.0))
        s.code("lam = -relaxation * c / (wa + wb)")
    s.code("push = n * lam")
    if draw.chance(0.5):
        for side in "ab":
            s.field(f"prev_{side}", "vec3", "m", low=-0.8, high=0.8, names=(f"x{side}_prev", f"old_point_{side}"))
        s.tuning(("mu", 0.1, 0.8))
        s.code(
            "moved = (xb - prev_b[tid]) - (xa - prev_a[tid])\nslide = moved - n * wp.dot(moved, n)\n"
            "size = wp.length(slide) + 0.001\nhold = wp.min(mu * lam, size / (wa + wb))\n"
            "push = push - slide * (hold / size)"
        )
    s.result("delta_x", "vec3", "bodies", role="accumulate", names=("position_delta", "body_dx"))
    s.result("delta_r", "vec3", "bodies", role="accumulate", names=("rotation_delta", "body_dr"))
    for side, sign in (("a", "sub"), ("b", "add")):
        s.code(
            f"wp.atomic_{sign}(delta_x, {side}, push * inv_mass[{side}])\n"
            f"turn_{side} = wp.quat_rotate(q_{side}, wp.cw_mul(inv_inertia[{side}], wp.quat_rotate_inv(q_{side}, "
            f"wp.cross(r{side}, push))))\n"
            f"wp.atomic_{sign}(delta_r, {side}, turn_{side})"
        )
    if draw.chance(0.4):
        s.result("lambda_out", "real", "m", role="accumulate", names=("contact_lambda", "multiplier"))
        s.code("lambda_out[tid] = lam")
    return s.finish(draw.choice(("solve_body_contacts", "contact_positions", "project_body_contacts")), ["m"], sizes(draw, 80))


def build_bodies(draw: Draw, s: Script) -> Case:
    """Per body: what the contacts' corrections make of its velocity or its pose, averaged by the number of contacts."""
    s.field("body_q", "transform", "n", domain=RigidTransforms(-0.6, 0.6), names=("rigid_q", "state_q"))
    s.field("delta_x", "vec3", "n", low=-0.2, high=0.2, names=("position_delta", "body_dx"))
    s.field("delta_r", "vec3", "n", low=-0.2, high=0.2, names=("rotation_delta", "body_dr"))
    s.thread("n", "body_q", names=("b", "body", "i"), counts=("num_bodies", "body_count"))
    s.code(
        "pose = body_q[tid]\np = wp.transform_get_translation(pose)\nq = wp.transform_get_rotation(pose)\n"
        "dx = delta_x[tid]\ndr = delta_r[tid]"
    )
    if draw.chance(0.6):
        s.field("contacts", "int", "n", domain=Integers(0, 6), names=("contact_count", "num_corrections"))
        s.code(
            draw.choice(
                (
                    "k = contacts[tid]\nif k > 0:\n    w = 1.0 / float(k)\n    dx = dx * w\n    dr = dr * w",
                    "w = 1.0 / float(wp.max(contacts[tid], 1))\ndx = dx * w\ndr = dr * w",
                )
            )
        )
    if draw.chance(0.4):
        s.tuning(("relaxation", 0.3, 1.2))
        s.code("dx = dx * relaxation\ndr = dr * relaxation")
    s.code("p1 = p + dx")
    s.code(
        draw.choice(
            (
                "spin = wp.quat(dr[0], dr[1], dr[2], 0.0)\nq1 = wp.normalize(q + spin * q * 0.5)",
                "angle = wp.length(dr) + 0.0001\nq1 = wp.normalize(wp.quat_from_axis_angle(dr / angle, angle) * q)",
            )
        )
    )
    s.result("q_new", "transform", "n", names=("body_q_out", "pose_new"))
    s.code("q_new[tid] = wp.transform(p1, q1)")
    if draw.chance(0.6):
        s.field("q_prev", "transform", "n", domain=RigidTransforms(-0.6, 0.6), names=("body_q_prev", "pose_old"))
        s.tuning(("dt", 0.05, 0.2))
        s.result("qd_new", "spatial_vector", "n", names=("body_qd_out", "twist_new"))
        s.code(
            "old = q_prev[tid]\nv = (p1 - wp.transform_get_translation(old)) / dt\n"
            "dq = q1 * wp.quat_inverse(wp.transform_get_rotation(old))"
        )
        s.code(
            "side = wp.where(dq[3] < 0.0, -1.0, 1.0)\nw_body = wp.vec3(dq[0], dq[1], dq[2]) * (2.0 * side / dt)\n"
            "qd_new[tid] = wp.spatial_vector(w_body, v)"
        )
    return s.finish(draw.choice(("apply_body_deltas", "update_bodies", "advance_bodies")), ["n"], sizes_of_bodies(draw))


def sizes_of_bodies(draw: Draw) -> list[dict[str, int]]:
    """Bodies for the three launches."""
    return [{"n": n, "one": 1} for n in draw.sizes(150)]


def build_rows(draw: Draw, s: Script) -> Case:
    """Constraint rows of contacts for many worlds: impedance from the distance, reference acceleration, regularization, cone frames."""
    s.field("dist", "real", "nworld", "ncon", low=-0.3, high=0.3, names=("contact_dist_in", "efc_pos_in", "contact_dist"))
    s.grid(("worldid", "nworld", "nworld"), ("conid", "ncon", "ncon"), array="dist")
    s.field("count", "int", "nworld", domain=lambda z: Integers(0, z["ncon"] + 1), names=("ncon_in", "nefc_in"))
    s.code("if conid >= count[worldid]:\n    return")
    s.field("solref", "vec2", "ncon", low=0.1, high=1.0, names=("contact_solref", "solref_in"))
    s.tuning(("d_min", 0.7, 0.9), ("d_max", 0.92, 0.98), ("width", 0.1, 0.4), ("dt", 0.005, 0.05))
    s.code("pos = dist[worldid, conid]\nref = solref[conid]\ntimeconst = wp.max(ref[0], 2.0 * dt)\ndampratio = ref[1]")
    s.code("b = 2.0 / (d_max * timeconst)\nk = 1.0 / (d_max * d_max * timeconst * timeconst * dampratio * dampratio)")
    power = draw.choice(("smooth", "power", "linear"))
    s.code("x = wp.abs(pos) / width")
    if power == "smooth":
        s.code("y = x * x * (3.0 - 2.0 * x)\nif x >= 1.0:\n    y = 1.0")
    elif power == "linear":
        s.code("y = wp.min(x, 1.0)")
    else:
        s.tuning(("midpoint", 0.3, 0.7))
        s.code(
            "y = float(1.0)\nif x < midpoint:\n    y = x * x / midpoint\nelif x < 1.0:\n"
            "    y = 1.0 - (1.0 - x) * (1.0 - x) / (1.0 - midpoint)"
        )
    s.code("imp = d_min + y * (d_max - d_min)")
    s.field("vel", "real", "nworld", "ncon", names=("efc_vel", "contact_vel"))
    s.field("invweight", "real", "ncon", low=0.2, high=2.0, names=("body_invweight0", "diag_approx"))
    s.result("aref", "real", "nworld", "ncon", role="accumulate", names=("efc_aref_out", "reference_acc"))
    s.result("regular", "real", "nworld", "ncon", role="accumulate", names=("efc_d_out", "efc_R", "diag_out"))
    s.code("aref[worldid, conid] = -b * vel[worldid, conid] - k * imp * pos")
    s.code(
        draw.choice(
            (
                "r = wp.max((1.0 - imp) / imp * invweight[conid], 0.0001)\nregular[worldid, conid] = 1.0 / r",
                "regular[worldid, conid] = invweight[conid] * (1.0 - imp) / imp",
            )
        )
    )
    if draw.chance(0.6):
        s.field("normal", "vec3", "nworld", "ncon", domain=UnitVectors(), names=("contact_frame", "frame_x"))
        s.result("tangent", "vec3", "nworld", "ncon", role="accumulate", names=("frame_y", "tangent_out"))
        s.define(
            "tangent_of",
            "n: vec3",
            draw.choice(
                (
                    "if n[1] < 0.5 and n[1] > -0.5:\n    t = wp.vec3(0.0, 1.0, 0.0) - n * n[1]\n"
                    "    return t / wp.length(t)\nt2 = wp.vec3(0.0, 0.0, 1.0) - n * n[2]\nreturn t2 / wp.length(t2)",
                    "axis = wp.vec3(1.0, 0.0, 0.0)\nif wp.abs(n[0]) > 0.7:\n    axis = wp.vec3(0.0, 0.0, 1.0)\n"
                    "return wp.normalize(wp.cross(n, axis))",
                )
            ),
            "vec3",
            "A unit vector across n.",
        )
        s.code("tangent[worldid, conid] = tangent_of(normal[worldid, conid])")
    if draw.chance(0.4):
        s.result("active", "int", "nworld", role="accumulate", names=("nactive_out", "ncon_active"))
        s.code("if pos < 0.0:\n    wp.atomic_add(active, worldid, 1)")
    grids = [
        {"nworld": a, "ncon": b}
        for a, b in ((1, 1), (draw.choice((3, 5)), draw.choice((5, 7))), (draw.integer(7, 9), draw.integer(11, 13)))
    ]
    return s.finish(
        draw.choice(("contact_rows", "efc_contact", "make_contact_constraints")),
        ["nworld", "ncon"],
        grids,
        doc=draw.choice(("", "Soft references of the contacts of all worlds.")),
    )
