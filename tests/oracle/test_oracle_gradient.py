"""The gradient check: faked gradients with one known fault each must be refused, faithful ones must pass."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from oracle_cases import blur, blur_gradients, case, classify, classify_gradients, faithful, spoiled, wave, wave_gradients

from harness.oracle import PreparationError, judge, prepare
from harness.oracle.ledger import LEDGER
from kernels.case import Argument, Launch
from kernels.domains import Constant, Uniform

WAVE = {dtype: prepare(wave(dtype)) for dtype in ("float32", "float64")}
BLUR = {dtype: prepare(blur(dtype)) for dtype in ("float32", "float64")}
CLASSIFY = prepare(classify())
RIGHT = {dtype: faithful(prepared, wave_gradients) for dtype, prepared in WAVE.items()}
BLURRED = {dtype: faithful(prepared, blur_gradients) for dtype, prepared in BLUR.items()}
CLASSIFIED = faithful(CLASSIFY, classify_gradients)


def _wrong_sign(gradients):
    gradients["b"] *= -1


def _all_zero(gradients):
    gradients["a"][:] = 0


def _swapped(gradients):
    gradients["a"], gradients["b"] = gradients["b"], gradients["a"]


def _not_finite(gradients):
    gradients["a"][-1] = np.nan


def _missing(gradients):
    del gradients["b"]


def _misshapen(gradients):
    gradients["b"] = gradients["b"][None]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("fault", [_wrong_sign, _all_zero, _swapped, _not_finite, _missing, _misshapen])
def test_wrong_gradient_is_refused(dtype, fault):
    verdict = judge(WAVE[dtype], spoiled(RIGHT[dtype], gradients=fault))
    assert not verdict.passed
    assert verdict.reason.startswith("gradient: launch 0")
    assert verdict.max_error_gradient > WAVE[dtype].table.gradient_rtol


LIMITED = replace(RIGHT["float32"], limitation="local_array_on_gpu")


def test_what_spoils_the_code_spoils_a_gradient_that_agrees():
    verdict = judge(WAVE["float32"], LIMITED)
    assert (verdict.passed, verdict.gradient) == (True, "known_limitation:local_array_on_gpu")
    assert verdict.max_error_gradient == judge(WAVE["float32"], RIGHT["float32"]).max_error_gradient


def test_what_spoils_the_code_excuses_no_wrong_gradient():
    assert not judge(WAVE["float32"], spoiled(LIMITED, gradients=_wrong_sign)).passed


def test_a_spoiled_backward_pass_need_not_have_been_run():
    verdict = judge(WAVE["float32"], spoiled(LIMITED, gradients=dict.clear))
    assert (verdict.passed, verdict.gradient) == (True, "known_limitation:local_array_on_gpu")
    assert np.isnan([verdict.max_error_gradient, verdict.tolerance_gradient]).all()


def test_blame_goes_to_the_argument_in_the_largest_launch():
    grids = [data.dim[0] for data in WAVE["float32"].job.launches]
    verdict = judge(WAVE["float32"], spoiled(RIGHT["float32"], gradients=_wrong_sign, launches=(grids.index(max(grids)),)))
    assert "along b, lane" in verdict.details
    assert "along a, lane" not in verdict.details


def test_dropped_adjoint_term_of_a_thousandth_is_refused():
    for number, data in enumerate(WAVE["float32"].job.launches):
        dropped = 0.001 * data.cotangents["out"]
        outcome = spoiled(RIGHT["float32"], gradients=lambda g, d=dropped: g.update(a=g["a"] - d), launches=(number,))
        assert not judge(WAVE["float32"], outcome).passed


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gradient_without_its_neighbours_is_refused(dtype):
    for number, data in enumerate(BLUR[dtype].job.launches[1:], 1):
        own = (2.0 * data.values["a"] * data.cotangents["out"] / 3.0).astype(data.values["a"].dtype)
        outcome = spoiled(BLURRED[dtype], gradients=lambda g, own=own: g.update(a=own), launches=(number,))
        assert not judge(BLUR[dtype], outcome).passed


@pytest.mark.parametrize("end", [0, -1])
def test_one_wrong_end_among_many_is_seen(end):
    def fault(gradients):
        gradients["a"][end] *= 1.01

    verdict = judge(BLUR["float32"], spoiled(BLURRED["float32"], gradients=fault, launches=(3,)))
    assert not verdict.passed
    assert "first and last elements" in verdict.details


def test_gradient_of_vectors_is_checked():
    def fault(gradients):
        gradients["p"][3, 1] *= 1.05

    assert judge(CLASSIFY, CLASSIFIED).gradient == "checked"
    assert not judge(CLASSIFY, spoiled(CLASSIFIED, gradients=fault, launches=(1,))).passed


def test_known_limitation_explains_a_mismatch_and_nothing_else():
    prepared = prepare(wave(limitations=("frac",)))
    right = faithful(prepared, wave_gradients)
    assert judge(prepared, right).gradient == "checked"
    wrong = judge(prepared, spoiled(right, gradients=_wrong_sign))
    assert (wrong.passed, wrong.gradient) == (True, "known_limitation:frac")
    assert not judge(prepared, spoiled(right, arrays=lambda a: a["out"].fill(0.0))).passed


def test_a_limitation_that_this_warp_has_not_explains_nothing(monkeypatch):
    prepared = prepare(wave(limitations=("frac",)))
    wrong = spoiled(faithful(prepared, wave_gradients), gradients=_wrong_sign)
    monkeypatch.setitem(LEDGER, "frac", replace(LEDGER["frac"], last="1.0"))
    assert not judge(prepared, wrong).passed


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["float32", "float64"]), st.integers(0, 3), st.sampled_from(["a", "b"]), st.integers(0, 99), st.floats(0.005, 5.0))
def test_law_any_wrong_lane_is_seen_where_lanes_are_apart(dtype, launch, name, lane, amount):
    def fault(gradients):
        gradients[name][lane % gradients[name].size] *= 1.0 + amount

    assert not judge(WAVE[dtype], spoiled(RIGHT[dtype], gradients=fault, launches=(launch,))).passed


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["float32", "float64"]), st.integers(0, 3), st.integers(0, 99))
def test_law_any_missing_element_of_weight_is_seen(dtype, launch, element):
    right = BLURRED[dtype].launches[launch].gradients["a"]
    element %= right.size
    assume(abs(right[element]) > 0.01 * np.linalg.norm(right))
    outcome = spoiled(BLURRED[dtype], gradients=lambda g: g["a"].__setitem__(element, 0.0), launches=(launch,))
    assert not judge(BLUR[dtype], outcome).passed


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(["float32", "float64"]), st.integers(0, 2**32 - 1))
def test_law_rounding_passes(dtype, seed):
    rng = np.random.default_rng(seed)

    def round_otherwise(gradients):
        for g in gradients.values():
            g *= (1.0 + 8.0 * np.finfo(g.dtype).eps * rng.uniform(-1.0, 1.0, g.shape)).astype(g.dtype)

    assert judge(WAVE[dtype], spoiled(RIGHT[dtype], gradients=round_otherwise)).passed
    assert judge(BLUR[dtype], spoiled(BLURRED[dtype], gradients=round_otherwise)).passed


def _scalar_case(expression, domain, n=40, elementwise=True):
    arguments = (Argument("a", "float32", 1, differentiable=True), Argument("out", "float32", 1, "output", True))
    launch = Launch((n,), {"a": (n,), "out": (n,)}, {"a": domain})
    return case("", f"def reference(a):\n    return {{'out': {expression}}}\n", arguments, (launch,), elementwise=elementwise)


def test_gradient_that_is_zero_everywhere_is_checked():
    prepared = prepare(_scalar_case("np.floor(a) + np.zeros_like(a)", Uniform(-3.0, 3.0)))
    right = faithful(prepared, lambda values, cotangents: {"a": np.zeros_like(values["a"])})
    assert judge(prepared, right).gradient == "checked"
    assert not judge(prepared, spoiled(right, gradients=lambda g: g["a"].__setitem__(0, 0.01))).passed


def test_kinked_lanes_are_left_out_but_not_more_than_half():
    with pytest.raises(PreparationError, match="no direction without kinks for a"):
        prepare(_scalar_case("np.abs(a)", Constant(0.0)))


def test_kink_at_the_point_itself_is_seen_where_lanes_are_not_apart():
    with pytest.raises(PreparationError, match="no direction without kinks for a"):
        prepare(_scalar_case("np.maximum(a, f32(0.0)) + a", Constant(0.0), elementwise=False))


def test_relu_has_a_gradient():
    for elementwise in (True, False):
        prepared = prepare(_scalar_case("np.maximum(a, f32(0.0))", Uniform(-1.0, 1.0), 400, elementwise))
        right = faithful(prepared, lambda values, cotangents: {"a": np.where(values["a"] > 0, cotangents["out"], 0.0)})
        assert judge(prepared, right).gradient == "checked"


def test_elementwise_with_an_array_of_another_shape_is_refused():
    arguments = (Argument("a", "float32", 1, differentiable=True), Argument("out", "float32", 1, "output", True))
    launch = Launch((4,), {"a": (5,), "out": (4,)}, {"a": Uniform(0.0, 1.0)})
    with pytest.raises(PreparationError, match="differentiable arrays must have one shape"):
        prepare(case("", "def reference(a):\n    return {'out': a[:4]}\n", arguments, (launch,), elementwise=True))
