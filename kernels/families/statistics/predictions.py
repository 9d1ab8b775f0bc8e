"""Predictions and their quality: confusion matrices, calibration, losses, splits of trees, resampling."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Bernoulli, Integers
from kernels.drafting.arguments import grids
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.language.expression import Expression
from kernels.language.interval import Interval
from kernels.language.types import I32


def confusion(draw: Draw) -> Case:
    """Counts of outcomes: confusion matrices, hits by class or threshold, calibration bins, agreement tables, contingency with weights."""
    draft = Draft(draw)
    classes = draw.integer(2, 6)
    kind = draw.choice(("matrix", "binary", "calibration", "topk", "matrix"))
    i = draft.name("i", "sample", "tid")
    name = draw.choice(("confusion_matrix", "count_outcomes", f"{kind}_counts", "evaluate_predictions"))
    draft.reserve(name, "truth", "guess", "bin", "rank", "hit", "p")
    with_weight = draw.chance(0.35) and kind not in ("topk", "calibration")
    truth = draft.array(
        draft.name("labels", "truth_in", "targets"), I32, "n", domain=Integers(0, 2 if kind in ("binary", "calibration") else classes)
    )
    weight = draft.array("weights", draft.real, "n", low=0.2) if with_weight else ""
    amount, numpy_amount = (f"{weight}[{i}]", weight) if weight else ("1", "1")
    kind_type = draft.real if weight else I32
    zeros = f"{weight}.dtype" if weight else "np.int32"
    with draft.threads((i, "n", truth, 0)):
        draft.line(f"truth = {truth}[{i}]")
        draft.numpy(f"truth = {truth}")
        kept = ""
        if draw.chance(0.3):
            mask = draft.array("evaluated", I32, "n", domain=Bernoulli(0.8))
            draft.line(f"if {mask}[{i}] == 0:", "    return")
            kept = f"[{mask} == 1]"
        numpy_amount = f"{numpy_amount}{kept}" if weight else "1"
        if kind == "matrix":
            guess = draft.array(draft.name("predictions", "guesses"), I32, "n", domain=Integers(0, classes))
            out = draft.output(draft.name("confusion", "table"), kind_type, classes, classes, role="accumulate")
            draft.line(
                f"guess = {guess}[{i}]", draw.choice((f"wp.atomic_add({out}, truth, guess, {amount})", f"{out}[truth, guess] += {amount}"))
            )
            draft.numpy(
                f"guess = {guess}",
                f"{out} = np.zeros(({classes}, {classes}), {zeros})",
                f"np.add.at({out}, (truth{kept}, guess{kept}), {numpy_amount})",
            )
            if draw.chance(0.4):
                draft.output("errors", I32, 1, role="accumulate")
                draft.line("if truth != guess:", "    wp.atomic_add(errors, 0, 1)")
                draft.numpy(f"errors = np.array([(truth != guess){kept}.sum()], np.int32)")
        elif kind == "topk":
            k = draw.integer(1, 3)
            scores = draft.array("scores", draft.real, "n", classes)
            draft.line("rank = int(0)")
            with draft.block(f"for c in range({classes}):"):
                draft.line(f"if {scores}[{i}, c] > {scores}[{i}, truth]:", "    rank += 1")
            draft.numpy(f"own = {scores}[np.arange(len(truth)), truth]", f"rank = ({scores} > own[:, None]).sum(axis=1).astype(np.int32)")
            draft.output("hits", I32, 1, role="accumulate")
            draft.line(f"if rank < {k}:", "    wp.atomic_add(hits, 0, 1)")
            draft.numpy(f"hits = np.array([(rank < {k}){kept}.sum()], np.int32)")
        else:
            probability = draft.array("probability", draft.real, "n", low=0.02, high=0.98)
            draft.line(f"p = {probability}[{i}]")
            draft.numpy(f"p = {probability}")
            if kind == "binary":
                threshold = draft.knob("threshold", 0.3, 0.7)
                out = draft.output("outcomes", kind_type, 2, 2, role="accumulate")
                draft.line(f"guess = wp.where(p > {threshold.warp()}, 1, 0)", f"wp.atomic_add({out}, truth, guess, {amount})")
                draft.numpy(
                    f"guess = (p > {threshold.numpy()}).astype(np.int32)",
                    f"{out} = np.zeros((2, 2), {zeros})",
                    f"np.add.at({out}, (truth{kept}, guess{kept}), {numpy_amount})",
                )
            else:
                bins = draw.choice((5, 8, 10))
                draft.line(f"bin = wp.min(int(p * {draft.number(float(bins))}), {bins - 1})")
                draft.numpy(f"bin = np.minimum((p * {float(bins)}).astype(np.int32), {bins - 1})")
                draft.output("bin_hits", I32, bins, role="accumulate")
                draft.output("bin_total", I32, bins, role="accumulate")
                draft.output("bin_confidence", draft.real, bins, role="accumulate")
                draft.line(
                    "wp.atomic_add(bin_total, bin, 1)", "wp.atomic_add(bin_hits, bin, truth)", "wp.atomic_add(bin_confidence, bin, p)"
                )
                draft.numpy(
                    f"bin_total = np.bincount(bin{kept}, minlength={bins}).astype(np.int32)", f"bin_hits = np.zeros({bins}, np.int32)"
                )
                draft.numpy(f"np.add.at(bin_hits, bin{kept}, truth{kept})", f"bin_confidence = np.zeros({bins}, {probability}.dtype)")
                draft.numpy(f"np.add.at(bin_confidence, bin{kept}, p{kept})")
    return draft.case(name, ["n"], grids(draw, ["n"]))


def loss(draw: Draw) -> Case:
    """Losses and scores of predictions: logistic, squared, hinge, Huber, quantile, Poisson, Brier, cross-entropy over a few classes."""
    draft = Draft(draw, smooth=True)
    kind = draw.choice(("logistic", "squared", "hinge", "huber", "quantile", "poisson", "brier", "cross_entropy", "gradient", "elastic"))
    i = draft.name("i", "sample", "tid")
    name = draw.choice((f"{kind}_loss", f"{kind}_terms", "sample_losses", "training_loss"))
    draft.reserve(name, "z", "y", "loss", "total", "top", "margin", "residual", "p", "w")
    if kind == "cross_entropy":
        classes = draw.integer(2, 5)
        logits = draft.array("logits", draft.real, "n", classes)
        label = draft.array("labels", I32, "n", domain=Integers(0, classes))
        with draft.threads((i, "n", logits, 0)):
            draft.line(f"total = {draft.zero()}")
            stable = draw.chance(0.5)
            if stable:
                draft.line(f"top = {logits}[{i}, 0]")
                with draft.block(f"for c in range(1, {classes}):"):
                    draft.line(f"top = wp.max(top, {logits}[{i}, c])")
            with draft.block(f"for c in range({classes}):"):
                draft.line(f"total += wp.exp({logits}[{i}, c]{' - top' if stable else ''})")
            draft.line(f"loss = wp.log(total){' + top' if stable else ''} - {logits}[{i}, {label}[{i}]]")
            draft.numpy(f"loss = np.log(np.exp({logits}).sum(axis=1)) - {logits}[np.arange(len({label})), {label}]")
            _reported(draft, i, "loss", 0.0, 4.0)
        return draft.case(name, ["n"], grids(draw, ["n"]))
    prediction = draft.array(draft.name("predictions", "scores", "logits"), draft.real, "n", low=-2.0, high=2.0)
    whole = kind in ("logistic", "hinge", "brier", "gradient")
    label = draft.array("labels", I32, "n", domain=Bernoulli(0.5)) if whole else ""
    target = "" if whole else draft.array(draft.name("targets", "observed", "y_true"), draft.real, "n", low=-1.0)
    with draft.threads((i, "n", prediction, 0)):
        draft.line(f"z = {prediction}[{i}]")
        draft.numpy(f"z = {prediction}")
        draft.known("z", draft.real, -2.0, 2.0)
        if label:
            signed = kind in ("hinge", "logistic")
            text = f"{draft.number(2.0)} * {draft.cast(f'{label}[{i}]')} - {draft.number(1.0)}" if signed else draft.cast(f"{label}[{i}]")
            draft.line(f"y = {text}")
            draft.numpy(f"y = {f'2.0 * {label}.astype({draft.precision}) - 1.0' if signed else f'{label}.astype({draft.precision})'}")
            draft.known("y", draft.real, -1.0, 1.0)
        else:
            draft.line(f"y = {target}[{i}]")
            draft.numpy(f"y = {target}")
            draft.known("y", draft.real, -1.0, 1.0)
        delta = draft.knob("delta", 0.3, 0.9) if kind in ("huber", "quantile", "elastic") else None
        if kind == "huber" and delta is not None:
            draft.let("residual", "z - y")
            d, dn = delta.warp(), delta.numpy()
            half = draft.number(0.5)
            draft.line(f"loss = wp.where(wp.abs(residual) < {d}, {half} * residual * residual, {d} * (wp.abs(residual) - {half} * {d}))")
            draft.numpy(f"loss = np.where(np.abs(residual) < {dn}, 0.5 * residual * residual, {dn} * (np.abs(residual) - 0.5 * {dn}))")
        elif kind == "gradient":
            draft.let("p", "1.0 / (1.0 + exp(-z))")
            draft.let("loss", draw.choice(("(p - y) * p * (1.0 - p)", "p - y")))
        else:
            text = {
                "logistic": "log(1.0 + exp(-y * z))",
                "squared": "0.5 * (z - y) * (z - y)",
                "hinge": draw.choice(("max(1.0 - y * z, 0.0)", "max(1.0 - y * z, 0.0) * max(1.0 - y * z, 0.0)")),
                "quantile": "max(delta * (y - z), (delta - 1.0) * (y - z))",
                "poisson": "exp(z) - y * z",
                "brier": "(1.0 / (1.0 + exp(-z)) - y) * (1.0 / (1.0 + exp(-z)) - y)",
                "elastic": "(z - y) * (z - y) + delta * abs(z)",
            }[kind]
            draft.formula(f"loss = {_spelled(text, delta.numpy() if delta is not None else '')}")
        _reported(draft, i, "loss", -2.0, 11.0)
    return draft.case(name, ["n"], grids(draw, ["n"]))


def _spelled(text: str, delta: str) -> str:
    """A loss in Warp's spelling of formulas."""
    for word in ("log", "exp", "max", "abs"):
        text = text.replace(f"{word}(", f"wp.{word}(")
    return text.replace("delta", delta) if delta else text


