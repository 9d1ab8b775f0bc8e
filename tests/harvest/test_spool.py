"""Spools: what was appended is read back; a torn tail is dropped, and only that."""

from __future__ import annotations

import errno
import os
import re

import pytest

from harness.errors import DatasetError
from harness.spool import Spool, read_spool, read_spooled

from .samples import PREAMBLE, make_case, record_of, spool_cases


def cases_in(path):
    return [spooled.record["case"] for spooled in read_spool(path)]


def test_what_was_appended_is_read_back(tmp_path):
    spool_cases(tmp_path / "new" / "folder", [make_case(0), make_case(1)])
    read = list(read_spool(tmp_path / "new" / "folder" / "gw0.jsonl"))
    assert [r.record for r in read] == [record_of(make_case(0)), record_of(make_case(1))]
    assert [read_spooled(r.path, r.offset, r.length) for r in read] == read
    assert {r.preamble for r in read} == {PREAMBLE}


def test_a_record_is_in_the_file_as_soon_as_it_is_appended(tmp_path):
    spool = Spool(tmp_path, "gw0")
    spool.append(record_of(make_case(0)), PREAMBLE)
    assert cases_in(spool.path) == ["map-000000"]
    spool.close()


def test_one_record_is_one_write(tmp_path, monkeypatch):
    writes = []
    real = os.write
    with Spool(tmp_path, "gw0") as spool:
        monkeypatch.setattr(os, "write", lambda fd, data: writes.append(len(data)) or real(fd, data))
        spool.append(record_of(make_case(0)), PREAMBLE)
    assert len(writes) == 1


@pytest.mark.parametrize("cut", [1, 10, 400])
def test_a_torn_tail_is_dropped_and_the_file_left_alone(tmp_path, cut):
    spool_cases(tmp_path, [make_case(0), make_case(1)])
    path = tmp_path / "gw0.jsonl"
    torn = path.read_bytes()[:-cut]
    path.write_bytes(torn)
    assert cases_in(path) == ["map-000000"]
    assert path.read_bytes() == torn


@pytest.mark.parametrize("keep", [0, 100_000])
def test_a_worker_of_the_same_name_starts_behind_the_torn_tail(tmp_path, keep):
    path = tmp_path / "gw0.jsonl"
    spool_cases(tmp_path, [make_case(0)])
    path.write_bytes(path.read_bytes() + b'{"record":' + b"x" * keep)
    spool_cases(tmp_path, [make_case(1)])
    assert cases_in(path) == ["map-000000", "map-000001"]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (b'{"record":\n', "not a record (broken JSON)"),
        (b"\n", "not a record (broken JSON)"),
        (b'{"record":{}}\n', "not a record and its preamble"),
        (b'{"record":{},"preamble":""}\n', "not a record (no column 'id')"),
    ],
)
@pytest.mark.parametrize("last", [False, True])
def test_any_other_broken_line_is_an_error_with_file_and_line(tmp_path, line, fault, last):
    spool_cases(tmp_path, [make_case(0), make_case(1)])
    path = tmp_path / "gw0.jsonl"
    first, second = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + second + line if last else first + line + second)
    with pytest.raises(DatasetError) as error:
        list(read_spool(path))
    assert str(error.value) == f"{path}, line {3 if last else 2}: {fault}: remove the line, or the file, and run again"


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "spool" / "gw0.jsonl"
    with pytest.raises(DatasetError, match=rf"^{re.escape(str(path))} cannot be written .Not a directory.: give a --data-dir that can$"):
        Spool(tmp_path / "file" / "spool", "gw0")


def test_a_full_disk_leaves_whole_lines(tmp_path, monkeypatch):
    real = os.write
    with Spool(tmp_path, "gw0") as spool:
        spool.append(record_of(make_case(0)), PREAMBLE)
        before = spool.path.read_bytes()
        monkeypatch.setattr(os, "write", lambda fd, data: real(fd, data[:50]))
        with pytest.raises(DatasetError, match=r"took 50 of \d+ bytes of a record: make room and run again"):
            spool.append(record_of(make_case(1)), PREAMBLE)
        assert spool.path.read_bytes() == before

        def refuse(fd, data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(os, "write", refuse)
        with pytest.raises(DatasetError, match=r"did not take a record \(No space left on device\): make room and run again"):
            spool.append(record_of(make_case(1)), PREAMBLE)
        assert spool.path.read_bytes() == before


def test_a_number_that_is_not_finite_is_refused(tmp_path):
    with Spool(tmp_path, "gw0") as spool, pytest.raises(ValueError, match="not JSON compliant"):
        spool.append(record_of(make_case(0)) | {"tolerance": float("nan")}, PREAMBLE)
