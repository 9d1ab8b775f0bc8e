"""Clang's precompiled headers: made once for all servers that use the same Warp, and put back when Warp deletes them.

Making one costs seconds, and each server and each number of threads per block needs one. When a source does not compile, Warp suspects the
precompiled header, deletes it and tries without, so one faulty kernel would slow down whatever comes after it.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from generation.code.settings import CACHE_VARIABLE

if TYPE_CHECKING:
    from generation.code.private_api import PrivateApi

_PATTERN = "*.pch"
_LOCK = "lock"

_KEPT = 3
"""Warps whose headers are kept. A header takes 5 MB; a Warp needs one for each optimization level and each number of threads per block."""


class Headers:
    """The headers for one optimization level in `own`, where this server's compiler looks for them, and their copies in `shared`, a folder
    that servers may share.

    Both folders must be there. `own` may have headers for other levels, too.
    """

    def __init__(self, own: Path, shared: Path, level: int) -> None:
        self._own = own
        self._shared = shared
        self._level = level

    def restore(self) -> None:
        """Puts into the server's folder what is shared and not there."""
        _link_all(self._shared.glob(_PATTERN), self._own)

    @contextmanager
    def making(self, block_dim: int) -> Iterator[bool]:
        """Whether the header for blocks of `block_dim` threads has to be made; what the body makes is shared.

        One server at a time makes any.
        """
        if self._has(block_dim):
            yield False
            return
        with open(self._shared / _LOCK, "wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.restore()
            if self._has(block_dim):
                yield False
                return
            yield True
            _link_all(self._made("*"), self._shared)

    def _has(self, block_dim: int) -> bool:
        return any(self._made(str(block_dim)))

    def _made(self, block_dim: str) -> Iterator[Path]:
        # As Warp calls them: builtin_bd<threads>_[tis_]o<level>_f<flags>.pch
        return self._own.glob(f"builtin_bd{block_dim}_*o{self._level}_{_PATTERN}")


def shared_headers(api: PrivateApi, folder: Path, *, optimization_level: int | None, tiles_on_stack: bool) -> Headers:
    """The headers of this server, shared with all servers of this project that compile with the same Warp at this level, then and now.

    Where that cannot be (a folder that nobody may write to), they are kept in `folder` for this server alone. A header serves one level and
    one place of tiles: the folder has no others, so that what is in it is what is needed.
    """
    of_warp = _cache() / _key(api.native_folder())
    level = api.cpu_level(optimization_level)
    shared = of_warp / f"o{level}-{api.flags_key()}{'-stack' if tiles_on_stack else ''}"
    try:
        shared.mkdir(parents=True, exist_ok=True)
        os.utime(of_warp)
        _prune(of_warp.parent)
        (shared / _LOCK).touch()
    except OSError:
        shared = folder / "spare-headers"
        shared.mkdir(exist_ok=True)
    return Headers(api.header_folder(), shared, level)


def _cache() -> Path:
    given = os.environ.get(CACHE_VARIABLE)
    return Path(given) if given else Path(__file__).resolve().parents[2] / ".cache" / "headers"


def _key(native: Path) -> str:
    """Names Warp's own headers as clang knows them: a precompiled header is void once a header has another size or date."""
    digest = hashlib.sha256(str(native).encode())
    for path in sorted(native.rglob("*.h")):
        stat = path.stat()
        digest.update(f"{path.name} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:16]


def _prune(cache: Path) -> None:
    """Removes the headers of all but the Warps used last."""
    known = sorted((path for path in cache.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in known[_KEPT:]:
        shutil.rmtree(path, ignore_errors=True)


def _link_all(headers: Iterable[Path], target: Path) -> None:
    for header in sorted(headers):
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
