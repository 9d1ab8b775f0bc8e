"""Strings and sequences: alignment, biological sequences, text, and models of sequences.

Variants: cells, rows and whole tables of edit distance, common subsequences, global, local and affine alignment, time warping, knapsacks
and paths; k-mers, composition, codons, profiles, qualities, base pairs, complements, windows, consensus; comparison, search, classes,
numbers, suffixes, ciphers, encodings, automata, palindromes; Viterbi, forward and backward steps, chains, posteriors, decoded labels,
tokens; integers or bytes, loops with flags, breaks or while, what is stored, counted or found.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.draw import Draw
from kernels.families.string_and_sequence.alignment import align
from kernels.families.string_and_sequence.kmers import bases
from kernels.families.string_and_sequence.models import sequence_models
from kernels.families.string_and_sequence.text import strings

KINDS = (align, bases, strings, sequence_models)


def build(draw: Draw) -> Case:
    """One kernel on strings or sequences."""
    return draw.weighted(KINDS, (4, 4, 5, 4))(draw)
