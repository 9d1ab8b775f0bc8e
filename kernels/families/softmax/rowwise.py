"""A whole softmax by one thread: normalized rows, and numbers that are made of a row's probabilities."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.draft import Draft
from kernels.drafting.epilogues import Site, epilogue
from kernels.drafting.layout import loop
from kernels.drafting.outlines import counter_as_real
from kernels.draw import Draw
from kernels.families.softmax.rows import Rows
from kernels.families.softmax.scores import BOUND, Scores
from kernels.language.types import I32
from kernels.source import indented


@dataclass(frozen=True)
class Statistics:
    """A row's largest score (empty where it is not subtracted) and its sum of exponentials, by name."""

    peak: str
    total: str

    def shifted(self, score: str) -> str:
        """The formula of a score less the row's largest."""
        return f"{score} - {self.peak}" if self.peak else score


def normalize(draw: Draw) -> Case:
    """Softmax or log-softmax of each row."""
    draft = Draft(draw, smooth=True)
    rows = Rows(draft, static=draw.chance(0.5))
    logarithm = draw.chance(0.35)
    scores = Scores(draft, rows, masks=not logarithm)
    kind = "log_softmax" if logarithm else "softmax"
    out = draft.name(*(("log_probs", "logp", "out") if logarithm else ("probabilities", "weights", "y", "out")))
    values: dict[str, str] = {}
    one_more = not logarithm and draw.chance(0.12)
    with rows.threads():
        scores.open()
        found = statistics(draft, rows, scores, one_more=one_more)
        rows.array(out, draft.real, output=True)
        if logarithm:
            _write_log_softmax(draft, rows, scores, found, out)
        else:
            _write_softmax(draft, rows, scores, found, out)
        values[out] = rows.back(out)
        if not scores.keep and not one_more:
            for extra in draw.subset(("lse", "peak", "total"), draw.weighted((0, 1, 2), (6, 3, 1))):
                _write_statistic(draft, rows, found, extra, values)
    draft.results(**values)
    title = draw.choice((kind, f"{kind}_rows", f"row_{kind}", f"{kind}_forward", f"stable_{kind}"))
    spelled = kind.replace("_", "-").capitalize()
    return rows.case(title, docstring=draw.choice(("", "", f"{spelled} along one axis, one thread per slice.")))


def statistics(draft: Draft, rows: Rows, scores: Scores, *, one_more: bool = False) -> Statistics:
    """The kernel's statistics of the row, in two loops, online, or without the maximum; the reference's `exps` and `total`.

    With `one_more`, a score of zero that is not there counts too, so that a row may attend to nothing.
    """
    draw = draft.draw
    score, j = scores.text, rows.counter
    peak = draft.name("row_max", "peak", "max_score", "m")
    total = draft.name("row_sum", "denom", "partition", "z")
    style = draw.weighted(("two", "online" if rows.static else "two", "plain"), (5, 2, 1.5))
    lowest = draft.zero() if one_more else draft.cast("-1.0e30")
    start = draft.cast("1.0") if one_more else draft.zero()
    remark = draw.chance(0.4)
    if style == "two":
        find = [f"{peak} = {lowest}", *loop(j, scores.stop, scores.kept([f"{peak} = wp.max({peak}, {score})"]))]
        if remark:
            draft.line("# Subtract the largest score, so that no exponential overflows.")
        rows.computed(draw.choice(("row_maximum", "find_max", "max_over_row")), find, peak)
        draft.known(peak, draft.real, -BOUND, BOUND)
        add = [f"{total} = {draft.zero()}", *loop(j, scores.stop, scores.kept([f"{total} += wp.exp({score} - {peak})"]))]
        rows.computed(draw.choice(("sum_exp", "exp_sum", "row_partition")), add, total)
        if one_more:
            draft.line(f"{total} += wp.exp(-{peak})")
    elif style == "online":
        draft.reserve("s", "larger")
        inner = [f"s = {score}"]
        if draw.chance(0.5):
            inner += [
                f"larger = wp.max({peak}, s)",
                f"{total} = {total} * wp.exp({peak} - larger) + wp.exp(s - larger)",
                f"{peak} = larger",
            ]
        else:
            inner += [f"if s > {peak}:", f"    {total} = {total} * wp.exp({peak} - s) + {draft.number(1.0)}", f"    {peak} = s"]
            inner += ["else:", f"    {total} += wp.exp(s - {peak})"]
        lines = [f"{peak} = {lowest}", f"{total} = {start}", *loop(j, scores.stop, scores.kept(inner))]
        if remark:
            draft.line("# Online: the maximum and the sum in one pass.")
        rows.computed(draw.choice(("online_statistics", "online_max_sum", "row_statistics")), lines, peak, total)
        draft.known(peak, draft.real, -BOUND, BOUND)
    else:
        peak = ""
        add = [f"{total} = {start}", *loop(j, scores.stop, scores.kept([f"{total} += wp.exp({score})"]))]
        rows.computed(draw.choice(("sum_exp", "exp_sum", "partition_of")), add, total)
    draft.numpy(
        f"exps = {scores.zeroed('np.exp(scores)')}", f"total = exps.sum(axis={rows.axis}, keepdims=True){' + 1.0' if one_more else ''}"
    )
    draft.known(total, draft.real, 0.0, 1e5)
    return Statistics(peak, total)


