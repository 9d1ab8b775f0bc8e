"""The CUDA target without a GPU: NVRTC's word counts, the host runs whole grids and real blocks, and what it cannot run is said."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from small_cases import LENGTH, case_of, healthy, job, job_of, source

from generation.code.cuda import host
from generation.code.cuda.binary import BinaryError, resources
from generation.code.job import Job, LaunchData, Outcome
from generation.code.settings import Settings
from generation.code.unit import Emitted
from harness.isolation import BatchRunner
from kernels.case import Argument, Case, Launch

BLOCK = 64


@pytest.fixture(scope="module")
def runner():
    with BatchRunner("cuda", Settings(optimization_level=0)) as runner:
        yield runner


def one(runner: BatchRunner, job: Job) -> Outcome:
    outcome = runner.run([job])[job.case.id]
    assert outcome.failure is None
    return outcome


def counting(index: int, dim: tuple[int, ...]) -> Job:
    """Each thread of a grid counts itself at its own place, and adds the product of its coordinates' successors to a total."""
    names = "ijkl"[: len(dim)]
    text = f"""import warp as wp


@wp.kernel
def k(visits: wp.array{len(dim)}d(dtype=int), total: wp.array(dtype=wp.int64)):
    {", ".join(names)} = wp.tid()
    wp.atomic_add(visits, {", ".join(names)}, 1)
    wp.atomic_add(total, 0, {" * ".join(f"wp.int64({name} + 1)" for name in names)})
"""
    arguments = (Argument("visits", "int32", len(dim), "accumulate"), Argument("total", "int64", 1, "accumulate"))
    case = Case("grid", 0, index, "k", text, "", arguments, (Launch(dim, {"visits": dim, "total": (1,)}, {}),))
    return Job(case, (LaunchData(dim, {"visits": np.zeros(dim, np.int32), "total": np.zeros(1, np.int64)}, {}),))


@pytest.mark.parametrize("dim", [(1,), (8,), (37,), (300,), (5, 7), (3, 1, 11), (2, 3, 5, 7)], ids=str)
def test_every_thread_of_a_grid_runs_once(runner, dim):
    """Blocks and rounds of the grid's loop: sizes below, at and above a block, none of the last a multiple of it."""
    [launch] = one(runner, counting(0, dim)).launches
    assert (launch.arrays["visits"] == 1).all()
    total = 1
    for n in dim:
        total *= n * (n + 1) // 2
    assert launch.arrays["total"][0] == total


def test_a_kernel_that_does_not_stride_gets_a_grid_that_covers_it(runner):
    lean = counting(0, (37,))
    text = lean.case.python_source.replace("@wp.kernel", "@wp.kernel(grid_stride=False)")
    outcome = one(runner, Job(replace(lean.case, python_source=text), lean.launches))
    assert "for (size_t _idx" not in outcome.code
    assert (outcome.launches[0].arrays["visits"] == 1).all()


@pytest.mark.parametrize("index", [f"i + {LENGTH}", f"i - {4 * LENGTH}"])
def test_a_write_next_to_an_array_is_seen(runner, index):
    outcome = runner.run([job(0, f"    out[{index}] = a[i]"), healthy(1)])
    assert outcome["small-000000"].failure.startswith("run: OutOfBoundsError: the kernel wrote outside of 'out', ")
    assert outcome["small-000001"].failure is None


def test_a_backward_pass_that_writes_next_to_a_gradient_is_seen(runner):
    """The forward pass reads one element too far, which is no crash; its adjoint writes there."""
    outcome = runner.run([job(0, "    out[i] = a[i + 1]")])["small-000000"]
    assert outcome.failure == "run: OutOfBoundsError: the kernel wrote outside of the gradient of 'a', behind the last element"


LOCAL_ARRAY = "    values = wp.zeros(shape=(2,), dtype=float)\n    values[0] = a[i]\n    out[i] = {}"


def test_a_gradient_through_a_local_array_is_known_to_be_spoiled(runner):
    outcomes = runner.run([job(0, LOCAL_ARRAY.format("values[0]")), healthy(1)])
    assert [outcome.failure for outcome in outcomes.values()] == [None, None]
    assert [outcome.limitation for outcome in outcomes.values()] == ["local_array_on_gpu", ""]


def test_an_addition_of_nothing_may_be_left_out():
    """NVRTC's optimizer leaves out what is added to the gradient of `a`: zero."""
    body = "    values = wp.zeros(shape=(2,), dtype=float)\n    values[0] = a[i] * 2.0\n    out[i] = wp.where(values[0] > 0.5, 1.0, 2.0)"
    with BatchRunner("cuda", Settings()) as usual:
        assert one(usual, job(0, body)).validation == "executed_on_host"


def test_level_and_architecture(runner):
    outcome = one(runner, healthy(0))
    assert (outcome.validation, outcome.arch, outcome.not_executed) == ("executed_on_host", "sm_100", "")
    assert outcome.executed_on
    assert outcome.ptx is None
    assert set(outcome.seconds) == {"define", "emit", "nvrtc", "host_build", "run"}


