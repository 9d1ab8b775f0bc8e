"""CUDA text as C++ for this machine: the very kernels, with stand-ins for CUDA's own words and entry points for Warp's launches.

Warp's CPU launches call `<name>_cpu_forward(bounds, arguments)` and `<name>_cpu_backward(bounds, arguments, adjoints)`, with the arguments
in a struct, one after another. The entry points made here unpack that struct and run the CUDA kernel for every thread of a grid, so that
launches, tapes and arrays are Warp's own.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from generation.code.unit import Emitted

_EXECUTION = Path(__file__).with_name("host_execution.h")

_BLOCK_DIM = re.compile(r"^#define WP_TILE_BLOCK_DIM \d+$", re.MULTILINE)

_WAITS = re.compile(r"\b(__syncthreads|__shared__)\b")
"""What a person writes for threads that work together; Warp's own tiles go by the case's block_dim."""

_DEVICE_ONLY = re.compile(
    r"asm|__shfl\w*|__ballot\w*|__any_sync|__all_sync|__match_\w+|__reduce_\w+_sync|__syncwarp|__syncthreads_\w+|__activemask|"
    r"__nanosleep|__trap|__brkpt|clock64|clock|globaltimer|__constant__|__threadfence\w*|warpSize|laneid|cooperative_groups|nvcuda|"
    r"__half2?|__nv_bfloat16\w*|__pipeline_\w+|__cvta_\w+|tex[123]D\w*|surf[123]D\w*"
)
"""Words of CUDA that have no stand-in."""

_WORD = re.compile(r"[A-Za-z_]\w*")

_ENTRY = r'extern "C" [^\n]*\b{name}\(\n(?P<parameters>.*?)\)\n\{{'
_STRIDES = "for (size_t _idx = "
"""How a kernel begins that goes round until every index is served, whatever the grid."""


class HostTextError(RuntimeError):
    """A generated text is not of the form that this module reads; the message says where."""


def waits(source: str) -> bool:
    """Whether the text of a case or of its code has threads of a block wait for each other by CUDA's own words."""
    return _WAITS.search(source) is not None


def obstacle(code: str, *, fibers: bool) -> str | None:
    """Why the host cannot run a kernel's CUDA code, in a few words, or None. `fibers` says that threads can wait for each other here."""
    # A kernel has thousands of words and few different ones.
    for word in sorted(set(_WORD.findall(code))):
        if _DEVICE_ONLY.fullmatch(word):
            return f"{word} needs a GPU"
    if not fibers and waits(code):
        return "its threads wait for each other, which this version of Warp has no fibers for"
    return None


def host_preamble(preamble: str, block_dim: int) -> str:
    """A CUDA text's preamble for the host, for blocks of `block_dim` threads that wait for each other, or 1 for blocks that do not."""
    text, count = _BLOCK_DIM.subn(f"#define WP_TILE_BLOCK_DIM {block_dim}", preamble)
    if count != 1:
        raise HostTextError("the preamble does not define WP_TILE_BLOCK_DIM once")
    return text + _EXECUTION.read_text(encoding="utf-8")


def runnable(emitted: Emitted) -> Emitted:
    """What the host is to run of a kernel: all of it, or all but the entry point of its backward pass where there is no gradient to check.

    NVRTC compiles that, and nothing runs it; the host has one in its place that ends the process, since Warp looks for one.
    """
    backward = re.search(rf'^extern "C" [^\n]*\b{re.escape(emitted.name)}_cuda_kernel_backward\(', emitted.code, re.MULTILINE)
    if emitted.case.has_gradient or backward is None:
        return emitted
    stub = f'extern "C" WP_API void {emitted.name}_cpu_backward() {{ __builtin_trap(); }}\n'
    return replace(emitted, code=emitted.code[: backward.start()] + stub)


def entry_points(emitted: Emitted) -> str:
    """The entry points for Warp's CPU launches of one kernel, to stand after its code. Raises HostTextError for a code of another form."""
    name, code = emitted.name, emitted.code
    bounds, *types = _parameters(code, f"{name}_cuda_kernel_forward")
    structs = {tuple(types): f"wp_host_args_{name}"}
    text = _entry(name, "forward", bounds, [tuple(types)], structs, code)
    if f"{name}_cuda_kernel_backward(" in code:
        backward = _parameters(code, f"{name}_cuda_kernel_backward")
        adjoints = tuple(backward[1 + len(types) :])
        if backward[: 1 + len(types)] != [bounds, *types] or len(adjoints) != len(types):
            raise HostTextError(f"the backward kernel of {name} does not take each argument and its adjoint")
        structs.setdefault(adjoints, f"wp_host_adj_args_{name}")
        text += _entry(name, "backward", bounds, [tuple(types), adjoints], structs, code)
    return "".join(f"struct {struct} {{ {_fields(members)} }};\n" for members, struct in structs.items()) + text


def _parameters(code: str, name: str) -> list[str]:
    """The types of an entry point's parameters, the launch's bounds first."""
    found = re.search(_ENTRY.format(name=re.escape(name)), code, re.DOTALL)
    if found is None:
        raise HostTextError(f"the code has no entry point {name}")
    return [line.strip().rpartition(" ")[0] for line in found["parameters"].split(",\n")]


def _fields(types: tuple[str, ...]) -> str:
    return " ".join(f"{t} p{i};" for i, t in enumerate(types))


def _entry(name: str, direction: str, bounds: str, parts: list[tuple[str, ...]], structs: dict[tuple[str, ...], str], code: str) -> str:
    """One entry point, and the function that it calls for each thread; `parts` are the arguments and, backward, their adjoints."""
    kernel = f"{name}_cuda_kernel_{direction}"
    body = code[code.index(f"{kernel}(") :].partition("\nextern ")[0]
    strides = "true" if _STRIDES in body else "false"
    pointers = " ".join(f"{structs[types]}* a{n} = ({structs[types]}*)((void**)call)[{n}];" for n, types in enumerate(parts))
    values = "".join(f", a{n}->p{i}" for n, types in enumerate(parts) for i in range(len(types)))
    arguments = ", ".join(f"void* a{n}" for n in range(len(parts)))
    thread = f"wp_host_{direction}_{name}"
    return (
        f"static void {thread}(void* dim, size_t, int, void* call)\n{{ {pointers} {kernel}(*({bounds}*)dim{values}); }}\n"
        f'extern "C" WP_API void {name}_cpu_{direction}({bounds}* dim, {arguments})\n'
        f"{{ void* call[] = {{ {', '.join(f'a{n}' for n in range(len(parts)))} }}; "
        f"wp_host::run(dim->size, {strides}, &{thread}, dim, call); }}\n"
    )
