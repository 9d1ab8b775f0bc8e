"""What kernels on vectors and matrices of many shapes share: launch sizes, and what becomes of a finished vector or matrix."""

from __future__ import annotations

from kernels.drafting.mirror.draft import MirrorDraft
from kernels.drafting.mirror.steps import stored
from kernels.draw import Draw


def sizes(draw: Draw, largest: int = 110) -> list[dict[str, int]]:
    """The launches' sizes: `n` threads, fewer `nodes`, a `table`."""
    return [{"n": n, "nodes": n // 2 + 4, "table": 8, "one": 1} for n in draw.sizes(largest)]


def summed(draft: MirrorDraft, share: float = 0.15) -> float:
    """How often a sum over all threads is kept beside a number: never in half precision, which would lose it."""
    return 0.0 if draft.width == "float16" else share


def kept_vector(draft: MirrorDraft, v: str, length: int, bound: float, index: str, names: tuple[str, ...]) -> None:
    """Stores the vector `v` of `length` real components, or a number made of it."""
    draw = draft.draw
    # Half precision is too coarse to tell the largest of many components from the next.
    way = draw.weighted(("whole", "norm", "dot", "part", "extreme"), (6, 1, 2, 1, 0 if draft.width == "float16" else 1))
    if way == "whole":
        out = draft.result(draft.name(*names), f"vec{length}", "n")
        draft.code(f"{out}[{index}] = {draw.choice((v, v, f'{v} / (1.0 + wp.dot({v}, {v}))', f'{v} * 0.5'))}")
        return
    local = draft.name("measure", "value", "scalar_part", "amount")
    if way == "norm":
        draft.code(f"{local} = wp.{draw.choice(('length', 'length_sq', 'norm_l2'))}({v})")
    elif way == "dot":
        weights = draft.field(draft.name("probe", "readout", "direction"), f"vec{length}", "n")
        draft.code(f"{local} = wp.dot({v}, {weights}[{index}])")
    elif way == "part":
        a, b = draw.subset(range(length), 2)
        draft.code(f"{local} = {v}[{a}] {draw.choice(('+', '-', '*'))} {v}[{b}]")
    else:
        draft.code(f"{local} = wp.max({v}) {draw.choice(('-', '+'))} 0.5 * wp.min({v})")
    stored(
        draft, local, "float", length * bound * bound + bound, index, ["n"], ("measure_out", "value_out", "scalar_out"), total=summed(draft)
    )


def kept_matrix(
    draft: MirrorDraft, m: str, rows: int, columns: int, bound: float, index: str, names: tuple[str, ...], *, rotation: bool = False
) -> None:
    """Stores the real matrix `m`, or a vector or number made of it; of a `rotation`, none that is the same for all."""
    draw = draft.draw
    square = rows == columns
    weights = (5, 3, 1 if square else 0, 1, 0 if rotation else 1, 1 if square else 0)
    way = draw.weighted(("whole", "product", "trace", "row", "norm", "diagonal"), weights)
    if way == "whole":
        out = draft.result(draft.name(*names), f"mat{rows}{columns}", "n")
        draft.code(f"{out}[{index}] = {draw.choice((m, m, f'{m} * 0.5', f'2.0 * {m}'))}")
    elif way == "product":
        array = draft.field(draft.name("rhs", "u_in", "multiplier"), f"vec{columns}", "n")
        local = draft.name("applied", "image", "product")
        draft.code(f"{local} = {m} @ {array}[{index}]")
        kept_vector(draft, local, rows, columns * bound, index, ("product_out", "applied_out"))
    elif way == "row":
        local = draft.name("line", "slice_of")
        if draw.chance(0.5):
            draft.code(f"{local} = {m}[{draw.integer(0, rows - 1)}]")
            kept_vector(draft, local, columns, bound, index, ("row_out", "line_out"))
        else:
            draft.code(f"{local} = {m}[:, {draw.integer(0, columns - 1)}]")
            kept_vector(draft, local, rows, bound, index, ("column_out", "line_out"))
    elif way == "diagonal":
        local = draft.name("diagonal", "spectrum")
        draft.code(f"{local} = wp.get_diag({m})")
        kept_vector(draft, local, rows, bound, index, ("diagonal_out", "diag_out"))
    else:
        local = draft.name("invariant", "measure", "scalar_part")
        draft.code(f"{local} = {f'wp.trace({m})' if way == 'trace' else f'wp.ddot({m}, {m})'}")
        stored(
            draft,
            local,
            "float",
            rows * columns * bound * bound,
            index,
            ["n"],
            ("invariant_out", "norm_out", "scalar_out"),
            total=summed(draft),
        )
