"""Putting a file where readers look for it, whole or not at all.

A file is written under a temporary name beside its place, flushed to the disk, and renamed; then the folder is flushed, so that the rename
survives a power cut too. A reader sees the old file or the new one. A kill leaves at most a temporary file, which the next run removes.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

_TEMPORARY_SUFFIX = ".tmp"


def publish(path: Path, write: Callable[[BinaryIO], None]) -> None:
    """Make `path` hold what `write` puts into the file it is given. Raises OSError, leaving what was at `path`, if the disk refuses."""
    temporary = path.with_name(f".{path.name}{_TEMPORARY_SUFFIX}")
    try:
        with temporary.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def publish_text(path: Path, text: str) -> None:
    """Make `path` hold `text` in UTF-8. Raises OSError, leaving what was at `path`, if the disk refuses."""

    def write(file: BinaryIO) -> None:
        file.write(text.encode())

    publish(path, write)


def remove_temporary_files(folder: Path) -> None:
    """Remove what killed runs left half-written in `folder`."""
    for path in folder.glob(f".*{_TEMPORARY_SUFFIX}"):
        os.unlink(path)


def sync_folder(folder: Path) -> None:
    """Flush a folder's list of names to the disk, so that a rename or a removal in it survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def file_sha256(path: Path) -> str:
    """The sha256 of a file's bytes, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
