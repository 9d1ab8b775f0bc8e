"""The command `python -m generation.export`: instruction-tuning data in JSON lines, from a finished dataset.

A file for each task and split, `<task>-<split>.jsonl`, with a conversation in each line (`messages`) and where it comes from. The tasks are
in generation.instructions.tasks. Records are read and written one after another: memory does not grow with the dataset.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from generation.finished import FinishedDataset, open_finished
from generation.instructions.files import Written, write_lines
from generation.instructions.kernel_index import KernelIndex
from generation.instructions.rows import Rows
from generation.instructions.tasks import TASKS, Task
from harness.errors import DatasetError
from harness.folder import DEVICES
from harness.records import SPLITS

BAD_INPUT = 2
"""The exit status when something was not as it should be."""

INSTRUCTIONS = "instructions"
"""The folder in the data folder that the files go to if none is named."""

_ROOT = Path(__file__).resolve().parents[1]
_NAMES = tuple(task.name for task in TASKS)


class ExportError(Exception):
    """An export that cannot be made. The message is one line that says what is wrong and what to do."""


@dataclass(frozen=True)
class Plan:
    """What is to be exported: tasks and splits, the only device that is asked about (None: each), and the most bytes of a conversation."""

    tasks: tuple[Task, ...]
    splits: tuple[str, ...]
    device: str | None
    max_bytes: int | None

    def devices(self, task: Task) -> tuple[str, ...]:
        """The devices whose records the task asks about here."""
        return tuple(device for device in task.devices if self.device in (None, device))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; its exit status: 0, or 2 after one line on standard error."""
    options = _parser().parse_args(arguments)
    data_dir: Path = options.data_dir or _ROOT / "generation" / "data"
    output: Path = options.output or data_dir / INSTRUCTIONS
    try:
        plan = _plan(options)
        _export(open_finished(data_dir), output, plan)
    except (DatasetError, ExportError) as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m generation.export", description="Writes instruction-tuning data on a dataset.")
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help="the dataset's folder (default: generation/data)")
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help=f"where the files go (default: the folder {INSTRUCTIONS} in the dataset's folder)"
    )
    parser.add_argument("--task", action="append", choices=_NAMES, metavar="NAME", help=f"only this one (repeatable): {', '.join(_NAMES)}")
    parser.add_argument("--split", action="append", choices=SPLITS, metavar="NAME", help=f"only this one (repeatable): {', '.join(SPLITS)}")
    parser.add_argument("--device", choices=DEVICES, help="ask about this device's records alone (default: about both)")
    parser.add_argument(
        "--max-bytes", type=_positive, metavar="N", help="leave out conversations of more bytes (default: none is too long)"
    )
    return parser


def _positive(text: str) -> int:
    value = int(text) if text.isdecimal() else 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of bytes: give one of at least 1")
    return value


def _plan(options: argparse.Namespace) -> Plan:
    """What the options ask for. Raises ExportError for a task that asks about no record of the device."""
    device = options.device
    for task in TASKS:
        if options.task is not None and task.name in options.task and device is not None and device not in task.devices:
            raise ExportError(f"--task {task.name} asks about no {device} records: leave --device out, or give --device {task.devices[0]}")
    tasks = tuple(task for task in TASKS if task.name in (options.task or _NAMES) and (device is None or device in task.devices))
    splits = tuple(split for split in SPLITS if split in (options.split or SPLITS))
    return Plan(tasks, splits, device, options.max_bytes)


def _export(dataset: FinishedDataset, output: Path, plan: Plan) -> None:
    """Write the files and print a line for each, and one for all. Raises DatasetError or ExportError."""
    made: dict[Path, Written] = {}
    try:
        output.mkdir(parents=True, exist_ok=True)
        with KernelIndex(dataset) as index:
            for task in plan.tasks:
                for split in plan.splits:
                    rows = Rows(dataset, index, task, split, plan.devices(task), plan.max_bytes)
                    path = output / f"{task.name}-{split}.jsonl"
                    made[path] = write_lines(path, rows)
                    print(_line(rows, made[path]), flush=True)
        if any(written.rows for written in made.values()):
            _remove(path for path, written in made.items() if not written.rows)
    except sqlite3.Error as error:
        folder = os.environ.get("SQLITE_TMPDIR", "the folder for temporary files")
        raise ExportError(f"the index of kernels cannot be written ({error}): make room in {folder}, or set SQLITE_TMPDIR") from None
    except OSError as error:
        raise ExportError(f"{output} cannot be written ({error.strerror or error}): make room, or give another --output") from None
    rows_made = sum(written.rows for written in made.values())
    if not rows_made:
        raise ExportError(f"{dataset.data_dir} gives no row to these tasks, for the reasons above: ask for others, or for longer ones")
    size, files = sum(written.size for written in made.values()), sum(written.rows > 0 for written in made.values())
    print(f"wrote {rows_made:,} rows, {size:,} bytes, in {files} files in {output}")


def _remove(paths: Iterable[Path]) -> None:
    """Remove what an earlier export wrote where this one has nothing: it would pass for a part of this one."""
    for path in paths:
        if path.exists():
            path.unlink()
            print(f"removed {path}, which was of an earlier export")


def _line(rows: Rows, written: Written) -> str:
    """What became of the rows of a task and split."""
    text = f"{rows.task.name} {rows.split}: {written.rows:,} rows, {written.size:,} bytes"
    if not set(rows.devices) & set(rows.dataset.devices):
        text += f"; the dataset has no {' or '.join(rows.devices)} records"
    if rows.left_out:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in sorted(rows.left_out.items()))
        text += f"; left out {rows.left_out.total():,}: {reasons}"
    return text


if __name__ == "__main__":
    sys.exit(main())
