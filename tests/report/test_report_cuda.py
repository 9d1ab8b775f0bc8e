"""The CUDA side of the report: one kernel in all its forms, the validation levels told apart, the join with the CPU, the GPU check."""

from __future__ import annotations

import json
import re
import subprocess

import pytest
from report_samples import PTX, make_dataset

from harness.gpu_check import FORMAT
from harness.report import lowering
from harness.report.__main__ import main

SENTENCE = "no run on a GPU is on record"

CHECK = {
    "format": FORMAT,
    "date": "2026-01-02",
    "devices": ["Test GPU 9000"],
    "memory_bytes": [80_000_000_000],
    "driver_version": "999.1",
    "versions": {"warp": "1.19.0", "numpy": "2.0"},
    "cases": {"failed": 1},
    "validation": {"executed": 1999},
    "gradient": {"checked": 1800},
    "failures": [{"case": "map-000005", "reason": "forward: a|b `differs`"}],
    "errors": {"forward": {"max": 0.25}, "gradient": {"max": 0.5}},
    "seconds": {"build": 20.0, "run": 1.0},
    "wall_seconds": 33.25,
}


def report(data, output):
    assert main(["--data-dir", str(data), "--output", str(output)]) == 0
    return (output / "report.md").read_text()


def section(text, title):
    """What stands under a heading, up to the next one, code and all."""
    return re.split(r"\n##+ (?=[A-Z])", text.partition(f"# {title}\n")[2])[0]


def code(text, title):
    return re.findall(r"```\w+\n(.*?)\n```", section(text, title), re.S)


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """The report on a CPU and a CUDA dataset, of which one kernel is missing on the CPU and one CUDA record was compiled only."""
    folder = tmp_path_factory.mktemp("both")
    compiled = {"validation": "compiled", "executed_on": "", "not_executed": "asm needs a GPU"}
    make_dataset(folder / "data", indices=range(1, 5))
    make_dataset(folder / "data", "cuda", outcomes={4: compiled})
    return report(folder / "data", folder / "report")


def test_the_kernel_is_one_that_both_devices_have(both):
    # Index 0 is shorter, and has no CPU record.
    assert "This is record `map-000001` (seed 7, 15 lines)" in both


def test_the_same_statements_are_shown_in_every_form(both):
    assert code(both, "Python") == ["a = x[i] + x[i]\nb = twice(a)\nout[i] = b"]
    cpp, cuda = code(both, "C++"), code(both, "CUDA")
    assert cpp == cuda
    assert cpp[0].splitlines()[-2] == "wp::array_store(var_out, var_0, var_4);"
    assert code(both, "PTX") == ["// [...]\nld.global.f32 %f1, [%rd3];\nadd.f32 %f2, %f1, %f1;\nst.global.f32 [%rd4], %f2;\n// [...]"]


def test_the_records_ptx_is_said_to_be_its_own(both):
    text = section(both, "PTX")
    assert "The record's own `ptx`, made for sm_90 at Warp's default optimization level." in text
    assert "The forward entry point has 7 instructions in all." in text


def test_without_a_disassembler_a_sentence_names_it(both):
    text = section(both, "SASS")
    assert "To see the SASS, install `nvdisasm`, which comes with the CUDA toolkit or by `pip install nvidia-cuda-nvdisasm`" in text
    assert (
        "On sm_90 the forward entry point takes 21 registers per thread; the backward entry point takes 30 registers per thread, " in text
    )
    assert code(both, "SASS") == []


def test_levels_and_reasons_by_device(both):
    text = section(both, "Validation")
    assert "|cpu, `executed`|x86_64|x86_64|4|" in text
    assert "|cuda, `executed_on_host`|x86_64|sm_90|4|" in text
    assert "|cuda, `compiled`|nothing|sm_90|1|" in text
    assert "|`asm needs a GPU`|1|" in text


def test_the_summary_tells_the_levels_apart(both):
    assert "4 compiled for sm_90, run on the host (x86_64) instead of a GPU, and agreed with the reference" in both
    assert "1 compiled for sm_90 only, never run" in both
    assert "1 has not been executed, for reasons given under Validation" in both


def test_what_each_level_shows_is_said_once(both):
    text = section(both, "How sure we are")
    assert re.findall(r"^- \*\*(.+?)\*\* \((.+?)\)", text, re.M) == [
        ("executed", "4 cpu records"),
        ("executed on the host", "4 cuda records"),
        ("compiled", "1 cuda records"),
    ]
    assert SENTENCE in text


def test_how_the_devices_join(both):
    text = section(both, "CPU and CUDA side by side")
    assert "4 kernels have a record on each of cpu and cuda" in text
    rows = re.findall(r"^\|(cpu|cuda)\|(\d+)\|(\d+)\|", text, re.M)
    assert rows == [("cpu", "4", "0"), ("cuda", "4", "1")]


def test_registers_are_spread_over_the_records_that_have_them(both):
    assert "|cuda, forward (5 records)|20|20|22|24|24|" in both


def test_cuda_alone_shows_what_there_is_and_says_what_is_missing(tmp_path):
    make_dataset(tmp_path / "data", "cuda")
    text = report(tmp_path / "data", tmp_path / "report")
    assert "The dataset has no C++ of this kernel: `pytest --device=cpu` over the same seed and indices" in section(text, "C++")
    assert len(code(text, "CUDA")) == len(code(text, "PTX")) == 1
    assert "side by side" not in text


