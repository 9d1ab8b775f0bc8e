"""Rows in half precision, summed in single precision: products, norms, softmax, attention, filters, similarities, pooling."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Uniform
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.draw import Draw
from kernels.families.half_precision.formats import BF16, Half, kept_single, sizes, some_half


def build_rows(draw: Draw, draft: MirrorDraft) -> Case:
    """One row for each thread."""
    i = draw.choice(("tid", "row", "i"))
    half = some_half(draw)
    width = draw.integer(3, 10)
    # Sums of both signs cancel more than bfloat16 has to spare.
    low = 0.1 if half is BF16 else -1.0
    draft.field("a", half.spelling, "n", width, low=low, names=("tokens", "x_in", "rows_in"))
    draft.thread("n", "a", index=i, counts=("num_rows", "batch"))
    forms = {"dot": _dot, "rms_norm": _norm, "softmax": _softmax, "conv": _filter, "pool": _pool, "gate": _gate}
    if half is not BF16:
        # These divide or subtract what bfloat16 is too coarse for.
        forms |= {"layer_norm": _norm, "attention": _attention, "cosine": _cosine, "rotary": _rotary}
    way = draw.choice(tuple(forms))
    forms[way](draw, draft, half, i, width, way)
    return draft.finish(f"{way}_rows", ["n"], sizes(draw, 90))


def _dot(draw: Draw, draft: MirrorDraft, half: Half, i: str, width: int, way: str) -> None:
    shared = draw.chance(0.5)
    draft.field("w", half.spelling, *([] if shared else ["n"]), width, low=0.1 if half is BF16 else -1.0, names=("weight", "w_in"))
    at = "w[{0}]" if shared else f"w[{i}, {{0}}]"
    style = draw.choice(("single", "product", "pairs"))
    if style == "pairs":
        draft.code(f"""
            even = float(0.0)
            odd = float(0.0)
            for k in range({width // 2}):
                even += float(a[{i}, 2 * k]) * float({at.format("2 * k")})
                odd += float(a[{i}, 2 * k + 1]) * float({at.format("2 * k + 1")})
            acc = even {"+" if half is BF16 else draw.choice(("+", "-"))} odd
            """)
    else:
        term = f"float(a[{i}, k] * {at.format('k')})" if style == "product" else f"float(a[{i}, k]) * float({at.format('k')})"
        draft.code(f"acc = float(0.0)\nfor k in range({width}):\n    acc += {term}")
    if draw.chance(0.5):
        draft.field("bias", "float", "n", names=("b_in",))
        draft.code(f"acc = acc + bias[{i}]")
    kept_single(draft, "acc", 12.0, i, half, ("y", "y_out", "logits"))


def _norm(draw: Draw, draft: MirrorDraft, half: Half, i: str, width: int, way: str) -> None:
    centred = f"float(a[{i}, k])"
    if way == "layer_norm":
        draft.code(f"total = float(0.0)\nfor k in range({width}):\n    total += float(a[{i}, k])\nmean = total / {width}.0")
        centred = f"(float(a[{i}, k]) - mean)"
    draft.code(f"""
        squares = float(0.0)
        for k in range({width}):
            d = {centred}
            squares += d * d
        inv_std = 1.0 / wp.sqrt(squares / {width}.0 + {draw.choice(("0.1", "0.25"))})
        """)
    value = f"{centred} * inv_std"
    if draw.chance(0.6):
        draft.field("gamma", half.spelling, width, low=0.5, high=1.5, names=("weight", "gain"))
        value += " * float(gamma[k])"
    if draw.chance(0.4):
        draft.field("beta", half.spelling, width, names=("shift", "bias"))
        value += " + float(beta[k])"
    out = draft.result("y", half.spelling, "n", width, names=("y_out", "normalized"))
    draft.code(f"for k in range({width}):\n    {out}[{i}, k] = {half.number(value)}")


def _softmax(draw: Draw, draft: MirrorDraft, half: Half, i: str, width: int, way: str) -> None:
    scale = draft.tune(draw.choice(("scale", "inv_temperature")), 0.5, 1.5)
    draft.code(f"total = float(0.0)\nfor k in range({width}):\n    total += wp.exp(float(a[{i}, k]) * {scale})")
    if draw.chance(0.5):
        out = draft.result("p", half.spelling, "n", width, names=("probs",))
        draft.code(f"for k in range({width}):\n    {out}[{i}, k] = {half.number(f'wp.exp(float(a[{i}, k]) * {scale}) / total')}")
    else:
        draft.code("lse = wp.log(total)")
        kept_single(draft, "lse", 4.0, i, half, ("lse_out", "log_partition"))


def _attention(draw: Draw, draft: MirrorDraft, half: Half, i: str, width: int, way: str) -> None:
    keys = draw.integer(2, 4)
    draft.field("keys", half.spelling, keys, width, names=("k_cache",))
    draft.field("values", half.spelling, keys, names=("v_cache",))
    draft.code(f"""
        total = float(0.0)
        mixed = float(0.0)
        for j in range({keys}):
            score = float(0.0)
            for k in range({width}):
                score += float(a[{i}, k]) * float(keys[j, k])
            p = wp.exp(score * {draw.real(0.2, 0.6)})
            total += p
            mixed += p * float(values[j])
        attended = mixed / total
        """)
    kept_single(draft, "attended", 1.0, i, half, ("o", "attended_out"))


def _filter(draw: Draw, draft: MirrorDraft, half: Half, i: str, width: int, way: str) -> None:
    count = draw.choice((2, 3)) if width > 3 else 2
    taps = [draw.real(0.1, 0.9) for _ in range(count)]
    terms = " + ".join(f"{tap} * float(a[{i}, k + {n}])" if n else f"{tap} * float(a[{i}, k])" for n, tap in enumerate(taps))
    out = draft.result("y", half.spelling, "n", width - count + 1, names=("filtered",))
    value = draw.choice(("s", "wp.tanh(s)", "0.5 * s", "s * s"))
    draft.code(f"for k in range({width - count + 1}):\n    s = {terms}\n    {out}[{i}, k] = {half.number(value)}")


def _cosine(draw: Draw, draft: MirrorDraft, half: Half, i: str, width: int, way: str) -> None:
    draft.field("b", half.spelling, "n", width, names=("other", "targets"))
    draft.code(f"""
        ab = float(0.0)
        aa = float(0.1)
        bb = float(0.1)
        for k in range({width}):
            u = float(a[{i}, k])
            v = float(b[{i}, k])
            ab += u * v
            aa += u * u
            bb += v * v
        similarity = 1.5 + ab / wp.sqrt(aa * bb)
        """)
    kept_single(draft, "similarity", 2.5, i, half, ("similarity_out", "cosine"))


def _pool(draw: Draw, draft: MirrorDraft, half: Half, i: str, width: int, way: str) -> None:
    term = draw.choice(("v * v", "wp.exp(v)", "v * wp.tanh(v)", "wp.sqrt(v * v + 0.1)", "1.0 / (1.0 + v * v)"))
    weight = ""
    if draw.chance(0.4):
        draft.field("importance", half.spelling, width, low=0.2, high=1.0, names=("mask", "pool_weight"))
        weight = " * float(importance[k])"
    draft.code(f"""
        acc = float(0.0)
        for k in range({width}):
            v = float(a[{i}, k])
            acc += {term}{weight}
        pooled = acc / {width}.0
        """)
    kept_single(draft, "pooled", 3.0, i, half, ("pooled_out", "feature"))


def _gate(draw: Draw, draft: MirrorDraft, half: Half, i: str, width: int, way: str) -> None:
    """Rows times a gate for each column, as in gated linear units."""
    draft.field("b", half.spelling, "n", width, names=("gates", "up_proj"))
    out = draft.result("y", half.spelling, "n", width, names=("gated_out", "y_out"))
    form = draw.choice(("g / (1.0 + wp.exp(-g))", "1.0 / (1.0 + wp.exp(-g))", "wp.tanh(g)", "0.5 * g * (1.0 + wp.tanh(0.8 * g))"))
    draft.code(f"""
        for k in range({width}):
            g = float(b[{i}, k])
            gate = {form}
            {out}[{i}, k] = {half.number(f"float(a[{i}, k]) * gate")}
        """)


def _rotary(draw: Draw, draft: MirrorDraft, half: Half, i: str, width: int, way: str) -> None:
    """Pairs of columns turned by an angle that grows with the row."""
    pairs = width // 2
    out = draft.result("y", half.spelling, "n", 2 * pairs, names=("rotated", "q_out"))
    start = draw.choice((f"float({i})", f"float({i} % 16)"))
    if draw.chance(0.4):
        draft.field("position", "float", "n", domain=Uniform(0.0, 4.0), names=("pos_id", "timestep"))
        start = f"position[{i}]"
    decay = draw.choice(("/ (1.0 + float(k))", "* wp.exp(-0.5 * float(k))", "* wp.pow(0.5, float(k))"))
    scale = draw.choice(("", "", " * 0.5"))
    draft.code(f"""
        for k in range({pairs}):
            angle = {start} * {draw.real(0.05, 0.3)} {decay}
            c = wp.cos(angle){scale}
            s = wp.sin(angle){scale}
            u = float(a[{i}, 2 * k])
            v = float(a[{i}, 2 * k + 1])
            {out}[{i}, 2 * k] = {half.number("u * c - v * s")}
            {out}[{i}, 2 * k + 1] = {half.number(draw.choice(("u * s + v * c", "v * c + u * s")))}
        """)
