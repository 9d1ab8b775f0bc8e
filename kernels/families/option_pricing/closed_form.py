"""Closed forms: Black and Scholes with their sensitivities, and the formulas that follow from theirs (Merton, Black, Bachelier, Margrabe).

Sources: Hull, "Options, Futures, and Other Derivatives"; Haug, "The Complete Guide to Option Pricing Formulas".
"""

from __future__ import annotations

from kernels.case import Case
from kernels.draw import Draw
from kernels.families.option_pricing.market import Market

GREEKS = ("delta", "gamma", "vega", "theta", "rho")


def closed_form(draw: Draw) -> Case:
    """One closed form."""
    return draw.weighted((_black_scholes, _bachelier, _exchange, _implied, _smile), (7, 2, 2, 3, 2))(draw)


def _black_scholes(draw: Draw) -> Case:
    """The price of calls and puts on spot or forward, of digitals and others made of the same terms, and sensitivities."""
    m = Market(draw)
    draft = m.draft
    unit = draw.choice((1.0, 1.0, 10.0, 100.0))
    forward = draw.chance(0.25)
    dividends = not forward and draw.chance(0.35)
    spot = m.quantity(
        "forward" if forward else "spot",
        0.8 * unit,
        1.25 * unit,
        arrays=("spot_prices", "underlying") if not forward else ("forwards",),
        share=0.9,
    )
    strike = m.quantity("strike", 0.8 * unit, 1.25 * unit, share=0.7)
    rate = m.quantity("rate", 0.01, 0.08, share=0.25)
    vol = m.quantity("vol", 0.2, 0.5, arrays=("vols", "sigmas", "volatility"), share=0.6)
    time = m.quantity("maturity", 0.4, 2.0, arrays=("expiries", "times"), share=0.6)
    carry = m.quantity("dividend", 0.01, 0.05, share=0.3) if dividends else ""
    kinds = ("call", "put", "both", "flagged", "straddle", "digital", "asset", "gap", "greeks", "greeks")
    kind = draw.choice(kinds)
    name = draw.choice(
        {
            "greeks": ("black_scholes_greeks", "option_greeks"),
            "digital": ("digital_option", "cash_or_nothing"),
            "both": ("black_scholes", "bs_prices"),
        }.get(kind, (f"black_scholes_{kind}", f"price_{kind}", f"bs_{kind}"))
    )
    cdf = m.cdf()
    draft.reserve(name, "d1", "d2", "sqrt_t", "sigma_sqrt_t", "discount", "growth", "call", "put", "price", "nd1", "nd2", "carried")
    side = m.flag("is_call", "call_flag") if kind in ("flagged", "greeks") and draw.chance(0.6 if kind == "greeks" else 1.0) else ""
    with m.threads():
        m.formulas(f"sqrt_t = wp.sqrt({time})", f"sigma_sqrt_t = {vol} * sqrt_t")
        drift = (
            "" if forward else f"({rate} - {carry} + 0.5 * {vol} * {vol}) * {time}" if carry else f"({rate} + 0.5 * {vol} * {vol}) * {time}"
        )
        drift = drift or f"0.5 * {vol} * {vol} * {time}"
        split = draw.chance(0.4)
        if split:
            m.formulas(f"moneyness = wp.log({spot} / {strike})", f"d1 = (moneyness + {drift}) / sigma_sqrt_t")
        else:
            m.formulas(f"d1 = (wp.log({spot} / {strike}) + {drift}) / sigma_sqrt_t")
        m.formulas("d2 = d1 - sigma_sqrt_t", f"discount = wp.exp(-{rate} * {time})")
        carried = f"{spot} * discount" if forward else spot
        if carry:
            m.formulas(f"growth = wp.exp(-{carry} * {time})", f"carried = {spot} * growth")
            carried = "carried"
        if kind == "greeks":
            _greeks(m, cdf, side, spot, strike, rate, vol, time, carried, unit)
        else:
            _payout(m, kind, cdf, side, strike, carried, unit)
    return m.case(name)


