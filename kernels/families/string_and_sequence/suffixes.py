"""Suffixes and automata: keys of suffix arrays, the Burrows-Wheeler transform, finite automata, palindromes and periods."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Permutation
from kernels.drafting.arguments import grids
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.string_and_sequence.letters import TEXTS, character_array
from kernels.language.types import I32, I64, U8


def suffixes(draw: Draw) -> Case:
    """Suffix arrays and the Burrows-Wheeler transform: keys of prefix doubling, common prefixes of neighbours, one step back."""
    draft = Draft(draw)
    kind = draw.choice(("keys", "prefixes", "backward", "transform", "rank"))
    i = draft.name("i", "pos", "tid")
    name = draw.choice((f"suffix_{kind}", f"{kind}_step", {"keys": "prefix_doubling", "transform": "bwt"}.get(kind, f"fm_{kind}")))
    draft.reserve(name, "first", "second", "key", "a", "b", "length", "going", "c", "place", "k", "n")
    if kind == "keys":
        rank = draft.array("rank", I32, "n", domain=Integers(0, 300))
        gap = draft.value("gap", I32, Integers(1, 9))
        with draft.threads((i, "n", rank, 0)):
            n = draft.extent("n", rank)
            draft.line(
                f"first = {rank}[{i}]",
                "second = int(-1)" if draw.chance(0.5) else "second = -1",
                f"if {i} + {gap} < {n}:",
                f"    second = {rank}[{i} + {gap}]",
            )
            if draw.chance(0.5):
                draft.output("keys", I64, "n")
                draft.line(f"keys[{i}] = wp.int64(first) * wp.int64(1000) + wp.int64(second + 1)")
                draft.numpy(
                    f"padded = np.concatenate([{rank}, np.full({gap}, -1)])[{gap} : {gap} + len({rank})]",
                    f"keys = {rank}.astype(np.int64) * 1000 + padded + 1",
                )
            else:
                draft.output("major", I32, "n")
                draft.output("minor", I32, "n")
                draft.line(f"major[{i}] = first", f"minor[{i}] = second")
                draft.numpy(
                    f"padded = np.concatenate([{rank}, np.full({gap}, -1)])[{gap} : {gap} + len({rank})]",
                    f"major, minor = {rank}, padded.astype(np.int32)",
                )
        return draft.case(name, ["n"], grids(draw, ["n"]))
    text = character_array(draft, draft.name(*TEXTS), "n", low=97, high=99)
    marks = draw.chance(0.5)
    order = ""
    if kind != "backward" or marks:
        order = draft.array(draft.name("suffix_array", "order"), I32, "n", domain=Permutation())
    with draft.threads((i, "n", text, 0)):
        n = draft.extent("n", text)
        if kind == "prefixes":
            cap = draw.integer(3, 8)
            draft.line("length = int(0)")
            with draft.block(f"if {i} > 0:"):
                draft.line(f"a = {order}[{i} - 1]", f"b = {order}[{i}]", "going = int(1)")
                with draft.block(f"for k in range({cap}):"):
                    draft.line(
                        f"if a + k >= {n} or b + k >= {n}:",
                        "    going = 0",
                        f"elif int({text}[a + k]) != int({text}[b + k]):",
                        "    going = 0",
                        "if going == 1:",
                        "    length += 1",
                    )
            draft.numpy(
                f"a, b = np.roll({order}, 1), {order}",
                "length, going = np.zeros(len(b), np.int32), np.arange(len(b)) > 0",
                f"for k in range({cap}):",
            )
            draft.numpy(
                "    inside = (a + k < len(b)) & (b + k < len(b))",
                f"    same = {text}[np.minimum(a + k, len(b) - 1)] == {text}[np.minimum(b + k, len(b) - 1)]",
            )
            draft.numpy("    going = going & inside & same", "    length = length + going")
            draft.store(draft.output("lcp", I32, "n"), i, "length")
            if draw.chance(0.5):
                draft.output("longest_repeat", I32, 1, role="accumulate")
                draft.line("wp.atomic_max(longest_repeat, 0, length)")
                draft.numpy("longest_repeat = np.array([length.max()], np.int32)")
        elif kind == "transform":
            draft.line(
                f"place = {order}[{i}]",
                *draw.choice(
                    (
                        (f"c = int({text}[(place + {n} - 1) % {n}])",),
                        (f"c = int({text}[{n} - 1])", "if place > 0:", f"    c = int({text}[place - 1])"),
                    )
                ),
            )
            draft.numpy(f"place = {order}", f"c = {text}[place - 1].astype(np.int32)")
            draft.store(draft.output("last_column", I32, "n"), i, "c")
            if draw.chance(0.5):
                draft.output("primary", I32, 1, role="accumulate")
                draft.line("if place == 0:", f"    wp.atomic_add(primary, 0, {i})")
                draft.numpy("primary = np.array([np.flatnonzero(place == 0)[0]], np.int32)")
        elif kind == "backward":
            counts = draft.array("smaller", I32, 128, domain=Integers(0, 50))
            draft.line(f"c = int({text}[{i}])", "place = int(0)")
            with draft.block(f"for k in range({i}):"):
                draft.line(f"if int({text}[k]) == c:", "    place += 1")
            draft.line(f"place += {counts}[c]")
            draft.numpy(
                f"c = {text}.astype(np.int64)",
                "k = np.arange(len(c))",
                f"place = ((c[None] == c[:, None]) & (k[None] < k[:, None])).sum(axis=1) + {counts}[c]",
            )
            draft.numpy("place = place.astype(np.int32)")
            draft.store(draft.output("previous_row", I32, "n"), i, "place")
            if marks:
                draft.output("marked", I32, "n")
                draft.line(f"marked[{i}] = wp.where({order}[{i}] % 4 == 0, 1, 0)")
                draft.numpy(f"marked = ({order} % 4 == 0).astype(np.int32)")
        else:
            draft.output("rank_out", I32, "n")
            draft.line(f"rank_out[{order}[{i}]] = {i}")
            draft.numpy(f"rank_out = np.empty(len({order}), np.int32)", f"rank_out[{order}] = np.arange(len({order}))")
            draft.output("boundary", I32, "n")
            draft.line(
                "key = int(1)",
                f"if {i} > 0:",
                f"    if int({text}[{order}[{i}]]) == int({text}[{order}[{i} - 1]]):",
                "        key = 0",
                f"boundary[{i}] = key",
            )
            draft.numpy(f"letter = {text}[{order}]", "boundary = np.concatenate([[True], letter[1:] != letter[:-1]]).astype(np.int32)")
    return draft.case(name, ["n"], grids(draw, ["n"]))


def automaton(draw: Draw) -> Case:
    """A finite automaton along each row: transitions by a table, the last state, accepted rows, how often a state is entered."""
    draft = Draft(draw)
    states, letters = draw.integer(3, 6), draw.choice((2, 3, 4))
    i, k = draft.name("i", "row", "line"), draft.name("k", "pos")
    name = draw.choice(("run_automaton", "dfa_rows", "match_regex", "kmp_scan"))
    draft.reserve(name, "state", "symbol", "entered", "accepted", "before")
    static = draw.chance(0.4)
    width: str | int = draw.integer(3, 9) if static else "width"
    text = draft.array("symbols", draw.choice((U8, I32)), "n", width, domain=Integers(0, letters))
    table = draft.array(draft.name("transition", "delta"), I32, states, letters, domain=Integers(0, states))
    final = draw.integer(1, states - 1)
    start = draft.value("start_state", I32, Integers(0, states)) if draw.chance(0.4) else "0"
    sticky = draw.chance(0.3)
    parts = draw.subset(("state", "entered", "accepted", "histogram"), draw.integer(1, 3))
    with draft.threads((i, "n", text, 0)):
        length = str(width) if static else draft.extent("width", text, 1)
        draft.line(f"state = int({start})", *(["entered = int(0)"] if "entered" in parts else []))
        draft.numpy(f"state, entered = np.full(dim[0], {start}), np.zeros(dim[0], np.int32)", f"for p in range({text}.shape[1]):")
        with draft.block(f"for {k} in range({length}):"):
            draft.line(f"symbol = int({text}[{i}, {k}])")
            if sticky:
                draft.line(f"if state != {final}:", f"    state = {table}[state, symbol]")
                draft.numpy(f"    state = np.where(state != {final}, {table}[state, {text}[:, p].astype(np.int64)], state)")
            else:
                draft.line(f"state = {table}[state, symbol]")
                draft.numpy(f"    state = {table}[state, {text}[:, p].astype(np.int64)]")
            if "entered" in parts:
                draft.line(*draw.choice(((f"if state == {final}:", "    entered += 1"), (f"entered += wp.where(state == {final}, 1, 0)",))))
                draft.numpy(f"    entered = entered + (state == {final})")
        for part in sorted(parts):
            if part == "state":
                draft.output("last_state", I32, "n")
                draft.line(f"last_state[{i}] = state")
                draft.numpy("last_state = state.astype(np.int32)")
            elif part == "entered":
                draft.output("entered_count", I32, "n")
                draft.line(f"entered_count[{i}] = entered")
                draft.numpy("entered_count = entered.astype(np.int32)")
            elif part == "accepted":
                draft.output("accepted", I32, 1, role="accumulate")
                draft.line(f"if state == {final}:", "    wp.atomic_add(accepted, 0, 1)")
                draft.numpy(f"accepted = np.array([(state == {final}).sum()], np.int32)")
            else:
                draft.output("state_count", I32, states, role="accumulate")
                draft.line("wp.atomic_add(state_count, state, 1)")
                draft.numpy(f"state_count = np.bincount(state, minlength={states}).astype(np.int32)")
    return draft.case(name, ["n"], [{"n": n, "width": draw.integer(2, 11)} for n in draw.sizes(90)])


def palindromes(draw: Draw) -> Case:
    """Palindromes around each centre, periods, borders and runs of each position: by going on while the letters agree."""
    draft = Draft(draw)
    kind = draw.choice(("radius", "radius", "run", "period", "z"))
    cap = draw.integer(3, 8)
    i, k = draft.name("i", "center", "pos"), draft.name("k", "r")
    name = draw.choice((f"{kind}_lengths", "palindrome_radius" if kind == "radius" else f"{kind}_function", f"text_{kind}"))
    draft.reserve(name, "length", "going", "left", "right", "n", "even")
    text = character_array(draft, draft.name(*TEXTS), "n", low=97, high=99)
    even = draw.chance(0.5) if kind == "radius" else False
    form = draw.choice(("flag", "break", "while"))
    lag = draw.integer(1, 3)
    left, right = {
        "radius": (f"{i} - {k}{'' if even else ' - 1'}", f"{i} + 1 + {k}"),
        "run": (i, f"{i} + 1 + {k}"),
        "period": (f"{i} + {k}", f"{i} + {k} + {lag}"),
        "z": (k, f"{i} + {k}"),
    }[kind]
    with draft.threads((i, "n", text, 0)):
        n = draft.extent("n", text)
        draft.line("length = int(0)")
        fails = f"left < 0 or right >= {n}"
        places = (f"left = {left}", f"right = {right}")
        if form == "while":
            draft.line("going = int(1)")
            with draft.block(f"while going == 1 and length < {cap}:"):
                draft.line(f"{k} = length", *places)
                draft.line(
                    f"if {fails}:",
                    "    going = 0",
                    f"elif int({text}[left]) != int({text}[right]):",
                    "    going = 0",
                    "else:",
                    "    length += 1",
                )
        elif form == "break":
            with draft.block(f"for {k} in range({cap}):"):
                draft.line(*places, f"if {fails}:", "    break", f"if int({text}[left]) != int({text}[right]):", "    break", "length += 1")
        else:
            draft.line("going = int(1)")
            with draft.block(f"for {k} in range({cap}):"):
                draft.line(
                    *places,
                    f"if {fails}:",
                    "    going = 0",
                    f"elif int({text}[left]) != int({text}[right]):",
                    "    going = 0",
                    "if going == 1:",
                    "    length += 1",
                )
        index = {
            "radius": ("i - k" if even else "i - k - 1", "i + 1 + k"),
            "run": ("i", "i + 1 + k"),
            "period": ("i + k", f"i + k + {lag}"),
            "z": ("0 * i + k", "i + k"),
        }[kind]
        draft.numpy(
            f"i = np.arange(len({text}))", "length, going = np.zeros(len(i), np.int32), np.ones(len(i), bool)", f"for k in range({cap}):"
        )
        draft.numpy(f"    left, right = {index[0]}, {index[1]}", "    inside = (left >= 0) & (right < len(i))")
        draft.numpy(
            f"    going = going & inside & ({text}[np.clip(left, 0, len(i) - 1)] == {text}[np.clip(right, 0, len(i) - 1)])",
            "    length = length + going",
        )
        draft.store(draft.output(draft.name("length_out", "radius_out"), I32, "n"), i, "length")
        if draw.chance(0.5):
            draft.output("longest", I32, 1, role="accumulate")
            draft.line("wp.atomic_max(longest, 0, length)")
            draft.numpy("longest = np.array([length.max()], np.int32)")
    return draft.case(name, ["n"], grids(draw, ["n"]))
