"""Products with sparse matrices, and their kin on graphs: every stored entry sends a message from its column to its row.

Variants: storage (compressed rows, compressed columns, padded rows (ELL), coordinates, diagonals, an edge list), scalar or vector entries,
one or many right-hand sides, accumulation per thread or by atomics, the message (entry times value, difference along an edge, damped by a
fused weight), restriction of entries (no self loops, a cutoff), normalisation by degree, and the epilogue on the row's sum.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.sparse_product.product import Product


def build(draw: Draw) -> Case:
    """One sparse product."""
    draft = Draft(draw, smooth=True)
    layout = draw.weighted(("csr", "coo", "ell", "csc", "edges", "dia"), (6, 4, 3, 2, 3, 1))
    return Product(draw, draft, layout).case()
