"""Integer arithmetic: division and remainders of both signs, digits, greatest divisors, fixed point, edge functions of triangles."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.draw import Draw
from kernels.families.integer_vector.results import kept_integer, sizes


def build_division(draw: Draw, draft: MirrorDraft) -> Case:
    """Quotients and remainders: truncated, floored, of vectors, wrapped to a period, digits of numbers."""
    i = draw.choice(("tid", "i", "item"))
    way = draw.choice(("scalars", "vectors", "digits", "gcd", "periodic"))
    if way == "scalars":
        type, low = draw.choice((("int", -1000), ("wp.int64", -(2**40)), ("wp.int16", -30000), ("wp.int8", -100)))
        draft.field("a", type, "n", domain=Integers(low, -low), names=("numerator", "x_in"))
        draft.field("b", type, "n", domain=Integers(1, 30), names=("divisor", "modulus"))
        draft.thread("n", "a", index=i, counts=("num_items", "count"))
        draft.code(f"x = a[{i}]\ny = b[{i}]")
        if draw.chance(0.4) and type != "wp.int8":
            draft.code(f"if x % {type}(2) == {type}(0):\n    y = -y" if type != "int" else "if x % 2 == 0:\n    y = -y")
        names = draw.subset(
            (
                ("quotient_out", "x / y"),
                ("floor_out", "x // y"),
                ("remainder_out", "x % y"),
                ("mod_out", "wp.mod(x, y)"),
                ("positive_out", "(x % y + y) % y"),
            ),
            draw.integer(2, 4),
        )
        for name, value in names:
            out = draft.result(name, type, "n")
            draft.code(f"{out}[{i}] = {value}")
    elif way == "vectors":
        length, suffix = draw.integer(2, 4), draw.choice(("i", "s", "l"))
        scalar = {"i": "int", "s": "wp.int16", "l": "wp.int64"}[suffix]
        type = f"wp.vec{length}{suffix}"
        draft.field("a", type, "n", domain=Integers(-300, 301), names=("numerator", "coords"))
        draft.field("b", type, "n", domain=Integers(1, 12), names=("divisor", "cell"))
        draft.thread("n", "a", index=i, counts=("num_items", "count"))
        draft.code(f"x = a[{i}]\ny = b[{i}]")
        for name, value in draw.subset(
            (
                ("quotient_out", "wp.cw_div(x, y)"),
                ("remainder_out", "x % y"),
                ("product_out", "wp.cw_mul(x, y)"),
                ("mod_out", "wp.mod(x, y)"),
                ("halves_out", f"x / {scalar}(2)" if scalar != "int" else "x / 2"),
            ),
            draw.integer(1, 3),
        ):
            out = draft.result(name, type, "n")
            draft.code(f"{out}[{i}] = {value}")
        draft.code(
            "inner_product = int(wp.dot(wp.min(x, y), wp.sign(x)))" if suffix != "s" else "inner_product = int(wp.max(x) - wp.min(y))"
        )
        kept_integer(draft, "inner_product", -2000, 2000, i, ["n"], ("dot_out", "score_out"), share=0.3)
    elif way == "digits":
        base = draw.choice((2, 3, 10, 10, 16))
        draft.field("numbers", "int", "n", domain=Integers(0, 100_000), names=("values", "x_in"))
        draft.thread("n", "numbers", index=i, counts=("num_items", "count"))
        draft.code(f"""
            left_over = numbers[{i}]
            digit_sum = int(0)
            reversed_digits = int(0)
            length = int(0)
            while left_over > 0:
                digit = left_over % {base}
                digit_sum += digit
                reversed_digits = (reversed_digits * {base} + digit) % 1000003
                left_over = left_over // {base}
                length += 1
            """)
        out = draft.result("reversed_out", "int", "n")
        draft.code(f"{out}[{i}] = reversed_digits")
        draft.code("result_code = digit_sum + length")
        kept_integer(draft, "result_code", 0, 200, i, ["n"], ("digit_sum", "digits_out"))
    elif way == "gcd":
        type = draw.choice(("int", "wp.uint32", "wp.int64"))
        zero = "0" if type == "int" else f"{type}(0)"
        draft.field("a", type, "n", domain=Integers(1, 5000), names=("first", "num"))
        draft.field("b", type, "n", domain=Integers(1, 5000), names=("second", "den"))
        draft.thread("n", "a", index=i, counts=("num_items", "count"))
        draft.define(
            "gcd",
            f"a: {type}, b: {type}",
            f"x = a\ny = b\nwhile y != {zero}:\n    t = x % y\n    x = y\n    y = t\nreturn x",
            type,
            "Greatest common divisor.",
        )
        draft.code(f"g = gcd(a[{i}], b[{i}])")
        for name, value in (
            ("gcd_out", "g"),
            *draw.subset(
                (("num_out", f"a[{i}] // g"), ("den_out", f"b[{i}] // g"), ("lcm_out", f"(a[{i}] // g) * b[{i}]")), draw.integer(1, 3)
            ),
        ):
            out = draft.result(name, type, "n")
            draft.code(f"{out}[{i}] = {value}")
    else:
        period = draw.integer(3, 12)
        draft.field("values", "int", period, domain=Integers(-9, 10), names=("ring", "pattern"))
        draft.field("positions", "int", "n", domain=Integers(-100, 101), names=("where_at", "offset"))
        draft.thread("n", "positions", index=i, counts=("num_items", "count"))
        draft.code(f"""
            p = positions[{i}]
            wrapped = ((p % {period}) + {period}) % {period}
            laps = p // {period}
            here = values[wrapped] + 10 * laps
            """)
        kept_integer(draft, "here", -120, 120, i, ["n"], ("ring_out", "value_out"))
    return draft.finish(f"{way}_division", ["n"], sizes(draw))


def build_fixed(draw: Draw, draft: MirrorDraft) -> Case:
    """Fixed point: products with rounding and saturation, filters, interpolation, generators of congruences."""
    i = draw.choice(("tid", "i", "sample"))
    way = draw.choice(("multiply", "filter", "lerp", "lcg", "power"))
    if way == "multiply":
        bits = draw.choice((8, 12, 16))
        draft.field("a", "int", "n", domain=Integers(-(2**18), 2**18), names=("x_fixed", "gain_in"))
        draft.field("b", "int", "n", domain=Integers(-(2**18), 2**18), names=("y_fixed", "signal"))
        draft.thread("n", "a", index=i, counts=("num_samples", "count"))
        rounding = f" + wp.int64({1 << (bits - 1)})" if draw.chance(0.6) else ""
        draft.code(f"wide = wp.int64(a[{i}]) * wp.int64(b[{i}]){rounding}\nproduct = wide >> wp.int64({bits})")
        limit = draw.choice((2**15 - 1, 2**20))
        draft.code(f"saturated = wp.clamp(product, wp.int64({-limit - 1}), wp.int64({limit}))\nresult_fixed = int(saturated)")
        kept_integer(draft, "result_fixed", -limit - 1, limit, i, ["n"], ("product_out", "fixed_out"), share=0.3)
    elif way == "filter":
        taps = [draw.integer(-20, 60) for _ in range(draw.integer(3, 5))]
        draft.field("samples", "wp.int16", "n", len(taps), domain=Integers(-2000, 2001), names=("window", "history"))
        draft.thread("n", "samples", index=i, counts=("num_samples", "count"))
        draft.code("acc = int(0)\n" + "\n".join(f"acc += {tap} * int(samples[{i}, {k}])" for k, tap in enumerate(taps)))
        draft.code(f"acc = acc {draw.choice(('>> 6', '// 64', '/ 64'))}")
        out = draft.result("filtered", "wp.int16", "n", names=("y_out", "smoothed"))
        draft.code(f"{out}[{i}] = wp.int16(wp.clamp(acc, -32768, 32767))")
        kept_integer(draft, "acc", -8000, 8000, i, ["n"], ("acc_out", "wide_out"), share=0.4)
    elif way == "lerp":
        draft.field("a", "wp.vec3ub", "n", domain=Integers(0, 256), names=("color_a", "from_color"))
        draft.field("b", "wp.vec3ub", "n", domain=Integers(0, 256), names=("color_b", "to_color"))
        draft.field("t", "wp.uint8", "n", domain=Integers(0, 256), names=("alpha", "blend"))
        draft.thread("n", "a", index=i, counts=("num_samples", "count"))
        draft.code(f"s = int(t[{i}])\nmix = (wp.vec3i(a[{i}]) * (256 - s) + wp.vec3i(b[{i}]) * s) / 256")
        out = draft.result("mixed_out", "wp.vec3ub", "n", names=("color_out",))
        draft.code(f"{out}[{i}] = wp.vec3ub(mix)")
    elif way == "lcg":
        word = draw.choice(("wp.uint32", "wp.uint64"))
        multiplier, increment = draw.choice(((1664525, 1013904223), (22695477, 1), (134775813, 1)))
        draft.field("states", word, "n", domain=Integers(0, 2**32), names=("seeds", "rng"))
        draft.thread("n", "states", index=i, counts=("num_streams", "count"))
        steps = draw.integer(1, 6)
        line = f"s = s * {word}({multiplier}) + {word}({increment})"
        draft.code(f"s = states[{i}]\n" + (f"for k in range({steps}):\n    {line}" if steps > 2 else "\n".join([line] * steps)))
        out = draft.result("states_out", word, "n", names=("rng_out",))
        draft.code(f"{out}[{i}] = s")
        faces = draw.choice((6, 10, 100))
        draft.code(f"roll = int((s >> {word}(16)) % {word}({faces}))")
        kept_integer(draft, "roll", 0, faces, i, ["n"], ("roll_out", "sample_out"))
    else:
        modulus = draw.choice((97, 257, 1009, 7919))
        draft.field("bases", "int", "n", domain=Integers(0, 5000), names=("x_in", "residue"))
        draft.field("exponents", "int", "n", domain=Integers(0, 60), names=("power", "e_in"))
        draft.thread("n", "bases", index=i, counts=("num_items", "count"))
        draft.code(f"""
            base = bases[{i}] % {modulus}
            e = exponents[{i}]
            acc = int(1)
            while e > 0:
                if (e & 1) == 1:
                    acc = (acc * base) % {modulus}
                base = (base * base) % {modulus}
                e = e >> 1
            """)
        kept_integer(draft, "acc", 0, modulus, i, ["n"], ("power_out", "residue_out"))
    return draft.finish(f"{way}_fixed_point", ["n"], sizes(draw))


def build_raster(draw: Draw, draft: MirrorDraft) -> Case:
    """Edge functions of triangles on a pixel grid: coverage, barycentric weights in integers, winding."""
    i = draw.choice(("tid", "tri", "i"))
    pixels = draw.integer(3, 6)
    draft.field("corners", "wp.vec2i", "n", 3, domain=Integers(0, 33), names=("vertices", "tri_xy"))
    draft.thread("n", "corners", index=i, counts=("num_triangles", "count"))
    wide = draw.chance(0.3)
    draft.define(
        "edge",
        "a: wp.vec2i, b: wp.vec2i, p: wp.vec2i",
        "return wp.int64(b[0] - a[0]) * wp.int64(p[1] - a[1]) - wp.int64(b[1] - a[1]) * wp.int64(p[0] - a[0])"
        if wide
        else draw.choice(
            (
                "return (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])",
                "u = b - a\nv = p - a\nreturn u[0] * v[1] - u[1] * v[0]",
            )
        ),
        "wp.int64" if wide else "int",
        "Twice the signed area of a, b, p.",
    )
    zero = "wp.int64(0)" if wide else "0"
    draft.code(f"""
        v0 = corners[{i}, 0]
        v1 = corners[{i}, 1]
        v2 = corners[{i}, 2]
        area = edge(v0, v1, v2)
        covered = int(0)
        coverage = wp.uint64(0)
        for y in range({pixels}):
            for x in range({pixels}):
                p = wp.vec2i(x * 5 + 2, y * 5 + 2)
                w0 = edge(v1, v2, p)
                w1 = edge(v2, v0, p)
                w2 = edge(v0, v1, p)
                if w0 >= {zero} and w1 >= {zero} and w2 >= {zero}:
                    covered += 1
                    coverage = coverage | (wp.uint64(1) << wp.uint64(y * {pixels} + x))
        """)
    out = draft.result("coverage_mask", "wp.uint64", "n", names=("mask_out",))
    draft.code(f"{out}[{i}] = coverage")
    out = draft.result("area_out", "wp.int64" if wide else "int", "n", names=("winding",))
    draft.code(f"{out}[{i}] = {draw.choice(('area', 'wp.abs(area)', 'wp.sign(area)'))}")
    kept_integer(draft, "covered", 0, pixels * pixels, i, ["n"], ("covered_out", "pixel_count"))
    return draft.finish(draw.choice(("rasterize", "triangle_coverage", "edge_functions")), ["n"], sizes(draw, 90))
