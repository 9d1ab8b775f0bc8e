"""Codes: one-hot and smoothed targets, rows stored as small integers, the nearest row of a codebook."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.arguments import Extent
from kernels.drafting.draft import Draft
from kernels.drafting.epilogues import Site, epilogue
from kernels.drafting.layout import loop
from kernels.drafting.outlines import outlined
from kernels.drafting.rewriting import complement
from kernels.draw import Draw
from kernels.families.embedding.tokens import Tokens, drawn_width
from kernels.language.types import I32


def one_hot(draw: Draw) -> Case:
    """Ones where the class is the label: smoothed, weighted per sample, mixed of two labels; ignored labels give zeros."""
    draft = Draft(draw, smooth=True)
    real = draft.real
    tokens = Tokens(draft, padded=draw.chance(0.4))
    c = draw.choice(("c", "k", "cls"))
    draft.reserve(c, "label", "other", "hot", "classes_all", "hot_all")
    extents: tuple[Extent, ...] = (*tokens.extents, "vocab_size")
    at = f"{tokens.at}, {c}"
    draft.line(f"{at} = wp.tid()", f"label = {tokens.ids}[{tokens.at}]")
    integer = draw.chance(0.1)
    out = draft.name("out", "targets", "one_hot_out")
    classes = "np.arange(dim[-1])"
    if integer:
        draft.output(out, I32, *extents)
        if draw.chance(0.5):
            draft.line(f"{out}[{at}] = int(label == {c})")
        else:
            draft.line("hot = int(0)", f"if label == {c}:", "    hot = int(1)", f"{out}[{at}] = hot")
        draft.results(**{out: f"({tokens.ids}[..., None] == {classes}).astype(np.int32)"})
        return draft.case(draw.choice(("one_hot_int", "encode_labels")), extents, tokens.sizes())
    one, zero = draft.number(1.0), draft.number(0.0)
    if draw.chance(0.5):
        draft.line(f"hot = wp.where(label == {c}, {one}, {zero})")
    else:
        draft.line(f"hot = {draft.zero()}", f"if label == {c}:", f"    hot = {one}")
    draft.numpy(f"hot = ({tokens.ids}[..., None] == {classes}).astype({draft.precision})")
    draft.known("hot", real, 0.0, 1.0)
    value = "hot"
    steps = draw.subset(("smooth", "mixed", "weighted"), draw.integer(1, 3))
    if "mixed" in steps:
        others = draft.array(draft.name("mixed_ids", "second_label"), I32, *tokens.extents, domain=lambda s: Integers(0, s["vocab_size"]))
        lam = draft.array(draft.name("lam", "mix_ratio"), real, *tokens.extents, low=0.1, high=0.9)
        ratio, name = draft.name("ratio", "share"), draft.name("mixed", "blended")
        draft.line(f"{ratio} = {lam}[{tokens.at}]")
        draft.warp_formula(f"{name} = {ratio} * {value} + (1.0 - {ratio}) * wp.where({others}[{tokens.at}] == {c}, 1.0, 0.0)")
        draft.numpy(f"{ratio} = {lam}[..., None]", f"{name} = {ratio} * {value} + (1.0 - {ratio}) * ({others}[..., None] == {classes})")
        value = name
    if "smooth" in steps:
        knob = draft.knob(draft.name("smoothing", "label_smoothing"), 0.02, 0.3)
        smoothing, rest = knob.numpy(), complement(knob)
        name = draft.name("smoothed", "soft_target")
        draft.count("num_classes", "vocab_size")
        draft.warp_formula(f"{name} = {rest} * {value} + {smoothing} / " + draft.cast("num_classes"))
        draft.numpy(f"{name} = {rest} * {value} + {smoothing} / {draft.precision}(num_classes)")
        value = name
    if "weighted" in steps:
        weights = draft.array(draft.name("sample_weight", "confidence"), real, *tokens.extents, low=0.1, high=1.0)
        name = draft.name("scaled_target", "weighted_hot")
        draft.line(f"{name} = {value} * {weights}[{tokens.at}]")
        draft.numpy(f"{name} = {value} * {weights}[..., None]")
        value = name
    draft.output(out, real, *extents)
    if tokens.padded and draw.chance(0.7):
        draft.line("if label < 0:", f"    {out}[{at}] = {zero}", "    return")
        result = f"np.where({tokens.ids}[..., None] < 0, 0.0, {value})"
    else:
        result = value
    draft.line(f"{out}[{at}] = {value}")
    draft.results(**{out: result})
    return draft.case(draw.choice(("one_hot", "smooth_labels", "soft_targets", "encode_targets")), extents, tokens.sizes())


def quantized(draw: Draw) -> Case:
    """Rows stored as integers with a scale (and zero point) per row or group; some are packed, several in one integer."""
    draft = Draft(draw, smooth=True)
    real = draft.real
    tokens = Tokens(draft)
    packed = draw.choice((0, 0, 4, 8))
    draft.reserve("code", "word", "shift", "q", "scale_value", "zero", "group", "codes_all")
    width: Extent = drawn_width(draw, 8, "dim_size") if not packed else 8
    per_word = 32 // packed if packed else 1
    if packed == 4:
        per_word = 4
    columns: Extent = 8 // per_word if packed else width
    table = draft.name("qweight", "codes", "packed_rows" if packed else "quantized_rows")
    top = 2 ** (packed * per_word - 1) if packed and packed * per_word < 31 else 2**30
    draft.array(table, I32, "vocab_size", columns, domain=Integers(0, top) if packed else Integers(-128, 128))
    groups = draw.choice((0, 0, 2, 4)) if width == 8 else 0
    scales = draft.name("scales", "row_scale")
    draft.array(scales, real, "vocab_size", *((8 // groups,) if groups else ()), low=0.01, high=0.05)
    zeros = draw.chance(0.5)
    zero_points = draft.array(draft.name("zero_points", "zeros"), I32, "vocab_size", domain=Integers(0, 8)) if zeros else ""
    at = f"{tokens.at}, d"
    draft.line(f"{at} = wp.tid()", f"row = {tokens.ids}[{tokens.at}]")
    draft.numpy(f"ids_all = {tokens.ids}")
    if packed:
        mask = 2**packed - 1
        draft.line(f"word = {table}[row, d // {per_word}]", f"shift = (d % {per_word}) * {packed}", f"q = (word >> shift) & {mask}")
        draft.numpy(f"shift = np.arange({per_word}) * {packed}", f"codes_all = ({table}[ids_all][..., None] >> shift) & {mask}")
        draft.numpy("codes_all = codes_all.reshape(*ids_all.shape, -1)")
    else:
        draft.line(f"q = {table}[row, d]")
        draft.numpy(f"codes_all = {table}[ids_all]")
    index = "row"
    numpy_scale = f"{scales}[ids_all][..., None]"
    if groups:
        draft.line(f"group = d // {groups}")
        index, numpy_scale = "row, group", f"np.repeat({scales}[ids_all], {groups}, axis=-1)"
    value = draft.name("value", "dequantized", "element")
    inner = f"q - {zero_points}[row]" if zeros else "q"
    draft.line(f"{value} = {draft.cast(inner)} * {scales}[{index}]")
    less = f"(codes_all - {zero_points}[ids_all][..., None])" if zeros else "codes_all"
    draft.numpy(f"{value} = {less}.astype({draft.precision}) * {numpy_scale}")
    extents: tuple[Extent, ...] = (*tokens.extents, width)
    final = epilogue(draft, draft.known(value, real, -15.0, 15.0), Site(at, extents, "d", width), most=2)
    out = draft.output(draft.name("out", "embedded", "rows_out"), real, *extents)
    draft.line(f"{out}[{at}] = {final.name}")
    draft.results(**{out: final.name})
    return draft.case(draw.choice(("dequantize_rows", "quantized_lookup", "int8_embedding", "unpack_embedding")), extents, tokens.sizes())


def nearest_code(draw: Draw) -> Case:
    """Vector quantization: the codebook's row nearest to each vector, by distance or by inner product, and its distance."""
    draft = Draft(draw, smooth=True)
    real = draft.real
    static = draw.chance(0.5)
    size: Extent = drawn_width(draw, 2, 3, 4) if static else "dims"
    i, k, d = draw.choice((("i", "k", "d"), ("token", "code", "c")))
    draft.reserve(i, k, d, "dims", "codes", "n", "best", "nearest", "distance", "gap", "distance_all", "nearest_all", "picked")
    x = draft.array(draft.name("x", "latents", "z"), real, "n", size)
    codebook = draft.array(draft.name("codebook", "centroids", "code_vectors"), real, "codes", size)
    product = draw.chance(0.3)
    with draft.threads((i, "n", x, 0)):
        draft.extent("codes", codebook)
        if not static:
            draft.extent("dims", x, 1)
        add = [f"gap = {x}[{i}, {d}] - {codebook}[{k}, {d}]", "distance += gap * gap"]
        if product:
            add = [f"distance -= {x}[{i}, {d}] * {codebook}[{k}, {d}]"]
        inner = [f"distance = {draft.zero()}", *loop(d, str(size), add), "if distance < best:", "    best = distance", f"    nearest = {k}"]
        lines = [f"best = {draft.cast('1.0e30')}", "nearest = int(0)", *loop(k, "codes", inner)]
        # The search is a function, so that the adjoint finds the row again.
        outlined(draft, draw.choice(("nearest_code", "closest_row", "search_codebook")), lines, [("nearest", I32)])
        if product:
            draft.numpy(f"distance_all = -({x} @ {codebook}.T)")
        else:
            draft.numpy(f"distance_all = (({x}[:, None, :] - {codebook}[None]) ** 2).sum(axis=-1)")
        draft.numpy("nearest_all = np.argmin(distance_all, axis=1)", f"picked = {codebook}[nearest_all]")
        results = {}
        ids = draft.output(draft.name("code_ids", "assignment", "indices_out"), I32, "n")
        draft.line(f"{ids}[{i}] = nearest")
        results[ids] = "nearest_all.astype(np.int32)"
        if draw.chance(0.35):
            usage = draft.output(draft.name("usage", "code_count"), I32, "codes", role="accumulate")
            draft.line(f"wp.atomic_add({usage}, nearest, 1)")
            results[usage] = f"np.bincount(nearest_all, minlength=len({codebook})).astype(np.int32)"
        if draw.chance(0.75):
            out = draft.output(draft.name("quantized", "z_q", "decoded"), real, "n", size)
            with draft.block(f"for {d} in range({size}):"):
                value = draft.name("chosen", "code_value")
                draft.line(f"{value} = {codebook}[nearest, {d}]")
                draft.numpy(f"{value} = picked")
                known = draft.known(value, real, -1.0, 1.0)
                if draw.chance(0.4):
                    beta = draft.knob(draft.name("pull", "commitment"), 0.1, 0.9).numpy()
                    moved = draft.name("moved", "pulled")
                    draft.warp_formula(f"{moved} = {x}[{i}, {d}] + {beta} * ({value} - {x}[{i}, {d}])")
                    draft.numpy(f"{moved} = {x} + {beta} * ({value} - {x})")
                    known = draft.known(moved, real, -2.0, 2.0)
                final = epilogue(draft, known, Site(f"{i}, {d}", ("n", size), d, size), most=1)
                draft.line(f"{out}[{i}, {d}] = {final.name}")
            results[out] = final.name
        else:
            sums = draft.output(draft.name("code_sum", "cluster_sum"), real, "codes", size, role="accumulate")
            draft.line(*loop(d, str(size), [f"wp.atomic_add({sums}, nearest, {d}, {x}[{i}, {d}])"]))
            draft.numpy(f"summed_all = np.zeros_like({sums})", f"np.add.at(summed_all, nearest_all, {x})")
            draft.reserve("summed_all")
            results[sums] = "summed_all"
    draft.results(**results)
    sizes = [{"n": n, "codes": m, "dims": w} for n, m, w in ((1, 1, 1), (7, 5, 3), (draw.choice((17, 29)), 9, 5))]
    return draft.case(draw.choice(("vector_quantize", "assign_codes", "nearest_centroid", "vq_lookup")), ("n",), sizes)
