"""One link of an articulation's recursive dynamics: twists and accelerations carried from the parent, wrenches carried back."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Uniform, UnitVectors
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.drafting.mirror.steps import stored
from kernels.draw import Draw
from kernels.families.transform_math.frames import POSES, sizes


def build_dynamics(draw: Draw, draft: MirrorDraft) -> Case:
    """A joint's force by Newton and Euler's equations of its link, the wrench on the parent, or the accelerations alone."""
    i = draw.choice(("tid", "link", "joint"))
    draft.field("link_pose", "transform", "n", domain=POSES, names=("X_pl", "X_link", "joint_X"))
    revolute = draw.chance(0.6)
    draft.field("joint_axis", "vec3", "n", domain=UnitVectors(), names=("axis", "motion_axis"))
    draft.field("joint_qd", "float", "n", names=("qd", "joint_rate"))
    draft.field("parent", "int", "n", below="bodies", names=("parent_link", "link_parent"))
    draft.field("parent_v", "spatial_vector", "bodies", names=("body_v", "v_parent"))
    draft.thread("n", "link_pose", index=i, counts=("link_count", "num_links", "joint_count"))
    subspace = f"spatial_vector({f'joint_axis[{i}], vec3()' if revolute else f'vec3(), joint_axis[{i}]'})"
    draft.code(f"X = link_pose[{i}]\nX_inv = wp.transform_inverse(X)\np_id = parent[{i}]\nS = {subspace}\nv_j = S * joint_qd[{i}]")
    matrix = draft.width != "float32" or draw.chance(0.2)
    if matrix:
        draft.code("R = wp.quat_to_matrix(wp.transform_get_rotation(X_inv))")
        draft.code("A = wp.spatial_adjoint(R, wp.skew(wp.transform_get_translation(X_inv)) @ R)")
    carried = "A @ {}" if matrix else "wp.transform_twist(X_inv, {})"
    draft.code(f"v = {carried.format('parent_v[p_id]')} + v_j")
    way = draw.weighted(("force", "wrench", "acceleration", "coriolis"), (4, 3, 1, 1))
    if way in ("force", "acceleration") or draw.chance(0.6):
        draft.field("parent_a", "spatial_vector", "bodies", low=-2.0, high=2.0, names=("body_a", "a_parent"))
        draft.field("joint_qdd", "float", "n", names=("qdd", "joint_accel"))
        draft.code(f"a = {carried.format('parent_a[p_id]')} + S * joint_qdd[{i}] + wp.spatial_cross(v, v_j)")
    else:
        draft.code("a = wp.spatial_cross(v, v_j)")
    if way in ("acceleration", "coriolis"):
        for local, names in (("v", ("link_v", "v_out")), ("a", ("link_a", "a_out", "accel_out"))):
            out = draft.result(draft.name(*names), "spatial_vector", "n")
            draft.code(f"{out}[{i}] = {local}")
        return draft.finish(draw.choice(("link_accelerations", "forward_pass", "carry_motion")), ["n"], sizes(draw))
    _wrench(draw, draft, i)
    if way == "force":
        draft.code("tau = wp.spatial_dot(S, f)")
        if draw.chance(0.4):
            damping = draft.tune(draw.choice(("joint_damping", "viscous")), 0.05, 0.5)
            draft.code(f"tau = tau + {damping} * joint_qd[{i}]")
        stored(draft, "tau", "float", 30.0, i, ["n"], ("tau_out", "joint_force", "joint_tau"), share=0.4, total=0.3)
    back = "wp.transpose(A) @ f" if matrix else "wp.transform_wrench(X, f)"
    if way == "wrench" or draw.chance(0.75):
        out = draft.result(draft.name("parent_f", "body_f", "f_back"), "spatial_vector", "bodies", role="accumulate")
        draft.code(f"wp.atomic_add({out}, p_id, {back})")
    return draft.finish(draw.choice(("inverse_dynamics", "newton_euler", "backward_pass")), ["n"], sizes(draw))


def _wrench(draw: Draw, draft: MirrorDraft, i: str) -> None:
    """Names `f` the wrench that moves the link: its inertia is a matrix, or a mass with moments about the link's origin."""
    if draw.chance(0.5):
        draft.field("link_I", "mat66", "n", low=-0.5, high=1.0, names=("spatial_inertia", "I_link"))
        draft.code(f"I_s = link_I[{i}]")
    else:
        draft.field("mass", "float", "n", domain=Uniform(0.5, 2.0), names=("link_mass", "m"))
        draft.field("moments", "vec3", "n", domain=Uniform(0.3, 1.5), names=("inertia", "I_diag"))
        draft.code(f"m = mass[{i}]\nI_b = moments[{i}]\nI_s = wp.diag(spatial_vector(I_b[0], I_b[1], I_b[2], m, m, m))")
    draft.code("f = I_s @ a + wp.spatial_cross_dual(v, I_s @ v)")
    if draw.chance(0.4):
        draft.field("f_ext", "spatial_vector", "n", names=("external", "link_load"))
        draft.code(f"f = f - f_ext[{i}]")
