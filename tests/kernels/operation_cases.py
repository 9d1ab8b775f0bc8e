"""One case per declared operation: a kernel that applies it to array elements, with arguments from all of its domain."""

from __future__ import annotations

import itertools

import numpy as np

from kernels.case import Case, Launch
from kernels.domains import Bernoulli, Integers, Uniform
from kernels.language import operations as _declared  # noqa: F401  (declares the operations)
from kernels.language.expression import Variable, apply
from kernels.language.interval import Interval
from kernels.language.operation import OPERATIONS
from kernels.language.statement import Load
from kernels.language.types import BOOL, I32, I64, instantiate
from kernels.source import Signature, kernel_module, reference_module

LANES = 37
LANE = Variable(I32, Interval(0, 300), "i")
LARGEST = {"R": 50.0, "V": 10.0, "M": 3.0, "I": 2.0**20, "B": 1.0}
"""How far arguments go where an operation's domain has no end."""
SPECIAL = (-2.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0)


def argument_range(operation, position):
    """The finite interval that tests draw an argument from."""
    letter, domain = operation.parameters[position], operation.domain_of(position)
    if letter == "B":
        return Interval(0, 1)
    most = LARGEST[letter] if operation.domain == () or domain.high == np.inf else 1e6
    return Interval(max(domain.low, -most), min(domain.high, most))


def applied(operation, width, ranges=None):
    """The operation on loads from arrays p, q, r, as an expression."""
    integer = I32 if width == "float32" else I64
    arguments = []
    for position, letter in enumerate(operation.parameters):
        range = ranges[position] if ranges else argument_range(operation, position)
        arguments.append(Load(instantiate(letter, width, integer), range, "pqr"[position], (LANE,)))
    return apply(operation.name, *arguments, width=width)


def operation_case(name, width, index):
    """The case for operation `name`; family `operation`, so that its id tells the index."""
    operation = OPERATIONS[name]
    expression = applied(operation, width)
    sig = Signature()
    for load in expression.arguments:
        sig.array(load.array, load.type)
    sig.array("out", expression.type, role="output")
    domains = {a.array: _domain(a.type, a.range) for a in expression.arguments}
    names = [a.array for a in expression.arguments]
    body = ["i = np.arange(dim[0])", "out = out.copy()", f"out[i] = {expression.numpy()}", 'return {"out": out}']
    return Case(
        family=f"operation_{width}",
        seed=0,
        index=index,
        kernel_name=f"k_{name}",
        python_source=kernel_module(sig, f"k_{name}", ["i = wp.tid()", f"out[i] = {expression.warp()}"]),
        reference_source=reference_module(["dim", *names, "out"], body, helpers=operation.helpers),
        arguments=tuple(sig.arguments),
        launches=(Launch((LANES,), dict.fromkeys([*names, "out"], (LANES,)), domains),),
        limitations=(operation.limitation,) if operation.limitation else (),
        elementwise=True,
    )


def _domain(type, range):
    if type is BOOL:
        return Bernoulli(0.5)
    return Integers(int(range.low), int(range.high) + 1) if type.is_integer else Uniform(range.low, range.high)


def boundary_values(expression, dtypes):
    """For each argument an array with all combinations of the ends of its range and of special values inside, then random ones."""
    rng = np.random.default_rng(7)
    choices = []
    for argument in expression.arguments:
        low, high = argument.range.low, argument.range.high
        inside = [s for s in SPECIAL if low <= s <= high and (argument.type.is_float or s == int(s)) and not argument.type.rank]
        choices.append([0, 1] if argument.type is BOOL else [low, high, *inside])
    corners = list(itertools.product(*choices))
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
        values[argument.array] = column.astype(dtype.scalar)
    return values


def evaluate(expression, values):
    """The numpy spelling on whole arrays: floats in float64."""
    scope = {"np": np, "f32": np.float64, **{k: v.astype(np.float64) if v.dtype.kind == "f" else v for k, v in values.items()}}
    for line in expression.operation.helpers:
        exec(line, scope)
    scope["i"] = slice(None)
    with np.errstate(all="ignore"):
        return np.asarray(eval(expression.numpy(), scope))


def magnitude(expression, values):
    """For each lane, how large the value can be by the declared range of the lane's own arguments: the scale of its rounding."""
    columns = [np.asarray(values[a.array], np.float64).reshape(len(values[a.array]), -1) for a in expression.arguments]
    return np.array(
        [
            expression.operation.range(*(Interval(float(c[lane].min()), float(c[lane].max())) for c in columns)).magnitude
            for lane in range(len(columns[0]))
        ]
    )
