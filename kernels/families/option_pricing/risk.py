"""Portfolios and risk: profits of scenarios, variances, exposures, loss statistics, signals of price series, position sizes.

Source: Jorion, "Value at Risk"; Meucci, "Risk and Asset Allocation".
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext

from kernels.case import Case
from kernels.domains import Uniform
from kernels.drafting.arguments import Sizes
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.option_pricing.positions import accounts, exposures
from kernels.families.option_pricing.price_series import series, signals
from kernels.language.expression import Expression
from kernels.language.interval import Interval
from kernels.language.types import I32


def portfolio_risk(draw: Draw) -> Case:
    """One kernel on portfolios, scenarios or price series."""
    builders: tuple[Callable[[Draw], Case], ...] = (_scenarios, _scenarios, _variance, exposures, _tail, series, series, signals, accounts)
    return draw.choice(builders)(draw)


def _grids(draw: Draw, **extents: tuple[int, int]) -> list[Sizes]:
    """Three launches: one row, a few, and many; the other extents drawn for each."""
    return [{"n": n, **{name: draw.integer(*bounds) for name, bounds in extents.items()}} for n in draw.sizes(90)]


def _scenarios(draw: Draw) -> Case:
    """The profit of a portfolio in each scenario: linear, with gamma and vega terms, revalued or hedged; by rows or atomics."""
    draft = Draft(draw)
    kind = draw.choice(("linear", "delta_gamma", "delta_gamma", "fused", "bounded"))
    grid = draw.chance(0.4)
    i, k = draft.name("i", "scenario", "s"), draft.name("k", "asset", "position")
    name = draw.choice(("scenario_pnl", f"{kind}_pnl", "portfolio_scenarios", "revalue_portfolio"))
    draft.reserve(name, "shock", "pnl", "total", "term", "weight", "delta", "gamma")
    shocks = draft.array(draft.name("shocks", "returns", "moves"), draft.real, "n", "assets", domain=Uniform(-0.5, 0.5))
    position = draft.array(draft.name("positions", "holdings", "weights"), draft.real, "assets")
    extra = [draft.array(a, draft.real, "assets") for a in {"delta_gamma": ("gamma_of", "vega_of")[: draw.integer(1, 2)]}.get(kind, ())]
    out = draft.output(draft.name("pnl_out", "profit", "values"), draft.real, "n", role="accumulate" if grid else "output")
    axes = ((i, "n", shocks, 0), (k, "assets", shocks, 1)) if grid else ((i, "n", shocks, 0),)
    with draft.threads(*axes):
        if not grid:
            draft.line(f"total = {draft.zero()}")
            length = draft.extent("assets", shocks, 1)
        with nullcontext() if grid else draft.block(f"for {k} in range({length if not grid else ''}):"):
            draft.line(f"shock = {shocks}[{i}, {k}]", f"weight = {position}[{k}]")
            draft.numpy(f"shock, weight = {shocks}, {position}")
            draft.scope.update(x=draft.known("shock", draft.real, -0.5, 0.5), w=draft.known("weight", draft.real, -1.0, 1.0))
            for n, array in enumerate(extra):
                draft.line(f"g{n} = {array}[{k}]")
                draft.numpy(f"g{n} = {array}")
                draft.known(f"g{n}", draft.real, -1.0, 1.0)
            if kind == "fused":
                term = draft.fused(
                    "term",
                    draft.real,
                    [draft.scope["x"], draft.scope["w"]],
                    domain=Interval(-20.0, 20.0),
                    function=draw.choice((None, "revalue")),
                )
            else:
                text = {"linear": "w * x", "bounded": "w * clamp(x, -0.3, 0.2)"}.get(kind, "w * x + 0.5 * g0 * x * x")
                if len(extra) == 2:
                    text += " + g1 * abs(x)" if draw.chance(0.5) else " + 0.1 * g1"
                term = draft.let("term", text)
            draft.line(f"wp.atomic_add({out}, {i}, {term.name})" if grid else f"total += {term.name}")
        draft.numpy(f"total = np.broadcast_to({term.name}, {shocks}.shape).sum(axis=1)")
        if grid:
            draft.numpy(f"{out} = total")
        else:
            total = draft.known("total", draft.real, -200.0, 200.0)
            fields: list[Expression] = []
            if draw.chance(0.4):
                hedge = draft.array(draft.name("hedge", "financing"), draft.real, "n")
                fields.append(draft.load("hedge_i", hedge, i, -1.0, 1.0))
            steps = draft.ending(
                ("profit_i", "net", "value"),
                total,
                fields,
                draft.some_parameters(("notional", "scale"), draw.integer(0, 1)),
                nonlinear=False,
            )
            for step in steps:
                draft.line(step.warp)
                draft.numpy(step.numpy)
            draft.store(out, i, steps[-1].value.name if steps else "total")
    return draft.case(name, ["n", "assets"] if grid else ["n"], _grids(draw, assets=(2, 9)))


def _variance(draw: Draw) -> Case:
    """Quadratic forms of a covariance: portfolio variance, marginal contributions, factor models, betas."""
    draft = Draft(draw, smooth=True)
    assets = draw.integer(2, 5)
    kind = draw.choice(("variance", "marginal", "factor", "beta"))
    i = draft.name("i", "portfolio", "book")
    name = draw.choice((f"portfolio_{kind}", f"{kind}_risk", f"compute_{kind}"))
    draft.reserve(name, "total", "inner", "a", "b", "risk", "exposure")
    bounds = {"variance": (0.05, 12.0), "factor": (0.05, 90.0), "marginal": (0.05, 2.5), "beta": (0.05, 20.0)}[kind]
    weights = draft.array(draft.name("weights", "allocations"), draft.real, "n", assets, low=0.3, high=1.0)
    if kind == "factor":
        factors = draw.integer(2, 3)
        loads = draft.array("loadings", draft.real, assets, factors)
        own = draft.array("specific_var", draft.real, assets, low=0.3, high=0.8)
    else:
        cov = draft.array(draft.name("covariance", "cov"), draft.real, assets, assets, low=0.15, high=0.4)
    with draft.threads((i, "n", weights, 0)):
        draft.line(f"total = {draft.zero()}")
        if kind == "factor":
            with draft.block(f"for f in range({factors}):"):
                draft.line(f"exposure = {draft.zero()}")
                with draft.block(f"for a in range({assets}):"):
                    draft.line(f"exposure += {weights}[{i}, a] * {loads}[a, f]")
                draft.line("total += exposure * exposure")
            with draft.block(f"for a in range({assets}):"):
                draft.line(f"total += {own}[a] * {weights}[{i}, a] * {weights}[{i}, a]")
            draft.numpy(f"total = (({weights} @ {loads}) ** 2).sum(axis=1) + ({own} * {weights} ** 2).sum(axis=1)")
        elif kind == "variance":
            upper = draw.chance(0.4)
            with draft.block(f"for a in range({assets}):"):
                if upper:
                    draft.line(f"total += {cov}[a, a] * {weights}[{i}, a] * {weights}[{i}, a]")
                    # Warp would not unroll a range that begins at a + 1, and its adjoint does not run such a loop again.
                    with draft.block(f"for b in range({assets}):"), draft.block("if b > a:"):
                        draft.line(f"total += {draft.number(2.0)} * {cov}[a, b] * {weights}[{i}, a] * {weights}[{i}, b]")
                else:
                    draft.line(f"inner = {draft.zero()}")
                    with draft.block(f"for b in range({assets}):"):
                        draft.line(f"inner += {cov}[a, b] * {weights}[{i}, b]")
                    draft.line(f"total += {weights}[{i}, a] * inner")
            form = f"(np.triu({cov}) + np.triu({cov}, 1).T)" if upper else cov
            draft.numpy(f"total = (({weights} @ {form if upper else f'{cov}.T'}) * {weights}).sum(axis=1)")
        else:
            row = draw.integer(0, assets - 1)
            with draft.block(f"for b in range({assets}):"):
                draft.line(f"total += {cov}[{row}, b] * {weights}[{i}, b]")
            draft.numpy(f"total = {weights} @ {cov}[{row}]")
            if kind == "beta":
                draft.line(f"total = total / {cov}[{row}, {row}]")
                draft.numpy(f"total = total / {cov}[{row}, {row}]")
        value: Expression = draft.known("total", draft.real, *bounds)
        if kind in ("variance", "factor") and draw.chance(0.6):
            value = draft.let("risk", draw.choice(("sqrt(total)", "sqrt(total + 0.01)", "1.65 * sqrt(total)")))
        if draw.chance(0.5):
            mean = draft.array(draft.name("mean_return", "alpha"), draft.real, "n")
            value = draft.fused("score", draft.real, [value, draft.load("mu", mean, i, -1.0, 1.0)], smooth=True)
        draft.store(draft.output(draft.name("risk_out", "out"), draft.real, "n"), i, value.warp())
    return draft.case(name, ["n"], _grids(draw))


def _tail(draw: Draw) -> Case:
    """Losses beyond a level: how many scenarios, their mean excess, by book or by rows; indicators for value at risk."""
    draft = Draft(draw)
    rows = draw.chance(0.5)
    kind = draw.choice(("count", "shortfall", "excess", "indicator"))
    name = draw.choice((f"tail_{kind}", f"var_{kind}", "expected_shortfall_terms", "breach_counts"))
    i = draft.name("i", "scenario", "s")
    draft.reserve(name, "loss", "level", "beyond", "total", "k", "count", "excess")
    losses = draft.array(draft.name("losses", "pnl"), draft.real, *(("n", "scenarios") if rows else ("n",)))
    level = draft.array(draft.name("var_level", "quantile"), draft.real, "n", low=0.2, high=0.6) if rows else ""
    limit = "" if rows else draft.knob("level", 0.2, 0.6).numpy()
    sign = draw.choice(("loss", "profit"))
    with draft.threads((i, "n", losses, 0)):
        if rows:
            draft.line(f"level = {level}[{i}]", f"total = {draft.zero()}", "count = int(0)")
            draft.numpy(f"level = {level}[:, None]")
            length = draft.extent("scenarios", losses, 1)
            with draft.block(f"for k in range({length}):"):
                minus = "-" if sign == "profit" else ""
                draft.line(f"loss = {minus}{losses}[{i}, k]")
                draft.line(
                    "if loss > level:",
                    "    count += 1",
                    *(["    total += loss" if kind == "shortfall" else "    total += loss - level"] if kind != "count" else []),
                )
            draft.numpy(f"loss = {minus}{losses}", "beyond = loss > level")
            if kind != "count":
                draft.numpy(f"total = np.where(beyond, {'loss' if kind == 'shortfall' else 'loss - level'}, 0.0).sum(axis=1)")
                draft.store(draft.output(draft.name("shortfall_sum", "excess_out"), draft.real, "n"), i, "total")
            draft.numpy("count = beyond.sum(axis=1).astype(np.int32)")
            if kind in ("count", "indicator") or draw.chance(0.5):
                draft.store(draft.output("breaches", I32, "n"), i, "count")
        else:
            minus = "-" if sign == "profit" else ""
            draft.line(f"loss = {minus}{losses}[{i}]")
            draft.numpy(f"loss = {minus}{losses}")
            text = limit if limit[0].isalpha() else draft.number(float(limit))
            loss = draft.known("loss", draft.real, -1.0, 1.0)
            draft.numpy(f"beyond = loss > {limit}")
            if kind == "indicator":
                draft.output("breach", I32, "n")
                draft.line(
                    *draw.choice(
                        (
                            (f"breach[{i}] = wp.where(loss > {text}, 1, 0)",),
                            (f"if loss > {text}:", f"    breach[{i}] = 1", "else:", f"    breach[{i}] = 0"),
                        )
                    )
                )
                draft.numpy("breach = beyond.astype(np.int32)")
            else:
                draft.line(f"if loss <= {text}:", "    return")
                if kind != "count":
                    excess: Expression = loss
                    if draw.chance(0.6):
                        weight = draft.array(draft.name("probability", "weight"), draft.real, "n", low=0.2)
                        excess = draft.fused(
                            "excess", draft.real, [loss, draft.load("p_i", weight, i, 0.2, 1.0)], smooth=True, domain=Interval(-20.0, 20.0)
                        )
                    draft.output("tail_sum", draft.real, 1, role="accumulate")
                    draft.line(f"wp.atomic_add(tail_sum, 0, {excess.warp()})")
                    draft.numpy(f"tail_sum = np.array([np.sum(np.where(beyond, {excess.numpy()}, 0.0))])")
                draft.output("tail_count", I32, 1, role="accumulate")
                draft.line("wp.atomic_add(tail_count, 0, 1)")
                draft.numpy("tail_count = np.array([beyond.sum()], np.int32)")
    return draft.case(name, ["n"], _grids(draw, scenarios=(3, 12)))
