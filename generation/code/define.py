"""A kernel from text, without a file.

Warp reads a kernel's source back through `linecache`, so the text is put there under a pseudo-file name. That name appears in the generated
code (`// <kernel>:12` before each function), hence it is the same for every case: code says nothing about where or with what it was made.
A case's text is only read while it is being defined and emitted, so one name can serve all cases, one after another.
"""

from __future__ import annotations

import linecache
from typing import Any

from kernels.case import Case

PSEUDO_FILE = "<kernel>"


def define(case: Case, module_name: str) -> dict[str, Any]:
    """Runs the case's source in a namespace of its own, and gives that namespace.

    Its kernels, functions and structs register in the Warp module called `module_name`. The namespace must be kept for as long as the
    kernel is used. Raises whatever the source raises, and ValueError if it does not define `case.kernel_name`.
    """
    source = case.python_source
    linecache.cache[PSEUDO_FILE] = (len(source), None, source.splitlines(keepends=True), PSEUDO_FILE)
    namespace: dict[str, Any] = {"__name__": module_name}
    # Without dont_inherit the source would be compiled under this file's `from __future__ import annotations`.
    exec(compile(source, PSEUDO_FILE, "exec", dont_inherit=True), namespace)
    if case.kernel_name not in namespace:
        raise ValueError(f"the source defines no {case.kernel_name!r}: its kernel must have the case's kernel_name")
    return namespace


def forget_source() -> None:
    """Drops the text of the case defined last."""
    linecache.cache.pop(PSEUDO_FILE, None)
