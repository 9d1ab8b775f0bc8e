"""Models of sequences: steps of hidden Markov models, likelihoods of chains, decoding of labels, embeddings and scores of tokens.

Sources: Rabiner (1989), "A tutorial on hidden Markov models"; Graves et al. (2006), connectionist temporal classification.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext

from kernels.case import Case
from kernels.domains import Bernoulli, Integers
from kernels.drafting.arguments import grids
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.string_and_sequence.tokens import labels, tokens
from kernels.language.expression import Expression
from kernels.language.interval import Interval
from kernels.language.types import I32


def sequence_models(draw: Draw) -> Case:
    """One kernel on models of sequences."""
    builders: tuple[Callable[[Draw], Case], ...] = (
        _viterbi,
        _viterbi,
        _forward,
        _forward,
        _chain,
        _chain,
        _posterior,
        labels,
        tokens,
        tokens,
    )
    return draw.choice(builders)(draw)


def _model(draft: Draft, states: int, *, logs: bool) -> tuple[str, str]:
    """Transition and emission tables, as probabilities or logarithms."""
    low, high = (-2.5, -0.1) if logs else (0.1, 0.9)
    names = ("log_transition", "log_emission") if logs else ("transition", "emission")
    return draft.array(names[0], draft.real, states, states, low=low, high=high), draft.array(
        names[1], draft.real, states, 4, low=low, high=high
    )


def _viterbi(draw: Draw) -> Case:
    """One step of Viterbi's recursion for each sequence and state: the score of the best way to come to it, and where from."""
    draft = Draft(draw, smooth=True)
    states = draw.integer(2, 6)
    s, j, k = draft.name("s", "b", "seq"), draft.name("j", "state", "to"), draft.name("k", "before", "i")
    name = draw.choice(("viterbi_step", "viterbi_update", "max_sum_step"))
    draft.reserve(name, "best", "arg", "candidate", "score", "observed", "total", "bias")
    transition, emission = _model(draft, states, logs=True)
    before = draft.array(draft.name("score_in", "delta"), draft.real, "n", states, low=-3.0, high=0.0)
    observed = draft.array("observations", I32, "n", domain=Integers(0, 4))
    out = draft.output("score_out", draft.real, "n", states)
    back = draft.output("backpointer", I32, "n", states) if draw.chance(0.6) else ""
    masked = draft.array("sequence_ended", I32, "n", domain=Bernoulli(0.3)) if draw.chance(0.3) else ""
    grid = draw.chance(0.6)
    form = draw.choice(("if", "max")) if not back else "if"
    draft.line(f"{s}, {j} = wp.tid()" if grid else f"{s} = wp.tid()")
    if masked:
        if grid:
            draft.line(
                f"if {masked}[{s}] == 1:",
                f"    {out}[{s}, {j}] = {before}[{s}, {j}]",
                *([f"    {back}[{s}, {j}] = {j}"] if back else []),
                "    return",
            )
        else:
            with draft.block(f"if {masked}[{s}] == 1:"):
                with draft.block(f"for {j} in range({states}):"):
                    draft.line(f"{out}[{s}, {j}] = {before}[{s}, {j}]", *([f"{back}[{s}, {j}] = {j}"] if back else []))
                draft.line("return")
    draft.numpy(
        f"candidate = {before}[:, :, None] + {transition}[None]",
        "best, arg = candidate.max(axis=1), np.argmax(candidate, axis=1).astype(np.int32)",
    )
    draft.numpy(f"total = best + {emission}[:, {observed}].T")
    weight = draft.array("observation_weight", draft.real, "n", low=0.3) if draw.chance(0.35) else ""

    def cell() -> Expression:
        first = f"{before}[{s}, 0] + {transition}[0, {j}]"
        draft.line(f"best = {first}", *(["arg = int(0)"] if back else []))
        with draft.block(f"for {k} in range(1, {states}):"):
            draft.line(f"candidate = {before}[{s}, {k}] + {transition}[{k}, {j}]")
            if form == "max":
                draft.line("best = wp.max(best, candidate)")
            else:
                draft.line("if candidate > best:", "    best = candidate", *([f"    arg = {k}"] if back else []))
        emitted = f"{emission}[{j}, {observed}[{s}]]"
        draft.line(f"total = best + {f'{weight}[{s}] * {emitted}' if weight else emitted}", *([f"{back}[{s}, {j}] = arg"] if back else []))
        terms: list[Expression] = [draft.known("total", draft.real, -9.0, 0.0)]
        if draw.chance(0.4):
            bias = draft.array("state_bias", draft.real, states)
            draft.line(f"bias = {bias}[{j}]")
            draft.numpy(f"bias = {bias}")
            terms.append(draft.known("bias", draft.real, -1.0, 1.0))
        item = (
            draft.fused("rescored", draft.real, terms, smooth=True, domain=Interval(-100.0, 100.0))
            if len(terms) > 1 or draw.chance(0.25)
            else terms[0]
        )
        draft.line(f"{out}[{s}, {j}] = {item.warp()}")
        return item

    if weight:
        draft.numpy(f"total = best + {weight}[:, None] * {emission}[:, {observed}].T")
    with nullcontext() if grid else draft.block(f"for {j} in range({states}):"):
        result = cell().numpy()
    chosen = f"np.where({masked}[:, None] == 1, {before}, {result})" if masked else result
    draft.numpy(f"{out} = {chosen}")
    if back:
        draft.numpy(f"{back} = np.where({masked}[:, None] == 1, np.arange({states}), arg).astype(np.int32)" if masked else f"{back} = arg")
    return draft.case(name, ["n", states] if grid else ["n"], grids(draw, ["n"]))


