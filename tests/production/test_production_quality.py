"""Why a production stops by itself, and when it does not."""

from collections import namedtuple
from dataclasses import replace

import pytest
from samples_of_production import ENTRY, LEDGER

from generation.production import quality

DiskUsage = namedtuple("DiskUsage", "total used free")


def fault(**counts):
    base = {"passed": 100, "failed": 0, "skipped": 0, "duplicates": 0, "bridges": 0}
    return quality.fault_of(replace(ENTRY, **(base | counts)), "cpu")


@pytest.mark.parametrize(
    "counts",
    [
        {},
        {"passed": 95, "failed": 5},
        {"passed": 10, "skipped": 90},
        {"duplicates": 3, "bridges": 2},
    ],
)
def test_a_sound_round_has_no_fault(counts):
    assert fault(**counts) is None


def test_many_failures_are_a_fault():
    assert fault(passed=94, failed=6) == (
        "round 0 passed 94 of 100 cases (94.0%, less than 95%): summary-cpu.json names those that failed; mend what they show"
    )


def test_skipped_cases_are_no_part_of_the_share_that_passed():
    assert fault(passed=9, failed=1, skipped=90).startswith("round 0 passed 9 of 10 cases")


@pytest.mark.parametrize("counts", [{"duplicates": 6}, {"bridges": 6}, {"duplicates": 3, "bridges": 3}])
def test_repeated_structures_are_a_fault(counts):
    assert fault(**counts) == (
        "round 0 repeats itself: 6 of 100 cases have a structure that is there already, or resemble two splits (more than 5%): "
        "take another seed in another folder, or more families"
    )


def test_a_round_of_which_nothing_can_run_is_a_fault():
    assert fault(passed=0, skipped=100) == "none of the 100 cases of round 0 can run here"


@pytest.fixture
def disk(monkeypatch):
    """Sets the free bytes of every disk; gives the folders that were asked about."""
    asked = []

    def free(count):
        def usage(folder):
            asked.append(folder)
            return DiskUsage(0, 0, count)

        monkeypatch.setattr(quality.shutil, "disk_usage", usage)
        return asked

    return free


def test_a_round_that_fits_the_disk_is_no_fault(disk, tmp_path):
    disk(319_000_000)
    assert quality.shortage(tmp_path, LEDGER) is None


def test_a_round_that_may_not_fit_the_disk_is_a_fault(disk, tmp_path):
    disk(318_000_000)
    assert quality.shortage(tmp_path, LEDGER) == f"{tmp_path} has 318 MB free, and a round may need 319: make room and run again"


def test_a_larger_round_needs_more(disk, tmp_path):
    disk(319_000_000)
    assert "a round may need 338: make room" in quality.shortage(tmp_path, replace(LEDGER, round_cases=200))


def test_the_disk_is_that_of_the_first_folder_there_is(disk, tmp_path):
    asked = disk(10**12)
    quality.shortage(tmp_path / "a" / "b", LEDGER)
    assert asked == [tmp_path]
