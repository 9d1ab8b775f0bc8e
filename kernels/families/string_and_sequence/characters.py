"""Characters and numbers: case, words, classes, digits to numbers and back."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.arguments import grids
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.string_and_sequence.letters import TEXTS, character_array
from kernels.language.types import I32, U8


def classes(draw: Draw) -> Case:
    """Classes of characters: case folded, digits and blanks marked, words and lines begun, characters counted by class or kept."""
    draft = Draft(draw)
    kind = draw.choice(("upper", "lower", "starts", "classes", "histogram", "strip", "table"))
    i = draft.name("i", "pos", "tid")
    name = draw.choice(
        (f"{kind}_kernel", {"upper": "to_upper", "lower": "to_lower", "starts": "word_starts"}.get(kind, f"char_{kind}"), f"text_{kind}")
    )
    draft.reserve(name, "c", "before", "kind", "out_c", "flag", "is_space")
    text = character_array(draft, draft.name(*TEXTS), "n")
    with draft.threads((i, "n", text, 0)):
        draft.line(f"c = int({text}[{i}])")
        draft.numpy(f"c = {text}.astype(np.int64)")
        if kind in ("upper", "lower"):
            low, high, shift = (97, 122, -32) if kind == "upper" else (65, 90, 32)
            sign = "-" if shift < 0 else "+"
            draft.line(*draw.choice((
                ("out_c = int(c)", f"if c >= {low} and c <= {high}:", f"    out_c = c {sign} 32"),
                (f"out_c = wp.where(c >= {low} and c <= {high}, c {sign} 32, c)",),
                (f"flag = wp.where(c >= {low}, wp.where(c <= {high}, 1, 0), 0)", f"out_c = c {sign} 32 * flag"),
            )))  # fmt: skip
            draft.numpy(f"out_c = np.where((c >= {low}) & (c <= {high}), c {sign} 32, c).astype(np.int32)")
            draft.store(draft.output("converted", I32, "n"), i, "out_c")
            if draw.chance(0.4):
                draft.output("changed", I32, 1, role="accumulate")
                draft.line("if out_c != c:", "    wp.atomic_add(changed, 0, 1)")
                draft.numpy("changed = np.array([(out_c != c).sum()], np.int32)")
        elif kind == "starts":
            limit = draw.choice((48, 65, 97))
            draft.line(
                f"is_space = wp.where(c < {limit}, 1, 0)",
                f"before = int({limit - 1})",
                f"if {i} > 0:",
                f"    before = int({text}[{i} - 1])",
            )
            draft.line("flag = int(0)", f"if is_space == 0 and before < {limit}:", "    flag = 1")
            draft.numpy(
                f"before = np.concatenate([[{limit - 1}], c[:-1]])", f"flag = ((c >= {limit}) & (before < {limit})).astype(np.int32)"
            )
            draft.store(draft.output("word_start", I32, "n"), i, "flag")
            draft.output("word_count", I32, 1, role="accumulate")
            draft.line(*draw.choice((("wp.atomic_add(word_count, 0, flag)",), ("if flag == 1:", "    wp.atomic_add(word_count, 0, 1)"))))
            draft.numpy("word_count = np.array([flag.sum()], np.int32)")
        elif kind == "strip":
            lower = draw.choice((65, 97))
            draft.line(f"flag = wp.where(c < {lower}, 0, 1)", "out_c = wp.where(flag == 1, c, 32)")
            draft.numpy(f"flag = (c >= {lower}).astype(np.int32)", "out_c = np.where(flag == 1, c, 32).astype(np.int32)")
            draft.store(draft.output("cleaned", I32, "n"), i, "out_c")
            draft.output("kept_count", I32, 1, role="accumulate")
            draft.line("wp.atomic_add(kept_count, 0, flag)")
            draft.numpy("kept_count = np.array([flag.sum()], np.int32)")
        elif kind == "table":
            table = draft.array("class_of", I32, 128, domain=Integers(0, 5))
            draft.line(f"kind = {table}[c]")
            draft.numpy(f"kind = {table}[c]")
            draft.store(draft.output("classes", I32, "n"), i, "kind")
            if draw.chance(0.6):
                draft.output("class_count", I32, 5, role="accumulate")
                draft.line("wp.atomic_add(class_count, kind, 1)")
                draft.numpy("class_count = np.bincount(kind, minlength=5).astype(np.int32)")
        else:
            tests = draw.subset(
                (
                    ("c >= 48 and c <= 57", "(c >= 48) & (c <= 57)"),
                    ("c >= 65 and c <= 90", "(c >= 65) & (c <= 90)"),
                    ("c >= 97 and c <= 122", "(c >= 97) & (c <= 122)"),
                    ("c == 32", "c == 32"),
                ),
                draw.integer(2, 4),
            )
            draft.line("kind = int(0)")
            for n, (test, _) in enumerate(tests):
                draft.line(f"{'if' if n == 0 else 'elif'} {test}:", f"    kind = {n + 1}")
            draft.numpy("kind = np.select([" + ", ".join(numpy for _, numpy in tests) + f"], {list(range(1, len(tests) + 1))}, 0)")
            if kind == "histogram":
                draft.output("class_count", I32, len(tests) + 1, role="accumulate")
                draft.line("wp.atomic_add(class_count, kind, 1)")
                draft.numpy(f"class_count = np.bincount(kind, minlength={len(tests) + 1}).astype(np.int32)")
            else:
                draft.output("class_out", I32, "n")
                draft.line(f"class_out[{i}] = kind")
                draft.numpy("class_out = kind.astype(np.int32)")
    return draft.case(name, ["n"], grids(draw, ["n"]))


def numbers(draw: Draw) -> Case:
    """Numbers in fixed-width text: digits to integers or reals in any base, with signs and points, and integers to digits."""
    draft = Draft(draw)
    kind = draw.choice(("parse", "parse", "format", "hex", "fixed"))
    i, k = draft.name("i", "row", "record"), draft.name("k", "pos")
    width = draw.integer(3, 8)
    name = draw.choice((f"{kind}_numbers", f"{kind}_integers", f"{kind}_fields"))
    draft.reserve(name, "value", "digit", "c", "sign", "rest", "scale", "started", "going")
    if kind == "format":
        base = draw.choice((2, 8, 10, 16))
        values = draft.array("values", I32, "n", domain=Integers(0, base ** min(width, 7)))
        out = draft.output("digits", I32, "n", width)
        with draft.threads((i, "n", values, 0)):
            draft.line(f"rest = int({values}[{i}])")
            with draft.block(f"for {k} in range({width}):"):
                draft.line(f"digit = rest % {base}", f"rest = rest // {base}")
                offset = "digit + 48" if base <= 10 else "wp.where(digit < 10, digit + 48, digit + 87)"
                draft.line(f"{out}[{i}, {width - 1} - {k}] = {offset}")
            draft.numpy(f"digit = ({values}[:, None].astype(np.int64) // {base} ** np.arange({width})[::-1]) % {base}")
            draft.numpy(
                f"{out} = {'digit + 48' if base <= 10 else 'np.where(digit < 10, digit + 48, digit + 87)'}.astype(np.int32)"
                if base > 10
                else f"{out} = (digit + 48).astype(np.int32)"
            )
        return draft.case(name, ["n"], grids(draw, ["n"]))
    low, high = (48, 58) if kind in ("parse", "fixed") else (48, 71)
    text = draft.array("digits", draw.choice((U8, I32)), "n", width, domain=Integers(low - (2 if kind == "parse" else 0), high))
    signed = draft.array("is_negative", I32, "n", domain=Integers(0, 2)) if draw.chance(0.4) else ""
    with draft.threads((i, "n", text, 0)):
        draft.numpy(f"c = {text}.astype(np.int64)")
        draft.line("value = int(0)")
        stops = kind == "parse" and draw.chance(0.6)
        if stops:
            draft.line("going = int(1)")
        with draft.block(f"for {k} in range({width}):"):
            draft.line(f"c = int({text}[{i}, {k}])")
            if kind == "hex":
                draft.line("digit = c - 48", "if c > 57:", "    digit = wp.max(c - 55, 9)", "value = value * 16 + digit")
            elif stops:
                draft.line("if c < 48 or c > 57:", "    going = 0", "if going == 1:", "    value = value * 10 + (c - 48)")
            else:
                draft.line(
                    "if c >= 48 and c <= 57:",
                    "    value = value * 10 + (c - 48)" if draw.chance(0.5) else "    value = 10 * value + c - 48",
                )
        if kind == "hex":
            draft.numpy(
                "digit = np.where(c > 57, np.maximum(c - 55, 9), c - 48)",
                f"value = (digit @ 16 ** np.arange({width})[::-1]).astype(np.int32)",
            )
        else:
            draft.numpy(
                f"value, going = np.zeros(len({text}), np.int64), np.ones(len({text}), bool)",
                f"for p in range({width}):",
                "    good = (c[:, p] >= 48) & (c[:, p] <= 57)",
            )
            draft.numpy(
                "    going = going & good" if stops else "    going = good", "    value = np.where(going, 10 * value + c[:, p] - 48, value)"
            )
            draft.numpy("value = value.astype(np.int32)")
        if signed:
            draft.line(f"if {signed}[{i}] == 1:", "    value = -value")
            draft.numpy(f"value = np.where({signed} == 1, -value, value)")
        if kind == "fixed":
            places = draw.integer(1, 3)
            scale = draft.array("scale", draft.real, "n", low=0.2, differentiable=False)
            draft.line(f"scaled = {draft.cast('value')} / {draft.number(10.0**places)} * {scale}[{i}]")
            draft.numpy(f"scaled = value.astype({draft.precision}) / {10.0**places} * {scale}")
            draft.store(draft.output("reals", draft.real, "n"), i, "scaled")
        else:
            draft.store(draft.output(draft.name("values_out", "integers"), I32, "n"), i, "value")
            if draw.chance(0.4):
                draft.output("largest", I32, 1, role="accumulate")
                draft.line("wp.atomic_max(largest, 0, value)")
                draft.numpy("largest = np.array([max(0, value.max())], np.int32)")
    return draft.case(name, ["n"], grids(draw, ["n"]))
