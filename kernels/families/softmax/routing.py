"""Decisions from a softmax: which experts take a token and with what weight, and which class is drawn."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Uniform
from kernels.drafting.draft import Draft
from kernels.drafting.layout import loop
from kernels.drafting.outlines import outlined
from kernels.draw import Draw
from kernels.language.types import I32
from kernels.source import indented


def route(draw: Draw) -> Case:
    """The best one or two experts of a token, their gate weights, and how many tokens each expert takes."""
    draft = Draft(draw, smooth=True)
    experts = draw.choice((4, 6, 8))
    t, e = draw.choice((("token", "e"), ("t", "k"), ("i", "expert")))
    draft.reserve(t, e, "keys", "order", "probs", "mass", "chosen")
    logits = draft.array(draft.name("router_logits", "gate_logits", "logits"), draft.real, "tokens", experts, low=-2.0, high=2.0)
    two = draw.chance(0.55)
    bias = draft.array(draft.name("expert_bias", "balance_bias"), draft.real, experts, differentiable=False) if draw.chance(0.3) else ""
    over = draw.choice(("all", "chosen", "sigmoid")) if two else draw.choice(("all", "sigmoid"))
    with draft.threads((t, "tokens", logits, 0)):
        key = f"{logits}[{t}, {e}]{f' + {bias}[{e}]' if bias else ''}"
        draft.numpy(f"keys = {logits}{f' + {bias}' if bias else ''}", "order = np.argsort(-keys, axis=1)")
        picks = draw.choice((["first", "second"], ["top1", "top2"], ["best", "runner_up"]))[: 2 if two else 1]
        draft.reserve(*picks, "value", *(f"{p}_key" for p in picks))
        _find(draft, picks, key, e, experts)
        for k, pick in enumerate(picks):
            draft.numpy(f"{pick} = order[:, {k}]")
        gates = [draft.name(f"{p}_gate", f"{p}_weight") for p in picks]
        _weigh(draft, over, logits, t, e, experts, picks, gates)
        values = _store(draft, t, experts, picks, gates)
        draft.results(**values)
    sizes = [{"tokens": n} for n in draw.sizes(150)]
    name = draw.choice(("top2_routing", "route_tokens", "top2_gating") if two else ("switch_routing", "top1_gating", "route_tokens"))
    return draft.case(name, ["tokens"], sizes)


def _find(draft: Draft, picks: list[str], key: str, e: str, experts: int) -> None:
    """The kernel's search for the largest keys: in one loop, or in a second one that leaves out the winner."""
    draw = draft.draw
    low = draft.cast("-1.0e30")
    first = picks[0]
    if len(picks) == 1:
        lines = [f"{first} = int(0)", f"{first}_key = {low}"]
        lines += loop(e, str(experts), [f"value = {key}", f"if value > {first}_key:", f"    {first}_key = value", f"    {first} = {e}"])
        if draw.chance(0.5):
            outlined(draft, "pick_expert", lines, [(first, I32)])
        else:
            draft.line(*lines)
        return
    second = picks[1]
    draft.line(f"{first} = int(0)", f"{second} = int(0)", f"{first}_key = {low}", f"{second}_key = {low}")
    if draw.chance(0.5):
        inner = [f"value = {key}", f"if value > {first}_key:", f"    {second} = {first}", f"    {second}_key = {first}_key"]
        inner += [f"    {first} = {e}", f"    {first}_key = value", f"elif value > {second}_key:", f"    {second} = {e}"]
        draft.line(*loop(e, str(experts), [*inner, f"    {second}_key = value"]))
        return
    draft.line(*loop(e, str(experts), [f"if {key} > {first}_key:", f"    {first} = {e}", f"    {first}_key = {key}"]))
    inner = [f"if {key} > {second}_key:", f"    {second} = {e}", f"    {second}_key = {key}"]
    draft.line(*loop(e, str(experts), [f"if {e} != {first}:", *indented(inner)]))


