"""Linear classifiers, clusters and transport: losses with their subgradients, assignments, memberships, scalings, bids."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Uniform
from kernels.drafting.draft import Draft
from kernels.drafting.finish import drop_idle_locals, finish
from kernels.draw import Draw
from kernels.language.types import I32


def build_margin(draw: Draw, draft: Draft) -> Case:
    """Linear classifiers per sample: hinge, logistic and perceptron losses with their subgradients summed up, or dual coordinates."""
    d = draw.choice((2, 3, 4, 5))
    kind = draw.choice(("hinge", "squared_hinge", "logistic", "perceptron", "dual", "quantile"))
    i = draw.choice(("i", "tid", "sample"))
    draft.reserve(i, "j", "score", "y", "margin", "loss", "slope", "n", "a", "norm", "alpha", "active")
    features = draft.array(draft.name("features", "X"), draft.real, "n", d)
    labels = draft.array(draft.name("labels", "signs"), I32, "n", domain=Integers(0, 2))
    weights = draft.array(draft.name("weights", "w"), draft.real, d)
    with draft.threads((i, "n", features, 0)):
        draft.line(f"score = {draft.zero()}", f"for j in range({d}):", f"    score += {features}[{i}, j] * {weights}[j]")
        draft.numpy(f"score = {features} @ {weights}")
        if draw.chance(0.4):
            bias = draft.knob(draft.name("bias", "intercept"), -0.3, 0.3)
            draft.line(f"score = score + {bias.warp()}")
            draft.numpy(f"score = score + {bias.numpy()}")
        draft.line(f"y = {draft.real.spelling}(2 * {labels}[{i}] - 1)", "margin = y * score")
        draft.numpy(f"y = (2 * {labels} - 1).astype({draft.precision})", "margin = y * score")
        c = draft.knob(draft.name("C", "cost_of_error"), 0.4, 2.0).numpy()
        draft.formula(
            *{
                "hinge": ("loss = wp.max(1.0 - margin, 0.0)", f"slope = wp.where(margin < 1.0, -{c} * y, 0.0)"),
                "squared_hinge": ("loss = wp.max(1.0 - margin, 0.0)", f"slope = -2.0 * {c} * y * loss", "loss = loss * loss"),
                "logistic": ("loss = wp.log(1.0 + wp.exp(-margin))", f"slope = -{c} * y / (1.0 + wp.exp(margin))"),
                "perceptron": ("loss = wp.max(-margin, 0.0)", f"slope = wp.where(margin < 0.0, -{c} * y, 0.0)"),
                "dual": ("loss = 1.0 - margin", f"slope = {c} * y * loss"),
                "quantile": ("loss = wp.max(0.3 * (y - score), 0.7 * (score - y))", f"slope = {c} * wp.where(score > y, 0.7, -0.3)"),
            }[kind]
        )
        if kind == "dual":
            alphas = draft.array("alpha_in", draft.real, "n", low=0.0, high=1.0)
            draft.line(
                f"norm = {draft.number(0.1)} + {draft.zero()}" if draft.width == "float32" else f"norm = {draft.number(0.1)}",
                f"for j in range({d}):",
                f"    norm += {features}[{i}, j] * {features}[{i}, j]",
            )
            draft.numpy(f"norm = 0.1 + np.sum({features} * {features}, axis=1)")
            draft.line(f"alpha = {alphas}[{i}]")
            draft.numpy(f"alpha = {alphas}")
            draft.formula(f"active = wp.clamp(alpha + loss / norm, 0.0, {c})", "slope = y * (active - alpha)")
            draft.store(draft.output("alpha_out", draft.real, "n"), i, "active")
        out = draft.output(draft.name("gradient_out", "w_change"), draft.real, d, role="accumulate")
        draft.line(f"for j in range({d}):", f"    wp.atomic_add({out}, j, slope * {features}[{i}, j])")
        draft.numpy(f"{out} = slope @ {features}")
        finish(draft, draft.known("loss", draft.real, -4.0, 12.0), ("loss_out", "losses"), i, ("n",), share=0.5, total=0.4)
    drop_idle_locals(draft)
    return draft.case(draw.choice((f"{kind}_loss_step", f"{kind}_classifier", f"train_{kind}")), ["n"], [{"n": n} for n in draw.sizes(120)])


def build_assignment(draw: Draw, draft: Draft) -> Case:
    """Clusters and transport: nearest centers with sums by atomics, soft memberships, scaling of rows, prices of an auction."""
    kind = draw.choice(("kmeans", "soft", "sinkhorn", "auction"))
    k = draw.choice((2, 3, 4, 5))
    d = draw.choice((2, 3))
    i = draw.choice(("i", "tid", "row"))
    draft.reserve(i, "j", "c", "best", "which", "dist", "diff", "total", "w", "second", "value", "n", "bid", "costs", "members")
    if kind in ("kmeans", "soft"):
        points, centers = draft.array("points", draft.real, "n", d), draft.array("centers", draft.real, k, d)
        with draft.threads((i, "n", points, 0)):
            costs = f"np.sum(({points}[:, None] - {centers}) ** 2, axis=2)"
            draft.numpy(f"costs = {costs}")
            if kind == "kmeans":
                draft.line(f"best = {draft.real.spelling}(1.0e6)", "which = int(0)")
            else:
                beta = draft.knob(draft.name("beta", "stiffness_b"), 0.5, 2.0)
                draft.line(f"total = {draft.zero()}", f"value = {draft.zero()}")
            with draft.block(f"for c in range({k}):"):
                draft.line(
                    f"dist = {draft.zero()}",
                    f"for j in range({d}):",
                    f"    diff = {points}[{i}, j] - {centers}[c, j]",
                    "    dist += diff * diff",
                )
                if kind == "kmeans":
                    with draft.block("if dist < best:"):
                        draft.line("best = dist", "which = c")
                else:
                    draft.line(f"w = wp.exp(-{beta.warp()} * dist)", "total += w", "value += w * dist")
            if kind == "kmeans":
                draft.numpy("best, which = np.min(costs, axis=1), np.argmin(costs, axis=1)")
                draft.output("labels", I32, "n")
                draft.line(f"labels[{i}] = which")
                draft.numpy("labels = which.astype(np.int32)")
                if draw.chance(0.7):
                    sums, members = (
                        draft.output("center_sums", draft.real, k, d, role="accumulate"),
                        draft.output("members", I32, k, role="accumulate"),
                    )
                    draft.line(
                        f"wp.atomic_add({members}, which, 1)",
                        f"for j in range({d}):",
                        f"    wp.atomic_add({sums}, which, j, {points}[{i}, j])",
                    )
                    draft.numpy(
                        f"{sums} = np.zeros_like({sums})",
                        f"np.add.at({sums}, which, {points})",
                        f"{members} = np.bincount(which, minlength={k}).astype(np.int32)",
                    )
                finish(draft, draft.known("best", draft.real, 0.0, 12.0), ("inertia", "distance_sq"), i, ("n",), share=0.5)
            else:
                draft.numpy(f"w = np.exp(-{beta.numpy()} * costs)", "total, value = w.sum(axis=1), np.sum(w * costs, axis=1)")
                draft.both("value = value / total")
                if draw.chance(0.6):
                    out = draft.output("memberships", draft.real, "n", k)
                    with draft.block(f"for c in range({k}):"):
                        draft.line(
                            f"dist = {draft.zero()}",
                            f"for j in range({d}):",
                            f"    diff = {points}[{i}, j] - {centers}[c, j]",
                            "    dist += diff * diff",
                        )
                        draft.line(f"{out}[{i}, c] = wp.exp(-{beta.warp()} * dist) / total")
                    draft.numpy(f"{out} = w / total[:, None]")
                finish(draft, draft.known("value", draft.real, 0.0, 12.0), ("soft_inertia", "expected_cost"), i, ("n",), share=0.6)
        drop_idle_locals(draft)
        return draft.case(
            draw.choice((f"{kind}_assignment", "assign_clusters", f"{kind}_clusters")), ["n"], [{"n": n} for n in draw.sizes(100)]
        )
    costs = draft.array(draft.name("costs", "values_in"), draft.real, "n", k, low=0.0, high=1.5)
    side = draft.array(draft.name("prices", "v_in"), draft.real, k, domain=Uniform(0.2, 1.2))
    with draft.threads((i, "n", costs, 0)):
        if kind == "sinkhorn":
            epsilon = draft.knob(draft.name("epsilon", "regularization"), 0.4, 1.5)
            mass = draft.array(draft.name("mass", "a_in"), draft.real, "n", domain=Uniform(0.2, 1.0))
            log_domain = draw.chance(0.4)
            draft.line(f"total = {draft.zero()}")
            with draft.block(f"for j in range({k}):"):
                draft.line(
                    f"total += wp.exp(({side}[j] - {costs}[{i}, j]) / {epsilon.warp()})"
                    if log_domain
                    else f"total += wp.exp(-{costs}[{i}, j] / {epsilon.warp()}) * {side}[j]"
                )
            draft.numpy(
                f"total = np.sum(np.exp(({side} - {costs}) / {epsilon.numpy()}), axis=1)"
                if log_domain
                else f"total = np.exp(-{costs} / {epsilon.numpy()}) @ {side}"
            )
            draft.line(
                f"value = {epsilon.warp()} * (wp.log({mass}[{i}]) - wp.log(total))" if log_domain else f"value = {mass}[{i}] / total"
            )
            draft.numpy(f"value = {epsilon.numpy()} * (np.log({mass}) - np.log(total))" if log_domain else f"value = {mass} / total")
            if draw.chance(0.4):
                old = draft.array("previous", draft.real, "n")
                draft.line(f"value = {draft.number(0.5)} * (value + {old}[{i}])")
                draft.numpy(f"value = 0.5 * (value + {old})")
            finish(draft, draft.known("value", draft.real, -5.0, 9.0), ("u_out", "scaling"), i, ("n",), share=0.5)
        else:
            increment = draft.knob(draft.name("increment", "epsilon"), 0.05, 0.3)
            big = draft.real.spelling
            draft.line(f"best = {big}(-1.0e6)", f"second = {big}(-1.0e6)", "which = int(0)")
            with draft.block(f"for j in range({k}):"):
                draft.line(f"value = {costs}[{i}, j] - {side}[j]")
                with draft.block("if value > best:"):
                    draft.line("second = best", "best = value", "which = j")
                with draft.block("elif value > second:"):
                    draft.line("second = value")
            draft.line(f"bid = {side}[which] + best - second + {increment.warp()}")
            draft.numpy(
                f"values = {costs} - {side}",
                "order = np.sort(values, axis=1)",
                "which, best, second = np.argmax(values, axis=1), order[:, -1], order[:, -2]",
                f"bid = {side}[which] + best - second + {increment.numpy()}",
            )
            draft.output("chosen", I32, "n")
            draft.line(f"chosen[{i}] = which")
            draft.numpy("chosen = which.astype(np.int32)")
            finish(draft, draft.known("bid", draft.real, 0.0, 5.0), ("bids", "offers"), i, ("n",), share=0.6)
    drop_idle_locals(draft)
    return draft.case(draw.choice((f"{kind}_step", f"{kind}_rows", f"{kind}_update")), ["n"], [{"n": n} for n in draw.sizes(100)])
