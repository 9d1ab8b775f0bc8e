"""Probes of the ledger's entries on vectors, matrices, quaternions and transforms: parts of them that are overwritten, forms that fail."""

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
_STEP = 1e-6
_POINT = np.array([0.7, -0.4, 1.3, 0.2, 0.9, -0.8])
wp.set_module_options(_FAST)


@wp.kernel(module="unique", module_options=_FAST)
def _slice_overwritten(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    v = wp.vec3d(x[0], x[1], x[2])
    v[0:2] = wp.vec2d(x[3], x[4])
    y[0] = v[0] * v[1] + v[2]


@wp.kernel(module="unique", module_options=_FAST)
def _row_overwritten(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    m = wp.mat22d(x[0], x[1], x[2], x[3])
    m[0] = wp.vec2d(x[4], x[5])
    y[0] = m[0, 0] * m[0, 1] + m[1, 0]


@wp.kernel(module="unique", module_options=_FAST)
def _quaternion_overwritten(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    q = wp.quatd(x[0], x[1], x[2], x[3])
    q[0] = x[4]
    y[0] = q[0] * q[0] + q[1]


@wp.kernel(module="unique", module_options=_FAST)
def _translation_overwritten(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    t = wp.transformd(wp.vec3d(x[0], x[1], x[2]), wp.quat_identity(dtype=f64))
    wp.transform_set_translation(t, wp.vec3d(x[3], x[4], x[5]))
    y[0] = t[0] * t[1] + t[2]


@wp.kernel(module="unique", module_options=_FAST)
def _vectors_differ(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    if wp.vec2d(x[0], x[1]) != wp.vec2d(x[1], x[0]):
        y[0] = x[2]


@wp.kernel(module="unique", module_options=_FAST)
def _vectors_agree(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    if wp.vec2d(x[0], x[1]) == wp.vec2d(x[1], x[0]):
        y[0] = x[2]


@wp.kernel(module="unique", module_options=_FAST)
def _spatial_of_two(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    s = wp.spatial_vectord(wp.vec3d(x[0], x[1], x[2]), wp.vec3d(x[3], x[4], x[5]))
    y[0] = s[3]


@wp.kernel(module="unique", module_options=_FAST)
def _spatial_of_six(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    s = wp.spatial_vectord(x[0], x[1], x[2], x[3], x[4], x[5])
    y[0] = s[3]


@wp.kernel(module="unique", module_options=_FAST)
def _singular_values(a: wp.array(dtype=wp.mat33), y: wp.array(dtype=wp.mat33)):
    u, sigma, v = wp.svd3(a[0])
    y[0] = u @ wp.diag(sigma) @ wp.transpose(v)


def _does_not_converge() -> bool:
    matrix = np.array([[1.3, 0.6, -0.8], [0.3, 0.8, -0.5], [-0.8, -0.6, 0.7]], np.float32)
    inputs = wp.array(matrix[None], dtype=wp.mat33, device="cpu")
    output = wp.zeros(1, dtype=wp.mat33, device="cpu")
    wp.launch(_singular_values, dim=1, inputs=[inputs], outputs=[output], device="cpu")
    return bool(np.abs(output.numpy()[0] - matrix).max() > 1e-4)


def _run(kernel: Any, x: np.ndarray[Any, Any]) -> tuple[Any, Any]:
    inputs = wp.array(x, dtype=f64, requires_grad=True, device="cpu")
    output = wp.zeros(1, dtype=f64, requires_grad=True, device="cpu")
    with wp.Tape() as tape:
        wp.launch(kernel, dim=1, inputs=[inputs], outputs=[output], device="cpu")
    tape.backward(grads={output: wp.ones(1, dtype=f64, device="cpu")})
    return output.numpy()[0], inputs.grad.numpy()


def _is_wrong(kernel: Any) -> bool:
    gradient = _run(kernel, _POINT)[1]
    steps = _STEP * np.eye(_POINT.size)
    differences = [(_run(kernel, _POINT + step)[0] - _run(kernel, _POINT - step)[0]) / (2 * _STEP) for step in steps]
    return not np.allclose(gradient, differences, rtol=1e-6, atol=1e-6)


def _fails_beside(kernel: Any, control: Any) -> bool:
    """Whether `kernel` cannot be built, where `control`, which lacks the one thing, can."""
    _run(control, _POINT)
    try:
        _run(kernel, _POINT)
    except Exception:
        return True
    return False


PART_PROBES: dict[str, Callable[[], bool]] = {
    "vector_slice_overwrite": lambda: _is_wrong(_slice_overwritten),
    "matrix_part_overwrite": lambda: _is_wrong(_row_overwritten),
    "quat_component_overwrite": lambda: _is_wrong(_quaternion_overwritten),
    "transform_part_overwrite": lambda: _is_wrong(_translation_overwritten),
    "matrix_jacobi_float32": _does_not_converge,
    "vector_not_equal": lambda: _fails_beside(_vectors_differ, _vectors_agree),
    "vector_spatial_double": lambda: _fails_beside(_spatial_of_two, _spatial_of_six),
}
"""For each entry of the ledger on parts and forms of compounds, what returns True while the limitation is there."""
