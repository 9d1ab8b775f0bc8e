"""Small jobs for the tests of targets and isolation: one input array, one output array, a body given as text."""

from __future__ import annotations

import numpy as np

from generation.code.job import Job, LaunchData
from kernels.case import Argument, Case, Launch

LENGTH = 5

HEALTHY = "    out[i] = wp.sin(a[i]) * {gain}"
SEGFAULT = "    out[i + 2000000000] = a[i]"
ENDLESS = "    while a[i] < 100.0:\n        out[i] = out[i] + 1.0"
DIVISION_BY_ZERO = "    zero = int(a[i] * 0.0)\n    out[i] = float(i / zero)"
UNKNOWN_NAME = "    out[i] = a[i] + nowhere"
BROKEN_NATIVE = '@wp.func_native("return undeclared_name;")\ndef native(x: float) -> float: ...'
CALLS_NATIVE = "    out[i] = native(a[i])"


def source(body: str, helpers: str = "", name: str = "k") -> str:
    """The text of a module whose kernel runs `body` for each element."""
    helpers = f"{helpers}\n\n\n" if helpers else ""
    signature = f"def {name}(a: wp.array(dtype=float), out: wp.array(dtype=float)):"
    return f"import warp as wp\n\n\n{helpers}@wp.kernel\n{signature}\n    i = wp.tid()\n{body}\n"


def case_of(index: int, python_source: str, launches: int = 1) -> Case:
    """A case whose kernel `k` has one differentiable input `a` and one differentiable output `out`."""
    arguments = (Argument("a", "float32", 1, differentiable=True), Argument("out", "float32", 1, "output", True))
    launch = Launch((LENGTH,), {"a": (LENGTH,), "out": (LENGTH,)}, {})
    return Case("small", 0, index, "k", python_source, "", arguments, (launch,) * launches)


def job_of(case: Case) -> Job:
    """The case with a = 0.1, 0.2, ..., a poisoned output and cotangents of 1."""
    a = np.linspace(0.1, 0.5, LENGTH, dtype=np.float32)
    data = LaunchData((LENGTH,), {"a": a, "out": np.full(LENGTH, np.nan, np.float32)}, {"out": np.ones(LENGTH, np.float32)})
    return Job(case, (data,) * len(case.launches))


def healthy(index: int) -> Job:
    """A job that works; its kernel differs with the index."""
    return job_of(case_of(index, source(HEALTHY.format(gain=f"{index + 1}.0"))))


def job(index: int, body: str, helpers: str = "", launches: int = 1) -> Job:
    """A job whose kernel runs `body`."""
    return job_of(case_of(index, source(body, helpers), launches))