def _write_softmax(draft: Draft, rows: Rows, scores: Scores, found: Statistics, out: str) -> None:
    """The loop that writes probabilities, zero where an element does not count."""
    draw = draft.draw
    value = f"wp.exp({found.shifted(scores.text)})"
    if scores.keep:
        # A row may be empty: its sum is zero then, and so are its probabilities.
        inverse = draft.name("inv_sum", "inv_denom", "norm")
        if draw.chance(0.5):
            draft.line(f"{inverse} = {draft.zero()}", f"if {found.total} > {draft.number(0.0)}:")
            draft.line(f"    {inverse} = {draft.number(1.0)} / {found.total}")
        else:
            draft.warp_formula(f"{inverse} = wp.where({found.total} > 0.0, 1.0 / wp.max({found.total}, 1.0e-6), 0.0)")
        draft.known(inverse, draft.real, 0.0, 1e5)
        value = f"{value} * {inverse}"
        draft.numpy("probs = exps / np.where(total > 0.0, total, 1.0)")
        stored = [f"{out}[{rows.at()}] = {value}"]
        if draw.chance(0.5):
            inner = [f"{out}[{rows.at()}] = {draft.number(0.0)}", *scores.kept(stored)]
        else:
            inner = [f"if {scores.keep}:", *indented(stored), "else:", f"    {out}[{rows.at()}] = {draft.number(0.0)}"]
        draft.line(*loop(rows.counter, rows.stop, inner))
        draft.numpy(f"{out} = probs")
        return
    if draw.chance(0.4):
        inverse = draft.name("inv_sum", "inv_denom", "norm")
        draft.warp_formula(f"{inverse} = 1.0 / {found.total}")
        value = f"{value} * {inverse}"
    else:
        value = f"{value} / {found.total}"
    draft.numpy("probs = exps / total")
    if draw.chance(0.35):
        with draft.block(f"for {rows.counter} in range({rows.stop}):"):
            p = draft.name("p", "prob", "probability")
            draft.line(f"{p} = {value}")
            draft.numpy(f"{p} = probs")
            site = Site(rows.at(), rows.extents, rows.counter, rows.literal or rows.width, rows.along_numpy("{0}"), rows.whole("{0}"))
            final = epilogue(draft, draft.known(p, draft.real, 0.0, 1.0), site, most=2)
            draft.line(f"{out}[{rows.at()}] = {final.name}")
            draft.numpy(f"{out} = {final.name}")
    else:
        draft.line(*loop(rows.counter, rows.stop, [f"{out}[{rows.at()}] = {value}"]))
        draft.numpy(f"{out} = probs")


