"""How the CUDA target builds a unit for a GPU and runs a case there, with Warp's own launches and tape.

A GPU reports what a kernel did wrong when it is next waited for, so each launch is waited for; most such errors leave the process unable to
use the GPU at all. After anything that went wrong a small copy there and back tells whether that is so.
"""

from __future__ import annotations

import gc
import re
import time
import traceback
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import warp as wp

from generation.code.cuda import driver
from generation.code.cuda.architectures import architecture_name
from generation.code.cuda.atomics import adds_to_local_array
from generation.code.cuda.toolchain import CudaStages
from generation.code.job import LaunchData, LaunchOutcome, Outcome
from generation.code.launch import run_launch
from generation.code.memory import DeviceMemory
from generation.code.private_api import PrivateApi
from generation.code.settings import Settings
from generation.code.target import DeviceLostError, one_line
from generation.code.unit import Emitted, Unit

_CODE = re.compile(r"CUDA error(?: detected:)? (\d+)")
"""How Warp words an error of CUDA's, in `wp.launch` (two wordings, by version) and in its error string."""

_NO_MEMORY = re.compile(r"Failed to allocate|CUDA error(?: detected:)? 2\b")

_UNLOADABLE = (200, 209, 218, 221, 222)
"""CUresult in "CUDA Driver API": CUDA_ERROR_INVALID_IMAGE, _NO_BINARY_FOR_GPU, _INVALID_PTX, _JIT_COMPILER_NOT_FOUND and
_UNSUPPORTED_PTX_VERSION."""

_REMEDY = "update the driver, or install a warp-lang built with an older CUDA"


class GpuMemoryError(RuntimeError):
    """The GPU has no room for a case's arrays. The next case may fit."""


@dataclass(frozen=True)
class Binary:
    """What NVRTC makes for a GPU: machine code for its architecture (`cubin`), or `ptx` of an older one, compiled when it is loaded."""

    arch: int
    form: Literal["cubin", "ptx"]


def choose_binary(name: str, gpu_arch: int, asked: int | None, supported: Iterable[int]) -> Binary:
    """What to make for the GPU called `name` of architecture `gpu_arch`, if NVRTC knows the architectures `supported`.

    As Warp does: machine code where NVRTC knows the GPU's own architecture, else PTX of the newest that is not newer. `asked` (None: not
    asked for) makes it PTX of that one, if it is older than the GPU's. Raises RuntimeError, one line.
    """
    able = sorted(arch for arch in supported if arch <= gpu_arch)
    if asked is not None and asked > gpu_arch:
        raise RuntimeError(f"--arch {asked}: {name} is {architecture_name(gpu_arch)} and cannot run it; give {gpu_arch} or less")
    if not able or (asked is not None and asked not in able):
        wanted = gpu_arch if asked is None else asked
        known = f"one of {', '.join(map(str, able))}" if able else "another GPU, or another warp-lang"
        raise RuntimeError(f"warp-lang {wp.__version__} cannot compile for {architecture_name(wanted)}; use {known}")
    arch = able[-1] if asked is None else asked
    return Binary(arch, "cubin" if arch == gpu_arch else "ptx")


