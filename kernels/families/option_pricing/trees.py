"""Lattices and grids: binomial and trinomial trees of a few steps, written out or in closed sums, and steps of finite differences.

Sources: Cox, Ross and Rubinstein (1979); Jarrow and Rudd (1983); Boyle (1988); Wilmott, "The Mathematics of Financial Derivatives".
"""

from __future__ import annotations

import math

from kernels.case import Case
from kernels.draw import Draw
from kernels.families.option_pricing.market import Market


def lattice(draw: Draw) -> Case:
    """One lattice or grid step."""
    return draw.weighted((_tree, _terminal_sum, _grid_step, _coefficients), (5, 2, 3, 2))(draw)


def _moves(m: Market, rate: str, vol: str, time: str, steps: int) -> None:
    """The step's factors `up` and `down`, the probability `p` and the discount `df`, by one of the usual choices."""
    kind = m.draw.choice(("crr", "crr", "jarrow_rudd", "drifted"))
    m.formulas(f"dt = {time} / {float(steps)}", f"jump = {vol} * wp.sqrt(dt)")
    if kind == "crr":
        m.formulas("up = wp.exp(jump)", "down = 1.0 / up")
    elif kind == "jarrow_rudd":
        m.formulas(f"drift = ({rate} - 0.5 * {vol} * {vol}) * dt", "up = wp.exp(drift + jump)", "down = wp.exp(drift - jump)")
    else:
        m.formulas(f"growth = wp.exp({rate} * dt)", "up = growth * wp.exp(jump)", "down = growth * wp.exp(-jump)")
    m.formulas(f"p = (wp.exp({rate} * dt) - down) / (up - down)", f"df = wp.exp(-{rate} * dt)")


def _tree(draw: Draw) -> Case:
    """A binomial tree of up to six steps, its nodes in scalars; European, American, Bermudan, or knocked out below a barrier."""
    m = Market(draw)
    draft = m.draft
    steps = draw.integer(2, 6)
    style = draw.choice(("european", "american", "american", "bermudan"))
    call = draw.chance(0.4)
    spot = m.quantity("spot", 0.8, 1.25, arrays=("spots",), share=1.0)
    strike = m.quantity("strike", 0.8, 1.25)
    rate = m.quantity("rate", 0.02, 0.08, share=0.3)
    vol = m.quantity("vol", 0.2, 0.5, arrays=("vols",))
    time = m.quantity("maturity", 0.5, 2.0, arrays=("expiries",), share=0.4)
    name = draw.choice((f"binomial_{style}", f"{style}_tree", f"crr_{style}", "binomial_option"))
    draft.reserve(name, "dt", "jump", "up", "down", "p", "q", "df", "drift", "growth", "payoff", "rollback", "node", "nodes", "stock")
    draft.reserve(*(f"v{k}" for k in range(steps + 1)), *(f"s{k}" for k in range(steps + 1)))
    sign = "{0} - strike" if call else "strike - {0}"
    helper = draw.chance(0.6)
    if helper:
        m.function("payoff", ["stock", "strike"], [f"return wp.max({sign.format('stock')}, 0.0)"])
        m.function("rollback", ["high", "low", "p", "df"], ["return df * (p * high + (1.0 - p) * low)"])
    ratio = draw.chance(0.5)
    with m.threads():
        _moves(m, rate, vol, time, steps)
        inline = sign.replace("strike", strike)

        def value(stock: str) -> str:
            return f"payoff({stock}, {strike})" if helper else f"wp.max({inline.format(stock)}, 0.0)"

        draft.warp_formula(f"s0 = {spot}" + " * down" * steps if steps < 3 else f"s0 = {spot} * wp.pow(down, {float(steps)})")
        if ratio:
            draft.warp_formula("ratio = up / down")
            draft.reserve("ratio")
        factor = "ratio" if ratio else "up / down"
        for k in range(1, steps + 1):
            draft.warp_formula(f"s{k} = s{k - 1} * {factor}" if ratio else f"s{k} = s{k - 1} * up / down")
        for k in range(steps + 1):
            draft.warp_formula(f"v{k} = {value(f's{k}')}")
        exercise = (
            set(range(steps)) if style == "american" else set() if style == "european" else {s for s in range(1, steps) if s % 2 == 0}
        )
        for step in reversed(range(steps)):
            for k in range(step + 1):
                hold = f"rollback(v{k + 1}, v{k}, p, df)" if helper else f"df * (p * v{k + 1} + (1.0 - p) * v{k})"
                if step in exercise:
                    # After a step back, node k of the shorter row has the price of node k of the longer row, one move up.
                    draft.warp_formula(f"s{k} = s{k} / down", f"v{k} = wp.max({hold}, {value(f's{k}')})")
                else:
                    draft.warp_formula(*([f"s{k} = s{k} / down"] if exercise else []), f"v{k} = {hold}")
        # The reference keeps a row of nodes as an array's last axis.
        draft.numpy(f"levels = np.arange({steps + 1}, dtype={draft.precision})")
        wide = {n: f"np.asarray({n})[..., None]" for n in ("up", "down")}
        draft.numpy(f"nodes = np.asarray({spot})[..., None] * {wide['down']} ** {float(steps)} * ({wide['up']} / {wide['down']}) ** levels")
        strikes = f"np.asarray({strike})[..., None]"
        payoff = f"np.maximum({'nodes - ' + strikes if call else strikes + ' - nodes'}, 0.0)"
        draft.numpy("weight, discount = np.asarray(p)[..., None], np.asarray(df)[..., None]", f"v = {payoff}")
        draft.numpy(f"for step in reversed(range({steps})):", "    v = discount * (weight * v[..., 1:] + (1.0 - weight) * v[..., :-1])")
        draft.numpy(f"    nodes = nodes[..., :-1] / {wide['down']}")
        if exercise:
            draft.numpy(f"    if step in {sorted(exercise)}:", f"        v = np.maximum(v, {payoff})")
        draft.reserve("v", "nodes", "levels", "weight", "discount")
        draft.line("price = v0")
        draft.numpy("price = v[..., 0]")
        m.store("price", draw.choice(("prices", "option_values")), 0.0, 1.5)
    return m.case(name)


