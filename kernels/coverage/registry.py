"""The registry: Warp's public builtins, with their overloads, as they are in `registry.tsv` beside this file.

`generation.code.registry` writes the file from an installed Warp, so that everything else knows the builtins without one. What an overload
is, and how it is spelled, is said in `generation.code.overloads`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

PATH = Path(__file__).with_name("registry.tsv")

CONSTRUCTORS = "Constructors"
CASTS = "Casts"
"""The groups of types that can be called; the other groups are those of Warp's documentation."""

ALIASES = {name: f"{name}f" for name in ("vec2", "vec3", "vec4", "mat22", "mat33", "mat44", "quat", "transform", "spatial_matrix")}
"""Names of types that are short for others; `spatial_vector` is a builtin of its own."""

_MAKERS = (
    ("vector", re.compile(r"vec\d|spatial_vector")),
    ("matrix", re.compile(r"mat\d|spatial_matrix")),
    ("quaternion", re.compile(r"quat[a-z]+$")),
    ("transformation", re.compile(r"transform[a-z]$")),
)
"""Builtins that are called by the names of what they make, and how those begin."""

_LETTERS = {
    "h": "float16",
    "f": "float32",
    "d": "float64",
    "b": "int8",
    "ub": "uint8",
    "s": "int16",
    "us": "uint16",
    "i": "int32",
    "ui": "uint32",
    "l": "int64",
    "ul": "uint64",
}

ELEMENT_TYPES = (
    *("float16", "bfloat16", "float32", "float64"),
    *("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "bool"),
)
"""The scalar types that everything is made of."""

_COMPOSITE = re.compile(r"(?:vec\d+|mat\d+(?:x\d+)?|quat|transform|spatial_vector|spatial_matrix)(h|f|d|u?[bsil])")
_WORD = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True)
class Builtin:
    """A builtin: the group that Warp documents it in, the version of Warp that it came with (`1.16` for that and older), whether Warp has
    an adjoint for it, its overloads, and those that Warp declares and cannot compile."""

    name: str
    group: str
    since: str
    differentiable: bool
    overloads: tuple[str, ...]
    refused: tuple[str, ...] = ()


@dataclass(frozen=True)
class Registry:
    """The builtins of a Warp by name."""

    warp_version: str
    builtins: Mapping[str, Builtin]

    def since(self, names: Iterable[str]) -> dict[str, str]:
        """The version that each of `names` came with; names that are no builtins are left out."""
        return {name: self.builtins[known].since for name in names if (known := ALIASES.get(name, name)) in self.builtins}


@lru_cache(maxsize=1)
def read_registry() -> Registry:
    """The registry that comes with the project."""
    head, *lines = PATH.read_text(encoding="utf-8").splitlines()
    builtins = {}
    for line in lines[1:]:
        name, group, since, differentiable, types, refused = line.split("\t")
        told = [tuple(f"{name}({one.removeprefix('-')})" for one in part.split()) for part in (types, refused)]
        builtins[name] = Builtin(name, group, since, differentiable == "yes", *told)
    return Registry(head.rpartition(" ")[2], builtins)


def write_registry(registry: Registry, path: Path = PATH) -> None:
    """Writes a registry, one builtin a line, in the order of groups and names; of an overload its types (`-` for none)."""
    lines = [f"# Written by generation.code.registry from warp-lang {registry.warp_version}"]
    lines.append("\t".join(("name", "group", "since", "differentiable", "overloads", "refused")))
    for builtin in sorted(registry.builtins.values(), key=lambda b: (b.group, b.name)):
        parts = [" ".join(one[len(builtin.name) + 1 : -1] or "-" for one in sorted(many)) for many in (builtin.overloads, builtin.refused)]
        lines.append("\t".join((builtin.name, builtin.group, builtin.since, "yes" if builtin.differentiable else "no", *parts)))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def name_of(overload: str) -> str:
    """The builtin that an overload is one of, or its constructor's name."""
    return overload.partition("(")[0]


# A dataset has millions of calls, of a few thousand overloads.
@cache
def names_of(overload: str) -> frozenset[str]:
    """The builtins that a call of an overload exercises: its own, and the one that makes the type it is named after."""
    name = name_of(overload)
    makers = {maker for maker, pattern in _MAKERS if pattern.match(name)}
    return frozenset({name, *makers, *(("spatial_vector",) if name.startswith("spatial_vector") else ())})


@cache
def element_types(overload: str) -> frozenset[str]:
    """The scalar types in an overload's name and types: `float32` for `dot(vec3f,vec3f)`."""
    found = set()
    for word in _WORD.findall(overload):
        composite = _COMPOSITE.fullmatch(word)
        if composite is not None:
            found.add(_LETTERS[composite[1]])
        elif word in ELEMENT_TYPES:
            found.add(word)
    return frozenset(found)


@cache
def has_float(overload: str) -> bool:
    """Whether an overload takes or makes floats, so that its adjoint has something to do."""
    return any("float" in kind for kind in element_types(overload))
