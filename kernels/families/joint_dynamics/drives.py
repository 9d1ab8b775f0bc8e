"""Forces along degrees of freedom: drives, limits, passive springs, friction, actuators, tendons and muscles.

Muscle curves after Millard et al., Flexing Computational Muscle (2013), by smooth approximations; activation dynamics with two time
constants as in Thelen (2003).
"""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.families.joint_dynamics.worlds import Worlds

LIMITS = {
    "penalty": "if q < lower:\n    f += limit_ke * (lower - q) - limit_kd * qd\nif q > upper:\n"
    "    f += limit_ke * (upper - q) - limit_kd * qd",
    "max": "below = wp.max(lower - q, 0.0)\nabove = wp.max(q - upper, 0.0)\nf += limit_ke * (below - above)",
    "damped": "over = wp.max(q - upper, 0.0) + wp.min(q - lower, 0.0)\nif over != 0.0:\n    f -= limit_ke * over + limit_kd * qd",
    "smooth": "f += limit_ke * (wp.exp(-4.0 * (q - lower)) - wp.exp(4.0 * (q - upper)))",
}


def build_drive(draw: Draw, s: Script) -> Case:
    """Drives of joints towards targets of position and velocity, with limits, passive terms and clamping."""
    worlds = Worlds(s, "dof")
    worlds.state("joint_q", "real", -1.5, 1.5, names=("qpos", "q_in", "dof_pos"))
    worlds.state("joint_qd", "real", -2.0, 2.0, names=("qvel", "qd_in", "dof_vel"))
    worlds.open("joint_q")
    typed = draw.chance(0.4)
    s.code(f"q = joint_q[{worlds.at}]\nqd = joint_qd[{worlds.at}]\nf = float(0.0)")
    mode = draw.choice(("pd", "pd", "modes", "velocity", "impedance"))
    worlds.model("target_ke", "real", 0.5, 3.0, names=("joint_target_ke", "dof_kp", "stiffness"))
    worlds.model("target_kd", "real", 0.05, 0.5, names=("joint_target_kd", "dof_kd", "damping"))
    worlds.state("target", "real", -1.0, 1.0, names=("joint_target", "ctrl", "action"))
    if mode == "pd":
        if draw.chance(0.5):
            worlds.state("target_vel", "real", -1.0, 1.0, names=("joint_target_vel", "qd_des"))
            s.code(f"f += target_ke * (target[{worlds.at}] - q) + target_kd * (target_vel[{worlds.at}] - qd)")
        else:
            s.code(f"f += target_ke * (target[{worlds.at}] - q) - target_kd * qd")
    elif mode == "modes":
        s.field("mode", "int", worlds.size, domain=Integers(0, 4), names=("joint_dof_mode", "control_mode"))
        s.code(
            f"m = mode[d]\ngoal = target[{worlds.at}]\nif m == 1:\n    f += target_ke * (goal - q) - target_kd * qd\n"
            f"{draw.choice(('elif', 'if'))} m == 2:\n    f += target_kd * (goal - qd)\n{draw.choice(('elif', 'if'))} m == 3:\n    f += goal"
        )
    elif mode == "velocity":
        s.code(f"f += target_kd * (target[{worlds.at}] - qd)")
    else:
        s.tuning(("inertia", 0.2, 1.0))
        s.code(
            f"error = target[{worlds.at}] - q\naccel = target_ke * error - 2.0 * wp.sqrt(target_ke) * qd\n"
            "f += inertia * accel - target_kd * qd"
        )
    if draw.chance(0.6):
        kind = draw.choice(tuple(LIMITS))
        worlds.model("lower", "real", -1.2, -0.4, names=("joint_limit_lower", "dof_lower"))
        worlds.model("upper", "real", 0.4, 1.2, names=("joint_limit_upper", "dof_upper"))
        s.tuning(("limit_ke", 1.0, 8.0))
        if "limit_kd" in LIMITS[kind]:
            s.tuning(("limit_kd", 0.05, 0.5))
        s.code(LIMITS[kind])
    if draw.chance(0.5):
        s.tuning(("armature_damping", 0.02, 0.3))
        s.code("f -= armature_damping * qd")
    if draw.chance(0.35):
        worlds.model("loss", "real", 0.05, 0.3, names=("frictionloss", "joint_friction"))
        s.code(
            draw.choice(
                ("f -= loss * wp.tanh(8.0 * qd)", "f -= loss * qd / wp.sqrt(qd * qd + 0.01)", "f -= loss * wp.clamp(5.0 * qd, -1.0, 1.0)")
            )
        )
    if typed:
        s.field("joint_type", "int", worlds.size, domain=Integers(0, 4), names=("jnt_type", "dof_type"))
        s.code(draw.choice(("if joint_type[d] == 3:\n    f = 0.0", "scale = wp.where(joint_type[d] < 2, 1.0, 0.5)\nf = f * scale")))
    if draw.chance(0.5):
        worlds.model("max_force", "real", 0.8, 3.0, names=("joint_effort_limit", "forcelimit"))
        s.code(
            draw.choice(
                (
                    "f = wp.clamp(f, -max_force, max_force)",
                    "f = wp.max(wp.min(f, max_force), -max_force)",
                    "f = max_force * wp.tanh(f / max_force)",
                )
            )
        )
    worlds.result("joint_f", "real", names=("qfrc_out", "dof_force", "tau"))
    s.code(f"joint_f[{worlds.at}] = f")
    if draw.chance(0.3):
        s.result("power", "real", *(("nworld",) if worlds.many else ("one",)), role="accumulate", names=("work_rate", "actuation_power"))
        s.code(f"wp.atomic_add(power, {'w' if worlds.many else '0'}, f * qd)")
    return s.finish(
        draw.choice(("joint_drive_forces", "apply_pd_control", "eval_joint_drives", "compute_joint_forces")),
        worlds.dim,
        worlds.sizes(draw),
        doc=draw.choice(("", "Drive, limit and passive forces of each degree of freedom.", "")),
    )


