"""The ledger of coverage: the records of a dataset counted against the registry, the forms and the profile of real kernels."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from kernels.coverage import exclusions
from kernels.coverage.forms import FORMS
from kernels.coverage.profile import Profile, read_profile
from kernels.coverage.registry import ALIASES, Builtin, Registry, element_types, has_float, names_of, read_registry

CHECKED = "checked"
"""The value of a record's `gradient` where its backward code agreed with central differences."""

ADJOINT = "adj_"

ENOUGH_NAMES = 0.95
ENOUGH_OVERLOADS = 0.60
ENOUGH_CALL_SITES = 0.99
ENOUGH_OF_A_FEATURE = 0.5
"""Of the share that a feature has among real kernels."""
ENOUGH_OF_A_FORM = 0.005


class Row(Protocol):
    """The columns of a record that coverage is counted from."""

    @property
    def python_source(self) -> str:
        """The kernel's module."""

    @property
    def kernel_name(self) -> str:
        """Its kernel."""

    @property
    def builtins(self) -> Collection[str]:
        """The builtins that the module's text names."""

    @property
    def features(self) -> Collection[str]:
        """The statement forms that it shows."""

    @property
    def overloads(self) -> Collection[str]:
        """The overloads that its code calls."""

    @property
    def gradient(self) -> str:
        """What came of the gradient check."""


@dataclass(frozen=True)
class Entry:
    """What the records show of one builtin: how many exercise it, which of its overloads, and how many check its adjoint."""

    builtin: Builtin
    records: int
    overloads: frozenset[str]
    backward: int

    @property
    def possible(self) -> tuple[str, ...]:
        """The overloads that can be exercised."""
        return tuple(one for one in self.builtin.overloads if one not in exclusions.OVERLOADS)

    @property
    def missing(self) -> list[str]:
        """The overloads that no record exercises."""
        return [one for one in self.possible if one not in self.overloads]

    @property
    def excluded(self) -> str:
        """Why it is not to be covered, or ''."""
        return exclusions.NAMES.get(self.builtin.name, "")

    @property
    def needs_backward(self) -> bool:
        """Whether its adjoint is to be checked: there is one, it has floats to work on, and nothing is known against it."""
        name, overloads = self.builtin.name, self.builtin.overloads
        floats = not overloads or any(map(has_float, overloads))
        return self.builtin.differentiable and floats and not self.excluded and name not in exclusions.BACKWARD


@dataclass(frozen=True)
class Bar:
    """One measure: how much there is of how much, what is enough, and what is missing, the most wanted first."""

    name: str
    have: float
    of: float
    enough: float
    missing: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        """What is there, as a share; 1 of nothing."""
        return self.have / self.of if self.of else 1.0

    @property
    def reached(self) -> bool:
        """Whether it is enough."""
        return self.share >= self.enough