def _forward(draw: Draw) -> Case:
    """One step of the forward or backward recursion: sums of products, scaled or in logarithms, for each sequence and state."""
    draft = Draft(draw, smooth=True)
    states = draw.integer(2, 6)
    logs = draw.chance(0.5)
    backward = draw.chance(0.4)
    s, j, k = draft.name("s", "b", "seq"), draft.name("j", "state"), draft.name("k", "i")
    name = draw.choice(("backward_step", "beta_update") if backward else ("forward_step", "alpha_update", "filter_step"))
    draft.reserve(name, "total", "term", "value", "norm", "top", "p")
    transition, emission = _model(draft, states, logs=logs)
    before = draft.array(draft.name("message_in", "alpha"), draft.real, "n", states, low=-2.0 if logs else 0.1, high=0.0 if logs else 1.0)
    observed = draft.array("observations", I32, "n", domain=Integers(0, 4))
    out = draft.output("message_out", draft.real, "n", states)
    draft.numpy(f"emitted = {emission}[:, {observed}].T")
    joined = "+" if logs else "*"
    if backward:
        draft.numpy(f"term = {transition}[None] {joined} (emitted {joined} {before})[:, None, :]", "axis = 2")
    else:
        draft.numpy(f"term = {before}[:, :, None] {joined} {transition}[None]", "axis = 1")
    draft.numpy("total = np.log(np.exp(term).sum(axis=axis))" if logs else "total = term.sum(axis=axis)")
    if not backward:
        draft.numpy(f"total = total {joined} emitted")
    draft.line(f"{s}, {j} = wp.tid()")
    if draw.chance(0.4):
        n = draft.count("n")
        draft.line(f"if {s} >= {n}:", "    return")
    term = (
        f"{transition}[{j}, {k}] {joined} {emission}[{k}, {observed}[{s}]] {joined} {before}[{s}, {k}]"
        if backward
        else f"{before}[{s}, {k}] {joined} {transition}[{k}, {j}]"
    )
    stable = logs and draw.chance(0.5)
    if stable:
        draft.line(f"top = {draft.real.spelling}(-1.0e6)")
        with draft.block(f"for {k} in range({states}):"):
            draft.line(f"top = wp.max(top, {term})")
    draft.line(f"total = {draft.zero()}")
    with draft.block(f"for {k} in range({states}):"):
        draft.line(f"term = {term}", f"total += wp.exp(term{' - top' if stable else ''})" if logs else "total += term")
    result = f"wp.log(total){' + top' if stable else ''}" if logs else "total"
    if not backward:
        result = f"{result} {joined} {emission}[{j}, {observed}[{s}]]"
    draft.line(f"value = {result}")
    draft.numpy("value = total")
    if not logs and draw.chance(0.5):
        scale = draft.array("scale", draft.real, "n", low=0.5, high=2.0)
        draft.line(f"value = value / {scale}[{s}]")
        draft.numpy(f"value = value / {scale}[:, None]")
    elif draw.chance(0.4):
        bias = draft.array("state_bias", draft.real, states)
        draft.line(f"value = value + {bias}[{j}]")
        draft.numpy(f"value = value + {bias}")
    draft.line(f"{out}[{s}, {j}] = value")
    draft.numpy(f"{out} = value")
    if draw.chance(0.35):
        evidence = draft.output("evidence", draft.real, "n", role="accumulate")
        draft.line(f"wp.atomic_add({evidence}, {s}, value)")
        draft.numpy(f"{evidence} = value.sum(axis=1)")
    return draft.case(name, ["n", states], grids(draw, ["n"]))


