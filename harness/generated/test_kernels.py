"""The main job's one test: every generated kernel is a case of it, named by its id."""

from __future__ import annotations

from collections.abc import Callable


def test_kernel(case_id: str, check_case: Callable[[str], None]) -> None:
    """The kernel compiles, runs, and agrees with its numpy reference, forward and backward."""
    check_case(case_id)
