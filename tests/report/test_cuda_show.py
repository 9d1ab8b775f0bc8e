"""The command that shows what NVRTC makes of a CUDA text: a PTX file, SASS where a disassembler is, one line where it cannot."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

TEXT = 'extern "C" __global__ void twice(float* x)\n{\n    x[threadIdx.x] *= 2.0f;\n}\n'

DISASSEMBLER = f"#!{sys.executable}\nimport sys\nassert open(sys.argv[-1], 'rb').read(4) == b'\\x7fELF'\nprint('shown', *sys.argv[1:-1])\n"


@pytest.fixture
def show(tmp_path):
    """Runs the command on a text; its status, standard output and standard error."""

    def run(text, *arguments, tool=None):
        (tmp_path / "bin").mkdir()
        if tool is not None:
            (tmp_path / "bin" / "nvdisasm").write_text(tool)
            (tmp_path / "bin" / "nvdisasm").chmod(0o755)
        source = tmp_path / "kernel.cu"
        if text is not None:
            source.write_text(text)
        command = [sys.executable, "-m", "generation.code.cuda.show", str(source), "--output", str(tmp_path / "out"), *arguments]
        environment = os.environ | {"PATH": str(tmp_path / "bin"), "TMPDIR": str(tmp_path)}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
        return done.returncode, done.stdout, done.stderr

    return run


def test_ptx_and_sass_are_written_and_nothing_else(show, tmp_path):
    status, output, error = show(TEXT, "--arch", "80", tool=DISASSEMBLER)
    assert (status, output, error) == (0, f"wrote {tmp_path}/out/kernel.ptx\nwrote {tmp_path}/out/kernel.sass\n", "")
    ptx = (tmp_path / "out" / "kernel.ptx").read_text()
    assert ".target sm_80" in ptx
    assert ".entry twice(" in ptx
    assert "\0" not in ptx
    assert (tmp_path / "out" / "kernel.sass").read_text() == "shown --print-code\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bin", "kernel.cu", "out"]


def test_a_text_that_does_not_compile_is_one_line_with_the_compilers_first_error(show, tmp_path):
    status, output, error = show(TEXT.replace("threadIdx", "threadIndex"))
    assert (status, output) == (2, "")
    assert error == 'kernel.cu does not compile for sm_100: kernel.cu(3): error: identifier "threadIndex" is undefined\n'
    assert not list((tmp_path / "out").iterdir())


def test_a_disassembler_that_fails_is_one_line(show, tmp_path):
    status, output, error = show(TEXT, tool=f"#!{sys.executable}\nimport sys\nsys.exit('no such architecture')\n")
    assert (status, output) == (2, "")
    assert error == f"{tmp_path}/bin/nvdisasm cannot disassemble the cubin: no such architecture\n"


@pytest.mark.parametrize(
    ("text", "arguments", "line"),
    [
        (TEXT, ["--arch", "42"], "--arch 42: use one of 75, 80, 86, 89, 90, 100, 120\n"),
        (None, [], "{0}/kernel.cu: No such file or directory; give a file that can be read, and an --output\n"),
    ],
)
def test_bad_input_is_one_line(show, tmp_path, text, arguments, line):
    assert show(text, *arguments) == (2, "", line.format(tmp_path))
