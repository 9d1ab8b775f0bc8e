"""Products of tiles: each block computes a tile of a matrix product, going along the inner dimension tile by tile.

Variants: operands as they are or transposed, batches, a matrix and a vector; accumulation by `wp.tile_matmul` with an output tile, by
`+=`, or a single product, scaled by `alpha` or not; a loop that is unrolled or of run-time length; drawn transforms of the operands'
tiles; an epilogue with bias row, residual and parameters; the result stored as it is, transposed, or added to what other blocks add (split
inner dimension).

What a loop of run-time length accumulated is used linearly: Warp's adjoint does not replay such a loop before what follows.
"""

from __future__ import annotations

from dataclasses import dataclass

from kernels.case import Case
from kernels.drafting.arguments import Sizes
from kernels.drafting.tiles import TileDraft
from kernels.draw import Draw
from kernels.language.expression import Expression, Variable
from kernels.language.interval import Interval

OPERANDS = (
    ("a", "b", "c"),
    ("lhs", "rhs", "out"),
    ("weights", "inputs", "outputs"),
    ("queries", "keys", "scores"),
    ("basis", "field", "modes"),
)
KNOBS = ("alpha", "gain", "scale", "slope")
MOST = 4
"""Most tiles along the inner dimension."""


@dataclass(frozen=True)
class _Plan:
    """The choices of one product: tile lengths m, n and k with their texts, indices, which operands are transposed, how the loop runs."""

    lengths: tuple[int, int, int]
    texts: tuple[str, str, str]
    row: str
    column: str
    batch: str
    step: str
    turned: tuple[bool, bool]
    count: int | None
    split: bool

    @property
    def shape(self) -> str:
        """The shape of a tile of the product, as the kernel's text."""
        return f"({self.texts[0]}, {self.texts[1]})"


def build(draw: Draw) -> Case:
    """One product of tiles."""
    draft = TileDraft(draw)
    names = draw.choice(OPERANDS)
    draft.reserve(*names)
    plan = _plan(draft)
    indices = [i for i in (plan.batch, plan.row, plan.column, plan.step if plan.split else "") if i]
    draft.line(f"{', '.join(indices)} = wp.tid()")
    total = _product(draft, plan, names)
    _store(draft, plan, names[2], _epilogue(draft, plan, total))
    dim = [e for e in ("batches" if plan.batch else "", "grid_rows", "grid_cols", "tiles" if plan.split else "") if e]
    verb = draw.choice(("matmul", "gemm", "product", "multiply"))
    suffix = "_batched" if plan.batch else "_split" if plan.split else draw.choice(("", "_tiled", "_tile"))
    return draft.finished(draft.free(f"{verb}{suffix}"), dim, _sizes(draw, plan))


def _plan(draft: TileDraft) -> _Plan:
    draw = draft.draw
    m, n, k = draw.choice((4, 8)), draw.choice((4, 8, 8)), draw.choice((4, 8))
    if draw.chance(0.15):
        n = 1
    names = draw.choice((("TILE_M", "TILE_N", "TILE_K"), ("BM", "BN", "BK")))
    texts = (draft.length(names[0], m), draft.length(names[1], n), draft.length(names[2], k))
    row, column = draw.choice((("i", "j"), ("bi", "bj"), ("tile_row", "tile_col")))
    draft.reserve(row, column)
    batch = draft.indices(("batch", "head", "s")) if draw.chance(0.2) else ""
    split = not batch and draw.chance(0.12)
    step = draft.indices(("k", "t", "step"))
    count = None if split or draw.chance(0.4) else draw.integer(1, 3)
    draft.tiles_have(f"({texts[0]}, {texts[1]})", m * n)
    return _Plan((m, n, k), texts, row, column, batch, step, (draw.chance(0.25), n > 1 and draw.chance(0.3)), count, split)


def _sizes(draw: Draw, plan: _Plan) -> list[Sizes]:
    m, n, k = plan.lengths
    result: list[Sizes] = []
    for rows, columns in ((1, 1), (draw.choice((2, 3)), 2), (draw.integer(3, 4), 3)):
        tiles = plan.count or draw.integer(1, MOST)
        grid = {"grid_rows": rows, "grid_cols": 1 if n == 1 else columns, "tiles": tiles, "batches": draw.integer(1, 3)}
        result.append({**grid, "m": rows * m, "n": grid["grid_cols"] * n, "inner": tiles * k})
    return result


def _operand(draft: TileDraft, plan: _Plan, name: str, which: int) -> Expression:
    """Loads the present tile of the left (0) or right (1) operand, perhaps transforms it, and turns it if it is stored transposed."""
    draw = draft.draw
    k_text, k_offset = plan.texts[2], f"{plan.step} * {plan.texts[2]}" if plan.count != 1 else "0"
    outer_text = plan.texts[which]
    outer_offset = f"{(plan.row, plan.column)[which]} * {outer_text}"
    inner_last = (which == 0) != plan.turned[which]
    shape = (outer_text, k_text) if inner_last else (k_text, outer_text)
    offset = (outer_offset, k_offset) if inner_last else (k_offset, outer_offset)
    extent = ("m", "n")[which]
    extents = (extent, "inner") if inner_last else ("inner", extent)
    draft.array(name, draft.real, *(("batches",) if plan.batch else ()), *extents)
    tile = draft.free(f"{name}_tile")
    place = f"{name}[{plan.batch}]" if plan.batch else name
    call = f"wp.tile_load({place}, shape=({', '.join(shape)}), offset=({', '.join(offset)}){draft.storage()})"
    value = draft.loaded(tile, call, name, draft.real, -1.0, 1.0)
    if draw.chance(0.3):
        inputs: list[Expression] = [value]
        if draw.chance(0.5):
            inputs.append(draft.knob(draft.name("temperature", "sharpness", "shift", "width"), 0.3, 1.5))
        value = draft.drawn_tile(draft.free(f"{name}_mapped"), inputs, Interval(-4.0, 4.0))
    if not plan.turned[which]:
        return value
    turned = draft.free(f"{name}_turned")
    draft.line(f"{turned} = wp.tile_transpose({value.name})")
    draft.numpy(f"{turned} = np.swapaxes({value.name}, -1, -2)")
    return draft.whole(turned, draft.real, value.range.low, value.range.high)


