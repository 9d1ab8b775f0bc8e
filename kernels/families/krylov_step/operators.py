"""Products with the matrix of a method, and the dots that go with them in one pass: padded rows, edges, stencils, dense rows, blocks."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Offsets
from kernels.drafting.draft import Draft
from kernels.drafting.finish import Law, drop_idle_locals
from kernels.draw import Draw
from kernels.families.krylov_step.fields import Fields
from kernels.language.types import I32, matrix, vector

DIRECTIONS = ("p", "direction", "x_in")


def build_rows(draw: Draw, draft: Draft) -> Case:
    """Rows of a sparse matrix, padded or compressed, times a vector; the product, the residual, or a smoothing step, and a dot."""
    compressed = draw.chance(0.3)
    slots = draw.choice((2, 3, 4, 5))
    blocks = not compressed and draw.chance(0.3)
    i = draw.choice(("i", "row", "tid"))
    element = vector(draft.width, 3) if blocks else draft.real
    draft.reserve(i, "k", "q", "col", "residual", "here", "n", "step", "start", "end", "rows")
    x = draft.array(draft.name(*DIRECTIONS), element, "n")
    entry = matrix(draft.width, 3) if blocks else draft.real
    columns = draft.array(
        draft.name("cols", "indices"), I32, *(("nnz",) if compressed else ("n", slots)), domain=lambda s: Integers(0, s["n"])
    )
    values = draft.array(draft.name("vals", "entries"), entry, *(("nnz",) if compressed else ("n", slots)))
    # What a sum from compressed rows is divided by has no gradient: the backward pass does not know the sum.
    differentiable = not compressed
    name = draft.name("diag", "diagonal")
    diagonal = draft.array(name, draft.real, "n", low=2.0, high=4.0, differentiable=differentiable) if draw.chance(0.6) else ""
    offsets = draft.array(draft.name("offsets", "indptr"), I32, "n1", domain=lambda s: Offsets(s["nnz"])) if compressed else ""
    goal = draw.choice(("product", "residual", "jacobi")) if diagonal else draw.choice(("product", "residual"))
    with draft.threads((i, "n", x, 0)):
        draft.line(f"here = {x}[{i}]")
        draft.numpy(f"here = {x}")
        wide = "[..., None]" if blocks else ""
        if diagonal and goal != "jacobi":
            draft.line(f"q = {diagonal}[{i}] * here")
        else:
            draft.line(f"q = {draft.zero(element)}")
        if compressed:
            with draft.block(f"for k in range({offsets}[{i}], {offsets}[{i} + 1]):"):
                draft.line(f"q += {values}[k] * {x}[{columns}[k]]")
            draft.numpy(
                f"rows = np.repeat(np.arange(len({x})), np.diff({offsets}))",
                "q = np.zeros_like(here)",
                f"np.add.at(q, rows, {values} * {x}[{columns}])",
            )
        else:
            with draft.block(f"for k in range({slots}):"):
                draft.line(f"col = {columns}[{i}, k]", f"q += {values}[{i}, k] {'@' if blocks else '*'} {x}[col]")
            draft.numpy(
                f"q = np.einsum('nkij,nkj->ni', {values}, {x}[{columns}])" if blocks else f"q = np.sum({values} * {x}[{columns}], axis=1)"
            )
        if diagonal and goal != "jacobi":
            draft.numpy(f"q = q + {diagonal}{wide} * here")
        name = "q"
        if goal in ("residual", "jacobi"):
            rhs = draft.array(draft.name("b_in", "rhs"), element, "n")
            name = "residual"
            draft.line(f"residual = {rhs}[{i}] - q")
            draft.numpy(f"residual = {rhs} - q")
        if goal == "jacobi":
            omega = draft.knob(draft.name("omega", "weight"), 0.4, 1.0)
            name = "step"
            draft.line(f"step = here + {omega.warp()} * (residual / {diagonal}[{i}] - here)")
            draft.numpy(f"step = here + {omega.numpy()} * (residual / {diagonal}{wide} - here)")
        if not blocks and not compressed and draw.chance(0.5):
            known = draft.known(name, draft.real, -12.0, 12.0)
            name = draft.fused("shown", draft.real, [known, *draft.some_parameters(("gain", "shift", "scale"), draw.integer(0, 1))]).name
        elif draw.chance(0.4):
            weight = draft.array(draft.name("row_scale", "free_weight"), draft.real, "n", low=0.2, high=1.5, differentiable=differentiable)
            draft.line(f"{name} = {weight}[{i}] * {name}")
            draft.numpy(f"{name} = {weight}{wide} * {name}")
        if draw.chance(0.35):
            base = draft.array(draft.name("base", "x_old"), element, "n")
            dt = draft.knob(draft.name("dt", "theta"), 0.1, 0.9)
            draft.line(f"{name} = {base}[{i}] + {dt.warp()} * {name}")
            draft.numpy(f"{name} = {base} + {dt.numpy()} * {name}")
        out = draft.output(draft.name("q_out", "y", "image"), element, "n")
        draft.line(f"{out}[{i}] = {name}")
        draft.numpy(f"{out} = {name}")
        if not compressed and draw.chance(0.6):
            other = draw.choice(("here", name))
            total = draft.output(draft.name("pq_out", "dot_out", "norm_sq"), draft.real, 1, role="accumulate")
            draft.line(f"wp.atomic_add({total}, 0, {f'wp.dot({other}, {name})' if blocks else f'{other} * {name}'})")
            draft.numpy(f"{total} = np.sum({other} * {name}).reshape(1)")
    sizes = [{"n": n, "n1": n + 1, "nnz": 3 * n} for n in draw.sizes(120)]
    drop_idle_locals(draft)
    return draft.case(draw.choice((f"{goal}_with_rows", "spmv_dot", "sparse_product_step")), ["n"], sizes)


def build_edges(draw: Draw, draft: Draft) -> Case:
    """The Laplacian of a graph, an edge each: differences scattered to both ends, the energy summed, springs along directions."""
    e = draw.choice(("e", "edge", "tid"))
    directed = draw.chance(0.35)
    element = draft.vector if directed or draw.chance(0.3) else draft.real
    draft.reserve(e, "i", "j", "diff", "flow", "w", "along", "n", "m", "axis")
    x = draft.array(draft.name(*DIRECTIONS), element, "n")
    table = draw.chance(0.5)
    if table:
        ends = draft.array(draft.name("edges", "pairs"), I32, "m", 2, domain=lambda s: Integers(0, s["n"]))
    else:
        ends = draft.array(draft.name("first", "tail"), I32, "m", domain=lambda s: Integers(0, s["n"]))
        second = draft.array(draft.name("second", "tip"), I32, "m", domain=lambda s: Integers(0, s["n"]))
    weights = draft.array(draft.name("weights", "stiffness"), draft.real, "m", low=0.2, high=1.5)
    axes = draft.array(draft.name("directions", "axes"), draft.vector, "m") if directed else ""
    draft.line(f"{e} = wp.tid()")
    draft.guard(e, "m", weights)
    if table:
        draft.line(f"i = {ends}[{e}, 0]", f"j = {ends}[{e}, 1]")
        draft.numpy(f"i, j = {ends}[:, 0], {ends}[:, 1]")
    else:
        draft.line(f"i = {ends}[{e}]", f"j = {second}[{e}]")
        draft.numpy(f"i, j = {ends}, {second}")
    rank = element.rank
    draft.line(f"diff = {x}[i] - {x}[j]", f"w = {weights}[{e}]")
    draft.numpy(f"diff, w = {x}[i] - {x}[j], {weights}{'[..., None]' if rank else ''}")
    if directed:
        draft.line(f"axis = {axes}[{e}]", "along = wp.dot(axis, diff)", "flow = (w * along) * axis")
        draft.numpy(f"axis = {axes}", "along = np.sum(axis * diff, axis=1, keepdims=True)", "flow = w * along * axis")
    else:
        draft.both("flow = w * diff")
    if not rank and draw.chance(0.4):
        law = Law(draft, draw.choice(("flux_law", "conduct")), -3.0, 3.0)
        draft.line(f"flow = {law.warp('flow')}")
        draft.numpy(f"flow = {law.numpy('flow')}")
    damped = draw.chance(0.35)
    if damped:
        dt = draft.knob(draft.name("dt", "beta"), 0.1, 0.9)
        draft.line(f"flow = {dt.warp()} * flow")
        draft.numpy(f"flow = {dt.numpy()} * flow")
    out = draft.output(draft.name("q", "y", "image"), element, "n", role="accumulate")
    draft.line(
        f"wp.atomic_add({out}, i, flow)", f"wp.atomic_sub({out}, j, flow)" if draw.chance(0.5) else f"wp.atomic_add({out}, j, -flow)"
    )
    draft.numpy(f"{out} = np.zeros_like({out})", f"np.add.at({out}, i, flow)", f"np.subtract.at({out}, j, flow)")
    if draw.chance(0.55):
        total = draft.output(draft.name("pq_out", "energy"), draft.real, 1, role="accumulate")
        dot = "wp.dot(diff, flow)" if rank else "diff * flow"
        draft.line(f"wp.atomic_add({total}, 0, {dot})")
        draft.numpy(f"{total} = np.sum(diff * flow).reshape(1)")
    if draw.chance(0.3):
        diagonal = draft.output(draft.name("diag_out", "degree"), draft.real, "n", role="accumulate")
        draft.line(f"wp.atomic_add({diagonal}, i, w)", f"wp.atomic_add({diagonal}, j, w)")
        draft.numpy(
            f"{diagonal} = np.zeros_like({diagonal})", f"np.add.at({diagonal}, i, {weights})", f"np.add.at({diagonal}, j, {weights})"
        )
    sizes = [{"m": m, "n": m // 2 + 2} for m in draw.sizes(150)]
    return draft.case(draw.choice(("graph_laplacian", "edge_operator", "scatter_edges")), ["m"], sizes)


def build_normal(draw: Draw, draft: Draft) -> Case:
    """The normal equations applied row by row: A^T (A p), weighted, with what is left of the data; rows dense or of a few entries."""
    width = draw.choice((3, 4, 5, 6))
    sparse = draw.chance(0.5)
    i = draw.choice(("r", "row", "tid"))
    draft.reserve(i, "k", "s", "col", "n", "m", "image", "weight")
    x = draft.array(draft.name(*DIRECTIONS), draft.real, "n" if sparse else width)
    rows = draft.array(draft.name("A", "jacobian", "entries"), draft.real, "m", width)
    columns = draft.array("cols", I32, "m", width, domain=lambda s: Integers(0, s["n"])) if sparse else ""
    goal = draw.choice(("normal", "gradient", "weighted"))
    with draft.threads((i, "m", rows, 0)):
        draft.line(f"s = {draft.zero()}")
        with draft.block(f"for k in range({width}):"):
            draft.line(f"s += {rows}[{i}, k] * {x}[{f'{columns}[{i}, k]' if sparse else 'k'}]")
        draft.numpy(f"s = np.sum({rows} * {x}{f'[{columns}]' if sparse else ''}, axis=1)")
        if goal != "normal":
            data = draft.array(draft.name("b_in", "data"), draft.real, "m")
            draft.line(f"s = s - {data}[{i}]")
            draft.numpy(f"s = s - {data}")
        if goal == "weighted":
            draft.fused("s", draft.real, [draft.known("s", draft.real, -7.0, 7.0), *draft.some_parameters(("delta", "scale"), 1)])
        out = draft.output(draft.name("q", "gradient_out", "image_out"), draft.real, "n" if sparse else width, role="accumulate")
        with draft.block(f"for k in range({width}):"):
            draft.line(f"wp.atomic_add({out}, {f'{columns}[{i}, k]' if sparse else 'k'}, {rows}[{i}, k] * s)")
        draft.numpy(
            *(
                (f"{out} = np.zeros_like({out})", f"np.add.at({out}, {columns}, {rows} * s[:, None])")
                if sparse
                else (f"{out} = np.sum({rows} * s[:, None], axis=0)",)
            )
        )
        if draw.chance(0.5):
            total = draft.output(draft.name("objective", "norm_sq"), draft.real, 1, role="accumulate")
            half = draw.chance(0.5)
            draft.line(f"wp.atomic_add({total}, 0, {f'{draft.number(0.5)} * ' if half else ''}s * s)")
            draft.numpy(f"{total} = np.sum({'0.5 * ' if half else ''}s * s).reshape(1)")
    sizes = [{"m": m, "n": m // 2 + 2} for m in draw.sizes(120)]
    return draft.case(draw.choice((f"{goal}_equations", "normal_product", "least_squares_gradient")), ["m"], sizes)


def build_stencil(draw: Draw, draft: Draft) -> Case:
    """A shifted Laplacian on a line or a grid, applied on the fly, with the dot of the direction and its image."""
    ndim = draw.choice((1, 2, 2))
    fields = Fields(draft, batched=0.0, vectors=0.25)
    names = ("i", "j")[:ndim]
    extents = ("rows", "cols")[:ndim]
    here = ", ".join(names)
    draft.reserve("i", "j", "q", "here", "rows", "cols", "around", "padded", "flux")
    x = draft.array(draft.name(*DIRECTIONS), fields.type, *extents)
    field = draft.array(draft.name("coefficient", "sigma_field"), draft.real, *extents, low=0.3, high=1.5) if draw.chance(0.4) else ""
    periodic = draw.chance(0.3)
    with draft.threads(*((i, n, x, axis) for axis, (i, n) in enumerate(zip(names, extents, strict=True)))):
        for axis, n in enumerate(extents):
            draft.extent(n, x, axis)
        draft.line(f"here = {x}[{here}]", f"around = {draft.zero(fields.type)}")
        draft.numpy(f"here, around = {x}, np.zeros_like({x})")
        for axis in range(ndim):
            i, n = names[axis], extents[axis]
            for offset in (-1, 1):
                moved = f"{i} {'+' if offset > 0 else '-'} 1"
                place = f"({moved}{f' + {n}' if offset < 0 else ''}) % {n}" if periodic else moved
                at = ", ".join(place if a == axis else name for a, name in enumerate(names))
                if periodic:
                    draft.line(f"around += {x}[{at}]")
                    draft.numpy(f"around = around + np.roll({x}, {-offset}, axis={axis})")
                    continue
                with draft.block(f"if {moved} < {n}:" if offset > 0 else f"if {i} > 0:"):
                    draft.line(f"around += {x}[{at}]")
                widths = ", ".join([*("(1, 1)" if a == axis else "(0, 0)" for a in range(ndim)), *["(0, 0)"] * fields.type.rank])
                part = ", ".join(("2:" if offset > 0 else ":-2") if a == axis else ":" for a in range(ndim))
                draft.numpy(f"around = around + np.pad({x}, [{widths}])[{part}]")
        shift = draft.knob(draft.name("sigma", "mass"), 0.1, 1.0)
        spread = "[..., None]" if fields.type.rank else ""
        scale, scale_numpy = shift.warp(), shift.numpy()
        if field:
            scale, scale_numpy = f"{scale} * {field}[{here}]", f"{scale_numpy} * {field}{spread}"
        draft.line(f"q = ({draft.number(2.0 * ndim)} + {scale}) * here - around")
        draft.numpy(f"q = ({2.0 * ndim} + {scale_numpy}) * here - around")
        out = draft.output(draft.name("q_out", "y", "image"), fields.type, *extents)
        residual = draw.chance(0.3)
        if residual:
            rhs = draft.array("rhs", fields.type, *extents)
            draft.line(f"q = {rhs}[{here}] - q")
            draft.numpy(f"q = {rhs} - q")
        draft.line(f"{out}[{here}] = q")
        draft.numpy(f"{out} = q")
        for other, options in (("here", ("pq_out", "energy")), ("q", ("qq_out", "norm_sq"))):
            if draw.chance(0.5):
                total = draft.output(draft.name(*options), draft.real, 1, role="accumulate")
                draft.line(f"wp.atomic_add({total}, 0, {fields.dot(other, 'q')})")
                draft.numpy(f"{total} = np.sum({other} * q).reshape(1)")
    sizes = [{"rows": r, "cols": c} for r, c in ((1, 1), (3, draw.choice((5, 7))), (draw.choice((7, 9)), draw.choice((10, 11, 13))))]
    if ndim == 1:
        sizes = [{"rows": n} for n in draw.sizes(150)]
    return draft.case(draw.choice(("laplacian_dot", "apply_operator", f"stencil_operator_{ndim}d")), extents, sizes)
