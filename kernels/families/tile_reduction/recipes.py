"""What people reduce a tile for: norms, losses, statistics, softmax and its kin.

A recipe is written in lines. `m = [max] x` is a reduction to a number of the block, of the tile that the formula makes; `y = x / m` is a
formula. `mean` is the sum over the number of elements. `d = x - m @:0` adds that values are at most 0 (`@0:`, at least 0), which their
intervals do not show.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """One algorithm: kernel names, input tiles (name, low, high), lines, parameters (name, low, high) and what is stored.

    `smooth` says that its gradient is right although `wp.tile_max` has none: what depends on the maximum alone cancels.
    """

    names: str
    inputs: tuple[tuple[str, float, float], ...]
    lines: tuple[str, ...]
    knobs: tuple[tuple[str, float, float], ...]
    smooth: bool

    @property
    def targets(self) -> tuple[str, ...]:
        """The names that the lines give, in order; the last is stored."""
        return tuple(line.split(" = ")[0] for line in self.lines)


def recipe(names: str, inputs: str, lines: str, knobs: str = "", *, smooth: bool = True) -> Recipe:
    """A Recipe from compact text: inputs `x:-1:1`, lines parted by `;`, knobs `eps:0.01:0.1`."""

    def bounds(text: str) -> tuple[tuple[str, float, float], ...]:
        return tuple((n, float(low), float(high)) for n, low, high in (item.split(":") for item in text.split()))

    return Recipe(names, bounds(inputs), tuple(line.strip() for line in lines.split(";")), bounds(knobs), smooth)


NORMALIZATIONS = (
    recipe("softmax row_softmax", "x:-2:2", "m = [max] x; d = x - m @:0; e = exp(d); s = [sum] e @1:; y = e / s"),
    recipe("tempered_softmax", "x:-2:2", "m = [max] x; d = x - m @:0; e = exp(d / tau); s = [sum] e @1:; y = e / s", "tau:0.6:2"),
    recipe("softmax_shifted", "x:-2:2", "e = exp(x - shift); s = [sum] e; y = e / s", "shift:-0.5:0.5"),
    recipe("log_softmax", "x:-2:2", "m = [max] x; d = x - m @:0; s = [sum] exp(d) @1:; y = d - log(s)"),
    recipe("masked_softmax", "x:-2:2 keep:0.1:1", "e = keep * exp(x); s = [sum] e; y = e / s"),
    recipe(
        "biased_softmax attention_row",
        "x:-2:2 bias:-1:1",
        "z = scale * x + bias; m = [max] z; d = z - m @:0; e = exp(d); s = [sum] e @1:; y = e / s",
        "scale:0.2:1",
    ),
    recipe("layer_norm", "x:-2:2", "mean = [mean] x; d = x - mean; v = [mean] d * d; y = d / sqrt(v + eps)", "eps:0.05:0.2"),
    recipe(
        "layer_norm_affine",
        "x:-2:2 g:0.5:1.5 b:-1:1",
        "mean = [mean] x; d = x - mean; v = [mean] d * d; r = 1.0 / sqrt(v + eps); y = d * r * g + b",
        "eps:0.05:0.2",
    ),
    recipe("rms_norm", "x:-2:2", "q = [mean] x * x; y = x / sqrt(q + eps)", "eps:0.05:0.2"),
    recipe("rms_norm_scaled", "x:-2:2 g:0.5:1.5", "q = [mean] x * x; r = 1.0 / sqrt(q + eps); y = x * r * g", "eps:0.05:0.2"),
    recipe("l2_normalize unit_rows", "x:-2:2", "q = [sum] x * x; y = x / sqrt(q + eps)", "eps:0.05:0.2"),
    recipe("l1_normalize", "x:-2:2", "q = [sum] abs(x); y = x / (q + eps)", "eps:0.05:0.2"),
    recipe("center remove_mean", "x:-2:2", "mean = [mean] x; y = x - mean"),
    recipe("weighted_center", "x:-2:2 w:0.1:1", "p = [sum] w * x; q = [sum] w; mean = p / q; y = x - mean"),
    recipe("project_out", "x:-1:1 w:0.2:1", "p = [dot] x, w; q = [dot] w, w; c = p / q; y = x - w * c"),
    recipe("gate_by_mean squeeze_excite", "x:-2:2", "mean = [mean] x; g = 1.0 / (1.0 + exp(-mean)); y = x * g"),
    recipe("clip_norm", "x:-2:2", "q = [sum] x * x; n = sqrt(q + 0.05); c = limit / (n + limit); y = x * c", "limit:0.5:2"),
    recipe("contrast", "x:0.1:2", "mean = [mean] x; y = (x - mean) / (mean + soft)", "soft:0.1:1"),
    recipe("simplex_step", "x:0.1:1 grad:-1:1", "e = x * exp(-rate * grad); s = [sum] e; y = e / s", "rate:0.1:1"),
    recipe("residual_norm", "x:-1:1 skip:-1:1", "h = x + skip; q = [mean] h * h; y = h / sqrt(q + eps)", "eps:0.05:0.2"),
)
"""Recipes that store a tile."""

NUMBERS = (
    recipe("row_sum tile_total", "x:-1:1", "s = [sum] x"),
    recipe("row_mean", "x:-1:1", "s = [mean] x"),
    recipe("dot_product inner_product", "x:-1:1 w:-1:1", "s = [dot] x, w"),
    recipe("weighted_mean", "x:-1:1 w:0.1:1", "p = [sum] w * x; q = [sum] w; s = p / q"),
    recipe("logsumexp", "x:-2:2", "m = [max] x; d = x - m @:0; q = [sum] exp(d) @1:; s = m + log(q)"),
    recipe("free_energy", "x:0:2", "q = [sum] exp(-beta * x); s = -log(q) / beta", "beta:0.5:2"),
    recipe("variance", "x:-1:1", "mean = [mean] x; d = x - mean; s = [mean] d * d"),
    recipe("variance_by_moments", "x:-1:1", "p = [mean] x; q = [mean] x * x; s = q - p * p"),
    recipe("third_moment", "x:-1:1", "mean = [mean] x; d = x - mean; s = [mean] d * d * d"),
    recipe("covariance", "x:-1:1 w:-1:1", "p = [mean] x; q = [mean] w; s = [mean] (x - p) * (w - q)"),
    recipe("row_norm", "x:-1:1", "q = [sum] x * x; s = sqrt(q + 0.05)"),
    recipe(
        "cosine_similarity",
        "x:-1:1 w:-1:1",
        "p = [dot] x, w; q = [dot] x, x; r = [dot] w, w; s = p / (sqrt(q + eps) * sqrt(r + eps))",
        "eps:0.06:0.2",
    ),
    recipe("squared_distance mse", "x:-1:1 target:-1:1", "d = x - target; s = [mean] d * d"),
    recipe("rmse", "x:-1:1 target:-1:1", "d = x - target; q = [mean] d * d; s = sqrt(q + 0.05)"),
    recipe("smooth_l1", "x:-1:1 target:-1:1", "d = x - target; s = [sum] sqrt(d * d + delta) - delta", "delta:0.05:0.5"),
    recipe(
        "cross_entropy",
        "x:-2:2 p:0.01:0.1",
        "m = [max] x; d = x - m @:0; q = [sum] exp(d) @1:; r = [dot] x, p; c = [sum] p; s = c * (m + log(q)) - r",
    ),
    recipe("entropy", "x:-2:2", "e = exp(x); q = [sum] e; r = [dot] e, x; s = log(q) - r / q"),
    recipe("binary_cross_entropy", "x:0.1:0.9 y:0:1", "s = [mean] -y * log(x) - (1.0 - y) * log(1.0 - x)"),
    recipe("kl_divergence", "p:0.1:1 q:0.1:1", "s = [sum] p * log(p / q)"),
    recipe("soft_argmax", "x:-2:2 place:0:1", "e = exp(sharp * x); q = [sum] e; p = [sum] e * place; s = p / q", "sharp:0.5:1.5"),
    recipe("gated_sum", "x:-1:1 w:-2:2", "s = [sum] x / (1.0 + exp(-w))"),
    recipe("kinetic_energy", "mass:0.1:2 speed:-2:2", "q = [sum] mass * speed * speed; s = 0.5 * q"),
    recipe("center_of_mass", "mass:0.1:2 x:-1:1", "p = [dot] mass, x; q = [sum] mass; s = p / q"),
    recipe("power_mean", "x:0.4:2", "q = [mean] x * x * x; s = cbrt(q)"),
    recipe("geometric_mean", "x:0.1:2", "q = [mean] log(x); s = exp(q)"),
    recipe("harmonic_mean", "x:0.2:2", "q = [mean] 1.0 / x; s = 1.0 / q"),
    recipe("participation", "x:-1:1", "u = x * x; q = [sum] u; r = [sum] u * u; s = q * q / (r + 0.05)"),
    recipe("signal_to_noise", "x:-1:1", "mean = [mean] x; d = x - mean; v = [mean] d * d; s = mean / sqrt(v + eps)", "eps:0.05:0.2"),
)
"""Recipes that store a number for each block."""

EXTREMES = (
    recipe("min_max_scale", "x:-2:2", "lo = [min] x; hi = [max] x; span = hi - lo @0:; y = (x - lo) / (span + 0.05)", smooth=False),
    recipe("quantize_rows", "x:-2:2", "peak = [max] abs(x); y = floor(x * levels / (peak + 0.05) + 0.5)", "levels:7:31", smooth=False),
    recipe("peak_normalize", "x:-2:2", "peak = [max] abs(x); y = x / (peak + 0.05)", smooth=False),
    recipe("relative_to_minimum", "x:-2:2", "lo = [min] x; d = x - lo @0:; y = sqrt(d + 0.05)", smooth=False),
    recipe("clip_to_share", "x:0.1:2", "peak = [max] x; y = min(x, share * peak)", "share:0.3:0.9", smooth=False),
    recipe("row_max", "x:-2:2", "s = [max] x", smooth=False),
    recipe("row_min", "x:-2:2", "s = [min] x", smooth=False),
    recipe("row_range spread", "x:-2:2", "hi = [max] x; lo = [min] x; s = hi - lo", smooth=False),
    recipe("peak_to_mean crest_factor", "x:-2:2", "peak = [max] abs(x); q = [mean] x * x; s = peak / sqrt(q + 0.05)", smooth=False),
    recipe("row_product", "x:0.8:1.2", "s = [product] x", smooth=False),
    recipe("compound_growth", "x:-0.1:0.1", "s = [compound] x", smooth=False),
    recipe("row_logsumexp", "x:-2:2", "s = [logaddexp] x", smooth=False),
    recipe("row_length", "x:-1:1 w:-1:1", "s = [hypot] x - w", smooth=False),
    recipe("largest_magnitude", "x:-1:1", "s = [magnitude] x", smooth=False),
    recipe("largest_difference", "x:-1:1 target:-1:1", "s = [max] abs(x - target)", smooth=False),
    recipe("margin", "x:-2:2 w:0.1:1", "a = [max] w * x; b = [min] w * x; s = (a - b) / (1.0 + a * a)", smooth=False),
)
"""Recipes whose reductions have no gradient."""
