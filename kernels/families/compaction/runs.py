"""Runs and groups of equal neighbours: starts, lengths, heads, unique values, segmented sums and flags, and scatters to given places."""

from __future__ import annotations

from collections.abc import Callable

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.arguments import grids
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.compaction.predicates import predicate
from kernels.families.compaction.segments import remap, scatter, segments, sets
from kernels.language.types import I32


def grouped(draw: Draw) -> Case:
    """One kernel on runs, groups or given places."""
    builders: tuple[Callable[[Draw], Case], ...] = (_starts, _starts, _lengths, _lengths, segments, segments, scatter, scatter, sets, remap)
    return draw.choice(builders)(draw)


def _starts(draw: Draw) -> Case:
    """Flags at the starts (or ends) of runs of equal keys, of changes in a condition, or of jumps; how many there are."""
    draft = Draft(draw)
    kind = draw.choice(("equal", "equal", "condition", "jump", "pair"))
    i = draft.name("i", "tid", "element")
    name = draw.choice(("run_starts", "mark_heads", "flag_boundaries", "segment_heads"))
    draft.reserve(name, "flag", "here", "before", "first", "after")
    ends = draw.chance(0.3)
    if kind == "condition":
        test = predicate(draft, "n")
        first = test.array
        text, numpy = test.at, test.numpy
    elif kind == "jump":
        first = draft.array(draft.name("heights", "times", "signal"), draft.real, "n", differentiable=False)
    else:
        first = draft.array(draft.name("keys", "labels", "codes"), I32, "n", domain=Integers(0, 4))
        second = draft.array("minor_keys", I32, "n", domain=Integers(0, 3)) if kind == "pair" else ""
    with draft.threads((i, "n", first, 0)):
        length = draft.extent("n", first) if ends else ""
        other = f"{i} + 1" if ends else f"{i} - 1"
        edge = f"{i} == {length} - 1" if ends else f"{i} == 0"
        if kind == "condition":
            changed, there = f"({text(i)}) != ({text(other)})", f"{numpy}[1:] != {numpy}[:-1]"
            if draw.chance(0.5):
                changed, there = (
                    f"({text(i)}) and not ({text(other)})",
                    f"{numpy}{'[:-1]' if ends else '[1:]'} & ~{numpy}{'[1:]' if ends else '[:-1]'}",
                )
        elif kind == "jump":
            gap = draft.knob("gap", 0.3, 0.9)
            changed, there = f"wp.abs({first}[{i}] - {first}[{other}]) > {gap.warp()}", f"np.abs(np.diff({first})) > {gap.numpy()}"
        else:
            changed, there = f"{first}[{i}] != {first}[{other}]", f"np.diff({first}) != 0"
            if second:
                changed, there = f"{changed} or {second}[{i}] != {second}[{other}]", f"({there}) | (np.diff({second}) != 0)"
        style = draw.choice(("flag", "early", "else"))
        out = draft.output(draft.name("head_flags", "is_start", "boundary"), I32, "n")
        if style == "flag":
            draft.line(
                "flag = int(1)",
                f"if {i} {'<' if ends else '>'} {f'{length} - 1' if ends else 0}:",
                f"    flag = wp.where({changed}, 1, 0)",
                f"{out}[{i}] = flag",
            )
        elif style == "early":
            draft.line(f"if {edge}:", f"    {out}[{i}] = 1", "    return", f"{out}[{i}] = wp.where({changed}, 1, 0)")
        else:
            draft.line(
                "flag = int(0)", f"if {edge}:", "    flag = 1", "else:", f"    if {changed}:", "        flag = 1", f"{out}[{i}] = flag"
            )
        draft.numpy(
            f"flag = np.concatenate([{there}, [True]])" if ends else f"flag = np.concatenate([[True], {there}])",
            f"{out} = flag.astype(np.int32)",
        )
        if draw.chance(0.4) and style != "early":
            count = draft.output(draft.name("run_count", "num_runs"), I32, 1, role="accumulate")
            draft.line(
                f"wp.atomic_add({count}, 0, flag)"
                if draw.chance(0.5)
                else f"if flag == 1:\n    wp.atomic_add({count}, 0, 1)".split("\n")[0]
            )
            if draft.kernel[-1].endswith(":"):
                draft.line(f"    wp.atomic_add({count}, 0, 1)")
            draft.numpy(f"{count} = np.array([flag.sum()], np.int32)")
    return draft.case(name, ["n"], grids(draw, ["n"]))


