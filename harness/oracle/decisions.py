"""The watch: sees every decision that a reference makes on floats, and says whether rounding could have turned one.

A decision is a jump: a comparison, a rounding to an integer, a sort order, a branch cut. A kernel that rounds otherwise than the reference
may decide otherwise, and is not wrong for it; inputs that bring a decision so near its threshold are of no use. The reference runs in
float64, in the kernel's precision, and on inputs moved by a few units in the last place; how far the runs' operands lie apart is the
rounding error that a decision must have room for. Ties that are exact in all runs are exact by construction and safe.

Arrays are watched by a subclass of ndarray; a scalar taken from one is a watched array of no dimensions that behaves as a value.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.oracle.decision_rules import JUMPS, KINKS, ROUNDINGS, Rule, against_zero, difference, to_half_integer, to_integer_toward_zero

Array = NDArray[Any]

# Looked up millions of times in a run.
_ndarray = np.ndarray
_getitem = np.ndarray.__getitem__

_DOUBLE = 8
"""Bytes of a float64."""

ROOM = 8.0
"""How many times its rounding error a decision must be away from its threshold."""


@dataclass
class Trace:
    """The decisions of one run in order, and for how many elements each was taken; none is taken where there are no elements.

    A pair has two flat rows in float64: the signed distances to the threshold and the sizes of the operands, or, of what was `compared`,
    the two operands. Comparisons are the most common decisions by far; `measured` works out their distances all at once.

    `working` is the precision of a run in which nothing is meant to be float64 (None: nothing is known): what numpy makes of Python numbers
    alone (`np.where(c, 2.0, 0.5)`, `np.stack` of scalars) would be, and all that follows from it.
    """

    kinks: bool
    working: Any = None
    kinds: list[str] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    pairs: list[Array] = field(default_factory=list)
    compared: list[bool] = field(default_factory=list)

    def record(self, kind: str, distance: Any, size: Any) -> None:
        """Add one decision, taken for every element of `distance`."""
        self._add(kind, np.shape(distance), distance, size, compared=False)

    def compare(self, kind: str, a: Any, b: Any) -> None:
        """Add one decision between `a` and `b`, as `difference` rules it. Raises ValueError if their shapes do not go together."""
        self._add(kind, np.equal(a, b).shape, a, b, compared=True)

    def _add(self, kind: str, shape: tuple[int, ...], first: Any, second: Any, *, compared: bool) -> None:
        pair = np.empty((2, *shape))
        if pair.size:
            pair[0], pair[1] = first, second
            self.kinds.append(kind)
            self.counts.append(pair.size // 2)
            self.pairs.append(pair.reshape(2, -1))
            self.compared.append(compared)


_active: list[Trace] = []


@contextmanager
def watching(trace: Trace) -> Iterator[None]:
    """Let all watched arrays report to `trace`. One thread, one trace at a time."""
    _active.append(trace)
    try:
        with np.errstate(all="ignore"):
            yield
    finally:
        _active.pop()


def _report(kind: str, rule: Rule, *operands: Any) -> None:
    if not _active:
        return
    if rule is difference:
        _active[-1].compare(kind, *operands)
    else:
        _active[-1].record(kind, *rule(*operands))


def watch(value: Any) -> Any:
    """`value` with its float arrays and float scalars watched (also inside a tuple or list); anything else as it is."""
    if isinstance(value, _ndarray):
        if value.dtype.kind != "f":
            return value.view(_ndarray)
        if value.itemsize == _DOUBLE and _active and _active[-1].working is not None:
            value = value.astype(_active[-1].working)
        return value.view(Watched)
    if isinstance(value, np.floating):
        return np.asarray(value).view(Watched)
    if isinstance(value, tuple | list):
        return type(value)(watch(v) for v in value) if type(value) in (tuple, list) else value
    return value


def _plain(value: Any) -> Any:
    return value.view(_ndarray) if type(value) is Watched else value


def _in_place(ufunc: np.ufunc) -> Any:
    # In-place operators change an array but rebind a scalar: a watched scalar must not be changed through a second name for it.
    def operate(self: Any, other: Any) -> Any:
        return ufunc(self, other, out=(self,)) if self.ndim else ufunc(self, other)

    return operate


class Watched(np.ndarray):
    """A float array that reports the decisions made on it."""

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **kwargs: Any) -> Any:
        arguments = [x.view(_ndarray) if type(x) is Watched else x for x in inputs]
        if method == "__call__":
            if ufunc in JUMPS:
                _report(ufunc.__name__, JUMPS[ufunc], *arguments)
            elif _active and _active[-1].kinks:
                if ufunc in KINKS:
                    _report(ufunc.__name__, KINKS[ufunc], *arguments)
                elif ufunc.__name__ == "clip":
                    _report("clip", difference, arguments[0], arguments[1])
                    _report("clip", difference, arguments[0], arguments[2])
        elif method == "reduce" and ufunc in (np.maximum, np.minimum) and _active and _active[-1].kinks:
            _report_extremum(arguments[0], kwargs.get("axis", 0))
        if out is not None:
            getattr(ufunc, method)(*arguments, out=tuple(_plain(x) for x in out), **kwargs)
            return out[0] if len(out) == 1 else out
        return watch(getattr(ufunc, method)(*arguments, **kwargs))

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if func is np.searchsorted:
            return self._searchsorted(*args, **kwargs)
        result = super().__array_function__(func, types, args, kwargs)
        # These two drop the subclass before they compare.
        if func is np.digitize:
            _report_among(_plain(np.asarray(args[0])), np.sort(_plain(np.asarray(args[1]))))
        elif func is np.histogram:
            _report_among(_plain(np.asarray(args[0])), result[1])
        return watch(result)

    @staticmethod
    def _searchsorted(a: Any, v: Any, side: Any = "left", sorter: Any = None) -> Any:
        table = _plain(np.asarray(a)) if sorter is None else _plain(np.asarray(a))[sorter]
        values = _plain(np.asarray(v))
        _report_among(values, table)
        return np.searchsorted(table, values, side=side)

    def __getitem__(self, index: Any) -> Any:
        return watch(_getitem(self, index))

    __iadd__ = _in_place(np.add)
    __isub__ = _in_place(np.subtract)
    __imul__ = _in_place(np.multiply)
    __itruediv__ = _in_place(np.true_divide)
    __ipow__ = _in_place(np.power)

    def __bool__(self) -> bool:
        _report("bool", against_zero, _plain(self))
        return bool(_plain(self))

    def __int__(self) -> int:
        _report("int", to_integer_toward_zero, _plain(self))
        return int(_plain(self))

    def astype(self, dtype: Any, *args: Any, **kwargs: Any) -> Any:
        """As ndarray's; a cast to an integer or boolean is a decision."""
        kind = np.dtype(dtype).kind
        if kind in "iu":
            _report("astype", to_integer_toward_zero, _plain(self))
        elif kind == "b":
            _report("bool", against_zero, _plain(self))
        return watch(_plain(self).astype(dtype, *args, **kwargs))

    def round(self, decimals: Any = 0, out: Any = None) -> Any:
        """As ndarray's; a decision at each half unit."""
        _report("round", to_half_integer, _plain(self) * 10.0 ** int(decimals))
        return watch(np.round(_plain(self), decimals, _plain(out)))

    def argmax(self, axis: Any = None, *args: Any, **kwargs: Any) -> Any:
        """As ndarray's; decided between the largest two."""
        _report_extremum(_plain(self), axis)
        return _plain(self).argmax(axis, *args, **kwargs)

    def argmin(self, axis: Any = None, *args: Any, **kwargs: Any) -> Any:
        """As ndarray's; decided between the smallest two."""
        _report_extremum(-_plain(self), axis)
        return _plain(self).argmin(axis, *args, **kwargs)

    def argsort(self, axis: Any = -1, *args: Any, **kwargs: Any) -> Any:
        """As ndarray's; decided between neighbours in the order."""
        ordered = np.sort(_plain(self), axis=axis)
        _report("argsort", difference, *_neighbours(ordered, axis))
        return _plain(self).argsort(axis, *args, **kwargs)

    def searchsorted(self, v: Any, side: Any = "left", sorter: Any = None) -> Any:
        """As ndarray's; decided against the two nearest entries."""
        return self._searchsorted(self, v, side, sorter)


