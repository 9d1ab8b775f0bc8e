"""Reductions: many elements become one value per row, segment, block, label, or in all.

Variants: the layout (rows, columns and axes of a volume by a loop per thread; compressed segments; blocks of a fixed size; strided
partial sums; atomics into one cell, into labels, into histogram bins), the operator (sum, mean, weighted mean, norms, dot, variance,
log-sum-exp, maximum, minimum and their positions, counts, bit masks), the fused term that is reduced, which elements are skipped, loop
form, scalar or vector elements, and what is made of the result.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from kernels.case import Case
from kernels.domains import Bernoulli, Integers
from kernels.draw import Draw
from kernels.families._draft import EXTENTS, INDICES, Draft, grids
from kernels.families._layouts import LONGEST, Axis, Groups, Layout, draw_layout
from kernels.language.expression import Custom, Expression, Variable
from kernels.language.interval import Interval
from kernels.language.types import BOOL, I32, I64, Type

DATA = ("x", "samples", "values", "signal", "readings", "energy", "height", "scores")
PAIRED = ("y", "other", "reference_signal", "targets", "direction")
OPERATORS = ("sum", "sum", "mean", "mean", "dot", "dot", "norm", "weighted", "variance", "log_sum_exp", "mean_and_sum_sq")
VECTOR_OPERATORS = ("sum", "sum", "mean", "centroid")
NONLINEAR = ("norm", "weighted", "centroid", "variance", "log_sum_exp")
TOTALS = ("total", "acc", "accum", "running")


def build(draw: Draw) -> Case:
    """One reduction kernel."""
    kind = draw.weighted(("loop", "extreme", "integer", "atomic", "histogram"), (9, 3, 2, 4, 2))
    if kind == "atomic":
        return _atomic(draw)
    if kind == "histogram":
        return _histogram(draw)
    if kind == "extreme":
        return _extreme(Draft(draw))
    if kind == "integer":
        return _integer(Draft(draw))
    return _sum(Draft(draw))


def _element(draft: Draft, layout: Layout, name: str, type: Type, low: float, high: float) -> Expression:
    """The element of array `name` that the loop has reached: named in the loop or loaded in place."""
    if draft.draw.chance(0.5):
        local = draft.name(f"{name}_j" if draft.draw.chance(0.3) else "value", "item", "entry", "element", "sample")
        draft.line(f"{local} = {name}[{layout.at}]")
        return draft.known(local, type, low, high, name)
    return Custom(type, Interval(low, high), f"{name}[{layout.at}]", name)


def _sum(draft: Draft) -> Case:
    """Sums and what is made of sums."""
    draw = draft.draw
    vectors = draw.chance(0.2)
    element = draft.vector if vectors else draft.real
    operator = draw.choice(VECTOR_OPERATORS if vectors else OPERATORS)
    # Warp's adjoint does not run a dynamic loop again, so what is made of its total must be linear in it.
    static = draw.chance(0.93 if operator in NONLINEAR else 0.3)
    if operator in NONLINEAR and not static:
        draft.limitations.add("dynamic_loop_carried_state")
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
            chosen = _Filter(draft, layout)
            with chosen.taken():
                term, weight = _term(draft, layout, operator, data, element)
                draft.line(f"{total} += {term.warp()}")
                if second:
                    draft.line(f"{second} += {weight.warp()}")
        layout.reduced(total, chosen.masked(term.numpy(), element), element)
        bounds = term.range.repeated(LONGEST)
        draft.known(total, element, bounds.low, bounds.high)
        if second and weight is not None:
            layout.reduced(second, chosen.masked(weight.numpy(), draft.real), draft.real)
            draft.known(second, draft.real, 0.0, LONGEST * weight.range.magnitude)
        final = _result(draft, layout, operator, total, second, size, element)
        layout.store(out, final)
        values = {out: final.name}
        if operator == "mean_and_sum_sq" and second:
            extra = draft.name("sum_sq", "power_out", "energy_out")
            layout.store(extra, draft.scope[second])
            values[extra] = second
    draft.results(**values)
    return layout.case("reduction", name)


def _term(draft: Draft, layout: Layout, operator: str, data: str, element: Type) -> tuple[Expression, Expression | None]:
    """What one element adds to the sum, and for two sums what it adds to the second."""
    draw = draft.draw
    value = _element(draft, layout, data, element, -1.0, 1.0)
    draft.scope["e"] = value
    if operator == "variance":
        deviation = draft.let(draft.name("deviation", "centered", "offset"), "e - center_here")
        return draft.read(f"{deviation.name} * {deviation.name}"), None
    if operator in ("dot", "weighted", "centroid"):
        low = -1.0 if operator == "dot" else 0.1
        other = layout.array(
            draw.choice(PAIRED if operator == "dot" else ("weights", "masses", "confidence", "density")), draft.real, low=low
        )
        draft.scope["w"] = _element(draft, layout, other, draft.real, low, 1.0)
        if operator == "dot" and draw.chance(0.5):
            shaped = draft.fused(draft.name("product", "pair_term", "match"), draft.real, value, draft.scope["w"])
            return shaped, None
        if draw.chance(0.5):
            draft.scope["w"] = draft.fused(draft.name("factor", "trust", "share"), draft.real, draft.scope["w"], depth=1, smooth=True)
            draft.scope["w"] = draft.let(
                draft.name("positive", "clipped_factor", "safe_factor"), f"clamp({draft.scope['w'].warp()}, 0.1, 2.0)"
            )
        return draft.read(draw.choice(("e * w",) if element.rank else ("w * e", "e * w"))), draft.scope["w"]
    if operator == "norm":
        scaled = _shaped(draft, layout, value, element, 7.0)
        return (draft.read(f"{scaled.name} * {scaled.name}") if scaled is not value else draft.read("e * e")), None
    if operator == "log_sum_exp":
        draft.knob("sharpness", 0.5, 3.0)
        draft.scope["e"] = _shaped(draft, layout, value, element, 1.0)
        return draft.let(draft.name("likelihood", "boosted", "exponential"), "exp(sharpness * e)"), None
    if operator == "mean_and_sum_sq":
        shaped = _shaped(draft, layout, value, element, 7.0)
        draft.scope["s"] = shaped
        return shaped, draft.read("s * s")
    return _shaped(draft, layout, value, element, share=0.85), None


def _shaped(draft: Draft, layout: Layout, value: Expression, element: Type, limit: float = 50.0, share: float = 0.6) -> Expression:
    """The element after a drawn transform of its own, with a second array or a parameter now and then."""
    draw = draft.draw
    if not draw.chance(share):
        return value
    inputs = [value]
    if draw.chance(0.3):
        other = layout.array(draft.name("gain_map", "bias_map", "envelope", "exposure"), draft.real, low=0.1)
        inputs.append(Custom(draft.real, Interval(0.1, 1.0), f"{other}[{layout.at}]", other))
    if draw.chance(0.35):
        inputs.append(draft.knob(draft.name("strength", "alpha", "power_scale"), 0.2, 1.5))
    expression = draft.expressions.fused(element, inputs, draw.choice((1, 2)))
    expression = draft.expressions.confined(expression, Interval(-limit, limit))
    return draft.let(
        draft.name("term", "contribution", "shaped", "mapped"),
        expression,
        function=draw.choice((None, None, "transform", "term_of", "score")),
    )


class _Filter:
    """Which elements a loop takes: all, or those that a mask or flag selects, by a nested `if` or a `continue`."""

    def __init__(self, draft: Draft, layout: Layout) -> None:
        self._draft, self._mask, self._head = draft, "", ""
        kind = draft.draw.weighted(("none", "mask", "flag", "level"), (6, 2, 1, 1))
        if kind == "none":
            return
        name = draft.name("mask", "valid", "keep") if kind == "mask" else draft.name("flag", "level_of", "material", "category")
        layout.array(
            name, BOOL if kind == "mask" else I32, domain=Bernoulli(0.6) if kind == "mask" else Integers(0, 2 if kind == "flag" else 6)
        )
        here = f"{name}[{layout.at}]"
        keep, drop = {
            "mask": ("", ""),
            "flag": (" == 1", " != 1"),
            "level": draft.draw.choice(((" > 2", " <= 2"), (" <= 3", " > 3"), (" != 0", " == 0"))),
        }[kind]
        self._mask = f"{name}{keep}"
        if not layout.static and draft.draw.chance(0.35):
            draft.line(f"if {'not ' if kind == 'mask' else ''}{here}{drop}:", "    continue")
        else:
            self._head = f"if {here}{keep}:"

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Indents the lines for elements that are taken."""
        if self._head:
            with self._draft.block(self._head):
                yield
        else:
            yield

    def masked(self, text: str, type: Type) -> str:
        """The reference's elements with those left out set to zero."""
        if not self._mask:
            return text
        return f"np.where({f'({self._mask})[..., None]' if type.rank else self._mask}, {text}, 0)"


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
        return draft.let(name, draw.choice((f"{total} / max({second}, 0.1)", f"{total} / ({second} + 0.2)")))
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
    return draft.fused(name, element, *inputs, depth=1, smooth=True)


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
                key = _shaped(draft, layout, _element(draft, layout, data, draft.real, -1.0, 1.0), draft.real, share=0.8)
                draft.line(f"{peak} = wp.{word}({peak}, {key.warp()})")
            layout.extreme(peak, key.numpy(), word)
            found: Expression = draft.known(peak, draft.real, key.range.low, key.range.high)
        else:
            key_name = draft.name(f"best_{'score' if largest else 'cost'}", "best_key", "record")
            draft.line(f"{best} = int({layout.begin()})", f"{key_name} = {draft.real.spelling}({'-' if largest else ''}1.0e6)")
            with layout.loop():
                key = _shaped(draft, layout, _element(draft, layout, data, draft.real, -1.0, 1.0), draft.real, share=0.7)
                draft.line(f"if {key.warp()} {sign} {key_name}:", f"    {key_name} = {key.warp()}", f"    {best} = {layout.counter}")
            layout.picked(key.numpy(), best, pick)
            if position_only or draw.chance(0.6):
                where = draft.name("position", "out_index", "which")
                layout.store(where, draft.known(best, I32, 0, 300))
                outputs[where] = best
            if not position_only:
                value = draft.name("peak", "found", "extreme_value")
                draft.line(f"{value} = {data}[{layout.index(best)}]")
                draft.step(f"{value} = {layout.taken(data, best)}")
                found = draft.known(value, draft.real, -1.0, 1.0)
        if not position_only:
            if draw.chance(0.6):
                inputs = [found]
                if draw.chance(0.5):
                    inputs.append(layout.per_result(draft.name("baseline", "threshold", "scale_map"), draft.real))
                found = draft.fused(draft.name("final", "reported", "margin"), draft.real, *inputs, smooth=True)
            out = draft.name("out", "result", f"{word}_out")
            layout.store(out, found)
            outputs[out] = found.numpy()
    draft.results(**outputs)
    return layout.case("reduction", name)


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
            chosen = _Filter(draft, layout)
            with chosen.taken():
                value = _element(draft, layout, data, integer, 0, 63)
                inputs = [value]
                if draw.chance(0.5):
                    other = layout.array(draft.name("salt", "keys", "offset_of"), integer, domain=Integers(0, 32))
                    inputs.append(Custom(integer, Interval(0, 31), f"{other}[{layout.at}]", other))
                if draw.chance(0.8):
                    value = draft.let(
                        draft.name("term", "code", "amount"),
                        draft.expressions.confined(draft.expressions.fused(integer, inputs, 1), Interval(0, 5000)),
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
    return layout.case("reduction", name)


def _atomic(draw: Draw) -> Case:
    """One thread per element, all adding (or taking extremes) into one cell, one per row, or one per label."""
    draft = Draft(draw)
    ndim = draw.weighted((1, 2, 3), (4, 4, 1))
    style = draw.integer(0, len(INDICES) - 1)
    indices, extents = INDICES[style][:ndim], EXTENTS[style][:ndim]
    here = ", ".join(indices)
    target = draw.choice(("cell", "labels", "labels") if ndim == 1 else ("cell", "row", "labels"))
    extreme = draw.chance(0.2)
    element = draft.vector if draw.chance(0.25) and not extreme else draft.real
    data = draw.choice(DATA if not element.rank else ("positions", "forces", "momentum"))
    draft.array(data, element, *extents)
    name = (
        draw.choice((f"accumulate_{data}", f"atomic_{target}", f"sum_{data}", f"gather_{data}"))
        if not extreme
        else draw.choice((f"extremes_of_{data}", "bound_values"))
    )
    draft.reserve(name, *indices)
    cells: str | int = {"cell": 1, "row": extents[0], "labels": "cells"}[target]
    with draft.threads(*((i, n, data, a) for a, (i, n) in enumerate(zip(indices, extents, strict=True)))):
        mask = ""
        if draw.chance(0.3):
            mask = draft.array(draft.name("active", "mask", "valid"), BOOL, *extents, domain=Bernoulli(0.7))
            draft.line(f"if not {mask}[{here}]:", "    return")
        where, group = {"cell": ("0", ""), "row": (indices[0], "")}.get(target, ("", ""))
        if target == "labels":
            labels = draft.array(
                draft.name("labels", "owner", "region", "cluster"), I32, *extents, domain=lambda sizes: Integers(0, sizes["cells"])
            )
            where = draft.name("label", "slot", "bucket")
            draft.line(f"{where} = {labels}[{here}]")
            group = labels
        value: Expression = Custom(element, Interval(-1.0, 1.0), f"{data}[{here}]", data)
        if draw.chance(0.5):
            local = draft.name("value", "sample", "item")
            draft.line(f"{local} = {value.warp()}")
            draft.step(f"{local} = {data}")
            value = draft.known(local, element, -1.0, 1.0)
        inputs = [value]
        if draw.chance(0.5):
            other = draft.array(draft.name("weight", "mass", "area", "gain_map"), draft.real, *extents, low=0.1)
            inputs.append(Custom(draft.real, Interval(0.1, 1.0), f"{other}[{here}]", other))
        if draw.chance(0.35):
            inputs.append(draft.knob(draft.name("strength", "alpha", "dt"), 0.2, 1.5))
        term = draft.fused(
            draft.name("term", "contribution", "share"), element, *inputs, function=draw.choice((None, None, "contribution_of"))
        )
        if extreme:
            word = draw.choice(("max", "min"))
            out = draft.output(draft.name(f"{word}_value", "bound", "extreme"), element, cells, role="inout")
            draft.line(f"wp.atomic_{word}({out}, {where}, {term.name})")
            taken = f"[{mask}]" if mask else ""
            at = {
                "cell": "0",
                "row": f"np.broadcast_to(np.arange({data}.shape[0]).reshape(-1, {', '.join('1' * (ndim - 1))}), {data}.shape){taken}",
            }.get(target, f"{group}{taken}")
            draft.step(f"result = {out}.copy()", f"np.{word}imum.at(result, {at}, {term.name}{taken})")
            draft.results(**{out: "result"})
        else:
            out = draft.output(draft.name("out", "total", "accum", "sums"), element, cells, role="accumulate")
            subtract = draw.chance(0.15)
            amount = f"-{term.name}" if subtract and draw.chance(0.3) else term.name
            form = draw.choice(
                (
                    f"wp.atomic_{'sub' if subtract and amount == term.name else 'add'}({out}, {where}, {amount})",
                    f"{out}[{where}] {'-=' if subtract and amount == term.name else '+='} {amount}",
                )
            )
            draft.line(form)
            sign = "-" if subtract else ""
            amount = f"{sign}{term.name}"
            if mask:
                draft.step(f"{term.name} = np.where({mask}{'[..., None]' if element.rank else ''}, {term.name}, 0)")
            if target == "labels":
                draft.step(f"result = np.zeros_like({draft.given(out)})", f"np.add.at(result, {group}, {amount})")
            else:
                axes = tuple(range(0 if target == "cell" else 1, ndim))
                shape = ".reshape(" + ("1, 3" if element.rank else "1") + ")" if target == "cell" else ""
                draft.step(f"result = np.sum({amount}, axis={axes if len(axes) > 1 else axes[0]}){shape}")
            results = {out: "result"}
            if draw.chance(0.3):
                counts = draft.output(draft.name("counts", "hits", "population"), I32, cells, role="accumulate")
                draft.line(draw.choice((f"wp.atomic_add({counts}, {where}, 1)", f"{counts}[{where}] += 1")))
                ones = f"{mask}.astype(np.int32)" if mask else f"np.ones({data}.shape[:{ndim}], np.int32)"
                if target == "labels":
                    draft.step(f"hits_per_cell = np.zeros_like({draft.given(counts)})", f"np.add.at(hits_per_cell, {group}, {ones})")
                else:
                    draft.step(f"hits_per_cell = np.sum({ones}, axis={axes}, dtype=np.int32){'.reshape(1)' if target == 'cell' else ''}")
                results[counts] = "hits_per_cell"
            draft.results(**results)
    sizes = [{**s, "cells": draw.integer(1, 9)} for s in grids(draw, extents)]
    return draft.case("reduction", name, extents, sizes)


def _histogram(draw: Draw) -> Case:
    """Counts of integers by bins, of one key or two, plain or weighted."""
    draft = Draft(draw)
    ndim = draw.choice((1, 1, 2))
    style = draw.integer(0, len(INDICES) - 1)
    indices, extents = INDICES[style][:ndim], EXTENTS[style][:ndim]
    here = ", ".join(indices)
    integer = I64 if draw.chance(0.2) else I32
    data = draft.array(draw.choice(("pixels", "ages", "codes", "levels", "keys")), integer, *extents, domain=Integers(0, 256))
    joint = draw.chance(0.3)
    weighted = draw.chance(0.4)
    name = draw.choice(("histogram", "count_bins", "bin_counts", "joint_histogram" if joint else "tally_levels"))
    draft.reserve(name, *indices)
    bins = draw.choice((8, 10, 16, 32))
    rule = draw.choice(
        (
            f"{{}} // {-(-256 // bins)}",
            f"{{}} % {bins}",
            f"min({{}} // 8, {bins - 1})",
            f"min({{}}, {bins - 1})",
            f"({{}} + 3) * 5 % {bins}",
            f"max({{}} - {256 - bins}, 0)",
        )
    )
    with draft.threads(*((i, n, data, a) for a, (i, n) in enumerate(zip(indices, extents, strict=True)))):
        draft.line(f"level = {data}[{here}]")
        draft.step(f"level = {data}")
        draft.known("level", integer, 0, 255)
        bucket = draft.let(draft.name("bucket", "bin_index", "slot"), rule.format("level"), function=draw.choice((None, None, "bin_of")))
        skip = ""
        if draw.chance(0.4):
            test, opposite = draw.choice((("level == 0", "level != 0"), ("level < 16", "level >= 16"), ("level > 240", "level <= 240")))
            draft.line(f"if {test}:", "    return")
            skip = f"[{opposite}]"
        at, group, shape = bucket.name, f"{bucket.name}{skip}", [bins]
        if joint:
            other = draft.array(draft.name("channel", "group_of", "gender"), I32, *extents, domain=Integers(0, 4))
            at, group, shape = f"{other}[{here}], {bucket.name}", f"({other}{skip}, {bucket.name}{skip})", [4, bins]
        results = {}
        if not weighted or draw.chance(0.4):
            counts = draft.output(draft.name("counts", "histogram_out", "bins"), I32, *shape, role="accumulate")
            amount = draw.choice(("1", "1", "level % 3" if integer is I32 else "1"))
            draft.line(draw.choice((f"wp.atomic_add({counts}, {at}, {amount})", f"{counts}[{at}] += {amount}")))
            draft.step(
                f"tally = np.zeros_like({draft.given(counts)})",
                f"np.add.at(tally, {group}, {amount if amount == '1' else f'(level % 3){skip}'})",
            )
            results[counts] = "tally"
        if weighted:
            weight = draft.array(draft.name("weight", "brightness", "mass"), draft.real, *extents, low=0.1)
            value = draft.fused(
                draft.name("share", "vote", "contribution"),
                draft.real,
                Custom(draft.real, Interval(0.1, 1.0), f"{weight}[{here}]", weight),
                depth=draw.choice((1, 2)),
            )
            sums = draft.output(draft.name("sums", "mass_per_bin", "weighted_bins"), draft.real, *shape, role="accumulate")
            draft.line(draw.choice((f"wp.atomic_add({sums}, {at}, {value.name})", f"{sums}[{at}] += {value.name}")))
            draft.step(f"total = np.zeros_like({draft.given(sums)})", f"np.add.at(total, {group}, {value.name}{skip})")
            results[sums] = "total"
        draft.results(**results)
    return draft.case("reduction", name, extents, grids(draw, extents))
