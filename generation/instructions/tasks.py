"""The tasks: what is asked about a record and what the right answer is, or why the record is left out of the task.

python-to-cpp, python-to-cuda: a kernel in Python, and the code that Warp generates of it. cpp-to-cuda: a kernel's C++ and its CUDA.
numpy-to-warp: the numpy reference with the kernel's interface, and the kernel. forward-to-backward: the kernel in Python with the forward
part of its code, and the backward part. Its Python is given too: a gradient that is written by hand stands nowhere else, and it is short
beside the code.

Names in generated code end in a hash that cannot be foreseen; those that a request does not show otherwise are listed in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from generation.instructions.kernel_index import KernelIndex
from generation.instructions.prompts import block, generated_names, interface
from harness.directions import both_directions
from harness.folder import DEVICES

LANGUAGES = {"cpu": "C++", "cuda": "CUDA"}
_FENCES = {"cpu": "cpp", "cuda": "cuda"}


@dataclass(frozen=True)
class Exchange:
    """What is put to the model after the request itself, piece by piece, and its answer."""

    given: tuple[str, ...]
    answer: str


@dataclass(frozen=True)
class LeftOut:
    """Why a record gives no row: what comes after a count, such as `with a known limitation of the gradient`."""

    reason: str


@dataclass(frozen=True)
class Task:
    """A task: the devices whose records are asked about, the columns that it reads, the system's message, the wordings of the request (both
    with `{language}`, that of the record's code, and `{version}`, that of Warp), and what makes the exchange of a record.

    `joined` names the device whose code is needed too; `once` says that a kernel's records on several devices give the same row.
    """

    name: str
    devices: tuple[str, ...]
    columns: tuple[str, ...]
    system: str
    wordings: tuple[str, ...]
    exchange: Callable[[dict[str, Any], KernelIndex], Exchange | LeftOut]
    joined: str | None = None
    once: bool = False


def _generate(record: dict[str, Any], index: KernelIndex) -> Exchange | LeftOut:
    return Exchange((block("python", record["python_source"]), _names(record["code"])), _code(record))


def _port(record: dict[str, Any], index: KernelIndex) -> Exchange | LeftOut:
    if not index.has("cpu", record["pair_id"]):
        return LeftOut("without a C++ record")
    return Exchange((block(_FENCES["cpu"], index.held_code(record["pair_id"])),), _code(record))


def _write(record: dict[str, Any], index: KernelIndex) -> Exchange | LeftOut:
    given = (block("python", record["reference_source"]), interface(record["kernel_name"], record["launch"]))
    return Exchange(given, block("python", record["python_source"]))


def _differentiate(record: dict[str, Any], index: KernelIndex) -> Exchange | LeftOut:
    if index.gradient_limited(record):
        return LeftOut("with a known limitation of the gradient")
    forward, backward = both_directions(record["code"])
    if not backward:
        return LeftOut("without a backward part")
    fence = _FENCES[record["device"]]
    return Exchange((block("python", record["python_source"]), block(fence, forward)), block(fence, backward))


def _code(record: dict[str, Any]) -> str:
    return block(_FENCES[record["device"]], record["code"])


def _names(code: str) -> str:
    return "Names in the generated code: " + ", ".join(f"`{name}`" for name in generated_names(code)) + "."


_GENERATOR = "You are the code generator of NVIDIA Warp {version}. You answer with the {language} code alone, without its fixed preamble."

_GENERATE_WORDINGS = (
    "Generate the {language} code of this Warp kernel, forward and backward.",
    "What {language} does Warp generate of the following kernel, with its adjoint?",
    "Translate this Warp kernel to {language} as Warp's just-in-time compiler does, forward and backward pass.",
    "Here is a Warp kernel in Python. Write down the {language} source that Warp {version} compiles for it.",
)

TASKS = (
    Task("python-to-cpp", ("cpu",), ("python_source", "code"), _GENERATOR, _GENERATE_WORDINGS, _generate),
    Task("python-to-cuda", ("cuda",), ("python_source", "code"), _GENERATOR, _GENERATE_WORDINGS, _generate),
    Task(
        "cpp-to-cuda",
        ("cuda",),
        ("code",),
        "You port code that NVIDIA Warp {version} generated for the CPU to CUDA. You answer with the CUDA code alone, without its fixed "
        "preamble.",
        (
            "Port this C++, which Warp generated for the CPU, to the CUDA that Warp generates of the same kernel.",
            "This is the C++ of a Warp kernel. What is its CUDA, forward and backward?",
            "Rewrite the following C++ of a Warp kernel as CUDA kernels, in the form that Warp {version} gives them.",
            "Warp compiles this C++ for the CPU. Write the CUDA source that it compiles for a GPU.",
        ),
        _port,
        joined="cpu",
    ),
    Task(
        "numpy-to-warp",
        DEVICES,
        ("python_source", "reference_source", "kernel_name", "launch"),
        "You write GPU kernels in Python with NVIDIA Warp {version}. You answer with one self-contained module.",
        (
            "Write a Warp kernel that computes what this numpy function computes.",
            "Turn this numpy code into a Warp kernel.",
            "Port the following numpy reference to NVIDIA Warp.",
            "This numpy function is to run as one Warp kernel. Write the module that defines it.",
        ),
        _write,
        once=True,
    ),
    Task(
        "forward-to-backward",
        DEVICES,
        ("python_source", "code"),
        "You differentiate code as NVIDIA Warp {version} does, in reverse mode. You answer with the backward {language} code alone.",
        (
            "This is a Warp kernel and the forward {language} code that Warp generated of it. Write the backward code.",
            "Here are a Warp kernel and its forward pass in {language}. Write the adjoint of it.",
            "Differentiate the forward {language} code of this Warp kernel in reverse mode.",
            "Which backward {language} code does Warp generate to go with this kernel's forward code?",
        ),
        _differentiate,
    ),
)
