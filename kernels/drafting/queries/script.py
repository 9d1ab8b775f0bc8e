"""A script whose kernel queries objects that Warp builds (see generation.code.compounds).

In its text a builtin that a family has given a numpy function, such as `wp.mesh_eval_position`, is a call of that function in the
reference, and a record that a builtin returned, such as `query` with `query.face`, is one local for each of its fields: `query_face`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from textwrap import dedent

from kernels.case import Case
from kernels.drafting.arguments import Compound, Declared, Extent, Field, Rule, Sizes
from kernels.drafting.mirror.expressions import Translator
from kernels.drafting.mirror.registry import parsed
from kernels.drafting.mirror.spelling import renamed
from kernels.drafting.mirror.values import Known
from kernels.drafting.queries.pairs import Pairs
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.language.expression import Expression, Variable
from kernels.language.interval import Interval
from kernels.language.types import I32, Type

_BUILTIN = re.compile(r"\bwp\.(\w+)\(")
_DTYPE = re.compile(r", dtype=[\w.]+")


class QueryScript(Script):
    """One kernel that asks objects, and its reference, written as the kernel's text."""

    def __init__(self, draw: Draw, *, width: str = "float32") -> None:
        super().__init__(draw, width=width)
        self._records: set[str] = set()
        self._standing: dict[str, str] = {}
        self._spellings: dict[str, str] = {}
        self._answered: set[str] = set()
        self._written: dict[str, str] = {}
        self._pairs: Pairs | None = None
        # A query's conditioning differs from lane to lane far more than its result shows.
        self.names.gathered = True

    # Objects and what answers for them

    def object(
        self,
        name: str,
        dtype: str,
        *fields: Field,
        annotation: str = "wp.uint64",
        differentiable: bool = False,
        names: Sequence[str] = (),
    ) -> str:
        """An argument that Warp builds. The reference has its fields as attributes; `names` are what it may be called."""
        self.compound(name, dtype, *fields, annotation=annotation, differentiable=differentiable)
        self.names.values[name] = Known(I32, lanes=False)
        if names:
            self.alias(name, *names)
        return name

    def leaf(self, name: str, type: str, *extents: Extent, domain: Rule) -> Field:
        """A field of an object."""
        return Field(name, self.typed(type), extents, domain)

    def answer(
        self, builtin: str, lines: Sequence[str], results: Sequence[str] = (), *, needs: Sequence[tuple[str, Sequence[str]]] = ()
    ) -> None:
        """Gives the builtin of this name (or a helper) a numpy function, with the types of its results; after the functions it needs."""
        for name, block in (*needs, (builtin, lines)):
            if name not in self._answered:
                self._answered.add(name)
                self.reserve(name)
                self.reference_definitions.append(list(block))
        if results:
            self.names.functions[builtin] = tuple(Known(self.typed(type)) for type in results)

    def record(self, name: str, call: str, **fields: str) -> None:
        """Names what a query `call` returns in the kernel. Its `fields` have these types; `numpy` computes them, as `<name>_<field>`."""
        self._records.add(name)
        self.reserve(name, *(f"{name}_{field}" for field in fields))
        self.line(f"{name} = {self.spelled(self.passing(call))}")
        for field, type in fields.items():
            self.names.values[f"{name}_{field}"] = Known(self.typed(type))

    def stand_for(self, kernel: str, numpy: str) -> None:
        """Lets the reference say `numpy` where the kernel's text says `kernel`."""
        self._standing[kernel] = numpy

    def writes(self, leaf: str, value: str) -> None:
        """Tells what an object's leaf that the kernel writes, such as `volume.values`, holds in the end."""
        self._written[leaf] = value

    def array_of(self, name: str, type: str, kernel: str, numpy: str) -> None:
        """Lets the text call an array that an object holds `name`; it is `kernel` in the kernel and `numpy` in the reference."""
        self.names.arrays[name] = (self.typed(type), 1)
        self._spellings[name] = kernel
        if name not in self._answered:
            self._answered.add(name)
            self.numpy(f"{name} = {numpy}")
            self.reserve(name)

    # Bodies

    def start(self, **values: str) -> None:
        """Kernel lines that give locals the values that a loop starts from; the loop's results take their place in the reference."""
        for name, text in values.items():
            self.line(f"{name} = {self.spelled(self.passing(text))}")
            self.reserve(name)

    def code(self, text: str) -> None:
        """Adds statements to the kernel, and what they come to in numpy to the reference."""
        text = self.passing(dedent(text).strip("\n"))
        lines = [self.spelled(line) for line in text.split("\n")]
        self.line(*lines)
        # The width is in the kernel's spelling, the names are the text's own.
        wide = "\n".join(super(QueryScript, self).spelled(line) for line in text.split("\n"))
        self.numpy(*self._numpy_lines(self.as_numpy(wide)))

    def mixed(
        self,
        name: str,
        type: str,
        inputs: Sequence[tuple[str, str, float, float] | str],
        depth: int | None = None,
        domain: Interval | None = None,
        *,
        function: str | None = None,
        smooth: bool = False,
    ) -> str:
        """Names a value that a drawn expression makes of `inputs`: locals (name, type, low, high), or names of tuning parameters.

        A field of a record counts as a local: `query.u`.
        """
        variables: list[Expression] = []
        for item in inputs:
            if isinstance(item, str):
                variables.append(self.scope[item])
                continue
            local, kind, low, high = item
            numpy = self._numpy_value(self.as_numpy(local))
            variables.append(Variable(self.typed(kind), Interval(low, high), local, numpy if numpy != local else None))
        value = self.fused(name, self.typed(type), variables, depth, domain, function=function, smooth=smooth)
        values = self._pairs.scope.values if self._pairs is not None else self.names.values
        values[value.name] = Known(value.type)
        return value.name

    @contextmanager
    def each(
        self, heads: Sequence[str], index: str, found: Sequence[str], candidates: str, *, function: str = "", inner: int = 1
    ) -> Iterator[Pairs]:
        """A loop over what a query finds: `heads` open it in the kernel, `inner` blocks deep, with the candidate's number as `index`.

        The numpy lines `found` make two arrays, `row` (the thread) and `index`, of all that is found, among as many as `candidates` says
        in numpy. What the loop adds up may become the result of a `function` of this name.
        """
        start = len(self.kernel)
        self.line(*(self.spelled(self.passing(line)) for line in heads))
        self.numpy(*(self.passing(line) for line in found))
        self.reserve("row", index)
        if mask := self._control.mask:
            part = self.free("here")
            self.numpy(f"{part} = np.broadcast_to({mask}, dim)[row]", f"row, {index} = row[{part}], {index}[{part}]")
        depth, self.depth = self.depth, self.depth + inner
        self._pairs = Pairs(self, index, candidates)
        yield self._pairs
        self.depth = depth
        pairs, self._pairs = self._pairs, None
        pairs.close(start, function)

    def passing(self, text: str) -> str:
        """`text` with parameters as the kernel passes them: by name, as fields of a struct, or as numbers."""
        return renamed(text, self._texts)

    def spelled(self, line: str) -> str:
        """A line of single-precision text in the kernel's width, arrays of objects in the kernel's spelling."""
        return super().spelled(renamed(line, self._spellings))

    def as_numpy(self, text: str) -> str:
        """`text` with builtins as functions and fields of records as locals."""
        for kernel, numpy in self._standing.items():
            text = text.replace(kernel, numpy)
        # A function's types are known by place alone.
        text = text.replace(", lod=", ", ")
        text = _DTYPE.sub("", _BUILTIN.sub(lambda m: f"{m[1]}(" if m[1] in self.names.functions else m[0], text))
        for record in self._records:
            text = re.sub(rf"(?<![\w.]){record}\.(\w+)", rf"{record}_\1", text)
        return text

    @property
    def depth(self) -> int:
        """How deep the kernel's next line is indented."""
        return self._depth

    @depth.setter
    def depth(self, depth: int) -> None:
        self._depth = depth

    def _numpy_lines(self, text: str) -> list[str]:
        if self._pairs is not None:
            return self._pairs.lines(text)
        return self._control.lines(ast.parse(text).body)

    def _numpy_value(self, text: str) -> str:
        """The numpy expression of a local or one of its components; in a loop, a value of the thread is that of its row."""
        if self._pairs is not None:
            text = self._pairs.spelled(text)
        scope = self._pairs.scope if self._pairs is not None else self.names
        return ast.unparse(Translator(scope, lambda stem: stem).value(parsed(text)).tree)

    # The finished case

    def finish(self, kernel_name: str, dim: Sequence[Extent], sizes: Sequence[Sizes], *, doc: str = "") -> Case:
        """The finished case. An array that an object is built over, and that the kernel does not read itself, becomes the object's own."""
        if self._written:
            outputs = {**{a.name: a.name for a in self._declared if a.role != "input"}, **self._written}
            self.results(**outputs)
        self._drop_idle_locals()
        used = set(re.findall(r"\w+", "\n".join(self.kernel)))
        for declared in [a for a in self._declared if isinstance(a.type, Compound)]:
            self._own(declared, used)
        return super().finish(kernel_name, dim, sizes, doc=doc)

    def _own(self, declared: Declared, used: Collection[str]) -> None:
        compound = declared.type
        assert isinstance(compound, Compound)
        kind, _, rest = compound.dtype.partition(":")
        shares = dict(part.split("=") for part in rest.split(",")) if rest else {}
        fields = list(compound.fields)
        moved = {}
        for field, argument in list(shares.items()):
            if argument not in used:
                array = next(a for a in self._declared if a.name == argument)
                assert isinstance(array.type, Type)
                fields.append(Field(field, array.type, array.extents, array.domain))
                moved[argument] = f"{declared.name}.{field}"
                del shares[field]
        if moved:
            dtype = kind + (":" + ",".join(f"{field}={argument}" for field, argument in shares.items()) if shares else "")
            changed = replace(compound, dtype=dtype, fields=tuple(fields))
            self._declared = [replace(a, type=changed, domain=changed.struct) if a is declared else a for a in self._declared]
            self.reference = [renamed(line, moved) for line in self.reference]

    def _rename(self) -> None:
        """Also where an object is built over an argument: `hash_grid:points=x`."""
        before = [a.name for a in self._declared]
        super()._rename()
        chosen = dict(zip(before, (a.name for a in self._declared), strict=True))
        self._declared = [
            replace(a, type=replace(a.type, dtype=_sharing(a.type.dtype, chosen))) if isinstance(a.type, Compound) else a
            for a in self._declared
        ]


def _sharing(dtype: str, chosen: Mapping[str, str]) -> str:
    """A compound's dtype, with the arguments that it shares called as `chosen`."""
    return re.sub(r"(?<==)\w+", lambda m: chosen.get(m[0], m[0]), dtype)
