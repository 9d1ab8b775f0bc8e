"""Random numbers in learning: dropout, noisy steps, Gumbel noise, rounding, augmentation, one of several by its probability."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Sorted, Uniform
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.drafting.mirror.steps import stored
from kernels.draw import Draw
from kernels.families.sampling.generators import seeded, sizes


def build_training(draw: Draw, draft: MirrorDraft) -> Case:
    """Noise in training and inference: dropout, Langevin gradient steps, Gumbel noise, rounding, augmentation, parameter noise."""
    i = draw.choice(("tid", "i", "idx"))
    draft.field("values", "float", "n", low=-1.5, high=1.5, names=("weights", "activations", "logits", "x_in"))
    draft.thread("n", "values", index=i, counts=("n", "num_elements"))
    seeded(draw, draft, i)
    draft.code(f"v = values[{i}]")
    kind = draw.choice(("dropout", "dropout", "sgld", "gumbel", "rounding", "augment", "perturb", "reparameterized"))
    if kind == "dropout":
        p = draft.tune(draw.choice(("drop_prob", "p", "rate")), 0.1, 0.6)
        draft.code(
            draw.choice(
                (
                    f"keep = wp.randf(state) >= {p}\nresult = wp.where(keep, v / (1.0 - {p}), 0.0)",
                    f"result = v / (1.0 - {p})\nif wp.randf(state) < {p}:\n    result = 0.0 * v",
                    f"u = wp.randf(state)\nscale_i = float(0.0)\nif u >= {p}:\n    scale_i = 1.0 / (1.0 - {p})\nresult = v * scale_i",
                    "bits = wp.randu(state) & wp.uint32(255)\nscale_i = float(0.0)\n"
                    f"if bits >= wp.uint32({draw.integer(25, 150)}):\n    scale_i = 1.0 / (1.0 - {p})\nresult = v * scale_i",
                    "bits = wp.randu(state)\n"
                    f"result = v / (1.0 - {p})\nif bits < wp.uint32({draw.integer(400, 2500)}000000):\n    result = 0.0 * v",
                )
            )
        )
    elif kind == "sgld":
        draft.field("grads", "float", "n", names=("grad", "gradient"))
        lr = draft.tune(draw.choice(("lr", "step_size", "eta")), 0.01, 0.2)
        draft.code(f"noise = wp.randn(state)\nresult = v - {lr} * grads[{i}] + wp.sqrt(2.0 * {lr}) * noise")
        if draw.chance(0.5):
            decay = draft.tune("weight_decay", 0.01, 0.1)
            draft.code(f"result = result - {lr} * {decay} * v")
    elif kind == "gumbel":
        tau = draft.tune(draw.choice(("tau", "temperature")), 0.3, 1.5)
        draft.code(f"u = 0.001 + 0.998 * wp.randf(state)\ng = -wp.log(-wp.log(u))\nresult = (v + g) / {tau}")
    elif kind == "rounding":
        levels = draw.choice((4.0, 8.0, 16.0, 32.0))
        draft.code(f"""
            scaled = v * {levels}
            lower = wp.floor(scaled)
            if wp.randf(state) < scaled - lower:
                lower = lower + 1.0
            result = lower / {levels}
            """)
    elif kind == "augment":
        draft.code(f"""
            shift = wp.randf(state, -0.2, 0.2)
            stretch = wp.randf(state, 0.8, 1.25)
            result = v * stretch + shift
            if wp.randi(state, 0, 2) == 1:
                result = {draw.choice(("-result", "result * 0.5", "1.0 - result"))}
            """)
    elif kind == "perturb":
        sigma = draft.tune(draw.choice(("sigma", "noise_std")), 0.05, 0.5)
        noise = draw.choice(("wp.randn(state)", "wp.randf(state, -1.0, 1.0)"))
        draft.code(f"result = v + {sigma} * {noise} * {draw.choice(('v', '1.0', 'wp.abs(v)'))}")
    else:
        draft.field("log_std", "float", "n", names=("rho", "log_sigma"))
        draft.code(f"eps = wp.randn(state)\nresult = v + wp.exp({draw.choice(('0.5 * ', ''))}log_std[{i}]) * eps")
    stored(draft, "result", "float", 60.0, i, ["n"], ("values_out", "result_out", "noisy"))
    if draw.chance(0.2):
        out = draft.result("state_out", "wp.uint32", "n", names=("rng_out", "next_states"))
        draft.code(f"{out}[{i}] = state")
    return draft.finish(f"{kind}_{draw.choice(('noise', 'kernel', 'step'))}", ["n"], sizes(draw))


def build_tokens(draw: Draw, draft: MirrorDraft) -> Case:
    """One of a row's entries drawn by its probability: cumulative sums against a uniform number, or the largest perturbed logit."""
    i = draw.choice(("tid", "row", "batch"))
    vocab = draw.integer(4, 9)
    draft.field("probs", "float", "n", vocab, domain=Uniform(0.05, 1.0), differentiable=False, names=("weights", "scores"))
    draft.thread("n", "probs", index=i, counts=("num_rows", "batch_size"))
    seeded(draw, draft, i)
    kind = draw.choice(("cumulative", "gumbel", "race", "table"))
    if kind == "cumulative":
        draft.code(f"""
            total = float(0.0)
            for k in range({vocab}):
                total = total + probs[{i}, k]
            threshold = wp.randf(state) * total
            running_sum = float(0.0)
            token = int({vocab - 1})
            found_it = int(0)
            for k in range({vocab}):
                running_sum = running_sum + probs[{i}, k]
                if found_it == 0 and threshold < running_sum:
                    token = k
                    found_it = 1
            """)
    elif kind == "table":
        # All rows share a table of cumulative probabilities; a row's own weights say whether it takes the entry or the one before.
        draft.field("cdf", "float", vocab, domain=Sorted(0.05, 1.0), differentiable=False, names=("cumulative", "unigram_cdf"))
        draft.code(f"""
            token = wp.min(wp.sample_cdf(state, cdf), {vocab - 1})
            if token > 0 and wp.randf(state) > probs[{i}, token]:
                token = token - 1
            """)
    else:
        score = f"wp.log(probs[{i}, k]) - wp.log(-wp.log(u))" if kind == "gumbel" else f"wp.log(u) / probs[{i}, k]"
        draft.code(f"""
            best = float(-1.0e30)
            token = int(0)
            for k in range({vocab}):
                u = 0.0001 + 0.9998 * wp.randf(state)
                score = {score}
                if score > best:
                    best = score
                    token = k
            """)
    out = draft.result("tokens", "int", "n", names=("token_out", "choice", "sampled_ids"))
    draft.code(f"{out}[{i}] = token")
    if draw.chance(0.6):
        draft.field("embedding", "float", vocab, names=("payoff", "values"))
        draft.code("picked = embedding[token]")
        stored(draft, "picked", "float", 1.0, i, ["n"], ("picked_out", "reward"))
    if draw.chance(0.4):
        out = draft.result("usage", "int", vocab, role="accumulate", names=("histogram", "counts"))
        draft.code(f"wp.atomic_add({out}, token, 1)")
    return draft.finish(f"{kind}_{draw.choice(('sampling', 'choice', 'token'))}", ["n"], sizes(draw))
