"""Products with matrices of special structure: banded matrices, outer products and rank-one updates, one 3x3 matrix per element."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Rotations, Uniform
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.matrix_product.common import INDICES, PARAMETERS, aligned, epilogue, guard
from kernels.language.expression import Expression, Variable, apply, variable
from kernels.language.interval import Interval
from kernels.language.types import I32, matrix


def tridiagonal(draw: Draw, draft: Draft) -> Case:
    """A banded matrix times a vector; the bands are arrays of their own, or the columns of one array."""
    index = {**draw.choice(INDICES), "i": draw.choice((("i", "n"), ("row", "n"), ("i", "size")))}
    letters = draw.choice(("i", "i", "bi"))
    element = draft.vector if draw.chance(0.2) else draft.real
    grid, here = [index[x][1] for x in letters], ", ".join(index[x][0] for x in letters)
    i, n = index["i"]
    prefix = here[: -len(i)]
    reach = draw.choice((1, 1, 2))
    together, periodic, symmetric = draw.chance(0.3), draw.chance(0.25), draw.chance(0.2)
    x, out = draw.choice((("x", "y"), ("v", "product"), ("u", "result"), ("solution", "image")))
    offsets = range(-reach, reach + 1)
    named = (
        {-2: "lower2", -1: "lower", 0: "diag", 1: "upper", 2: "upper2"}
        if draw.chance(0.6)
        else dict(zip((-2, -1, 0, 1, 2), "eacbf", strict=True))
    )
    named = {o: name for o, name in named.items() if not (symmetric and o < 0)}
    if together:
        bands = draft.array(draw.choice(("bands", "diagonals", "stencil_weights")), draft.real, *grid, f"{2 * reach + 1}")
    else:
        for o in offsets:
            if o in named:
                draft.array(named[o], draft.real, *grid)
    draft.array(x, element, *grid)
    draft.reserve(out)
    if counted := draw.chance(0.6):
        draft.count(n)
    total = draw.choice(("total", "row_sum", "acc"))

    def coefficient(o: int) -> str:
        if together:
            return f"{bands}[{here}, {o + reach}]"
        if o in named:
            return f"{named[o]}[{here}]"
        return f"{named[-o]}[{prefix}{f'({i} + {n} - {-o}) % {n}' if periodic else f'{i} - {-o}'}]"

    def neighbour(o: int) -> str:
        moved = f"{i} {'+' if o > 0 else '-'} {abs(o)}" if o else i
        if periodic and o:
            moved = f"({i} + {o}) % {n}" if o > 0 else f"({i} + {n} - {-o}) % {n}"
        return f"{x}[{prefix}{moved}]"

    lines = [f"{total} = {coefficient(0)} * {neighbour(0)}"]
    if together and draw.chance(0.5):
        lines = [f"{total} = {draft.zero(element)}", f"for d in range({2 * reach + 1}):"]
        if periodic:
            lines += [f"    neighbor = ({i} + d + {n} - {reach}) % {n}", f"    {total} += {bands}[{here}, d] * {x}[{prefix}neighbor]"]
        else:
            lines += [f"    neighbor = {i} + d - {reach}", f"    if neighbor >= 0 and neighbor < {n}:"]
            lines += [f"        {total} += {bands}[{here}, d] * {x}[{prefix}neighbor]"]
    else:
        for o in draw.shuffled([o for o in offsets if o]) if draw.chance(0.3) else [o for o in offsets if o]:
            term = f"{total} += {coefficient(o)} * {neighbour(o)}"
            test = f"{i} >= {-o}" if o < 0 else f"{i} + {o} < {n}" if draw.chance(0.5) else f"{i} < {n} - {o}"
            lines += [term] if periodic else [f"if {test}:", f"    {term}"]
    body = [f"{here} = wp.tid()", *([] if counted else [f"{n} = {x}.shape[{len(grid) - 1}]"]), *guard(draw, [i], [n]), *lines]

    rank = element.rank
    tail, scale = (", :" if rank else ""), ("[..., None]" if rank else "")
    reference = [f"{total} = {bands + f'[..., {reach}]' if together else named[0]}{scale} * {x}"]
    for o in offsets:
        if not o:
            continue
        band = f"{bands}[..., {o + reach}]" if together else named.get(o, "")
        if not band:
            band = f"np.roll({named[-o]}, {-o}, axis=-1)"
        if periodic:
            reference.append(f"{total} = {total} + {band}{scale} * np.roll({x}, {-o}, axis={-1 - rank})")
        else:
            to, source = (f"..., : -{o}", f"..., {o} :") if o > 0 else (f"..., {-o} :", f"..., : {o}")
            reference.append(f"{total}[{to}{tail}] += {band}[{to}]{scale} * {x}[{source}{tail}]")
    store, ending = epilogue(draw, draft, Variable(element, Interval(-5.0, 5.0), total), out, letters, index, nonlinear=True)
    sizes = [(1, 1 + 2 * reach if periodic else 1), (3, draw.choice((7, 11, 13))), (4, draw.integer(17, 40))]
    extents = [{index["b"][1]: b, n: size if len(letters) == 2 else size * b} for b, size in sizes]
    name = draw.choice(("tridiagonal_apply", "banded_matvec", f"apply_{'periodic' if periodic else 'banded'}_operator", "thomas_residual"))
    name = "pentadiagonal_matvec" if reach == 2 and draw.chance(0.5) else name
    draft.line(*body, *store)
    draft.numpy(*reference, *ending)
    return draft.case(name, grid, extents)


def outer(draw: Draw, draft: Draft) -> Case:
    """An outer product of two vectors (or of one with itself), added to a matrix or shaped into a kernel matrix."""
    index = draw.choice(INDICES)
    letters = draw.choice(("ij", "ij", "bij"))
    batch = letters[:-2]
    left, right, out = draw.choice(
        (("x", "y", "a"), ("u", "v", "update"), ("rows_factor", "cols_factor", "gram"), ("p", "q", "kernel_matrix"))
    )
    itself = draw.chance(0.15)
    right = left if itself else right
    if itself:
        index = {**index, "j": (index["j"][0], index["i"][1])}
    grid, here = [index[x][1] for x in letters], ", ".join(index[x][0] for x in letters)
    draft.array(left, draft.real, *([index[x][1] for x in batch + "i"]))
    if not itself:
        draft.array(right, draft.real, *([index[x][1] for x in batch + "j"]))
    at = [", ".join(index[x][0] for x in batch + letter) for letter in "ij"]
    first, second = (variable(f"{name}_{index[letter][0]}", draft.real, -1.0, 1.0) for name, letter in ((left, "i"), (right, "j")))
    second = Variable(draft.real, second.range, f"{right}_{index['j'][0]}")
    loads = [f"{first.name} = {left}[{at[0]}]", f"{second.name} = {right}[{at[1]}]"]
    reference = [f"{first.name} = {aligned(left, batch + 'i', letters)}", f"{second.name} = {aligned(right, batch + 'j', letters)}"]
    extra = draft.some_parameters(PARAMETERS, draw.integer(0, 2))
    body = [f"{here} = wp.tid()"]
    if draw.chance(0.5):
        for extent in dict.fromkeys(grid):
            draft.count(extent)
        body += guard(draw, [index[x][0] for x in letters], grid)
    body += loads
    kind = draw.choice(("update", "plain", "kernel", "in_place", "symmetric"))
    product = apply("multiply", first, second)
    if kind == "kernel":
        step = draft.step(draw.choice(("affinity", "entry", "similarity")), draft.real, [first, second, *extra])
    elif kind == "symmetric":
        skew = apply(draw.choice(("add", "subtract")), apply("multiply", first, first), apply("multiply", second, second))
        step = draft.step("entry", draft.real, [Variable(draft.real, product.range, "product"), *extra])
        body.append(f"product = {product.warp()}")
        reference.append(f"product = {product.numpy()}")
        both = draft.named("combined", apply("add", step.value, skew), inline=True)
        body.append(step.warp)
        reference.append(step.numpy)
        step = both
    else:
        step = draft.named("product", product)
        if extra or draw.chance(0.4):
            body.append(step.warp)
            reference.append(step.numpy)
            step = draft.step(draw.choice(("entry", "scaled", "increment")), draft.real, [step.value, *extra])
    body.append(step.warp)
    reference.append(step.numpy)
    value = step.value.name
    if kind == "in_place":
        draft.array(out, draft.real, *grid, differentiable=True, role="inout")
        body.append(f"{out}[{here}] += {value}" if draw.chance(0.7) else f"wp.atomic_add({out}, {here}, {value})")
        reference.append(f'return {{"{out}": {out} + {value}}}')
    elif kind == "update":
        base = draft.array(draw.choice(("matrix", "base", "covariance")), draft.real, *grid)
        draft.output(out, draft.real, *grid)
        keep = draft.draw.choice(("0.9", "0.5", "0.99"))
        body.append(f"{out}[{here}] = {draft.number(float(keep))} * {base}[{here}] + {value}")
        reference.append(f'return {{"{out}": {keep} * {base} + {value}}}')
    else:
        draft.output(out, draft.real, *grid)
        body.append(f"{out}[{here}] = {value}")
        shape = f"np.broadcast_to({value}, dim)"
        reference.append(f'return {{"{out}": {shape}}}')
    extents = [
        {index["b"][1]: b, index["i"][1]: m, **({} if itself else {index["j"][1]: n})}
        for b, m, n in ((1, 1, 1), (2, 5, 3), (3, 7, draw.integer(9, 13)))
    ]
    draft.line(*body)
    draft.numpy(*reference)
    return draft.case(draw.choice(("outer_product", "rank_one_update", f"{kind}_outer", "dyad")), grid, extents)


def small_matrices(draw: Draw, draft: Draft) -> Case:
    """A 3x3 matrix per element, applied to a vector or composed with another matrix."""
    mat = matrix(draft.width)
    frames, points, out = draw.choice(
        (
            ("rotations", "points", "moved"),
            ("frames", "normals", "rotated"),
            ("jacobians", "gradients", "mapped"),
            ("stress", "directions", "traction"),
        )
    )
    draft.reserve(out)
    n = draw.choice(("n", "count", "num_points"))
    domain = Rotations() if frames in ("rotations", "frames") else Uniform(-1.0, 1.0)
    access = draw.choice(("same", "same", "same", "pairs", "indexed"))
    draft.array(frames, mat, "bones" if access == "indexed" else n, domain=domain)
    draft.array(points, draft.vector, "others" if access == "pairs" else n)
    here = "i, j" if access == "pairs" else draw.choice(("tid", "i", "idx"))
    i, j = (here.split(", ") * 2)[:2]
    body = [f"{here} = wp.tid()"]
    if access != "pairs" and draw.chance(0.4):
        draft.count(n)
        body += [f"if {i} >= {n}:", "    return"]
    which, numpy_which, row = i, frames, ""
    if access == "indexed":
        which = draft.array(draw.choice(("bone_ids", "frame_of", "owner")), I32, n, domain=lambda e: Integers(0, e["bones"]))
        numpy_which, which = f"{frames}[{which}]", f"{which}[{i}]"
        if draw.chance(0.5):
            body.append(f"owner_id = {which}")
            which = "owner_id"
    if access == "pairs":
        numpy_which, row = f"{frames}[:, None]", "[None]"
    m, v = (
        Variable(mat, Interval(-1.0, 1.0), draw.choice(("frame", "mat", "tensor"))),
        Variable(draft.vector, Interval(-1.0, 1.0), draw.choice(("p", "vec", "local"))),
    )
    body += [f"{m.name} = {frames}[{which}]", f"{v.name} = {points}[{j}]"]
    reference = [f"{m.name} = {numpy_which}", f"{v.name} = {points}{row}"]
    extra: list[Expression] = []
    if draw.chance(0.4) and access == "same":
        extra = [Variable(draft.vector, Interval(-1.0, 1.0), "offset")]
        name = draft.array(draw.choice(("translations", "offsets", "origins")), draft.vector, n)
        body.append(f"offset = {name}[{i}]")
        reference.append(f"offset = {name}")
    extra += draft.some_parameters(("scale", "stiffness", "weight", "blend"), draw.integer(0, 2))
    turned = apply("transpose", m) if draw.chance(0.35) else m
    kind = draw.choice(("vector", "vector", "matrix", "scalar", "energy"))
    if kind == "matrix":
        factor = apply("mat_mul", turned, m) if draw.chance(0.5) else apply("outer", apply("mat_vec", turned, v), v)
        product, result = (
            draft.named(draw.choice(("composed", "metric", "dyad")), factor),
            mat,
        )
    elif kind == "scalar":
        product, result = draft.named("form", apply("dot", v, apply("mat_vec", turned, v))), draft.real
    else:
        product, result = draft.named(draw.choice(("rotated", "mapped", "transformed")), apply("mat_vec", turned, v)), draft.vector
    body.append(product.warp)
    reference.append(product.numpy)
    if kind == "energy":
        result = draft.real
    inputs: list[Expression] = [product.value, *extra]
    if kind == "matrix" and ("mat_mul" in [op.name for op in factor.operations()] or draw.chance(0.3)):
        inputs.append(v)
    step = draft.step(draw.choice(("result", "value", "response")), result, inputs)
    shape = (n, "others") if access == "pairs" else (n,)
    draft.output(out, result, *shape)
    body += [step.warp, f"{out}[{here}] = {step.value.name}"]
    reference.append(step.numpy)
    inner = {0: "", 1: " + (3,)", 2: " + (3, 3)"}[result.rank]
    reference.append(f'return {{"{out}": np.broadcast_to({step.value.name}, dim{inner})}}')
    small = access == "pairs"
    extents = [
        {n: a, "others": b, "bones": c}
        for a, b, c in ((1, 1, 1), (5 if small else 23, 7, 5), (11 if small else draw.integer(65, 130), 9, 4))
    ]
    extents = [{**e, n: e[n] + (e[n] % 8 == 0)} for e in extents]
    name = draw.choice((f"transform_{points}", f"apply_{frames}", f"{kind}_product"))
    draft.line(*body)
    draft.numpy(*reference)
    return draft.case(name, shape, extents, elementwise=access == "same")
