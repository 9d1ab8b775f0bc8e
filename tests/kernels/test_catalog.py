"""The catalogue: which family stands where, ids there and back, and what a bad id is told."""

from __future__ import annotations

from collections import Counter

import pytest

from kernels import catalog
from kernels.catalog import FAMILIES, WEIGHTS, build_case, build_named_case, case_id_at, family_at

SOME = ("alpha", "beta", "gamma", "program")


def test_a_new_family_takes_its_share_and_leaves_the_rest():
    before = [family_at(1, index, SOME) for index in range(3000)]
    after = [family_at(1, index, (*SOME, "newcomer")) for index in range(3000)]
    assert {new for old, new in zip(before, after, strict=True) if old != new} == {"newcomer"}
    share = after.count("newcomer") / 3000
    expected = 1.0 / (len(SOME) + WEIGHTS["program"])
    assert 0.6 * expected < share < 1.5 * expected


def test_order_and_restriction_do_not_matter():
    for index in range(300):
        winner = family_at(2, index, SOME)
        assert family_at(2, index, SOME[::-1]) == winner
        assert family_at(2, index, (winner, "alpha")) == winner


def test_families_come_by_their_weights():
    counts = Counter(family_at(3, index) for index in range(4000))
    assert set(counts) == set(FAMILIES)
    total = sum(WEIGHTS.get(f, 1.0) for f in FAMILIES)
    for family in FAMILIES:
        expected = 4000 * WEIGHTS.get(family, 1.0) / total
        assert abs(counts[family] - expected) < 5 * expected**0.5, family


def test_streams_differ():
    assert [family_at(1, i) for i in range(100)] != [family_at(2, i) for i in range(100)]


def test_catalogue_lists_public_modules_in_order():
    assert list(FAMILIES) == sorted(FAMILIES)
    assert "program" in FAMILIES
    assert not any(name.startswith("_") for name in FAMILIES)
    assert set(WEIGHTS) <= set(FAMILIES)


@pytest.mark.parametrize("index", [0, 17, 1234567])
def test_a_case_is_found_again_by_its_id(index):
    case = build_case(4, index, ("program",))
    assert case.id == case_id_at(4, index, ("program",)) == f"program-{index:06d}"
    assert build_named_case(4, case.id) == case
    assert build_named_case(5, case.id) != case


@pytest.mark.parametrize("case_id", ["program", "program-12", "Program-000001", "program-000001 ", "-000001", "program-00000x", ""])
def test_malformed_id_is_refused(case_id):
    with pytest.raises(ValueError, match=f"case id '{case_id}' is malformed: write <family>-<six digits>"):
        build_named_case(0, case_id)


def test_unknown_family_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"case id 'alchemy-000001' names the unknown family 'alchemy': use one of .*program"):
        build_named_case(0, "alchemy-000001")


def test_a_family_is_built_only_when_it_is_asked_for(monkeypatch):
    monkeypatch.setattr(catalog, "FAMILIES", (*FAMILIES, "missing_family"))
    with pytest.raises(ModuleNotFoundError, match=r"kernels\.families\.missing_family"):
        build_named_case(0, "missing_family-000001")
