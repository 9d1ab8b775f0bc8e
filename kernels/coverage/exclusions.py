"""What is not to be covered, and why, in one line each: the only place where coverage makes an exception."""

from __future__ import annotations

NAMES: dict[str, str] = {
    "breakpoint": "stops in a debugger",
    "select": "Warp has removed it: a call raises an error that names `where`",
}
"""Builtins that no kernel of a dataset can exercise."""

_INTEGER_VECTORS = tuple(f"vec{n}{suffix}" for n in (2, 3, 4) for suffix in ("b", "ub", "s", "us", "i", "ui", "l", "ul"))

BACKWARD: dict[str, str] = {
    "print": "computes nothing",
    **dict.fromkeys(_INTEGER_VECTORS, "holds integers, which have no derivative"),
}
"""Builtins for which Warp has an adjoint that no gradient check can see, or that is wrong: the reason is then `known_limitation:<name>`,
with the name of its entry in the ledger of limitations."""

OVERLOADS: dict[str, str] = {}
"""Overloads of the registry that cannot be exercised, such as `name(types)`."""
