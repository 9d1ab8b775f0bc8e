"""Tridiagonal systems solved line by line: Thomas's algorithm in memory or in local vectors, factors, determinants, periodic lines.

Through memory each element is written once, and the gradient passes through; a line solved in place has none. Sources: Golub and Van Loan,
Matrix Computations, section 4.3; Press et al., Numerical Recipes, section 2.4 (periodic systems).
"""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.draft import Draft
from kernels.drafting.finish import Law
from kernels.draw import Draw
from kernels.families.tridiagonal.lines import DENSE, RIGHTS, SOLUTIONS, Lines, Right
from kernels.language.types import vector


def build_thomas(draw: Draw, draft: Draft) -> Case:
    """The whole algorithm per line: sweeps up and down, the scratch numbers kept as outputs, diagonals per line, shared or constant."""
    lines = Lines(draft)
    at, i = lines.at, lines.i
    shared = draw.choice(("own", "own", "constant", "symmetric"))
    low, main, up = ("off", "main", "off") if shared in ("symmetric", "constant") else ("", "", "")
    if shared == "own":
        low, main, up = lines.bands()
    elif shared == "symmetric":
        lines.array("off", -1.0, 1.0)
        lines.array("main", 3.0, 5.0)
    given = Right(lines)
    rhs = given.first
    shift = draft.knob(draft.name("sigma", "mass_term"), 0.1, 1.0).numpy() if shared == "own" and draw.chance(0.4) else ""
    outs = draw.choice((("c_prime", "d_prime"), ("cp", "dp"), ("gamma", "g")))
    for name in outs:
        lines.output(name)
    out = lines.output(draft.name(*SOLUTIONS))
    cp, dp = outs
    draft.reserve("inv", "denominator", "low_band", "main_band", "up_band", "right_all", "scratch_c", "scratch_d", "at")
    reciprocal = draw.chance(0.5)
    with lines.line_threads(rhs):
        if shared == "constant":
            values = draft.parameters(("off", -0.9, -0.3), ("main", 2.5, 4.0), struct="Stencil")
            below = values["off"].name
            middle = values["main"].name
            shape = lines.view(rhs)
            draft.numpy(
                f"low_band = np.full({shape}.shape, {below}, {rhs}.dtype)",
                "up_band = low_band",
                f"main_band = np.full({shape}.shape, {middle}, {rhs}.dtype)",
            )

            def band(which: str, k: str) -> str:
                return middle if which == "main" else below
        else:
            names = {"low": low, "main": main, "up": up}

            def band(which: str, k: str) -> str:
                if shared == "symmetric" and which == "up":
                    k = {"0": "1", i: f"{i} + 1"}[k]
                text = f"{names[which]}[{at(k)}]"
                return draft.warp(f"({text} + {shift})") if shift and which == "main" else text

            views = [lines.view(low), f"{lines.view(main)}{f' + {shift}' if shift else ''}", lines.view(up)]
            if shared == "symmetric":
                views[2] = f"np.concatenate([{views[0]}[:, 1:], {views[0]}[:, :1]], axis=1)"
            draft.numpy(*(f"{name}_band = {v}" for name, v in zip(("low", "main", "up"), views, strict=True)))
        draft.numpy(f"right_all = {given.numpy()}")
        draft.line(
            f"{cp}[{at('0')}] = {band('up', '0')} / {band('main', '0')}", f"{dp}[{at('0')}] = {given.warp('0')} / {band('main', '0')}"
        )
        with draft.block(f"for {i} in range(1, n):"):
            draft.line(f"denominator = {band('main', i)} - {band('low', i)} * {cp}[{at(f'{i} - 1')}]")
            if reciprocal:
                draft.warp_formula("inv = 1.0 / denominator")
            by = "* inv" if reciprocal else "/ denominator"
            up_here = band("up", i)
            if shared == "symmetric":
                draft.line(f"above = {draft.zero()}")
                with draft.block(f"if {i} + 1 < n:"):
                    draft.line(f"above = {up_here}")
                up_here = "above"
            draft.line(f"{cp}[{at(i)}] = {up_here} {by}")
            reduced = f"({given.warp(i)} - {band('low', i)} * {dp}[{at(f'{i} - 1')}])"
            draft.line(f"{dp}[{at(i)}] = {reduced} {by}")
        draft.line(f"{out}[{at('n - 1')}] = {dp}[{at('n - 1')}]")
        draft.line(
            "for back in range(1, n):",
            f"    {i} = n - 1 - back",
            f"    {out}[{at(i)}] = {dp}[{at(i)}] - {cp}[{at(i)}] * {out}[{at(f'{i} + 1')}]",
        )
        _reference(draft, lines, shared, cp, dp, out)
    name = draw.choice(("thomas_solve", "solve_tridiagonal", "tridiagonal_lines", f"thomas_{shared}"))
    return draft.case(name, ["systems"], lines.sizes(2 if shared == "symmetric" else 1))


