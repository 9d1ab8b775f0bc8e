"""The loss of a detector's anchor: focal classification, overlap of boxes for matched anchors, and objectness, summed apart."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Uniform
from kernels.drafting.draft import Draft
from kernels.drafting.layout import loop
from kernels.drafting.rewriting import complement
from kernels.draw import Draw
from kernels.language.expression import Expression
from kernels.language.types import I32


def detection(draw: Draw) -> Case:
    """One thread per anchor; unmatched anchors are background, ignored ones leave early."""
    draft = Draft(draw, smooth=True)
    real = draft.real
    i, c = draw.choice((("i", "c"), ("anchor", "k")))
    classes = draw.choice((2, 3, 4))
    draft.reserve(i, c, "n", "label", "goal", "logit", "prob", "p_t", "alpha_t", "class_loss", "box_loss", "total", "matched", "weight")
    draft.reserve("size", "hot_all", "keep_all", "sums", "giou_all", "giou")
    logits = draft.array(draft.name("class_logits", "cls_pred"), real, "n", classes, low=-2.0, high=2.0)
    boxes = draft.array(draft.name("boxes", "box_pred"), real, "n", 4, domain=Uniform(0.1, 1.0))
    targets = draft.array(draft.name("target_boxes", "matched_boxes"), real, "n", 4, domain=Uniform(0.1, 1.0))
    labels = draft.array(draft.name("labels", "assigned_class"), I32, "n", domain=Integers(-2, classes))
    smooth_l1 = draw.chance(0.4)
    if not smooth_l1:
        _overlap_function(draft)
    with draft.threads((i, "n", logits, 0)):
        draft.line(
            f"label = {labels}[{i}]", "# Anchors between foreground and background count for nothing.", "if label == -2:", "    return"
        )
        draft.numpy(f"keep_all = {labels} != -2")
        alpha, gamma = draft.knob("alpha", 0.2, 0.8), draft.knob("gamma", 1.0, 2.5).numpy()
        _classification(draft, i, c, classes, logits, labels, alpha, gamma)
        draft.line(f"box_loss = {draft.zero()}", "if label >= 0:")
        if smooth_l1:
            beta = draft.knob("beta", 0.2, 0.8).numpy()
            draft.reserve("d", "gap")
            inner = [f"gap = {boxes}[{i}, d] - {targets}[{i}, d]", "size = wp.abs(gap)"]
            inner.append(draft.warp(f"box_loss += wp.where(size < {beta}, 0.5 * gap * gap / {beta}, size - 0.5 * {beta})"))
            draft.line(*(f"    {line}" for line in loop("d", "4", inner)))
            draft.numpy(f"gap = {boxes} - {targets}", "size = np.abs(gap)")
            draft.numpy(f"box_loss = np.where(size < {beta}, 0.5 * gap * gap / {beta}, size - 0.5 * {beta}).sum(axis=1)")
        else:
            parts = [f"{array}[{i}, {k}]" for array in (boxes, targets) for k in range(4)]
            draft.line(f"    giou = box_giou({', '.join(parts)})", f"    box_loss = {draft.number(1.0)} - giou")
            draft.numpy(f"box_loss = 1.0 - box_giou({boxes}, {targets})")
        draft.numpy(f"box_loss = np.where({labels} >= 0, box_loss, 0.0)")
        results = _sums(draw, draft, i, labels)
    draft.results(**results)
    sizes = [{"n": n} for n in draw.sizes(90)]
    said = draw.choice(("", "Focal loss of the class scores, overlap of the boxes that are matched."))
    return draft.case(draw.choice(("detection_loss", "anchor_loss", "dense_detection_loss")), ("n",), sizes, docstring=said)


def _classification(draft: Draft, i: str, c: str, classes: int, logits: str, labels: str, alpha: Expression, gamma: str) -> None:
    """The focal loss (Lin et al., 2017) over all classes, each a binary decision."""
    own, rest = alpha.numpy(), complement(alpha)
    draft.line(f"class_loss = {draft.zero()}")
    with draft.block(f"for {c} in range({classes}):"):
        draft.line(f"logit = {logits}[{i}, {c}]")
        draft.warp_formula("prob = 1.0 / (1.0 + wp.exp(-logit))", f"goal = wp.where({c} == label, 1.0, 0.0)")
        draft.warp_formula("p_t = goal * prob + (1.0 - goal) * (1.0 - prob)", f"alpha_t = goal * {own} + (1.0 - goal) * {rest}")
        draft.warp_formula(f"class_loss -= alpha_t * wp.pow(1.0 - p_t, {gamma}) * wp.log(p_t)")
    draft.numpy(f"hot_all = np.arange({classes}) == {labels}[:, None]", f"prob = 1.0 / (1.0 + np.exp(-{logits}))")
    draft.numpy("p_t = np.where(hot_all, prob, 1.0 - prob)", f"alpha_t = np.where(hot_all, {own}, {rest})")
    draft.numpy(f"class_loss = -np.sum(alpha_t * (1.0 - p_t) ** {gamma} * np.log(p_t), axis=1)")


def _overlap_function(draft: Draft) -> None:
    """Generalized intersection over union (Rezatofighi et al., 2019) of two boxes, given as lower corner and size."""
    real = draft.real.spelling
    parameters = ", ".join(f"{name}_{box}: {real}" for box in "ab" for name in ("x", "y", "w", "h"))
    zero = draft.number(0.0)
    body = [
        f"inter_w = wp.max(wp.min(x_a + w_a, x_b + w_b) - wp.max(x_a, x_b), {zero})",
        f"inter_h = wp.max(wp.min(y_a + h_a, y_b + h_b) - wp.max(y_a, y_b), {zero})",
        "inter = inter_w * inter_h",
        "union = w_a * h_a + w_b * h_b - inter",
        "hull_w = wp.max(x_a + w_a, x_b + w_b) - wp.min(x_a, x_b)",
        "hull_h = wp.max(y_a + h_a, y_b + h_b) - wp.min(y_a, y_b)",
        "hull = hull_w * hull_h",
        "return inter / union - (hull - union) / hull",
    ]
    head = f"def box_giou({parameters}) -> {real}:"
    if len(head) > 100:
        head = "\n".join(["def box_giou(", *(f"    {p}," for p in parameters.split(", ")), f") -> {real}:"])
    draft.definitions.append(["@wp.func", *head.split("\n"), *(f"    {line}" for line in body)])
    draft.reference_function(
        "box_giou",
        ["a", "b"],
        [
            "low, high = a[:, :2], a[:, :2] + a[:, 2:]",
            "low_b, high_b = b[:, :2], b[:, :2] + b[:, 2:]",
            "inter = np.prod(np.maximum(np.minimum(high, high_b) - np.maximum(low, low_b), 0.0), axis=1)",
            "union = np.prod(a[:, 2:], axis=1) + np.prod(b[:, 2:], axis=1) - inter",
            "hull = np.prod(np.maximum(high, high_b) - np.minimum(low, low_b), axis=1)",
            "return inter / union - (hull - union) / hull",
        ],
    )


def _sums(draw: Draw, draft: Draft, i: str, labels: str) -> dict[str, str]:
    """Adds the losses of an anchor to sums of their own or to one; counts the matched anchors now and then."""
    results: dict[str, str] = {}
    weight = draft.knob(draft.name("box_weight", "reg_weight"), 0.3, 2.0).numpy()
    if draw.chance(0.5):
        for name, text in (("class_sum", "class_loss"), ("box_sum", f"{weight} * box_loss")):
            out = draft.output(name, draft.real, 1, role="accumulate")
            draft.line(f"wp.atomic_add({out}, 0, {draft.warp(text)})")
            results[out] = f"np.sum(np.where(keep_all, {text}, 0.0)).reshape(1)"
    else:
        draft.formula(f"total = class_loss + {weight} * box_loss")
        out = draft.output(draft.name("loss", "total_loss"), draft.real, 1, role="accumulate")
        draft.line(f"wp.atomic_add({out}, 0, total)")
        results[out] = "np.sum(np.where(keep_all, total, 0.0)).reshape(1)"
    if draw.chance(0.5):
        count = draft.output(draft.name("num_matched", "positives"), I32, 1, role="accumulate")
        draft.line("if label >= 0:", f"    wp.atomic_add({count}, 0, 1)")
        results[count] = f"np.sum({labels} >= 0).reshape(1).astype(np.int32)"
    return results
