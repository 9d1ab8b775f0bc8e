"""What every target does: each argument kind goes in and out unharmed, gradients come back, and code is the case's own.

CUDA runs on the host here, as it does wherever there is no GPU.
"""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small_cases import HEALTHY, LENGTH, case_of, healthy, job, job_of, source

from generation.code import target
from generation.code.job import Job, LaunchData, Outcome
from generation.code.settings import CACHE_VARIABLE, Settings
from harness.isolation import BatchRunner
from kernels.case import Argument, Case, Launch
from kernels.domains import Bernoulli, Integers, Struct, Uniform

ROOT = Path(__file__).resolve().parent.parent
N = 4
RNG = np.random.default_rng(7)


@pytest.fixture(scope="module", params=["cpu", "cuda"])
def runner(request):
    with BatchRunner(request.param, Settings(optimization_level=0)) as runner:
        yield runner


def one(runner: BatchRunner, job: Job) -> Outcome:
    outcome = runner.run([job])[job.case.id]
    assert outcome.failure is None
    return outcome


def job_from(python_source: str, arguments: list[Argument], values: dict, cotangents: dict | None = None, dim=(N,), index=0) -> Job:
    shapes = {a.name: np.shape(values[a.name])[: a.ndim] if a.ndim else () for a in arguments}
    case = Case("kinds", 0, index, "k", python_source, "", tuple(arguments), (Launch(dim, shapes, {}),))
    return Job(case, (LaunchData(dim, values, cotangents or {}),))


def test_unknown_device_names_the_known_ones():
    with pytest.raises(ValueError, match="unknown device 'gpu': use one of cpu, cuda"):
        target("gpu")


def test_missing():
    assert target("cpu").missing() is None
    assert target("cuda").missing() is None


def test_the_checking_process_never_imports_warp():
    program = (
        "import sys, generation.code, harness.isolation; generation.code.target('cpu').missing(); "
        "print([m for m in sys.modules if m.partition('.')[0] == 'warp'])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("dtype", "warp_type", "inner", "scalar"),
    [
        ("float32", "wp.float32", (), np.float32),
        ("float64", "wp.float64", (), np.float64),
        ("vec3f", "wp.vec3f", (3,), np.float32),
        ("vec3d", "wp.vec3d", (3,), np.float64),
        ("mat33f", "wp.mat33f", (3, 3), np.float32),
        ("mat33d", "wp.mat33d", (3, 3), np.float64),
    ],
)
def test_differentiable_kinds(runner, dtype, warp_type, inner, scalar):
    """out = 2 a + b with b a value: the gradient of a is twice the cotangent, and every element keeps its place."""
    text = (
        f"import warp as wp\n\n\n@wp.kernel\ndef k(a: wp.array(dtype={warp_type}), b: {warp_type}, out: wp.array(dtype={warp_type})):\n"
        "    i = wp.tid()\n    out[i] = a[i] + a[i] + b\n"
    )
    arguments = [
        Argument("a", dtype, 1, differentiable=True),
        Argument("b", dtype, 0),
        Argument("out", dtype, 1, "output", True),
    ]
    a, b, cotangent = (RNG.standard_normal(shape + inner).astype(scalar) for shape in ((N,), (), (N,)))
    values = {"a": a, "b": scalar(b) if not inner else b, "out": np.full((N, *inner), np.nan, scalar)}
    [launch] = one(runner, job_from(text, arguments, values, {"out": cotangent})).launches
    np.testing.assert_array_equal(launch.arrays["out"], a + a + b)
    np.testing.assert_array_equal(launch.arrays["a"], a)
    np.testing.assert_array_equal(launch.gradients["a"], 2 * cotangent)
    assert launch.arrays["out"].dtype == launch.gradients["a"].dtype == scalar
    assert set(launch.arrays) == {"a", "out"}


