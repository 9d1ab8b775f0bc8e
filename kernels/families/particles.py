"""Interacting particles: forces and potentials over pairs, smoothed-particle hydrodynamics, and deposits onto a grid.

Variants: the pairs (all of them, a grid of pairs with atomics, ascending pairs by Newton's third law, CSR or padded neighbour lists), the
law (gravity, Coulomb, Yukawa, Lennard-Jones, soft repulsion, SPH density, pressure and viscosity), the smoothing kernel, how a particle is
kept from meeting itself, cutoffs, extra per-particle terms, and the shape function of a deposit (nearest, cloud-in-cell, triangular).
"""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import dataclass

from kernels.case import Case
from kernels.domains import Integers, Offsets, Uniform
from kernels.draw import Draw
from kernels.families._deposit import build_transfer
from kernels.families._pair_laws import LAWS, SMOOTHING, SPH, Law
from kernels.families._worksheet import Worksheet
from kernels.language.expression import Expression, variable
from kernels.language.interval import Interval
from kernels.language.types import I32, Type

POSITIVE = Interval(0.05, 20.0)


"""Poly6 (normalized and not), spiky's gradient, Gaussian, cubic spline, Wendland C2: each up to its constant factor."""

PADDED = 6
"""Slots of a padded neighbour table: few enough for Warp to unroll the loop over them."""

POSITIONS = ("x", "positions", "pos", "particle_q", "points")


def build(draw: Draw) -> Case:
    """One particle kernel."""
    return build_transfer(draw) if draw.chance(0.25) else _pairs(draw)


def _pairs(draw: Draw) -> Case:
    """A sum over pairs: of a force law, or of a smoothing kernel."""
    d = Worksheet(draw, "particles", without=("normalize",))
    law = draw.choice(LAWS) if draw.chance(0.6) else draw.choice(SPH)
    result = d.vector if law.along else d.real
    walk = draw.weighted(("all", "grid", "ascending", "csr", "padded"), (4, 2, 1, 3, 3))
    if walk == "ascending" and "_i" not in " ".join(law.formulas):
        walk = "all"
    atomic = walk in ("grid", "ascending")
    x = d.array(draw.choice(POSITIONS), d.vector, "n", Uniform(-2.0, 2.0))
    charge = d.array(draw.choice((law.charge, law.charge, f"particle_{law.charge}")), d.real, "n", Uniform(0.5, 1.5))
    out = draw.choice((law.name, f"{law.name}_out", "result", "accel" if law.along else "energy"))
    d.output(out, result, "n", role="accumulate" if atomic else "output")

    i, j = draw.choice((("i", "j"), ("tid", "other"), ("p", "q"), ("a", "b")))
    d.line(f"{i}, {j} = wp.tid()" if atomic else f"{i} = wp.tid()")
    count = draw.choice(("n", "count", "num_particles"))
    if walk == "all" or draw.chance(0.3):
        d.extent(count, "n", x)
        if walk != "all" or draw.chance(0.5):
            with d.block(f"if {i} >= {count}{f' or {j} >= {count}' if atomic else ''}:"):
                d.line("return")
    softening = d.parameter(draw.choice(("softening", "eps_sq", "soft_sq")), 0.3, 0.8)
    d.line(f"x_i = {x}[{i}]")
    total = draw.choice(("total", "acc", "summed", "accumulated"))
    if not atomic:
        d.line(f"{total} = {d.zero(result)}")
    with ExitStack() as nest:
        pairs = _walk(d, nest, walk, x, i, j, count)
        # A particle that meets itself adds two large derivatives that cancel: steep laws would leave only their rounding.
        steep = "inv6" in " ".join(law.formulas)
        if draw.chance(0.7) or atomic or steep:
            pairs.keep.append(_apart(d, nest, walk, pairs, i, j))
        _load(d, pairs, x, charge, law, i, j)
        pair = _pair(d, law, softening)
        if draw.chance(0.25):
            limit = draw.choice((4.0, 6.25, 9.0))
            pairs.keep.append(f"(dist_sq < {limit})")
            nest.enter_context(d.block(f"if dist_sq < {d.number(limit)}:"))
        if atomic:
            d.line(f"wp.atomic_add({out}, {i}, {pair})")
            if walk == "ascending":
                d.line(f"wp.atomic_add({out}, {j}, {'-' if law.along else ''}{pair})")
        else:
            d.line(f"{total} += {pair}")
    _reduce(d, walk, pairs, bool(law.along), x if law.along else charge, total, pair)
    if atomic:
        d.numpy(f"{out} = {total}")
    else:
        _finish(d, out, result, total, i, law, linear=walk != "padded")
    name = draw.choice((f"{law.name}_{'neighbors' if walk in ('csr', 'padded') else 'pairs'}", f"compute_{law.name}", f"{law.name}_kernel"))
    return d.case(name, "n n" if atomic else "n", _pair_sizes(draw, atomic))


