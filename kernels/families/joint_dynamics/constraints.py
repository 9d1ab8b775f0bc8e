"""Constraints along degrees of freedom: rows of limits, gears and couplings between joints."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.families.joint_dynamics.worlds import Worlds


def build_limits(draw: Draw, s: Script) -> Case:
    """Rows of limit constraints: distance to the nearer limit, its sign, impedance and reference, in a slot of each joint and world."""
    worlds = Worlds(s, "dof", many=draw.chance(0.8))
    worlds.state("qpos_in", "real", -1.5, 1.5, names=("qpos", "joint_q"))
    worlds.open("qpos_in")
    worlds.state("qvel_in", "real", -2.0, 2.0, names=("qvel", "joint_qd"))
    s.field("jnt_range", "vec2", worlds.size, domain=None, low=0.2, high=1.2, names=("joint_range", "limits"))
    s.code(f"q = qpos_in[{worlds.at}]\nbounds = jnt_range[d]\nlower = -bounds[0]\nupper = bounds[1]")
    s.code(
        "dist_min = q - lower\ndist_max = upper - q"
        if draw.chance(0.5)
        else "dist_min = q - lower\ndist_max = upper - q\nnearer = wp.min(dist_min, dist_max)"
    )
    s.code(
        "pos = wp.min(dist_min, dist_max)\nside = wp.where(dist_min < dist_max, 1.0, -1.0)"
        if draw.chance(0.6)
        else "pos = dist_max\nside = float(-1.0)\nif dist_min < dist_max:\n    pos = dist_min\n    side = 1.0"
    )
    s.tuning(("margin", 0.05, 0.3))
    s.code("active = pos < margin\nif not active:\n    return" if draw.chance(0.4) else "if pos >= margin:\n    return")
    worlds.result("efc_pos", "real", names=("efc_pos_out", "limit_pos"), partly=True)
    worlds.result("efc_j", "real", names=("efc_J_out", "limit_jac"), partly=True)
    s.code(f"efc_pos[{worlds.at}] = pos\nefc_j[{worlds.at}] = side\nvel = side * qvel_in[{worlds.at}]")
    s.tuning(("timeconst", 0.1, 0.5), ("dampratio", 0.5, 1.5), ("d_min", 0.8, 0.95), ("width", 0.2, 0.5))
    s.code(
        "x = wp.min(wp.abs(pos - margin) / width, 1.0)\nimp = d_min + (0.99 - d_min) * x * x\n"
        "b = 2.0 / timeconst\nk = 1.0 / (timeconst * timeconst * dampratio * dampratio)"
    )
    worlds.result("efc_aref", "real", names=("efc_aref_out", "limit_aref"), partly=True)
    s.code(f"efc_aref[{worlds.at}] = -b * vel - k * imp * (pos - margin)")
    if draw.chance(0.6):
        worlds.model("invweight", "real", 0.2, 2.0, names=("dof_invweight0", "diag_approx"))
        worlds.result("efc_d", "real", names=("efc_D_out", "limit_d"), partly=True)
        s.code(f"efc_d[{worlds.at}] = imp / ((1.0 - imp) * invweight + 0.001)")
    if draw.chance(0.6):
        s.result("nlimit", "int", *(("nworld",) if worlds.many else ("one",)), role="accumulate", names=("nl_out", "limit_count"))
        s.code(f"wp.atomic_add(nlimit, {'w' if worlds.many else '0'}, 1)")
    return s.finish(draw.choice(("limit_rows", "efc_limit_slide_hinge", "joint_limit_constraints")), worlds.dim, worlds.sizes(draw))


def build_couplings(draw: Draw, s: Script) -> Case:
    """Gears and couplings: the error of a polynomial between two joints, its gradient, forces or corrections."""
    worlds = Worlds(s, "con")
    worlds.state("qpos", "real", -1.0, 1.0, size="nq", names=("joint_q", "qpos_in"))
    s.field("joint1", "int", worlds.size, indices=lambda z: Integers(0, z["nq"] // 2), names=("eq_obj1id", "driver"))
    s.field("joint2", "int", worlds.size, indices=lambda z: Integers(z["nq"] // 2, z["nq"]), names=("eq_obj2id", "follower"))
    worlds.open("joint1")
    row = "w, " if worlds.many else ""
    s.code(f"j1 = joint1[d]\nj2 = joint2[d]\nq1 = qpos[{row}j1]\nq2 = qpos[{row}j2]")
    kind = draw.choice(("ratio", "polynomial", "polynomial", "backlash"))
    if kind == "polynomial":
        degree = draw.choice((2, 3, 4))
        s.field("polycoef", "real", worlds.size, degree + 1, low=-0.6, high=0.6, names=("eq_data", "coupling_coef"))
        s.code("c0 = polycoef[d, 0]")
        if draw.chance(0.5):
            text = f"polycoef[d, {degree}]"
            for k in range(degree - 1, -1, -1):
                text = f"polycoef[d, {k}] + q1 * ({text})"
            s.code(f"goal = {text}")
            deriv = f"{degree}.0 * polycoef[d, {degree}]"
            for k in range(degree - 1, 0, -1):
                deriv = f"{k}.0 * polycoef[d, {k}] + q1 * ({deriv})"
            s.code(f"slope = {deriv}")
        else:
            s.code("goal = float(0.0)\nslope = float(0.0)\npower = float(1.0)\ngoal += c0")
            s.code(
                "\n".join(
                    f"slope += {k}.0 * polycoef[d, {k}] * power\npower = power * q1\ngoal += polycoef[d, {k}] * power"
                    for k in range(1, degree + 1)
                )
            )
        s.code("error = q2 - goal")
    else:
        worlds.model("ratio", "real", 0.5, 2.5, names=("gear_ratio", "mimic_multiplier"))
        worlds.model("offset", "real", -0.3, 0.3, names=("gear_offset", "mimic_offset"))
        s.code("slope = ratio\nerror = q2 - ratio * q1 - offset")
        if kind == "backlash":
            s.tuning(("play", 0.05, 0.2))
            s.code(
                draw.choice(
                    (
                        "error = error - wp.clamp(error, -play, play)",
                        "if wp.abs(error) < play:\n    error = 0.0\nelse:\n    error = error - play * wp.sign(error)",
                    )
                )
            )
    form = draw.choice(("force", "row", "correction"))
    if form == "force":
        worlds.model("stiffness", "real", 0.5, 4.0, names=("gear_ke", "eq_stiffness"))
        s.code("f = -stiffness * error")
        if draw.chance(0.6):
            worlds.state("qvel", "real", -1.0, 1.0, size="nq", names=("joint_qd", "qvel_in"))
            s.tuning(("gear_kd", 0.05, 0.5))
            s.code(f"rate = qvel[{row}j2] - slope * qvel[{row}j1]\nf -= gear_kd * rate")
        worlds.result("joint_f", "real", size="nq", names=("qfrc_out", "tau"), partly=True)
        s.code(f"wp.atomic_add(joint_f, {row}j2, f)\nwp.atomic_sub(joint_f, {row}j1, slope * f)")
    elif form == "row":
        worlds.result("residual", "real", names=("efc_pos_out", "eq_error"))
        worlds.result("jac1", "real", names=("efc_j1", "d_error_dq1"))
        s.code(f"residual[{worlds.at}] = error\njac1[{worlds.at}] = -slope")
    else:
        worlds.model("weight1", "real", 0.3, 1.5, names=("inv_inertia1", "w_driver"))
        s.tuning(("weight2", 0.3, 1.5), ("relaxation", 0.3, 1.0))
        worlds.result("delta_q", "real", size="nq", names=("q_correction", "joint_dq"), partly=True)
        s.code("lam = -relaxation * error / (weight2 + weight1 * slope * slope)")
        s.code(f"wp.atomic_add(delta_q, {row}j2, weight2 * lam)\nwp.atomic_sub(delta_q, {row}j1, weight1 * slope * lam)")
    return s.finish(draw.choice(("gear_coupling", "equality_joint", "mimic_joints")), worlds.dim, worlds.sizes(draw))
