"""The run summary: what one run of the main job was asked for, what came of it, and how long it took, as JSON and as lines to read.

It is the only file of a dataset that speaks of a run. The last run's summary replaces the one before.
"""

from __future__ import annotations

import json
import platform
from collections import Counter
from collections.abc import Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.dataset import Committed, Tally
from harness.errors import DatasetError
from harness.publish import publish_text
from harness.records import FORMAT, HARNESS_VERSION

if TYPE_CHECKING:
    from harness.options import Options
    from harness.result import CaseResult

FAILURES_SHOWN = 10

_LIMITATION = "known_limitation:"


def build_summary(
    options: Options,
    results: Sequence[CaseResult],
    committed: Committed,
    *,
    asked: int,
    already_there: int,
    arch: str,
    warp_version: str,
    workers: int,
    day: date,
    wall_seconds: float,
    exit_status: int,
    lost: int = 0,
) -> dict[str, Any]:
    """The summary of a run, ready for JSON.

    `cases.passed` counts every case that passed; those with a known limitation are among them and counted again by themselves. Cases that
    were skipped, since the installed Warp lacks what they need, are not among those run; `skipped` has the reasons. `seconds` are summed
    over workers, by stage. `code_bytes` are the bytes of code that the run added to the dataset.
    """
    passed = [r for r in results if r.passed]
    seconds: Counter[str] = Counter()
    for result in results:
        seconds.update(result.seconds)
    return {
        "format": FORMAT,
        "device": options.device,
        "seed": options.seed,
        "start": options.start,
        "count": options.count,
        "families": list(options.families),
        "optimization_level": options.optimization_level,
        "default_level_every": options.default_level_every,
        "arch": arch,
        "warp_version": warp_version,
        "numpy_version": version("numpy"),
        "python_version": platform.python_version(),
        "harness_version": HARNESS_VERSION,
        "workers": workers,
        "date": day.isoformat(),
        "cases": {
            "asked": asked,
            "already_there": already_there,
            "run": sum(not r.skipped for r in results),
            "passed": len(passed),
            "known_limitation": sum(r.gradient.startswith(_LIMITATION) for r in passed),
            "failed": sum(r.failed for r in results),
            "skipped": sum(bool(r.skipped) for r in results),
            "harvested": committed.rows,
            "duplicate": committed.duplicates,
            "bridge": committed.bridges,
        },
        "validation": dict(sorted(Counter(r.validation for r in passed).items())),
        "not_executed": dict(sorted(Counter(r.not_executed for r in passed if r.not_executed).items())),
        "skipped": dict(sorted(Counter(r.skipped for r in results if r.skipped).items())),
        "gradient": dict(sorted(Counter(r.gradient for r in passed).items())),
        "by_family": _by_family(results, committed),
        "failures": [
            {"case": r.case_id, "reason": r.reason, "reproduction": r.reproduction}
            for r in sorted(results, key=lambda r: r.case_id)
            if r.failed
        ],
        "seconds": {stage: round(value, 3) for stage, value in sorted(seconds.items())},
        "wall_seconds": round(wall_seconds, 3),
        "code_bytes": committed.code_bytes,
        "exit_status": exit_status,
        "lost": lost,
    }


def summary_path(data_dir: Path, device: str) -> Path:
    """Where a device's summary stands."""
    return data_dir / f"summary-{device}.json"


def write_summary(data_dir: Path, summary: dict[str, Any]) -> Path:
    """Replace the summary of the run's device; its path. Raises DatasetError, leaving the old one, if the disk refuses."""
    path = summary_path(data_dir, summary["device"])
    try:
        publish_text(path, json.dumps(summary, indent=1) + "\n")
    except OSError as error:
        raise DatasetError(f"{path} cannot be written ({error.strerror}): make room, or give another --data-dir") from None
    return path


def summary_text(summary: dict[str, Any]) -> str:
    """A few lines for the terminal: the counts, what was added, and the first failures."""
    cases = summary["cases"]
    levels = ", ".join(f"{count} {level}" for level, count in summary["validation"].items())
    skipped = f", {cases['skipped']} skipped" if cases["skipped"] else ""
    limitations = f" ({cases['known_limitation']} with a known limitation)" if cases["known_limitation"] else ""
    bridges = f", {cases['bridge']} that resemble records of two splits" if cases["bridge"] else ""
    lines = [
        f"{summary['device']}: {cases['asked']} cases asked, {cases['already_there']} already there, {cases['run']} run: "
        f"{cases['passed']} passed{limitations}, {cases['failed']} failed{skipped}",
        f"validation: {levels or 'none'}",
        f"harvested {cases['harvested']} records, {summary['code_bytes'] / 1e6:.3f} MB of code; "
        f"left out {cases['duplicate']} whose structure is there already{bridges}; {summary['wall_seconds']:.1f} s",
    ]
    lines += [f"{count} not executed: {reason}" for reason, count in summary["not_executed"].items()]
    lines += [f"{count} skipped: {reason}" for reason, count in summary["skipped"].items()]
    for failure in summary["failures"][:FAILURES_SHOWN]:
        where = f" [{failure['reproduction']}]" if failure["reproduction"] else ""
        lines.append(f"failed {failure['case']}: {failure['reason']}{where}")
    if len(summary["failures"]) > FAILURES_SHOWN:
        lines.append(f"and {len(summary['failures']) - FAILURES_SHOWN} failures more, in the summary")
    return "\n".join(lines)


def _by_family(results: Sequence[CaseResult], committed: Committed) -> dict[str, dict[str, int]]:
    families = sorted({r.family for r in results} | set(committed.by_family))
    table = {}
    for family in families:
        mine = [r for r in results if r.family == family]
        tally = committed.by_family.get(family, Tally())
        table[family] = {
            "run": sum(not r.skipped for r in mine),
            "passed": sum(r.passed for r in mine),
            "failed": sum(r.failed for r in mine),
            "harvested": tally.rows,
            "duplicate": tally.duplicates,
            "bridge": tally.bridges,
            "code_bytes": tally.code_bytes,
        }
    return table
