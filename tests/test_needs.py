"""What a case needs of Warp: the newest version that any of its builtins came with, if the installed one is older."""

from __future__ import annotations

import pytest

from harness.needs import lacking

SOURCE = """import warp as wp


@wp.kernel
def k(a: wp.array[wp.uint32], q: wp.uint64):
    i = wp.tid()
    a[i] = wp.uint32(wp.bit_count(a[i]))
    b = wp.mesh_get_bvh(q)
"""


@pytest.mark.parametrize(
    ("installed", "needs"),
    [
        ("1.16.0", "needs warp-lang 1.19: bit_count, mesh_get_bvh"),
        ("1.18.1", "needs warp-lang 1.19: bit_count"),
        ("1.19.0", ""),
        ("1.20.0.dev1", ""),
    ],
)
def test_needs(installed, needs):
    assert lacking(SOURCE, installed) == needs


def test_other_kernels_need_nothing():
    assert lacking(SOURCE.replace("wp.bit_count", "wp.abs").replace("wp.mesh_get_bvh(q)", "wp.sin(1.0)"), "1.16.0") == ""
