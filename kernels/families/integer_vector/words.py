"""Bits of words: counts, codes, rotations, and fields and flags kept in them."""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.draw import Draw
from kernels.families.integer_vector.results import all_values, kept_integer, sizes

WORDS = (("wp.uint8", 8), ("wp.uint16", 16), ("wp.uint32", 32), ("wp.uint64", 64))


def build_bits(draw: Draw, draft: MirrorDraft) -> Case:
    """Bits of words: counts, parity, Gray codes, reversal, rotation, lowest and highest set bits, Hamming distances."""
    i = draw.choice(("tid", "i", "word_id"))
    word, bits = draw.choice(WORDS)
    draft.field("words", word, "n", domain=all_values(word.removeprefix("wp.")), names=("codes", "descriptor", "bits_in"))
    draft.thread("n", "words", index=i, counts=("num_words", "count"))
    draft.code(f"w = words[{i}]")
    way = draw.choice(("count", "parity", "gray", "reverse", "rotate", "lowest", "hamming", "swap", "highest"))
    result = "w"
    if way == "count":
        draft.code("ones = wp.bit_count(w)")
        if draw.chance(0.5):
            draft.code(f"ones = ones * 2 - {bits}")
        kept_integer(draft, "ones", -bits, bits, i, ["n"], ("ones_out", "popcount"))
        return draft.finish("count_bits", ["n"], sizes(draw))
    if way == "hamming":
        draft.field("prototypes", word, 5, domain=all_values(word.removeprefix("wp.")), names=("dictionary", "reference_words"))
        draft.code(f"""
            closest = int({bits + 1})
            which = int(0)
            for k in range(5):
                gap = wp.bit_count(w ^ prototypes[k])
                if gap < closest:
                    closest = gap
                    which = k
            """)
        out = draft.result("which_out", "int", "n", names=("match", "label_out"))
        draft.code(f"{out}[{i}] = which")
        kept_integer(draft, "closest", 0, bits, i, ["n"], ("distance_out", "hamming_out"))
        return draft.finish("hamming_match", ["n"], sizes(draw))
    if way == "parity":
        draft.code(
            f"p = w\n{chr(10).join(f'p = p ^ (p >> {word}({bits >> (k + 1)}))' for k in range(bits.bit_length() - 1))}\nw = p & {word}(1)"
        )
    elif way == "gray":
        encode = draw.chance(0.5)
        draft.code(
            f"w = w ^ (w >> {word}(1))"
            if encode
            else "\n".join(["g = w", *(f"g = g ^ (g >> {word}({1 << k}))" for k in range(bits.bit_length() - 1)), "w = g"])
        )
    elif way == "reverse":
        count = min(bits, 16)
        draft.code(f"""
            flipped = {word}(0)
            for k in range({count}):
                flipped = (flipped << {word}(1)) | ((w >> {word}(k)) & {word}(1))
            w = flipped
            """)
    elif way == "rotate":
        shift = draw.integer(1, bits - 1)
        draft.define("rotate_left", f"x: {word}", f"return (x << {word}({shift})) | (x >> {word}({bits - shift}))", word)
        draft.code(f"w = rotate_left(w){' ^ rotate_left(rotate_left(w))' if draw.chance(0.5) else ''}")
    elif way == "lowest":
        draft.code(
            draw.choice(("low = w & (~w + {0}(1))", "low = w & (w ^ (w - {0}(1)))", "low = w & (w - {0}(1))")).format(word)
            + f"\nw = low {draw.choice(('|', '^'))} {word}({draw.integer(1, 100)})"
        )
    elif way == "highest":
        draft.code(
            "\n".join(["h = w", *(f"h = h | (h >> {word}({1 << k}))" for k in range(bits.bit_length() - 1)), f"w = h - (h >> {word}(1))"])
        )
    else:
        half = bits // 2
        draft.code(f"w = (w << {word}({half})) | (w >> {word}({half}))")
    if draw.chance(0.4):
        draft.field("masks", word, "n", domain=all_values(word.removeprefix("wp.")), names=("mask", "salt"))
        draft.code(f"w = w {draw.choice(('&', '|', '^'))} masks[{i}]")
    out = draft.result("words_out", word, "n", names=("codes_out", "bits_out"))
    draft.code(f"{out}[{i}] = {result}")
    return draft.finish(f"{way}_bits", ["n"], sizes(draw))


