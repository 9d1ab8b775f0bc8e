"""Batches with planted faults: exactly the guilty fail, each with its reason, and nothing is left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small_cases import (
    BROKEN_NATIVE,
    CALLS_NATIVE,
    DIVISION_BY_ZERO,
    ENDLESS,
    HEALTHY,
    LENGTH,
    SEGFAULT,
    UNKNOWN_NAME,
    healthy,
    job,
)

from generation.code.job import Job, Outcome
from generation.code.settings import Settings
from harness.frames import ENDING, OUTCOME, FrameReader, send
from harness.isolation import BatchRunner, IsolationError

ROOT = Path(__file__).resolve().parent.parent
CASE_SECONDS = 2.0


@pytest.fixture(scope="module")
def runner():
    with BatchRunner("cpu", Settings(optimization_level=0), case_seconds=CASE_SECONDS) as runner:
        yield runner


def assert_right(outcome: Outcome, index: int) -> None:
    assert outcome.failure is None
    expected = np.sin(np.linspace(0.1, 0.5, LENGTH, dtype=np.float32)) * (index + 1)
    np.testing.assert_allclose(outcome.launches[0].arrays["out"], expected, rtol=1e-6)


def server_of(runner: BatchRunner) -> int:
    assert runner._server is not None
    return runner._server.process.pid


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def children_of(pid: int) -> list[int]:
    """The processes whose parent is `pid`, zombies left out."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                if int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == pid and alive(int(entry.name)):
                    found.append(int(entry.name))
    return found


