"""Alignment by dynamic programming: cells of an anti-diagonal, rows of a table, and whole tables of short words written out.

Sources: Levenshtein (1966); Needleman and Wunsch (1970); Smith and Waterman (1981); Gotoh (1982); Sakoe and Chiba (1978, time warping).
"""

from __future__ import annotations

from collections.abc import Callable

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.string_and_sequence.letters import LETTERS, diagonal_sizes
from kernels.families.string_and_sequence.tables import table_row, warping, whole
from kernels.language.expression import Expression
from kernels.language.types import I32, Type


def align(draw: Draw) -> Case:
    """One kernel of alignment."""
    builders: tuple[Callable[[Draw], Case], ...] = (_diagonal, _diagonal, _local, _affine, table_row, warping, whole, whole, _banded)
    return draw.choice(builders)(draw)


def _matching(draft: Draft, i: str, j: str) -> tuple[str, str, str, str]:
    """The two words and their letters at `i - 1` and `j - 1`: the words, and the kernel's texts of the letters."""
    first, second = draft.draw.choice((("a", "b"), ("query", "target"), ("source_word", "target_word"), ("pattern", "text")))
    kind = draft.draw.choice(LETTERS)
    draft.array(first, kind, "m", domain=Integers(0, 4))
    draft.array(second, kind, "n", domain=Integers(0, 4))
    return first, second, f"{first}[{i} - 1]", f"{second}[{j} - 1]"


def _diagonal(draw: Draw) -> Case:
    """One anti-diagonal of edit distance, longest common subsequence or global alignment: a thread per cell, from the two before."""
    draft = Draft(draw)
    kind = draw.choice(("edit", "edit", "lcs", "global", "damerau"))
    name = draw.choice(
        {"edit": ("edit_distance_diagonal", "levenshtein_step"), "lcs": ("lcs_diagonal", "lcs_wavefront")}.get(
            kind, (f"{kind}_diagonal", "align_wavefront")
        )
    )
    t = draft.name("t", "tid", "cell")
    draft.reserve(name, "i", "j", "cost", "best", "left", "up", "corner", "same", "score", "k", "earlier")
    first, second, x, y = _matching(draft, "i", "j")
    # Cell (i, j) of diagonal d = i + j is stored at place i of its array, with room for the borders.
    before = draft.array(draft.name("previous", "diag1", "last"), I32, "m + 1", domain=Integers(0, 30))
    corner = draft.array(draft.name("before_previous", "diag2", "second_last"), I32, "m + 1", domain=Integers(0, 30))
    earlier = draft.array("fourth_last", I32, "m + 1", domain=Integers(0, 30)) if kind == "damerau" else ""
    out = draft.output(draft.name("current", "next_diag", "cells_out"), I32, "cells")
    for count in ("d", "first"):
        draft.count(count)
    table = draft.array("substitution", I32, 4, 4, domain=Integers(-3, 5)) if kind == "global" and draw.chance(0.5) else ""
    gap = draft.value("gap", I32, Integers(1, 4)) if kind == "global" and draw.chance(0.6) else str(draw.integer(1, 3))
    with draft.threads((t, "cells", out, 0)):
        draft.line(f"i = first + {t}", "j = d - i")
        draft.numpy("i = first + np.arange(dim[0])", "j = d - i", f"same = {first}[i - 1] == {second}[j - 1]")
        draft.line(f"up = {before}[i - 1]", f"left = {before}[i]", f"corner = {corner}[i - 1]")
        draft.numpy(f"up, left, corner = {before}[i - 1], {before}[i], {corner}[i - 1]")
        if kind in ("edit", "damerau"):
            style = draw.choice(("where", "if", "branch"))
            if style == "where":
                draft.line(f"cost = wp.where({x} == {y}, 0, 1)", "best = wp.min(wp.min(up, left) + 1, corner + cost)")
            elif style == "if":
                draft.line("cost = int(1)", f"if {x} == {y}:", "    cost = 0", "best = wp.min(corner + cost, wp.min(up + 1, left + 1))")
            else:
                draft.line("best = int(corner)", f"if {x} != {y}:", "    best = 1 + wp.min(corner, wp.min(up, left))")
            draft.numpy("best = np.minimum(np.minimum(up, left) + 1, corner + np.where(same, 0, 1))")
            if style == "branch":
                draft.numpy("best = np.where(same, corner, 1 + np.minimum(corner, np.minimum(up, left)))")
            if kind == "damerau":
                swapped = f"{first}[i - 1] == {second}[j - 2] and {first}[i - 2] == {second}[j - 1]"
                draft.line("if i > 1 and j > 1:", f"    if {swapped}:", f"        best = wp.min(best, {earlier}[i - 2] + 1)")
                draft.numpy(f"swap = (i > 1) & (j > 1) & ({first}[i - 1] == {second}[j - 2]) & ({first}[i - 2] == {second}[j - 1])")
                draft.numpy(f"best = np.where(swap, np.minimum(best, {earlier}[np.maximum(i - 2, 0)] + 1), best)")
        elif kind == "lcs":
            draft.line(*draw.choice((
                ("best = int(0)", f"if {x} == {y}:", "    best = corner + 1", "else:", "    best = wp.max(up, left)"),
                ("best = wp.max(up, left)", f"if {x} == {y}:", "    best = corner + 1"),
                (f"best = wp.where({x} == {y}, corner + 1, wp.max(up, left))",),
            )))  # fmt: skip
            draft.numpy("best = np.where(same, corner + 1, np.maximum(up, left))")
        else:
            score, there = f"wp.where({x} == {y}, 2, -1)", "np.where(same, 2, -1)"
            if table:
                score, there = f"{table}[int({x}), int({y})]", f"{table}[{first}[i - 1].astype(int), {second}[j - 1].astype(int)]"
            draft.line(f"score = {score}", f"best = wp.max(corner + score, wp.max(up, left) - {gap})")
            draft.numpy(f"score = {there}", f"best = np.maximum(corner + score, np.maximum(up, left) - {gap})")
        draft.line(f"{out}[{t}] = best")
        draft.numpy(f"{out} = best.astype(np.int32)")
        if draw.chance(0.35):
            trace = draft.output("direction", I32, "cells")
            sign = "+ 1" if kind in ("edit", "damerau") else f"- {gap}" if kind == "global" else ""
            draft.line(
                "step = int(0)",
                f"if best == up{f' {sign}' if sign else ''}:",
                "    step = 1",
                f"elif best == left{f' {sign}' if sign else ''}:",
                "    step = 2",
                f"{trace}[{t}] = step",
            )
            draft.numpy(f"{trace} = np.where(best == up {sign}, 1, np.where(best == left {sign}, 2, 0)).astype(np.int32)")
        elif draw.chance(0.4):
            draft.output("largest", I32, 1, role="accumulate")
            draft.line("wp.atomic_max(largest, 0, best)")
            draft.numpy("largest = np.array([max(0, best.max())], np.int32)")
    return draft.case(name, ["cells"], diagonal_sizes(draw))


