"""Tiles of one to four axes, one for each block: how they are loaded and stored, and what the reference makes of them."""

import numpy as np
import pytest

from kernels.case import Case
from kernels.drafting.tile_grid import Length, TileGrid, shape_text
from kernels.drafting.tiles import TileDraft
from kernels.draw import Draw
from kernels.language.types import I32, Type, vector
from tests.families._reference import run
from tests.families._tile_interpreter import interpret


def grid_of(index: int, axes: int | None = 1) -> TileGrid:
    return TileGrid(TileDraft(Draw(0, "grids", index), width="float32"), axes=axes)


def evaluated(grid: TileGrid, **arrays: np.ndarray) -> dict:
    """The names that the reference's lines have made of `arrays`."""
    scope: dict = {"np": np, **arrays}
    exec("\n".join(line for block in grid.draft.reference_definitions for line in [*block, ""]), scope)
    exec("\n".join(grid.draft.reference), scope)
    return scope


def copied(grid: TileGrid, numbers: tuple[int, ...], *, add: bool = False, type: Type | None = None) -> Case:
    """The case that stores what it loads."""
    grid.store("out", grid.load("t", tuple(map(Length.of, numbers)), type=type), add=add)
    return grid.finished("copy")


def written(case: Case) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What a launch is given, what the reference makes of it, and what the kernel does, run as Python."""
    values, result = run(case, 1)
    source = next(a.name for a in case.arguments if a.role == "input")
    return values[source], result["out"], interpret(case, values, case.launches[1].dim)["out"]


@pytest.mark.parametrize("index", range(10))
@pytest.mark.parametrize("numbers", [(5,), (2, 3), (2, 3, 2)])
def test_however_a_tile_is_loaded_and_stored_its_elements_keep_their_order(index, numbers):
    source, expected, found = written(copied(grid_of(index, axes=None if len(numbers) < 3 else 1), numbers))
    assert np.allclose(found, expected)
    assert np.array_equal(expected.ravel(), source.ravel())


@pytest.mark.parametrize("index", range(4))
@pytest.mark.parametrize("type", [None, vector("float32", 3)])
def test_tiles_of_all_blocks_are_added_up(index, type):
    source, expected, found = written(copied(grid_of(index), (4,), add=True, type=type))
    assert np.allclose(found, expected)
    assert np.allclose(expected, source.reshape(-1, *expected.shape).sum(axis=0))


def test_a_tile_of_four_axes_lies_behind_an_offset():
    case = copied(grid_of(0, axes=1), (2, 1, 3, 2))
    assert case.python_source.count("offset=") == 2
    source, expected, found = written(case)
    assert np.allclose(found, expected)
    assert np.array_equal(expected, source)
    with pytest.raises(ValueError, match="needs a grid of one axis"):
        grid_of(1, axes=2).load("t", tuple(map(Length.of, (2, 1, 3))))


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
