"""Solves in loops: factors in local matrices or in memory, triangular substitution, and iterations of a known number of steps.

An unrolled loop has the right gradient; so has one that writes each element of its output once.
"""

from __future__ import annotations

from collections.abc import Callable

from kernels.case import Case
from kernels.drafting.draft import Draft
from kernels.drafting.finish import Law
from kernels.draw import Draw
from kernels.families.small_solve.systems import System


def build_factor(draw: Draw, draft: Draft) -> Case:
    """Cholesky or LU factors in loops over a local matrix, or the former straight into memory, and the substitutions."""
    k = draw.choice((3, 3, 4))
    kind = draw.choice(("cholesky", "memory", "lu"))
    system = System(draft, k, symmetric=kind != "lu", layouts=("grid",) if kind == "memory" else ("grid", "matrix", "row"), shift=1.0)
    draft.reserve("L", "U", "M", "s", "j", "p", "q", "r", "c", "f", "y", "z", "d")
    with system.threads():
        if kind == "memory":
            factor = _factor_in_memory(draft, system)
        else:
            system.local("M")
            draft.line(f"L = {system.named_matrix}")
            factor = "L[{}, {}]"
            if kind == "cholesky":
                _cholesky(draft, k, "M[{}, {}]".format, "L[{}, {}]".format)
            else:
                _lu(draft, k)
        b = system.load_vector("d")
        kind_of_vector = system.vector.spelling
        draft.line(f"y = {kind_of_vector}()", f"z = {kind_of_vector}()")
        with draft.block(f"for r in range({k}):"):
            draft.line(f"s = {b}[r]")
            with draft.block("for c in range(r):"):
                draft.line(f"s -= {factor.format('r', 'c')} * y[c]")
            draft.line("y[r] = s" if kind == "lu" else f"y[r] = s / {factor.format('r', 'r')}")
        with draft.block(f"for r in range({k - 1}, -1, -1):"):
            draft.line("s = y[r]")
            upper = "M[r, c]" if kind == "lu" else factor.format("c", "r")
            with draft.block(f"for c in range({k}):"), draft.block("if c > r:"):
                draft.line(f"s -= {upper} * z[c]")
            draft.line("z[r] = s / M[r, r]" if kind == "lu" else f"z[r] = s / {factor.format('r', 'r')}")
        system.solve()
        system.conclude([f"z[{r}]" for r in range(k)], [f"{b}[{r}]" for r in range(k)])
    return draft.case(draw.choice((f"{kind}_loop_{k}", f"factor_and_solve_{k}", f"{kind}_substitution")), ["n"], system.sizes())


def _factor_in_memory(draft: Draft, system: System) -> str:
    """The Cholesky factor as an output; returns the pattern of its entries."""
    k, i = system.k, system.i
    out = draft.output(draft.name("L_out", "factor_out", "chol"), draft.real, "n", k, k)

    def entry(r: str, c: str) -> str:
        plus = f" + {system.damping}" if system.damping and r == c else ""
        return f"{system.name}[{i}, {r}, {c}]{plus}"

    _cholesky(draft, k, entry, f"{out}[{i}, {{}}, {{}}]".format, zeros=True)
    draft.numpy(f"{out} = np.linalg.cholesky(full)")
    return f"{out}[{i}, {{}}, {{}}]"


def _cholesky(draft: Draft, k: int, entry: Callable[[str, str], str], factor: Callable[[str, str], str], *, zeros: bool = False) -> None:
    """The factor, column by column."""
    with draft.block(f"for j in range({k}):"):
        draft.line(f"s = {entry('j', 'j')}")
        with draft.block("for p in range(j):"):
            draft.line(f"s -= {factor('j', 'p')} * {factor('j', 'p')}")
        draft.line(f"{factor('j', 'j')} = wp.sqrt(s)")
        with draft.block(f"for r in range({k}):"):
            with draft.block("if r > j:"):
                draft.line(f"s = {entry('r', 'j')}")
                with draft.block("for p in range(j):"):
                    draft.line(f"s -= {factor('r', 'p')} * {factor('j', 'p')}")
                draft.line(f"{factor('r', 'j')} = s / {factor('j', 'j')}")
            if zeros:
                with draft.block("if r < j:"):
                    draft.line(f"{factor('r', 'j')} = {draft.number(0.0)}")


def _lu(draft: Draft, k: int) -> None:
    """Elimination in the local matrix M, which ends as the upper factor; L holds what the rows were multiplied by."""
    with draft.block(f"for p in range({k}):"), draft.block(f"for r in range({k}):"), draft.block("if r > p:"):
        draft.line("f = M[r, p] / M[p, p]", "L[r, p] = f")
        with draft.block(f"for c in range({k}):"):
            draft.line("M[r, c] -= f * M[p, c]")


