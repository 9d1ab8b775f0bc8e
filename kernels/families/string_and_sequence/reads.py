"""Reads and folds: profiles, qualities, base pairs, and the consensus of aligned reads."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.arguments import grids
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.string_and_sequence.letters import SEQUENCES, base_array
from kernels.language.expression import Expression
from kernels.language.interval import Interval
from kernels.language.types import I32, U8


def profile(draw: Draw) -> Case:
    """Scores of windows under a position weight matrix, with background, of both strands, the best of them; hydropathy by a table."""
    draft = Draft(draw, smooth=True)
    w = draw.integer(3, 8)
    kind = draw.choice(("matrix", "matrix", "strands", "background", "table"))
    i, k = draft.name("i", "pos", "tid"), draft.name("k", "j")
    name = draw.choice((f"pwm_{kind}", "score_windows", "motif_scan", "profile_scores"))
    draft.reserve(name, "score", "reverse", "base", "total", "best")
    alphabet = 4 if kind != "table" else draw.choice((4, 20))
    seq = draft.array(draft.name(*SEQUENCES), draw.choice((I32, U8)), f"n + {w - 1}", domain=Integers(0, alphabet))
    matrix = (
        draft.array(draft.name("pwm", "profile"), draft.real, w, 4) if kind != "table" else draft.array("hydropathy", draft.real, alphabet)
    )
    background = draft.array("background", draft.real, 4) if kind == "background" else ""
    out = draft.output(draft.name("scores", "out"), draft.real, "n")
    with draft.threads((i, "n", out, 0)):
        draft.line(f"score = {draft.zero()}", *([f"reverse = {draft.zero()}"] if kind == "strands" else []))
        with draft.block(f"for {k} in range({w}):"):
            draft.line(f"base = int({seq}[{i} + {k}])")
            if kind == "table":
                draft.line(f"score += {matrix}[base]")
            elif kind == "background":
                draft.line(f"score += {matrix}[{k}, base] - {background}[base]")
            else:
                draft.line(
                    f"score += {matrix}[{k}, base]", *([f"reverse += {matrix}[{w - 1} - {k}, 3 - base]"] if kind == "strands" else [])
                )
        draft.numpy(f"windows = np.stack([{seq}[p : p + dim[0]] for p in range({w})], axis=1).astype(np.int64)")
        if kind == "table":
            draft.numpy(f"score = {matrix}[windows].sum(axis=1)")
        else:
            draft.numpy(f"score = {matrix}[np.arange({w}), windows].sum(axis=1)")
            if kind == "background":
                draft.numpy(f"score = score - {background}[windows].sum(axis=1)")
            if kind == "strands":
                draft.numpy(f"reverse = {matrix}[{w - 1} - np.arange({w}), 3 - windows].sum(axis=1)")
        value = "score"
        if kind == "strands":
            draft.formula(
                draw.choice(("best = wp.max(score, reverse)", "best = wp.log(wp.exp(score) + wp.exp(reverse))", "best = score + reverse"))
            )
            value = "best"
        elif kind == "table" and draw.chance(0.6):
            draft.formula(f"mean = score / {float(w)}")
            value = "mean"
        bound = 1.0 if value == "mean" else 2.0 * w
        item: Expression = draft.known(value, draft.real, -bound, bound)
        if draw.chance(0.5):
            terms = [item]
            if draw.chance(0.6):
                weight = draft.array(draft.name("weight", "accessibility"), draft.real, "n", low=0.2)
                terms.append(draft.load("w", weight, i, 0.2, 1.0))
            item = draft.fused("affinity", draft.real, terms, smooth=True)
        draft.line(f"{out}[{i}] = {item.warp()}")
        draft.numpy(f"{out} = {item.numpy()}")
    return draft.case(name, ["n"], grids(draw, ["n"]))


def quality(draw: Draw) -> Case:
    """Phred qualities: error probabilities, expected errors, trimming from the end, masks of poor bases, mean quality of reads."""
    draft = Draft(draw)
    kind = draw.choice(("expected", "trim", "mask", "mean"))
    i, k = draft.name("i", "read", "row"), draft.name("k", "pos")
    name = draw.choice((f"quality_{kind}", f"{kind}_reads", f"phred_{kind}"))
    draft.reserve(name, "q", "total", "error", "keep", "sum_q", "best", "value")
    width = draw.integer(4, 12)
    quality = draft.array(draft.name("quality", "phred"), draw.choice((I32, U8)), "n", width, domain=Integers(2, 41))
    limit = draft.value("threshold", I32, Integers(10, 30)) if draw.chance(0.6) else str(draw.integer(10, 25))
    if kind == "mask":
        seq = base_array(draft, "reads", "n", width)
        out = draft.output("masked", I32, "n", width)
        with draft.threads((i, "n", quality, 0), (k, "width", quality, 1)):
            draft.line(*draw.choice((
                (f"{out}[{i}, {k}] = wp.where(int({quality}[{i}, {k}]) < {limit}, 4, int({seq}[{i}, {k}]))",),
                (f"if int({quality}[{i}, {k}]) < {limit}:", f"    {out}[{i}, {k}] = 4",
                 "else:", f"    {out}[{i}, {k}] = int({seq}[{i}, {k}])"),
            )))  # fmt: skip
            draft.numpy(f"{out} = np.where({quality} < {limit}, 4, {seq}).astype(np.int32)")
        return draft.case(name, ["n", width], [{**s, "width": width} for s in grids(draw, ["n"])])
    with draft.threads((i, "n", quality, 0)):
        if kind == "trim":
            draft.line(f"keep = int({width})", "sum_q = int(0)", "best = int(0)")
            with draft.block(f"for step in range({width}):"):
                draft.line(
                    f"{k} = {width - 1} - step",
                    f"sum_q += {limit} - int({quality}[{i}, {k}])",
                    "if sum_q > best:",
                    "    best = sum_q",
                    f"    keep = {k}",
                )
            draft.numpy(f"gain = np.cumsum(({limit} - {quality}.astype(np.int64))[:, ::-1], axis=1)")
            draft.numpy(f"keep = np.where(gain.max(axis=1) > 0, {width - 1} - np.argmax(gain, axis=1), {width}).astype(np.int32)")
            draft.store(draft.output("trimmed_length", I32, "n"), i, "keep")
            if draw.chance(0.5):
                draft.output("kept_reads", I32, 1, role="accumulate")
                draft.line(f"if keep >= {width // 2}:", "    wp.atomic_add(kept_reads, 0, 1)")
                draft.numpy(f"kept_reads = np.array([(keep >= {width // 2}).sum()], np.int32)")
        else:
            draft.line(f"total = {draft.zero()}")
            with draft.block(f"for {k} in range({width}):"):
                draft.line(f"q = {draft.cast(f'{quality}[{i}, {k}]')}")
                draft.line(f"total += wp.pow({draft.number(10.0)}, {draft.number(-0.1)} * q)" if kind == "expected" else "total += q")
            draft.numpy(
                f"q = {quality}.astype({draft.precision})",
                "total = " + ("10.0 ** (-0.1 * q)" if kind == "expected" else "q").join(("(", ").sum(axis=1)")),
            )
            draft.formula(f"value = total / {float(width)}")
            item: Expression = (
                draft.known("value", draft.real, 0.0, 0.7) if kind == "expected" else draft.known("value", draft.real, 2.0, 40.0)
            )
            if draw.chance(0.5):
                scale = draft.array("weight", draft.real, "n", low=0.2)
                item = draft.fused("scored", draft.real, [item, draft.load("w", scale, i, 0.2, 1.0)], smooth=True)
            draft.store(draft.output("out", draft.real, "n"), i, item.warp())
            if draw.chance(0.4):
                draft.output("accepted", I32, "n")
                level = 0.05 if kind == "expected" else 20.3
                sign = "<" if kind == "expected" else ">"
                draft.line(f"accepted[{i}] = wp.where(value {sign} {draft.number(level)}, 1, 0)")
                draft.numpy(f"accepted = (value {sign} {level}).astype(np.int32)")
    return draft.case(name, ["n"], grids(draw, ["n"]))


def pairs(draw: Draw) -> Case:
    """Base pairs: Nussinov's cell from its neighbours, pairing scores of all pairs, stacks, loops' energies, contact counts."""
    draft = Draft(draw, smooth=True)
    kind = draw.choice(("score", "stack", "nussinov", "energy"))
    i, j = draw.choice((("i", "j"), ("a", "b")))
    name = draw.choice((f"{kind}_pairs", "base_pair_scores" if kind == "score" else f"{kind}_matrix", f"fold_{kind}"))
    draft.reserve(name, i, j, "x", "y", "score", "best", "k", "inner", "pair")
    seq = base_array(draft, draft.name(*SEQUENCES), "n")
    loop = draw.integer(1, 3)
    real = kind in ("energy", "score") and draw.chance(0.7)
    table = draft.array("pair_energy", draft.real, 4, 4) if real else ""
    out = draft.output(draft.name("pairs_out", "cells"), draft.real if real else I32, "n", "n")
    zero = draft.zero() if real else "0"
    draft.line(f"{i}, {j} = wp.tid()")
    short = draw.choice((f"{j} - {i} <= {loop}", f"{j} <= {i} + {loop}"))
    draft.line(f"if {short}:", f"    {out}[{i}, {j}] = {zero}", "    return")
    draft.line(f"x = int({seq}[{i}])", f"y = int({seq}[{j}])")
    draft.numpy(
        f"index = np.arange(len({seq}))",
        f"far = index[None] - index[:, None] > {loop}",
        f"x, y = {seq}.astype(np.int64)[:, None], {seq}.astype(np.int64)[None]",
    )
    if real:
        draft.line(f"score = {table}[x, y]")
        draft.numpy(f"score = {table}[x, y]")
        item: Expression = draft.known("score", draft.real, -1.0, 1.0)
        if draw.chance(0.6):
            terms = [item]
            access = draft.array("unpaired", draft.real, "n", low=0.2)
            draft.line(f"u = {access}[{i}]")
            draft.numpy(f"u = {access}[:, None]")
            terms.append(draft.known("u", draft.real, 0.2, 1.0))
            item = draft.fused("energy", draft.real, terms, smooth=True)
        draft.line(f"{out}[{i}, {j}] = {item.warp()}")
        draft.numpy(f"{out} = np.where(far, {item.numpy()}, 0.0)")
    else:
        wobble = draw.chance(0.5)
        test, numpy = "x + y == 3", "(x + y == 3)"
        if wobble:
            test, numpy = (
                "x + y == 3 or (x == 2 and y == 3) or (x == 3 and y == 2)",
                "((x + y == 3) | ((x == 2) & (y == 3)) | ((x == 3) & (y == 2)))",
            )
        draft.line("score = int(0)", f"if {test}:", "    score = 1")
        draft.numpy(f"score = {numpy}.astype(np.int64)")
        if kind == "stack":
            draft.line("if score == 1:", f"    if int({seq}[{i} + 1]) + int({seq}[{j} - 1]) == 3:", "        score = 2")
            draft.numpy(f"after = {seq}.astype(np.int64)[np.minimum(index + 1, len(index) - 1)]")
            draft.numpy(f"before = {seq}.astype(np.int64)[np.maximum(index - 1, 0)]")
            draft.numpy("inner = after[:, None] + before[None] == 3")
            draft.numpy("score = np.where((score == 1) & inner, 2, score)")
        elif kind == "nussinov":
            table_in = draft.array("table", I32, "n", "n", domain=Integers(0, 9))
            draft.line(
                f"best = {table_in}[{i} + 1, {j} - 1] + score",
                f"best = wp.max(best, wp.max({table_in}[{i} + 1, {j}], {table_in}[{i}, {j} - 1]))",
            )
            below, before = f"{table_in}[np.minimum(index + 1, len(index) - 1)]", "np.maximum(index - 1, 0)"
            draft.numpy(f"best = np.maximum({below}[:, {before}] + score, np.maximum({below}, {table_in}[:, {before}]))")
            split = draw.chance(0.6)
            if split:
                with draft.block(f"for k in range({i} + 1, {j}):"):
                    draft.line(f"best = wp.max(best, {table_in}[{i}, k] + {table_in}[k + 1, {j}])")
                draft.numpy(f"for k in range(1, len({seq}) - 1):", "    between = (index[:, None] < k) & (k < index[None])")
                draft.numpy(f"    best = np.where(between, np.maximum(best, {table_in}[:, k, None] + {table_in}[None, k + 1]), best)")
            draft.line("score = best")
            draft.numpy("score = best")
        draft.line(f"{out}[{i}, {j}] = score")
        draft.numpy(f"{out} = np.where(far, score, 0).astype(np.int32)")
        if draw.chance(0.5):
            draft.output("pair_count", I32, "n", role="accumulate")
            draft.line("if score > 0:", f"    wp.atomic_add(pair_count, {i}, 1)")
            draft.numpy("pair_count = (far & (score > 0)).sum(axis=1).astype(np.int32)")
    return draft.case(name, ["n", "n"], [{"n": n} for n in (3, draw.choice((5, 7)), draw.integer(11, 19))])


def consensus(draw: Draw) -> Case:
    """Columns of aligned reads: votes by weight, the most frequent base, coverage, disagreement, variants against a reference."""
    draft = Draft(draw)
    depth = draw.integer(3, 9)
    kind = draw.choice(("vote", "weighted", "variant", "pileup"))
    i, r, b = draft.name("i", "column", "pos"), draft.name("r", "read"), "b"
    name = draw.choice((f"{kind}_consensus", "call_bases", "column_votes"))
    draft.reserve(name, "votes", "most", "winner", "base", "coverage", b)
    reads = base_array(draft, "reads", depth, "n", missing=True)
    weights = draft.array("weights", draft.real, depth, "n", low=0.2) if kind == "weighted" else ""
    draft.numpy(f"votes = np.stack([np.where({reads} == b, {weights or 1}, 0).sum(axis=0) for b in range(4)], axis=-1)")
    with draft.threads((i, "n", reads, 1)):
        if kind == "pileup":
            draft.output("pileup", I32, "n", 4)
            with draft.block("for b in range(4):"):
                draft.line("votes = int(0)")
                with draft.block(f"for {r} in range({depth}):"):
                    draft.line(f"if int({reads}[{r}, {i}]) == b:", "    votes += 1")
                draft.line(f"pileup[{i}, b] = votes")
            draft.numpy("pileup = votes.astype(np.int32)")
            return draft.case(name, ["n"], grids(draw, ["n"]))
        zero = draft.zero() if weights else "int(0)"
        if draw.chance(0.4):
            covered = draft.output("coverage_out", I32, "n")
            draft.line("coverage = int(0)")
            with draft.block(f"for {r} in range({depth}):"):
                draft.line(
                    *draw.choice(
                        (
                            (f"if int({reads}[{r}, {i}]) < 4:", "    coverage += 1"),
                            (f"coverage += wp.where(int({reads}[{r}, {i}]) < 4, 1, 0)",),
                        )
                    )
                )
            draft.line(f"{covered}[{i}] = coverage")
            draft.numpy(f"{covered} = ({reads} < 4).sum(axis=0).astype(np.int32)")
        draft.line("winner = int(0)", f"most = {zero}")
        with draft.block("for b in range(4):"):
            draft.line(f"votes = {zero}")
            with draft.block(f"for {r} in range({depth}):"):
                amount = f"{weights}[{r}, {i}]" if weights else "1"
                draft.line(*draw.choice((
                    (f"base = int({reads}[{r}, {i}])", "if base == b:", f"    votes += {amount}"),
                    (f"if int({reads}[{r}, {i}]) == b:", f"    votes += {amount}"),
                )))  # fmt: skip
            draft.line("if votes > most:", "    most = votes", "    winner = b")
        draft.numpy("winner = np.argmax(votes, axis=1).astype(np.int32)", "most = votes.max(axis=1)")
        if kind == "variant":
            known = base_array(draft, "reference_bases", "n")
            least = draw.integer(1, depth // 2 + 1)
            draft.output("variant", I32, "n")
            draft.line(f"variant[{i}] = -1", f"if winner != int({known}[{i}]) and most >= {least}:", f"    variant[{i}] = winner")
            draft.numpy(f"variant = np.where((winner != {known}) & (most >= {least}), winner, -1).astype(np.int32)")
        else:
            draft.store(draft.output("consensus", I32, "n"), i, "winner")
            if weights and draw.chance(0.6):
                value: Expression = draft.known("most", draft.real, 0.0, 9.0)
                value = (
                    draft.fused("confidence", draft.real, [value], smooth=True, domain=Interval(-50.0, 50.0)) if draw.chance(0.5) else value
                )
                draft.store(draft.output("confidence_out", draft.real, "n"), i, value.warp())
            elif not weights:
                draft.output("support", I32, "n")
                draft.line(f"support[{i}] = most")
                draft.numpy("support = most.astype(np.int32)")
    return draft.case(name, ["n"], grids(draw, ["n"]))
