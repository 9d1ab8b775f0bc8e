"""The declarations of a kernel's generated code, and the direction that each is for: forward, or backward.

Warp writes one translation unit: structs with their helpers, functions, the adjoints of the functions, the kernel forward and backward, and
on the CPU the entry points of both. A declaration is one of these with the comments, empty lines and `template` line before it, so that the
declarations, put together, are the code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

Direction = Literal["forward", "backward"]

_KERNEL_BACKWARD = re.compile(r"\w+_(cpu|cuda)_(kernel_)?(block_(payload|thunk)_)?backward(_tasks|_dispatch)?")

_STRUCT_ADJOINTS = frozenset(["add", "adj_add", "adj_sub", "adj_atomic_add", "tile_adj_atomic_add_value"])
"""Helpers of a struct that only adjoints call. A function of the program has a number after its name, so none is called so."""

_QUOTED = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\'|//[^\n]*|/\*.*?\*/', re.DOTALL)
"""Strings, characters and comments: what may hold braces that are none."""

_DECLARED = re.compile(r"\bstruct (\w+)\s*[{;]|(?!__)\b([A-Za-z_]\w*)\s*\(")

_DIRECTIVE = re.compile(r"^[ \t]*#.*", re.MULTILINE)

_LINE = re.compile(r"[^\n]*\n|[^\n]+")


@dataclass(frozen=True)
class Declaration:
    """A declaration: the name that it declares ('' for what is none, such as a macro), its direction, and its text."""

    name: str
    direction: Direction
    text: str


def declarations(code: str) -> list[Declaration]:
    """The declarations of `code`, in its order; their texts put together are `code`."""
    pieces = _top_level(code)
    names = [_declared(plain) for _, plain in pieces]
    declared = frozenset(names)
    return [Declaration(name, _direction(name, declared), text) for name, (text, _) in zip(names, pieces, strict=True)]


def both_directions(code: str) -> tuple[str, str]:
    """The forward declarations of `code` and the backward ones, each put together, without empty lines around them; '' where there is none.
    Structs, that of the kernel's arguments, and functions are forward: the backward ones use them."""
    found = declarations(code)
    forward, backward = ("".join(d.text for d in found if d.direction == direction) for direction in get_args(Direction))
    return forward.strip("\n"), backward.strip("\n")


def kernel_function(code: str, direction: Direction) -> Declaration | None:
    """The kernel's own function of `direction`; None if `code` has none, as where it was generated without a backward pass."""
    return next((d for d in declarations(code) if re.fullmatch(rf"\w+_kernel_{direction}", d.name)), None)


def _top_level(code: str) -> list[tuple[str, str]]:
    """`code`, cut after every line that ends a brace or an `#if` that stands in no other, and after every statement that stands in none;
    each piece also without strings and comments."""
    # Newlines stay where they are, so that both texts have the same lines.
    bare = _QUOTED.sub(lambda found: "\n" * found.group().count("\n"), code)
    lines, plain = _LINE.findall(code), _LINE.findall(bare)
    ends: list[int] = []
    depth = 0
    for number, line in enumerate(plain, 1):
        text = line.strip()
        if not text:
            continue
        before = depth
        depth += text.count("{") - text.count("}") + text.startswith("#if") - text.startswith("#endif")
        if depth <= 0 and (before > 0 or text.endswith((";", "}"))):
            ends.append(number)
            depth = 0
    if not ends or "".join(plain[ends[-1] :]).strip():
        ends.append(len(lines))
    # Empty lines at the end belong to what is before them.
    ends[-1] = len(lines)
    starts = [0, *ends[:-1]]
    return [("".join(lines[a:b]), "".join(plain[a:b])) for a, b in zip(starts, ends, strict=True) if a < b]


def _declared(plain: str) -> str:
    """The name that a declaration declares; of a block of several, such as `extern "C" {`, the first one."""
    found = _DECLARED.search(_DIRECTIVE.sub("", plain))
    return "" if found is None else found.group(1) or found.group(2)


def _direction(name: str, declared: frozenset[str]) -> Direction:
    adjoint = name.startswith("adj_") and name.removeprefix("adj_") in declared
    return "backward" if adjoint or name in _STRUCT_ADJOINTS or _KERNEL_BACKWARD.fullmatch(name) else "forward"
