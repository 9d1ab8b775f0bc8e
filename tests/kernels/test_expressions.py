"""Expressions: what is written into a slot stays what it is, both spellings of a tree compute the same, and its value lies in its range."""

from __future__ import annotations

import ast
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from interpreter import all_at_once_of, value_of
from operation_cases import PALETTES
from typed_values import a_value, ends

from kernels.draw import Draw
from kernels.language.expression import Apply, Literal, Variable, apply, literal, variable
from kernels.language.interval import REALS, Interval
from kernels.language.kinds import HALVES
from kernels.language.operation import (
    ADD,
    AND,
    ATOM,
    BIT_AND,
    BIT_OR,
    BIT_XOR,
    COMPARE,
    MULTIPLY,
    NOT,
    OPERATIONS,
    OR,
    SHIFT,
    TERNARY,
    UNARY,
)
from kernels.language.types import BOOL, F32, F64, I32, Palette
from kernels.synthesis.expressions import Expressions

SPELLINGS = ("warp", "numpy")


class HeldConstant(Literal):
    """What stands for a constant: unlike a variable's, its text is given no axes."""

    def render(self, spelling):
        return "held", ATOM


def applied(operation, palette, prefix, replaced=None):
    """The operation on variables named after `prefix`, whatever the arguments' ranges; `replaced` gives arguments by position."""
    variables = {k: Variable(palette.type_of(letter), REALS, f"{prefix}{k}") for k, letter in enumerate(operation.parameters)}
    return Apply(palette.type_of(operation.result), REALS, operation, tuple((variables | (replaced or {})).values()))


def canonical(node, held=None):
    """A syntax tree as nested tuples, `a and b and c` grouped in no way; `held` stands for the name `held`."""
    if isinstance(node, ast.Name):
        return held if held and node.id == "held" else ("Name", node.id)
    if isinstance(node, ast.BoolOp):
        parts = [canonical(v, held) for v in node.values]
        name = type(node.op).__name__
        return (name, *(inner for part in parts for inner in (part[1:] if part[0] == name else [part])))
    if isinstance(node, ast.Constant):
        return ("Constant", type(node.value).__name__, node.value)
    fields = (getattr(node, field) for field in node._fields if field != "ctx")
    return (type(node).__name__, *(_canonical_field(value, held) for value in fields))


def _canonical_field(value, held):
    if isinstance(value, list):
        return tuple(_canonical_field(v, held) for v in value)
    return canonical(value, held) if isinstance(value, ast.AST) else value


def parsed(text):
    return ast.parse(text, mode="eval").body


def outline(text):
    """How a text looks to what stands around it: names and numbers masked, what is in brackets left out."""
    before = ""
    while before != text:
        before, text = text, re.sub(r"\([^()\[\]]*\)", "\0", re.sub(r"\[[^()\[\]]*\]", "\1", text))
    return re.sub(r"[\w.]+", "x", text)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_what_is_written_into_a_slot_stays_together(spelling):
    """The tree of an operation in a slot of another is that of the other, with the first one's tree in the slot."""
    seen = set()
    for palette in PALETTES.values():
        there = [o for o in OPERATIONS.values() if o.exists_in(palette)]
        inner = {}
        for operation in there:
            part = applied(operation, palette, "in")
            text, binding = part.render(spelling)
            # Texts of one outline that bind alike fare alike in any slot.
            inner.setdefault(part.type, {}).setdefault((outline(text), binding), (part, canonical(parsed(text))))
        for operation in there:
            for position, letter in enumerate(operation.parameters):
                type = palette.type_of(letter)
                parts = [(part, tree, Variable(type, REALS, "held")) for part, tree in inner[type].values()]
                if type is not BOOL and not type.rank:
                    constant = literal(-2, type)
                    parts.append((constant, canonical(parsed(constant.render(spelling)[0])), HeldConstant(type, REALS, 0)))
                for part, tree, held in parts:
                    outer = applied(operation, palette, "out", {position: held}).render(spelling)[0]
                    nested = applied(operation, palette, "out", {position: part}).render(spelling)[0]
                    if (outer, nested) in seen:
                        continue
                    seen.add((outer, nested))
                    assert canonical(parsed(nested)) == canonical(parsed(outer), tree), f"{part.render(spelling)[0]} in {outer}: {nested}"
    assert len(seen) > 3000


_BINDINGS = {
    ast.Add: ADD, ast.Sub: ADD, ast.Mult: MULTIPLY, ast.Div: MULTIPLY, ast.FloorDiv: MULTIPLY, ast.Mod: MULTIPLY, ast.MatMult: MULTIPLY,
    ast.BitAnd: BIT_AND, ast.BitOr: BIT_OR, ast.BitXor: BIT_XOR, ast.LShift: SHIFT, ast.RShift: SHIFT, ast.And: AND, ast.Or: OR,
    ast.Not: NOT, ast.Invert: UNARY, ast.USub: UNARY, ast.UAdd: UNARY,
}  # fmt: skip


def binding_of(text):
    """How strongly the outermost operator of `text` binds."""
    node = parsed(text)
    if _is_in_parentheses(text):
        return ATOM
    if isinstance(node, (ast.BinOp, ast.UnaryOp, ast.BoolOp)):
        return _BINDINGS[type(node.op)]
    return COMPARE if isinstance(node, ast.Compare) else TERNARY if isinstance(node, ast.IfExp) else ATOM


