"""Calls of Warp's tile builtins for each element type that is worth telling apart: the part of `generation.code.generic_calls` on tiles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

TILED = (
    *("float16", "bfloat16", "float32", "float64", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"),
    *("vec3f", "mat33f", "quatf"),
)
"""The element types that tiles are counted for."""

Call = tuple[str, str, Sequence[str]]

_ANY_TYPE = {
    "tile_empty": "b = wp.tile_empty(shape={shape}, dtype={T})",
    "tile_zeros": "b = wp.tile_zeros(shape={shape}, dtype={T})",
    "tile_ones": "b = wp.tile_ones(shape={shape}, dtype={T})",
    "tile_full": "b = wp.tile_full(shape={shape}, value=x, dtype={T})",
    "tile_from_thread": "b = wp.tile_from_thread(shape={shape}, value=x, thread_idx=0)",
    "tile_load": "b = wp.tile_load(a, shape={shape})",
    "tile_store": "wp.tile_store(a, t)",
    "tile_atomic_add": "wp.tile_atomic_add(a, t)",
    "tile_load_indexed": "b = wp.tile_load_indexed(a, indices=k, shape={shape}, axis=0)",
    "tile_store_indexed": "wp.tile_store_indexed(a, indices=k, t=t, axis=0)",
    "tile_atomic_add_indexed": "wp.tile_atomic_add_indexed(a, indices=k, t=t, axis=0)",
    "tile_view": "b = wp.tile_view(t, offset={origin}, shape={shape})",
    "tile_squeeze": "b = wp.tile_squeeze(t)",
    "tile_reshape": "b = wp.tile_reshape(t, shape=(-1, 1))",
    "tile_assign": "wp.tile_assign(t, t, offset={origin})",
    "tile_extract": "b = wp.tile_extract(t, {at})",
    "tile_slice_indexed": "b = t[k]",
    "tile_scatter_add": "wp.tile_scatter_add(t, {at}, x, True)",
    "tile_scatter_masked": "wp.tile_scatter_masked(t, {at}, x, True)",
    "tile_broadcast": "b = wp.tile_broadcast(t, shape={shape})",
    "tile_sum": "b = wp.tile_sum(t)",
    "tile_min": "b = wp.tile_min(t)",
    "tile_max": "b = wp.tile_max(t)",
    "tile_argmin": "b = wp.tile_argmin(t)",
    "tile_argmax": "b = wp.tile_argmax(t)",
    "tile_reduce": "b = wp.tile_reduce(wp.add, t)",
    "tile_dot": "b = wp.tile_dot(t, t)",
    "tile_axpy": "wp.tile_axpy(x, t, t)",
    "tile_scan_inclusive": "b = wp.tile_scan_inclusive(t)",
    "tile_scan_exclusive": "b = wp.tile_scan_exclusive(t)",
    "tile_scan_max_inclusive": "b = wp.tile_scan_max_inclusive(t)",
    "tile_scan_min_inclusive": "b = wp.tile_scan_min_inclusive(t)",
    "add": "b = t + t",
    "sub": "b = t - t",
    "neg": "b = -t",
}
"""By builtin, for any type and number of axes: calls, between semicolons. `t` is a tile, `x` one element, `f` a float32, `a` an array, `k`
a tile of indices."""

_ONE_AXIS = {
    "tile": "b = wp.tile(x)",
    "untile": "b = wp.untile(wp.tile(x))",
    "tile_arange": "b = wp.tile_arange(0, 8, dtype={T})",
    "tile_sort": "wp.tile_sort(t, k)",
    "tile_stack": "b = wp.tile_stack(capacity=8, dtype={T})",
    "tile_stack_push": "s = wp.tile_stack(capacity=8, dtype={T})\nb = wp.tile_stack_push(s, x, True)",
    "tile_stack_pop": "s = wp.tile_stack(capacity=8, dtype={T})\nb, i = wp.tile_stack_pop(s)",
    "tile_stack_clear": "s = wp.tile_stack(capacity=8, dtype={T})\nwp.tile_stack_clear(s)",
    "tile_stack_count": "s = wp.tile_stack(capacity=8, dtype={T})\nb = wp.tile_stack_count(s)",
    "mul": "b = t * x; b = x * t; b = t * t; b = t * f; b = f * t",
    "div": "b = t / x; b = x / t; b = t / t; b = t / f; b = f / t",
    "tile_map": "b = wp.tile_map(wp.neg, t); b = wp.tile_map(wp.add, t, t); b = wp.tile_map(wp.add, t, x)",
}
"""For any type, with one axis."""

_INTEGERS = {"bit_and": "b = t & t", "bit_or": "b = t | t", "bit_xor": "b = t ^ t"}
"""For integers."""

_TWO_AXES = {
    "tile_transpose": "b = wp.tile_transpose(t)",
    "tile_diag_add": "b = wp.tile_diag_add(t, wp.tile_zeros(shape=4, dtype={T}))",
    "tile_sum": "b = wp.tile_sum(t, axis=0)",
    "tile_reduce": "b = wp.tile_reduce(wp.add, t, axis=0)",
    "tile_squeeze": "b = wp.tile_squeeze(wp.tile_zeros(shape=(1, 4), dtype={T}), axis=0)",
}
"""For any type, with two axes."""

_REAL_MATRICES = {
    "tile_matmul": "b = wp.tile_matmul(t, t); wp.tile_matmul(t, t, u)",
    "tile_cholesky": "b = wp.tile_cholesky(t)",
    "tile_cholesky_inplace": "wp.tile_cholesky_inplace(t)",
    "tile_cholesky_solve": "b = wp.tile_cholesky_solve(t, y); b = wp.tile_cholesky_solve(t, t)",
    "tile_cholesky_solve_inplace": "wp.tile_cholesky_solve_inplace(t, y); wp.tile_cholesky_solve_inplace(t, u)",
    "tile_lower_solve": "b = wp.tile_lower_solve(t, y); b = wp.tile_lower_solve(t, t)",
    "tile_lower_solve_inplace": "wp.tile_lower_solve_inplace(t, y); wp.tile_lower_solve_inplace(t, u)",
    "tile_upper_solve": "b = wp.tile_upper_solve(t, y); b = wp.tile_upper_solve(t, t)",
    "tile_upper_solve_inplace": "wp.tile_upper_solve_inplace(t, y); wp.tile_upper_solve_inplace(t, u)",
}
"""For matrices of a float type; `t` and `u` are square, `y` is a vector."""


def tile_calls() -> Iterator[Call]:
    """A builtin's name, a kernel's parameters, and the kernel's statements, which call it."""
    for kind, axes in (*((kind, 1) for kind in TILED), *((kind, axes) for kind in ("float32", "int32") for axes in (2, 3, 4))):
        calls = _ANY_TYPE | (_ONE_AXIS if axes == 1 else {}) | (_INTEGERS if "int" in kind else {})
        yield from _calls(calls, kind, axes)
    for kind in TILED:
        yield from _calls(_TWO_AXES, kind, 2)
        for given, made in ((kind, "float32"), ("float32", kind)):
            yield from _calls({"tile_astype": f"b = wp.tile_astype(t, dtype=wp.{made})"}, given, 1)
    for kind in ("float16", "float32", "float64"):
        yield from _calls(_REAL_MATRICES, kind, 2)
    for kind in ("vec2h", "vec2f", "vec2d"):
        yield from _calls({name: f"wp.{name}(t)" for name in ("tile_fft", "tile_ifft")}, kind, 2)
    for name, limits in (("tile_randi", "0, 9"), ("tile_randf", "0.0, 9.0")):
        yield name, "", [f"r = wp.{name}(4, wp.rand_init(1))", f"s = wp.{name}(4, wp.rand_init(1), {limits})"]


def _calls(texts: dict[str, str], kind: str, axes: int) -> Iterator[Call]:
    shape = "(" + "4, " * axes + ")"
    words = {"T": f"wp.{kind}", "shape": shape, "origin": "(" + "0, " * axes + ")", "at": ", ".join("0" * axes)}
    makes = ["k = wp.tile_zeros(shape=4, dtype=wp.int32)", f"t = wp.tile_zeros(shape={shape}, dtype=wp.{kind})"]
    more = [f"u = wp.tile_ones(shape={shape}, dtype=wp.{kind})", f"y = wp.tile_ones(shape=4, dtype=wp.{kind})"]
    parameters = f"a: wp.array(dtype=wp.{kind}, ndim={axes}), x: wp.{kind}, f: wp.float32"
    for name, text in texts.items():
        for one in text.format(**words).split("; "):
            yield name, parameters, [*makes, *(more if texts is _REAL_MATRICES else ()), *one.split("\n")]
