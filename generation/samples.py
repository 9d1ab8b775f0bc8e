"""The command `python -m generation.samples`: a small sample of a dataset, to be committed to git.

A shard for each device, a few records as files to read, the preambles, and a page that says what there is and how to load it. The same
dataset gives the same bytes.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from generation.finished import FinishedDataset, open_finished
from generation.sampling.choice import Kernel, choose, read_kernels
from generation.sampling.errors import SampleError
from generation.sampling.examples import EXAMPLES, choose_examples, write_examples
from generation.sampling.folder import PAGE, replace_folder
from generation.sampling.page import PREAMBLES, SPLIT, page_text
from harness.errors import DatasetError
from harness.shards import write_shard

BAD_INPUT = 2
"""The exit status when something was not as it should be, and what was there is left as it was."""

MOST_BYTES = 3_000_000
"""What the samples may take in all: they stay in git's history for good."""

_RECORDS = 200
_ROOT = Path(__file__).resolve().parents[1]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; its exit status: 0, or 2 after one line on standard error."""
    options = _parser().parse_args(arguments)
    data_dir: Path = options.data_dir or _ROOT / "generation" / "data"
    output: Path = options.output or _ROOT / "generation" / "data" / "samples"
    try:
        print(_make(open_finished(data_dir), output, options.records))
    except (DatasetError, SampleError) as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m generation.samples", description="Makes a small sample of a dataset, for git.")
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help="the dataset's folder (default: generation/data)")
    parser.add_argument("--output", type=Path, metavar="DIR", help="where the sample goes (default: generation/data/samples)")
    parser.add_argument("--records", type=_positive, default=_RECORDS, metavar="N", help=f"records of each device (default: {_RECORDS})")
    return parser


def _positive(text: str) -> int:
    value = int(text) if text.isdecimal() else 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of records: give one of at least 1")
    return value


def _make(dataset: FinishedDataset, output: Path, count: int) -> str:
    """Make the sample; the line that says what was made. Raises DatasetError or SampleError."""
    chosen = choose(read_kernels(dataset), dataset.devices, count)
    records = {device: _records(dataset, device, kernels) for device, kernels in chosen.items()}
    preambles = _preambles(dataset, records)
    examples = choose_examples(records)
    totals = {device: dataset.manifests[device].rows for device in records}
    size = 0

    def make(folder: Path) -> None:
        nonlocal size
        for device, rows in records.items():
            (folder / device).mkdir()
            write_shard(folder, f"{device}/{SPLIT}-00000.parquet", SPLIT, rows)
        cases = write_examples(folder / EXAMPLES, examples, preambles)
        (folder / PREAMBLES).write_text(json.dumps(preambles, indent=1) + "\n", encoding="utf-8")
        (folder / PAGE).write_text(page_text(records, totals, cases), encoding="utf-8")
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        if size > MOST_BYTES:
            raise SampleError(f"{count} records of each device take {size:,} bytes, more than {MOST_BYTES:,}: give fewer --records")

    replace_folder(output, make)
    made = " and ".join(
        f"{len(rows):,} {device} records of {len({r['family'] for r in rows})} families" for device, rows in records.items()
    )
    return f"wrote {made}, {len(examples)} of them as files, {size:,} bytes in all, to {output}"


def _records(dataset: FinishedDataset, device: str, kernels: Sequence[Kernel]) -> list[dict[str, Any]]:
    """The kernels' records in full, in the order of (seed, index, family)."""
    wanted = {kernel.ids[device] for kernel in kernels}
    found = [record for record in dataset.records(device) if record["id"] in wanted]
    return sorted(found, key=lambda record: (record["seed"], record["index"], record["family"]))


def _preambles(dataset: FinishedDataset, records: dict[str, list[dict[str, Any]]]) -> dict[str, str]:
    """The preambles of the records, by their ids. Raises DatasetError if a manifest lacks one."""
    known = {name: text for manifest in dataset.manifests.values() for name, text in manifest.preambles.items()}
    named = sorted({record["preamble_id"] for rows in records.values() for record in rows})
    for name in named:
        if name not in known:
            raise DatasetError(f"the manifests in {dataset.data_dir} have no preamble {name}, which a record names: restore them")
    return {name: known[name] for name in named}


if __name__ == "__main__":
    sys.exit(main())
