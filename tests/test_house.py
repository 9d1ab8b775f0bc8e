"""The house rules that a linter does not know: which way imports run, who may import Warp, what every family and version has."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from harness.records import HARNESS_VERSION
from kernels.catalog import FAMILIES, build_named_case

ROOT = Path(__file__).resolve().parent.parent

LAYERS = ("kernels", "generation.code", "harness", "generation")
"""Each may import itself and those before it. What is in `generation` beside `code` are commands, which stand above all else."""

WARP_IN_HARNESS = {
    "harness/oracle/language_probes.py",
    "harness/oracle/part_probes.py",
    "harness/oracle/probes.py",
    "harness/oracle/query_probes.py",
    "harness/oracle/tile_form_probes.py",
    "harness/oracle/tile_probes.py",
    "harness/reproduction_template.py",
}
"""Probes run in a process of their own; the template is the text of a script, which this project never imports."""

DATA = ROOT / "generation" / "data"
"""Kernels that were made, and no modules of the project."""

MODULES = sorted(
    path for folder in ("kernels", "generation", "harness") for path in (ROOT / folder).rglob("*.py") if not path.is_relative_to(DATA)
)


def imported(path: Path) -> set[str]:
    """The modules that a file imports anywhere in it, also those imported by name."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively: name the module in full"
            names.add(str(node.module))
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("importlib.import_module", "import_module", "__import__"):
            names |= {str(a.value) for a in node.args[:1] if isinstance(a, ast.Constant)}
    return names


def packages(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in imported(path)}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def layer_of(module: str) -> int | None:
    """The layer that a module is in; None for one of a library."""
    found = [layer for layer in LAYERS if module == layer or module.startswith(f"{layer}.")]
    return LAYERS.index(max(found, key=len)) if found else None


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_run_one_way(path):
    own = layer_of(name_of(path).removesuffix(".py").replace("/", ".").removesuffix(".__init__"))
    assert own is not None
    assert not [name for name in imported(path) if name != "generation" and (layer_of(name) or 0) > own]
    assert "tests" not in packages(path)


def test_kernels_and_harness_do_not_import_warp():
    importers = {name_of(path) for path in MODULES if "warp" in packages(path)}
    assert {name for name in importers if not name.startswith("generation/code/")} == WARP_IN_HARNESS


def test_the_template_is_text_only():
    assert not [name_of(path) for path in MODULES if "harness.reproduction_template" in imported(path)]


def test_only_the_server_leads_to_warp():
    """Importing any module of the checking side, the server among them, leaves Warp alone; the server imports it when it serves."""
    names = [name_of(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".") for path in MODULES]
    spared = ("harness.oracle.probes", "harness.reproduction_template", "harness.generated.test_kernels", "harness.report")
    checking = [
        n for n in names if not n.startswith("generation.") and not n.startswith(spared) and not n.endswith(("__main__", "_probes"))
    ]
    program = f"import importlib, sys\nfor name in {checking}: importlib.import_module(name)\nprint('warp' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("family", FAMILIES)
def test_a_reference_names_float32_once(family):
    """In its header line `f32 = np.float32`, which the oracle swaps for float64; bfloat16, which numpy lacks, has a line of its own."""
    for index in range(25):
        source = build_named_case(0, f"{family}-{index:06d}").reference_source
        named = re.findall(r".*\bfloat32\b.*", source)
        assert [line for line in named if line != "bf16 = np.float32"] == ["f32 = np.float32"], f"{family}-{index:06d}"


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_has_a_test_file(family):
    assert (ROOT / "tests" / "families" / f"test_{family}.py").is_file()


def test_versions_agree():
    declared = re.findall(r'^version = "(.*)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert declared == [HARNESS_VERSION]
    assert version("warp-kernel-harness") == HARNESS_VERSION
    assert f"## {HARNESS_VERSION}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
