"""Calls of Warp's generic builtins, one for each element type that is worth telling apart: their overloads are what Warp makes of them.

Warp declares most builtins for concrete types, and those declarations are the overloads. What it declares for any type (atomics, tiles,
constructors, arrays) has no such list; this module has calls instead. Types are crossed with one thing at a time: every scalar type with
one axis, every number of axes with float32 and int32, and composite types (vectors, matrices, quaternions, transforms) in the kinds that
kernels use. Whether Warp takes a call, and how its overload is spelled, is for Warp to say (`generation.code.registry`).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from generation.code.tile_calls import Call, tile_calls

LETTERS = {
    "float16": "h",
    "float32": "f",
    "float64": "d",
    "int8": "b",
    "uint8": "ub",
    "int16": "s",
    "uint16": "us",
    "int32": "i",
    "uint32": "ui",
    "int64": "l",
    "uint64": "ul",
}
"""Warp's letters for the element types of vectors."""

REALS = ("float16", "float32", "float64")
"""The element types of matrices, quaternions and transforms."""

NUMBERS = (*LETTERS, "bfloat16")
SCALARS = (*NUMBERS, "bool")

COMPOSITES = (
    *(
        "vec2f",
        "vec3f",
        "vec4f",
        "vec2d",
        "vec3d",
        "vec4d",
        "vec3h",
        "vec2i",
        "vec3i",
        "vec4i",
        "quatf",
        "quatd",
        "transformf",
        "transformd",
    ),
    *("mat22f", "mat33f", "mat44f", "mat33d", "spatial_vectorf", "spatial_vectord", "spatial_matrixf"),
)
"""The composite types that arrays and choices are counted for."""


def generic_calls() -> Iterator[Call]:
    """The calls, for every generic builtin that is public."""
    for group in (
        _vectors(),
        _matrices(),
        _rotations(),
        _decompositions(),
        _measures(),
        _texts(),
        _arrays(),
        _choices(),
        _volumes(),
        _queries(),
    ):
        yield from group
    yield from tile_calls()


def _vectors() -> Iterator[Call]:
    for scalar, letter in LETTERS.items():
        for n in (2, 3, 4):
            name = f"vec{n}{letter}"
            yield name, "", [f"v = wp.{name}()"]
            yield name, f"x: wp.{scalar}", [f"v = wp.{name}(x)"]
            yield name, f"x: wp.{scalar}", [f"v = wp.{name}({_row('x', n)})"]
            for other in {letter, "f"} if letter != "f" else set(LETTERS.values()) - {"f"}:
                yield name, f"u: wp.vec{n}{other}", [f"v = wp.{name}(u)"]
    for scalar in REALS:
        name = f"spatial_vector{LETTERS[scalar]}"
        yield name, "", [f"v = wp.{name}()"]
        yield name, f"x: wp.{scalar}", [f"v = wp.{name}(x)"]
        yield name, f"x: wp.{scalar}", [f"v = wp.{name}({_row('x', 6)})"]
    yield "spatial_vectorf", "u: wp.vec3f", ["v = wp.spatial_vector(u, u)"]


def _matrices() -> Iterator[Call]:
    for scalar in REALS:
        letter = LETTERS[scalar]
        for n in (2, 3, 4, 6):
            name = f"mat{n}{n}{letter}" if n < 6 else f"spatial_matrix{letter}"
            yield name, "", [f"m = wp.{name}()"]
            yield name, f"x: wp.{scalar}", [f"m = wp.{name}(x)"]
            yield name, f"x: wp.{scalar}", [f"m = wp.{name}({_row('x', n * n)})"]
            yield "identity", "", [f"m = wp.identity(n={n}, dtype=wp.{scalar})"]
            if n < 6:
                yield "matrix_from_cols", f"u: wp.vec{n}{letter}", [f"m = wp.matrix_from_cols({_row('u', n)})"]
                yield "matrix_from_rows", f"u: wp.vec{n}{letter}", [f"m = wp.matrix_from_rows({_row('u', n)})"]
            for other in {"f"} if letter != "f" else {"h", "d"}:
                given = f"mat{n}{n}{other}" if n < 6 else f"spatial_matrix{other}"
                yield name, f"a: wp.{given}", [f"m = wp.{name}(a)"]
        yield "spatial_adjoint", f"a: wp.mat33{letter}", ["m = wp.spatial_adjoint(a, a)"]


def _rotations() -> Iterator[Call]:
    for scalar in REALS:
        letter = LETTERS[scalar]
        quat, transform, vec = f"quat{letter}", f"transform{letter}", f"wp.vec3{letter}"
        yield quat, "", [f"q = wp.{quat}()"]
        yield quat, f"x: wp.{scalar}", [f"q = wp.{quat}(x, x, x, x)"]
        yield quat, f"v: {vec}, x: wp.{scalar}", [f"q = wp.{quat}(v, x)"]
        yield transform, f"v: {vec}, q: wp.{quat}", [f"t = wp.{transform}(v, q)"]
        yield transform, f"x: wp.{scalar}", [f"t = wp.{transform}({_row('x', 7)})"]
        yield transform, "", [f"t = wp.{transform}()"]
        yield "quat_identity", "", [f"q = wp.quat_identity(dtype=wp.{scalar})"]
        yield "transform_identity", "", [f"t = wp.transform_identity(dtype=wp.{scalar})"]
        for other in {"f"} if letter != "f" else {"h", "d"}:
            yield quat, f"a: wp.quat{other}", [f"q = wp.{quat}(a)"]


