"""Cost: the ledger of a production, read as a file, and what is said and drawn of it."""

from __future__ import annotations

import json

import pytest
from report_samples import cells, edit_json, make_dataset, run_report, section, write_production

from generation.production.ledger import FORMAT as WRITTEN
from generation.production.ledger import Ledger, RoundEntry
from harness.errors import DatasetError
from harness.report.cost_figure import draw_cost
from harness.report.production import FORMAT, read_production

ENTRY = RoundEntry(0, 0, 10, None, 9, 1, 0, 8, 1, 0, 2_000_000, 20.0, 40.0, 3_000_000_000, 1)


def test_what_the_production_writes_is_read(tmp_path):
    assert FORMAT == WRITTEN
    Ledger("cpu", 7, 10, 0).with_round(ENTRY).write(tmp_path)
    production = read_production(tmp_path, "cpu")
    [entry] = production.rounds
    assert (production.seed, entry.cases, entry.optimization_level, entry.passed, entry.failed) == (7, 10, None, 9, 1)
    assert (entry.harvested, entry.code_bytes, entry.wall_seconds, entry.cpu_seconds) == (8, 2_000_000, 20.0, 40.0)
    assert (entry.peak_bytes, entry.bytes_per_cpu_second) == (3_000_000_000, 50_000.0)


@pytest.mark.parametrize("rounds", [None, ()])
def test_without_a_round_there_is_no_production(tmp_path, rounds):
    if rounds is not None:
        write_production(tmp_path, "cpu")
    assert read_production(tmp_path, "cpu") is None


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("{", "cannot be read as JSON ("),
        ("[]", "is not the ledger of a production of cpu in the format "),
        ({"device": "cuda"}, "is not the ledger of a production of cpu in the format "),
        ({"rounds": [{}]}, "is damaged (KeyError: 'cases')"),
        ({"rounds": 3}, "is damaged (TypeError: "),
        ({"seed": "x"}, "is damaged (ValueError: "),
    ],
)
def test_a_ledger_of_another_form_is_refused(tmp_path, content, what):
    path = tmp_path / "production-cpu.json"
    write_production(tmp_path, "cpu", {})
    if isinstance(content, str):
        path.write_text(content)
    else:
        edit_json(path, **content)
    with pytest.raises(DatasetError) as raised:
        read_production(tmp_path, "cpu")
    assert str(raised.value).startswith(f"{path} {what}")
    assert str(raised.value).endswith("restore it, or remove it")


@pytest.mark.parametrize(("name", "value"), [("cases", 1.5), ("code_bytes", True), ("wall_seconds", "1"), ("optimization_level", "O0")])
def test_an_amount_of_another_kind_is_refused(tmp_path, name, value):
    write_production(tmp_path, "cpu", {name: value})
    with pytest.raises(DatasetError, match=f"its {name} is {value!r}"):
        read_production(tmp_path, "cpu")


@pytest.fixture(scope="module")
def texts(tmp_path_factory, no_figures):
    """The report and its appendix on a production of two rounds."""
    folder = tmp_path_factory.mktemp("produced")
    make_dataset(folder / "data")
    second = {"optimization_level": None, "passed": 10, "failed": 0, "code_bytes": 10_000_000, "peak_bytes": 2_500_000_000}
    write_production(folder / "data", "cpu", {}, second)
    return run_report(folder / "data", folder / "report")


def test_the_production_is_told_by_its_sums(texts):
    assert section(texts[0], "Cost").strip() == (
        "**CPU**: the production ran 20 cases in 2 rounds; 95.0% passed. It made 40.0 MB in 3.3 min of wall time and 6.7 min of CPU time: "
        "100.0 KB of code per CPU second, with at most 2.5 GB of memory."
    )


def test_every_round_has_a_line(texts):
    table = section(texts[1], "Rounds of the production")
    assert cells(table, "CPU, 0") == [["0", "10", "90.0%", "8", "30.000", "100.0 s", "3.3 min", "150.0", "2.00"]]
    assert cells(table, "CPU, 1") == [["default", "10", "100.0%", "8", "10.000", "100.0 s", "3.3 min", "50.0", "2.50"]]
    assert cells(table, "CPU, all")[0][:5] == ["0", "20", "95.0%", "16", "40.000"]


def test_a_round_that_made_nothing_has_no_rate(tmp_path):
    write_production(tmp_path, "cpu", {"code_bytes": 0})
    assert read_production(tmp_path, "cpu").rounds[0].bytes_per_cpu_second is None


class Data:
    """A device as far as the figure of cost knows it."""

    def __init__(self, device, production=None, seconds=None):
        self.device, self.production = device, production
        self.run = None if seconds is None else type("Run", (), {"seconds": seconds})


class Material:
    def __init__(self, *devices):
        self.devices = devices


def test_the_figure_has_a_panel_for_stages_and_one_for_rounds(tmp_path):
    write_production(tmp_path, "cpu", {}, {"code_bytes": 10_000_000})
    figure = draw_cost(Material(Data("cpu", read_production(tmp_path, "cpu"), {"build": 3.0, "run": 1.0})))
    stages, rounds = figure.axes
    assert [bar.get_width() for bar in stages.patches] == [75.0, 25.0]
    assert list(rounds.lines[0].get_ydata()) == [150.0, 50.0]


def test_there_is_no_figure_of_nothing():
    assert draw_cost(Material(Data("cpu"))) is None


def test_the_sample_has_every_field_of_a_round(tmp_path):
    write_production(tmp_path, "cpu", {})
    [entry] = json.loads((tmp_path / "production-cpu.json").read_text())["rounds"]
    assert RoundEntry(**entry).cases == 10
