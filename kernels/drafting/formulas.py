"""Formulas: a line of arithmetic, written once as text, for the kernel and for the reference.

`formula` reads Python's own syntax over names in scope (`0.5 * x * (1.0 + tanh(inner))`, `where(mask, a, b)`, `v[0]`, `rotation @ v`) as a
typed expression that renders itself for both: operators and functions are looked up among the declared operations by the types of their
operands, so ranges and domains are checked on the way. `to_numpy` turns Warp's spelling of a formula, whose values have no known ranges,
into numpy's: the builtins by name, vectors as a trailing axis of length 3.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from operator import add, mul, sub

from kernels.language.expression import Apply, Custom, Expression, Literal, Variable, apply, literal
from kernels.language.operation import OPERATIONS
from kernels.language.types import BOOL, Type, real

_OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "subtract",
    ast.Mult: "multiply",
    ast.Div: "divide",
    ast.Pow: "pow",
    ast.FloorDiv: "floor_divide",
    ast.Mod: "modulo",
    ast.BitAnd: "bit_and",
    ast.BitOr: "bit_or",
    ast.BitXor: "bit_xor",
    ast.LShift: "shift_left",
    ast.RShift: "shift_right",
}
_FOLDED: dict[type[ast.operator], Callable[[float, float], float]] = {ast.Add: add, ast.Sub: sub, ast.Mult: mul}
_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Lt: "less",
    ast.LtE: "less_equal",
    ast.Gt: "greater",
    ast.GtE: "greater_equal",
    ast.Eq: "equal",
    ast.NotEq: "not_equal",
}
_FUNCTIONS = {"abs": "absolute", "min": "minimum", "max": "maximum", "vec": "make_vec"}

_CALL = re.compile(r"\bwp\.(\w+)\(")
_BRACES = re.compile(r"\{([^{}]*)\}")
_PLAIN = re.compile(r"[\w.]+(\[[^\]]*\])?")
_SPELLINGS = {
    "min": "np.minimum({0}, {1})",
    "max": "np.maximum({0}, {1})",
    "clamp": "np.clip({0}, {1}, {2})",
    "pow": "np.power({0}, {1})",
    "acos": "np.arccos({0})",
    "asin": "np.arcsin({0})",
    "atan2": "np.arctan2({0}, {1})",
    "length": "np.linalg.norm({0}, axis=-1)",
    "length_sq": "np.sum({0} * {0}, axis=-1)",
    "normalize": "({0} / np.linalg.norm({0}, axis=-1, keepdims=True))",
    "cw_mul": "({0} * {1})",
    "cw_div": "({0} / {1})",
    "dot": "np.sum({0} * {1}, axis=-1)",
    "float": "f32({0})",
    "float64": "np.float64({0})",
}
_OPERANDS = frozenset({"length_sq", "normalize", "cw_div", "cw_mul", "dot"})
"""Spellings in which the arguments become operands, and need parentheses of their own."""


def formula(text: str, scope: Mapping[str, Expression], width: str) -> Expression:
    """`text` as an expression over `scope`, its plain literals of `width`.

    Raises KeyError for a name that is not in scope or an operation that is not declared, TypeError for operands of types that do not go
    together or syntax that has no meaning here, ValueError for operands whose ranges leave an operation's domain.
    """
    return _Reader(scope, real(width)).read(ast.parse(text, mode="eval").body)


class _Reader:
    def __init__(self, scope: Mapping[str, Expression], scalar: Type) -> None:
        self._scope, self._scalar = scope, scalar

    def read(self, node: ast.expr) -> Expression:
        if isinstance(node, ast.Name):
            return self._scope[node.id]
        if isinstance(node, ast.Constant) and isinstance(node.value, (bool, int, float)):
            return literal(node.value, BOOL if isinstance(node.value, bool) else self._scalar)
        if isinstance(node, ast.UnaryOp):
            return self._unary(node)
        if isinstance(node, ast.BinOp):
            return self._binary(type(node.op), *self._matched(node.left, node.right))
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            return self._call(_COMPARISONS[type(node.ops[0])], *self._matched(node.left, node.comparators[0]))
        if isinstance(node, ast.BoolOp):
            name = "and" if isinstance(node.op, ast.And) else "or"
            result = self.read(node.values[0])
            for value in node.values[1:]:
                result = apply(name, result, self.read(value))
            return result
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            return apply(f"component_{node.slice.value!r}", self.read(node.value))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return self._function(node.func.id, node.args)
        raise TypeError(f"formula: {ast.unparse(node)!r} has no meaning here: use operators, comparisons, calls and constant subscripts")

    def _unary(self, node: ast.UnaryOp) -> Expression:
        operand = self.read(node.operand)
        if isinstance(node.op, ast.Not):
            return apply("not", operand)
        if isinstance(operand, Literal):
            return literal(-operand.value, operand.type)
        return apply("negate_vec" if operand.type.rank else "negate", operand)

    def _matched(self, *nodes: ast.expr) -> list[Expression]:
        """The operands, with literals retyped as integers where an operand is an integer."""
        operands = [self.read(node) for node in nodes]
        integer = next((e.type for e in operands if e.type.is_integer), None)
        if integer is None:
            return operands
        return [literal(e.value, integer) if isinstance(e, Literal) else e for e in operands]

    def _binary(self, operator: type[ast.operator], left: Expression, right: Expression) -> Expression:
        ranks = left.type.rank, right.type.rank
        if operator is ast.MatMult:
            return apply("mat_vec" if right.type.rank == 1 else "mat_mul", left, right)
        if operator is ast.Mult and ranks != (0, 0):
            return apply({(0, 1): "scale_vec", (1, 0): "vec_scale", (0, 2): "scale_mat"}[ranks], left, right)
        if operator is ast.Div and ranks == (1, 0):
            return apply("vec_divide", left, right)
        if operator is ast.Mult and left == right and isinstance(left, (Variable, Custom)) and left.type.is_float:
            return apply("square", left)
        if isinstance(left, Literal) and isinstance(right, Literal) and operator in _FOLDED:
            return literal(round(_FOLDED[operator](left.value, right.value), 6), left.type)
        name = _OPERATORS[operator]
        if left.type.rank:
            name += "_vec" if left.type.rank == 1 else "_mat"
        return self._call(name, left, right)

    def _function(self, name: str, nodes: list[ast.expr]) -> Expression:
        arguments = [self.read(nodes[0]), *self._matched(*nodes[1:])] if name == "where" else self._matched(*nodes)
        if name == "real":
            return Apply(self._scalar, arguments[0].range, OPERATIONS["to_real"], tuple(arguments))
        return self._call(_FUNCTIONS.get(name, name), *arguments)

    def _call(self, name: str, *arguments: Expression) -> Expression:
        """The operation called `name`, or its form for integers where the last operand is one."""
        if arguments[-1].type.is_integer and f"{name}_int" in OPERATIONS:
            name += "_int"
        return apply(name, *arguments)


def to_numpy(text: str) -> str:
    """`text` in numpy's spelling. Calls may nest; a builtin without an entry of its own is numpy's of the same name.

    Braces mark a scalar that scales a vector, `{w} * offset`: numpy gives it a trailing axis.

    Raises ValueError for a call whose parenthesis is never closed.
    """
    text = re.sub(r"(?<![\w.])float\(", "wp.float(", text)
    while match := _CALL.search(text):
        arguments, end = _arguments(text, match.end())
        name = match[1]
        if name in _OPERANDS:
            arguments = [a if _PLAIN.fullmatch(a) else f"({a})" for a in arguments]
        spelled = _SPELLINGS[name].format(*arguments) if name in _SPELLINGS else f"np.{name}({', '.join(arguments)})"
        text = text[: match.start()] + spelled + text[end:]
    return _BRACES.sub(lambda m: _atom(m[1]) + "[..., None]", text)


def _atom(text: str) -> str:
    """`text`, in parentheses unless it is a name or in parentheses already."""
    wrapped = text.startswith("(") and _arguments(text, 1)[1] == len(text)
    return text if wrapped or re.fullmatch(r"[\w.]+", text) else f"({text})"


def _arguments(text: str, start: int) -> tuple[list[str], int]:
    """The arguments of the call whose opening parenthesis ends at `start`, and where the text goes on after it."""
    depth, begin = 1, start
    parts: list[str] = []
    for position in range(start, len(text)):
        character = text[position]
        depth += (character in "([") - (character in ")]")
        if depth == 0:
            return [*parts, text[begin:position].strip()], position + 1
        if depth == 1 and character == ",":
            parts.append(text[begin:position].strip())
            begin = position + 1
    raise ValueError(f"formula {text!r} has an unclosed call: balance its parentheses")
