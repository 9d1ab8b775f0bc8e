"""Implicit steps: Crank-Nicolson and ADI sweeps over short lines, relaxation, cyclic reduction, and stages of time integrators.

Lines are short enough for their elimination (Thomas's algorithm) to stand in the kernel step by step.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.solvers.grid import Grid
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw


def build_sweep(draw: Draw, s: Script) -> Case:
    """A tridiagonal solve per line: Crank-Nicolson, backward Euler, or one direction of an alternating-direction step."""
    n = draw.choice((3, 4, 5, 6))
    form = draw.choice(("crank_nicolson", "backward_euler", "adi", "given"))
    s.field("u", "real", "rows", n, low=-1.0, high=1.0, names=("temperature", "field", "phi"))
    varying = form != "given" and draw.chance(0.4)
    if varying:
        s.field("diffusivity", "real", "rows", n, low=0.3, high=1.5, names=("kappa", "conductivity"))
    if form == "given":
        for name in ("lower", "upper"):
            s.field(name, "real", "rows", n, low=-0.8, high=-0.1)
        s.field("diag", "real", "rows", n, low=2.0, high=3.0, names=("diagonal", "main_diag"))
    s.thread("rows", "u", index="row", names=("line", "tid", "r"), counts=("rows_count", "num_lines", "n_rows"))
    s.tuning(("dt", 0.1, 0.5))
    ends = draw.choice(("dirichlet", "neumann"))
    _coefficients(draw, s, n, form, varying, ends)
    if form == "adi":
        s.code("above = wp.max(row - 1, 0)")
        s.number_of("num_rows", "rows")
        s.code("below = wp.min(row + 1, num_rows - 1)")
        s.names.safe.update(("above", "below"))
    for k in range(n):
        s.code(f"d{k} = {_right_side(form, k, n, varying, ends)}")
    if draw.chance(0.3):
        s.field("source", "real", "rows", n, low=-0.5, high=0.5, names=("forcing", "rhs"))
        s.code("\n".join(f"d{k} += dt * source[row, {k}]" for k in range(n)))
    _thomas(draw, s, n, _Coefficients(form, varying, ends, n))
    s.result("u_new", "real", "rows", n, names=("u_next", "solution", "x_out"))
    s.code("\n".join(f"u_new[row, {k}] = x{k}" for k in range(n)))
    sizes = [{"rows": rows} for rows in draw.sizes(120)]
    name = {"given": "thomas_lines", "adi": "adi_sweep"}.get(form, form)
    return s.finish(
        draw.choice((name, f"{name}_rows", "tridiagonal_sweep")),
        ["rows"],
        sizes,
        doc=draw.choice(("", "Solve one tridiagonal system per line.")),
    )


class _Coefficients:
    """The texts of the coefficients of row `k` of a line's system."""

    def __init__(self, form: str, varying: bool, ends: str, n: int) -> None:
        self._form, self._varying, self._ends, self._n = form, varying, ends, n

    def lower(self, k: int) -> str:
        return f"lower[row, {k}]" if self._form == "given" else f"-r{k}" if self._varying else "-r"

    def upper(self, k: int) -> str:
        return f"upper[row, {k}]" if self._form == "given" else f"-r{k}" if self._varying else "-r"

    def diagonal(self, k: int) -> str:
        if self._form == "given":
            return f"diag[row, {k}]"
        r = f"r{k}" if self._varying else "r"
        end = self._ends == "neumann" and k in (0, self._n - 1)
        return f"(1.0 + {r})" if end else f"(1.0 + 2.0 * {r})"


def _coefficients(draw: Draw, s: Script, n: int, form: str, varying: bool, ends: str) -> None:
    """Names the ratios dt k / dx^2 (half of them for Crank-Nicolson)."""
    if form == "given":
        return
    s.tuning(("dx", 0.8, 1.2))
    half = "0.5 * " if form == "crank_nicolson" or form == "adi" else ""
    if varying:
        s.code(f"scale = {half}dt / (dx * dx)\n" + "\n".join(f"r{k} = scale * diffusivity[row, {k}]" for k in range(n)))
    else:
        s.tuning(("alpha", 0.3, 1.5))
        s.code(f"r = {half}alpha * dt / (dx * dx)")


