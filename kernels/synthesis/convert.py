"""A value turned into another type with as little as possible: a norm or a component, a vector along an axis, a cast, a frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from kernels.draw import Draw
from kernels.language.expression import Expression, apply, literal
from kernels.language.interval import Interval
from kernels.language.kinds import limit
from kernels.language.operation import OPERATIONS
from kernels.language.types import BOOL, I32, Palette, Type, type_named

Constant = Callable[[Type, float, float], Expression]
"""Draws a constant of a type in an interval."""


def shape_of(type: Type) -> str:
    """What sort of type it is: real, integer, bool, vector, int_vector, matrix, quat, transform, spatial or spatial_matrix."""
    if type is BOOL:
        return "bool"
    if type.rank == 0:
        return "real" if type.is_float else "integer"
    if type.is_vector:
        return "vector" if type.is_float else "int_vector"
    if type.name.startswith("mat"):
        return "matrix"
    return {"quat": "quat", "transform": "transform", "spatial_vector": "spatial", "spatial_matrix": "spatial_matrix"}[type.name[:-1]]


class Converter:
    """Converts values with what `draw` and `constant` give."""

    def __init__(self, draw: Draw, constant: Constant) -> None:
        self.draw, self.constant = draw, constant

    def convert(self, source: Expression, type: Type) -> Expression:
        """`source` turned into `type`. Raises TypeError if there is no way."""
        if source.type == type:
            return source
        way = getattr(self, f"_to_{shape_of(type)}", None)
        made: Expression | None = way(source, type) if way else None
        if made is None:
            raise TypeError(f"no conversion from {source.type.name} to {type.name}")
        return made

    def _to_real(self, source: Expression, type: Type) -> Expression | None:
        name, shape = source.type.name, shape_of(source.type)
        if shape == "integer":
            cast = "to_real" if name in ("int32", "int64") else f"{name}_to_real"
            confined = _within(source, OPERATIONS[cast].domain_of(0))
            return apply(cast, confined, width=type.scalar)
        if shape == "bool":
            return apply("where", source, self.constant(type, 0.5, 2.0), self.constant(type, -1.0, 0.4))
        if source.type.is_float and source.type.scalar != type.scalar:
            narrow = self.convert(source, type_named(source.type.scalar))
            return apply(f"{narrow.type.name}_to_real", narrow, width=type.scalar)
        if shape == "vector":
            ways = ["length", "length_sq", "component_0", "component_1", *(["component_2"] if source.type.inner[0] > 2 else [])]
            return apply(self.draw.choice(ways), source)
        if shape == "int_vector":
            return self.convert(apply(self.draw.choice(("component_0_int", "component_1_int")), source), type)
        simple = {
            "matrix": ("trace", "element_01"),
            "quat": ("quat_component_0", "quat_component_2", "quat_component_3"),
            "spatial": ("spatial_component_0", "spatial_component_5"),
            "spatial_matrix": ("spatial_trace",),
        }
        if shape == "matrix" and source.type.inner[0] != source.type.inner[1]:
            return None
        if shape in simple:
            return apply(self.draw.choice(simple[shape]), source)
        return self.convert(apply("transform_get_translation", source), type)

    def _to_vector(self, source: Expression, type: Type) -> Expression | None:
        shape, length, real = shape_of(source.type), type.inner[0], type_named(type.scalar)
        if source.type.scalar == type.scalar:
            if shape == "matrix" and source.type.inner == (length, length):
                return apply(self.draw.choice(("get_diag", "row_0", "row_1")), source)
            parts = {
                "quat": ("vector_part",),
                "transform": ("transform_get_translation",),
                "spatial": ("spatial_top", "spatial_bottom"),
            }
            if length == 3 and shape in parts:
                return apply(self.draw.choice(parts[shape]), source)
        scalar = self.convert(source, real)
        if length > 4:
            return apply("splat_vec", scalar, palette=Palette(type.scalar, length=length))
        components = [self.constant(real, -1.0, 1.0) for _ in range(length)]
        components[self.draw.integer(0, length - 1)] = scalar
        return apply({2: "make_vec2", 3: "make_vec", 4: "make_vec4"}[length], *components)

    def _to_matrix(self, source: Expression, type: Type) -> Expression | None:
        rows, columns = type.inner
        if rows != columns:
            return None
        if shape_of(source.type) == "quat" and rows == 3 and source.type.scalar == type.scalar:
            return apply("quat_to_matrix", source)
        if shape_of(source.type) == "real" or self.draw.chance(0.3):
            scalar = self.convert(source, type_named(type.scalar))
            return apply("identity", scalar, palette=Palette(type.scalar, length=rows))
        vector = Palette(type.scalar, length=rows).type_of("V")
        return apply("outer", self.convert(source, vector), self.convert(source, vector))

    def _to_quat(self, source: Expression, type: Type) -> Expression | None:
        real = type_named(type.scalar)
        if shape_of(source.type) == "transform" and source.type.scalar == type.scalar:
            return apply("transform_get_rotation", source)
        angle = _within(self.convert(source, real), Interval(-20.0, 20.0))
        angles = [angle, self.constant(real, -1.0, 1.0), self.constant(real, -1.0, 1.0)]
        return apply("quat_rpy", *self.draw.shuffled(angles))

    def _to_transform(self, source: Expression, type: Type) -> Expression | None:
        palette = Palette(type.scalar)
        if shape_of(source.type) == "quat":
            origin = apply("make_vec", *(self.constant(palette.type_of("R"), -1.0, 1.0) for _ in range(3)))
            return apply("make_transform", origin, self.convert(source, palette.type_of("Q")))
        return apply("make_transform", self.convert(source, palette.type_of("P")), self._to_quat(source, palette.type_of("Q")) or source)

    def _to_spatial(self, source: Expression, type: Type) -> Expression | None:
        vector = Palette(type.scalar).type_of("P")
        maker = "make_spatial" if type.scalar == "float32" else "make_spatial_of_six"
        first = self.convert(source, vector)
        rest = apply("make_vec", *(self.constant(type_named(type.scalar), -1.0, 1.0) for _ in range(3)))
        return apply(maker, *self.draw.shuffled([first, rest]))

    def _to_integer(self, source: Expression, type: Type) -> Expression | None:
        shape = shape_of(source.type)
        if shape == "integer":
            for name, palette in ((f"{source.type.name}_to_integer", Palette(integer=type.name)), (f"integer_to_{type.name}", Palette())):
                operation = OPERATIONS[name]
                bound = replace(palette, integer=source.type.name) if name.startswith("integer") else palette
                if operation.exists_in(bound):
                    return apply(name, _within(source, operation.domain_of(0)), palette=bound)
            return None
        if shape == "bool":
            return apply("bool_to_integer", source, palette=Palette(integer=type.name))
        if shape == "int_vector":
            return self.convert(apply(self.draw.choice(("component_0_int", "component_1_int")), source), type)
        name = "to_integer" if type is I32 or type.name == "int64" else f"real_to_{type.name}"
        real = self.convert(source, type_named(source.type.scalar))
        return apply(name, _within(real, OPERATIONS[name].domain_of(0)), palette=Palette(real.type.scalar, type.name))


def _within(value: Expression, domain: Interval) -> Expression:
    """`value`, clamped where its range leaves `domain`."""
    if value.range.within(domain):
        return value
    room = limit(value.type)
    low, high = max(domain.low, room.low, -1e4), min(domain.high, room.high, 1e4)
    ends = [literal(round(low, 4), value.type), literal(round(high, 4), value.type)]
    return apply("clamp_int" if value.type.is_integer else "clamp", value, *ends)
