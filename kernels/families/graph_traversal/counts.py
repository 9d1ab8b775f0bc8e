"""Counts on graphs: degrees, triangles, common neighbours, conflicts of a colouring, independent sets, and building compressed rows."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext

from kernels.case import Case
from kernels.domains import Bernoulli, Integers, Permutation
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.graph_traversal.adjacency import EdgeList, Neighbours
from kernels.families.graph_traversal.edge_rows import quotient, row_of_edge, scatter_rows
from kernels.families.graph_traversal.vertex_sets import first_free, independent, matching
from kernels.language.expression import Expression
from kernels.language.interval import Interval
from kernels.language.types import I32


def count_step(draw: Draw) -> Case:
    """One counting kernel."""
    builders: tuple[Callable[[Draw], Case], ...] = (
        _degrees,
        _degrees,
        _triangles,
        _common,
        _conflicts,
        first_free,
        independent,
        row_of_edge,
        scatter_rows,
        quotient,
        matching,
    )
    return draw.choice(builders)(draw)


def _degrees(draw: Draw) -> Case:
    """Degrees, weighted or not, of one end, of both, or of edges that pass a test."""
    draft = Draft(draw)
    edges = EdgeList(draft)
    ends = draw.choice(("source", "target", "both", "apart"))
    real = draw.chance(0.45)
    name = draw.choice(
        ("count_degrees", "weighted_degree", "vertex_strength", "edge_counts")
        if real
        else ("count_degrees", "degree_kernel", "edge_counts")
    )
    draft.reserve(name, "amount", "kept")
    s, t = edges.s, edges.t
    kind = draft.real if real else I32
    outs = [draft.output(n, kind, "n", role="accumulate") for n in (("out_degree", "in_degree") if ends == "apart" else ("degree",))]
    with edges.threads():
        conditions = {"none": ("", ""), "loops": (f"{s} != {t}", f"{s} != {t}"), "upper": (f"{s} < {t}", f"{s} < {t}")}
        test = draw.choice(("none", "loops", "upper", "label"))
        if test == "label":
            label = draft.array(draft.name("label", "part", "kind"), I32, "n", domain=Integers(0, 3))
            sign = draw.choice(("==", "!="))
            condition, numpy = f"{label}[{s}] {sign} {label}[{t}]", f"{label}[{s}] {sign} {label}[{t}]"
        else:
            condition, numpy = conditions[test]
        early = draw.chance(0.5)
        if condition and early:
            opposite = {"!=": "==", "==": "!=", "<": ">="}
            negated = " ".join(opposite.get(word, word) for word in condition.split(" "))
            draft.line(f"if {negated}:", "    return")
        draft.numpy(f"kept = {numpy}" if condition else f"kept = np.ones(len({s}), bool)")
        amount, there = "1", "1"
        if real:
            weight = draft.array(draft.name("weight", "strength", "flow"), draft.real, "edges", low=0.1)
            terms: list[Expression] = [draft.load("w", weight, edges.e, 0.1, 1.0)]
            if draw.chance(0.4):
                mass = draft.array(draft.name("mass", "size_of"), draft.real, "n", low=0.2)
                terms.append(edges.at(mass, draw.choice(("s", "t")), draft.real, 0.2, 1.0))
            value = (
                draft.fused("amount", draft.real, terms, domain=Interval(-50.0, 50.0)) if draw.chance(0.7) or len(terms) > 1 else terms[0]
            )
            amount, there = value.warp(), f"{value.numpy()}[kept]"
        with draft.block(f"if {condition}:") if condition and not early else nullcontext():
            for k, (end, on) in enumerate(((s, ends != "target"), (t, ends != "source"))):
                if on:
                    out = outs[k] if ends == "apart" else outs[0]
                    draft.line(draw.choice((f"wp.atomic_add({out}, {end}, {amount})", f"{out}[{end}] += {amount}")))
        for k, out in enumerate(outs):
            draft.numpy(f"{out} = np.zeros(len({out}), {'np.int32' if not real else f'{weight}.dtype'})")
            for end, on in ((s, ends != "target" and (ends != "apart" or k == 0)), (t, ends != "source" and (ends != "apart" or k == 1))):
                if on:
                    draft.numpy(f"np.add.at({out}, {end}[kept], {there})")
    return draft.case(name, ["edges"], edges.sizes())


def _triangles(draw: Draw) -> Case:
    """Triangles (closed walks of three steps) per vertex or per pair, on an adjacency matrix; clustering coefficients."""
    draft = Draft(draw)
    kind = draw.choice(("vertex", "pair", "edge", "clustering"))
    name = draw.choice(
        ("count_triangles", "triangles_per_vertex", "common_neighbors")
        if kind != "clustering"
        else ("clustering_coefficient", "local_clustering")
    )
    i, j, k = draw.choice((("i", "j", "k"), ("u", "v", "w")))
    draft.reserve(name, i, j, k, "n", "total", "degree", "pairs", "value", "matrix")
    adj = draft.array(draft.name("adjacency", "connected", "adj"), I32, "n", "n", domain=Bernoulli(0.4))
    draft.numpy(f"a = {adj}.astype(np.int64)")
    if kind in ("vertex", "clustering"):
        draft.line(f"{i} = wp.tid()")
        n = draft.extent("n", adj)
        if draw.chance(0.5):
            draft.line(f"if {i} >= {n}:", "    return")
        draft.line("total = int(0)", *(["degree = int(0)"] if kind == "clustering" else []))
        upper = draw.chance(0.5)
        with draft.block(f"for {j} in range({n}):"):
            skip = draw.chance(0.5)
            if kind == "clustering":
                draft.line(f"degree += {adj}[{i}, {j}]")
            if skip:
                draft.line(f"if {adj}[{i}, {j}] == 0:", "    continue")
            with draft.block(f"for {k} in range({f'{j} + 1, {n}' if upper else n}):"):
                product = f"{adj}[{j}, {k}] * {adj}[{i}, {k}]" if skip else f"{adj}[{i}, {j}] * {adj}[{j}, {k}] * {adj}[{i}, {k}]"
                test = f"{adj}[{j}, {k}] == 1 and {adj}[{i}, {k}] == 1"
                if not skip:
                    test = f"{adj}[{i}, {j}] == 1 and {test}"
                draft.line(*draw.choice(((f"total += {product}",), (f"if {test}:", "    total += 1"))))
        inner = "np.triu(a, 1)" if upper else "a"
        draft.numpy(f"total = np.einsum('ij,jk,ik->i', a, {inner}, a).astype(np.int32)")
        if kind == "vertex":
            draft.store(draft.output(draft.name("triangles", "closed_walks"), I32, "n"), i, "total")
        else:
            draft.line("pairs = wp.max(degree * (degree - 1), 1)")
            draft.numpy("degree = a.sum(axis=1)", "pairs = np.maximum(degree * (degree - 1), 1)")
            draft.line(f"value = {draft.cast('total')} / {draft.cast('pairs')}")
            draft.numpy(f"value = total.astype({draft.precision}) / pairs")
            draft.store(draft.output("coefficient", draft.real, "n"), i, "value")
        return draft.case(name, ["n"], [{"n": n} for n in (1, draw.choice((5, 7, 11)), draw.integer(13, 21))])
    draft.line(f"{i}, {j} = wp.tid()")
    n = draft.extent("n", adj)
    if kind == "edge" or draw.chance(0.5):
        draft.line(f"if {adj}[{i}, {j}] == 0:", f"    common[{i}, {j}] = 0", "    return")
        masked = " * a"
    else:
        masked = ""
    draft.line("total = int(0)")
    with draft.block(f"for {k} in range({n}):"):
        draft.line(f"total += {adj}[{i}, {k}] & {adj}[{j}, {k}]")
    draft.output("common", I32, "n", "n")
    draft.line(f"common[{i}, {j}] = total")
    draft.numpy(f"common = ((a @ a.T){masked}).astype(np.int32)")
    if draw.chance(0.4):
        draft.output("triangle_count", I32, 1, role="accumulate")
        draft.line(f"if {i} < {j}:", "    wp.atomic_add(triangle_count, 0, total)")
        draft.numpy("triangle_count = np.array([np.triu(common, 1).sum()], np.int32)")
    return draft.case(name, ["n", "n"], [{"n": n} for n in (1, draw.choice((3, 5, 7)), draw.integer(9, 15))])


def _common(draw: Draw) -> Case:
    """What the neighbour lists of an edge's ends share: counts, Jaccard's or the overlap coefficient, or weights by rarity."""
    draft = Draft(draw)
    kind = draw.choice(("count", "jaccard", "overlap", "weighted"))
    e, a, b = draft.name("e", "pair", "tid"), "a", "b"
    width = draw.choice((3, 4, 5))
    name = draw.choice((f"{kind}_neighbors", f"{kind}_similarity", "link_prediction"))
    draft.reserve(name, "shared", "x", "y", "i", "j", "union", "score", "total", a, b, "same", "left", "right")
    table = draft.array(draft.name("neighbors", "adjacency"), I32, "n", width, domain=lambda s: Integers(-1, s["n"]))
    firsts = draft.array("first_node", I32, "edges", domain=lambda s: Integers(0, s["n"]))
    seconds = draft.array("second_node", I32, "edges", domain=lambda s: Integers(0, s["n"]))
    with draft.threads((e, "edges", firsts, 0)):
        draft.line(f"a = {firsts}[{e}]", f"b = {seconds}[{e}]")
        draft.numpy(f"left, right = {table}[{firsts}][:, :, None], {table}[{seconds}][:, None, :]", "same = (left == right) & (left >= 0)")
        weight = draft.array(draft.name("rarity", "weight"), draft.real, "n", low=0.1) if kind == "weighted" else ""
        draft.line(f"shared = {draft.zero() if weight else 'int(0)'}")
        outer, inner = draw.choice((("i", "j"), ("p", "q")))
        draft.reserve(outer, inner)
        with draft.block(f"for {outer} in range({width}):"):
            draft.line(f"x = {table}[a, {outer}]")
            with draft.block("if x >= 0:"), draft.block(f"for {inner} in range({width}):"):
                draft.line(f"if {table}[b, {inner}] == x:", f"    shared += {f'{weight}[x]' if weight else '1'}")
        if weight:
            draft.numpy(f"shared = np.where(same, {weight}[left], 0.0).sum(axis=(1, 2))")
            value: Expression = draft.known("shared", draft.real, 0.0, 25.0)
            if draw.chance(0.6):
                prior = draft.array(draft.name("prior", "bias"), draft.real, "edges", low=0.2)
                value = draft.fused("score", draft.real, [value, draft.load("own", prior, e, 0.2, 1.0)], smooth=True)
            draft.store(draft.output("scores", draft.real, "edges"), e, value.warp())
        else:
            draft.numpy("shared = same.sum(axis=(1, 2))")
            if kind == "count":
                draft.line(f"shared_out[{e}] = shared")
                draft.output("shared_out", I32, "edges")
                draft.numpy("shared_out = shared.astype(np.int32)")
            else:
                _coefficient(draft, kind, e, table, width, firsts, seconds)
    return draft.case(name, ["edges"], [{"n": max(2, n // 3), "edges": n} for n in draw.sizes(120)])


def _coefficient(draft: Draft, kind: str, e: str, table: str, width: int, firsts: str, seconds: str) -> None:
    """Shared neighbours over the union or the smaller list, as a real."""
    draw = draft.draw
    draft.line("size_a = int(0)", "size_b = int(0)")
    with draft.block(f"for k in range({width}):"):
        draft.line(f"if {table}[a, k] >= 0:", "    size_a += 1", f"if {table}[b, k] >= 0:", "    size_b += 1")
    draft.numpy(f"size_a, size_b = (({table}[v] >= 0).sum(axis=1) for v in ({firsts}, {seconds}))")
    if kind == "jaccard":
        draft.line("total = wp.max(size_a + size_b - shared, 1)")
        draft.numpy("total = np.maximum(size_a + size_b - shared, 1)")
    else:
        draft.line("total = wp.max(wp.min(size_a, size_b), 1)")
        draft.numpy("total = np.maximum(np.minimum(size_a, size_b), 1)")
    draft.line(f"ratio = {draft.cast('shared')} / {draft.cast('total')}")
    draft.numpy(f"ratio = shared.astype({draft.precision}) / total")
    value: Expression = draft.known("ratio", draft.real, 0.0, 25.0)
    if draw.chance(0.7):
        weight = draft.array(draft.name("weight", "trust"), draft.real, "edges", low=0.2)
        value = draft.fused("score", draft.real, [value, draft.load("own", weight, e, 0.2, 1.0)], smooth=True)
    draft.store(draft.output("similarity", draft.real, "edges"), e, value.warp())


def _conflicts(draw: Draw) -> Case:
    """Conflicts of a colouring: vertices or edges whose ends have one colour, and which end is to be coloured again."""
    draft = Draft(draw)
    name = draw.choice(("color_conflicts", "check_coloring", "detect_conflicts", "mark_conflicts"))
    draft.reserve(name, "conflict", "mine", "conflicts", "loser")
    if draw.chance(0.5):
        edges = EdgeList(draft)
        color = draft.array(draft.name("color", "colors"), I32, "n", domain=Integers(0, 4))
        s, t = edges.s, edges.t
        kind = draw.choice(("total", "flags", "loser", "by_color"))
        with edges.threads():
            draft.numpy(f"clash = ({color}[{s}] == {color}[{t}]) & ({s} != {t})")
            test = f"{color}[{s}] == {color}[{t}] and {s} != {t}"
            if kind == "total":
                draft.output("conflicts", I32, 1, role="accumulate")
                draft.line(f"if {test}:", "    wp.atomic_add(conflicts, 0, 1)")
                draft.numpy("conflicts = np.array([clash.sum()], np.int32)")
            elif kind == "by_color":
                draft.output("conflicts", I32, 4, role="accumulate")
                draft.line(f"if {test}:", f"    wp.atomic_add(conflicts, {color}[{s}], 1)")
                draft.numpy(f"conflicts = np.bincount({color}[{s}][clash], minlength=4).astype(np.int32)")
            elif kind == "flags":
                draft.output("conflict", I32, "edges")
                draft.line(f"conflict[{edges.e}] = wp.where({test}, 1, 0)")
                draft.numpy("conflict = clash.astype(np.int32)")
            else:
                draft.output("recolor", I32, "n", role="accumulate")
                priority = draft.array(draft.name("priority", "rank_of"), I32, "n", domain=Permutation()) if draw.chance(0.6) else ""
                order = f"{priority}[{s}] < {priority}[{t}]" if priority else f"{s} < {t}"
                with draft.block(f"if {test}:"):
                    if draw.chance(0.5):
                        draft.line(f"loser = wp.where({order}, {s}, {t})", "wp.atomic_max(recolor, loser, 1)")
                    else:
                        draft.line(f"if {order}:", f"    wp.atomic_max(recolor, {s}, 1)", "else:", f"    wp.atomic_max(recolor, {t}, 1)")
                draft.numpy(
                    f"loser = np.where({order}, {s}, {t})", f"recolor = np.zeros(len({color}), np.int32)", "recolor[loser[clash]] = 1"
                )
        return draft.case(name, ["edges"], edges.sizes())
    nb = Neighbours(draft, static=draw.chance(0.3))
    v, u = nb.v, nb.u
    color = draft.array(draft.name("color", "colors"), I32, "n", domain=Integers(0, 4))
    flag = draw.chance(0.5)
    with nb.threads(color):
        draft.line(f"mine = {color}[{v}]", "found = int(0)")
        rule = draw.choice(("any", "lower"))
        test = f"{color}[{u}] == mine" + (f" and {u} < {v}" if rule == "lower" else f" and {u} != {v}")
        with nb.loop():
            draft.line(f"if {test}:", "    found = 1" if flag else "    found += 1")
        order = "(cols < rows)" if rule == "lower" else "(cols != rows)"
        draft.numpy(
            f"found = np.zeros(len({color}), np.int32)",
            f"np.add.at(found, rows, (({color}[cols] == {color}[rows]) & {order}).astype(np.int32))",
        )
        if flag:
            draft.numpy("found = np.minimum(found, 1)")
        draft.store(draft.output(draft.name("conflict", "uncolored"), I32, "n"), v, "found")
        if draw.chance(0.5):
            draft.output("color_out", I32, "n")
            draft.line(f"color_out[{v}] = wp.where(found > 0, -1, mine)")
            draft.numpy(f"color_out = np.where(found > 0, -1, {color})")
    return draft.case(name, ["n"], nb.sizes())
