"""A tiny dataset for the tests of the report, made by the harness's own records and shards, without Warp, and a summary of its run."""

from __future__ import annotations

import json
import math
import re
from datetime import date
from types import SimpleNamespace

import pyarrow.parquet as pq

from generation.code.job import Outcome
from harness.dataset import Committed, Dataset
from harness.options import Options
from harness.records import make_record
from harness.report.__main__ import main
from harness.result import CaseResult
from harness.spool import Spool
from harness.summary import build_summary, write_summary
from kernels.case import Argument, Case, Launch
from kernels.domains import Uniform

KERNEL = """\
import warp as wp


@wp.func
def twice(a: float):
    return 2.0 * a


@wp.kernel
def scale(x: wp.array(dtype=float), out: wp.array(dtype=float)):
    i = wp.tid()
    if i < x.shape[0]:
        a = {terms}
        b = twice(a)
        out[i] = b
"""

CODE = """\
struct wp_args_scale_01 {{
    wp::array_t<wp::float32> x;
}};

static void scale_01_cpu_kernel_forward(
    wp::launch_bounds_t<1> dim,
    wp_args_scale_01 *_wp_args)
{{
    //---------
    // forward
    // def scale(x, out):                                              <L 10>
    // i = wp.tid()                                                    <L 11>
    var_0 = builtin_tid1d();
    // if i < x.shape[0]:                                              <L 12>
    var_1 = (var_0 < var_9);
    if (var_1) {{
        // a = {first}                                                 <L 13>
        var_2 = wp::address(var_x, var_0);
        var_3 = wp::load(var_2);
        // b = twice(a)                                                <L 14>
        var_4 = twice_0(var_3);
        // out[i] = b                                                  <L 15>
        wp::array_store(var_out, var_0, var_4);
    }}
}}

static void scale_01_cpu_kernel_backward(
    wp::launch_bounds_t<1> dim,
    wp_args_scale_01 *_wp_args)
{{
    //---------
    // forward
    // a = {first}                                                     <L 13>
    var_3 = wp::load(var_2);
    //---------
    // reverse
    if (var_1) {{
        wp::adj_array_store(var_out, var_0, var_4, adj_out, adj_0, adj_4);
        // adj: out[i] = b                                             <L 15>
        adj_twice_0(var_3, adj_3, adj_4);
        // adj: b = twice(a)                                           <L 14>
        wp::adj_address(var_x, var_0, adj_x, adj_0, adj_2);
        // adj: a = {first}                                            <L 13>
    }}
    if (var_1) {{
    }}
    // adj: if i < x.shape[0]:                                         <L 12>
    return;
}}
"""

PTX = """\
.visible .entry scale_01_cuda_kernel_forward(
\t.param .align 8 .b8 scale_01_cuda_kernel_forward_param_0[24]
)
{
\t.reg .f32 \t%f<4>;

\tld.param.u64 \t%rd2, [scale_01_cuda_kernel_forward_param_0+8];
\t@%p1 bra \t$L__BB0_3;

$L__BB0_2:
\tld.global.f32 \t%f1, [%rd3];
\t// begin inline asm
\tadd.f32 \t%f2, %f1, %f1;
\tst.global.f32 \t[%rd4], %f2;
\tst.shared.u32 \t[%r2], %r5;

$L__BB0_3:
\tret;

}
\t// .globl\tscale_01_cuda_kernel_backward
.visible .entry scale_01_cuda_kernel_backward(
\t.param .align 8 .b8 scale_01_cuda_kernel_backward_param_0[24]
)
{
\tst.global.f32 \t[%rd9], %f9;
\tret;
}
"""
"""In the form that NVRTC writes."""

ERRORS = (
    ("map", "checked", 0.0, 1e-9, 4e-6),
    ("map", "checked", 2e-7, 3e-7, 4e-6),
    ("scan", "checked", 1e-15, 1e-11, 1e-13),
    ("scan", "known_limitation:frac", 3e-16, 2.5, 1e-13),
    ("scan", "not_differentiable", math.nan, math.nan, math.nan),
)
"""Family, gradient status, forward error, gradient error and tolerance of every record."""

INDICES = range(len(ERRORS))

FAILURE = "forward: a|b `differs`"


def case_at(index, family):
    return Case(
        family=family,
        seed=7,
        index=index,
        kernel_name="scale",
        python_source=KERNEL.format(terms=" + ".join(["x[i]"] * (index + 1))),
        reference_source="def reference(x):\n    return {'out': x}\n",
        arguments=(Argument("x", "float32", 1, "input", True), Argument("out", "float32", 1, "output", True)),
        launches=(Launch((4,), {"x": (4,), "out": (4,)}, {"x": Uniform(0.0, 1.0)}),),
    )


