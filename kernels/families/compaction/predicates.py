"""Which elements a compaction keeps: by a mask, by a level, by a threshold on a value or on a drawn combination of two."""

from __future__ import annotations

from dataclasses import dataclass

from kernels.domains import Bernoulli, Integers
from kernels.drafting.arguments import Extent
from kernels.drafting.draft import Draft
from kernels.language.expression import Expression, Variable
from kernels.language.interval import Interval
from kernels.language.types import BOOL, I32, Type

VALUES = ("values", "particles", "samples", "weights", "energy", "x")


@dataclass(frozen=True)
class Predicate:
    """A test of one element: its text in the kernel, given an index, and over all elements in the reference; an array that it reads."""

    kernel: str
    numpy: str
    array: str

    def at(self, index: str) -> str:
        """The kernel's test of the element at `index`."""
        return self.kernel.replace("@", index)


def predicate(draft: Draft, *extents: Extent, thresholds: bool = True) -> Predicate:
    """Declares what a drawn test needs, with arrays of `extents`."""
    draw = draft.draw
    kind = draw.choice(("flag", "flag", "bool", "level", "parity", "bits", *(("above", "inside", "pair") if thresholds else ())))
    if kind == "bool":
        mask = draft.array(draft.name("mask", "alive", "keep"), BOOL, *extents, domain=Bernoulli(0.5))
        return Predicate(f"{mask}[@]", mask, mask)
    if kind in ("above", "inside", "pair"):
        key = draft.array(draft.name("key", "priority", "depth"), draft.real, *extents, differentiable=False)
        if kind == "pair":
            other = draft.array(draft.name("key_b", "rank_key"), draft.real, *extents, differentiable=False)
            return Predicate(f"{key}[@] > {other}[@]", f"({key} > {other})", key)
        limit = draft.knob(draft.name("threshold", "cutoff"), -0.4, 0.4)
        if kind == "above":
            sign = draw.choice((">", "<="))
            return Predicate(f"{key}[@] {sign} {limit.warp()}", f"({key} {sign} {limit.numpy()})", key)
        return Predicate(f"wp.abs({key}[@] - {limit.warp()}) < {draft.number(0.45)}", f"(np.abs({key} - {limit.numpy()}) < 0.45)", key)
    high = {"flag": 2, "bits": 16}.get(kind, 7)
    name = draft.name(*{"flag": ("flags", "active", "valid"), "bits": ("state_bits", "status")}.get(kind, ("level", "category", "code")))
    draft.array(name, I32, *extents, domain=Bernoulli(0.5) if kind == "flag" else Integers(0, high))
    if kind == "flag":
        sign, value = draw.choice((("!=", 0), ("==", 1)))
        return Predicate(f"{name}[@] {sign} {value}", f"({name} {sign} {value})", name)
    if kind == "parity":
        return Predicate(f"{name}[@] % 2 == 0", f"({name} % 2 == 0)", name)
    if kind == "bits":
        bit = draw.choice((1, 2, 4))
        return Predicate(f"({name}[@] & {bit}) != 0", f"(({name} & {bit}) != 0)", name)
    level = draw.integer(2, 4)
    sign = draw.choice((">=", "<", "=="))
    return Predicate(f"{name}[@] {sign} {level}", f"({name} {sign} {level})", name)


def carried(draft: Draft, index: str, *extents: Extent, at: str = "") -> tuple[Expression, Type]:
    """Loads what a kept element carries, now and then changed on the way: a real, a vector, an integer. `at` is the reference's array."""
    draw = draft.draw
    kind = draw.choice(("real", "real", "real", "vector", "integer"))
    type = {"real": draft.real, "vector": draft.vector, "integer": I32}[kind]
    array = draft.name(*VALUES) if kind != "vector" else draft.name("positions", "velocity", "points")
    draft.array(array, type, *extents, domain=Integers(0, 50) if kind == "integer" else None)
    value: Expression = Variable(type, Interval(0, 49) if kind == "integer" else Interval(-1.0, 1.0), draft.free("item"))
    draft.line(f"{value.warp()} = {array}[{index}]")
    draft.numpy(f"{value.warp()} = {at.format(array) if at else array}")
    draft.scope[value.warp()] = value
    if draw.chance(0.5):
        terms = [value]
        if draw.chance(0.4) and kind != "integer":
            other = draft.array(draft.name("scale", "mass", "gain"), draft.real, *extents, low=0.2)
            draft.line(f"scale_here = {other}[{index}]")
            draft.numpy(f"scale_here = {at.format(other) if at else other}")
            terms.append(draft.known("scale_here", draft.real, 0.2, 1.0))
        domain = None if kind == "vector" else Interval(-1000.0, 1000.0)
        value = draft.fused(draft.name("packed", "moved", "encoded"), type, terms, domain=domain)
    return value, type
