"""What a case needs of Warp: a case that calls a builtin which the installed Warp does not have yet cannot run here, and says so."""

from __future__ import annotations

from importlib.metadata import version

from harness.structure import builtins_used
from kernels.coverage.registry import read_registry


def lacking(python_source: str, installed: str | None = None) -> str:
    """What a kernel module needs that the installed Warp (or the version `installed`) lacks, in a few words, or ''."""
    present = _release(installed or version("warp-lang"))
    registry = read_registry()
    if present >= _release(registry.warp_version):
        return ""
    newer = {name: since for name, since in registry.since(builtins_used(python_source)).items() if _release(since) > present}
    return f"needs warp-lang {max(newer.values(), key=_release)}: {', '.join(sorted(newer))}" if newer else ""


def _release(text: str) -> tuple[int, int]:
    major, minor = text.split(".")[:2]
    return int(major), int(minor)
