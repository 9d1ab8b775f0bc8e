"""Tiles of random numbers by `wp.tile_randf` and `wp.tile_randi`, compared bit for bit with a port of Warp's generator.

Variants: dropout and noise, uniform and normal, stochastic rounding, random signs and projections, shuffled and bootstrapped reads by
random indices, Monte Carlo sums over several draws, choices between two tiles, steps that are accepted at random, raw bits. One state per
block or several, lines and panels, ranges given or not, drawn formulas before and after. The numbers depend on how many threads a block
has, which is one on the CPU; the reference is told. Gradients pass by what is random.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.tile_grid import Shape, Tile, TileGrid
from kernels.drafting.tiles import TileDraft
from kernels.draw import Draw
from kernels.families.tile_random.streams import Streams
from kernels.language.expression import Expression
from kernels.language.types import I32

KNOBS = ("gain", "strength", "rate", "mix", "level", "slope")


def build(draw: Draw) -> Case:
    """One kernel with random tiles."""
    form = draw.weighted([form for form, _ in _FORMS], [weight for _, weight in _FORMS])
    return form(draw)


def _begin(draw: Draw, differentiable: float = 0.85) -> tuple[TileDraft, TileGrid, Streams]:
    # Warp draws numbers of 32 bits.
    draft = TileDraft(draw, width="float32", differentiable=draw.chance(differentiable))
    grid = TileGrid(draft)
    return draft, grid, Streams(grid)


def _shape(grid: TileGrid) -> Shape:
    draw = grid.draft.draw
    if draw.chance(0.3):
        return (*grid.shape(ROWS=draw.choice((2, 3, 4))), *grid.shape(COLS=draw.choice((8, 12, 16))))
    return grid.shape(N=draw.choice((8, 16, 24, 32, 48, 64)))


def _knobs(grid: TileGrid, chance: float) -> list[Expression]:
    draft = grid.draft
    return [draft.knob(draft.name(*KNOBS), 0.2, 1.5)] if draft.draw.chance(chance) else []


def _loaded(grid: TileGrid, shape: Shape, *names: str, prepared: float = 0.4) -> Tile:
    draft, draw = grid.draft, grid.draft.draw
    tile = grid.load(draft.name(*names), shape)
    if not draw.chance(prepared):
        return tile
    return grid.drawn(draft.free(f"{tile.name}_mapped"), [tile], _knobs(grid, 0.5), bound=30.0)


def _finished(grid: TileGrid, kernel: str, tile: Tile, others: Sequence[Tile] = (), *, share: float = 0.5) -> Case:
    draft, draw = grid.draft, grid.draft.draw
    if tile.value.type is draft.real and draw.chance(share):
        same = [t for t in others if t.numbers == tile.numbers and draw.chance(0.5)]
        tile = grid.drawn(draft.name("finished", "response", "final", "shown"), [tile, *same], _knobs(grid, 0.5), bound=1e3)
    grid.store(draft.name("out", "result", "dst", "noisy_out"), tile)
    return grid.finished(kernel, "_tiled", "_tile", "_block")


def _dropout(draw: Draw) -> Case:
    """Elements dropped at random and the others scaled, or each chosen from one of two tiles."""
    draft, grid, streams = _begin(draw)
    shape = _shape(grid)
    tile = _loaded(grid, shape, "x", "activations", "hidden")
    u = streams.reals(draft.name("u", "mask_draw", "chance"), streams.generator(), shape)
    keep = round(draw.real(0.3, 0.9) + 0.003, 3)
    draft.scope.update(x=tile.value, u=u.value)
    if draw.chance(0.35):
        other = _loaded(grid, shape, "y", "noise_source", "partner")
        draft.scope["y"] = other.value
        made = grid.formula(draft.name("chosen", "crossed"), f"where(u < {keep}, x, y)", shape)
        return _finished(grid, draw.choice(("crossover", "random_choice", "mix_rows")), made, [tile])
    scale = round(1.0 / keep, 4)
    text = draw.choice((f"where(u < {keep}, x * {scale}, 0.0)", f"where(u < {keep}, x, 0.0)", f"x * where(u < {keep}, {scale}, 0.1)"))
    made = grid.formula(draft.name("dropped", "kept", "thinned"), text, shape)
    return _finished(grid, draw.choice(("dropout", "thin_out", "random_mask")), made, [tile])


def _noise(draw: Draw) -> Case:
    """Noise added to a tile: uniform, between bounds, triangular, or normal by Box and Muller."""
    draft, grid, streams = _begin(draw)
    shape = _shape(grid)
    tile = _loaded(grid, shape, "x", "signal", "positions")
    kind = draw.choice(("uniform", "bounded", "triangular", "normal"))
    first = streams.generator("rng", "state_a")
    if kind == "bounded":
        low, high = draw.choice(((-1.0, 1.0), (-0.5, 0.5), (0.25, 2.0), (-3.0, -1.0)))
        noise = streams.reals(draft.name("noise", "jitter"), first, shape, low, high)
    else:
        a = streams.reals(draft.name("u", "a"), first, shape)
        draft.scope["a"] = a.value
        if kind == "uniform":
            text = draw.choice(("2.0 * a - 1.0", "a - 0.5"))
        else:
            b = streams.reals(draft.name("v", "b"), streams.generator("rng_b", "state_b"), shape)
            draft.scope["b"] = b.value
            normal = "sqrt(-2.0 * log(0.05 + 0.9 * a)) * cos(6.2831853 * b)"
            text = "a + b - 1.0" if kind == "triangular" else normal
        noise = grid.formula(draft.name("noise", "jitter", "perturbation"), text, shape)
    draft.scope.update(x=tile.value, noise=noise.value, sigma=draft.knob(draft.name("sigma", "amplitude"), 0.05, 0.5))
    text = draw.choice(("x + sigma * noise", "x * (1.0 + sigma * noise)", "x - noise * sigma", "x + noise"))
    made = grid.formula(draft.name("noisy", "perturbed", "jittered"), text, shape)
    return _finished(grid, draw.choice(("add_noise", "jitter", "perturb")), made, [tile])


def _rounding(draw: Draw) -> Case:
    """Values rounded up or down at random, in proportion to how near they are; or integers thrown at random."""
    draft, grid, streams = _begin(draw, 0.0)
    shape = _shape(grid)
    if draw.chance(0.5):
        tile = grid.load(draft.name("x", "gradients", "levels_in"), shape)
        u = streams.reals(draft.name("u", "threshold"), streams.generator(), shape)
        levels = draw.choice((8.0, 16.0, 127.0))
        draft.scope.update(x=tile.value, u=u.value)
        rounded = grid.formula(draft.name("rounded", "quantized"), f"floor(x * {levels} + u)", shape)
        if draw.chance(0.5):
            rounded = grid.formula(draft.free("restored"), f"{rounded.name} / {levels}", shape)
        return _finished(grid, draw.choice(("stochastic_rounding", "quantize_noisy")), rounded, [tile])
    sides, start = draw.choice((2, 6, 10, 100)), draw.choice((0, 1, -5))
    thrown = streams.integers(draft.name("thrown", "dice", "picks"), streams.generator(), shape, start, start + sides)
    base = grid.load(draft.name("base", "counts", "levels"), shape, 0, 50, type=I32, domain=Integers(0, 51))
    value = draft.drawn_tile(draft.name("mixed", "moved"), [thrown.value, base.value], type=I32)
    if draw.chance(0.5):
        grid.store(draft.name("thrown_out", "dice_out"), thrown)
    return _finished(grid, draw.choice(("throw_dice", "random_steps")), Tile(value, shape))


def _bits(draw: Draw) -> Case:
    """Raw random integers: stored, masked, or joined with codes by their bits."""
    draft, grid, streams = _begin(draw, 0.0)
    shape = _shape(grid)
    raw = streams.integers(draft.name("raw", "word", "random_bits"), streams.generator(), shape)
    codes = grid.load(draft.name("codes", "salts", "keys"), shape, 0, 4000, type=I32, domain=Integers(0, 4000))
    function = draft.free(draw.choice(("mix_bits", "scramble", "masked_code")))
    mask = draw.choice((255, 1023, 65535, 7))
    body = draw.choice((f"(word ^ code) & {mask}", f"(word & {mask}) + code", f"((word >> 8) & {mask}) ^ code", f"code | (word & {mask})"))
    draft.definitions.append(["@wp.func", f"def {function}(word: int, code: int) -> int:", f"    return {body}"])
    draft.reference_function(function, ["word", "code"], [f"return {body}"])
    made = grid.named(
        draft.name("mixed", "scrambled"),
        shape,
        f"wp.tile_map({function}, {raw.name}, {codes.name})",
        f"{function}({raw.name}, {codes.numpy})",
        0.0,
        2.0**17,
        I32,
    )
    if draw.chance(0.4):
        grid.store(draft.name("raw_out", "words_out"), raw)
    return _finished(grid, draw.choice(("mask_bits", "salt_codes", "scramble_codes")), made)


def _bootstrap(draw: Draw) -> Case:
    """Elements of a table read at random places, and made use of: samples with replacement, negative samples, random pairs."""
    draft, grid, streams = _begin(draw)
    n = grid.shape(N=draw.choice((8, 16, 24, 32)))
    size = draw.choice((10, 17, 32))
    places = streams.integers(draft.name("places", "picks", "sampled_ids"), streams.generator(), n, 0, size)
    table = draft.name("table", "population", "samples_in", "rewards")
    draft.array(table, draft.real, size)
    drawn = grid.named(
        draft.name("drawn", "sampled", "resampled"),
        n,
        f"wp.tile_load_indexed({table}, indices={places.name}, shape=({n[0].text},){draft.storage()})",
        f"{table}[{places.name}]",
        -1.0,
        1.0,
    )
    own = [_loaded(grid, n, "weights", "own", "query")] if draw.chance(0.6) else []
    made = grid.drawn(draft.name("joined", "compared", "scored"), [drawn, *own], _knobs(grid, 0.4), bound=30.0)
    if draw.chance(0.4):
        bound = made.size * made.magnitude
        total = grid.number(draft.name("total", "estimate"), 1, f"wp.tile_sum({made.name})", grid.sum_text(made.name, made), -bound, bound)
        share = draft.number(round(1.0 / made.size, 6))
        mean = draft.tile(draft.free("mean"), f"{total.name} * {round(1.0 / made.size, 6)}") if share else total.value
        grid.store_number(draft.name("out", "estimates", "means"), Tile(mean, total.shape))
        return draft.finished(draft.free(draw.choice(("bootstrap_mean", "resample_sum"))), grid.dim, grid.sizes())
    return _finished(grid, draw.choice(("bootstrap", "negative_sampling", "random_pairs")), made, own)


def _monte_carlo(draw: Draw) -> Case:
    """A drawn function of random points added up over several draws: an integral for each block, with the block's own parameters."""
    draft, grid, streams = _begin(draw, 0.8)
    n = grid.shape(N=draw.choice((16, 32, 64)))
    rounds = draw.integer(1, 3)
    own = _loaded(grid, n, "offsets_tile", "centres", "own", prepared=0.2)
    low, high = draw.choice(((0.0, 1.0), (-1.0, 1.0), (0.5, 2.0)))
    total: Tile | None = None
    for number in range(rounds):
        rng = streams.generator(f"rng{number}", offset=str(number))
        points = streams.reals(draft.free(f"points{number}"), rng, n, *(() if (low, high) == (0.0, 1.0) else (low, high)))
        value = grid.drawn(draft.free(f"height{number}"), [points, own], _knobs(grid, 0.3), bound=30.0)
        total = value if total is None else grid.formula(draft.free(f"sum{number}"), f"{total.name} + {value.name}", n)
    assert total is not None
    if draw.chance(0.5):
        bound = total.size * total.magnitude
        whole = grid.number(
            draft.name("integral", "estimate"), 1, f"wp.tile_sum({total.name})", grid.sum_text(total.name, total), -bound, bound
        )
        draft.scope["whole"] = whole.value
        mean = draft.tile(draft.free("mean"), f"whole / {float(total.size * rounds)}")
        grid.store_number(draft.name("out", "integrals", "estimates"), Tile(mean, whole.shape))
        return draft.finished(draft.free(draw.choice(("integrate", "monte_carlo", "estimate"))), grid.dim, grid.sizes())
    return _finished(grid, draw.choice(("accumulate_samples", "average_draws")), total, [own])


