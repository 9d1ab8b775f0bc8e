"""Warp's random numbers in numpy, for references: the PCG hash, and uniform, integer and normal draws from it.

The definitions follow `native/rand.h` of Warp: the state is a 32-bit unsigned integer per thread that every draw hashes once (a normal
number twice). The hash is that of Jarzynski and Olano, Hash Functions for GPU Rendering, 2020; normal numbers are by Box and Muller.
"""

from __future__ import annotations

PCG = [
    "def pcg(state):",
    "    word = state * np.uint32(747796405) + np.uint32(2891336453)",
    "    word = ((word >> ((word >> np.uint32(28)) + np.uint32(4))) ^ word) * np.uint32(277803737)",
    "    return (word >> np.uint32(22)) ^ word",
]
RAND_INIT = [
    "def rand_init(seed, offset):",
    "    return pcg(np.uint32(seed) + pcg(np.asarray(offset).astype(np.uint32)))",
]
RAND_INIT_SEED = [
    "def rand_init_seed(seed):",
    "    return pcg(np.asarray(seed).astype(np.uint32))",
]
RANDF = [
    "def randf(state, low=0.0, high=1.0):",
    "    state = pcg(state)",
    "    unit = (state >> np.uint32(8)).astype(f32) * f32(1.0 / 16777216.0)",
    "    return state, (high - low) * unit + low",
]
RANDI = [
    "def randi(state, low, high):",
    "    state = pcg(state)",
    "    return state, (state % np.uint32(high - low)).astype(np.int32) + np.int32(low)",
]
RANDI_FULL = [
    "def randi_full(state):",
    "    state = pcg(state)",
    "    return state, state.astype(np.int32)",
]
RANDU = [
    "def randu(state):",
    "    state = pcg(state)",
    "    return state, state",
]
RANDU_RANGE = [
    "def randu_range(state, low, high):",
    "    state = pcg(state)",
    "    return state, state % np.uint32(high - low) + np.uint32(low)",
]
RANDN = [
    "def randn(state):",
    "    state, first = randf(state)",
    "    state, second = randf(state)",
    "    return state, np.sqrt(-2.0 * np.log(first + f32(5.96e-8))) * np.cos(f32(2.0 * np.pi) * second)",
]

PORT = {
    "rand_init": (PCG, RAND_INIT),
    "rand_init_seed": (PCG, RAND_INIT_SEED),
    "randf": (PCG, RANDF),
    "randi": (PCG, RANDI),
    "randi_full": (PCG, RANDI_FULL),
    "randu": (PCG, RANDU),
    "randu_range": (PCG, RANDU_RANGE),
    "randn": (PCG, RANDF, RANDN),
}
"""For each function the definitions that it needs, in order."""


def port(*names: str) -> list[list[str]]:
    """The definitions for `names`, each once, what they build on first. Raises KeyError for a name that is not ported."""
    blocks: list[list[str]] = []
    for name in names:
        blocks += [block for block in PORT[name] if block not in blocks]
    return blocks
