"""The forward check: faked outcomes with one known fault each must be refused, faithful ones must pass."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle_cases import blur, blur_gradients, classify, classify_gradients, faithful, spoiled, wave, wave_gradients

from harness.oracle import judge, prepare

WAVE = {dtype: prepare(wave(dtype)) for dtype in ("float32", "float64")}
RIGHT = {dtype: faithful(prepared, wave_gradients) for dtype, prepared in WAVE.items()}
CLASSIFY = prepare(classify())
CLASSIFIED = faithful(CLASSIFY, classify_gradients)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_faithful_outcome_passes(dtype):
    verdict = judge(WAVE[dtype], RIGHT[dtype])
    assert verdict.passed
    assert verdict.reason == verdict.details == ""
    assert verdict.gradient == "checked"
    assert 0.0 <= verdict.max_error_forward <= verdict.tolerance
    assert verdict.max_error_gradient <= WAVE[dtype].table.gradient_rtol


def test_vectors_integers_and_booleans_pass():
    verdict = judge(CLASSIFY, CLASSIFIED)
    assert verdict.passed, verdict.details


def test_neighbours_pass():
    prepared = prepare(blur())
    assert judge(prepared, faithful(prepared, blur_gradients)).passed


def _returns_zeros(arrays):
    arrays["out"][:] = 0.0


def _copies_the_input(arrays):
    arrays["out"][:] = arrays["a"]


def _right_only_for_64(arrays):
    if arrays["out"].size != 64:
        arrays["out"][:] = arrays["out"][0] * 2.0


def _off_by_one_at_the_edge(arrays):
    if arrays["out"].size > 1:
        arrays["out"][-1] = arrays["out"][-2]


def _drops_a_small_term(arrays):
    arrays["out"] -= (0.001 * arrays["a"]).astype(arrays["out"].dtype)


def _leaves_the_last_unwritten(arrays):
    arrays["out"][-1] = np.nan


def _returns_infinity(arrays):
    arrays["out"][0] = np.inf


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "fault",
    [
        _returns_zeros,
        _copies_the_input,
        _right_only_for_64,
        _off_by_one_at_the_edge,
        _drops_a_small_term,
        _leaves_the_last_unwritten,
        _returns_infinity,
    ],
)
def test_cheating_kernel_is_refused(dtype, fault):
    verdict = judge(WAVE[dtype], spoiled(RIGHT[dtype], arrays=fault))
    assert not verdict.passed
    assert verdict.reason.startswith("forward: out in launch ")
    assert verdict.max_error_forward > verdict.tolerance


@pytest.mark.parametrize("launch", range(4))
def test_fault_in_one_launch_is_seen(launch):
    verdict = judge(WAVE["float32"], spoiled(RIGHT["float32"], arrays=_drops_a_small_term, launches=(launch,)))
    assert verdict.failed_launches == (launch,)


def test_unwritten_element_is_named():
    verdict = judge(WAVE["float32"], spoiled(RIGHT["float32"], arrays=_leaves_the_last_unwritten, launches=(1,)))
    assert "1 of 17 elements" in verdict.reason
    assert "[16]" in verdict.reason
    assert "poison" in verdict.reason


def test_details_show_what_a_person_needs():
    verdict = judge(WAVE["float32"], spoiled(RIGHT["float32"], arrays=_drops_a_small_term, launches=(3,)))
    for text in ("test-000000", "seed 3", "def k(", "def reference(", "grid [100]", "a: float32[100]", "expected", "bound", "100 of 100"):
        assert text in verdict.details


def test_written_input_is_refused_to_the_last_bit():
    def one_bit(arrays):
        arrays["a"].view(np.uint8)[0] ^= 1

    verdict = judge(WAVE["float32"], spoiled(RIGHT["float32"], arrays=one_bit, launches=(0,)))
    assert verdict.reason.startswith("input changed: a in launch 0")


def test_integer_off_by_one_is_refused():
    def fault(arrays):
        arrays["cell"][-1] += 1

    verdict = judge(CLASSIFY, spoiled(CLASSIFIED, arrays=fault, launches=(2,)))
    assert verdict.reason.startswith("forward: cell in launch 2 differs in 1 of 64")


@pytest.mark.parametrize("name", ["cell", "right"])
def test_unwritten_integer_or_boolean_is_refused(name):
    started = CLASSIFY.job.launches[1].values[name]

    def fault(arrays):
        arrays[name][-1] = started[-1]

    assert not judge(CLASSIFY, spoiled(CLASSIFIED, arrays=fault, launches=(1,))).passed


@pytest.mark.parametrize(
    "fault",
    [
        lambda arrays: arrays.pop("out"),
        lambda arrays: arrays.update(out=arrays["out"][:-1]),
        lambda arrays: arrays.update(out=arrays["out"].astype(np.float16)),
    ],
)
def test_missing_or_misshapen_output_is_refused(fault):
    verdict = judge(WAVE["float32"], spoiled(RIGHT["float32"], arrays=fault))
    assert verdict.reason.startswith("forward: out in launch 0: the array ")
    assert math.isinf(verdict.max_error_forward)


def test_failure_of_the_target_is_the_reason():
    outcome = replace(RIGHT["float32"], failure="crash: SIGSEGV while running", launches=())
    verdict = judge(WAVE["float32"], outcome)
    assert (verdict.passed, verdict.reason, verdict.gradient) == (False, "crash: SIGSEGV while running", "not_reached")


def test_missing_launch_is_refused():
    verdict = judge(WAVE["float32"], replace(RIGHT["float32"], launches=RIGHT["float32"].launches[:2]))
    assert verdict.reason == "run: the target returned 2 launches, expected 4"


def test_outcome_of_another_case_is_an_error():
    with pytest.raises(ValueError, match="test-000009"):
        judge(WAVE["float32"], replace(RIGHT["float32"], case_id="test-000009"))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["float32", "float64"]), st.integers(0, 3), st.integers(0, 99), st.floats(1e-3, 10.0), st.booleans())
def test_law_any_lane_off_by_a_thousandth_is_refused(dtype, launch, lane, amount, negative):
    def fault(arrays):
        arrays["out"][lane % arrays["out"].size] *= 1.0 + (-amount if negative else amount)

    assert not judge(WAVE[dtype], spoiled(RIGHT[dtype], arrays=fault, launches=(launch,))).passed


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(["float32", "float64"]), st.integers(0, 2**32 - 1))
def test_law_rounding_passes(dtype, seed):
    rng = np.random.default_rng(seed)

    def round_otherwise(arrays):
        epsilon = np.finfo(arrays["out"].dtype).eps
        arrays["out"] *= (1.0 + 4.0 * epsilon * rng.uniform(-1.0, 1.0, arrays["out"].shape)).astype(arrays["out"].dtype)

    assert judge(WAVE[dtype], spoiled(RIGHT[dtype], arrays=round_otherwise)).passed
