"""Pricing and risk: options in closed form, on trees and grids, on simulated paths; bonds, curves and credit; portfolios and price series.

Variants: Black and Scholes with sensitivities and its relatives, implied volatility and smiles; binomial trees (European, American,
Bermudan) and finite differences; path payoffs (Asian, lookback, barrier, cliquet, baskets) and processes (Heston, Cox-Ingersoll-Ross,
Vasicek, Merton, SABR); cash flows, coupon bonds, loans, interpolated curves, swaps, default; scenarios, variances, exposures, tails,
signals; quantities per contract or for all, in arrays, structs or constants, approximations of the normal distribution, books, adjustments.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.draw import Draw
from kernels.families.option_pricing.bonds import fixed_income
from kernels.families.option_pricing.closed_form import closed_form
from kernels.families.option_pricing.paths import path_payoff
from kernels.families.option_pricing.risk import portfolio_risk
from kernels.families.option_pricing.trees import lattice

KINDS = (closed_form, lattice, path_payoff, fixed_income, portfolio_risk)


def build(draw: Draw) -> Case:
    """One pricing or risk kernel."""
    return draw.weighted(KINDS, (4, 3, 4, 4, 3))(draw)