class DeviceStages(CudaStages):
    """CUDA by NVRTC for the GPU that Warp calls `device`, loaded and launched there."""

    def __init__(self, api: PrivateApi, settings: Settings, device: str, name: str, binary: Binary) -> None:
        super().__init__(api, settings, binary.arch)
        self.device = device
        self.name = name
        self.binary = binary

    def build(self, unit: Unit, folder: Path, seconds: dict[str, float]) -> None:
        """Compiles the members together, in addition to each alone if their PTX is to be kept, and loads them."""
        if self._with_ptx:
            super().build(unit, folder, seconds)
        start = time.perf_counter()
        preamble = next(iter(unit.members.values())).preamble
        path = folder / f"{unit.module_name}.{self.binary.form}"
        self._compile(unit, unit.source(preamble), path)
        compiled = time.perf_counter()
        self.api.load_cuda(unit.module, path, unit.meta, device=self.device, block_dim=unit.dialect.block_dim, arch=self.arch)
        seconds["nvrtc"] = seconds.get("nvrtc", 0.0) + compiled - start
        seconds["load"] = seconds.get("load", 0.0) + time.perf_counter() - compiled

    def describe(self, emitted: Emitted, outcome: Outcome) -> Outcome:
        """Every case is executed."""
        return replace(super().describe(emitted, outcome), validation="executed", executed_on=self.name)

    def run(self, emitted: Emitted, launch: LaunchData) -> LaunchOutcome:
        """Runs one launch on the GPU.

        Raises DeviceLostError if this process can't use the GPU any more, GpuMemoryError if there is no room, and what `run_launch` raises.
        """
        try:
            backward = not adds_to_local_array(emitted.code)
            return run_launch(emitted.case, launch, emitted.kernel, emitted.namespace, DeviceMemory(self.device), backward=backward)
        except Exception as error:
            # The frames of what failed hold its arrays.
            traceback.clear_frames(error.__traceback__)
            self._check_health(error)
            if _NO_MEMORY.search(str(error)):
                raise GpuMemoryError(f"out of memory on {self.name}: {error}") from error
            raise

    def complaint(self, error: RuntimeError) -> str:
        """One line that says why a trivial kernel did not run on the GPU, and what to do."""
        code = error_code(str(error))
        if code in _UNLOADABLE:
            return (
                f"the driver (CUDA {_dotted(wp.get_cuda_driver_version())}) cannot load what {_warp()} makes for "
                f"{architecture_name(self.arch)}: {driver.error_name(code)}; {_REMEDY}"
            )
        if _NO_MEMORY.search(str(error)):
            return f"out of memory on {self.name}: free some of it, or give pytest fewer workers (-n)"
        return f"{self.name}: {one_line(str(error))}"

    def _check_health(self, error: Exception) -> None:
        """Gives memory back and tries a copy there and back. Raises DeviceLostError, naming the error, if that fails."""
        gc.collect()
        try:
            # Waiting also gives the memory pool's unused blocks back to the GPU, for other processes.
            wp.synchronize_device(self.device)
            healthy = wp.array([1.0, 2.0], dtype=wp.float32, device=self.device).numpy().tolist() == [1.0, 2.0]
        except Exception:
            healthy = False
        if not healthy:
            code = error_code(str(error))
            what = one_line(str(error)) if code is None else driver.error_name(code)
            raise DeviceLostError(f"{self.name} reported {what}") from error


def open_device(api: PrivateApi, settings: Settings) -> DeviceStages:
    """The stages for the GPU of `settings`. Raises RuntimeError, one line, if Warp cannot use it or the settings do not suit it."""
    assert settings.gpu is not None, "these settings are for the host"
    wp.config.verify_cuda = True
    count = wp.get_cuda_device_count()
    if settings.gpu >= count:
        version = _dotted(wp.get_cuda_driver_version())
        raise RuntimeError(f"{_warp()} finds {count} GPUs with this driver (CUDA {version}), and not number {settings.gpu}: {_REMEDY}")
    device = f"cuda:{settings.gpu}"
    gpu = wp.get_device(device)
    binary = choose_binary(gpu.name, gpu.arch, settings.arch, api.cuda_architectures())
    wp.set_device(device)
    return DeviceStages(api, settings, device, gpu.name, binary)


def error_code(message: str) -> int | None:
    """The number of the CUDA error that Warp's message is about, or None."""
    found = _CODE.search(message)
    return int(found[1]) if found else None


def _warp() -> str:
    return f"warp-lang {wp.__version__} (CUDA {_dotted(wp.get_cuda_toolkit_version())})"


def _dotted(version: tuple[int, int] | None) -> str:
    return "unknown" if version is None else ".".join(map(str, version))
