"""Candidates: the operations that make a value of a type from values of given types, all of a palette's and no others."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typed_values import SOME_PALETTES, TYPES

from kernels.language.operation import OPERATIONS
from kernels.language.types import BOOL, F32, I32, LETTERS, Palette, type_named
from kernels.synthesis.candidates import candidates, makers


@pytest.mark.parametrize("palette", SOME_PALETTES, ids=lambda p: f"{p.real}-{p.integer}-{p.length}")
def test_makers_are_all_operations_of_a_palette(palette):
    made = makers(palette)
    assert sorted(o.name for found in made.values() for o, _, _ in found) == sorted(
        o.name for o in OPERATIONS.values() if o.exists_in(palette)
    )
    for type, found in made.items():
        for operation, arguments, own in found:
            assert own == palette
            assert type == palette.type_of(operation.result)
            assert arguments == tuple(palette.type_of(letter) for letter in operation.parameters)


@settings(max_examples=200)
@given(st.sampled_from(TYPES), st.frozensets(st.sampled_from(TYPES), max_size=4))
def test_arguments_are_there_and_the_result_is_what_is_asked(type, there):
    found = candidates(type, there)
    for operation, arguments, palette in found:
        assert operation.exists_in(palette)
        assert palette.type_of(operation.result) == type
        assert arguments == tuple(palette.type_of(letter) for letter in operation.parameters)
        assert arguments
        assert set(arguments) <= there | {BOOL}
    assert len({(o.name, arguments) for o, arguments, _ in found}) == len(found)


@settings(max_examples=200)
@given(st.sampled_from(SOME_PALETTES), st.sets(st.sampled_from(LETTERS), min_size=1, max_size=4), st.sampled_from(LETTERS))
def test_none_of_a_palette_is_left_out(palette, letters, result):
    """Everything that a palette makes of some of its own types is found from these types."""
    if not all(palette.has(letter) for letter in {*letters, result}):
        return
    type, there = palette.type_of(result), frozenset(palette.type_of(letter) for letter in letters)
    found = {(o.name, arguments) for o, arguments, _ in candidates(type, there)}
    binding = {type, *there}
    for operation, arguments, _ in makers(palette).get(type, ()):
        if arguments and set(arguments) <= there | {BOOL} and _says_all(operation, palette, binding):
            assert (operation.name, arguments) in found


def _says_all(operation, palette, types):
    """Whether the types that are there, or asked for, tell the operation's palette: nothing is taken for granted."""
    reals = {t.scalar for t in types if t.is_float}
    integers = {t.scalar for t in types if t.has_integers}
    lengths = {t.inner[0] for t in types if t.is_vector or t.name.startswith("mat")}
    return (
        reals <= {palette.real}
        and integers <= {palette.integer}
        and lengths <= {palette.length}
        and (bool(reals) or not set(operation.parameters + operation.result) & set("RVMPKWXYZQTSA"))
        and (bool(lengths) or operation.lengths is None)
    )


def test_examples():
    def names(type, *there):
        return {o.name for o, _, _ in candidates(type, frozenset(there))}

    vector, quat = Palette().type_of("V"), Palette().type_of("Q")
    assert {"dot", "length", "component_2"} <= names(F32, vector)
    assert "add" not in names(F32, vector)
    assert {"add", "sqrt", "where"} <= names(F32, F32)
    assert names(quat, vector) == set()
    assert {"quat_from_axis_angle"} <= names(quat, vector, F32)
    assert {"quat_rotate", "cross", "quat_rotate_inv"} <= names(vector, quat, vector)
    assert "cross" not in names(Palette(length=2).type_of("V"), Palette(length=2).type_of("V"))
    assert all(set(o.parameters) == {"B"} for o, _, _ in candidates(F32, frozenset()))
    assert {"bool_to_integer", "uint8_to_integer"} <= names(I32, type_named("uint8"))
    assert "add_int" not in names(I32, type_named("uint8"))
