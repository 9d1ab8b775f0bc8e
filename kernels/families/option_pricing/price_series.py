"""Price series: statistics of short rows, and signals of windows that end at each day."""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.language.expression import Expression
from kernels.language.types import I32


def series(draw: Draw) -> Case:
    """Statistics of each row of a short price series: returns, realized variance, drawdown, averages, ratios of gains and losses."""
    draft = Draft(draw, smooth=True)
    days = draw.integer(4, 10)
    kind = draw.choice(("realized", "drawdown", "sharpe", "strength", "bands", "turnover", "log_return"))
    i = draft.name("i", "stock", "series")
    name = draw.choice((f"{kind}_rows", f"price_{kind}", f"{kind}_statistic"))
    draft.reserve(
        name, "total", "previous", "r", "k", "top", "worst", "gains", "losses", "mean", "variance", "price", "drop", "value", "squares"
    )
    prices = draft.array(draft.name("prices", "closes", "quotes"), draft.real, "n", days, low=0.6, high=1.6)
    with draft.threads((i, "n", prices, 0)):
        first, last = f"{prices}[{i}, 0]", f"{prices}[{i}, {days - 1}]"
        draft.numpy(f"r = {prices}[:, 1:] / {prices}[:, :-1] - 1.0")
        if kind == "drawdown":
            draft.line(f"top = {first}", f"worst = {draft.zero()}")
            with draft.block(f"for k in range(1, {days}):"):
                draft.line(
                    f"price = {prices}[{i}, k]",
                    "top = wp.max(top, price)",
                    f"drop = {draft.number(1.0)} - price / top",
                    "worst = wp.max(worst, drop)",
                )
            draft.numpy(f"worst = (1.0 - {prices} / np.maximum.accumulate({prices}, axis=1)).max(axis=1)")
            result, low, high = "worst", 0.0, 1.0
        elif kind in ("bands", "turnover"):
            draft.line(f"total = {draft.zero()}", f"squares = {draft.zero()}")
            with draft.block(f"for k in range({days}):"):
                draft.line(f"price = {prices}[{i}, k]", "total += price", "squares += price * price")
            draft.line(f"mean = total / {draft.number(days)}", f"variance = squares / {draft.number(days)} - mean * mean")
            draft.numpy(f"mean, variance = {prices}.mean(axis=1), ({prices} ** 2).mean(axis=1) - {prices}.mean(axis=1) ** 2")
            if kind == "bands":
                width = draw.choice((1.5, 2.0))
                draft.line(f"value = mean + {draft.number(width)} * wp.sqrt(variance + {draft.number(0.01)})")
                draft.numpy(f"value = mean + {width} * np.sqrt(variance + 0.01)")
            else:
                draft.line(f"value = ({last} - mean) / wp.sqrt(variance + {draft.number(0.01)})")
                draft.numpy(f"value = ({prices}[:, -1] - mean) / np.sqrt(variance + 0.01)")
            result, low, high = "value", -3.5, 3.5
        elif kind == "log_return":
            draft.line(f"value = wp.log({last} / {first})")
            draft.numpy(f"value = np.log({prices}[:, -1]) - np.log({prices}[:, 0])")
            result, low, high = "value", -1.0, 1.0
        else:
            draft.line(f"previous = {first}", f"total = {draft.zero()}")
            draft.line(*{"sharpe": [f"squares = {draft.zero()}"], "strength": [f"losses = {draft.zero()}"]}.get(kind, []))
            with draft.block(f"for k in range(1, {days}):"):
                draft.line(f"price = {prices}[{i}, k]", f"r = price / previous - {draft.number(1.0)}")
                if kind == "realized":
                    draft.line("total += r * r")
                elif kind == "sharpe":
                    draft.line("total += r", "squares += r * r")
                else:
                    draft.line(f"total += wp.max(r, {draft.number(0.0)})", f"losses += wp.max(-r, {draft.number(0.0)})")
                draft.line("previous = price")
            count = days - 1
            if kind == "realized":
                draft.line(f"value = wp.sqrt(total * {draft.number(252.0 / count)})")
                draft.numpy(f"value = np.sqrt((r * r).sum(axis=1) * {252.0 / count})")
                result, low, high = "value", 0.0, 30.0
            elif kind == "sharpe":
                draft.line(f"mean = total / {draft.number(count)}", f"variance = squares / {draft.number(count)} - mean * mean")
                draft.line(f"value = mean / wp.sqrt(variance + {draft.number(0.01)})")
                draft.numpy(f"mean = r.sum(axis=1) / {float(count)}", f"variance = (r * r).sum(axis=1) / {float(count)} - mean * mean")
                draft.numpy("value = mean / np.sqrt(variance + 0.01)")
                result, low, high = "value", -2.0, 4.0
            else:
                draft.line(f"value = total / (total + losses + {draft.number(0.01)})")
                draft.numpy(
                    "gains, losses = np.maximum(r, 0.0).sum(axis=1), np.maximum(-r, 0.0).sum(axis=1)",
                    "value = gains / (gains + losses + 0.01)",
                )
                result, low, high = "value", 0.0, 1.0
        value: Expression = draft.known(result, draft.real, low, high)
        if draw.chance(0.5):
            weight = draft.array(draft.name("weight", "beta", "scale"), draft.real, "n", low=0.2)
            value = draft.fused("score", draft.real, [value, draft.load("own", weight, i, 0.2, 1.0)], smooth=True)
        draft.store(draft.output(draft.name("out", f"{kind}_out"), draft.real, "n"), i, value.warp())
    return draft.case(name, ["n"], [{"n": n} for n in draw.sizes(90)])


