"""What the main job costs, against Warp alone and against the naive way, in CPU seconds per MB of generated code.

Three measurements in one run, on the same kernels, those that the job harvested:

- the job: `pytest -n 2 --device=cpu` with all its processes, at Warp's default optimization level or at level 0;
- Warp alone: the same kernels in the job's batches, one Warp module per batch with the CPU target's options at the same level, in as many
  processes as the job has workers, nothing launched;
- the naive way: one Warp module per kernel at Warp's default options, in one process; a sample of the kernels, scaled by bytes, the
  process's start counted once and not scaled.

CPU seconds are user and system time; an MB is 10^6 bytes of the `code` column. A CPU second is worth less where virtual cores share a
physical one and both are busy, so each measurement keeps as many processes busy as the others: the naive way runs in as many equal copies
as the job has workers, and counts as their mean. Nothing here fails for being slow: times are for a person to read, on a machine with
nothing else to do.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds
import pytest

from harness.scheduler import batch_size

ROOT = Path(__file__).resolve().parents[2]
WARP_ALONE = Path(__file__).with_name("warp_alone.py")
WORKERS = 2
SAMPLE = 24
CPU_TARGET_OPTIONS = {f"enable_mathdx_{part}": False for part in ("gemm", "fft", "solver")}


@dataclass(frozen=True)
class Kernel:
    """A harvested kernel: its place in the stream, its text, and the bytes of its code."""

    index: int
    source: str
    code_bytes: int


@pytest.fixture
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cost") / "data"


# The main job as it comes, and mass validation: at level 0 compiling is cheap enough that starting up shows, so it gets a longer run.
@pytest.mark.parametrize(("level", "count"), [(None, 256), (0, 1024)], ids=["default level", "level 0"])
def test_cost_per_megabyte(benchmark: Any, data_dir: Path, capsys: pytest.CaptureFixture[str], level: int | None, count: int) -> None:
    job_seconds = benchmark.pedantic(run_job, args=(data_dir, level, count), rounds=1, iterations=1)
    kernels = harvested(data_dir)
    megabytes = sum(k.code_bytes for k in kernels) / 1e6
    sample = [kernels[i * len(kernels) // SAMPLE] for i in range(min(SAMPLE, len(kernels)))]
    share = sum(k.code_bytes for k in sample) / 1e6 / megabytes

    batches = batches_of(kernels, count)
    options = CPU_TARGET_OPTIONS if level is None else CPU_TARGET_OPTIONS | {"optimization_level": level}
    alone = warp_alone(data_dir.parent, "alone", options, 1, [batches[worker::WORKERS] for worker in range(WORKERS)])
    naive = warp_alone(data_dir.parent, "naive", {}, None, [[[kernel] for kernel in sample]] * WORKERS)

    job = job_seconds / megabytes
    warp = sum(process["start"] + process["rest"] for process in alone) / megabytes
    one_by_one = sum(copy["start"] + copy["rest"] / share for copy in naive) / WORKERS / megabytes
    figures = {
        "kernels": len(kernels),
        "code_mb": megabytes,
        "job_cpu_s_per_mb": job,
        "warp_alone_cpu_s_per_mb": warp,
        "naive_cpu_s_per_mb": one_by_one,
        "job_over_warp_alone": job / warp,
        "naive_over_job": one_by_one / job,
    }
    benchmark.extra_info.update(figures)
    seconds = json.loads((data_dir / "summary-cpu.json").read_text(encoding="utf-8"))["seconds"]
    with capsys.disabled():
        print("\nat Warp's default level" if level is None else f"\nat level {level}")
        for name, value in figures.items():
            print(f"{name:24} {value:.3f}" if isinstance(value, float) else f"{name:24} {value}")
        print("job's seconds by stage  ", " ".join(f"{stage} {value:.2f}" for stage, value in seconds.items()))


def run_job(data_dir: Path, level: int | None, count: int) -> float:
    """CPU seconds of the whole job. Every process of it is waited for by the one that started it, so all are in the first one's account."""
    command = [sys.executable, "-m", "pytest", "-n", str(WORKERS), "--device=cpu", f"--count={count}", f"--data-dir={data_dir}"]
    command += [] if level is None else [f"--optimization-level={level}"]
    with open(data_dir.parent / "job.log", "wb") as log:
        process = subprocess.Popen([*command, "-p", "no:benchmark"], cwd=ROOT, stdout=log, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    log_text = (data_dir.parent / "job.log").read_text(errors="replace")
    assert (data_dir / "summary-cpu.json").exists(), log_text
    return usage.ru_utime + usage.ru_stime


def harvested(data_dir: Path) -> list[Kernel]:
    """The kernels in the shards that the job wrote, in the order of the stream."""
    table = ds.dataset(sorted((data_dir / "cpu").glob("*.parquet"))).to_table(["index", "python_source", "code_bytes"])
    kernels = [Kernel(row["index"], row["python_source"], row["code_bytes"]) for row in table.to_pylist()]
    return sorted(kernels, key=lambda kernel: kernel.index)


def batches_of(kernels: list[Kernel], count: int) -> list[list[Kernel]]:
    """The kernels by the batches that the job compiled them in, less those that it did not harvest."""
    size = batch_size(count, WORKERS)
    return [batch for n in range(0, count, size) if (batch := [k for k in kernels if n <= k.index < n + size])]


def warp_alone(
    folder: Path, name: str, options: dict[str, Any], block_dim: int | None, processes: list[list[list[Kernel]]]
) -> list[dict[str, float]]:
    """CPU seconds of fresh processes that run side by side, each compiling its modules (lists of kernels) and nothing else.

    For each process `start` is what starting up took, and `rest` what the modules took, as the process measured itself.
    """
    running = []
    for number, modules in enumerate(processes):
        plan = folder / f"{name}-{number}.json"
        sources = [[kernel.source for kernel in module] for module in modules]
        plan.write_text(json.dumps({"options": options, "block_dim": block_dim, "modules": sources}), encoding="utf-8")
        running.append(subprocess.Popen([sys.executable, str(WARP_ALONE), str(plan)], stdout=subprocess.PIPE, text=True))
    outputs = [process.communicate()[0] for process in running]
    assert not any(process.returncode for process in running), f"Warp alone failed: {outputs}"
    return [json.loads(output.splitlines()[-1]) for output in outputs]
