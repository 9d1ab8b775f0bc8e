"""What a program knows of its values by how they were made: where they come from, which vectors cannot vanish, of what kind they are."""

from __future__ import annotations

import pytest

from kernels.draw import Draw
from kernels.language.expression import Custom, Variable, apply, literal, variable
from kernels.language.interval import Interval
from kernels.language.statement import Call, Function, Load, Return
from kernels.language.types import F32, I32, Palette
from kernels.synthesis.builder import RESERVED, start
from kernels.synthesis.provenance import Provenance

VECTOR, QUAT = Palette().type_of("V"), Palette().type_of("Q")
X, Y = variable("x", VECTOR, -2.0, 2.0), variable("y", VECTOR, -2.0, 2.0)
SPEED, MASS = variable("speed", F32, -1.0, 2.0), variable("mass", F32, 0.5, 2.0)
Q = variable("q", QUAT, -1.0, 1.0)
SUM = apply("add_vec", X, apply("absolute_vec", X))
FOLD = Function("fold", (("v", VECTOR),), (Return((SUM,)),), (VECTOR,))
LOAD = Load(VECTOR, Interval(-1.0, 1.0), "points", (variable("i", I32, 0, 9),))


@pytest.fixture
def provenance():
    known = Provenance()
    for v in (X, Y, SPEED, MASS):
        known.given(v.name)
    known.given("q", "unit")
    return known


@pytest.mark.parametrize(
    ("vector", "solid"),
    [
        (X, True),
        (LOAD, True),
        (Variable(VECTOR, X.range, "unheard"), False),
        (apply("add_vec", X, Y), True),
        (apply("subtract_vec", X, X), False),
        (SUM, False),
        (apply("vec_scale", X, MASS), True),
        (apply("vec_scale", X, SPEED), False),
        (apply("normalize", SUM), True),
        (apply("cross", X, Y), True),
        (apply("quat_rotate", Q, X), True),
        (apply("quat_rotate", Q, SUM), False),
        (apply("make_vec", SPEED, literal(0.5), SPEED), True),
        (apply("make_vec", SPEED, SPEED, SPEED), False),
        (Call(VECTOR, X.range, FOLD, (X,)), False),
    ],
)
def test_which_vectors_cannot_vanish(provenance, vector, solid):
    assert provenance.solid(vector) == solid
    provenance.define("local", vector)
    assert provenance.solid(Variable(VECTOR, vector.range, "local")) == solid


def test_roots_reach_through_locals(provenance):
    provenance.define("total", apply("add", SPEED, apply("dot", X, Y)))
    provenance.define("twice", apply("multiply", Variable(F32, SPEED.range, "total"), literal(2.0)))
    twice = Variable(F32, SPEED.range, "twice")
    assert provenance.roots(twice) == {"speed", "x", "y"}
    assert provenance.apart(twice, MASS)
    assert not provenance.apart(twice, SPEED)
    provenance.extend("twice", MASS)
    assert not provenance.apart(twice, MASS)
    assert provenance.roots(Custom(F32, SPEED.range, "wp.static(G)", "f32(G)", (MASS,))) >= {"mass"}


def test_a_multiple_is_parallel_to_its_source(provenance):
    provenance.define("doubled", Custom(VECTOR, X.range, "twice(x)", "twice(x)", (X,)))
    doubled = Variable(VECTOR, X.range, "doubled")
    provenance.multiple("doubled", X)
    assert not provenance.independent(doubled, X)
    assert provenance.independent(doubled, Y)
    assert provenance.solid(doubled)
    provenance.multiple("doubled", SUM)
    assert not provenance.solid(doubled)


def test_kinds_go_with_what_keeps_them(provenance):
    assert provenance.kind(Q) == "unit"
    assert provenance.kind(apply("quat_multiply", Q, Q)) == "unit"
    assert provenance.kind(apply("normalize", X)) == "unit"
    assert provenance.kind(apply("negate_vec", apply("normalize", X))) == "unit"
    assert provenance.kind(apply("quat_rotate", Q, apply("normalize", X))) == "unit"
    assert provenance.kind(apply("quat_rotate", Q, X)) == ""
    assert provenance.kind(apply("quat_to_matrix", Q)) == "rotation"
    assert provenance.kind(apply("add_quat", Q, Q)) == ""
    provenance.define("turn", apply("quat_inverse", Q))
    assert provenance.kind(Variable(QUAT, Q.range, "turn")) == "unit"
    provenance.extend("turn", Q)
    assert provenance.kind(Variable(QUAT, Q.range, "turn")) == ""


def test_no_value_takes_the_name_of_a_helper():
    p = start(Draw(0, "program", 0))
    assert {"diagonal", "inverse", "quat_rotate", "joined", "erf", "np", "f32", "dim"} <= RESERVED
    for name in sorted(RESERVED):
        assert p.name(name) not in RESERVED
