"""The card's YAML head, in the terms of the Hugging Face hub (its `datasetcard.md`): licence, tags, size, and which files are which split.

It makes `datasets.load_dataset(<data-dir>, "cpu")` find the shards, and nothing else in the folder.
"""

from __future__ import annotations

from collections.abc import Sequence

from harness.card.contents import Contents
from harness.description import LICENSE, TAGS, TITLE, shards_digest

_SIZES = ("1K", "10K", "100K", "1M", "10M", "100M", "1B", "10B", "100B", "1T")


def head(contents: Sequence[Contents]) -> list[str]:
    """The lines of the head, fences included, for devices that have records."""
    records = sum(c.manifest.rows for c in contents)
    return [
        "---",
        f"license: {LICENSE.lower()}",
        f"pretty_name: {TITLE}",
        *_list("language", ["code"]),
        *_list("tags", TAGS),
        *_list("task_categories", ["text-generation"]),
        *_list("size_categories", [size_category(records)]),
        *_list("annotations_creators", ["machine-generated"]),
        *_list("language_creators", ["machine-generated"]),
        *_list("source_datasets", ["original"]),
        *_configs(contents),
        "---",
    ]


def size_category(records: int) -> str:
    """The hub's name for a number of records, such as `1K<n<10K`."""
    for power, size in enumerate(_SIZES):
        if records < 1000 * 10**power:
            return f"{_SIZES[power - 1]}<n<{size}" if power else f"n<{size}"
    return f"n>{_SIZES[-1]}"


def _list(name: str, values: Sequence[str]) -> list[str]:
    return [f"{name}:", *(f"- {value}" for value in values)]


def _configs(contents: Sequence[Contents]) -> list[str]:
    """One configuration for each device; the first is what `load_dataset` takes if none is named.

    `load_dataset` keeps what it once read of a local folder until the configuration changes, and does not look at the files again. So the
    description has their digest.
    """
    lines = ["configs:"] if contents else []
    for number, one in enumerate(contents):
        lines += [f"- config_name: {one.device}", *(["  default: true"] if number == 0 else [])]
        lines += [f"  description: {one.manifest.rows} records, digest {shards_digest([one.manifest])}", "  data_files:"]
        for split in one.splits:
            lines += [f"  - split: {split}", f"    path: {one.device}/{split}-*.parquet"]
    return lines
