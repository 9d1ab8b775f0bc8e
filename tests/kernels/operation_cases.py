"""One case per declared operation and palette: a kernel that applies it to array elements, with arguments from all of its domain."""

from __future__ import annotations

import itertools
import math
import re

import numpy as np

from kernels.case import Case, Launch
from kernels.language import operations as _declared  # noqa: F401  (declares the operations)
from kernels.language.expression import Variable, apply
from kernels.language.interval import Interval
from kernels.language.kinds import domain_for, limit, natural_kind, range_of_kind
from kernels.language.operation import OPERATIONS
from kernels.language.statement import Load
from kernels.language.types import BOOL, I32, Palette
from kernels.source import Signature, kernel_module, reference_module

LANES = 37
NAMES = "pqrstabcdefghjkl"
LANE = Variable(I32, Interval(0, 300), "i")
PALETTES = {
    "float32": Palette("float32", "int32", 3),
    "float64": Palette("float64", "int64", 4),
    "float16": Palette("float16", "int8", 2),
    "bfloat16": Palette("bfloat16", "uint16", 3),
    "unsigned": Palette("float32", "uint32", 2),
}
LARGEST = {"R": 50.0, "V": 10.0, "M": 3.0, "B": 1.0}
"""How far arguments go where an operation's domain has no end."""
SPECIAL = (-2.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0)


def argument_range(operation, position, palette):
    """The finite interval that tests draw an argument from."""
    letter, domain = operation.parameters[position], operation.domain_of(position)
    type = palette.type_of(letter)
    if type is BOOL:
        return Interval(0, 1)
    kind = operation.kind_of(position) or natural_kind(type)
    if kind:
        return range_of_kind(kind, Interval(-1.0, 1.0) if type.scalar == "float16" else Interval(-3.0, 3.0), type.inner[0])
    most = LARGEST.get(letter, 3.0 if type.is_float else 2.0**20) if operation.domain == () or domain.high == np.inf else 1e6
    room = limit(type)
    if type.has_integers and len(operation.parameters) > 1:
        # Sums and products of two values fit the type.
        room = Interval(max(room.low, -math.isqrt(int(room.high)) // 2), math.isqrt(int(room.high)) // 2)
    if type.scalar in ("float16", "bfloat16"):
        most = min(most, 4.0)
    if "exp" in operation.name or operation.name in ("sinh", "cosh"):
        most = min(most, 4.0)
    range = Interval(max(domain.low, -most, room.low), min(domain.high, most, room.high))
    if operation.result in ("I", "J") and type.has_integers and "subtract" in operation.name and palette.integer.startswith("u"):
        middle = (range.low + range.high) // 2
        return Interval(middle, range.high) if position == 0 else Interval(range.low, middle)
    return range


def applied(operation, palette, ranges=None):
    """The operation on loads from arrays p, q, r, as an expression."""
    arguments = []
    for position, letter in enumerate(operation.parameters):
        range = ranges[position] if ranges else argument_range(operation, position, palette)
        arguments.append(Load(palette.type_of(letter), range, NAMES[position], (LANE,)))
    return apply(operation.name, *arguments, palette=palette)


def operation_case(name, palette_name, index):
    """The case for operation `name`; family `operation_<palette>`, so that its id tells the index."""
    operation = OPERATIONS[name]
    expression = applied(operation, PALETTES[palette_name])
    sig = Signature()
    for load in expression.arguments:
        sig.array(load.array, load.type)
    sig.array("out", expression.type, role="output")
    domains = {a.array: domain_for(a.type, a.range, operation.kind_of(position)) for position, a in enumerate(expression.arguments)}
    names = [a.array for a in expression.arguments]
    loads = [f"{a}_i = {a}[i]" for a in names]
    in_locals = re.sub(r"\b([a-h]|[j-t])\[i\]", r"\1_i", expression.warp())
    body = ["i = np.arange(dim[0])", "out = out.copy()", f"out[i] = {expression.numpy()}", 'return {"out": out}']
    return Case(
        family=f"operation_{palette_name}",
        seed=0,
        index=index,
        kernel_name=f"k_{name}",
        python_source=kernel_module(sig, f"k_{name}", ["i = wp.tid()", *loads, f"out[i] = {in_locals}"]),
        reference_source=reference_module(["dim", *names, "out"], body, helpers=operation.helpers),
        arguments=tuple(sig.arguments),
        launches=(Launch((LANES,), dict.fromkeys([*names, "out"], (LANES,)), domains),),
        limitations=(operation.limitation,) if operation.limitation else (),
        elementwise=True,
    )


def boundary_values(expression, dtypes):
    """For each argument an array with all combinations of the ends of its range and of special values inside, then random ones."""
    rng = np.random.default_rng(7)
    choices = []
    for argument in expression.arguments:
        low, high = argument.range.low, argument.range.high
        inside = [s for s in SPECIAL if low <= s <= high and (argument.type.is_float or s == int(s)) and not argument.type.rank]
        choices.append([0, 1] if argument.type is BOOL else [low, high, *inside])
    if len(choices) > 3:
        # All corners of many arguments are too many: each argument's ends in turn.
        choices = [ends[:2] for ends in choices]
    corners = list(itertools.islice(itertools.product(*choices), 256))
    values = {}
    for position, argument in enumerate(expression.arguments):
        dtype = dtypes[argument.array]
        shape = (len(corners) + LANES, *dtype.inner)
        low, high = argument.range.low, argument.range.high
        column = rng.uniform(low, high, shape) if argument.type.is_float else rng.integers(int(low), int(high) + 1, shape)
        ends = np.array([c[position] for c in corners]).reshape(-1, *[1] * len(dtype.inner))
        column[: len(corners)] = ends
        if dtype.inner:
            # Not all components alike: the first one halfway between the ends.
            column[: len(corners)].reshape(len(corners), -1)[:, 0] = 0.25 * low + 0.75 * high
        kind = expression.operation.kind_of(position) or natural_kind(argument.type)
        if kind:
            column = domain_for(argument.type, argument.range, kind).draw(rng, shape[:1], dtype)
        values[argument.array] = dtype.rounded(column)
    return values


def evaluate(expression, values):
    """The numpy spelling on whole arrays: floats in float64."""
    scope = {"np": np, **{k: v.astype(np.float64) if v.dtype.kind == "f" else v for k, v in values.items()}}
    for line in expression.operation.helpers:
        exec(line, scope)
    scope |= {"f32": np.float64, "f16": np.float64, "bf16": np.float64, "i": slice(None)}
    with np.errstate(all="ignore"):
        return np.asarray(eval(expression.numpy(), scope))


def magnitude(expression, values):
    """For each lane, how large the value can be by the declared range of the lane's own arguments: the scale of its rounding."""
    columns = [np.asarray(values[a.array], np.float64).reshape(len(values[a.array]), -1) for a in expression.arguments]
    operation = expression.operation
    sized = {"n": next(a.type.inner[0] for a in expression.arguments if a.type.rank)} if operation.sized else {}
    return np.array(
        [
            operation.range(*(Interval(float(c[lane].min()), float(c[lane].max())) for c in columns), **sized).magnitude
            for lane in range(len(columns[0]))
        ]
    )
