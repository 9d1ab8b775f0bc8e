"""The program family: the contract of a case. That references mean what kernels mean is shown in tests/kernels, thread by thread."""

from __future__ import annotations

from _reference import cases, check_contract

from kernels.synthesis.vocabulary import THEMES


def test_contract():
    check_contract("program")


def test_every_theme_appears():
    verbs = {verb for theme in THEMES for verb in theme.verbs}
    names = {case.kernel_name for case in cases("program", 150)}
    assert all(any(name.startswith(verb) for verb in verbs) for name in names)
    seen = {
        theme.name for theme in THEMES if any(name.startswith(v) and i in name for name in names for v in theme.verbs for i in theme.items)
    }
    assert len(seen) >= len(THEMES) - 2
