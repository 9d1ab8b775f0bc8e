"""Probes of the ledger's entries on gradients of tiles. Kernels run in blocks of one thread, as Warp runs them on the CPU, but for one."""

# Kernels are written in Warp's language, which a Python type checker and linter read wrongly.
# mypy: ignore-errors
# ruff: noqa: ANN202

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import warp as wp

f64 = wp.float64
_FAST = {"optimization_level": 0}
SIZE = 4
_STEP = 1e-3
# Distinct, away from each other by more than a step, in no order.
POINT = np.array([0.7, -0.4, 1.3, 0.2])
_WEIGHTS = np.array([0.9, -0.6, 1.4, 0.5])
wp.set_module_options(_FAST)


@wp.kernel(module="unique", module_options=_FAST)
def _maximum(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    wp.tile_store(y, wp.tile_max(wp.tile_load(x, shape=4)))


@wp.kernel(module="unique", module_options=_FAST)
def _reduced(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    wp.tile_store(y, wp.tile_reduce(wp.add, wp.tile_load(x, shape=4)))


@wp.kernel(module="unique", module_options=_FAST)
def _scanned(x: wp.array(dtype=float), y: wp.array(dtype=float)):
    wp.tile_store(y, wp.tile_scan_inclusive(wp.tile_load(x, shape=4)))


@wp.kernel(module="unique", module_options=_FAST)
def _sorted(x: wp.array(dtype=float), y: wp.array(dtype=float)):
    keys = wp.tile_load(x, shape=4)
    places = wp.tile_arange(4, dtype=int)
    wp.tile_sort(keys, places)
    wp.tile_store(y, keys)


@wp.kernel(module="unique", module_options=_FAST)
def _filled(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    wp.tile_store(y, wp.tile_full(shape=4, value=x[2], dtype=f64))


@wp.kernel(module="unique", module_options=_FAST)
def _from_thread(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    wp.tile_store(y, wp.tile_from_thread(shape=4, value=x[2], thread_idx=0))


@wp.kernel(module="unique", module_options=_FAST)
def _diagonal_added(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    a = wp.tile_reshape(wp.tile_load(x, shape=4), shape=(2, 2))
    d = wp.tile_load(x, shape=2)
    wp.tile_store(y, wp.tile_reshape(wp.tile_diag_add(a, d), shape=(4,)))


@wp.kernel(module="unique", module_options=_FAST)
def _cholesky_solved(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    factor = wp.tile_ones(shape=(4, 4), dtype=f64)
    wp.tile_store(y, wp.tile_cholesky_solve(factor, wp.tile_load(x, shape=4)))


@wp.kernel(module="unique", module_options=_FAST)
def _upper_solved(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    factor = wp.tile_ones(shape=(4, 4), dtype=f64)
    wp.tile_store(y, wp.tile_upper_solve(factor, wp.tile_load(x, shape=4)))


@wp.kernel(module="unique", module_options=_FAST)
def _solved_in_place(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    factor = wp.tile_ones(shape=(4, 4), dtype=f64)
    solution = wp.tile_load(x, shape=4)
    wp.tile_lower_solve_inplace(factor, solution)
    wp.tile_store(y, solution)


@wp.kernel(module="unique", module_options=_FAST)
def _overwritten(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    t = wp.tile_load(x, shape=4)
    u = t * f64(2.0)
    squares = u * u
    u += t
    wp.tile_store(y, squares + u)


@wp.kernel(module="unique", module_options=_FAST)
def _value_in_shared_memory(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    value = x[0]
    wp.tile_store(y, wp.tile_sum(wp.tile(value), axis=0))


@wp.func
def _squared_difference(a: f64, b: f64) -> f64:
    return (a - b) * (a - b)


@wp.kernel(module="unique", module_options=_FAST)
def _idle_threads(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    distances = wp.tile_map(_squared_difference, wp.tile_load(x, shape=4), x[2])
    wp.tile_store(y, wp.tile_sum(distances))


@wp.kernel(module="unique", module_options=_FAST)
def _summed_over_axis(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    t = wp.tile_reshape(wp.tile_load(x, shape=4), shape=(2, 2))
    wp.tile_store(y, wp.tile_sum(t, axis=0))


@wp.kernel(module="unique", module_options=_FAST)
def _element_assigned(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    t = wp.tile_load(x, shape=4)
    t[3] = x[0]
    wp.tile_store(y, t)


@wp.kernel(module="unique", module_options=_FAST)
def _transposed_after_use(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    t = wp.tile_reshape(wp.tile_load(x, shape=4), shape=(2, 2))
    squares = t * t
    mixed = squares + wp.tile_transpose(t)
    wp.tile_store(y, wp.tile_reshape(mixed, shape=(4,)))


def run(kernel: Any, x: np.ndarray[Any, Any], dtype: Any, block_dim: int) -> tuple[float, np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """The weighted sum of what the kernel stores, what it stores, and the sum's gradient."""
    inputs = wp.array(x, dtype=dtype, requires_grad=True, device="cpu")
    output = wp.zeros(SIZE, dtype=dtype, requires_grad=True, device="cpu")
    with wp.Tape() as tape:
        wp.launch_tiled(kernel, dim=[1], inputs=[inputs], outputs=[output], block_dim=block_dim, device="cpu")
    # The backward pass of a store clears the gradient of what it stored.
    values = output.numpy().astype(np.float64)
    tape.backward(grads={output: wp.array(_WEIGHTS, dtype=dtype, device="cpu")})
    return float(_WEIGHTS @ values), values, inputs.grad.numpy()


def _is_wrong(kernel: Any, *, dtype: Any = f64, block_dim: int = 1) -> bool:
    gradient = run(kernel, POINT, dtype, block_dim)[2]
    steps = _STEP * np.eye(SIZE)
    slopes = [
        (run(kernel, POINT + step, dtype, block_dim)[0] - run(kernel, POINT - step, dtype, block_dim)[0]) / (2.0 * _STEP) for step in steps
    ]
    return not np.allclose(gradient, slopes, rtol=5e-3, atol=5e-3)


def _is_wrong_in_blocks(kernel: Any) -> bool:
    """As `_is_wrong`, in a block of more threads than its tiles have elements, which Warp runs on the CPU if told to."""
    wp.config.enable_cpu_blocks = True
    try:
        return _is_wrong(kernel, block_dim=16)
    finally:
        wp.config.enable_cpu_blocks = False


TILE_PROBES: dict[str, Callable[[], bool]] = {
    "tile_extreme": lambda: _is_wrong(_maximum),
    "tile_reduce": lambda: _is_wrong(_reduced),
    "tile_scan": lambda: _is_wrong(_scanned, dtype=wp.float32),
    "tile_sort": lambda: _is_wrong(_sorted, dtype=wp.float32),
    "tile_full_value": lambda: _is_wrong(_filled),
    "tile_from_thread": lambda: _is_wrong(_from_thread),
    "tile_diag_add": lambda: _is_wrong(_diagonal_added),
    "tile_cholesky_solve": lambda: _is_wrong(_cholesky_solved),
    "tile_upper_solve": lambda: _is_wrong(_upper_solved),
    "tile_factor_in_place": lambda: _is_wrong(_solved_in_place),
    "tile_overwritten": lambda: _is_wrong(_overwritten),
    "tile_of_value_in_shared_memory": lambda: _is_wrong(_value_in_shared_memory),
    "tile_idle_threads": lambda: _is_wrong_in_blocks(_idle_threads),
    "tile_axis_sum": lambda: _is_wrong(_summed_over_axis),
    "tile_element_assigned": lambda: _is_wrong(_element_assigned),
    "tile_transposed_after_use": lambda: _is_wrong(_transposed_after_use),
}
"""For each entry of the ledger on gradients of tiles, what returns True while the limitation is there."""
