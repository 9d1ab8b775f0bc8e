"""Keyed and sponge-like blocks: SipHash over rows, Philox counters, Keccak's linear layer, stripes in several accumulators.

Sources: Aumasson and Bernstein, SipHash; Salmon et al., Philox; FIPS 202 (Keccak); Collet, xxHash.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.arguments import grids
from kernels.drafting.word_draft import WordDraft
from kernels.drafting.words import Word
from kernels.draw import Draw
from kernels.families.hash_mixing.keys import unit_real
from kernels.language.types import I32


def sip_hash(draw: Draw) -> Case:
    """SipHash-c-d of rows of 64-bit words under a key of two."""
    draft = WordDraft(draw, Word(64, draw.chance(0.15)))
    compress, finalize = draw.choice(((2, 4), (1, 3), (1, 2)))
    name = draw.choice(("siphash", "siphash_rows", f"siphash_{compress}_{finalize}"))
    i, k = draft.name("i", "row", "tid"), draft.name("k", "j", "pos")
    draft.reserve(name, "v0", "v1", "v2", "v3", "sip_round", "m", "k0", "k1", "last")
    draft.rotation()
    lines = ("v0 += v1", "v1 = rotl(v1, 13) ^ v0", "v0 = rotl(v0, 32)", "v2 += v3", "v3 = rotl(v3, 16) ^ v2", "v0 += v3",
             "v3 = rotl(v3, 21) ^ v0", "v2 += v1", "v1 = rotl(v1, 17) ^ v2", "v2 = rotl(v2, 32)")  # fmt: skip
    draft.word_function("sip_round", ["v0", "v1", "v2", "v3"], [*lines, "return v0, v1, v2, v3"])
    static = draw.chance(0.5)
    width: str | int = draw.integer(2, 4) if static else "width"
    data = draft.word_array(draft.name("messages", "data", "blocks"), "rows", width)
    key = draft.word_array("key", 2)
    call = "v0, v1, v2, v3 = sip_round(v0, v1, v2, v3)"
    with draft.threads((i, "rows", data, 0)):
        length = str(width) if static else draft.extent("width", data, 1)
        draft.load_word("k0", key, "0", numpy=f"{key}[0]")
        draft.load_word("k1", key, "1", numpy=f"{key}[1]")
        constants = (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573)
        draft.words(*(f"v{n} = k{n % 2} ^ 0x{c:X}" for n, c in enumerate(constants)))
        with draft.loop(f"for {k} in range({length}):", f"for {k} in range({data}.shape[1]):"):
            draft.load_word("m", data, f"{i}, {k}", numpy=f"{data}[:, {k}]")
            draft.words("v3 ^= m")
            draft.both(*[call] * compress)
            draft.words("v0 ^= m")
        if draw.chance(0.7):
            draft.line(f"last = {draft.word.spelling}({length}) << {draft.word.literal(59)}")
            draft.numpy(f"last = np.uint64({data}.shape[1]) << np.uint64(59)")
            draft.words("v3 ^= last")
            draft.both(*[call] * compress)
            draft.words("v0 ^= last")
        draft.words("v2 ^= 0xFF")
        if draw.chance(0.5):
            draft.both(*[call] * finalize)
        else:
            with draft.loop(f"for r in range({finalize}):"):
                draft.both(call)
        draft.words("v0 = v0 ^ v1 ^ v2 ^ v3")
        if draw.chance(0.6):
            draft.store_word(draft.name("hashes", "tags", "out"), i, "v0", "rows")
        else:
            draft.words("bucket = number(v0 & 31)")
            draft.store(draft.output("buckets", I32, "rows"), i, "bucket")
    return draft.case(name, ["rows"], [{"rows": n, "width": draw.integer(1, 7)} for n in draw.sizes(100)])


def philox(draw: Draw) -> Case:
    """Philox: rounds of a wide multiplication, whose halves go different ways, on a counter under a key."""
    draft = WordDraft(draw, Word(32))
    four, rounds = draw.chance(0.6), draw.choice((3, 7, 10))
    words = ["c0", "c1", "c2", "c3"] if four else ["c0", "c1"]
    name = draw.choice((f"philox{len(words)}x32", "philox_bits", "counter_based_random"))
    i = draft.name("i", "tid", "lane")
    draft.reserve(name, *words, "key0", "key1", "hi0", "hi1", "lo0", "lo1", "product0", "product1", "u", "multiply_high", "multiply_low")
    counters = draft.word_array(draft.name("counters", "counter_words"), "n", len(words))
    seed = draft.word_array("key", 2) if draw.chance(0.5) else ""
    values = [] if seed else [draft.value(f"seed{k}", I32, Integers(0, 2**31 - 1)) for k in range(2 if four else 1)]
    helper = draw.chance(0.5)
    if helper:
        draft.definitions.append(
            [
                "@wp.func",
                "def multiply_high(a: wp.uint32, b: wp.uint32):",
                "    return wp.uint32((wp.uint64(a) * wp.uint64(b)) >> wp.uint64(32))",
            ]
        )
    multipliers = ("0xD2511F53", "0xCD9E8D57") if four else ("0xD256D193",)
    with draft.threads((i, "n", counters, 0)):
        for k, word in enumerate(words):
            draft.load_word(word, counters, f"{i}, {k}", numpy=f"{counters}[:, {k}]")
        for k in range(2 if four else 1):
            source, numpy = (f"{seed}[{k}]", f"{seed}[{k}]") if seed else (values[k], values[k])
            draft.line(f"key{k} = {draft.as_word(source) if seed else f'wp.uint32({source})'}")
            draft.numpy(f"key{k} = {numpy}.astype(np.uint32)")
        with draft.loop(f"for {draft.name('r', 'round_index')} in range({rounds}):"):
            for k, multiplier in enumerate(multipliers):
                word = f"c{2 * k}"
                if helper:
                    draft.line(f"hi{k} = multiply_high({word}, wp.uint32({multiplier}))", f"lo{k} = {word} * wp.uint32({multiplier})")
                else:
                    draft.line(f"product{k} = wp.uint64({word}) * wp.uint64({multiplier})")
                    draft.line(f"hi{k} = wp.uint32(product{k} >> wp.uint64(32))", f"lo{k} = wp.uint32(product{k} & wp.uint64(0xFFFFFFFF))")
                draft.numpy(f"product{k} = {word}.astype(np.uint64) * np.uint64({multiplier})")
                draft.numpy(f"hi{k}, lo{k} = (product{k} >> np.uint64(32)).astype(np.uint32), product{k}.astype(np.uint32)")
            if four:
                draft.both("c0 = hi1 ^ c1 ^ key0", "c1 = lo1", "c2 = hi0 ^ c3 ^ key1", "c3 = lo0")
                draft.words("key0 += 0x9E3779B9", "key1 += 0xBB67AE85")
            else:
                draft.both("c0 = hi0 ^ key0 ^ c1", "c1 = lo0")
                draft.words("key0 += 0x9E3779B9")
        if draw.chance(0.5):
            kept = words if draw.chance(0.5) else words[:1]
            for word in kept:
                draft.store_word(f"{word}_out", i, word, "n")
        else:
            unit_real(draft, "u", "c0")
            scale = draft.array("scale", draft.real, "n", low=0.2)
            value = draft.fused("value", draft.real, [draft.scope["u"], draft.load("s", scale, i, 0.2, 1.0)], smooth=True)
            draft.store(draft.output(draft.name("samples", "out"), draft.real, "n"), i, value.name)
    return draft.case(name, ["n"], grids(draw, ["n"]))


def keccak_theta(draw: Draw) -> Case:
    """Keccak's theta and, perhaps, rho and pi on a state of 25 lanes."""
    draft = WordDraft(draw, Word(64, draw.chance(0.2)))
    i = draft.name("i", "tid", "state_index")
    name = draw.choice(("keccak_theta", "keccak_linear_layer", "sponge_diffusion"))
    lanes = [f"a{k}" for k in range(25)]
    draft.reserve(name, "lanes", "columns", "d", *lanes, *(f"c{x}" for x in range(5)), *(f"d{x}" for x in range(5)))
    draft.rotation()
    state = draft.word_array(draft.name("state", "lanes_in", "sponge"), "n", 25)
    offsets = (0, 1, 62, 28, 27, 36, 44, 6, 55, 20, 3, 10, 43, 25, 39, 41, 45, 15, 21, 8, 18, 2, 61, 56, 14)
    moved = draw.chance(0.5)
    out = draft.output(draft.name("state_out", "diffused", "result"), draft.held, "n", 25)
    with draft.threads((i, "n", state, 0)):
        for k, lane in enumerate(lanes):
            own = f"{state}[{i}, {k}]"
            draft.line(f"{lane} = {draft.as_word(own)}")
        draft.line(*(f"c{x} = {' ^ '.join(lanes[x + 5 * y] for y in range(5))}" for x in range(5)))
        draft.line(*(draft.word.warp(f"d{x} = c{(x + 4) % 5} ^ rotl(c{(x + 1) % 5}, 1)") for x in range(5)))
        for y in range(5):
            for x in range(5):
                k = x + 5 * y
                value = f"{lanes[k]} ^ d{x}"
                place = y + 5 * ((2 * x + 3 * y) % 5) if moved else k
                text = draft.word.warp(f"rotl({value}, {offsets[k]})") if moved and offsets[k] else value
                draft.line(f"{out}[{i}, {place}] = {draft.stored(text)}")
        draft.numpy(f"lanes = {state}.astype(np.uint64).reshape(-1, 5, 5)", "columns = np.bitwise_xor.reduce(lanes, axis=1)")
        draft.numpy("d = np.roll(columns, 1, axis=1) ^ rotl(np.roll(columns, -1, axis=1), 1)", "lanes = lanes ^ d[:, None, :]")
        if moved:
            draft.numpy(f"offsets = np.array({list(offsets)}, np.uint64).reshape(5, 5)", "turned = lanes.copy()")
            draft.numpy("turned[:, offsets != 0] = rotl(lanes[:, offsets != 0], offsets[offsets != 0])", "lanes = np.empty_like(turned)")
            draft.numpy("for y in range(5):", "    for x in range(5):", "        lanes[:, (2 * x + 3 * y) % 5, y] = turned[:, y, x]")
        draft.numpy(f"{out} = {draft.stored_numpy('lanes.reshape(-1, 25)')}")
    return draft.case(name, ["n"], grids(draw, ["n"]))


