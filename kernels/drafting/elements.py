"""What a loop does with one element before it is added up: load it, transform it, or leave it out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from kernels.domains import Bernoulli, Integers
from kernels.drafting.draft import Draft
from kernels.drafting.traversal import Axis, Groups, Layout
from kernels.language.expression import Custom, Expression
from kernels.language.interval import Interval
from kernels.language.types import BOOL, I32, Type


def draw_layout(draft: Draft, *, static: bool) -> Layout:
    """One of the layouts; a static one's loop is unrolled, so that whatever is made of its result has the right gradient."""
    if draft.draw.chance(0.65):
        return Axis(draft, static=static)
    return Groups(draft, "tiles" if static else None)


def load(draft: Draft, layout: Layout, name: str, type: Type, low: float, high: float) -> Expression:
    """The element of array `name` that the loop has reached: named in the loop or loaded in place."""
    if draft.draw.chance(0.5):
        local = draft.name(f"{name}_j" if draft.draw.chance(0.3) else "value", "item", "entry", "element", "sample")
        draft.line(f"{local} = {name}[{layout.at}]")
        return draft.known(local, type, low, high, name)
    return Custom(type, Interval(low, high), f"{name}[{layout.at}]", name)


def shaped(draft: Draft, layout: Layout, value: Expression, element: Type, limit: float = 50.0, share: float = 0.6) -> Expression:
    """The element after a drawn transform of its own, with a second array or a parameter now and then."""
    draw = draft.draw
    if not draw.chance(share):
        return value
    inputs = [value]
    if draw.chance(0.3):
        other = layout.array(draft.name("gain_map", "bias_map", "envelope", "exposure"), draft.real, low=0.1)
        inputs.append(Custom(draft.real, Interval(0.1, 1.0), f"{other}[{layout.at}]", other))
    if draw.chance(0.35):
        inputs.append(draft.knob(draft.name("strength", "alpha", "power_scale"), 0.2, 1.5))
    expression = draft.drawn(element, [*inputs])
    expression = draft.expressions.confined(expression, Interval(-limit, limit))
    return draft.let(
        draft.name("term", "contribution", "shaped", "mapped"),
        expression,
        function=draw.choice((None, None, "transform", "term_of", "score")),
    )


class Filter:
    """Which elements a loop takes: all, or those that a mask or flag selects, by a nested `if` or a `continue`."""

    def __init__(self, draft: Draft, layout: Layout, *, skips: bool = True) -> None:
        self._draft, self._mask, self._head = draft, "", ""
        kind = draft.draw.weighted(("none", "mask", "flag", "level"), (6, 2, 1, 1))
        if kind == "none":
            return
        name = draft.name("mask", "valid", "keep") if kind == "mask" else draft.name("flag", "level_of", "material", "category")
        layout.array(
            name, BOOL if kind == "mask" else I32, domain=Bernoulli(0.6) if kind == "mask" else Integers(0, 2 if kind == "flag" else 6)
        )
        here = f"{name}[{layout.at}]"
        keep, drop = {
            "mask": ("", ""),
            "flag": (" == 1", " != 1"),
            "level": draft.draw.choice(((" > 2", " <= 2"), (" <= 3", " > 3"), (" != 0", " == 0"))),
        }[kind]
        self._mask = f"{name}{keep}"
        if skips and not layout.static and draft.draw.chance(0.35):
            draft.line(f"if {'not ' if kind == 'mask' else ''}{here}{drop}:", "    continue")
        else:
            self._head = f"if {here}{keep}:"

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Indents the lines for elements that are taken."""
        if self._head:
            with self._draft.block(self._head):
                yield
        else:
            yield

    def masked(self, text: str, type: Type) -> str:
        """The reference's elements with those left out set to zero."""
        if not self._mask:
            return text
        return f"np.where({f'({self._mask})[..., None]' if type.rank else self._mask}, {text}, 0)"
