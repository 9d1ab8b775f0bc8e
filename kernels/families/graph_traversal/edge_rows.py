"""Edge lists and rows: the row of each entry, entries put into rows or a matrix, and what a partition makes of the edges."""

from __future__ import annotations

from contextlib import nullcontext

from kernels.case import Case
from kernels.domains import Integers, Offsets, Permutation
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.graph_traversal.adjacency import EdgeList
from kernels.language.expression import Expression
from kernels.language.types import I32


def row_of_edge(draw: Draw) -> Case:
    """The row of each entry of compressed rows, by a binary search over the offsets or a scan of them."""
    draft = Draft(draw)
    e = draft.name("e", "tid", "entry")
    offsets = draft.array(draft.name("offsets", "row_start", "indptr"), I32, "n + 1", domain=lambda s: Offsets(s["edges"]))
    name = draw.choice(("expand_rows", "csr_to_coo", "find_row", "row_of_entry"))
    draft.reserve(name, "low", "high", "mid", "row", "place", "k")
    way = draw.choice(("while", "for", "scan"))
    out = draft.output(draft.name("row_out", "row_index", "sources"), I32, "edges")
    with draft.threads((e, "edges", out, 0)):
        count = draft.name("n", "num_rows")
        draft.line(f"{count} = {offsets}.shape[0] - 1")
        if way == "scan":
            draft.line("row = int(0)")
            with draft.block(f"for k in range({count}):"):
                draft.line(
                    *draw.choice(
                        ((f"if {offsets}[k + 1] <= {e}:", "    row = k + 1"), (f"row += wp.where({offsets}[k + 1] <= {e}, 1, 0)",))
                    )
                )
        else:
            draft.line("low = int(0)", f"high = int({count})")
            head = "while low < high:" if way == "while" else "for k in range(12):"
            with draft.block(head), draft.block("if low < high:") if way == "for" else nullcontext():
                draft.line(f"mid = {draw.choice(('(low + high) // 2', '(low + high) >> 1', 'low + (high - low) // 2'))}")
                draft.line(f"if {offsets}[mid + 1] <= {e}:", "    low = mid + 1", "else:", "    high = mid")
            draft.line("row = low")
        draft.line(f"{out}[{e}] = row")
        draft.numpy(f"{out} = np.repeat(np.arange(len({offsets}) - 1), np.diff({offsets})).astype(np.int32)")
        if draw.chance(0.4):
            draft.output("slot_out", I32, "edges")
            draft.line(f"slot_out[{e}] = {e} - {offsets}[row]")
            draft.numpy(f"slot_out = (np.arange(dim[0]) - {offsets}[{out}]).astype(np.int32)")
        elif draw.chance(0.4):
            values = draft.array("values", draft.real, "edges")
            scale = draft.array("row_scale", draft.real, "n", low=0.2)
            draft.output("scaled", draft.real, "edges", differentiable=False)
            draft.line(f"scaled[{e}] = {values}[{e}] / {scale}[row]")
            draft.numpy(f"scaled = {values} / {scale}[{out}]")
    return draft.case(name, ["edges"], [{"n": max(1, n // 4 + 1), "edges": n} for n in draw.sizes(150)])


def scatter_rows(draw: Draw) -> Case:
    """Building compressed rows from an edge list: each edge goes to its row's start plus its number within the row."""
    draft = Draft(draw)
    e = draft.name("e", "tid", "edge")
    name = draw.choice(("fill_csr", "coo_to_csr", "scatter_edges", "bucket_edges"))
    draft.reserve(name, "row", "place", "slot", "reverse", "count")
    way = draw.choice(("padded", "order", "matrix"))
    counted = draw.chance(0.5)
    rows = ""
    if way != "padded" or counted:
        rows = draft.array(draft.name("row_index", "src"), I32, "edges", domain=lambda s: Integers(0, s["n"]))
    cols = draft.array(draft.name("col_index", "dst"), I32, "edges", domain=lambda s: Integers(0, s["n"]))
    values = draft.array(draft.name("values", "weight"), draft.real, "edges") if draw.chance(0.6) else ""
    if way == "matrix":
        adj = draft.output("adjacency", draft.real if values else I32, "n", "n", role="accumulate")
        with draft.threads((e, "edges", rows, 0)):
            amount = f"{values}[{e}]" if values else "1"
            both = draw.chance(0.5)
            draft.line(f"row = {rows}[{e}]", f"col = {cols}[{e}]", f"wp.atomic_add({adj}, row, col, {amount})")
            draft.numpy(
                f"{adj} = np.zeros({adj}.shape, {f'{values}.dtype' if values else 'np.int32'})",
                f"np.add.at({adj}, ({rows}, {cols}), {values or 1})",
            )
            if both:
                draft.line("if row != col:", f"    wp.atomic_add({adj}, col, row, {amount})")
                draft.numpy(
                    f"apart = {rows} != {cols}",
                    f"np.add.at({adj}, ({cols}[apart], {rows}[apart]), {f'{values}[apart]' if values else '1'})",
                )
        return draft.case(name, ["edges"], [{"n": max(1, n // 8 + 1), "edges": n} for n in draw.sizes(90)])
    order = draft.array(draft.name("place_of", "slots", "position"), I32, "edges", domain=Permutation())
    with draft.threads((e, "edges", order, 0)):
        draft.line(f"place = {order}[{e}]")
        outs = [
            ("csr_cols", cols, I32),
            *([("csr_values", values, draft.real)] if values else []),
            *([("csr_rows", rows, I32)] if way == "order" else []),
        ]
        for out, source, kind in outs:
            draft.output(out, kind, "edges")
            draft.line(f"{out}[place] = {source}[{e}]")
            draft.numpy(f"{out} = np.empty_like({source})", f"{out}[{order}] = {source}")
        if counted:
            draft.output("row_count", I32, "n", role="accumulate")
            draft.line(f"wp.atomic_add(row_count, {rows}[{e}], 1)")
            draft.numpy(f"row_count = np.bincount({rows}, minlength=len(row_count)).astype(np.int32)")
    return draft.case(name, ["edges"], [{"n": max(1, n // 3 + 1), "edges": n} for n in draw.sizes(130)])


def quotient(draw: Draw) -> Case:
    """What a partition makes of the edges: cut weights, weights between parts, and the terms of modularity."""
    draft = Draft(draw, smooth=True)
    edges = EdgeList(draft)
    kind = draw.choice(("cut", "between", "inside", "modularity"))
    name = draw.choice((f"{kind}_weight", f"partition_{kind}", "contract_edges" if kind == "between" else f"edge_{kind}"))
    draft.reserve(name, "w", "same", "expected", "amount", "part_s", "part_t")
    parts = 5
    part = draft.array(draft.name("part", "community", "block_of"), I32, "n", domain=Integers(0, parts))
    weight = draft.array(draft.name("weight", "capacity"), draft.real, "edges", low=0.1)
    s, t = edges.s, edges.t
    with edges.threads():
        draft.both(f"part_s = {part}[{s}]", f"part_t = {part}[{t}]")
        w: Expression = draft.load("w", weight, edges.e, 0.1, 1.0)
        if kind == "modularity":
            degree = draft.array(draft.name("degree", "strength"), draft.real, "n", low=0.2)
            total = draft.knob("total_weight", 2.0, 9.0)
            draft.scope.update(
                w=w, a=edges.at(degree, "s", draft.real, 0.2, 1.0), b=edges.at(degree, "t", draft.real, 0.2, 1.0), total=total
            )
            w = draft.let("amount", "w - a * b / total")
        elif draw.chance(0.6):
            w = draft.fused("amount", draft.real, [w, *draft.some_parameters(("alpha", "bias"), draw.integer(0, 1))], smooth=True)
        if kind == "between":
            out = draft.output(draft.name("between_parts", "coarse"), draft.real, parts, parts, role="accumulate")
            draft.line(f"wp.atomic_add({out}, part_s, part_t, {w.warp()})")
            draft.numpy(f"{out} = np.zeros(({parts}, {parts}), {weight}.dtype)", f"np.add.at({out}, (part_s, part_t), {w.numpy()})")
        else:
            by_part = kind != "cut" and draw.chance(0.5)
            out = draft.output(draft.name("total_out", "score"), draft.real, parts if by_part else 1, role="accumulate")
            test = "part_s != part_t" if kind == "cut" else "part_s == part_t"
            at = "part_s" if by_part else "0"
            negated = test.replace("!=", "==") if kind == "cut" else test.replace("==", "!=")
            add = f"wp.atomic_add({out}, {at}, {w.warp()})"
            draft.line(*draw.choice(((f"if {test}:", f"    {add}"), (f"if {negated}:", "    return", add))))
            chosen = f"part_s[{test}]" if by_part else f"np.zeros(({test}).sum(), np.int32)"
            draft.numpy(f"{out} = np.zeros({parts if by_part else 1}, {weight}.dtype)", f"np.add.at({out}, {chosen}, {w.numpy()}[{test}])")
    return draft.case(name, ["edges"], edges.sizes())
