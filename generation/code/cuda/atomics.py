"""Whether the compiler kept a kernel's atomic additions: its PTX against its text.

Host execution runs one thread at a time, so an update that is not atomic is as good as one that is, and it runs the host's branch of
Warp's headers. The PTX is made of the device's branch: where a kernel's text adds to an array of floats, or to an adjoint, there must
be an atomic addition of that width.
"""

from __future__ import annotations

import re

_ENTRY = re.compile(r"^\.visible \.entry (\w+)\(", re.MULTILINE)
_FUNCTION = re.compile(r"^\.func .*?^\}$", re.MULTILINE | re.DOTALL)
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
    """The text of each entry point of a PTX, by name; one that calls functions has their texts as well."""
    places = [(match.start(), match[1]) for match in _ENTRY.finditer(ptx)]
    ends = [start for start, _ in places[1:]] + [len(ptx)]
    functions = "".join(_FUNCTION.findall(ptx))
    texts = {name: ptx[start:end] for (start, name), end in zip(places, ends, strict=True)}
    return {name: text + functions if "call" in text else text for name, text in texts.items()}


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