def _reference(draft: Draft, lines: Lines, shared: str, cp: str, dp: str, out: str) -> None:
    """The solution by dense matrices; the scratch numbers by their recurrence, over all lines at once."""
    draft.reference_definitions.append(DENSE)
    last = "np.where(np.arange(length) + 1 < length, up_band, 0.0)" if shared == "symmetric" else "up_band"
    draft.numpy(
        f"above = {last}",
        "scratch_c, scratch_d = [], []",
        "for k in range(length):",
        "    pivot = main_band[:, k] - (low_band[:, k] * scratch_c[-1] if k else 0.0)",
        "    scratch_d.append((right_all[:, k] - (low_band[:, k] * scratch_d[-1] if k else 0.0)) / pivot)",
        "    scratch_c.append(above[:, k] / pivot)",
        f"{cp} = {lines.back('np.stack(scratch_c, axis=1)')}",
        f"{dp} = {lines.back('np.stack(scratch_d, axis=1)')}",
        "answer = np.linalg.solve(dense(low_band, main_band, up_band), right_all[..., None])[..., 0]",
        f"{out} = {lines.back('answer')}",
    )


def build_in_place(draw: Draw, draft: Draft) -> Case:
    """Thomas's algorithm in place: the right-hand sides become the solutions, which has no gradient; the factor may come from before."""
    lines = Lines(draft)
    at, i = lines.at, lines.i
    factored = draw.chance(0.4)
    low, main, up = lines.bands()
    rhs = draft.array(draft.name(*RIGHTS), draft.real, *lines.extents, role="inout")
    source = lines.array(draft.name("sources", "heat_in"), 0.2, 1.0) if draw.chance(0.6) else ""
    factor = draft.knob(draft.name("dt", "time_step"), 0.1, 0.8).numpy() if source and draw.chance(0.7) else ""
    scratch = "" if factored else lines.output(draft.name("work", "c_star", "scratch"), differentiable=False)
    draft.reserve("inv", "pivot", "low_band", "main_band", "up_band", "answer", "scratch_c")
    with lines.line_threads(rhs):
        draft.reference_definitions.append(DENSE)
        draft.numpy(f"low_band, main_band, up_band = {lines.view(low)}, {lines.view(main)}, {lines.view(up)}")

        def right(k: str) -> str:
            text = f"{rhs}[{at(k)}]"
            return draft.warp(f"({text} + {f'{factor} * ' if factor else ''}{source}[{at(k)}])") if source else text

        known = lines.view(rhs) + (f" + {f'{factor} * ' if factor else ''}{lines.view(source)}" if source else "")
        if factored:
            # Factors of the matrix: multipliers below, pivots on the diagonal, and what was above stays there.
            if source:
                draft.line(f"{rhs}[{at('0')}] = {right('0')}")
            with draft.block(f"for {i} in range(1, n):"):
                draft.line(f"{rhs}[{at(i)}] = {right(i)} - {low}[{at(i)}] * {rhs}[{at(f'{i} - 1')}]")
            draft.line(f"{rhs}[{at('n - 1')}] = {rhs}[{at('n - 1')}] / {main}[{at('n - 1')}]")
            with draft.block("for back in range(1, n):"):
                draft.line(
                    f"{i} = n - 1 - back", f"{rhs}[{at(i)}] = ({rhs}[{at(i)}] - {up}[{at(i)}] * {rhs}[{at(f'{i} + 1')}]) / {main}[{at(i)}]"
                )
            draft.numpy(
                "ones, zeros = np.ones_like(main_band), np.zeros_like(main_band)",
                "full = dense(low_band, ones, zeros) @ dense(zeros, main_band, up_band)",
            )
        else:
            draft.line(
                f"{scratch}[{at('0')}] = {up}[{at('0')}] / {main}[{at('0')}]", f"{rhs}[{at('0')}] = {right('0')} / {main}[{at('0')}]"
            )
            with draft.block(f"for {i} in range(1, n):"):
                draft.line(
                    f"pivot = {main}[{at(i)}] - {low}[{at(i)}] * {scratch}[{at(f'{i} - 1')}]", f"{scratch}[{at(i)}] = {up}[{at(i)}] / pivot"
                )
                draft.line(f"{rhs}[{at(i)}] = ({right(i)} - {low}[{at(i)}] * {rhs}[{at(f'{i} - 1')}]) / pivot")
            with draft.block("for back in range(1, n):"):
                draft.line(f"{i} = n - 1 - back", f"{rhs}[{at(i)}] -= {scratch}[{at(i)}] * {rhs}[{at(f'{i} + 1')}]")
            draft.numpy(
                "full, scratch_c = dense(low_band, main_band, up_band), []",
                "for k in range(length):",
                "    scratch_c.append(up_band[:, k] / (main_band[:, k] - (low_band[:, k] * scratch_c[-1] if k else 0.0)))",
                f"{scratch} = {lines.back('np.stack(scratch_c, axis=1)')}",
            )
        draft.numpy(f"answer = np.linalg.solve(full, ({known})[..., None])[..., 0]", f"{rhs} = {lines.back('answer')}")
    return draft.case(draw.choice(("thomas_in_place", "solve_lines_in_place", "tridiagonal_overwrite")), ["systems"], lines.sizes())