def _write_log_softmax(draft: Draft, rows: Rows, scores: Scores, found: Statistics, out: str) -> None:
    """The loop that writes log-probabilities."""
    draw = draft.draw
    if draw.chance(0.6):
        level = draft.name("log_norm", "log_sum", "log_z")
        draft.line(f"{level} = {f'{found.peak} + ' if found.peak else ''}wp.log({found.total})")
        value = f"{scores.text} - {level}"
    else:
        value = f"{found.shifted(scores.text)} - wp.log({found.total})"
    draft.line(*loop(rows.counter, rows.stop, [f"{out}[{rows.at()}] = {value}"]))
    draft.numpy(f"{out} = scores - np.log(total)")


def _write_statistic(draft: Draft, rows: Rows, found: Statistics, extra: str, values: dict[str, str]) -> None:
    """Stores one of the row's statistics, for a backward pass or a caller that merges."""
    axis = rows.axis
    if extra == "lse":
        out = draft.name("lse", "logsumexp", "log_norms")
        text, numpy = f"{f'{found.peak} + ' if found.peak else ''}wp.log({found.total})", f"np.log(total).squeeze({axis})"
        draft.output(out, draft.real, *rows.extents_of)
    elif extra == "peak" and found.peak:
        out = draft.name("maxima", "max_out", "row_maxima")
        text, numpy = found.peak, f"np.max(scores, axis={axis})"
    else:
        out = draft.name("sums", "denominators", "row_sums")
        text, numpy = (
            found.total,
            f"(total{f' / np.exp(np.max(scores, axis={axis}, keepdims=True))' if found.peak else ''}).squeeze({axis})",
        )
    if extra != "lse":
        # Warp's adjoint cannot follow a maximum through a dynamic loop; what is saved for later launches carries no gradient.
        draft.output(out, draft.real, *rows.extents_of, differentiable=rows.static or not found.peak)
    draft.line(f"{out}[{rows.here}] = {text}")
    values[out] = numpy


REDUCTIONS = ("lse", "lse", "entropy", "perplexity", "position", "smooth_max", "collision", "expected", "label", "label", "top")


def reduce(draw: Draw) -> Case:
    """One number per row: log-sum-exp, entropy, expected position, expected value, log-probability of a label, and the like."""
    draft = Draft(draw, smooth=True)
    rows = Rows(draft, static=draw.chance(0.45))
    scores = Scores(draft, rows, masks=False)
    # A maximum over a dynamic loop has no right gradient of its own.
    kind = draw.choice(REDUCTIONS if rows.static else REDUCTIONS[:-1])
    out = draft.output(draft.name("out", "result", f"{kind}_out"), draft.real, *rows.extents_of)
    labels = rows_labels(draft, rows) if kind == "label" else ""
    with rows.threads():
        scores.open()
        found = statistics(draft, rows, scores)
        name = {"lse": "lse", "label": "log_prob", "top": "top_prob"}.get(kind, kind)
        name = draft.name(name, f"row_{name}", f"{name}_value")
        _REDUCED[kind if kind in _REDUCED else "moment"](draft, rows, scores, found, name, kind, labels)
        site = Site(rows.here, rows.extents_of)
        final = epilogue(draft, draft.known(name, draft.real, -30.0, 30.0), site, most=2)
        draft.line(f"{out}[{rows.here}] = {final.name}")
        draft.results(**{out: final.name})
    titles = {
        "lse": ("logsumexp", "log_partition", "free_energy"),
        "label": ("label_log_prob", "gather_log_prob"),
        "position": ("soft_argmax",),
    }
    return rows.case(draw.choice(titles.get(kind, (f"softmax_{kind}", f"{kind}_of_rows"))))


def rows_labels(draft: Draft, rows: Rows) -> str:
    """An array with the number of one element of each row."""
    width = rows.literal or rows.width
    return draft.array(
        draft.name("labels", "targets", "classes_of", "actions"),
        I32,
        *rows.extents_of,
        domain=lambda sizes: Integers(0, width if isinstance(width, int) else sizes[width]),
    )


