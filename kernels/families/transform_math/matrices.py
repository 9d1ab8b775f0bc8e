"""4x4 matrices with scale: composed, multiplied, taken apart, and turned to rigid transforms."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Uniform, UnitVectors, WellConditioned
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.drafting.mirror.steps import stored
from kernels.draw import Draw
from kernels.families.transform_math.frames import POSES, assembled, kept_pose, sizes


def build_matrices(draw: Draw, draft: MirrorDraft) -> Case:
    """4x4 matrices composed of position, rotation and scale, multiplied, taken apart, applied to points and normals."""
    i = draw.choice(("tid", "i", "instance"))
    draft.field("position", "vec3", "n", names=("translation", "pos"))
    draft.field("rotation", "quat", "n", domain=UnitVectors(), names=("orientation", "rot"))
    draft.field("scale", "vec3", "n", domain=Uniform(0.5, 1.5), names=("size", "scaling"))
    draft.thread("n", "position", index=i, counts=("num_instances", "n"))
    draft.code(f"m = wp.transform_compose(position[{i}], rotation[{i}], scale[{i}])")
    parent = draw.chance(0.7)
    if parent:
        draft.field("parent_X", "transform", "n", domain=POSES, names=("group_pose", "X_parent"))
        draft.code(f"m = wp.transform_to_matrix(parent_X[{i}]) @ m")
    way = draw.weighted(("matrix", "point", "decompose", "inverse", "rigid"), (1, 1, 8, 1, 2))
    if way == "matrix":
        out = draft.result(draft.name("model", "matrix_out", "instance_matrix"), "mat44", "n")
        draft.code(f"{out}[{i}] = {draw.choice(('m', 'wp.transpose(m)'))}")
    elif way == "point":
        draft.field("points", "vec3", "n", names=("x", "vertices"))
        draft.code(f"p = wp.{draw.choice(('transform_point', 'transform_point', 'transform_vector'))}(m, points[{i}])")
        stored(draft, "p", "vec3", 6.0, i, ["n"], ("points_out", "world_pos"))
    elif way == "decompose":
        draft.code("p, q, s = wp.transform_decompose(m)")
        kind = draw.choice(("scale", "recompose", "recompose", "parts", "rigid", "rigid"))
        if kind == "scale":
            draft.code("volume = s[0] * s[1] * s[2]")
            stored(draft, "volume", "float", 4.0, i, ["n"], ("volume_out", "scale_out"), total=0.4)
        elif kind == "recompose":
            edit = draw.choice(("grow", "turn", "shift", "limit"))
            if edit == "grow":
                draft.code(f"s = s * {draft.tune(draw.choice(('growth', 'inflate')), 0.5, 1.5)}")
            elif edit == "turn":
                turn = draft.uniform("turn", "quat", UnitVectors(), names=("spin", "delta_rot"))
                draft.code(f"q = {draw.choice((f'q * {turn}', f'{turn} * q'))}")
            elif edit == "shift":
                draft.field("shift", "vec3", "n", names=("move_by", "offset"))
                draft.code(f"p = p + {draw.choice((f'shift[{i}]', f'wp.quat_rotate(q, shift[{i}])'))}")
            else:
                largest = draft.tune(draw.choice(("max_scale", "largest")), 0.8, 1.3)
                draft.code(f"s = vec3({', '.join(f'wp.min(s[{k}], {largest})' for k in range(3))})")
            out = draft.result("model_out", "mat44", "n", names=("matrix_out",))
            draft.code(f"{out}[{i}] = wp.transform_compose(p, q, s)")
        elif kind == "rigid":
            assembled(draft, "X", "p", "q")
            kept_pose(draft, "X", i, ("pose_out", "X_out", "rigid_pose"))
        else:
            draft.code("corner = p + wp.quat_rotate(q, s)")
            stored(draft, "corner", "vec3", 6.0, i, ["n"], ("corner_out", "extent_out"))
    elif way == "inverse":
        draft.field("points", "vec3", "n", names=("x", "query"))
        draft.code(f"local = wp.transform_point(wp.inverse(m), points[{i}])")
        stored(draft, "local", "vec3", 12.0, i, ["n"], ("local_out", "object_pos"))
    else:
        draft.code(f"rigid = transform(position[{i}], rotation[{i}])\nX = wp.transform_from_matrix(wp.transform_to_matrix(rigid))")
        if parent:
            draft.code(f"X = parent_X[{i}] * X")
        kept_pose(draft, "X", i, ("pose_out", "X_out"))
    return draft.finish(draw.choice(("compose_matrices", "instance_transforms", "model_matrices")), ["n"], sizes(draw))


def build_keys(draw: Draw, draft: MirrorDraft) -> Case:
    """Two keyed matrices taken apart, blended part by part, and composed again, made a rigid pose, or applied to points."""
    i = draw.choice(("tid", "i", "node"))
    draft.field("key_a", "mat44", "n", domain=WellConditioned(1.5), names=("matrix_a", "M_prev"))
    draft.field("key_b", "mat44", "n", domain=WellConditioned(1.5), names=("matrix_b", "M_next"))
    draft.thread("n", "key_a", index=i, counts=("num_nodes", "n"))
    if draw.chance(0.6):
        draft.field("alpha", "float", "n", domain=Uniform(0.1, 0.9), names=("t", "phase"))
        draft.code(f"s = alpha[{i}]")
    else:
        draft.code(f"s = {draft.uniform('alpha', 'float', Uniform(0.1, 0.9))}")
    if draw.chance(0.4):
        draft.code(draw.choice(("s = s * s * (3.0 - 2.0 * s)", "s = s * s", "s = 1.0 - (1.0 - s) * (1.0 - s)")))
    draft.code(f"pa, qa, sa = wp.transform_decompose(key_a[{i}])\npb, qb, sb = wp.transform_decompose(key_b[{i}])")
    draft.code("p = wp.lerp(pa, pb, s)\nsize = wp.lerp(sa, sb, s)")
    if draw.chance(0.6):
        draft.code("q = wp.quat_slerp(qa, qb, s)")
    else:
        draft.code("if wp.dot(qa, qb) < 0.0:\n    qb = -qb\nq = wp.normalize(qa * (1.0 - s) + qb * s)")
    if draw.chance(0.35):
        draft.field("shift", "vec3", "n", names=("offset", "root_motion"))
        draft.code(f"p = p + {draw.choice((f'shift[{i}]', f'wp.quat_rotate(q, shift[{i}])', f'wp.cw_mul(size, shift[{i}])'))}")
    way = draw.choice(("matrix", "point", "pose"))
    if way == "pose":
        assembled(draft, "X", "p", "q")
        kept_pose(draft, "X", i, ("pose_out", "X_out", "blended"))
        return draft.finish(draw.choice(("blend_rigid_keys", "key_poses")), ["n"], sizes(draw))
    draft.code("m = wp.transform_compose(p, q, size)")
    if way == "matrix":
        out = draft.result(draft.name("blended", "node_matrix", "matrix_out"), "mat44", "n")
        draft.code(f"{out}[{i}] = m")
    else:
        draft.field("points", "vec3", "n", names=("x", "vertices"))
        draft.code(f"x_new = wp.transform_point(m, points[{i}])")
        stored(draft, "x_new", "vec3", 9.0, i, ["n"], ("points_out", "animated"))
    return draft.finish(draw.choice(("blend_keys", "interpolate_matrices", "animate_nodes")), ["n"], sizes(draw))