def _terminal_sum(draw: Draw) -> Case:
    """A European payoff on a binomial tree as one sum over its last row, the probabilities by a running product."""
    m = Market(draw)
    draft = m.draft
    steps = draw.integer(4, 12)
    call = draw.chance(0.6)
    spot = m.quantity("spot", 0.8, 1.25, arrays=("spots",), share=1.0)
    strike = m.quantity("strike", 0.8, 1.25)
    rate = m.quantity("rate", 0.02, 0.08, share=0.3)
    vol = m.quantity("vol", 0.2, 0.5, arrays=("vols",))
    time = m.quantity("maturity", 0.5, 2.0, arrays=("expiries",), share=0.4)
    name = draw.choice(("binomial_sum", "tree_expectation", "terminal_payoff_sum"))
    draft.reserve(
        name, "dt", "jump", "up", "down", "p", "df", "stock", "probability", "total", "k", "gain", "odds", "growth", "drift", "price"
    )
    with m.threads():
        _moves(m, rate, vol, time, steps)
        m.formulas("odds = p / (1.0 - p)")
        draft.warp_formula(f"stock = {spot} * wp.pow(down, {float(steps)})", f"probability = wp.pow(1.0 - p, {float(steps)})")
        draft.line(f"total = {draft.zero()}")
        with draft.block(f"for k in range({steps + 1}):"):
            gain = f"stock - {strike}" if call else f"{strike} - stock"
            draft.warp_formula(f"gain = wp.max({gain}, 0.0)")
            draft.line("total += probability * gain")
            cast = draft.cast("k")
            draft.line(
                f"probability = probability * odds * ({draft.number(steps)} - {cast}) / ({cast} + {draft.number(1)})",
                "stock = stock * up / down",
            )
        draft.numpy("total = 0.0")
        for k in range(steps + 1):
            gain = f"{spot} * up**{k} * down**{steps - k} - {strike}" if call else f"{strike} - {spot} * up**{k} * down**{steps - k}"
            draft.numpy(f"total = total + {math.comb(steps, k)} * p**{k} * (1.0 - p) ** {steps - k} * np.maximum({gain}, 0.0)")
        draft.known("total", draft.real, 0.0, 2.0)
        m.formulas(f"price = wp.exp(-{rate} * {time}) * total")
        m.store("price", draw.choice(("prices", "option_values")), 0.0, 1.5)
    return m.case(name)