def build_fields(draw: Draw, draft: MirrorDraft) -> Case:
    """Bit fields and flags: collision filters, permissions, fields put into words and read out, states that change flags."""
    i = draw.choice(("tid", "pair", "i"))
    word, bits = draw.choice(WORDS[1:] if draw.chance(0.8) else WORDS)
    values = all_values(word.removeprefix("wp."))
    way = draw.choice(("filter", "filter", "fields", "flags", "channels"))
    if way == "filter":
        for name in ("group_a", "mask_a", "group_b", "mask_b"):
            draft.field(name, word, "n", domain=values)
        draft.thread("n", "group_a", index=i, counts=("num_pairs", "pair_count"))
        tests = draw.choice(
            (
                f"first = (group_a[{i}] & mask_b[{i}]) != {word}(0)\nsecond = (group_b[{i}] & mask_a[{i}]) != {word}(0)",
                f"first = wp.bit_count(group_a[{i}] & mask_b[{i}]) > {bits // 4}\nsecond = (group_b[{i}] & mask_a[{i}]) > {word}(40)",
            )
        )
        draft.code(tests)
        draft.code(
            draw.choice(
                (
                    "hit = int(0)\nif first and second:\n    hit = 1",
                    "hit = wp.where(first or second, 2, 1)",
                    "hit = int(first) + 2 * int(second)",
                )
            )
        )
        if draw.chance(0.5):
            out = draft.result("pair_count_out", "int", 1, role="accumulate", names=("num_hits", "hit_total"))
            draft.code(f"wp.atomic_add({out}, 0, hit)")
        kept_integer(draft, "hit", 0, 3, i, ["n"], ("hits", "collide", "allowed"))
        return draft.finish("filter_pairs", ["n"], sizes(draw))
    draft.field("words", word, "n", domain=values, names=("flags", "state_bits", "headers"))
    draft.thread("n", "words", index=i, counts=("num_items", "count"))
    draft.code(f"w = words[{i}]")
    if way == "fields":
        sizes_of = [draw.integer(1, 4) for _ in range(3)] if bits > 8 else [2, 3, 3]
        at = 0
        for name, width in zip(("kind", "level", "owner"), sizes_of, strict=True):
            shifted = f"(w >> {word}({at}))" if at else "w"
            draft.code(f"{name} = {shifted} & {word}({(1 << width) - 1})")
            at += width
        draft.code("packed_fields = int(kind) * 100 + int(level) * 10 + int(owner)")
        if draw.chance(0.5):
            draft.code(f"w = (w & ~{word}({(1 << sizes_of[0]) - 1})) | ((kind + {word}(1)) & {word}({(1 << sizes_of[0]) - 1}))")
            out = draft.result("words_out", word, "n", names=("headers_out",))
            draft.code(f"{out}[{i}] = w")
        kept_integer(draft, "packed_fields", 0, 2000, i, ["n"], ("fields_out", "summary"))
    elif way == "flags":
        a, b, c = draw.subset((1, 2, 4, 8, 16, 32, 64), 3)
        draft.code(f"""
            if (w & {word}({a})) != {word}(0):
                w = w | {word}({b})
            elif (w & {word}({c})) == {word}(0):
                w = w ^ {word}({a | c})
            else:
                w = w & ~{word}({b})
            """)
        out = draft.result("flags_out", word, "n", names=("words_out", "state_out"))
        draft.code(f"{out}[{i}] = w")
        if draw.chance(0.5):
            out = draft.result("raised", "int", 1, role="accumulate", names=("flag_count",))
            draft.code(f"wp.atomic_add({out}, 0, int((w & {word}({b})) != {word}(0)))")
    else:
        length = draw.choice((2, 3, 4))
        suffix = {8: "ub", 16: "us", 32: "ui", 64: "ul"}[bits]
        type = f"wp.vec{length}{suffix}"
        draft.field("lanes_in", type, "n", domain=values, names=("channels", "components"))
        fill = ", ".join(f"{word}({draw.integer(1, 200)})" for _ in range(length))
        operation = draw.choice(("&", "|", "^"))
        draft.code(f"v = lanes_in[{i}] {operation} {type}({fill})")
        draft.code(draw.choice((f"v = v << {type}({word}(1))", f"v = v >> {type}({word}(2))", "v = ~v", f"v = wp.max(v, {type}(w))")))
        out = draft.result("lanes_out", type, "n", names=("channels_out",))
        draft.code(f"{out}[{i}] = v")
    return draft.finish(f"{way}_{draw.choice(('words', 'update', 'kernel'))}", ["n"], sizes(draw))
