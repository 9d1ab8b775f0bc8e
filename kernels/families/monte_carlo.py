"""Monte Carlo estimators on Warp's random numbers: areas, integrals, option prices, random walks, resampling and noise.

Variants: how threads are seeded, one sample per thread with atomics or several in a loop (state carried or new), plain, antithetic,
stratified, and importance sampling, uniform, integer and normal numbers, payoffs and paths, lattice and Gaussian walks with and without
stopping, bootstrap, noise and dropout.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from kernels.case import Case
from kernels.domains import Constant, Integers, Uniform
from kernels.draw import Draw
from kernels.families._random_port import port
from kernels.families._worksheet import Worksheet
from kernels.language.expression import Expression, Variable, variable
from kernels.language.interval import Interval
from kernels.language.types import I32

SEEDS = Integers(0, 100_000)


class Sampler:
    """Draws random numbers in both: a Worksheet with a generator's state."""

    def __init__(self, w: Worksheet, i: str) -> None:
        self.w, self.i = w, i
        self.state = w.draw.choice(("state", "rng", "rand_state"))
        self.seed = w.value(w.draw.choice(("seed", "rng_seed")), I32, SEEDS)
        self.used: list[str] = []
        self.counter = self.count = self.numpy_count = ""
        self.static = False

    def start(self, offset: str = "") -> None:
        """Seeds the thread's state, from its index or from `offset`."""
        if not offset and self.w.draw.chance(0.25):
            self.used.append("rand_init_seed")
            self.w.line(f"{self.state} = wp.rand_init({self.seed} + {self.i})")
            self.w.numpy(f"{self.state} = rand_init_seed({self.seed} + {self.i})")
            return
        self.used.append("rand_init")
        self.w.line(f"{self.state} = wp.rand_init({self.seed}, {offset or self.i})")
        self.w.numpy(f"{self.state} = rand_init({self.seed}, {offset or self.i})")

    def uniform(self, name: str, low: float = 0.0, high: float = 1.0) -> Variable:
        """A uniform real in [low, high)."""
        bounds = "" if (low, high) == (0.0, 1.0) else f", {low}, {high}"
        if self.w.width == "float64" and (low, high) not in ((0.0, 1.0), (-1.0, 1.0)):
            # Warp scales to the range in float32: a float64 kernel scales on its own, or its reference would differ by rounding.
            self._real(f"unit_{name}", "randf", "", 0.0, 1.0)
            self.w.formula(f"{name} = {low} + {round(high - low, 2)} * unit_{name}")
            return variable(name, self.w.real, low, high)
        return self._real(name, "randf", bounds, low, high)

    def normal(self, name: str) -> Variable:
        """A standard normal number."""
        return self._real(name, "randn", "", -5.8, 5.8)

    def integer(self, name: str, low: str, high: str) -> str:
        """An integer in low <= x < high."""
        return self._whole(name, "randi", f", {low}, {high}", f"wp.randi({self.state}, {low}, {high})")

    def bits(self, name: str, modulus: int) -> str:
        """A small integer from the bits of an unsigned one."""
        if self.w.draw.chance(0.5):
            text = f"int(wp.randu({self.state}, wp.uint32(0), wp.uint32({modulus})))"
            return self._whole(name, "randu_range", f", 0, {modulus}", text)
        text = f"int(wp.randu({self.state}) % wp.uint32({modulus}))"
        self._whole(name, "randu", "", text)
        self.w.numpy(f"{name} = ({name} % np.uint32({modulus})).astype(np.int32)")
        return name

    def _real(self, name: str, function: str, bounds: str, low: float, high: float) -> Variable:
        self.used.append(function)
        text = f"wp.{function}({self.state}{bounds})"
        self.w.line(f"{name} = {text if self.w.width == 'float32' else f'wp.float64({text})'}")
        self.w.numpy(f"{self.state}, {name} = {function}({self.state}{bounds})")
        if self.w.width == "float64":
            self.w.numpy(f"{name} = {name}.astype(np.float64)")
        return variable(name, self.w.real, low, high)

    def _whole(self, name: str, function: str, bounds: str, text: str) -> str:
        self.used.append(function)
        self.w.line(f"{name} = {text}")
        self.w.numpy(f"{self.state}, {name} = {function}({self.state}{bounds})")
        if function == "randu_range":
            self.w.numpy(f"{name} = {name}.astype(np.int32)")
        return name

    def finish(self) -> None:
        """Puts the ported functions that were used before the reference's own."""
        self.w.reference_definitions = [*port(*self.used), *self.w.reference_definitions]

    @contextmanager
    def samples(self, *, carried: bool, count: int = 6) -> Iterator[None]:
        """A loop over samples. Gradients need a loop that Warp unrolls, or a state that is not `carried`."""
        w = self.w
        s = w.draw.choice(("s", "sample", "k"))
        static = w.draw.chance(0.5)
        if static:
            number = str(w.draw.integer(3, count))
        else:
            number = w.value(w.draw.choice(("num_samples", "samples")), I32, lambda e: Constant(e["samples"]))
        # A float64 cast of an unrolled counter spoils its use as an integer in Warp: such loops carry their state.
        anew = (not static and not carried) or (w.draw.chance(0.2) and not (static and w.width == "float64"))
        if not anew:
            self.start()
        with w.loop(f"for {s} in range({number}):"):
            if anew:
                self.start(f"{self.i} * {number} + {s}")
            self.counter, self.static = s, static
            self.count = w.number(int(number)) if static else w.cast(number)
            self.numpy_count = f"{number}.0" if static else f"{w.precision}({number})"
            yield


