"""The run summary: its fields, its counts, and the lines for the terminal."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from harness.dataset import Committed, Tally
from harness.errors import DatasetError
from harness.options import Options
from harness.result import CaseResult
from harness.summary import build_summary, summary_text, write_summary

OPTIONS = Options("cpu", 7, 10, 6, ("map", "scan"), None, Path("data"), 0, 32)
RESULTS = [
    CaseResult("map-000010", True, "", "checked", "executed_on_host", seconds={"run": 0.25, "build": 1.0}),
    CaseResult("scan-000011", True, "", "known_limitation:frac", "executed_on_host", seconds={"run": 0.5}),
    CaseResult("map-000014", True, "", "not_executed", "compiled", "asm needs a GPU"),
    CaseResult("scan-000013", False, reason="forward: out differs", reproduction="failures/scan-000013.py"),
    CaseResult("map-000012", False, reason="crash: SIGSEGV while running"),
    CaseResult("scan-000015", False, skipped="needs warp-lang 1.19: bit_count"),
]
COMMITTED = Committed(rows=1, duplicates=1, code_bytes=13_000, by_family={"map": Tally(1, 0, code_bytes=13_000), "scan": Tally(0, 1)})


def summary(results=RESULTS, committed=COMMITTED):
    return build_summary(
        OPTIONS,
        results,
        committed,
        asked=6,
        already_there=2,
        arch="x86_64",
        warp_version="1.19.0",
        workers=2,
        day=date(2026, 1, 2),
        wall_seconds=12.34567,
        exit_status=1,
    )


def test_the_summary_has_the_fixed_fields():
    assert " ".join(summary()) == (
        "format device seed start count families optimization_level default_level_every arch warp_version numpy_version "
        "python_version harness_version workers date cases validation not_executed skipped gradient by_family failures seconds "
        "wall_seconds code_bytes exit_status lost"
    )
    assert summary()["numpy_version"] == np.__version__
    assert summary()["date"] == "2026-01-02"


def test_counts():
    made = summary()
    assert made["cases"] == {
        "asked": 6,
        "already_there": 2,
        "run": 5,
        "passed": 3,
        "known_limitation": 1,
        "failed": 2,
        "skipped": 1,
        "harvested": 1,
        "duplicate": 1,
        "bridge": 0,
    }
    assert made["validation"] == {"compiled": 1, "executed_on_host": 2}
    assert made["not_executed"] == {"asm needs a GPU": 1}
    assert made["skipped"] == {"needs warp-lang 1.19: bit_count": 1}
    assert made["gradient"] == {"checked": 1, "known_limitation:frac": 1, "not_executed": 1}
    assert made["seconds"] == {"build": 1.0, "run": 0.75}
    assert made["by_family"] == {
        "map": {"run": 3, "passed": 2, "failed": 1, "harvested": 1, "duplicate": 0, "bridge": 0, "code_bytes": 13_000},
        "scan": {"run": 2, "passed": 1, "failed": 1, "harvested": 0, "duplicate": 1, "bridge": 0, "code_bytes": 0},
    }


def test_failures_are_in_the_order_of_their_cases():
    assert summary()["failures"] == [
        {"case": "map-000012", "reason": "crash: SIGSEGV while running", "reproduction": ""},
        {"case": "scan-000013", "reason": "forward: out differs", "reproduction": "failures/scan-000013.py"},
    ]
    assert summary(RESULTS[::-1]) == summary()


def test_a_run_of_nothing_has_a_summary():
    made = summary([], Committed())
    assert [made[name] for name in ("validation", "not_executed", "gradient", "by_family", "failures")] == [{}, {}, {}, {}, []]
    assert "0 run: 0 passed, 0 failed\nvalidation: none\n" in summary_text(made)


def test_the_file_is_replaced_whole(tmp_path):
    (tmp_path / "summary-cpu.json").write_text("old")
    path = write_summary(tmp_path, summary())
    assert path == tmp_path / "summary-cpu.json"
    assert json.loads(path.read_text()) == summary()
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_one_line(tmp_path):
    message = (
        f"{tmp_path / 'none' / 'summary-cpu.json'} cannot be written (No such file or directory): make room, or give another --data-dir"
    )
    with pytest.raises(DatasetError, match=f"^{re.escape(message)}$"):
        write_summary(tmp_path / "none", summary())


def test_lines_for_the_terminal():
    assert summary_text(summary()).splitlines() == [
        "cpu: 6 cases asked, 2 already there, 5 run: 3 passed (1 with a known limitation), 2 failed, 1 skipped",
        "validation: 1 compiled, 2 executed_on_host",
        "harvested 1 records, 0.013 MB of code; left out 1 whose structure is there already; 12.3 s",
        "1 not executed: asm needs a GPU",
        "1 skipped: needs warp-lang 1.19: bit_count",
        "failed map-000012: crash: SIGSEGV while running",
        "failed scan-000013: forward: out differs [failures/scan-000013.py]",
    ]


def test_many_failures_are_cut_short():
    results = [CaseResult(f"map-{i:06d}", False, reason="r") for i in range(25)]
    lines = summary_text(summary(results)).splitlines()
    assert len(lines) == 3 + 10 + 1
    assert lines[-1] == "and 15 failures more, in the summary"
