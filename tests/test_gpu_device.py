"""The CUDA target on a GPU, as far as it can be tested without one: what it compiles and hands to Warp, and what it makes of errors.

NVRTC is real; loading and launching are played. The programs run in a process of their own, since this one never imports Warp.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

START = """
import json, sys, tempfile
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace
sys.path[:0] = [{root!r}, {tests!r}]
import warp as wp
wp.config.log_level = wp.LOG_ERROR
wp.config.kernel_cache_dir = {folder!r}
from generation.code.cuda import device, driver
from generation.code.cuda.device import Binary, DeviceStages, choose_binary, error_code, open_device
from generation.code.job import LaunchOutcome
from generation.code.private_api import PrivateApi, probe
from generation.code.settings import Settings
from generation.code.target import DeviceLostError

driver._load = lambda: None
api = probe()
loads, memories, passes = [], [], []

class Loading(PrivateApi):
    def load_cuda(self, module, binary, meta, *, device, block_dim, arch):
        names = [name for name in meta if name.endswith("_smem_bytes")]
        loads.append([binary.suffix, binary.read_bytes()[:4] == b"\\x7fELF", device, block_dim, arch, len(names)])

def stages(binary, **settings):
    loading = Loading(**{{f.name: getattr(api, f.name) for f in fields(PrivateApi)}})
    return DeviceStages(loading, Settings(**settings), "cuda:1", "Fake GPU", binary)

def outcomes(stages, jobs):
    marks = []
    stages.execute(jobs, marks.append)
    return [mark.outcome for mark in marks if mark.outcome is not None]

class Healthy:
    def __init__(self, values, dtype, device):
        self.values = values
    def numpy(self):
        import numpy
        return numpy.array(self.values)

def play(error=None, healthy=True):
    def launch(case, data, kernel, namespace, memory, *, backward):
        memories.append(memory.device)
        passes.append("forward and backward" if backward else "forward")
        if error is not None and case.index == 0:
            raise error
        return LaunchOutcome({{}}, {{}})
    device.run_launch = launch
    def dead(*arguments, **options):
        raise RuntimeError("Failed to allocate 8 bytes on device 'cuda:1'")
    array = Healthy if healthy else dead
    device.wp = SimpleNamespace(array=array, float32=wp.float32, synchronize_device=lambda device: None)
"""


def run(program: str, folder: Path) -> list[str]:
    start = START.format(root=str(ROOT), tests=str(ROOT / "tests"), folder=str(folder))
    done = subprocess.run([sys.executable, "-c", start + program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_choice_of_the_binary(tmp_path):
    program = """
for arch, asked, supported in (
    (90, None, (80, 90, 100)),
    (121, None, (90, 120)),
    (90, 80, (80, 90)),
    (90, 90, (80, 90)),
    (90, 100, (90, 100)),
    (90, 70, (80, 90)),
    (60, None, (75, 80)),
):
    try:
        binary = choose_binary("Fake GPU", arch, asked, supported)
        print(binary.form, binary.arch)
    except RuntimeError as error:
        print(str(error).replace(wp.__version__, "VERSION"))
"""
    assert run(program, tmp_path) == [
        "cubin 90",
        "ptx 120",
        "ptx 80",
        "cubin 90",
        "--arch 100: Fake GPU is sm_90 and cannot run it; give 90 or less",
        "warp-lang VERSION cannot compile for sm_70; use one of 80, 90",
        "warp-lang VERSION cannot compile for sm_60; use another GPU, or another warp-lang",
    ]


@pytest.mark.parametrize(("form", "arch", "machine_code"), [("cubin", 90, "true"), ("ptx", 80, "false")])
def test_batch_is_compiled_and_loaded_for_the_gpu(tmp_path, form, arch, machine_code):
    """One binary for each size of a block, under the names and with the shared memory that Warp's launches look for."""
    program = f"""
from dataclasses import replace
from small_cases import healthy
from generation.code.job import Job
play()
jobs = [healthy(0), healthy(1), Job(replace(healthy(2).case, block_dim=64), healthy(2).launches)]
for outcome in outcomes(stages(Binary({arch}, {form!r})), jobs):
    print(outcome.failure, outcome.validation, outcome.executed_on, outcome.arch, outcome.not_executed, sorted(outcome.seconds))
    assert "_cuda_kernel_backward(" in outcome.code
print(json.dumps(loads), memories)
"""
    *lines, calls = run(program, tmp_path)
    assert lines == [f"None executed Fake GPU sm_{arch}  ['define', 'emit', 'load', 'nvrtc', 'run']"] * 3
    kinds = [f'[".{form}", {machine_code}, "cuda:1", {block_dim}, {arch}, {names}]' for block_dim, names in ((256, 4), (64, 2))]
    assert calls == f"[{', '.join(kinds)}] {['cuda:1'] * 3}"


