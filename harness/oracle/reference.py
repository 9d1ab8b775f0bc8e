"""A case's numpy reference, loaded from its text and called in two precisions.

Wide: the global `f32` is float64 and all floats are given as float64. Narrow: the text as it stands, inputs in their own dtypes.
Each has a watched twin, whose numpy reports decisions (`decisions.py`). A reference sees its inputs read-only.
"""

from __future__ import annotations

import inspect
import traceback
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generation.code.job import Values
from harness.oracle.decisions import Trace, WatchedNumpy, watch, watching
from harness.oracle.inputs import INTEGER_POISON, as_structs, element_shape
from harness.oracle.verdict import PreparationError
from kernels.case import Case, Launch
from kernels.dtypes import dtype_of

Arrays = dict[str, NDArray[Any]]


class ReferenceFailedError(PreparationError):
    """The reference raised an exception, or returned something other than the case's outputs."""


class Reference:
    """The reference of one case. Raises ReferenceFailedError if the text does not define it rightly."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._filename = f"<reference of {case.id}>"
        try:
            self._code = compile(case.reference_source, self._filename, "exec")
        except SyntaxError as error:
            raise ReferenceFailedError(f"reference: SyntaxError: {error}") from error
        self._functions = {(wide, watched): self._load(wide=wide, watched=watched) for wide in (False, True) for watched in (False, True)}
        self._parameters = tuple(inspect.signature(self._functions[False, False]).parameters)
        known = {"dim", *(a.name for a in case.arguments)}
        for name in self._parameters:
            if name not in known:
                raise ReferenceFailedError(f"reference: parameter {name!r} is no argument of the kernel: use {', '.join(sorted(known))}")

    def call(self, launch: Launch, values: Values, *, wide: bool, trace: Trace | None = None) -> Arrays:
        """The outputs for `values` (of the inputs), each of the launch's shape plus inner axes, by argument name.

        Floats come in the working precision, integers and booleans in the dtype of the kernel's argument. Decisions go to `trace`.
        Raises ReferenceFailedError with one line if the reference raises or returns other names, shapes or kinds than the case declares.
        """
        arguments = self._arguments(launch, values, wide=wide, watched=trace is not None)
        function = self._functions[wide, trace is not None]
        try:
            with np.errstate(all="ignore"):
                if trace is None:
                    returned = function(**arguments)
                else:
                    with watching(trace):
                        returned = function(**arguments)
        except Exception as error:
            raise ReferenceFailedError(f"reference: {type(error).__name__}: {error}{self._line(error)}") from error
        return self._outputs(launch, returned, wide=wide)

    def _load(self, *, wide: bool, watched: bool) -> Any:
        namespace: dict[str, Any] = {"__name__": "reference"}
        try:
            exec(self._code, namespace)
        except Exception as error:
            raise ReferenceFailedError(f"reference: {type(error).__name__}: {error}") from error
        if not callable(namespace.get("reference")):
            raise ReferenceFailedError("reference: the text defines no function 'reference'")
        if wide and "f32" in namespace:
            namespace["f32"] = np.float64
        if watched:
            namespace["np"] = WatchedNumpy()
        return namespace["reference"]

    def _arguments(self, launch: Launch, values: Values, *, wide: bool, watched: bool) -> dict[str, Any]:
        given: dict[str, Any] = {}
        for argument in self._case.arguments:
            if argument.name not in self._parameters:
                continue
            if argument.role in ("input", "inout"):
                value = values[argument.name]
                if argument.role == "inout":
                    value = np.array(value)
                elif isinstance(value, np.ndarray):
                    value = value.view()
                    value.flags.writeable = False
            else:
                dtype = dtype_of(argument.dtype)
                scalar = np.float64 if wide and dtype.is_float else dtype.scalar
                shape = element_shape(argument, launch)
                if argument.role == "accumulate":
                    value = np.zeros(shape, scalar)
                else:
                    value = np.full(shape, scalar(np.nan if dtype.is_float else INTEGER_POISON))
            given[argument.name] = value
        given = as_structs(given)
        if watched:
            given = {
                k: SimpleNamespace(**{field: watch(x) for field, x in vars(v).items()}) if isinstance(v, SimpleNamespace) else watch(v)
                for k, v in given.items()
            }
        if "dim" in self._parameters:
            given["dim"] = launch.dim
        return given

    def _outputs(self, launch: Launch, returned: Any, *, wide: bool) -> Arrays:
        expected = self._case.outputs
        if not isinstance(returned, dict) or set(returned) != {a.name for a in expected}:
            got = sorted(returned) if isinstance(returned, dict) else type(returned).__name__
            raise ReferenceFailedError(f"reference: it returns {got}, but the kernel's outputs are {sorted(a.name for a in expected)}")
        outputs: Arrays = {}
        for argument in expected:
            dtype = dtype_of(argument.dtype)
            array = np.asarray(returned[argument.name])
            shape = element_shape(argument, launch)
            if array.shape != shape:
                raise ReferenceFailedError(f"reference: output {argument.name!r} has shape {array.shape}, expected {shape}")
            kinds = "fiu" if dtype.is_float else "b" if dtype.scalar is np.bool_ else "iu"
            if array.dtype.kind not in kinds:
                raise ReferenceFailedError(f"reference: output {argument.name!r} has dtype {array.dtype}, expected {argument.dtype}")
            if dtype.is_float:
                outputs[argument.name] = np.array(array, np.float64)
            else:
                cast = array.astype(dtype.scalar)
                if not np.array_equal(cast, array):
                    raise ReferenceFailedError(f"reference: output {argument.name!r} has values outside {argument.dtype}")
                outputs[argument.name] = cast
        return outputs

    def _line(self, error: Exception) -> str:
        lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == self._filename]
        return f" (line {lines[-1]} of the reference)" if lines else ""
