"""The family of matrix products."""

import itertools

import numpy as np
import pytest

from kernels.draw import Draw
from kernels.families.matrix_product import FORMS, Operand, _numpy_product, build
from kernels.families.matrix_product.common import aligned
from tests.families._reference import check_contract


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


@pytest.mark.parametrize(("shapes", "out"), sorted(set(FORMS)))
def test_each_form_is_the_sum_over_its_inner_index(shapes, out):
    """The reference's product against loops over every index."""
    lengths = {"b": 2, "i": 3, "j": 4, "k": 5}
    rng = np.random.default_rng(0)
    tables = {f"m{n}": rng.standard_normal([lengths[x] for x in letters]) for n, letters in enumerate(shapes)}
    expected = np.zeros([lengths[x] for x in out])
    for position in itertools.product(*(range(lengths[x]) for x in out + "k")):
        at = dict(zip(out + "k", position, strict=True))
        expected[position[:-1]] += np.prod([t[tuple(at[x] for x in s)] for t, s in zip(tables.values(), shapes, strict=True)])
    for index in range(8):
        text = _numpy_product(Draw(0, "matrix_product", index), list(tables), list(shapes), out, "full", 0)
        assert np.allclose(eval(text, {"np": np, **tables}), expected), text


def test_build_is_deterministic():
    assert build(Draw(3, "matrix_product", 5)) == build(Draw(3, "matrix_product", 5))
