"""The profile of real kernels: how long they are, what they show and what they call, as counted in public packages (`profile.json`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

PATH = Path(__file__).with_name("profile.json")


@dataclass(frozen=True)
class Profile:
    """Counts over `kernels` real kernels.

    `percentiles` are of the kernel's source lines, statements, arguments and depth of nesting, by percentile; `features` is the share of
    kernels that show a form of `kernels.coverage.forms`; `call_sites` counts the calls of each builtin and constructor, as spelled.
    """

    about: str
    kernels: int
    percentiles: Mapping[str, Mapping[int, float]]
    features: Mapping[str, float]
    call_sites: Mapping[str, int]


@lru_cache(maxsize=1)
def read_profile() -> Profile:
    """The profile that comes with the project."""
    data = json.loads(PATH.read_text(encoding="utf-8"))
    percentiles = {name: {int(p): float(value) for p, value in values.items()} for name, values in data["percentiles"].items()}
    return Profile(data["about"], data["kernels"], percentiles, data["features"], data["call_sites"])
