"""The family of statistics: references against numpy's and Python's own statistics, and against running the threads."""

import math
import re
import statistics

import numpy as np
import pytest

from kernels.draw import Draw
from kernels.families.statistics.density import KERNELS
from kernels.families.statistics.moments import moments
from kernels.families.statistics.ranks import quantile, ranks
from kernels.families.statistics.series import exponential
from tests.families._interpreter import check_against_threads
from tests.families._reference import cases, check_contract, run


def test_contract():
    check_contract("statistics")


def test_references_agree_with_running_the_threads_one_by_one():
    check_against_threads("statistics", cases("statistics", 110), run, at_least=15)


def first(builder, fits):
    """The first of the builder's cases that fits."""
    for index in range(500):
        case = builder(Draw(7, "statistics", index))
        if fits(case):
            return case
    raise AssertionError("no such case was drawn")


def test_welford_s_variance_is_python_s():
    case = first(
        moments,
        lambda c: (
            c.kernel_name.startswith(("welford", "row_welford")) and "variance_out" in c.python_source and "adjusted" not in c.python_source
        ),
    )
    values, result = run(case)
    (data,) = (v for v in values.values() if np.ndim(v) >= 2 and np.isfinite(v).all())
    axis = next(k for k in range(data.ndim) if np.delete(data.shape, k).tolist() == list(result["variance_out"].shape))
    rows = np.moveaxis(data, axis, -1).reshape(-1, data.shape[axis])
    expected = [statistics.pvariance([float(v) for v in row]) for row in rows]
    np.testing.assert_allclose(result["variance_out"].ravel(), expected, rtol=1e-5)


def test_quantiles_of_sorted_rows_are_numpy_s():
    case = first(quantile, lambda c: "position" in c.python_source and "statistic" not in c.python_source)
    values, result = run(case)
    rows = next(v for v in values.values() if np.ndim(v) == 2)
    expected = [np.quantile(row.astype(np.float64), q) for row, q in zip(rows, values["q"], strict=True)]
    np.testing.assert_allclose(next(iter(result.values())), expected, rtol=1e-5)


def test_gini_s_index_of_equal_shares_is_zero():
    case = first(quantile, lambda c: "gaps" in c.reference_source and "statistic" not in c.python_source)
    scope: dict = {}
    exec(case.reference_source, scope)
    name = next(a.name for a in case.arguments if a.ndim == 2)
    width = case.launches[0].shapes[name][1]
    assert np.allclose(scope["reference"](**{name: np.full((2, width), 0.3)})[case.outputs[0].name], 0.0)
    one = np.zeros((1, width))
    one[0, -1] = 1.0
    assert np.allclose(scope["reference"](**{name: one})[case.outputs[0].name], (width - 1) / width)


def test_ranks_are_those_of_a_stable_sort():
    case = first(ranks, lambda c: "order[below]" in c.python_source)
    values, result = run(case)
    data = next(v for n, v in values.items() if np.ndim(v) == 1 and v.dtype.kind == "f" and np.isfinite(v).all())
    assert result["order"].tolist() == np.argsort(data, kind="stable").tolist()


def test_an_exponential_average_of_a_constant_is_that_constant():
    def fits(case):
        simple = case.kernel_name.endswith(("simple_ema", "exponential_simple", "smooth_simple"))
        return simple and not re.search(r"level = \w+[.\w]*\(0\.0\)|mapped|cleaned|demeaned", case.python_source)

    case = first(exponential, fits)
    values, _ = run(case)
    scope: dict = {}
    exec(case.reference_source, scope)
    names = scope["reference"].__code__.co_varnames[: scope["reference"].__code__.co_argcount]
    given = {n: np.full_like(values[n], 0.7) if np.ndim(values[n]) == 2 else values[n] for n in names}
    assert np.allclose(next(iter(scope["reference"](**given).values())), 0.7)


@pytest.mark.parametrize("kind", sorted(k for k, (_, even) in KERNELS.items() if even))
def test_smoothing_kernels_fall_off_with_distance(kind):
    text = KERNELS[kind][0]
    value = lambda r2: eval(text, {"exp": math.exp, "sqrt": math.sqrt, "max": max, "r2": r2})  # noqa: E731
    falling = [value(r) for r in (0.0, 0.25, 1.0, 2.0, 3.0)]
    assert falling == sorted(falling, reverse=kind != "quadric")
