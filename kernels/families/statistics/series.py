"""Series: exponential averages, lags, trends and changes."""

from __future__ import annotations

from contextlib import nullcontext

from kernels.case import Case
from kernels.drafting.arguments import grids
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.language.expression import Expression
from kernels.language.interval import Interval
from kernels.language.types import I32

DATA = ("load", "signal", "series", "readings", "demand", "temperature")


def exponential(draw: Draw) -> Case:
    """Exponential averages along each series: simple, double (Holt), of squares, of two rates, bias-corrected; all values or the last."""
    draft = Draft(draw, smooth=True)
    kind = draw.choice(("simple", "simple", "holt", "two_rates", "squares", "corrected", "varying"))
    i, t = draw.choice((("i", "t"), ("series_index", "day"), ("row", "step")))
    name = draw.choice((f"{kind}_ema", f"exponential_{kind}", f"smooth_{kind}"))
    draft.reserve(name, i, t, "level", "trend", "before", "x", "fast", "slow", "weight")
    by_rows = draw.chance(0.7)
    shape = ("series_count", "length") if by_rows else ("length", "series_count")
    data = draft.array(draw.choice(DATA), draft.real, *shape)
    # A rate multiplies the state that the loop carries: Warp's adjoint of a dynamic loop sees the state's last value.
    alpha_array = draft.array("rates", draft.real, "series_count", low=0.1, high=0.9, differentiable=False) if kind == "varying" else ""
    alpha = f"{alpha_array}[{i}]" if alpha_array else draft.knob("alpha", 0.1, 0.9).warp()
    alpha_numpy = alpha_array or draft.scope["alpha"].numpy()
    beta = draft.knob("beta", 0.1, 0.6) if kind in ("holt", "two_rates") else None
    every = draw.chance(0.6)
    out = draft.output(draft.name("out", "smoothed", "level_out"), draft.real, *(shape if every else ("series_count",)))
    here = f"{i}, {t}" if by_rows else f"{t}, {i}"
    first, first_numpy = (f"{data}[{i}, 0]", f"{data}[:, 0]") if by_rows else (f"{data}[0, {i}]", f"{data}[0]")
    at_numpy = f"{data}[:, {t}]" if by_rows else f"{data}[{t}]"
    one = draft.number(1.0)
    start = draw.choice(("first", "zero"))
    with draft.threads((i, "series_count", data, 0 if by_rows else 1)):
        length = draft.extent("length", data, 1 if by_rows else 0)
        zero = draft.zero()
        square = " * {0}" if kind == "squares" else ""
        begin = zero if start == "zero" or kind == "corrected" else first + square.format(first)
        begin_numpy = f"np.zeros({first_numpy}.shape, {data}.dtype)" if begin == zero else f"{first_numpy}{square.format(first_numpy)}"
        states = {"holt": ("level", "trend"), "two_rates": ("fast", "slow")}.get(kind, ("level",))
        draft.line(*(f"{s} = {begin if s != 'trend' else zero}" for s in states))
        draft.numpy(*(f"{s} = {begin_numpy if s != 'trend' else f'0.0 * {first_numpy}'}" for s in states))
        if every:
            draft.numpy(f"{out} = np.empty_like({data})")
        with draft.loop(f"for {t} in range({length}):", f"for {t} in range({data}.shape[{1 if by_rows else 0}]):"):
            draft.line(f"x = {data}[{here}]")
            draft.numpy(f"x = {at_numpy}")
            taken = "x"
            if draw.chance(0.45):
                inputs: list[Expression] = [draft.known("x", draft.real, -1.0, 1.0)]
                taken = draft.fused(draft.name("mapped", "cleaned", "demeaned"), draft.real, inputs, domain=Interval(-20.0, 20.0)).name
            if kind == "holt":
                b = beta.warp() if beta is not None else ""
                bn = beta.numpy() if beta is not None else ""
                draft.line("before = level", f"level = {alpha} * {taken} + ({one} - {alpha}) * (level + trend)")
                draft.line(f"trend = {b} * (level - before) + ({one} - {b}) * trend")
                draft.numpy("before = level", f"level = {alpha_numpy} * {taken} + (1.0 - {alpha_numpy}) * (level + trend)")
                draft.numpy(f"trend = {bn} * (level - before) + (1.0 - {bn}) * trend")
                value = "level"
            elif kind == "two_rates":
                b = beta.warp() if beta is not None else ""
                bn = beta.numpy() if beta is not None else ""
                draft.line(f"fast = fast + {alpha} * ({taken} - fast)", f"slow = slow + {b} * ({taken} - slow)")
                draft.numpy(f"fast = fast + {alpha_numpy} * ({taken} - fast)", f"slow = slow + {bn} * ({taken} - slow)")
                value = "fast - slow"
            else:
                x = f"{taken} * {taken}" if kind == "squares" else taken
                if draw.chance(0.5):
                    draft.line(f"level = level + {alpha} * ({x} - level)")
                else:
                    draft.line(f"level = {alpha} * {x} + ({one} - {alpha}) * level")
                draft.numpy(f"level = {alpha_numpy} * {x} + (1.0 - {alpha_numpy}) * level")
                value = "level"
            if every:
                stored = value
                if kind == "corrected":
                    draft.line(f"weight = {one} - wp.pow({one} - {alpha}, {draft.cast(f'{t} + 1')})")
                    draft.numpy(f"weight = 1.0 - (1.0 - {alpha_numpy}) ** ({t} + 1)")
                    stored = "level / weight"
                draft.line(f"{out}[{here}] = {stored}")
                draft.numpy(f"{out}[{f':, {t}' if by_rows else t}] = {stored}")
        if not every:
            draft.line(f"{out}[{i}] = {value}")
            draft.numpy(f"{out} = {value}")
    sizes = [{"series_count": s, "length": n} for s, n in ((1, 1), (3, draw.choice((5, 7))), (draw.integer(9, 17), draw.integer(9, 21)))]
    return draft.case(name, ["series_count"], sizes)


