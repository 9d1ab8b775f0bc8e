"""Queries that a whole block answers together: every thread takes boxes from the batch and tells what it finds by atomics."""

from __future__ import annotations

from dataclasses import replace

from kernels.case import Case
from kernels.domains import Bernoulli
from kernels.drafting.queries.script import QueryScript
from kernels.families.bvh_query.pairs import overlap
from kernels.families.bvh_query.probes import entry_lines, entry_of
from kernels.families.bvh_query.search import Tree, sizes

_ANY = ("count", "marks", "weight", "flag", "best", "center")
_NAMES = {
    "box": ("tile_overlaps", "block_query", "mark_overlaps", "cooperative_query"),
    "own": ("tile_pairs", "block_broad_phase", "cooperative_pairs"),
    "ray": ("tile_rays", "block_rays", "cooperative_rays"),
}


def build_tiled(s: QueryScript) -> Case:
    """Boxes or rays that a block searches the tree with: counts, sums, marks on the boxes, overlaps, optical depths, the furthest exit."""
    draw = s.draw
    tree = Tree(s, draw.choice(("box", "ray", "ray", "own")), tiled=True)
    tree.declare()
    kinds = draw.subset((*_ANY, *(("depth", "last") if tree.kind == "ray" else ("volume",))), draw.weighted((1, 2, 3), (2, 3, 2)))
    if {"weight", "depth", "center"} & {*kinds}:
        s.field("weight", "real", "n", low=0.1, high=1.0, names=("mass", "opacity", "importance", "density"))
    if "best" in kinds:
        s.field("priority", "real", "n", low=0.1, high=1.0, names=("score", "shape_priority", "level"))
    measured = bool({"depth", "last"} & {*kinds})
    entry = entry_of(s) if measured else ""
    with tree.hits() as pairs:
        if tree.kind == "own":
            pairs.only("j != i")
        elif draw.chance(0.3):
            s.field("enabled", "int", "n", domain=Bernoulli(0.75), names=("visible", "active"))
            pairs.only("enabled[j] != 0")
        if measured:
            entry_lines(s, entry)
        for kind in kinds:
            _told(s, tree, kind)
    case = s.finish(draw.choice(_NAMES[tree.kind]), [tree.size], sizes(s))
    return replace(case, block_dim=draw.choice((32, 64, 128)))


def _told(s: QueryScript, tree: Tree, kind: str) -> None:
    """What a thread that holds box `j` adds to the results."""
    draw = s.draw
    if kind == "count":
        s.result("count_out", "int", tree.size, role="accumulate", names=("counts", "hits_of", "num_overlaps"))
        s.code("wp.atomic_add(count_out, i, 1)")
    elif kind == "marks":
        s.result("marks", "int", "n", role="accumulate", names=("box_hits", "touched", "times_seen"))
        s.code(draw.choice(("wp.atomic_add(marks, j, 1)", "wp.atomic_add(marks, j, i + 1)", "wp.atomic_max(marks, j, i + 1)")))
    elif kind == "flag":
        s.result("flag_out", "int", tree.size, role="accumulate", names=("touching", "has_hit", "blocked"))
        s.code(draw.choice(("wp.atomic_max(flag_out, i, 1)", "wp.atomic_max(flag_out, i, j + 1)")))
    elif kind == "volume":
        overlap(s)
        s.result("volume_out", "real", tree.size, role="accumulate", differentiable=False, names=("overlap", "shared_volume"))
        s.code("wp.atomic_add(volume_out, i, common)")
    elif kind == "center":
        s.result(
            "moment_out", "vec3", tree.size, role="accumulate", differentiable=False, names=("center_sum", "moment", "weighted_center")
        )
        s.code("core = 0.5 * (lowers[j] + uppers[j])\nwp.atomic_add(moment_out, i, weight[j] * core)")
    else:
        names, amounts = {
            "weight": (("weight_sum", "gathered", "load"), ("add", "weight[j]", "0.5 * weight[j] + 0.1")),
            "best": (("top_score", "highest", "strongest"), ("max", "priority[j]", "priority[j] * priority[j]")),
            "depth": (
                ("optical_depth", "tau", "attenuation"),
                ("add", "weight[j] * (t_out - wp.max(t_in, 0.0))", "(t_out - wp.max(t_in, 0.0)) * weight[j] * 0.5"),
            ),
            "last": (("furthest_exit", "last_t", "far_t"), ("max", "t_out", "wp.min(t_out, 50.0)")),
        }[kind]
        word, *options = amounts
        out = f"{kind}_out"
        s.result(out, "real", tree.size, role="accumulate", differentiable=False, names=names)
        s.code(f"wp.atomic_{word}({out}, i, {draw.choice(options)})")
