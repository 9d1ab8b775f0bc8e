"""One declaration per operation: signature, both spellings, safe domain, value range, and the standing of its adjoint.

An operation is added by one `declare` call in a module of `kernels/language/operations/`; the generator, both renderings and the range
tracking take it from there. The numpy spelling is written from the operation's definition, never by calling Warp.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kernels.language.interval import REALS, Interval

# Binding strength of Python's operators, weakest first; a call or name is an ATOM.
OR, AND, NOT, COMPARE, BIT_OR, BIT_XOR, BIT_AND, SHIFT, ADD, MULTIPLY, UNARY, ATOM = range(12)


@dataclass(frozen=True)
class Operation:
    """An operation of the kernel language.

    `parameters` and `result` are type letters: R real, V 3-vector, M 3x3 matrix, I integer, B bool; equal letters bind to one width.
    `warp` and `numpy` are format strings over the arguments; in `numpy`, `{0:v}` and `{0:m}` give a scalar argument one or two trailing
    axes, to scale vectors and matrices. `domain` holds one interval per parameter in which the operation is safe and well-conditioned;
    `range` maps the arguments' intervals to the result's. `smooth` is False where the value has kinks or jumps, `jumps` where it has jumps;
    `limitation` names the ledger's entry if Warp's adjoint cannot be trusted. `helpers` are lines that the reference needs at module level.
    `nouns` are names for results, `weight` is how often people use it.
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

    def domain_of(self, parameter: int) -> Interval:
        """The interval in which argument number `parameter` is safe."""
        return self.domain[parameter] if self.domain else REALS


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