def xxh32_lanes(draw: Draw) -> Case:
    """xxHash32's or MurmurHash3's body: stripes of a row go into several accumulators, which are merged at the end."""
    draft = WordDraft(draw, Word(32, draw.chance(0.2)))
    lanes = draw.choice((2, 4, 4))
    i, k = draft.name("i", "row", "tid"), draft.name("k", "stripe", "block")
    accumulators = [f"v{n + 1}" for n in range(lanes)]
    name = draw.choice(("xxh32_rows", "hash_stripes", "striped_hash"))
    draft.reserve(name, *accumulators, "h", "xxh_round", "avalanche")
    draft.rotation()
    data = draft.word_array(draft.name("data", "words", "input_words"), "rows", f"{lanes} * stripes")
    draft.word_function("xxh_round", ["acc", "lane"], ["return rotl(acc + lane * 0x85EBCA77, 13) * 0x9E3779B1"])
    draft.word_function(
        "avalanche", ["h"], ["h ^= h >> 15", "h *= 0x85EBCA77", "h ^= h >> 13", "h *= 0xC2B2AE3D", "h ^= h >> 16", "return h"]
    )
    draft.value("seed", I32, Integers(0, 100_000))
    with draft.threads((i, "rows", data, 0)):
        stripes = draft.count("stripes")
        starts = ["word(seed) + 0x24234428", "word(seed) + 0x85EBCA77", "word(seed)", "word(seed) - 0x9E3779B1"]
        draft.words(*(f"{v} = {start}" for v, start in zip(accumulators, starts, strict=False)))
        with draft.loop(f"for {k} in range({stripes}):", f"for {k} in range({data}.shape[1] // {lanes}):"):
            for n, v in enumerate(accumulators):
                place = f"{lanes} * {k}" + (f" + {n}" if n else "")
                own = f"{data}[{i}, {place}]"
                draft.line(f"{v} = xxh_round({v}, {draft.as_word(own)})")
                draft.numpy(f"{v} = xxh_round({v}, {data}[:, {place}].astype(np.uint32))")
        merged = " + ".join(f"rotl({v}, {r})" for v, r in zip(accumulators, (1, 7, 12, 18), strict=False))
        draft.words(f"h = {merged}")
        if draw.chance(0.6):
            draft.line(f"h += {draft.word.spelling}({4 * lanes} * {stripes})")
            draft.numpy(f"h = h + np.uint32(4 * {data}.shape[1])")
        draft.words("h = avalanche(h)")
        if draw.chance(0.6):
            draft.store_word(draft.name("hashes", "digests", "out"), i, "h", "rows")
        else:
            draft.output("filter_bits", I32, 8, role="accumulate")
            draft.words("place = number(h & 7)", "bit = number((h >> 3) & 31)")
            draft.line("wp.atomic_or(filter_bits, place, 1 << bit)")
            draft.numpy("filter_bits = np.zeros(8, np.int32)", "np.bitwise_or.at(filter_bits, place, np.int32(1) << bit)")
    return draft.case(name, ["rows"], [{"rows": n, "stripes": draw.integer(1, 5)} for n in draw.sizes(100)])