def _local(draw: Draw) -> Case:
    """One anti-diagonal of local alignment (Smith and Waterman): scores that do not fall below zero, real ones with a gradient."""
    draft = Draft(draw, smooth=True)
    real = draw.chance(0.5)
    type: Type = draft.real if real else I32
    t = draft.name("t", "tid", "cell")
    name = draw.choice(("smith_waterman_diagonal", "local_alignment_step", "sw_wavefront"))
    draft.reserve(name, "i", "j", "score", "best", "left", "up", "corner", "h", "weighted")
    first, second, x, y = _matching(draft, "i", "j")
    domain = None if real else Integers(0, 12)
    before = draft.array(draft.name("previous", "h1"), type, "m + 1", low=0.0, high=2.0, domain=domain)
    corner = draft.array(draft.name("before_previous", "h2"), type, "m + 1", low=0.0, high=2.0, domain=domain)
    table = draft.array(draft.name("substitution", "scoring"), type, 4, 4, low=-0.5, high=0.9, domain=None if real else Integers(-3, 5))
    gap = draft.knob("gap", 0.1, 0.6) if real else None
    gap_text = gap.warp() if gap is not None else str(draw.integer(1, 3))
    gap_numpy = gap.numpy() if gap is not None else gap_text
    out = draft.output(draft.name("h_out", "scores"), type, "cells")
    for count in ("d", "first"):
        draft.count(count)
    zero = draft.zero() if real else "0"
    with draft.threads((t, "cells", out, 0)):
        draft.line(f"i = first + {t}", "j = d - i")
        draft.numpy("i = first + np.arange(dim[0])", "j = d - i")
        draft.line(f"score = {table}[int({x}), int({y})]")
        draft.numpy(f"score = {table}[{first}[i - 1].astype(int), {second}[j - 1].astype(int)]")
        if real and draw.chance(0.5):
            weight = draft.array("position_weight", draft.real, "m", low=0.3)
            draft.line(f"score = score * {weight}[i - 1]")
            draft.numpy(f"score = score * {weight}[i - 1]")
        draft.line(f"corner = {corner}[i - 1] + score", f"up = {before}[i - 1] - {gap_text}", f"left = {before}[i] - {gap_text}")
        draft.numpy(f"corner, up, left = {corner}[i - 1] + score, {before}[i - 1] - {gap_numpy}, {before}[i] - {gap_numpy}")
        draft.line(*draw.choice((
            (f"h = wp.max({zero}, wp.max(corner, wp.max(up, left)))",),
            (f"h = {zero if real else 'int(0)'}", "if corner > h:", "    h = corner", "h = wp.max(h, up)", "h = wp.max(h, left)"),
        )))  # fmt: skip
        draft.numpy("h = np.maximum(0, np.maximum(corner, np.maximum(up, left)))")
        value: Expression = draft.known("h", type, 0.0, 3.0 if real else 20.0)
        if real and draw.chance(0.5):
            value = draft.fused("weighted", draft.real, [value, *draft.some_parameters(("scale",), 1)], smooth=True)
        draft.line(f"{out}[{t}] = {value.warp()}")
        draft.numpy(f"{out} = {value.numpy()}{'' if real else '.astype(np.int32)'}")
        if not real and draw.chance(0.6):
            draft.output("best_score", I32, 1, role="accumulate")
            draft.line("wp.atomic_max(best_score, 0, h)")
            draft.numpy("best_score = np.array([h.max()], np.int32)")
    return draft.case(name, ["cells"], diagonal_sizes(draw))


