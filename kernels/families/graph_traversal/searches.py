"""Steps of searches: breadth-first frontiers, shortest and widest paths, components, labels, orders, on integers and costs."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext

from kernels.case import Case
from kernels.domains import Bernoulli, Integers
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.graph_traversal.adjacency import Neighbours
from kernels.families.graph_traversal.paths import all_pairs, hook, latest_start, relax_edges, relax_static, shortcut
from kernels.language.expression import Expression
from kernels.language.interval import Interval
from kernels.language.types import I32

FAR = 1_000_000


def search_step(draw: Draw) -> Case:
    """One step of a search."""
    builders: tuple[Callable[[Draw], Case], ...] = (
        _pull_levels,
        _push_frontier,
        _least_label,
        relax_static,
        relax_edges,
        latest_start,
        hook,
        shortcut,
        _orders,
        all_pairs,
        _parents,
    )
    return draw.choice(builders)(draw)


def _pull_levels(draw: Draw) -> Case:
    """Breadth-first search, pulled: a vertex without a level takes the next one if a neighbour is on the frontier."""
    draft = Draft(draw)
    nb = Neighbours(draft, static=draw.chance(0.2))
    level = draft.array(draft.name("level", "depth", "distance", "hops"), I32, "n", domain=Integers(-1, 4))
    out = draft.output(draft.name("level_out", "next_level", "depth_out"), I32, "n")
    current = draft.parameter(draft.name("current", "frontier_level", "iteration"), 0, 3, I32)
    name = draw.choice(("bfs_pull", "bfs_bottom_up", "relax_frontier", "pull_levels"))
    style = draw.choice(("flag", "count", "break", "minimum"))
    draft.reserve(name, "found", "mine", "best", "near")
    v, u = nb.v, nb.u
    with nb.threads(level):
        draft.line(f"mine = {level}[{v}]")
        draft.numpy(f"mine = {level}", f"near = {level}[cols]")
        early = draw.chance(0.5) and style != "minimum"
        if early:
            draft.line("if mine >= 0:", f"    {out}[{v}] = mine", "    return")
        if style == "minimum":
            draft.line(f"best = int({FAR})")
            with nb.loop():
                draft.line(f"near = {level}[{u}]")
                with draft.block("if near >= 0:"):
                    draft.line(*draw.choice((("best = wp.min(best, near + 1)",), ("if near + 1 < best:", "    best = near + 1"))))
            draft.line("if mine >= 0:", "    best = wp.min(best, mine)")
            draft.line(f"{out}[{v}] = wp.where(best < {FAR}, best, -1)")
            draft.numpy(f"best = np.full(len(mine), {FAR}, np.int32)", "np.minimum.at(best, rows[near >= 0], near[near >= 0] + 1)")
            draft.numpy("best = np.where(mine >= 0, np.minimum(best, mine), best)", f"{out} = np.where(best < {FAR}, best, -1)")
        else:
            test = f"{level}[{u}] == {current.name}"
            draft.line("found = int(0)")
            with nb.loop():
                if style == "count":
                    draft.line(*draw.choice(((f"if {test}:", "    found += 1"), (f"found += wp.where({test}, 1, 0)",))))
                else:
                    draft.line(f"if {test}:", "    found = 1", *(["    break"] if style == "break" and not nb.static else []))
            draft.numpy("found = np.zeros(len(mine), np.int32)", f"np.add.at(found, rows, (near == {current.name}).astype(np.int32))")
            reached = f"{current.name} + 1"
            if early:
                draft.line(f"{out}[{v}] = wp.where(found > 0, {reached}, -1)")
            else:
                draft.line("if mine < 0 and found > 0:", f"    mine = {reached}", f"{out}[{v}] = mine")
            draft.numpy(f"{out} = np.where((mine < 0) & (found > 0), {reached}, mine)")
            if style == "count" and draw.chance(0.5):
                size = draft.output(draft.name("discovered", "frontier_size"), I32, 1, role="accumulate")
                draft.line(f"if {level}[{v}] < 0 and found > 0:", f"    wp.atomic_add({size}, 0, 1)")
                draft.numpy(f"{size} = np.array([((mine < 0) & (found > 0)).sum()], np.int32)")
    return draft.case(name, ["n"], nb.sizes())


def _push_frontier(draw: Draw) -> Case:
    """Breadth-first search, pushed: every vertex of the frontier marks its neighbours, counts paths, or offers them its own number."""
    draft = Draft(draw)
    nb = Neighbours(draft)
    level = draft.array(draft.name("level", "depth", "hops"), I32, "n", domain=Integers(-1, 3))
    current = draft.parameter(draft.name("current", "frontier_level"), 0, 2, I32)
    name = draw.choice(("bfs_push", "expand_frontier", "advance", "push_frontier"))
    kind = draw.choice(("mark", "paths", "offer", "count"))
    draft.reserve(name, "sigma", "active", "open_edges", "visited")
    v, u = nb.v, nb.u
    with nb.threads(level):
        early = draw.chance(0.6)
        if early:
            draft.line(f"if {level}[{v}] != {current.name}:", "    return")
        out = {"mark": "next_frontier", "paths": "paths_out", "offer": "offered", "count": "open_edges"}[kind]
        draft.output(out, I32, 1 if kind == "count" else "n", role="accumulate")
        sigma = draft.array("sigma", I32, "n", domain=Integers(1, 50)) if kind == "paths" else ""
        counted = kind == "count"
        with draft.block(f"if {level}[{v}] == {current.name}:") if not early else nullcontext():
            if counted:
                draft.line("open_total = int(0)")
            with nb.loop(), draft.block(f"if {level}[{u}] < 0:"):
                draft.line(
                    {
                        "mark": draw.choice((f"wp.atomic_max({out}, {u}, 1)", f"wp.atomic_or({out}, {u}, 1)")),
                        "paths": f"wp.atomic_add({out}, {u}, {sigma}[{v}])",
                        "offer": f"wp.atomic_max({out}, {u}, {v} + 1)",
                        "count": "open_total += 1",
                    }[kind]
                )
            if counted:
                draft.line(f"wp.atomic_add({out}, 0, open_total)")
        draft.numpy(f"active = ({level}[rows] == {current.name}) & ({level}[cols] < 0)")
        if kind == "count":
            draft.numpy(f"{out} = np.array([active.sum()], np.int32)")
        else:
            ufunc, amount = {
                "mark": ("maximum", "1"),
                "paths": ("add", f"{sigma}[rows[active]]"),
                "offer": ("maximum", "rows[active] + 1"),
            }[kind]
            draft.numpy(f"{out} = np.zeros(len({level}), np.int32)", f"np.{ufunc}.at({out}, cols[active], {amount})")
    return draft.case(name, ["n"], nb.sizes())


def _least_label(draw: Draw) -> Case:
    """Label propagation: each vertex takes the least or greatest label among its neighbours and itself, or the most frequent one."""
    draft = Draft(draw)
    kind = draw.choice(("least", "greatest", "majority", "changed"))
    nb = Neighbours(draft, static=kind == "majority" or draw.chance(0.2))
    label = draft.array(draft.name("label", "component", "cluster"), I32, "n", domain=Integers(0, 5 if kind == "majority" else 60))
    name = draw.choice({"majority": ("majority_label", "vote_labels")}.get(kind, ("propagate_labels", "min_label_step", "component_step")))
    out = draft.output(draft.name("label_out", "next_label", "component_out"), I32, "n")
    draft.reserve(name, "best", "theirs", "votes", "most", "winner", "w", "changed")
    v, u = nb.v, nb.u
    with nb.threads(label):
        draft.numpy(f"best = {label}.copy()")
        if kind == "majority":
            draft.line("winner = int(0)", "most = int(0)")
            with draft.block("for c in range(5):"):
                draft.line("votes = int(0)")
                with nb.loop():
                    draft.line(f"if {label}[{u}] == c:", "    votes += 1")
                draft.line("if votes > most:", "    most = votes", "    winner = c")
            draft.line(f"{out}[{v}] = wp.where(most > 0, winner, {label}[{v}])")
            draft.numpy("votes = np.zeros((len(best), 5), np.int32)", f"np.add.at(votes, (rows, {label}[cols]), 1)")
            draft.numpy(f"{out} = np.where(votes.max(axis=1) > 0, np.argmax(votes, axis=1), {label}).astype(np.int32)")
        else:
            word = "max" if kind == "greatest" else "min"
            sign = ">" if kind == "greatest" else "<"
            draft.line(f"best = int({label}[{v}])")
            with nb.loop():
                style = draw.choice(("wp", "if"))
                draft.line(f"theirs = {label}[{u}]")
                draft.line(*([f"best = wp.{word}(best, theirs)"] if style == "wp" else [f"if theirs {sign} best:", "    best = theirs"]))
            draft.numpy(f"np.{word}imum.at(best, rows, {label}[cols])")
            draft.line(f"{out}[{v}] = best")
            draft.numpy(f"{out} = best")
            if kind == "changed" or draw.chance(0.3):
                draft.output("changed", I32, 1, role="accumulate")
                add = draw.choice(("wp.atomic_add(changed, 0, 1)", "wp.atomic_max(changed, 0, 1)"))
                draft.line(f"if best != {label}[{v}]:", f"    {add}")
                moved = f"(best != {label}).{'sum' if 'add' in add else 'any'}()"
                draft.numpy(f"changed = np.array([{moved}], np.int32)")
    return draft.case(name, ["n"], nb.sizes())


def _orders(draw: Draw) -> Case:
    """Topological order and k-core peeling: vertices that are done lower the counts of their neighbours; how many fall to the limit."""
    draft = Draft(draw)
    nb = Neighbours(draft)
    state = draft.array(draft.name("done", "in_frontier", "removed"), I32, "n", domain=Bernoulli(0.4))
    counts = draft.array(draft.name("indegree", "remaining", "degree_left"), I32, "n", domain=Integers(1, 30), role="inout")
    name = draw.choice(("decrement_indegree", "peel_step", "topological_step", "release_successors"))
    draft.reserve(name, "before", "ready", "limit", "removed_total", "falls")
    limit = draw.choice((0, 1, 2, 4))
    old = draw.chance(0.6)
    v, u = nb.v, nb.u
    with nb.threads(state):
        early = draw.chance(0.6)
        if early:
            draft.line(f"if {state}[{v}] == 0:", "    return")
        with draft.block(f"if {state}[{v}] != 0:") if not early else nullcontext(), nb.loop():
            add = draw.choice((f"wp.atomic_sub({counts}, {u}, 1)", f"wp.atomic_add({counts}, {u}, -1)"))
            if old:
                draft.output("ready_count", I32, 1, role="accumulate")
                draft.line(f"before = {add}", f"if before == {limit + 1}:", "    wp.atomic_add(ready_count, 0, 1)")
            else:
                draft.line(add)
        draft.numpy(f"falls = np.zeros(len({state}), np.int32)", f"np.add.at(falls, cols[{state}[rows] != 0], 1)")
        if old:
            draft.numpy(f"ready_count = np.array([(({counts} > {limit}) & ({counts} - falls <= {limit})).sum()], np.int32)")
        draft.numpy(f"{counts} = {counts} - falls")
    return draft.case(name, ["n"], nb.sizes())


def _parents(draw: Draw) -> Case:
    """The best neighbour of each vertex: the nearest, heaviest or least costly one, by its number, and what it costs."""
    draft = Draft(draw, smooth=True)
    nb = Neighbours(draft, static=draw.chance(0.5))
    largest = draw.chance(0.5)
    key = draft.array(draft.name("score", "dist", "priority"), draft.real, "n", low=-1.0, high=1.0)
    weight = nb.edge_array(draft.name("weight", "affinity"), draft.real, 0.1, 1.0) if draw.chance(0.6) else ""
    name = draw.choice(("best_neighbor", "heaviest_neighbor", "propose_match", "find_parent"))
    draft.reserve(name, "best", "best_key", "candidate", "partner")
    v, u = nb.v, nb.u
    limit = "-1.0e6" if largest else "1.0e6"
    with nb.threads(key):
        draft.line("best = int(-1)", f"best_key = {draft.real.spelling}({limit})")
        with nb.loop():
            terms: list[Expression] = [nb.there(key, draft.real)]
            if weight:
                terms.append(nb.on_edge(weight, draft.real))
            candidate = draft.fused("candidate", draft.real, terms, smooth=True, domain=Interval(-1000.0, 1000.0))
            draft.line(f"if candidate {'>' if largest else '<'} best_key:", "    best_key = candidate", f"    best = {u}")
        sign = "-" if largest else ""
        # The first of the edges with the best key: a stable sort by row, then by key.
        draft.numpy(f"order = np.lexsort((np.arange(len(rows)), {sign}{candidate.name}, rows))")
        draft.numpy("heads = np.concatenate([[True], rows[order][1:] != rows[order][:-1]])[: len(rows)]", "chosen = order[heads]")
        draft.numpy(f"best = np.full(len({key}), -1, np.int32)", "best[rows[chosen]] = cols[chosen]")
        draft.store(draft.output(draft.name("partner_out", "parent_out", "best_out"), I32, "n"), v, "best")
    return draft.case(name, ["n"], nb.sizes())