def _grid_step(draw: Draw) -> Case:
    """One explicit step of a price grid in time: diffusion, drift and discount, with exercise, barriers, and ends of the grid."""
    m = Market(draw, extents="nodes")
    draft = m.draft
    several = draw.chance(0.5)
    i, c = m.i, draft.name("c", "contract_id", "row")
    log_space = draw.chance(0.4)
    name = draw.choice(("explicit_step", "pde_step", "black_scholes_grid", "fd_explicit"))
    draft.reserve(name, "left", "here", "right", "gamma", "delta", "s", "updated", "last", "x", "index", "hold", "intrinsic")
    shape = ("contracts", "nodes") if several else ("nodes",)
    v = draft.array(draft.name("v", "values", "grid"), draft.real, *shape, low=0.0)
    rate, vol = draft.knob("rate", 0.02, 0.08).numpy(), draft.knob("vol", 0.2, 0.5).numpy()
    dt, ds = draft.knob("dt", 0.01, 0.05).numpy(), draft.knob("ds", 0.2, 0.5).numpy()
    boundary = draw.choice(("keep", "linear", "zero", "one_sided"))
    exercise = draw.chance(0.4)
    row = f"{c}, " if several else ""
    draft.line(f"{row}{i} = wp.tid()", f"last = {v}.shape[{int(several)}] - 1")
    out = draft.output(draft.name("v_next", "values_out", "grid_out"), draft.real, *shape)
    spot_array = "" if log_space or draw.chance(0.5) else draft.array("spots", draft.real, "nodes", low=0.2, high=2.0)
    draft.numpy(f"index = np.arange({v}.shape[-1])")
    edge = f"{i} == 0 or {i} == last"
    ahead, behind = (f"wp.min({i} + 1, last)", f"wp.max({i} - 1, 0)")
    if boundary in ("keep", "zero"):
        value = f"{v}[{row}{i}]" if boundary == "keep" else draft.zero()
        draft.line(f"if {edge}:", f"    {out}[{row}{i}] = {value}", "    return")
        ahead, behind = f"{i} + 1", f"{i} - 1"
    draft.line(f"here = {v}[{row}{i}]", f"left = {v}[{row}{behind}]", f"right = {v}[{row}{ahead}]")
    draft.numpy(f"here, left, right = {v}, {v}[..., np.maximum(index - 1, 0)], {v}[..., np.minimum(index + 1, len(index) - 1)]")
    if boundary == "linear":
        draft.line(
            f"if {i} == 0:",
            f"    left = {draft.number(2.0)} * here - right",
            f"if {i} == last:",
            f"    right = {draft.number(2.0)} * here - left",
        )
        draft.numpy(
            "left = np.where(index == 0, 2.0 * here - right, left)", "right = np.where(index == len(index) - 1, 2.0 * here - left, right)"
        )
    m.formulas(f"gamma = (right - 2.0 * here + left) / ({ds} * {ds})", f"delta = (right - left) / (2.0 * {ds})")
    if log_space:
        terms = f"0.5 * {vol} * {vol} * gamma + ({rate} - 0.5 * {vol} * {vol}) * delta - {rate} * here"
    else:
        if spot_array:
            draft.line(f"s = {spot_array}[{i}]")
            draft.numpy(f"s = {spot_array}")
        else:
            draft.line(f"s = {draft.cast(i)} * {ds if not ds[0].isdigit() else draft.number(float(ds))}")
            draft.numpy(f"s = index.astype({draft.precision}) * {ds}")
        if draw.chance(0.5):
            m.formulas(f"diffusion = 0.5 * {vol} * {vol} * s * s * gamma", f"convection = {rate} * s * delta")
            terms = f"diffusion + convection - {rate} * here"
        else:
            terms = f"0.5 * {vol} * {vol} * s * s * gamma + {rate} * s * delta - {rate} * here"
    m.formulas(f"updated = here + {dt} * ({terms})")
    value = "updated"
    if exercise:
        payoff = draft.array(draft.name("payoff", "intrinsic_value"), draft.real, "nodes", low=0.0)
        draft.line(f"intrinsic = {payoff}[{i}]")
        draft.numpy(f"intrinsic = {payoff}")
        m.formulas("hold = wp.max(updated, intrinsic)")
        value = "hold"
    draft.line(f"{out}[{row}{i}] = {value}")
    ends = {"keep": v, "zero": "0.0"}.get(boundary, "")
    draft.numpy(f"{out} = np.where((index == 0) | (index == len(index) - 1), {ends}, {value})" if ends else f"{out} = {value}")
    if exercise and boundary in ("keep", "zero"):
        draft.numpy(f"{out} = np.broadcast_to({out}, {v}.shape)")
    sizes = [
        {"contracts": c_, "nodes": n}
        for c_, n in ((1, 2), (draw.choice((2, 3)), draw.choice((5, 7, 11))), (draw.integer(4, 6), draw.integer(17, 29)))
    ]
    return draft.case(name, list(shape), sizes)


