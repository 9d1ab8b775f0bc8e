"""An undisturbed production, which every disturbed one is compared with."""

import contextlib
import io
from dataclasses import dataclass

import pytest
from production_command import TWO_ROUNDS, Production, dataset_in

from generation import produce


@dataclass
class Undisturbed:
    """A production of two rounds: how its command ended and what it said, the dataset after its first round and at its end, and what a
    second command on the same folder said meanwhile."""

    production: Production
    status: int
    output: str
    errors: str
    after_one_round: dict[str, bytes]
    dataset: dict[str, bytes]
    second: tuple[int, str, str]


def call(arguments):
    """The command in this process: its exit status, its output, and its errors."""
    with contextlib.redirect_stdout(io.StringIO()) as output, contextlib.redirect_stderr(io.StringIO()) as errors:
        status = produce.main(arguments)
    return status, output.getvalue(), errors.getvalue()


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory):
    moment = "spooled scan-000005"
    production = Production(tmp_path_factory.mktemp("undisturbed"), events=[[moment, "hold"]], snapshots=True)
    process = production.start(TWO_ROUNDS)
    production.wait_for(moment)
    second = call(production.arguments(TWO_ROUNDS))
    production.end(moment)
    output, errors = process.communicate(timeout=300)
    after_one_round = dataset_in(production.snapshots / "48")
    return Undisturbed(production, process.returncode, output, errors, after_one_round, dataset_in(production.data), second)


@pytest.fixture
def refuse(capsys):
    """Calls the command in this process, has it refuse, and gives the one line that it says."""

    def refused(*arguments):
        capsys.readouterr()
        assert produce.main(arguments) == produce.REFUSED
        said = capsys.readouterr()
        assert said.out == ""
        [line] = said.err.splitlines()
        return line

    return refused
