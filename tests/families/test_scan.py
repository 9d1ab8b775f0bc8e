"""The family of scans."""

import numpy as np

from kernels.families.scan import SCANS
from tests.families._interpreter import check_against_threads
from tests.families._reference import cases, check_contract, run


def test_contract():
    check_contract("scan")


def test_references_agree_with_running_the_threads_one_by_one():
    check_against_threads("scan", cases("scan", 120), run, at_least=15)


def test_an_exclusive_scan_of_lengths_gives_offsets():
    scope: dict = {"np": np}
    exec("def scan(values):\n" + "\n".join(f"    {line}" for line in SCANS["exclusive"]), scope)
    np.testing.assert_array_equal(scope["scan"](np.array([3, 0, 2, 5])), [0, 3, 3, 5])
