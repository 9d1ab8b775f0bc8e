"""Steps that families share: a formula inline or as a function of its own, and how a kernel ends with a value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from textwrap import dedent

from kernels.drafting.arguments import Extent
from kernels.drafting.mirror.draft import MirrorDraft


def step(
    draft: MirrorDraft,
    target: str,
    function: str,
    parameters: str,
    arguments: Sequence[str],
    body: str,
    result: str = "",
    *,
    share: float = 0.5,
    doc: str = "",
) -> None:
    """Names `target` the result of `body`, a function's body: in a `share` of kernels by a function of its own, else in place.

    A body with several returns takes a `share` of one.
    """
    if draft.draw.chance(share):
        name = function
        if f"def {function}(" not in "\n".join(line for block in draft.definitions for line in block):
            name = draft.define(function, parameters, body, result, doc)
        draft.code(f"{target} = {name}({', '.join(arguments)})")
        return
    names = [part.split(":")[0].strip() for part in parameters.split(", ")]
    lines = dedent(body).strip("\n").split("\n")
    draft.code("\n".join(_in_place(line, dict(zip(names, arguments, strict=True)), target) for line in lines))


def _in_place(line: str, names: dict[str, str], target: str) -> str:
    pattern = r"(?<![\w.])(" + "|".join(sorted(map(re.escape, names), key=len, reverse=True)) + r")(?!\w)"
    line = re.sub(pattern, lambda m: names[m[1]], line)
    return re.sub(r"^return ", f"{target} = ", line)


FIELDS = (("gain", 0.2, 1.5), ("bias", -1.0, 1.0), ("weight", 0.1, 1.0), ("target", -1.0, 1.0), ("previous", -1.0, 1.0))
PARAMETERS = ("scale", "alpha", "mix", "offset", "strength", "damping")


def stored(
    draft: MirrorDraft,
    name: str,
    type: str,
    bound: float,
    index: str,
    extents: Sequence[Extent],
    outs: Sequence[str],
    *,
    share: float = 0.6,
    total: float = 0.15,
    fields: Sequence[tuple[str, float, float]] = FIELDS,
    parameters: Sequence[str] = PARAMETERS,
) -> str:
    """Stores the `float` or `vec3` called `name`, whose components lie within `bound`, to a new output; returns what is stored.

    In a `share` of kernels a drawn epilogue comes before, over fields and parameters; `total` is how often a sum is kept beside it.
    """
    draw = draft.draw
    if draw.chance(share) and draft.width != "float16":
        inputs: list[tuple[str, str, float, float] | str] = [(name, type, -bound, bound)]
        if draw.chance(0.55):
            field, low, high = draw.choice(
                [f for f in fields if not draft.has(f[0]) and f[0] not in draft.scope] or [("modulation", 0.2, 1.0)]
            )
            array = draft.field(draft.free(field), type if type != "float" and draw.chance(0.25) else "float", *extents, low=low, high=high)
            local = draft.free(f"{field}_here")
            draft.code(f"{local} = {array}[{index}]")
            inputs.append((local, draft.names.values[local].type.spelling, low, high))
        if draw.chance(0.5):
            knob = draft.free(draw.choice(parameters))
            draft.tune(knob, 0.1, 1.0)
            inputs.append(knob)
        function = draw.choice((None, None, "shape_result", "respond", "finalize", "modulate"))
        name = draft.mixed(draft.free(draw.choice(("result", "response", "shaped", "adjusted"))), type, inputs, function=function)
    out = draft.result(draft.name(*outs), type, *extents)
    draft.code(f"{out}[{index}] = {name}")
    if type == "float" and draw.chance(total):
        sum_out = draft.result(draft.name("total", "energy", "loss", "sum_out"), type, 1, role="accumulate")
        draft.code(f"wp.atomic_add({sum_out}, 0, {name})")
    return name