def test_integers_bools_and_scalars(runner):
    text = """import warp as wp


@wp.kernel
def k(
    flags: wp.array(dtype=wp.bool),
    small: wp.array(dtype=wp.int32),
    large: wp.array2d(dtype=wp.int64),
    step: wp.int64,
    count: int,
    scale: wp.float64,
    on: wp.bool,
    total: wp.array(dtype=wp.int64),
    fraction: wp.array(dtype=wp.float64),
    negated: wp.array(dtype=wp.bool),
):
    i, j = wp.tid()
    if j == 0:
        negated[i] = not flags[i]
        fraction[i] = scale
    if flags[i] and on:
        wp.atomic_add(total, i, large[i, j] + step + wp.int64(small[i] * count))
"""
    kinds = [("flags", "bool", 1), ("small", "int32", 1), ("large", "int64", 2), ("step", "int64", 0), ("count", "int32", 0)]
    kinds += [("scale", "float64", 0), ("on", "bool", 0)]
    arguments = [Argument(*kind) for kind in kinds]
    arguments += [Argument("total", "int64", 1, "accumulate"), Argument("fraction", "float64", 1, "output")]
    arguments += [Argument("negated", "bool", 1, "output")]
    flags = np.array([True, False, True, True])
    small = np.array([1, -2, 3, -2_000_000_000 // 8], np.int32)
    large = RNG.integers(-(2**60), 2**60, (N, 3))
    values = {
        "flags": flags,
        "small": small,
        "large": large,
        "step": np.int64(2**40),
        "count": np.int32(7),
        "scale": np.float64(0.1) + 1e-16,
        "on": np.bool_(True),
        "total": np.zeros(N, np.int64),
        "fraction": np.full(N, np.nan),
        "negated": flags.copy(),
    }
    [launch] = one(runner, job_from(text, arguments, values, dim=(N, 3))).launches
    expected = np.where(flags, (large + 2**40 + (small * 7)[:, None]).sum(axis=1), 0)
    np.testing.assert_array_equal(launch.arrays["total"], expected)
    np.testing.assert_array_equal(launch.arrays["negated"], ~flags)
    np.testing.assert_array_equal(launch.arrays["fraction"], np.full(N, values["scale"]))
    assert launch.arrays["negated"].dtype == np.bool_
    assert launch.gradients == {}


def test_struct_value(runner):
    text = """import warp as wp


@wp.struct
class Frame:
    rotation: wp.mat33f
    fixed: wp.bool


@wp.struct
class Body:
    mass: float
    count: wp.int64
    velocity: wp.vec3d
    frame: Frame
    gains: wp.array(dtype=float)


@wp.kernel
def k(a: wp.array(dtype=float), body: Body, out: wp.array(dtype=float)):
    i = wp.tid()
    s = body.mass * body.frame.rotation[0, 1] + float(body.velocity[2]) + float(body.count)
    if body.frame.fixed:
        s = -s
    out[i] = a[i] * s * body.gains[i]
"""
    frame = Struct((("rotation", "mat33f", Uniform(0.0, 1.0)), ("fixed", "bool", Bernoulli(0.5))))
    fields = (
        ("mass", "float32", Uniform(0.0, 1.0)),
        ("count", "int64", Integers(0, 9)),
        ("velocity", "vec3d", Uniform(0.0, 1.0)),
        ("frame", "struct:Frame", frame),
        ("gains", "float32", Uniform(0.0, 1.0)),
    )
    arguments = [
        Argument("a", "float32", 1, differentiable=True),
        Argument("body", "struct:Body", 0, differentiable=True),
        Argument("out", "float32", 1, "output", True),
    ]
    body = {
        "body.mass": np.float32(3),
        "body.count": np.int64(5),
        "body.velocity": np.array([1.0, 2.0, 4.0]),
        "body.frame.rotation": np.arange(9, dtype=np.float32).reshape(3, 3),
        "body.frame.fixed": np.bool_(True),
        "body.gains": np.full(N, 2.0, np.float32),
    }
    values = {"a": np.ones(N, np.float32), "out": np.zeros(N, np.float32), **body}
    shapes = {"a": (N,), "body": (), "body.gains": (N,), "out": (N,)}
    case = Case("kinds", 0, 0, "k", text, "", tuple(arguments), (Launch((N,), shapes, {"body": Struct(fields)}),))
    [launch] = one(runner, Job(case, (LaunchData((N,), values, {"out": np.ones(N, np.float32)}),))).launches
    np.testing.assert_array_equal(launch.arrays["out"], np.full(N, -24.0))
    np.testing.assert_array_equal(launch.gradients["a"], np.full(N, -24.0))
    np.testing.assert_array_equal(launch.gradients["body.gains"], np.full(N, -12.0))


def test_struct_without_fields_is_refused(runner):
    text = """import warp as wp


@wp.struct
class Body:
    mass: float


@wp.kernel
def k(body: Body, out: wp.array(dtype=float)):
    out[wp.tid()] = body.mass
"""
    arguments = (Argument("body", "struct:Body", 0), Argument("out", "float32", 1, "output"))
    case = Case("kinds", 0, 0, "k", text, "", arguments, (Launch((N,), {"body": (), "out": (N,)}, {}),))
    outcome = runner.run([Job(case, (LaunchData((N,), {"out": np.zeros(N, np.float32)}, {}),))])[case.id]
    assert outcome.failure is not None
    assert "argument 'body' is a struct without fields" in outcome.failure


def test_arrays_of_structs(runner):
    text = """import warp as wp


@wp.struct
class Particle:
    position: wp.vec3
    fixed: wp.bool
    mass: wp.float64


@wp.kernel
def k(particles: wp.array(dtype=Particle), moved: wp.array(dtype=Particle)):
    i = wp.tid()
    p = particles[i]
    p.position = p.position * float(p.mass)
    p.fixed = not p.fixed
    moved[i] = p
"""
    domain = Struct((("position", "vec3f", Uniform(0.0, 1.0)), ("fixed", "bool", Bernoulli(0.5)), ("mass", "float64", Uniform(0.0, 1.0))))
    arguments = (
        Argument("particles", "struct:Particle", 1, differentiable=True),
        Argument("moved", "struct:Particle", 1, "output", differentiable=True),
    )
    position = np.arange(3 * N, dtype=np.float32).reshape(N, 3)
    fields = {"position": position, "fixed": np.arange(N) % 2 == 0, "mass": np.arange(1.0, N + 1.0)}
    values = {f"particles.{name}": value for name, value in fields.items()}
    values |= {f"moved.{name}": np.zeros_like(value) for name, value in fields.items()}
    cotangents = {"moved.position": np.ones((N, 3), np.float32), "moved.mass": np.zeros(N)}
    launch = Launch((N,), {"particles": (N,), "moved": (N,)}, {"particles": domain, "moved": domain})
    case = Case("kinds", 0, 0, "k", text, "", arguments, (launch,))
    assert [a.name for a in case.differentiable_outputs] == ["moved.position", "moved.mass"]
    [run] = one(runner, Job(case, (LaunchData((N,), values, cotangents),))).launches
    np.testing.assert_array_equal(run.arrays["moved.position"], position * fields["mass"][:, None].astype(np.float32))
    np.testing.assert_array_equal(run.arrays["moved.fixed"], ~fields["fixed"])
    np.testing.assert_array_equal(run.gradients["particles.position"], np.repeat(fields["mass"][:, None], 3, axis=1).astype(np.float32))
    np.testing.assert_array_equal(run.gradients["particles.mass"], position.sum(axis=1))


def test_input_that_the_kernel_writes_is_read_back(runner):
    cheat = job(0, "    a[i] = 9.0\n    out[i] = 1.0")
    [launch] = one(runner, cheat).launches
    np.testing.assert_array_equal(launch.arrays["a"], np.full(LENGTH, 9.0))
    assert (cheat.launches[0].values["a"] < 1.0).all()


def test_what_the_backward_pass_writes_is_not_in_the_arrays(runner):
    """A sum read before it is added to: the backward pass adds again, which must not show in what the forward pass left."""
    body = "    old = wp.atomic_add(out, 0, a[i])\n    out[1] = old * 0.0"
    arguments = (Argument("a", "float32", 1, differentiable=True), Argument("out", "float32", 1, "accumulate", True))
    base = job(0, body)
    values = base.launches[0].values | {"out": np.zeros(LENGTH, np.float32)}
    summing = Job(replace(base.case, arguments=arguments), (replace(base.launches[0], values=values),))
    [launch] = one(runner, summing).launches
    assert launch.arrays["out"][0] == pytest.approx(1.5)


def test_value_that_does_not_fit_fails_alone(runner):
    wrong = healthy(0)
    wrong.launches[0].values["a"] = np.zeros((LENGTH, 3), np.float32)
    outcomes = runner.run([wrong, healthy(1)])
    assert outcomes["small-000000"].failure.startswith("run: ValueError: argument 'a' got float32[5, 3]")
    assert outcomes["small-000001"].failure is None


def test_source_without_the_named_kernel(runner):
    case = case_of(0, source(HEALTHY.format(gain="1.0"), name="other"))
    outcome = runner.run([job_of(case)])[case.id]
    assert outcome.failure == "define: ValueError: the source defines no 'k': its kernel must have the case's kernel_name"


def test_equal_names_with_different_bodies(runner):
    """Kernels, functions and structs of the same names but other contents share a batch, each with its own result."""
    helpers = "@wp.struct\nclass P:\n    {field}: float\n\n\n@wp.func\ndef shape(x: float, p: P):\n    return x * {gain} + p.{field}"
    body = "    p = P()\n    p.{field} = {gain}\n    out[i] = shape(a[i], p)"
    fill = [{"field": "u", "gain": "2.0"}, {"field": "v", "gain": "3.0"}, {"field": "u", "gain": "4.0"}]
    jobs = [job(i, body.format(**f), helpers.format(**f)) for i, f in enumerate(fill)]
    outcomes = runner.run(jobs)
    for i, outcome in enumerate(outcomes.values()):
        gain = float(fill[i]["gain"])
        np.testing.assert_allclose(outcome.launches[0].arrays["out"], jobs[i].launches[0].values["a"] * gain + gain, rtol=1e-6)
        np.testing.assert_allclose(outcome.launches[0].gradients["a"], np.full(LENGTH, gain))
        assert "shape_0(" in outcome.code
        assert "shape_1(" not in outcome.code
        assert outcome.code == runner.run([jobs[i]])[outcome.case_id].code


def test_twins_share_a_binary_and_lookalikes_do_not(runner):
    """Warp hashes captured constants as 32 bits: kernels with 7 and 7 + 7 * 2**40 have one name, and must still not share code."""
    body = "    out[i] = a[i] * float(wp.int64(BIG) / wp.int64(7))"
    jobs = [job(0, body, "BIG = 7"), job(1, body, "BIG = 7"), job(2, body, "BIG = 7 + 7 * 2**40")]
    outcomes = list(runner.run(jobs).values())
    factors = [outcome.launches[0].arrays["out"][0] / np.float32(0.1) for outcome in outcomes]
    np.testing.assert_allclose(factors, [1.0, 1.0, 2.0**40 + 1], rtol=1e-6)
    names = {re.search(r"(k_\w+?)_(?:cpu|cuda)_kernel_forward\(", outcome.code)[1] for outcome in outcomes}
    assert len(names) == 1
    assert outcomes[0].code == outcomes[1].code != outcomes[2].code


def test_static_expression_that_waits_for_code_generation(runner):
    body = "    s = float(0.0)\n    for n in range(3):\n        s += wp.static(float(GAINS[n])) * a[i]\n    out[i] = s"
    jobs = [job(0, body, "GAINS = [1.0, 2.0, 4.0]"), job(1, body, "GAINS = [10.0, 20.0, 40.0]"), healthy(2)]
    outcomes = runner.run(jobs)
    for i, factor in enumerate((7.0, 70.0)):
        outcome = outcomes[jobs[i].case.id]
        assert outcome.failure is None
        np.testing.assert_allclose(outcome.launches[0].arrays["out"], jobs[i].launches[0].values["a"] * factor, rtol=1e-6)
        assert outcome.code == one(runner, jobs[i]).code


def test_library_functions_leave_no_trace_in_the_next_case(runner):
    """`wp.smooth_normalize` and `wp.norm_l2` are functions written in Warp, whose instances Warp keeps between kernels."""
    body = "    v = wp.smooth_normalize(wp.vec3(a[i], 2.0, 3.0), 0.1)\n    out[i] = v[0] + wp.norm_l2(v)"
    jobs = [job(0, body), job(1, body + " * 2.0"), job(2, body + " + wp.norm_l1(v)")]
    together = runner.run(jobs)
    backwards = runner.run(jobs[::-1])
    for each in jobs:
        assert together[each.case.id].failure is None
        assert together[each.case.id].code == backwards[each.case.id].code == one(runner, each).code


def test_code_does_not_say_where_warp_is_installed(runner):
    outcome = one(runner, job(0, "    out[i] = wp.norm_l1(wp.vec3(a[i], a[i], a[i]))"))
    assert re.search(r"^// warp/_src/math\.py:\d+$", outcome.code, re.MULTILINE)
    assert not re.search(r"^\s*// */|site-packages", outcome.code, re.MULTILINE)


def test_parts_of_a_record(runner):
    helper = "@wp.struct\nclass P:\n    u: float\n\n\n@wp.func\ndef shape(x: float, p: P):\n    return x * p.u"
    outcome = one(runner, job(0, "    p = P()\n    p.u = 2.0\n    out[i] = shape(a[i], p)", helper))
    kernel = f"_{runner.device}_kernel_"
    for part in ("struct P_", "shape_0(", "adj_shape_0(", f"{kernel}forward(", f"{kernel}backward("):
        assert part in outcome.code
    assert ("struct wp_args_k_" in outcome.code) is (runner.device == "cpu")
    assert ("__global__ void" in outcome.code) is (runner.device == "cuda")
    assert 'extern "C"' in outcome.code
    assert "#include" not in outcome.code
    assert "namespace case_" not in outcome.code
    assert str(ROOT) not in outcome.code
    assert "builtin.h" in outcome.preamble


def test_broken_native_code_in_a_template_names_its_case(runner):
    """The error is in Warp's own header; only the note below it points to the case."""
    bad = '@wp.func_native("return wp::length_sq(x);")\ndef native(x: float) -> float: ...'
    outcomes = runner.run([healthy(0), job(1, "    out[i] = native(a[i])", bad), healthy(2)])
    reason = (
        "no matching function for call to 'length_sq'" if runner.device == "cpu" else 'no instance of overloaded function "wp::length_sq"'
    )
    assert outcomes["small-000001"].failure.startswith(f"compile: {reason}")
    assert [o.failure for o in outcomes.values()].count(None) == 2


def test_a_case_at_warp_s_default_level_has_that_level_s_header(tmp_path, monkeypatch):
    """The header is what shows: the code does not depend on the level."""
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    with BatchRunner("cpu", Settings(optimization_level=0)) as runner:
        one(runner, healthy(0))
        assert levels_of_headers(tmp_path) == {"o0"}
        outcomes = runner.run([replace(healthy(0), at_default_level=True), healthy(1)])
    assert [outcome.failure for outcome in outcomes.values()] == [None, None]
    assert levels_of_headers(tmp_path) == {"o0", "o2"}


def levels_of_headers(cache: Path) -> set[str]:
    return {level for path in cache.rglob("*.pch") for level in re.findall(r"_(o\d)_", path.name)}
