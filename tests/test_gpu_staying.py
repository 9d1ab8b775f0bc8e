"""Batches in a process that stays, as a GPU needs it: faults take down the guilty alone, and a worker that is lost is replaced.

What stays here is the CPU target, so that these tests need no GPU.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest
from small_cases import (
    BROKEN_NATIVE,
    CALLS_NATIVE,
    DIVISION_BY_ZERO,
    ENDLESS,
    HEALTHY,
    SEGFAULT,
    UNKNOWN_NAME,
    healthy,
    job,
)
from test_isolation import alive, assert_right, children_of, server_of, until

from generation.code.settings import Settings
from generation.code.target import Progress
from harness import isolation
from harness.frames import ENDING, MARK, send
from harness.isolation import BatchRunner, IsolationError
from harness.watch import Ending, Limits, watch

LOSES = "    # LOSE\n    out[i] = a[i]"
LOST = "crash: the device reported CUDA_ERROR_ILLEGAL_ADDRESS (700) while running"


@pytest.fixture(scope="module")
def staying_server():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(isolation, "_SERVER", "tests.gpu_server")
        yield


@pytest.fixture(scope="module")
def settings():
    return Settings(optimization_level=0)


@pytest.fixture(scope="module")
def runner(staying_server, settings):
    with BatchRunner("staying", settings, case_seconds=2.0) as runner:
        yield runner


def worker_of(runner: BatchRunner) -> int:
    [worker] = children_of(server_of(runner))
    return worker


def test_planted_faults_fail_alone(runner):
    planted = {
        3: (SEGFAULT, "", "crash: SIGSEGV while running"),
        9: (ENDLESS, "", "timeout: no result in 2 s while running launch 1"),
        14: (CALLS_NATIVE, BROKEN_NATIVE, "compile: use of undeclared identifier 'undeclared_name'"),
        17: (LOSES, "", LOST),
        20: (UNKNOWN_NAME, "", "codegen: "),
        27: (DIVISION_BY_ZERO, "", "crash: SIGFPE while running (an integer division by zero does this)"),
    }
    batch = [job(i, *planted[i][:2]) if i in planted else healthy(i) for i in range(32)]
    outcomes = runner.run(batch)
    assert list(outcomes) == [j.case.id for j in batch]
    for i, outcome in enumerate(outcomes.values()):
        if i not in planted:
            assert_right(outcome, i)
        else:
            assert outcome.failure.startswith(planted[i][2])
            assert outcome.failure == planted[i][2] or planted[i][2] == "codegen: "
            assert not outcome.launches


def test_one_process_runs_batch_after_batch(runner):
    runner.run([healthy(0)])
    worker = worker_of(runner)
    for i in range(3):
        assert_right(runner.run([healthy(i)])[f"small-{i:06d}"], i)
    assert worker_of(runner) == worker


def test_compile_error_leaves_the_worker_and_its_words_behind(runner):
    """A second error has its own reason: nothing of the first batch's output is left in the pipe."""
    runner.run([healthy(0)])
    worker = worker_of(runner)
    for name in ("first", "second"):
        native = BROKEN_NATIVE.replace("undeclared_name", f"{name}_name")
        failure = runner.run([job(1, CALLS_NATIVE, native)])["small-000001"].failure
        assert failure == f"compile: use of undeclared identifier '{name}_name'"
    assert worker_of(runner) == worker


def test_words_that_come_while_a_frame_is_read_count(monkeypatch):
    """The compiler's message is written before the frame that ends the batch, and yet may be seen after it."""
    frames, frames_out = os.pipe()
    output, output_out = os.pipe()
    owner, owner_out = os.pipe()
    send(frames_out, MARK, Progress("build"))
    read, late = os.read, [b"small-000001(1): error: late words\n"]

    def read_late(fd: int, size: int) -> bytes:
        if fd == frames and late:
            os.write(output_out, late.pop())
            send(frames_out, ENDING, "BuildError")
        return read(fd, size)

    monkeypatch.setattr(os, "read", read_late)
    with subprocess.Popen(["sleep", "60"]) as child:
        found = watch(child.pid, frames, output, owner=owner, results=owner_out, limits=Limits(30.0, 30.0), stays=True)
        child.kill()
    monkeypatch.undo()
    for fd in (frames, frames_out, output, output_out, owner, owner_out):
        os.close(fd)
    assert found == (Ending("compile: late words", "small-000001"), True)


