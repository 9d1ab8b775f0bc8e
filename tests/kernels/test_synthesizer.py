"""The synthesizer over a few hundred indices: deterministic, nothing dead, well laid out, varied, and seldom beyond Warp's adjoint."""

from __future__ import annotations

import ast
import hashlib
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from interpreter import all_at_once, drawn

from harness.structure import structure_hash
from kernels.domains import Struct
from kernels.draw import Draw
from kernels.dtypes import dtype_of
from kernels.families.program import build
from kernels.language.expression import Variable, apply, literal
from kernels.language.interval import Interval
from kernels.language.statement import Assign, Augment, If, Store, While
from kernels.language.types import F32
from kernels.synthesis.builder import start
from kernels.synthesis.long_lines import WIDTH, split_long_lines

COUNT = 300
SEED = 21
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def cases():
    return [build(Draw(SEED, "program", index)) for index in range(COUNT)]


def fingerprint(cases):
    """A hash of everything in the cases."""
    text = "".join(c.python_source + c.reference_source + c.launch_json() for c in cases)
    return hashlib.sha256(text.encode()).hexdigest()


def functions_of(case):
    """The kernel and the functions of a case, as syntax trees."""
    return [node for node in ast.parse(case.python_source).body if isinstance(node, ast.FunctionDef)]


