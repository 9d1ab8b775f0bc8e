"""The vectors of an iterative method: real or 3-vector unknowns, of one system or a batch, and scalars that live in arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from kernels.domains import Bernoulli, Integers
from kernels.drafting.arguments import Extent
from kernels.drafting.draft import Draft
from kernels.language.types import BOOL, I32, Type

INDICES = ("i", "tid", "row", "dof")


class Fields:
    """Vectors with an element for each unknown, a thread each; of a batch of systems perhaps (index `b`).

    Kernel and reference spell updates alike: a scalar's local has the axes that it needs in the reference.
    """

    def __init__(self, draft: Draft, *, batched: float = 0.3, vectors: float = 0.3) -> None:
        draw = draft.draw
        self.draft = draft
        self.i = draw.choice(INDICES)
        self.batch = draw.chance(batched)
        self.type: Type = draft.vector if draw.chance(vectors) else draft.real
        draft.reserve(self.i, "b", "n", "systems", "length")

    @property
    def extents(self) -> tuple[Extent, ...]:
        """The extents of a vector."""
        return ("systems", "n") if self.batch else ("n",)

    @property
    def here(self) -> str:
        """The index of the thread's unknown."""
        return f"b, {self.i}" if self.batch else self.i

    @property
    def slot(self) -> str:
        """The index of the thread's system among scalars."""
        return "b" if self.batch else "0"

    @property
    def count(self) -> Extent:
        """How many systems there are."""
        return "systems" if self.batch else 1

    def vector(self, name: str, low: float = -1.0, high: float = 1.0) -> str:
        """Declares a vector that is read."""
        return self.draft.array(name, self.type, *self.extents, low=low, high=high)

    @contextmanager
    def threads(self, array: str) -> Iterator[None]:
        """A thread for each unknown."""
        axes = (("b", "systems", array, 0), (self.i, "n", array, 1)) if self.batch else ((self.i, "n", array, 0),)
        with self.draft.threads(*axes):
            yield

    def load(self, local: str, array: str) -> str:
        """Reads the thread's element in both; returns its name."""
        self.draft.line(f"{local} = {array}[{self.here}]")
        self.draft.numpy(f"{local} = {array}")
        return local

    @property
    def spread(self) -> str:
        """The reference's subscript that makes a number per system meet a vector."""
        axes = ", None" * (1 + self.type.rank)
        return f"[:{axes}]" if self.batch else "[0]"

    def scalar(self, local: str, low: float = 0.2, high: float = 1.0) -> str:
        """Reads a number of the system's, given, or made of two others; returns its name."""
        draft, draw = self.draft, self.draft.draw
        how = draw.choice(("array", "array", "ratio", "guarded", "value"))
        if how == "value" and not self.batch:
            return draft.parameter(local, low, high).name
        if how in ("ratio", "guarded"):
            above = draft.array(draft.free(f"{local}_num"), draft.real, self.count, low=low, high=high)
            below = draft.array(draft.free(f"{local}_den"), draft.real, self.count, low=0.6, high=1.6)
            text, slot = f"{above}[{self.slot}] / {below}[{self.slot}]", self.slot
            if how == "guarded":
                tiny = draft.number(1.0e-6)
                draft.line(f"{local} = {draft.zero()}")
                with draft.block(f"if {below}[{slot}] > {tiny}:"):
                    draft.line(f"{local} = {text}")
            else:
                draft.line(f"{local} = {text}")
            draft.numpy(f"{local} = ({above} / {below}){self.spread}")
            return local
        array = draft.array(draft.free(f"{local}_{draw.choice(('in', 'buf', 'arr'))}"), draft.real, self.count, low=low, high=high)
        draft.line(f"{local} = {array}[{self.slot}]")
        draft.numpy(f"{local} = {array}{self.spread}")
        return local

    def dot(self, a: str, b: str) -> str:
        """The kernel's text of the product of two elements."""
        return f"wp.dot({a}, {b})" if self.type.rank else f"{a} * {b}"

    def summed(self, a: str, b: str) -> str:
        """The reference's text of two vectors' product for each system."""
        axes = ", ".join(str(k + 1) for k in range(1 + self.type.rank))
        if not self.batch:
            return f"np.sum({a} * {b}).reshape(1)"
        return f"np.sum({a} * {b}, axis={f'({axes})' if ',' in axes else axes})"

    def add_dot(self, names: Sequence[str], a: str, b: str, *, differentiable: bool | None = None) -> str:
        """Adds the product of two locals to a number of the system's; returns the output's name."""
        draft = self.draft
        out = draft.output(draft.name(*names), draft.real, self.count, role="accumulate", differentiable=differentiable)
        draft.line(f"wp.atomic_add({out}, {self.slot}, {self.dot(a, b)})")
        draft.numpy(f"{out} = {self.summed(a, b)}")
        return out

    def store(self, name: str, local: str) -> str:
        """Writes a local to an output of its own."""
        out = self.draft.output(name, self.type, *self.extents)
        self.draft.line(f"{out}[{self.here}] = {local}")
        self.draft.numpy(f"{out} = {local}")
        return out

    def mask(self, local: str, share: float = 0.25) -> str:
        """Sometimes fixes some unknowns: sets `local` to zero there. Returns the mask's name, or nothing."""
        draft, draw = self.draft, self.draft.draw
        if not draw.chance(share):
            return ""
        flags = draw.chance(0.5)
        mask = draft.array(
            draft.name("free", "movable") if flags else draft.name("fixed", "constrained"),
            BOOL if flags else I32,
            *self.extents,
            domain=Bernoulli(0.75) if flags else Integers(0, 2),
        )
        test = f"not {mask}[{self.here}]" if flags else f"{mask}[{self.here}] != 0"
        with draft.block(f"if {test}:"):
            draft.line(f"{local} = {draft.zero(self.type)}")
        keep = (mask if flags else f"({mask} == 0)") + ("[..., None]" if self.type.rank else "")
        draft.numpy(f"{local} = np.where({keep}, {local}, 0.0)")
        return mask

    def sizes(self) -> list[dict[str, int]]:
        """The launches' sizes."""
        draw = self.draft.draw
        if self.batch:
            return [{"n": n, "systems": m} for n, m in zip((1, 7, draw.integer(17, 30)), (1, 3, draw.choice((4, 5))), strict=True)]
        return [{"n": n} for n in draw.sizes(190)]
