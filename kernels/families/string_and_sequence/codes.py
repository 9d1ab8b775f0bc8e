"""Codes of text: ciphers by letter, and groups of bytes to digits and back."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Permutation
from kernels.drafting.arguments import grids
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.string_and_sequence.letters import TEXTS, character_array
from kernels.language.types import I32, U8


def cipher(draw: Draw) -> Case:
    """Classical ciphers and codes by letter: shifts, keys that repeat, affine maps, exclusive or, substitution, and back."""
    draft = Draft(draw)
    kind = draw.choice(("caesar", "vigenere", "affine", "xor", "substitution", "rail"))
    i = draft.name("i", "pos", "tid")
    name = draw.choice((f"{kind}_cipher", f"{kind}_encrypt", f"{kind}_decode"))
    draft.reserve(name, "c", "shift", "coded", "letter", "key_letter")
    text = character_array(draft, draft.name(*TEXTS), "n", low=97, high=123)
    back = draw.chance(0.4)
    with draft.threads((i, "n", text, 0)):
        draft.line(f"c = int({text}[{i}])")
        draft.numpy(f"c = {text}.astype(np.int64)", "index = np.arange(len(c))")
        if kind in ("caesar", "vigenere", "affine"):
            draft.both("letter = c - 97")
        if kind == "caesar":
            shift = draft.value("shift", I32, Integers(1, 26)) if draw.chance(0.6) else str(draw.integer(1, 25))
            text_ = f"(letter + 26 - {shift}) % 26" if back else f"(letter + {shift}) % 26"
            draft.both(f"coded = {text_} + 97")
        elif kind == "vigenere":
            length = draw.integer(3, 7)
            key = draft.array("key", I32, length, domain=Integers(0, 26))
            draft.line(f"shift = {key}[{i} % {length}]")
            draft.numpy(f"shift = {key}[index % {length}]")
            draft.both(f"coded = {'(letter + 26 - shift) % 26' if back else '(letter + shift) % 26'} + 97")
        elif kind == "affine":
            a, b = draw.choice((3, 5, 7, 11, 17)), draw.integer(1, 25)
            draft.both(f"coded = ({a} * letter + {b}) % 26 + 97")
        elif kind == "xor":
            length = draw.integer(2, 5)
            key = draft.array("key", I32, length, domain=Integers(0, 128))
            draft.line(f"coded = c ^ {key}[{i} % {length}]")
            draft.numpy(f"coded = c ^ {key}[index % {length}]")
        elif kind == "substitution":
            table = draft.array("alphabet", I32, 26, domain=Permutation())
            draft.line(f"coded = {table}[c - 97] + 97")
            draft.numpy(f"coded = {table}[c - 97] + 97")
        else:
            n = draft.extent("n", text)
            half = f"({n} + 1) // 2"
            draft.line(f"place = {i} // 2", f"if {i} % 2 == 1:", f"    place = {half} + {i} // 2", f"coded = int({text}[place])")
            draft.numpy("half = (len(c) + 1) // 2", "coded = c[np.where(index % 2 == 1, half + index // 2, index // 2)]")
            draft.reserve("place")
        draft.output("coded_out", I32, "n")
        draft.line(f"coded_out[{i}] = coded")
        draft.numpy("coded_out = coded.astype(np.int32)")
        if draw.chance(0.45):
            draft.output("letter_count", I32, 32, role="accumulate")
            draft.line("wp.atomic_add(letter_count, coded & 31, 1)")
            draft.numpy("letter_count = np.bincount(coded & 31, minlength=32).astype(np.int32)")
    return draft.case(name, ["n"], grids(draw, ["n"]))


def encoding(draw: Draw) -> Case:
    """Groups of bytes to digits and back: base64, base32, hexadecimal; lengths of UTF-8 sequences; run-length pairs; delta codes."""
    draft = Draft(draw)
    kind = draw.choice(("base64", "base64_decode", "hex", "utf8", "delta", "zigzag"))
    i, k = draft.name("i", "group", "tid"), draft.name("k", "j")
    name = draw.choice((f"{kind}_groups", f"{kind}_kernel", f"encode_{kind}" if "decode" not in kind else "decode_groups"))
    draft.reserve(name, "word", "digit", "c", "length", "total", "value")
    if kind == "base64":
        data = draft.array("bytes_in", draw.choice((U8, I32)), "3 * n", domain=Integers(0, 256))
        out = draft.output("digits", I32, "n", 4)
        draft.line(f"{i} = wp.tid()", f"word = (int({data}[3 * {i}]) << 16) | (int({data}[3 * {i} + 1]) << 8) | int({data}[3 * {i} + 2])")
        if draw.chance(0.5):
            with draft.block(f"for {k} in range(4):"):
                draft.line(f"{out}[{i}, {k}] = (word >> (18 - 6 * {k})) & 63")
        else:
            draft.line(*(f"{out}[{i}, {p}] = {f'(word >> {18 - 6 * p})' if p < 3 else 'word'} & 63" for p in range(4)))
        draft.numpy(
            f"parts = {data}.reshape(-1, 3).astype(np.int64)",
            "word = parts @ np.array([65536, 256, 1])",
            f"{out} = ((word[:, None] // 64 ** np.arange(4)[::-1]) % 64).astype(np.int32)",
        )
        return draft.case(name, ["n"], grids(draw, ["n"]))
    if kind == "base64_decode":
        data = draft.array("digits", draw.choice((U8, I32)), "n", 4, domain=Integers(0, 64))
        out = draft.output("bytes_out", I32, "3 * n")
        draft.line(f"{i} = wp.tid()", "word = int(0)")
        with draft.block(f"for {k} in range(4):"):
            draft.line(draw.choice((f"word = (word << 6) | int({data}[{i}, {k}])", f"word = word * 64 + int({data}[{i}, {k}])")))
        draft.line(*(f"{out}[3 * {i}{f' + {p}' if p else ''}] = {f'(word >> {16 - 8 * p})' if p < 2 else 'word'} & 255" for p in range(3)))
        draft.numpy(
            f"word = {data}.astype(np.int64) @ 64 ** np.arange(4)[::-1]",
            f"{out} = ((word[:, None] // 256 ** np.arange(3)[::-1]) % 256).reshape(-1).astype(np.int32)",
        )
        return draft.case(name, ["n"], grids(draw, ["n"]))
    data = draft.array("bytes_in", I32, "n", domain=Integers(0, 256) if kind in ("hex", "utf8") else Integers(-5000, 5000))
    with draft.threads((i, "n", data, 0)):
        draft.line(f"c = {data}[{i}]")
        draft.numpy(f"c = {data}")
        if kind == "hex":
            out = draft.output("characters", I32, "2 * n")
            for part, text in (("high", "c >> 4"), ("low", "c & 15")):
                draft.line(
                    f"{part} = {text}",
                    f"{out}[2 * {i}{'' if part == 'high' else ' + 1'}] = wp.where({part} < 10, {part} + 48, {part} + 87)",
                )
            draft.numpy(
                "digits = np.stack([c // 16, c % 16], axis=1).reshape(-1)",
                f"{out} = np.where(digits < 10, digits + 48, digits + 87).astype(np.int32)",
            )
        elif kind == "utf8":
            draft.line(
                "length = int(0)",
                "if c < 128:",
                "    length = 1",
                "elif c >= 240:",
                "    length = 4",
                "elif c >= 224:",
                "    length = 3",
                "elif c >= 192:",
                "    length = 2",
            )
            draft.numpy("length = np.select([c < 128, c >= 240, c >= 224, c >= 192], [1, 4, 3, 2], 0).astype(np.int32)")
            draft.store(draft.output("length_out", I32, "n"), i, "length")
            draft.output("characters", I32, 1, role="accumulate")
            draft.line("if length > 0:", "    wp.atomic_add(characters, 0, 1)")
            draft.numpy("characters = np.array([(length > 0).sum()], np.int32)")
        else:
            if kind == "delta":
                draft.line("value = int(c)", f"if {i} > 0:", f"    value = c - {data}[{i} - 1]")
                draft.numpy("value = np.diff(c, prepend=0)")
            else:
                draft.both("value = c")
            draft.line(draw.choice(("coded = (value << 1) ^ (value >> 31)", "coded = wp.where(value < 0, -2 * value - 1, 2 * value)")))
            draft.numpy("coded = np.where(value < 0, -2 * value - 1, 2 * value).astype(np.int32)")
            draft.store(draft.output("coded_out", I32, "n"), i, "coded")
            if draw.chance(0.6):
                draft.line(
                    "length = int(1)",
                    "if coded >= 128:",
                    "    length = 2",
                    *(["if coded >= 16384:", "    length = 3"] if draw.chance(0.5) else []),
                )
                three = len(draft.kernel) >= 2 and "length = 3" in draft.kernel[-1]
                draft.numpy(f"length = 1 + (coded >= 128){' + (coded >= 16384)' if three else ''}")
                draft.output("byte_total", I32, 1, role="accumulate")
                draft.line("wp.atomic_add(byte_total, 0, length)")
                draft.numpy("byte_total = np.array([length.sum()], np.int32)")
    return draft.case(name, ["n"], grids(draw, ["n"]))
