"""Diversity: clusters counted, and the growth of structures and clusters in the order of the stream."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from harness.manifest import Manifest
from harness.report.diversity import Clustering, across_splits, clustering, growth, records_by_cluster_size


def rows(*clusters, split="train"):
    return [SimpleNamespace(seed=0, index=place, cluster=cluster, split=split) for place, cluster in enumerate(clusters)]


def test_clusters_of_more_than_one_are_counted_apart():
    assert clustering(rows("a", "b", "a", "a", "c", "c")) == Clustering(clusters=3, together=5, largest=3)


def test_records_stand_by_the_size_of_their_cluster_up_to_the_largest():
    assert records_by_cluster_size(rows("a", *"bb", *"cccc")) == {"1": 1, "2": 2, "3": 0, "4-5": 4}


def test_the_largest_clusters_are_a_class_of_their_own():
    assert list(records_by_cluster_size(rows(*"a" * 21)).items())[-1] == ("over 20", 21)


def test_a_case_that_was_left_out_adds_nothing():
    found = rows("a", "b", "a", "c")
    for row, index in zip(found, (4, 0, 2, 9), strict=True):
        row.index = index
    manifest = Manifest("cpu", duplicates={"0/tile_map-000001": "0/x-000000"}, bridges={"0/map-000005": "a b"})
    grown = growth(SimpleNamespace(rows=found, manifest=manifest))
    assert grown.records == (1, 1, 2, 3, 3, 4)
    assert grown.clusters == (1, 1, 2, 2, 2, 3)


def test_seeds_come_one_after_another():
    found = rows("a", "b")
    found[0].seed = 1
    manifest = Manifest("cpu", duplicates={"0/map-000007": "0/map-000001"})
    assert growth(SimpleNamespace(rows=found, manifest=manifest)).records == (1, 1, 2)


@pytest.mark.parametrize(("split", "across"), [("train", 0), ("test", 1)])
def test_a_cluster_in_two_splits_is_seen_across_devices(split, across):
    devices = [SimpleNamespace(rows=rows("a", "b")), SimpleNamespace(rows=rows("a", split=split))]
    assert across_splits(devices) == across
