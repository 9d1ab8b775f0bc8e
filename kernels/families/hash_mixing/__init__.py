"""Hash functions and what is built on them, on words of 32 and 64 bits that wrap around.

Variants: keys (integer mixers and ways to combine keys, made buckets, reals, coins, signs, checksums), streams (byte and word hashes
and checksums of rows, segments and windows), rounds (ciphers, hash functions, random generators), whole blocks (ChaCha, Salsa20, SHA-256,
MD5, SipHash, Philox, Keccak, xxHash), sketches (Bloom, count-min, HyperLogLog), tables (min-hash, similarity bits, probes, chains), and
cells and noise (spatial hashing, value and gradient noise); words held signed or unsigned, layouts, filters, functions, fused terms.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.draw import Draw
from kernels.families.hash_mixing.blocks import cipher_block
from kernels.families.hash_mixing.keys import hash_keys
from kernels.families.hash_mixing.lattice import hash_cells
from kernels.families.hash_mixing.rounds import cipher_rounds
from kernels.families.hash_mixing.sketches import hash_sketch
from kernels.families.hash_mixing.streams import hash_rows
from kernels.families.hash_mixing.tables import hash_table

KINDS = (hash_keys, hash_rows, cipher_rounds, cipher_block, hash_sketch, hash_table, hash_cells)


def build(draw: Draw) -> Case:
    """One hashing kernel."""
    return draw.weighted(KINDS, (5, 5, 4, 3, 2, 3, 3))(draw)
