"""Paths and components: relaxation of vertices and of edges, critical paths, hooking, shortcutting, all pairs."""

from __future__ import annotations

from contextlib import ExitStack, nullcontext

from kernels.case import Case
from kernels.domains import Bernoulli, Integers, Uniform
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.graph_traversal.adjacency import EdgeList, Neighbours
from kernels.language.expression import Expression
from kernels.language.interval import Interval
from kernels.language.types import I32


def relax_static(draw: Draw) -> Case:
    """Bellman-Ford, pulled over a padded table: the shortest (widest, least reliable) path through one more edge, with a gradient."""
    draft = Draft(draw, smooth=True)
    nb = Neighbours(draft, static=True)
    kind = draw.choice(("shortest", "shortest", "widest", "soft"))
    dist = draft.array(draft.name("dist", "cost", "potential", "arrival"), draft.real, "n", low=0.2, high=2.0)
    weight = nb.edge_array(draft.name("weight", "length", "edge_cost"), draft.real, 0.1, 1.0)
    name = draw.choice(("relax_edges", "bellman_ford_pull", f"{kind}_path_step", "relax_vertex"))
    draft.reserve(name, "best", "through", "candidate", "shifted")
    draft.scope.update(theirs=nb.there(dist, draft.real, 0.2, 2.0), w=nb.on_edge(weight, draft.real, 0.1, 1.0))
    v = nb.v
    start = draft.knob(draft.name("limit", "horizon"), 2.5, 4.0) if draw.chance(0.4) and kind == "shortest" else None
    with nb.threads(dist):
        draft.line(f"best = {start.warp() if start is not None else f'{dist}[{v}]'}")
        begin = f"np.full_like({dist}, {start.numpy()})" if start is not None else f"{dist}.copy()"
        draft.numpy(f"best = {begin}")
        with nb.loop():
            extra = draft.drawn(draft.real, [draft.scope["w"]], 1) if draw.chance(0.5) else draft.scope["w"]
            draft.scope["cost"] = draft.let("price", extra) if extra is not draft.scope["w"] else extra
            text = {"widest": "min(theirs, cost)", "soft": "theirs * 0.9 + cost"}.get(kind, "theirs + cost")
            through = draft.let("through", text)
            word = "max" if kind == "widest" else "min"
            draft.line(
                *draw.choice(
                    ((f"best = wp.{word}(best, through)",), (f"if through {'>' if kind == 'widest' else '<'} best:", "    best = through"))
                )
            )
        draft.numpy(f"np.{word}imum.at(best, rows, {through.name})")
        value: Expression = draft.known("best", draft.real, -10.0, 10.0)
        if draw.chance(0.5):
            bias = draft.array(draft.name("bias", "penalty", "heuristic"), draft.real, "n", low=0.2)
            value = draft.fused("estimate", draft.real, [value, draft.load("own", bias, v, 0.2, 1.0)], smooth=True)
        draft.store(draft.output(draft.name("dist_out", "next_cost", "relaxed"), draft.real, "n"), v, value.warp())
    return draft.case(name, ["n"], nb.sizes())


