"""GENERATION_STATE.md and the report, kept up to date by a production."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

from generation.production.ledger import Ledger
from generation.production.request import ROOT, ProductionError, Request
from harness.state import PHASES, State, StateError, read_state, write_state

PHASE_OF = {"cpu": "P1", "cuda": "P2"}

_BEGUN = State("P1", "in_progress", "Make the CPU dataset: python -m generation.produce")


def begin(request: Request) -> State:
    """The state as it stands; a new one where the folder given has none. Raises ProductionError if it cannot be read."""
    if not request.state.exists() and not request.is_default_folder:
        return _BEGUN
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
    command = f"python -m generation.produce --device {ledger.device} --target-mb {request.target_bytes / 1e6:g}"
    reached = f"{records} records, {code_bytes / 1e6:.1f} MB"
    _write(request, state.with_next_action(f"Go on with round {len(ledger.rounds)}: `{command}` ({reached} so far)."))


def note_target(request: Request, ledger: Ledger, day: date) -> None:
    """Says in the state that the target is met, and moves on to the next phase if this one was about it."""
    state = begin(request)
    records, code_bytes, *_ = ledger.counted
    rounds = f"{len(ledger.rounds)} round{'s' * (len(ledger.rounds) != 1)}"
    activity = (
        f"{PHASES[PHASE_OF[ledger.device]]}: {code_bytes / 1e6:.1f} MB in {records} records, by {rounds} of {ledger.round_cases} cases "
        f"of seed {ledger.seed}."
    )
    if (day, activity) not in state.log:
        state = state.with_activity(day, activity)
    if device_of(state) == ledger.device:
        action = {
            "cpu": "Make the CUDA dataset: `python -m generation.produce --device cuda`.",
            "cuda": "Look at the report that production wrote, and commit it.",
        }[ledger.device]
        state = state.advance(action)
    _write(request, state)


def note_report(request: Request) -> None:
    """Says in the state that the report on both datasets is there, if that was the phase."""
    state = begin(request)
    if state.phase == "P3" and state.status == "in_progress":
        _write(request, replace(state.advance("None: the datasets and the report are there.")))


def note_stop(request: Request, reason: str) -> None:
    """Says in the state why the production stopped."""
    _write(request, begin(request).with_next_action(f"Production stopped: {reason}"))


def write_report(request: Request) -> str:
    """Has the report written; the line that says so. Raises ProductionError with what the command said if it could not be."""
    if request.report is None:
        return ""
    command = [sys.executable, "-m", "harness.report", "--data-dir", str(request.data_dir), "--output", str(request.report)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["it said nothing"]
        raise ProductionError(f"the report was not written: {lines[-1]}")
    return done.stdout.strip()


def _write(request: Request, state: State) -> None:
    try:
        request.state.parent.mkdir(parents=True, exist_ok=True)
        write_state(request.state, state)
    except (StateError, OSError) as error:
        raise ProductionError(f"{error}: make room, or give another --state") from None


def log_of(data_dir: Path, device: str) -> Path:
    """Where the output of a round's pytest goes."""
    return data_dir / device / "round.log"
