"""The data folder: what stands where in it, and whether a folder is one of ours before anything is written into it."""

from __future__ import annotations

from pathlib import Path

from harness.errors import DatasetError
from harness.records import FORMAT, SPLITS

DEVICES = ("cpu", "cuda")

CARD = "README.md"

CARD_MARK = f"<!-- {FORMAT} -->"
"""A line of every dataset card, so that another project's README.md is never taken for one."""

CROISSANT = "croissant.json"

CROISSANT_MARK = f'"identifier": "{FORMAT}"'
"""A line of every croissant.json of ours, for the same reason."""

_TOLERATED = frozenset(
    [".gitignore", ".gitattributes", ".gitkeep", ".DS_Store", "samples", "report", "instructions", "GENERATION_STATE.md"]
)


def spool_folder(data_dir: Path, device: str) -> Path:
    """Where workers put a device's records until they are committed."""
    return data_dir / device / ".spool"


def spool_files(data_dir: Path, device: str) -> list[Path]:
    """A device's spools, by name."""
    return sorted(spool_folder(data_dir, device).glob("*.jsonl"))


def shard_files(data_dir: Path, device: str) -> list[Path]:
    """Every file that a reader of the dataset would take for one of a device's shards, by name."""
    return sorted(path for split in SPLITS for path in (data_dir / device).glob(f"{split}-*.parquet"))


def check_folder(data_dir: Path, device: str) -> None:
    """Refuse a data folder that is a file, or that holds another's files; nothing is changed. Raises DatasetError."""
    for folder in (*reversed(data_dir.parents), data_dir, data_dir / device, spool_folder(data_dir, device)):
        if folder.exists() and not folder.is_dir():
            raise DatasetError(f"{folder} is not a folder: give another --data-dir")
    if not data_dir.exists() or any(data_dir.glob("manifest-*.json")):
        return
    try:
        names = sorted(path.name for path in data_dir.iterdir() if not _is_ours(path))
    except OSError as error:
        raise DatasetError(f"{data_dir} cannot be listed ({error.strerror}): give another --data-dir") from None
    if names:
        raise DatasetError(
            f"{data_dir} holds {names[0]!r} and no manifest, so it is not a dataset: give a new or empty folder as --data-dir"
        )


def _is_ours(path: Path) -> bool:
    if path.name in (CARD, CROISSANT):
        mark = CARD_MARK if path.name == CARD else CROISSANT_MARK
        return mark in path.read_text(encoding="utf-8", errors="replace")
    if path.name in DEVICES:
        return path.is_dir()
    forms = ((".lock-", ""), (".lock-production-", ""), ("summary-", ".json"), ("production-", ".json"))
    known = [f"{kind}{device}{end}" for device in DEVICES for kind, end in forms]
    return path.name in known or path.name in _TOLERATED or path.name.endswith(".tmp")