def relax_edges(draw: Draw) -> Case:
    """Relaxation with a thread per edge: candidates meet by an atomic minimum in a copy of the distances (integers)."""
    draft = Draft(draw)
    edges = EdgeList(draft)
    both = draw.chance(0.35)
    dist = draft.array(draft.name("dist", "cost", "level"), I32, "n", domain=Integers(0, 100))
    weight = draft.array(draft.name("weight", "length"), I32, "edges", domain=Integers(1, 20)) if draw.chance(0.7) else ""
    out = draft.array(draft.name("next_dist", "cost_out", "relaxed"), I32, "n", domain=Integers(0, 140), role="inout")
    name = draw.choice(("relax_edges", "bellman_ford_edges", "sssp_step", "atomic_relax"))
    draft.reserve(name, "candidate", "length_here", "improves", "live", "back")
    s, t = edges.s, edges.t
    counts = draw.chance(0.3)
    with edges.threads():
        length = f"{weight}[{edges.e}]" if weight else "1"
        guard = draw.chance(0.4)
        if guard:
            draft.line(f"if {dist}[{s}] > 80:", "    return")
        draft.line(f"candidate = {dist}[{s}] + {length}")
        draft.numpy(f"candidate = {dist}[{s}] + {weight or 1}", f"live = {dist}[{s}] <= 80" if guard else f"live = np.ones(len({s}), bool)")
        conditional = draw.chance(0.5)
        add = f"wp.atomic_min({out}, {t}, candidate)"
        draft.line(*([f"if candidate < {dist}[{t}]:", f"    {add}"] if conditional else [add]))
        draft.numpy(f"improves = live & (candidate < {dist}[{t}])" if conditional else "improves = live")
        draft.numpy(f"{out} = {out}.copy()", f"np.minimum.at({out}, {t}[improves], candidate[improves])")
        if both:
            draft.line(f"back = {dist}[{t}] + {length}", f"wp.atomic_min({out}, {s}, back)")
            draft.numpy(f"back = {dist}[{t}] + {weight or 1}", f"np.minimum.at({out}, {s}[live], back[live])")
        if counts:
            draft.output("relaxations", I32, 1, role="accumulate")
            draft.line(f"if candidate < {dist}[{t}]:", "    wp.atomic_add(relaxations, 0, 1)")
            draft.numpy(f"relaxations = np.array([(live & (candidate < {dist}[{t}])).sum()], np.int32)")
    return draft.case(name, ["edges"], edges.sizes())


def latest_start(draw: Draw) -> Case:
    """Critical paths: the latest finish among all that come before, by an atomic maximum over the edges, with a gradient."""
    draft = Draft(draw, smooth=True)
    edges = EdgeList(draft)
    start = draft.array(draft.name("start", "finish", "arrival"), draft.real, "n", low=0.1, high=2.0)
    length = draft.array(draft.name("duration", "delay", "capacity"), draft.real, "edges", low=0.1, high=1.0)
    out = draft.output(draft.name("earliest", "ready_time", "widest"), draft.real, "n", role="accumulate")
    name = draw.choice(("critical_path_step", "propagate_arrival", "latest_arrival", "widest_step"))
    draft.reserve(name, "candidate", "delay_here", "base")
    with edges.threads():
        draft.scope.update(base=edges.at(start, "s", draft.real, 0.1, 2.0), own=edges.on_edge(length, draft.real, 0.1, 1.0))
        # Strictly rising in the edge's own value: parallel edges that tie would each take the whole gradient.
        if draw.chance(0.7):
            draft.knob("rate", 0.2, 2.0)
            rising = (
                "rate * own",
                "own * own + rate",
                "sqrt(own) * rate",
                "exp(rate * own)",
                "own / (rate + own)",
                "tanh(own) + rate",
                "log(rate + own)",
            )
            draft.scope["own"] = draft.let("delay_here", draw.choice(rising), function=draw.choice((None, None, "travel_time")))
        candidate = draft.let("candidate", draw.choice(("base + own", "base + 0.5 * own", "base + base * own", "2.0 * base + own")))
        if draw.chance(0.35):
            mask = draft.array(draft.name("open", "enabled"), I32, "edges", domain=Bernoulli(0.8))
            draft.line(f"if {mask}[{edges.e}] == 1:", f"    wp.atomic_max({out}, {edges.t}, {candidate.name})")
            draft.numpy(f"enabled = {mask} == 1")
        else:
            draft.line(f"wp.atomic_max({out}, {edges.t}, {candidate.name})")
            draft.numpy(f"enabled = np.ones(len({edges.t}), bool)")
        draft.numpy(f"{out} = np.zeros_like({start})", f"np.maximum.at({out}, {edges.t}[enabled], {candidate.name}[enabled])")
    return draft.case(name, ["edges"], edges.sizes())


