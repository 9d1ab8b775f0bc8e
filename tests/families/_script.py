"""Checks of families that write their kernels as scripts: parts of one evaluated alone, kernels run thread by thread in both orders."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import numpy as np

from kernels.case import Case
from kernels.drafting.mirror.registry import HELPERS, with_needs
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from tests.families._reference import cases

sys.path.insert(0, str(Path(__file__).parents[1] / "kernels"))

from interpreter import _argument, all_at_once, drawn, module_of
from stand_in import Array, class_of, wrapped


def script(family: str, index: int = 0) -> Script:
    """An empty script in double precision, whose choices follow from `index`."""
    return Script(Draw(0, family, index), width="float64")


def evaluated(s: Script, values: dict) -> dict:
    """The locals that the reference's lines of `s` have made of `values`, by name."""
    scope = {"np": np, "f32": np.float64, **values}
    for helper in with_needs(list(dict.fromkeys(s.names.helpers))):
        exec(HELPERS[helper] if isinstance(HELPERS[helper], str) else "\n".join(HELPERS[helper]), scope)
    for block in s.reference_definitions:
        exec("\n".join(block), scope)
    exec("\n".join(s.reference), scope)
    return scope


def check_threads(family: str, count: int = 12) -> None:
    """The reference agrees with the kernel's text run as plain Python, one thread after the other, whichever comes first."""
    for case in cases(family, count):
        for number in (0, 1):
            values = drawn(case, number)
            with np.errstate(all="ignore"):
                got = all_at_once(case, number, values)
                for backwards in (False, True):
                    for name, array in _by_thread(case, number, values, backwards).items():
                        np.testing.assert_allclose(got[name], array, rtol=1e-9, atol=1e-9, err_msg=f"{case.id}, launch {number}, {name}")


def _by_thread(case: Case, number: int, values: dict, backwards: bool) -> dict:
    module, wp = module_of(case.python_source)
    arrays = {leaf.name: Array(values[leaf.name].copy(), leaf.dtype) for leaf in case.leaves if leaf.ndim}
    plain = {leaf.name: wrapped(values[leaf.name], class_of(leaf.dtype)) for leaf in case.leaves if not leaf.ndim}
    given = [_argument(a.name, a.ndim, {**arrays, **plain}) for a in case.arguments]
    threads = list(itertools.product(*(range(n) for n in case.launches[number].dim)))
    for thread in threads[::-1] if backwards else threads:
        wp.thread = thread if len(thread) > 1 else thread[0]
        module[case.kernel_name](*given)
    return {a.name: arrays[a.name].data for a in case.outputs}
