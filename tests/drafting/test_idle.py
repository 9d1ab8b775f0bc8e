"""What a draft does not use is dropped, with the branches that this leaves empty; what has an effect stays."""

from __future__ import annotations

from textwrap import dedent

from kernels.drafting.mirror.idle import used_definitions, without_idle


def left(text: str, *kept: str) -> str:
    """`text` without what is idle."""
    return "\n".join(without_idle(dedent(text).strip("\n").split("\n"), kept))


def test_locals_that_nothing_reads_are_dropped() -> None:
    text = """
        a = x[i]
        b = a * 2.0
        # The square of b is of no use.
        c = wp.vec3(
            b, b, b
        )
        y[i] = a
        """
    assert left(text) == "a = x[i]\ny[i] = a"


def test_sums_that_nothing_reads_are_dropped_with_their_loops() -> None:
    assert left("total = 0.0\nfor k in range(3):\n    total += x[k]\ny[i] = 1.0") == "y[i] = 1.0"


def test_branches_go_when_both_sides_are_idle() -> None:
    assert left("if x[i] > 0.0:\n    a = 1.0\nelse:\n    a = 2.0\ny[i] = 1.0") == "y[i] = 1.0"
    text = "if x[i] > 0.0:\n    y[i] = 1.0\n    a = 2.0"
    assert left(text) == "if x[i] > 0.0:\n    y[i] = 1.0"


def test_draws_and_atomics_stay() -> None:
    text = "state = wp.rand_init(7, i)\nu = wp.randf(state)\nold = wp.atomic_add(count, 0, 1)\ny[i] = wp.randf(state)"
    assert left(text) == text


def test_kept_names_stay() -> None:
    assert left("y = np.zeros(3)", "y") == "y = np.zeros(3)"


def test_functions_stay_that_another_calls() -> None:
    blocks = [[f"def {name}(x):", f"    return {body}"] for name, body in (("inner", "x"), ("outer", "inner(x)"), ("spare", "inner(x)"))]
    assert used_definitions(blocks, ["y = outer(1.0)"]) == blocks[:2]