def _payout(m: Market, kind: str, cdf: str, side: str, strike: str, carried: str, unit: float) -> None:
    """The price of one kind of option of the terms d1, d2 and discount."""
    draw, draft = m.draw, m.draft
    call = f"{carried} * {cdf}(d1) - {strike} * discount * {cdf}(d2)"
    put = f"{strike} * discount * {cdf}(-d2) - {carried} * {cdf}(-d1)"
    low, high = -0.05 * unit, 2.5 * unit  # A straddle reaches spot and strike together; approximate distributions fall below zero.
    if kind == "both":
        m.formulas(f"call = {call}")
        parity = draw.chance(0.6)
        m.formulas(f"put = call - {carried} + {strike} * discount" if parity else f"put = {put}")
        m.store("call", "call_out", low, high, adjust=0.2)
        m.store("put", "put_out", low, high, adjust=0.1)
        return
    if kind == "flagged":
        style = draw.choice(("where", "sign", "branch"))
        if style == "sign":
            draft.line(f"sign = wp.where({side}[{m.i}] == 1, {draft.number(1.0)}, {draft.number(-1.0)})")
            draft.numpy(f"sign = np.where({side} == 1, 1.0, -1.0).astype({draft.precision})")
            m.formulas(f"price = sign * ({carried} * {cdf}(sign * d1) - {strike} * discount * {cdf}(sign * d2))")
        elif style == "where":
            m.formulas(f"call = {call}", f"put = {put}")
            draft.line(f"price = wp.where({side}[{m.i}] == 1, call, put)")
            draft.numpy(f"price = np.where({side} == 1, call, put)")
        else:
            draft.line(f"price = {draft.zero()}", f"if {side}[{m.i}] == 1:", f"    {draft.warp(f'price = {call}')}")
            draft.line("else:", f"    {draft.warp(f'price = {put}')}")
            draft.numpy(f"price = np.where({side} == 1, {m.numpy(call)}, {m.numpy(put)})")
    else:
        text = {
            "call": call,
            "put": put,
            "straddle": f"{carried} * (2.0 * {cdf}(d1) - 1.0) - {strike} * discount * (2.0 * {cdf}(d2) - 1.0)",
            "digital": draw.choice((f"discount * {cdf}(d2)", f"discount * (1.0 - {cdf}(d2))", f"{strike} * discount * {cdf}(-d2)")),
            "asset": draw.choice((f"{carried} * {cdf}(d1)", f"{carried} * {cdf}(-d1)")),
            "gap": f"{carried} * {cdf}(d1) - 0.95 * {strike} * discount * {cdf}(d2)",
        }[kind]
        if draw.chance(0.4) and kind in ("call", "gap"):
            m.formulas(f"nd1 = {cdf}(d1)", f"nd2 = {cdf}(d2)")
            text = text.replace(f"{cdf}(d1)", "nd1").replace(f"{cdf}(d2)", "nd2")
        m.formulas(f"price = {text}")
    if draw.chance(0.25):
        value = m.adjusted("price", low, high) if draw.chance(0.5) else "price"
        m.total(value, "book_value_out", bins=draw.choice((0, 4)))
        return
    m.store("price", draw.choice(("prices", "price_out", "values", "premium")), low, high)


