"""What a kernel module is made of: the hash of its structure, the Warp builtins that it uses, the features of its text.

All three read the text alone; nothing is imported or run. Builtins and features are those of the bodies of the module's kernel and
functions, annotations left out: they are what the generated code is made from.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from harness.canonical import canonical_text, warp_aliases
from harness.syntax import child_nodes, nodes_of, parsed

HASH_DIGITS = 16
"""Hexadecimal digits of every content hash: 64 bits, so that a clash among a million programs has a chance of 3 in 100 million."""

FEATURES = (
    "if",
    "early_return",
    "user_function_call",
    "tuple_unpack",
    "and_or",
    "struct_or_component_attribute",
    "for",
    "multi_index_store",
    "augmented_assignment",
    "else",
    "atomic",
    "while",
    "continue",
    "ternary",
    "nested_subscript",
    "where",
    "static",
    "break",
    "tile",
)
"""Every feature that `features_used` can name."""

_NOT_BUILTINS = frozenset(["kernel", "func", "struct", "array", "array1d", "array2d", "array3d", "array4d"])

_TYPES_AND_CONSTANTS = re.compile(
    r"(u?int(8|16|32|64)|float(16|32|64)|bool|vec[234]\w{0,2}|mat(22|33|44)\w|mat(22|33|44)|(quat|transform)[fdh]?|spatial_(vector|matrix)[fdh]?"
    r"|e|inf|nan|pi|half_pi|tau|phi|log2e|log10e|ln2|ln10)",
    re.IGNORECASE,
)

_BY_NODE: dict[type[ast.AST], str] = {
    ast.If: "if",
    ast.For: "for",
    ast.While: "while",
    ast.Continue: "continue",
    ast.Break: "break",
    ast.BoolOp: "and_or",
    ast.AugAssign: "augmented_assignment",
    ast.IfExp: "ternary",
}

_BY_BUILTIN = {"atomic_": "atomic", "where": "where", "static": "static", "tile": "tile"}


def content_hash(*texts: str) -> str:
    """The first `HASH_DIGITS` hexadecimal digits of the sha256 over `texts`, each with its length, so that no text runs into the next."""
    digest = hashlib.sha256()
    for text in texts:
        data = text.encode()
        digest.update(f"{len(data)}:".encode() + data)
    return digest.hexdigest()[:HASH_DIGITS]


def structure_hash(python_source: str) -> str:
    """The same for two modules that differ only in names, constants, comments and spelling. Raises SyntaxError if it is not Python."""
    return content_hash(canonical_text(python_source))


def builtins_used(python_source: str) -> list[str]:
    """The names that the bodies call, or pass on, as `wp.<name>`: functions, constructors and casts; sorted, each once.

    Decorators, annotations, arrays, and types or mathematical constants that are only mentioned (`dtype=wp.float32`, `wp.pi`) are not
    builtins. Raises SyntaxError if `python_source` is not Python.
    """
    return sorted(_read(python_source).builtins)


def features_used(python_source: str) -> list[str]:
    """Which of `FEATURES` the bodies show; sorted, each once. Raises SyntaxError if `python_source` is not Python.

    `else` includes `elif`; an `early_return` is a return that is not its function's last statement; a `nested_subscript` has a subscript
    in its index (`a[b[i]]`); a `multi_index_store` stores to `a[i, j]`.
    """
    read = _read(python_source)
    found = {feature for name in read.builtins for prefix, feature in _BY_BUILTIN.items() if _matches(name, prefix)}
    functions = [node for node in read.module.body if isinstance(node, ast.FunctionDef)]
    names = {function.name for function in functions}
    last = {id(function.body[-1]) for function in functions}
    for node in read.nodes:
        found.update(_features_of(node, names, read.aliases))
        if isinstance(node, ast.Return) and id(node) not in last:
            found.add("early_return")
    return sorted(found)


@dataclass(frozen=True)
class _Module:
    """A module as it was read: the nodes of its functions' bodies, its names for Warp, and the builtins in it."""

    module: ast.Module
    nodes: tuple[ast.AST, ...]
    aliases: frozenset[str]
    builtins: frozenset[str]


@lru_cache(maxsize=4)
def _read(python_source: str) -> _Module:
    module = parsed(python_source)
    nodes, aliases = tuple(_body_nodes(module)), warp_aliases(module)
    return _Module(module, nodes, aliases, frozenset(_builtins(nodes, aliases)))


def _matches(name: str, prefix: str) -> bool:
    return name == prefix or (prefix == "atomic_" and name.startswith(prefix)) or (prefix == "tile" and name.startswith("tile_"))


def _features_of(node: ast.AST, functions: set[str], aliases: frozenset[str]) -> Iterator[str]:
    if isinstance(node, (ast.Name, ast.Constant)):
        return
    if type(node) in _BY_NODE:
        yield _BY_NODE[type(node)]
    if isinstance(node, ast.If):
        if node.orelse:
            yield "else"
    elif isinstance(node, ast.Call):
        if isinstance(node.func, ast.Name) and node.func.id in functions:
            yield "user_function_call"
    elif isinstance(node, ast.Assign):
        if any(isinstance(target, (ast.Tuple, ast.List)) for target in node.targets):
            yield "tuple_unpack"
    elif isinstance(node, ast.Attribute):
        if not _is_warp(node.value, aliases) and node.attr not in ("shape", "ndim", "dtype"):
            yield "struct_or_component_attribute"
    elif isinstance(node, ast.Subscript):
        if isinstance(node.ctx, ast.Store) and isinstance(node.slice, ast.Tuple):
            yield "multi_index_store"
        if any(isinstance(inner, ast.Subscript) for inner in nodes_of(node.slice)):
            yield "nested_subscript"


def _builtins(nodes: tuple[ast.AST, ...], aliases: frozenset[str]) -> Iterator[str]:
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    for node in nodes:
        if isinstance(node, ast.Attribute) and _is_warp(node.value, aliases) and node.attr not in _NOT_BUILTINS:
            mentioned_only = id(node) not in called and _TYPES_AND_CONSTANTS.fullmatch(node.attr)
            if not mentioned_only:
                yield node.attr


def _is_warp(node: ast.expr, aliases: frozenset[str]) -> bool:
    return isinstance(node, ast.Name) and node.id in aliases


def _body_nodes(module: ast.Module) -> Iterator[ast.AST]:
    """Every node of the functions' bodies except annotations."""
    pending: list[ast.AST] = [s for node in module.body if isinstance(node, ast.FunctionDef) for s in node.body]
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, ast.FunctionDef):
            pending.extend(node.body)
        elif isinstance(node, ast.AnnAssign):
            pending.extend(part for part in (node.target, node.value) if part is not None)
        else:
            pending += child_nodes(node)
