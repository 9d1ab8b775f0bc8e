"""Quantized weights of 2, 4 or 8 bits, several to a word, made real by scale and zero point; alone or in a product with activations."""

from __future__ import annotations

from collections.abc import Callable

from kernels.case import Case
from kernels.drafting.word_draft import WordDraft
from kernels.drafting.words import Word
from kernels.draw import Draw
from kernels.language.expression import Expression


def quantized(draw: Draw) -> Case:
    """The weights of each word, or a row's product with activations."""
    draft = WordDraft(draw, Word(32, draw.chance(0.3)))
    bits = draw.choice((2, 4, 4, 8))
    per = 32 // bits
    product = draw.chance(0.6)
    name = draw.choice(
        (f"dequantize_int{bits}", f"unpack_int{bits}") if not product else (f"matvec_int{bits}", f"quantized_dot{bits}", "gemv_quantized")
    )
    row, w, k = draft.name("row", "i", "out_row"), draft.name("w", "block", "group"), draft.name("k", "lane", "nibble")
    draft.reserve(name, "word", "q", "weight", "total", "scale_row", "zero", "col")
    packed = draft.word_array(draft.name("packed_weights", "qweight", "codes"), "rows", "blocks")
    grouped = draw.chance(0.4)
    scale = draft.array(draft.name("scales", "scale"), draft.real, *(("rows", "blocks") if grouped else ("rows",)), low=0.1)
    zero_kind = draw.choice(("middle", "array", "signed"))
    zeros = draft.array("zeros", draft.real, "rows", low=0.0, high=float(2**bits - 1)) if zero_kind == "array" else ""
    x = draft.array(draft.name("x", "activations"), draft.real, f"blocks * {per}") if product else ""
    out = draft.output(draft.name("y", "out", "weights_out"), draft.real, *(("rows",) if product else ("rows", f"blocks * {per}")))
    static = draw.chance(0.5)
    draft.numpy(f"lanes = np.arange({per}, dtype=np.uint32) * {bits}")
    draft.numpy(f"q = (({packed}.astype(np.uint32)[..., None] >> lanes) & {2**bits - 1}).astype({draft.precision})")
    half = 2 ** (bits - 1)
    centred = {
        "middle": f"q - {float(half)}",
        "array": f"q - {zeros}[:, None, None]",
        "signed": f"np.where(q >= {float(half)}, q - {float(2**bits)}, q)",
    }[zero_kind]
    draft.numpy(f"weight = {scale}{'[..., None]' if grouped else '[:, None, None]'} * ({centred})")
    axes = f"{row}, {w}" if not product else row
    draft.line(f"{axes} = wp.tid()")
    draft.guard(row, "rows", packed, 0.5)
    load_scale = f"scale_row = {scale}[{row}, {w}]" if grouped else f"scale_row = {scale}[{row}]"
    if not grouped:
        draft.line(load_scale)
    if zero_kind == "array":
        draft.line(f"zero = {zeros}[{row}]")
    if product:
        draft.line(f"total = {draft.zero()}")
        blocks = draft.extent("blocks", packed, 1)
    read = f"word = {draft.as_word(f'{packed}[{row}, {w}]')}"
    field = f"q = number((word >> {{0}}) & {2**bits - 1})"

    def element(lane: str, q: str) -> None:
        draft.line(q)
        if zero_kind == "signed":
            draft.line(f"if q >= {half}:", f"    q = q - {2**bits}")
        zero = {"middle": f" - {draft.number(float(half))}", "array": " - zero", "signed": ""}[zero_kind]
        draft.line(f"weight = scale_row * ({draft.cast('q')}{zero})" if zero else f"weight = scale_row * {draft.cast('q')}")
        place = f"{w} * {per} + {lane}" if lane != "0" else f"{w} * {per}"
        draft.line(f"total += weight * {x}[{place}]" if product else f"{out}[{row}, {place}] = weight")

    if product:
        with draft.block(f"for {w} in range({blocks}):"):
            draft.line(read, *([load_scale] if grouped else []))
            _lanes(draft, element, field, bits, per, k, static=static)
        draft.numpy(f"total = weight.reshape(len({packed}), -1) @ {x}")
        total = draft.known("total", draft.real, -1e5, 1e5)
        fields: list[Expression] = []
        for name_of in draw.subset(("bias", "residual"), draw.integer(0, 2)):
            fields.append(draft.load(f"{name_of}_row", draft.array(name_of, draft.real, "rows", low=-0.5), row, -0.5, 1.0))
        values = draft.some_parameters(("alpha", "beta"), draw.integer(0, 1))
        steps = draft.ending(("result", "updated", "output_row"), total, fields, values, nonlinear=False)
        for step in steps:
            draft.line(step.warp)
            draft.numpy(step.numpy)
        draft.store(out, row, steps[-1].value.name if steps else "total")
    else:
        draft.line(read, *([load_scale] if grouped else []))
        _lanes(draft, element, field, bits, per, k, static=static)
        draft.numpy(f"{out} = weight.reshape(len({packed}), -1)")
    sizes = [{"rows": r, "blocks": b} for r, b in ((1, 1), (draw.choice((3, 5, 7)), 2), (draw.integer(17, 29), draw.integer(3, 4)))]
    return draft.case(name, ["rows"] if product else ["rows", "blocks"], sizes)


def _lanes(draft: WordDraft, element: Callable[[str, str], None], field: str, bits: int, per: int, k: str, *, static: bool) -> None:
    """The fields of one word, written out or in a loop over them."""
    word = draft.word
    if static and per <= 8:
        for lane in range(per):
            text = field.format(lane * bits) if lane else field.replace("(word >> {0})", "word")
            element(str(lane), word.warp(text))
        return
    with draft.block(f"for {k} in range({per}):"):
        if word.signed:
            element(k, f"q = (word >> ({k} * {bits})) & {2**bits - 1}")
        else:
            element(k, f"q = int((word >> wp.uint32({k} * {bits})) & wp.uint32({2**bits - 1}))")
