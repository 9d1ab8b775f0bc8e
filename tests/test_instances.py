"""The instances of a kernel's CPU code: the one that a case takes is compiled and right, the other is neither."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pytest
from small_cases import LENGTH, healthy

from generation.code.cpu.instances import other_instances
from generation.code.job import Job, LaunchData
from generation.code.settings import Settings
from harness.isolation import BatchRunner
from kernels.case import Argument, Case, Launch

WITH_INTEGERS = """import warp as wp


@wp.kernel
def k(a: wp.array(dtype=float), ids: wp.array(dtype=int), out: wp.array(dtype=float)):
    i = wp.tid()
    out[i] = wp.sin(a[ids[i]]) * 2.0
"""


@pytest.fixture(scope="module")
def runner():
    with BatchRunner("cpu", Settings(optimization_level=0)) as runner:
        if not runner.run([healthy(0)])["small-000000"].code.count("tasks<true>"):
            pytest.skip("this Warp writes one instance only")
        yield runner


def with_integers(*, differentiable=True):
    arguments = (
        Argument("a", "float32", 1, differentiable=differentiable),
        Argument("ids", "int32", 1),
        Argument("out", "float32", 1, "output", differentiable),
    )
    case = Case(
        "small", 0, 1, "k", WITH_INTEGERS, "", arguments, (Launch((LENGTH,), {"a": (LENGTH,), "ids": (LENGTH,), "out": (LENGTH,)}, {}),)
    )
    values = {
        "a": np.linspace(0.1, 0.5, LENGTH, dtype=np.float32),
        "ids": np.arange(LENGTH, dtype=np.int32)[::-1].copy(),
        "out": np.full(LENGTH, np.nan, np.float32),
    }
    return Job(case, (LaunchData((LENGTH,), values, {"out": np.ones(LENGTH, np.float32)} if differentiable else {}),))


def left_out(job, code):
    """By pass, the instance that is not compiled."""
    name = re.search(r"struct wp_args_(\w+) \{", code)[1]
    text = other_instances(SimpleNamespace(case=job.case, code=code, name=name))
    return {match[1]: match[2] for match in re.finditer(r"kernel_(forward|backward)<(true|false)>", text)}


def test_contiguous_arrays_with_gradients_take_the_contiguous_instance(runner):
    job = healthy(1)
    outcome = runner.run([job])[job.case.id]
    assert left_out(job, outcome.code) == {"forward": "false", "backward": "false"}


def test_an_array_without_a_gradient_takes_the_general_one_backward(runner):
    job = with_integers()
    outcome = runner.run([job])[job.case.id]
    assert outcome.failure is None
    assert left_out(job, outcome.code) == {"forward": "false", "backward": "true"}
    np.testing.assert_allclose(outcome.launches[0].gradients["a"], 2.0 * np.cos(np.linspace(0.1, 0.5, LENGTH)), rtol=1e-6)


def test_what_is_left_out_ends_the_process(runner):
    job = with_integers()
    code = runner.run([job])[job.case.id].code
    text = other_instances(SimpleNamespace(case=job.case, code=code, name="k_1"))
    specializations = [line for line in text.splitlines() if line.startswith("template <>")]
    assert len(specializations) == text.count("{ __builtin_trap(); }") == 2


def test_kernels_in_blocks_keep_both(runner):
    job = healthy(2)
    code = runner.run([job])[job.case.id].code
    blocks = type(job.case)(**{**job.case.__dict__, "block_dim": 32})
    assert other_instances(SimpleNamespace(case=blocks, code=code, name="k")) == ""