def _coefficients(draw: Draw) -> Case:
    """The rows of an implicit step: the three coefficients and the right-hand side of each node, or a trinomial tree's probabilities."""
    m = Market(draw, extents="nodes")
    draft = m.draft
    kind = draw.choice(("implicit", "crank_nicolson", "trinomial"))
    name = draw.choice((f"{kind}_coefficients", f"{kind}_rows", f"assemble_{kind}" if kind != "trinomial" else "branching_probabilities"))
    draft.reserve(name, "lower", "middle", "upper", "rhs", "a", "b", "s", "variance", "drift", "pu", "pm", "pd")
    rate = m.quantity("rate", 0.02, 0.08, share=0.4)
    vol = m.quantity("vol", 0.2, 0.5, arrays=("local_vol", "vols"), share=0.7)
    s = m.quantity("spot", 0.3, 2.0, arrays=("spots", "nodes_s"), share=1.0)
    v = m.quantity("value", 0.0, 1.0, arrays=("values",), share=1.0) if kind == "crank_nicolson" else ""
    dt, ds = draft.knob("dt", 0.01, 0.05).numpy(), draft.knob("ds", 0.2, 0.5).numpy()
    with m.threads():
        if kind == "trinomial":
            m.formulas(f"variance = {vol} * {vol} * {dt} / ({ds} * {ds})", f"drift = ({rate} - 0.5 * {vol} * {vol}) * {dt} / {ds} * {s}")
            m.formulas(
                "pu = 0.5 * (variance + drift * drift + drift)", "pd = 0.5 * (variance + drift * drift - drift)", "pm = 1.0 - pu - pd"
            )
            outs = [("pu", "up_out"), ("pm", "middle_out"), ("pd", "down_out")]
        else:
            m.formulas(f"a = 0.5 * {vol} * {vol} * {s} * {s} / ({ds} * {ds})", f"b = 0.5 * {rate} * {s} / {ds}")
            theta = "0.5 * " if kind == "crank_nicolson" else ""
            m.formulas(
                f"lower = -{theta}{dt} * (a - b)", f"upper = -{theta}{dt} * (a + b)", f"middle = 1.0 + {theta}{dt} * (2.0 * a + {rate})"
            )
            outs = [("lower", "lower_out"), ("middle", "diagonal_out"), ("upper", "upper_out")]
            if v:
                m.formulas(f"rhs = (2.0 - middle) * {v}")
                outs.append(("rhs", "rhs_out"))
        together = draw.chance(0.3)
        if together:
            draft.output("coefficients", draft.real, "nodes", len(outs))
            draft.line(*(f"coefficients[{m.i}, {k}] = {value}" for k, (value, _) in enumerate(outs)))
            draft.numpy(f"coefficients = np.stack(np.broadcast_arrays({', '.join(value for value, _ in outs)}), axis=-1)")
        else:
            for value, out in outs:
                m.store(value, out, -2.0, 5.0, adjust=0.15)
    return m.case(name)
