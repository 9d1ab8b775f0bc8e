"""Multiresolution grids of features, dense or hashed (Mueller et al., 2022): a point's features interpolated between its cell's corners."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass

from kernels.case import Case
from kernels.domains import Integers, Uniform
from kernels.drafting.arguments import Extent
from kernels.drafting.draft import Draft
from kernels.drafting.epilogues import Site, epilogue
from kernels.drafting.outlines import nested
from kernels.draw import Draw
from kernels.language.types import I32
from kernels.source import indented

_PRIMES = (1, 2654435761, 805459861)


def hash_grid(draw: Draw) -> Case:
    """One thread per point and level (or per point): hash a cell's corners, read their rows, weigh them."""
    draft = Draft(draw, smooth=True)
    real = draft.real
    axes = draw.choice(("xy", "xyz"))
    rank = len(axes)
    hashed = draw.chance(0.65)
    features = draw.choice((1, 2, 2, 4))
    i, level = draw.choice((("i", "level"), ("p", "l"), ("sample", "lod")))
    draft.reserve(i, level, *(f"{p}{a}" for a in axes for p in "pcfid"), "resolution", "corner", "weight", "row", "f", "n", "levels")
    draft.reserve("cells", "fraction", "scaled", "corner_weight", "hash_corner", "rows_all", "gathered", "first_row")
    vectors = rank == 3 and draw.chance(0.5)
    points = draft.name("points", "positions", "coords")
    if vectors:
        draft.array(points, draft.vector, "n", domain=Uniform(0.02, 0.98))
    else:
        draft.array(points, real, "n", rank, domain=Uniform(0.02, 0.98))
    resolutions = draft.array(draft.name("resolutions", "grid_size", "level_res"), I32, "levels", domain=Integers(2, 6))
    table_size = draw.choice((16, 32, 64))
    side = 6 + 1
    rows = table_size if hashed else side**rank
    storage = draw.choice(("levels", "levels", "flat", "offsets"))
    shape: tuple[Extent, ...] = ("levels", rows, features) if storage == "levels" else (f"levels * {rows}", features)
    table = draft.array(draft.name("table", "grid_features", "features"), real, *shape)
    begins = ""
    if storage == "offsets":
        begins = draft.name("level_offset", "table_start")
        draft.array(begins, I32, "levels", domain=lambda s: Integers(0, (s["levels"] - 1) * rows + 1))
    if hashed:
        _hash_function(draft, axes, table_size)
    _corner_function(draft, axes)
    smooth, by_point = draw.chance(0.3), draw.chance(0.35)
    numpy_first = f"{begins}[level_all]" if begins else f"level_all * {rows}"
    read = f"{table}[level_all, rows_all]" if storage == "levels" else f"{table}[{numpy_first} + rows_all]"
    _reference(draft, axes, points, resolutions, read, rows, side, hashed=hashed, smooth=smooth)
    with ExitStack() as nest:
        draft.line(f"{i} = wp.tid()" if by_point else f"{i}, {level} = wp.tid()")
        draft.guard(i, "n", points)
        if by_point:
            nest.enter_context(draft.block(f"for {level} in range({draft.extent('levels', resolutions)}):"))
        draft.line(f"resolution = {resolutions}[{level}]")
        for k, a in enumerate(axes):
            element = f"{points}[{i}][{k}]" if vectors else f"{points}[{i}, {k}]"
            draft.line(f"p{a} = {element} * {draft.cast('resolution')}", f"c{a} = int(wp.floor(p{a}))")
            draft.line(f"f{a} = p{a} - {draft.cast(f'c{a}')}")
        if smooth:
            # A cubic step makes the features' gradient continuous from cell to cell.
            three, two = draft.number(3.0), draft.number(2.0)
            draft.line(*(f"f{a} = f{a} * f{a} * ({three} - {two} * f{a})" for a in axes))
        place = f"{level}, row"
        if storage != "levels":
            draft.line(f"first_row = {begins}[{level}]" if begins else f"first_row = {level} * {rows}")
            place = "first_row + row"
        indices = ", ".join(f"i{a}" for a in axes)
        find = f"row = hash_corner({indices})" if hashed else f"row = {_dense(axes, side)}"
        out, final = _interpolated(draft, axes, find, f"{table}[{place}", f"{i}, {level}", features)
    draft.results(**{out: final})
    sizes = [{"n": n, "levels": m} for n, m in ((1, 1), (7, 2), (draw.choice((23, 31)), 3))]
    word = "hash" if hashed else "dense"
    title = draw.choice((f"{word}_grid_encoding", f"{word}_grid_lookup", "multiresolution_features"))
    said = draw.choice(("", f"Features of a {word} grid, interpolated between the corners."))
    return draft.case(title, ("n",) if by_point else ("n", "levels"), sizes, docstring=said)


