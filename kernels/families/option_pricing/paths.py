"""Simulated paths from given normal numbers: geometric Brownian motion and other processes, and the payoffs that depend on a path.

Sources: Glasserman, "Monte Carlo Methods in Financial Engineering"; Heston (1993); Cox, Ingersoll and Ross (1985).
"""

from __future__ import annotations

import math
from collections.abc import Callable

from kernels.case import Case
from kernels.domains import Uniform
from kernels.draw import Draw
from kernels.families.option_pricing.market import NORMALS, Market, paths_of, reported
from kernels.families.option_pricing.processes import process, step

PAYOFFS = ("european", "asian", "geometric", "lookback", "floating", "barrier", "barrier", "cliquet", "range", "final")


def path_payoff(draw: Draw) -> Case:
    """One kernel on simulated paths."""
    builders: tuple[Callable[[Draw], Case], ...] = (_path, _path, _path, _basket, process, process, step)
    return draw.choice(builders)(draw)


def _path(draw: Draw) -> Case:
    """One path of geometric Brownian motion and its payoff: European, Asian, lookback, barrier, cliquet."""
    m = Market(draw)
    draft = m.draft
    kind = draw.choice(PAYOFFS)
    steps = draw.integer(2, 8)
    name = draw.choice((f"{kind}_payoff", f"simulate_{kind}", f"{kind}_path", "gbm_paths"))
    draft.reserve(
        name, "s", "k", "drift", "diffusion", "payoff", "total", "top", "alive", "discount", "dt", "shock", "average", "low", "start"
    )
    z = draft.array(draft.name(*NORMALS), draft.real, "n", steps, domain=Uniform(-2.0, 2.0))
    spot = m.quantity("spot", 0.8, 1.2, arrays=("spots",), share=0.3)
    strike = m.quantity("strike", 0.8, 1.2, share=0.3)
    rate, vol = m.quantity("rate", 0.01, 0.08, share=0.2), m.quantity("vol", 0.15, 0.45, share=0.4)
    m.over(z)
    call = draw.chance(0.6)
    antithetic = draw.chance(0.2) and kind in ("european", "asian", "final")
    with m.threads():
        dt = str(draw.choice((0.1, 0.25, 0.05, 0.08)))
        m.formulas(f"drift = ({rate} - 0.5 * {vol} * {vol}) * {dt}", f"diffusion = {vol} * wp.sqrt({dt})")
        branches = (("", 1.0), ("_minus", -1.0)) if antithetic else (("", 1.0),)
        for suffix, _ in branches:
            _start(m, kind, spot, suffix)
        k = draft.name("t", "step", "j")
        with draft.loop(f"for {k} in range({steps}):"):
            draft.line(f"shock = {z}[{m.i}, {k}]")
            draft.numpy(f"shock = {z}[:, {k}]")
            for suffix, sign in branches:
                minus = "-" if sign < 0 else "+"
                m.formulas(f"s{suffix} = s{suffix} * wp.exp(drift {minus} diffusion * shock)")
                _watch(m, kind, suffix)
        for suffix, _ in branches:
            _payoff(m, kind, strike, spot, steps, suffix, call=call)
        if antithetic:
            m.formulas("payoff = 0.5 * (payoff + payoff_minus)")
        value = "payoff"
        if draw.chance(0.6):
            m.formulas(f"discount = wp.exp(-{rate} * {round(steps * float(dt), 2)})", "value = discount * payoff")
            value = "value"
        # The highest price that shocks of at most two deviations reach.
        top = 1.2 * math.exp(0.9 * math.sqrt(float(dt)) * steps + 0.08 * float(dt) * steps)
        reported(m, value, 0.0, 1.3 * top)
    return m.case(name, paths_of(draw))


def _start(m: Market, kind: str, spot: str, suffix: str) -> None:
    """The path's first price, and what is kept of the path."""
    draft = m.draft
    first = spot if spot[0].isalpha() else f"{draft.real.spelling}({spot})"
    draft.line(f"s{suffix} = {first}")
    draft.numpy(f"s{suffix} = {spot}")
    if kind in ("asian", "geometric", "cliquet"):
        draft.line(f"total{suffix} = {draft.zero()}")
        draft.numpy(f"total{suffix} = 0.0")
    if kind in ("lookback", "range", "floating"):
        draft.line(f"top{suffix} = {first}", *([f"low{suffix} = {first}"] if kind == "range" else []))
        draft.numpy(f"top{suffix} = {spot}", *([f"low{suffix} = {spot}"] if kind == "range" else []))
    if kind == "cliquet":
        draft.line(f"before{suffix} = {first}")
        draft.numpy(f"before{suffix} = {spot}")
    if kind == "barrier":
        draft.line(f"alive{suffix} = {draft.real.spelling}(1.0)")
        draft.numpy(f"alive{suffix} = np.ones(dim[0], {draft.precision})")


def _watch(m: Market, kind: str, suffix: str) -> None:
    """What one step adds to what is kept of the path."""
    draw, draft = m.draw, m.draft
    if kind == "asian":
        m.formulas(f"total{suffix} = total{suffix} + s{suffix}")
    elif kind == "geometric":
        m.formulas(f"total{suffix} = total{suffix} + wp.log(s{suffix})")
    elif kind in ("lookback", "range", "floating"):
        m.formulas(f"top{suffix} = wp.max(top{suffix}, s{suffix})")
        if kind == "range":
            m.formulas(f"low{suffix} = wp.min(low{suffix}, s{suffix})")
    elif kind == "cliquet":
        m.formulas(
            f"total{suffix} = total{suffix} + wp.clamp(s{suffix} / before{suffix} - 1.0, -0.031, 0.047)", f"before{suffix} = s{suffix}"
        )
    elif kind == "barrier":
        level = draw.choice((0.75, 1.15, 1.3, 0.85))
        sign = ">" if level > 1.0 else "<"
        draft.line(*draw.choice((
            (f"if s{suffix} {sign} {draft.number(level)}:", f"    alive{suffix} = {draft.zero()}"),
            (f"alive{suffix} = wp.where(s{suffix} {sign} {draft.number(level)}, {draft.zero()}, alive{suffix})",),
        )))  # fmt: skip
        draft.numpy(f"alive{suffix} = np.where(s{suffix} {sign} {level}, 0.0, alive{suffix})")


