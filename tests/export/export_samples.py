"""Cases for the tests of the export, and datasets of their records: code as Warp generates it, verdicts and splits as a test wants them."""

from __future__ import annotations

import json
from types import SimpleNamespace

from generation.code.job import Outcome
from harness.manifest import Manifest, manifest_path
from harness.records import SPLITS, make_record
from harness.shards import write_shard
from kernels.case import Argument, Case, Launch
from kernels.domains import Struct, Uniform

FLOW = """\
import warp as wp

square_snippet = "return x * x;"
square_adjoint = "adj_x += 2.0f * x * adj_ret;"


@wp.func_native(square_snippet, square_adjoint)
def square(x: float) -> float: ...


@wp.struct
class Options:
    gain: float


@wp.func
def soft(x: float):
    return x / wp.sqrt(1.0 + x * x)


@wp.func_grad(soft)
def adj_soft(x: float, adj_ret: float):
    wp.adjoint[x] += adj_ret / ((1.0 + x * x) * wp.sqrt(1.0 + x * x))


@wp.kernel
def flow(options: Options, a: wp.array(dtype=float), out: wp.array(dtype=float)):
    i = wp.tid()
    if a[i] > 0.5:  # not a brace: }
        out[i] = soft(a[i]) * options.gain
    else:
        out[i] = square(a[i])
"""

HALVE = """\
import warp as wp


@wp.kernel
def halve(a: wp.array(dtype=float), out: wp.array(dtype=float)):
    i = wp.tid()
    out[i] = 0.5 * a[i]
"""

SHIFT = """\
import warp as wp


@wp.kernel
def shift(a: wp.array(dtype=int), out: wp.array(dtype=int)):
    i = wp.tid()
    out[i] = a[i] << 2
"""

MADE = """\
import warp as wp


def make_add(step: float):
    @wp.kernel
    def add_step(a: wp.array(dtype=float), out: wp.array(dtype=float)):
        i = wp.tid()
        out[i] = a[i] + step

    return add_step


add_step = make_add(0.25)
"""

TILES = """\
import warp as wp


@wp.kernel
def total(a: wp.array2d(dtype=float), out: wp.array(dtype=float)):
    i = wp.tid()
    wp.tile_store(out, wp.tile_sum(wp.tile_load(a[i], shape=16)), offset=i)
"""


def _case(index, family, kernel_name, source, *, dtype="float32", arguments=(), shape=(5,), domains=None, block_dim=None):
    a = Argument("a", dtype, len(shape), "input", dtype == "float32")
    out = Argument("out", dtype, 1, "output", dtype == "float32")
    shapes = {argument.name: () for argument in arguments} | {"a": shape, "out": shape[:1]}
    reference = f"import numpy as np\n\nf32 = np.float32\n\n\ndef reference(a):\n    return {{'out': {kernel_name}(a)}}\n"
    launch = Launch(shape[:1], shapes, (domains or {}) | {"a": Uniform(0.0, 1.0)})
    return Case(family, 3, index, kernel_name, source, reference, (*arguments, a, out), (launch,), block_dim=block_dim)


CASES = (
    _case(
        0,
        "flow",
        "flow",
        FLOW,
        arguments=(Argument("options", "struct:Options", 0),),
        domains={"options": Struct((("gain", "float32", Uniform(0.5, 2.0)),))},
    ),
    _case(1, "map", "halve", HALVE),
    _case(2, "map", "shift", SHIFT, dtype="int32"),
    _case(3, "made", "add_step", MADE),
    _case(4, "tile", "total", TILES, shape=(5, 16), block_dim=64),
)

PREAMBLE = "// preamble\n"


def record_of(case, device, code, *, split="train", gradient="checked", validation="executed", **changes):
    """The record of `case` with its `code`; `changes` are columns that are to be otherwise."""
    verdict = SimpleNamespace(
        case_id=case.id,
        passed=True,
        reason="",
        gradient=gradient,
        max_error_forward=1e-7,
        max_error_gradient=1e-7,
        tolerance=1e-5,
        tolerance_gradient=1e-4,
    )
    outcome = Outcome(case.id, code=code, preamble=PREAMBLE, arch="x86_64", executed_on="x86_64", validation=validation)
    record = make_record(case, outcome, verdict, device=device, optimization_level=0, warp_version="1.19.0")
    return record | {"split": split, "cluster": record["id"]} | changes


def write_records(folder, records):
    """A dataset of `records`, each in the split that it names; the folder."""
    for device in dict.fromkeys(record["device"] for record in records):
        (folder / device).mkdir(parents=True)
        entries = []
        for split in SPLITS:
            rows = [record for record in records if (record["device"], record["split"]) == (device, split)]
            if rows:
                entries.append(write_shard(folder, f"{device}/{split}-00000.parquet", split, rows))
        Manifest(device, tuple(entries)).write(manifest_path(folder, device))
    return folder


def rows_in(folder, name):
    """The rows of a file of JSON lines, all of them."""
    return [json.loads(line) for line in (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def told(row, role):
    """What `role` says in a row."""
    return next(message["content"] for message in row["messages"] if message["role"] == role)
