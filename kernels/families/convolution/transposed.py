"""Transposed convolutions: every output element gathers from the inputs whose window covers it, or every input scatters into its window."""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.arguments import Extent
from kernels.drafting.draft import Draft
from kernels.drafting.epilogues import Site, epilogue
from kernels.drafting.layout import loop
from kernels.drafting.outlines import nested, outlined
from kernels.draw import Draw
from kernels.families.convolution.geometry import AXES, EXTENT_OF, Layout
from kernels.families.convolution.layers import INPUTS, WEIGHTS
from kernels.source import indented

_ORDERS = {1: ("ncx", "nxc", "cx", "x"), 2: ("ncyx", "nyxc", "cyx", "yx")}


class Deconvolution:
    """One transposed convolution under way: its layout, geometry and arrays."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self.draft = draft = Draft(draw, smooth=True)
        self.rank = draw.choice((1, 2))
        self.layout = Layout(draw.choice(_ORDERS[self.rank]))
        self.axes = axes = AXES[self.rank]
        self.kind = draw.choice(("full", "depthwise")) if self.layout.has_channels else "plain"
        self.taps: int = draw.choice((2, 3, 4) if self.rank == 1 else (2, 3))
        self.stride = draw.choice(("1", "2", "2", "stride"))
        self.pad = draw.choice(("0", "1", "padding"))
        draft.reserve("n", "co", "ci", "c", *axes, *(f"{p}{a}" for a in axes for p in "ikto"))
        draft.reserve("batch", "channels", "in_channels", "out_channels", "stride", "padding", "full", "x_all", "w_all", "value")
        draft.reserve(*(EXTENT_OF[a] for a in axes), *(f"out_{EXTENT_OF[a]}" for a in axes))
        full = self.kind == "full"
        self.ci, self.co = ("ci", "co") if full else ("c", "c")
        self.in_channels: Extent = "in_channels" if full else "channels"
        self.out_channels: Extent = "out_channels" if full else "channels"
        self.x = draft.array(draft.name(*INPUTS[1:]), draft.real, *self.shape)
        taps: tuple[Extent, ...] = (self.taps,) * self.rank
        self.tap = ", ".join(f"k{a}" for a in axes)
        lead: tuple[Extent, ...] = {"plain": (), "depthwise": ("channels",), "full": ("in_channels", "out_channels")}[self.kind]
        self.w = draft.array(draft.name(*WEIGHTS), draft.real, *lead, *taps)
        self.weight = f"{self.w}[{({'plain': '', 'depthwise': 'c, ', 'full': 'ci, co, '})[self.kind]}{self.tap}]"
        self.out = draft.name("y_out", "out", "output", "upsampled")

    @property
    def shape(self) -> tuple[Extent, ...]:
        """The extents of the input."""
        return tuple(self.in_channels if a == "c" else EXTENT_OF[a] for a in self.layout.order)

    @property
    def extents(self) -> tuple[Extent, ...]:
        """The extents of the output."""
        spans = {a: f"({EXTENT_OF[a]} - 1) * {self.stride} + {self.taps} - 2 * {self.pad}" for a in self.axes}
        return tuple(self.out_channels if a == "c" else "batch" if a == "n" else spans[a] for a in self.layout.order)

    def counts(self) -> None:
        """Declares stride and padding where they are arguments."""
        for name in (self.stride, self.pad):
            if not name.isdigit():
                self.draft.count(name)

    def reference(self) -> None:
        """numpy: every tap adds its share of the whole input to a strided view of the uncropped output, `full`."""
        draft, stride, axes = self.draft, self.stride, self.axes
        sizes = [f"x_all.shape[{2 + k}]" for k in range(self.rank)]
        one = stride == "1"
        lengths = ", ".join(f"{s} + {self.taps - 1}" if one else f"({s} - 1) * {stride} + {self.taps}" for s in sizes)
        channels = "w_all.shape[1]" if self.kind == "full" else "x_all.shape[1]"
        draft.numpy(f"x_all, w_all = {self.layout.canonical(self.x)}, {self.w}")
        draft.numpy(f"full = np.zeros((x_all.shape[0], {channels}, {lengths}), x_all.dtype)")
        share = {
            "plain": f"x_all * w_all[{self.tap}]",
            "depthwise": f"x_all * w_all[:, {self.tap}][:{', None' * self.rank}]",
            "full": f'np.einsum("io,ni...->no...", w_all[:, :, {self.tap}], x_all)',
        }[self.kind]
        cuts = ", ".join(
            f"k{a} : k{a} + {s}" if one else f"k{a} : k{a} + ({s} - 1) * {stride} + 1 : {stride}" for a, s in zip(axes, sizes, strict=True)
        )
        draft.numpy(*nested([(f"k{a}", str(self.taps)) for a in axes], [f"full[:, :, {cuts}] += {share}"]))
        if self.pad != "0":
            crop = ", ".join(f"{self.pad} : full.shape[{2 + k}] - {self.pad}" for k in range(self.rank))
            draft.numpy(f"full = full[:, :, {crop}]")

    def gather(self) -> str:
        """One thread per output element; returns the name of what is stored."""
        draft, draw, layout = self.draft, self.draw, self.layout
        indices = layout.index(self.co)
        draft.line(f"{indices} = wp.tid()")
        self.counts()
        for a in self.axes:
            draft.extent(EXTENT_OF[a], self.x, layout.order.index(a))
        total = draft.name("acc", "total", "accum")
        inner = [f"{total} += {self.x}[{layout.index(self.ci, 'i')}] * {self.weight}"]
        if self.kind == "full":
            draft.extent("in_channels", self.x, layout.order.index("c"))
            inner = loop("ci", "in_channels", inner)
        for a in reversed(self.axes):
            inner = loop(f"k{a}", str(self.taps), self._source(a, inner))
        outline = draw.chance(0.5)
        body = [f"{total} = {draft.zero()}", *inner]
        if outline:
            outlined(draft, draw.choice(("gather_taps", "covering_windows", "transposed_sum")), body, [(total, draft.real)])
        else:
            draft.line(*body)
        draft.numpy(f"{total} = {layout.back('full')}")
        site = Site(indices, self.extents, self.co if layout.has_channels else "", self.out_channels, layout.spread())
        linear = self.kind == "full" and not outline
        final = epilogue(draft, draft.known(total, draft.real, -30.0, 30.0), site, most=2, linear=linear)
        draft.output(self.out, draft.real, *self.extents)
        draft.line(f"{self.out}[{indices}] = {final.name}")
        return final.name

    def _source(self, a: str, inner: list[str]) -> list[str]:
        """The kernel's lines that find the input below an output, for one axis; with a stride, most taps have none."""
        place = f"{a}{f' + {self.pad}' if self.pad != '0' else ''} - k{a}"
        size = EXTENT_OF[a]
        if self.stride == "1":
            return [f"i{a} = {place}", f"if i{a} >= 0 and i{a} < {size}:", *indented(inner)]
        lines = [f"t{a} = {place}", f"if t{a} >= 0 and t{a} % {self.stride} == 0:", f"    i{a} = t{a} // {self.stride}"]
        return [*lines, f"    if i{a} < {size}:", *indented(inner, 2)]

    def scatter(self) -> str:
        """One thread per input element, which adds to the outputs of its window; returns the reference's text of what is stored."""
        draft, draw, layout = self.draft, self.draw, self.layout
        indices = layout.index(self.ci)
        draft.output(self.out, draft.real, *self.extents, role="accumulate")
        draft.line(f"{indices} = wp.tid()")
        self.counts()
        if self.kind == "full":
            draft.extent("out_channels", self.w, 1)
        cropped = self.pad != "0"
        for a in self.axes if cropped else "":
            draft.line(f"out_{EXTENT_OF[a]} = {self.out}.shape[{layout.order.index(a)}]")
        draft.line(f"value = {self.x}[{indices}]")
        if draw.chance(0.3):
            draft.line("# Activations are often exactly zero.", f"if value == {draft.number(0.0)}:", "    return")
        inner = [f"wp.atomic_add({self.out}, {layout.index(self.co, 'o')}, value * {self.weight})"]
        if self.kind == "full":
            inner = loop("co", "out_channels", inner)
        for a in reversed(self.axes):
            start = a if self.stride == "1" else f"{a} * {self.stride}"
            lines = [f"o{a} = {start} + k{a}{f' - {self.pad}' if cropped else ''}"]
            lines += [f"if o{a} >= 0 and o{a} < out_{EXTENT_OF[a]}:", *indented(inner)] if cropped else inner
            inner = loop(f"k{a}", str(self.taps), lines)
        draft.line(*inner)
        return layout.back("full")


def transposed(draw: Draw) -> Case:
    """Transposed convolution in one or two dimensions, full or depthwise."""
    made = Deconvolution(draw)
    scatter = draw.chance(0.35)
    made.reference()
    final = made.scatter() if scatter else made.gather()
    made.draft.results(**{made.out: final})
    sizes = []
    for step, (size, batch, c_in, c_out) in enumerate(((2, 1, 1, 1), (4, 2, 2, 3), (draw.choice((6, 7)), 2, 3, 2))):
        stride = int(made.stride) if made.stride.isdigit() else (1, 2, 3)[step]
        counts = {"batch": batch, "channels": c_in, "in_channels": c_in, "out_channels": c_out, "stride": stride, "padding": min(step, 1)}
        sizes.append({**counts, **{EXTENT_OF[a]: size + k for k, a in enumerate(made.axes)}})
    title = draw.choice((f"conv_transpose{made.rank}d", f"transposed_conv{made.rank}d", "deconvolve", f"{made.kind}_deconv"))
    dim = made.shape if scatter else made.extents
    return made.draft.case(title + ("_scatter" if scatter else ""), dim, sizes)