def _decompositions() -> Iterator[Call]:
    """The forms that write their results into variables, and the approximate inverse."""
    for scalar in REALS:
        letter = LETTERS[scalar]
        for name, n, results in (
            ("svd3", 3, ("mat33", "vec3", "mat33")),
            ("svd2", 2, ("mat22", "vec2", "mat22")),
            ("qr3", 3, ("mat33", "mat33")),
            ("eig3", 3, ("mat33", "vec3")),
        ):
            made = [f"r{i} = wp.{kind}{letter}()" for i, kind in enumerate(results)]
            yield name, f"a: wp.mat{n}{n}{letter}", [*made, f"wp.{name}(a, {', '.join(f'r{i}' for i in range(len(results)))})"]
        made = [f"axis = wp.vec3{letter}()", f"angle = wp.{scalar}(0.0)"]
        yield "quat_to_axis_angle", f"q: wp.quat{letter}", [*made, "wp.quat_to_axis_angle(q, axis, angle)"]
        for n in (2, 3, 4):
            yield "inverse_approx", f"a: wp.mat{n}{n}{letter}", ["b = wp.inverse_approx(a)"]
            for kind in (f"vec{n}{letter}", f"mat{n}{n}{letter}"):
                yield "div_approx", f"a: wp.{kind}, x: wp.{scalar}", ["b = wp.div_approx(a, x)"]
                yield "div_approx", f"a: wp.{kind}, x: wp.{scalar}", ["b = wp.div_approx(x, a)"]
        yield "div_approx", f"q: wp.quat{letter}, x: wp.{scalar}", ["b = wp.div_approx(q, x)"]
        yield "div_approx", f"q: wp.quat{letter}, x: wp.{scalar}", ["b = wp.div_approx(x, q)"]
    for scalar in (*REALS, "bfloat16"):
        yield "div_approx", f"x: wp.{scalar}", ["b = wp.div_approx(x, x)"]


def _measures() -> Iterator[Call]:
    for letter in map(LETTERS.__getitem__, REALS):
        for n in (2, 3, 4):
            for name in ("norm_l1", "norm_l2", "norm_huber", "norm_pseudo_huber", "smooth_normalize"):
                yield name, f"v: wp.vec{n}{letter}", [f"b = wp.{name}(v)"]


def _texts() -> Iterator[Call]:
    for scalar in NUMBERS:
        yield "printf", f"x: wp.{scalar}", ['wp.printf("%g", x)']
    for kind in (*SCALARS, *COMPOSITES):
        yield "print", f"x: wp.{kind}", ["print(x)"]


def _arrays() -> Iterator[Call]:
    atomics = {
        **dict.fromkeys(("add", "sub", "min", "max", "exch"), "wp.atomic_{name}(a, {at}, x)"),
        **dict.fromkeys(("and", "or", "xor"), "wp.atomic_{name}(a, {at}, x)"),
        "cas": "wp.atomic_cas(a, {at}, x, x)",
    }
    for name, text in atomics.items():
        for kind, axes in _with_axes(SCALARS, COMPOSITES):
            at = ", ".join("0" * axes)
            yield f"atomic_{name}", f"a: {_array(kind, axes)}, x: wp.{kind}", [text.format(name=name, at=at)]
    for scalar in NUMBERS:
        yield "lower_bound", f"a: {_array(scalar, 1)}, x: wp.{scalar}", ["i = wp.lower_bound(a, x)"]
        yield "lower_bound", f"a: {_array(scalar, 1)}, x: wp.{scalar}", ["i = wp.lower_bound(a, 0, 1, x)"]
    for kind, axes in _with_axes(SCALARS, COMPOSITES):
        shape = ", ".join("2" * axes) + ","
        yield "zeros", "", [f"b = wp.zeros(shape=({shape}), dtype=wp.{kind})"]
        yield "array", "p: wp.uint64", [f"b = wp.array(ptr=p, shape=({shape}), dtype=wp.{kind})"]
    for axes in (1, 2, 3, 4):
        yield "len", f"a: {_array('float32', axes)}", ["n = len(a)"]
    for kind in ("vec2f", "vec3f", "vec4f", "mat22f", "mat33f", "mat44f", "quatf", "transformf"):
        yield "len", f"a: wp.{kind}", ["n = len(a)"]


def _choices() -> Iterator[Call]:
    for kind in (*SCALARS, *COMPOSITES):
        yield "where", f"c: wp.bool, x: wp.{kind}", ["b = wp.where(c, x, x)"]
    for scalar in SCALARS:
        if "int" in scalar:
            yield "where", f"c: wp.{scalar}, x: wp.float32", ["b = wp.where(c, x, x)"]
    for sizes in (("float16", "int16", "uint16"), ("float32", "int32", "uint32"), ("float64", "int64", "uint64")):
        for given, made in itertools.permutations(sizes, 2):
            yield "cast", f"x: wp.{given}", [f"b = wp.cast(x, wp.{made})"]
    yield "where", f"a: {_array('float32', 1)}, x: wp.float32", ["b = wp.where(a, x, x)"]