def build(draw: Draw) -> Case:
    """One Monte Carlo kernel."""
    forms: tuple[Callable[[Draw, Worksheet, Sampler], Case], ...] = (_area, _integral, _option, _walk, _resample, _noise)
    form = draw.weighted(forms, (3, 5, 4, 3, 3, 3))
    # Normal numbers are made in float32: kernels that use them are float32 throughout.
    w = Worksheet(draw, "monte_carlo", width="float32" if form in (_option, _walk, _noise) else None, without=("normalize",))
    i = draw.choice(("tid", "i", "thread", "path"))
    w.line(f"{i} = wp.tid()")
    w.numpy(f"{i} = np.arange(dim[0])")
    sampler = Sampler(w, i)
    if draw.chance(0.25):
        count = w.value(draw.choice(("n", "num_threads")), I32, lambda e: Constant(e["n"]))
        with w.block(f"if {i} >= {count}:"):
            w.line("return")
    return form(draw, w, sampler)


def _case(w: Worksheet, sampler: Sampler, name: str) -> Case:
    sampler.finish()
    sizes = [{"n": n, "samples": w.draw.integer(2, 7), "one": 1, "table": 13, "bins": 8} for n in w.draw.sizes(130)]
    return w.case(name, "n", sizes)


def _start_total(w: Worksheet, name: str, *, whole: bool = False) -> None:
    w.line(f"{name} = {'int(0)' if whole else w.zero()}")
    w.numpy(f"{name} = np.zeros(dim[0], {'np.int32' if whole else w.precision})")


def _own(w: Worksheet, i: str, most: int = 1) -> list[Expression]:
    """Parameters of the thread's own problem, arrays read at its index."""
    terms: list[Expression] = []
    for name in w.draw.subset(("scale", "weight", "frequency", "height"), w.draw.integer(0, most)):
        w.array(name, w.real, "n", Uniform(0.2, 2.0))
        terms.append(w.load(f"{name}_i", name, i, 0.2, 2.0))
    return terms


