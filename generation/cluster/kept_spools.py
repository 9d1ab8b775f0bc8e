"""A pytest plugin that keeps the spools of the main job: `-p generation.cluster.kept_spools --keep-spools DIR`.

The main job makes its spools into shards at its end, and leaves out what repeats within the run. What repeats within a production is only
known later, so each spool gets a second name in another folder of the same disk before that.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.folder import spool_files


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declares the option."""
    parser.addoption("--keep-spools", default=None, metavar="DIR", help="folder in which the spools get a second name")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Gives the spools their second names, in the process that the command started, when no worker has more to write."""
    folder = session.config.getoption("keep_spools")
    if folder is None or hasattr(session.config, "workerinput"):
        return
    data_dir = Path(str(session.config.getoption("data_dir")))
    for path in spool_files(data_dir, str(session.config.getoption("device"))):
        # Runs of the same round may have spools of the same name.
        kept = Path(str(folder)) / f"{path.stat().st_ino}.jsonl"
        if not kept.exists():
            os.link(path, kept)