def _volumes() -> Iterator[Call]:
    for kind in ("float32", "float64", "int32", "vec3f", "vec4f"):
        volume, value = "u: wp.uint64, p: wp.vec3f", f"x: wp.{kind}, a: {_array(kind, 1)}"
        grad = (
            "wp.mat33f()"
            if kind == "vec3f"
            else "wp.matrix(shape=(4, 3), dtype=wp.float32)"
            if kind == "vec4f"
            else f"wp.{_gradient(kind)}()"
        )
        yield "volume_sample", volume, [f"b = wp.volume_sample(u, p, wp.Volume.LINEAR, dtype=wp.{kind})"]
        yield "volume_lookup", volume, [f"b = wp.volume_lookup(u, 0, 0, 0, dtype=wp.{kind})"]
        yield "volume_store", f"{volume}, {value}", ["wp.volume_store(u, 0, 0, 0, x)"]
        yield "volume_sample_index", f"{volume}, {value}", ["b = wp.volume_sample_index(u, p, wp.Volume.LINEAR, a, x)"]
        yield "volume_sample_grad", volume, [f"g = {grad}", f"b = wp.volume_sample_grad(u, p, wp.Volume.LINEAR, g, dtype=wp.{kind})"]
        grad_index = [f"g = {grad}", "b = wp.volume_sample_grad_index(u, p, wp.Volume.LINEAR, a, x, g)"]
        yield "volume_sample_grad_index", f"{volume}, {value}", grad_index
    for kind in ("float", "wp.vec2f", "wp.vec4f"):
        for axes in (1, 2, 3):
            at = ", ".join("x" * axes)
            yield "texture_sample", f"t: wp.Texture{axes}D, x: wp.float32", [f"b = wp.texture_sample(t, {at}, dtype={kind})"]
            if axes > 1:
                yield "texture_sample", f"t: wp.Texture{axes}D, p: wp.vec{axes}f", [f"b = wp.texture_sample(t, p, dtype={kind})"]


def _queries() -> Iterator[Call]:
    """Builtins that take what a query gives, which is of no type that a kernel can name, and those that take a tuple."""
    bounds = "u: wp.uint64, v: wp.vec3f, f: wp.float32, h: wp.vec3h, d: wp.vec3d"
    for query in ("aabb(u, v, v)", "ray(u, v, v)", "sphere(u, v, f)", "capsule(u, v, v, f)"):
        yield "bvh_query_next", bounds, [f"q = wp.bvh_query_{query}", "i = int(0)", "more = wp.bvh_query_next(q, i)"]
    for query in ("aabb(u, v, v)", "sphere(u, v, f)"):
        for name in ("mesh_query_next", "mesh_query_aabb_next"):
            yield name, bounds, [f"q = wp.mesh_query_{query}", "i = int(0)", f"more = wp.{name}(q, i)"]
    for point in ("h", "v", "d"):
        made = {"h": "wp.float16(1.0)", "v": "f", "d": "wp.float64(1.0)"}[point]
        statements = [f"q = wp.hash_grid_query(u, {point}, {made})", "i = int(0)", "more = wp.hash_grid_query_next(q, i)"]
        yield "hash_grid_query_next", bounds, statements
    for name, query in (
        ("bvh_query_next_tiled", "bvh_query_aabb_tiled"),
        ("tile_bvh_query_next", "tile_bvh_query_aabb"),
        ("mesh_query_aabb_next_tiled", "mesh_query_aabb_tiled"),
        ("tile_mesh_query_aabb_next", "tile_mesh_query_aabb"),
    ):
        yield name, bounds, [f"q = wp.{query}(u, v, v)", f"found = wp.{name}(q)"]
    for query in ("tile_bvh_query_aabb", "tile_mesh_query_aabb"):
        yield "tile_query_valid", bounds, [f"q = wp.{query}(u, v, v)", "more = wp.tile_query_valid(q)"]
    yield "sample_cdf", f"r: wp.uint32, a: {_array('float32', 1)}", ["i = wp.sample_cdf(r, a)"]
    yield "len", f"a: {_array('float32', 2)}", ["n = len(a.shape)", "t = (1, 2)", "m = len(t)"]


def _gradient(kind: str) -> str:
    return "vec3d" if kind == "float64" else "vec3i" if kind == "int32" else "vec3f"


def _with_axes(scalars: Sequence[str], composites: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Every type with one axis, float32 and int32 with more."""
    yield from ((kind, 1) for kind in (*scalars, *composites))
    yield from ((kind, axes) for kind in ("float32", "int32") for axes in (2, 3, 4))


def _array(kind: str, axes: int) -> str:
    return f"wp.array(dtype=wp.{kind}, ndim={axes})"


def _row(name: str, count: int) -> str:
    return ", ".join([name] * count)
