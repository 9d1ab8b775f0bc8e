"""The family of compaction: what is kept stands in order, places are those of the scan, and counters depend on no order."""

import numpy as np

from kernels.draw import Draw
from kernels.families.compaction.counters import counted
from kernels.families.compaction.digits import digit_ranks
from kernels.families.compaction.ranges import expand, ragged
from kernels.families.compaction.runs import grouped
from kernels.families.compaction.scans import scanned
from tests.families._interpreter import check_against_threads
from tests.families._reference import cases, check_contract, run


def test_contract():
    check_contract("compaction")


def test_references_agree_with_running_the_threads_one_by_one():
    check_against_threads("compaction", cases("compaction", 150), run, at_least=15)


def found(builder, fits, number: int = 1):
    """The first cases of the builder that fit."""
    result = []
    for index in range(400):
        case = builder(Draw(7, "compaction", index))
        if fits(case):
            result.append(case)
            if len(result) == number:
                return result
    raise AssertionError("too few such cases were drawn")


def outputs(case) -> set[str]:
    return {a.name for a in case.outputs}


def test_marked_slots_are_the_first_ones():
    for case in found(counted, lambda c: outputs(c) & {"occupied", "slot_used", "marks"} and "capacity" not in c.python_source, 4):
        _, result = run(case)
        marks = next(result[n] for n in ("occupied", "slot_used", "marks") if n in result)
        assert np.all(np.diff(marks, axis=-1) <= 0)


def test_a_digit_s_scatter_is_a_stable_sort():
    (case,) = found(digit_ranks, lambda c: {"sorted_keys", "sorted_index"} <= outputs(c))
    values, result = run(case)
    keys = next(values[n] for n in ("keys", "codes") if n in values)
    assert sorted(result["sorted_index"].tolist()) == list(range(len(keys)))
    assert np.array_equal(result["sorted_keys"], keys[result["sorted_index"]])


def test_decoded_runs_repeat_each_source_as_often_as_its_range_is_long():
    (case,) = found(expand, lambda c: "source_out" in outputs(c))
    values, result = run(case)
    scan = next(v for n, v in values.items() if n in ("offsets", "run_start", "scan"))
    assert np.bincount(result["source_out"], minlength=len(scan) - 1).tolist() == np.diff(scan).tolist()


def test_rows_put_together_and_taken_apart_hold_the_same_elements():
    (case,) = found(ragged, lambda c: "flat_out" in outputs(c) and "moved" not in c.python_source and "value" not in c.python_source)
    values, result = run(case)
    scan = next(v for n, v in values.items() if n in ("offsets", "row_start"))
    table = next(v for n, v in values.items() if n in ("padded", "table"))
    expected = np.concatenate([table[row, :length] for row, length in enumerate(np.diff(scan))])
    assert np.array_equal(result["flat_out"], expected)


def test_lengths_of_runs_add_up_to_all_elements():
    def fits(case):
        return (
            case.kernel_name in ("run_lengths", "measure_runs", "encode_runs", "run_length")
            and " > 0:" in case.python_source
            and "total = total" not in case.python_source
        )

    for case in found(grouped, fits, 3):
        values, result = run(case)
        out = next(result[n] for n in ("length_out", "run_value") if n in result)
        if "total = last - i" in case.reference_source:
            keys = next(values[n] for n in ("keys", "labels", "pixels") if n in values)
            assert out.sum() == len(keys)
            assert np.count_nonzero(out) == 1 + np.count_nonzero(np.diff(keys))


def test_stable_compaction_keeps_the_order():
    (case,) = found(scanned, lambda c: "origin" in outputs(c) and "kept_total" not in c.python_source)
    _, result = run(case)
    origin = result["origin"]
    used = np.flatnonzero(origin)
    assert np.all(np.diff(origin[used]) > 0)
