"""What kernels on quaternions share: launch sizes, axes, and what becomes of a finished rotation."""

from __future__ import annotations

from kernels.drafting.mirror.draft import MirrorDraft
from kernels.drafting.mirror.steps import stored
from kernels.draw import Draw
from kernels.families.quaternion_math.sources import axis_order


def sizes(draw: Draw, largest: int = 130) -> list[dict[str, int]]:
    """The launches' sizes: `n` threads, fewer `bodies`, a table of `keys`."""
    return [{"n": n, "bodies": n // 3 + 2, "keys": 7, "one": 1} for n in draw.sizes(largest)]


AXES = ("vec3(1.0, 0.0, 0.0)", "vec3(0.0, 1.0, 0.0)", "vec3(0.0, 0.0, 1.0)")


TWISTS = dict(zip(("roll", "pitch", "yaw"), AXES, strict=True))
"""What a turn about each axis is called."""

READINGS = (
    ("axis", 3),
    ("heading", 1),
    ("angle", 1),
    ("matrix", 3),
    ("rotvec", 2),
    ("rpy", 13),
    ("euler", 11),
    ("twist part", 11),
    ("signed twist", 15),
    ("twist", 16),
)
"""What is read off a rotation, and how often."""

WIDTHS = {
    **dict.fromkeys(("rpy", "euler", "twist part", "signed twist", "twist"), ("float32",)),
    "rotvec": ("float32", "float64"),
}
"""The widths of what not every width has: some builtins are there in single precision alone, and in half precision adjoints overflow."""


def kept_rotation(draft: MirrorDraft, q: str, index: str, names: tuple[str, ...], extents: tuple[str, ...] = ("n",)) -> None:
    """Stores the rotation `q` as it is, what is read off it, or both."""
    draw = draft.draw
    whole = draw.chance(0.55)
    if whole:
        out = draft.result(draft.name(*names), "quat", *extents)
        draft.code(f"{out}[{index}] = {q}")
    telemetry(draft, q, index, extents, draw.weighted((0, 1, 2), (1, 3, 4)) if whole else draw.weighted((1, 2), (2, 3)))


def telemetry(draft: MirrorDraft, q: str, index: str, extents: tuple[str, ...] = ("n",), count: int = 1) -> None:
    """Stores `count` different things read off the rotation `q`."""
    weights = {way: weight for way, weight in READINGS if draft.width in WIDTHS.get(way, (draft.width,))}
    for _ in range(count):
        way = draft.draw.weighted(list(weights), list(weights.values()))
        del weights[way]
        _read_off(draft, way, q, index, extents)


def _read_off(draft: MirrorDraft, way: str, q: str, index: str, extents: tuple[str, ...]) -> None:
    """Stores what `way` reads off the rotation `q`."""
    draw = draft.draw
    if way == "matrix":
        out = draft.result(draft.name("rotation_out", "frame", "world_axes"), "mat33", *extents)
        draft.code(f"{out}[{index}] = wp.quat_to_matrix({q})")
    elif way == "heading":
        local = draft.name("forward", "nose", "heading_dir")
        draft.code(f"{local} = wp.quat_rotate({q}, vec3(1.0, 0.0, 0.0))")
        angle = draft.name("yaw", "elevation", "climb")
        draft.code(f"{angle} = wp.asin(0.9 * {local}[2])" if draw.chance(0.5) else f"{angle} = wp.sqrt(1.5 - {local}[2] * {local}[0])")
        stored(draft, angle, "float", 1.6, index, extents, ("heading_out", "pitch_out", "elevation_out"))
    elif way == "angle":
        local = draft.name("turned", "rotation_angle", "tilt")
        draft.code(f"{local} = 2.0 * wp.atan2(wp.length(vec3({q}[0], {q}[1], {q}[2])), wp.abs({q}[3]))")
        stored(draft, local, "float", 3.2, index, extents, ("angle_out", "tilt_out", "turn_out"))
    elif way == "axis":
        local = draft.name("pointing", "world_dir", "rotated", "arm")
        draft.code(f"{local} = wp.quat_rotate({q}, {_direction(draft, index, extents)})")
        stored(draft, local, "vec3", 1.8, index, extents, ("direction_out", "world_point", "pointing_out"))
    elif way == "rotvec":
        axis, angle = draft.name("turn_axis", "spin_axis", "turned_about"), draft.name("turn_angle", "swept", "magnitude")
        local = draft.name("rotvec", "rotation_vector", "log_q")
        draft.code(f"{axis}, {angle} = wp.quat_to_axis_angle({q})\n{local} = {axis} * {angle}")
        stored(draft, local, "vec3", 3.2, index, extents, ("rotvec_out", "log_out", "rotation_vector_out"))
    elif way in ("rpy", "euler"):
        local = draft.name("tilts", "attitude_angles", "angles_now", "gimbal")
        read_angles(draft, local, q, axis_order(draw) if way == "euler" else "")
        if draw.chance(0.75):
            stored(draft, local, "vec3", 6.3, index, extents, (f"{way}_out", "angles_out", "attitude_out"), share=0.3)
        else:
            part = draft.name("roll_now", "bank_angle", "course")
            draft.code(f"{part} = {local}[{draw.integer(0, 2)}]")
            stored(draft, part, "float", 6.3, index, extents, ("bank_out", "course_out", "joint_angle_out"))
    elif way == "twist part":
        part = draw.choice(tuple(TWISTS))
        local = draft.name(f"{part}_only", f"q_{part}", "twist_part")
        draft.code(f"{local} = wp.quat_twist({TWISTS[part]}, {q})")
        if draw.chance(0.5):
            out = draft.result(draft.name(f"{part}_frame", f"{part}_rot_out", "twist_rot"), "quat", *extents)
            draft.code(f"{out}[{index}] = {local}")
        else:
            turned = draft.name("ahead", "partly_turned", "in_frame")
            draft.code(f"{turned} = wp.quat_rotate{draw.choice(('', '_inv'))}({local}, {_direction(draft, index, extents)})")
            stored(draft, turned, "vec3", 1.8, index, extents, ("ahead_out", "frame_dir_out", "partial_dir"))
    else:
        part = draw.choice(tuple(TWISTS))
        local = draft.name(f"{part}_angle", f"{part}_now", "twist_now")
        call = "wp.quat_twist_angle_signed" if way == "signed twist" else "wp.quat_twist_angle"
        draft.code(f"{local} = {call}({TWISTS[part]}, {q})")
        stored(draft, local, "float", 6.3, index, extents, (f"{part}_out", f"{part}_angle_out", "twist_angle_out"))


def angles_of(q: str, order: str) -> str:
    """The angles of the rotation `q` about the axes of `order`, or roll, pitch and yaw, as a text."""
    return f"wp.quat_to_euler({q}, {order})" if order else f"wp.quat_to_rpy({q})"


def upright(draft: MirrorDraft, q: str, order: str) -> str:
    """Names what tells the gimbal lock of the rotation `q`; returns the condition that it is away from it.

    At the lock, where the first axis comes to lie on the last one, Euler angles are rounding: the second is an arc cosine near one.
    """
    first, _, last = (order or "0, 1, 2").split(", ")
    lean = draft.name("lean", "carried_axis", "first_axis", "pole")
    draft.code(f"{lean} = wp.quat_rotate({q}, {AXES[int(first)]})")
    return f"wp.abs({lean}[{last}]) < {draft.draw.choice(('0.98', '0.99', '0.995'))}"


def read_angles(draft: MirrorDraft, target: str, q: str, order: str) -> None:
    """Names `target` the angles of the rotation `q` as `angles_of` spells them; Euler angles, near gimbal lock, are left at zero."""
    if order or draft.draw.chance(0.3):
        condition = upright(draft, q, order)
        draft.code(f"{target} = vec3()\nif {condition}:\n    {target} = {angles_of(q, order)}")
    else:
        draft.code(f"{target} = {angles_of(q, order)}")


def _direction(draft: MirrorDraft, index: str, extents: tuple[str, ...]) -> str:
    """A direction or point of the body, as a text: the thread's own, or an axis."""
    if draft.draw.chance(0.5):
        points = draft.field(draft.name("local_dir", "offset_local", "lever", "anchor"), "vec3", *extents)
        return f"{points}[{index}]"
    return draft.draw.choice(AXES)
