"""Hash grids: sums over neighbours against plain loops, and forces of pairs that cancel."""

from __future__ import annotations

import numpy as np
import pytest

from kernels.case import Case
from kernels.drafting.queries.script import QueryScript
from kernels.draw import Draw
from kernels.families.hash_grid_query.search import Search, sizes
from tests.families._reference import check_contract, run


def counting(index: int) -> Case:
    """A kernel that counts the neighbours within 0.3, and adds up their distances and numbers."""
    s = QueryScript(Draw(11, "hash_grid_query", index))
    search = Search(s, apart=index % 2 == 0, grouped=0.4)
    s.tuning(("radius", 0.3, 0.3 + 1e-9))
    search.declare()
    s.start(count="int(0)", total="float(0.0)", best="float(1.0e6)", nearest="int(-1)")
    with search.near() as pairs:
        search.measured(pairs)
        pairs.count("count")
        pairs.add("total", "real", "r")
        pairs.extreme("best", "r", "1.0e6", "nearest")
    for name, base in (("count", "int"), ("total", "real"), ("nearest", "int")):
        s.result(f"{name}_out", base, search.size)
        s.code(f"{name}_out[i] = {name}")
    return s.finish("count_neighbors", [search.size], sizes(s))


@pytest.mark.parametrize("index", range(10))
def test_neighbours_are_those_of_a_double_loop(index: int) -> None:
    case = counting(index)
    values, result = run(case)
    grid = next(values[a.name] for a in case.arguments if a.dtype.startswith("hash_grid"))
    inputs = {a.name: values[a.name] for a in case.arguments if a.role == "input"}
    shared = dict(part.split("=") for a in case.arguments for part in a.dtype.partition(":")[2].split(",") if "=" in part)
    x = values[shared["points"]] if "points" in shared else grid.points
    own = [v for name, v in inputs.items() if np.shape(v)[1:] == (3,) and v is not x]
    targets = own[0] if index % 2 == 0 else x
    groups = getattr(grid, "groups", None) if "groups" not in shared else values[shared["groups"]]
    asked = groups
    if groups is not None and index % 2 == 0:
        asked = next(v for name, v in inputs.items() if np.shape(v) == targets.shape[:1] and v.dtype == np.int32)
    radius = 0.3
    for i, p in enumerate(targets):
        found = []
        for j, q in enumerate(x):
            if (index % 2 and i == j) or (groups is not None and groups[j] != asked[i]):
                continue
            if np.linalg.norm(p - q) < radius:
                found.append((np.linalg.norm(p - q), j))
        assert result["count_out"][i] == len(found)
        assert result["total_out"][i] == pytest.approx(sum(r for r, _ in found), rel=1e-5)
        assert result["nearest_out"][i] == (min(found)[1] if found else -1)


def test_contract() -> None:
    check_contract("hash_grid_query")
