"""Nonlinear least squares: damped steps of small fits, normal equations gathered by atomics, robust weights, gains, scalar roots.

Sources: Madsen, Nielsen and Tingleff, Methods for Non-Linear Least Squares Problems, 2004; Press et al., Numerical Recipes, chapter 9.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.draft import Draft
from kernels.drafting.finish import drop_idle_locals, finish
from kernels.draw import Draw
from kernels.families.optimization_step.objectives import MODELS, Model, robust_weight
from kernels.language.types import I32, vector


def _parameters(draft: Draft, model: Model, i: str, shared: bool) -> None:
    """Reads the model's parameters: one set for all, or a set for each thread."""
    for k, (name, low, high) in enumerate(model.parameters):
        if shared:
            draft.line(f"{name} = params[{k}]")
            draft.numpy(f"{name} = params[{k}]")
        else:
            draft.array(f"{name}_in", draft.real, "n", low=low, high=high)
            draft.load(name, f"{name}_in", i, low, high)


def build_damped_fit(draw: Draw, draft: Draft) -> Case:
    """A damped step of a fit per thread: residuals of a few samples, normal equations of two or three parameters, their solution."""
    kind = draw.choice(tuple(MODELS))
    model = MODELS[kind]
    k = len(model.parameters)
    count = draw.choice((3, 4, 5, 6, 8))
    i = draw.choice(("i", "tid", "fit"))
    draft.reserve(
        i,
        "m",
        "t",
        "r",
        "e",
        "d",
        "s",
        "c",
        "u",
        "l",
        "p",
        "det",
        "cost",
        "n",
        "value",
        "w",
        *(f"{x}{r}" for x in "jbd" for r in range(k)),
        *(f"h{r}{q}" for r in range(k) for q in range(k)),
    )
    draft.reserve(*(name for name, _, _ in model.parameters), "inner", "gain", "predicted")
    times = draft.array(draft.name("times", "abscissae"), draft.real, "n", count, low=0.0, high=2.0)
    data = draft.array(draft.name("data", "observed"), draft.real, "n", count, low=0.0, high=1.5)
    pairs = [(r, q) for r in range(k) for q in range(r + 1)]
    with draft.threads((i, "n", times, 0)):
        _parameters(draft, model, i, shared=False)
        damping = draft.knob(draft.name("damping", "lambda_", "mu"), 0.3, 2.0).numpy()
        draft.line(
            *(f"h{r}{q} = {draft.zero()}" for r, q in pairs), *(f"b{r} = {draft.zero()}" for r in range(k)), f"cost = {draft.zero()}"
        )
        draft.numpy(*(f"h{r}{q} = 0.0" for r, q in pairs), *(f"b{r} = 0.0" for r in range(k)), "cost = 0.0")
        with draft.loop(f"for m in range({count}):"):
            draft.line(f"t = {times}[{i}, m]", f"value = {data}[{i}, m]")
            draft.numpy(f"t, value = {times}[:, m], {data}[:, m]")
            draft.formula(*model.steps, f"r = {model.prediction} - value")
            names = []
            for r, text in enumerate(model.jacobian):
                if text == "1.0":
                    names.append("")
                    continue
                draft.formula(f"j{r} = {text}")
                names.append(f"j{r}")
            weight = robust_weight(draft, "r", optional=0.3)
            factor = f"{weight} * " if weight else ""
            for r, q in pairs:
                product = " * ".join(x for x in (names[r], names[q]) if x) or "1.0"
                text = f"{factor}{product}" if product != "1.0" else weight or "1.0"
                draft.line(f"h{r}{q} += {draft.warp(text)}")
                draft.numpy(f"h{r}{q} = h{r}{q} + {text}")
            for r in range(k):
                text = f"{factor}{names[r]} * r" if names[r] else f"{factor}r"
                draft.line(f"b{r} += {text}")
                draft.numpy(f"b{r} = b{r} + {text}")
            draft.line("cost += r * r")
            draft.numpy("cost = cost + r * r")
        scaled = draw.chance(0.4)
        draft.formula(*(f"h{r}{r} = h{r}{r} * (1.0 + {damping}) + 0.1" if scaled else f"h{r}{r} = h{r}{r} + {damping}" for r in range(k)))
        _solved(draft, k)
        draft.formula(*(f"{name} = {name} - d{r}" for r, (name, _, _) in enumerate(model.parameters)))
        goal = draw.choice(("parameters", "step", "gain"))
        if goal == "gain":
            draft.formula(f"predicted = 0.5 * ({' + '.join(f'd{r} * ({damping} * d{r} + b{r})' for r in range(k))})")
            finish(draft, draft.known("predicted", draft.real, 0.0, 20.0), ("predicted_gain", "model_decrease"), i, ("n",), share=0.5)
        for r, (name, _, _) in enumerate(model.parameters):
            local = f"d{r}" if goal == "step" else name
            draft.store(draft.output(f"{'step_' if goal == 'step' else ''}{name}_out", draft.real, "n"), i, local)
        if draw.chance(0.5):
            finish(draft, draft.known("cost", draft.real, 0.0, 60.0), ("cost_out", "residual_sq"), i, ("n",), share=0.4)
    drop_idle_locals(draft)
    return draft.case(
        draw.choice((f"levenberg_marquardt_{kind}", f"fit_{kind}", "damped_gauss_newton")), ["n"], [{"n": n} for n in draw.sizes(80)]
    )


