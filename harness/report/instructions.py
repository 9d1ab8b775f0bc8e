"""An excerpt of machine-level code: the instructions that lead up to a kernel's last write to the GPU's memory.

A compiler that optimizes mixes the statements of a program, so that a line of the source has no place of its own in PTX or SASS. What it
cannot move is a write to memory, which is where the last statements of a kernel end: the instructions just before it are theirs, as far
as anything still is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MOST_INSTRUCTIONS = 6


@dataclass(frozen=True)
class Form:
    """How a form of code is written: where an entry point starts (its name in place of `{name}`) and ends, and what its lines are."""

    name: str
    start: str
    end: re.Pattern[str]
    instruction: re.Pattern[str]
    write: re.Pattern[str]
    jump: re.Pattern[str]


PTX = Form(
    "PTX",
    start=r"\.entry {name}\($",
    end=re.compile(r"^\}"),
    instruction=re.compile(r"^\s+(?P<text>[@a-z][^;]*;)"),
    # A write may say that its address is not global memory; one that does not say may be.
    write=re.compile(r"^(?:@!?%\w+\s+)?(?P<name>(?:st|red|atom)(?!\S*\.(?:local|shared|param))\.\S+)"),
    jump=re.compile(r"^(?:@!?%\w+\s+)?(?:bra|brx|call|ret|exit)\b"),
)

SASS = Form(
    "SASS",
    start=r"^\.text\.{name}:$",
    end=re.compile(r"^\s+\.|^//-"),
    instruction=re.compile(r"^\s+/\*[0-9a-f]+\*/\s+(?P<text>[^;]+;)"),
    write=re.compile(r"^(?:@!?U?P\w+\s+)?(?P<name>(?:STG?|REDG?|ATOMG?)(?:\.\S+)?)\s"),
    jump=re.compile(r"^(?:@!?U?P\w+\s+)?(?:BRA|BRX|CALL|RET|EXIT)\b"),
)


@dataclass(frozen=True)
class Instructions:
    """Consecutive instructions of the entry point `function`, up to the write that is named `write`; `total` is how many it has in all."""

    function: str
    text: str
    write: str
    total: int


def find_instructions(text: str, function: str, form: Form) -> Instructions | None:
    """The last `MOST_INSTRUCTIONS` instructions up to the last write to the GPU's memory in the entry point `function`, from the last jump
    or label before it at most; None if it has no such write, or `text` is not of the form."""
    lines = _body(text, function, form)
    texts = [None if (found := form.instruction.match(line)) is None else re.sub(r"\s+", " ", found["text"]) for line in lines]
    total = sum(line is not None for line in texts)
    writes = [(number, found["name"]) for number, line in enumerate(texts) if line is not None and (found := form.write.match(line))]
    if not writes:
        return None
    number, write = writes[-1]
    taken: list[str] = []
    for line in reversed(texts[: number + 1]):
        if line is None or form.jump.match(line) or len(taken) == MOST_INSTRUCTIONS:
            break
        taken.append(line)
    return Instructions(function, "\n".join(reversed(taken)), write, total)


def _body(text: str, function: str, form: Form) -> list[str]:
    """The lines of the entry point; empty lines and comments, which tell nothing apart, are left out."""
    lines = text.splitlines()
    start = re.compile(form.start.format(name=re.escape(function)))
    begin = next((number for number, line in enumerate(lines) if start.search(line)), len(lines))
    body = []
    for line in lines[begin + 1 :]:
        if form.end.match(line):
            break
        if line.strip() and not line.lstrip().startswith("//"):
            body.append(line)
    return body
