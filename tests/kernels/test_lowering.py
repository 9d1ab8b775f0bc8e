"""The numpy lowering of each statement form, against the same statements run thread by thread."""

from __future__ import annotations

import pytest
from interpreter import assert_same
from small_programs import GAIN, HITS, LANE, ROUND, TOTAL, A, B, N, case_of, op, real, stores, whole

from kernels.language.expression import Variable
from kernels.language.interval import Interval
from kernels.language.lowering import Lowering
from kernels.language.statement import Assign, Augment, Break, Call, Comment, Continue, For, Function, If, Return, Store, Unpack, While
from kernels.language.types import F64, I32, vector
from kernels.language.verbatim import Verbatim, always

V64 = vector("float64")
LARGE = op("greater", A, real(1.25))
POSITIVE = op("greater", B, real(0.0))
FRONT = op("greater", B, real(0.5))
ADD_A = Augment("total", "+", A, F64)
ADD_B = Augment("total", "+", B, F64)
HIT = Augment("hits", "+", whole(1), I32)
DOUBLE = Augment("total", "*", real(2), F64)
FAR = op("greater", TOTAL, real(2.5))
ODD = op("equal_int", op("modulo_int", ROUND, whole(2)), whole(1))
THIRD = op("equal_int", ROUND, whole(2))
X, Y = Variable(F64, Interval(-4, 4), "p"), Variable(F64, Interval(-4, 4), "q")
SPLIT = Function(
    "split",
    (("p", F64), ("q", F64)),
    (
        If(op("less", Y, real(0.0)), [Assign("p", op("negate", X)), Return((X, real(1)))]),
        If(op("greater", X, real(1.5)), [Return((real(3), Y))]),
        Return((op("add", X, Y), X)),
    ),
    (F64, F64),
)
RESULTS = Unpack(("total", "spread"), SPLIT, (A, B))
BENT = Function(
    "bent",
    (("p", F64), ("q", F64)),
    (If(op("less", X, real(1.0)), [Return((op("multiply", X, Y),))]), Return((op("add", X, Y),))),
    (F64,),
    defaults=(0.5,),
)
LENGTH = Function("bent", (("v", V64),), (Return((op("length", Variable(V64, X.range, "v")),)),), (F64,), numpy_name="bent_of_vector")
ANY = Function("any_of", (("p", F64),), (Return((op("add", X, X),)),), (F64,), annotated=True, generic=True)
FUNCTIONS = (SPLIT, BENT, LENGTH, ANY)
PAIR = op("make_vec", A, B, TOTAL)


def called(function, *arguments):
    """A call of a function with one result."""
    return Call(function.results[0], Interval(-50, 50), function, arguments)


def printed(name):
    """A line that does nothing to values."""
    return Verbatim((f"print({name})",), always(), (Variable(F64, A.range, name),))


SCRATCH = Verbatim(
    ("cache = wp.zeros(shape=(3,), dtype=wp.float64)", "for m in range(3):", "    cache[m] = a * wp.float64(m)", "kept = cache[2]"),
    always("kept = a * 2.0"),
    (A,),
    (("kept", F64),),
)
KEPT = Augment("total", "+", Variable(F64, X.range, "kept"), F64)
SHARED = Verbatim(
    ("wp.atomic_add(count, i, 3)",),
    lambda mask: ["np.add.at(count, i, 3)" if mask is None else f"np.add.at(count, i, np.where({mask}, 3, 0))"],
)
UP = [Store("count", (LANE,), whole(1)), Store("out", (LANE,), A)]


def looped(*body):
    """`body` in a loop of n rounds, n differing from thread to thread."""
    return [For("j", whole(0), N, list(body))]


