"""Compounds of a kernel's text in numpy's spelling: vectors, matrices, quaternions and transforms that it makes, and casts."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from kernels.drafting.mirror.operators import Operators
from kernels.drafting.mirror.registry import filled, parsed
from kernels.drafting.mirror.values import (
    Known,
    Value,
    kind_of,
    matrix_of,
    precision_of,
    quaternion_of,
    transform_of,
    type_spelled,
    vector_of,
    wrapped,
)
from kernels.language.types import F32, Type


class Compounds(Operators):
    """Turns constructors and casts into numpy's."""

    def identity(self, name: str, node: ast.Call) -> Value:
        """The identity that a call of `name` makes, of matrices, quaternions or transforms."""
        keywords = {k.arg: k.value for k in node.keywords}
        named = keywords.get("dtype", node.args[0] if node.args and name != "identity" else None)
        type = type_spelled(ast.unparse(named)) if named is not None else F32
        assert type is not None
        precision = precision_of(type.scalar)
        if name == "identity":
            size = int(ast.unparse(keywords["n"]))
            return Value(parsed(f"np.eye({size}, dtype={precision})"), Known(matrix_of(size, size, type.scalar), lanes=False))
        numbers, made = ("0, 0, 0, 1", quaternion_of) if name == "quat_identity" else ("0, 0, 0, 0, 0, 0, 1", transform_of)
        return Value(parsed(f"np.array([{numbers}], {precision})"), Known(made(type.scalar), lanes=False))

    def arranged(self, name: str, arguments: Sequence[Value]) -> Value:
        """Matrices of vectors, and a matrix's diagonal."""
        first, lanes = arguments[0], any(a.lanes for a in arguments)
        scalar, size, trees = first.type.scalar, first.type.inner[0], [a.tree for a in arguments]
        if name == "outer":
            tree = filled("{0}[..., :, None] * {1}[..., None, :]", *trees)
            return Value(tree, Known(matrix_of(size, arguments[1].type.inner[0], scalar), lanes))
        if name == "diag":
            tree = filled(f"{{0}}[..., None] * np.eye({size}, dtype={precision_of(scalar)})", *trees)
            return Value(tree, Known(matrix_of(size, size, scalar), lanes))
        if name == "transpose":
            return Value(filled("np.swapaxes({0}, -1, -2)", *trees), Known(matrix_of(first.type.inner[1], size, scalar), lanes))
        if name == "get_diag":
            return Value(filled("np.einsum('...ii->...i', {0})", *trees), Known(vector_of(size, scalar), lanes))
        self.need("stacked")
        columns = name == "matrix_from_cols"
        call = ast.Call(ast.Name("stacked", ast.Load()), [ast.Constant(-1 if columns else -2), *trees], [])
        rows, cols = (size, len(trees)) if columns else (len(trees), size)
        return Value(call, Known(matrix_of(rows, cols, scalar), lanes))

    def made(self, type: Type, node: ast.Call) -> Value:
        """What a call of the constructor of `type` makes: a compound, or a cast number."""
        arguments = [self.value(a) for a in node.args]
        kind, precision = kind_of(type), precision_of(type.scalar)
        if kind == "s":
            return self._cast(type, arguments[0])
        lanes = any(a.lanes for a in arguments)
        if not arguments:
            shape = type.inner[0] if len(type.inner) == 1 else type.inner
            return Value(parsed(f"np.zeros({shape}, {precision})"), Known(type, lanes=False))
        if kind == "t" and len(arguments) == 1 and kind_of(arguments[0].type) == "v":
            arguments.append(Value(parsed(f"np.array([0, 0, 0, 1], {precision})"), Known(quaternion_of(type.scalar), lanes=False)))
        if len(arguments) == 1 and arguments[0].rank:
            if arguments[0].type.scalar == type.scalar:
                return Value(arguments[0].tree, Known(type, lanes))
            return Value(self._converted(arguments[0].tree, type.scalar), Known(type, lanes))
        if arguments[0].rank:
            self.need("joined")
            parts = [a.tree if a.rank else self.spread(Value(self.typed(a), a.known.own()), 1) for a in arguments]
            return Value(ast.Call(ast.Name("joined", ast.Load()), parts, []), Known(type, lanes))
        if all(a.known.plain for a in arguments):
            return Value(self._constant_array(type, [a.tree for a in arguments]), Known(type, lanes=False))
        if len(arguments) == 1:
            arguments = arguments * (type.inner[0] * (type.inner[1] if kind == "m" else 1))
        trees = [self._typed_as(a, type.scalar) for a in arguments]
        self.need("matrix" if kind == "m" else "vector")
        call = ast.Call(ast.Name("matrix" if kind == "m" else "vector", ast.Load()), trees, [])
        if kind == "m":
            call.args.insert(0, ast.Constant(type.inner[0]))
        return Value(call, Known(type, lanes))

    def _constant_array(self, type: Type, numbers: Sequence[ast.expr]) -> ast.expr:
        precision = precision_of(type.scalar)
        if len(numbers) == 1:
            shape = type.inner[0] if len(type.inner) == 1 else type.inner
            return filled(f"np.full({shape}, {{0}}, {precision})", numbers[0])
        columns = type.inner[-1]
        rows: list[ast.expr] = [ast.List(list(numbers[i : i + columns]), ast.Load()) for i in range(0, len(numbers), columns)]
        return filled(f"np.array({{0}}, {precision})", rows[0] if len(type.inner) == 1 else ast.List(rows, ast.Load()))

    def _typed_as(self, value: Value, scalar: str) -> ast.expr:
        """A component of a compound of `scalar`, numbers made numpy's."""
        return filled(f"{precision_of(scalar)}({{0}})", value.tree) if value.known.plain else value.tree

    def _converted(self, tree: ast.expr, scalar: str) -> ast.expr:
        if scalar == "bfloat16":
            self.need("bf16")
            return filled("bf16({0})", tree)
        if scalar == "float16":
            self.need("f16")
        return filled(f"{{0}}.astype({precision_of(scalar)})", tree)

    def _cast(self, type: Type, value: Value) -> Value:
        known = Known(type, value.lanes, plain=value.known.plain)
        if value.known.plain:
            if isinstance(value.tree, ast.Constant) and type.is_integer:
                return Value(ast.Constant(wrapped(int(ast.unparse(value.tree)), type.scalar)), known)
            if value.type.scalar == type.scalar or (isinstance(_number(value.tree), ast.Constant) and type.is_float):
                return Value(value.tree, known)
            return Value(filled(f"{precision_of(type.scalar)}({{0}})", value.tree), Known(type, lanes=False))
        if value.type.scalar == type.scalar:
            return Value(value.tree, known)
        return Value(self._converted(value.tree, type.scalar), known)


def _number(tree: ast.expr) -> ast.expr:
    """A number without its sign."""
    return tree.operand if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub) else tree