def _greeks(m: Market, cdf: str, side: str, spot: str, strike: str, rate: str, vol: str, time: str, carried: str, unit: float) -> None:
    """Sensitivities of a call, or of calls and puts by a flag."""
    draw, draft = m.draw, m.draft
    chosen = draw.subset(GREEKS, draw.integer(2, 5))
    if set(chosen) <= {"gamma", "vega"}:
        chosen.append("delta")
    if set(chosen) & {"gamma", "vega", "theta"}:
        m.formulas(f"density = {m.pdf()}(d1)")
    m.formulas(*([f"nd1 = {cdf}(d1)"] if "delta" in chosen else []), *([f"nd2 = {cdf}(d2)"] if set(chosen) & {"theta", "rho"} else []))
    growth = f"({carried} / {spot})" if carried != spot else "1.0"
    text = {
        "delta": f"nd1 * {growth}" if growth != "1.0" else "nd1 * 1.0",
        "gamma": f"density / ({spot} * sigma_sqrt_t)",
        "vega": f"{carried} * density * sqrt_t",
        "theta": f"-{carried} * density * {vol} / (2.0 * sqrt_t) - {rate} * {strike} * discount * nd2",
        "rho": f"{strike} * {time} * discount * nd2",
    }
    change = {"delta": "delta - 1.0", "theta": f"theta + {rate} * {strike} * discount", "rho": f"rho - {strike} * {time} * discount"}
    for greek in chosen:
        formula = text[greek] if text[greek] != "nd1 * 1.0" else "nd1"
        m.formulas(f"{greek} = {formula}")
        if side and greek in change:
            draft.line(f"if {side}[{m.i}] == 0:", f"    {draft.warp(f'{greek} = {change[greek]}')}")
            draft.numpy(f"{greek} = np.where({side} == 0, {change[greek]}, {greek})")
        scale = {"delta": 1.0, "gamma": 1.0 / unit}.get(greek, unit)
        low, high = {"delta": (-1.05, 1.05), "gamma": (0.0, 4.0), "vega": (0.0, 0.8), "theta": (-0.4, 0.2), "rho": (-2.6, 2.6)}[greek]
        m.store(greek, f"{greek}_out", low * scale, high * scale, adjust=0.15)


def _bachelier(draw: Draw) -> Case:
    """Options on a normally distributed price (Bachelier), shifted or not."""
    m = Market(draw)
    spot = m.quantity("forward", 0.2, 1.2, arrays=("forwards", "spreads"), share=0.9)
    strike = m.quantity("strike", 0.3, 1.1)
    vol = m.quantity("vol", 0.3, 0.8, arrays=("normal_vols",))
    time = m.quantity("expiry", 0.5, 2.0, arrays=("expiries", "times"))
    rate = m.quantity("rate", 0.01, 0.08, share=0.3) if draw.chance(0.6) else ""
    name = draw.choice(("bachelier_price", "normal_model", "spread_option", "swaption_normal"))
    cdf, pdf = m.cdf(), m.pdf()
    m.draft.reserve(name, "deviation", "d", "intrinsic", "price", "discount")
    with m.threads():
        m.formulas(f"deviation = {vol} * wp.sqrt({time})", f"d = ({spot} - {strike}) / deviation")
        kind = draw.choice(("call", "put", "straddle"))
        text = {
            "call": f"({spot} - {strike}) * {cdf}(d) + deviation * {pdf}(d)",
            "put": f"({strike} - {spot}) * {cdf}(-d) + deviation * {pdf}(d)",
            "straddle": f"({spot} - {strike}) * (2.0 * {cdf}(d) - 1.0) + 2.0 * deviation * {pdf}(d)",
        }[kind]
        if rate:
            m.formulas(f"discount = wp.exp(-{rate} * {time})", f"price = discount * ({text})")
        else:
            m.formulas(f"price = {text}")
        m.store("price", draw.choice(("prices", "values")), -0.05, 2.0)
        if draw.chance(0.3):
            m.formulas(f"vega = wp.sqrt({time}) * {pdf}(d)")
            m.store("vega", "vega_out", 0.0, 1.0, adjust=0.1)
    return m.case(name)


