"""How a kernel ends: what it makes of a finished value before it stores it, and the sum that it may keep beside it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

from kernels.drafting.arguments import Extent
from kernels.drafting.draft import Draft
from kernels.drafting.functions import function_of
from kernels.language.expression import Expression, Variable, apply
from kernels.language.interval import Interval

FIELDS = (("gain", 0.2, 1.5), ("bias", -1.0, 1.0), ("weight", 0.1, 1.0), ("target", -1.0, 1.0), ("previous", -1.0, 1.0))
PARAMETERS = ("scale", "alpha", "mix", "offset", "strength")
_ASSIGNMENT = re.compile(r"\s*(\w+) [-+*/]?= (.*)")
TOTALS = ("total", "energy", "loss", "sum_out")


def finish(
    draft: Draft,
    value: Variable,
    outs: Sequence[str],
    index: str,
    extents: Sequence[Extent],
    *,
    linear: bool = False,
    share: float = 0.65,
    total: float = 0.12,
    fields: Sequence[tuple[str, float, float]] = FIELDS,
    parameters: Sequence[str] = PARAMETERS,
    view: Callable[[str], str] = str,
) -> str:
    """Stores the scalar `value` at `index` of a new output, in a `share` of kernels after a drawn epilogue; returns the output's name.

    The epilogue may read arrays of the output's `extents` and parameters. A `linear` value comes from a loop with a run-time count and is
    used linearly. `total` is how often the stored value is also added up. `view` turns an array into the order in which the reference
    works, and back.
    """
    draw = draft.draw
    if draw.chance(share):
        loaded: list[Expression] = []
        if draw.chance(0.45):
            name, low, high = draw.choice(fields)
            array = draft.array(draft.free(name), draft.real, *extents, low=low, high=high)
            loaded.append(draft.load(draft.free(f"{name}_here"), array, index, low, high, numpy=view(array)))
        values = draft.some_parameters(parameters, draw.weighted((0, 1, 2), (4, 4, 1)))
        if linear:
            for step in draft.ending(("result", "response", "scaled"), value, loaded, values, nonlinear=False):
                draft.line(step.warp)
                draft.numpy(step.numpy)
                value = step.value
        else:
            value = draft.fused(draft.name("result", "response", "shaped", "adjusted"), draft.real, [value, *loaded, *values])
    out = draft.name(*outs)
    draft.output(out, draft.real, *extents)
    draft.line(f"{out}[{index}] = {value.name}")
    if draw.chance(total):
        _added(draft, value, linear=linear)
    draft.numpy(f"{out} = {view(value.name)}")
    return out


def drop_idle_locals(draft: Draft) -> None:
    """Takes out of the kernel the lines that name or change a value which nothing reads, and the blocks that they leave empty."""
    while True:
        counts = Counter(re.findall(r"\w+", "\n".join(draft.kernel)))
        named = [_ASSIGNMENT.match(line) for line in draft.kernel]
        writes = Counter(match[1] for match in named if match and not re.search(rf"\b{match[1]}\b", match[2]))
        idle = {name for name, count in writes.items() if count == counts[name]}
        kept = [line for line, match in zip(draft.kernel, named, strict=True) if not match or match[1] not in idle]
        kept = [line for k, line in enumerate(kept) if not (line.endswith(":") and _leaves(kept, k))]
        if len(kept) == len(draft.kernel):
            return
        draft.kernel = kept


def _leaves(lines: Sequence[str], k: int) -> bool:
    """Whether the block that line `k` opens is empty."""
    depth = len(lines[k]) - len(lines[k].lstrip())
    return k + 1 == len(lines) or len(lines[k + 1]) - len(lines[k + 1].lstrip()) <= depth


class Law:
    """A function of one real value in [low, high], drawn over it and perhaps a parameter, that a kernel applies to several values.

    `bound` limits the size of its results, for laws whose results go into the next value.
    """

    def __init__(self, draft: Draft, name: str, low: float, high: float, *, bound: float = 0.0) -> None:
        draw = draft.draw
        value = Variable(draft.real, Interval(low, high), "value")
        domain = Interval(-bound, bound) if bound else None
        expression = draft.drawn(
            draft.real, [value, *draft.some_parameters(PARAMETERS, draw.integer(0, 1))], draw.choice((1, 2, 2)), domain
        )
        self._made = function_of(draft.free(name), expression, draw.chance(0.6))
        draft.definitions.append(self._made.definition)
        draft.reference_definitions.append(self._made.reference)

    def warp(self, text: str) -> str:
        """The kernel's call with `text` as the value."""
        return re.sub(r"\bvalue\b", text, self._made.call)

    def numpy(self, text: str) -> str:
        """The reference's call with `text` as the value."""
        return re.sub(r"\bvalue\b", text, self._made.reference_call)


def _added(draft: Draft, value: Variable, *, linear: bool) -> None:
    """Adds the value, or its square, to an output of one element."""
    sum_out = draft.name(*TOTALS)
    draft.output(sum_out, draft.real, 1, role="accumulate")
    squared = not linear and draft.draw.chance(0.4) and value.range.high < 1e3
    term = apply("square", value).warp() if squared else value.name
    draft.line(f"wp.atomic_add({sum_out}, 0, {term})")
    draft.numpy(f"{sum_out} = np.sum({value.name}{' ** 2' if squared else ''}).reshape(1)")
