"""The first compilation of a process, on a trivial kernel: it makes the precompiled headers that all later ones reuse."""

from __future__ import annotations

import numpy as np

from generation.code.job import Job, LaunchData, Outcome
from generation.code.target import Progress, Target
from kernels.case import Argument, Case, Launch

_SOURCE = """import warp as wp


@wp.kernel
def warm_up(x: wp.array(dtype=wp.float32)):
    x[wp.tid()] = 1.0
"""


def warm_up(target: Target) -> None:
    """Compiles and runs the trivial kernel. Raises RuntimeError, one line, if it does not do what it should."""
    case = Case(
        family="warm_up",
        seed=0,
        index=0,
        kernel_name="warm_up",
        python_source=_SOURCE,
        reference_source="",
        arguments=(Argument("x", "float32", 1, role="output"),),
        launches=(Launch((2,), {"x": (2,)}, {}),),
    )
    job = Job(case, (LaunchData((2,), {"x": np.zeros(2, np.float32)}, {}),))
    marks: list[Progress] = []
    target.execute([job], marks.append)
    outcome = marks[-1].outcome
    if _trouble(outcome):
        raise RuntimeError(f"a trivial kernel does not run with --device={target.name}: {_trouble(outcome)}")


def _trouble(outcome: Outcome | None) -> str:
    """What the trivial kernel did wrong, or ''."""
    if outcome is None or outcome.failure:
        return "it gave no outcome" if outcome is None else str(outcome.failure)
    x = outcome.launches[0].arrays["x"]
    return "" if (x == 1.0).all() else f"it computes {x.tolist()} and not ones"
