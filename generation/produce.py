"""The command `python -m generation.produce`: makes a dataset of the size asked for, in rounds of the main job.

It reads GENERATION_STATE.md, its ledger and the manifests, says where it goes on, and runs one round after another, each in a process tree
of its own, until the target is met. After each round the shards are published, and manifest, card, ledger, state and report are up to
date. It stops by itself if cases fail, structures repeat or the disk is short. It may be killed at any moment: the next call goes on, and
ends with the dataset that one never killed would have made.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from generation.production import journal, quality
from generation.production.ledger import Ledger, read_ledger
from generation.production.progress import Progress
from generation.production.request import DEFAULT_LEVEL, LEVEL, ROUND_CASES, ProductionError, Request, read_request
from generation.production.runner import Job
from generation.production.schedule import round_at
from generation.production.tail import SpoolTail
from harness.errors import DatasetError
from harness.folder import check_folder
from harness.lock import WriterLock
from harness.manifest import read_manifest

STOPPED = 1
BAD_INPUT = 2
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; its exit status: 0 with the target met, 1 if production stopped, 2 for bad input, 130 after an interrupt."""
    try:
        request = read_request(arguments)
        device = request.device or journal.device_of(journal.begin(request))
        if device is None:
            return _report_alone(request)
        return _produce(request, device)
    except DatasetError as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        print("interrupted: what passed is safe; the same command goes on", file=sys.stderr)
        return INTERRUPTED


def _report_alone(request: Request) -> int:
    """The phase of the report: both datasets are there."""
    print("both datasets are there; the report is what is left")
    print(journal.write_report(request))
    journal.note_report(request)
    return 0


def _produce(request: Request, device: str) -> int:
    check_folder(request.data_dir, device)
    try:
        request.data_dir.mkdir(parents=True, exist_ok=True)
        lock = WriterLock(request.data_dir / f".lock-production-{device}")
        lock.acquire()
    except OSError as error:
        raise ProductionError(f"{request.data_dir} cannot be written ({error.strerror}): give another --data-dir") from None
    try:
        lock.sign()
        return _rounds(request, _ledger(request, device))
    finally:
        lock.release()


def _rounds(request: Request, ledger: Ledger) -> int:
    """Rounds until the target is met, or something is wrong."""
    progress = Progress(request.target_bytes, request.log_seconds)
    progress.say(_where(request, ledger))
    job = Job(request.data_dir, request.workers, _log(request.data_dir, ledger.device))
    while ledger.counted[1] < request.target_bytes:
        reason = quality.shortage(request.data_dir, ledger)
        if reason is None:
            round, tail = round_at(ledger, len(ledger.rounds)), SpoolTail(request.data_dir, ledger.device)
            entry = job.run(ledger, round, lambda: progress.tick(ledger, round, tail))  # noqa: B023
            ledger = ledger.with_round(entry)
            ledger.write(request.data_dir)
            progress.done(ledger, entry)
            journal.note_round(request, ledger)
            journal.write_report(request)
            reason = quality.fault_of(entry, ledger.device)
        if reason is not None:
            journal.note_stop(request, reason)
            progress.say(f"production stops: {reason}")
            return STOPPED
    records, code_bytes, *_ = ledger.counted
    progress.say(f"the target is met: {records:,} records, {code_bytes / 1e6:.3f} MB of code in {request.data_dir}")
    journal.note_target(request, ledger, date.today())
    if line := journal.write_report(request):
        progress.say(line)
    journal.note_report(request)
    return 0


def _ledger(request: Request, device: str) -> Ledger:
    """The ledger to go on with: the one in the folder, or a new one. Raises ProductionError if it was begun with other settings."""
    manifest = read_manifest(request.data_dir, device)
    now = (manifest.rows, manifest.code_bytes, len(manifest.duplicates), len(manifest.bridges))
    known = read_ledger(request.data_dir, device)
    level = _level(request.level, device)
    if known is None:
        return Ledger(device, request.seed or 0, request.round_cases or ROUND_CASES, level, now)
    for option, given, begun in (
        ("--seed", request.seed, known.seed),
        ("--round-cases", request.round_cases, known.round_cases),
        ("--optimization-level", None if request.level is None else level, known.optimization_level),
    ):
        if given is not None and given != begun:
            raise ProductionError(
                f"{option} {given}: the production in {request.data_dir} was begun with {begun}; leave it out, or give another --data-dir"
            )
    if any(have < counted for have, counted in zip(now, known.counted, strict=True)):
        raise ProductionError(
            f"the manifest in {request.data_dir} has less than the ledger of its production counts ({now[0]} records of "
            f"{known.counted[0]}): restore it, or remove production-{device}.json to have finished rounds looked at once more"
        )
    return known


def _level(given: str | None, device: str) -> int | None:
    if given is None:
        return LEVEL if device == "cpu" else None
    return None if given == DEFAULT_LEVEL else int(given)


def _where(request: Request, ledger: Ledger) -> str:
    """The line that says what is there and where the production goes on."""
    records, code_bytes, *_ = ledger.counted
    goal = f"{code_bytes / 1e6:.1f} of {request.target_bytes / 1e6:g} MB"
    first = len(ledger.rounds)
    tail = SpoolTail(request.data_dir, ledger.device)
    tail.poll()
    begun = f"goes on with round {first}" if first or tail.records else "begins"
    begun += f", of which {tail.records} cases are done" if tail.records else ""
    return (
        f"{ledger.device}: {records:,} records, {goal} in {request.data_dir}; production {begun} "
        f"(seed {ledger.seed}, rounds of {ledger.round_cases} cases)"
    )


def _log(data_dir: Path, device: str) -> Path:
    path = journal.log_of(data_dir, device)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


if __name__ == "__main__":
    sys.exit(main())
