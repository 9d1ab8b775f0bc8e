"""A kernel's own text run as plain Python, one thread after the other: the second opinion on its numpy reference.

`wp` is a stand-in made of numpy scalar functions; everything is computed in double precision, integers are Python's. Array accesses outside
the bounds raise IndexError (negative indices too), and a name that a thread reads before it has set it raises NameError.
"""

from __future__ import annotations

import itertools
import math
import re
from types import SimpleNamespace

import numpy as np

from harness.oracle.inputs import as_structs, draw, element_shape, widened
from kernels.dtypes import dtype_of
from kernels.language.expression import Variable, fill
from kernels.language.interval import REALS
from kernels.language.operation import OPERATIONS
from kernels.language.types import F64, instantiate


class Tensor(np.ndarray):
    """A vector or matrix with value semantics: an augmented assignment makes a new one."""

    def __iadd__(self, other):
        return self + other

    def __isub__(self, other):
        return self - other

    def __imul__(self, other):
        return self * other

    def __itruediv__(self, other):
        return self / other


def tensor(values, shape=(3,)):
    """A Tensor of `shape`."""
    return np.array(values, np.float64).reshape(shape).view(Tensor)


def plain(value):
    """A number as a Python number, anything with axes as a Tensor of its own."""
    return np.asarray(value).item() if np.ndim(value) == 0 else tensor(value, np.shape(value))


class Array:
    """An array argument, of `rank` axes before those of its elements."""

    def __init__(self, data, rank):
        self.data, self.shape, self.rank = data, data.shape[:rank], rank

    def place(self, index):
        index = index if isinstance(index, tuple) else (index,)
        assert len(index) == self.rank, f"{len(index)} indices into an array of {self.rank} axes"
        if not all(isinstance(i, int) and 0 <= i < n for i, n in zip(index, self.shape, strict=True)):
            raise IndexError(f"index {index} is outside {self.shape}")
        return index

    def __getitem__(self, index):
        return plain(self.data[self.place(index)])

    def __setitem__(self, index, value):
        self.data[self.place(index)] = value


class _Annotation:
    def __call__(self, dtype=None):
        return None

    def __getitem__(self, dtype):
        return None


def _atomic(combine):
    def change(array, *rest):
        place = array.place(rest[:-1])
        array.data[place] = combine(array.data[place], rest[-1])

    return change


def _float(function):
    return lambda *arguments: float(function(*arguments))


def _identity(thing):
    return thing


def _normalize(v):
    return v / np.sqrt(np.sum(v * v))


