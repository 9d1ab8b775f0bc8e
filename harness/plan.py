"""The plan of a run: which cases are left to run, and how. Made by the controller, the same in every worker.

The list of cases is not sent: a worker computes it again from the stream's seed and indices, and is told only which of them are in the
dataset already, as ranges of indices.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from generation.code.settings import Reach, Settings
from harness.options import Options


@dataclass(frozen=True)
class Plan:
    """A run's options, the cases left to run (in order of index), how many of those asked for are in the dataset already, and how far the
    target gets on this machine.

    `harvest` is False for one case asked for by name: it is looked at, and the dataset stays as it is.
    """

    options: Options
    left: tuple[str, ...]
    already_there: tuple[tuple[int, int], ...]
    harvest: bool
    reach: Reach

    def settings(self, worker: int) -> Settings:
        """What the worker of this number asks its target for. Workers take GPUs in turn."""
        gpu = worker % self.reach.gpus if self.reach.gpus else None
        return replace(self.options.settings, gpu=gpu)

    @property
    def asked(self) -> int:
        """How many cases the run was asked for."""
        return 1 if self.options.case is not None else self.options.count

    @property
    def skipped(self) -> int:
        """How many of those are not run, because the dataset has them."""
        return sum(last - first + 1 for first, last in self.already_there)

    def to_plain(self) -> dict[str, Any]:
        """The plan in the plain types that xdist can send to a worker."""
        options = asdict(self.options) | {"data_dir": str(self.options.data_dir), "families": list(self.options.families)}
        reach = self.reach.to_json()
        already_there = [list(pair) for pair in self.already_there]
        return {"options": options, "already_there": already_there, "harvest": self.harvest, "reach": reach}

    @staticmethod
    def from_plain(plain: dict[str, Any]) -> Plan:
        """The plan that `to_plain` described."""
        values = dict(plain["options"])
        values |= {"data_dir": Path(values["data_dir"]), "families": tuple(values["families"])}
        options = Options(**values)
        ranges = tuple((first, last) for first, last in plain["already_there"])
        reach = Reach.from_json(plain["reach"])
        return Plan(options, _left(options, ranges), ranges, plain["harvest"], reach)


def make_plan(options: Options, done: Collection[tuple[int, str]], reach: Reach) -> Plan:
    """The plan for `options` when the dataset has the cases `done`, each a (seed, case id), and the target gets as far as `reach`."""
    if options.case is not None:
        return Plan(options, (options.case,), (), harvest=False, reach=reach)
    ranges: tuple[tuple[int, int], ...] = ()
    if done:
        from kernels.catalog import case_id_at

        indices = range(options.start, options.start + options.count)
        ranges = _ranges(i for i in indices if (options.seed, case_id_at(options.seed, i, options.families or None)) in done)
    return Plan(options, _left(options, ranges), ranges, harvest=True, reach=reach)


def _left(options: Options, already_there: Iterable[tuple[int, int]]) -> tuple[str, ...]:
    if options.case is not None:
        return (options.case,)
    from kernels.catalog import case_id_at

    there = {index for first, last in already_there for index in range(first, last + 1)}
    indices = range(options.start, options.start + options.count)
    return tuple(case_id_at(options.seed, i, options.families or None) for i in indices if i not in there)


def _ranges(indices: Iterable[int]) -> tuple[tuple[int, int], ...]:
    ranges: list[tuple[int, int]] = []
    for index in indices:
        if ranges and ranges[-1][1] == index - 1:
            ranges[-1] = (ranges[-1][0], index)
        else:
            ranges.append((index, index))
    return tuple(ranges)