def _solved(draft: Draft, k: int) -> None:
    """Solves the normal equations h00 .., b0 .. for the step d0 ..; the reference by numpy."""
    if k == 2:
        draft.line("det = h00 * h11 - h10 * h10", "d0 = (h11 * b0 - h10 * b1) / det", "d1 = (h00 * b1 - h10 * b0) / det")
    else:
        draft.line(
            "l10 = h10 / h00",
            "l20 = h20 / h00",
            "p1 = h11 - l10 * h10",
            "l21 = (h21 - l20 * h10) / p1",
            "p2 = h22 - l20 * h20 - l21 * l21 * p1",
        )
        draft.line(
            "e1 = b1 - l10 * b0",
            "e2 = b2 - l20 * b0 - l21 * e1",
            "d2 = e2 / p2",
            "d1 = e1 / p1 - l21 * d2",
            "d0 = b0 / h00 - l10 * d1 - l20 * d2",
        )
    rows = ", ".join(f"np.stack(np.broadcast_arrays({', '.join(f'h{max(r, q)}{min(r, q)}' for q in range(k))}), axis=-1)" for r in range(k))
    draft.numpy(f"normal = np.stack(({rows}), axis=-2)", f"right = np.stack(({', '.join(f'b{r}' for r in range(k))}), axis=-1)")
    draft.numpy("answer = np.linalg.solve(normal, right[..., None])[..., 0]", *(f"d{r} = answer[:, {r}]" for r in range(k)))


