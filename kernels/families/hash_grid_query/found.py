"""What is found among neighbours: the nearest, counts, extremes, whether there is any."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Bernoulli, Integers
from kernels.drafting.queries.script import QueryScript
from kernels.families.hash_grid_query.search import Search, sizes


def build_search(s: QueryScript) -> Case:
    """The nearest point, the number of neighbours, whether any is there, the largest value among them."""
    draw = s.draw
    search = Search(s, apart=draw.chance(0.5))
    s.tuning(("radius", 0.3, 0.5))
    search.declare()
    masked = draw.chance(0.3)
    if masked:
        s.field("active", "bool" if draw.chance(0.4) else "int", "n", domain=Bernoulli(0.7), names=("alive", "is_boundary", "enabled"))
    kinds = draw.subset(("nearest", "count", "flag", "most", "class"), draw.weighted((1, 2), (5, 4)))
    if "flag" in kinds and len(kinds) > 1:
        kinds.remove("flag")
    if "most" in kinds:
        s.field("values", "real", "n", low=0.1, high=1.0, names=("density", "speed", "temperature"))
    if "class" in kinds:
        s.field("phase", "int", "n", domain=Integers(0, 4), names=("label", "species", "color_id"))
    starts = {
        "nearest": {"best": "float(radius)", "nearest": "int(-1)"},
        "count": {"count": "int(0)"},
        "flag": {"hit": "int(0)"},
        "most": {"most": "float(0.0)"},
        "class": {"same_class": "int(0)"},
    }
    for kind in kinds:
        s.start(**starts[kind])
    wanted = draw.integer(0, 3)
    with search.near() as pairs:
        if masked and draw.chance(0.5):
            masked = False
            pairs.only(*_flagged(s))
        search.measured(pairs)
        if masked:
            pairs.only(*_flagged(s))
        for kind in sorted(kinds, key=lambda k: k in ("flag", "class")):
            if kind == "nearest":
                pairs.extreme("best", "r", "radius", "nearest")
            elif kind == "count":
                pairs.count("count")
            elif kind == "flag":
                pairs.flag("hit", leave=draw.chance(0.5))
            elif kind == "most":
                pairs.extreme("most", draw.choice(("values[j]", "values[j] * (1.0 - r / radius)")), "0.0", most=True)
            else:
                pairs.only(f"phase[j] == {wanted}" if search.apart else "phase[j] == phase[i]")
                pairs.count("same_class")
    for kind in kinds:
        _report(s, search, kind)
    return s.finish(
        draw.choice(("find_neighbors", "nearest_neighbor", "count_neighbors", "neighbor_statistics", "query_particles")),
        [search.size],
        sizes(s),
    )


def _flagged(s: QueryScript) -> tuple[str, str]:
    return ("active[j]", "not active[j]") if s.names.arrays["active"][0].name == "bool" else ("active[j] == 1", "active[j] != 1")


def _report(s: QueryScript, search: Search, kind: str) -> None:
    draw = s.draw
    if kind == "nearest":
        s.result("nearest_out", "int", search.size, names=("nearest_id", "closest", "match"))
        s.code("nearest_out[i] = nearest")
        if draw.chance(0.6):
            s.result("distance_out", "real", search.size, differentiable=False, names=("nearest_dist", "gap_out"))
            s.code("distance_out[i] = best")
    elif kind == "most":
        s.result("most_out", "real", search.size, differentiable=False, names=("peak", "max_value", "largest"))
        s.code("most_out[i] = most")
    else:
        local = {"count": "count", "flag": "hit", "class": "same_class"}[kind]
        names = {
            "count": ("neighbor_count", "degree", "num_neighbors"),
            "flag": ("touched", "has_neighbor", "in_contact"),
            "class": ("same_count", "agreement"),
        }
        s.result(f"{local}_out", "int", search.size, names=names[kind])
        s.code(f"{local}_out[i] = {local}")
        if kind == "count" and draw.chance(0.3):
            s.result("isolated", "int", search.size, names=("surface_flag", "is_lonely"))
            s.code("isolated[i] = wp.where(count < 2, 1, 0)" if draw.chance(0.5) else "isolated[i] = int(count < 2)")