def _weigh(draft: Draft, over: str, logits: str, t: str, e: str, experts: int, picks: list[str], gates: list[str]) -> None:
    """The gates: probabilities over all experts, over the chosen ones, or logistic scores, normalized to one if there are two."""
    draw = draft.draw
    for pick, gate in zip(picks, gates, strict=True):
        if over == "sigmoid":
            draft.warp_formula(f"{gate} = 1.0 / (1.0 + wp.exp(-{logits}[{t}, {pick}]))")
            draft.numpy(f"{gate} = 1.0 / (1.0 + np.exp(-np.take_along_axis({logits}, {pick}[:, None], axis=1)[:, 0]))")
    if over == "chosen":
        gap = draft.name("gap", "difference")
        draft.line(f"{gap} = {logits}[{t}, {picks[1]}] - {logits}[{t}, {picks[0]}]")
        draft.warp_formula(f"{gates[0]} = 1.0 / (1.0 + wp.exp({gap}))", f"{gates[1]} = 1.0 - {gates[0]}")
        draft.numpy(f"chosen = np.exp(np.take_along_axis({logits}, order[:, :2], axis=1))", "chosen = chosen / chosen.sum(axis=1)[:, None]")
        draft.numpy(f"{gates[0]}, {gates[1]} = chosen[:, 0], chosen[:, 1]")
        return
    if over == "all":
        total = draft.name("total", "denom")
        lines = [f"{total} = {draft.zero()}", *loop(e, str(experts), [f"{total} += wp.exp({logits}[{t}, {e}])"])]
        if draw.chance(0.4):
            outlined(draft, "partition_of", lines, [(total, draft.real)])
        else:
            draft.line(*lines)
        draft.numpy(f"probs = np.exp({logits}) / np.exp({logits}).sum(axis=1)[:, None]")
        for pick, gate in zip(picks, gates, strict=True):
            draft.line(f"{gate} = wp.exp({logits}[{t}, {pick}]) / {total}")
            draft.numpy(f"{gate} = np.take_along_axis(probs, {pick}[:, None], axis=1)[:, 0]")
    if len(picks) == 2 and draw.chance(0.6):
        both = draft.name("gate_sum", "both")
        draft.both(f"{both} = {gates[0]} + {gates[1]}", *(f"{gate} = {gate} / {both}" for gate in gates))


def _store(draft: Draft, t: str, experts: int, picks: list[str], gates: list[str]) -> dict[str, str]:
    draw = draft.draw
    values: dict[str, str] = {}
    count = len(picks)
    ids, weights = draft.name("expert_ids", "chosen_expert", "assignment"), draft.name("gate_weights", "gates", "combine_weights")
    if count == 2:
        draft.output(ids, I32, "tokens", 2)
        draft.output(weights, draft.real, "tokens", 2)
        for k in range(2):
            draft.line(f"{ids}[{t}, {k}] = {picks[k]}", f"{weights}[{t}, {k}] = {gates[k]}")
        values |= {ids: "order[:, :2].astype(np.int32)", weights: f"np.stack([{gates[0]}, {gates[1]}], axis=1)"}
    else:
        draft.output(ids, I32, "tokens")
        draft.output(weights, draft.real, "tokens")
        draft.line(f"{ids}[{t}] = {picks[0]}", f"{weights}[{t}] = {gates[0]}")
        values |= {ids: f"{picks[0]}.astype(np.int32)", weights: gates[0]}
    if draw.chance(0.5):
        load = draft.output(draft.name("expert_count", "load", "tokens_per_expert"), I32, experts, role="accumulate")
        draft.line(*(f"wp.atomic_add({load}, {pick}, 1)" for pick in picks))
        values[load] = f"np.bincount(order[:, :{count}].ravel(), minlength={experts}).astype(np.int32)"
    if draw.chance(0.4):
        importance = draft.output(draft.name("importance", "gate_mass"), draft.real, experts, role="accumulate")
        draft.numpy(f"mass = np.zeros_like({importance})")
        for pick, gate in zip(picks, gates, strict=True):
            draft.line(f"wp.atomic_add({importance}, {pick}, {gate})")
            draft.numpy(f"np.add.at(mass, {pick}, {gate})")
        values[importance] = "mass"
    return values


