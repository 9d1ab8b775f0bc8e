"""Which limitations of Warp's adjoint a program is said to meet, and that Warp bears it out: none named, none there."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from small_programs import GAIN, HITS, LANE, ROUND, TOTAL, A, B, N, case_of, limitations, op, real, whole

import kernels
from generation.code.settings import Settings
from harness.isolation import BatchRunner
from harness.oracle import judge, prepare
from harness.oracle.ledger import LEDGER
from kernels.language.expression import Variable
from kernels.language.gradients import MAX_UNROLL, is_unrolled, loop_limitations
from kernels.language.interval import Interval
from kernels.language.statement import Assign, Atomic, Augment, Break, Call, Continue, For, Function, If, Load, Return, Store, Unpack, While
from kernels.language.types import F64, I32
from kernels.language.verbatim import Verbatim, always

CARRIED, WHILE_CARRIED, RESULT, BREAK = (
    "dynamic_loop_carried_state",
    "while_loop_carried_state",
    "dynamic_loop_result",
    "break_in_loop",
)
SUM = Augment("total", "+", op("multiply", A, B), F64)
HIT = Augment("hits", "+", whole(1), I32)
SQUARE = Assign("total", op("square", TOTAL))
STATE = Variable(F64, Interval(-9, 9), "state")
START = Assign("state", op("add", A, B))
KEEP = Augment("total", "+", STATE, F64)
SHRINK = Assign("state", op("add", op("multiply", real(0.5), STATE), B))
BEND = Assign("state", op("sin", STATE))
FIVE = op("less_int", HITS, whole(5))
FEW = op("less_int", ROUND, whole(2))
MANY = op("greater_int", ROUND, whole(1))
PEAK = op("subtract", real(3), op("absolute", op("subtract", op("to_real", ROUND), real(2))))
SLOT = Variable(I32, Interval(0, 22), "slot")
SINE = Verbatim(("total = wp.sin(total)",), always("total = np.sin(total)"), (TOTAL,), (("total", F64),))
LATEST = Verbatim(
    ("state = a * b * wp.float64(j + 1)",),
    lambda mask: [f"state = np.where({mask}, a * b * (j + 1.0), state)"],
    (A, B, ROUND),
    (("state", F64),),
)
ADDED = Verbatim(("total += a * b",), lambda mask: [f"total = np.where({mask}, total + a * b, total)"], (A, B, TOTAL), (("total", F64),))
SPATIAL = op("make_spatial_of_six", op("make_vec", TOTAL, A, B), op("make_vec", B, TOTAL, A))
TOTALS, GAINS = op("make_vec", TOTAL, op("negate", TOTAL), A), op("make_vec", GAIN, real(2), GAIN)
TWICE = Function("twice", (("p", F64),), (Return((op("square", Variable(F64, Interval(-9, 9), "p")),)),), (F64,))


def dynamic(*body):
    """A loop of n rounds."""
    return For("j", whole(0), N, list(body))


def static(*body, rounds=4):
    """A loop of as many rounds as are written."""
    return For("j", whole(0), whole(rounds), list(body))


def counted(*body):
    """A while loop of five rounds."""
    return While(FIVE, [*body, HIT])


# name: statements, what they are said to meet
SOUND = {
    "a dynamic sum, stored": [dynamic(SUM)],
    "a dynamic sum times constants": [dynamic(SUM), Assign("total", op("divide", op("multiply", GAIN, TOTAL), real(3)))],
    "a dynamic sum in a sum": [dynamic(SUM), Assign("total", op("subtract", op("multiply", A, B), op("negate", TOTAL)))],
    "a linear recurrence": [START, dynamic(SHRINK), KEEP],
    "state times a constant": [START, dynamic(Augment("state", "*", GAIN, F64)), KEEP],
    "a value of one round": [dynamic(START, Augment("total", "+", op("square", STATE), F64))],
    "a sum in a branch of the loop": [dynamic(If(FEW, [SUM], [HIT]))],
    "a continue in a dynamic loop": [dynamic(If(MANY, [Continue()]), SUM)],
    "nested dynamic sums": [dynamic(For("inner", whole(0), N, [SUM]))],
    "a dynamic sum in an unrolled loop": [static(For("inner", whole(0), N, [SUM]))],
    "an unrolled loop in a dynamic one": [
        dynamic(Assign("state", real(0)), For("inner", whole(0), whole(3), [Augment("state", "+", A, F64), BEND]), KEEP)
    ],
    "an unrolled recurrence": [START, static(BEND, KEEP)],
    "an unrolled sum, squared": [static(SUM), SQUARE],
    "a while sum": [counted(SUM)],
    "a while loop with a break": [While(FIVE, [If(op("greater", B, real(0.5)), [Break()]), SUM, HIT])],
    "a break after which nothing differs": [START, dynamic(If(MANY, [Break()]), HIT), BEND, KEEP],
    "set anew after the loop": [START, dynamic(SHRINK), START, BEND, KEEP],
    "an unrolled recurrence by twos": [START, For("j", whole(0), whole(2 * MAX_UNROLL), [BEND, KEEP], 2)],
    "an unrolled recurrence backwards": [START, For("j", whole(4), whole(-1), [BEND, KEEP], -1)],
    "lines of their own before a dynamic sum": [Assign("total", op("multiply", A, B)), SINE, dynamic(SUM)],
    "lines of a round": [START, dynamic(LATEST, Augment("total", "+", op("square", STATE), F64))],
    "a dynamic sum in a vector": [dynamic(SUM), Assign("total", op("subtract", op("component_1", TOTALS), op("attribute_z", TOTALS)))],
    "a dynamic sum in a vector times a constant one": [dynamic(SUM), Assign("total", op("dot", TOTALS, GAINS))],
    "a dynamic sum divided as a vector": [dynamic(SUM), Assign("total", op("component_0", op("vec_divide", op("splat_vec", TOTAL), GAIN)))],
    "a dynamic sum in a matrix": [
        dynamic(SUM),
        Assign("total", op("trace", op("transpose", op("scale_mat", GAIN, op("identity", TOTAL))))),
    ],
    "a dynamic sum in spatial vectors": [
        dynamic(SUM),
        Assign("total", op("spatial_component_0", op("add_spatial", SPATIAL, op("spatial_scale", op("negate_spatial", SPATIAL), GAIN)))),
    ],
}
UNSOUND = {
    "a dynamic sum, squared": ([dynamic(SUM), SQUARE], {RESULT}),
    "a dynamic sum times a loaded value": ([dynamic(SUM), Assign("total", op("multiply", TOTAL, A))], {RESULT}),
    "a dynamic sum, compared": ([dynamic(SUM), If(op("greater", TOTAL, real(0.25)), [Assign("total", op("square", A))])], {RESULT}),
    "a dynamic sum, squared by a function": ([dynamic(SUM), Assign("total", Call(F64, TOTAL.range, TWICE, (TOTAL,)))], {RESULT}),
    "a count as an index": (
        [
            dynamic(HIT),
            Assign("slot", op("minimum_int", op("absolute_int", HITS), whole(22))),
            Augment("total", "+", op("square", Load(F64, A.range, "x", (SLOT,))), F64),
        ],
        {RESULT},
    ),
    "squared through another name": ([dynamic(SUM), Assign("state", TOTAL), BEND, KEEP], {RESULT}),
    "set anew in one branch only": ([START, dynamic(SHRINK), If(op("greater", B, real(0)), [START]), BEND, KEEP], {RESULT}),
    "a bent recurrence": ([START, dynamic(BEND), KEEP], {CARRIED}),
    "a recurrence times a loaded value": ([START, dynamic(Augment("state", "*", A, F64)), KEEP], {CARRIED}),
    "a dynamic maximum": ([START, dynamic(Assign("state", op("maximum", STATE, op("multiply", A, PEAK)))), KEEP], {CARRIED}),
    "used before the loop changes it": ([START, Assign("total", op("square", STATE)), dynamic(SHRINK), KEEP], {CARRIED}),
    "nested, the inner sum squared": (
        [
            dynamic(
                Assign("state", real(0)),
                For("inner", whole(0), N, [Augment("state", "+", A, F64)]),
                Augment("total", "+", op("square", STATE), F64),
            )
        ],
        {RESULT},
    ),
    "more rounds than are unrolled": ([static(SUM, rounds=MAX_UNROLL + 1), SQUARE], {RESULT}),
    "a bent while state": ([START, counted(BEND), KEEP], {WHILE_CARRIED}),
    "a while sum, squared": ([counted(SUM), SQUARE], {RESULT}),
    "more rounds by twos than are unrolled": ([For("j", whole(0), whole(2 * MAX_UNROLL + 1), [SUM], 2), SQUARE], {RESULT}),
    "more rounds backwards than are unrolled": ([For("j", whole(MAX_UNROLL), whole(-1), [SUM], -1), SQUARE], {RESULT}),
    "lines of their own on a dynamic sum": ([dynamic(SUM), SINE], {RESULT}),
    "lines of a round, bent afterwards": ([START, dynamic(LATEST), BEND, KEEP], {RESULT}),
    "lines that add up, bent afterwards": ([dynamic(ADDED), SQUARE], {CARRIED, RESULT}),
    "lines in a loop that is broken off": ([static(If(MANY, [Break()]), ADDED)], {BREAK}),
    "a dynamic sum in a vector times a loaded one": (
        [dynamic(SUM), Assign("total", op("dot", TOTALS, op("make_vec", A, B, A)))],
        {RESULT},
    ),
    "divided by a dynamic sum": (
        [dynamic(SUM), Assign("total", op("divide", A, op("add", op("absolute", TOTAL), real(1))))],
        {RESULT},
    ),
    "a static loop broken off": ([static(If(MANY, [Break()]), SUM)], {BREAK}),
    "a dynamic loop broken off": ([For("j", whole(0), op("add_int", N, whole(3)), [If(MANY, [Break()]), SUM])], {BREAK}),
    "broken off from an inner branch": ([static(If(op("greater", B, real(-2)), [If(MANY, [Break()])]), SUM)], {BREAK}),
    "from round to round of an unrolled loop": (
        [START, static(Augment("total", "+", op("square", STATE), F64), For("inner", whole(0), N, [SHRINK]))],
        {CARRIED, RESULT},
    ),
}


@pytest.mark.parametrize("name", SOUND)
def test_no_limitation_is_named(name):
    assert limitations(SOUND[name]) == set()


@pytest.mark.parametrize("name", UNSOUND)
def test_limitation_that_applies_is_named(name):
    statements, expected = UNSOUND[name]
    assert limitations(statements) == expected


def test_warp_bears_it_out():
    """The adjoint is right wherever no limitation is named, and wrong in each program above for which one is."""
    programs = {**SOUND, **{name: statements for name, (statements, _) in UNSOUND.items()}}
    prepared = {name: prepare(case_of(s, index, (TWICE,), family="gradient")) for index, (name, s) in enumerate(programs.items())}
    with BatchRunner("cpu", Settings(optimization_level=0)) as runner:
        outcomes = runner.run([p.job for p in prepared.values()])
    verdicts = {name: judge(p, outcomes[p.job.case.id]) for name, p in prepared.items()}
    failed = {name: v.reason for name, v in verdicts.items() if not v.passed}
    assert not failed
    assert [n for n in SOUND if verdicts[n].gradient != "checked"] == []
    assert [n for n in UNSOUND if not verdicts[n].gradient.startswith("known_limitation:")] == []


def test_static_loop_with_continue_may_not_be_unrolled():
    """Some of the supported Warp versions unroll it, some do not."""
    loop = static(If(MANY, [Continue()]), SUM)
    assert not is_unrolled(loop)
    assert limitations([loop]) == set()
    assert limitations([loop, SQUARE]) == {BREAK}


def test_jump_of_an_inner_loop_does_not_count_for_the_outer():
    assert is_unrolled(static(dynamic(If(MANY, [Break()]), HIT), SUM))
    assert is_unrolled(static(SUM, rounds=MAX_UNROLL))
    assert not is_unrolled(static(SUM, rounds=MAX_UNROLL + 1))
    assert not is_unrolled(dynamic(SUM))


def test_arguments_of_a_function_have_gradients():
    body = [dynamic(Augment("state", "+", A, F64)), Return((op("multiply", STATE, GAIN),))]
    assert loop_limitations(body, {"gain"}) == set()
    assert loop_limitations(body, frozenset()) == {RESULT}


def test_results_and_writes_count():
    loop = dynamic(SUM)
    assert limitations([loop, Unpack(("p", "q"), TWICE, (TOTAL,))]) == {RESULT}
    assert limitations([loop, Store("out", (LANE,), TOTAL, "+"), Atomic("add", "out", (LANE,), TOTAL)]) == set()
    assert limitations([loop, Atomic("max", "out", (LANE,), TOTAL)]) == {RESULT}
    assert limitations([loop, Store("out", (HITS,), A)]) == set()
    assert limitations([dynamic(HIT), Store("out", (HITS,), A)]) == {RESULT}
    assert limitations([loop, dynamic(Unpack(("p",), TWICE, (A,)), If(MANY, [Break()]))]) == {BREAK}


def emitted_names():
    """Every limitation that the package's sources can name: what `limitation=` is given, what `limitations` is set to or added to it."""
    names = {CARRIED, WHILE_CARRIED, RESULT, BREAK}
    texts = (path.read_text() for path in Path(kernels.__file__).parent.rglob("*.py"))
    for text in (t for t in texts if "limit" in t):
        for node in ast.walk(ast.parse(text)):
            match node:
                case ast.keyword(arg="limitation" | "limitations", value=value):
                    names |= _strings(value)
                case ast.Assign(targets=[target], value=value) | ast.AugAssign(target=target, value=value):
                    names |= _strings(value) if ast.unparse(target).endswith(("limitations", "limits")) else set()
                case ast.Call(func=ast.Attribute(value=owner, attr="add"), args=[value]):
                    names |= _strings(value) if ast.unparse(owner).endswith("limitations") else set()
    return names


def _strings(node):
    """The string constants of an expression, keys of subscripts left out."""
    if isinstance(node, ast.Constant):
        return {node.value} if isinstance(node.value, str) else set()
    children = () if isinstance(node, ast.Subscript) else ast.iter_child_nodes(node)
    return set().union(*(_strings(child) for child in children))


def test_every_name_that_kernels_can_emit_is_in_the_ledger():
    names = emitted_names()
    assert {"mod_divisor", "array_element_overwritten"} <= names
    assert names <= set(LEDGER)
