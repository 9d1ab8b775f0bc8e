"""The card's examples run as they stand, each by itself, in the dataset's folder."""

from __future__ import annotations

import re
import shutil

import pytest


@pytest.fixture
def run_example(folder, monkeypatch, capsys):
    """Runs the one example that has `word` in it; its names, and the lines that it prints."""

    def run(word, folder=folder):
        blocks = [block for block in re.findall(r"```python\n(.*?)```", (folder / "README.md").read_text(), re.S) if word in block]
        assert len(blocks) == 1
        monkeypatch.chdir(folder)
        names = {}
        exec(blocks[0], names)
        return names, capsys.readouterr().out.splitlines()

    return run


def test_pyarrow(run_example):
    names, lines = run_example("preamble_id")
    assert lines[0] == "{'case': 'scan-000005', 'validation': 'executed', 'executed_on': 'x86_64', 'code_bytes': 26}"
    assert len(lines) == 3
    assert names["source"].startswith('#include "builtin.h"\n// cpu\n')


def test_datasets(run_example):
    names, _ = run_example("load_dataset")
    assert names["rows"].column_names == ["python_source", "code"]
    assert names["rows"].num_rows == 4


def test_duckdb(run_example):
    assert run_example("count(*)")[1] == ["[('map', 4, 104), ('scan', 3, 78)]"]


def test_polars(run_example):
    _, lines = run_example("scan_parquet")
    assert lines[0] == "shape: (3, 3)"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_croissant(run_example):
    assert run_example("mlcroissant")[1] == ["b'map-000000' 26", "b'scan-000001' 26", "b'map-000002' 26"]


def test_resources(run_example, folder, tmp_path):
    assert run_example("registers")[1] == []
    copy = shutil.copytree(folder, tmp_path / "kernels")
    shutil.rmtree(copy / "cpu")
    shutil.copytree(folder / "cuda", copy / "cpu")
    assert run_example("registers", copy)[1][0] == "scan-000005 24"


def test_pairs(run_example):
    _, lines = run_example("USING (pair_id)")
    assert len(lines) == 3
    assert re.fullmatch(r"map-000000 \d+ 26 27", lines[0])
