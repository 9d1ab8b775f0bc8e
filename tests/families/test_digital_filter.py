"""Digital filters: tables against what defines them, recursions against each other, references against the kernels run thread by thread."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from kernels.drafting.vectors import vector_numpy
from kernels.families.digital_filter.fir import SAVITZKY_GOLAY
from kernels.families.digital_filter.ranks import NETWORKS
from kernels.families.digital_filter.rates import CUBICS
from kernels.families.digital_filter.recursive import STRUCTURES
from kernels.families.digital_filter.windows import PI, WINDOWS
from tests.families._interpreter import check_against_threads
from tests.families._reference import cases, check_contract, run

COEFFICIENTS = {"b0": 0.6, "b1": -0.4, "b2": 0.2, "a1": -0.5, "a2": 0.3}


def function_of(body: tuple[str, ...], *parameters: str) -> Any:
    """The numpy function with a body in the formula spelling."""
    lines = [vector_numpy(line.replace("{pi}", PI)) for line in body]
    scope: dict[str, Any] = {"np": np}
    exec("\n    ".join([f"def f({', '.join(parameters)}):", *lines]), scope)
    return scope["f"]


@pytest.mark.parametrize("kind", SAVITZKY_GOLAY)
def test_weights_are_those_of_a_least_squares_polynomial(kind: str) -> None:
    weights, norm = SAVITZKY_GOLAY[kind]
    reach = len(weights) // 2
    x = np.arange(-reach, reach + 1.0)
    degree, derivative = {"smooth": (2, 0), "slope": (2, 1), "cubic": (3, 1), "curvature": (2, 2), "quartic": (4, 0)}[kind.split("_")[0]]
    row = np.linalg.pinv(np.vander(x, degree + 1, increasing=True))[derivative] * (1, 1, 2)[derivative]
    assert np.array(weights) / norm == pytest.approx(row)


def test_all_structures_of_a_biquad_filter_alike() -> None:
    x = np.random.default_rng(1).standard_normal(12)
    outputs = []
    for state, output, update in STRUCTURES.values():
        scope: dict[str, Any] = dict.fromkeys(state, 0.0)
        filtered = []
        for s in x:
            scope["s"] = s
            exec("\n".join(line.format(**COEFFICIENTS) for line in (*output, *update)), scope)
            filtered.append(scope["y"])
        outputs.append(filtered)
    assert outputs[0] == pytest.approx(outputs[1])
    assert outputs[0] == pytest.approx(outputs[2])


@pytest.mark.parametrize("width", NETWORKS)
def test_a_network_sorts_every_sequence_of_zeros_and_ones(width: int) -> None:
    for bits in itertools.product((0, 1), repeat=width):
        s = list(bits)
        for a, b in NETWORKS[width]:
            s[a], s[b] = min(s[a], s[b]), max(s[a], s[b])
        assert s == sorted(bits)


@pytest.mark.parametrize("name", CUBICS)
def test_an_interpolator_reproduces_straight_lines(name: str) -> None:
    f = np.linspace(0.0, 1.0, 7)
    line = [3.0 + 2.0 * k for k in (-1, 0, 1, 2)]
    assert function_of(CUBICS[name], "y0", "y1", "y2", "y3", "f")(*line, f) == pytest.approx(3.0 + 2.0 * f)


@pytest.mark.parametrize("name", WINDOWS)
def test_a_window_is_symmetric_and_one_in_the_middle(name: str) -> None:
    window = function_of(WINDOWS[name], "phase")
    phase = np.linspace(0.0, 1.0, 11)
    assert window(phase) == pytest.approx(window(1.0 - phase))
    assert window(0.5) == pytest.approx(1.0, abs=1e-4)


def test_every_case_keeps_the_contract() -> None:
    check_contract("digital_filter")


def test_references_agree_with_the_kernels_run_thread_by_thread() -> None:
    check_against_threads("digital_filter", cases("digital_filter", 120), run, at_least=15)
