"""Putting the report where it is read: made in a temporary folder beside its place, and moved there when it is whole."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

REPORT = "report.md"
APPENDIX = "appendix.md"
FIGURES = "figures"
DATASET = "dataset"
"""Copies of what describes the shards, which are too large to stand beside the report: their manifests, and the ledgers of productions."""

_TEMPORARY = ".report.tmp"


class ReportError(Exception):
    """A report that cannot be made or written. The message is one line that says what is wrong and what to do."""


def publish_report(output: Path, make: Callable[[Path], None], parts: Mapping[str, Collection[str]]) -> None:
    """Make `output` hold the report, its appendix and the files of the folders beside them that `make` writes into the folder it is given.

    `parts` has, by such a folder, the names of all files there can be: those that `make` did not write this time are removed. Other files
    are let be.
    Raises ReportError, with what was there untouched, if `output` cannot be written; what `make` raises goes through.
    """
    for place, fits in (
        (output, Path.is_dir),
        *((output / part, Path.is_dir) for part in parts),
        *((output / name, Path.is_file) for name in (APPENDIX, REPORT)),
    ):
        if os.path.lexists(place) and not fits(place):
            raise ReportError(f"{place} is in the way (it is not a {'file' if fits is Path.is_file else 'folder'}): give another --output")
    made: list[Path] = []
    temporary = output / _TEMPORARY
    whole = False
    try:
        made = [folder for folder in (output, *output.parents) if not folder.exists()]
        shutil.rmtree(temporary, ignore_errors=True)
        for part in parts:
            (temporary / part).mkdir(parents=True)
        make(temporary)
        for part, names in parts.items():
            (output / part).mkdir(exist_ok=True)
            for name in sorted(names):
                if (temporary / part / name).exists():
                    os.replace(temporary / part / name, output / part / name)
                else:
                    (output / part / name).unlink(missing_ok=True)
        for name in (APPENDIX, REPORT):
            os.replace(temporary / name, output / name)
        whole = True
    except OSError as error:
        raise ReportError(f"{output} cannot be written ({error.strerror or error}): make room, or give another --output") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        if not whole:
            _remove_empty(made)


def _remove_empty(folders: list[Path]) -> None:
    """Take back the folders that were made for a report that was not, the innermost first."""
    for folder in folders:
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
