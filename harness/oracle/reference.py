"""A case's numpy reference, loaded from its text and called in two precisions.

Wide: the global `f32` (or `f16`) is float64 and all floats are given as float64. Narrow: the text as it stands, inputs in their own dtypes.
For kernels in bfloat16, which numpy lacks, narrow is float16 throughout, the next finer precision. Each has a watched twin, whose numpy
reports decisions (`decisions.py`). A reference sees its inputs read-only.
"""

from __future__ import annotations

import inspect
import traceback
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generation.code.job import Values
from harness.oracle.decisions import Trace, WatchedNumpy, watch, watching
from harness.oracle.inputs import as_structs, poison_of
from harness.oracle.tolerances import lowest_precision
from harness.oracle.verdict import PreparationError
from kernels.case import Argument, Case, Launch
from kernels.dtypes import SCALARS, DType, dtype_of

Arrays = dict[str, NDArray[Any]]

WORKING_PRECISIONS = frozenset({"f32", "f16", "bf16"})
"""Names by which a reference calls its kernel's own precision, `f32 = np.float32`."""

_WATCHED_NUMPY = WatchedNumpy()


class ReferenceFailedError(PreparationError):
    """The reference raised an exception, or returned something other than the case's outputs."""


@dataclass(frozen=True)
class _Start:
    """What a reference is given for an argument that is not drawn: `fill` everywhere, in the dtype of `fill`."""

    name: str
    inner: tuple[int, ...]
    fill: Any

    @staticmethod
    def of(argument: Argument, *, wide: bool) -> _Start:
        dtype = dtype_of(argument.dtype)
        scalar = np.float64 if wide and dtype.is_float else dtype.scalar
        poison = np.nan if dtype.is_float else poison_of(scalar)
        return _Start(argument.name, dtype.inner, scalar(0 if argument.role == "accumulate" else poison))


@dataclass(frozen=True)
class _Result:
    """What a reference must return for one output; `kinds` are the dtype kinds that it may have."""

    name: str
    dtype_name: str
    dtype: DType
    kinds: str

    @staticmethod
    def of(argument: Argument) -> _Result:
        dtype = dtype_of(argument.dtype)
        kinds = "fiu" if dtype.is_float else "b" if dtype.scalar is np.bool_ else "iu"
        return _Result(argument.name, argument.dtype, dtype, kinds)

    def checked(self, returned: Any, launch: Launch) -> NDArray[Any]:
        array = np.asarray(returned)
        shape = launch.leaf_shapes[self.name] + self.dtype.inner
        if array.shape != shape:
            raise ReferenceFailedError(f"reference: output {self.name!r} has shape {array.shape}, expected {shape}")
        if array.dtype.kind not in self.kinds:
            raise ReferenceFailedError(f"reference: output {self.name!r} has dtype {array.dtype}, expected {self.dtype_name}")
        if "f" in self.kinds:
            return np.array(array, np.float64)
        cast = array.astype(self.dtype.scalar)
        if not np.array_equal(cast, array):
            raise ReferenceFailedError(f"reference: output {self.name!r} has values outside {self.dtype_name}")
        return cast