def _area(draw: Draw, w: Worksheet, sampler: Sampler) -> Case:
    """Counts the samples in a region: the circle for pi, a ball, an ellipse, or below a drawn curve."""
    region = draw.choice(("circle", "ball", "ellipse", "curve", "curve"))
    hits = draw.choice(("hits", "inside", "count"))
    single = draw.chance(0.3)

    def sample() -> str:
        low = draw.choice((0.0, -1.0))
        x = sampler.uniform("x", low, 1.0)
        sampler.uniform("y", low, 1.0)
        if region == "curve":
            height = w.fused("level", w.real, [x], domain=Interval(-20.0, 20.0))
            middle = 0.5 * (height.range.low + height.range.high)
            return draw.choice((f"y < {height.name}", f"{height.name} > {round(0.3 * middle, 2)} * y"))
        if region == "ball":
            sampler.uniform("z", low, 1.0)
            w.formula("r2 = x * x + y * y + z * z")
            return "r2 <= 1.0"
        w.formula("r2 = x * x + y * y" if region == "circle" else f"r2 = x * x / {draw.real(0.4, 0.9)} + y * y")
        return draw.choice(("r2 <= 1.0", "wp.sqrt(r2) < 1.0"))

    def numpy(test: str) -> str:
        return test.replace("wp.", "np.")

    if single:
        sampler.start()
        test = sample()
        total = w.output("total_hits", I32, "one", role="accumulate")
        with w.block(f"if {w.warp(test)}:"):
            w.line(f"wp.atomic_add({total}, 0, 1)")
        w.numpy(f"{total} = np.sum({numpy(test)}).astype(np.int32).reshape(1)")
        return _case(w, sampler, f"{region}_hits")
    _start_total(w, hits, whole=True)
    with sampler.samples(carried=True, count=8):
        test = sample()
        with w.block(f"if {w.warp(test)}:"):
            w.line(f"{hits} += 1")
        w.numpy(f"{hits} = {hits} + np.where({numpy(test)}, 1, 0).astype(np.int32)")
    if draw.chance(0.5):
        w.store(w.output("hits_out", I32, "n"), sampler.i, hits)
    w.line(f"share = {w.cast(hits)} / {sampler.count}")
    w.numpy(f"share = {hits}.astype({w.precision}) / {sampler.numpy_count}")
    result = w.fused("estimate", w.real, [variable("share", w.real, 0.0, 1.0), *(_own(w, sampler.i) if sampler.static else [])])
    w.store(w.output(draw.choice(("area", "pi_estimate", "volume")), w.real, "n"), sampler.i, result.name)
    return _case(w, sampler, f"estimate_{region}")


def _integral(draw: Draw, w: Worksheet, sampler: Sampler) -> Case:
    """The mean of a drawn integrand, by plain, antithetic, stratified or importance sampling."""
    own = _own(w, sampler.i)
    way = draw.choice(("plain", "range", "antithetic", "stratified", "importance", "gaussian" if w.width == "float32" else "plain"))
    single = way != "stratified" and draw.chance(0.35)
    if not single:
        _start_total(w, "total")

    def integrand() -> str:
        if way == "gaussian":
            x = sampler.normal("x")
        elif way == "range":
            x = sampler.uniform("x", draw.choice((-1.0, -2.0, 0.5)), draw.choice((1.0, 3.0)))
        elif way == "importance":
            sampler.uniform("u")
            w.formula("x = -wp.log(1.0 - 0.99 * u)")
            x = variable("x", w.real, 0.0, 4.7)
        else:
            x = sampler.uniform("u")
            if way == "stratified":
                w.line(f"x = ({w.cast(sampler.counter)} + u) / {sampler.count}")
                w.numpy(f"x = ({sampler.counter} + u) / {sampler.numpy_count}")
                x = variable("x", w.real, 0.0, 1.0)
        value = w.fused("value", w.real, [x, *own], domain=Interval(-200.0, 200.0))
        if way == "importance":
            w.formula("weighted = value * wp.exp(-x)")
            return "weighted"
        if way == "antithetic":
            w.formula("mirror = 1.0 - u")
            for lines in (w.kernel, w.reference):
                same = next(line for line in reversed(lines) if line.strip().startswith("value ="))
                lines.append(re.sub(r"\bu\b", "mirror", same).replace("value =", "opposite =", 1))
            w.formula("paired = 0.5 * (value + opposite)")
            return "paired"
        return value.name

    if single:
        sampler.start()
        value = integrand()
        return _store_single(draw, w, sampler, value, f"integrate_{way}")
    with sampler.samples(carried=False):
        value = integrand()
        w.line(f"total += {value}")
        w.numpy(f"total = total + {value}")
    w.line(f"mean = total / {sampler.count}")
    w.numpy(f"mean = total / {sampler.numpy_count}")
    result = "mean"
    if sampler.static and draw.chance(0.5):
        result = w.fused("estimate", w.real, [variable("mean", w.real, -200.0, 200.0)]).name
    w.store(w.output(draw.choice(("integral", "estimate_out", "mean_out")), w.real, "n"), sampler.i, result)
    return _case(w, sampler, f"integrate_{way}")


