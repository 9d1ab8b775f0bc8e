"""The family of graph algorithms: the lists of pairs that the references work on, and results against searches by hand."""

import numpy as np
import pytest

from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.graph_traversal.adjacency import Neighbours
from tests.families._interpreter import check_against_threads
from tests.families._reference import cases, check_contract, run


def test_contract():
    check_contract("graph_traversal")


def test_references_agree_with_running_the_threads_one_by_one():
    check_against_threads("graph_traversal", cases("graph_traversal", 160), run, at_least=10)


@pytest.mark.parametrize("kind", ["csr", "starts", "counted", "ended"])
def test_rows_and_columns_list_each_neighbour_once_and_in_order(kind):
    draft = Draft(Draw(0, "graph_traversal", 0))
    nb = Neighbours(draft, kinds=(kind,))
    given = {
        "csr": {nb.offsets: [0, 2, 2, 5], nb.neighbors: [1, 2, 0, 0, 1]},
        "starts": {nb.offsets: [3, 0, 0], nb.degrees: [2, 0, 3], nb.neighbors: [0, 0, 1, 1, 2]},
        "counted": {nb.neighbors: [[1, 2, 0], [2, 2, 2], [0, 0, 1]], nb.degrees: [2, 0, 3]},
        "ended": {nb.neighbors: [[1, -1, 2], [-1, -1, -1], [0, 0, 1]]},
    }[kind]
    scope = {"np": np, **{name: np.array(values) for name, values in given.items()}}
    exec("\n".join(draft.reference), scope)
    assert list(zip(scope["rows"].tolist(), scope["cols"].tolist(), strict=True)) == [(0, 1), (0, 2), (2, 0), (2, 0), (2, 1)]


def test_rows_of_entries_are_those_of_the_offsets():
    seen = 0
    for case in cases("graph_traversal", 300):
        if case.kernel_name not in ("expand_rows", "csr_to_coo", "find_row", "row_of_entry"):
            continue
        values, result = run(case)
        offsets = next(v for n, v in values.items() if n in ("offsets", "row_start", "indptr"))
        rows = next(result[n] for n in ("row_out", "row_index", "sources") if n in result)
        for entry, row in enumerate(rows):
            assert offsets[row] <= entry < offsets[row + 1]
        seen += 1
    assert seen >= 1


def test_shortest_paths_through_one_vertex_never_get_longer():
    seen = 0
    for case in cases("graph_traversal", 400):
        if "np.minimum(best, through)" not in case.reference_source or "cost" in case.reference_source:
            continue
        values, result = run(case)
        before = next(v for v in values.values() if np.ndim(v) == 2 and v.dtype.kind == "f" and np.isfinite(v).all())
        after = next(iter(result.values()))
        assert np.all(after <= before)
        seen += 1
    assert seen >= 1
