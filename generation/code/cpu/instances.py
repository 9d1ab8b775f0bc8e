"""Which instance of a kernel's CPU code a case takes, so that only that one is compiled.

Warp 1.19 writes the code of most one-dimensional kernels as a template with two instances: one for launches over contiguous arrays, one for
any others; which one it is, is decided at each launch. A case's launches all take the same, and compiling the other as well is about a
tenth of the compiler's time. The other instance is declared before the text, which stays as it is, as a specialization that ends the
process: it is not compiled, and cannot be taken in silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from generation.code.compounds import compound_kind
from generation.code.unit import Emitted
from kernels.case import Case

_TEMPLATE = re.compile(
    r"^template <bool wp_linear_contiguous>\n"
    r"static void (?P<function>\w+_cpu_kernel_(?P<pass>forward|backward))\(\n(?P<parameters>.*?)\)\n\{",
    re.MULTILINE | re.DOTALL,
)
_BOTH = re.compile(r"^    const bool wp_linear_contiguous = ", re.MULTILINE)
_ADJOINT = re.compile(r"_wp_adj_args->(\w+)\.strides\[0\] ==")
_ARRAY = re.compile(r"_wp_args->(\w+)\.strides\[0\] ==")


def other_instances(emitted: Emitted) -> str:
    """C++ that goes before the text of a member in its namespace; empty where there is one instance only, or where it is not known which
    of two is taken."""
    case, code = emitted.case, emitted.code
    if case.block_dim is not None or len(_BOTH.findall(code)) != 2:
        return ""
    built = {argument.name for argument in case.arguments if compound_kind(argument.dtype)}
    if not built.isdisjoint(_ARRAY.findall(code)):
        # A view that is not contiguous.
        return ""
    taken = {"forward": "true", "backward": "true" if _has_gradients(case, _ADJOINT.findall(code)) else "false"}
    lines = [f"struct wp_args_{emitted.name};"]
    for match in _TEMPLATE.finditer(code):
        function, parameters = match["function"], match["parameters"]
        other = "false" if taken[match["pass"]] == "true" else "true"
        lines.append(f"template <bool> static void {function}({parameters});")
        lines.append(f"template <> void {function}<{other}>({parameters}) {{ __builtin_trap(); }}")
    return "\n".join(lines) + "\n"


def _has_gradients(case: Case, names: Iterable[str]) -> bool:
    """Whether all these arrays have a gradient: where one has none, its adjoint has no strides, and is not taken for contiguous."""
    differentiable = {argument.name: argument.differentiable for argument in case.arguments}
    return all(differentiable[name] for name in names)
