"""A kernel's arguments: names, extents, domains that follow from the extents, orders in which they stand, launches that they make."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from kernels.case import Launch, Role
from kernels.domains import Constant, Domain, Integers, Struct, Uniform
from kernels.draw import Draw
from kernels.language.expression import Expression, Variable
from kernels.language.interval import Interval
from kernels.language.types import I32, Type, matrix, real, vector
from kernels.source import Signature, signature, struct_definition

Sizes = Mapping[str, int]
"""What a launch calls its sizes: `{"rows": 7, "cols": 3}`."""
Rule = Domain | Callable[[Sizes], Domain]
"""A domain, or how it follows from a launch's sizes (indices below a count, offsets that end at one)."""
Extent = str | int
"""The length of an axis: a number, or a formula over a launch's sizes, such as "n" or "2 * radius + 1"."""

INDICES = (("i", "j", "k", "l"), ("row", "col", "layer", "frame"), ("ix", "iy", "iz", "it"))
EXTENTS = (("n", "m", "depth", "batch"), ("rows", "cols", "layers", "frames"), ("nx", "ny", "nz", "nt"))
ORDERS = ("declared", "values_last", "values_first", "outputs_first", "outputs_last")
NOT_NAMES = frozenset(
    (
        "auto",
        "case",
        "char",
        "const",
        "default",
        "delete",
        "double",
        "enum",
        "export",
        "long",
        "new",
        "private",
        "public",
        "register",
        "short",
        "signed",
        "static",
        "switch",
        "template",
        "this",
        "typedef",
        "union",
        "unsigned",
        "virtual",
        "void",
        "volatile",
    )
)
"""Words that Python allows as an argument's name and C++, into which Warp turns it, does not."""
STRUCTS = (("Params", "params"), ("Settings", "settings"), ("Config", "cfg"), ("Options", "options"), ("Coefficients", "coeffs"))


def grids(draw: Draw, extents: Sequence[str]) -> list[dict[str, int]]:
    """Three sizes to launch over one to four `extents`: one element, primes, and a grid above 64 elements that no block divides."""
    if len(extents) == 1:
        return [{extents[0]: size} for size in draw.sizes(190)]
    few = {2: (5, 7, 11), 3: (3, 5, 7), 4: (2, 3, 5)}[len(extents)]
    primes = [draw.choice(few) for _ in extents]
    if len(extents) == 2:
        large = [draw.integer(9, 13), draw.integer(10, 17)]
    else:
        large = [5, draw.integer(4, 6), 7] if len(extents) == 3 else [3, draw.integer(2, 4), 5, 3]
    return [dict(zip(extents, shape, strict=True)) for shape in ([1] * len(extents), primes, large)]


@dataclass(frozen=True)
class Field:
    """A leaf of a compound argument: its name there, its type, its extents (none for a value), and its domain."""

    name: str
    type: Type
    extents: tuple[Extent, ...]
    domain: Rule


@dataclass(frozen=True)
class Compound:
    """A compound argument's dtype and fields (see generation.code.compounds), and how a kernel's signature annotates it."""

    dtype: str
    annotation: str
    fields: tuple[Field, ...]
    ndim: int = 0

    def struct(self, sizes: Sizes) -> Struct:
        """The domain of the whole in a launch of `sizes`."""
        return Struct(tuple((f.name, f.type.name, f.domain(sizes) if callable(f.domain) else f.domain) for f in self.fields))


@dataclass(frozen=True)
class Declared:
    """An argument as a family declared it: an array with its extents, a value (no extents), a compound, or a struct by its class's name."""

    name: str
    type: Type | Compound | str
    extents: tuple[Extent, ...]
    role: Role
    differentiable: bool
    domain: Rule


