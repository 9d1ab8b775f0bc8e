"""Messages along edges: sums over neighbours, sums pushed by edges, scores of edges, rows of features."""

from __future__ import annotations

from contextlib import ExitStack

from kernels.case import Case
from kernels.domains import Bernoulli, Integers
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.graph_traversal.adjacency import EdgeList, Neighbours
from kernels.language.expression import Expression
from kernels.language.interval import Interval
from kernels.language.types import I32

TERM = Interval(-20.0, 20.0)


VALUES = ("x", "rank", "features", "signal", "phi", "activity")


def pull(draw: Draw) -> Case:
    """Sums over neighbours: diffusion, aggregation of messages, smoothing, with fused messages of both ends and of the edge."""
    draft = Draft(draw)
    vectors = draw.chance(0.2)
    static = draw.chance(0.3)
    nb = Neighbours(draft, static=static)
    element = draft.vector if vectors else draft.real
    low = -1.0
    x = draft.array(draft.name(*(("velocity", "positions", "force") if vectors else VALUES)), element, "n", low=low)
    name = draw.choice(("aggregate_neighbors", "message_passing", "graph_laplacian", "diffuse", "smooth_graph", "gather_messages"))
    draft.reserve(name, "message", "total", "w", "norm", "count")
    kind = draw.choice(("difference", "plain", "weighted", "fused", "fused"))
    mask = draft.array(draft.name("active", "is_open"), I32, "n", domain=Bernoulli(0.7)) if draw.chance(0.25) else ""
    # Warp's adjoint does not run a dynamic loop again: what a sum is divided by must come from a loop that it unrolls.
    mean = static and draw.chance(0.6) and not mask
    out = draft.output(draft.name("out", f"{x}_out", "aggregated", "smoothed"), element, "n")
    v, u = nb.v, nb.u
    with nb.threads(x):
        own: Expression = nb.here(x, element)
        if kind in ("difference", "fused") and draw.chance(0.5):
            draft.line(f"x_own = {x}[{v}]")
            draft.numpy(f"x_own = {x}[rows]")
            own = draft.known("x_own", element, -1.0, 1.0)
        draft.line(f"total = {draft.zero(element)}", *([f"count = {draft.zero()}"] if mean else []))
        with ExitStack() as nest:
            nest.enter_context(nb.loop())
            kept = ""
            if mask:
                nest.enter_context(draft.block(f"if {mask}[{u}] == 1:"))
                kept = f"{mask}[cols] == 1"
            if kind == "difference" and draw.chance(0.3):
                nest.enter_context(draft.block(f"if {u} != {v}:"))
                kept = f"({kept}) & (cols != rows)" if kept else "cols != rows"
            message = _message(draft, nb, x, own, element, kind)
            draft.line(f"total += {message.warp()}", *([f"count += {draft.number(1.0)}"] if mean else []))
        draft.numpy(f"total = np.zeros_like({x})")
        chosen = f"[{kept}]" if kept else ""
        draft.numpy(f"np.add.at(total, rows{chosen}, ({message.numpy()}){chosen})")
        total = draft.known("total", element, -100.0, 100.0)
        if mean:
            draft.numpy(f"count = np.zeros(len({x}), {x}.dtype)", f"np.add.at(count, rows{chosen}, 1.0)")
            across = "[:, None]" if vectors else ""
            draft.line(f"averaged = total / wp.max(count, {draft.number(1.0)})")
            draft.numpy(f"averaged = total / np.maximum(count, 1.0){across}")
            total = draft.known("averaged", element, -20.0, 20.0)
        fields: list[Expression] = []
        if draw.chance(0.5):
            bias = draft.array(draft.name("bias", "source", "previous"), element, "n")
            fields.append(draft.load("bias_own", bias, v, -1.0, 1.0, element))
        values = draft.some_parameters(("alpha", "rate", "dt"), draw.integer(0, 2))
        for step in (steps := draft.ending(("result", "updated", "mixed"), total, fields, values, nonlinear=static and not vectors)):
            draft.line(step.warp)
            draft.numpy(step.numpy)
        draft.store(out, v, steps[-1].value.name if steps else total.name)
    return draft.case(name, ["n"], nb.sizes())


