"""Values that flow along edges: PageRank and other centralities, diffusion, messages of graph networks, attention, edge scores.

Vertices pull from their neighbours, or edges push by atomics; the gradient flows through values and weights.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.graph_traversal.adjacency import EdgeList, Neighbours
from kernels.families.graph_traversal.messages import channels, edge_scores, pull, push
from kernels.language.expression import Expression
from kernels.language.interval import Interval
from kernels.language.types import I32


def rank_step(draw: Draw) -> Case:
    """One step of values along edges."""
    builders: tuple[Callable[[Draw], Case], ...] = (
        _pagerank,
        _pagerank,
        pull,
        pull,
        pull,
        push,
        push,
        push,
        _attention,
        edge_scores,
        channels,
        _paths,
    )
    return draw.choice(builders)(draw)


def _pagerank(draw: Draw) -> Case:
    """PageRank, Katz, hubs and authorities: each vertex sums what its neighbours give, damped, plus what it has from elsewhere."""
    draft = Draft(draw)
    push = draw.chance(0.4)
    kind = draw.choice(("pagerank", "pagerank", "personalized", "katz", "hits"))
    name = draw.choice((f"{kind}_{'push' if push else 'pull'}", f"{kind}_step", f"{kind}_iteration"))
    draft.reserve(name, "share", "total", "teleport", "contribution", "source_term", "out_links")
    if push:
        edges = EdgeList(draft)
        rank = draft.array(draft.name("rank", "score"), draft.real, "n", low=0.1)
        degree = draft.array(draft.name("out_degree", "degree"), I32, "n", domain=Integers(1, 9)) if kind != "katz" else ""
        text = draw.choice(("d * r / out_links", "r / out_links", "d * (r / out_links)") if degree else ("d * r", "r * d"))
        if "d *" in text or "* d" in text:
            draft.scope["d"] = draft.knob(draft.name("damping", "alpha"), 0.4, 0.9)
        out = draft.output(draft.name("rank_out", "next_rank"), draft.real, "n", role="accumulate")
        with edges.threads():
            value: Expression = edges.at(rank, "s", draft.real, 0.1, 1.0)
            draft.scope["r"] = value
            if degree:
                draft.line(f"out_links = {draft.cast(f'{degree}[{edges.s}]')}")
                draft.numpy(f"out_links = {degree}[{edges.s}].astype({draft.precision})")
                draft.known("out_links", draft.real, 1.0, 8.0)
            value = draft.let("share", text)
            if draw.chance(0.5):
                weight = draft.array("weight", draft.real, "edges", low=0.1)
                value = draft.fused(
                    "contribution", draft.real, [value, edges.on_edge(weight, draft.real)], smooth=True, domain=Interval(-20.0, 20.0)
                )
            draft.line(draw.choice((f"wp.atomic_add({out}, {edges.t}, {value.warp()})", f"{out}[{edges.t}] += {value.warp()}")))
            draft.numpy(f"{out} = np.zeros_like({rank})", f"np.add.at({out}, {edges.t}, {value.numpy()})")
        return draft.case(name, ["edges"], edges.sizes())
    nb = Neighbours(draft, static=draw.chance(0.25))
    rank = draft.array(draft.name("rank", "score"), draft.real, "n", low=0.1)
    inverse = draw.chance(0.4)
    degree = ""
    if kind != "katz":
        degree = draft.array(
            "inv_degree" if inverse else "out_degree",
            draft.real if inverse else I32,
            "n",
            domain=None if inverse else Integers(1, 9),
            low=0.1,
        )
    out = draft.output(draft.name("rank_out", "next_rank"), draft.real, "n")
    with nb.threads(rank):
        draft.line(f"total = {draft.zero()}")
        with nb.loop():
            draft.scope["r"] = nb.there(rank, draft.real, 0.1, 1.0)
            term: Expression
            if degree and inverse:
                draft.scope["q"] = nb.there(degree, draft.real, 0.1, 1.0)
                term = draft.let("contribution", draw.choice(("r * q", "q * r")))
            elif degree:
                draft.line(f"out_links = {draft.cast(f'{degree}[{nb.u}]')}")
                draft.numpy(f"out_links = {degree}[cols].astype({draft.precision})")
                draft.known("out_links", draft.real, 1.0, 8.0)
                term = draft.let("contribution", "r / out_links")
            else:
                term = draft.scope["r"]
            draft.line(f"total += {term.warp()}")
        draft.numpy(f"total = np.zeros_like({rank})", f"np.add.at(total, rows, {term.numpy()})")
        draft.known("total", draft.real, 0.0, 100.0)
        even = kind == "hits" and draw.chance(0.5)
        if not even:
            draft.scope["d"] = draft.knob(draft.name("damping", "alpha"), 0.4, 0.9)
        if kind == "personalized":
            seed = draft.array(draft.name("teleport", "preference", "restart"), draft.real, "n", low=0.0)
            draft.scope["p"] = draft.load("source_term", seed, nb.v, 0.0, 1.0)
            draft.let("updated", draw.choice(("(1.0 - d) * p + d * total", "p + d * (total - p)")))
        elif kind == "katz":
            draft.let("updated", draw.choice(("1.0 + d * total", "d * total + 0.5")))
        elif kind == "hits":
            draft.let("updated", "total / 8.0" if even else "d * total")
        else:
            draft.line(f"count = {draft.cast('n_vertices')}")
            draft.count("n_vertices", "n")
            draft.numpy(f"count = {draft.precision}(n_vertices)")
            draft.known("count", draft.real, 1.0, 100.0)
            draft.let("updated", draw.choice(("(1.0 - d) / count + d * total", "d * total + (1.0 - d) / count")))
        draft.store(out, nb.v, "updated")
        if draw.chance(0.3):
            change = draft.output(draft.name("change", "residual"), draft.real, 1, role="accumulate")
            draft.line(f"wp.atomic_add({change}, 0, updated - {rank}[{nb.v}])")
            draft.numpy(f"{change} = np.array([(updated - {rank}).sum()])")
    return draft.case(name, ["n"], nb.sizes())


def _attention(draw: Draw) -> Case:
    """Graph attention over a padded table: weights by exponentials of scores, normalized over the neighbours."""
    draft = Draft(draw, smooth=True)
    nb = Neighbours(draft, static=True)
    x = draft.array(draft.name("values", "messages", "x"), draft.real, "n")
    key = draft.array(draft.name("keys", "scores", "logits"), draft.real, "n")
    query = draft.array(draft.name("queries", "bias"), draft.real, "n")
    name = draw.choice(("graph_attention", "attend_neighbors", "softmax_aggregate"))
    draft.reserve(name, "weight_sum", "total", "score", "importance", "q", "attended")
    v = nb.v
    with nb.threads(x):
        draft.line(f"q = {query}[{v}]")
        draft.numpy(f"q = {query}[rows]")
        q = draft.known("q", draft.real, -1.0, 1.0)
        draft.line(f"total = {draft.zero()}", f"weight_sum = {draw.choice((draft.zero(), f'{draft.real.spelling}(0.1)'))}")
        begun = "0.1" if "0.1" in draft.kernel[-1] else "0.0"
        with nb.loop():
            inputs: list[Expression] = [q, nb.there(key, draft.real)]
            if draw.chance(0.4):
                inputs.append(nb.on_edge(nb.edge_array("edge_bias", draft.real), draft.real))
            score = draft.fused("score", draft.real, inputs, smooth=True, domain=Interval(-3.0, 3.0))
            draft.let("importance", f"exp({score.name})")
            draft.scope["theirs"] = nb.there(x, draft.real)
            draft.let("part", "importance * theirs")
            draft.line("total += part", "weight_sum += importance")
        draft.numpy(f"total, weight_sum = np.zeros_like({x}), np.full_like({x}, {begun})")
        draft.numpy("np.add.at(total, rows, part)", "np.add.at(weight_sum, rows, importance)")
        draft.known("total", draft.real, -100.0, 100.0)
        draft.known("weight_sum", draft.real, 0.0, 100.0)
        draft.let("attended", "total / max(weight_sum, 0.05)")
        value: Expression = draft.known("attended", draft.real, -1.0, 1.0)
        if draw.chance(0.6):
            residual = draft.array(draft.name("residual", "own_value"), draft.real, "n")
            value = draft.fused("mixed", draft.real, [value, draft.load("own", residual, v, -1.0, 1.0)], smooth=True)
        draft.store(draft.output(draft.name("out", "attended_out"), draft.real, "n"), v, value.warp())
    return draft.case(name, ["n"], nb.sizes())


def _paths(draw: Draw) -> Case:
    """Brandes' accumulation for betweenness: dependencies along edges that go one level down; random-walk probabilities by level."""
    draft = Draft(draw)
    nb = Neighbours(draft)
    level = draft.array(draft.name("level", "depth"), I32, "n", domain=Integers(0, 4))
    sigma = draft.array(draft.name("sigma", "path_count"), draft.real, "n", low=0.5, high=3.0)
    delta = draft.array(draft.name("delta", "dependency"), draft.real, "n", low=0.0)
    name = draw.choice(("accumulate_dependencies", "betweenness_step", "backward_sweep"))
    draft.reserve(name, "total", "ratio", "part")
    down = draw.choice(("+ 1", "- 1"))
    current = draft.parameter("current", 0, 3, I32) if draw.chance(0.5) else None
    out = draft.output(draft.name("delta_out", "centrality"), draft.real, "n")
    with nb.threads(level):
        if current is not None:
            draft.line(f"if {level}[{nb.v}] != {current.name}:", f"    {out}[{nb.v}] = {draft.zero()}", "    return")
        draft.line(f"total = {draft.zero()}")
        test = f"{level}[{nb.u}] == {level}[{nb.v}] {down}"
        skips = draw.chance(0.5)
        with nb.loop():
            if skips:
                draft.line(f"if {test.replace('==', '!=')}:", "    continue")
            with nullcontext() if skips else draft.block(f"if {test}:"):
                draft.scope.update(
                    s=nb.here(sigma, draft.real, 0.5, 3.0), t=nb.there(sigma, draft.real, 0.5, 3.0), d=nb.there(delta, draft.real, 0.0, 1.0)
                )
                draft.let("ratio", "s / t")
                draft.let("part", draw.choice(("ratio * (1.0 + d)", "ratio + ratio * d")))
                draft.line("total += part")
        draft.numpy(f"next_level = {level}[cols] == {level}[rows] {down}", f"total = np.zeros_like({sigma})")
        draft.numpy("np.add.at(total, rows[next_level], part[next_level])")
        kept = f"np.where({level} == {current.name}, total, 0.0)" if current is not None else "total"
        draft.line(f"{out}[{nb.v}] = total")
        draft.numpy(f"{out} = {kept}")
    return draft.case(name, ["n"], nb.sizes())
