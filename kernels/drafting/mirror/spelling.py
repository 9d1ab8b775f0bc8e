"""Lines of a kernel's text, written in single precision, in the width of the case that it belongs to."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field

from kernels.drafting.mirror.values import Known
from kernels.language.types import Type, type_named

_SUFFIXES = {"float64": "d", "float16": "h"}
_COMPOUND = r"(?:vec\d+|mat\d\d|quat|transform|spatial_vector|spatial_matrix)"
_WIDE = re.compile(
    rf"(?P<sure>(?<![\w.])float\((?P<number>-?\d+\.\d+(?:e-?\d+)?)\))"
    r"|(?P<cast>(?<![\w.])float\b(?!\())|(?P<call>(?<![\w.])float\()"
    rf"|(?P<type>(?<![\w.])(?:wp\.)?{_COMPOUND}(?![\w]))"
    r"|(?P<identity>wp\.(?:quat|transform)_identity\(\))"
    r"|(?P<literal>(?<![\w.])\d+\.\d+(?:e-?\d+)?(?!\w))"
)
_SPATIAL = re.compile(r"(?<![\w.])(?:wp\.)?spatial_vector\(")
_NUMBER = re.compile(r"wp\.float\d\d\(([\d.e-]+)\)")
_NUMBERS = re.compile(r"(\b(?:vec|mat|quat|transform|spatial_vector)\w*\()((?:-?wp\.float\d\d\([\d.e-]+\)(?:, )?)+)\)")
_WIDEST = 84
"""A line of a statement of several beyond this may not stand at the depth that it gets."""


def widened(code: str, width: str, *, bare_numbers: bool) -> str:
    """`code` in `width`; with `bare_numbers`, those of a compound that is made of nothing else take its width by themselves."""

    def wide(match: re.Match[str]) -> str:
        if match["type"]:
            name = match["type"].removeprefix("wp.") + _SUFFIXES.get(width, "")
            return type_named(name if name[-1] in "dh" else f"{name}f").spelling
        if width == "float32":
            return match[0]
        if match["sure"] or match["literal"]:
            return f"wp.{width}({match['number'] or match['literal']})"
        if match["cast"]:
            return f"wp.{width}"
        if match["call"]:
            return f"wp.{width}("
        return f"{match['identity'][:-1]}dtype=wp.{width})"

    code = _WIDE.sub(wide, code)
    return _NUMBERS.sub(lambda m: m[1] + _NUMBER.sub(r"\1", m[2]) + ")", code) if bare_numbers else code


def paired(code: str, function: str) -> str:
    """`code` with a call of `function` for every spatial vector that is made of two vectors: Warp makes those in single precision alone."""
    for call in reversed(list(_SPATIAL.finditer(code))):
        if _count(code[call.end() :]) == 2:
            code = f"{code[: call.start()]}{function}({code[call.end() :]}"
    return code


def _count(text: str) -> int:
    """The number of arguments of the call whose opening parenthesis ends where `text` begins."""
    depth, commas = 1, 0
    for position, character in enumerate(text):
        depth += (character in "([") - (character in ")]")
        commas += depth == 1 and character == ","
        if depth == 0:
            return commas + 1 if text[:position].strip() else 0
    raise ValueError(f"mirror: {text!r} closes no call: keep calls of spatial_vector on one line")


def joined(lines: Sequence[str]) -> list[str]:
    """`lines`, those of one statement in one line where one of them is too long to stand: the layout breaks whole statements."""
    result: list[str] = []
    group: list[str] = []
    depth = 0
    for line in lines:
        group.append(line)
        depth += sum(line.count(c) for c in "([{") - sum(line.count(c) for c in ")]}")
        if depth > 0:
            continue
        if len(group) > 1 and max(map(len, group)) > _WIDEST:
            inner = " ".join(part.strip() for part in group[1:-1]).rstrip(",")
            group = [f"{group[0]}{inner}{group[-1].strip()}"]
        result += group
        group = []
    return [*result, *group]


def renamed(text: str, names: Mapping[str, str]) -> str:
    """`text` with whole names replaced; attributes stay."""
    if not names:
        return text
    pattern = re.compile(r"(?<![\w.])(" + "|".join(sorted(map(re.escape, names), key=len, reverse=True)) + r")(?!\w)")
    return pattern.sub(lambda m: names[m[1]], text)


@dataclass
class Parameters:
    """The parameters of a function: as its head spells them, what is known of values and of arrays, and their names in order."""

    spelled: list[str] = field(default_factory=list)
    values: dict[str, Known] = field(default_factory=dict)
    arrays: dict[str, tuple[Type, int]] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)


def parameters_of(text: str, typed: Callable[[str], Type], structs: Container[str]) -> Parameters:
    """The parameters that `text` lists, such as "r: float, h: vec3, x: array(vec3), hit: Hit"; `typed` gives the type of a name."""
    result = Parameters()
    for part in text.split(", "):
        name, kind = (p.strip() for p in part.split(":"))
        result.order.append(name)
        if match := re.fullmatch(r"array([234]?)d?\((.+)\)", kind):
            type = typed(match[2])
            result.arrays[name] = (type, int(match[1] or 1))
            result.spelled.append(f"{name}: wp.array{match[1] + 'd' if match[1] else ''}(dtype={type.spelling})")
        elif kind in structs:
            result.values[name] = Known(struct=kind)
            result.spelled.append(f"{name}: {kind}")
        else:
            result.values[name] = Known(typed(kind))
            result.spelled.append(f"{name}: {result.values[name].type.spelling}")
    return result