def test_a_backward_pass_that_would_end_the_gpu_is_left_out(tmp_path):
    program = """
from small_cases import healthy, job
play()
local = job(1, "    values = wp.zeros(shape=(2,), dtype=float)\\n    values[0] = a[i]\\n    out[i] = values[0]")
print([outcome.limitation for outcome in outcomes(stages(Binary(90, "cubin")), [healthy(0), local])], passes)
"""
    assert run(program, tmp_path) == ["['', 'local_array_on_gpu'] ['forward and backward', 'forward']"]


def test_ptx_is_kept_beside_what_runs(tmp_path):
    program = """
from small_cases import healthy
play()
[outcome] = outcomes(stages(Binary(90, "cubin"), with_ptx=True), [healthy(0)])
print(".target sm_90" in outcome.ptx, outcome.resources["forward"]["registers"] > 0, len(loads))
"""
    assert run(program, tmp_path) == ["True True 1"]


def test_error_that_leaves_the_gpu_usable_fails_its_case_alone(tmp_path):
    program = """
from small_cases import healthy
play(ValueError("argument 'a' does not fit"))
print([outcome.failure for outcome in outcomes(stages(Binary(90, "cubin")), [healthy(0), healthy(1)])])
"""
    assert run(program, tmp_path) == ["""["run: ValueError: argument 'a' does not fit", None]"""]


def test_no_room_fails_its_case_alone(tmp_path):
    program = """
from small_cases import healthy
play(RuntimeError("Failed to allocate 99 bytes on device 'cuda:1'"))
for outcome in outcomes(stages(Binary(90, "cubin")), [healthy(0), healthy(1)]):
    print(outcome.failure)
"""
    expected = "run: GpuMemoryError: out of memory on Fake GPU: Failed to allocate 99 bytes on device 'cuda:1'"
    assert run(program, tmp_path) == [expected, "None"]


@pytest.mark.parametrize(
    "said",
    [
        "CUDA error 700 detected on device cuda:1: Warp CUDA error 700: an illegal memory access was encountered",
        "CUDA error detected: 700",
    ],
)
def test_lost_gpu_is_named_and_ends_the_batch(tmp_path, said):
    program = f"""
from small_cases import healthy
play(RuntimeError({said!r}), healthy=False)
try:
    outcomes(stages(Binary(90, "cubin")), [healthy(0), healthy(1)])
except DeviceLostError as error:
    print(error)
print(len(memories))
"""
    assert run(program, tmp_path) == ["Fake GPU reported CUDA error 700", "1"]


def test_arrays_of_a_failed_launch_are_let_go(tmp_path):
    """Else a case that runs out of memory would keep it from the next."""
    program = """
import gc, weakref
from small_cases import healthy
class Large: pass
alive = []
play()
def launch(case, data, kernel, namespace, memory, *, backward):
    large = Large()
    alive.append(weakref.ref(large))
    raise RuntimeError("Failed to allocate 99 bytes on device 'cuda:1'")
device.run_launch = launch
def probing(device):
    print(alive[0]() is None)
device.wp.synchronize_device = probing
outcomes(stages(Binary(90, "cubin")), [healthy(0)])
"""
    assert run(program, tmp_path) == ["True"]


def test_driver_that_warp_cannot_use(tmp_path):
    """Warp then registers no device at all."""
    program = """
wp.get_cuda_device_count = lambda: 0
wp.get_cuda_driver_version = lambda: (12, 2)
wp.get_cuda_toolkit_version = lambda: (13, 4)
try:
    open_device(api, Settings(gpu=0))
except RuntimeError as error:
    print(str(error).replace(wp.__version__, "VERSION"))
"""
    assert run(program, tmp_path) == [
        "warp-lang VERSION (CUDA 13.4) finds 0 GPUs with this driver (CUDA 12.2), and not number 0: "
        "update the driver, or install a warp-lang built with an older CUDA"
    ]


