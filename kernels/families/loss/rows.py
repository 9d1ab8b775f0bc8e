"""Rows of logits over classes: one thread per row, the axis of classes anywhere among the array's, sums over it static or dynamic."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager

from kernels.drafting.arguments import Extent, grids
from kernels.drafting.draft import Draft
from kernels.drafting.layout import loop
from kernels.drafting.outlines import outlined

Layout = tuple[tuple[str, ...], tuple[str, ...], int]
"""The thread's indices, their extents, and where the classes' axis stands among them."""

LAYOUTS: tuple[Layout, ...] = (
    (("i",), ("n",), 1),
    (("sample",), ("batch",), 1),
    (("b", "t"), ("batch", "steps"), 2),
    (("n", "p"), ("batch", "pixels"), 1),
    (("n", "y", "x"), ("batch", "height", "width"), 1),
)


class Rows:
    """Logits with an axis of classes, one thread per row of them."""

    def __init__(self, draft: Draft, *, static: bool, layouts: Sequence[Layout] = LAYOUTS) -> None:
        self.draft, self.static = draft, static
        self.indices, self.extents, self.axis = draft.draw.choice(tuple(layouts))
        self.c = draft.draw.choice(("c", "k", "j"))
        self.classes: Extent = draft.draw.choice((3, 4, 5, 8)) if static else draft.draw.choice(("num_classes", "vocab_size"))
        draft.reserve(*self.indices, *self.extents, self.c, "num_classes", "vocab_size", "log_all", "picked")

    @property
    def shape(self) -> tuple[Extent, ...]:
        """The extents of the logits."""
        return (*self.extents[: self.axis], self.classes, *self.extents[self.axis :])

    def at(self, c: str = "") -> str:
        """The kernel's index of a class's logit."""
        return ", ".join((*self.indices[: self.axis], c or self.c, *self.indices[self.axis :]))

    @property
    def here(self) -> str:
        """The kernel's index of what there is one of per row."""
        return ", ".join(self.indices)

    @property
    def stop(self) -> str:
        """The kernel's text of the number of classes."""
        return str(self.classes)

    def expanded(self, name: str) -> str:
        """numpy: one element per row, against the logits."""
        return f"np.expand_dims({name}, {self.axis})"

    def along(self, name: str) -> str:
        """numpy: one element per class, against the logits."""
        behind = len(self.shape) - 1 - self.axis
        return f"{name}[:{', None' * behind}]" if behind else name

    def threads(self, first: str) -> AbstractContextManager[None]:
        """Opens the kernel: indices, guard."""
        axes = [a for a in range(len(self.shape)) if a != self.axis]
        return self.draft.threads(*((i, n, first, a) for i, n, a in zip(self.indices, self.extents, axes, strict=True)))

    def summed(self, function: str, start: str, inner: Sequence[str], *results: str) -> None:
        """Places a loop over the classes that sums into `results`: a function where it is dynamic, or now and then."""
        draft = self.draft
        lines = [*(f"{name} = {start or draft.zero()}" for name in results), *loop(self.c, self.stop, inner)]
        if not self.static or draft.draw.chance(0.3):
            outlined(draft, function, lines, [(name, draft.real) for name in results])
        else:
            draft.line(*lines)
        for name in results:
            draft.known(name, draft.real, -1e4, 1e5)

    def sizes(self) -> list[dict[str, int]]:
        """The sizes of the three launches."""
        return grids(self.draft.draw, [*self.extents, str(self.classes) if isinstance(self.classes, str) else "unused"])


def log_partition(draft: Draft, rows: Rows, logit: str, scale: str = "") -> str:
    """Names the logarithm of the sum of exponentials of `logit` (a kernel text over the counter), with the largest subtracted or not."""
    draw = draft.draw
    text = f"{logit}{draft.warp(f' * {scale}') if scale else ''}"
    total, lse = draft.name("total", "denom", "exp_sum"), draft.name("lse", "log_norm", "log_z")
    if draw.chance(0.75):
        peak = draft.name("peak", "max_logit", "row_max")
        rows.summed(draw.choice(("max_logit", "largest", "find_peak")), draft.cast("-1.0e30"), [f"{peak} = wp.max({peak}, {text})"], peak)
        rows.summed(draw.choice(("sum_exp", "partition", "exp_total")), "", [f"{total} += wp.exp({text} - {peak})"], total)
        draft.line(f"{lse} = {peak} + wp.log({total})")
    else:
        rows.summed(draw.choice(("sum_exp", "partition", "exp_total")), "", [f"{total} += wp.exp({text})"], total)
        draft.line(f"{lse} = wp.log({total})")
    draft.known(lse, draft.real, -10.0, 20.0)
    return lse
