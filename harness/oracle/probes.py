"""Probes: for each entry of the ledger, a few lines of Warp that return True while the limitation is there.

`python -m harness.oracle.probes` runs them all in one process, on the CPU, and prints one JSON object: name -> true or false. This module,
and those whose names end in `_probes` are the ones of the oracle that import Warp; nothing else imports them.
"""

# Kernels are written in Warp's language, which a Python type checker and linter read wrongly.
# mypy: ignore-errors
# ruff: noqa: ANN202

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
from collections.abc import Callable
from typing import Any

import numpy as np
import warp as wp

from harness.oracle.language_probes import PROBES as LANGUAGE_PROBES
from harness.oracle.ledger import LEDGER
from harness.oracle.part_probes import PART_PROBES
from harness.oracle.query_probes import QUERY_PROBES
from harness.oracle.tile_form_probes import TILE_FORM_PROBES
from harness.oracle.tile_probes import TILE_PROBES

f64 = wp.float64
_FAST = {"optimization_level": 0}
wp.set_module_options(_FAST)


@wp.kernel(module="unique", module_options=_FAST)
def _dynamic_loop(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    state = x[0]
    for _ in range(int(x[1])):
        state = state * state + x[2]
    y[0] = state


@wp.kernel(module="unique", module_options=_FAST)
def _dynamic_sum_squared(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    total = f64(0.0)
    for j in range(int(x[2])):
        total += x[j]
    y[0] = total * total


@wp.kernel(module="unique", module_options=_FAST)
def _broken_loop(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    total = f64(0.0)
    for j in range(6):
        if x[1] * wp.float64(j) > f64(5.0):
            break
        total += x[0] * x[0]
    y[0] = total


@wp.kernel(module="unique", module_options=_FAST)
def _while_loop(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    state = x[0]
    i = int(0)  # noqa: RUF046, UP018 (makes it a variable of the loop)
    while i < 3:
        state = state * state + x[2]
        i += 1
    y[0] = state


@wp.kernel(module="unique", module_options=_FAST)
def _result_changed_in_loop(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    level = wp.tanh(x[0])
    i = int(0)  # noqa: RUF046, UP018 (makes it a variable of the loop)
    while i < 2:
        level -= f64(0.3)
        i += 1
    y[0] = level


@wp.kernel(module="unique", module_options=_FAST)
def _overwritten_element(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    y[0] = x[0] * x[0]
    y[0] = y[0] * y[0] * x[1]


@wp.kernel(module="unique", module_options=_FAST)
def _local_array(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    local = wp.zeros(shape=(2,), dtype=f64)
    local[0] = x[0] * x[1]
    local[1] = local[0] * x[2]
    y[0] = local[1] + local[0]


@wp.kernel(module="unique", module_options=_FAST)
def _mod(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    y[0] = wp.mod(x[0], x[1])


@wp.kernel(module="unique", module_options=_FAST)
def _frac(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    y[0] = wp.frac(x[0])


@wp.kernel(module="unique", module_options=_FAST)
def _component_overwrite(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    v = wp.vec3d(x[0], x[1], x[2])
    v[0] = x[1] * x[2]
    y[0] = v[0] * v[0] + v[1]


@wp.kernel(module="unique", module_options=_FAST)
def _component_increment(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    v = wp.vec3d(x[0], x[1], x[2])
    v[0] = v[0] + x[1]
    y[0] = v[0] * x[2]


def _run(kernel: Any, x: np.ndarray[Any, Any]) -> tuple[Any, Any]:
    inputs = wp.array(x, dtype=f64, requires_grad=True, device="cpu")
    output = wp.zeros(1, dtype=f64, requires_grad=True, device="cpu")
    with wp.Tape() as tape:
        wp.launch(kernel, dim=1, inputs=[inputs], outputs=[output], device="cpu")
    tape.backward(grads={output: wp.ones(1, dtype=f64, device="cpu")})
    return output.numpy()[0], inputs.grad.numpy()


def _gradient_is_wrong(kernel: Any, *x: float) -> bool:
    point = np.array(x)
    gradient = _run(kernel, point)[1]
    steps = 1e-6 * np.eye(len(x))
    differences = [(_run(kernel, point + step)[0] - _run(kernel, point - step)[0]) / 2e-6 for step in steps]
    return not np.allclose(gradient, differences, rtol=1e-6, atol=1e-6)


def _with_constant(value: float) -> Any:
    @wp.kernel
    def _constant(y: wp.array(dtype=f64)):
        y[0] = f64(value)

    return _constant


def _constants_share_a_binary() -> bool:
    results = []
    for kernel in [_with_constant(0.1), _with_constant(0.1 + 1e-10)]:
        y = wp.zeros(1, dtype=f64, device="cpu")
        wp.launch(kernel, dim=1, outputs=[y], device="cpu")
        results.append(y.numpy()[0])
    return bool(results[0] == results[1])


@wp.kernel(module="unique", module_options=_FAST)
def _norm_l1(x: wp.array(dtype=wp.vec3d), y: wp.array(dtype=f64)):
    y[0] = wp.norm_l1(x[0])


def _norm_l1_fails() -> bool:
    x = wp.zeros(1, dtype=wp.vec3d, device="cpu")
    try:
        wp.launch(_norm_l1, dim=1, inputs=[x], outputs=[wp.zeros(1, dtype=f64, device="cpu")], device="cpu")
    except Exception as error:
        return "norm_l1" in str(error)
    return False


@wp.kernel(module="unique", module_options=_FAST)
def _sum_by_while(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    total = f64(0.0)
    k = int(0)  # noqa: RUF046, UP018 (makes it a variable of the loop)
    while k < 2:
        total += x[k]
        k += 1
    y[0] = total


@wp.kernel(module="unique", module_options=_FAST)
def _counter_cast_by_alias(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    total = f64(0.0)
    for j in range(3):
        if x[0] > f64(0.0):
            total += x[j] * f64(j)
    y[0] = total


def _counter_is_spoiled() -> bool:
    # 0 * 1 + 1 * 2 + 2 * 5
    return bool(_run(_counter_cast_by_alias, np.array([1.0, 2.0, 5.0]))[0] != 12.0)


@wp.kernel(module="unique", module_options=_FAST)
def _integer_constant_cast(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    stride = 2
    j = wp.tid() * 3 + stride
    y[0] = x[0] + wp.float64(stride) + wp.float64(j)


@wp.kernel(module="unique", module_options=_FAST)
def _integer_constant_uncast(x: wp.array(dtype=f64), y: wp.array(dtype=f64)):
    stride = 2
    j = wp.tid() * 3 + stride
    y[0] = x[0] + wp.float64(j)


def _integer_constant_cast_fails() -> bool:
    x, y = wp.zeros(1, dtype=f64, device="cpu"), wp.zeros(1, dtype=f64, device="cpu")
    # The same kernel without the cast must work, or a failure would show nothing.
    wp.launch(_integer_constant_uncast, dim=1, inputs=[x], outputs=[y], device="cpu")
    try:
        wp.launch(_integer_constant_cast, dim=1, inputs=[x], outputs=[y], device="cpu")
    except Exception:
        return True
    return False


PROBES: dict[str, Callable[[], bool]] = {
    "dynamic_loop_carried_state": lambda: _gradient_is_wrong(_dynamic_loop, 0.7, 3.2, 0.4),
    "dynamic_loop_result": lambda: _gradient_is_wrong(_dynamic_sum_squared, 0.7, 1.3, 2.2),
    "break_in_loop": lambda: _gradient_is_wrong(_broken_loop, 0.7, 1.3),
    "while_loop_carried_state": lambda: _gradient_is_wrong(_while_loop, 0.7, 0.0, 0.4),
    "result_changed_in_loop": lambda: _gradient_is_wrong(_result_changed_in_loop, 0.7),
    "while_loop_index": lambda: _gradient_is_wrong(_sum_by_while, 0.7, 1.3, 0.4),
    "array_element_overwritten": lambda: _gradient_is_wrong(_overwritten_element, 0.7, 3.0),
    "local_array": lambda: _gradient_is_wrong(_local_array, 0.7, 3.0, 0.4),
    "mod_divisor": lambda: _gradient_is_wrong(_mod, 7.3, 2.1),
    "frac": lambda: _gradient_is_wrong(_frac, 1.3),
    "vector_component_overwrite": lambda: _gradient_is_wrong(_component_overwrite, 0.7, 3.0, 0.4),
    "vector_component_increment": lambda: _gradient_is_wrong(_component_increment, 0.7, 3.0, 0.4),
    "constants_hashed_as_32_bits": _constants_share_a_binary,
    "loop_counter_cast_by_alias": _counter_is_spoiled,
    "integer_constant_cast_to_float64": _integer_constant_cast_fails,
    "norm_l1_float64_compile": _norm_l1_fails,
    **LANGUAGE_PROBES,
    **PART_PROBES,
    **QUERY_PROBES,
    **TILE_PROBES,
    **TILE_FORM_PROBES,
}


def main() -> int:
    """Run every probe of the ledger and print the results; the kernel cache is a folder of its own that goes away."""
    with tempfile.TemporaryDirectory(prefix="warp-probes-") as folder:
        wp.config.kernel_cache_dir = folder
        # Warp's own messages go to stdout in some versions; the result alone belongs there.
        with contextlib.redirect_stdout(sys.stderr):
            results = {name: PROBES[entry.probe]() for name, entry in LEDGER.items()}
        print(json.dumps(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
