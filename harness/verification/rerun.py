"""Running records again: generated, compiled and run in the isolation of `harness.isolation`, judged by the oracle, and compared.

Records that were compiled in the same way (optimization level, architecture, PTX kept or not) share a server and its batches. A reference
is run in this process, as it is by the main job.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from generation.code import target
from generation.code.job import Job, Outcome
from generation.code.settings import Reach, Settings
from harness.isolation import BatchRunner
from harness.needs import lacking
from harness.oracle import PreparationError, Prepared, judge, prepare
from harness.scheduler import LARGEST_BATCH
from harness.verification.finding import Finding, Results, Text
from harness.verification.results import compare_results, exactly
from harness.verification.source import Place, Source, read_records
from harness.verification.texts import Record, case_of, compare_text, own_faults, shortened
from kernels.case import Case

_LEVELS = (None, 0, 1, 2, 3)


@dataclass
class _Entry:
    """A record of the open batch: what is wrong with its columns, its case, the job to run, what to judge its outcome by, and why it is not
    run, or not judged."""

    record: Record
    faults: list[str]
    case: Case | None = None
    job: Job | None = None
    prepared: Prepared | None = None
    not_run: str = ""
    not_judged: str = ""


def rerun(source: Source, places: Sequence[Place], reach: Reach, level: int | None = None) -> Iterator[Finding]:
    """What is found of each of the records at `places`, batch by batch. `reach` is how far the target gets on this machine, `level` the
    optimization level, None for each record's own.

    Raises DatasetError for a shard that cannot be read, and IsolationError if nothing can be compiled here at all.
    """
    groups: dict[Settings, list[Place]] = {}
    for place in places:
        groups.setdefault(_settings(source.device, place, reach, level), []).append(place)
    for settings, members in groups.items():
        refusal = _refusal(source.device, settings)
        with BatchRunner(source.device, settings) as runner:
            for batch in _batches(read_records(source.data_dir, members)):
                entries = [_entry(source, place, record, reach, refusal) for place, record in batch]
                outcomes = runner.run([entry.job for entry in entries if entry.job is not None])
                for entry in entries:
                    outcome = outcomes[entry.case.id] if entry.case is not None and entry.job is not None else None
                    yield _finding(source, entry, outcome, settings, runner.warp_version)


def _settings(device: str, place: Place, reach: Reach, level: int | None) -> Settings:
    """What the record's code is to be compiled with: what it was compiled with, as far as the GPU here can run that."""
    level = place.optimization_level if level is None else level
    if device == "cpu":
        return Settings(level)
    arch = _number(place.arch)
    if not reach.gpus:
        return Settings(level, arch, place.with_ptx)
    return Settings(level, min(arch, _number(reach.archs[0])), place.with_ptx, gpu=0)


def _number(arch: str | None) -> int:
    """An architecture's number by its name, such as `sm_90`; 0, which no target takes, for what is no name."""
    digits = str(arch).removeprefix("sm_")
    return int(digits) if digits.isdecimal() else 0


def _refusal(device: str, settings: Settings) -> str:
    """Why nothing can be compiled with these settings, or ''."""
    if settings.optimization_level not in _LEVELS:
        return f"optimization_level is {settings.optimization_level}: there are 0 to 3"
    return target(device).refusal(settings) or ""


def _batches(records: Iterable[tuple[Place, Record]]) -> Iterator[list[tuple[Place, Record]]]:
    """Batches of at most `LARGEST_BATCH` records, in none of which a case's name comes twice: streams of different seeds share them."""
    batch: list[tuple[Place, Record]] = []
    names: set[tuple[str, int]] = set()
    for place, record in records:
        name = (record["family"], record["index"])
        if len(batch) == LARGEST_BATCH or name in names:
            yield batch
            batch, names = [], set()
        batch.append((place, record))
        names.add(name)
    if batch:
        yield batch


def _entry(source: Source, place: Place, record: Record, reach: Reach, refusal: str) -> _Entry:
    entry = _Entry(record, own_faults(record, place, source.device, source.manifest.preambles), not_run=refusal)
    if refusal:
        return entry
    try:
        entry.case = case_of(record)
        entry.not_run = lacking(record["python_source"])
    except (ValueError, SyntaxError) as error:
        entry.not_judged = shortened(error)
    if entry.case is None or entry.not_run:
        return entry
    # Without launches the code is still made, and can be compared.
    entry.job = Job(entry.case, ())
    try:
        entry.prepared = prepare(entry.case, gpu=reach.gpus > 0, threads=reach.threads(entry.case.block_dim))
        entry.job = entry.prepared.job
    except PreparationError as error:
        entry.not_judged = f"prepare: {shortened(error)}"
    # What a reference raises, or leaves by, is that record's.
    except (Exception, SystemExit) as error:
        entry.not_judged = f"prepare: {shortened(traceback.format_exception_only(error)[-1])}"
    return entry


def _finding(source: Source, entry: _Entry, outcome: Outcome | None, settings: Settings, warp_version: str) -> Finding:
    record, level = entry.record, settings.optimization_level
    text: Text = "not_made"
    results: Results = "not_run" if entry.not_run else "differ"
    remarks = [reason for reason in (entry.not_run, entry.not_judged) if reason]
    reached, gradient, exact = "", "", False
    if outcome is not None:
        same_build = settings.with_ptx and record["optimization_level"] == level and record["arch"] == outcome.arch
        preamble = source.manifest.preambles.get(record["preamble_id"])
        text, unlike = compare_text(record, preamble, outcome, warp_version, same_build=same_build)
        remarks = [*unlike, *remarks]
        if entry.prepared is not None:
            verdict = judge(entry.prepared, outcome)
            results, reasons = compare_results(record, entry.prepared.job.case, verdict, outcome, warp_version, level)
            remarks += reasons
            if verdict.passed:
                reached, gradient, exact = outcome.validation, verdict.gradient, exactly(record, verdict)
    if entry.faults:
        text = "differs"
    return Finding(
        str(record["id"]),
        str(record["case"]),
        text,
        results,
        str(record["validation"]),
        reached,
        gradient,
        exact,
        (*entry.faults, *remarks),
    )
