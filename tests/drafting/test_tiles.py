"""The kit for kernels on tiles: how values are spelled, and how blocks cut arrays."""

import numpy as np
import pytest

from kernels.drafting.blocks import KINDS, Cut
from kernels.drafting.tiles import TileDraft
from kernels.draw import Draw


def draft_of(*, size: int = 32, block_dim: int = 32, differentiable: bool = True, broadcasts: bool = False) -> TileDraft:
    draft = TileDraft(Draw(0, "tiles", 0), width="float32", differentiable=differentiable)
    draft.shape, draft.size, draft.block_dim, draft._broadcasts = f"({size},)", size, block_dim, broadcasts
    draft.whole("t", draft.real, -1.0, 1.0)
    draft.whole("u", draft.real, 0.5, 1.0)
    draft.number_of("s", draft.real, 1.0, 2.0)
    return draft


def test_a_number_that_meets_a_tile_is_its_only_element():
    draft = draft_of()
    draft.tile("y", "t + cos(u) * s")
    assert draft.kernel[-1].endswith(", t, u, s[0])")
    assert draft.reference[-1].endswith("(t, u, s)")


@pytest.mark.parametrize("block_dim", [64, 128])
def test_a_number_is_spread_where_threads_of_the_block_have_no_element(block_dim):
    draft = draft_of(block_dim=block_dim)
    draft.tile("y", "t + cos(u) * s")
    assert draft.kernel[0] == "s_tile = wp.tile_broadcast(s, shape=(32,))"
    assert draft.kernel[-1].endswith(", t, u, s_tile)")


def test_without_a_gradient_a_number_need_not_be_spread():
    draft = draft_of(block_dim=64, differentiable=False)
    draft.tile("y", "t + cos(u) * s")
    assert draft.kernel[-1].endswith(", t, u, s[0])")


def test_functions_whose_adjoint_needs_their_result_are_not_mapped_as_builtins():
    for text in ("exp(t)", "sqrt(u)", "tanh(t)"):
        draft = draft_of()
        draft.tile("y", text)
        assert "wp.tile_map(wp." not in draft.kernel[-1]
    draft = draft_of()
    draft.tile("y", "cos(t)")
    assert draft.kernel[-1] == "y = wp.tile_map(wp.cos, t)"


def test_tiles_come_first_in_a_mapped_call():
    draft = draft_of()
    draft.tile("y", "s * cos(t)")
    assert draft.kernel[-1].endswith(", t, s[0])")


def test_operators_do_not_add_a_number_to_a_tile():
    for _ in range(20):
        draft = draft_of()
        draft.tile("y", "t + s")
        assert draft.kernel[-1] != "y = t + s[0]"


def test_what_has_no_gradient_asks_for_none():
    draft = draft_of(differentiable=False)
    draft.array("x", draft.real, "n")
    draft.output("y", draft.real, "n")
    draft.both("y = x")
    case = draft.finished("copy", ["n"], [{"n": 1}])
    assert case.block_dim == 32
    assert not case.differentiable_inputs
    assert not case.differentiable_outputs


def cut_of(kind: str, *, exact: bool) -> Cut:
    index = {"stack": "b, i", "panels": "i, j"}.get(kind, "i")
    height = 2 if kind == "panels" else 1
    return Cut(TileDraft(Draw(0, "tiles", 0)), kind, height, 4, index, (str(height), "4"), whole=False, exact=exact)


def taken_apart(cut: Cut, array: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The reference's view of `array`, and that view put together again."""
    texts = cut._cut("a"), cut._joined("t", "a")
    scope: dict = {"np": np, "a": array}
    exec("\n".join(line for block in cut.draft.reference_definitions for line in block), scope)
    scope["t"] = eval(texts[0], scope)
    return scope["t"], eval(texts[1], scope)


@pytest.mark.parametrize(
    ("kind", "exact", "shape"),
    [
        ("rows", True, (3, 4)),
        ("stack", True, (2, 3, 4)),
        ("chunks", True, (12,)),
        ("chunks", False, (10,)),
        ("panels", True, (4, 8)),
        ("panels", False, (3, 6)),
    ],
)
def test_what_is_cut_joins_again(kind, exact, shape):
    array = np.arange(float(np.prod(shape))).reshape(shape)
    tiles, joined = taken_apart(cut_of(kind, exact=exact), array)
    assert tiles.shape[-1] == cut_of(kind, exact=exact).size
    assert np.array_equal(joined, array)


def test_a_panel_that_hangs_over_the_end_holds_zeros_there():
    tiles, _ = taken_apart(cut_of("panels", exact=False), np.arange(1.0, 19.0).reshape(3, 6))
    assert tiles.shape == (2, 2, 8)
    assert np.array_equal(tiles[0, 1], [5, 6, 0, 0, 11, 12, 0, 0])
    assert np.array_equal(tiles[1, 0], [13, 14, 15, 16, 0, 0, 0, 0])


@pytest.mark.parametrize("kind", KINDS)
def test_first_launch_is_one_block(kind):
    cut = cut_of(kind, exact=True)
    assert [cut.sizes()[0][extent] for extent in cut.dim] == [1] * len(cut.dim)