def test_code_is_the_same_for_every_architecture(runner):
    with BatchRunner("cuda", Settings(optimization_level=0, arch=75)) as turing:
        outcome = one(turing, healthy(0))
    assert outcome.arch == "sm_75"
    assert outcome.code == one(runner, healthy(0)).code


def test_ptx_is_that_of_the_record_alone():
    """It names the kernel and no other, and does not change with the neighbours."""
    with BatchRunner("cuda", Settings(optimization_level=0, arch=80, with_ptx=True)) as keeper:
        together = keeper.run([healthy(0), healthy(1)])
        alone = one(keeper, healthy(1))
    outcome = together["small-000001"]
    assert outcome.ptx == alone.ptx
    assert "\0" not in outcome.ptx
    assert ".target sm_80" in outcome.ptx
    assert len(set(re.findall(r"\.entry (k_\w+)_cuda_kernel_", outcome.ptx))) == 1
    assert outcome.ptx.count(".entry ") == 2
    assert outcome.resources["forward"]["registers"] > 0
    assert outcome.resources["backward"]["code_bytes"] > 0


def test_a_case_at_warp_s_default_level_is_compiled_at_it_among_others():
    asked = replace(healthy(0), at_default_level=True)
    with BatchRunner("cuda", Settings(optimization_level=0, with_ptx=True)) as lower:
        mixed = lower.run([asked, healthy(1)])
    with BatchRunner("cuda", Settings(with_ptx=True)) as usual:
        alone = usual.run([healthy(0), healthy(1)])
    assert mixed["small-000000"].ptx == alone["small-000000"].ptx
    assert mixed["small-000001"].ptx != alone["small-000001"].ptx


def test_text_that_only_nvrtc_rejects_fails(runner):
    """It is C++, and not CUDA: the host alone would let it pass."""
    text = '@wp.func_native("""\\nthread_local static int seen = 0; return x + float(seen);\\n""")\ndef native(x: float) -> float: ...'
    outcomes = runner.run([healthy(0), job(1, "    out[i] = native(a[i])", text)])
    assert outcomes["small-000001"].failure.startswith("compile: ")
    assert outcomes["small-000000"].failure is None


DEVICE_ONLY = '@wp.func_native("return __shfl_sync(0xffffffff, x, 0);")\ndef native(x: float) -> float: ...'


WHOLE = """void wp_f() {}
extern "C" __global__ void k_1_cuda_kernel_forward(
    int n)
{}
extern "C" __global__ void k_1_cuda_kernel_backward(
    int n)
{}
"""


@pytest.mark.parametrize("differentiable", [True, False])
def test_a_backward_pass_that_nothing_runs_is_left_out_of_the_host_s_copy(differentiable):
    case = case_of(0, source("    out[i] = a[i]"))
    arguments = tuple(replace(argument, differentiable=differentiable) for argument in case.arguments)
    text = host.runnable(Emitted(replace(case, arguments=arguments), None, {}, "k_1", "", WHOLE, {}, ())).code
    if differentiable:
        assert text == WHOLE
    else:
        forward = WHOLE.partition('extern "C" __global__ void k_1_cuda_kernel_backward')[0]
        assert text == forward + 'extern "C" WP_API void k_1_cpu_backward() { __builtin_trap(); }\n'


def test_what_the_host_cannot_run_is_compiled_and_says_why(runner):
    outcomes = runner.run([job(0, "    out[i] = native(a[i])", DEVICE_ONLY), healthy(1)])
    outcome = outcomes["small-000000"]
    assert (outcome.failure, outcome.validation, outcome.executed_on) == (None, "compiled", "")
    assert outcome.not_executed == "__shfl_sync needs a GPU"
    assert outcome.launches == ()
    assert outcomes["small-000001"].validation == "executed_on_host"


def test_a_batch_of_such_kernels_alone(runner):
    outcome = one(runner, job(0, "    out[i] = native(a[i])", DEVICE_ONLY))
    assert outcome.validation == "compiled"


SHARED = '''@wp.func_native("""
__shared__ float sums[256];
sums[threadIdx.x] = x;
__syncthreads();
float sum = 0.0f;
for (int lane = 0; lane < 256; ++lane)
    sum += sums[lane];
__syncthreads();
return sum;
""")
def block_sum(x: float) -> float: ...'''


def test_threads_that_a_person_has_wait_for_each_other(runner):
    """A sum over the block by shared memory: every thread must have written before any of them reads."""
    text = f"import warp as wp\n\n\n{SHARED}\n\n\n@wp.kernel\ndef k(a: wp.array(dtype=float), out: wp.array(dtype=float)):\n"
    text += "    i = wp.tid()\n    out[i] = block_sum(a[i])\n"
    arguments = (Argument("a", "float32", 1), Argument("out", "float32", 1, "output"))
    a = np.arange(512, dtype=np.float32)
    case = Case("shared", 0, 0, "k", text, "", arguments, (Launch((512,), {"a": (512,), "out": (512,)}, {}),))
    outcome = one(runner, Job(case, (LaunchData((512,), {"a": a, "out": np.full(512, np.nan, np.float32)}, {}),)))
    expected = np.repeat(a.reshape(2, 256).sum(axis=1), 256)
    np.testing.assert_array_equal(outcome.launches[0].arrays["out"], expected)


