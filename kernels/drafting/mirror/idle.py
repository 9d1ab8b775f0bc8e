"""What a draft names and then has no use for: not every form uses all that its parts work out."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Sequence

_EFFECT = re.compile(r"wp\.(?:tid|atomic_\w+|rand\w*|sample_\w+|poisson|volume_sample_grad\w*)\b")
"""Calls that do more than return a value: what is drawn next comes from the state that a random number leaves."""
_DEFINED = re.compile(r"(?:def|class) (\w+)")


def without_idle(body: Sequence[str], kept: Collection[str] = ()) -> list[str]:
    """`body` without the assignments of locals that nothing reads; those called as `kept` says stay."""
    lines = list(body)
    while True:
        tree = ast.parse("\n".join(lines))
        idle = _idle(tree) - set(kept)
        dropped = _lines_of(tree.body, idle)
        if not dropped:
            return lines
        for number in sorted(dropped):
            while number > 1 and lines[number - 2].lstrip().startswith("#") and number - 1 not in dropped:
                number -= 1
                dropped.add(number)
        lines = [line for number, line in enumerate(lines, 1) if number not in dropped]


def used_definitions(definitions: Sequence[list[str]], body: Sequence[str]) -> list[list[str]]:
    """The functions and structs of `definitions` that `body` uses, or that one of them uses."""
    used = words(body)
    kept: list[list[str]] = []
    rest = list(definitions)
    while found := [block for block in rest if _defined(block) in used]:
        kept += found
        used |= {word for block in found for word in words(block)}
        rest = [block for block in rest if block not in found]
    return [block for block in definitions if block in kept]


def words(lines: Sequence[str]) -> set[str]:
    """The words of `lines`: what they name, and more."""
    return set(re.findall(r"\w+", "\n".join(lines)))


def _defined(block: Sequence[str]) -> str:
    return next(match[1] for line in block if (match := _DEFINED.match(line)))


def _idle(tree: ast.Module) -> set[str]:
    """The names that are assigned, each by itself, and never read."""
    names = [n for n in ast.walk(tree) if isinstance(n, ast.Name)]
    alone = {id(target) for node in ast.walk(tree) if (target := _target(node)) is not None}
    return {n.id for n in names} - {n.id for n in names if id(n) not in alone}


def _target(node: ast.AST) -> ast.Name | None:
    """The name that a statement does nothing but assign."""
    if not isinstance(node, (ast.Assign, ast.AugAssign)) or _EFFECT.search(ast.unparse(node.value)):
        return None
    target = node.target if isinstance(node, ast.AugAssign) else node.targets[0]
    return target if isinstance(target, ast.Name) else None


def _lines_of(statements: Sequence[ast.stmt], names: Collection[str]) -> set[int]:
    """The numbers of the lines that assign `names`, and of the branches and loops that do nothing else. No block is left empty."""
    numbers: set[int] = set()
    for node in statements:
        if _goes(node, names):
            numbers.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
            continue
        for block in _blocks(node):
            if not all(_goes(inner, names) for inner in block):
                numbers |= _lines_of(block, names)
    return numbers


def _goes(node: ast.stmt, names: Collection[str]) -> bool:
    if blocks := _blocks(node):
        return all(_goes(inner, names) for block in blocks for inner in block)
    target = _target(node)
    return target is not None and target.id in names


def _blocks(node: ast.stmt) -> list[list[ast.stmt]]:
    return [block for name in ("body", "orelse") if (block := getattr(node, name, []))]
