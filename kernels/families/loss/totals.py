"""What becomes of a loss that a thread has worked out: stored as it is, added to one sum, or to its sample's."""

from __future__ import annotations

from collections.abc import Sequence

from kernels.drafting.arguments import Extent
from kernels.drafting.draft import Draft
from kernels.language.expression import Variable

OUTS = ("loss", "losses", "out", "objective")


def finish(draft: Draft, value: Variable, indices: Sequence[str], extents: Sequence[Extent], *, linear: bool = False) -> dict[str, str]:
    """Weighs the loss now and then, then stores or adds it; returns what the reference gives for the output.

    `indices` and `extents` are the thread's and those of an array of all losses. A `linear` finish does not multiply by what has a
    gradient.
    """
    draw = draft.draw
    at = ", ".join(indices)
    if not linear and draw.chance(0.3):
        per_row = len(indices) > 1 and draw.chance(0.5)
        weight = draft.name("weight", "weights", "sample_weight", "importance")
        if per_row:
            draft.array(weight, draft.real, extents[0], low=0.1, high=2.0)
        else:
            draft.array(weight, draft.real, *extents, low=0.1, high=2.0)
        index, spread = (indices[0], f"{weight}[:{', None' * (len(indices) - 1)}]") if per_row else (at, weight)
        name = draft.name("weighted", "weighted_loss")
        draft.line(f"{name} = {weight}[{index}] * {value.name}")
        draft.numpy(f"{name} = {spread} * {value.name}")
        value = draft.known(name, draft.real, 2.0 * min(value.range.low, 0.0), 2.0 * max(value.range.high, 0.0))
    kind = draw.choice(("none", "none", "sum", "mean", "mean") + (("sample",) if len(indices) > 1 else ()))
    if kind == "none":
        out = draft.output(draft.name(*OUTS), draft.real, *extents)
        draft.line(f"{out}[{at}] = {value.name}")
        return {out: value.name}
    text, numpy = value.name, value.name
    if kind == "mean":
        text, numpy = _mean(draft, value.name, extents)
    if kind == "sample":
        out = draft.output(draft.name("sample_loss", "row_loss", "per_sample"), draft.real, extents[0], role="accumulate")
        draft.line(f"wp.atomic_add({out}, {indices[0]}, {text})")
        return {out: f"{numpy}.sum(axis={tuple(range(1, len(indices)))})"}
    out = draft.output(draft.name("loss", "total_loss", "loss_sum"), draft.real, 1, role="accumulate")
    draft.line(f"wp.atomic_add({out}, 0, {text})")
    return {out: f"np.sum({numpy}).reshape(1)"}


def tempered(draft: Draft, value: Variable) -> Variable:
    """A loss made robust or flat: clipped, saturating, or raised to a power."""
    draw = draft.draw
    name = draft.name("shaped_loss", "tempered", "robust_loss")
    form = draw.choice(("wp.min({0}, {1})", "{0} * {0}", "wp.tanh({1} * {0})", "{1} * {0} * {0}", "wp.sqrt({0} * {0} + {1})"))
    knob = draft.knob(draft.name("cap", "sharpness", "softness"), 0.3, 1.5).numpy() if "{1}" in form else ""
    draft.formula(f"{name} = {form.format(value.name, knob)}")
    bound = 2.0 * max(1.0, value.range.magnitude) ** 2
    return draft.known(name, draft.real, -bound, bound)


def _mean(draft: Draft, value: str, extents: Sequence[Extent]) -> tuple[str, str]:
    """The loss over the number of losses: known from arguments, or given as a factor."""
    draw = draft.draw
    if draw.chance(0.4) or not all(isinstance(e, str) and e.isidentifier() for e in extents):
        inverse = draft.knob(draft.name("inv_count", "scale", "loss_weight"), 0.02, 0.5).numpy()
        return draft.warp(f"{value} * {inverse}"), f"{value} * {inverse}"
    for extent in extents:
        # An extent that the kernel has read off a shape is there already.
        if not any(line.lstrip().startswith(f"{extent} = ") for line in draft.kernel):
            draft.count(str(extent))
    count = " * ".join(str(e) for e in extents)
    return f"{value} / {draft.cast(count)}", f"{value} / {draft.precision}({value}.size)"