def test_lost_device_gets_a_new_process(runner):
    runner.run([healthy(0)])
    worker = worker_of(runner)
    assert runner.run([job(1, LOSES)])["small-000001"].failure == LOST
    assert_right(runner.run([healthy(2)])["small-000002"], 2)
    assert worker_of(runner) != worker


def test_worker_killed_between_batches_costs_nothing(runner):
    runner.run([healthy(0)])
    worker = worker_of(runner)
    os.kill(worker, signal.SIGKILL)
    assert until(lambda: not alive(worker))
    assert_right(runner.run([healthy(1)])["small-000001"], 1)


def test_hung_worker_is_gone(runner):
    runner.run([healthy(0)])
    worker = worker_of(runner)
    assert runner.run([job(1, ENDLESS)])["small-000001"].failure.startswith("timeout: ")
    assert not alive(worker)


def test_code_is_the_same_in_every_batch(runner, settings):
    """The process has emitted others before; the fork of the CPU target never has."""
    helper = "@wp.func\ndef shape(x: float):\n    return x * {}.0"
    jobs = [job(i, "    out[i] = shape(a[i])", helper.format(i)) for i in range(3)]
    staying = [runner.run([j])[j.case.id] for j in jobs]
    with BatchRunner("cpu", settings) as forks:
        forked = forks.run(jobs)
    assert [outcome.code for outcome in staying] == [outcome.code for outcome in forked.values()]


def test_server_itself_imports_no_warp(runner):
    """A fork of it is as good as new only if it never touched what must not be forked."""
    runner.run([healthy(0)])
    server, worker = server_of(runner), worker_of(runner)
    libraries = [Path(f"/proc/{pid}/maps").read_text() for pid in (server, worker)]
    assert ["warp.so" in text for text in libraries] == [False, True]


def test_refusal_is_one_line(staying_server):
    with BatchRunner("staying", Settings(arch=90)) as refusing, pytest.raises(IsolationError, match=r"^the device is gone$"):
        refusing.run([healthy(0)])


def test_worker_that_cannot_be_replaced_takes_its_server_along(runner):
    """The next server tries anew, says so if it cannot either, and here it can: no case is blamed."""
    runner.run([healthy(0)])
    server = server_of(runner)
    assert runner._server is not None
    (runner._server.folder / "refuse").touch()
    worker = worker_of(runner)
    os.kill(worker, signal.SIGKILL)
    assert until(lambda: not alive(worker))
    assert_right(runner.run([healthy(1)])["small-000001"], 1)
    assert server_of(runner) != server


def test_close_leaves_nothing(staying_server, settings, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with BatchRunner("staying", settings) as short:
        short.run([healthy(0)])
        server, worker = server_of(short), worker_of(short)
    assert not alive(server)
    assert not alive(worker)
    assert not list(tmp_path.iterdir())


def test_worker_dies_with_its_server(staying_server, settings):
    with BatchRunner("staying", settings) as runner:
        runner.run([healthy(0)])
        worker = worker_of(runner)
        os.kill(server_of(runner), signal.SIGKILL)
        assert until(lambda: not alive(worker))


def test_memory_stays_flat(runner):
    """96 kernels that stayed would cost some 4 MB."""

    def kilobytes() -> int:
        return int(Path(f"/proc/{worker_of(runner)}/statm").read_text().split()[1]) * 4

    def rounds(first: int, last: int) -> None:
        for number in range(first, last):
            runner.run([job(i, HEALTHY.format(gain=f"{16 * number + i}.0")) for i in range(16)])

    rounds(0, 3)
    before = kilobytes()
    rounds(3, 9)
    assert kilobytes() - before < 2000
