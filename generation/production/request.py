"""What a production is asked for, and the command line that asks.

What decides on the dataset (the stream's seed, cases per round, the level) is fixed when a production begins and kept in its ledger: a
dataset that goes on under other settings would not be the one that its first rounds began.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import DatasetError
from harness.folder import DEVICES

ROOT = Path(__file__).resolve().parents[2]

DEFAULT_DATA = ROOT / "generation" / "data"
DEFAULT_REPORT = ROOT / "generation" / "report"
DEFAULT_STATE = ROOT / "GENERATION_STATE.md"

ROUND_CASES = 1024
LEVELS = {"cpu": 0, "cuda": 2}
"""The compiler's optimization level by device, the cheapest that there is: the generated text does not depend on it, clang takes a third of
its default level's time, and NVRTC nine tenths (its levels 0 and 1 take longer)."""

DEFAULT_LEVEL = "default"

LARGEST_ROUND = 20_000


class ProductionError(DatasetError):
    """Why a production cannot begin or go on; the message is one line that says what to do."""


@dataclass(frozen=True)
class Request:
    """One call of the command. None stands for what the ledger or the state says, or else for the default."""

    device: str | None
    target_bytes: int
    data_dir: Path
    seed: int | None
    round_cases: int | None
    level: str | None
    workers: str
    state: Path
    report: Path | None
    log_seconds: float
    cluster: str | None = None
    destination: str | None = None
    index: str | None = None

    @property
    def is_default_folder(self) -> bool:
        """Whether the dataset is the one in the project's own folder."""
        return self.data_dir == DEFAULT_DATA


def read_request(arguments: Sequence[str] | None) -> Request:
    """The request on the command line. Raises ProductionError with one line for the first bad value."""
    given = _parser().parse_args(arguments)
    if given.device is not None and given.device not in DEVICES:
        raise ProductionError(f"--device {given.device}: use one of {', '.join(DEVICES)}")
    megabytes = _number("--target-mb", given.target_mb, 1e-3, 1e9)
    data_dir = DEFAULT_DATA if given.data_dir is None else _path("--data-dir", given.data_dir)
    default = data_dir == DEFAULT_DATA
    report = (DEFAULT_REPORT if default else data_dir / "report") if given.report is None else _path("--report", given.report)
    state = (DEFAULT_STATE if default else data_dir / DEFAULT_STATE.name) if given.state is None else _path("--state", given.state)
    if given.workers != "auto":
        _whole("--workers", given.workers, 1, 4096)
    return Request(
        device=given.device,
        target_bytes=round(megabytes * 1e6),
        data_dir=data_dir,
        seed=_optional("--seed", given.seed, 0, 2**63 - 1),
        round_cases=_optional("--round-cases", given.round_cases, 1, LARGEST_ROUND),
        level=_level(given.optimization_level),
        workers=given.workers,
        state=state,
        report=None if given.no_report else report,
        log_seconds=_number("--log-seconds", given.log_seconds, 0.1, 86_400.0),
        **_cluster(given),
    )


def _parser() -> argparse.ArgumentParser:
    by_device = ", ".join(f"{level} on {device}" for device, level in LEVELS.items())
    parser = argparse.ArgumentParser(
        prog="python -m generation.produce",
        description="Makes a dataset of the size asked for, in rounds of the main job; goes on where the last call ended.",
    )
    add = parser.add_argument
    add("--device", metavar="NAME", help="cpu or cuda (default: that of the phase in GENERATION_STATE.md)")
    add("--target-mb", default="200", metavar="MB", help="10^6 bytes of the code column to reach (default: 200)")
    add("--data-dir", metavar="DIR", help="the dataset's folder (default: generation/data)")
    add("--seed", metavar="S", help="stream that the cases are drawn from (default: 0)")
    add("--round-cases", metavar="N", help=f"cases of a round (default: {ROUND_CASES})")
    add("--optimization-level", metavar="N", help=f"0 to 3, or `default` for Warp's own (default: {by_device})")
    add("--workers", default="auto", metavar="N", help="processes that check cases (default: one for each processor)")
    add("--state", metavar="FILE", help="the GENERATION_STATE.md to keep (default: the project's, or one in the folder given)")
    add("--report", metavar="DIR", help="where the report goes (default: generation/report, or report/ in the folder given)")
    add("--no-report", action="store_true", help="write no report")
    add("--log-seconds", default="30", metavar="S", help="seconds between lines of progress where there is no terminal (default: 30)")
    add("--cluster", metavar="ADDRESS", help="run the rounds on this Ray cluster: auto, local, or HOST:PORT (see docs/cluster.md)")
    add("--destination", metavar="URI", help="with --cluster: where fragments and dataset go, such as s3://bucket/folder")
    add("--index", metavar="FILE", help="with --cluster: keep the index of records in this file (default: in memory)")
    return parser


def level_of(text: str) -> int | None:
    """The level that `--optimization-level` names; None is Warp's own."""
    return None if text == DEFAULT_LEVEL else int(text)


def level_name(level: int | None) -> str:
    """How `--optimization-level` names a level."""
    return DEFAULT_LEVEL if level is None else str(level)


def _cluster(given: argparse.Namespace) -> dict[str, str | None]:
    """The options of a production on a cluster."""
    if given.cluster is None:
        for option, value in (("--destination", given.destination), ("--index", given.index)):
            if value is not None:
                raise ProductionError(f"{option} {value}: it is for a production on a cluster; give --cluster too, or --data-dir instead")
        return {}
    for option, value in (("--cluster", given.cluster), ("--destination", given.destination), ("--device", given.device)):
        if value is None or not value.strip():
            raise ProductionError(f"{option} is missing: a production on a cluster needs --cluster, --destination and --device")
    for option, value in (("--data-dir", given.data_dir), ("--report", given.report), ("--state", given.state)):
        if value is not None:
            raise ProductionError(f"{option} {value}: a production on a cluster has none; leave it out")
    index = None if given.index is None else str(_path("--index", given.index))
    return {"cluster": given.cluster, "destination": given.destination, "index": index}


def _path(option: str, value: str) -> Path:
    if not value.strip():
        raise ProductionError(f"{option} is empty: give a path")
    return Path(os.path.abspath(value))


def _optional(option: str, text: str | None, lowest: int, highest: int) -> int | None:
    return None if text is None else _whole(option, text, lowest, highest)


def _whole(option: str, text: str, lowest: int, highest: int) -> int:
    value = int(text) if text.isdecimal() else None
    if value is None or not lowest <= value <= highest:
        raise ProductionError(f"{option} {text}: give a whole number from {lowest} to {highest}")
    return value


def _level(text: str | None) -> str | None:
    return text if text in (None, DEFAULT_LEVEL) else str(_whole("--optimization-level", text, 0, 3))


def _number(option: str, text: str, lowest: float, highest: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not lowest <= value <= highest:
        raise ProductionError(f"{option} {text}: give a number from {lowest:g} to {highest:g}")
    return value
