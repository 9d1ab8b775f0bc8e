"""Watching a child from the server: hears its greeting, passes on a batch's outcomes, keeps its time limits, and says how it ended.

Only whole frames are passed on, and the child's own words (clang writes to file descriptor 2) are kept up to a bound for the reason.
"""

from __future__ import annotations

import os
import pickle
import re
import select
import selectors
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

from generation.code.target import BuildError, Progress, Stage, one_line
from harness.frames import ENDING, MARK, OUTCOME, READ_SIZE, READY, Frame, FrameReader, send_raw

_KEPT_OUTPUT = 1 << 16
_EXIT_SECONDS = 10.0
_PLACE = re.compile(r"([^\s:/\\()]+)(?::\d+:\d+|\(\d+\)): (?:fatal error|catastrophic error|error|note)(?: #\S+)?: ")
"""A message of clang's or NVRTC's that points into a case's code, which goes by the case's id; files have a path."""
_DOING: dict[Stage, str] = {"define": "being defined", "emit": "generating code", "build": "compiling", "run": "running"}


class OwnerGoneError(Exception):
    """Whoever asked for the batch has closed the server's standard input."""


class RefusedError(RuntimeError):
    """A child cannot prepare its target. The message is one line."""


class _BrokenFrameError(Exception):
    """The child sent what is no frame: its memory is not to be trusted any more."""


@dataclass(frozen=True)
class Limits:
    """Seconds of wall time: for the build of a batch, and for each case in any other stage."""

    build_seconds: float
    case_seconds: float

    def of(self, stage: Stage) -> float:
        """The limit of a stage."""
        return self.build_seconds if stage == "build" else self.case_seconds


@dataclass(frozen=True)
class Ending:
    """How a batch's child ended: `reason` is None if it did all it had to; `suspect` is the id of the case it was busy with, if any."""

    reason: str | None = None
    suspect: str = ""


