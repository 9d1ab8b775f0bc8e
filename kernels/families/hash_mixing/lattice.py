"""Spatial hashing: cells of points or of lattice indices hashed to buckets, and noise from the hashes of a lattice's corners."""

from __future__ import annotations

from collections.abc import Callable

from kernels.case import Case
from kernels.domains import Integers, Uniform
from kernels.drafting.arguments import grids
from kernels.drafting.word_draft import WordDraft
from kernels.drafting.words import Word
from kernels.draw import Draw
from kernels.families.hash_mixing.keys import bucket_of, mix
from kernels.language.expression import Expression
from kernels.language.interval import Interval
from kernels.language.types import I32
from kernels.source import indented

PRIMES = (73856093, 19349663, 83492791)
"""Teschner et al., "Optimized spatial hashing for collision detection of deformable objects"."""
_AXES = ("x", "y", "z")


def hash_cells(draw: Draw) -> Case:
    """The bucket of a point's cell, or noise at a point."""
    builders: tuple[Callable[[Draw], Case], ...] = (_cells, _cells, _neighbours, _value_noise, _value_noise)
    return draw.choice(builders)(draw)


def _cell_function(draft: WordDraft, axes: int) -> str:
    """Defines the hash of a cell's integer coordinates, in both."""
    draw, word = draft.draw, draft.word
    name = draw.choice(("hash_cell", "cell_hash", "spatial_hash", "hash_coords"))
    names = draw.choice((("ix", "iy", "iz"), ("cx", "cy", "cz"), ("i", "j", "k")))[:axes]
    words = [n if word.signed else f"{n}_word" for n in names]
    if draw.chance(0.6):
        symbol = draw.choice((" ^ ", " + "))
        lines = [f"h = {symbol.join(f'({w} * {p})' for w, p in zip(words, PRIMES, strict=False))}"]
        if draw.chance(0.5):
            lines.append(draw.choice(("h ^= h >> 16", "h = (h ^ (h >> 13)) * 0x5BD1E995", "h ^= h >> 15")))
    else:
        lines = [f"h = {words[0]}", *(line for w in words[1:] for line in (f"h = (h ^ {w}) * 16777619", "h ^= h >> 11"))]
    draft.reserve(name)
    casts = [] if word.signed else [f"{w} = {word.spelling}({n})" for w, n in zip(words, names, strict=True)]
    head = f"def {name}({', '.join(f'{n}: int' for n in names)}):"
    draft.definitions.append(["@wp.func", head, *indented([*casts, *(word.warp(line) for line in lines), "return h"])])
    numpy_casts = [f"{w} = {n}.astype({word.unsigned})" for w, n in zip(words, names, strict=True)]
    draft.reference_function(name, names, [*numpy_casts, *(word.numpy(line) for line in lines), "return h"])
    return name


def _cells(draw: Draw) -> Case:
    """The cell of each point, hashed to a bucket: stored, counted, or given a sum of what its points carry."""
    draft = WordDraft(draw, Word(32, draw.chance(0.25)))
    axes = draw.choice((2, 3, 3))
    count = draw.choice((16, 32, 64, 128))
    name = draw.choice(("hash_positions", "spatial_hash_points", "count_cells", "assign_cells"))
    i = draft.name("i", "tid", "particle")
    draft.reserve(name, "p", "h", "bucket", *(f"c{a}" for a in _AXES), "cell_size", "inv_cell", "cells")
    vectors = axes == 3 and draw.chance(0.7)
    if vectors:
        points = draft.array(draft.name("positions", "points", "particle_q"), draft.vector, "n", domain=Uniform(-4.0, 4.0))
        arrays = [points]
    else:
        arrays = [draft.array(f"{draw.choice(('pos', 'p'))}_{a}", draft.real, "n", domain=Uniform(-4.0, 4.0)) for a in _AXES[:axes]]
    hasher = _cell_function(draft, axes)
    inverse = draw.chance(0.5)
    size = draft.knob("inv_cell" if inverse else "cell_size", 0.4, 1.6)
    with draft.threads((i, "n", arrays[0], 0)):
        if vectors:
            draft.line(f"p = {arrays[0]}[{i}]")
        for axis, letter in enumerate(_AXES[:axes]):
            here = f"p[{axis}]" if vectors else f"{arrays[axis]}[{i}]"
            there = f"{arrays[0]}[:, {axis}]" if vectors else arrays[axis]
            symbol = "*" if inverse else "/"
            draft.line(f"c{letter} = int(wp.floor({here} {symbol} {size.warp()}))")
            draft.numpy(f"c{letter} = np.floor({there} {symbol} {size.numpy()}).astype(np.int32)")
        draft.both(f"h = {hasher}({', '.join(f'c{a}' for a in _AXES[:axes])})")
        if draw.chance(0.4):
            mix(draft, "h")
        bucket_of(draft, "bucket", "h", count)
        _counted(draft, i, count)
    return draft.case(name, ["n"], grids(draw, ["n"]))


