"""The watch: which decisions it sees, which of them it doubts, and that a watched reference computes what the plain one does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from harness.oracle.decisions import Trace, Watched, WatchedNumpy, doubtful, watch, watching

EPSILON = float(np.finfo(np.float32).eps)
NEAR = 0.3 * (1.0 + 1e-8)


def _traces(program, x, *, kinks=False):
    """The program's traces in float64, in float32, and with x moved by two float32 units in the last place."""
    x = np.asarray(x, np.float64)
    traces = []
    for value in (x, x.astype(np.float32), np.where(x * 16 == np.rint(x * 16), x, x * (1.0 + 2.0 * EPSILON))):
        traces.append(Trace(kinks))
        with watching(traces[-1]):
            program(watch(np.array(value)))
    return traces


def _doubt(program, x, *, kinks=False):
    wide, *others = _traces(program, x, kinks=kinks)
    return doubtful(wide, others, EPSILON)


DECISIONS = {
    "less": lambda x: x < 0.3,
    "reflected": lambda x: np.float64(0.3) >= x,
    "equal": lambda x: x == 0.3,
    "sign": lambda x: np.sign(x - 0.3),
    "floor": lambda x: np.floor(x / 0.3),
    "ceil": lambda x: np.ceil(x / 0.3),
    "trunc": lambda x: np.trunc(x / 0.3),
    "rint": lambda x: np.rint(x / 0.6),
    "round": lambda x: np.round(x / 0.6),
    "astype": lambda x: (x / 0.3).astype(np.int32),
    "int": lambda x: int(x[0] / 0.3),
    "fmod": lambda x: np.fmod(x, 0.3),
    "remainder": lambda x: x % 0.3,
    "floor_divide": lambda x: x // 0.3,
    "argmax": lambda x: np.argmax(np.array([0.3, 0.1]) * (x[0] / x[0]) + np.array([0.0, 1.0]) * (x[0] - 0.1)),
    "argsort": lambda x: np.argsort(np.concatenate([x, [0.3, 7.0]])),
    "searchsorted": lambda x: np.searchsorted(np.array([0.1, 0.3, 0.5]), x),
    "digitize": lambda x: np.digitize(x, np.array([0.1, 0.3, 0.5])),
    "histogram": lambda x: np.histogram(x, bins=np.array([0.1, 0.3, 0.5])),
    "unique": lambda x: np.unique(np.concatenate([x, [0.3, 7.0]])),
    "copysign": lambda x: np.copysign(1.0, x - 0.3),
    "branch cut": lambda x: np.arctan2(x - 0.3, np.full(x.shape, -1.0)),
    "scalar if": lambda x: 1 if x[0] < 0.3 else 2,
    "python max": lambda x: max(x[0], 0.3),
    "through sum": lambda x: np.sum(x) < 0.3 * x.size,
    "through where": lambda x: np.where(np.arange(x.size) >= 0, x, 0.0) < 0.3,
    "through einsum": lambda x: np.einsum("i,i->i", x, np.ones(x.size)) < 0.3,
    "through in-place": lambda x: _in_place(x) < 0.3,
    "through indices": lambda x: x[np.arange(x.size)][::-1].reshape(-1, 1).copy() < 0.3,
}


def _in_place(x):
    total = WatchedNumpy().zeros(x.shape)
    total += x
    return total


@pytest.mark.parametrize("name", DECISIONS)
def test_decision_near_its_threshold_is_doubted(name):
    assert _doubt(DECISIONS[name], [NEAR]) is not None


@pytest.mark.parametrize("name", DECISIONS)
def test_decision_far_from_its_threshold_is_not(name):
    assert _doubt(DECISIONS[name], [0.4]) is None


@pytest.mark.parametrize("name", ["floor", "ceil", "trunc", "astype", "int", "fmod", "remainder", "floor_divide"])
@pytest.mark.parametrize("halves", [1, 3, 5])
def test_half_way_between_two_thresholds_is_far_from_both(name, halves):
    """There the nearest threshold is another one for a number a little larger."""
    assert _doubt(DECISIONS[name], [0.15 * halves * (1.0 + 1e-8)]) is None


