"""Collisions: single, two and many relaxation rates, equilibria, moments, forcing.

Equilibria to second order in velocity; forcing after Guo, Zheng and Shi (2002), Shan and Chen (1993), or Kupershtokh's exact difference;
two relaxation times after Ginzburg (2005); regularized after Latt and Chopard (2006); Smagorinsky's rate after Hou et al. (1996).
"""

from __future__ import annotations

from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.families.lattice_boltzmann.lattice import AXES, Lattice


def moments(draw: Draw, s: Script, lattice: Lattice, local: str = "f") -> None:
    """The density `rho` and the velocity ux, uy, uz of the named populations."""
    s.code(f"rho = {lattice.total(local)}")
    inverse = draw.chance(0.5)
    if inverse:
        s.code("inv_rho = 1.0 / rho")
    for axis in range(lattice.model.dims):
        momentum = lattice.momentum(axis, local)
        s.code(f"u{AXES[axis]} = ({momentum}) * inv_rho" if inverse else f"u{AXES[axis]} = ({momentum}) / rho")


def square(lattice: Lattice, vector: str = "u") -> str:
    """The square of a velocity's norm."""
    return " + ".join(f"{vector}{a} * {vector}{a}" for a in AXES[: lattice.model.dims])


def grouped(text: str) -> str:
    """A sum or a negative in parentheses, a name as it is."""
    return f"({text})" if " " in text or text.startswith("-") else text


class Equilibrium:
    """The equilibrium populations: each a formula over rho, ux, uy, uz, by a function or spelled out; linear for advected scalars."""

    def __init__(self, draw: Draw, s: Script, lattice: Lattice, *, linear: bool = False) -> None:
        self._s, self._lattice, self._linear = s, lattice, linear
        cs2 = lattice.model.cs2
        self._a, self._b, self._c = f"{1 / cs2:.1f}", f"{0.5 / cs2**2:.1f}", f"{0.5 / cs2:.1f}"
        self.function = draw.chance(0.5)
        if self.function:
            if linear:
                s.define("equilibrium", "w: real, rho: real, eu: real", f"return w * rho * (1.0 + {self._a} * eu)", "real")
            else:
                s.define(
                    "equilibrium",
                    "w: real, rho: real, eu: real, uu: real",
                    draw.choice(
                        (
                            f"return w * rho * (1.0 + {self._a} * eu + {self._b} * eu * eu - {self._c} * uu)",
                            f"linear = {self._a} * eu\nreturn w * rho * (1.0 + linear + 0.5 * linear * linear - {self._c} * uu)",
                        )
                    ),
                    "real",
                    draw.choice(("", "Second-order equilibrium of one population.")),
                )

    def prepare(self, vector: str = "u", name: str = "usq") -> None:
        """Names the square of the velocity, as the formulas use it."""
        if not self._linear:
            self._s.code(f"{name} = {square(self._lattice, vector)}")

    def of(self, q: int, rho: str = "rho", vector: str = "u", name: str = "usq") -> str:
        """The formula of population `q`."""
        weight = self._lattice.model.weights[q]
        eu = grouped(self._lattice.projection(q, vector))
        if self.function:
            return (
                f"equilibrium({weight}, {rho}, {eu or '0.0'})" if self._linear else f"equilibrium({weight}, {rho}, {eu or '0.0'}, {name})"
            )
        if self._linear:
            return f"{weight} * {rho} * (1.0 + {self._a} * {eu})" if eu else f"{weight} * {rho}"
        if not eu:
            return f"{weight} * {rho} * (1.0 - {self._c} * {name})"
        return f"{weight} * {rho} * (1.0 + {self._a} * {eu} + {self._b} * {eu} * {eu} - {self._c} * {name})"


def relaxation(draw: Draw, s: Script, lattice: Lattice) -> str:
    """The relaxation rate, by the name that is returned: told as such, as a time, or as a viscosity."""
    kind = draw.choice(("omega", "omega", "tau", "viscosity"))
    if kind == "omega":
        s.tuning(("omega", 0.6, 1.7))
        return "omega"
    if kind == "tau":
        s.tuning(("tau", 0.6, 1.5))
        s.code("omega_t = 1.0 / tau")
        return "omega_t"
    s.tuning(("viscosity", 0.05, 0.3))
    s.code(f"omega_v = 1.0 / ({1 / lattice.model.cs2:.1f} * viscosity + 0.5)")
    return "omega_v"


