"""Whole blocks: kernels that write out a cipher's or hash function's block, word by word, and references that loop over its state.

Sources: RFC 8439 (ChaCha20); Bernstein, Salsa20; FIPS 180-4 (SHA-256); RFC 1321 (MD5).
"""

from __future__ import annotations

import math
from collections.abc import Callable

from kernels.case import Case
from kernels.drafting.arguments import grids
from kernels.drafting.word_draft import WordDraft
from kernels.drafting.words import Word
from kernels.draw import Draw
from kernels.families.hash_mixing.keyed_blocks import keccak_theta, philox, sip_hash, xxh32_lanes
from kernels.families.hash_mixing.round_table import CHACHA_QUARTER, SALSA_QUARTER

_COLUMNS = ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15))
_DIAGONALS = ((0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14))
_SALSA_ROUNDS = (
    ((0, 4, 8, 12), (5, 9, 13, 1), (10, 14, 2, 6), (15, 3, 7, 11)),
    ((0, 1, 2, 3), (5, 6, 7, 4), (10, 11, 8, 9), (15, 12, 13, 14)),
)
MD5_SINES = tuple(int(abs(math.sin(k + 1)) * 2**32) for k in range(64))


def cipher_block(draw: Draw) -> Case:
    """One block per thread."""
    builders: tuple[Callable[[Draw], Case], ...] = (_stream_block, _sha256, _md5, sip_hash, philox, keccak_theta, xxh32_lanes)
    return draw.choice(builders)(draw)


def _stream_block(draw: Draw) -> Case:
    """ChaCha or Salsa20: sixteen words, rounds on columns and diagonals, added to the start."""
    draft = WordDraft(draw, Word(32, draw.chance(0.2)))
    salsa = draw.chance(0.35)
    rounds = _SALSA_ROUNDS if salsa else (_COLUMNS, _DIAGONALS)
    quarters = [quarter for half in rounds for quarter in half]
    name = draw.choice(("salsa20_block", "salsa20_core") if salsa else ("chacha_block", "chacha20_keystream", "chacha_core"))
    i, word = draft.name("i", "tid", "block"), draw.choice(("x", "s", "v"))
    words = [f"{word}{k}" for k in range(16)]
    draft.reserve(name, "x", "start", "quarter_round", *words)
    draft.rotation()
    draft.word_function("quarter_round", list("abcd"), [*(SALSA_QUARTER if salsa else CHACHA_QUARTER), "return a, b, c, d"])
    whole = draw.chance(0.5)
    source = draft.word_array("state" if whole else "counters", "n", *((16,) if whole else ()))
    with draft.threads((i, "n", source, 0)):
        before = _start(draft, i, words, whole=whole, salsa=salsa)
        draft.numpy("x = list(start)")
        with draft.loop(f"for {draft.name('r', 'round_index')} in range({draw.choice((1, 2, 4, 10))}):"):
            for quarter in quarters:
                names = ", ".join(words[k] for k in quarter)
                draft.line(f"{names} = quarter_round({names})")
            draft.numpy(f"for a, b, c, d in {quarters}:", "    x[a], x[b], x[c], x[d] = quarter_round(x[a], x[b], x[c], x[d])")
        _store_block(draft, i, words, before)
    return draft.case(name, ["n"], grids(draw, ["n"]))


def _start(draft: WordDraft, i: str, words: list[str], *, whole: bool, salsa: bool) -> list[str]:
    """Loads the block's words; returns the kernel's text of each as it was. The reference calls them `start`."""
    word = draft.word
    cast = draft.as_word
    if whole:
        before = [cast(f"state[{i}, {k}]") for k in range(16)]
        draft.numpy("start = state.astype(np.uint32).T")
    else:
        draft.word_array("key", 8)
        draft.word_array("nonce", 3)
        constants = [word.literal(c, hexadecimal=True) for c in (0x61707865, 0x3320646E, 0x79622D32, 0x6B206574)]
        keys, nonce = [cast(f"key[{k}]") for k in range(8)], [cast(f"nonce[{k}]") for k in range(3)]
        counter = cast(f"counters[{i}]")
        if salsa:
            before = [constants[0], *keys[:4], constants[1], *nonce[:2], counter, nonce[2], constants[2], *keys[4:], constants[3]]
            order = "sigma[:1], key[:4], sigma[1:2], nonce[:2], counters, nonce[2:], sigma[2:3], key[4:], sigma[3:]"
        else:
            before = [*constants, *keys, counter, *nonce]
            order = "sigma, key, counters, nonce"
        draft.reserve("sigma", "column")
        draft.numpy("sigma = np.array([0x61707865, 0x3320646E, 0x79622D32, 0x6B206574], np.uint32)")
        draft.numpy(f"parts = [{order}]", "start = []", "for part in parts:", "    column = part.astype(np.uint32)")
        draft.numpy("    start += [column] if part is counters else [np.full(dim[0], w) for w in column]")
    draft.line(*(f"{name} = {text}" for name, text in zip(words, before, strict=True)))
    return before


