"""Near-duplicates: programs that are mostly the same text once names and constants are masked.

A program's shingles are its runs of `SHINGLE` tokens. The share of shingles that two programs have in common is estimated by MinHash
(Broder, "On the resemblance and containment of documents", 1997), and programs that agree in a whole band of MinHash values are near
duplicates (locality-sensitive hashing; Leskovec, Rajaraman and Ullman, "Mining of Massive Datasets", chapter 3): two programs with a share
s in common are found with probability 1 - (1 - s^ROWS)^BANDS, which is one half at s = 0.73, 0.1 at 0.58 and 0.99 at 0.90.
"""

from __future__ import annotations

import hashlib
import keyword
import re
from collections.abc import Iterator

from rensa import RMinHash

SHINGLE = 5
BANDS = 8
ROWS = 8

_SEED = 1

_KEPT = frozenset(keyword.kwlist) | {"wp", "float", "int", "bool", "range"}

_TOKEN = re.compile(
    r"""(?P<silent>\#[^\n]*|\s+)|(?P<name>[A-Za-z_]\w*)|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\w*)"""
    r"""|(?P<text>\"\"\"[\s\S]*?\"\"\"|'''[\s\S]*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|(?P<sign>\*\*|//|[<>=!+\-*/%&|^]=|->|.)"""
)
"""Python's tokens, as far as it matters here: not those that a line's indentation stands for."""


def bands_of(python_source: str) -> list[int]:
    """One 64-bit number (as a signed integer) for each band; near-duplicates have one in common in the same place."""
    tokens = list(_masked(python_source))
    shingles = {" ".join(tokens[i : i + SHINGLE]) for i in range(max(len(tokens) - SHINGLE + 1, 1))}
    minhash = RMinHash(num_perm=BANDS * ROWS, seed=_SEED)
    minhash.update(sorted(shingles))
    values = minhash.digest()
    return [_number(values[band * ROWS : (band + 1) * ROWS]) for band in range(BANDS)]


def _masked(python_source: str) -> Iterator[str]:
    """The tokens, every name but those of Python and Warp as N, numbers as 0, texts as S."""
    before = ""
    for match in _TOKEN.finditer(python_source):
        kind, text = match.lastgroup, match[0]
        if kind == "silent":
            continue
        if kind == "name":
            yield text if before == "." or text in _KEPT else "N"
        else:
            yield "0" if kind == "number" else "S" if kind == "text" else text
        before = text


def _number(values: list[int]) -> int:
    digest = hashlib.blake2b(",".join(map(str, values)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
