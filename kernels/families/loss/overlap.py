"""Losses of overlap: soft Dice, Tversky and Jaccard of masks, and intersection over union of boxes."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Bernoulli, Uniform
from kernels.drafting.arguments import Extent
from kernels.drafting.draft import Draft
from kernels.drafting.layout import loop
from kernels.drafting.outlines import outlined
from kernels.draw import Draw
from kernels.families.loss.totals import finish
from kernels.language.types import I32

_RATIOS = {
    "dice": ("2.0 * inter + {s}", "pred_sum + target_sum + {s}"),
    "jaccard": ("inter + {s}", "pred_sum + target_sum - inter + {s}"),
    "tversky": ("inter + {s}", "inter + {a} * (pred_sum - inter) + {b} * (target_sum - inter) + {s}"),
    "squared_dice": ("2.0 * inter + {s}", "pred_sum + target_sum + {s}"),
}


def mask_overlap(draw: Draw) -> Case:
    """Overlap of predicted and true masks: one thread per sample (or class) that sums pixels; or the sums alone, by atomics."""
    draft = Draft(draw, smooth=True)
    real = draft.real
    kind = draw.choice(tuple(_RATIOS))
    lead, extents = draw.choice(((("i",), ("n",)), (("b", "c"), ("batch", "classes")), (("sample",), ("batch",))))
    plane = draw.chance(0.3) and len(lead) == 1
    inner = ("y", "x") if plane else (draw.choice(("q", "j", "pixel")),)
    sizes_of = ("height", "width") if plane else ("pixels",)
    logits = draw.chance(0.35)
    draft.reserve(*lead, *extents, *inner, *sizes_of, "inter", "pred_sum", "target_sum", "p", "t", "p_all", "t_all")
    draft.reserve("numerator", "denominator")
    shape: tuple[Extent, ...] = (*extents, *sizes_of)
    low, high = (-3.0, 3.0) if logits else (0.05, 0.95)
    pred = draft.array(draft.name("pred", "probs", "logits" if logits else "masks"), real, *shape, low=low, high=high)
    binary = draw.chance(0.5)
    target = draft.name("target", "truth", "labels")
    draft.array(target, I32 if binary else real, *shape, domain=Bernoulli(0.4) if binary else Uniform(0.0, 1.0))
    at = ", ".join((*lead, *inner))
    loads = [draft.warp(f"p = 1.0 / (1.0 + wp.exp(-{pred}[{at}]))" if logits else f"p = {pred}[{at}]")]
    loads.append(f"t = {draft.cast(f'{target}[{at}]') if binary else f'{target}[{at}]'}")
    draft.numpy(f"p_all = 1.0 / (1.0 + np.exp(-{pred}))" if logits else f"p_all = {pred}")
    draft.numpy(f"t_all = {target}.astype({draft.precision})" if binary else f"t_all = {target}")
    squared = kind == "squared_dice"
    names = ("inter", "pred_sum", "target_sum")
    terms = ("p * t", "p * p" if squared else "p", "t * t" if squared else "t")
    axes = tuple(range(len(lead), len(shape)))
    numpy = ("p_all * t_all", "p_all * p_all" if squared else "p_all", "t_all * t_all" if squared else "t_all")
    for name, text in zip(names, numpy, strict=True):
        draft.numpy(f"{name} = np.sum({text}, axis={axes})")
    values = {"n": (1, 5, 11), "batch": (1, 3, 5), "classes": (1, 2, 4), "pixels": (1, 7, 19), "height": (1, 3, 5), "width": (1, 4, 6)}
    sizes = [{name: row[step] for name, row in values.items()} for step in range(3)]
    if draw.chance(0.3):
        draft.line(f"{at} = wp.tid()", *loads)
        results: dict[str, str] = {}
        for name, term in zip(names, terms, strict=True):
            out = draft.output(f"{name}_out", real, *extents, role="accumulate")
            draft.line(f"wp.atomic_add({out}, {', '.join(lead)}, {term})")
            results[out] = name
        draft.results(**results)
        return draft.case(draw.choice(("overlap_sums", "accumulate_overlap", f"{kind}_statistics")), shape, sizes)
    with draft.threads(*((i, n, pred, a) for a, (i, n) in enumerate(zip(lead, extents, strict=True)))):
        for a, extent in enumerate(sizes_of):
            draft.extent(extent, pred, len(lead) + a)
        body = [*loads, *(f"{name} += {term}" for name, term in zip(names, terms, strict=True))]
        for counter, extent in reversed(list(zip(inner, sizes_of, strict=True))):
            body = loop(counter, extent, body)
        body = [*(f"{name} = {draft.zero()}" for name in names), *body]
        outlined(draft, draw.choice(("overlap", "mask_sums", "sum_pixels")), body, [(name, real) for name in names])
        for name in names:
            draft.known(name, real, 0.0, 40.0)
        smooth = draft.knob(draft.name("smooth", "eps"), 0.2, 1.5).numpy()
        parts = {"s": smooth}
        if kind == "tversky":
            parts |= {k: draft.knob(draft.name(name), 0.2, 0.8).numpy() for k, name in (("a", "alpha"), ("b", "beta"))}
        numerator, denominator = (part.format(**parts) for part in _RATIOS[kind])
        draft.formula(f"numerator = {numerator}", f"denominator = {denominator}")
        loss = draft.name("value", "loss_value", "overlap_loss")
        form = draw.choice(("1.0 - numerator / denominator", "1.0 - numerator / denominator", "-wp.log(numerator / denominator)"))
        draft.formula(f"{loss} = {form}")
        value = draft.known(loss, real, -0.5, 5.0)
        if "log" not in form and draw.chance(0.25):
            # The focal form: hard samples count more.
            gamma, name = draft.knob(draft.name("gamma", "focus"), 0.6, 2.0).numpy(), draft.name("focal_loss", "sharpened")
            draft.formula(f"{name} = wp.pow({loss} + 0.05, {gamma})")
            value = draft.known(name, real, 0.0, 9.0)
        results = finish(draft, value, lead, extents)
    draft.results(**results)
    return draft.case(draw.choice((f"{kind}_loss", f"soft_{kind}", f"{kind}_per_sample")), extents, sizes)


def box_overlap(draw: Draw) -> Case:
    """Intersection over union of pairs of boxes, with the penalties of its generalizations (GIoU, DIoU, CIoU)."""
    draft = Draft(draw, smooth=True)
    real = draft.real
    kind = draw.choice(("iou", "giou", "diou", "ciou", "giou", "diou"))
    matrix = kind == "iou" and draw.chance(0.5)
    corners = draw.chance(0.55)
    i, j = draw.choice((("i", "j"), ("box", "other"), ("a", "b")))
    draft.reserve(i, j, "n", "m", *(f"{e}{k}" for e in ("x1", "y1", "x2", "y2") for k in ("_p", "_t")))
    draft.reserve(*(f"{p}{k}" for p in ("area", "width", "height") for k in ("_p", "_t", "_i")))
    draft.reserve("union", "iou", "hull", "w_hull", "h_hull", "inter")
    pred = draft.name("pred_boxes", "boxes_a", "boxes")
    target = draft.name("target_boxes", "boxes_b", "truth_boxes")
    for name, count in ((pred, "n"), (target, "m" if matrix else "n")):
        # Corners from a lower left and an upper right quadrant, or centres with sizes: no box is empty.
        draft.array(name, real, count, 4, low=0.1, high=1.0)
    draft.line(f"{i}, {j} = wp.tid()" if matrix else f"{i} = wp.tid()")
    if draw.chance(0.35):
        draft.count("n")
        draft.line(f"if {i} >= n:", "    return")
    _corners(draft, pred, i, "_p", "[:, None]" if matrix else "", corners=corners)
    _corners(draft, target, j if matrix else i, "_t", "[None, :]" if matrix else "", corners=corners)
    draft.formula("area_p = (x2_p - x1_p) * (y2_p - y1_p)", "area_t = (x2_t - x1_t) * (y2_t - y1_t)")
    draft.formula("width_i = wp.max(wp.min(x2_p, x2_t) - wp.max(x1_p, x1_t), 0.0)")
    draft.formula("height_i = wp.max(wp.min(y2_p, y2_t) - wp.max(y1_p, y1_t), 0.0)")
    draft.formula("inter = width_i * height_i", "union = area_p + area_t - inter", "iou = inter / union")
    value = "iou"
    if kind != "iou":
        draft.formula("w_hull = wp.max(x2_p, x2_t) - wp.min(x1_p, x1_t)", "h_hull = wp.max(y2_p, y2_t) - wp.min(y1_p, y1_t)")
        penalty = _penalty(draft, kind)
        value = draft.name("loss_value", "value")
        draft.formula(f"{value} = 1.0 - iou + {penalty}")
    elif draw.chance(0.5):
        value = draft.name("loss_value", "value")
        draft.formula(f"{value} = " + draw.choice(("1.0 - iou", "-wp.log(iou + 0.05)", "1.0 - iou * iou")))
    indices, extents = ((i, j), ("n", "m")) if matrix else ((i,), ("n",))
    results = finish(draft, draft.known(value, real, -0.5, 4.0), indices, extents)
    draft.results(**results)
    sizes = [{"n": n, "m": m} for n, m in ((1, 1), (7, 5), (13, 11))]
    return draft.case(draw.choice((f"{kind}_loss", f"box_{kind}", f"pairwise_{kind}" if matrix else f"{kind}_boxes")), extents, sizes)


def _corners(draft: Draft, boxes: str, index: str, suffix: str, spread: str, *, corners: bool) -> None:
    """Names a box's corners: stored as lower and upper ends (whose lengths are given), or as centre and size."""
    for axis, name in enumerate(("x", "y")):
        first, second = f"{boxes}[{index}, {axis}]", f"{boxes}[{index}, {axis + 2}]"
        low, high = f"{name}1{suffix}", f"{name}2{suffix}"
        a, b = f"{boxes}[:, {axis}]{spread}", f"{boxes}[:, {axis + 2}]{spread}"
        if corners:
            draft.line(f"{low} = {first}", f"{high} = {first} + {second}")
            draft.numpy(f"{low}, {high} = {a}, {a} + {b}")
        else:
            half = draft.number(0.5)
            draft.line(f"{low} = {first} - {half} * {second}", f"{high} = {first} + {half} * {second}")
            draft.numpy(f"{low}, {high} = {a} - 0.5 * {b}, {a} + 0.5 * {b}")


