"""Boxes that meet boxes: the broad phase of collision detection, and regions or swept balls that gather what lies in them."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Bernoulli, Integers
from kernels.drafting.queries.pairs import Pairs
from kernels.drafting.queries.script import QueryScript
from kernels.families.bvh_query.search import Tree, sizes


def build_broad_phase(s: QueryScript) -> Case:
    """Pairs of bodies whose boxes meet, each met once or twice: counts, degrees, overlap, what pairs do to their bodies."""
    draw = s.draw
    tree = Tree(s, "own")
    tree.declare()
    filters = draw.subset(("group", "mask", "static"), draw.weighted((0, 1, 2), (3, 4, 2)))
    if "group" in filters:
        s.field("body", "int", "n", domain=Integers(0, 12), names=("shape_body", "collision_group", "owner"))
    if "mask" in filters:
        s.field("bits", "int", "n", domain=Integers(1, 8), names=("category_bits", "collision_mask", "layer"))
    if "static" in filters:
        s.field("movable", "int", "n", domain=Bernoulli(0.7), names=("is_dynamic", "active", "shape_flags"))
    local = draw.subset(("count", "volume", "flag"), draw.weighted((0, 1, 2), (2, 4, 2)))
    shared = draw.subset(("degree", "total", "push"), draw.integer(0 if local else 1, 2))
    if "flag" in local and len(local) > 1:
        local.remove("flag")
    once = not local or draw.chance(0.4)
    starts = {"count": {"count": "int(0)"}, "volume": {"volume": "float(0.0)"}, "flag": {"hit": "int(0)"}}
    for kind in local:
        s.start(**starts[kind])
    with tree.hits() as pairs:
        pairs.only(*(("j > i", "j <= i") if once else ("j != i", "j == i")))
        _filtered(s, pairs, filters)
        if "volume" in local or "total" in shared or "push" in shared:
            overlap(s)
        for kind in local:
            if kind == "count":
                pairs.count("count")
            elif kind == "flag":
                pairs.flag("hit")
            else:
                pairs.add("volume", "real", draw.choice(("common", "0.5 * common", "wp.sqrt(common + 0.01)")))
        for kind in shared:
            _shared(s, kind, once=once)
    for kind in local:
        name, base, names = {
            "count": ("count", "int", ("pair_count", "num_overlaps", "candidates")),
            "volume": ("volume", "real", ("overlap_volume", "overlap_sum", "shared_volume")),
            "flag": ("hit", "int", ("touching", "has_overlap", "colliding")),
        }[kind]
        s.result(f"{name}_out", base, "n", names=names)
        s.code(f"{name}_out[i] = {name}")
    return s.finish(
        draw.choice(("broad_phase", "find_overlaps", "collide_shapes", "broadphase_bvh", "count_pairs")),
        ["n"],
        sizes(s),
        doc=draw.choice(("", "", "One thread per shape.")),
    )


def _filtered(s: QueryScript, pairs: Pairs, filters: list[str]) -> None:
    for kind in filters:
        if kind == "group":
            pairs.only("body[j] != body[i]", "body[j] == body[i]")
        elif kind == "static":
            pairs.only("movable[i] == 1 or movable[j] == 1")
        else:
            pairs.only("(bits[i] & bits[j]) != 0", "(bits[i] & bits[j]) == 0")


def overlap(s: QueryScript) -> None:
    """Names the volume `common` to the query and the box, by corners in place or by a function."""
    if s.draw.chance(0.5):
        s.define(
            "common_volume",
            "low_a: vec3, high_a: vec3, low_b: vec3, high_b: vec3",
            "low = wp.max(low_a, low_b)\nhigh = wp.min(high_a, high_b)\nside = high - low\nreturn side[0] * side[1] * side[2]",
            "real",
        )
        s.code("common = common_volume(low, high, lowers[j], uppers[j])")
    else:
        s.code("inner_low = wp.max(low, lowers[j])\ninner_high = wp.min(high, uppers[j])\nside = inner_high - inner_low")
        s.code(s.draw.choice(("common = side[0] * side[1] * side[2]", "common = wp.min(wp.min(side[0], side[1]), side[2])")))


def _shared(s: QueryScript, kind: str, *, once: bool) -> None:
    draw = s.draw
    if kind == "degree":
        s.result("degree", "int", "n", role="accumulate", names=("contact_count", "neighbors_of", "pair_degree"))
        s.code("wp.atomic_add(degree, j, 1)")
        if once:
            s.code("wp.atomic_add(degree, i, 1)")
    elif kind == "total":
        s.result("total_out", "real", "one", role="accumulate", names=("overlap_total", "penalty", "energy"))
        s.code(f"wp.atomic_add(total_out, 0, {draw.choice(('common', 'common * common', '0.5 * common'))})")
    else:
        s.result("push_out", "vec3", "n", role="accumulate", names=("body_force", "separation", "shape_push"))
        s.code("away = (high + low) - (uppers[j] + lowers[j])\nf = away * common")
        s.code("wp.atomic_add(push_out, i, f)")
        if once:
            s.code("wp.atomic_sub(push_out, j, f)")


def build_regions(s: QueryScript) -> Case:
    """Boxes or swept balls that gather what they meet: counts, sums of weights, the nearest or heaviest, whether there is any."""
    draw = s.draw
    swept = draw.chance(0.5)
    gathered = ("count", "weight", "nearest", "best", "any", "center") + (() if swept else ("volume",))
    kinds = draw.subset(gathered, draw.weighted((1, 2, 3), (3, 4, 2)))
    if "any" in kinds and len(kinds) > 1:
        kinds.remove("any")
    tree = Tree(s, "capsule" if swept else "box")
    tree.declare()
    function = draw.choice(("gather_region", "sum_overlaps")) if not ({"nearest", "best", "any"} & {*kinds}) and draw.chance(0.25) else ""
    gather(s, tree, kinds, function)
    names = (
        ("sweep_balls", "gather_swept", "sweep_query") if swept else ("query_regions", "gather_boxes", "region_statistics", "overlap_query")
    )
    return s.finish(draw.choice(names), ["m"], sizes(s))


def gather(s: QueryScript, tree: Tree, kinds: list[str], function: str = "") -> None:
    """The loop that gathers `kinds` of results over the boxes met, and their stores."""
    draw = s.draw
    if "weight" in kinds or "center" in kinds:
        s.field("weight", "real", "n", low=0.1, high=1.0, names=("mass", "density", "opacity", "importance"))
    if "best" in kinds:
        s.field("priority", "real", "n", low=0.0, high=1.0, names=("score", "shape_priority", "level"))
    middle = {"box": "0.5 * (low + high)", "capsule": "start"}.get(tree.kind, "p")
    starts = {
        "count": {"count": "int(0)"},
        "weight": {"total": "float(0.0)"},
        "volume": {"volume": "float(0.0)"},
        "nearest": {"best_gap": "float(1.0e6)", "nearest": "int(-1)"},
        "best": {"top": "float(-1.0)", "winner": "int(-1)"},
        "any": {"hit": "int(0)"},
        "center": {"moment": "wp.vec3()"},
    }
    if {"nearest", "center"} & {*kinds}:
        s.code(f"middle = {middle}")
    for kind in kinds:
        s.start(**starts[kind])
    with tree.hits(function=function) as pairs:
        if draw.chance(0.3):
            s.field("enabled", "int", "n", domain=Bernoulli(0.75), names=("visible", "active", "shape_flags"))
            pairs.only("enabled[j] != 0", "enabled[j] == 0")
        for kind in sorted(kinds, key=lambda k: k == "any"):
            _gathered(s, pairs, kind)
    stores = {
        "count": ("count_out", "int", "count"),
        "weight": ("weight_out", "real", "total"),
        "volume": ("volume_out", "real", "volume"),
        "nearest": ("nearest_out", "int", "nearest"),
        "best": ("winner_out", "int", "winner"),
        "any": ("hit_out", "int", "hit"),
        "center": ("moment_out", "vec3", "moment"),
    }
    for kind in kinds:
        name, base, value = stores[kind]
        s.result(name, base, tree.size, names=(f"{kind}_result", f"query_{kind}", value))
        if kind == "weight" and function:
            value = draw.choice(("total / (1.0 + total)", "wp.exp(-total)", "wp.min(total, 2.0)"))
        s.code(f"{name}[i] = {value}")


def _gathered(s: QueryScript, pairs: Pairs, kind: str) -> None:
    draw = s.draw
    if kind == "count":
        pairs.count("count")
    elif kind == "any":
        pairs.flag("hit", leave=draw.chance(0.5))
    elif kind == "weight":
        if draw.chance(0.4):
            s.mixed("share", "real", [("weight[j]", "real", 0.1, 1.0)], 1)
            pairs.add("total", "real", "share")
        else:
            pairs.add("total", "real", draw.choice(("weight[j]", "weight[j] * weight[j]", "wp.sqrt(weight[j])")))
    elif kind == "volume":
        overlap(s)
        pairs.add("volume", "real", "common")
    elif kind == "nearest":
        s.code("center = 0.5 * (lowers[j] + uppers[j])")
        pairs.extreme("best_gap", draw.choice(("wp.length(center - middle)", "wp.length_sq(middle - center)")), "1.0e6", "nearest")
    elif kind == "best":
        pairs.extreme("top", "priority[j]", "-1.0", "winner", most=True)
    else:
        s.code("core = 0.5 * (lowers[j] + uppers[j])")
        pairs.add("moment", "vec3", draw.choice(("weight[j] * (core - middle)", "(core - middle) * weight[j]")))
