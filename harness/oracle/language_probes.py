"""Probes of limitations in the kernel language itself: components by attribute, chained comparisons, casts, names of constants."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import warp as wp


@wp.kernel(module="unique")  # type: ignore[untyped-decorator]
def _attribute_increment(a: wp.array(dtype=wp.vec3), x: wp.array(dtype=wp.float32), out: wp.array(dtype=wp.float32)) -> None:  # type: ignore[valid-type]
    v = a[0] * 1.5
    v.z += x[0]
    out[0] = wp.dot(v, v)


@wp.kernel(module="unique")  # type: ignore[untyped-decorator]
def _chained(x: wp.array(dtype=wp.float32), out: wp.array(dtype=wp.float32)) -> None:  # type: ignore[valid-type]
    if x[0] < x[1] < x[2]:
        out[0] = 1.0


@wp.kernel(module="unique")  # type: ignore[untyped-decorator]
def _bool_to_half(x: wp.array(dtype=wp.bool), out: wp.array(dtype=wp.float16)) -> None:  # type: ignore[valid-type]
    out[0] = wp.float16(x[0])


@wp.kernel(module="unique")  # type: ignore[untyped-decorator]
def _named_as_a_constant(x: wp.array(dtype=wp.vec3), out: wp.array(dtype=wp.float32)) -> None:  # type: ignore[valid-type]
    phi = x[0]
    out[0] = phi.x


def _halved(*, replayed: bool) -> Any:
    @wp.func  # type: ignore[untyped-decorator]
    def halved(x: wp.float32) -> wp.float32:
        return 0.5 * x

    if replayed:
        # Warp takes a return annotation for an argument here.
        @wp.func_replay(halved)  # type: ignore[untyped-decorator]
        def halved_again(x: wp.float32):  # type: ignore[no-untyped-def] # noqa: ANN202
            return 0.5 * x

    return halved


@wp.kernel(module="unique")  # type: ignore[untyped-decorator]
def _through_a_local_array(x: wp.array(dtype=wp.float32), out: wp.array(dtype=wp.float32)) -> None:  # type: ignore[valid-type]
    i = wp.tid()
    values = wp.zeros(shape=(2,), dtype=wp.float32)
    values[0] = x[i]
    out[i] = values[0]


def _local_array_is_a_trap() -> bool:
    folder = Path(wp.config.kernel_cache_dir) / "local-array"
    wp.compile_aot_module(_through_a_local_array.module, arch=90, use_ptx=True, module_dir=str(folder))
    [ptx] = folder.glob("*.ptx")
    forward, backward = (part for part in ptx.read_text(encoding="utf-8").split(".visible .entry ")[1:])
    return "trap;" in backward and "trap;" not in forward


def _adjoint_of_component_is_doubled() -> bool:
    a = wp.array(np.array([[0.7, 1.3, 0.4]], np.float32), dtype=wp.vec3, requires_grad=True, device="cpu")
    x = wp.array([0.9], dtype=wp.float32, requires_grad=True, device="cpu")
    out = wp.zeros(1, dtype=wp.float32, requires_grad=True, device="cpu")
    with wp.Tape() as tape:
        wp.launch(_attribute_increment, dim=1, inputs=[a, x, out], device="cpu")
    out.grad.fill_(1.0)
    tape.backward()
    # d/da_z of (1.5 a_z + x)^2 is 2 * 1.5 * (1.5 a_z + x) = 4.5.
    return abs(float(a.grad.numpy()[0, 2]) - 4.5) > 1e-3


def _fails_to_compile(kernel: Any, *arguments: Any) -> bool:
    try:
        wp.launch(kernel, dim=1, inputs=list(arguments), device="cpu")
    except Exception:
        return True
    return False


def _hash_depends_on_code_generation() -> bool:
    context = importlib.import_module("warp._src.context")
    options = _named_as_a_constant.module.resolve_options(wp.config, block_dim=1) | {"output_arch": None}
    before = context.ModuleHasher([_named_as_a_constant], options).hash
    _fails_to_compile(_named_as_a_constant, wp.zeros(1, dtype=wp.vec3, device="cpu"), wp.zeros(1, dtype=wp.float32, device="cpu"))
    return bool(context.ModuleHasher([_named_as_a_constant], options).hash != before)


def _replay_of_a_namesake_fails() -> bool:
    _halved(replayed=False)
    halved = _halved(replayed=True)

    @wp.kernel(module="unique")  # type: ignore[untyped-decorator]
    def halve(x: wp.array(dtype=wp.float32), out: wp.array(dtype=wp.float32)) -> None:  # type: ignore[valid-type]
        out[0] = halved(x[0])

    return _fails_to_compile(halve, wp.ones(1, dtype=wp.float32, device="cpu"), wp.zeros(1, dtype=wp.float32, device="cpu"))


PROBES: dict[str, Callable[[], bool]] = {
    "component_incremented_by_attribute": _adjoint_of_component_is_doubled,
    "chained_comparison_of_elements": lambda: _fails_to_compile(
        _chained, wp.zeros(3, dtype=wp.float32, device="cpu"), wp.zeros(1, dtype=wp.float32, device="cpu")
    ),
    "bool_cast_to_half": lambda: _fails_to_compile(
        _bool_to_half, wp.zeros(1, dtype=wp.bool, device="cpu"), wp.zeros(1, dtype=wp.float16, device="cpu")
    ),
    "local_named_as_a_constant": _hash_depends_on_code_generation,
    "local_array_on_gpu": _local_array_is_a_trap,
    "replay_of_a_namesake": _replay_of_a_namesake_fails,
}