class Reference:
    """The reference of one case, in blocks of `threads` threads. Raises ReferenceFailedError if the text does not define it rightly."""

    def __init__(self, case: Case, threads: int = 1) -> None:
        self._case = case
        self._threads = threads
        self.coarse = lowest_precision(case) == "bfloat16"
        self.working = self._single_precision()
        self._filename = f"<reference of {case.id}>"
        try:
            self._code = compile(case.reference_source, self._filename, "exec")
        except SyntaxError as error:
            raise ReferenceFailedError(f"reference: SyntaxError: {error}") from error
        self._functions = {(wide, watched): self._load(wide=wide, watched=watched) for wide in (False, True) for watched in (False, True)}
        self._parameters = tuple(inspect.signature(self._functions[False, False]).parameters)
        known = {"dim", *(["block_dim"] if case.block_dim else []), *(a.name for a in case.arguments)}
        for name in self._parameters:
            if name not in known:
                raise ReferenceFailedError(f"reference: parameter {name!r} is no argument of the kernel: use {', '.join(sorted(known))}")
        # Worked out once: a reference is called dozens of times, mostly on a handful of small arrays.
        taken = [a for a in case.leaves if a.name.partition(".")[0] in self._parameters]
        self._drawn = tuple((a.name, a.role == "inout") for a in taken if a.role in ("input", "inout"))
        self._starts = {wide: tuple(_Start.of(a, wide=wide) for a in taken if a.role in ("output", "accumulate")) for wide in (False, True)}
        self._has_structs = any("." in a.name for a in taken)
        self._results = tuple(_Result.of(a) for a in case.outputs)

    def call(self, launch: Launch, values: Values, *, wide: bool, trace: Trace | None = None) -> Arrays:
        """The outputs for `values` (of the inputs), each of the launch's shape plus inner axes, by argument name.

        Floats come in the working precision, integers and booleans in the dtype of the kernel's argument. Decisions go to `trace`.
        Raises ReferenceFailedError with one line if the reference raises or returns other names, shapes or kinds than the case declares.
        """
        arguments = self._arguments(launch, values, wide=wide, watched=trace is not None)
        function = self._functions[wide, trace is not None]
        try:
            with np.errstate(all="ignore") if trace is None else watching(trace):
                returned = function(**arguments)
        except Exception as error:
            raise ReferenceFailedError(f"reference: {type(error).__name__}: {error}{self._line(error)}") from error
        return self._outputs(launch, returned)

    def _single_precision(self) -> Any:
        """The numpy type that the narrow run works in throughout, if the case's floats are all of one type below float64; else None."""
        found = {dtype.element or dtype.scalar.__name__ for a in self._case.leaves if (dtype := dtype_of(a.dtype)).is_float}
        if "float64" in found or "float64" in self._case.reference_source:
            return None
        if self.coarse:
            return np.float16
        return SCALARS[found.pop()] if len(found) == 1 else None

    def _load(self, *, wide: bool, watched: bool) -> Any:
        namespace: dict[str, Any] = {"__name__": "reference"}
        try:
            exec(self._code, namespace)
        except Exception as error:
            raise ReferenceFailedError(f"reference: {type(error).__name__}: {error}") from error
        if not callable(namespace.get("reference")):
            raise ReferenceFailedError("reference: the text defines no function 'reference'")
        if wide:
            namespace.update(dict.fromkeys(namespace.keys() & WORKING_PRECISIONS, np.float64))
        elif self.coarse:
            namespace.update(dict.fromkeys(namespace.keys() & WORKING_PRECISIONS, np.float16))
        if watched:
            namespace["np"] = _WATCHED_NUMPY
        return namespace["reference"]

    def _arguments(self, launch: Launch, values: Values, *, wide: bool, watched: bool) -> dict[str, Any]:
        given: dict[str, Any] = {}
        for name, changes in self._drawn:
            value = values[name]
            if self.coarse and not wide and value.dtype.kind == "f":
                value = value.astype(np.float16)
            if changes:
                value = np.array(value)
            elif isinstance(value, np.ndarray):
                value = value.view()
                value.setflags(write=False)
            given[name] = value
        for start in self._starts[wide]:
            given[start.name] = np.full(launch.leaf_shapes[start.name] + start.inner, start.fill)
        if watched:
            given = {name: watch(value) for name, value in given.items()}
        if self._has_structs:
            given = as_structs(given)
        if "dim" in self._parameters:
            given["dim"] = launch.dim
        if "block_dim" in self._parameters:
            given["block_dim"] = self._threads
        return given

    def _outputs(self, launch: Launch, returned: Any) -> Arrays:
        if not isinstance(returned, dict) or returned.keys() != {result.name for result in self._results}:
            got = sorted(returned) if isinstance(returned, dict) else type(returned).__name__
            raise ReferenceFailedError(
                f"reference: it returns {got}, but the kernel's outputs are {sorted(result.name for result in self._results)}"
            )
        return {result.name: result.checked(returned[result.name], launch) for result in self._results}

    def _line(self, error: Exception) -> str:
        lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == self._filename]
        return f" (line {lines[-1]} of the reference)" if lines else ""
