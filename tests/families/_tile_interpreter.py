"""Runs a kernel on tiles as plain Python, block by block, with tiles as numpy arrays: an independent check of references, without Warp.

Tile operations are written from their documentation. Kernels that use other builtins, or functions of integers, are skipped.
"""

from __future__ import annotations

import functools
import itertools
import re
import types

import numpy as np

from kernels.case import Case
from tests.families._interpreter import _BUILTINS, _bare


def _box(shape, offset, ndim):
    starts = (0,) * ndim if offset is None else tuple(np.atleast_1d(offset))
    return tuple(np.atleast_1d(shape)), starts


def _inside(array, lengths, starts):
    """The part of the box that lies in the array, as indices of the array and of the box."""
    ends = [min(n, start + length) for n, start, length in zip(array.shape, starts, lengths, strict=True)]
    there = tuple(slice(start, end) for start, end in zip(starts, ends, strict=True))
    return there, tuple(slice(0, end - start) for start, end in zip(starts, ends, strict=True))


def tile_load(array, shape, offset=None, storage="register"):
    lengths, starts = _box(shape, offset, array.ndim)
    tile = np.zeros(lengths, array.dtype)
    there, here = _inside(array, lengths, starts)
    tile[here] = array[there]
    return tile


def tile_store(array, tile, offset=None):
    there, here = _inside(array, *_box(tile.shape, offset, array.ndim))
    array[there] = tile[here]


def tile_atomic_add(array, tile, offset=None):
    there, here = _inside(array, *_box(tile.shape, offset, array.ndim))
    array[there] += tile[here]


def tile_store_indexed(array, indices, t):
    for place, row in zip(indices, t, strict=True):
        array[place] = row


def tile_atomic_add_indexed(array, indices, t):
    for place, row in zip(indices, t, strict=True):
        array[place] += row


def tile_matmul(a, b, out=None, alpha=1.0):
    product = alpha * np.einsum("ik,kj->ij", a, b)
    if out is None:
        return product
    out += product
    return None


def tile_map(function, *operands):
    shape = next(np.shape(o) for o in operands if np.ndim(o))
    return np.array([function(*each) for each in zip(*(np.broadcast_to(o, shape).ravel() for o in operands), strict=True)]).reshape(shape)


def tile_reduce(function, tile, axis=None):
    if axis is None:
        return np.array([functools.reduce(function, tile.ravel())])
    return np.apply_along_axis(lambda line: functools.reduce(function, line), axis, tile)


def tile_assign(target, tile, offset):
    target[tuple(slice(start, start + n) for start, n in zip(offset, tile.shape, strict=True))] = tile


def tile_sort(keys, values):
    order = sorted(range(keys.size), key=lambda n: keys.ravel()[n])
    keys[...], values[...] = keys.ravel()[order].reshape(keys.shape), values.ravel()[order].reshape(values.shape)


def _scan(function):
    return lambda tile: np.array(list(itertools.accumulate(tile.ravel(), function))).reshape(tile.shape)


_TILES = {
    **{f.__name__: f for f in (tile_load, tile_store, tile_atomic_add, tile_store_indexed, tile_atomic_add_indexed)},
    **{f.__name__: f for f in (tile_matmul, tile_map, tile_reduce, tile_assign, tile_sort)},
    "tile_load_indexed": lambda array, indices, shape, axis=0, storage="register": array[indices],
    "tile_zeros": lambda shape, dtype, storage="register": np.zeros(shape),
    "tile_full": lambda shape, value, dtype: np.full(shape, value),
    "tile_arange": lambda count, dtype: np.arange(count),
    "tile_sum": lambda tile, axis=None: np.array([sum(tile.ravel())]) if axis is None else tile.sum(axis=axis),
    "tile_dot": lambda a, b: np.array([sum((a * b).ravel())]),
    "tile_max": lambda tile: np.array([max(tile.ravel())]),
    "tile_min": lambda tile: np.array([min(tile.ravel())]),
    "tile_argmax": lambda tile: np.array([list(tile.ravel()).index(max(tile.ravel()))]),
    "tile_argmin": lambda tile: np.array([list(tile.ravel()).index(min(tile.ravel()))]),
    "tile_scan_inclusive": _scan(lambda a, b: a + b),
    "tile_scan_exclusive": lambda tile: _scan(lambda a, b: a + b)(tile) - tile,
    "tile_scan_max_inclusive": _scan(max),
    "tile_scan_min_inclusive": _scan(min),
    "tile_broadcast": lambda tile, shape: np.broadcast_to(tile, shape),
    "tile_reshape": lambda tile, shape: np.reshape(tile, shape),
    "tile_transpose": lambda tile: tile.T,
    "tile_view": lambda tile, offset, shape: tile[tuple(slice(o, o + n) for o, n in zip(offset, shape, strict=True))],
    "constant": lambda value: value,
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
}


def understands(case: Case) -> bool:
    """Whether the case is of known builtins alone, and its functions of reals."""
    used = set(re.findall(r"wp\.(\w+)", case.python_source))
    functions = case.python_source.split("@wp.kernel")[0]
    return (
        used <= {*_BUILTINS, *_TILES, "tid"} and "wp.array[" not in case.python_source and not re.search(r": (int|wp\.int64)\b", functions)
    )


def interpret(case: Case, values: dict, dim: tuple[int, ...]) -> dict:
    """The arrays after every block of the grid ran in turn, in float64."""
    block: list[tuple[int, ...]] = [()]
    warp = types.SimpleNamespace(**{**_BUILTINS, **_TILES}, tid=lambda: block[0] if len(dim) > 1 else block[0][0])
    source = case.python_source.replace("import warp as wp\n", "")
    scope: dict = {"wp": warp}
    exec(re.sub(r"^def (\w+)\((.*?)\)(?: -> [\w.]+)?:$", _bare, source, flags=re.M | re.S), scope)
    arrays = {name: np.array(v, np.float64 if v.dtype == np.float32 else v.dtype) if np.ndim(v) else v for name, v in values.items()}
    for index in itertools.product(*map(range, dim)):
        block[0] = index
        scope[case.kernel_name](*(arrays[a.name] for a in case.arguments))
    return arrays


def check_against_blocks(family: str, found: list[Case], run, at_least: int) -> None:
    """Asserts that for the cases that are understood, the reference agrees with running the kernel block by block."""
    checked = 0
    for case in filter(understands, found):
        values, result = run(case, 1)
        with np.errstate(all="ignore"):
            arrays = interpret(case, values, case.launches[1].dim)
        for a in case.outputs:
            np.testing.assert_allclose(np.asarray(result[a.name], np.float64), arrays[a.name], rtol=2e-4, atol=2e-4, err_msg=case.id)
        checked += 1
    assert checked >= at_least, f"{family}: only {checked} cases were understood"
