"""How the CUDA target builds a unit, with NVRTC and for the host, and runs a case there."""

from __future__ import annotations

import platform
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from generation.code.cuda import host
from generation.code.cuda.architectures import DEFAULT_BLOCK_DIM, architecture_name
from generation.code.cuda.atomics import adds_to_local_array, entries, lost_addition
from generation.code.cuda.binary import resources
from generation.code.headers import Headers
from generation.code.job import Job, LaunchData, LaunchOutcome, Outcome, Resources
from generation.code.launch import run_launch
from generation.code.memory import HostMemory
from generation.code.private_api import CPU_BLOCK_DIM, PrivateApi
from generation.code.settings import Settings
from generation.code.stages import Stages
from generation.code.target import Report
from generation.code.unit import Dialect, Emitted, Unit
from kernels.case import Case

HOST_LEVEL = 0
"""Optimization level of the host's copy: it runs for milliseconds."""

LOCAL_ARRAY = "local_array_on_gpu"
"""The ledger's name for a local array whose adjoint is added to atomically: such a backward pass must not be run on a GPU."""


class CudaStages(Stages):
    """CUDA by NVRTC, to PTX, for each unit as a whole or for each case alone if its PTX is to be kept."""

    def __init__(self, api: PrivateApi, settings: Settings, arch: int) -> None:
        super().__init__(api, settings.optimization_level)
        self.arch = arch
        self._with_ptx = settings.with_ptx
        # Of the batch at hand, by a case's code.
        self._ptx: dict[str, tuple[str, Resources]] = {}
        self._faults: dict[str, str] = {}

    def execute(self, jobs: Sequence[Job], report: Report) -> None:
        """Runs the jobs as one batch."""
        self._ptx.clear()
        self._faults.clear()
        super().execute(jobs, report)

    def dialect(self, case: Case) -> Dialect:
        """CUDA for the case's blocks, or Warp's default ones."""
        return Dialect("cuda", case.block_dim or DEFAULT_BLOCK_DIM, self.arch)

    def build(self, unit: Unit, folder: Path, seconds: dict[str, float]) -> None:
        """Compiles the members with NVRTC."""
        with _added(seconds, "nvrtc"):
            if self._with_ptx:
                kept = {member.code: self._compile_alone(unit, member, folder) for member in unit.members.values()}
                self._ptx |= kept
                found = {entry: text for ptx, _ in kept.values() for entry, text in entries(ptx).items()}
            else:
                binary = folder / f"{unit.module_name}.ptx"
                self._compile(unit, unit.source(_preamble(unit)), binary)
                found = entries(binary.read_text(encoding="utf-8"))
        for name, member in unit.members.items():
            reason = lost_addition(member.code, name, found)
            if reason is not None:
                with _added(seconds, "nvrtc"):
                    reason = self._lost_before_optimization(unit, member, folder)
            if reason is not None:
                self._faults[member.code] = f"compile: {reason}"

    def describe(self, emitted: Emitted, outcome: Outcome) -> Outcome:
        """What is known of every case that NVRTC compiled."""
        ptx, figures = self._ptx.get(emitted.code, (None, None))
        return replace(
            outcome,
            failure=self._faults.get(emitted.code),
            validation="compiled",
            arch=architecture_name(self.arch),
            ptx=ptx,
            resources=figures,
            limitation=LOCAL_ARRAY if adds_to_local_array(emitted.code) else "",
        )

    def _lost_before_optimization(self, unit: Unit, member: Emitted, folder: Path) -> str | None:
        """Which addition is not even there in PTX that was not optimized, or None."""
        binary = folder / "plain.ptx"
        self._compile(unit, member.preamble + member.code, binary, optimized=False)
        return lost_addition(member.code, member.name, entries(binary.read_text(encoding="utf-8")))

    def _compile(self, unit: Unit, text: str, binary: Path, *, optimized: bool = True) -> None:
        source = binary.with_suffix(".cu")
        source.write_text(text, encoding="utf-8")
        self.api.build_cuda(
            unit.module,
            source,
            binary,
            block_dim=unit.dialect.block_dim,
            arch=self.arch,
            optimization_level=unit.optimization_level,
            optimized=optimized,
        )

    def _compile_alone(self, unit: Unit, member: Emitted, folder: Path) -> tuple[str, Resources]:
        """The PTX of a case's own text and nothing else, so that it does not depend on the batch."""
        text = member.preamble + member.code
        ptx, cubin = folder / "alone.ptx", folder / "alone.cubin"
        self._compile(unit, text, ptx)
        self._compile(unit, text, cubin)
        # NVRTC's text is a C string, its last byte included.
        return ptx.read_text(encoding="utf-8").rstrip("\0"), resources(cubin.read_bytes(), member.name)


