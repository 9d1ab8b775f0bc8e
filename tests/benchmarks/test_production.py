"""What a production costs against Warp alone: 200 MB of CPU code with all that belongs to it, and the same kernels without.

`python -m generation.produce` makes the dataset, reports and all. Then Warp alone compiles the very kernels of each round, at that round's
level, in that round's batches, in as many processes as there were workers. Both are CPU seconds, user and system.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from measures import CPU_TARGET_OPTIONS, WORKERS, Kernel, batches_of, harvested, timed, warp_alone

TARGET_MB = 200


def test_production_over_warp_alone(benchmark: Any, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path_factory.mktemp("production")
    data_dir = folder / "data"
    job_seconds, clock = benchmark.pedantic(produce, args=(data_dir,), rounds=1, iterations=1)
    kernels = harvested(data_dir, "cpu")
    megabytes = sum(kernel.code_bytes for kernel in kernels) / 1e6
    alone = 0.0
    for level, batches in by_level(data_dir, kernels).items():
        options = CPU_TARGET_OPTIONS if level is None else CPU_TARGET_OPTIONS | {"optimization_level": level}
        shares = [batches[worker::WORKERS] for worker in range(WORKERS)]
        alone += sum(process["start"] + process["rest"] for process in warp_alone(folder, f"level-{level}", "cpu", options, 1, shares))
    figures = {
        "kernels": len(kernels),
        "code_mb": megabytes,
        "production_clock_s": clock,
        "production_cpu_s": job_seconds,
        "warp_alone_cpu_s": alone,
        "production_over_warp_alone": job_seconds / alone,
    }
    benchmark.extra_info.update(figures)
    with capsys.disabled():
        print("\na production of CPU code")
        for name, value in figures.items():
            print(f"{name:26} {value:.3f}" if isinstance(value, float) else f"{name:26} {value}")


def produce(data_dir: Path) -> tuple[float, float]:
    """CPU seconds of the production, and seconds by the clock."""
    command = [sys.executable, "-m", "generation.produce", "--device=cpu", f"--target-mb={TARGET_MB}", f"--data-dir={data_dir}"]
    log = data_dir.parent / "production.log"
    status, cpu_seconds, clock = timed([*command, f"--workers={WORKERS}"], log)
    assert status == 0, log.read_text(errors="replace")
    return cpu_seconds, clock


def by_level(data_dir: Path, kernels: list[Kernel]) -> dict[int | None, list[list[Kernel]]]:
    """The batches of all rounds, by the level that their kernels were compiled at."""
    batches: dict[int | None, list[list[Kernel]]] = defaultdict(list)
    for entry in json.loads((data_dir / "production-cpu.json").read_text(encoding="utf-8"))["rounds"]:
        mine = [kernel for kernel in kernels if entry["start"] <= kernel.index < entry["start"] + entry["cases"]]
        for level in {kernel.level for kernel in mine}:
            of_level = [kernel for kernel in mine if kernel.level == level]
            batches[level] += batches_of(of_level, entry["cases"], entry["start"])
    return batches
