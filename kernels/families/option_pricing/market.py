"""What pricing kernels share: quoted quantities, formulas in both spellings, the normal distribution, and what becomes of a value.

A quantity is an array with one element for each contract, a value passed to the kernel (or a field of its struct), or a constant.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from kernels.case import Case
from kernels.domains import Bernoulli, Integers
from kernels.drafting.arguments import Sizes, grids
from kernels.drafting.draft import Draft
from kernels.drafting.formulas import to_numpy
from kernels.draw import Draw
from kernels.language.expression import Expression, Variable
from kernels.language.interval import Interval
from kernels.language.operations.scalar_math import ERF, ERFC
from kernels.language.types import I32

CDF = (
    ("return 0.5 * (1.0 + wp.erf(x * 0.70710678))",),
    ("return 0.5 * wp.erfc(-0.70710678 * x)",),
    ("return 1.0 / (1.0 + wp.exp(-1.5976 * x - 0.07056 * x * x * x))",),
    ("inner = 0.7978846 * (x + 0.044715 * x * x * x)", "return 0.5 * (1.0 + wp.tanh(inner))"),
)
"""The normal distribution: exact, and three approximations (Page; Tocher; the last two by a logistic curve)."""

POLYNOMIAL = (
    "k = 1.0 / (1.0 + 0.2316419 * wp.abs(x))",
    "tail = k * (0.31938153 + k * (-0.356563782 + k * (1.781477937 + k * (-1.821255978 + k * 1.330274429))))",
    "upper = 0.39894228 * wp.exp(-0.5 * x * x) * tail",
)
"""Abramowitz and Stegun, 26.2.17: the probability above |x|."""

CONTRACTS = ("i", "tid", "contract", "option", "idx")


class Market:
    """A draft of a pricing kernel. `i` is the thread's index; quantities are asked for first, and read by `threads`."""

    def __init__(self, draw: Draw, *, extents: str = "n") -> None:
        self.draw = draw
        self.draft = Draft(draw, smooth=True)
        self.i = self.draft.name(*CONTRACTS)
        self.size = extents
        self._loads: list[tuple[str, str]] = []
        self._first = ""

    def quantity(self, name: str, low: float, high: float, *, arrays: Sequence[str] = (), share: float = 0.5) -> str:
        """The text, in both spellings, of a quantity: an array's element with probability `share`, else a parameter."""
        draft = self.draft
        if not self.draw.chance(share):
            return draft.knob(draft.free(name), low, high).numpy()
        plural = f"{name[:-1]}ies" if name.endswith("y") else f"{name}s"
        array = draft.name(*arrays, plural, f"{name}_in")
        draft.array(array, draft.real, self.size, low=low, high=high)
        local = draft.free(name)
        self._loads.append((local, array))
        self._first = self._first or array
        draft.known(local, draft.real, low, high)
        return local

    def over(self, array: str) -> None:
        """Lets `array` tell how many threads there are, unless a quantity's array does."""
        self._first = self._first or array

    @contextmanager
    def threads(self, *, guard: bool = True) -> Iterator[None]:
        """Opens a thread per contract and reads its quantities."""
        draft = self.draft
        if not self._first:
            self._first = draft.array(draft.name("notional", "position", "weight"), draft.real, self.size, low=0.2, high=1.5)
            self._loads.append((draft.free("units"), self._first))
            draft.known("units", draft.real, 0.2, 1.5)
        with draft.threads((self.i, self.size, self._first, 0)):
            for local, array in self._loads:
                draft.line(f"{local} = {array}[{self.i}]")
                draft.numpy(f"{local} = {array}")
            yield

    def units(self) -> list[Expression]:
        """The value of one unit's multiplier, where `threads` had to make one up."""
        return [self.draft.scope["units"]] if "units" in self.draft.scope else []

    def formulas(self, *lines: str) -> None:
        """Adds formulas to both."""
        for line in lines:
            self.draft.reserve(line.split(" = ")[0])
            self.draft.warp_formula(line)
            self.draft.numpy(self.numpy(line))

    def numpy(self, line: str) -> str:
        """A formula in the reference's spelling; notes the helpers that it needs."""
        text = to_numpy(line)
        for name, helpers in (("erf", ERF), ("erfc", ERFC)):
            if f"np.{name}(" in text:
                self.draft.helpers += helpers
                text = text.replace(f"np.{name}(", f"{name}(")
        return text

    def function(self, name: str, parameters: Sequence[str], lines: Sequence[str]) -> str:
        """Defines a function of reals in both, once. Returns its name."""
        draft = self.draft
        if any(f"def {name}(" in line for block in draft.definitions for line in block):
            return name
        draft.reserve(name)
        draft.function(name, [(p, draft.real) for p in parameters], lines, draft.real)
        draft.reference_function(name, parameters, [self.numpy(line) for line in lines])
        return name

    def cdf(self) -> str:
        """Defines the distribution function of the standard normal law. Returns its name."""
        name = self.draw.choice(("normal_cdf", "norm_cdf", "phi", "cumulative_normal"))
        way = self.draw.choice((*CDF, POLYNOMIAL))
        if way is not POLYNOMIAL:
            return self.function(name, ["x"], way)
        draft = self.draft
        draft.reserve(name)
        body = [draft.warp(line) for line in way]
        if self.draw.chance(0.5):
            body += [f"if x < {draft.number(0.0)}:", "    return upper", draft.warp("return 1.0 - upper")]
        else:
            body.append(f"return wp.where(x < {draft.number(0.0)}, upper, {draft.number(1.0)} - upper)")
        draft.definitions.append(["@wp.func", f"def {name}(x: {draft.real.spelling}):", *(f"    {line}" for line in body)])
        draft.reference_function(name, ["x"], [*(self.numpy(line) for line in way), "return np.where(x < 0.0, upper, 1.0 - upper)"])
        return name

    def pdf(self) -> str:
        """Defines the density of the standard normal law. Returns its name."""
        return self.function(
            self.draw.choice(("normal_pdf", "norm_pdf", "gaussian_density")), ["x"], ["return 0.39894228 * wp.exp(-0.5 * x * x)"]
        )

    def store(self, name: str, out: str, low: float = -50.0, high: float = 200.0, *, adjust: float = 0.4) -> None:
        """Stores the value `name`, now and then after an adjustment by drawn quantities of the contract."""
        draft = self.draft
        # A value made of constants alone is the same for all contracts: it is scaled by the units of each.
        value = self.adjusted(name, low, high) if self.units() or self.draw.chance(adjust) else name
        draft.store(draft.output(draft.free(out), draft.real, self.size), self.i, value)

    def adjusted(self, name: str, low: float, high: float, extra: Sequence[Expression] = ()) -> str:
        """Names what a drawn formula makes of the value: costs, margins, units."""
        draft, draw = self.draft, self.draw
        terms: list[Expression] = [draft.known(name, draft.real, low, high), *self.units(), *extra]
        for array in draw.subset(("notional", "margin", "fee", "position", "adjustment"), draw.integer(0, 2)):
            if not draft.has(array):
                draft.array(array, draft.real, self.size, low=0.2)
                terms.append(draft.load(draft.free(f"{array}_i"), array, self.i, 0.2, 1.0))
        if draw.chance(0.3):
            terms.append(draft.knob(draft.free("haircut"), 0.1, 0.9))
        return draft.fused(
            draft.name("net", "book_value", "adjusted", "marked", "carried_value", "total_value", "balance", "settled"),
            draft.real,
            terms,
            domain=Interval(-1e4, 1e4),
        ).name

    def total(self, name: str, out: str, *, bins: int = 0) -> None:
        """Adds the value `name` to one cell, or to that of the contract's book."""
        draft = self.draft
        cells = bins or 1
        draft.output(draft.free(out), draft.real, cells, role="accumulate")
        at, there = "0", f"np.zeros({name}.shape, np.int32)"
        if bins:
            book = draft.array(draft.name("book", "desk", "counterparty"), I32, self.size, domain=Integers(0, bins))
            at, there = f"{book}[{self.i}]", book
        draft.line(f"wp.atomic_add({out}, {at}, {name})")
        draft.numpy(f"{out} = np.zeros({cells}, {name}.dtype)", f"np.add.at({out}, {there}, {name})")

    def flag(self, *names: str) -> str:
        """Declares an integer array of zeros and ones, such as which contracts are calls. Returns its name."""
        return self.draft.array(self.draft.name(*names), I32, self.size, domain=Bernoulli(0.5))

    def known(self, name: str, low: float, high: float) -> Variable:
        """Puts a value that formulas named into scope."""
        return self.draft.known(name, self.draft.real, low, high)

    def case(self, name: str, sizes: Sequence[Sizes] = ()) -> Case:
        """The finished case of a thread per contract."""
        return self.draft.case(name, [self.size], sizes or grids(self.draw, [self.size]))


NORMALS = ("z", "normals", "shocks", "draws", "noise")


def paths_of(draw: Draw) -> list[Sizes]:
    """The sizes of three launches of `n` paths."""
    return [{"n": n} for n in draw.sizes(120)]


def reported(m: Market, value: str, low: float, high: float) -> None:
    """The value of each path stored, or summed with its square, or both."""
    draw = m.draw
    kind = draw.choice(("store", "store", "sum", "moments"))
    if kind == "store":
        m.store(value, draw.choice(("payoffs", "values", "path_value")), low, high)
        return
    adjusted = m.adjusted(value, low, high) if draw.chance(0.3) else value
    m.total(adjusted, "payoff_sum", bins=draw.choice((0, 0, 4)))
    if kind == "moments":
        m.formulas(f"squared = {adjusted} * {adjusted}")
        m.total("squared", "square_sum")
