"""Which records are looked at: the same for the same seed, and as many from each shard as from any other."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from harness.verification.source import Place


def sample(places: Sequence[Place], count: int, seed: int) -> list[Place]:
    """`count` of `places` (all, if there are no more), in their order.

    Every shard gives the same number, or one more, as far as it has them. In a shard, those are taken whose hash with `seed` is least: it
    depends on nothing but the shard's name, the row and the seed.
    """
    by_shard: dict[str, list[Place]] = {}
    for place in places:
        by_shard.setdefault(place.shard.file, []).append(place)
    shares = _shares({file: len(inside) for file, inside in by_shard.items()}, count, seed)
    chosen: set[tuple[str, int]] = set()
    for file, inside in by_shard.items():
        drawn = sorted(inside, key=lambda place: _draw(seed, file, place.row))[: shares[file]]
        chosen |= {(file, place.row) for place in drawn}
    return [place for place in places if (place.shard.file, place.row) in chosen]


def _shares(rows: dict[str, int], count: int, seed: int) -> dict[str, int]:
    """How many of `count` records each shard gives, by its name."""
    shares = dict.fromkeys(rows, 0)
    order = sorted(rows, key=lambda file: _draw(seed, file))
    left = min(count, sum(rows.values()))
    while left:
        able = [file for file in order if shares[file] < rows[file]]
        each, more = divmod(left, len(able))
        for number, file in enumerate(able):
            taken = min(each + (number < more), rows[file] - shares[file])
            shares[file] += taken
            left -= taken
    return shares


def _draw(*parts: str | int) -> bytes:
    return hashlib.sha256("/".join(map(str, parts)).encode()).digest()
