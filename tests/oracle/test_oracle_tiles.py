"""Kernels on tiles, launched by blocks: run, judged, and put down as a reproduction."""

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from generation.code.settings import Settings
from harness.isolation import BatchRunner
from harness.oracle.judgement import judge
from harness.oracle.preparation import prepare
from harness.reproduction import write_reproduction
from kernels.case import Argument, Case, Launch
from kernels.domains import Uniform

SOFTMAX = """\
import warp as wp


@wp.func
def shifted_exp(x: float, peak: float):
    return wp.exp(x - peak)


@wp.kernel
def softmax(x: wp.array2d[float], out: wp.array2d[float]):
    i = wp.tid()
    t = wp.tile_load(x[i], shape=32)
    peak = wp.tile_max(t)
    e = wp.tile_map(shifted_exp, t, peak[0])
    total = wp.tile_sum(e)
    wp.tile_store(out[i], e / total[0])
"""
REFERENCE = """\
import numpy as np

f32 = np.float32


def reference(x):
    e = np.exp(x)
    return {"out": e / e.sum(axis=1, keepdims=True)}
"""


def softmax_case(source: str = SOFTMAX) -> Case:
    arguments = (Argument("x", "float32", 2, differentiable=True), Argument("out", "float32", 2, "output", True))
    launches = tuple(Launch((rows,), {"x": (rows, 32), "out": (rows, 32)}, {"x": Uniform(-1.0, 1.0)}) for rows in (1, 5))
    return Case("softmax", 0, 0, "softmax", source, REFERENCE, arguments, launches, block_dim=32)


@pytest.fixture(scope="module")
def judged():
    """Prepared case and verdict: of the softmax, and of one that divides by too much."""
    wrong = replace(softmax_case(SOFTMAX.replace("e / total[0]", "e / (total[0] + 0.01)")), index=1)
    prepared = {"right": prepare(softmax_case()), "wrong": prepare(wrong)}
    with BatchRunner("cpu", Settings(optimization_level=0)) as runner:
        outcomes = runner.run([p.job for p in prepared.values()])
    return {name: (p, judge(p, outcomes[p.job.case.id])) for name, p in prepared.items()}


def run_script(path):
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run([sys.executable, str(path)], cwd=path.parent, env=environment, capture_output=True, text=True, check=False)


def test_a_softmax_of_tiles_passes_with_its_gradient(judged):
    verdict = judged["right"][1]
    assert verdict.passed, verdict.reason
    assert verdict.gradient == "checked"


def test_a_wrong_one_is_refused(judged):
    verdict = judged["wrong"][1]
    assert not verdict.passed
    assert verdict.reason.startswith("forward: ")


def test_a_reference_may_be_told_how_many_threads_a_block_has(tmp_path):
    text = SOFTMAX.replace("e / total[0]", "e * float(wp.block_dim())")
    told = REFERENCE.replace("reference(x)", "reference(x, block_dim)").replace("e / e.sum(axis=1, keepdims=True)", "block_dim * np.exp(x)")
    kernel = text.replace("x: float, peak: float", "x: float").replace("x - peak", "x").replace(", peak[0])", ")")
    case = replace(softmax_case(kernel), reference_source=told)
    with BatchRunner("cpu", Settings(optimization_level=0)) as runner:
        outcomes = runner.run([prepare(case).job])
    assert judge(prepare(case), outcomes[case.id]).passed
    doubled = judge(prepare(case, threads=2), outcomes[case.id])
    assert doubled.reason.startswith("forward: ")
    assert run_script(write_reproduction(prepare(case), doubled, tmp_path, "cpu")).returncode == 0


def test_a_reproduction_launches_blocks(judged, tmp_path):
    prepared, verdict = judged["wrong"]
    path = write_reproduction(prepared, verdict, tmp_path, "cpu")
    assert "\nBLOCK_DIM = 32\n" in path.read_text()
    done = run_script(path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "the mismatch shows" in done.stdout


def test_the_reproduction_of_a_right_one_shows_no_mismatch(judged, tmp_path):
    prepared, verdict = judged["right"]
    done = run_script(write_reproduction(prepared, replace(verdict, passed=False, reason="gradient: none"), tmp_path, "cpu"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no mismatch" in done.stdout
