"""The CUDA target: Warp's own CUDA, compiled by NVRTC, run on a GPU where there is one and on the host where there is none."""

from __future__ import annotations

import importlib.util
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from generation.code.cpu.target import WARP_MISSING
from generation.code.cuda import architectures, driver
from generation.code.cuda.architectures import DEFAULT_ARCHITECTURE, architecture_name
from generation.code.job import Job
from generation.code.settings import FIBERS_HEADER, Reach, Settings
from generation.code.target import BuildError, Report

if TYPE_CHECKING:
    from generation.code.cuda.toolchain import CudaStages
    from generation.code.headers import Headers
    from generation.code.private_api import PrivateApi


def _has_fibers() -> bool:
    """Whether the installed Warp's CPU runtime has threads that wait for each other. Warp is looked at, not imported."""
    spec = importlib.util.find_spec("warp")
    return spec is not None and spec.origin is not None and (Path(spec.origin).parent / "native" / FIBERS_HEADER).exists()


class CudaTarget:
    """Generates and compiles CUDA kernels, and runs them where it can. Warp is imported on first use, never before `prepare`."""

    name = "cuda"

    def __init__(self) -> None:
        self._stages: CudaStages | None = None
        self._headers: Headers | None = None

    def missing(self) -> str | None:
        """One line if warp-lang is not installed, else None: it brings the compiler, and neither GPU nor driver is needed."""
        return WARP_MISSING if importlib.util.find_spec("warp") is None else None

    def refusal(self, settings: Settings) -> str | None:
        """One line for an architecture that is not known, or None. Whether the installed NVRTC knows it is found out by `prepare`."""
        return None if settings.arch is None else architectures.refusal(settings.arch)

    def reach(self) -> Reach:
        """The GPUs of this machine, or the host in their place."""
        found = driver.find()
        if not found.gpus:
            arch = architecture_name(DEFAULT_ARCHITECTURE)
            return Reach("executed_on_host", (platform.machine(),), (arch,), note=found.fault, fibers=_has_fibers())
        names, archs = (tuple(values) for values in zip(*((gpu.name, architecture_name(gpu.arch)) for gpu in found.gpus), strict=True))
        return Reach("executed", names, archs, gpus=len(found.gpus))

    def stays(self, settings: Settings) -> bool:
        """On a GPU batches run in the prepared process: what it holds of the GPU does not survive a fork."""
        return settings.gpu is not None

    def prepare(self, folder: Path, settings: Settings) -> str:
        """Imports Warp, checks its private API, and compiles and runs a trivial kernel, which makes the precompiled headers.

        Gives Warp's version. All caches are kept in `folder`. Raises RuntimeError, one line, also if the GPU of the settings can't be used.
        """
        import warp as wp

        wp.config.log_level = wp.LOG_ERROR
        wp.config.kernel_cache_dir = str(folder / "cache")

        from generation.code.private_api import probe

        api = probe()
        if settings.gpu is None:
            self._prepare_host(api, folder, settings)
        else:
            self._prepare_gpu(api, settings)
        return api.version

    def execute(self, jobs: Sequence[Job], report: Report) -> None:
        """Runs the jobs as one batch. A job that cannot be defined or emitted fails alone; BuildError is the whole batch's."""
        assert self._stages is not None, "prepare first"
        try:
            self._stages.execute(jobs, report)
        except BuildError:
            if self._headers is not None:
                self._headers.restore()
            raise

    def _prepare_host(self, api: PrivateApi, folder: Path, settings: Settings) -> None:
        from generation.code.cuda.toolchain import HOST_LEVEL, HostStages
        from generation.code.headers import shared_headers
        from generation.code.private_api import CPU_BLOCK_DIM
        from generation.code.warm_up import warm_up

        arch = DEFAULT_ARCHITECTURE if settings.arch is None else settings.arch
        if arch not in api.cuda_architectures():
            known = ", ".join(str(a) for a in architectures.ARCHITECTURES if a in api.cuda_architectures())
            raise RuntimeError(f"--arch {arch}: warp-lang {api.version} cannot compile for it; use one of {known}")
        headers = shared_headers(api, folder, optimization_level=HOST_LEVEL, tiles_on_stack=False)
        self._stages = HostStages(api, settings, arch, headers)
        with headers.making(CPU_BLOCK_DIM):
            warm_up(self)
        self._headers = headers

    def _prepare_gpu(self, api: PrivateApi, settings: Settings) -> None:
        from generation.code.cuda.device import open_device
        from generation.code.warm_up import warm_up

        self._stages = stages = open_device(api, settings)
        try:
            warm_up(self)
        except RuntimeError as error:
            raise RuntimeError(stages.complaint(error)) from error
