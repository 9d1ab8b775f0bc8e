"""Muscles and tendons: forces along them, lengths of their paths, and what they do to joints.

Muscle curves by smooth approximations of those of Millard et al., Flexing Computational Muscle (2013).
"""

from __future__ import annotations

import re

from kernels.case import Case
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.families.joint_dynamics.worlds import Worlds


def build_muscles(draw: Draw, s: Script) -> Case:
    """Hill-type muscles: curves of force over length and velocity, pennation, tendon strain, and the joint's moment."""
    worlds = Worlds(s, "act", many=draw.chance(0.4))
    worlds.state("length", "real", 0.6, 1.4, names=("muscle_length", "actuator_length", "lm"))
    worlds.state("velocity", "real", -0.8, 0.8, names=("muscle_velocity", "actuator_velocity", "vm"))
    worlds.state("activation", "real", 0.05, 0.95, names=("act", "muscle_act"))
    worlds.open("length")
    worlds.model("f0", "real", 0.5, 2.0, names=("peak_force", "f_max"))
    worlds.model("l0", "real", 0.8, 1.2, names=("optimal_length", "lm_opt"))
    s.code(f"l = length[{worlds.at}] / l0\nv = velocity[{worlds.at}]")
    active = draw.choice(
        (
            "x = (l - 1.0) / 0.45\nreturn wp.exp(-x * x)",
            "if l < 0.5 or l > 1.5:\n    return 0.0\nx = 2.0 * (l - 1.0)\nreturn 1.0 - x * x",
            "left = wp.clamp((l - 0.5) * 2.0, 0.0, 1.0)\nright = wp.clamp((1.6 - l) / 0.6, 0.0, 1.0)\n"
            "return left * left * (3.0 - 2.0 * left) * right",
        )
    )
    s.define("force_length", "l: real", active, "real", draw.choice(("", "Active force over normalized length.")))
    velocity = draw.choice(
        (
            "if v < 0.0:\n    return (1.0 + v) / (1.0 - 4.0 * v)\nreturn (1.0 + 7.0 * v) / (1.0 + 5.0 * v)",
            "return 1.0 + 0.6 * wp.tanh(2.5 * v)",
            "y = wp.max(v + 1.0, 0.0)\nif v < 0.0:\n    return y * y\nreturn 1.6 - 0.6 / (1.0 + 4.0 * v)",
        )
    )
    s.define("force_velocity", "v: real", velocity, "real", draw.choice(("", "Force over normalized velocity of lengthening.")))
    s.code(f"fl = force_length(l)\nfv = force_velocity(v)\na = activation[{worlds.at}]")
    s.code(
        draw.choice(
            (
                "passive = wp.max(l - 1.0, 0.0)\nfp = 2.0 * passive * passive",
                "fp = (wp.exp(4.0 * wp.max(l - 1.0, 0.0)) - 1.0) / (wp.exp(2.4) - 1.0)",
                "fp = float(0.0)\nif l > 1.1:\n    fp = 1.5 * (l - 1.1)",
            )
        )
    )
    s.code("force = f0 * (a * fl * fv + fp)")
    if draw.chance(0.5):
        worlds.model("pennation", "real", 0.05, 0.4, names=("alpha0", "pennation_angle"))
        s.code(
            draw.choice(
                (
                    "force = force * wp.cos(pennation)",
                    "s_alpha = wp.sin(pennation) / wp.max(l, 0.5)\nforce = force * wp.sqrt(1.0 - s_alpha * s_alpha)",
                )
            )
        )
    if draw.chance(0.4):
        s.tuning(("beta", 0.02, 0.2))
        s.code("force += beta * f0 * v")
    worlds.result("muscle_force", "real", names=("force_out", "actuator_force"))
    s.code(f"muscle_force[{worlds.at}] = force")
    if draw.chance(0.6):
        worlds.state("moment_arm", "real", 0.05, 0.4, names=("lever", "moment"))
        s.field("dof_index", "int", worlds.size, below=worlds.size, names=("muscle_dof", "trnid"))
        worlds.result("joint_f", "real", names=("qfrc_actuator", "tau"), partly=True)
        s.code(f"wp.atomic_sub(joint_f, {'w, ' if worlds.many else ''}dof_index[d], force * moment_arm[{worlds.at}])")
    if draw.chance(0.35):
        s.tuning(("metabolic", 0.1, 0.8))
        worlds.result("power", "real", names=("heat_rate", "metabolic_rate"))
        s.code(f"power[{worlds.at}] = metabolic * a * f0 + wp.max(-force * v, 0.0)")
    return s.finish(
        draw.choice(("muscle_forces", "hill_muscles", "eval_muscles")),
        worlds.dim,
        worlds.sizes(draw),
        doc=draw.choice(("", "Forces of Hill-type muscles.")),
    )


