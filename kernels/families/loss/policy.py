"""Losses of reinforcement learning: clipped surrogates, temporal differences, and the advantages that they use."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Bernoulli, Integers, Uniform
from kernels.drafting.arguments import Extent
from kernels.drafting.draft import Draft
from kernels.drafting.layout import loop
from kernels.drafting.rewriting import worked_out
from kernels.draw import Draw
from kernels.families.loss.totals import finish
from kernels.language.types import I32


def clipped_surrogate(draw: Draw) -> Case:
    """The losses of proximal policy optimization (Schulman et al., 2017) for one sample per thread, with what is watched along."""
    draft = Draft(draw, smooth=True)
    real = draft.real
    i = draw.choice(("i", "tid", "sample"))
    from_logits = draw.chance(0.45)
    draft.reserve(i, "n", "log_prob", "log_ratio", "ratio", "adv", "clipped", "surrogate", "policy_loss", "entropy", "action", "total")
    draft.reserve("value_loss", "value_error", "new_value", "old_value", "value_clipped", "unclipped_sq", "clipped_sq")
    draft.reserve("lse", "exp_sum", "logp_all", "p", "c")
    old = draft.array(draft.name("old_log_probs", "behavior_logp"), real, "n", domain=Uniform(-2.0, -0.5))
    advantage = draft.array(draft.name("advantages", "adv_in"), real, "n", low=-1.5, high=1.5)
    results: dict[str, str] = {}
    draft.line(f"{i} = wp.tid()")
    draft.guard(i, "n", old)
    if from_logits:
        _policy(draw, draft, i)
    else:
        new = draft.array(draft.name("log_probs", "new_logp"), real, "n", domain=Uniform(-2.0, -0.5))
        draft.load("log_prob", new, i, -2.0, -0.5)
    draft.line(f"log_ratio = log_prob - {old}[{i}]")
    draft.numpy(f"log_ratio = log_prob - {old}")
    draft.formula("ratio = wp.exp(log_ratio)")
    draft.load("adv", advantage, i, -1.5, 1.5)
    if draw.chance(0.3):
        mean, std = draft.parameter("adv_mean", -0.2, 0.2).name, draft.parameter("adv_std", 0.6, 1.2).name
        draft.formula(f"adv = (adv - {mean}) / ({std} + 1.0e-5)")
    clip = draft.knob(draft.name("clip_ratio", "clip_eps", "epsilon"), 0.1, 0.3).numpy()
    draft.formula(worked_out(f"clipped = wp.clamp(ratio, 1.0 - {clip}, 1.0 + {clip})"))
    draft.formula(draw.choice(("surrogate = wp.min(ratio * adv, clipped * adv)", "surrogate = -wp.max(-adv * ratio, -adv * clipped)")))
    draft.formula("policy_loss = -surrogate")
    parts = ["policy_loss"]
    if draw.chance(0.6):
        parts.append(_value_loss(draw, draft, i, clip))
    if from_logits and draw.chance(0.6):
        weight = draft.knob(draft.name("entropy_coef", "beta"), 0.005, 0.1).numpy()
        parts.append(f"-{weight} * entropy")
    value = "policy_loss"
    if len(parts) > 1:
        value = "total"
        draft.formula("total = " + " + ".join(parts).replace("+ -", "- "))
    results |= finish(draft, draft.known(value, real, -9.0, 9.0), (i,), ("n",))
    for watched in draw.subset(("kl", "fraction", "ratio"), draw.weighted((0, 1, 2), (4, 4, 2))):
        _watch(draft, i, watched, clip, results)
    draft.results(**results)
    sizes = [{"n": n} for n in draw.sizes(120)]
    return draft.case(draw.choice(("ppo_loss", "clipped_surrogate", "policy_update_loss", "ppo_objective")), ("n",), sizes)


def _policy(draw: Draw, draft: Draft, i: str) -> None:
    """The log-probability of the action taken and the entropy, from logits over a few actions."""
    real = draft.real
    actions = draw.choice((2, 3, 4, 6))
    logits = draft.array(draft.name("logits", "policy_logits"), real, "n", actions, low=-1.5, high=1.5)
    taken = draft.array(draft.name("actions", "chosen_actions"), I32, "n", domain=Integers(0, actions))
    draft.line(f"action = {taken}[{i}]", f"exp_sum = {draft.zero()}", *loop("c", str(actions), [f"exp_sum += wp.exp({logits}[{i}, c])"]))
    draft.line("lse = wp.log(exp_sum)", f"log_prob = {logits}[{i}, action] - lse", f"entropy = {draft.zero()}")
    draft.line(*loop("c", str(actions), [f"p = wp.exp({logits}[{i}, c] - lse)", f"entropy += p * (lse - {logits}[{i}, c])"]))
    draft.numpy(f"logp_all = {logits} - np.log(np.exp({logits}).sum(axis=1))[:, None]")
    draft.numpy(f"log_prob = np.take_along_axis(logp_all, {taken}[:, None], axis=1)[:, 0]")
    draft.numpy("entropy = -np.sum(np.exp(logp_all) * logp_all, axis=1)")


def _value_loss(draw: Draw, draft: Draft, i: str, clip: str) -> str:
    """The critic's error, clipped around the old value or not; returns its weighted formula."""
    real = draft.real
    values = draft.array(draft.name("values", "critic"), real, "n")
    returns = draft.array(draft.name("returns", "value_targets"), real, "n")
    draft.load("new_value", values, i, -1.0, 1.0)
    draft.line(f"value_error = new_value - {returns}[{i}]")
    draft.numpy(f"value_error = new_value - {returns}")
    if draw.chance(0.5):
        olds = draft.array(draft.name("old_values", "values_before"), real, "n")
        draft.load("old_value", olds, i, -1.0, 1.0)
        draft.formula(f"value_clipped = old_value + wp.clamp(new_value - old_value, -{clip}, {clip})")
        draft.formula("unclipped_sq = value_error * value_error")
        gap = f"(value_clipped - {returns}[{i}])"
        draft.line(f"clipped_sq = {gap} * {gap}")
        draft.numpy(f"clipped_sq = (value_clipped - {returns}) ** 2")
        draft.formula("value_loss = 0.5 * wp.max(unclipped_sq, clipped_sq)")
    else:
        draft.formula("value_loss = 0.5 * value_error * value_error")
    weight = draft.knob(draft.name("value_coef", "vf_coef"), 0.2, 1.0).numpy()
    return f"{weight} * value_loss"


