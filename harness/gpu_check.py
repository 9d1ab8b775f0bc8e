"""The command `python -m harness.gpu_check`: runs the main job on this machine's GPU and puts on record how it went, as one JSON file.

The run is a plain one, over cases of all families, in a dataset of its own that is thrown away; every case must be executed on the GPU. The
record says on which GPU, with which versions, how many cases got how far, what failed, how near the errors came to their tolerances, and
how long it took. Exit status: 0 if the run succeeded, 1 if it did not, 2 if there is no GPU (nothing is run or written then).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from generation.code.cuda import driver
from generation.code.cuda.driver import Found
from harness.errors import DatasetError
from harness.manifest import read_manifest
from harness.options import LARGEST_COUNT
from harness.publish import publish_text
from harness.shards import read_columns
from harness.summary import summary_path

FORMAT = "warp-kernel-harness/gpu-check/1"

FAILED, NO_GPU = 1, 2
"""Exit statuses."""

QUANTILES = (0.5, 0.9, 0.99)

_ROOT = Path(__file__).resolve().parent.parent

_DEVICE = "cuda"

_FROM_SUMMARY = ("seed", "count", "arch", "workers", "cases", "validation", "gradient", "not_executed", "by_family")

_ERRORS = {"forward": ("max_error_forward", "tolerance"), "gradient": ("max_error_gradient", "tolerance_gradient")}
"""What is measured, and the columns of the error and of its tolerance."""

_TOOLKIT = "import warp; warp.config.log_level = warp.LOG_ERROR; warp.init(); print(*warp.get_cuda_toolkit_version(), sep='.')"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; its exit status."""
    options = _parser().parse_args(arguments)
    found = driver.find()
    if not found.gpus:
        print(f"gpu-check needs an NVIDIA GPU: {found.fault}; run it on a machine with a GPU and its driver", file=sys.stderr)
        return NO_GPU
    try:
        toolkit = toolkit_version()
    except ValueError as error:
        print(error, file=sys.stderr)
        return FAILED
    with tempfile.TemporaryDirectory(prefix="gpu-check-") as folder:
        data_dir = Path(folder) / "data"
        status = run_job(options.count, data_dir)
        try:
            record = build_record(found, toolkit, data_dir, date.today())
        except (DatasetError, OSError, ValueError) as error:
            print(f"the main job left with status {status} and nothing to put on record: {error}", file=sys.stderr)
            return FAILED
    try:
        options.output.parent.mkdir(parents=True, exist_ok=True)
        publish_text(options.output, json.dumps(record, indent=1) + "\n")
    except OSError as error:
        print(f"{options.output} cannot be written ({error.strerror}): make room, or give another --output", file=sys.stderr)
        return FAILED
    print(f"wrote {options.output}: {record_line(record)}")
    return FAILED if status else 0


def run_job(count: int, data_dir: Path) -> int:
    """Runs the main job over the first `count` cases of stream 0 into `data_dir`; its exit status."""
    command = [sys.executable, "-m", "pytest", "-n", "auto", f"--device={_DEVICE}", "--require=executed"]
    command += [f"--count={count}", f"--data-dir={data_dir}"]
    return subprocess.run(command, cwd=_ROOT, check=False).returncode


def toolkit_version() -> str:
    """The version of the CUDA toolkit that the installed Warp brings, asked in a process of its own: this one never imports Warp.

    Raises ValueError, one line.
    """
    done = subprocess.run([sys.executable, "-c", _TOOLKIT], cwd=_ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ValueError(f"Warp does not say which CUDA toolkit it has: {(done.stderr.splitlines() or ['no reason given'])[-1]}")
    return done.stdout.split()[-1]


def build_record(found: Found, toolkit: str, data_dir: Path, day: date) -> dict[str, Any]:
    """The record of a run, ready for JSON, from its summary and its shards.

    Lists of GPUs are in the driver's order, `memory_bytes` among them; `seconds` are summed over the workers, by stage. `errors` are shares
    of the tolerance, where 1 is the most that passes, of records whose gradient has no known limitation. Raises OSError or ValueError for a
    summary that cannot be read, DatasetError for a shard.
    """
    summary = json.loads(summary_path(data_dir, _DEVICE).read_text(encoding="utf-8"))
    wall, code_bytes = summary["wall_seconds"], summary["code_bytes"]
    return {
        "format": FORMAT,
        "date": day.isoformat(),
        "devices": [gpu.name for gpu in found.gpus],
        "compute_capability": [f"{gpu.arch // 10}.{gpu.arch % 10}" for gpu in found.gpus],
        "memory_bytes": [gpu.memory_bytes for gpu in found.gpus],
        "driver_version": driver.release(),
        "driver_cuda": found.version,
        "cuda_toolkit": toolkit,
        "versions": {name: summary[f"{name}_version"] for name in ("warp", "numpy", "python", "harness")},
        **{name: summary[name] for name in _FROM_SUMMARY},
        "failures": [{"case": failure["case"], "reason": failure["reason"]} for failure in summary["failures"]],
        "errors": {kind: _spread(shares) for kind, shares in error_shares(data_dir).items()},
        "seconds": summary["seconds"],
        "wall_seconds": wall,
        "code_bytes": code_bytes,
        "mb_per_minute": round(code_bytes / 1e6 / (wall / 60.0), 3) if wall else 0.0,
        "exit_status": summary["exit_status"],
    }


def error_shares(data_dir: Path) -> dict[str, list[float]]:
    """What share of its tolerance each record's largest error takes, forward and in its gradient. Raises DatasetError."""
    shares: dict[str, list[float]] = {kind: [] for kind in _ERRORS}
    columns = ["gradient", *(column for pair in _ERRORS.values() for column in pair)]
    for entry in read_manifest(data_dir, _DEVICE).shards:
        for gradient, *values in read_columns(data_dir / entry.file, columns):
            for kind, (error, tolerance) in zip(_ERRORS, zip(values[::2], values[1::2], strict=True), strict=True):
                if error is not None and tolerance is not None and (kind == "forward" or gradient == "checked"):
                    shares[kind].append(error / tolerance)
    return shares


def record_line(record: dict[str, Any]) -> str:
    """The gist of a record in one line."""
    levels = ", ".join(f"{count} {level}" for level, count in record["validation"].items()) or "none executed"
    return f"{' and '.join(dict.fromkeys(record['devices']))}: {levels}, {len(record['failures'])} failed, {record['wall_seconds']:.1f} s"


def _spread(shares: Sequence[float]) -> dict[str, float]:
    if not shares:
        return {"records": 0}
    quantiles = {f"q{round(100 * q)}": float(f"{np.quantile(shares, q):.4g}") for q in QUANTILES}
    return {"records": len(shares), **quantiles, "max": float(f"{max(shares):.4g}")}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m harness.gpu_check", description="Runs the main job on a GPU and records how it went.")
    parser.add_argument("--count", type=_count, default=2000, metavar="N", help="number of cases (default: 2000)")
    default = _ROOT / "generation" / "report" / "gpu-check.json"
    parser.add_argument("--output", type=Path, default=default, metavar="FILE", help=f"(default: {default.relative_to(_ROOT)})")
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= LARGEST_COUNT:
        raise argparse.ArgumentTypeError(f"{text}: give a whole number from 1 to {LARGEST_COUNT}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
