"""Formulas in Warp's spelling, turned into numpy's: the builtins by name, vectors as a trailing axis of length 3.

For formulas that a family writes by hand. Braces mark a scalar that scales a vector, `{w} * offset`: numpy gives it a trailing axis.
"""

from __future__ import annotations

import re

_CALL = re.compile(r"\bwp\.(\w+)\(")
_BRACES = re.compile(r"\{([^{}]*)\}")
_PLAIN = re.compile(r"[\w.]+(\[[^\]]*\])?")
_SPELLINGS = {
    "min": "np.minimum({0}, {1})",
    "max": "np.maximum({0}, {1})",
    "clamp": "np.clip({0}, {1}, {2})",
    "pow": "np.power({0}, {1})",
    "acos": "np.arccos({0})",
    "asin": "np.arcsin({0})",
    "atan2": "np.arctan2({0}, {1})",
    "length": "np.linalg.norm({0}, axis=-1)",
    "length_sq": "np.sum({0} * {0}, axis=-1)",
    "normalize": "({0} / np.linalg.norm({0}, axis=-1, keepdims=True))",
    "cw_mul": "({0} * {1})",
    "cw_div": "({0} / {1})",
    "dot": "np.sum({0} * {1}, axis=-1)",
    "float": "f32({0})",
    "float64": "np.float64({0})",
}
_OPERATORS = frozenset({"length_sq", "normalize", "cw_div", "cw_mul", "dot"})
"""Spellings in which the arguments become operands, and need parentheses of their own."""


def to_numpy(text: str) -> str:
    """`text` in numpy's spelling. Calls may nest; a builtin without an entry of its own is numpy's of the same name.

    Raises ValueError for a call whose parenthesis is never closed.
    """
    text = re.sub(r"(?<![\w.])float\(", "wp.float(", text)
    while match := _CALL.search(text):
        arguments, end = _arguments(text, match.end())
        name = match[1]
        if name in _OPERATORS:
            arguments = [a if _PLAIN.fullmatch(a) else f"({a})" for a in arguments]
        spelled = _SPELLINGS[name].format(*arguments) if name in _SPELLINGS else f"np.{name}({', '.join(arguments)})"
        text = text[: match.start()] + spelled + text[end:]
    return _BRACES.sub(lambda m: _atom(m[1]) + "[..., None]", text)


def _atom(text: str) -> str:
    """`text`, in parentheses unless it is a name or in parentheses already."""
    wrapped = text.startswith("(") and _arguments(text, 1)[1] == len(text)
    return text if wrapped or re.fullmatch(r"[\w.]+", text) else f"({text})"


def _arguments(text: str, start: int) -> tuple[list[str], int]:
    """The arguments of the call whose opening parenthesis ends at `start`, and where the text goes on after it."""
    depth, begin = 1, start
    parts: list[str] = []
    for position in range(start, len(text)):
        character = text[position]
        depth += (character in "([") - (character in ")]")
        if depth == 0:
            return [*parts, text[begin:position].strip()], position + 1
        if depth == 1 and character == ",":
            parts.append(text[begin:position].strip())
            begin = position + 1
    raise ValueError(f"formula {text!r} has an unclosed call: balance its parentheses")
