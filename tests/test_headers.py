"""Precompiled headers: made once for all servers of one Warp, put back when they are deleted, and not kept for ever."""

from __future__ import annotations

import os
from types import SimpleNamespace

import pytest

from generation.code.headers import Headers, shared_headers
from generation.code.settings import CACHE_VARIABLE

NAME = "builtin_bd1_o0_f00.pch"


@pytest.fixture
def folders(tmp_path):
    made = []
    for name in ("own", "other", "shared"):
        (tmp_path / name).mkdir()
        made.append(tmp_path / name)
    return made


def test_one_server_makes_a_header_and_the_next_finds_it(folders):
    own, other, shared = folders
    with Headers(own, shared, 0).making(1) as lacking:
        assert lacking
        (own / NAME).write_text("header")
    with Headers(other, shared, 0).making(1) as lacking:
        assert not lacking
    assert (other / NAME).read_text() == "header"


def test_a_header_for_other_blocks_is_another(folders):
    own, _, shared = folders
    (own / NAME).write_text("header")
    with Headers(own, shared, 0).making(16) as lacking:
        assert lacking
    with Headers(own, shared, 0).making(1) as lacking:
        assert not lacking


def test_a_header_for_another_level_in_the_server_s_folder_is_another(folders):
    own, other, shared = folders
    (own / "builtin_bd1_tis_o0_f00.pch").write_text("header")
    with Headers(own, shared, 2).making(1) as lacking:
        assert lacking
        (own / "builtin_bd1_tis_o2_f00.pch").write_text("header")
    assert [path.name for path in shared.glob("*.pch")] == ["builtin_bd1_tis_o2_f00.pch"]
    with Headers(other, shared, 2).making(1) as lacking:
        assert not lacking


def test_what_warp_deletes_is_put_back(folders):
    own, _, shared = folders
    headers = Headers(own, shared, 0)
    with headers.making(1):
        (own / NAME).write_text("header")
    (own / NAME).unlink()
    headers.restore()
    assert (own / NAME).read_text() == "header"


def test_a_header_whose_making_failed_is_not_shared(folders):
    own, _, shared = folders

    def die() -> None:
        with Headers(own, shared, 0).making(1):
            (own / NAME).write_text("half a hea")
            raise RuntimeError("the compiler died")

    with pytest.raises(RuntimeError):
        die()
    assert not list(shared.glob("*.pch"))


def warp(folder, name, text="#pragma once"):
    """What `shared_headers` asks of a Warp whose headers lie in a folder of their own."""
    native = folder / name
    native.mkdir(exist_ok=True)
    (native / "builtin.h").write_text(text)
    own = folder / f"{name}-own"
    own.mkdir(exist_ok=True)
    return SimpleNamespace(native_folder=lambda: native, header_folder=lambda: own, cpu_level=lambda level: level, flags_key=lambda: "f")


def shared_at(api, folder, level=0, *, tiles_on_stack=True):
    return shared_headers(api, folder, optimization_level=level, tiles_on_stack=tiles_on_stack)


def test_each_warp_has_headers_of_its_own_and_those_used_last_are_kept(tmp_path, monkeypatch):
    cache = tmp_path / "cache"
    monkeypatch.setenv(CACHE_VARIABLE, str(cache))
    for age, name in enumerate(["oldest", "older", "old", "new"]):
        before = set(cache.iterdir()) if cache.exists() else set()
        shared_at(warp(tmp_path, name), tmp_path)
        [made] = set(cache.iterdir()) - before
        os.utime(made, (1000 * age, 1000 * age))
    assert len(list(cache.iterdir())) == 3


def test_a_changed_header_makes_another_warp(tmp_path, monkeypatch):
    cache = tmp_path / "cache"
    monkeypatch.setenv(CACHE_VARIABLE, str(cache))
    shared_at(warp(tmp_path, "same"), tmp_path)
    shared_at(warp(tmp_path, "same", "#pragma once\n"), tmp_path)
    assert len(list(cache.iterdir())) == 2


@pytest.mark.parametrize("other", [{"level": 2}, {"tiles_on_stack": False}], ids=["level", "place of tiles"])
def test_a_header_for_another_level_or_place_of_tiles_is_another(tmp_path, monkeypatch, other):
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    first = warp(tmp_path, "same")
    with shared_at(first, tmp_path).making(1):
        (first.header_folder() / NAME).write_text("header")
    (tmp_path / "next").mkdir()
    for way, lacks in ((other, True), ({}, False)):
        server = SimpleNamespace(**vars(first) | {"header_folder": lambda name=str(way): _made(tmp_path / "next" / name)})
        with shared_at(server, tmp_path, **way).making(1) as lacking:
            assert lacking is lacks


def _made(folder):
    folder.mkdir(exist_ok=True)
    return folder


def test_a_cache_that_cannot_be_is_done_without(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "file"))
    api = warp(tmp_path, "same")
    headers = shared_at(api, tmp_path)
    with headers.making(1):
        (api.header_folder() / NAME).write_text("header")
    assert (tmp_path / "spare-headers" / NAME).exists()
