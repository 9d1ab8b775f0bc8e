"""Clang's precompiled headers: made once for all servers of a run, and put back when Warp deletes them.

Making one costs seconds, and each server and each number of threads per block needs one. When a source does not compile, Warp suspects the
precompiled header, deletes it and tries without, so one faulty kernel would slow down whatever comes after it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from generation.code.settings import Settings

_PATTERN = "*.pch"


class Headers:
    """The headers in `own`, where this server's compiler looks for them, and their copies in `shared`, a folder that servers may share.

    Both folders must be there.
    """

    def __init__(self, own: Path, shared: Path) -> None:
        self._own = own
        self._shared = shared

    def restore(self) -> None:
        """Puts into the server's folder what is shared and not there."""
        _link_all(self._shared, self._own)

    @contextmanager
    def making(self, block_dim: int) -> Iterator[bool]:
        """Whether the header for blocks of `block_dim` threads has to be made; what the body makes is shared.

        One server at a time makes any.
        """
        if self._has(block_dim):
            yield False
            return
        with open(self._shared / "lock", "wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.restore()
            if self._has(block_dim):
                yield False
                return
            yield True
            _link_all(self._own, self._shared)

    def _has(self, block_dim: int) -> bool:
        return any(self._own.glob(f"builtin_bd{block_dim}_{_PATTERN}"))


def shared_headers(own: Path, folder: Path, settings: Settings) -> Headers:
    """The headers in `own`, shared as the settings say, or kept in `folder` for this server alone."""
    shared = folder / "spare-headers" if settings.headers is None else Path(settings.headers)
    shared.mkdir(parents=True, exist_ok=True)
    return Headers(own, shared)


def _link_all(source: Path, target: Path) -> None:
    for header in sorted(source.glob(_PATTERN)):
        place = target / header.name
        with contextlib.suppress(FileExistsError):
            try:
                os.link(header, place)
            except OSError as error:
                if isinstance(error, FileExistsError):
                    raise
                # Another file system: a copy, complete before it has its name.
                part = place.with_suffix(f".{os.getpid()}")
                shutil.copyfile(header, part)
                os.replace(part, place)
