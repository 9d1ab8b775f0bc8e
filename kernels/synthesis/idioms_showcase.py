"""The idiom of programs that explore: an operation drawn evenly among all that their types have, on inputs of its own if need be.

What people seldom write (a cast to 16 bits, a product of spatial vectors, the sign of a vector) is met this way as often as the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from kernels.language.expression import Expression, Variable, apply
from kernels.language.interval import Interval
from kernels.language.kinds import OFFSETS, domain_for, limit, natural_kind, range_of_kind
from kernels.language.operation import Operation
from kernels.language.statement import Load
from kernels.language.types import BOOL, Palette, Type
from kernels.synthesis.builder import Program, lattice_offset
from kernels.synthesis.candidates import Candidate, makers
from kernels.synthesis.convert import shape_of

MOST_ARRAYS = 20
"""Arrays that a program has at most before no more are added here."""

_STEMS = {
    "real": ("ratio", "phase", "level", "height", "slope", "gain", "signal", "angle"),
    "integer": ("key", "code", "count", "rank", "bits", "tag"),
    "bool": ("enabled", "selected", "visible"),
    "vector": ("offset", "direction", "anchor", "velocity", "normal", "axis"),
    "int_vector": ("cell", "coord", "grid_pos", "extent"),
    "matrix": ("inertia", "jacobian", "basis", "stiffness_mat", "covariance"),
    "quat": ("rotation", "body_rot", "joint_rot", "attitude"),
    "transform": ("pose", "joint_frame", "body_q", "shape_frame", "X_local"),
    "spatial": ("twist", "wrench", "body_qd", "body_f", "motion"),
    "spatial_matrix": ("spatial_inertia", "crb_inertia"),
}
_RANGES = {"real": (-2.0, 3.0), "integer": (0.0, 40.0), "bool": (0.0, 1.0), "vector": (-2.0, 2.0), "int_vector": (0.0, 12.0)}


_FORMS = ("ternary", "between")
"""Forms of expressions that have idioms of their own: neither may stand anywhere."""

_SIGNS = ("absolute", "sign", "step")
"""Operations that change nothing of what has one sign, which is all that unsigned types hold."""

_VARIETY = {**dict.fromkeys("VM", 9), "J": 24, "I": 8, "R": 4, **dict.fromkeys("QTSAPKWXYZ", 3)}
"""In how many types a letter comes, over all palettes."""


@cache
def _everything(palette: Palette) -> tuple[tuple[Candidate, ...], tuple[float, ...]]:
    """All operations of a palette whose adjoint can be trusted, each with the number of overloads that it stands for."""
    found = [c for made in makers(palette).values() for c in made if c[0].limitation is None and c[1] and c[0].name not in _FORMS]
    return tuple(found), tuple(float(_variety(operation)) for operation, _, _ in found)


def _variety(operation: Operation) -> int:
    letters = set(operation.parameters + operation.result)
    composite = max((_VARIETY.get(letter, 1) for letter in letters), default=1)
    # A cast's other end follows neither: its overloads are as many as the types that it comes from.
    return composite


def showcase(p: Program) -> bool:
    """A named value by an operation drawn evenly, on values in scope or on new inputs."""
    operation, types, palette = p.draw.weighted(*_everything(p.palette))
    if not operation.smooth and p.expressions.coarse and (operation.domain or any(t.rank for t in types)):
        return False
    arguments: list[Expression] = []
    for position, type in enumerate(types):
        argument = _argument(p, operation, position, type, arguments)
        if argument is None:
            return False
        arguments.append(argument)
    if not _tells(p, operation, arguments):
        return False
    try:
        value = p.expressions.finished(operation, arguments, palette, idle=operation.name.startswith(_SIGNS))
    except (TypeError, ValueError):
        return False
    if value is None:
        return False
    if value.type is BOOL and not p.draw.chance(0.3):
        ends = p.pick(1, "R")
        if ends:
            value = apply("where", value, ends[0], p.expressions.constant(p.real, -1.0, 0.5))
    p.local(p.noun(value), value)
    return True


def _tells(p: Program, operation: Operation, arguments: list[Expression]) -> bool:
    """Whether the result depends on the arguments: the length of what has length one does not, nor the determinant of a matrix that is
    singular by construction. Quaternions, which all have length one, are added first."""
    provenance = p.expressions.provenance
    if operation.name.startswith("determinant"):
        return provenance.is_drawn(arguments[0])
    if operation.name.startswith("length") and provenance.is_unit(arguments[0]):
        if shape_of(arguments[0].type) != "quat":
            return False
        other = _argument(p, operation, 0, arguments[0].type, arguments)
        if other is None:
            return False
        arguments[0] = apply("add_quat", arguments[0], other, palette=Palette(arguments[0].type.scalar))
    return True


def _argument(p: Program, operation: Operation, position: int, type: Type, before: Sequence[Expression]) -> Expression | None:
    """A value in scope that suits the parameter, or a new input; None where neither can be had."""
    domain, kind = operation.domain_of(position), operation.kind_of(position)
    suits = [v.variable for v in p.values if v.variable.type == type and v.variable not in before]
    suits = [v for v in suits if v.range.within(domain) and (not kind or p.expressions.provenance.kind(v) == kind)]
    # In half precision only what is drawn keeps clear of thresholds.
    if suits and (operation.smooth or not p.expressions.coarse) and p.draw.chance(0.6):
        return p.draw.choice(suits)
    if len(p.plans) >= MOST_ARRAYS:
        return p.draw.choice(suits) if suits else None
    shape, room = shape_of(type), limit(type)
    low, high = _RANGES.get(shape, (-1.5, 1.5))
    if operation.name.startswith(("subtract_int", "multiply_int", "shift")):
        high = min(high, 9.0)
    if operation.name.startswith((*_SIGNS, "negate")) and not type.scalar.startswith("u"):
        low = -high
    if operation.name.startswith("subtract_int") and type.scalar.startswith("u"):
        low, high = (20.0, 40.0) if position == 0 else (0.0, 19.0)
    low, high = max(low, domain.low, room.low), min(high, domain.high, room.high)
    if low > high:
        low, high = max(domain.low, room.low), min(domain.high, max(domain.low, room.low) + 5.0)
    span = Interval(float(int(low)), float(int(high))) if type.has_integers else Interval(low, high)
    span = range_of_kind(kind or natural_kind(type), span, type.inner[0] if type.rank else 3)
    stem = p.draw.choice(_STEMS[shape])
    array_name = p.name(f"{p.draw.choice((stem, f'{p.theme.items[0]}_{stem}'))}_in")
    # What is compared or searched for lies on lattices that keep apart.
    offset = lattice_offset(array_name) if operation.smooth else OFFSETS[-1 if position % 2 else 0]
    array = p.array(array_name, type, p.extents, lambda sizes: domain_for(type, span, kind, offset=offset))
    value = p.local(stem, Load(type, span, array, p.lane_variables))
    if kind:
        p.expressions.provenance.given(value.name, kind)
    return Variable(type, span, value.name)
