"""Which manifests count as made here: those that this installation wrote, byte for byte, on nothing that came from elsewhere."""

from __future__ import annotations

import shutil
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from generation.code.settings import CACHE_VARIABLE
from harness import made_here
from harness.made_here import publish_manifest, registry_path, was_made_here
from harness.manifest import Manifest, ShardEntry


@pytest.fixture(autouse=True)
def registry(tmp_path, monkeypatch):
    path = tmp_path / "cache" / "made-here.txt"
    monkeypatch.setattr(made_here, "registry_path", lambda: path)
    return path


def manifest(name: str = "0") -> Manifest:
    return Manifest("cpu", (ShardEntry("cpu/train-00000.parquet", "train", name * 64, 3, 300, 900),), {name: "preamble"})


def test_a_manifest_written_here(tmp_path):
    publish_manifest(manifest(), tmp_path / "m.json")
    assert was_made_here(tmp_path / "m.json")


def test_a_manifest_from_elsewhere(tmp_path):
    manifest().write(tmp_path / "m.json")
    assert not was_made_here(tmp_path / "m.json")


def test_a_copy_of_one_written_here(tmp_path):
    publish_manifest(manifest(), tmp_path / "m.json")
    shutil.copy(tmp_path / "m.json", tmp_path / "copy.json")
    assert was_made_here(tmp_path / "copy.json")


def test_one_that_was_changed_since(tmp_path):
    publish_manifest(manifest(), tmp_path / "m.json")
    (tmp_path / "m.json").write_text((tmp_path / "m.json").read_text() + "\n")
    assert not was_made_here(tmp_path / "m.json")


def test_one_that_follows_on_one_written_here(tmp_path):
    publish_manifest(manifest(), tmp_path / "m.json")
    publish_manifest(replace(manifest(), bridges={"0/map-000001": "abc"}), tmp_path / "m.json")
    assert was_made_here(tmp_path / "m.json")


def test_one_that_adds_to_a_dataset_from_elsewhere(tmp_path):
    manifest().write(tmp_path / "m.json")
    publish_manifest(replace(manifest(), bridges={"0/map-000001": "abc"}), tmp_path / "m.json")
    assert not was_made_here(tmp_path / "m.json")


def test_one_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        was_made_here(tmp_path / "m.json")


def test_the_same_manifest_is_remembered_once(tmp_path, registry):
    publish_manifest(manifest(), tmp_path / "m.json")
    publish_manifest(manifest(), tmp_path / "n.json")
    assert len(registry.read_text().splitlines()) == 1


def test_a_torn_line_does_not_spoil_the_next(tmp_path, registry):
    registry.parent.mkdir()
    registry.write_text("0123abc")
    publish_manifest(manifest(), tmp_path / "m.json")
    assert was_made_here(tmp_path / "m.json")


def test_writers_at_the_same_time_lose_nothing(tmp_path):
    names = [f"{n:x}" for n in range(16)]
    threads = [threading.Thread(target=publish_manifest, args=(manifest(name), tmp_path / name)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(was_made_here(tmp_path / name) for name in names)


def test_a_cache_that_cannot_be_written_costs_no_manifest(tmp_path, registry):
    registry.parent.write_text("a file in place of the folder")
    publish_manifest(manifest(), tmp_path / "m.json")
    assert (tmp_path / "m.json").exists()
    assert not was_made_here(tmp_path / "m.json")


def test_the_variable_names_another_folder(tmp_path, monkeypatch):
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    assert registry_path() == tmp_path / "made-here.txt"
    monkeypatch.delenv(CACHE_VARIABLE)
    assert registry_path() == Path(made_here.__file__).parents[1] / ".cache" / "made-here.txt"
