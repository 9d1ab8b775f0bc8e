"""Transfers between grids of a multigrid method: restriction, prolongation, corrections, coarse coefficients, in one or two axes.

A coarse point I lies at the fine point 2 I; what lies beyond the ends counts as zero, or the nearest point stands for it.
"""

from __future__ import annotations

from collections.abc import Callable

from kernels.case import Case
from kernels.drafting.draft import Draft
from kernels.drafting.finish import finish
from kernels.draw import Draw
from kernels.families.tridiagonal.lines import FIELDS, PARAMETERS

OUTS = ("coarse_out", "fine_out", "transferred", "corrected")


def build_restriction(draw: Draw, draft: Draft) -> Case:
    """Fine to coarse: full weighting, half weighting, injection, means of cells, coefficients of faces; of a residual made on the way."""
    ndim = draw.choice((1, 1, 2, 2))
    kind = draw.choice(("full", "full", "cells", "half", "injection", "harmonic"))
    told = ndim == 1 and kind == "full" and draw.chance(0.5)
    i, j = draw.choice((("i", "j"), ("I", "J"), ("ci", "cj")))
    draft.reserve("fi", "fj", "total", "value", "di", "dj", "n", "m", "padded", "w", i, j, "count")
    cells = kind in ("cells", "harmonic")
    fine_extents = tuple(f"2 * {n}" if cells else f"2 * {n} - 1" for n in ("n", "m")[:ndim])
    fine = draft.array(draft.name("fine", "r_fine", "fine_u"), draft.real, *fine_extents, low=0.3 if kind == "harmonic" else -1.0, high=1.5)
    rhs = draft.array(draft.name("fine_rhs", "fine_f"), draft.real, *fine_extents) if draw.chance(0.3) and not cells else ""
    weights = draft.array("stencil", draft.real, 3, low=0.1) if told else ""
    dim = ("n", "m")[:ndim]
    here = f"{i}, {j}" if ndim == 2 else i
    draft.line(f"{here} = wp.tid()")
    fine_n = draft.extent("fine_n", fine, 0, size=fine_extents[0])
    fine_m = draft.extent("fine_m", fine, 1, size=fine_extents[1]) if ndim == 2 else ""
    draft.line(f"fi = 2 * {i}", *([f"fj = 2 * {j}"] if ndim == 2 else []))

    def read(at: str) -> str:
        return f"({rhs}[{at}] - {fine}[{at}])" if rhs else f"{fine}[{at}]"

    whole = f"{rhs} - {fine}" if rhs else fine
    if kind == "injection":
        draft.line(f"total = {read('fi, fj' if ndim == 2 else 'fi')}")
        draft.numpy(f"total = ({whole})[{', '.join(['::2'] * ndim)}]")
    elif cells:
        corners = [f"fi{a}, fj{b}" for a in ("", " + 1") for b in ("", " + 1")] if ndim == 2 else ["fi", "fi + 1"]
        blocks, axes = (f"-1, 2, {fine}.shape[1] // 2, 2", "(1, 3)") if ndim == 2 else ("-1, 2", "1")
        if kind == "cells":
            draft.warp_formula(f"total = {1.0 / len(corners)} * ({' + '.join(read(c) for c in corners)})")
            draft.numpy(f"total = {fine}.reshape({blocks}).mean(axis={axes})")
        else:
            one = draft.number(1.0)
            draft.line(f"total = {draft.number(float(len(corners)))} / ({' + '.join(f'{one} / {read(c)}' for c in corners)})")
            draft.numpy(f"total = 1.0 / (1.0 / {fine}).reshape({blocks}).mean(axis={axes})")
    else:
        taps: dict[tuple[int, ...], float] = {(-1,): 0.25, (0,): 0.5, (1,): 0.25}
        if ndim == 2:
            taps = {(a, b): 0.25 * 0.5 ** (abs(a) + abs(b)) for a in (-1, 0, 1) for b in (-1, 0, 1)}
        if ndim == 2 and kind == "half":
            taps = {(0, 0): 0.5, (1, 0): 0.125, (-1, 0): 0.125, (0, 1): 0.125, (0, -1): 0.125}
        _weighted(draw, draft, read, taps, fine_n, fine_m, weights)
        draft.numpy(f"count, padded = {fine}.shape, np.pad({whole}, 1)", "total = 0.0")
        for offset, weight in taps.items():
            part = ", ".join(f"{o + 1} : {o + 1} + count[{axis}] : 2" for axis, o in enumerate(offset))
            scale = f"{weights}[{offset[0] + 1}]" if weights else str(weight)
            draft.numpy(f"total = total + {scale} * padded[{part}]")
    value = draft.known("total", draft.real, -3.0, 3.0)
    if draw.chance(0.3):
        factor = draft.knob(draft.name("coarse_scale", "h_ratio"), 0.5, 4.0).numpy()
        draft.formula(f"total = {factor} * total")
    finish(draft, value, OUTS, here, dim, fields=FIELDS, parameters=PARAMETERS, share=0.8)
    return draft.case(draw.choice((f"restrict_{kind}", f"restriction_{ndim}d", f"{kind}_weighting")), dim, _sizes(draw, ndim))


