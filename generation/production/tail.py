"""What a round's workers have put into their spools so far, read as it grows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from harness.folder import spool_files

_CODE_BYTES = re.compile(rb'"code_bytes":(\d+)')


@dataclass
class SpoolTail:
    """Records and bytes of `code` in a device's spools. `poll` reads what is new; nothing is kept of it but the counts."""

    data_dir: Path
    device: str
    records: int = 0
    code_bytes: int = 0

    def __post_init__(self) -> None:
        self._read: dict[Path, int] = {}

    def poll(self) -> None:
        """Count what was appended since. A spool that is gone or shorter than it was (committed, cut) is begun anew."""
        known, self._read = self._read, {}
        for path in spool_files(self.data_dir, self.device):
            at = known.get(path, 0)
            try:
                with path.open("rb") as file:
                    if file.seek(0, 2) < at:
                        at = 0
                    file.seek(at)
                    text = file.read()
            except FileNotFoundError:
                continue
            whole = text[: text.rfind(b"\n") + 1]
            self.records += whole.count(b"\n")
            # Within a record's texts the quotes have backslashes before them.
            self.code_bytes += sum(int(number) for number in _CODE_BYTES.findall(whole))
            self._read[path] = at + len(whole)
