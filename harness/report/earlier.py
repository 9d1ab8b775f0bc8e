"""Earlier public datasets, as data: what was measured of those that set out to pair Warp's Python with its generated code."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Earlier:
    """What several datasets have, each number as the least and the most among them. What was done to their code is None for nothing."""

    records: tuple[int, int]
    structures: tuple[int, int]
    builtins: tuple[int, int]
    compiled: str | None
    executed: str | None
    gradients_checked: str | None
    size_counted_in: str
    cuda_text: str


EARLIER = Earlier(
    records=(45_000, 72_000),
    structures=(66, 258),
    builtins=(8, 17),
    compiled=None,
    executed=None,
    gradients_checked=None,
    size_counted_in="disk blocks",
    cuda_text="without `__global__`",
)
"""Earlier public attempts at pairs of a Warp kernel and its generated code."""

WIDER_FIELD = ("KernelBook", "KernelBench", "ComPile", "ExeBench", "AnghaBench")
"""Public sets of kernels or of programs and their compiled forms. None has released pairs of a Python kernel and its C++ or CUDA whose
forward and gradient were executed and checked."""
