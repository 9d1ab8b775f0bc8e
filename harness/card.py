"""The dataset card: README.md of the data folder.

Its YAML head makes `datasets.load_dataset(<data-dir>, "cpu")` find the shards; its body tells a person what a record holds. It is made
from the manifests alone, so it is the same for the same dataset.
"""

from __future__ import annotations

from pathlib import Path

from harness.errors import DatasetError
from harness.folder import CARD, CARD_MARK, DEVICES
from harness.manifest import Manifest, read_manifest
from harness.publish import publish_text
from harness.records import COLUMNS, SPLITS

_TITLE = "Warp kernels and their generated code"

_ABOUT = """\
Each record is one NVIDIA Warp kernel in Python with the C++ (CPU) or CUDA code that Warp's just-in-time compiler made of it, an
independent numpy reference, and the evidence of its validation. No two records of a device share a program structure (names and
constants aside), and no structure is in two splits. The fixed preamble that goes before each code is in the manifest, under
`preambles`."""


def write_card(data_dir: Path) -> Path:
    """Write the card for the devices that have shards; its path. Raises DatasetError if a manifest is broken or the disk refuses."""
    manifests = [manifest for device in DEVICES if (manifest := read_manifest(data_dir, device)).shards]
    path = data_dir / CARD
    try:
        publish_text(path, card_text(manifests))
    except OSError as error:
        raise DatasetError(f"{path} cannot be written ({error.strerror}): make room, or give another --data-dir") from None
    return path


def card_text(manifests: list[Manifest]) -> str:
    """The card's text, for manifests that have shards."""
    head = ["---", "license: apache-2.0", f"pretty_name: {_TITLE}", *_configs(manifests), "---", CARD_MARK]
    sizes = ["| device | split | records | MB of code |", "|---|---|---|---|", *_sizes(manifests)]
    schema = ["| column | type | meaning |", "|---|---|---|"]
    schema += [f"| `{c.name}` | {str(c.type).replace('element: ', '')} | {c.meaning} |" for c in COLUMNS]
    body = ["", f"# {_TITLE}", "", _ABOUT, "", *sizes, "", "MB is 10^6 bytes of the `code` column.", "", *schema, ""]
    return "\n".join(head + body)


def _configs(manifests: list[Manifest]) -> list[str]:
    if not manifests:
        return []
    lines = ["configs:"]
    for manifest in manifests:
        lines += [f"- config_name: {manifest.device}", "  data_files:"]
        for split in _splits(manifest):
            lines += [f"  - split: {split}", f"    path: {manifest.device}/{split}-*.parquet"]
    return lines


def _sizes(manifests: list[Manifest]) -> list[str]:
    lines = []
    for manifest in manifests:
        for split in _splits(manifest):
            shards = [s for s in manifest.shards if s.split == split]
            rows, code_bytes = sum(s.rows for s in shards), sum(s.code_bytes for s in shards)
            lines.append(f"| {manifest.device} | {split} | {rows} | {code_bytes / 1e6:.3f} |")
    return lines


def _splits(manifest: Manifest) -> list[str]:
    present = {shard.split for shard in manifest.shards}
    return [split for split in SPLITS if split in present]