def test_the_same_in_another_process_with_another_hash_seed(cases):
    script = (
        "from kernels.draw import Draw; from kernels.families.program import build; import hashlib;"
        f"cases = [build(Draw({SEED}, 'program', i)) for i in range({COUNT // 3})];"
        "text = ''.join(c.python_source + c.reference_source + c.launch_json() for c in cases);"
        "print(hashlib.sha256(text.encode()).hexdigest())"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "4711"}
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == fingerprint(cases[: COUNT // 3])


def dead_names(function):
    """Locals that are assigned and never read, or assigned twice in a block without being read in between."""
    names = [n for n in ast.walk(function) if isinstance(n, ast.Name)]
    read = {n.id for n in names if isinstance(n.ctx, ast.Load)}
    written = {n.id for n in names if isinstance(n.ctx, ast.Store)}
    loop_counters = {n.target.id for n in ast.walk(function) if isinstance(n, ast.For)}
    return sorted(written - read - loop_counters) + sorted(_overwritten(function.body))


def _overwritten(body):
    """Names assigned twice in one block with no reading in between."""
    pending, found = set(), set()
    for statement in body:
        loads = {n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
        if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
            loads.add(statement.target.id)
        pending -= loads
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            name = statement.targets[0].id
            if name in pending:
                found.add(name)
            pending.add(name)
        for field in ("body", "orelse"):
            found |= _overwritten(getattr(statement, field, []))
    return found


def test_no_statement_is_dead(cases):
    dead = {c.id: names for c in cases for f in functions_of(c) if (names := dead_names(f))}
    assert not dead


def test_every_function_and_parameter_is_used(cases):
    for case in cases:
        functions = functions_of(case)
        called = {n.func.id for f in functions for n in ast.walk(f) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
        assert {f.name for f in functions} - {case.kernel_name} <= called, case.id
        for function in functions:
            read = {n.id for n in ast.walk(function) if isinstance(n, ast.Name)}
            assert {a.arg for a in function.args.args} <= read, f"{case.id}: {function.name}\n{case.python_source}"


def tainted_outputs(case):
    """The outputs whose stored values (or the conditions around their stores) depend on an input, by data flow through the kernel."""
    tainted = {a.name for a in case.arguments if a.role == "input"}
    outputs = {a.name for a in case.outputs}
    reached = set()

    def names(*nodes):
        return {n.id for node in nodes for n in ast.walk(node) if isinstance(n, ast.Name)}

    def visit(body, under):
        for s in body:
            if isinstance(s, (ast.If, ast.While)):
                inner = under or bool(names(s.test) & tainted)
            elif isinstance(s, ast.For):
                inner = under or bool(names(s.iter) & tainted)
            if isinstance(s, (ast.If, ast.While, ast.For)):
                visit(s.body, inner)
                visit(s.orelse, inner)
            elif isinstance(s, (ast.Assign, ast.AugAssign)):
                targets = names(*(s.targets if isinstance(s, ast.Assign) else [s.target]))
                if under or names(s.value) & tainted:
                    reached.update(targets & outputs)
                    tainted.update(targets - outputs)
            elif isinstance(s, ast.Expr) and isinstance(s.value, ast.Call) and (under or names(*s.value.args[1:]) & tainted):
                reached.update(names(s.value.args[0]) & outputs)

    before = -1
    while before != len(tainted):
        before = len(tainted)
        visit(functions_of(case)[-1].body, False)
    return reached


def test_every_output_depends_on_an_input(cases):
    for case in cases:
        missing = {a.name for a in case.outputs} - tainted_outputs(case)
        assert not missing, f"{case.id}: {missing}\n{case.python_source}"


def test_most_outputs_change_with_the_inputs(cases):
    """Other inputs give other outputs. Some stay constant all the same: flags whose comparison always goes one way, clamps that bind."""
    constant, total = [], 0
    for case in cases:
        number = len(case.launches) - 1
        values = drawn(case, number)
        before = all_at_once(case, number, values)
        after = all_at_once(case, number, _moved(case, values, case.launches[number]))
        constant += [f"{case.id}: {a.name}" for a in case.outputs if np.array_equal(before[a.name], after[a.name], equal_nan=True)]
        total += len(case.outputs)
    assert len(constant) < 0.25 * total, constant


def _moved(case, values, launch):
    """The values with other draws for every input; what in-out arguments start from stays."""
    rng = np.random.default_rng(5)
    moved = dict(values)
    for a in case.arguments:
        if a.role != "input":
            continue
        domain = launch.domains[a.name]
        if isinstance(domain, Struct):
            moved[a.name] = {name: _drawn(d, rng, (), dtype) for name, dtype, d in domain.fields}
        else:
            moved[a.name] = _drawn(domain, rng, launch.shapes[a.name], a.dtype)
    return moved


def _drawn(domain, rng, shape, dtype):
    array = domain.draw(rng, shape, dtype_of(dtype))
    return array.astype(np.float64)[()] if array.dtype.kind == "f" else array[()]


def test_names_are_unique(cases):
    for case in cases:
        arguments = [a.name for a in case.arguments]
        assert len(set(arguments)) == len(arguments)
        names = [f.name for f in functions_of(case)]
        assert len(set(names)) == len(names)
        kernel = functions_of(case)[-1]
        stored = {n.id for n in ast.walk(kernel) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        assert not stored & {*arguments, *names}, f"{case.id}\n{case.python_source}"


def test_lines_are_short(cases):
    longest = max((line for c in cases for line in c.python_source.splitlines()), key=len)
    assert len(longest) <= WIDTH, longest


def test_structures_differ(cases):
    assert len({structure_hash(c.python_source) for c in cases}) >= 0.98 * COUNT


def test_gradient_limitations_are_rare(cases):
    named = Counter(name for c in cases for name in c.limitations)
    assert sum(bool(c.limitations) for c in cases) < 0.15 * COUNT, named


def test_every_program_has_a_gradient_or_an_exact_result(cases):
    assert all(c.outputs and c.launches for c in cases)
    assert sum(bool(c.differentiable_inputs and c.differentiable_outputs) for c in cases) > 0.9 * COUNT


def products(count):
    """A sum of products of `count` values with long names."""
    names = [Variable(F32, Interval(-1.0, 1.0), f"a_rather_long_name_{k}") for k in range(count)]
    total = apply("multiply", names[0], names[1])
    for a, b in zip(names[2::2], names[3::2], strict=False):
        total = apply("add", total, apply("multiply", a, b))
    return total


def test_long_statements_are_taken_apart():
    p = start(Draw(1, "program", 0))
    value = products(12)
    condition = apply("less", value, literal(0.0))
    statements = [
        Assign("total", value),
        If(condition, [Augment("total", "+", value, F32)], [If(condition, [Store("out", (p.lane_variables[0],), value)])]),
    ]
    split = split_long_lines(p, statements)
    lines = ["    " + line for s in split for line in s.warp()]
    assert max(map(len, lines)) <= WIDTH
    assert len(lines) > 8
    scope = {f"a_rather_long_name_{k}": 0.1 * k - 0.3 for k in range(12)} | {p.lanes[0]: 0}
    results = []
    for version in (statements, split):
        names = {**scope, "out": [0.0]}
        exec("\n".join(line for s in version for line in s.warp()), names)
        results.append((names["total"], names["out"][0]))
    assert results[0] == pytest.approx(results[1])


def test_the_condition_of_a_while_loop_stays():
    p = start(Draw(1, "program", 0))
    loop = While(apply("less", products(12), literal(0.0)), [Assign("total", literal(1.0))])
    assert split_long_lines(p, [loop]) == [loop]
