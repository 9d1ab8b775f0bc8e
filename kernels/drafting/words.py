"""Machine words: lines of unsigned integer arithmetic, written once, for the kernel and for the reference.

A line is a Python assignment, return or expression whose names hold words and whose integers are words: `h ^= h >> 16`, `h *= 0x85EBCA6B`,
`h = rotl(h ^ k, 13)`. `>>` shifts zeros in. The kernel holds words as Warp's unsigned type, with every constant cast, or as its signed
type, where constants wrap and a shift to the right is masked. The reference always computes with numpy's unsigned type.

`word(x)` makes a word of an integer, `number(x)` an int32 of a word, and `count(x)` is the number of bits set in one, an int32. What `word`
encloses, subscripts, and calls of `wp` are left as they are. A line of `numbers` is of int32, but for what `number` and `count` enclose and
for comparisons.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from kernels.language.types import I32, I64, Type

Spelling = Literal["warp", "numpy"]

_SYMBOLS: dict[type[ast.operator], tuple[str, int]] = {
    ast.BitOr: ("|", 0),
    ast.BitXor: ("^", 0),
    ast.BitAnd: ("&", 0),
    ast.LShift: ("<<", 0),
    ast.RShift: (">>", 0),
    ast.Add: ("+", 1),
    ast.Sub: ("-", 1),
    ast.Mult: ("*", 2),
    ast.FloorDiv: ("//", 2),
    ast.Mod: ("%", 2),
}
"""Each operator's symbol and its strength among arithmetic; operators on bits (strength 0) are set apart by parentheses."""

_ASSOCIATIVE = (ast.BitOr, ast.BitXor, ast.BitAnd, ast.Add, ast.Mult)
_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_SIGN_MATTERS = (ast.FloorDiv, ast.Mod)


@dataclass(frozen=True)
class Word:
    """Words of 32 or 64 bits; `signed` says that the kernel holds them as signed integers."""

    bits: int
    signed: bool = False

    @property
    def mask(self) -> int:
        """The largest word."""
        return (1 << self.bits) - 1

    @property
    def type(self) -> Type:
        """The signed type of the words' width: the kernel's own type of words where they are signed."""
        return I32 if self.bits == 32 else I64

    @property
    def spelling(self) -> str:
        """Warp's spelling of the type of a word."""
        return self.type.spelling if self.signed else f"wp.uint{self.bits}"

    @property
    def unsigned(self) -> str:
        """Numpy's spelling of the type of a word."""
        return f"np.uint{self.bits}"

    def literal(self, value: int, *, hexadecimal: bool = False) -> str:
        """The kernel's text of the constant word `value`, which is taken modulo the size of a word."""
        value &= self.mask
        negative = self.signed and value > self.mask // 2
        text = str(value - self.mask - 1) if negative else f"0x{value:X}" if hexadecimal else str(value)
        if self.signed and self.bits == 32:
            return text
        return f"wp.int64({text})" if self.signed else f"wp.uint{self.bits}({text})"

    def warp(self, line: str, *, numbers: bool = False) -> str:
        """The kernel's text of `line`. Raises ValueError for a line that has no meaning here, or none for signed words."""
        return _Writer(self, "warp", numbers).line(line)

    def numpy(self, line: str, *, numbers: bool = False) -> str:
        """The reference's text of `line`, without in-place operators: two names may stand for one array."""
        return _Writer(self, "numpy", numbers).line(line)


