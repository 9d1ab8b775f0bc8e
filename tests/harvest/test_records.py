"""Records: the fixed columns, nothing of the run, and only for cases that passed."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from pathlib import Path

import pyarrow as pa
import pytest

from generation.code.job import Outcome
from harness.records import HARNESS_VERSION, SCHEMA, make_record, record_fault
from kernels.case import Case

from .samples import make_case, outcome_of, record_of, verdict_on

COLUMNS = (
    "id case device split family seed index kernel_name python_source reference_source code preamble_id code_bytes python_bytes "
    "builtins features structure_hash launch validation gradient max_error_forward max_error_gradient tolerance "
    "optimization_level arch warp_version harness_version pair_id tolerance_gradient executed_on not_executed ptx resources overloads "
    "cluster bands"
)

OPTIONS = {"device": "cpu", "optimization_level": None, "warp_version": "1.19.0"}


def test_a_record_has_the_fixed_columns_in_their_order():
    assert " ".join(SCHEMA.names) == COLUMNS
    assert list(record_of(make_case())) == SCHEMA.names


def test_a_record_is_a_row_of_the_schema():
    record = record_of(make_case())
    assert record_fault(record) is None
    assert pa.Table.from_pylist([record], SCHEMA).to_pylist() == [record]


def test_the_same_case_gives_the_same_bytes():
    assert json.dumps(record_of(make_case(3))) == json.dumps(record_of(make_case(3)))


def test_bytes_are_counted_in_utf8():
    case = make_case()
    record = make_record(case, Outcome(case.id, code="// \u00fc\n", preamble=""), verdict_on(case), **OPTIONS)
    assert (record["code_bytes"], record["python_bytes"]) == (6, len(case.python_source.encode()))


def test_the_pair_is_the_same_on_both_devices_and_the_record_is_not():
    cpu, cuda = record_of(make_case()), record_of(make_case(), device="cuda")
    assert cpu["pair_id"] == cuda["pair_id"]
    assert cpu["id"] != cuda["id"]


def test_the_id_depends_on_content_alone():
    same = record_of(make_case(0, terms=2))
    other = record_of(make_case(0, terms=3))
    assert same["id"] == record_of(make_case(0, terms=2), gradient="not_differentiable")["id"]
    assert same["id"] != other["id"]


def test_launch_gives_the_case_back():
    record = record_of(make_case(2))
    parts = {name: record[name] for name in ("family", "seed", "index", "kernel_name", "python_source", "reference_source")}
    assert Case.from_parts(**parts, launch_json=record["launch"]) == make_case(2)


def test_errors_that_are_not_numbers_are_null():
    record = record_of(make_case(), max_error_gradient=math.nan, max_error_forward=math.inf)
    assert record["max_error_gradient"] is None
    assert record["max_error_forward"] is None


@pytest.mark.parametrize(
    ("outcome", "verdict", "message"),
    [
        ({}, {"passed": False, "reason": "forward: out differs"}, "map-000000 has no record: forward: out differs"),
        ({"failure": "crash: SIGSEGV while running"}, {}, "map-000000 has no record: crash: SIGSEGV while running"),
        ({"code": ""}, {}, "map-000000 has no record: its outcome has no code"),
        ({"case_id": "map-000009"}, {}, "map-000000 was given the outcome of map-000009 and the verdict on map-000000"),
    ],
)
def test_a_case_that_did_not_pass_has_no_record(outcome, verdict, message):
    case = make_case()
    made = dataclasses.replace(Outcome(case.id, code="x"), **outcome)
    with pytest.raises(ValueError, match=re.escape(message)):
        make_record(case, made, verdict_on(case, **verdict), **OPTIONS)


def test_an_unknown_validation_is_named():
    case = make_case()
    with pytest.raises(ValueError, match="unknown validation 'ran': use one of compiled, executed_on_host, executed"):
        make_record(case, outcome_of(case, validation="ran"), verdict_on(case), **OPTIONS)


def test_how_far_the_code_was_taken_comes_from_the_outcome():
    case = make_case()
    host = outcome_of(case, validation="executed_on_host", arch="sm_90", executed_on="x86_64")
    record = make_record(case, host, verdict_on(case), **OPTIONS | {"device": "cuda"})
    assert [record[name] for name in ("validation", "arch", "executed_on", "not_executed", "ptx", "resources")] == [
        "executed_on_host",
        "sm_90",
        "x86_64",
        "",
        None,
        None,
    ]
    assert record_fault(record) is None


def test_code_that_was_compiled_only_says_why():
    case = make_case()
    compiled = outcome_of(case, validation="compiled", arch="sm_90", executed_on="", not_executed="asm needs a GPU")
    nothing = {"max_error_forward": math.nan, "max_error_gradient": math.nan, "tolerance": math.nan, "tolerance_gradient": math.nan}
    record = make_record(case, compiled, verdict_on(case, gradient="not_executed", **nothing), **OPTIONS | {"device": "cuda"})
    assert (record["not_executed"], record["gradient"]) == ("asm needs a GPU", "not_executed")
    assert [record[name] for name in nothing] == [None] * 4
    assert record_fault(record) is None


def test_resources_are_one_line_of_json_in_a_fixed_order():
    case = make_case()
    outcome = outcome_of(case, ptx=".version 8.7\n", resources={"forward": {"registers": 24, "code_bytes": 512}})
    record = make_record(case, outcome, verdict_on(case), **OPTIONS)
    assert (record["ptx"], record["resources"]) == (".version 8.7\n", '{"forward":{"code_bytes":512,"registers":24}}')
    assert record_fault(record) is None


def test_overloads_are_those_of_the_outcome():
    case = make_case()
    record = make_record(case, outcome_of(case, overloads=("adj_sin(float32)", "sin(float32)")), verdict_on(case), **OPTIONS)
    assert record["overloads"] == ["adj_sin(float32)", "sin(float32)"]
    assert record_fault(record) is None


def test_split_and_cluster_are_left_to_the_dataset():
    record = record_of(make_case())
    assert (record["split"], record["cluster"], len(record["bands"])) == ("", "", 8)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"seed": "7"}, "column 'seed' holds '7'"),
        ({"code": None}, "column 'code' holds None"),
        ({"ptx": 1}, "column 'ptx' holds 1"),
        ({"not_executed": None}, "column 'not_executed' holds None"),
        ({"seed": None}, "column 'seed' holds None"),
        ({"extra": 1}, "its columns are not those of a record, in their order"),
    ],
)
def test_a_row_that_is_not_a_record_is_told_apart(change, fault):
    assert record_fault(record_of(make_case()) | change) == fault


def test_a_missing_column_is_named():
    record = record_of(make_case())
    del record["launch"]
    assert record_fault(record) == "no column 'launch'"


def test_the_version_is_the_projects():
    project = (Path(__file__).parents[2] / "pyproject.toml").read_text()
    assert f'version = "{HARNESS_VERSION}"' in project