def _reported(draft: Draft, i: str, value: str, low: float, high: float) -> None:
    """A sample's value stored, added to a total, or to that of its fold, with a weight now and then."""
    draw = draft.draw
    result: Expression = draft.known(value, draft.real, low, high)
    if draw.chance(0.5):
        weight = draft.array(draft.name("sample_weight", "importance"), draft.real, "n", low=0.2)
        result = draft.fused(
            "weighted", draft.real, [result, draft.load("w_i", weight, i, 0.2, 1.0)], smooth=True, domain=Interval(-200.0, 200.0)
        )
    kind = draw.choice(("store", "store", "total", "fold"))
    if kind == "store":
        draft.store(draft.output(draft.name("losses", "out"), draft.real, "n"), i, result.warp())
        return
    cells, at, there = 1, "0", f"np.zeros({value}.shape, np.int32)"
    if kind == "fold":
        cells = 4
        fold = draft.array("fold", I32, "n", domain=Integers(0, cells))
        at, there = f"{fold}[{i}]", fold
    draft.output("total_loss", draft.real, cells, role="accumulate")
    draft.line(f"wp.atomic_add(total_loss, {at}, {result.warp()})")
    draft.numpy(f"total_loss = np.zeros({cells}, {value}.dtype)", f"np.add.at(total_loss, {there}, {result.numpy()})")
