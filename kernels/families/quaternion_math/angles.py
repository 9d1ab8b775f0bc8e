"""Roll, pitch and yaw, and Euler sequences: rotations made of angles, and angles read off rotations."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import UnitVectors
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.drafting.mirror.steps import stored
from kernels.draw import Draw
from kernels.families.quaternion_math.outputs import AXES, angles_of, kept_rotation, read_angles, sizes, upright
from kernels.families.quaternion_math.sources import axis_order, rotation_source


def build_angles(draw: Draw, draft: MirrorDraft) -> Case:
    """Roll, pitch and yaw, an Euler sequence, or turns about axes, to rotations."""
    i = draw.choice(("tid", "i", "vehicle"))
    way = draw.choice(("rpy", "rpy", "axes", "euler", "euler") if draft.width == "float32" else ("rpy", "axes"))
    draft.field("angles", "vec3", "n", low=-1.2, high=1.2, names=("rpy", "euler", "attitude_angles"))
    draft.thread("n", "angles", index=i, counts=("num_vehicles", "n"))
    draft.code(f"e = angles[{i}]")
    if draw.chance(0.3):
        trim = draft.tune(draw.choice(("trim", "pitch_offset", "heading_offset")), 0.05, 0.4)
        draft.code(f"e = e + vec3(0.0, {trim}, 0.0)")
    if way == "axes":
        order = draw.shuffled((0, 1, 2))
        names = ("qx", "qy", "qz")
        for n in order:
            draft.code(f"{names[n]} = wp.quat_from_axis_angle({AXES[n]}, e[{n}])")
        draft.code(f"q = {' * '.join(names[n] for n in order)}")
    else:
        draft.code(f"q = {_turned('e', '' if way == 'rpy' else axis_order(draw))}")
    if draw.chance(0.5):
        draft.field("q_base", "quat", "n", domain=UnitVectors(), names=("base_rot", "mount_q"))
        draft.code(f"q = {draw.choice((f'q_base[{i}] * q', f'q * q_base[{i}]'))}")
    kept_rotation(draft, "q", i, ("q_out", "rotation_q", "orientation"))
    return draft.finish(f"{draw.choice(('angles', 'euler', 'attitude'))}_to_{draw.choice(('quat', 'rotation'))}", ["n"], sizes(draw))


def build_readings(draw: Draw, draft: MirrorDraft) -> Case:
    """Angles read off rotations: kept, limited and made a rotation again, or those of another sequence."""
    i = draw.choice(("tid", "i", "body_id"))
    way = draw.weighted(("angles", "limit", "sequence"), (2, 3, 2))
    if way == "sequence":
        return _sequence(draw, draft, i)
    array, rotation = rotation_source(draft, i, "q_in", "orientation", "body_q", "rot")
    draft.thread("n", array, index=i, counts=("num_bodies", "n"))
    draft.code(f"q = {f'wp.normalize({rotation})' if rotation.endswith(']') else rotation}")
    if draw.chance(0.4):
        draft.field("q_ref", "quat", "n", domain=UnitVectors(), names=("base_rot", "q_mount"))
        draft.code(f"q = wp.quat_inverse(wp.normalize(q_ref[{i}])) * q")
    if way == "limit":
        return _limited(draw, draft, i)
    if draw.chance(0.5):
        read_angles(draft, "angles", "q", "")
    else:
        first = draw.integer(0, 2)
        second = (first + draw.integer(1, 2)) % 3
        third = first if draw.chance(0.3) else 3 - first - second
        read_angles(draft, "angles", "q", f"{first}, {second}, {third}")
    if draw.chance(0.5):
        stored(draft, "angles", "vec3", 6.3, i, ["n"], ("angles_out", "euler_out", "rpy_out"))
    else:
        part = draw.integer(0, 2)
        draft.code(f"heading = wp.{draw.choice(('sin', 'cos'))}(angles[{part}])")
        stored(draft, "heading", "float", 1.0, i, ["n"], ("heading_out", "course_out"))
    return draft.finish(draw.choice(("rotation_to_angles", "extract_euler", "attitude_angles")), ["n"], sizes(draw))


def _turned(angles: str, order: str) -> str:
    """The rotation by `angles` about the axes of `order`, or by roll, pitch and yaw."""
    if order:
        return f"wp.quat_from_euler({angles}, {order})"
    return f"wp.quat_rpy({', '.join(f'{angles}[{k}]' for k in range(3))})"


def _limited(draw: Draw, draft: MirrorDraft, i: str) -> Case:
    """Angles of `q` held within limits, hard or soft, or scaled down, and the rotation that they make."""
    order = axis_order(draw) if draw.chance(0.5) else ""
    way = draw.choice(("clamp", "soft", "share", "level"))
    if way == "clamp":
        limit = draft.tune(draw.choice(("max_tilt", "tilt_limit", "angle_limit")), 0.3, 1.2)
        spared = draw.integer(0, 3)
        parts = (f"angles[{k}]" if k == spared else f"wp.clamp(angles[{k}], -{limit}, {limit})" for k in range(3))
        held = f"vec3({', '.join(parts)})"
    elif way == "soft":
        softness = draft.tune(draw.choice(("softness", "compression")), 0.3, 1.2)
        held = f"angles / (1.0 + {softness} * wp.length(angles))"
    elif way == "share":
        draft.field("share", "vec3", "n", low=0.1, high=1.0, names=("axis_gain", "follow"))
        held = f"wp.cw_mul(share[{i}], angles)"
    else:
        keep = draft.tune(draw.choice(("keep_tilt", "sway")), 0.1, 0.8)
        spared = draw.integer(0, 2)
        parts = (f"angles[{k}]" if k == spared else f"{keep} * angles[{k}]" for k in range(3))
        held = f"vec3({', '.join(parts)})"
    lines = (f"angles = {angles_of('q', order)}", f"held = {held}", f"q_held = {_turned('held', order)}")
    if order:
        condition = upright(draft, "q", order)
        draft.code("\n    ".join(("q_held = q\nif " + condition + ":", *lines)))
    else:
        draft.code("\n".join(lines))
    kept_rotation(draft, "q_held", i, ("q_out", "limited_q", "target_q"))
    return draft.finish(draw.choice(("limit_angles", "limit_attitude", "hold_angles")), ["n"], sizes(draw))


def _sequence(draw: Draw, draft: MirrorDraft, i: str) -> Case:
    """Angles of one sequence turned into those of another, now and then by way of a mounting."""
    orders = draw.subset(("", "0, 2, 1", "1, 0, 2", "1, 2, 0", "2, 0, 1", "2, 1, 0"), 2)
    draft.field("angles_in", "vec3", "n", low=-1.2, high=1.2, names=("angles", "recorded", "motion_angles"))
    draft.thread("n", "angles_in", index=i, counts=("num_frames", "n"))
    draft.code(f"e = angles_in[{i}]\nq = {_turned('e', orders[0])}")
    if draw.chance(0.5):
        mount = draft.uniform("q_mount", "quat", UnitVectors(), names=("mounting", "offset_rot"))
        draft.code(f"q = {draw.choice((f'{mount} * q', f'q * {mount}', f'wp.quat_inverse({mount}) * q'))}")
    read_angles(draft, "converted", "q", orders[1])
    if draw.chance(0.4):
        draft.field("previous", "vec3", "n", low=-1.2, high=1.2, names=("last_angles", "filtered"))
        smoothing = draft.tune(draw.choice(("smoothing", "blend")), 0.1, 0.9)
        draft.code(f"converted = wp.lerp(previous[{i}], converted, {smoothing})")
    stored(draft, "converted", "vec3", 6.3, i, ["n"], ("angles_out", "converted_out", "channel_out"))
    return draft.finish(draw.choice(("convert_angles", "resequence_angles", "retarget_channels")), ["n"], sizes(draw))
