"""Products of vectors: dots by atomics, several at once, block by block, norms; and what is made of a residual."""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.draft import Draft
from kernels.drafting.finish import Law
from kernels.draw import Draw
from kernels.families.krylov_step.fields import Fields

PAIRS = (("r", "r"), ("r", "z"), ("p", "q"), ("t", "s"), ("t", "t"), ("r", "r_hat"), ("z", "q"))


def build_dots(draw: Draw, draft: Draft) -> Case:
    """One or several dot products in one pass, each with a number of its own or in one array; weighted or of transformed vectors."""
    fields = Fields(draft)
    pairs = draw.subset(PAIRS, draw.choice((1, 2, 3)))
    names = sorted({name for pair in pairs for name in pair})
    draft.reserve(*names, "w", "weight_here", *(f"v{k}" for k in range(4)))
    arrays = {name: fields.vector(f"{name}_{draw.choice(('in', 'vec'))}") for name in names}
    packed = len(pairs) > 1 and draw.chance(0.5)
    weights = (
        draft.array(draft.name("weights", "mass", "volume"), draft.real, *fields.extents, low=0.2, high=1.5) if draw.chance(0.45) else ""
    )
    law = Law(draft, "transformed", -1.0, 1.0) if not fields.type.rank and draw.chance(0.3) else None
    out = ""
    if packed:
        extents = ("systems", len(pairs)) if fields.batch else (len(pairs),)
        out = draft.output(draft.name("dots", "products", "sums"), draft.real, *extents, role="accumulate")
    with fields.threads(arrays[names[0]]):
        for name in names:
            fields.load(name, arrays[name])
        if law is not None:
            draft.line(f"{names[0]} = {law.warp(names[0])}")
            draft.numpy(f"{names[0]} = {law.numpy(names[0])}")
        factor, factor_numpy = "", ""
        if weights:
            draft.line(f"weight_here = {weights}[{fields.here}]")
            draft.numpy(f"weight_here = {weights}{'[..., None]' if fields.type.rank else ''}")
            factor, factor_numpy = "weight_here * ", "weight_here * "
        fields.mask(names[-1], 0.25)
        parts = []
        for k, (a, b) in enumerate(pairs):
            term = f"{factor}{fields.dot(a, b)}"
            total = fields.summed(f"{factor_numpy}{a}", b)
            if packed:
                slot = f"b, {k}" if fields.batch else str(k)
                draft.line(f"wp.atomic_add({out}, {slot}, {term})")
                parts.append(total.removesuffix(".reshape(1)"))
            else:
                single = draft.output(draft.free(f"{a}{b}_out" if a != b else f"{a}_sq"), draft.real, fields.count, role="accumulate")
                draft.line(f"wp.atomic_add({single}, {fields.slot}, {term})")
                draft.numpy(f"{single} = {total}")
        if packed:
            draft.numpy(f"{out} = np.stack([{', '.join(parts)}], axis=-1)")
    return draft.case(draw.choice(("dot_products", "fused_dots", "inner_products")), fields.extents, fields.sizes())