def _weighted(
    draw: Draw, draft: Draft, read: Callable[[str], str], taps: dict[tuple[int, ...], float], fine_n: str, fine_m: str, weights: str
) -> None:
    """The weighted sum over the fine points around, those beyond the ends left out."""
    ndim = len(next(iter(taps)))
    loops = len(taps) == 3**ndim and draw.chance(0.5)
    draft.line(f"total = {draft.zero()}")
    if loops and ndim == 1:
        with draft.block("for di in range(3):"):
            draft.line("at = fi + di - 1")
            with draft.block(f"if at >= 0 and at < {fine_n}:"):
                weight = f"{weights}[di]" if weights else f"wp.where(di == 1, {draft.number(0.5)}, {draft.number(0.25)})"
                draft.line(f"total += {weight} * {read('at')}")
        return
    if loops:
        with draft.block("for di in range(3):"), draft.block("for dj in range(3):"):
            draft.line("at_i = fi + di - 1", "at_j = fj + dj - 1")
            with draft.block(f"if at_i >= 0 and at_j >= 0 and at_i < {fine_n} and at_j < {fine_m}:"):
                half, quarter = draft.number(0.5), draft.number(0.25)
                draft.line(
                    f"w = wp.where(di == 1, {half}, {quarter}) * wp.where(dj == 1, {half}, {quarter})", f"total += w * {read('at_i, at_j')}"
                )
        return
    for offset, size in taps.items():
        places = [f"f{x}{f' + {o}' if o > 0 else f' - {-o}' if o < 0 else ''}" for x, o in zip("ij", offset, strict=False)]
        tests = [
            f"{place} < {n}" if o > 0 else f"f{x} > 0"
            for place, o, n, x in zip(places, offset, (fine_n, fine_m), "ij", strict=False)
            if o != 0
        ]
        scale = f"{weights}[{offset[0] + 1}]" if weights else draft.number(size)
        line = f"total += {scale} * {read(', '.join(places))}"
        if tests:
            with draft.block(f"if {' and '.join(tests)}:"):
                draft.line(line)
        else:
            draft.line(line)


def _sizes(draw: Draw, ndim: int) -> list[dict[str, int]]:
    if ndim == 1:
        return [{"n": n, "m": 1} for n in (2, draw.choice((7, 11, 17)), draw.integer(66, 97))]
    return [{"n": n, "m": m} for n, m in ((2, 2), (3, draw.choice((5, 7))), (draw.choice((7, 9)), draw.choice((10, 11, 13))))]


