"""What becomes of a record that passed: it is added, or left out since its structure is there, or since it would tie two splits together.

Records are decided on one by one, in the order of the stream, and every decision stands. A commit of a run (`harness.dataset`) decides so
with all that is known in memory; a production on a cluster with an index that may be on disk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from harness.clusters import Clusters, Place, split_of

Key = tuple[int, str]
"""Seed and case id: what names a case among all cases."""


@dataclass(frozen=True)
class Offer:
    """What decides on a record that passed; its texts are elsewhere."""

    seed: int
    index: int
    family: str
    id: str
    case: str
    structure: str
    bands: tuple[int, ...]
    code_bytes: int
    preamble_id: str

    @property
    def order(self) -> tuple[int, int, str, str]:
        """Its place in the stream."""
        return (self.seed, self.index, self.family, self.id)

    @property
    def key(self) -> Key:
        """The case that it is the record of."""
        return (self.seed, self.case)


OFFER_COLUMNS = ("seed", "index", "family", "id", "case", "structure_hash", "bands", "code_bytes", "preamble_id")
"""The columns of a record that an offer is made of."""


def offer_values(record: dict[str, Any]) -> dict[str, Any]:
    """The fields of an Offer for a record."""
    values = {name: record[name] for name in OFFER_COLUMNS}
    values["structure"] = values.pop("structure_hash")
    values["bands"] = tuple(values["bands"])
    return values


class Known(Protocol):
    """What is known of the records so far, those of the other device included as far as clusters go."""

    def twin(self, structure: str) -> Key | None:
        """The case of the device's record that has this structure."""

    def places(self, bands: Sequence[int]) -> list[Place]:
        """The places of the records that one with these bands resembles, in the order of the bands, each once."""

    def keep(self, offer: Offer, place: Place) -> None:
        """Know a record that was added."""


@dataclass(frozen=True)
class Decision:
    """What became of a record: its place if it is added, or the case that has its structure, or the places in several splits that it
    resembles."""

    place: Place | None = None
    twin: Key | None = None
    bridged: tuple[Place, ...] = ()

    @property
    def reason(self) -> str:
        """Why it is left out, as the manifest says it: the case of its twin, or the clusters it resembles. Empty if it is added."""
        return key_text(self.twin) if self.twin is not None else " ".join(place.cluster for place in self.bridged)


def decide(known: Known, offer: Offer) -> Decision:
    """What becomes of the next record of the stream; if it is added, `known` knows it from then on."""
    twin = known.twin(offer.structure)
    if twin is not None:
        return Decision(twin=twin)
    places = known.places(offer.bands)
    if len({place.split for place in places}) > 1:
        return Decision(bridged=tuple(places))
    place = places[0] if places else Place(offer.id, split_of(offer.structure))
    known.keep(offer, place)
    return Decision(place)


class KnownInMemory:
    """What is known, in dictionaries."""

    def __init__(self, structures: dict[str, Key], clusters: Clusters) -> None:
        self._structures = structures
        self._clusters = clusters

    def twin(self, structure: str) -> Key | None:
        """The case of the device's record that has this structure."""
        return self._structures.get(structure)

    def places(self, bands: Sequence[int]) -> list[Place]:
        """The places of the records that one with these bands resembles, in the order of the bands, each once."""
        return self._clusters.find(bands)

    def keep(self, offer: Offer, place: Place) -> None:
        """Know a record that was added."""
        self._structures[offer.structure] = offer.key
        self._clusters.add(offer.bands, place)


def key_text(key: Key) -> str:
    """How the manifest names a case: `<seed>/<case id>`."""
    return f"{key[0]}/{key[1]}"


def parse_key(text: str) -> Key:
    """The case that `key_text` named."""
    seed, case = text.split("/", 1)
    return int(seed), case
