"""Ranks, edges and order statistics: counting values below, searching given edges, reading sorted rows."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Bernoulli, Sorted, Uniform
from kernels.drafting.arguments import grids
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.language.expression import Expression
from kernels.language.types import I32

DATA = ("x", "samples", "intensity", "energies", "ages", "latency")


def edges(draw: Draw) -> Case:
    """Bins with given edges: the number of edges below each value, by a scan or a binary search, and what is read or counted there."""
    draft = Draft(draw)
    edges = draw.integer(4, 12)
    i = draft.name("i", "tid", "query")
    name = draw.choice(("digitize", "quantile_bucket", "bucketize", "find_bin", "grade_values"))
    draft.reserve(name, "target", "bin", "low", "high", "mid", "k", "value")
    data = draft.array(draw.choice(DATA), draft.real, "n", domain=Uniform(-1.0, 1.0))
    table = draft.array(draft.name("edges", "quantiles", "thresholds"), draft.real, edges, domain=Sorted(-0.9, 0.9), differentiable=False)
    way = draw.choice(("scan", "sum", "binary", "while", "lower_bound"))
    side = "left" if way == "lower_bound" else draw.choice(("left", "right"))
    test = {"left": "<", "right": "<="}[side]
    with draft.threads((i, "n", data, 0)):
        draft.line(f"target = {data}[{i}]")
        draft.numpy(f"target = {data}")
        if way == "lower_bound":
            draft.line(f"bin = wp.lower_bound({table}, target)")
            # Warp's lower_bound gives the last index where every edge is below.
            draft.numpy(f"bin = np.minimum(np.searchsorted({table}, target, side='left'), {edges - 1}).astype(np.int32)")
        elif way in ("scan", "sum"):
            draft.line("bin = int(0)")
            with draft.block(f"for k in range({edges}):"):
                condition = f"{table}[k] {test} target"
                draft.line(*([f"if {condition}:", "    bin = k + 1"] if way == "scan" else [f"bin += wp.where({condition}, 1, 0)"]))
        else:
            draft.line("low = int(0)", f"high = int({edges})")
            head = "while low < high:" if way == "while" else f"for k in range({edges.bit_length()}):"
            with draft.block(head):
                body = ["mid = (low + high) // 2", f"if {table}[mid] {test} target:", "    low = mid + 1", "else:", "    high = mid"]
                draft.line(*(body if way == "while" else ["if low < high:", *(f"    {line}" for line in body)]))
            draft.line("bin = low")
        if way != "lower_bound":
            draft.numpy(f"bin = np.searchsorted({table}, target, side='{side}').astype(np.int32)")
        kind = draw.choice(("store", "count", "lookup", "sum"))
        if kind == "store":
            draft.store(draft.output(draft.name("bin_out", "bucket"), I32, "n"), i, "bin")
        elif kind == "count":
            draft.output("counts", I32, edges + 1, role="accumulate")
            draft.line("wp.atomic_add(counts, bin, 1)")
            draft.numpy(f"counts = np.bincount(bin, minlength={edges + 1}).astype(np.int32)")
        elif kind == "sum":
            # Warp's adjoint does not run a while loop again: the gradient would go to another bin.
            weight = draft.array("weight", draft.real, "n", low=0.2, differentiable=way != "while")
            draft.output("bin_sum", draft.real, edges + 1, role="accumulate")
            draft.line(f"wp.atomic_add(bin_sum, bin, {weight}[{i}])")
            draft.numpy(f"bin_sum = np.zeros({edges + 1}, {weight}.dtype)", f"np.add.at(bin_sum, bin, {weight})")
        else:
            # Warp's adjoint does not run a dynamic loop again: only an unrolled search may choose what a gradient goes to.
            table_values = draft.array("values", draft.real, edges + 1, differentiable=way in ("scan", "sum", "binary", "lower_bound"))
            draft.line(f"value = {table_values}[bin]")
            draft.numpy(f"value = {table_values}[bin]")
            result: Expression = draft.known("value", draft.real, -1.0, 1.0)
            if draw.chance(0.5) and way != "while":
                gain = draft.array("gain", draft.real, "n", low=0.2)
                result = draft.fused("scaled", draft.real, [result, draft.load("g", gain, i, 0.2, 1.0)], smooth=True)
            draft.store(draft.output("looked_up", draft.real, "n"), i, result.warp())
    return draft.case(name, ["n"], grids(draw, ["n"]))


def ranks(draw: Draw) -> Case:
    """Ranks by counting: how many values lie below each, in all or in a reference sample; percentiles, pairs in order (Kendall, ROC)."""
    draft = Draft(draw)
    kind = draw.choice(("rank", "percentile", "ecdf", "kendall", "roc", "mann_whitney"))
    i, j = draw.choice((("i", "j"), ("a", "b"), ("query", "other")))
    name = draw.choice((f"{kind}_counts", f"{kind}_kernel", f"compute_{kind}"))
    draft.reserve(name, i, j, "below", "mine", "y", "product", "rank", "total", "concordant", "m")
    x = draft.array(draw.choice(DATA), draft.real, "n")
    if kind in ("kendall", "roc"):
        y = (
            draft.array("y", draft.real, "n")
            if kind == "kendall"
            else draft.array(draft.name("label", "positive"), I32, "n", domain=Bernoulli(0.5))
        )
        draft.line(f"{i}, {j} = wp.tid()", f"if {j} <= {i}:" if kind == "kendall" else f"if {y}[{i}] == 0 or {y}[{j}] == 1:", "    return")
        each = draw.chance(0.5)
        cells, at = ("n", i) if each else (1, "0")
        weight = draft.array("weight", draft.real, "n", low=0.2) if draw.chance(0.4) else ""
        amount, there = (f"{weight}[{i}] * {weight}[{j}]", f"{weight}[:, None] * {weight}[None]") if weight else ("1", "1")
        total = (
            f".sum(axis=1){'' if weight else '.astype(np.int32)'}"
            if each
            else ".sum().reshape(1)" + ("" if weight else ".astype(np.int32)")
        )
        zero = "0.0" if weight else "0"
        counted = draft.real if weight else I32
        if kind == "kendall":
            draft.output("concordant", counted, cells, role="accumulate")
            draft.output("discordant", counted, cells, role="accumulate")
            if draw.chance(0.5):
                draft.line(f"product = ({x}[{i}] - {x}[{j}]) * ({y}[{i}] - {y}[{j}])", f"if product > {draft.number(0.0)}:")
            else:
                draft.line(f"if ({x}[{i}] < {x}[{j}]) == ({y}[{i}] < {y}[{j}]):")
            draft.line(f"    wp.atomic_add(concordant, {at}, {amount})", "else:", f"    wp.atomic_add(discordant, {at}, {amount})")
            draft.numpy("upper = np.triu(np.ones((dim[0], dim[0]), bool), 1)")
            draft.numpy(f"same = ({x}[:, None] < {x}[None]) == ({y}[:, None] < {y}[None])")
            draft.numpy(
                f"concordant = np.where(same & upper, {there}, {zero}){total}",
                f"discordant = np.where(~same & upper, {there}, {zero}){total}",
            )
        else:
            draft.output("ordered", counted, cells, role="accumulate")
            draft.line(f"if {x}[{i}] > {x}[{j}]:", f"    wp.atomic_add(ordered, {at}, {amount})")
            draft.numpy(f"pair = ({y} == 1)[:, None] & ({y} == 0)[None]")
            draft.numpy(f"ordered = np.where(pair & ({x}[:, None] > {x}[None]), {there}, {zero}){total}")
            if draw.chance(0.5):
                draft.output("pairs", I32, 1, role="accumulate")
                draft.line("wp.atomic_add(pairs, 0, 1)")
                draft.numpy("pairs = np.array([pair.sum()], np.int32)")
            if draw.chance(0.4):
                gap = draft.knob("margin", 0.1, 0.6)
                draft.output("ranking_loss", draft.real, 1, role="accumulate")
                draft.line(f"wp.atomic_add(ranking_loss, 0, wp.max({gap.warp()} - {x}[{i}] + {x}[{j}], {draft.number(0.0)}))")
                draft.numpy(
                    f"hinge = np.maximum({gap.numpy()} - {x}[:, None] + {x}[None], 0.0)",
                    "ranking_loss = np.where(pair, hinge, 0.0).sum().reshape(1)",
                )
        return draft.case(name, ["n", "n"], [{"n": n} for n in (1, draw.choice((5, 7, 11)), draw.integer(13, 30))])
    other = x if kind in ("rank", "percentile") else draft.array(draft.name("reference_sample", "background"), draft.real, "m")
    with draft.threads((i, "n", x, 0)):
        length = draft.extent("n" if other == x else "m", other)
        draft.line(f"mine = {x}[{i}]", "below = int(0)")
        ties = draw.chance(0.5) and other == x
        with draft.block(f"for {j} in range({length}):"):
            test = f"{other}[{j}] < mine or ({other}[{j}] == mine and {j} < {i})" if ties else f"{other}[{j}] < mine"
            draft.line(
                *draw.choice(((f"if {test}:", "    below += 1"), (f"below += wp.where({test}, 1, 0)",)))
                if not ties
                else (f"if {test}:", "    below += 1")
            )
        draft.numpy(f"below = ({other}[None, :] < {x}[:, None]).sum(axis=1).astype(np.int32)")
        if kind in ("rank", "mann_whitney"):
            draft.store(draft.output(draft.name("rank_out", "below_out"), I32, "n"), i, "below")
            if kind == "mann_whitney":
                draft.output("statistic", I32, 1, role="accumulate")
                draft.line("wp.atomic_add(statistic, 0, below)")
                draft.numpy("statistic = np.array([below.sum()], np.int32)")
            elif draw.chance(0.5):
                draft.output("order", I32, "n")
                draft.line(f"order[below] = {i}")
                draft.numpy("order = np.empty(len(below), np.int32)", "order[below] = np.arange(len(below))")
        else:
            plus = draw.choice((0.0, 0.5))
            draft.line(f"share = ({draft.cast('below')} + {draft.number(plus)}) / {draft.cast(length)}")
            draft.numpy(f"share = (below.astype({draft.precision}) + {plus}) / len({other})")
            draft.reserve("share")
            draft.store(draft.output(draft.name("percentile_out", "cdf"), draft.real, "n"), i, "share")
    return draft.case(name, ["n"], [{**s, "m": draw.integer(3, 40)} for s in grids(draw, ["n"])])


def quantile(draw: Draw) -> Case:
    """Quantiles of rows that are sorted: order statistics, interpolated percentiles, interquartile ranges, trimmed and winsorized means."""
    draft = Draft(draw, smooth=True)
    width = draw.choice((5, 7, 8, 9, 11))
    kind = draw.choice(("median", "quantile", "iqr", "trimmed", "winsorized", "midrange", "gini"))
    i = draft.name("i", "row", "group")
    name = draw.choice((f"{kind}_of_sorted", f"row_{kind}", f"{kind}_rows"))
    draft.reserve(name, "q", "position", "low", "t", "value", "total", "k", "upper", "lower", "weight")
    data = draft.array(draft.name("sorted_rows", "ordered", "ranked_values"), draft.real, "rows", width, domain=Sorted(0.1, 1.0))
    cut = draw.integer(1, (width - 1) // 3)
    q = draft.array("q", draft.real, "rows", low=0.05, high=0.95) if kind == "quantile" else ""
    with draft.threads((i, "rows", data, 0)):

        def at(k: int) -> tuple[str, str]:
            return f"{data}[{i}, {k}]", f"{data}[:, {k}]"

        if kind == "quantile":
            draft.line(
                f"position = {q}[{i}] * {draft.number(float(width - 1))}",
                "lower = int(wp.floor(position))",
                f"t = position - {draft.cast('lower')}",
            )
            draft.line(f"value = {data}[{i}, lower] + t * ({data}[{i}, lower + 1] - {data}[{i}, lower])")
            draft.numpy(f"position = {q} * {float(width - 1)}", "lower = np.floor(position).astype(np.int32)", "t = position - lower")
            draft.numpy(f"rows = np.arange(len({data}))", f"value = {data}[rows, lower] * (1.0 - t) + {data}[rows, lower + 1] * t")
        elif kind in ("trimmed", "winsorized"):
            draft.line(f"total = {draft.zero()}")
            with draft.block(f"for k in range({cut}, {width - cut}):"):
                draft.line(f"total += {data}[{i}, k]")
            draft.numpy(f"total = {data}[:, {cut} : {width - cut}].sum(axis=1)")
            if kind == "winsorized":
                (a, na), (b, nb) = at(cut), at(width - 1 - cut)
                draft.line(f"total += {draft.number(float(cut))} * ({a} + {b})")
                draft.numpy(f"total = total + {float(cut)} * ({na} + {nb})")
            draft.formula(f"value = total / {float(width - 2 * cut if kind == 'trimmed' else width)}")
        elif kind == "gini":
            draft.line(f"total = {draft.zero()}", f"upper = {draft.zero()}", f"weight = {draft.real.spelling}({-float(width - 1)})")
            with draft.block(f"for k in range({width}):"):
                # The weight is counted apart: a float64 cast of an unrolled counter spoils its use as an index in Warp.
                draft.line(f"total += {data}[{i}, k]", f"upper += weight * {data}[{i}, k]", f"weight += {draft.number(2.0)}")
            draft.line(f"value = upper / ({draft.number(float(width))} * total)")
            draft.numpy(
                f"gaps = np.abs({data}[:, :, None] - {data}[:, None, :]).sum(axis=(1, 2))",
                f"value = gaps / ({2.0 * width} * {data}.sum(axis=1))",
            )
        else:
            if kind == "median":
                half = width // 2
                kernel, numpy = (
                    at(half)
                    if width % 2
                    else (f"{draft.number(0.5)} * ({at(half - 1)[0]} + {at(half)[0]})", f"0.5 * ({at(half - 1)[1]} + {at(half)[1]})")
                )
            else:
                low, high = (cut, width - 1 - cut) if kind == "iqr" else (0, width - 1)
                (a, na), (b, nb) = at(low), at(high)
                kernel, numpy = (
                    (f"{b} - {a}", f"{nb} - {na}") if kind == "iqr" else (f"{draft.number(0.5)} * ({a} + {b})", f"0.5 * ({na} + {nb})")
                )
            draft.line(f"value = {kernel}")
            draft.numpy(f"value = {numpy}")
        result: Expression = draft.known("value", draft.real, 0.0, 1.0)
        terms = [result]
        for array in draw.subset(("scale", "reference_level", "gain"), draw.integer(0, 2)):
            draft.array(array, draft.real, "rows", low=0.2)
            terms.append(draft.load(f"{array}_i", array, i, 0.2, 1.0))
        if len(terms) > 1 or draw.chance(0.4):
            result = draft.fused("statistic", draft.real, terms, smooth=True)
        draft.store(draft.output(draft.name("out", f"{kind}_out"), draft.real, "rows"), i, result.warp())
    return draft.case(name, ["rows"], grids(draw, ["rows"]))
