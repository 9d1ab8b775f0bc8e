"""The synthesizer over a few hundred indices: deterministic, nothing dead, well laid out, varied, and seldom beyond Warp's adjoint."""

from __future__ import annotations

import ast
import hashlib
import os
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from interpreter import drawn
from synthesized import SEED, program

from harness.oracle.inputs import widened
from harness.oracle.reference import Reference
from harness.structure import structure_hash
from kernels.dtypes import dtype_of
from kernels.synthesis.long_lines import WIDTH

COUNT = 300
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def cases():
    return [program(index) for index in range(COUNT)]


def fingerprint(cases):
    """A hash of everything in the cases."""
    text = "".join(c.python_source + c.reference_source + c.launch_json() for c in cases)
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def tree(source):
    return ast.parse(source)


def functions_of(case):
    """The functions of a case and, last, its kernel, as syntax trees."""
    nodes = (*tree(case.python_source).body, *(n for f in tree(case.python_source).body for n in getattr(f, "body", ())))
    return sorted((n for n in nodes if isinstance(n, ast.FunctionDef) and n.decorator_list), key=lambda f: f.name == case.kernel_name)


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


def path(node):
    """`a.b.c` as a text, None for what is no name with attributes."""
    if isinstance(node, ast.Name):
        return node.id
    owner = path(node.value) if isinstance(node, ast.Attribute) else None
    return f"{owner}.{node.attr}" if owner else None


