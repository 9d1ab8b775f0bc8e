"""What a kernel module is made of: the hash of its structure, and the Warp builtins that it uses.

Both read the text alone; nothing is imported or run. Builtins are those of the bodies of the module's kernel and functions, annotations
left out: they are what the generated code is made from.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator, Sequence

from harness.canonical import canonical_text, warp_aliases
from harness.declarations import declarations
from harness.syntax import parsed

HASH_DIGITS = 16
"""Hexadecimal digits of every content hash: 64 bits, so that a clash among a million programs has a chance of 3 in 100 million."""

_NOT_BUILTINS = frozenset(["kernel", "func", "struct", "array", "array1d", "array2d", "array3d", "array4d"])

_TYPES_AND_CONSTANTS = re.compile(
    r"(u?int(8|16|32|64)|float(16|32|64)|bool|vec[234]\w{0,2}|mat(22|33|44)\w|mat(22|33|44)|(quat|transform)[fdh]?|spatial_(vector|matrix)[fdh]?"
    r"|e|inf|nan|pi|half_pi|tau|phi|log2e|log10e|ln2|ln10)",
    re.IGNORECASE,
)


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
    aliases = warp_aliases(parsed(python_source))
    return sorted({name for code in declarations(python_source).codes for name in _builtins(code.nodes, aliases)})


def _builtins(nodes: Sequence[ast.AST], aliases: frozenset[str]) -> Iterator[str]:
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    for node in nodes:
        if isinstance(node, ast.Attribute) and _is_warp(node.value, aliases) and node.attr not in _NOT_BUILTINS:
            mentioned_only = id(node) not in called and _TYPES_AND_CONSTANTS.fullmatch(node.attr)
            if not mentioned_only:
                yield node.attr


def _is_warp(node: ast.expr, aliases: frozenset[str]) -> bool:
    return isinstance(node, ast.Name) and node.id in aliases
