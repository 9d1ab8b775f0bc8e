"""Direct solves of two to four equations written out over local scalars: Cramer's rule, Cholesky, LDL, LU, Gauss-Jordan, Schur complements.

Sources: Golub and Van Loan, Matrix Computations, 4th edition, 2013, chapters 3 and 4.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.small_solve.systems import System

Entries = list[list[str]]


def less(first: str, *products: tuple[str, ...]) -> str:
    """The text of `first` less the products."""
    return " - ".join([first, *(" * ".join(p) for p in products)])


def build_cramer(draw: Draw, draft: Draft) -> Case:
    """Two or three equations by determinants, the solution or the inverse or the determinant alone."""
    k = draw.choice((2, 2, 3, 3))
    goal = draw.choice(("solve", "solve", "inverse", "determinant"))
    system = System(draft, k, right=goal == "solve")
    draft.reserve("det", "inv_det", "logdet", *(f"c{r}{c}" for r in range(3) for c in range(3)))
    with system.threads():
        if draw.chance(0.3):
            draft.line(f"# cofactors of the {k}x{k} matrix")
        a = system.entries()
        cofactors = _cofactors(draft, a, k, needed=1 if goal == "determinant" else k)
        draft.line(f"det = {' + '.join(f'{a[0][c]} * {cofactors[0][c]}' for c in range(k))}")
        draft.numpy("det = np.linalg.det(full)")
        if goal == "determinant":
            if draw.chance(0.4):
                draft.formula(draw.choice(("det = wp.log(det)", "det = wp.cbrt(det)", "det = 1.0 / det", "det = wp.sqrt(det)")))
            system.scalar("det", 0.05, 300.0, ("det_out", "volume_scale", "determinants"), share=0.85)
            return draft.case(draw.choice((f"determinant_{k}x{k}", "determinants")), ["n"], system.sizes())
        draft.warp_formula("inv_det = 1.0 / det")
        if goal == "solve":
            b = system.rights()
            draft.line(*(f"x{r} = ({' + '.join(f'{cofactors[c][r]} * {b[c]}' for c in range(k))}) * inv_det" for r in range(k)))
            system.solve()
            system.conclude([f"x{r}" for r in range(k)], b)
            return draft.case(draw.choice((f"cramer_{k}x{k}", f"solve_{k}x{k}", "cramer_solve")), ["n"], system.sizes())
        draft.numpy("inverse = np.linalg.inv(full)")
        factor, numpy = "inv_det", "inverse"
        if draw.chance(0.35):
            gain = draft.knob(draft.name("gain", "mass", "dt"), 0.2, 1.6)
            factor, numpy = "factor", f"{gain.numpy()} * inverse"
            draft.line(f"factor = {gain.warp()} * inv_det")
        out = draft.name("inverse_out", "inverses", "A_inv")
        if system.layout == "matrix":
            draft.output(out, system.matrix, "n")
            listed = ", ".join(f"{factor} * {cofactors[c][r]}" for r in range(k) for c in range(k))
            draft.line(f"{out}[{system.i}] = {system.matrix.spelling}({listed})")
        else:
            draft.output(out, draft.real, "n", k, k)
            draft.line(*(f"{out}[{system.i}, {r}, {c}] = {factor} * {cofactors[c][r]}" for r in range(k) for c in range(k)))
        draft.numpy(f"{out} = {numpy}")
        if draw.chance(0.3):
            system.scalar("det", 0.5, 300.0, ("det_out", "volume_scale"), share=0.5)
    return draft.case(draw.choice((f"invert_{k}x{k}", f"adjugate_{k}x{k}", "cofactor_inverse")), ["n"], system.sizes())


def _cofactors(draft: Draft, a: Entries, k: int, needed: int) -> Entries:
    """The signed cofactors of the first `needed` rows, named in the kernel."""
    names: Entries = []
    for r in range(needed):
        row = []
        for c in range(k):
            rows, cols = [x for x in range(k) if x != r], [x for x in range(k) if x != c]
            if k == 2:
                text = a[rows[0]][cols[0]]
                row.append(text if (r + c) % 2 == 0 else f"(-{text})")
                continue
            (p, q), (s, t) = rows, cols
            plus, minus = f"{a[p][s]} * {a[q][t]}", f"{a[p][t]} * {a[q][s]}"
            draft.line(f"c{r}{c} = {plus} - {minus}" if (r + c) % 2 == 0 else f"c{r}{c} = {minus} - {plus}")
            row.append(f"c{r}{c}")
        names.append(row)
    return names


def build_cholesky(draw: Draw, draft: Draft) -> Case:
    """A symmetric positive definite system by its Cholesky or LDL factors, two to four equations; perhaps the factor or a logarithm."""
    k = draw.choice((2, 3, 3, 4))
    square_roots = draw.chance(0.6)
    system = System(draft, k, symmetric=True)
    factors = [f"{x}{r}{c}" for x in "l" for r in range(k) for c in range(r + 1)]
    draft.reserve("logdet", "factor", "diagonal", *factors, *(f"d{r}" for r in range(k)), *(f"i{r}" for r in range(k)))
    with system.threads():
        a = system.entries("named" if k == 4 else "")
        if draw.chance(0.4):
            draft.line("# factor: A = L L^T" if square_roots else "# factor: A = L D L^T")
        reciprocal = draw.chance(0.5)
        for c in range(k):
            if square_roots:
                draft.line(f"l{c}{c} = wp.sqrt({less(a[c][c], *((f'l{c}{p}', f'l{c}{p}') for p in range(c)))})")
                if reciprocal:
                    draft.warp_formula(f"i{c} = 1.0 / l{c}{c}")
                for r in range(c + 1, k):
                    top = less(a[r][c], *((f"l{r}{p}", f"l{c}{p}") for p in range(c)))
                    top = f"({top})" if c else top
                    draft.line(f"l{r}{c} = {top} * i{c}" if reciprocal else f"l{r}{c} = {top} / l{c}{c}")
            else:
                draft.line(f"d{c} = {less(a[c][c], *((f'l{c}{p}', f'l{c}{p}', f'd{p}') for p in range(c)))}")
                for r in range(c + 1, k):
                    top = less(a[r][c], *((f"l{r}{p}", f"l{c}{p}", f"d{p}") for p in range(c)))
                    draft.line(f"l{r}{c} = {f'({top})' if c else top} / d{c}")
        b = system.rights()
        _substituted(draft, k, b, square_roots, reciprocal)
        system.solve()
        extra = draw.choice(("none", "none", "logdet", "factor"))
        if extra == "logdet":
            diagonal = [f"wp.log({'l' + str(r) + str(r) if square_roots else 'd' + str(r)})" for r in range(k)]
            draft.warp_formula(f"logdet = {'2.0 * ' if square_roots else ''}({' + '.join(diagonal)})")
            draft.numpy("logdet = np.log(np.linalg.det(full))")
            system.scalar("logdet", -2.0, 12.0, ("logdet_out", "log_volume"), share=0.5)
        elif extra == "factor" and square_roots:
            out = draft.output(draft.name("L_out", "factor_out"), draft.real, "n", k, k)
            lower = [(r, c) for r in range(k) for c in range(k)]
            draft.line(*(f"{out}[{system.i}, {r}, {c}] = {f'l{r}{c}' if c <= r else draft.number(0.0)}" for r, c in lower))
            draft.numpy(f"{out} = np.linalg.cholesky(full)")
        system.conclude([f"x{r}" for r in range(k)], b)
    name = "cholesky" if square_roots else "ldl"
    return draft.case(draw.choice((f"{name}_solve_{k}", f"{name}_{k}x{k}", f"solve_spd_{k}")), ["n"], system.sizes())


def _substituted(draft: Draft, k: int, b: list[str], square_roots: bool, reciprocal: bool) -> None:
    """Forward and backward substitution: the solution as x0 .. in the kernel."""

    def scaled(text: str, r: int) -> str:
        text = f"({text})" if " - " in text else text
        return f"{text} * i{r}" if reciprocal else f"{text} / l{r}{r}"

    for r in range(k):
        text = less(b[r], *((f"l{r}{p}", f"y{p}") for p in range(r)))
        draft.line(f"y{r} = {scaled(text, r) if square_roots else text}")
    for r in reversed(range(k)):
        if square_roots:
            draft.line(f"x{r} = {scaled(less(f'y{r}', *((f'l{p}{r}', f'x{p}') for p in range(r + 1, k))), r)}")
        else:
            draft.line(f"x{r} = {less(f'y{r} / d{r}', *((f'l{p}{r}', f'x{p}') for p in range(r + 1, k)))}")


def build_lu(draw: Draw, draft: Draft) -> Case:
    """A general system by LU factors, or by elimination on the rows with the right-hand side, two to four equations."""
    k = draw.choice((2, 3, 3, 4))
    kind = draw.choice(("doolittle", "crout", "gauss", "jordan"))
    system = System(draft, k, shift=1.0)
    numbers = [f"{r}{c}" for r in range(k) for c in range(k)]
    draft.reserve(*(f"{x}{rc}" for x in "lufp" for rc in numbers), *(f"{x}{r}" for x in "fpq" for r in range(k)))
    with system.threads():
        if kind in ("gauss", "jordan"):
            # Elimination overwrites its rows: they are locals of their own.
            a = system.entries("named")
            a = [[f"a{r}{c}" for c in range(k)] for r in range(k)]
            b = system.rights()
            if system.vectors:
                draft.line(*(f"b{r} = {text}" for r, text in enumerate(b)))
                b = [f"b{r}" for r in range(k)]
            x = _eliminated(draft, k, a, b, jordan=kind == "jordan")
        else:
            a = system.entries()
            b = system.rights()
            x = _factored(draft, k, a, b, crout=kind == "crout")
        system.solve()
        system.conclude(x)
    return draft.case(draw.choice((f"lu_solve_{k}", f"{kind}_{k}x{k}", f"{kind}_solve")), ["n"], system.sizes())


def _factored(draft: Draft, k: int, a: Entries, b: list[str], *, crout: bool) -> list[str]:
    """LU factors, the unit diagonal below (Doolittle) or above (Crout), and both substitutions."""
    for p in range(k):
        if crout:
            for r in range(p, k):
                draft.line(f"l{r}{p} = {less(a[r][p], *((f'l{r}{q}', f'u{q}{p}') for q in range(p)))}")
            for c in range(p + 1, k):
                top = less(a[p][c], *((f"l{p}{q}", f"u{q}{c}") for q in range(p)))
                draft.line(f"u{p}{c} = {f'({top})' if p else top} / l{p}{p}")
        else:
            for c in range(p, k):
                draft.line(f"u{p}{c} = {less(a[p][c], *((f'l{p}{q}', f'u{q}{c}') for q in range(p)))}")
            for r in range(p + 1, k):
                top = less(a[r][p], *((f"l{r}{q}", f"u{q}{p}") for q in range(p)))
                draft.line(f"l{r}{p} = {f'({top})' if p else top} / u{p}{p}")
    for r in range(k):
        text = less(b[r], *((f"l{r}{q}", f"y{q}") for q in range(r)))
        draft.line(f"y{r} = {f'({text})' if crout and r else text}{f' / l{r}{r}' if crout else ''}")
    for r in reversed(range(k)):
        text = less(f"y{r}", *((f"u{r}{q}", f"x{q}") for q in range(r + 1, k)))
        draft.line(f"x{r} = {text if crout else f'({text}) / u{r}{r}' if r + 1 < k else f'{text} / u{r}{r}'}")
    return [f"x{r}" for r in range(k)]


def _eliminated(draft: Draft, k: int, a: Entries, b: list[str], *, jordan: bool) -> list[str]:
    """Rows subtracted from one another in place, below the pivot (Gauss) or everywhere (Jordan)."""
    for p in range(k):
        if jordan:
            draft.warp_formula(f"p{p} = 1.0 / {a[p][p]}")
            draft.line(*(f"{a[p][c]} = {a[p][c]} * p{p}" for c in range(p + 1, k)), f"{b[p]} = {b[p]} * p{p}")
        for r in range(k) if jordan else range(p + 1, k):
            if r == p:
                continue
            factor = a[r][p] if jordan else f"f{r}{p}"
            if not jordan:
                draft.line(f"f{r}{p} = {a[r][p]} / {a[p][p]}")
            draft.line(*(f"{a[r][c]} -= {factor} * {a[p][c]}" for c in range(p + 1, k)), f"{b[r]} -= {factor} * {b[p]}")
    if jordan:
        return b
    for r in reversed(range(k)):
        text = less(b[r], *((a[r][q], f"x{q}") for q in range(r + 1, k)))
        draft.line(f"x{r} = {f'({text})' if r + 1 < k else text} / {a[r][r]}")
    return [f"x{r}" for r in range(k)]


def build_pivoted(draw: Draw, draft: Draft) -> Case:
    """Two equations, the row with the larger pivot first; or a singular system that is left alone."""
    system = System(draft, 2, layouts=("grid", "matrix"))
    floor = draw.choice(("1.0e-6", "0.001"))
    kind = draw.choice(("pivot", "guard"))
    draft.reserve("det", "f", "upper", "lower", "top", "bottom", "first", "second", "swap")
    with system.threads():
        a = system.entries("named")
        a = [["a00", "a01"], ["a10", "a11"]]
        b = system.rights()
        if kind == "pivot":
            if system.vectors:
                draft.line(f"b0 = {b[0]}", f"b1 = {b[1]}")
            with draft.block(f"if wp.abs({a[1][0]}) > wp.abs({a[0][0]}):"):
                for first, second in ((a[0][0], a[1][0]), (a[0][1], a[1][1]), ("b0", "b1")):
                    draft.line(f"swap = {first}", f"{first} = {second}", f"{second} = swap")
            draft.line(
                f"f = {a[1][0]} / {a[0][0]}", f"x1 = (b1 - f * b0) / ({a[1][1]} - f * {a[0][1]})", f"x0 = (b0 - {a[0][1]} * x1) / {a[0][0]}"
            )
            b = []
        else:
            draft.line(f"det = {a[0][0]} * {a[1][1]} - {a[0][1]} * {a[1][0]}")
            zeros = [draft.zero(), draft.zero()]
            draft.line(f"x0 = {zeros[0]}", f"x1 = {zeros[1]}")
            with draft.block(f"if wp.abs(det) > {draft.number(float(floor))}:"):
                draft.line(f"x0 = ({b[0]} * {a[1][1]} - {b[1]} * {a[0][1]}) / det", f"x1 = ({a[0][0]} * {b[1]} - {a[1][0]} * {b[0]}) / det")
        system.solve()
        system.conclude(["x0", "x1"], b)
    return draft.case(draw.choice((f"solve_2x2_{kind}", f"{kind}ed_2x2", "safe_solve_2x2")), ["n"], system.sizes())


def build_blocks(draw: Draw, draft: Draft) -> Case:
    """Four equations by their blocks of two: the Schur complement, with 2x2 matrices of the kernel's own."""
    system = System(draft, 4, layouts=("grid", "row", "matrix"))
    small, pair = ("wp.mat22d", "wp.vec2d") if draft.width == "float64" else ("wp.mat22", "wp.vec2")
    draft.reserve("P", "Q", "R", "S", "Pi", "schur", "top", "bottom", "u", "w")
    own = draw.chance(0.5)
    with system.threads():
        a = system.entries("named")
        b = system.rights()
        for name, rows, cols in (("P", (0, 1), (0, 1)), ("Q", (0, 1), (2, 3)), ("R", (2, 3), (0, 1)), ("S", (2, 3), (2, 3))):
            draft.line(f"{name} = {small}({', '.join(a[r][c] for r in rows for c in cols)})")
        draft.line(f"top = {pair}({b[0]}, {b[1]})", f"bottom = {pair}({b[2]}, {b[3]})")
        inverse = "wp.inverse"
        if own:
            inverse = "inverse_2x2"
            draft.definitions.append(
                [
                    "@wp.func",
                    f"def inverse_2x2(m: {small}):",
                    "    det = m[0, 0] * m[1, 1] - m[0, 1] * m[1, 0]",
                    f"    return {small}(m[1, 1], -m[0, 1], -m[1, 0], m[0, 0]) / det",
                ]
            )
        draft.line(
            f"Pi = {inverse}(P)", "schur = S - R @ Pi @ Q", f"w = {inverse}(schur) @ (bottom - R @ (Pi @ top))", "u = Pi @ (top - Q @ w)"
        )
        system.solve()
        system.conclude(["u[0]", "u[1]", "w[0]", "w[1]"], b)
    return draft.case(draw.choice(("schur_solve", "block_solve_4x4", "solve_by_blocks")), ["n"], system.sizes())
