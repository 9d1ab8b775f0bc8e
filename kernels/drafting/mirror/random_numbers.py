"""Builtins that draw random numbers, with their integer states, bit for bit, and real numbers in the working precision.

The state is a 32-bit word that every draw hashes once by the PCG hash of Jarzynski and Olano, Hash Functions for GPU Rendering, 2020. Reals
take the word's upper 24 bits; normal numbers are by Box and Muller; points in simple bodies by inverting their distribution functions;
Poisson numbers by multiplication of uniform ones (Knuth) below a rate of 10 and by transformed rejection (Hoermann, Insurance: Mathematics
and Economics 12, 1993) above. The order in which a draw takes its words is that of Warp's `native/rand.h`.
"""

from __future__ import annotations

from kernels.drafting.mirror.registry import declare, helper

_WORD = "wp.uint32"


def _draws(name: str, kinds: str, result: str, call: str = "", needs: str = "") -> None:
    """Declares a builtin that advances the state, its first argument."""
    function = call.partition("(")[0] or name
    arguments = ", ".join(f"{{{n}}}" for n in range(len(kinds)))
    declare(name, kinds, call or f"{name}({arguments})", result, needs=[needs or function], draws=True)


declare("rand_init", "s", "rand_init({0})", _WORD, needs=["rand_init"])
declare("rand_init", "ss", "rand_init({0}, {1})", _WORD, needs=["rand_init"])
_draws("randi", "s", "int")
_draws("randi", "sss", "int", "randi_between({0}, {1}, {2})")
_draws("randu", "s", _WORD)
_draws("randu", "sss", _WORD, "randu_between({0}, {1}, {2})")
_draws("randf", "s", "float")
_draws("randf", "sss", "float")
_draws("randn", "s", "float")
_draws("poisson", "ss", _WORD)
for _shape, _result in (
    ("triangle", "wp.vec2"),
    ("unit_ring", "wp.vec2"),
    ("unit_disk", "wp.vec2"),
    ("unit_square", "wp.vec2"),
    ("unit_sphere_surface", "wp.vec3"),
    ("unit_sphere", "wp.vec3"),
    ("unit_hemisphere_surface", "wp.vec3"),
    ("unit_hemisphere", "wp.vec3"),
    ("unit_cube", "wp.vec3"),
):
    _draws(f"sample_{_shape}", "s", _result)

helper(
    "pcg",
    """
def pcg(state):
    word = state * np.uint32(747796405) + np.uint32(2891336453)
    word = ((word >> ((word >> np.uint32(28)) + np.uint32(4))) ^ word) * np.uint32(277803737)
    return (word >> np.uint32(22)) ^ word
""",
)
helper(
    "rand_init",
    """
def rand_init(seed, offset=None):
    seed = np.asarray(seed).astype(np.uint32)
    return pcg(seed if offset is None else seed + pcg(np.asarray(offset).astype(np.uint32)))
""",
    needs=["pcg"],
)
helper("randu", "def randu(state):\n    state = pcg(state)\n    return state, state", needs=["pcg"])
helper("randi", "def randi(state):\n    state = pcg(state)\n    return state, state.astype(np.int32)", needs=["pcg"])
helper(
    "randu_between",
    """
def randu_between(state, low, high):
    state = pcg(state)
    return state, state % np.asarray(high - low).astype(np.uint32) + np.asarray(low).astype(np.uint32)
""",
    needs=["pcg"],
)
helper(
    "randi_between",
    """
def randi_between(state, low, high):
    state = pcg(state)
    return state, (state % np.asarray(high - low).astype(np.uint32)).astype(np.int32) + low
""",
    needs=["pcg"],
)
helper(
    "randf",
    """
def randf(state, low=0.0, high=1.0):
    state = pcg(state)
    return state, (high - low) * ((state >> np.uint32(8)).astype(f32) * f32(2.0**-24)) + low
""",
    needs=["pcg"],
)
helper(
    "randn",
    """
def randn(state):
    state, first = randf(state)
    state, second = randf(state)
    return state, np.sqrt(-2.0 * np.log(first + f32(5.96e-8))) * np.cos(f32(2.0 * np.pi) * second)
""",
    needs=["randf"],
)
helper(
    "sample_triangle",
    """
def sample_triangle(state):
    state, first = randf(state)
    state, second = randf(state)
    r = np.sqrt(first)
    return state, np.stack([1 - r, second * r], axis=-1)
""",
    needs=["randf"],
)
helper(
    "sample_unit_ring",
    """
def sample_unit_ring(state):
    state, theta = randf(state, 0.0, f32(2.0 * np.pi))
    return state, np.stack([np.cos(theta), np.sin(theta)], axis=-1)
""",
    needs=["randf"],
)
helper(
    "sample_unit_disk",
    """
def sample_unit_disk(state):
    state, area = randf(state)
    state, ring = sample_unit_ring(state)
    return state, np.sqrt(area)[..., None] * ring
""",
    needs=["sample_unit_ring"],
)
helper(
    "centred",
    """
def centred(state, count):
    parts = []
    for _ in range(count):
        state, u = randf(state)
        parts.append(u - f32(0.5))
    return state, np.stack(parts, axis=-1)
""",
    needs=["randf"],
)
helper("sample_unit_square", "def sample_unit_square(state):\n    return centred(state, 2)", needs=["centred"])
helper("sample_unit_cube", "def sample_unit_cube(state):\n    return centred(state, 3)", needs=["centred"])
helper(
    "polar_direction",
    """
def polar_direction(state, height):
    state, u = randf(state)
    state, ring = sample_unit_ring(state)
    phi = np.arccos(1 - height * u)
    return state, np.concatenate([ring * np.sin(phi)[..., None], np.cos(phi)[..., None]], axis=-1)
""",
    needs=["sample_unit_ring"],
)
helper(
    "sample_unit_sphere_surface",
    "def sample_unit_sphere_surface(state):\n    return polar_direction(state, 2)",
    needs=["polar_direction"],
)
helper(
    "sample_unit_hemisphere_surface",
    "def sample_unit_hemisphere_surface(state):\n    return polar_direction(state, 1)",
    needs=["polar_direction"],
)
for _name, _height in (("sample_unit_sphere", 2), ("sample_unit_hemisphere", 1)):
    helper(
        _name,
        f"""
def {_name}(state):
    state, direction = polar_direction(state, {_height})
    state, volume = randf(state)
    return state, np.power(volume, f32(1.0 / 3.0))[..., None] * direction
""",
        needs=["polar_direction"],
    )
