"""Tiles of one to four axes, one for each block: how they are loaded and stored, and what the reference makes of them."""

import re

import numpy as np
import pytest

from kernels.drafting.tile_grid import Length, TileGrid, shape_text
from kernels.drafting.tiles import TileDraft
from kernels.draw import Draw
from kernels.language.types import I32, vector


def grid_of(index: int, axes: int | None = None, **more) -> TileGrid:
    return TileGrid(TileDraft(Draw(0, "grids", index), width="float32"), axes=axes, **more)


def evaluated(grid: TileGrid, **arrays: np.ndarray) -> dict:
    """The names that the reference's lines have made of `arrays`."""
    scope: dict = {"np": np, **arrays}
    exec("\n".join(line for block in grid.draft.reference_definitions for line in [*block, ""]), scope)
    exec("\n".join(grid.draft.reference), scope)
    return scope


@pytest.mark.parametrize("index", range(12))
@pytest.mark.parametrize("numbers", [(5,), (2, 3), (2, 3, 2)])
def test_what_is_loaded_is_stored_at_the_same_place(index, numbers):
    """However a load and a store are spelled, the first copy of what is loaded lies at the front of what is stored."""
    grid = grid_of(index, axes=1)
    tile = grid.load("t", tuple(map(Length.of, numbers)), array="source")
    grid.store("out", tile)
    shape = re.search(r"shape=\(?([\d, ]+)", grid.draft.kernel[1])[1]
    assert [int(n) for n in shape.split(",") if n.strip()][-len(numbers) :] == list(numbers)
    size = int(np.prod(numbers))
    whole = np.arange(4.0 * size)
    stacked = whole.reshape(4 * numbers[0], *numbers[1:])
    own = "[" in grid.draft.kernel[1].partition(",")[0].partition("tile_load")[2]
    leading = "tile_squeeze" in grid.draft.kernel[1]
    source = whole.reshape(4, *numbers) if own or leading else stacked
    out = evaluated(grid, source=source)["out"]
    assert np.array_equal(out.ravel(), whole)
    assert out.shape == (source.shape if out.ndim == source.ndim else (stacked if own or leading else whole.reshape(4, *numbers)).shape)


def test_a_tile_of_four_axes_lies_behind_an_offset():
    grid = grid_of(0, axes=1)
    tile = grid.load("t", tuple(map(Length.of, (2, 1, 3, 2))), array="source")
    grid.store("out", tile)
    assert all("offset=" in line for line in (grid.draft.kernel[1], grid.draft.kernel[-1]))
    with pytest.raises(ValueError, match="needs a grid of one axis"):
        grid_of(1, axes=2).load("t", tuple(map(Length.of, (2, 1, 3))))


def test_elements_that_are_vectors_keep_their_axes():
    grid = grid_of(3, axes=1)
    tile = grid.load("t", (Length.of(4),), array="source", type=vector("float32", 3))
    grid.store("out", tile, add=True)
    source = np.ones((2, 4, 3)) if "[" in grid.draft.kernel[1].partition(",")[0].partition("tile_load")[2] else np.ones((8, 3))
    source = source if "tile_squeeze" not in grid.draft.kernel[1] else np.ones((2, 4, 3))
    assert np.array_equal(evaluated(grid, source=source)["out"], np.full((4, 3), 2.0))


def test_a_block_begins_at_a_multiple_of_its_length():
    grid = grid_of(0, axes=1)
    assert grid.start(Length.of(1)) == grid.index
    assert grid.start(Length.of(7)) == f"{grid.index} * 7"
    assert grid.start(Length(7, "N")) == f"{grid.index} * N"


def test_sums_add_one_element_after_the_other():
    """As a block of one thread does, in single precision."""
    grid = grid_of(0, axes=1)
    tile = grid.load("t", (Length.of(2), Length.of(50)), array="source")
    grid.draft.numpy(f"total = {grid.sum_text('t', tile)}")
    t = np.random.default_rng(0).standard_normal((3, 2, 50)).astype(np.float32)
    source = t if grid.draft.reference[0] == "t = source" else t.reshape(-1, 50)
    total = evaluated(grid, source=source)["total"]
    expected = np.zeros(3, np.float32)
    for value in t.reshape(3, 100).T:
        expected = expected + value
    assert total.shape == (3, 1, 1)
    assert np.array_equal(total.ravel(), expected)


def test_a_kernels_name_does_not_end_in_what_it_says_already():
    names = set()
    for index in range(30):
        grid = grid_of(index, axes=1)
        grid.store("out", grid.load("t", (Length.of(4),)))
        names.add(grid.finished("sort_block", "_block", "_tiled").kernel_name)
    assert names == {"sort_block", "sort_block_tiled"}


def test_names_of_lengths_stand_for_one_number():
    draft = TileDraft(Draw(0, "grids", 0), width="float32")
    draft._named_lengths = True
    grid = TileGrid(draft, axes=1)
    shape = (*grid.shape(N=4), *grid.shape(N=6), *grid.shape(N=4))
    assert [length.value for length in shape] == [4, 6, 4]
    assert shape[0].text == shape[2].text != shape[1].text
    assert shape_text(shape[:1]) == f"({shape[0].text},)"


def test_integers_of_a_tile_may_be_the_zeros_of_idle_threads():
    draft = TileDraft(Draw(0, "grids", 0), width="float32")
    assert draft.whole("k", I32, 3.0, 9.0).range.low == 0.0
    assert draft.whole("m", I32, -9.0, -2.0).range.high == 0.0
    assert draft.whole("x", draft.real, 0.5, 1.0).range.low == 0.5
