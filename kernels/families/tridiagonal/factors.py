"""What elimination gives beside solutions: multipliers and pivots, continuants, counts of negative pivots, sweeps."""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.tridiagonal.lines import Lines, Right
from kernels.language.types import I32


def build_factors(draw: Draw, draft: Draft) -> Case:
    """What elimination gives beside solutions: multipliers and pivots, determinants by continuants, counts of negative pivots, sweeps."""
    kind = draw.choice(("pivots", "continuant", "sturm", "bidiagonal", "leading"))
    lines = Lines(draft, layouts=("rows", "columns", "flat"))
    at, i = lines.at, lines.i
    draft.reserve(
        "shift_here", "pivot", "count", "value", "before", "now", "sums", "shifted", "low_band", "main_band", "up_band", "products", "last"
    )
    if kind in ("bidiagonal", "sturm"):
        low, main, up = lines.array(draft.name("off", "side", "beta_in"), -0.8, 0.8), "", ""
    else:
        low, main, up = lines.bands()
    if kind == "bidiagonal":
        given = Right(lines, "rhs")
        lead = given.first
        reverse = draw.chance(0.5)
        out = lines.output(draft.name("x", "swept"))
    elif kind == "sturm":
        lead = main = lines.array(draft.name("main", "alpha_in"), -1.0, 4.0)
    else:
        lead = main
    shift = ""
    if kind in ("continuant", "pivots", "sturm") and (kind == "sturm" or draw.chance(0.5)):
        how = draw.choice(("knob", "knob", "each"))
        shift = (
            draft.knob(draft.name("shift", "sigma"), 0.3, 1.2).numpy()
            if how == "knob"
            else draft.array("shifts", draft.real, "systems", low=0.3, high=1.2)
        )
        each = how == "each"
    with lines.line_threads(lead):
        if kind == "bidiagonal":
            if reverse:
                draft.line(f"{out}[{at('n - 1')}] = {given.warp('n - 1')}", "for back in range(1, n):", f"    {i} = n - 1 - back")
                draft.line(f"    {out}[{at(i)}] = {given.warp(i)} - {low}[{at(i)}] * {out}[{at(f'{i} + 1')}]")
            else:
                draft.line(f"{out}[{at('0')}] = {given.warp('0')}", f"for {i} in range(1, n):")
                draft.line(f"    {out}[{at(i)}] = {given.warp(i)} - {low}[{at(i)}] * {out}[{at(f'{i} - 1')}]")
            draft.numpy(f"side, swept_all = {lines.view(low)}, ({given.numpy()}).copy()")
            order, step = ("range(length - 2, -1, -1)", "+ 1") if reverse else ("range(1, length)", "- 1")
            draft.numpy(
                f"for k in {order}:",
                f"    swept_all[:, k] = swept_all[:, k] - side[:, k] * swept_all[:, k {step}]",
                f"{out} = {lines.back('swept_all')}",
            )
        else:
            draft.numpy(f"low_band, main_band = {lines.view(low)}, {lines.view(main)}", *([f"up_band = {lines.view(up)}"] if up else []))
            middle = f"{main}[AT]"
            if shift:
                draft.numpy(f"main_band = main_band - {f'{shift}[:, None]' if each else shift}")
                if each:
                    draft.line(f"shift_here = {shift}[{lines.system}]")
                middle = draft.warp(f"({middle} - {'shift_here' if each else shift})")
            _factored(draw, draft, lines, kind, low, middle, up)
    return draft.case(draw.choice((f"tridiagonal_{kind}", f"{kind}_of_lines", f"line_{kind}")), ["systems"], lines.sizes())