def build_tendons(draw: Draw, s: Script) -> Case:
    """Tendons: lengths from joint positions by coefficients or from sites along a path, velocities, and spring and damper forces."""
    spatial = draw.chance(0.5)
    worlds = Worlds(s, "ten", many=draw.chance(0.5))
    points = draw.choice((2, 3, 4))
    if spatial:
        worlds.state("site_xpos", "vec3", -1.0, 1.0, size="nsite", names=("site_x", "site_pos"))
        s.field("path", "int", worlds.size, points, below="nsite", names=("tendon_sites", "wrap_objid"))
    else:
        worlds.state("qpos", "real", -1.0, 1.0, size="nq", names=("joint_q", "qpos_in"))
        s.field("path", "int", worlds.size, points, below="nq", names=("tendon_dofs", "wrap_objid"))
        s.field("coef", "real", worlds.size, points, low=-1.0, high=1.0, names=("wrap_prm", "tendon_coef"))
    worlds.open("path")
    row = "w, " if worlds.many else ""
    s.code("length = float(0.0)")
    if spatial:
        unrolled = draw.chance(0.5)
        moving = draw.chance(0.5)
        if moving:
            worlds.state("site_xvel", "vec3", -1.0, 1.0, size="nsite", names=("site_v", "site_vel"))
            s.code("rate = float(0.0)")
        body = (
            f"a = path[d, {{k}}]\nb = path[d, {{k1}}]\nseg = site_xpos[{row}b] - site_xpos[{row}a]\n"
            "part = wp.length(seg) + 0.01\nlength += part\n"
        )
        if moving:
            body += f"rate += wp.dot(site_xvel[{row}b] - site_xvel[{row}a], seg) / part\n"
        if unrolled:
            for k in range(points - 1):
                text = body.format(k=k, k1=k + 1)
                for name in ("a", "b", "seg", "part"):
                    text = _suffixed(text, name, k)
                s.code(text.strip())
        else:
            s.code(f"for k in range({points - 1}):\n    " + body.format(k="k", k1="k + 1").strip().replace("\n", "\n    "))
    else:
        moving = draw.chance(0.5)
        if moving:
            worlds.state("qvel", "real", -1.0, 1.0, size="nq", names=("joint_qd", "qvel_in"))
            s.code("rate = float(0.0)")
        s.code(
            f"for k in range({points}):\n    j = path[d, k]\n    length += coef[d, k] * qpos[{row}j]"
            + (f"\n    rate += coef[d, k] * qvel[{row}j]" if moving else "")
        )
    worlds.result("ten_length", "real", names=("tendon_length", "length_out"))
    s.code(f"ten_length[{worlds.at}] = length")
    if draw.chance(0.7):
        worlds.model("stiffness", "real", 0.5, 3.0, names=("tendon_stiffness", "ten_k"))
        worlds.model("rest", "real", 0.2, 1.0, names=("tendon_lengthspring", "ten_rest"))
        s.code(
            draw.choice(
                (
                    "stretch = length - rest\nforce = -stiffness * stretch",
                    "force = -stiffness * wp.max(length - rest, 0.0)",
                    "stretch = length - rest\nforce = -stiffness * stretch\nif stretch < 0.0:\n    force = 0.0",
                )
            )
        )
        if moving:
            s.tuning(("ten_damping", 0.05, 0.5))
            s.code("force -= ten_damping * rate")
        worlds.result("ten_force", "real", names=("tendon_force", "force_out"))
        s.code(f"ten_force[{worlds.at}] = force")
        if not spatial:
            worlds.result("qfrc", "real", size="nq", names=("qfrc_passive", "joint_f"), partly=True)
            s.code(f"for k in range({points}):\n    wp.atomic_add(qfrc, {row}path[d, k], coef[d, k] * force)")
    elif draw.chance(0.5):
        worlds.model("longest", "real", 0.5, 1.5, names=("tendon_range", "ten_max"))
        worlds.result("excess", "real", names=("ten_limit", "limit_pos"))
        s.code(f"excess[{worlds.at}] = wp.max(length - longest, 0.0)")
    if moving and draw.chance(0.6):
        worlds.result("ten_velocity", "real", names=("tendon_velocity", "rate_out"))
        s.code(f"ten_velocity[{worlds.at}] = rate")
    return s.finish(
        draw.choice(("tendon_lengths", "spatial_tendons" if spatial else "fixed_tendons", "tendon_forces")), worlds.dim, worlds.sizes(draw)
    )


def _suffixed(text: str, name: str, k: int) -> str:
    """`text` with the local `name` numbered."""
    return re.sub(rf"(?<![\w.]){name}(?!\w)", f"{name}{k}", text)
