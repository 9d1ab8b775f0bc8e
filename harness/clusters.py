"""Clusters of near-duplicates: which cluster and split a record belongs to, decided once, in the order of the stream.

A record that resembles none before it starts a cluster, whose split follows from its structure; one that resembles some joins them. One
that resembles records of two splits would carry programs across, and is left out. So every decision stands, whatever comes later, and
datasets grow without being dealt out anew. A kernel's records for both devices resemble each other entirely, and end in the same split.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """The cluster that a record is in, by the id of its first record, and the split that all of it is in."""

    cluster: str
    split: str


class Clusters:
    """The places of the records so far, by their bands (`harness.near`)."""

    def __init__(self) -> None:
        self._places: dict[tuple[int, int], Place] = {}

    def add(self, bands: Sequence[int], place: Place) -> None:
        """A record that has its place. Where a band is known already, the earlier record keeps it."""
        for band in enumerate(bands):
            self._places.setdefault(band, place)

    def find(self, bands: Sequence[int]) -> list[Place]:
        """The places of the records that one with these bands resembles, in the order of the bands, each once."""
        return list(dict.fromkeys(self._places[band] for band in enumerate(bands) if band in self._places))


def split_of(structure: str) -> str:
    """The split of a cluster, by the structure hash of its first record: train for 90 %, validation and test for 5 % each."""
    share = int(structure[:8], 16) / 2**32
    return "train" if share < 0.90 else "validation" if share < 0.95 else "test"