def lagged(draw: Draw) -> Case:
    """Sums of products at lags: autocovariance, cross-correlation, structure functions, semivariance; a thread for each lag."""
    draft = Draft(draw)
    kind = draw.choice(("autocovariance", "cross", "structure", "variogram", "autocorrelation_terms"))
    series = draw.chance(0.5)
    i, lag, k = draft.name("i", "row"), draft.name("lag", "shift"), draft.name("k", "t")
    name = draw.choice((kind, f"{kind}_lags", f"compute_{kind}"))
    draft.reserve(name, "total", "a", "b", "count", "term")
    shape = ("rows", "length") if series else ("length",)
    data = draft.array(draw.choice(DATA), draft.real, *shape)
    other = draft.array("other", draft.real, *shape) if kind == "cross" else data
    mean = draft.knob("mean", -0.3, 0.3) if kind.startswith("auto") and draw.chance(0.6) else None
    out = draft.output(draft.name("out", "correlation", "gamma"), draft.real, *(("rows", "lags") if series else ("lags",)))
    prefix = f"{i}, " if series else ""
    draft.line(f"{prefix}{lag} = wp.tid()")
    length = draft.extent("length", data, int(series))
    draft.line(f"total = {draft.zero()}")
    with draft.block(f"for {k} in range({length} - {lag}):"):
        less, less_numpy = (f" - {mean.warp()}", f" - {mean.numpy()}") if mean is not None else ("", "")
        draft.line(f"a = {data}[{prefix}{k}]{less}", f"b = {other}[{prefix}{k} + {lag}]{less}")
        draft.numpy(f"length = {data}.shape[-1]", f"first = {data}[..., None, :]{less_numpy}")
        draft.numpy("places = np.arange(length)[None, :] + np.arange(dim[-1])[:, None]", "inside = places < length")
        draft.numpy(f"a, b = first, {other}[..., np.minimum(places, length - 1)]{less_numpy}")
        draft.scope.update(a=draft.known("a", draft.real, -1.3, 1.3), b=draft.known("b", draft.real, -1.3, 1.3))
        text = {"structure": "abs(a - b)", "variogram": "0.5 * (b - a) * (b - a)"}.get(kind, draw.choice(("a * b", "b * a")))
        term = draft.let("term", text)
        draft.line(f"total += {term.name}")
    draft.numpy(f"total = np.where(inside, {term.name}, 0.0).sum(axis=-1)")
    value = "total"
    if draw.chance(0.6):
        biased = draw.chance(0.5)
        draft.line(f"value = total / {draft.cast(length if biased else f'{length} - {lag}')}")
        draft.numpy(f"value = total / {'length' if biased else '(length - np.arange(dim[-1]))'}")
        draft.reserve("value")
        value = "value"
    if draw.chance(0.4):
        # The sum comes from a dynamic loop, which Warp's adjoint does not run again.
        taper = draft.array("taper", draft.real, "lags", low=0.2, differentiable=False)
        draft.line(f"tapered = {value} * {taper}[{lag}]")
        draft.numpy(f"tapered = {value} * {taper}")
        value = "tapered"
    draft.line(f"{out}[{prefix}{lag}] = {value}")
    draft.numpy(f"{out} = {value}")
    sizes = [
        {"rows": r, "length": n, "lags": m}
        for r, n, m in ((1, 4, 1), (3, 11, 5), (draw.integer(4, 7), draw.integer(23, 40), draw.integer(9, 17)))
    ]
    return draft.case(name, ["rows", "lags"] if series else ["lags"], sizes)


