"""Line searches over trial lengths, and quasi-Newton updates (Nocedal and Wright, Numerical Optimization, 2006)."""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.draft import Draft
from kernels.drafting.finish import drop_idle_locals, finish
from kernels.draw import Draw
from kernels.families.optimization_step.objectives import OBJECTIVES, gradient_lines, objective_function
from kernels.language.types import I32


def build_search(draw: Draw, draft: Draft) -> Case:
    """Step lengths tried along a direction: a thread for each candidate, or each problem tries a few and keeps the best or the first."""
    name = draw.choice(tuple(OBJECTIVES))
    kind = draw.choice(("candidates", "best", "armijo", "quadratic"))
    i = draw.choice(("i", "tid", "problem"))
    draft.reserve(
        i,
        "k",
        "x",
        "y",
        "dx",
        "dy",
        "f0",
        "f1",
        "trial",
        "best",
        "t",
        "slope",
        "found",
        "chosen",
        "gx",
        "gy",
        "a",
        "b",
        "c",
        "s",
        "e",
        "n",
        "value",
    )
    for array in ("x_in", "y_in"):
        draft.array(array, draft.real, "n", low=-0.8, high=0.8)
    for array in ("dx_in", "dy_in"):
        draft.array(array, draft.real, "n", low=-0.5, high=0.5)
    tries = draw.choice((3, 4, 5, 6))
    function = objective_function(draft, name)
    real, precision = draft.real.spelling, draft.precision
    shrink = draft.knob(draft.name("shrink", "ratio"), 0.4, 0.8)
    if kind == "candidates":
        draft.line(f"{i}, k = wp.tid()")
        lengths = draft.array(draft.name("lengths", "steps"), draft.real, "m", low=0.05, high=1.0)
        draft.line(f"t = {lengths}[k]")
        draft.numpy(f"t = {lengths}")
        wide = "[:, None]"
    else:
        draft.line(f"{i} = wp.tid()")
        draft.guard(i, "n", "x_in")
        wide = ""
    draft.line(*(f"{v} = {v}_in[{i}]" for v in ("x", "y", "dx", "dy")))
    draft.numpy(*(f"{v} = {v}_in{wide}" for v in ("x", "y", "dx", "dy")))
    if kind == "candidates":
        draft.both(f"f1 = {function}(x + t * dx, y + t * dy)")
        if draw.chance(0.6):
            draft.both(f"f0 = {function}(x, y)", "f1 = f1 - f0")
        finish(draft, draft.known("f1", draft.real, -40.0, 40.0), ("values", "decrease", "trials"), f"{i}, k", ("n", "m"))
        sizes = [{"n": n, "m": m} for n, m in ((1, 1), (7, 5), (draw.integer(9, 15), draw.choice((6, 7))))]
        drop_idle_locals(draft)
        return draft.case(draw.choice((f"line_search_{name}", "evaluate_candidates")), ("n", "m"), sizes)
    if kind == "quadratic":
        # The minimum of the parabola through the value, the slope and a trial.
        start = draft.knob(draft.name("first_length", "t0"), 0.3, 1.0).numpy()
        draft.formula(f"f0 = {function}(x, y)", f"f1 = {function}(x + {start} * dx, y + {start} * dy)")
        half = f"{function}(x + 0.5 * {start} * dx, y + 0.5 * {start} * dy)"
        draft.formula(
            f"trial = {half}",
            "slope = 4.0 * trial - 3.0 * f0 - f1",
            "c = f0 - 2.0 * trial + f1",
            "t = -0.25 * slope / wp.max(wp.abs(c), 0.2)",
        )
        draft.formula(f"t = wp.clamp(t, 0.0, {start})")
    else:
        draft.line(f"f0 = {function}(x, y)", f"t = {real}(1.0)", f"chosen = {draft.zero()}")
        draft.numpy(f"f0 = {function}(x, y)", f"t, chosen = {precision}(1.0), np.zeros_like(f0)")
        if kind == "best":
            draft.line("best = f0")
            draft.numpy("best = f0")
        else:
            gradient_lines(draft, name)
            draft.both("slope = gx * dx + gy * dy")
            draft.line("found = int(0)")
            draft.numpy("found = np.zeros(f0.shape, bool)")
        sufficient = draft.knob(draft.name("c1", "sufficient"), 0.05, 0.3)
        with draft.loop(f"for k in range({tries}):"):
            draft.both(f"trial = {function}(x + t * dx, y + t * dy)")
            if kind == "best":
                with draft.block("if trial < best:"):
                    draft.line("best = trial", "chosen = t")
                draft.numpy("chosen = np.where(trial < best, t, chosen)", "best = np.where(trial < best, trial, best)")
            else:
                with draft.block(f"if found == 0 and trial <= f0 + {sufficient.warp()} * t * slope:"):
                    draft.line("chosen = t", "found = 1")
                draft.numpy(
                    f"meets = ~found & (trial <= f0 + {sufficient.numpy()} * t * slope)",
                    "chosen = np.where(meets, t, chosen)",
                    "found = found | meets",
                )
            draft.line(f"t = t * {shrink.warp()}")
            draft.numpy(f"t = t * {shrink.numpy()}")
        draft.both("t = chosen")
    draft.both("x = x + t * dx", "y = y + t * dy")
    outs = draw.choice((("t",), ("x", "y"), ("t", "x", "y")))
    for local in outs:
        draft.store(draft.output({"t": "length_out", "x": "x_out", "y": "y_out"}[local], draft.real, "n"), i, local)
    if kind == "armijo" and draw.chance(0.5):
        draft.output("accepted", I32, "n")
        draft.line(f"accepted[{i}] = found")
        draft.numpy("accepted = found.astype(np.int32)")
    if kind == "best" and draw.chance(0.5):
        finish(draft, draft.known("best", draft.real, -2.0, 40.0), ("best_value", "loss"), i, ("n",), share=0.5)
    drop_idle_locals(draft)
    return draft.case(draw.choice((f"{kind}_search", f"backtrack_{name}", f"search_{name}")), ["n"], [{"n": n} for n in draw.sizes(120)])