def test_trivial_kernel_that_does_not_run_is_refused_in_one_line(tmp_path):
    """Through `prepare`: what the driver says when it loads the warm-up's code becomes what there is to do."""
    program = """
from generation.code.cuda.target import CudaTarget
wp.get_cuda_driver_version = lambda: (12, 2)
wp.get_cuda_toolkit_version = lambda: (12, 9)
for said in (
    "Failed to load CUDA module 'batch_0': Warp CUDA error 222: the provided PTX was compiled with an unsupported toolchain",
    "Failed to load CUDA module 'batch_0': Warp CUDA error 2: out of memory (in function wp_cuda_load_module)",
    "Failed to load CUDA module 'batch_0': Warp CUDA error 1: invalid argument",
):
    played = stages(Binary(90, "ptx"))
    def refuse(*arguments, **options):
        raise RuntimeError(said)
    object.__setattr__(played.api, "load_cuda", refuse)
    device.open_device = lambda api, settings: played
    try:
        CudaTarget().prepare(Path(tempfile.mkdtemp()), Settings(gpu=1))
    except RuntimeError as error:
        print(str(error).replace(wp.__version__, "VERSION"))
"""
    assert run(program, tmp_path) == [
        "the driver (CUDA 12.2) cannot load what warp-lang VERSION (CUDA 12.9) makes for sm_90: CUDA error 222; "
        "update the driver, or install a warp-lang built with an older CUDA",
        "out of memory on Fake GPU: free some of it, or give pytest fewer workers (-n)",
        "Fake GPU: Failed to load CUDA module 'batch_0': Warp CUDA error 1: invalid argument",
    ]


def test_warp_is_asked_to_load_with_what_it_needs(tmp_path):
    """The real call, up to where Warp would need a GPU: its own check of the device's name."""
    program = """
class Module:
    def load(self, device, block_dim=None, binary_path=None, output_arch=None, meta_path=None):
        print(device, block_dim, Path(binary_path).name, output_arch, json.loads(Path(meta_path).read_text()))
        raise Exception("Failed to load CUDA module 'm'")
try:
    api.load_cuda(Module(), Path(tempfile.mkdtemp()) / "m.cubin", {"k": 1}, device="cuda:1", block_dim=64, arch=90)
except RuntimeError as error:
    print(str(error).startswith("Failed to load CUDA module 'm': "))
"""
    assert run(program, tmp_path) == ["cuda:1 64 m.cubin 90 {'k': 1}", "True"]


def test_launches_find_what_was_loaded(tmp_path):
    """With Warp's own `Module.load` and lookup of kernels, and a GPU that is only played.

    A launch must take the loaded binary, not build another, and look for entry points that are in it, with their shared memory.
    """
    program = """
import contextlib, re
from small_cases import case_of, healthy, source
from generation.code.unit import Dialect, Unit
from dataclasses import replace
import warp._src.build

gpu = SimpleNamespace(context=7, ordinal=0, alias="cuda:1", name="Fake GPU", arch=90, is_cuda=True, is_cpu=False, is_capturing=False,
                      max_shared_memory_per_block=49152, context_guard=contextlib.nullcontext())
runtime = api.context.runtime
runtime.get_device = lambda device=None: gpu
looked_up = []
def found(context, module, name):
    looked_up.append(name.decode())
    return 99

class Core:
    wp_cuda_get_kernel = staticmethod(found)
    wp_cuda_configure_kernel_shared_memory = staticmethod(lambda kernel, size: True)
    def __getattr__(self, name):
        return lambda *arguments: 0

played = DeviceStages(api, Settings(), "cuda:1", "Fake GPU", Binary(90, "ptx"))
case = replace(healthy(0).case, block_dim=64)
unit = Unit(api, "batch_0", played.dialect(case), None)
emitted = unit.emit(case, unit.define(case))
unit.members[emitted.name] = emitted
seen = []
warp._src.build.load_cuda = lambda path, device: seen.append(Path(path)) or 1234
folder = Path(tempfile.mkdtemp())
seconds = {}
played.build(unit, folder, seconds)
runtime.core = Core()
executable = unit.module.execs[(7, 64)]
print(unit.module.load(gpu, 64) is executable, executable.compile_arch if hasattr(executable, "compile_arch") else 90, len(seen))
executable.get_kernel_hooks(emitted.kernel)
entries = re.findall(r"\\.entry (\\w+)", seen[0].read_text())
print(len(looked_up), sorted(looked_up) == sorted(entries))
executable.handle = None
"""
    assert run(program, tmp_path) == ["True 90 1", "2 True"]