def build_accumulation(draw: Draw, draft: Draft) -> Case:
    """Gauss-Newton by atomics: a thread for each observation adds its share to the normal equations, of one fit or of many by index."""
    kind = draw.choice(tuple(MODELS))
    model = MODELS[kind]
    k = len(model.parameters)
    grouped = draw.chance(0.4)
    i = draw.choice(("i", "tid", "obs"))
    draft.reserve(
        i,
        "t",
        "r",
        "e",
        "d",
        "s",
        "c",
        "u",
        "l",
        "p",
        "f",
        "value",
        "n",
        "row",
        "a",
        "b",
        "params",
        *(f"j{r}" for r in range(k)),
        *(name for name, _, _ in model.parameters),
    )
    times = draft.array(draft.name("times", "abscissae"), draft.real, "n", low=0.0, high=2.0)
    data = draft.array(draft.name("data", "observed"), draft.real, "n", low=0.0, high=1.5)
    low, high = min(p[1] for p in model.parameters), max(p[2] for p in model.parameters)
    positive = max(low, 0.5)
    fit = ""
    if grouped:
        fit = draft.array(draft.name("fit_id", "curve"), I32, "n", domain=lambda s: Integers(0, s["fits"]))
        draft.array("params", draft.real, "fits", k, low=positive, high=high)
    else:
        draft.array("params", draft.real, k, low=positive, high=high)
    normal = draft.name("JtJ", "hessian", "H")
    right = draft.name("Jtr", "gradient_out", "rhs_out")
    lower = draw.chance(0.4)
    looped = draw.chance(0.5)
    more = ("fits",) if grouped else ()
    slot = "f, " if grouped else ""
    with draft.threads((i, "n", times, 0)):
        if grouped:
            draft.line(f"f = {fit}[{i}]")
        for r, (name, _, _) in enumerate(model.parameters):
            draft.line(f"{name} = params[{slot}{r}]")
            draft.numpy(f"{name} = params[{f'{fit}, ' if grouped else ''}{r}]")
        draft.line(f"t = {times}[{i}]", f"value = {data}[{i}]")
        draft.numpy(f"t, value = {times}, {data}")
        draft.formula(*model.steps, f"r = {model.prediction} - value")
        for r, text in enumerate(model.jacobian):
            if text == "1.0":
                draft.line(f"j{r} = {draft.real.spelling}(1.0)")
                draft.numpy(f"j{r} = np.ones_like(t)")
            else:
                draft.formula(f"j{r} = {text}")
        weight = robust_weight(draft, "r")
        factor = f"{weight} * " if weight else ""
        draft.output(normal, draft.real, *more, k, k, role="accumulate")
        draft.output(right, draft.real, *more, k, role="accumulate")
        if looped:
            draft.line(f"row = {vector(draft.width, k).spelling}({', '.join(f'j{r}' for r in range(k))})")
            with draft.block(f"for a in range({k}):"):
                draft.line(f"wp.atomic_add({right}, {slot}a, {factor}row[a] * r)")
                with draft.block(f"for b in range({k}):"):
                    if lower:
                        with draft.block("if b <= a:"):
                            draft.line(f"wp.atomic_add({normal}, {slot}a, b, {factor}row[a] * row[b])")
                    else:
                        draft.line(f"wp.atomic_add({normal}, {slot}a, b, {factor}row[a] * row[b])")
        else:
            for a in range(k):
                for b in range(a + 1 if lower else k):
                    draft.line(f"wp.atomic_add({normal}, {slot}{a}, {b}, {factor}j{a} * j{b})")
                draft.line(f"wp.atomic_add({right}, {slot}{a}, {factor}j{a} * r)")
        draft.numpy(f"rows = np.stack(np.broadcast_arrays({', '.join(f'j{r}' for r in range(k))}), axis=1)")
        blocks = f"{f'{weight}[:, None, None] * ' if weight else ''}rows[:, :, None] * rows[:, None, :]"
        if lower:
            blocks = f"np.tril({blocks})"
        sides = f"({factor}r)[:, None] * rows"
        if grouped:
            draft.numpy(
                f"{normal} = np.zeros_like({normal})",
                f"np.add.at({normal}, {fit}, {blocks})",
                f"{right} = np.zeros_like({right})",
                f"np.add.at({right}, {fit}, {sides})",
            )
        else:
            draft.numpy(f"{normal} = np.sum({blocks}, axis=0)", f"{right} = np.sum({sides}, axis=0)")
        if draw.chance(0.5):
            cost = draft.output(draft.name("cost", "chi_sq"), draft.real, "fits" if grouped else 1, role="accumulate")
            draft.line(f"wp.atomic_add({cost}, {'f' if grouped else '0'}, {factor}r * r)")
            if grouped:
                draft.numpy(f"{cost} = np.zeros_like({cost})", f"np.add.at({cost}, {fit}, {factor}r * r)")
            else:
                draft.numpy(f"{cost} = np.sum({factor}r * r).reshape(1)")
    sizes = [{"n": n, "fits": n // 6 + 1} for n in draw.sizes(120)]
    drop_idle_locals(draft)
    return draft.case(draw.choice((f"accumulate_{kind}", "gauss_newton_normal", f"{kind}_normal_equations")), ["n"], sizes)
