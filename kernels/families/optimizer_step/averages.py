"""Averages of parameters and steps between sets of them: moving averages, target networks, lookahead, sharpness-aware perturbation."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Bernoulli, Integers, Uniform
from kernels.drafting.draft import Draft
from kernels.drafting.layout import loop
from kernels.drafting.outlines import outlined
from kernels.drafting.rewriting import complement
from kernels.draw import Draw
from kernels.language.types import I32

_SLOW = ("ema", "shadow", "target_params", "slow_weights", "average")
_FAST = ("params", "online_params", "fast_weights", "weights")


def average(draw: Draw) -> Case:
    """A moving average (by decay, by count, with a warm-up), written anew or in place."""
    draft = Draft(draw, smooth=True)
    real = draft.real
    i = draw.choice(("i", "tid", "k"))
    draft.reserve(i, "n", "slow", "fast", "gap", "moved", "rate", "count_f", "blended")
    in_place = draw.chance(0.45)
    target = draft.name(*_SLOW)
    draft.array(target, real, "n", role="inout" if in_place else "input", differentiable=True)
    source = draft.array(draft.name(*_FAST), real, "n")
    kind = draw.choice(("decay", "decay", "count", "warm", "per_parameter"))
    with draft.threads((i, "n", target, 0)):
        draft.load("slow", target, i, -1.0, 1.0)
        draft.load("fast", source, i, -1.0, 1.0)
        if kind == "decay":
            knob = draft.knob(draft.name("decay", "tau", "momentum"), 0.7, 0.99)
            rate, rest = knob.numpy(), complement(knob)
            form = draw.choice(("{d} * slow + {r} * fast", "slow + {r} * (fast - slow)", "fast + {d} * (slow - fast)"))
            draft.formula(f"moved = {form.format(d=rate, r=rest)}")
        elif kind == "per_parameter":
            rates = draft.array(draft.name("rates", "plasticity"), real, "n", domain=Uniform(0.05, 0.5), differentiable=not in_place)
            draft.load("rate", rates, i, 0.05, 0.5)
            draft.formula("moved = slow + rate * (fast - slow)")
        else:
            steps = draft.name("num_averaged", "step", "updates")
            draft.value(steps, I32, Integers(0, 50))
            draft.line(f"count_f = {draft.cast(steps)}")
            draft.numpy(f"count_f = {draft.precision}({steps})")
            if kind == "count":
                forms = ("slow + (fast - slow) / (count_f + 1.0)", "(slow * count_f + fast) / (count_f + 1.0)")
                draft.formula(f"moved = {draw.choice(forms)}")
            else:
                cap = draft.knob(draft.name("max_decay", "decay"), 0.8, 0.99).numpy()
                draft.formula(f"rate = wp.min({cap}, (1.0 + count_f) / (10.0 + count_f))", "moved = rate * slow + (1.0 - rate) * fast")
        value = "moved"
        if draw.chance(0.3):
            flags = draft.array(draft.name("is_buffer", "copy_flags"), I32, "n", domain=Bernoulli(0.3))
            # Statistics are copied, not averaged.
            draft.line(f"if {flags}[{i}] == 1:", "    moved = fast")
            draft.numpy(f"moved = np.where({flags} == 1, fast, moved)")
        out = target if in_place else draft.output(f"{target}_out", real, "n")
        draft.line(f"{out}[{i}] = {value}")
        draft.results(**{out: value})
    sizes = [{"n": n} for n in draw.sizes(190)]
    title = draw.choice(("ema_update", "soft_update", "polyak_average", "update_target_network", "swa_update"))
    return draft.case(title, ["n"], sizes, elementwise=not in_place)


def meta_step(draw: Draw) -> Case:
    """Steps between sets of parameters: lookahead, perturbation against sharpness, means over clients, accumulated gradients."""
    draft = Draft(draw, smooth=True)
    kind = draw.choice(("lookahead", "perturb", "clients", "clients", "accumulate"))
    return {"lookahead": _lookahead, "perturb": _perturb, "clients": _clients, "accumulate": _accumulate}[kind](draw, draft)


def _lookahead(draw: Draw, draft: Draft) -> Case:
    """Slow weights move toward the fast ones every few steps, which go on from there (Zhang et al., 2019)."""
    real = draft.real
    i = draw.choice(("i", "tid"))
    draft.reserve(i, "n", "slow", "fast", "moved", "sync")
    slow = draft.array(draft.name("slow_weights", "slow_params"), real, "n", role="inout", differentiable=True)
    fast = draft.array(draft.name("fast_weights", "params"), real, "n", role="inout", differentiable=True)
    gradient = draft.array(draft.name("grads", "update"), real, "n")
    with draft.threads((i, "n", slow, 0)):
        lr, alpha = draft.knob("lr", 0.02, 0.3).numpy(), draft.knob(draft.name("alpha", "slow_rate"), 0.2, 0.8).numpy()
        draft.line(f"slow = {slow}[{i}]")
        draft.numpy(f"slow = {slow}")
        draft.warp_formula(f"fast = {fast}[{i}] - {lr} * {gradient}[{i}]")
        draft.numpy(f"fast = {fast} - {lr} * {gradient}")
        step, period = draft.name("step", "iteration"), draft.name("k", "sync_period")
        draft.value(step, I32, Integers(0, 20))
        draft.value(period, I32, Integers(1, 4))
        draft.line(f"if {step} % {period} == 0:")
        draft.warp_formula(f"    moved = slow + {alpha} * (fast - slow)")
        draft.line(f"    {slow}[{i}] = moved", f"    {fast}[{i}] = moved", "else:", f"    {fast}[{i}] = fast")
        draft.numpy(f"sync = {step} % {period} == 0", f"moved = slow + {alpha} * (fast - slow)")
        draft.results(**{slow: "np.where(sync, moved, slow)", fast: "np.where(sync, moved, fast)"})
    return draft.case(draw.choice(("lookahead_step", "sync_slow_weights")), ["n"], [{"n": n} for n in draw.sizes(150)])


def _perturb(draw: Draw, draft: Draft) -> Case:
    """The ascent step of sharpness-aware minimization (Foret et al., 2021), scaled by the norm or by the parameter's size."""
    real = draft.real
    i = draw.choice(("i", "tid"))
    draft.reserve(i, "n", "p", "g", "shift", "scale", "moved")
    params = draft.array(draft.name("params", "weights"), real, "n", low=0.1 if draw.chance(0.3) else -1.0)
    grads = draft.array(draft.name("grads", "grad"), real, "n")
    back = draw.chance(0.4)
    with draft.threads((i, "n", params, 0)):
        draft.load("p", params, i, -1.0, 1.0)
        draft.load("g", grads, i, -1.0, 1.0)
        rho, norm = draft.knob("rho", 0.02, 0.3).numpy(), draft.parameter(draft.name("grad_norm", "total_norm"), 0.4, 3.0).name
        draft.formula(f"scale = {rho} / ({norm} + 1.0e-4)")
        adaptive = draw.chance(0.5)
        draft.formula("shift = p * p * g * scale" if adaptive else "shift = scale * g")
        draft.formula("moved = p - shift" if back else "moved = p + shift")
        results = {}
        out = draft.output(draft.name("perturbed", "params_out"), real, "n")
        draft.line(f"{out}[{i}] = moved")
        results[out] = "moved"
        if draw.chance(0.5):
            kept = draft.output(draft.name("shift_out", "e_w"), real, "n")
            draft.line(f"{kept}[{i}] = shift")
            results[kept] = "shift"
        draft.results(**results)
    sizes = [{"n": n} for n in draw.sizes(150)]
    return draft.case(draw.choice(("sam_perturb", "sharpness_step", "adversarial_weights")), ["n"], sizes, elementwise=True)