def signals(draw: Draw) -> Case:
    """Signals of long series, a thread per day: crossings of averages, momentum, range, breakouts, from windows that end there."""
    draft = Draft(draw, smooth=True)
    short, long = draw.choice(((2, 5), (3, 6), (2, 4), (3, 8)))
    kind = draw.choice(("crossing", "momentum", "range", "breakout", "average"))
    t = draft.name("t", "day", "i")
    name = draw.choice((f"{kind}_signal", f"compute_{kind}", f"{kind}_kernel"))
    draft.reserve(name, "fast", "slow", "k", "value", "signal", "top", "low", "price")
    prices = draft.array(draft.name("prices", "closes"), draft.real, f"n + {long - 1}", low=0.6, high=1.6)
    draft.numpy(f"windows = np.stack([{prices}[k : k + dim[0]] for k in range({long})], axis=1)")
    here = f"{prices}[{t} + {long - 1}]"
    out = draft.output(draft.name("out", "signals", "indicator"), draft.real, "n")
    with draft.threads((t, "n", out, 0)):
        if kind in ("crossing", "average"):
            draft.line(f"fast = {draft.zero()}", f"slow = {draft.zero()}")
            with draft.block(f"for k in range({long}):"):
                draft.line(f"price = {prices}[{t} + k]", "slow += price", f"if k >= {long - short}:", "    fast += price")
            draft.line(f"value = fast / {draft.number(short)} - slow / {draft.number(long)}")
            draft.numpy(f"value = windows[:, {long - short} :].mean(axis=1) - windows.mean(axis=1)")
            if kind == "crossing":
                draft.output("position", I32, "n")
                draft.line(
                    *draw.choice(
                        (
                            (f"position[{t}] = wp.where(value > {draft.number(0.0)}, 1, -1)",),
                            (f"position[{t}] = -1", f"if value > {draft.number(0.0)}:", f"    position[{t}] = 1"),
                        )
                    )
                )
                draft.numpy("position = np.where(value > 0.0, 1, -1).astype(np.int32)")
            low, high = -0.5, 0.5
        elif kind == "momentum":
            draft.line(f"value = {here} / {prices}[{t}] - {draft.number(1.0)}")
            draft.numpy("value = windows[:, -1] / windows[:, 0] - 1.0")
            low, high = -0.7, 1.7
        else:
            draft.line(f"top = {prices}[{t}]", f"low = {prices}[{t}]")
            with draft.block(f"for k in range(1, {long - (kind == 'breakout')}):"):
                draft.line(f"top = wp.max(top, {prices}[{t} + k])", f"low = wp.min(low, {prices}[{t} + k])")
            ended = "[:, :-1]" if kind == "breakout" else ""
            draft.line("value = top - low" if kind == "range" else f"value = {here} - top")
            draft.numpy(
                f"top, low = windows{ended}.max(axis=1), windows{ended}.min(axis=1)",
                "value = top - low" if kind == "range" else "value = windows[:, -1] - top",
            )
            low, high = -1.0, 1.0
        value: Expression = draft.known("value", draft.real, low, high)
        if draw.chance(0.6):
            extra = draft.array(draft.name("volume", "weight"), draft.real, "n", low=0.2)
            value = draft.fused("signal", draft.real, [value, draft.load("own", extra, t, 0.2, 1.0)], smooth=True)
        draft.line(f"{out}[{t}] = {value.warp()}")
        draft.numpy(f"{out} = {value.numpy()}")
    return draft.case(name, ["n"], [{"n": n} for n in draw.sizes(90)])