def _watch(draft: Draft, i: str, watched: str, clip: str, results: dict[str, str]) -> None:
    """Statistics of the update: the divergence from the old policy, the share of clipped samples, the ratio itself."""
    if watched == "kl":
        out = draft.output(draft.name("approx_kl", "kl_sum"), draft.real, 1, role="accumulate")
        text = draft.draw.choice(("ratio - 1.0 - log_ratio", "0.5 * log_ratio * log_ratio", "-log_ratio"))
        draft.line(f"wp.atomic_add({out}, 0, {draft.warp(text)})")
        results[out] = f"np.sum({text}).reshape(1)"
    elif watched == "fraction":
        out = draft.output(draft.name("clip_count", "clipped_samples"), I32, 1, role="accumulate")
        draft.warp_formula(f"if wp.abs(ratio - 1.0) > {clip}:")
        draft.line(f"    wp.atomic_add({out}, 0, 1)")
        results[out] = f"np.sum(np.abs(ratio - 1.0) > {clip}).reshape(1).astype(np.int32)"
    else:
        out = draft.output(draft.name("ratio_out", "importance_ratio"), draft.real, "n")
        draft.line(f"{out}[{i}] = ratio")
        results[out] = "ratio"


def temporal_difference(draw: Draw) -> Case:
    """The error of an action's value against the best (or a chosen, or the expected) value of the next state."""
    draft = Draft(draw, smooth=True)
    real = draft.real
    i, a = draw.choice((("i", "a"), ("tid", "action"), ("sample", "k")))
    actions = draw.choice((2, 3, 4))
    kind = draw.choice(("best", "double", "expected", "sarsa"))
    draft.reserve(i, a, "n", "q_value", "next_value", "best", "chosen", "goal", "error", "size", "denom", "alive", "weights_all")
    q = draft.array(draft.name("q", "q_values"), real, "n", actions)
    q_next = draft.array(draft.name("q_next", "target_q"), real, "n", actions, differentiable=draw.chance(0.5))
    taken = draft.array(draft.name("actions", "action_ids"), I32, "n", domain=Integers(0, actions))
    rewards = draft.array(draft.name("rewards", "r"), real, "n")
    done = draft.array(draft.name("dones", "terminal"), I32, "n", domain=Bernoulli(0.25))
    draft.line(f"{i} = wp.tid()")
    draft.guard(i, "n", rewards)
    draft.line(f"q_value = {q}[{i}, {taken}[{i}]]")
    draft.numpy(f"q_value = np.take_along_axis({q}, {taken}[:, None], axis=1)[:, 0]")
    low = draft.cast("-1.0e30")
    if kind == "best":
        draft.line(f"next_value = {low}", *loop(a, str(actions), [f"next_value = wp.max(next_value, {q_next}[{i}, {a}])"]))
        draft.numpy(f"next_value = {q_next}.max(axis=1)")
    elif kind == "double":
        online = draft.array(draft.name("q_online_next", "policy_q"), real, "n", actions, differentiable=False)
        inner = [f"if {online}[{i}, {a}] > best:", f"    best = {online}[{i}, {a}]", f"    chosen = {a}"]
        draft.line(f"best = {low}", "chosen = int(0)", *loop(a, str(actions), inner), f"next_value = {q_next}[{i}, chosen]")
        draft.numpy(f"next_value = np.take_along_axis({q_next}, np.argmax({online}, axis=1)[:, None], axis=1)[:, 0]")
    elif kind == "expected":
        tau = draft.knob(draft.name("temperature", "tau"), 0.3, 1.5).numpy()
        draft.reserve("w")
        inner = [draft.warp(f"w = wp.exp({q_next}[{i}, {a}] / {tau})"), "denom += w", f"next_value += w * {q_next}[{i}, {a}]"]
        draft.line(f"next_value = {draft.zero()}", f"denom = {draft.zero()}", *loop(a, str(actions), inner))
        draft.line("next_value = next_value / denom")
        draft.numpy(f"weights_all = np.exp({q_next} / {tau})")
        draft.numpy(f"next_value = np.sum(weights_all * {q_next}, axis=1) / weights_all.sum(axis=1)")
    else:
        following = draft.array(draft.name("next_actions", "a_next"), I32, "n", domain=Integers(0, actions))
        draft.line(f"next_value = {q_next}[{i}, {following}[{i}]]")
        draft.numpy(f"next_value = np.take_along_axis({q_next}, {following}[:, None], axis=1)[:, 0]")
    discount = draft.knob(draft.name("gamma", "discount"), 0.8, 0.99).numpy()
    if draw.chance(0.5):
        draft.line(f"goal = {rewards}[{i}]", f"if {done}[{i}] == 0:")
        draft.warp_formula(f"    goal += {discount} * next_value")
    else:
        draft.line(f"alive = {draft.cast(f'1 - {done}[{i}]')}")
        draft.warp_formula(f"goal = {rewards}[{i}] + {discount} * alive * next_value")
    draft.numpy(f"goal = {rewards} + {discount} * np.where({done} == 0, next_value, 0.0)")
    draft.both("error = goal - q_value")
    loss = draft.name("td_loss", "value", "loss_value")
    form = draw.choice(("squared", "huber", "log_cosh"))
    if form == "huber":
        delta = draft.knob(draft.name("delta", "huber_delta"), 0.4, 1.2).numpy()
        draft.formula("size = wp.abs(error)")
        draft.formula(f"{loss} = wp.where(size < {delta}, 0.5 * error * error, {delta} * (size - 0.5 * {delta}))")
    elif form == "squared":
        draft.formula(f"{loss} = 0.5 * error * error")
    else:
        draft.line(f"{loss} = wp.log(wp.cosh(error))")
        draft.numpy(f"{loss} = np.log(np.cosh(error))")
    results = finish(draft, draft.known(loss, real, 0.0, 9.0), (i,), ("n",))
    if draw.chance(0.4):
        out = draft.output(draft.name("priorities", "td_error"), real, "n")
        text = draw.choice(("wp.abs(error) + 0.01", "error"))
        draft.line(f"{out}[{i}] = {draft.warp(text)}")
        results[out] = text.replace("wp.abs", "np.abs")
    draft.results(**results)
    sizes = [{"n": n} for n in draw.sizes(120)]
    title = {"best": "dqn_loss", "double": "double_dqn_loss", "expected": "soft_q_loss", "sarsa": "sarsa_loss"}[kind]
    return draft.case(draw.choice((title, "td_loss", title)), ("n",), sizes)


