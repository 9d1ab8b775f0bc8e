"""Blending of rotations: interpolation between two, along a track of keys, averages of several, and dual quaternions."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Uniform, UnitVectors
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.drafting.mirror.steps import step, stored
from kernels.draw import Draw
from kernels.families.quaternion_math.outputs import kept_rotation, sizes
from kernels.families.quaternion_math.sources import rotation_source

NLERP = """
qb = b
if wp.dot(a, b) < 0.0:
    qb = -b
return wp.normalize(a * (1.0 - t) + qb * t)
"""
NLERP_SIGN = """
s = wp.sign(wp.dot(a, b))
return wp.normalize(wp.lerp(a, b * s, t))
"""
SLERP = """
c = wp.dot(a, b)
s = wp.sign(c)
theta = wp.acos(wp.clamp(c * s, 0.0, 0.9999))
inv_sin = 1.0 / wp.sin(theta)
wa = wp.sin((1.0 - t) * theta) * inv_sin
wb = wp.sin(t * theta) * inv_sin * s
return a * wa + b * wb
"""
LOG_BLEND = """
d = wp.quat_inverse(a) * b
axis, angle = wp.quat_to_axis_angle(d)
return a * wp.quat_from_axis_angle(axis, angle * t)
"""
BETWEEN = (("nlerp", NLERP), ("nlerp_signed", NLERP_SIGN), ("slerp", SLERP), ("blend_rotations", LOG_BLEND))
EASES = ("t * t * (3.0 - 2.0 * t)", "0.5 - 0.5 * wp.cos(3.14159 * t)", "t * t", "1.0 - (1.0 - t) * (1.0 - t)")


def _between(draw: Draw, draft: MirrorDraft, target: str, a: str, b: str, t: str) -> None:
    """Names `target` the rotation between `a` and `b` at `t`."""
    if draw.chance(0.6):
        draft.code(f"{target} = wp.quat_slerp({a}, {b}, {t})")
        return
    name, body = draw.choice(BETWEEN)
    step(draft, target, name, "a: quat, b: quat, t: float", [a, b, t], body, "quat", share=1.0)


def build_between(draw: Draw, draft: MirrorDraft) -> Case:
    """Two poses blended: slerp, normalized lerp, or by logarithm, with an eased parameter and a third pose now and then."""
    i = draw.choice(("tid", "i", "bone"))
    array, rotation = rotation_source(draft, i, "q_from", "pose_a", "q0", "rot_prev")
    _, other = rotation_source(draft, i, "q_to", "pose_b", "q1", "rot_next")
    draft.thread("n", array, index=i, counts=("num_bones", "n", "bone_count"))
    draft.code(f"qa = {rotation}\nqb = {other}")
    if draw.chance(0.6):
        draft.field("weight", "float", "n", domain=Uniform(0.05, 0.95), names=("alpha", "blend_weight", "phase"))
        draft.code(f"t = weight[{i}]")
    else:
        draft.code(f"t = {draft.uniform('blend', 'float', Uniform(0.05, 0.95))}")
    if draw.chance(0.5):
        draft.code(f"t = {draw.choice(EASES)}")
    _between(draw, draft, "q", "qa", "qb", "t")
    way = draw.choice(("plain", "plain", "additive", "squad", "bezier"))
    if way == "additive":
        draft.field("q_layer", "quat", "n", domain=UnitVectors(), names=("additive", "offset_rot"))
        amount = draft.tune(draw.choice(("layer_weight", "additive_weight")), 0.1, 0.9)
        draft.code(f"layer = wp.quat_slerp(wp.quat_identity(), q_layer[{i}], {amount})\nq = {draw.choice(('layer * q', 'q * layer'))}")
    elif way == "squad":
        draft.field("s_from", "quat", "n", domain=UnitVectors(), names=("inner_a", "tangent_a"))
        draft.field("s_to", "quat", "n", domain=UnitVectors(), names=("inner_b", "tangent_b"))
        draft.code(f"inner = wp.quat_slerp(s_from[{i}], s_to[{i}], t)\nq = wp.quat_slerp(q, inner, 2.0 * t * (1.0 - t))")
    elif way == "bezier":
        draft.field("q_mid", "quat", "n", domain=UnitVectors(), names=("control", "via"))
        draft.code(f"""
            first = wp.quat_slerp(qa, q_mid[{i}], t)
            second = wp.quat_slerp(q_mid[{i}], qb, t)
            q = wp.quat_slerp(first, second, t)
            """)
    kept_rotation(draft, "q", i, ("q_out", "pose_out", "blended"))
    return draft.finish(draw.choice(("blend_poses", "interpolate_rotations", "mix_poses")), ["n"], sizes(draw))


def build_track(draw: Draw, draft: MirrorDraft) -> Case:
    """A track of keyed rotations sampled at times: uniform keys, one track for all threads or one for each."""
    i = draw.choice(("tid", "i", "sample"))
    own = draw.chance(0.4)
    keys = draw.integer(4, 8)
    draft.field("times", "float", "n", domain=Uniform(0.05, keys - 1.05), names=("t_in", "sample_time", "query_time"))
    draft.field("track", "quat", *(["n"] if own else []), keys, domain=UnitVectors(), names=("key_rot", "keyframes"))
    draft.thread("n", "times", index=i, counts=("num_samples", "n"))

    def at(k: str) -> str:
        return f"track[{i}, {k}]" if own else f"track[{k}]"

    if draw.chance(0.5):
        draft.code(f"t = times[{i}]\nk = int(t)\nfraction = t - float(k)")
    else:
        draft.code(f"t = times[{i}]\nlower = wp.floor(t)\nk = wp.clamp(int(lower), 0, {keys - 2})\nfraction = t - lower")
    draft.code(f"qa = {at('k')}\nqb = {at('k + 1')}")
    if draw.chance(0.3):
        draft.code(
            f"fraction = {draw.choice(EASES).replace('t *', 'fraction *').replace('* t', '* fraction').replace(' t)', ' fraction)')}"
        )
    _between(draw, draft, "q", "qa", "qb", "fraction")
    if draw.chance(0.35):
        rate = draft.tune(draw.choice(("frame_rate", "fps", "keys_per_second")), 1.0, 4.0)
        out = draft.result(draft.name("omega_out", "ang_vel"), "vec3", "n")
        draft.code(
            f"turn_axis, turn_angle = wp.quat_to_axis_angle(qb * wp.quat_inverse(qa))\n{out}[{i}] = turn_axis * (turn_angle * {rate})"
        )
    kept_rotation(draft, "q", i, ("q_out", "sampled", "track_out"))
    return draft.finish(draw.choice(("sample_track", "evaluate_keys", "sample_rotations")), ["n"], sizes(draw))


def build_average(draw: Draw, draft: MirrorDraft) -> Case:
    """The mean of several rotations: signs aligned with the first, weighted, normalized; or the deviation from it."""
    i = draw.choice(("tid", "i", "vertex"))
    count = draw.integer(3, 5)
    gathered = draw.chance(0.5)
    draft.field("rots", "quat", "bodies" if gathered else "n", *([] if gathered else [count]), domain=UnitVectors())
    if gathered:
        draft.field("bone_index", "int", "n", count, below="bodies", names=("neighbours", "influence"))
    weighted = draw.chance(0.6)
    if weighted:
        draft.field("weights", "float", "n", count, domain=Uniform(0.1, 1.0), names=("bone_weight", "confidence"))
    draft.thread("n", "bone_index" if gathered else "rots", index=i, counts=("num_vertices", "n"))

    def at(k: str) -> str:
        return f"rots[bone_index[{i}, {k}]]" if gathered else f"rots[{i}, {k}]"

    draft.code(f"reference_rot = {at('0')}\ntotal = {'quat()' if draw.chance(0.5) else 'quat(0.0, 0.0, 0.0, 0.0)'}")
    w = f"weights[{i}, k]" if weighted else "1.0"
    style = draw.choice(("branch", "sign", "where"))
    body = {
        "branch": f"q_k = {at('k')}\n    if wp.dot(q_k, reference_rot) < 0.0:\n        q_k = -q_k\n    total = total + q_k * {w}",
        "sign": f"q_k = {at('k')}\n    total = total + q_k * (wp.sign(wp.dot(q_k, reference_rot)) * {w})",
        "where": f"q_k = {at('k')}\n    side = wp.where(wp.dot(q_k, reference_rot) < 0.0, -{w}, {w})\n    total = total + q_k * side",
    }[style]
    if not weighted:
        body = body.replace(" * 1.0", "").replace(" * (wp.sign(wp.dot(q_k, reference_rot)))", " * wp.sign(wp.dot(q_k, reference_rot))")
    draft.code(f"for k in range({count}):\n    {body}")
    draft.code("mean = wp.normalize(total)")
    way = draw.choice(("mean", "mean", "spread", "skin"))
    if way == "spread":
        draft.code(f"""
            spread = float(0.0)
            for k in range({count}):
                overlap = wp.dot(mean, {at("k")})
                spread = spread + 1.0 - overlap * overlap
            """)
        stored(draft, "spread", "float", 5.0, i, ["n"], ("spread_out", "deviation"), total=0.3)
    elif way == "skin":
        draft.field("rest_normal", "vec3", "n", domain=UnitVectors(), names=("normal", "bind_dir"))
        draft.code(f"skinned = wp.quat_rotate(mean, rest_normal[{i}])")
        stored(draft, "skinned", "vec3", 1.0, i, ["n"], ("normal_out", "skinned_dir"))
    else:
        kept_rotation(draft, "mean", i, ("mean_out", "average_rot", "q_mean"))
    return draft.finish(draw.choice(("average_rotations", "mean_rotation", "blend_bones")), ["n"], sizes(draw))


def build_dual(draw: Draw, draft: MirrorDraft) -> Case:
    """Dual quaternions: made of rotation and translation, composed, blended, and applied to points."""
    i = draw.choice(("tid", "i", "vertex"))
    draft.field("real_part", "quat", "bodies", domain=UnitVectors(), names=("bone_q", "rotation"))
    draft.field("shift", "vec3", "bodies", names=("bone_t", "translation"))
    count = draw.integer(2, 4)
    draft.field("bones", "int", "n", count, below="bodies", names=("bone_index", "joint_ids"))
    draft.field("weights", "float", "n", count, domain=Uniform(0.1, 1.0), names=("bone_weight", "skin_weight"))
    draft.field("points", "vec3", "n", names=("rest_pos", "vertices"))
    draft.thread("n", "points", index=i, counts=("num_vertices", "n"))
    draft.define("dual_part", "q: quat, t: vec3", "return quat(t, 0.0) * q * 0.5", "quat")
    draft.code(f"""
        first = real_part[bones[{i}, 0]]
        blend_real = quat()
        blend_dual = quat()
        for k in range({count}):
            b = bones[{i}, k]
            w = weights[{i}, k]
            q = real_part[b]
            if wp.dot(q, first) < 0.0:
                w = -w
            blend_real = blend_real + q * w
            blend_dual = blend_dual + dual_part(q, shift[b]) * w
        """)
    if draw.chance(0.5):
        draft.code("inv_length = 1.0 / wp.length(blend_real)\nreal = blend_real * inv_length\ndual = blend_dual * inv_length")
    else:
        draft.code("size = wp.length(blend_real)\nreal = blend_real / size\ndual = blend_dual / size")
    draft.code("offset = dual * wp.quat_inverse(real) * 2.0")
    if draw.chance(0.5):
        draft.code("moved = vec3(offset[0], offset[1], offset[2])")
        stored(draft, "moved", "vec3", 4.0, i, ["n"], ("translation_out", "offset_out"))
        if draw.chance(0.5):
            kept_rotation(draft, "real", i, ("q_out", "rotation_out_q"))
    else:
        draft.code(f"skinned = wp.quat_rotate(real, points[{i}]) + vec3(offset[0], offset[1], offset[2])")
        stored(draft, "skinned", "vec3", 5.0, i, ["n"], ("skinned_pos", "vertices_out", "deformed"))
    return draft.finish(draw.choice(("dual_quaternion_skinning", "skin_dual", "blend_dual_quaternions")), ["n"], sizes(draw))
