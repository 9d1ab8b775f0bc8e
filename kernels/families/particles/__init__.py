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
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.particles.deposit import build_transfer
from kernels.families.particles.pair_laws import LAWS, SMOOTHING, SPH, Law
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
    draft = Draft(draw, without=("normalize",))
    law = draw.choice(LAWS) if draw.chance(0.6) else draw.choice(SPH)
    result = draft.vector if law.along else draft.real
    walk = draw.weighted(("all", "grid", "ascending", "csr", "padded"), (4, 2, 1, 3, 3))
    if walk == "ascending" and "_i" not in " ".join(law.formulas):
        walk = "all"
    atomic = walk in ("grid", "ascending")
    x = draft.array(draw.choice(POSITIONS), draft.vector, "n", domain=Uniform(-2.0, 2.0))
    charge = draft.array(draw.choice((law.charge, law.charge, f"particle_{law.charge}")), draft.real, "n", domain=Uniform(0.5, 1.5))
    out = draw.choice((law.name, f"{law.name}_out", "result", "accel" if law.along else "energy"))
    draft.output(out, result, "n", role="accumulate" if atomic else "output")

    i, j = draw.choice((("i", "j"), ("tid", "other"), ("p", "q"), ("a", "b")))
    draft.line(f"{i}, {j} = wp.tid()" if atomic else f"{i} = wp.tid()")
    count = draw.choice(("n", "count", "num_particles"))
    if walk == "all" or draw.chance(0.3):
        draft.extent(count, x, size="n")
        if walk != "all" or draw.chance(0.5):
            with draft.block(f"if {i} >= {count}{f' or {j} >= {count}' if atomic else ''}:"):
                draft.line("return")
    softening = draft.parameter(draw.choice(("softening", "eps_sq", "soft_sq")), 0.3, 0.8)
    draft.line(f"x_i = {x}[{i}]")
    total = draw.choice(("total", "acc", "summed", "accumulated"))
    if not atomic:
        draft.line(f"{total} = {draft.zero(result)}")
    with ExitStack() as nest:
        pairs = _walk(draft, nest, walk, x, i, j, count)
        # A particle that meets itself adds two large derivatives that cancel: steep laws would leave only their rounding.
        steep = "inv6" in " ".join(law.formulas)
        if draw.chance(0.7) or atomic or steep:
            pairs.keep.append(_apart(draft, nest, walk, pairs, x, i, j))
        _load(draft, pairs, x, charge, law, i, j)
        pair = _pair(draft, law, softening)
        if draw.chance(0.25):
            limit = draw.choice((4.0, 6.25, 9.0))
            pairs.keep.append(f"(dist_sq < {limit})")
            nest.enter_context(draft.block(f"if dist_sq < {draft.number(limit)}:"))
        if atomic:
            draft.line(f"wp.atomic_add({out}, {i}, {pair})")
            if walk == "ascending":
                draft.line(f"wp.atomic_add({out}, {j}, {'-' if law.along else ''}{pair})")
        else:
            draft.line(f"{total} += {pair}")
    _reduce(draft, walk, pairs, bool(law.along), x if law.along else charge, total, pair)
    if atomic:
        draft.numpy(f"{out} = {total}")
    else:
        _finish(draft, out, result, total, i, law, linear=walk != "padded")
    name = draw.choice((f"{law.name}_{'neighbors' if walk in ('csr', 'padded') else 'pairs'}", f"compute_{law.name}", f"{law.name}_kernel"))
    return draft.case(name, ["n", "n"] if atomic else ["n"], _pair_sizes(draw, atomic))


@dataclass
class Pairs:
    """How numpy sees the pairs: subscripts that bring a per-particle array to both sides, what pairs count, and their indices."""

    own: str
    other: str
    keep: list[str]
    rows: str
    columns: str


