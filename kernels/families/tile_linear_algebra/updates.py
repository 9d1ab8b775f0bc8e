"""Scaled sums in place by `wp.tile_axpy`, on tiles of numbers and of vectors, and products in mixed precision."""

from __future__ import annotations

from collections.abc import Callable

from kernels.case import Case
from kernels.drafting.tile_grid import Tile, TileGrid, shape_text
from kernels.drafting.tiles import TileDraft
from kernels.draw import Draw
from kernels.families.tile_linear_algebra.matrices import transposed
from kernels.families.tile_linear_algebra.steps import begin, finished, knobs, loaded, prepared
from kernels.language.expression import Expression, Literal, literal
from kernels.language.types import F16, F32, F64, Type

_LENGTHS = (8, 16, 24, 32, 64)


def _axpy(grid: TileGrid, alpha: Expression, source: Tile, target: Tile) -> Tile:
    """Adds `alpha` times `source` to `target`, in place."""
    draft = grid.draft
    draft.line(f"wp.tile_axpy({alpha.warp()}, {source.name}, {target.name})")
    draft.numpy(f"{target.name} = {target.name} + {alpha.numpy()} * {source.name}")
    bound = target.magnitude + source.magnitude * alpha.range.magnitude
    return grid.bounded(target, -bound, bound)


def optimizer_step(draw: Draw) -> Case:
    """A step of gradient descent with momentum, decay or both, on parameters in tiles."""
    half = draw.chance(0.55)
    draft, grid = begin(draw, 0.8, half=half)
    rows = draw.choice((None, 2, 4))
    shape = grid.shape(N=draw.choice(_LENGTHS)) if rows is None else (*grid.shape(M=rows), *grid.shape(N=draw.choice((8, 16))))
    gradient = loaded(grid, draft.name("grad", "gradient", "g"), shape, half=half)
    gradient = prepared(grid, gradient) if draw.chance(0.4) else gradient
    weights = grid.load(draft.name("weights", "params_tile", "w"), shape)
    rate = draft.knob(draft.name("lr", "step_size", "eta"), 0.05, 0.3)
    if draw.chance(0.4):
        # Decay is applied before the step; the product makes a new tile.
        decay = draft.knob(draft.name("decay", "shrink"), 0.8, 0.99)
        draft.scope["decay"] = decay
        weights = grid.formula(draft.free("decayed"), f"{weights.name} * decay", shape)
    if draw.chance(0.6):
        momentum = grid.load(draft.name("momentum", "velocity", "m"), shape)
        mu = draft.knob(draft.name("mu", "beta", "inertia"), 0.5, 0.95)
        draft.scope["mu"] = mu
        slowed = grid.formula(draft.free("slowed"), f"{momentum.name} * mu", shape)
        gradient = _axpy(grid, literal(draw.choice((1.0, 0.5, 0.1)), draft.real), gradient, slowed)
        grid.store(draft.name("momentum_out", "velocity_out"), gradient)
    if isinstance(rate, Literal):
        alpha: Expression = literal(-rate.value, draft.real)
    else:
        draft.scope["rate"] = rate
        alpha = draft.let(draft.free("alpha"), "-rate")
    result = _axpy(grid, alpha, gradient, weights)
    return finished(grid, draw.choice(("sgd_step", "momentum_step", "descend", "update_weights")), result, [])


