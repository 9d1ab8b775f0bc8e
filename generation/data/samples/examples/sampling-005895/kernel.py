import warp as wp


@wp.kernel
def perturb_noise(
    activations: wp.array[float],
    rng_seed: int,
    sigma: float,
    values_out: wp.array[float],
):
    idx = wp.tid()
    state = wp.rand_init(rng_seed + idx)
    v = activations[idx]
    result = v + sigma * wp.randf(state, -1.0, 1.0) * wp.abs(v)
    values_out[idx] = result