def _right_side(form: str, k: int, n: int, varying: bool, ends: str) -> str:
    here = f"u[row, {k}]"
    if form in ("given", "backward_euler"):
        return here
    r = f"r{k}" if varying else "r"
    if form == "adi":
        return f"{here} + {r} * (u[above, {k}] - 2.0 * {here} + u[below, {k}])"
    left = f"u[row, {k - 1}]" if k else (here if ends == "neumann" else "")
    right = f"u[row, {k + 1}]" if k < n - 1 else (here if ends == "neumann" else "")
    return f"{here} + {r} * ({' + '.join(x for x in (left, right) if x)} - 2.0 * {here})"


def _thomas(draw: Draw, s: Script, n: int, system: _Coefficients) -> None:
    """Elimination and back substitution; x0 .. x(n-1) are the solution."""
    inverse = draw.chance(0.5)
    for k in range(n):
        pivot = system.diagonal(k) if k == 0 else f"{system.diagonal(k)} - {_factor(system.lower(k))}c{k - 1}"
        if system.lower(k).startswith("-") and k:
            pivot = f"{system.diagonal(k)} + {system.lower(k)[1:]} * c{k - 1}"
        carried = f"d{k}" if k == 0 else f"d{k} - {_factor(system.lower(k))}y{k - 1}"
        if system.lower(k).startswith("-") and k:
            carried = f"d{k} + {system.lower(k)[1:]} * y{k - 1}"
        last = k == n - 1
        if inverse:
            s.code(f"m{k} = 1.0 / ({pivot})" + ("" if last else f"\nc{k} = {system.upper(k)} * m{k}") + f"\ny{k} = ({carried}) * m{k}")
        else:
            s.code(f"p{k} = {pivot}" + ("" if last else f"\nc{k} = {system.upper(k)} / p{k}") + f"\ny{k} = ({carried}) / p{k}")
    s.code(f"x{n - 1} = y{n - 1}\n" + "\n".join(f"x{k} = y{k} - c{k} * x{k + 1}" for k in range(n - 2, -1, -1)))


def _factor(text: str) -> str:
    return f"{text} * "


def build_relaxation(draw: Draw, s: Script) -> Case:
    """One sweep of Jacobi or of a colour of red-black relaxation for an implicit step or Poisson's equation."""
    grid = Grid(s, draw.weighted((1, 2, 3), (1, 5, 2)), draw.choice(("clamp", "periodic", "interior")))
    here = grid.here
    poisson = draw.chance(0.5)
    grid.field("x", names=("u", "guess", "p_old"))
    grid.field("rhs", names=("b", "divergence", "f"))
    varying = draw.chance(0.35)
    if varying:
        grid.field("coefficient", 0.3, 1.5, names=("kappa", "beta"))
    grid.open("x")
    grid.result("x_new", names=("u_new", "p_new", "relaxed"))
    grid.rim(x_new=f"x[{here}]")
    grid.prepare()
    if draw.chance(0.35):
        s.uniform("colour", "int", Integers(0, 2), names=("parity", "color", "phase"))
        s.code(f"if ({' + '.join(grid.axes)}) % 2 != colour:\n    x_new[{here}] = x[{here}]\n    return")
    s.tuning(("dx", 0.8, 1.2))
    neighbours = [grid.near(a, o) for a in range(grid.dims) for o in (-1, 1)]
    if varying:
        s.code(f"kc = coefficient[{here}]\ntotal = float(0.0)\nweight = float(0.0)")
        for at in neighbours:
            s.code(f"face = 0.5 * (kc + coefficient[{at}])\ntotal += face * x[{at}]\nweight += face")
        diagonal = "weight"
    else:
        s.code(f"total = {' + '.join(f'x[{at}]' for at in neighbours)}")
        diagonal = f"{2.0 * grid.dims}"
    if poisson:
        s.code(f"value = (total - dx * dx * rhs[{here}]) / {diagonal}")
    else:
        s.tuning(("alpha", 0.2, 1.0))
        s.code(f"a = alpha / (dx * dx)\nvalue = (rhs[{here}] + a * total) / (1.0 + a * {diagonal})")
    relaxed = draw.chance(0.6)
    if relaxed:
        s.tuning(("omega", 0.6, 1.6))
        s.code(draw.choice((f"value = (1.0 - omega) * x[{here}] + omega * value", f"value = x[{here}] + omega * (value - x[{here}])")))
    s.code(f"x_new[{here}] = value")
    if draw.chance(0.4):
        s.result("residual", "real", "one", role="accumulate", names=("error_sq", "change_sq"))
        s.code(f"change = value - x[{here}]\nwp.atomic_add(residual, 0, change * change)")
    return grid.case(draw.choice(("jacobi_sweep", "relax", "poisson_jacobi" if poisson else "implicit_jacobi", "sor_step")))


