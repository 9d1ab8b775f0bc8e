"""Which statement forms a kernel module shows, read from its text alone.

The names are those of `kernels.coverage.forms`. Forms of `KERNEL_FORMS` are looked for in the kernel's own body, as they were counted in
real kernels; the others in the kernel, its functions and its structs. Annotations are not part of a body.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from harness.canonical import warp_aliases
from harness.declarations import Code, Declarations, axes, declarations, last_name, names_in
from harness.syntax import child_nodes, nodes_of, parsed
from kernels.coverage.forms import MODULE_FORMS

_BY_NODE: dict[type[ast.AST], str] = {
    ast.If: "if",
    ast.For: "for",
    ast.While: "while",
    ast.Continue: "continue",
    ast.Break: "break",
    ast.BoolOp: "and_or",
    ast.AugAssign: "augmented_assignment",
    ast.IfExp: "ternary",
    ast.Slice: "slice",
    ast.Assert: "assert",
}

_BY_BUILTIN = {"where": "where", "static": "static", "tile": "tile", "zeros": "local_array", "printf": "print"}

_BY_DECORATOR = {"func_grad": "custom_gradient", "func_replay": "replay_function", "func_native": "native_snippet"}

_GENERIC = {"Any", "Scalar", "Float", "Int"}

_OF_ARRAYS = ("shape", "ndim", "dtype")
"""Attributes of arrays, which are no fields or components."""


def features_used(python_source: str) -> list[str]:
    """The forms that the module shows; sorted, each once. Raises SyntaxError if `python_source` is not Python."""
    declared = declarations(python_source)
    aliases = warp_aliases(parsed(python_source))
    found = set(_of_module(declared))
    for code in declared.codes:
        shown = set(_of_body(code, declared, aliases))
        found |= shown if code.kind == "kernel" else shown & MODULE_FORMS.keys()
        found |= set(_of_signature(code, declared))
    if "#" in python_source and not any("#" in text for text in _texts(python_source)):
        found.add("comment")
    return sorted(found)


def _of_module(declared: Declarations) -> Iterator[str]:
    """Forms of the module as a whole, and of its structs."""
    names = Counter(code.node.name for code in declared.codes if code.kind in ("func", "overload"))
    if any(count > 1 for count in names.values()):
        yield "overloaded_function"
    for fields in declared.structs.values():
        for annotation in fields.values():
            yield from _of_field(annotation, declared)


def _of_field(annotation: ast.expr, declared: Declarations) -> Iterator[str]:
    structs = names_in(annotation) & declared.structs.keys()
    if axes(annotation):
        yield "array_in_struct"
        if structs:
            yield "array_of_structs"
    elif structs:
        yield "nested_struct"


def _of_signature(code: Code, declared: Declarations) -> Iterator[str]:
    """Forms of a kernel's or function's head."""
    if code.nested:
        yield "closure"
    if code.kind in _BY_DECORATOR:
        yield _BY_DECORATOR[code.kind]
    if code.node.args.defaults:
        yield "default_argument"
    if ast.get_docstring(code.node, clean=False) is not None:
        yield "docstring"
    for annotation in code.parameters.values():
        names = names_in(annotation)
        if names & _GENERIC:
            yield "generic_function"
        if names & declared.structs.keys():
            if axes(annotation):
                yield "array_of_structs"
            elif code.kind == "kernel":
                yield "struct_argument"


def _of_body(code: Code, declared: Declarations, aliases: frozenset[str]) -> Iterator[str]:
    """Forms of a kernel's or function's body; a kernel's return is `early_return`, a function's `early_return_in_function`."""
    functions = {other.node.name for other in declared.codes if other.kind != "kernel"} | declared.made
    local = _local_axes(code, declared)
    constants = declared.constants - local.keys()
    last = code.node.body[-1]
    for node in code.nodes:
        kind = type(node)
        if kind in _BY_NODE:
            yield _BY_NODE[kind]
        if isinstance(node, ast.Name):
            if node.id in constants:
                yield "captured_constant"
        elif isinstance(node, ast.Attribute):
            yield from _of_attribute(node, declared, aliases)
        elif isinstance(node, ast.Call):
            yield from _of_call(node, functions, aliases)
        elif isinstance(node, ast.Subscript):
            if any(isinstance(inner, ast.Subscript) for inner in nodes_of(node.slice)):
                yield "nested_subscript"
            if isinstance(node.ctx, ast.Store) and isinstance(node.slice, ast.Tuple):
                yield "multi_index_store"
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            yield from _of_assignment(node, declared, local)
        elif isinstance(node, ast.If):
            if node.orelse:
                yield "else"
            if len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
                yield "elif"
        elif isinstance(node, (ast.For, ast.While)):
            yield from _of_loop(node, constants)
        elif isinstance(node, ast.Compare):
            if len(node.ops) > 1:
                yield "chained_comparison"
        elif isinstance(node, ast.UnaryOp):
            if isinstance(node.op, ast.Not):
                yield "not"
        elif isinstance(node, ast.Return):
            if node is not last:
                yield "early_return" if code.kind == "kernel" else "early_return_in_function"
            if isinstance(node.value, ast.Tuple):
                yield "tuple_return"


def _of_attribute(node: ast.Attribute, declared: Declarations, aliases: frozenset[str]) -> Iterator[str]:
    if isinstance(node.value, ast.Name) and node.value.id in aliases:
        # Used or passed on: `wp.where(...)`, `wp.tile_map(wp.sin, t)`.
        family = "tile" if node.attr.startswith("tile_") else node.attr
        if family in _BY_BUILTIN:
            yield _BY_BUILTIN[family]
        elif family.startswith("atomic_"):
            yield "atomic"
    elif node.attr in _OF_ARRAYS and node.attr not in declared.field_axes:
        if node.attr == "shape":
            yield "shape_query"
    else:
        yield "struct_or_component_attribute"


def _of_call(node: ast.Call, functions: set[str], aliases: frozenset[str]) -> Iterator[str]:
    if isinstance(node.func, ast.Name):
        if node.func.id in functions:
            yield "user_function_call"
        elif node.func.id == "print":
            yield "print"
        elif node.func.id == "len":
            yield "shape_query"
    elif isinstance(node.func, ast.Attribute) and node.func.attr == "len" and last_name(node.func.value) in aliases:
        yield "shape_query"
    if node.keywords:
        yield "keyword_argument"


def _of_assignment(node: ast.Assign | ast.AnnAssign | ast.AugAssign, declared: Declarations, local: dict[str, int]) -> Iterator[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    for target in targets:
        if isinstance(target, (ast.Tuple, ast.List)):
            yield "tuple_unpack"
            if isinstance(node.value, ast.Call) and last_name(node.value.func) == "tid":
                yield "multi_dimensional_tid"
        elif isinstance(target, ast.Attribute) and target.attr in declared.field_axes:
            yield "field_write"
        elif isinstance(target, ast.Subscript) and declared.axes_left(target.value, local):
            if isinstance(node, ast.AugAssign):
                yield "augmented_element"
        elif isinstance(target, (ast.Subscript, ast.Attribute)):
            yield "augmented_component" if isinstance(node, ast.AugAssign) else "component_write"


def _of_loop(node: ast.For | ast.While, constants: frozenset[str]) -> Iterator[str]:
    own: list[ast.AST] = list(node.body)
    within = [inner for statement in node.body for inner in nodes_of(statement)]
    if any(isinstance(inner, (ast.For, ast.While)) for inner in within):
        yield "nested_loops"
    if isinstance(node, ast.While):
        for inner in own:
            # A loop within has its own `break`.
            if not isinstance(inner, (ast.For, ast.While)):
                own += [part for part in ast.iter_child_nodes(inner) if isinstance(part, ast.stmt)]
            if isinstance(inner, ast.Break):
                yield "break_in_while"
            elif isinstance(inner, ast.Continue):
                yield "continue_in_while"
        return
    call = node.iter
    if isinstance(call, ast.Call) and last_name(call.func) == "reversed" and call.args:
        yield "negative_step"
        call = call.args[0]
    if isinstance(call, ast.Call) and last_name(call.func) == "range":
        yield "static_loop" if all(_is_static(argument, constants) for argument in call.args) else "dynamic_loop"
        if len(call.args) == 3:
            yield "range_with_step"
            if isinstance(call.args[2], ast.UnaryOp) and isinstance(call.args[2].op, ast.USub):
                yield "negative_step"


def _is_static(node: ast.expr, constants: frozenset[str]) -> bool:
    """Whether an argument of `range` is known before the kernel runs."""
    if isinstance(node, (ast.UnaryOp, ast.BinOp)):
        return all(_is_static(part, constants) for part in child_nodes(node) if isinstance(part, ast.expr))
    if isinstance(node, ast.Call):
        return last_name(node.func) == "static"
    return isinstance(node, ast.Constant) or (isinstance(node, ast.Name) and node.id in constants)


def _local_axes(code: Code, declared: Declarations) -> dict[str, int]:
    """The names of a body, its parameters among them, with the axes of the arrays that they hold (0: no array)."""
    local = {name: axes(annotation) for name, annotation in code.parameters.items()}
    for node in code.nodes:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    local.setdefault(target.id, declared.axes_left(node.value, local))
    return local


def _texts(python_source: str) -> Iterator[str]:
    for node in nodes_of(parsed(python_source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
