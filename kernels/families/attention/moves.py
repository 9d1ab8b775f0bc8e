"""Rotary embedding of queries and keys (Su et al., 2021), and moves between packed and separate heads."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Uniform
from kernels.drafting.arguments import Extent
from kernels.drafting.draft import Draft
from kernels.drafting.epilogues import Site, epilogue
from kernels.draw import Draw
from kernels.families.attention.heads import drawn_extent
from kernels.language.types import I32

_LAYOUTS = {
    "tokens": (("t", "h"), ("tokens", "heads"), 0),
    "heads": (("h", "t"), ("heads", "tokens"), 1),
    "single": (("t",), ("tokens",), 0),
    "batched": (("b", "t", "h"), ("batch", "tokens", "heads"), 1),
}


def rotary(draw: Draw) -> Case:
    """Pairs of elements turned by an angle that grows with the token's position; one thread per pair."""
    draft = Draft(draw, smooth=True)
    real = draft.real
    indices, extents, token_axis = _LAYOUTS[draw.choice(tuple(_LAYOUTS))]
    token = indices[token_axis]
    pair = draw.choice(("p", "pair", "c"))
    half = drawn_extent(draw, 2, 4, "half", "half")
    draft.reserve(*indices, *extents, pair, "half", "cos_t", "sin_t", "angle", "position", "frequency", "exponent", "lo", "hi")
    width = f"2 * {half}"
    arrays = draw.choice((("x",), ("q",), ("q", "k"), ("q", "k")))
    in_place = draw.chance(0.25)
    for name in arrays:
        draft.array(name, real, *extents, width, role="inout" if in_place else "input")
    draft.line(f"{', '.join((*indices, pair))} = wp.tid()")
    if not isinstance(half, int):
        draft.count("half")
    if draw.chance(0.3):
        draft.count("tokens")
        draft.line(f"if {token} >= tokens:", "    return")
    _angle(draw, draft, token, token_axis, pair, half)
    interleaved = draw.chance(0.45)
    first, second = (f"2 * {pair}", f"2 * {pair} + 1") if interleaved else (pair, f"{pair} + {half}")
    numpy_first, numpy_second = ("0::2", "1::2") if interleaved else (f":{half}", f"{half}:")
    # Angles have axes (token, pair); the arrays may have others before, between or behind.
    spread = {"h": "[:, None, :]", "t": ""}[indices[-1]]
    draft.numpy(f"cos_all, sin_all = cos_t{spread}, sin_t{spread}")
    draft.reserve("cos_all", "sin_all")
    inverse = draw.chance(0.25)
    plus, minus = ("-", "+") if inverse else ("+", "-")
    outer = ", ".join(indices)
    named = draw.chance(0.6)
    if named:
        draft.line(f"lo = {first}", f"hi = {second}")
        first, second = "lo", "hi"
    results: dict[str, str] = {}
    suffix = draw.choice(("_out", "_rot", "_rotated"))
    scale = draft.knob(draft.name("scale", "attn_factor"), 0.5, 1.5).numpy() if draw.chance(0.25) else ""
    times = f" * {scale}" if scale else ""
    for name in arrays:
        out = name if in_place else draft.output(f"{name}{suffix}", real, *extents, width)
        at_first, at_second = f"{outer}, {first}", f"{outer}, {second}"
        a, b = f"{name}0", f"{name}1"
        draft.line(f"{a} = {name}[{at_first}]", f"{b} = {name}[{at_second}]")
        draft.numpy(f"{a}, {b} = {name}[..., {numpy_first}], {name}[..., {numpy_second}]")
        form = "({})" + times if times else "{}"
        draft.numpy(f"{out} = np.empty_like({name})")
        for at, place, (x, sign, y) in ((at_first, numpy_first, (a, minus, b)), (at_second, numpy_second, (b, plus, a))):
            draft.line(f"{out}[{at}] = " + draft.warp(form.format(f"{x} * cos_t {sign} {y} * sin_t")))
            draft.numpy(f"{out}[..., {place}] = " + form.format(f"{x} * cos_all {sign} {y} * sin_all"))
        results[out] = out
    draft.results(**results)
    sizes = [{"tokens": t, "heads": h, "batch": min(h, 2), "half": f} for t, h, f in ((1, 1, 1), (5, 3, 2), (draw.choice((7, 11)), 2, 5))]
    style = "interleaved" if interleaved else "half"
    title = draw.choice(("rotary_embedding", f"rope_{style}", "apply_rotary", "rotate_queries" if arrays[0] == "q" else "rope_backward"))
    return draft.case(title, (*extents, half), sizes)


