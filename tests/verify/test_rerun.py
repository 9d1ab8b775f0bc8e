"""How records come to be run again: what with, in which batches, and what keeps one from being run. Nothing is compiled here."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from harvest.samples import PREAMBLE
from verify_samples import commit, consistent, wave

from generation.code.job import Outcome
from generation.code.settings import Reach, Settings
from harness.oracle import Verdict
from harness.records import make_record
from harness.verification import rerun as module
from harness.verification.rerun import rerun
from harness.verification.source import open_source

HOST = Reach("executed", ("x86_64",), ("x86_64",))
GPU = Reach("executed", ("GPU",), ("sm_80",), gpus=1)


@pytest.fixture
def runs(monkeypatch):
    """What was run, with what: every job is said to have been compiled only."""
    seen: list[tuple[Settings, list[tuple[str, int, int]]]] = []

    class Runner:
        warp_version = "1.19.0"

        def __init__(self, device, settings):
            self._settings = settings

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def run(self, jobs):
            if jobs:
                seen.append((self._settings, [(job.case.id, job.case.seed, len(job.launches)) for job in jobs]))
            return {job.case.id: outcome_of(job.case) for job in jobs}

    monkeypatch.setattr(module, "BatchRunner", Runner)
    return seen


def outcome_of(case):
    return Outcome(case.id, f"// {case.seed}/{case.id}\n", PREAMBLE, validation="compiled", arch="sm_90", not_executed="it waits")


def record_of(case, device="cuda"):
    verdict = Verdict(case.id, True, "", "not_executed", math.nan, math.nan, math.nan, "")
    return make_record(case, outcome_of(case), verdict, device=device, optimization_level=0, warp_version="1.19.0")


def found(folder, records, reach=HOST, level=None, device="cuda"):
    commit(folder, device, [(record, PREAMBLE) for record in records])
    source = open_source(folder, device)
    return {finding.case: finding for finding in rerun(source, source.places, reach, level)}


def test_records_that_agree(tmp_path, runs):
    findings = found(tmp_path, [record_of(wave(index)) for index in range(3)])
    assert [(f.text, f.results, f.agrees, f.remarks) for f in findings.values()] == [("same", "agree", True, ())] * 3


def test_a_record_is_compiled_as_it_was(tmp_path, runs):
    found(tmp_path, [record_of(wave(0)) | {"optimization_level": 2, "arch": "sm_75", "ptx": "// ptx\n", "resources": "{}"}])
    assert [settings for settings, _ in runs] == [Settings(2, 75, with_ptx=True)]


def test_records_that_were_compiled_in_other_ways_are_kept_apart(tmp_path, runs):
    records = [record_of(wave(0)), record_of(wave(1)) | {"optimization_level": None}, record_of(wave(2))]
    found(tmp_path, records)
    assert sorted(len(batch) for _, batch in runs) == [1, 2]


def test_the_level_that_is_asked_for_holds_for_all(tmp_path, runs):
    found(tmp_path, [record_of(wave(0)), record_of(wave(1)) | {"optimization_level": None}], level=3)
    assert [(settings, len(batch)) for settings, batch in runs] == [(Settings(3, 90), 2)]


def test_a_gpu_gets_what_it_can_run(tmp_path, runs):
    found(tmp_path, [record_of(wave(0)), record_of(wave(1)) | {"arch": "sm_75"}], reach=GPU)
    assert {settings for settings, _ in runs} == {Settings(0, 80, gpu=0), Settings(0, 75, gpu=0)}


def test_the_cpu_has_no_architecture_to_ask_for(tmp_path, runs):
    found(tmp_path, [record_of(wave(0), "cpu") | {"arch": "aarch64"}], device="cpu")
    assert [settings for settings, _ in runs] == [Settings(0)]


def test_cases_of_one_name_are_in_batches_of_their_own(tmp_path, runs):
    found(tmp_path, [record_of(wave(0, seed=1)), record_of(wave(1)), record_of(replace(wave(3, seed=2), index=0))])
    assert [len(batch) for _, batch in runs] == [2, 1]
    assert all(len({name for name, *_ in batch}) == len(batch) for _, batch in runs)


def test_a_record_whose_reference_fails_is_generated_all_the_same(tmp_path, runs):
    record = consistent(record_of(wave(0)), reference_source="def reference(x):\n    return 1 / 0\n")
    (finding,) = found(tmp_path, [record]).values()
    assert [launches for *_, launches in runs[0][1]] == [0]
    assert (finding.text, finding.results) == ("same", "differ")
    assert finding.remarks == ("prepare: reference: ZeroDivisionError: division by zero (line 2 of the reference)",)


def test_a_launch_that_describes_no_case_is_a_difference(tmp_path, runs):
    (finding,) = found(tmp_path, [record_of(wave(0)) | {"launch": "{}"}]).values()
    assert runs == []
    assert (finding.text, finding.results) == ("not_made", "differ")
    assert finding.remarks == ("launch describes no case (KeyError: 'arguments')",)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"optimization_level": 7}, "optimization_level is 7: there are 0 to 3"),
        ({"arch": "sm_12"}, "--arch 12: use one of 75, "),
        ({"arch": "volta"}, "--arch 0: use one of 75, "),
    ],
)
def test_what_nothing_can_be_compiled_with_is_not_run(tmp_path, runs, changes, reason):
    (finding,) = found(tmp_path, [record_of(wave(0)) | changes]).values()
    assert runs == []
    assert (finding.text, finding.results) == ("not_made", "not_run")
    assert finding.remarks[0].startswith(reason)


def test_a_builtin_of_a_newer_warp_is_not_run(tmp_path, runs, monkeypatch):
    monkeypatch.setattr(module, "lacking", lambda text: "needs warp-lang 1.20: sin")
    (finding,) = found(tmp_path, [record_of(wave(0))]).values()
    assert runs == []
    assert (finding.text, finding.results, finding.remarks) == ("not_made", "not_run", ("needs warp-lang 1.20: sin",))


def test_a_column_that_does_not_follow_is_a_difference_in_text(tmp_path, runs):
    (finding,) = found(tmp_path, [record_of(wave(0)) | {"pair_id": "0123"}]).values()
    assert (finding.text, finding.results) == ("differs", "agree")
    assert finding.remarks[0].startswith("pair_id is 0123, by the other columns it is ")
