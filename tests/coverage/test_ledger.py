"""The ledger of coverage: what a few records cover of a small registry and a small profile, counted by hand."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from harness.oracle.ledger import LEDGER
from kernels.coverage import exclusions
from kernels.coverage.ledger import Ledger, kernel_size
from kernels.coverage.profile import Profile, read_profile
from kernels.coverage.registry import Builtin, Registry, read_registry

SOURCE = "import warp as wp\n\n\n@wp.kernel\ndef k(a: wp.array[float], n: int):\n    i = wp.tid()\n    a[i] = 1.0\n"

REGISTRY = Registry(
    "1.19.0",
    {
        builtin.name: builtin
        for builtin in (
            Builtin("sin", "Scalar Math", "1.16", True, ("sin(float32)", "sin(float64)")),
            Builtin("max", "Scalar Math", "1.16", True, ("max(float32,float32)", "max(int32,int32)")),
            Builtin("floor", "Scalar Math", "1.16", False, ("floor(float32)",)),
            Builtin("vec3i", "Constructors", "1.16", True, ("vec3i()", "vec3i(int32,int32,int32)")),
            Builtin("vector", "Vector Math", "1.16", True, ()),
            Builtin("static", "Code Generation", "1.16", False, ()),
            Builtin("breakpoint", "Utility", "1.16", False, ("breakpoint()",)),
        )
    },
)
PROFILE = Profile(
    "two kernels",
    2,
    {"source_lines": {50: 20.0}, "arguments": {50: 4.0}},
    {"if": 0.5, "for": 1.0},
    {"sin": 6, "vec3": 3, "static": 1},
)


@dataclass
class Row:
    overloads: list[str] = field(default_factory=list)
    gradient: str = "checked"
    builtins: list[str] = field(default_factory=list)
    features: list[str] = field(default_factory=list)
    python_source: str = SOURCE
    kernel_name: str = "k"


def ledger(*rows):
    return Ledger(rows, REGISTRY, PROFILE)


def bars(*rows):
    return {bar.name: bar for bar in ledger(*rows).bars()}


def test_names_come_from_calls_and_from_what_only_the_text_shows():
    found = ledger(Row(["sin(float32)", "vec3i()"]), Row(["sin(float32)", "sin(float16)"], builtins=["static"])).entries
    assert {name: entry.records for name, entry in found.items()} == {
        "sin": 2,
        "max": 0,
        "floor": 0,
        "vec3i": 1,
        "vector": 1,
        "static": 1,
        "breakpoint": 0,
    }
    assert found["sin"].missing == ["sin(float64)"]


def test_a_name_that_is_excluded_is_not_asked_for():
    names = bars(Row(["sin(float32)"]))["builtins exercised"]
    assert (names.have, names.of) == (1, 6)
    assert set(names.missing) == {"max", "floor", "vec3i", "vector", "static"}


def test_overloads():
    found = bars(Row(["sin(float32)", "max(int32,int32)", "adj_max(int32,int32)", "floor(float16)"]))["overloads exercised"]
    assert (found.have, found.of) == (2, 7)
    assert not found.reached


@pytest.mark.parametrize(
    ("overloads", "gradient", "checked"),
    [
        (["sin(float32)", "adj_sin(float32)"], "checked", {"sin"}),
        (["sin(float32)", "adj_sin(float32)"], "known_limitation:frac", set()),
        (["sin(float32)"], "checked", set()),
        (["max(int32,int32)", "adj_max(int32,int32)"], "checked", set()),
        (["adj_max(float32,float32)"], "checked", {"max"}),
        (["adj_vec3f(float32,float32,float32)"], "checked", {"vector"}),
    ],
)
def test_an_adjoint_is_checked_by_a_checked_gradient_of_floats(overloads, gradient, checked):
    found = bars(Row(overloads, gradient))["builtins with an adjoint that is checked"]
    # Vectors of integers have an adjoint that has nothing to do.
    assert {"sin", "max", "vector"} - set(found.missing) == checked
    assert found.of == 3


def test_call_sites_and_names_of_real_kernels():
    found = bars(Row(["sin(float32)"], builtins=["static"]))
    assert found["builtins of real kernels exercised"].missing == ("vec3",)
    assert found["call sites of real kernels covered"].share == pytest.approx(0.7)
    whole = bars(Row(["sin(float32)", "vec3f()"], builtins=["static"]))
    assert whole["call sites of real kernels covered"].reached
    assert whole["builtins of real kernels exercised"].reached


def test_features_are_held_against_real_kernels():
    rows = [Row(features=["if"]), Row(), Row(features=["for"]), Row()]
    assert bars(*rows)["features of real kernels at half their share"].missing == ("for",)
    assert ledger(*rows).share_of_form("if") == 0.25


def test_forms_have_to_be_in_enough_programs():
    missing = bars(Row(features=["if", "elif"]), *[Row()] * 199)["statement forms in enough programs"].missing
    assert not {"if", "elif"} & set(missing)
    assert {"if", "elif"} <= set(bars(Row(features=["if", "elif"]), *[Row()] * 200)["statement forms in enough programs"].missing)


def test_percentiles_are_of_the_kernel_alone():
    assert kernel_size(SOURCE, "k") == (3, 2)
    assert ledger(Row()).percentiles() == {"source_lines": {50: (3.0, 20.0)}, "arguments": {50: (2.0, 4.0)}}
    with pytest.raises(ValueError, match="defines no 'other'"):
        kernel_size(SOURCE, "other")


def test_by_group_and_type():
    found = ledger(Row(["sin(float32)", "adj_sin(float32)", "max(int32,int32)"]))
    assert found.by_group_and_type()["Scalar Math", "float32"] == (1, 3)
    assert found.by_group_and_type()["Scalar Math", "int32"] == (1, 1)
    assert found.by_group_and_type(backward=True) == {("Scalar Math", "float32"): (1, 2), ("Scalar Math", "float64"): (0, 1)}


def test_nothing_is_covered_by_no_records():
    assert not any(bar.reached for bar in bars().values())


def test_exclusions_are_of_things_that_there_are():
    registry = read_registry()
    assert {*exclusions.NAMES, *exclusions.BACKWARD} <= registry.builtins.keys()
    assert set(exclusions.OVERLOADS) <= {one for builtin in registry.builtins.values() for one in builtin.overloads}
    assert not exclusions.NAMES.keys() & read_profile().call_sites.keys()
    reasons = [*exclusions.NAMES.values(), *exclusions.BACKWARD.values(), *exclusions.OVERLOADS.values()]
    assert all(reason and len(reason.splitlines()) == 1 for reason in reasons)


def test_an_exclusion_that_names_a_limitation_names_one_of_the_ledger():
    named = [reason.removeprefix("known_limitation:") for reason in exclusions.BACKWARD.values() if reason.startswith("known_limitation:")]
    assert set(named) <= LEDGER.keys()
