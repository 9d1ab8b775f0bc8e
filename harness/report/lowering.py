"""The way of one kernel below its CUDA: its PTX and, where NVIDIA's disassembler is installed, its SASS.

PTX is the record's own, or made for the report by the command `generation.code.cuda.show`, which runs as a process of its own: the
report imports no Warp. What cannot be shown is said in a sentence.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from generation.code.cuda.show import DISASSEMBLER, DISASSEMBLER_PACKAGE, find_disassembler
from harness.report.example import Rendition
from harness.report.instructions import PTX, SASS, Form, Instructions, find_instructions

_ROOT = Path(__file__).resolve().parents[2]

_COMPILE_SECONDS = 300
"""NVRTC takes seconds; the largest kernels take a minute at the default level."""


@dataclass(frozen=True)
class Lowered:
    """One form below CUDA: where it comes from and how large it is, in a sentence, and an excerpt; or why there is none, in a sentence."""

    sentence: str
    excerpt: Instructions | None = None


@dataclass(frozen=True)
class Lowering:
    """PTX and SASS of a CUDA record."""

    ptx: Lowered
    sass: Lowered


def lower(cuda: Rendition) -> Lowering:
    """The forms below the CUDA of a record. Compiles it only if its PTX is not in the record, or can be disassembled here."""
    row, own = cuda.row, cuda.ptx
    arch = row.arch
    level = row.optimization_level if own is not None else None
    tool = find_disassembler()
    made: dict[str, str] = {}
    failure = ""
    if own is None or tool is not None:
        try:
            made = _compiled(cuda.preamble + cuda.code, arch, level)
        except _CompileError as error:
            failure = str(error)
    at_level = "Warp's default optimization level" if level is None else f"optimization level {level}"
    if own is not None:
        ptx = _lowered(PTX, own, cuda, f"From the record, made for {arch} at {at_level}")
    elif "ptx" in made:
        ptx = _lowered(PTX, made["ptx"], cuda, f"Made for the report, for {arch} at {at_level}")
    else:
        ptx = Lowered(f"The record keeps no PTX, and none could be made for the report: {failure}.")
    if tool is None:
        sass = Lowered(f"To see it here, install `{DISASSEMBLER}`: `pip install {DISASSEMBLER_PACKAGE}`.")
    elif "sass" in made:
        sass = _lowered(SASS, made["sass"], cuda, f"Made for the report, for {arch} at {at_level}, and read by `{DISASSEMBLER}`")
    else:
        sass = Lowered(f"The SASS could not be made for the report: {failure}.")
    return Lowering(ptx, sass)


class _CompileError(Exception):
    """The command failed; the message is its one line."""


def _compiled(text: str, arch: str, level: int | None) -> dict[str, str]:
    """What the command makes of a CUDA text, by the ending of the file's name. Raises _CompileError."""
    with tempfile.TemporaryDirectory(prefix="report-") as folder:
        source = Path(folder, "kernel.cu")
        source.write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "generation.code.cuda.show", str(source), "--arch", arch.removeprefix("sm_"), "--output", folder]
        command += [] if level is None else ["--optimization-level", str(level)]
        try:
            done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, timeout=_COMPILE_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            raise _CompileError(f"NVRTC did not end in {_COMPILE_SECONDS} s") from None
        if done.returncode:
            words = done.stderr.strip().splitlines()
            raise _CompileError(words[-1] if words else f"the command left with status {done.returncode}")
        return {form: path.read_text() for form in ("ptx", "sass") if (path := source.with_suffix(f".{form}")).exists()}


def _lowered(form: Form, text: str, cuda: Rendition, origin: str) -> Lowered:
    excerpt = find_instructions(text, cuda.forward_function, form)
    if excerpt is None:
        return Lowered(f"{origin}. It has no write to memory in its forward entry point that could be shown by itself.")
    return Lowered(f"{origin}; {excerpt.total:,} instructions forward.", excerpt)
