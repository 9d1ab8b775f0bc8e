"""Cases for the oracle's tests, and outcomes faked from them: what a right kernel would leave behind, ready to be spoiled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from generation.code.job import LaunchOutcome, Outcome
from harness.oracle import Prepared
from kernels.case import Argument, Case, Launch
from kernels.domains import Domain, Uniform

WARP_NAMES = {"float32": "wp.float32", "float64": "wp.float64"}
NUMPY_NAMES = {"float32": "f32", "float64": "np.float64"}
SIZES = (1, 17, 64, 100)

Spoil = Callable[[dict[str, Any]], None]


def case(
    kernel: str,
    reference: str,
    arguments: tuple[Argument, ...],
    launches: tuple[Launch, ...],
    *,
    index: int = 0,
    limitations: tuple[str, ...] = (),
    elementwise: bool = False,
) -> Case:
    """A case of family `test` whose kernel is called `k`."""
    python_source = f"import warp as wp\n\n\n{kernel}"
    reference_source = f"import numpy as np\n\nf32 = np.float32\n\n\n{reference}"
    return Case("test", 3, index, "k", python_source, reference_source, arguments, launches, limitations, elementwise)


def wave(dtype: str = "float32", *, body: str | None = None, helpers: str = "", index: int = 0, limitations: tuple[str, ...] = ()) -> Case:
    """out = s * a * sin(b) + 0.001 * a, lane by lane; `body` replaces the kernel's statement."""
    w, f = WARP_NAMES[dtype], NUMPY_NAMES[dtype]
    body = body or f"out[i] = s * a[i] * wp.sin(b[i]) + {w}(0.001) * a[i]"
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    signature = f"def k(a: wp.array(dtype={w}), b: wp.array(dtype={w}), s: {w}, out: wp.array(dtype={w})):"
    kernel = f"{helpers}@wp.kernel\n{signature}\n    i = wp.tid()\n{lines}"
    reference = f"def reference(a, b, s):\n    return {{'out': s * a * np.sin(b) + {f}(0.001) * a}}\n"
    arguments = (
        Argument("a", dtype, 1, differentiable=True),
        Argument("b", dtype, 1, differentiable=True),
        Argument("s", dtype, 0),
        Argument("out", dtype, 1, "output", True),
    )
    domains: dict[str, Domain] = {"a": Uniform(0.5, 2.0), "b": Uniform(0.3, 1.2), "s": Uniform(0.5, 1.5)}
    launches = tuple(Launch((n,), {"a": (n,), "b": (n,), "s": (), "out": (n,)}, domains) for n in SIZES)
    return case(kernel, reference, arguments, launches, index=index, limitations=limitations, elementwise=True)


def wave_gradients(values: dict[str, Any], cotangents: dict[str, Any]) -> dict[str, Any]:
    """The gradients of `wave`, in float64."""
    a, b, s = (np.asarray(values[name], np.float64) for name in ("a", "b", "s"))
    c = cotangents["out"].astype(np.float64)
    return {"a": c * (s * np.sin(b) + 0.001), "b": c * s * a * np.cos(b)}


def blur(dtype: str = "float32", *, body: str | None = None, index: int = 0) -> Case:
    """out[i] = the mean of a[i-1]**2, a[i]**2, a[i+1]**2 with ends clamped: lanes depend on their neighbours."""
    w, f = WARP_NAMES[dtype], NUMPY_NAMES[dtype]
    body = body or (
        f"n = a.shape[0]\nl = a[wp.max(i - 1, 0)]\nr = a[wp.min(i + 1, n - 1)]\nout[i] = (l * l + a[i] * a[i] + r * r) / {w}(3.0)"
    )
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    kernel = f"@wp.kernel\ndef k(a: wp.array(dtype={w}), out: wp.array(dtype={w})):\n    i = wp.tid()\n{lines}"
    reference = f"def reference(a):\n    p = np.pad(a * a, 1, mode='edge')\n    return {{'out': (p[:-2] + p[1:-1] + p[2:]) / {f}(3.0)}}\n"
    arguments = (Argument("a", dtype, 1, differentiable=True), Argument("out", dtype, 1, "output", True))
    launches = tuple(Launch((n,), {"a": (n,), "out": (n,)}, {"a": Uniform(-2.0, 2.0)}) for n in SIZES)
    return case(kernel, reference, arguments, launches, index=index)


