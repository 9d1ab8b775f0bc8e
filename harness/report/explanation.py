"""The part of the report that explains what JIT compilation, an intermediate representation and NVIDIA Warp are, with a diagram."""

from __future__ import annotations

from mdutils.mdutils import MdUtils

from harness.report.page import heading

DIAGRAM = """\
flowchart LR
    python["Python<br/>kernel"] --> ast["syntax tree<br/>(AST)"]
    ast --> forward["forward:<br/>the kernel"]
    ast --> backward["backward:<br/>its adjoint"]
    subgraph Warp["Warp writes: the pairs of this dataset"]
        forward --> cpp["C++"] & cuda["CUDA"]
        backward --> cpp & cuda
    end
    cpp -- clang --> llvm["LLVM IR"] --> machine["machine code<br/>(CPU)"]
    cuda -- NVRTC --> ptx["PTX"] -- assembler --> sass["SASS<br/>(GPU)"]"""
"""The stages, in Mermaid's language; every arrow is a step of a compiler."""


def write_explanation(page: MdUtils) -> None:
    """Add the section's head."""
    heading(page, 2, "From Python to machine code")
    page.new_paragraph(
        "**NVIDIA Warp** is a Python library for simulation and graphics. Many threads run a function marked `@wp.kernel` at once, on the "
        "CPU or on an NVIDIA GPU; `wp.tid()` tells a thread which element is its own."
    )
    page.new_paragraph(
        "**Just-in-time (JIT) compilation** translates a program when it is first run, not beforehand. When a kernel is first launched, "
        "Warp reads its syntax tree (AST), writes C++ or CUDA, and has a compiler make machine code of that."
    )
    page.new_paragraph(
        "**An intermediate representation (IR)** is a form of a program between source and machine code: one simple step to a statement, "
        "every intermediate value named, so that a compiler can analyse and transform it. Warp's C++ and CUDA are such a form; LLVM IR and "
        "PTX are the next. Here Warp also **differentiates**: beside the kernel it writes its adjoint, which carries derivatives from the "
        "outputs back to the inputs, statement by statement in reverse order."
    )
    page.insert_code(DIAGRAM, "mermaid")