def test_devices_without_a_kernel_in_common_show_the_first_ones_kernel(tmp_path):
    make_dataset(tmp_path / "data", indices=[0])
    make_dataset(tmp_path / "data", "cuda", indices=[1])
    text = report(tmp_path / "data", tmp_path / "report")
    assert "This is record `map-000000`" in text
    assert "The dataset has no CUDA of this kernel" in section(text, "CUDA")
    assert "0 kernels have a record on each of cpu and cuda" in text


@pytest.fixture
def command(monkeypatch):
    """Stands in for the command that compiles; gives what it was called with. `files` are what it writes, by ending."""

    def plant(status=0, error="", **files):
        calls = []

        def run(command, **_):
            calls.append(command)
            source = next(part for part in command if part.endswith(".cu"))
            for ending, text in files.items():
                with open(f"{source.removesuffix('.cu')}.{ending}", "w") as file:
                    file.write(text)
            return subprocess.CompletedProcess(command, status, "", error)

        monkeypatch.setattr(lowering.subprocess, "run", run)
        return calls

    return plant


def test_ptx_that_is_not_in_the_record_is_made_for_the_report(tmp_path, command):
    calls = command(ptx=PTX)
    make_dataset(tmp_path / "data", "cuda", outcomes={0: {"ptx": None, "resources": None}})
    text = section(report(tmp_path / "data", tmp_path / "report"), "PTX")
    assert "The record keeps no PTX; this was made for the report, for sm_90 at Warp's default optimization level." in text
    assert "st.global.f32 [%rd4], %f2;" in text
    [call] = calls
    assert call[1:3] == ["-m", "generation.code.cuda.show"]
    assert call[call.index("--arch") + 1] == "90"


def test_a_compiler_that_fails_is_quoted_and_the_report_goes_on(tmp_path, command):
    command(status=2, error="kernel.cu does not compile for sm_90: kernel.cu(1): error: no\n")
    make_dataset(tmp_path / "data", "cuda", outcomes={0: {"ptx": None, "resources": None}})
    text = report(tmp_path / "data", tmp_path / "report")
    assert "none could be made for the report: kernel.cu does not compile for sm_90: kernel.cu(1): error: no." in section(text, "PTX")


def test_sass_is_shown_where_a_disassembler_is(tmp_path, command, monkeypatch):
    monkeypatch.setattr(lowering, "find_disassembler", lambda: "/opt/nvdisasm")
    sass = ".text.scale_01_cuda_kernel_forward:\n        /*0000*/    STG.E desc[UR4][R4.64], R5 ;\n        .type x,@function\n"
    command(ptx=PTX, sass=sass)
    make_dataset(tmp_path / "data", "cuda")
    text = report(tmp_path / "data", tmp_path / "report")
    assert code(text, "SASS") == ["// [...]\nSTG.E desc[UR4][R4.64], R5 ;\n// [...]"]
    assert "shown by `nvdisasm`" in section(text, "SASS")


def test_a_run_on_a_gpu_is_shown(tmp_path):
    make_dataset(tmp_path / "data", "cuda")
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "gpu-check.json").write_text(json.dumps(CHECK))
    text = report(tmp_path / "data", tmp_path / "report")
    certainty = section(text, "How sure we are")
    assert "on Test GPU 9000, 1,999 cases were executed, 1,800 had their gradient checked, 1 failed." in certainty
    assert "The worst error was 25.0% of its tolerance in an output and 50.0% of its tolerance in a gradient. It took 33.2 s." in certainty
    rows = ("|memory bytes|`80,000,000,000 bytes`|", "|driver version|`999.1`|", "|versions|`warp 1.19.0, numpy 2.0`|")
    assert all(row in certainty for row in rows)
    assert "- `map-000005`: `forward: a|b 'differs'`" in certainty
    assert text.count("on Test GPU 9000") == 2
    assert SENTENCE not in text


def test_of_a_run_on_a_gpu_what_is_there_is_shown(tmp_path):
    make_dataset(tmp_path / "data", "cuda")
    (tmp_path / "report").mkdir()
    scraps = {"format": FORMAT, "devices": ["Test GPU"], "errors": 3, "failures": None, "seconds": [], "cases": []}
    (tmp_path / "report" / "gpu-check.json").write_text(json.dumps(scraps))
    assert "**GPU check**: on Test GPU, 0 failed.\n" in report(tmp_path / "data", tmp_path / "report")


@pytest.mark.parametrize(
    ("content", "what"), [("{", "cannot be read as JSON ("), ("[]", "is not the record of a run on a GPU in the format ")]
)
def test_a_file_that_is_no_gpu_check_is_refused(tmp_path, capsys, content, what):
    make_dataset(tmp_path / "data", "cuda")
    (tmp_path / "report").mkdir()
    path = tmp_path / "report" / "gpu-check.json"
    path.write_text(content)
    assert main(["--data-dir", str(tmp_path / "data"), "--output", str(tmp_path / "report")]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"{path} {what}")
    assert error.count("\n") == 1
    assert list((tmp_path / "report").iterdir()) == [path]
