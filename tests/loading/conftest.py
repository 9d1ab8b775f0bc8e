"""A small dataset of both devices for the tests of loading, made without compiling anything, and no network while it is loaded."""

from __future__ import annotations

import json
import socket

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from harvest.samples import PREAMBLE, make_case, outcome_of, terms_in_split, verdict_on

from harness.card import write_card
from harness.dataset import Dataset
from harness.records import make_record
from harness.spool import Spool

CASES = {"train": 4, "validation": 1, "test": 2}
"""How many kernels there are of each split; the last of the train split has no CUDA."""

CUDA = {"arch": "sm_90", "validation": "executed_on_host", "resources": {"forward": {"registers": 24}}}


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """The dataset's folder, with files in it that are no data."""
    folder = tmp_path_factory.mktemp("loading") / "kernels"
    terms = [term for split, count in CASES.items() for term in terms_in_split(split, count)]
    cases = [make_case(index, terms=term, family=("map", "scan")[index % 2]) for index, term in enumerate(terms)]
    for device, made, outcome in (("cpu", cases, {}), ("cuda", cases[:3] + cases[4:], CUDA)):
        with Dataset(folder, device) as dataset:
            with Spool(dataset.spool_folder, "gw0") as spool:
                for case in made:
                    result = outcome_of(case, code=f"// {device}\nvoid kernel_{case.index}() {{}}\n", **outcome)
                    record = make_record(case, result, verdict_on(case), device=device, optimization_level=None, warp_version="1.19.0")
                    spool.append(record, PREAMBLE)
            dataset.commit()
    write_card(folder)
    for name in ("samples/cpu/sample-00000.parquet", "cpu/.spool/gw1.parquet", "report/rows.parquet", "extra.parquet"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table({"strange": [1.5]}), folder / name)
    (folder / "summary-cpu.json").write_text(json.dumps({"format": "a run's summary"}))
    return folder


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    def refuse(*_args, **_kwargs):
        raise OSError("loading must not use the network")

    for name in ("getaddrinfo", "create_connection"):
        monkeypatch.setattr(socket, name, refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture(autouse=True)
def _caches(monkeypatch, tmp_path):
    """What libraries keep of what they loaded goes into the test's own folder."""
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "datasets")
