"""What the tests of rounds on a cluster share: the fake rounds of tests/production, which compile nothing."""

import json
import os
import tempfile

import pytest
from cluster_samples import ROOT


@pytest.fixture
def fake_rounds(tmp_path, monkeypatch):
    """Has rounds that are begun from here compile nothing. `faults` and `events` are those of the fakes; gives their happenings' folder.
    Tasks have their folders in `scratch`."""

    def fake(*, faults=None, events=()):
        happened = tmp_path / "happened"
        happened.mkdir(exist_ok=True)
        scratch = tmp_path / "scratch"
        scratch.mkdir(exist_ok=True)
        settings = {
            # Ray's sockets need a short path.
            "RAY_TMPDIR": tempfile.gettempdir(),
            "TMPDIR": str(scratch),
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests/production"), str(ROOT / "tests/job")]),
            "PYTEST_PLUGINS": "fake_rounds",
            "FAKE_ALONE": "1",
            "FAKE_FAULTS": json.dumps(faults or {}),
            "FAKE_EVENTS": json.dumps(events),
            "FAKE_HAPPENED": str(happened),
            "WARP_KERNEL_HARNESS_CACHE": str(tmp_path / "cache"),
        }
        # A round's pytest is not a worker of the one that runs these tests.
        for name in [name for name in os.environ if name.startswith("PYTEST_XDIST")]:
            monkeypatch.delenv(name)
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(tempfile, "tempdir", str(scratch))
        return happened

    return fake
