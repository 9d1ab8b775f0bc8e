"""Tables of dynamic programming: rows of knapsacks, coins and paths, time warping, and whole tables of short words."""

from __future__ import annotations

from contextlib import nullcontext

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.string_and_sequence.letters import LETTERS, diagonal_sizes
from kernels.language.expression import Expression
from kernels.language.interval import Interval
from kernels.language.types import I32, Type


def table_row(draw: Draw) -> Case:
    """One row of a table that needs the row before alone: knapsack, coin change, grid paths, longest runs in common, subset sums."""
    draft = Draft(draw, smooth=True)
    kind = draw.choice(("knapsack", "coins", "paths", "common_substring", "subset", "stairs", "chain"))
    w = draft.name("w", "capacity", "i")
    name = draw.choice((f"{kind}_row", f"{kind}_update", f"dp_{kind}"))
    real = kind in ("knapsack", "paths", "chain") and draw.chance(0.7)
    type: Type = draft.real if real else I32
    draft.reserve(name, "best", "take", "keep", "cost", "value", "count", "a", "b", "c")
    previous = draft.array(
        draft.name("previous", "row_before", "best_before"), type, "n", low=0.1, high=2.0, domain=None if real else Integers(0, 50)
    )
    out = draft.output(draft.name("row_out", "current", "best_out"), type, "n")
    with draft.threads((w, "n", previous, 0)):
        draft.line(f"keep = {previous}[{w}]")
        draft.numpy(f"keep, i = {previous}, np.arange(len({previous}))")
        if kind in ("knapsack", "subset", "coins"):
            weight = draft.value("item_weight", I32, Integers(1, 6))
            gain = (draft.knob("item_value", 0.2, 0.9) if real else None) if kind == "knapsack" else None
            gain_text = gain.warp() if gain is not None else str(draw.integer(2, 9))
            gain_numpy = gain.numpy() if gain is not None else gain_text
            step = {
                "knapsack": ("take + " + gain_text, "take + " + gain_numpy),
                "coins": ("take + 1", "take + 1"),
                "subset": ("take", "take"),
            }[kind]
            join, joined = {"knapsack": ("wp.max", "np.maximum"), "coins": ("wp.min", "np.minimum"), "subset": ("wp.max", "np.maximum")}[
                kind
            ]
            draft.line(
                "best = keep" if real else "best = int(keep)",
                f"if {w} >= {weight}:",
                f"    take = {previous}[{w} - {weight}]",
                f"    best = {join}(keep, {step[0]})",
            )
            draft.numpy(
                f"take = {previous}[np.maximum(i - {weight}, 0)]", f"best = np.where(i >= {weight}, {joined}(keep, {step[1]}), keep)"
            )
        elif kind == "common_substring":
            letter = draft.value("letter", I32, Integers(0, 3))
            text = draft.array("text", I32, "n", domain=Integers(0, 3))
            draft.line(
                "best = int(0)",
                f"if {text}[{w}] == {letter}:",
                "    best = 1",
                f"    if {w} > 0:",
                f"        best = {previous}[{w} - 1] + 1",
            )
            draft.numpy(
                f"shifted = np.concatenate([[0], {previous}[:-1]])", f"best = np.where({text} == {letter}, shifted + 1, 0).astype(np.int32)"
            )
        elif kind in ("paths", "chain"):
            cost = draft.array("cost", type, "n", low=0.1, domain=None if real else Integers(0, 9))
            reach = draw.choice((1, 2))
            join, joined = draw.choice((("wp.min", "np.minimum"), ("wp.max", "np.maximum")))
            draft.line("best = keep" if real else "best = int(keep)")
            draft.numpy("best = keep")
            last = draft.extent("n", previous)
            for step_size in range(1, reach + 1):
                for sign in ("-", "+") if kind == "paths" else ("-",):
                    test = f"{w} >= {step_size}" if sign == "-" else f"{w} + {step_size} < {last}"
                    draft.line(f"if {test}:", f"    best = {join}(best, {previous}[{w} {sign} {step_size}])")
                    inside = f"i >= {step_size}" if sign == "-" else f"i + {step_size} < len(i)"
                    draft.numpy(
                        f"best = np.where({inside}, {joined}(best, {previous}[np.clip(i {sign} {step_size}, 0, len(i) - 1)]), best)"
                    )
            draft.line(f"best = best + {cost}[{w}]")
            draft.numpy(f"best = best + {cost}")
        else:
            draft.line("count = int(keep)")
            draft.numpy("count = keep")
            for step_size in range(1, draw.integer(2, 3)):
                draft.line(f"if {w} >= {step_size}:", f"    count += {previous}[{w} - {step_size}]")
                draft.numpy(f"count = count + np.where(i >= {step_size}, {previous}[np.maximum(i - {step_size}, 0)], 0)")
            modulus = draw.choice((97, 1009))
            draft.both(f"best = count % {modulus}")
        value: Expression = draft.known("best", type, 0.0, 4.0 if real else 1100.0)
        if draw.chance(0.4):
            value = draft.fused("updated", type, [value], smooth=True, domain=Interval(-1e5, 1e5))
        draft.line(f"{out}[{w}] = {value.warp()}")
        draft.numpy(f"{out} = {value.numpy()}")
        if kind == "knapsack" and draw.chance(0.4):
            draft.output("taken", I32, "n")
            draft.line(f"taken[{w}] = wp.where(best > keep, 1, 0)")
            draft.numpy("taken = (best > keep).astype(np.int32)")
    return draft.case(name, ["n"], [{"n": n} for n in draw.sizes(120)])


