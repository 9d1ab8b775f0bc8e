"""Least squares, a fit for each thread: lines, parabolas, planes and given features by normal equations, weighted or regularized."""

from __future__ import annotations

from dataclasses import dataclass

from kernels.case import Case
from kernels.domains import Uniform
from kernels.drafting.draft import Draft
from kernels.drafting.finish import finish
from kernels.draw import Draw
from kernels.language.types import vector


@dataclass(frozen=True)
class Basis:
    """What is fitted: the coordinates of a sample, and the features made of them (in Warp's spelling)."""

    coordinates: tuple[str, ...]
    features: tuple[str, ...]


BASES: dict[str, Basis] = {
    "line": Basis(("x",), ("1.0", "x")),
    "through_origin": Basis(("x", "w"), ("x", "w")),
    "parabola": Basis(("x",), ("1.0", "x", "x * x")),
    "plane": Basis(("x", "y"), ("1.0", "x", "y")),
    "harmonic": Basis(("x",), ("wp.cos(x)", "wp.sin(x)")),
    "exponential": Basis(("x",), ("1.0", "wp.exp(-x)")),
    "circle": Basis(("x", "y"), ("x", "y", "1.0")),
}


def build_fit(draw: Draw, draft: Draft) -> Case:
    """Normal equations gathered over a few samples of each thread, a ridge on the diagonal, and their solution by determinants."""
    kind = draw.choice(tuple(BASES))
    basis = BASES[kind]
    k = len(basis.features)
    count = draw.choice((3, 4, 5, 6, 8))
    i = draw.choice(("i", "tid", "fit", "pixel"))
    weighted = draw.chance(0.45)
    draft.reserve(
        i, "j", "w", "r", "det", "features", "full", "right_all", "solution", "value", "weight", "residual", "total", *basis.coordinates
    )
    draft.reserve(*(f"{x}{r}{c}" for x in "ac" for r in range(k) for c in range(k)), *(f"{x}{r}" for x in "bfp" for r in range(k)))
    for name in basis.coordinates:
        draft.array(f"{name}_data", draft.real, "n", count, low=-1.0, high=1.0)
    targets = draft.array(draft.name("z_data", "observed", "values"), draft.real, "n", count)
    weights = draft.array(draft.name("weights", "confidence"), draft.real, "n", count, domain=Uniform(0.2, 1.0)) if weighted else ""
    with draft.threads((i, "n", targets, 0)):
        ridge = draft.knob(draft.name("ridge", "regularization", "lambda_"), 0.2, 1.0)
        pairs = [(r, c) for r in range(k) for c in range(r + 1)]
        zero = draft.zero()
        draft.line(*(f"a{r}{c} = {zero}" for r, c in pairs), *(f"b{r} = {zero}" for r in range(k)))
        with draft.block(f"for j in range({count}):"):
            draft.line(*(f"{name} = {name}_data[{i}, j]" for name in basis.coordinates))
            target = f"{targets}[{i}, j]"
            if kind == "circle":
                draft.line("value = x * x + y * y")
                draft.numpy("value = x_data * x_data + y_data * y_data")
            else:
                draft.line(f"value = {target}")
                draft.numpy(f"value = {targets}")
            names = [f"f{r}" for r in range(k)]
            for name, feature in zip(names, basis.features, strict=True):
                if feature != "1.0":
                    draft.line(f"{name} = {draft.warp(feature)}")
            left = [n if f != "1.0" else "" for n, f in zip(names, basis.features, strict=True)]
            scale = ""
            if weights:
                draft.line(f"w_j = {weights}[{i}, j]")
                scale = "w_j"
            if kind == "circle":
                draft.line(f"offset = {target}", "value = value + offset")
                draft.numpy(f"value = value + {targets}")
            for r, c in pairs:
                factors = [scale, left[r], left[c]]
                draft.line(f"a{r}{c} += {' * '.join(f for f in factors if f) or draft.number(1.0)}")
            draft.line(*(f"b{r} += {' * '.join(f for f in (scale, left[r], 'value') if f)}" for r in range(k)))
        columns = [f.replace("wp.", "np.") for f in basis.features]
        for name in basis.coordinates:
            columns = [
                c.replace(name, f"{name}_data") if len(name) == 1 and c != "1.0" and "exp" not in c and "np" not in c else c
                for c in columns
            ]
        columns = [c.replace("(x)", "(x_data)").replace("(-x)", "(-x_data)") for c in columns]
        ones = f"np.ones_like({targets})"
        draft.numpy(f"features = np.stack([{', '.join(ones if c == '1.0' else c for c in columns)}], axis=-1)")
        weight_text = f"{weights}[..., None] * " if weights else ""
        draft.numpy(
            f"moved = np.swapaxes({weight_text}features, 1, 2)",
            f"full = moved @ features + {ridge.numpy()} * np.eye({k}, dtype=features.dtype)",
            "right_all = np.einsum('nkj,nj->nk', moved, value)",
            "solution = np.linalg.solve(full, right_all[..., None])[..., 0]",
        )
        draft.line(*(f"a{r}{r} += {ridge.warp()}" for r in range(k)))
        _solved(draft, k)
        draft.numpy(*(f"p{r} = solution[:, {r}]" for r in range(k)))
        goal = draw.choice(("parameters", "parameters", "prediction", "residual"))
        if goal == "parameters":
            if k == 3 and draw.chance(0.4):
                out = draft.output(draft.name("coefficients", "fit_out"), vector(draft.width, 3), "n")
                draft.line(f"{out}[{i}] = {vector(draft.width, 3).spelling}(p0, p1, p2)")
            else:
                out = draft.output(draft.name("coefficients", "fit_out"), draft.real, "n", k)
                draft.line(*(f"{out}[{i}, {r}] = p{r}" for r in range(k)))
            draft.numpy(f"{out} = solution")
        elif goal == "prediction":
            place = draft.array(draft.name("query", "at_features"), draft.real, "n", k)
            draft.line(f"value = {' + '.join(f'p{r} * {place}[{i}, {r}]' for r in range(k))}")
            draft.numpy(f"value = np.sum(solution * {place}, axis=1)")
            finish(draft, draft.known("value", draft.real, -9.0, 9.0), ("predicted", "interpolated", "value_out"), i, ("n",))
        else:
            # What the fit explains: b . p, without another pass over the samples.
            draft.line(f"total = {' + '.join(f'p{r} * b{r}' for r in range(k))}")
            draft.numpy("total = np.sum(solution * right_all, axis=1)")
            finish(draft, draft.known("total", draft.real, 0.0, 20.0), ("explained", "score", "fit_quality"), i, ("n",))
    return draft.case(draw.choice((f"fit_{kind}", "least_squares", f"{kind}_regression")), ["n"], [{"n": n} for n in draw.sizes(100)])