def _clients(draw: Draw, draft: Draft) -> Case:
    """Parameters of several models averaged, weighted by their samples, toward or into one."""
    real = draft.real
    i, c = draw.choice((("i", "c"), ("k", "client"), ("tid", "model")))
    draft.reserve(i, c, "n", "clients", "acc", "total", "mean_value", "weight", "moved")
    static = draw.chance(0.5)
    count = draw.choice((2, 3, 4)) if static else "clients"
    stacked = draw.chance(0.6)
    shape = (count, "n") if stacked else ("n", count)
    at = f"{c}, {i}" if stacked else f"{i}, {c}"
    models = draft.array(draft.name("client_params", "models", "replicas"), real, *shape)
    weighted = draw.chance(0.6)
    weights = ""
    if weighted:
        weights = draft.array(draft.name("client_weight", "num_samples"), real, count, low=0.2, high=2.0, differentiable=False)
    server = draft.array(draft.name("server_params", "global_params"), real, "n") if draw.chance(0.5) else ""
    axis = 0 if stacked else 1
    with draft.threads((i, "n", models, 1 - axis)):
        if not static:
            draft.extent("clients", models, axis)
        inner = [f"acc += {weights}[{c}] * {models}[{at}]" if weighted else f"acc += {models}[{at}]"]
        lines, names = [f"acc = {draft.zero()}"], ["acc"]
        if weighted:
            inner.append(f"total += {weights}[{c}]")
            lines, names = [*lines, f"total = {draft.zero()}"], ["acc", "total"]
        lines += loop(c, str(count), inner)
        if weighted and not static:
            # The quotient needs both sums in the backward pass.
            outlined(draft, draw.choice(("weighted_sums", "sum_clients")), lines, [(name, real) for name in names])
        else:
            draft.line(*lines)
        size = "total" if weighted else draft.number(float(count)) if isinstance(count, int) else draft.cast(count)
        draft.line(f"mean_value = acc / {size}")
        if weighted:
            spread = "[:, None]" if stacked else ""
            draft.numpy(f"mean_value = np.sum({models} * {weights}{spread}, axis={axis}) / np.sum({weights})")
        else:
            draft.numpy(f"mean_value = np.mean({models}, axis={axis})")
        value = "mean_value"
        if server:
            rate = draft.knob(draft.name("server_lr", "mix"), 0.2, 1.0).numpy()
            draft.warp_formula(f"moved = {server}[{i}] + {rate} * (mean_value - {server}[{i}])")
            draft.numpy(f"moved = {server} + {rate} * (mean_value - {server})")
            value = "moved"
        out = draft.output(draft.name("averaged", "merged_params"), real, "n")
        draft.line(f"{out}[{i}] = {value}")
        draft.results(**{out: value})
    sizes = [{"n": n, "clients": m} for n, m in ((1, 1), (17, 3), (draw.integer(65, 120), 5))]
    return draft.case(draw.choice(("federated_average", "average_models", "model_soup", "merge_replicas")), ["n"], sizes)