def build_partials(draw: Draw, draft: Draft) -> Case:
    """Sums of blocks of a known length, one for each thread, or the second pass that adds them up; products, squares, largest values."""
    block = draw.choice((4, 8, 16))
    i = draw.choice(("block", "tid", "chunk"))
    kind = draw.choice(("dot", "norm", "three", "largest", "weighted"))
    draft.reserve(i, "k", "j", "total", "start", "a", "b", "c", "largest", "n", "second", "total_b")
    x = draft.array(draft.name("x", "r"), draft.real, "n")
    y = draft.array(draft.name("y", "z"), draft.real, "n") if kind in ("dot", "three", "weighted") else ""
    w = draft.array(draft.name("w", "weights"), draft.real, "n", low=0.2) if kind == "weighted" else ""
    strided = draw.chance(0.35)
    draft.line(f"{i} = wp.tid()")
    n = draft.extent("n", x)
    stride = draft.count("blocks") if strided else ""
    names: tuple[str, ...] = ("total", "second") if kind == "three" else ("total",)
    draft.line(*(f"{name} = {draft.zero()}" for name in names))
    if not strided:
        draft.line(f"start = {i} * {block}")
    with draft.block(f"for k in range({block}):"):
        draft.line(f"j = {i} + k * {stride}" if strided else "j = start + k")
        with draft.block(f"if j < {n}:"):
            if kind == "largest":
                draft.line(f"total = wp.max(total, wp.abs({x}[j]))")
            elif kind == "three":
                draft.line(f"a = {x}[j]", f"b = {y}[j]", "total += a * b", "second += a * a")
            else:
                draft.line(f"total += {f'{w}[j] * ' if w else ''}{x}[j] * {y or x}[j]")
    order = f".reshape({block}, -1).T" if strided else f".reshape(-1, {block})"

    def blocks(text: str) -> str:
        return f"np.pad({text}, (0, dim[0] * {block} - len({x}))){order}"

    product = f"{w} * {x} * {y}" if w else f"{x} * {y or x}"
    if kind == "largest":
        draft.numpy(f"total = np.max({blocks(f'np.abs({x})')}, axis=1)")
    else:
        draft.numpy(f"total = np.sum({blocks(product)}, axis=1)")
    if kind == "three":
        draft.numpy(f"second = np.sum({blocks(f'{x} * {x}')}, axis=1)")
    if kind != "three" and draw.chance(0.75):
        value = draft.fused(
            "shown",
            draft.real,
            [
                draft.known("total", draft.real, 0.0 if kind in ("norm", "largest") else -16.0, 16.0),
                *draft.some_parameters(("scale", "shift"), 1),
            ],
        )
        names = (value.name,)
    elif kind == "three" and draw.chance(0.7):
        known = [draft.known("total", draft.real, -16.0, 16.0), draft.known("second", draft.real, 0.0, 16.0)]
        names = (draft.fused("shown", draft.real, known).name, *draw.choice(((), ("second",))))
    for name, out in zip(names, ("partials", "partials_sq"), strict=False):
        array = draft.output(draft.free(out), draft.real, "blocks")
        draft.store(array, i, name)
    sizes = [{"n": n, "blocks": -(-n // block)} for n in draw.sizes(190)]
    return draft.case(draw.choice((f"block_{kind}", "partial_sums", f"{kind}_partials")), ["blocks"], sizes)


def build_norms(draw: Draw, draft: Draft) -> Case:
    """Norms of a residual and measures of convergence: sums of squares, of sizes, the largest, relative to a scale."""
    fields = Fields(draft)
    kind = draw.choice(("l2", "l1", "largest", "relative", "weighted", "energy"))
    draft.reserve("r", "b_here", "x", "size", "scale", "change", "term")
    b = fields.vector(draft.name("b_in", "rhs"))
    ax = fields.vector(draft.name("ax", "image"))
    with fields.threads(b):
        fields.load("b_here", b)
        fields.load("x", ax)
        draft.both("r = b_here - x")
        fields.mask("r", 0.3)
        rank = fields.type.rank
        if kind in ("l1", "largest", "relative"):
            draft.line("size = wp.length(r)" if rank else "size = wp.abs(r)")
            draft.numpy("size = np.linalg.norm(r, axis=-1)" if rank else "size = np.abs(r)")
            if kind == "relative":
                draft.line(draft.warp(f"size = size / ({'wp.length(b_here)' if rank else 'wp.abs(b_here)'} + 0.1)"))
                draft.numpy(f"size = size / ({'np.linalg.norm(b_here, axis=-1)' if rank else 'np.abs(b_here)'} + 0.1)")
        else:
            other = "b_here" if kind == "energy" else "r"
            draft.line(f"size = {fields.dot('r', other)}")
            draft.numpy(f"size = np.sum(r * {other}, axis=-1)" if rank else f"size = r * {other}")
        if kind == "weighted":
            scale = draft.array(draft.name("tolerance_of", "scale_of"), draft.real, *fields.extents, low=0.4, high=1.5)
            draft.line(f"scale = {scale}[{fields.here}]", "size = size / (scale * scale)")
            draft.numpy(f"size = size / ({scale} * {scale})")
        out = draft.output(draft.name("norm_out", "measure", "error_sum"), draft.real, fields.count, role="accumulate")
        if kind == "largest":
            if draw.chance(0.6):
                law = Law(draft, "growing", 0.0, 4.0)
                draft.line(f"size = wp.abs({law.warp('size')})")
                draft.numpy(f"size = np.abs({law.numpy('size')})")
            draft.line(f"wp.atomic_max({out}, {fields.slot}, size)")
            draft.numpy(f"{out} = np.max(size, axis=-1{'' if fields.batch else ', keepdims=True'})")
        else:
            if draw.chance(0.5):
                known = draft.known("size", draft.real, -9.0 if kind == "energy" else 0.0, 9.0)
                draft.fused("size", draft.real, [known, *draft.some_parameters(("floor_level", "gain"), 1)])
            draft.line(f"wp.atomic_add({out}, {fields.slot}, size)")
            draft.numpy(f"{out} = np.sum(size, axis=-1{'' if fields.batch else ', keepdims=True'})")
        if draw.chance(0.5):
            fields.store("r_out", "r")
    return draft.case(draw.choice((f"residual_{kind}", "residual_norm", f"{kind}_norm")), fields.extents, fields.sizes())
