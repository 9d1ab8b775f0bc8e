"""Tokens and the table that they index: flat or batched ids, and the ways in which a table lies."""

from __future__ import annotations

from kernels.domains import Integers
from kernels.drafting.arguments import Extent, Sizes
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.language.types import I32

TABLES = ("table", "embeddings", "weight", "embedding_table", "vectors")


def drawn_width(draw: Draw, *options: Extent) -> Extent:
    """One of `options`: a number that the text knows, or the name of a launch's size."""
    return draw.choice(options)


class Tokens:
    """The ids: their indices in the kernel, their extents, and whether some are padding (below zero)."""

    def __init__(self, draft: Draft, *, padded: bool = False, batched: bool | None = None, vocabulary: str = "vocab_size") -> None:
        self.draft = draft
        draw = draft.draw
        self.padded = padded
        batched = draw.chance(0.45) if batched is None else batched
        self.indices: tuple[str, ...] = ("b", "t") if batched else (draw.choice(("i", "token", "t")),)
        self.extents: tuple[str, ...] = ("batch", "seq_len") if batched else (draw.choice(("num_tokens", "n")),)
        draft.reserve(*self.indices, *self.extents, "d", "dim_size", "row", "ids_all", vocabulary)
        self.ids = draft.array(
            draft.name("ids", "token_ids", "indices", "input_ids"),
            I32,
            *self.extents,
            domain=lambda sizes: Integers(-1 if padded else 0, sizes[vocabulary]),
        )

    @property
    def at(self) -> str:
        """The kernel's index of the thread's token."""
        return ", ".join(self.indices)

    def sizes(self, **more: tuple[int, int, int]) -> list[Sizes]:
        """The sizes of three launches, with `more` sizes by launch."""
        draw = self.draft.draw
        rows = ((1, 1, 1, 2), (3, 5, 3, 7), (4, draw.choice((5, 7)), draw.choice((5, 6)), 11))
        result: list[Sizes] = []
        for step, (b, t, d, v) in enumerate(rows):
            sizes = {"batch": b, "seq_len": t, "num_tokens": (1, 7, 23)[step], "n": (1, 7, 23)[step], "dim_size": d, "vocab_size": v}
            result.append({**sizes, **{name: values[step] for name, values in more.items()}})
        return result


class Table:
    """A table of rows: [row, element], its transpose, or flattened."""

    def __init__(self, draft: Draft, rows: Extent, width: Extent, *, name: str = "", layouts: tuple[str, ...] = ("rows",)) -> None:
        self.layout = draft.draw.choice(layouts)
        self.width = width
        self.name = name or draft.name(*TABLES)
        flat = f"{rows} * {width}"
        extents: tuple[Extent, ...] = {"rows": (rows, width), "columns": (width, rows), "flat": (flat,)}[self.layout]
        draft.array(self.name, draft.real, *extents)

    def at(self, row: str, element: str) -> str:
        """The kernel's element of a row."""
        inner = {"rows": f"{row}, {element}", "columns": f"{element}, {row}", "flat": f"{row} * {self.width} + {element}"}[self.layout]
        return f"{self.name}[{inner}]"

    def taken(self, rows: str, width: str) -> str:
        """numpy: the rows that the integers `rows` pick, elements last; `width` is the reference's text of a row's length."""
        if self.layout == "columns":
            return f"{self.name}.T[{rows}]"
        return f"{self.name}.reshape(-1, {width})[{rows}]" if self.layout == "flat" else f"{self.name}[{rows}]"