def _neighbours(ordered: Array, axis: Any) -> tuple[Array, Array]:
    flat = ordered.ravel() if axis is None else np.moveaxis(ordered, axis, -1)
    return flat[..., 1:], flat[..., :-1]


def _report_among(values: Array, table: Array) -> None:
    place = np.searchsorted(table, values)
    if table.size:
        for neighbour in (place - 1, place):
            _report("searchsorted", difference, values, table[np.clip(neighbour, 0, table.size - 1)])


def _report_extremum(values: Array, axis: Any) -> None:
    flat = values.reshape(1, -1) if axis is None or isinstance(axis, tuple) else np.moveaxis(values, axis, -1)
    if flat.shape[-1] > 1:
        top = np.partition(flat, flat.shape[-1] - 2, axis=-1)
        _report("extremum", difference, top[..., -1], top[..., -2])


_CREATORS = frozenset(["zeros", "ones", "empty", "full", "arange", "linspace", "eye", "identity", "array", "asarray", "ascontiguousarray"])


class WatchedNumpy:
    """The numpy that a watched reference sees: arrays that it makes are watched from the start. It remembers the names asked for."""

    def __getattr__(self, name: str) -> Any:
        value = getattr(np, name)
        self.__dict__[name] = _watching_creator(value) if name in _CREATORS else value
        return self.__dict__[name]


