"""The functions that references of mirrored kernels call, as such a reference has them."""

from __future__ import annotations

from typing import Any

import numpy as np

import kernels.drafting.mirror.expressions  # noqa: F401 (declares the builtins)
from kernels.drafting.mirror.registry import HELPERS, with_needs


def helpers(*names: str, precision: type = np.float64) -> dict[str, Any]:
    """The helpers `names` and what they call, in a working precision."""
    space: dict[str, Any] = {"np": np, "f32": precision}
    for name in with_needs(names):
        exec("\n".join(HELPERS[name]), space)
    return space