def _product(draft: TileDraft, plan: _Plan, names: tuple[str, str, str]) -> Variable:
    """The sum over the inner dimension, as a tile."""
    draw = draft.draw
    total = draft.name("acc", "total", "accum", "result_tile")
    bound = MOST * plan.lengths[2] * 16.0
    if plan.count == 1 or plan.split:
        left, right = _operand(draft, plan, names[0], 0), _operand(draft, plan, names[1], 1)
        factor = draw.choice((0.5, 0.25, 2.0, 0.1)) if draw.chance(0.35) else None
        scaled = f", alpha={draft.number(factor)}" if factor else ""
        draft.line(f"{total} = wp.tile_matmul({left.warp()}, {right.warp()}{scaled})")
        draft.numpy(f"{total} = {f'{factor} * ' if factor else ''}({left.numpy()} @ {right.numpy()})")
    else:
        form = draw.choice(("positional", "positional", "keyword", "plus"))
        draft.line(f"{total} = wp.tile_zeros(shape={plan.shape}, dtype={draft.real.spelling}{draft.storage()})")
        stop = str(plan.count) if plan.count else draft.name("tiles", "steps", "num_tiles")
        if not plan.count:
            draft.count(stop, "tiles")
        with draft.block(f"for {plan.step} in range({stop}):"):
            left, right = _operand(draft, plan, names[0], 0), _operand(draft, plan, names[1], 1)
            pair = f"{left.warp()}, {right.warp()}"
            if form == "plus":
                draft.line(f"{total} += wp.tile_matmul({pair})")
            else:
                draft.line(f"wp.tile_matmul({pair}, {'out=' if form == 'keyword' else ''}{total})")
        draft.numpy(f"{total} = {left.numpy()} @ {right.numpy()}")
    return draft.whole(total, draft.real, -bound, bound)


def _epilogue(draft: TileDraft, plan: _Plan, total: Variable) -> Variable:
    """What is done with the finished product: bias, residual, parameters; linear after a loop of run-time length or a split sum."""
    draw = draft.draw
    if plan.split:
        return total
    fields: list[Expression] = []
    if plan.lengths[1] > 1 and draw.chance(0.4):
        bias, line = draft.name("bias", "shift_row", "offsets"), draft.name("bias_line", "row_line")
        draft.array(bias, draft.real, "n")
        text = plan.texts[1]
        draft.line(f"{line} = wp.tile_load({bias}, shape={text}, offset={plan.column} * {text}{draft.storage()})")
        spread = draft.free(f"{bias}_tile")
        draft.line(f"{spread} = wp.tile_broadcast({line}, shape={plan.shape})")
        draft.numpy(f"{spread} = {bias}")
        fields.append(draft.whole(spread, draft.real, -1.0, 1.0))
    if draw.chance(0.4):
        name = draft.name("residual", "previous", "target")
        draft.array(name, draft.real, *(("batches",) if plan.batch else ()), "m", "n")
        place = f"{name}[{plan.batch}]" if plan.batch else name
        offset = f"({plan.row} * {plan.texts[0]}, {plan.column} * {plan.texts[1]})"
        call = f"wp.tile_load({place}, shape={plan.shape}, offset={offset}{draft.storage()})"
        fields.append(draft.loaded(draft.free(f"{name}_tile"), call, name, draft.real, -1.0, 1.0))
    knobs = [draft.knob(draft.name(*KNOBS), 0.2, 1.5)] if draw.chance(0.4) else []
    name = draft.name("activated", "response", "finished", "mixed")
    if plan.count:
        if not fields and not knobs and draw.chance(0.3):
            return total
        return draft.drawn_tile(name, [total, *fields, *knobs])
    value = total
    if knobs:
        draft.scope.update(total=total, factor=knobs[0])
        value = draft.tile(draft.name("weighted", "scaled"), draw.choice(("total * factor", "factor * total", "total / factor")))
    if fields:
        addend = draft.drawn_tile(draft.name("addend", "base"), fields) if len(fields) > 1 or draw.chance(0.5) else fields[0]
        draft.scope.update(value=value, addend=addend)
        value = draft.tile(name, draw.choice(("value + addend", "value - addend", "addend - value")))
    return value


def _store(draft: TileDraft, plan: _Plan, out: str, final: Variable) -> None:
    draw = draft.draw
    m_text, n_text, _ = plan.texts
    first, last = f"{plan.row} * {m_text}", f"{plan.column} * {n_text}"
    turned = not plan.split and draw.chance(0.12)
    extents = ("n", "m") if turned else ("m", "n")
    draft.output(out, draft.real, *(("batches",) if plan.batch else ()), *extents, role="accumulate" if plan.split else "output")
    place = f"{out}[{plan.batch}]" if plan.batch else out
    tile = f"wp.tile_transpose({final.name})" if turned else final.name
    offset = f"({last}, {first})" if turned else f"({first}, {last})"
    draft.line(f"wp.tile_{'atomic_add' if plan.split else 'store'}({place}, {tile}, offset={offset})")
    draft.numpy(f"{out} = {f'np.swapaxes({final.name}, -1, -2)' if turned else final.name}")