def _affine(draw: Draw) -> Case:
    """Affine gaps (Gotoh): three tables side by side, for matches and for gaps in either word, on one anti-diagonal."""
    draft = Draft(draw, smooth=True)
    real = draw.chance(0.5)
    type: Type = draft.real if real else I32
    t = draft.name("t", "tid", "cell")
    name = draw.choice(("gotoh_diagonal", "affine_gap_step", "affine_alignment"))
    draft.reserve(name, "i", "j", "score", "h", "e", "f")
    first, second, x, y = _matching(draft, "i", "j")
    domain = None if real else Integers(0, 15)
    arrays = {}
    for array in ("h1", "h2", "e1", "f1"):
        arrays[array] = draft.array(array, type, "m + 1", low=0.0, high=2.0, domain=domain)
    outs = [draft.output(f"{letter}_out", type, "cells") for letter in "hef"]
    for count in ("d", "first"):
        draft.count(count)
    if real:
        opening, extending = draft.knob("gap_open", 0.3, 0.9), draft.knob("gap_extend", 0.05, 0.25)
        opened, extended = (opening.warp(), opening.numpy()), (extending.warp(), extending.numpy())
        match = (draft.number(0.8), draft.number(-0.4))
    else:
        a, b = draw.integer(3, 6), draw.integer(1, 2)
        opened, extended, match = (str(a), str(a)), (str(b), str(b)), ("3", "-2")
    local = draw.chance(0.4)
    with draft.threads((t, "cells", outs[0], 0)):
        draft.line(f"i = first + {t}", "j = d - i", f"score = wp.where({x} == {y}, {match[0]}, {match[1]})")
        numbers = ("0.8", "-0.4") if real else match
        draft.numpy(
            "i = first + np.arange(dim[0])", "j = d - i", f"score = np.where({first}[i - 1] == {second}[j - 1], {numbers[0]}, {numbers[1]})"
        )
        draft.line(
            f"e = wp.max(h1[i] - {opened[0]}, e1[i] - {extended[0]})", f"f = wp.max(h1[i - 1] - {opened[0]}, f1[i - 1] - {extended[0]})"
        )
        draft.numpy(
            f"e = np.maximum(h1[i] - {opened[1]}, e1[i] - {extended[1]})",
            f"f = np.maximum(h1[i - 1] - {opened[1]}, f1[i - 1] - {extended[1]})",
        )
        draft.line("h = wp.max(h2[i - 1] + score, wp.max(e, f))")
        draft.numpy("h = np.maximum(h2[i - 1] + score, np.maximum(e, f))")
        if local:
            draft.line(f"h = wp.max(h, {draft.zero() if real else '0'})")
            draft.numpy("h = np.maximum(h, 0)")
        for out, value in zip(outs, "hef", strict=True):
            draft.line(f"{out}[{t}] = {value}")
            draft.numpy(f"{out} = {value}{'' if real else '.astype(np.int32)'}")
    return draft.case(name, ["cells"], diagonal_sizes(draw))


