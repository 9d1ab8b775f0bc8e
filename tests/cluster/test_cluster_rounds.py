"""Rounds as tasks: one task in this process, and a production on a Ray cluster of this machine whose worker is killed in a round."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from cluster_samples import FAKE_SETTINGS, ROOT, ROUND, files_of, finished, local_store, shard_rows

from generation.cluster.fragment import fragment_file, fragments_in, read_contents
from generation.cluster.round_task import Work, make_fragment
from generation.cluster.settings import sources_digest
from generation.production.schedule import SAMPLE_EVERY

FAILED = {f"map-{index:06d}": "mismatch" for index in range(0, 4, 2)}


@pytest.fixture(scope="module")
def sources():
    return sources_digest()


@pytest.fixture
def work(tmp_path, sources):
    """Round 0 of a production in a store of its own."""
    return Work(local_store(tmp_path / "d"), FAKE_SETTINGS, 0, 1, sources)


def test_a_task_publishes_a_round_s_fragment_once(fake_rounds, work, tmp_path):
    fake_rounds(faults={"scan-000003": "mismatch", "map-000004": "newer", "map-000006": "twin", "scan-000007": "twin"})
    left = tmp_path / "scratch" / "warp-kernel-harness-round-left"
    left.mkdir()
    os.utime(left, (0, 0))
    made = make_fragment(work)
    path = work.store.local / fragment_file("cpu", 0)
    before = path.stat()
    assert (made.fault, made.published, make_fragment(work).published) == ("", True, False)
    assert path.stat() == before
    contents = read_contents(work.store, "cpu", 0)
    # Of the twins both are there: which of them repeats is decided later.
    assert [offer.index for offer in contents.offers] == [index for index in range(ROUND) if index not in (3, 4)]
    assert (contents.counts.failed, contents.counts.skipped) == (1, 1)
    assert list(contents.preambles.values()) == ["// preamble\n"]
    # Neither its own folder stays, nor one that a dead task left long ago.
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_round_in_which_cases_fail_has_no_fragment(fake_rounds, work):
    fake_rounds(faults=FAILED)
    made = make_fragment(work)
    assert made.lasting
    assert made.fault.endswith("22 of 24 cases passed, less than 95%; map-000000: forward: out differs")
    assert fragments_in(work.store, "cpu") == {}


def test_a_node_with_other_sources_makes_nothing(work):
    made = make_fragment(replace(work, sources="other"))
    assert made.fault.endswith("has other sources than this machine: install the same commit on both")


def test_a_node_with_another_version_makes_nothing(work):
    made = make_fragment(replace(work, settings=replace(FAKE_SETTINGS, warp_version="0.1")))
    assert "and the production was begun with 0.1" in made.fault


def test_a_production_whose_worker_is_killed_is_the_undisturbed_one(fake_rounds, tmp_path, sources):
    pytest.importorskip("ray", reason="ray is not installed")
    happened = fake_rounds(events=[["spooled scan-000005", "kill command"]])
    command = [sys.executable, "-m", "generation.produce", "--cluster=local", f"--destination={tmp_path / 'd'}", "--device=cpu"]
    command += ["--target-mb=0.001", f"--round-cases={ROUND}", "--workers=1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")
    assert (happened / "spooled scan-000005").exists()
    assert [line.partition(" done in ")[0] for line in done.stdout.splitlines() if " done in " in line] == ["round 0", "round 1"]

    fake_rounds()
    store = local_store(tmp_path / "undisturbed")
    for number in (0, 1):
        assert make_fragment(Work(store, FAKE_SETTINGS, number, 1, sources)).published
    finished(store, FAKE_SETTINGS)
    disturbed = local_store(tmp_path / "d")
    assert files_of(disturbed) == files_of(store)
    assert {n: disturbed.read(fragment_file("cpu", n)) for n in (0, 1)} == {n: store.read(fragment_file("cpu", n)) for n in (0, 1)}

    alone = tmp_path / "alone"
    command = [sys.executable, "-m", "pytest", "-q", "--device=cpu", f"--count={2 * ROUND}", f"--data-dir={alone}", "-p", "no:benchmark"]
    command += ["--optimization-level=0", f"--default-level-every={SAMPLE_EVERY}"]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    assert shard_rows(Path(tmp_path / "d")) == shard_rows(alone)
