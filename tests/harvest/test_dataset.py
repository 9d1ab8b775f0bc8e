"""The dataset: commits are exact, in order, without duplicates, and the same however the records were spooled."""

from __future__ import annotations

import json

import pyarrow.parquet as pq
import pytest

from harness.dataset import Dataset, Tally
from harness.errors import DatasetError
from harness.publish import file_sha256
from harness.records import SCHEMA
from harness.structure import content_hash

from .samples import PREAMBLE, contents, make_case, record_of, spool_cases, terms_in_split


def committed(folder, cases, *, workers=1, rows_per_shard=4096):
    with Dataset(folder, "cpu", rows_per_shard=rows_per_shard) as dataset:
        spool_cases(dataset.spool_folder, cases, workers)
        return dataset.commit()


def rows_of(folder, pattern="cpu/*.parquet"):
    return [row for path in sorted(folder.glob(pattern)) for row in pq.read_table(path, partitioning=None).to_pylist()]


def test_records_become_rows_in_the_shard_of_their_split(tmp_path):
    cases = [make_case(i) for i in range(40)]
    done = committed(tmp_path, cases)
    by_case = {row["case"]: row for row in rows_of(tmp_path)}
    assert by_case == {case.id: record_of(case) | {key: by_case[case.id][key] for key in ("split", "cluster")} for case in cases}
    assert (done.rows, done.duplicates) == (40, 0)
    for split in ("train", "validation", "test"):
        assert {row["split"] for row in rows_of(tmp_path, f"cpu/{split}-*.parquet")} <= {split}


def test_rows_are_in_the_order_of_seed_index_and_family(tmp_path):
    terms = terms_in_split("train", 5)
    cases = [
        make_case(2, seed=1, terms=terms[0]),
        make_case(0, seed=2, terms=terms[1]),
        make_case(1, seed=1, family="b", terms=terms[2]),
        make_case(1, seed=1, family="a", terms=terms[3]),
        make_case(0, seed=1, terms=terms[4]),
    ]
    committed(tmp_path, cases)
    order = [(r["seed"], r["index"], r["family"]) for r in rows_of(tmp_path)]
    assert order == [(1, 0, "map"), (1, 1, "a"), (1, 1, "b"), (1, 2, "map"), (2, 0, "map")]


def test_any_number_of_workers_gives_the_same_bytes(tmp_path):
    cases = [make_case(i, terms=i % 23 + 1) for i in range(60)]
    for workers in (1, 2, 5):
        committed(tmp_path / str(workers), cases if workers < 5 else cases[::-1], workers=workers, rows_per_shard=8)
    assert contents(tmp_path / "1") == contents(tmp_path / "2") == contents(tmp_path / "5")


def test_the_manifest_says_what_is_there(tmp_path):
    terms = terms_in_split("train", 5) + terms_in_split("test", 1)
    done = committed(tmp_path, [make_case(i, terms=t) for i, t in enumerate(terms)], rows_per_shard=2)
    manifest = json.loads((tmp_path / "manifest-cpu.json").read_text())
    assert list(manifest) == ["format", "device", "harness_version", "rows", "code_bytes", "shards", "preambles", "duplicates", "bridges"]
    assert manifest["format"] == "warp-kernel-harness/2"
    assert manifest["preambles"] == {content_hash(PREAMBLE): PREAMBLE}
    assert [(s["file"], s["split"], s["rows"]) for s in manifest["shards"]] == [
        ("cpu/train-00000.parquet", "train", 2),
        ("cpu/train-00001.parquet", "train", 2),
        ("cpu/train-00002.parquet", "train", 1),
        ("cpu/test-00000.parquet", "test", 1),
    ]
    assert done.shards == tuple(s["file"] for s in manifest["shards"])
    for shard in manifest["shards"]:
        path = tmp_path / shard["file"]
        assert (shard["sha256"], shard["file_bytes"]) == (file_sha256(path), path.stat().st_size)
        assert shard["code_bytes"] == sum(row["code_bytes"] for row in rows_of(tmp_path, shard["file"]))
    assert manifest["rows"] == 6
    assert manifest["code_bytes"] == done.code_bytes == sum(row["code_bytes"] for row in rows_of(tmp_path))


def test_the_earliest_of_a_structure_is_kept_and_the_others_are_named(tmp_path):
    done = committed(tmp_path, [make_case(5, terms=1), make_case(3, terms=1), make_case(4, family="other", terms=1), make_case(6)])
    assert {row["case"] for row in rows_of(tmp_path)} == {"map-000003", "map-000006"}
    manifest = json.loads((tmp_path / "manifest-cpu.json").read_text())
    assert manifest["duplicates"] == {"7/other-000004": "7/map-000003", "7/map-000005": "7/map-000003"}
    assert (done.rows, done.duplicates) == (2, 2)
    assert done.by_family["other"] == Tally(rows=0, duplicates=1, code_bytes=0)
    assert done.by_family["map"].rows == 2


