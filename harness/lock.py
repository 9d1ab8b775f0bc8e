"""The lock that keeps two writers from one dataset.

It is the kernel's lock on an open file (`flock`), so it ends with the process that holds it, however that ends; the file stays and means
nothing by itself. It holds the process id of the holder, for the message that the second writer gets.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from harness.errors import DatasetError


class WriterLock:
    """A lock on `path`, held from `acquire` to `release`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        """Whether this object holds the lock."""
        return self._descriptor is not None

    def acquire(self) -> None:
        """Take the lock, making its file if there is none; an existing file is not changed. Does nothing if it is held already.

        Raises DatasetError, naming the process that holds it, if another one does; OSError if the file cannot be made or opened.
        """
        if self._descriptor is not None:
            return
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 32, 0).decode().strip() or "unknown"
            os.close(descriptor)
            raise DatasetError(
                f"{self.path.parent} is being written by another run (process {holder}): wait for it to end, or give another --data-dir"
            ) from None
        self._descriptor = descriptor

    def sign(self) -> None:
        """Write this process's id into the lock's file."""
        if self._descriptor is None:
            raise RuntimeError(f"{self.path} is signed before it is acquired")
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Give the lock up. Does nothing if it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