def warping(draw: Draw) -> Case:
    """Dynamic time warping and discrete Frechet distances: one anti-diagonal of real costs, with a gradient to both series."""
    draft = Draft(draw, smooth=True)
    t = draft.name("t", "tid", "cell")
    kind = draw.choice(("warping", "warping", "frechet", "soft", "erp"))
    name = draw.choice((f"{kind}_diagonal", "dtw_step", f"{kind}_wavefront"))
    draft.reserve(name, "i", "j", "gap", "cost", "best", "up", "left", "corner", "total")
    draft.array("x", draft.real, "m")
    draft.array("y", draft.real, "n")
    before = draft.array(draft.name("previous", "d1"), draft.real, "m + 1", low=0.0, high=2.0)
    corner = draft.array(draft.name("before_previous", "d2"), draft.real, "m + 1", low=0.0, high=2.0)
    out = draft.output(draft.name("cost_out", "distance_out"), draft.real, "cells")
    for count in ("d", "first"):
        draft.count(count)
    with draft.threads((t, "cells", out, 0)):
        draft.line(f"i = first + {t}", "j = d - i", "gap = x[i - 1] - y[j - 1]")
        draft.numpy("i = first + np.arange(dim[0])", "j = d - i", "gap = x[i - 1] - y[j - 1]")
        draft.known("gap", draft.real, -2.0, 2.0)
        cost = draft.let("cost", draw.choice(("gap * gap", "abs(gap)", "gap * gap / (1.0 + gap * gap)")))
        if draw.chance(0.4):
            cost = draft.fused("weighted", draft.real, [cost, *draft.some_parameters(("scale",), 1)], smooth=True)
        draft.line(f"up = {before}[i - 1]", f"left = {before}[i]", f"corner = {corner}[i - 1]")
        draft.numpy(f"up, left, corner = {before}[i - 1], {before}[i], {corner}[i - 1]")
        for n in ("up", "left", "corner"):
            draft.known(n, draft.real, 0.0, 2.0)
        draft.scope["cost"] = cost
        if kind == "soft":
            draft.let("best", "-log(exp(-up) + exp(-left) + exp(-corner))")
            draft.formula(f"total = best + {cost.name}")
        elif kind == "frechet":
            draft.formula("best = wp.min(corner, wp.min(up, left))", f"total = wp.max({cost.name}, best)")
        elif kind == "erp":
            penalty = draft.knob("penalty", 0.1, 0.5)
            draft.line(f"best = wp.min(corner, wp.min(up, left) + {penalty.warp()})")
            draft.numpy(f"best = np.minimum(corner, np.minimum(up, left) + {penalty.numpy()})")
            draft.formula(f"total = best + {cost.name}")
        else:
            draft.formula("best = wp.min(wp.min(up, left), corner)", f"total = {cost.name} + best")
        draft.line(f"{out}[{t}] = total")
        draft.numpy(f"{out} = total")
    return draft.case(name, ["cells"], diagonal_sizes(draw))


