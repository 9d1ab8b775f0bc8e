"""Encodings without a table: sinusoids of positions and times, Fourier features of points."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Uniform
from kernels.drafting.arguments import Extent
from kernels.drafting.draft import Draft
from kernels.drafting.epilogues import Site, epilogue
from kernels.drafting.outlines import counter_as_real, outlined
from kernels.draw import Draw
from kernels.families.embedding.tokens import drawn_width
from kernels.language.types import I32


def sinusoidal(draw: Draw) -> Case:
    """Sines and cosines of a position at geometric frequencies (Vaswani et al., 2017), written or added to the input."""
    draft = Draft(draw, smooth=True)
    real = draft.real
    t, d, p = draw.choice((("t", "d", "pair"), ("i", "c", "k"), ("position_id", "channel", "p")))
    half: Extent = drawn_width(draw, 2, 4, "half", "half")
    source = draw.choice(("index", "ids", "times"))
    batched = source == "index" and draw.chance(0.4)
    halves = draw.chance(0.5)
    by_pair = draw.chance(0.45)
    draft.reserve(t, d, p, "b", "half", "steps", "batch", "pos", "exponent", "frequency", "angle", "angle_all", "waves")
    added = draw.chance(0.5) and not by_pair
    width = f"2 * {half}"
    lead: tuple[str, ...] = ("b",) if batched else ()
    extents: tuple[Extent, ...] = (*(("batch",) if batched else ()), "steps", width)
    x = draft.array(draft.name("x", "inputs", "hidden"), real, *extents) if added else ""
    indices = [*lead, t, p if by_pair else d]
    draft.line(f"{', '.join(indices)} = wp.tid()")
    if not isinstance(half, int):
        draft.count("half")
    if draw.chance(0.3):
        draft.count("steps")
        draft.line(f"if {t} >= steps:", "    return")
    numpy_pos = _position(draw, draft, source, t, batched=batched)
    # Which pair of elements the thread's belongs to.
    pair = p
    if not by_pair:
        draft.line(f"{p} = {d} % {half}" if halves else f"{p} = {d} // 2")
    base = draft.knob(draft.name("base", "max_period", "theta"), 50.0, 1000.0).numpy()
    size = draft.number(float(half)) if isinstance(half, int) else draft.cast("half")
    draft.line(f"exponent = {draft.cast(pair)} / {size}")
    if draw.chance(0.5):
        draft.warp_formula(f"frequency = wp.exp(-wp.log({base}) * exponent)")
    else:
        draft.warp_formula(f"frequency = 1.0 / wp.pow({base}, exponent)" if draw.chance(0.5) else f"frequency = wp.pow({base}, -exponent)")
    draft.line("angle = pos * frequency")
    precision = draft.precision
    draft.numpy(f"angle_all = {numpy_pos}[:, None] * {base} ** -(np.arange({half}) / {half}).astype({precision})")
    stack = "np.concatenate([np.sin(angle_all), np.cos(angle_all)], axis=-1)"
    if not halves:
        stack = "np.stack([np.sin(angle_all), np.cos(angle_all)], axis=-1).reshape(angle_all.shape[0], -1)"
    draft.numpy(f"waves = {stack}")
    out = draft.name("out", "encoding", "encoded")
    draft.output(out, real, *extents)
    outer = ", ".join([*lead, t])
    if by_pair:
        first, second = (p, f"{p} + {half}") if halves else (f"2 * {p}", f"2 * {p} + 1")
        gain = draft.knob(draft.name("amplitude", "gain"), 0.5, 2.0).numpy() if draw.chance(0.4) else ""
        for place, wave in ((first, "sin"), (second, "cos")):
            draft.line(f"{out}[{outer}, {place}] = " + draft.warp(f"{gain} * wp.{wave}(angle)" if gain else f"wp.{wave}(angle)"))
        numpy = f"{gain} * waves" if gain else "waves"
        draft.results(**{out: f"np.broadcast_to({numpy}, (dim[0], *waves.shape))" if batched else numpy})
        dim: tuple[Extent, ...] = (*extents[:-1], half)
    else:
        wave = draft.name("wave", "value", "pe")
        chosen = f"{d} < {half}" if halves else f"{d} % 2 == 0"
        if draw.chance(0.5):
            draft.line(f"{wave} = wp.cos(angle)", f"if {chosen}:", f"    {wave} = wp.sin(angle)")
        else:
            draft.line(f"{wave} = {draft.zero()}", f"if {chosen}:", f"    {wave} = wp.sin(angle)", "else:", f"    {wave} = wp.cos(angle)")
        draft.numpy(f"{wave} = " + ("np.broadcast_to(waves, (dim[0], *waves.shape))" if batched else "waves"))
        value = wave
        if x:
            value = draft.name("summed", "shifted_input")
            scale = draft.knob(draft.name("scale", "input_scale"), 0.5, 3.0).numpy() if draw.chance(0.5) else ""
            draft.warp_formula(f"{value} = {x}[{outer}, {d}] * {scale} + {wave}" if scale else f"{value} = {x}[{outer}, {d}] + {wave}")
            draft.numpy(f"{value} = {x} * {scale} + {wave}" if scale else f"{value} = {x} + {wave}")
        site = Site(f"{outer}, {d}", extents, d, width)
        final = epilogue(draft, draft.known(value, real, -4.0, 4.0), site, most=2)
        draft.line(f"{out}[{outer}, {d}] = {final.name}")
        draft.results(**{out: final.name})
        dim = extents
    sizes = [{"batch": b, "steps": n, "half": h} for b, n, h in ((1, 1, 1), (2, 7, 3), (2, draw.choice((13, 19)), 4))]
    title = "timestep_embedding" if source == "times" else "positional_encoding"
    return draft.case(draw.choice((title, "sinusoidal_encoding", title)), dim, sizes)


def _position(draw: Draw, draft: Draft, source: str, t: str, *, batched: bool) -> str:
    """Names the position as a real, `pos`, in the kernel; returns the reference's array of all positions."""
    precision = draft.precision
    if source == "times":
        times = draft.array(draft.name("times", "timesteps", "sigmas"), draft.real, "steps", domain=Uniform(0.0, 5.0))
        draft.line(f"pos = {times}[{t}]")
        return times
    if source == "ids":
        ids = draft.array(draft.name("position_ids", "positions"), I32, "steps", domain=Integers(0, 20))
        draft.line(f"pos = {draft.cast(f'{ids}[{t}]')}")
        return f"{ids}.astype({precision})"
    rows = f"np.arange(dim[{1 if batched else 0}])"
    if draw.chance(0.3):
        start = draft.parameter(draft.name("start", "offset"), 0, 6, I32).name
        draft.line(f"pos = {draft.cast(f'{t} + {start}')}")
        return f"({rows} + {start}).astype({precision})"
    draft.line(f"pos = {draft.cast(t)}")
    return f"{rows}.astype({precision})"


