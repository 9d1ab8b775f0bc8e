"""The error that says a dataset on disk cannot be used as it is."""

from __future__ import annotations


class DatasetError(Exception):
    """A data folder, shard, manifest or spool that cannot be read or written.

    The message is one line that names the file and says what to do; whoever runs the harness is shown it and nothing else.
    """
