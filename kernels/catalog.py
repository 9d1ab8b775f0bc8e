"""The catalogue: which case stands at an index of a stream.

Families are the modules of `kernels/families/`; each has a `build(draw)`. The family at an index is chosen by rendezvous hashing, so that
a new family takes over its share of indices and leaves all others as they were.
"""

from __future__ import annotations

import importlib
import math
import pkgutil
import re
from collections.abc import Sequence
from types import ModuleType

import kernels.families
from kernels.case import Case
from kernels.draw import Draw, digest

FAMILIES: tuple[str, ...] = tuple(
    sorted(info.name for info in pkgutil.iter_modules(kernels.families.__path__) if not info.name.startswith("_"))
)

WEIGHTS: dict[str, float] = {
    "program": 76.0,
    **dict.fromkeys(("mesh_query", "volume_sampling"), 7.0),
    "bvh_query": 4.5,
    **dict.fromkeys(("sampling", "quaternion_math", "transform_math", "matrix_shapes", "tile_linear_algebra"), 3.0),
    **dict.fromkeys(("integer_vector", "triangle_queries", "tile_scan", "tile_indexing", "tile_types"), 2.5),
    **dict.fromkeys(("tile_scatter", "tile_map", "tile_reduction", "noise_field", "hash_grid_query"), 1.5),
}
"""How often a family comes, where that is not once: synthesized programs are the most varied, and some families show many builtins."""

_CASE_ID = re.compile(r"([a-z][a-z0-9_]*)-(\d{6,})")


def case_id_at(seed: int, index: int, families: Sequence[str] | None = None) -> str:
    """The id of the case at `index` of stream `seed`, restricted to `families` if given."""
    return f"{family_at(seed, index, families)}-{index:06d}"


def family_at(seed: int, index: int, families: Sequence[str] | None = None) -> str:
    """The family at `index` of stream `seed`: the winner of a weighted rendezvous (highest random weight) among `families`."""

    def score(family: str) -> float:
        uniform = (digest(seed, index, family, "family") + 1) / 2.0**64
        return -WEIGHTS.get(family, 1.0) / math.log(min(uniform, 1.0 - 2.0**-53))

    return max(families or FAMILIES, key=score)


def build_case(seed: int, index: int, families: Sequence[str] | None = None) -> Case:
    """The case at `index` of stream `seed`, restricted to `families` if given."""
    return _build(seed, family_at(seed, index, families), index)


def build_named_case(seed: int, case_id: str) -> Case:
    """The case called `case_id`, such as `stencil-000123`. Raises ValueError for an id that names no case."""
    match = _CASE_ID.fullmatch(case_id)
    if match is None:
        raise ValueError(f"case id {case_id!r} is malformed: write <family>-<six digits>, such as stencil-000123")
    family, index = match[1], int(match[2])
    if family not in FAMILIES:
        raise ValueError(f"case id {case_id!r} names the unknown family {family!r}: use one of {', '.join(FAMILIES)}")
    return _build(seed, family, index)


def _build(seed: int, family: str, index: int) -> Case:
    module: ModuleType = importlib.import_module(f"kernels.families.{family}")
    case: Case = module.build(Draw(seed, family, index))
    return case
