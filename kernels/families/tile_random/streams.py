"""Tiles of random numbers, bit for bit: which thread draws which element, and what it draws.

After `native/tile.h` of Warp: each thread of a block hashes the generator's state plus its own number into a stream of its own, and fills
every element whose place in the line is its number modulo the block's size, one draw after the other. So the numbers depend on how many
threads the block has, which the reference is told.
"""

from __future__ import annotations

from kernels.drafting.tile_grid import Shape, Tile, TileGrid, shape_text, sizes_of
from kernels.families.monte_carlo.random_port import port
from kernels.language.expression import Variable
from kernels.language.types import I32

_DRAWS = [
    "place = np.arange(size)",
    "state = pcg(np.asarray(rng, np.uint32)[..., None] + (place % block_dim).astype(np.uint32))",
    "for turn in range((size - 1) // block_dim + 1):",
    "    state = np.where(turn <= place // block_dim, pcg(state), state)",
    "return state",
]
"""The state after the draw of each element of a tile, the elements along the last axis."""


class Streams:
    """The random tiles of one draft, whose kernel is told a seed."""

    def __init__(self, grid: TileGrid) -> None:
        self.grid, self.draft = grid, grid.draft
        draft = self.draft
        self.seed = draft.parameter(draft.name("seed", "rng_seed", "key_seed"), 0, 9999, I32)
        for block in port("rand_init"):
            draft.reference_definitions.append(block)
        draft.reference_function("drawn_states", ["rng", "size", "block_dim"], _DRAWS)
        draft.reserve("pcg", "rand_init", "drawn_states")
        self._count = 0

    def generator(self, *names: str, offset: str = "") -> Variable:
        """Names a generator's state, which differs from block to block (and by `offset` within one)."""
        draft, grid = self.draft, self.grid
        name = draft.free(draft.draw.choice(names or ("rng", "state", "generator")))
        offset = offset or str(self._count)
        self._count += 1
        first, _, last = grid.index.partition(", ")
        number = f"{first} * 64 + {last}" if last else first
        rest = "" if offset == "0" else f" + {offset}"
        text = f"{number} * 16{rest}" if not last else f"({number}) * 16{rest}"
        draft.line(f"{name} = wp.rand_init({self.seed.name}, {text})")
        blocks = "np.arange(dim[0])" if not last else "(np.arange(dim[0])[:, None] * 64 + np.arange(dim[1]))"
        draft.numpy(f"{name} = rand_init({self.seed.numpy()}, {blocks} * 16{rest})")
        return draft.known(name, I32, 0.0, 1.0)

    def reals(self, name: str, rng: Variable, shape: Shape, low: float | None = None, high: float = 1.0) -> Tile:
        """Names a tile of random reals in [0, 1), or in [low, high)."""
        draft = self.draft
        draft.reserve(name)
        draft.line(f"{name} = wp.tile_randf({self._call(shape, rng, low, high)})")
        unit = f"(drawn_states({rng.name}, {self._size(shape)}, block_dim) >> np.uint32(8)).astype(f32) * f32(1.0 / 16777216.0)"
        draft.numpy(f"{name} = {self._shaped(unit, shape)}")
        if low is not None:
            draft.numpy(f"{name} = f32({high} - {low}) * {name} + f32({low})")
        start = 0.0 if low is None else low
        return Tile(draft.whole(name, draft.real, start, high), shape)

    def integers(self, name: str, rng: Variable, shape: Shape, low: int | None = None, high: int = 2) -> Tile:
        """Names a tile of random integers of 32 bits, or in low <= x < high."""
        draft = self.draft
        draft.reserve(name)
        draft.line(f"{name} = wp.tile_randi({self._call(shape, rng, low, high)})")
        states = f"drawn_states({rng.name}, {self._size(shape)}, block_dim)"
        if low is None:
            text, start, end = f"{states}.astype(np.int32)", -(2.0**31), 2.0**31
        else:
            text, start, end = f"({states} % np.uint32({high - low})).astype(np.int32) + np.int32({low})", float(low), float(high - 1)
        draft.numpy(f"{name} = {self._shaped(text, shape)}")
        return Tile(draft.whole(name, I32, start, end), shape)

    def _call(self, shape: Shape, rng: Variable, low: float | None, high: float) -> str:
        """The arguments of a call: by their names, or the first ones by their places."""
        draw = self.draft.draw
        size = shape[0].text if len(shape) == 1 and draw.chance(0.6) else shape_text(shape)
        first = f"shape={size}, rng={rng.name}" if draw.chance(0.7) else f"{size}, {rng.name}"
        bounds = "" if low is None else f", min={low}, max={high}"
        return f"{first}{bounds}{self.draft.storage()}"

    @staticmethod
    def _size(shape: Shape) -> int:
        size = 1
        for number in sizes_of(shape):
            size *= number
        return size

    def _shaped(self, text: str, shape: Shape) -> str:
        if len(shape) == 1:
            return text
        grid = ", ".join(f"dim[{k}]" for k in range(self.grid.axes))
        return f"({text}).reshape({grid}, {', '.join(map(str, sizes_of(shape)))})"
