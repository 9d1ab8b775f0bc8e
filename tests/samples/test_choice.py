"""Which kernels a sample is made of."""

from __future__ import annotations

import pytest

from generation.sampling.choice import Kernel, choose
from generation.sampling.errors import SampleError

BOTH = ("cpu", "cuda")


def kernel(name, family="f", size=10, *, devices=BOTH, cluster=None):
    return Kernel(name, family, cluster or name, size, {device: f"{name}-{device}" for device in devices})


def names(kernels, records, devices=BOTH):
    return {device: [k.pair_id for k in chosen] for device, chosen in choose(kernels, devices, records).items()}


def test_every_family_comes_before_a_second_of_any():
    kernels = [kernel("a1", "a", 1), kernel("a2", "a", 2), kernel("a3", "a", 3), kernel("b1", "b", 900)]
    assert names(kernels, 2)["cpu"] == ["a1", "b1"]
    assert names(kernels, 3)["cpu"] == ["a1", "b1", "a2"]


def test_small_ones_come_first():
    kernels = [kernel("large", size=30), kernel("small", size=10), kernel("medium", size=20)]
    assert names(kernels, 2)["cuda"] == ["small", "medium"]


def test_one_of_each_cluster_comes_before_a_second():
    kernels = [kernel("one", size=1, cluster="c"), kernel("near", size=2, cluster="c"), kernel("other", size=30)]
    assert names(kernels, 2)["cpu"] == ["one", "other"]


def test_what_both_devices_have_comes_first():
    kernels = [kernel("alone", size=1, devices=("cpu",)), kernel("both", size=30)]
    assert names(kernels, 1) == {"cpu": ["both"], "cuda": ["both"]}


def test_a_family_of_one_device_is_there_all_the_same():
    kernels = [kernel("a1", "a"), kernel("a2", "a"), kernel("b1", "b", devices=("cpu",))]
    assert names(kernels, 2) == {"cpu": ["a1", "b1"], "cuda": ["a1", "a2"]}


def test_the_rest_is_filled_with_what_a_device_has_alone():
    kernels = [kernel("a1", "a"), kernel("x", "a", 1, devices=("cpu",)), kernel("y", "a", 2, devices=("cuda",))]
    assert names(kernels, 2) == {"cpu": ["a1", "x"], "cuda": ["a1", "y"]}


def test_the_order_of_the_records_does_not_matter():
    kernels = [kernel(f"{family}{n}", family, n % 3) for family in "abc" for n in range(5)]
    assert names(kernels, 9) == names(kernels[::-1], 9)


def test_one_device_alone():
    kernels = [kernel("a", devices=("cuda",)), kernel("b", devices=("cuda",))]
    assert names(kernels, 2, ("cuda",)) == {"cuda": ["a", "b"]}


def test_fewer_records_than_families_are_refused():
    message = "--records 1 is fewer than the 2 families of the cpu records: give at least 2"
    with pytest.raises(SampleError, match=f"^{message}$"):
        choose([kernel("a", "a"), kernel("b", "b")], BOTH, 1)


def test_more_records_than_there_are_are_refused():
    message = "--records 3 is more than the 1 cuda records there are: give at most 1, or make more"
    with pytest.raises(SampleError, match=f"^{message}$"):
        choose([kernel("a"), kernel("b", devices=("cpu",)), kernel("c", devices=("cpu",))], BOTH, 3)