def tiles(body: str, block_dim: int = BLOCK) -> Job:
    """One block for each row of `a`, 6 by 48; `out` has the same shape, `sums` one element for each row."""
    signature = "def k(a: wp.array2d(dtype=float), sums: wp.array(dtype=float), out: wp.array2d(dtype=float)):"
    text = f"import warp as wp\n\n\n@wp.kernel\n{signature}\n    i = wp.tid()\n{body}\n"
    arguments = (
        Argument("a", "float32", 2, differentiable=True),
        Argument("sums", "float32", 1, "output", True),
        Argument("out", "float32", 2, "output", True),
    )
    a = np.random.default_rng(3).standard_normal((6, 48)).astype(np.float32)
    values = {"a": a, "sums": np.full(6, np.nan, np.float32), "out": np.full((6, 48), np.nan, np.float32)}
    cotangents = {"sums": np.ones(6, np.float32), "out": np.ones((6, 48), np.float32)}
    launch = Launch((6,), {name: value.shape for name, value in values.items()}, {})
    case = Case("tiles", 0, 0, "k", text, "", arguments, (launch,), block_dim=block_dim)
    return Job(case, (LaunchData((6,), values, cotangents),))


TILE_SUM = """    t = wp.tile_load(a[i], shape=48)
    e = wp.tile_map(wp.exp, t)
    wp.tile_store(sums, wp.tile_sum(e), offset=i)
    wp.tile_store(out[i], e * 2.0)"""


@pytest.mark.parametrize("block_dim", [32, BLOCK])
def test_tiles_run_in_blocks(runner, block_dim):
    work = tiles(TILE_SUM, block_dim)
    outcome = one(runner, work)
    assert f"#define WP_TILE_BLOCK_DIM {block_dim}\n" in outcome.preamble
    [launch] = outcome.launches
    e = np.exp(work.launches[0].values["a"])
    np.testing.assert_allclose(launch.arrays["sums"], e.sum(axis=1), rtol=1e-6)
    np.testing.assert_allclose(launch.arrays["out"], 2 * e, rtol=1e-6)
    np.testing.assert_allclose(launch.gradients["a"], 3 * e, rtol=1e-6)


def test_a_block_has_as_many_threads_as_the_case_asks_for(runner):
    """Each thread adds one to its block's sum; one thread alone would leave 1."""
    work = tiles("    wp.atomic_add(sums, i, 1.0)")
    values = work.launches[0].values | {"sums": np.zeros(6, np.float32)}
    launch = replace(work.launches[0], values=values)
    arguments = (
        replace(work.case.arguments[0], differentiable=False),
        Argument("sums", "float32", 1, "accumulate"),
        Argument("out", "float32", 2, "output"),
    )
    outcome = one(runner, Job(replace(work.case, arguments=arguments), (launch,)))
    assert (outcome.launches[0].arrays["sums"] == BLOCK).all()


def test_obstacles_are_named():
    assert host.obstacle("x = wp::add(a, b);", fibers=False) is None
    assert host.obstacle("asm volatile(...)", fibers=True) == "asm needs a GPU"
    assert host.obstacle("if (__any_sync(m, p)) {}", fibers=True) == "__any_sync needs a GPU"
    assert "fibers" in host.obstacle("__shared__ float x[4];", fibers=False)
    assert host.obstacle("__shared__ float x[4];", fibers=True) is None
    assert host.obstacle("// a variable called clocks, masm and my_asm", fibers=True) is None


def test_a_text_of_another_form_is_refused():
    with pytest.raises(host.HostTextError, match="the preamble does not define WP_TILE_BLOCK_DIM once"):
        host.host_preamble("#include <nothing>", 1)


@pytest.mark.parametrize(("data", "reason"), [(b"no", "no 64-bit ELF file"), (b"\x7fELF\x02" + bytes(200), "its sections cannot be read")])
def test_bytes_that_are_no_cubin(data, reason):
    with pytest.raises(BinaryError, match=reason):
        resources(data, "k")


def test_planted_faults_fail_alone_on_the_host(runner):
    bodies = {2: ("    out[i + 2000000000] = a[i]", "crash: SIGSEGV"), 5: ("    out[i] = a[i] + nowhere", "codegen: ")}
    outcomes = runner.run([job(i, bodies[i][0]) if i in bodies else healthy(i) for i in range(8)])
    failed = {int(case_id[-6:]): outcome.failure for case_id, outcome in outcomes.items() if outcome.failure}
    assert set(failed) == set(bodies)
    assert all(failed[i].startswith(reason) for i, (_, reason) in bodies.items())


def test_code_does_not_depend_on_the_batch(runner):
    twin = job_of(case_of(1, source("    out[i] = a[i] * 2.0")))
    assert runner.run([healthy(0), twin])[twin.case.id].code == one(runner, twin).code
