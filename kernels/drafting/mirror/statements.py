"""Statements of a kernel's text in numpy's spelling, for all threads at once: assignments, stores, atomics.

`control.Control` adds branches, loops and returns, which decide the mask of the threads that take part in a statement.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from kernels.drafting.mirror.expressions import Translator
from kernels.drafting.mirror.operators import Scope
from kernels.drafting.mirror.registry import filled, parsed
from kernels.drafting.mirror.values import Known, Value, kind_of, precision_of
from kernels.language.types import BOOL

_AT = {"add": "np.add.at", "sub": "np.subtract.at", "min": "np.minimum.at", "max": "np.maximum.at"}
_BY_OUTPUT = {"quat_to_axis_angle": 1, "svd3": 1, "svd2": 1, "qr3": 1, "eig3": 1}
"""Builtins that write their last arguments, and the number of the first of those."""
_SETTERS = {"transform_set_translation": "p", "transform_set_rotation": "q"}


class Statements:
    """The reference's lines of one body, as its statements come. `grid` is how the reference calls the shape of all threads."""

    def __init__(self, scope: Scope, grid: str = "dim") -> None:
        self.scope, self.grid = scope, grid
        self.translator = Translator(scope, self.fresh)
        self._counts: dict[str, int] = {}

    def fresh(self, stem: str) -> str:
        """A name that stands for nothing yet: stem, stem_2, stem_3."""
        while True:
            self._counts[stem] = self._counts.get(stem, 0) + 1
            name = stem if self._counts[stem] == 1 else f"{stem}_{self._counts[stem]}"
            if name not in self.scope.values and name not in self.scope.arrays:
                return name

    def simple(self, statement: ast.stmt, mask: str) -> list[str]:
        """The lines of a statement that leaves the threads where they are. Raises TypeError for what has no numpy spelling here."""
        translator = self.translator
        translator.mask, translator.before = mask, []
        lines = self._simple(statement, mask)
        return [*translator.before, *lines]

    def _simple(self, statement: ast.stmt, mask: str) -> list[str]:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                return self._assigned(name, self.translator.value(value), mask, value)
            case ast.Assign(targets=[ast.Tuple() as target], value=value):
                return self._unpacked(target, value, mask)
            case ast.Assign(targets=[(ast.Subscript() | ast.Attribute()) as target], value=value):
                return self._stored(target, self.translator.value(value), mask)
            case ast.AugAssign(target=ast.Name(id=name) as target, op=operator, value=value):
                return self._assigned(name, self.translator.value(ast.BinOp(target, operator, value)), mask, value)
            case ast.AugAssign(target=(ast.Subscript() | ast.Attribute()) as target, op=operator, value=value):
                return self._updated(target, operator, value, mask)
            case ast.Expr(value=ast.Call() as call):
                return self._called(call, mask)
            case ast.Expr(value=ast.Constant()) | ast.Pass():
                return []
        raise TypeError(f"mirror: {ast.unparse(statement)!r} has no numpy spelling here")

    # Names

    def _assigned(self, name: str, value: Value, mask: str, source: ast.expr | None = None) -> list[str]:
        """The line that gives `name` a value in the threads of `mask`."""
        scope = self.scope
        if name in scope.arrays:
            raise TypeError(f"mirror: {name!r} is an array: it cannot be assigned")
        if source is not None and value.type.has_integers and not value.known.plain and self.translator.is_safe(source):
            scope.safe.add(name)
        elif not mask or name not in scope.values:
            scope.safe.discard(name)
        tree = self.translator.typed(value)
        if mask and name in scope.values:
            old = Value(ast.Name(name, ast.Load()), scope.values[name])
            tree = self.translator.where(_mask(mask), value, old).tree
            scope.values[name] = old.known.own()
        else:
            lanes = value.lanes or (bool(mask) and not value.known.struct)
            scope.values[name] = Known(value.known.type, lanes, value.known.struct)
            if value.known.struct and isinstance(tree, ast.Call):
                self.translator.need("SimpleNamespace")
        return [f"{name} = {ast.unparse(tree)}"]

    def _unpacked(self, target: ast.Tuple, value: ast.expr, mask: str) -> list[str]:
        names = [n.id for n in target.elts if isinstance(n, ast.Name)]
        if isinstance(value, ast.Tuple):
            values = [self.translator.value(v) for v in value.elts]
            if len(set(names) & {n.id for v in value.elts for n in ast.walk(v) if isinstance(n, ast.Name)}):
                raise TypeError(f"mirror: {ast.unparse(value)!r} uses what it assigns")
            return [line for name, v in zip(names, values, strict=True) for line in self._assigned(name, v, mask)]
        assert isinstance(value, ast.Call)
        return self._received(names, self.translator.results(value), mask)

    def _received(self, names: Sequence[str], results: Sequence[Value], mask: str) -> list[str]:
        """The lines that give `names` what one call returns."""
        locals_ = [self.fresh(f"new_{n}") if mask and n in self.scope.values else n for n in names]
        lines = [f"{', '.join(locals_)} = {ast.unparse(results[0].tree)}"]
        for name, local, result in zip(names, locals_, results, strict=True):
            if local == name:
                self.scope.values[name] = result.known.own() if mask else result.known
                self.scope.safe.discard(name)
            else:
                lines += self._assigned(name, Value(ast.Name(local, ast.Load()), result.known), mask)
        return lines

    # Parts of compounds, fields, arrays

    def _stored(self, target: ast.Subscript | ast.Attribute, value: Value, mask: str) -> list[str]:
        if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name) and target.value.id in self.scope.arrays:
            return self._into_array(target, value, mask)
        assert isinstance(target.value, ast.Name)
        name = target.value.id
        whole = self.translator.value(target.value)
        if whole.known.struct:
            assert isinstance(target, ast.Attribute)
            return self._into_field(name, whole, target.attr, value, mask)
        place = self._place(target, whole)
        self.translator.need("replaced")
        call = filled("replaced({0}, {1}, {2}, {3})", whole.tree, place, self.translator.typed(value), ast.Constant(whole.rank))
        changed = Value(call, Known(whole.type, whole.lanes or value.lanes))
        return self._assigned(name, changed, mask)

    def _place(self, target: ast.Subscript | ast.Attribute, whole: Value) -> ast.expr:
        """The numpy index, a tuple, of a part of a compound."""
        if isinstance(target, ast.Attribute):
            text = {"p": "slice(0, 3)", "q": "slice(3, 7)"} if kind_of(whole.type) == "t" else dict(zip("xyzw", "0123", strict=True))
            return ast.Tuple([parsed(text[target.attr])], ast.Load())
        parts = target.slice.elts if isinstance(target.slice, ast.Tuple) else [target.slice]
        indices, own = self.translator.place(parts)
        if own is not None:
            raise TypeError(f"mirror: threads differ in the component of {ast.unparse(target)!r}")
        indices = [_as_slice(i) if isinstance(i, ast.Slice) else i for i in indices]
        rest: list[ast.expr] = [parsed("slice(None)")] * (whole.rank - len(parts))
        return ast.Tuple([*indices, *rest], ast.Load())

    def _into_field(self, name: str, whole: Value, field: str, value: Value, mask: str) -> list[str]:
        fields = self.scope.structs[whole.known.struct]
        text = f"{name}.{field}"
        tree = self.translator.typed(value)
        if mask:
            tree = self.translator.where(_mask(mask), value, Value(parsed(text), fields[field])).tree
        self.scope.values[name] = Known(lanes=True, struct=whole.known.struct)
        return [f"{text} = {ast.unparse(tree)}"]

    def _into_array(self, target: ast.Subscript, value: Value, mask: str) -> list[str]:
        assert isinstance(target.value, ast.Name)
        array = target.value.id
        type, _ = self.scope.arrays[array]
        parts = target.slice.elts if isinstance(target.slice, ast.Tuple) else [target.slice]
        self.translator.visit(parts)
        indices = [ast.unparse(self.translator.index(p).tree) for p in parts]
        if not mask or all(self.translator.is_safe(p) for p in parts):
            element = f"{array}[{', '.join(indices)}]"
            tree = value.tree
            if mask:
                tree = self.translator.where(_mask(mask), value, Value(parsed(element), Known(type))).tree
            return [f"{element} = {ast.unparse(tree)}"]
        # Threads that do not take part must not write at all: their index stands for another element.
        taking, grid = self.fresh("taking"), self.grid
        inner = "".join(f", {n}" for n in type.inner) or ","
        chosen = ", ".join(f"np.broadcast_to({i}, {grid})[{taking}]" for i in indices)
        return [
            f"{taking} = np.broadcast_to({mask}, {grid})",
            f"{array}[{chosen}] = np.broadcast_to({ast.unparse(value.tree)}, (*{grid}{inner}))[{taking}]",
        ]

    def _updated(self, target: ast.Subscript | ast.Attribute, operator: ast.operator, value: ast.expr, mask: str) -> list[str]:
        if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name) and target.value.id in self.scope.arrays:
            parts = target.slice.elts if isinstance(target.slice, ast.Tuple) else [target.slice]
            return self._atomic("add" if isinstance(operator, ast.Add) else "sub", target.value, parts, value, mask)
        load = ast.parse(ast.unparse(target), mode="eval").body
        return self._stored(target, self.translator.value(ast.BinOp(load, operator, value)), mask)

    # Calls

    def _called(self, call: ast.Call, mask: str) -> list[str]:
        name = ast.unparse(call.func).removeprefix("wp.")
        if name.startswith("atomic_"):
            return self._atomic(name.removeprefix("atomic_"), call.args[0], call.args[1:-1], call.args[-1], mask)
        if name in _SETTERS:
            return self._stored(ast.Attribute(call.args[0], _SETTERS[name], ast.Store()), self.translator.value(call.args[1]), mask)
        if name in _BY_OUTPUT:
            first = _BY_OUTPUT[name]
            names = [ast.unparse(a) for a in call.args[first:]]
            return self._received(names, self.translator.results(ast.Call(call.func, call.args[:first], [])), mask)
        raise TypeError(f"mirror: {ast.unparse(call)!r} has no numpy spelling here")

    def _atomic(self, name: str, array: ast.expr, parts: Sequence[ast.expr], source: ast.expr, mask: str) -> list[str]:
        if name not in _AT:
            raise TypeError(f"mirror: atomic_{name} has no numpy spelling here")
        type, _ = self.scope.arrays[ast.unparse(array)]
        value = self.translator.value(source)
        if mask:
            value = self.translator.where(_mask(mask), value, Value(_neutral(name, type.scalar), Known(type, lanes=False)))
        indices = [self.translator.index(p) for p in parts]
        texts = [ast.unparse(i.tree) for i in indices]
        # One index and one value for each thread of the grid, also where threads share them.
        if self.grid != "dim" or max(len(texts), len(self.scope.threads)) > 1 or not any(i.lanes for i in indices):
            texts[0] = f"np.broadcast_to({texts[0]}, {self.grid})"
        index = texts[0] if len(texts) == 1 else f"({', '.join(texts)})"
        return [f"{_AT[name]}({ast.unparse(array)}, {index}, {ast.unparse(value.tree)})"]


def _mask(text: str) -> Value:
    return Value(parsed(text), Known(BOOL))


def _as_slice(node: ast.Slice) -> ast.expr:
    bounds = [ast.unparse(b) if b is not None else "None" for b in (node.lower, node.upper)]
    return parsed(f"slice({bounds[0]}, {bounds[1]}{f', {ast.unparse(node.step)}' if node.step is not None else ''})")


def _neutral(name: str, scalar: str) -> ast.expr:
    """What leaves an element as it is."""
    if name in ("add", "sub"):
        return ast.Constant(0)
    if scalar.startswith(("int", "uint")):
        return parsed(f"np.iinfo({precision_of(scalar)}).{'max' if name == 'min' else 'min'}")
    return parsed("np.inf" if name == "min" else "-np.inf")