def _lse(draft: Draft, rows: Rows, scores: Scores, found: Statistics, name: str, kind: str, labels: str) -> None:
    peak = f"{found.peak} + " if found.peak else ""
    draft.line(f"{name} = {peak}wp.log({found.total})")
    draft.numpy(f"{name} = np.log(total).squeeze({rows.axis})")


def _top(draft: Draft, rows: Rows, scores: Scores, found: Statistics, name: str, kind: str, labels: str) -> None:
    if found.peak:
        draft.warp_formula(f"{name} = 1.0 / {found.total}")
        draft.numpy(f"{name} = np.max(exps / total, axis={rows.axis})")
    else:
        _lse(draft, rows, scores, found, name, kind, labels)


def _label(draft: Draft, rows: Rows, scores: Scores, found: Statistics, name: str, kind: str, labels: str) -> None:
    label = draft.name("label", "target", "y")
    draft.line(f"{label} = {labels}[{rows.here}]")
    chosen = re.sub(rf"\b{rows.counter}\b", label, scores.text)
    draft.line(f"{name} = {found.shifted(chosen)} - wp.log({found.total})")
    index = rows.row_numpy(labels)
    draft.numpy(f"{name} = np.take_along_axis(scores - np.log(total), {index}, axis={rows.axis}).squeeze({rows.axis})")


def _moment(draft: Draft, rows: Rows, scores: Scores, found: Statistics, name: str, kind: str, labels: str) -> None:
    """A sum over the row that its probabilities weigh."""
    draw, j, axis = draft.draw, rows.counter, rows.axis
    p = draft.name("p", "prob", "q")
    weight = f"wp.exp({found.shifted(scores.text)})"
    before: list[str] = []
    if kind == "position":
        term, numpy = counter_as_real(draft, j), f"{rows.numbers()}.astype(scores.dtype)"
    elif kind == "smooth_max":
        term, numpy = scores.factor, "scores"
    elif kind == "collision":
        term, numpy = "", ""
    elif kind == "expected":
        if draw.chance(0.5):
            values = draft.array(draft.name("values", "support", "bin_centers"), draft.real, rows.literal or rows.width)
            term, numpy = f"{values}[{j}]", rows.along_numpy(values)
        else:
            values = rows.array(draft.name("values", "rewards", "q_values"), draft.real)
            term, numpy = f"{values}[{rows.at()}]", rows.whole(values)
    else:
        term, numpy = f"wp.log({p})", "np.log(probs)"
    draft.numpy("probs = exps / total")
    result = name if kind != "perplexity" else draft.name("entropy", "row_entropy")
    if kind in ("entropy", "perplexity", "collision") or draw.chance(0.3):
        before = [f"{p} = {weight} / {found.total}"]
        add = f"{p} * {p}" if kind == "collision" else f"{p} * {term}"
        sign = "-=" if kind in ("entropy", "perplexity") else "+="
        lines = [f"{result} = {draft.zero()}", *loop(j, rows.stop, [*before, f"{result} {sign} {add}"])]
        rows.computed(draw.choice((f"row_{result}", f"sum_{kind}", f"accumulate_{kind}")), lines, result)
    else:
        moment = draft.name("weighted", "moment", "accum")
        lines = [f"{moment} = {draft.zero()}", *loop(j, rows.stop, [f"{moment} += {weight} * {term}"])]
        rows.computed(draw.choice((f"sum_{kind}", f"accumulate_{kind}", "weighted_sum")), lines, moment)
        draft.line(f"{result} = {moment} / {found.total}")
    product = "probs * probs" if kind == "collision" else f"probs * {numpy}"
    draft.numpy(f"{result} = {'-' if kind in ('entropy', 'perplexity') else ''}np.sum({product}, axis={axis})")
    if kind == "perplexity":
        draft.formula(f"{name} = wp.exp({result})")


_REDUCED = {"lse": _lse, "top": _top, "label": _label, "moment": _moment}
