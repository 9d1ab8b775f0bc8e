"""Text: comparing and matching strings of bytes, searching patterns, classes of characters, numbers in text, suffixes, encodings.

Sources: Knuth, Morris and Pratt (1977); Karp and Rabin (1987); Manber and Myers (1993); Burrows and Wheeler (1994); RFC 4648 (base64).
"""

from __future__ import annotations

from collections.abc import Callable

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.arguments import grids
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.string_and_sequence.characters import classes, numbers
from kernels.families.string_and_sequence.codes import cipher, encoding
from kernels.families.string_and_sequence.letters import TEXTS, character_array
from kernels.families.string_and_sequence.suffixes import automaton, palindromes, suffixes
from kernels.language.types import I32, I64


def strings(draw: Draw) -> Case:
    """One kernel on text."""
    builders: tuple[Callable[[Draw], Case], ...] = (
        _compare,
        _compare,
        _find,
        _find,
        _find,
        classes,
        classes,
        numbers,
        suffixes,
        cipher,
        encoding,
        automaton,
        palindromes,
    )
    return draw.choice(builders)(draw)


def _compare(draw: Draw) -> Case:
    """Two lists of strings, pair by pair: the common prefix or suffix, equality, order, how many places differ, ignoring case."""
    draft = Draft(draw)
    kind = draw.choice(("prefix", "prefix", "suffix", "equal", "order", "hamming"))
    form = draw.choice(("while", "break", "flag"))
    i, k = draft.name("i", "pair", "tid"), draft.name("k", "pos")
    name = draw.choice(
        {"prefix": ("longest_common_prefix", "prefix_length"), "order": ("compare_strings", "string_order")}.get(
            kind, (f"{kind}_strings", f"string_{kind}")
        )
    )
    draft.reserve(name, "length", "count", "x", "y", "going", "result", "same", "gap")
    width: str | int = draw.integer(4, 8) if draw.chance(0.5) else "width"
    a, b = (
        character_array(draft, "first_strings", "n", width, low=97, high=100),
        character_array(draft, "second_strings", "n", width, low=97, high=100),
    )
    folded = draw.chance(0.25)
    lengths = (
        draft.array("lengths", I32, "n", domain=lambda s: Integers(0, (width if isinstance(width, int) else s["width"]) + 1))
        if draw.chance(0.4)
        else ""
    )
    fold = (lambda text: f"({text} | 32)") if folded else (lambda text: text)
    with draft.threads((i, "n", a, 0)):
        full = str(width) if isinstance(width, int) else draft.extent("width", a, 1)
        draft.line(f"length = {f'{lengths}[{i}]' if lengths else full}" if lengths or not full.isdigit() else f"length = int({full})")
        draft.numpy(
            f"places = np.arange({a}.shape[1])",
            f"inside = places < {f'{lengths}[:, None]' if lengths else f'{a}.shape[1]'}",
            f"inside = np.broadcast_to(inside, {a}.shape)",
        )
        draft.numpy(f"x, y = {a}.astype(np.int64), {b}.astype(np.int64)", *(["x, y = x | 32, y | 32"] if folded else []))
        at = "length - 1 - k".replace("k", k) if kind == "suffix" else k
        read = (f"x = {fold(f'int({a}[{i}, {at}])')}", f"y = {fold(f'int({b}[{i}, {at}])')}")
        if kind == "hamming":
            draft.line("count = int(0)")
            with draft.block(f"for {k} in range(length):"):
                draft.line(*read, *draw.choice((("if x != y:", "    count += 1"), ("count += wp.where(x == y, 0, 1)",))))
            draft.numpy("count = ((x != y) & inside).sum(axis=1).astype(np.int32)")
        elif kind == "order":
            draft.line("count = int(0)")
            with draft.block(f"for {k} in range(length):"):
                draft.line(
                    *read, "if count == 0 and x != y:", "    count = wp.where(x < y, -1, 1)" if draw.chance(0.5) else "    count = x - y"
                )
            sign = "wp.where" in draft.kernel[-1]
            draft.numpy(
                "gap = np.where(inside, x - y, 0)",
                "first = np.argmax(gap != 0, axis=1)",
                "count = np.take_along_axis(gap, first[:, None], axis=1)[:, 0]",
            )
            draft.numpy("count = np.sign(count).astype(np.int32)" if sign else "count = count.astype(np.int32)")
        else:
            begin = "1" if kind == "equal" else "0"
            draft.line(f"count = int({begin})")
            if form == "while":
                draft.line(f"{k} = int(0)", "going = int(1)")
                with draft.block(f"while going == 1 and {k} < length:"):
                    draft.line(*read, "if x == y:", f"    {'going = 1' if kind == 'equal' else 'count += 1'}", "else:", "    going = 0")
                    if kind == "equal":
                        draft.line("    count = 0")
                    draft.line(f"{k} += 1")
            elif form == "break":
                with draft.block(f"for {k} in range(length):"):
                    draft.line(
                        *read,
                        "if x != y:",
                        *(["    count = 0"] if kind == "equal" else []),
                        "    break",
                        *([] if kind == "equal" else ["count += 1"]),
                    )
            else:
                draft.line("going = int(1)")
                with draft.block(f"for {k} in range(length):"):
                    draft.line(
                        *read,
                        "if x != y:",
                        "    going = 0",
                        *(["    count = 0"] if kind == "equal" else ["if going == 1:", "    count += 1"]),
                    )
            if kind == "suffix":
                draft.numpy("x, y = np.where(inside, x, -1), np.where(inside, y, -2)", "agree = (x == y) | ~inside")
                draft.numpy(
                    "tail = np.cumprod(agree[:, ::-1], axis=1)[:, ::-1].astype(bool)",
                    "count = (tail & inside).sum(axis=1).astype(np.int32)",
                )
            elif kind == "equal":
                draft.numpy("count = ((x == y) | ~inside).all(axis=1).astype(np.int32)")
            else:
                draft.numpy("count = (np.cumprod(x == y, axis=1) * inside).sum(axis=1).astype(np.int32)")
        draft.store(draft.output(draft.name("result_out", "counts", "out"), I32, "n"), i, "count")
        if draw.chance(0.35) and kind not in ("order",):
            draft.output("most", I32, 1, role="accumulate")
            draft.line("wp.atomic_max(most, 0, count)")
            draft.numpy("most = np.array([max(0, count.max())], np.int32)")
    return draft.case(name, ["n"], [{"n": n, "width": draw.integer(2, 10)} for n in draw.sizes(90)])


