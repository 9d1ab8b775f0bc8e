"""How the CPU target builds a unit and runs a case."""

from __future__ import annotations

import platform
from dataclasses import replace
from pathlib import Path

from generation.code.cpu.instances import other_instances
from generation.code.job import LaunchData, LaunchOutcome, Outcome
from generation.code.launch import run_launch
from generation.code.memory import HostMemory
from generation.code.private_api import CPU_BLOCK_DIM
from generation.code.stages import Stages
from generation.code.unit import Dialect, Emitted, Unit
from kernels.case import Case


class CpuStages(Stages):
    """C++ by clang, one object file for each unit."""

    def dialect(self, case: Case) -> Dialect:
        """C++ for blocks of one thread, whatever the case asks for: that is how Warp runs it on the CPU."""
        return Dialect("cpu", CPU_BLOCK_DIM)

    def build(self, unit: Unit, folder: Path, seconds: dict[str, float]) -> None:
        """Compiles and loads the members."""
        source = folder / f"{unit.module_name}.cpp"
        preamble = next(iter(unit.members.values())).preamble
        source.write_text(unit.source(preamble, before=other_instances), encoding="utf-8")
        binary = source.with_suffix(".o")
        self.api.build_cpu(unit.module, source, binary, optimization_level=self.optimization_level)
        self.api.load_cpu(unit.module, binary, unit.meta)

    def describe(self, emitted: Emitted, outcome: Outcome) -> Outcome:
        """Every case is executed."""
        return replace(outcome, validation="executed", arch=platform.machine(), executed_on=platform.machine())

    def run(self, emitted: Emitted, launch: LaunchData) -> LaunchOutcome:
        """Runs one launch as Warp does."""
        return run_launch(emitted.case, launch, emitted.kernel, emitted.namespace, HostMemory())
