"""The command `python -m harness.card`: writes a dataset's card and croissant.json anew, with where and when it was published.

Both are also written after each commit of the main job. A place and a day that were given once are kept as long as the records stay as
they are; records that are added make another edition, which has not been published yet.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from harness.card import write_card
from harness.description import Publication
from harness.errors import DatasetError
from harness.folder import CROISSANT, DEVICES
from harness.manifest import read_manifest

BAD_INPUT = 2

_DATA_DIR = Path(__file__).resolve().parents[2] / "generation" / "data"

_URL = re.compile(r"https?://[\w.~:/?#\[\]@!$&'()*+,;=%-]+", re.ASCII)

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class _OptionError(Exception):
    """An option with a value that cannot be used; the message is one line that says what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; its exit status: 0, or 2 after one line on standard error."""
    options = _parser().parse_args(arguments)
    try:
        publication = Publication(_url(options.url), _day(options.date))
        contents = _contents(options.data_dir)
        print(f"wrote {write_card(options.data_dir, publication)} and {CROISSANT} on {contents}")
    except (DatasetError, _OptionError) as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m harness.card", description="Writes a dataset's card and croissant.json anew.")
    where = "the dataset's folder (default: generation/data in the project's folder)"
    parser.add_argument("--data-dir", type=Path, default=_DATA_DIR, metavar="DIR", help=where)
    parser.add_argument("--url", metavar="URL", help="where this edition is published")
    parser.add_argument("--date", metavar="YYYY-MM-DD", help="when it was published")
    return parser


def _url(text: str | None) -> str | None:
    if text is not None and _URL.fullmatch(text) is None:
        raise _OptionError(f"--url {text!r} is not a web address: write it in full, such as https://example.org/warp-kernels")
    return text


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        # Some versions of Python also read other forms of ISO 8601.
        if _DAY.fullmatch(text) is None:
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError:
        raise _OptionError(f"--date {text!r} is not a day: write it as in 2026-01-31") from None


def _contents(data_dir: Path) -> str:
    """How many records there are, in a few words. Raises DatasetError if there are none."""
    manifests = [read_manifest(data_dir, device) for device in DEVICES]
    if not any(manifest.rows for manifest in manifests):
        raise DatasetError(f"{data_dir} holds no records: run `pytest --device=cpu` to make some, or give another --data-dir")
    return ", ".join(f"{m.rows:,} {m.device} records ({m.code_bytes / 1e6:.3f} MB)" for m in manifests if m.rows)


if __name__ == "__main__":
    sys.exit(main())
