"""Epilogues: every step is the same in kernel and reference."""

from __future__ import annotations

import numpy as np

from kernels.case import Case
from kernels.drafting.arguments import grids
from kernels.drafting.draft import Draft
from kernels.drafting.epilogues import Site, epilogue
from kernels.draw import Draw
from tests.families._interpreter import interpret, understands
from tests.families._reference import run


def _case(index: int, *, linear: bool) -> Case:
    draft = Draft(Draw(3, "epilogues", index), smooth=True, width="float32")
    x = draft.array("x", draft.real, "rows", "channels")
    with draft.threads(("i", "rows", x, 0), ("c", "channels", x, 1)):
        value = draft.load("value", x, "i, c", -1.0, 1.0)
        final = epilogue(draft, value, Site("i, c", ("rows", "channels"), "c", "channels"), linear=linear)
        draft.store(draft.output("out", draft.real, "rows", "channels"), "i, c", final.name)
    return draft.case("finish", ["rows", "channels"], grids(draft.draw, ["rows", "channels"]))


def test_the_reference_agrees_with_running_the_threads_one_by_one() -> None:
    checked = 0
    for index in range(60):
        case = _case(index, linear=index % 2 == 0)
        if not understands(case):
            continue
        values, result = run(case, 1)
        arrays = interpret(case, values, case.launches[1].dim)
        np.testing.assert_allclose(result["out"], arrays["out"], rtol=2e-4, atol=2e-5, err_msg=case.python_source)
        checked += 1
    assert checked >= 20


def test_a_linear_epilogue_needs_no_value_in_the_backward_pass() -> None:
    for index in range(60):
        body = _case(index, linear=True).python_source.split("@wp.kernel")[1]
        for nonlinear in ("wp.exp", "wp.tanh", "wp.max", "wp.clamp", "wp.where", "gamma", "gate"):
            assert nonlinear not in body, body
