"""A record: one kernel that passed, with its generated code and the evidence, as a row of the dataset.

The columns are declared once, here, with their types and what they mean; the schema, the dataset card and the checks follow from the
declaration. A record holds nothing of the run that made it (no time, no path, no worker), so the same case gives the same bytes.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from generation.code.job import Outcome
from generation.code.settings import VALIDATIONS
from harness.features import features_used
from harness.near import bands_of
from harness.structure import builtins_used, content_hash, structure_hash
from kernels.case import Case

if TYPE_CHECKING:
    from harness.oracle import Verdict

HARNESS_VERSION = "0.4.1"

FORMAT = "warp-kernel-harness/2"
"""The name and version of the files on disk: manifest, shards, summary."""

SPLITS = ("train", "validation", "test")

_TEXTS = pa.list_(pa.field("element", pa.string()))
_NUMBERS = pa.list_(pa.field("element", pa.int64()))


@dataclass(frozen=True)
class Column:
    """A column: its name, Arrow type, meaning, and whether few distinct values fill it (it is then stored as a dictionary)."""

    name: str
    type: pa.DataType
    meaning: str
    few_values: bool = False


COLUMNS = (
    Column("id", pa.string(), "hash of device, Python, reference and code"),
    Column("case", pa.string(), "family and index, as `pytest --case` takes it"),
    Column("device", pa.string(), "the target of `code`: `cpu` or `cuda`", few_values=True),
    Column("split", pa.string(), "`train`, `validation` or `test`: all of a cluster is in one", few_values=True),
    Column("family", pa.string(), "the algorithm family that made the kernel, or the synthesizer", few_values=True),
    Column("seed", pa.int64(), "seed of the stream of cases"),
    Column("index", pa.int64(), "place in the stream of cases"),
    Column("kernel_name", pa.string(), "name of the one `@wp.kernel` in `python_source`"),
    Column("python_source", pa.string(), "self-contained module that defines the kernel"),
    Column("reference_source", pa.string(), "self-contained numpy module that computes the same"),
    Column("code", pa.string(), "the kernel's own generated code, forward and backward, without the fixed preamble"),
    Column("preamble_id", pa.string(), "hash of the preamble, whose text is in the manifest", few_values=True),
    Column("code_bytes", pa.int64(), "bytes of `code` in UTF-8"),
    Column("python_bytes", pa.int64(), "bytes of `python_source` in UTF-8"),
    Column("builtins", _TEXTS, "Warp builtins used in the bodies of kernel and functions", few_values=True),
    Column(
        "features",
        _TEXTS,
        "statement forms of the program; those of real kernels' statistics are the kernel's own, without its functions",
        few_values=True,
    ),
    Column("structure_hash", pa.string(), "hash of the program without names and constants; no two records share it"),
    Column("launch", pa.string(), "JSON: arguments, grids, shapes and domains of the launches that were checked"),
    Column("validation", pa.string(), "`compiled`, `executed_on_host` or `executed`", few_values=True),
    Column(
        "gradient",
        pa.string(),
        "`checked`, `not_differentiable` or `known_limitation:<name>`; `not_executed` for code that was compiled only",
        few_values=True,
    ),
    Column("max_error_forward", pa.float64(), "largest relative error of an output; null if none was measured"),
    Column("max_error_gradient", pa.float64(), "largest relative error of a gradient; null if none was measured or it was not finite"),
    Column("tolerance", pa.float64(), "what `max_error_forward` was held to; null if none was measured"),
    Column("optimization_level", pa.int64(), "level the code was compiled at; null for Warp's default", few_values=True),
    Column("arch", pa.string(), "architecture the code was compiled for", few_values=True),
    Column("warp_version", pa.string(), "version of warp-lang that generated `code`", few_values=True),
    Column("harness_version", pa.string(), "version of this project that made the record", few_values=True),
    Column("pair_id", pa.string(), "hash of `python_source`: the same for a kernel's CPU and CUDA record"),
    Column("tolerance_gradient", pa.float64(), "what `max_error_gradient` was held to; null if none was measured"),
    Column(
        "executed_on", pa.string(), "what ran the code: a processor's architecture or a GPU's name; empty if nothing did", few_values=True
    ),
    Column("not_executed", pa.string(), "why the code was compiled and not executed; empty if it was executed", few_values=True),
    Column("ptx", pa.string(), "NVRTC's PTX of the preamble and `code`, where it was asked for; null elsewhere"),
    Column("resources", pa.string(), "JSON: registers and bytes of memory that each entry point takes on `arch`; null where `ptx` is"),
    Column(
        "overloads",
        _TEXTS,
        "overloads of Warp builtins that `code` calls, operators and indexing among them, such as `dot(vec3f,vec3f)`; `adj_` before those "
        "whose adjoint the backward code calls",
        few_values=True,
    ),
    Column("cluster", pa.string(), "id of the first record that this one, names and constants masked, nearly is; its own if there is none"),
    Column("bands", _NUMBERS, "MinHash of the masked program, a number for each band: near-duplicates share one in the same place"),
)

SCHEMA = pa.schema([pa.field(column.name, column.type) for column in COLUMNS])

_NULLABLE = ("optimization_level", "ptx", "resources")
"""Columns whose value may be missing, beside those of floats."""

_PYTHON_TYPES: dict[pa.DataType, tuple[type, ...]] = {
    pa.string(): (str,),
    pa.int64(): (int,),
    pa.float64(): (float, type(None)),
    _TEXTS: (list,),
    _NUMBERS: (list,),
}


def make_record(
    case: Case,
    outcome: Outcome,
    verdict: Verdict,
    *,
    device: str,
    optimization_level: int | None,
    warp_version: str,
) -> dict[str, Any]:
    """The record of a case that passed: a value for every column of `SCHEMA`, in its order; split and cluster are empty until the record is
    placed among others.

    `optimization_level` is None for Warp's default. Raises ValueError if the case did not pass,
    if its outcome has no code, or if case, outcome and verdict are not about the same case: such a case is never harvested.
    """
    if not verdict.passed or outcome.failure is not None or not outcome.code:
        raise ValueError(f"{case.id} has no record: {verdict.reason or outcome.failure or 'its outcome has no code'}")
    if not case.id == outcome.case_id == verdict.case_id:
        raise ValueError(f"{case.id} was given the outcome of {outcome.case_id} and the verdict on {verdict.case_id}")
    if outcome.validation not in VALIDATIONS:
        raise ValueError(f"unknown validation {outcome.validation!r}: use one of {', '.join(VALIDATIONS)}")
    return {
        "id": content_hash(device, case.python_source, case.reference_source, outcome.code),
        "case": case.id,
        "device": device,
        "split": "",
        "family": case.family,
        "seed": case.seed,
        "index": case.index,
        "kernel_name": case.kernel_name,
        "python_source": case.python_source,
        "reference_source": case.reference_source,
        "code": outcome.code,
        "preamble_id": content_hash(outcome.preamble),
        "code_bytes": len(outcome.code.encode()),
        "python_bytes": len(case.python_source.encode()),
        "builtins": builtins_used(case.python_source),
        "features": features_used(case.python_source),
        "structure_hash": structure_hash(case.python_source),
        "launch": case.launch_json(),
        "validation": outcome.validation,
        "gradient": verdict.gradient,
        "max_error_forward": _finite(verdict.max_error_forward),
        "max_error_gradient": _finite(verdict.max_error_gradient),
        "tolerance": _finite(verdict.tolerance),
        "optimization_level": optimization_level,
        "arch": outcome.arch,
        "warp_version": warp_version,
        "harness_version": HARNESS_VERSION,
        "pair_id": content_hash(case.python_source),
        "tolerance_gradient": _finite(verdict.tolerance_gradient),
        "executed_on": outcome.executed_on,
        "not_executed": outcome.not_executed,
        "ptx": outcome.ptx,
        "resources": None if outcome.resources is None else json.dumps(outcome.resources, sort_keys=True, separators=(",", ":")),
        "overloads": list(outcome.overloads),
        "cluster": "",
        "bands": bands_of(case.python_source),
    }


def record_fault(record: dict[str, Any]) -> str | None:
    """What keeps `record` from being a row of `SCHEMA`, in a few words, or None."""
    if list(record) != SCHEMA.names:
        missing = [name for name in SCHEMA.names if name not in record]
        return f"no column {missing[0]!r}" if missing else "its columns are not those of a record, in their order"
    for column in COLUMNS:
        value = record[column.name]
        nullable = column.name in _NULLABLE
        if not isinstance(value, _PYTHON_TYPES[column.type]) and not (nullable and value is None):
            return f"column {column.name!r} holds {value!r}"
    return None


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
