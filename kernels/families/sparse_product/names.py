"""Names in kernels that use sparse matrices and graphs, and the sizes that they are launched with."""

from __future__ import annotations

from kernels.draw import Draw

VOCABULARIES = (
    {"values": "values", "x": "x", "out": "y", "row": "row", "col": "col", "rows": "num_rows", "entry": "k"},
    {"values": "edge_weight", "x": "features", "out": "messages", "row": "node", "col": "neighbor", "rows": "num_nodes", "entry": "e"},
    {"values": "data", "x": "vec", "out": "product", "row": "i", "col": "j", "rows": "n", "entry": "p"},
    {"values": "conductance", "x": "potential", "out": "current", "row": "node", "col": "other", "rows": "num_nodes", "entry": "link"},
    {"values": "transition", "x": "rank_in", "out": "rank_out", "row": "page", "col": "source", "rows": "num_pages", "entry": "link"},
    {"values": "stiffness", "x": "u", "out": "force", "row": "dof", "col": "other", "rows": "num_dofs", "entry": "idx"},
)
NAMES = {
    "csr": (("row_offsets", "columns"), ("indptr", "indices"), ("row_ptr", "col_idx"), ("starts", "neighbors")),
    "csc": (("col_offsets", "row_indices"), ("indptr", "indices"), ("col_ptr", "row_idx")),
    "coo": (("rows", "cols"), ("row_idx", "col_idx"), ("dst", "src"), ("targets", "sources")),
    "ell": (("counts", "columns"), ("row_nnz", "col_idx"), ("degree", "neighbors")),
}

LONGEST = 9
"""Most entries of a padded row."""


def sizes(draw: Draw, rows: str, smallest: int = 1) -> list[dict[str, int]]:
    """The launches' extents: `rows` (under its own name), columns where those differ, stored entries, right-hand sides."""
    large = draw.integer(66, 110)
    pairs = [(smallest, 3), (draw.choice((7, 13, 17)), 37), (large + (large % 8 == 0), draw.integer(90, 230))]
    return [{rows: n, "num_cols": draw.integer(2, 20), "nnz": nnz, "width": 1 + 2 * (n > 1)} for n, nnz in pairs]
