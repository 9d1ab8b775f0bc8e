"""Searches without gradients: simplices of Nelder and Mead, annealing, swarms, differential evolution, mutation, evolution strategies.

Sources: Nelder and Mead 1965; Kirkpatrick, Gelatt and Vecchi 1983; Kennedy and Eberhart 1995; Storn and Price 1997; Hansen 2016 (CMA-ES).
Random numbers come from arrays.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Uniform
from kernels.drafting.draft import Draft
from kernels.drafting.finish import drop_idle_locals, finish
from kernels.draw import Draw
from kernels.families.optimization_step.objectives import OBJECTIVES, objective_function
from kernels.language.types import I32


def build_simplex(draw: Draw, draft: Draft) -> Case:
    """A move of a triangle in the plane per problem: order the corners, reflect the worst, expand or contract by what is found there."""
    name = draw.choice(tuple(OBJECTIVES))
    kind = draw.choice(("reflect", "expand", "full", "given"))
    i = draw.choice(("i", "tid", "problem"))
    draft.reserve(
        i,
        "k",
        "worst",
        "best",
        "middle",
        "cx",
        "cy",
        "rx",
        "ry",
        "ex",
        "ey",
        "fr",
        "fe",
        "fw",
        "fb",
        "fm",
        "wx",
        "wy",
        "n",
        "moved",
        "kept",
    )
    for array in ("x_in", "y_in"):
        draft.array(array, draft.real, "n", 3, low=-1.0, high=1.0)
    values = draft.array(draft.name("values", "f_in"), draft.real, "n", 3) if kind == "given" else ""
    function = "" if kind == "given" else objective_function(draft, name)
    with draft.threads((i, "n", "x_in", 0)):
        rho = draft.knob(draft.name("reflection", "rho"), 0.8, 1.4).numpy()
        if values:
            draft.line(*(f"f{k} = {values}[{i}, {k}]" for k in range(3)))
            draft.numpy(f"costs = {values}")
        else:
            draft.line(*(f"f{k} = {function}(x_in[{i}, {k}], y_in[{i}, {k}])" for k in range(3)))
            draft.numpy(f"costs = {function}(x_in, y_in)")
        draft.line("worst = int(0)", "fw = f0", "best = int(0)", "fb = f0")
        for k in (1, 2):
            with draft.block(f"if f{k} > fw:"):
                draft.line(f"worst = {k}", f"fw = f{k}")
            with draft.block(f"if f{k} < fb:"):
                draft.line(f"best = {k}", f"fb = f{k}")
        draft.numpy(
            "worst, best = np.argmax(costs, axis=1), np.argmin(costs, axis=1)", "fw, fb = np.max(costs, axis=1), np.min(costs, axis=1)"
        )
        # The middle of the other two corners.
        for c in "xy":
            draft.line(
                f"w{c} = {c}_in[{i}, worst]", f"c{c} = {draft.number(0.5)} * ({c}_in[{i}, 0] + {c}_in[{i}, 1] + {c}_in[{i}, 2] - w{c})"
            )
            draft.numpy(f"w{c} = np.take_along_axis({c}_in, worst[:, None], axis=1)[:, 0]", f"c{c} = 0.5 * (np.sum({c}_in, axis=1) - w{c})")
            draft.formula(f"r{c} = c{c} + {rho} * (c{c} - w{c})")
        if kind in ("expand", "full"):
            draft.both(f"fr = {function}(rx, ry)")
            reach = draft.knob(draft.name("expansion", "chi"), 1.5, 2.5).numpy()
            draft.formula(f"ex = cx + {reach} * (rx - cx)", f"ey = cy + {reach} * (ry - cy)")
            draft.both(f"fe = {function}(ex, ey)")
            with draft.block("if fr < fb and fe < fr:"):
                draft.line("rx = ex", "ry = ey", "fr = fe")
            taken = "(fr < fb) & (fe < fr)"
            if kind == "full":
                with draft.block("elif fr >= fw:"):
                    draft.warp_formula("rx = 0.5 * (cx + wx)", "ry = 0.5 * (cy + wy)")
                    draft.line(f"fr = {function}(rx, ry)")
                draft.numpy(
                    f"grown, inward = {taken}, ~({taken}) & (fr >= fw)",
                    "hx, hy = 0.5 * (cx + wx), 0.5 * (cy + wy)",
                    f"fr = np.where(grown, fe, np.where(inward, {function}(hx, hy), fr))",
                    "rx, ry = np.where(grown, ex, np.where(inward, hx, rx)), np.where(grown, ey, np.where(inward, hy, ry))",
                )
            else:
                draft.numpy(f"grown = {taken}", "rx, ry, fr = np.where(grown, ex, rx), np.where(grown, ey, ry), np.where(grown, fe, fr)")
            if draw.chance(0.5):
                finish(draft, draft.known("fr", draft.real, -3.0, 60.0), ("value_out", "f_new"), i, ("n",), share=0.4)
        draft.store(draft.output("x_out", draft.real, "n"), i, "rx")
        draft.store(draft.output("y_out", draft.real, "n"), i, "ry")
        if draw.chance(0.5):
            draft.output("worst_out", I32, "n")
            draft.line(f"worst_out[{i}] = worst")
            draft.numpy("worst_out = worst.astype(np.int32)")
        if draw.chance(0.3):
            draft.line("kept = fw - fb")
            draft.numpy("kept = fw - fb")
            finish(draft, draft.known("kept", draft.real, 0.0, 60.0), ("spread", "simplex_size"), i, ("n",), share=0.5)
    drop_idle_locals(draft)
    return draft.case(
        draw.choice((f"nelder_mead_{kind}", f"simplex_move_{name}", "reflect_worst")), ["n"], [{"n": n} for n in draw.sizes(100)]
    )


def build_annealing(draw: Draw, draft: Draft) -> Case:
    """A proposal accepted or not by a given uniform number: Metropolis by energies or by an objective, swaps of tempering, thresholds."""
    kind = draw.choice(("metropolis", "objective", "swap", "threshold", "great_deluge"))
    i = draw.choice(("i", "tid", "chain"))
    draft.reserve(
        i,
        "x",
        "y",
        "e0",
        "e1",
        "delta",
        "u",
        "temperature",
        "accept",
        "cx",
        "cy",
        "partner",
        "n",
        "taken",
        "a",
        "b",
        "c",
        "s",
        "e",
        "ratio",
        "floor_value",
    )
    name = draw.choice(tuple(OBJECTIVES))
    uniform = draft.array(draft.name("uniforms", "u_in"), draft.real, "n", domain=Uniform(0.02, 0.98), differentiable=False)
    moved = ("x", "y") if kind == "objective" else ("x",)
    for c in moved:
        draft.array(f"{c}_in", draft.real, "n", low=-1.0, high=1.0)
    schedule = draw.choice(("value", "array", "geometric"))
    with draft.threads((i, "n", "x_in", 0)):
        for c in moved:
            draft.load(c, f"{c}_in", i, -1.0, 1.0)
        if schedule == "array" or kind == "swap":
            ladder = draft.array(draft.name("temperatures", "ladder"), draft.real, "n", low=0.3, high=2.0)
            draft.load("temperature", ladder, i, 0.3, 2.0)
        else:
            start = draft.knob(draft.name("t_start", "hot"), 0.5, 2.0).numpy()
            if schedule == "geometric":
                rate = draft.parameter(draft.name("cooling", "decay"), 0.7, 0.95).name
                steps = draft.parameter(draft.name("iteration", "sweep"), 1.0, 6.0).name
                draft.formula(f"temperature = {start} * wp.pow({rate}, {steps})")
            else:
                draft.formula(f"temperature = 1.0 * {start}")
        draft.load("u", uniform, i, 0.0, 1.0)
        if kind == "objective":
            function = objective_function(draft, name)
            width = draft.knob(draft.name("step_size", "proposal_width"), 0.1, 0.5).numpy()
            for c in "xy":
                noise = draft.array(f"noise_{c}", draft.real, "n")
                draft.line(f"c{c} = {noise}[{i}]")
                draft.numpy(f"c{c} = {noise}")
                draft.formula(f"c{c} = {c} + {width} * c{c}")
            draft.both(f"e0 = {function}(x, y)", f"e1 = {function}(cx, cy)", "delta = e1 - e0")
        elif kind == "swap":
            partner = draft.array(draft.name("partner", "neighbor"), I32, "n", domain=lambda s: Integers(0, s["n"]))
            energies = draft.array(draft.name("energies", "e_in"), draft.real, "n", low=0.0, high=2.0)
            draft.line(f"partner = {partner}[{i}]", "cx = x_in[partner]")
            draft.numpy(f"partner = {partner}", "cx = x_in[partner]")
            one = draft.number(1.0)
            draft.line(f"delta = ({energies}[{i}] - {energies}[partner]) * ({one} / {ladder}[partner] - {one} / temperature)")
            draft.numpy(f"delta = ({energies} - {energies}[partner]) * (1.0 / {ladder}[partner] - 1.0 / temperature)")
        else:
            for e in ("e0", "e1"):
                draft.array(f"{e}_in", draft.real, "n", low=0.0, high=2.0)
                draft.load(e, f"{e}_in", i, 0.0, 2.0)
            proposal = draft.array(draft.name("proposal", "candidate"), draft.real, "n", low=-1.0, high=1.0)
            draft.load("cx", proposal, i, -1.0, 1.0)
            draft.both("delta = e1 - e0")
        zero = draft.number(0.0)
        if kind in ("metropolis", "objective", "swap"):
            how = draw.choice(("exp", "log"))
            draft.line("accept = int(0)")
            # The inverse temperatures are part of a swap's difference already.
            over, times = ("", "") if kind == "swap" else (" / temperature", "temperature * ")
            test = f"wp.exp(-delta{over}) > u" if how == "exp" else f"-delta > {times}wp.log(u)"
            with draft.block(f"if delta < {zero} or {test}:"):
                draft.line("accept = 1")
            draft.numpy(f"accept = (delta < 0.0) | ({test.replace('wp.', 'np.')})")
        elif kind == "threshold":
            draft.line("accept = wp.where(delta < temperature * u, 1, 0)")
            draft.numpy("accept = delta < temperature * u")
        else:
            draft.line("accept = wp.where(e1 < e0 or e1 < temperature + u, 1, 0)")
            draft.numpy("accept = (e1 < e0) | (e1 < temperature + u)")
        for c in moved:
            if draw.chance(0.5):
                draft.line(f"taken = {c}")
                with draft.block("if accept == 1:"):
                    draft.line(f"taken = c{c}")
            else:
                draft.line(f"taken = wp.where(accept == 1, c{c}, {c})")
            draft.numpy(f"taken = np.where(accept, c{c}, {c})")
            finish(draft, draft.known("taken", draft.real, -1.5, 1.5), (f"{c}_out", f"{c}_new"), i, ("n",), share=0.3, total=0.0)
        if draw.chance(0.6):
            if draw.chance(0.5):
                count = draft.output(draft.name("acceptances", "moves"), I32, 1, role="accumulate")
                draft.line(f"wp.atomic_add({count}, 0, accept)")
                draft.numpy(f"{count} = np.sum(accept).astype(np.int32).reshape(1)")
            else:
                draft.output("accepted", I32, "n")
                draft.line(f"accepted[{i}] = accept")
                draft.numpy("accepted = accept.astype(np.int32)")
    drop_idle_locals(draft)
    return draft.case(draw.choice((f"anneal_{kind}", f"{kind}_acceptance", f"{kind}_step")), ["n"], [{"n": n} for n in draw.sizes(150)])


def build_swarm(draw: Draw, draft: Draft) -> Case:
    """A swarm's step per particle and coordinate: inertia, pulls to its own best and the swarm's, limits of speed, walls; bests renewed."""
    kind = draw.choice(("global", "constricted", "local", "quantum", "renew"))
    i, j = draw.choice((("i", "j"), ("p", "d"), ("particle", "axis")))
    draft.reserve(i, j, "x", "v", "own", "lead", "r1", "r2", "fx", "n", "m", "mean", "taken", "better", "a", "b", "c", "s", "e", "y")
    if kind == "renew":
        name = draw.choice(tuple(OBJECTIVES))
        function = objective_function(draft, name)
        for array in ("x_in", "y_in", "best_x", "best_y"):
            draft.array(array, draft.real, "n", low=-1.0, high=1.0)
        values = draft.array(draft.name("best_value", "pbest"), draft.real, "n", low=0.0, high=2.0)
        draft.line(f"{i} = wp.tid()", f"x = x_in[{i}]", f"y = y_in[{i}]", f"fx = {function}(x, y)", f"own = {values}[{i}]")
        draft.numpy("x, y = x_in, y_in", f"fx = {function}(x, y)", f"own = {values}", "better = fx < own")
        outs = [draft.output(o, draft.real, "n") for o in ("x_out", "y_out", "value_out")]
        with draft.block("if fx < own:"):
            draft.line(f"{outs[0]}[{i}] = x", f"{outs[1]}[{i}] = y", f"{outs[2]}[{i}] = fx")
        with draft.block("else:"):
            draft.line(f"{outs[0]}[{i}] = best_x[{i}]", f"{outs[1]}[{i}] = best_y[{i}]", f"{outs[2]}[{i}] = own")
        draft.numpy("x_out, y_out = np.where(better, x, best_x), np.where(better, y, best_y)", "value_out = np.where(better, fx, own)")
        if draw.chance(0.5):
            count = draft.output("improved", I32, 1, role="accumulate")
            with draft.block("if fx < own:"):
                draft.line(f"wp.atomic_add({count}, 0, 1)")
            draft.numpy(f"{count} = np.sum(better).astype(np.int32).reshape(1)")
        drop_idle_locals(draft)
        return draft.case(draw.choice(("update_bests", f"swarm_bests_{name}")), ["n"], [{"n": n} for n in draw.sizes(120)])
    extents = ("n", "m")
    here = f"{i}, {j}"
    xs = draft.array("positions", draft.real, *extents)
    vs = draft.array("velocities", draft.real, *extents, low=-0.5, high=0.5) if kind != "quantum" else ""
    own = draft.array(draft.name("personal_best", "pbest"), draft.real, *extents)
    lead = draft.array(draft.name("global_best", "gbest"), draft.real, *(extents if kind == "local" else ("m",)))
    index = draft.array("leader", I32, "n", domain=lambda s: Integers(0, s["n"])) if kind == "local" else ""
    r1, r2 = (draft.array(name, draft.real, *extents, domain=Uniform(0.02, 0.98)) for name in ("r1_in", "r2_in"))
    with draft.threads((i, "n", xs, 0), (j, "m", xs, 1)):
        draft.line(
            f"x = {xs}[{here}]",
            f"own = {own}[{here}]",
            f"lead = {f'{lead}[{index}[{i}], {j}]' if index else f'{lead}[{j}]'}",
            f"r1 = {r1}[{here}]",
            f"r2 = {r2}[{here}]",
        )
        draft.numpy(f"x, own, lead, r1, r2 = {xs}, {own}, {f'{lead}[{index}]' if index else lead}, {r1}, {r2}")
        knobs = draft.parameters(("inertia", 0.4, 0.9), ("cognitive", 0.8, 2.0), ("social", 0.8, 2.0), struct="Swarm")
        w, c1, c2 = (knobs[k].name for k in ("inertia", "cognitive", "social"))
        if kind == "quantum":
            draft.formula(
                f"mean = ({c1} * r1 * own + {c2} * r2 * lead) / ({c1} * r1 + {c2} * r2)", f"x = mean + {w} * (x - mean) * wp.log(1.0 / r1)"
            )
        else:
            draft.line(f"v = {vs}[{here}]")
            draft.numpy(f"v = {vs}")
            pull = f"{c1} * r1 * (own - x) + {c2} * r2 * (lead - x)"
            draft.formula(f"v = {w} * (v + {pull})" if kind == "constricted" else f"v = {w} * v + {pull}")
            if draw.chance(0.5):
                limit = draft.knob(draft.name("v_max", "speed_limit"), 0.4, 1.2).numpy()
                draft.formula(f"v = wp.clamp(v, -{limit}, {limit})")
            draft.both("x = x + v")
            if draw.chance(0.4):
                wall = draft.knob(draft.name("wall", "bound"), 0.8, 1.4)
                with draft.block(f"if wp.abs(x) > {wall.warp()}:"):
                    draft.line(f"x = wp.clamp(x, -{wall.warp()}, {wall.warp()})", draft.warp("v = -0.5 * v"))
                draft.numpy(
                    f"hit = np.abs(x) > {wall.numpy()}",
                    f"x, v = np.where(hit, np.clip(x, -{wall.numpy()}, {wall.numpy()}), x), np.where(hit, -0.5 * v, v)",
                )
            draft.store(draft.output("v_out", draft.real, *extents), here, "v")
        finish(draft, draft.known("x", draft.real, -4.0, 4.0), ("x_out", "moved"), here, extents, share=0.3)
    sizes = [{"n": n, "m": m} for n, m in ((1, 1), (5, 3), (draw.integer(13, 19), draw.choice((5, 7))))]
    drop_idle_locals(draft)
    return draft.case(draw.choice((f"{kind}_swarm", "particle_swarm_step", f"swarm_{kind}")), extents, sizes)
