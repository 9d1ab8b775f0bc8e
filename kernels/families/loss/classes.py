"""Losses over classes: cross entropy and its variants, distillation, margins between the right class and the others."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Uniform
from kernels.drafting.draft import Draft
from kernels.drafting.layout import loop
from kernels.drafting.rewriting import complement
from kernels.draw import Draw
from kernels.families.loss.rows import LAYOUTS, Rows, log_partition
from kernels.families.loss.totals import finish
from kernels.language.expression import Expression
from kernels.language.types import I32


def cross_entropy(draw: Draw) -> Case:
    """The negative log-probability of a label: smoothed, weighted by class, focal, ignored for some; with the logits' gradient."""
    draft = Draft(draw, smooth=True)
    real = draft.real
    rows = Rows(draft, static=draw.chance(0.4))
    logits = draft.array(draft.name("logits", "scores", "outputs"), real, *rows.shape, low=-3.0, high=3.0)
    labels = draft.name("labels", "targets", "class_ids")
    ignored = draw.chance(0.35)
    classes, low = rows.classes, -1 if ignored else 0
    draft.array(labels, I32, *rows.extents, domain=lambda s: Integers(low, classes if isinstance(classes, int) else s[classes]))
    loss, label, keep = draft.name("nll", "value", "ce"), draft.name("label", "y", "target"), draft.name("keep", "counted")
    with rows.threads(logits):
        if not rows.static:
            draft.extent(rows.stop, logits, rows.axis)
        draft.line(f"{label} = {labels}[{rows.here}]")
        draft.numpy(f"log_all = {logits} - np.log(np.exp({logits}).sum(axis={rows.axis}, keepdims=True))")
        if ignored:
            # A negative label counts for nothing; the first class stands in for it.
            draft.warp_formula(f"{keep} = wp.where({label} >= 0, 1.0, 0.0)")
            draft.line(f"{label} = wp.max({label}, 0)")
            draft.numpy(f"{keep} = ({labels} >= 0).astype({draft.precision})", f"picked = np.maximum({labels}, 0)")
            draft.known(keep, real, 0.0, 1.0)
        else:
            draft.numpy(f"picked = {labels}")
        lse = log_partition(draft, rows, f"{logits}[{rows.at()}]")
        draft.line(f"{loss} = {lse} - {logits}[{rows.at(label)}]")
        draft.numpy(f"{loss} = -np.take_along_axis(log_all, {rows.expanded('picked')}, axis={rows.axis}).squeeze({rows.axis})")
        value = draft.known(loss, real, 0.0, 12.0).name
        smoothing: Expression | None = None
        if draw.chance(0.35):
            smoothing = draft.knob(draft.name("smoothing", "label_smoothing"), 0.02, 0.3)
            value = _smoothed(draft, rows, logits, lse, value, smoothing)
        factors = [keep] if ignored else []
        value = _reweighed(draft, rows, label, value, factors)
        results = finish(draft, draft.known(value, real, 0.0, 40.0), rows.indices, rows.extents)
        if draw.chance(0.35):
            _logit_gradient(draft, rows, logits, label, lse, smoothing, keep if ignored else "", results)
        if rows.static and draw.chance(0.2):
            _hits(draft, rows, logits, label, results)
    draft.results(**results)
    name = draw.choice(("cross_entropy", "cross_entropy_loss", "softmax_cross_entropy", "nll_loss"))
    return draft.case(name, rows.extents, rows.sizes())


