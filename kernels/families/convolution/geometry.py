"""Windows over the spatial axes of a layer's input: taps, stride, dilation, and the rule at the border, in the kernel and in numpy."""

from __future__ import annotations

from collections.abc import Sequence

from kernels.drafting.arguments import Extent
from kernels.drafting.draft import Draft
from kernels.drafting.outlines import nested
from kernels.source import indented

AXES = {1: "x", 2: "yx", 3: "zyx"}
EXTENT_OF = {"x": "width", "y": "height", "z": "depth", "n": "batch"}
MODES = {"clamp": ', mode="edge"', "wrap": ', mode="wrap"', "reflect": ', mode="reflect"', "zero": "", "valid": ""}

ORDERS = {1: ("ncx", "ncx", "nxc", "cx", "xc", "x"), 2: ("ncyx", "ncyx", "nyxc", "nyxc", "cyx", "yxc", "yx"), 3: ("czyx", "zyxc", "zyx")}
"""Layouts by letters: n the sample, c the channel, x, y, z the spatial axes."""


class Window:
    """The taps over which an output element looks at the input.

    Taps, stride, dilation and padding are each a literal or an argument; `position` is the kernel's formula of the input's index.
    """

    def __init__(
        self, draft: Draft, rank: int, *, static: bool, rules: Sequence[str] = ("valid", "zero", "zero", "clamp", "wrap", "reflect")
    ) -> None:
        self.draft, self.axes = draft, AXES[rank]
        draw = draft.draw
        # Unrolled windows stay small.
        literal = draw.choice({1: (2, 3, 4, 5), 2: (2, 3), 3: (2,)}[rank])
        self.taps: Extent = literal if static or draw.chance(0.5) else draw.choice(("taps", "kernel_size", "ksize"))
        self.static = isinstance(self.taps, int)
        self.stride = draw.weighted(("1", "2", "stride"), (6, 2, 2))
        self.dilation = draw.weighted(("1", "2", "dilation"), (7, 1.5, 1.5))
        self.rule = draw.choice(tuple(rules))
        self.padding = "0"
        if self.rule != "valid":
            same = self.static and self.dilation.isdigit() and draw.chance(0.6)
            amount = (int(self.taps) - 1) * int(self.dilation) // 2 if same and isinstance(self.taps, int) else 0
            self.padding = str(amount) if amount > 0 else "padding"
        draft.reserve("taps", "stride", "dilation", "padding", *(f"k{a}" for a in self.axes), *(f"i{a}" for a in self.axes), *self.axes)
        draft.reserve("padded", "view", "summed", *(f"out_{EXTENT_OF[a]}" for a in self.axes), *(EXTENT_OF[a] for a in self.axes))
        draft.reserve(*(f"span_{a}" for a in self.axes))

    @property
    def counts(self) -> list[str]:
        """The arguments among taps, stride, dilation and padding."""
        return [t for t in (str(self.taps), self.stride, self.dilation, self.padding) if not t.isdigit()]

    def reach(self) -> str:
        """The formula of how many input elements a window spans, less one."""
        if isinstance(self.taps, int) and self.dilation.isdigit():
            return str((self.taps - 1) * int(self.dilation))
        return f"({self.taps} - 1)" if self.dilation == "1" else f"{self.dilation} * ({self.taps} - 1)"

    def out_extent(self, axis: str) -> str:
        """The formula of the output's length along an axis."""
        return f"({EXTENT_OF[axis]} + 2 * {self.padding} - {self.reach()} - 1) // {self.stride} + 1"

    def closing(self, name: str, text: str) -> list[str]:
        """numpy: `name` becomes `text`, unless it is so already."""
        return [] if name == text else [f"{name} = {text}"]

    def position(self, axis: str, place: str = "") -> str:
        """The formula of the input's index along an axis for the output's index (or `place`), before the border's rule."""
        start = place or axis
        start = start if self.stride == "1" else f"{start} * {self.stride}"
        step = f"k{axis}" if self.dilation == "1" else f"k{axis} * {self.dilation}"
        return f"{start} + {step}{'' if self.padding == '0' else f' - {self.padding}'}"

    def find(self) -> list[str]:
        """The kernel's lines that name the input's indices `ix`, `iy`, `iz`."""
        lines: list[str] = []
        for a in self.axes:
            size, at = EXTENT_OF[a], self.position(a)
            if self.rule == "clamp":
                lines.append(f"i{a} = wp.clamp({at}, 0, {size} - 1)")
            elif self.rule == "wrap":
                lines.append(f"i{a} = ({at} + {size}) % {size}")
            elif self.rule == "reflect":
                lines += [f"i{a} = wp.abs({at})", f"i{a} = wp.min(i{a}, 2 * ({size} - 1) - i{a})"]
            else:
                lines.append(f"i{a} = {at}")
        return lines

    def looked_at(self, lines: Sequence[str]) -> list[str]:
        """`lines` for the tap's input element, if it is there."""
        if self.rule != "zero":
            return [*self.find(), *lines]
        tests = " and ".join(f"i{a} >= 0 and i{a} < {EXTENT_OF[a]}" for a in self.axes)
        if len(self.axes) > 1 and self.draft.draw.chance(0.3):
            # Axis by axis, so that a whole row of taps is left out at once.
            return [*self.find(), *self._nested_tests(lines)]
        return [*self.find(), f"if {tests}:", *indented(lines)]

    def _nested_tests(self, lines: Sequence[str]) -> list[str]:
        inner = list(lines)
        for a in reversed(self.axes):
            inner = [f"if i{a} >= 0 and i{a} < {EXTENT_OF[a]}:", *indented(inner)]
        return inner

    def looped(self, lines: Sequence[str]) -> list[str]:
        """`lines` for every tap."""
        return nested([(f"k{a}", str(self.taps)) for a in self.axes], lines)

    @property
    def tap(self) -> str:
        """The kernel's index of a tap's weight."""
        return ", ".join(f"k{a}" for a in self.axes)

    def open(self, x: str, order: str) -> None:
        """Declares or reads off what the kernel's indexing needs."""
        for name in dict.fromkeys(self.counts):
            self.draft.count(name)
        if self.rule != "valid":
            for a in self.axes:
                self.draft.extent(EXTENT_OF[a], x, order.index(a))

    def padded(self, text: str) -> list[str]:
        """numpy: `padded` from the input `text` with axes sample, channel, then space, and the output's extents."""
        pads = ", ".join(["(0, 0)", "(0, 0)", *([f"({self.padding}, {self.padding})"] * len(self.axes))])
        made = text if self.padding == "0" else f"np.pad({text}, [{pads}]{MODES[self.rule]})"
        lines = [f"padded = {made}"]
        for number, a in enumerate(self.axes):
            length = f"padded.shape[{number + 2}] - {self.reach()}"
            lines.append(f"out_{EXTENT_OF[a]} = {length if self.stride == '1' else f'({length} - 1) // {self.stride} + 1'}")
        return lines

    def views(self, lines: Sequence[str]) -> list[str]:
        """numpy: `lines` for every tap, with `view` the input elements that all windows have there."""
        cuts = []
        for a in self.axes:
            start = f"k{a}" if self.dilation == "1" else f"k{a} * {self.dilation}"
            size = f"out_{EXTENT_OF[a]}"
            if self.stride == "1":
                cuts.append(f"{start} : {start} + {size}")
            else:
                cuts.append(f"{start} : {start} + {self.stride} * ({size} - 1) + 1 : {self.stride}")
        return nested([(f"k{a}", str(self.taps)) for a in self.axes], [f"view = padded[:, :, {', '.join(cuts)}]", *lines])

    def sizes(self, extra: Sequence[dict[str, int]]) -> list[dict[str, int]]:
        """Three launches' sizes: `extra`, and what the window needs."""
        draw = self.draft.draw
        result = []
        for step, more in enumerate(extra):
            k = self.taps if isinstance(self.taps, int) else (1, 3, draw.choice((2, 3)))[step]
            d = int(self.dilation) if self.dilation.isdigit() else (1, 2, draw.choice((1, 2)))[step]
            s = int(self.stride) if self.stride.isdigit() else (1, 2, draw.choice((1, 2, 3)))[step]
            p = int(self.padding) if self.padding.isdigit() else (0, 1, draw.choice((1, 2)))[step]
            # Reflection and wrapping need an input that is longer than the padding.
            least = max(d * (k - 1) + 1, p + 1)
            grow = {1: (0, draw.integer(3, 6), draw.integer(12, 19)), 2: (0, draw.integer(2, 4), draw.integer(5, 8)), 3: (0, 2, 3)}
            values = {"stride": s, "dilation": d, "padding": p, str(self.taps): k}
            for number, a in enumerate(self.axes):
                values[EXTENT_OF[a]] = least + grow[len(self.axes)][step] + (number if step else 0)
            result.append({**values, **more})
        return result