def _lengths(draw: Draw) -> Case:
    """The run that starts at each element: its length, sum or largest value, by going on until the key changes; zero within runs."""
    draft = Draft(draw)
    kind = draw.choice(("length", "length", "sum", "largest", "position"))
    form = draw.choice(("while", "break", "flag"))
    i, k = draft.name("i", "tid", "head"), draft.name("k", "j")
    name = draw.choice(("run_lengths", "measure_runs", "encode_runs", f"run_{kind}"))
    draft.reserve(name, i, k, "length", "total", "key", "going", "start", "top", "item")
    keys = draft.array(draft.name("keys", "labels", "pixels"), I32, "n", domain=Integers(0, 3))
    data = draft.array("amounts", I32, "n", domain=Integers(-5, 20)) if kind in ("sum", "largest") else ""
    out = draft.output(draft.name("length_out", "run_value"), I32, "n")
    with draft.threads((i, "n", keys, 0)):
        n = draft.extent("n", keys)
        draft.line(f"key = {keys}[{i}]")
        heads = draw.chance(0.7)
        if heads:
            draft.line(f"if {i} > 0:", f"    if {keys}[{i} - 1] == key:", f"        {out}[{i}] = 0", "        return")
        begin = {"length": "1", "sum": f"{data}[{i}]", "largest": f"{data}[{i}]", "position": i}[kind]
        draft.line(f"total = int({begin})")
        step = {
            "length": "total += 1",
            "sum": f"total += {data}[{k}]",
            "largest": f"total = wp.max(total, {data}[{k}])",
            "position": f"total = {k}",
        }[kind]
        if form == "while":
            draft.line(f"{k} = int({i} + 1)", "going = int(1)")
            with draft.block(f"while going == 1 and {k} < {n}:"):
                draft.line(f"if {keys}[{k}] == key:", f"    {step}", f"    {k} += 1", "else:", "    going = 0")
        elif form == "break":
            with draft.block(f"for {k} in range({i} + 1, {n}):"):
                draft.line(f"if {keys}[{k}] != key:", "    break", step)
        else:
            draft.line("going = int(1)")
            with draft.block(f"for {k} in range({i} + 1, {n}):"):
                draft.line(f"if {keys}[{k}] != key:", "    going = 0", "if going == 1:", f"    {step}")
        draft.line(f"{out}[{i}] = total")
        draft.numpy(
            f"start = np.concatenate([[True], np.diff({keys}) != 0])",
            "heads = np.flatnonzero(start)",
            f"ends = np.append(heads[1:], len({keys}))",
        )
        draft.numpy("run = np.cumsum(start) - 1", "last = ends[run]", f"i = np.arange(len({keys}))")
        if kind == "length":
            draft.numpy("total = last - i")
        elif kind == "position":
            draft.numpy("total = last - 1")
        elif kind == "sum":
            draft.numpy(f"sums = np.concatenate([[0], np.cumsum({data})])", "total = sums[last] - sums[i]")
        else:
            draft.numpy(
                "inside = (i[None] >= i[:, None]) & (i[None] < last[:, None])", f"total = np.where(inside, {data}[None], -100).max(axis=1)"
            )
        draft.numpy(f"{out} = np.where(start, total, 0).astype(np.int32)" if heads else f"{out} = total.astype(np.int32)")
        if draw.chance(0.4):
            draft.output("longest", I32, 1, role="accumulate")
            draft.line("wp.atomic_max(longest, 0, total)")
            draft.numpy(f"longest = np.array([max(0, {out}.max())], np.int32)")
    return draft.case(name, ["n"], grids(draw, ["n"]))