def _smoothed(draft: Draft, rows: Rows, logits: str, lse: str, value: str, smoothing: Expression) -> str:
    """Mixes in the mean over all classes' losses; returns the name of the smoothed loss."""
    total, name = draft.name("logit_sum", "sum_all", "uniform_sum"), draft.name("smoothed", "smooth_loss")
    rows.summed(draft.draw.choice(("sum_logits", "total_logit")), "", [f"{total} += {logits}[{rows.at()}]"], total)
    count = draft.number(float(rows.classes)) if isinstance(rows.classes, int) else draft.cast(rows.stop)
    share, rest = smoothing.numpy(), complement(smoothing)
    draft.line(f"{name} = {draft.warp(f'{rest} * {value} + {share}')} * ({lse} - {total} / {count})")
    draft.numpy(f"{name} = {rest} * {value} - {share} * np.mean(log_all, axis={rows.axis})")
    draft.known(name, draft.real, 0.0, 15.0)
    return name


def _reweighed(draft: Draft, rows: Rows, label: str, value: str, factors: list[str]) -> str:
    """Multiplies the loss by a weight of the class, by the focal factor, and by `factors`; returns the result's name."""
    draw = draft.draw
    warp, numpy = [value], [value]
    if draw.chance(0.3):
        weights = draft.array(draft.name("class_weight", "class_weights"), draft.real, rows.classes, low=0.2, high=2.0)
        warp.insert(0, f"{weights}[{label}]")
        numpy.insert(0, f"{weights}[picked]")
    if draw.chance(0.25):
        gamma, prob = draft.knob(draft.name("gamma", "focusing"), 1.0, 3.0).numpy(), draft.name("prob", "p_label")
        draft.formula(f"{prob} = wp.exp(-{value})")
        modulation = draft.name("modulation", "focal_factor")
        draft.formula(f"{modulation} = wp.pow(1.05 - {prob}, {gamma})")
        warp.insert(0, modulation)
        numpy.insert(0, modulation)
    warp, numpy = [*factors, *warp], [*factors, *numpy]
    if len(warp) == 1:
        return value
    name = draft.name("reweighed", "scaled_loss", "adjusted")
    draft.line(f"{name} = {' * '.join(warp)}")
    draft.numpy(f"{name} = {' * '.join(numpy)}")
    return name


def _logit_gradient(
    draft: Draft, rows: Rows, logits: str, label: str, lse: str, smoothing: Expression | None, keep: str, results: dict[str, str]
) -> None:
    """Writes the gradient of the plain or smoothed loss: probabilities less the target distribution."""
    draw = draft.draw
    grad = draft.output(draft.name("grad_logits", "d_logits"), draft.real, *rows.shape)
    p, g = draft.name("p", "prob_c"), draft.name("g", "d_logit")
    scale = draft.knob(draft.name("grad_scale", "loss_scale"), 0.1, 1.5).numpy() if draw.chance(0.4) else ""
    factor = "".join(f" * {name}" for name in (keep, scale) if name)
    with draft.block(f"for {rows.c} in range({rows.stop}):"):
        draft.line(f"{p} = wp.exp({logits}[{rows.at()}] - {lse})", f"{g} = {p}")
        share = "1.0"
        if smoothing is not None:
            share = complement(smoothing)
            count = draft.number(float(rows.classes)) if isinstance(rows.classes, int) else draft.cast(rows.stop)
            draft.line(f"{g} -= {draft.warp(smoothing.numpy())} / {count}")
        draft.line(f"if {rows.c} == {label}:")
        draft.warp_formula(f"    {g} -= {share}")
        draft.line(f"{grad}[{rows.at()}] = " + draft.warp(f"{g}{factor}"))
    numbers = rows.along(f"np.arange({logits}.shape[{rows.axis}])")
    draft.numpy(f"hot_all = ({numbers} == {rows.expanded('picked')}).astype({draft.precision})")
    target = "hot_all"
    if smoothing is not None:
        target = f"({complement(smoothing)} * hot_all + {smoothing.numpy()} / {draft.precision}({logits}.shape[{rows.axis}]))"
    kept = f" * {rows.expanded(keep)}" if keep else ""
    results[grad] = f"(np.exp(log_all) - {target}){kept}{f' * {scale}' if scale else ''}"
    draft.reserve("hot_all")


