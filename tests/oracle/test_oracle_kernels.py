"""Real kernels, compiled and run: honest ones pass, cheating ones are refused, and a refused one reproduces outside the harness."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest
from oracle_cases import blur, classify, wave

from generation.code.settings import Settings
from harness.isolation import BatchRunner
from harness.oracle import judge, prepare
from harness.reproduction import write_reproduction

WRONG_SIGN = (
    "@wp.func\n"
    "def bend(x: wp.float32):\n"
    "    return wp.sin(x)\n\n\n"
    "@wp.func_grad(bend)\n"
    "def adj_bend(x: wp.float32, adj: wp.float32):\n"
    "    wp.adjoint[x] -= wp.cos(x) * adj\n\n\n"
)
TERM = "wp.float32(0.001) * a[i]"
WAVE = f"s * a[i] * wp.sin(b[i]) + {TERM}"
LAST = "i == a.shape[0] - 1"

HONEST = {
    "float32": wave("float32", index=0),
    "float64": wave("float64", index=1),
    "neighbours, float32": blur("float32", index=2),
    "neighbours, float64": blur("float64", index=3),
    "vec3, int, bool, atomic": classify(index=4),
}
CHEATING = {
    "returns zeros": wave(body="out[i] = wp.float32(0.0)", index=10),
    "copies the input": wave(body="out[i] = a[i]", index=11),
    "right only for 64": wave(body=f"if a.shape[0] == 64:\n    out[i] = {WAVE}\nelse:\n    out[i] = a[i]", index=12),
    "off by one at the edge": blur(
        body="n = a.shape[0]\nl = a[wp.max(i - 1, 0)]\nr = a[wp.min(i + 1, n - 2 + 1 // n)]\n"
        "out[i] = (l * l + a[i] * a[i] + r * r) / wp.float32(3.0)",
        index=13,
    ),
    "drops a small term": wave(body="out[i] = s * a[i] * wp.sin(b[i])", index=14),
    "writes its input": wave(body=f"out[i] = {WAVE}\na[i] = a[i] + wp.float32(1.0)", index=15),
    "leaves the last element": wave(body=f"if i < a.shape[0] - 1:\n    out[i] = {WAVE}", index=16),
    "is not a number": wave(body=f"out[i] = {WAVE} + wp.log(wp.float32(-1.0) * a[i])", index=17),
    "integer off by one": classify(count="int(p[i][0] * wp.float32(10.0)) + wp.where(i == 16, 1, 0)", index=18),
    "adjoint with a wrong sign": wave(body=f"out[i] = s * a[i] * bend(b[i]) + {TERM}", helpers=WRONG_SIGN, index=19),
    "one lane's adjoint": wave(
        body=f"if i == 5:\n    out[i] = s * a[i] * bend(b[i]) + {TERM}\nelse:\n    out[i] = {WAVE}", helpers=WRONG_SIGN, index=20
    ),
}
REASONS = {"writes its input": "input changed: a", "adjoint with a wrong sign": "gradient: ", "one lane's adjoint": "gradient: "}


@pytest.fixture(scope="module")
def verdicts():
    prepared = {name: prepare(case) for name, case in {**HONEST, **CHEATING}.items()}
    with BatchRunner("cpu", Settings(optimization_level=0)) as runner:
        outcomes = runner.run([p.job for p in prepared.values()])
    return {name: (p, judge(p, outcomes[p.job.case.id])) for name, p in prepared.items()}


@pytest.mark.parametrize("name", HONEST)
def test_honest_kernel_passes(name, verdicts):
    verdict = verdicts[name][1]
    assert verdict.passed, f"{verdict.reason}\n{verdict.details}"
    assert verdict.gradient == "checked"


@pytest.mark.parametrize("name", CHEATING)
def test_cheating_kernel_is_refused(name, verdicts):
    verdict = verdicts[name][1]
    assert not verdict.passed
    assert verdict.reason.startswith(REASONS.get(name, "forward: ")), verdict.reason


def test_one_lanes_adjoint_is_named(verdicts):
    assert "along b, lane 5 (1 lanes differ)" in verdicts["one lane's adjoint"][1].details


def _run(path):
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run([sys.executable, str(path)], cwd=path.parent, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", ["drops a small term", "one lane's adjoint"])
def test_reproduction_shows_the_mismatch(name, verdicts, tmp_path):
    prepared, verdict = verdicts[name]
    path = write_reproduction(prepared, verdict, tmp_path / "failures", "cpu")
    assert path == tmp_path / "failures" / f"{prepared.job.case.id}.py"
    done = _run(path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "the mismatch shows" in done.stdout
    assert "harness" not in path.read_text()


def test_reproduction_of_an_honest_kernel_shows_none(verdicts, tmp_path):
    prepared, verdict = verdicts["vec3, int, bool, atomic"]
    done = _run(write_reproduction(prepared, replace(verdict, passed=False, reason="gradient: none"), tmp_path, "cpu"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no mismatch" in done.stdout
