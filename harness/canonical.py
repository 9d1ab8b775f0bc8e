"""The canonical text of a kernel module: what is left of a program when names, constants, comments and mere spelling are taken away.

Two modules have the same canonical text exactly if they are the same program up to a renaming of what their author named (functions,
structs, fields, variables) and other values of their constants. The text is written here and not by `ast.dump`, whose form changes
between Python versions. It is for hashing: nothing reads it back.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.syntax import child_nodes, nodes_of, parsed

_PYTHON_NAMES = frozenset(
    [
        "abs",
        "all",
        "any",
        "bool",
        "dict",
        "divmod",
        "enumerate",
        "float",
        "int",
        "isinstance",
        "len",
        "list",
        "max",
        "min",
        "pow",
        "print",
        "range",
        "reversed",
        "round",
        "slice",
        "str",
        "sum",
        "tuple",
        "type",
        "zip",
    ]
)
"""Names that mean something to Python or Warp by themselves; any other name was given by the author."""

_PYTHON_TYPES = {"float": "wp.float32", "int": "wp.int32", "bool": "wp.bool"}

_LONG_NAMES = {
    "float": "float32",
    "int": "int32",
    "quat": "quatf",
    "transform": "transformf",
    "spatial_vector": "spatial_vectorf",
    "spatial_matrix": "spatial_matrixf",
    **{name: f"{name}f" for name in ("vec2", "vec3", "vec4", "mat22", "mat33", "mat44")},
}

_ARRAYS = {"array": 1, "array1d": 1, "array2d": 2, "array3d": 3, "array4d": 4}

_COMPONENTS = frozenset(["x", "y", "z", "w", "shape", "ndim", "size", "dtype"])
"""Attributes that vectors and arrays have: taken for a struct's field only where the base is known to be that struct."""


def canonical_text(python_source: str) -> str:
    """The canonical text of a module that uses Warp. Raises SyntaxError if `python_source` is not Python."""
    return _Writer(parsed(python_source)).text


def warp_aliases(module: ast.Module) -> frozenset[str]:
    """The names that `import warp` binds in `module` (`wp`, as a rule)."""
    return frozenset(
        alias.asname or alias.name for node in module.body if isinstance(node, ast.Import) for alias in node.names if alias.name == "warp"
    )


@dataclass
class _Scope:
    """The author's names of a module or function, numbered as they appear, and which variables are known to hold a struct."""

    tag: str
    bound: frozenset[str]
    numbers: dict[str, int] = field(default_factory=dict)
    structs: dict[str, str] = field(default_factory=dict)

    def spell(self, name: str) -> str:
        return f"{self.tag}{self.numbers.setdefault(name, len(self.numbers))}"


