"""Splits of decision trees, and resampled statistics: bootstrap, jackknife, permutations."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Permutation
from kernels.drafting.arguments import grids
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.language.expression import Expression
from kernels.language.types import I32


def split(draw: Draw) -> Case:
    """Splits of a tree: counts and sums left and right of thresholds, Gini impurity, entropy, gains, leaves reached by samples."""
    draft = Draft(draw, smooth=True)
    kind = draw.choice(("counts", "impurity", "leaf", "gain"))
    name = draw.choice((f"split_{kind}", f"tree_{kind}", f"decision_{kind}"))
    i, t = draft.name("i", "sample"), draft.name("t", "threshold_index")
    draft.reserve(name, "p", "q", "value", "node", "left", "n", "total", "k", "gini")
    if kind == "counts":
        x = draft.array("x", draft.real, "n")
        thresholds = draft.array("thresholds", draft.real, "m", low=-0.9, high=0.9)
        label = draft.array("labels", I32, "n", domain=Integers(0, 3))
        target = draft.array("targets", draft.real, "n") if draw.chance(0.5) else ""
        grid = draw.chance(0.5)
        draft.numpy(f"left = {x}[None] < {thresholds}[:, None]")
        draft.output("left_count", I32, "m", 3, role="accumulate")
        draft.numpy(f"left_count = np.stack([(left & ({label} == c)).sum(axis=1) for c in range(3)], axis=-1).astype(np.int32)")
        sums = draft.output("left_sum", draft.real, "m", role="accumulate") if target else ""
        if target:
            draft.numpy(f"left_sum = np.where(left, {target}, 0.0).sum(axis=1)")
        draft.line(f"{i}, {t} = wp.tid()" if grid else f"{i} = wp.tid()")
        length = "" if grid else draft.extent("m", thresholds)
        work = [
            f"if {x}[{i}] < {thresholds}[{t}]:",
            f"    wp.atomic_add(left_count, {t}, {label}[{i}], 1)",
            *([f"    wp.atomic_add({sums}, {t}, {target}[{i}])"] if target else []),
        ]
        if grid:
            draft.line(*work)
        else:
            with draft.block(f"for {t} in range({length}):"):
                draft.line(*work)
        return draft.case(name, ["n", "m"] if grid else ["n"], [{**s, "m": draw.integer(2, 8)} for s in grids(draw, ["n"])])
    if kind == "leaf":
        depth = draw.integer(2, 4)
        x = draft.array("features", draft.real, "n", "columns")
        feature = draft.array("feature_of", I32, 2**depth - 1, domain=lambda s: Integers(0, s["columns"]))
        threshold = draft.array("threshold_of", draft.real, 2**depth - 1, low=-0.8, high=0.8)
        values = draft.array("leaf_value", draft.real, 2**depth)
        with draft.threads((i, "n", x, 0)):
            draft.line("node = int(0)")
            draft.numpy("node, rows = np.zeros(dim[0], np.int32), np.arange(dim[0])")
            with draft.loop(f"for k in range({depth}):"):
                if draw.chance(0.5):
                    draft.line(
                        f"if {x}[{i}, {feature}[node]] < {threshold}[node]:", "    node = 2 * node + 1", "else:", "    node = 2 * node + 2"
                    )
                else:
                    draft.line(f"node = 2 * node + 1 + wp.where({x}[{i}, {feature}[node]] < {threshold}[node], 0, 1)")
                draft.numpy(f"node = 2 * node + 1 + ({x}[rows, {feature}[node]] >= {threshold}[node])")
            draft.both(f"node = node - {2**depth - 1}")
            draft.line(f"value = {values}[node]")
            draft.numpy(f"value = {values}[node]")
            result: Expression = draft.known("value", draft.real, -1.0, 1.0)
            if draw.chance(0.5):
                base = draft.array("base_score", draft.real, "n")
                result = draft.fused("boosted", draft.real, [result, draft.load("b", base, i, -1.0, 1.0)], smooth=True)
            draft.store(draft.output("prediction", draft.real, "n"), i, result.warp())
            if draw.chance(0.4):
                draft.output("leaf_count", I32, 2**depth, role="accumulate")
                draft.line("wp.atomic_add(leaf_count, node, 1)")
                draft.numpy(f"leaf_count = np.bincount(node, minlength={2**depth}).astype(np.int32)")
        return draft.case(name, ["n"], [{**s, "columns": draw.integer(1, 4)} for s in grids(draw, ["n"])])
    classes = draw.integer(2, 5)
    counts = draft.array("class_weight", draft.real, "n", classes, low=0.3, high=4.0)
    measure = draw.choice(("gini", "entropy"))
    with draft.threads((i, "n", counts, 0)):
        draft.line(f"total = {draft.zero()}")
        with draft.block(f"for k in range({classes}):"):
            draft.line(f"total += {counts}[{i}, k]")
        draft.numpy(f"total = {counts}.sum(axis=1)")
        draft.line(f"value = {draft.zero()}")
        with draft.block(f"for k in range({classes}):"):
            draft.line(
                f"p = {counts}[{i}, k] / total",
                f"value += p * ({draft.number(1.0)} - p)" if measure == "gini" else "value -= p * wp.log(p)",
            )
        draft.numpy(
            f"p = {counts} / total[:, None]",
            "value = (p * (1.0 - p)).sum(axis=1)" if measure == "gini" else "value = -(p * np.log(p)).sum(axis=1)",
        )
        result = draft.known("value", draft.real, 0.0, 1.7)
        if kind == "gain":
            parent = draft.array("parent_impurity", draft.real, "n", low=0.2)
            draft.line(f"gain = {parent}[{i}] - total * value / {draft.number(10.0)}")
            draft.numpy(f"gain = {parent} - total * value / 10.0")
            result = draft.known("gain", draft.real, -3.0, 1.0)
        if draw.chance(0.4):
            result = draft.fused("criterion", draft.real, [result, *draft.some_parameters(("penalty",), 1)], smooth=True)
        draft.store(draft.output("impurity", draft.real, "n"), i, result.warp())
    return draft.case(name, ["n"], grids(draw, ["n"]))


def resample(draw: Draw) -> Case:
    """Bootstrap, jackknife and permutation statistics: sums over given indices, leave-one-out means, differences under permuted labels."""
    draft = Draft(draw)
    kind = draw.choice(("bootstrap", "jackknife", "permutation", "block"))
    b, k = draft.name("b", "replicate", "i"), draft.name("k", "s")
    name = draw.choice((f"{kind}_statistic", f"{kind}_means", f"resample_{kind}"))
    draft.reserve(name, "total", "first", "second", "value", "j")
    x = draft.array(draft.name("x", "samples"), draft.real, "m")
    if kind == "jackknife":
        total = draft.array("total_in", draft.real, 1)
        with draft.threads((b, "m", x, 0)):
            count = draft.extent("m", x)
            draft.line(f"value = ({total}[0] - {x}[{b}]) / {draft.cast(f'wp.max({count} - 1, 1)')}")
            draft.numpy(f"value = ({total}[0] - {x}) / max(len({x}) - 1, 1)")
            result: Expression = draft.known("value", draft.real, -2.0, 2.0)
            if draw.chance(0.7):
                result = draft.fused(
                    "pseudo", draft.real, [result, draft.load("own", draft.array("influence", draft.real, "m"), b, -1.0, 1.0)], smooth=True
                )
            draft.store(draft.output("leave_one_out", draft.real, "m"), b, result.warp())
        return draft.case(name, ["m"], [{"m": n} for n in draw.sizes(90)])
    draft.line(f"{b} = wp.tid()")
    count = draft.extent("m", x)
    if kind == "permutation":
        order = draft.array("order", I32, "m", domain=Permutation())
        shift = draft.array("rotation", I32, "n", domain=lambda s: Integers(0, s["m"]))
        draft.line(f"first = {draft.zero()}")
        half = draft.name("half", "group_size")
        draft.line(f"{half} = {count} // 2")
        with draft.block(f"for {k} in range({half}):"):
            draft.line(f"j = ({order}[{k}] + {shift}[{b}]) % {count}", f"first += {x}[j]")
        draft.numpy(f"half = len({x}) // 2", f"j = ({order}[None, :half] + {shift}[:, None]) % len({x})", f"first = {x}[j].sum(axis=1)")
        draft.known("first", draft.real, -50.0, 50.0)
        value = "first"
    else:
        index = draft.array("index", I32, "n", "m" if kind == "bootstrap" else "blocks", domain=lambda s: Integers(0, s["m"]))
        size = 1 if kind == "bootstrap" else draw.choice((2, 3))
        draft.line(f"total = {draft.zero()}")
        with draft.block(f"for {k} in range({count if kind == 'bootstrap' else f'{index}.shape[1]'}):"):
            terms = [
                f"{x}[({index}[{b}, {k}]{f' + {o}' if o else ''}) % {count}]" if size > 1 else f"{x}[{index}[{b}, {k}]]"
                for o in range(size)
            ]
            draft.line(f"total += {' + '.join(terms)}")
        numpy = " + ".join(f"{x}[({index} + {o}) % len({x})]" for o in range(size))
        draft.numpy(f"total = ({numpy}).sum(axis=1)")
        draft.known("total", draft.real, -50.0, 50.0)
        value = "total"
    steps = draft.ending(
        ("statistic", "scaled"),
        draft.known(value, draft.real, -50.0, 50.0),
        [draft.load("base", draft.array("center", draft.real, "n"), b, -1.0, 1.0)],
        draft.some_parameters(("norm",), draw.integer(0, 1)),
        nonlinear=False,
    )
    for step in steps:
        draft.line(step.warp)
        draft.numpy(step.numpy)
    draft.store(draft.output("replicates", draft.real, "n"), b, steps[-1].value.name if steps else value)
    return draft.case(
        name,
        ["n"],
        [
            {"n": n, "m": m, "blocks": draw.integer(2, 5)}
            for n, m in ((1, 2), (draw.choice((5, 7)), 11), (draw.integer(17, 40), draw.integer(13, 30)))
        ],
    )
