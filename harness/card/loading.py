"""The card's sections on use: how to load the records with five libraries, how to make or check them again, how to cite them."""

from __future__ import annotations

from collections.abc import Sequence

from harness.card.contents import Contents
from harness.description import LICENSE, PROJECT, Edition, citation

_LOAD = """\
## Load

The dataset is plain Parquet. Read only the columns that are wanted: `code` is most of the bytes, and `ptx`, where records have it, more
still. The examples run in this folder, after `pip install pyarrow datasets duckdb polars mlcroissant`.

```python
import json
from pathlib import Path

import pyarrow.dataset as ds

shards = ds.dataset("{device}")
for row in shards.head(3, columns=["case", "validation", "executed_on", "code_bytes"]).to_pylist():
    print(row)

# What a compiler gets: the preamble, then the kernel's own code.
preambles = json.loads(Path("manifest-{device}.json").read_text())["preambles"]
row = shards.head(1, columns=["preamble_id", "code"]).to_pylist()[0]
source = preambles[row["preamble_id"]] + row["code"]
```

```python
import os

from datasets import load_dataset

# A path, since datasets makes a name of it: "." has none.
rows = load_dataset(os.getcwd(), "{device}", split="{split}", columns=["python_source", "code"])
print(rows)
```

```python
import duckdb

query = "SELECT family, count(*), sum(code_bytes) FROM read_parquet('{device}/*.parquet') GROUP BY family ORDER BY 2 DESC, 1 LIMIT 3"
print(duckdb.sql(query).fetchall())
```

```python
import polars as pl

lazy = pl.scan_parquet("{device}/*.parquet").filter(pl.col("gradient") == "checked")
print(lazy.select("case", "max_error_forward", "tolerance").head(3).collect())
```

```python
from itertools import islice

import mlcroissant

# croissant.json has the checksums of all files, and the types of all columns.
described = mlcroissant.Dataset("croissant.json")
for row in islice(described.records("{device}", filters={{"{device}/split": "{split}"}}), 3):
    print(row["{device}/case"], row["{device}/code_bytes"])
```

`ptx` and `resources` are null but for runs with `--with-ptx`. `resources` is JSON, by entry point:

```python
import json

import pyarrow.dataset as ds

for row in ds.dataset("{device}").to_table(columns=["case", "resources"]).to_pylist():
    if row["resources"] is not None:
        print(row["case"], json.loads(row["resources"])["forward"]["registers"])
```
"""

_JOIN = """\
A kernel's CPU and CUDA record have the same `pair_id`:

```python
import duckdb

pairs = duckdb.sql(
    "SELECT cpu.case, cpu.python_source, cpu.code AS cpp, cuda.code AS cuda "
    "FROM read_parquet('cpu/*.parquet') cpu JOIN read_parquet('cuda/*.parquet') cuda USING (pair_id) ORDER BY cpu.seed, cpu.index"
)
for case, python, cpp, cuda in pairs.limit(3).fetchall():
    print(case, len(python), len(cpp), len(cuda))
```
"""

_REPRODUCE = """\
## Reproduce

In a checkout of {project} {version} with warp-lang {warp}:

    pytest --device={device} --seed {seed} --case {case}
    python -m harness.verify --data-dir DIR --device {device} --sample 32
    python -m generation.produce --data-dir NEW --device {device} --target-mb {megabytes} --seed {seed}

The first makes and checks one case again, from its seed. The second takes records as they stand in the shards of folder DIR, generates
their code again, runs it and compares; it executes code from the dataset, so it wants `--yes` for one that was made elsewhere. The third
makes a dataset of this size. With these versions a case gives the same bytes on every machine.
"""

_CITE = """\
## Cite

```bibtex
{citation}
```

The digits after the plus sign are the first of this edition's digest, which is that of all its shards:

    sha256sum {shards} | sha256sum

## Licence

[{licence}](https://spdx.org/licenses/{licence})
"""


def loading(contents: Sequence[Contents]) -> list[str]:
    """The examples of reading, for devices that have records. They are run from within the folder."""
    first = contents[0]
    text = _LOAD.format(device=first.device, split=first.splits[0])
    return (text + ("\n" + _JOIN if len(contents) > 1 else "")).split("\n")


def reproduction(contents: Sequence[Contents]) -> list[str]:
    """The commands that make the first record, a sample and the whole again, for devices that have records."""
    first = contents[0]
    record = first.table.slice(0, 1).to_pylist()[0]
    text = _REPRODUCE.format(
        project=PROJECT,
        version=record["harness_version"],
        warp=record["warp_version"],
        device=first.device,
        seed=record["seed"],
        case=record["case"],
        megabytes=max(1, round(first.manifest.code_bytes / 1e6)),
    )
    return text.split("\n")


def citing(contents: Sequence[Contents], edition: Edition) -> list[str]:
    """How to cite an edition, and its licence."""
    shards = " ".join(f"{c.device}/*.parquet" for c in contents)
    return _CITE.format(citation=citation(edition), shards=shards, licence=LICENSE).split("\n")
