"""A unit: the cases of a batch that are compiled and loaded together, as one Warp module.

Each case is generated once, alone, so that its code cannot depend on its neighbours. The unit's source is those very texts, one after
another, each in a C++ namespace of its own: what is recorded is what is compiled and run, and equal names do not collide.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import warp as wp

from generation.code.define import define
from generation.code.private_api import PrivateApi
from kernels.case import Case


@dataclass(frozen=True)
class Dialect:
    """What a case's code is generated as: C++ or CUDA, for blocks of how many threads, for which architecture (CUDA's alone).

    `cooperates` keeps cases whose threads wait for each other apart from the others; the text does not depend on it.
    """

    language: Literal["cpu", "cuda"]
    block_dim: int
    arch: int | None = None
    cooperates: bool = False


@dataclass(frozen=True)
class Emitted:
    """A case that is ready to be built: its kernel, the namespace it lives in, its code, and the overloads of builtins in that."""

    case: Case
    kernel: Any
    namespace: dict[str, Any]
    name: str
    preamble: str
    code: str
    meta: dict[str, Any]
    overloads: tuple[str, ...]


@dataclass
class Unit:
    """The cases that share one Warp module and one dialect, by the name of their entry points."""

    api: PrivateApi
    module_name: str
    dialect: Dialect
    optimization_level: int | None
    members: dict[str, Emitted] = field(default_factory=dict)

    def define(self, case: Case) -> dict[str, Any]:
        """The case's namespace, registered in this unit's module. Raises what the case's source raises."""
        self.api.restart_function_names()
        namespace = define(case, self.module_name)
        # Tiles would otherwise pull in mathdx, which takes half a minute for one kernel and does not serve the CPU.
        mathdx = {f"enable_mathdx_{part}": False for part in ("gemm", "fft", "solver")}
        self.module.options.update(mathdx, optimization_level=self.optimization_level)
        return namespace

    def emit(self, case: Case, namespace: dict[str, Any]) -> Emitted:
        """The case's code, split from the preamble. Raises what Warp's code generation raises; the kernel is then out of the module."""
        kernel = namespace[case.kernel_name]
        dialect = self.dialect
        try:
            emission = self.api.emit(kernel, target=dialect.language, block_dim=dialect.block_dim, output_arch=dialect.arch)
            preamble, code = split(emission.text, self.preamble)
        except Exception:
            if isinstance(kernel, wp.Kernel):
                self.api.forget(kernel)
            raise
        return Emitted(case, kernel, namespace, emission.name, preamble, code, emission.meta, emission.overloads)

    def admits(self, emitted: Emitted) -> bool:
        """Whether the case can be compiled with the members: same preamble, and no other code under the same entry point.

        Two kernels that differ only in a captured constant beyond 32 bits get the same name from Warp; they must not share a binary.
        """
        twin = self.members.get(emitted.name, emitted)
        anyone = next(iter(self.members.values()), emitted)
        return twin.code == emitted.code and anyone.preamble == emitted.preamble

    @property
    def module(self) -> Any:
        """The unit's Warp module."""
        return wp.get_module(self.module_name)

    @cached_property
    def preamble(self) -> str:
        """The fixed part before any kernel's own code."""
        return self.api.preamble(self.module, target=self.dialect.language, block_dim=self.dialect.block_dim)

    @property
    def meta(self) -> dict[str, Any]:
        """What Warp wants to know of the members beside their binary."""
        return {key: value for member in self.members.values() for key, value in member.meta.items()}

    def source(
        self, preamble: str, more: Callable[[Emitted], str] = lambda _: "", *, before: Callable[[Emitted], str] = lambda _: ""
    ) -> str:
        """The C++ of all members after `preamble`, each with what goes `before` it and what `more` adds to it.

        `#line` makes the compiler's messages name the case, so that a faulty one is found at once.
        """
        spaces = [
            f'namespace case_{i} {{\n{before(member)}#line 1 "{member.case.id}"\n{member.code}\n{more(member)}}}\n'
            for i, member in enumerate(self.members.values())
        ]
        return preamble + "".join(spaces)


def split(text: str, preamble: str) -> tuple[str, str]:
    """A generated text's preamble and own code; put together they are the text.

    Warp drops a line from the preamble of a kernel that mentions bfloat16. Raises ValueError for a text that starts in any other way, or
    has no code.
    """
    for start in (preamble, preamble.removeprefix("#define WP_NO_BFLOAT16\n")):
        if text.startswith(start) and len(text) > len(start):
            return start, text[len(start) :]
    raise ValueError("the generated text has no code of its own after the fixed preamble")
