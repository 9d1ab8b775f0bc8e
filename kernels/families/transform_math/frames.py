"""What kernels on rigid transforms share: launch sizes, how poses are given and put together, and what becomes of a finished pose."""

from __future__ import annotations

from kernels.domains import RigidTransforms, Rotations, Uniform, UnitVectors
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.drafting.mirror.steps import stored
from kernels.draw import Draw

POSES = RigidTransforms(-1.0, 1.0)


def sizes(draw: Draw, largest: int = 110) -> list[dict[str, int]]:
    """The launches' sizes: `n` threads, fewer `bodies`."""
    return [{"n": n, "bodies": n // 3 + 2, "one": 1} for n in draw.sizes(largest)]


def pose_source(draft: MirrorDraft, index: str, *names: str) -> tuple[str, str]:
    """Declares the poses of the threads, called one of `names`: mostly transforms, else their parts or their matrices' parts.

    Returns the name of an array of them, and the pose at `index` as a text.
    """
    stem = names[0]
    kind = draft.draw.weighted(("transform", "matrix", "parts"), (5, 5, 1))
    if kind == "transform":
        array = draft.field(stem, "transform", "n", domain=POSES, names=names[1:])
        return array, f"{array}[{index}]"
    position = draft.field(f"{stem}_p", "vec3", "n", names=(f"{stem}_pos", f"{stem}_origin"))
    if kind == "parts":
        rotation = draft.field(f"{stem}_q", "quat", "n", domain=UnitVectors(), names=(f"{stem}_rot",))
        return position, f"transform({position}[{index}], {rotation}[{index}])"
    rotation = draft.field(f"{stem}_R", "mat33", "n", domain=Rotations(), names=(f"{stem}_frame", f"{stem}_axes"))
    if all("def pose_matrix(" not in line for block in draft.definitions for line in block):
        draft.define(
            "pose_matrix",
            "R: mat33, p: vec3",
            """
            return mat44(
                R[0, 0], R[0, 1], R[0, 2], p[0],
                R[1, 0], R[1, 1], R[1, 2], p[1],
                R[2, 0], R[2, 1], R[2, 2], p[2],
                0.0, 0.0, 0.0, 1.0,
            )
            """,
            "mat44",
        )
    return position, f"wp.transform_from_matrix(pose_matrix({rotation}[{index}], {position}[{index}]))"


def assembled(draft: MirrorDraft, target: str, p: str, q: str, share: float = 0.85) -> None:
    """Names `target` the pose of translation `p` and rotation `q`: in a `share` of kernels set part by part, else made at once."""
    if draft.draw.chance(share):
        setters = (f"wp.transform_set_translation({target}, {p})", f"wp.transform_set_rotation({target}, {q})")
        draft.code("\n".join((f"{target} = wp.transform_identity()", *draft.draw.shuffled(setters))))
    else:
        draft.code(f"{target} = transform({p}, {q})")


def point_velocity(draft: MirrorDraft, twist: str, arm: str) -> str:
    """The velocity of a point `arm` away from where `twist` is told, as a text."""
    if draft.width == "float32":
        return f"wp.velocity_at_point({twist}, {arm})"
    return f"wp.spatial_bottom({twist}) + wp.cross(wp.spatial_top({twist}), {arm})"


def kept_pose(draft: MirrorDraft, pose: str, index: str, names: tuple[str, ...], extents: tuple[str, ...] = ("n",)) -> None:
    """Stores the transform `pose` as it is, in parts, as a matrix, applied to what the thread has, or two of these."""
    draw = draft.draw
    weights = {"pose": 5, "parts": 2, "matrix": 5, "scaled": 1, "point": 3, "axes": 1}
    if draft.width == "float32":
        weights["spatial"] = 4
    way = draw.weighted(list(weights), list(weights.values()))
    _keep(draft, way, pose, index, names, extents)
    if draw.chance(0.35):
        del weights[way]
        _keep(draft, draw.weighted(list(weights), list(weights.values())), pose, index, names, extents)


def _keep(draft: MirrorDraft, way: str, pose: str, index: str, names: tuple[str, ...], extents: tuple[str, ...]) -> None:
    """Stores what `way` makes of the transform `pose`."""
    draw = draft.draw
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
    elif way == "scaled":
        size = draft.name("size", "instance_scale", "extent", "stretch")
        if draw.chance(0.6):
            size = f"{draft.field(size, 'vec3', *extents, domain=Uniform(0.5, 1.5))}[{index}]"
        else:
            size = draft.uniform(size, "vec3", Uniform(0.5, 1.5))
        p, q = draw.choice(((f"{pose}.p", f"{pose}.q"), (f"wp.transform_get_translation({pose})", f"wp.transform_get_rotation({pose})")))
        out = draft.result(draft.name("model_out", "instance_matrix", "world_matrix"), "mat44", *extents)
        draft.code(f"{out}[{index}] = wp.transform_compose({p}, {q}, {size})")
    elif way == "spatial":
        kind = draw.weighted(("wrench", "twist"), (3, 1))
        options = ("local_wrench", "sensor_load", "tool_wrench") if kind == "wrench" else ("local_twist", "sensor_twist", "own_motion")
        given = draft.field(draft.name(*options), "spatial_vector", *extents)
        out = draft.result(draft.name(f"world_{kind}", f"{kind}_out", f"{kind}_at_origin"), "spatial_vector", *extents)
        draft.code(f"{out}[{index}] = wp.transform_{kind}({pose}, {given}[{index}])")
    elif way == "axes":
        out = draft.result(draft.name("forward_out", "axis_out", "direction_out"), "vec3", *extents)
        axis = draw.choice(("vec3(1.0, 0.0, 0.0)", "vec3(0.0, 1.0, 0.0)", "vec3(0.0, 0.0, 1.0)"))
        draft.code(f"{out}[{index}] = wp.transform_vector({pose}, {axis})")
    else:
        local = draft.name("world_point", "moved", "p_world", "tip")
        points = draft.field(draft.name("local_point", "marker", "anchor", "offset"), "vec3", *extents)
        draft.code(f"{local} = wp.transform_point({pose}, {points}[{index}])")
        stored(draft, local, "vec3", 5.0, index, extents, ("point_out", "marker_out", "world_out"))
