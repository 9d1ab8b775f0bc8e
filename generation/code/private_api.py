"""Warp's private API: the only place that touches it.

Needed because no public call gives a kernel's standalone source without compiling it, compiles a given source, or drops a module for good.
Everything used here is listed in `_NEEDED` and checked once, at start, by `probe`; a Warp that lacks any of it is refused in one line.
"""

from __future__ import annotations

import functools
import gc
import hashlib
import importlib
import inspect
import json
import operator
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import warp as wp

from generation.code.overloads import recording
from generation.code.settings import FIBERS_HEADER
from generation.code.target import one_line

OLDEST, NEWEST = (1, 16), (1, 19)
SUPPORTED = "1.16 to 1.19"

CPU_BLOCK_DIM = 1
"""Launches on the CPU use blocks of one thread, and the generated text depends on it."""

_DEFAULT_LEVELS = {"cpu": 2, "cuda": 3}
"""The optimization levels of Warp's own builds when none is asked for."""

_QUICK = "-w -discard-value-names -disable-llvm-verifier"
"""Flags of clang's front end that leave out work which shows in no object file: warnings, names of intermediate values, and LLVM's checks
of what clang itself made. The same bytes come out, in nine tenths of the time."""

_BUILD_CPU_PARAMETERS = (
    "obj_path cpp_path mode fast_math verify_fp fuse_fp extra_flags optimization_level use_precompiled_headers pch_dir block_dim "
    "enable_tiles_in_stack_memory"
)
_BUILD_CUDA_PARAMETERS = (
    "cu_path arch output_path pch_dir config optimization_level verify_fp fast_math fuse_fp lineinfo arch_suffix llvm_cuda "
    "use_precompiled_headers"
)

_INSTALLED = f"// {Path(wp.__file__).parent.parent}{os.sep}"
"""How the comment before one of Warp's own functions starts: it names the file that the function stands in, wherever that is installed."""

_SHADOWED = re.compile(r"\b(e|half_pi|inf|ln10|ln2|log10e|log2e|nan|phi|pi|tau)\.[A-Za-z_]", re.IGNORECASE)
"""An attribute of something called as one of Warp's mathematical constants: `phi.x`, `e.mass`."""

_NEEDED: tuple[tuple[str, str, str | None], ...] = (
    ("warp._src.context", "builtin_functions", None),
    ("warp._src.context", "function_key_counts", None),
    ("warp._src.context", "user_modules", None),
    ("warp._src.context", "ModuleBuilder", "module options hasher"),
    ("warp._src.context", "ModuleBuilder.codegen", "device"),
    ("warp._src.context", "ModuleBuilder.build_meta", ""),
    ("warp._src.context", "ModuleHasher", "kernels options"),
    ("warp._src.context", "Kernel.get_mangled_name", ""),
    ("warp._src.context", "Module.resolve_options", "config block_dim"),
    ("warp._src.context", "Module.load", "device block_dim binary_path meta_path output_arch"),
    ("warp._src.context", "Module.unload", ""),
    ("warp._src.context", "runtime.get_clang_pch_dir", ""),
    ("warp._src.context", "runtime.get_error_string", ""),
    ("warp._src.context", "runtime.get_nvrtc_pch_dir", ""),
    ("warp._src.context", "runtime.nvrtc_supported_archs", None),
    ("warp._src.codegen", "Adjoint.add_call", "return_resolved"),
    ("warp._src.build", "build_cpu", _BUILD_CPU_PARAMETERS),
    ("warp._src.build", "build_cuda", _BUILD_CUDA_PARAMETERS),
)
"""Module, name in it, and the parameters that are passed to it (None: not a callable)."""


class UnsupportedWarpError(RuntimeError):
    """The installed Warp is not one that this project can work with. The message is one line."""


@dataclass(frozen=True)
class Emission:
    """A kernel's standalone source, the name that its entry points carry, the metadata that Warp wants beside a binary, and the overloads
    of builtins that it calls (`generation.code.overloads`)."""

    text: str
    name: str
    meta: dict[str, Any]
    overloads: tuple[str, ...]


