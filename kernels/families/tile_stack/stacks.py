"""A stack of one kernel under way: how it is declared, pushed to, counted, emptied."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from kernels.domains import Integers
from kernels.drafting.tile_grid import Tile
from kernels.draw import Draw
from kernels.families.tile_scatter.lanes import Lanes
from kernels.language.expression import Expression, Variable
from kernels.language.types import I32, Type

CAPACITY = 160
"""As many as the longest row has elements, and more."""
_FAR = 4.0


class Stack:
    """The stack of one kernel, whose blocks' threads share out rows of elements."""

    def __init__(self, draw: Draw, *, axes: int | None = None, capacity: int = CAPACITY) -> None:
        self.lanes = Lanes(draw, differentiable=0.0, axes=axes, smooth=True)
        self.draft, self.grid = self.lanes.draft, self.lanes.grid
        self.name = self.draft.name("stack", "pending", "queue", "worklist", "s")
        self.capacity = capacity
        self.draft.reserve("has", "slot", "popped")

    def declare(self, type: Type) -> None:
        """Writes the stack's declaration."""
        draft = self.draft
        text = draft.length("CAPACITY", self.capacity)
        draft.line(f"{self.name} = wp.tile_stack(capacity={text}, dtype={type.spelling})")

    def push(self, value: str, condition: str, *, slot: str = "") -> None:
        """Pushes a thread's value if `condition` holds, all threads at once; names the slot it went to if asked to."""
        target = f"{slot} = " if slot else ""
        self.draft.line(f"{target}wp.tile_stack_push({self.name}, {value}, {condition})")

    @contextmanager
    def drained(self, value: str) -> Iterator[None]:
        """The loop that pops until the stack is empty: `value` is what a thread gets, if its `slot` is not negative."""
        draft = self.draft
        with draft.block(f"while wp.tile_stack_count({self.name}) > 0:"):
            draft.line(f"{value}, slot = wp.tile_stack_pop({self.name})")
            yield

    def store_count(self, numpy: str, *names: str) -> None:
        """Declares an output for the number of values, one for each block, and has one thread store it."""
        draft = self.draft
        out = draft.name(*names)
        draft.output(out, I32, *self.grid.extents)
        with draft.block(f"if {self.lanes.lane} == 0:"):
            draft.line(f"{out}[{self.grid.index}] = wp.tile_stack_count({self.name})")
        draft.numpy(f"{out} = {numpy}")

    def test(self, value: Variable, name: str) -> str:
        """Names a drawn test of a thread's value, in both modules; the reference's is of all elements."""
        draft, draw = self.draft, self.draft.draw
        if value.type.is_integer:
            text = draw.choice(("{0} % 2 == 0", "{0} % 3 == 1", "{0} > 5", "{0} < 4", "{0} != 3", "{0} > 2 and {0} < 11"))
            kind = value.type
            warp = text.format(value.name)
            warp = warp if kind is I32 else re.sub(r"(?<!\w)\d+", lambda m: f"{kind.spelling}({m[0]})", warp)
            left, _, right = text.partition(" and ")
            numpy = f"({left}) & ({right})" if right else text
        else:
            numpy = f"{{0}} {draw.choice(('>', '<'))} {threshold(value, draw.real(0.35, 0.65))}"
            warp = draft.warp(numpy.format(value.name))
        draft.line(f"{name} = {warp}")
        draft.numpy(f"{name} = {numpy.format(value.numpy())}")
        return name

    def tested(self, array: str, type: Type) -> tuple[Variable, str]:
        """Names a thread's element of a row and whether it is to be pushed, False where there is none."""
        draft, draw, lanes = self.draft, self.draft.draw, self.lanes
        value, keep = draft.name("value", "candidate", "element"), draft.name("keep", "wanted", "active")
        zero = f"{type.spelling}(0)" if type.is_integer else draft.zero(type)
        draft.line(f"{value} = {zero}", f"{keep} = bool(False)")
        with draft.block("if has:"):
            draft.line(f"{value} = {lanes.at(array)}")
            draft.numpy(f"{value} = {array}")
            known = draft.known(value, type, *((0.0, 20.0) if type.is_integer else (-1.0, 1.0)))
            measured: Variable = known
            if type is draft.real and draw.chance(0.7):
                inputs: list[Expression] = [known, *lanes.knobs(0.5)]
                if draw.chance(0.4):
                    inputs.append(lanes.read(lanes.row("limits", "references", "noise")))
                measured = draft.let(draft.free("score"), draft.drawn(draft.real, inputs, smooth=True))
            elif type.rank:
                draft.line(f"score = wp.length_sq({value})")
                draft.numpy(f"score = np.sum({value} * {value}, axis=-1)")
                measured = draft.known("score", draft.real, 0.0, 3.0)
            self.test(measured, keep)
            if draw.chance(0.5 if type.is_integer or type.rank else 0.1):
                enabled = lanes.row("enabled", "alive", "mask", type=I32, domain=Integers(0, 3))
                draft.line(f"{keep} = {keep} and {lanes.at(enabled)} != 0")
                draft.numpy(f"{keep} = {keep} & ({enabled} != 0)")
        return known, keep


def threshold(value: Variable, share: float) -> float:
    """A number that lies `share` of the way up the range of a value; the far ends of a wide range, where values hardly come, do not count.

    It has a digit more than constants of formulas have: a value that is clamped must not be the threshold.
    """
    low, high = max(value.range.low, -_FAR), min(value.range.high, _FAR)
    if low >= high:
        low, high = value.range.low, value.range.high
    return round(round(low + share * (high - low), 2) + 0.003, 3)


def domain(type: Type) -> Integers | None:
    """What integers are drawn from; None for reals, which have a domain of their own."""
    return Integers(0, 20) if type.is_integer else None


def number(stack: Stack, name: str, call: str, numpy: str) -> Tile:
    """Names a whole number of the block."""
    draft = stack.draft
    draft.line(f"{name} = {call}")
    draft.numpy(f"{name} = {numpy}")
    return Tile(draft.number_of(name, I32, 0.0, 1e4), stack.grid.number_shape(1))