def _signs(draw: Draw) -> Case:
    """Random signs: a projection of each block's values on a random direction, or values flipped at random."""
    draft, grid, streams = _begin(draw)
    shape = _shape(grid)
    tile = _loaded(grid, shape, "x", "features", "vector")
    side = streams.integers(draft.name("side", "coin", "flip"), streams.generator(), shape, 0, 2)
    function = draft.free(draw.choice(("sign_of", "as_sign", "coin_sign")))
    draft.definitions.append(["@wp.func", f"def {function}(side: int) -> float:", "    return wp.where(side == 0, -1.0, 1.0)"])
    signs = grid.named(
        draft.name("signs", "directions"),
        shape,
        f"wp.tile_map({function}, {side.name})",
        f"np.where({side.name} == 0, f32(-1.0), f32(1.0))",
        -1.0,
        1.0,
    )
    if draw.chance(0.5) and len(shape) == 1:
        bound = tile.size * tile.magnitude
        call = draw.choice((f"wp.tile_dot({tile.name}, {signs.name})", f"wp.tile_sum({tile.name} * {signs.name})"))
        number = grid.number(draft.name("sketch", "projection"), 1, call, grid.sum_text(f"{tile.name} * {signs.name}", tile), -bound, bound)
        value = draft.drawn_tile(draft.free("scaled"), [number.value, *_knobs(grid, 1.0)]) if draw.chance(0.5) else number.value
        grid.store_number(draft.name("out", "sketches"), Tile(value, number.shape))
        return draft.finished(draft.free(draw.choice(("random_projection", "sketch"))), grid.dim, grid.sizes())
    made = grid.drawn(draft.name("flipped", "signed"), [tile, signs], _knobs(grid, 0.4), bound=60.0)
    return _finished(grid, draw.choice(("random_flip", "hadamard_signs")), made, [tile])


