"""What the report is written and drawn from, read once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from harness.report import numbers
from harness.report.example import Example
from harness.report.fault_check import FaultCheck
from harness.report.gpu_check import GpuCheck
from harness.report.lowering import Lowering
from harness.report.source import DeviceData, Row
from kernels.coverage.ledger import Bar, Ledger

LANGUAGES = {"cpu": "C++", "cuda": "CUDA"}
"""What a device's generated code is written in."""

NAMES = {"cpu": "CPU", "cuda": "CUDA"}
"""How a device is called in the text."""


@dataclass(frozen=True)
class Material:
    """`devices` are those that have records, one at least, `absent` the names of the others. `lowering` is that of the example's CUDA;
    `gpu_check` and `fault_check` are what is on record of a run on a GPU and of planted faults; each is None if there is none. `data_dir`
    is named in the examples of loading."""

    devices: Sequence[DeviceData]
    absent: Sequence[str]
    example: Example
    lowering: Lowering | None
    gpu_check: GpuCheck | None
    fault_check: FaultCheck | None
    data_dir: str

    @cached_property
    def rows(self) -> list[Row]:
        """The records of all devices."""
        return [row for data in self.devices for row in data.rows]

    @cached_property
    def coverage(self) -> Ledger:
        """What the records of all devices cover."""
        return Ledger(self.rows)

    @cached_property
    def coverage_by_device(self) -> dict[str, Ledger]:
        """What the records of each device cover."""
        if len(self.devices) == 1:
            return {self.devices[0].device: self.coverage}
        return {data.device: Ledger(data.rows) for data in self.devices}

    @cached_property
    def bars(self) -> dict[str, Bar]:
        """The measures of `coverage`, by name."""
        return {bar.name: bar for bar in self.coverage.bars()}

    @cached_property
    def pairs(self) -> set[str]:
        """The `pair_id` of each kernel that has a record on every device."""
        return numbers.pairs(self.devices)

    def headings(self, *whats: str) -> list[str]:
        """The headings of columns that every device has in a table."""
        return [f"{NAMES[data.device]} {what}" for data in self.devices for what in whats]
