"""Warp's builtins on tiles in plain Python, for a block of one thread, written from their documentation.

A tile is a numpy array; where its elements are vectors or matrices, an array of objects.
"""

from __future__ import annotations

import functools
import itertools
import math
from types import SimpleNamespace

import numpy as np


class Element(np.ndarray):
    """A vector or a matrix, whose products are the algebra's. What holds it keeps it: adding to a name makes another."""

    def __mul__(self, other):
        return self @ other if self.ndim == 2 and isinstance(other, Element) else super().__mul__(other)

    def __iadd__(self, other):
        return self + other

    def __isub__(self, other):
        return self - other


class Kind:
    """A type of vectors or matrices: makes one from its components, and is what a tile's `dtype` names."""

    def __init__(self, *inner: int) -> None:
        self.inner = inner

    def __call__(self, *components) -> Element:
        values = np.zeros(self.inner) if not components else np.full(self.inner, components[0]) if len(components) == 1 else components
        return np.reshape(np.array(values), self.inner).view(Element)


def tile_of(elements, shape) -> np.ndarray:
    """A tile of `shape` with these elements in a row."""
    elements = list(elements)
    if not any(isinstance(e, np.ndarray) and e.ndim for e in elements):
        return np.array(elements).reshape(shape).view(Tile)
    tile = np.empty(len(elements), object)
    tile[:] = [np.asarray(e).view(Element) for e in elements]
    return tile.reshape(shape).view(Tile)


class Tile(np.ndarray):
    """A tile: an index with more numbers than it has axes reads a component of an element."""

    def __getitem__(self, key):
        if isinstance(key, tuple) and len(key) > self.ndim:
            return super().__getitem__(key[: self.ndim])[key[self.ndim :]]
        return super().__getitem__(key)

    def __setitem__(self, key, value):
        if isinstance(key, tuple) and len(key) > self.ndim:
            element = np.copy(super().__getitem__(key[: self.ndim])).view(Element)
            element[key[self.ndim :]] = value
            key, value = key[: self.ndim], element
        super().__setitem__(key, value)


def _filled(shape, value):
    shape = tuple(np.atleast_1d(shape))
    return tile_of([value] * math.prod(shape), shape)


def tile_zeros(shape, dtype, storage="register"):
    return _filled(shape, dtype())


def tile_ones(shape, dtype, storage="register"):
    return _filled(shape, dtype(1))


def tile_full(shape, value, dtype, storage="register"):
    return _filled(shape, dtype(value))


def tile_from_thread(shape, value, thread_idx, storage="register"):
    assert thread_idx == 0
    return _filled(shape, value)


# Arrays and tiles


def _box(shape, offset, ndim):
    starts = (0,) * ndim if offset is None else tuple(np.atleast_1d(offset))
    return tuple(np.atleast_1d(shape)), starts


def _inside(array, lengths, starts):
    """The part of the box that lies in the array, as indices of the array and of the box."""
    ends = [min(n, start + length) for n, start, length in zip(array.shape, starts, lengths, strict=True)]
    there = tuple(slice(start, end) for start, end in zip(starts, ends, strict=True))
    return there, tuple(slice(0, end - start) for start, end in zip(starts, ends, strict=True))


def tile_load(array, shape, offset=None, storage="register", bounds_check=True, aligned=False):
    lengths, starts = _box(shape, offset, array.ndim)
    tile = np.zeros(lengths, array.dtype)
    there, here = _inside(array, lengths, starts)
    tile[here] = array[there]
    return tile.view(Tile)


def tile_store(array, tile, offset=None, bounds_check=True):
    there, here = _inside(array, *_box(tile.shape, offset, array.ndim))
    array[there] = tile[here]


def tile_atomic_add(array, tile, offset=None, bounds_check=True):
    there, here = _inside(array, *_box(tile.shape, offset, array.ndim))
    old = np.copy(array[there]).view(Tile)
    array[there] = array[there] + tile[here]
    return old


def _places(shape, indices, offset, axis):
    """Each element of a tile, and the array's one that it stands for; none where the index is negative."""
    offset = (0,) * len(shape) if offset is None else offset
    for here in itertools.product(*map(range, shape)):
        index = int(indices[here[axis]])
        places = [index if k == axis else n for k, n in enumerate(here)]
        yield here, None if index < 0 else tuple(start + n for start, n in zip(offset, places, strict=True))