def _message(draft: Draft, nb: Neighbours, x: str, own: Expression, element: object, kind: str) -> Expression:
    """What a neighbour sends."""
    draw = draft.draw
    vectors = own.type.rank == 1
    theirs = nb.there(x, own.type)
    draft.scope.update(theirs=theirs, own=own)
    weight: Expression | None = None
    if kind in ("weighted", "fused") or draw.chance(0.4):
        array = nb.edge_array(draft.name("weight", "edge_weight", "conductance"), draft.real)
        weight = nb.on_edge(array, draft.real)
        if draw.chance(0.5):
            draft.line(f"w = {weight.warp()}")
            draft.numpy(f"w = {weight.numpy()}")
            weight = draft.known("w", draft.real, 0.1, 1.0)
    if kind == "fused":
        inputs = [
            theirs,
            *([own] if draw.chance(0.6) else []),
            *([weight] if weight else []),
            *draft.some_parameters(("sigma", "gain"), draw.integer(0, 1)),
        ]
        return draft.fused(
            "message", own.type, inputs, domain=None if vectors else TERM, function=draw.choice((None, None, "edge_message"))
        )
    text = draw.choice(("theirs - own", "own - theirs")) if kind == "difference" else "theirs"
    if weight is not None:
        draft.scope["w"] = weight
        text = f"w * ({text})" if kind == "difference" else "w * theirs"
    if kind == "weighted" and not vectors and draw.chance(0.5):
        degree = draft.array(draft.name("inv_sqrt_degree", "norm"), draft.real, "n", low=0.2)
        draft.scope["a"], draft.scope["b"] = nb.there(degree, draft.real, 0.2, 1.0), nb.here(degree, draft.real, 0.2, 1.0)
        text += " * a * b"
    return draft.let("message", text)


def push(draw: Draw) -> Case:
    """Edges send to one end or to both: fluxes, forces of springs, messages, by atomics."""
    draft = Draft(draw)
    edges = EdgeList(draft)
    vectors = draw.chance(0.2)
    element = draft.vector if vectors else draft.real
    x = draft.array(draft.name(*(("positions", "velocity") if vectors else VALUES)), element, "n")
    out = draft.output(draft.name("out", "flux_sum", "received", "divergence"), element, "n", role="accumulate")
    name = draw.choice(("scatter_messages", "edge_flux", "push_messages", "exchange_edges", "edge_forces"))
    draft.reserve(name, "message", "difference", "w")
    ends = draw.choice(("target", "both_equal", "both_opposite", "backward"))
    with edges.threads():
        if draw.chance(0.3):
            test, numpy = draw.choice(((f"if {edges.s} == {edges.t}:", "{s} != {t}"), (f"if {edges.s} > {edges.t}:", "{s} <= {t}")))
            draft.line(test, "    return")
            draft.numpy(f"kept = {numpy.format(s=edges.s, t=edges.t)}")
            chosen = "[kept]"
        else:
            chosen = ""
        a, b = edges.at(x, "s", element), edges.at(x, "t", element)
        if draw.chance(0.5):
            for label, e in (("x_a", a), ("x_b", b)):
                draft.line(f"{label} = {e.warp()}")
                draft.numpy(f"{label} = {e.numpy()}")
            a, b = draft.known("x_a", element, -1.0, 1.0), draft.known("x_b", element, -1.0, 1.0)
        draft.scope.update(a=a, b=b)
        inputs: list[Expression] = []
        if draw.chance(0.6):
            inputs.append(draft.let("difference", draw.choice(("a - b", "b - a"))))
        else:
            inputs += [a, b] if draw.chance(0.6) else [a]
        if draw.chance(0.7):
            weight = draft.array(draft.name("weight", "stiffness", "conductance"), draft.real, "edges", low=0.1)
            inputs.append(edges.on_edge(weight, draft.real))
        inputs += draft.some_parameters(("kappa", "gain", "dt"), draw.integer(0, 1))
        if len(inputs) > 1 or draw.chance(0.6):
            message: Expression = draft.fused(
                "message", element, inputs, domain=None if vectors else TERM, function=draw.choice((None, None, "edge_law"))
            )
        else:
            message = inputs[0]
        draft.numpy(f"total = np.zeros_like({x})")
        for end, sign in {
            "target": [(edges.t, "")],
            "backward": [(edges.s, "")],
            "both_equal": [(edges.s, ""), (edges.t, "")],
            "both_opposite": [(edges.s, ""), (edges.t, "-")],
        }[ends]:
            if sign:
                draft.line(
                    f"wp.atomic_sub({out}, {end}, {message.warp()})"
                    if draw.chance(0.6)
                    else f"wp.atomic_add({out}, {end}, -{message.warp()})"
                )
            else:
                draft.line(f"wp.atomic_add({out}, {end}, {message.warp()})")
            draft.numpy(f"np.add.at(total, {end}{chosen}, {sign}({message.numpy()}){chosen})")
        draft.numpy(f"{out} = total")
        if draw.chance(0.25) and not vectors:
            energy = draft.output(draft.name("energy", "total_flux"), draft.real, 1, role="accumulate")
            draft.line(f"wp.atomic_add({energy}, 0, {message.warp()} * {message.warp()})")
            draft.numpy(f"{energy} = np.array([np.sum((({message.numpy()}) ** 2){chosen})])")
    return draft.case(name, ["edges"], edges.sizes())


