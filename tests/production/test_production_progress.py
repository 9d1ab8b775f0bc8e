"""What a production says while it runs: one line that changes on a terminal, lines now and then anywhere else."""

import io
from dataclasses import replace

import pytest
from samples_of_production import ENTRY, LEDGER, ledger_with

from generation.production import progress
from generation.production.progress import Progress
from generation.production.schedule import round_at


class Terminal(io.StringIO):
    def isatty(self):
        return True

    @property
    def screen(self):
        """What stands on the screen: each line as its last writing left it, trailing blanks aside."""
        lines = [""]
        for character in self.getvalue():
            if character == "\r":
                column = 0
            elif character == "\n":
                lines.append("")
                column = 0
            else:
                column = len(lines[-1]) if len(lines[-1]) == 0 else column
                lines[-1] = lines[-1][:column] + character + lines[-1][column + 1 :]
                column += 1
        return [line.rstrip() for line in lines]


class Tail:
    """Stands for the spools: as many records as were polled, of a tenth of a megabyte."""

    records = 0

    @property
    def code_bytes(self):
        return self.records * 100_000

    def poll(self):
        self.records += 1


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is set, and a wide terminal."""
    monkeypatch.setenv("COLUMNS", "200")
    now = [1000.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def tick(shown, tail, ledger=LEDGER):
    shown.tick(ledger, round_at(ledger, len(ledger.rounds)), tail)


def test_a_terminal_shows_one_line_that_changes(clock):
    out, tail = Terminal(), Tail()
    shown = Progress(5_000_000, 30.0, out)
    tick(shown, tail)
    assert out.screen == ["round 0 (cases 0 to 99): 1 passed, 1 records, 0.1 of 5 MB"]
    clock[0] += 1.0
    tick(shown, tail)
    assert out.screen == ["round 0 (cases 0 to 99): 2 passed, 2 records, 0.2 of 5 MB, 0.10 MB/s, 48 s left"]
    shown.say("done")
    assert out.screen == ["done", ""]


def test_a_narrow_terminal_shows_what_fits_into_a_line(clock, monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")
    out = Terminal()
    tick(Progress(5_000_000, 30.0, out), Tail())
    assert out.screen == ["round 0 (cases 0 to 99): 1 pa"]


def test_a_log_gets_a_line_now_and_then(clock):
    out, tail = io.StringIO(), Tail()
    shown = Progress(5_000_000, 30.0, out)
    for clock[0] in (1001.0, 1029.0, 1030.0, 1031.0, 1061.0):
        tick(shown, tail)
    assert [line.partition(":")[2] for line in out.getvalue().splitlines()] == [
        " 1 passed, 1 records, 0.1 of 5 MB",
        " 2 passed, 2 records, 0.2 of 5 MB, 0.00 MB/s, 48 min 48 s left",
    ]


def test_a_line_counts_from_the_rounds_that_are_done(clock):
    out = Terminal()
    tick(Progress(5_000_000, 30.0, out), Tail(), ledger_with(ENTRY))
    assert out.screen == ["round 1 (cases 100 to 199): 1 passed, 91 records, 2.1 of 5 MB, 98.0% passed so far"]


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (ENTRY, "round 0 done in 60.5 s (118 CPU s, 900 MB, default level): 98 of 100 passed, 90 harvested, 4 left out"),
        (replace(ENTRY, optimization_level=0), "round 0 done in 60.5 s (118 CPU s, 900 MB, level 0): "),
        (replace(ENTRY, attempts=3), "round 0 done in 60.5 s (118 CPU s, 900 MB, default level, 3 attempts): "),
    ],
)
def test_a_round_that_is_done_has_a_line_that_stays(clock, entry, said):
    out = io.StringIO()
    Progress(5_000_000, 30.0, out).done(ledger_with(entry), entry)
    [line] = out.getvalue().splitlines()
    assert line.startswith(said)
    assert line.endswith("; 90 records, 2.0 of 5 MB")


def test_the_next_line_of_a_log_comes_a_while_after_a_round(clock):
    out = io.StringIO()
    shown = Progress(5_000_000, 30.0, out)
    clock[0] = 1029.0
    shown.done(ledger_with(ENTRY), ENTRY)
    clock[0] = 1058.0
    tick(shown, Tail(), ledger_with(ENTRY))
    assert len(out.getvalue().splitlines()) == 1


def test_the_time_left_follows_the_rate_of_this_call(clock):
    out = io.StringIO()
    shown = Progress(20_000_000, 30.0, out)
    shown.done(ledger_with(ENTRY, before=(0, 6_000_000, 0, 0)), ENTRY)
    clock[0] = 1100.0
    shown.done(ledger_with(ENTRY, ENTRY, before=(0, 6_000_000, 0, 0)), ENTRY)
    assert out.getvalue().splitlines()[-1].endswith("10.0 of 20 MB, 0.02 MB/s, 8 min 20 s left")


@pytest.mark.parametrize(("seconds", "words"), [(9.4, "9 s"), (60.0, "1 min 00 s"), (3599.6, "1 h 00 min"), (93_784.0, "26 h 03 min")])
def test_a_duration_in_words(clock, seconds, words):
    out = io.StringIO()
    shown = Progress(3_000_000, 30.0, out)
    shown.done(ledger_with(replace(ENTRY, code_bytes=1_000_000)), ENTRY)
    clock[0] += seconds
    shown.done(ledger_with(ENTRY), ENTRY)
    assert out.getvalue().endswith(f", {words} left\n")