helper(
    "sample_cdf",
    """
def sample_cdf(state, cdf):
    state, u = randf(state)
    return state, np.searchsorted(cdf, u).astype(np.int32)
""",
    needs=["randf"],
)
helper(
    "poisson",
    """
def poisson(state, rate):
    rate = np.broadcast_to(rate, np.shape(state))
    few_state, few = poisson_by_products(state, np.where(rate < 10, rate, 1))
    many_state, many = poisson_by_rejection(state, np.where(rate < 10, 10, rate))
    number = np.where(rate < 10, few, many).astype(np.uint32)
    return np.where(rate < 10, few_state, many_state), number
""",
    needs=["poisson_by_products", "poisson_by_rejection"],
)
helper(
    "poisson_by_products",
    """
def poisson_by_products(state, rate):
    limit, product = np.exp(-rate), np.ones_like(rate)
    number, going = np.zeros(np.shape(state), np.int64), np.ones(np.shape(state), bool)
    while np.any(going):
        advanced, u = randf(state)
        state, product = np.where(going, advanced, state), np.where(going, product * u, product)
        going = going & (product > limit)
        number = number + going
    return state, number
""",
    needs=["randf"],
)
helper(
    "poisson_by_rejection",
    """
def poisson_by_rejection(state, rate):
    b = 0.931 + 2.53 * np.sqrt(rate)
    a = -0.059 + 0.02483 * b
    likely = 0.9277 - 3.6224 / (b - 2)
    log_scale = np.log(1.1239 + 1.1328 / (b - 3.4))
    log_factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1.0, 400.0)))])
    number, going = np.zeros(np.shape(state), np.int64), np.ones(np.shape(state), bool)
    while np.any(going):
        advanced, u = randf(state)
        advanced, v = randf(advanced)
        state, u = np.where(going, advanced, state), u - f32(0.5)
        edge = 0.5 - np.abs(u)
        k = np.floor((2 * a / edge + b) * u + rate + 0.43).astype(np.int64)
        within = np.minimum(np.maximum(k, 0), 399)
        bound = within * np.log(rate) - rate - log_factorial[within]
        candidate = (k >= 0) & ((edge >= 0.013) | (v <= edge))
        taken = ((edge >= 0.07) & (v <= likely)) | (candidate & (np.log(v) + log_scale - np.log(a / (edge * edge) + b) <= bound))
        number = np.where(going & taken, k, number)
        going = going & ~taken
    return state, number
""",
    needs=["randf"],
)
