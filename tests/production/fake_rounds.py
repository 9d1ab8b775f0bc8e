"""A pytest plugin for rounds of a production that compile nothing: the fakes of tests/job, cases that do not resemble each other, and
events at chosen moments, each once. `PYTEST_PLUGINS=fake_rounds` in the environment reaches the rounds and their workers.

`FAKE_EVENTS` holds JSON: a list of [moment, act]. The moments are `spooled <case id>` in a worker, and, in the pytest of the round that
begins at index N, `publishing N` and `published N` (the manifest), `carding N` and `summarizing N`. An event that came to pass leaves a
file in the folder `FAKE_HAPPENED`. `FAKE_SNAPSHOTS` names a folder for copies of the dataset as it is when a round begins, by its index.
With `FAKE_ALONE` a round's pytest starts no worker, which takes half the time.
"""

import errno
import json
import os
import shutil
import signal
import time
from dataclasses import replace
from pathlib import Path

import fake_parts
import psutil
import pytest

import harness.controller
import harness.manifest
import harness.workbench
import kernels.catalog
from tests.harvest.samples import scale_source

EVENTS = dict(json.loads(os.environ.get("FAKE_EVENTS", "[]")))
HAPPENED = Path(os.environ.get("FAKE_HAPPENED", "."))
IN_WORKER = "PYTEST_XDIST_WORKER" in os.environ
HOLD_SECONDS = 60.0
ORPHANED = False
"""Whether this is a worker that has killed its pytest. It goes on until it learns that nobody listens, and nothing more happens in it."""


def happen(moment):
    """Do what is to be done at this moment, if it has not been done before."""
    global ORPHANED
    act = EVENTS.get(moment)
    if act is None or ORPHANED or (HAPPENED / moment).exists():
        return
    (HAPPENED / moment).touch()
    own = psutil.Process()
    run = own.parent() if IN_WORKER else own
    if act == "kill worker":
        own.kill()
    elif act == "kill pytest":
        run.kill()
        ORPHANED = IN_WORKER
        if ORPHANED:
            return
    elif act == "kill command":
        run.parent().kill()
    elif act == "interrupt":
        # As a terminal does it: the whole group is told.
        os.killpg(run.parent().pid, signal.SIGINT)
    elif act == "full":
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    # Whoever dies of it does so here, before anything else can be done.
    deadline = time.monotonic() + HOLD_SECONDS
    while time.monotonic() < deadline and not (HAPPENED / f"{moment} over").exists():
        time.sleep(0.02)


def build_named_case(seed, case_id):
    case = fake_parts.build_named_case(seed, case_id)
    if case_id in fake_parts.FAULTS:
        return case
    return replace(case, python_source=scale_source(case.kernel_name, case.index))


class Spool(fake_parts.Spool):
    def append(self, record, preamble):
        super().append(record, preamble)
        happen(f"spooled {record['case']}")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    if "FAKE_ALONE" in os.environ:
        config.option.numprocesses = None


def pytest_configure(config):
    if IN_WORKER:
        return
    start = config.getoption("start")
    snapshots = os.environ.get("FAKE_SNAPSHOTS")
    if snapshots is not None and not (Path(snapshots) / start).exists():
        shutil.copytree(config.getoption("data_dir"), Path(snapshots) / start)
    manifest, controller = harness.manifest.Manifest, harness.controller
    manifest.write = between(manifest.write, f"publishing {start}", f"published {start}")
    controller.write_card = between(controller.write_card, f"carding {start}")
    controller.write_summary = between(controller.write_summary, f"summarizing {start}")


def between(call, before, after=""):
    """The same call, between two moments."""

    def called(*arguments):
        happen(before)
        result = call(*arguments)
        happen(after)
        return result

    return called


kernels.catalog.build_named_case = build_named_case
harness.workbench.build_named_case = build_named_case
harness.workbench.Spool = Spool