def _solved(draft: Draft, k: int) -> None:
    """Solves the symmetric equations over a00 .., b0 .. as p0 .., by determinants or LDL factors."""
    if k == 2:
        draft.line("det = a00 * a11 - a10 * a10", "p0 = (b0 * a11 - a10 * b1) / det", "p1 = (a00 * b1 - a10 * b0) / det")
        return
    if draft.draw.chance(0.5):
        draft.line(
            "f10 = a10 / a00",
            "f20 = a20 / a00",
            "d1 = a11 - f10 * a10",
            "f21 = (a21 - f20 * a10) / d1",
            "d2 = a22 - f20 * a20 - f21 * f21 * d1",
        )
        draft.line("r1 = b1 - f10 * b0", "r2 = b2 - f20 * b0 - f21 * r1")
        draft.line("p2 = r2 / d2", "p1 = r1 / d1 - f21 * p2", "p0 = b0 / a00 - f10 * p1 - f20 * p2")
        return
    draft.line(
        "c00 = a11 * a22 - a21 * a21",
        "c10 = a20 * a21 - a10 * a22",
        "c20 = a10 * a21 - a11 * a20",
        "c11 = a00 * a22 - a20 * a20",
        "c21 = a10 * a20 - a00 * a21",
        "c22 = a00 * a11 - a10 * a10",
        "det = a00 * c00 + a10 * c10 + a20 * c20",
        "p0 = (c00 * b0 + c10 * b1 + c20 * b2) / det",
        "p1 = (c10 * b0 + c11 * b1 + c21 * b2) / det",
        "p2 = (c20 * b0 + c21 * b1 + c22 * b2) / det",
    )
