"""A drawn expression as a function of its own, and how much of it a person would not have written."""

from __future__ import annotations

from dataclasses import dataclass

from kernels.language.expression import Apply, Custom, Expression, Literal, Variable, substitute
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
    leaves = list(dict.fromkeys(e for e in expression.walk() if isinstance(e, (Variable, Custom))))
    parameters: dict[Expression, Variable] = {
        leaf: Variable(leaf.type, leaf.range, leaf.warp().split(".")[-1].split("[")[0]) for leaf in leaves
    }
    inner = substitute(expression, parameters.get)
    typed = [f"{p.name}: {p.type.spelling}" for p in parameters.values()]
    result = expression.type.spelling if typed_result else ""
    return Function(
        definition=["@wp.func", *def_lines(name, typed, result), f"    return {inner.warp()}"],
        call=f"{name}({', '.join(leaf.warp() for leaf in leaves)})",
        reference=[*def_lines(name, [p.name for p in parameters.values()]), f"    return {inner.numpy()}"],
        reference_call=f"{name}({', '.join(leaf.numpy() for leaf in leaves)})",
    )


def idleness(expression: Expression) -> int:
    """How much of `expression` a person would not write: values that occur again, operations on constants alone."""
    leaves = [e for e in expression.walk() if isinstance(e, (Variable, Custom))]
    constant = [e for e in expression.walk() if isinstance(e, Apply) and all(isinstance(a, Literal) for a in e.arguments)]
    vectors = sum(e.operation.name == "make_vec" for e in constant)
    again = [
        e
        for e in expression.walk()
        if isinstance(e, Apply) and any(isinstance(a, Apply) and a.operation is e.operation for a in e.arguments)
    ]
    doubled = sum(e.operation.name in ("normalize", "absolute", "tanh", "transpose") for e in again)
    return len(leaves) - len(set(leaves)) + 10 * doubled + 10 * (len(constant) - vectors)
