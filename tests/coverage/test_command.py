"""`python -m kernels.coverage`: the ledger of a dataset, line by line, and what is missing by name."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kernels.coverage.__main__ import Record, main
from kernels.coverage.registry import read_registry

ROOT = Path(__file__).resolve().parents[2]

SOURCE = "import warp as wp\n\n\n@wp.kernel\ndef k(a: wp.array[float]):\n    a[wp.tid()] = 1.0\n"

RECORDS = (
    Record(SOURCE, "k", ["tid"], ["if"], ["sin(float32)", "adj_sin(float32)", "tid()"], "checked"),
    Record(SOURCE, "k", ["tid"], [], ["floor(float64)", "tid()", "vec3f(float32)"], "not_differentiable"),
)


@pytest.fixture
def dataset(tmp_path):
    (tmp_path / "cpu").mkdir()
    columns = {field.name: [getattr(record, field.name) for record in RECORDS] for field in dataclasses.fields(Record)}
    pq.write_table(pa.table(columns), tmp_path / "cpu" / "train-00000.parquet")
    return tmp_path


def printed(capsys, *arguments):
    assert main(list(arguments)) == 0
    return capsys.readouterr().out


def line(text, name):
    [found] = re.findall(rf"^  {name} +(.*)$", text.split("\n\n2 records")[0], re.MULTILINE)
    return found


def test_every_builtin_has_a_line(dataset, capsys):
    text = printed(capsys, "--data-dir", str(dataset))
    for name in read_registry().builtins:
        assert line(text, name)
    assert line(text, "sin") == "1 records,   1 of   4 overloads, backward in     1; float32"
    assert line(text, "floor") == "1 records,   1 of   4 overloads, no adjoint; float64"
    assert line(text, "tid") == "2 records,   1 of   1 overloads, no adjoint; -"
    assert line(text, "vector") == "1 records, backward MISSING; float32"
    assert line(text, "cos") == "MISSING, with 4 overloads"
    assert line(text, "breakpoint") == "excluded: stops in a debugger"


def test_the_bars_and_the_shares(dataset, capsys):
    (dataset / "summary-cpu.json").write_text(json.dumps({"cases": {"harvested": 2, "duplicate": 1}}))
    text = printed(capsys, "--data-dir", str(dataset))
    assert "2 records, against warp-lang 1.19.0 and 1,721 real kernels" in text
    assert re.search(r"^short +1\.\d\d% of +\d+ builtins exercised \(enough: 95%\)$", text, re.MULTILINE)
    assert re.search(r"^  if +50.0% +75.1% +0.67$", text, re.MULTILINE)
    assert "source lines, percentiles here (there): 10th 2 (10)," in text
    assert "gradient: 50.0% checked, 50.0% not_differentiable" in text
    assert "structures: 2 distinct of 3 passing cases in the last run" in text


def test_missing_lists_names_and_overloads(dataset, capsys):
    text = printed(capsys, "--data-dir", str(dataset), "--missing")
    assert re.search(r"^  sin \(3 of 4\): \(bfloat16\) \(float16\) \(float64\)$", text, re.MULTILINE)
    names = text.splitlines()[1].split()
    assert {"cos", "atomic_add"} <= set(names)
    assert not {"sin", "tid", "breakpoint"} & set(names)


def test_without_records_it_is_one_line(tmp_path, capsys):
    assert main(["--data-dir", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "there are no shards: run `pytest --device=cpu`" in error


def test_shards_of_another_version_are_one_line(dataset, capsys):
    pq.write_table(pa.table({"python_source": [SOURCE]}), dataset / "cpu" / "train-00000.parquet")
    assert main(["--data-dir", str(dataset)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_it_runs_as_a_command_and_leaves_warp_alone(dataset):
    program = "import sys; from kernels.coverage.__main__ import main; main(sys.argv[1:]); print('warp' in sys.modules)"
    command = [sys.executable, "-c", program, "--data-dir", str(dataset), "--missing"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"