def _angle(draw: Draw, draft: Draft, token: str, token_axis: int, pair: str, half: Extent) -> None:
    """Names the cosine and sine of the pair's angle; the reference's `cos_t` and `sin_t` have axes (token, pair)."""
    real, count = draft.real, half
    source = draw.choice(("tables", "frequencies", "frequencies", "powers"))
    ids = draft.array(draft.name("position_ids", "positions"), I32, "tokens", domain=Integers(0, 12)) if draw.chance(0.45) else ""
    if ids:
        draft.line(f"position = {ids}[{token}]")
    index = "position" if ids else token
    if source == "tables":
        rows: Extent = 12 if ids else "tokens"
        for name in ("cos_table", "sin_table"):
            draft.array(name, real, rows, count, domain=Uniform(-1.0, 1.0))
        draft.line(f"cos_t = cos_table[{index}, {pair}]", f"sin_t = sin_table[{index}, {pair}]")
        draft.numpy(f"cos_t, sin_t = cos_table[{ids}], sin_table[{ids}]" if ids else "cos_t, sin_t = cos_table, sin_table")
        return
    rows_numpy = f"{ids}[:, None].astype({draft.precision})" if ids else f"np.arange(dim[{token_axis}])[:, None].astype({draft.precision})"
    if source == "frequencies":
        frequencies = draft.array(draft.name("inv_freq", "frequencies"), real, count, low=0.05, high=1.0)
        draft.line(f"angle = {draft.cast(index)} * {frequencies}[{pair}]")
        angle = f"{rows_numpy} * {frequencies}"
    else:
        base = draft.knob(draft.name("base", "theta"), 50.0, 1000.0).numpy()
        size = draft.number(float(half)) if isinstance(half, int) else draft.cast(half)
        draft.line(f"exponent = {draft.cast(pair)} / {size}")
        draft.warp_formula(f"frequency = wp.pow({base}, -exponent)")
        draft.line(f"angle = {draft.cast(index)} * frequency")
        angle = f"{rows_numpy} * {base} ** -(np.arange({half}).astype({draft.precision}) / {half})"
    draft.line("cos_t = wp.cos(angle)", "sin_t = wp.sin(angle)")
    draft.numpy(f"angle = {angle}", "cos_t, sin_t = np.cos(angle), np.sin(angle)")


def split_heads(draw: Draw) -> Case:
    """Packed projections split into heads (with a bias, a scale of the queries), or heads merged again; one thread per element."""
    draft = Draft(draw, smooth=True)
    real = draft.real
    t, h, c = draw.choice((("t", "h", "d"), ("token", "head", "c")))
    dim = drawn_extent(draw, 4, "head_dim", "head_dim")
    draft.reserve(t, h, c, "tokens", "heads", "head_dim", "column", "packed", "row")
    extents: tuple[Extent, ...] = ("heads", "tokens", dim)
    order = draw.choice(((t, h, c), (h, t, c)))
    names = {t: "tokens", h: "heads", c: dim}
    draft.line(f"{', '.join(order)} = wp.tid()")
    draft.count("heads")
    if dim == "head_dim":
        draft.count("head_dim")
    draft.line(f"column = {h} * {dim} + {c}")
    at = f"{h}, {t}, {c}"
    results: dict[str, str] = {}
    if draw.chance(0.4):
        merged = draft.array(draft.name("context", "attended", "x"), real, *extents)
        name = draft.name("value", "element")
        draft.load(name, merged, at, -1.0, 1.0)
        site = Site(at, extents, c, dim)
        final = epilogue(draft, draft.known(name, real, -1.0, 1.0), site, most=2)
        out = draft.output(draft.name("out", "merged", "packed_out"), real, "tokens", f"heads * {dim}")
        draft.line(f"{out}[{t}, column] = {final.name}")
        results[out] = f"np.swapaxes({final.name}, 0, 1).reshape({final.name}.shape[1], -1)"
        title = draw.choice(("merge_heads", "concat_heads", "heads_to_tokens"))
    else:
        parts = draw.choice((("q", "k", "v"), ("k", "v"), ("q",)))
        packed = draft.array(draft.name("qkv", "projected", "x"), real, "tokens", f"{len(parts)} * heads * {dim}")
        scale = draft.knob(draft.name("q_scale", "scale"), 0.2, 1.0).numpy() if "q" in parts else ""
        bias = draft.array(draft.name("qkv_bias", "bias"), real, f"{len(parts)} * heads * {dim}") if draw.chance(0.5) else ""
        grouped = len(parts) > 1 and draw.chance(0.3)
        # Either all of q, then all of k, then all of v; or the three side by side for every head.
        whole = f"{packed} + {bias}" if bias else packed
        heads = f"dim[{order.index(h)}]"
        shape = f"{packed}.shape[0], {heads}, {len(parts)}, -1" if grouped else f"{packed}.shape[0], {len(parts)}, {heads}, -1"
        draft.numpy(f"parts = ({whole}).reshape({shape})" if bias else f"parts = {whole}.reshape({shape})")
        draft.reserve("parts")
        for number, part in enumerate(parts):
            place = f"({h} * {len(parts)} + {number}) * {dim} + {c}" if grouped else f"column + {number} * heads * {dim}"
            if not grouped and number == 0:
                place = "column"
            local = draft.free(f"{part}_value")
            added = f" + {bias}[{place}]" if bias else ""
            draft.line(f"{local} = {packed}[{t}, {place}]{added}")
            view = f"parts[:, :, {number}]" if grouped else f"parts[:, {number}]"
            draft.numpy(f"{local} = np.swapaxes({view}, 0, 1)")
            out = draft.output(part if draw.chance(0.5) else f"{part}_heads", real, *extents)
            stored = local
            if part == "q" and scale:
                stored = draft.free("q_scaled")
                draft.formula(f"{stored} = {scale} * {local}")
            draft.line(f"{out}[{at}] = {stored}")
            results[out] = stored
        title = draw.choice(("split_heads", "split_qkv", "unpack_projections"))
    draft.results(**results)
    sizes = [{"tokens": n, "heads": k, "head_dim": d} for n, k, d in ((1, 1, 1), (5, 2, 3), (draw.choice((7, 11)), 3, 4))]
    return draft.case(title, tuple(names[i] for i in order), sizes)
