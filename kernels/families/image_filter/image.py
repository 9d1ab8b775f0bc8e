"""How an image filter addresses pixels: layout of the image, rule at its border, and the same in numpy by padding."""

from __future__ import annotations

from collections.abc import Sequence

from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.language.types import Type

MODES = {"clamp": ', mode="edge"', "wrap": ', mode="wrap"', "mirror": ', mode="reflect"', "zero": "", "copy": ""}


class Image:
    """The image that a filter reads: a grid of pixels, perhaps flattened, or a stack of grids."""

    def __init__(self, draw: Draw, draft: Draft, element: Type, *, plain: bool = False) -> None:
        self.draw, self.draft, self.element = draw, draft, element
        self.name = draw.choice(
            ("image", "src", "img", "frame", "source", "input_image") if element.rank == 0 else ("rgb", "colors", "image", "img")
        )
        self.layout = draw.weighted(("grid", "flat", "stack"), (7, 0 if plain else 1.5, 0 if plain else 1.5))
        self.y, self.x = draw.choice((("y", "x"), ("i", "j"), ("row", "col"), ("py", "px")))
        self.height, self.width = draw.choice((("height", "width"), ("h", "w"), ("rows", "cols")))
        self.layer = draw.choice(("layer", "channel", "frame_id"))
        self.from_shape = self.layout != "flat" and draw.chance(0.35)
        draft.reserve(self.name, self.y, self.x, self.height, self.width, "yy", "xx", "dy", "dx")

    @property
    def shape(self) -> tuple[str, ...]:
        """Formulas of the image's shape."""
        if self.layout == "flat":
            return (f"{self.height} * {self.width}",)
        return (("layers",) if self.layout == "stack" else ()) + (self.height, self.width)

    @property
    def dim(self) -> tuple[str, ...]:
        """The grid of threads: one per pixel."""
        return (self.height, self.width) if self.layout == "flat" else self.shape

    def opening(self) -> list[str]:
        """The kernel's first lines: thread indices, sizes, guard."""
        lines = [f"{f'{self.layer}, ' if self.layout == 'stack' else ''}{self.y}, {self.x} = wp.tid()"]
        if self.from_shape:
            first = int(self.layout == "stack")
            lines += [f"{self.height} = {self.name}.shape[{first}]", f"{self.width} = {self.name}.shape[{first + 1}]"]
        else:
            self.draft.count(self.height)
            self.draft.count(self.width)
        if self.draw.chance(0.5):
            lines += [f"if {self.y} >= {self.height} or {self.x} >= {self.width}:", "    return"]
        return lines

    def at(self, y: str, x: str, name: str = "") -> str:
        """The pixel at (y, x) of this image, or of another array laid out alike."""
        name = name or self.name
        if self.layout == "flat":
            y, x = (f"({t})" if " " in t and "(" not in t else t for t in (y, x))
            return f"{name}[{y} * {self.width} + {x}]"
        return f"{name}[{f'{self.layer}, ' if self.layout == 'stack' else ''}{y}, {x}]"

    def moved(self, axis: str, offset: str, rule: str) -> str:
        """The index along `axis` ("y" or "x") at `offset`, brought inside by the border rule."""
        index, size = (self.y, self.height) if axis == "y" else (self.x, self.width)
        if offset == "0":
            return index
        sign, amount = ("-", offset[1:]) if offset.startswith("-") else ("+", offset)
        there = f"{index} {sign} {amount}"
        if rule == "clamp":
            if offset.lstrip("-").isdigit():
                return f"wp.max({there}, 0)" if sign == "-" else f"wp.min({there}, {size} - 1)"
            return f"wp.clamp({there}, 0, {size} - 1)"
        if rule == "wrap":
            return f"({there} + {size}) % {size}"
        if rule == "mirror":
            return f"wp.abs({size} - 1 - wp.abs({size} - 1 - wp.abs({there})))"
        return there

    def grid(self) -> list[str]:
        """numpy: the image with its rows and columns as axes, under its own name."""
        return [f"{self.name} = {self.unflattened(self.name)}"] if self.layout == "flat" else []

    def unflattened(self, name: str) -> str:
        """numpy: an array of the image's shape and type, with its rows and columns as axes."""
        return f"{name}.reshape({'*dim, 3' if self.element.rank else 'dim'})" if self.layout == "flat" else name

    def flattened(self, name: str, type: Type) -> str:
        """numpy: a result on the grid, as the kernel stores it."""
        return f"{name}.reshape(-1{', 3' * type.rank})" if self.layout == "flat" else name

    def padding(self, rule: str, reach: str) -> list[str]:
        """numpy: the sizes and the padded image."""
        rank = self.element.rank
        pads = ["(0, 0)"] * (self.layout == "stack") + [f"({reach}, {reach})"] * 2 + ["(0, 0)"] * rank
        return [
            f"ny, nx = {self.name}.shape[{'-3:-1' if rank else '-2:'}]",
            f"padded = np.pad({self.name}, [{', '.join(pads)}]{MODES[rule]})",
        ]

    def view(self, reach: str, dy: str, dx: str) -> str:
        """numpy: the image shifted by (dy, dx), out of the padded one."""

        def part(offset: str, size: str) -> str:
            if reach.isdigit() and offset.lstrip("-").isdigit():
                start = int(reach) + int(offset)
                return f"{start} : {start} + {size}" if start else f":{size}"
            return f"{reach} + {offset} : {reach} + {offset} + {size}"

        lead = ":, " if self.layout == "stack" else ""
        return f"padded[{lead}{part(dy, 'ny')}, {part(dx, 'nx')}]"

    def sizes(self, smallest: int = 1) -> list[dict[str, int]]:
        """The launches' extents."""
        draw = self.draw
        pairs: Sequence[tuple[int, int]] = (
            (smallest, smallest),
            (draw.choice((5, 7)), draw.choice((5, 7, 11))),
            (draw.choice((9, 10)), draw.choice((11, 13))),
        )
        return [{self.height: h, self.width: w, "layers": 1 + (h > 4)} for h, w in pairs]