def collide(draw: Draw, s: Script, lattice: Lattice, equilibrium: Equilibrium, rate: str, *, kinds: tuple[str, ...]) -> str:
    """Names the populations after collision n0, n1, ... by one of `kinds` (bgk, trt, regularized); returns the kind."""
    kind = draw.choice(kinds)
    model = lattice.model
    if kind == "bgk":
        for q in range(model.size):
            s.code(
                draw.choice((f"n{q} = f{q} - {rate} * (f{q} - {equilibrium.of(q)})",))
                if draw.chance(0.7)
                else f"e{q} = {equilibrium.of(q)}\nn{q} = f{q} + {rate} * (e{q} - f{q})"
            )
        return kind
    s.code("\n".join(f"e{q} = {equilibrium.of(q)}" for q in range(model.size)))
    if kind == "trt":
        s.tuning(("magic", 0.1, 0.3))
        s.code(f"half_plus = 1.0 / {rate} - 0.5\nrate_minus = 1.0 / (0.5 + magic / half_plus)")
        done: set[int] = set()
        for q in range(model.size):
            o = model.opposite(q)
            if q in done:
                continue
            done.update((q, o))
            if o == q:
                s.code(f"n{q} = f{q} - {rate} * (f{q} - e{q})")
                continue
            s.code(f"sym{q} = 0.5 * (f{q} + f{o} - e{q} - e{o})\nanti{q} = 0.5 * (f{q} - f{o} - e{q} + e{o})")
            s.code(f"n{q} = f{q} - {rate} * sym{q} - rate_minus * anti{q}\nn{o} = f{o} - {rate} * sym{q} + rate_minus * anti{q}")
        return kind
    # The non-equilibrium part is rebuilt from its stress alone.
    dims = model.dims
    pairs = [(a, b) for a in range(dims) for b in range(a, dims)]
    for a, b in pairs:
        terms = []
        for q, c in enumerate(model.velocities):
            if c[a] * c[b]:
                terms.append(("+" if c[a] * c[b] > 0 else "-", f"(f{q} - e{q})"))
        text = " ".join(f"{sign} {t}" for sign, t in terms).removeprefix("+ ")
        s.code(f"pi_{AXES[a]}{AXES[b]} = {text}" if text else f"pi_{AXES[a]}{AXES[b]} = 0.0 * rho")
    cs2 = model.cs2
    for q, c in enumerate(model.velocities):
        parts = []
        for a, b in pairs:
            tensor = c[a] * c[b] - (cs2 if a == b else 0.0)
            factor = tensor * (1.0 if a == b else 2.0)
            if abs(factor) > 1e-9:
                parts.append(f"{factor:.7f} * pi_{AXES[a]}{AXES[b]}")
        total = " + ".join(parts).replace("+ -", "- ")
        s.code(f"r{q} = {float(model.weights[q]) / (2.0 * cs2 * cs2):.7f} * ({total})\nn{q} = e{q} + (1.0 - {rate}) * r{q}")
    return kind


def smagorinsky(draw: Draw, s: Script, lattice: Lattice, equilibrium: Equilibrium, rate: str) -> str:
    """A rate that an eddy viscosity slows down, from the size of the non-equilibrium stress (two dimensions)."""
    s.tuning(("c_smag", 0.05, 0.2))
    model = lattice.model
    s.code("\n".join(f"q{q} = f{q} - ({equilibrium.of(q)})" for q in range(1, model.size)))
    for name, pick in (("qxx", (0, 0)), ("qyy", (1, 1)), ("qxy", (0, 1))):
        terms = [(c[pick[0]] * c[pick[1]], q) for q, c in enumerate(model.velocities) if c[pick[0]] * c[pick[1]]]
        text = " ".join(f"{'+' if v > 0 else '-'} q{q}" for v, q in terms).removeprefix("+ ")
        s.code(f"{name} = {text}")
    s.code("stress = wp.sqrt(qxx * qxx + qyy * qyy + 2.0 * qxy * qxy + 0.000001)")
    s.code(
        f"tau0 = 1.0 / {rate}\n"
        "tau_eddy = 0.5 * (wp.sqrt(tau0 * tau0 + 18.0 * c_smag * c_smag * stress / rho) + tau0)\n"
        "omega_les = 1.0 / tau_eddy"
    )
    return "omega_les"