def advantages(draw: Draw) -> Case:
    """Returns or generalized advantages (Schulman et al., 2016): one thread per environment goes backwards through time."""
    draft = Draft(draw, smooth=True)
    real = draft.real
    env, t = draw.choice((("env", "t"), ("e", "step"), ("b", "k")))
    time_first = draw.chance(0.5)
    draft.reserve(env, t, "envs", "steps", "running", "delta", "next_value", "alive", "back", "advantage", "length")
    shape: tuple[Extent, ...] = ("steps", "envs") if time_first else ("envs", "steps")
    rewards = draft.array(draft.name("rewards", "r"), real, *shape)
    done = draft.array(draft.name("dones", "terminated"), I32, *shape, domain=Bernoulli(0.2))
    gae = draw.chance(0.65)
    at = f"{t}, {env}" if time_first else f"{env}, {t}"
    out = draft.output(draft.name("advantages_out", "gae_out") if gae else draft.name("returns_out", "rewards_to_go"), real, *shape)
    gamma = draft.knob(draft.name("gamma", "discount"), 0.8, 0.99).numpy()
    values = draft.array(draft.name("values", "critic"), real, *shape) if gae else ""
    last = draft.array(draft.name("last_value", "bootstrap"), real, "envs") if gae or draw.chance(0.5) else ""
    lam = draft.knob(draft.name("lam", "gae_lambda"), 0.8, 0.97).numpy() if gae else ""
    axis = 0 if time_first else 1
    with draft.threads((env, "envs", rewards, 1 - axis)):
        steps = draft.extent("steps", rewards, axis)
        after = f"{last}[{env}]" if last else draft.zero()
        draft.line(*([f"running = {draft.zero()}", f"next_value = {after}"] if gae else [f"running = {after}"]))
        with draft.block(f"for back in range({steps}):"):
            draft.line(f"{t} = {steps} - 1 - back", f"alive = {draft.cast(f'1 - {done}[{at}]')}")
            if gae:
                draft.warp_formula(f"delta = {rewards}[{at}] + {gamma} * next_value * alive - {values}[{at}]")
                draft.warp_formula(worked_out(f"running = delta + ({gamma} * {lam}) * alive * running"))
                draft.line(f"{out}[{at}] = running", f"next_value = {values}[{at}]")
            else:
                draft.warp_formula(f"running = {rewards}[{at}] + {gamma} * alive * running")
                draft.line(f"{out}[{at}] = running")
        _accumulated(draft, rewards, done, values, last, gamma, lam, axis)
    draft.results(**{out: "found" if axis == 0 else "found.T"})
    sizes = [{"envs": e, "steps": s} for e, s in ((1, 1), (5, 4), (11, draw.integer(7, 10)))]
    titles = ("generalized_advantages", "compute_gae") if gae else ("discounted_returns", "returns_to_go")
    return draft.case(draw.choice(titles), ("envs",), sizes)


