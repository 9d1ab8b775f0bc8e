"""The family of pricing and risk: references against parity, textbook prices, and laws that prices obey."""

import math
import re

import numpy as np
import pytest

from kernels.draw import Draw
from kernels.families.option_pricing.bonds import fixed_income
from kernels.families.option_pricing.closed_form import closed_form
from kernels.families.option_pricing.market import CDF, POLYNOMIAL, Market
from kernels.families.option_pricing.trees import lattice
from tests.families._interpreter import check_against_threads
from tests.families._reference import cases, check_contract, run


def test_contract():
    check_contract("option_pricing")


def test_references_agree_with_running_the_threads_one_by_one():
    check_against_threads("option_pricing", cases("option_pricing", 200), run, at_least=20)


@pytest.mark.parametrize("way", range(len(CDF) + 1))
def test_approximations_of_the_normal_distribution_are_near_it(way):
    market = Market(Draw(0, "option_pricing", 0))
    scope: dict = {"np": np, "math": math}
    lines = POLYNOMIAL if way == len(CDF) else CDF[way]
    body = [market.numpy(line) for line in lines]
    if way == len(CDF):
        body.append("return np.where(x < 0.0, upper, 1.0 - upper)")
    exec("\n".join(["def erf(x): return np.vectorize(math.erf)(x)", "def erfc(x): return np.vectorize(math.erfc)(x)"]), scope)
    exec("\n".join(["def cdf(x):", *(f"    {line}" for line in body)]), scope)
    x = np.linspace(-3.0, 3.0, 13)
    exact = [0.5 * math.erfc(-v / math.sqrt(2.0)) for v in x]
    assert np.abs(scope["cdf"](x) - exact).max() < 5e-4


def black_scholes(s, k, r, v, t):
    d1 = (math.log(s / k) + (r + 0.5 * v * v) * t) / (v * math.sqrt(t))
    cdf = lambda x: 0.5 * math.erfc(-x / math.sqrt(2.0))  # noqa: E731
    return s * cdf(d1) - k * math.exp(-r * t) * cdf(d1 - v * math.sqrt(t))


def test_a_textbook_call_is_priced_as_in_the_textbook():
    """Hull's example: spot 42, strike 40, rate 10 %, volatility 20 %, half a year: 4.76."""
    assert black_scholes(42.0, 40.0, 0.1, 0.2, 0.5) == pytest.approx(4.76, abs=0.005)


ADJUSTED = re.compile(r"^    (net|book_value|adjusted|marked|carried_value|total_value|balance|settled) = ", re.MULTILINE)


def first(builder, fits):
    """The first of the builder's cases whose value is stored as it is and that fits."""
    for index in range(4000):
        case = builder(Draw(7, "option_pricing", index))
        if not ADJUSTED.search(case.reference_source) and fits(case, {a.name for a in case.arguments}):
            return case
    raise AssertionError("no such case was drawn")


SPOTS = {"spot_prices", "underlying", "spots", "spot_in"}
STRIKES = {"strikes", "strike_in"}
TIMES = {"expiries", "times", "maturity", "maturities", "maturity_in"}


def test_calls_and_puts_obey_parity():
    def fits(case, names):
        return {"call_out", "put_out", "rate"} <= names and names & SPOTS and names & STRIKES and "carried" not in case.reference_source

    case = first(closed_form, fits)
    values, result = run(case)
    spot, strike = (next(values[n] for n in given if n in values) for given in (SPOTS, STRIKES))
    time = next((values[n] for n in TIMES if n in values), None)
    gap = result["call_out"] - result["put_out"] - spot
    # What is left is the discounted strike, which gives back the discount factor, one for each maturity.
    discount = -gap / strike
    assert np.all((discount > 0.8) & (discount < 1.0))
    if time is not None:
        np.testing.assert_allclose(discount, np.exp(-values["rate"] * time), rtol=2e-3)


def test_american_options_are_worth_no_less_than_their_exercise():
    case = first(lattice, lambda case, names: "american" in case.kernel_name and {"strikes", "spots"} <= names)
    values, result = run(case)
    price = next(iter(result.values()))
    put = "strike - stock" in case.python_source or "strike - s" in case.python_source
    assert np.all(price >= (values["strikes"] - values["spots"]) * (1 if put else -1) - 1e-5)


def test_discounted_cash_flows_by_hand():
    def fits(case, names):
        plain = set(names) & {"values", "pv_out"} and "factor = 1.0 / (1.0 + " in case.reference_source and "cash_flows" in names
        return plain and names & {"yields", "rates", "rate"}

    case = first(fixed_income, fits)
    values, result = run(case, launch=1)
    rate = next(values[n] for n in ("yields", "rates", "rate") if n in values)
    flows = values["cash_flows"]
    expected = sum(flows[:, k] / (1.0 + rate) ** (k + 1) for k in range(flows.shape[1]))
    np.testing.assert_allclose(next(iter(result.values())), expected, rtol=1e-4)
