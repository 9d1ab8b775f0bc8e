"""The error that says samples cannot be made."""

from __future__ import annotations


class SampleError(Exception):
    """Samples that cannot be made or written. The message is one line that says what is wrong and what to do."""
