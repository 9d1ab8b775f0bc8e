"""The GPUs of this machine, as NVIDIA's driver tells them, and the driver's names of its errors.

Scope: those few calls of the CUDA Driver API that make no context and leave nothing on a GPU; neither Warp nor a CUDA toolkit is needed.
The driver itself keeps to `CUDA_VISIBLE_DEVICES`. A process that has asked must not fork and use a GPU in the fork.
"""

from __future__ import annotations

import ctypes
import functools
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_LIBRARY = "libcuda.so.1"

_KERNEL_MODULE = Path("/proc/driver/nvidia/version")
_RELEASE = re.compile(r"\b\d{3,}\.\d+(\.\d+)?\b")

_NO_DEVICE = 100
"""CUDA_ERROR_NO_DEVICE, also where `CUDA_VISIBLE_DEVICES` leaves none."""

_MAJOR, _MINOR = 75, 76
"""CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR and _MINOR."""

_NAME_BYTES = 256


@dataclass(frozen=True)
class Gpu:
    """A GPU: its name, its compute capability times ten, and the bytes of its memory."""

    name: str
    arch: int
    memory_bytes: int


@dataclass(frozen=True)
class Found:
    """The GPUs in the driver's order, the CUDA version that the driver serves, such as `12.2` ('' without one), and, if there are no GPUs,
    why, in a few words.
    """

    gpus: tuple[Gpu, ...]
    version: str = ""
    fault: str = ""


class _DriverError(Exception):
    """A call of the driver failed; the message names the call and the error."""


@functools.cache
def find() -> Found:
    """What there is on this machine; asked once in a process. Never raises: what is wrong is in `fault`."""
    library = _load()
    return Found((), fault="no NVIDIA driver is installed here") if library is None else look(library)


def look(library: Any) -> Found:
    """What the driver library `library` (as ctypes loads it) tells."""
    version = ""
    try:
        version = _version(library)
        status = library.cuInit(0)
        if status == _NO_DEVICE:
            visible = os.environ.get("CUDA_VISIBLE_DEVICES")
            hidden = "" if visible is None else f" with CUDA_VISIBLE_DEVICES={visible!r}"
            return Found((), version, f"the NVIDIA driver finds no GPU{hidden}")
        _check(library, "cuInit", status)
        gpus = tuple(_gpu(library, ordinal) for ordinal in range(_number(library, "cuDeviceGetCount")))
    except _DriverError as error:
        return Found((), version, f"the NVIDIA driver does not work: {error}")
    return Found(gpus, version, "" if gpus else "the NVIDIA driver finds no GPU")


def error_name(code: int) -> str:
    """The driver's own name of an error, with its number: `CUDA_ERROR_ILLEGAL_ADDRESS (700)`; `CUDA error 700` if it knows none."""
    library = _load()
    return f"CUDA error {code}" if library is None else _error_name(library, code)


def release(path: Path = _KERNEL_MODULE) -> str:
    """The driver's own version, such as `535.104.05`, as its kernel module tells it on Linux; '' where it does not."""
    try:
        found = _RELEASE.search(path.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return ""
    return found[0] if found else ""


@functools.cache
def _load() -> Any:
    try:
        return ctypes.CDLL(_LIBRARY)
    except OSError:
        return None


def _version(library: Any) -> str:
    number = _number(library, "cuDriverGetVersion")
    return f"{number // 1000}.{number % 1000 // 10}"


def _gpu(library: Any, ordinal: int) -> Gpu:
    device = _number(library, "cuDeviceGet", ordinal)
    name = ctypes.create_string_buffer(_NAME_BYTES)
    _check(library, "cuDeviceGetName", library.cuDeviceGetName(name, _NAME_BYTES, device))
    memory = ctypes.c_size_t()
    _check(library, "cuDeviceTotalMem", library.cuDeviceTotalMem_v2(ctypes.byref(memory), device))
    major, minor = (_number(library, "cuDeviceGetAttribute", attribute, device) for attribute in (_MAJOR, _MINOR))
    return Gpu(name.value.decode("utf-8", "replace"), 10 * major + minor, memory.value)


def _number(library: Any, call: str, *arguments: int) -> int:
    """The whole number that a call puts where its first parameter points."""
    number = ctypes.c_int()
    _check(library, call, getattr(library, call)(ctypes.byref(number), *arguments))
    return number.value


def _check(library: Any, call: str, status: int) -> None:
    if status:
        raise _DriverError(f"{call} fails with {_error_name(library, status)}")


def _error_name(library: Any, code: int) -> str:
    name = ctypes.c_char_p()
    if library.cuGetErrorName(code, ctypes.byref(name)) or not name.value:
        return f"CUDA error {code}"
    return f"{name.value.decode()} ({code})"
