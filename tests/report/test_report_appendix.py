"""The appendix: the tables in full, with the numbers that the records give."""

from __future__ import annotations

import statistics
from collections import Counter
from types import SimpleNamespace

import pytest
from report_samples import ERRORS, cells, edit_json, make_dataset, run_report, section

from harness.oracle.ledger import LEDGER
from kernels.coverage.ledger import Ledger
from kernels.coverage.profile import read_profile
from kernels.coverage.registry import read_registry

pytestmark = pytest.mark.usefixtures("no_figures")


@pytest.fixture(scope="module")
def made(tmp_path_factory, no_figures):
    """The data folder, the records, and the appendix."""
    folder = tmp_path_factory.mktemp("made")
    records = make_dataset(folder / "data")
    return folder / "data", records, run_report(folder / "data", folder / "report")[1]


@pytest.fixture(scope="module")
def records(made):
    return made[1]


@pytest.fixture(scope="module")
def text(made):
    return made[2]


def test_sizes_by_split(records, text):
    for split in ("train", "validation", "test", "all"):
        mine = [r for r in records if split in (r["split"], "all")]
        megabytes = sum(len(r["code"].encode()) for r in mine) / 1e6
        counts = [str(len({r[name] for r in mine})) for name in ("structure_hash", "cluster")]
        assert cells(text, f"CPU, {split}") == [[str(len(mine)), f"{megabytes:.3f}", *counts]]


@pytest.mark.parametrize(("name", "column"), [("code", "code_bytes"), ("Python", "python_bytes")])
def test_bytes_per_record(records, text, name, column):
    sizes = [r[column] for r in records]
    row = cells(text, f"CPU, {name}")[0]
    assert [row[0], row[2], row[4]] == [f"{value:,.0f}" for value in (min(sizes), statistics.median(sizes), max(sizes))]


def test_records_by_the_size_of_their_cluster(records, text):
    sizes = Counter(r["cluster"] for r in records)
    [(clusters, largest, classes)] = cells(section(text, "Clusters of near-duplicates"), "CPU")[:1]
    assert (clusters, largest) == (str(len(sizes)), str(max(sizes.values())))
    assert sum(int(part.split(": ")[1].split(" ")[0]) for part in classes.split(", ")) == len(records)


@pytest.mark.parametrize("column", ["family", "gradient"])
def test_counts_and_shares(records, text, column):
    for value, count in Counter(r[column] for r in records).items():
        assert [str(count), f"{count / len(records):.1%}"] in cells(text, f"`{value}`")


def test_features_stand_beside_real_kernels(records, text):
    counts = Counter(feature for r in records for feature in r["features"])
    table = section(text, "Statement forms")
    for feature, real in read_profile().features.items():
        assert cells(table, f"`{feature}`") == [[str(counts[feature]), f"{counts[feature] / len(records):.1%}", f"{real:.1%}"]]
    assert cells(table, "`shape_query`") == [[str(counts["shape_query"]), f"{counts['shape_query'] / len(records):.1%}", "not counted"]]


def test_coverage_is_that_of_the_ledger(records, text):
    for bar in Ledger([SimpleNamespace(**record) for record in records]).bars():
        assert cells(text, bar.name) == [[f"{bar.have:,.0f}", f"{bar.of:,.0f}", f"{bar.share:.1%}"]]
    assert cells(text, "overloads exercised")[0][0] == "2"


def test_every_builtin_has_a_line(text):
    lines = [line for line in section(text, "Builtins").splitlines() if line.count("|") == 6][2:]
    assert len(lines) == len(read_registry().builtins)
    [(group, records, overloads, adjoint)] = cells("\n".join(lines), "`mul`")
    assert (group, records, overloads.split(" of ")[0], adjoint) == ("Operators", "5", "1", "3")


@pytest.mark.parametrize("tolerance", [1e-13, 4e-6])
@pytest.mark.parametrize("gradient", [False, True])
def test_errors_by_tolerance_leave_known_limitations_out(text, tolerance, gradient):
    place = 3 if gradient else 2
    errors = [e[place] for e in ERRORS if e[4] == tolerance and (not gradient or e[1] == "checked")]
    bound = 10 * tolerance if gradient else tolerance
    expected = [str(len(errors)), str(errors.count(0.0)), f"{statistics.median(errors):.1e}", f"{max(errors):.1e}"]
    assert cells(text, f"CPU, {bound:.0e}") == [[*expected, f"{max(errors) / bound:.1%}"]]


def test_every_defect_has_a_line_that_says_how_many_records_met_it(text):
    table = section(text, "Known defects and limitations of Warp")
    for entry in LEDGER.values():
        [row] = cells(table, f"`{entry.name}`")
        assert (row[2], row[3]) == (entry.what, "1" if entry.name == "frac" else "0")


def test_the_last_run(text):
    assert "(2026-01-02, seed 7, indices 0 to 7, 2 workers) was asked for 8 cases: 2 were there already, 6 were run." in text
    assert f"5 passed (1 with a known limitation), {5 / 6:.1%} of those run; 1 failed." in text
    assert "- `map-000005`: `forward: a|b 'differs'`\n" in text
    assert cells(text, "build") == [["9.0", f"{9 / 10.25:.1%}"]]
    assert cells(text, "check") == [["1.2", f"{1.25 / 10.25:.1%}"]]
    assert "Its stages took 10.2 s, summed over 2 workers:" in text


def test_cases_that_need_a_newer_warp_are_told(tmp_path):
    make_dataset(tmp_path / "data")
    counts = {"asked": 8, "already_there": 0, "run": 6, "passed": 6, "known_limitation": 0, "failed": 0, "harvested": 5, "duplicate": 1}
    edit_json(tmp_path / "data" / "summary-cpu.json", cases=counts | {"skipped": 2, "bridge": 0})
    assert "6 were run, and 2 need a newer Warp. 6 passed" in run_report(tmp_path / "data", tmp_path / "report")[1]


def test_without_a_summary_the_run_is_said_to_be_unknown(tmp_path):
    make_dataset(tmp_path / "data", summary=False)
    text, appendix = run_report(tmp_path / "data", tmp_path / "report")
    assert "There is no summary of a run on CPU." in appendix
    assert "**CPU**: there is neither the ledger of a production nor the summary of a run." in text
