"""Softmax over segments: the edges of each node of a graph, the tokens of each sequence of a packed batch."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Offsets, Uniform
from kernels.drafting.arguments import Sizes
from kernels.drafting.draft import Draft
from kernels.drafting.epilogues import Site, epilogue
from kernels.drafting.layout import loop
from kernels.drafting.outlines import outlined, outlined_value
from kernels.draw import Draw
from kernels.language.types import I32


def segment_softmax(draw: Draw) -> Case:
    """One thread per segment, which writes its elements' probabilities; or one per element, with the segments' statistics given."""
    draft = Draft(draw, smooth=True)
    return _by_element(draw, draft) if draw.chance(0.35) else _by_segment(draw, draft)


def _by_segment(draw: Draw, draft: Draft) -> Case:
    node, e, start, end = draw.choice((("node", "e", "begin", "end"), ("seg", "k", "start", "stop"), ("i", "slot", "first", "last")))
    draft.reserve(node, e, start, end, "segment", "scores", "exps", "sums", "alpha_value")
    offsets = draft.array(draft.name("offsets", "row_ptr", "indptr", "segment_start"), I32, "n1", domain=lambda s: Offsets(s["edges"]))
    draft.numpy(f"segment = np.repeat(np.arange(len({offsets}) - 1), np.diff({offsets}))")
    score, numpy = _edge_score(draw, draft, node, e, "segment")
    out = draft.output(draft.name("alpha", "weights", "coefficients", "probs"), draft.real, "edges")
    draft.line(f"{node} = wp.tid()")
    if draw.chance(0.4):
        draft.count("num_segments", "n")
        draft.line(f"if {node} >= num_segments:", "    return")
    draft.line(f"{start} = {offsets}[{node}]", f"{end} = {offsets}[{node} + 1]")
    if draw.chance(0.3):
        draft.line(f"if {start} == {end}:", "    return")
    score = draft.warp(score)
    if "(" in score:
        score = outlined_value(draft, draw.choice(("edge_score", "attention_logit")), [], score, draft.real)
    peak, total = draft.name("peak", "seg_max", "largest"), draft.name("total", "seg_sum", "denom")
    span = f"{start}, {end}"
    find = [f"{peak} = {draft.cast('-1.0e30')}", *_over(e, span, [f"{peak} = wp.max({peak}, {score})"])]
    outlined(draft, draw.choice(("segment_max", "max_score")), find, [(peak, draft.real)])
    draft.known(peak, draft.real, -9.0, 9.0)
    add = [f"{total} = {draft.zero()}", *_over(e, span, [f"{total} += wp.exp({score} - {peak})"])]
    outlined(draft, draw.choice(("segment_sum", "sum_exp")), add, [(total, draft.real)])
    draft.known(total, draft.real, 1.0, 300.0)
    draft.numpy(f"scores = {numpy}", "exps = np.exp(scores)", f"sums = np.bincount(segment, exps, len({offsets}) - 1).astype(exps.dtype)")
    draft.numpy("alpha_value = exps / sums[segment]")
    value = draft.name("p", "coefficient", "a")
    with draft.block(f"for {e} in range({span}):"):
        draft.line(f"{value} = wp.exp({score} - {peak}) / {total}")
        draft.numpy(f"{value} = alpha_value")
        final = epilogue(draft, draft.known(value, draft.real, 0.0, 1.0), Site(e, ("edges",)), most=2)
        draft.line(f"{out}[{e}] = {final.name}")
    draft.results(**{out: final.name})
    return draft.case(draw.choice(("segment_softmax", "edge_softmax", "csr_softmax", "graph_attention_weights")), ["n"], _sizes(draw))


def _over(counter: str, span: str, lines: list[str]) -> list[str]:
    start, end = span.split(", ")
    return loop(counter, end, lines, start)


def _edge_score(draw: Draw, draft: Draft, node: str, e: str, segment: str) -> tuple[str, str]:
    """The kernel's formula of an edge's score, and the reference's."""
    if draw.chance(0.4):
        scores = draft.array(draft.name("logits", "edge_scores", "energies"), draft.real, "edges", low=-3.0, high=3.0)
        scale = draft.knob("scale", 0.4, 1.5).numpy() if draw.chance(0.5) else ""
        return (f"{scores}[{e}] * {scale}", f"{scores} * {scale}") if scale else (f"{scores}[{e}]", scores)
    target, source = draw.choice((("score_dst", "score_src"), ("a_dst", "a_src"), ("query_score", "key_score")))
    draft.array(target, draft.real, "n")
    draft.array(source, draft.real, "n")
    column = draft.array(draft.name("col_index", "neighbors", "src_index"), I32, "edges", domain=lambda s: Integers(0, s["n"]))
    text, numpy = f"{source}[{column}[{e}]] + {target}[{node}]", f"{source}[{column}] + {target}[{segment}]"
    if draw.chance(0.5):
        bias = draft.array(draft.name("edge_bias", "edge_feature", "distance_bias"), draft.real, "edges")
        text, numpy = f"{text} + {bias}[{e}]", f"{numpy} + {bias}"
    form = draw.choice(("leaky", "tanh", "plain"))
    if form == "leaky":
        slope = draft.knob(draft.name("negative_slope", "leak"), 0.05, 0.3).numpy()
        # The larger of the two is the leaky rectifier, for slopes below one.
        return f"wp.max({text}, {slope} * ({text}))", f"np.maximum({numpy}, {slope} * ({numpy}))"
    return (f"wp.tanh({text})", f"np.tanh({numpy})") if form == "tanh" else (text, numpy)


