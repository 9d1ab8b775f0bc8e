"""Preconditioners applied to a residual, and set up: diagonals, blocks of two or three, polynomials, aggregates; products beside them."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, WellConditioned
from kernels.drafting.draft import Draft
from kernels.drafting.finish import Law
from kernels.draw import Draw
from kernels.families.krylov_step.fields import Fields
from kernels.language.types import I32, matrix, vector

RESIDUALS = ("r", "residual", "r_in")
OUTS = ("z", "z_out", "preconditioned")


def build_diagonal(draw: Draw, draft: Draft) -> Case:
    """A diagonal: divided by or multiplied with, its root, weighted, with a shift or a floor, and products of what comes of it."""
    fields = Fields(draft)
    kind = draw.choice(("divide", "multiply", "root", "shifted", "floor", "damped"))
    rank = fields.type.rank
    draft.reserve("r_here", "z1", "d_here", "scale", "p_here", "p1", "beta")
    residual = fields.vector(draft.name(*RESIDUALS))
    # A diagonal of 3-vectors scales component by component; numbers scale whole vectors.
    whole = rank and draw.chance(0.4)
    diagonal = draft.array(draft.name("diag", "diagonal", "d_in"), fields.type if whole else draft.real, *fields.extents, low=0.5, high=2.0)
    with fields.threads(residual):
        fields.load("r_here", residual)
        draft.line(f"d_here = {diagonal}[{fields.here}]")
        draft.numpy(f"d_here = {diagonal}{'[..., None]' if rank and not whole else ''}")
        if whole:
            draft.line("z1 = wp.cw_mul(r_here, d_here)" if kind == "multiply" else "z1 = wp.cw_div(r_here, d_here)")
            draft.numpy(f"z1 = r_here {'*' if kind == 'multiply' else '/'} d_here")
        else:
            if kind == "shifted":
                shift = draft.knob(draft.name("sigma", "shift"), 0.1, 0.9)
                draft.line(f"d_here = d_here + {shift.warp()}")
                draft.numpy(f"d_here = d_here + {shift.numpy()}")
            elif kind == "floor":
                floor = draft.knob(draft.name("floor_value", "smallest"), 0.7, 1.4).numpy()
                draft.formula(f"d_here = wp.max(d_here, {floor})")
            elif kind == "root":
                draft.formula("d_here = wp.sqrt(d_here)")
            draft.both("z1 = r_here * d_here" if kind == "multiply" else "z1 = r_here / d_here")
            if kind == "damped":
                omega = draft.knob(draft.name("omega", "damping"), 0.4, 1.0)
                draft.line(f"z1 = {omega.warp()} * z1")
                draft.numpy(f"z1 = {omega.numpy()} * z1")
        fields.mask("z1", 0.2)
        direction = draw.chance(0.35)
        if direction:
            p = fields.vector(draft.name("p_in", "direction"))
            fields.load("p_here", p)
            fields.scalar("beta")
            draft.both("p1 = z1 + beta * p_here")
            fields.store("p_out", "p1")
        if not direction or draw.chance(0.5):
            fields.store(draft.name(*OUTS), "z1")
        if draw.chance(0.6):
            fields.add_dot(("rz_out", "rho_out"), "r_here", "z1")
        if draw.chance(0.2):
            fields.add_dot(("rr_out", "norm_sq"), "r_here", "r_here")
    return draft.case(draw.choice((f"jacobi_{kind}", "apply_diagonal", "diagonal_preconditioner")), fields.extents, fields.sizes())


def build_blocks(draw: Draw, draft: Draft) -> Case:
    """Blocks of two or three unknowns: solved with, multiplied by their inverses, or inverted once; as matrices or as numbers."""
    k = draw.choice((2, 3, 3))
    setup = draw.chance(0.3)
    numbers = draw.chance(0.45)
    symmetric = numbers and draw.chance(0.4)
    i = draw.choice(("i", "block", "tid", "node"))
    mat, vec = matrix(draft.width, k), vector(draft.width, k)
    draft.reserve(
        i,
        "m",
        "inv",
        "r_here",
        "z1",
        "det",
        "full",
        "n",
        "shift_here",
        *(f"a{r}{c}" for r in range(k) for c in range(k)),
        *(f"{x}{r}" for x in "rzc" for r in range(k)),
    )
    shift = k + draw.choice((0.5, 1.0))
    # Numbers, whether all or the lower triangle, have their diagonal raised by the kernel.
    entries = [(r, c) for r in range(k) for c in range(r + 1 if symmetric else k)]
    if numbers:
        blocks = draft.array(draft.name("blocks", "entries"), draft.real, "n", len(entries))
        raised = draft.knob(draft.name("diagonal_shift", "mass"), shift, shift + 1.0)
    else:
        blocks = draft.array(draft.name("blocks", "D", "diag_blocks"), mat, "n", domain=WellConditioned(shift))
    flat = not setup and draw.chance(0.35)
    residual = ""
    if not setup:
        residual = draft.array(draft.name(*RESIDUALS), draft.real, f"{k} * n") if flat else draft.array(draft.name(*RESIDUALS), vec, "n")
    with draft.threads((i, "n", blocks, 0)):
        if numbers:
            number = {rc: place for place, rc in enumerate(entries)}
            if symmetric:
                number |= {(c, r): place for (r, c), place in list(number.items())}
            for r, c in entries:
                draft.line(f"a{r}{c} = {blocks}[{i}, {number[r, c]}]{f' + {raised.warp()}' if r == c else ''}")
            listed = ", ".join(f"a{max(r, c)}{min(r, c)}" if symmetric else f"a{r}{c}" for r in range(k) for c in range(k))
            draft.line(f"m = {mat.spelling}({listed})")
            order = [number[r, c] for r in range(k) for c in range(k)]
            draft.numpy(f"full = {blocks}[:, {order}].reshape(-1, {k}, {k}) + {raised.numpy()} * np.eye({k}, dtype={blocks}.dtype)")
        else:
            draft.line(f"m = {blocks}[{i}]")
            draft.numpy(f"full = {blocks}")
        written = k == 2 and draw.chance(0.6)
        if written:
            draft.line("det = m[0, 0] * m[1, 1] - m[0, 1] * m[1, 0]", f"inv = {mat.spelling}(m[1, 1], -m[0, 1], -m[1, 0], m[0, 0]) / det")
        else:
            draft.line("inv = wp.inverse(m)")
        if setup:
            scaled = draw.chance(0.5)
            if scaled:
                omega = draft.knob(draft.name("omega", "weight"), 0.4, 1.2)
                draft.line(f"inv = {omega.warp()} * inv")
            out = draft.output(draft.name("inverses", "inv_blocks"), mat, "n")
            draft.line(f"{out}[{i}] = inv")
            draft.numpy(f"{out} = {f'{omega.numpy()} * ' if scaled else ''}np.linalg.inv(full)")
        else:
            if flat:
                draft.line(f"r_here = {vec.spelling}({_places(residual, k, i)})")
                draft.numpy(f"r_here = {residual}.reshape(-1, {k})")
            else:
                draft.load("r_here", residual, i, -1.0, 1.0, vec)
            draft.line("z1 = inv @ r_here")
            draft.numpy("z1 = np.linalg.solve(full, r_here[..., None])[..., 0]")
            if draw.chance(0.3):
                weight = draft.array(draft.name("node_weight", "scale_of"), draft.real, "n", low=0.2, high=1.5)
                draft.line(f"z1 = {weight}[{i}] * z1")
                draft.numpy(f"z1 = {weight}[:, None] * z1")
            if draw.chance(0.35):
                x = draft.array(draft.name("x_in", "guess"), vec, "n")
                omega = draft.knob(draft.name("omega", "weight"), 0.4, 1.2)
                draft.line(f"z1 = {x}[{i}] + {omega.warp()} * z1")
                draft.numpy(f"z1 = {x} + {omega.numpy()} * z1")
            out = draft.name(*OUTS)
            if flat:
                draft.output(out, draft.real, f"{k} * n")
                draft.line(*(f"{out}[{k} * {i}{f' + {r}' if r else ''}] = z1[{r}]" for r in range(k)))
                draft.numpy(f"{out} = z1.reshape(-1)")
            else:
                draft.store(draft.output(out, vec, "n"), i, "z1")
            if draw.chance(0.5):
                total = draft.output(draft.name("rz_out", "rho_out"), draft.real, 1, role="accumulate")
                draft.line(f"wp.atomic_add({total}, 0, wp.dot(r_here, z1))")
                draft.numpy(f"{total} = np.sum(r_here * z1).reshape(1)")
    return draft.case(
        draw.choice((f"block_jacobi_{k}", "apply_blocks" if not setup else "invert_blocks", f"blocks_of_{k}")),
        ["n"],
        [{"n": n} for n in draw.sizes(120)],
    )


def _places(array: str, k: int, i: str) -> str:
    """The kernel's loads of a block's numbers from a plain array."""
    return ", ".join(f"{array}[{k} * {i}{f' + {r}' if r else ''}]" for r in range(k))


def build_polynomial(draw: Draw, draft: Draft) -> Case:
    """A polynomial in a tridiagonal or five-point matrix: one or two terms of Neumann's series, a smoothing step, symmetric or not."""
    kind = draw.choice(("neumann", "twice", "smooth", "symmetric"))
    i = draw.choice(("i", "tid", "row"))
    draft.reserve(i, "r_here", "left", "right", "z1", "d_here", "around", "scaled", "n", "r_left", "r_right")
    residual = draft.array(draft.name(*RESIDUALS), draft.real, "n")
    diagonal = draft.array(draft.name("diag", "diagonal"), draft.real, "n", low=2.5, high=4.0)
    off = draft.array(draft.name("off", "coupling"), draft.real, "n", low=-0.9, high=0.9)
    with draft.threads((i, "n", residual, 0)):
        n = draft.extent("n", residual)
        draft.line(f"r_here = {residual}[{i}]", f"d_here = {diagonal}[{i}]")
        draft.numpy(f"r_here, d_here = {residual}, {diagonal}")
        # off[i] couples i to i + 1.
        draft.line(f"around = {draft.zero()}")
        with draft.block(f"if {i} > 0:"):
            draft.line(f"around += {off}[{i} - 1] * {residual}[{i} - 1] / {diagonal}[{i} - 1]")
        with draft.block(f"if {i} + 1 < {n}:"):
            draft.line(f"around += {off}[{i}] * {residual}[{i} + 1] / {diagonal}[{i} + 1]")
        draft.numpy(
            "scaled = r_here / d_here",
            "around = np.zeros_like(r_here)",
            f"around[1:] = {off}[:-1] * scaled[:-1]",
            f"around[:-1] = around[:-1] + {off}[:-1] * scaled[1:]",
        )
        omega = draft.knob(draft.name("omega", "damping"), 0.4, 1.1).numpy() if kind != "neumann" else ""
        draft.formula(
            *{
                "neumann": ("z1 = (r_here - around) / d_here",),
                "twice": (f"scaled = r_here - {omega} * around", "z1 = scaled / d_here", f"z1 = z1 + {omega} * (scaled - around) / d_here"),
                "smooth": (f"z1 = (1.0 + {omega}) * r_here / d_here - {omega} * around / d_here",),
                "symmetric": (f"z1 = (r_here - {omega} * around) / wp.sqrt(d_here)",),
            }[kind]
        )
        out = draft.output(draft.name(*OUTS), draft.real, "n")
        value = draft.known("z1", draft.real, -3.0, 3.0)
        if draw.chance(0.7):
            value = draft.fused("shown", draft.real, [value, *draft.some_parameters(("gain", "shift"), 1)])
        draft.store(out, i, value.name)
        if draw.chance(0.5):
            total = draft.output(draft.name("rz_out", "rho_out"), draft.real, 1, role="accumulate")
            draft.line(f"wp.atomic_add({total}, 0, r_here * {value.name})")
            draft.numpy(f"{total} = np.sum(r_here * {value.name}).reshape(1)")
    return draft.case(
        draw.choice((f"{kind}_polynomial", "polynomial_preconditioner", f"neumann_{kind}")), ["n"], [{"n": n} for n in draw.sizes(150)]
    )


