"""Drafts of kernels in which the threads of a block work on tiles together, launched by `wp.launch_tiled`.

A value of such a kernel is a tile or a number of the block (what a reduction gives: a tile of one element). In the reference a tile is the
last axis of an array whose other axes are the blocks, and a block's number has that axis with length one: numpy then broadcasts as the
kernel does. Every line is right for any number of threads per block, because only tile operations touch the data.

Builtins whose adjoint needs their result (`exp`, `sqrt`, `tanh`, `/`, ...) cannot be passed to `wp.tile_map` by every Warp that is
supported (before 1.19 the backward pass does not compile), so they stand in a function of their own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from kernels.case import Case
from kernels.drafting.arguments import Extent, Sizes
from kernels.drafting.draft import Draft
from kernels.draw import Draw, digest
from kernels.language.expression import Apply, Custom, Expression, Literal, Variable, substitute
from kernels.language.interval import Interval
from kernels.language.types import Type
from kernels.source import def_lines

BLOCK_DIMS = (32, 64, 64, 128, 256)
_WINDOW = 64
"""Cases in a row whose blocks have the same number of threads, as a rule: what is compiled together must agree on it."""

ARITHMETIC = frozenset(("add", "subtract", "multiply", "divide", "negate", "square"))
"""Operations that tiles have operators for."""
MAPPED = {
    "absolute": "wp.abs",
    "minimum": "wp.min",
    "maximum": "wp.max",
    "sin": "wp.sin",
    "cos": "wp.cos",
    "atan": "wp.atan",
    "floor": "wp.floor",
    "ceil": "wp.ceil",
    "round": "wp.round",
    "sign": "wp.sign",
    "add": "wp.add",
    "subtract": "wp.sub",
    "multiply": "wp.mul",
}
"""Operations that `wp.tile_map` takes as builtins."""
VERBS = ("{}_of", "compute_{}", "eval_{}", "get_{}", "{}_func", "apply_{}")


def _block_dim(draw: Draw) -> int:
    """The number of threads that the tile kernels around a case have."""
    return BLOCK_DIMS[digest("blocks", draw.seed, draw.index // _WINDOW) % len(BLOCK_DIMS)]


class TileDraft(Draft):
    """One kernel on tiles and its reference under way. Tiles have `size` elements, and the shape of the text `shape`, such as `(16,)`.

    With `differentiable=False` no argument has a gradient, for kernels whose tile operations have none. `smooth` drafts draw no operation
    that jumps; of others with a gradient half are smooth. `without` names operations that no drawn expression has.
    """

    def __init__(
        self, draw: Draw, *, width: str | None = None, differentiable: bool = True, smooth: bool = False, without: Sequence[str] = ()
    ) -> None:
        super().__init__(draw, width=width, smooth=(differentiable and draw.chance(0.5)) or smooth, without=without)
        self.differentiable = differentiable
        self.block_dim = _block_dim(draw)
        self.shape = ""
        self.size = 0
        self._named_lengths = draw.chance(0.4)
        self._shared = draw.weighted((0.0, 0.3, 1.0), (6, 2, 1))
        self._broadcasts = draw.chance(0.4)
        self._tiles: set[str] = set()
        self._numbers: set[str] = set()
        self._spread: dict[tuple[str, str], str] = {}
        self._lengths: dict[str, str] = {}

    # Tiles

    def length(self, name: str, value: int) -> str:
        """The kernel's text of a length that is known at compile time: the number, or a constant of the module called `name`."""
        if not self._named_lengths:
            return str(value)
        if name not in self._lengths:
            text = f"wp.constant({value})" if self.draw.chance(0.7) else str(value)
            self._lengths[name] = f"{name} = {text}"
            self.reserve(name)
        return name

    def indices(self, options: Sequence[str]) -> str:
        """One of `options`, each the names of one or more indices such as `i, j`, that are free."""
        chosen = self.draw.choice([o for o in options if not self._taken & set(o.split(", "))])
        self.reserve(*chosen.split(", "))
        return chosen

    def storage(self) -> str:
        """The keyword that chooses a tile's storage, or nothing."""
        if self._shared and self.draw.chance(self._shared):
            return ', storage="shared"'
        return ', storage="register"' if self.draw.chance(0.05) else ""

    def tiles_have(self, shape: str, size: int) -> None:
        """Sets the shape and the size of the kernel's tiles; some kernels then get a block that the tile fills evenly."""
        self.shape, self.size = shape, size
        even = [dim for dim in BLOCK_DIMS if size % dim == 0]
        if even and self.block_dim not in even and self.draw.chance(0.1):
            self.block_dim = self.draw.choice(even)

    def loaded(self, name: str, call: str, numpy: str, type: Type, low: float, high: float) -> Variable:
        """Names the tile that the text `call` loads, for the reference the array `numpy`."""
        self.line(f"{name} = {call}")
        if numpy != name:
            self.numpy(f"{name} = {numpy}")
        return self.whole(name, type, low, high)

    def whole(self, name: str, type: Type, low: float, high: float) -> Variable:
        """Puts a tile that the family spells itself into scope, with its range.

        Threads of the block that hold no element map a zero, and an integer's division by it ends the process.
        """
        self._tiles.add(name)
        return self.known(name, type, min(low, 0.0), max(high, 0.0)) if type.is_integer else self.known(name, type, low, high)

    def reduced(self, name: str, type: Type, low: float, high: float, call: str, numpy: str) -> Variable:
        """Names a number of the block, made by the text `call`; the reference's text keeps the last axis."""
        self.line(f"{name} = {call}")
        self.numpy(f"{name} = {numpy}")
        return self.number_of(name, type, low, high)

    def summed(self, text: str) -> str:
        """The reference's sum of `text` over the last axis, which keeps it.

        One element after the other, as a block of one thread adds them: numpy's own sum is more exact than that, and would hide how much
        rounding matters.
        """
        if not any(block[0].startswith("def block_sum(") for block in self.reference_definitions):
            self.reference_function("block_sum", ["a"], ["return np.cumsum(a, axis=-1)[..., -1:]"])
        return f"block_sum({text})"

    def number_of(self, name: str, type: Type, low: float, high: float) -> Variable:
        """Puts a number of the block that the family spells itself into scope, with its range."""
        self._numbers.add(name)
        return self.known(name, type, low, high)

    def is_tile(self, value: Variable) -> bool:
        """Whether `value` is a tile and not a number of the block."""
        return value.name in self._tiles

    def tile(self, name: str, what: str | Expression) -> Variable:
        """Names the tile, or the number of the block, that `what` makes of values in scope: by operators, or by `wp.tile_map`."""
        expression = self.read(what) if isinstance(what, str) else what
        self.reserve(name)
        self._keep(expression)
        leaves = _leaves(expression)
        wide = [e for e in leaves if self._is(e, self._tiles)]
        if wide:
            numbers: dict[Expression, Expression] = {e: self._in_tile(e) for e in leaves if self._is(e, self._numbers)}
            expression = substitute(expression, numbers.get)
            spread = [e for e in numbers.values() if isinstance(e, Variable)]
            operands = {*wide, *spread}
        else:
            operands = {e for e in leaves if self._is(e, self._numbers)}
        warp, numpy = self._spelled(name, expression, operands)
        self.line(f"{name} = {warp}")
        self.numpy(f"{name} = {numpy}")
        (self._tiles if wide else self._numbers).add(name)
        return self.known(name, expression.type, expression.range.low, expression.range.high)

    def operand(self, name: str, expression: Expression) -> tuple[str, str]:
        """Both spellings of a tile that an operation takes: written out where operators suffice, now and then, else named first."""
        leaves = _leaves(expression)
        tiles = {e for e in leaves if self._is(e, self._tiles)}
        plain = not any(self._is(e, self._numbers) for e in leaves) and _kind(expression, tiles) == "tile"
        if isinstance(expression, Variable) or (plain and self.draw.chance(0.6)):
            return expression.warp(), expression.numpy()
        named = self.tile(self.free(name), expression)
        return named.name, named.name

    def drawn_tile(self, name: str, inputs: Sequence[Expression], domain: Interval | None = None, *, type: Type | None = None) -> Variable:
        """Names a tile that a drawn expression makes of all `inputs`, within `domain`."""
        return self.tile(name, self.drawn(type or self.real, inputs, None, domain))

    def finished(self, kernel_name: str, dim: Sequence[Extent], sizes: Sequence[Sizes], *, lanes: bool = False) -> Case:
        """The finished case, whose `dim` counts blocks; `lanes` says that every element depends on those at its place alone."""
        if self._lengths:
            self.definitions.insert(0, list(self._lengths.values()))
        case = self.case(kernel_name, dim, sizes, elementwise=lanes and self.differentiable)
        arguments = case.arguments if self.differentiable else tuple(replace(a, differentiable=False) for a in case.arguments)
        return replace(case, arguments=arguments, block_dim=self.block_dim)

    @staticmethod
    def _is(leaf: Expression, names: set[str]) -> bool:
        return isinstance(leaf, Variable) and leaf.name in names

    def _in_tile(self, number: Expression) -> Expression:
        """A number of the block where it meets a tile: its only element, or a tile that repeats it.

        Warp's adjoint of a sum also reaches the registers of threads that hold no element, and a single number would collect what those
        have: it is right only if the tile fills the block's threads evenly.
        """
        assert isinstance(number, Variable)
        if self._broadcasts or (self.differentiable and self.size % self.block_dim):
            key = number.name, self.shape
            if key not in self._spread:
                spread = self.free(f"{number.name}_tile")
                self.line(f"{spread} = wp.tile_broadcast({number.name}, shape={self.shape})")
                self._spread[key] = spread
            return replace(number, name=self._spread[key], numpy_name=number.name)
        return Custom(number.type, number.range, f"{number.name}[0]", number.name)

    def _spelled(self, name: str, expression: Expression, operands: set[Expression]) -> tuple[str, str]:
        """Both spellings of an expression over tiles: operators, a mapped builtin, or a mapped function."""
        operation = expression.operation.name if isinstance(expression, Apply) else ""
        parts = expression.arguments if isinstance(expression, Apply) else ()
        plain = all(isinstance(e, (Variable, Custom, Literal)) for e in parts)
        if _kind(expression, operands) == "tile" and (operation == "" or self.draw.chance(0.85)):
            return expression.warp(), expression.numpy()
        if operation in MAPPED and plain and parts[0] in operands:
            return f"wp.tile_map({MAPPED[operation]}, {', '.join(e.warp() for e in parts)})", expression.numpy()
        return self._mapped(self.draw.choice(VERBS).format(name), expression, operands)

    def _mapped(self, function: str, expression: Expression, operands: set[Expression]) -> tuple[str, str]:
        """A call of `wp.tile_map` with a function of its own; tiles come before what is the same for all elements."""
        function = self.free(function)
        leaves = sorted(_leaves(expression), key=lambda e: e not in operands)
        parameters: dict[Expression, Variable] = {}
        for leaf in leaves:
            word = re.findall(r"^[\w.]+", leaf.warp())[0].split(".")[-1]
            same = sum(re.sub(r"_\d+$", "", p.name) == word for p in parameters.values())
            parameters[leaf] = Variable(leaf.type, leaf.range, f"{word}_{same + 1}" if same else word)
        inner = substitute(expression, parameters.get)
        typed = [f"{p.name}: {p.type.spelling}" for p in parameters.values()]
        result = expression.type.spelling if self._typed_results else ""
        self.definitions.append(["@wp.func", *def_lines(function, typed, result), f"    return {inner.warp()}"])
        names = [p.name for p in parameters.values()]
        self.reference_definitions.append([*def_lines(function, names), f"    return {inner.numpy()}"])
        call = f"wp.tile_map({', '.join([function, *(e.warp() for e in leaves)])})"
        return call, f"{function}({', '.join(e.numpy() for e in leaves)})"


def _leaves(expression: Expression) -> list[Expression]:
    """The values that an expression is made of, each once, in the order in which they stand."""
    return list(dict.fromkeys(e for e in expression.walk() if isinstance(e, (Variable, Custom))))


def _kind(expression: Expression, operands: set[Expression]) -> str:
    """`tile` for what operators of tiles can compute, `number` for what is the same for all elements, else nothing."""
    if isinstance(expression, (Variable, Custom)):
        return "tile" if expression in operands else "number"
    if isinstance(expression, Literal):
        return "number"
    if not isinstance(expression, Apply) or expression.operation.name not in ARITHMETIC:
        return ""
    kinds = {_kind(e, operands) for e in expression.arguments}
    if "" in kinds:
        return ""
    if len(kinds) == 1:
        return kinds.pop()
    return "tile" if expression.operation.name in ("multiply", "divide") else ""
