"""Files of JSON lines: written row by row, and put in place whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

from harness.publish import publish


@dataclass(frozen=True)
class Written:
    """What a file holds: rows and bytes."""

    rows: int
    size: int


def write_lines(path: Path, rows: Iterable[dict[str, Any]]) -> Written:
    """Put `rows` into `path`, one JSON object a line; without rows nothing is written.

    Raises OSError if the disk refuses, and what making the rows raises; the file is then what it was.
    """
    iterator = iter(rows)
    first = next(iterator, None)
    if first is None:
        return Written(0, 0)
    count = size = 0

    def write(file: BinaryIO) -> None:
        nonlocal count, size
        try:
            for row in chain([first], iterator):
                size += file.write(_line_of(row))
                count += 1
        except BaseException:
            # Only a refusal of the disk is cleared away by who asked for this.
            os.unlink(file.name)
            raise

    publish(path, write)
    return Written(count, size)


def _line_of(row: dict[str, Any]) -> bytes:
    return (json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n").encode()
