"""The command `python -m generation.produce`: makes a dataset of the size asked for, in rounds of the main job.

It reads GENERATION_STATE.md, its ledger and the manifests, says where it goes on, and runs one round after another, each in a process tree
of its own, until the target is met. After each round the shards are published, and manifest, card, ledger and state are up to date; the
report follows as often as takes a twentieth of the time. It stops by itself if cases fail, structures repeat or the disk is short. It may
be killed at any moment: the next call goes on, and ends with the dataset that one never killed would have made.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from generation.production import journal, quality
from generation.production.ledger import Ledger, read_ledger
from generation.production.progress import Progress
from generation.production.request import LEVELS, ROUND_CASES, ProductionError, Request, level_name, level_of, read_request
from generation.production.runner import Job
from generation.production.schedule import next_round
from generation.production.tail import SpoolTail
from harness.errors import DatasetError
from harness.folder import check_folder, spool_files
from harness.lock import WriterLock
from harness.manifest import read_manifest

STOPPED = 1
REFUSED = 2
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; its exit status: 0 with the target met, 1 if production stopped, 2 if it was refused, 130 after an interrupt.

    It is refused, with one line on standard error, by bad input, and by a round or a file that cannot be made.
    """
    try:
        request = read_request(arguments)
        if request.cluster is not None:
            # It brings libraries that no other production needs.
            from generation.cluster.driver import produce_on_cluster

            return produce_on_cluster(request)
        state = journal.begin(request)
        device = request.device or journal.device_of(state)
        if device is None:
            return _report_alone(request)
        return _produce(request, device)
    except DatasetError as error:
        print(error, file=sys.stderr)
        return REFUSED
    except OSError as error:
        print(f"the system refused: {error}; what passed is safe: mend that (make room), and the same command goes on", file=sys.stderr)
        return REFUSED
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
        lock.sign()
    except OSError as error:
        raise ProductionError(f"{request.data_dir} cannot be written ({error.strerror}): make room, or give another --data-dir") from None
    try:
        return _rounds(request, _ledger(request, device))
    finally:
        lock.release()


def _rounds(request: Request, ledger: Ledger) -> int:
    """Rounds until the target is met, or something is wrong."""
    progress = Progress(request.target_bytes, request.log_seconds)
    progress.say(_where(request, ledger))
    job = Job(request.data_dir, request.workers, _log(request.data_dir, ledger.device))
    reports = journal.Reports(request)
    while ledger.counted[1] < request.target_bytes:
        if reason := quality.shortage(request.data_dir, ledger):
            return _stop(request, progress, reason)
        round, tail = next_round(ledger, request.target_bytes), SpoolTail(request.data_dir, ledger.device)
        try:
            entry = job.run(ledger, round, lambda: progress.tick(ledger, round, tail))  # noqa: B023
        except (ProductionError, OSError):
            # A disk that is full shows in many ways, and the next call would stop for this reason.
            if reason := quality.shortage(request.data_dir, ledger):
                return _stop(request, progress, reason)
            raise
        ledger = ledger.with_round(entry)
        ledger.write(request.data_dir)
        progress.done(ledger, entry)
        journal.note_round(request, ledger)
        reason = quality.fault_of(entry, ledger.device)
        if reason is not None:
            _stop(request, progress, reason)
        goes_on = reason is None and ledger.counted[1] < request.target_bytes
        if ledger.counted[0] and (reason is not None or (goes_on and reports.due)):
            reports.write()
        if reason is not None:
            return STOPPED
    records, code_bytes, *_ = ledger.counted
    progress.say(f"the target is met: {records:,} records, {code_bytes / 1e6:.3f} MB of code in {request.data_dir}")
    journal.note_target(request, ledger, date.today())
    if line := reports.write():
        progress.say(line)
    journal.note_report(request)
    return 0


def _stop(request: Request, progress: Progress, reason: str) -> int:
    progress.say(f"production stops: {reason}")
    journal.note_stop(request, reason)
    return STOPPED


def _ledger(request: Request, device: str) -> Ledger:
    """The ledger to go on with: the one in the folder, or a new one. Raises ProductionError if it was begun with other settings.

    A new one is written before the first round, so that no other call adds to the spools of that round under other settings.
    """
    manifest = read_manifest(request.data_dir, device)
    now = (manifest.rows, manifest.code_bytes, len(manifest.duplicates), len(manifest.bridges))
    ledger = read_ledger(request.data_dir, device)
    known = ledger or Ledger(device, 0, ROUND_CASES, LEVELS[device], now)
    asked = replace(
        known,
        seed=known.seed if request.seed is None else request.seed,
        round_cases=request.round_cases or known.round_cases,
        optimization_level=known.optimization_level if request.level is None else level_of(request.level),
    )
    spooled = any(path.stat().st_size for path in spool_files(request.data_dir, device))
    if ledger is None or not (known.rounds or now != known.before or spooled):
        asked.write(request.data_dir)
        return asked
    for option, given, begun in (
        ("--seed", asked.seed, known.seed),
        ("--round-cases", asked.round_cases, known.round_cases),
        ("--optimization-level", level_name(asked.optimization_level), level_name(known.optimization_level)),
    ):
        if given != begun:
            raise ProductionError(
                f"{option} {given}: the production in {request.data_dir} was begun with {begun}; leave it out, or give another --data-dir"
            )
    if any(have < counted for have, counted in zip(now, known.counted, strict=True)):
        raise ProductionError(
            f"the manifest in {request.data_dir} has less than the ledger of its production counts ({now[0]} records of "
            f"{known.counted[0]}): restore it, or remove production-{device}.json to have finished rounds looked at once more"
        )
    return known


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
