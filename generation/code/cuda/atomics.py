"""Whether the compiler kept a kernel's atomic additions: its PTX against its text.

Host execution runs one thread at a time, so an update that is not atomic is as good as one that is, and it runs the host's branch of
Warp's headers. The PTX is made of the device's branch: where a kernel's text adds to an array of floats, or to an adjoint, there must
be an atomic addition of that width. An optimizer may leave out one that adds nothing; PTX that was not optimized has them all.
"""

from __future__ import annotations

import re

_DEFINITION = re.compile(r"^(?:\.\w+ )*\.(?P<kind>entry|func)\b(?P<head>[^{;]*)^\{$(?P<body>.*?)^\}$", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"(?<![.\w$])([A-Za-z_$][\w$]*)\s*\(")
_CALL = re.compile(r"\bcall\b([^;]*);")
_WORD = re.compile(r"[A-Za-z_$][\w$]*")
_LOCAL_ARRAY = re.compile(r"^\s*wp::fixedarray_t<\d+,(?!\s*(?:wp::u?int\d+|bool)>)[^;]*> (var_\d+);", re.MULTILINE)
_ARRAY = re.compile(r"wp::array_t<.*\bwp::(?P<scalar>float32|float64)\b.*> (?P<name>var_\w+)$")
_ADDED = {
    "forward": re.compile(r"wp::atomic_(?:add|sub)\((var_\w+),"),
    "backward": re.compile(r"wp::adj_address\((var_\w+),"),
}
_ADDITION = {
    "float32": re.compile(r"\b(?:atom|red)\.[\w.:]*\badd\.(?:\w+\.)*f32\b"),
    "float64": re.compile(r"\b(?:atom|red)\.[\w.:]*\badd\.(?:\w+\.)*f64\b"),
}


def entries(ptx: str) -> dict[str, str]:
    """The text of each entry point of a PTX, by name, with the texts of all functions that it reaches."""
    bodies: dict[str, dict[str, str]] = {"entry": {}, "func": {}}
    for definition in _DEFINITION.finditer(ptx):
        name = _NAME.search(definition["head"])
        if name is not None:
            bodies[definition["kind"]][name[1]] = definition["body"]
    return {name: _with_functions(body, bodies["func"]) for name, body in bodies["entry"].items()}


def _with_functions(body: str, functions: dict[str, str]) -> str:
    """A body, and those of the functions that it calls, directly or not."""
    reached: dict[str, str] = {}
    waiting = [body]
    while waiting:
        called = {word for call in _CALL.findall(waiting.pop()) for word in _WORD.findall(call)}
        new = {name: functions[name] for name in sorted(called & functions.keys()) if name not in reached}
        reached |= new
        waiting += new.values()
    return body + "".join(reached.values())


def adds_to_local_array(code: str) -> bool:
    """Whether a backward part adds atomically to a local array, which lies in its thread's memory, where a GPU has no atomics.

    Nothing is added to integers, but zeros are to vectors of them.
    """
    return any(
        re.search(rf"wp::adj_(?:address|atomic_\w+)\({array},|^\s*adj_\w+\([^;]*\b{array}\b", function, re.MULTILINE)
        for function in code.split("\n}\n")
        for array in _LOCAL_ARRAY.findall(function)
    )


def lost_addition(code: str, name: str, ptx_entries: dict[str, str]) -> str | None:
    """One line that says which atomic addition of the kernel called `name` is in its code and not in its PTX, or None."""
    for direction, added in _ADDED.items():
        entry = f"{name}_cuda_kernel_{direction}"
        parameters, _, rest = code.partition(f" {entry}(\n")[2].partition(")\n{")
        if not rest:
            continue
        if entry not in ptx_entries:
            return f"the PTX has no entry point {entry}"
        body = rest.partition("\nextern ")[0]
        arrays = {m["name"]: m["scalar"] for line in parameters.split(",\n") if (m := _ARRAY.search(line.strip()))}
        for array in dict.fromkeys(added.findall(body)):
            scalar = arrays.get(array)
            if scalar is not None and not _ADDITION[scalar].search(ptx_entries[entry]):
                what = array.removeprefix("var_")
                return f"the {direction} kernel's code adds to {what}, and its PTX has no atomic addition of {scalar}"
    return None
