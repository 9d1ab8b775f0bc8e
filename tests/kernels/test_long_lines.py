"""Long lines taken apart: every line fits, and the statements do what they did."""

from __future__ import annotations

import pytest

from kernels.draw import Draw
from kernels.language.expression import Variable, apply, literal
from kernels.language.interval import Interval
from kernels.language.statement import Assign, Augment, If, Store, While
from kernels.language.types import F32
from kernels.synthesis.builder import start
from kernels.synthesis.long_lines import WIDTH, split_long_lines


def products(count):
    """A sum of products of `count` values with long names."""
    names = [Variable(F32, Interval(-1.0, 1.0), f"a_rather_long_name_{k}") for k in range(count)]
    total = apply("multiply", names[0], names[1])
    for a, b in zip(names[2::2], names[3::2], strict=False):
        total = apply("add", total, apply("multiply", a, b))
    return total


def test_long_statements_are_taken_apart():
    p = start(Draw(1, "program", 0))
    value = products(12)
    condition = apply("less", value, literal(0.0))
    statements = [
        Assign("total", value),
        If(condition, [Augment("total", "+", value, F32)], [If(condition, [Store("out", (p.lane_variables[0],), value)])]),
    ]
    split = split_long_lines(p, statements)
    lines = ["    " + line for s in split for line in s.warp()]
    assert max(map(len, lines)) <= WIDTH
    assert len(lines) > 8
    scope = {f"a_rather_long_name_{k}": 0.1 * k - 0.3 for k in range(12)} | {p.lanes[0]: 0}
    results = []
    for version in (statements, split):
        names = {**scope, "out": [0.0]}
        exec("\n".join(line for s in version for line in s.warp()), names)
        results.append((names["total"], names["out"][0]))
    assert results[0] == pytest.approx(results[1])


def test_the_condition_of_a_while_loop_stays():
    p = start(Draw(1, "program", 0))
    loop = While(apply("less", products(12), literal(0.0)), [Assign("total", literal(1.0))])
    assert split_long_lines(p, [loop]) == [loop]