def advance(draw: Draw) -> Case:
    """Positions moved along by velocities, and the energy that the vectors have, on tiles of vectors."""
    draft = TileDraft(draw, differentiable=draw.chance(0.8))
    grid = TileGrid(draft, axes=1)
    kind = draft.vector
    shape = grid.shape(N=draw.choice(_LENGTHS))
    velocity = grid.load(draft.name("vel", "velocity", "v"), shape, type=kind)
    position = grid.load(draft.name("pos", "position", "x"), shape, type=kind)
    step = draft.knob(draft.name("dt", "step_size"), 0.05, 0.3)
    if draw.chance(0.6):
        force = grid.load(draft.name("force", "acceleration", "f"), shape, type=kind)
        factor = draft.knob(draft.name("inv_mass", "response", "gain"), 0.3, 1.5)
        velocity = _axpy(grid, factor, force, velocity)
        grid.store(draft.name("vel_out", "velocities_out"), velocity)
    position = _axpy(grid, step, velocity, position)
    grid.store(draft.name("pos_out", "positions_out"), position)
    if draw.chance(0.6):
        call, numpy, word = draw.choice(
            (
                (f"wp.tile_dot({velocity.name}, {velocity.name})", f"np.sum({velocity.name} * {velocity.name}, axis=(-2, -1))", "energy"),
                (f"wp.tile_dot({position.name}, {velocity.name})", f"np.sum({position.name} * {velocity.name}, axis=(-2, -1))", "virial"),
            )
        )
        number = grid.number(draft.free(word), 1, call, f"{numpy}[..., None]", -1e3, 1e3)
        scaled = draft.drawn_tile(draft.free(f"scaled_{word}"), [number.value, *knobs(grid, 1.0)]) if draw.chance(0.5) else number.value
        grid.store_number(draft.name("energies", "work_out"), Tile(scaled, number.shape))
    elif draw.chance(0.5):
        total = draft.free("momentum_sum")
        draft.line(f"{total} = wp.tile_sum({velocity.name})")
        draft.numpy(f"{total} = np.sum({velocity.name}, axis=-2, keepdims=True)")
        grid.store_number(draft.name("momenta", "drifts"), Tile(draft.number_of(total, kind, -1e3, 1e3), grid.number_shape(1)))
    return draft.finished(draft.free(draw.choice(("advance", "integrate", "drift_kick", "move_particles"))), grid.dim, grid.sizes())


_PRECISIONS: tuple[tuple[Type, Type], ...] = ((F16, F32), (F16, F32), (F32, F64), (F16, F16), (F16, F64))


def mixed_precision(draw: Draw) -> Case:
    """A product of matrices accumulated in a tile of another precision than they have, and converted as a whole."""
    narrow, wide = draw.choice(_PRECISIONS)
    draft, grid = begin(draw, 0.7, half=narrow is F16, width=wide.name)
    m, k, n = draw.choice((3, 4, 8)), draw.choice((4, 6, 8)), draw.choice((3, 4, 8))
    rows, inner, columns = grid.shape(M=m)[0], grid.shape(K=k)[0], grid.shape(N=n)[0]
    left = grid.load(draft.name("a", "lhs", "weights"), (rows, inner), type=narrow)
    flip = draw.chance(0.4)
    right = grid.load(draft.name("b", "rhs", "inputs"), (columns, inner) if flip else (inner, columns), type=narrow)
    b = transposed(grid, right, fresh=True) if flip else right
    total = draft.name("acc", "total", "accumulated")
    alpha = draw.choice((1.0, 1.0, 0.5))
    scale = f", alpha={draft.number(alpha)}" if alpha != 1.0 else ""
    draft.line(f"{total} = wp.tile_zeros(shape={shape_text((rows, columns))}, dtype={wide.spelling}{draft.storage()})")
    draft.line(f"wp.tile_matmul({left.name}, {b.warp}, {total}{scale})")
    # Every operand is exact in the wider precision.
    numpy = f"{left.numpy}.astype({draft.precision}) @ {b.numpy}.astype({draft.precision})"
    draft.numpy(f"{total} = {numpy if alpha == 1.0 else f'{alpha} * ({numpy})'}")
    result = Tile(draft.whole(total, wide, -float(k), float(k)), (rows, columns))
    if narrow is not wide and draw.chance(0.7):
        rounded = draft.free("narrowed")
        draft.line(f"{rounded} = wp.tile_astype({total}, dtype={narrow.spelling})")
        draft.numpy(f"{rounded} = {total}")
        grid.store(draft.name("narrow_out", "half_out"), Tile(draft.whole(rounded, narrow, -float(k), float(k)), result.shape))
    return finished(grid, draw.choice(("mixed_matmul", "widened_product", "half_gemm")), result, [])


FORMS: tuple[tuple[Callable[[Draw], Case], float], ...] = ((optimizer_step, 4.5), (advance, 4.0), (mixed_precision, 4.5))
"""The algorithms of this module, and how often each comes."""
