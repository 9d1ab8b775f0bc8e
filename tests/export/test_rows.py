"""The rows of every task: what is asked, what is answered, and which records are left out."""

from __future__ import annotations

import re

import pytest
from export_samples import rows_in, told

from generation.instructions.prompts import block, generated_names
from harness.directions import both_directions
from harness.records import SPLITS

TASKS = ("python-to-cpp", "python-to-cuda", "cpp-to-cuda", "numpy-to-warp", "forward-to-backward")


def rows_of(exported, task):
    return [row for split in SPLITS if (exported / f"{task}-{split}.jsonl").exists() for row in rows_in(exported, f"{task}-{split}")]


@pytest.fixture(scope="session")
def by_id(records):
    return {record["id"]: record for record in records}


def test_python_to_cpp(exported, by_id):
    rows = rows_of(exported, "python-to-cpp")
    assert {row["case"] for row in rows} == {"flow-000000", "map-000001", "map-000002", "made-000003"}
    for row in rows:
        record = by_id[row["id"]]
        assert record["device"] == "cpu"
        assert block("python", record["python_source"]) in told(row, "user")
        assert told(row, "assistant") == block("cpp", record["code"])


def test_python_to_cuda(exported, by_id):
    rows = rows_of(exported, "python-to-cuda")
    assert len(rows) == 5
    for row in rows:
        record = by_id[row["id"]]
        assert record["device"] == "cuda"
        assert block("python", record["python_source"]) in told(row, "user")
        assert told(row, "assistant") == block("cuda", record["code"])


def test_the_names_with_a_hash_are_in_the_question(exported):
    for task in ("python-to-cpp", "python-to-cuda", "cpp-to-cuda", "forward-to-backward"):
        for row in rows_of(exported, task):
            assert all(name in told(row, "user") for name in generated_names(told(row, "assistant")))


def test_cpp_to_cuda_joins_the_devices(exported, by_id, records):
    rows = rows_of(exported, "cpp-to-cuda")
    assert len(rows) == 4
    cpp = {record["pair_id"]: record["code"] for record in records if record["device"] == "cpu"}
    for row in rows:
        assert block("cpp", cpp[row["pair_id"]]) in told(row, "user")
        assert told(row, "assistant") == block("cuda", by_id[row["id"]]["code"])


def test_numpy_to_warp_has_a_kernel_once(exported, by_id):
    rows = rows_of(exported, "numpy-to-warp")
    assert sorted((row["case"], row["device"]) for row in rows) == [
        ("flow-000000", "cpu"),
        ("made-000003", "cpu"),
        ("map-000001", "cpu"),
        ("map-000002", "cpu"),
        ("tile-000004", "cuda"),
    ]
    for row in rows:
        record = by_id[row["id"]]
        assert block("python", record["reference_source"]) in told(row, "user")
        assert f"`{record['kernel_name']}`" in told(row, "user")
        assert told(row, "assistant") == block("python", record["python_source"])


def test_forward_to_backward_is_given_all_but_the_answer(exported, by_id):
    for row in rows_of(exported, "forward-to-backward"):
        record = by_id[row["id"]]
        forward, backward = both_directions(record["code"])
        fence = {"cpu": "cpp", "cuda": "cuda"}[record["device"]]
        assert told(row, "user").endswith(f"{block('python', record['python_source'])}\n\n{block(fence, forward)}")
        assert told(row, "assistant") == block(fence, backward)


def test_known_limitations_are_left_out_of_forward_to_backward(exported):
    """On the other device too, if the record itself was not executed."""
    found = [(row["case"], row["device"]) for row in rows_of(exported, "forward-to-backward")]
    assert "map-000001" not in {case for case, _ in found}
    assert len(found) == 7


def test_a_custom_gradient_is_in_the_question(exported):
    row = next(row for row in rows_of(exported, "forward-to-backward") if row["case"] == "flow-000000")
    assert "square_adjoint" in told(row, "user")
    assert "2.0f * x * adj_ret" in told(row, "assistant")


@pytest.mark.parametrize("task", TASKS)
def test_a_row_says_where_it_comes_from(exported, by_id, task):
    for row in rows_of(exported, task):
        record = by_id[row["id"]]
        assert (row.pop("task"), row.pop("license")) == (task, "Apache-2.0")
        assert [message["role"] for message in row.pop("messages")] == ["system", "user", "assistant"]
        assert row == {name: record[name] for name in row}
        assert {"id", "pair_id", "case", "family", "warp_version", "device", "validation"} <= set(row)


def test_nothing_crosses_splits(exported, records):
    split_of = {record["id"]: record["split"] for record in records}
    for path in exported.iterdir():
        split = path.stem.rpartition("-")[2]
        assert {split_of[row["id"]] for row in rows_in(exported, path.stem)} == {split}


def test_no_placeholder_is_left(exported):
    for task in TASKS:
        for row in rows_of(exported, task):
            request = told(row, "system") + told(row, "user").partition("```")[0]
            assert not re.search(r"[{}]|None", request)
            assert "1.19.0" in request
