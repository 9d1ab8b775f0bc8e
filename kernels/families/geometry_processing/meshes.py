"""Triangle meshes: positions, and the corners of faces in a table or one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from kernels.domains import Corners
from kernels.drafting.arguments import Extent
from kernels.drafting.draft import Draft
from kernels.drafting.finish import finish
from kernels.language.expression import Variable
from kernels.language.types import I32

POSITIONS = ("positions", "vertices", "points", "x")
FIELDS = (("weight", 0.2, 1.5), ("density", 0.3, 1.5), ("thickness", 0.1, 1.0), ("bias", -1.0, 1.0))
PARAMETERS = ("scale", "stiffness", "gain", "offset", "alpha")
LETTERS = (("a", "b", "c", "d"), ("p0", "p1", "p2", "p3"), ("v0", "v1", "v2", "v3"))


def finish_measure(
    draft: Draft,
    value: Variable,
    outs: Sequence[str],
    index: str,
    extents: Sequence[Extent],
    *,
    linear: bool = False,
    share: float = 0.65,
    total: float = 0.12,
) -> str:
    """Stores a number, perhaps after a drawn epilogue in the words of geometry; see `kernels.drafting.finish`."""
    return finish(draft, value, outs, index, extents, linear=linear, share=share, total=total, fields=FIELDS, parameters=PARAMETERS)


class Mesh:
    """A mesh with `corners` corners to an element and a thread for each element (`f`).

    In both texts the element's corners are `i0`, `i1`, .. and their positions have the names in `points`.
    """

    def __init__(self, draft: Draft, corners: int = 3, *, low: float = -1.0, high: float = 1.0) -> None:
        draw = draft.draw
        self.draft, self.corners = draft, corners
        self.f = draw.choice(("f", "face", "tid", "t") if corners == 3 else ("e", "edge", "tid") if corners == 2 else ("t", "tet", "tid"))
        self.points = draw.choice(LETTERS)[:corners]
        self.layout = draw.choice(("table", "table", "flat"))
        draft.reserve(self.f, *self.points, *(f"i{k}" for k in range(corners)), "n", "m")
        self.positions = draft.array(draft.name(*POSITIONS), draft.vector, "n", low=low, high=high)
        name = (
            draft.name("faces", "triangles", "indices")
            if corners == 3
            else draft.name("edges", "pairs")
            if corners == 2
            else draft.name("tets", "elements")
        )
        extents = ("m", corners) if self.layout == "table" else (f"{corners} * m",)
        self.index = draft.array(name, I32, *extents, domain=lambda sizes: Corners(sizes["n"], corners))

    @contextmanager
    def elements(self, *, load: bool = True) -> Iterator[None]:
        """A thread for each element, its corners read."""
        draft, f, index = self.draft, self.f, self.index
        draft.line(f"{f} = wp.tid()")
        if draft.draw.chance(0.35):
            count = draft.count(draft.name("num_faces", "face_count", "element_count"), size="m")
            draft.line(f"if {f} >= {count}:", "    return")
        for k in range(self.corners):
            if self.layout == "table":
                draft.line(f"i{k} = {index}[{f}, {k}]")
                draft.numpy(f"i{k} = {index}[:, {k}]")
            else:
                draft.line(f"i{k} = {index}[{self.corners} * {f}{f' + {k}' if k else ''}]")
                draft.numpy(f"i{k} = {index}[{k}::{self.corners}]")
        if load:
            self.load(self.positions, self.points)
        yield

    def load(self, array: str, names: Sequence[str]) -> None:
        """Reads the corners' elements of an array."""
        for k, name in enumerate(names):
            self.draft.both(f"{name} = {array}[i{k}]")

    def finish(self, value: Variable, outs: Sequence[str], share: float = 0.75) -> str:
        """Stores a number of the element's, perhaps after a drawn epilogue."""
        return finish_measure(self.draft, value, outs, self.f, ("m",), share=share)

    def weighted(self, local: str, probability: float = 0.4, *, vector: bool = False) -> None:
        """Sometimes scales a local by a number of the element's, or by a law of it."""
        draft, draw = self.draft, self.draft.draw
        if not draw.chance(probability):
            return
        name, low, high = draw.choice(FIELDS[:3])
        array = draft.array(draft.free(f"{name}_of"), draft.real, "m", low=low, high=high)
        factor = draft.load(draft.free(f"{name}_f"), array, self.f, low, high)
        if draw.chance(0.5):
            factor = draft.fused(draft.free("factor"), draft.real, [factor, *draft.some_parameters(PARAMETERS, draw.integer(0, 1))])
        draft.line(f"{local} = {factor.name} * {local}")
        draft.numpy(f"{local} = {factor.name}{'[..., None]' if vector else ''} * {local}")

    def store(self, name: str, local: str) -> str:
        """Stores a vector of the element's."""
        out = self.draft.output(name, self.draft.vector, "m")
        self.draft.store(out, self.f, local)
        return out

    def scatter(self, name: str, local: str, *, vector: bool, share: str = "") -> str:
        """Adds a value (times `share`) to every corner of the element."""
        draft = self.draft
        out = draft.output(name, draft.vector if vector else draft.real, "n", role="accumulate")
        loop = draft.draw.chance(0.3) and self.layout == "table"
        if loop:
            with draft.block(f"for k in range({self.corners}):"):
                draft.line(f"wp.atomic_add({out}, {self.index}[{self.f}, k], {local})")
        else:
            draft.line(*(f"wp.atomic_add({out}, i{k}, {local})" for k in range(self.corners)))
        draft.numpy(f"{out} = np.zeros_like({out})", *(f"np.add.at({out}, i{k}, {local})" for k in range(self.corners)))
        return out

    def total(self, names: Sequence[str], local: str) -> str:
        """Adds a number of the element's to a sum over the mesh."""
        draft = self.draft
        out = draft.output(draft.name(*names), draft.real, 1, role="accumulate")
        draft.line(f"wp.atomic_add({out}, 0, {local})")
        draft.numpy(f"{out} = np.sum({local}).reshape(1)")
        return out

    @property
    def dim(self) -> tuple[Extent, ...]:
        """The grid of `elements`."""
        return ("m",)

    def sizes(self) -> list[dict[str, int]]:
        """The launches' sizes: `m` elements over fewer nodes."""
        return [{"m": m, "n": m // 2 + self.corners + 1} for m in self.draft.draw.sizes(120)]
