"""The report's content: every number is the one that the records give, and the same data gives the same bytes."""

from __future__ import annotations

import ast
import json
import os
import re
import statistics
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import matplotlib
import pytest
from report_samples import ERRORS, edit_json, files_in, make_dataset

from harness.records import SCHEMA
from harness.report.__main__ import main
from kernels.coverage.ledger import Ledger
from kernels.coverage.profile import read_profile

ROOT = Path(__file__).parents[2]
FIGURES = ["builtins.svg", "code_size.svg", "coverage.svg", "errors.svg", "families.svg", "seconds.svg"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The data folder, the output folder, and the records."""
    folder = tmp_path_factory.mktemp("made")
    records = make_dataset(folder / "data")
    assert main(["--data-dir", str(folder / "data"), "--output", str(folder / "report")]) == 0
    return folder / "data", folder / "report", records


@pytest.fixture(scope="module")
def text(made):
    return (made[1] / "report.md").read_text()


def report(data, output):
    assert main(["--data-dir", str(data), "--output", str(output)]) == 0
    return (output / "report.md").read_text()


def cells(text, first):
    """The other cells of the table rows whose first cell is `first`."""
    return [[c.strip() for c in re.split(r"(?<!\\)\|", line)[2:-1]] for line in text.splitlines() if line.startswith(f"|{first}|")]


def test_the_output_is_the_report_and_its_figures_alone(made, text):
    assert sorted(files_in(made[1])) == [*(f"figures/{name}" for name in FIGURES), "report.md"]
    assert sorted(re.findall(r"!\[.+\]\(figures/(.+)\)", text)) == FIGURES


def test_sizes_by_split(made, text):
    records = made[2]
    for split in {r["split"] for r in records} | {"all"}:
        mine = [r for r in records if split in (r["split"], "all")]
        megabytes = sum(len(r["code"].encode()) for r in mine) / 1e6
        assert cells(text, f"cpu, {split}") == [[str(len(mine)), f"{megabytes:.3f}", str(len({r["structure_hash"] for r in mine}))]]
    assert f"{len(records)} records, {sum(r['code_bytes'] for r in records) / 1e6:.3f} MB of C++ in 2 families" in text


@pytest.mark.parametrize(("column", "single"), [("family", True), ("gradient", True), ("builtins", False)])
def test_counts_and_shares(made, text, column, single):
    records = made[2]
    counts = Counter(value for r in records for value in ([r[column]] if single else r[column]))
    for value, count in counts.items():
        assert [str(count), f"{count / len(records):.1%}"] in cells(text, f"`{value}`")


def test_features_stand_beside_real_kernels(made, text):
    records = made[2]
    counts = Counter(feature for r in records for feature in r["features"])
    for feature, real in read_profile().features.items():
        assert cells(text, f"`{feature}`") == [[str(counts[feature]), f"{counts[feature] / len(records):.1%}", f"{real:.1%}"]]
    assert f"Other statement forms of the cpu records: `shape_query` {counts['shape_query'] / len(records):.1%}." in text


def test_coverage_is_that_of_the_ledger(made, text):
    rows = [SimpleNamespace(**record) for record in made[2]]
    for bar in Ledger(rows).bars():
        assert cells(text, bar.name) == [[f"{bar.have:,.0f}", f"{bar.of:,.0f}", f"{bar.share:.1%}"]]
    assert cells(text, "overloads exercised")[0][0] == "2"


def test_code_sizes(made, text):
    sizes = [r["code_bytes"] for r in made[2]]
    row = cells(text, "cpu, code")[0]
    assert [row[0], row[2], row[4]] == [f"{value:,.0f}" for value in (min(sizes), statistics.median(sizes), max(sizes))]


@pytest.mark.parametrize("tolerance", [1e-13, 4e-6])
def test_forward_errors_by_tolerance(text, tolerance):
    assert_errors(text, [forward for _, _, forward, _, t in ERRORS if t == tolerance], tolerance)
    assert "0 have a forward error above the tolerance; 1 has no forward error" in text


@pytest.mark.parametrize("tolerance", [1e-13, 4e-6])
def test_gradient_errors_by_tolerance_leave_known_limitations_out(text, tolerance):
    errors = [backward for _, status, _, backward, t in ERRORS if t == tolerance and status == "checked"]
    assert_errors(text, errors, 10 * tolerance)


def assert_errors(text, errors, tolerance):
    share = max(errors) / tolerance
    expected = [str(len(errors)), str(errors.count(0.0)), f"{statistics.median(errors):.1e}", f"{max(errors):.1e}", f"{share:.1%}"]
    assert cells(text, f"cpu, {tolerance:.0e}") == [expected]


def test_a_gradient_error_above_its_tolerance_is_counted(text):
    # One of the samples is 100 times its tolerance of 1e-12, and has no known limitation.
    assert "1 has a gradient error above the tolerance, those with a known limitation, which are not in the table, left aside." in text


def test_the_summary_names_the_limits(text):
    assert "5 compiled, run on x86_64, and agreed with the reference. The gradient of 3 was checked" in text
    assert "1 has a gradient that differs from the reference's" in text
    assert "1 has nothing to differentiate" in text
    assert "warp-lang 1.19.0 only; architecture x86_64 only; built at optimization level default." in text


def test_the_last_run(text):
    assert "(2026-01-02, seed 7, indices 0 to 7, 2 workers) was asked for 8 cases: 2 were there already, 6 were run." in text
    assert f"5 passed (1 with a known limitation), {5 / 6:.2%} of those run; 1 failed." in text
    assert "- `map-000005`: `forward: a|b 'differs'`\n" in text
    assert cells(text, "build") == [["9.0", f"{9 / 10.25:.1%}"]]
    assert cells(text, "check") == [["1.2", f"{1.25 / 10.25:.1%}"]]
    assert "Its stages took 10.2 s, summed over 2 workers:" in text


def test_a_device_without_data_is_one_line_of_the_summary_and_missing_from_the_kernels_way(text):
    assert re.findall(r"^- \*\*cuda.*", text, re.M) == ["- **cuda**: there is no CUDA data."]
    assert "The dataset has no CUDA of this kernel: `pytest --device=cuda` over the same seed and indices" in text
    assert text.count("Without a CUDA record of this kernel there is nothing to make it of.") == 2
    assert "GPU check" not in text


def test_the_example_is_the_shortest_with_a_function_and_a_branch(made, text):
    first = made[2][0]
    assert first["python_source"].strip() in text
    assert f"record `{first['case']}` (seed 7, 15 lines)" in text
    assert "It has a function and a branch." in text
    assert "Line 15, `out[i] = b`, became 1 statement" in text or "Line 13, `a = x[i]`, became 2 statements;" in text
    assert f"pytest --device=cpu --seed=7 --case={first['case']}" in text


def test_all_columns_are_named(text):
    assert f"{len(SCHEMA.names)} columns: {', '.join(f'`{name}`' for name in SCHEMA.names)}." in text


def test_the_pyarrow_lines_run_and_the_others_parse(made, text, capsys):
    blocks = re.findall(r"```python\n(.*?)\n```", text, re.S)
    assert [len(ast.parse(block).body) for block in blocks[-2:]] == [3, 3]
    exec(blocks[-1])
    assert capsys.readouterr().out.strip() in [r["code"].strip() for r in made[2]]


def test_headings_are_unique(text):
    outside = re.sub(r"```.*?```", "", text, flags=re.S)
    headings = re.findall(r"^#+ (.+)$", outside, re.M)
    assert len(headings) == len(set(headings)) > 10


def test_the_same_data_gives_the_same_bytes_in_another_process_and_with_the_users_settings(made, tmp_path):
    data, output, _ = made
    (tmp_path / "matplotlibrc").write_text("font.size: 30\nsvg.fonttype: none\naxes.grid: True\n")
    environment = os.environ | {"PYTHONHASHSEED": "5", "MATPLOTLIBRC": str(tmp_path)}
    command = [sys.executable, "-m", "harness.report", "--data-dir", str(data), "--output", str(tmp_path / "again")]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert files_in(tmp_path / "again") == files_in(output)


def test_figures_are_well_formed_and_undated(made):
    for name in FIGURES:
        content = (made[1] / "figures" / name).read_text()
        assert ElementTree.fromstring(content).tag.endswith("svg")
        assert "<dc:date>" not in content


def test_the_users_matplotlib_settings_come_back(made, tmp_path):
    with matplotlib.rc_context({"font.size": 30.0, "svg.hashsalt": "mine"}):
        report(made[0], tmp_path / "report")
        assert (matplotlib.rcParams["font.size"], matplotlib.rcParams["svg.hashsalt"]) == (30.0, "mine")


def test_two_devices_stand_side_by_side(tmp_path):
    make_dataset(tmp_path / "data")
    make_dataset(tmp_path / "data", "cuda")
    text = report(tmp_path / "data", tmp_path / "report")
    assert cells(text, "`map`") == [["2", "40.0%", "2", "40.0%"]]
    assert cells(text, "cuda, all")[0][0] == "5"
    assert "5 kernels have a record on each of cpu and cuda: the two have the same `pair_id`" in text
    assert "There is no CUDA data" not in text


def test_without_a_summary_the_run_is_said_to_be_unknown_and_its_old_figure_goes(made, tmp_path):
    make_dataset(tmp_path / "data", summary=False)
    (tmp_path / "report" / "figures").mkdir(parents=True)
    (tmp_path / "report" / "figures" / "seconds.svg").write_text("old")
    (tmp_path / "report" / "figures" / "mine.svg").write_text("kept")
    text = report(tmp_path / "data", tmp_path / "report")
    assert "There is no summary of a run on cpu." in text
    assert "seconds.svg" not in text
    assert sorted(p.name for p in (tmp_path / "report" / "figures").iterdir()) == sorted([*FIGURES[:-1], "mine.svg"])


def test_a_run_with_nothing_left_to_run(made, tmp_path):
    records = make_dataset(tmp_path / "data")
    counts = dict.fromkeys(("run", "passed", "known_limitation", "failed", "skipped", "harvested", "duplicate", "bridge"), 0) | {
        "asked": 8,
        "already_there": 8,
    }
    edit_json(tmp_path / "data" / "summary-cpu.json", cases=counts, failures=[], seconds={})
    text = report(tmp_path / "data", tmp_path / "report")
    assert "8 were there already, 0 were run. None was left to run. It added 0 records" in text
    assert f"{len(records)} records" in text


def test_code_of_another_form_is_not_excerpted(tmp_path):
    make_dataset(tmp_path / "data", code="void scale() {{}}\n")
    text = report(tmp_path / "data", tmp_path / "report")
    assert "This record's C++ has no few consecutive lines that could be shown by themselves." in text
    assert "It has no few consecutive lines that could be shown by themselves." in text
    assert "```cpp" not in text


def test_cases_that_need_a_newer_warp_are_told(made, tmp_path):
    make_dataset(tmp_path / "data")
    path = tmp_path / "data" / "summary-cpu.json"
    edit_json(path, cases=json.loads(path.read_text())["cases"] | {"skipped": 2})
    assert "6 were run, and 2 need a newer Warp. 5 passed" in report(tmp_path / "data", tmp_path / "report")