def _interpolated(draft: Draft, axes: str, find: str, row: str, at: str, features: int) -> tuple[str, str]:
    """The kernel's loops over features and corners, with an epilogue now and then; returns the output and what the reference has for it.

    `row` is the kernel's text of the table's element up to the index of the feature.
    """
    draw, real = draft.draw, draft.real
    out = draft.output(draft.name("encoded", "out", "sampled"), real, "n", "levels", features)
    walk, weight = _corners(draw, axes)
    total = draft.name("value", "accum", "interpolated")
    with ExitStack() as nest:
        f = "0" if features == 1 else "f"
        if features > 1:
            nest.enter_context(draft.block(f"for f in range({features}):"))
        add = [*walk.loads, f"weight = {weight}", find, f"{total} += weight * {row}, {f}]"]
        draft.line(f"{total} = {draft.zero()}", *nested(walk.loops, add))
        draft.numpy(f"{total} = gathered")
        site = Site(f"{at}, {f}", ("n", "levels", features))
        final = epilogue(draft, draft.known(total, real, -1.0, 1.0), site, most=2 if draw.chance(0.5) else 0)
        draft.line(f"{out}[{at}, {f}] = {final.name}")
    return out, final.name


@dataclass(frozen=True)
class _Walk:
    """The loops over a cell's corners, and the lines that find a corner's indices."""

    loops: tuple[tuple[str, str], ...]
    loads: tuple[str, ...]


def _corners(draw: Draw, axes: str) -> tuple[_Walk, str]:
    """How the kernel goes through the corners (by the bits of one number, or by a loop per axis), and the formula of a corner's weight."""
    if draw.chance(0.5):
        bits = ["corner & 1", *(f"(corner >> {k}) & 1" for k in range(1, len(axes)))]
        walk = _Walk((("corner", str(2 ** len(axes))),), tuple(f"i{a} = c{a} + ({bit})" for a, bit in zip(axes, bits, strict=True)))
    else:
        bits = [f"d{a}" for a in axes]
        walk = _Walk(tuple((bit, "2") for bit in bits), tuple(f"i{a} = c{a} + {bit}" for a, bit in zip(axes, bits, strict=True)))
    return walk, " * ".join(f"corner_weight(f{a}, {bit})" for a, bit in zip(axes, bits, strict=True))


def _dense(axes: str, side: int) -> str:
    text = f"i{axes[-1]}"
    for a in reversed(axes[:-1]):
        text = f"({text}) * {side} + i{a}" if "*" in text else f"{text} * {side} + i{a}"
    return text


def _hash_function(draft: Draft, axes: str, size: int) -> None:
    """The spatial hash of a corner: coordinates times primes, combined bit by bit, within the table."""
    parameters = ", ".join(f"i{a}: int" for a in axes)
    terms = [f"wp.uint32(i{a})" if p == 1 else f"(wp.uint32(i{a}) * wp.uint32({p}))" for a, p in zip(axes, _PRIMES, strict=False)]
    draw = draft.draw
    last = f"int(h & wp.uint32({size - 1}))" if draw.chance(0.5) else f"int(h % wp.uint32({size}))"
    body = [f"h = {' ^ '.join(terms)}"]
    if draw.chance(0.5):
        body = [f"h = {terms[0]}", *(f"h = h ^ {term}" for term in terms[1:])]
    draft.definitions.append(["@wp.func", f"def hash_corner({parameters}) -> int:", *indented([*body, f"return {last}"])])


def _corner_function(draft: Draft, axes: str) -> None:
    """The linear weight of the near (bit 0) or far (bit 1) corner along one axis."""
    real = draft.real.spelling
    one = draft.number(1.0)
    body = ["if bit == 1:", "    return fraction", f"return {one} - fraction"]
    if draft.draw.chance(0.4):
        body = [f"return wp.where(bit == 1, fraction, {one} - fraction)"]
    draft.definitions.append(["@wp.func", f"def corner_weight(fraction: {real}, bit: int) -> {real}:", *indented(body)])


def _reference(
    draft: Draft, axes: str, points: str, resolutions: str, read: str, rows: int, side: int, *, hashed: bool, smooth: bool
) -> None:
    """numpy: all corners of all points on all levels, each by its weight, as `gathered` (point, level, feature).

    `read` is the text of the table's rows at `rows_all`.
    """
    rank = len(axes)
    draft.numpy(
        f"scaled = {points}[:, None, :] * {resolutions}[None, :, None].astype({points}.dtype)",
        "cells = np.floor(scaled).astype(np.int64)",
        "fraction = scaled - cells",
        *(["fraction = fraction * fraction * (3.0 - 2.0 * fraction)"] if smooth else []),
        f"level_all = np.arange({resolutions}.shape[0])[None, :]",
        "gathered = 0.0",
        f"for corner in range({2**rank}):",
        f"    bits = (corner >> np.arange({rank})) & 1",
        "    place = cells + bits",
    )
    draft.reserve("level_all", "bits", "place")
    if hashed:
        terms = [f"place[..., {k}] * {p}" if p > 1 else f"place[..., {k}]" for k, p in zip(range(rank), _PRIMES, strict=False)]
        # Below 2**32 and taken modulo a power of two, the products need no wrapping.
        draft.numpy(f"    rows_all = ({' ^ '.join(f'({t})' if '*' in t else t for t in terms)}) % {rows}")
    else:
        draft.numpy(f"    rows_all = {' + '.join(f'place[..., {k}] * {side**k}' if k else 'place[..., 0]' for k in range(rank))}")
    draft.numpy(
        "    weights = np.prod(np.where(bits == 1, fraction, 1.0 - fraction), axis=-1)",
        f"    gathered = gathered + weights[..., None] * {read}",
    )
    draft.reserve("weights")