def _counted(draft: WordDraft, i: str, count: int) -> None:
    """What a point does with its bucket."""
    draw = draft.draw
    kind = draw.choice(("store", "count", "both", "sum", "mean"))
    if kind in ("store", "both"):
        draft.store(draft.output(draft.name("cell_ids", "buckets", "cell_of"), I32, "n"), i, "bucket")
    if kind in ("count", "both", "mean"):
        total = draft.output(draft.name("cell_count", "occupancy"), I32, count, role="accumulate")
        draft.line(f"wp.atomic_add({total}, bucket, 1)")
        draft.numpy(f"{total} = np.bincount(bucket, minlength={count}).astype(np.int32)")
    if kind in ("sum", "mean"):
        values = draft.array(draft.name("mass", "density", "charge"), draft.real, "n", low=0.2)
        value = draft.load("own", values, i, 0.2, 1.0)
        if draw.chance(0.6):
            value = draft.fused(draft.name("amount", "share"), draft.real, [value], smooth=True, domain=Interval(-20.0, 20.0))
        out = draft.output(draft.name("cell_mass", "cell_sum"), draft.real, count, role="accumulate")
        draft.line(f"wp.atomic_add({out}, bucket, {value.name})")
        draft.numpy(f"{out} = np.zeros({count}, {values}.dtype)", f"np.add.at({out}, bucket, {value.name})")


def _neighbours(draw: Draw) -> Case:
    """The buckets of a cell and of those around it: how many distinct keys, or stored counts, a query would meet."""
    draft = WordDraft(draw, Word(32, draw.chance(0.3)))
    axes, count = draw.choice((2, 2, 3)), draw.choice((16, 32, 64))
    name = draw.choice(("query_cells", "neighbor_buckets", "sum_neighbor_cells"))
    i = draft.name("i", "tid", "query")
    letters = _AXES[:axes]
    draft.reserve(name, "h", "bucket", "total", *(f"c{a}" for a in letters), *(f"d{a}" for a in letters))
    hasher = _cell_function(draft, axes)
    cells = [draft.array(f"cell_{a}", I32, "n", domain=Integers(-20, 20)) for a in letters]
    real = draw.chance(0.6)
    stored = draft.array(draft.name("bucket_values", "stored"), draft.real if real else I32, count, domain=None if real else Integers(0, 9))
    with draft.threads((i, "n", cells[0], 0)):
        for letter, cell in zip(letters, cells, strict=True):
            draft.line(f"c{letter} = {cell}[{i}]")
            draft.numpy(f"c{letter} = {cell}")
        draft.line(f"total = {draft.zero() if real else 'int(0)'}")
        draft.numpy("total = 0")
        low, high = draw.choice(((-1, 2), (0, 2)))
        loops = [f"for d{a} in range({low}, {high}):" for a in letters]
        _nest(draft, loops, hasher, letters, stored, count)
        if real:
            value: Expression = draft.known("total", draft.real, -27.0, 27.0)
            if draw.chance(0.6):
                gain = draft.array(draft.name("gain", "weight"), draft.real, "n", low=0.2)
                value = draft.fused("result", draft.real, [value, draft.load("own", gain, i, 0.2, 1.0)], smooth=True)
            draft.store(draft.output(draft.name("sums", "gathered"), draft.real, "n"), i, value.warp())
        else:
            draft.store(draft.output(draft.name("counts_out", "candidates"), I32, "n"), i, "total")
    return draft.case(name, ["n"], grids(draw, ["n"]))


def _nest(draft: WordDraft, loops: list[str], hasher: str, letters: tuple[str, ...], stored: str, count: int) -> None:
    """The loops over a cell's neighbours, in both."""
    if loops:
        with draft.loop(loops[0]):
            _nest(draft, loops[1:], hasher, letters, stored, count)
        return
    draft.both(f"h = {hasher}({', '.join(f'c{a} + d{a}' for a in letters)})")
    draft.words(f"bucket = number(h & {count - 1})")
    draft.line(f"total += {stored}[bucket]")
    draft.numpy(f"total = total + {stored}[bucket]")


