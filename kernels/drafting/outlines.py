"""Parts of a kernel as functions of their own, and nested loops.

Warp's adjoint runs a function again before it goes backwards through its caller, though not a loop with a run-time count. So what a
dynamic loop has summed up within a function has the right gradient however it is used; summed up in the kernel itself it must be used
linearly.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from kernels.drafting.draft import Draft
from kernels.drafting.layout import loop
from kernels.drafting.reference import names_read
from kernels.language.types import I32, Type
from kernels.source import def_lines, indented

_BUILTIN = frozenset({"wp", "range", "float", "int", "bool", "True", "False"})


def outlined(draft: Draft, function: str, lines: Sequence[str], results: Sequence[tuple[str, Type]]) -> None:
    """Makes `lines`, which compute the `results`, a `@wp.func` called `function`, and calls it in the kernel.

    Its parameters are the names that the lines read: arguments by their declaration, values in scope by their type, others as integers.
    """
    returned = ", ".join(name for name, _ in results)
    call = outlined_value(draft, function, lines, returned, results[0][1] if len(results) == 1 else None)
    draft.line(f"{returned} = {call}")


def outlined_value(draft: Draft, function: str, lines: Sequence[str], value: str, type: Type | None) -> str:
    """Makes `lines` that end in `value` (both as the kernel spells them) a `@wp.func` called `function`; returns its call."""
    body = [*lines, f"return {value}"]
    parameters = _parameters(draft, body)
    function = draft.free(function)
    arrow = type.spelling if type is not None and draft.draw.chance(0.5) else ""
    typed = [f"{name}: {annotation}" for name, annotation in parameters.items()]
    draft.definitions.append(["@wp.func", *def_lines(function, typed, arrow), *indented(body)])
    return f"{function}({', '.join(parameters)})"


def nested(loops: Sequence[tuple[str, str]], lines: Sequence[str]) -> list[str]:
    """`lines` within nested loops, the first outermost."""
    inner = list(lines)
    for counter, stop in reversed(loops):
        start, _, end = stop.rpartition(", ")
        inner = loop(counter, end, inner, start or "0")
    return inner


def extreme_lines(draft: Draft, best: str, counter: str, stop: str, value: str, word: str = "max") -> list[str]:
    """The lines that find the largest (`word` "max") or smallest `value`, the kernel's text over the loop's `counter`."""
    far = draft.cast("-1.0e30" if word == "max" else "1.0e30")
    return [f"{best} = {far}", *loop(counter, stop, [f"{best} = wp.{word}({best}, {value})"])]


def counter_as_real(draft: Draft, counter: str) -> str:
    """The kernel's text of a loop's counter as a real.

    By way of a float32 in kernels of float64: Warp makes the counter of an unrolled loop itself a float64 where it is cast to one, and
    assigns it after it has been used as an index.
    """
    return draft.cast(counter) if draft.width == "float32" else draft.cast(f"float({counter})")


def _parameters(draft: Draft, lines: Sequence[str]) -> dict[str, str]:
    """The names that `lines` read, with the annotations of parameters: arrays before values, each in the order of first use."""
    read = names_read(lines) - _BUILTIN - _functions(draft)
    words = re.findall(r"\w+", "\n".join(lines))
    found = {name: _annotation(draft, name) for name in sorted(read, key=words.index)}
    return dict(sorted(found.items(), key=lambda item: not item[1].startswith("wp.array")))


def _annotation(draft: Draft, name: str) -> str:
    value = draft.scope.get(name)
    return draft.annotation(name) or (value.type if value is not None else I32).spelling


def _functions(draft: Draft) -> set[str]:
    heads = (re.match(r"def (\w+)", line) for block in draft.definitions for line in block)
    return {head[1] for head in heads if head}
