"""Dynamics and estimation: spatial inertia of 6x6, Jacobians of contacts, Delassus matrices, Kalman filters, articulated bodies."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Uniform, UnitVectors
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.drafting.mirror.steps import stored
from kernels.draw import Draw
from kernels.families.matrix_shapes.factors import factored
from kernels.families.matrix_shapes.results import kept_matrix, kept_vector, sizes


def build_inertia(draw: Draw, draft: MirrorDraft) -> Case:
    """Spatial inertia about a point: built by blocks or entries, summed, reduced by a joint's axis, applied to motions."""
    i = draw.choice(("tid", "body", "i"))
    draft.field("mass", "float", "n", domain=Uniform(0.5, 2.0), names=("body_mass",))
    draft.field("com", "vec3", "n", low=-0.5, high=0.5, names=("body_com", "center"))
    draft.field("rotational", "mat33", "n", low=0.0, high=0.5, names=("I_com", "body_inertia"))
    draft.field("motion", "vec6", "n", names=("body_v", "twist"))
    draft.thread("n", "mass", index=i, counts=("num_bodies", "body_count"))
    draft.code(f"m = mass[{i}]\nc = com[{i}]\nhat = wp.skew(c)")
    draft.code(f"A = rotational[{i}]\ninertia_about = 0.5 * (A + wp.transpose(A)) + wp.identity(n=3, dtype=float) - (hat @ hat) * m")
    if draft.width == "float64" and draw.chance(0.25):
        factored(draft, "eig3", "inertia_about")
        draft.code(f"w = wp.transpose(Q) @ motion[{i}][0:3]\nkinetic = 0.5 * wp.dot(wp.cw_mul(d, w), w)")
        stored(draft, "kinetic", "float", 40.0, i, ["n"], ("energy_out", "kinetic_out"), total=0.5)
        return draft.finish("principal_inertia", ["n"], sizes(draw))
    if draw.chance(0.5):
        draft.code("""
            I_s = mat66()
            for r in range(3):
                for s in range(3):
                    I_s[r, s] = inertia_about[r, s]
                    I_s[r, s + 3] = m * hat[r, s]
                    I_s[r + 3, s] = -m * hat[r, s]
                I_s[r + 3, r + 3] = m
            """)
    else:
        draft.code("""
            I_s = mat66()
            I_s[0:3, 0:3] = inertia_about
            I_s[0:3, 3:6] = hat * m
            I_s[3:6, 0:3] = hat * (-m)
            I_s[3:6, 3:6] = wp.identity(n=3, dtype=float) * m
            """)
    way = draw.choice(("momentum", "energy", "reduce", "matrix", "bias"))
    draft.code(f"v = motion[{i}]")
    if way == "momentum":
        draft.code("h = I_s @ v")
        kept_vector(draft, "h", 6, 8.0, i, ("momentum_out", "h_out"))
    elif way == "energy":
        draft.code("kinetic = 0.5 * wp.dot(v, I_s @ v)")
        stored(draft, "kinetic", "float", 40.0, i, ["n"], ("energy_out", "kinetic_out"), total=0.5)
    elif way == "reduce":
        draft.field("joint_S", "vec6", "n", domain=UnitVectors(), names=("axis", "motion_subspace"))
        draft.code(f"S = joint_S[{i}]\nU = I_s @ S\nD = wp.dot(S, U) + 0.5\nI_a = I_s - wp.outer(U, U) / D")
        if draw.chance(0.5):
            draft.code("I_a = 0.5 * (I_a + wp.transpose(I_a))")
        kept_matrix(draft, "I_a", 6, 6, 8.0, i, ("articulated_out", "I_a_out"))
    elif way == "bias":
        draft.code("""
            h = I_s @ v
            w = v[0:3]
            lin = v[3:6]
            n = h[0:3]
            f = h[3:6]
            top = wp.cross(w, n) + wp.cross(lin, f)
            bottom = wp.cross(w, f)
            bias = vec6(top[0], top[1], top[2], bottom[0], bottom[1], bottom[2])
            """)
        kept_vector(draft, "bias", 6, 30.0, i, ("bias_out", "gyroscopic"))
    else:
        kept_matrix(draft, "I_s", 6, 6, 3.0, i, ("inertia_out", "I_s_out"))
    return draft.finish(f"spatial_{way}", ["n"], sizes(draw))


