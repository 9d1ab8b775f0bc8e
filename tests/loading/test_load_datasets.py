"""`datasets.load_dataset(<data-dir>, "cpu")`: the card's head says what the data is."""

from __future__ import annotations

import shutil

import datasets
import pytest
from datasets import Features, List, Value, load_dataset
from harvest.samples import PREAMBLE, make_case, outcome_of, spool_cases, terms_in_split, verdict_on
from huggingface_hub import DatasetCard

from harness.card import write_card
from harness.dataset import Dataset
from harness.records import SCHEMA, make_record
from harness.spool import Spool


@pytest.fixture(autouse=True, scope="module")
def _quiet():
    datasets.disable_progress_bars()


def load(folder, *arguments, **options):
    return load_dataset(str(folder), *arguments, **options)


@pytest.mark.parametrize(
    ("device", "records"), [("cpu", {"train": 4, "validation": 1, "test": 2}), ("cuda", {"train": 3, "validation": 1, "test": 2})]
)
def test_splits_have_their_records(folder, device, records):
    assert load(folder, device).num_rows == records


def test_nothing_else_in_the_folder_is_data(folder):
    for split in load(folder, "cpu").values():
        assert split.column_names == SCHEMA.names
        assert set(split["device"]) == {"cpu"}


def test_the_cpu_is_the_default(folder):
    assert set(load(folder, split="test")["device"]) == {"cpu"}


def test_columns_are_typed(folder):
    features = load(folder, "cuda", split="train").features
    assert features == Features.from_arrow_schema(SCHEMA)
    assert [features[name] for name in ("code", "ptx", "builtins", "bands", "optimization_level", "tolerance")] == [
        Value("string"),
        Value("string"),
        List(Value("string")),
        List(Value("int64")),
        Value("int64"),
        Value("float64"),
    ]


def test_values_are_those_of_the_records(folder):
    row = load(folder, "cuda", split="train")[0]
    assert (row["case"], row["split"], row["optimization_level"], row["ptx"]) == ("map-000000", "train", None, None)
    assert row["code"] == "// cuda\nvoid kernel_0() {}\n"
    assert row["resources"] == '{"forward":{"registers":24}}'


def test_single_columns_and_filtered_rows_are_loaded(folder):
    rows = load(folder, "cpu", split="train", columns=["case", "family"], filters=[("family", "==", "scan")])
    assert rows[:] == {"case": ["scan-000001", "scan-000003"], "family": ["scan", "scan"]}


def test_rows_are_streamed(folder):
    assert [row["case"] for row in load(folder, "cpu", split="test", streaming=True)] == ["scan-000005", "map-000006"]


def test_records_that_came_later_are_loaded(folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "kernels")
    assert load(copy, "cpu", split="validation").num_rows == 1
    with Dataset(copy, "cpu") as dataset:
        spool_cases(dataset.spool_folder, [make_case(30, terms=terms_in_split("validation", 2)[1])])
        dataset.commit()
    write_card(copy)
    assert load(copy, "cpu", split="validation").num_rows == 2


def test_records_in_the_place_of_others_are_loaded(folder, tmp_path):
    """The library keeps what it read of a folder, by the folder's name and the card's head."""
    for code in (b"int a;", b"int b;"):
        copy = shutil.copytree(folder, tmp_path / "kernels", dirs_exist_ok=True)
        for path in (copy / "manifest-cpu.json", *(copy / "cpu").glob("*.parquet")):
            path.unlink()
        with Dataset(copy, "cpu") as dataset:
            with Spool(dataset.spool_folder, "gw0") as spool:
                case = make_case(terms=terms_in_split("train", 1)[0])
                made = outcome_of(case, code=code.decode())
                spool.append(make_record(case, made, verdict_on(case), device="cpu", optimization_level=0, warp_version="1"), PREAMBLE)
            dataset.commit()
        write_card(copy)
        assert load(copy, "cpu", split="train")["code"] == [code.decode()]


def test_the_hub_reads_the_cards_head(folder):
    data = DatasetCard.load(folder / "README.md").data
    assert (data.license, data.size_categories, data.task_categories) == ("apache-2.0", ["n<1K"], ["text-generation"])
    assert [config["config_name"] for config in data.to_dict()["configs"]] == ["cpu", "cuda"]