def hook(draw: Draw) -> Case:
    """Connected components: hooking the larger of two roots onto the smaller, by an atomic minimum in a copy of the parents."""
    draft = Draft(draw)
    edges = EdgeList(draft)
    parent = draft.array(draft.name("parent", "root", "component"), I32, "n", domain=lambda s: Integers(0, s["n"]))
    out = draft.array(draft.name("parent_out", "next_parent", "hooked"), I32, "n", domain=lambda s: Integers(0, s["n"]), role="inout")
    name = draw.choice(("hook", "hook_edges", "hooking_step", "union_edges"))
    draft.reserve(name, "root_a", "root_b", "low", "high", "changed", "moved")
    s, t = edges.s, edges.t
    depth = draw.choice((1, 1, 2))
    with edges.threads():
        for root, end in (("root_a", s), ("root_b", t)):
            text = f"{parent}[{end}]" if depth == 1 else f"{parent}[{parent}[{end}]]"
            draft.both(f"{root} = {text}")
        way = draw.choice(("sorted", "branch", "one_way"))
        if way == "sorted":
            draft.line(
                "if root_a == root_b:",
                "    return",
                "low = wp.min(root_a, root_b)",
                "high = wp.max(root_a, root_b)",
                f"wp.atomic_min({out}, high, low)",
            )
            draft.numpy("low, high = np.minimum(root_a, root_b), np.maximum(root_a, root_b)", "apart = root_a != root_b")
        elif way == "branch":
            draft.line(
                "if root_a < root_b:",
                f"    wp.atomic_min({out}, root_b, root_a)",
                "elif root_b < root_a:",
                f"    wp.atomic_min({out}, root_a, root_b)",
            )
            draft.numpy("low, high = np.minimum(root_a, root_b), np.maximum(root_a, root_b)", "apart = root_a != root_b")
        else:
            draft.line("if root_a < root_b:", f"    wp.atomic_min({out}, root_b, root_a)")
            draft.numpy("low, high, apart = root_a, root_b, root_a < root_b")
        draft.numpy(f"{out} = {out}.copy()", f"np.minimum.at({out}, high[apart], low[apart])")
        if draw.chance(0.4) and way != "sorted":
            draft.output("changed", I32, 1, role="accumulate")
            draft.line("if root_a != root_b:", "    wp.atomic_max(changed, 0, 1)")
            draft.numpy("changed = np.array([(root_a != root_b).any()], np.int32)")
    return draft.case(name, ["edges"], edges.sizes())


def shortcut(draw: Draw) -> Case:
    """Pointer jumping: parents become grandparents; or ranks of a list are added along the jumps."""
    draft = Draft(draw)
    v = draft.name("v", "i", "tid", "node")
    parent = draft.array(draft.name("parent", "next_node", "successor"), I32, "n", domain=lambda s: Integers(0, s["n"]))
    out = draft.output(draft.name("parent_out", "jumped", "next_out"), I32, "n")
    name = draw.choice(("shortcut", "pointer_jump", "compress_paths", "list_rank_step"))
    draft.reserve(name, "p", "rank", "total", "root", "step", "changed", "cost")
    jumps = draw.choice((1, 2, 3))
    ranked, real = draw.chance(0.5), draw.chance(0.5)
    with draft.threads((v, "n", parent, 0)):
        rank = ""
        if ranked:
            kind = draft.real if real else I32
            rank = draft.array(
                draft.name("rank_in", "distance_in", "weight"), kind, "n", domain=Uniform(0.1, 1.0) if real else Integers(0, 9)
            )
            draft.line(f"total = {rank}[{v}]")
            draft.numpy(f"total = {rank}")
        draft.line(f"p = {parent}[{v}]")
        draft.numpy(f"p = {parent}")
        looped = jumps > 1 and draw.chance(0.6)
        with draft.loop(f"for step in range({jumps}):") if looped else nullcontext():
            for _ in range(1 if looped else jumps):
                if rank:
                    draft.both(f"total = total + {rank}[p]")
                draft.both(f"p = {parent}[p]")
        draft.store(out, v, "p")
        if rank:
            value: Expression = draft.known("total", draft.real if real else I32, 0.0, 10.0 if real else 100.0)
            if draw.chance(0.6):
                value = draft.fused("updated", value.type, [value], smooth=True, domain=Interval(-1000.0, 1000.0))
            draft.store(draft.output(draft.name("rank_out", "distance_out"), value.type, "n"), v, value.warp())
        elif draw.chance(0.6):
            draft.output("changed", I32, 1, role="accumulate")
            draft.line(f"if p != {parent}[{v}]:", "    wp.atomic_add(changed, 0, 1)")
            draft.numpy(f"changed = np.array([(p != {parent}).sum()], np.int32)")
        elif draw.chance(0.5):
            draft.output("is_root", I32, "n")
            draft.line(f"is_root[{v}] = wp.where({parent}[{v}] == {v}, 1, 0)")
            draft.numpy(f"is_root = ({parent} == np.arange(len({parent}))).astype(np.int32)")
    return draft.case(name, ["n"], [{"n": n} for n in draw.sizes(120)])


