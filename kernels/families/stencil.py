"""Stencils on regular grids: each element becomes a weighted sum over its neighbours, in one to three dimensions.

Variants: dimension, float width, scalar or vector field, neighbourhood (star of radius 1 or 2, one-sided, box), boundary rule (skip, copy,
clamp, periodic, zero), coefficient (literal, argument, field), fused source terms, and how the kernel spells its neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass

from kernels.case import Case, Launch
from kernels.domains import Domain, Integers, Uniform
from kernels.draw import Draw
from kernels.language.expression import Custom, Expression, apply, literal, variable
from kernels.language.interval import Interval
from kernels.language.types import F32, I32, Type, real, vector
from kernels.source import Signature, kernel_module, reference_module, signature
from kernels.synthesis.expressions import Expressions
from kernels.synthesis.policy import draw_constant

AXES = ("i", "j", "k")
REACTION = "reaction"
FIELDS = ("u", "temperature", "density", "phi", "height", "pressure", "concentration", "field")


@dataclass(frozen=True)
class Tap:
    """One neighbour: its offset along each axis and its weight in the sum."""

    offset: tuple[int, ...]
    weight: float


def build(draw: Draw) -> Case:
    """One stencil kernel."""
    ndim = draw.weighted((1, 2, 3), (3, 4, 2))
    width = draw.width()
    element: Type = real(width) if draw.chance(0.8) else vector(width)
    boundary = draw.choice(("skip", "copy", "clamp", "periodic", "zero"))
    taps = _taps(draw, ndim)
    reach = max(abs(o) for tap in taps for o in tap.offset)
    field = draw.choice(FIELDS)
    out = draw.choice((f"{field}_new", f"next_{field}", f"{field}_out", "result"))
    axes = AXES[:ndim]
    here = ", ".join(axes)

    sig = signature(draw)
    sig.array(field, element, ndim)
    extents = [f"n{axis}" if ndim > 1 else "n" for axis in axes]
    from_shape = draw.chance(0.4)
    if not from_shape:
        for extent in extents:
            sig.value(extent, I32)

    scope, domains = _terms(draw, sig, width, ndim, here)
    body = [f"{here} = wp.tid()"]
    if from_shape:
        body += [f"{extent} = {field}.shape[{axis}]" for axis, extent in enumerate(extents)]
    if draw.chance(0.5):
        guard = " or ".join(f"{axis} >= {extent}" for axis, extent in zip(axes, extents, strict=True))
        body += [f"if {guard}:", "    return"]
    body += _boundary_guard(boundary, axes, extents, reach, field, out, here)
    body.append(f"centre = {field}[{here}]")

    lines, total = _sum(draw, taps, boundary, axes, extents, field, element)
    body += lines
    update, reaction = _update(draw, element, variable(total, element, -6.0, 6.0), variable("centre", element, -1.0, 1.0), scope)
    if reaction is not None:
        body.append(f"{REACTION} = {reaction.warp()}")
    body.append(f"{out}[{here}] = {update.warp()}")
    sig.array(out, element, ndim, role="inout" if boundary == "skip" else "output", differentiable=True)

    reference = _reference(sig, field, out, ndim, element, boundary, taps, reach, total, update, reaction, scope)
    name = draw.choice((f"{field}_stencil", f"{draw.choice(('diffuse', 'relax', 'smooth', 'step', 'update'))}_{field}", f"stencil_{ndim}d"))
    launches = tuple(_launch(draw, sig, ndim, field, extents, domains, element, size) for size in range(3))
    return Case(
        family="stencil",
        seed=draw.seed,
        index=draw.index,
        kernel_name=name,
        python_source=kernel_module(sig, name, body),
        reference_source=reference,
        arguments=tuple(sig.arguments),
        launches=launches,
    )


def _taps(draw: Draw, ndim: int) -> list[Tap]:
    kind = draw.choice(("star", "star", "wide", "one_sided", "box" if ndim == 2 else "star", "weighted"))
    unit = [tuple(int(a == axis) for a in range(ndim)) for axis in range(ndim)]
    taps: list[Tap] = []
    if kind == "box":
        return [Tap((a, b), 4.0 if 0 in (a, b) else 1.0) for a in (-1, 0, 1) for b in (-1, 0, 1) if (a, b) != (0, 0)]
    for axis in unit:
        negative = tuple(-a for a in axis)
        if kind == "one_sided":
            taps.append(Tap(axis if draw.chance(0.5) else negative, draw.choice((1.0, 0.5))))
            continue
        near = draw.real(0.1, 1.5) if kind == "weighted" else 1.0
        taps += [Tap(negative, near), Tap(axis, draw.real(0.1, 1.5) if kind == "weighted" and draw.chance(0.5) else near)]
        if kind == "wide":
            far = draw.choice((-0.25, -0.08, 0.125))
            taps += [Tap(tuple(2 * a for a in negative), far), Tap(tuple(2 * a for a in axis), far)]
    return taps


def _terms(draw: Draw, sig: Signature, width: str, ndim: int, here: str) -> tuple[list[Expression], dict[str, Domain]]:
    """Extra arguments whose values enter the update: coefficients by value, and fields read at the thread's own element."""
    scalar = real(width)
    scope: list[Expression] = []
    domains: dict[str, Domain] = {}
    for name in draw.subset(("dt", "alpha", "rate", "damping"), draw.integer(0, 2)):
        sig.value(name, scalar)
        scope.append(variable(name, scalar, 0.05, 0.5))
        domains[name] = Uniform(0.05, 0.5)
    for name in draw.subset(("source", "coefficient", "mobility", "mask_weight"), draw.integer(0, 2)):
        sig.array(name, scalar, ndim)
        scope.append(Custom(scalar, Interval(0.1, 2.0), f"{name}[{here}]", name))
        domains[name] = Uniform(0.1, 2.0)
    return scope, domains