def _exchange(draw: Draw) -> Case:
    """Options on two assets: exchange (Margrabe), the better or the worse of two (Stulz, by exchange), spreads by Kirk's approximation."""
    m = Market(draw)
    first = m.quantity("first", 0.8, 1.25, arrays=("asset_a", "prices_a"), share=0.9)
    second = m.quantity("second", 0.8, 1.25, arrays=("asset_b", "prices_b"), share=0.8)
    vol_a, vol_b = m.quantity("vol_a", 0.2, 0.5), m.quantity("vol_b", 0.2, 0.5)
    rho = m.quantity("rho", -0.6, 0.6, arrays=("correlation",))
    time = m.quantity("maturity", 0.5, 2.0, arrays=("expiries",))
    kirk = draw.chance(0.4)
    strike = m.quantity("strike", 0.05, 0.3) if kirk else ""
    name = draw.choice(("kirk_spread_option", "spread_option") if kirk else ("margrabe", "exchange_option", "better_of_two"))
    cdf = m.cdf()
    m.draft.reserve(name, "variance", "vol", "d1", "d2", "share", "price", "base")
    with m.threads():
        if kirk:
            m.formulas(f"base = {second} + {strike}", f"share = {vol_b} * {second} / base")
            m.formulas(f"variance = {vol_a} * {vol_a} - 2.0 * {rho} * {vol_a} * share + share * share")
            other = "base"
        else:
            m.formulas(f"variance = {vol_a} * {vol_a} + {vol_b} * {vol_b} - 2.0 * {rho} * {vol_a} * {vol_b}")
            other = second
        m.formulas(f"vol = wp.sqrt(wp.max(variance, 0.02) * {time})", f"d1 = wp.log({first} / {other}) / vol + 0.5 * vol", "d2 = d1 - vol")
        m.formulas(f"price = {first} * {cdf}(d1) - {other} * {cdf}(d2)")
        if not kirk and draw.chance(0.4):
            m.formulas(draw.choice((f"best = price + {second}", f"best = {first} - price")))
            m.store("best", "best_of_two", -0.05, 2.6)
        else:
            m.store("price", draw.choice(("prices", "spread_values")), -0.05, 1.3)
    return m.case(name)


def _implied(draw: Draw) -> Case:
    """Implied volatility: a few steps of Newton from a first guess, or the guess alone (Brenner and Subrahmanyam, Corrado and Miller)."""
    m = Market(draw)
    draft = m.draft
    spot = m.quantity("spot", 0.95, 1.05, share=0.8)
    strike = m.quantity("strike", 0.95, 1.05, share=0.6)
    time = m.quantity("maturity", 0.5, 1.5, arrays=("expiries",))
    price = m.quantity("quote", 0.14, 0.2, arrays=("market_price", "quotes"), share=1.0)
    steps = draw.integer(1, 4)
    name = draw.choice(("implied_vol", "implied_vol_newton", "newton_vega_step", "invert_price"))
    cdf, pdf = m.cdf(), m.pdf()
    draft.reserve(name, "sigma", "d1", "d2", "model", "vega", "error", "root_t", "step")
    start, guess = draw.choice(("constant", "brenner", "array")), ""
    if start == "array":
        guess = m.quantity("starting_vol", 0.3, 0.5, arrays=("first_guess",), share=1.0)
    helper = draw.chance(0.5)
    if helper:
        body = [
            "d1 = (wp.log(s / k) + 0.5 * v * v * t) / (v * wp.sqrt(t))",
            "d2 = d1 - v * wp.sqrt(t)",
            f"return s * {cdf}(d1) - k * {cdf}(d2)",
        ]
        m.function("black_price", ["s", "k", "v", "t"], body)
    with m.threads():
        m.formulas(f"root_t = wp.sqrt({time})")
        first = {"constant": "0.4", "array": guess, "brenner": f"2.5066 * {price} / ({spot} * root_t)"}[start]
        draft.line(f"sigma = {draft.real.spelling}(0.4)" if start == "constant" else draft.warp(f"sigma = {first}"))
        draft.numpy(f"sigma = {m.numpy(first)}")
        loop = draft.loop(f"for step in range({steps}):")
        with loop:
            m.formulas(f"d1 = (wp.log({spot} / {strike}) + 0.5 * sigma * sigma * {time}) / (sigma * root_t)")
            if helper:
                m.formulas(f"model = black_price({spot}, {strike}, sigma, {time})")
            else:
                m.formulas("d2 = d1 - sigma * root_t", f"model = {spot} * {cdf}(d1) - {strike} * {cdf}(d2)")
            m.formulas(f"vega = {spot} * root_t * {pdf}(d1)", f"sigma = sigma - (model - {price}) / vega")
        m.store("sigma", draw.choice(("implied", "vol_out", "sigma_out")), 0.02, 2.0, adjust=0.3)
        if draw.chance(0.3):
            m.store("model", "model_out", -0.05, 1.0, adjust=0.0)
    return m.case(name)