def _payoff(m: Market, kind: str, strike: str, spot: str, steps: int, suffix: str, *, call: bool) -> None:
    """The payoff of one path."""
    value = {
        "asian": f"total{suffix} / {float(steps)}",
        "geometric": f"wp.exp(total{suffix} / {float(steps)})",
        "lookback": f"top{suffix}",
    }.get(kind, f"s{suffix}")
    gain = f"({value}) - {strike}" if call else f"{strike} - ({value})"
    gain = gain.replace(f"(s{suffix})", f"s{suffix}").replace(f"(top{suffix})", f"top{suffix}")
    text = {
        "floating": f"top{suffix} - s{suffix}",
        "range": f"(top{suffix} - low{suffix}) / {strike}",
        "cliquet": f"wp.max(total{suffix}, 0.012)",
        "final": f"s{suffix}",
        "barrier": f"alive{suffix} * wp.max({gain}, 0.0)",
    }.get(kind, f"wp.max({gain}, 0.0)")
    m.formulas(f"payoff{suffix} = {text}")


def _basket(draw: Draw) -> Case:
    """Baskets of two or three correlated assets: averages, best, worst and spreads, by a Cholesky factor written out or in an array."""
    m = Market(draw)
    draft = m.draft
    assets = draw.choice((2, 3))
    kind = draw.choice(("basket", "best_of", "worst_of", "spread" if assets == 2 else "mountain"))
    name = draw.choice((f"{kind}_option", f"{kind}_payoff", f"simulate_{kind}"))
    letters = "abc"[:assets]
    draft.reserve(name, "payoff", "basket", "discount", *(f"{w}_{a}" for w in ("e", "s", "vol", "rho") for a in letters), "chol")
    z = draft.array(draft.name(*NORMALS), draft.real, "n", assets, domain=Uniform(-2.0, 2.0))
    m.over(z)
    spots = draft.array("spots", draft.real, assets, low=0.8, high=1.2)
    vols = draft.array("vols", draft.real, assets, low=0.15, high=0.45)
    chol = draft.array("cholesky", draft.real, assets, assets, low=0.2, high=0.9) if draw.chance(0.5) else ""
    weights = draft.array("weights", draft.real, assets, low=0.2, high=0.6) if kind == "basket" else ""
    strike = m.quantity("strike", 0.8, 1.2, share=0.4)
    rate = m.quantity("rate", 0.01, 0.08, share=0.2)
    time = draw.choice((0.5, 1.0, 2.0))
    rho = draw.real(0.2, 0.7)
    with m.threads():
        for row, a in enumerate(letters):
            terms = []
            if chol:
                terms = [f"{chol}[{row}, {c}] * {z}[{m.i}, {c}]" for c in range(row + 1)]
                numpy_terms = [f"{chol}[{row}, {c}] * {z}[:, {c}]" for c in range(row + 1)]
                kernel, reference = " + ".join(terms), " + ".join(numpy_terms)
            else:
                own, rest = round((1.0 - (rho if row else 0.0) ** 2) ** 0.5, 4), rho
                kernel = f"{z}[{m.i}, 0]" if row == 0 else f"{rest} * {z}[{m.i}, 0] + {own} * {z}[{m.i}, {row}]"
                reference = f"{z}[:, 0]" if row == 0 else f"{rest} * {z}[:, 0] + {own} * {z}[:, {row}]"
            draft.warp_formula(f"e_{a} = {kernel}")
            draft.numpy(f"e_{a} = {reference}")
            m.formulas(f"vol_{a} = {vols}[{row}]")
            growth = f"({rate} - 0.5 * vol_{a} * vol_{a}) * {time} + vol_{a} * {round(time**0.5, 4)} * e_{a}"
            m.formulas(f"s_{a} = {spots}[{row}] * wp.exp({growth})")
        names = [f"s_{a}" for a in letters]
        if kind == "basket":
            m.formulas(
                f"basket = {' + '.join(f'{weights}[{k}] * {s}' for k, s in enumerate(names))}", f"payoff = wp.max(basket - {strike}, 0.0)"
            )
        elif kind in ("best_of", "worst_of"):
            word = "max" if kind == "best_of" else "min"
            inner = names[0]
            for s in names[1:]:
                inner = f"wp.{word}({inner}, {s})"
            m.formulas(
                f"basket = {inner}", draw.choice((f"payoff = wp.max(basket - {strike}, 0.0)", f"payoff = wp.max({strike} - basket, 0.0)"))
            )
        elif kind == "spread":
            m.formulas(f"payoff = wp.max(s_a - s_b - 0.1 * {strike}, 0.0)")
        else:
            inner = f"wp.max({names[0]}, wp.max({names[1]}, {names[2]}))"
            m.formulas(f"basket = ({' + '.join(names)} - {inner}) / 2.0", f"payoff = wp.max(basket - {strike}, 0.0)")
        if draw.chance(0.5):
            m.formulas(f"discounted = wp.exp(-{rate} * {time}) * payoff")
            reported(m, "discounted", 0.0, 80.0)
        else:
            reported(m, "payoff", 0.0, 80.0)
    return m.case(name, paths_of(draw))
