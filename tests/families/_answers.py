"""Numpy functions that families give as lines of text, to be called alone in double precision."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


def functions(*blocks: Sequence[str], **parts: str) -> dict[str, Callable[..., Any]]:
    """The functions that the blocks define, by name; `parts` fill in what their lines leave open."""
    scope: dict[str, Any] = {"np": np, "f32": np.float64}
    for block in blocks:
        lines = [line.format(**parts) for line in block] if parts else block
        exec("\n".join(lines), scope)
    return scope
