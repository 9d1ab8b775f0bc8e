"""The command `python -m harness.verify`: runs records of a dataset again, from its shards alone, and compares texts and results.

Every shard is compared with the manifest's checksum, and the records as a whole with what must hold between them. Of a sample, or of all,
the code is generated again and compared byte for byte; the kernel is compiled, run and judged as the main job does it, and the verdict
compared. That runs what is in the records, so a dataset that this installation did not make needs `--yes`.

Exit status: 0 if all records that were looked at agree, 1 if any differs, 2 if nothing could be verified, 3 if none differs but some could
not be compared in full (another Warp made their code, or they cannot be run here).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import NoReturn

from generation.code import TARGETS, target
from harness.errors import DatasetError
from harness.folder import DEVICES
from harness.isolation import IsolationError
from harness.made_here import was_made_here
from harness.manifest import manifest_path
from harness.verification.rerun import rerun
from harness.verification.sample import sample
from harness.verification.source import faults, open_source
from harness.verification.tally import Tally, conclusion, fault_lines

DIFFERS, REFUSED, UNSETTLED, INTERRUPTED = 1, 2, 3, 130
"""Exit statuses."""

DEFAULT_SAMPLE = 32

_ROOT = Path(__file__).resolve().parent.parent

_PROGRESS_LINES, _PROGRESS_RECORDS = 20, 32
"""Lines of progress of a device at most, and records between two of them at least, where they cannot replace one another."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; its exit status."""
    options = _parser().parse_args(arguments)
    try:
        return _verify(options)
    except (DatasetError, IsolationError) as error:
        print(error, file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        print("interrupted: the dataset is as it was, and nothing is concluded", file=sys.stderr)
        return INTERRUPTED


def _verify(options: argparse.Namespace) -> int:
    data_dir = _ROOT / "generation" / "data" if options.data_dir is None else options.data_dir
    devices = _devices(data_dir, options.device)
    if not options.yes:
        _check_origin(data_dir, devices)
    sources = [open_source(data_dir, device) for device in devices]
    chosen = [source.places if options.all else sample(source.places, options.sample or DEFAULT_SAMPLE, options.seed) for source in sources]
    print(
        f"running the Python, the references and the compiled code of {sum(map(len, chosen))} records of {data_dir} with your rights: "
        "a child process keeps crashes apart, and is no sandbox"
    )
    wrong = faults(sources)
    tallies: list[Tally] = []
    for source, places in zip(sources, chosen, strict=True):
        tally = Tally(source.device, len(places))
        reach = target(source.device).reach()
        shards = len(source.manifest.shards)
        print(f"{source.device}: {len(source.places)} records in {shards} shards, each with the manifest's checksum")
        which = "all of them" if len(places) == len(source.places) else f"{len(places)} of them (--seed {options.seed})"
        where = " and ".join(dict.fromkeys(reach.devices))
        print(f"{source.device}: verifying {which} with warp-lang {version('warp-lang')} on {where}", flush=True)
        with _Progress(tally) as progress:
            for finding in rerun(source, places, reach, options.optimization_level):
                tally.add(finding)
                progress.show()
        tallies.append(tally)
    print("\n".join([*(line for tally in tallies for line in tally.lines()), *fault_lines(wrong), conclusion(tallies, wrong)]))
    if wrong or any(tally.differ for tally in tallies):
        return DIFFERS
    return UNSETTLED if any(tally.unsettled for tally in tallies) else 0


def _devices(data_dir: Path, asked: str | None) -> list[str]:
    """The devices to verify: the one asked for, or all that the folder has. Raises DatasetError if there is none, or no Warp to do it."""
    there = [device for device in DEVICES if manifest_path(data_dir, device).exists()]
    devices = there if asked is None else [device for device in there if device == asked]
    if not devices:
        name = "manifest" if asked is None else manifest_path(data_dir, asked).name
        raise DatasetError(
            f"{data_dir} has no {name}: give the --data-dir of a dataset, or make one with `pytest --device={asked or 'cpu'}`"
        )
    for device in devices:
        missing = target(device).missing()
        if missing is not None:
            raise DatasetError(missing)
    return devices


def _check_origin(data_dir: Path, devices: Sequence[str]) -> None:
    """Raises DatasetError, one line, for a manifest that this installation did not write."""
    for device in devices:
        path = manifest_path(data_dir, device)
        try:
            ours = was_made_here(path)
        except OSError as error:
            raise DatasetError(f"{path} cannot be read ({error.strerror}): restore it, or its permissions") from None
        if not ours:
            raise DatasetError(
                f"{path} was not written by this installation, or was changed since, and verifying runs the code in its records with your "
                "rights: if you trust where it comes from, add --yes"
            )


class _Progress:
    """Says on standard error how far a device is: in one line that changes on a terminal, in a few lines elsewhere."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._terminal = sys.stderr.isatty()
        self._step = max(_PROGRESS_RECORDS, tally.asked // _PROGRESS_LINES)

    def __enter__(self) -> _Progress:
        self.show()
        return self

    def __exit__(self, *_: object) -> None:
        if self._terminal:
            print(file=sys.stderr)

    def show(self) -> None:
        tally = self._tally
        line = f"{tally.device}: {tally.records} of {tally.asked} records, {tally.agree} agree"
        if self._terminal:
            print(f"\r{line}", end="", file=sys.stderr, flush=True)
        elif tally.records == tally.asked or tally.records % self._step == 0:
            print(line, file=sys.stderr, flush=True)


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with a command line in one line, and not in a page of usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(REFUSED, f"{message.removeprefix('argument ')}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m harness.verify", description="Runs records of a dataset again, from its shards alone, and compares.")
    default = "generation/data in the project's folder"
    parser.add_argument("--data-dir", type=_folder, metavar="DIR", help=f"the dataset's folder (default: {default})")
    parser.add_argument("--device", type=_device, metavar="NAME", help="cpu or cuda (default: those that the dataset has)")
    which = parser.add_mutually_exclusive_group()
    number = _whole(1, sys.maxsize)
    which.add_argument("--sample", type=number, metavar="N", help=f"records of each device (default: {DEFAULT_SAMPLE})")
    which.add_argument("--all", action="store_true", help="every record")
    parser.add_argument("--seed", type=_whole(0, sys.maxsize), default=0, metavar="S", help="which sample (default: 0)")
    level = "0 to 3 (default: what each record was compiled at)"
    parser.add_argument("--optimization-level", type=_whole(0, 3), metavar="N", help=level)
    parser.add_argument("--yes", action="store_true", help="run the code of a dataset that this installation did not make")
    return parser


def _folder(text: str) -> Path:
    if not text.strip():
        raise argparse.ArgumentTypeError("it is empty: give the dataset's folder")
    return Path(text)


def _device(text: str) -> str:
    if text not in TARGETS:
        raise argparse.ArgumentTypeError(f"unknown device {text!r}: use one of {', '.join(TARGETS)}")
    return text


def _whole(lowest: int, highest: int) -> Callable[[str], int]:
    """Takes a whole number from `lowest` to `highest`."""

    def parse(text: str) -> int:
        if not text.isdecimal() or not lowest <= int(text) <= highest:
            allowed = f"of at least {lowest}" if highest == sys.maxsize else f"from {lowest} to {highest}"
            raise argparse.ArgumentTypeError(f"{text}: give a whole number {allowed}")
        return int(text)

    return parse


if __name__ == "__main__":
    sys.exit(main())
