"""Runs the main job's command, with fake parts or with the real ones."""

import subprocess

import pytest
from job_command import Run, command


@pytest.fixture
def job(tmp_path):
    """Runs the main job in a folder of its own and waits for its end."""

    def run(*arguments, folder=tmp_path, **options):
        folder.mkdir(exist_ok=True)
        (folder / "batches.log").unlink(missing_ok=True)
        line, environment = command(folder, *arguments, **options)
        done = subprocess.run(line, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
        return Run(done.returncode, done.stdout, folder)

    return run
