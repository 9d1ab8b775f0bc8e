"""The tolerance table: how far a kernel may be from its reference, by the lowest float precision that the kernel works in.

Scope: numbers only. `forward.py` and `gradient.py` say how each entry enters a bound; no entry is tuned for a family or a case.

The rows for a GPU follow from those for a processor and from what is documented of both. Sums, products, quotients and square roots are
rounded correctly on either (NVRTC's defaults are `-prec-div=true -prec-sqrt=true -ftz=false`). A GPU contracts a product and a sum to a
fused multiply-add, which rounds once where the reference rounds twice, and so needs no room of its own. What differs is the library.
For a GPU, "CUDA C++ Programming Guide", appendix "Mathematical Functions", gives the largest error of each function in units in the last
place. Of those that kernels use, in float32: 1 for log and cbrt, 2 for sin, cos, exp, tanh, erf and atan, 3 for atan2 and sinh, 4 for pow,
tan and erfc; in float64: 1 or 2, and 5 for erfc. For a processor, "The GNU C Library", section "Known Maximum Errors in Math Functions",
gives for x86_64, in float32: 1 or 2, and 3 for erfc; in float64: 1 or 2, 4 for cbrt, and 5 for erfc.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from types import CodeType

import numpy as np

from kernels.case import Case
from kernels.dtypes import dtype_of


@dataclass(frozen=True)
class Tolerance:
    """One row of the table.

    `epsilon` is the spacing of the precision at 1. Forward bounds are `rtol * |reference| + factor * sensitivity + floor * magnitude`;
    an output whose bound exceeds `limit` times its magnitude is too sensitive to test. `gradient_rtol` is relative to the size of a
    directional derivative, `gradient_factor` multiplies how much it moves under rounding, and `steps` are the steps of its central
    differences in the order they are tried, relative to the size of the argument.
    """

    dtype: str
    epsilon: float
    rtol: float
    factor: float
    floor: float
    limit: float
    gradient_rtol: float
    gradient_factor: float
    steps: tuple[float, ...]


TABLE: dict[str, Tolerance] = {
    # Half precisions are converted to float32 for each operation and rounded once: a handful of units in the last place in all.
    "bfloat16": Tolerance(
        dtype="bfloat16",
        epsilon=2.0**-7,
        rtol=6e-2,
        factor=8.0,
        floor=2e-2,
        limit=0.5,
        gradient_rtol=0.15,
        gradient_factor=16.0,
        steps=(1e-4, 1e-5, 1e-6),
    ),
    "float16": Tolerance(
        dtype="float16",
        epsilon=float(np.finfo(np.float16).eps),
        rtol=8e-3,
        factor=8.0,
        floor=3e-3,
        limit=0.25,
        gradient_rtol=5e-2,
        gradient_factor=16.0,
        steps=(1e-4, 1e-5, 1e-6),
    ),
    "float32": Tolerance(
        dtype="float32",
        epsilon=float(np.finfo(np.float32).eps),
        rtol=4e-6,
        factor=8.0,
        floor=4e-7,
        limit=1e-2,
        gradient_rtol=1e-4,
        gradient_factor=16.0,
        steps=(1e-5, 1e-6, 1e-7),
    ),
    "float64": Tolerance(
        dtype="float64",
        epsilon=float(np.finfo(np.float64).eps),
        rtol=1e-13,
        factor=8.0,
        floor=1e-15,
        limit=1e-6,
        gradient_rtol=1e-8,
        gradient_factor=16.0,
        steps=(3e-5, 5e-6, 1e-6),
    ),
}

LIBRARY_ULPS = {"bfloat16": (1.0, 1.0), "float16": (1.0, 1.0), "float32": (3.0, 4.0), "float64": (5.0, 5.0)}
"""The largest error of a mathematical function, in units in the last place: on a processor and on a GPU."""


def _on_gpu(row: Tolerance) -> Tolerance:
    """The row with room for as many worst calls of the GPU's library as `row` has for calls of a processor's.

    `gradient_rtol` stays: it is far above what a library adds, and is there for how much of a gradient cancels.
    """
    processor, gpu = LIBRARY_ULPS[row.dtype]
    share = gpu / processor
    return replace(
        row, rtol=row.rtol * share, factor=row.factor * share, floor=row.floor * share, gradient_factor=row.gradient_factor * share
    )


GPU_TABLE = {dtype: _on_gpu(row) for dtype, row in TABLE.items()}
"""The rows for kernels that run on a GPU."""


_NAMES = {"bf16": "bfloat16", "f16": "float16", "f32": "float32"}
"""What a reference calls a precision that its kernel works in."""


def lowest_precision(case: Case) -> str:
    """The lowest precision of the arguments, of structs' fields and of the reference's own arithmetic (its names `f32`, `f16`, `bf16`)."""
    found = {dtype_of(a.dtype).element for a in case.leaves} | _precisions_named(case.reference_source)
    return next((name for name in TABLE if name in found), "float64")


@lru_cache(maxsize=4)
def _precisions_named(reference_source: str) -> frozenset[str]:
    text = reference_source.replace("f32 = np.float32", "", 1)
    if not any(name in text for name in _NAMES):
        return frozenset()
    return frozenset(_NAMES[name] for name in _names_used(compile(text, "<reference>", "exec")) if name in _NAMES)


def _names_used(code: CodeType) -> set[str]:
    """The global names that a text's code uses, and the attributes."""
    inner = [_names_used(constant) for constant in code.co_consts if isinstance(constant, CodeType)]
    return set(code.co_names).union(*inner)


def tolerance_of(case: Case, *, gpu: bool) -> Tolerance:
    """The row of the table that holds for `case` when it runs on a GPU, or on a processor."""
    return (GPU_TABLE if gpu else TABLE)[lowest_precision(case)]
