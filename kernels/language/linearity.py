"""Which operations are linear: their adjoints work with no argument's value, or with that of the other argument alone.

Where Warp's backward pass has no right value of a variable (kernels.language.gradients), such uses of it are still right.
"""

from __future__ import annotations

_KINDS = ("", "_vec", "_mat", "_spatial", "_spatial_mat", "_quat")

LINEAR = frozenset(
    {f"{what}{kind}" for what in ("add", "subtract", "negate", "positive") for kind in _KINDS}
    | {f"{what}_transform" for what in ("add", "subtract")}
    | {f"{what}_{axis}" for what in ("component", "quat_component") for axis in range(3)}
    | {f"attribute_{axis}" for axis in "xyz"}
    | {f"matrix_from_{what}_{size}" for what in ("rows", "cols") for size in (2, 3, 4)}
    | {f"{what}{size}{size}" for what in ("make_mat", "splat_mat") for size in (2, 3, 4)}
    | {"quat_component_3", "spatial_component_0", "spatial_component_5", "vector_part", "spatial_top", "spatial_bottom"}
    | {"transform_get_translation", "transform_get_rotation", "transform_attribute_p", "transform_attribute_q"}
    | {"make_vec2", "make_vec", "make_vec4", "splat_vec", "make_spatial", "make_spatial_of_six", "splat_spatial", "make_transform"}
    | {"make_quat", "quat_inverse", "transpose", "transpose_spatial_mat", "trace", "spatial_trace", "get_diag", "get_diag_spatial_mat"}
    | {"diag", "skew", "identity", "splat_spatial_mat", "row_0", "row_1", "element_01", "element_11", "degrees", "radians"}
    | {"to_real", "real_to_float32", "real_to_float64", "float32_to_real", "float64_to_real"}
)
"""Linear in all arguments at once: sums, components and what is put together from them, casts to a real type."""

BILINEAR = frozenset(
    {"multiply", "scale_vec", "vec_scale", "scale_mat", "mat_scale", "scale_spatial", "spatial_scale", "scale_spatial_mat"}
    | {"spatial_mat_scale", "scale_quat", "quat_scale", "scale_transform", "transform_scale", "cw_mul", "cw_mul_mat", "cw_mul_spatial"}
    | {"cw_mul_spatial_mat", "dot", "dot_quat", "dot_spatial", "spatial_dot", "ddot", "ddot_spatial_mat", "cross", "spatial_cross"}
    | {"spatial_cross_dual", "outer", "outer_spatial", "mat_vec", "mat_times_vec", "vec_mat", "mat_mul", "mat_spatial", "spatial_mat_mul"}
    | {"quat_multiply", "transform_vector_matrix"}
)
"""Linear in each of two arguments: products."""

LINEAR_IN_FIRST = frozenset(
    {"divide", "vec_divide", "mat_divide", "spatial_divide", "spatial_mat_divide", "quat_divide", "cw_div", "cw_div_mat", "cw_div_spatial"}
    | {"cw_div_spatial_mat", "divide_approx", "vec_divide_approx", "mat_divide_approx", "spatial_divide_approx", "quat_divide_approx"}
)
"""Linear in the first of two arguments: quotients."""