def all_pairs(draw: Draw) -> Case:
    """All-pairs paths through one more vertex (Floyd and Warshall): shortest, widest, or reachable."""
    draft = Draft(draw, smooth=True)
    kind = draw.choice(("shortest", "shortest", "widest", "reachable", "reliable"))
    i, j = draw.choice((("i", "j"), ("u", "v"), ("row", "col"), ("src", "dst")))
    name = draw.choice(("floyd_warshall_step", "relax_all_pairs", f"all_pairs_{kind}"))
    draft.reserve(name, "direct", "through", "k", "best", "m", i, j)
    whole = kind == "reachable"
    type = I32 if whole else draft.real
    dist = draft.array(draft.name("dist", "matrix", "paths"), type, "n", "n", domain=Bernoulli(0.3) if whole else Uniform(0.1, 2.0))
    looped = draw.chance(0.4)
    k = draft.value("k", I32, lambda s: Integers(0, s["n"])) if not looped else "m"
    count = draw.integer(1, 3)
    with _square(draft, i, j, dist):
        draft.line(f"best = {dist}[{i}, {j}]")
        draft.numpy(f"best = {dist}")
        with ExitStack() as nest:
            if looped:
                nest.enter_context(draft.loop(f"for m in range({count}):", f"for m in range(min({count}, len({dist}))):"))
                nest.enter_context(draft.block(f"if m < {dist}.shape[0]:"))
            first, second = f"{dist}[{i}, {k}]", f"{dist}[{k}, {j}]"
            rows, cols = f"{dist}[:, {k}, None]", f"{dist}[None, {k}]"
            if whole:
                draft.line(f"through = {first} & {second}", "best = best | through")
                draft.numpy(f"through = {rows} * {cols}", "best = np.maximum(best, through)")
            else:
                text = {"widest": "wp.min({0}, {1})", "reliable": "{0} * {1}"}.get(kind, "{0} + {1}")
                numpy = {"widest": "np.minimum({0}, {1})", "reliable": "{0} * {1}"}.get(kind, "{0} + {1}")
                draft.line(f"through = {text.format(first, second)}")
                draft.numpy(f"through = {numpy.format(rows, cols)}")
                word = "min" if kind == "shortest" else "max"
                sign = "<" if word == "min" else ">"
                draft.line(*draw.choice(((f"best = wp.{word}(best, through)",), (f"if through {sign} best:", "    best = through"))))
                draft.numpy(f"best = np.{word}imum(best, through)")
        value: Expression = draft.known("best", type, 0.0, 5.0)
        if not whole and draw.chance(0.5):
            value = draft.fused("cost", draft.real, [value], smooth=True)
        draft.output(out := draft.name("dist_out", "updated", "closure"), type, "n", "n")
        draft.line(f"{out}[{i}, {j}] = {value.warp()}")
        draft.numpy(f"{out} = {value.numpy()}")
    return draft.case(name, ["n", "n"], [{"n": n} for n in (1, draw.choice((3, 5, 7)), draw.integer(9, 14))])


def _square(draft: Draft, i: str, j: str, dist: str) -> nullcontext[None]:
    """A thread for each pair of vertices."""
    draft.line(f"{i}, {j} = wp.tid()")
    if draft.draw.chance(0.5):
        n = draft.extent("n", dist)
        draft.line(f"if {i} >= {n} or {j} >= {n}:", "    return")
    return nullcontext()