def test_a_structure_of_an_earlier_commit_is_a_duplicate(tmp_path):
    committed(tmp_path, [make_case(9, terms=1)])
    before = contents(tmp_path / "cpu")
    done = committed(tmp_path, [make_case(2, terms=1)])
    assert (done.rows, done.duplicates, done.shards) == (0, 1, ())
    assert contents(tmp_path / "cpu") == before
    with Dataset(tmp_path, "cpu") as dataset:
        assert dataset.manifest.duplicates == {"7/map-000002": "7/map-000009"}
        assert dataset.done_keys() == {(7, "map-000009"), (7, "map-000002")}
    committed(tmp_path, [make_case(3, terms=1)])
    with Dataset(tmp_path, "cpu") as dataset:
        assert set(dataset.manifest.duplicates) == {"7/map-000002", "7/map-000003"}


def test_a_second_run_over_the_same_cases_adds_nothing(tmp_path):
    cases = [make_case(i, terms=i % 7 + 1) for i in range(10)]
    committed(tmp_path, cases)
    before = contents(tmp_path)
    done = committed(tmp_path, cases)
    assert (done.rows, done.duplicates, done.code_bytes, done.shards) == (0, 0, 0, ())
    assert contents(tmp_path) == before


def test_a_case_spooled_twice_is_kept_once(tmp_path):
    done = committed(tmp_path, [make_case(0), make_case(0), make_case(1)], workers=2)
    assert (done.rows, done.duplicates) == (2, 0)


def test_later_commits_continue_the_numbers(tmp_path):
    first, second = terms_in_split("train", 2)
    committed(tmp_path, [make_case(0, terms=first)])
    done = committed(tmp_path, [make_case(1, terms=second)])
    assert done.shards == ("cpu/train-00001.parquet",)


def test_nothing_spooled_makes_no_file(tmp_path):
    assert committed(tmp_path / "new", []).rows == 0
    assert contents(tmp_path / "new") in ({}, {"cpu/.spool/gw0.jsonl": b""})


def test_keys_say_what_need_not_run_again(tmp_path):
    with Dataset(tmp_path, "cpu") as dataset:
        spool_cases(dataset.spool_folder, [make_case(0), make_case(1)], workers=2)
        assert dataset.done_keys() == set()
        assert dataset.spooled_keys() == {(7, "map-000000"), (7, "map-000001")}
        dataset.commit()
        assert dataset.done_keys() == {(7, "map-000000"), (7, "map-000001")}
        assert dataset.spooled_keys() == set()


def test_two_devices_share_a_folder(tmp_path):
    committed(tmp_path, [make_case(0)])
    with Dataset(tmp_path, "cpu"), Dataset(tmp_path, "cuda") as cuda:
        assert cuda.done_keys() == set()


def test_shards_are_stored_as_promised(tmp_path):
    committed(tmp_path, [make_case(i, terms=t) for i, t in enumerate(terms_in_split("train", 3))])
    with pq.ParquetFile(tmp_path / "cpu" / "train-00000.parquet") as shard:
        assert shard.schema_arrow.equals(SCHEMA)
        columns = {c.path_in_schema: c for c in (shard.metadata.row_group(0).column(i) for i in range(shard.metadata.num_columns))}
    assert {c.compression for c in columns.values()} == {"ZSTD"}
    dictionaries = {name for name, c in columns.items() if c.has_dictionary_page}
    assert {"device", "family", "gradient", "builtins.list.element"} <= dictionaries
    assert dictionaries.isdisjoint({"id", "code", "python_source", "structure_hash"})


def test_row_groups_hold_a_thousand_rows(tmp_path, monkeypatch):
    monkeypatch.setattr("harness.shards.ROW_GROUP_ROWS", 2)
    committed(tmp_path, [make_case(i, terms=t) for i, t in enumerate(terms_in_split("train", 5))])
    with pq.ParquetFile(tmp_path / "cpu" / "train-00000.parquet") as shard:
        assert [shard.metadata.row_group(i).num_rows for i in range(shard.num_row_groups)] == [2, 2, 1]


def test_checksums_are_verified_on_demand(tmp_path):
    committed(tmp_path, [make_case(0)])
    with Dataset(tmp_path, "cpu") as dataset:
        dataset.verify_checksums()
        path = tmp_path / dataset.manifest.shards[0].file
        data = bytearray(path.read_bytes())
        data[20] ^= 1
        path.write_bytes(data)
    with (
        Dataset(tmp_path, "cpu") as dataset,
        pytest.raises(DatasetError, match=r"is not the file that was written \(sha256 differs\): restore it"),
    ):
        dataset.verify_checksums()
