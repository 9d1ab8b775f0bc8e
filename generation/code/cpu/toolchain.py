"""How the CPU target builds a unit and runs a case."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from generation.code.cpu.instances import other_instances
from generation.code.headers import Headers
from generation.code.job import LaunchData, LaunchOutcome, Outcome
from generation.code.launch import run_launch
from generation.code.memory import HostMemory
from generation.code.private_api import CPU_BLOCK_DIM, PrivateApi
from generation.code.stages import Stages
from generation.code.unit import Dialect, Emitted, Unit
from kernels.case import Case


class CpuStages(Stages):
    """C++ by clang, one object file for each unit. `headers` gives the precompiled headers for an optimization level."""

    def __init__(self, api: PrivateApi, optimization_level: int | None, headers: Callable[[int | None], Headers]) -> None:
        super().__init__(api, optimization_level)
        self._headers = headers

    def dialect(self, case: Case) -> Dialect:
        """C++ for blocks of one thread, whatever the case asks for: that is how Warp runs it on the CPU."""
        return Dialect("cpu", CPU_BLOCK_DIM)

    def build(self, unit: Unit, folder: Path, seconds: dict[str, float]) -> None:
        """Compiles and loads the members."""
        preamble = next(iter(unit.members.values())).preamble
        if unit.optimization_level != self.optimization_level:
            with self._headers(unit.optimization_level).making(CPU_BLOCK_DIM) as lacking:
                if lacking:
                    self._compile(unit, preamble, folder / "header.o")
        binary = folder / f"{unit.module_name}.o"
        self._compile(unit, unit.source(preamble, before=other_instances), binary)
        self.api.load_cpu(unit.module, binary, unit.meta)

    def _compile(self, unit: Unit, text: str, binary: Path) -> None:
        source = binary.with_suffix(".cpp")
        source.write_text(text, encoding="utf-8")
        self.api.build_cpu(unit.module, source, binary, optimization_level=unit.optimization_level)

    def describe(self, emitted: Emitted, outcome: Outcome) -> Outcome:
        """Every case is executed."""
        return replace(outcome, validation="executed", arch=platform.machine(), executed_on=platform.machine())

    def run(self, emitted: Emitted, launch: LaunchData) -> LaunchOutcome:
        """Runs one launch as Warp does."""
        return run_launch(emitted.case, launch, emitted.kernel, emitted.namespace, HostMemory())