def _factored(draw: Draw, draft: Draft, lines: Lines, kind: str, low: str, main: str, up: str) -> None:
    """The recurrences of elimination through memory; `main` is the pattern of a diagonal entry with `AT` for its index."""
    at, i = lines.at, lines.i
    if kind == "pivots":
        multipliers, pivots = lines.output(draft.name("multipliers", "l_out")), lines.output(draft.name("pivots", "u_out"))
        draft.line(f"{multipliers}[{at('0')}] = {draft.number(0.0)}", f"{pivots}[{at('0')}] = {main.replace('AT', at('0'))}")
        with draft.block(f"for {i} in range(1, n):"):
            draft.line(f"{multipliers}[{at(i)}] = {low}[{at(i)}] / {pivots}[{at(f'{i} - 1')}]")
            draft.line(f"{pivots}[{at(i)}] = {main.replace('AT', at(i))} - {multipliers}[{at(i)}] * {up}[{at(f'{i} - 1')}]")
        draft.numpy(
            "factors, firsts = [np.zeros_like(main_band[:, 0])], [main_band[:, 0]]",
            "for k in range(1, length):",
            "    factors.append(low_band[:, k] / firsts[-1])",
            "    firsts.append(main_band[:, k] - factors[-1] * up_band[:, k - 1])",
            f"{multipliers} = {lines.back('np.stack(factors, axis=1)')}",
            f"{pivots} = {lines.back('np.stack(firsts, axis=1)')}",
        )
        return
    if kind == "sturm":
        out = draft.output(draft.name("below", "negative_count"), I32, "systems")
        tiny = draft.number(0.001)
        draft.line("count = int(0)", f"pivot = {draft.real.spelling}(1.0)")
        with draft.block(f"for {i} in range(n):"):
            draft.line(f"now = {main.replace('AT', at(i))}")
            with draft.block(f"if {i} > 0:"):
                draft.line(f"now = now - {low}[{at(i)}] * {low}[{at(i)}] / pivot")
            with draft.block(f"if wp.abs(now) < {tiny}:"):
                draft.line(f"now = -{tiny}")
            with draft.block(f"if now < {draft.number(0.0)}:"):
                draft.line("count += 1")
            draft.line("pivot = now")
        draft.line(f"{out}[{lines.system}] = count")
        draft.numpy(
            f"{out}, pivot = np.zeros(main_band.shape[0], np.int32), 1.0",
            "for k in range(length):",
            "    now = main_band[:, k] - (low_band[:, k] ** 2 / pivot if k else 0.0)",
            "    pivot = np.where(np.abs(now) < 0.001, -0.001, now)",
            f"    {out} = {out} + (pivot < 0.0)",
            f"{out} = {out}.astype(np.int32)",
        )
        return
    # Continuants: determinants of the leading blocks, by a recurrence of three terms through memory.
    out = lines.output(draft.name("continuants", "minors"))
    scaled = draw.chance(0.6)
    size = draft.number(0.25)
    scale = f"{size} * " if scaled else ""
    squared = f"{draft.number(0.0625)} * " if scaled else ""
    draft.line(f"{out}[{at('0')}] = {scale}{main.replace('AT', at('0'))}")
    with draft.block(f"for {i} in range(1, n):"):
        draft.line(f"before = {draft.real.spelling}(1.0)")
        with draft.block(f"if {i} > 1:"):
            draft.line(f"before = {out}[{at(f'{i} - 2')}]")
        coupling = f"{squared}{low}[{at(i)}] * {up}[{at(f'{i} - 1')}]"
        draft.line(f"{out}[{at(i)}] = {scale}{main.replace('AT', at(i))} * {out}[{at(f'{i} - 1')}] - {coupling} * before")
    factor, square = ("0.25 * ", "0.0625 * ") if scaled else ("", "")
    draft.numpy(
        f"minors_all = [np.ones_like(main_band[:, 0]), {factor}main_band[:, 0]]",
        "for k in range(1, length):",
        f"    minors_all.append({factor}main_band[:, k] * minors_all[-1] - {square}low_band[:, k] * up_band[:, k - 1] * minors_all[-2])",
        f"{out} = {lines.back('np.stack(minors_all[1:], axis=1)')}",
    )
