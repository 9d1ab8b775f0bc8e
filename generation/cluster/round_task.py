"""One round on whatever node: the main job in a temporary folder, and its fragment published. This is what a task of the cluster runs."""

from __future__ import annotations

import json
import platform
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from generation.cluster.fragment import Counts, fragment_file, fragment_of
from generation.cluster.settings import Settings, check_versions, sources_digest
from generation.cluster.store import Store
from generation.production.ledger import RoundEntry
from generation.production.quality import LEAST_PASSED
from generation.production.request import ProductionError
from generation.production.runner import Job
from generation.production.schedule import round_at
from harness.errors import DatasetError
from harness.lock import WriterLock
from harness.summary import summary_path

_PREFIX = "warp-kernel-harness-round-"

_LEFT_SECONDS = 3600.0
"""The age from which on a folder that nobody has locked was left by a task that died."""


@dataclass(frozen=True)
class Work:
    """A round to be made: where its fragment goes, the production's settings, its number, its workers, the digest of the sources."""

    store: Store
    settings: Settings
    number: int
    workers: int
    sources: str


@dataclass(frozen=True)
class Made:
    """What came of a round: whether this task published its fragment, and what the round cost; `fault` says why there is none.

    Another try may mend a fault, unless it is `lasting`.
    """

    number: int
    published: bool = False
    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_bytes: int = 0
    attempts: int = 0
    fault: str = ""
    lasting: bool = False


def make_fragment(work: Work) -> Made:
    """Make the fragment of a round and publish it, if there is none; whatever goes wrong is in what is returned."""
    try:
        return _make(work)
    except DatasetError as error:
        return Made(work.number, fault=str(error))
    except OSError as error:
        return Made(work.number, fault=f"round {work.number}: the system refused on {platform.node()}: {str(error).splitlines()[0]}")


def _make(work: Work) -> Made:
    name = fragment_file(work.settings.device, work.number)
    if work.store.size(name) is not None:
        return Made(work.number)
    node = f"the node {platform.node()}"
    check_versions(work.settings, node)
    if sources_digest() != work.sources:
        raise ProductionError(f"round {work.number}: {node} has other sources than this machine: install the same commit on both")
    ledger = work.settings.ledger
    with _folder() as folder:
        data, kept = folder / "data", folder / "spools"
        kept.mkdir()
        require = ("--require=executed",) if work.settings.on_gpus else ()
        options = ("-p", "generation.cluster.kept_spools", f"--keep-spools={kept}", *require)
        entry = Job(data, str(work.workers), folder / "log", options).run(ledger, round_at(ledger, work.number), lambda: None)
        fault = _fault(entry, summary_path(data, ledger.device))
        if fault:
            return Made(work.number, fault=f"round {work.number} on {node}: {fault}", lasting=True)
        fragment = fragment_of(sorted(kept.glob("*.jsonl")), Counts(entry.failed, entry.skipped))
    published = work.store.put_if_absent(name, fragment)
    return Made(work.number, published, entry.wall_seconds, entry.cpu_seconds, entry.peak_bytes, entry.attempts)


def _fault(entry: RoundEntry, summary: Path) -> str:
    """Why a round is no part of a dataset, in one line; empty if it is."""
    tried = entry.passed + entry.failed
    if not tried:
        return f"none of its {entry.cases} cases can run there"
    if entry.passed >= LEAST_PASSED * tried:
        return ""
    first = next(iter(json.loads(summary.read_text(encoding="utf-8"))["failures"]), None)
    example = f"; {first['case']}: {first['reason']}" if first else ""
    return f"{entry.passed} of {tried} cases passed, less than {LEAST_PASSED:.0%}{example}"


@contextmanager
def _folder() -> Iterator[Path]:
    """A temporary folder, locked while it is in use; what dead tasks left is removed first."""
    for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError, DatasetError):
            if time.time() - left.stat().st_mtime > _LEFT_SECONDS:
                lock = WriterLock(left / ".lock")
                lock.acquire()
                lock.release()
                shutil.rmtree(left)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    lock = WriterLock(folder / ".lock")
    lock.acquire()
    try:
        yield folder
    finally:
        lock.release()
        shutil.rmtree(folder, ignore_errors=True)
