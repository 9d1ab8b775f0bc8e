"""What a reference's body takes: the names that it reads before it binds them."""

from __future__ import annotations

import ast
from collections.abc import Sequence


def names_read(body: Sequence[str]) -> set[str]:
    """The names that the lines of `body` read before they assign them: its parameters, and the names of its module.

    Raises SyntaxError for lines that are no Python.
    """
    reader = _Reader()
    reader.visit(ast.parse("\n".join(body)))
    return reader.read


class _Reader(ast.NodeVisitor):
    """Walks statements in the order in which they run."""

    def __init__(self) -> None:
        self.read: set[str] = set()
        self._bound: set[str] = set()

    def generic_visit(self, node: ast.AST) -> None:
        # As in the base class, without operators and the contexts of names, which are half of all nodes.
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, list):
                for item in value:
                    if isinstance(item, ast.AST):
                        self.visit(item)
            elif isinstance(value, ast.AST) and name not in ("ctx", "op"):
                self.visit(value)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self._bound.add(node.id)
        elif node.id not in self._bound:
            self.read.add(node.id)

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        for target in node.targets:
            self.visit(target)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.visit(node.value)
        if isinstance(node.target, ast.Name) and node.target.id not in self._bound:
            self.read.add(node.target.id)
        self.visit(node.target)

    def visit_For(self, node: ast.For) -> None:
        for part in (node.iter, node.target, *node.body, *node.orelse):
            self.visit(part)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._within([a.arg for a in node.args.args], [node.body])

    def visit_ListComp(self, node: ast.ListComp) -> None:
        self._comprehension(node.generators, [node.elt])

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> None:
        self._comprehension(node.generators, [node.elt])

    def visit_SetComp(self, node: ast.SetComp) -> None:
        self._comprehension(node.generators, [node.elt])

    def visit_DictComp(self, node: ast.DictComp) -> None:
        self._comprehension(node.generators, [node.key, node.value])

    def _comprehension(self, generators: Sequence[ast.comprehension], values: Sequence[ast.expr]) -> None:
        outer = set(self._bound)
        for generator in generators:
            for part in (generator.iter, generator.target, *generator.ifs):
                self.visit(part)
        for value in values:
            self.visit(value)
        self._bound = outer

    def _within(self, names: Sequence[str], values: Sequence[ast.expr]) -> None:
        outer = set(self._bound)
        self._bound.update(names)
        for value in values:
            self.visit(value)
        self._bound = outer
