"""Lines that idioms spell themselves: they tell all that they read, so that values count as used and gradients are judged rightly."""

from __future__ import annotations

import ast

from synthesized import SEED

import kernels.synthesis.program as program_module
from kernels.draw import Draw
from kernels.language.expression import Variable
from kernels.language.interval import Interval
from kernels.language.statement import If, nested_expressions, nested_statements
from kernels.language.types import BOOL, F32
from kernels.language.verbatim import Verbatim, always
from kernels.synthesis.builder import start

COUNT = 100
OF_PYTHON = {"wp", "float", "int", "bool", "print", "len", "range"}
X, FLAG = Variable(F32, Interval(0, 1), "x"), Variable(BOOL, Interval(0, 1), "flag")


def test_lines_stand_as_they_are():
    lines = Verbatim(("y = x", "print(y)"), always("y = x"), (X,), (("y", F32),))
    assert lines.warp() == ["y = x", "print(y)"]
    assert If(FLAG, [lines]).warp() == ["if flag:", "    y = x", "    print(y)"]
    assert nested_expressions([If(FLAG, [lines])]) == [FLAG, X]


def test_always_is_the_same_under_any_mask():
    numpy = always("y = x", "z = y")
    assert numpy(None) == numpy("branch") == ["y = x", "z = y"]
    assert numpy(None) is not numpy(None)


def test_a_program_takes_note_of_what_lines_use_and_define():
    p = start(Draw(0, "program", 0))
    source = p.local("source", X)
    made = Variable(F32, Interval(0, 2), p.name("made"))
    assert source in p.unused()
    p.verbatim([f"{made.name} = {source.name} + 1.0"], always(f"{made.name} = {source.name} + 1.0"), [source], [made])
    assert source not in p.unused()
    assert made in p.unused()
    assert p.expressions.provenance.roots(made) == {"x"}


def names(tree, context):
    return {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, context)}


def test_lines_of_programs_tell_what_they_read(monkeypatch):
    finished = program_module.finished_case
    programs, found = [], 0

    def note(p, guard):
        programs.append((p, finished(p, guard)))
        return programs[-1][1]

    monkeypatch.setattr(program_module, "finished_case", note)
    for index in range(COUNT):
        program_module.synthesize(Draw(SEED, "program", index))
    for p, case in programs:
        module = ast.parse(case.python_source).body
        of_module = {getattr(n, "name", "") for n in module}.union(*(names(n, ast.Store) for n in module if isinstance(n, ast.Assign)))
        known = {*OF_PYTHON, *of_module, *p.lanes, *(a.name for a in p.sig.arguments), *(c.name for c in p.constants)}
        for s in nested_statements(p.statements):
            if isinstance(s, Verbatim):
                found += 1
                tree = ast.parse("\n".join(s.lines))
                told = {name.split(".")[0] for e in s.uses for name in e.variables()}
                assert names(tree, ast.Load) - names(tree, ast.Store) - known <= told, f"{case.id}: {s.lines}"
                assert {name for name, _ in s.defines} <= names(tree, ast.Store), f"{case.id}: {s.lines}"
    assert found > COUNT // 4