def changed(node):
    """The names that a statement changes without assigning them: whose element, component or field is assigned, or that an atomic gets."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AugAssign) else []
    found = {owner for t in targets if not isinstance(t, ast.Name) and (owner := base(t))}
    calls = (n for n in ast.walk(node) if isinstance(n, ast.Call) and (path(n.func) or "").startswith("wp.atomic_"))
    return found | {base(c.args[0]) for c in calls}


def base(node):
    """The name whose element, component or field a target is."""
    while isinstance(node, (ast.Subscript, ast.Attribute)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def reads(node):
    """The names that a statement or expression reads: not those of which it only assigns a part."""
    loads = Counter(n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load))
    for statement in ast.walk(node):
        if isinstance(statement, (ast.Assign, ast.AugAssign, ast.Expr)):
            loads -= Counter(changed(statement))
    return set(loads)


def dead_names(function):
    """Locals that are assigned and never read, or assigned twice in a block without being read in between."""
    written = {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    loop_counters = {n.target.id for n in ast.walk(function) if isinstance(n, ast.For)}
    return sorted(written - reads(function) - loop_counters) + sorted(_overwritten(function.body))


def _overwritten(body):
    """Names assigned twice in one block with no reading in between."""
    pending, found = set(), set()
    for statement in body:
        pending -= reads(statement) | changed(statement)
        if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
            pending.discard(statement.target.id)
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
    """Functions are called, gradients and replays belong to one that is, parameters are read, in C++ where a function is native."""
    for case in cases:
        functions = functions_of(case)
        text = tree(case.python_source)
        called = {n.func.id for n in ast.walk(text) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
        snippets = {n.targets[0].id: n.value.value for n in text.body if isinstance(n, ast.Assign) and isinstance(n.value, ast.Constant)}
        for function in functions[:-1]:
            decorator = function.decorator_list[0]
            owner = decorator.args[0].id if isinstance(decorator, ast.Call) and "native" not in ast.unparse(decorator) else function.name
            assert owner in called, f"{case.id}: {function.name}"
        for function in functions:
            read = {n.id for n in ast.walk(function) if isinstance(n, ast.Name)}
            for name in read & set(snippets):
                read |= set(re.findall(r"\w+", str(snippets[name])))
            assert {a.arg for a in function.args.args} <= read, f"{case.id}: {function.name}\n{case.python_source}"


def test_every_class_field_and_constant_is_used(cases):
    for case in cases:
        text = tree(case.python_source)
        used = {n.id for n in ast.walk(text) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
        attributes = {n.attr for n in ast.walk(text) if isinstance(n, ast.Attribute)}
        for node in text.body:
            if isinstance(node, ast.ClassDef):
                assert node.name in used, f"{case.id}: {node.name}"
                assert {f.target.id for f in node.body} <= attributes, f"{case.id}: {node.name}\n{case.python_source}"
            elif isinstance(node, ast.Assign) and node.targets[0].id != case.kernel_name:
                assert node.targets[0].id in used, f"{case.id}: {node.targets[0].id}"


class _Flow:
    """Which names and outputs depend on an input, by data flow through a kernel. Structs depend field by field."""

    def __init__(self, case):
        self.outputs = {a.name for a in case.outputs}
        self.arrays = {name.partition(".")[0] for name in self.outputs}
        self.tainted = {a.name for a in case.leaves if a.role == "input"}
        self.reached = set()
        body = functions_of(case)[-1].body
        before = -1
        while before != len(self.tainted) + len(self.reached):
            before = len(self.tainted) + len(self.reached)
            self._block(body, under=False)

    def _depends(self, node):
        """Whether a value depends on an input: a name in it does, what it is a part of, or a part of it."""
        found = {p for n in ast.walk(node) if (p := path(n))}
        return any(_within(p, t) or _within(t, p) for p in found for t in self.tainted)

    def _block(self, body, under):
        for s in body:
            if isinstance(s, (ast.If, ast.While, ast.For)):
                inner = under or self._depends(s.iter if isinstance(s, ast.For) else s.test)
                self._block(s.body, inner)
                self._block(s.orelse, inner)
                continue
            for call in (n for n in ast.walk(s) if isinstance(n, ast.Call) and (path(n.func) or "").startswith("wp.atomic_")):
                self._writes(path(call.args[0]), call.args[1:], under)
            if isinstance(s, ast.Assign):
                self._assigns(s.targets[0], s.value, under)
            elif isinstance(s, ast.AugAssign):
                self._writes(_written(s.target), [s.value], under)

    def _assigns(self, target, value, under):
        whole = path(value)
        fields = {t[len(whole) + 1 :] for t in self.tainted if whole and t.startswith(f"{whole}.")}
        if fields and not under and whole not in self.tainted:
            for field in fields:
                self._mark(f"{_written(target)}.{field}")
            return
        for name in target.elts if isinstance(target, ast.Tuple) else [target]:
            self._writes(_written(name), [value], under)

    def _writes(self, name, values, under):
        if under or any(self._depends(v) for v in values):
            self._mark(name)

    def _mark(self, name):
        if name.partition(".")[0] in self.arrays:
            self.reached |= {o for o in self.outputs if _within(o, name)}
        else:
            self.tainted.add(name)


def _written(target):
    """What an assignment writes: a name, a field by its path, or the array or vector whose element it is."""
    return _written(target.value) if isinstance(target, ast.Subscript) else path(target)


def _within(name, owner):
    """Whether `name` is `owner` or a field of it."""
    return name == owner or name.startswith(f"{owner}.")


def test_every_output_depends_on_an_input(cases):
    for case in cases:
        missing = {a.name for a in case.outputs} - _Flow(case).reached
        assert not missing, f"{case.id}: {missing}\n{case.python_source}"


def test_most_outputs_change_with_the_inputs(cases):
    """Other inputs give other outputs. Some stay constant all the same: flags whose comparison always goes one way, clamps that bind."""
    constant, total = [], 0
    for case in cases:
        number = len(case.launches) - 1
        launch, values = case.launches[number], drawn(case, number)
        reference = Reference(case)
        before = reference.call(launch, values, wide=True)
        after = reference.call(launch, _moved(case, values, launch), wide=True)
        constant += [f"{case.id}: {a.name}" for a in case.outputs if np.array_equal(before[a.name], after[a.name], equal_nan=True)]
        total += len(case.outputs)
    assert len(constant) < 0.25 * total, constant


def _moved(case, values, launch):
    """The values with other draws for every input; what in-out arguments start from stays."""
    rng = np.random.default_rng(5)
    inputs = [leaf for leaf in case.leaves if leaf.role == "input"]
    new = {leaf.name: launch.leaf_domains[leaf.name].draw(rng, launch.leaf_shapes[leaf.name], dtype_of(leaf.dtype))[()] for leaf in inputs}
    return {**values, **widened(new)}


def test_names_are_unique(cases):
    """But for functions of one name, whose parameters differ in type."""
    for case in cases:
        arguments = [a.name for a in case.arguments]
        assert len(set(arguments)) == len(arguments)
        text = tree(case.python_source)
        functions = functions_of(case)
        signatures = [(f.name, *(ast.unparse(a.annotation) for a in f.args.args)) for f in functions]
        assert len(set(signatures)) == len(signatures), case.id
        named = [n for n in text.body if isinstance(n, (ast.ClassDef, ast.Assign))]
        others = [name for n in named if (name := n.name if isinstance(n, ast.ClassDef) else n.targets[0].id) != case.kernel_name]
        assert len({*others, *(f.name for f in functions)}) == len(others) + len({f.name for f in functions}), case.id
        for function in functions:
            stored = {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
            taken = {*others, *(f.name for f in functions), *(a.arg for a in function.args.args if function is functions[-1])}
            assert not stored & taken, f"{case.id}: {stored & taken}\n{case.python_source}"


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
