"""Long lines of a kernel, broken the way a formatter breaks them: one argument per line of a call, or one term per line of a sum."""

from __future__ import annotations

from collections.abc import Iterable

from kernels.source import LINE

_PAIRS = {"(": 1, "[": 1, ")": -1, "]": -1}


def folded(lines: Iterable[str], indent: int = 4) -> list[str]:
    """`lines` with assignments, returns and calls that would pass the line's end (at `indent` more columns) broken into several."""
    result: list[str] = []
    for line in lines:
        result += _fold(line, indent) if len(line) + indent > LINE else [line]
    return result


def _fold(line: str, indent: int) -> list[str]:
    space = line[: len(line) - len(line.lstrip())]
    text = line.strip()
    head, mark, value = text.partition(" = ")
    if not mark and text.startswith("return "):
        head, mark, value = "return", " ", text[len("return ") :]
    if not mark:
        head, value = "", text
    opening = value.find("(")
    if value.endswith(")") and opening > 0 and value[:opening].replace(".", "").replace("_", "").isalnum() and _closes(value, opening):
        parts = [f"{part}," for part in _split(value[opening + 1 : -1], (", ",))]
        return [f"{space}{head}{mark}{value[:opening]}(", *folded([f"{space}    {part}" for part in parts], indent), f"{space})"]
    for operators in ((" + ", " - "), (" * ", " / ")):
        parts = _split(value, operators)
        if len(parts) > 1 and mark:
            return [f"{space}{head}{mark}(", *[f"{space}    {part}" for part in parts], f"{space})"]
    return [line]


def _closes(value: str, opening: int) -> bool:
    """Whether the bracket at `opening` is closed by the last character."""
    depth = 0
    for position in range(opening, len(value)):
        depth += _PAIRS.get(value[position], 0)
        if depth == 0:
            return position == len(value) - 1
    return False


def _split(value: str, operators: tuple[str, ...]) -> list[str]:
    """`value` split before each operator (or after each comma) that stands outside all brackets."""
    parts, depth, start, position = [], 0, 0, 0
    while position < len(value):
        depth += _PAIRS.get(value[position], 0)
        found = value[position : position + len(operators[0])]
        if depth == 0 and position > start and found in operators:
            parts.append(value[start:position])
            start = position + (len(found) if found == ", " else 1)
            position += len(found)
            continue
        position += 1
    return [*parts, value[start:]]
