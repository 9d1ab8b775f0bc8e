"""The CUDA architectures that code can be asked for."""

from __future__ import annotations

ARCHITECTURES = (75, 80, 86, 89, 90, 100, 120)
"""Compute capabilities times ten: Turing, Ampere, Ada, Hopper, Blackwell."""

DEFAULT_ARCHITECTURE = 100
"""What code is compiled for where there is no GPU to go by: NVRTC takes a quarter less time for it than for those before it."""

DEFAULT_BLOCK_DIM = 256
"""Threads of a block in Warp's launches, where the case does not ask for another number."""


def architecture_name(arch: int) -> str:
    """The compiler's name of an architecture, such as `sm_90`."""
    return f"sm_{arch}"


def refusal(arch: int) -> str | None:
    """One line if `arch` is not one that this project knows, or None."""
    if arch in ARCHITECTURES:
        return None
    return f"--arch {arch}: use one of {', '.join(map(str, ARCHITECTURES))}"
