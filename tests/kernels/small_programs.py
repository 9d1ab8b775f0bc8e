"""Hand-made programs as cases: a few statements over two float64 inputs, an integer input and a value, each thread for itself.

The kernel loads `a = x[i]`, `b = y[i]` and `n = k[i]` first and stores `total` and `hits` last, unless the statements do so themselves.
"""

from __future__ import annotations

from kernels.case import Case, Launch
from kernels.domains import Integers, Uniform
from kernels.language import operations as _declared  # noqa: F401  (declares the operations)
from kernels.language.expression import Variable, apply, literal
from kernels.language.gradients import loop_limitations
from kernels.language.interval import Interval
from kernels.language.lowering import Lowering
from kernels.language.statement import Assign, Load, Store, nested_expressions
from kernels.language.types import F64, I32
from kernels.source import Signature, indented, kernel_module, reference_module

LANE = Variable(I32, Interval(0, 300), "i")
A = Variable(F64, Interval(0.5, 2.0), "a")
B = Variable(F64, Interval(-1.0, 1.0), "b")
N = Variable(I32, Interval(0, 6), "n")
GAIN = Variable(F64, Interval(0.5, 2.0), "gain")
TOTAL = Variable(F64, Interval(-100.0, 100.0), "total")
HITS = Variable(I32, Interval(-100, 100), "hits")
ROUND = Variable(I32, Interval(0, 30), "j")


def real(value):
    """A float64 literal."""
    return literal(float(value), F64)


def whole(value):
    """An int32 literal."""
    return literal(value, I32)


def op(name, *arguments):
    """An operation in float64."""
    return apply(name, *arguments, width="float64")


def loads():
    """The statements that every program starts with."""
    arrays = (("x", A), ("y", B), ("k", N))
    start = [Assign(v.name, Load(v.type, v.range, array, (LANE,))) for array, v in arrays]
    return [*start, Assign("total", real(0), mutable=True), Assign("hits", whole(0), mutable=True)]


def stores(value=TOTAL, count=HITS):
    """The statements that write both results."""
    return [Store("out", (LANE,), value), Store("count", (LANE,), count)]


def case_of(statements, index=0, functions=(), *, family="handmade", finish=True):
    """The case whose kernel runs `statements`."""
    body = [*loads(), *statements, *(stores() if finish else ())]
    sig = Signature()
    sig.array("x", F64)
    sig.array("y", F64)
    sig.array("k", I32)
    sig.value("gain", F64)
    sig.array("out", F64, role="output")
    sig.array("count", I32, role="output")
    names = [a.name for a in sig.arguments]
    lines = ["i = np.arange(dim[0])", "out, count = out.copy(), count.copy()", *Lowering([*names, "i"], "i").kernel(body)]
    lines.append('return {"out": out, "count": count}')
    definitions = []
    for f in functions:
        parameters = [n for n, _ in f.parameters]
        definitions.append([f.numpy_head(), *indented(Lowering(parameters, parameters[0]).function(list(f.body), f.results))])
    helpers = [h for e in nested_expressions(body) for operation in e.operations() for h in operation.helpers]
    domains = {"x": Uniform(0.5, 2.0), "y": Uniform(-1.0, 1.0), "k": Integers(0, 7), "gain": Uniform(0.5, 2.0)}
    shapes = {name: () if name == "gain" else (23,) for name in names}
    text = ["i = wp.tid()", *(line for s in body for line in s.warp())]
    return Case(
        family=family,
        seed=0,
        index=index,
        kernel_name="k_small",
        python_source=kernel_module(sig, "k_small", text, definitions=[f.warp() for f in functions]),
        reference_source=reference_module(["dim", *names], lines, definitions=definitions, helpers=helpers),
        arguments=tuple(sig.arguments),
        launches=(Launch((23,), shapes, domains),),
        limitations=tuple(sorted(limitations(body))),
        elementwise=True,
    )


def limitations(statements):
    """The limitations of a body whose only argument by value is `gain`."""
    return loop_limitations(statements, {"gain"})
