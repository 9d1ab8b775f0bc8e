"""Labels and tokens: decoding of labels, paths followed back, embeddings, targets' scores."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Bernoulli, Integers
from kernels.drafting.arguments import grids
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.language.expression import Expression
from kernels.language.interval import Interval
from kernels.language.types import I32


def labels(draw: Draw) -> Case:
    """Labels decoded: repeats and blanks collapsed (CTC), spans begun and ended (BIO tags), best labels of rows, paths followed back."""
    draft = Draft(draw)
    kind = draw.choice(("collapse", "spans", "argmax", "backtrace"))
    i, t = draft.name("i", "row", "seq"), draft.name("t", "k")
    name = draw.choice((f"decode_{kind}", f"{kind}_labels", "ctc_collapse" if kind == "collapse" else f"{kind}_kernel"))
    draft.reserve(name, "label", "before", "count", "best", "state", "starts", "value", "total", "score", "c")
    width = draw.integer(3, 8)
    if kind == "argmax":
        classes = draw.integer(3, 6)
        scores = draft.array("scores", draft.real, "n", "length", classes)
        bias = draft.array("class_bias", draft.real, classes) if draw.chance(0.4) else ""
        mask = draft.array("is_padding", I32, "n", "length", domain=Bernoulli(0.25)) if draw.chance(0.4) else ""
        score = f"{scores}[{i}, {t}, @]" + (f" + {bias}[@]" if bias else "")
        draft.numpy(f"total = {scores}{f' + {bias}' if bias else ''}", "labels_out = np.argmax(total, axis=-1).astype(np.int32)")
        draft.line(f"{i}, {t} = wp.tid()")
        draft.output("labels_out", I32, "n", "length")
        if mask:
            draft.line(f"if {mask}[{i}, {t}] == 1:", f"    labels_out[{i}, {t}] = -1", "    return")
            draft.numpy(f"labels_out = np.where({mask} == 1, -1, labels_out)")
        kept = draw.chance(0.5)
        draft.line("best = int(0)", *([f"value = {score.replace('@', '0')}"] if kept else []))
        with draft.block(f"for c in range(1, {classes}):"):
            if kept:
                draft.line(f"score = {score.replace('@', 'c')}", "if score > value:", "    value = score", "    best = c")
            else:
                draft.line(f"if {score.replace('@', 'c')} > {score.replace('@', 'best')}:", "    best = c")
        draft.line(f"labels_out[{i}, {t}] = best")
        if kept and not mask and draw.chance(0.6):
            draft.output("confidence", draft.real, "n", "length")
            draft.line(f"confidence[{i}, {t}] = value")
            draft.numpy("confidence = total.max(axis=-1)")
        if draw.chance(0.5):
            draft.output("label_count", I32, classes, role="accumulate")
            draft.line("wp.atomic_add(label_count, best, 1)")
            draft.numpy(f"label_count = np.bincount(labels_out[labels_out >= 0], minlength={classes}).astype(np.int32)")
        sizes = [{"n": n, "length": m} for n, m in ((1, 1), (3, 5), (draw.integer(7, 13), draw.integer(7, 11)))]
        return draft.case(name, ["n", "length"], sizes)
    if kind == "backtrace":
        states = draw.integer(2, 5)
        back = draft.array("backpointer", I32, "n", width, states, domain=Integers(0, states))
        last = draft.array("final_state", I32, "n", domain=Integers(0, states))
        out = draft.output("path", I32, "n", width + 1)
        tags = draft.array("tag_of_state", I32, states, domain=Integers(0, 9)) if draw.chance(0.4) else ""
        changes = draft.output("change_count", I32, "n") if draw.chance(0.45) else ""
        values = draft.array("state_score", draft.real, width, states) if draw.chance(0.5) else ""
        stored = f"{tags}[state]" if tags else "state"
        with draft.threads((i, "n", last, 0)):
            draft.line(f"state = int({last}[{i}])", f"{out}[{i}, {width}] = {stored}")
            draft.line(*(["count = int(0)"] if changes else []), *([f"value = {draft.zero()}"] if values else []))
            draft.numpy(f"state, rows, states = {last}, np.arange(dim[0]), [{last}]", "value = 0.0")
            with draft.block(f"for step in range({width}):"):
                draft.line(f"{t} = {width - 1} - step", *(["before = int(state)"] if changes else []), f"state = {back}[{i}, {t}, state]")
                draft.line(
                    *(["if state != before:", "    count += 1"] if changes else []), *([f"value += {values}[{t}, state]"] if values else [])
                )
                draft.line(f"{out}[{i}, {t}] = {stored}")
            draft.numpy(f"for t in reversed(range({width})):", f"    state = {back}[rows, t, state]", "    states.append(state)")
            if values:
                draft.numpy(f"    value = value + {values}[t, state]")
            draft.numpy("path = np.stack(states[::-1], axis=1)")
            if changes:
                draft.line(f"{changes}[{i}] = count")
                draft.numpy(f"{changes} = (np.diff(path, axis=1) != 0).sum(axis=1).astype(np.int32)")
            if values:
                draft.store(draft.output("path_score", draft.real, "n"), i, "value")
            draft.numpy(f"{out} = {f'{tags}[path]' if tags else 'path'}")
            if draw.chance(0.5):
                draft.output("first_state", I32, states, role="accumulate")
                draft.line("wp.atomic_add(first_state, state, 1)")
                draft.numpy(f"first_state = np.bincount(state, minlength={states}).astype(np.int32)")
        return draft.case(name, ["n"], grids(draw, ["n"]))
    labels = draft.array("labels", I32, "n", width, domain=Integers(0, 4 if kind == "collapse" else 3))
    with draft.threads((i, "n", labels, 0)):
        weighted = draft.array("frame_score", draft.real, "n", width) if draw.chance(0.4) else ""
        draft.line("count = int(0)", "before = int(0)", *([f"total = {draft.zero()}"] if weighted else []))
        if kind == "collapse":
            out = draft.output("collapsed", I32, "n", width)
            fill = draw.choice(("-1", "0"))
            remap = draft.array("symbol_of", I32, 4, domain=Integers(1, 30)) if draw.chance(0.4) else ""
            symbol = f"{remap}[label]" if remap else "label"
            nested = draw.chance(0.4)
            with draft.block(f"for {t} in range({width}):"):
                draft.line(f"{out}[{i}, {t}] = {fill}")
            with draft.block(f"for {t} in range({width}):"):
                draft.line(f"label = {labels}[{i}, {t}]", *(["if label != 0:"] if nested else []))
                space = "    " if nested else ""
                draft.line(f"{space}if label != before:" if nested else "if label != 0 and label != before:")
                draft.line(f"{space}    {out}[{i}, count] = {symbol}", f"{space}    count += 1")
                draft.line(*([f"{space}    total += {weighted}[{i}, {t}]"] if weighted else []), "before = label")
            draft.numpy(
                f"before = np.concatenate([np.zeros((len({labels}), 1), np.int32), {labels}[:, :-1]], axis=1)",
                f"kept = ({labels} != 0) & ({labels} != before)",
            )
            draft.numpy("order = np.argsort(~kept, axis=1, kind='stable')", "count = kept.sum(axis=1).astype(np.int32)")
            draft.numpy(f"moved = np.take_along_axis({labels}, order, axis=1)", *([f"moved = {remap}[moved]"] if remap else []))
            if weighted:
                draft.numpy(f"total = np.where(kept, {weighted}, 0.0).sum(axis=1)")
                draft.store(draft.output("score_out", draft.real, "n"), i, "total")
            draft.numpy(f"{out} = np.where(np.arange({width}) < count[:, None], moved, {fill}).astype(np.int32)")
        else:
            # Tags: 0 outside, 1 begins a span, 2 is inside one.
            draft.line("value = int(0)")
            with draft.block(f"for {t} in range({width}):"):
                draft.line(f"label = {labels}[{i}, {t}]")
                draft.line(*draw.choice((
                    ("if label == 1 or (label == 2 and before == 0):", "    count += 1"),
                    ("if label == 1:", "    count += 1", "elif label == 2 and before == 0:", "    count += 1"),
                )))  # fmt: skip
                draft.line(
                    "if label != 0:", "    value += 1", *([f"    total += {weighted}[{i}, {t}]"] if weighted else []), "before = label"
                )
            draft.numpy(f"before = np.concatenate([np.zeros((len({labels}), 1), np.int32), {labels}[:, :-1]], axis=1)")
            draft.numpy(
                f"starts = ({labels} == 1) | (({labels} == 2) & (before == 0))",
                "count = starts.sum(axis=1).astype(np.int32)",
                f"value = ({labels} != 0).sum(axis=1).astype(np.int32)",
            )
            if weighted:
                draft.numpy(f"total = np.where({labels} != 0, {weighted}, 0.0).sum(axis=1)")
                draft.store(draft.output("score_out", draft.real, "n"), i, "total")
            if draw.chance(0.6):
                draft.store(draft.output("inside_count", I32, "n"), i, "value")
        draft.store(draft.output("count_out", I32, "n"), i, "count")
    return draft.case(name, ["n"], grids(draw, ["n"]))


def tokens(draw: Draw) -> Case:
    """Tokens: embeddings looked up, with positions, averaged over a sentence, scored against a context; targets' probabilities."""
    draft = Draft(draw, smooth=True)
    kind = draw.choice(("lookup", "position", "bag", "score", "repeat"))
    i, c, t = draft.name("i", "token", "pos"), draft.name("c", "channel", "d"), draft.name("t", "k")
    name = draw.choice((f"embedding_{kind}", f"token_{kind}", f"{kind}_tokens"))
    draft.reserve(name, "value", "total", "word", "here", "score", "mean", "penalty")
    table = draft.array(draft.name("embedding", "table"), draft.real, "vocabulary", "width") if kind not in ("score", "repeat") else ""
    sizes = [
        {"n": n, "vocabulary": draw.integer(3, 12), "width": draw.integer(1, 5)} for n in (1, draw.choice((5, 7, 11)), draw.integer(17, 40))
    ]
    if kind in ("lookup", "position"):
        tokens = draft.array("tokens", I32, "n", domain=lambda s: Integers(-1 if kind == "lookup" else 0, s["vocabulary"]))
        out = draft.output("hidden", draft.real, "n", "width")
        draft.line(f"{i}, {c} = wp.tid()", f"word = {tokens}[{i}]")
        if kind == "lookup":
            draft.line("if word < 0:", f"    {out}[{i}, {c}] = {draft.zero()}", "    return")
        draft.line(f"value = {table}[word, {c}]")
        draft.numpy(f"value = {table}[np.maximum({tokens}, 0)]")
        terms: list[Expression] = [draft.known("value", draft.real, -1.0, 1.0)]
        if kind == "position":
            positions = draft.array("position_table", draft.real, "n", "width")
            draft.line(f"here = {positions}[{i}, {c}]")
            draft.numpy(f"here = {positions}")
            terms.append(draft.known("here", draft.real, -1.0, 1.0))
        item: Expression = draft.fused("mixed", draft.real, terms, smooth=True) if len(terms) > 1 or draw.chance(0.5) else terms[0]
        draft.line(f"{out}[{i}, {c}] = {item.warp()}")
        draft.numpy(f"{out} = np.where({tokens}[:, None] >= 0, {item.numpy()}, 0.0)")
        return draft.case(name, ["n", "width"], sizes)
    if kind == "bag":
        length = draw.integer(2, 6)
        tokens = draft.array("tokens", I32, "n", length, domain=lambda s: Integers(0, s["vocabulary"]))
        weights = draft.array("token_weight", draft.real, "n", length, low=0.2) if draw.chance(0.5) else ""
        out = draft.output("sentence", draft.real, "n", "width")
        draft.line(f"{i}, {c} = wp.tid()", f"total = {draft.zero()}")
        with draft.block(f"for {t} in range({length}):"):
            draft.line(f"total += {f'{weights}[{i}, {t}] * ' if weights else ''}{table}[{tokens}[{i}, {t}], {c}]")
        draft.numpy(f"total = ({f'{weights}[:, :, None] * ' if weights else ''}{table}[{tokens}]).sum(axis=1)")
        draft.formula(f"mean = total / {float(length)}")
        item = draft.known("mean", draft.real, -1.0, 1.0)
        if draw.chance(0.5):
            item = draft.fused("activated", draft.real, [item], smooth=True)
        draft.line(f"{out}[{i}, {c}] = {item.warp()}")
        draft.numpy(f"{out} = {item.numpy()}")
        return draft.case(name, ["n", "width"], sizes)
    logits = draft.array("logits", draft.real, "n", "vocabulary", low=-2.0, high=2.0)
    if kind == "score":
        target = draft.array("targets", I32, "n", domain=lambda s: Integers(0, s["vocabulary"]))
        norm = draft.array("log_norm", draft.real, "n")
        with draft.threads((i, "n", logits, 0)):
            draft.line(f"word = {target}[{i}]", f"score = {logits}[{i}, word] - {norm}[{i}]")
            draft.numpy(f"score = {logits}[np.arange(len({target})), {target}] - {norm}")
            item = draft.known("score", draft.real, -3.0, 3.0)
            if draw.chance(0.6):
                weight = draft.array("weight", draft.real, "n", low=0.2)
                item = draft.fused(
                    "weighted", draft.real, [item, draft.load("w", weight, i, 0.2, 1.0)], smooth=True, domain=Interval(-50.0, 50.0)
                )
            if draw.chance(0.5):
                draft.output("loss", draft.real, 1, role="accumulate")
                draft.line(f"wp.atomic_sub(loss, 0, {item.warp()})")
                draft.numpy(f"loss = -np.array([np.sum({item.numpy()})])")
            else:
                draft.store(draft.output("log_prob", draft.real, "n"), i, item.warp())
        return draft.case(name, ["n"], sizes)
    used = draft.array("used_count", I32, "n", "vocabulary", domain=Integers(0, 3))
    penalty = draft.knob("penalty_rate", 0.1, 0.8)
    out = draft.output("logits_out", draft.real, "n", "vocabulary")
    word = draft.name("w", "vocab_index")
    draft.line(f"{i}, {word} = wp.tid()", f"value = {logits}[{i}, {word}]")
    draft.line(f"penalty = {penalty.warp()} * {draft.cast(f'{used}[{i}, {word}]')}")
    draft.numpy(f"value = {logits}", f"penalty = {penalty.numpy()} * {used}.astype({draft.precision})")
    draft.known("value", draft.real, -2.0, 2.0)
    draft.known("penalty", draft.real, 0.0, 1.6)
    terms = [draft.scope["value"], draft.scope["penalty"], *draft.some_parameters(("temperature",), draw.integer(0, 1))]
    item = draft.fused("adjusted", draft.real, terms, smooth=True)
    draft.line(f"{out}[{i}, {word}] = {item.warp()}")
    draft.numpy(f"{out} = {item.numpy()}")
    return draft.case(name, ["n", "vocabulary"], sizes)
