"""Matrix products: contractions over one index, from the dot product of rows to batched matrix-matrix products.

Variants: which indices each operand has (transposes, batches, shared weights, a weighted inner product), plain products or distances,
storage (two-dimensional, flat row- or column-major with a leading dimension), restriction to a triangle, band or off-diagonal part,
mapping of threads (one per element, flat, one per row, split over the inner index with atomics), loop form, fused transform of an
operand, epilogue with bias, residual and activation; tridiagonal systems, outer products, 3x3 matrices per element.
"""

from __future__ import annotations

from dataclasses import dataclass

from kernels.case import Case
from kernels.domains import Uniform
from kernels.drafting.arguments import Sizes
from kernels.drafting.draft import Draft
from kernels.drafting.layout import loop
from kernels.draw import Draw
from kernels.families.matrix_product.common import INDICES, PARAMETERS, Index, aligned, epilogue, guard
from kernels.families.matrix_product.structured import outer, small_matrices, tridiagonal
from kernels.language.expression import Variable, variable
from kernels.language.interval import Interval
from kernels.language.types import Type
from kernels.source import indented

INNER = 12
"""Longest inner dimension."""

UNROLLED = 6
"""Longest inner dimension that is a number in the kernel's text; Warp unrolls such loops."""

FORMS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("ik", "k"), "i"),
    (("ik", "k"), "i"),
    (("ki", "k"), "i"),
    (("ik", "kj"), "ij"),
    (("ik", "kj"), "ij"),
    (("ik", "jk"), "ij"),
    (("ki", "kj"), "ij"),
    (("ki", "jk"), "ij"),
    (("bik", "bk"), "bi"),
    (("bki", "bk"), "bi"),
    (("bik", "bkj"), "bij"),
    (("bik", "bjk"), "bij"),
    (("bik", "kj"), "bij"),
    (("ik", "bk"), "bi"),
    (("ik", "ik"), "i"),
    (("ik", "k", "ik"), "i"),
    (("ik", "k", "kj"), "ij"),
    (("ki", "k", "kj"), "ij"),
)
OPERANDS = (
    ("a", "b", "w", "c"),
    ("lhs", "rhs", "scale", "out"),
    ("weights", "inputs", "gate", "outputs"),
    ("matrix", "x", "d", "y"),
    ("queries", "keys", "mask", "scores"),
    ("basis", "coefficients", "sigma", "projection"),
    ("mat_a", "mat_b", "diag", "mat_c"),
)
PARTS = {"lower": "np.tril({})", "upper": "np.triu({})", "strict": "np.tril({}, -1)", "off_diagonal": "({0} - np.diag(np.diag({0})))"}


@dataclass(frozen=True)
class Operand:
    """An array of the contraction: its indices (letters) in order of storage, and how it is stored.

    `width` is numpy's text of how many elements of a padded line count.
    """

    name: str
    letters: str
    storage: str = "grid"
    pitch: str = ""
    vectors: bool = False
    width: str = ""

    def at(self, index: Index) -> str:
        """The element at the loop's indices."""
        names = [index[letter][0] for letter in self.letters]
        if not self.pitch:
            return f"{self.name}[{', '.join(names)}]"
        major, minor = names if self.storage == "row_major" else names[::-1]
        return f"{self.name}[{major} * {self.pitch} + {minor}]"

    def shape(self, index: Index) -> tuple[str, ...]:
        """Its shape as formulas over the extents."""
        names = [index[letter][1] for letter in self.letters]
        if not self.pitch:
            return tuple(names)
        return (f"{names[0] if self.storage == 'row_major' else names[1]} * {self.pitch}",)

    def numpy(self, index: Index) -> str:
        """The whole array with one axis per letter."""
        if not self.pitch:
            return self.name
        minor = index[self.letters[-1] if self.storage == "row_major" else self.letters[0]][1]
        padded = f"[:, :{self.width or minor}]" if self.pitch != minor else ""
        table = f"{self.name}.reshape(-1, {self.pitch}{', 3' * self.vectors}){padded}"
        return table if self.storage == "row_major" else f"{table}.swapaxes(0, 1)" if self.vectors else f"{table}.T"


