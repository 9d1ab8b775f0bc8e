"""What kernels on rigid transforms share: launch sizes, and what becomes of a finished pose."""

from __future__ import annotations

from kernels.domains import RigidTransforms
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.drafting.mirror.steps import stored
from kernels.draw import Draw

POSES = RigidTransforms(-1.0, 1.0)


def sizes(draw: Draw, largest: int = 110) -> list[dict[str, int]]:
    """The launches' sizes: `n` threads, fewer `bodies`."""
    return [{"n": n, "bodies": n // 3 + 2, "one": 1} for n in draw.sizes(largest)]


def kept_pose(draft: MirrorDraft, pose: str, index: str, names: tuple[str, ...], extents: tuple[str, ...] = ("n",)) -> None:
    """Stores the transform `pose` as it is, in parts, as a matrix, or applied to a point of the thread's own."""
    draw = draft.draw
    way = draw.weighted(("pose", "parts", "matrix", "point", "axes"), (6, 2, 1, 3, 1))
    if way == "pose":
        out = draft.result(draft.name(*names), "transform", *extents)
        draft.code(f"{out}[{index}] = {pose}")
    elif way == "parts":
        position = draft.result(draft.name("pos_out", "translation_out", "origin_out"), "vec3", *extents)
        rotation = draft.result(draft.name("rot_out", "rotation_out", "quat_out"), "quat", *extents)
        p, q = (
            (f"{pose}.p", f"{pose}.q")
            if draw.chance(0.4)
            else (f"wp.transform_get_translation({pose})", f"wp.transform_get_rotation({pose})")
        )
        draft.code(f"{position}[{index}] = {p}\n{rotation}[{index}] = {q}")
    elif way == "matrix":
        out = draft.result(draft.name("matrix_out", "model_matrix", "pose_matrix"), "mat44", *extents)
        draft.code(f"{out}[{index}] = wp.transform_to_matrix({pose})")
    elif way == "axes":
        out = draft.result(draft.name("forward_out", "axis_out", "direction_out"), "vec3", *extents)
        axis = draw.choice(("vec3(1.0, 0.0, 0.0)", "vec3(0.0, 1.0, 0.0)", "vec3(0.0, 0.0, 1.0)"))
        draft.code(f"{out}[{index}] = wp.transform_vector({pose}, {axis})")
    else:
        local = draft.name("world_point", "moved", "p_world", "tip")
        points = draft.field(draft.name("local_point", "marker", "anchor", "offset"), "vec3", *extents)
        draft.code(f"{local} = wp.transform_point({pose}, {points}[{index}])")
        stored(draft, local, "vec3", 5.0, index, extents, ("point_out", "marker_out", "world_out"))
