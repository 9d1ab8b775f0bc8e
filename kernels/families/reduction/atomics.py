"""Reductions with one thread per element: atomic sums and extremes into one cell, rows or labels, and histograms of integers."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Bernoulli, Integers
from kernels.drafting.arguments import EXTENTS, INDICES, grids
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.language.expression import Custom, Expression
from kernels.language.interval import Interval
from kernels.language.types import BOOL, I32, I64

DATA = ("x", "samples", "values", "signal", "readings", "energy", "height", "scores")


def atomic(draw: Draw) -> Case:
    """One thread per element, all adding (or taking extremes) into one cell, one per row, or one per label."""
    draft = Draft(draw)
    ndim = draw.weighted((1, 2, 3), (4, 4, 1))
    style = draw.integer(0, len(INDICES) - 1)
    indices, extents = INDICES[style][:ndim], EXTENTS[style][:ndim]
    here = ", ".join(indices)
    target = draw.choice(("cell", "labels", "labels") if ndim == 1 else ("cell", "row", "labels"))
    extreme = draw.chance(0.5)
    element = draft.vector if draw.chance(0.25) and not extreme else draft.real
    data = draw.choice(DATA if not element.rank else ("positions", "forces", "momentum"))
    draft.array(data, element, *extents)
    name = (
        draw.choice((f"accumulate_{data}", f"atomic_{target}", f"sum_{data}", f"gather_{data}"))
        if not extreme
        else draw.choice((f"extremes_of_{data}", "bound_values"))
    )
    draft.reserve(name, *indices)
    cells: str | int = 1 if target == "cell" else extents[0] if target == "row" else "cells"
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
            draft.numpy(f"{local} = {data}")
            value = draft.known(local, element, -1.0, 1.0)
        inputs = [value]
        if draw.chance(0.5):
            other = draft.array(draft.name("weight", "mass", "area", "gain_map"), draft.real, *extents, low=0.1)
            inputs.append(Custom(draft.real, Interval(0.1, 1.0), f"{other}[{here}]", other))
        if draw.chance(0.35):
            inputs.append(draft.knob(draft.name("strength", "alpha", "dt"), 0.2, 1.5))
        term = draft.fused(
            draft.name("term", "contribution", "share"), element, [*inputs], function=draw.choice((None, None, "contribution_of"))
        )
        if extreme:
            word = draw.choice(("max", "min"))
            out = draft.output(draft.name(f"{word}_value", "bound", "extreme"), element, cells, role="inout")
            draft.line(f"wp.atomic_{word}({out}, {where}, {term.name})")
            if target == "labels":
                taken = f"[{mask}]" if mask else ""
                draft.numpy(f"result = {out}.copy()", f"np.{word}imum.at(result, {group}{taken}, {term.name}{taken})")
            else:
                axes = tuple(range(0 if target == "cell" else 1, ndim))
                among = f", initial={'-' if word == 'max' else ''}np.inf, where={mask}" if mask else ""
                draft.numpy(f"result = np.{word}imum({out}, np.{word}({term.name}, axis={axes if len(axes) > 1 else axes[0]}{among}))")
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
                draft.numpy(f"{term.name} = np.where({mask}{'[..., None]' if element.rank else ''}, {term.name}, 0)")
            if target == "labels":
                draft.numpy(f"result = np.zeros_like({out})", f"np.add.at(result, {group}, {amount})")
            else:
                axes = tuple(range(0 if target == "cell" else 1, ndim))
                shape = ".reshape(" + ("1, 3" if element.rank else "1") + ")" if target == "cell" else ""
                draft.numpy(f"result = np.sum({amount}, axis={axes if len(axes) > 1 else axes[0]}){shape}")
            results = {out: "result"}
            if draw.chance(0.3):
                counts = draft.output(draft.name("counts", "hits", "population"), I32, cells, role="accumulate")
                draft.line(draw.choice((f"wp.atomic_add({counts}, {where}, 1)", f"{counts}[{where}] += 1")))
                ones = f"{mask}.astype(np.int32)" if mask else f"np.ones({data}.shape[:{ndim}], np.int32)"
                if target == "labels":
                    draft.numpy(f"hits_per_cell = np.zeros_like({counts})", f"np.add.at(hits_per_cell, {group}, {ones})")
                else:
                    draft.numpy(f"hits_per_cell = np.sum({ones}, axis={axes}, dtype=np.int32){'.reshape(1)' if target == 'cell' else ''}")
                results[counts] = "hits_per_cell"
            draft.results(**results)
    sizes = [{**s, "cells": draw.integer(1, 9)} for s in grids(draw, extents)]
    return draft.case(name, extents, sizes)


def histogram(draw: Draw) -> Case:
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
        draft.numpy(f"level = {data}")
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
            draft.numpy(
                f"tally = np.zeros_like({counts})", f"np.add.at(tally, {group}, {amount if amount == '1' else f'(level % 3){skip}'})"
            )
            results[counts] = "tally"
        if weighted:
            weight = draft.array(draft.name("weight", "brightness", "mass"), draft.real, *extents, low=0.1)
            value = draft.fused(
                draft.name("share", "vote", "contribution"),
                draft.real,
                [Custom(draft.real, Interval(0.1, 1.0), f"{weight}[{here}]", weight)],
                depth=draw.choice((1, 2)),
            )
            sums = draft.output(draft.name("sums", "mass_per_bin", "weighted_bins"), draft.real, *shape, role="accumulate")
            draft.line(draw.choice((f"wp.atomic_add({sums}, {at}, {value.name})", f"{sums}[{at}] += {value.name}")))
            draft.numpy(f"total = np.zeros_like({sums})", f"np.add.at(total, {group}, {value.name}{skip})")
            results[sums] = "total"
        draft.results(**results)
    return draft.case(name, extents, grids(draw, extents))