def _smile(draw: Draw) -> Case:
    """Volatility smiles: SABR's expansion (Hagan et al.), SVI's total variance (Gatheral), quadratic smiles; with the density of slopes."""
    m = Market(draw)
    draft = m.draft
    kind = draw.choice(("sabr", "sabr_atm", "svi", "svi", "quadratic"))
    name = draw.choice((f"{kind}_vol", f"{kind}_smile", f"evaluate_{kind}"))
    strike = m.quantity(
        "strike" if kind.startswith("sabr") else "log_strike", *((0.6, 0.9) if kind.startswith("sabr") else (-0.5, 0.5)), share=0.9
    )
    draft.reserve(name, "z", "x", "variance", "root", "vol", "centered", "ratio", "correction", "mid")
    if kind.startswith("sabr"):
        forward = m.quantity("forward", 1.0, 1.4, share=0.6)
        alpha, rho = m.quantity("alpha", 0.15, 0.4), m.quantity("rho", -0.5, 0.3)
        nu, time = m.quantity("nu", 0.2, 0.6), m.quantity("expiry", 0.5, 2.0)
        with m.threads():
            if kind == "sabr_atm":
                m.formulas(
                    f"mid = wp.sqrt({forward} * {strike})",
                    f"correction = 0.25 * {rho} * {alpha} * {nu} + (2.0 - 3.0 * {rho} * {rho}) * {nu} * {nu} / 24.0",
                )
                m.formulas(f"vol = {alpha} / mid * (1.0 + correction * {time})")
            else:
                m.formulas(f"z = {nu} / {alpha} * wp.log({forward} / {strike})", f"root = wp.sqrt(1.0 - 2.0 * {rho} * z + z * z)")
                m.formulas(f"x = wp.log((root + z - {rho}) / (1.0 - {rho}))", "ratio = z / x")
                m.formulas(f"correction = 0.25 * {rho} * {alpha} * {nu} + (2.0 - 3.0 * {rho} * {rho}) * {nu} * {nu} / 24.0")
                m.formulas(f"vol = {alpha} * ratio * (1.0 + correction * {time})")
            m.store("vol", draw.choice(("vols_out", "smile")), 0.02, 3.0)
    elif kind == "svi":
        a, b, rho = m.quantity("base_var", 0.02, 0.1), m.quantity("wing", 0.1, 0.4), m.quantity("rho", -0.7, 0.2)
        shift, sigma = m.quantity("shift", -0.1, 0.1), m.quantity("width", 0.1, 0.3)
        with m.threads():
            m.formulas(f"centered = {strike} - {shift}", f"root = wp.sqrt(centered * centered + {sigma} * {sigma})")
            m.formulas(f"variance = {a} + {b} * ({rho} * centered + root)")
            if draw.chance(0.5):
                time = "1.0" if draw.chance(0.3) else f"{draw.choice((0.25, 0.5, 2.0))}"
                m.formulas(f"vol = wp.sqrt(wp.max(variance, 0.001) / {time})")
                m.store("vol", "vols_out", 0.02, 1.6)
            else:
                m.store("variance", "total_variance", 0.0, 0.6)
            if draw.chance(0.5):
                m.formulas(f"slope = {b} * ({rho} + centered / root)")
                m.store("slope", "skew_out", -0.8, 0.6, adjust=0.2)
    else:
        level, skew, curve = m.quantity("level", 0.15, 0.4), m.quantity("skew", -0.2, 0.1), m.quantity("curvature", 0.1, 0.6)
        with m.threads():
            m.formulas(f"vol = {level} + {skew} * {strike} + {curve} * {strike} * {strike}")
            m.store("vol", "vols_out", 0.02, 0.8)
    return m.case(name)