class _Watched:
    """What is known of the child so far."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.mark: Progress | None = None
        self.deadline = time.monotonic() + limits.build_seconds
        self.ended = False
        self.own_account: str | None = None
        self.output = bytearray()

    def on_mark(self, mark: Progress) -> None:
        """Notes what the child is about to do. Launches of one case share one limit."""
        same_run = self.mark is not None and (mark.stage, mark.case_id) == (self.mark.stage, self.mark.case_id)
        if not same_run:
            self.deadline = time.monotonic() + self.limits.of(mark.stage)
        self.mark = mark

    def on_ending(self, own_account: str | None) -> None:
        """The child says that it is done; it still has to leave."""
        self.ended = True
        self.own_account = own_account
        self.deadline = time.monotonic() + _EXIT_SECONDS


def watch(child: int, frames: int, output: int, *, owner: int, results: int, limits: Limits, stays: bool = False) -> tuple[Ending, bool]:
    """Follows a batch to its end, or kills the child at its time limit; gives the batch's Ending, and whether the child is still there.

    With `stays` the child lives on after a batch that it got through; else, and after any other batch, it is waited for. Raises
    OwnerGoneError, with the child killed, if `owner` closes; OSError if `results` does.
    """
    state = _Watched(limits)

    def lives_on() -> bool:
        return stays and state.ended and state.own_account in (None, BuildError.__name__)

    try:
        in_time = _listen(state, frames, output, owner, lambda frame: _take(frame, state, results), lives_on)
    except _BrokenFrameError as error:
        _kill(child)
        return Ending(f"crash: {error}", _suspect(state)), False
    except BaseException:
        _kill(child)
        raise
    if not in_time:
        _kill(child)
        return _timeout(state), False
    if lives_on():
        return _ending(0, state), True
    _, status = os.waitpid(child, 0)
    return _ending(status, state), False


def greeting(child: int, frames: int, output: int, *, owner: int, limits: Limits) -> str:
    """What a child says once its target is prepared, for which it has as long as for a build: Warp's version.

    Raises RefusedError, with the child gone, if it says that it cannot, dies or hangs; OwnerGoneError, with it killed, if `owner` closes.
    """
    state = _Watched(limits)
    said: list[Frame] = []
    try:
        in_time = _listen(state, frames, output, owner, said.append, lambda: bool(said))
    except BaseException:
        _kill(child)
        raise
    if not in_time:
        _kill(child)
        raise RefusedError(f"the process that runs the cases was not ready in {limits.build_seconds:g} s")
    if said and said[0][0] == READY:
        return str(pickle.loads(said[0][1]))
    _, status = os.waitpid(child, 0)
    if said:
        raise RefusedError(str(pickle.loads(said[0][1])))
    code = os.waitstatus_to_exitcode(status)
    how = signal.Signals(-code).name if code < 0 else f"status {code}"
    raise RefusedError(
        f"the process that runs the cases left with {how} before it was ready: {_last_line(state.output) or 'no last words'}"
    )


def _listen(state: _Watched, frames: int, output: int, owner: int, take: Callable[[Frame], None], enough: Callable[[], bool]) -> bool:
    """Follows the child until there is `enough` or it closes its pipes; False if a time limit passed before that."""
    reader = FrameReader()
    with selectors.DefaultSelector() as selector:
        for fd in (frames, output, owner):
            selector.register(fd, selectors.EVENT_READ)
        while not enough() and (frames in selector.get_map() or output in selector.get_map()):
            ready = selector.select(max(0.0, state.deadline - time.monotonic()))
            if time.monotonic() >= state.deadline:
                return False
            for key, _ in ready:
                data = os.read(key.fd, READ_SIZE)
                if key.fd == owner:
                    raise OwnerGoneError
                if not data:
                    selector.unregister(key.fd)
                elif key.fd == frames:
                    for frame in reader.feed(data):
                        take(frame)
                else:
                    _keep(state, data)
    # What the child wrote before its last frame is in the pipe already.
    while enough() and select.select([output], [], [], 0)[0] and (data := os.read(output, READ_SIZE)):
        _keep(state, data)
    return True


def _keep(state: _Watched, output: bytes) -> None:
    state.output += output[: _KEPT_OUTPUT - len(state.output)]


def _take(frame: Frame, state: _Watched, results: int) -> None:
    tag, payload = frame
    try:
        value = pickle.loads(payload)
    except Exception as error:
        raise _BrokenFrameError(f"a broken frame from the child ({one_line(error)})") from error
    if tag == OUTCOME:
        send_raw(results, frame)
    elif tag == MARK:
        state.on_mark(value)
    elif tag == ENDING:
        state.on_ending(value)
    else:
        raise _BrokenFrameError(f"an unknown frame {tag!r} from the child")


def _kill(child: int) -> None:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def _timeout(state: _Watched) -> Ending:
    stage: Stage = state.mark.stage if state.mark else "define"
    doing = _DOING[stage]
    if state.mark is not None and state.mark.launch:
        doing += f" launch {state.mark.launch}"
    seconds = _EXIT_SECONDS if state.ended else state.limits.of(stage)
    return Ending(f"timeout: no result in {seconds:g} s while {doing}", _suspect(state))


def _ending(status: int, state: _Watched) -> Ending:
    if os.WIFSIGNALED(status):
        return Ending(_signal_reason(os.WTERMSIG(status), state), _suspect(state))
    if state.ended and state.own_account is None:
        return Ending()
    if state.own_account == BuildError.__name__:
        return Ending(*_compile_error(state.output))
    doing = _DOING[state.mark.stage] if state.mark else "starting"
    said = state.own_account or f"the process left with status {os.waitstatus_to_exitcode(status)}"
    return Ending(f"crash: {said} while {doing}", _suspect(state))


def _signal_reason(number: int, state: _Watched) -> str:
    reason = f"crash: {signal.Signals(number).name} while {_DOING[state.mark.stage] if state.mark else 'starting'}"
    if number == signal.SIGFPE:
        reason += " (an integer division by zero does this)"
    if number == signal.SIGABRT and state.output:
        reason += f": {_last_line(state.output)}"
    return reason


def _suspect(state: _Watched) -> str:
    return state.mark.case_id if state.mark else ""


def _compile_error(output: bytes | bytearray) -> tuple[str, str]:
    """Clang's first error, without its place, and the case that it is in: where it occurs, or where the first note about it points."""
    lines = output.decode("utf-8", "replace").splitlines()
    first = next((number for number, line in enumerate(lines) if "error: " in line), None)
    if first is None:
        return f"compile: {_last_line(output) or 'the compiler gave no reason'}", ""
    places = (match[1] for line in lines[first:] if (match := _PLACE.match(line)))
    return f"compile: {one_line(lines[first].split('error: ', 1)[1])}", next(places, "")


def _last_line(output: bytes | bytearray) -> str:
    lines = [line for line in output.decode("utf-8", "replace").splitlines() if line.strip()]
    return one_line(lines[-1]) if lines else ""
