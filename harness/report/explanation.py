"""The part of the report that explains: what JIT compilation, an intermediate representation and NVIDIA Warp are, by one kernel."""

from __future__ import annotations

from mdutils.mdutils import MdUtils

from harness.report.example import Example, has_branch, has_function
from harness.report.page import heading

LANGUAGES = {"cpu": "C++", "cuda": "CUDA"}
"""What a device's generated code is written in."""

_COMPILED = {
    "cpu": "Warp's built-in clang compiler then makes machine code of it",
    "cuda": "NVIDIA's runtime compiler then makes GPU code of it",
}

_IR_BELOW = {"cpu": "an IR of its own, LLVM's", "cuda": "IRs of its own, the last of them PTX"}


def write_explanation(page: MdUtils, example: Example) -> None:
    """Add the sections to `page`. The excerpts are left out, and said to be, if the example has none."""
    row, language = example.row, LANGUAGES[example.device]
    traits = [text for text, there in (("a function", has_function(row)), ("a branch", has_branch(row))) if there]
    shape = f" It has {' and '.join(traits)}." if traits else ""
    heading(page, 2, "One kernel as an example")
    page.new_paragraph(
        f"This is record `{row.case}` (seed {row.seed}, {example.lines} lines), one of the dataset's own; the three sections after it "
        f"refer to it.{shape}"
    )
    page.insert_code(row.python_source.strip(), "python")
    _write_jit(page, example, language)
    _write_ir(page, example, language)
    _write_warp(page, example, language)


def _write_jit(page: MdUtils, example: Example, language: str) -> None:
    row = example.row
    heading(page, 2, "What JIT compilation is")
    page.new_paragraph(
        "A just-in-time (JIT) compiler translates a program while it runs, when a piece of it is first needed, and not beforehand. "
        f"When the kernel above is first launched, Warp reads its {row.python_bytes:,} bytes of Python and writes {row.code_bytes:,} bytes "
        f"of {language}; {_COMPILED[example.device]}, and that is loaded and run. This dataset keeps the two texts: the Python "
        f"that went in and the {language} that came out."
    )


def _write_ir(page: MdUtils, example: Example, language: str) -> None:
    heading(page, 2, "What an intermediate representation is")
    page.new_paragraph(
        "An intermediate representation (IR) is the form of a program between its source and its machine code: one simple step to a "
        f"statement, with every intermediate value named, so that a compiler can analyse and transform it. Warp's {language} plays this "
        f"part between the Python and the compiler below, which goes on with {_IR_BELOW[example.device]}."
    )
    excerpt = example.excerpt
    if excerpt is None:
        page.new_paragraph(f"This record's {language} has no few consecutive lines that could be shown by themselves.")
        return
    most = max(excerpt.statements)
    line = excerpt.first + excerpt.statements.index(most)
    text = example.row.python_source.splitlines()[line - 1].strip()
    became = f"{most} statements" if most > 1 else "1 statement"
    page.new_paragraph(
        f"Line {line}, `{text}`, became {became}. Excerpt of `{excerpt.forward_function}`, the statements of lines "
        f"{excerpt.first} to {excerpt.last} in full; `<L {line}>` marks what comes from line {line}:"
    )
    page.insert_code(_marked(excerpt.forward), "cpp")


def _write_warp(page: MdUtils, example: Example, language: str) -> None:
    heading(page, 2, "What NVIDIA Warp is")
    page.new_paragraph(
        "NVIDIA Warp is a Python library for simulation and graphics code. A function marked `@wp.kernel` is compiled by its JIT compiler "
        "and run by many threads at once, on the CPU or on an NVIDIA GPU; `wp.tid()` tells a thread which element is its own, and "
        "`@wp.func` marks functions that kernels call. Warp is differentiable: for each kernel it also generates the adjoint, a second "
        "function that carries derivatives from the outputs back to the inputs, statement by statement in reverse order."
    )
    excerpt = example.excerpt
    if excerpt is None:
        return
    page.new_paragraph(
        f"Excerpt of `{excerpt.backward_function}`, the adjoint of the same lines, from {excerpt.last} back to {excerpt.first}:"
    )
    page.insert_code(_marked(excerpt.backward), "cpp")


def _marked(text: str) -> str:
    return f"// [...]\n{text}\n// [...]"