def tile_load_indexed(array, indices, shape, offset=None, axis=0, storage="register"):
    shape = tuple(np.atleast_1d(shape))
    tile = np.zeros(shape, array.dtype).view(Tile)
    for here, there in _places(shape, indices, offset, axis):
        if there is not None:
            tile[here] = array[there]
    return tile


def tile_store_indexed(array, indices, t, offset=None, axis=0):
    for here, there in _places(t.shape, indices, offset, axis):
        if there is not None:
            array[there] = t[here]


def tile_atomic_add_indexed(array, indices, t, offset=None, axis=0):
    old = np.zeros(t.shape, array.dtype).view(Tile)
    for here, there in _places(t.shape, indices, offset, axis):
        if there is not None:
            old[here] = array[there]
            array[there] = array[there] + t[here]
    return old


# Parts and shapes


def tile_view(t, offset, shape=None):
    offset = tuple(np.atleast_1d(offset))
    if shape is None:
        return t[offset]
    return t[tuple(slice(start, start + n) for start, n in zip(offset, np.atleast_1d(shape), strict=True))]


def tile_assign(dst, src, offset=None):
    offset = (0,) * dst.ndim if offset is None else np.atleast_1d(offset)
    dst[tuple(slice(start, start + n) for start, n in zip(offset, src.shape, strict=True))] = src


def tile_astype(t, dtype):
    return tile_of([dtype(x) for x in t.ravel()], t.shape)


# Maps, sums, orders


def tile_map(function, *operands):
    def is_tile(o):
        return isinstance(o, Tile)

    shape = next(o.shape for o in operands if is_tile(o))
    lines = [o.ravel() if is_tile(o) else itertools.repeat(o) for o in operands]
    return tile_of(itertools.starmap(function, zip(*lines)), shape)  # noqa: B905


def tile_sum(t, axis=None):
    if axis is None:
        return tile_of([functools.reduce(lambda a, b: a + b, t.ravel())], 1)
    return tile_reduce(lambda a, b: a + b, t, axis)


def tile_reduce(function, t, axis=None):
    if axis is None:
        return tile_of([functools.reduce(function, t.ravel())], 1)
    lines = np.moveaxis(t, axis, -1)
    shape = lines.shape[:-1]
    return tile_of([functools.reduce(function, line) for line in lines.reshape(-1, lines.shape[-1])], shape)


def tile_axpy(alpha, src, dest):
    dest[...] = dest + alpha * src


def tile_sort(keys, values):
    order = sorted(range(keys.size), key=lambda n: keys.ravel()[n])
    keys[...], values[...] = keys.ravel()[order].reshape(keys.shape), values.ravel()[order].reshape(values.shape)


def _scan(function):
    return lambda t: tile_of(itertools.accumulate(t.ravel(), function), t.shape)


def tile_scan_exclusive(t):
    return tile_of([0 * t.ravel()[0], *itertools.accumulate(t.ravel()[:-1])], t.shape)


# Linear algebra and transforms


def tile_matmul(a, b, out=None, alpha=1.0, beta=1.0):
    product = alpha * np.einsum("ik,kj->ij", a, b)
    if out is None:
        return product.view(Tile)
    out[...] = product + beta * out
    return None


def tile_cholesky(a, fill_mode="lower"):
    lower = np.linalg.cholesky(np.asarray(a)).view(Tile)
    return lower if fill_mode == "lower" else lower.T


def tile_cholesky_solve(factor, y, fill_mode="lower"):
    lower = np.tril(factor) if fill_mode == "lower" else np.triu(factor).T
    return _solved(lower @ lower.T, y)


def _solved(matrix, y):
    return np.linalg.solve(np.asarray(matrix), np.asarray(y)).view(Tile)


def tile_lower_solve(lower, y):
    return _solved(np.tril(lower), y)


def tile_upper_solve(upper, z):
    return _solved(np.triu(upper), z)


def _in_place(function, changed):
    def inplace(*arguments, **more):
        arguments[changed][...] = function(*arguments, **more)

    return inplace


def _transform(inverse):
    def transform(t):
        z = np.stack([np.asarray(e) for e in t.ravel()]).reshape(*t.shape, 2)
        z = z[..., 0] + 1j * z[..., 1]
        z = np.fft.ifft(z, norm="forward") if inverse else np.fft.fft(z)
        t[...] = tile_of([np.array([e.real, e.imag]) for e in z.ravel()], t.shape)

    return transform