def _by_element(draw: Draw, draft: Draft) -> Case:
    e, segment = draw.choice((("e", "node"), ("i", "seg"), ("token", "sequence")))
    draft.reserve(e, segment, "totals")
    ids = draft.array(draft.name("segment_ids", "dst_index", "sequence_of"), I32, "edges", domain=lambda s: Integers(0, s["n"]))
    scores = draft.array(draft.name("scores", "logits"), draft.real, "edges", low=-3.0, high=3.0)
    peak = draft.array(draft.name("seg_max", "maxima"), draft.real, "n", domain=Uniform(0.0, 3.0))
    summing = draw.chance(0.45)
    draft.line(f"{e} = wp.tid()")
    draft.guard(e, "edges", scores)
    draft.line(f"{segment} = {ids}[{e}]")
    value = draft.name("p", "weight", "value")
    if summing:
        out = draft.output(draft.name("seg_sum", "denominators", "partition"), draft.real, "n", role="accumulate")
        draft.line(f"{value} = wp.exp({scores}[{e}] - {peak}[{segment}])")
        draft.numpy(f"{value} = np.exp({scores} - {peak}[{ids}])")
        if draw.chance(0.5):
            weights = draft.array(draft.name("edge_weight", "multiplicity"), draft.real, "edges", low=0.1, high=2.0)
            draft.line(f"{value} *= {weights}[{e}]" if draw.chance(0.5) else f"{value} = {value} * {weights}[{e}]")
            draft.numpy(f"{value} = {value} * {weights}")
        final = epilogue(draft, draft.known(value, draft.real, 0.0, 50.0), Site(e, ("edges",)), most=1)
        draft.line(f"wp.atomic_add({out}, {segment}, {final.name})")
        draft.numpy(f"totals = np.zeros_like({out})", f"np.add.at(totals, {ids}, {final.name})")
        draft.results(**{out: "totals"})
        return draft.case(draw.choice(("segment_exp_sum", "accumulate_partition")), ["edges"], _sizes(draw))
    total = draft.array(draft.name("seg_sum", "denominators"), draft.real, "n", domain=Uniform(1.0, 8.0))
    out = draft.output(draft.name("alpha", "out", "probs"), draft.real, "edges")
    draft.line(f"{value} = wp.exp({scores}[{e}] - {peak}[{segment}]) / {total}[{segment}]")
    draft.numpy(f"{value} = np.exp({scores} - {peak}[{ids}]) / {total}[{ids}]")
    final = epilogue(draft, draft.known(value, draft.real, 0.0, 1.0), Site(e, ("edges",), segment, "n", f"{{0}}[{ids}]"))
    draft.line(f"{out}[{e}] = {final.name}")
    draft.results(**{out: final.name})
    return draft.case(draw.choice(("segment_softmax_apply", "normalize_edges")), ["edges"], _sizes(draw))


def _sizes(draw: Draw) -> list[Sizes]:
    return [{"n": n, "n1": n + 1, "edges": edges} for n, edges in ((1, 1), (5, 13), (draw.choice((17, 23)), draw.integer(65, 90)))]