def _boundary_guard(boundary: str, axes: tuple[str, ...], extents: list[str], reach: int, field: str, out: str, here: str) -> list[str]:
    if boundary not in ("skip", "copy"):
        return []
    edge = " or ".join(f"{axis} < {reach} or {axis} >= {extent} - {reach}" for axis, extent in zip(axes, extents, strict=True))
    return [f"if {edge}:", *([f"    {out}[{here}] = {field}[{here}]"] if boundary == "copy" else []), "    return"]


def _neighbour(tap: Tap, boundary: str, axes: tuple[str, ...], extents: list[str]) -> list[str]:
    """The index expression of a tap along each axis."""
    indices = []
    for axis, extent, offset in zip(axes, extents, tap.offset, strict=True):
        moved = axis if offset == 0 else f"{axis} {'+' if offset > 0 else '-'} {abs(offset)}"
        if offset and boundary == "clamp":
            moved = f"wp.min({moved}, {extent} - 1)" if offset > 0 else f"wp.max({moved}, 0)"
        elif offset and boundary == "periodic":
            moved = f"({axis} + {offset}) % {extent}" if offset > 0 else f"({axis} + 2 * {extent} - {-offset}) % {extent}"
        indices.append(moved)
    return indices


def _sum(
    draw: Draw, taps: list[Tap], boundary: str, axes: tuple[str, ...], extents: list[str], field: str, element: Type
) -> tuple[list[str], str]:
    """The lines that add up the weighted neighbours, and the name of their sum."""
    total = draw.choice(("laplacian", "neighbor_sum", "flux", "stencil"))
    scalar = real(element.scalar)
    lines: list[str] = []

    def weighted(text: str, weight: float) -> str:
        return text if weight == 1.0 else f"{weight if scalar is F32 else f'{scalar.spelling}({weight})'} * {text}"

    if boundary == "zero":
        zero = f"{element.spelling}({'0.0' if element.rank == 0 else ''})"
        lines.append(f"{total} = {zero}")
        for tap in taps:
            inside = " and ".join(
                f"{axis} + {o} < {extent}" if o > 0 else f"{axis} >= {-o}"
                for axis, extent, o in zip(axes, extents, tap.offset, strict=True)
                if o
            )
            index = ", ".join(_neighbour(tap, boundary, axes, extents))
            lines += [f"if {inside}:", f"    {total} += {weighted(f'{field}[{index}]', tap.weight)}"]
        return lines, total
    terms = []
    named = draw.chance(0.5) and len(taps) <= 6
    names = [f"{['left', 'right', 'down', 'up', 'back', 'front', 'far_left', 'far_right'][n]}" for n in range(len(taps))] if named else []
    for n, tap in enumerate(taps):
        text = f"{field}[{', '.join(_neighbour(tap, boundary, axes, extents))}]"
        if named:
            lines.append(f"{names[n]} = {text}")
            text = names[n]
        terms.append(weighted(text, tap.weight))
    if len(terms) <= 4:
        lines.append(f"{total} = {' + '.join(terms)}")
    else:
        lines.append(f"{total} = {terms[0]} + {terms[1]}")
        lines += [f"{total} += {term}" for term in terms[2:]]
    return lines, total