def _store_single(draw: Draw, w: Worksheet, sampler: Sampler, value: str, name: str) -> Case:
    """One sample per thread: all of them summed, summed by bin, or kept."""
    kind = draw.choice(("sum", "bins", "each"))
    if kind == "sum":
        w.output("sum_out", w.real, "one", role="accumulate")
        w.line(f"wp.atomic_add(sum_out, 0, {value})")
        w.numpy(f"sum_out = np.sum({value}).reshape(1)")
    elif kind == "bins":
        w.output("bins", w.real, "bins", role="accumulate")
        w.line(f"wp.atomic_add(bins, {sampler.i} % 8, {value})")
        w.numpy(f"bins = np.zeros(8, {value}.dtype)", f"np.add.at(bins, {sampler.i} % 8, {value})")
    else:
        w.store(w.output("sample_out", w.real, "n"), sampler.i, value)
    return _case(w, sampler, name)


def _option(draw: Draw, w: Worksheet, sampler: Sampler) -> Case:
    """Option payoffs on paths of geometric Brownian motion (Black and Scholes), at maturity or along the path."""
    s0 = w.load("s", w.array(draw.choice(("spot", "s0")), w.real, "n", Uniform(0.8, 1.2)), sampler.i, 0.8, 1.2).name
    strike = w.load("k", w.array("strike", w.real, "n", Uniform(0.8, 1.2)), sampler.i, 0.8, 1.2).name
    values = w.parameters((("rate", 0.01, 0.1), ("sigma", 0.1, 0.5), ("maturity", 0.2, 2.0)), "Market")
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
        w.formula(f"{name} = {rule}")
        return name

    if style in ("asian", "lookback"):
        steps = draw.integer(3, 8)
        sampler.start()
        w.formula(f"dt = {maturity} / {steps}.0", f"drift = ({rate} - 0.5 * {sigma} * {sigma}) * dt", f"vol = {sigma} * wp.sqrt(dt)")
        w.both(f"price = {s0}")
        track = "average" if style == "asian" else "extreme"
        w.line(f"{track} = {w.zero()}" if style == "asian" else f"{track} = price")
        w.numpy(f"{track} = np.zeros_like(price)" if style == "asian" else f"{track} = price")
        with w.loop(f"for step in range({steps}):"):
            sampler.normal("z")
            w.formula("price = price * wp.exp(drift + vol * z)")
            w.formula(
                f"{track} = {track} + price / {steps}.0"
                if style == "asian"
                else f"{track} = wp.{draw.choice(('max', 'min'))}({track}, price)"
            )
        value = pay(track, "payoff")
    else:
        sampler.start()
        sampler.normal("z")
        w.formula(f"vol = {sigma} * wp.sqrt({maturity})", f"drift = ({rate} - 0.5 * {sigma} * {sigma}) * {maturity}")
        w.formula(f"terminal = {s0} * wp.exp(drift + vol * z)")
        value = pay("terminal", "payoff")
        if style == "antithetic":
            w.formula(f"mirrored = {s0} * wp.exp(drift - vol * z)")
            other = pay("mirrored", "payoff_mirror")
            w.formula(f"averaged = 0.5 * ({value} + {other})")
            value = "averaged"
    w.formula(f"discounted = {value} * wp.exp(-{rate} * {maturity})")
    terms: list[Expression] = [variable("discounted", w.real, 0.0, 40.0)]
    if draw.chance(0.6):
        terms += _own(w, sampler.i)
    if draw.chance(0.5):
        terms.append(w.parameter(draw.choice(("notional", "hedge", "fee")), 0.1, 2.0))
    final = w.fused("present", w.real, terms).name if len(terms) > 1 else "discounted"
    return _store_single(draw, w, sampler, final, f"{style}_{payoff}")


