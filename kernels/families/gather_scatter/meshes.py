"""Gathers and scatters over a mesh's connectivity: edges between nodes, faces over vertices."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.language.expression import Custom, Expression
from kernels.language.interval import Interval
from kernels.language.types import I32

UNIT = Interval(-1.0, 1.0)


def edges(draw: Draw) -> Case:
    """One thread per edge: the values of its two nodes make a flow, which is stored per edge, added to the nodes, or both."""
    draft = Draft(draw)
    vectors = draw.chance(0.45)
    element = draft.vector if vectors else draft.real
    data = draft.array(
        draw.choice(("positions", "velocities", "momentum") if vectors else ("potential", "temperature", "phi", "charge")), element, "nodes"
    )
    packed = draw.chance(0.4)
    first, second = draw.choice((("src", "dst"), ("tail", "head"), ("a", "b"), ("i", "j")))
    edge = draw.choice(("e", "edge", "tid"))
    name = draw.choice(("edge_flux", "scatter_edges", "edge_to_node", "exchange", "edge_forces" if vectors else "graph_laplacian"))
    draft.reserve(name, first, second, edge)
    domain = lambda sizes: Integers(0, sizes["nodes"])  # noqa: E731
    if packed:
        table = draft.array(draft.name("edges", "links", "pairs"), I32, "edge_count", 2, domain=domain)
        left, right, first_view, second_view = f"{table}[{edge}, 0]", f"{table}[{edge}, 1]", f"{table}[:, 0]", f"{table}[:, 1]"
    else:
        table = draft.array(f"{first}_index", I32, "edge_count", domain=domain)
        other = draft.array(f"{second}_index", I32, "edge_count", domain=domain)
        left, right, first_view, second_view = f"{table}[{edge}]", f"{other}[{edge}]", table, other
    with draft.threads((edge, "edge_count", table, 0)):
        draft.line(f"{first} = {left}", f"{second} = {right}")
        draft.numpy(f"{first} = {first_view}", f"{second} = {second_view}")
        draft.scope.update(
            p=Custom(element, UNIT, f"{data}[{first}]", f"{data}[{first}]"),
            q=Custom(element, UNIT, f"{data}[{second}]", f"{data}[{second}]"),
        )
        difference = draft.let(
            draft.name("difference", "span", "delta", "jump"), draw.choice(("q - p", "p - q", "(p + q) * 0.5", "q - p * 0.5"))
        )
        inputs: list[Expression] = [difference]
        if draw.chance(0.55):
            weight = draft.array(draft.name("conductance", "stiffness", "weight", "capacity"), draft.real, "edge_count", low=0.1)
            inputs.append(Custom(draft.real, Interval(0.1, 1.0), f"{weight}[{edge}]", weight))
        if draw.chance(0.3):
            inputs.append(draft.knob(draft.name("dt", "rate", "kappa"), 0.05, 0.9))
        if vectors and draw.chance(0.35):
            distance = draft.let(draft.name("distance", "gap", "edge_length"), f"length({difference.name}) + 0.1")
            inputs[0] = draft.let(draft.name("unit", "along", "heading"), f"{difference.name} / {distance.name}")
            inputs.append(distance)
        flow = draft.fused(
            draft.name("flow", "force", "flux", "exchange_term"), element, [*inputs], function=draw.choice((None, None, "edge_law"))
        )
        target = draw.choice(("both", "both", "antisymmetric", "one", "edge", "edge_and_node"))
        results: dict[str, str] = {}
        if target.startswith("edge"):
            out = draft.output(draft.name("edge_out", "edge_flow", "per_edge"), element, "edge_count")
            draft.line(f"{out}[{edge}] = {flow.name}")
            results[out] = flow.name
        if target != "edge":
            nodes = draft.output(draft.name("node_sum", "net", "accum", "forces_out"), element, "nodes", role="accumulate")
            atomic = draw.chance(0.6)

            def add(place: str, sign: str, amount: str) -> None:
                word = {"+": "add", "-": "sub"}[sign]
                draft.line(f"wp.atomic_{word}({nodes}, {place}, {amount})" if atomic else f"{nodes}[{place}] {sign}= {amount}")
                draft.numpy(f"np.add.at(total, {place}, {amount if sign == '+' else f'-{amount}'})")

            draft.numpy(f"total = np.zeros_like({nodes})")
            add(first, "+", flow.name)
            if target == "both":
                add(second, "+", flow.name)
            elif target == "antisymmetric":
                add(second, "-", flow.name)
            results[nodes] = "total"
        if draw.chance(0.25):
            degree = draft.output(draft.name("degree", "valence", "incident"), I32, "nodes", role="accumulate")
            draft.numpy(f"count = np.zeros_like({degree})")
            for place in (first, second)[: draw.integer(1, 2)]:
                draft.line(f"wp.atomic_add({degree}, {place}, 1)")
                draft.numpy(f"np.add.at(count, {place}, 1)")
            results[degree] = "count"
        draft.results(**results)
    sizes = [{"edge_count": n, "nodes": max(2, n // 2 + draw.integer(0, 5))} for n in draw.sizes(150)]
    return draft.case(name, ("edge_count",), sizes, docstring=draw.choice(("", "", "One thread per edge.")))


def faces(draw: Draw) -> Case:
    """One thread per triangle: its vertices' positions or values, a property of the face, stored or added to the vertices."""
    draft = Draft(draw)
    points = draft.array(draw.choice(("points", "vertices", "positions")), draft.vector, "nodes")
    triangles = draft.array(
        draw.choice(("triangles", "tri_indices", "face_vertices")), I32, "face_count", 3, domain=lambda sizes: Integers(0, sizes["nodes"])
    )
    name = draw.choice(("face_property", "vertex_normals", "triangle_sums", "scatter_faces", "mesh_gather"))
    face = draw.choice(("f", "face", "tid"))
    draft.reserve(name, face)
    corners = draw.choice((("i0", "i1", "i2"), ("ia", "ib", "ic")))
    values = draft.array(draft.name("heights", "density", "vertex_values"), draft.real, "nodes") if draw.chance(0.4) else ""
    draft.reserve(*corners, "p0", "p1", "p2")
    with draft.threads((face, "face_count", triangles, 0)):
        for k, corner in enumerate(corners):
            draft.line(f"{corner} = {triangles}[{face}, {k}]")
            draft.numpy(f"{corner} = {triangles}[:, {k}]")
        for k, corner in enumerate(corners):
            draft.let(f"p{k}", Custom(draft.vector, UNIT, f"{points}[{corner}]", f"{points}[{corner}]"))
        kind = draw.choice(("normal", "area", "centroid", "perimeter"))
        if kind in ("normal", "area"):
            result: Expression = draft.let(
                draft.name("normal", "area_vector", "face_normal"),
                draw.choice(("cross(p1 - p0, p2 - p0)", "cross(p1 - p0, p2 - p0) * 0.5", "cross(p2 - p1, p0 - p1)")),
            )
            if kind == "area":
                result = draft.let(draft.name("area", "face_area", "size"), f"{draw.choice(('length', 'length_sq'))}({result.warp()})")
        elif kind == "centroid":
            result = draft.let(draft.name("centroid", "center", "middle"), draw.choice(("(p0 + p1 + p2) / 3.0", "(p0 + p1) * 0.5 - p2")))
        else:
            result = draft.let(
                draft.name("perimeter", "outline", "edge_sum"),
                draw.choice(("length(p1 - p0) + length(p2 - p1) + length(p0 - p2)", "max(length(p1 - p0), length(p2 - p0))")),
            )
        inputs = [result]
        if values:
            draft.scope.update({f"h{k}": Custom(draft.real, UNIT, f"{values}[{c}]", f"{values}[{c}]") for k, c in enumerate(corners)})
            inputs.append(
                draft.let(
                    draft.name("average", "mean_height", "blend"),
                    draw.choice(("(h0 + h1 + h2) / 3.0", "max(max(h0, h1), h2)", "0.5 * h0 + 0.25 * (h1 + h2)")),
                )
            )
        if draw.chance(0.4):
            weight = draft.array(draft.name("thickness", "load", "face_weight"), draft.real, "face_count", low=0.1)
            inputs.append(Custom(draft.real, Interval(0.1, 1.0), f"{weight}[{face}]", weight))
        if len(inputs) > 1 or draw.chance(0.5):
            result = draft.fused(
                draft.name("share", "property_value", "contribution"),
                result.type,
                [*inputs],
                depth=1,
                function=draw.choice((None, "face_law")),
            )
        results: dict[str, str] = {}
        target = draw.choice(("face", "vertex", "both"))
        if target != "vertex":
            out = draft.output(draft.name("face_out", "per_face", "face_result"), result.type, "face_count")
            draft.line(f"{out}[{face}] = {result.warp()}")
            results[out] = result.numpy()
        if target != "face":
            sums = draft.output(draft.name("vertex_out", "accum", "vertex_sum"), result.type, "nodes", role="accumulate")
            third = draw.chance(0.4)
            amount = draft.let(draft.name("third", "part", "split"), draft.read(f"{result.warp()} / 3.0")).name if third else result.warp()
            draft.numpy(f"total = np.zeros_like({sums})")
            for corner in corners:
                draft.line(f"wp.atomic_add({sums}, {corner}, {amount})")
                draft.numpy(f"np.add.at(total, {corner}, {amount})")
            results[sums] = "total"
        draft.results(**results)
    sizes = [{"face_count": n, "nodes": max(3, n // 2 + draw.integer(0, 5))} for n in draw.sizes(110)]
    return draft.case(name, ("face_count",), sizes)
