"""Warp by itself, in a process of its own: defines kernels from text, compiles and loads them by the public API, launches nothing.

`python warp_alone.py plan.json` takes `{"options": {...}, "block_dim": 1 or null, "modules": [[source, ...], ...]}`, one list of sources
for each Warp module, and prints the CPU seconds (user and system, of this process) of the start and of the rest as JSON. The start is
importing Warp and compiling one trivial module, which makes clang's precompiled header: what a process pays once, however much it compiles.
"""

from __future__ import annotations

import json
import linecache
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import warp as wp

TRIVIAL = "import warp as wp\n\n\n@wp.kernel\ndef trivial(x: wp.array(dtype=float)):\n    x[wp.tid()] = 1.0\n"

KERNEL = re.compile(r"^WP_API void \w+_cpu_forward\(", re.MULTILINE)


def define(source: str, module_name: str, file_name: str) -> dict[str, Any]:
    """The namespace that `source` makes, its kernel registered in the Warp module called `module_name`."""
    linecache.cache[file_name] = (len(source), None, source.splitlines(keepends=True), file_name)
    namespace: dict[str, Any] = {"__name__": module_name}
    exec(compile(source, file_name, "exec", dont_inherit=True), namespace)
    return namespace


def load(sources: list[str], module_name: str, options: dict[str, Any], block_dim: int | None) -> None:
    """Compiles and loads the kernels of `sources` as one Warp module."""
    # The namespaces keep the kernels alive: Warp compiles only those that someone holds.
    namespaces = [define(source, module_name, f"<{module_name}_{i}>") for i, source in enumerate(sources)]
    wp.get_module(module_name).options.update(options)
    wp.load_module(module_name, device="cpu", **({} if block_dim is None else {"block_dim": block_dim}))
    del namespaces


def main() -> None:
    """Compiles what the plan asks for. Raises RuntimeError if Warp did not compile every kernel of it."""
    plan = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory(prefix="warp-alone-") as folder:
        wp.config.log_level = wp.LOG_ERROR
        wp.config.kernel_cache_dir = folder
        load([TRIVIAL], "trivial", plan["options"], plan["block_dim"])
        start = time.process_time()
        for number, sources in enumerate(plan["modules"]):
            load(sources, f"module_{number}", plan["options"], plan["block_dim"])
        rest = time.process_time() - start
        compiled = sum(len(KERNEL.findall(path.read_text(encoding="utf-8"))) for path in Path(folder).rglob("*.cpp")) - 1
    asked = sum(map(len, plan["modules"]))
    if compiled != asked:
        raise RuntimeError(f"Warp compiled {compiled} kernels of {asked}: the times would not compare")
    print(json.dumps({"start": start, "rest": rest}))


if __name__ == "__main__":
    main()
