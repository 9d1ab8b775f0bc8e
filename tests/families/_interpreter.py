"""Runs a kernel's text as plain Python, thread by thread, with a few builtins: an independent check of references, without Warp.

Only kernels of scalars; others are skipped.
"""

from __future__ import annotations

import itertools
import re
import types

import numpy as np

from kernels.case import Case

_BUILTINS = {
    "min": min,
    "max": max,
    "abs": abs,
    "sqrt": np.sqrt,
    "exp": np.exp,
    "log": np.log,
    "sin": np.sin,
    "cos": np.cos,
    "tanh": np.tanh,
    "clamp": lambda x, low, high: min(max(x, low), high),
    "where": lambda condition, a, b: a if condition else b,
    "int64": int,
    "float64": float,
    "bool": bool,
    "array": lambda **_: None,
    "array2d": lambda **_: None,
    "array3d": lambda **_: None,
    "func": lambda f: f,
    "kernel": lambda f: f,
    "struct": lambda c: c,
}


def _atomic_add(array, *rest):
    *index, value = rest
    before = array[tuple(index)]
    array[tuple(index)] += value
    return before


def understands(case: Case) -> bool:
    """Whether the case is of scalars and of known builtins alone."""
    used = set(re.findall(r"wp\.(\w+)", case.python_source))
    return used <= {*_BUILTINS, "atomic_add", "tid"} and "wp.array[" not in case.python_source and "vec" not in case.python_source


def interpret(case: Case, values: dict, dim: tuple[int, ...]) -> dict:
    """The arrays after every thread of the grid ran in turn, in float64."""
    thread: list[tuple[int, ...]] = [()]
    tid = lambda: thread[0] if len(dim) > 1 else thread[0][0]  # noqa: E731
    warp = types.SimpleNamespace(**_BUILTINS, atomic_add=_atomic_add, tid=tid)
    source = re.sub(
        r"^def (\w+)\((.*?)\)(?: -> [\w.]+)?:$", _bare, case.python_source.replace("import warp as wp\n", ""), flags=re.M | re.S
    )
    scope: dict = {"wp": warp}
    exec(source, scope)
    arrays = {
        k: v.astype(np.float64)
        if isinstance(v, np.ndarray) and v.dtype == np.float32
        else np.copy(v)[()]
        if isinstance(v, np.ndarray)
        else v
        for k, v in values.items()
    }
    for index in itertools.product(*map(range, dim)):
        thread[0] = index
        scope[case.kernel_name](*(arrays[a.name] for a in case.arguments))
    return arrays


def _bare(definition: re.Match[str]) -> str:
    """A `def` line without its annotations."""
    names = re.findall(r"(\w+):", definition[2])
    return f"def {definition[1]}({', '.join(names)}):"


def check_against_threads(family: str, found: list[Case], run, at_least: int) -> None:
    """Asserts that for the cases that are understood, the reference agrees with running the kernel thread by thread."""
    checked = 0
    for case in filter(understands, found):
        launch = 1
        values, result = run(case, launch)
        with np.errstate(all="ignore"):
            arrays = interpret(case, values, case.launches[launch].dim)
        for a in case.outputs:
            np.testing.assert_allclose(
                np.asarray(result[a.name], np.float64), np.asarray(arrays[a.name], np.float64), rtol=2e-4, atol=2e-4, err_msg=case.id
            )
        checked += 1
    assert checked >= at_least, f"{family}: only {checked} cases were understood"
