"""Preparing a case: the same everywhere, drawn again where inputs make no sound test, refused with a reason where that never helps."""

from __future__ import annotations

import hashlib
import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from oracle_cases import case, classify, wave

from harness.oracle import PreparationError, preparation, prepare
from harness.oracle.gradient import _Input
from harness.oracle.inputs import INTEGER_POISON, generator, perturbed, start_value
from harness.oracle.tolerances import lowest_precision
from kernels.case import Argument, Launch
from kernels.domains import Constant, Integers, Struct, Uniform

ROOT = Path(__file__).resolve().parents[2]


def _map(expression, domain, *, dtype="float32", out="float32", n=30, differentiable=False, role="output"):
    arguments = (Argument("a", dtype, 1, differentiable=differentiable), Argument("out", out, 1, role, differentiable))
    launch = Launch((n,), {"a": (n,), "out": (n,)}, {"a": domain})
    return case("", f"def reference(a):\n    return {{'out': {expression}}}\n", arguments, (launch,))


def _job_digest(the_case):
    return hashlib.sha256(pickle.dumps([(d.values, d.cotangents) for d in prepare(the_case).job.launches])).hexdigest()


def test_same_inputs_in_any_process():
    program = (
        "import sys; sys.path[:0] = ['tests/oracle', '.']\n"
        "import test_oracle_preparation as t, oracle_cases as c\n"
        "print(t._job_digest(c.wave()), t._job_digest(c.classify()))"
    )
    environment = {"PYTHONHASHSEED": "77", "PATH": ""}
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [_job_digest(wave()), _job_digest(classify())]


def test_every_coordinate_of_a_draw_counts():
    base = wave()
    texts = {
        generator(c, n, attempt, name).bytes(8)
        for c in (base, replace(base, seed=4), replace(base, index=1), replace(base, family="other"))
        for n in (0, 1)
        for attempt in (0, 1)
        for name in ("a", "b")
    }
    assert len(texts) == 4 * 2 * 2 * 2


def test_the_oracle_does_not_import_warp():
    program = "import sys, harness.oracle, harness.reproduction; print([m for m in sys.modules if m.split('.')[0] == 'warp'])"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_generator_is_seeded_by_the_hash_as_an_integer():
    the_case = wave()
    text = f"{the_case.seed}/{the_case.family}/{the_case.index}/1/0/a"
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "little")
    assert generator(the_case, 1, 0, "a").bytes(32) == np.random.default_rng(seed).bytes(32)


def test_signs_of_a_direction_are_those_of_a_choice():
    x = np.array([[3.0, -4.0], [0.0, 5.0]])
    drawn = _Input.of(x).dense(np.random.default_rng(5))
    rng = np.random.default_rng(5)
    expected = rng.uniform(0.5, 1.5, x.shape) * rng.choice((-1.0, 1.0), x.shape) * np.sqrt(np.mean(x * x))
    assert drawn.tolist() == expected.tolist()


def test_poison_is_never_the_right_answer():
    launch = Launch((3,), {"x": (3,)}, {})
    assert np.isnan(start_value(Argument("x", "float32", 1, "output"), launch, np.zeros(3))).all()
    assert not start_value(Argument("x", "float32", 1, "accumulate"), launch, np.ones(3)).any()
    expected = np.array([INTEGER_POISON, 0, 5], np.int32)
    assert (start_value(Argument("x", "int32", 1, "output"), launch, expected) != expected).all()
    flags = np.array([True, False, True])
    assert (start_value(Argument("x", "bool", 1, "output"), launch, flags) == ~flags).all()


def test_perturbation_keeps_equal_values_equal_and_exact_ones_exact():
    x = np.array([0.37, 0.37, 3.0, 0.25, 0.0, -0.9])
    moved = perturbed({"x": x, "s": np.float64(0.37), "n": np.int32(3)}, 1e-7, 11)
    assert moved["x"][0] == moved["x"][1] == moved["s"] != 0.37
    assert moved["x"][2:5].tolist() == [3.0, 0.25, 0.0]
    assert 0 < abs(moved["x"][5] + 0.9) < 1e-6
    assert moved["n"] == 3


def test_inputs_near_a_threshold_are_drawn_again(monkeypatch):
    the_case = _map("np.where(a > f32(0.3), a, f32(0.0))", Uniform(0.0, 1.0))
    draw, attempts = preparation.draw, []

    def near_at_first(c, launch, number, attempt):
        attempts.append(attempt)
        values = draw(c, launch, number, attempt)
        if attempt == 0:
            values["a"][7] = np.float32(0.3)
        return values

    monkeypatch.setattr(preparation, "draw", near_at_first)
    prepared = prepare(the_case)
    assert attempts == [0, 1]
    assert np.abs(prepared.job.launches[0].values["a"] - 0.3).min() > 1e-6


def test_threshold_that_no_draw_avoids_is_refused():
    with pytest.raises(PreparationError, match=r"launch 0: no inputs make a sound test in 2 draws: a greater is .* from its threshold"):
        prepare(_map("np.where(a > f32(0.1), a, f32(0.0))", Constant(0.1)))


