"""No disassembler is found while the report is tested, so that a machine that has one gives the same report; a test may plant its own."""

from __future__ import annotations

import pytest

from harness.report import figures, lowering


@pytest.fixture(scope="session", autouse=True)
def _no_disassembler():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lowering, "find_disassembler", lambda: None)
        yield


@pytest.fixture(scope="module")
def no_figures():
    """Reports of a module's tests without figures, which take most of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "PLOTS", ())
        yield