class Layout:
    """The order of an array's axes, by letters; `canonical` has sample, channel, then space."""

    def __init__(self, order: str) -> None:
        self.order = order

    @property
    def has_channels(self) -> bool:
        """Whether there is an axis of channels."""
        return "c" in self.order

    def index(self, channel: str, spatial: str = "") -> str:
        """The kernel's index, with `spatial` before the spatial axes' letters ("i" for the input's)."""
        return ", ".join(channel if a == "c" else a if a == "n" else f"{spatial}{a}" for a in self.order)

    def canonical(self, name: str) -> str:
        """numpy: the array with axes sample, channel, then space."""
        if not self.has_channels:
            return f"{name}[None, None]"
        moved = name if self.order[-1] != "c" else f"np.moveaxis({name}, -1, {1 if self.order[0] == 'n' else 0})"
        return moved if self.order[0] == "n" else f"{moved}[None]"

    def back(self, text: str) -> str:
        """numpy: the canonical array `text` in this order."""
        if not self.has_channels:
            return f"{text}[0, 0]"
        inner = text if self.order[0] == "n" else f"{text}[0]"
        return f"np.moveaxis({inner}, {1 if self.order[0] == 'n' else 0}, -1)" if self.order[-1] == "c" else inner

    def spread(self, name: str = "{0}") -> str:
        """numpy: an array over channels, against arrays in this order."""
        behind = len(self.order) - 1 - self.order.index("c") if self.has_channels else 0
        return f"{name}[:{', None' * behind}]" if behind else name