def whole(draw: Draw) -> Case:
    """The whole table of two short words per thread, its row in scalars: edit distance, common subsequence, alignment, warping."""
    draft = Draft(draw, smooth=True)
    kind = draw.choice(("edit", "lcs", "global", "warping"))
    m, n = draw.integer(2, 5), draw.integer(2, 5)
    looped = draw.chance(0.5)
    i = draft.name("i", "pair", "tid")
    name = draw.choice((f"{kind}_short", f"{kind}_words", f"pairwise_{kind}"))
    real = kind == "warping"
    cells = [f"c{k}" for k in range(n + 1)]
    draft.reserve(name, *cells, "corner", "up", "x", "cost", "row", "best", "table", "y", *(f"y{k}" for k in range(n)))
    type: Type = draft.real if real else draw.choice(LETTERS)
    a = draft.array(draft.name("first_words", "queries", "rows_a"), type, "pairs", m, domain=None if real else Integers(0, 3))
    b = draft.array(draft.name("second_words", "targets", "rows_b"), type, "pairs", n, domain=None if real else Integers(0, 3))
    out = draft.output(draft.name("distance_out", "score_out"), draft.real if real else I32, "pairs")
    far = "8.0"
    with draft.threads((i, "pairs", a, 0)):
        start = {"edit": "{k}", "lcs": "0", "global": "-{k}", "warping": far}[kind]
        for k, cell in enumerate(cells):
            border = start.format(k=k) if k or not real else "0.0"
            draft.line(f"{cell} = {f'{draft.real.spelling}({border})' if real else f'int({border})'}")
        if draw.chance(0.5):
            draft.line(*(f"y{k} = {b}[{i}, {k}]" for k in range(n)))
            other = [f"y{k}" for k in range(n)]
        else:
            other = [f"{b}[{i}, {k}]" for k in range(n)]
        with draft.block(f"for row in range({m}):") if looped else nullcontext():
            for row in ("row",) if looped else range(m):
                draft.line(f"x = {a}[{i}, {row}]", "corner = c0" if real else "corner = int(c0)")
                edge = {
                    "edit": f"{row} + 1" if looped else str(int(row) + 1),
                    "lcs": "0",
                    "global": f"-({row} + 1)" if looped else str(-int(row) - 1),
                }
                draft.line(f"c0 = {draft.number(float(far))}" if real else f"c0 = {edge[kind]}")
                for k in range(n):
                    draft.line(f"up = {cells[k + 1]}" if real else f"up = int({cells[k + 1]})")
                    same = f"x == {other[k]}"
                    left = cells[k]
                    text = {
                        "edit": f"wp.min(wp.min(up, {left}) + 1, corner + wp.where({same}, 0, 1))",
                        "lcs": f"wp.where({same}, corner + 1, wp.max(up, {left}))",
                        "global": f"wp.max(wp.max(up, {left}) - 1, corner + wp.where({same}, 2, -1))",
                        "warping": f"(x - {other[k]}) * (x - {other[k]}) + wp.min(corner, wp.min(up, {left}))",
                    }[kind]
                    draft.line(f"{cells[k + 1]} = {text}", "corner = up")
        # The reference fills the table cell by cell, for all pairs at once.
        zero = f"np.full(({m + 1}, {n + 1}, len({a})), {far if real else 0}, {f'{a}.dtype' if real else 'np.int64'})"
        draft.numpy(f"table = {zero}")
        if real:
            draft.numpy("table[0, 0] = 0.0")
        elif kind in ("edit", "global"):
            sign = "" if kind == "edit" else "-"
            draft.numpy(f"table[:, 0], table[0] = {sign}np.arange({m + 1})[:, None], {sign}np.arange({n + 1})[:, None]")
        draft.numpy(
            f"for r in range({m}):",
            f"    for c in range({n}):",
            f"        same = {a}[:, r] == {b}[:, c]",
            "        up, left, corner = table[r, c + 1], table[r + 1, c], table[r, c]",
        )
        text = {
            "edit": "np.minimum(np.minimum(up, left) + 1, corner + np.where(same, 0, 1))",
            "lcs": "np.where(same, corner + 1, np.maximum(up, left))",
            "global": "np.maximum(np.maximum(up, left) - 1, corner + np.where(same, 2, -1))",
            "warping": f"({a}[:, r] - {b}[:, c]) ** 2 + np.minimum(corner, np.minimum(up, left))",
        }[kind]
        draft.numpy(f"        table[r + 1, c + 1] = {text}", f"best = table[{m}, {n}]")
        draft.line(f"best = {cells[n]}" if real else f"best = int({cells[n]})")
        value: Expression = draft.known("best", draft.real if real else I32, *((0.0, 12.0) if real else (-5, 10)))
        if real and draw.chance(0.5):
            weight = draft.array("weight", draft.real, "pairs", low=0.2)
            value = draft.fused("scored", draft.real, [value, draft.load("w", weight, i, 0.2, 1.0)], smooth=True)
        draft.line(f"{out}[{i}] = {value.warp()}")
        draft.numpy(f"{out} = {value.numpy()}{'' if real else '.astype(np.int32)'}")
        if not real and draw.chance(0.4):
            limit = draw.integer(1, 3)
            draft.output("similar", I32, "pairs")
            sign = "<=" if kind == "edit" else ">="
            draft.line(f"similar[{i}] = wp.where(best {sign} {limit}, 1, 0)")
            draft.numpy(f"similar = (best {sign} {limit}).astype(np.int32)")
    return draft.case(name, ["pairs"], [{"pairs": p} for p in draw.sizes(80)])