class _Writer:
    """Spells a module's nodes one by one; `text` is the result."""

    def __init__(self, module: ast.Module) -> None:
        self._spellers: dict[type[ast.AST], Callable[[Any], str]] = {}
        self._warp = warp_aliases(module)
        self._functions = {node.name: node for node in module.body if isinstance(node, ast.FunctionDef)}
        self._fields: dict[str, dict[str, ast.expr]] = {
            node.name: {s.target.id: s.annotation for s in node.body if isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name)}
            for node in module.body
            if isinstance(node, ast.ClassDef)
        }
        self._scopes = [_Scope("global", frozenset(_bound_names(module.body)))]
        self.text = self._block(module.body)

    def _spell(self, node: ast.AST) -> str:
        kind = type(node)
        if kind not in self._spellers:
            self._spellers[kind] = getattr(self, f"_spell_{kind.__name__}", self._generic)
        return self._spellers[kind](node)

    def _generic(self, node: ast.AST) -> str:
        parts = []
        for name, value in ast.iter_fields(node):
            if name in ("ctx", "type_comment", "kind") or value is None or value == []:
                continue
            if isinstance(value, ast.AST):
                parts.append(f"{name}={self._spell(value)}")
            elif isinstance(value, list) and isinstance(value[0], ast.stmt):
                parts.append(f"{name}={self._block(value)}")
            elif isinstance(value, list):
                parts.append(f"{name}=[{','.join(self._spell(v) if isinstance(v, ast.AST) else repr(v) for v in value)}]")
            else:
                parts.append(f"{name}={value!r}")
        return f"{type(node).__name__}({','.join(parts)})"

    def _block(self, body: list[ast.stmt]) -> str:
        return "[" + ";".join(self._spell(s) for s in body if not _is_silent(s)) + "]"

    def _spell_Name(self, node: ast.Name) -> str:  # noqa: N802
        return self._name(node.id)

    def _name(self, name: str) -> str:
        for scope in reversed(self._scopes):
            if name in scope.bound:
                return scope.spell(name)
        if name in _PYTHON_NAMES:
            return _PYTHON_TYPES.get(name, f"python.{name}")
        return self._scopes[0].spell(name)

    def _spell_Constant(self, node: ast.Constant) -> str:  # noqa: N802
        return f"<{type(node.value).__name__}>"

    def _spell_UnaryOp(self, node: ast.UnaryOp) -> str:  # noqa: N802
        # Only for Python is a negative number an operator and a constant.
        if isinstance(node.op, (ast.USub, ast.UAdd)) and isinstance(node.operand, ast.Constant):
            return self._spell(node.operand)
        return self._generic(node)

    def _spell_Attribute(self, node: ast.Attribute) -> str:  # noqa: N802
        if isinstance(node.value, ast.Name) and node.value.id in self._warp:
            return f"wp.{_LONG_NAMES.get(node.attr, node.attr)}"
        return f"{self._spell(node.value)}.{self._attribute(node)}"

    def _attribute(self, node: ast.Attribute) -> str:
        struct = self._struct_of(node.value)
        if struct is None and node.attr not in _COMPONENTS:
            struct = next((name for name, fields in self._fields.items() if node.attr in fields), None)
        if struct is not None and node.attr in self._fields[struct]:
            return f"field{list(self._fields[struct]).index(node.attr)}"
        return node.attr

    def _spell_Subscript(self, node: ast.Subscript) -> str:  # noqa: N802
        dimensions = self._array_dimensions(node.value)
        if dimensions is not None and not isinstance(node.slice, ast.Tuple):
            return f"wp.array{dimensions}d[{self._annotation(node.slice)}]"
        return self._generic(node)

    def _spell_Call(self, node: ast.Call) -> str:  # noqa: N802
        dimensions = self._array_dimensions(node.func)
        keywords = {k.arg: k.value for k in node.keywords}
        if dimensions is not None and not node.args and "dtype" in keywords and keywords.keys() <= {"dtype", "ndim"}:
            ndim = keywords.get("ndim", ast.Constant(dimensions))
            if isinstance(ndim, ast.Constant):
                return f"wp.array{ndim.value!r}d[{self._annotation(keywords['dtype'])}]"
        arguments = [self._spell(a) for a in node.args] + [f"{self._keyword(node, k.arg)}={self._spell(k.value)}" for k in node.keywords]
        return f"{self._spell(node.func)}({','.join(arguments)})"

    def _keyword(self, call: ast.Call, name: str | None) -> str:
        if isinstance(call.func, ast.Name) and name is not None:
            if call.func.id in self._functions:
                names = [a.arg for a in self._functions[call.func.id].args.args]
                return f"argument{names.index(name)}" if name in names else name
            if name in self._fields.get(call.func.id, {}):
                return f"field{list(self._fields[call.func.id]).index(name)}"
        return name or "**"

    def _spell_Assign(self, node: ast.Assign) -> str:  # noqa: N802
        text = self._generic(node)
        struct = self._struct_of(node.value)
        for target in node.targets:
            if isinstance(target, ast.Name) and struct is not None:
                self._scopes[-1].structs[target.id] = struct
        return text

    def _spell_AnnAssign(self, node: ast.AnnAssign) -> str:  # noqa: N802
        struct = self._annotated_struct(node.annotation)
        if isinstance(node.target, ast.Name) and struct is not None:
            self._scopes[-1].structs[node.target.id] = struct
        value = f"={self._spell(node.value)}" if node.value else ""
        return f"{self._spell(node.target)}:{self._annotation(node.annotation)}{value}"

    def _spell_FunctionDef(self, node: ast.FunctionDef) -> str:  # noqa: N802
        head = f"{','.join(self._decorator(d) for d in node.decorator_list)} def {self._name(node.name)}"
        self._scopes.append(_Scope(f"local{len(self._scopes)}.", frozenset(_bound_names([*_arguments(node), *node.body]))))
        returns = f"->{self._annotation(node.returns)}" if node.returns else ""
        text = f"{head}({self._spell(node.args)}){returns}{self._block(node.body)}"
        self._scopes.pop()
        return text

    def _spell_arg(self, node: ast.arg) -> str:
        if node.annotation is None:
            return self._name(node.arg)
        struct = self._annotated_struct(node.annotation)
        if struct is not None:
            self._scopes[-1].structs[node.arg] = struct
        return f"{self._name(node.arg)}:{self._annotation(node.annotation)}"

    def _spell_ClassDef(self, node: ast.ClassDef) -> str:  # noqa: N802
        head = f"{','.join(self._decorator(d) for d in node.decorator_list)} class {self._name(node.name)}"
        fields = ",".join(self._annotation(annotation) for annotation in self._fields.get(node.name, {}).values())
        rest = [s for s in node.body if not (isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name))]
        return f"{head}({','.join(self._spell(b) for b in node.bases)})[{fields}]{self._block(rest)}"

    def _decorator(self, node: ast.expr) -> str:
        bare = node.func if isinstance(node, ast.Call) and not node.args and not node.keywords else node
        return self._spell(bare)

    def _spell_Import(self, node: ast.Import) -> str:  # noqa: N802
        return ",".join(f"import {a.name} {self._name(a.asname or a.name.split('.')[0])}" for a in node.names if a.name != "warp")

    def _spell_ImportFrom(self, node: ast.ImportFrom) -> str:  # noqa: N802
        return ",".join(f"import {node.module}.{a.name} {self._name(a.asname or a.name)}" for a in node.names)

    def _annotation(self, node: ast.expr) -> str:
        return self._spell(_unquoted(node))

    def _array_dimensions(self, node: ast.expr) -> int | None:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in self._warp:
            return _ARRAYS.get(node.attr)
        return None

    def _struct_of(self, node: ast.expr) -> str | None:
        """The struct that an expression holds, or holds an array of, where that can be read off the text."""
        if isinstance(node, ast.Name):
            return next((s.structs.get(node.id) for s in reversed(self._scopes) if node.id in s.bound), None)
        if isinstance(node, ast.Subscript):
            return self._struct_of(node.value)
        if isinstance(node, ast.Attribute):
            fields = self._fields.get(self._struct_of(node.value) or "", {})
            return self._annotated_struct(fields[node.attr]) if node.attr in fields else None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in self._fields:
                return node.func.id
            function = self._functions.get(node.func.id)
            return self._annotated_struct(function.returns) if function and function.returns else None
        return None

    def _annotated_struct(self, annotation: ast.expr) -> str | None:
        if not self._fields:
            return None
        names = (n.id for n in nodes_of(_unquoted(annotation)) if isinstance(n, ast.Name))
        return next((name for name in names if name in self._fields), None)


def _is_silent(statement: ast.stmt) -> bool:
    """Whether a statement does nothing to the program: a docstring, `import warp`, a `__future__` import."""
    if isinstance(statement, ast.Import):
        return all(alias.name == "warp" for alias in statement.names)
    if isinstance(statement, ast.ImportFrom):
        return statement.module == "__future__"
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant) and isinstance(statement.value.value, str)


def _unquoted(annotation: ast.expr) -> ast.expr:
    """An annotation written as a string, parsed; any other as it is."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return ast.parse(annotation.value, mode="eval").body
    return annotation


def _arguments(function: ast.FunctionDef) -> list[ast.arg]:
    return [n for n in nodes_of(function.args) if isinstance(n, ast.arg)]


def _bound_names(nodes: Sequence[ast.AST]) -> Iterator[str]:
    """The names that `nodes` bind in their own scope: the bodies of functions and structs inside are not entered."""
    pending: list[ast.AST] = list(nodes)
    while pending:
        node = pending.pop()
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name
            continue
        if isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.alias):
            yield node.asname or node.name.split(".")[0]
        pending += child_nodes(node)
