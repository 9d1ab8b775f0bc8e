"""Long lines: a broken line is the same Python, and it fits."""

from __future__ import annotations

import ast
import textwrap

import pytest

from kernels import catalog
from kernels.drafting.layout import folded, loop

LINES = (
    "total = first_term * second_term + third_term * fourth_term - fifth_term / sixth_term + seventh_term * eighth_term",
    "value = scale(weights[row, column], positions[row + 1, column], positions[row - 1, column], stiffness, damping)",
    "return (first_value + second_value) * (third_value + fourth_value) * np.where(mask_of_the_rows, fifth_value, 0.0)",
    "if row < radius or column < radius or row >= height - radius or column >= width - radius or mask[row, column]:\n    pass",
    "for (ix, wx), (iy, wy) in itertools.product(((x0, 1.0 - fx), (x1, fx)), ((y0, 1.0 - fy), (y1, fy)), other_axes):\n    pass",
    'return {"new_position": position, "new_velocity": velocity, "kinetic_energy": kinetic_energy, "contacts": contacts}',
    "counted, listed = np.flatnonzero(group_of_the_element == number), np.concatenate([left_values, right_values])",
    "members = np.array([largest[np.argmax(values_of_the_rows[m])] for m in members_of_the_groups], np.int32) % modulus",
    "wp.atomic_add(accumulated_forces, neighbour_of_the_edge, stiffness_of_the_edge * (length - rest_length) * direction)",
)


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("width", [90, 60])
def test_a_broken_line_is_the_same_python_and_fits(line: str, width: int) -> None:
    broken = folded(line.split("\n"), width)
    assert len(broken) > len(line.split("\n"))
    assert ast.dump(ast.parse("\n".join(broken))) == ast.dump(ast.parse(line))
    assert all(len(text) <= width for text in broken)


def test_parentheses_around_a_whole_value_go_and_tuples_keep_theirs() -> None:
    assert folded(["x = ((a + b) * c)", "y = (a, b)", "z = (a + b) * (c + d)", "return (a)"], 100) == [
        "x = (a + b) * c",
        "y = (a, b)",
        "z = (a + b) * (c + d)",
        "return a",
    ]


def test_a_short_line_stays_as_it_is() -> None:
    assert folded(["    x = f(a, b)"], 40) == ["    x = f(a, b)"]


def test_a_loop_is_never_a_while_loop() -> None:
    assert loop("k", "n", ["total += x[k]"], "1") == ["for k in range(1, n):", "    total += x[k]"]


@pytest.mark.parametrize("family", catalog.FAMILIES)
def test_every_familys_lines_fit_and_parse(family: str) -> None:
    for index in range(15):
        case = catalog.build_named_case(3, f"{family}-{index:06d}")
        ast.parse(textwrap.dedent(case.python_source))
        ast.parse(case.reference_source)
        assert max(map(len, case.python_source.splitlines())) <= 110, case.id
        assert max(map(len, case.reference_source.splitlines())) <= 140, case.id
