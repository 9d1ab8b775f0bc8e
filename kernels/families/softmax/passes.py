"""Softmax in several launches: the passes that find a row's statistics, that merge those of chunks, and that apply them."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Uniform
from kernels.drafting.arguments import grids
from kernels.drafting.draft import Draft
from kernels.drafting.epilogues import Site, epilogue
from kernels.drafting.layout import loop
from kernels.drafting.outlines import extreme_lines, outlined
from kernels.draw import Draw
from kernels.families.softmax.rows import Rows
from kernels.families.softmax.scores import Scores


def apply_statistics(draw: Draw) -> Case:
    """The last pass, one thread per element: probabilities from given maxima and sums, or log-sum-exps."""
    draft = Draft(draw, smooth=True)
    rows = Rows(draft, static=False)
    scores = Scores(draft, rows, masks=draw.chance(0.5))
    given = draw.choice(("max_and_sum", "lse", "inverse"))
    peak = draft.name("row_max", "maxima", "m")
    total = draft.name("row_sum", "denominators", "inv_sum" if given == "inverse" else "z")
    draft.array(peak, draft.real, *rows.extents_of, domain=Uniform(-0.5, 2.5))
    if given != "lse":
        draft.array(total, draft.real, *rows.extents_of, domain=Uniform(0.1, 0.9) if given == "inverse" else Uniform(1.0, 6.0))
    out = draft.name("probabilities", "out", "weights")
    threads = (*rows.indices[: rows.axis], rows.counter, *rows.indices[rows.axis :])
    extents = (*rows.extents_of[: rows.axis], rows.width, *rows.extents_of[rows.axis :])
    if rows.kind == "flat":
        draft.line(f"{', '.join(threads)} = wp.tid()")
        draft.count(rows.width)
        if draw.chance(0.5):
            draft.line(f"if {rows.counter} >= {rows.width}:", "    return")
        _apply(draft, rows, scores, given, peak, total, out)
    else:
        with draft.threads(*((i, n, rows.first, a) for a, (i, n) in enumerate(zip(threads, extents, strict=True)))):
            _apply(draft, rows, scores, given, peak, total, out)
    title = draw.choice(("apply_softmax", "normalize_scores", "softmax_write", "softmax_normalize_pass"))
    return draft.case(title, extents, grids(draw, [*rows.extents_of, rows.width]))


def _apply(draft: Draft, rows: Rows, scores: Scores, given: str, peak: str, total: str, out: str) -> None:
    scores.open()
    rows.array(out, draft.real, output=True)
    if scores.keep:
        draft.line(f"if not ({scores.keep}):", f"    {out}[{rows.at()}] = {draft.number(0.0)}", "    return")
    name = draft.name("p", "prob", "value")
    shifted, numpy = f"wp.exp({scores.text} - {peak}[{rows.here}])", f"np.exp(scores - {rows.row_numpy(peak)})"
    ending, numpy_ending = {
        "lse": ("", ""),
        "inverse": (f" * {total}[{rows.here}]", f" * {rows.row_numpy(total)}"),
        "max_and_sum": (f" / {total}[{rows.here}]", f" / {rows.row_numpy(total)}"),
    }[given]
    draft.line(f"{name} = {shifted}{ending}")
    draft.numpy(f"{name} = {numpy}{numpy_ending}")
    site = Site(rows.at(), rows.extents, rows.counter, rows.width, rows.along_numpy("{0}"), rows.whole("{0}"))
    final = epilogue(draft, draft.known(name, draft.real, 0.0, 50.0), site)
    draft.line(f"{out}[{rows.at()}] = {final.name}")
    draft.results(**{out: rows.back(scores.zeroed(final.name))})


def row_pass(draw: Draw) -> Case:
    """A first pass, one thread per row: its sum of exponentials from its given maximum, or (where the row is static) its maximum."""
    draft = Draft(draw, smooth=True)
    static = draw.chance(0.4)
    rows = Rows(draft, static=static)
    scores = Scores(draft, rows, masks=not static)
    out = draft.output(draft.name("out", "row_stats", "partial"), draft.real, *rows.extents_of)
    maximum = static and draw.chance(0.6)
    peak = "" if maximum else draft.array(draft.name("row_max", "maxima", "m"), draft.real, *rows.extents_of, domain=Uniform(-0.5, 2.5))
    with rows.threads():
        scores.open()
        if maximum:
            result = draft.name("best", "peak", "largest")
            draft.line(*extreme_lines(draft, result, rows.counter, rows.stop, scores.text))
            draft.numpy(f"{result} = np.max(scores, axis={rows.axis})")
        else:
            local = draft.name("shift", "top", "reference_score")
            result = draft.name("row_total", "denom", "accum")
            draft.line(f"{local} = {peak}[{rows.here}]", f"{result} = {draft.zero()}")
            inner = scores.kept([f"{result} += wp.exp({scores.text} - {local})"])
            draft.line(*loop(rows.counter, rows.stop, inner))
            draft.numpy(f"exps = np.exp(scores - {rows.row_numpy(peak)})", f"{result} = np.sum({scores.zeroed('exps')}, axis={rows.axis})")
        draft.known(result, draft.real, -10.0, 1e5)
        final = epilogue(draft, draft.scope[result], Site(rows.here, rows.extents_of), most=2, linear=not static)  # type: ignore[arg-type]
        draft.line(f"{out}[{rows.here}] = {final.name}")
        draft.results(**{out: final.name})
    title = draw.choice(("softmax_max_pass", "row_max_kernel") if maximum else ("softmax_sum_pass", "sum_exponentials", "row_sum_kernel"))
    return rows.case(title)


def scatter_pass(draw: Draw) -> Case:
    """A first pass, one thread per element: atomics on the row's maximum or sum of exponentials."""
    draft = Draft(draw, smooth=True)
    rows = Rows(draft, static=False)
    scores = Scores(draft, rows, masks=draw.chance(0.6))
    threads = (*rows.indices[: rows.axis], rows.counter, *rows.indices[rows.axis :])
    extents = (*rows.extents_of[: rows.axis], rows.width, *rows.extents_of[rows.axis :])
    maximum = draw.chance(0.4)
    out = draft.name("row_max", "peaks") if maximum else draft.name("row_sum", "sums", "denominators")
    peak = "" if maximum else draft.array(draft.name("maxima", "m", "shifts"), draft.real, *rows.extents_of, domain=Uniform(-0.5, 2.5))
    draft.line(f"{', '.join(threads)} = wp.tid()")
    if rows.kind == "flat":
        draft.count(rows.width)
    scores.open()
    if scores.keep:
        draft.line(f"if not ({scores.keep}):", "    return")
    value = draft.name("value", "term", "s")
    if maximum:
        draft.array(out, draft.real, *rows.extents_of, role="inout", domain=Uniform(-4.0, -2.0), differentiable=True)
        draft.line(f"{value} = {scores.text}", f"wp.atomic_max({out}, {rows.here}, {value})")
        held = "np.where(keep, scores, -np.inf)" if scores.keep else "scores"
        draft.numpy(f"{out} = np.maximum({out}, np.max({held}, axis={rows.axis}))")
    else:
        draft.output(out, draft.real, *rows.extents_of, role="accumulate")
        draft.line(f"{value} = wp.exp({scores.text} - {peak}[{rows.here}])", f"wp.atomic_add({out}, {rows.here}, {value})")
        draft.numpy(f"exps = np.exp(scores - {rows.row_numpy(peak)})", f"{out} = np.sum({scores.zeroed('exps')}, axis={rows.axis})")
    draft.results(**{out: out})
    title = draw.choice(("atomic_row_max", "scatter_max") if maximum else ("atomic_row_sum", "scatter_exp_sum"))
    return draft.case(title, extents, grids(draw, [*rows.extents_of, rows.width]))


