"""What the command refuses, in one line, before it begins."""

import json
import sys
from dataclasses import asdict, replace

import pytest
from cluster_samples import SETTINGS, local_store

from generation import produce
from generation.cluster import settings as settling
from generation.cluster.pool import RayPool
from generation.cluster.settings import settings_file, settle
from generation.production.request import ROUND_CASES, ProductionError, read_request

GIVEN = ("--cluster=local", "--device=cpu")


def request_for(folder, *more):
    return read_request([*GIVEN, f"--destination={folder}", *more])


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--destination=d"], "--destination d: it is for a production on a cluster; give --cluster too, or --data-dir instead"),
        (["--index=i"], "--index i: it is for a production on a cluster; give --cluster too, or --data-dir instead"),
        (
            ["--cluster=auto", "--device=cpu"],
            "--destination is missing: a production on a cluster needs --cluster, --destination and --device",
        ),
        (
            ["--cluster=auto", "--destination=d"],
            "--device is missing: a production on a cluster needs --cluster, --destination and --device",
        ),
        ([*GIVEN, "--destination=d", "--data-dir=e"], "--data-dir e: a production on a cluster has none; leave it out"),
        ([*GIVEN, "--destination=d", "--report=e"], "--report e: a production on a cluster has none; leave it out"),
    ],
)
def test_a_bad_call_is_refused_in_one_line(arguments, line, capsys):
    assert produce.main(arguments) == produce.REFUSED
    assert capsys.readouterr().err == f"{line}\n"


def test_without_ray_one_line_says_what_to_install(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ray", None)
    assert produce.main([*GIVEN, f"--destination={tmp_path}"]) == produce.REFUSED
    assert capsys.readouterr().err == "--cluster needs Ray: pip install 'warp-kernel-harness[cluster]', here and on the nodes\n"


def test_a_cluster_that_is_not_there_is_refused():
    pytest.importorskip("ray", reason="ray is not installed")
    with pytest.raises(ProductionError, match=r"^--cluster nonsense: .*; give `auto`, `local`, or HOST:PORT of a running cluster$"):
        RayPool("nonsense", 1)


def test_settings_are_settled_once(tmp_path):
    first = settle(local_store(tmp_path), request_for(tmp_path, "--seed=4", "--round-cases=6"), "cpu", gpus=0)
    assert (first.seed, first.round_cases, first.optimization_level, first.on_gpus) == (4, 6, 0, False)
    assert settle(local_store(tmp_path), request_for(tmp_path), "cpu", gpus=0) == first


@pytest.mark.parametrize(("option", "begun"), [("--seed=5", "0"), ("--round-cases=7", str(ROUND_CASES)), ("--optimization-level=1", "0")])
def test_other_settings_are_refused(tmp_path, option, begun):
    settle(local_store(tmp_path), request_for(tmp_path), "cpu", gpus=0)
    line = f"^{option.replace('=', ' ')}: the production in {tmp_path} was begun with {begun}; leave it out, or give another --destination$"
    with pytest.raises(ProductionError, match=line):
        settle(local_store(tmp_path), request_for(tmp_path, option), "cpu", gpus=0)


def test_other_versions_are_refused(tmp_path, monkeypatch):
    settle(local_store(tmp_path), request_for(tmp_path), "cpu", gpus=0)
    monkeypatch.setattr(settling, "version", lambda name: "0.1")
    with pytest.raises(ProductionError, match=r"^this machine has warp-lang 0.1, and the production was begun with"):
        settle(local_store(tmp_path), request_for(tmp_path), "cpu", gpus=0)


def test_cuda_is_run_on_gpus_where_there_are_some_and_from_then_on(tmp_path):
    assert settle(local_store(tmp_path), request_for(tmp_path), "cuda", gpus=2).on_gpus
    with pytest.raises(ProductionError, match=r"was begun on GPUs, and the cluster has none"):
        settle(local_store(tmp_path), request_for(tmp_path), "cuda", gpus=0)


@pytest.mark.parametrize("text", ["{", "[]", json.dumps({"format": "other"}), json.dumps(asdict(replace(SETTINGS, device="cuda")))])
def test_damaged_settings_are_named(tmp_path, text):
    local_store(tmp_path).replace(settings_file("cpu"), text.encode())
    with pytest.raises(ProductionError, match=r"production.json is damaged .*: restore it, or give another --destination"):
        settle(local_store(tmp_path), request_for(tmp_path), "cpu", gpus=0)


@pytest.mark.parametrize(
    ("name", "line"), [("manifest-cpu.json", "has a cpu dataset that no cluster made"), ("thesis.txt", "holds 'thesis.txt' and no dataset")]
)
def test_a_place_with_something_else_is_refused(tmp_path, name, line):
    (tmp_path / name).write_text("{}")
    with pytest.raises(ProductionError, match=line):
        settle(local_store(tmp_path), request_for(tmp_path), "cpu", gpus=0)