def _hits(draft: Draft, rows: Rows, logits: str, label: str, results: dict[str, str]) -> None:
    """Counts the rows whose largest logit is the label's."""
    hits = draft.output(draft.name("correct", "hits"), I32, 1, role="accumulate")
    best, top = draft.name("best", "guess"), draft.name("top_logit", "best_logit")
    inner = [f"if {logits}[{rows.at()}] > {top}:", f"    {top} = {logits}[{rows.at()}]", f"    {best} = {rows.c}"]
    draft.line(f"{best} = int(0)", f"{top} = {draft.cast('-1.0e30')}", *loop(rows.c, rows.stop, inner))
    draft.line(f"if {best} == {label}:", f"    wp.atomic_add({hits}, 0, 1)")
    draft.numpy(f"guess_all = np.argmax({logits}, axis={rows.axis})")
    draft.reserve("guess_all")
    results[hits] = "np.sum(guess_all == picked).reshape(1).astype(np.int32)"


def distillation(draw: Draw) -> Case:
    """Divergence of a student's distribution from a teacher's, or from given target probabilities."""
    draft = Draft(draw, smooth=True)
    real = draft.real
    rows = Rows(draft, static=draw.chance(0.4))
    student = draft.array(draft.name("student", "logits", "student_logits"), real, *rows.shape, low=-3.0, high=3.0)
    given = draw.chance(0.45)
    if given:
        teacher = draft.array(draft.name("soft_targets", "target_probs"), real, *rows.shape, domain=Uniform(0.02, 0.4))
    else:
        teacher = draft.array(draft.name("teacher", "teacher_logits"), real, *rows.shape, low=-3.0, high=3.0)
    reverse = not given and draw.chance(0.3)
    draft.reserve("log_q", "log_p", "q", "gap", "student_all", "teacher_all")
    with rows.threads(student):
        if not rows.static:
            draft.extent(rows.stop, student, rows.axis)
        knob = draft.knob(draft.name("temperature", "tau"), 1.0, 4.0).numpy() if draw.chance(0.7) else ""
        inverse = ""
        if knob:
            inverse = draft.name("inv_t", "inv_temperature")
            draft.formula(f"{inverse} = 1.0 / {knob}")
            draft.known(inverse, real, 0.25, 1.0)
        times = f" * {inverse}" if inverse else ""
        s_lse = log_partition(draft, rows, f"{student}[{rows.at()}]", inverse)
        draft.numpy(f"student_all = {student}{times}")
        draft.numpy(f"student_all = student_all - np.log(np.exp(student_all).sum(axis={rows.axis}, keepdims=True))")
        loss = draft.name("divergence", "kl", "value")
        if given:
            terms = [f"q = {teacher}[{rows.at()}]", f"log_p = {student}[{rows.at()}]{times} - {s_lse}"]
            entropy = draw.chance(0.5)
            terms.append(f"{loss} += q * (wp.log(q) - log_p)" if entropy else f"{loss} -= q * log_p")
            numpy = f"{teacher} * (np.log({teacher}) - student_all)" if entropy else f"-{teacher} * student_all"
        else:
            t_lse = _log_partition_of(draft, rows, teacher, times)
            draft.numpy(f"teacher_all = {teacher}{times}")
            draft.numpy(f"teacher_all = teacher_all - np.log(np.exp(teacher_all).sum(axis={rows.axis}, keepdims=True))")
            terms = [f"log_q = {teacher}[{rows.at()}]{times} - {t_lse}", f"log_p = {student}[{rows.at()}]{times} - {s_lse}"]
            terms.append(f"{loss} += wp.exp(log_p) * (log_p - log_q)" if reverse else f"{loss} += wp.exp(log_q) * (log_q - log_p)")
            pair = ("student_all", "teacher_all") if reverse else ("teacher_all", "student_all")
            numpy = f"np.exp({pair[0]}) * ({pair[0]} - {pair[1]})"
        rows.summed(draw.choice(("row_divergence", "kl_sum", "sum_terms")), "", terms, loss)
        draft.numpy(f"{loss} = np.sum({numpy}, axis={rows.axis})")
        value = loss
        if knob and draw.chance(0.6):
            value = draft.name("scaled_divergence", "tempered")
            draft.formula(f"{value} = {knob} * {knob} * {loss}")
        results = finish(draft, draft.known(value, real, -5.0, 90.0), rows.indices, rows.extents)
    draft.results(**results)
    name = "soft_cross_entropy" if given else "reverse_kl" if reverse else "distillation_loss"
    return draft.case(draw.choice((name, "kl_divergence", name)), rows.extents, rows.sizes())