def _find(draw: Draw) -> Case:
    """A pattern at every position of a text: whether it is there, with wildcards or some mismatches; how often, first and last place."""
    draft = Draft(draw)
    m = draw.integer(2, 5)
    kind = draw.choice(("exact", "exact", "wildcard", "near", "hash", "rows"))
    form = draw.choice(("count", "break", "unrolled"))
    i, k = draft.name("i", "pos", "start"), draft.name("k", "j")
    name = draw.choice(("find_pattern", "match_positions", f"{kind}_search", "count_occurrences"))
    draft.reserve(name, "matches", "x", "y", "found", "code", "target", "row")
    rows = kind == "rows"
    text = character_array(draft, draft.name(*TEXTS), *(("rows",) if rows else ()), f"n + {m - 1}", low=97, high=99)
    pattern = character_array(draft, draft.name("pattern", "needle"), m, low=96 if kind == "wildcard" else 97, high=99)
    prefix = "row, " if rows else ""
    draft.line(f"{prefix}{i} = wp.tid()")
    if draw.chance(0.35):
        n = draft.count("n")
        draft.line(f"if {i} >= {n}:", "    return")
    stop = f"{text}.shape[-1] - {m - 1}"
    draft.numpy(f"windows = np.stack([{text}[..., p : p + {stop}] for p in range({m})], axis=-1).astype(np.int64)")
    if kind == "hash":
        base, modulus = draw.choice((31, 131, 257)), draw.choice((1009, 10007, 1000003))
        draft.line("code = wp.int64(0)", "target = wp.int64(0)")
        with draft.block(f"for {k} in range({m}):"):
            draft.line(f"code = (code * wp.int64({base}) + wp.int64({text}[{i} + {k}])) % wp.int64({modulus})")
            draft.line(f"target = (target * wp.int64({base}) + wp.int64({pattern}[{k}])) % wp.int64({modulus})")
        draft.line("found = int(0)", "if code == target:", "    found = 1")
        draft.numpy(
            "code, target = 0, 0",
            f"for p in range({m}):",
            f"    code = (code * {base} + windows[..., p]) % {modulus}",
            f"    target = (target * {base} + int({pattern}[p])) % {modulus}",
        )
        draft.numpy("found = (code == target).astype(np.int32)")
        if draw.chance(0.5):
            draft.output("codes", I64, "n")
            draft.line(f"codes[{i}] = code")
            draft.numpy("codes = code")
    else:
        limit = draw.integer(1, m - 1) if kind == "near" else 0
        same = f"int({text}[{prefix}{i} + {k}]) == int({pattern}[{k}])"
        if kind == "wildcard":
            same = f"int({pattern}[{k}]) == 96 or {same}"
        numpy = f"(windows == {pattern})" + (f" | ({pattern} == 96)" if kind == "wildcard" else "")
        if form == "break" and not limit:
            draft.line("found = int(1)")
            negated = same.replace(" == ", " != ").replace(" or ", " and ")
            with draft.block(f"for {k} in range({m}):"):
                draft.line(f"if {negated}:", "    found = 0", "    break")
        elif form == "unrolled" and not limit and kind != "wildcard":
            tests = [f"int({text}[{prefix}{i}{f' + {p}' if p else ''}]) == int({pattern}[{p}])" for p in range(m)]
            draft.line("found = int(0)", f"if {' and '.join(tests)}:", "    found = 1")
        else:
            draft.line("matches = int(0)")
            with draft.block(f"for {k} in range({m}):"):
                draft.line(f"if {same}:", "    matches += 1")
            draft.line(
                *draw.choice(
                    (
                        (f"found = wp.where(matches >= {m - limit}, 1, 0)",),
                        ("found = int(0)", f"if matches >= {m - limit}:", "    found = 1"),
                    )
                )
            )
        draft.numpy(f"found = (({numpy}).sum(axis=-1) >= {m - limit}).astype(np.int32)")
    parts = draw.subset(("flags", "count", "last", "first"), draw.integer(1, 3))
    for part in sorted(parts):
        cells: tuple[str | int, ...] = ("rows",) if rows else (1,)
        at = "row" if rows else "0"
        axis = "axis=-1" if rows else ""
        wrap = "{0}" if rows else "np.array([{0}])"
        if part == "flags":
            draft.output("found_out", I32, *(("rows", "n") if rows else ("n",)))
            draft.line(f"found_out[{prefix}{i}] = found")
            draft.numpy("found_out = found")
        elif part == "count":
            draft.output("occurrences", I32, *cells, role="accumulate")
            draft.line(
                *draw.choice(
                    ((f"wp.atomic_add(occurrences, {at}, found)",), ("if found == 1:", f"    wp.atomic_add(occurrences, {at}, 1)"))
                )
            )
            draft.numpy(f"occurrences = {wrap.format(f'found.sum({axis})')}.astype(np.int32)")
        elif part == "last":
            draft.output("last_end", I32, *cells, role="accumulate")
            draft.line("if found == 1:", f"    wp.atomic_max(last_end, {at}, {i} + {m})")
            places = f"np.where(found == 1, np.arange(found.shape[-1]) + {m}, 0).max({axis})"
            draft.numpy(f"last_end = {wrap.format(places)}.astype(np.int32)")
        else:
            # The first place by the largest distance from the end, which starts at zero where there is none.
            n = draft.count("n")
            draft.output("from_end", I32, *cells, role="accumulate")
            draft.line("if found == 1:", f"    wp.atomic_max(from_end, {at}, {n} - {i})")
            places = f"np.where(found == 1, found.shape[-1] - np.arange(found.shape[-1]), 0).max({axis})"
            draft.numpy(f"from_end = {wrap.format(places)}.astype(np.int32)")
    sizes = (
        [{"rows": r, "n": n} for r, n in ((1, 1), (3, draw.choice((5, 7))), (draw.integer(4, 7), draw.integer(15, 40)))]
        if rows
        else grids(draw, ["n"])
    )
    return draft.case(name, ["rows", "n"] if rows else ["n"], sizes)
