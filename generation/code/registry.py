"""Writes the registry of Warp's builtins, `kernels/coverage/registry.tsv`, from the installed Warp.

    python -m generation.code.registry names > FILE         # the names in this Warp, to tell since when there is each
    python -m generation.code.registry write [FILE ...]     # the registry of this Warp; FILEs are the names in older ones, oldest first

An overload is in the registry if Warp declares it with concrete types, or if it is what Warp makes of a call in
`generation.code.generic_calls`. Each is called in a kernel of its own, which is compiled for the CPU with its backward pass; overloads that
Warp declares and then cannot compile are kept apart. Takes some minutes.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import warp as wp

from generation.code.define import forget_source
from generation.code.generic_calls import LETTERS, REALS, SCALARS, generic_calls
from generation.code.headers import Headers
from generation.code.overloads import concrete, spelled
from generation.code.private_api import CPU_BLOCK_DIM, PrivateApi, probe
from generation.code.target import one_line
from generation.code.tile_calls import Call
from generation.code.unit import Dialect, Emitted, Unit
from kernels.case import Case
from kernels.coverage.registry import CASTS, CONSTRUCTORS, Builtin, Registry, write_registry

_CASTS = (*SCALARS, "int", "float")
"""Builtins that Warp does not document, since they are types."""

_BATCH = 64


@dataclass
class _Found:
    """What came of the calls: the overloads by builtin that compile, those that do not, and why."""

    accepted: dict[str, set[str]] = field(default_factory=dict)
    refused: dict[str, set[str]] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m generation.code.registry", description="Writes the registry of Warp's builtins.")
    parser.add_argument("what", choices=("names", "write"))
    parser.add_argument("older", type=Path, nargs="*", help="names in older versions of Warp, oldest first")
    options = parser.parse_args(arguments)
    wp.config.log_level = wp.LOG_ERROR
    api = probe()
    if options.what == "names":
        print("\n".join([f"# warp-lang {api.version}", *public_names(api)]))
        return 0
    found = _try(api, [*_declared_calls(api), *generic_calls()])
    write_registry(registry_of(api, found.accepted, found.refused, [path.read_text().splitlines() for path in options.older]))
    for overload, reason in sorted(found.reasons.items()):
        if any(overload in refused for refused in found.refused.values()):
            print(f"{overload}: {reason}")
    return 0


def public_names(api: PrivateApi) -> list[str]:
    """The builtins that Warp documents, and the types that can be called, sorted."""
    documented = {name for name, builtin in api.context.builtin_functions.items() if not all(one.hidden for one in _overloads(builtin))}
    return sorted(documented | {name for name in (*_CASTS, *_constructors()) if hasattr(wp, name) or name in ("int", "float")})


def declared_overloads(api: PrivateApi) -> dict[str, set[str]]:
    """What Warp declares with concrete types, by builtin."""
    names = {*public_names(api), *_CASTS} & api.context.builtin_functions.keys()
    return {name: {key for one in _overloads(api.context.builtin_functions[name]) if (key := concrete(one))} for name in names}


def registry_of(api: PrivateApi, accepted: dict[str, set[str]], refused: dict[str, set[str]], older: list[list[str]]) -> Registry:
    """The registry of this Warp, given which overloads of each builtin compile, and the names in older ones."""
    ages = {name: head.split()[-1].rpartition(".")[0] for head, *names in reversed(older) for name in names}
    release = api.version.rpartition(".")[0]
    builtins = {}
    for name in public_names(api):
        builtin = api.context.builtin_functions.get(name)
        constructor = name in _constructors()
        group = CONSTRUCTORS if constructor else CASTS if name in _CASTS else builtin.group
        differentiable = constructor or any(one.is_differentiable for one in _overloads(builtin))
        parts = [tuple(sorted(many.get(name, ()))) for many in (accepted, refused)]
        builtins[name] = Builtin(name, group, ages.get(name, release), differentiable, *parts)
    return Registry(api.version, builtins)


def _constructors() -> list[str]:
    vectors = [f"vec{n}{letter}" for n in (2, 3, 4) for letter in LETTERS.values()]
    others = ("mat22", "mat33", "mat44", "quat", "transform", "spatial_vector", "spatial_matrix")
    return [*vectors, *(f"{name}{LETTERS[real]}" for name in others for real in REALS)]


def _overloads(builtin: Any) -> list[Any]:
    """All overloads; a builtin that is a function in Python is its own only one."""
    return getattr(builtin, "overloads", [builtin])


def _declared_calls(api: PrivateApi) -> Iterator[Call]:
    """A call of every overload with concrete types, with parameters of those types."""
    for name in sorted(declared_overloads(api)):
        for one in _overloads(api.context.builtin_functions[name]):
            types = [spelled(kind) for kind in one.input_types.values()]
            if concrete(one) is None or not all(hasattr(wp, kind) for kind in types):
                continue
            parameters = ", ".join(f"p{i}: wp.{kind}" for i, kind in enumerate(types))
            call = f"{name if name in ('int', 'float') else f'wp.{name}'}({', '.join(f'p{i}' for i in range(len(types)))})"
            results = len(one.value_type) if isinstance(one.value_type, (tuple, list)) else 0 if one.value_type is None else 1
            # What a function in Python gives is only known once it is built.
            results = max(results, 1) if one.func is not None else results
            yield name, parameters, [(", ".join(f"r{i}" for i in range(results)) + " = ") * bool(results) + call]


def _try(api: PrivateApi, calls: list[Call]) -> _Found:
    found = _Found()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "headers").mkdir()
        headers = Headers(api.header_folder(), folder / "headers", 0)
        for start in range(0, len(calls), _BATCH):
            _try_batch(api, calls[start : start + _BATCH], folder, headers, found)
            print(f"{min(start + _BATCH, len(calls))} of {len(calls)} calls", file=sys.stderr)
    # A call may need more than the overload that it is made for; another may show that the overload is good.
    for name, keys in found.refused.items():
        keys -= found.accepted.get(name, set())
    return found


def _try_batch(api: PrivateApi, calls: list[Call], folder: Path, headers: Headers, found: _Found) -> None:
    unit = Unit(api, "registry", Dialect("cpu", CPU_BLOCK_DIM), 0)
    overloads = {}
    by_preamble: dict[str, dict[str, Emitted]] = {}
    for number, (name, parameters, statements) in enumerate(calls):
        emitted = _emit(unit, number, parameters, statements)
        keys = [] if emitted is None else [key for key in emitted.overloads if key.startswith(f"{name}(")]
        if emitted is not None and keys:
            by_preamble.setdefault(emitted.preamble, {})[emitted.case.id] = emitted
            overloads[emitted.case.id] = (name, keys)
    for members in by_preamble.values():
        for case_id, reason in _faults(replace(unit, members=members), folder, headers):
            name, keys = overloads.pop(case_id)
            found.refused.setdefault(name, set()).update(keys)
            found.reasons |= dict.fromkeys(keys, reason)
    for name, keys in overloads.values():
        found.accepted.setdefault(name, set()).update(keys)
    api.unload("registry")


def _faults(unit: Unit, folder: Path, headers: Headers) -> Iterator[tuple[str, str]]:
    """The members that do not compile, and why; they are taken out of the unit."""
    while unit.members:
        faults, said = _compile(unit, folder, headers)
        if not said:
            return
        # Some errors in Warp's headers name no caller.
        for alone in () if faults else list(unit.members.items()):
            reason = _compile(replace(unit, members=dict([alone])), folder, headers)[1]
            faults |= {alone[0]: reason} if reason else {}
        for case_id in faults:
            del unit.members[case_id]
        yield from faults.items()


def _emit(unit: Unit, number: int, parameters: str, statements: Sequence[str]) -> Emitted | None:
    """A kernel that makes the call, or None if Warp does not take it."""
    source = f"import warp as wp\n\n\n@wp.kernel\ndef call_{number}({parameters}):\n" + "".join(f"    {line}\n" for line in statements)
    case = Case("call", 0, number, f"call_{number}", source, "", (), ())
    try:
        return unit.emit(case, unit.define(case))
    except Exception as error:
        print(f"not taken: {statements[-1]} ({parameters}): {one_line(error)[-160:]}", file=sys.stderr)
        return None
    finally:
        forget_source()


def _compile(unit: Unit, folder: Path, headers: Headers) -> tuple[dict[str, str], str]:
    """Compiles a unit; the members that clang blames, with the first thing that it says of each, and the first that it says at all."""
    source = folder / "calls.cpp"
    source.write_text(unit.source(next(iter(unit.members.values())).preamble), encoding="utf-8")
    with headers.making(CPU_BLOCK_DIM), _standard_error(folder / "errors") as errors:
        try:
            unit.api.build_cpu(unit.module, source, folder / "calls.o", optimization_level=0)
            return {}, ""
        except Exception:
            pass
    headers.restore()
    said: dict[str, str] = {}
    first = pending = ""
    for line in errors.read_text().splitlines():
        pending = line.partition("error: ")[2] or pending
        first = first or pending
        # An error in Warp's headers is followed by notes of where it comes from.
        culprit = re.match(r"(call-\d+):\d+:\d+: ", line)
        if culprit and pending:
            said.setdefault(culprit[1], pending)
            pending = ""
    return said, first or "it does not compile"


@contextmanager
def _standard_error(path: Path) -> Iterator[Path]:
    """Puts what the process writes to its standard error into a file, clang's messages among it."""
    sys.stderr.flush()
    kept = os.dup(2)
    with path.open("wb") as file:
        os.dup2(file.fileno(), 2)
    try:
        yield path
    finally:
        os.dup2(kept, 2)
        os.close(kept)


if __name__ == "__main__":
    sys.exit(main())
