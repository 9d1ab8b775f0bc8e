"""Reproductions: a failing case as one script that needs Warp and numpy alone.

The script holds the kernel, the reference, the exact arguments of the launches that failed, the bounds they were held to and, where there
is a gradient, the cotangents and directions. It launches, compares, prints where it differs, and exits 1 if the mismatch shows, 0 if not.
"""

from __future__ import annotations

import base64
import importlib
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from generation.code.job import Values
from harness.oracle.preparation import Prepared
from harness.oracle.verdict import Verdict
from kernels.case import Argument

_LITERAL_ELEMENTS = 16
_MODULES = ("kernels.dtypes", "generation.code.compounds", "generation.code.assembly")
_TEMPLATE = Path(__file__).with_name("reproduction_template.py")


def write_reproduction(prepared: Prepared, verdict: Verdict, folder: Path, device: str) -> Path:
    """Writes `<folder>/<case id>.py`, which runs on `device` (`cpu` or `cuda`), and returns its path; the folder is made if need be.

    The launches are those that the verdict names, or all of them if it names none (a crash, a timeout, a failed compilation).
    """
    case = prepared.job.case
    numbers = verdict.failed_launches or tuple(range(len(case.launches)))
    launches = ",\n".join(_launch_text(prepared, number) for number in numbers)
    data = "\n".join(
        [
            f"DEVICE = {device!r}",
            f"KERNEL_NAME = {case.kernel_name!r}",
            f"KERNEL_SOURCE = {_text(case.python_source)}",
            f"REFERENCE_SOURCE = {_text(case.reference_source)}",
            "# name, dtype, dimensions, role, differentiable; the fields of structs follow as leaves of their own",
            f"ARGUMENTS = {_arguments(case.arguments)!r}",
            f"LEAVES = {_arguments(case.leaves)!r}",
            f"ELEMENTWISE = {case.elementwise!r}",
            f"BLOCK_DIM = {case.block_dim!r}",
            f"GRADIENT_RTOL = {prepared.table.gradient_rtol!r}",
            f"LAUNCHES = [\n{launches}\n]",
            f"MODULES = {{\n{_modules_text()}}}",
        ]
    )
    comment = f"# {case.id} of seed {case.seed}: {' '.join(verdict.reason.split())}"
    text = _completed(_TEMPLATE.read_text(encoding="utf-8"), data)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{case.id}.py"
    path.write_text(f"{comment}\n{text}", encoding="utf-8")
    return path


def _arguments(arguments: Sequence[Argument]) -> list[tuple[str, str, int, str, bool]]:
    return [(a.name, a.dtype, a.ndim, a.role, a.differentiable) for a in arguments]


def _modules_text() -> str:
    """The project's own modules that put arguments together, which the script carries along: with them it needs numpy and Warp alone."""
    return "".join(
        f"    {name!r}: {Path(importlib.import_module(name).__file__ or '').read_text(encoding='utf-8')!r},\n" for name in _MODULES
    )


def _completed(template: str, data: str) -> str:
    script = template.partition("# --- the script ---\n")[2]
    head, start, rest = script.partition("# --- the case ---\n")
    end, tail = rest.partition("# --- end of the case ---\n")[1:]
    if not (start and end):
        raise ValueError(f"{_TEMPLATE.name} lacks one of its three marker lines: restore them")
    return f"{head}{data}\n{tail}"


def _launch_text(prepared: Prepared, number: int) -> str:
    data, forward = prepared.job.launches[number], prepared.forward[number]
    entries = {
        "number": repr(number),
        "dim": repr(data.dim),
        "values": _values_text(data.values),
        "cotangents": _values_text(data.cotangents),
        "bounds": _values_text(forward.bounds),
        "directions": _list_text([_direction_text(d) for d in prepared.directions[number]]),
    }
    return "    {\n" + "".join(f"        {key!r}: {text},\n" for key, text in entries.items()) + "    }"


def _direction_text(direction: Any) -> str:
    return (
        f"({direction.label!r}, {direction.step!r}, {_values_text(direction.vectors)}, "
        f"{_array_text(direction.slack)}, {_array_text(direction.clean)})"
    )


def _values_text(values: Values) -> str:
    parts = [f"{name!r}: {_array_text(v)}" for name, v in values.items()]
    return "{" + ", ".join(parts) + "}"


def _list_text(parts: list[str]) -> str:
    return "[" + ", ".join(parts) + "]"


def _array_text(value: Any) -> str:
    # Python prints the shortest digits that give the same double, and float32 values are doubles: both are exact.
    array = np.asarray(value)
    if array.size <= _LITERAL_ELEMENTS:
        return f"array({array.tolist()!r}, {array.dtype.name!r}, {array.shape!r})"
    packed = base64.b85encode(zlib.compress(np.ascontiguousarray(array).tobytes(), 9)).decode()
    return f"unpack({packed!r}, {array.dtype.name!r}, {array.shape!r})"


def _text(source: str) -> str:
    if "'''" in source or "\\" in source or source.endswith("'"):
        return repr(source)
    return f"'''\\\n{source}'''"
