"""What goes into a target and what comes out of it.

A Job is a Case with concrete values for every argument of every launch; an Outcome is what the target made and measured of it. Both are
plain data, pickled between the process that checks and the process that compiles and runs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from generation.code.settings import Validation
from kernels.case import Case

Values = dict[str, Any]
"""Leaf -> numpy array (arrays, shape `shape + inner axes`), or numpy scalar or array (values). Structs are their leaves: `params.dt`."""


Resources = dict[str, dict[str, int]]
"""Entry point (`forward`, `backward`) -> figure (such as `registers`) -> its value."""


@dataclass(frozen=True)
class LaunchData:
    """One launch: the grid, the value that each argument holds when the kernel starts, and a cotangent for each differentiable output."""

    dim: tuple[int, ...]
    values: Values
    cotangents: dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Job:
    """A case and the data of its launches, ready to be compiled and run; `at_default_level`: at Warp's default optimization level, whatever
    the target was asked for."""

    case: Case
    launches: tuple[LaunchData, ...]
    at_default_level: bool = False


@dataclass(frozen=True)
class LaunchOutcome:
    """What one launch left behind: every array argument after the forward run, and the gradient of each differentiable input."""

    arrays: dict[str, NDArray[Any]]
    gradients: dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Outcome:
    """A case's generated code (its own part and the fixed preamble) with what its launches computed, or the reason why there is nothing.

    `failure` is None or one line that starts with the stage: `define`, `codegen`, `compile`, `crash`, `timeout` or `run`.

    `overloads` are those of Warp's builtins that the code calls, and the adjoints among them: see `generation.code.overloads`.

    `validation` is how far the code was taken, `arch` what it was compiled for, `executed_on` the name of what ran it (a processor's
    architecture or a GPU), and `not_executed` the reason why nothing did. `ptx` and `resources` (figures of the compiled entry points, by
    name) are there if they were asked for. `limitation` is the ledger's name of what spoils the code's backward part, whatever was run.
    """

    case_id: str
    code: str = ""
    preamble: str = ""
    launches: tuple[LaunchOutcome, ...] = ()
    failure: str | None = None
    validation: Validation = "executed"
    arch: str = ""
    executed_on: str = ""
    not_executed: str = ""
    ptx: str | None = None
    resources: Resources | None = None
    limitation: str = ""
    overloads: tuple[str, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)