def build_actuators(draw: Draw, s: Script) -> Case:
    """Actuators: control to force by affine gains, activation, force range, and the force on their joints."""
    worlds = Worlds(s, "act")
    worlds.state("ctrl", "real", -1.5, 1.5, names=("ctrl_in", "action"))
    worlds.open("ctrl")
    s.code(f"u = ctrl[{worlds.at}]")
    if draw.chance(0.6):
        s.field("ctrlrange", "vec2", worlds.size, low=0.3, high=1.2, names=("actuator_ctrlrange", "ctrl_limits"))
        s.code("bounds = ctrlrange[d]\nu = wp.clamp(u, -bounds[0], bounds[1])")
    s.field("trnid", "int", worlds.size, below=worlds.size, names=("actuator_trnid", "act_dof"))
    worlds.state("qpos", "real", -1.0, 1.0, names=("qpos_in", "joint_q"))
    worlds.state("qvel", "real", -1.0, 1.0, names=("qvel_in", "joint_qd"))
    other = "w, j" if worlds.many else "j"
    s.code(f"j = trnid[d]\nlength = qpos[{other}]\nvelocity = qvel[{other}]")
    geared = draw.chance(0.6)
    if geared:
        worlds.model("gear", "real", 0.5, 2.0, names=("actuator_gear",))
        s.code("length = gear * length\nvelocity = gear * velocity")
    dynamics = draw.choice(("none", "filter", "muscle"))
    control = "u"
    if dynamics != "none":
        worlds.state("act", "real", 0.05, 0.95, names=("act_in", "activation"))
        s.tuning(("dt", 0.005, 0.05))
        worlds.result("act_out", "real", names=("act_new", "activation_out"))
        if dynamics == "filter":
            s.tuning(("tau", 0.05, 0.3))
            s.code(f"a = act[{worlds.at}]\nact_dot = (u - a) / tau")
        else:
            s.tuning(("tau_act", 0.02, 0.1), ("tau_deact", 0.1, 0.3))
            s.code(
                f"a = act[{worlds.at}]\ne = wp.clamp(u, 0.0, 1.0)\nslow = 0.5 + 1.5 * a\ntau_a = tau_deact / slow\n"
                "if e > a:\n    tau_a = tau_act * slow\nact_dot = (e - a) / tau_a"
            )
        s.code(f"act_out[{worlds.at}] = a + dt * act_dot")
        control = "a"
    s.field("gainprm", "vec3", worlds.size, low=0.2, high=1.5, names=("actuator_gainprm", "gain"))
    s.field("biasprm", "vec3", worlds.size, low=-1.0, high=0.5, names=("actuator_biasprm", "bias"))
    s.code("g = gainprm[d]\nb = biasprm[d]")
    kinds = draw.choice(("affine", "fixed", "typed"))
    if kinds == "affine":
        s.code("gain = g[0] + g[1] * length + g[2] * velocity\nforce_bias = b[0] + b[1] * length + b[2] * velocity")
    elif kinds == "fixed":
        s.code("gain = g[0]\nforce_bias = b[0] + b[1] * length + b[2] * velocity")
    else:
        s.field("gaintype", "int", worlds.size, domain=Integers(0, 3), names=("actuator_gaintype",))
        s.code(
            "kind = gaintype[d]\ngain = g[0]\nforce_bias = float(0.0)\nif kind == 1:\n"
            "    gain = g[0] + g[1] * length + g[2] * velocity\n"
            "    force_bias = b[0] + b[1] * length + b[2] * velocity\nelif kind == 2:\n"
            "    force_bias = b[1] * length"
        )
    s.code(f"force = gain * {control} + force_bias")
    if draw.chance(0.6):
        s.tuning(("forcerange", 0.5, 2.5))
        s.code("force = wp.clamp(force, -forcerange, forcerange)")
    worlds.result("actuator_force", "real", names=("actuator_force_out", "act_force"))
    s.code(f"actuator_force[{worlds.at}] = force")
    worlds.result("qfrc_actuator", "real", names=("qfrc_actuator_out", "joint_act"), partly=True)
    s.code(f"wp.atomic_add(qfrc_actuator, {other}, {'gear * force' if geared else 'force'})")
    return s.finish(
        draw.choice(("actuator_forces", "fwd_actuation", "apply_actuators")),
        worlds.dim,
        worlds.sizes(draw),
        doc=draw.choice(("", "Control to joint force for every actuator.", "")),
    )
