"""Densities: kernel density estimates, local regressions, counts within a radius, statistics of pairs between two samples."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext

from kernels.case import Case
from kernels.domains import Integers, Uniform
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.statistics.neighbors import nearest, pair_sizes, votes
from kernels.language.expression import Expression
from kernels.language.interval import Interval
from kernels.language.types import I32

KERNELS: dict[str, tuple[str, bool]] = {
    "gaussian": ("exp(-0.5 * r2)", True),
    "epanechnikov": ("max(1.0 - 0.3 * r2, 0.0)", True),
    "biweight": ("max(1.0 - 0.2 * r2, 0.0) * max(1.0 - 0.2 * r2, 0.0)", True),
    "cauchy": ("1.0 / (1.0 + r2)", True),
    "quadric": ("sqrt(1.0 + r2)", True),
    "exponential": ("exp(-sqrt(r2 + 0.05))", True),
    "triangular": ("max(1.0 - 0.5 * sqrt(r2 + 0.05), 0.0)", True),
    "logistic": ("1.0 / (exp(u) + 2.0 + exp(-u))", False),
    "cosine": ("0.5 * (1.0 + cos(u))", False),
}
"""Smoothing kernels over the squared scaled distance `r2`, or over the scaled distance `u` itself (with a sign)."""


def densities(draw: Draw) -> Case:
    """One kernel on densities or neighbours."""
    builders: tuple[Callable[[Draw], Case], ...] = (_estimate, _estimate, _estimate, _regression, _counts, nearest, votes, _pairs)
    return draw.choice(builders)(draw)


class _Samples:
    """Samples and queries in one dimension, in two arrays of coordinates, or as vectors; how their scaled distance is worked out."""

    def __init__(self, draft: Draft, *, same: bool = False) -> None:
        self.draft = draft
        draw = draft.draw
        self.kind = draw.choice(("line", "line", "plane", "vector"))
        self.i, self.j = draw.choice((("i", "j"), ("q", "s"), ("query", "sample")))
        draft.reserve(self.i, self.j, "u", "u_x", "u_y", "r2", "dx", "dy", "offset", "x_i", "y_i")
        samples = draft.name("samples", "data", "centers", "support")
        queries = samples if same else draft.name("queries", "grid", "points")
        self.same = same
        if self.kind == "plane":
            self.samples, self.queries = [f"{samples}_{a}" for a in "xy"], [f"{queries}_{a}" for a in "xy"]
        else:
            self.samples, self.queries = [samples], [queries]
        type = draft.vector if self.kind == "vector" else draft.real
        for a in self.samples:
            draft.array(a, type, "m", domain=Uniform(-1.0, 1.0))
        for a in [] if same else self.queries:
            draft.array(a, type, "n", domain=Uniform(-1.0, 1.0))
        self.extent = "m" if same else "n"
        self.widths = (0.7, 1.5) if self.kind == "line" else (1.0, 2.0)

    def offset(self, bandwidth: Expression) -> None:
        """Names the squared scaled distance `r2` between the thread's query and the loop's sample; on a line `u` as well."""
        draft = self.draft
        draft.scope["h"] = bandwidth
        i, j = self.i, self.j
        if self.kind == "line":
            draft.line(f"dx = {self.queries[0]}[{i}] - {self.samples[0]}[{j}]")
            draft.numpy(f"dx = {self.queries[0]}[:, None] - {self.samples[0]}[None]")
            draft.known("dx", draft.real, -2.0, 2.0)
            draft.let("u", "dx / h")
            draft.let("r2", "u * u")
        elif self.kind == "plane":
            for letter, q, s in zip("xy", self.queries, self.samples, strict=True):
                draft.line(f"d{letter} = {q}[{i}] - {s}[{j}]")
                draft.numpy(f"d{letter} = {q}[:, None] - {s}[None]")
                draft.known(f"d{letter}", draft.real, -2.0, 2.0)
            if draft.draw.chance(0.5):
                draft.let("r2", "(dx * dx + dy * dy) / (h * h)")
            else:
                draft.let("u_x", "dx / h")
                draft.let("u_y", "dy / h")
                draft.let("r2", "u_x * u_x + u_y * u_y")
        else:
            draft.line(f"offset = {self.queries[0]}[{i}] - {self.samples[0]}[{j}]")
            draft.numpy(f"offset = {self.queries[0]}[:, None] - {self.samples[0]}[None]")
            draft.formula("d2 = wp.dot(offset, offset)")
            draft.known("d2", draft.real, 0.0, 12.0)
            draft.let("r2", "d2 / (h * h)")


def _estimate(draw: Draw) -> Case:
    """A kernel density estimate at each query, or a potential of radial basis functions: a sum over all samples, weighted or not."""
    draft = Draft(draw, smooth=True)
    s = _Samples(draft)
    kind = draw.choice([k for k, (_, even) in KERNELS.items() if even or s.kind == "line"])
    name = draw.choice((f"{kind}_kde", "kernel_density", f"density_{kind}", "radial_basis_sum"))
    draft.reserve(name, "total", "k", "weight", "contribution", "d2")
    weights = draft.array(draft.name("weights", "coefficients"), draft.real, "m", low=0.2) if draw.chance(0.5) else ""
    bandwidth = draft.knob(draft.name("bandwidth", "sigma"), *s.widths)
    helper = draw.choice((None, None, f"{kind}_kernel"))
    out = draft.output(draft.name("density", "out", "estimate"), draft.real, "n")
    with draft.threads((s.i, "n", s.queries[0], 0)):
        samples = draft.extent("m", s.samples[0])
        draft.line(f"total = {draft.zero()}")
        skips = draw.chance(0.25)
        with draft.block(f"for {s.j} in range({samples}):"):
            s.offset(bandwidth)
            if skips:
                limit = draw.choice((4.0, 6.25))
                draft.line(f"if r2 > {draft.number(limit)}:", "    continue")
            k: Expression = draft.let("k", KERNELS[kind][0], function=helper)
            if weights:
                draft.line(f"weight = {weights}[{s.j}]")
                draft.numpy(f"weight = {weights}[None]")
                draft.scope.update(w=draft.known("weight", draft.real, 0.2, 1.0), k=k)
                k = draft.let("contribution", draw.choice(("w * k", "k * w")))
            draft.line(f"total += {k.warp()}")
        term = f"np.where(r2 > {limit}, 0.0, {k.numpy()})" if skips else k.numpy()
        draft.numpy(f"total = np.sum({term}, axis=1)")
        total = draft.known("total", draft.real, 0.0, 200.0)
        value = total
        if draw.chance(0.6):
            draft.line(f"mean = total / {draft.cast(samples)}")
            draft.numpy(f"mean = total / len({s.samples[0]})")
            value = draft.known("mean", draft.real, 0.0, 4.0)
        fields: list[Expression] = []
        if draw.chance(0.4):
            fields.append(draft.load("base", draft.array(draft.name("prior", "offset_of"), draft.real, "n"), s.i, -1.0, 1.0))
        for step in (
            steps := draft.ending(
                ("result", "scaled"), value, fields, draft.some_parameters(("norm",), draw.integer(0, 1)), nonlinear=False
            )
        ):
            draft.line(step.warp)
            draft.numpy(step.numpy)
        draft.store(out, s.i, steps[-1].value.name if steps else value.name)
    return draft.case(name, ["n"], pair_sizes(draw))


def _regression(draw: Draw) -> Case:
    """Local averages (Nadaraya and Watson) over a few stored neighbours: weights by distance, normalized, all with a gradient."""
    draft = Draft(draw, smooth=True)
    near = draw.choice((3, 4, 5, 6))
    i, k = draft.name("i", "query"), draft.name("k", "slot")
    kind = draw.choice(("nadaraya", "inverse", "gaussian", "mean_shift"))
    name = draw.choice((f"{kind}_regression", "local_average", "kernel_smoother", "weighted_neighbors"))
    draft.reserve(name, "total", "norm", "d", "w", "j", "value", "x", "u")
    queries = draft.array("queries", draft.real, "n", domain=Uniform(-1.0, 1.0))
    samples = draft.array("samples", draft.real, "m", domain=Uniform(-1.0, 1.0))
    target = samples if kind == "mean_shift" else draft.array(draft.name("values", "labels", "responses"), draft.real, "m")
    table = draft.array(draft.name("neighbors", "knn"), I32, "n", near, domain=lambda s: Integers(0, s["m"]))
    draft.knob("bandwidth", 0.7, 1.2)
    with draft.threads((i, "n", queries, 0)):
        draft.line(f"x = {queries}[{i}]", f"total = {draft.zero()}", f"norm = {draft.zero()}")
        draft.numpy(f"x = {queries}[:, None]")
        with draft.block(f"for {k} in range({near}):"):
            draft.line(f"j = {table}[{i}, {k}]", f"d = x - {samples}[j]")
            draft.numpy(f"j = {table}", f"d = x - {samples}[j]")
            draft.known("d", draft.real, -2.0, 2.0)
            draft.let("u", "d / bandwidth")
            text = {
                "inverse": "1.0 / (u * u + 0.1)",
                "nadaraya": "max(1.0 - 0.15 * (u * u), 0.05)",
            }.get(kind, "exp(-0.5 * (u * u))")
            draft.let("w", text)
            draft.line(f"total += w * {target}[j]", "norm += w")
        draft.numpy(f"total, norm = np.sum(w * {target}[j], axis=1), np.sum(w, axis=1)")
        draft.known("total", draft.real, -61.0, 61.0)
        draft.known("norm", draft.real, 0.0, 61.0)
        draft.let("value", draw.choice(("total / max(norm, 0.05)", "total / (norm + 0.05)")))
        value: Expression = draft.known("value", draft.real, -1.0, 1.0)
        if kind == "mean_shift":
            draft.line(f"shift = value - {queries}[{i}]")
            draft.numpy(f"shift = value - {queries}")
            value = draft.known("shift", draft.real, -2.0, 2.0)
        if draw.chance(0.5):
            gain = draft.array("gain", draft.real, "n", low=0.2)
            value = draft.fused("result", draft.real, [value, draft.load("g", gain, i, 0.2, 1.0)], smooth=True)
        draft.store(draft.output(draft.name("out", "smoothed"), draft.real, "n"), i, value.warp())
    return draft.case(name, ["n"], pair_sizes(draw))


def _counts(draw: Draw) -> Case:
    """How many samples lie within a radius of each query (core points, density by counting), in loops or by pairs with atomics."""
    draft = Draft(draw)
    s = _Samples(draft, same=draw.chance(0.5))
    grid = draw.chance(0.4)
    kind = draw.choice(("count", "core", "ring"))
    name = draw.choice(("radius_counts", "core_points", "range_count", "neighbor_density"))
    draft.reserve(name, "count", "d2", "near")
    radius = draft.knob(draft.name("radius", "eps"), 0.5, 1.2)
    n = s.extent
    out = draft.output(draft.name("count_out", "neighbors_found"), I32, n, role="accumulate" if grid else "output")
    ring = draw.choice((1.0, 0.25)) if kind == "ring" else 1.0
    draft.line(f"{s.i}, {s.j} = wp.tid()" if grid else f"{s.i} = wp.tid()")
    if not grid:
        samples = draft.extent("m", s.samples[0])
        draft.line("count = int(0)")
    with draft.block(f"for {s.j} in range({samples}):") if not grid else nullcontext():
        s.offset(radius)
        one = draft.number(1.0)
        test, numpy = f"r2 < {one}", "r2 < 1.0"
        if kind == "ring":
            test, numpy = f"r2 < {draft.number(2.25)} and r2 >= {draft.number(ring)}", f"(r2 < 2.25) & (r2 >= {ring})"
        if s.same and draw.chance(0.6):
            test, numpy = f"{test} and {s.i} != {s.j}", f"({numpy}) & ~np.eye(len({s.samples[0]}), dtype=bool)"
        if grid:
            draft.line(f"if {test}:", f"    wp.atomic_add({out}, {s.i}, 1)")
        else:
            draft.line(f"if {test}:", "    count += 1")
    draft.numpy(f"count = ({numpy}).sum(axis=1).astype(np.int32)")
    if grid:
        draft.numpy(f"{out} = count")
    else:
        draft.line(f"{out}[{s.i}] = count")
        draft.numpy(f"{out} = count")
        if kind == "core":
            least = draw.integer(2, 5)
            draft.output("is_core", I32, n)
            draft.line(
                *draw.choice(
                    (
                        (f"is_core[{s.i}] = wp.where(count >= {least}, 1, 0)",),
                        (f"if count >= {least}:", f"    is_core[{s.i}] = 1", "else:", f"    is_core[{s.i}] = 0"),
                    )
                )
            )
            draft.numpy(f"is_core = (count >= {least}).astype(np.int32)")
    return draft.case(name, [n, "m"] if grid else [n], pair_sizes(draw))


def _pairs(draw: Draw) -> Case:
    """Statistics of pairs between two samples: energy distance, maximum mean discrepancy, dependence sums, each pair a thread."""
    draft = Draft(draw, smooth=True)
    s = _Samples(draft)
    kind = draw.choice(("energy", "mmd", "fused", "max"))
    name = draw.choice((f"{kind}_pairs", "two_sample_sum", "cross_statistic"))
    draft.reserve(name, "term", "d2")
    bandwidth = draft.knob("bandwidth", *s.widths)
    rows = draw.chance(0.5)
    out = draft.output(draft.name("total_out", "statistic"), draft.real, "n" if rows else 1, role="accumulate")
    with draft.threads((s.i, "n", s.queries[0], 0), (s.j, "m", s.samples[0], 0)):
        s.offset(bandwidth)
        draft.scope["r"] = draft.scope["r2"]
        text = {"energy": "sqrt(r2 + 0.05)", "mmd": "exp(-0.5 * r2)", "max": "1.0 / (1.0 + r2)"}.get(kind, "")
        term = (
            draft.let("term", text)
            if text
            else draft.fused("term", draft.real, [draft.scope["r2"]], smooth=True, domain=Interval(-50.0, 50.0))
        )
        if draw.chance(0.4):
            weight = draft.array("weight", draft.real, "m", low=0.2)
            draft.line(f"w = {weight}[{s.j}]")
            draft.numpy(f"w = {weight}[None]")
            draft.scope.update(w=draft.known("w", draft.real, 0.2, 1.0), t=term)
            term = draft.let("weighted", "w * t")
        draft.line(f"wp.atomic_add({out}, {s.i if rows else 0}, {term.name})")
        draft.numpy(f"{out} = {f'{term.name}.sum(axis=1)' if rows else f'np.array([{term.name}.sum()])'}")
    return draft.case(name, ["n", "m"], [{**x, "m": min(x["m"], 17), "n": min(x["n"], 19)} for x in pair_sizes(draw)])
