"""Cases, outcomes and records for the tests of the harvest: small, and made without compiling anything."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from generation.code.job import Outcome
from harness.clusters import split_of
from harness.records import make_record
from harness.spool import Spool
from harness.structure import structure_hash
from kernels.case import Argument, Case, Launch
from kernels.domains import Uniform

PREAMBLE = '#include "builtin.h"\n'


_FUNCTIONS = [
    "sin",
    "cos",
    "tan",
    "asin",
    "acos",
    "atan",
    "sinh",
    "cosh",
    "tanh",
    "exp",
    "log",
    "log2",
    "log10",
    "sqrt",
    "cbrt",
    "abs",
    "sign",
    "step",
    "nonzero",
    "floor",
    "ceil",
    "round",
    "trunc",
    "rint",
    "frac",
    "erf",
    "erfc",
    "erfinv",
    "erfcinv",
    "degrees",
    "radians",
]


def scale_source(name: str = "scale", terms: int = 1) -> str:
    """A kernel whose structure depends on `terms` alone; two of them have little in common."""
    chosen = random.Random(terms).choices(_FUNCTIONS, k=40)
    steps = "".join(f"    value = wp.{f}(wp.{g}(value))\n" for f, g in zip(chosen[::2], chosen[1::2], strict=True))
    return (
        "import warp as wp\n\n\n"
        f"@wp.kernel\ndef {name}(x: wp.array(dtype=float), out: wp.array(dtype=float)):\n    i = wp.tid()\n    value = x[i]\n"
        f"{steps}    out[i] = 2.0 * value\n"
    )


def make_case(index: int = 0, *, family: str = "map", seed: int = 7, terms: int | None = None) -> Case:
    terms = index + 1 if terms is None else terms
    return Case(
        family=family,
        seed=seed,
        index=index,
        kernel_name="scale",
        python_source=scale_source("scale", terms),
        reference_source=f"def reference(x):\n    return {{'out': {2 * terms} * x}}\n",
        arguments=(Argument("x", "float32", 1, "input", True), Argument("out", "float32", 1, "output", True)),
        launches=(Launch((4,), {"x": (4,), "out": (4,)}, {"x": Uniform(0.0, 1.0)}),),
    )


def record_of(case: Case, *, device: str = "cpu", **verdict: Any) -> dict[str, Any]:
    return make_record(case, outcome_of(case), verdict_on(case, **verdict), device=device, optimization_level=0, warp_version="1.19.0")


def outcome_of(case: Case, **changes: Any) -> Outcome:
    values = {
        "code": f"// {case.id}\nvoid {case.kernel_name}() {{}}\n",
        "preamble": PREAMBLE,
        "arch": "x86_64",
        "executed_on": "x86_64",
    }
    return Outcome(case.id, **(values | changes))


def verdict_on(case: Case, **changes: Any) -> Any:
    values = {
        "case_id": case.id,
        "passed": True,
        "reason": "",
        "gradient": "checked",
        "max_error_forward": 1e-7,
        "max_error_gradient": 2e-7,
        "tolerance": 1e-5,
        "tolerance_gradient": 1e-4,
        "details": "",
    }
    return SimpleNamespace(**(values | changes))


def spool_cases(folder: Path, cases: list[Case], workers: int = 1, *, device: str = "cpu") -> None:
    """Spool the cases' records, dealt out over `workers` spools."""
    for worker in range(workers):
        with Spool(folder, f"gw{worker}") as spool:
            for case in cases[worker::workers]:
                spool.append(record_of(case, device=device), PREAMBLE)


def terms_in_split(split: str, count: int) -> list[int]:
    """The first `count` numbers of terms whose structure falls into `split`."""
    found: list[int] = []
    terms = 0
    while len(found) < count:
        terms += 1
        if split_of(structure_hash(scale_source("scale", terms))) == split:
            found.append(terms)
    return found


def contents(folder: Path) -> dict[str, bytes]:
    """Every file under `folder` with its bytes, the lock left out, whose content is a process id."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".lock-")
    }


def edit_json(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def copy_of(folder: Path, target: Path) -> Path:
    shutil.copytree(folder, target)
    return target
