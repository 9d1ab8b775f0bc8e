"""GENERATION_STATE.md and the report, kept up to date by a production."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

from generation.production.ledger import Ledger
from generation.production.request import ROOT, ProductionError, Request
from generation.production.tree import dies_with
from harness.state import PHASES, State, StateError, read_state, write_state

MOST_FOR_REPORTS = 0.05
"""The share of a production's time that goes into reports."""

PHASE_OF = {"cpu": "P1", "cuda": "P2"}

_PURPOSES = {"P1": "Make the CPU dataset", "P2": "Make the CUDA dataset", "P3": "Write the report"}
_DONE = "None: the datasets and the report are there."


def begin(request: Request) -> State:
    """The state as it stands; a new one where the folder given has none. Raises ProductionError if it cannot be read."""
    if not request.state.exists() and not request.is_default_folder:
        return State("P1", "in_progress", _next_action(request, "P1"))
    try:
        return read_state(request.state)
    except StateError as error:
        raise ProductionError(str(error)) from None


def device_of(state: State) -> str | None:
    """The device that the state's phase is about, or None in the phase of the report."""
    return next((device for device, phase in PHASE_OF.items() if phase == state.phase), None)


def note_round(request: Request, ledger: Ledger) -> None:
    """Says in the state where the production goes on."""
    state = begin(request)
    records, code_bytes, *_ = ledger.counted
    command = _command(request, f" --device {ledger.device} --target-mb {request.target_bytes / 1e6:g}")
    reached = f"{records} records, {code_bytes / 1e6:.1f} MB"
    _write(request, state.with_next_action(f"Go on with round {len(ledger.rounds)}: {command} ({reached} so far)."))


def note_target(request: Request, ledger: Ledger, day: date) -> None:
    """Says in the state that the target is met, and moves on to the next phase if this one was about it."""
    state = begin(request)
    records, code_bytes, *_ = ledger.counted
    rounds = f"{len(ledger.rounds)} round{'s' * (len(ledger.rounds) != 1)} of up to {ledger.round_cases} cases"
    activity = f"{PHASES[PHASE_OF[ledger.device]]}: {code_bytes / 1e6:.1f} MB in {records} records, by {rounds} of seed {ledger.seed}."
    if activity not in [known for _, known in state.log]:
        state = state.with_activity(day, activity)
    if device_of(state) == ledger.device:
        state = state.advance(_DONE)
    _write(request, state.with_next_action(_DONE if state.status == "completed" else _next_action(request, state.phase)))


def note_report(request: Request) -> None:
    """Says in the state that the report on both datasets is there, if that was the phase and one was asked for."""
    state = begin(request)
    if request.report is not None and state.phase == "P3" and state.status == "in_progress":
        _write(request, state.advance(_DONE))


def note_stop(request: Request, reason: str) -> None:
    """Says in the state why the production stopped."""
    _write(request, begin(request).with_next_action(f"Production stopped: {reason}"))


class Reports:
    """Writes the report while a production runs. It takes longer the more there is, and must not be what a large production does."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._ended, self._took = time.monotonic(), 0.0

    @property
    def due(self) -> bool:
        """Whether what the last one took is no more than its share of the time since."""
        return self._took <= MOST_FOR_REPORTS * (time.monotonic() - self._ended)

    def write(self) -> str:
        """Have the report written, as `write_report`."""
        began = time.monotonic()
        line = write_report(self._request)
        self._ended = time.monotonic()
        self._took = self._ended - began
        return line


def write_report(request: Request) -> str:
    """Has the report written; the line that says so. Raises ProductionError with what the command said if it could not be."""
    if request.report is None:
        return ""
    command = [sys.executable, "-m", "harness.report", "--data-dir", str(request.data_dir), "--output", str(request.report)]
    # One that outlived this process would be in the way of the next call's.
    tied = dies_with(os.getpid())
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL, preexec_fn=tied)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["it said nothing"]
        raise ProductionError(f"the report was not written: {lines[-1]}")
    return done.stdout.strip()


def _next_action(request: Request, phase: str) -> str:
    """What a phase that is in progress calls for."""
    device = next((f" --device {device}" for device, about in PHASE_OF.items() if about == phase), "")
    return f"{_PURPOSES[phase]}: {_command(request, device)}."


def _command(request: Request, options: str) -> str:
    folder = "" if request.is_default_folder else f" --data-dir {request.data_dir}"
    return f"`python -m generation.produce{options}{folder}`"


def _write(request: Request, state: State) -> None:
    try:
        request.state.parent.mkdir(parents=True, exist_ok=True)
        write_state(request.state, state)
    except (StateError, OSError) as error:
        raise ProductionError(f"{error}: make room, or give another --state") from None


def log_of(data_dir: Path, device: str) -> Path:
    """Where the output of a round's pytest goes: hidden, so that who reads the folder as a dataset does not take it for a shard."""
    return data_dir / device / ".round.log"