def build(draw: Draw) -> Case:
    """One matrix product."""
    form = draw.weighted((_contraction, tridiagonal, outer, small_matrices), (12, 2.5, 1.5, 2.5))
    return form(draw, Draft(draw, smooth=True))


def _contraction(draw: Draw, draft: Draft) -> Case:
    shapes, out_letters = draw.choice(FORMS)
    names, index = draw.choice(OPERANDS), draw.choice(INDICES)
    element = draft.vector if draw.chance(0.12) else draft.real
    part = draw.choice(tuple(PARTS)) if shapes == ("ik", "k") and draw.chance(0.6) else "full"
    threads = draw.choice(("grid", "grid", "grid", "flat", "row", "split"))
    if (len(out_letters) == 1 and threads in ("flat", "row")) or (part != "full" and threads == "split"):
        threads = "grid"
    if part != "full":
        index = {**index, "k": (index["j"][0], index["i"][1])}
    fixed = part == "full" and threads != "split" and draw.chance(0.5)
    if fixed:
        index = {**index, "k": (index["k"][0], str(draw.integer(2, UNROLLED)))}
    limited = not fixed and threads != "split" and draw.chance(0.06)
    flattened = part == "full" and all(len(s) < 3 for s in shapes) and draw.chance(0.3)
    storage = draw.choice(("row_major", "column_major")) if flattened else "grid"
    from_shape = storage == "grid" and draw.chance(0.4)
    distance = len(shapes) == 2 and element.rank == 0 and part == "full" and draw.chance(0.2)

    used = [names[0], names[1]] if len(shapes) == 2 else [names[0], names[2], names[1]]
    padded = flattened and draw.chance(0.35)
    operands: list[Operand] = []
    lengths = _lengths([index[x][1] for x in out_letters], index["k"][1], threads)
    for name, letters in zip(used, shapes, strict=True):
        minor = letters[-1] if storage == "row_major" else letters[0]
        pitch = ("pitch" if padded and name == used[0] else index[minor][1]) if flattened and len(letters) == 2 else ""
        width = lengths.get(index[minor][1], index[minor][1])
        operands.append(Operand(name, letters, storage, pitch, bool(element.rank) and len(operands) == len(shapes) - 1, width))
    for operand in operands:
        weight = len(shapes) == 3 and operand.letters == "k"
        kind = element if operand is operands[-1] else draft.real
        draft.array(operand.name, kind, *operand.shape(index), domain=Uniform(0.2, 1.0) if weight else None)
    letters = out_letters + "k"
    extents = list(dict.fromkeys(index[x][1] for x in letters))
    sizes = []
    for extent in extents[: len(extents) - fixed]:
        owner = next(o for o in operands if extent in [index[x][1] for x in o.letters])
        if from_shape:
            sizes.append(f"{extent} = {owner.name}.shape[{[index[x][1] for x in owner.letters].index(extent)}]")
        else:
            draft.count(extent)
    if padded:
        draft.count("pitch")

    lines, reference, views, bound = _transform(draw, draft, operands, index, element)
    total = draw.choice(("distance", "total", "acc") if distance else ("total", "acc", "dot", "accum"))
    factors = [views.get(o.name, (o.at(index), ""))[0] for o in operands]
    tables = [views.get(o.name, ("", o.numpy(index)))[1] for o in operands]
    if distance:
        squared = draw.chance(0.6)
        lines += [f"diff = {factors[0]} - {factors[1]}"]
        term = "diff * diff" if squared else "wp.abs(diff)"
        left, right = (aligned(t, o.letters, letters) for t, o in zip(tables, operands, strict=True))
        reference += [f"diff = {left} - {right}", f"{total} = {'(diff * diff)' if squared else 'np.abs(diff)'}.sum(axis=-1)"]
        bound = Interval(0.0, INNER * (bound.magnitude + 1.0) ** 2)
    else:
        term = " * ".join(factors)
        reference.append(f"{total} = {_numpy_product(draw, tables, [o.letters for o in operands], out_letters, part, element.rank)}")
        bound = Interval(-INNER * bound.magnitude, INNER * bound.magnitude)

    indices, grid, out = [index[x][0] for x in out_letters], [index[x][1] for x in out_letters], names[3]
    if threads == "split":
        everyone = [index[x][0] for x in letters]
        body = [f"{', '.join(everyone)} = wp.tid()", *sizes, *guard(draw, everyone, [index[x][1] for x in letters]), *lines]
        if draw.chance(0.5):
            body.append(f"contribution = {term}")
            term = "contribution"
        body.append(f"wp.atomic_add({out}, {', '.join(indices)}, {term})")
        draft.output(out, element, *grid, role="accumulate")
        reference.append(f'return {{"{out}": {total}}}')
    else:
        work = _sum(draw, draft, part, index, total, element, [*lines, f"{total} += {term}"])
        store, ending = epilogue(draw, draft, Variable(element, bound, total), out, out_letters, index, nonlinear=fixed or limited)
        work, reference = [*work, *store], [*reference, *ending]
        if threads == "grid":
            body = [f"{', '.join(indices)} = wp.tid()", *sizes, *guard(draw, indices, grid), *work]
        elif threads == "flat":
            body = ["tid = wp.tid()", *sizes, *guard(draw, ["tid"], [" * ".join(grid)])]
            body += [f"{indices[-2]} = tid // {grid[-1]}" if len(grid) == 2 else f"{indices[-2]} = (tid // {grid[-1]}) % {grid[-2]}"]
            body += [f"{indices[0]} = tid // ({grid[1]} * {grid[2]})"] if len(grid) == 3 else []
            body += [f"{indices[-1]} = tid % {grid[-1]}", *work]
        else:
            body = [f"{', '.join(indices[:-1])} = wp.tid()", *sizes, *guard(draw, indices[:-1], grid[:-1])]
            body += [f"for {indices[-1]} in range({grid[-1]}):", *indented(work)]
    dim = {"grid": grid, "flat": [" * ".join(grid)], "row": grid[:-1], "split": [*grid, index["k"][1]]}[threads]
    launches = [_extents(draw, out_letters, index, size, threads, operands if padded else []) for size in range(3)]
    verb = draw.choice(("matmul", "gemm", "contract", "multiply") if len(out_letters) > 1 else ("matvec", "gemv", "multiply", "apply"))
    title = f"{names[0].capitalize()} times {used[-1]}, one output element per thread." if threads == "grid" and draw.chance(0.25) else ""
    draft.line(*body)
    draft.numpy(*reference)
    if limited:
        draft.limitations.add("dynamic_loop_result")
    return draft.case(f"{verb}_{draw.choice((part, threads, names[0]))}", dim, launches, docstring=title)


