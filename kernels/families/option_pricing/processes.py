"""Processes of prices, variances and short rates from given normal numbers: whole paths, or one step for every path.

Sources: Heston (1993); Cox, Ingersoll and Ross (1985); Vasicek (1977); Merton (1976); Hagan et al. (2002).
"""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Uniform
from kernels.draw import Draw
from kernels.families.option_pricing.market import Market, paths_of, reported
from kernels.language.interval import Interval

PROCESSES = ("heston", "heston", "cir", "vasicek", "merton", "cev", "sabr", "milstein", "local", "hull_white")
"""Processes of a price, of its variance, or of a short rate."""


def _drawn_step(m: Market, kind: str, dt: str) -> tuple[list[str], list[tuple[str, float, float]], int]:
    """One Euler or Milstein step: its formulas over states and the normals `z1` and `z2`, the states, and how many normals it takes."""
    draft, draw = m.draft, m.draw
    root = f"wp.sqrt({dt})" if not dt[0].isdigit() else str(round(float(dt) ** 0.5, 4))

    def knob(name: str, low: float, high: float) -> str:
        return draft.knob(draft.free(name), low, high).numpy()

    rate = knob("rate", 0.01, 0.06)
    if kind in ("heston", "sabr"):
        rho = round(draw.choice((-0.7, -0.5, -0.3, 0.2)), 2)
        own = round((1.0 - rho * rho) ** 0.5, 4)
        if kind == "heston":
            kappa, theta, xi = knob("kappa", 0.8, 2.0), knob("theta", 0.05, 0.15), knob("xi", 0.2, 0.5)
            lines = ["v_pos = wp.max(v, 0.001)", "root_v = wp.sqrt(v_pos)", f"w2 = {rho} * z1 + {own} * z2"]
            if draw.chance(0.5):
                lines.append(f"s = s * wp.exp(({rate} - 0.5 * v_pos) * {dt} + root_v * {root} * z1)")
            else:
                lines.append(f"s = s + {rate} * s * {dt} + root_v * s * {root} * z1")
            lines.append(f"v = v + {kappa} * ({theta} - v_pos) * {dt} + {xi} * root_v * {root} * w2")
            return lines, [("s", 0.8, 1.2), ("v", 0.04, 0.2)], 2
        nu, beta = knob("nu", 0.2, 0.6), draw.choice((0.5, 0.7, 1.0))
        lines = [f"w2 = {rho} * z1 + {own} * z2", f"scale = wp.pow(wp.max(s, 0.05), {beta})", f"s = s + v * scale * {root} * z1"]
        return [*lines, f"v = v * wp.exp({nu} * {root} * w2 - 0.5 * {nu} * {nu} * {dt})"], [("s", 0.8, 1.2), ("v", 0.1, 0.3)], 2
    if kind in ("cir", "vasicek", "hull_white"):
        kappa, theta, sigma = knob("kappa", 0.3, 1.5), knob("theta", 0.03, 0.08), knob("sigma", 0.05, 0.15)
        if kind == "cir":
            return (
                ["r_pos = wp.max(r, 0.001)", f"r = r + {kappa} * ({theta} - r_pos) * {dt} + {sigma} * wp.sqrt(r_pos) * {root} * z1"],
                [("r", 0.03, 0.1)],
                1,
            )
        if kind == "vasicek" and draw.chance(0.5):
            lines = [f"decay = wp.exp(-{kappa} * {dt})", f"spread = {sigma} * wp.sqrt((1.0 - decay * decay) / (2.0 * {kappa}))"]
            return [*lines, f"r = {theta} + (r - {theta}) * decay + spread * z1"], [("r", 0.0, 0.1)], 1
        return [f"r = r + {kappa} * ({theta} - r) * {dt} + {sigma} * {root} * z1"], [("r", 0.0, 0.1)], 1
    sigma = knob("sigma", 0.15, 0.45)
    if kind == "merton":
        jump, size = draw.real(0.8, 1.4), draw.real(-0.2, -0.05)
        lines = [
            f"jumps = wp.where(z2 > {jump}, {size}, 0.0)",
            f"s = s * wp.exp(({rate} - 0.5 * {sigma} * {sigma}) * {dt} + {sigma} * {root} * z1 + jumps)",
        ]
        return lines, [("s", 0.8, 1.2)], 2
    if kind == "cev":
        beta = draw.choice((0.5, 0.6, 0.8))
        return (
            [f"diffusion = {sigma} * wp.pow(wp.max(s, 0.05), {beta})", f"s = s + {rate} * s * {dt} + diffusion * {root} * z1"],
            [("s", 0.8, 1.2)],
            1,
        )
    if kind == "local":
        return (
            [f"vol = {sigma} + 0.1 * wp.tanh(2.0 * (1.0 - s))", f"s = s * wp.exp(({rate} - 0.5 * vol * vol) * {dt} + vol * {root} * z1)"],
            [("s", 0.8, 1.2)],
            1,
        )
    lines = [f"step = {root} * z1", f"s = s + {rate} * s * {dt} + {sigma} * s * step + 0.5 * {sigma} * {sigma} * s * (step * step - {dt})"]
    return lines, [("s", 0.8, 1.2)], 1


