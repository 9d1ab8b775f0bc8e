"""A command with all the processes that it starts: how it ended, what it took, and that it is never left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from generation.production import tree

ROOT = Path(__file__).resolve().parents[2]

MEGABYTE = 1_000_000

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent has died")


@pytest.fixture(autouse=True)
def short_waits(monkeypatch):
    monkeypatch.setattr(tree, "_POLL_SECONDS", 0.02)
    monkeypatch.setattr(tree, "_MEASURE_SECONDS", 0.02)


@pytest.fixture
def run(tmp_path):
    """Runs a Python program as a command in `tmp_path`, with its output in `log`."""

    def run(program, tick=lambda: None):
        return tree.run_tree([sys.executable, "-c", program], cwd=tmp_path, log=tmp_path / "log", tick=tick)

    return run


def wait_until(there):
    deadline = time.monotonic() + 30
    while not there():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def gone(pid):
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_it_gives_the_status(run):
    assert run("raise SystemExit(3)").status == 3


def test_a_signal_is_a_negative_status(run):
    assert run("import os, signal; os.kill(os.getpid(), signal.SIGKILL)").status == -signal.SIGKILL


def test_it_keeps_what_the_command_says(run, tmp_path):
    (tmp_path / "log").write_text("said before")
    run("import os; os.write(1, b'to be read, '); os.write(2, b'errors too')")
    assert (tmp_path / "log").read_text() == "to be read, errors too"


def test_the_command_runs_in_its_folder(run, tmp_path):
    run("import os; print(os.getcwd())")
    assert (tmp_path / "log").read_text() == f"{tmp_path}\n"


@pytest.fixture
def typed():
    """Has something typed at this process."""
    kept = os.dup(0)
    readable, writable = os.pipe()
    os.write(writable, b"typed")
    os.close(writable)
    os.dup2(readable, 0)
    os.close(readable)
    yield
    os.dup2(kept, 0)
    os.close(kept)


def test_the_command_reads_nothing_of_what_is_typed(run, tmp_path, typed):
    run("import sys; print(repr(sys.stdin.read()))")
    assert (tmp_path / "log").read_text() == "''\n"


def test_it_ticks_while_the_command_runs(run):
    ticks = []
    run("import time; time.sleep(0.2)", lambda: ticks.append(None))
    assert len(ticks) >= 2


def test_time_is_that_of_all_processes(run):
    busy = "import time\nwhile time.process_time() < 0.3: pass"
    ended = run(f"import subprocess, sys; subprocess.run([sys.executable, '-c', {busy!r}])")
    assert 0.3 <= ended.cpu_seconds <= ended.wall_seconds


def test_memory_is_that_of_all_processes_together(run):
    hold = "import time; held = b'x' * 60_000_000; time.sleep(0.5)"
    ended = run(f"import subprocess, sys; other = subprocess.Popen([sys.executable, '-c', {hold!r}]); {hold}; other.wait()")
    assert 120 * MEGABYTE < ended.peak_bytes < 200 * MEGABYTE


def test_shared_memory_counts_once(run):
    ended = run("import os, time; held = b'x' * 60_000_000; os.fork(); time.sleep(0.5)")
    assert 60 * MEGABYTE < ended.peak_bytes < 110 * MEGABYTE


@ON_LINUX
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_command_dies_with_its_parent(tmp_path, number):
    command = [sys.executable, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(60)"]
    driver = (
        "from pathlib import Path; from generation.production.tree import run_tree; "
        f"run_tree({command!r}, cwd=Path('.'), log=Path({str(tmp_path / 'log')!r}), tick=lambda: None)"
    )
    parent = subprocess.Popen([sys.executable, "-c", driver], cwd=ROOT)
    wait_until(lambda: (tmp_path / "log").exists() and (tmp_path / "log").read_text().endswith("\n"))
    pid = int((tmp_path / "log").read_text())
    assert not gone(pid)
    parent.send_signal(number)
    parent.wait(30)
    wait_until(lambda: gone(pid))


@ON_LINUX
def test_a_child_whose_parent_died_before_it_could_ask_does_not_begin():
    done = subprocess.run([sys.executable, "-c", "print('begun')"], preexec_fn=tree.dies_with(1), capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")


def interrupt_once(there):
    def tick():
        if there():
            raise KeyboardInterrupt

    return tick


def test_an_interrupt_reaches_the_command(run, tmp_path):
    program = (
        "import time\ntry:\n    print('ready', flush=True)\n    time.sleep(60)\n"
        "except KeyboardInterrupt:\n    print('put in safety', flush=True)"
    )
    log = tmp_path / "log"
    with pytest.raises(KeyboardInterrupt):
        run(program, interrupt_once(lambda: log.read_text() == "ready\n"))
    assert log.read_text() == "ready\nput in safety\n"


def test_a_command_that_does_not_leave_is_killed(run, tmp_path, monkeypatch):
    monkeypatch.setattr(tree, "_LEAVE_SECONDS", 0.1)
    program = "import os, signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nprint(os.getpid(), flush=True)\ntime.sleep(60)"
    log = tmp_path / "log"
    with pytest.raises(KeyboardInterrupt):
        run(program, interrupt_once(lambda: log.read_text().endswith("\n")))
    assert gone(int(log.read_text()))


def test_what_goes_wrong_while_it_is_watched_ends_the_command_too(run, monkeypatch):
    # Python may not hear an interrupt while it starts.
    monkeypatch.setattr(tree, "_LEAVE_SECONDS", 0.5)
    pids = []

    def fail():
        pids.extend(child.pid for child in psutil.Process().children())
        raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        run("import time; time.sleep(60)", fail)
    assert pids
    assert all(gone(pid) for pid in pids)
