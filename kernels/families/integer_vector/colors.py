"""Bytes and shorts: colors packed, blended and reduced; numbers that change their width; checksums."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.draw import Draw
from kernels.families.integer_vector.results import all_values, kept_integer, sizes

BYTE = Integers(0, 256)
CRC = """check = check ^ wp.uint32(data[{0}, k])
    for bit in range(8):
        if (check & wp.uint32(1)) == wp.uint32(1):
            check = (check >> wp.uint32(1)) ^ wp.uint32(0xEDB88320)
        else:
            check = check >> wp.uint32(1)"""


def build_color(draw: Draw, draft: MirrorDraft) -> Case:
    """Colors of bytes: packed to words and back, blended, brightened, greyed, inverted, posterized, counted."""
    i = draw.choice(("tid", "pixel", "i"))
    packed = draw.chance(0.4)
    if packed:
        draft.field("pixels", "wp.uint32", "n", domain=Integers(0, 2**32), names=("rgba", "image", "colors"))
    else:
        draft.field("pixels", "wp.vec4ub", "n", domain=BYTE, names=("rgba", "image", "colors"))
    draft.thread("n", "pixels", index=i, counts=("num_pixels", "pixel_count"))
    if packed:
        order = draw.choice((0, 24))
        shifts = [abs(order - 8 * n) for n in range(4)]
        names = ("r", "g", "b", "a")
        draft.code(f"word = pixels[{i}]")
        for name, shift in zip(names, shifts, strict=True):
            draft.code(f"{name} = {'word' if shift == 0 else f'(word >> wp.uint32({shift}))'} & wp.uint32(255)")
        draft.code("c = wp.vec4ub(wp.uint8(r), wp.uint8(g), wp.uint8(b), wp.uint8(a))")
    else:
        draft.code(f"c = pixels[{i}]")
    way = draw.choice(("blend", "brighten", "grey", "invert", "posterize", "pack", "swap", "average", "rgb565"))
    if way == "blend":
        draft.field("background", "wp.vec4ub", "n", domain=BYTE, names=("under", "dst"))
        draft.code(
            f"""
            under = background[{i}]
            alpha = int(c[3])
            out_r = (int(c[0]) * alpha + int(under[0]) * (255 - alpha)) // 255
            out_g = (int(c[1]) * alpha + int(under[1]) * (255 - alpha)) // 255
            out_b = (int(c[2]) * alpha + int(under[2]) * (255 - alpha)) // 255
            c = wp.vec4ub(wp.uint8(out_r), wp.uint8(out_g), wp.uint8(out_b), wp.uint8(255))
            """.replace("under = ", "below_c = ").replace("under[", "below_c[")
        )
    elif way == "brighten":
        amount = draw.integer(10, 90)
        saturated = draw.choice(
            (
                f"s = wp.vec4i(c) + wp.vec4i({amount}, {amount}, {amount}, 0)\nc = wp.vec4ub(wp.min(s, wp.vec4i(255, 255, 255, 255)))",
                f"c = c + wp.vec4ub({amount}, {amount}, {amount}, 0)",
                f"s = wp.max(wp.vec4i(c) - wp.vec4i({amount}, {amount}, {amount}, 0), wp.vec4i(0, 0, 0, 0))\nc = wp.vec4ub(s)",
            )
        )
        draft.code(saturated)
    elif way == "invert":
        draft.code(draw.choice(("c = ~c", "c = wp.vec4ub(255, 255, 255, 255) - c", "c = c ^ wp.vec4ub(255, 255, 255, 0)")))
    elif way == "posterize":
        bits = draw.integer(2, 5)
        mask = (255 << bits) & 255
        draft.code(
            draw.choice(
                (
                    f"c = c & wp.vec4ub({mask}, {mask}, {mask}, 255)",
                    f"shift = wp.vec4ub({bits}, {bits}, {bits}, 0)\nc = (c >> shift) << shift",
                    f"c = (c / wp.uint8({1 << bits})) * wp.uint8({1 << bits})",
                )
            )
        )
    elif way == "swap":
        draft.code(draw.choice(("c = wp.vec4ub(c[2], c[1], c[0], c[3])", "c = wp.vec4ub(c[3], c[0], c[1], c[2])")))
    elif way == "average":
        draft.field("other", "wp.vec4ub", "n", domain=BYTE, names=("second", "history"))
        draft.code(f"mean = (wp.vec4i(c) + wp.vec4i(other[{i}])) / 2\nc = wp.vec4ub(mean)")
    if way == "grey":
        weights = draw.choice(("77, 150, 29", "54, 183, 19", "85, 86, 85"))
        parts = [w.strip() for w in weights.split(",")]
        draft.code(
            draw.choice(
                (
                    f"luma = ({parts[0]} * int(c[0]) + {parts[1]} * int(c[1]) + {parts[2]} * int(c[2])) >> 8",
                    f"luma = wp.dot(wp.vec3i(int(c[0]), int(c[1]), int(c[2])), wp.vec3i({weights})) // 256",
                )
            )
        )
        if draw.chance(0.5):
            out = draft.result("histogram", "int", 16, role="accumulate", names=("luma_bins",))
            draft.code(f"wp.atomic_add({out}, luma >> 4, 1)")
        kept_integer(draft, "luma", 0, 255, i, ["n"], ("luma_out", "grey_out"))
    elif way == "rgb565":
        draft.code("""
            red = wp.uint16(c[0] >> wp.uint8(3))
            green = wp.uint16(c[1] >> wp.uint8(2))
            blue = wp.uint16(c[2] >> wp.uint8(3))
            short = (red << wp.uint16(11)) | (green << wp.uint16(5)) | blue
            """)
        out = draft.result("packed_out", "wp.uint16", "n", names=("rgb565", "short_out"))
        draft.code(f"{out}[{i}] = short")
    elif way == "pack" or draw.chance(0.4):
        draft.code("""
            packed_word = wp.uint32(c[0]) | (wp.uint32(c[1]) << wp.uint32(8))
            packed_word = packed_word | (wp.uint32(c[2]) << wp.uint32(16)) | (wp.uint32(c[3]) << wp.uint32(24))
            """)
        out = draft.result("words_out", "wp.uint32", "n", names=("packed_out", "rgba_out"))
        draft.code(f"{out}[{i}] = packed_word")
    else:
        out = draft.result("pixels_out", "wp.vec4ub", "n", names=("image_out", "colors_out"))
        draft.code(f"{out}[{i}] = c")
    if draw.chance(0.3):
        draft.code("strongest = int(wp.max(c)) - int(wp.min(c))")
        kept_integer(draft, "strongest", 0, 255, i, ["n"], ("contrast_out", "range_out"))
    return draft.finish(f"{way}_{draw.choice(('colors', 'pixels', 'rgba'))}", ["n"], sizes(draw))


def build_casts(draw: Draw, draft: MirrorDraft) -> Case:
    """Numbers that change their width: wrap-around, sign extension, pairs of shorts in a word, bytes of words, checksums."""
    i = draw.choice(("tid", "i", "item"))
    way = draw.choice(("pair", "bytes", "wrap", "checksum", "extend", "vector"))
    if way == "pair":
        draft.field("shorts", "wp.vec2s", "n", domain=all_values("int16"), names=("samples", "stereo", "coords"))
        draft.thread("n", "shorts", index=i, counts=("num_items", "count"))
        draft.code(f"""
            s = shorts[{i}]
            low = wp.uint32(wp.uint16(s[0]))
            high = wp.uint32(wp.uint16(s[1]))
            word = low | (high << wp.uint32(16))
            """)
        out = draft.result("words_out", "wp.uint32", "n", names=("packed_out",))
        draft.code(f"{out}[{i}] = word")
        draft.code(f"mixed_sample = (int(s[0]) + int(s[1])) {draw.choice(('// 2', '/ 2', '>> 1'))}")
        kept_integer(draft, "mixed_sample", -32768, 32767, i, ["n"], ("mono_out", "mean_out"), share=0.4)
    elif way == "bytes":
        draft.field("words", "wp.uint32", "n", domain=Integers(0, 2**32), names=("payload", "little_endian"))
        draft.thread("n", "words", index=i, counts=("num_items", "count"))
        draft.code(f"""
            w = words[{i}]
            b0 = w & wp.uint32(255)
            b1 = (w >> wp.uint32(8)) & wp.uint32(255)
            b2 = (w >> wp.uint32(16)) & wp.uint32(255)
            b3 = w >> wp.uint32(24)
            swapped = (b0 << wp.uint32(24)) | (b1 << wp.uint32(16)) | (b2 << wp.uint32(8)) | b3
            """)
        if draw.chance(0.5):
            draft.field("salt", "wp.uint32", "n", domain=Integers(0, 2**32), names=("key_stream", "whitening"))
            draft.code(f"swapped = swapped {draw.choice(('^', '+', '&'))} salt[{i}]")
        out = draft.result("swapped_out", "wp.uint32", "n", names=("big_endian",))
        draft.code(f"{out}[{i}] = swapped")
        if draw.chance(0.6):
            out = draft.result("bytes_out", "wp.vec4ub", "n", names=("octets",))
            order = draw.shuffled(range(4)) if draw.chance(0.5) else list(range(4))
            draft.code(f"{out}[{i}] = wp.vec4ub({', '.join(f'wp.uint8(b{n})' for n in order)})")
        if draw.chance(0.5):
            draft.code(f"total = int(b0 + b1 {draw.choice(('+', '^', '|'))} b2 {draw.choice(('+', '&'))} b3)")
            kept_integer(draft, "total", 0, 1024, i, ["n"], ("byte_sum", "digest"), share=0.4)
    elif way == "checksum":
        count = draw.integer(4, 9)
        draft.field("data", "wp.uint8", "n", count, domain=BYTE, names=("packet", "message"))
        draft.thread("n", "data", index=i, counts=("num_packets", "count"))
        kind = draw.choice(("adler", "fletcher", "fnv", "crc"))
        body = {
            "adler": (
                "a = wp.uint32(1)\nb = wp.uint32(0)",
                "a = (a + wp.uint32(data[{0}, k])) % wp.uint32(65521)\n    b = (b + a) % wp.uint32(65521)",
                "check = (b << wp.uint32(16)) | a",
            ),
            "fletcher": (
                "a = wp.uint32(0)\nb = wp.uint32(0)",
                "a = (a + wp.uint32(data[{0}, k])) % wp.uint32(255)\n    b = (b + a) % wp.uint32(255)",
                "check = (b << wp.uint32(8)) | a",
            ),
            "fnv": ("check = wp.uint32(2166136261)", "check = (check ^ wp.uint32(data[{0}, k])) * wp.uint32(16777619)", ""),
            "crc": (
                "check = wp.uint32(0xFFFFFFFF)",
                CRC,
                "check = ~check",
            ),
        }[kind]
        draft.code(f"{body[0]}\nfor k in range({count}):\n    {body[1].format(i)}\n{body[2]}")
        out = draft.result("checks", "wp.uint32", "n", names=("checksum_out", "crc_out"))
        draft.code(f"{out}[{i}] = check")
        if draw.chance(0.4):
            draft.code("short_check = int(check & wp.uint32(255))")
            kept_integer(draft, "short_check", 0, 255, i, ["n"], ("tag_out", "bucket_out"))
        way = kind
    elif way == "wrap":
        narrow, wide = draw.choice(
            (("wp.uint8", "wp.uint16"), ("wp.int8", "wp.int16"), ("wp.int16", "int"), ("wp.uint16", "wp.uint32"), ("int", "wp.int64"))
        )
        draft.field("values", narrow, "n", domain=all_values(_word(narrow)), names=("x_in", "raw"))
        draft.field("factors", narrow, "n", domain=all_values(_word(narrow)), names=("y_in", "scale"))
        draft.thread("n", "values", index=i, counts=("num_items", "count"))
        draft.code(f"""
            x = values[{i}]
            y = factors[{i}]
            short = x {draw.choice(("*", "+", "-"))} y
            full = {wide}(x) {draw.choice(("*", "+"))} {wide}(y)
            """)
        out = draft.result("short_out", narrow, "n")
        draft.code(f"{out}[{i}] = short")
        out = draft.result("full_out", wide, "n")
        draft.code(f"{out}[{i}] = full")
        if draw.chance(0.5):
            out = draft.result("lost", "int", "n", names=("overflowed",))
            draft.code(f"{out}[{i}] = int({wide}(short) != full)")
    elif way == "extend":
        draft.field("codes", "wp.uint16", "n", domain=all_values("uint16"), names=("samples", "packed"))
        draft.thread("n", "codes", index=i, counts=("num_items", "count"))
        bits = draw.integer(4, 12)
        draft.code(f"""
            raw = int(codes[{i}]) & {(1 << bits) - 1}
            value = raw
            if (raw & {1 << (bits - 1)}) != 0:
                value = raw - {1 << bits}
            """)
        kept_integer(draft, "value", -(1 << (bits - 1)), 1 << (bits - 1), i, ["n"], ("value_out", "signed_out"))
    else:
        source, target = draw.subset(("b", "ub", "s", "us", "i", "ui", "l"), 2)
        length = draw.integer(2, 4)
        scalar = {"b": "int8", "ub": "uint8", "s": "int16", "us": "uint16", "i": "int32", "ui": "uint32", "l": "int64"}
        draft.field("values", f"wp.vec{length}{source}", "n", domain=all_values(scalar[source]), names=("coords", "v_in"))
        draft.thread("n", "values", index=i, counts=("num_items", "count"))
        draft.code(f"v = wp.vec{length}{target}(values[{i}])")
        draft.code(
            draw.choice(("v = v + v", "v = wp.cw_mul(v, v)", "v = -v", "v = wp.max(v, -v)" if not target.startswith("u") else "v = v + v"))
        )
        out = draft.result("cast_out", f"wp.vec{length}{target}", "n", names=("v_out", "coords_out"))
        draft.code(f"{out}[{i}] = v")
    return draft.finish(f"{way}_{draw.choice(('words', 'cast', 'convert'))}", ["n"], sizes(draw))


def _word(spelling: str) -> str:
    return "int32" if spelling == "int" else spelling.removeprefix("wp.")