def _store_block(draft: WordDraft, i: str, words: list[str], before: list[str]) -> None:
    """The block added to its start: all of it, xored with a message, or its first words alone."""
    draw = draft.draw
    out = draft.name("keystream", "block_out", "ciphertext", "out")
    count = draw.choice((16, 16, 8, 4))
    draft.output(out, draft.held, "n", count)
    message = draft.word_array(draft.name("message", "plaintext"), "n", count) if draw.chance(0.5) else ""
    for k in range(count):
        value = f"{words[k]} + {before[k]}"
        if message:
            own = f"{message}[{i}, {k}]"
            value = f"({value}) ^ {draft.as_word(own)}"
        draft.line(f"{out}[{i}, {k}] = {draft.stored(value)}")
    total = f"np.stack([x[k] + start[k] for k in range({count})], axis=-1)"
    whole = f"({total} ^ {message}.astype(np.uint32))" if message else total
    draft.numpy(f"{out} = {draft.stored_numpy(whole)}")


def _sha256(draw: Draw) -> Case:
    """SHA-256: words of the message schedule from a block of sixteen."""
    draft = WordDraft(draw, Word(32, draw.chance(0.2)))
    more = draw.choice((4, 8, 16, 24))
    name = draw.choice(("sha256_schedule", "expand_message", "message_schedule"))
    i = draft.name("i", "tid", "block")
    draft.reserve(name, "small_sigma0", "small_sigma1", "w", *(f"w{t}" for t in range(16 + more)))
    draft.rotation()
    block = draft.word_array(draft.name("blocks", "message", "words"), "n", 16)
    inline = draw.chance(0.35)
    sigma0, sigma1 = "rotl({x}, 25) ^ rotl({x}, 14) ^ ({x} >> 3)", "rotl({x}, 15) ^ rotl({x}, 13) ^ ({x} >> 10)"
    if not inline:
        draft.word_function("small_sigma0", ["x"], [f"return {sigma0.format(x='x')}"])
        draft.word_function("small_sigma1", ["x"], [f"return {sigma1.format(x='x')}"])
    else:
        for function, text in (("small_sigma0", sigma0), ("small_sigma1", sigma1)):
            draft.reference_function(function, ["x"], [f"return {draft.word.numpy(text.format(x='x'))}"])
    with draft.threads((i, "n", block, 0)):
        for t in range(16):
            own = f"{block}[{i}, {t}]"
            draft.line(f"w{t} = {draft.as_word(own)}")
        for t in range(16, 16 + more):
            parts = (f"({sigma1.format(x=f'w{t - 2}')})", f"({sigma0.format(x=f'w{t - 15}')})")
            if not inline:
                parts = (f"small_sigma1(w{t - 2})", f"small_sigma0(w{t - 15})")
            draft.line(draft.word.warp(f"w{t} = {parts[0]} + w{t - 7} + {parts[1]} + w{t - 16}"))
        draft.numpy(f"w = list({block}.astype(np.uint32).T)", f"for t in range(16, {16 + more}):")
        draft.numpy("    w.append(small_sigma1(w[t - 2]) + w[t - 7] + small_sigma0(w[t - 15]) + w[t - 16])")
        if draw.chance(0.6):
            out = draft.output(draft.name("schedule", "expanded", "w_out"), draft.held, "n", more)
            draft.line(*(f"{out}[{i}, {t}] = {draft.stored(f'w{16 + t}')}" for t in range(more)))
            draft.numpy(f"{out} = {draft.stored_numpy('np.stack(w[16:], axis=-1)')}")
        else:
            out = draft.output(draft.name("folded", "last_word"), draft.held, "n")
            last = range(16 + more - draw.integer(2, 4), 16 + more)
            folded = " ^ ".join(f"w{t}" for t in last)
            draft.line(f"total = {folded}", f"{out}[{i}] = {draft.stored('total')}")
            draft.numpy(f"{out} = {draft.stored_numpy(f'np.bitwise_xor.reduce(w[{last.start} :])')}")
    return draft.case(name, ["n"], grids(draw, ["n"]))


