"""Booleans and signs in words: packed, one thread per word, and taken out again, one thread per bit."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Bernoulli, Integers, Uniform
from kernels.drafting.arguments import grids
from kernels.drafting.word_draft import WordDraft
from kernels.drafting.words import Word
from kernels.draw import Draw
from kernels.language.types import BOOL, I32


def booleans(draw: Draw) -> Case:
    """Booleans or signs packed into words, one thread per word, or unpacked from them."""
    return _packed(draw) if draw.chance(0.6) else _unpacked(draw)


def _unpacked(draw: Draw) -> Case:
    """The bits of words as integers, or as signs that scale a value."""
    draft = WordDraft(draw, Word(32))
    i = draft.name("i", "tid", "word_index")
    draft.reserve("word", "bit", "value")
    packed = draft.array(draft.name("packed", "bitmask"), I32, "words", domain=Integers(-(2**31), 2**31))
    name = draw.choice(("unpack_bits", "bits_to_mask", "expand_mask"))
    draft.reserve(name)
    real = draw.chance(0.5)
    draft.line(f"{i} = wp.tid()", f"word = {packed}[{i} {draw.choice(('>> 5', '// 32'))}]")
    draft.line(f"bit = (word >> ({i} {draw.choice(('& 31', '% 32'))})) & 1")
    draft.numpy("i = np.arange(dim[0])", f"bit = (({packed}[i // 32].astype(np.int64) % 2**32) // 2 ** (i % 32)) % 2")
    if real:
        sign = draft.name("sign", "spin", "level")
        draft.line(f"{sign} = {draft.number(2.0)} * {draft.cast('bit')} - {draft.number(1.0)}")
        draft.numpy(f"{sign} = 2.0 * bit.astype({draft.precision}) - 1.0")
        scale = draft.array(draft.name("scale", "magnitude"), draft.real, "n", low=0.2)
        value = draft.fused(
            "value", draft.real, [draft.known(sign, draft.real, -1.0, 1.0), draft.load("s", scale, i, 0.2, 1.0)], smooth=True
        )
        draft.store(draft.output(draft.name("signs", "values_out"), draft.real, "n"), i, value.name)
    else:
        draft.output("mask_out", I32, "n")
        draft.line(f"mask_out[{i}] = bit")
        draft.numpy("mask_out = bit.astype(np.int32)")
    return draft.case(name, ["n"], [{**s, "words": -(-s["n"] // 32)} for s in grids(draw, ["n"])])


def _packed(draw: Draw) -> Case:
    """Bits packed, one thread per word, from booleans, from signs or from a comparison; how many are set."""
    draft = WordDraft(draw, Word(32))
    bits = draw.choice((8, 16, 32))
    i, b = draft.name("i", "tid", "word_index"), draft.name("b", "bit", "k")
    draft.reserve("packed", "element")
    kind = draw.choice(("bool", "int", "sign", "threshold"))
    type, domain = {"bool": (BOOL, Bernoulli(0.5)), "int": (I32, Bernoulli(0.5))}.get(kind, (draft.real, Uniform(-1.0, 1.0)))
    source = draft.array(
        draft.name(*(("mask", "active") if kind in ("bool", "int") else ("values", "spins", "field"))),
        type,
        "n",
        domain=domain,
        differentiable=False,
    )
    name = draw.choice(("pack_bits", "mask_to_bits", "ballot_words", "sign_bits"))
    draft.reserve(name)
    draft.line(f"{i} = wp.tid()")
    if draw.chance(0.4):
        draft.count("num_words", "words")
        draft.line(f"if {i} >= num_words:", "    return")
    n = draft.extent("n", source)
    limit = draft.knob("threshold", 0.1, 0.6) if kind == "threshold" else None
    test = {
        "bool": "{0}",
        "int": "{0} != 0",
        "sign": f"{{0}} < {draft.number(0.0)}",
        "threshold": f"{{0}} > {limit.warp() if limit else ''}",
    }[kind]
    numpy = {"bool": "{0}", "int": "{0} != 0", "sign": "{0} < 0.0", "threshold": f"{{0}} > {limit.numpy() if limit else ''}"}[kind]
    draft.line("packed = int(0)")
    with draft.block(f"for {b} in range({bits}):"):
        draft.line(f"element = {i} * {bits} + {b}")
        if draw.chance(0.5):
            with draft.block(f"if element < {n}:"), draft.block(f"if {test.format(f'{source}[element]')}:"):
                draft.line(f"packed = packed | (1 << {b})")
        else:
            draft.line(f"if element >= {n}:", "    break" if bits == 32 else "    continue")
            draft.line(f"packed |= wp.where({test.format(f'{source}[element]')}, 1 << {b}, 0)")
    draft.line(f"packed_out[{i}] = packed")
    draft.output("packed_out", I32, "words")
    draft.numpy(f"bits = np.zeros(dim[0] * {bits}, np.int64)", f"bits[: len({source})] = {numpy.format(source)}")
    draft.numpy(
        f"packed = (bits.reshape(-1, {bits}) * 2 ** np.arange({bits})).sum(axis=1)",
        "packed_out = packed.astype(np.uint32).astype(np.int32)",
    )
    if draw.chance(0.35):
        draft.output("set_count", I32, 1, role="accumulate")
        draft.line("wp.atomic_add(set_count, 0, wp.bit_count(packed))")
        draft.numpy("set_count = np.array([bits.sum()], np.int32)")
    return draft.case(name, ["words"], [{**s, "words": -(-s["n"] // bits)} for s in grids(draw, ["n"])])