EXACT_TIES = {
    "element with itself": lambda x: x <= x,
    "clamped to a bound": lambda x: np.clip(x, 0.0, 0.25) >= 0.25,
    "maximum with its source": lambda x: x == np.max(x),
    "difference from itself": lambda x: np.sign(x - x[..., :]),
    "integers as floats": lambda x: np.floor(np.full(x.shape, 3.0) * (x * 0.0 + 1.0)),
}


@pytest.mark.parametrize("name", EXACT_TIES)
def test_exact_tie_by_construction_is_safe(name):
    assert _doubt(EXACT_TIES[name], [0.37, 0.81]) is None


def test_literal_that_float32_rounds_is_no_exact_tie():
    assert _doubt(lambda x: x > 0.1, [float(np.float32(0.1))]) is not None


def test_cancellation_needs_room_for_its_rounding():
    far_but_rounded = 1000.0 + 3e-4
    assert _doubt(lambda x: (x - 1000.0) > 0.0, [far_but_rounded]) is not None
    assert _doubt(lambda x: (x - 1000.0) > 0.0, [1000.7]) is None


def test_another_path_is_doubted():
    def program(x):
        if x[0] > 0.3:
            return np.floor(x) + np.ceil(x)
        return x

    assert "another path" in _doubt(program, [0.3 + 1e-9])


def test_kinks_count_only_for_gradients():
    for program in (np.abs, lambda x: np.maximum(x, 0.0), lambda x: np.clip(x, 0.0, 1.0)):
        shifted = lambda x, program=program: program(x - 0.3)  # noqa: E731
        assert _doubt(shifted, [NEAR]) is None
        assert _doubt(shifted, [NEAR], kinks=True) is not None


def test_watched_scalar_is_a_value_not_a_view():
    x = watch(np.array([1.0, 2.0]))
    total = x[0]
    first = total
    total += 5.0
    assert (float(first), float(x[0]), float(total)) == (1.0, 1.0, 6.0)
    row = watch(np.array([1.0, 2.0]))
    row += 1.0
    assert row.tolist() == [2.0, 3.0]


def test_numpy_in_the_reference_makes_watched_arrays():
    watched = WatchedNumpy()
    assert isinstance(watched.zeros(3, np.float32), Watched)
    assert not isinstance(watched.zeros(3, np.int32), Watched)
    assert watched.float64 is np.float64


_PROGRAMS = [
    lambda x: np.where(x > 0, np.sqrt(np.abs(x)), -x) + np.cumsum(x),
    lambda x: np.sort(x)[::-1] * np.argsort(x, kind="stable"),
    lambda x: np.add.reduce(x) + np.maximum.accumulate(x),
    lambda x: np.stack([x, np.roll(x, 1)], axis=1) @ np.ones((2, 2)),
    lambda x: np.array([float(v) * 2 for v in x]) + np.round(x, 1) + np.floor(x),
    lambda x: np.histogram(x, bins=4, range=(-4.0, 4.0))[0],
    lambda x: np.searchsorted(np.sort(x), x) + np.median(x) + np.linalg.norm(x) + x.mean() + x.std(),
    lambda x: np.pad(x, 1, mode="edge")[2:] - np.clip(x, -1.0, 1.0) + np.divmod(x, 0.7)[1],
]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(_PROGRAMS), arrays(np.float64, st.integers(1, 9), elements=st.floats(-3.0, 3.0)))
def test_law_watching_changes_no_result(program, x):
    plain = program(x.copy())
    with watching(Trace(True)):
        watched = program(watch(x.copy()))
    assert np.asarray(watched).dtype == np.asarray(plain).dtype
    np.testing.assert_array_equal(np.asarray(watched), plain)


@pytest.mark.parametrize(
    "made",
    [
        lambda numpy, x: numpy.stack(numpy.broadcast_arrays(x, 0.75), axis=-1),
        lambda numpy, x: x * numpy.where(numpy.arange(2) > 0, 2.0, 0.5),
        lambda numpy, x: numpy.zeros(2) + x,
    ],
)
def test_what_numpy_makes_of_python_numbers_alone_is_kept_in_the_working_precision(made):
    x = np.asarray([0.3, 0.7], np.float16)
    with watching(Trace(False, np.float16)):
        assert made(WatchedNumpy(), watch(x)).dtype == np.float16
    with watching(Trace(False)):
        assert made(WatchedNumpy(), watch(x)).dtype == np.float64
