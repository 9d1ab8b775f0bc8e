"""Targets: what turns a case into code and runs it. `target(name)` is the only way in; nothing else knows a target by name."""

from __future__ import annotations

from generation.code.cpu.target import CpuTarget
from generation.code.cuda.target import CudaTarget
from generation.code.target import Target

TARGETS: dict[str, type[Target]] = {"cpu": CpuTarget, "cuda": CudaTarget}


def target(name: str) -> Target:
    """The target called `name`. Raises ValueError, naming the known ones, for any other."""
    try:
        return TARGETS[name]()
    except KeyError:
        raise ValueError(f"unknown device {name!r}: use one of {', '.join(TARGETS)}") from None
