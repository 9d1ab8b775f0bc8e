"""The way of the report's kernel through the compiler: the same statements in Python, C++, CUDA, PTX and SASS, a few lines of each."""

from __future__ import annotations

from mdutils.mdutils import MdUtils

from harness.folder import DEVICES
from harness.report.example import Example, Rendition
from harness.report.explanation import LANGUAGES
from harness.report.lowering import Lowered, Lowering
from harness.report.page import heading, marked
from harness.report.resources import resources_sentence

_ROLES = {
    "cpu": "Warp's C++ for the CPU. Each call of the function is one thread, and another function calls it for one after another.",
    "cuda": "Warp's CUDA for the GPU, where every thread runs the function; a loop around the statements takes it to its indices.",
}


def write_compilation(page: MdUtils, example: Example, lowering: Lowering | None) -> None:
    """Add the section. `lowering` is that of the example's CUDA, None if it has none."""
    heading(page, 2, "One kernel's way through the compiler")
    page.new_paragraph(
        "The same few statements in every form that they take on the way from Python to the processor, each an excerpt of more. Warp "
        "writes C++ or CUDA; clang or NVRTC compiles that."
    )
    _write_python(page, example)
    for device in DEVICES:
        rendition = example.on(device)
        heading(page, 3, f"{LANGUAGES[device]}")
        if rendition is None:
            page.new_paragraph(_missing(device))
        else:
            _write_rendition(page, rendition)
    heading(page, 3, "PTX")
    page.new_paragraph(
        "PTX is NVIDIA's assembly language for a virtual machine with any number of registers; the driver, or NVRTC itself, makes a GPU's "
        "own instructions of it."
    )
    _write_lowered(page, None if lowering is None else lowering.ptx)
    heading(page, 3, "SASS")
    page.new_paragraph("SASS is what a GPU of one architecture executes, with real registers.")
    cuda = example.on("cuda")
    if cuda is not None and cuda.row.resources is not None:
        page.new_paragraph(resources_sentence(cuda.row))
    _write_lowered(page, None if lowering is None else lowering.sass)


def _write_python(page: MdUtils, example: Example) -> None:
    excerpt = example.renditions[0].excerpt
    if excerpt is not None:
        heading(page, 3, "Python")
        lines = example.row.python_source.splitlines()[excerpt.first - 1 : excerpt.last]
        page.new_paragraph(f"Lines {excerpt.first} to {excerpt.last} of the kernel above:")
        page.insert_code("\n".join(line.strip() for line in lines), "python")


def _write_rendition(page: MdUtils, rendition: Rendition) -> None:
    excerpt, language = rendition.excerpt, LANGUAGES[rendition.device]
    size = f"{rendition.row.code_bytes:,} bytes in all, forward and backward."
    if excerpt is None:
        page.new_paragraph(f"{_ROLES[rendition.device]} {size} It has no few consecutive lines that could be shown by themselves.")
        return
    page.new_paragraph(
        f"{_ROLES[rendition.device]} {size} From `{excerpt.forward_function}`, the statements of lines {excerpt.first} to {excerpt.last} "
        f"in full; `<L {excerpt.last}>` marks what comes from line {excerpt.last}:"
    )
    page.insert_code(marked(excerpt.forward), "cpp" if language == "C++" else "cuda")


def _write_lowered(page: MdUtils, lowered: Lowered | None) -> None:
    if lowered is None:
        page.new_paragraph("Without a CUDA record of this kernel there is nothing to make it of.")
        return
    page.new_paragraph(lowered.sentence)
    excerpt = lowered.excerpt
    if excerpt is not None:
        count = len(excerpt.text.splitlines())
        page.new_paragraph(
            f"What compiles the CUDA no longer keeps statements apart. These are the {count} instructions of `{excerpt.function}` that end "
            f"in its last write to memory, `{excerpt.write}`, and not exactly those of the lines above:"
        )
        page.insert_code(marked(excerpt.text), "asm")


def _missing(device: str) -> str:
    return (
        f"The dataset has no {LANGUAGES[device]} of this kernel: `pytest --device={device}` over the same seed and indices, with the same "
        "`--data-dir`, makes it."
    )
