"""croissant.json: valid by MLCommons' own library, true of the files, and enough to load the records by."""

from __future__ import annotations

import json
import shutil

import mlcroissant
import pyarrow.dataset as ds
import pytest

from harness.card import write_card
from harness.card.__main__ import main
from harness.dataset import Dataset
from harness.errors import DatasetError
from harness.publish import file_sha256
from harness.records import FORMAT, HARNESS_VERSION, SCHEMA

# The library's own use of rdflib and pandas.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def document(folder):
    return json.loads((folder / "croissant.json").read_text())


def issues(folder):
    """What the library finds to say of the file; it raises an error if it finds one."""
    found = mlcroissant.Dataset(folder / "croissant.json").metadata.ctx.issues
    assert not found.errors
    return sorted(str(warning) for warning in found.warnings)


def nodes(document, kind):
    return [node for node in document["distribution"] if node["@type"] == kind]


def records(folder, device, **filters):
    """The records of a device as Croissant's library loads them, by column; texts are bytes there."""
    described = mlcroissant.Dataset(folder / "croissant.json")
    chosen = {f"{device}/{name}": value for name, value in filters.items()} or None
    return [{key.partition("/")[2]: value for key, value in row.items()} for row in described.records(device, filters=chosen)]


def plain(value):
    """A value with its texts decoded."""
    if isinstance(value, list):
        return [plain(one) for one in value]
    return value.decode() if isinstance(value, bytes) else value


def test_it_is_valid_and_lacks_only_the_day_of_publication(folder):
    (found,) = issues(folder)
    assert "datePublished" in found


def test_what_was_published_lacks_nothing(folder, tmp_path, caplog, capsys):
    copy = shutil.copytree(folder, tmp_path / "kernels")
    assert main(["--data-dir", str(copy), "--url", "https://example.org/kernels", "--date", "2026-01-31"]) == 0
    assert issues(copy) == []
    assert caplog.records == []


def test_it_conforms_to_a_version(folder):
    metadata = mlcroissant.Dataset(folder / "croissant.json").metadata
    assert metadata.ctx.conforms_to.value == "http://mlcommons.org/croissant/1.1"
    assert metadata.version.startswith(f"{HARNESS_VERSION}+")
    assert metadata.data_limitations[0].startswith("Every program is synthetic")


def test_it_survives_a_round_through_the_library(folder):
    metadata = mlcroissant.Dataset(folder / "croissant.json").metadata
    again = mlcroissant.Metadata.from_json(mlcroissant.Context(), metadata.to_json())
    assert again.to_json() == metadata.to_json()


def test_files_are_the_shards_with_size_and_checksum(folder, document):
    files = nodes(document, "cr:FileObject")
    assert sorted(f["contentUrl"] for f in files) == sorted(str(p.relative_to(folder)) for p in folder.glob("c*/*.parquet"))
    for file in files:
        path = folder / file["contentUrl"]
        assert (file["sha256"], file["contentSize"]) == (file_sha256(path), f"{path.stat().st_size} B")


def test_a_devices_set_has_its_shards_and_nothing_else(document):
    sets = {node["@id"]: node["includes"] for node in nodes(document, "cr:FileSet")}
    assert sets == {f"{d}-shards": [f"{d}/{split}-00000.parquet" for split in ("train", "validation", "test")] for d in ("cpu", "cuda")}


def test_a_devices_record_set_has_a_field_for_every_column(document):
    for device in document["recordSet"][1:]:
        assert [field["name"] for field in device["field"]] == SCHEMA.names


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_records_are_loaded_as_they_are(folder, device):
    loaded = {plain(row["id"]): row for row in records(folder, device)}
    kept = ds.dataset(folder / device).to_table().to_pylist()
    assert {row["id"]: row for row in kept} == {name: {key: plain(value) for key, value in row.items()} for name, row in loaded.items()}


def test_loading_says_nothing(folder, caplog):
    described = mlcroissant.Dataset(folder / "croissant.json")
    caplog.clear()
    assert len(list(described.records("cpu"))) == 7
    assert caplog.messages == []


def test_values_are_typed(folder):
    row = records(folder, "cuda")[0]
    assert [type(row[name]) for name in ("code", "index", "tolerance", "builtins", "bands")] == [bytes, int, float, list, list]
    assert type(row["bands"][0]) is int


def test_a_split_is_loaded_alone(folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "kernels")
    (copy / "cpu" / "train-00000.parquet").unlink()
    assert [plain(row["case"]) for row in records(copy, "cpu", split="test")] == ["scan-000005", "map-000006"]


def test_splits_are_named_in_the_vocabulary(folder):
    found = mlcroissant.Dataset(folder / "croissant.json").records("splits")
    assert [(row["splits/name"], row["splits/url"]) for row in found] == [
        ("train", "cr:TrainingSplit"),
        ("validation", "cr:ValidationSplit"),
        ("test", "cr:TestSplit"),
    ]


def test_a_dataset_without_records_is_valid(tmp_path):
    write_card(tmp_path)
    assert len(issues(tmp_path)) == 1


def test_our_own_file_does_not_make_a_folder_foreign(folder, tmp_path):
    shutil.copy(folder / "croissant.json", tmp_path)
    with Dataset(tmp_path, "cpu") as dataset:
        assert dataset.manifest.rows == 0


def test_the_file_of_another_project_makes_a_folder_foreign(tmp_path):
    (tmp_path / "croissant.json").write_text(json.dumps({"@type": "sc:Dataset", "identifier": f"not {FORMAT}"}))
    with pytest.raises(DatasetError, match=r"holds 'croissant\.json' and no manifest"):
        Dataset(tmp_path, "cpu").open()