def test_exact_constant_at_its_threshold_is_fine():
    prepare(_map("np.where(a >= f32(0.5), a, f32(0.0))", Constant(0.5)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_ill_conditioned_case_is_refused(dtype):
    scale = "f32(3e6)" if dtype == "float32" else "np.float64(3e12)"
    with pytest.raises(PreparationError, match=r"ill-conditioned: output 'out' at \[\d+\]"):
        prepare(_map(f"np.sin(a * {scale})", Uniform(0.5, 1.0), dtype=dtype, out=dtype))


def test_tolerances_stay_below_a_thousandth_for_plain_arithmetic():
    for dtype in ("float32", "float64"):
        for forward in prepare(wave(dtype)).forward:
            assert (forward.bounds["out"] < 1e-4 * np.abs(forward.expected["out"])).all()


def test_precision_is_the_lowest_in_sight():
    assert lowest_precision(_map("a * 2.0", Uniform(0.0, 1.0), dtype="float64", out="float64")) == "float64"
    assert lowest_precision(_map("f32(2.0) * a", Uniform(0.0, 1.0), dtype="float64", out="float64")) == "float32"
    assert lowest_precision(_map("a * 2.0", Uniform(0.0, 1.0), dtype="float64", out="float32")) == "float32"


def test_structs_and_scalars_reach_the_reference():
    arguments = (
        Argument("p", "struct:Params", 0),
        Argument("n", "int32", 0),
        Argument("v", "vec3f", 0),
        Argument("out", "float32", 1, "output"),
    )
    params = Struct((("gain", "float32", Uniform(1.0, 2.0)), ("shift", "vec3f", Uniform(0.0, 1.0)), ("count", "int32", Integers(1, 5))))
    launch = Launch((4,), {"p": (), "n": (), "v": (), "out": (4,)}, {"p": params, "n": Integers(1, 9), "v": Uniform(0.0, 1.0)})
    text = "def reference(dim, p, n, v):\n    return {'out': np.full(dim, p.gain * p.count * n + np.dot(p.shift, v))}\n"
    prepared = prepare(case("", text, arguments, (launch,)))
    gain, count, shift, n, v = (prepared.job.launches[0].values[name] for name in ("p.gain", "p.count", "p.shift", "n", "v"))
    assert (type(gain), type(count), shift.dtype, type(n)) == (np.float32, np.int32, np.float32, np.int32)
    np.testing.assert_allclose(prepared.forward[0].expected["out"], gain * count * n + shift @ v, rtol=1e-6)


REFUSED = {
    "reference: NameError: name 'nowhere' is not defined": ("nowhere", {}),
    "reference: output 'out' has shape": ("a[:-1]", {}),
    "reference: output 'out' has dtype float64, expected int32": ("a * 1.5", {"out": "int32", "dtype": "float64"}),
    "values outside int32": ("np.full(a.shape, 2**40)", {"out": "int32"}),
    "reference output 'out' is not finite at": ("np.log(-a)", {}),
    "reference: ValueError: assignment destination is read-only": ("a.__setitem__(0, 1.0)", {}),
}


@pytest.mark.parametrize("message", REFUSED)
def test_unsound_reference_is_refused(message):
    expression, options = REFUSED[message]
    with pytest.raises(PreparationError) as refusal:
        prepare(_map(expression, Uniform(0.5, 1.0), **options))
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_wrong_names_are_refused():
    good = _map("a", Uniform(0.0, 1.0))
    with pytest.raises(PreparationError, match="parameter 'u' is no argument of the kernel"):
        prepare(replace(good, reference_source="def reference(u):\n    return {}\n"))
    with pytest.raises(PreparationError, match=r"it returns \['o'\], but the kernel's outputs are \['out'\]"):
        prepare(replace(good, reference_source="def reference(a):\n    return {'o': a}\n"))
    with pytest.raises(PreparationError, match="defines no function 'reference'"):
        prepare(replace(good, reference_source="import numpy as np\n"))
    with pytest.raises(PreparationError, match="SyntaxError"):
        prepare(replace(good, reference_source="def reference(a:\n"))
    with pytest.raises(PreparationError, match="unknown limitation 'nonesuch'"):
        prepare(replace(good, limitations=("nonesuch",)))
    with pytest.raises(PreparationError, match="argument 'a' has no domain"):
        prepare(replace(good, launches=(replace(good.launches[0], domains={}),)))


def test_accumulators_start_at_zero_and_inout_at_drawn_values():
    assert not prepare(_map("a", Uniform(0.5, 1.0), role="accumulate")).job.launches[0].values["out"].any()
    arguments = (Argument("a", "float32", 1), Argument("x", "float32", 1, "inout"))
    launch = Launch((6,), {"a": (6,), "x": (6,)}, {"a": Uniform(0.5, 1.0), "x": Uniform(2.0, 3.0)})
    prepared = prepare(case("", "def reference(a, x):\n    x += a\n    return {'x': x}\n", arguments, (launch,)))
    values = prepared.job.launches[0].values
    assert (values["x"] >= 2.0).all()
    np.testing.assert_allclose(prepared.forward[0].expected["x"], values["a"].astype(float) + values["x"])
