"""Bonds, loans and curves: discounting of cash flows, yields, durations, annuities, interpolated curves, swaps, credit.

Source: Hull, "Options, Futures, and Other Derivatives".
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext

from kernels.case import Case
from kernels.draw import Draw
from kernels.families.option_pricing.curves import credit, curve, swap
from kernels.families.option_pricing.market import Market


def fixed_income(draw: Draw) -> Case:
    """One kernel on cash flows, rates or credit."""
    builders: tuple[Callable[[Draw], Case], ...] = (_cash_flows, _cash_flows, _bond, _bond, _annuity, curve, curve, swap, credit)
    return draw.choice(builders)(draw)


def _cash_flows(draw: Draw) -> Case:
    """The present value of each row of cash flows, at one rate, at a rate for each time, or by a curve of discount factors."""
    m = Market(draw)
    draft = m.draft
    static = draw.chance(0.5)
    flows: int | str = draw.integer(3, 8) if static else "flows"
    kind = draw.choice(("flat", "rates", "factors", "compounded", "duration"))
    name = draw.choice(("present_value", "net_present_value", "discount_cash_flows", f"pv_{kind}"))
    draft.reserve(name, "total", "weighted", "factor", "t", "k", "duration", "df")
    flow = draft.array(draft.name("cash_flows", "payments", "coupons"), draft.real, "n", flows, low=0.1, high=1.0)
    m.over(flow)
    times = draft.array(draft.name("times", "year_fractions"), draft.real, flows, low=0.2, high=4.0) if kind != "compounded" else ""
    rate = ""
    if kind in ("flat", "duration", "compounded"):
        rate = m.quantity("rate", 0.01, 0.08, arrays=("yields", "rates"), share=0.6)
    curve = (
        draft.array(draft.name("zero_rates", "discounts"), draft.real, flows, low=0.02, high=0.08) if kind in ("rates", "factors") else ""
    )
    with m.threads():
        length = str(flows) if static else draft.extent("flows", flow, 1)
        draft.line(f"total = {draft.zero()}", *([f"weighted = {draft.zero()}"] if kind == "duration" else []))
        draft.numpy("total = 0.0", *(["weighted = 0.0"] if kind == "duration" else []))
        if kind == "compounded":
            if static:
                draft.line(f"df = {draft.real.spelling}(1.0)")
            m.formulas(f"factor = 1.0 / (1.0 + {rate})")
            draft.numpy("df = 1.0")
        with draft.loop(f"for k in range({length}):", f"for k in range({flow}.shape[1]):"):
            here, there = f"{flow}[{m.i}, k]", f"{flow}[:, k]"
            if kind == "compounded":
                if static:
                    draft.line("df = df * factor", f"total += df * {here}")
                else:
                    # A product carried by a dynamic loop has no right adjoint: a power of the step's factor has.
                    draft.line(f"df = wp.pow(factor, {draft.cast('k + 1')})", f"total += df * {here}")
                draft.numpy("df = df * factor", f"total = total + df * {there}")
            else:
                r = rate if kind in ("flat", "duration") else f"{curve}[k]"
                factor = "wp.exp(-{0} * {1}[k])" if kind != "factors" else "1.0 / (1.0 + {0} * {1}[k])"
                m.formulas(f"df = {factor.format(r, times)}")
                draft.line(f"total += df * {here}", *([f"weighted += {times}[k] * df * {here}"] if kind == "duration" else []))
                draft.numpy(
                    f"total = total + df * {there}", *([f"weighted = weighted + {times}[k] * df * {there}"] if kind == "duration" else [])
                )
        if kind == "duration" and static:
            m.formulas("duration = weighted / total")
            m.store("duration", "durations", 0.5, 3.0)
        elif kind == "duration":
            m.store("weighted", "dollar_duration", 0.0, 20.0, adjust=0.0)
        if kind != "duration" or draw.chance(0.5):
            m.store("total", draw.choice(("values", "pv_out")), 0.0, 8.0, adjust=0.5 if static else 0.0)
    return m.case(name, [{"n": n, "flows": draw.integer(2, 9)} for n in draw.sizes(100)])


def _bond(draw: Draw) -> Case:
    """Coupon bonds: price, accrued interest, duration, convexity and yield by Newton, for coupons of a fixed number of years."""
    m = Market(draw)
    draft = m.draft
    kind = draw.choice(("price", "price", "risk", "yield", "closed", "floater"))
    periods = draw.integer(2, 8)
    name = draw.choice(
        (f"bond_{kind}", f"coupon_bond_{kind}", "price_bonds" if kind in ("price", "closed", "floater") else f"bonds_{kind}")
    )
    draft.reserve(
        name,
        "price",
        "slope",
        "curve",
        "y",
        "df",
        "k",
        "step",
        "annuity",
        "error",
        "t",
        "cash",
        "duration",
        "convexity",
        "factor",
        "growth",
    )
    coupon = m.quantity("coupon", 0.02, 0.09, arrays=("coupons", "coupon_rates"), share=0.8)
    y = m.quantity(
        "yield_rate" if kind != "yield" else "quote",
        *((0.02, 0.09) if kind != "yield" else (0.9, 1.1)),
        arrays=("yields",) if kind != "yield" else ("quotes",),
        share=1.0,
    )
    face = m.quantity("face", 0.8, 1.2, share=0.3) if kind != "yield" else "1.0"
    per_year = draw.choice((1.0, 2.0))
    with m.threads():
        if kind == "closed":
            m.formulas(f"factor = 1.0 / (1.0 + {y} / {per_year})")
            draft.warp_formula(f"growth = wp.pow(factor, {float(periods)})")
            draft.numpy(f"growth = factor ** {float(periods)}")
            m.formulas(f"annuity = (1.0 - growth) / ({y} / {per_year})", f"price = {face} * ({coupon} / {per_year} * annuity + growth)")
            m.store("price", "prices", 0.5, 1.6)
            return m.case(name)
        if kind == "yield":
            draft.line(f"y = {draft.real.spelling}(0.05)")
            draft.numpy("y = 0.05")
            with draft.loop(f"for step in range({draw.integer(2, 4)}):"):
                draft.line(f"price = {draft.zero()}", f"slope = {draft.zero()}")
                draft.numpy("price, slope = 0.0, 0.0")
                for year in range(1, periods + 1):
                    cash = coupon if year < periods else f"({coupon} + 1.0)"
                    m.formulas(
                        f"df = wp.exp(-{float(year)} * y)", f"price = price + {cash} * df", f"slope = slope - {float(year)} * {cash} * df"
                    )
                m.formulas(f"y = y - (price - {y}) / slope")
            m.store("y", "yields_out", -0.2, 0.6)
            return m.case(name)
        draft.line(f"price = {draft.zero()}")
        draft.numpy("price = 0.0")
        if kind == "risk":
            draft.line(f"slope = {draft.zero()}", f"curve = {draft.zero()}")
            draft.numpy("slope, curve = 0.0, 0.0")
        looped = draw.chance(0.6)
        with draft.loop(f"for k in range({periods}):") if looped else nullcontext():
            for t in ("k",) if looped else range(periods):
                if looped:
                    draft.line(f"t = {draft.cast('k + 1')}")
                    draft.numpy("t = float(k + 1)")
                    time, last = "t", f"k == {periods - 1}"
                else:
                    time, last = str(float(int(t) + 1)), ""
                discount = draw.choice((f"wp.exp(-{y} * {time})", f"wp.pow(1.0 + {y} / {per_year}, -{per_year} * {time})"))
                m.formulas(f"df = {discount}", f"cash = {face} * {coupon}")
                if looped:
                    draft.warp_formula(f"if {last}:", f"    cash = cash + {face}")
                    draft.numpy(f"cash = cash + {face} if {last} else cash")
                elif int(t) == periods - 1:
                    m.formulas(f"cash = cash + {face}")
                m.formulas("price = price + cash * df")
                if kind == "risk":
                    m.formulas(f"slope = slope + {time} * cash * df", f"curve = curve + {time} * {time} * cash * df")
        m.store("price", draw.choice(("prices", "dirty_price")), 0.5, 1.8)
        if kind == "risk":
            m.formulas("duration = slope / price", "convexity = curve / price")
            m.store("duration", "durations", 1.0, 8.0, adjust=0.2)
            if draw.chance(0.6):
                m.store("convexity", "convexities", 1.0, 60.0, adjust=0.2)
    return m.case(name)


def _annuity(draw: Draw) -> Case:
    """Loans and annuities: level payments, balances after some payments, interest shares, future values of savings."""
    m = Market(draw)
    draft = m.draft
    kind = draw.choice(("payment", "balance", "future", "growing", "schedule", "perpetuity"))
    name = draw.choice((f"annuity_{kind}", f"loan_{kind}", f"{kind}_kernel"))
    draft.reserve(name, "growth", "annuity", "payment", "balance", "interest", "k", "total", "factor", "ratio")
    principal = m.quantity("principal", 0.5, 2.0, share=0.9)
    rate = m.quantity("rate", 0.02, 0.1, arrays=("rates",), share=0.6)
    periods = m.quantity("periods", 3.0, 12.0, arrays=("terms",), share=0.5)
    with m.threads():
        if kind == "schedule":
            steps = draw.integer(2, 6)
            m.formulas(f"payment = {principal} * ({rate} + 0.2)", f"balance = {principal} * 1.0")
            draft.line(f"total = {draft.zero()}")
            draft.numpy("total = 0.0")
            with draft.loop(f"for k in range({steps}):"):
                m.formulas(f"interest = balance * {rate}", "balance = balance + interest - payment", "total = total + interest")
            m.store("balance", "balances", -1.0, 2.0)
            m.store("total", "interest_paid", 0.0, 1.0, adjust=0.2)
            return m.case(name)
        if kind == "perpetuity":
            m.formulas(f"ratio = {principal} / ({rate} + 0.05)", f"total = ratio * (1.0 - wp.exp(-{rate} * {periods}))")
            m.store("total", "values", 0.0, 25.0)
            return m.case(name)
        growth = draw.choice((f"wp.pow(1.0 + {rate}, {periods})", f"wp.exp({rate} * {periods})"))
        m.formulas(f"growth = {growth}")
        if kind == "payment":
            m.formulas(
                draw.choice(
                    (f"payment = {principal} * {rate} * growth / (growth - 1.0)", f"payment = {principal} * {rate} / (1.0 - 1.0 / growth)")
                )
            )
            m.store("payment", "payments", 0.05, 1.0)
        elif kind == "balance":
            m.formulas(f"payment = {principal} * {rate} / (1.0 - 1.0 / growth)", f"factor = wp.exp({rate} * 2.0)")
            m.formulas(f"balance = {principal} * factor - payment * (factor - 1.0) / {rate}")
            m.store("balance", "balances", 0.0, 2.0)
        elif kind == "future":
            m.formulas(f"annuity = (growth - 1.0) / {rate}", f"total = {principal} * growth + 0.1 * annuity")
            m.store("total", "future_values", 0.0, 15.0)
        else:
            m.formulas(
                f"ratio = wp.exp(-0.5 * {rate} * {periods})",
                f"annuity = (1.0 - ratio) / (0.5 * {rate})",
                f"total = {principal} * annuity / growth",
            )
            m.store("total", "values", 0.0, 25.0)
    return m.case(name)
