"""The registry of builtins is that of the installed Warp: names, groups, adjoints, and every overload that it declares.

Warp is asked in a process of its own, since this one never imports it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from kernels.coverage.registry import CASTS, CONSTRUCTORS, PATH, read_registry, write_registry

ROOT = Path(__file__).resolve().parent.parent

ASK = """
import json
import warp as wp
import sys; sys.path.insert(0, ".")
wp.config.log_level = wp.LOG_ERROR
from generation.code.private_api import probe
from generation.code import registry
api = probe()
made = registry.registry_of(api, {}, {}, [])
print(json.dumps({
    "names": registry.public_names(api),
    "declared": {name: sorted(keys) for name, keys in registry.declared_overloads(api).items()},
    "differentiable": [name for name, builtin in made.builtins.items() if builtin.differentiable],
    "groups": {name: builtin.group for name, builtin in made.builtins.items()},
}))
"""

TRY = """
import json, sys
import warp as wp
import sys; sys.path.insert(0, ".")
wp.config.log_level = wp.LOG_ERROR
from generation.code.generic_calls import generic_calls
from generation.code.private_api import CPU_BLOCK_DIM, probe
from generation.code.registry import _emit
from generation.code.unit import Dialect, Unit
unit = Unit(probe(), "registry", Dialect("cpu", CPU_BLOCK_DIM), 0)
seen = {}
for number, (name, parameters, statements) in enumerate(list(generic_calls())[::13]):
    emitted = _emit(unit, number, parameters, statements)
    if emitted is not None:
        seen.setdefault(name, set()).update(key for key in emitted.overloads if key.startswith(f"{name}("))
print(json.dumps({name: sorted(keys) for name, keys in seen.items()}))
"""


def ask(program):
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def warp():
    return ask(ASK)


@pytest.fixture(scope="module")
def registry():
    return read_registry()


def release(text):
    return tuple(map(int, text.split(".")[:2]))


def is_the_registrys_warp(registry):
    return release(version("warp-lang")) == release(registry.warp_version)


def test_every_name_since_its_version_is_there(warp, registry):
    installed = release(version("warp-lang"))
    due = {name for name, builtin in registry.builtins.items() if release(builtin.since) <= installed}
    assert due <= set(warp["names"])
    if is_the_registrys_warp(registry):
        assert due == set(warp["names"])


def test_groups_and_adjoints(warp, registry):
    if not is_the_registrys_warp(registry):
        pytest.skip(f"the registry is of warp-lang {registry.warp_version}")
    assert {name: builtin.group for name, builtin in registry.builtins.items()} == warp["groups"]
    assert {name for name, builtin in registry.builtins.items() if builtin.differentiable} == set(warp["differentiable"])


def test_every_declared_overload_is_there_or_known_not_to_compile(warp, registry):
    if not is_the_registrys_warp(registry):
        pytest.skip(f"the registry is of warp-lang {registry.warp_version}")
    for name, declared in warp["declared"].items():
        builtin = registry.builtins[name]
        # A tuple's length is no call of a type.
        assert set(declared) - {*builtin.overloads, *builtin.refused} <= {"len(tuple)"}, name


def test_generic_calls_are_spelled_as_in_the_registry(registry):
    if not is_the_registrys_warp(registry):
        pytest.skip(f"the registry is of warp-lang {registry.warp_version}")
    seen = ask(TRY)
    assert len(seen) > 60
    for name, keys in seen.items():
        assert set(keys) <= {*registry.builtins[name].overloads, *registry.builtins[name].refused}, name


def test_the_file_is_what_is_written_of_what_is_read(registry, tmp_path):
    write_registry(registry, tmp_path / "registry.tsv")
    assert (tmp_path / "registry.tsv").read_bytes() == PATH.read_bytes()


def test_types_can_be_called_and_have_groups_of_their_own(registry):
    groups = {name: builtin.group for name, builtin in registry.builtins.items()}
    assert groups["vec3f"] == groups["quatd"] == CONSTRUCTORS
    assert groups["float32"] == groups["int"] == CASTS
    assert "vec3f(float32,float32,float32)" in registry.builtins["vec3f"].overloads
