import warp as wp


@wp.kernel
def gather_rows(
    input_ids: wp.array(dtype=int),
    weight: wp.array(dtype=float),
    dim_size: int,
    hidden: wp.array2d(dtype=float),
    scale: float,
):
    token, d = wp.tid()
    row = input_ids[token]
    element = scale * weight[row * dim_size + d]
    hidden[token, d] = element
