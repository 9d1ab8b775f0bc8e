"""The builtins that a kernel's text may call, each in numpy's terms: a template, the type of its result, and functions that it needs.

In a template `{0}` is an argument as it is, `{0:v}` and `{0:m}` a scalar with one or two trailing axes. A builtin is found by its name and
the kinds of its arguments (see `values.kind_of`).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from kernels.drafting.mirror.values import kind_of, matrix_of, quaternion_of, transform_of, type_spelled, vector_of
from kernels.language.types import Type, type_named

Results = tuple[Type, ...]
_HOLE = re.compile(r"\{(\d)(:[vm])?\}")


@dataclass(frozen=True)
class Builtin:
    """One overload: the kinds of its arguments, its template, the types of its results, the functions that the template calls.

    A builtin that `draws` advances the random state that is its first argument; its template gives the new state before the results.
    """

    kinds: str
    template: str
    results: Callable[[Sequence[Type]], Results]
    needs: tuple[str, ...] = ()
    draws: bool = False

    def spread_of(self, argument: int) -> int:
        """How many trailing axes the template gives a scalar argument."""
        return _spreads(self.template).get(argument, 0)


BUILTINS: dict[str, list[Builtin]] = {}
HELPERS: dict[str, tuple[str, ...]] = {}
"""Functions of the reference's module, by name."""
LINES = {"f16": "f16 = np.float16", "SimpleNamespace": "from types import SimpleNamespace"}
"""Lines of the reference's module, by the name that they define."""
_NEEDS: dict[str, tuple[str, ...]] = {}


def declare(name: str, kinds: str, template: str, results: str, *, needs: Sequence[str] = (), draws: bool = False) -> None:
    """Declares one overload of the builtin `name`. `results` names each result's type (see `_result`), separated by commas."""
    rules = [part.strip() for part in results.split(",")]
    BUILTINS.setdefault(name, []).append(
        Builtin(kinds, template, lambda types: tuple(_result(rule, types) for rule in rules), tuple(needs), draws)
    )


def helper(name: str, text: str, *, needs: Sequence[str] = ()) -> None:
    """Declares a function of references. `needs` names functions that it calls."""
    HELPERS[name] = tuple(text.strip("\n").split("\n"))
    _NEEDS[name] = tuple(needs)


def with_needs(names: Sequence[str]) -> list[str]:
    """The helpers `names` and those that they call, each once, what is called first."""
    ordered: list[str] = []
    for name in names:
        ordered += [n for n in (*with_needs(_NEEDS[name]), name) if n not in ordered]
    return ordered


def overload(name: str, types: Sequence[Type]) -> Builtin:
    """The overload of `name` for arguments of `types`. Raises KeyError if there is none."""
    kinds = "".join(kind_of(t) for t in types)
    for builtin in BUILTINS.get(name, []):
        if builtin.kinds == kinds:
            return builtin
    raise KeyError(f"mirror: wp.{name} has no overload for {[t.name for t in types]} here: declare one among the builtins")


def _result(rule: str, types: Sequence[Type]) -> Type:
    """The type that `rule` names: an argument by its number, a type by its name, or a kind over the first argument's component type.

    Kinds are `s`, `v3`, `m33`, `q`, `t`.
    """
    if rule.isdigit():
        return types[int(rule)]
    named = type_spelled(rule)
    if named is not None:
        return named
    scalar = types[0].scalar
    if rule == "s":
        return type_named(scalar)
    if rule == "q":
        return quaternion_of(scalar)
    if rule == "t":
        return transform_of(scalar)
    return vector_of(int(rule[1:]), scalar) if rule[0] == "v" else matrix_of(int(rule[1]), int(rule[2]), scalar)


@cache
def _spreads(template: str) -> dict[int, int]:
    return {int(number): {"": 0, ":v": 1, ":m": 2}[axes] for number, axes in _HOLE.findall(template)}


def parsed(text: str) -> ast.expr:
    """The expression that `text` is."""
    return ast.parse(text, mode="eval").body


def filled(template: str, *arguments: ast.expr) -> ast.expr:
    """A template with its holes filled; the marks for trailing axes are left out."""

    class Fill(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return arguments[int(node.id[6:])] if node.id.startswith("_hole_") else node

    tree: ast.expr = Fill().visit(parsed(_HOLE.sub(lambda m: f"_hole_{m[1]}", template)))
    return tree