def blur_gradients(values: dict[str, Any], cotangents: dict[str, Any]) -> dict[str, Any]:
    """The gradient of `blur`, in float64."""
    a, c = values["a"].astype(np.float64), cotangents["out"].astype(np.float64)
    n = a.size
    received = np.zeros(n)
    for shift in (-1, 0, 1):
        np.add.at(received, np.clip(np.arange(n) + shift, 0, n - 1), c)
    return {"a": 2.0 * a * received / 3.0}


def classify(*, index: int = 0, count: str = "int(p[i][0] * wp.float32(10.0))") -> Case:
    """From vec3f points: scaled points (vec3f), a truncated coordinate (int32), a comparison (bool), a total (float32, accumulated)."""
    kernel = (
        "@wp.kernel\n"
        "def k(p: wp.array(dtype=wp.vec3f), q: wp.array(dtype=wp.vec3f), cell: wp.array(dtype=wp.int32), right: wp.array(dtype=wp.bool),\n"
        "      total: wp.array(dtype=wp.float32)):\n"
        "    i = wp.tid()\n"
        "    q[i] = p[i] * wp.dot(p[i], p[i])\n"
        f"    cell[i] = {count}\n"
        "    right[i] = p[i][1] > wp.float32(0.2)\n"
        "    wp.atomic_add(total, 0, p[i][2])\n"
    )
    reference = (
        "def reference(p):\n"
        "    q = p * np.sum(p * p, axis=1, keepdims=True)\n"
        "    cell = (p[:, 0] * f32(10.0)).astype(np.int32)\n"
        "    return {'q': q, 'cell': cell, 'right': p[:, 1] > f32(0.2), 'total': np.sum(p[:, 2], keepdims=True)}\n"
    )
    arguments = (
        Argument("p", "vec3f", 1, differentiable=True),
        Argument("q", "vec3f", 1, "output", True),
        Argument("cell", "int32", 1, "output"),
        Argument("right", "bool", 1, "output"),
        Argument("total", "float32", 1, "accumulate", True),
    )
    launches = tuple(
        Launch((n,), {"p": (n,), "q": (n,), "cell": (n,), "right": (n,), "total": (1,)}, {"p": Uniform(-1.0, 1.0)}) for n in SIZES
    )
    return case(kernel, reference, arguments, launches, index=index)


def classify_gradients(values: dict[str, Any], cotangents: dict[str, Any]) -> dict[str, Any]:
    """The gradient of `classify`, in float64."""
    p, c = values["p"].astype(np.float64), cotangents["q"].astype(np.float64)
    g = c * np.sum(p * p, axis=1, keepdims=True) + 2.0 * p * np.sum(p * c, axis=1, keepdims=True)
    g[:, 2] += cotangents["total"][0]
    return {"p": g}


GRADIENTS = {"wave": wave_gradients, "blur": blur_gradients, "classify": classify_gradients}


def faithful(prepared: Prepared, gradients: Callable[..., dict[str, Any]]) -> Outcome:
    """What a right kernel leaves behind: expected outputs and `gradients`, rounded to the kernel's dtypes."""
    the_case = prepared.job.case
    launches = []
    for data, forward in zip(prepared.job.launches, prepared.forward, strict=True):
        arrays = {a.name: np.array(data.values[a.name]) for a in the_case.arguments if a.ndim}
        for a in the_case.outputs:
            arrays[a.name] = forward.expected[a.name].astype(arrays[a.name].dtype)
        right = gradients(data.values, data.cotangents)
        launches.append(LaunchOutcome(arrays, {n: g.astype(data.values[n].dtype) for n, g in right.items()}))
    return Outcome(the_case.id, "code", "preamble", tuple(launches))


def spoiled(outcome: Outcome, *, arrays: Spoil | None = None, gradients: Spoil | None = None, launches: tuple[int, ...] = ()) -> Outcome:
    """`outcome` with its arrays or gradients changed in place by a fault, in the given launches (all if none is named)."""
    changed = []
    for number, launch in enumerate(outcome.launches):
        copy = LaunchOutcome({n: a.copy() for n, a in launch.arrays.items()}, {n: g.copy() for n, g in launch.gradients.items()})
        if not launches or number in launches:
            if arrays is not None:
                arrays(copy.arrays)
            if gradients is not None:
                gradients(copy.gradients)
        changed.append(copy)
    return replace(outcome, launches=tuple(changed))