def _lengths(grid: list[str], inner: str, threads: str) -> dict[str, str]:
    """numpy: the extents that the launch grid tells; a kernel may have no use for them as arguments."""
    if threads == "flat":
        rest = " * ".join(grid[1:])
        return {grid[0]: f"dim[0] // {rest if len(grid) == 2 else f'({rest})'}"}
    told = {"grid": grid, "row": grid[:-1], "split": [*grid, inner]}[threads]
    return {extent: f"dim[{axis}]" for axis, extent in enumerate(told)}


def _transform(
    draw: Draw, draft: Draft, operands: list[Operand], index: Index, element: Type
) -> tuple[list[str], list[str], Index, Interval]:
    """A fused transform of one operand as it is loaded: lines, reference lines, the operand's new names, and the bound of a term."""
    if draw.chance(0.45):
        return [], [], {}, Interval(-1.0, 1.0)
    operand = draw.choice(operands if element.rank == 0 else operands[:-1])
    low = 0.2 if operand.letters == "k" and len(operands) == 3 else -1.0
    name = draw.choice(("value", "entry", "element", f"{operand.name}_value"))
    loaded = variable(name, draft.real, low, 1.0)
    extra = draft.some_parameters(PARAMETERS, draw.integer(0, 2))
    step = draft.step(draw.choice(("scaled", "mapped", "effective", "weight", "coefficient")), draft.real, [loaded, *extra])
    lines, reference = [f"{name} = {operand.at(index)}", step.warp], [f"{name} = {operand.numpy(index)}", step.numpy]
    return lines, reference, {operand.name: (step.value.name, step.value.name)}, Interval(-1.0, 1.0).hull(step.value.range)


