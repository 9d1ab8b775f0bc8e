"""The family of matrix products."""

import numpy as np
import pytest

from kernels.draw import Draw
from kernels.families._matrix_common import aligned
from kernels.families.matrix_product import Operand, build
from tests.families._reference import cases, check_contract, run


def test_contract():
    check_contract("matrix_product")


@pytest.mark.parametrize(("storage", "expected"), [("row_major", [[0, 1, 2], [4, 5, 6]]), ("column_major", [[0, 4, 8], [1, 5, 9]])])
def test_a_padded_flat_matrix_is_read_as_its_kernel_reads_it(storage, expected):
    index = {"i": ("i", "m"), "k": ("k", "n")}
    operand = Operand("a", "ik", storage, "pitch")
    scope = {"a": np.arange(12), "m": 2, "n": 3, "pitch": 4}
    table = eval(operand.numpy(index), {"a": scope["a"][: 8 if storage == "row_major" else 12], "m": 2, "n": 3, "pitch": 4})
    read = [[eval(operand.at(index), {**scope, "i": i, "k": k}) for k in range(3)] for i in range(2)]
    assert np.array_equal(table, expected)
    assert read == expected


def test_aligned_gives_each_letter_its_axis():
    scope = {"np": np, "x": np.empty((2, 3, 5))}
    assert eval(aligned("x", "bki", "bik"), scope).shape == (2, 5, 3)
    assert eval(aligned("x[0]", "ki", "ijk"), scope).shape == (5, 1, 3)
    assert aligned("x", "k", "ik") == "x"


def test_a_plain_product_agrees_with_the_definition():
    """Triple loop over the drawn matrices, for kernels that store the bare sum."""
    checked = 0
    for case in cases("matrix_product", 200):
        source = case.python_source
        if "wp.atomic_add" not in source or len(case.arguments) != 3 + source.count(": int") or "@wp.func" in source:
            continue
        arrays = [a for a in case.arguments if a.role == "input" and a.ndim == 2 and a.dtype.startswith("float")]
        if len(arrays) != 2 or " += " in source or "diff" in source or "_value" in source or source.count(" = ") > 4:
            continue
        values, result = run(case, 1)
        (out,) = result.values()
        a, b = (values[x.name].astype(float) for x in arrays)
        candidates = [p @ q for p in (a, a.T) for q in (b, b.T) if p.shape[1] == q.shape[0]]
        assert any(c.shape == out.shape and np.allclose(c, out, atol=1e-4) for c in candidates) or out.ndim != 2, case.id
        checked += 1
    assert checked >= 1


def test_build_is_deterministic():
    assert build(Draw(3, "matrix_product", 5)) == build(Draw(3, "matrix_product", 5))
