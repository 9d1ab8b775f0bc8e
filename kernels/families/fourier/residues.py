"""Transforms over residues: butterflies, coefficients and products modulo a prime, in exact integers."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.fourier.stages import _half, _stage_sizes
from kernels.language.types import I32, I64


def build_residues(draw: Draw, draft: Draft) -> Case:
    """Transforms over residues: a butterfly or a coefficient modulo a prime, in exact integers."""
    prime = draw.choice((257, 97, 12289, 7681, 998244353))
    wide = prime > 46340
    integer = I64 if wide else I32
    spelled = "wp.int64" if wide else "int"
    kind = draw.choice(("butterfly", "coefficient", "pointwise"))
    draft.reserve("half", "block", "i0", "i1", "u", "v", "total", "power", "numbers", "j", "k", "at", "n", "t")
    below = Integers(0, prime)
    x = draft.array(draft.name("x", "residues", "coeffs"), integer, "n", domain=below)
    p = str(prime) if not wide else f"wp.int64({prime})"
    if kind == "butterfly":
        w = draft.array(draft.name("roots", "twiddles"), integer, "half", domain=below)
        out = draft.output("y", integer, "n")
        draft.line("t = wp.tid()")
        half, told = _half(draw, draft)
        draft.line(f"block = t // {half}", f"i0 = t + block * {half}", f"i1 = i0 + {half}", f"u = {x}[i0]")
        # Turned before the sum and the difference, or the difference turned after.
        early, style = draw.chance(0.5), draw.choice(("where", "modulo", "branch"))
        turn = f"{w}[t - block * {half}]"
        draft.line(f"v = {x}[i1] * {turn} % {p}" if early else f"v = {x}[i1]")
        lower = draft.name("lower", "difference")
        if style == "branch":
            draft.line(f"{lower} = u - v")
            with draft.block("if u < v:"):
                draft.line(f"{lower} = u - v + {p}")
        else:
            draft.line(f"{lower} = (u - v + {p}) % {p}" if style == "modulo" else f"{lower} = wp.where(u >= v, u - v, u - v + {p})")
        factor = draw.integer(2, prime - 1) if draw.chance(0.4) else 0
        times = f" * {f'wp.int64({factor})' if wide else factor} % {p}" if factor and factor < 40000 else ""
        draft.line(f"{out}[i0] = (u + v) % {p}{times}", f"{out}[i1] = {lower}{f' * {turn} % {p}' if not early else ''}{times}")
        draft.numpy(
            f"half = {told}",
            f"numbers = {x}.astype(np.int64).reshape(-1, 2, half)",
            f"u, v = numbers[:, 0], numbers[:, 1]{f' * {w} % {prime}' if early else ''}",
            f"sides = np.stack((u + v, (u - v){'' if early else f' % {prime} * {w}'}), axis=1) % {prime}",
            f"{out} = (sides{f' * {factor} % {prime}' if times else ''}).reshape(-1)",
        )
        return draft.case(draw.choice(("ntt_stage", "modular_butterfly")), ["threads"], _stage_sizes(draw, 2))
    if kind == "coefficient":
        base = draw.integer(2, min(prime - 2, 200))
        out = draft.output("spectrum", integer, "n")
        draft.line("k = wp.tid()")
        n = draft.extent("n", x)
        draft.line(f"step = {spelled}(1)")
        with draft.block("for j in range(k):"):
            draft.line(f"step = step * {f'wp.int64({base})' if wide else base} % {p}")
        draft.line(f"power = {spelled}(1)", f"total = {spelled}(0)")
        with draft.block(f"for j in range({n}):"):
            draft.line(f"total = (total + {x}[j] * power) % {p}", f"power = power * step % {p}")
        scaled = draw.choice(("", "total * {q} % {p}", "({p} - total) % {p}", "(total + {x}[k]) % {p}"))
        if scaled:
            q = draw.integer(2, 90)
            draft.line(f"total = {scaled.format(q=f'wp.int64({q})' if wide else q, p=p, x=x)}")
        draft.line(f"{out}[k] = total")
        draft.numpy(
            f"points = np.array([pow({base}, k, {prime}) for k in range(len({x}))], np.int64)",
            f"{out} = np.zeros(len({x}), np.int64)",
            f"for digit in {x}[::-1]:",
            f"    {out} = ({out} * points + int(digit)) % {prime}",
        )
        if scaled:
            draft.numpy(f"{out} = {scaled.format(q=q, p=prime, x=x).replace('total', out).replace('[k]', '.astype(np.int64)')}")
        return draft.case(draw.choice(("ntt_naive", "evaluate_modular")), ["n"], [{"n": n} for n in (1, 7, draw.integer(17, 40))])
    other = draft.array(draft.name("y", "other"), integer, "n", domain=below)
    out = draft.output("product", integer, "n")
    draft.line("i = wp.tid()", f"u = {x}[i]", f"v = {other}[i]", f"total = u * v % {p}")
    lines = [f"total = {x}.astype(np.int64) * {other} % {prime}"]
    for _ in range(draw.integer(1, 3)):
        step = draw.choice(
            ("total = (total * total + u) % P", "total = (total * v) % P", "total = (total + P - v) % P", "total = (total + u) % P")
        )
        draft.line(step.replace("P", p))
        lines.append(step.replace("P", str(prime)).replace("u)", f"{x})").replace("v)", f"{other})"))
    draft.line(f"{out}[i] = total")
    draft.numpy(*lines, f"{out} = total")
    return draft.case(draw.choice(("modular_product", "ntt_pointwise")), ["n"], [{"n": n} for n in draw.sizes(190)])