def edge_scores(draw: Draw) -> Case:
    """A number for each edge made of its two ends: products, distances, predictions, losses."""
    draft = Draft(draw)
    edges = EdgeList(draft)
    vectors = draw.chance(0.45)
    element = draft.vector if vectors else draft.real
    x = draft.array(draft.name(*(("positions", "embedding", "normals") if vectors else VALUES)), element, "n")
    name = draw.choice(("edge_scores", "edge_features", "score_links", "edge_lengths", "link_logits"))
    draft.reserve(name, "score", "offset")
    with edges.threads():
        a, b = edges.at(x, "s", element), edges.at(x, "t", element)
        draft.scope.update(a=a, b=b)
        inputs: list[Expression] = [a, b]
        if draw.chance(0.5):
            inputs = [draft.let("offset", draw.choice(("a - b", "b - a")))]
        if draw.chance(0.6):
            weight = draft.array(draft.name("weight", "rest_length", "target"), draft.real, "edges", low=0.1)
            inputs.append(edges.on_edge(weight, draft.real))
        if draw.chance(0.4):
            bias = draft.array(draft.name("bias", "mass"), draft.real, "n", low=0.2)
            inputs += [edges.at(bias, end, draft.real, 0.2, 1.0) for end in draw.subset(("s", "t"), draw.integer(1, 2))]
        inputs += draft.some_parameters(("temperature", "margin"), draw.integer(0, 1))
        score = draft.fused("score", draft.real, inputs, domain=TERM, function=draw.choice((None, "edge_score")))
        kind = draw.choice(("store", "store", "loss", "by_kind"))
        if kind == "store":
            draft.store(draft.output(draft.name("scores", "out"), draft.real, "edges"), edges.e, score.name)
        elif kind == "loss":
            out = draft.output(draft.name("loss", "energy"), draft.real, 1, role="accumulate")
            draft.line(f"wp.atomic_add({out}, 0, {score.name})")
            draft.numpy(f"{out} = np.array([np.sum({score.name})])")
        else:
            label = draft.array("edge_kind", I32, "edges", domain=Integers(0, 4))
            out = draft.output("kind_sum", draft.real, 4, role="accumulate")
            draft.line(f"wp.atomic_add({out}, {label}[{edges.e}], {score.name})")
            draft.numpy(f"{out} = np.zeros(4, {x}.dtype)", f"np.add.at({out}, {label}, {score.name})")
    return draft.case(name, ["edges"], edges.sizes())