@dataclass
class Pairs:
    """How numpy sees the pairs: subscripts that bring a per-particle array to both sides, what pairs count, and their indices."""

    own: str
    other: str
    keep: list[str]
    rows: str
    columns: str


def _walk(d: Worksheet, nest: ExitStack, walk: str, x: str, i: str, j: str, count: str) -> Pairs:
    """Opens the loop over partners; in numpy the pairs are a matrix, a list of rows and columns, or a padded table."""
    if walk in ("all", "grid", "ascending"):
        d.numpy(f"index = np.arange(len({x}))")
        if walk == "all":
            nest.enter_context(d.block(f"for {j} in range({count}):"))
        return Pairs("[:, None]", "[None, :]", [], "index[:, None]", "index[None, :]")
    neighbors = d.draw.choice(("neighbors", "neighbor_list", "adjacency"))
    if walk == "csr":
        offsets = d.array(d.draw.choice(("offsets", "row_start", "neighbor_ptr")), I32, "n1", lambda s: Offsets(s["e"]))
        d.array(neighbors, I32, "e", lambda s: Integers(0, s["n"]))
        d.numpy(f"rows = np.repeat(np.arange(len({x})), np.diff({offsets}))")
        if d.draw.chance(0.5):
            d.line(f"begin = {offsets}[{i}]", f"end = {offsets}[{i} + 1]")
            nest.enter_context(d.block("for slot in range(begin, end):"))
        else:
            nest.enter_context(d.block(f"for slot in range({offsets}[{i}], {offsets}[{i} + 1]):"))
        d.line(f"{j} = {neighbors}[slot]")
        return Pairs("[rows]", f"[{neighbors}]", [], "rows", neighbors)
    counts = d.array(d.draw.choice(("neighbor_count", "degree", "num_neighbors")), I32, "n", lambda s: Integers(0, s["k"] + 1))
    d.array(neighbors, I32, "n k", lambda s: Integers(0, s["n"]))
    d.numpy(f"index = np.arange(len({x}))", f"listed = np.arange({neighbors}.shape[1]) < {counts}[:, None]")
    nest.enter_context(d.block(f"for slot in range({PADDED}):"))
    nest.enter_context(d.block(f"if slot < {counts}[{i}]:"))
    d.line(f"{j} = {neighbors}[{i}, slot]")
    return Pairs("[:, None]", f"[{neighbors}]", ["listed"], "index[:, None]", neighbors)


def _apart(d: Worksheet, nest: ExitStack, walk: str, pairs: Pairs, i: str, j: str) -> str:
    """Keeps a particle from meeting itself, or a pair from being met twice; returns the condition for numpy."""
    if walk in ("grid", "ascending"):
        with d.block(f"if {i} == {j}:" if walk == "grid" else f"if {i} >= {j}:"):
            d.line("return")
        return f"({pairs.rows} {'!=' if walk == 'grid' else '<'} {pairs.columns})"
    if d.draw.chance(0.5):
        nest.enter_context(d.block(f"if {j} != {i}:"))
    else:
        with d.block(f"if {j} == {i}:"):
            d.line("continue")
    return f"({pairs.rows} != {pairs.columns})"


def _load(d: Worksheet, pairs: Pairs, x: str, charge: str, law: Law, i: str, j: str) -> None:
    """The two sides' positions and charges, and the vector between them."""
    name = law.charge
    d.numpy(f"x_i, x_j = {x}{pairs.own}, {x}{pairs.other}")
    if f"{name}_i" in " ".join(law.formulas):
        d.line(f"{name}_i = {charge}[{i}]")
        d.numpy(f"{name}_i = {charge}{pairs.own}")
    d.line(f"{name}_j = {charge}[{j}]")
    d.numpy(f"{name}_j = {charge}{pairs.other}")
    if law.along == "relative":
        d.array("velocity", d.vector, "n", Uniform(-1.0, 1.0))
        d.line(f"relative = velocity[{j}] - velocity[{i}]")
        d.numpy(f"relative = velocity{pairs.other} - velocity{pairs.own}")
    if "pressure" in " ".join(law.formulas):
        d.array("pressure", d.real, "n", Uniform(0.5, 2.0))
        d.line(f"mean_pressure = {d.warp('0.5')} * (pressure[{i}] + pressure[{j}])")
        d.numpy(f"mean_pressure = 0.5 * (pressure{pairs.own} + pressure{pairs.other})")
    if d.draw.chance(0.6):
        d.line(f"offset = {x}[{j}] - x_i")
        d.numpy("offset = x_j - x_i")
    else:
        d.line(f"x_j = {x}[{j}]")
        d.formula("offset = x_j - x_i")