def _value_noise(draw: Draw) -> Case:
    """Value or gradient noise (Perlin): hashes of the corners around a point, blended by a smooth fade; the gradient flows to the point."""
    draft = WordDraft(draw, Word(32, draw.chance(0.25)))
    axes = draw.choice((1, 2, 2, 3))
    gradient = draw.chance(0.4)
    letters = _AXES[:axes]
    name = draw.choice(("value_noise", "lattice_noise") if not gradient else ("gradient_noise", "perlin_noise"))
    i = draft.name("i", "tid", "sample")
    draft.reserve(name, "fade", "corner", "blend", "h", "offset", *(p + a for a in letters for p in ("i", "f", "w")))
    hasher = _cell_function(draft, axes)
    points = [draft.array(f"{draw.choice(('coord', 'uv'))}_{a}", draft.real, "n", domain=Uniform(0.1, 6.0)) for a in letters]
    curve = draw.choice(("t * t * (3.0 - 2.0 * t)", "t * t * t * (t * (t * 6.0 - 15.0) + 10.0)"))
    draft.function("fade", [("t", draft.real)], [f"return {curve}"])
    draft.reference_function("fade", ["t"], [f"return {curve}"])
    _corner(draft, hasher, letters, gradient=gradient)
    frequency = draft.knob(draft.name("frequency", "scale"), 0.6, 1.8)
    with draft.threads((i, "n", points[0], 0)):
        for letter, point in zip(letters, points, strict=True):
            draft.line(f"{letter} = {point}[{i}] * {frequency.warp()}", f"i{letter} = int(wp.floor({letter}))")
            draft.line(f"f{letter} = {letter} - {draft.cast(f'i{letter}')}", f"w{letter} = fade(f{letter})")
            draft.numpy(f"{letter} = {point} * {frequency.numpy()}", f"i{letter} = np.floor({letter}).astype(np.int32)")
            draft.numpy(f"f{letter} = {letter} - i{letter}", f"w{letter} = fade(f{letter})")
        value: Expression = draft.known(_blended(draft, letters, gradient=gradient), draft.real, -2.0, 2.0)
        if draw.chance(0.7):
            terms = [value]
            if draw.chance(0.5):
                base = draft.array(draft.name("base", "height", "albedo"), draft.real, "n", low=0.2)
                terms.append(draft.load("own", base, i, 0.2, 1.0))
            value = draft.fused(draft.name("result", "displaced", "shaded"), draft.real, terms, smooth=True)
        draft.store(draft.output(draft.name("noise_out", "texture_out", "field"), draft.real, "n"), i, value.warp())
    return draft.case(name, ["n"], grids(draw, ["n"]))


def _corner(draft: WordDraft, hasher: str, letters: tuple[str, ...], *, gradient: bool) -> None:
    """Defines the value of one corner: a random number, or the product of a random slope with the offset from the corner."""
    word = draft.word
    coordinates = [f"i{a}" for a in letters]
    offsets = [f"f{a}" for a in letters] if gradient else []
    parameters = [*(f"{c}: int" for c in coordinates), *(f"{f}: {draft.real.spelling}" for f in offsets)]
    kernel = [f"h = {hasher}({', '.join(coordinates)})"]
    reference = list(kernel)
    scale, half = draft.number(1 / 32768.0), draft.number(1.0)
    parts = ["h & 65535", "(h >> 8) & 65535", "(h >> 16) & 65535"][: len(letters) if gradient else 1]
    terms = [f"({draft.real.spelling}({word.warp(p)}) * {scale} - {half})" for p in parts]
    numpy_terms = [f"(({word.numpy(p)}).astype({draft.precision}) * {1 / 32768.0} - 1.0)" for p in parts]
    if gradient:
        terms = [f"{t} * {f}" for t, f in zip(terms, offsets, strict=True)]
        numpy_terms = [f"{t} * {f}" for t, f in zip(numpy_terms, offsets, strict=True)]
    kernel.append(f"return {' + '.join(terms)}")
    reference.append(f"return {' + '.join(numpy_terms)}")
    draft.definitions.append(["@wp.func", f"def corner({', '.join(parameters)}):", *(f"    {line}" for line in kernel)])
    draft.reference_function("corner", [*coordinates, *offsets], reference)


def _blended(draft: WordDraft, letters: tuple[str, ...], *, gradient: bool) -> str:
    """The corners' values and their blend, axis by axis; returns the name of the result."""
    names: dict[tuple[int, ...], str] = {}
    for number in range(2 ** len(letters)):
        place = tuple(number >> a & 1 for a in range(len(letters)))
        name = "v" + "".join(map(str, place))
        arguments = [f"i{a} + 1" if one else f"i{a}" for a, one in zip(letters, place, strict=True)]
        if gradient:
            arguments += [f"f{a} - 1.0" if one else f"f{a}" for a, one in zip(letters, place, strict=True)]
        draft.reserve(name)
        draft.formula(f"{name} = corner({', '.join(arguments)})")
        names[place] = name
    for axis, letter in enumerate(letters):
        joined: dict[tuple[int, ...], str] = {}
        for place, name in names.items():
            if place[0]:
                continue
            other = names[(1, *place[1:])]
            result = f"{letter}{''.join(map(str, place[1:]))}_mix" if len(letters) > axis + 1 else "noise"
            result = draft.free(result)
            if draft.draw.chance(0.5):
                draft.formula(f"{result} = {name} + w{letter} * ({other} - {name})")
            else:
                draft.line(f"{result} = wp.lerp({name}, {other}, w{letter})")
                draft.numpy(f"{result} = {name} * (1.0 - w{letter}) + {other} * w{letter}")
            joined[place[1:]] = result
        names = joined
    return names[()]
