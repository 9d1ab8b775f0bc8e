"""Near-duplicates: what resembles what, and what follows for clusters and splits."""

from __future__ import annotations

import json

import pytest

from harness.clusters import Clusters, Place, split_of
from harness.dataset import Dataset
from harness.near import BANDS, bands_of
from harness.structure import structure_hash

from .samples import make_case, scale_source, spool_cases, terms_in_split
from .test_dataset import rows_of

SOURCE = scale_source("scale", 3)


def alike(a, b):
    return any(x == y for x, y in zip(bands_of(a), bands_of(b), strict=True))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("value", "amount"),
        ("scale", "stretch"),
        ("2.0", "0.125e-3"),
        ("    i = wp.tid()", "    # where this thread stands\n    i = wp.tid()"),
        ("    i = ", "    i  =  "),
        ("        i", "    i"),
    ],
)
def test_names_constants_comments_and_spaces_do_not_count(old, new):
    assert bands_of(SOURCE.replace(old, new)) == bands_of(SOURCE)


def test_texts_do_not_count_but_as_such():
    first = SOURCE.replace("    i = ", '    """Scales an array."""\n    i = ')
    assert bands_of(first) == bands_of(first.replace("Scales an array.", "Twice # the sum,\n    or more."))
    assert bands_of(first) != bands_of(SOURCE)


def test_what_is_called_counts():
    assert bands_of(SOURCE.replace("2.0 * value", "wp.sin(value)")) != bands_of(SOURCE)


def test_one_line_more_makes_a_near_duplicate_and_another_program_none():
    assert alike(SOURCE, SOURCE.replace("    out[i] = ", "    value = wp.lerp(value, x[i], 0.5)\n    out[i] = "))
    assert not alike(SOURCE, scale_source("scale", 4))


def test_a_text_shorter_than_a_shingle_has_bands():
    assert len(bands_of("x")) == len(bands_of("")) == BANDS


def test_bands_are_the_same_in_every_version_of_this_project():
    """They decide on the splits of datasets that grow: a change of them is a change of the format."""
    assert bands_of("import warp as wp\n")[:2] == [3416686956341889598, -1760703461375827261]


def test_splits_follow_from_the_structure_in_their_shares():
    assert [split_of(h) for h in ("00000000", "e6666665", "e6666667", "f3333332", "f3333334", "ffffffff")] == [
        "train",
        "train",
        "validation",
        "validation",
        "test",
        "test",
    ]


def test_a_band_in_another_place_is_no_resemblance():
    clusters = Clusters()
    clusters.add([1, 2], Place("a", "train"))
    assert clusters.find([2, 1]) == []
    assert clusters.find([1, 7]) == clusters.find([7, 2]) == [Place("a", "train")]


def near(source):
    """Another structure that is nearly the same."""
    return source.replace("    out[i] = 2.0 * value", "    out[i] = 2.0 * value + x[i]")


def case_of(index, source, device_seed=7):
    case = make_case(index, seed=device_seed)
    return type(case)(**{**case.__dict__, "python_source": source})


def commit(folder, cases, device="cpu"):
    with Dataset(folder, device) as dataset:
        spool_cases(dataset.spool_folder, cases, device=device)
        return dataset.commit()


def test_a_near_duplicate_joins_cluster_and_split_of_the_first(tmp_path):
    (terms,) = terms_in_split("test", 1)
    first = scale_source("scale", terms)
    commit(tmp_path, [case_of(0, first), case_of(1, near(first))])
    one, two = rows_of(tmp_path)
    assert one["structure_hash"] != two["structure_hash"]
    assert (one["split"], two["split"]) == ("test", "test")
    assert one["cluster"] == two["cluster"] == one["id"]


def test_so_it_does_in_a_later_commit_and_on_the_other_device(tmp_path):
    (terms,) = terms_in_split("validation", 1)
    first = scale_source("scale", terms)
    commit(tmp_path, [case_of(0, first)])
    commit(tmp_path, [case_of(1, near(first))])
    commit(tmp_path, [case_of(1, near(first))], "cuda")
    assert {(row["split"], row["cluster"]) for row in rows_of(tmp_path, "*/*.parquet")} == {("validation", rows_of(tmp_path)[0]["id"])}


def bridge():
    """Two programs of different splits that do not resemble each other, and a third that resembles both."""
    for terms in range(1, 400):
        lines = scale_source("scale", terms).splitlines(keepends=True)
        others = scale_source("scale", terms + 1000).splitlines(keepends=True)
        first = "".join([*others[:12], *lines[12:]])
        second = "".join([*lines[:-6], *others[-6:]])
        both = "".join(lines)
        apart = split_of(structure_hash(first)) != split_of(structure_hash(second))
        if apart and alike(first, both) and alike(both, second) and not alike(first, second):
            return first, second, both
    raise AssertionError("no three such programs")


def test_what_resembles_two_splits_is_left_out_for_good(tmp_path):
    first, second, both = bridge()
    done = commit(tmp_path, [case_of(0, first), case_of(1, second), case_of(2, both)])
    assert (done.rows, done.bridges, done.duplicates) == (2, 1, 0)
    manifest = json.loads((tmp_path / "manifest-cpu.json").read_text())
    assert {key: set(value.split()) for key, value in manifest["bridges"].items()} == {
        "7/map-000002": {row["cluster"] for row in rows_of(tmp_path)}
    }
    with Dataset(tmp_path, "cpu") as dataset:
        assert (7, "map-000002") in dataset.done_keys()
    assert commit(tmp_path, [case_of(2, both)]).bridges == 0
