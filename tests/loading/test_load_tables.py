"""The shards as plain Parquet: pyarrow.dataset, duckdb and polars read them by folder or by pattern."""

from __future__ import annotations

import duckdb
import polars as pl
import pyarrow.dataset as ds
import pytest

from harness.records import SCHEMA

JOIN = """
    SELECT cpu."case", cpu.code, cuda.code FROM read_parquet('{0}/cpu/*.parquet') cpu
    JOIN read_parquet('{0}/cuda/*.parquet') cuda USING (pair_id) ORDER BY cpu.seed, cpu."index"
"""

POLARS = {
    "code": pl.String,
    "ptx": pl.String,
    "builtins": pl.List(pl.String),
    "bands": pl.List(pl.Int64),
    "index": pl.Int64,
    "optimization_level": pl.Int64,
    "tolerance": pl.Float64,
}

DUCKDB = {
    "code": "VARCHAR",
    "ptx": "VARCHAR",
    "builtins": "VARCHAR[]",
    "bands": "BIGINT[]",
    "index": "BIGINT",
    "optimization_level": "BIGINT",
    "tolerance": "DOUBLE",
}


def test_pyarrow_reads_a_devices_folder(folder):
    shards = ds.dataset(folder / "cpu")
    assert shards.schema.equals(SCHEMA)
    assert shards.count_rows() == 7


def test_pyarrow_leaves_other_rows_unread(folder):
    table = ds.dataset(folder / "cpu").to_table(columns=["case"], filter=ds.field("split") == "test")
    assert table["case"].to_pylist() == ["scan-000005", "map-000006"]


def test_pyarrow_joins_the_devices(folder):
    cpu, cuda = (ds.dataset(folder / device).to_table(columns=["pair_id", "case", "code"]) for device in ("cpu", "cuda"))
    pairs = cpu.join(cuda.drop_columns(["case"]), "pair_id", join_type="inner", left_suffix="_cpu", right_suffix="_cuda")
    assert sorted(pairs["case"].to_pylist()) == ["map-000000", "map-000002", "map-000004", "map-000006", "scan-000001", "scan-000005"]


def test_duckdb_counts_by_pattern(folder):
    query = f"SELECT split, count(*), sum(code_bytes) > 0 FROM read_parquet('{folder}/cpu/*.parquet') GROUP BY split ORDER BY split"
    assert duckdb.sql(query).fetchall() == [("test", 2, True), ("train", 4, True), ("validation", 1, True)]


def test_duckdb_types_the_columns(folder):
    found = dict(
        duckdb.sql(f"DESCRIBE SELECT * FROM read_parquet('{folder}/cuda/*.parquet')").project("column_name, column_type").fetchall()
    )
    assert list(found) == SCHEMA.names
    assert {name: found[name] for name in DUCKDB} == DUCKDB


def test_duckdb_joins_the_devices(folder):
    pairs = duckdb.sql(JOIN.format(folder)).fetchall()
    assert len(pairs) == 6
    assert pairs[1] == ("scan-000001", "// cpu\nvoid kernel_1() {}\n", "// cuda\nvoid kernel_1() {}\n")


def test_polars_scans_by_pattern(folder):
    lazy = pl.scan_parquet(folder / "cpu" / "*.parquet")
    assert lazy.filter(pl.col("family") == "scan").select("case").collect()["case"].to_list() == [
        "scan-000005",
        "scan-000001",
        "scan-000003",
    ]


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_polars_types_the_columns(folder, device):
    schema = pl.scan_parquet(folder / device / "*.parquet").collect_schema()
    assert schema.names() == SCHEMA.names
    assert {name: schema[name] for name in POLARS} == POLARS