def _watching_creator(make: Any) -> Any:
    def create(*args: Any, **kwargs: Any) -> Any:
        return watch(make(*args, **kwargs))

    return create


def measured(traces: Sequence[Trace]) -> tuple[Array, Array]:
    """The signed distances to the threshold and the sizes of the operands of all decisions: one row for each trace of one path."""
    pairs = np.concatenate([pair for trace in traces for pair in trace.pairs], axis=1)
    first, second = pairs.reshape(2, len(traces), -1)
    compared = np.repeat(traces[0].compared, traces[0].counts)
    with np.errstate(all="ignore"):
        distance, size = difference(first, second)
    return np.where(compared, distance, first), np.where(compared, size, second)


def doubtful(wide: Trace, others: Sequence[Trace], epsilon: float) -> str | None:
    """One line on the first decision of `wide` that rounding could turn, judged by the same program's `others` runs; None if all are safe.

    `epsilon` is the spacing of the kernel's precision at 1.
    """
    if any(other.kinds != wide.kinds or other.counts != wide.counts for other in others):
        return "the reference takes another path when its inputs are rounded"
    counts = wide.counts
    if not counts:
        return None
    distances, sizes = measured((wide, *others))
    distance, size, runs = distances[0], sizes[0], distances[1:]
    with np.errstate(all="ignore"):
        finite = np.isfinite(distance)
        same = ((runs == distance) | (np.isnan(runs) & np.isnan(distance))).all(axis=0)
        apart = np.abs(runs - distance)
        apart = np.where(np.repeat([kind in ROUNDINGS for kind in wide.kinds], counts), np.minimum(apart, np.abs(1.0 - apart)), apart)
        error = np.where(finite, apart.max(axis=0), 0.0)
        # A lane whose runs agree by luck still has its decision's usual relative error. Means of roots are not ruled by a few lanes.
        starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
        relative = np.where(size > 0, error / size, 0.0)
        usual = np.repeat((np.add.reduceat(np.sqrt(np.where(finite, relative, 0.0)), starts) / counts) ** 2, counts)
        near = ~(np.abs(distance) > ROOM * np.maximum(error, np.minimum(usual, 1e-3) * size) + 4.0 * epsilon * size)
        bad = np.where(finite, near & ~((distance == 0) & same), ~same)
    if not bad.any():
        return None
    first = int(np.argmax(bad))
    kind = wide.kinds[int(np.searchsorted(np.cumsum(counts), first, side="right"))]
    return f"a {kind} is {distance[first]:.3g} from its threshold, within rounding ({int(bad.sum())} such decisions)"
