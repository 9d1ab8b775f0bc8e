"""Warp by itself, in a process of its own: defines kernels from text, compiles and loads them by the public API, launches nothing.

`python warp_alone.py plan.json` takes `{"device": "cpu" or "cuda", "options": {...}, "block_dim": 1 or null, "modules": [[...], ...]}`,
one list of sources for each Warp module, and prints as JSON the CPU seconds (user and system, of this process) of the start, of the rest,
and of the rest's part that was spent in the compiler itself (clang or NVRTC), and the seconds by the clock of the start and of the rest.
The start is importing Warp and compiling one trivial module, which makes the precompiled header: what a process pays once, however much it
compiles. CUDA is compiled to PTX for sm_90.
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

import psutil
import warp as wp
import warp._src.build

ARCH = 90
TRIVIAL = "import warp as wp\n\n\n@wp.kernel\ndef trivial(x: wp.array(dtype=float)):\n    x[wp.tid()] = 1.0\n"

KERNELS = {
    "cpu": (".cpp", re.compile(r"^WP_API void \w+_cpu_forward\(", re.MULTILINE)),
    "cuda": (".cu", re.compile(r"__global__ void .*_cuda_kernel_forward\(", re.MULTILINE)),
}
"""The ending of a generated file, and what is in it once for each kernel."""


class Compiler:
    """Counts the CPU seconds that Warp spends in a compiler."""

    def __init__(self, device: str) -> None:
        self.seconds = 0.0
        self._build = getattr(warp._src.build, f"build_{device}")
        setattr(warp._src.build, f"build_{device}", self)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Compiles as Warp does."""
        start = time.process_time()
        try:
            return self._build(*args, **kwargs)
        finally:
            self.seconds += time.process_time() - start


def define(source: str, module_name: str, file_name: str) -> dict[str, Any]:
    """The namespace that `source` makes, its kernel registered in the Warp module called `module_name`."""
    linecache.cache[file_name] = (len(source), None, source.splitlines(keepends=True), file_name)
    namespace: dict[str, Any] = {"__name__": module_name}
    exec(compile(source, file_name, "exec", dont_inherit=True), namespace)
    return namespace


def load(sources: list[str], module_name: str, device: str, options: dict[str, Any], block_dim: int | None) -> None:
    """Compiles the kernels of `sources` as one Warp module, and loads them on the CPU."""
    # The namespaces keep the kernels alive: Warp compiles only those that someone holds.
    namespaces = [define(source, module_name, f"<{module_name}_{i}>") for i, source in enumerate(sources)]
    module = wp.get_module(module_name)
    module.options.update(options)
    if device == "cpu":
        wp.load_module(module_name, device="cpu", **({} if block_dim is None else {"block_dim": block_dim}))
    else:
        wp.compile_aot_module(module, arch=ARCH, use_ptx=True, module_dir=f"{wp.config.kernel_cache_dir}/{module_name}")
    del namespaces


def main() -> None:
    """Compiles what the plan asks for. Raises RuntimeError if Warp did not compile every kernel of it."""
    plan = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory(prefix="warp-alone-") as folder:
        wp.config.log_level = wp.LOG_ERROR
        wp.config.kernel_cache_dir = folder
        device = plan["device"]
        load([TRIVIAL], "trivial", device, plan["options"], plan["block_dim"])
        compiler = Compiler(device)
        start, start_clock = time.process_time(), time.time() - psutil.Process().create_time()
        begin = time.perf_counter()
        for number, sources in enumerate(plan["modules"]):
            load(sources, f"module_{number}", device, plan["options"], plan["block_dim"])
        rest, rest_clock = time.process_time() - start, time.perf_counter() - begin
        ending, kernel = KERNELS[device]
        compiled = sum(len(kernel.findall(path.read_text(encoding="utf-8"))) for path in Path(folder).rglob(f"*{ending}")) - 1
    asked = sum(map(len, plan["modules"]))
    if compiled != asked:
        raise RuntimeError(f"Warp compiled {compiled} kernels of {asked}: the times would not compare")
    seconds = {"start": start, "rest": rest, "compiler": compiler.seconds, "start_clock": start_clock, "rest_clock": rest_clock}
    print(json.dumps(seconds))


if __name__ == "__main__":
    main()