def build_cyclic_reduction(draw: Draw, s: Script) -> Case:
    """One step of parallel cyclic reduction of a tridiagonal system: each row eliminates its neighbours at a stride (Hockney 1965)."""
    for name, low, high in (("a", -0.6, -0.1), ("b", 2.0, 3.0), ("c", -0.6, -0.1), ("d", -1.0, 1.0)):
        s.field(name, "real", "n", low=low, high=high, names=({"a": "lower", "b": "diag", "c": "upper", "d": "rhs"}[name],))
    s.thread("n", "a", index="i", names=("row", "tid"), counts=("num_rows", "n_rows"))
    s.number_of("n_total", "n")
    strided = draw.chance(0.6)
    if strided:
        s.uniform("stride", "int", Integers(1, 4), names=("step_size", "hop"))
    hop = "stride" if strided else "1"
    for name in ("a_new", "b_new", "c_new", "d_new"):
        s.result(name, "real", "n")
    branches = draw.chance(0.5)
    s.code(f"lo = i - {hop}\nhi = i + {hop}")
    if branches:
        s.code("alpha = float(0.0)\ngamma = float(0.0)\nnew_a = float(0.0)\nnew_c = float(0.0)\nnew_b = b[i]\nnew_d = d[i]")
        s.code(
            "if lo >= 0:\n    alpha = -a[i] / b[lo]\n    new_a = alpha * a[lo]\n"
            "    new_b = new_b + alpha * c[lo]\n    new_d = new_d + alpha * d[lo]"
        )
        s.code(
            "if hi < n_total:\n    gamma = -c[i] / b[hi]\n    new_c = gamma * c[hi]\n"
            "    new_b = new_b + gamma * a[hi]\n    new_d = new_d + gamma * d[hi]"
        )
    else:
        s.code(
            "left = wp.max(lo, 0)\nright = wp.min(hi, n_total - 1)\nhas_left = wp.where(lo >= 0, 1.0, 0.0)\n"
            "has_right = wp.where(hi < n_total, 1.0, 0.0)"
        )
        s.code(
            "alpha = -has_left * a[i] / b[left]\ngamma = -has_right * c[i] / b[right]\nnew_a = alpha * a[left]\nnew_c = gamma * c[right]"
        )
        s.code("new_b = b[i] + alpha * c[left] + gamma * a[right]\nnew_d = d[i] + alpha * d[left] + gamma * d[right]")
    if draw.chance(0.4):
        s.code("scale = 1.0 / new_b\nnew_a = new_a * scale\nnew_c = new_c * scale\nnew_d = new_d * scale\nnew_b = new_b * scale")
    s.code("\n".join(f"{n}_new[i] = new_{n}" for n in "abcd"))
    if draw.chance(0.4):
        s.result("solution", "real", "n", names=("x_out", "estimate"))
        s.code("solution[i] = new_d / new_b")
    return s.finish(draw.choice(("cyclic_reduction_step", "pcr_step", "reduce_tridiagonal")), ["n"], [{"n": n} for n in draw.sizes(250)])


