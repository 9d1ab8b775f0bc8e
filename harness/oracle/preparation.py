"""Preparing a case: inputs that make a sound test, what the kernel must produce from them, and the job to run.

Inputs that make no sound test (a decision within rounding of its threshold, outputs too sensitive to rounding, a kink in every direction)
are drawn again, each launch for itself; a case for which that never helps is refused with the last reason.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

from generation.code.job import Job, LaunchData, Values
from harness.oracle.forward import Forward, UnsuitableError, prepare_forward
from harness.oracle.gradient import Direction, prepare_gradient
from harness.oracle.inputs import cotangents, draw, start_value
from harness.oracle.ledger import LEDGER
from harness.oracle.reference import Reference
from harness.oracle.tolerances import Tolerance, tolerance_of
from harness.oracle.verdict import PreparationError
from kernels.case import Case, Launch

ATTEMPTS = 12


@dataclass(frozen=True)
class Prepared:
    """A job and everything needed to judge its outcome. `forward` and `directions` have one entry per launch."""

    job: Job
    table: Tolerance
    forward: tuple[Forward, ...]
    directions: tuple[tuple[Direction, ...], ...]


def prepare(case: Case, *, gpu: bool = False, threads: int = 1) -> Prepared:
    """Draws inputs for every launch and runs the references on them.

    `gpu` says that the kernel will run on a GPU, `threads` how many threads each of its blocks will have.

    Raises PreparationError, with the launch and the reason in one line, for a case that cannot be tested: a reference that fails, returns
    the wrong outputs or a value that is not finite; inputs that make no sound test in `ATTEMPTS` draws; an unknown limitation.
    """
    for name in case.limitations:
        if name not in LEDGER:
            raise PreparationError(f"unknown limitation {name!r}: the ledger has {', '.join(LEDGER)}")
    if not case.launches or not case.outputs:
        raise PreparationError("a case needs at least one launch and one argument that the kernel writes")
    reference = Reference(case, threads)
    table = tolerance_of(case, gpu=gpu)
    with warnings.catch_warnings():
        # A reference computes in threads that a mask leaves out, too.
        warnings.simplefilter("ignore")
        prepared = [_prepare_launch(case, reference, launch, number, table) for number, launch in enumerate(case.launches)]
    data, forward, directions = zip(*prepared, strict=True)
    return Prepared(Job(case, data), table, forward, directions)


def _prepare_launch(
    case: Case, reference: Reference, launch: Launch, number: int, table: Tolerance
) -> tuple[LaunchData, Forward, tuple[Direction, ...]]:
    weights = cotangents(case, launch, number) if case.has_gradient else {}
    reason = ""
    previous: bytes | None = None
    for attempt in range(ATTEMPTS):
        values = draw(case, launch, number, attempt)
        fingerprint = _fingerprint(values)
        if fingerprint == previous:
            break
        previous = fingerprint
        try:
            forward = prepare_forward(case, reference, launch, values, table)
            directions = prepare_gradient(case, reference, launch, number, attempt, forward, weights, table) if weights else ()
        except UnsuitableError as unsuitable:
            reason = str(unsuitable)
            continue
        starts: Values = {
            a.name: values[a.name] if a.role in ("input", "inout") else start_value(a, launch, forward.expected[a.name])
            for a in case.leaves
        }
        return LaunchData(launch.dim, starts, weights), forward, directions
    raise PreparationError(f"launch {number}: no inputs make a sound test in {attempt + 1} draws: {reason}")


def _fingerprint(values: Values) -> bytes:
    return b"/".join(value.tobytes() for value in values.values())
