"""Runs a case's numpy reference on the values that its domains draw."""

from __future__ import annotations

import functools

import numpy as np

from harness.oracle.inputs import as_structs
from kernels.case import Case
from kernels.catalog import build_named_case
from kernels.dtypes import dtype_of


def cases(family: str, count: int = 60) -> list[Case]:
    return [_built(f"{family}-{index:06d}") for index in range(count)]


@functools.cache
def _built(name: str) -> Case:
    return build_named_case(7, name)


def run(case: Case, launch: int = 2, seed: int = 0, threads: int = 1) -> tuple[dict, dict]:
    """The drawn values by argument, and what the reference returns for them in blocks of `threads` threads."""
    rng = np.random.default_rng(seed)
    data = case.launches[launch]
    leaves = {}
    for a in case.leaves:
        dtype, shape = dtype_of(a.dtype), data.leaf_shapes[a.name]
        if a.name in data.leaf_domains:
            leaves[a.name] = data.leaf_domains[a.name].draw(rng, shape, dtype)[()]
        else:
            leaves[a.name] = np.full(shape + dtype.inner, 0 if a.role == "accumulate" or not dtype.is_float else np.nan, dtype.scalar)
    scope: dict = {}
    exec(case.reference_source, scope)
    function = scope["reference"]
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    given = as_structs({name: np.copy(value)[()] for name, value in leaves.items()})
    given |= {"dim": data.dim, "block_dim": threads}
    result = function(**{n: given[n] for n in names})
    return as_structs(leaves), result


def check_contract(family: str) -> None:
    """Deterministic; every output has the launch's shape and is finite; inputs are as they were; another seed makes another case."""
    for case in cases(family):
        assert case == build_named_case(7, case.id)
        for launch in range(3):
            with np.errstate(all="ignore"):
                _, result = run(case, launch)
            assert set(result) == {a.name for a in case.outputs}, case.id
            for a in case.outputs:
                inner = dtype_of(a.dtype).inner
                assert np.shape(result[a.name]) == case.launches[launch].leaf_shapes[a.name] + inner, (case.id, a.name)
                assert np.all(np.isfinite(result[a.name])), (case.id, a.name)
        assert all(len(line) <= 120 for line in case.python_source.splitlines()), case.id
    assert build_named_case(8, f"{family}-000000") != build_named_case(7, f"{family}-000000")