def build_triangular(draw: Draw, draft: Draft) -> Case:
    """Triangular substitution for many right-hand sides: its own triangle or a shared one, lower or upper, size known or told."""
    k = draw.choice((0, 0, 3, 4, 5, 6))
    shared = draw.chance(0.5)
    lower = draw.chance(0.6)
    unit = not k or draw.chance(0.4)
    columns = draw.chance(0.3)
    i = draw.choice(("i", "tid", "system"))
    draft.reserve(i, "r", "c", "acc", "full", "step", "triangle", "k", "col", "n", "m")
    size: str | int = k or "k"
    name = draft.name("L" if lower else "U", "factor", "triangle_in")
    # Off the diagonal small, so that long substitutions stay tame.
    draft.array(name, draft.real, *(() if shared else ("n",)), size, size, low=-0.4, high=0.4)
    row = "" if shared else f"{i}, "
    pivots = ""
    if not unit:
        pivots = draft.array(draft.name("diagonal", "pivots"), draft.real, *(() if shared else ("n",)), size, low=0.8, high=2.0)
    more, extra = (", col", ("m",)) if columns else ("", ())
    rights = draft.array(draft.name("b", "rhs"), draft.real, "n", size, *extra)
    out = draft.output(draft.name("x", "solution"), draft.real, "n", size, *extra)
    draft.line(f"{i}, col = wp.tid()" if columns else f"{i} = wp.tid()")
    draft.guard(i, "n", rights, 0.3)
    count = str(k) if k else draft.extent(draft.name("size", "dim_k"), rights, 1, size="k")
    backwards = not lower
    law = Law(draft, draw.choice(("limit", "response")), -10.0, 10.0, bound=3.0) if k and draw.chance(0.5) else None
    previous = draft.array(draft.name("previous", "offset"), draft.real, "n", size, *extra) if draw.chance(0.4) else ""
    with draft.block(f"for step in range({count}):" if backwards else f"for r in range({count}):"):
        if backwards:
            draft.line(f"r = {k - 1 if k else f'{count} - 1'} - step")
        draft.line(f"acc = {rights}[{i}, r{more}]{f' - {previous}[{i}, r{more}]' if previous else ''}")
        if k:
            with draft.block(f"for c in range({count}):"), draft.block("if c > r:" if backwards else "if c < r:"):
                draft.line(f"acc -= {name}[{row}r, c] * {out}[{i}, c{more}]")
        else:
            with draft.block(f"for c in range(r + 1, {count}):" if backwards else "for c in range(r):"):
                draft.line(f"acc -= {name}[{row}r, c] * {out}[{i}, c{more}]")
        if pivots:
            draft.line(f"acc = acc / {pivots}[{row}r]")
        if law is not None:
            draft.line(f"acc = {law.warp('acc')}")
        draft.line(f"{out}[{i}, r{more}] = acc")
    side = "np.tril({}, -1)" if lower else "np.triu({}, 1)"
    draft.numpy(
        f"triangle = {side.format(name)}",
        f"{out} = np.zeros_like({rights})",
        f"for r in {'reversed(' if backwards else ''}range({rights}.shape[1]){')' if backwards else ''}:",
    )
    pattern = f"{'c' if shared else 'nc'},nc{'m' if columns else ''}->n{'m' if columns else ''}"
    known = f"np.einsum('{pattern}', triangle[{'' if shared else ':, '}r], {out})"
    draft.numpy(f"    acc = {rights}[:, r]{f' - {previous}[:, r]' if previous else ''} - {known}")
    if pivots:
        spread = "[:, None]" if columns and not shared else ""
        draft.numpy(f"    acc = acc / {pivots}[{'' if shared else ':, '}r]{spread}")
    draft.numpy(f"    {out}[:, r] = {law.numpy('acc') if law is not None else 'acc'}")
    sizes = [{"n": n, "k": q, "m": m} for n, q, m in zip((1, 7, 23) if columns else draw.sizes(100), (2, 5, 8), (1, 3, 5), strict=True)]
    kind = "forward" if lower else "backward"
    return draft.case(
        draw.choice((f"{kind}_substitution", f"solve_{'lower' if lower else 'upper'}", "triangular_solve")), ("n", *extra), sizes
    )


ITERATIONS = ("jacobi", "gauss_seidel", "sor", "richardson", "conjugate_gradient", "steepest")