PROGRAMS = {
    "if": [If(LARGE, [ADD_A]), ADD_B],
    "if else": [If(LARGE, [ADD_A], [ADD_B, HIT])],
    "elif": [If(LARGE, [ADD_A], [If(POSITIVE, [ADD_B], [HIT])]), DOUBLE],
    "nested ifs": [If(LARGE, [If(POSITIVE, [ADD_A], [ADD_B]), HIT], [If(FRONT, [HIT, HIT])]), DOUBLE],
    "a name that both branches define": [
        If(LARGE, [Assign("part", A)], [Assign("part", B)]),
        Augment("total", "+", Variable(F64, A.range, "part"), F64),
    ],
    "early return": [If(LARGE, [*stores(real(-1), whole(9)), Return()]), ADD_A],
    "early return in else": [If(LARGE, [ADD_A], [*stores(real(-1), whole(9)), Return()]), ADD_B],
    "early return in both arms of an inner if": [
        If(LARGE, [If(POSITIVE, [*stores(A), Return()], [*stores(B), Return()])]),
        HIT,
        ADD_B,
    ],
    "early return in an inner if": [If(LARGE, [ADD_A, If(POSITIVE, [*stores(), Return()]), DOUBLE]), ADD_B, HIT],
    "two early returns": [
        If(LARGE, [*stores(real(-1), whole(9)), Return()]),
        ADD_A,
        If(POSITIVE, [*stores(real(-2), whole(8)), Return()]),
        ADD_B,
    ],
    "loop": looped(ADD_A, HIT),
    "loop from a value": [For("j", N, whole(9), [ADD_A, HIT])],
    "loop between values": [For("j", N, op("add_int", N, whole(2)), [Augment("hits", "+", ROUND, I32)])],
    "static loop": [For("j", whole(1), whole(4), [ADD_B, Augment("hits", "+", ROUND, I32)])],
    "static loop, decisions by its counter alone": [
        For("j", whole(0), whole(5), [If(THIRD, [ADD_A], [ADD_B]), If(op("not", THIRD), [HIT]), If(ODD, [Continue()]), DOUBLE])
    ],
    "loop under a branch": [If(LARGE, looped(ADD_B), looped(HIT))],
    "loop after a return": [If(LARGE, [*stores(A), Return()]), *looped(ADD_B, HIT)],
    "continue": looped(If(ODD, [Continue()]), ADD_A, HIT),
    "continue in else": looped(If(ODD, [ADD_A], [Continue()]), HIT),
    "continue in an inner if": looped(If(ODD, [If(POSITIVE, [Continue()]), ADD_A]), HIT),
    "continue in both arms": looped(If(ODD, [If(POSITIVE, [ADD_A, Continue()], [HIT, Continue()])]), ADD_B),
    "break": looped(If(FAR, [Break()]), ADD_A, HIT),
    "break at the end": looped(ADD_A, If(FAR, [HIT, Break()])),
    "break in else": looped(If(op("less", TOTAL, real(2.5)), [ADD_A], [Break()]), HIT),
    "break in an inner if": looped(If(POSITIVE, [If(FAR, [HIT, Break()]), ADD_B]), ADD_A),
    "break and continue": looped(If(FAR, [Break()]), If(ODD, [ADD_A, Continue()], [If(POSITIVE, [Break()], [HIT])]), DOUBLE, ADD_A),
    "break in a static loop": [For("j", whole(0), whole(6), [If(FAR, [Break()]), If(THIRD, [Continue()]), ADD_A, HIT])],
    "break under a branch and after a return": [
        If(POSITIVE, [*stores(B), Return()]),
        If(LARGE, looped(If(FAR, [Break()]), ADD_A), [For("j", whole(0), whole(6), [If(FAR, [Break()]), ADD_A, HIT])]),
        DOUBLE,
    ],
    "nested loops, the inner one broken off": [
        For("j", whole(0), whole(3), [For("inner", whole(0), N, [If(FAR, [Break()]), ADD_A]), HIT, Augment("total", "-", real(1), F64)])
    ],
    "nested loops, both broken off": looped(
        For("inner", whole(0), whole(3), [If(FAR, [Break()]), ADD_A]), If(FAR, [Break()]), HIT, If(ODD, [Continue()]), DOUBLE
    ),
    "while": [While(op("less", TOTAL, real(4)), [ADD_A, HIT])],
    "while with break and continue": [
        While(
            op("less_int", HITS, whole(7)),
            [
                HIT,
                If(FAR, [Break()]),
                If(op("equal_int", op("modulo_int", op("absolute_int", HITS), whole(2)), whole(0)), [Continue()]),
                ADD_A,
            ],
        )
    ],
    "while under a branch": [If(LARGE, [While(op("and", op("less_int", HITS, N), op("less", TOTAL, real(3))), [ADD_A, HIT])]), ADD_B],
    "augmented by bits and sums": [
        Assign("word", op("bit_and", N, whole(5))),
        Augment("word", "+", op("bit_or", N, whole(8)), I32),
        Assign("hits", op("add_int", HITS, Variable(I32, Interval(0, 30), "word"))),
        Augment("total", "-", op("subtract", A, B), F64),
        Augment("total", "/", op("add", A, GAIN), F64),
    ],
    "results of a function": [RESULTS, Augment("total", "-", Variable(F64, X.range, "spread"), F64)],
    "results of a function under a branch": [
        Assign("spread", B, mutable=True),
        If(LARGE, [RESULTS], [HIT]),
        Augment("total", "-", Variable(F64, X.range, "spread"), F64),
    ],
    "a comment": [Comment("nothing happens here"), ADD_A],
    "every other round": [For("j", whole(1), whole(8), [ADD_A, Augment("hits", "+", ROUND, I32)], 3)],
    "rounds backwards": [For("j", whole(4), whole(-1), [Assign("total", op("add", op("multiply", TOTAL, B), op("to_real", ROUND)))], -1)],
    "rounds backwards, by twos, broken off": [For("j", whole(9), whole(0), [If(FAR, [Break()]), If(ODD, [HIT], [Continue()]), ADD_A], -2)],
    "a stepped loop under a branch": [If(LARGE, [For("j", whole(0), whole(7), [ADD_B, If(THIRD, [Continue()]), HIT], 2)], [HIT])],
    "a call that falls back on a default": [Augment("total", "+", called(BENT, A), F64), If(POSITIVE, [Assign("total", called(BENT, B))])],
    "a call that names what has a default": [Assign("total", called(BENT, A, B)), If(LARGE, [Assign("total", called(BENT, A, real(3)))])],
    "two functions of one name": [Assign("total", op("add", called(BENT, A), called(LENGTH, PAIR)))],
    "a function of any type": [If(LARGE, [Assign("total", called(ANY, A))]), Augment("total", "+", called(ANY, B), F64)],
    "lines of their own": [printed("a"), SCRATCH, KEPT],
    "lines of their own under a branch": [If(LARGE, [SCRATCH, KEPT, printed("b")], [HIT])],
    "lines of their own in a loop": looped(If(ODD, [Continue()]), SCRATCH, KEPT),
    "a conditional expression": [
        Assign("total", op("ternary", LARGE, op("add", A, B), op("ternary", POSITIVE, B, A))),
        If(op("between", real(0.75), A, real(1.5)), [HIT]),
    ],
}
FINISHED = {
    "lines that write": [*UP, SHARED],
    "lines that write under a branch": [*UP, If(LARGE, [SHARED])],
    "lines that write after a return": [*UP, If(POSITIVE, [Return()]), SHARED],
}
"""Programs that write their results themselves."""