def _md5(draw: Draw) -> Case:
    """MD5: some of the sixteen steps of one of its rounds, with their shifts and constants."""
    draft = WordDraft(draw, Word(32, draw.chance(0.25)))
    boolean, number = draw.choice((("(x & y) | (~x & z)", 0), ("(x & z) | (y & ~z)", 1), ("x ^ y ^ z", 2), ("y ^ (x | ~z)", 3)))
    steps = draw.choice((4, 8, 12, 16))
    name = draw.choice(("md5_steps", "md5_round", f"md5_round{number + 1}"))
    i = draft.name("i", "tid", "block")
    draft.reserve(name, *"abcdxyz", "select", "state", "md5_step")
    draft.rotation()
    block = draft.word_array(draft.name("blocks", "message", "words"), "n", 16)
    shifts = ((7, 12, 17, 22), (5, 9, 14, 20), (4, 11, 16, 23), (6, 10, 15, 21))[number]
    places = [((1, 5, 3, 7)[number] * t + (0, 1, 5, 0)[number]) % 16 for t in range(16)]
    draft.word_function("select", list("xyz"), [f"return {boolean}"])
    stepped = draw.chance(0.6)
    if stepped:
        draft.word_function("md5_step", ["a", "b", "c", "d", "m", "k", "s"], ["return b + rotl(a + select(b, c, d) + m + k, s)"])
    with draft.threads((i, "n", block, 0)):
        draft.words("a = 0x67452301", "b = 0xEFCDAB89", "c = 0x98BADCFE", "d = 0x10325476")
        for t in range(steps):
            a, b, c, d = (("a", "d", "c", "b")[(k + t) % 4] for k in (0, 3, 2, 1))
            shift, sine = shifts[t % 4], f"0x{MD5_SINES[16 * number + t]:08X}"
            word = draft.as_word(f"{block}[{i}, {places[t]}]")
            if stepped:
                draft.line(draft.word.warp(f"{a} = md5_step({a}, {b}, {c}, {d}, {word}, {sine}, {shift})"))
            else:
                draft.line(draft.word.warp(f"{a} = {b} + rotl({a} + select({b}, {c}, {d}) + {word} + {sine}, {shift})"))
        draft.reserve("places", "sines", "shifts", "m")
        draft.numpy(f"places = {places[:steps]}", f"sines = {list(MD5_SINES[16 * number : 16 * number + steps])}")
        draft.numpy(f"m = {block}.astype(np.uint32)", "a, b, c, d = (np.uint32(w) for w in (a, b, c, d))")
        draft.numpy(f"for place, sine, shift in zip(places, sines, {list(shifts)} * {-(-steps // 4)}):")
        draft.numpy("    a, b, c, d = d, b + rotl(a + select(b, c, d) + m[:, place] + np.uint32(sine), shift), b, c")
        _digest(draft, i, steps)
    return draft.case(name, ["n"], grids(draw, ["n"]))


def _digest(draft: WordDraft, i: str, steps: int) -> None:
    """Stores the four words of an MD5 state, or two of them in one; the number of steps is a multiple of four, so they stand in order."""
    draw = draft.draw
    if draw.chance(0.6):
        out = draft.output(draft.name("digest", "state_out"), draft.held, "n", 4)
        for k, word in enumerate("abcd"):
            draft.line(f"{out}[{i}, {k}] = {draft.stored(word)}")
        draft.numpy(f"{out} = {draft.stored_numpy('np.stack([a, b, c, d], axis=-1)')}")
    else:
        first, second = draw.subset("abcd", 2)
        draft.words(f"folded = {first} {draw.choice('^+')} {second}")
        draft.store_word(draft.name("tags", "folded_out"), i, "folded", "n")
