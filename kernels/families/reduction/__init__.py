"""Reductions: many elements become one value per row, segment, block, label, or in all.

Variants: the layout (rows, columns and axes of a volume by a loop per thread; compressed segments; blocks of a fixed size; strided
partial sums; atomics into one cell, into labels, into histogram bins), the operator (sum, mean, weighted mean, norms, dot, variance,
log-sum-exp, maximum, minimum and their positions, counts, bit masks), the fused term that is reduced, which elements are skipped, loop
form, scalar or vector elements, and what is made of the result.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.draft import Draft
from kernels.drafting.elements import Filter, draw_layout, load, shaped
from kernels.drafting.traversal import LONGEST, Axis, Groups, Layout
from kernels.draw import Draw
from kernels.families.reduction.atomics import atomic, histogram
from kernels.language.expression import Custom, Expression, Variable
from kernels.language.interval import Interval
from kernels.language.types import I32, I64, Type

DATA = ("x", "samples", "values", "signal", "readings", "energy", "height", "scores")
PAIRED = ("y", "other", "reference_signal", "targets", "direction")
OPERATORS = ("sum", "sum", "mean", "mean", "dot", "dot", "norm", "weighted", "variance", "log_sum_exp", "mean_and_sum_sq")
VECTOR_OPERATORS = ("sum", "sum", "mean", "centroid")
NONLINEAR = ("norm", "weighted", "centroid", "variance", "log_sum_exp")
TOTALS = ("total", "acc", "accum", "running")


def build(draw: Draw) -> Case:
    """One reduction kernel."""
    kind = draw.weighted(("loop", "extreme", "integer", "atomic", "histogram"), (6, 2, 2, 8, 2))
    if kind == "atomic":
        return atomic(draw)
    if kind == "histogram":
        return histogram(draw)
    if kind == "extreme":
        return _extreme(Draft(draw))
    if kind == "integer":
        return _integer(Draft(draw))
    return _sum(Draft(draw))


def _sum(draft: Draft) -> Case:
    """Sums and what is made of sums."""
    draw = draft.draw
    vectors = draw.chance(0.2)
    element = draft.vector if vectors else draft.real
    operator = draw.choice(VECTOR_OPERATORS if vectors else OPERATORS)
    # Warp's adjoint does not run a dynamic loop again, so what is made of its total must be linear in it.
    static = draw.chance(0.93 if operator in NONLINEAR else 0.3)
    if operator in NONLINEAR and not static:
        draft.limitations.add("dynamic_loop_result")
    layout = draw_layout(draft, static=static)
    data = layout.array(draw.choice(("positions", "forces", "normals", "velocity") if vectors else DATA), element)
    name = draw.choice(
        {
            "dot": ("row_dot", "inner_products", "project_rows"),
            "norm": ("row_norms", "magnitude_of", "l2_norm"),
            "variance": ("row_variance", "spread_of"),
            "log_sum_exp": ("log_sum_exp", "log_partition", "soft_maximum"),
        }.get(operator, (f"{operator}_{data}", f"reduce_{data}", f"{data}_{operator}"))
    )
    draft.reserve(name)
    out = draw.choice(("out", "result", f"{data}_{operator}", "reduced"))
    total = draft.name(*TOTALS)
    with layout.threads():
        size = None
        if operator in ("mean", "variance"):
            size = layout.size()
        if operator == "variance":
            first = draft.name("mean_acc", "first_moment", "level")
            draft.line(f"{first} = {draft.zero(element)}")
            with layout.loop():
                draft.line(f"{first} += {data}[{layout.at}]")
            layout.reduced(first, data, element)
            draft.known(first, element, -LONGEST, LONGEST)
            average = draft.let(draft.name("mean", "center", "average"), f"{first} / max({size}, 1.0)")
            average = draft.known(average.name, element, -1.0, 1.0)
            draft.scope["center_here"] = Custom(element, average.range, average.name, layout.spread(average.name))
        draft.line(f"{total} = {draft.zero(element)}")
        second = draft.name("weight_sum", "norm_acc", "total_weight") if operator in ("weighted", "centroid", "mean_and_sum_sq") else None
        if second:
            draft.line(f"{second} = {draft.zero(draft.real)}")
        with layout.loop():
            chosen = Filter(draft, layout)
            with chosen.taken():
                term, weight = _term(draft, layout, operator, data, element)
                draft.line(f"{total} += {term.warp()}")
                if second and weight is not None:
                    draft.line(f"{second} += {weight.warp()}")
        layout.reduced(total, chosen.masked(term.numpy(), element), element)
        bounds = term.range.repeated(LONGEST)
        draft.known(total, element, bounds.low, bounds.high)
        if second and weight is not None:
            layout.reduced(second, chosen.masked(weight.numpy(), draft.real), draft.real)
            draft.known(second, draft.real, 0.0, LONGEST * weight.range.magnitude)
        final = _result(draft, layout, operator, total, second, size, element)
        layout.store(out, final)
        values = {out: final.numpy()}
        if operator == "mean_and_sum_sq" and second:
            extra = draft.name("sum_sq", "power_out", "energy_out")
            layout.store(extra, draft.scope[second])
            values[extra] = second
    draft.results(**values)
    return layout.case(name)


def _term(draft: Draft, layout: Layout, operator: str, data: str, element: Type) -> tuple[Expression, Expression | None]:
    """What one element adds to the sum, and for two sums what it adds to the second."""
    draw = draft.draw
    value = load(draft, layout, data, element, -1.0, 1.0)
    draft.scope["e"] = value
    if operator == "variance":
        deviation = draft.let(draft.name("deviation", "centered", "offset"), "e - center_here")
        return draft.read(f"{deviation.name} * {deviation.name}"), None
    if operator in ("dot", "weighted", "centroid"):
        low = -1.0 if operator == "dot" else 0.1
        other = layout.array(
            draw.choice(PAIRED if operator == "dot" else ("weights", "masses", "confidence", "density")), draft.real, low=low
        )
        draft.scope["w"] = load(draft, layout, other, draft.real, low, 1.0)
        if operator == "dot" and draw.chance(0.5):
            return draft.fused(draft.name("product", "pair_term", "match"), draft.real, [value, draft.scope["w"]]), None
        if draw.chance(0.5):
            draft.scope["w"] = draft.fused(draft.name("factor", "trust", "share"), draft.real, [draft.scope["w"]], depth=1, smooth=True)
            draft.scope["w"] = draft.let(
                draft.name("positive", "clipped_factor", "safe_factor"), f"clamp({draft.scope['w'].warp()}, 0.1, 2.0)"
            )
        return draft.read(draw.choice(("e * w",) if element.rank else ("w * e", "e * w"))), draft.scope["w"]
    if operator == "norm":
        draft.scope["e"] = shaped(draft, layout, value, element, 7.0)
        return draft.read("e * e"), None
    if operator == "log_sum_exp":
        draft.knob("sharpness", 0.5, 3.0)
        draft.scope["e"] = shaped(draft, layout, value, element, 1.0)
        return draft.let(draft.name("likelihood", "boosted", "exponential"), "exp(sharpness * e)"), None
    if operator == "mean_and_sum_sq":
        draft.scope["s"] = shaped(draft, layout, value, element, 7.0)
        return draft.scope["s"], draft.read("s * s")
    return shaped(draft, layout, value, element, share=0.85), None


def _result(draft: Draft, layout: Layout, operator: str, total: str, second: str | None, size: str | None, element: Type) -> Expression:
    """What is made of the sums."""
    draw = draft.draw
    name = draft.name("final", "answer", "reduced_value", "summary")
    if operator in ("mean", "variance"):
        return draft.let(name, f"{total} / max({size}, 1.0)")
    if operator == "norm":
        return draft.let(
            name,
            draw.choice((f"sqrt({total} + 0.1)", f"sqrt(max({total}, 0.05))", f"{total} / (1.0 + {total})", f"1.0 / sqrt(1.0 + {total})")),
        )
    if operator in ("weighted", "centroid"):
        return draft.let(name, draw.choice((f"{total} / max({second}, 0.05)", f"{total} / ({second} + 0.2)")))
    if operator == "log_sum_exp":
        return draft.let(name, draw.choice((f"log(1.0 + {total})", f"log({total} + 0.1) / sharpness", f"log(max({total}, 0.1))")))
    if draw.chance(0.35):
        return draft.scope[total]
    if not layout.static:
        draft.scope["prior"] = (
            layout.per_result(draft.name("bias", "baseline", "prior", "carry"), element) if draw.chance(0.6) else draft.scope[total]
        )
        knob = draft.knob(draft.name("gain", "rate", "blend_factor"), 0.1, 0.9)
        draft.scope["knob"] = knob
        forms = (
            (f"{total} * knob", f"{total} / 8.0", f"{total} * knob - {total}")
            if draft.scope["prior"] is draft.scope[total]
            else (
                f"prior + {total}",
                f"{total} * knob + prior",
                f"prior * (1.0 - knob) + {total} * knob",
                f"prior - {total}",
                f"({total} - prior) / knob",
            )
        )
        return draft.let(name, draw.choice(forms))
    inputs = [draft.scope[total]]
    if draw.chance(0.6):
        bias = layout.per_result(draft.name("bias", "offset_map", "prior", "carry"), element)
        inputs.append(bias)
    return draft.fused(name, element, [*inputs], depth=1, smooth=True)


def _extreme(draft: Draft) -> Case:
    """The largest or smallest element: its value, its position, or both."""
    draw = draft.draw
    static = draw.chance(0.55)
    layout = Axis(draft, static=static) if draw.chance(0.6) else Groups(draft, "tiles" if static else draw.choice(("blocks", "strides")))
    position_only = not static and draw.chance(0.8)
    if not static and not position_only:
        draft.limitations.add("dynamic_loop_carried_state")
    largest = draw.chance(0.6)
    data = layout.array(draw.choice(DATA), draft.real)
    word = "max" if largest else "min"
    name = f"{draw.choice(('arg', 'row_', 'find_', 'segment_'))}{word}"
    draft.reserve(name)
    outputs: dict[str, str] = {}
    with layout.threads():
        sign, pick = (">", "argmax") if largest else ("<", "argmin")
        best = draft.name("best", "winner", "arg", f"{word}_index")
        if not position_only and layout.static and draw.chance(0.4):
            peak = draft.name("peak" if largest else "lowest", "extreme", "bound")
            draft.line(f"{peak} = {draft.real.spelling}({'-' if largest else ''}1.0e6)")
            with layout.loop():
                key = shaped(draft, layout, load(draft, layout, data, draft.real, -1.0, 1.0), draft.real, share=0.8)
                draft.line(f"{peak} = wp.{word}({peak}, {key.warp()})")
            layout.extreme(peak, key.numpy(), word)
            found: Expression = draft.known(peak, draft.real, key.range.low, key.range.high)
        else:
            key_name = draft.name(f"best_{'score' if largest else 'cost'}", "best_key", "record")
            draft.line(f"{best} = int({layout.begin()})", f"{key_name} = {draft.real.spelling}({'-' if largest else ''}1.0e6)")
            with layout.loop():
                key = shaped(draft, layout, load(draft, layout, data, draft.real, -1.0, 1.0), draft.real, share=0.7)
                draft.line(f"if {key.warp()} {sign} {key_name}:", f"    {key_name} = {key.warp()}", f"    {best} = {layout.counter}")
            layout.picked(key.numpy(), best, pick)
            if position_only or draw.chance(0.6):
                where = draft.name("position", "out_index", "which")
                layout.store(where, draft.known(best, I32, 0, 300))
                outputs[where] = best
            if not position_only:
                value = draft.name("peak", "found", "extreme_value")
                draft.line(f"{value} = {data}[{layout.index(best)}]")
                draft.numpy(f"{value} = {layout.taken(data, best)}")
                found = draft.known(value, draft.real, -1.0, 1.0)
        if not position_only:
            if draw.chance(0.6):
                inputs = [found]
                if draw.chance(0.5):
                    inputs.append(layout.per_result(draft.name("baseline", "threshold", "scale_map"), draft.real))
                found = draft.fused(draft.name("final", "reported", "margin"), draft.real, [*inputs], smooth=True)
            out = draft.name("out", "result", f"{word}_out")
            layout.store(out, found)
            outputs[out] = found.numpy()
    draft.results(**outputs)
    return layout.case(name)


def _integer(draft: Draft) -> Case:
    """Counts, sums, extremes and bit masks of integers."""
    draw = draft.draw
    layout = draw_layout(draft, static=draw.chance(0.25))
    integer = I64 if draw.chance(0.3) else I32
    data = layout.array(draw.choice(("labels", "levels", "votes", "codes", "ages")), integer, domain=Integers(0, 64))
    ufunc, text = draw.choice(
        (
            ("add", "{t} += {e}"),
            ("add", "{t} += {e}"),
            ("maximum", "{t} = wp.max({t}, {e})"),
            ("bitwise_or", "{t} = {t} | {e}"),
            ("bitwise_xor", "{t} = {t} ^ {e}"),
        )
    )
    total = draft.name(*TOTALS)
    name = draw.choice(("count", "tally", "combine", "reduce")) + f"_{data}"
    draft.reserve(name)
    with layout.threads():
        draft.line(f"{total} = {draft.zero(integer)}")
        with layout.loop():
            chosen = Filter(draft, layout)
            with chosen.taken():
                value = load(draft, layout, data, integer, 0, 63)
                if draw.chance(0.8):
                    inputs = [value]
                    if draw.chance(0.6):
                        other = layout.array(draft.name("salt", "keys", "offset_of"), integer, domain=Integers(0, 32))
                        inputs.append(Custom(integer, Interval(0, 31), f"{other}[{layout.at}]", other))
                    value = draft.let(
                        draft.name("term", "code", "amount"),
                        draft.expressions.confined(draft.drawn(integer, inputs, depth=1), Interval(0, 5000)),
                        function=draw.choice((None, "encode")),
                    )
                draft.line(text.format(t=total, e=value.warp()))
        layout.reduced(total, chosen.masked(value.numpy(), integer), integer, ufunc)
        draft.known(total, integer, 0, 500000)
        final = draft.read(draw.choice((total, total, f"{total} % 97", f"{total} // 3", f"{total} & 255")))
        out = draft.name("out", "counts", "result")
        layout.store(out, final)
        if isinstance(final, Variable):
            draft.results(**{out: total})
        else:
            draft.results(**{out: final.numpy()})
    return layout.case(name)
