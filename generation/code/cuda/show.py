"""The command `python -m generation.code.cuda.show FILE.cu`: what NVRTC makes of a CUDA text, as PTX and, disassembled, as SASS.

The text stands by itself, such as a record's preamble and code. No GPU is needed. SASS, the GPU's own instructions, needs NVIDIA's
`nvdisasm` (`cuobjdump` does not do without it). Warp is imported only by the command, so that others may ask here for the disassembler.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from generation.code.cuda import architectures
from generation.code.cuda.architectures import DEFAULT_ARCHITECTURE, DEFAULT_BLOCK_DIM, architecture_name
from generation.code.target import one_line

FAILED = 2
"""The exit status after one line on standard error."""

DISASSEMBLER = "nvdisasm"
"""NVIDIA's program that shows a cubin's instructions."""

DISASSEMBLER_PACKAGE = "nvidia-cuda-nvdisasm"
"""The package that brings it, as the CUDA toolkit does."""

_DISASSEMBLY_SECONDS = 60


class ShowError(Exception):
    """A text that cannot be shown. The message is one line."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; its exit status: 0, or 2 after one line on standard error."""
    options = _parser().parse_args(arguments)
    try:
        for path in _show(options.file, options.arch, options.output, options.optimization_level):
            print(f"wrote {path}")
    except ShowError as error:
        print(error, file=sys.stderr)
        return FAILED
    return 0


def find_disassembler() -> str | None:
    """The path of `nvdisasm`: on PATH, or of the package that brings it to this interpreter; None if there is none."""
    found = shutil.which(DISASSEMBLER)
    if found is not None:
        return found
    spec = importlib.util.find_spec("nvidia")
    folders = [] if spec is None or spec.submodule_search_locations is None else list(spec.submodule_search_locations)
    candidates = [path for folder in folders for path in sorted(Path(folder).glob(f"*/bin/{DISASSEMBLER}"))]
    return next((str(path) for path in candidates if os.access(path, os.X_OK)), None)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m generation.code.cuda.show", description="Writes the PTX, and the SASS if it can, of a CUDA text."
    )
    parser.add_argument("file", type=Path, metavar="FILE.cu", help="the text, with its preamble")
    parser.add_argument("--arch", type=int, default=DEFAULT_ARCHITECTURE, metavar="N", help="architecture (default: %(default)s)")
    parser.add_argument("--output", type=Path, default=Path(), metavar="DIR", help="where FILE.ptx and FILE.sass go (default: here)")
    parser.add_argument("--optimization-level", type=int, choices=range(4), metavar="N", help="0 to 3 (default: Warp's own)")
    return parser


def _show(file: Path, arch: int, output: Path, level: int | None) -> list[Path]:
    """Writes the forms of `file`; their paths. Raises ShowError."""
    refusal = architectures.refusal(arch)
    if refusal is not None:
        raise ShowError(refusal)
    try:
        text = file.read_bytes()
        output.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="show-") as folder:
            source = Path(folder, file.name).with_suffix(".cu")
            source.write_bytes(text)
            with _complaints(source.with_suffix(".log")) as first_error:
                _compile(source, arch, level, first_error)
            made = [source.with_suffix(".ptx")]
            tool = find_disassembler()
            if tool is not None:
                made.append(_disassembled(source.with_suffix(".cubin"), tool))
            return [Path(shutil.copy(path, output)) for path in made]
    except OSError as error:
        raise ShowError(f"{error.filename or output}: {error.strerror or error}; give a file that can be read, and an --output") from None


def _compile(source: Path, arch: int, level: int | None, first_error: Callable[[], str]) -> None:
    """Compiles `source` to a PTX file and a cubin beside it. `first_error` gives the compiler's complaint. Raises ShowError."""
    if importlib.util.find_spec("warp") is None:
        raise ShowError("warp-lang is not installed, and it brings the compiler: pip install 'warp-lang>=1.16,<1.20'")
    import warp as wp

    from generation.code.private_api import UnsupportedWarpError, probe

    wp.config.log_level = wp.LOG_ERROR
    wp.config.kernel_cache_dir = str(source.parent / "cache")
    try:
        api = probe()
    except UnsupportedWarpError as error:
        raise ShowError(str(error)) from None
    known = api.cuda_architectures()
    if arch not in known:
        usable = ", ".join(str(a) for a in architectures.ARCHITECTURES if a in known)
        raise ShowError(f"--arch {arch}: warp-lang {api.version} cannot compile for it; use one of {usable}")
    # Warp's options come with a module; one without kernels has the default ones.
    module = wp.get_module("show")
    ptx, cubin = source.with_suffix(".ptx"), source.with_suffix(".cubin")
    try:
        for binary in (ptx, cubin):
            api.build_cuda(module, source, binary, block_dim=DEFAULT_BLOCK_DIM, arch=arch, optimization_level=level)
    except Exception as error:
        raise ShowError(f"{source.name} does not compile for {architecture_name(arch)}: {first_error() or one_line(error)}") from None
    # NVRTC ends its text as C does.
    ptx.write_bytes(ptx.read_bytes().rstrip(b"\0"))


def _disassembled(cubin: Path, tool: str) -> Path:
    """The cubin's instructions, in a file beside it. Raises ShowError."""
    command = [tool, "--print-code", str(cubin)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_DISASSEMBLY_SECONDS, check=True)
    except subprocess.CalledProcessError as error:
        words = error.stderr.strip() or f"it left with status {error.returncode}"
        raise ShowError(f"{tool} cannot disassemble the cubin: {one_line(words)}") from None
    except subprocess.TimeoutExpired:
        raise ShowError(f"{tool} did not disassemble the cubin in {_DISASSEMBLY_SECONDS} s") from None
    sass = cubin.with_suffix(".sass")
    sass.write_text(done.stdout, encoding="utf-8")
    return sass


@contextmanager
def _complaints(log: Path) -> Iterator[Callable[[], str]]:
    """Catches what a library writes to standard error; gives a function for the compiler's first error in it, or ''."""
    kept = os.dup(2)

    def first_error() -> str:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        return one_line(next((line for line in lines if "error: " in line), ""))

    with log.open("wb") as file:
        sys.stderr.flush()
        os.dup2(file.fileno(), 2)
        try:
            yield first_error
        finally:
            os.dup2(kept, 2)
            os.close(kept)


if __name__ == "__main__":
    sys.exit(main())