def _walk(draw: Draw, w: Worksheet, sampler: Sampler) -> Case:
    """Random walks: on a lattice, or with Gaussian steps, for a number of steps or until a wall is reached."""
    kind = draw.choice(("lattice", "plane", "gaussian", "exit"))
    if kind == "gaussian":
        start = w.load("x", w.array("start", w.real, "n", Uniform(-1.0, 1.0)), sampler.i, -1.0, 1.0)
        sampler.start()
        sigma = w.parameter("step_size", 0.1, 0.5)
        with w.loop(f"for step in range({draw.integer(3, 8)}):"):
            z = sampler.normal("z")
            drift = w.fused("drift", w.real, [variable("x", w.real, -20.0, 20.0)], 1, Interval(-3.0, 3.0))
            w.formula(f"x = x + {sigma.name} * {z.name} - 0.1 * {drift.name}")
        end = w.fused("end", w.real, [variable("x", w.real, -20.0, 20.0), *_own(w, sampler.i)])
        w.store(w.output("final", w.real, "n"), sampler.i, end.name)
        return _case(w, sampler, f"diffuse_{start.name}")
    sampler.start()
    steps = str(draw.integer(4, 12)) if draw.chance(0.5) else w.value("num_steps", I32, Integers(3, 14))
    w.line("x = int(0)", *(["y = int(0)"] if kind == "plane" else []))
    w.numpy("x = np.zeros(dim[0], np.int32)", *(["y = np.zeros(dim[0], np.int32)"] if kind == "plane" else []))
    if kind == "exit":
        return _exit_walk(draw, w, sampler, steps)
    with w.loop(f"for step in range({steps}):"):
        if kind == "plane":
            move = sampler.bits("move", 4) if draw.chance(0.5) else sampler.integer("move", "0", "4")
            for number, (axis, sign) in enumerate((("x", "+"), ("x", "-"), ("y", "+"), ("y", "-"))):
                with w.block(
                    f"{'elif' if number and number < 3 else 'if' if not number else 'else'}{f' {move} == {number}' if number < 3 else ''}:"
                ):
                    w.line(f"{axis} {sign}= 1")
            w.numpy(f"x = x + np.array([1, -1, 0, 0], np.int32)[{move}]", f"y = y + np.array([0, 0, 1, -1], np.int32)[{move}]")
        else:
            _lattice_step(draw, w, sampler)
    w.store(w.output("end_x", I32, "n"), sampler.i, "x")
    if kind == "plane":
        w.store(w.output("end_y", I32, "n"), sampler.i, "y")
    spread = "x * x + y * y" if kind == "plane" else "x * x"
    w.line(f"squared = {w.cast(spread)}")
    w.numpy(f"squared = ({spread}).astype({w.precision})")
    value = w.fused("spread", w.real, [variable("squared", w.real, 0.0, 200.0), *(_own(w, sampler.i) if steps.isdigit() else [])])
    w.store(w.output("displacement", w.real, "n"), sampler.i, value.name)
    return _case(w, sampler, f"{kind}_walk")


def _lattice_step(draw: Draw, w: Worksheet, sampler: Sampler) -> None:
    """One step of the integer `x`."""
    way = draw.choice(("coin", "range", "biased"))
    if way == "coin":
        sampler.bits("coin", 2)
        w.line("x += 2 * coin - 1")
        w.numpy("x = x + 2 * coin - 1")
    elif way == "range":
        sampler.integer("jump", "-2", "3")
        w.line("x += jump")
        w.numpy("x = x + jump")
    else:
        sampler.uniform("u")
        bias = draw.real(0.3, 0.7)
        with w.block(f"if u < {w.number(bias)}:"):
            w.line("x += 1")
        with w.block("else:"):
            w.line("x -= 1")
        w.numpy(f"x = x + np.where(u < {bias}, 1, -1).astype(np.int32)")


def _exit_walk(draw: Draw, w: Worksheet, sampler: Sampler, steps: str) -> Case:
    """The first time that a lattice walk reaches a wall, within a number of steps."""
    wall = draw.integer(2, 4)
    way = draw.choice(("while", "break"))
    w.line("time = int(0)")
    w.numpy("time = np.zeros(dim[0], np.int32)")
    with w.loop(
        f"while time < {steps} and wp.abs(x) < {wall}:" if way == "while" else f"for step in range({steps}):",
        f"for step in range({steps}):",
    ):
        w.numpy(f"walking = np.abs(x) < {wall}", "before = x")
        if way == "break":
            with w.block(f"if wp.abs(x) >= {wall}:"):
                w.line("break")
        _lattice_step(draw, w, sampler)
        w.line("time += 1")
        w.numpy("x = np.where(walking, x, before)", "time = time + walking.astype(np.int32)")
    w.store(w.output("exit_time", I32, "n"), sampler.i, "time")
    if draw.chance(0.5):
        w.store(w.output("exit_side", I32, "n"), sampler.i, "x")
    if draw.chance(0.5):
        w.output("histogram", I32, "table", role="accumulate")
        w.line("wp.atomic_add(histogram, wp.min(time, 12), 1)")
        w.numpy("histogram = np.zeros(13, np.int32)", "np.add.at(histogram, np.minimum(time, 12), 1)")
    return _case(w, sampler, "first_exit")


