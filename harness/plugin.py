"""The pytest plugin: `pytest` alone is the main job, `pytest tests` is the project's own suite.

In the main job, one process (pytest's own, or xdist's controller) holds the dataset and makes the plan, and each worker has a workbench
that checks cases. In any other run the plugin only declares its options; it opens no dataset, starts no process, imports nothing heavy.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.options import add_options, read_options
from harness.scheduler import batch_size

if TYPE_CHECKING:
    from harness.plan import Plan
    from harness.workbench import Workbench

GENERATED = Path(__file__).resolve().parent / "generated"

PLAN: pytest.StashKey[Plan] = pytest.StashKey()

_BLAS_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")

_INFORMATION = ("help", "markers", "showfixtures", "show_fixtures_per_test")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declares the options of the main job, in every run."""
    add_options(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | pytest.ExitCode | None:
    """Reads `--data-dir DIR` as `--data-dir=DIR`.

    Pytest looks for its configuration beside every existing path on the command line, before it knows this plugin's options: a data folder
    outside the project would be taken for a place to look for tests, here or in a worker that starts when the folder is there.
    """
    arguments = list(config.invocation_params.args)
    if "--data-dir" not in arguments[:-1]:
        return None
    at = arguments.index("--data-dir")
    arguments[at : at + 2] = [f"--data-dir={arguments[at + 1]}"]
    if config.inipath is None:
        return pytest.main(arguments)
    given = config.invocation_params
    config.invocation_params = pytest.Config.InvocationParams(args=arguments, plugins=given.plugins, dir=given.dir)
    return None


def pytest_configure(config: pytest.Config) -> None:
    """Makes the plan of the main job (or takes it from the controller), if this run is one. Raises pytest.UsageError for bad input."""
    workerinput: dict[str, Any] | None = getattr(config, "workerinput", None)
    if workerinput is not None:
        if "plan" in workerinput:
            from harness.plan import Plan

            config.stash[PLAN] = Plan.from_plain(workerinput["plan"])
    elif _is_main_job(config):
        # A reference's sums must not depend on how many threads a machine's BLAS would take; numpy reads these when it is imported.
        os.environ.update(dict.fromkeys(_BLAS_THREADS, "1"))
        from harness.controller import Controller

        controller = Controller(config, read_options(config))
        config.stash[PLAN] = controller.plan
        config.pluginmanager.register(controller, "kernel_controller")
        if not controller.plan.left:
            # Nothing to run, so no workers: xdist reads these after this hook.
            config.option.dist, config.option.tx = "no", []


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leaves the generated cases out of every run but the main job, such as `pytest .`."""
    return True if PLAN not in config.stash and collection_path.resolve() == GENERATED else None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test per case of the plan, named by the case's id."""
    if "case_id" in metafunc.fixturenames and PLAN in metafunc.config.stash:
        metafunc.parametrize("case_id", metafunc.config.stash[PLAN].left)


@pytest.fixture(scope="session")
def workbench(request: pytest.FixtureRequest) -> Iterator[Workbench]:
    """The worker's workbench, with batches laid out over the cases in the order collected."""
    from harness.workbench import Workbench

    config = request.config
    plan = config.stash[PLAN]
    workerinput: dict[str, Any] = getattr(config, "workerinput", {})
    collected = [item for item in request.session.items if isinstance(item, pytest.Function)]
    cases = [str(item.callspec.params["case_id"]) for item in collected]
    size = batch_size(len(cases), workerinput.get("workercount", 1), plan.options.batch_size)
    spool_folder = plan.options.data_dir / plan.options.device / ".spool"
    with Workbench(plan, cases, size, workerinput.get("workerid", "main"), spool_folder, config.rootpath / "failures") as bench:
        yield bench


@pytest.fixture
def check_case(request: pytest.FixtureRequest, workbench: Workbench) -> Callable[[str], None]:
    """A function that takes a case to its result and puts that into the test's report; it fails the test if the case failed, and skips it
    if the case cannot run here."""
    from harness.errors import DatasetError
    from harness.isolation import IsolationError

    def check(case_id: str) -> None:
        try:
            result, text = workbench.check(case_id)
        except (DatasetError, IsolationError) as error:
            # Nothing can be compiled, or nothing can be kept: every other case would only say the same.
            request.session.shouldfail = str(error)
            pytest.fail(str(error), pytrace=False)
        request.node.user_properties.append(result.to_property())
        if result.skipped:
            pytest.skip(result.skipped)
        if not result.passed:
            pytest.fail(text, pytrace=False)

    return check


def _is_main_job(config: pytest.Config) -> bool:
    if any(config.getoption(name, False) for name in _INFORMATION):
        return False
    paths = [(config.invocation_params.dir / argument.split("::", 1)[0]).resolve() for argument in config.args]
    generated = [path for path in paths if path.is_relative_to(GENERATED)]
    if generated and len(generated) < len(paths):
        raise pytest.UsageError(
            f"{config.args[0]} and the other paths mix the main job with other tests: run pytest alone for the main job"
        )
    return bool(generated)
