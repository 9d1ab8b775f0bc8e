"""No disassembler is found while the report is tested, so that a machine that has one gives the same report; a test may plant its own."""

from __future__ import annotations

import pytest

from harness.report import lowering


@pytest.fixture(scope="session", autouse=True)
def _no_disassembler():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lowering, "find_disassembler", lambda: None)
        yield
