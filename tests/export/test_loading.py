"""The files load with `datasets`, as trainers load them; memory stays the same however long they are."""

from __future__ import annotations

import tracemalloc

import pyarrow as pa
import pytest
from export_samples import CASES, record_of

from generation.export import main
from generation.finished import open_finished
from harness.manifest import Manifest, manifest_path
from harness.shards import write_shard


@pytest.fixture(scope="module")
def load(tmp_path_factory):
    """Loads files of JSON lines as one dataset, offline."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_HUB_OFFLINE", "1")
        patch.setenv("HF_DATASETS_OFFLINE", "1")
        patch.setenv("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")
        import datasets

        cache = str(tmp_path_factory.mktemp("cache"))
        yield lambda **files: datasets.load_dataset("json", data_files={s: str(p) for s, p in files.items()}, cache_dir=cache)


def test_the_splits_of_a_task_load_as_one_dataset(exported, load):
    files = {split: exported / f"python-to-cpp-{split}.jsonl" for split in ("train", "validation", "test")}
    loaded = load(**files)
    assert {split: rows.num_rows for split, rows in loaded.items()} == {"train": 2, "validation": 1, "test": 1}
    row = loaded["test"][0]
    assert [message["role"] for message in row["messages"]] == ["system", "user", "assistant"]
    assert (row["case"], row["split"], row["seed"], row["license"]) == ("map-000001", "test", 3, "Apache-2.0")


def test_all_tasks_load_together(exported, load):
    paths = sorted(exported.glob("*.jsonl"))
    loaded = load(**{f"part{place}": path for place, path in enumerate(paths)})
    assert sum(rows.num_rows for rows in loaded.values()) == 25
    assert len({str(rows.features) for rows in loaded.values()}) == 1


@pytest.fixture(scope="module")
def long_dataset(generated, tmp_path_factory):
    """A dataset of 600 records of 40 KB each, in row groups of 50."""
    code = generated["map-000001"]["cpu"]
    template = record_of(CASES[1], "cpu", code)
    names = ("id", "pair_id", "structure_hash", "cluster")
    records = (
        template | dict.fromkeys(names, f"{number:016x}") | {"code": f"{code}// {number:05d} {'x' * 30_000}\n", "index": number}
        for number in range(600)
    )
    folder = tmp_path_factory.mktemp("long")
    (folder / "cpu").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("harness.shards.ROW_GROUP_ROWS", 50)
        entry = write_shard(folder, "cpu/train-00000.parquet", "train", records)
    Manifest("cpu", (entry,)).write(manifest_path(folder, "cpu"))
    return folder


def test_reading_holds_a_few_records(long_dataset):
    dataset = open_finished(long_dataset)
    held = [pa.total_allocated_bytes() for _ in dataset.records("cpu", ("id", "code"))]
    assert len(held) == 600
    assert max(held) - min(held) < 6e6


def test_writing_holds_a_few_rows(long_dataset, tmp_path):
    tracemalloc.start()
    try:
        assert main(["--data-dir", str(long_dataset), "--output", str(tmp_path), "--task", "python-to-cpp"]) == 0
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (tmp_path / "python-to-cpp-train.jsonl").stat().st_size > 20e6
    assert peak < 6e6
