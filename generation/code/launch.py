"""One launch of a compiled kernel: arrays in, forward, read back, backward, gradients out."""

from __future__ import annotations

from typing import Any

import warp as wp

from generation.code.assembly import Assembly
from generation.code.job import LaunchData, LaunchOutcome
from generation.code.memory import Memory
from kernels.case import Case


def run_launch(
    case: Case,
    launch: LaunchData,
    kernel: Any,
    namespace: dict[str, Any],
    memory: Memory,
    *,
    threads_of_blocks: bool = False,
    backward: bool = True,
) -> LaunchOutcome:
    """Runs the kernel once forward and, where the case has differentiable inputs and outputs, once backward, on `memory`'s device.

    Without `backward` it leaves that out, and there are no gradients. With `threads_of_blocks` the grid of a case that has a `block_dim`
    counts every thread, as it does on a GPU; without it Warp decides. Every array argument is read back before the backward pass, which may
    write to arrays again. Raises ValueError for a value that does not fit its argument, KeyError for one that is missing, OutOfBoundsError
    for a kernel that wrote outside of an array.
    """
    assembly = Assembly(case.arguments, case.leaves, launch.values, launch.cotangents, namespace, memory.array)
    inputs = assembly.inputs
    tape = wp.Tape()
    with tape:
        if case.block_dim is None:
            wp.launch(kernel, dim=launch.dim, inputs=inputs, device=memory.device)
        elif threads_of_blocks:
            wp.launch(kernel, dim=(*launch.dim, case.block_dim), inputs=inputs, device=memory.device)
        else:
            wp.launch_tiled(kernel, dim=launch.dim, inputs=inputs, block_dim=case.block_dim, device=memory.device)
    arrays = {name: leaf.read() for name, leaf in assembly.arrays.items()}
    memory.check()
    gradients = {}
    if case.has_gradient and backward:
        tape.backward()
        gradients = {a.name: assembly.arrays[a.name].gradient() for a in case.differentiable_inputs}
        memory.check()
    return LaunchOutcome(arrays, gradients)
