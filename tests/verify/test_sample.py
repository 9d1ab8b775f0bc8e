"""Which records are looked at."""

from __future__ import annotations

from collections import Counter

import pytest

from harness.manifest import ShardEntry
from harness.verification.sample import sample
from harness.verification.source import Place


def places(**rows: int) -> list[Place]:
    """Places in shards of the names and sizes given."""
    return [
        Place(ShardEntry(f"cpu/{name}.parquet", "train", "", count, 0, 0), row, f"{name}{row}", "", "", "", 0, None, "", False)
        for name, count in rows.items()
        for row in range(count)
    ]


def by_shard(chosen: list[Place]) -> dict[str, int]:
    return dict(Counter(place.shard.file.removeprefix("cpu/").removesuffix(".parquet") for place in chosen))


def test_the_same_seed_gives_the_same_records():
    everything = places(a=100, b=100)
    assert sample(everything, 10, 3) == sample(everything, 10, 3)


def test_the_records_of_a_seed_are_the_same_for_good():
    assert [place.id for place in sample(places(a=1000, b=7), 6, 0)] == ["a162", "a286", "a562", "b2", "b3", "b4"]


def test_another_seed_gives_other_records():
    everything = places(a=100, b=100)
    assert sample(everything, 10, 3) != sample(everything, 10, 4)


def test_a_larger_sample_holds_the_smaller_one():
    everything = places(a=100, b=100)
    assert set(sample(everything, 10, 3)) < set(sample(everything, 20, 3))


def test_the_order_is_that_of_the_shards():
    everything = places(a=50, b=50)
    chosen = sample(everything, 20, 1)
    assert chosen == [place for place in everything if place in chosen]


def test_every_shard_gives_as_many():
    assert by_shard(sample(places(a=4096, b=100, c=40, d=40), 32, 0)) == {"a": 8, "b": 8, "c": 8, "d": 8}


def test_what_a_small_shard_lacks_comes_from_the_others():
    assert by_shard(sample(places(a=4096, b=2, c=100), 32, 0)) == {"a": 15, "b": 2, "c": 15}


def test_more_shards_than_records():
    assert set(by_shard(sample(places(a=9, b=9, c=9, d=9, e=9), 3, 0)).values()) == {1}
    assert len(sample(places(a=9, b=9, c=9, d=9, e=9), 3, 0)) == 3


@pytest.mark.parametrize("count", [11, 12, 10**9])
def test_more_than_there_are(count):
    everything = places(a=10, b=1)
    assert sample(everything, count, 0) == everything