def _chain(draw: Draw) -> Case:
    """Log-likelihoods of sequences under chains: of first or second order, of n-grams with a fallback, weighted, per token."""
    draft = Draft(draw)
    symbols = draw.integer(3, 6)
    kind = draw.choice(("first", "first", "second", "initial", "interpolated"))
    i, t = draft.name("i", "seq", "row"), draft.name("t", "k")
    name = draw.choice(("chain_log_likelihood", f"{kind}_order_score", "sequence_score", "ngram_score"))
    draft.reserve(name, "total", "a", "b", "c", "length", "mean")
    width: str | int = draw.integer(4, 9) if draw.chance(0.5) else "width"
    tokens = draft.array(draft.name("tokens", "symbols", "path"), I32, "n", width, domain=Integers(0, symbols))
    order = 2 if kind == "second" else 1
    table = draft.array(draft.name("log_prob", "log_transition"), draft.real, *[symbols] * (order + 1), low=-3.0, high=-0.1)
    unigram = draft.array("unigram", draft.real, symbols, low=-3.0, high=-0.1) if kind in ("initial", "interpolated") else ""
    lengths = (
        draft.array("lengths", I32, "n", domain=lambda s: Integers(order, (width if isinstance(width, int) else s["width"]) + 1))
        if draw.chance(0.35)
        else ""
    )
    with draft.threads((i, "n", tokens, 0)):
        full = str(width) if isinstance(width, int) else draft.extent("width", tokens, 1)
        stop = f"{lengths}[{i}]" if lengths else full
        draft.line(f"total = {f'{unigram}[{tokens}[{i}, 0]]' if kind == 'initial' else draft.zero()}")
        draft.numpy(
            f"total = {f'{unigram}[{tokens}[:, 0]]' if kind == 'initial' else '0.0'}", f"places = np.arange({order}, {tokens}.shape[1])"
        )
        draft.numpy(f"inside = places < {f'{lengths}[:, None]' if lengths else f'{tokens}.shape[1]'}")
        with draft.block(f"for {t} in range({order}, {stop}):"):
            draft.line(
                f"a = {tokens}[{i}, {t} - {order}]",
                f"b = {tokens}[{i}, {t} - {order - 1}]" if order == 2 else f"b = {tokens}[{i}, {t}]",
                *([f"c = {tokens}[{i}, {t}]"] if order == 2 else []),
            )
            index = "a, b, c" if order == 2 else "a, b"
            if kind == "interpolated":
                mix = draft.knob("mix", 0.3, 0.9)
                draft.line(f"total += {mix.warp()} * {table}[{index}] + ({draft.number(1.0)} - {mix.warp()}) * {unigram}[b]")
            else:
                draft.line(f"total += {table}[{index}]")
        numpy_index = ", ".join(
            f"{tokens}[:, {o} : {tokens}.shape[1] - {order - o}]" if o < order else f"{tokens}[:, {order}:]" for o in range(order + 1)
        )
        text = f"{table}[{numpy_index}]"
        if kind == "interpolated":
            text = f"{mix.numpy()} * {text} + (1.0 - {mix.numpy()}) * {unigram}[{tokens}[:, 1:]]"
        draft.numpy(f"total = total + np.where(inside, {text}, 0.0).sum(axis=1)")
        total = draft.known("total", draft.real, -30.0, 0.0)
        value: Expression = total
        if draw.chance(0.5):
            draft.line(f"mean = total / {draft.cast(stop)}")
            draft.numpy(f"mean = total / {lengths or f'{tokens}.shape[1]'}")
            value = draft.known("mean", draft.real, -3.0, 0.0)
        fields: list[Expression] = []
        if draw.chance(0.4):
            prior = draft.array("prior", draft.real, "n")
            fields.append(draft.load("prior_i", prior, i, -1.0, 1.0))
        steps = draft.ending(
            ("scored", "adjusted"),
            draft.known(value.warp(), draft.real, -30.0, 0.0),
            fields,
            draft.some_parameters(("temperature",), draw.integer(0, 1)),
            nonlinear=False,
        )
        for step in steps:
            draft.line(step.warp)
            draft.numpy(step.numpy)
        draft.store(
            draft.output(draft.name("scores", "log_likelihood"), draft.real, "n"), i, steps[-1].value.name if steps else value.warp()
        )
    return draft.case(name, ["n"], [{"n": n, "width": draw.integer(3, 10)} for n in draw.sizes(80)])


