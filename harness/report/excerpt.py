"""An excerpt of a kernel's generated code: a few consecutive source lines, with all that Warp made of them, forward and backward.

Warp marks the generated statements with the source line they come from, before them in the forward part (`// x = y  <L 7>`) and after
them in the reverse part (`// adj: x = y  <L 7>`). Only lines whose statements stand complete, without a brace or a jump, are taken.
"""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from dataclasses import dataclass
from itertools import takewhile

from harness.directions import Direction, kernel_function

MOST_LINES = 3
FEWEST_LINES = 2

_MARK = re.compile(r"\s*// (adj: )?.*<L (\d+)>\s*")


@dataclass(frozen=True)
class Excerpt:
    """Source lines `first` .. `last` of a module (counted from 1) as generated. `statements` has the number of forward
    statements of each line; `forward` and `backward` are C++ text, and the names are those of the functions they were taken from."""

    first: int
    last: int
    statements: tuple[int, ...]
    forward_function: str
    forward: str
    backward_function: str
    backward: str


@dataclass(frozen=True)
class _Group:
    line: int
    mark: str
    statements: tuple[str, ...]

    @property
    def complete(self) -> bool:
        return bool(self.statements) and all(
            s.rstrip().endswith(";") and not re.search(r"[{}]|\bgoto\b|^\s*(//|label)", s) for s in self.statements
        )


def find_excerpt(code: str) -> Excerpt | None:
    """The last `MOST_LINES` lines of the longest run of source lines that stand complete in both directions; None if there is none of at
    least `FEWEST_LINES`, or if `code` is not of the form that Warp generates."""
    forward_function, forward = _section(code, "forward", "forward")
    backward_function, backward = _section(code, "backward", "reverse")
    ahead, back = _forward_groups(forward), _reverse_groups(backward)
    usable = _complete_once(ahead) & _complete_once(back)
    run: list[_Group] = []
    longest: list[_Group] = []
    for group in ahead:
        run = [*run, group] if group.line in usable else []
        longest = run if len(run) >= len(longest) and run else longest
    taken = longest[-MOST_LINES:]
    lines = [group.line for group in taken]
    mirrored = [group for group in back if group.line in lines]
    if len(taken) < FEWEST_LINES or lines != list(range(lines[0], lines[-1] + 1)) or [g.line for g in mirrored] != lines[::-1]:
        return None
    return Excerpt(
        first=lines[0],
        last=lines[-1],
        statements=tuple(len(group.statements) for group in taken),
        forward_function=forward_function,
        forward=_text([line for g in taken for line in (g.mark, *g.statements)]),
        backward_function=backward_function,
        backward=_text([line for g in mirrored for line in (*g.statements, g.mark)]),
    )


def forward_function(code: str) -> str:
    """The name of the kernel function that computes forward; '' if there is none."""
    return _section(code, "forward", "forward")[0]


def _section(code: str, direction: Direction, heading: str) -> tuple[str, list[str]]:
    """The kernel function of `direction`: its name, and the lines of its body after the comment `heading`. Empty if it is not there."""
    function = kernel_function(code, direction)
    if function is None:
        return "", []
    body = list(takewhile(lambda line: line != "}", function.text.splitlines()))
    headings = [i for i, line in enumerate(body) if line.strip() == f"// {heading}"]
    return function.name, body[headings[-1] + 1 :] if headings else []


def _forward_groups(lines: list[str]) -> list[_Group]:
    groups: list[_Group] = []
    closed = True
    for line in lines:
        found = _MARK.fullmatch(line)
        if found:
            groups.append(_Group(int(found.group(2)), line, ()))
            closed = False
        elif not closed and line.strip():
            last = groups[-1]
            # A brace that the group did not open ends the block around it, and so the group.
            closed = line.strip() == "}" and not any("{" in s for s in last.statements)
            if not closed:
                groups[-1] = _Group(last.line, last.mark, (*last.statements, line))
    return groups


def _reverse_groups(lines: list[str]) -> list[_Group]:
    groups: list[_Group] = []
    pending: list[str] = []
    for line in lines:
        found = _MARK.fullmatch(line)
        if found and found.group(1):
            groups.append(_Group(int(found.group(2)), line, tuple(pending)))
            pending = []
        elif line.rstrip().endswith("{"):
            # What came before belongs to the block that opens here, not to a statement in it.
            pending = []
        elif not found and line.strip():
            pending.append(line)
    return groups


def _complete_once(groups: list[_Group]) -> set[int]:
    times = Counter(group.line for group in groups)
    return {group.line for group in groups if group.complete and times[group.line] == 1}


def _text(lines: list[str]) -> str:
    # The marks are padded to column 100 for alignment; the padding says nothing.
    return textwrap.dedent("\n".join(re.sub(r"\s+(<L \d+>)\s*$", r"  \1", line) for line in lines))
