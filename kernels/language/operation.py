"""One declaration per operation: signature, both spellings, safe domain, value range, and the standing of its adjoint.

An operation is added by one `declare` call in a module of `kernels/language/operations/`; the generator, both renderings and the range
tracking take it from there. The numpy spelling is written from the operation's definition, never by calling Warp.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kernels.language.interval import REALS, Interval
from kernels.language.types import Palette

# Binding strength of Python's operators, weakest first; a call or name is an ATOM.
OR, AND, NOT, COMPARE, BIT_OR, BIT_XOR, BIT_AND, SHIFT, ADD, MULTIPLY, UNARY, ATOM = range(12)
TERNARY = -1
"""A conditional expression binds weakest of all."""


@dataclass(frozen=True)
class Operation:
    """An operation of the kernel language.

    `parameters` and `result` are type letters (kernels.language.types); the palette's letters bind to one real width, one integer type and
    one length. `warp` and `numpy` are format strings over the arguments; in `numpy`, `{0:v}` and `{0:m}` give a scalar argument one or two
    trailing axes, to scale vectors and matrices; letters in braces stand for Warp's spelling of their types, `{r}` for numpy's real type,
    `{n}` for the length of vectors. `domain` holds one interval per parameter in which the operation is safe and well-conditioned; `range`
    maps the arguments' intervals to the result's, and with `sized` takes the length of the first vector or matrix as `n`. `smooth` is False
    where the value has kinks or jumps, `jumps` where it has jumps; `limitation` names the ledger's entry if Warp's adjoint is wrong.
    `helpers` are lines that the reference needs at module level. `nouns` are names for results, `weight` is how often people use it.
    `lengths`, `reals` and `integers` say for which palettes it is there (None: all); `argument` (`unit`, `rigid`, `rotation`,
    `invertible` or empty, for each parameter) says what kind of value it needs beside its range, and `gives` of what kind its result is.
    """

    name: str
    parameters: str
    result: str
    warp: str
    numpy: str
    range: Callable[..., Interval]
    domain: tuple[Interval, ...] = ()
    precedence: int = ATOM
    numpy_precedence: int = ATOM
    smooth: bool = True
    jumps: bool = False
    limitation: str | None = None
    helpers: tuple[str, ...] = ()
    nouns: tuple[str, ...] = ()
    weight: float = 1.0
    sized: bool = False
    lengths: tuple[int, ...] | None = None
    reals: tuple[str, ...] | None = None
    integers: tuple[str, ...] | None = None
    argument: tuple[str, ...] = ()
    gives: str = ""

    def domain_of(self, parameter: int) -> Interval:
        """The interval in which argument number `parameter` is safe."""
        return self.domain[parameter] if self.domain else REALS

    def kind_of(self, parameter: int) -> str:
        """What kind of value argument number `parameter` must be, beside its range; mostly the empty string."""
        return self.argument[parameter] if self.argument else ""

    def exists_in(self, palette: Palette) -> bool:
        """Whether the operation is there for the palette's types."""
        letters = self.parameters + self.result
        return (
            all(palette.has(letter) for letter in letters)
            and (self.lengths is None or palette.length in self.lengths)
            and (self.reals is None or palette.real in self.reals)
            and (self.integers is None or palette.integer in self.integers)
        )


OPERATIONS: dict[str, Operation] = {}


def declare(
    name: str,
    signature: str,
    warp: str,
    numpy: str,
    range: Callable[..., Interval],
    **rest: object,
) -> Operation:
    """Declares an operation with `signature` such as "R,R -> R". Raises ValueError if the name is taken."""
    if name in OPERATIONS:
        raise ValueError(f"operation {name!r} is declared twice: choose another name")
    parameters, result = (part.strip() for part in signature.split("->"))
    operation = Operation(name, parameters.replace(",", "").replace(" ", ""), result, warp, numpy, range, **rest)  # type: ignore[arg-type]
    OPERATIONS[name] = operation
    return operation


def infix(name: str, signature: str, symbol: str, range: Callable[..., Interval], precedence: int, **rest: object) -> Operation:
    """Declares a binary operator whose two spellings are the same Python operator."""
    text = "{0} " + symbol + " {1}"
    return declare(name, signature, text, text, range, precedence=precedence, numpy_precedence=precedence, **rest)
