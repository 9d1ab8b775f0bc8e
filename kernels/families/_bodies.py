"""What kernels on rigid bodies share: rotations in numpy, terms of a thread's own, and bodies reached by an index."""

from __future__ import annotations

from kernels.domains import Integers, Rotations, Uniform
from kernels.draw import Draw
from kernels.families._worksheet import Worksheet
from kernels.language.expression import Expression
from kernels.language.types import I32

ROTATE = "np.einsum('...ij,...j->...i', {0}, {1})"


UNROTATE = "np.einsum('...ji,...j->...i', {0}, {1})"


def body_sizes(draw: Draw) -> list[dict[str, int]]:
    return [{"n": n, "bodies": n // 3 + 2} for n in draw.sizes(150)]


def own_terms(w: Worksheet, i: str, options: tuple[tuple[str, str, float, float], ...], count: int) -> list[Expression]:
    """`count` of the arrays that `options` describes (name, kind, bounds), read by the thread."""
    terms: list[Expression] = []
    for name, kind, low, high in w.draw.subset(options, count):
        type = w.vector if kind == "vector" else w.real
        w.array(name, type, "n", Uniform(low, high))
        terms.append(w.load(f"{name}_i", name, i, low, high, type))
    return terms


def local_frame(w: Worksheet, body: str, suffix: str, x: str, rot: str, local: str) -> None:
    """A body's frame by its index, and the world offset `r` of a local point."""
    w.line(f"R{suffix} = {rot}[{body}]", f"r{suffix} = R{suffix} @ {local}", f"p{suffix} = {x}[{body}] + r{suffix}")
    w.numpy(f"r{suffix} = {ROTATE.format(f'{rot}[{body}]', local)}", f"p{suffix} = {x}[{body}] + r{suffix}")


def body_frames(w: Worksheet) -> tuple[str, str]:
    x = w.array(w.draw.choice(("body_x", "com", "origin")), w.vector, "bodies", Uniform(-1.0, 1.0))
    return x, w.array(w.draw.choice(("body_r", "rotation", "frame")), w.matrix, "bodies", Rotations())


def body_index(w: Worksheet, name: str, i: str, local: str) -> str:
    index = w.array(name, I32, "n", lambda s: Integers(0, s["bodies"]))
    return w.load(local, index, i, 0, 0).name
