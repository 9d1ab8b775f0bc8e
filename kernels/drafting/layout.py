"""How lines are laid out: long ones broken as a formatter breaks them (at the loosest operator, else within brackets), and loops."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from kernels.source import indented

_STATEMENT = re.compile(r"(if |elif |while |for .+? in |return )(.*)")
_ASSIGNMENT = re.compile(r" (?:[-+*/|&^%]|//|\*\*)?= ")
_VALUE = re.compile(r"(\s*(?:return |[\w\[\], :.]+ = ))(\(.*\))")
_LEVELS = (
    (", ",),
    (" if ", " else "),
    (" or ",),
    (" and ",),
    (" < ", " <= ", " > ", " >= ", " == ", " != "),
    (" | ",),
    (" & ",),
    (" + ", " - "),
    (" * ", " / ", " // ", " % ", " @ "),
)
"""What separates the parts of an expression, from loosest to tightest."""


def folded(lines: Iterable[str], width: int) -> list[str]:
    """`lines`, those wider than `width` broken into several, without parentheses around the whole of what is assigned or returned.

    Definitions and lambdas are left as they are.
    """
    result: list[str] = []
    for line in map(_bare, lines):
        result += [line] if len(line) <= width else _statement(line, width)
    return result


def loop(counter: str, stop: str, lines: Sequence[str], start: str = "0") -> list[str]:
    """`lines` for each value of `counter` from `start` to below `stop`.

    Never a while loop: Warp's adjoint of one indexes arrays with the counter's next value, which may lie outside.
    """
    return [f"for {counter} in range({stop if start == '0' else f'{start}, {stop}'}):", *indented(lines)]


def _bare(line: str) -> str:
    """`line` without parentheses around its whole value; a tuple or a generator keeps them."""
    match = _VALUE.fullmatch(line)
    if match is None or _widest_group(match[2]) != (0, len(match[2]) - 1):
        return line
    inner = match[2][1:-1]
    plain = len(_split(inner, (", ",))) == 1 and not inner.endswith(",") and " for " not in inner
    return _bare(match[1] + inner) if plain else line


def _statement(line: str, width: int) -> list[str]:
    text = line.lstrip()
    space = line[: len(line) - len(text)]
    if text.startswith(("def ", "class ", "@", "#", '"')):
        return [line]
    if match := _STATEMENT.fullmatch(text):
        head, value = match.groups()
        suffix = ":" if value.endswith(":") else ""
        return _broken(space, head, value.removesuffix(":"), suffix, width)
    for match in _ASSIGNMENT.finditer(text):
        if _depth(text[: match.start()]) == 0:
            return _broken(space, text[: match.end()], text[match.end() :], "", width)
    return _broken(space, "", text, "", width)


def _broken(space: str, head: str, value: str, tail: str, width: int, *, bracketed: bool = False) -> list[str]:
    """`head`, `value` and `tail` on one line where they fit; `bracketed` values may be broken without parentheses of their own."""
    whole = f"{space}{head}{value}{tail}"
    if len(whole) <= width or value.startswith("lambda "):
        return [whole]
    inner = space + "    "
    for separators in _LEVELS:
        parts = _split(value, separators)
        if len(parts) == 1:
            continue
        if separators == (", ",):
            return [f"{space}{head}(", *_items(inner, parts, width), f"{space}){tail}"]
        ends = ["" for _ in parts[:-1]]
        if bracketed:
            lines = [_broken(space, *_operator(p), end, width, bracketed=True) for p, end in zip(parts, [*ends, tail], strict=True)]
            return [f"{space}{head}{lines[0][0].lstrip()}", *lines[0][1:], *(text for part in lines[1:] for text in part)]
        lines = [_broken(inner, *_operator(p), "", width, bracketed=True) for p in parts]
        return [f"{space}{head}(", *(text for part in lines for text in part), f"{space}){tail}"]
    group = _widest_group(value)
    if group is None:
        return [whole]
    start, end = group
    items = _items(inner, _split(value[start + 1 : end], (", ",)), width)
    return [f"{space}{head}{value[: start + 1]}", *items, f"{space}{value[end:]}{tail}"]


def _items(space: str, parts: Sequence[str], width: int) -> list[str]:
    """The elements within brackets, each on lines of its own; only several elements take commas."""
    comma = "," if len(parts) > 1 else ""
    texts = [part.removeprefix(", ") for part in parts]
    return [line for text in texts for line in _broken(space, "", text, comma, width, bracketed=True)]


def _operator(part: str) -> tuple[str, str]:
    """A part's leading operator and the rest."""
    match = re.match(r"(?:[-+*/|&%@<>=!]+|and|or|if|else) ", part)
    return (match[0], part[match.end() :]) if match else ("", part)


def _depth(text: str) -> int:
    return sum(text.count(c) for c in "([{") - sum(text.count(c) for c in ")]}")


def _widest_group(value: str) -> tuple[int, int] | None:
    """Where the widest bracket that stands outside all others opens and closes."""
    depth, start = 0, 0
    best: tuple[int, int] | None = None
    for position, character in enumerate(value):
        if character in "([{":
            start = position if depth == 0 else start
            depth += 1
        elif character in ")]}":
            depth -= 1
            if depth == 0 and (best is None or position - start > best[1] - best[0]):
                best = start, position
    return best if best is not None and best[1] - best[0] > 1 else None


def _split(value: str, separators: Sequence[str]) -> list[str]:
    """`value` cut before every separator outside of brackets; each part but the first starts with its separator, less the space."""
    cuts, depth = [0], 0
    for position, character in enumerate(value):
        depth += (character in "([{") - (character in ")]}")
        if depth == 0 and position and value.startswith(tuple(separators), position):
            cuts.append(position)
    return [value[a:b] if value[a:b].startswith(", ") else value[a:b].strip() for a, b in zip(cuts, [*cuts[1:], len(value)], strict=True)]
