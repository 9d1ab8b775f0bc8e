"""The part of the report that explains: what JIT compilation, an intermediate representation and NVIDIA Warp are, by one kernel."""

from __future__ import annotations

from mdutils.mdutils import MdUtils

from harness.report.example import Example, has_branch, has_function
from harness.report.page import heading, marked

LANGUAGES = {"cpu": "C++", "cuda": "CUDA"}
"""What a device's generated code is written in."""

_COMPILED = {
    "cpu": "Warp's built-in clang compiler then makes machine code of it",
    "cuda": "NVIDIA's runtime compiler, NVRTC, then makes GPU code of it",
}

_IR_BELOW = {"cpu": "an IR of its own, LLVM's", "cuda": "IRs of its own, the last of them PTX"}


def write_example(page: MdUtils, example: Example) -> None:
    """Add the section with the kernel that the other sections refer to."""
    row = example.row
    traits = [text for text, there in (("a function", has_function(row)), ("a branch", has_branch(row))) if there]
    shape = f" It has {' and '.join(traits)}." if traits else ""
    heading(page, 2, "One kernel as an example")
    page.new_paragraph(
        f"This is record `{row.case}` (seed {row.seed}, {example.lines} lines), one of the dataset's own; the sections after it refer to "
        f"it.{shape}"
    )
    page.insert_code(row.python_source.strip(), "python")


def write_jit(page: MdUtils, example: Example) -> None:
    """Add the section on JIT compilation."""
    heading(page, 2, "What JIT compilation is")
    made = " and ".join(f"{r.row.code_bytes:,} bytes of {LANGUAGES[r.device]}" for r in example.renditions)
    then = "; ".join(_COMPILED[r.device] for r in example.renditions)
    texts = " and the ".join(LANGUAGES[r.device] for r in example.renditions)
    each = ", one for each kind of device" if len(example.renditions) > 1 else ""
    page.new_paragraph(
        "A just-in-time (JIT) compiler translates a program while it runs, when a piece of it is first needed, and not beforehand. "
        f"When the kernel above is first launched, Warp reads its {example.row.python_bytes:,} bytes of Python and writes {made}{each}; "
        f"{then}, and that is loaded and run. This dataset keeps the texts: the Python that went in and the {texts} that came out."
    )


def write_ir(page: MdUtils, example: Example) -> None:
    """Add the section on intermediate representations. That the example has no excerpt is said here."""
    rendition = example.renditions[0]
    language = LANGUAGES[rendition.device]
    heading(page, 2, "What an intermediate representation is")
    page.new_paragraph(
        "An intermediate representation (IR) is the form of a program between its source and its machine code: one simple step to a "
        f"statement, with every intermediate value named, so that a compiler can analyse and transform it. Warp's {language} plays this "
        f"part between the Python and the compiler below, which goes on with {_IR_BELOW[rendition.device]}."
    )
    excerpt = rendition.excerpt
    if excerpt is None:
        page.new_paragraph(f"This record's {language} has no few consecutive lines that could be shown by themselves.")
        return
    most = max(excerpt.statements)
    line = excerpt.first + excerpt.statements.index(most)
    text = example.row.python_source.splitlines()[line - 1].strip()
    page.new_paragraph(f"Line {line}, `{text}`, became {most} statement{'s' * (most > 1)}; the next section shows them.")


def write_warp(page: MdUtils, example: Example) -> None:
    """Add the section on NVIDIA Warp, with the excerpt's adjoint, if there is one."""
    heading(page, 2, "What NVIDIA Warp is")
    page.new_paragraph(
        "NVIDIA Warp is a Python library for simulation and graphics code. A function marked `@wp.kernel` is compiled by its JIT compiler "
        "and run by many threads at once, on the CPU or on an NVIDIA GPU; `wp.tid()` tells a thread which element is its own, and "
        "`@wp.func` marks functions that kernels call. Warp is differentiable: for each kernel it also generates the adjoint, a second "
        "function that carries derivatives from the outputs back to the inputs, statement by statement in reverse order."
    )
    excerpt = example.renditions[0].excerpt
    if excerpt is None:
        return
    page.new_paragraph(
        f"Excerpt of `{excerpt.backward_function}`, the adjoint of the same lines, from {excerpt.last} back to {excerpt.first}:"
    )
    page.insert_code(marked(excerpt.backward), "cpp")