@dataclass(frozen=True)
class PrivateApi:
    """The checked private API. `builder_takes_target` and `first_function_numbers` are found out by `probe`."""

    version: str
    context: Any
    build: Any
    adjoint: Any
    builder_takes_target: bool
    first_function_numbers: dict[str, int]

    def restart_function_names(self) -> None:
        """Numbers user functions from the start again.

        Warp names the n-th function `f` of a process `f_n`; without this a case's code would depend on the cases before it.
        """
        self.context.function_key_counts.clear()
        self.context.function_key_counts.update(self.first_function_numbers)

    def emit(self, kernel: Any, *, target: str, block_dim: int, output_arch: int | None = None) -> Emission:
        """The standalone source of one kernel with its structs and functions. Raises what Warp's code generation raises."""
        module = kernel.module
        options = module.resolve_options(wp.config, block_dim=block_dim) | {"output_arch": output_arch}
        if module.has_unresolved_static_expressions:
            # A static expression that waits for code generation is part of the kernel's hash, so it is resolved before hashing.
            self._builder(module, options | {"output_arch": None}, [kernel], target)
            module.has_unresolved_static_expressions = False
        with recording(self.adjoint, self.context.builtin_functions) as calls:
            builder = self._builder(module, options, [kernel], target)
            text = builder.codegen(target)
        if _SHADOWED.search(kernel.adj.source):
            # The first hash took the local for a constant, later ones do not: the name that a launch looks for is that of the second.
            self.restart_function_names()
            builder = self._builder(module, options, [kernel], target)
            text = builder.codegen(target)
        text = text.replace(_INSTALLED, "// ")
        return Emission(text, kernel.get_mangled_name(), builder.build_meta(), calls.overloads())

    def preamble(self, module: Any, *, target: str, block_dim: int) -> str:
        """What Warp puts before any kernel's own code: the source of a module without kernels."""
        options = module.resolve_options(wp.config, block_dim=block_dim) | {"output_arch": None}
        return str(self._builder(module, options, [], target).codegen(target))

    def build_cpu(
        self,
        module: Any,
        source: Path,
        binary: Path,
        *,
        optimization_level: int | None,
        block_dim: int = CPU_BLOCK_DIM,
        tiles_on_stack: bool | None = None,
    ) -> None:
        """Compiles C++ with Warp's own clang and the module's options. Raises an Exception; clang writes the reason to standard error.

        `tiles_on_stack` says where a block's tiles lie (None: as the module's options say).
        """
        options = module.resolve_options(wp.config, block_dim=block_dim)
        precompiled = options["use_precompiled_headers"]
        self.build.build_cpu(
            str(binary),
            str(source),
            mode=options["mode"],
            fast_math=options["fast_math"],
            verify_fp=options["verify_fp"],
            fuse_fp=options["fuse_fp"],
            extra_flags=f"{options['cpu_compiler_flags']} {_QUICK}".strip(),
            optimization_level=_level("cpu", optimization_level),
            use_precompiled_headers=precompiled,
            pch_dir=self.context.runtime.get_clang_pch_dir() if precompiled else None,
            block_dim=block_dim,
            enable_tiles_in_stack_memory=options["enable_tiles_in_stack_memory"] if tiles_on_stack is None else tiles_on_stack,
        )

    def build_cuda(
        self,
        module: Any,
        source: Path,
        binary: Path,
        *,
        block_dim: int,
        arch: int,
        optimization_level: int | None,
        optimized: bool = True,
    ) -> None:
        """Compiles CUDA with NVRTC for `sm_<arch>` with the module's options; no GPU is needed.

        Where it is not to be `optimized`, that is Warp's debug mode. The binary is PTX or a cubin, as its name's ending says. Raises an
        Exception; NVRTC writes the reason to standard error.
        """
        options = module.resolve_options(wp.config, block_dim=block_dim)
        self.build.build_cuda(
            str(source),
            arch,
            str(binary),
            pch_dir=self.context.runtime.get_nvrtc_pch_dir(),
            config=options["mode"] if optimized else "debug",
            optimization_level=_level("cuda", optimization_level),
            verify_fp=options["verify_fp"],
            fast_math=options["fast_math"],
            fuse_fp=options["fuse_fp"],
            lineinfo=options["lineinfo"],
            arch_suffix="",
            llvm_cuda=False,
            use_precompiled_headers=options["use_precompiled_headers"] and optimized,
        )

    def cpu_level(self, asked: int | None) -> int:
        """The optimization level that `build_cpu` compiles at."""
        return _level("cpu", asked)

    def flags_key(self) -> str:
        """Names the flags that `build_cpu` adds: a precompiled header is good for no others."""
        return hashlib.sha256(_QUICK.encode()).hexdigest()[:8]

    def native_folder(self) -> Path:
        """Where Warp's C++ headers lie."""
        return Path(self.build.warp_home) / "native"

    def has_fibers(self) -> bool:
        """Whether Warp's CPU runtime can have the threads of a block wait for each other."""
        return (self.native_folder() / FIBERS_HEADER).exists()

    def cuda_architectures(self) -> tuple[int, ...]:
        """The architectures that the NVRTC in this Warp compiles for, in order."""
        return tuple(sorted(self.context.runtime.nvrtc_supported_archs))

    def header_folder(self) -> Path:
        """Where clang's precompiled headers lie, for this process and those forked from it."""
        return Path(self.context.runtime.get_clang_pch_dir())

    def load_cpu(self, module: Any, binary: Path, meta: dict[str, Any]) -> None:
        """Makes a compiled binary the one that the module's launches use."""
        meta_path = _write_meta(binary, meta)
        module.load("cpu", block_dim=CPU_BLOCK_DIM, binary_path=str(binary), meta_path=str(meta_path))

    def load_cuda(self, module: Any, binary: Path, meta: dict[str, Any], *, device: str, block_dim: int, arch: int) -> None:
        """Makes PTX or a cubin for `sm_<arch>` the one that the module's launches use on `device` with blocks of `block_dim` threads.

        Raises RuntimeError with what the driver has to say.
        """
        meta_path = _write_meta(binary, meta)
        try:
            module.load(device, block_dim=block_dim, binary_path=str(binary), output_arch=arch, meta_path=str(meta_path))
        except Exception as error:
            raise RuntimeError(f"{error}: {self.context.runtime.get_error_string()}") from error

    def forget(self, kernel: Any) -> None:
        """Takes a kernel out of its module, so that the module is hashed and loaded without it."""
        kernel.module._live_kernels.discard(kernel)
        kernel.module.mark_modified()

    def unload(self, module_name: str) -> None:
        """Drops a module with its binary, kernels, functions and structs; unknown names are ignored. Nothing may use it any more."""
        module = self.context.user_modules.pop(module_name, None)
        if module is not None:
            module.unload()
            module.kernels, module.functions, module.structs = {}, {}, {}
        sys.modules.pop(module_name, None)
        gc.collect()

    def _builder(self, module: Any, options: dict[str, Any], kernels: list[Any], target: str) -> Any:
        hasher = self.context.ModuleHasher(kernels, options)
        if self.builder_takes_target:
            return self.context.ModuleBuilder(module, options, hasher=hasher, target=target)
        return self.context.ModuleBuilder(module, options, hasher=hasher)


