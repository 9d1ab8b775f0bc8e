"""Losses of elements: one thread per element, or one per row that sums its elements."""

from __future__ import annotations

from contextlib import ExitStack

from kernels.case import Case
from kernels.domains import Bernoulli, Uniform
from kernels.drafting.arguments import Extent, grids
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.loss.terms import TERMS, Term, written
from kernels.families.loss.totals import finish, tempered
from kernels.language.types import BOOL, I32

_SHAPES = (
    (("i",), ("n",)),
    (("tid",), ("count",)),
    (("row", "col"), ("rows", "cols")),
    (("b", "i"), ("batch", "dims")),
    (("b", "t", "c"), ("batch", "steps", "channels")),
)
_PREDICTIONS = ("pred", "prediction", "outputs", "logits", "estimate")
_TARGETS = ("target", "labels", "truth", "reference_value")


def _declared(draft: Draft, term: Term, extents: tuple[Extent, ...]) -> tuple[str, str]:
    low, high = term.predictions
    p = draft.array(draft.name(*_PREDICTIONS), draft.real, *extents, low=low, high=high)
    name = draft.name(*_TARGETS)
    if term.binary:
        return p, draft.array(name, I32, *extents, domain=Bernoulli(0.5))
    return p, draft.array(name, draft.real, *extents, domain=Uniform(*term.targets))


def _loaded(draft: Draft, term: Term, pred: str, target: str, at: str) -> tuple[str, str]:
    """The locals of prediction and target, in kernel and reference."""
    p, t = draft.name("p", "y_hat", "predicted"), draft.name("t", "y_true", "desired")
    draft.load(p, pred, at, *term.predictions)
    if term.binary:
        draft.line(f"{t} = {draft.cast(f'{target}[{at}]')}")
        draft.numpy(f"{t} = {target}.astype({draft.precision})")
        draft.known(t, draft.real, 0.0, 1.0)
    else:
        draft.load(t, target, at, *term.targets)
    return p, t


def pointwise(draw: Draw) -> Case:
    """One thread per element: the loss, and its derivative if the backward pass is written along."""
    draft = Draft(draw, smooth=True)
    indices, extents = draw.choice(_SHAPES)
    draft.reserve(*indices, *extents)
    term = draw.choice(TERMS)
    pred, target = _declared(draft, term, extents)
    at = ", ".join(indices)
    with draft.threads(*((i, n, pred, a) for a, (i, n) in enumerate(zip(indices, extents, strict=True)))):
        masked = draw.chance(0.25)
        if masked:
            mask = draft.array(draft.name("mask", "valid", "is_valid"), BOOL, *extents, domain=Bernoulli(0.7))
        p, t = _loaded(draft, term, pred, target, at)
        loss, slope = written(draft, term, p, t)
        value = draft.known(loss, draft.real, -5.0, 60.0)
        if masked:
            kept = draft.name("kept_loss", "masked_loss")
            draft.warp_formula(f"{kept} = wp.where({mask}[{at}], {loss}, 0.0)")
            draft.numpy(f"{kept} = np.where({mask}, {loss}, 0.0)")
            value = draft.known(kept, draft.real, value.range.low, value.range.high)
        elif draw.chance(0.2):
            value = tempered(draft, value)
        results = finish(draft, value, indices, extents)
        if slope and draw.chance(0.5):
            grad = draft.output(draft.name("grad", "d_pred", "dloss"), draft.real, *extents)
            scale = draft.knob(draft.name("grad_scale", "loss_scale"), 0.1, 2.0).numpy() if draw.chance(0.4) else ""
            local = draft.name("slope", "derivative", "g")
            draft.formula(f"{local} = {f'({slope}) * {scale}' if scale else slope}")
            if masked:
                draft.line(f"if not {mask}[{at}]:", f"    {local} = {draft.number(0.0)}")
                draft.numpy(f"{local} = np.where({mask}, {local}, 0.0)")
            draft.line(f"{grad}[{at}] = {local}")
            results[grad] = local
    draft.results(**results)
    return draft.case(draw.choice((f"{term.name}_forward", f"{term.name}_kernel", f"compute_{term.name}")), extents, grids(draw, extents))


def rowwise(draw: Draw) -> Case:
    """One thread per sample: the sum or mean of its elements' losses, weighted or masked."""
    draft = Draft(draw, smooth=True)
    real = draft.real
    i, j = draw.choice((("i", "j"), ("row", "col"), ("sample", "k")))
    rows, cols = draw.choice((("n", "m"), ("rows", "cols"), ("batch", "dims")))
    draft.reserve(i, j, rows, cols)
    static = draw.chance(0.35)
    width: Extent = draw.choice((2, 3, 4)) if static else cols
    term = draw.choice(TERMS)
    pred, target = _declared(draft, term, (rows, width))
    at = f"{i}, {j}"
    with draft.threads((i, rows, pred, 0)):
        if not static:
            draft.extent(cols, pred, 1)
        total = draft.name("total", "acc", "sample_sum")
        draft.line(f"{total} = {draft.zero()}")
        with ExitStack() as nest:
            nest.enter_context(draft.block(f"for {j} in range({width}):"))
            masked = draw.chance(0.25)
            if masked:
                mask = draft.array(draft.name("mask", "valid"), BOOL, rows, width, domain=Bernoulli(0.7))
                nest.enter_context(draft.block(f"if {mask}[{at}]:"))
            p, t = _loaded(draft, term, pred, target, at)
            loss, _ = written(draft, term, p, t)
            summand = numpy = loss
            if draw.chance(0.35):
                per_column = draw.chance(0.5)
                extents: tuple[Extent, ...] = (width,) if per_column else (rows, width)
                weight = draft.array(draft.name("weight", "column_weight", "importance"), real, *extents, low=0.1, high=2.0)
                summand, numpy = f"{weight}[{j if per_column else at}] * {loss}", f"{weight} * {loss}"
            draft.line(f"{total} += {summand}")
        draft.numpy(f"{total} = np.sum({f'np.where({mask}, {numpy}, 0.0)' if masked else numpy}, axis=1)")
        value = draft.known(total, real, -60.0, 900.0)
        if draw.chance(0.5):
            mean = draft.name("mean_loss", "average")
            draft.line(f"{mean} = {total} / {draft.number(float(width)) if isinstance(width, int) else draft.cast(width)}")
            draft.numpy(f"{mean} = {total} / {draft.precision}({pred}.shape[1])")
            value = draft.known(mean, real, -10.0, 60.0)
        if static and draw.chance(0.3):
            value = tempered(draft, value)
        results = finish(draft, draft.known(value.name, real, -60.0, 900.0), (i,), (rows,), linear=not static)
    draft.results(**results)
    title = draw.choice((f"{term.name}_per_sample", f"row_{term.name}", f"mean_{term.name}"))
    return draft.case(title, (rows,), grids(draw, [rows, cols]))