def record_at(index, device="cpu", template=CODE, **outcome):
    family, gradient, forward, backward, tolerance = ERRORS[index]
    case = case_at(index, family)
    text = template.format(first=" + ".join(["x[i]"] * (index + 1))) + "// filler\n" * 40 * index
    verdict = SimpleNamespace(
        case_id=case.id,
        passed=True,
        reason="",
        gradient=gradient,
        max_error_forward=forward,
        max_error_gradient=backward,
        tolerance=tolerance,
        tolerance_gradient=math.nan if math.isnan(backward) else 10 * tolerance,
    )
    overloads = ("adj_mul(float32,float32)", "load(float32)", "mul(float32,float32)", "tid()")
    values = {"overloads": overloads, "code": text, "preamble": "// preamble\n", "arch": "x86_64", "executed_on": "x86_64"}
    if device == "cuda":
        values |= {"code": cuda_of(text), "arch": "sm_90", "validation": "executed_on_host", "ptx": PTX}
        values |= {"resources": {"forward": {"registers": 20 + index}, "backward": {"registers": 30, "frame_bytes": 64}}}
    return make_record(case, Outcome(case.id, **(values | outcome)), verdict, device=device, optimization_level=None, warp_version="1.19.0")


def cuda_of(text):
    """Sample C++ as the CUDA of the same kernel, as far as the report can tell."""
    return text.replace("static void", 'extern "C" __global__ void').replace("_cpu_", "_cuda_")


def make_dataset(folder, device="cpu", *, code=CODE, summary=True, indices=INDICES, outcomes=None):
    """The records that were put into the dataset in `folder`. `outcomes` has what is different of the outcome of single indices."""
    records = [record_at(index, device, code, **(outcomes or {}).get(index, {})) for index in indices]
    with Dataset(folder, device) as dataset:
        with Spool(dataset.spool_folder, "gw0") as spool:
            for record in records:
                spool.append(record, "// preamble\n")
        committed = dataset.commit()
    if summary:
        write_summary(folder, summary_of(device, records, committed, folder))
    shards = [row for shard in committed.shards for row in pq.read_table(folder / shard, partitioning=None).to_pylist()]
    return sorted(shards, key=lambda record: record["index"])


def summary_of(device, records, committed, folder):
    results = [
        CaseResult(r["case"], True, gradient=r["gradient"], validation=r["validation"], seconds={"build": 1.5, "check": 0.25})
        for r in records
    ]
    results.append(CaseResult("map-000005", False, reason=FAILURE, seconds={"build": 1.5}))
    return build_summary(
        Options(device, 7, 0, 8, (), None, folder, None, 32),
        results,
        committed if committed is not None else Committed(),
        asked=8,
        already_there=2,
        arch="x86_64",
        warp_version="1.19.0",
        workers=2,
        day=date(2026, 1, 2),
        wall_seconds=12.5,
        exit_status=1,
    )


def write_production(folder, device, *rounds):
    """The ledger of a production whose rounds differ from the first sample in what is given of them."""
    base = {
        "start": 0,
        "cases": 10,
        "optimization_level": 0,
        "passed": 9,
        "failed": 1,
        "skipped": 0,
        "harvested": 8,
        "duplicates": 1,
        "bridges": 0,
        "code_bytes": 30_000_000,
        "wall_seconds": 100.0,
        "cpu_seconds": 200.0,
        "peak_bytes": 2_000_000_000,
        "attempts": 1,
    }
    entries = [base | {"number": number} | entry for number, entry in enumerate(rounds)]
    settings = {"device": device, "seed": 7, "round_cases": 10, "optimization_level": 0, "before": [0, 0, 0, 0]}
    data = {"format": "warp-kernel-harness/production/1", **settings, "rounds": entries}
    (folder / f"production-{device}.json").write_text(json.dumps(data))


def run_report(data, output):
    """The texts of the report and of its appendix."""
    assert main(["--data-dir", str(data), "--output", str(output)]) == 0
    return (output / "report.md").read_text(), (output / "appendix.md").read_text()


def cells(text, first):
    """The other cells of the table rows whose first cell is `first`."""
    return [[c.strip() for c in re.split(r"(?<!\\)\|", line)[2:-1]] for line in text.splitlines() if line.startswith(f"|{first}|")]


def section(text, title):
    """What stands under a heading, up to the next one, code and all."""
    return re.split(r"\n##+ (?=[A-Z])", text.partition(f"# {title}\n")[2])[0]


def edit_json(path, **changes):
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def files_in(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