@pytest.mark.parametrize("name", PROGRAMS)
def test_lowering_agrees_with_the_threads(name):
    assert_same(case_of(PROGRAMS[name], functions=FUNCTIONS), 0)


@pytest.mark.parametrize("name", FINISHED)
def test_lines_that_write_write_for_the_threads_that_come_there(name):
    assert_same(case_of(FINISHED[name], finish=False), 0)


def test_store_of_some_threads_keeps_the_others():
    stored = [*stores(real(5), whole(5)), If(LARGE, [Store("out", (LANE,), A, "+")])]
    assert_same(case_of(stored, finish=False), 0)


def lowered(*statements):
    """The numpy lines of `statements`."""
    return Lowering(["a", "b", "total", "hits", "n"], "i").kernel(list(statements))


def test_text_of_a_branch():
    assert lowered(If(LARGE, [ADD_A], [HIT])) == [
        "branch = a > 1.25",
        "total = np.where(branch, total + a, total)",
        "otherwise = ~branch",
        "hits = np.where(otherwise, hits + np.int32(1), hits)",
    ]


def test_text_of_an_early_return():
    assert lowered(If(LARGE, [Return()]), ADD_A) == [
        "branch = a > 1.25",
        "remaining = ~branch",
        "total = np.where(remaining, total + a, total)",
    ]


def test_text_of_a_while_loop():
    assert lowered(While(LARGE, [Augment("a", "-", real(0.5), F64)])) == [
        "running = np.ones(i.shape, dtype=bool)",
        "running = running & (a > 1.25)",
        "while np.any(running):",
        "    a = np.where(running, a - (np.float64(0.5)), a)",
        "    running = running & (a > 1.25)",
    ]


@pytest.mark.parametrize("body", [[If(LARGE, [Return()])], [For("inner", whole(0), whole(2), [If(LARGE, [Return()])])]])
def test_return_in_a_loop_is_refused(body):
    for loop in (For("j", whole(0), N, body), While(LARGE, body)):
        with pytest.raises(TypeError, match="return inside a loop"):
            lowered(loop)


def test_return_in_an_inner_branch_of_a_function_is_refused():
    inner = If(LARGE, [If(POSITIVE, [Return((A,))])])
    with pytest.raises(TypeError, match="inner branch of a function"):
        Lowering(["a", "b"], "a").function([inner, Return((B,))], [F64])


def test_statement_after_a_jump_is_refused():
    with pytest.raises(ValueError, match="no thread comes"):
        lowered(For("j", whole(0), N, [If(LARGE, [Continue(), HIT])]))


def test_text_of_a_stepped_loop():
    assert lowered(For("j", whole(4), whole(-1), [Augment("hits", "+", ROUND, I32)], -1)) == [
        "for j in np.arange(4, -1, -1):",
        "    hits = hits + j",
    ]


def test_what_lines_of_their_own_define_is_known_afterwards():
    """An assignment under a mask keeps what was there."""
    assert lowered(SCRATCH, If(LARGE, [Assign("kept", B)])) == [
        "kept = a * 2.0",
        "branch = a > 1.25",
        "kept = np.where(branch, b, kept)",
    ]