def build_contact(draw: Draw, draft: MirrorDraft) -> Case:
    """Contact Jacobians of 3x6 between bodies: relative velocity, inverse effective mass of 3x3, impulses, forces on bodies."""
    c = draw.choice(("tid", "contact", "c"))
    draft.field("contact_body", "int", "n", below="nodes", names=("body_a", "geom_body"))
    draft.field("contact_r", "vec3", "n", names=("r_world", "arm"))
    draft.field("contact_frame", "mat33", "n", names=("frame", "basis"))
    draft.field("body_v", "vec6", "nodes", names=("cvel", "twist"))
    draft.field("inv_inertia", "vec6", "nodes", domain=Uniform(0.2, 1.0), names=("body_invweight", "inv_m"))
    draft.thread("n", "contact_body", index=c, counts=("num_contacts", "ncon"))
    draft.code(f"b = contact_body[{c}]\nr = contact_r[{c}]\nframe_c = contact_frame[{c}]")
    draft.code(
        draw.choice(
            (
                """
                hat = wp.skew(r)
                J = mat36()
                for a in range(3):
                    for k in range(3):
                        J[a, k] = -hat[a, k]
                    J[a, a + 3] = 1.0
                J = frame_c @ J
                """,
                """
                J = mat36()
                for a in range(3):
                    n = frame_c[a]
                    m = wp.cross(r, n)
                    J[a] = vec6(m[0], m[1], m[2], n[0], n[1], n[2])
                """,
                """
                n = frame_c[0]
                t1 = frame_c[1]
                t2 = frame_c[2]
                m0 = wp.cross(r, n)
                m1 = wp.cross(r, t1)
                m2 = wp.cross(r, t2)
                J = wp.matrix_from_rows(
                    vec6(m0[0], m0[1], m0[2], n[0], n[1], n[2]),
                    vec6(m1[0], m1[1], m1[2], t1[0], t1[1], t1[2]),
                    vec6(m2[0], m2[1], m2[2], t2[0], t2[1], t2[2]),
                )
                """,
            )
        )
    )
    draft.code("rel = J @ body_v[b]")
    way = draw.choice(("velocity", "mass", "impulse", "force"))
    if way == "velocity":
        stored(draft, "rel", "vec3", 12.0, c, ["n"], ("rel_vel", "contact_vel"))
        return draft.finish("contact_velocity", ["n"], sizes(draw))
    draft.code(
        draw.choice(
            ("W = wp.diag(inv_inertia[b])\nG = J @ W @ wp.transpose(J)", "JW = J @ wp.diag(inv_inertia[b])\nG = JW @ wp.transpose(J)")
        )
    )
    draft.code(f"G = G + wp.identity(n=3, dtype=float) * {draw.real(0.3, 1.0)}")
    if way == "mass":
        kept_matrix(draft, "G", 3, 3, 20.0, c, ("delassus", "G_out"))
        return draft.finish("delassus_blocks", ["n"], sizes(draw))
    draft.code(
        draw.choice(
            (
                "impulse = wp.inverse(G) @ (-rel)",
                "impulse = -(wp.inverse(G) @ rel)",
                "d = wp.get_diag(G)\nimpulse = vec3(-rel[0] / d[0], -rel[1] / d[1], -rel[2] / d[2])",
            )
        )
    )
    if draw.chance(0.4):
        mu = draft.tune(draw.choice(("mu", "friction")), 0.2, 0.9)
        draft.code(f"""
            slip = wp.sqrt(impulse[1] * impulse[1] + impulse[2] * impulse[2] + 0.0001)
            room = {mu} * wp.abs(impulse[0]) / slip
            factor = wp.min(1.0, room)
            impulse = vec3(impulse[0], impulse[1] * factor, impulse[2] * factor)
            """)
    if way == "impulse":
        stored(draft, "impulse", "vec3", 30.0, c, ["n"], ("impulse_out", "lambda_out"), share=0.3)
    else:
        draft.code("wrench = wp.transpose(J) @ impulse")
        out = draft.result("body_wrench", "vec6", "nodes", role="accumulate", names=("qfrc", "body_f"))
        draft.code(f"wp.atomic_{draw.choice(('add', 'sub'))}({out}, b, wrench)")
    return draft.finish(f"contact_{way}", ["n"], sizes(draw))


def build_filter(draw: Draw, draft: MirrorDraft) -> Case:
    """Kalman filters: prediction and update of states of four or six numbers by measurements of two."""
    i = draw.choice(("tid", "track", "i"))
    size = draw.choice((4, 4, 4, 6))
    half = size // 2
    draft.field("state", f"vec{size}", "n", names=("x_in", "mean"))
    draft.field("covariance", f"mat{size}{size}", "n", low=-0.2, high=0.2, names=("P_in", "cov"))
    draft.field("measured", f"vec{half}", "n", names=("z_in", "observation"))
    draft.thread("n", "state", index=i, counts=("num_tracks", "n_filters"))
    dt = draft.tune(draw.choice(("dt", "sample_time")), 0.05, 0.3)
    q, r = draft.tune(draw.choice(("process_noise", "q_var")), 0.05, 0.3), draft.tune(draw.choice(("sensor_noise", "r_var")), 0.4, 1.0)
    draft.code(f"F = wp.identity(n={size}, dtype=float)\nfor k in range({half}):\n    F[k, k + {half}] = {dt}")
    draft.code(f"P = covariance[{i}]\nP = P @ wp.transpose(P) + wp.identity(n={size}, dtype=float)")
    draft.code(f"x = F @ state[{i}]\nP = F @ P @ wp.transpose(F) + wp.identity(n={size}, dtype=float) * {q}")
    if draw.chance(0.5):
        draft.code(f"H = mat{half}{size}()\nfor k in range({half}):\n    H[k, k] = 1.0")
        draft.code(f"""
            S = H @ P @ wp.transpose(H) + wp.identity(n={half}, dtype=float) * {r}
            K = P @ wp.transpose(H) @ wp.inverse(S)
            innovation = measured[{i}] - H @ x
            """)
    else:
        draft.code(f"""
            S = P[0:{half}, 0:{half}] + wp.identity(n={half}, dtype=float) * {r}
            K = P[:, 0:{half}] @ wp.inverse(S)
            innovation = measured[{i}] - x[0:{half}]
            """)
    draft.code("x_new = x + K @ innovation")
    kept_vector(draft, "x_new", size, 5.0, i, ("state_out", "x_out", "mean_out"))
    way = draw.choice(("none", "covariance", "distance"))
    if way == "covariance":
        draft.code("P_new = P - K @ S @ wp.transpose(K)")
        out = draft.result("covariance_out", f"mat{size}{size}", "n", names=("P_out",))
        draft.code(f"{out}[{i}] = P_new")
    elif way == "distance":
        draft.code("gate = wp.dot(innovation, wp.inverse(S) @ innovation)")
        stored(draft, "gate", "float", 10.0, i, ["n"], ("gate_out", "mahalanobis"), share=0.4)
    return draft.finish(draw.choice(("kalman_update", "track_filter", "filter_step")), ["n"], sizes(draw, 90))