def trend(draw: Draw) -> Case:
    """Trends of short rows: least-squares lines, residuals, detrended values, forecasts, quadratic fits by orthogonal sums."""
    draft = Draft(draw, smooth=True)
    width = draw.choice((4, 5, 6, 8))
    kind = draw.choice(("line", "forecast", "detrend", "residual", "weighted"))
    i = draft.name("i", "row", "series_index")
    name = draw.choice((f"{kind}_fit", f"linear_{kind}", f"trend_{kind}"))
    draft.reserve(name, "s", "st", "x", "t", "slope", "level", "gap", "total", "k", "sw", "swt", "swtt", "det")
    data = draft.array(draw.choice(DATA), draft.real, "n", width)
    weights = draft.array("weights", draft.real, "n", width, low=0.3) if kind == "weighted" else ""
    center = (width - 1) / 2.0
    norm = float(sum((k - center) ** 2 for k in range(width)))
    out = draft.output(draft.name("out", "fitted"), draft.real, *(("n", width) if kind == "detrend" else ("n",)))
    with draft.threads((i, "n", data, 0)):
        sums = ("sw", "swt", "swtt", "s", "st") if weights else ("s", "st")
        draft.line(*(f"{v} = {draft.zero()}" for v in sums))
        draft.numpy(f"t = np.arange({width}) - {center}")
        # The time is counted apart: a float64 cast of an unrolled counter spoils its use as an index in Warp.
        begin, onward = f"t = {draft.real.spelling}({-center})", f"t += {draft.number(1.0)}"
        draft.line(begin)
        with draft.block(f"for k in range({width}):"):
            draft.line(f"x = {data}[{i}, k]")
            if weights:
                draft.line(f"w = {weights}[{i}, k]", "sw += w", "swt += w * t", "swtt += w * t * t", "s += w * x", "st += w * t * x")
            else:
                draft.line("s += x", "st += t * x")
            draft.line(onward)
        if weights:
            draft.numpy(
                f"w = {weights}", "sw, swt, swtt = w.sum(axis=1), w @ t, w @ (t * t)", f"s, st = (w * {data}).sum(axis=1), (w * {data}) @ t"
            )
            draft.formula("det = sw * swtt - swt * swt", "slope = (sw * st - swt * s) / det", "level = (s - slope * swt) / sw")
        else:
            draft.numpy(f"s, st = {data}.sum(axis=1), {data} @ t")
            draft.formula(f"level = s / {float(width)}", f"slope = st / {norm}")
        if kind == "detrend":
            draft.line(begin)
            with draft.block(f"for k in range({width}):"):
                draft.line(f"{out}[{i}, k] = {data}[{i}, k] - level - slope * t", onward)
            draft.numpy(f"{out} = {data} - level[:, None] - slope[:, None] * t")
            return draft.case(name, ["n"], grids(draw, ["n"]))
        if kind == "residual":
            draft.line(begin, f"total = {draft.zero()}")
            with draft.block(f"for k in range({width}):"):
                draft.line(f"gap = {data}[{i}, k] - level - slope * t", "total += gap * gap", onward)
            draft.numpy(f"total = (({data} - level[:, None] - slope[:, None] * t) ** 2).sum(axis=1)")
            value, low, high = "total", 0.0, 8.0
        elif kind == "forecast":
            ahead = draw.choice((1.0, 2.0, 3.0))
            draft.formula(f"forecast = level + slope * {center + ahead}")
            value, low, high = "forecast", -6.0, 6.0
        else:
            value, low, high = "slope", -2.0, 2.0
        result: Expression = draft.known(value, draft.real, low, high)
        if draw.chance(0.5):
            own = draft.array(draft.name("gain", "prior"), draft.real, "n", low=0.2)
            result = draft.fused("result", draft.real, [result, draft.load("g", own, i, 0.2, 1.0)], smooth=True)
        draft.line(f"{out}[{i}] = {result.warp()}")
        draft.numpy(f"{out} = {result.numpy()}")
        if draw.chance(0.4):
            draft.store(draft.output("level_out", draft.real, "n"), i, "level")
    return draft.case(name, ["n"], grids(draw, ["n"]))


