"""A pytest plugin that plants four guilty kernels among the job's real ones: `-p planted`.

The case at index 3 stores far out of bounds, 11 never ends, 19 does not compile, 27 divides by zero.
"""

import functools

import harness.workbench
from kernels.case import Argument, Case, Launch
from kernels.catalog import build_named_case
from kernels.domains import Uniform

GUILTY = {
    3: "    out[i + 2000000000] = x[i]",
    11: "    while x[i] < 100.0:\n        out[i] = out[i] + 1.0",
    19: "    out[i] = broken(x[i])",
    27: "    zero = int(x[i] * 0.0)\n    out[i] = float(i // zero) + x[i]",
}

KERNEL = """import warp as wp


@wp.func_native("return undeclared_name;")
def broken(x: float) -> float: ...


@wp.kernel
def copy_values(x: wp.array[float], out: wp.array[float]):
    i = wp.tid()
"""

REFERENCE = """import numpy as np

f32 = np.float32


def reference(x):
    return {"out": x.copy()}
"""


def planted_case(seed, case_id):
    case = build_named_case(seed, case_id)
    if case.index not in GUILTY:
        return case
    arguments = (Argument("x", "float32", 1, "input", True), Argument("out", "float32", 1, "output", True))
    launch = Launch((7,), {"x": (7,), "out": (7,)}, {"x": Uniform(0.1, 1.0)})
    return Case(case.family, seed, case.index, "copy_values", KERNEL + GUILTY[case.index] + "\n", REFERENCE, arguments, (launch,))


harness.workbench.build_named_case = planted_case
harness.workbench.BatchRunner = functools.partial(harness.workbench.BatchRunner, case_seconds=3.0)
