"""What the benchmarks of cost share: what a job harvested, by the batches that it was compiled in, and Warp alone on the same."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds

from harness.scheduler import batch_size

ROOT = Path(__file__).resolve().parents[2]
WARP_ALONE = Path(__file__).with_name("warp_alone.py")
WORKERS = 2
CPU_TARGET_OPTIONS = {f"enable_mathdx_{part}": False for part in ("gemm", "fft", "solver")}


@dataclass(frozen=True)
class Kernel:
    """A harvested kernel: its place in the stream, its text, the bytes of its code, its block's threads if it asks for a number, and the
    optimization level that it was compiled at."""

    index: int
    source: str
    code_bytes: int
    block_dim: int | None
    level: int | None


def timed(command: list[str], log: Path) -> tuple[int, float, float]:
    """The exit status of a command that is run in the project's folder, its CPU seconds, and the seconds by the clock.

    Every process of it is waited for by the one that started it, so all are in the first one's account.
    """
    start = time.perf_counter()
    with open(log, "wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_utime + usage.ru_stime, time.perf_counter() - start


def harvested(data_dir: Path, device: str) -> list[Kernel]:
    """The kernels in the shards that the job wrote, in the order of the stream."""
    table = ds.dataset(sorted((data_dir / device).glob("*.parquet"))).to_table(
        ["index", "python_source", "code_bytes", "launch", "optimization_level"]
    )
    kernels = [
        Kernel(row["index"], row["python_source"], row["code_bytes"], json.loads(row["launch"]).get("block_dim"), row["optimization_level"])
        for row in table.to_pylist()
    ]
    return sorted(kernels, key=lambda kernel: kernel.index)


def batches_of(kernels: list[Kernel], count: int, first: int = 0) -> list[list[Kernel]]:
    """The kernels by the batches of a job over `count` cases from index `first` on, less those that it did not harvest."""
    size = batch_size(count, WORKERS)
    return [batch for n in range(first, first + count, size) if (batch := [k for k in kernels if n <= k.index < n + size])]


def apart(source: str, place: str) -> str:
    """The text with its functions named after its place: a replay is not found where functions of its function's name were defined before
    (the ledger's `replay_of_a_namesake`)."""
    names = re.findall(r"^@wp\.func\ndef (\w+)\(", source, re.MULTILINE)
    return re.sub(rf"\b({'|'.join(names)})\b", rf"\1_of_{place}", source) if names else source


def warp_alone(
    folder: Path, name: str, device: str, options: dict[str, Any], block_dim: int | None, processes: list[list[list[Kernel]]]
) -> list[dict[str, float]]:
    """CPU seconds of fresh processes that run side by side, each compiling its modules (lists of kernels) and nothing else.

    For each process `start` is what starting up took, `rest` what the modules took, and `compiler` the part of it that the compiler took,
    as the process measured itself; `start_clock` and `rest_clock` are seconds by the clock.
    """
    running = []
    for number, modules in enumerate(processes):
        plan = folder / f"{name}-{number}.json"
        sources = [[apart(kernel.source, f"{n}_{position}") for position, kernel in enumerate(module)] for n, module in enumerate(modules)]
        plan.write_text(json.dumps({"device": device, "options": options, "block_dim": block_dim, "modules": sources}), encoding="utf-8")
        running.append(subprocess.Popen([sys.executable, str(WARP_ALONE), str(plan)], stdout=subprocess.PIPE, text=True))
    outputs = [process.communicate()[0] for process in running]
    assert not any(process.returncode for process in running), f"Warp alone failed: {outputs}"
    return [json.loads(output.splitlines()[-1]) for output in outputs]
