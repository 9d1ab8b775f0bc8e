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
constants aside). Splits are dealt out by clusters of near-duplicates (`cluster`, `bands`), so that no program is in one split and
nearly the same in another. The fixed preamble that goes before each code is in the manifest, under `preambles`."""


_LEVELS = """\
## Validation

`validation` says how far a record's code was taken.

| level | what was done | what it shows |
|---|---|---|
| `executed` | run on the processor that it is for, which `executed_on` names | it computes what the reference computes |
| `executed_on_host` | compiled for `arch` by NVRTC; the same text, compiled by clang, run on the processor in `executed_on` | the text is \
valid CUDA, and computes what the reference computes; not how a GPU rounds, schedules and orders |
| `compiled` | compiled for `arch` by NVRTC, and no more, for the reason in `not_executed` | the text is valid CUDA |

`gradient` says the same of the backward code: `checked` against central differences, `not_differentiable`, `known_limitation:<name>` \
where Warp's own gradient is wrong, or `not_executed`. `max_error_forward` is at most `tolerance`, and `max_error_gradient` at most \
`tolerance_gradient`, but for records with a known limitation."""

_USE = """\
## Use

Read only the columns that are wanted: `code` is most of the bytes, and `ptx`, where records have it, more still. In this folder:

```python
import pyarrow.dataset as ds

shards = ds.dataset("{device}")
for row in shards.head(3, columns=["case", "validation", "executed_on", "code_bytes"]).to_pylist():
    print(row)
```

```python
import os

from datasets import load_dataset

# A path, since datasets makes a name of it: "." has none.
rows = load_dataset(os.getcwd(), "{device}", split="{split}", columns=["python_source", "code"])
```

`ptx` and `resources` are null but for runs with `--with-ptx`. `resources` is JSON, by entry point:

```python
import json

for row in shards.to_table(columns=["case", "resources"]).to_pylist():
    if row["resources"] is not None:
        print(row["case"], json.loads(row["resources"])["forward"]["registers"])
```"""

_JOIN = """\
A kernel's CPU and CUDA record have the same `pair_id`:

```python
import pyarrow.dataset as ds

columns = ["pair_id", "python_source", "code"]
cpu, cuda = (ds.dataset(device).to_table(columns=columns) for device in ("cpu", "cuda"))
pairs = cpu.join(cuda.drop_columns(["python_source"]), "pair_id", join_type="inner", left_suffix="_cpu", right_suffix="_cuda")
for row in pairs.slice(0, 3).to_pylist():
    print(len(row["python_source"]), len(row["code_cpu"]), len(row["code_cuda"]))
```"""


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
    body = ["", f"# {_TITLE}", "", _ABOUT, "", *sizes, "", "MB is 10^6 bytes of the `code` column.", "", _LEVELS, ""]
    return "\n".join([*head, *body, *_use(manifests), "## Columns", "", *schema, ""])


def _use(manifests: list[Manifest]) -> list[str]:
    """Examples of reading, for the devices that there are. They are run from within the folder."""
    if not manifests:
        return []
    first = manifests[0]
    join = [_JOIN, ""] if len(manifests) > 1 else []
    return [_USE.format(device=first.device, split=_splits(first)[0]), "", *join]


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
