"""The convolution family: windows against padded inputs, transposition, and the threads run one by one."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.convolution.geometry import MODES, Layout, Window
from kernels.families.convolution.layers import Weights, summed_views
from kernels.families.convolution.transposed import Deconvolution
from tests.families._interpreter import check_against_threads
from tests.families._reference import cases, check_contract, run

WARP = SimpleNamespace(abs=abs, min=min, max=max, clamp=lambda x, low, high: min(max(x, low), high))


def test_contract() -> None:
    check_contract("convolution")


def test_references_agree_with_running_the_threads_one_by_one() -> None:
    check_against_threads("convolution", cases("convolution", 50), run, at_least=15)


@pytest.mark.parametrize("rule", sorted(MODES))
@pytest.mark.parametrize(("stride", "dilation", "padding", "taps"), [(1, 1, 1, 3), (2, 1, 1, 3), (1, 2, 2, 3), (3, 2, 1, 2), (2, 1, 0, 4)])
def test_a_tap_reads_the_element_of_the_padded_input(rule: str, stride: int, dilation: int, padding: int, taps: int) -> None:
    draft = Draft(Draw(0, "convolution", 0))
    window = Window(draft, 1, static=True)
    window.rule, window.taps = rule, taps
    window.stride, window.dilation, window.padding = str(stride), str(dilation), str(padding if rule != "valid" else 0)
    row = np.arange(9.0)
    scope = {"np": np, "row": row}
    exec("\n".join(window.padded("row[None, None]")), scope)
    views: list = []
    exec("\n".join(window.views(["views.append(view[0, 0])"])), {**scope, "views": views})
    for x in range(scope["out_width"]):
        for kx in range(taps):
            place = {"wp": WARP, "x": x, "kx": kx, "width": len(row)}
            exec("\n".join(window.find()), place)
            inside = 0 <= place["ix"] < len(row)
            assert views[kx][x] == (row[place["ix"]] if inside else 0.0)
            assert inside or rule == "zero"


def test_layouts_come_back_from_their_canonical_form() -> None:
    for order, shape in (
        ("ncx", (2, 3, 4)),
        ("nxc", (2, 4, 3)),
        ("cyx", (3, 4, 5)),
        ("yxc", (4, 5, 3)),
        ("nyxc", (2, 4, 5, 3)),
        ("yx", (4, 5)),
    ):
        layout, data = Layout(order), np.random.default_rng(0).uniform(size=shape)
        canonical = eval(layout.canonical("data"), {"np": np, "data": data})
        assert canonical.ndim == 2 + len(order.replace("n", "").replace("c", ""))
        np.testing.assert_array_equal(eval(layout.back("canonical"), {"np": np, "canonical": canonical}), data)


def test_the_plain_sum_over_taps_is_numpy_s_correlation() -> None:
    draft = Draft(Draw(0, "convolution", 0))
    window = Window(draft, 1, static=True)
    window.rule, window.taps, window.stride, window.dilation, window.padding = "valid", 4, "1", "1", "0"
    rng = np.random.default_rng(0)
    scope = {"np": np, "row": rng.uniform(size=11), "w": rng.uniform(size=4)}
    exec("\n".join([*window.padded("row[None, None]"), *summed_views(window, "plain", Weights((4,), "kx", "w"), "total")]), scope)
    np.testing.assert_allclose(scope["total"][0, 0], np.correlate(scope["row"], scope["w"], "valid"))


def test_grouped_sums_are_full_sums_of_each_group() -> None:
    draft = Draft(Draw(0, "convolution", 0))
    window = Window(draft, 2, static=True)
    window.rule, window.taps, window.stride, window.dilation, window.padding = "zero", 3, "2", "1", "1"
    rng = np.random.default_rng(0)
    weights = Weights((6, 2, 3, 3), "co, ci, ky, kx", "w")
    scope = {"np": np, "x": rng.uniform(size=(2, 4, 5, 6)), "w": rng.uniform(size=(6, 2, 3, 3))}
    exec("\n".join([*window.padded("x"), *summed_views(window, "grouped", weights, "total")]), scope)
    for group in range(2):
        part = {"np": np, "x": scope["x"][:, 2 * group : 2 * group + 2], "w": scope["w"][3 * group : 3 * group + 3]}
        exec("\n".join([*window.padded("x"), *summed_views(window, "full", weights, "total")]), part)
        np.testing.assert_allclose(scope["total"][:, 3 * group : 3 * group + 3], part["total"])


def test_transposed_convolutions_are_adjoint_to_strided_correlations() -> None:
    rng = np.random.default_rng(0)
    checked = 0
    for index in range(60):
        made = Deconvolution(Draw(6, "convolution", index))
        if made.kind != "plain" or made.rank != 1:
            continue
        stride = int(made.stride) if made.stride.isdigit() else 2
        pad = int(made.pad) if made.pad.isdigit() else 1
        made.reference()
        x, w = rng.uniform(size=5), rng.uniform(size=made.taps)
        scope = {"np": np, made.x: x, made.w: w, "stride": stride, "padding": pad}
        exec("\n".join(made.draft.reference), scope)
        full = scope["full"][0, 0]
        z = rng.uniform(size=full.size)
        padded = np.pad(z, pad)
        forward = np.array([w @ padded[k * stride : k * stride + made.taps] for k in range(5)])
        assert full @ z == pytest.approx(x @ forward)
        checked += 1
    assert checked >= 3
