"""Where a launch's arrays lie: on this machine between guards that show a stray write, or on a GPU."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import warp as wp
from numpy.typing import NDArray

GUARD_BYTES = 512
"""Guard on either side of an array: room for a few elements of any type, so that near misses land in it."""

_FILL = 0x3F
"""Each byte of a guard: as a float of any width a number near which sums are exact enough to show (0.747 in single precision), so that a
stray addition shows as well as a stray store, and a stray read changes what is computed."""

_ALIGNMENT = 64


class OutOfBoundsError(RuntimeError):
    """The kernel wrote outside of an array."""


class Memory(Protocol):
    """Makes the arrays of one launch. They live as long as it does."""

    device: str

    def array(self, name: str, data: NDArray[Any], dtype: Any, grad: NDArray[Any] | None = None) -> Any:
        """A Warp array of `dtype` with a copy of `data`, and of `grad` as its gradient if that is given."""

    def check(self) -> None:
        """Raises OutOfBoundsError if a kernel has written outside of an array, as far as this memory can tell."""


class HostMemory:
    """Arrays in this process's memory, each between two guards."""

    device = "cpu"

    def __init__(self) -> None:
        self._guarded: list[tuple[str, NDArray[np.uint8], int, int]] = []

    def array(self, name: str, data: NDArray[Any], dtype: Any, grad: NDArray[Any] | None = None) -> Any:
        """A Warp array of `dtype` with a copy of `data`, and of `grad` as its gradient if that is given."""
        shape = data.shape[: data.ndim - len(getattr(dtype, "_shape_", ()))]
        gradient = None if grad is None else self._place(f"the gradient of {name!r}", grad, dtype, shape)
        return self._place(repr(name), data, dtype, shape, gradient)

    def check(self) -> None:
        """Raises OutOfBoundsError if a guard is not as it was made."""
        for what, buffer, start, end in self._guarded:
            before, after = buffer[start - GUARD_BYTES : start], buffer[end : end + GUARD_BYTES]
            for where, guard in (("before the first", before), ("behind the last", after)):
                if (guard != _FILL).any():
                    raise OutOfBoundsError(f"the kernel wrote outside of {what}, {where} element")

    def _place(self, what: str, data: NDArray[Any], dtype: Any, shape: tuple[int, ...], grad: Any = None) -> Any:
        buffer = np.full(data.nbytes + 2 * GUARD_BYTES + _ALIGNMENT, _FILL, np.uint8)
        start = GUARD_BYTES + -(buffer.ctypes.data + GUARD_BYTES) % _ALIGNMENT
        end = start + data.nbytes
        buffer[start:end] = np.frombuffer(np.ascontiguousarray(data).tobytes(), np.uint8)
        self._guarded.append((what, buffer, start, end))
        return wp.array(ptr=buffer.ctypes.data + start, dtype=dtype, shape=shape, device="cpu", grad=grad, copy=False)


class DeviceMemory:
    """Arrays on a GPU, called `device` by Warp. A stray write is for the GPU to report."""

    def __init__(self, device: str) -> None:
        self.device = device

    def array(self, name: str, data: NDArray[Any], dtype: Any, grad: NDArray[Any] | None = None) -> Any:
        """A Warp array of `dtype` with a copy of `data`, and of `grad` as its gradient if that is given."""
        gradient = None if grad is None else wp.array(grad, dtype=dtype, device=self.device, copy=True)
        return wp.array(data, dtype=dtype, device=self.device, copy=True, grad=gradient)

    def check(self) -> None:
        """Nothing to tell."""