def _walk(draft: Draft, nest: ExitStack, walk: str, x: str, i: str, j: str, count: str) -> Pairs:
    """Opens the loop over partners; in numpy the pairs are a matrix, a list of rows and columns, or a padded table."""
    if walk in ("all", "grid", "ascending"):
        if walk == "all":
            nest.enter_context(draft.block(f"for {j} in range({count}):"))
        return Pairs("[:, None]", "[None, :]", [], "index[:, None]", "index[None, :]")
    neighbors = draft.draw.choice(("neighbors", "neighbor_list", "adjacency"))
    if walk == "csr":
        offsets = draft.array(draft.draw.choice(("offsets", "row_start", "neighbor_ptr")), I32, "n1", domain=lambda s: Offsets(s["e"]))
        draft.array(neighbors, I32, "e", domain=lambda s: Integers(0, s["n"]))
        draft.numpy(f"rows = np.repeat(np.arange(len({x})), np.diff({offsets}))")
        if draft.draw.chance(0.5):
            draft.line(f"begin = {offsets}[{i}]", f"end = {offsets}[{i} + 1]")
            nest.enter_context(draft.block("for slot in range(begin, end):"))
        else:
            nest.enter_context(draft.block(f"for slot in range({offsets}[{i}], {offsets}[{i} + 1]):"))
        draft.line(f"{j} = {neighbors}[slot]")
        return Pairs("[rows]", f"[{neighbors}]", [], "rows", neighbors)
    counts = draft.array(
        draft.draw.choice(("neighbor_count", "degree", "num_neighbors")), I32, "n", domain=lambda s: Integers(0, s["k"] + 1)
    )
    draft.array(neighbors, I32, "n", "k", domain=lambda s: Integers(0, s["n"]))
    draft.numpy(f"listed = np.arange({neighbors}.shape[1]) < {counts}[:, None]")
    nest.enter_context(draft.block(f"for slot in range({PADDED}):"))
    nest.enter_context(draft.block(f"if slot < {counts}[{i}]:"))
    draft.line(f"{j} = {neighbors}[{i}, slot]")
    return Pairs("[:, None]", f"[{neighbors}]", ["listed"], "index[:, None]", neighbors)


def _apart(draft: Draft, nest: ExitStack, walk: str, pairs: Pairs, x: str, i: str, j: str) -> str:
    """Keeps a particle from meeting itself, or a pair from being met twice; returns the condition for numpy."""
    if walk != "csr":
        draft.numpy(f"index = np.arange(len({x}))")
    if walk in ("grid", "ascending"):
        with draft.block(f"if {i} == {j}:" if walk == "grid" else f"if {i} >= {j}:"):
            draft.line("return")
        return f"({pairs.rows} {'!=' if walk == 'grid' else '<'} {pairs.columns})"
    if draft.draw.chance(0.5):
        nest.enter_context(draft.block(f"if {j} != {i}:"))
    else:
        with draft.block(f"if {j} == {i}:"):
            draft.line("continue")
    return f"({pairs.rows} != {pairs.columns})"


def _load(draft: Draft, pairs: Pairs, x: str, charge: str, law: Law, i: str, j: str) -> None:
    """The two sides' positions and charges, and the vector between them."""
    name = law.charge
    draft.numpy(f"x_i, x_j = {x}{pairs.own}, {x}{pairs.other}")
    if f"{name}_i" in " ".join(law.formulas):
        draft.line(f"{name}_i = {charge}[{i}]")
        draft.numpy(f"{name}_i = {charge}{pairs.own}")
    draft.line(f"{name}_j = {charge}[{j}]")
    draft.numpy(f"{name}_j = {charge}{pairs.other}")
    if law.along == "relative":
        draft.array("velocity", draft.vector, "n", domain=Uniform(-1.0, 1.0))
        draft.line(f"relative = velocity[{j}] - velocity[{i}]")
        draft.numpy(f"relative = velocity{pairs.other} - velocity{pairs.own}")
    if "pressure" in " ".join(law.formulas):
        draft.array("pressure", draft.real, "n", domain=Uniform(0.5, 2.0))
        draft.line(f"mean_pressure = {draft.warp('0.5')} * (pressure[{i}] + pressure[{j}])")
        draft.numpy(f"mean_pressure = 0.5 * (pressure{pairs.own} + pressure{pairs.other})")
    if draft.draw.chance(0.6):
        draft.line(f"offset = {x}[{j}] - x_i")
        draft.numpy("offset = x_j - x_i")
    else:
        draft.line(f"x_j = {x}[{j}]")
        draft.formula("offset = x_j - x_i")


