"""How a map that people write element by element is put down: its inputs, parameters, formulas and what it stores.

An input is (name, type letter, low, high): R real, V 3-vector, M 3x3 matrix, I integer, B boolean. Ranges are those in which every line is
safe. A knob is a real parameter (name, low, high). Each line is `target = formula`; the named outputs are stored.
"""

from __future__ import annotations

from dataclasses import dataclass

from kernels.draw import Draw

Input = tuple[str, str, float, float]


@dataclass(frozen=True)
class Map:
    """One elementwise algorithm: what a kernel of it may be called, what it reads, its parameters, its lines, and what it stores."""

    names: str
    inputs: tuple[Input, ...]
    lines: tuple[str, ...]
    knobs: tuple[tuple[str, float, float], ...] = ()
    outputs: tuple[str, ...] = ()

    @property
    def stored(self) -> tuple[str, ...]:
        """The targets that are stored: the last line's unless said otherwise."""
        return self.outputs or (self.lines[-1].split(" = ", 1)[0],)


def entry(names: str, inputs: str, lines: str, knobs: str = "", outputs: str = "") -> Map:
    """A Map from compact text: inputs `x:R:-3:3`, knobs `alpha:0.1:0.5`, lines parted by `;`."""
    fields = [f.split(":") for f in inputs.split()]
    return Map(
        names=names,
        inputs=tuple((n, letter, float(low), float(high)) for n, letter, low, high in fields),
        lines=tuple(line.strip() for line in lines.split(";")),
        knobs=tuple((n, float(low), float(high)) for n, low, high in (k.split(":") for k in knobs.split())),
        outputs=tuple(outputs.split()),
    )


BLENDS = (
    ("couple", "u", "v", "w"),
    ("mix_fields", "wind", "rain", "heat"),
    ("score_samples", "quality", "age", "cost"),
    ("modulate", "carrier", "loudness", "noise"),
    ("combine_signals", "left", "right", "center"),
    ("estimate_yield", "soil", "water", "light"),
)
BLEND_RANGES = ((-1.0, 1.0), (0.1, 2.0), (-3.0, 3.0))


def drawn_map(draw: Draw) -> Map:
    """A map without a name of its own: two or three fields, to be combined by a drawn formula."""
    name, *fields = draw.choice(BLENDS)
    return Map(name, tuple((field, "R", *draw.choice(BLEND_RANGES)) for field in fields[: draw.integer(2, 3)]), ())
