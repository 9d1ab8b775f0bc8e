"""Spare copies of clang's precompiled headers.

When a source does not compile, Warp suspects the precompiled header, deletes it and tries without. Making it anew costs seconds, so one
faulty kernel would slow down whatever comes after it.
"""

from __future__ import annotations

import os
from pathlib import Path


class SpareHeaders:
    """Hard links to the headers in `folder`, made at once and kept in `spare`, a new folder on the same file system."""

    def __init__(self, folder: Path, spare: Path) -> None:
        self._folder = folder
        self._spare = spare
        spare.mkdir()
        for header in folder.glob("*.pch"):
            os.link(header, spare / header.name)

    def restore(self) -> None:
        """Puts back what was deleted."""
        for header in self._spare.iterdir():
            if not (self._folder / header.name).exists():
                os.link(header, self._folder / header.name)