def _accumulate(draw: Draw, draft: Draft) -> Case:
    """Gradients of small batches added up, and the sum cleared or scaled when the large batch is complete."""
    real = draft.real
    i = draw.choice(("i", "tid"))
    draft.reserve(i, "n", "share", "total", "done")
    accum = draft.array(draft.name("grad_accum", "accumulated"), real, "n", role="inout", differentiable=True)
    grads = draft.array(draft.name("grads", "micro_grad"), real, "n")
    inverse = draft.knob(draft.name("inv_steps", "micro_weight"), 0.1, 0.5).numpy()
    draft.line(f"{i} = wp.tid()")
    draft.guard(i, "n", grads)
    draft.warp_formula(f"share = {grads}[{i}] * {inverse}")
    draft.numpy(f"share = {grads} * {inverse}")
    results = {}
    kind = draw.choice(("plain", "flush", "reset"))
    if kind == "plain":
        draft.line(f"{accum}[{i}] += share" if draw.chance(0.5) else f"{accum}[{i}] = {accum}[{i}] + share")
        results[accum] = f"{accum} + share"
    else:
        draft.value("micro_step", I32, Integers(0, 8))
        draft.value("period", I32, Integers(1, 4))
        condition = "(micro_step + 1) % period == 0" if kind == "flush" else "micro_step % period == 0"
        if kind == "reset":
            draft.line(f"total = {draft.zero()}", "if micro_step % period != 0:", f"    total = {accum}[{i}]")
            draft.line(f"{accum}[{i}] = total + share")
            results[accum] = f"np.where({condition}, 0.0, {accum}) + share"
        else:
            out = draft.output(draft.name("full_grad", "grad_out"), real, "n")
            draft.line(f"total = {accum}[{i}] + share", f"{out}[{i}] = total", f"if {condition}:", f"    total = {draft.number(0.0)}")
            draft.line(f"{accum}[{i}] = total")
            results |= {out: f"{accum} + share", accum: f"np.where({condition}, 0.0, {accum} + share)"}
    draft.results(**results)
    sizes = [{"n": n} for n in draw.sizes(150)]
    return draft.case(draw.choice(("accumulate_gradients", "add_micro_batch")), ["n"], sizes)
