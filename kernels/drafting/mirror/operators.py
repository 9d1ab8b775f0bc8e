"""Names, operators and subscripts of a kernel's text in numpy's spelling, for all threads at once, by the types of their values.

Every value has a type, so that a scalar gets the trailing axes of the vector that it scales, a product of matrices or quaternions becomes
one, and integers keep their width.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from kernels.drafting.mirror.registry import Builtin, filled, overload, parsed
from kernels.drafting.mirror.values import (
    Known,
    Value,
    kind_of,
    precision_of,
    quaternion_of,
    shaped,
    truth,
    vector_of,
    wrapped,
)
from kernels.language.types import BOOL, F32, I32, Type, type_named

_COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
_PARTS = {"x": 0, "y": 1, "z": 2, "w": 3}


@dataclass
class Scope:
    """What a text's names stand for. `safe` names hold valid indices in every thread, whatever branch it is in.

    `structs` has the fields of each struct's class, `functions` the results of each function of the module. `threads` are the indices of
    the grid; `gathered` says whether an element was read or written at other indices.
    """

    arrays: dict[str, tuple[Type, int]] = field(default_factory=dict)
    values: dict[str, Known] = field(default_factory=dict)
    structs: dict[str, dict[str, Known]] = field(default_factory=dict)
    functions: dict[str, tuple[Known, ...]] = field(default_factory=dict)
    safe: set[str] = field(default_factory=set)
    helpers: list[str] = field(default_factory=list)
    threads: tuple[str, ...] = ()
    gathered: bool = False


class Operators:
    """Turns expressions without calls into numpy's.

    `mask` is the name of the threads that take part ("" for all); lines that must stand before the expression's own go to `before`.
    """

    def __init__(self, scope: Scope, fresh: Callable[[str], str]) -> None:
        self.scope = scope
        self.mask = ""
        self.before: list[str] = []
        self._fresh = fresh

    def value(self, node: ast.expr) -> Value:
        """An expression's value. Raises TypeError for what has no numpy spelling here, and KeyError for unknown names."""
        method: Callable[[ast.expr], Value] | None = getattr(self, f"_{type(node).__name__.lower()}", None)
        if method is None:
            raise TypeError(f"mirror: {ast.unparse(node)!r} has no numpy spelling here")
        return method(node)

    def need(self, *helpers: str) -> None:
        """Notes functions that the reference calls."""
        self.scope.helpers += [h for h in helpers if h not in self.scope.helpers]

    def _constant(self, node: ast.Constant) -> Value:
        type = BOOL if isinstance(node.value, bool) else I32 if isinstance(node.value, int) else F32
        return Value(node, Known(type, lanes=False, plain=True))

    def _name(self, node: ast.Name) -> Value:
        if node.id in self.scope.arrays:
            return Value(node, Known(self.scope.arrays[node.id][0], lanes=False))
        if node.id not in self.scope.values:
            raise KeyError(f"mirror: {node.id!r} is not known: assign or declare it first")
        return Value(ast.Name(node.id, ast.Load()), self.scope.values[node.id])

    def _attribute(self, node: ast.Attribute) -> Value:
        if isinstance(node.value, ast.Name) and node.value.id == "wp":
            if node.attr not in ("pi", "PI"):
                raise TypeError(f"mirror: wp.{node.attr} has no numpy spelling here")
            return Value(parsed("np.pi"), Known(F32, lanes=False, plain=True))
        value = self.value(node.value)
        if value.known.struct:
            known = self.scope.structs[value.known.struct][node.attr]
            return Value(ast.Attribute(value.tree, node.attr, ast.Load()), known.own() if value.lanes else known)
        if kind_of(value.type) == "t":
            part = filled("{0}[..., :3]" if node.attr == "p" else "{0}[..., 3:]", value.tree)
            return value.of(part, vector_of(3, value.type.scalar) if node.attr == "p" else quaternion_of(value.type.scalar))
        return value.of(filled(f"{{0}}[..., {_PARTS[node.attr]}]", value.tree), type_named(value.type.scalar))

    def _unaryop(self, node: ast.UnaryOp) -> Value:
        operand = self.value(node.operand)
        if isinstance(node.op, ast.Not):
            return truth(filled("np.logical_not({0})", operand.tree), operand)
        if isinstance(operand.tree, ast.Constant) and operand.type.is_integer and not operand.type.scalar.startswith("int"):
            # Python's negative numbers are none of an unsigned type's.
            number = int(ast.unparse(operand.tree))
            number = ~number if isinstance(node.op, ast.Invert) else -number
            return Value(ast.Constant(wrapped(number, operand.type.scalar)), operand.known)
        return Value(ast.UnaryOp(node.op, operand.tree), operand.known)

    def _boolop(self, node: ast.BoolOp) -> Value:
        values = [self.value(v) for v in node.values]
        tree = values[0].tree
        for other in values[1:]:
            tree = ast.BinOp(tree, ast.BitAnd() if isinstance(node.op, ast.And) else ast.BitOr(), other.tree)
        return truth(tree, *values)

    def _compare(self, node: ast.Compare) -> Value:
        if len(node.ops) != 1 or not isinstance(node.ops[0], _COMPARISONS):
            raise TypeError(f"mirror: write {ast.unparse(node)!r} as comparisons of two values")
        left, right = self.value(node.left), self.value(node.comparators[0])
        tree: ast.expr = ast.Compare(left.tree, node.ops, [right.tree])
        return truth(filled("np.all({0}, axis=-1)", tree) if left.rank else tree, left, right)

    def _ifexp(self, node: ast.IfExp) -> Value:
        return self.where(self.value(node.test), self.value(node.body), self.value(node.orelse))

    def where(self, condition: Value, new: Value, old: Value) -> Value:
        """One of two values, by a truth."""
        other = self.typed(old) if new.known.plain and old.known.plain else old.tree
        tree = filled("np.where({0}, {1}, {2})", self.spread(condition, new.rank), new.tree, other)
        typed = old.known if new.known.plain else new.known
        return Value(tree, Known(typed.type, condition.lanes or new.lanes or old.lanes))

    def spread(self, value: Value, rank: int) -> ast.expr:
        """A scalar's tree with `rank` trailing axes of length one, where threads differ in it."""
        if rank <= 0 or not value.lanes:
            return value.tree
        return filled(f"{{0}}[{', '.join(['...', *['None'] * rank])}]", value.tree)

    def typed(self, value: Value) -> ast.expr:
        """A value as an argument of a function: plain numbers become numpy's scalars, which have axes and a width."""
        if not value.known.plain or value.type is BOOL:
            return value.tree
        return filled(f"{precision_of(value.type.scalar)}({{0}})", value.tree)

    def _binop(self, node: ast.BinOp) -> Value:
        left, right = self.value(node.left), self.value(node.right)
        if isinstance(node.op, (ast.Mult, ast.MatMult)) and min(left.rank, right.rank) > 0:
            return self._product(left, right)
        typed = left if left.rank > right.rank else right if right.rank > left.rank or left.known.plain else left
        known = Known(typed.type, left.lanes or right.lanes, plain=left.known.plain and right.known.plain)
        trees = self.spread(left, right.rank - left.rank), self.spread(right, left.rank - right.rank)
        if isinstance(node.op, ast.Mod):
            return Value(filled("np.fmod({0}, {1})", *trees), known)
        if isinstance(node.op, ast.Div) and typed.type.has_integers:
            self.need("quotient")
            return Value(filled("quotient({0}, {1})", *trees), known)
        return Value(ast.BinOp(trees[0], node.op, trees[1]), known)

    def _product(self, left: Value, right: Value) -> Value:
        kinds = kind_of(left.type) + kind_of(right.type)
        if kinds in ("qq", "tt"):
            return self.applied(overload("mul", [left.type, right.type]), [left, right])[0]
        template = {
            "mm": "np.matmul({0}, {1})",
            "mv": "np.einsum('...ij,...j->...i', {0}, {1})",
            "vm": "np.einsum('...i,...ij->...j', {0}, {1})",
        }[kinds]
        inner = (*left.type.inner[:-1], *right.type.inner[1:])
        return Value(filled(template, left.tree, right.tree), Known(shaped(inner, left.type.scalar), left.lanes or right.lanes))

    def _subscript(self, node: ast.Subscript) -> Value:
        parts = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
        if isinstance(node.value, ast.Attribute) and node.value.attr == "shape":
            return Value(node, Known(I32, lanes=False, plain=True))
        if isinstance(node.value, ast.Name) and node.value.id in self.scope.arrays:
            return self._element(node.value.id, parts)
        value = self.value(node.value)
        place, own = self.place(parts)
        if own is not None:
            self.need("picked")
            return Value(filled("picked({0}, {1})", value.tree, own.tree), Known(type_named(value.type.scalar)))
        inner = _left_over(value.type.inner, parts)
        rest: list[ast.expr] = [ast.Slice()] * (value.rank - len(parts))
        tree = ast.Subscript(value.tree, ast.Tuple([ast.Constant(...), *place, *rest], ast.Load()), ast.Load())
        return value.of(tree, shaped(inner, value.type.scalar))

    def place(self, parts: Sequence[ast.expr]) -> tuple[list[ast.expr], Value | None]:
        """The numpy indices of a compound's component or slice; or the one index in which threads differ."""
        indices: list[ast.expr] = []
        for part in parts:
            if isinstance(part, ast.Slice):
                indices.append(part)
                continue
            index = self.value(part)
            if index.lanes:
                return [], index
            indices.append(index.tree)
        return indices, None

    def _element(self, array: str, parts: Sequence[ast.expr]) -> Value:
        type, ndim = self.scope.arrays[array]
        if len(parts) != ndim:
            raise TypeError(f"mirror: {array!r} takes {ndim} indices, not {len(parts)}")
        self.visit(parts)
        indices = [self.index(p) for p in parts]
        slices: ast.expr = indices[0].tree if ndim == 1 else ast.Tuple([i.tree for i in indices], ast.Load())
        tree = ast.Subscript(ast.Name(array, ast.Load()), slices, ast.Load())
        return Value(tree, Known(type, any(i.lanes for i in indices)))

    def visit(self, parts: Sequence[ast.expr]) -> None:
        """Notes the indices of an element that the text reads or writes."""
        if tuple(p.id if isinstance(p, ast.Name) else "" for p in parts) != self.scope.threads:
            self.scope.gathered = True

    def index(self, node: ast.expr) -> Value:
        """An array's index: valid in every thread, by the mask of those that take part where it would not be by itself."""
        value = self.value(node)
        if not self.mask or not value.lanes or self.is_safe(node):
            return value
        return value.of(filled("np.where({0}, {1}, 0)", parsed(self.mask), value.tree), value.type)

    def is_safe(self, node: ast.expr) -> bool:
        """Whether an index is valid in every thread."""
        if isinstance(node, ast.Constant):
            return True
        if isinstance(node, ast.Name):
            return node.id in self.scope.safe
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id in self.scope.safe:
            return all(self.is_safe(p) for p in (node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]))
        return False

    def applied(self, builtin: Builtin, arguments: Sequence[Value]) -> list[Value]:
        """What a builtin returns for `arguments`."""
        raise NotImplementedError


def _left_over(inner: Sequence[int], parts: Sequence[ast.expr]) -> tuple[int, ...]:
    """The inner axes that are left after a subscript of constants and slices."""
    sizes: list[int] = []
    for size, part in zip(inner, parts, strict=False):
        if isinstance(part, ast.Slice):
            sizes.append(len(range(*slice(*(_bound(b) for b in (part.lower, part.upper, part.step))).indices(size))))
    return (*sizes, *inner[len(parts) :])


def _bound(node: ast.expr | None) -> int | None:
    return None if node is None else int(ast.unparse(node))
