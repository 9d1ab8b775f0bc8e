"""The dataset card: a YAML head that names the shards that are there, and the schema for people."""

from __future__ import annotations

import re

import pytest

from harness.card import card_text, write_card
from harness.dataset import Dataset
from harness.errors import DatasetError
from harness.manifest import Manifest, ShardEntry
from harness.records import SCHEMA

from .samples import make_case, spool_cases, terms_in_split


def manifest(device, *splits):
    return Manifest(device, tuple(ShardEntry(f"{device}/{s}-00000.parquet", s, "0", 3, 2_500_000, 9) for s in splits))


def test_the_head_names_devices_and_splits_that_are_there():
    head = card_text([manifest("cpu", "train", "test"), manifest("cuda", "train")]).split("---\n")[1]
    assert head.splitlines()[2:] == [
        "configs:",
        "- config_name: cpu",
        "  data_files:",
        "  - split: train",
        "    path: cpu/train-*.parquet",
        "  - split: test",
        "    path: cpu/test-*.parquet",
        "- config_name: cuda",
        "  data_files:",
        "  - split: train",
        "    path: cuda/train-*.parquet",
    ]


def test_the_body_has_a_row_for_every_column_and_split():
    text = card_text([manifest("cpu", "train")])
    assert re.findall(r"^\| `(\w+)` \| [\w<>]+ \| .+ \|$", text, re.M) == SCHEMA.names
    assert "| cpu | train | 3 | 2.500 |" in text


def test_a_folder_without_shards_has_no_configs(tmp_path):
    assert "configs" not in write_card(tmp_path).read_text()


def test_the_card_follows_the_commits(tmp_path):
    first, second = terms_in_split("train", 2)
    for rows, terms in ((1, first), (2, second)):
        with Dataset(tmp_path, "cpu") as dataset:
            spool_cases(dataset.spool_folder, [make_case(rows, terms=terms)])
            dataset.commit()
        assert f"| cpu | train | {rows} | 0.000 |" in write_card(tmp_path).read_text()


def test_a_folder_that_is_not_there_is_one_line(tmp_path):
    message = f"{tmp_path / 'none' / 'README.md'} cannot be written (No such file or directory): make room, or give another --data-dir"
    with pytest.raises(DatasetError, match=f"^{re.escape(message)}$"):
        write_card(tmp_path / "none")
