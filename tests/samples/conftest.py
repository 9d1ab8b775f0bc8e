"""A dataset of eight families, and its samples."""

from __future__ import annotations

import pytest
from sample_records import FAMILIES, record_of, write_records

from generation.samples import main

PER_FAMILY = 5


@pytest.fixture(scope="session")
def records():
    """Of every family, five kernels on both devices, the later the larger; the last family has a gradient that is not checked."""
    return [
        record_of(family, index, device, size=200 + 1000 * index + 10 * place, **_status(family))
        for place, family in enumerate(FAMILIES)
        for index in range(PER_FAMILY)
        for device in ("cpu", "cuda")
    ]


def _status(family):
    return {"gradient": "not_differentiable"} if family == FAMILIES[-1] else {}


@pytest.fixture(scope="session")
def data_dir(records, tmp_path_factory):
    return write_records(tmp_path_factory.mktemp("data"), records)


@pytest.fixture(scope="session")
def samples(data_dir, tmp_path_factory):
    """The samples of the dataset, 20 records of each device."""
    output = tmp_path_factory.mktemp("made") / "samples"
    assert main(["--data-dir", str(data_dir), "--output", str(output), "--records", "20"]) == 0
    return output
