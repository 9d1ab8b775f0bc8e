"""Which manifests this installation wrote, so that code from elsewhere is not run without asking.

A manifest has the checksums of its shards, so its own digest stands for the whole dataset. The digests are lines of one file, in the folder
that servers share (see generation.code.settings.CACHE_VARIABLE), or in `.cache` in the project's folder. A copy of a dataset that was made
here is made here too; a dataset from elsewhere is not, nor one whose manifest was changed, nor what is added to either. A folder without a
manifest has none of it: what its first commit writes, spools that were found there included, counts as made here.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from pathlib import Path

from generation.code.settings import CACHE_VARIABLE
from harness.manifest import Manifest
from harness.publish import file_sha256

_ROOT = Path(__file__).resolve().parent.parent

_NAME = "made-here.txt"

_DIGEST = re.compile(r"[0-9a-f]{64}")


def registry_path() -> Path:
    """The file that the digests are kept in, one a line."""
    given = os.environ.get(CACHE_VARIABLE)
    return (Path(given) if given else _ROOT / ".cache") / _NAME


def publish_manifest(manifest: Manifest, path: Path) -> None:
    """Write `manifest` to `path`, and remember that this installation did, unless it follows on one that was not made here.

    Raises OSError, leaving the old manifest, if the disk refuses.
    """
    ours = not path.exists() or was_made_here(path)
    if ours:
        # Before the manifest is there, so that a kill in between does not leave one that nobody made. A cache that cannot be written costs
        # no dataset: whoever verifies it will be asked.
        with contextlib.suppress(OSError):
            _remember(hashlib.sha256(manifest.text.encode()).hexdigest())
    manifest.write(path)


def was_made_here(path: Path) -> bool:
    """Whether this installation wrote the manifest at `path`, byte for byte. Raises OSError if it cannot be read."""
    return file_sha256(path) in _remembered()


def _remembered() -> frozenset[str]:
    try:
        text = registry_path().read_text(encoding="ascii", errors="replace")
    except OSError:
        return frozenset()
    return frozenset(line for line in text.splitlines() if _DIGEST.fullmatch(line))


def _remember(digest: str) -> None:
    """Append a digest, in one write, so that runs at the same time lose none."""
    if digest in _remembered():
        return
    path = registry_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        size = os.fstat(descriptor).st_size
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        os.write(descriptor, (b"\n" if torn else b"") + digest.encode() + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