def build_secant(draw: Draw, draft: Draft) -> Case:
    """Quasi-Newton pieces: the inverse BFGS or SR1 update of two variables, steps of Barzilai and Borwein, a limited-memory recursion."""
    kind = draw.choice(("bfgs", "sr1", "barzilai_borwein", "lbfgs", "dfp"))
    i = draw.choice(("i", "tid", "problem"))
    names = ("s0", "s1", "y0", "y1")
    draft.reserve(
        i, *names, "h00", "h01", "h11", "sy", "ss", "yy", "rho", "u0", "u1", "q0", "q1", "g0", "g1", "a", "b", "d0", "d1", "yhy", "n", "w"
    )
    packed = draw.chance(0.5)
    if packed:
        draft.array("s_in", draft.real, "n", 2, low=0.2, high=1.0)
        draft.array("y_in", draft.real, "n", 2, low=0.2, high=1.0)
    else:
        for name in names:
            draft.array(f"{name}_in", draft.real, "n", low=0.2, high=1.0)
    with draft.threads((i, "n", "s_in" if packed else "s0_in", 0)):
        for name in names:
            place = f"{name[0]}_in[{i}, {name[1]}]" if packed else f"{name}_in[{i}]"
            draft.line(f"{name} = {place}")
            draft.numpy(f"{name} = {f'{name[0]}_in[:, {name[1]}]' if packed else f'{name}_in'}")
        draft.formula("sy = s0 * y0 + s1 * y1 + 0.1")
        if kind == "barzilai_borwein":
            draft.formula(
                "ss = s0 * s0 + s1 * s1", "yy = y0 * y0 + y1 * y1", draw.choice(("a = ss / sy", "a = sy / yy", "a = wp.sqrt(ss / yy)"))
            )
            low = draft.knob(draft.name("smallest", "lower_step"), 0.1, 0.4).numpy()
            draft.formula(f"a = wp.max(a, {low})" if draw.chance(0.5) else f"a = a + {low}")
            finish(draft, draft.known("a", draft.real, 0.1, 20.0), ("tau_out", "step_out"), i, ("n",), share=0.8)
            drop_idle_locals(draft)
            return draft.case(draw.choice(("barzilai_borwein", "spectral_step")), ["n"], [{"n": n} for n in draw.sizes(150)])
        if kind == "lbfgs":
            for name in ("g0", "g1"):
                draft.array(f"{name}_in", draft.real, "n")
                draft.load(name, f"{name}_in", i, -1.0, 1.0)
            draft.formula(
                "yy = y0 * y0 + y1 * y1", "rho = 1.0 / sy", "a = rho * (s0 * g0 + s1 * g1)", "q0 = g0 - a * y0", "q1 = g1 - a * y1"
            )
            draft.formula(
                "w = sy / yy",
                "d0 = w * q0",
                "d1 = w * q1",
                "b = rho * (y0 * d0 + y1 * d1)",
                "d0 = -(d0 + s0 * (a - b))",
                "d1 = -(d1 + s1 * (a - b))",
            )
            for local in ("d0", "d1"):
                finish(
                    draft,
                    draft.known(local, draft.real, -20.0, 20.0),
                    (f"{local}_out", f"direction_{local[1]}"),
                    i,
                    ("n",),
                    share=0.3,
                    total=0.0,
                )
            drop_idle_locals(draft)
            return draft.case(draw.choice(("lbfgs_direction", "two_loop_recursion")), ["n"], [{"n": n} for n in draw.sizes(150)])
        for name, least, most in (("h00", 1.0, 2.0), ("h01", -0.4, 0.4), ("h11", 1.0, 2.0)):
            draft.array(f"{name}_in", draft.real, "n", low=least, high=most)
            draft.load(name, f"{name}_in", i, least, most)
        draft.formula("u0 = h00 * y0 + h01 * y1", "u1 = h01 * y0 + h11 * y1", "yhy = y0 * u0 + y1 * u1")
        if kind == "bfgs":
            draft.formula("rho = 1.0 / sy", "a = (1.0 + yhy * rho) * rho")
            draft.formula(
                "h00 = h00 + a * s0 * s0 - 2.0 * rho * u0 * s0",
                "h01 = h01 + a * s0 * s1 - rho * (u0 * s1 + u1 * s0)",
                "h11 = h11 + a * s1 * s1 - 2.0 * rho * u1 * s1",
            )
        elif kind == "dfp":
            draft.formula(
                "h00 = h00 + s0 * s0 / sy - u0 * u0 / yhy",
                "h01 = h01 + s0 * s1 / sy - u0 * u1 / yhy",
                "h11 = h11 + s1 * s1 / sy - u1 * u1 / yhy",
            )
        else:
            draft.formula("q0 = s0 - u0", "q1 = s1 - u1", "w = q0 * y0 + q1 * y1")
            with draft.block(f"if wp.abs(w) > {draft.number(0.2)}:"):
                draft.line("h00 += q0 * q0 / w", "h01 += q0 * q1 / w", "h11 += q1 * q1 / w")
            draft.numpy("safe, use = np.where(np.abs(w) > 0.2, w, 1.0), np.abs(w) > 0.2")
            draft.numpy(*(f"h{a}{b} = h{a}{b} + np.where(use, q{a} * q{b} / safe, 0.0)" for a, b in ((0, 0), (0, 1), (1, 1))))
        for local in ("h00", "h01", "h11"):
            finish(draft, draft.known(local, draft.real, -30.0, 30.0), (f"{local}_out", f"{local}_new"), i, ("n",), share=0.12, total=0.0)
    drop_idle_locals(draft)
    return draft.case(draw.choice((f"{kind}_update", f"{kind}_2d", "inverse_hessian_update")), ["n"], [{"n": n} for n in draw.sizes(120)])
