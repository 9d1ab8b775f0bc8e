"""Elements of a mesh, a thread each: how an element tells its corners, its own properties, and how it adds to its corners.

Launches call elements `m` and what their corners are `n`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kernels.drafting.solvers.script import Script

THREADS = ("e", "eid", "elem", "cell")
COUNTS = ("num_elements", "element_count", "n_elem")


def corners(s: Script, *names: str, table: str, tables: Sequence[str] = (), threads: Sequence[str] = THREADS) -> None:
    """A thread per element, with its corners by `names`, no two of which are the same; the indices are told by `table` (or `tables`).

    Layouts: a row of a table, a flat list, a vector of indices.
    """
    draw = s.draw
    size = len(names)
    layout = draw.choice(("table", "table", "flat", "vector"))
    if size > 4 and layout == "vector":
        layout = "table"
    if layout == "vector" and size > 1:
        s.field(table, f"vec{size}i", "m", below="n", corners=size, names=tables)
        s.thread("m", table, names=threads, counts=COUNTS)
        s.code(f"ids = {table}[tid]\n" + "\n".join(f"{c} = ids[{number}]" for number, c in enumerate(names)))
        return
    if layout == "flat" or size == 1:
        s.field(table, "int", f"{size} * m", below="n", corners=size, names=tables)
        s.name_thread("tid", threads)
        if draw.chance(0.6):
            s.number_of("num_elements", "m")
            s.alias("num_elements", *COUNTS)
            s.line("if tid >= num_elements:", "    return")
        at = "tid" if size == 1 else f"{size} * tid"
        s.code("\n".join(f"{c} = {table}[{at}{f' + {number}' if number else ''}]" for number, c in enumerate(names)))
        s.names.safe.update(names)
        return
    s.field(table, "int", "m", size, below="n", corners=size, names=tables)
    s.thread("m", table, names=threads, counts=COUNTS)
    s.code("\n".join(f"{c} = {table}[tid, {number}]" for number, c in enumerate(names)))


def property_of(s: Script, name: str, low: float, high: float, names: Sequence[str] = ()) -> None:
    """The local `name`: a property of the element, of an array of its own, or the same for all."""
    if s.draw.chance(0.4):
        s.tuning((name, low, high))
        return
    array = s.field(f"{name}_e", "real", "m", low=low, high=high, names=names)
    s.code(f"{name} = {array}[tid]")


def scatter(s: Script, out: str, amounts: Mapping[str, str]) -> None:
    """Adds an amount (a formula) to each corner by atomics; a formula that starts with a minus is subtracted."""
    lines = []
    for corner, text in amounts.items():
        call = "sub" if text.startswith("-") else "add"
        lines.append(f"wp.atomic_{call}({out}, {corner}, {text.removeprefix('-')})")
    s.code("\n".join(lines))
