"""The CUDA side of the report: one kernel in all its forms, the validation levels told apart, the join with the CPU, the GPU check."""

from __future__ import annotations

import json
import re
import subprocess

import pytest
from report_samples import CODE, PTX, cells, make_dataset, run_report, section

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


pytestmark = pytest.mark.usefixtures("no_figures")


def report(data, output):
    return run_report(data, output)[0]


def code(text, form):
    """The blocks of code that follow the bold name of a form, before the next."""
    return re.findall(r"```\w+\n(.*?)\n```", part(text, form), re.S)


def part(text, form):
    """What stands from the bold name of a form up to the next one."""
    return re.split(r"\n\*\*(?=[A-Z])|\n## ", text.partition(f"**{form}**")[2])[0]


@pytest.fixture(scope="module")
def texts(tmp_path_factory, no_figures):
    """Report and appendix on CPU and CUDA, of which one kernel is missing on the CPU and one CUDA record was compiled only."""
    folder = tmp_path_factory.mktemp("both")
    compiled = {"validation": "compiled", "executed_on": "", "not_executed": "asm needs a GPU"}
    make_dataset(folder / "data", indices=range(1, 5))
    make_dataset(folder / "data", "cuda", outcomes={4: compiled})
    return run_report(folder / "data", folder / "report")


@pytest.fixture(scope="module")
def both(texts):
    return texts[0]


@pytest.fixture(scope="module")
def appendix(texts):
    return texts[1]


def test_the_kernel_is_one_that_both_devices_have(both):
    # Index 0 is shorter, and has no CPU record.
    assert "One kernel on this way, `map-000001` of seed 7: " in both


def test_the_same_statements_are_shown_in_every_form(both):
    [cpp] = code(both, "C++")
    assert cpp.splitlines()[-1] == "wp::array_store(var_out, var_0, var_4);"
    assert "**CUDA**: the same statements, which the threads of a GPU run at once." in both
    assert code(both, "PTX") == ["ld.global.f32 %f1, [%rd3];\nadd.f32 %f2, %f1, %f1;\nst.global.f32 [%rd4], %f2;"]
    [backward] = code(both, "Backward")
    assert backward.splitlines()[0] == "wp::adj_array_store(var_out, var_0, var_4, adj_out, adj_0, adj_4);"


def test_the_records_ptx_is_said_to_be_its_own(both):
    assert "From the record, made for sm_90 at Warp's default optimization level; 7 instructions forward." in part(both, "PTX")
    assert "these are the 3 up to the last write to memory, `st.global.f32`:" in part(both, "PTX")


def test_without_a_disassembler_a_sentence_names_it(both):
    sass = part(both, "SASS")
    assert "To see it here, install `nvdisasm`: `pip install nvidia-cuda-nvdisasm`." in sass
    words = "On sm_90 the forward entry point takes 21 registers per thread; the backward entry point takes 30 registers per thread, "
    assert words in sass
    assert code(both, "SASS") == []


def test_levels_and_reasons_by_device(appendix):
    text = section(appendix, "Validation levels and gradients")
    assert "|CPU, `executed`|x86_64|x86_64|4|" in text
    assert "|CUDA, `executed_on_host`|x86_64|sm_90|4|" in text
    assert "|CUDA, `compiled`|nothing|sm_90|1|" in text
    assert "|why CUDA code was not executed|records|" in text
    assert "|`asm needs a GPU`|1|" in text


def test_the_summary_tells_the_levels_apart(both):
    assert "4 CPU records (100.0%): run on x86_64." in both
    assert "4 CUDA records (80.0%): compiled by NVRTC for sm_90, and run on x86_64 in place of a GPU." in both
    assert "1 CUDA record (20.0%): compiled for sm_90, never run." in both
    assert "CUDA that ran on the host does not show how a GPU rounds" in both


def test_what_each_level_shows_is_said_once(both):
    found = re.findall(r"^- `(executed|executed_on_host|compiled)` \((.+?)\)", section(both, "Validation"), re.M)
    assert found == [("executed", "4 CPU"), ("executed_on_host", "4 CUDA"), ("compiled", "1 CUDA")]
    assert f"**GPU check**: {SENTENCE}" in both
    assert "No run on planted faults or on a GPU is on record." in both


def test_how_the_devices_join(both):
    assert "; 4 kernels have both. A record is" in both
    assert "translate Python kernels to C++ and CUDA, and between these for 4 kernels;" in both


