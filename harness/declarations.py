"""What a kernel module declares, read from its text: kernels, functions, structs and constants, and the axes of arrays."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from harness.syntax import child_nodes, nodes_of, parsed

_ARRAYS = {"array": 1, "array1d": 1, "array2d": 2, "array3d": 3, "array4d": 4, "indexedarray": 1, "zeros": 1}
"""Array types, and `wp.zeros`, which makes a kernel's own array: the axes that they have if nothing else is said."""

_TYPE_MAKERS = ("vector", "matrix", "quaternion", "transformation")

_DECORATORS = ("kernel", "func", "func_grad", "func_replay", "func_native", "overload")


@dataclass(frozen=True)
class Code:
    """A kernel or function: its definition, the name of the decorator that makes it one, and whether it is made within a function."""

    node: ast.FunctionDef
    kind: str
    nested: bool

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Every node of its body, breadth first, without annotations and without the bodies of functions defined in it."""
        return body_nodes(self.node.body)

    @cached_property
    def parameters(self) -> dict[str, ast.expr | None]:
        """The annotations of its parameters, by name."""
        arguments = self.node.args
        return {a.arg: a.annotation for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}


@dataclass(frozen=True)
class Declarations:
    """A module's kernels and functions, the annotations of its structs' fields, and the names of its constants and of the functions that
    it has made by functions."""

    codes: tuple[Code, ...]
    structs: dict[str, dict[str, ast.expr]]
    constants: frozenset[str]
    made: frozenset[str]

    @cached_property
    def field_axes(self) -> dict[str, int]:
        """The axes of the array in a field of that name, in any struct; 0 if it holds none."""
        return {name: axes(annotation) for fields in self.structs.values() for name, annotation in fields.items()}

    def axes_left(self, node: ast.expr, local: dict[str, int]) -> int:
        """How many axes are left of the array that an expression gives, given those of local names; 0 for a value that is no array."""
        if isinstance(node, ast.Name):
            return local.get(node.id, 0)
        if isinstance(node, ast.Attribute):
            return self.field_axes.get(node.attr, 0)
        if isinstance(node, ast.Subscript):
            index = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            return max(self.axes_left(node.value, local) - sum(not isinstance(i, ast.Slice) for i in index), 0)
        return axes(node) if isinstance(node, ast.Call) else 0


@lru_cache(maxsize=4)
def declarations(python_source: str) -> Declarations:
    """What the module declares. Raises SyntaxError if `python_source` is not Python."""
    module = parsed(python_source)
    structs = {
        node.name: {s.target.id: s.annotation for s in node.body if isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name)}
        for node in module.body
        if isinstance(node, ast.ClassDef)
    }
    given = {
        target.id: node.value
        for node in module.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    made = frozenset(name for name, value in given.items() if isinstance(value, ast.Call) and isinstance(value.func, ast.Name))
    constants = frozenset(name for name, value in given.items() if not _is_type(value)) - made
    return Declarations(tuple(_codes(module.body, nested=False)), structs, constants, made)


def body_nodes(body: Sequence[ast.stmt]) -> list[ast.AST]:
    """Every node of a body, breadth first, except annotations and the bodies of functions defined in it."""
    nodes: list[ast.AST] = list(body)
    for node in nodes:
        if isinstance(node, ast.AnnAssign):
            nodes += [part for part in (node.target, node.value) if part is not None]
        elif not isinstance(node, ast.FunctionDef):
            nodes += child_nodes(node)
    return nodes


def axes(node: ast.expr | None) -> int:
    """The axes of the array type in an annotation, or of the array that a call makes; 0 if there is none."""
    if isinstance(node, (ast.Subscript, ast.Call)):
        head = node.value if isinstance(node, ast.Subscript) else node.func
        told = last_name(head)
        if isinstance(node, ast.Call):
            given = {k.arg: k.value for k in node.keywords}
            ndim, shape = given.get("ndim"), given.get("shape")
            if told in _ARRAYS and isinstance(ndim, ast.Constant) and isinstance(ndim.value, int):
                return ndim.value
            if told in _ARRAYS and isinstance(shape, ast.Tuple):
                return len(shape.elts)
        return _ARRAYS.get(told, 0)
    return _ARRAYS.get(last_name(node), 0)


def last_name(node: ast.expr | None) -> str:
    """`array` of `wp.array`."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def names_in(node: ast.expr | None) -> set[str]:
    """Every name in an annotation, the last parts of dotted ones among them."""
    return set() if node is None else {name for part in nodes_of(node) if isinstance(part, ast.expr) and (name := last_name(part))}


def _codes(body: Sequence[ast.stmt], *, nested: bool) -> Iterator[Code]:
    for node in body:
        if isinstance(node, ast.FunctionDef):
            called = [d.func if isinstance(d, ast.Call) else d for d in node.decorator_list]
            kinds = [kind for kind in map(last_name, called) if kind in _DECORATORS]
            if kinds:
                yield Code(node, kinds[0], nested)
            else:
                yield from _codes(node.body, nested=True)


def _is_type(value: ast.expr) -> bool:
    """Whether a module gives a name to something of Warp's (`Real = wp.float32`), or to a type that it makes."""
    return isinstance(value, (ast.Name, ast.Attribute)) or (isinstance(value, ast.Call) and last_name(value.func) in _TYPE_MAKERS)
