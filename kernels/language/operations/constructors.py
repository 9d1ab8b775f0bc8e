"""Constructors: matrices, quaternions and vectors from their components, by type name and by the generic builtins; casts of bits."""

from __future__ import annotations

from kernels.language.interval import Interval
from kernels.language.operation import MULTIPLY, declare

_RARE = 0.05

_SQUARE = """
def square_matrix(size, *entries):
    rows = np.stack(np.broadcast_arrays(*entries), axis=-1)
    return rows.reshape((*rows.shape[:-1], size, size))"""


def _hull(*parts: Interval) -> Interval:
    return Interval(min(p.low for p in parts), max(p.high for p in parts))


def _slots(count: int) -> str:
    return ", ".join(f"{{{k}}}" for k in range(count))


for _letter, _size in (("Y", 2), ("K", 3), ("Z", 4)):
    _count = _size * _size
    for _name, _warp in (
        (f"make_mat{_size}{_size}", f"{{{_letter}}}({_slots(_count)})"),
        (f"generic_matrix_{_size}", f"wp.matrix({_slots(_count)}, shape=({_size}, {_size}))"),
    ):
        declare(
            _name,
            f"{','.join('R' * _count)} -> {_letter}",
            _warp,
            f"square_matrix({_size}, {_slots(_count)})",
            _hull,
            helpers=(_SQUARE,),
            nouns=("entries", "local_mat"),
            weight=_RARE / _size,
        )
    declare(
        f"splat_mat{_size}{_size}",
        f"R -> {_letter}",
        f"{{{_letter}}}({{0}})",
        f"np.asarray({{0}})[..., None, None] * np.ones(({_size}, {_size}), {{r}})",
        lambda x: x,
        numpy_precedence=MULTIPLY,
        nouns=("filled_mat",),
        weight=_RARE / 2,
    )
declare(
    "splat_spatial_mat",
    "R -> A",
    "{A}({0})",
    "np.asarray({0})[..., None, None] * np.ones((6, 6), {r})",
    lambda x: x,
    numpy_precedence=MULTIPLY,
    nouns=("filled_inertia",),
    weight=_RARE / 2,
)
declare(
    "splat_spatial",
    "R -> S",
    "{S}({0})",
    "np.asarray({0})[..., None] * np.ones(6, {r})",
    lambda x: x,
    reals=("float16", "float64"),
    numpy_precedence=MULTIPLY,
    nouns=("uniform_twist",),
    weight=_RARE,
)
for _name, _warp in (("make_quat", "{Q}({0}, {1}, {2}, {3})"), ("generic_quaternion", "wp.quaternion({0}, {1}, {2}, {3})")):
    declare(
        _name,
        "R,R,R,R -> Q",
        _warp,
        "np.stack(np.broadcast_arrays({0}, {1}, {2}, {3}), axis=-1)",
        _hull,
        nouns=("raw_quat",),
        weight=_RARE,
    )
declare(
    "quat_from_parts",
    "P,R -> Q",
    "{Q}({0}, {1})",
    "np.concatenate(joined_parts({0}, np.asarray({1})[..., None]), axis=-1)",
    lambda v, w: v.hull(w),
    helpers=(
        """
def joined_parts(first, second):
    lanes = np.broadcast_shapes(first.shape[:-1], second.shape[:-1])
    return [np.broadcast_to(x, (*lanes, x.shape[-1])) for x in (first, second)]""",
    ),
    nouns=("pure_quat",),
    weight=_RARE,
)
declare(
    "generic_vector",
    "R,R,R -> P",
    "wp.vector({0}, {1}, {2})",
    "np.stack(np.broadcast_arrays({0}, {1}, {2}), axis=-1)",
    _hull,
    nouns=("assembled",),
    weight=_RARE,
)
for _size in (2, 3, 4):
    declare(
        f"make_int_vec{_size}",
        f"{','.join('I' * _size)} -> J",
        f"{{J}}({_slots(_size)})",
        f"np.stack(np.broadcast_arrays({_slots(_size)}), axis=-1)",
        _hull,
        lengths=(_size,),
        nouns=("grid_index", "voxel"),
        weight=0.4,
    )
declare(
    "splat_int_vec",
    "I -> J",
    "{J}({0})",
    "np.repeat(np.asarray({0})[..., None], {n}, axis=-1)",
    lambda x: x,
    nouns=("uniform_cell",),
    weight=_RARE,
)
declare("to_real_by_name", "I -> R", "wp.float32({0})", "{r}({0})", lambda a: a, reals=("float32",), nouns=("as_float",), weight=0.3)
declare("real_by_name", "R -> R", "wp.float32({0})", "{0}", lambda a: a, reals=("float32",), nouns=("plain",), weight=0.0)
# Bits reinterpreted: what is not negative is the same number in either type.
for _from, _to, _name in (("a", "b", "uint8"), ("s", "t", "uint16"), ("i", "u", "uint32"), ("l", "z", "uint64")):
    _signed = _name.removeprefix("u")
    for _source, _target, _given, _dtype in ((_from, _to, _signed, _name), (_to, _from, _name, _signed)):
        declare(
            f"cast_to_{_dtype}",
            f"{_source} -> {_target}",
            f"wp.cast({{0}}, wp.{_dtype})",
            f"np.asarray({{0}}, np.{_given}).view(np.{_dtype})",
            lambda x: x,
            domain=(Interval(0, 100),),
            nouns=("same_bits",),
            weight=_RARE,
        )
