"""Texts: a record's columns against each other, and its code against what is made now."""

from __future__ import annotations

from dataclasses import replace

import pytest
from harvest.samples import PREAMBLE, make_case, outcome_of, record_of
from verify_samples import consistent

from harness.manifest import ShardEntry
from harness.structure import content_hash
from harness.verification.source import Place
from harness.verification.texts import case_of, compare_text, own_faults

CASE = make_case()
RECORD = record_of(CASE) | {"split": "train"}
OUTCOME = outcome_of(CASE)
PREAMBLES = {content_hash(PREAMBLE): PREAMBLE}
PLACE = Place(ShardEntry("cpu/train-00000.parquet", "train", "", 1, 0, 0), 0, RECORD["id"], "", "", "", 0, None, "", False)


def faults_of(record):
    return own_faults(record, PLACE, "cpu", PREAMBLES)


def test_a_record_as_it_was_made_has_no_faults():
    assert faults_of(RECORD) == []


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("id", "0123"),
        ("case", "map-000009"),
        ("split", "test"),
        ("code_bytes", 1),
        ("python_bytes", 1),
        ("builtins", ["sin"]),
        ("features", ["for"]),
        ("structure_hash", "0123"),
        ("pair_id", "0123"),
        ("bands", [1]),
    ],
)
def test_a_column_that_does_not_follow_from_the_others(column, value):
    (line,) = faults_of(RECORD | {column: value})
    assert line.startswith(f"{column} is {value}, by the other columns it is ")


def test_a_record_of_another_device():
    assert faults_of(consistent(RECORD, device="cuda"))[-1] == "device is cuda, by the other columns it is cpu"


def test_a_preamble_that_the_manifest_lacks():
    (line,) = own_faults(RECORD, PLACE, "cpu", {})
    assert line == f"preamble_id is {RECORD['preamble_id']}, and the manifest has no preamble with that hash"


def test_a_preamble_that_was_altered():
    assert len(own_faults(RECORD, PLACE, "cpu", {RECORD["preamble_id"]: "// another\n"})) == 1


def test_a_value_that_is_missing():
    assert faults_of(RECORD | {"code": None}) == ["column 'code' holds None"]


def test_python_that_is_none():
    found = faults_of(consistent(RECORD, python_source="def :"))
    assert found == ["python_source has no builtins (SyntaxError: invalid syntax (<unknown>, line 1))"]


def test_faults_name_another_version_of_the_project():
    assert "made by version 0.0.1 of this project" in faults_of(RECORD | {"bands": [1], "harness_version": "0.0.1"})[-1]
    assert faults_of(RECORD | {"harness_version": "0.0.1"}) == []


def test_a_case_comes_back_from_a_record():
    assert case_of(RECORD) == CASE


@pytest.mark.parametrize("launch", ["", "{}", "[]", '{"arguments": [{"name": "x"}]}', '{"arguments": 3, "launches": []}'])
def test_a_launch_that_describes_no_case(launch):
    with pytest.raises(ValueError, match="launch describes no case") as error:
        case_of(RECORD | {"launch": launch})
    assert len(str(error.value).splitlines()) == 1


def test_a_launch_that_is_written_in_another_way():
    with pytest.raises(ValueError, match="not written as a record's"):
        case_of(RECORD | {"launch": RECORD["launch"].replace(",", ", ")})


def compared(record=RECORD, outcome=OUTCOME, version="1.19.0", preamble=PREAMBLE, same_build=True):
    return compare_text(record, preamble, outcome, version, same_build=same_build)


def test_the_same_text():
    assert compared() == ("same", [])


def test_another_code():
    answer, lines = compared(RECORD | {"code": RECORD["code"].replace("void", "int")})
    assert answer == "differs"
    assert lines == ["code: line 2 is `int scale() {}` in the record and `void scale() {}` now"]


def test_a_code_that_ends_early():
    _, lines = compared(RECORD | {"code": RECORD["code"].splitlines(keepends=True)[0]})
    assert lines == ["code: line 2 is not there in the record and `void scale() {}` now"]


def test_a_code_that_differs_in_blanks_alone():
    _, lines = compared(RECORD | {"code": RECORD["code"].replace("void ", "void  ")})
    assert lines == [r"code: line 2 is 'void  scale() {}\n' in the record and 'void scale() {}\n' now"]


def test_another_preamble():
    assert compared(preamble="// another\n")[0] == "differs"


def test_another_text_of_another_warp_is_drift_and_names_both():
    answer, lines = compared(RECORD | {"code": "// older\n", "warp_version": "1.18.2"})
    assert answer == "drift"
    assert lines[0].startswith("code was made by warp-lang 1.18.2, and warp-lang 1.19.0 makes another text: code: line 1 is ")


def test_the_same_text_of_another_warp_is_the_same():
    assert compared(version="1.18.2") == ("same", [])


def test_other_overloads():
    assert compared(RECORD | {"overloads": ["sin(float32)"]})[0] == "differs"


def test_the_ptx_is_compared_if_it_was_compiled_in_the_same_way():
    record = RECORD | {"ptx": "// one\n", "resources": '{"forward":{"registers":8}}'}
    made = replace(OUTCOME, ptx="// one\n", resources={"forward": {"registers": 8}})
    assert compared(record, made) == ("same", [])
    assert compared(record, replace(made, ptx="// two\n"))[0] == "differs"
    assert compared(record, replace(made, resources={"forward": {"registers": 9}}))[0] == "differs"
    assert compared(record, replace(made, ptx="// two\n"), same_build=False)[0] == "same"


def test_no_code():
    assert compared(outcome=replace(OUTCOME, code="", failure="compile: no")) == ("not_made", [])
