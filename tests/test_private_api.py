"""The private API: what is recorded is what Warp itself writes, modules go away for good, and a Warp that will not do is refused.

Each test runs a program in a process of its own, since this one never imports Warp.
"""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

START = """
import sys, tempfile
sys.path[:0] = [{root!r}, {tests!r}]
import warp as wp
wp.config.log_level = wp.LOG_ERROR
wp.config.kernel_cache_dir = {folder!r}
from generation.code import private_api
from generation.code.private_api import UnsupportedWarpError, probe
"""


def run(program: str, folder: Path) -> str:
    start = START.format(root=str(ROOT), tests=str(ROOT / "tests"), folder=str(folder))
    done = subprocess.run([sys.executable, "-c", start + program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def refusal(program: str, folder: Path) -> str:
    return run(f"{program}\ntry:\n    probe()\nexcept UnsupportedWarpError as error:\n    print(error)\n", folder)


def test_probe_gives_the_version(tmp_path):
    assert run("print(probe().version == wp.__version__, probe() is probe())", tmp_path) == "True True"


def test_version_out_of_range(tmp_path):
    program = """
for version in ("1.15.1", "1.20.0", "2.0.0", "unknown"):
    wp.__version__ = version
    try:
        probe()
    except UnsupportedWarpError as error:
        print(error)
"""
    out_of_range = "not in the supported range"
    reasons = {"1.15.1": out_of_range, "1.20.0": out_of_range, "2.0.0": out_of_range, "unknown": "its version cannot be read"}
    expected = [f"warp-lang {version} cannot be used: {reason}; install one of 1.16 to 1.19" for version, reason in reasons.items()]
    assert run(program, tmp_path).splitlines() == expected


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        ("del wp._src.context.ModuleHasher", "it has no warp._src.context.ModuleHasher"),
        ("del wp._src.build.build_cpu", "it has no warp._src.build.build_cpu"),
        (
            "wp._src.context.Module.resolve_options = lambda self, config: {}",
            "warp._src.context.Module.resolve_options has no parameter block_dim",
        ),
        (
            "wp._src.codegen.Adjoint.add_call = lambda adj, func: None",
            "warp._src.codegen.Adjoint.add_call has no parameter return_resolved",
        ),
        (
            "import generation.code.overloads\ngeneration.code.overloads._has_backward = lambda code: False",
            "a kernel's calls of builtins are seen as array_store(array(float32)[1],float32), tid()",
        ),
        (
            "wp._src.context.ModuleBuilder.codegen = lambda self, device: ''",
            "the generated code of a kernel does not have the expected form",
        ),
    ],
)
def test_missing_name_or_signature(tmp_path, damage, reason):
    line = refusal(f"import warp._src.context, warp._src.build\n{damage}", tmp_path)
    assert line == f"warp-lang {version('warp-lang')} cannot be used: {reason}; install one of 1.16 to 1.19"


def test_recorded_code_is_what_warp_writes_itself(tmp_path):
    """A module with this one kernel, compiled by Warp's public API, has the same text on disk, to the byte."""
    program = f"""
from pathlib import Path
from small_cases import case_of, source
from generation.code.unit import Dialect, Unit
helper = "@wp.func\\ndef shape(x: float):\\n    return wp.sin(x) * 2.0"
case = case_of(0, source("    out[i] = shape(a[i])", helper))
unit = Unit(probe(), "alone", Dialect("cpu", 1), 0)
namespace = unit.define(case)
emitted = unit.emit(case, namespace)
wp.load_module("alone", device="cpu", block_dim=1)
[written] = Path({str(tmp_path)!r}).rglob("*.cpp")
print(written.read_text() == emitted.preamble + emitted.code)
"""
    assert run(program, tmp_path) == "True"


def test_recorded_cuda_is_what_warp_writes_itself(tmp_path):
    program = f"""
from pathlib import Path
from small_cases import case_of, source
from generation.code.unit import Dialect, Unit
helper = "@wp.func\\ndef shape(x: float):\\n    return wp.sin(x) * 2.0"
case = case_of(0, source("    out[i] = shape(a[i])", helper))
unit = Unit(probe(), "alone", Dialect("cuda", 256, 90), 0)
namespace = unit.define(case)
emitted = unit.emit(case, namespace)
wp.compile_aot_module(wp.get_module("alone"), arch=90, use_ptx=True, module_dir={str(tmp_path)!r})
[written] = Path({str(tmp_path)!r}).rglob("*.cu")
print(written.read_text() == emitted.preamble + emitted.code)
"""
    assert run(program, tmp_path) == "True"


def test_unload_leaves_no_kernel(tmp_path):
    program = """
import gc, weakref
from small_cases import case_of, source
from generation.code.unit import Dialect, Unit
api = probe()
unit = Unit(api, "gone", Dialect("cpu", 1), 0)
case = case_of(0, source("    out[i] = a[i]"))
namespace = unit.define(case)
emitted = unit.emit(case, namespace)
kernel = weakref.ref(emitted.kernel)
del namespace, emitted, unit
api.unload("gone")
api.unload("never there")
print(kernel() is None, "gone" in api.context.user_modules)
"""
    assert run(program, tmp_path) == "True False"


def test_memory_stays_flat_over_batches_in_one_process(tmp_path):
    """Emission alone, where kernels would pile up: the later rounds add next to nothing to the earlier ones."""
    program = """
from small_cases import HEALTHY, case_of, source
from generation.code.unit import Dialect, Unit
api = probe()
def rss():
    return int(open("/proc/self/statm").read().split()[1]) * 4
def rounds(first, last):
    for round in range(first, last):
        unit = Unit(api, "batch_0", Dialect("cpu", 1), 0)
        for i in range(16):
            case = case_of(i, source(HEALTHY.format(gain=f"{round * 16 + i}.0")))
            emitted = unit.emit(case, unit.define(case))
            unit.members[emitted.name] = emitted
        del unit, emitted
        api.unload("batch_0")
rounds(0, 6)
before = rss()
rounds(6, 18)
print(rss() - before)
"""
    if not Path("/proc/self/statm").exists():
        pytest.skip("needs /proc to read the process's memory")
    # 192 kernels that stay cost about 1000 KB, measured; ones that go, under 50.
    assert int(run(program, tmp_path)) < 300


QUICK_OR_NOT = """
from pathlib import Path
from generation.code.private_api import CPU_BLOCK_DIM
from generation.code.unit import Dialect, Unit
from kernels.catalog import build_case

api = probe()
unit = Unit(api, "same", Dialect("cpu", CPU_BLOCK_DIM), {level})
case = build_case(0, {index})
emitted = unit.emit(case, unit.define(case))
unit.members[emitted.name] = emitted
source = Path({folder!r}, "same.cpp")
source.write_text(unit.source(emitted.preamble))

def made(flags):
    private_api._QUICK = flags
    api.build_cpu(unit.module, source, source.with_suffix(".o"), optimization_level={level})
    return source.with_suffix(".o").read_bytes()

quick = private_api._QUICK
print(bool(quick), made(quick) == made(""))
"""


@pytest.mark.parametrize("level", [0, 2])
def test_clang_makes_the_same_object_without_its_idle_work(tmp_path, level):
    assert run(QUICK_OR_NOT.format(folder=str(tmp_path), level=level, index=7), tmp_path) == "True True"