def _annealing(draw: Draw) -> Case:
    """A proposed step taken where it is downhill, or uphill at random: Metropolis' rule, with a function of one's own for the energy."""
    draft, grid, streams = _begin(draw, 0.8)
    shape = _shape(grid)
    state = grid.load(draft.name("state", "angles", "spins_in"), shape)
    step = streams.reals(draft.name("step", "proposal"), streams.generator("rng", "propose_rng"), shape, -0.5, 0.5)
    u = streams.reals(draft.name("u", "luck"), streams.generator("accept_rng", "rng_u"), shape)
    draft.scope.update(s=state.value, d=step.value, u=u.value, beta=draft.knob(draft.name("beta", "inv_temperature"), 0.3, 1.5))
    moved = grid.formula(draft.name("moved", "proposed"), "s + d", shape)
    draft.scope["m"] = moved.value
    energy = draw.choice(("m * m - s * s", "cos(s) - cos(m)", "0.5 * (m * m * m * m - s * s * s * s)", "sin(m) - sin(s)"))
    change = grid.bounded(grid.formula(draft.name("change", "delta_energy"), energy, shape), -2.6, 2.6)
    draft.scope["change"] = change.value
    taken = grid.formula(draft.name("taken", "next_state"), "where(u < exp(-beta * change), m, s)", shape)
    return _finished(grid, draw.choice(("metropolis", "anneal", "accept_steps")), taken, [state])


_FORMS: tuple[tuple[Callable[[Draw], Case], float], ...] = (
    (_dropout, 2.0),
    (_noise, 2.5),
    (_rounding, 1.5),
    (_bits, 1.0),
    (_bootstrap, 2.0),
    (_monte_carlo, 2.0),
    (_signs, 1.5),
    (_annealing, 1.5),
)
