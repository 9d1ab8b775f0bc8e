"""The family of strings and sequences: tables, searches and codes against plain Python and its libraries."""

import base64
import itertools

import numpy as np

from kernels.draw import Draw
from kernels.families.string_and_sequence.codes import encoding
from kernels.families.string_and_sequence.genes import complement
from kernels.families.string_and_sequence.kmers import bases
from kernels.families.string_and_sequence.models import sequence_models
from kernels.families.string_and_sequence.suffixes import palindromes
from kernels.families.string_and_sequence.tables import whole
from kernels.families.string_and_sequence.text import strings
from tests.families._interpreter import check_against_threads
from tests.families._reference import cases, check_contract, run


def test_contract():
    check_contract("string_and_sequence")


def test_references_agree_with_running_the_threads_one_by_one():
    check_against_threads("string_and_sequence", cases("string_and_sequence", 120), run, at_least=10)


def found(builder, fits, number: int = 1):
    """The first cases of the builder that fit."""
    result = []
    for index in range(500):
        case = builder(Draw(7, "string_and_sequence", index))
        if fits(case):
            result.append(case)
            if len(result) == number:
                return result
    raise AssertionError("too few such cases were drawn")


def edit_distance(a, b) -> int:
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row, corner = [i], row
        for j, y in enumerate(b, 1):
            row.append(min(row[-1] + 1, corner[j] + 1, corner[j - 1] + (x != y)))
    return row[-1]


def common_subsequence(a, b) -> int:
    return max(
        n
        for n in range(min(len(a), len(b)) + 1)
        if {tuple(c) for c in itertools.combinations(a, n)} & {tuple(c) for c in itertools.combinations(b, n)}
    )


def words(case):
    values, result = run(case, launch=1)
    first = next(values[n] for n in ("first_words", "queries", "rows_a") if n in values)
    second = next(values[n] for n in ("second_words", "targets", "rows_b") if n in values)
    return first.tolist(), second.tolist(), next(result[n] for n in ("distance_out", "score_out") if n in result).tolist()


def test_edit_distances_and_common_subsequences_of_short_words():
    for kind, by_hand in (("edit", edit_distance), ("lcs", common_subsequence)):
        (case,) = found(whole, lambda c, kind=kind: kind in c.kernel_name)
        first, second, got = words(case)
        assert got == [by_hand(a, b) for a, b in zip(first, second, strict=True)]
    assert edit_distance("kitten", "sitting") == 3


def test_base64_digits_are_those_of_the_library():
    (case,) = found(encoding, lambda c: "digits" in {a.name for a in c.outputs})
    values, result = run(case)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    text = "".join(alphabet[d] for d in result["digits"].ravel())
    assert text == base64.b64encode(bytes(values["bytes_in"].tolist())).decode()


def test_patterns_are_found_where_python_finds_them():
    def fits(case):
        names = {a.name for a in case.outputs}
        return "found_out" in names and case.kernel_name == "exact_search"

    for case in found(strings, fits, 2):
        values, result = run(case)
        text = next(values[n] for n in ("text", "corpus", "chars", "buffer_in", "message") if n in values)
        pattern = next(values[n] for n in ("pattern", "needle") if n in values)
        expected = [int(text[p : p + len(pattern)].tolist() == pattern.tolist()) for p in range(len(text) - len(pattern) + 1)]
        assert result["found_out"].tolist() == expected


def test_reverse_complements_undo_themselves():
    (case,) = found(complement, lambda c: "complement_out" in {a.name for a in c.outputs})
    values, result = run(case)
    name = next(a.name for a in case.arguments if a.role == "input" and a.ndim)
    scope: dict = {}
    exec(case.reference_source, scope)
    again = scope["reference"](**{name: result["complement_out"]})["complement_out"]
    assert np.array_equal(again, values[name])


def test_kmer_counts_add_up_to_all_windows():
    (case,) = found(bases, lambda c: "counts" in {a.name for a in c.outputs} and "valid" not in c.python_source)
    _, result = run(case)
    assert result["counts"].sum() == case.launches[2].dim[0]


def test_palindromes_read_the_same_both_ways():
    def fits(case):
        return "left, right = i - k - 1, i + 1 + k" in case.reference_source

    (case,) = found(palindromes, fits)
    values, result = run(case)
    text = next(values[n] for n in ("text", "corpus", "chars", "buffer_in", "message") if n in values)
    out = next(result[n] for n in ("length_out", "radius_out") if n in result)
    for center, radius in enumerate(out.tolist()):
        part = text[center - radius : center + radius + 1].tolist()
        assert part == part[::-1]
        assert len(part) == 2 * radius + 1


def test_posteriors_sum_to_one():
    (case,) = found(sequence_models, lambda c: "posterior" in {a.name for a in c.outputs})
    _, result = run(case)
    np.testing.assert_allclose(result["posterior"].sum(axis=1), 1.0, rtol=1e-5)