# The one thread of a block, and its tiles


def tile(x, preserve_type=False):
    if isinstance(x, np.ndarray) and x.ndim and not preserve_type:
        return np.array(x)[..., None].view(Tile)
    return tile_of([x], 1)


def untile(t):
    return t[0] if t.ndim == 1 else np.array(t[..., 0]).view(Element)


def tile_scatter_add(t, *rest):
    *place, value, has = rest
    if has:
        t[tuple(place)] = t[tuple(place)] + value


def tile_scatter_masked(t, *rest):
    *place, value, has = rest
    if has:
        t[tuple(place)] = value


def tile_stack(capacity, dtype):
    return SimpleNamespace(capacity=capacity, zero=dtype(), held=[])


def tile_stack_push(s, value, has_value):
    if not has_value or len(s.held) == s.capacity:
        return -1
    s.held.append(value)
    return len(s.held) - 1


def tile_stack_pop(s):
    return (s.held.pop(), len(s.held)) if s.held else (s.zero, -1)


# Random numbers


def hashed(state: int) -> int:
    """The hash of Warp's generator, on whole numbers."""
    word = (state * 747796405 + 2891336453) % 2**32
    word = (((word >> ((word >> 28) + 4)) ^ word) * 277803737) % 2**32
    return (word >> 22) ^ word


def _states(shape, rng):
    """What the block's only thread draws for each element."""
    state = hashed(rng)
    for _ in range(math.prod(np.atleast_1d(shape))):
        state = hashed(state)
        yield state


def tile_randf(shape, rng, min=0.0, max=1.0, storage="register"):
    return tile_of([(state >> 8) / 2**24 * (max - min) + min for state in _states(shape, rng)], shape)


def tile_randi(shape, rng, min=None, max=None, storage="register"):
    if min is None:
        return tile_of([state - (state >> 31) * 2**32 for state in _states(shape, rng)], shape)
    return tile_of([state % (max - min) + min for state in _states(shape, rng)], shape)


BUILTINS = {
    **{name: f for name, f in list(globals().items()) if name.startswith(("tile", "untile")) and name != "tile_of"},
    "block_dim": lambda: 1,
    "rand_init": lambda seed, offset: hashed((seed + hashed(offset)) % 2**32),
    "tile_empty": tile_zeros,
    "tile_arange": lambda *numbers, dtype, storage="register": tile_of(map(dtype, np.arange(*numbers)), -1),
    "tile_squeeze": lambda t, axis=None: np.squeeze(t, axis),
    "tile_reshape": lambda t, shape: np.reshape(t, shape),
    "tile_broadcast": lambda t, shape: np.broadcast_to(t, shape).view(Tile),
    "tile_transpose": lambda t: t.T,
    "tile_extract": lambda t, *place: t[place],
    "tile_dot": lambda a, b: tile_of([sum(np.sum(x * y) for x, y in zip(a.ravel(), b.ravel(), strict=True))], 1),
    "tile_max": lambda t: tile_of([max(t.ravel())], 1),
    "tile_min": lambda t: tile_of([min(t.ravel())], 1),
    "tile_argmax": lambda t: tile_of([list(t.ravel()).index(max(t.ravel()))], 1),
    "tile_argmin": lambda t: tile_of([list(t.ravel()).index(min(t.ravel()))], 1),
    "tile_scan_inclusive": _scan(lambda a, b: a + b),
    "tile_scan_max_inclusive": _scan(max),
    "tile_scan_min_inclusive": _scan(min),
    "tile_diag_add": lambda a, d: a + np.diag(d),
    "tile_cholesky_inplace": _in_place(tile_cholesky, 0),
    "tile_cholesky_solve_inplace": _in_place(tile_cholesky_solve, 1),
    "tile_lower_solve_inplace": _in_place(tile_lower_solve, 1),
    "tile_upper_solve_inplace": _in_place(tile_upper_solve, 1),
    "tile_fft": _transform(inverse=False),
    "tile_ifft": _transform(inverse=True),
    "tile_stack_count": lambda s: len(s.held),
    "tile_stack_clear": lambda s: s.held.clear(),
}
"""By the name that a kernel calls it by."""
