"""Products with banded matrices and residuals of their systems: three, five or many diagonals, blocks of two or three, norms by atomics."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import WellConditioned
from kernels.drafting.draft import Draft
from kernels.drafting.finish import finish
from kernels.draw import Draw
from kernels.families.tridiagonal.lines import FIELDS, PARAMETERS, Lines
from kernels.language.expression import Variable
from kernels.language.types import matrix, vector

OUTS = ("y", "product", "Ax", "image")


def build_residual(draw: Draw, draft: Draft) -> Case:
    """What is left of a tridiagonal system at a guess: per equation, weighted, or summed up as a norm; or the plain product."""
    lines = Lines(draft, single=0.35)
    constant = draw.chance(0.25)
    x = lines.array(draft.name("x", "u", "guess"))
    bands = ("", "", "") if constant else lines.bands()
    rhs = lines.array(draft.name("rhs", "f", "load")) if draw.chance(0.7) else ""
    at, i = lines.at, lines.i
    draft.reserve("left", "right", "here", "product", "residual", "value", "energy")
    with lines.equation_threads(x):
        draft.line(f"here = {x}[{at(i)}]")
        draft.numpy(f"here = {lines.view(x)}")
        lines.neighbour("left", x, -1)
        lines.neighbour("right", x, 1)
        if constant:
            main = draft.knob("main", 1.8, 3.0)
            off = draft.knob("off", -0.9, -0.3)
            draft.line(f"product = {main.warp()} * here + {off.warp()} * (left + right)")
            draft.numpy(f"product = {main.numpy()} * here + {off.numpy()} * (left + right)")
        else:
            low, main_name, up = bands
            draft.line(f"product = {low}[{at(i)}] * left + {main_name}[{at(i)}] * here + {up}[{at(i)}] * right")
            draft.numpy(f"product = {lines.view(low)} * left + {lines.view(main_name)} * here + {lines.view(up)} * right")
        name = "product"
        if rhs:
            name = "residual"
            draft.line(f"residual = {rhs}[{at(i)}] - product")
            draft.numpy(f"residual = {lines.view(rhs)} - product")
            if not constant and draw.chance(0.35):
                draft.line(f"residual = residual / {bands[1]}[{at(i)}]")
                draft.numpy(f"residual = residual / {lines.view(bands[1])}")
        norms = draw.choice(("none", "none", "squares", "largest", "energy")) if lines.layout != "flat" else "none"
        if norms != "none":
            total = draft.output(
                draft.name("norm_sq", "norm_out", "measure"), draft.real, 1 if lines.layout == "single" else "systems", role="accumulate"
            )
            slot = "0" if lines.layout == "single" else lines.system
            axis = "-1"
            kept = ", keepdims=True" if lines.layout == "single" else ""
            if norms == "squares":
                draft.line(f"wp.atomic_add({total}, {slot}, {name} * {name})")
                draft.numpy(f"{total} = np.sum({name} * {name}, axis={axis}{kept})")
            elif norms == "largest":
                draft.line(f"wp.atomic_max({total}, {slot}, wp.abs({name}))")
                draft.numpy(f"{total} = np.maximum(np.max(np.abs({name}), axis={axis}{kept}), 0.0)")
            else:
                draft.line(f"wp.atomic_add({total}, {slot}, here * {name})")
                draft.numpy(f"{total} = np.sum(here * {name}, axis={axis}{kept})")
        if norms == "none" or draw.chance(0.5):
            lines.finish(Variable(draft.real, draft.known(name, draft.real, -9.0, 9.0).range, name), ("residual_out", "r_out", *OUTS))
    kind = "residual" if rhs else "product"
    return draft.case(draw.choice((f"tridiagonal_{kind}", f"{kind}_of_lines", f"line_{kind}")), lines.equations, lines.sizes())


def build_banded(draw: Draw, draft: Draft) -> Case:
    """The product of a band matrix, stored by diagonals or rows, of known or told width, whole or symmetric, or its transpose."""
    reach = draw.choice((0, 2, 2, 3))
    by_rows = draw.chance(0.5)
    symmetric = draw.chance(0.3)
    transposed = not symmetric and draw.chance(0.3)
    i = draw.choice(("i", "row", "tid"))
    draft.reserve(i, "d", "j", "total", "full", "width", "at", "stored", "n")
    width: str | int = (reach + 1 if symmetric else 2 * reach + 1) if reach else ("reach + 1" if symmetric else "2 * reach + 1")
    bands = draft.array(draft.name("bands", "diagonals", "ab"), draft.real, *(("n", width) if by_rows else (width, "n")))
    x = draft.array(draft.name("x", "p", "v_in"), draft.real, "n")
    with draft.threads((i, "n", x, 0)):
        n = draft.extent("n", x)
        r = str(reach) if reach else draft.count(draft.name("half_width", "bandwidth"), size="reach")

        def entry(row: str, d: str) -> str:
            return f"{bands}[{row}, {d}]" if by_rows else f"{bands}[{d}, {row}]"

        draft.line(f"total = {draft.zero()}")
        if symmetric:
            draft.line(f"total += {entry(i, '0')} * {x}[{i}]")
            with draft.block(f"for d in range(1, {int(r) + 1 if reach else f'{r} + 1'}):"):
                with draft.block(f"if {i} + d < {n}:"):
                    draft.line(f"total += {entry(i, 'd')} * {x}[{i} + d]")
                with draft.block(f"if {i} >= d:"):
                    draft.line(f"total += {entry(f'{i} - d', 'd')} * {x}[{i} - d]")
        else:
            with draft.block(f"for d in range({2 * reach + 1 if reach else f'2 * {r} + 1'}):"):
                draft.line(f"j = {i} + d - {r}" if not transposed else f"j = {i} - d + {r}")
                with draft.block(f"if j >= 0 and j < {n}:"):
                    draft.line(f"total += {entry(i, 'd') if not transposed else entry('j', 'd')} * {x}[j]")
        draft.numpy(f"count, stored = len({x}), {bands if by_rows else f'{bands}.T'}", f"full = np.zeros((count, count), {x}.dtype)")
        if symmetric:
            draft.numpy(
                "for d in range(stored.shape[1]):",
                "    at = np.arange(max(count - d, 0))",
                "    full[at, at + d] = stored[at, d]",
                "    full[at + d, at] = stored[at, d]",
            )
        else:
            draft.numpy(
                "for d in range(stored.shape[1]):",
                "    at = np.arange(count)",
                "    j = at + d - stored.shape[1] // 2",
                "    at, j = at[(j >= 0) & (j < count)], j[(j >= 0) & (j < count)]",
                "    full[at, j] = stored[at, d]",
            )
        draft.numpy(f"total = full{'.T' if transposed else ''} @ {x}")
        value = draft.known("total", draft.real, -9.0, 9.0)
        finish(draft, value, OUTS, i, ("n",), linear=not reach, fields=FIELDS, parameters=PARAMETERS, share=0.8)
    sizes = [{"n": n, "reach": k} for n, k in zip(draw.sizes(120), (1, 2, 4), strict=True)]
    kind = "symmetric_band" if symmetric else "band"
    return draft.case(
        draw.choice((f"{kind}_product", f"{kind}_matvec", "pentadiagonal_product" if reach == 2 else f"{kind}_times_vector")), ["n"], sizes
    )


def build_blocks(draw: Draw, draft: Draft) -> Case:
    """Block-tridiagonal products, residuals and smoothing, with blocks of two or three as matrices, along one line or many."""
    k = draw.choice((2, 3, 3))
    mat, vec = matrix(draft.width, k), vector(draft.width, k)
    many = draw.chance(0.4)
    i = "i" if many else draw.choice(("i", "block", "tid"))
    draft.reserve("s", i, "here", "product", "residual", "total", "step", "n", "systems")
    extents = ("systems", "n") if many else ("n",)
    at = (lambda j: f"s, {j}") if many else (lambda j: j)
    names = draw.choice((("L", "D", "U"), ("lower", "diag", "upper"), ("left_block", "main_block", "right_block")))
    for name, shift in zip(names, (0.0, k + 2.0, 0.0), strict=True):
        draft.array(name, mat, *extents, domain=WellConditioned(shift) if shift else None)
    x = draft.array(draft.name("x", "u"), vec, *extents)
    goal = draw.choice(("product", "residual", "jacobi", "dot"))
    rhs = draft.array(draft.name("rhs", "f"), vec, *extents) if goal in ("residual", "jacobi") else ""
    axes = (("s", "systems", x, 0), (i, "n", x, 1)) if many else ((i, "n", x, 0),)
    zero = f"{vec.spelling}()"
    with draft.threads(*axes):
        n = draft.extent("n", x, 1 if many else 0)
        draft.line(f"here = {x}[{at(i)}]", f"product = {names[1]}[{at(i)}] @ here" if goal != "jacobi" else f"product = {zero}")
        for test, j, block in ((f"{i} > 0", f"{i} - 1", names[0]), (f"{i} + 1 < {n}", f"{i} + 1", names[2])):
            with draft.block(f"if {test}:"):
                draft.line(f"product += {block}[{at(i)}] @ {x}[{at(j)}]")
        times = "np.einsum('...ij,...j->...i', {}, {})"
        ax = "1" if many else "0"
        part = ":, " if many else ""
        draft.numpy(f"here, side = {x}, np.zeros_like({x}[{part}:1])")
        draft.numpy(
            f"before = np.concatenate([side, here[{part}:-1]], axis={ax})", f"after = np.concatenate([here[{part}1:], side], axis={ax})"
        )
        draft.numpy(f"product = {times.format(names[0], 'before')} + {times.format(names[2], 'after')}")
        if goal != "jacobi":
            draft.numpy(f"product = product + {times.format(names[1], 'here')}")
        name = "product"
        if goal in ("residual", "jacobi"):
            name = "residual"
            draft.line(f"residual = {rhs}[{at(i)}] - product")
            draft.numpy(f"residual = {rhs} - product")
        if goal == "jacobi":
            omega = draft.knob(draft.name("omega", "damping"), 0.4, 1.0)
            draft.line(f"step = wp.inverse({names[1]}[{at(i)}]) @ residual", f"residual = here + {omega.warp()} * (step - here)")
            draft.numpy(
                f"step = np.linalg.solve({names[1]}, residual[..., None])[..., 0]", f"residual = here + {omega.numpy()} * (step - here)"
            )
        elif goal == "dot" or draw.chance(0.3):
            slot, size = ("s", "systems") if many else ("0", "one")
            total = draft.output(draft.name("dot_out", "energy"), draft.real, size, role="accumulate")
            draft.line(f"wp.atomic_add({total}, {slot}, wp.dot(here, {name}))")
            draft.numpy(f"{total} = np.sum(here * {name}, axis={'(1, 2)' if many else 'None'}){'' if many else '.reshape(1)'}")
        if goal != "dot" or draw.chance(0.4):
            if goal != "jacobi" and draw.chance(0.5):
                gain = draft.knob(draft.name("dt", "gain"), 0.2, 1.5)
                sign = draw.choice(("-", "+"))
                draft.line(f"{name} = here {sign} {gain.warp()} * {name}")
                draft.numpy(f"{name} = here {sign} {gain.numpy()} * {name}")
            out = draft.output(draft.name(*OUTS, "x_new"), vec, *extents)
            draft.line(f"{out}[{at(i)}] = {name}")
            draft.numpy(f"{out} = {name}")
    sizes = [
        {"n": n, "systems": m, "one": 1} for n, m in zip((1, 7, draw.integer(17, 23)) if many else draw.sizes(100), (1, 3, 5), strict=True)
    ]
    return draft.case(draw.choice((f"block_tridiagonal_{goal}", f"block_{goal}", f"blocks_of_{k}")), extents, sizes)
