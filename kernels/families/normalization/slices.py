"""What one normalization runs over: the axes of an array that a thread keeps, and those that its loops reduce."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from kernels.case import Case
from kernels.domains import Domain
from kernels.drafting.arguments import Extent, Sizes
from kernels.drafting.draft import Draft
from kernels.drafting.epilogues import Site
from kernels.drafting.outlines import nested, outlined
from kernels.language.types import Type

EPSILONS = ("1.0e-5", "1.0e-4", "0.001", "0.01")


@dataclass(frozen=True)
class _Kind:
    """Axes as (index, extent); which are reduced; which carries the affine parameters; layouts with a literal extent."""

    axes: tuple[tuple[tuple[str, str], ...], ...]
    reduced: tuple[int, ...]
    channel: int
    names: tuple[str, ...]


_KINDS = {
    "rows": _Kind(
        ((("row", "rows"), ("col", "cols")), (("i", "n"), ("j", "dim_size")), (("token", "num_tokens"), ("c", "hidden_size"))),
        (1,),
        1,
        ("layer_norm", "layer_norm_forward", "layernorm_rows"),
    ),
    "tokens": _Kind(
        ((("b", "batch"), ("t", "steps"), ("c", "channels")), (("batch_id", "batch"), ("token", "seq_len"), ("d", "dims"))),
        (2,),
        2,
        ("layer_norm", "layer_norm_3d", "token_norm"),
    ),
    "heads": _Kind(((("token", "tokens"), ("head", "heads"), ("d", "head_dim")),), (2,), 2, ("head_norm", "qk_norm", "per_head_norm")),
    "columns": _Kind(
        ((("row", "rows"), ("col", "cols")), (("n", "batch"), ("f", "features"))), (0,), 1, ("batch_norm_1d", "column_norm", "batch_norm")
    ),
    "instance": _Kind(
        ((("n", "batch"), ("c", "channels"), ("l", "length")), (("b", "batch"), ("c", "channels"), ("t", "steps"))),
        (2,),
        1,
        ("instance_norm", "instance_norm_1d"),
    ),
    "instance_2d": _Kind(
        ((("n", "batch"), ("c", "channels"), ("y", "height"), ("x", "width")),), (2, 3), 1, ("instance_norm_2d", "instance_norm_nchw")
    ),
    "instance_nhwc": _Kind(
        ((("n", "batch"), ("y", "height"), ("x", "width"), ("c", "channels")),), (1, 2), 3, ("instance_norm_nhwc", "channels_last_norm")
    ),
    "batch": _Kind(((("n", "batch"), ("c", "channels"), ("l", "length")),), (0, 2), 1, ("batch_norm_train", "batch_norm_ncl")),
    "batch_nhwc": _Kind(
        ((("n", "batch"), ("y", "height"), ("x", "width"), ("c", "channels")),), (0, 1, 2), 3, ("batch_norm_nhwc", "batch_norm_train")
    ),
    "filters": _Kind(
        ((("o", "out_channels"), ("i", "in_channels"), ("k", "taps")),), (1, 2), 0, ("weight_standardization", "standardize_filters")
    ),
    "groups": _Kind(((("n", "batch"), ("c", "groups * group_size"), ("l", "length")),), (2,), 1, ("group_norm", "group_norm_forward")),
}


class Slices:
    """The axes, the kernel's loops over those that are reduced, and how numpy reduces them."""

    def __init__(self, draft: Draft, *, static: bool, kinds: Sequence[str] = tuple(_KINDS)) -> None:
        self.draft, self.static = draft, static
        draw = draft.draw
        self.name = draw.choice(tuple(kinds))
        kind = _KINDS[self.name]
        self.titles = kind.names
        axes = draw.choice(kind.axes)
        self.indices = tuple(index for index, _ in axes)
        self.names = tuple(extent for _, extent in axes)
        self.grouped = self.name == "groups"
        self.reduced, self.channel_axis = kind.reduced, kind.channel
        self.kept = tuple(a for a in range(len(axes)) if a not in kind.reduced)
        small = (3, 4, 5) if len(kind.reduced) == 1 else (2, 3)
        self._literal = {a: draw.choice(small) for a in kind.reduced} if static else {}
        self.first = ""
        self._group_size = draw.choice((2, 3)) if static else 0
        draft.reserve(*self.indices, *self.names, "g", "k", "groups", "group_size")

    @property
    def extents(self) -> tuple[Extent, ...]:
        """The extents of the data."""
        group = f"groups * {self._group_size or 'group_size'}"
        return tuple(group if self.grouped and a == 1 else self._literal.get(a, n) for a, n in enumerate(self.names))

    @property
    def at(self) -> str:
        """The kernel's index of the loops' element."""
        return ", ".join(self.indices)

    @property
    def threads_of(self) -> tuple[str, ...]:
        """The indices that the thread keeps."""
        return ("n", "g") if self.grouped else tuple(self.indices[a] for a in self.kept)

    @property
    def here(self) -> str:
        """The kernel's index of what there is one of per slice."""
        return ", ".join(self.threads_of)

    @property
    def kept_extents(self) -> tuple[Extent, ...]:
        """How many slices there are along each kept axis."""
        return ("batch", "groups") if self.grouped else tuple(self.names[a] for a in self.kept)

    @property
    def channel(self) -> str:
        """The kernel's index of the affine parameters."""
        return self.indices[self.channel_axis]

    @property
    def channels(self) -> Extent:
        """How many affine parameters there are."""
        return self.extents[self.channel_axis]

    def array(self, name: str, type: Type, *, low: float = -1.0, high: float = 1.0, domain: Domain | None = None, out: bool = False) -> str:
        """Declares an array of the data's shape."""
        self.first = self.first or name
        if out:
            return self.draft.output(name, type, *self.extents)
        return self.draft.array(name, type, *self.extents, low=low, high=high, domain=domain)

    def looped(self, lines: Sequence[str]) -> list[str]:
        """`lines` (in the kernel's spelling) for every element of the slice."""
        loops = [(self.indices[a], str(self._literal.get(a, self.names[a]))) for a in self.reduced]
        if not self.grouped:
            return nested(loops, lines)
        size = str(self._group_size or "group_size")
        return nested([("k", size)], [f"c = g * {size} + k", *nested(loops, lines)])

    @property
    def axes(self) -> str:
        """numpy: the reduced axes of `whole`."""
        if self.grouped:
            return "(2, 3)"
        return str(self.reduced[0]) if len(self.reduced) == 1 else str(self.reduced)

    def whole(self, name: str) -> str:
        """numpy: an array of the data's shape, the reduced axes apart."""
        return f"{name}.reshape(dim[0], dim[1], -1, {name}.shape[2])" if self.grouped else name

    def back(self, name: str) -> str:
        """numpy: a result in the shape of the data."""
        return f"{name}.reshape({self.first}.shape)" if self.grouped else name

    def along(self, name: str) -> str:
        """numpy: an array over the channels, against `whole`."""
        if self.grouped:
            return f"{name}.reshape(dim[1], -1, 1)"
        behind = len(self.indices) - 1 - self.channel_axis
        return f"{name}[:{', None' * behind}]" if behind else name

    def per_slice(self, name: str) -> str:
        """numpy: an array with one element per slice, against `whole`."""
        return f"np.expand_dims({name}, {self.axes})"

    def flat_slice(self, name: str) -> str:
        """numpy: a value per slice, whose reduced axes have length one, without them."""
        return f"{name}.squeeze({self.axes})"

    @property
    def size(self) -> str:
        """The kernel's integer formula of how many elements a slice has."""
        parts = [str(self._literal.get(a, self.names[a])) for a in self.reduced]
        if self.grouped:
            parts.append(str(self._group_size or "group_size"))
        if self.static:
            product = 1
            for part in parts:
                product *= int(part)
            return str(product)
        return " * ".join(parts)

    @property
    def count(self) -> str:
        """The kernel's real number of elements of a slice."""
        return self.draft.number(float(self.size)) if self.static else self.draft.cast(self.size)

    @contextmanager
    def threads(self) -> Iterator[None]:
        """Opens the kernel: indices, guard, and the extents of the loops."""
        draft = self.draft
        if self.grouped:
            draft.line("n, g = wp.tid()")
            if not self._group_size:
                draft.count("group_size")
                draft.extent("length", self.first, 2)
            if draft.draw.chance(0.5):
                draft.count("groups")
                draft.line("if g >= groups:", "    return")
            yield
            return
        with draft.threads(*((self.indices[a], self.names[a], self.first, a) for a in self.kept)):
            if not self.static:
                for a in self.reduced:
                    draft.extent(self.names[a], self.first, a)
            yield

    @contextmanager
    def elements(self) -> Iterator[None]:
        """Opens the kernel's loops over the slice."""
        with ExitStack() as nest:
            for line in self.looped(["pass"])[:-1]:
                text = line.lstrip()
                if text.endswith(":"):
                    nest.enter_context(self.draft.block(text))
                else:
                    self.draft.line(text)
            yield

    def computed(self, function: str, lines: Sequence[str], *results: str) -> None:
        """Places `lines` that compute real `results` over the slice: a function of their own if the loops are dynamic, or now and then."""
        if not self.static or self.draft.draw.chance(0.3):
            outlined(self.draft, function, lines, [(name, self.draft.real) for name in results])
        else:
            self.draft.line(*lines)

    def site(self) -> Site:
        """Where the loops' element is stored."""
        return Site(self.at, self.extents, self.channel, self.channels, self.along("{0}"), self.whole("{0}"))

    def case(self, name: str, docstring: str = "", dim: Sequence[Extent] = ()) -> Case:
        """The finished case, over one thread per slice (or the grid `dim`)."""
        draw = self.draft.draw
        sizes: list[Sizes] = []
        # A slice of one element has no spread: the smallest has two.
        for kept, reduced in ((1, (2, 3)), (draw.choice((3, 5)), (3, 5)), (7 if len(self.indices) < 4 else 3, (5, 7))):
            values = {n: kept + (draw.integer(0, 2) if kept > 1 else 0) for n in ("groups", *(n for n in self.names if n.isidentifier()))}
            values |= {self.names[a]: draw.choice(reduced) if len(self.reduced) < 3 else draw.choice((2, 3)) for a in self.reduced}
            values["group_size"] = self._group_size or draw.choice((2, 3))
            sizes.append(values)
        return self.draft.case(name, dim or self.kept_extents, sizes, docstring=docstring)


def epsilon(draft: Draft) -> str:
    """The formula of the small number that keeps a variance from zero: a parameter or a constant."""
    if draft.draw.chance(0.5):
        return draft.draw.choice(EPSILONS)
    name = draft.name("eps", "epsilon")
    return draft.parameters((name, 1e-5, 1e-3))[name].numpy()
