"""Stencils on regular grids: each element becomes a weighted sum over its neighbours, in one to three dimensions.

Variants: dimension, float width, scalar or vector field, neighbourhood (star of radius 1 or 2, one-sided, box), boundary rule (skip, copy,
clamp, periodic, zero), coefficients (literal, argument, struct, field), fused source terms, and how the kernel spells its neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass

from kernels.case import Case
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.language.expression import Custom, Expression, Variable, apply, literal
from kernels.language.interval import Interval
from kernels.language.types import Type
from kernels.synthesis.policy import draw_constant

AXES = ("i", "j", "k")
FIELDS = ("u", "temperature", "density", "phi", "height", "pressure", "concentration", "field")
NEIGHBOURS = ("left", "right", "down", "up", "back", "front", "far_left", "far_right")


@dataclass(frozen=True)
class Tap:
    """One neighbour: its offset along each axis and its weight in the sum."""

    offset: tuple[int, ...]
    weight: float


@dataclass(frozen=True)
class Grid:
    """The grid that a stencil runs over: its field, the thread's indices, the extents' names, and what happens at the boundary."""

    field: str
    element: Type
    axes: tuple[str, ...]
    extents: tuple[str, ...]
    boundary: str
    taps: tuple[Tap, ...]

    @property
    def here(self) -> str:
        """The kernel's index of the thread's own element."""
        return ", ".join(self.axes)

    @property
    def reach(self) -> int:
        """How far the farthest neighbour is."""
        return max(abs(o) for tap in self.taps for o in tap.offset)


def build(draw: Draw) -> Case:
    """One stencil kernel."""
    draft = Draft(draw)
    ndim = draw.weighted((1, 2, 3), (3, 4, 2))
    grid = Grid(
        field=draw.choice(FIELDS),
        element=draft.real if draw.chance(0.8) else draft.vector,
        axes=AXES[:ndim],
        extents=tuple(f"n{axis}" for axis in AXES[:ndim]) if ndim > 1 else ("n",),
        boundary=draw.choice(("skip", "copy", "clamp", "periodic", "zero")),
        taps=tuple(_taps(draw, ndim)),
    )
    field, element, here = grid.field, grid.element, grid.here
    draft.reserve("centre", "padded", "shape", "reaction", *AXES, *NEIGHBOURS)
    draft.array(field, element, *grid.extents)
    out = draft.name(f"{field}_new", f"next_{field}", f"{field}_out", "result")
    with draft.threads(*((i, n, field, axis) for axis, (i, n) in enumerate(zip(grid.axes, grid.extents, strict=True)))):
        for axis, extent in enumerate(grid.extents):
            draft.extent(extent, field, axis)
        draft.array(out, element, *grid.extents, role="inout" if grid.boundary == "skip" else "output", differentiable=True)
        draft.line(*_boundary_guard(grid, out))
        terms = _terms(draft, grid)
        centre = draft.load("centre", field, here, -1.0, 1.0, element)
        total = _sum(draft, grid)
        updated = _update(draft, element, total, centre, terms)
        draft.line(f"{out}[{here}] = {updated.name}")
    if grid.boundary in ("skip", "copy"):
        inner = ", ".join([f"{grid.reach}:-{grid.reach}"] * ndim)
        draft.numpy(f"{out} = {out if grid.boundary == 'skip' else field}.copy()", f"{out}[{inner}] = {updated.name}[{inner}]")
        draft.results(**{out: out})
    else:
        draft.results(**{out: updated.name})
    verb = draw.choice(("diffuse", "relax", "smooth", "step", "update"))
    return draft.case(draw.choice((f"{field}_stencil", f"{verb}_{field}", f"stencil_{ndim}d")), grid.extents, _sizes(draw, grid))


def _taps(draw: Draw, ndim: int) -> list[Tap]:
    kind = draw.choice(("star", "star", "wide", "one_sided", "box" if ndim == 2 else "star", "weighted"))
    if kind == "box":
        return [Tap((a, b), 4.0 if 0 in (a, b) else 1.0) for a in (-1, 0, 1) for b in (-1, 0, 1) if (a, b) != (0, 0)]
    taps: list[Tap] = []
    for axis in (tuple(int(a == number) for a in range(ndim)) for number in range(ndim)):
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


def _terms(draft: Draft, grid: Grid) -> list[Expression]:
    """Extra arguments whose values enter the update: coefficients by value, and fields read at the thread's own element."""
    draw = draft.draw
    terms = draft.some_parameters(("dt", "alpha", "rate", "damping"), draw.integer(0, 2), 0.05, 0.5)
    for name in draw.subset(("source", "coefficient", "mobility", "mask_weight"), draw.integer(0, 2)):
        draft.array(name, draft.real, *grid.extents, low=0.1, high=2.0)
        terms.append(Custom(draft.real, Interval(0.1, 2.0), f"{name}[{grid.here}]", name))
    return terms


def _boundary_guard(grid: Grid, out: str) -> list[str]:
    if grid.boundary not in ("skip", "copy"):
        return []
    reach = grid.reach
    edge = " or ".join(f"{axis} < {reach} or {axis} >= {extent} - {reach}" for axis, extent in zip(grid.axes, grid.extents, strict=True))
    copied = [f"    {out}[{grid.here}] = {grid.field}[{grid.here}]"] if grid.boundary == "copy" else []
    return [f"if {edge}:", *copied, "    return"]


