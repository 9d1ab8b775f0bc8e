"""The ledger of Warp's known limitations: what the oracle accepts as explained when a case names it.

Each entry has a probe in `probes.py` or a module whose name ends in `_probes`, a few lines of Warp that show it, and says in which versions
of Warp it is there. `tests/oracle/test_oracle_ledger.py` fails for an entry whose probe does not show it in a version that is named, or
still shows it in one that is not, so that nothing is excused that has been mended; in other versions the oracle excuses nothing with it.
"""

from __future__ import annotations

import functools
import importlib.metadata
from dataclasses import dataclass
from typing import Literal

OLDEST, NEWEST = "1.16", "1.19"
"""The versions of Warp that entries speak of."""


@dataclass(frozen=True)
class Limitation:
    """One limitation. `where` is what it spoils, `probe` a key of `probes.PROBES`.

    `first` and `last` are the oldest and the newest minor version of Warp in which it was seen.
    """

    name: str
    what: str
    where: Literal["gradient", "compile", "forward"]
    probe: str
    first: str = OLDEST
    last: str = NEWEST

    def holds_in(self, version: str) -> bool:
        """Whether it is there in Warp `version`, such as `1.19.0`."""
        return _minor(self.first) <= _minor(version) <= _minor(self.last)


def holds(name: str) -> bool:
    """Whether the entry called `name` is there in the installed Warp. Raises KeyError for an unknown one."""
    return LEDGER[name].holds_in(_installed())


@functools.cache
def _installed() -> str:
    # Read off the package, because importing Warp is left to other processes.
    return importlib.metadata.version("warp-lang")


def _minor(version: str) -> tuple[int, int]:
    major, minor = version.split(".")[:2]
    return int(major), int(minor)


def _entry(
    name: str, where: Literal["gradient", "compile", "forward"], what: str, *, first: str = OLDEST, last: str = NEWEST
) -> Limitation:
    return Limitation(name, what, where, name, first, last)


