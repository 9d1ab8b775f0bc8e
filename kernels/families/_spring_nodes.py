"""The nodes of springs and hinges: names of their arrays, and how an element tells its nodes."""

from __future__ import annotations

from kernels.domains import Integers
from kernels.families._worksheet import Worksheet
from kernels.language.types import I32

NODES = ("x", "pos", "positions", "particle_q", "nodes")


def element_nodes(w: Worksheet, e: str, count: int, names: tuple[str, ...]) -> None:
    """The `count` nodes of element `e`, by `names`: rows of a table, arrays of their own, or a flat list."""
    draw = w.draw
    below = lambda s: Integers(0, s["n"])  # noqa: E731
    table = draw.choice(("edges", "spring_indices", "constraint_ids")) if count == 2 else draw.choice(("hinges", "triplets", "bend_ids"))
    layout = draw.choice(("table", "flat", "arrays"))
    for number, name in enumerate(names):
        if layout == "arrays":
            w.array(f"{table}_{name}", I32, "m", below)
            w.load(name, f"{table}_{name}", e, 0, 0)
        elif layout == "table":
            w.line(f"{name} = {table}[{e}, {number}]")
            w.numpy(f"{name} = {table}[:, {number}]")
        else:
            w.line(f"{name} = {table}[{f'{count} * {e}' if number == 0 else f'{count} * {e} + {number}'}]")
            w.numpy(f"{name} = {table}[{number}::{count}]")
    if layout != "arrays":
        w.array(table, I32, "m corners" if layout == "table" else "flat", below)
