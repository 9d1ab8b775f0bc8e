"""The way of the report's kernel through the compiler: the same statements in Python, C++, CUDA, PTX and SASS, a few lines of each."""

from __future__ import annotations

from mdutils.mdutils import MdUtils

from harness.folder import DEVICES
from harness.report.example import Example, Rendition
from harness.report.lowering import Lowered, Lowering
from harness.report.material import LANGUAGES
from harness.report.page import listed
from harness.report.resources import resources_sentence

_FENCES = {"cpu": "cpp", "cuda": "cuda"}


def write_compilation(page: MdUtils, example: Example, lowering: Lowering | None) -> None:
    """Add the kernel in all its forms. `lowering` is that of the example's CUDA, None if it has none."""
    row = example.row
    sizes = listed([f"{r.row.code_bytes:,} bytes of {LANGUAGES[r.device]}" for r in example.renditions])
    page.new_paragraph(
        f"One kernel on this way, `{row.case}` of seed {row.seed}: {row.python_bytes:,} bytes of Python became {sizes}, forward and "
        "backward."
    )
    page.insert_code(row.python_source.strip(), "python")
    shown = ""
    for device in DEVICES:
        rendition = example.on(device)
        if rendition is None:
            page.new_paragraph(
                f"**{LANGUAGES[device]}**: there is none of this kernel; `pytest --device={device}` over the same seed and indices, with "
                "the same `--data-dir`, makes it."
            )
        else:
            shown = _write_forward(page, rendition, shown)
    _write_backward(page, example.renditions[0])
    cuda = example.on("cuda")
    if cuda is not None and lowering is not None:
        _write_lowered(page, "PTX", "the assembly language of a virtual GPU", lowering.ptx)
        _write_lowered(page, "SASS", "what a GPU executes", lowering.sass)
        if cuda.row.resources is not None:
            page.new_paragraph(resources_sentence(cuda.row))


def _write_forward(page: MdUtils, rendition: Rendition, shown: str) -> str:
    """Add the excerpt, unless it is the one that was shown last; the excerpt's text."""
    excerpt, name = rendition.excerpt, LANGUAGES[rendition.device]
    if excerpt is None:
        page.new_paragraph(f"**{name}**: this kernel's has no few consecutive statements that could be shown by themselves.")
        return shown
    if excerpt.forward == shown:
        page.new_paragraph(f"**{name}**: the same statements, which the threads of a GPU run at once.")
        return shown
    page.new_paragraph(
        f"**{name}** of lines {excerpt.first} to {excerpt.last}, where `<L {excerpt.last}>` marks what comes from line {excerpt.last}:"
    )
    page.insert_code(excerpt.forward, _FENCES[rendition.device])
    return excerpt.forward


def _write_backward(page: MdUtils, rendition: Rendition) -> None:
    excerpt = rendition.excerpt
    if excerpt is not None:
        page.new_paragraph(f"**Backward**, the adjoints of the same lines, from {excerpt.last} back to {excerpt.first}:")
        page.insert_code(excerpt.backward, _FENCES[rendition.device])


def _write_lowered(page: MdUtils, name: str, what: str, lowered: Lowered) -> None:
    excerpt = lowered.excerpt
    if excerpt is None:
        page.new_paragraph(f"**{name}**, {what}. {lowered.sentence}")
        return
    count = len(excerpt.text.splitlines())
    page.new_paragraph(
        f"**{name}**, {what}. {lowered.sentence} The optimizer has mixed the statements; these are the {count} up to the last write to "
        f"memory, `{excerpt.write}`:"
    )
    page.insert_code(excerpt.text, "asm")
