"""Structure hash and builtins: names, constants and spelling do not count, operators and order do."""

from __future__ import annotations

import ast
import os
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.features import features_used
from harness.structure import builtins_used, content_hash, structure_hash
from harness.syntax import nodes_of

TEMPLATE = '''\
import warp as wp


@wp.struct
class {S}:
    {f}: float
    {g}: wp.vec3
    {h}: wp.array(dtype=float)


@wp.func
def {F}({a}: float, {p}: {S}):
    """{doc}"""
    {b} = {a} * {p}.{f} + {c0}  # {doc}
    if {b} > {c1}:
        return {b}, {p}.{g}.x
    return wp.sin({b}), {p}.{g}.y


@wp.kernel
def {K}({x}: wp.array(dtype=float), {q}: {S}, {n}: int, {out}: wp.array2d(dtype=float)):
    {i}, {j} = wp.tid()
    {s} = float({c2})
    for {k} in range({n}):
        {u}, {v} = {F}({x}[{i}] - {c3}, {q})
        {s} += {u} * {v} + {q}.{h}[{k}]
    {out}[{i}, {j}] = {s} if {s} < {c4} else -{s}
'''
MODULE_NAMES = ["S", "F", "K"]
FIELDS = ["f", "g", "h"]
LOCALS = ["a", "p", "b", "x", "q", "n", "out", "i", "j", "s", "k", "u", "v"]
FLOATS = ["c0", "c1", "c2", "c3", "c4"]
PLAIN = {name: f"name_{name}" for name in MODULE_NAMES + FIELDS + LOCALS} | dict.fromkeys(FLOATS, "1.5") | {"doc": "words"}
RESERVED = {"wp", "float", "int", "range", "bool"}

identifiers = st.from_regex(r"[a-z][a-z_0-9]{0,5}", fullmatch=True).filter(lambda s: s not in RESERVED and s.isidentifier())
python_names = identifiers.filter(lambda s: not __import__("keyword").iskeyword(s) and not __import__("keyword").issoftkeyword(s))


def distinct(names: list[str]) -> st.SearchStrategy[dict[str, str]]:
    return st.lists(python_names, min_size=len(names), max_size=len(names), unique=True).map(lambda new: dict(zip(names, new, strict=True)))


# Fields have a namespace of their own: they may be called like variables, and like the components of a vector.
fields = st.one_of(distinct(FIELDS), st.permutations(["x", "y", "mass", "shape"]).map(lambda new: dict(zip(FIELDS, new, strict=False))))
floats = st.lists(st.floats(-1e6, 1e6).map(repr), min_size=len(FLOATS), max_size=len(FLOATS)).map(
    lambda new: dict(zip(FLOATS, new, strict=True))
)


@settings(max_examples=60, deadline=None)
@given(distinct(MODULE_NAMES + LOCALS), fields, floats, st.text("abc \t", max_size=10))
def test_names_constants_and_comments_do_not_count(names, field_names, constants, doc):
    assert structure_hash(TEMPLATE.format(**PLAIN | names | field_names | constants | {"doc": doc})) == structure_hash(
        TEMPLATE.format(**PLAIN)
    )


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_swapping_an_operator_counts(data):
    source = TEMPLATE.format(**PLAIN)
    tree = ast.parse(source)
    operators = [n for n in ast.walk(tree) if isinstance(n, ast.BinOp | ast.AugAssign | ast.Compare)]
    node = data.draw(st.sampled_from(operators))
    if isinstance(node, ast.Compare):
        node.ops = [data.draw(st.sampled_from([o for o in (ast.Lt, ast.Gt, ast.LtE, ast.Eq) if o is not type(node.ops[0])]))()]
    else:
        node.op = data.draw(st.sampled_from([o for o in (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Mod) if o is not type(node.op)]))()
    assert structure_hash(ast.unparse(tree)) != structure_hash(source)


