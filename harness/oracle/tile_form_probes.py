"""Probes of the ledger's entries on forms of tile kernels that do not build, or that give wrong values."""

# Kernels are written in Warp's language, which a Python type checker and linter read wrongly.
# mypy: ignore-errors
# ruff: noqa: ANN202

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import warp as wp

from harness.oracle.tile_probes import POINT, SIZE, run

f64 = wp.float64
_FAST = {"optimization_level": 0}
wp.set_module_options(_FAST)


@wp.func
def _blended(a: float, share: float, b: float) -> float:
    return a * share + b


@wp.kernel(module="unique", module_options=_FAST)
def _mapped_with_literal(x: wp.array(dtype=float), y: wp.array(dtype=float)):
    t = wp.tile_load(x, shape=4)
    wp.tile_store(y, wp.tile_map(_blended, t, 0.25, t))


@wp.kernel(module="unique", module_options=_FAST)
def _mapped_with_local(x: wp.array(dtype=float), y: wp.array(dtype=float)):
    t = wp.tile_load(x, shape=4)
    share = x[0]
    wp.tile_store(y, wp.tile_map(_blended, t, share, t))


@wp.kernel(module="unique", module_options=_FAST)
def _tile_of_element(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    wp.tile_store(y, wp.tile(x[0]))


@wp.kernel(module="unique", module_options=_FAST)
def _tile_of_local(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    value = x[0]
    wp.tile_store(y, wp.tile(value))


@wp.func
def _conjugate(z: wp.vec2):
    return wp.vec2(z[0], -z[1])


@wp.func
def _annotated_conjugate(z: wp.vec2) -> wp.vec2f:
    return wp.vec2(z[0], -z[1])


@wp.kernel(module="unique", module_options=_FAST)
def _transform_of_unnamed(x: wp.array2d(dtype=wp.vec2), y: wp.array2d(dtype=wp.vec2)):
    z = wp.tile_map(_conjugate, wp.tile_load(x, shape=(1, 4)))
    wp.tile_fft(z)
    wp.tile_store(y, z)


@wp.kernel(module="unique", module_options=_FAST)
def _transform_of_annotated(x: wp.array2d(dtype=wp.vec2), y: wp.array2d(dtype=wp.vec2)):
    z = wp.tile_map(_annotated_conjugate, wp.tile_load(x, shape=(1, 4)))
    wp.tile_fft(z)
    wp.tile_store(y, z)


@wp.kernel(module="unique", module_options=_FAST)
def _gathered_by_call(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    places = wp.tile_arange(4, dtype=int)
    wp.tile_store(y, wp.tile_slice_indexed(wp.tile_load(x, shape=4), (places,)))


@wp.kernel(module="unique", module_options=_FAST)
def _gathered_by_subscript(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    places = wp.tile_arange(4, dtype=int)
    t = wp.tile_load(x, shape=4)
    wp.tile_store(y, t[places])


@wp.kernel(module="unique", module_options=_FAST)
def _indexed_by_view(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    places = wp.tile_arange(8, dtype=int)
    wp.tile_store_indexed(y, indices=places[:4], t=wp.tile_load(x, shape=4))


@wp.kernel(module="unique", module_options=_FAST)
def _indexed_by_tile(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    places = wp.tile_arange(4, dtype=int)
    wp.tile_store_indexed(y, indices=places, t=wp.tile_load(x, shape=4))


@wp.kernel(module="unique", module_options=_FAST)
def _mapped_exponential(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    wp.tile_store(y, wp.tile_map(wp.exp, wp.tile_load(x, shape=4)))


@wp.kernel(module="unique", module_options=_FAST)
def _mapped_sine(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    wp.tile_store(y, wp.tile_map(wp.sin, wp.tile_load(x, shape=4)))


@wp.kernel(module="unique", module_options=_FAST)
def _multiplied_by_operator(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    t = wp.tile_reshape(wp.tile_load(x, shape=4), shape=(2, 2))
    wp.tile_store(y, wp.tile_reshape(t @ t, shape=(4,)))


@wp.kernel(module="unique", module_options=_FAST)
def _solved_backwards(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    factor = wp.tile_ones(shape=(4, 4), dtype=f64)
    b = wp.tile_load(x, shape=4)
    wp.tile_store(y, wp.tile_lower_solve(factor, b[::-1]))


@wp.kernel(module="unique", module_options=_FAST)
def _view_under_two_names(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    t = wp.tile_load(x, shape=4)
    view = t[::-1]
    again = view
    wp.tile_store(y, again)


@wp.kernel(module="unique", module_options=_FAST)
def _tile_under_two_names(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    t = wp.tile_load(x, shape=4)
    again = t
    wp.tile_store(y, again[::-1])


@wp.kernel(module="unique", module_options=_FAST)
def _matrix_of_three(x: wp.array3d(dtype=wp.mat22), y: wp.array3d(dtype=wp.mat22)):
    t = wp.tile_load(x, shape=(2, 2, 2))
    y[0, 0, 0] = t[1, 0, 1]


@wp.kernel(module="unique", module_options=_FAST)
def _matrix_of_two(x: wp.array3d(dtype=wp.mat22), y: wp.array3d(dtype=wp.mat22)):
    t = wp.tile_load(x[0], shape=(2, 2))
    y[0, 0, 0] = t[1, 0]


@wp.kernel(module="unique", module_options=_FAST)
def _ones(y: wp.array(dtype=wp.quat)):
    wp.tile_store(y, wp.tile_ones(shape=2, dtype=wp.quat))


@wp.kernel(module="unique", module_options=_FAST)
def _scanned_unsigned(x: wp.array(dtype=wp.uint32), y: wp.array(dtype=wp.uint32)):
    wp.tile_store(y, wp.tile_scan_max_inclusive(wp.tile_load(x, shape=4)))


@wp.kernel(module="unique", module_options=_FAST)
def _sorted_unsigned(x: wp.array(dtype=wp.uint32), y: wp.array(dtype=wp.uint32)):
    keys = wp.tile_load(x, shape=4)
    wp.tile_sort(keys, wp.tile_arange(4, dtype=int))
    wp.tile_store(y, keys)


def _fails_beside(kernel: Any, control: Any, dtype: Any = f64, shape: tuple[int, ...] = (SIZE,)) -> bool:
    """Whether `kernel` cannot be built, where `control`, which lacks the one thing, can."""
    arrays = [wp.zeros(shape, dtype=dtype, device="cpu") for _ in range(2)]
    wp.launch_tiled(control, dim=[1], inputs=arrays, block_dim=1, device="cpu")
    try:
        wp.launch_tiled(kernel, dim=[1], inputs=arrays, block_dim=1, device="cpu")
    except Exception:
        return True
    return False


def _backwards_solution_is_wrong() -> bool:
    stored = run(_solved_backwards, POINT, f64, 1)[1]
    return not np.allclose(stored, np.linalg.solve(np.tril(np.ones((SIZE, SIZE))), POINT[::-1]))


def _operator_multiplies_elements() -> bool:
    square = POINT.reshape(2, 2)
    return not np.allclose(run(_multiplied_by_operator, POINT, f64, 1)[1], (square @ square).ravel())


def _ones_are_no_ones() -> bool:
    y = wp.zeros(2, dtype=wp.quat, device="cpu")
    wp.launch_tiled(_ones, dim=[1], inputs=[y], block_dim=1, device="cpu")
    return y.numpy().tolist() == [[1.0, 0.0, 0.0, 0.0]] * 2


TILE_FORM_PROBES: dict[str, Callable[[], bool]] = {
    "tile_map_literal": lambda: _fails_beside(_mapped_with_literal, _mapped_with_local, wp.float32),
    "tile_of_array_element": lambda: _fails_beside(_tile_of_element, _tile_of_local),
    "tile_map_of_unnamed_vector": lambda: _fails_beside(_transform_of_unnamed, _transform_of_annotated, wp.vec2, (1, SIZE)),
    "tile_slice_indexed_call": lambda: _fails_beside(_gathered_by_call, _gathered_by_subscript),
    "tile_index_view": lambda: _fails_beside(_indexed_by_view, _indexed_by_tile),
    "tile_map_builtin_result": lambda: _fails_beside(_mapped_exponential, _mapped_sine),
    "tile_view_renamed": lambda: _fails_beside(_view_under_two_names, _tile_under_two_names),
    "tile_element_of_matrices": lambda: _fails_beside(_matrix_of_three, _matrix_of_two, wp.mat22, (2, 2, 2)),
    "tile_ones_of_quaternions": _ones_are_no_ones,
    "tile_matmul_operator": _operator_multiplies_elements,
    "tile_solve_of_view": _backwards_solution_is_wrong,
    "tile_scan_unsigned": lambda: _fails_beside(_scanned_unsigned, _sorted_unsigned, wp.uint32),
}
"""For each entry of the ledger on forms of tile kernels, what returns True while the limitation is there."""
