"""Choices of vertices: greedy colours, independent sets, and matchings by proposals."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Permutation
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.graph_traversal.adjacency import Neighbours
from kernels.language.types import I32


def first_free(draw: Draw) -> Case:
    """Greedy colouring: the least colour that no neighbour has, by a mask of those taken."""
    draft = Draft(draw)
    nb = Neighbours(draft, static=draw.chance(0.3))
    v, u = nb.v, nb.u
    color = draft.array(draft.name("color", "colors"), I32, "n", domain=Integers(-1, 6))
    name = draw.choice(("first_free_color", "greedy_color", "assign_color", "smallest_available"))
    draft.reserve(name, "taken", "free", "c", "theirs", "taken_table")
    way = draw.choice(("loop", "bits", "while"))
    with nb.threads(color):
        skip = draw.chance(0.4)
        if skip:
            draft.line(f"if {color}[{v}] >= 0:", f"    color_out[{v}] = {color}[{v}]", "    return")
        draft.line("taken = int(0)")
        with nb.loop():
            draft.line(
                f"theirs = {color}[{u}]",
                "if theirs >= 0:",
                f"    taken = {draw.choice(('taken | (1 << theirs)', '(1 << theirs) | taken'))}",
            )
        if way == "bits":
            draft.line("free = wp.bit_count((~taken & (taken + 1)) - 1)")
        elif way == "while":
            draft.line("free = int(0)", "while ((taken >> free) & 1) == 1:", "    free += 1")
        else:
            draft.line("free = int(-1)")
            with draft.block("for c in range(8):"):
                draft.line("if free < 0 and ((taken >> c) & 1) == 0:", "    free = c")
        draft.output("color_out", I32, "n")
        draft.line(f"color_out[{v}] = free")
        draft.numpy(
            f"taken_table = np.zeros((len({color}), 9), bool)",
            f"theirs = {color}[cols]",
            "taken_table[rows[theirs >= 0], theirs[theirs >= 0]] = True",
        )
        draft.numpy("free = np.argmin(taken_table, axis=1).astype(np.int32)")
        draft.numpy(f"color_out = np.where({color} >= 0, {color}, free)" if skip else "color_out = free")
    return draft.case(name, ["n"], nb.sizes())


def independent(draw: Draw) -> Case:
    """One round of Luby's independent set: a vertex enters if its priority is above those of all open neighbours; or it is shut out."""
    draft = Draft(draw)
    nb = Neighbours(draft, static=draw.chance(0.3))
    v, u = nb.v, nb.u
    state = draft.array(draft.name("state", "status"), I32, "n", domain=Integers(0, 3))
    priority = draft.array(draft.name("priority", "random_rank"), I32, "n", domain=Permutation())
    name = draw.choice(("luby_select", "independent_set_step", "mis_round", "local_maxima"))
    draft.reserve(name, "wins", "blocked", "mine")
    out = draft.output(draft.name("state_out", "selected", "next_status"), I32, "n")
    form = draw.choice(("flag", "count", "maximum"))
    with nb.threads(state):
        if draw.chance(0.7):
            draft.line(f"mine = {state}[{v}]", "if mine != 0:", f"    {out}[{v}] = mine", "    return")
            decided = f"np.where({state} != 0, {state}, {{0}})"
        else:
            decided = "{0}"
        draft.numpy(f"open_pair = ({state}[cols] == 0) & (cols != rows)")
        if form == "maximum":
            draft.line("best = int(-1)")
            with nb.loop():
                draft.line(f"if {state}[{u}] == 0 and {u} != {v}:", f"    best = wp.max(best, {priority}[{u}])")
            draft.line(f"{out}[{v}] = wp.where({priority}[{v}] > best, 1, 0)")
        else:
            draft.line("wins = int(1)" if form == "flag" else "blocked = int(0)")
            with nb.loop():
                test = f"{state}[{u}] == 0 and {u} != {v} and {priority}[{u}] > {priority}[{v}]"
                draft.line(f"if {test}:", "    wins = 0" if form == "flag" else "    blocked += 1")
            draft.line(f"{out}[{v}] = {'wins' if form == 'flag' else 'wp.where(blocked == 0, 1, 0)'}")
        draft.numpy(f"best = np.full(len({state}), -1)", f"np.maximum.at(best, rows[open_pair], {priority}[cols[open_pair]])")
        draft.numpy(f"wins = ({priority} > best).astype(np.int32)", f"{out} = {decided.format('wins')}")
    return draft.case(name, ["n"], nb.sizes())


def matching(draw: Draw) -> Case:
    """Handshakes: which proposals are mutual, which pairs are made, and how many."""
    draft = Draft(draw)
    v = draft.name("v", "i", "tid")
    proposal = draft.array(draft.name("proposal", "partner", "choice_of"), I32, "n", domain=lambda s: Integers(-1, s["n"]))
    name = draw.choice(("handshake", "match_proposals", "mutual_pairs"))
    draft.reserve(name, "p", "mutual", "pair", "answer")
    with draft.threads((v, "n", proposal, 0)):
        draft.line(f"p = {proposal}[{v}]", "mutual = int(0)")
        if draw.chance(0.5):
            draft.line("if p >= 0:", f"    if {proposal}[p] == {v}:", "        mutual = 1")
        else:
            draft.line(f"answer = {proposal}[wp.max(p, 0)]", f"if p >= 0 and answer == {v}:", "    mutual = 1")
        draft.numpy(
            f"p, v = {proposal}, np.arange(len({proposal}))", f"mutual = ((p >= 0) & ({proposal}[np.maximum(p, 0)] == v)).astype(np.int32)"
        )
        kinds = draw.subset(("flag", "match", "count", "coarse"), draw.integer(1, 3))
        for kind in sorted(kinds):
            if kind == "flag":
                draft.store(draft.output("is_matched", I32, "n"), v, "mutual")
            elif kind == "match":
                draft.output("match", I32, "n")
                draft.line(f"match[{v}] = wp.where(mutual == 1, p, -1)")
                draft.numpy("match = np.where(mutual == 1, p, -1)")
            elif kind == "coarse":
                draft.output("leader", I32, "n")
                draft.line(f"leader[{v}] = {v}", "if mutual == 1:", f"    leader[{v}] = wp.min({v}, p)")
                draft.numpy("leader = np.where(mutual == 1, np.minimum(v, p), v).astype(np.int32)")
            else:
                draft.output("pair_count", I32, 1, role="accumulate")
                draft.line(f"if mutual == 1 and {v} <= p:", "    wp.atomic_add(pair_count, 0, 1)")
                draft.numpy("pair_count = np.array([((mutual == 1) & (v <= p)).sum()], np.int32)")
    return draft.case(name, ["n"], [{"n": n} for n in draw.sizes(120)])