def _is_in_parentheses(text):
    """Whether one pair of parentheses holds all of `text`."""
    call = parsed(f"held{text}") if text.startswith("(") else None
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Name)


@pytest.mark.parametrize("name", PALETTES)
def test_a_text_binds_as_its_declaration_says(name):
    wrong = []
    for operation in OPERATIONS.values():
        if operation.exists_in(PALETTES[name]):
            expression = applied(operation, PALETTES[name], "x")
            for spelling in SPELLINGS:
                text, binding = expression.render(spelling)
                if binding != binding_of(text):
                    wrong.append(f"{operation.name}, {spelling}: {text} binds {binding_of(text)}, declared {binding}")
    assert not wrong, "\n".join(wrong)


SCOPE = {
    "x": ("R", -2.0, 3.0, ""), "mass": ("R", 0.2, 5.0, ""), "t": ("R", 0.0, 1.0, ""), "v": ("V", -2.0, 2.0, ""), "w": ("V", 0.3, 1.5, ""),
    "n": ("V", -1.0, 1.0, "unit"), "m": ("M", -1.0, 1.0, ""), "k": ("I", 0, 40, ""), "flag": ("B", 0, 1, ""), "cell": ("J", 0, 9, ""),
    "q": ("Q", -1.0, 1.0, "unit"), "pose": ("T", -1.5, 1.5, "rigid"), "twist": ("S", -2.0, 2.0, ""), "p": ("P", -2.0, 2.0, ""),
}  # fmt: skip
"""Names of values: letter, range, kind."""

DRAWN = (*PALETTES.values(), Palette("float32", "uint8", 4), Palette("float64", "int16", 2), Palette("float32", "int64", 6))
FROM_ITS_LIKE = {"I": "IJB", "J": "J", "M": "M", "B": "RVIB"}
"""From what letters values of a letter are drawn, where not from any."""


@settings(max_examples=250)
@given(
    seed=st.integers(0, 2**32),
    letter=st.sampled_from("RRRVVIMBQTSJ"),
    names=st.lists(st.sampled_from(sorted(SCOPE)), min_size=1, max_size=4, unique=True),
    palette=st.sampled_from(DRAWN),
    where=st.lists(st.sampled_from([0.0, 1.0, None]), min_size=9, max_size=9),
)
def test_both_spellings_of_a_drawn_tree_agree(seed, letter, names, palette, where):
    letter = letter if palette.has(letter) else "R"
    suitable = [n for n in SCOPE if SCOPE[n][0] in FROM_ITS_LIKE.get(letter, SCOPE[n][0]) and palette.has(SCOPE[n][0])]
    names = [n for n in names if n in suitable] or suitable[:1]
    coarse = palette.real in HALVES
    expressions = Expressions(Draw(seed, "expression", 0), smooth_only=coarse, coarse=coarse)
    scope = [variable(n, palette.type_of(SCOPE[n][0]), *SCOPE[n][1:3]) for n in names]
    for v in scope:
        expressions.provenance.given(v.name, SCOPE[v.name][3])
    tree = expressions.condition(scope) if letter == "B" else expressions.fused(palette.type_of(letter), scope)
    assert tree.type == palette.type_of(letter)
    assert tree.variables() <= set(names)
    if letter != "B" and not (letter == "T" and coarse):
        # A product of transforms may be too far away for half precision: one of them alone is taken.
        assert tree.variables() == set(names)
    values = {v.name: _value(seed + k, v, place) for k, (v, place) in enumerate(zip(scope, where, strict=False))}
    by_warp, by_numpy = value_of(tree.warp(), values), all_at_once_of(tree, values)
    message = f"{tree.warp()}\n{tree.numpy()}\n{values}"
    np.testing.assert_allclose(by_numpy, by_warp, rtol=1e-11, atol=1e-11, err_msg=message)
    room = 1e-12 * tree.range.magnitude
    assert tree.range.low - room <= np.min(by_warp), message
    assert np.max(by_warp) <= tree.range.high + room, message


def _value(seed, v, place):
    """A value for a variable: drawn, or if it is a number at the end `place` of its range."""
    if not v.type.rank and v.type is not BOOL and place is not None:
        return ends(v.type, v.range)[int(place)]
    return a_value(v.type, v.range, seed, SCOPE[v.name][3])


def test_wrong_type_is_refused():
    with pytest.raises(TypeError, match="operation 'sqrt': argument 0 is int32, its signature asks for float32"):
        apply("sqrt", literal(1, I32))
    with pytest.raises(TypeError, match="operation 'add': argument 0 is float32, its signature asks for float64"):
        apply("add", literal(1.0), literal(1.0, F64))
    with pytest.raises(TypeError, match="operation 'add_int': argument 0 is float32, its signature asks for int32"):
        apply("add_int", literal(1.0), literal(2.0))


def test_literals_have_their_types_spelling():
    assert literal(0.5).warp() == "0.5"
    assert literal(0.5, F64).warp() == "wp.float64(0.5)"
    assert literal(1, BOOL) == Literal(BOOL, Interval(0, 1), True)
    assert apply("negate", variable("x", F32, 0, 1)).warp() == "-x"
