"""What kernels on rigid bodies share: rotations in numpy, terms of a thread's own, and bodies reached by an index."""

from __future__ import annotations

from kernels.domains import Integers, Rotations, Uniform
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.language.expression import Expression
from kernels.language.types import I32

ROTATE = "np.einsum('...ij,...j->...i', {0}, {1})"
UNROTATE = "np.einsum('...ji,...j->...i', {0}, {1})"


def body_sizes(draw: Draw) -> list[dict[str, int]]:
    """The launches' sizes: `n` threads, fewer `bodies`."""
    return [{"n": n, "bodies": n // 3 + 2} for n in draw.sizes(150)]


def own_terms(draft: Draft, i: str, options: tuple[tuple[str, str, float, float], ...], count: int) -> list[Expression]:
    """`count` of the arrays that `options` describes (name, kind, bounds), read by the thread."""
    terms: list[Expression] = []
    for name, kind, low, high in draft.draw.subset(options, count):
        type = draft.vector if kind == "vector" else draft.real
        draft.array(name, type, "n", domain=Uniform(low, high))
        terms.append(draft.load(f"{name}_i", name, i, low, high, type))
    return terms


def local_frame(draft: Draft, body: str, suffix: str, rot: str, local: str) -> None:
    """A body's frame by its index, and the offset `r` of a local point in the world's axes."""
    draft.line(f"R{suffix} = {rot}[{body}]", f"r{suffix} = R{suffix} @ {local}")
    draft.numpy(f"r{suffix} = {ROTATE.format(f'{rot}[{body}]', local)}")


def body_positions(draft: Draft) -> str:
    """Declares the bodies' positions; returns the array's name."""
    return draft.array(draft.draw.choice(("body_x", "com", "origin")), draft.vector, "bodies")


def body_rotations(draft: Draft) -> str:
    """Declares the bodies' rotations; returns the array's name."""
    return draft.array(draft.draw.choice(("body_r", "rotation", "frame")), draft.matrix, "bodies", domain=Rotations())


def body_index(draft: Draft, name: str, i: str, local: str) -> str:
    """Reads the thread's body from the index array `name` as `local`; returns `local`."""
    index = draft.array(name, I32, "n", domain=lambda s: Integers(0, s["bodies"]))
    return draft.load(local, index, i, 0, 0).name
