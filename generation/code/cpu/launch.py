"""One launch of a compiled kernel: arrays in, forward, read back, backward, gradients out."""

from __future__ import annotations

from typing import Any

import warp as wp

from generation.code.job import LaunchData, LaunchOutcome
from generation.code.values import cotangent_to_warp, to_numpy, to_warp
from kernels.case import Case


def run_launch(case: Case, launch: LaunchData, kernel: Any, namespace: dict[str, Any]) -> LaunchOutcome:
    """Runs the kernel once forward and, where the case has differentiable inputs and outputs, once backward.

    Every array argument is read back before the backward pass, which may write to arrays again. Raises ValueError for a value that does not
    fit its argument, KeyError for one that is missing.
    """
    arguments = {a.name: to_warp(launch.values[a.name], a, namespace) for a in case.arguments}
    tape = wp.Tape()
    with tape:
        wp.launch(kernel, dim=launch.dim, inputs=list(arguments.values()), device="cpu")
    arrays = {a.name: to_numpy(arguments[a.name]) for a in case.arguments if a.ndim}
    gradients = {}
    if case.differentiable_inputs and case.differentiable_outputs:
        seeds = {arguments[a.name]: cotangent_to_warp(launch.cotangents[a.name], a) for a in case.differentiable_outputs}
        tape.backward(grads=seeds)
        gradients = {a.name: to_numpy(arguments[a.name].grad) for a in case.differentiable_inputs}
    return LaunchOutcome(arrays, gradients)