def _banded(draw: Draw) -> Case:
    """One row of a banded alignment: cells near the diagonal alone, from the row before, without the dependence along the row."""
    draft = Draft(draw)
    width = draw.choice((3, 5, 7))
    k = draft.name("k", "lane", "offset")
    r = draft.name("r", "pair", "problem")
    name = draw.choice(("banded_row", "band_update", "banded_alignment_step"))
    draft.reserve(name, k, r, "column", "best", "corner", "up", "score", "row")
    kind = draft.draw.choice(LETTERS)
    query = draft.array("query_letter", I32, "pairs", domain=Integers(0, 4))
    target = draft.array("targets", kind, "pairs", "n", domain=Integers(0, 4))
    before = draft.array("band_before", I32, "pairs", width, domain=Integers(0, 25))
    out = draft.output("band_out", I32, "pairs", width)
    row = draft.value("row", I32, lambda s: Integers(0, s["n"]))
    gap = draft.value("gap", I32, Integers(1, 4)) if draw.chance(0.5) else str(draw.integer(1, 3))
    table = draft.array("substitution", I32, 4, 4, domain=Integers(-3, 5)) if draw.chance(0.4) else ""
    draft.line(f"{r}, {k} = wp.tid()")
    if draw.chance(0.4):
        pairs = draft.count("pairs")
        draft.line(f"if {r} >= {pairs}:", "    return")
    draft.line(f"column = {row} + {k} - {width // 2}")
    n = draft.extent("n", target, 1)
    outside = draw.choice(("-1000", "-99"))
    draft.line(f"if column < 0 or column >= {n}:", f"    {out}[{r}, {k}] = {outside}", "    return")
    letter = f"int({target}[{r}, column])"
    if table:
        draft.line(f"score = {table}[{query}[{r}], {letter}]")
    else:
        draft.line(*draw.choice((
            (f"score = wp.where({letter} == {query}[{r}], 2, -1)",),
            ("score = int(-1)", f"if {letter} == {query}[{r}]:", "    score = 2"),
        )))  # fmt: skip
    draft.line(f"best = {before}[{r}, {k}] + score")
    above = f"{before}[{r}, {k} + 1] - {gap}"
    draft.line(f"if {k} + 1 < {width}:")
    draft.line(*draw.choice(((f"    best = wp.max(best, {above})",), (f"    up = {above}", "    if up > best:", "        best = up"))))
    floor = draw.chance(0.4)
    if floor:
        draft.line("best = wp.max(best, 0)")
    draft.line(f"{out}[{r}, {k}] = best")
    most = draft.output("row_best", I32, "pairs", role="accumulate") if draw.chance(0.4) else ""
    if most:
        draft.line(f"wp.atomic_max({most}, {r}, best)")
    draft.numpy(f"k = np.arange({width})", f"column = {row} + k - {width // 2}", f"inside = (column >= 0) & (column < {target}.shape[1])")
    draft.numpy(f"letter = {target}[:, np.clip(column, 0, {target}.shape[1] - 1)].astype(np.int64)")
    gained = f"{table}[{query}[:, None], letter]" if table else f"np.where(letter == {query}[:, None], 2, -1)"
    draft.numpy(f"best = {before} + {gained}")
    draft.numpy(
        f"shifted = np.concatenate([{before}[:, 1:] - {gap}, np.full((len({before}), 1), -10000)], axis=1)",
        "best = np.maximum(best, shifted)",
    )
    if floor:
        draft.numpy("best = np.maximum(best, 0)")
    draft.numpy(f"{out} = np.where(inside, best, {outside}).astype(np.int32)")
    if most:
        draft.numpy(f"{most} = np.maximum(np.where(inside, best, 0).max(axis=1), 0).astype(np.int32)")
    return draft.case(
        name,
        ["pairs", width],
        [{"pairs": p, "n": n_} for p, n_ in ((1, 2), (5, draw.choice((5, 7))), (draw.integer(11, 30), draw.integer(9, 20)))],
    )