def _penalty(draft: Draft, kind: str) -> str:
    """Writes the penalty of a generalized overlap (Rezatofighi et al., 2019; Zheng et al., 2020); returns its formula."""
    if kind == "giou":
        draft.formula("hull = w_hull * h_hull")
        return "(hull - union) / hull"
    draft.reserve("diagonal", "dx", "dy", "center_sq", "angle_p", "angle_t", "aspect", "trade")
    draft.formula("diagonal = w_hull * w_hull + h_hull * h_hull")
    draft.formula("dx = 0.5 * (x1_p + x2_p - x1_t - x2_t)", "dy = 0.5 * (y1_p + y2_p - y1_t - y2_t)")
    draft.formula("center_sq = dx * dx + dy * dy")
    if kind == "diou":
        return "center_sq / diagonal"
    for box in ("p", "t"):
        draft.line(f"angle_{box} = wp.atan((x2_{box} - x1_{box}) / (y2_{box} - y1_{box}))")
        draft.numpy(f"angle_{box} = np.arctan((x2_{box} - x1_{box}) / (y2_{box} - y1_{box}))")
    draft.formula("aspect = 0.40528473 * (angle_t - angle_p) * (angle_t - angle_p)")
    draft.formula("trade = aspect / (1.0 - iou + aspect + 0.001)")
    return "center_sq / diagonal + trade * aspect"
