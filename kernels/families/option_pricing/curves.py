"""Curves, swaps and credit: interpolation over increasing times, legs of swaps, survival and expected losses."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Sorted
from kernels.drafting.arguments import grids
from kernels.draw import Draw
from kernels.families.option_pricing.market import Market


def curve(draw: Draw) -> Case:
    """A value read off a curve of increasing times, by linear (or log-linear) interpolation: rates, discount factors, forwards."""
    m = Market(draw)
    draft = m.draft
    knots = draw.integer(3, 7)
    kind = draw.choice(("rate", "discount", "forward", "log_linear"))
    name = draw.choice((f"curve_{kind}", f"interpolate_{kind}", "bootstrap_lookup", "sample_curve"))
    draft.reserve(name, "lo", "k", "left", "right", "w", "rate", "df", "t", "t0", "t1", "a", "b")
    times = draft.array(draft.name("knots", "curve_times"), draft.real, knots, domain=Sorted(0.0, 5.0), differentiable=False)
    values = draft.array(draft.name("curve_rates", "curve_values"), draft.real, knots, low=0.02, high=0.08)
    t = m.quantity("time", 0.2, 4.8, arrays=("query_times", "maturities"), share=1.0)
    search = draw.choice(("scan", "binary", "sum"))
    with m.threads():
        draft.line("lo = int(0)")
        if search == "binary":
            draft.line(f"hi = int({knots - 1})")
            with draft.block(f"for k in range({max(2, knots.bit_length())}):"):
                draft.line(
                    "if hi - lo > 1:",
                    "    mid = (lo + hi) // 2",
                    f"    if {times}[mid] <= {t}:",
                    "        lo = mid",
                    "    else:",
                    "        hi = mid",
                )
        else:
            with draft.block(f"for k in range(1, {knots - 1}):"):
                draft.line(
                    *([f"if {times}[k] <= {t}:", "    lo = k"] if search == "scan" else [f"lo += wp.where({times}[k] <= {t}, 1, 0)"])
                )
        draft.numpy(f"lo = np.searchsorted({times}[1:-1], {t}, side='right')")
        draft.line(f"t0 = {times}[lo]", f"t1 = {times}[lo + 1]", f"a = {values}[lo]", f"b = {values}[lo + 1]")
        draft.numpy(f"t0, t1, a, b = {times}[lo], {times}[lo + 1], {values}[lo], {values}[lo + 1]")
        # Knots may lie close together: the weight is kept within the interval and its length above a hundredth.
        m.formulas(f"w = wp.clamp(({t} - t0) / wp.max(t1 - t0, 0.01), 0.0, 1.0)")
        if kind == "log_linear":
            m.formulas("df = wp.exp((1.0 - w) * wp.log(a) + w * wp.log(b))")
            m.store("df", "curve_out", 0.02, 0.08)
        else:
            m.formulas(draw.choice(("rate = a + w * (b - a)", "rate = (1.0 - w) * a + w * b")))
            if kind == "rate":
                m.store("rate", "rates_out", 0.02, 0.08)
            elif kind == "discount":
                m.formulas(f"df = wp.exp(-rate * {t})")
                m.store("df", "discounts", 0.6, 1.0)
            else:
                m.formulas(f"df = rate + {t} * (b - a) / wp.max(t1 - t0, 0.05)")
                m.store("df", "forwards", -3.0, 3.0)
    return m.case(name)


def swap(draw: Draw) -> Case:
    """Swaps: the fixed and the floating leg from discount factors, the par rate, and the value of each position."""
    m = Market(draw)
    draft = m.draft
    periods = draw.integer(2, 8)
    kind = draw.choice(("value", "par", "basis"))
    name = draw.choice((f"swap_{kind}", f"interest_rate_swap_{kind}", f"irs_{kind}"))
    draft.reserve(name, "fixed", "floating", "annuity", "k", "df", "value", "par", "forward", "before")
    own_curve = draw.chance(0.4)
    df = draft.array(draft.name("discounts", "factors"), draft.real, *(("n", periods) if own_curve else (periods,)), low=0.6, high=0.98)
    fixed = m.quantity("fixed_rate", 0.02, 0.08, arrays=("fixed_rates",), share=0.8)
    tenor = draw.choice((0.25, 0.5, 1.0))
    payer = m.flag("is_payer") if kind == "value" and draw.chance(0.5) else ""
    m.over(df if own_curve else "")
    with m.threads():
        draft.line(f"annuity = {draft.zero()}", *([f"floating = {draft.zero()}"] if kind == "basis" else []))
        draft.numpy("annuity = 0.0", *(["floating = 0.0"] if kind == "basis" else []))
        with draft.loop(f"for k in range({periods}):"):
            draft.line(f"df = {df}[{m.i}, k]" if own_curve else f"df = {df}[k]")
            draft.numpy(f"df = {df}[:, k]" if own_curve else f"df = {df}[k]")
            m.formulas(f"annuity = annuity + {tenor} * df")
            if kind == "basis":
                m.formulas(f"floating = floating + {tenor} * df * (1.0 / df - 1.0)")
        last, there = (
            (f"{df}[{m.i}, {periods - 1}]", f"{df}[:, {periods - 1}]") if own_curve else (f"{df}[{periods - 1}]", f"{df}[{periods - 1}]")
        )
        if kind == "par":
            draft.warp_formula(f"par = (1.0 - {last}) / annuity")
            draft.numpy(f"par = (1.0 - {there}) / annuity")
            m.formulas(f"value = par - {fixed}")
            m.store("value", "par_spread", -2.0, 2.0)
        else:
            if kind == "value":
                draft.warp_formula(f"floating = 1.0 - {last}")
                draft.numpy(f"floating = 1.0 - {there}")
            m.formulas(f"value = floating - {fixed} * annuity")
            if payer:
                draft.line(f"if {payer}[{m.i}] == 0:", "    value = -value")
                draft.numpy(f"value = np.where({payer} == 0, -value, value)")
            if draw.chance(0.3):
                m.total("value", "net_value", bins=draw.choice((0, 4)))
            else:
                m.store("value", "values", -3.0, 3.0)
    return m.case(name)


def credit(draw: Draw) -> Case:
    """Credit: survival by a hazard rate, legs of a default swap, expected losses and value adjustments, Merton's distance to default."""
    m = Market(draw)
    draft = m.draft
    kind = draw.choice(("swap", "swap", "adjustment", "distance", "loss"))
    name = draw.choice((f"credit_{kind}", f"default_{kind}", "cds_legs" if kind == "swap" else f"{kind}_kernel"))
    draft.reserve(
        name, "survival", "before", "protection", "premium", "k", "spread", "loss", "d", "probability", "t", "df", "exposure", "total"
    )
    if kind == "distance":
        assets, debt = m.quantity("assets", 0.9, 1.3, share=1.0), m.quantity("debt", 0.6, 0.85)
        drift, vol, time = m.quantity("drift", 0.0, 0.1), m.quantity("vol", 0.2, 0.5), m.quantity("horizon", 0.5, 2.0)
        cdf = m.cdf()
        with m.threads():
            m.formulas(
                f"d = (wp.log({assets} / {debt}) + ({drift} - 0.5 * {vol} * {vol}) * {time}) / ({vol} * wp.sqrt({time}))",
                f"probability = {cdf}(-d)",
            )
            m.store("probability", "default_probability", 0.0, 1.0)
            if draw.chance(0.5):
                m.store("d", "distance_out", -3.0, 10.0, adjust=0.2)
        return m.case(name)
    hazard = m.quantity("hazard", 0.01, 0.1, arrays=("hazards", "intensity"), share=0.9)
    recovery = m.quantity("recovery", 0.2, 0.6)
    rate = m.quantity("rate", 0.01, 0.06, share=0.3)
    periods = draw.integer(2, 8)
    exposures = draft.array("exposures", draft.real, "n", periods, low=0.1, high=1.0) if kind == "adjustment" else ""
    with m.threads():
        draft.line(f"protection = {draft.zero()}", f"premium = {draft.zero()}", f"before = {draft.real.spelling}(1.0)")
        draft.numpy("protection, premium, before = 0.0, 0.0, 1.0")
        with draft.loop(f"for k in range({periods}):"):
            draft.line(f"t = {draft.number(0.5)} * {draft.cast('k + 1')}")
            draft.numpy("t = 0.5 * (k + 1)")
            m.formulas(f"survival = wp.exp(-{hazard} * t)", f"df = wp.exp(-{rate} * t)")
            if kind == "adjustment":
                draft.line(f"exposure = {exposures}[{m.i}, k]")
                draft.numpy(f"exposure = {exposures}[:, k]")
                m.formulas(f"protection = protection + (1.0 - {recovery}) * df * exposure * (before - survival)")
            else:
                m.formulas(
                    f"protection = protection + (1.0 - {recovery}) * df * (before - survival)", "premium = premium + 0.5 * df * survival"
                )
            m.formulas("before = survival")
        if kind == "swap":
            m.formulas("spread = protection / premium")
            m.store("spread", "par_spreads", 0.0, 0.3)
        elif kind == "loss":
            m.formulas("loss = protection - 0.02 * premium")
            m.total(m.adjusted("loss", -0.1, 0.3) if draw.chance(0.5) else "loss", "total_loss", bins=draw.choice((0, 4)))
        else:
            m.store("protection", "cva_out", 0.0, 1.0)
    return m.case(name, grids(draw, ["n"]))
