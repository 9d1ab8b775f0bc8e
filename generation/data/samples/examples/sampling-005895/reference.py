import numpy as np

f32 = np.float32


def pcg(state):
    word = state * np.uint32(747796405) + np.uint32(2891336453)
    word = ((word >> ((word >> np.uint32(28)) + np.uint32(4))) ^ word) * np.uint32(277803737)
    return (word >> np.uint32(22)) ^ word


def rand_init(seed, offset=None):
    seed = np.asarray(seed).astype(np.uint32)
    return pcg(seed if offset is None else seed + pcg(np.asarray(offset).astype(np.uint32)))


def randf(state, low=0.0, high=1.0):
    state = pcg(state)
    return state, (high - low) * ((state >> np.uint32(8)).astype(f32) * f32(2.0**-24)) + low


def reference(dim, activations, rng_seed, sigma, values_out):
    idx = np.arange(dim[0], dtype=np.int32)
    state = rand_init(rng_seed + idx)
    v = activations[idx]
    state, drawn = randf(state, -1.0, 1.0)
    result = v + sigma * drawn * np.abs(v)
    values_out[idx] = result
    return {"values_out": values_out}