def build_prolongation(draw: Draw, draft: Draft) -> Case:
    """Coarse to fine: linear, bilinear or constant interpolation at every fine point, alone or as a correction of a fine field."""
    ndim = draw.choice((1, 1, 2, 2))
    kind = draw.choice(("linear", "linear", "constant", "cubic" if ndim == 1 else "linear"))
    i, j = draw.choice((("i", "j"), ("fi", "fj"), ("row", "col")))
    draft.reserve(
        "ci",
        "cj",
        "total",
        "value",
        "low",
        "high",
        "a",
        "b",
        "c",
        "d",
        "n",
        "m",
        "at_i",
        "at_j",
        "left",
        "right",
        "odd",
        i,
        j,
        "before",
        "after",
    )
    coarse = draft.array(draft.name("coarse", "e_coarse", "coarse_u"), draft.real, *("n", "m")[:ndim])
    fine = draft.array(draft.name("fine_in", "u_fine"), draft.real, *("2 * n - 1", "2 * m - 1")[:ndim]) if draw.chance(0.5) else ""
    dim = ("2 * n - 1", "2 * m - 1")[:ndim]
    here = f"{i}, {j}" if ndim == 2 else i
    draft.line(f"{here} = wp.tid()")
    half = draft.number(0.5)
    if ndim == 1:
        draft.line(f"ci = {i} // 2")
        if kind == "constant":
            draft.line(f"value = {coarse}[ci]")
            draft.numpy(f"value = np.repeat({coarse}, 2)[:-1]")
        else:
            n = draft.extent("n", coarse)
            style = draw.choice(("branch", "where", "mean"))
            if kind == "cubic":
                draft.line(f"value = {coarse}[ci]")
                with draft.block(f"if {i} % 2 == 1:"):
                    draft.line(f"left = {coarse}[wp.max(ci - 1, 0)]", f"right = {coarse}[wp.min(ci + 2, {n} - 1)]")
                    draft.warp_formula(f"value = 0.5625 * ({coarse}[ci] + {coarse}[ci + 1]) - 0.0625 * (left + right)")
                draft.numpy(
                    f"value = np.repeat({coarse}, 2)[:-1]",
                    f"padded = np.pad({coarse}, 1, mode='edge')",
                    "value[1::2] = 0.5625 * (padded[1:-2] + padded[2:-1]) - 0.0625 * (padded[:-3] + padded[3:])",
                )
            else:
                if style == "branch":
                    draft.line(f"value = {coarse}[ci]")
                    with draft.block(f"if {i} % 2 == 1:"):
                        draft.line(f"value = {half} * (value + {coarse}[ci + 1])")
                elif style == "where":
                    draft.line(
                        f"left = {coarse}[ci]",
                        f"right = {coarse}[wp.min(ci + 1, {n} - 1)]",
                        f"value = wp.where(({i} & 1) == 1, {half} * (left + right), left)",
                    )
                else:
                    draft.line(f"left = {coarse}[ci]", f"right = {coarse}[({i} + 1) // 2]", f"value = {half} * (left + right)")
                draft.numpy(f"value = np.repeat({coarse}, 2)[:-1]", f"value[1::2] = 0.5 * ({coarse}[:-1] + {coarse}[1:])")
    else:
        draft.line(f"ci = {i} // 2", f"cj = {j} // 2")
        if kind == "constant":
            draft.line(f"value = {coarse}[ci, cj]")
            draft.numpy(f"value = np.repeat(np.repeat({coarse}, 2, axis=0), 2, axis=1)[:-1, :-1]")
        else:
            if draw.chance(0.5):
                draft.line(f"di = ({i} + 1) // 2", f"dj = ({j} + 1) // 2")
                corners = [f"{coarse}[{a}, {b}]" for a in ("ci", "di") for b in ("cj", "dj")]
                draft.warp_formula(f"value = 0.25 * ({' + '.join(corners)})")
            else:
                odd_i, odd_j = f"{i} % 2 == 1", f"{j} % 2 == 1"
                draft.line(f"value = {coarse}[ci, cj]")
                with draft.block(f"if {odd_i} and {odd_j}:"):
                    draft.warp_formula(f"value = 0.25 * (value + {coarse}[ci + 1, cj] + {coarse}[ci, cj + 1] + {coarse}[ci + 1, cj + 1])")
                with draft.block(f"elif {odd_i}:"):
                    draft.line(f"value = {half} * (value + {coarse}[ci + 1, cj])")
                with draft.block(f"elif {odd_j}:"):
                    draft.line(f"value = {half} * (value + {coarse}[ci, cj + 1])")
            draft.numpy(
                f"value = np.zeros((2 * {coarse}.shape[0] - 1, 2 * {coarse}.shape[1] - 1), {coarse}.dtype)",
                f"value[::2, ::2] = {coarse}",
                "value[1::2, ::2] = 0.5 * (value[:-1:2, ::2] + value[2::2, ::2])",
                "value[:, 1::2] = 0.5 * (value[:, :-1:2] + value[:, 2::2])",
            )
    if fine:
        weight = draft.knob(draft.name("correction_scale", "damping"), 0.4, 1.2).numpy()
        draft.line(f"before = {fine}[{here}]")
        draft.numpy(f"before = {fine}")
        draft.formula(f"value = before {draw.choice(('+', '-'))} {weight} * value")
    finish(draft, draft.known("value", draft.real, -3.0, 3.0), OUTS, here, dim, fields=FIELDS, parameters=PARAMETERS, share=0.8)
    return draft.case(draw.choice((f"prolong_{kind}", f"prolongation_{ndim}d", "coarse_correction")), dim, _sizes(draw, ndim))
