"""The folder of samples: what is in it, that it loads, and that making it again replaces it and nothing else."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from sample_records import FAMILIES, PREAMBLES, files_in, record_of, write_records

from generation.samples import MOST_BYTES, main
from harness.folder import check_folder
from harness.records import SCHEMA

ROOT = Path(__file__).resolve().parents[2]


def shard(samples, device):
    return pq.read_table(samples / device / "sample-00000.parquet", partitioning=None)


def refusal(capsys, *options):
    capsys.readouterr()
    assert main([str(option) for option in options]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    return lines[0]


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_a_shard_has_records_of_every_family_as_they_are(samples, records, device):
    table = shard(samples, device)
    assert table.schema.equals(SCHEMA)
    rows = table.to_pylist()
    assert len(rows) == 20
    assert {row["family"] for row in rows} == set(FAMILIES)
    by_id = {record["id"]: record for record in records}
    assert rows == [by_id[row["id"]] for row in rows]


def test_both_devices_have_the_same_kernels(samples):
    pairs = [shard(samples, device).column("pair_id").to_pylist() for device in ("cpu", "cuda")]
    assert pairs[0] == pairs[1]


def test_the_records_are_in_the_order_of_the_stream(samples):
    places = [(row["seed"], row["index"], row["family"]) for row in shard(samples, "cpu").to_pylist()]
    assert places == sorted(places)


def test_six_examples_are_the_texts_of_records(samples, records):
    folders = sorted((samples / "examples").iterdir())
    assert len(folders) == 6
    for folder in folders:
        cpu, cuda = (next(r for r in records if (r["case"], r["device"]) == (folder.name, device)) for device in ("cpu", "cuda"))
        assert (folder / "kernel.py").read_text() == cpu["python_source"]
        assert (folder / "reference.py").read_text() == cpu["reference_source"]
        assert (folder / "kernel.cpp").read_text() == PREAMBLES["cpu"] + cpu["code"]
        assert (folder / "kernel.cu").read_text() == PREAMBLES["cuda"] + cuda["code"]
        described = json.loads((folder / "record.json").read_text())
        assert described["cuda"]["id"] == cuda["id"]
        assert described["cpu"]["launch"] == json.loads(cpu["launch"])
        assert set(described["cpu"]) == set(SCHEMA.names) - {"python_source", "reference_source", "code", "ptx"}


def test_examples_are_of_different_families_with_a_checked_gradient(samples):
    shown = {path.name.rpartition("-")[0] for path in (samples / "examples").iterdir()}
    assert len(shown) == 6
    assert FAMILIES[-1] not in shown


def test_every_preamble_is_there(samples):
    known = json.loads((samples / "preambles.json").read_text())
    named = {device: set(shard(samples, device).column("preamble_id").to_pylist()) for device in ("cpu", "cuda")}
    assert {device: [known[name] for name in names] for device, names in named.items()} == {d: [t] for d, t in PREAMBLES.items()}


def test_the_page_counts_what_there_is(samples):
    text = (samples / "README.md").read_text()
    assert "A sample of a dataset of 40 cpu records and 40 cuda records" in text
    assert "20 kernels have a record for each device" in text
    assert "| device | records | families | KB of code | train | validation | test | how validated |" in text
    rows = shard(samples, "cpu").to_pylist()
    size = sum(row["code_bytes"] for row in rows) / 1e3
    dealt = " | ".join(str(sum(row["split"] == split for row in rows)) for split in ("train", "validation", "test"))
    assert f"| cpu | 20 | 8 | {size:,.0f} | {dealt} | executed 20 |" in text


def test_the_links_of_the_page_lead_to_the_examples(samples):
    links = re.findall(r"\]\((\S+)\)", (samples / "README.md").read_text())
    assert sorted(links) == sorted(f"examples/{path.name}" for path in (samples / "examples").iterdir())


def test_the_examples_of_loading_run(samples, tmp_path):
    """In the folder, offline, each in an interpreter of its own, as a reader would run them."""
    blocks = re.findall(r"```python\n(.*?)```", (samples / "README.md").read_text(), re.DOTALL)
    assert len(blocks) == 2
    first = shard(samples, "cpu").column("case")[0].as_py()
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    for block in blocks:
        done = subprocess.run([sys.executable, "-c", block], cwd=samples, env=environment, capture_output=True, text=True, check=True)
        assert done.stdout.splitlines()[-1] == f"20 {first}"


def test_the_same_dataset_gives_the_same_bytes(samples, records, tmp_path):
    data = write_records(tmp_path / "data", records[::-1])
    assert main(["--data-dir", str(data), "--output", str(tmp_path / "again"), "--records", "20"]) == 0
    assert files_in(tmp_path / "again") == files_in(samples)


def test_making_them_again_replaces_all(samples, data_dir, tmp_path, capsys):
    output = Path(shutil.copytree(samples, tmp_path / "samples"))
    (output / "examples" / "stale.txt").write_text("old")
    capsys.readouterr()
    assert main(["--data-dir", str(data_dir), "--output", str(output), "--records", "8"]) == 0
    size = sum(map(len, files_in(output).values()))
    assert capsys.readouterr().out == (
        f"wrote 8 cpu records of 8 families and 8 cuda records of 8 families, 6 of them as files, {size:,} bytes in all, to {output}\n"
    )
    assert not (output / "examples" / "stale.txt").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["samples"]


def test_samples_in_a_data_folder_leave_it_one(data_dir, tmp_path):
    """The main job takes a folder that holds samples alone for an empty dataset."""
    assert main(["--data-dir", str(data_dir), "--output", str(tmp_path / "samples"), "--records", "8"]) == 0
    check_folder(tmp_path, "cpu")


def test_one_device_alone(records, tmp_path):
    data = write_records(tmp_path / "data", [record for record in records if record["device"] == "cuda"])
    output = tmp_path / "samples"
    assert main(["--data-dir", str(data), "--output", str(output), "--records", "8"]) == 0
    assert {path.name for path in output.iterdir()} == {"README.md", "preambles.json", "cuda", "examples"}
    assert not list(output.rglob("kernel.cpp"))
    assert "for each device" not in (output / "README.md").read_text()


def test_too_large_samples_are_refused(tmp_path, capsys, samples):
    noise = {"ptx": os.urandom(MOST_BYTES).hex()}
    data = write_records(tmp_path / "data", [record_of("a", 0, "cpu", **noise)])
    output = Path(shutil.copytree(samples, tmp_path / "samples"))
    line = refusal(capsys, "--data-dir", data, "--output", output, "--records", 1)
    assert re.fullmatch(r"1 records of each device take 3,\d{3},\d{3} bytes, more than 3,000,000: give fewer --records", line)
    assert files_in(output) == files_in(samples)
    assert not list(tmp_path.glob(".*"))


def test_another_folder_is_not_replaced(data_dir, tmp_path, capsys):
    (tmp_path / "README.md").write_text("# mine\n")
    line = refusal(capsys, "--data-dir", data_dir, "--output", tmp_path, "--records", 8)
    assert line == f"{tmp_path} holds something else than samples: give a new or empty folder as --output"
    assert files_in(tmp_path) == {"README.md": b"# mine\n"}


def test_a_file_is_not_replaced(data_dir, tmp_path, capsys):
    (tmp_path / "samples").write_text("mine")
    line = refusal(capsys, "--data-dir", data_dir, "--output", tmp_path / "samples", "--records", 8)
    assert line == f"{tmp_path / 'samples'} is not a folder: give another --output"


def test_a_full_disk_leaves_what_was_there(data_dir, samples, tmp_path, capsys, monkeypatch):
    output = Path(shutil.copytree(samples, tmp_path / "samples"))

    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("generation.samples.write_examples", refuse)
    line = refusal(capsys, "--data-dir", data_dir, "--output", output, "--records", 8)
    assert line == f"{output} cannot be written (No space left on device): make room, or give another --output"
    assert files_in(output) == files_in(samples)
    assert [path.name for path in tmp_path.iterdir()] == ["samples"]


def test_samples_that_a_killed_run_had_moved_away_come_back(data_dir, samples, tmp_path, capsys):
    shutil.copytree(samples, tmp_path / ".samples.old.tmp")
    refusal(capsys, "--data-dir", tmp_path / "none", "--output", tmp_path / "samples")
    assert main(["--data-dir", str(data_dir), "--output", str(tmp_path / "samples"), "--records", "20"]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["samples"]
    assert files_in(tmp_path / "samples") == files_in(samples)


def test_a_record_whose_preamble_is_lost_is_refused(records, tmp_path, capsys):
    data = write_records(tmp_path / "data", records)
    manifest = data / "manifest-cpu.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"preambles": {}}))
    line = refusal(capsys, "--data-dir", data, "--output", tmp_path / "samples", "--records", 8)
    assert re.fullmatch(rf"the manifests in {data} have no preamble \w+, which a record names: restore them", line)


@pytest.mark.parametrize("value", ["0", "-1", "many"])
def test_a_number_of_records_is_positive(value, capsys):
    with pytest.raises(SystemExit, match="2"):
        main([f"--records={value}"])
    assert f"'{value}' is not a number of records: give one of at least 1" in capsys.readouterr().err


def test_it_runs_as_a_module(data_dir, tmp_path):
    command = [sys.executable, "-m", "generation.samples", "--data-dir", str(data_dir), "--output", str(tmp_path / "s"), "--records", "8"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("wrote 8 cpu records of 8 families and ")
