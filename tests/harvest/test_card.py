"""The dataset card: a YAML head that names the shards that are there, figures that follow from the records, and a command to publish."""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import threading

import pyarrow as pa
import pytest

from generation.code.settings import VALIDATIONS
from harness.card import write_card
from harness.card.__main__ import main
from harness.card.contents import COLUMNS, across_splits, distinct, in_both, largest, markdown_table, read_contents
from harness.card.head import size_category
from harness.dataset import Dataset
from harness.errors import DatasetError
from harness.records import HARNESS_VERSION, SCHEMA, make_record
from harness.spool import Spool

from .samples import PREAMBLE, make_case, outcome_of, spool_cases, terms_in_split, verdict_on

HOST = {"arch": "sm_90", "validation": "executed_on_host"}
GPU = {"arch": "sm_90", "executed_on": "NVIDIA H100"}
COMPILED = {"arch": "sm_90", "validation": "compiled", "executed_on": "", "not_executed": "asm needs a GPU"}
UNMEASURED = {"max_error_gradient": float("nan"), "tolerance_gradient": float("nan")}


def harvest(folder, device, made):
    """Commit a record for each case of `made`, pairs of a case and what is special in its outcome, verdict and record."""
    with Dataset(folder, device) as dataset:
        with Spool(dataset.spool_folder, "gw0") as spool:
            for case, outcome, verdict, terms in made:
                code = f"{device} " * (case.index + 1)
                about = {"device": device, "optimization_level": 0, "warp_version": "1.19.0"} | terms
                spool.append(make_record(case, outcome_of(case, code=code, **outcome), verdict_on(case, **verdict), **about), PREAMBLE)
        dataset.commit()


def make_cases():
    """Three cases of the train split and one of the test split; the first and the last are of the synthesizer."""
    terms = [*terms_in_split("train", 3), *terms_in_split("test", 1)]
    families = ("program", "map", "map", "program")
    return [make_case(i, terms=t, family=f) for i, (t, f) in enumerate(zip(terms, families, strict=True))]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("card")
    first, second, third, fourth = make_cases()
    twin = make_case(9, terms=terms_in_split("train", 1)[0])
    cpu = [
        (first, {}, {"max_error_forward": 2e-6, "max_error_gradient": 5e-5}, {}),
        (second, {}, {"gradient": "known_limitation:frac"}, {"optimization_level": None}),
        (third, {}, {"gradient": "not_differentiable"} | UNMEASURED, {}),
        (fourth, {}, {"gradient": "known_limitation:mended"}, {}),
        (twin, {}, {}, {}),
    ]
    cuda = [
        (first, HOST, {}, {}),
        (second, GPU, {}, {"warp_version": "1.18.1"}),
        (third, COMPILED, {"gradient": "not_executed", "max_error_forward": float("nan")} | UNMEASURED, {}),
    ]
    harvest(folder, "cpu", cpu)
    harvest(folder, "cuda", cuda)
    return folder


@pytest.fixture(scope="module")
def text(folder):
    return write_card(folder).read_text()


@pytest.fixture(scope="module")
def cpu_text(folder, tmp_path_factory):
    """The card of the CPU's records alone."""
    alone = tmp_path_factory.mktemp("cpu")
    shutil.copytree(folder / "cpu", alone / "cpu")
    shutil.copy(folder / "manifest-cpu.json", alone)
    return write_card(alone).read_text()


@pytest.fixture
def copy(folder, tmp_path):
    return shutil.copytree(folder, tmp_path / "copy")


def rows(text, heading):
    """The rows of the table that starts with `heading`, a line, each a list of cells."""
    lines = [*text.split(heading + "\n", 1)[1].splitlines()[1:], ""]
    return [line.strip("| ").split(" | ") for line in lines[: lines.index("")]]


def section(text, name):
    return text.split(f"## {name}\n", 1)[1].split("\n## ", 1)[0]


def test_the_head_names_devices_and_splits_that_are_there(text):
    head = re.sub(r"(digest )[0-9a-f]{64}\n", r"\1...\n", text.split("---\n")[1])
    assert head[head.index("configs:") :].splitlines() == [
        "configs:",
        "- config_name: cpu",
        "  default: true",
        "  description: 4 records, digest ...",
        "  data_files:",
        "  - split: train",
        "    path: cpu/train-*.parquet",
        "  - split: test",
        "    path: cpu/test-*.parquet",
        "- config_name: cuda",
        "  description: 3 records, digest ...",
        "  data_files:",
        "  - split: train",
        "    path: cuda/train-*.parquet",
    ]


