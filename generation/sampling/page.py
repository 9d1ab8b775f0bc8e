"""README.md of the samples: what they are, how they were made, and how they are loaded. Its head makes `datasets` find the shards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from generation.sampling.examples import CODE_FILES, EXAMPLES
from harness.records import HARNESS_VERSION, SPLITS
from harness.structure import content_hash

MARK = "<!-- samples of a warp-kernel-harness dataset -->"
"""A line of every page, so that no other folder is taken for one of samples."""

PREAMBLES = "preambles.json"
SPLIT = "sample"

_TITLE = "Samples of Warp kernels and their generated code"

_LANGUAGES = {"cpu": "C++", "cuda": "CUDA"}

_LOADING = """\
## Load

In this folder:

```python
import pyarrow.parquet as pq

table = pq.read_table("{device}/sample-00000.parquet")
print(table.num_rows, table.column("case")[0])
```

```python
import os

from datasets import load_dataset

# A path, since datasets makes a name of it: "." has none.
rows = load_dataset(os.getcwd(), "{device}", split="sample")
print(rows.num_rows, rows[0]["case"])
```"""


def page_text(records: Mapping[str, Sequence[dict[str, Any]]], totals: Mapping[str, int], examples: Sequence[str]) -> str:
    """The page on the samples of each device, of `totals` records that the dataset has; `examples` are the cases that are shown."""
    devices = list(records)
    head = ["---", "license: apache-2.0", f"pretty_name: {_TITLE}", "configs:"]
    for device in devices:
        # What datasets caches goes by this head: other samples must have another.
        digest = content_hash(*(record["id"] for record in records[device]))
        head += [f"- config_name: {device}", f"  description: samples {digest}", "  data_files:"]
        head += [f"  - split: {SPLIT}", f"    path: {device}/sample-*.parquet"]
    return "\n".join(
        [
            *head,
            "---",
            MARK,
            "",
            f"# {_TITLE}",
            "",
            *_about(records, totals),
            "",
            *_table(records),
            "",
            *_files(devices, examples),
            "",
            _LOADING.format(device=devices[0]),
            "",
        ]
    )


def _about(records: Mapping[str, Sequence[dict[str, Any]]], totals: Mapping[str, int]) -> list[str]:
    count = len(next(iter(records.values())))
    of = " and ".join(f"{total:,} {device} records" for device, total in totals.items())
    text = (
        f"A sample of a dataset of {of}: small records of every family, chosen by a fixed rule. It shows what a record is; it is no fair "
        "draw from the dataset, whose kernels are larger. `split` is the split that a record has in the dataset."
    )
    if len(records) > 1:
        pairs = set.intersection(*({record["pair_id"] for record in rows} for rows in records.values()))
        text += f" {len(pairs):,} kernels have a record for each device, with the same `pair_id`."
    return [
        text,
        "",
        f"Made by `python -m generation.samples --records {count}`, version {HARNESS_VERSION}; running it again replaces this folder.",
    ]


def _table(records: Mapping[str, Sequence[dict[str, Any]]]) -> list[str]:
    splits = [split for split in SPLITS if any(record["split"] == split for rows in records.values() for record in rows)]
    lines = [f"| device | records | families | KB of code | {' | '.join(splits)} | how validated |", "|---" * (5 + len(splits)) + "|"]
    for device, rows in records.items():
        dealt = Counter(record["split"] for record in rows)
        levels = ", ".join(f"{level} {n}" for level, n in sorted(Counter(record["validation"] for record in rows).items()))
        size = sum(record["code_bytes"] for record in rows) / 1e3
        numbers = [len(rows), len({record["family"] for record in rows}), f"{size:,.0f}", *(dealt[split] for split in splits)]
        lines.append(f"| {device} | {' | '.join(map(str, numbers))} | {levels} |")
    return lines


def _files(devices: Sequence[str], examples: Sequence[str]) -> list[str]:
    codes = " and ".join(f"`{CODE_FILES[device]}` (preamble and {_LANGUAGES[device]})" for device in devices)
    return [
        "## Files",
        "",
        *(f"- `{device}/sample-00000.parquet`: the {device} records, with all columns of the dataset" for device in devices),
        f"- `{PREAMBLES}`: the text that goes before a record's `code`, by `preamble_id`",
        f"- `{EXAMPLES}/`: {len(examples)} of the records as files: `kernel.py`, `reference.py`, {codes}, and `record.json` with the "
        f"other columns: {', '.join(f'[{case}]({EXAMPLES}/{case})' for case in examples)}",
    ]
