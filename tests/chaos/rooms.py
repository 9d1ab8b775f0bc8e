"""A place for a dataset whose disk can be made full, and given room again."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import psutil

from tests.chaos.family import Family

_LIMIT_BYTES = 4096


class Room(Protocol):
    """A folder, and how its disk is made full."""

    folder: Path
    what: str

    def fill(self, family: Family) -> None:
        """Leave no room to the production whose processes these are."""

    def clear(self) -> None:
        """Give the room back, to a command that is started next."""


class Image:
    """A file system of its own, in a file: what is written there finds no space left on the device."""

    what = "a file system of its own"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self, family: Family) -> None:
        """Write zeros until the disk takes no more."""
        with (self.folder / "ballast").open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(1 << 20))
        with (self.folder / "ballast").open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(1 << 9))

    def clear(self) -> None:
        """Take the zeros away."""
        (self.folder / "ballast").unlink(missing_ok=True)


class Limits:
    """A plain folder: no file of pytest and its workers may grow any more, as `ulimit -f` has it."""

    what = "limits on the size of files (an image can be mounted by root on Linux only)"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self, family: Family) -> None:
        """Limit the processes that write the dataset: a summary may still be written, and no record, shard, or card."""
        for process in family.alive():
            if family.role_of(process) in ("pytest", "a worker"):
                with contextlib.suppress(psutil.Error):
                    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (_LIMIT_BYTES, _LIMIT_BYTES))

    def clear(self) -> None:
        """Nothing: limits end with the processes that have them."""


@contextmanager
def room(folder: Path, size_bytes: int) -> Iterator[Room]:
    """A room in `folder`: an image of `size_bytes` where one can be mounted, else a plain folder."""
    image, place = folder / "image", folder / "room"
    place.mkdir()
    if not _mounted(image, place, size_bytes):
        image.unlink(missing_ok=True)
        yield Limits(place)
        return
    try:
        yield Image(place)
    finally:
        # Lazily: a process that is about to end may still have a file open.
        subprocess.run(["umount", "--lazy", str(place)], check=False)
        image.unlink(missing_ok=True)


def _mounted(image: Path, place: Path, size_bytes: int) -> bool:
    if sys.platform != "linux" or os.geteuid() != 0:
        return False
    with image.open("wb") as file:
        file.truncate(size_bytes)
    commands = (["mke2fs", "-q", "-F", "-t", "ext4", str(image)], ["mount", "-o", "loop", str(image), str(place)])
    try:
        return all(subprocess.run(command, capture_output=True, check=False).returncode == 0 for command in commands)
    except FileNotFoundError:
        return False
