"""A pytest plugin that replaces what compiles and checks by quick fakes, so that the job's own behaviour can be tested: `-p fake_parts`.

The options, the plan, the dataset, the spools, the scheduler and the reports stay real. What a case does is told by the environment
variable `FAKE_FAULTS`: JSON, case id -> fault. Every run of a batch is noted in the file named by `FAKE_LOG`.
"""

import json
import os
import sys
import time

import harness.workbench
import kernels.catalog
from generation.code.job import Job, Outcome
from harness.isolation import IsolationError
from harness.oracle import PreparationError, Verdict
from kernels.case import Argument, Case, Launch
from kernels.domains import Uniform

FAMILIES = ("map", "scan")
FAULTS = json.loads(os.environ.get("FAKE_FAULTS", "{}"))


def case_id_at(seed, index, families=None):
    names = families or FAMILIES
    return f"{names[index % len(names)]}-{index:06d}"


def build_named_case(seed, case_id):
    family, _, index = case_id.partition("-")
    if family not in FAMILIES or not index.isdigit():
        raise ValueError(f"case id {case_id!r} is malformed: write <family>-<six digits>")
    if FAULTS.get(case_id) == "generate":
        raise KeyError("no such operation")
    # The bits of the index, as operators: every index has a structure of its own, except where a twin is asked for.
    shape = 1 if FAULTS.get(case_id) == "twin" else int(index) + 2
    steps = "".join(f"    x = x {'*' if bit == '1' else '+'} x\n" for bit in f"{shape:b}")
    source = (
        "import warp as wp\n\n\n@wp.kernel\n"
        f"def {family}_kernel(u: wp.array(dtype=float), out: wp.array(dtype=float)):\n"
        f"    i = wp.tid()\n    x = u[i]\n{steps}    out[i] = {'wp.future(x)' if FAULTS.get(case_id) == 'newer' else 'x'}\n"
    )
    arguments = (Argument("u", "float32", 1), Argument("out", "float32", 1, "output"))
    launch = Launch((4,), {"u": (4,), "out": (4,)}, {"u": Uniform(0.0, 1.0)})
    return Case(family, seed, int(index), f"{family}_kernel", source, "reference", arguments, (launch,))


class Prepared:
    def __init__(self, case):
        self.job = Job(case, ())


def prepare(case, *, gpu, threads):
    fault = FAULTS.get(case.id)
    if fault == "worker dies while preparing":
        os._exit(9)
    if fault == "prepare":
        raise PreparationError("no inputs make a sound test")
    if fault == "reference":
        raise ZeroDivisionError("division by zero")
    return Prepared(case)


def lacking(python_source):
    return "needs warp-lang 9.9: future" if "wp.future" in python_source else ""


def judge(prepared, outcome):
    case_id = outcome.case_id
    fault = FAULTS.get(case_id)
    if fault == "worker dies":
        os._exit(9)
    if fault == "harness":
        raise RuntimeError("a defect of the harness")
    if fault == "interrupt":
        raise KeyboardInterrupt
    if outcome.failure is not None:
        return Verdict(case_id, False, outcome.failure, "not_reached", 0.0, 0.0, 0.0, "")
    if fault == "mismatch":
        details = "\n".join(f"line {i} of the details" for i in range(60))
        return Verdict(case_id, False, "forward: out differs", "not_reached", 1.0, 0.0, 1e-6, details)
    gradient = "known_limitation:frac" if fault == "limitation" else "not_differentiable"
    return Verdict(case_id, True, "", gradient, 0.0, 0.0, 1e-6, "")


class BatchRunner:
    warp_version = "1.19.0"

    def __init__(self, device, settings):
        pass

    def run(self, jobs):
        ids = [job.case.id for job in jobs]
        if "server" in [FAULTS.get(case_id) for case_id in ids]:
            raise IsolationError("warp-lang 9.9 is not supported: install 1.16 to 1.19")
        if log := os.environ.get("FAKE_LOG"):
            with open(log, "a") as file:
                file.write(json.dumps(ids) + "\n")
        time.sleep(float(os.environ.get("FAKE_SECONDS", "0")))
        return {job.case.id: self._outcome(job.case, job.at_default_level) for job in jobs}

    def _outcome(self, case, at_default_level):
        if FAULTS.get(case.id) == "compile":
            return Outcome(case.id, failure="compile: no member named 'x'")
        if FAULTS.get(case.id) == "compiled only":
            return Outcome(case.id, f"// {case.id}\n", "// preamble\n", validation="compiled", not_executed="asm needs a GPU")
        return Outcome(
            case.id,
            f"// {case.id}, {'seed' if at_default_level else 'SEED'} {case.seed}\n",
            "// preamble\n",
            executed_on="x86_64",
            arch="x86_64",
            seconds={"build": 0.25, "run": 0.125},
        )

    def close(self):
        pass


class Spool(harness.workbench.Spool):
    def append(self, record, preamble):
        if FAULTS.get(record["case"]) != "lost":
            super().append(record, preamble)


def write_reproduction(prepared, verdict, folder, device):
    folder.mkdir(exist_ok=True)
    path = folder / f"{verdict.case_id}.py"
    path.write_text(verdict.reason)
    return path


def pytest_terminal_summary(terminalreporter):
    terminalreporter.write_line(f"warp imported: {'warp' in sys.modules}")


kernels.catalog.FAMILIES = FAMILIES
kernels.catalog.case_id_at = case_id_at
kernels.catalog.build_named_case = build_named_case
harness.workbench.build_named_case = build_named_case
harness.workbench.lacking = lacking
harness.workbench.prepare = prepare
harness.workbench.judge = judge
harness.workbench.Spool = Spool
harness.workbench.BatchRunner = BatchRunner
harness.workbench.write_reproduction = write_reproduction