def fourier(draw: Draw) -> Case:
    """Sines and cosines of a point's coordinates at powers of two, or of its products with a matrix of random frequencies."""
    draft = Draft(draw, smooth=True)
    return _random_features(draw, draft) if draw.chance(0.45) else _octaves(draw, draft)


def _octaves(draw: Draw, draft: Draft) -> Case:
    """The encoding of radiance fields (Mildenhall et al., 2020): unrolled octaves, with the input itself or not."""
    real = draft.real
    octaves = draw.choice((2, 3, 4))
    vectors = draw.chance(0.45)
    coordinates = 3 if vectors else draw.choice((2, 3))
    i, c, k = draw.choice((("i", "c", "level"), ("p", "axis", "k"), ("ray", "d", "octave")))
    draft.reserve(i, c, k, "frequency", "base", "phase", "parts", "coordinate", "slot", "encoded_all", "s", "c_wave")
    points = draft.name("points", "positions", "coords")
    if vectors:
        draft.array(points, draft.vector, "n", low=-1.0, high=1.0)
    else:
        draft.array(points, real, "n", coordinates)
    own = draw.chance(0.5)
    pi = draw.chance(0.5)
    first = "3.14159265" if pi else "1.0"
    per_axis = 2 * octaves + (1 if own else 0)
    out = draft.output(draft.name("encoded", "features", "out"), real, "n", coordinates * per_axis)
    draft.line(f"{i}, {c} = wp.tid()")
    draft.guard(i, "n", points)
    draft.line(f"coordinate = {points}[{i}][{c}]" if vectors else f"coordinate = {points}[{i}, {c}]", f"base = {c} * {per_axis}")
    draft.numpy("parts = []")
    shift = 0
    if own:
        draft.line(f"{out}[{i}, base] = coordinate")
        draft.numpy(f"parts.append({points})")
        shift = 1
    window = draft.parameter(draft.name("progress", "alpha"), 0.5, float(octaves)).numpy() if draw.chance(0.3) else ""
    body = ["phase = frequency * coordinate", f"slot = base + {shift} + 2 * {k}" if shift else f"slot = base + 2 * {k}"]
    weight = ""
    if window:
        # Coarse to fine: an octave fades in once training has come to it.
        body.append(f"fade = wp.clamp({window} - {counter_as_real(draft, k)}, {draft.number(0.0)}, {draft.number(1.0)})")
        weight = "fade * "
        draft.reserve("fade")
    form = draw.choice(("slots", "slots", "halves", "function"))
    if form == "halves":
        # All sines of a coordinate, then all its cosines.
        body[1] = f"slot = base + {shift} + {k}" if shift else f"slot = base + {k}"
    second = f"slot + {octaves}" if form == "halves" else "slot + 1"
    waves = {wave: f"{weight}wp.{wave}(phase)" for wave in ("sin", "cos")}
    if form == "function":
        pair = draft.name("sin_cos", "waves_of")
        draft.definitions.append(["@wp.func", f"def {pair}(phase: {real.spelling}):", "    return wp.sin(phase), wp.cos(phase)"])
        body.append(f"s, c_wave = {pair}(phase)")
        waves = {"sin": f"{weight}s", "cos": f"{weight}c_wave"}
    body += [f"{out}[{i}, slot] = {waves['sin']}", f"{out}[{i}, {second}] = {waves['cos']}"]
    start = f"frequency = {draft.cast(first)}" if draft.width == "float32" else f"frequency = {draft.number(float(first))}"
    draft.line(start, f"for {k} in range({octaves}):", *(f"    {line}" for line in body))
    draft.line(f"    frequency = frequency * {draft.number(2.0)}" if draw.chance(0.5) else f"    frequency *= {draft.number(2.0)}")
    draft.numpy(f"for {k} in range({octaves}):", f"    phase = {first} * 2.0**{k} * {points}")
    if window:
        draft.numpy(f"    fade = np.clip({window} - {k}, 0.0, 1.0)")
    if form == "halves":
        draft.numpy(f"    parts.insert({shift} + {k}, {weight}np.sin(phase))", f"    parts.append({weight}np.cos(phase))")
    else:
        draft.numpy(f"    parts += [{weight}np.sin(phase), {weight}np.cos(phase)]")
    draft.numpy(f"encoded_all = np.stack(parts, axis=-1).reshape({points}.shape[0], -1)")
    draft.results(**{out: "encoded_all"})
    sizes = [{"n": n} for n in draw.sizes(90)]
    return draft.case(draw.choice(("frequency_encoding", "nerf_encoding", "encode_points")), ("n", coordinates), sizes)


