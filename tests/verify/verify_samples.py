"""Datasets for the tests of `harness.verify`: real ones, of small kernels that are compiled and run, and what a forger makes of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from generation.code import target
from generation.code.settings import Settings
from harness.dataset import Dataset
from harness.isolation import BatchRunner
from harness.made_here import publish_manifest
from harness.manifest import Manifest, manifest_path, read_manifest
from harness.oracle import judge, prepare
from harness.records import make_record
from harness.shards import write_shard
from harness.spool import Spool
from harness.structure import content_hash
from kernels.case import Argument, Case, Launch
from kernels.domains import Uniform

Record = dict[str, Any]

TERMS = ("sin(x[i])", "cos(x[i])", "exp(x[i])", "sqrt(x[i])", "tanh(x[i])", "log(x[i])")


def wave(index: int, *, seed: int = 0) -> Case:
    """out = c * f(x) * x, with a function of its own for each index."""
    term = TERMS[index]
    return Case(
        family="wave",
        seed=seed,
        index=index,
        kernel_name="wave",
        python_source=(
            "import warp as wp\n\n\n@wp.kernel\ndef wave(x: wp.array(dtype=float), out: wp.array(dtype=float)):\n"
            f"    i = wp.tid()\n    out[i] = 2.5 * wp.{term} * x[i]\n"
        ),
        reference_source=(
            "import numpy as np\n\nf32 = np.float32\n\n\ndef reference(x):\n"
            f'    return {{"out": f32(2.5) * np.{term.replace("[i]", "")} * x}}\n'
        ),
        arguments=(Argument("x", "float32", 1, "input", True), Argument("out", "float32", 1, "output", True)),
        launches=(Launch((37,), {"x": (37,), "out": (37,)}, {"x": Uniform(0.5, 2.0)}),),
        elementwise=True,
    )


def records_of(device: str, cases: Sequence[Case], level: int = 0) -> list[tuple[Record, str]]:
    """Each case's record and preamble, compiled, run and judged as the main job does it."""
    reach = target(device).reach()
    prepared = [prepare(case, gpu=reach.gpus > 0, threads=reach.threads(case.block_dim)) for case in cases]
    with BatchRunner(device, Settings(level, gpu=0 if reach.gpus else None)) as runner:
        outcomes = runner.run([one.job for one in prepared])
        version = runner.warp_version
    made = []
    for one in prepared:
        case, outcome = one.job.case, outcomes[one.job.case.id]
        record = make_record(case, outcome, judge(one, outcome), device=device, optimization_level=level, warp_version=version)
        made.append((record, outcome.preamble))
    return made


def commit(folder: Path, device: str, made: Sequence[tuple[Record, str]], *, rows_per_shard: int = 4096) -> Manifest:
    """A dataset of these records, whose manifest is remembered as made here."""
    with Dataset(folder, device, rows_per_shard=rows_per_shard) as dataset:
        with Spool(dataset.spool_folder, "gw0") as spool:
            for record, preamble in made:
                spool.append(record, preamble)
        dataset.commit()
        manifest = dataset.manifest
    path = manifest_path(folder, device)
    path.unlink()
    publish_manifest(manifest, path)
    return manifest


def forge(folder: Path, device: str, change: Callable[[Record], Record]) -> None:
    """Rewrites every record as a forger would, who sees to it that shards and manifest fit."""
    manifest = read_manifest(folder, device)
    shards = tuple(
        write_shard(folder, entry.file, entry.split, [change(record) for record in pq.read_table(folder / entry.file).to_pylist()])
        for entry in manifest.shards
    )
    Manifest(device, shards, manifest.preambles, manifest.duplicates, manifest.bridges).write(manifest_path(folder, device))


def consistent(record: Record, **changes: Any) -> Record:
    """The record with changes, and the columns that follow from them."""
    record = record | changes
    texts = (record["device"], record["python_source"], record["reference_source"], record["code"])
    return record | {
        "id": content_hash(*texts),
        "code_bytes": len(record["code"].encode()),
        "python_bytes": len(record["python_source"].encode()),
        "pair_id": content_hash(record["python_source"]),
    }
