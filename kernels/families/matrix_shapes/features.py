"""Features of points and small layers: polynomial and spherical harmonic bases, fits, moments, networks of a few neurons."""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.drafting.mirror.steps import stored
from kernels.draw import Draw
from kernels.families.matrix_shapes.results import kept_matrix, kept_vector, sizes

BASES = {
    6: ("p: vec2", "x = p[0]\ny = p[1]\nreturn vec6(1.0, x, y, x * x, x * y, y * y)"),
    10: (
        "p: vec3",
        "x = p[0]\ny = p[1]\nz = p[2]\nreturn vec10(1.0, x, y, z, x * x, y * y, z * z, x * y, y * z, z * x)",
    ),
    5: ("p: vec2", "r = wp.length(p)\nreturn vec5(1.0, p[0], p[1], r, r * r)"),
    9: (
        "p: vec3",
        """
        n = wp.normalize(p)
        x = n[0]
        y = n[1]
        z = n[2]
        first = 0.315 * (3.0 * z * z - 1.0)
        last = 0.546 * (x * x - y * y)
        return vec9(0.282, 0.489 * y, 0.489 * z, 0.489 * x, 1.093 * x * y, 1.093 * y * z, first, 1.093 * x * z, last)
        """,
    ),
}


def build_features(draw: Draw, draft: MirrorDraft) -> Case:
    """Polynomial and spherical harmonic features of points: values of a fit, colors, moments summed over neighbours."""
    i = draw.choice(("tid", "i", "point"))
    size = draw.choice(tuple(BASES))
    head, body = BASES[size]
    type = head.split(": ")[1]
    draft.field("points", type, "n", low=0.3, high=1.5, names=("x", "directions", "samples"))
    draft.define("features", head, body, f"vec{size}", "Basis functions at a point." if draw.chance(0.5) else "")
    way = draw.choice(("fit", "colors", "moments")) if size < 10 else "fit"
    if way == "fit":
        own = draw.chance(0.5)
        draft.field("coefficients", f"vec{size}", "n" if own else 1, names=("coeffs", "theta"))
        draft.thread("n", "points", index=i, counts=("num_points", "count"))
        draft.code(f"phi = features(points[{i}])\nvalue = wp.dot(coefficients[{i if own else 0}], phi)")
        stored(draft, "value", "float", 20.0, i, ["n"], ("value_out", "fitted"))
    elif way == "colors":
        own = draw.chance(0.5)
        draft.field("coefficients", f"mat3{size}", "n" if own else 1, names=("sh_coeffs", "weights"))
        draft.thread("n", "points", index=i, counts=("num_points", "count"))
        draft.code(f"phi = features(points[{i}])\ncolor = coefficients[{i if own else 0}] @ phi")
        if draw.chance(0.4):
            draft.code("color = vec3(wp.max(color[0], 0.0), wp.max(color[1], 0.0), wp.max(color[2], 0.0))")
        stored(draft, "color", "vec3", 20.0, i, ["n"], ("color_out", "radiance"))
    else:
        count = draw.integer(2, 4)
        draft.field("neighbours", "int", "n", count, below="n", names=("stencil", "neighbor_ids"))
        draft.field("values", "float", "n", names=("data", "heights"))
        draft.thread("n", "points", index=i, counts=("num_points", "count"))
        draft.code(f"""
            M = wp.identity(n={size}, dtype=float) * 0.5
            rhs = vec{size}()
            for k in range({count}):
                j = neighbours[{i}, k]
                phi = features(points[j])
                M = M + wp.outer(phi, phi)
                rhs = rhs + phi * values[j]
            """)
        if draw.chance(0.5):
            kept_matrix(draft, "M", size, size, 30.0, i, ("moment_out", "normal_matrix"))
        else:
            draft.code("residual = M @ rhs - rhs")
            kept_vector(draft, "residual", size, 90.0, i, ("residual_out", "rhs_out"))
    return draft.finish(f"{draw.choice(('polynomial', 'basis', 'feature'))}_{way}", ["n"], sizes(draw, 90))


def build_layer(draw: Draw, draft: MirrorDraft) -> Case:
    """Small layers of networks: matrices of weights on feature vectors, activations by component, residuals, softmax."""
    i = draw.choice(("tid", "i", "agent"))
    inputs, hidden = draw.choice(((4, 8), (5, 7), (6, 5), (3, 6), (8, 4), (2, 9)))
    outputs = draw.choice((2, 3, 5))
    draft.field("x", f"vec{inputs}", "n", names=("features", "obs", "inputs"))
    shared = draw.chance(0.6)
    where = 1 if shared else "n"
    at = "0" if shared else i
    draft.field("w1", f"mat{hidden}{inputs}", where, low=-0.5, high=0.5, names=("weight_1", "W_in"))
    draft.field("b1", f"vec{hidden}", where, low=-0.3, high=0.3, names=("bias_1",))
    draft.thread("n", "x", index=i, counts=("num_agents", "batch"))
    draft.code(f"h = w1[{at}] @ x[{i}] + b1[{at}]")
    act = draw.choice(
        ("wp.tanh(h[k])", "1.0 / (1.0 + wp.exp(-h[k]))", "wp.max(h[k], 0.1 * h[k])", "wp.sin(h[k])", "h[k] / (1.0 + wp.abs(h[k]))")
    )
    draft.code(f"a = vec{hidden}()\nfor k in range({hidden}):\n    a[k] = {act}")
    way = draw.choice(("hidden", "output", "softmax", "gated"))
    if way == "hidden":
        kept_vector(draft, "a", hidden, 2.0, i, ("hidden_out", "activations"))
    elif way == "gated":
        draft.code("gated = wp.cw_mul(a, h)")
        kept_vector(draft, "gated", hidden, 3.0, i, ("gated_out", "hidden_out"))
    else:
        draft.field("w2", f"mat{outputs}{hidden}", where, low=-0.5, high=0.5, names=("weight_2", "W_out"))
        draft.code(f"y = w2[{at}] @ a")
        if way == "softmax":
            draft.code(f"""
                top = wp.max(y)
                p = vec{outputs}()
                total = float(0.0)
                for k in range({outputs}):
                    p[k] = wp.exp(y[k] - top)
                    total += p[k]
                p = p / total
                """)
            kept_vector(draft, "p", outputs, 1.0, i, ("probs", "policy_out"))
        else:
            kept_vector(draft, "y", outputs, 5.0, i, ("y_out", "actions"))
    return draft.finish(f"{way}_{draw.choice(('layer', 'network', 'mlp'))}", ["n"], sizes(draw))
