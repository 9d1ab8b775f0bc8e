"""What a production writes into GENERATION_STATE.md, from the first phase to the last, and the report that it has written."""

import errno
import os
from dataclasses import replace
from datetime import date

import pytest
from samples_of_production import ENTRY, ledger_with, request_in

from generation.production import journal
from generation.production.request import ProductionError
from harness.state import State, read_state, write_state

DAY = date(2026, 1, 31)

CPU = ledger_with(ENTRY, ENTRY)
CUDA = ledger_with(ENTRY, device="cuda")


@pytest.fixture
def request_(tmp_path):
    return request_in(tmp_path)


@pytest.fixture
def state(request_):
    """Reads the state that is there now."""
    return lambda: read_state(request_.state)


def given(request, phase, status="in_progress", **more):
    write_state(request.state, State(phase, status, "Do something else.", **more))


def test_a_folder_without_a_state_is_at_its_beginning(request_, tmp_path):
    state = journal.begin(request_)
    assert (state.phase, state.status) == ("P1", "in_progress")
    assert state.next_action == f"Make the CPU dataset: `python -m generation.produce --device cpu --data-dir {tmp_path}`."
    assert not request_.state.exists()


def test_a_state_that_is_damaged_is_refused_in_one_line(request_):
    request_.state.write_text("# Generation State\n- **Phase**: P9 (Sale)\n")
    with pytest.raises(ProductionError, match=r"GENERATION_STATE\.md: line 2: unknown phase 'P9 \(Sale\)': use one of"):
        journal.begin(request_)


@pytest.mark.parametrize(("phase", "device"), [("P1", "cpu"), ("P2", "cuda"), ("P3", None)])
def test_a_phase_is_about_a_device(phase, device):
    assert journal.device_of(State(phase, "in_progress", "Go on.")) == device


def test_after_a_round_it_says_how_to_go_on(request_, state, tmp_path):
    journal.note_round(request_, CPU)
    command = f"`python -m generation.produce --device cpu --target-mb 5 --data-dir {tmp_path}`"
    assert state().next_action == f"Go on with round 2: {command} (180 records, 4.0 MB so far)."
    assert (state().phase, state().log) == ("P1", ())


def test_the_project_s_own_folder_is_not_named(request_, state):
    request = replace(request_, data_dir=journal.ROOT / "generation" / "data")
    given(request, "P1")
    journal.note_round(request, CPU)
    assert "--data-dir" not in state().next_action


def test_what_people_wrote_stays(request_, state):
    given(request_, "P1", findings=("Loops are slow.",), log=((DAY, "Looked at loops."),))
    journal.note_round(request_, CPU)
    journal.note_target(request_, CPU, DAY)
    assert state().findings == ("Loops are slow.",)
    assert state().log[0] == (DAY, "Looked at loops.")


def test_the_cpu_s_target_leads_to_cuda(request_, state, tmp_path):
    given(request_, "P1")
    journal.note_target(request_, CPU, DAY)
    assert (state().phase, state().status) == ("P2", "in_progress")
    assert state().next_action == f"Make the CUDA dataset: `python -m generation.produce --device cuda --data-dir {tmp_path}`."
    assert state().log == ((DAY, "CPU: 4.0 MB in 180 records, by 2 rounds of up to 100 cases of seed 3."),)


def test_cuda_s_target_leads_to_the_report(request_, state, tmp_path):
    given(request_, "P2")
    journal.note_target(request_, CUDA, DAY)
    assert (state().phase, state().status) == ("P3", "in_progress")
    assert state().next_action == f"Write the report: `python -m generation.produce --data-dir {tmp_path}`."
    assert state().log == ((DAY, "CUDA: 2.0 MB in 90 records, by 1 round of up to 100 cases of seed 3."),)


def test_the_report_completes_the_work(request_, state):
    given(request_, "P3")
    journal.note_report(request_)
    assert (state().phase, state().status) == ("P3", "completed")
    assert state().next_action == "None: the datasets and the report are there."


def test_without_a_report_the_work_is_not_complete(request_, state):
    given(request_, "P3")
    journal.note_report(replace(request_, report=None))
    assert state().status == "in_progress"


@pytest.mark.parametrize("phase", ["P1", "P2"])
def test_a_report_before_its_phase_completes_nothing(request_, state, phase):
    given(request_, phase)
    journal.note_report(request_)
    assert (state().phase, state().status) == (phase, "in_progress")


@pytest.mark.parametrize(
    ("phase", "status", "ledger", "action"),
    [
        ("P1", "in_progress", CUDA, "Make the CPU dataset: "),
        ("P2", "in_progress", CPU, "Make the CUDA dataset: "),
        ("P3", "in_progress", CPU, "Write the report: "),
        ("P3", "completed", CPU, "None: "),
    ],
)
def test_a_target_of_another_phase_leaves_the_phase_with_its_own_next_action(request_, state, phase, status, ledger, action):
    given(request_, phase, status)
    journal.note_round(request_, ledger)
    journal.note_target(request_, ledger, DAY)
    assert (state().phase, state().status) == (phase, status)
    assert state().next_action.startswith(action)
    assert len(state().log) == 1


def test_a_target_that_was_met_before_is_not_logged_again(request_, state):
    journal.note_target(request_, CPU, DAY)
    journal.note_target(request_, CPU, date(2026, 2, 1))
    assert len(state().log) == 1


def test_a_stop_has_its_reason(request_, state):
    given(request_, "P2")
    journal.note_stop(request_, "round 3 repeats itself")
    assert state().next_action == "Production stopped: round 3 repeats itself"
    assert (state().phase, state().status) == ("P2", "in_progress")


def test_a_full_disk_leaves_the_old_state(request_, state, monkeypatch):
    given(request_, "P1")

    def refuse(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(ProductionError) as refused:
        journal.note_round(request_, CPU)
    assert str(refused.value) == f"{request_.state} cannot be written (No space left on device): make room, or give another --state"
    assert state().next_action == "Do something else."


def test_no_report_is_written_where_none_is_asked_for(tmp_path):
    assert journal.write_report(request_in(tmp_path, "--no-report")) == ""


def test_a_report_that_cannot_be_written_is_said_in_one_line(request_):
    with pytest.raises(ProductionError) as refused:
        journal.write_report(request_)
    [line] = str(refused.value).splitlines()
    assert line.startswith(f"the report was not written: {request_.data_dir}")


def test_a_report_that_was_killed_is_said_in_one_line(request_, monkeypatch):
    monkeypatch.setattr(journal.sys, "executable", "/bin/false")
    with pytest.raises(ProductionError, match=r"^the report was not written: it said nothing$"):
        journal.write_report(request_)


def test_reports_take_no_more_than_a_twentieth_of_the_time(request_, monkeypatch):
    now = [1000.0]

    def write(request):
        now[0] += 4.0
        return "written"

    monkeypatch.setattr(journal, "write_report", write)
    monkeypatch.setattr(journal.time, "monotonic", lambda: now[0])
    reports = journal.Reports(request_)
    assert reports.due
    assert reports.write() == "written"
    now[0] += 79.0
    assert not reports.due
    now[0] += 1.0
    assert reports.due