@pytest.mark.parametrize(
    ("records", "category"),
    [(0, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (6000, "1K<n<10K"), (10_000, "10K<n<100K"), (10**12, "n>1T")],
)
def test_the_size_category_is_the_hubs(records, category):
    assert size_category(records) == category


def test_no_column_of_long_texts_is_read():
    assert not set(COLUMNS) & {"python_source", "reference_source", "code", "launch", "ptx", "resources"}


def test_the_totals_are_counted(text):
    totals = {name: figures for name, *figures in rows(text, "|  | cpu | cuda | in all |")}
    assert totals["records"] == ["4", "3", "7"]
    assert totals["kernels in Python"] == totals["program structures"] == totals["clusters of near-duplicates"] == ["4", "3", "4"]
    assert totals["records in the largest cluster"] == ["1", "1", "2"]
    assert totals["program structures in more than one split"] == totals["clusters in more than one split"] == ["0", "0", "0"]
    assert totals["families"] == ["2", "2", "2"]
    assert "3 kernels have code for both devices." in text


def test_a_single_device_has_no_sum(cpu_text):
    assert dict(rows(cpu_text, "|  | cpu |"))["records"] == "4"
    assert "both devices" not in cpu_text


def test_the_splits_are_counted(text):
    assert rows(text, "| device | split | records | MB of code | clusters |") == [
        ["cpu", "train", "3", "0.000", "3"],
        ["cpu", "test", "1", "0.000", "1"],
        ["cuda", "train", "3", "0.000", "3"],
    ]


def test_what_was_left_out_is_counted(text):
    assert "1 with the structure of a record, 0 like records of two splits" in text


def test_lengths_are_spread(text):
    found = rows(text, "| device | column | smallest | 10th percentile | median | 90th percentile | largest |")
    assert found[0] == ["cpu", "`code_bytes`", "4", "5", "10", "15", "16"]


def test_every_level_is_explained_and_counted(text):
    found = rows(text, "| level | what was done | what it shows | cpu | cuda |")
    assert [row[0].strip("`") for row in found] == list(reversed(VALIDATIONS))
    assert [row[-2:] for row in found] == [["4", "1"], ["0", "1"], ["0", "1"]]


def test_what_made_the_records_is_grouped(text):
    heading = "| device | validation | executed on | compiled for | optimization level | warp-lang | harness | records |"
    assert [" ".join(row) for row in rows(text, heading)] == [
        f"cpu executed x86_64 x86_64 0 1.19.0 {HARNESS_VERSION} 3",
        f"cpu executed x86_64 x86_64 Warp's default 1.19.0 {HARNESS_VERSION} 1",
        f"cuda compiled nothing sm_90 0 1.19.0 {HARNESS_VERSION} 1",
        f"cuda executed NVIDIA H100 sm_90 0 1.18.1 {HARNESS_VERSION} 1",
        f"cuda executed_on_host x86_64 sm_90 0 1.19.0 {HARNESS_VERSION} 1",
    ]


def test_reasons_for_no_execution_are_counted(text, cpu_text):
    assert rows(text, "| why code was not executed | records |") == [["asm needs a GPU", "1"]]
    assert "why code was not executed" not in cpu_text


def test_errors_are_shares_of_their_tolerance(text):
    found = rows(text, "| device | check | records | median | largest |")
    assert found[0] == ["cpu", "forward", "4", "0.01", "0.2"]
    assert found[1] == ["cpu", "gradient, where `checked`", "1", "0.5", "0.5"]
    assert found[2][2] == "2"


def test_gradients_are_counted_by_status(text):
    found = {row[0]: row[-2:] for row in rows(text, "| status | meaning | cpu | cuda |")}
    assert found == {
        "`checked`": ["1", "2"],
        "`known_limitation`": ["2", "0"],
        "`not_differentiable`": ["1", "0"],
        "`not_executed`": ["0", "1"],
    }


def test_known_limitations_are_explained(text):
    found = rows(text, "| known limitation | what Warp gets wrong | cpu | cuda |")
    assert found[0] == ["`known_limitation:frac`", "wp.frac(x) has no adjoint; it should be 1.", "1", "0"]
    assert found[1][:2] == ["`known_limitation:mended`", "an entry of the ledger of another version of this project"]


def test_the_limits_say_where_cuda_was_executed(text):
    limits = section(text, "Limits")
    assert "Executed on a processor and not on a GPU: 1 of the 3 CUDA records." in limits
    assert "Compiled and not executed: 1 of the 3 CUDA records." in limits
    assert "Executed on a GPU (NVIDIA H100): 1 of the 3 CUDA records." in limits


def test_the_limits_of_the_cpu_do_not_speak_of_gpus(cpu_text):
    assert "GPU" not in section(cpu_text, "Limits")


def test_the_limits_count_synthesized_programs_gradients_and_versions(text):
    limits = section(text, "Limits")
    assert "3 of the 7 records come from a synthesizer" in limits
    assert "Checked gradients: 3 of the 7 records" in limits
    assert "Wrong gradients, by known limitations of Warp: 2 of the 7 records." in limits
    assert "what warp-lang 1.18.1 and 1.19.0 generates" in limits


def test_the_body_has_a_row_for_every_column(text):
    assert re.findall(r"^\| `(\w+)` \| `[\w<>]+` \| .+ \|$", section(text, "Columns"), re.M) == SCHEMA.names


def test_families_are_in_order_of_their_records(text):
    assert rows(text, "| family | cpu | cuda |") == [["`map`", "2", "2"], ["`program`", "2", "1"]]


def test_the_commands_name_the_first_record(text):
    assert "    pytest --device=cpu --seed 7 --case program-000000\n" in section(text, "Reproduce")


def test_the_commands_are_there(text):
    modules = re.findall(r"python -m (\S+)", text)
    assert [name for name in modules if importlib.util.find_spec(name) is None] == []
    assert set(modules) == {"kernels.coverage", "harness.verify", "generation.produce"}


def test_the_version_has_the_digest_that_sha256sum_gives(text, folder):
    shards = sorted(str(path.relative_to(folder)) for path in folder.glob("*/*.parquet"))
    sums = "".join(f"{hashlib.sha256((folder / shard).read_bytes()).hexdigest()}  {shard}\n" for shard in shards)
    assert f"version = {{{HARNESS_VERSION}+{hashlib.sha256(sums.encode()).hexdigest()[:12]}}}," in section(text, "Cite")
    assert "    sha256sum cpu/*.parquet cuda/*.parquet | sha256sum\n" in text


def test_the_newest_version_of_the_project_names_the_edition(copy, monkeypatch):
    for index, version in ((20, "9.9.0"), (21, "9.10.0"), (22, "9.8.1")):
        monkeypatch.setattr("harness.records.HARNESS_VERSION", version)
        harvest(copy, "cpu", [(make_case(index, terms=terms_in_split("train", 9)[index - 14]), {}, {}, {})])
    assert "version = {9.10.0+" in write_card(copy).read_text()


def test_the_same_records_give_the_same_bytes(folder, copy):
    for name in ("README.md", "croissant.json"):
        (copy / name).unlink(missing_ok=True)
    write_card(folder)
    write_card(copy)
    assert [(copy / name).read_bytes() for name in ("README.md", "croissant.json")] == [
        (folder / name).read_bytes() for name in ("README.md", "croissant.json")
    ]


def test_a_folder_without_shards_has_no_configs_and_no_examples(tmp_path):
    text = write_card(tmp_path).read_text()
    assert "configs" not in text
    assert "```" not in text
    assert "It holds no records yet." in text


def test_the_card_follows_the_commits(tmp_path):
    first, second = terms_in_split("train", 2)
    for records, terms in ((1, first), (2, second)):
        with Dataset(tmp_path, "cpu") as dataset:
            spool_cases(dataset.spool_folder, [make_case(records, terms=terms)])
            dataset.commit()
        assert dict(rows(write_card(tmp_path).read_text(), "|  | cpu |"))["records"] == str(records)


def test_a_folder_that_is_not_there_is_one_line(tmp_path):
    message = f"{tmp_path / 'none' / 'README.md'} cannot be written (No such file or directory): make room, or give another --data-dir"
    with pytest.raises(DatasetError, match=f"^{re.escape(message)}$"):
        write_card(tmp_path / "none")


def test_a_damaged_shard_is_one_line_and_the_card_stays(copy):
    before = write_card(copy).read_bytes()
    shard = copy / "cpu" / "test-00000.parquet"
    shard.write_bytes(shard.read_bytes()[:-9])
    with pytest.raises(DatasetError, match=re.escape(str(shard))):
        write_card(copy)
    assert (copy / "README.md").read_bytes() == before


def test_a_card_waits_for_another_that_is_being_written(copy):
    descriptor = os.open(copy, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    writing = threading.Thread(target=write_card, args=(copy,))
    writing.start()
    writing.join(0.3)
    assert writing.is_alive()
    os.close(descriptor)
    writing.join(30)
    assert not writing.is_alive()


def test_values_across_splits_are_counted():
    tables = [pa.table({"cluster": ["a", "a", "b"], "split": ["train", "test", "train"]})]
    assert across_splits(tables, "cluster") == 1
    assert across_splits([*tables, pa.table({"cluster": ["b"], "split": ["test"]})], "cluster") == 2


def test_elements_of_lists_are_counted_once():
    assert distinct([pa.table({"builtins": pa.array([["sin", "cos"], [], ["sin"]], SCHEMA.field("builtins").type)})], "builtins") == 2


def test_the_largest_group_is_counted_over_tables():
    assert largest([pa.table({"cluster": ["a", "b", "b"]}), pa.table({"cluster": ["a", "a"]})], "cluster") == 3


def test_kernels_of_both_devices_are_counted(folder):
    assert in_both([read_contents(folder, "cpu"), read_contents(folder, "cuda")]) == 3


def test_bars_in_cells_are_escaped():
    assert markdown_table(["a"], [["b | c"]]) == ["| a |", "| --- |", "| b \\| c |", ""]


def run(capsys, *arguments):
    """Run the command; its exit status and the lines of both its streams."""
    status = main(list(map(str, arguments)))
    captured = capsys.readouterr()
    return status, captured.out.splitlines(), captured.err.splitlines()


def test_the_command_says_what_it_wrote(copy, capsys):
    status, out, err = run(capsys, "--data-dir", copy)
    line = f"wrote {copy / 'README.md'} and croissant.json on 4 cpu records (0.000 MB), 3 cuda records (0.000 MB)"
    assert (status, out, err) == (0, [line], [])


def test_place_and_day_go_into_the_citation(copy, capsys):
    run(capsys, "--data-dir", copy, "--url", "https://example.org/kernels", "--date", "2026-01-31")
    cite = section((copy / "README.md").read_text(), "Cite")
    assert "year = {2026}," in cite
    assert "url = {https://example.org/kernels}," in cite


def test_place_and_day_are_kept_while_the_records_stay(copy, capsys):
    run(capsys, "--data-dir", copy, "--date", "2026-01-31")
    run(capsys, "--data-dir", copy, "--url", "https://example.org/kernels")
    before = (copy / "croissant.json").read_text()
    assert '"datePublished": "2026-01-31"' in before
    assert '"url": "https://example.org/kernels"' in before
    write_card(copy)
    assert (copy / "croissant.json").read_text() == before


def test_more_records_have_not_been_published(copy, capsys):
    run(capsys, "--data-dir", copy, "--url", "https://example.org/kernels", "--date", "2026-01-31")
    harvest(copy, "cpu", [(make_case(20, terms=terms_in_split("train", 9)[8]), {}, {}, {})])
    text = write_card(copy).read_text() + (copy / "croissant.json").read_text()
    assert "2026" not in text
    assert "https://example.org" not in text


def test_a_croissant_that_cannot_be_read_is_written_anew(copy):
    write_card(copy)
    sound = (copy / "croissant.json").read_bytes()
    for broken in (b"", b"[]", b"\xff", sound.replace(b'"url": "README.md"', b'"url": {}')):
        (copy / "croissant.json").write_bytes(broken)
        write_card(copy)
        assert (copy / "croissant.json").read_bytes() == sound


@pytest.mark.parametrize(
    ("option", "value", "reason"),
    [
        ("--date", "2026-02-30", "--date '2026-02-30' is not a day: write it as in 2026-01-31"),
        ("--date", "20260131", "--date '20260131' is not a day: write it as in 2026-01-31"),
        ("--url", "kernels", "--url 'kernels' is not a web address: write it in full, such as https://example.org/warp-kernels"),
        ("--url", "https://a b", "--url 'https://a b' is not a web address: write it in full, such as https://example.org/warp-kernels"),
    ],
)
def test_a_bad_option_is_one_line(tmp_path, capsys, option, value, reason):
    assert run(capsys, "--data-dir", tmp_path, option, value) == (2, [], [reason])


def test_no_records_are_one_line(tmp_path, capsys):
    reason = f"{tmp_path} holds no records: run `pytest --device=cpu` to make some, or give another --data-dir"
    assert run(capsys, "--data-dir", tmp_path) == (2, [], [reason])
    assert not any(tmp_path.iterdir())
