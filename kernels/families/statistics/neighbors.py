"""Neighbours: the nearest of several samples, and votes of stored neighbours."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.arguments import Sizes
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.language.expression import Expression
from kernels.language.types import I32


def pair_sizes(draw: Draw) -> list[Sizes]:
    """The sizes of three launches: `n` queries and `m` samples."""
    return [
        {"n": n, "m": m} for n, m in ((1, 1), (draw.choice((5, 7, 11)), draw.choice((7, 13))), (draw.integer(17, 40), draw.integer(20, 60)))
    ]


def nearest(draw: Draw) -> Case:
    """The nearest sample of each query, by its number and label, and the distance where the loop is unrolled."""
    draft = Draft(draw, smooth=True)
    few = draw.integer(3, 8)
    static = draw.chance(0.5)
    vectors = draw.chance(0.4)
    i, k = draft.name("i", "query"), draft.name("k", "j", "candidate")
    name = draw.choice(("nearest_sample", "closest_prototype", "quantize_codebook", "one_nearest_neighbor"))
    draft.reserve(name, "best", "least", "d", "offset", "value")
    type = draft.vector if vectors else draft.real
    count: int | str = few if static else "m"
    x = draft.array(draft.name("queries", "points"), type, "n")
    book = draft.array(draft.name("codebook", "prototypes", "samples"), type, count)
    metric = draw.choice(("square", "absolute", "weighted")) if not vectors else "square"
    with draft.threads((i, "n", x, 0)):
        length = str(few) if static else draft.extent("m", book)
        draft.line("best = int(0)", f"least = {draft.real.spelling}(1.0e6)")
        with draft.block(f"for {k} in range({length}):"):
            draft.line(f"offset = {x}[{i}] - {book}[{k}]")
            draft.numpy(f"offset = {x}[:, None] - {book}[None]")
            if vectors:
                draft.formula("d = wp.dot(offset, offset)")
            elif metric == "weighted":
                weight = draft.array("weights", draft.real, count, low=0.3)
                draft.line(f"d = {weight}[{k}] * wp.abs(offset)")
                draft.numpy(f"d = {weight}[None] * np.abs(offset)")
            else:
                draft.formula("d = wp.abs(offset)" if metric == "absolute" else "d = offset * offset")
            draft.line("if d < least:", "    least = d", f"    best = {k}")
        draft.numpy("best = np.argmin(d, axis=1).astype(np.int32)", "least = d.min(axis=1)")
        kinds = draw.subset(("index", "label", "distance", "count"), draw.integer(1, 3))
        if not static and "distance" in kinds:
            kinds = [k_ for k_ in kinds if k_ != "distance"] or ["index"]
        for part in sorted(kinds):
            if part == "index":
                draft.store(draft.output(draft.name("nearest", "assignment"), I32, "n"), i, "best")
            elif part == "label":
                labels = draft.array("labels", I32, count, domain=Integers(0, 5))
                draft.output("label_out", I32, "n")
                draft.line(f"label_out[{i}] = {labels}[best]")
                draft.numpy(f"label_out = {labels}[best]")
            elif part == "count":
                draft.output("used", I32, count, role="accumulate")
                draft.line("wp.atomic_add(used, best, 1)")
                draft.numpy(f"used = np.bincount(best, minlength=len({book})).astype(np.int32)")
            else:
                value: Expression = draft.known("least", draft.real, 0.0, 12.0)
                if draw.chance(0.5):
                    value = draft.fused("value", draft.real, [value], smooth=True)
                draft.store(draft.output("distance_out", draft.real, "n"), i, value.warp())
    return draft.case(name, ["n"], pair_sizes(draw))


def votes(draw: Draw) -> Case:
    """Votes of stored neighbours: the most frequent label, weighted votes by class, agreement, and averages of values."""
    draft = Draft(draw)
    near, classes = draw.choice((3, 4, 5, 6, 8)), draw.choice((2, 3, 4))
    i, k, c = draft.name("i", "query"), draft.name("k", "slot"), draft.name("c", "cls")
    kind = draw.choice(("majority", "weighted", "agreement", "probability"))
    name = draw.choice(("knn_vote", f"{kind}_vote", "classify_neighbors"))
    draft.reserve(name, "votes", "most", "winner", "label", "agree", "total", "j")
    table = draft.array(draft.name("neighbors", "knn_index"), I32, "n", near, domain=lambda s: Integers(0, s["m"]))
    labels = draft.array("labels", I32, "m", domain=Integers(0, classes))
    weights = draft.array("weights", draft.real, "n", near, low=0.2) if kind in ("weighted", "probability") else ""
    with draft.threads((i, "n", table, 0)):
        draft.numpy(f"label = {labels}[{table}]")
        if kind == "agreement":
            own = draft.array("own_label", I32, "n", domain=Integers(0, classes))
            draft.line("agree = int(0)")
            with draft.block(f"for {k} in range({near}):"):
                draft.line(
                    *draw.choice(
                        (
                            (f"if {labels}[{table}[{i}, {k}]] == {own}[{i}]:", "    agree += 1"),
                            (f"agree += wp.where({labels}[{table}[{i}, {k}]] == {own}[{i}], 1, 0)",),
                        )
                    )
                )
            draft.numpy(f"agree = (label == {own}[:, None]).sum(axis=1).astype(np.int32)")
            draft.store(draft.output("agreement", I32, "n"), i, "agree")
        elif kind == "probability":
            out = draft.output("class_weight", draft.real, "n", classes)
            with draft.block(f"for {c} in range({classes}):"):
                draft.line(f"total = {draft.zero()}")
                with draft.block(f"for {k} in range({near}):"):
                    draft.line(f"label = {labels}[{table}[{i}, {k}]]", f"if label == {c}:", f"    total += {weights}[{i}, {k}]")
                draft.line(f"{out}[{i}, {c}] = total")
            draft.numpy(f"{out} = np.stack([np.where(label == c, {weights}, 0.0).sum(axis=1) for c in range({classes})], axis=-1)")
        else:
            draft.line("winner = int(0)", f"most = {draft.zero() if weights else 'int(0)'}")
            with draft.block(f"for {c} in range({classes}):"):
                draft.line(f"votes = {draft.zero() if weights else 'int(0)'}")
                with draft.block(f"for {k} in range({near}):"):
                    draft.line(
                        f"label = {labels}[{table}[{i}, {k}]]",
                        f"if label == {c}:",
                        f"    votes += {f'{weights}[{i}, {k}]' if weights else '1'}",
                    )
                draft.line("if votes > most:", "    most = votes", f"    winner = {c}")
            amount = weights or "1"
            draft.numpy(f"votes = np.stack([np.where(label == c, {amount}, 0).sum(axis=1) for c in range({classes})], axis=-1)")
            draft.numpy("winner = np.argmax(votes, axis=1).astype(np.int32)")
            draft.store(draft.output("predicted", I32, "n"), i, "winner")
            if not weights and draw.chance(0.5):
                draft.output("margin", I32, "n")
                draft.line(f"margin[{i}] = 2 * most - {near}")
                draft.numpy(f"margin = (2 * votes.max(axis=1) - {near}).astype(np.int32)")
            elif weights and draw.chance(0.6):
                draft.numpy("most = votes.max(axis=1)")
                draft.store(draft.output("confidence", draft.real, "n"), i, "most")
    return draft.case(name, ["n"], pair_sizes(draw))