def _neighbour(grid: Grid, tap: Tap) -> str:
    """The kernel's load of a tap."""
    indices = []
    for axis, extent, offset in zip(grid.axes, grid.extents, tap.offset, strict=True):
        moved = axis if offset == 0 else f"{axis} {'+' if offset > 0 else '-'} {abs(offset)}"
        if offset and grid.boundary == "clamp":
            moved = f"wp.min({moved}, {extent} - 1)" if offset > 0 else f"wp.max({moved}, 0)"
        elif offset and grid.boundary == "periodic":
            moved = f"({axis} + {offset}) % {extent}" if offset > 0 else f"({axis} + 2 * {extent} - {-offset}) % {extent}"
        indices.append(moved)
    return f"{grid.field}[{', '.join(indices)}]"


def _sum(draft: Draft, grid: Grid) -> Variable:
    """Adds up the weighted neighbours; in the reference, shifted views of the padded field. Returns the sum."""
    draw, element = draft.draw, grid.element
    total = draft.name("laplacian", "neighbor_sum", "flux", "stencil")

    def weighted(text: str, weight: float, spelled: str) -> str:
        return text if weight == 1.0 else f"{spelled} * {text}"

    if grid.boundary == "zero":
        draft.line(f"{total} = {draft.zero(element)}")
        for tap in grid.taps:
            inside = " and ".join(
                f"{axis} + {o} < {extent}" if o > 0 else f"{axis} >= {-o}"
                for axis, extent, o in zip(grid.axes, grid.extents, tap.offset, strict=True)
                if o
            )
            with draft.block(f"if {inside}:"):
                draft.line(f"{total} += {weighted(_neighbour(grid, tap), tap.weight, draft.number(tap.weight))}")
    else:
        loads = [_neighbour(grid, tap) for tap in grid.taps]
        if draw.chance(0.5) and len(loads) <= 6:
            draft.line(*(f"{name} = {load}" for name, load in zip(NEIGHBOURS, loads, strict=False)))
            loads = list(NEIGHBOURS[: len(loads)])
        terms = [weighted(load, tap.weight, draft.number(tap.weight)) for load, tap in zip(loads, grid.taps, strict=True)]
        if len(terms) <= 4:
            draft.line(f"{total} = {' + '.join(terms)}")
        else:
            draft.line(f"{total} = {terms[0]} + {terms[1]}", *(f"{total} += {term}" for term in terms[2:]))
    mode = {"clamp": ', mode="edge"', "periodic": ', mode="wrap"'}.get(grid.boundary, "")
    pads = ", ".join([f"({grid.reach}, {grid.reach})"] * len(grid.axes) + ["(0, 0)"] * element.rank)
    draft.numpy(f"padded = np.pad({grid.field}, [{pads}]{mode})", f"shape = {grid.field}.shape", f"{total} = np.zeros_like({grid.field})")
    for tap in grid.taps:
        starts = [grid.reach + o for o in tap.offset]
        view = ", ".join(f"{start} : {start} + shape[{axis}]" if start else f": shape[{axis}]" for axis, start in enumerate(starts))
        draft.numpy(f"{total} = {total} + {weighted(f'padded[{view}]', tap.weight, str(tap.weight))}")
    return draft.known(total, element, -6.0, 6.0)


def _update(draft: Draft, element: Type, total: Variable, centre: Variable, terms: list[Expression]) -> Variable:
    """The new value from the neighbours' sum and the centre, with the reaction that the extra terms (if any) make with the centre.

    The rules are those of explicit time stepping, relaxation and filtering, with a fused reaction or gain.
    """
    draw = draft.draw
    suffix = "_vec" if element.rank else ""
    scale = "vec_scale" if element.rank else "multiply"
    updated = draft.name("updated", "new_value", "stepped", "relaxed")
    reacts = bool(terms) or draw.chance(0.5)
    term = draft.fused("reaction", element, [centre, *terms]) if reacts else centre
    weight = draw_constant(draw, draft.expressions.policy, draft.real, 0.05, 0.5)
    change = apply(scale, total, weight)
    rule = draw.choice(("step", "relax", "gain", "filter"))
    if rule == "gain":
        return draft.fused(updated, element, [total, term])
    if rule == "filter":
        shaped = draft.fused(draft.name("shaped", "response", "filtered"), element, [total], 1)
        return draft.let(updated, apply(f"add{suffix}", shaped, term))
    if rule == "step":
        moved = apply(f"add{suffix}", centre, change)
        return draft.let(updated, apply(f"{draw.choice(('add', 'subtract'))}{suffix}", moved, term) if reacts else moved)
    mixed = apply(f"add{suffix}", apply(scale, centre, literal(round(1.0 - weight.value, 4), draft.real)), change)
    gain = draft.expressions.constant(draft.real, 0.1, 1.0)
    return draft.let(updated, apply(f"add{suffix}", mixed, apply(scale, term, gain)) if reacts else mixed)


def _sizes(draw: Draw, grid: Grid) -> list[dict[str, int]]:
    """A grid of one element, one of prime extents, one that no block divides."""
    ndim = len(grid.axes)
    primes = [draw.choice((5, 7, 11) if ndim > 1 else (11, 17, 37, 53)) for _ in grid.axes]
    large = {1: [draw.choice((65, 100, 131, 190))], 2: [draw.integer(9, 15), draw.integer(13, 19)], 3: [5, draw.integer(6, 8), 9]}[ndim]
    return [dict(zip(grid.extents, shape, strict=True)) for shape in ([1] * ndim, primes, large)]
