"""The CUDA target's place. CUDA generation is not part of this version yet; the target says so and does nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from generation.code.job import Job
from generation.code.target import Report

NOT_YET = "CUDA generation is not part of this version yet: use --device=cpu"


class CudaTarget:
    """Stands where the CUDA target will be. Everything but `missing` raises NotImplementedError with the same line."""

    name = "cuda"

    def missing(self) -> str | None:
        """The one line that says that there is no CUDA generation yet."""
        return NOT_YET

    def prepare(self, folder: Path, *, optimization_level: int | None) -> str:
        """Raises NotImplementedError."""
        raise NotImplementedError(NOT_YET)

    def execute(self, jobs: Sequence[Job], *, optimization_level: int | None, report: Report) -> None:
        """Raises NotImplementedError."""
        raise NotImplementedError(NOT_YET)
