"""Value types: how Warp spells them, which ones a module must define, and what the letters of signatures stand for in a palette."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from interpreter import module_of
from operation_cases import PALETTES
from stand_in import Composite

from kernels.dtypes import DTYPES, SUFFIXES, dtype_of
from kernels.language.operation import OPERATIONS
from kernels.language.types import BOOL, F16, F32, FIXED, I32, LETTERS, Palette, alias_definitions, instantiate, letter_of, type_named

REALS = ("float16", "float32", "float64", "bfloat16")
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
palettes = st.builds(Palette, st.sampled_from(REALS), st.sampled_from(INTEGERS), st.integers(2, 6))
vectors_and_matrices = st.one_of(
    st.integers(2, 12).map(lambda n: f"vec{n}"), st.tuples(st.integers(1, 9), st.integers(1, 9)).map(lambda shape: "mat{}{}".format(*shape))
)
rotations = st.sampled_from(("quat", "transform", "spatial_vector", "spatial_matrix"))
composites = st.builds(str.__add__, vectors_and_matrices, st.sampled_from(tuple(SUFFIXES))) | st.builds(
    str.__add__, rotations, st.sampled_from("hfd")
)


@pytest.mark.parametrize(
    ("name", "spelling", "explicit"),
    [
        ("float32", "float", "wp.float32"),
        ("int32", "int", "wp.int32"),
        ("bool", "bool", "wp.bool"),
        ("float64", "wp.float64", "wp.float64"),
        ("bfloat16", "wp.bfloat16", "wp.bfloat16"),
        ("uint8", "wp.uint8", "wp.uint8"),
        ("vec3f", "wp.vec3", "wp.vec3f"),
        ("vec2h", "wp.vec2h", "wp.vec2h"),
        ("vec4ub", "wp.vec4ub", "wp.vec4ub"),
        ("vec3i", "wp.vec3i", "wp.vec3i"),
        ("vec5f", "vec5", "vec5"),
        ("vec6d", "vec6d", "vec6d"),
        ("vec12us", "vec12us", "vec12us"),
        ("mat22f", "wp.mat22", "wp.mat22f"),
        ("mat44d", "wp.mat44d", "wp.mat44d"),
        ("mat23f", "mat23", "mat23"),
        ("mat22i", "mat22i", "mat22i"),
        ("mat55h", "mat55h", "mat55h"),
        ("quatf", "wp.quat", "wp.quatf"),
        ("quatd", "wp.quatd", "wp.quatd"),
        ("transformf", "wp.transform", "wp.transformf"),
        ("spatial_vectorf", "wp.spatial_vector", "wp.spatial_vectorf"),
        ("spatial_matrixh", "wp.spatial_matrixh", "wp.spatial_matrixh"),
    ],
)
def test_spelling(name, spelling, explicit):
    assert (type_named(name).spelling, type_named(name).explicit) == (spelling, explicit)


@pytest.mark.parametrize("name", ["vec1f", "vec3", "mat03f", "quati8", "float8", "struct:Body", "vec3x", ""])
def test_unknown_type_is_refused(name):
    with pytest.raises(ValueError, match=f"unknown dtype '{name}'"):
        type_named(name)


@given(composites)
def test_type_has_what_its_dtype_has(name):
    type, dtype = type_named(name), dtype_of(name)
    assert (type.inner, type.scalar, type.rank) == (dtype.inner, dtype.element, len(dtype.inner))
    assert type.is_float == dtype.is_float != type.has_integers
    assert not type.is_integer
    assert type.is_vector == name.startswith("vec")
    assert type_named(name) is type


def test_scalars_are_real_integer_or_bool():
    for name in ("bool", *REALS, *INTEGERS):
        type = type_named(name)
        assert (type.is_float, type.is_integer, type is BOOL) == (name in REALS, name in INTEGERS, name == "bool")
        assert (type.rank, type.inner) == (0, ())


@given(composites)
def test_a_module_defines_a_type_if_and_only_if_warp_has_no_name_for_it(name):
    type = type_named(name)
    lines = alias_definitions(f"def f(a: {type.spelling}):\n    return {type.spelling}(1) + a")
    if type.spelling.startswith("wp."):
        assert lines == []
        return
    assert len(lines) == 1
    module, _ = module_of("\n".join(["import warp as wp", *lines]))
    made = module[type.spelling]
    assert isinstance(made, Composite)
    assert (made.name, made.inner) == (name, type.inner)
    assert re.fullmatch(rf"{type.spelling} = wp\.types\.\w+\(.*, dtype=wp\.{type.scalar}\)", lines[0])


def test_aliases_come_once_each_in_order():
    source = "vec6(mat26d(0.0), wp.vec5, my_vec5, vec3, x.vec7, vec6d, vec5, vec6, vec5f)"
    defined = [line.partition(" = ")[0] for line in alias_definitions(source)]
    assert defined == ["mat26d", "vec5", "vec5f", "vec6", "vec6d"]
    assert alias_definitions("wp.vec3(1.0) + mat33_of(vec10_table)") == []


def test_every_named_dtype_has_a_warp_name():
    assert all(type_named(name).spelling.startswith("wp.") or type_named(name) in (F32, I32, BOOL) for name in DTYPES)


@given(palettes, st.sampled_from(LETTERS))
def test_letters_and_types_go_there_and_back(palette, letter):
    if not palette.has(letter):
        with pytest.raises(KeyError):
            palette.type_of(letter)
        return
    type = palette.type_of(letter)
    assert palette.type_of(palette.letter_of(type)) == type
    assert palette.has(palette.letter_of(type))


@given(palettes)
def test_what_a_palettes_letters_stand_for(palette):
    real = palette.real
    assert palette.type_of("R").name == real
    assert palette.type_of("I").name == palette.integer
    assert palette.type_of("B") is BOOL
    cells = palette.type_of("J")
    assert (cells.scalar, cells.inner) == (palette.integer, (palette.length,))
    assert {letter: palette.type_of(letter).name for letter in FIXED} == FIXED
    composite = {"V": (palette.length,), "M": (palette.length,) * 2, "W": (2,), "P": (3,), "X": (4,), "Y": (2, 2), "K": (3, 3),
                 "Z": (4, 4), "Q": (4,), "T": (7,), "S": (6,), "A": (6, 6)}  # fmt: skip
    assert set(composite) | set("RIBJ") | set(FIXED) == set(LETTERS)
    for letter, inner in composite.items():
        assert palette.has(letter) == (real != "bfloat16")
        if palette.has(letter):
            type = palette.type_of(letter)
            assert (type.scalar, type.inner) == (real, inner)
            assert type.is_vector == (letter in "VWPX")


def test_the_first_letters_of_a_type_are_the_palettes_own():
    """A vector of three is V in a palette of three, a vector of four X there; an integer type is I before it is a fixed letter."""
    three = Palette("float32", "uint8", 3)
    names = ("float32", "uint8", "vec3f", "vec4f", "mat33f", "mat44f", "vec3ub", "int32", "float64")
    assert [three.letter_of(type_named(n)) for n in names] == list("RIVXMZJid")
    with pytest.raises(KeyError):
        three.letter_of(type_named("vec5f"))
    with pytest.raises(KeyError):
        three.letter_of(F16.__class__("vec3h", "wp.vec3h", "float16", 2))


def test_letter_of_is_the_inverse_of_instantiate():
    for width in ("float32", "float64"):
        for letter in "RVMIB":
            assert letter_of(instantiate(letter, width)) == letter


@pytest.mark.parametrize("name", PALETTES)
def test_an_operation_exists_where_all_its_types_do(name):
    palette = PALETTES[name]
    for operation in OPERATIONS.values():
        letters = operation.parameters + operation.result
        assert set(letters) <= set(LETTERS), operation.name
        limits = ((operation.lengths, palette.length), (operation.reals, palette.real), (operation.integers, palette.integer))
        expected = all(palette.has(letter) for letter in letters) and all(some is None or one in some for some, one in limits)
        assert operation.exists_in(palette) == expected, operation.name
