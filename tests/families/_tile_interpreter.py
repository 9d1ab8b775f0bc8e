"""Runs a kernel on tiles as plain Python, block by block, with tiles as numpy arrays: an independent check of references, without Warp.

Every block has one thread. Kernels that use other builtins, halves, or divisions of integers are skipped.
"""

from __future__ import annotations

import itertools
import math
import re
import types

import numpy as np

from kernels.case import Case
from kernels.dtypes import dtype_of
from tests.families._interpreter import _BUILTINS, _bare
from tests.families._tile_builtins import BUILTINS, Kind, tile_of


def _atomic_add(array, *rest):
    *place, value = rest
    old = array[tuple(place)]
    array[tuple(place)] = old + value
    return old


_KINDS = {f"vec{n}{suffix}": Kind(n) for n in (2, 3, 4) for suffix in ("", "f", "d", "i")}
_KINDS |= {f"mat{n}{n}{suffix}": Kind(n, n) for n in (2, 3, 4) for suffix in ("", "f", "d")}
_WARP = {
    **_BUILTINS,
    **BUILTINS,
    **_KINDS,
    **dict.fromkeys(("int32", "uint32", "uint64"), int),
    **{name: getattr(math, name) for name in ("ceil", "floor", "trunc", "atan2", "atan", "asin", "acos", "tan", "sinh", "cosh", "pow")},
    **{name: getattr(math, name) for name in ("erf", "erfc", "cbrt", "log2", "log10", "radians", "degrees", "copysign")},
    "float32": float,
    "array4d": lambda **_: None,
    "constant": lambda value: value,
    "atomic_add": _atomic_add,
    "mod": math.fmod,
    "rint": np.rint,
    "step": lambda x: 1.0 if x < 0.0 else 0.0,
    "sign": lambda x: -1.0 if x < 0.0 else 1.0,
    "lerp": lambda a, b, t: a * (1.0 - t) + b * t,
    "div_approx": lambda a, b: a / b,
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "dot": lambda a, b: np.sum(a * b),
    "length": lambda v: np.sqrt(np.sum(v * v)),
    "length_sq": lambda v: np.sum(v * v),
    "cross": np.cross,
    "outer": np.outer,
    "transpose": np.transpose,
}


def understands(case: Case) -> bool:
    """Whether the case is of known builtins alone, and divides no integers in its functions."""
    used = set(re.findall(r"wp\.(\w+)", case.python_source))
    functions = case.python_source.split("@wp.kernel")[0]
    divides = re.search(r": (int|wp\.int64)\b", functions) and re.search(r"[^/]/[^/]", functions)
    return used <= {*_WARP, "tid"} and not divides


def _as_argument(value, dtype):
    """A value as the kernel reads it: in double precision, with vectors as the elements of an array of objects."""
    if not isinstance(value, np.ndarray):
        return value.item() if isinstance(value, np.generic) else value
    wide = np.array(value, {"float32": np.float64, "uint32": np.int64, "uint64": np.int64}.get(value.dtype.name, value.dtype))
    if not dtype.inner:
        return wide if wide.ndim else wide[()]
    shape = wide.shape[: wide.ndim - len(dtype.inner)]
    elements = tile_of(wide.reshape(-1, *dtype.inner), shape).view(np.ndarray)
    return elements if shape else elements[()]


def _as_array(value, dtype):
    """An array that the kernel wrote, with vectors along its last axes."""
    if not dtype.inner:
        return np.asarray(value, np.float64)
    return np.stack([np.asarray(e, np.float64) for e in value.ravel()]).reshape(value.shape + dtype.inner)


def interpret(case: Case, values: dict, dim: tuple[int, ...]) -> dict:
    """The arrays after every block of the grid ran in turn, in float64."""
    block: list[tuple[int, ...]] = [()]
    read = re.search(r"^ +([\w, ]+) = wp\.tid\(\)$", case.python_source, re.M)
    names = read[1].count(",") + 1 if read else 0
    # The thread's place in its block is zero.
    warp = types.SimpleNamespace(**_WARP, tid=lambda: (*block[0], 0)[:names] if names > 1 else block[0][0])
    source = case.python_source.replace("import warp as wp\n", "")
    scope: dict = {"wp": warp}
    exec(re.sub(r"^def (\w+)\((.*?)\)(?: -> [\w.]+)?:$", _bare, source, flags=re.M | re.S), scope)
    kinds = {a.name: dtype_of(a.dtype) for a in case.arguments if not a.dtype.startswith("struct:")}
    arrays = {name: _as_argument(value, kinds[name]) if name in kinds else value for name, value in values.items()}
    for index in itertools.product(*map(range, dim)):
        block[0] = index
        scope[case.kernel_name](*(arrays[a.name] for a in case.arguments))
    return {a.name: _as_array(arrays[a.name], kinds[a.name]) for a in case.outputs}


def check_against_blocks(family: str, found: list[Case], run, at_least: int, within: float = 2e-4) -> None:
    """Asserts that for the cases that are understood, the reference agrees with running the kernel block by block."""
    checked = 0
    for case in filter(understands, found):
        values, result = run(case, 1)
        with np.errstate(all="ignore"):
            arrays = interpret(case, values, case.launches[1].dim)
        for a in case.outputs:
            np.testing.assert_allclose(np.asarray(result[a.name], np.float64), arrays[a.name], rtol=within, atol=within, err_msg=case.id)
        checked += 1
    assert checked >= at_least, f"{family}: only {checked} cases were understood"
