"""A loop over what a query finds: in the kernel a loop in each thread, in the reference one list of pairs of a thread and a candidate.

Values of the thread become values of its row in the list (`x_row = x[row]`). A condition shortens the list. What the loop adds up is
summed by row; the extreme over a row is looked up in a table of all threads and all candidates.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from kernels.drafting.mirror.control import Control
from kernels.drafting.mirror.operators import Scope
from kernels.drafting.mirror.spelling import renamed
from kernels.drafting.mirror.values import Known
from kernels.drafting.outlines import outlined
from kernels.drafting.reference import names_read
from kernels.language.types import I32

if TYPE_CHECKING:
    from kernels.drafting.queries.script import QueryScript

SUMMED = (
    "def summed(values, row, count):",
    "    total = np.zeros((count, *values.shape[1:]), values.dtype)",
    "    np.add.at(total, row, values)",
    "    return total",
)
"""The sums of values by row."""


class Pairs:
    """The list of pairs while the loop is open. `index` is the candidate's number, of as many as `candidates` says in numpy."""

    def __init__(self, script: QueryScript, index: str, candidates: str) -> None:
        self._script, self._index, self._candidates = script, index, candidates
        outer = script.names
        self.scope = Scope(
            arrays=outer.arrays,
            values={index: Known(I32)},
            structs=outer.structs,
            functions=outer.functions,
            safe={index, *(name for name in outer.safe if name in outer.arrays)},
            helpers=outer.helpers,
        )
        self._control = Control(self.scope, "row.shape")
        self._rows: dict[str, str] = {}
        self._filters: list[tuple[int, list[str]]] = []
        self._results: dict[str, str] = {}

    def only(self, condition: str, otherwise: str = "") -> None:
        """Goes on with the pairs that meet a condition; with `otherwise`, its negation, the kernel may leave the others by `continue`."""
        script = self._script
        kernel = script.passing(condition)
        if otherwise and script.draw.chance(0.3):
            script.line(script.spelled(f"if {script.passing(otherwise)}:"), "    continue")
        else:
            script.line(script.spelled(f"if {kernel}:"))
            script.depth += 1
        mask = script.free("kept" if not self._filters else f"kept_{len(self._filters) + 1}")
        script.numpy(*self.lines(f"{mask} = {script.as_numpy(kernel)}"))
        self._filters.append((len(script.reference), [mask, *self._known(mask)]))
        del self.scope.values[mask]

    def add(self, total: str, type: str, amount: str) -> None:
        """`total += amount`, in a sum that the kernel started at zero before the loop."""
        script = self._script
        script.line(script.spelled(script.passing(f"{total} += {amount}")))
        script.answer("summed", SUMMED)
        value = f"summed({self._value(script.passing(amount), type)}, row, dim[0])"
        script.numpy(f"{total} = {total} + {value}" if total in self._results else f"{total} = {value}")
        self._finished(total, type)

    def count(self, name: str) -> None:
        """`name += 1`."""
        self._script.line(f"{name} += 1")
        self._script.numpy(f"{name} = np.bincount(row, minlength=dim[0]).astype(np.int32)")
        self._finished(name, "int")

    def flag(self, name: str, *, leave: bool = False) -> None:
        """`name = 1` for threads that have a pair left; the kernel may `leave` the loop then."""
        self._script.line(f"{name} = 1", *(["break"] if leave else []))
        self._script.numpy(f"{name} = np.minimum(np.bincount(row, minlength=dim[0]), 1).astype(np.int32)")
        self._finished(name, "int")

    def extreme(self, best: str, amount: str, start: str, which: str = "", *, most: bool = False) -> None:
        """The least (or most) `amount` beyond `start`, and the candidate `which` has it (-1 if there is none), by comparison."""
        script = self._script
        kernel = script.passing(amount)
        word, compare = ("max", ">") if most else ("min", "<")
        local = kernel if re.fullmatch(r"[A-Za-z_]\w*", kernel) else ""
        if not local:
            local = script.free("level" if most else "gap")
            script.code(f"{local} = {amount}")
        if which:
            script.line(f"if {local} {compare} {best}:", f"    {best} = {local}", f"    {which} = {self._index}")
        else:
            script.line(f"{best} = wp.{word}({best}, {local})")
        value = self._value(local, "real")
        table = script.free("table")
        limit = self._shared(start)
        script.numpy(f"{table} = np.full((dim[0], {self._candidates}), {limit}, {value}.dtype)", f"{table}[row, {self._index}] = {value}")
        script.numpy(f"{best} = np.{word}imum({table}.{word}(axis=1), {limit})")
        self._finished(best, "real")
        if which:
            script.numpy(f"{which} = np.where({best} {compare} {limit}, {table}.arg{word}(axis=1), -1).astype(np.int32)")
            self._finished(which, "int")

    def lines(self, text: str) -> list[str]:
        """The numpy lines of statements within the loop."""
        before = self._gather(text)
        return [*before, *self._control.lines(ast.parse(renamed(text, self._rows)).body)]

    def spelled(self, text: str) -> str:
        """An expression of the thread's values, for each pair."""
        self._script.numpy(*self._gather(text))
        return renamed(text, self._rows)

    def close(self, start: int, function: str) -> None:
        """Ends the loop: shortens the list where a condition did, and makes the kernel's lines from `start` a function if asked for."""
        script = self._script
        for place, (mask, *names) in reversed(self._filters):
            read = names_read(script.reference[place:])
            kept = [name for name in names if name in read]
            script.reference[place:place] = [f"{', '.join(kept)} = {', '.join(f'{name}[{mask}]' for name in kept)}"]
        for name, type in self._results.items():
            script.names.values[name] = Known(script.typed(type))
            script.known(name, script.typed(type), -1.0, 1.0)
        if function and self._results:
            first = self._first_line(start)
            body = [line[4 * script.depth :] for line in script.kernel[first:]]
            del script.kernel[first:]
            for name, known in script.names.values.items():
                if name not in script.scope and not script.has(name) and not known.struct and known.type != I32:
                    script.known(name, known.type, -1.0, 1.0)
            outlined(script, function, body, [(name, script.typed(type)) for name, type in self._results.items()])

    def _first_line(self, start: int) -> int:
        """Where the results are given their first values, right before the loop."""
        while start > 0 and any(re.match(rf"\s*{name} = ", self._script.kernel[start - 1]) for name in self._results):
            start -= 1
        return start

    def _value(self, text: str, type: str) -> str:
        """The numpy expression of a value, with one element for each pair."""
        script = self._script
        name = script.free("amount")
        *before, last = self.lines(f"{name} = {script.as_numpy(text)}")
        known = self.scope.values.pop(name)
        script.numpy(*before)
        value = last.removeprefix(f"{name} = ")
        if known.lanes:
            return value
        inner = script.typed(type).inner
        return f"np.broadcast_to({value}, (len(row), {inner[0]}))" if inner else f"np.full(len(row), {value})"

    def _shared(self, text: str) -> str:
        """The numpy expression of a value that all threads share, a number in the kernel's precision."""
        text = self._script.passing(text)
        return f"{self._script.precision}({text})" if re.fullmatch(r"-?[\d.]+(e-?\d+)?", text) else text

    def _finished(self, name: str, type: str) -> None:
        self._results.setdefault(name, type)
        self._script.reserve(name)
        self._script.names.values[name] = Known(self._script.typed(type))

    def _known(self, mask: str) -> list[str]:
        """The names that have one element for each pair."""
        return ["row", *(name for name, known in self.scope.values.items() if known.lanes and name != mask)]

    def _gather(self, text: str) -> list[str]:
        """The lines that bring the thread's values that `text` reads to the rows."""
        lines = []
        outer = self._script.names.values
        for name in re.findall(r"(?<![\w.])[A-Za-z_]\w*", text):
            known = outer.get(name)
            if known is None or name in self._rows or name in self.scope.values:
                continue
            if not known.lanes:
                self.scope.values[name] = known
                continue
            own = self._script.free(f"{name}_row")
            lines.append(f"{own} = {name}[row]")
            self._rows[name] = own
            self.scope.values[own] = known
            if name in self._script.names.safe:
                self.scope.safe.add(own)
        return lines