def sample(draw: Draw) -> Case:
    """One class per row: where the running sum of probabilities passes a uniform number, or the largest perturbed score."""
    draft = Draft(draw, smooth=True)
    classes = draw.choice((0, 0, 4, 8))
    stop = str(classes) if classes else "classes"
    i, c = draw.choice((("i", "c"), ("row", "k"), ("lane", "action")))
    draft.reserve(i, c, "classes", "rows", "scores", "threshold", "cumulative_probs", "passed")
    width = classes or "classes"
    logits = draft.array(draft.name("logits", "class_scores", "policy_logits"), draft.real, "rows", width, differentiable=False)
    gumbel = draw.chance(0.4)
    u = draft.array(draft.name("uniforms", "u", "random_values"), draft.real, *(("rows", width) if gumbel else ("rows",)),
                    domain=Uniform(0.02, 0.98), differentiable=False)  # fmt: skip
    scale = draft.knob(draft.name("temperature", "tau"), 0.5, 2.0).numpy()
    out = draft.output(draft.name("sampled", "choices", "action_out"), I32, "rows")
    with draft.threads((i, "rows", logits, 0)):
        if not classes:
            draft.extent("classes", logits, 1)
        chosen = draft.name("chosen", "picked", "winner")
        draft.numpy(f"scores = {logits} / {scale}")
        if gumbel:
            best = draft.name("best", "top_key")
            draft.reserve("key")
            draft.line(f"{chosen} = int(0)", f"{best} = {draft.cast('-1.0e30')}")
            key = draft.warp(f"key = {logits}[{i}, {c}] / {scale} - wp.log(-wp.log({u}[{i}, {c}]))")
            inner = [key, f"if key > {best}:"]
            draft.line(*loop(c, stop, [*inner, f"    {best} = key", f"    {chosen} = {c}"]))
            draft.numpy(f"{chosen} = np.argmax(scores - np.log(-np.log({u})), axis=1)")
        else:
            total, running = draft.name("total", "denom"), draft.name("running", "cumulative", "cdf")
            add = [f"{total} = {draft.zero()}", *loop(c, stop, [draft.warp(f"{total} += wp.exp({logits}[{i}, {c}] / {scale})")])]
            if draw.chance(0.5):
                outlined(draft, "sum_exp", add, [(total, draft.real)])
            else:
                draft.line(*add)
            draft.line(f"threshold = {u}[{i}] * {total}", f"{running} = {draft.zero()}", f"{chosen} = int({stop} - 1)")
            inner = [draft.warp(f"{running} += wp.exp({logits}[{i}, {c}] / {scale})")]
            if draw.chance(0.5):
                inner += [f"if {running} > threshold:", f"    {chosen} = {c}", "    break"]
            else:
                inner += [f"if {running} > threshold and {c} < {chosen}:", f"    {chosen} = {c}"]
            draft.line(*loop(c, stop, inner))
            draft.numpy("cumulative_probs = np.cumsum(np.exp(scores), axis=1)")
            # The sum of all is above the threshold, but for rounding: the last class takes what is left.
            draft.numpy(f"passed = cumulative_probs[:, :-1] <= {u}[:, None] * cumulative_probs[:, -1:]", f"{chosen} = passed.sum(axis=1)")
        draft.line(f"{out}[{i}] = {chosen}")
        draft.results(**{out: f"{chosen}.astype(np.int32)"})
    sizes = [{"rows": a, "classes": b} for a, b in ((1, 1), (7, 5), (draw.integer(65, 90), draw.integer(9, 14)))]
    return draft.case(draw.choice(("gumbel_max_sample",) if gumbel else ("sample_categorical", "sample_class")), ["rows"], sizes)
