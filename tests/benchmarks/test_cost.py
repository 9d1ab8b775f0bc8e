"""What the main job costs, against Warp alone and against the naive way, in CPU seconds per MB of generated code.

Three measurements in one run, on the same kernels, those that the job harvested:

- the job: `pytest -n 2 --device=cpu` with all its processes, at Warp's default optimization level or at level 0;
- Warp alone: the same kernels in the job's batches, one Warp module per batch with the CPU target's options at the same level, in as many
  processes as the job has workers, nothing launched;
- the naive way: one Warp module per kernel at Warp's default options, in one process; a sample of the kernels, scaled by bytes, the
  process's start counted once and not scaled.

The job is also held against the naive way by the clock, each on the machine for itself: the naive way keeps one processor busy, and the job
all of them.

For CUDA, where there is no GPU, the job is measured against NVRTC's own time for the same kernels in the same batches, and against Warp
alone, which generates their code and has NVRTC compile it; the job does both, and compiles the text a second time to run it on the host.

CPU seconds are user and system time; an MB is 10^6 bytes of the `code` column. A CPU second is worth less where virtual cores share a
physical one and both are busy, so each measurement keeps as many processes busy as the others: the naive way runs in as many equal copies
as the job has workers, and counts as their mean. Nothing here fails for being slow: times are for a person to read, on a machine with
nothing else to do.
"""

from __future__ import annotations

import json
import sys
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from measures import CPU_TARGET_OPTIONS, WORKERS, Kernel, batches_of, harvested, timed, warp_alone

SAMPLE = 48


@pytest.fixture
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cost") / "data"


# The main job as it comes, and mass validation: at level 0 compiling is cheap enough that starting up shows, so it gets a longer run.
@pytest.mark.parametrize(("level", "count"), [(None, 256), (0, 1024)], ids=["default level", "level 0"])
def test_cost_per_megabyte(benchmark: Any, data_dir: Path, capsys: pytest.CaptureFixture[str], level: int | None, count: int) -> None:
    job_seconds, job_clock = benchmark.pedantic(run_job, args=(data_dir, "cpu", level, count), rounds=1, iterations=1)
    kernels = harvested(data_dir, "cpu")
    megabytes = sum(k.code_bytes for k in kernels) / 1e6
    sample = [kernels[i * len(kernels) // SAMPLE] for i in range(min(SAMPLE, len(kernels)))]
    share = sum(k.code_bytes for k in sample) / 1e6 / megabytes

    batches = batches_of(kernels, count)
    options = CPU_TARGET_OPTIONS if level is None else CPU_TARGET_OPTIONS | {"optimization_level": level}
    alone = warp_alone(data_dir.parent, "alone", "cpu", options, 1, [batches[worker::WORKERS] for worker in range(WORKERS)])
    modules = [[kernel] for kernel in sample]
    naive = warp_alone(data_dir.parent, "naive", "cpu", {}, None, [modules] * WORKERS)
    [by_clock] = warp_alone(data_dir.parent, "clock", "cpu", {}, None, [modules])

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
        "job_clock_s_per_mb": job_clock / megabytes,
        "naive_clock_s_per_mb": (by_clock["start_clock"] + by_clock["rest_clock"] / share) / megabytes,
        "naive_over_job_by_clock": (by_clock["start_clock"] + by_clock["rest_clock"] / share) / job_clock,
    }
    say(benchmark, capsys, "at Warp's default level" if level is None else f"at level {level}", figures, data_dir / "summary-cpu.json")


def test_cuda_cost_per_megabyte(benchmark: Any, data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    count = 1024
    job_seconds, _ = benchmark.pedantic(run_job, args=(data_dir, "cuda", None, count), rounds=1, iterations=1)
    kernels = harvested(data_dir, "cuda")
    megabytes = sum(k.code_bytes for k in kernels) / 1e6
    batches = [list(same) for batch in batches_of(kernels, count) for _, same in groupby(sorted(batch, key=block), key=block)]
    alone = warp_alone(data_dir.parent, "nvrtc", "cuda", CPU_TARGET_OPTIONS, None, [batches[worker::WORKERS] for worker in range(WORKERS)])
    job = job_seconds / megabytes
    nvrtc = sum(process["compiler"] for process in alone) / megabytes
    warp = sum(process["start"] + process["rest"] for process in alone) / megabytes
    figures = {
        "kernels": len(kernels),
        "code_mb": megabytes,
        "job_cpu_s_per_mb": job,
        "nvrtc_cpu_s_per_mb": nvrtc,
        "warp_alone_cpu_s_per_mb": warp,
        "job_over_nvrtc": job / nvrtc,
        "job_over_warp_alone": job / warp,
    }
    say(benchmark, capsys, "CUDA without a GPU", figures, data_dir / "summary-cuda.json")


def block(kernel: Kernel) -> int:
    """What the job keeps kernels apart by when it compiles a batch."""
    return kernel.block_dim or 0


def say(benchmark: Any, capsys: pytest.CaptureFixture[str], title: str, figures: dict[str, Any], summary: Path) -> None:
    """Prints the figures and the job's stages, and keeps the figures with the benchmark."""
    benchmark.extra_info.update(figures)
    seconds = json.loads(summary.read_text(encoding="utf-8"))["seconds"]
    with capsys.disabled():
        print(f"\n{title}")
        for name, value in figures.items():
            print(f"{name:26} {value:.3f}" if isinstance(value, float) else f"{name:26} {value}")
        print("job's seconds by stage  ", " ".join(f"{stage} {value:.2f}" for stage, value in seconds.items()))


def run_job(data_dir: Path, device: str, level: int | None, count: int) -> tuple[float, float]:
    """CPU seconds of the whole job, and seconds by the clock."""
    command = [sys.executable, "-m", "pytest", "-n", str(WORKERS), f"--device={device}", f"--count={count}", f"--data-dir={data_dir}"]
    command += [] if level is None else [f"--optimization-level={level}"]
    log = data_dir.parent / "job.log"
    _, cpu_seconds, clock = timed([*command, "-p", "no:benchmark"], log)
    assert (data_dir / f"summary-{device}.json").exists(), log.read_text(errors="replace")
    return cpu_seconds, clock