class _Writer:
    def __init__(self, word: Word, spelling: Spelling, numbers: bool) -> None:
        self._word, self._warp, self._numbers = word, spelling == "warp", numbers

    def line(self, line: str) -> str:
        self._source = line
        node = ast.parse(line).body[0]
        if isinstance(node, ast.Return) and node.value is not None:
            if isinstance(node.value, ast.Tuple):
                return f"return {', '.join(self.text(e) for e in node.value.elts)}"
            return f"return {self.text(node.value)}"
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            return f"{ast.unparse(node.targets[0])} = {self._value(node.value)}"
        if isinstance(node, ast.AugAssign):
            target = ast.unparse(node.target)
            if self._warp and not (self._word.signed and isinstance(node.op, ast.RShift)):
                return f"{target} {_SYMBOLS[type(node.op)][0]}= {self.text(node.value)}"
            return f"{target} = {self.text(ast.BinOp(ast.Name(target), node.op, node.value))}"
        if isinstance(node, ast.Expr):
            return self.text(node.value)
        raise ValueError(f"words: {line!r} is no assignment, return or expression")

    def _value(self, node: ast.expr) -> str:
        """What a name is set to: a constant alone is made a word that may change."""
        text = self.text(node)
        if _integer(node) is None:
            return text
        if self._numbers:
            return f"int({text})" if self._warp else f"np.int32({text})"
        if not self._warp:
            return f"{self._word.unsigned}({text})"
        return f"int({text})" if self._word.signed and self._word.bits == 32 else text

    def text(self, node: ast.expr) -> str:
        """The text of an expression."""
        if isinstance(node, ast.BinOp):
            return self._binary(node)
        if isinstance(node, ast.Constant) and type(node.value) is int:
            return self._constant(node.value, hexadecimal=(ast.get_source_segment(self._source, node) or "").startswith("0x"))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert):
            return f"~{self._operand(node.operand)}"
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            return self._compare(node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return self._call(node.func.id, node.args)
        if isinstance(node, (ast.Name, ast.Subscript, ast.Attribute, ast.Call)):
            return self._left_alone(node)
        raise ValueError(f"words: {ast.unparse(node)!r} has no meaning here: use names, integers, operators, comparisons, calls")

    def _constant(self, value: int, *, hexadecimal: bool) -> str:
        if self._numbers:
            return str(value)
        if self._warp:
            return self._word.literal(value, hexadecimal=hexadecimal)
        return f"0x{value & self._word.mask:X}" if hexadecimal else str(value & self._word.mask)

    def _operand(self, node: ast.expr) -> str:
        text = self.text(node)
        return f"({text})" if isinstance(node, (ast.BinOp, ast.Compare)) else text

    def _binary(self, node: ast.BinOp) -> str:
        symbol, strength = _SYMBOLS[type(node.op)]
        if self._warp and self._word.signed and not self._numbers:
            if isinstance(node.op, _SIGN_MATTERS):
                raise ValueError(f"words: {ast.unparse(node)!r} depends on the sign: use unsigned words")
            if isinstance(node.op, ast.RShift):
                return self._masked_shift(node)
            if isinstance(node.op, ast.BitAnd) and (text := self._field(node)):
                return text
        return f"{self._side(node.left, node.op, strength, left=True)} {symbol} {self._side(node.right, node.op, strength, left=False)}"

    def _side(self, node: ast.expr, op: ast.operator, strength: int, *, left: bool) -> str:
        text = self.text(node)
        if not isinstance(node, ast.BinOp):
            return f"({text})" if isinstance(node, ast.Compare) else text
        if self._warp and self._word.signed and not self._numbers and isinstance(node.op, ast.RShift):
            return f"({text})"
        inner = _SYMBOLS[type(node.op)][1]
        same = type(node.op) is type(op) and isinstance(op, _ASSOCIATIVE) and left
        weaker = min(strength, inner) == 0 or inner < strength or (inner == strength and not left)
        return f"({text})" if weaker and not same else text

    def _field(self, node: ast.BinOp) -> str:
        """`(x >> k) & m` of a signed word, whose mask already keeps none of the bits that the sign shifted in; else an empty text."""
        shift, mask = node.left, _integer(node.right)
        if not isinstance(shift, ast.BinOp) or not isinstance(shift.op, ast.RShift) or mask is None:
            return ""
        count = _integer(shift.right)
        if count is None or mask > self._word.mask >> count:
            return ""
        left = self._side(shift.left, shift.op, 0, left=True)
        return f"({left} >> {self._word.literal(count)}) & {self.text(node.right)}"

    def _masked_shift(self, node: ast.BinOp) -> str:
        """A shift to the right of a signed word: the bits that its sign shifted in are masked away."""
        count = _integer(node.right)
        if count is None:
            raise ValueError(f"words: {ast.unparse(node)!r} shifts by a variable: use unsigned words")
        left = self._side(node.left, node.op, 0, left=True)
        return f"({left} >> {self._word.literal(count)}) & {self._word.literal(self._word.mask >> count, hexadecimal=True)}"

    def _compare(self, node: ast.Compare) -> str:
        op, right = node.ops[0], node.comparators[0]
        if self._warp and self._word.signed and not isinstance(op, (ast.Eq, ast.NotEq)):
            raise ValueError(f"words: {ast.unparse(node)!r} depends on the sign: use unsigned words")
        numbers, self._numbers = self._numbers, isinstance(node.left, ast.Call) and ast.unparse(node.left.func) in ("number", "count")
        text = f"{self._operand(node.left)} {_COMPARISONS[type(op)]} {self._operand(right)}"
        self._numbers = numbers
        return text

    def _left_alone(self, node: ast.expr) -> str:
        """What is not word arithmetic, such as an index, as it stands; a `number` within it is."""
        if isinstance(node, ast.Name):
            return node.id
        writer = self

        class Numbers(ast.NodeTransformer):
            def visit_Call(self, call: ast.Call) -> ast.expr:
                if isinstance(call.func, ast.Name) and call.func.id == "number":
                    return ast.Name(writer.text(call))
                self.generic_visit(call)
                return call

        return ast.unparse(Numbers().visit(node))

    def _call(self, name: str, arguments: list[ast.expr]) -> str:
        if name in ("number", "count"):
            numbers, self._numbers = self._numbers, False
            inner = self.text(arguments[0])
            self._numbers = numbers
            if name == "count":
                return f"wp.bit_count({inner})" if self._warp else f"np.bitwise_count({inner}).astype(np.int32)"
        if name in _CASTS:
            inner = inner if name == "number" else self._left_alone(arguments[0])
            if self._warp:
                cast = _CASTS[name][0](self._word, inner)
                return f"({cast})" if cast == inner and isinstance(arguments[0], ast.BinOp) else cast
            plain = isinstance(arguments[0], (ast.Name, ast.Subscript, ast.Attribute, ast.Call))
            return f"{inner if plain else f'({inner})'}.astype({_CASTS[name][1](self._word)})"
        prefix = "" if name not in ("where", "min", "max") else "wp." if self._warp else "np."
        spelled = {"min": "minimum", "max": "maximum"}.get(name, name) if not self._warp else name
        return f"{prefix}{spelled}({', '.join(self.text(a) for a in arguments)})"


def _integer(node: ast.expr) -> int | None:
    return node.value if isinstance(node, ast.Constant) and type(node.value) is int else None


def _to_word(word: Word, text: str) -> str:
    return text if word.signed and word.bits == 32 else f"{word.spelling}({text})"


def _to_number(word: Word, text: str) -> str:
    return text if word.signed and word.bits == 32 else f"int({text})"


_CASTS: dict[str, tuple[Callable[[Word, str], str], Callable[[Word], str]]] = {
    "word": (_to_word, lambda word: word.unsigned),
    "number": (_to_number, lambda word: "np.int32"),
}
