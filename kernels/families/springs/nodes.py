"""The nodes of springs and hinges: names of their arrays, and how an element tells its nodes."""

from __future__ import annotations

from kernels.domains import Integers
from kernels.drafting.draft import Draft
from kernels.language.types import I32

NODES = ("x", "pos", "positions", "particle_q", "nodes")


def element_nodes(draft: Draft, e: str, count: int, names: tuple[str, ...]) -> None:
    """The `count` nodes of element `e`, by `names`: rows of a table, arrays of their own, or a flat list."""
    draw = draft.draw
    below = lambda s: Integers(0, s["n"])  # noqa: E731
    table = draw.choice(("edges", "spring_indices", "constraint_ids")) if count == 2 else draw.choice(("hinges", "triplets", "bend_ids"))
    layout = draw.choice(("table", "flat", "arrays"))
    for number, name in enumerate(names):
        if layout == "arrays":
            draft.array(f"{table}_{name}", I32, "m", domain=below)
            draft.load(name, f"{table}_{name}", e, 0, 0)
        elif layout == "table":
            draft.line(f"{name} = {table}[{e}, {number}]")
            draft.numpy(f"{name} = {table}[:, {number}]")
        else:
            draft.line(f"{name} = {table}[{f'{count} * {e}' if number == 0 else f'{count} * {e} + {number}'}]")
            draft.numpy(f"{name} = {table}[{number}::{count}]")
    if layout != "arrays":
        draft.array(table, I32, *(("m", "corners") if layout == "table" else ("flat",)), domain=below)
