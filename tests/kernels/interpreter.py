"""A kernel's own text run as plain Python, one thread after the other: the second opinion on its numpy reference.

`wp` is the stand-in; everything is computed in double precision. Array accesses outside the bounds raise IndexError (negative indices too),
a name that a thread reads before it has set it raises NameError, and an integer that does not fit where it is stored OverflowError.
"""

from __future__ import annotations

import ast
import itertools
from types import SimpleNamespace

import numpy as np
from stand_in import StandIn
from thread_values import Array, StructArray, class_of, copied, divided, floor_divided, remainder, wrapped

from harness.oracle.inputs import draw, element_shape, widened
from harness.oracle.reference import Reference
from kernels.dtypes import dtype_of
from kernels.language.types import alias_definitions

_OPERATORS = {ast.Div: divided, ast.FloorDiv: floor_divided, ast.Mod: remainder}


class _Pythonic(ast.NodeTransformer):
    """Spells what Python's operators do otherwise than Warp's as calls, and lets assignments copy."""

    def visit_Import(self, node):
        return None

    def visit_BinOp(self, node):
        self.generic_visit(node)
        operator = _OPERATORS.get(type(node.op))
        return ast.Call(ast.Name(operator.__name__, ast.Load()), [node.left, node.right], []) if operator else node

    def visit_AugAssign(self, node):
        if type(node.op) not in _OPERATORS:
            return self.generic_visit(node)
        current = ast.parse(ast.unparse(node.target), mode="eval").body
        return self.visit(ast.Assign([node.target], ast.BinOp(current, node.op, node.value)))

    def visit_Assign(self, node):
        self.generic_visit(node)
        if isinstance(node.value, (ast.Name, ast.Attribute, ast.Subscript)):
            node.value = ast.Call(ast.Name("copied", ast.Load()), [node.value], [])
        return node


def module_of(source):
    """The names that a kernel's module defines, and the stand-in that it runs on."""
    wp = StandIn()
    functions = {f.__name__: f for f in (*_OPERATORS.values(), copied)}
    names = {"wp": wp, "print": lambda *_: None, "__name__": "kernel", **functions}
    exec(compile(ast.fix_missing_locations(_Pythonic().visit(ast.parse(source))), "kernel", "exec", dont_inherit=True), names)
    return names, wp


def drawn(case, number):
    """Double-precision values of every leaf of launch `number`: inputs drawn, outputs poisoned, accumulators zero."""
    launch = case.launches[number]
    values = widened(draw(case, launch, number, 0))
    for leaf in case.leaves:
        if leaf.name not in values:
            dtype = dtype_of(leaf.dtype)
            start = 0 if leaf.role == "accumulate" else (np.nan if dtype.is_float else 77)
            values[leaf.name] = np.full(element_shape(leaf, launch), start, np.float64 if dtype.is_float else dtype.scalar)
    return values


def by_thread(case, number, values):
    """What the kernel's text leaves in each output of launch `number`, one thread after the other."""
    module, wp = module_of(case.python_source)
    arrays = {leaf.name: Array(values[leaf.name].copy(), leaf.dtype) for leaf in case.leaves if leaf.ndim}
    plain = {leaf.name: wrapped(values[leaf.name], class_of(leaf.dtype)) for leaf in case.leaves if not leaf.ndim}
    given = [_argument(a.name, a.ndim, {**arrays, **plain}) for a in case.arguments]
    kernel = module[case.kernel_name]
    with np.errstate(over="ignore"):  # unsigned integers wrap
        for thread in itertools.product(*(range(n) for n in case.launches[number].dim)):
            wp.thread = thread if len(thread) > 1 else thread[0]
            kernel(*given)
    return {a.name: arrays[a.name].data for a in case.outputs}


def _argument(name, ndim, leaves):
    """What stands for an argument, or a struct's field: a leaf itself, or a struct (an array of structs) of what is below it."""
    if name in leaves:
        return leaves[name]
    below = dict.fromkeys(leaf[len(name) + 1 :].split(".")[0] for leaf in leaves if leaf.startswith(f"{name}."))
    fields = {field: _argument(f"{name}.{field}", ndim, leaves) for field in below}
    return StructArray(fields) if ndim else SimpleNamespace(**fields)


def all_at_once(case, number, values):
    """What the numpy reference makes of the same values, in double precision."""
    return Reference(case).call(case.launches[number], values, wide=True)


def assert_same(case, number):
    """The reference agrees with the thread-by-thread run: integers and booleans exactly, floats to a relative 1e-9."""
    values = drawn(case, number)
    expected, got = by_thread(case, number, values), all_at_once(case, number, values)
    assert set(got) == set(expected)
    for name, array in expected.items():
        message = f"{case.id}, launch {number}, output {name}\n{case.python_source}\n{case.reference_source}"
        if array.dtype.kind == "f":
            assert np.isfinite(array).all(), f"not finite: {message}"
            np.testing.assert_allclose(got[name], array, rtol=1e-9, atol=1e-9, err_msg=message)
        else:
            np.testing.assert_array_equal(got[name], array, err_msg=message)


def value_of(text, names):
    """What an expression of a kernel gives, with `names` for its variables."""
    module, _ = module_of("\n".join(["import warp as wp", *alias_definitions(text)]))
    tree = ast.fix_missing_locations(_Pythonic().visit(ast.parse(text, mode="eval")))
    with np.errstate(over="ignore"):  # unsigned integers wrap
        return eval(compile(tree, "expression", "eval"), {**module, **names})


def all_at_once_of(expression, names):
    """What the numpy spelling of an expression gives, in double precision."""
    scope = {"np": np}
    for operation in expression.operations():
        for line in operation.helpers:
            exec(line, scope)
    arrays = {name: np.asarray(value)[()] for name, value in names.items()}
    with np.errstate(over="ignore"):
        return eval(expression.numpy(), {**scope, **dict.fromkeys(("f32", "f16", "bf16"), np.float64), **arrays})
