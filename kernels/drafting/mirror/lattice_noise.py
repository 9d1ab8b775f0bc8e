"""Builtins of gradient noise on the integer lattice, after Perlin, Improving Noise, 2002: a gradient for each point, faded by a quintic.

The gradient at a point is drawn from a hash of its coordinates and the state; in one dimension it is a number in [-1, 1), in more a
direction. Periodic noise takes coordinates modulo a period. Curl noise (Bridson, Houriham and Nordenstam, Curl-Noise for Procedural Fluid
Flow, 2007) rotates the gradient of one field in the plane, and is the curl of three fields in space.
"""

from __future__ import annotations

from kernels.drafting.mirror.registry import declare, helper

declare("noise", "ss", "noise({0}, {1}[..., None])", "1", needs=["noise"])
declare("noise", "sv", "noise({0}, {1})", "float", needs=["noise"])
for _length in range(1, 5):
    _periods = ", ".join(f"{{{2 + n}}}" for n in range(_length))
    _point = "{1}" if _length > 1 else "{1}[..., None]"
    _kinds = "s" + ("v" if _length > 1 else "s") + "s" * _length
    declare("pnoise", _kinds, f"pnoise({{0}}, {_point}, {_periods})", "float", needs=["pnoise"])

helper(
    "lattice_gradient",
    """
def lattice_gradient(state, cell):
    primes = np.array([73856093, 19349663, 53471161, 10000019], np.uint32)
    words = [cell[..., n].astype(np.uint32) * primes[n] for n in range(cell.shape[-1])]
    words[-1] = words[-1] + state
    key, parts = words[0], []
    for word in words[1:]:
        key = key ^ word
    for _ in words:
        key, u = randf(key)
        parts.append(u - f32(0.5))
    gradient = np.stack(parts, axis=-1)
    return 2 * gradient if len(words) == 1 else gradient / np.sqrt(np.sum(gradient * gradient, axis=-1, keepdims=True))
""",
    needs=["randf"],
)
helper(
    "lattice_corners",
    """
def lattice_corners(state, low, high, t):
    far = np.array([corner for corner in np.ndindex(*[2] * t.shape[-1])], bool)
    gradient = lattice_gradient(np.asarray(state)[..., None], np.where(far, high[..., None, :], low[..., None, :]))
    fade = (t * t * t * (t * (6 * t - 15) + 10))[..., None, :]
    offset = np.where(far, t[..., None, :] - 1, t[..., None, :])
    return far, gradient, np.where(far, fade, 1 - fade), np.sum(gradient * offset, axis=-1)
""",
    needs=["lattice_gradient"],
)
helper(
    "lattice_sum",
    """
def lattice_sum(state, low, high, t):
    _, _, side, height = lattice_corners(state, low, high, t)
    return np.sum(np.prod(side, axis=-1) * height, axis=-1)
""",
    needs=["lattice_corners"],
)
helper(
    "lattice_slope",
    """
def lattice_slope(state, low, high, t):
    far, gradient, side, height = lattice_corners(state, low, high, t)
    steep = (30 * t * t * (t - 1) * (t - 1))[..., None, :]
    turn, axes = np.where(far, steep, -steep), range(t.shape[-1])
    rest = np.stack([turn[..., n] * np.prod(side[..., [m for m in axes if m != n]], axis=-1) for n in axes], axis=-1)
    return np.sum(gradient * np.prod(side, axis=-1)[..., None] + height[..., None] * rest, axis=-2)
""",
    needs=["lattice_corners"],
)
helper(
    "noise",
    """
def noise(state, p):
    corner = np.floor(p)
    cell = corner.astype(np.int64)
    return lattice_sum(state, cell, cell + 1, p - corner)
""",
    needs=["lattice_sum"],
)
helper(
    "pnoise",
    """
def pnoise(state, p, *period):
    corner = np.floor(p)
    cell = np.mod(corner.astype(np.int64), np.array(period))
    return lattice_sum(state, cell, np.mod(cell + 1, np.array(period)), p - corner)
""",
    needs=["lattice_sum"],
)
helper(
    "curlnoise",
    """
def curlnoise(state, p, octaves=1, lacunarity=2.0, gain=0.5):
    frequency, amplitude, slopes = 1.0, 1.0, [0, 0, 0]
    for _ in range(octaves):
        scaled = frequency * p
        corner = np.floor(scaled)
        cell = corner.astype(np.int64)
        for n in range(1 if p.shape[-1] == 2 else 3):
            if n:
                state = rand_init(state, (10019689, 13112221)[n - 1])
            slopes[n] = slopes[n] + amplitude * lattice_slope(state, cell, cell + 1, scaled - corner)
        frequency, amplitude = frequency * lacunarity, amplitude * gain
    if p.shape[-1] == 2:
        return np.stack([-slopes[0][..., 1], slopes[0][..., 0]], axis=-1)
    a, b, c = slopes
    return np.stack([c[..., 1] - b[..., 2], a[..., 2] - c[..., 0], b[..., 0] - a[..., 1]], axis=-1)
""",
    needs=["lattice_slope", "rand_init"],
)
