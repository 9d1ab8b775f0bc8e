"""Monte Carlo estimators on Warp's random numbers: areas, integrals, option prices, random walks, resampling and noise.

Variants: how threads are seeded, one sample per thread with atomics or several in a loop (state carried or new), plain, antithetic,
stratified, and importance sampling, uniform, integer and normal numbers, payoffs and paths, lattice and Gaussian walks with and without
stopping, bootstrap, noise and dropout.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from kernels.case import Case
from kernels.domains import Constant, Uniform
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.monte_carlo.random_walks import build_walk
from kernels.families.monte_carlo.sampler import Sampler, finished_case, own_terms, start_total, store_single
from kernels.language.expression import Expression, variable
from kernels.language.interval import Interval
from kernels.language.types import I32


def build(draw: Draw) -> Case:
    """One Monte Carlo kernel."""
    forms: tuple[Callable[[Draw, Draft, Sampler], Case], ...] = (_area, _integral, _option, build_walk, _resample, _noise)
    form = draw.weighted(forms, (3, 5, 4, 3, 3, 3))
    # Normal numbers are made in float32: kernels that use them are float32 throughout.
    draft = Draft(draw, width="float32" if form in (_option, build_walk, _noise) else None, without=("normalize",))
    i = draw.choice(("tid", "i", "thread", "path"))
    draft.line(f"{i} = wp.tid()")
    draft.numpy(f"{i} = np.arange(dim[0])")
    sampler = Sampler(draft, i)
    if draw.chance(0.25):
        count = draft.count(draw.choice(("n", "num_threads")), "n")
        with draft.block(f"if {i} >= {count}:"):
            draft.line("return")
    return form(draw, draft, sampler)


def _area(draw: Draw, draft: Draft, sampler: Sampler) -> Case:
    """Counts the samples in a region: the circle for pi, a ball, an ellipse, or below a drawn curve."""
    region = draw.choice(("circle", "ball", "ellipse", "curve", "curve"))
    hits = draw.choice(("hits", "inside", "count"))
    single = draw.chance(0.3)

    def sample() -> str:
        low = draw.choice((0.0, -1.0))
        x = sampler.uniform("x", low, 1.0)
        sampler.uniform("y", low, 1.0)
        if region == "curve":
            height = draft.fused("level", draft.real, [x], domain=Interval(-20.0, 20.0))
            middle = 0.5 * (height.range.low + height.range.high)
            return draw.choice((f"y < {height.name}", f"{height.name} > {round(0.3 * middle, 2)} * y"))
        if region == "ball":
            sampler.uniform("z", low, 1.0)
            draft.formula("r2 = x * x + y * y + z * z")
            return "r2 <= 1.0"
        draft.formula("r2 = x * x + y * y" if region == "circle" else f"r2 = x * x / {draw.real(0.4, 0.9)} + y * y")
        return draw.choice(("r2 <= 1.0", "wp.sqrt(r2) < 1.0"))

    def numpy(test: str) -> str:
        return test.replace("wp.", "np.")

    if single:
        sampler.start()
        test = sample()
        total = draft.output("total_hits", I32, "one", role="accumulate")
        with draft.block(f"if {draft.warp(test)}:"):
            draft.line(f"wp.atomic_add({total}, 0, 1)")
        draft.numpy(f"{total} = np.sum({numpy(test)}).astype(np.int32).reshape(1)")
        return finished_case(draft, sampler, f"{region}_hits")
    start_total(draft, hits, whole=True)
    with sampler.samples(carried=True, count=8):
        test = sample()
        with draft.block(f"if {draft.warp(test)}:"):
            draft.line(f"{hits} += 1")
        draft.numpy(f"{hits} = {hits} + np.where({numpy(test)}, 1, 0).astype(np.int32)")
    if draw.chance(0.5):
        draft.store(draft.output("hits_out", I32, "n"), sampler.i, hits)
    draft.line(f"share = {draft.cast(hits)} / {sampler.count}")
    draft.numpy(f"share = {hits}.astype({draft.precision}) / {sampler.numpy_count}")
    result = draft.fused(
        "estimate", draft.real, [variable("share", draft.real, 0.0, 1.0), *(own_terms(draft, sampler.i) if sampler.static else [])]
    )
    draft.store(draft.output(draw.choice(("area", "pi_estimate", "volume")), draft.real, "n"), sampler.i, result.name)
    return finished_case(draft, sampler, f"estimate_{region}")


def _integral(draw: Draw, draft: Draft, sampler: Sampler) -> Case:
    """The mean of a drawn integrand, by plain, antithetic, stratified or importance sampling."""
    own = own_terms(draft, sampler.i)
    way = draw.choice(("plain", "range", "antithetic", "stratified", "importance", "gaussian" if draft.width == "float32" else "plain"))
    single = way != "stratified" and draw.chance(0.35)
    if not single:
        start_total(draft, "total")

    def integrand() -> str:
        if way == "gaussian":
            x = sampler.normal("x")
        elif way == "range":
            x = sampler.uniform("x", draw.choice((-1.0, -2.0, 0.5)), draw.choice((1.0, 3.0)))
        elif way == "importance":
            sampler.uniform("u")
            draft.formula("x = -wp.log(1.0 - 0.99 * u)")
            x = variable("x", draft.real, 0.0, 4.7)
        else:
            x = sampler.uniform("u")
            if way == "stratified":
                draft.line(f"x = ({draft.cast(sampler.counter)} + u) / {sampler.count}")
                draft.numpy(f"x = ({sampler.counter} + u) / {sampler.numpy_count}")
                x = variable("x", draft.real, 0.0, 1.0)
        value = draft.fused("value", draft.real, [x, *own], domain=Interval(-200.0, 200.0))
        if way == "importance":
            draft.formula("weighted = value * wp.exp(-x)")
            return "weighted"
        if way == "antithetic":
            draft.formula("mirror = 1.0 - u")
            for lines in (draft.kernel, draft.reference):
                same = next(line for line in reversed(lines) if line.strip().startswith("value ="))
                lines.append(re.sub(r"\bu\b", "mirror", same).replace("value =", "opposite =", 1))
            draft.formula("paired = 0.5 * (value + opposite)")
            return "paired"
        return value.name

    if single:
        sampler.start()
        value = integrand()
        return store_single(draw, draft, sampler, value, f"integrate_{way}")
    with sampler.samples(carried=False):
        value = integrand()
        draft.line(f"total += {value}")
        draft.numpy(f"total = total + {value}")
    draft.line(f"mean = total / {sampler.count}")
    draft.numpy(f"mean = total / {sampler.numpy_count}")
    result = "mean"
    if sampler.static and draw.chance(0.5):
        result = draft.fused("estimate", draft.real, [variable("mean", draft.real, -200.0, 200.0)]).name
    draft.store(draft.output(draw.choice(("integral", "estimate_out", "mean_out")), draft.real, "n"), sampler.i, result)
    return finished_case(draft, sampler, f"integrate_{way}")


def _option(draw: Draw, draft: Draft, sampler: Sampler) -> Case:
    """Option payoffs on paths of geometric Brownian motion (Black and Scholes), at maturity or along the path."""
    s0 = draft.load("s", draft.array(draw.choice(("spot", "s0")), draft.real, "n", domain=Uniform(0.8, 1.2)), sampler.i, 0.8, 1.2).name
    strike = draft.load("k", draft.array("strike", draft.real, "n", domain=Uniform(0.8, 1.2)), sampler.i, 0.8, 1.2).name
    values = draft.parameters(("rate", 0.01, 0.1), ("sigma", 0.1, 0.5), ("maturity", 0.2, 2.0), struct="Market")
    rate, sigma, maturity = (values[name].name for name in ("rate", "sigma", "maturity"))
    style = draw.choice(("european", "european", "antithetic", "asian", "lookback"))
    payoff = draw.choice(("call", "put", "straddle", "smooth", "power"))

    def pay(price: str, name: str) -> str:
        rule = {
            "call": f"wp.max({price} - {strike}, 0.0)",
            "put": f"wp.max({strike} - {price}, 0.0)",
            "straddle": f"wp.abs({price} - {strike})",
            "smooth": f"wp.log(1.0 + wp.exp(4.0 * ({price} - {strike}))) * 0.25",
            "power": f"({price} - {strike}) * ({price} - {strike})",
        }[payoff]
        draft.formula(f"{name} = {rule}")
        return name

    if style in ("asian", "lookback"):
        steps = draw.integer(3, 8)
        sampler.start()
        draft.formula(f"dt = {maturity} / {steps}.0", f"drift = ({rate} - 0.5 * {sigma} * {sigma}) * dt", f"vol = {sigma} * wp.sqrt(dt)")
        draft.both(f"price = {s0}")
        track = "average" if style == "asian" else "extreme"
        draft.line(f"{track} = {draft.zero()}" if style == "asian" else f"{track} = price")
        draft.numpy(f"{track} = np.zeros_like(price)" if style == "asian" else f"{track} = price")
        with draft.loop(f"for step in range({steps}):"):
            sampler.normal("z")
            draft.formula("price = price * wp.exp(drift + vol * z)")
            draft.formula(
                f"{track} = {track} + price / {steps}.0"
                if style == "asian"
                else f"{track} = wp.{draw.choice(('max', 'min'))}({track}, price)"
            )
        value = pay(track, "payoff")
    else:
        sampler.start()
        sampler.normal("z")
        draft.formula(f"vol = {sigma} * wp.sqrt({maturity})", f"drift = ({rate} - 0.5 * {sigma} * {sigma}) * {maturity}")
        draft.formula(f"terminal = {s0} * wp.exp(drift + vol * z)")
        value = pay("terminal", "payoff")
        if style == "antithetic":
            draft.formula(f"mirrored = {s0} * wp.exp(drift - vol * z)")
            other = pay("mirrored", "payoff_mirror")
            draft.formula(f"averaged = 0.5 * ({value} + {other})")
            value = "averaged"
    draft.formula(f"discounted = {value} * wp.exp(-{rate} * {maturity})")
    terms: list[Expression] = [variable("discounted", draft.real, 0.0, 40.0)]
    if draw.chance(0.6):
        terms += own_terms(draft, sampler.i)
    if draw.chance(0.5):
        terms.append(draft.parameter(draw.choice(("notional", "hedge", "fee")), 0.1, 2.0))
    final = draft.fused("present", draft.real, terms).name if len(terms) > 1 else "discounted"
    return store_single(draw, draft, sampler, final, f"{style}_{payoff}")


def _resample(draw: Draw, draft: Draft, sampler: Sampler) -> Case:
    """The bootstrap: a statistic of values drawn from a table with replacement."""
    data = draft.array(draw.choice(("data", "table", "observations")), draft.real, "table", domain=Uniform(-1.0, 2.0))
    count = draft.value("table_size", I32, Constant(13)) if draw.chance(0.5) else "13"
    own = own_terms(draft, sampler.i)
    single = draw.chance(0.3)
    if not single:
        start_total(draft, "total")

    def pick() -> str:
        if draw.chance(0.6):
            index = sampler.integer("pick", "0", count)
        else:
            sampler.uniform("u")
            draft.line(f"pick = wp.min(int(u * {draft.cast(count)}), {count} - 1)")
            draft.numpy(f"pick = np.minimum((u * {count}).astype(np.int32), {count} - 1)")
            index = "pick"
        draft.both(f"drawn = {data}[{index}]")
        drawn: list[Expression] = [variable("drawn", draft.real, -1.0, 2.0), *own]
        return draft.fused("term", draft.real, drawn).name

    if single:
        sampler.start()
        return store_single(draw, draft, sampler, pick(), "resample")
    with sampler.samples(carried=False):
        term = pick()
        draft.line(f"total += {term}")
        draft.numpy(f"total = total + {term}")
    draft.line(f"mean = total / {sampler.count}")
    draft.numpy(f"mean = total / {sampler.numpy_count}")
    draft.store(draft.output(draw.choice(("bootstrap_mean", "resampled")), draft.real, "n"), sampler.i, "mean")
    return finished_case(draft, sampler, "bootstrap")


def _noise(draw: Draw, draft: Draft, sampler: Sampler) -> Case:
    """Noise on a signal: additive, multiplicative, dropout, dithering, or a Metropolis step."""
    x = draft.load(
        "x", draft.array(draw.choice(("signal", "x_in", "activations")), draft.real, "n", domain=Uniform(-1.5, 1.5)), sampler.i, -1.5, 1.5
    )
    kind = draw.choice(("additive", "multiplicative", "dropout", "perturbed", "metropolis"))
    sampler.start()
    level = draft.parameter(draw.choice(("level", "strength", "beta")), 0.1, 0.8)
    if kind == "dropout":
        u = sampler.uniform("u")
        value = draft.fused("kept", draft.real, [x])
        test = f"{u.name} < {level.name}"
        if draw.chance(0.5):
            draft.line(f"noisy = wp.where({test}, {draft.number(0.0)}, {value.name} / ({draft.number(1.0)} - {level.name}))")
        else:
            draft.line(f"noisy = {value.name} / ({draft.number(1.0)} - {level.name})")
            with draft.block(f"if {test}:"):
                draft.line(f"noisy = {draft.number(0.0)}")
        draft.numpy(f"noisy = np.where({test}, 0.0, {value.name} / (1.0 - {level.name}))")
    elif kind == "metropolis":
        sampler.normal("z")
        draft.formula(f"proposal = x + {level.name} * z")
        here = draft.fused("energy", draft.real, [x], 1, Interval(-10.0, 10.0))
        draft.formula("moved = proposal * proposal", f"change = moved - {here.name}", "accept = wp.exp(-wp.max(change, 0.0))")
        sampler.uniform("u")
        draft.formula("noisy = wp.where(u < accept, proposal, x)")
    else:
        noise = sampler.normal("z") if draw.chance(0.6) else sampler.uniform("z", -1.0, 1.0)
        if kind == "perturbed":
            draft.formula(f"shifted = x + {level.name} * {noise.name}")
            draft.fused("noisy", draft.real, [variable("shifted", draft.real, -7.0, 7.0), *own_terms(draft, sampler.i)])
        else:
            shaped = draft.fused("shaped", draft.real, [x, *own_terms(draft, sampler.i)])
            draft.formula(
                f"noisy = {shaped.name} + {level.name} * z" if kind == "additive" else f"noisy = {shaped.name} * (1.0 + {level.name} * z)"
            )
    draft.store(draft.output(draw.choice(("noisy_out", "y", "result")), draft.real, "n"), sampler.i, "noisy")
    return finished_case(draft, sampler, f"{kind}_noise")
