"""What kernels take of a GPU, in words, from the `resources` of their records."""

from __future__ import annotations

import json
from collections.abc import Iterable

from harness.report.numbers import Spread, spread
from harness.report.source import Row

Figures = dict[str, dict[str, int]]

_WORDS = {
    "registers": "{:,} registers per thread",
    "frame_bytes": "{:,} bytes of local memory per thread",
    "shared_bytes": "{:,} bytes of static shared memory per block",
    "parameter_bytes": "{:,} bytes of parameters",
    "code_bytes": "{:,} bytes of machine code",
}


def figures(row: Row) -> Figures:
    """The figures of each entry point, `forward` and `backward`; empty if the record has none."""
    return {} if row.resources is None else dict(json.loads(row.resources))


def registers(rows: Iterable[Row], direction: str) -> tuple[int, Spread] | None:
    """How many records say what registers their entry point of `direction` takes, and how these are spread; None if no record does."""
    values = [entry["registers"] for row in rows if "registers" in (entry := figures(row).get(direction, {}))]
    return (len(values), spread(values)) if values else None


def resources_sentence(row: Row) -> str:
    """What a record's entry points take on its architecture."""
    parts = []
    for direction, entry in sorted(figures(row).items(), reverse=True):
        known = [words.format(entry[name]) for name, words in _WORDS.items() if entry.get(name)]
        parts.append(f"the {direction} entry point takes {', '.join(known)}")
    return f"On {row.arch} {'; '.join(parts)}."
