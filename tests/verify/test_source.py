"""A device's records as they are on disk: what is refused before anything is run, what is wrong as a whole, and how records are read."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest
from harvest.samples import edit_json, make_case, record_of
from verify_samples import Record, commit, consistent, forge

from harness.errors import DatasetError
from harness.manifest import Manifest, manifest_path
from harness.shards import write_shard
from harness.verification.source import Source, faults, open_source, read_records


def records(count: int, device: str = "cpu") -> list[Record]:
    return [record_of(make_case(index), device=device) | {"cluster": f"cluster{index}"} for index in range(count)]


def dataset(folder, rows_by_split: dict[str, list[Record]], device: str = "cpu") -> Source:
    (folder / device).mkdir(parents=True)
    entries = [
        write_shard(folder, f"{device}/{split}-00000.parquet", split, [row | {"split": split} for row in rows])
        for split, rows in rows_by_split.items()
    ]
    Manifest(device, tuple(entries)).write(manifest_path(folder, device))
    return open_source(folder, device)


def refusal(folder) -> str:
    with pytest.raises(DatasetError) as error:
        open_source(folder, "cpu")
    assert len(str(error.value).splitlines()) == 1
    return str(error.value)


def test_a_sound_dataset_has_no_faults(tmp_path):
    rows = records(4)
    assert faults([dataset(tmp_path, {"train": rows[:3], "test": rows[3:]})]) == []


def test_a_dataset_as_it_is_committed_has_no_faults(tmp_path):
    commit(tmp_path, "cpu", [(record_of(make_case(index)), "") for index in range(6)], rows_per_shard=2)
    assert faults([open_source(tmp_path, "cpu")]) == []


def test_an_id_that_comes_twice(tmp_path):
    rows = records(2)
    rows[1]["id"] = rows[0]["id"]
    assert faults([dataset(tmp_path, {"train": rows})]) == [f"2 cpu records have id {rows[0]['id']}"]


def test_a_structure_in_two_splits(tmp_path):
    rows = records(2)
    rows[1]["structure_hash"] = shared = rows[0]["structure_hash"]
    found = faults([dataset(tmp_path, {"train": rows[:1], "test": rows[1:]})])
    assert found == [f"2 cpu records have structure {shared}", f"structure {shared} is in test and train"]


def test_a_cluster_in_two_splits(tmp_path):
    rows = records(2)
    rows[1]["cluster"] = "cluster0"
    assert faults([dataset(tmp_path, {"train": rows[:1], "test": rows[1:]})]) == ["cluster cluster0 is in test and train"]


def test_a_kernel_whose_records_for_two_devices_are_in_two_splits(tmp_path):
    cpu = dataset(tmp_path, {"train": [record | {"cluster": "a"} for record in records(1)]})
    cuda = dataset(tmp_path, {"test": [record | {"cluster": "b"} for record in records(1, "cuda")]}, "cuda")
    assert faults([cpu, cuda]) == [f"structure {cpu.places[0].structure} is in test and train"]


def test_code_that_does_not_add_up(tmp_path):
    source = dataset(tmp_path, {"train": records(2)})
    path = manifest_path(tmp_path, "cpu")
    entry = source.manifest.shards[0]
    edit_json(path, shards=[vars(entry) | {"code_bytes": 7}], code_bytes=7)
    message = f"cpu/train-00000.parquet has {entry.code_bytes} bytes of code by its records, the manifest says 7"
    assert faults([open_source(tmp_path, "cpu")]) == [message]


def test_an_altered_shard(tmp_path):
    dataset(tmp_path, {"train": records(2)})
    path = tmp_path / "cpu" / "train-00000.parquet"
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)
    assert refusal(tmp_path).startswith(f"{path} is not the file that was written (sha256 differs): restore it")


def test_a_shard_that_is_not_there(tmp_path):
    dataset(tmp_path, {"train": records(1)})
    (tmp_path / "cpu" / "train-00000.parquet").unlink()
    assert "is missing, though the manifest names it" in refusal(tmp_path)


def test_a_shard_of_other_columns(tmp_path):
    dataset(tmp_path, {"train": records(1)})
    path = tmp_path / "cpu" / "train-00000.parquet"
    pq.write_table(pq.read_table(path).drop_columns(["bands"]), path)
    assert "has another schema (no column 'bands')" in refusal(tmp_path)


def test_a_shard_that_the_manifest_does_not_name(tmp_path):
    dataset(tmp_path, {"train": records(1)})
    path = tmp_path / "cpu" / "train-00007.parquet"
    path.write_bytes((tmp_path / "cpu" / "train-00000.parquet").read_bytes())
    assert refusal(tmp_path) == f"{path} is not in manifest-cpu.json: restore the manifest, or move the file away"


def test_a_manifest_without_records(tmp_path):
    Manifest("cpu").write(manifest_path(tmp_path, "cpu"))
    assert refusal(tmp_path).startswith(f"{manifest_path(tmp_path, 'cpu')} is not there or names no records")


def test_records_are_read_from_all_row_groups_of_all_shards(tmp_path, monkeypatch):
    monkeypatch.setattr("harness.shards.ROW_GROUP_ROWS", 2)
    monkeypatch.setattr("harness.verification.source._ROWS_READ", 2)
    rows = records(9)
    source = dataset(tmp_path, {"train": rows[:7], "test": rows[7:]})
    assert pq.ParquetFile(tmp_path / "cpu" / "train-00000.parquet").num_row_groups == 4
    chosen = [source.places[number] for number in (0, 2, 3, 6, 8)]
    read = list(read_records(tmp_path, chosen))
    assert [place for place, _ in read] == chosen
    assert [record["case"] for _, record in read] == [rows[number]["case"] for number in (0, 2, 3, 6, 8)]
    assert [record["id"] for _, record in read] == [place.id for place in chosen]


def test_a_forged_dataset_is_one_by_its_checksums(tmp_path):
    """What the tests of the command rely on: that only running the records tells."""
    commit(tmp_path, "cpu", [(record_of(make_case(index)), "") for index in range(2)])
    forge(tmp_path, "cpu", lambda record: consistent(record, code=record["code"] + "// more\n"))
    assert faults([open_source(tmp_path, "cpu")]) == []
