"""What this suite makes is remembered as made here in a file of its own."""

from __future__ import annotations

import pytest

from harness import made_here


@pytest.fixture(scope="session", autouse=True)
def _own_registry(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        path = tmp_path_factory.mktemp("registry") / "made-here.txt"
        patch.setattr(made_here, "registry_path", lambda: path)
        yield
