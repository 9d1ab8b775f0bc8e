"""The command `python -m kernels.coverage`: prints how much of Warp and of real kernels the records of a dataset cover."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as ds

from kernels.coverage import exclusions
from kernels.coverage.ledger import Bar, Entry, Ledger
from kernels.coverage.registry import element_types

BAD_INPUT = 2

_DATA = Path(__file__).resolve().parents[2] / "generation" / "data"


@dataclass(frozen=True)
class Record:
    """The columns of a record that coverage is counted from."""

    python_source: str
    kernel_name: str
    builtins: list[str]
    features: list[str]
    overloads: list[str]
    gradient: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; its exit status: 0, or 2 after one line on standard error."""
    parser = argparse.ArgumentParser(prog="python -m kernels.coverage", description="Prints what the records of a dataset cover.")
    parser.add_argument("--data-dir", type=Path, default=_DATA, metavar="DIR", help="the dataset's folder (default: generation/data)")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="which records (default: cpu)")
    parser.add_argument("--missing", action="store_true", help="print what is missing only, by name")
    options = parser.parse_args(arguments)
    try:
        ledger = Ledger(read_records(options.data_dir, options.device))
    except (FileNotFoundError, pa.ArrowInvalid, KeyError) as error:
        print(f"{options.data_dir / options.device} has no records that can be read: {str(error).splitlines()[0]}", file=sys.stderr)
        return BAD_INPUT
    lines = missing_lines(ledger) if options.missing else [*entry_lines(ledger), "", *summary_lines(ledger), *_run_lines(options)]
    print("\n".join(lines))
    return 0


def read_records(data_dir: Path, device: str) -> Iterator[Record]:
    """The records in the shards of a device. Raises FileNotFoundError if there are none, and what pyarrow raises."""
    shards = sorted(str(path) for path in (data_dir / device).glob("*.parquet"))
    if not shards:
        raise FileNotFoundError("there are no shards: run `pytest --device=cpu` to make some, or give another --data-dir")
    columns = [field.name for field in fields(Record)]
    for batch in ds.dataset(shards).to_batches(columns=columns):
        for values in zip(*(batch.column(name).to_pylist() for name in columns), strict=True):
            yield Record(*values)


def entry_lines(ledger: Ledger) -> list[str]:
    """A line for every builtin, by group."""
    lines: list[str] = []
    group = ""
    for entry in ledger.entries.values():
        if entry.builtin.group != group:
            group = entry.builtin.group
            lines += ["", group]
        lines.append(f"  {entry.builtin.name:38} {_entry_text(entry)}")
    return lines[1:]


def _entry_text(entry: Entry) -> str:
    if entry.excluded:
        return f"excluded: {entry.excluded}"
    if not entry.records:
        return f"MISSING, with {len(entry.possible)} overloads" if entry.possible else "MISSING"
    kinds = sorted({kind for one in entry.overloads for kind in element_types(one)})
    known = len(entry.possible) - len(entry.missing)
    overloads = f"{known:3} of {len(entry.possible):3} overloads, " if entry.possible else ""
    return f"{entry.records:6} records, {overloads}{_backward_text(entry)}; {' '.join(kinds) or '-'}"


def _backward_text(entry: Entry) -> str:
    if entry.needs_backward:
        return f"backward in {entry.backward:5}" if entry.backward else "backward MISSING"
    reason = exclusions.BACKWARD.get(entry.builtin.name)
    return f"backward excluded ({reason})" if reason else "no adjoint"


def summary_lines(ledger: Ledger) -> list[str]:
    """A line for every bar, and for what has no bar."""
    lines = [
        f"{ledger.records:,} records, against warp-lang {ledger.registry.warp_version} and {ledger.profile.kernels:,} real kernels",
        "",
    ]
    lines += [_bar_line(bar) for bar in ledger.bars()]
    refused = sum(len(builtin.refused) for builtin in ledger.registry.builtins.values())
    lines.append(f"         {refused} overloads more that Warp declares and cannot compile are not counted")
    lines += ["", "feature of real kernels          here    there   ratio"]
    for feature, real in sorted(ledger.profile.features.items(), key=lambda item: -item[1]):
        share = ledger.share_of_form(feature)
        lines.append(f"  {feature:30} {share:6.1%}  {real:6.1%}  {share / real:6.2f}")
    for what, values in ledger.percentiles().items():
        told = ", ".join(f"{p}th {here:.0f} ({real:.0f})" for p, (here, real) in values.items())
        lines += ["", f"{what.replace('_', ' ')}, percentiles here (there): {told}"]
    gradients = ", ".join(f"{count / ledger.records:.1%} {status}" for status, count in ledger.gradients.most_common())
    return [*lines, f"gradient: {gradients}"]


def _bar_line(bar: Bar) -> str:
    mark = "reached" if bar.reached else "short"
    return f"{mark:8} {bar.share:7.2%} of {bar.of:6,.0f} {bar.name} (enough: {bar.enough:.0%})"


def missing_lines(ledger: Ledger) -> list[str]:
    """What is missing, by name."""
    lines: list[str] = []
    for bar in ledger.bars():
        lines += [_bar_line(bar)]
        if bar.name == "overloads exercised":
            entries = [entry for entry in ledger.entries.values() if entry.missing and not entry.excluded]
            for entry in sorted(entries, key=lambda e: -len(e.missing)):
                types = " ".join(one[len(entry.builtin.name) :] for one in entry.missing)
                lines.append(f"  {entry.builtin.name} ({len(entry.missing)} of {len(entry.possible)}): {types}")
        elif bar.missing:
            lines.append(f"  {' '.join(bar.missing)}")
    return lines


def _run_lines(options: argparse.Namespace) -> list[str]:
    """What the last run says of structures, which the records cannot: no two have the same."""
    try:
        cases = json.loads((options.data_dir / f"summary-{options.device}.json").read_text(encoding="utf-8"))["cases"]
    except (OSError, ValueError, KeyError):
        return []
    made = cases["harvested"] + cases["duplicate"]
    return [f"structures: {cases['harvested']:,} distinct of {made:,} passing cases in the last run"] if made else []


if __name__ == "__main__":
    sys.exit(main())
