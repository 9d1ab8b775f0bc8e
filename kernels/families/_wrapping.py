"""Long statements of a kernel, laid out as a formatter would: cut at their outermost operators, else at a call's arguments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

_ASSIGNMENT = re.compile(r"(\s*)([\w\[\], ]+ [-+*/]?= |return )(.*)")
_CONDITION = re.compile(r"(\s*)(if |elif )(.*):")
_CALL = re.compile(r"([\w.]+)\((.*)\)")
_OPERATORS = ((" + ", " - "), (" * ", " / "))


def wrapped(line: str, width: int) -> list[str]:
    """`line`, or the lines that it becomes if it is wider than `width` and an assignment, a return, a condition or a bare call."""
    if len(line) <= width:
        return [line]
    if match := _CONDITION.fullmatch(line):
        indent, head, text = match.groups()
        parts = _split(text, (" and ", " or "))
        return [line] if len(parts) == 1 else [f"{indent}{head}(", *(f"{indent}    {p}" for p in parts), f"{indent}):"]
    match = _ASSIGNMENT.fullmatch(line)
    indent, head, text = match.groups() if match else (line[: len(line) - len(line.lstrip())], "", line.strip())
    for operators in _OPERATORS if match else ():
        parts = _split(text, operators)
        if len(parts) > 1:
            return [f"{indent}{head}(", *(f"{indent}    {p}" for p in parts), f"{indent})"]
    if call := _CALL.fullmatch(text):
        arguments = [part.removeprefix(", ").strip() for part in _split(call[2], (", ",))]
        return [f"{indent}{head}{call[1]}(", *(f"{indent}    {a}," for a in arguments), f"{indent})"]
    return [line]


def _split(text: str, separators: Sequence[str]) -> list[str]:
    """`text` cut before every separator outside of brackets; each part but the first starts with its separator."""
    cuts = [0, *_outermost(text, separators), len(text)]
    return [text[a:b].strip() for a, b in pairwise(cuts)]


def _outermost(text: str, separators: Sequence[str]) -> Iterator[int]:
    depth = 0
    for position, character in enumerate(text):
        depth += (character in "([") - (character in ")]")
        if depth == 0 and text.startswith(tuple(separators), position):
            yield position
