"""How queries, keys and values lie in memory: heads apart, tokens first, packed in one axis, batched, or a single head."""

from __future__ import annotations

from dataclasses import dataclass

from kernels.drafting.arguments import Extent, Sizes
from kernels.drafting.draft import Draft
from kernels.drafting.outlines import outlined
from kernels.draw import Draw
from kernels.language.types import Type
from kernels.source import indented

LAYOUTS = ("single", "heads", "tokens", "packed", "batched")


def drawn_extent(draw: Draw, *options: Extent) -> Extent:
    """One of `options`: a number that the text knows, or the name of a launch's size."""
    return draw.choice(options)


@dataclass(frozen=True)
class _Operand:
    """An array of tokens: its name, the extent of its tokens, and the extent of its last axis."""

    name: str
    tokens: str
    width: Extent
    shared: bool


class Heads:
    """The layout: `index` is the kernel's index of an element, `canonical` the reference's array with axes (batch,) head, token, element.

    With `grouped`, several query heads may share one head of keys and values. A static head dimension is known to the text.
    """

    def __init__(
        self, draft: Draft, *, self_attention: bool, static: bool, layouts: tuple[str, ...] = LAYOUTS, grouped: bool = True
    ) -> None:
        self.draft = draft
        draw = draft.draw
        self.layout = draw.choice(layouts)
        self.b, self.h = draw.choice((("b", "h"), ("batch_id", "head")))
        self.i, self.j = draw.choice((("i", "j"), ("q_idx", "k_idx"), ("query", "key")))
        self.c = draw.choice(("d", "c", "e"))
        self.self_attention = self_attention
        self.queries, self.keys = ("seq_len", "seq_len") if self_attention else draw.choice((("num_queries", "num_keys"), ("n_q", "n_k")))
        self.dim: Extent = draw.choice((2, 3, 4, 8)) if static else draw.choice(("head_dim", "dims"))
        self.grouped = draw.choice((2, 3)) if grouped and self.layout in ("heads", "tokens", "batched") and draw.chance(0.3) else 0
        self.heads: Extent = f"kv_heads * {self.grouped}" if self.grouped else "heads"
        draft.reserve(self.b, self.h, self.i, self.j, self.c, self.queries, self.keys, "heads", "kv_heads", "batch", "kv_head")
        draft.reserve("head_dim", "dims")
        draft.reserve("q_all", "k_all", "v_all", "scores", "keep", "probs", "ii", "jj")
        self._operands: dict[str, _Operand] = {}

    @property
    def static(self) -> bool:
        """Whether the head dimension is known to the text."""
        return isinstance(self.dim, int)

    @property
    def outer(self) -> tuple[tuple[str, Extent], ...]:
        """The thread's indices before the token's, with their extents."""
        if self.layout == "single":
            return ()
        head = (self.h, self.heads)
        return ((self.b, "batch"), head) if self.layout == "batched" else (head,)

    def operand(self, name: str, tokens: str, *, shared: bool = False, width: Extent = "", low: float = -1.0, high: float = 1.0) -> str:
        """Declares an array of tokens; `shared` ones are keys and values, of which a group of heads has one."""
        operand = _Operand(name, tokens, width or self.dim, shared)
        self._operands[name] = operand
        return self.draft.array(name, self.draft.real, *self._extents(operand), low=low, high=high)

    def output(self, name: str, tokens: str, width: Extent = "", type: Type | None = None) -> str:
        """Declares an output of tokens."""
        operand = _Operand(name, tokens, width or self.dim, False)
        self._operands[name] = operand
        return self.draft.output(name, type or self.draft.real, *self._extents(operand))

    def extents(self, name: str) -> tuple[Extent, ...]:
        """The extents of an operand's array."""
        return self._extents(self._operands[name])

    def _extents(self, o: _Operand) -> tuple[Extent, ...]:
        heads: Extent = "kv_heads" if o.shared and self.grouped else self.heads
        return {
            "single": (o.tokens, o.width),
            "heads": (heads, o.tokens, o.width),
            "tokens": (o.tokens, heads, o.width),
            "packed": (o.tokens, f"{heads} * {o.width}"),
            "batched": ("batch", heads, o.tokens, o.width),
        }[self.layout]

    def index(self, name: str, token: str, element: str) -> str:
        """The kernel's `name[...]` for a token and an element of the thread's head."""
        o = self._operands[name]
        head = "kv_head" if o.shared and self.grouped else self.h
        inner = {
            "single": f"{token}, {element}",
            "heads": f"{head}, {token}, {element}",
            "tokens": f"{token}, {head}, {element}",
            "packed": f"{token}, {head} * {o.width} + {element}",
            "batched": f"{self.b}, {head}, {token}, {element}",
        }[self.layout]
        return f"{name}[{inner}]"

    def canonical(self, name: str) -> str:
        """numpy: the array with axes (batch,) head, token, element, every query head with its keys and values."""
        o = self._operands[name]
        text = {
            "tokens": f"np.swapaxes({name}, 0, 1)",
            "packed": f"{name}.reshape({name}.shape[0], -1, {o.width if isinstance(o.width, int) else 'WIDTH'}).swapaxes(0, 1)",
        }.get(self.layout, name)
        if "WIDTH" in text:
            text = f"{name}.reshape({name}.shape[0], heads, -1).swapaxes(0, 1)"
        if o.shared and self.grouped:
            text = f"np.repeat({text}, {self.grouped}, axis={1 if self.layout == 'batched' else 0})"
        return text

    def stored(self, text: str) -> str:
        """numpy: the result `text` with axes (batch,) head, token, element, as the kernel stores it."""
        if self.layout == "tokens":
            return f"np.swapaxes({text}, 0, 1)"
        return f"np.swapaxes({text}, 0, 1).reshape({text}.shape[1], -1)" if self.layout == "packed" else text

    def open(self, counts: bool) -> list[str]:
        """The kernel's lines that make what indexing needs; `counts` asks for the head count in the reference of a packed layout."""
        draft = self.draft
        if self.layout == "packed":
            if not self.static:
                draft.count(str(self.dim))
                if counts:
                    draft.numpy(f"heads = {self.first}.shape[1] // {self.dim}")
        elif not self.static:
            draft.extent(str(self.dim), self.first, len(self.extents(self.first)) - 1)
        return [f"kv_head = {self.h} // {self.grouped}"] if self.grouped else []

    @property
    def first(self) -> str:
        """The first operand that was declared."""
        return next(iter(self._operands))

    def per_head(self, name: str) -> str:
        """numpy: an array with one element per head, against scores."""
        return name if self.layout == "single" else f"{name}[:, None, None]"

    def computed(self, function: str, lines: list[str], result: str, *, static: bool) -> None:
        """Places lines that compute a real `result`: a function of their own where their loops are dynamic, or now and then."""
        if not static or self.draft.draw.chance(0.3):
            outlined(self.draft, function, lines, [(result, self.draft.real)])
        else:
            self.draft.line(*lines)

    def product_lines(self, q: str, k: str, into: str = "dot") -> list[str]:
        """The kernel's lines of the inner product of the thread's query with a key."""
        term = f"{self.index(q, self.i, self.c)} * {self.index(k, self.j, self.c)}"
        return [f"{into} = {self.draft.zero()}", f"for {self.c} in range({self.dim}):", *indented([f"{into} += {term}"])]

    def sizes(self) -> list[Sizes]:
        """The sizes of the three launches."""
        draw = self.draft.draw
        result: list[Sizes] = []
        for step, (n, m, h) in enumerate(((1, 1, 1), (3, 5, 2), (draw.choice((5, 7)), draw.choice((6, 9)), 2))):
            dim = self.dim if isinstance(self.dim, int) else (1, 3, draw.choice((4, 5)))[step]
            sizes = {self.queries: n, self.keys: n if self.self_attention else m, "heads": h, "kv_heads": 1 if step < 2 else 2}
            sizes |= {"batch": min(step + 1, 2), str(self.dim): dim, "head_dim": dim, "dims": dim}
            result.append(sizes)
        return result