def channels(draw: Draw) -> Case:
    """Aggregation of feature rows, a thread for each vertex and channel, or for each edge and channel."""
    draft = Draft(draw)
    push = draw.chance(0.4)
    c = draft.name("c", "channel", "f")
    name = draw.choice(("aggregate_features", "gcn_layer", "feature_messages", "spmm_features"))
    draft.reserve(name, "total", "w", "message")
    if push:
        edges = EdgeList(draft)
        x = draft.array("features", draft.real, "n", "channels")
        out = draft.output("features_out", draft.real, "n", "channels", role="accumulate")
        draft.line(f"{edges.e}, {c} = wp.tid()")
        if edges.pairs:
            draft.line(f"{edges.s} = {edges.edges}[{edges.e}, 0]", f"{edges.t} = {edges.edges}[{edges.e}, 1]")
            draft.numpy(f"{edges.s}, {edges.t} = {edges.edges}[:, 0], {edges.edges}[:, 1]")
        else:
            draft.line(f"{edges.s} = {edges.sources}[{edges.e}]", f"{edges.t} = {edges.targets}[{edges.e}]")
            draft.numpy(f"{edges.s}, {edges.t} = {edges.sources}, {edges.targets}")
        draft.line(f"theirs = {x}[{edges.s}, {c}]")
        draft.numpy(f"theirs = {x}[{edges.s}]")
        inputs: list[Expression] = [draft.known("theirs", draft.real, -1.0, 1.0)]
        if draw.chance(0.7):
            weight = draft.array("weight", draft.real, "edges", low=0.1)
            draft.line(f"w = {weight}[{edges.e}]")
            draft.numpy(f"w = {weight}[:, None]")
            inputs.append(draft.known("w", draft.real, 0.1, 1.0))
        if draw.chance(0.4):
            draft.line(f"mine = {x}[{edges.t}, {c}]")
            draft.numpy(f"mine = {x}[{edges.t}]")
            inputs.append(draft.known("mine", draft.real, -1.0, 1.0))
        message = draft.fused("message", draft.real, inputs, domain=TERM)
        draft.line(f"wp.atomic_add({out}, {edges.t}, {c}, {message.name})")
        draft.numpy(f"{out} = np.zeros_like({x})", f"np.add.at({out}, {edges.t}, {message.name})")
        sizes = [{"n": max(2, s["n"] // 2), "edges": s["edges"], "channels": draw.integer(1, 4)} for s in edges.sizes()]
        return draft.case(name, ["edges", "channels"], sizes)
    nb = Neighbours(draft)
    x = draft.array("features", draft.real, "n", "channels")
    out = draft.output("features_out", draft.real, "n", "channels")
    draft.line(f"{nb.v}, {c} = wp.tid()")
    if draw.chance(0.5):
        draft.extent("n", x)
        draft.line(f"if {nb.v} >= n:", "    return")
    draft.line(f"total = {draft.zero()}")
    weighted = draw.chance(0.6)
    with nb.loop():
        draft.line(f"theirs = {x}[{nb.u}, {c}]")
        draft.numpy(f"theirs = {x}[cols]")
        inputs = [draft.known("theirs", draft.real, -1.0, 1.0)]
        if weighted:
            weight_e = nb.on_edge(nb.edge_array("weight", draft.real), draft.real)
            draft.line(f"w = {weight_e.warp()}")
            draft.numpy(f"w = ({weight_e.numpy()})[:, None]")
            inputs.append(draft.known("w", draft.real, 0.1, 1.0))
        message = draft.fused("message", draft.real, inputs, domain=TERM)
        draft.line(f"total += {message.name}")
    draft.numpy(f"total = np.zeros_like({x})", f"np.add.at(total, rows, {message.name})")
    total = draft.known("total", draft.real, -100.0, 100.0)
    fields: list[Expression] = []
    if draw.chance(0.5):
        bias = draft.array("channel_bias", draft.real, "channels")
        fields.append(draft.load("bias_c", bias, c, -1.0, 1.0))
    if draw.chance(0.4):
        own = draft.array("residual", draft.real, "n", "channels")
        fields.append(draft.load("own", own, f"{nb.v}, {c}", -1.0, 1.0))
    for step in (
        steps := draft.ending(("result", "updated"), total, fields, draft.some_parameters(("alpha",), draw.integer(0, 1)), nonlinear=False)
    ):
        draft.line(step.warp)
        draft.numpy(step.numpy)
    draft.line(f"{out}[{nb.v}, {c}] = {steps[-1].value.name if steps else 'total'}")
    draft.numpy(f"{out} = {steps[-1].value.name if steps else 'total'}")
    return draft.case(name, ["n", "channels"], [{**s, "channels": draw.integer(1, 4), "n": min(s["n"], 40)} for s in nb.sizes()])