LEDGER: dict[str, Limitation] = {
    entry.name: entry
    for entry in (
        _entry(
            "dynamic_loop_carried_state",
            "gradient",
            "A loop with a run-time count and state carried nonlinearly: the adjoint of an iteration sees the state after it, not before.",
        ),
        _entry(
            "dynamic_loop_result",
            "gradient",
            "What a loop with a run-time count accumulated, used nonlinearly afterwards: the adjoint sees its value from before the loop.",
        ),
        _entry(
            "break_in_loop",
            "gradient",
            "A counted loop that a condition on data breaks off: what it summed has no gradient, not even a linear sum.",
        ),
        _entry(
            "while_loop_carried_state",
            "gradient",
            "A while loop with state carried nonlinearly: the adjoint of an iteration sees the state after it, not before.",
        ),
        _entry(
            "result_changed_in_loop",
            "gradient",
            "A builtin whose adjoint takes its own result (tanh, exp, sqrt), assigned to a variable that a loop goes on to change: its "
            "adjoint takes what the loop left there.",
        ),
        _entry(
            "while_loop_index",
            "gradient",
            "A while loop that reads x[k] and then increments k: the adjoint of the read uses k + 1, at the end beyond the array.",
        ),
        _entry(
            "array_element_overwritten",
            "gradient",
            "An array element that is read and then overwritten: the adjoint of the read sees the later value.",
        ),
        _entry("local_array", "gradient", "A kernel-local array (wp.zeros in a kernel): its elements' adjoints lose terms."),
        _entry(
            "local_array_on_gpu",
            "gradient",
            "On a GPU: the adjoint of a local array's element is added to atomically, in its thread's memory: in part a trap.",
        ),
        _entry("mod_divisor", "gradient", "wp.mod(x, y) has no adjoint for y; it should be -trunc(x / y)."),
        _entry("frac", "gradient", "wp.frac(x) has no adjoint; it should be 1."),
        _entry(
            "vector_component_overwrite",
            "gradient",
            "v[i] = x: the overwritten component keeps its adjoint, unless enable_vector_component_overwrites is set.",
        ),
        _entry(
            "vector_component_increment", "gradient", "v[i] = v[i] + x: the old component's adjoint is counted twice (v[i] += x is right)."
        ),
        _entry(
            "constants_hashed_as_32_bits",
            "forward",
            "Constants from closures, globals and wp.static are hashed as 32 bits: kernels that differ beyond them share one binary.",
        ),
        _entry(
            "loop_counter_cast_by_alias",
            "forward",
            "f64 = wp.float64 called by its bare name on an unrolled loop's counter: the counter becomes a float. "
            "wp.float64(j) makes it one, too, where it is an index before.",
        ),
        _entry(
            "integer_constant_cast_to_float64",
            "compile",
            "wp.float64(s) of a local that holds an integer constant makes the constant a float: an integer use of s does not compile.",
        ),
        _entry("vector_slice_overwrite", "gradient", "v[a:b] = w: the overwritten components keep their adjoint."),
        _entry("matrix_part_overwrite", "gradient", "m[i, j] = x, m[i] = row, a block of m: the overwritten part keeps its adjoint."),
        _entry("quat_component_overwrite", "gradient", "q[i] = x: the overwritten component keeps its adjoint."),
        _entry(
            "transform_part_overwrite",
            "gradient",
            "wp.transform_set_translation, transform_set_rotation, t.p = p, t.q = q: the overwritten part keeps its adjoint.",
        ),
        _entry(
            "matrix_jacobi_float32",
            "forward",
            "wp.svd3 and wp.eig3 in float32 stop before they have converged: what they return multiplies to a matrix that is off by 1e-3.",
        ),
        _entry("vector_not_equal", "compile", "a != b of two vectors, matrices or quaternions does not compile (a == b does)."),
        _entry("vector_spatial_double", "compile", "wp.spatial_vectord(w, v) of two vectors cannot be built; of six numbers it can."),
        _entry(
            "component_incremented_by_attribute",
            "gradient",
            "v.z += x: the component's adjoint is counted twice for what v was before (v[2] += x is right).",
        ),
        _entry(
            "chained_comparison_of_elements",
            "compile",
            "a[i] < b[i] < c[i]: a chained comparison takes the array element in its middle for another type (a local is right).",
        ),
        _entry("bool_cast_to_half", "compile", "wp.float16(b) and wp.bfloat16(b) of a boolean: the adjoint does not compile."),
        _entry(
            "local_named_as_a_constant",
            "compile",
            "phi.x, e.mass: a local called as a mathematical constant of Warp is hashed as that constant until code has been generated.",
        ),
        _entry(
            "replay_of_a_namesake",
            "compile",
            "wp.func_replay for a function whose name one without a replay had before, in any module of the process: it does not compile.",
        ),
        _entry("norm_l1_float64_compile", "compile", "wp.norm_l1 and wp.norm_huber of a float64 vector do not compile."),
        _entry("tile_extreme", "gradient", "wp.tile_max and wp.tile_min have no adjoint; it should go to the place of the extreme."),
        _entry("tile_reduce", "gradient", "wp.tile_reduce, of a whole tile or over one axis, has no adjoint, not even with wp.add."),
        _entry("tile_scan", "gradient", "wp.tile_scan_inclusive, _exclusive, _max_inclusive and _min_inclusive have no adjoint."),
        _entry("tile_sort", "gradient", "wp.tile_sort: the adjoint of what is sorted stays in the places after the sort."),
        _entry("tile_full_value", "gradient", "wp.tile_full(value=v) has no adjoint for v; it should be the sum over the tile."),
        _entry("tile_from_thread", "gradient", "wp.tile_from_thread has no adjoint for the value; it should be the sum over the tile."),
        _entry("tile_diag_add", "gradient", "wp.tile_diag_add has no adjoint, neither for the matrix nor for the diagonal."),
        _entry("tile_cholesky_solve", "gradient", "wp.tile_cholesky_solve and its in-place form have no adjoint or a wrong one."),
        _entry("tile_upper_solve", "gradient", "wp.tile_upper_solve has no adjoint (wp.tile_lower_solve has one)."),
        _entry(
            "tile_factor_in_place",
            "gradient",
            "wp.tile_cholesky_inplace, tile_lower_solve_inplace and tile_upper_solve_inplace hand the adjoint on as if they did nothing.",
        ),
        _entry(
            "tile_overwritten",
            "gradient",
            "A tile that is used nonlinearly and then updated in place (+=, wp.tile_axpy): the adjoint of the use sees the later values.",
        ),
        _entry(
            "tile_transposed_after_use",
            "gradient",
            "A tile that is used nonlinearly and then transposed: the adjoint of wp.tile_transpose doubles the tile's values.",
        ),
        _entry(
            "tile_of_value_in_shared_memory",
            "gradient",
            "wp.tile(x) that a later operation (a sum over one axis, a broadcast, an element) keeps in shared memory: x gets no adjoint.",
        ),
        _entry(
            "tile_idle_threads",
            "gradient",
            "A number mapped over a tile that does not fill its block: its adjoint also collects what threads without an element compute.",
            first="1.18",
        ),
        _entry(
            "tile_axis_sum",
            "gradient",
            "wp.tile_sum(t, axis) of a tile with two axes or more: the adjoint does not reach all elements.",
            last="1.18",
        ),
        _entry("tile_element_assigned", "gradient", "t[i] = x: the overwritten element keeps its adjoint.", last="1.16"),
        _entry(
            "tile_map_literal",
            "compile",
            "wp.tile_map of a function of three arguments or more, one of them a literal, does not compile with a backward pass.",
        ),
        _entry("tile_of_array_element", "compile", "wp.tile(x[i]) of an array's element fails in code generation; of a local it works."),
        _entry(
            "tile_index_view",
            "compile",
            "wp.tile_store_indexed and wp.tile_atomic_add_indexed do not compile if the indices are a view of a tile.",
        ),
        _entry(
            "tile_slice_indexed_call",
            "compile",
            "wp.tile_slice_indexed(t, (places,)) by its name fails in code generation; t[places], which is the same, works.",
        ),
        _entry(
            "tile_map_of_unnamed_vector",
            "compile",
            "wp.tile_map of a function that returns wp.vec2(...) and says nothing of it: wp.tile_fft does not take the result as vec2f.",
        ),
        _entry(
            "tile_map_builtin_result", "compile", "wp.tile_map(wp.exp, t) and other builtins whose adjoint needs their result.", last="1.18"
        ),
        _entry(
            "tile_scan_unsigned",
            "compile",
            "wp.tile_scan_max_inclusive of uint32: the module builds, and lacks a symbol when it is loaded.",
            last="1.18",
        ),
        _entry(
            "tile_view_renamed", "compile", "Another name for a view of a tile (v = t[::-1]; u = v) does not compile with a backward pass."
        ),
        _entry(
            "tile_element_of_matrices",
            "compile",
            "An element of a three-dimensional tile of matrices: neither t[i, j, k] nor wp.tile_extract compiles.",
            last="1.16",
        ),
        _entry("tile_ones_of_quaternions", "forward", "wp.tile_ones of quaternions makes (1, 0, 0, 0): neither all ones nor the identity."),
        _entry("tile_matmul_operator", "forward", "a @ b of two tiles is their product element by element, not that of matrices."),
        _entry(
            "tile_solve_of_view",
            "forward",
            "wp.tile_cholesky(a[1:3, 1:3]) and the solvers, of a view: the result gets the view's strides, and lies outside of its memory.",
        ),
        _entry(
            "mesh_query_furthest_point",
            "gradient",
            "wp.mesh_query_furthest_point_no_sign: its adjoint is that of the nearest point, though the furthest is a corner and stays.",
        ),
        _entry(
            "mesh_points",
            "gradient",
            "What builtins read off a mesh (mesh_eval_position, mesh_get_point and their like, a ray's hit) has no adjoint for its points.",
        ),
        _entry(
            "volume_transform_float32",
            "gradient",
            "wp.volume_world_to_index and its like in float32: the adjoint takes the transform's matrix where its transpose is due.",
        ),
        _entry("texture_sample_gradient", "gradient", "wp.texture_sample has no adjoint for its coordinates.", last="1.18"),
        _entry(
            "texture_nearest_wrapped",
            "forward",
            "wp.texture_sample of nearest texels, on the CPU: the first half of a repeated axis gets its last texel.",
            last="1.18",
        ),
    )
}