@functools.cache
def probe() -> PrivateApi:
    """Checks every name and signature that is needed and emits a tiny kernel. Raises UnsupportedWarpError, one line, if anything is off."""
    version = str(wp.__version__)
    try:
        if not OLDEST <= _release(version) <= NEWEST:
            raise UnsupportedWarpError("not in the supported range")
        wp.init()
        _check_needed()
        context = importlib.import_module("warp._src.context")
        api = PrivateApi(
            version=version,
            context=context,
            build=importlib.import_module("warp._src.build"),
            adjoint=importlib.import_module("warp._src.codegen").Adjoint,
            builder_takes_target="target" in inspect.signature(context.ModuleBuilder).parameters,
            first_function_numbers=dict(context.function_key_counts),
        )
        _check_emission(api)
    except Exception as error:
        reason = str(error) if isinstance(error, UnsupportedWarpError) else one_line(error)
        raise UnsupportedWarpError(f"warp-lang {version} cannot be used: {reason}; install one of {SUPPORTED}") from error
    return api


def _level(target: str, asked: int | None) -> int:
    return _DEFAULT_LEVELS[target] if asked is None else asked


def _write_meta(binary: Path, meta: dict[str, Any]) -> Path:
    """Puts what Warp wants to know of a binary's kernels beside it."""
    path = binary.with_suffix(".meta")
    path.write_text(json.dumps(meta, sort_keys=True))
    return path


def _release(version: str) -> tuple[int, int]:
    match = re.match(r"(\d+)\.(\d+)", version)
    if match is None:
        raise UnsupportedWarpError("its version cannot be read")
    return int(match[1]), int(match[2])


def _check_needed() -> None:
    for module_name, name, parameters in _NEEDED:
        try:
            found = operator.attrgetter(name)(importlib.import_module(module_name))
        except (ImportError, AttributeError):
            raise UnsupportedWarpError(f"it has no {module_name}.{name}") from None
        if parameters is None:
            continue
        lacking = [p for p in parameters.split() if p not in inspect.signature(found).parameters]
        if lacking:
            raise UnsupportedWarpError(f"{module_name}.{name} has no parameter {', '.join(lacking)}")


def _check_emission(api: PrivateApi) -> None:
    """Every attribute that `_check_needed` cannot see is used once here, on a kernel that does next to nothing."""
    module_name = "warp_kernel_harness_probe"
    kernel = wp.Kernel(_tiny, key="tiny", module=wp.get_module(module_name))
    emission = api.emit(kernel, target="cpu", block_dim=CPU_BLOCK_DIM)
    preamble = api.preamble(kernel.module, target="cpu", block_dim=CPU_BLOCK_DIM)
    if not emission.text.startswith(preamble) or f"struct wp_args_{emission.name}" not in emission.text:
        raise UnsupportedWarpError("the generated code of a kernel does not have the expected form")
    if emission.overloads != _TINY_OVERLOADS:
        raise UnsupportedWarpError(f"a kernel's calls of builtins are seen as {', '.join(emission.overloads) or 'none'}")
    api.forget(kernel)
    api.unload(module_name)


def _tiny(x: wp.array(dtype=wp.float32)) -> None:  # type: ignore[valid-type]
    x[wp.tid()] = 1.0


_TINY_OVERLOADS = ("adj_array_store(array(float32)[1],float32)", "array_store(array(float32)[1],float32)", "tid()")
"""What `_tiny` calls."""