def build_aggregates(draw: Draw, draft: Draft) -> Case:
    """The coarse level of aggregates: residuals summed up, corrections handed down, coarse diagonals, weights of a partition of unity."""
    kind = draw.choice(("restrict", "correct", "coarse_diagonal", "both"))
    fields = Fields(draft, batched=0.0)
    i = fields.i
    draft.reserve("a", "r_here", "z1", "w_here", "aggregates", "d_here")
    aggregate = draft.array(draft.name("aggregate", "part", "coarse_id"), I32, "n", domain=lambda s: Integers(0, s["aggregates"]))
    vector_in = fields.vector(draft.name(*RESIDUALS))
    weights = draft.array(draft.name("weights", "prolongator"), draft.real, "n", low=0.2) if draw.chance(0.5) else ""
    rank = fields.type.rank
    with fields.threads(vector_in):
        draft.line(f"a = {aggregate}[{i}]")
        fields.load("r_here", vector_in)
        if not rank and draw.chance(0.4):
            law = Law(draft, draw.choice(("limited", "reweighted")), -1.0, 1.0)
            draft.line(f"r_here = {law.warp('r_here')}")
            draft.numpy(f"r_here = {law.numpy('r_here')}")
        elif draw.chance(0.4):
            gain = draft.knob(draft.name("damping", "gain"), 0.3, 1.5)
            draft.line(f"r_here = {gain.warp()} * r_here")
            draft.numpy(f"r_here = {gain.numpy()} * r_here")
        factor = ""
        if weights:
            draft.line(f"w_here = {weights}[{i}]")
            draft.numpy(f"w_here = {weights}{'[..., None]' if rank else ''}")
            factor = "w_here * "
        if kind == "restrict":
            out = draft.output(draft.name("coarse_r", "r_coarse"), fields.type, "aggregates", role="accumulate")
            draft.line(f"wp.atomic_add({out}, a, {factor}r_here)")
            draft.numpy(f"{out} = np.zeros_like({out})", f"np.add.at({out}, {aggregate}, {factor}r_here)")
        elif kind == "coarse_diagonal":
            out = draft.output(draft.name("coarse_diag", "mass_of"), draft.real, "aggregates", role="accumulate")
            size = draft.output(draft.name("members", "size_of"), I32, "aggregates", role="accumulate")
            draft.line(f"wp.atomic_add({out}, a, {factor}{fields.dot('r_here', 'r_here')})", f"wp.atomic_add({size}, a, 1)")
            squares = "np.sum(r_here * r_here, axis=-1)" if rank else "r_here * r_here"
            draft.numpy(f"{out} = np.zeros_like({out})", f"np.add.at({out}, {aggregate}, {f'{weights} * ' if weights else ''}{squares})")
            draft.numpy(f"{size} = np.bincount({aggregate}, minlength=len({out})).astype(np.int32)")
        else:
            coarse = draft.array(draft.name("coarse_e", "e_coarse"), fields.type, "aggregates")
            diagonal = draft.array(draft.name("diag", "d_in"), draft.real, "n", low=0.8, high=2.0)
            draft.line(f"d_here = {diagonal}[{i}]", f"z1 = r_here / d_here + {factor}{coarse}[a]")
            spread = "[..., None]" if rank else ""
            draft.numpy(f"d_here = {diagonal}{spread}", f"z1 = r_here / d_here + {factor}{coarse}[{aggregate}]")
            fields.mask("z1", 0.3)
            fields.store(draft.name(*OUTS), "z1")
            if kind == "both":
                fields.add_dot(("rz_out", "rho_out"), "r_here", "z1")
    sizes = [{**s, "aggregates": s["n"] // 4 + 1} for s in fields.sizes()]
    return draft.case(draw.choice((f"aggregate_{kind}", "two_level_step", f"coarse_{kind}")), fields.extents, sizes)
