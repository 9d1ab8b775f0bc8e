"""What a production takes: measured on a dataset, and worked out for larger ones."""

import pytest

from generation.cluster.costs import Figures, lines, main, measure
from harness.dataset import Dataset
from harness.errors import DatasetError
from tests.harvest.samples import make_case, spool_cases

FIGURES = Figures(
    records=1000,
    code_bytes=10_000_000,
    fragment_bytes=2_000_000,
    shard_bytes=1_000_000,
    index_bytes=300_000,
    card_bytes=1_500_000,
    index_seconds=0.5,
    shard_seconds=0.4,
    cpu_seconds_per_mb=3.56,
)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    folder = tmp_path_factory.mktemp("costs")
    with Dataset(folder, "cpu") as dataset:
        spool_cases(dataset.spool_folder, [make_case(index) for index in range(30)])
        dataset.commit()
        return folder, dataset.manifest


def test_a_dataset_is_measured_and_left_as_it_was(dataset):
    folder, manifest = dataset
    before = sorted(folder.rglob("*"))
    figures = measure(folder, "cpu", 4.0)
    assert (figures.records, figures.code_bytes, figures.cpu_seconds_per_mb) == (manifest.rows, manifest.code_bytes, 4.0)
    assert min(figures.fragment_bytes, figures.shard_bytes, figures.index_bytes, figures.card_bytes) > 0
    assert sorted(folder.rglob("*")) == before


def test_larger_datasets_are_worked_out():
    # 3.56 CPU seconds for the round of each of 100,000 MB, and 0.04 for its shards; a hundred CPUs take an hour of its 100 hours.
    (row,) = lines(FIGURES, [100.0], 100, 0.05)[-1:]
    assert row == "| 100.0 GB | 10,000,000 | 100.0 | 1.0 h | 1.4 h | 20.0 GB | 10.0 GB | 3.0 GB | 15.0 GB | 5.00 |"


def test_without_a_ledger_the_cost_of_rounds_is_asked_for(dataset):
    with pytest.raises(DatasetError, match=r"has no ledger of a production: give --cpu-seconds-per-mb$"):
        measure(dataset[0], "cpu", None)


@pytest.mark.parametrize(
    ("arguments", "line"), [(["--cpus=0"], "--cpus 0, --price 0.04: give at least"), ([], "has no cpu records: make some")]
)
def test_a_bad_call_is_refused_in_one_line(arguments, line, tmp_path, capsys):
    assert main([f"--data-dir={tmp_path}", *arguments]) == 2
    said = capsys.readouterr().err
    assert line in said
    assert said.count("\n") == 1