def _pair(draft: Draft, law: Law, softening: Expression) -> str:
    """The contribution of one pair, by name."""
    draw = draft.draw
    soft = softening.warp()
    draft.formula(draw.choice((f"dist_sq = wp.dot(offset, offset) + {soft}", f"dist_sq = wp.length_sq(offset) + {soft}")))
    charge_j = variable(f"{law.charge}_j", draft.real, 0.5, 1.5)
    formulas = list(law.formulas)
    if law in SPH:
        h = draft.parameter(draw.choice(("h", "smoothing_length", "kernel_radius")), 1.0, 2.5).name
        formulas = [re.sub(r"\bh\b", h, f) for f in draw.choice(SMOOTHING)] + formulas
    draft.formula(*formulas)
    strength = "strength"
    if draw.chance(0.55):
        scope: list[Expression] = [variable("dist_sq", draft.real, 0.3, 49.0)]
        if draw.chance(0.5):
            scope.append(charge_j)
        taper = draft.fused(draw.choice(("taper", "modulation", "pair_weight")), draft.real, scope, domain=Interval(-50.0, 50.0))
        draft.formula(f"strength_ij = strength * {taper.name}")
        strength = "strength_ij"
    if not law.along:
        return strength
    name = draw.choice(("pull", "pair_force", "push", "contribution"))
    draft.formula(draw.choice((f"{name} = {law.along} * {{{strength}}}", f"{name} = {{{strength}}} * {law.along}")))
    return name


def _reduce(draft: Draft, walk: str, pairs: Pairs, is_vector: bool, like: str, total: str, pair: str) -> None:
    """Numpy's sum of the contributions of the pairs that count."""
    axis = "[..., None]" if is_vector else ""
    if pairs.keep:
        draft.numpy(f"counted = {' & '.join(pairs.keep)}", f"{pair} = np.where(counted{axis}, {pair}, 0.0)")
    if walk == "csr":
        draft.numpy(f"{total} = np.zeros_like({like})", f"np.add.at({total}, rows, {pair})")
    elif walk == "ascending":
        draft.numpy(f"{total} = {pair}.sum(axis=1) {'-' if is_vector else '+'} {pair}.sum(axis=0)")
    else:
        draft.numpy(f"{total} = {pair}.sum(axis=1)")


def _finish(draft: Draft, out: str, result: Type, total: str, i: str, law: Law, *, linear: bool) -> None:
    """Stores a particle's sum: as it is, or with terms of its own.

    Warp's adjoint does not know the value of a sum that a dynamic loop has made: `linear` asks for an update that is linear in it, with
    coefficients that are the same in every thread.
    """
    draw = draft.draw
    bound = 200.0 if result.rank else 400.0
    terms: list[Expression] = [] if linear else [variable(total, result, -bound, bound)]
    gains = [draft.parameter(name, 0.1, 2.0) for name in draw.subset(("damping", "time_step", "gain"), draw.weighted((0, 1, 2), (3, 3, 1)))]
    for name, type in draw.subset(
        (("drag", draft.real), ("temperature", draft.real), ("external", draft.vector)), draw.weighted((0, 1, 2), (3, 3, 1))
    ):
        if type.rank <= result.rank:
            draft.array(name, type, "n", domain=Uniform(0.2, 1.5))
            terms.append(draft.load(f"{name}_i", name, i, 0.2, 1.5, type))
    if not terms and not gains:
        draft.store(out, i, total)
        return
    name = draw.choice(("updated", f"{law.name}_i", "scaled"))
    if not linear:
        draft.store(out, i, draft.fused(name, result, [*terms, *gains]).name)
        return
    factor = (
        draft.fused("factor", draft.real, gains).name if len(gains) > 1 or (gains and draw.chance(0.5)) else gains[0].name if gains else ""
    )
    scaled = f"{{{factor}}} * {total}" if factor and result.rank else f"{factor} * {total}" if factor else total
    if terms:
        background = draft.fused(draw.choice(("background", "own_term", "bias")), result, terms).name
        scaled = draw.choice((f"{scaled} + {background}", f"{background} + {scaled}", f"{background} - {scaled}"))
    draft.formula(f"{name} = {scaled}")
    draft.store(out, i, name)


def _pair_sizes(draw: Draw, square: bool) -> list[dict[str, int]]:
    counts = (1, draw.choice((5, 7, 11)), draw.choice((13, 15, 17)) if square else draw.choice((65, 67, 70)))
    return [{"n": n, "n1": n + 1, "e": 4 * n, "k": PADDED} for n in counts]
