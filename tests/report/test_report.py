"""The report itself: every number is the one that the records give, and the same data gives the same bytes."""

from __future__ import annotations

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
import pyarrow.parquet as pq
import pytest
from report_samples import ERRORS, cells, edit_json, files_in, make_dataset, run_report, section, write_production

from harness.records import SCHEMA
from harness.report.figures import PLOTS
from kernels.coverage.ledger import Ledger

ROOT = Path(__file__).parents[2]
FIGURES = {"report": ["coverage.svg", "diversity.svg", "errors.svg", "cost.svg"], "appendix": ["code_size.svg", "families.svg"]}
MOST_WORDS = 1800
MOST_SHOWN = 8


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The data folder, the output folder, and the records."""
    folder = tmp_path_factory.mktemp("made")
    records = make_dataset(folder / "data")
    run_report(folder / "data", folder / "report")
    return folder / "data", folder / "report", records


@pytest.fixture(scope="module")
def text(made):
    return (made[1] / "report.md").read_text()


@pytest.fixture
def of(tmp_path, monkeypatch):
    """The text of the report, without figures, on a dataset that was changed before."""
    monkeypatch.setattr("harness.report.figures.PLOTS", ())

    def run(change=lambda data: None, **how):
        make_dataset(tmp_path / "data", **how)
        change(tmp_path / "data")
        return run_report(tmp_path / "data", tmp_path / "report")[0]

    return run


def test_the_output_is_the_report_its_appendix_and_the_figures_that_they_show(made):
    shown = {name: re.findall(r"!\[.+\]\(figures/(.+)\)", (made[1] / f"{name}.md").read_text()) for name in FIGURES}
    assert shown == FIGURES
    names = sorted(f"figures/{name}" for figures in FIGURES.values() for name in figures)
    assert sorted(files_in(made[1])) == ["appendix.md", "dataset/manifest-cpu.json", *names, "report.md"]


def test_the_manifest_and_the_ledger_stand_beside_the_report(tmp_path, monkeypatch):
    monkeypatch.setattr("harness.report.figures.PLOTS", ())
    data, report = tmp_path / "data", tmp_path / "report"
    make_dataset(data)
    write_production(data, "cpu", {})
    run_report(data, report)
    for name in ("manifest-cpu.json", "production-cpu.json"):
        assert (report / "dataset" / name).read_bytes() == (data / name).read_bytes()
    (data / "production-cpu.json").unlink()
    run_report(data, report)
    assert not (report / "dataset" / "production-cpu.json").exists()


def test_the_parts_are_in_their_order(text):
    assert re.findall(r"^## (.+)$", text, re.M) == [
        "Summary",
        "From Python to machine code",
        "The dataset",
        "Validation",
        "Cost",
        "Comparison with earlier datasets",
        "How to use it",
    ]


def test_the_report_is_short(text):
    prose = re.sub(r"```.*?```", "", text, flags=re.S)
    words = [word for word in re.findall(r"[^\s|]+", prose) if re.search(r"\w", word)]
    assert len(words) < MOST_WORDS
    assert len(re.findall(r"^\| :---|^!\[|^```mermaid", text, re.M)) == MOST_SHOWN


def test_the_summary_says_what_there_is(made, text):
    size = sum(len(r["code"].encode()) for r in made[2]) / 1e6
    bar = next(bar for bar in Ledger([SimpleNamespace(**r) for r in made[2]]).bars() if bar.name == "builtins exercised")
    assert f"**What there is.** 5 CPU records with {size:.3f} MB of C++. A record is " in text
    assert (
        f"There is no CUDA yet. The kernels have 5 distinct program structures from 2 families of algorithms, and call {bar.have} of"
        in text
    )


def test_the_summary_says_how_sure_we_are(text):
    worst = max(forward / tolerance for _, _, forward, _, tolerance in ERRORS)
    gradient = max(backward / (10 * tolerance) for _, status, _, backward, tolerance in ERRORS if status == "checked")
    assert "5 CPU records (100.0%): run on x86_64. What ran agreed" in text
    assert "The gradient of 3 of 5 records (60.0%) was checked" in text
    assert f"The largest error, as a share of its tolerance, is {worst:.1%} in an output and {gradient:.1%} in a gradient." in text
    assert "No run on planted faults is on record.\n" in text


def test_the_summary_names_the_limits(text):
    assert "0 records from a synthesizer, 5 variants of algorithms" in text
    assert "The backward code of 1 record is untested. 1 record has a gradient that is wrong, or would be on a GPU, by a defect" in text
    assert "that of warp-lang 1.19.0, compiled for x86_64 at Warp's default optimization level." in text


def test_splits_are_counted_and_no_cluster_is_in_two(made, text):
    counts = Counter(record["split"] for record in made[2])
    assert f"{counts['train']} train, {counts['validation']} validation and {counts['test']} test records; no cluster of" in text


def test_the_dataset_at_a_glance(made, text):
    records = made[2]
    sizes = Counter(record["cluster"] for record in records)
    together = sum(size for size in sizes.values() if size > 1)
    assert cells(text, "records")[0] == ["5"]
    assert cells(text, "MB of generated code, forward and backward") == [[f"{sum(r['code_bytes'] for r in records) / 1e6:.3f}"]]
    assert cells(text, "MB of Python that it was made of") == [[f"{sum(r['python_bytes'] for r in records) / 1e6:.3f}"]]
    assert cells(text, "program structures") == [["5"]]
    assert cells(text, "clusters of near-duplicates") == [[str(len(sizes))]]
    expected = f"{together} ({together / 5:.1%}); {max(sizes.values())}"
    assert cells(text, "records in clusters of more than one; in the largest") == [[expected]]


def test_what_was_left_out_is_counted(of):
    changes = {"duplicates": {"7/map-000008": "7/map-000000"}, "bridges": {"7/map-000009": "a b", "7/map-000010": "a b"}}
    text = of(lambda data: edit_json(data / "manifest-cpu.json", **changes))
    assert cells(text, "cases left out as duplicates; as bridges") == [["1; 2"]]


def test_compression_is_that_of_the_columns(made, text):
    data, _, records = made
    stored: Counter[str] = Counter()
    for path in (data / "cpu").glob("*.parquet"):
        group = pq.read_metadata(path).row_group(0)
        for number in range(group.num_columns):
            stored[group.column(number).path_in_schema] += group.column(number).total_compressed_size
    code, python = (sum(r[name] for r in records) for name in ("code_bytes", "python_bytes"))
    assert f"the C++ {code / stored['code']:.1f} times (to {stored['code'] / 1e6:.3f} MB)" in text
    assert f"its Python {python / stored['python_source']:.1f} times." in text


def test_coverage_is_that_of_the_ledger(made, text):
    ledger = Ledger([SimpleNamespace(**record) for record in made[2]])
    bars = {bar.name: bar for bar in ledger.bars()}
    lines = ledger.percentiles()["source_lines"][50]
    assert "`program` (0.0% of the records)" in text
    assert f"cover {bars['call sites of real kernels covered'].share:.1%} of the calls of builtins there" in text
    assert f"The median kernel has {lines[0]:.0f} lines" in text
    overloads = bars["overloads exercised"]
    assert f"in {overloads.have:,} of {overloads.of:,} overloads" in text


def test_levels_and_gradient_statuses(text):
    validation = section(text, "Validation")
    assert "- `executed` (5 CPU): the code ran on the processor" in validation
    found = re.findall(r"^- `(\w+)` \((\d) CPU\): .*\.$", validation, re.M)
    assert found == [("executed", "5"), ("checked", "3"), ("not_differentiable", "1"), ("known_limitation", "1")]


def test_errors_as_shares_of_their_tolerances_leave_known_limitations_out(text):
    forward = [error / tolerance for _, _, error, _, tolerance in ERRORS if error == error]
    backward = [error / (10 * tolerance) for _, status, _, error, tolerance in ERRORS if status == "checked"]
    for name, shares, over in (("forward", forward, "none"), ("gradient", backward, "1")):
        told = f"{statistics.median(shares):.1%} of its tolerance in the median and {max(shares):.1%} at most"
        assert f"The largest {name} error of a record is {told} ({len(shares)} records, {over} above it)." in text
    assert "The outputs of 1 record are integers or booleans, and equal." in text


def test_the_defect_that_was_met_comes_first(text):
    defects = section(text, "Defects of Warp and planted faults")
    rows = re.findall(r"^\|(.+)\|(.+)\|(\d+)\|$", defects, re.M)
    assert rows[0] == ("wp.frac(x) has no adjoint; it should be 1.", "wrong gradient", "1")
    assert {count for _, _, count in rows[1:]} == {"0"}
    assert "1 record met 1 of them" in defects


def test_the_comparison_sets_ours_beside_the_earlier_ones(made, text):
    table = section(text, "Comparison with earlier datasets")
    builtins = {name for record in made[2] for name in record["builtins"]}
    assert cells(table, "records") == [["45,000 to 72,000", "5"]]
    assert cells(table, "distinct program structures") == [["66 to 258", "5"]]
    assert cells(table, "builtins named in the Python") == [["8 to 17", str(len(builtins))]]
    assert cells(table, "executed and compared with a reference") == [["none", "5 (100.0%)"]]
    assert cells(table, "gradient checked") == [["none", "3 (60.0%)"]]
    assert "(KernelBook, KernelBench, ComPile, ExeBench, AnghaBench)" in table


def test_a_device_without_data_is_missing_from_the_kernels_way(text):
    assert "**CUDA**: there is none of this kernel; `pytest --device=cuda` over the same seed and indices" in text
    assert "PTX**" not in text
    assert "GPU check" not in text


def test_the_example_is_the_shortest_with_a_function_and_a_branch(made, text):
    first = made[2][0]
    assert first["python_source"].strip() in text
    sizes = f"{first['python_bytes']} bytes of Python became {first['code_bytes']:,} bytes of C++"
    assert f"One kernel on this way, `{first['case']}` of seed 7: {sizes}, forward and backward." in text
    assert f"pytest --device=cpu --seed=7 --case={first['case']}" in text


def test_the_columns_are_counted(text):
    assert f"with {len(SCHEMA.names)} columns" in text


def test_the_lines_that_load_it_run(made, text, capsys):
    [block] = re.findall(r"```python\n(import pyarrow.*?)\n```", text, re.S)
    exec(block)
    assert capsys.readouterr().out.strip() in [r["code"].strip() for r in made[2]]


@pytest.mark.parametrize("name", FIGURES)
def test_headings_are_unique_and_links_lead_somewhere(made, name):
    text = (made[1] / f"{name}.md").read_text()
    outside = re.sub(r"```.*?```", "", text, flags=re.S)
    headings = re.findall(r"^#+ (.+)$", outside, re.M)
    assert len(headings) == len(set(headings)) > 8
    assert all((made[1] / link).is_file() for link in re.findall(r"\]\((.+?)\)", outside))


def test_the_same_data_gives_the_same_bytes_in_another_process_and_with_the_users_settings(made, tmp_path):
    data, output, _ = made
    (tmp_path / "matplotlibrc").write_text("font.size: 30\nsvg.fonttype: none\naxes.grid: True\n")
    environment = os.environ | {"PYTHONHASHSEED": "5", "MATPLOTLIBRC": str(tmp_path)}
    command = [sys.executable, "-m", "harness.report", "--data-dir", str(data), "--output", str(tmp_path / "again")]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert files_in(tmp_path / "again") == files_in(output)


def test_figures_are_well_formed_and_undated(made):
    for plot in PLOTS:
        content = (made[1] / "figures" / plot.name).read_text()
        assert ElementTree.fromstring(content).tag.endswith("svg")
        assert "<dc:date>" not in content


def test_figures_of_two_devices_and_their_productions_are_drawn(tmp_path):
    for device in ("cpu", "cuda"):
        make_dataset(tmp_path / "data", device)
        write_production(tmp_path / "data", device, {}, {"optimization_level": None})
    run_report(tmp_path / "data", tmp_path / "report")
    assert sorted(path.name for path in (tmp_path / "report" / "figures").iterdir()) == sorted(plot.name for plot in PLOTS)


def test_the_users_matplotlib_settings_come_back(made, tmp_path, monkeypatch):
    monkeypatch.setattr("harness.report.figures.PLOTS", [plot for plot in PLOTS if plot.name == "code_size.svg"])
    with matplotlib.rc_context({"font.size": 30.0, "svg.hashsalt": "mine"}):
        run_report(made[0], tmp_path / "report")
        assert (matplotlib.rcParams["font.size"], matplotlib.rcParams["svg.hashsalt"]) == (30.0, "mine")


def test_a_figure_without_data_goes_and_other_files_stay(tmp_path, monkeypatch):
    monkeypatch.setattr("harness.report.figures.PLOTS", [plot for plot in PLOTS if plot.name == "cost.svg"])
    make_dataset(tmp_path / "data", summary=False)
    (tmp_path / "report" / "figures").mkdir(parents=True)
    (tmp_path / "report" / "figures" / "cost.svg").write_text("old")
    (tmp_path / "report" / "figures" / "mine.svg").write_text("kept")
    text = run_report(tmp_path / "data", tmp_path / "report")[0]
    assert "cost.svg" not in text
    assert [path.name for path in (tmp_path / "report" / "figures").iterdir()] == ["mine.svg"]


def test_code_of_another_form_is_not_excerpted(of):
    text = of(code="void scale() {{}}\n")
    assert "**C++**: this kernel's has no few consecutive statements that could be shown by themselves." in text
    assert "```cpp" not in text


def test_a_run_with_nothing_left_to_run(of):
    names = ("run", "passed", "known_limitation", "failed", "skipped", "harvested", "duplicate", "bridge")
    counts = dict.fromkeys(names, 0) | {"asked": 8, "already_there": 8}
    text = of(lambda data: edit_json(data / "summary-cpu.json", cases=counts, failures=[], seconds={}))
    assert "was over 0 cases and took 12.5 s with 2 workers. None was left to run.\n" in text
