"""The main job's command, to be run in a process of its own, and what such a run left behind."""

import json
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


@dataclass
class Run:
    """A finished run of the command: exit status, output, and the folder that it worked in."""

    status: int
    output: str
    folder: Path

    @property
    def data(self):
        return self.folder / "data"

    @property
    def summary(self):
        return json.loads((self.data / "summary-cpu.json").read_text())

    @property
    def batches(self):
        """The batches that were run, each a list of case ids, in the order of their first case's index."""
        log = self.folder / "batches.log"
        lines = log.read_text().splitlines() if log.exists() else []
        return sorted((json.loads(line) for line in lines), key=lambda batch: batch[0].rsplit("-", 1)[1])

    @property
    def shards(self):
        """Every file of the dataset that must not depend on the run: name -> bytes."""
        files = [self.data / "manifest-cpu.json", self.data / "README.md", *sorted((self.data / "cpu").glob("*.parquet"))]
        return {file.name: file.read_bytes() for file in files}

    def line(self, pattern):
        """The one line of the output that matches."""
        lines = [line for line in self.output.splitlines() if re.search(pattern, line)]
        assert len(lines) == 1, f"{pattern!r} matches {len(lines)} lines of:\n{self.output}"
        return lines[0]


def command(folder, *arguments, faults=None, fake=True, seconds=0.0):
    """The command line and the environment of a run in `folder`, which is its rootdir, so that nothing is written into the project."""
    line = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pytest.ini"), f"--rootdir={folder}", "--data-dir=data"]
    # Other plugins that happen to be installed take longer to load than a run on fake parts.
    line += ["-p", "no:hypothesispytest", "-p", "no:benchmark"]
    line += ["-p", "fake_parts"] if fake else []
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(HERE)]),
        "FAKE_FAULTS": json.dumps(faults or {}),
        "FAKE_LOG": str(folder / "batches.log"),
        "FAKE_SECONDS": str(seconds),
    }
    # Pytest writes its short summary in full where this is set, as it is on CI.
    environment.pop("CI", None)
    return [*line, *arguments, str(ROOT / "harness" / "generated")], environment
