"""The family of sparse products."""

import re

import numpy as np

from kernels.case import Case
from tests.families._reference import cases, check_contract, run


def test_contract():
    check_contract("sparse_product")


def _bare(case: Case) -> bool:
    """Whether the kernel stores the sum of entry times value, up to a factor and a mean."""
    floats = [a for a in case.arguments if a.role == "input" and a.dtype != "int32"]
    source = case.python_source.replace("end - start", "")
    plain = (
        len(floats) == 2
        and "@wp.func" not in source
        and "wp.where" not in source
        and all(a.ndim == 1 for a in floats)
        and "mat33" not in source
    )
    assigned = [
        line.split(" = ")[1] for line in source.splitlines() if line.strip().startswith(("message =", "contribution =", "flow =", "term ="))
    ]
    product = len(assigned) == 1 and len(assigned[0].split()) == 3 and assigned[0].split()[1] == "*"
    linear = set(re.findall(r"\bwp\.(\w+)\(", source)) <= {"tid", "array", "array2d", "float64", "vec3", "vec3d"} and " / " not in source
    return plain and product and linear and "atomic" not in source and not any(mark in source for mark in ("!=", "==", " - "))


def test_compressed_rows_agree_with_a_dense_matrix():
    checked = 0
    for case in cases("sparse_product", 800):
        if not case.kernel_name.startswith(("csr", "spmv", "gather")) or not _bare(case):
            continue
        values, result = run(case)
        ints = [values[a.name] for a in case.arguments if a.dtype == "int32" and a.ndim]
        offsets, columns = ints
        (entries, x) = (values[a.name] for a in case.arguments if a.role == "input" and a.dtype != "int32")
        dense = np.zeros((offsets.size - 1, len(x)))
        for row in range(offsets.size - 1):
            for k in range(offsets[row], offsets[row + 1]):
                dense[row, columns[k]] += entries[k]
        (out,) = (result[a.name] for a in case.outputs)
        expected = dense @ x
        if "count" in case.python_source:
            expected = (expected.T / np.maximum(np.diff(offsets), 1)).T
        largest = np.unravel_index(np.argmax(np.abs(expected)), expected.shape)
        scale = out[largest] / expected[largest]
        assert np.allclose(out, scale * expected, atol=1e-4), case.id
        checked += 1
    assert checked >= 1


def test_what_leaves_a_node_arrives_at_another():
    """Subtracting at one end what is added at the other keeps the sum over all nodes zero."""
    checked = 0
    for case in cases("sparse_product", 100):
        if "atomic_sub" not in case.python_source:
            continue
        _, result = run(case)
        moved = next(result[a.name] for a in case.outputs if a.dtype != "int32")
        assert np.allclose(moved.sum(axis=0), 0.0, atol=1e-3 * (1.0 + np.abs(moved).max())), case.id
        checked += 1
    assert checked >= 3
