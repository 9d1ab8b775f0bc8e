"""Smoothing kernels of smoothed-particle hydrodynamics and their radial derivatives, in two and three dimensions.

Poly6, spiky and viscosity kernels after Mueller et al., Particle-Based Fluid Simulation (2003); cubic spline after Monaghan, Smoothed
Particle Hydrodynamics (1992); Wendland's C2 and C4 after Dehnen and Aly (2012). All have support radius h.
"""

from __future__ import annotations

from dataclasses import dataclass

from kernels.drafting.solvers.script import Script


@dataclass(frozen=True)
class Smoothing:
    """A kernel: its factor for two and three dimensions, its shape, and the derivative of the shape; both over the ratio `q` = r / h."""

    name: str
    factors: dict[int, float]
    weight: tuple[str, ...]
    slope: tuple[str, ...]


CUBIC = (
    (
        "outer = wp.max(1.0 - q, 0.0)",
        "if q < 0.5:",
        "    return {f} * (1.0 - 6.0 * q * q * (1.0 - q))",
        "return {f} * 2.0 * outer * outer * outer",
    ),
    ("outer = wp.max(1.0 - q, 0.0)", "if q < 0.5:", "    return {f} * (18.0 * q * q - 12.0 * q)", "return {f} * -6.0 * outer * outer"),
)
SMOOTHING = (
    Smoothing(
        "poly6",
        {2: 1.2732395, 3: 1.5666815},
        ("gap = wp.max(1.0 - q * q, 0.0)", "return {f} * gap * gap * gap"),
        ("gap = wp.max(1.0 - q * q, 0.0)", "return {f} * -6.0 * q * gap * gap"),
    ),
    Smoothing(
        "spiky",
        {2: 3.1830989, 3: 4.7746483},
        ("gap = wp.max(1.0 - q, 0.0)", "return {f} * gap * gap * gap"),
        ("gap = wp.max(1.0 - q, 0.0)", "return {f} * -3.0 * gap * gap"),
    ),
    Smoothing("cubic_spline", {2: 1.8189136, 3: 2.5464791}, *CUBIC),
    Smoothing(
        "wendland_c2",
        {2: 2.2281692, 3: 3.3422538},
        ("gap = wp.max(1.0 - q, 0.0)", "square = gap * gap", "return {f} * square * square * (4.0 * q + 1.0)"),
        ("gap = wp.max(1.0 - q, 0.0)", "return {f} * -20.0 * q * gap * gap * gap"),
    ),
    Smoothing(
        "wendland_c4",
        {2: 2.8647890, 3: 4.9238560},
        ("gap = wp.max(1.0 - q, 0.0)", "return {f} * wp.pow(gap, 6.0) * (11.6666667 * q * q + 6.0 * q + 1.0)"),
        ("gap = wp.max(1.0 - q, 0.0)", "return {f} * -18.6666667 * q * (5.0 * q + 1.0) * wp.pow(gap, 5.0)"),
    ),
)
"""Each normalized: the integral over the support is 1."""

VISCOSITY = {2: 12.7323954, 3: 14.3239449}
"""Factor of the Laplacian of the viscosity kernel, (1 - q) / h^(d + 2)."""


def weight(s: Script, dims: int) -> tuple[str, Smoothing]:
    """Defines a drawn kernel W(r, h); returns its name and the kernel."""
    kernel = s.draw.choice(SMOOTHING)
    return _define(s, kernel, f"w_{kernel.name}", kernel.weight, dims, dims), kernel


def slope(s: Script, dims: int, kernel: Smoothing | None = None) -> str:
    """Defines the derivative dW/dr (r, h) of a kernel, a drawn one if none is given; returns its name."""
    kernel = kernel or s.draw.choice(SMOOTHING)
    return _define(s, kernel, f"dw_{kernel.name}", kernel.slope, dims, dims + 1)


def laplacian(s: Script, dims: int) -> str:
    """Defines the Laplacian of the viscosity kernel (r, h); returns its name."""
    body = (f"return {VISCOSITY[dims]} * wp.max(1.0 - r / h, 0.0) / {_power('h', dims + 2)}",)
    return s.define("viscosity_laplacian", "r: real, h: real", "\n".join(body), "real")


def _define(s: Script, kernel: Smoothing, name: str, body: tuple[str, ...], dims: int, power: int) -> str:
    """Defines a function of (r, h): the ratio and the factor in one of a few spellings, then the shape."""
    draw = s.draw
    factor = f"{kernel.factors[dims]} / {_power('h', power)}" if draw.chance(0.6) else f"{kernel.factors[dims]} * wp.pow(h, -{power}.0)"
    named = draw.chance(0.6)
    lines = ["q = r / h"]
    if draw.chance(0.4):
        lines += ["if q >= 1.0:", "    return 0.0"]
        body = tuple(line.replace("wp.max(1.0 - q, 0.0)", "1.0 - q").replace("wp.max(1.0 - q * q, 0.0)", "1.0 - q * q") for line in body)
    if named:
        lines.append(f"factor = {factor}")
    lines += [line.replace("{f}", "factor" if named else f"({factor})") for line in body]
    doc = draw.choice(("", "", f"{kernel.name.replace('_', ' ').capitalize()} kernel of support radius h."))
    return s.define(name, "r: real, h: real", "\n".join(lines), "real", doc if not name.startswith("dw") else "")


def _power(base: str, exponent: int) -> str:
    return f"({' * '.join([base] * exponent)})"