class HostStages(CudaStages):
    """CUDA by NVRTC, and the same text by clang for this machine's processor, which runs it."""

    def __init__(self, api: PrivateApi, settings: Settings, arch: int, headers: Headers) -> None:
        super().__init__(api, settings, arch)
        self._headers = headers
        self._fibers = api.has_fibers()
        # Of the batch at hand, by a case's code.
        self._obstacles: dict[str, str | None] = {}

    def execute(self, jobs: Sequence[Job], report: Report) -> None:
        """Runs the jobs as one batch."""
        self._obstacles.clear()
        super().execute(jobs, report)

    def build(self, unit: Unit, folder: Path, seconds: dict[str, float]) -> None:
        """Compiles the members with NVRTC, and those that the host can run with clang, which are loaded."""
        super().build(unit, folder, seconds)
        members = {name: host.runnable(m) for name, m in unit.members.items() if self._obstacle(m) is None}
        if not members:
            return
        runnable = replace(unit, members=members)
        block_dim = self._block_dim(next(iter(members.values())).case)
        with _added(seconds, "host_build"):
            preamble = host.host_preamble(_preamble(unit), block_dim)
            if block_dim > CPU_BLOCK_DIM:
                with self._headers.making(block_dim) as lacking:
                    if lacking:
                        self._compile_for_host(unit, preamble, folder / "header.o", block_dim)
            binary = folder / f"{unit.module_name}.o"
            self._compile_for_host(unit, runnable.source(preamble, host.entry_points), binary, block_dim)
            self.api.load_cpu(unit.module, binary, runnable.meta)

    def _compile_for_host(self, unit: Unit, text: str, binary: Path, block_dim: int) -> None:
        source = binary.with_suffix(".cpp")
        source.write_text(text, encoding="utf-8")
        self.api.build_cpu(unit.module, source, binary, block_dim=block_dim, optimization_level=HOST_LEVEL, tiles_on_stack=False)

    def describe(self, emitted: Emitted, outcome: Outcome) -> Outcome:
        """Adds that the host runs the case, or why it does not."""
        outcome = super().describe(emitted, outcome)
        reason = self._obstacle(emitted)
        if reason is not None:
            return replace(outcome, not_executed=reason)
        return replace(outcome, validation="executed_on_host", executed_on=platform.machine())

    def run(self, emitted: Emitted, launch: LaunchData) -> LaunchOutcome:
        """Runs one launch through Warp's CPU launches."""
        real_blocks = self._block_dim(emitted.case) > CPU_BLOCK_DIM
        return run_launch(emitted.case, launch, emitted.kernel, emitted.namespace, HostMemory(), threads_of_blocks=real_blocks)

    def _obstacle(self, emitted: Emitted) -> str | None:
        if emitted.code not in self._obstacles:
            self._obstacles[emitted.code] = host.obstacle(emitted.code, fibers=self._fibers)
        return self._obstacles[emitted.code]

    def _block_dim(self, case: Case) -> int:
        """Threads of a block that wait for each other: those of a case that has a block, where there are fibers to do it."""
        cooperates = case.block_dim is not None or host.waits(case.python_source)
        return (case.block_dim or DEFAULT_BLOCK_DIM) if cooperates and self._fibers else CPU_BLOCK_DIM

    def dialect(self, case: Case) -> Dialect:
        """CUDA for the case's blocks; cases whose threads wait for each other are kept apart from the others."""
        return replace(super().dialect(case), cooperates=self._block_dim(case) > CPU_BLOCK_DIM)


def _preamble(unit: Unit) -> str:
    return next(iter(unit.members.values())).preamble


@contextmanager
def _added(seconds: dict[str, float], step: str) -> Iterator[None]:
    start = time.perf_counter()
    try:
        yield
    finally:
        seconds[step] = seconds.get(step, 0.0) + time.perf_counter() - start