def merge(draw: Draw) -> Case:
    """Statistics of a row's chunks become those of the row, as split kernels do; with the chunks' weighted values, the row's result."""
    draft = Draft(draw, smooth=True)
    static = draw.chance(0.5)
    chunks = str(draw.choice((2, 3, 4, 8))) if static else "chunks"
    row, chunk = draw.choice((("row", "chunk"), ("i", "k"), ("query", "split")))
    draft.reserve(row, chunk, "chunks", "rows", "weights", "total_weight", "row_max")
    extent = int(chunks) if static else "chunks"
    first, second = draw.choice((("chunk_max", "chunk_sum"), ("partial_max", "partial_sum"), ("part_m", "part_l")))
    draft.array(first, draft.real, "rows", extent, domain=Uniform(-2.0, 2.0))
    draft.array(second, draft.real, "rows", extent, domain=Uniform(1.0, 5.0))
    with_values = draw.chance(0.5)
    channels = ""
    if with_values:
        channels = draft.name("c", "d", "feature")
        parts = draft.array(draft.name("partial_out", "chunk_values", "part_acc"), draft.real, "rows", extent, "dims")
    axes = [(row, "rows", first, 0)] + ([(channels, "dims", parts, 2)] if with_values else [])
    out = draft.name("out", "merged", "combined")
    with draft.threads(*axes):
        if not static:
            draft.extent("chunks", first, 1)
        peak, total = draft.name("running_max", "global_max", "m"), draft.name("total", "global_sum", "l")
        at = f"{row}, {chunk}"
        _computed(draft, static, "largest_of", extreme_lines(draft, peak, chunk, chunks, f"{first}[{at}]"), peak)
        draft.known(peak, draft.real, -2.0, 2.0)
        weigh = f"wp.exp({first}[{at}] - {peak})"
        add = [f"{total} = {draft.zero()}", *loop(chunk, chunks, [f"{total} += {second}[{at}] * {weigh}"])]
        _computed(draft, static, "rescaled_sum", add, total)
        draft.known(total, draft.real, 1.0, 40.0)
        draft.numpy(f"row_max = {first}.max(axis=1, keepdims=True)", f"weights = np.exp({first} - row_max)")
        draft.numpy(f"total_weight = np.sum(weights * {second}, axis=1)")
        if with_values:
            accum = draft.name("accum", "value", "weighted")
            term = f"{parts}[{at}, {channels}] * {weigh}"
            _computed(draft, static, "rescaled_values", [f"{accum} = {draft.zero()}", *loop(chunk, chunks, [f"{accum} += {term}"])], accum)
            result = draft.name("result", "o", "merged_value")
            draft.line(f"{result} = {accum} / {total}")
            draft.numpy(f"{result} = np.sum({parts} * weights[..., None], axis=1) / total_weight[:, None]")
        else:
            result = draft.name("lse", "log_norm")
            draft.line(f"{result} = {peak} + wp.log({total})")
            draft.numpy(f"{result} = row_max[:, 0] + np.log(total_weight)")
        at_out, extents = (f"{row}, {channels}", ("rows", "dims")) if with_values else (row, ("rows",))
        final = epilogue(draft, draft.known(result, draft.real, -9.0, 9.0), Site(at_out, extents), most=1)
        draft.output(out, draft.real, *extents)
        draft.line(f"{out}[{at_out}] = {final.name}")
        values = {out: final.name}
        if not with_values and draw.chance(0.6):
            for name, text, numpy in (("max_out", peak, "row_max[:, 0]"), ("sum_out", total, "total_weight")):
                draft.output(name, draft.real, "rows", differentiable=static)
                draft.line(f"{name}[{row}] = {text}")
                values[name] = numpy
        draft.results(**values)
    sizes = grids(draw, ["rows", "chunks", "dims"])
    return draft.case(draw.choice(("merge_statistics", "combine_chunks", "merge_partials", "reduce_splits")), extents, sizes)


def _computed(draft: Draft, static: bool, function: str, lines: list[str], result: str) -> None:
    if static and draft.draw.chance(0.7):
        draft.line(*lines)
    else:
        outlined(draft, function, lines, [(result, draft.real)])
