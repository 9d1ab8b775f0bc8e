"""Contact: hand-worked pairs, friction within its cone, forces that must cancel, brute-force overlaps, threads one by one."""

from __future__ import annotations

import re

import numpy as np
import pytest

from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.families.contact import forces, narrow
from kernels.families.contact.broad import build_overlaps
from tests.families._reference import check_contract, run
from tests.families._script import check_threads, evaluated, script


def test_friction_stays_within_its_cone_and_against_sliding() -> None:
    rng = np.random.default_rng(3)
    vt, fn = rng.standard_normal((50, 3)), rng.uniform(0.1, 2.0, 50)
    for index in range(20):
        s = script("contact", index)
        s.holds("vec3", "vt")
        s.holds("real", "fn")
        s.holds_shared("real", "mu")
        forces.friction(s.draw, s, fn="fn", vt="vt")
        knobs = {name: np.float64(0.3) for name in ("kf", "slip", "threshold")}
        holder = type("Fields", (), knobs)
        values = {
            "vt": vt,
            "fn": fn,
            "mu": np.float64(0.6),
            **knobs,
            **dict.fromkeys(("params", "settings", "cfg", "options", "coeffs"), holder),
        }
        ft = evaluated(s, values)["ft"]
        assert np.all(np.linalg.norm(ft, axis=1) <= 0.6 * fn * (1.0 + 1e-9))
        assert np.all(np.sum(ft * vt, axis=1) < 0.0)


def test_support_points_are_the_farthest_of_a_box() -> None:
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
    found = 0
    for index in range(30):
        case = narrow.build_support(draw := Draw(1, "contact", index), Script(draw))
        if "def support_box" not in case.reference_source:
            continue
        scope: dict = {}
        exec(case.reference_source, scope)
        rng = np.random.default_rng(index)
        size, d = rng.uniform(0.2, 1.0, (20, 3)), rng.standard_normal((20, 3))
        best = np.einsum("nck,nk->nc", corners[None] * size[:, None], d).max(axis=1)
        assert np.sum(scope["support_box"](size, d) * d, axis=1) == pytest.approx(best)
        found += 1
    assert found >= 5


def test_grains_push_each_other_equally() -> None:
    for index in range(30):
        case = forces.build_spheres(draw := Draw(4, "contact", index), Script(draw))
        _, result = run(case, 2)
        force = next(v for name, v in result.items() if name in ("force", "particle_f", "grain_f"))
        assert np.abs(force.sum(axis=0)).max() < 1e-4 * max(np.abs(force).max(), 1e-3) * len(force) ** 0.5


def test_overlaps_agree_with_a_list_of_all_pairs() -> None:
    checked = 0
    for index in range(60):
        case = build_overlaps(draw := Draw(4, "contact", index), Script(draw))
        names = {a.name for a in case.arguments}
        counts = names & {"pair_count", "num_pairs", "ncollision"}
        filters = [a for a in case.arguments if a.dtype == "int32" and a.role == "input" and a.ndim]
        if not counts or filters or re.search(r"pad|margin", case.python_source):
            continue
        values, result = run(case, 2)
        boxes = [values[a.name] for a in case.arguments if a.role == "input" and a.dtype.startswith("vec")]
        lower, upper = sorted(boxes, key=lambda b: b.mean())
        n = len(lower)
        hit = [(i, j) for i in range(n) for j in range(n) if i != j and np.all(lower[i] <= upper[j]) and np.all(upper[i] >= lower[j])]
        ordered = re.search(r"if (\w+ >= \w+|\w+ <= \w+):\n\s+return", case.python_source) is not None
        assert result[counts.pop()][0] == (len(hit) // 2 if ordered else len(hit))
        checked += 1
    assert checked >= 3


def test_references_agree_with_threads_one_by_one() -> None:
    check_threads("contact")


def test_contract() -> None:
    check_contract("contact")
