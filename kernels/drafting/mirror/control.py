"""Branches, loops and returns of a kernel's text: which threads take part in each statement of the reference.

A branch is a mask. A thread that returned, or left a loop or one pass of it, is masked from then on. A loop with bounds that threads differ
in runs as long as any thread is in it.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kernels.drafting.mirror.operators import Scope
from kernels.drafting.mirror.registry import filled, parsed
from kernels.drafting.mirror.statements import Statements
from kernels.drafting.mirror.values import Known, Value, counter, precision_of
from kernels.language.types import BOOL, I32, Type
from kernels.source import def_lines, indented

NOBODY = "nobody"
"""The mask behind a jump: no thread comes there."""
_JUMPS = (ast.Break, ast.Return)


@dataclass
class _Loop:
    """The loop under way: the mask of threads that are still in it, and of those that return in it ("" where none can).

    `before` are lines that must stand before the loop.
    """

    running: str = ""
    left: str = ""
    before: list[str] = field(default_factory=list)


class Control(Statements):
    """The lines of a body with its branches and loops; what the body returns is noted for `returning`."""

    def __init__(self, scope: Scope, grid: str = "dim") -> None:
        super().__init__(scope, grid)
        self.mask = ""
        self._returns: list[tuple[str, list[Value]]] = []
        self._loop = _Loop()

    def lines(self, statements: Sequence[ast.stmt]) -> list[str]:
        """The lines of `statements` at the top level of the body; threads that returned before stay out."""
        lines, self.mask = self._block(statements, self.mask)
        return lines

    def _block(self, statements: Sequence[ast.stmt], mask: str) -> tuple[list[str], str]:
        """The lines under `mask` ("" for all), and the mask of the threads that reach the end."""
        lines: list[str] = []
        for statement in statements:
            if mask == NOBODY:
                raise TypeError(f"mirror: no thread comes to {ast.unparse(statement)!r}")
            new, mask = self._statement(statement, mask)
            lines += new
        return lines, mask

    def _statement(self, statement: ast.stmt, mask: str) -> tuple[list[str], str]:
        match statement:
            case ast.If():
                return self._if(statement, mask)
            case ast.For():
                return self._for(statement, mask)
            case ast.While():
                return self._while(statement, mask)
            case ast.Continue():
                return [], NOBODY
            case ast.Break():
                return self._gone(mask), NOBODY
            case ast.Return():
                return self._return(statement, mask)
        return self.simple(statement, mask), mask

    def _condition(self, test: ast.expr, mask: str, stem: str) -> tuple[list[str], str]:
        """The lines that name the threads of `mask` in which `test` is true, and the name."""
        self.translator.mask, self.translator.before = mask, []
        condition = self.translator.value(test)
        joined = filled("{0} & {1}", parsed(mask), condition.tree) if mask else condition.tree
        if not mask and not condition.lanes:
            joined = filled("np.bool_({0})", joined)
        name = self.fresh(stem)
        self.scope.values[name] = Known(BOOL)
        return [*self.translator.before, f"{name} = {ast.unparse(joined)}"], name

    def _if(self, statement: ast.If, mask: str) -> tuple[list[str], str]:
        lines, branch = self._condition(statement.test, mask, "branch")
        body, after = self._block(statement.body, branch)
        lines += body
        if not statement.orelse and after == branch:
            return lines, mask
        other = self.fresh("otherwise" if statement.orelse else "rest")
        self.scope.values[other] = Known(BOOL)
        lines.append(f"{other} = {f'{mask} & ' if mask else ''}np.logical_not({branch})")
        rest, after_other = self._block(statement.orelse, other)
        lines += rest
        if after == branch and after_other == other:
            return lines, mask
        ends = [m for m in (after, after_other) if m != NOBODY]
        if len(ends) < 2:
            return lines, ends[0] if ends else NOBODY
        both = self.fresh("going_on")
        self.scope.values[both] = Known(BOOL)
        return [*lines, f"{both} = {ends[0]} | {ends[1]}"], both

    # Loops

    def _for(self, statement: ast.For, mask: str) -> tuple[list[str], str]:
        assert isinstance(statement.target, ast.Name)
        assert isinstance(statement.iter, ast.Call)
        name, bounds = statement.target.id, statement.iter.args
        self.translator.mask, self.translator.before = mask, []
        values = [self.translator.value(b) for b in bounds]
        self._owned(statement.body)
        if not any(v.lanes for v in values):
            self.scope.values[name] = counter()
            self.scope.safe.add(name)
            head = f"for {name} in range({', '.join(ast.unparse(v.tree) for v in values)}):"
            return self._looped(head, [], statement.body, mask)
        if len(values) > 2:
            raise TypeError(f"mirror: threads differ in the bounds of {ast.unparse(statement.iter)!r}, which has a step")
        stop = values[-1]
        start = values[0] if len(values) == 2 else Value(ast.Constant(0), Known(I32, lanes=False, plain=True))
        self.scope.values[name] = Known(I32, lanes=len(values) == 2)
        self.scope.safe.discard(name)
        longest = ast.unparse(filled("{0} - {1}", stop.tree, start.tree) if len(values) == 2 else stop.tree)
        turn = self.fresh("turn") if len(values) == 2 else name
        first = [f"{name} = {ast.unparse(start.tree)} + {turn}"] if len(values) == 2 else []
        inside = f"{name} < {ast.unparse(stop.tree)}"
        return self._looped(f"for {turn} in range(np.max({longest}, initial=0)):", first, statement.body, mask, inside)

    def _while(self, statement: ast.While, mask: str) -> tuple[list[str], str]:
        self._owned(statement.body)
        for name in _assigned(statement.body):
            self.scope.safe.discard(name)
        running = self._named("running")
        loop = _Loop(running, self._left(statement.body), [f"{running} = {mask or 'np.True_'}"])
        first, inside = self._condition(statement.test, running, "inside")
        lines, after = self._body(statement.body, inside, loop, mask)
        body = [*first, f"{running} = {inside}", f"if not np.any({running}):", "    break", *lines]
        return [*loop.before, "while True:", *indented(body)], after

    def _looped(self, head: str, first: list[str], body: Sequence[ast.stmt], mask: str, inside: str = "") -> tuple[list[str], str]:
        """A counted loop; threads take part while `inside` holds, if it is given."""
        loop = _Loop(left=self._left(body))
        entry = mask
        if any(isinstance(node, _JUMPS) for s in body for node in ast.walk(s)):
            loop.running = entry = self._named("running")
            loop.before.append(f"{entry} = {mask or 'np.True_'}")
        if inside:
            active = self._named("active")
            first = [*first, f"{active} = {f'{entry} & ' if entry else ''}({inside})"]
            entry = active
        lines, after = self._body(body, entry, loop, mask)
        return [*loop.before, head, *indented([*first, *lines])], after

    def _body(self, body: Sequence[ast.stmt], entry: str, loop: _Loop, mask: str) -> tuple[list[str], str]:
        """The lines of a loop's body, and the mask of the threads that go on behind the loop."""
        if loop.left:
            loop.before.append(f"{loop.left} = np.False_")
        outer, self._loop = self._loop, loop
        lines, _ = self._block(body, entry)
        self._loop = outer
        if not loop.left:
            return lines, mask
        return lines, f"({f'{mask} & ' if mask else ''}np.logical_not({loop.left}))"

    def _left(self, body: Sequence[ast.stmt]) -> str:
        """A name for the threads that return within a loop's body, if any can."""
        if not any(isinstance(node, ast.Return) for s in body for node in ast.walk(s)):
            return ""
        return self._named("left")

    def _named(self, stem: str) -> str:
        name = self.fresh(stem)
        self.scope.values[name] = Known(BOOL)
        return name

    def _owned(self, body: Sequence[ast.stmt]) -> None:
        """What a loop's body assigns may differ between threads from its second pass on."""
        for name in _assigned(body):
            if name in self.scope.values:
                self.scope.values[name] = self.scope.values[name].own()

    # Jumps

    def _gone(self, mask: str) -> list[str]:
        """The line that takes the threads of `mask` out of the loop."""
        return [f"{self._loop.running} = {self._loop.running} & np.logical_not({mask})"]

    def _return(self, statement: ast.Return, mask: str) -> tuple[list[str], str]:
        lines: list[str] = []
        if statement.value is not None:
            self.translator.mask, self.translator.before = mask, []
            parts = statement.value.elts if isinstance(statement.value, ast.Tuple) else [statement.value]
            values = [self.translator.value(p) for p in parts]
            lines += self.translator.before
            kept: list[Value] = []
            for value in values:
                tree = self.translator.typed(value)
                if mask and not isinstance(tree, (ast.Name, ast.Constant)):
                    name = self.fresh("early")
                    lines.append(f"{name} = {ast.unparse(tree)}")
                    tree = ast.Name(name, ast.Load())
                kept.append(Value(tree, value.known))
            if self._loop.running:
                # The masks of a pass are gone when the next one comes: the value is kept in a name of its own.
                return [*lines, *self._return_in_loop(kept, mask)], NOBODY
            self._returns.append((mask, kept))
        elif self._loop.running:
            lines += [*self._gone(mask), f"{self._loop.left} = {self._loop.left} | {mask}"]
        return lines, NOBODY

    def _return_in_loop(self, values: Sequence[Value], mask: str) -> list[str]:
        lines, kept = [], []
        for value in values:
            name = self.fresh("found")
            self._loop.before.append(f"{name} = np.zeros({value.type.inner}, {precision_of(value.type.scalar)})")
            result = Value(ast.Name(name, ast.Load()), value.known.own())
            chosen = self.translator.where(Value(parsed(mask), Known(BOOL)), value, result)
            lines.append(f"{name} = {ast.unparse(chosen.tree)}")
            kept.append(result)
        self._returns.append((self._loop.left, kept))
        return [*lines, *self._gone(mask), f"{self._loop.left} = {self._loop.left} | {mask}"]

    def returning(self) -> tuple[str, tuple[Known, ...]]:
        """A function's last line: the first return that a thread came to gives its value; and what is known of the values."""
        _, last = self._returns[-1]
        results = list(last)
        for mask, values in reversed(self._returns[:-1]):
            condition = Value(parsed(mask), Known(BOOL))
            results = [
                Value(self.translator.where(condition, value, other).tree, value.known.own())
                for value, other in zip(values, results, strict=True)
            ]
        return f"return {', '.join(ast.unparse(r.tree) for r in results)}", tuple(r.known for r in results)


def _assigned(body: Sequence[ast.stmt]) -> set[str]:
    names = set()
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Subscript) and isinstance(node.target.value, ast.Name):
                names.add(node.target.value.id)
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript) and isinstance(node.targets[0].value, ast.Name):
                names.add(node.targets[0].value.id)
    return names


def function_lines(
    name: str, parameters: Mapping[str, Known], arrays: Mapping[str, tuple[Type, int]], body: str, scope: Scope, order: Sequence[str]
) -> list[str]:
    """The reference's definition of a function of the kernel's module, given its body; the scope learns its name and results.

    `parameters` are values, `arrays` arrays with their element type and number of axes; `order` is that of the function's head.
    """
    inner = Scope(structs=scope.structs, functions=scope.functions, helpers=scope.helpers, arrays=dict(arrays), values=dict(parameters))
    control = Control(inner)
    lines = control.lines(ast.parse(body).body)
    last, results = control.returning()
    scope.functions[name] = results
    scope.gathered = scope.gathered or bool(arrays)
    return [*def_lines(name, order), *indented([*lines, last])]
