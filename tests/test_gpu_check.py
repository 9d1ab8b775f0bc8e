"""The command that puts a run on a GPU on record, with a job that only plays: it leaves a summary and shards as the real one does."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from harvest.samples import make_case, outcome_of, verdict_on

from generation.code.cuda import driver
from generation.code.cuda.driver import Found, Gpu
from harness import gpu_check
from harness.dataset import Dataset
from harness.options import Options
from harness.records import make_record
from harness.result import CaseResult
from harness.spool import Spool
from harness.summary import build_summary, write_summary

H100 = Gpu("NVIDIA H100", 90, 85_000_000_000)
SHARES = [0.1, 0.2, 0.5, 1.0]


def leave_run(data_dir: Path, status: int = 0) -> None:
    """A dataset of four records, the last with a known limitation, and the summary of the run that made it."""
    data_dir.mkdir()
    dataset = Dataset(data_dir, "cuda").open()
    with Spool(data_dir / "cuda" / ".spool", "gw0") as spool:
        for index, share in enumerate(SHARES):
            case = make_case(index)
            gradient = "checked" if index < 3 else "known_limitation:frac"
            errors = {"max_error_forward": share * 1e-5, "max_error_gradient": 50 * share * 1e-4, "gradient": gradient}
            outcome = outcome_of(case, executed_on=H100.name, arch="sm_90")
            verdict = verdict_on(case, **errors)
            spool.append(
                make_record(case, outcome, verdict, device="cuda", optimization_level=None, warp_version="1.19.0"), outcome.preamble
            )
    committed = dataset.commit()
    dataset.close()
    results = [CaseResult(f"map-{index:06d}", True, "", "checked", "executed", seconds={"nvrtc": 1.0}) for index in range(4)]
    results += [CaseResult("map-000004", False, "forward: out differs", reproduction="failures/map-000004.py")] if status else []
    summary = build_summary(
        Options("cuda", 0, 0, 5, (), None, data_dir, None, 32),
        results,
        committed,
        asked=5,
        already_there=0,
        arch="sm_90",
        warp_version="1.19.0",
        workers=4,
        day=date(2026, 1, 2),
        wall_seconds=30.0,
        exit_status=status,
    )
    write_summary(data_dir, summary)


@pytest.fixture
def played(monkeypatch):
    """A machine with one GPU, and a job that leaves a run behind and gives its status."""
    monkeypatch.setattr(driver, "find", lambda: Found((H100,), "12.9"))
    monkeypatch.setattr(driver, "release", lambda: "575.51.03")
    monkeypatch.setattr(gpu_check, "toolkit_version", lambda: "12.9")

    def play(status=0, run=leave_run):
        asked = []

        def job(count, data_dir):
            asked.append((count, data_dir))
            run(data_dir, status)
            return status

        monkeypatch.setattr(gpu_check, "run_job", job)
        return asked

    return play


def check(folder: Path, *arguments: str) -> tuple[int, Path]:
    path = folder / "report" / "gpu-check.json"
    return gpu_check.main([*arguments, "--output", str(path)]), path


def test_record_of_a_run(played, tmp_path, capsys):
    played()
    status, path = check(tmp_path)
    assert status == 0
    record = json.loads(path.read_text())
    assert record["format"] == "warp-kernel-harness/gpu-check/1"
    assert record["date"] == date.today().isoformat()
    assert (record["devices"], record["compute_capability"], record["memory_bytes"]) == (["NVIDIA H100"], ["9.0"], [85_000_000_000])
    assert (record["driver_version"], record["driver_cuda"], record["cuda_toolkit"]) == ("575.51.03", "12.9", "12.9")
    assert record["versions"].keys() == {"warp", "numpy", "python", "harness"}
    assert record["versions"]["numpy"] == np.__version__
    assert record["validation"] == {"executed": 4}
    assert record["gradient"] == {"checked": 4}
    assert record["by_family"]["map"]["passed"] == 4
    assert record["failures"] == []
    assert record["seconds"] == {"nvrtc": 4.0}
    assert record["wall_seconds"] == 30.0
    assert record["mb_per_minute"] == round(record["code_bytes"] / 1e6 * 2, 3)
    assert f"wrote {path}: NVIDIA H100: 4 executed, 0 failed, 30.0 s" in capsys.readouterr().out
    assert [file.name for file in path.parent.iterdir()] == ["gpu-check.json"]


def test_errors_are_shares_of_their_tolerances(played, tmp_path):
    """Forward of all four; gradients of those three that are held to a tolerance."""
    played()
    errors = json.loads(check(tmp_path)[1].read_text())["errors"]
    assert (errors["forward"]["records"], errors["gradient"]["records"]) == (4, 3)
    assert errors["forward"] == pytest.approx({"records": 4, "q50": 0.35, "q90": 0.85, "q99": 0.985, "max": 1.0})
    assert errors["gradient"]["max"] == pytest.approx(25.0)


def test_failures_are_on_record_and_in_the_status(played, tmp_path):
    played(1)
    status, path = check(tmp_path)
    record = json.loads(path.read_text())
    assert status == 1
    assert record["failures"] == [{"case": "map-000004", "reason": "forward: out differs"}]
    assert record["cases"]["failed"] == 1
    assert record["exit_status"] == 1


def test_run_uses_a_folder_of_its_own(played, tmp_path):
    asked = played()
    check(tmp_path, "--count", "7")
    [(count, data_dir)] = asked
    assert count == 7
    assert not data_dir.parent.exists()


def test_job_that_leaves_nothing_writes_nothing(played, tmp_path, capsys):
    played(3, run=lambda data_dir, status: None)
    status, path = check(tmp_path)
    assert status == 1
    assert re.fullmatch(r"the main job left with status 3 and nothing to put on record: .*summary-cuda\.json'\n", capsys.readouterr().err)
    assert not path.exists()


def test_without_a_gpu_nothing_is_run(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(driver, "find", lambda: Found((), fault="no NVIDIA driver is installed here"))
    monkeypatch.setattr(gpu_check, "run_job", lambda count, data_dir: pytest.fail("it ran"))
    status, path = check(tmp_path)
    assert status == 2
    said = "gpu-check needs an NVIDIA GPU: no NVIDIA driver is installed here; run it on a machine with a GPU and its driver\n"
    assert capsys.readouterr().err == said
    assert not path.parent.exists()


def test_place_that_cannot_be_written_is_one_line(played, tmp_path, capsys):
    played()
    (tmp_path / "report").write_text("in the way")
    assert check(tmp_path)[0] == 1
    assert "gpu-check.json cannot be written" in capsys.readouterr().err


def test_job_is_the_main_job_with_execution_required(monkeypatch, tmp_path):
    asked = []

    class Done:
        returncode = 5

    monkeypatch.setattr(gpu_check.subprocess, "run", lambda command, **options: asked.append(command) or Done)
    assert gpu_check.run_job(12, tmp_path) == 5
    assert asked[0][1:] == [
        *("-m", "pytest", "-n", "auto", "--device=cuda", "--require=executed", "--count=12"),
        f"--data-dir={tmp_path}",
    ]


def test_toolkit_of_the_installed_warp():
    assert re.fullmatch(r"\d+\.\d+", gpu_check.toolkit_version())
