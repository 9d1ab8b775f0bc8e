"""What kernels on quaternions share: launch sizes, rotations as drawn inputs, and what becomes of a finished rotation."""

from __future__ import annotations

from kernels.drafting.mirror.draft import MirrorDraft
from kernels.drafting.mirror.steps import stored
from kernels.draw import Draw


def sizes(draw: Draw, largest: int = 130) -> list[dict[str, int]]:
    """The launches' sizes: `n` threads, fewer `bodies`, a table of `keys`."""
    return [{"n": n, "bodies": n // 3 + 2, "keys": 7, "one": 1} for n in draw.sizes(largest)]


AXES = ("vec3(1.0, 0.0, 0.0)", "vec3(0.0, 1.0, 0.0)", "vec3(0.0, 0.0, 1.0)")


def kept_rotation(draft: MirrorDraft, q: str, index: str, names: tuple[str, ...], extents: tuple[str, ...] = ("n",)) -> None:
    """Stores the rotation `q` as it is, and now and then what is read off it."""
    draw = draft.draw
    way = draw.weighted(("quat", "quat and axis", "matrix", "axis", "heading", "angle"), (5, 2, 1, 2, 1, 1))
    if way.startswith("quat"):
        out = draft.result(draft.name(*names), "quat", *extents)
        draft.code(f"{out}[{index}] = {q}")
    if way == "matrix":
        out = draft.result(draft.name("rotation_out", "frame", "world_axes"), "mat33", *extents)
        draft.code(f"{out}[{index}] = wp.quat_to_matrix({q})")
    if way == "heading":
        local = draft.name("forward", "nose", "heading_dir")
        draft.code(f"{local} = wp.quat_rotate({q}, vec3(1.0, 0.0, 0.0))")
        angle = draft.name("yaw", "elevation", "climb")
        draft.code(f"{angle} = wp.asin(0.99 * {local}[2])" if draw.chance(0.5) else f"{angle} = wp.sqrt(1.5 - {local}[2] * {local}[0])")
        stored(draft, angle, "float", 1.6, index, extents, ("heading_out", "pitch_out", "elevation_out"))
    if way == "angle":
        local = draft.name("turned", "rotation_angle", "tilt")
        draft.code(f"{local} = 2.0 * wp.atan2(wp.length(vec3({q}[0], {q}[1], {q}[2])), wp.abs({q}[3]))")
        stored(draft, local, "float", 3.2, index, extents, ("angle_out", "tilt_out", "turn_out"))
    if way.endswith("axis"):
        local = draft.name("pointing", "world_dir", "rotated", "arm")
        if draw.chance(0.5):
            points = draft.field(draft.name("local_dir", "offset_local", "lever", "anchor"), "vec3", *extents)
            draft.code(f"{local} = wp.quat_rotate({q}, {points}[{index}])")
        else:
            draft.code(f"{local} = wp.quat_rotate({q}, {draw.choice(AXES)})")
        stored(draft, local, "vec3", 1.8, index, extents, ("direction_out", "world_point", "pointing_out"))