def fake_warp():
    """The stand-in for the `warp` module. `wp.thread` is what `wp.tid()` gives."""
    scalar = {
        name: _float(f)
        for name, f in {
            "sqrt": np.sqrt, "cbrt": np.cbrt, "exp": np.exp, "log": np.log, "log2": np.log2, "log10": np.log10, "sin": np.sin,
            "cos": np.cos, "tan": np.tan, "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "atan2": np.arctan2, "sinh": np.sinh,
            "cosh": np.cosh, "tanh": np.tanh, "pow": np.power, "erf": math.erf, "erfc": math.erfc,
            "degrees": np.degrees, "radians": np.radians,
            "floor": np.floor, "ceil": np.ceil, "trunc": np.trunc, "rint": np.rint, "mod": math.fmod, "frac": lambda x: math.modf(x)[0],
            "round": lambda x: math.copysign(math.floor(abs(x) + 0.5), x), "sign": lambda x: -1.0 if x < 0.0 else 1.0,
            "step": lambda x: 1.0 if x < 0.0 else 0.0, "lerp": lambda a, b, t: a * (1.0 - t) + b * t,
            "length": lambda v: np.sqrt(np.sum(v * v)), "length_sq": lambda v: np.sum(v * v), "dot": lambda a, b: np.sum(a * b),
            "determinant": np.linalg.det, "trace": np.trace, "ddot": lambda a, b: np.sum(a * b),
        }.items()
    }  # fmt: skip
    wp = SimpleNamespace(
        **scalar,
        thread=None, kernel=_identity, func=_identity, struct=_identity,
        array=_Annotation(), array2d=_Annotation(), array3d=_Annotation(),
        float32=float, float64=float, int32=int, int64=int, min=min, max=max, abs=abs,
        clamp=lambda x, low, high: min(max(x, low), high), where=lambda c, a, b: a if c else b,
        cross=lambda a, b: tensor(np.cross(a, b)), normalize=_normalize, cw_mul=lambda a, b: a * b, cw_div=lambda a, b: a / b,
        outer=lambda a, b: tensor(np.outer(a, b), (3, 3)), transpose=lambda m: m.T,
        vec3=lambda *x: tensor(x), vec3d=lambda *x: tensor(x), mat33=lambda *x: tensor(x, (3, 3)), mat33d=lambda *x: tensor(x, (3, 3)),
        atomic_add=_atomic(lambda a, b: a + b), atomic_sub=_atomic(lambda a, b: a - b),
        atomic_min=_atomic(np.minimum), atomic_max=_atomic(np.maximum),
    )  # fmt: skip
    wp.tid = lambda: wp.thread
    for operation in OPERATIONS.values():
        call = re.fullmatch(r"wp\.(\w+)\((\{\d\}(, )?)*\)", operation.warp)
        if call and not hasattr(wp, call[1]):
            setattr(wp, call[1], _as_declared(operation))
    return wp


def _as_declared(operation):
    """A builtin that the stand-in does not know: its declared numpy spelling, on the values of one thread."""

    def compute(*arguments):
        scope = {"np": np, "f32": np.float64, **{f"x{k}": np.asarray(a)[()] for k, a in enumerate(arguments)}}
        for line in operation.helpers:
            exec(line, scope)
        variables = [Variable(instantiate(p, "float64"), REALS, f"x{k}") for k, p in enumerate(operation.parameters)]
        return plain(eval(fill(operation.numpy, tuple(variables), "numpy", F64), scope))

    return compute


def drawn(case, number):
    """Double-precision values of every argument of launch `number`: inputs drawn, outputs poisoned, accumulators zero."""
    launch = case.launches[number]
    values = widened(draw(case, launch, number, 0))
    for a in case.arguments:
        if a.name not in values:
            dtype = dtype_of(a.dtype)
            fill = 0 if a.role == "accumulate" else (np.nan if dtype.is_float else 77)
            values[a.name] = np.full(element_shape(a, launch), fill, np.float64 if dtype.is_float else dtype.scalar)
    return values


def by_thread(case, number, values):
    """What the kernel's text leaves in each output of launch `number`, one thread after the other."""
    wp = fake_warp()
    text = case.python_source.replace("import warp as wp\n", "")
    module = {"wp": wp}
    exec(compile(text, case.id, "exec"), module)
    given, arrays = [], {}
    for a in case.arguments:
        value = values[a.name]
        if a.ndim:
            arrays[a.name] = Array(value.copy(), a.ndim)
            given.append(arrays[a.name])
        elif isinstance(value, dict):
            given.append(SimpleNamespace(**{field: plain(v) for field, v in value.items()}))
        else:
            given.append(plain(value))
    for thread in itertools.product(*(range(n) for n in case.launches[number].dim)):
        wp.thread = thread if len(thread) > 1 else thread[0]
        module[case.kernel_name](*given)
    return {a.name: arrays[a.name].data for a in case.outputs}


def all_at_once(case, number, values):
    """What the numpy reference makes of the same values, in double precision."""
    module = {}
    exec(compile(case.reference_source, "reference", "exec"), module)
    module["f32"] = np.float64
    available = {**as_structs(values), "dim": case.launches[number].dim}
    code = module["reference"].__code__
    with np.errstate(all="ignore"):
        return module["reference"](*(available[name] for name in code.co_varnames[: code.co_argcount]))


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
