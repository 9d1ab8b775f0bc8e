"""A pytest plugin that ends the main job at the first failure that counts: `-p tests.faults.first_failure`.

A case that the oracle refuses for its inputs fails whatever Warp does, so the job goes on after it, which `-x` would not let it.
"""

from __future__ import annotations

import pytest

from harness.result import CaseResult

REFUSED = "prepare: "
"""How the reason of such a case starts."""


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_FirstFailure(config), "first_failure")


class _FirstFailure:
    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        result = CaseResult.from_properties(report.user_properties)
        if report.failed and not (result is not None and result.reason.startswith(REFUSED)):
            # The session that hands cases out to workers; without workers there is none.
            self._config.pluginmanager.getplugin("dsession").shouldstop = "a failure that counts"
