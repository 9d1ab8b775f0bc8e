"""The command line of the main job: its options, their defaults, and their checks.

Values are taken as text and checked here, so that a bad one gets one line that names it and says what to do, and not a page of usage.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.scheduler import LARGEST_BATCH

if TYPE_CHECKING:
    from generation.code.settings import Settings, Validation

LARGEST_INT64 = 2**63 - 1

LEVEL_BLOCK = 16
"""Cases in a row of the stream that are compiled at one optimization level. A module costs what its headers cost once, so that a few should
share it; and a small dataset should have the share of a large one."""

LARGEST_COUNT = 100_000
"""Cases of one run. Pytest keeps every test in memory; more cases are better made in several runs over ranges of indices."""


@dataclass(frozen=True)
class Options:
    """What one run of the main job is asked to do.

    The cases are those at indices `start` .. `start + count - 1` of stream `seed` (of `families` only, if any are named), or `case` alone.
    """

    device: str
    seed: int
    start: int
    count: int
    families: tuple[str, ...]
    case: str | None
    data_dir: Path
    optimization_level: int | None
    batch_size: int
    arch: int | None = None
    with_ptx: bool = False
    require: Validation | None = None
    settled: bool = False
    default_level_every: int | None = None

    @property
    def settings(self) -> Settings:
        """What the target is asked for."""
        from generation.code.settings import Settings

        return Settings(self.optimization_level, self.arch, self.with_ptx)

    def level_at(self, index: int) -> int | None:
        """The optimization level of the case at `index` (None: Warp's default). It depends on nothing else."""
        sampled = self.default_level_every is not None and index // LEVEL_BLOCK % self.default_level_every == 0
        return None if sampled else self.optimization_level


def add_options(parser: pytest.Parser) -> None:
    """Declares the options of the main job."""
    group = parser.getgroup("kernels", "generated kernels (the main job)")
    group.addoption("--device", default="cpu", metavar="NAME", help="target to generate for and run on: cpu or cuda (default: cpu)")
    group.addoption("--count", default="256", metavar="N", help="number of cases (default: 256)")
    group.addoption("--start", default="0", metavar="I", help="index of the first case (default: 0)")
    group.addoption("--seed", default="0", metavar="S", help="stream that the cases are drawn from (default: 0)")
    group.addoption("--family", action="append", default=[], metavar="NAME", help="only cases of this family (repeatable)")
    group.addoption("--case", default=None, metavar="ID", help="exactly this case, such as stencil-000123, with all details on failure")
    group.addoption("--data-dir", default=None, metavar="DIR", help="the dataset's folder (default: generation/data)")
    group.addoption("--optimization-level", default=None, metavar="N", help="0 to 3 (default: Warp's own default for the target)")
    group.addoption(
        "--default-level-every",
        default=None,
        metavar="N",
        help=f"of every N blocks of {LEVEL_BLOCK} cases, compile one at Warp's default level all the same (default: none)",
    )
    group.addoption("--arch", default=None, metavar="N", help="CUDA architecture, such as 90 (default: the GPU's own, or 100)")
    group.addoption("--with-ptx", action="store_true", help="keep each case's PTX, and what it takes of a GPU, in the records")
    group.addoption("--require", default=None, metavar="LEVEL", help="fail cases that stay below this level: executed_on_host or executed")
    group.addoption("--settled", action="store_true", help="add to the dataset only if no case was lost to an interrupt or a dead process")
    group.addoption(
        "--batch-size", default=str(LARGEST_BATCH), metavar="N", help=f"most cases compiled as one module (default: {LARGEST_BATCH})"
    )


def read_options(config: pytest.Config) -> Options:
    """The options of this run, checked. Raises pytest.UsageError with one line for the first bad value."""
    # The catalog brings numpy with it, which the project's own suite should not pay for at start.
    from kernels.catalog import FAMILIES

    given = config.getoption
    device = _device(given("device"))
    wanted = given("family")
    for family in wanted:
        if family not in FAMILIES:
            raise pytest.UsageError(f"--family {family}: there is no such family; use one of {', '.join(FAMILIES)}")
    seed = _whole("--seed", given("seed"), 0, LARGEST_INT64)
    start = _whole("--start", given("start"), 0, LARGEST_INT64 - LARGEST_COUNT)
    count = _whole("--count", given("count"), 1, LARGEST_COUNT)
    level, every = given("optimization_level"), given("default_level_every")
    options = Options(
        device=device,
        seed=seed,
        start=start,
        count=count,
        families=tuple(family for family in FAMILIES if family in wanted),
        case=_case(seed, given("case")),
        data_dir=_data_dir(config, given("data_dir")),
        optimization_level=None if level is None else _whole("--optimization-level", level, 0, 3),
        batch_size=_whole("--batch-size", given("batch_size"), 1, LARGEST_INT64),
        arch=None if given("arch") is None else _arch(device, given("arch")),
        with_ptx=given("with_ptx"),
        require=_level(given("require")),
        settled=given("settled"),
        default_level_every=None if every is None else _whole("--default-level-every", every, 1, LARGEST_INT64),
    )
    _check_target(options)
    return options


def _device(name: str) -> str:
    from generation.code import target

    try:
        missing = target(name).missing()
    except ValueError as error:
        raise pytest.UsageError(f"--device {name}: {error}") from None
    if missing is not None:
        raise pytest.UsageError(f"--device {name}: {missing}")
    return name


def _arch(device: str, text: str) -> int:
    from generation.code import target
    from generation.code.settings import Settings

    arch = int(text) if text.isdecimal() else 0
    refusal = target(device).refusal(Settings(arch=arch))
    if refusal is not None:
        raise pytest.UsageError(refusal.replace(f"--arch {arch}", f"--arch {text}"))
    return arch


def _level(name: str | None) -> Validation | None:
    from generation.code.settings import VALIDATIONS

    if name is None:
        return None
    for level in VALIDATIONS:
        if level == name:
            return level
    raise pytest.UsageError(f"--require {name}: use one of {', '.join(VALIDATIONS)}")


def _check_target(options: Options) -> None:
    """Refuses what the target cannot do with these options, or cannot reach on this machine."""
    from generation.code import target
    from generation.code.settings import VALIDATIONS

    device = target(options.device)
    refusal = device.refusal(options.settings)
    if refusal is not None:
        raise pytest.UsageError(refusal)
    reach = device.reach()
    if options.require is not None and VALIDATIONS.index(reach.validation) < VALIDATIONS.index(options.require):
        raise pytest.UsageError(
            f"--require {options.require}: {reach.note or 'no GPU can be used here'}, so cases reach {reach.validation} at most; "
            "run on a machine with an NVIDIA GPU and driver, or require less"
        )


def _whole(option: str, text: str, lowest: int, highest: int) -> int:
    try:
        value = int(text)
    except ValueError:
        value = None
    if value is None or not lowest <= value <= highest:
        allowed = f"of at least {lowest}" if highest > LARGEST_INT64 // 2 else f"from {lowest} to {highest}"
        raise pytest.UsageError(f"{option} {text}: give a whole number {allowed}")
    return value


def _case(seed: int, case_id: str | None) -> str | None:
    if case_id is None:
        return None
    from kernels.catalog import build_named_case

    try:
        return build_named_case(seed, case_id).id
    except ValueError as error:
        raise pytest.UsageError(str(error)) from None


def _data_dir(config: pytest.Config, given: str | None) -> Path:
    if given is None:
        return config.rootpath / "generation" / "data"
    if not given.strip():
        raise pytest.UsageError("--data-dir is empty: give the dataset's folder")
    return (config.invocation_params.dir / given).resolve()