def kernel(body: str, arguments: str = "a: wp.array(dtype=float), b: wp.array(dtype=float), n: int") -> str:
    indented = "\n".join(f"    {line}" for line in body.splitlines())
    return f"import warp as wp\n\n\n@wp.kernel\ndef k({arguments}):\n{indented}\n"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a: float", "a: wp.float32"),
        ("a: int", "a: wp.int32"),
        ("a: bool", "a: wp.bool"),
        ("a: wp.vec3", "a: wp.vec3f"),
        ("a: wp.mat33", "a: wp.mat33f"),
        ("a: wp.quat", "a: wp.quatf"),
        ("a: wp.array(dtype=float)", "a: wp.array[float]"),
        ("a: wp.array(dtype=wp.vec3)", "a: wp.array[wp.vec3f]"),
        ("a: wp.array2d(dtype=float)", "a: wp.array(dtype=wp.float32, ndim=2)"),
        ("a: wp.array3d[int]", "a: wp.array(ndim=3, dtype=wp.int32)"),
        ("a: wp.array1d(dtype=float)", "a: wp.array(dtype=float)"),
        ("a: 'wp.array(dtype=float)'", "a: wp.array[float]"),
    ],
)
def test_spelling_of_types_does_not_count(one, other):
    assert structure_hash(kernel("i = wp.tid()", one)) == structure_hash(kernel("i = wp.tid()", other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a: float", "a: wp.float64"),
        ("a: wp.vec3", "a: wp.vec3d"),
        ("a: wp.array(dtype=float)", "a: wp.array(dtype=float, ndim=2)"),
        ("a: wp.array2d[float]", "a: wp.array3d[float]"),
        ("a: wp.array[float]", "a: wp.array[int]"),
        ("a: float", "a: wp.array[float]"),
        ("a: float, b: int", "a: int, b: float"),
    ],
)
def test_different_types_count(one, other):
    assert structure_hash(kernel("i = wp.tid()", one)) != structure_hash(kernel("i = wp.tid()", other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("b[0] = wp.sin(a[0])", "b[0] = wp.cos(a[0])"),
        ("b[0] = wp.pow(a[0], b[1] * 2.0)", "b[0] = wp.pow(b[1] * 2.0, a[0])"),
        ("b[0] = a[0] * 2.0", "b[0] = a[0] * 2"),
        ("b[0] = a[0]\nb[1] = a[0]", "b[0] = a[0]"),
        ("b[n] = a[0]", "b[0] = a[n]"),
        ("x = a[0]\ny = a[1]\nb[0] = x - y", "x = a[0]\ny = a[1]\nb[0] = y - x"),
        ("b[0] = a[0:]", "b[0] = a[:0]"),
        ("b[0] = -a[0]", "b[0] = a[0]"),
        ("b[0] = a[0] if n > 1 else 2.0", "b[0] = 2.0 if n > 1 else a[0]"),
    ],
)
def test_what_the_program_does_counts(one, other):
    assert structure_hash(kernel(one)) != structure_hash(kernel(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("b[0] = a[0] * 2.0", "b[0] = a[0] * -0.5"),
        ('"""A sum."""\nb[0] = a[0]', "b[0] = a[0]  # the first"),
        ("max = a[0]\nb[0] = max", "top = a[0]\nb[0] = top"),
    ],
)
def test_what_the_program_does_not_show_does_not_count(one, other):
    assert structure_hash(kernel(one)) == structure_hash(kernel(other))


def test_a_variable_of_another_function_may_have_the_same_name_or_not():
    source = "@wp.func\ndef f({0}: float):\n    return {0}\n@wp.kernel\ndef k(x: float, o: wp.array[float]):\n    o[0] = f(x)\n"
    assert structure_hash(source.format("x")) == structure_hash(source.format("y"))


def test_a_variable_may_hide_a_name_of_the_module():
    source = "N = 3\n@wp.func\ndef f(x: float):\n    return x * N\n@wp.kernel\ndef k(x: float):\n    {0} = f(x)\n    f({0})\n"
    assert structure_hash(source.format("N")) == structure_hash(source.format("y"))


def test_the_hash_is_the_same_in_any_process():
    source = TEMPLATE.format(**PLAIN)
    code = (
        "import sys; from harness.features import features_used; from harness.structure import *; s = sys.stdin.read(); "
        "print(structure_hash(s), builtins_used(s), features_used(s))"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code],
            input=source,
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert runs == {f"{structure_hash(source)} {builtins_used(source)} {features_used(source)}\n"}


def test_the_hash_is_pinned_so_that_every_python_must_agree():
    assert structure_hash(TEMPLATE.format(**PLAIN)) == "e1743df5bfa5a6a1"


def test_content_hash_keeps_texts_apart():
    assert content_hash("ab", "c") != content_hash("a", "bc")
    assert len(content_hash("")) == 16


def test_source_that_is_not_python_is_a_syntax_error():
    with pytest.raises(SyntaxError):
        structure_hash("def k(:\n")


def test_builtins_are_what_the_bodies_use():
    body = (
        "i = wp.tid()\nv = wp.vec3(1.0, wp.float32(i), 0.0)\nt = wp.zeros(shape=3, dtype=wp.int32)\nb[i] = wp.dot(v, wp.map(wp.sin, wp.pi))"
    )
    assert builtins_used(kernel(body, "b: wp.array(dtype=wp.float64)")) == ["dot", "float32", "map", "sin", "tid", "vec3", "zeros"]


def test_builtins_leave_out_decorators_annotations_and_arrays():
    assert builtins_used(kernel("n: wp.int32 = 0\nc = wp.array(ptr=p, shape=3, dtype=wp.float32)")) == []


def test_builtins_follow_the_name_that_warp_is_imported_by():
    assert builtins_used("import warp\n@warp.kernel\ndef k():\n    i = warp.tid()\n") == ["tid"]


def test_walk_leaves_out_nothing_but_operators_and_contexts():
    text = "@d(k=1)\nclass C(B, m=2):\n    x: int = 3\n    def f(self, *a, y=lambda p: -p, **k) -> (z := 1):\n"
    text += "        for i, j in a[1:, b]:\n            s += [c for c in f'{i:{j}}' if not c]\n        return x < y <= z and {**k}\n"
    module = ast.parse(text)
    left_out = (ast.expr_context, ast.operator, ast.unaryop, ast.cmpop, ast.boolop)
    assert nodes_of(module) == [node for node in ast.walk(module) if not isinstance(node, left_out)]
