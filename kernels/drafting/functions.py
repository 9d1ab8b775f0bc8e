"""A drawn expression as a function of its own, in the kernel's module and in the reference's."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kernels.language.expression import Custom, Expression, Variable, substitute
from kernels.source import def_lines


@dataclass(frozen=True)
class Function:
    """A function's definition and call, in the kernel's module and in the reference's."""

    definition: list[str]
    call: str
    reference: list[str]
    reference_call: str


def function_of(name: str, expression: Expression, typed_result: bool) -> Function:
    """The function `name` whose parameters are the expression's leaves, called after the last part of their names."""
    parameters: dict[Expression, Variable] = {}
    for leaf in dict.fromkeys(e for e in expression.walk() if isinstance(e, (Variable, Custom))):
        word = re.findall(r"^[\w.]+", leaf.warp())[0].split(".")[-1]
        same = sum(re.sub(r"_\d+$", "", p.name) == word for p in parameters.values())
        parameters[leaf] = Variable(leaf.type, leaf.range, f"{word}_{same + 1}" if same else word)
    inner = substitute(expression, parameters.get)
    typed = [f"{p.name}: {p.type.spelling}" for p in parameters.values()]
    result = expression.type.spelling if typed_result else ""
    return Function(
        definition=["@wp.func", *def_lines(name, typed, result), f"    return {inner.warp()}"],
        call=f"{name}({', '.join(leaf.warp() for leaf in parameters)})",
        reference=[*def_lines(name, [p.name for p in parameters.values()]), f"    return {inner.numpy()}"],
        reference_call=f"{name}({', '.join(leaf.numpy() for leaf in parameters)})",
    )