def process(draw: Draw) -> Case:
    """Several steps of a process, and the payoff, the bond or the average that follows from its path."""
    m = Market(draw)
    draft = m.draft
    kind = draw.choice(PROCESSES)
    steps = draw.integer(2, 8)
    name = draw.choice((f"{kind}_paths", f"simulate_{kind}", f"{kind}_euler"))
    draft.reserve(
        name, "s", "v", "r", "z1", "z2", "w2", "total", "payoff", "v_pos", "root_v", "r_pos", "scale", "jumps", "decay", "spread", "step"
    )
    draft.reserve("diffusion", "vol", "drift", "bond", "k")
    dt = str(draw.choice((0.1, 0.25, 0.05)))
    lines, states, normals = _drawn_step(m, kind, dt)
    zs = [
        draft.array(n, draft.real, "n", steps, domain=Uniform(-2.0, 2.0))
        for n in draw.choice((("z_price", "z_vol"), ("dw1", "dw2"), ("noise_a", "noise_b")))[:normals]
    ]
    m.over(zs[0])
    starts = [draft.array(f"{s}_start", draft.real, "n", low=low, high=high) for s, low, high in states]
    rates = states[0][0] == "r"
    summed = rates or draw.chance(0.3)
    k = draft.name("t", "j", "time_step")
    with m.threads():
        for (s, _, _), start in zip(states, starts, strict=True):
            draft.line(f"{s} = {start}[{m.i}]")
            draft.numpy(f"{s} = {start}")
        if summed:
            draft.line(f"total = {draft.zero()}")
            draft.numpy("total = 0.0")
        with draft.loop(f"for {k} in range({steps}):"):
            for n, z in enumerate(zs):
                draft.line(f"z{n + 1} = {z}[{m.i}, {k}]")
                draft.numpy(f"z{n + 1} = {z}[:, {k}]")
            if summed and rates:
                m.formulas(f"total = total + r * {dt}")
            _steps(m, lines)
            if summed and not rates:
                m.formulas("total = total + s")
        if rates:
            m.formulas(
                draw.choice(("bond = wp.exp(-total)", "bond = 1.0 - total + 0.5 * total * total", "bond = wp.exp(-total) * (1.0 + r)"))
            )
            reported(m, "bond", -1.0, 15.0)
        else:
            strike = draft.knob("strike", 0.8, 1.2).numpy()
            value = f"total / {float(steps)}" if summed else "s"
            m.formulas(
                draw.choice(
                    (
                        f"payoff = wp.max({value} - {strike}, 0.0)",
                        f"payoff = wp.max({strike} - {value}, 0.0)",
                        f"payoff = {value} / {strike}",
                    )
                )
            )
            reported(m, "payoff", -20.0, 50.0)
    return m.case(name, paths_of(draw))


def _steps(m: Market, lines: list[str]) -> None:
    """The lines of a step; `where` on reals is spelled for each."""
    for line in lines:
        if "wp.where(" in line:
            m.draft.warp_formula(line)
            m.draft.numpy(line.replace("wp.where(", "np.where("))
        else:
            m.formulas(line)


def step(draw: Draw) -> Case:
    """One step of a process for every path, from its present state to the next, with the rate of each path or a path's own time step."""
    m = Market(draw)
    draft = m.draft
    kind = draw.choice(PROCESSES)
    name = draw.choice((f"{kind}_step", f"advance_{kind}", f"euler_step_{kind}"))
    draft.reserve(
        name, "s", "v", "r", "z1", "z2", "w2", "v_pos", "root_v", "r_pos", "scale", "jumps", "decay", "spread", "step", "diffusion", "vol"
    )
    dt = draft.parameter("dt", 0.05, 0.25).name if draw.chance(0.6) else "0.1"
    lines, states, normals = _drawn_step(m, kind, dt)
    zs = [draft.array(n, draft.real, "n", domain=Uniform(-2.0, 2.0)) for n in draw.choice((("z_price", "z_vol"), ("dw1", "dw2")))[:normals]]
    m.over(zs[0])
    starts = [draft.array(draft.free(f"{s}_in"), draft.real, "n", low=low, high=high) for s, low, high in states]
    with m.threads():
        for (s, _, _), start in zip(states, starts, strict=True):
            draft.line(f"{s} = {start}[{m.i}]")
            draft.numpy(f"{s} = {start}")
        for n, z in enumerate(zs):
            draft.line(f"z{n + 1} = {z}[{m.i}]")
            draft.numpy(f"z{n + 1} = {z}")
        _steps(m, lines)
        for s, low, high in states:
            if draw.chance(0.3):
                bounded = draft.fused(
                    draft.free(f"{s}_bounded"), draft.real, [m.known(s, low - 1.0, high + 1.0)], smooth=True, domain=Interval(-20.0, 20.0)
                )
                draft.store(draft.output(f"{s}_out", draft.real, "n"), m.i, bounded.name)
            else:
                draft.store(draft.output(f"{s}_out", draft.real, "n"), m.i, s)
        if draw.chance(0.3):
            m.formulas(f"logged = wp.log(wp.max({states[0][0]}, 0.01))")
            m.store("logged", "log_out", -5.0, 1.0)
    return m.case(name, paths_of(draw))
