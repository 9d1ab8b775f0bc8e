"""The CPU target: Warp's own C++, compiled by Warp's own clang, run by Warp's own launches."""

from __future__ import annotations

import importlib.util
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from generation.code.job import Job
from generation.code.settings import Reach, Settings
from generation.code.target import BuildError, Report

if TYPE_CHECKING:
    from generation.code.cpu.toolchain import CpuStages
    from generation.code.headers import Headers

WARP_MISSING = "warp-lang is not installed: pip install 'warp-lang>=1.16,<1.20'"


class CpuTarget:
    """Generates, compiles and runs kernels on the CPU. Warp is imported on first use, never before `prepare`."""

    name = "cpu"

    def __init__(self) -> None:
        self._stages: CpuStages | None = None
        self._headers: Headers | None = None

    def missing(self) -> str | None:
        """One line if warp-lang is not installed, else None. Whether its version will do is found out by `prepare`."""
        return WARP_MISSING if importlib.util.find_spec("warp") is None else None

    def refusal(self, settings: Settings) -> str | None:
        """One line for a setting that has no meaning on the CPU, or None."""
        if settings.arch is not None:
            return f"--arch {settings.arch}: it is for --device=cuda; the CPU's code is compiled for this machine"
        if settings.with_ptx:
            return "--with-ptx: there is no PTX of C++; use it with --device=cuda"
        return None

    def reach(self) -> Reach:
        """The CPU is always there."""
        return Reach("executed", (platform.machine(),), (platform.machine(),))

    def stays(self, settings: Settings) -> bool:
        """Batches run in forks: what is prepared is a compiler and its headers."""
        return False

    def prepare(self, folder: Path, settings: Settings) -> str:
        """Imports Warp, checks its private API, and compiles a trivial kernel, which makes clang's precompiled header.

        Gives Warp's version. All caches are kept in `folder`. Raises UnsupportedWarpError, one line.
        """
        import warp as wp

        wp.config.log_level = wp.LOG_ERROR
        wp.config.kernel_cache_dir = str(folder / "cache")

        from generation.code.cpu.toolchain import CpuStages
        from generation.code.headers import shared_headers
        from generation.code.private_api import CPU_BLOCK_DIM, probe
        from generation.code.warm_up import warm_up

        api = probe()

        def headers_for(level: int | None) -> Headers:
            return shared_headers(api, folder, optimization_level=level, tiles_on_stack=True)

        headers = headers_for(settings.optimization_level)
        self._stages = CpuStages(api, settings.optimization_level, headers_for)
        with headers.making(CPU_BLOCK_DIM):
            warm_up(self)
        self._headers = headers
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