def test_devices_stand_side_by_side(both, appendix):
    assert cells(both, "records")[0] == ["4", "5"]
    assert cells(appendix, "`map`") == [["1", "25.0%", "2", "40.0%"]]
    assert cells(both, "CUDA text") == [["without `__global__`", "-", "whole, as NVRTC compiled it"]]
    assert "There is no" not in both


def test_registers_are_spread_over_the_records_that_have_them(appendix):
    assert "|CUDA, forward (5 records)|20|20|22|24|24|" in appendix


def test_cuda_alone_shows_what_there_is_and_says_what_is_missing(tmp_path):
    make_dataset(tmp_path / "data", "cuda")
    text = report(tmp_path / "data", tmp_path / "report")
    assert "**C++**: there is none of this kernel; `pytest --device=cpu` over the same seed and indices" in text
    assert len(code(text, "CUDA")) == len(code(text, "PTX")) == 1
    assert "have both" not in text


def test_devices_without_a_kernel_in_common_show_the_first_ones_kernel(tmp_path):
    make_dataset(tmp_path / "data", indices=[0])
    make_dataset(tmp_path / "data", "cuda", indices=[1])
    text = report(tmp_path / "data", tmp_path / "report")
    assert "One kernel on this way, `map-000000`" in text
    assert "**CUDA**: there is none of this kernel" in text
    assert "; 0 kernels have both." in text


def test_a_kernel_that_writes_once_is_shown_before_a_shorter_one(tmp_path):
    """Both have the same Python lines; the first writes a second time, after the statements that could be shown."""
    once = CODE.format(first="x[i]")
    twice = once.replace("    // if i <", "    wp::array_store(var_out, var_0, var_9);\n    // if i <", 1)
    make_dataset(tmp_path / "data", indices=[0, 1], outcomes={0: {"code": twice}})
    assert "One kernel on this way, `map-000001`" in report(tmp_path / "data", tmp_path / "report")


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
    text = part(report(tmp_path / "data", tmp_path / "report"), "PTX")
    assert "Made for the report, for sm_90 at Warp's default optimization level; " in text
    assert "st.global.f32 [%rd4], %f2;" in text
    [call] = calls
    assert call[1:3] == ["-m", "generation.code.cuda.show"]
    assert call[call.index("--arch") + 1] == "90"


def test_a_compiler_that_fails_is_quoted_and_the_report_goes_on(tmp_path, command):
    command(status=2, error="kernel.cu does not compile for sm_90: kernel.cu(1): error: no\n")
    make_dataset(tmp_path / "data", "cuda", outcomes={0: {"ptx": None, "resources": None}})
    text = report(tmp_path / "data", tmp_path / "report")
    assert "none could be made for the report: kernel.cu does not compile for sm_90: kernel.cu(1): error: no." in part(text, "PTX")


def test_sass_is_shown_where_a_disassembler_is(tmp_path, command, monkeypatch):
    monkeypatch.setattr(lowering, "find_disassembler", lambda: "/opt/nvdisasm")
    sass = ".text.scale_01_cuda_kernel_forward:\n        /*0000*/    STG.E desc[UR4][R4.64], R5 ;\n        .type x,@function\n"
    command(ptx=PTX, sass=sass)
    make_dataset(tmp_path / "data", "cuda")
    text = report(tmp_path / "data", tmp_path / "report")
    assert code(text, "SASS") == ["STG.E desc[UR4][R4.64], R5 ;"]
    assert "read by `nvdisasm`" in part(text, "SASS")


def test_a_run_on_a_gpu_is_shown(tmp_path):
    make_dataset(tmp_path / "data", "cuda")
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "gpu-check.json").write_text(json.dumps(CHECK))
    text, appendix = run_report(tmp_path / "data", tmp_path / "report")
    certainty = section(text, "Defects of Warp and planted faults")
    assert "on Test GPU 9000, 1,999 cases were executed, 1,800 had their gradient checked, 1 failed." in certainty
    assert "The worst error was 25.0% of its tolerance in an output and 50.0% of its tolerance in a gradient. It took 33.2 s." in certainty
    rows = ("|memory bytes|`80,000,000,000 bytes`|", "|driver version|`999.1`|", "|versions|`warp 1.19.0, numpy 2.0`|")
    assert all(row in section(appendix, "Run on a GPU") for row in rows)
    assert "- `map-000005`: `forward: a|b 'differs'`" in appendix
    assert "On Test GPU 9000, 1,999 cases" in section(text, "Summary")
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