def _resample(draw: Draw, w: Worksheet, sampler: Sampler) -> Case:
    """The bootstrap: a statistic of values drawn from a table with replacement."""
    data = w.array(draw.choice(("data", "table", "observations")), w.real, "table", Uniform(-1.0, 2.0))
    count = w.value("table_size", I32, Constant(13)) if draw.chance(0.5) else "13"
    own = _own(w, sampler.i)
    single = draw.chance(0.3)
    if not single:
        _start_total(w, "total")

    def pick() -> str:
        if draw.chance(0.6):
            index = sampler.integer("pick", "0", count)
        else:
            sampler.uniform("u")
            w.line(f"pick = wp.min(int(u * {w.cast(count)}), {count} - 1)")
            w.numpy(f"pick = np.minimum((u * {count}).astype(np.int32), {count} - 1)")
            index = "pick"
        w.both(f"drawn = {data}[{index}]")
        drawn: list[Expression] = [variable("drawn", w.real, -1.0, 2.0), *own]
        return w.fused("term", w.real, drawn).name

    if single:
        sampler.start()
        return _store_single(draw, w, sampler, pick(), "resample")
    with sampler.samples(carried=False):
        term = pick()
        w.line(f"total += {term}")
        w.numpy(f"total = total + {term}")
    w.line(f"mean = total / {sampler.count}")
    w.numpy(f"mean = total / {sampler.numpy_count}")
    w.store(w.output(draw.choice(("bootstrap_mean", "resampled")), w.real, "n"), sampler.i, "mean")
    return _case(w, sampler, "bootstrap")


def _noise(draw: Draw, w: Worksheet, sampler: Sampler) -> Case:
    """Noise on a signal: additive, multiplicative, dropout, dithering, or a Metropolis step."""
    x = w.load("x", w.array(draw.choice(("signal", "x_in", "activations")), w.real, "n", Uniform(-1.5, 1.5)), sampler.i, -1.5, 1.5)
    kind = draw.choice(("additive", "multiplicative", "dropout", "perturbed", "metropolis"))
    sampler.start()
    level = w.parameter(draw.choice(("level", "strength", "beta")), 0.1, 0.8)
    if kind == "dropout":
        u = sampler.uniform("u")
        value = w.fused("kept", w.real, [x])
        test = f"{u.name} < {level.name}"
        if draw.chance(0.5):
            w.line(f"noisy = wp.where({test}, {w.number(0.0)}, {value.name} / ({w.number(1.0)} - {level.name}))")
        else:
            w.line(f"noisy = {value.name} / ({w.number(1.0)} - {level.name})")
            with w.block(f"if {test}:"):
                w.line(f"noisy = {w.number(0.0)}")
        w.numpy(f"noisy = np.where({test}, 0.0, {value.name} / (1.0 - {level.name}))")
    elif kind == "metropolis":
        sampler.normal("z")
        w.formula(f"proposal = x + {level.name} * z")
        here = w.fused("energy", w.real, [x], 1, Interval(-10.0, 10.0))
        w.formula("moved = proposal * proposal", f"change = moved - {here.name}", "accept = wp.exp(-wp.max(change, 0.0))")
        sampler.uniform("u")
        w.formula("noisy = wp.where(u < accept, proposal, x)")
    else:
        noise = sampler.normal("z") if draw.chance(0.6) else sampler.uniform("z", -1.0, 1.0)
        if kind == "perturbed":
            w.formula(f"shifted = x + {level.name} * {noise.name}")
            w.fused("noisy", w.real, [variable("shifted", w.real, -7.0, 7.0), *_own(w, sampler.i)])
        else:
            shaped = w.fused("shaped", w.real, [x, *_own(w, sampler.i)])
            w.formula(
                f"noisy = {shaped.name} + {level.name} * z" if kind == "additive" else f"noisy = {shaped.name} * (1.0 + {level.name} * z)"
            )
    w.store(w.output(draw.choice(("noisy_out", "y", "result")), w.real, "n"), sampler.i, "noisy")
    return _case(w, sampler, f"{kind}_noise")