class Arguments:
    """The arguments of one kernel and the names in its scope. `width` is the kernel's floating-point width."""

    def __init__(self, draw: Draw, width: str | None) -> None:
        self.draw = draw
        self.width = width or draw.width()
        self.real, self.vector, self.matrix = real(self.width), vector(self.width), matrix(self.width)
        self.scope: dict[str, Expression] = {}
        self._taken = {"dim", "block_dim", "np", "wp", "f32", "math", "erf", "erfc"}
        self._declared: list[Declared] = []
        self._passing = draw.weighted(("values", "struct", "literals"), (4, 3, 3))
        self._struct = draw.choice(STRUCTS)
        self._fields: list[tuple[str, Type, Domain]] = []
        self._order = draw.choice(ORDERS)

    def name(self, *options: str) -> str:
        """One of `options` that names nothing yet. Raises ValueError if all are taken."""
        free = [o for o in options if o not in self._taken]
        if not free:
            raise ValueError(f"draft: every name of {options} is taken: offer more")
        chosen = self.draw.choice(free)
        self._taken.add(chosen)
        return chosen

    def free(self, name: str) -> str:
        """`name`, or a longer one where it names something already."""
        while name in self._taken:
            name += "_value"
        self._taken.add(name)
        return name

    def reserve(self, *names: str) -> None:
        """Keeps `names` for values that come later."""
        self._taken.update(names)

    def known(self, name: str, type: Type, low: float, high: float, numpy_name: str | None = None) -> Variable:
        """Puts a value that the family spells itself into scope, with its range."""
        self._taken.add(name)
        known = Variable(type, Interval(low, high), name, numpy_name)
        self.scope[name] = known
        return known

    def array(
        self,
        name: str,
        type: Type,
        *extents: Extent,
        low: float = -1.0,
        high: float = 1.0,
        domain: Rule | None = None,
        role: Role = "input",
        differentiable: bool | None = None,
    ) -> str:
        """An array argument; float arrays are drawn from [low, high) unless a domain is given. Returns its name.

        Float arrays are differentiable unless said otherwise, those that the kernel updates in place (`inout`) are not.
        """
        if differentiable is None:
            differentiable = type.is_float and role != "inout"
        self._declare(Declared(name, type, extents, role, differentiable, domain or Uniform(low, high)))
        return name

    def output(self, name: str, type: Type, *extents: Extent, role: Role = "output", differentiable: bool | None = None) -> str:
        """An array that the kernel writes, or adds into (`accumulate`). Returns its name."""
        return self.array(name, type, *extents, role=role, differentiable=differentiable)

    def compound(
        self, name: str, dtype: str, *fields: Field, annotation: str = "wp.uint64", ndim: int = 0, differentiable: bool = False
    ) -> str:
        """An argument that Warp builds from its `fields`. Returns its name.

        A field that the kernel is given beside it, as an argument of its own, is no field: `hash_grid:points=positions` as dtype says so.
        Its arrays of floats are differentiable if asked for.
        """
        built = Compound(dtype, annotation, fields, ndim)
        self._declare(Declared(name, built, (), "input", differentiable, built.struct))
        return name

    def value(self, name: str, type: Type, domain: Rule) -> str:
        """An argument passed by value. Returns its name."""
        self._declare(Declared(name, type, (), "input", False, domain))
        return name

    def count(self, name: str, size: Extent = "") -> str:
        """The integer argument `name`, told one of the launch's sizes (the one of its name, if none is given). Returns its name."""
        if not self.has(name):
            self.value(name, I32, lambda sizes: Constant(length(size or name, sizes)))
        return name

    def has(self, name: str) -> bool:
        """Whether an argument is called `name`."""
        return any(a.name == name for a in self._declared)

    def annotation(self, name: str) -> str | None:
        """How a function annotates a parameter that the argument (or struct) `name` is passed to; None if no argument is called so."""
        if self._fields and name == self._struct[1]:
            return self._struct[0]
        for a in self._declared:
            if a.name == name and isinstance(a.type, Compound):
                return a.type.annotation
            if a.name == name and isinstance(a.type, Type):
                suffix = f"{len(a.extents)}d" if len(a.extents) > 1 else ""
                return f"wp.array{suffix}(dtype={a.type.spelling})" if a.extents else a.type.spelling
        return None

    def parameter(self, name: str, low: float, high: float, type: Type | None = None, domain: Rule | None = None) -> Variable:
        """A real (or `type`) argument passed by value, in scope under its name. Integers are drawn from low <= x <= high."""
        type = type or self.real
        drawn = Integers(int(low), int(high) + 1) if type.is_integer else Uniform(low, high)
        self.value(name, type, domain or drawn)
        return self.known(name, type, low, high)

    def knob(self, name: str, low: float, high: float) -> Expression:
        """A real parameter, in scope under `name`: an argument of its own, a field of a struct, or a constant, the draft's choice."""
        if self._passing != "literals":
            return self.parameters((name, low, high))[name]
        self._taken.add(name)
        constant = self._constant(low, high)
        self.scope[name] = constant
        return constant

    def parameters(self, *fields: tuple[str, float, float], struct: str = "") -> dict[str, Variable]:
        """Real parameters (name, low, high), by name: arguments of their own, or fields of the draft's struct (called `struct`)."""
        if self._passing != "struct" or (len(fields) < 2 and not self._fields and self.draw.chance(0.5)):
            return {name: self.parameter(name, low, high) for name, low, high in fields}
        if not self._fields:
            kind, holder = self._struct
            self._struct = (struct or kind, self.free(holder))
        for name, low, high in fields:
            self._taken.add(name)
            self._fields.append((name, self.real, Uniform(low, high)))
            self.scope[name] = Variable(self.real, Interval(low, high), f"{self._struct[1]}.{name}")
        return {name: value for name, _, _ in fields if isinstance(value := self.scope[name], Variable)}

    def some_parameters(self, names: Sequence[str], count: int, low: float = 0.1, high: float = 1.0) -> list[Expression]:
        """`count` real parameters called after some of `names`."""
        free = [name for name in names if name not in self._taken]
        chosen = self.draw.subset(free, min(count, len(free)))
        return list(self.parameters(*((name, low, high) for name in chosen)).values())

    def rewritten(self, array: str) -> None:
        """Turns an input array into one that the kernel updates in place, which has no gradient."""
        self._declared = [replace(a, role="inout", differentiable=False) if a.name == array else a for a in self._declared]

    def _constant(self, low: float, high: float) -> Expression:
        """A literal in [low, high]."""
        raise NotImplementedError

    def _declare(self, argument: Declared) -> None:
        if argument.name in NOT_NAMES:
            raise ValueError(f"draft: an argument cannot be called {argument.name!r}, a word of C++: name it otherwise")
        if self.has(argument.name):
            raise ValueError(f"draft: two arguments are called {argument.name!r}: name one of them otherwise")
        self._taken.add(argument.name)
        self._declared.append(argument)

    def _struct_definitions(self) -> list[list[str]]:
        return [struct_definition(self._struct[0], [(n, t) for n, t, _ in self._fields])] if self._fields else []

    def _arguments(self, used: Collection[str]) -> list[Declared]:
        """All arguments in the draft's order, less the values that are not among the `used` names."""
        declared = [a for a in self._declared if a.extents or a.name in used]
        if self._fields:
            domain = Struct(tuple((name, type.name, domain) for name, type, domain in self._fields))
            declared.append(Declared(self._struct[1], self._struct[0], (), "input", False, domain))
        rank: dict[str, Callable[[Declared], int]] = {
            "declared": lambda a: 0,
            "values_last": lambda a: 0 if a.extents and a.role == "input" else 1 if not a.extents else 2,
            "values_first": lambda a: 0 if not a.extents else 1,
            "outputs_first": lambda a: 0 if a.role != "input" else 1,
            "outputs_last": lambda a: 0 if a.role == "input" else 1,
        }
        return sorted(declared, key=rank[self._order])

    def _signature(self, arguments: Sequence[Declared]) -> Signature:
        sig = signature(self.draw)
        for a in arguments:
            if isinstance(a.type, str):
                sig.struct(a.name, a.type)
            elif isinstance(a.type, Compound):
                sig.compound(a.name, a.type.dtype, a.type.annotation, a.type.ndim, differentiable=a.differentiable)
            elif a.extents:
                sig.array(a.name, a.type, len(a.extents), a.role, a.differentiable)
            else:
                sig.value(a.name, a.type)
        return sig


def length(extent: Extent, sizes: Sizes) -> int:
    """What `extent` comes to in a launch. Raises NameError for a formula over a size that the launch does not have."""
    if isinstance(extent, int):
        return extent
    return sizes[extent] if extent in sizes else int(eval(extent, {}, dict(sizes)))


def _extents(argument: Declared) -> Iterator[tuple[str, tuple[Extent, ...]]]:
    """The extents of an argument, and of a compound's fields by their full names."""
    yield argument.name, argument.extents
    if isinstance(argument.type, Compound):
        yield from ((f"{argument.name}.{field.name}", field.extents) for field in argument.type.fields)


def launch(arguments: Sequence[Declared], dim: Sequence[Extent], sizes: Sizes) -> Launch:
    """The launch of `sizes` over the grid `dim`."""
    return Launch(
        dim=tuple(length(e, sizes) for e in dim),
        shapes={name: tuple(length(e, sizes) for e in extents) for a in arguments for name, extents in _extents(a)},
        domains={a.name: a.domain(sizes) if callable(a.domain) else a.domain for a in arguments if a.role in ("input", "inout")},
    )
