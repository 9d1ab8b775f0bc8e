"""Fourier analysis: tables against what defines them, rules against complex arithmetic, references against kernels run thread by thread."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kernels.drafting.vectors import vector_numpy
from kernels.families.fourier.products import FILTERS, PAIRINGS, Pairing
from kernels.families.fourier.transforms import REAL_TRANSFORMS
from kernels.families.fourier.wavelets import LOWPASS, SHRINKS
from tests.families._interpreter import check_against_threads
from tests.families._reference import cases, check_contract, run


@pytest.mark.parametrize("rule", [*PAIRINGS.values(), *FILTERS.values()], ids=[*PAIRINGS, *FILTERS])
def test_the_steps_of_a_rule_are_its_complex_definition(rule: Pairing) -> None:
    rng = np.random.default_rng(1)
    a, b = rng.standard_normal((2, 5)) + 1j * rng.standard_normal((2, 5))
    scope: dict[str, Any] = {"np": np, "a": a, "b": b, "wave": rng.uniform(-3.0, 3.0, 5)}
    scope |= {"ar": a.real, "ai": a.imag, "br": b.real, "bi": b.imag}
    names = {"ar": "ar", "ai": "ai", "br": "br", "bi": "bi", "noise": "0.3", "p": "0.4"}
    exec("\n".join(vector_numpy(step.format(**names)) for step in rule.steps), scope)
    expected = eval(rule.numpy.format(**names), scope)
    assert scope["re"] == pytest.approx(expected.real)
    assert scope["im"] == pytest.approx(expected.imag)


@pytest.mark.parametrize("name", LOWPASS)
def test_a_wavelet_filter_is_orthogonal_to_its_even_shifts(name: str) -> None:
    taps = np.array(LOWPASS[name])
    assert taps @ taps == pytest.approx(1.0, abs=1e-6)
    for shift in range(2, len(taps), 2):
        assert taps[shift:] @ taps[:-shift] == pytest.approx(0.0, abs=1e-6)
    assert taps.sum() == pytest.approx(np.sqrt(2.0), abs=1e-6)


@pytest.mark.parametrize("name", ["dct2", "dct4", "dst2", "dst4", "hartley"])
def test_a_transform_is_orthogonal(name: str) -> None:
    transform, n = REAL_TRANSFORMS[name], 6
    numbers: dict[str, Any] = {"j": np.arange(n), "k": np.arange(n)[:, None], "n": n}
    turns, over = (eval(text.replace("{", "").replace("}", ""), {}, numbers) for text in (transform.turns, transform.over))
    angle = np.pi * turns / over
    basis = {"cos": np.cos, "sin": np.sin, "cas": lambda x: np.cos(x) + np.sin(x)}[transform.wave](angle)
    gram = basis @ basis.T
    assert gram == pytest.approx(np.diag(np.diag(gram)), abs=1e-12)


@pytest.mark.parametrize("name", SHRINKS)
def test_shrinkage_keeps_signs_and_makes_nothing_larger(name: str) -> None:
    lines = [vector_numpy(line) for line in SHRINKS[name]]
    scope: dict[str, Any] = {"np": np}
    exec("\n    ".join(["def f(c, t):", *lines]), scope)
    c = np.linspace(-2.0, 2.0, 41)
    shrunk = scope["f"](c, 0.3)
    assert np.all(shrunk * c >= 0.0)
    assert np.all(np.abs(shrunk) <= np.abs(c) + 1e-12)


def test_every_case_keeps_the_contract() -> None:
    check_contract("fourier")


def test_references_agree_with_the_kernels_run_thread_by_thread() -> None:
    check_against_threads("fourier", cases("fourier", 150), run, at_least=15)
