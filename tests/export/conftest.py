"""Generated code for the tests of the export, made once, by Warp in a process of its own; a dataset of it, and the export of that."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from export_samples import CASES, record_of, write_records

from generation.export import main
from kernels.catalog import FAMILIES, build_named_case

ROOT = Path(__file__).resolve().parents[2]

GENERATE = """
import json, pickle, sys
sys.path[:0] = [{root!r}]
import warp as wp
wp.config.log_level = wp.LOG_ERROR
from generation.code.private_api import probe
from generation.code.unit import Dialect, Unit
made = {{}}
for device, dialect in (("cpu", Dialect("cpu", 1)), ("cuda", Dialect("cuda", 256, 90))):
    for number, case in enumerate(pickle.load(open({cases!r}, "rb"))):
        unit = Unit(probe(), f"{{device}}_{{number}}", dialect, 0)
        try:
            made.setdefault(case.id, {{}})[device] = unit.emit(case, unit.define(case)).code
        except Exception as error:
            print(case.id, error, file=sys.stderr)
print(json.dumps(made))
"""


@pytest.fixture(scope="session")
def generated(tmp_path_factory):
    """The code of the sample cases, and of a case of every family, as {case id: {device: code}}. A case that the installed Warp is too old
    for is not there."""
    cases = [*CASES, *(build_named_case(0, f"{family}-000000") for family in FAMILIES)]
    path = tmp_path_factory.mktemp("generated") / "cases.pickle"
    path.write_bytes(pickle.dumps(cases))
    program = GENERATE.format(root=str(ROOT), cases=str(path))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert all(set(made[case.id]) == {"cpu", "cuda"} for case in CASES), done.stderr
    return made


@pytest.fixture(scope="session")
def records(generated):
    """Records of the sample cases on both devices: in every split, with every status of a gradient. `map-000002` was compiled only as
    CUDA; `tile-000004` has no C++."""
    differ = {
        "map-000001": {"split": "test", "gradient": "known_limitation:halving"},
        "map-000002": {"gradient": "not_differentiable"},
        "made-000003": {"split": "validation"},
    }
    made = []
    for case in CASES:
        for device in ("cpu", "cuda"):
            changes = differ.get(case.id, {})
            if (case.id, device) == ("map-000001", "cuda"):
                changes = changes | {"gradient": "not_executed", "validation": "compiled"}
            if (case.id, device) != ("tile-000004", "cpu"):
                made.append(record_of(case, device, generated[case.id][device], **changes))
    return made


@pytest.fixture(scope="session")
def data_dir(records, tmp_path_factory):
    return write_records(tmp_path_factory.mktemp("data"), records)


@pytest.fixture(scope="session")
def exported(data_dir, tmp_path_factory):
    """Where the whole dataset is exported to."""
    output = tmp_path_factory.mktemp("exported")
    assert main(["--data-dir", str(data_dir), "--output", str(output)]) == 0
    return output
