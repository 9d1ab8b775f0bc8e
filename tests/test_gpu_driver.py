"""What the driver tells of a machine's GPUs, with libraries that only play the driver, and what the CUDA target makes of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from generation.code import target
from generation.code.cuda import driver
from generation.code.cuda.driver import Found, Gpu, look, release
from generation.code.settings import Reach
from harness.options import Options
from harness.plan import make_plan

H100 = Gpu("NVIDIA H100 80GB HBM3", 90, 85_000_000_000)
T4 = Gpu("Tesla T4", 75, 15_000_000_000)
NAMES = {100: b"CUDA_ERROR_NO_DEVICE", 700: b"CUDA_ERROR_ILLEGAL_ADDRESS", 803: b"CUDA_ERROR_SYSTEM_DRIVER_MISMATCH"}


@dataclass
class FakeDriver:
    """The calls that are used of libcuda; `failing` maps a call to the error that it returns."""

    gpus: tuple[Gpu, ...] = ()
    failing: dict[str, int] = field(default_factory=dict)

    def cuInit(self, flags):  # noqa: N802
        return self.failing.get("cuInit", 0)

    def cuDriverGetVersion(self, version):  # noqa: N802
        version._obj.value = 12020
        return 0

    def cuDeviceGetCount(self, count):  # noqa: N802
        count._obj.value = len(self.gpus)
        return self.failing.get("cuDeviceGetCount", 0)

    def cuDeviceGet(self, device, ordinal):  # noqa: N802
        device._obj.value = 1000 + ordinal
        return 0

    def cuDeviceGetName(self, name, size, device):  # noqa: N802
        name.value = self.gpus[device - 1000].name.encode()
        return 0

    def cuDeviceTotalMem_v2(self, memory, device):  # noqa: N802
        memory._obj.value = self.gpus[device - 1000].memory_bytes
        return 0

    def cuDeviceGetAttribute(self, value, attribute, device):  # noqa: N802
        arch = self.gpus[device - 1000].arch
        value._obj.value = {75: arch // 10, 76: arch % 10}[attribute]
        return 0

    def cuGetErrorName(self, code, name):  # noqa: N802
        name._obj.value = NAMES.get(code)
        return 0 if code in NAMES else 1


@pytest.fixture
def asked_anew(monkeypatch):
    """Forgets what the machine itself has, before and after."""
    driver.find.cache_clear()
    yield monkeypatch
    driver.find.cache_clear()


def test_gpus_are_found_with_their_figures():
    assert look(FakeDriver((H100, T4))) == Found((H100, T4), "12.2")


def test_driver_without_a_gpu_says_so(monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert look(FakeDriver(failing={"cuInit": 100})) == Found((), "12.2", "the NVIDIA driver finds no GPU")


def test_hidden_gpus_are_put_down_to_the_variable(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert look(FakeDriver(failing={"cuInit": 100})).fault == "the NVIDIA driver finds no GPU with CUDA_VISIBLE_DEVICES=''"


@pytest.mark.parametrize(
    ("call", "code", "said"),
    [
        ("cuInit", 803, "cuInit fails with CUDA_ERROR_SYSTEM_DRIVER_MISMATCH (803)"),
        ("cuDeviceGetCount", 9999, "cuDeviceGetCount fails with CUDA error 9999"),
    ],
)
def test_driver_that_does_not_work_says_why(call, code, said):
    assert look(FakeDriver((H100,), {call: code})) == Found((), "12.2", f"the NVIDIA driver does not work: {said}")


def test_no_driver_is_no_error(asked_anew):
    asked_anew.setattr(driver, "_load", lambda: None)
    assert driver.find() == Found((), "", "no NVIDIA driver is installed here")
    assert driver.error_name(700) == "CUDA error 700"


def test_machine_is_asked_once(asked_anew):
    loaded = []
    asked_anew.setattr(driver, "_load", lambda: loaded.append(1) or FakeDriver((H100,)))
    assert driver.find() is driver.find()
    assert loaded == [1]


def test_error_has_the_drivers_name_for_it(asked_anew):
    asked_anew.setattr(driver, "_load", FakeDriver)
    assert driver.error_name(700) == "CUDA_ERROR_ILLEGAL_ADDRESS (700)"


def test_release(tmp_path):
    told = tmp_path / "version"
    told.write_text("NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19 01:15:15 UTC 2023\nGCC version: 12.3.0\n")
    assert release(told) == "535.104.05"
    assert release(Path(tmp_path / "nowhere")) == ""


def test_reach_with_gpus(asked_anew):
    asked_anew.setattr(driver, "_load", lambda: FakeDriver((H100, T4)))
    assert target("cuda").reach() == Reach("executed", (H100.name, T4.name), ("sm_90", "sm_75"), gpus=2)


def test_threads_of_a_block():
    """The processor runs them as one, unless it can have them wait for each other."""
    host = Reach("executed_on_host", ("x86_64",), ("sm_90",))
    assert host.threads(32) == 1
    assert replace(host, fibers=True).threads(32) == 32
    assert Reach("executed", ("GPU",), ("sm_90",), gpus=1).threads(64) == 64
    assert replace(host, fibers=True).threads(None) == 1


def test_reach_without_gpus_notes_why(asked_anew):
    asked_anew.setattr(driver, "_load", lambda: FakeDriver(failing={"cuInit": 803}))
    reach = target("cuda").reach()
    assert (reach.validation, reach.gpus, reach.archs) == ("executed_on_host", 0, ("sm_100",))
    assert reach.note == "the NVIDIA driver does not work: cuInit fails with CUDA_ERROR_SYSTEM_DRIVER_MISMATCH (803)"
    assert Reach.from_json(reach.to_json()) == reach


def test_workers_take_gpus_in_turn_and_stay(asked_anew):
    asked_anew.setattr(driver, "_load", lambda: FakeDriver((H100, T4)))
    cuda = target("cuda")
    options = Options("cuda", 0, 0, 1, (), "map-000000", Path("data"), None, 32)
    plan = make_plan(options, (), cuda.reach())
    settings = [plan.settings(worker) for worker in range(3)]
    assert [s.gpu for s in settings] == [0, 1, 0]
    assert all(cuda.stays(s) for s in settings)
