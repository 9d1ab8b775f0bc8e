"""The dataset card, README.md of the data folder, and its counterpart for programs, croissant.json.

They are written after each commit, from the manifests and from single columns of the records, so that every figure in them is computed
from the data. The same records give the same bytes, but for where and when they were published, which a person has to say
(`python -m harness.card`). That is kept as long as the records stay the same.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from harness.card.contents import Contents, markdown_table, read_contents
from harness.card.head import head
from harness.card.limits import limits
from harness.card.loading import citing, loading, reproduction
from harness.card.statistics import families, statistics
from harness.card.validation import validation
from harness.croissant import croissant_text, read_publication
from harness.description import ABOUT, TITLE, Edition, Publication, shards_digest
from harness.errors import DatasetError
from harness.folder import CARD, CARD_MARK, CROISSANT, DEVICES
from harness.publish import publish_text
from harness.records import COLUMNS, HARNESS_VERSION


def write_card(data_dir: Path, publication: Publication | None = None) -> Path:
    """Write the card and croissant.json for the devices that have shards; the card's path.

    `publication` says where and when these records were published; what it leaves open is taken from the croissant.json that is there,
    if it describes the same records. Raises DatasetError if a manifest or shard is broken or the disk refuses.
    """
    path = data_dir / CARD
    try:
        with _alone(data_dir):
            contents = [c for device in DEVICES if (c := read_contents(data_dir, device)).manifest.shards]
            edition = edition_of(contents)
            edition = edition.published(read_publication(data_dir / CROISSANT, edition)).published(publication or Publication())
            publish_text(path, card_text(contents, edition))
            path = data_dir / CROISSANT
            publish_text(path, croissant_text([c.manifest for c in contents], edition, limits(contents) if contents else []))
    except OSError as error:
        raise DatasetError(f"{path} cannot be written ({error.strerror}): make room, or give another --data-dir") from None
    return data_dir / CARD


def card_text(contents: Sequence[Contents], edition: Edition) -> str:
    """The card's text, for devices that have records."""
    body = [CARD_MARK, "", f"# {TITLE}", "", ABOUT, ""]
    if not contents:
        body += ["It holds no records yet.", ""]
    else:
        body += [*statistics(contents), *validation(contents)]
        body += ["## Limits", "", *(f"- {limit}" for limit in limits(contents)), ""]
        body += [*loading(contents), *reproduction(contents), *citing(contents, edition)]
    rows = [[f"`{c.name}`", f"`{str(c.type).replace('element: ', '')}`", c.meaning] for c in COLUMNS]
    body += ["## Columns", "", *markdown_table(["column", "type", "meaning"], rows)]
    if contents:
        body += families(contents)
    return "\n".join([*head(contents), *body])


def edition_of(contents: Sequence[Contents]) -> Edition:
    """The edition that the records are, made by the newest version of the project among them."""
    versions = {version for c in contents for version in c.table["harness_version"].unique().to_pylist()}
    newest = max(versions or {HARNESS_VERSION}, key=lambda version: [int(part) for part in re.findall(r"\d+", version)])
    manifests = [c.manifest for c in contents]
    return Edition(newest, shards_digest(manifests), sum(m.rows for m in manifests))


@contextmanager
def _alone(data_dir: Path) -> Iterator[None]:
    """Wait until no other process writes a card here: the devices' runs may end at the same time, and the last must see both manifests."""
    descriptor = os.open(data_dir, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
