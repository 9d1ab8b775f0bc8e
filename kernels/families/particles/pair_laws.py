"""Laws between pairs of particles: gravity, electrostatics, molecular potentials, and smoothed-particle hydrodynamics."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Law:
    """A pair law: the quantity that each particle has, the formulas of a pair's `strength`, and along it acts ("" for none)."""

    name: str
    charge: str
    formulas: tuple[str, ...]
    along: str = "offset"


LAWS = (
    Law("gravity", "mass", ("inv_dist = 1.0 / wp.sqrt(dist_sq)", "strength = mass_j * inv_dist * inv_dist * inv_dist")),
    Law("gravity", "mass", ("strength = mass_j / (dist_sq * wp.sqrt(dist_sq))",)),
    Law("gravity", "mass", ("strength = mass_j * wp.pow(dist_sq, -1.5)",)),
    Law("gravity_force", "mass", ("dist = wp.sqrt(dist_sq)", "strength = mass_i * mass_j / (dist * dist_sq)")),
    Law("potential", "mass", ("dist = wp.sqrt(dist_sq)", "strength = -mass_j / dist"), ""),
    Law("coulomb", "charge", ("dist = wp.sqrt(dist_sq)", "strength = -charge_i * charge_j / (dist * dist_sq)")),
    Law("coulomb_energy", "charge", ("strength = 0.5 * charge_i * charge_j / wp.sqrt(dist_sq)",), ""),
    Law(
        "yukawa",
        "charge",
        ("dist = wp.sqrt(dist_sq)", "screening = wp.exp(-dist)", "strength = -charge_i * charge_j * screening * (1.0 + dist) / dist_sq"),
    ),
    Law("yukawa_energy", "charge", ("dist = wp.sqrt(dist_sq)", "strength = charge_i * charge_j * wp.exp(-dist) / dist"), ""),
    Law(
        "lennard_jones",
        "well_depth",
        ("inv2 = 1.0 / dist_sq", "inv6 = inv2 * inv2 * inv2", "strength = -24.0 * well_depth_j * inv6 * (2.0 * inv6 - 1.0) * inv2"),
    ),
    Law(
        "lennard_jones_energy",
        "well_depth",
        ("ratio = 1.0 / dist_sq", "inv6 = ratio * ratio * ratio", "strength = 4.0 * well_depth_j * inv6 * (inv6 - 1.0)"),
        "",
    ),
    Law(
        "repulsion",
        "radius",
        ("dist = wp.sqrt(dist_sq)", "overlap = wp.max(radius_i + radius_j - dist, 0.0)", "strength = -overlap / dist"),
    ),
    Law(
        "morse_energy",
        "well_depth",
        ("dist = wp.sqrt(dist_sq)", "decay = 1.0 - wp.exp(1.0 - dist)", "strength = well_depth_j * decay * decay"),
        "",
    ),
    Law("gaussian", "weight", ("strength = weight_j * wp.exp(-0.5 * dist_sq)",), ""),
    Law("flocking", "weight", ("strength = weight_j / (1.0 + dist_sq)",), "relative"),
)


SPH = (
    Law("density", "mass", ("strength = mass_j * w",), ""),
    Law("density", "volume", ("strength = volume_j * w",), ""),
    Law("pressure_force", "mass", ("strength = -mass_j * mean_pressure * w",)),
    Law("pressure_force", "volume", ("strength = -volume_i * volume_j * mean_pressure * w",)),
    Law("viscosity", "mass", ("strength = mass_j * w",), "relative"),
    Law("colour_gradient", "volume", ("strength = volume_j * w",)),
)


SMOOTHING = (
    ("q2 = dist_sq / (h * h)", "falloff = wp.max(1.0 - q2, 0.0)", "w = falloff * falloff * falloff"),
    ("gap = wp.max(h * h - dist_sq, 0.0)", "w = gap * gap * gap"),
    ("ratio = wp.sqrt(dist_sq) / h", "edge = wp.max(1.0 - ratio, 0.0)", "w = edge * edge"),
    ("w = wp.exp(-dist_sq / (h * h))",),
    (
        "ratio = wp.sqrt(dist_sq) / h",
        "outer = wp.max(2.0 - ratio, 0.0)",
        "inner = wp.max(1.0 - ratio, 0.0)",
        "w = 0.25 * outer * outer * outer - inner * inner * inner",
    ),
    ("ratio = wp.sqrt(dist_sq) / h", "edge = wp.max(1.0 - 0.5 * ratio, 0.0)", "w = wp.pow(edge, 4.0) * (2.0 * ratio + 1.0)"),
)
