"""Half precision in references: rounding to bfloat16, names that say the precision, and that no kernel decides by a half."""

from __future__ import annotations

import ast

import numpy as np

from harness.oracle.tolerances import lowest_precision
from kernels.dtypes import bfloat16_bits, bfloat16_values
from tests.families._mirror import helpers
from tests.families._reference import cases, check_contract


def test_rounding_to_bfloat16_goes_to_the_nearest_value_ties_to_even() -> None:
    space = helpers("bf16", precision=np.float32)
    x = np.random.default_rng(1).uniform(-4.0, 4.0, 500).astype(np.float32)
    np.testing.assert_array_equal(space["bf16"](x), bfloat16_values(bfloat16_bits(x)))
    # 1 + 2^-8 lies halfway between 1 and 1 + 2^-7, whose last bit is odd.
    assert space["bf16"](np.float32(1.0 + 2.0**-8)) == 1.0
    assert space["bf16"](np.float32(1.0 + 3.0 * 2.0**-8)) == np.float32(1.0 + 2.0**-6)


def test_every_case_works_in_half() -> None:
    assert {lowest_precision(case) for case in cases("half_precision")} == {"float16", "bfloat16"}


def test_no_kernel_branches() -> None:
    for case in cases("half_precision"):
        for node in ast.walk(ast.parse(case.python_source)):
            if isinstance(node, ast.If):
                # The guard of threads beyond the arrays is all.
                assert isinstance(node.test, ast.Compare)
                assert isinstance(node.test.ops[0], (ast.Lt, ast.GtE))
                assert isinstance(node.test.left, ast.Name)


def test_the_contract() -> None:
    check_contract("half_precision")