def build_stage(draw: Draw, s: Script) -> Case:
    """Stages of explicit integrators over a grid of unknowns: Runge-Kutta, strong-stability-preserving, Adams-Bashforth, splitting."""
    base = draw.choice(("real", "real", "vec2", "vec3"))
    s.field("u", base, "n", names=("state", "y", "q"))
    s.thread("n", "u", index="i", names=("tid", "cell"), counts=("num_cells", "n_cells"))
    s.tuning(("dt", 0.02, 0.2))
    scheme = draw.choice(("rk4", "ssprk3", "ab2", "ab3", "low_storage", "heun", "embedded"))
    s.code("u_i = u[i]")
    extra = ""
    if scheme == "rk4":
        for k in range(1, 5):
            s.field(f"k{k}", base, "n", low=-2.0, high=2.0)
        s.code(
            draw.choice(
                (
                    "y = u_i + (dt / 6.0) * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i])",
                    "slope = k1[i] + 2.0 * (k2[i] + k3[i]) + k4[i]\ny = u_i + slope * (dt / 6.0)",
                )
            )
        )
    elif scheme == "ssprk3":
        s.field("u_stage", base, "n", names=("stage", "u1"))
        s.field("rate", base, "n", low=-2.0, high=2.0, names=("du_dt", "rhs"))
        a = draw.choice(("0.75", "0.3333333"))
        s.code(f"advanced = u_stage[i] + dt * rate[i]\ny = {a} * u_i + (1.0 - {a}) * advanced")
    elif scheme in ("ab2", "ab3"):
        for name in ("f_n", "f_nm1", "f_nm2")[: 2 if scheme == "ab2" else 3]:
            s.field(name, base, "n", low=-2.0, high=2.0)
        s.code(
            "y = u_i + dt * (1.5 * f_n[i] - 0.5 * f_nm1[i])"
            if scheme == "ab2"
            else "y = u_i + (dt / 12.0) * (23.0 * f_n[i] - 16.0 * f_nm1[i] + 5.0 * f_nm2[i])"
        )
    elif scheme == "low_storage":
        s.field("residual", base, "n", names=("du", "stage_sum"))
        s.field("rate", base, "n", low=-2.0, high=2.0, names=("du_dt", "rhs"))
        s.tuning(("a_k", 0.1, 0.9), ("b_k", 0.1, 0.9))
        s.result("residual_new", base, "n", names=("du_new", "stage_sum_out"))
        s.code("du = dt * rate[i] - a_k * residual[i]\ny = u_i + b_k * du\nresidual_new[i] = du")
    elif scheme == "heun":
        for name in ("k1", "k2"):
            s.field(name, base, "n", low=-2.0, high=2.0)
        s.code("predicted = u_i + dt * k1[i]\ny = 0.5 * (u_i + predicted + dt * k2[i])")
    else:
        for k in range(1, 4):
            s.field(f"k{k}", base, "n", low=-2.0, high=2.0)
        s.code(
            "y = u_i + dt * (0.2222222 * k1[i] + 0.3333333 * k2[i] + 0.4444444 * k3[i])\ny_low = u_i + dt * (0.25 * k1[i] + 0.75 * k3[i])"
        )
        extra = "y - y_low"
    if draw.chance(0.5):
        s.field("decay", "real", "n", low=0.1, high=1.0, names=("stiffness", "rate_const"))
        s.code(
            draw.choice(
                (
                    "y = y * wp.exp(-decay[i] * dt)",
                    "y = y / (1.0 + decay[i] * dt)",
                    "half = 0.5 * decay[i] * dt\ny = y * ((1.0 - half) / (1.0 + half))",
                )
            )
        )
    s.result("u_new", base, "n", names=("u_next", "state_out", "y_out"))
    s.code("u_new[i] = y")
    if extra or draw.chance(0.3):
        s.result("error", "real", "n", names=("error_est", "local_error", "step_change"))
        delta = extra or "y - u_i"
        s.tuning(("atol", 0.05, 0.2), ("rtol", 0.05, 0.2))
        size = "wp.abs" if base == "real" else "wp.length"
        s.code(f"delta = {delta}\nscale = atol + rtol * wp.max({size}(u_i), {size}(y))\nerror[i] = {size}(delta) / scale")
    return s.finish(draw.choice((f"{scheme}_update", f"{scheme}_stage", "integrate_stage")), ["n"], [{"n": n} for n in draw.sizes(250)])
