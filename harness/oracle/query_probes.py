"""Probes of the ledger's entries on queries: of meshes, volumes and textures."""

# Kernels are written in Warp's language, which a Python type checker and linter read wrongly.
# mypy: ignore-errors
# ruff: noqa: ANN202

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import warp as wp

_FAST = {"optimization_level": 0}
wp.set_module_options(_FAST)


@wp.kernel(module="unique", module_options=_FAST)
def _furthest(mesh: wp.uint64, x: wp.array(dtype=wp.vec3), y: wp.array(dtype=wp.vec3)):
    query = wp.mesh_query_furthest_point_no_sign(mesh, x[0], 0.0)
    y[0] = wp.mesh_eval_position(mesh, query.face, query.u, query.v)


@wp.kernel(module="unique", module_options=_FAST)
def _centroid(mesh: wp.uint64, x: wp.array(dtype=wp.vec3), y: wp.array(dtype=wp.vec3)):
    y[0] = wp.mesh_eval_position(mesh, 0, 0.25, 0.25) + x[0]


@wp.kernel(module="unique", module_options=_FAST)
def _to_index(volume: wp.uint64, x: wp.array(dtype=wp.vec3), y: wp.array(dtype=wp.vec3)):
    y[0] = wp.volume_world_to_index(volume, x[0])


@wp.kernel(module="unique", module_options=_FAST)
def _sampled(texture: wp.Texture1D, x: wp.array(dtype=float), y: wp.array(dtype=float)):
    y[0] = wp.texture_sample(texture, x[0], dtype=float)


def _arrays() -> tuple[Any, Any]:
    x = wp.array([[0.3, 0.2, 1.1]], dtype=wp.vec3, requires_grad=True, device="cpu")
    return x, wp.zeros(1, dtype=wp.vec3, requires_grad=True, device="cpu")


def _backward(kernel: Any, thing: Any) -> np.ndarray[Any, Any]:
    """The gradient of the input for a cotangent of (1, 0, 0)."""
    x, y = _arrays()
    with wp.Tape() as tape:
        wp.launch(kernel, dim=1, inputs=[thing.id], outputs=[x, y], device="cpu")
    tape.backward(grads={y: wp.array([[1.0, 0.0, 0.0]], dtype=wp.vec3, device="cpu")})
    return x.grad.numpy()[0]


def _triangle() -> Any:
    points = wp.array([[0.0, 0.0, 0.0], [1.0, 0.1, 0.0], [0.2, 1.3, 0.4]], dtype=wp.vec3, requires_grad=True, device="cpu")
    return wp.Mesh(points, wp.array([0, 1, 2], dtype=int, device="cpu"))


def _corner_follows_the_point() -> bool:
    # The furthest point is a corner: it stays where it is.
    return bool(np.abs(_backward(_furthest, _triangle())).max() > 1e-3)


def _points_get_nothing() -> bool:
    mesh = _triangle()
    _backward(_centroid, mesh)
    return not mesh.points.grad.numpy().any()


def _transposed() -> bool:
    turned = [[0.5, 0.2, 0.0], [-0.1, 0.4, 0.0], [0.0, 0.0, 0.3]]
    tile = wp.array([[0, 0, 0]], dtype=wp.int32, device="cpu")
    volume = wp.Volume.allocate_by_tiles(tile, transform=turned, device="cpu")
    right = np.linalg.inv(np.array(turned))[0]
    return not np.allclose(_backward(_to_index, volume), right, rtol=1e-4)


def _sample(at: float, mode: wp.TextureFilterMode) -> tuple[float, float]:
    """What a repeated texture of the texels 1, 2, 3, 4 gives, and its slope."""
    texels = np.array([1.0, 2.0, 3.0, 4.0], np.float32)
    texture = wp.Texture1D(texels, filter_mode=mode, address_mode=wp.TextureAddressMode.WRAP, device="cpu")
    x = wp.array([at], dtype=float, requires_grad=True, device="cpu")
    y = wp.zeros(1, dtype=float, requires_grad=True, device="cpu")
    with wp.Tape() as tape:
        wp.launch(_sampled, dim=1, inputs=[texture], outputs=[x, y], device="cpu")
    tape.backward(grads={y: wp.ones(1, dtype=float, device="cpu")})
    return float(y.numpy()[0]), float(x.grad.numpy()[0])


def _no_slope() -> bool:
    value, slope = _sample(0.4, wp.TextureFilterMode.LINEAR)
    return bool(abs(value - 2.1) < 1e-5 and slope == 0.0)


def _last_for_first() -> bool:
    return _sample(0.03, wp.TextureFilterMode.CLOSEST)[0] == 4.0


QUERY_PROBES: dict[str, Callable[[], bool]] = {
    "mesh_query_furthest_point": _corner_follows_the_point,
    "mesh_points": _points_get_nothing,
    "volume_transform_float32": _transposed,
    "texture_sample_gradient": _no_slope,
    "texture_nearest_wrapped": _last_for_first,
}
"""For each entry of the ledger on queries, what returns True while the limitation is there."""
