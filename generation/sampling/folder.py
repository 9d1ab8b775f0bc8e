"""Putting a folder where it is read: made beside its place, and moved there when it is whole."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from generation.sampling.errors import SampleError
from generation.sampling.page import MARK
from harness.publish import sync_folder

PAGE = "README.md"


def replace_folder(output: Path, make: Callable[[Path], None]) -> None:
    """Make `output` the folder that `make` fills, in place of the samples that are there.

    A kill leaves the old folder, or, between two renames, the old one under the name `.<name>.old.tmp`, which the next call puts back
    first. Raises SampleError, with what was there untouched, if `output` is something else than a folder of samples, or cannot be written;
    what `make` raises goes through.
    """
    output = output.resolve()
    fresh, old = (output.with_name(f".{output.name}{end}") for end in (".tmp", ".old.tmp"))
    try:
        if old.exists() and not output.exists():
            os.rename(old, output)
        _check(output)
        for left in (fresh, old):
            shutil.rmtree(left, ignore_errors=True)
        try:
            fresh.mkdir(parents=True)
            make(fresh)
            if output.exists():
                os.rename(output, old)
            os.rename(fresh, output)
        except BaseException:
            if old.exists() and not output.exists():
                os.rename(old, output)
            shutil.rmtree(fresh, ignore_errors=True)
            raise
        sync_folder(output.parent)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise SampleError(f"{output} cannot be written ({error.strerror or error}): make room, or give another --output") from None


def _check(output: Path) -> None:
    """Refuse what is not a folder of samples and holds something."""
    if not output.is_dir():
        if os.path.lexists(output):
            raise SampleError(f"{output} is not a folder: give another --output")
        return
    page = output / PAGE
    ours = page.is_file() and MARK in page.read_text(encoding="utf-8", errors="replace")
    if not ours and any(output.iterdir()):
        raise SampleError(f"{output} holds something else than samples: give a new or empty folder as --output")