def _numpy_product(draw: Draw, tables: list[str], shapes: list[str], out: str, part: str, rank: int) -> str:
    """The contraction as numpy writes it: matmul where the operands are matrices, else einsum."""
    left, right = tables[0], tables[-1]
    if part != "full":
        left = PARTS[part].format(left)
    products: dict[tuple[str, ...], str] = {
        ("ik", "k"): "{0} @ {1}",
        ("ki", "k"): "{0}.T @ {1}",
        ("ik", "kj"): "{0} @ {1}",
        ("ik", "jk"): "{0} @ {1}.T",
        ("ki", "kj"): "{0}.T @ {1}",
        ("ki", "jk"): "({1} @ {0}).T",
        ("bik", "bkj"): "np.matmul({0}, {1})",
        ("bik", "bjk"): "np.matmul({0}, np.swapaxes({1}, -1, -2))",
        ("ik", "ik"): "({0} * {1}).sum(axis=1)",
        ("ik", "bk"): "{1} @ {0}.T",
    }
    plain = products.get(tuple(shapes))
    if plain and not rank and draw.chance(0.8):
        return plain.format(left, right)
    tables = [left, *tables[1:]]
    dots = "..." if rank else ""
    shapes = [*shapes[:-1], shapes[-1] + dots]
    return f'np.einsum("{",".join(shapes)}->{out}{dots}", {", ".join(tables)})'


def _sum(draw: Draw, draft: Draft, part: str, index: Index, total: str, element: Type, lines: list[str]) -> list[str]:
    """The loop over the inner index."""
    k, stop = index["k"]
    row = index["i"][0]
    start = [f"{total} = {draft.zero(element)}"]
    if part == "off_diagonal":
        if draw.chance(0.5):
            return [*start, *loop(k, row, lines), f"for {k} in range({row} + 1, {stop}):", *indented(lines)]
        if draw.chance(0.5):
            return [*start, f"for {k} in range({stop}):", f"    if {k} == {row}:", "        continue", *indented(lines)]
        return [*start, *loop(k, stop, [f"if {k} != {row}:", *indented(lines)])]
    if part != "full":
        if draw.chance(0.3):
            test = {"lower": "<=", "upper": ">=", "strict": "<"}[part]
            return [*start, *loop(k, stop, [f"if {k} {test} {row}:", *indented(lines)])]
        first, last = {"lower": ("0", f"{row} + 1"), "upper": (row, stop), "strict": ("0", row)}[part]
        return [*start, *loop(k, last, lines, first)]
    if draw.chance(0.12):
        return [*start, f"for step in range({stop}):", f"    {k} = {stop} - 1 - step", *indented(lines)]
    return [*start, *loop(k, stop, lines)]


def _extents(draw: Draw, out: str, index: Index, size: int, threads: str, padded: list[Operand]) -> Sizes:
    """The extents of launch number `size`: one element, prime extents, and more than 64 elements."""
    choices = {0: {1: (1,), 2: (1, 1), 3: (1, 1, 1)}, 1: {1: (draw.choice((7, 13, 19)),), 2: (5, 7), 3: (2, 3, 5)}}
    choices[2] = {
        1: (draw.choice((67, 73, 90, 101)),),
        2: (draw.integer(8, 10), draw.integer(9, 13)),
        3: (3, draw.integer(4, 5), draw.integer(6, 7)),
    }
    lengths = choices[size][len(out)]
    extents = {index[x][1]: n for x, n in zip(out, lengths, strict=True)}
    if not index["k"][1].isdigit():
        extents.setdefault(index["k"][1], draw.integer(3, INNER))
    if padded:
        o = padded[0]
        minor = index[o.letters[-1] if o.storage == "row_major" else o.letters[0]][1]
        extents["pitch"] = (extents[minor] if minor in extents else int(minor)) + draw.integer(1, 3)
    return extents