def _update(
    draw: Draw, element: Type, total: Expression, centre: Expression, scope: list[Expression]
) -> tuple[Expression, Expression | None]:
    """The new value from the neighbours' sum and the centre, and the reaction term (if any) that the extra arguments make with the centre.

    The rules are those of explicit time stepping, relaxation and filtering, with a fused reaction or gain.
    """
    generator = Expressions(draw)
    scalar = real(element.scalar)
    suffix = "_vec" if element.rank else ""
    scale = "vec_scale" if element.rank else "multiply"
    reaction = generator.fused(element, [centre, *scope]) if scope or draw.chance(0.5) else None
    term = variable(REACTION, element, reaction.range.low, reaction.range.high) if reaction is not None else centre
    weight = draw_constant(draw, generator.policy, scalar, 0.05, 0.5)
    change = apply(scale, total, weight)
    rule = draw.choice(("step", "relax", "gain", "filter"))
    if rule == "step":
        moved = apply(f"add{suffix}", centre, change)
        return (apply(f"{draw.choice(('add', 'subtract'))}{suffix}", moved, term) if reaction is not None else moved), reaction
    if rule == "relax":
        mixed = apply(f"add{suffix}", apply(scale, centre, literal(round(1.0 - weight.value, 4), scalar)), change)
        return (
            apply(f"add{suffix}", mixed, apply(scale, term, generator.constant(scalar, 0.1, 1.0))) if reaction is not None else mixed
        ), reaction
    if rule == "gain":
        return generator.fused(element, [total, term]), reaction
    shaped = generator.fused(element, [total], 1)
    return apply(f"add{suffix}", shaped, term), reaction


def _reference(
    sig: Signature,
    field: str,
    out: str,
    ndim: int,
    element: Type,
    boundary: str,
    taps: list[Tap],
    reach: int,
    total: str,
    update: Expression,
    reaction: Expression | None,
    scope: list[Expression],
) -> str:
    """Pad by the boundary rule, add up shifted views, update."""
    mode = {"clamp": ', mode="edge"', "periodic": ', mode="wrap"'}.get(boundary, "")
    pads = ", ".join([f"({reach}, {reach})"] * ndim + ["(0, 0)"] * element.rank)
    body = [f"centre = {field}", f"padded = np.pad({field}, [{pads}]{mode})", f"shape = {field}.shape", f"{total} = np.zeros_like({field})"]
    for tap in taps:
        view = ", ".join(f"{reach + o} : {reach + o} + shape[{axis}]" for axis, o in enumerate(tap.offset))
        body.append(f"{total} = {total} + {tap.weight} * padded[{view}]")
    if reaction is not None:
        body.append(f"{REACTION} = {reaction.numpy()}")
    body.append(f"updated = {update.numpy()}")
    inner = ", ".join([f"{reach}:-{reach}"] * ndim)
    if boundary in ("skip", "copy"):
        body += [f"{out} = {out if boundary == 'skip' else field}.copy()", f"{out}[{inner}] = updated[{inner}]"]
    else:
        body.append(f"{out} = updated")
    body.append(f'return {{"{out}": {out}}}')
    needed = [a.name for a in sig.arguments if a.name in {field, *_names(scope)} or (a.name == out and boundary == "skip")]
    expressions = [update] if reaction is None else [update, reaction]
    helpers = [h for e in expressions for op in e.operations() for h in op.helpers]
    return reference_module(needed, body, helpers=helpers)


def _names(scope: list[Expression]) -> set[str]:
    return {e.numpy() for e in scope}


def _launch(
    draw: Draw, sig: Signature, ndim: int, field: str, extents: list[str], domains: dict[str, Domain], element: Type, size: int
) -> Launch:
    """One launch: a grid of one element, one of prime extents, one that no block divides."""
    if size == 0:
        shape = (1,) * ndim
    elif size == 1:
        shape = tuple(draw.choice((5, 7, 11) if ndim > 1 else (11, 17, 37, 53)) for _ in range(ndim))
    else:
        shape = {1: (draw.choice((65, 100, 131, 190)),), 2: (draw.integer(9, 15), draw.integer(13, 19)), 3: (5, draw.integer(6, 8), 9)}[
            ndim
        ]
    values: dict[str, Domain] = {a.name: Uniform(-1.0, 1.0) for a in sig.arguments}
    values.update(domains)
    for extent, length in zip(extents, shape, strict=True):
        if extent in values:
            values[extent] = Integers(length, length + 1)
    shapes = {a.name: shape if a.ndim else () for a in sig.arguments}
    return Launch(dim=shape, shapes=shapes, domains={a.name: values[a.name] for a in sig.arguments if a.role in ("input", "inout")})