def _log_partition_of(draft: Draft, rows: Rows, array: str, times: str) -> str:
    """The logarithm of the sum of exponentials of a second array, by one function."""
    lse, total = draft.name("teacher_lse", "t_norm"), draft.name("teacher_sum", "t_total")
    rows.summed(draft.draw.choice(("teacher_partition", "sum_exp_of")), "", [f"{total} += wp.exp({array}[{rows.at()}]{times})"], total)
    draft.line(f"{lse} = wp.log({total})")
    draft.known(lse, draft.real, -5.0, 10.0)
    return lse


def multi_margin(draw: Draw) -> Case:
    """Hinge losses of the right class's score against those of all others (Crammer and Singer's form, or the sum)."""
    draft = Draft(draw, smooth=True)
    real = draft.real
    rows = Rows(draft, static=draw.chance(0.45), layouts=LAYOUTS[:3])
    scores = draft.array(draft.name("scores", "logits"), real, *rows.shape, low=-2.0, high=2.0)
    classes = rows.classes
    labels = draft.name("labels", "targets")
    draft.array(labels, I32, *rows.extents, domain=lambda s: Integers(0, classes if isinstance(classes, int) else s[classes]))
    draft.reserve("label", "own", "slack", "slack_all", "own_all")
    kind = draw.choice(("sum", "squared", *(("largest",) if rows.static else ())))
    with rows.threads(scores):
        if not rows.static:
            draft.extent(rows.stop, scores, rows.axis)
        draft.line(f"label = {labels}[{rows.here}]", f"own = {scores}[{rows.at('label')}]")
        draft.known("own", real, -2.0, 2.0)
        margin = draft.knob(draft.name("margin", "gap"), 0.3, 1.5).numpy()
        loss = draft.name("loss_value", "violation", "value")
        slack = draft.warp(f"slack = wp.max({margin} + {scores}[{rows.at()}] - own, 0.0)")
        add = {"sum": f"{loss} += slack", "squared": f"{loss} += slack * slack", "largest": f"{loss} = wp.max({loss}, slack)"}[kind]
        rows.summed(draw.choice(("sum_violations", "margin_sum")), "", [f"if {rows.c} != label:", f"    {slack}", f"    {add}"], loss)
        own = f"np.take_along_axis({scores}, {rows.expanded(labels)}, axis={rows.axis})"
        draft.numpy(f"slack_all = np.maximum({margin} + {scores} - {own}, 0.0)")
        numbers = rows.along(f"np.arange({scores}.shape[{rows.axis}])")
        draft.numpy(f"slack_all = np.where({numbers} == {rows.expanded(labels)}, 0.0, slack_all)")
        squared = "slack_all * slack_all" if kind == "squared" else "slack_all"
        draft.numpy(f"{loss} = np.{'max' if kind == 'largest' else 'sum'}({squared}, axis={rows.axis})")
        results = finish(draft, draft.known(loss, real, 0.0, 90.0), rows.indices, rows.extents)
    draft.results(**results)
    return draft.case(draw.choice(("multi_class_hinge", "multi_margin_loss", "svm_loss")), rows.extents, rows.sizes())
