"""Positions: exposures of trades by counterparty or bucket, and accounts stored in compressed rows."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Bernoulli, Integers, Offsets
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.language.expression import Expression
from kernels.language.interval import Interval
from kernels.language.types import I32


def exposures(draw: Draw) -> Case:
    """Exposures of trades gathered by counterparty or bucket: net, gross, positive and collateralized; margins; concentrations."""
    draft = Draft(draw)
    kind = draw.choice(("net", "gross", "both", "positive", "weighted"))
    i = draft.name("i", "trade", "tid")
    name = draw.choice((f"{kind}_exposure", "aggregate_exposure", "bucket_positions", f"counterparty_{kind}"))
    draft.reserve(name, "value", "party", "exposed", "amount")
    groups = draw.choice((4, 6, 8))
    values = draft.array(draft.name("mtm", "trade_value", "market_value"), draft.real, "n")
    party = draft.array(draft.name("counterparty", "bucket_of", "sector"), I32, "n", domain=Integers(0, groups))
    outs: list[tuple[str, str, str]] = []
    with draft.threads((i, "n", values, 0)):
        value: Expression = draft.load("value", values, i, -1.0, 1.0)
        draft.line(f"party = {party}[{i}]")
        draft.numpy(f"party = {party}")
        kept = ""
        if draw.chance(0.3):
            live = draft.array(draft.name("live", "is_open"), I32, "n", domain=Bernoulli(0.7))
            draft.line(f"if {live}[{i}] == 0:", "    return")
            kept = f"[{live} == 1]"
        if draw.chance(0.6):
            terms = [value]
            if draw.chance(0.6):
                rate = draft.array(draft.name("fx_rate", "haircut", "factor"), draft.real, "n", low=0.5, high=1.5)
                terms.append(draft.load("rate_i", rate, i, 0.5, 1.5))
            value = draft.fused("amount", draft.real, terms, domain=Interval(-20.0, 20.0))
        draft.scope["v"] = value
        if kind in ("positive", "weighted"):
            draft.scope["c"] = draft.knob("threshold", 0.05, 0.4)
        texts = {"net": "v", "gross": "abs(v)", "positive": "max(v - c, 0.0)", "weighted": "v * c"}
        for part in ("net", "gross") if kind == "both" else (kind,):
            expression = draft.read(texts[part])
            term = draft.let(draft.free(f"{part}_part"), expression) if part != "net" else value
            outs.append((f"{part}_out", term.warp(), term.numpy()))
        for out, kernel, reference in outs:
            draft.output(out, draft.real, groups, role="accumulate")
            draft.line(draw.choice((f"wp.atomic_add({out}, party, {kernel})", f"{out}[party] += {kernel}")))
            draft.numpy(f"{out} = np.zeros({groups}, {values}.dtype)", f"np.add.at({out}, party{kept}, {reference}{kept})")
        if draw.chance(0.3):
            draft.output("trade_count", I32, groups, role="accumulate")
            draft.line("wp.atomic_add(trade_count, party, 1)")
            draft.numpy(f"trade_count = np.bincount(party{kept}, minlength={groups}).astype(np.int32)")
    return draft.case(name, ["n"], [{"n": n} for n in draw.sizes(90)])


def accounts(draw: Draw) -> Case:
    """Sums over each account's positions, stored in compressed rows: equity, margin, leverage, weighted prices, fees."""
    draft = Draft(draw)
    kind = draw.choice(("equity", "margin", "average_price", "fees", "fused"))
    a, p = draft.name("account", "i", "book"), draft.name("p", "k", "trade")
    name = draw.choice((f"account_{kind}", f"sum_{kind}", "settle_accounts"))
    draft.reserve(name, "total", "amount", "begin", "end", "term", "owner")
    offsets = draft.array(draft.name("offsets", "account_start"), I32, "n + 1", domain=lambda s: Offsets(s["trades"]))
    price = draft.array(draft.name("price", "fill_price"), draft.real, "trades", low=0.5, high=1.5)
    quantity = draft.array(draft.name("quantity", "volume"), draft.real, "trades", low=-1.0)
    cash = draft.array(draft.name("cash", "balance"), draft.real, "n", low=0.2)
    with draft.threads((a, "n", cash, 0)):
        draft.line(f"total = {draft.zero()}")
        draft.numpy(f"owner = np.repeat(np.arange(len({cash})), np.diff({offsets}))", f"total = np.zeros_like({cash})")
        with draft.block(f"for {p} in range({offsets}[{a}], {offsets}[{a} + 1]):"):
            kept = ""
            if draw.chance(0.35):
                side = draft.array("side", I32, "trades", domain=Integers(0, 3))
                draft.line(f"if {side}[{p}] == 0:", "    continue")
                kept = f"[{side} != 0]"
            draft.line(f"x = {price}[{p}]", f"q = {quantity}[{p}]")
            draft.numpy(f"x, q = {price}, {quantity}")
            draft.scope.update(x=draft.known("x", draft.real, 0.5, 1.5), q=draft.known("q", draft.real, -1.0, 1.0))
            text = {
                "equity": "x * q",
                "margin": "0.1 * abs(q) * x",
                "average_price": "x * abs(q)",
                "fees": "max(0.001 * abs(x * q), 0.0002)",
            }.get(kind, "")
            term = (
                draft.let("term", text)
                if text
                else draft.fused("term", draft.real, [draft.scope["x"], draft.scope["q"]], domain=Interval(-20.0, 20.0))
            )
            draft.line(f"total += {term.name}")
        draft.numpy(f"np.add.at(total, owner{kept}, {term.name}{kept})")
        total = draft.known("total", draft.real, -50.0, 50.0)
        fields = [draft.load("cash_a", cash, a, 0.2, 1.0)]
        steps = draft.ending(
            ("net", "equity", "available"), total, fields, draft.some_parameters(("leverage", "rate"), draw.integer(0, 1)), nonlinear=False
        )
        for step in steps:
            draft.line(step.warp)
            draft.numpy(step.numpy)
        draft.store(draft.output(draft.name("out", "equity_out"), draft.real, "n"), a, steps[-1].value.name)
    return draft.case(name, ["n"], [{"n": n, "trades": 2 * n + 3} for n in draw.sizes(90)])