def _accumulated(draft: Draft, rewards: str, done: str, values: str, last: str, gamma: str, lam: str, axis: int) -> None:
    """numpy: every step's term times the discounts from there on, summed over all later steps, by one matrix product per environment."""
    turned = "" if axis == 0 else ".T"
    draft.reserve("alive_all", "later", "decay", "terms", "found", "reach", "steps_all")
    draft.numpy(f"alive_all = (1 - {done}{turned}).astype({draft.precision})", f"terms = {rewards}{turned}", "steps_all = len(terms)")
    if values:
        draft.numpy(f"later = np.concatenate([{values}{turned}[1:], {last}[None]])")
        draft.numpy(f"terms = terms + {gamma} * later * alive_all - {values}{turned}")
    factor = f"{gamma} * {lam}" if lam else gamma
    if last and not values:
        draft.numpy(f"terms = np.concatenate([terms[:-1], (terms[-1] + {gamma} * alive_all[-1] * {last})[None]])")
    draft.numpy(
        f"decay = {factor} * alive_all",
        "found = np.array(terms)",
        "for k in range(1, steps_all):",
        "    # The factor from a step to the one k later, of every environment.",
        "    reach = np.prod([decay[s : steps_all - k + s] for s in range(k)], axis=0)",
        "    found[: steps_all - k] += reach * terms[k:]",
    )
