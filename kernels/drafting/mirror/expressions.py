"""Expressions of a kernel's text in numpy's spelling, calls among them.

Draws of random numbers advance a state: they become statements of their own, in the order of the text.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from kernels.drafting.mirror import arithmetic, decompositions, lattice_noise, random_numbers, rigid, rotations
from kernels.drafting.mirror.compounds import Compounds
from kernels.drafting.mirror.registry import Builtin, filled, overload, parsed
from kernels.drafting.mirror.values import (
    Known,
    Value,
    kind_of,
    type_spelled,
    vector_of,
)
from kernels.language.types import I32, Type

DECLARED = (arithmetic, decompositions, rotations, rigid, random_numbers, lattice_noise)
"""The modules whose builtins a text may call."""


class Translator(Compounds):
    """Turns expressions into numpy's."""

    def _call(self, node: ast.Call) -> Value:
        results = self.results(node)
        if len(results) != 1:
            raise TypeError(f"mirror: {ast.unparse(node.func)!r} returns {len(results)} values: unpack them")
        return results[0]

    def results(self, node: ast.Call) -> list[Value]:
        """The values that a call returns; of several, only their number and types mean something beyond the first."""
        name = ast.unparse(node.func)
        if name in self.scope.structs:
            return [Value(parsed("SimpleNamespace()"), Known(lanes=False, struct=name))]
        if name in self.scope.functions:
            arguments = [self.value(a) for a in node.args]
            call = ast.Call(ast.Name(name, ast.Load()), [self.typed(a) for a in arguments], [])
            return [Value(call, known.own()) for known in self.scope.functions[name]]
        type = type_spelled(name)
        if type is not None:
            return [self.made(type, node)]
        if not name.startswith("wp."):
            raise KeyError(f"mirror: {name!r} is no function here: define it first")
        return self._builtin(name.removeprefix("wp."), node)

    def _builtin(self, name: str, node: ast.Call) -> list[Value]:
        if name in ("identity", "quat_identity", "transform_identity"):
            return [self.identity(name, node)]
        arguments = [self.value(a) for a in node.args]
        if name == "where":
            return [self.where(*arguments)]
        if name == "cw_div" and arguments[0].type.has_integers:
            self.need("quotient")
            known = Known(arguments[0].type, any(a.lanes for a in arguments))
            return [Value(filled("quotient({0}, {1})", *(a.tree for a in arguments)), known)]
        if name == "sample_cdf":
            return self._sampled(arguments)
        if name == "curlnoise":
            return [self._curl(node, arguments)]
        if name in ("outer", "diag", "get_diag", "transpose", "matrix_from_cols", "matrix_from_rows"):
            return [self.arranged(name, arguments)]
        return self.applied(overload(name, [a.type for a in arguments]), arguments)

    def applied(self, builtin: Builtin, arguments: Sequence[Value]) -> list[Value]:
        """What a builtin returns for `arguments`; a draw becomes a statement before."""
        self.need(*builtin.needs)
        trees = [self.spread(a, builtin.spread_of(n)) for n, a in enumerate(arguments)]
        types = [a.type for a in arguments]
        plain = [a for a in arguments if not a.known.plain]
        if plain and arguments[0].known.plain and kind_of(types[0]) == "s" and builtin.kinds.strip("s") == "":
            # A literal has the width of what it stands beside.
            types[0] = plain[0].type
        lanes = any(a.lanes for a in arguments)
        tree = filled(builtin.template, *trees)
        if builtin.draws:
            return [self.drawn(arguments[0], tree, builtin.results(types)[0])]
        return [Value(tree, Known(type, lanes)) for type in builtin.results(types)]

    def drawn(self, state: Value, tree: ast.expr, type: Type) -> Value:
        """A number drawn before the statement, by a call that returns the new state and the number."""
        name, number = ast.unparse(state.tree), self._fresh("drawn")
        advanced = self._fresh("advanced") if self.mask else name
        self.before.append(f"{advanced}, {number} = {ast.unparse(tree)}")
        if self.mask:
            self.before.append(f"{name} = np.where({self.mask}, {advanced}, {name})")
        self.scope.values[name] = state.known.own() if self.mask else state.known
        self.scope.values[number] = Known(type, state.lanes or bool(self.mask))
        return Value(ast.Name(number, ast.Load()), self.scope.values[number])

    def _sampled(self, arguments: Sequence[Value]) -> list[Value]:
        self.need("sample_cdf")
        return [self.drawn(arguments[0], filled("sample_cdf({0}, {1})", *(a.tree for a in arguments)), I32)]

    def _curl(self, node: ast.Call, arguments: Sequence[Value]) -> Value:
        self.need("curlnoise")
        call = filled("curlnoise({0}, {1})", *(a.tree for a in arguments[:2]))
        assert isinstance(call, ast.Call)
        call.args += [a.tree for a in arguments[2:]]
        call.keywords += [ast.keyword(k.arg, self.value(k.value).tree) for k in node.keywords]
        length = 2 if arguments[1].type.inner == (2,) else 3
        return Value(call, Known(vector_of(length, "float32"), any(a.lanes for a in arguments)))
