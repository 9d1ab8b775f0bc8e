import warp as wp


@wp.kernel
def apply_mat_a(
    mat_a: wp.array2d(dtype=float),
    mat_b: wp.array2d(dtype=float),
    mat_c: wp.array(dtype=float),
):
    row, k = wp.tid()
    contribution = mat_a[row, k] * mat_b[row, k]
    wp.atomic_add(mat_c, row, contribution)
