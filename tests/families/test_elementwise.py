"""The family of elementwise maps."""

import numpy as np
import pytest

from kernels.drafting.draft import Draft
from kernels.drafting.formulas import formula
from kernels.draw import Draw
from kernels.families.elementwise import MAPS
from kernels.language.expression import variable
from kernels.language.types import BOOL, F32, I32, matrix
from tests.families._interpreter import check_against_threads
from tests.families._reference import cases, check_contract, run

SHAPES = {"R": (), "V": (3,), "M": (3, 3), "I": (), "B": ()}


def test_contract():
    check_contract("elementwise")


def test_references_agree_with_running_the_threads_one_by_one():
    check_against_threads("elementwise", cases("elementwise", 120), run, at_least=15)


@pytest.mark.parametrize("recipe", [m for field in MAPS for m in field], ids=lambda m: m.names.split()[0])
def test_values_of_a_map_stay_in_their_tracked_ranges(recipe):
    rng = np.random.default_rng(3)
    draft = Draft(Draw(0, recipe.names, 0), width="float64")
    types = {"R": draft.real, "V": draft.vector, "M": matrix("float64"), "I": I32, "B": BOOL}
    values = {"np": np, "erf": np.vectorize(__import__("math").erf)}
    values["determinant"] = np.linalg.det
    for name, letter, low, high in recipe.inputs:
        draft.known(name, types[letter], low, high - (letter == "I"))
        shape = (200, *SHAPES[letter])
        values[name] = (
            rng.integers(int(low), int(high), shape)
            if letter == "I"
            else rng.random(shape) < 0.5
            if letter == "B"
            else rng.uniform(low, high, shape)
        )
    for name, low, high in recipe.knobs:
        draft.scope[name] = draft.expressions.constant(draft.real, low, high)
    for line in recipe.lines:
        target, text = line.split(" = ", 1)
        expression = draft.read(text)
        values[target] = eval(expression.numpy(), values)
        draft.known(target, expression.type, expression.range.low, expression.range.high)
        assert np.all(np.isfinite(values[target])), target
        assert expression.range.low - 1e-9 <= np.min(values[target]), target
        assert np.max(values[target]) <= expression.range.high + 1e-9, target


@pytest.mark.parametrize(("year", "leap"), [(1900, False), (2000, True), (2023, False), (2024, True)])
def test_a_formula_reads_integers_and_truths(year, leap):
    rule = formula("year % 4 == 0 and year % 100 != 0 or year % 400 == 0", {"year": variable("year", I32, 1600, 2400)}, "float32")
    assert bool(eval(rule.numpy(), {"year": np.int32(year)})) is leap


def test_a_formula_refuses_what_leaves_an_operations_domain():
    with pytest.raises(ValueError, match="sqrt"):
        formula("sqrt(x)", {"x": variable("x", F32, -1.0, 1.0)}, "float32")