def build_iteration(draw: Draw, draft: Draft) -> Case:
    """A known number of steps of an iteration from a guess, on local vectors: Jacobi, Gauss-Seidel, over-relaxation, gradients."""
    kind = draw.choice(ITERATIONS)
    k = draw.choice((2, 3, 3, 4))
    steps = draw.choice((2, 3)) if kind in ("conjugate_gradient", "steepest") else draw.choice((2, 3, 4))
    symmetric = kind in ("conjugate_gradient", "steepest")
    system = System(draft, k, symmetric=False, layouts=("matrix", "grid"), shift=1.0)
    guess = system.declare_vector(("x0_in", "guess", "initial")) if draw.chance(0.6) else ""
    draft.reserve(
        "M", "x", "d", "r", "s", "c", "z", "p", "q", "rr", "alpha", "beta", "step", "row", "col", "residual", "omega_part", "own", "fresh"
    )
    with system.threads():
        system.local("M")
        if symmetric:
            draft.line(draft.warp("M = 0.5 * (M + wp.transpose(M))"))
            draft.numpy("full = 0.5 * (full + np.swapaxes(full, 1, 2))")
        system.load_vector("d")
        if guess:
            system.load_vector("z", guess)
            draft.numpy(f"z = {guess}")
        else:
            draft.line(f"z = {system.vector.spelling}()")
            draft.numpy("z = np.zeros_like(right_all)")
        omega = draft.knob(draft.name("omega", "weight"), 0.6, 1.2) if kind in ("sor", "richardson") else None
        times = "np.einsum('nij,nj->ni', full, {})"
        if kind in ("conjugate_gradient", "steepest"):
            _gradients(draft, k, steps, times, conjugate=kind == "conjugate_gradient")
        elif kind == "richardson":
            scale = round(1.0 / (2.0 * k + 3.0), 3)
            assert omega is not None
            with draft.loop(f"for step in range({steps}):"):
                draft.line("r = d - M @ z", f"z = z + {omega.warp()} * {draft.number(scale)} * r")
                draft.numpy(f"r = right_all - {times.format('z')}", f"z = z + {omega.numpy()} * {scale} * r")
        else:
            _sweeps(draft, system, kind, steps, omega.warp() if omega is not None else "", omega.numpy() if omega is not None else "")
        draft.numpy("solution_all = z")
        system.conclude([f"z[{r}]" for r in range(k)], [f"d[{r}]" for r in range(k)])
    return draft.case(draw.choice((f"{kind}_{k}x{k}", f"{kind}_steps", f"iterate_{kind}")), ["n"], system.sizes())


def _gradients(draft: Draft, k: int, steps: int, times: str, *, conjugate: bool) -> None:
    """Steps of steepest descent or conjugate gradients. A tiny term keeps quotients finite once the residual is gone."""
    tiny = "1.0e-6"
    draft.line("r = d - M @ z")
    draft.numpy(f"r = right_all - {times.format('z')}")
    if conjugate:
        draft.line("p = r", "rr = wp.dot(r, r)")
        draft.numpy("p = r", "rr = np.sum(r * r, axis=1)")
    with draft.loop(f"for step in range({steps}):"):
        direction = "p" if conjugate else "r"
        draft.line(
            f"q = M @ {direction}", draft.warp(f"alpha = {'rr' if conjugate else 'wp.dot(r, r)'} / (wp.dot({direction}, q) + {tiny})")
        )
        draft.numpy(
            f"q = {times.format(direction)}",
            f"alpha = {'rr' if conjugate else 'np.sum(r * r, axis=1)'} / (np.sum({direction} * q, axis=1) + {tiny})",
        )
        draft.line(f"z = z + alpha * {direction}", "r = r - alpha * q")
        draft.numpy(f"z = z + alpha[:, None] * {direction}", "r = r - alpha[:, None] * q")
        if conjugate:
            draft.line(draft.warp(f"beta = wp.dot(r, r) / (rr + {tiny})"), "p = r + beta * p", "rr = wp.dot(r, r)")
            draft.numpy(f"beta = np.sum(r * r, axis=1) / (rr + {tiny})", "p = r + beta[:, None] * p", "rr = np.sum(r * r, axis=1)")


def _sweeps(draft: Draft, system: System, kind: str, steps: int, omega: str, omega_numpy: str) -> None:
    """Sweeps over the rows, with the values of the last sweep (Jacobi) or the newest (Gauss-Seidel), kept as locals of their own."""
    k = system.k
    now = [f"z{r}" for r in range(k)]
    draft.line(*(f"{name} = z[{r}]" for r, name in enumerate(now)))
    with draft.block(f"for step in range({steps}):"):
        for r in range(k):
            others = "".join(f" - M[{r}, {c}] * {now[c]}" for c in range(k) if c != r)
            text = f"(d[{r}]{others}) / M[{r}, {r}]"
            if kind == "sor":
                draft.line(f"fresh = {text}", f"{now[r]} = {now[r]} + {omega} * (fresh - {now[r]})")
            else:
                draft.line(f"{f'next{r}' if kind == 'jacobi' else now[r]} = {text}")
        if kind == "jacobi":
            draft.line(*(f"{name} = next{r}" for r, name in enumerate(now)))
    draft.line(f"z = {system.vector.spelling}({', '.join(now)})")
    with_diagonal = "np.einsum('nii->ni', full)"
    if kind == "jacobi":
        draft.numpy(f"pivots = {with_diagonal}", f"for step in range({steps}):")
        draft.numpy("    z = z + (right_all - np.einsum('nij,nj->ni', full, z)) / pivots")
        return
    weight = f"{omega_numpy} * " if kind == "sor" else ""
    draft.numpy("z = z.copy()", f"for row in list(range({k})) * {steps}:")
    draft.numpy(
        "    left = right_all[:, row] - np.sum(full[:, row] * z, axis=1)", f"    z[:, row] = z[:, row] + {weight}left / full[:, row, row]"
    )