def build_short(draw: Draw, draft: Draft) -> Case:
    """Short lines of a known length in local vectors: natural splines, implicit diffusion, or given diagonals; periodic ones too."""
    n = draw.choice((3, 4, 4, 5, 6, 8))
    kind = draw.choice(("given", "diffusion", "spline", "periodic"))
    i = draw.choice(("tid", "s", "line"))
    vec = vector(draft.width, n).spelling
    draft.reserve(
        i,
        "cp",
        "dp",
        "x",
        "k",
        "r",
        "pivot",
        "low_k",
        "main_k",
        "r_k",
        "col_k",
        "bend",
        "corner",
        "zp",
        "side",
        "wide",
        "full",
        "right_all",
        "answer",
        "h",
        "q",
        "z",
        "fact",
        "first",
        "last",
    )
    values = draft.array(draft.name("u", "values", "samples", "rhs"), draft.real, "systems", n)
    if kind == "given":
        draft.array("lower", draft.real, "systems", n)
        draft.array("main", draft.real, "systems", n, low=3.0, high=5.0)
        draft.array("upper", draft.real, "systems", n)
    draft.line(f"{i} = wp.tid()")
    draft.guard(i, "systems", values)
    at = f"{i}, k"
    ratio = ""
    if kind in ("diffusion", "periodic"):
        ratio = draft.parameter(draft.name("ratio", "mesh_ratio", "alpha"), 0.2, 1.5).name
    elif kind == "spline":
        ratio = draft.parameter(draft.name("spacing", "knot_step"), 0.5, 2.0).name
    real = draft.real.spelling
    side, middle, right = {
        "given": (f"lower[{at}]", f"main[{at}]", f"{values}[{at}]"),
        "diffusion": (f"-{ratio}", f"1.0 + 2.0 * {ratio}", f"{values}[{at}]"),
        "periodic": (f"-{ratio}", f"1.0 + 2.0 * {ratio}", f"{values}[{at}]"),
        "spline": (f"{real}(1)", f"{real}(4)", f"6.0 * bend / ({ratio} * {ratio})"),
    }[kind]
    if kind == "spline":
        draft.numpy(
            f"wide = np.pad({values}, [(0, 0), (1, 1)], mode='edge')", f"right_all = 6.0 * np.diff(wide, 2, axis=1) / ({ratio} * {ratio})"
        )
    else:
        draft.numpy(f"right_all = {values}")
    before = Law(draft, draw.choice(("source_law", "forcing")), -3.0, 3.0) if draw.chance(0.55) else None
    if before is not None:
        draft.numpy(f"right_all = {before.numpy('right_all')}")
    periodic = kind == "periodic"
    vectors = ("cp", "dp", "x", "zp", "z") if periodic else ("cp", "dp", "x")
    draft.line(*(f"{name} = {vec}()" for name in vectors))
    with draft.block(f"for k in range({n}):"):
        if kind == "spline":
            ends = f"{values}[{i}, wp.min(k + 1, {n - 1})]", f"{values}[{i}, wp.max(k - 1, 0)]"
            draft.warp_formula(f"bend = {ends[0]} - 2.0 * {values}[{at}] + {ends[1]}")
        draft.warp_formula(f"low_k = {side}", f"main_k = {middle}", f"r_k = {right}")
        if before is not None:
            draft.line(f"r_k = {before.warp('r_k')}")
        if periodic:
            # The corners go into a column of their own (Sherman and Morrison), with -main on the first diagonal entry.
            draft.line(f"col_k = {draft.zero()}")
            with draft.block("if k == 0:"):
                draft.warp_formula("col_k = -main_k", "main_k = 2.0 * main_k")
            with draft.block(f"if k == {n - 1}:"):
                draft.warp_formula(f"col_k = -{ratio}", f"main_k = main_k + {ratio} * {ratio} / (1.0 + 2.0 * {ratio})")
        with draft.block("if k > 0:"):
            draft.line("main_k = main_k - low_k * cp[k - 1]", "r_k = r_k - low_k * dp[k - 1]")
            if periodic:
                draft.line("col_k = col_k - low_k * zp[k - 1]")
        draft.line(f"cp[k] = {f'upper[{at}]' if kind == 'given' else 'low_k'} / main_k", "dp[k] = r_k / main_k")
        if periodic:
            draft.line("zp[k] = col_k / main_k")
    with draft.block(f"for k in range({n - 1}, -1, -1):"):
        draft.line("r_k = dp[k]", *(["col_k = zp[k]"] if periodic else []))
        with draft.block(f"if k < {n - 1}:"):
            draft.line("r_k = r_k - cp[k] * x[k + 1]", *(["col_k = col_k - cp[k] * z[k + 1]"] if periodic else []))
        draft.line("x[k] = r_k", *(["z[k] = col_k"] if periodic else []))
    draft.reference_definitions.append(DENSE)
    if kind == "given":
        draft.numpy("full = dense(lower, main, upper)")
    elif kind == "spline":
        draft.numpy(f"full = dense(*np.broadcast_to(np.array([[[1.0]], [[4.0]], [[1.0]]], {values}.dtype), (3, 1, {n})))")
    else:
        draft.numpy(f"side = np.full((1, {n}), -{ratio}, {values}.dtype)", "full = dense(side, 1.0 + 0.0 * side - 2.0 * side, side)")
        if periodic:
            draft.numpy(f"full[:, 0, -1] = full[:, 0, -1] - {ratio}", f"full[:, -1, 0] = full[:, -1, 0] - {ratio}")
    draft.numpy("answer = np.linalg.solve(full, right_all[..., None])[..., 0]")
    if periodic:
        corner = f"{ratio} / (1.0 + 2.0 * {ratio})"
        draft.warp_formula(
            f"corner = {corner}", f"fact = (x[0] + corner * x[{n - 1}]) / (1.0 + z[0] + corner * z[{n - 1}])", "x = x - fact * z"
        )
    out = draft.output(draft.name("x_out", "solution", "second_derivative" if kind == "spline" else "u_next"), draft.real, "systems", n)
    law = Law(draft, draw.choice(("limiter", "response")), -6.0, 6.0) if draw.chance(0.6) else None
    with draft.block(f"for k in range({n}):"):
        draft.line(f"{out}[{at}] = {law.warp('x[k]') if law is not None else 'x[k]'}")
    draft.numpy(f"{out} = {law.numpy('answer') if law is not None else 'answer'}")
    name = draw.choice((f"{kind}_lines_{n}", f"{kind}_tridiagonal", "short_thomas"))
    return draft.case(name, ["systems"], [{"systems": s} for s in draw.sizes(90)])
