"""Half-precision matrices and rotations: products, determinants, inverses, rotated vectors, compositions, poses."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import RigidTransforms, Uniform, UnitVectors, WellConditioned
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.draw import Draw
from kernels.families.half_precision.formats import F16, kept_half, kept_single, sizes


def build_maps(draw: Draw, draft: MirrorDraft) -> Case:
    """Small matrices in half: products, determinants, inverses, outer products, transposes, sums in single precision."""
    i = draw.choice(("tid", "i", "elem"))
    size = draw.choice((2, 2, 3, 4))
    mat, vec = f"wp.mat{size}{size}h", f"wp.vec{size}h"
    invert = draw.chance(0.4) and size < 4
    draft.field("m", mat, "n", domain=WellConditioned(2.5) if invert else Uniform(-1.0, 1.0), names=("matrices", "maps"))
    draft.field("x", vec, "n", names=("vectors", "v_in"))
    draft.thread("n", "m", index=i, counts=("num_items", "item_count"))
    draft.code(f"A = m[{i}]\nv = x[{i}]")
    way = draw.choice(("apply", "product", "outer", "measure", "wide", "form"))
    if invert:
        draft.code("A = wp.inverse(A)")
    if way == "apply":
        draft.code(draw.choice(("y = A @ v", "y = v @ A", "y = wp.transpose(A) @ v", "y = A @ v + v * wp.float16(0.5)", "y = A[0] + v")))
        kept_half(draft, "y", vec, i, ("mapped", "v_out"))
    elif way == "product":
        draft.field("other", mat, "n", names=("right", "deltas"))
        draft.code(f"P = A @ other[{i}]\nP = P * wp.float16({draw.real(0.3, 0.9)})")
        out = draft.result("products", mat, "n")
        draft.code(f"{out}[{i}] = {draw.choice(('P', 'wp.transpose(P)', 'P + A'))}")
    elif way == "outer":
        out = draft.result("updated", mat, "n", names=("m_out",))
        right = draw.choice(("v", "A @ v", "A[0]"))
        kept = draw.choice(("A", "A * wp.float16(0.9)", "wp.transpose(A)", "wp.diag(v)"))
        draft.code(f"{out}[{i}] = {kept} + wp.outer(v, {right}) * wp.float16({draw.real(0.1, 0.8)})")
    elif way == "measure":
        # The determinant of a larger matrix cancels more than half precision has to spare.
        draft.code(f"d = {'wp.trace(A)' if size > 2 or invert else draw.choice(('wp.determinant(A)', 'wp.trace(A)', 'A[0, 1]'))}")
        draft.code(f"scaled = 3.0 + float(d) * 0.25 + float({draw.choice(('wp.dot(v, v)', 'wp.length(v)', 'v[0]'))})")
        kept_single(draft, "scaled", 9.0, i, F16, ("measure_out", "det_out"))
    elif way == "wide":
        wide = f"mat{size}{size}"
        product = draw.choice(("B @ w", "w @ B", "wp.transpose(B) @ w", "B @ (B @ w)"))
        draft.code(f"B = {wide}(A)\nw = vec{size}(v)\ny = {product}")
        draft.code(f"norm = {draw.choice(('wp.sqrt(wp.dot(y, y) + 0.25)', '1.0 / (1.0 + wp.dot(y, y))', 'wp.exp(-0.2 * wp.dot(y, y))'))}")
        kept_single(draft, "norm", 6.0, i, F16, ("norm_out", "length_out"))
    else:
        draft.code("form = float(wp.dot(v, A @ v)) + 6.0")
        kept_single(draft, "form", 16.0, i, F16, ("form_out", "energy_half"))
    return draft.finish(f"{way}_half_{size}x{size}", ["n"], sizes(draw))


def build_rotations(draw: Draw, draft: MirrorDraft) -> Case:
    """Quaternions and transforms in half: rotated vectors, compositions, compressed poses applied in single precision."""
    i = draw.choice(("tid", "bone", "i"))
    way = draw.choice(("rotate", "compose", "pose", "expand", "integrate", "axis"))
    counts = ("num_bones", "bone_count")
    if way == "pose":
        draft.field("poses", "wp.transformh", "n", domain=RigidTransforms(-1.0, 1.0), names=("bone_pose", "xforms"))
        draft.field("points", "wp.vec3h", "n", names=("rest", "local_points"))
        draft.thread("n", "poses", index=i, counts=counts)
        draft.code(f"X = poses[{i}]\nq = points[{i}]")
        draft.code(
            draw.choice(
                (
                    "p = wp.transform_point(X, q)",
                    "p = wp.transform_vector(X, q)",
                    "p = wp.quat_rotate(wp.transform_get_rotation(X), q) + wp.transform_get_translation(X)",
                    "p = wp.transform_point(wp.transform_inverse(X), q)",
                )
            )
        )
        kept_half(draft, "p", "wp.vec3h", i, ("points_out", "world_points"))
        return draft.finish("pose_points_half", ["n"], sizes(draw))
    draft.field("rots", "wp.quath", "n", domain=UnitVectors(), names=("q_half", "bone_rot"))
    if way == "compose":
        draft.field("deltas", "wp.quath", "n", domain=UnitVectors(), names=("q_delta", "local_rot"))
        draft.thread("n", "rots", index=i, counts=counts)
        draft.code(f"a = rots[{i}]\nb = deltas[{i}]")
        draft.code(f"q = {draw.choice(('a * b', 'wp.normalize(a * b)', 'wp.quat_inverse(a) * b', 'b * a'))}")
        out = draft.result("rots_out", "wp.quath", "n", names=("q_out",))
        draft.code(f"{out}[{i}] = q")
        if draw.chance(0.5):
            draft.code("turned = wp.quat_rotate(q, wp.vec3h(0.0, 0.0, 1.0))")
            kept_half(draft, "turned", "wp.vec3h", i, ("axis_out", "forward_out"), products=0)
    elif way == "integrate":
        _integrated(draw, draft, i, counts)
    elif way == "expand":
        draft.field("dirs", "vec3", "n", names=("axes", "points"))
        draft.thread("n", "rots", index=i, counts=counts)
        draft.code(f"q = {draw.choice((f'wp.normalize(quat(rots[{i}]))', f'quat(rots[{i}])'))}")
        draft.code(f"turned = wp.quat_rotate{draw.choice(('', '_inv'))}(q, dirs[{i}])")
        if draw.chance(0.5):
            draft.field("offsets", "wp.vec3h", "n", names=("shift_half",))
            draft.code(f"turned = turned + vec3(offsets[{i}])")
        out = draft.result("dirs_out", "vec3", "n", names=("turned_out",))
        draft.code(f"{out}[{i}] = turned")
    else:
        draft.field("dirs", "wp.vec3h", "n", names=("axes", "points"))
        draft.thread("n", "rots", index=i, counts=counts)
        if way == "axis":
            product = draw.choice((f"R @ dirs[{i}]", f"wp.transpose(R) @ dirs[{i}]", f"dirs[{i}] + R[2]"))
            draft.code(f"R = wp.quat_to_matrix(rots[{i}])\nturned = {product}")
        else:
            draft.code(f"turned = wp.quat_rotate{draw.choice(('', '_inv'))}(rots[{i}], dirs[{i}])")
        kept_half(draft, "turned", "wp.vec3h", i, ("dirs_out", "turned_out"))
    return draft.finish(f"{way}_rotations_half", ["n"], sizes(draw))


def _integrated(draw: Draw, draft: MirrorDraft, i: str, counts: tuple[str, str]) -> None:
    """A step of an orientation under an angular velocity, in half."""
    draft.field("omega", "wp.vec3h", "n", names=("ang_vel",))
    draft.thread("n", "rots", index=i, counts=counts)
    draft.code(f"q = rots[{i}]\nw = omega[{i}]")
    if draw.chance(0.4):
        draft.field("gyro_bias", "wp.vec3h", "n", low=-0.2, high=0.2, names=("drift",))
        draft.code(f"w = w - gyro_bias[{i}]")
    if draw.chance(0.4):
        draft.code(draw.choice(("w = w * wp.float16(0.9)", "w = w / (wp.float16(1.0) + wp.length(w))", "w = wp.quat_rotate(q, w)")))
    draft.code(f"rate = {draw.choice(('wp.quath(w[0], w[1], w[2], wp.float16(0.0))', 'wp.quath(w, wp.float16(0.0))'))}")
    draft.code(f"q_new = q + {draw.choice(('q * rate', 'rate * q'))} * wp.float16({draw.real(0.05, 0.3)})")
    if draw.chance(0.8):
        draft.code("q_new = wp.normalize(q_new)")
    out = draft.result("rots_out", "wp.quath", "n", names=("q_out",))
    draft.code(f"{out}[{i}] = q_new")
    if draw.chance(0.4):
        axis = draw.choice(("1.0, 0.0, 0.0", "0.0, 1.0, 0.0", "0.0, 0.0, 1.0"))
        draft.code(f"heading = wp.quat_rotate(q_new, wp.vec3h({axis}))")
        kept_half(draft, "heading", "wp.vec3h", i, ("heading_out", "axis_out"), products=0)
