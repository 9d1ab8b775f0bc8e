"""The main job with nothing faked: kernels are generated, compiled, run, checked and harvested."""

import subprocess
import sys

from job_command import ROOT, Run


def run_for_real(folder, *arguments):
    line = [sys.executable, "-m", "pytest", "--device=cpu", f"--data-dir={folder / 'data'}", "-p", "no:hypothesispytest", *arguments]
    done = subprocess.run(line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=200)
    return Run(done.returncode, done.stdout, folder)


def test_six_kernels_from_nothing_to_shards(tmp_path):
    six = ("-n", "2", "--count=6", "--family=stencil", "--optimization-level=0")
    first = run_for_real(tmp_path, *six)
    assert first.status == 0, first.output
    cases = first.summary["cases"]
    assert cases["passed"] == cases["run"] == cases["harvested"] + cases["duplicate"] == 6
    assert first.summary["validation"] == {"executed": 6}
    assert set(first.summary["seconds"]) == {"generate", "prepare", "define", "emit", "build", "run", "check", "harvest"}
    assert any(name.endswith(".parquet") for name in first.shards)

    second = run_for_real(tmp_path, *six)
    assert second.status == 0, second.output
    assert second.line("nothing to do")
    assert second.shards == first.shards

    again = run_for_real(tmp_path / "again", "--count=6", "--family=stencil", "--optimization-level=0")
    assert again.status == 0, again.output
    assert again.shards == first.shards
