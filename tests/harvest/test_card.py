"""The dataset card: a YAML head that names the shards that are there, and the schema for people."""

from __future__ import annotations

import re

import pytest

from generation.code.settings import VALIDATIONS
from harness.card import card_text, write_card
from harness.dataset import Dataset
from harness.errors import DatasetError
from harness.manifest import Manifest, ShardEntry
from harness.records import SCHEMA, make_record
from harness.spool import Spool

from .samples import PREAMBLE, make_case, outcome_of, spool_cases, terms_in_split, verdict_on


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


def test_every_level_is_explained():
    text = card_text([manifest("cuda", "train")])
    assert re.findall(r"^\| `(\w+)` \| [^|]+ \| [^|]+ \|$", text.partition("## Columns")[0], re.M)[::-1] == list(VALIDATIONS)


def test_a_folder_without_shards_has_no_configs_and_no_examples(tmp_path):
    text = write_card(tmp_path).read_text()
    assert "configs" not in text
    assert "```" not in text


def test_the_examples_name_what_is_there():
    text = card_text([manifest("cuda", "test")])
    assert 'load_dataset(os.getcwd(), "cuda", split="test", columns=["python_source", "code"])' in text
    assert "left_suffix" not in text


def dataset_with(folder, device, cases, **outcome):
    with Dataset(folder, device) as dataset:
        with Spool(dataset.spool_folder, "gw0") as spool:
            for case in cases:
                made = outcome_of(case, code=f"{device} " * (case.index + 1), **outcome)
                spool.append(make_record(case, made, verdict_on(case), device=device, optimization_level=0, warp_version="1"), PREAMBLE)
        dataset.commit()


@pytest.fixture
def run_examples(tmp_path, monkeypatch, capsys):
    """Runs the card's examples in the folder, those of datasets left out; the lines that they print."""

    def run():
        blocks = re.findall(r"```python\n(.*?)```", write_card(tmp_path).read_text(), re.S)
        monkeypatch.chdir(tmp_path)
        names = {}
        for block in blocks:
            if "load_dataset" not in block:
                exec(block, names)
        return capsys.readouterr().out.splitlines()

    return run


def test_the_examples_read_and_join_the_devices(tmp_path, run_examples):
    cases = [make_case(index, terms=terms) for index, terms in enumerate(terms_in_split("train", 2))]
    dataset_with(tmp_path, "cpu", cases)
    dataset_with(tmp_path, "cuda", cases[:1], arch="sm_90")
    read = run_examples()
    assert read[0] == "{'case': 'map-000000', 'validation': 'executed', 'executed_on': 'x86_64', 'code_bytes': 4}"
    assert read[-1] == f"{len(cases[0].python_source)} 4 5"
    assert len(read) == 3


def test_the_example_of_resources_reads_the_records_that_have_them(tmp_path, run_examples):
    dataset_with(tmp_path, "cuda", [make_case()], arch="sm_90", ptx="", resources={"forward": {"registers": 24}})
    assert run_examples()[-1] == "map-000000 24"


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