def _pair(d: Worksheet, law: Law, softening: Expression) -> str:
    """The contribution of one pair, by name."""
    draw = d.draw
    soft = softening.warp()
    d.formula(draw.choice((f"dist_sq = wp.dot(offset, offset) + {soft}", f"dist_sq = wp.length_sq(offset) + {soft}")))
    charge_j = variable(f"{law.charge}_j", d.real, 0.5, 1.5)
    formulas = list(law.formulas)
    if law in SPH:
        h = d.parameter(draw.choice(("h", "smoothing_length", "kernel_radius")), 1.0, 2.5).name
        formulas = [re.sub(r"\bh\b", h, f) for f in draw.choice(SMOOTHING)] + formulas
    d.formula(*formulas)
    strength = "strength"
    if draw.chance(0.55):
        scope: list[Expression] = [variable("dist_sq", d.real, 0.3, 49.0)]
        if draw.chance(0.5):
            scope.append(charge_j)
        taper = d.fused(draw.choice(("taper", "modulation", "pair_weight")), d.real, scope, domain=Interval(-50.0, 50.0))
        d.formula(f"strength_ij = strength * {taper.name}")
        strength = "strength_ij"
    if not law.along:
        return strength
    name = draw.choice(("pull", "pair_force", "push", "contribution"))
    d.formula(draw.choice((f"{name} = {law.along} * {{{strength}}}", f"{name} = {{{strength}}} * {law.along}")))
    return name


def _reduce(d: Worksheet, walk: str, pairs: Pairs, is_vector: bool, like: str, total: str, pair: str) -> None:
    """Numpy's sum of the contributions of the pairs that count."""
    axis = "[..., None]" if is_vector else ""
    if pairs.keep:
        d.numpy(f"counted = {' & '.join(pairs.keep)}", f"{pair} = np.where(counted{axis}, {pair}, 0.0)")
    if walk == "csr":
        d.numpy(f"{total} = np.zeros_like({like})", f"np.add.at({total}, rows, {pair})")
    elif walk == "ascending":
        d.numpy(f"{total} = {pair}.sum(axis=1) {'-' if is_vector else '+'} {pair}.sum(axis=0)")
    else:
        d.numpy(f"{total} = {pair}.sum(axis=1)")


def _finish(d: Worksheet, out: str, result: Type, total: str, i: str, law: Law, *, linear: bool) -> None:
    """Stores a particle's sum: as it is, or with terms of its own.

    Warp's adjoint does not know the value of a sum that a dynamic loop has made: `linear` asks for an update that is linear in it, with
    coefficients that are the same in every thread.
    """
    draw = d.draw
    bound = 200.0 if result.rank else 400.0
    terms: list[Expression] = [] if linear else [variable(total, result, -bound, bound)]
    gains = [d.parameter(name, 0.1, 2.0) for name in draw.subset(("damping", "time_step", "gain"), draw.weighted((0, 1, 2), (3, 3, 1)))]
    for name, type in draw.subset((("drag", d.real), ("temperature", d.real), ("external", d.vector)), draw.weighted((0, 1, 2), (3, 3, 1))):
        if type.rank <= result.rank:
            d.array(name, type, "n", Uniform(0.2, 1.5))
            terms.append(d.load(f"{name}_i", name, i, 0.2, 1.5, type))
    if not terms and not gains:
        d.store(out, i, total)
        return
    name = draw.choice(("updated", f"{law.name}_i", "scaled"))
    if not linear:
        d.store(out, i, d.fused(name, result, [*terms, *gains]).name)
        return
    factor = d.fused("factor", d.real, gains).name if len(gains) > 1 or (gains and draw.chance(0.5)) else gains[0].name if gains else ""
    scaled = f"{{{factor}}} * {total}" if factor and result.rank else f"{factor} * {total}" if factor else total
    if terms:
        background = d.fused(draw.choice(("background", "own_term", "bias")), result, terms).name
        scaled = draw.choice((f"{scaled} + {background}", f"{background} + {scaled}", f"{background} - {scaled}"))
    d.formula(f"{name} = {scaled}")
    d.store(out, i, name)


def _pair_sizes(draw: Draw, square: bool) -> list[dict[str, int]]:
    counts = (1, draw.choice((5, 7, 11)), draw.choice((13, 15, 17)) if square else draw.choice((65, 67, 70)))
    return [{"n": n, "n1": n + 1, "e": 4 * n, "k": PADDED} for n in counts]