def until(condition, seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def test_planted_faults_fail_alone(runner):
    planted = {
        3: (SEGFAULT, "", "crash: SIGSEGV while running"),
        9: (ENDLESS, "", "timeout: no result in 2 s while running launch 1"),
        14: (CALLS_NATIVE, BROKEN_NATIVE, "compile: use of undeclared identifier 'undeclared_name'"),
        20: (UNKNOWN_NAME, "", "codegen: "),
        27: (DIVISION_BY_ZERO, "", "crash: SIGFPE while running (an integer division by zero does this)"),
    }
    batch = [job(i, *planted[i][:2]) if i in planted else healthy(i) for i in range(32)]
    start = time.monotonic()
    outcomes = runner.run(batch)
    seconds = time.monotonic() - start
    assert list(outcomes) == [j.case.id for j in batch]
    for i, outcome in enumerate(outcomes.values()):
        if i not in planted:
            assert_right(outcome, i)
        elif planted[i][2] == "codegen: ":
            assert outcome.failure.startswith("codegen: ")
            assert "nowhere" in outcome.failure
        else:
            assert outcome.failure == planted[i][2]
        if i in planted:
            assert "\n" not in outcome.failure
            assert not outcome.launches
    # Two runs of the endless case, each up to its limit, and the compiling; far from the 240 s that a build may take.
    assert seconds < 60
    assert not children_of(server_of(runner))


def test_hang_in_a_later_launch_is_named(runner):
    case = job(0, "    while a[i] < 0.0:\n        out[i] = out[i] + 1.0", launches=2).case
    first = healthy(0).launches[0]
    second = replace(first, values=first.values | {"a": -first.values["a"]})
    outcomes = runner.run([Job(case, (first, second))])
    assert outcomes["small-000000"].failure == "timeout: no result in 2 s while running launch 2"


def test_guilt_that_shows_in_a_neighbour(runner):
    """A module that kills the child as it is defined names no launch, and the others must not pay for it."""
    killer = job(1, HEALTHY.format(gain="1.0"), helpers="import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    outcomes = runner.run([healthy(0), killer, healthy(2)])
    assert outcomes["small-000001"].failure == "crash: SIGKILL while being defined"
    assert_right(outcomes["small-000000"], 0)
    assert_right(outcomes["small-000002"], 2)


def test_source_that_does_not_define(runner):
    broken = job(1, HEALTHY.format(gain="1.0"), helpers="raise RuntimeError('two\\nlines')")
    outcomes = runner.run([healthy(0), broken])
    assert outcomes["small-000001"].failure == "define: RuntimeError: two lines"
    assert_right(outcomes["small-000000"], 0)


def test_code_does_not_depend_on_the_batch_or_the_process(runner):
    """Also the way back from a server that was killed between two batches."""
    helper = "@wp.func\ndef shape(x: float):\n    return x * {}.0"
    jobs = [job(i, "    out[i] = shape(a[i])", helper.format(i)) for i in range(4)]
    together = runner.run(jobs)
    backwards = runner.run(jobs[::-1])
    first = server_of(runner)
    os.kill(first, signal.SIGKILL)
    alone = runner.run(jobs[2:3])
    assert server_of(runner) != first
    assert together["small-000002"].code == backwards["small-000002"].code == alone["small-000002"].code
    assert len({o.preamble for o in together.values()}) == 1
    assert "\n// <kernel>:" in alone["small-000002"].code


def test_seconds_of_every_stage(runner):
    outcome = runner.run([healthy(0)])["small-000000"]
    assert set(outcome.seconds) == {"define", "emit", "build", "run"}
    assert all(seconds > 0 for seconds in outcome.seconds.values())


def test_warp_version_is_known(runner):
    runner.run([healthy(0)])
    assert runner.warp_version.count(".") >= 2


def test_same_case_twice_is_refused(runner):
    with pytest.raises(ValueError, match="a batch must not hold a case twice"):
        runner.run([healthy(0), healthy(0)])


def test_empty_batch_starts_no_server():
    with BatchRunner("cpu") as idle:
        assert idle.run([]) == {}
        assert idle._server is None


def test_settings_that_the_compiler_refuses_are_one_line():
    with BatchRunner("cuda", Settings(arch=37)) as cuda, pytest.raises(IsolationError, match="--arch 37: ") as error:
        cuda.run([healthy(0)])
    assert "cannot compile for it; use one of 75, " in str(error.value)
    assert "\n" not in str(error.value)


def test_close_leaves_nothing(runner, tmp_path, monkeypatch):
    """At Warp's own optimization level, which changes nothing in the code."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with BatchRunner("cpu") as short:
        outcome = short.run([healthy(3)])["small-000003"]
        pid = server_of(short)
        assert list(tmp_path.iterdir())
    assert not alive(pid)
    assert not list(tmp_path.iterdir())
    assert outcome.code == runner.run([healthy(3)])["small-000003"].code


def test_killed_owner_leaves_nothing(tmp_path):
    """The owner is killed while a kernel hangs: the server and the child go, and so does the folder."""
    program = (
        f"import sys; sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / 'tests')!r}]\n"
        "from small_cases import ENDLESS, healthy, job\n"
        "from generation.code.settings import Settings\n"
        "from harness.isolation import BatchRunner\n"
        "runner = BatchRunner('cpu', Settings(optimization_level=0), case_seconds=300)\n"
        "runner.run([healthy(0)])\n"
        "print(runner._server.process.pid, flush=True)\n"
        "runner.run([job(1, ENDLESS)])\n"
    )
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, env=environment, cwd=tmp_path) as owner:
        assert owner.stdout is not None
        server = int(owner.stdout.readline())
        assert until(lambda: children_of(server))
        [child] = children_of(server)
        owner.send_signal(signal.SIGKILL)
    assert until(lambda: not alive(server) and not alive(child))
    assert until(lambda: not list(tmp_path.iterdir()))


def test_server_has_one_thread(runner):
    runner.run([healthy(0)])
    assert len(list(Path(f"/proc/{server_of(runner)}/task").iterdir())) == 1


def test_child_dies_with_its_server(runner):
    """The server is killed while a kernel hangs; its child must not run on. A new server gets the batch, and there the case times out."""
    runner.run([healthy(0)])
    server = server_of(runner)
    seen: list[int] = []

    def strike() -> None:
        assert until(lambda: children_of(server))
        seen.extend(children_of(server))
        os.kill(server, signal.SIGKILL)

    with ThreadPoolExecutor() as pool:
        struck = pool.submit(strike)
        outcomes = runner.run([job(1, ENDLESS)])
        struck.result()
    assert outcomes["small-000001"].failure == "timeout: no result in 2 s while running launch 1"
    assert until(lambda: not any(alive(child) for child in seen))


def test_frames_come_out_whole():
    read, write = os.pipe()
    send(write, OUTCOME, "first")
    send(write, ENDING, None)
    os.close(write)
    data = os.read(read, 1 << 16)
    os.close(read)
    reader = FrameReader()
    frames = [frame for byte in data for frame in reader.feed(bytes([byte]))]
    assert [tag for tag, _ in frames] == [OUTCOME, ENDING]
    assert FrameReader().feed(data[:-1]) == frames[:1]
