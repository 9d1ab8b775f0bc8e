"""A dataset for the tests of the samples: small records of several families on two devices, made without Warp."""

from __future__ import annotations

from types import SimpleNamespace

from generation.code.job import Outcome
from harness.manifest import Manifest, manifest_path
from harness.records import SPLITS, make_record
from harness.shards import write_shard
from kernels.case import Argument, Case, Launch
from kernels.domains import Uniform

PREAMBLES = {"cpu": "// preamble of C++\n", "cuda": "// preamble of CUDA\n"}

FAMILIES = tuple(f"family_{letter}" for letter in "abcdefgh")


def case_of(family, index):
    """A case whose texts no other has."""
    source = (
        "import warp as wp\n\n\n@wp.kernel\ndef scale(x: wp.array(dtype=float), out: wp.array(dtype=float)):\n    i = wp.tid()\n"
        f"    out[i] = {' * '.join(['x[i]'] * (index + 1))} + {sum(family.encode())}.0\n"
    )
    arguments = (Argument("x", "float32", 1, "input", True), Argument("out", "float32", 1, "output", True))
    launch = Launch((4,), {"x": (4,), "out": (4,)}, {"x": Uniform(0.0, 1.0)})
    return Case(family, 0, index, "scale", source, "def reference(x):\n    return {'out': x}\n", arguments, (launch,))


def record_of(family, index, device, *, size=100, **changes):
    """The record of a case whose code has `size` bytes; `changes` are columns that are to be otherwise."""
    case = case_of(family, index)
    verdict = SimpleNamespace(
        case_id=case.id,
        passed=True,
        reason="",
        gradient="checked",
        max_error_forward=1e-7,
        max_error_gradient=1e-7,
        tolerance=1e-5,
        tolerance_gradient=1e-4,
    )
    code = f"// {device} {case.id}\n".ljust(size, "/")
    outcome = Outcome(case.id, code=code, preamble=PREAMBLES[device], arch="x86_64", executed_on="x86_64")
    record = make_record(case, outcome, verdict, device=device, optimization_level=0, warp_version="1.19.0")
    return record | {"split": SPLITS[index % 3], "cluster": f"{family} {index}"} | changes


def write_records(folder, records):
    """A dataset of `records`, in that order; the folder."""
    for device in dict.fromkeys(record["device"] for record in records):
        (folder / device).mkdir(parents=True)
        rows = {split: [r for r in records if (r["device"], r["split"]) == (device, split)] for split in SPLITS}
        entries = [write_shard(folder, f"{device}/{split}-00000.parquet", split, rows[split]) for split in SPLITS if rows[split]]
        preambles = {record["preamble_id"]: PREAMBLES[device] for record in records if record["device"] == device}
        Manifest(device, tuple(entries), preambles).write(manifest_path(folder, device))
    return folder


def files_in(folder):
    """Every file under `folder` with its bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