def changes(draw: Draw) -> Case:
    """Changes along series: differences of any order, relative and logarithmic changes, turning points, crossings, control limits."""
    draft = Draft(draw)
    kind = draw.choice(("difference", "second", "relative", "log", "turning", "crossing", "control", "cusum"))
    i = draft.name("i", "t", "tid")
    name = draw.choice((f"{kind}_kernel", f"series_{kind}", f"detect_{kind}"))
    draft.reserve(name, "a", "b", "c", "value", "flag", "change")
    positive = kind in ("relative", "log")
    data = draft.array(draw.choice(DATA), draft.real, "n + 2", low=0.3 if positive else -1.0)
    ints = kind in ("turning", "crossing", "control")
    guarded = draw.chance(0.4)
    draft.line(f"{i} = wp.tid()")
    if guarded:
        n = draft.count("n")
    with draft.block(f"if {i} < {n}:") if guarded else nullcontext():
        draft.line(f"a = {data}[{i}]", f"b = {data}[{i} + 1]", f"c = {data}[{i} + 2]")
        draft.numpy(f"a, b, c = {data}[:-2], {data}[1:-1], {data}[2:]")
        low = 0.3 if positive else -1.0
        draft.scope.update({n: draft.known(n, draft.real, low, 1.0) for n in "abc"})
        if ints:
            level = draft.knob("level", -0.3, 0.3).warp() if kind != "turning" else ""
            level_numpy = draft.scope["level"].numpy() if level else ""
            test = {
                "turning": "(b - a) * (c - b) < {z}",
                "crossing": "(a - {l}) * (b - {l}) < {z}",
                "control": draw.choice(("b > {l} and c > {l}", "wp.abs(b) > 0.5 + wp.abs({l})", "a > {l} or c > {l}")),
            }[kind]
            kernel = test.format(z=draft.number(0.0), l=level).replace("0.5 +", f"{draft.number(0.5)} +")
            numpy = test.format(z="0.0", l=level_numpy).replace("wp.abs", "np.abs")
            if " and " in numpy or " or " in numpy:
                word = " and " if " and " in numpy else " or "
                numpy = (" & " if word == " and " else " | ").join(f"({part})" for part in numpy.split(word))
            if draw.chance(0.5):
                draft.line(f"flag = wp.where({kernel}, 1, 0)")
            else:
                draft.line("flag = int(0)", f"if {kernel}:", "    flag = 1")
            draft.numpy(f"flag = ({numpy}).astype(np.int32)")
            if draw.chance(0.6):
                draft.store(draft.output(draft.name("flags", "events"), I32, "n"), i, "flag")
            else:
                draft.output("event_count", I32, 1, role="accumulate")
                draft.line("wp.atomic_add(event_count, 0, flag)")
                draft.numpy("event_count = np.array([flag.sum()], np.int32)")
            if draw.chance(0.4):
                value = draft.fused("amount", draft.real, [draft.scope["a"], draft.scope["c"]], smooth=True, domain=Interval(-20.0, 20.0))
                draft.output("event_sum", draft.real, 1, role="accumulate")
                draft.line("if flag == 1:", f"    wp.atomic_add(event_sum, 0, {value.name})")
                draft.numpy(f"event_sum = np.array([np.sum(np.where(flag == 1, {value.name}, 0.0))])")
        else:
            text = {
                "difference": "b - a",
                "second": "a - 2.0 * b + c",
                "relative": "(b - a) / a",
                "log": "log(b / a)",
                "cusum": "max(b - a - 0.1, 0.0) - max(a - c, 0.0)",
            }[kind]
            value = draft.let("change", text)
            if draw.chance(0.6):
                terms: list[Expression] = [value, *([draft.scope["c"]] if draw.chance(0.4) else [])]
                if draw.chance(0.5):
                    own = draft.array("weight", draft.real, "n", low=0.2)
                    terms.append(draft.load("w", own, i, 0.2, 1.0))
                value = draft.fused("result", draft.real, terms)
            draft.store(draft.output(draft.name("out", "changes"), draft.real, "n"), i, value.name)
    return draft.case(name, ["n"], grids(draw, ["n"]))
