import warp as wp


@wp.kernel
def pv_product(v: wp.array3d[float], P: wp.array3d[float], O: wp.array3d[float]):
    head, query, c = wp.tid()
    num_keys = P.shape[2]
    acc = float(0.0)
    for key in range(num_keys):
        acc += v[head, key, c] * P[head, query, key]
    O[head, query, c] = acc
