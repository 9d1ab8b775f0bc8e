"""Loads the harness's pytest plugin; everything else is in `harness/`."""

pytest_plugins = ["harness.plugin"]