class Ledger:
    """Coverage of some records."""

    def __init__(self, rows: Iterable[Row], registry: Registry | None = None, profile: Profile | None = None) -> None:
        self.registry = registry or read_registry()
        self.profile = profile or read_profile()
        self.records = 0
        self.gradients: Counter[str] = Counter()
        self.forms: Counter[str] = Counter()
        self._sources: list[tuple[str, str]] = []
        self._names: Counter[str] = Counter()
        self._overloads: Counter[str] = Counter()
        self._backward: Counter[str] = Counter()
        self._backward_overloads: set[str] = set()
        for row in rows:
            self._add(row)

    def _add(self, row: Row) -> None:
        self.records += 1
        self.gradients[row.gradient] += 1
        self._sources.append((row.python_source, row.kernel_name))
        self.forms.update(row.features)
        forward = [one for one in row.overloads if not one.startswith(ADJOINT)]
        self._overloads.update(forward)
        self._names.update({name for one in forward for name in names_of(one)} | {ALIASES.get(name, name) for name in row.builtins})
        if row.gradient == CHECKED:
            checked = {one.removeprefix(ADJOINT) for one in row.overloads if one.startswith(ADJOINT) and has_float(one)}
            self._backward_overloads |= checked
            self._backward.update({name for one in checked for name in names_of(one)})

    @cached_property
    def entries(self) -> dict[str, Entry]:
        """What is known of each builtin, by name, in the order of groups and names."""
        seen: dict[str, set[str]] = {}
        for overload in self._overloads:
            for name in names_of(overload):
                seen.setdefault(name, set()).add(overload)
        return {
            name: Entry(builtin, self._names[name], frozenset(seen.get(name, ())), self._backward[name])
            for name, builtin in sorted(self.registry.builtins.items(), key=lambda item: (item[1].group, item[0]))
        }

    def share_of_form(self, form: str) -> float:
        """The share of records that show a form."""
        return self.forms[form] / self.records if self.records else 0.0

    def bars(self) -> list[Bar]:
        """Every measure."""
        entries = [entry for entry in self.entries.values() if not entry.excluded]
        sites = {name: count for name, count in self.profile.call_sites.items() if not self._names[ALIASES.get(name, name)]}
        possible = [(one, entry) for entry in entries for one in entry.possible]
        wanted = [entry for entry in entries if entry.needs_backward]
        features, forms = self._features(), {form: self.share_of_form(form) for form in FORMS}
        profiled = len(self.profile.call_sites)
        all_sites = sum(self.profile.call_sites.values())
        return [
            _bar("builtins exercised", len(entries), ENOUGH_NAMES, [entry.builtin.name for entry in entries if not entry.records]),
            _bar("builtins of real kernels exercised", profiled, 1.0, list(sites)),
            Bar("call sites of real kernels covered", all_sites - sum(sites.values()), all_sites, ENOUGH_CALL_SITES, tuple(sites)),
            _bar("overloads exercised", len(possible), ENOUGH_OVERLOADS, [one for one, entry in possible if one not in entry.overloads]),
            _bar("builtins with an adjoint that is checked", len(wanted), 1.0, [e.builtin.name for e in wanted if not e.backward]),
            _bar(
                "features of real kernels at half their share",
                len(features),
                1.0,
                [f for f, ratio in features.items() if ratio < ENOUGH_OF_A_FEATURE],
            ),
            _bar(
                "statement forms in enough programs", len(forms), 1.0, [form for form, share in forms.items() if share < ENOUGH_OF_A_FORM]
            ),
        ]

    def _features(self) -> dict[str, float]:
        """The share of each feature of real kernels among the records, as a ratio to its share there."""
        return {feature: self.share_of_form(feature) / real for feature, real in self.profile.features.items()}

    def percentiles(self) -> dict[str, dict[int, tuple[float, float]]]:
        """Of the kernel's source lines and arguments, by percentile: that of the records, and that of real kernels."""
        return {
            what: {p: (float(np.percentile(values, p)), real) for p, real in self.profile.percentiles[what].items()}
            for what, values in zip(("source_lines", "arguments"), zip(*self._sizes, strict=True), strict=True)
        }

    @cached_property
    def _sizes(self) -> list[tuple[int, int]]:
        return [kernel_size(source, name) for source, name in self._sources] or [(0, 0)]

    def by_group_and_type(self, *, backward: bool = False) -> dict[tuple[str, str], tuple[int, int]]:
        """By group of builtins and element type: the overloads that are exercised (or whose adjoint is checked), and all that could be.

        An overload counts for every element type in it. With `backward`, only overloads of differentiable builtins that have floats count.
        """
        counts: dict[tuple[str, str], tuple[int, int]] = {}
        for entry in self.entries.values():
            if entry.excluded or (backward and not entry.needs_backward):
                continue
            for one in entry.possible:
                if backward and not has_float(one):
                    continue
                there = one in (self._backward_overloads if backward else entry.overloads)
                for kind in element_types(one):
                    covered, possible = counts.get((entry.builtin.group, kind), (0, 0))
                    counts[entry.builtin.group, kind] = covered + there, possible + 1
        return counts


def kernel_size(python_source: str, kernel_name: str) -> tuple[int, int]:
    """The lines of a kernel, from its `def` on, and its arguments. Raises ValueError if the module does not define it."""
    for node in ast.walk(ast.parse(python_source)):
        if isinstance(node, ast.FunctionDef) and node.name == kernel_name:
            return (node.end_lineno or node.lineno) - node.lineno + 1, len(node.args.args)
    raise ValueError(f"the module defines no {kernel_name!r}")


def _bar(name: str, of: int, enough: float, missing: Sequence[str]) -> Bar:
    return Bar(name, of - len(missing), of, enough, tuple(missing))
