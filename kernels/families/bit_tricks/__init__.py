"""Bit tricks: arithmetic on the bits of words, packed fields, codes along space-filling curves, and sets of bits.

Variants: tricks on elements (counts, scans, rotations, reversals, Gray codes, powers of two, each by shifts, builtins or loops), pairs of
words, packed colours and records, booleans to words, quantized weights and products, Morton and Hilbert codes and their neighbours,
prefixes and splits of radix trees, set operations, membership, similarity, rank and selection, bit-parallel automata, products of bits;
words held signed or unsigned, of 32 or 64 bits, layouts, filters, functions, and what becomes of the result.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.draw import Draw
from kernels.families.bit_tricks.bitsets import set_operation
from kernels.families.bit_tricks.elements import trick_elements
from kernels.families.bit_tricks.machines import bit_machine
from kernels.families.bit_tricks.morton import order_codes
from kernels.families.bit_tricks.packing import pack_fields

KINDS = (trick_elements, pack_fields, order_codes, set_operation, bit_machine)


def build(draw: Draw) -> Case:
    """One kernel of bit operations."""
    return draw.weighted(KINDS, (7, 3, 2, 3, 2))(draw)