def _posterior(draw: Draw) -> Case:
    """Posteriors from forward and backward messages, normalized over the states; expected transitions; entropies."""
    draft = Draft(draw, smooth=True)
    states = draw.integer(2, 6)
    kind = draw.choice(("state", "transition", "entropy", "smooth"))
    i, j, k = draft.name("i", "seq"), draft.name("j", "state"), draft.name("k", "to")
    name = draw.choice((f"posterior_{kind}", f"{kind}_posterior", "combine_messages"))
    draft.reserve(name, "total", "p", "value", "norm", "q")
    alpha = draft.array("alpha", draft.real, "n", states, low=0.1)
    beta = draft.array("beta", draft.real, "n", states, low=0.1)
    with draft.threads((i, "n", alpha, 0)):
        draft.line(f"total = {draft.zero()}")
        with draft.block(f"for {j} in range({states}):"):
            draft.line(f"total += {alpha}[{i}, {j}] * {beta}[{i}, {j}]")
        draft.numpy(f"joint = {alpha} * {beta}", "total = joint.sum(axis=1)")
        if kind == "state":
            out = draft.output("posterior", draft.real, "n", states)
            with draft.block(f"for {j} in range({states}):"):
                draft.line(f"{out}[{i}, {j}] = {alpha}[{i}, {j}] * {beta}[{i}, {j}] / total")
            draft.numpy(f"{out} = joint / total[:, None]")
        elif kind == "transition":
            table = draft.array("transition", draft.real, states, states, low=0.1, high=0.9)
            out = draft.output("expected", draft.real, states, states, role="accumulate")
            with draft.block(f"for {j} in range({states}):"), draft.block(f"for {k} in range({states}):"):
                draft.line(f"p = {alpha}[{i}, {j}] * {table}[{j}, {k}] * {beta}[{i}, {k}] / total", f"wp.atomic_add({out}, {j}, {k}, p)")
            draft.numpy(f"{out} = (({alpha} / total[:, None])[:, :, None] * {table}[None] * {beta}[:, None, :]).sum(axis=0)")
        else:
            draft.line(f"value = {draft.zero()}")
            draft.numpy("p = joint / total[:, None]")
            weight = draft.array("state_value", draft.real, states) if kind == "smooth" else ""
            with draft.block(f"for {j} in range({states}):"):
                draft.line(
                    f"p = {alpha}[{i}, {j}] * {beta}[{i}, {j}] / total",
                    f"value += p * {weight}[{j}]" if weight else "value -= p * wp.log(p)",
                )
            draft.numpy(f"value = (p * {weight}).sum(axis=1)" if weight else "value = -(p * np.log(p)).sum(axis=1)")
            item: Expression = draft.known("value", draft.real, -1.0, 1.8)
            if draw.chance(0.6):
                gain = draft.array("gain", draft.real, "n", low=0.2)
                item = draft.fused("scored", draft.real, [item, draft.load("g", gain, i, 0.2, 1.0)], smooth=True)
            draft.store(draft.output(draft.name("out", f"{kind}_out"), draft.real, "n"), i, item.warp())
        if draw.chance(0.4):
            draft.store(draft.output("evidence", draft.real, "n"), i, "total")
    return draft.case(name, ["n"], grids(draw, ["n"]))
