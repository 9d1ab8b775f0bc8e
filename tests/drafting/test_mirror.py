"""Mirrors: references that follow from a kernel's text, against the text run as plain Python, thread by thread."""

from __future__ import annotations

import numpy as np
import pytest

from kernels.domains import Integers
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.drafting.mirror.values import type_spelled
from kernels.draw import Draw
from tests.families._interpreter import interpret
from tests.families._reference import run

BODIES = {
    "branches": """
        y = x[i]
        if y > 0.3:
            y = y * 2.0
        elif y < -0.3:
            y = -y
        else:
            y = float(k[i])
        out[i] = y
        """,
    "early returns": """
        y = x[i]
        if k[i] > 3:
            if y > 0.0:
                out[i] = 1.0
                return
            y = y - 1.0
        elif k[i] == 2:
            out[i] = 5.0
            return
        out[i] = y
        """,
    "loops of each thread": """
        y = float(0.0)
        for j in range(k[i]):
            if j == 2:
                continue
            if y > 1.2:
                break
            y += x[j] * x[j]
        out[i] = y + x[i]
        """,
    "nested loops": """
        y = float(0.0)
        for a in range(3):
            for b in range(a, k[i]):
                if x[b] > 0.5:
                    break
                y += float(a) + x[b]
        out[i] = y
        """,
    "while": """
        y = x[i]
        steps = int(0)
        while wp.abs(y) < 2.0 and steps < 9:
            y = y * 1.5 + 0.1
            steps += 1
            if steps == k[i]:
                break
        out[i] = y + float(steps)
        """,
    "functions": "out[i] = first_above(x, x[i], k[i])",
    "atomics": """
        if x[i] > 0.0:
            wp.atomic_add(total, k[i] % 3, x[i])
        out[i] = x[i]
        """,
}


def built(body: str, seed: int):
    draft = MirrorDraft(Draw(seed, "mirror", 0), width="float64")
    draft.field("x", "float", "n")
    draft.field("k", "int", "n", domain=Integers(0, 6))
    draft.result("out", "float", "n")
    if "total" in body:
        draft.result("total", "float", 3, role="accumulate")
    draft.define(
        "first_above",
        "values: array(float), level: float, count: int",
        """
        best = float(-9.0)
        for j in range(count):
            if values[j] > level:
                return values[j] * 10.0
            best = wp.max(best, values[j])
        if best < level:
            return best
        return level
        """,
        "float",
    )
    draft.line("i = wp.tid()")
    draft.numpy("i = np.arange(dim[0], dtype=np.int32)")
    draft._threads(["i"])
    draft.code(body)
    return draft.finish("kernel_under_test", ["n"], [{"n": n} for n in (7, 11, 40)])


@pytest.mark.parametrize("name", BODIES)
def test_a_reference_does_what_the_text_does_in_every_thread(name: str) -> None:
    case = built(BODIES[name], 3)
    for launch in range(3):
        values, result = run(case, launch)
        expected = interpret(case, values, case.launches[launch].dim)
        for output, array in result.items():
            np.testing.assert_allclose(array, expected[output], rtol=1e-12, err_msg=f"{name}: {output}\n{case.reference_source}")


def test_random_numbers_advance_the_state_of_those_that_draw() -> None:
    draft = MirrorDraft(Draw(1, "mirror", 0), width="float32")
    draft.field("k", "int", "n", domain=Integers(0, 2))
    draft.line("i = wp.tid()")
    draft.numpy("i = np.arange(dim[0], dtype=np.int32)")
    draft._threads(["i"])
    draft.code("state = wp.rand_init(7, i)\nif k[i] == 1:\n    u = wp.randf(state)\nv = wp.randf(state)")
    draft.result("out", "float", "n")
    draft.code("out[i] = v")
    case = draft.finish("draws", ["n"], [{"n": 9}])
    values, result = run(case, 0)
    space: dict = {}
    exec(case.reference_source, space)
    for lane, taken in enumerate(values["k"]):
        state = space["rand_init"](np.int32(7), np.array([lane]))
        for _ in range(1 + taken):
            state, number = space["randf"](state)
        assert result["out"][lane] == number[0]


@pytest.mark.parametrize(
    ("text", "name"),
    [("float", "float32"), ("wp.vec3", "vec3f"), ("vec5d", "vec5d"), ("wp.uint16", "uint16"), ("wp.spatial_vector", "spatial_vectorf")],
)
def test_types_are_known_by_their_spelling(text: str, name: str) -> None:
    type = type_spelled(text)
    assert type is not None
    assert type.name == name


def test_text_is_written_in_the_width_of_the_draft() -> None:
    double = MirrorDraft(Draw(1, "mirror", 0), width="float64")
    assert double.spelled("v = vec3(0.5, x, float(2.0)) * float(k)") == (
        "v = wp.vec3d(wp.float64(0.5), x, wp.float64(2.0)) * wp.float64(k)"
    )
    assert double.spelled("m = mat26()  # of 0.5") == "m = mat26d()  # of 0.5"
    assert MirrorDraft(Draw(1, "mirror", 0), width="float32").spelled("q = quat(v, 1.0)") == "q = wp.quat(v, 1.0)"


def test_unknown_names_and_forms_are_refused() -> None:
    draft = MirrorDraft(Draw(1, "mirror", 0), width="float32")
    with pytest.raises(KeyError, match="not known"):
        draft.code("y = z + 1.0")
    with pytest.raises(KeyError, match="no overload"):
        draft.code("y = wp.cross(1.0, 2.0)")
    with pytest.raises(TypeError, match="no numpy spelling"):
        draft.code("y = [1, 2]")