def _random_features(draw: Draw, draft: Draft) -> Case:
    """Random Fourier features (Rahimi and Recht, 2007): cosines of random projections, with sines or with random phases."""
    real = draft.real
    static = draw.chance(0.5)
    size: Extent = drawn_width(draw, 2, 3, 4) if static else "dims"
    i, f, c = draw.choice((("i", "f", "c"), ("sample", "feature", "d")))
    draft.reserve(i, f, c, "dims", "n", "features", "projected", "projected_all")
    x = draft.array(draft.name("x", "points", "inputs"), real, "n", size)
    matrix = draft.array(draft.name("frequencies", "B", "projection"), real, "features", size, low=-2.0, high=2.0)
    paired = draw.chance(0.5)
    phases = "" if paired else draft.array(draft.name("phases", "phase_shift"), real, "features", domain=Uniform(0.0, 6.28))
    with draft.threads((i, "n", x, 0), (f, "features", matrix, 0)):
        if not static:
            draft.extent("dims", x, 1)
        term = [f"{x}[{i}, {c}]", f"{matrix}[{f}, {c}]"]
        lines = [f"projected = {draft.zero()}", f"for {c} in range({size}):", f"    projected += {' * '.join(draw.shuffled(term))}"]
        if static and draw.chance(0.6):
            draft.line(*lines)
        else:
            outlined(draft, draw.choice(("project", "inner_product")), lines, [("projected", real)])
        draft.numpy(f"projected_all = {x} @ {matrix}.T")
        scale = draft.knob(draft.name("scale", "bandwidth"), 0.3, 1.5).numpy() if draw.chance(0.5) else ""
        angle = f"{scale} * projected" if scale else "projected"
        numpy_angle = f"{scale} * projected_all" if scale else "projected_all"
        norm = draft.knob(draft.name("norm", "amplitude"), 0.2, 1.0).numpy()
        out = draft.name("encoded", "features_out", "phi")
        if paired:
            count = draft.extent("features", matrix)
            draft.output(out, real, "n", "2 * features")
            draft.line(f"{out}[{i}, {f}] = " + draft.warp(f"{norm} * wp.cos({angle})"))
            draft.line(f"{out}[{i}, {f} + {count}] = " + draft.warp(f"{norm} * wp.sin({angle})"))
            draft.numpy(f"angle_all = {numpy_angle}")
            draft.results(**{out: f"{norm} * np.concatenate([np.cos(angle_all), np.sin(angle_all)], axis=1)"})
        else:
            value = draft.name("value", "feature_value")
            draft.warp_formula(f"{value} = {norm} * wp.cos({angle} + {phases}[{f}])")
            draft.numpy(f"{value} = {norm} * np.cos({numpy_angle} + {phases})")
            site = Site(f"{i}, {f}", ("n", "features"), f, "features")
            final = epilogue(draft, draft.known(value, real, -1.0, 1.0), site, most=2)
            draft.output(out, real, "n", "features")
            draft.line(f"{out}[{i}, {f}] = {final.name}")
            draft.results(**{out: final.name})
    sizes = [{"n": n, "features": k, "dims": d} for n, k, d in ((1, 1, 1), (7, 5, 3), (13, 11, 5))]
    return draft.case(draw.choice(("fourier_features", "random_features", "gaussian_encoding")), ("n", "features"), sizes)
