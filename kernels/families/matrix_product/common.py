"""What the matrix products share: names of indices, alignment of axes in numpy, the guard, and the epilogue on a finished sum."""

from __future__ import annotations

from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.language.expression import Expression, Variable, apply, literal
from kernels.language.interval import Interval

Index = dict[str, tuple[str, str]]
"""For each index letter: the kernel's name of the index, and of its extent."""

INDICES: tuple[Index, ...] = (
    {"b": ("batch", "batches"), "i": ("i", "m"), "j": ("j", "n"), "k": ("k", "inner")},
    {"b": ("s", "num_batches"), "i": ("row", "rows"), "j": ("col", "cols"), "k": ("k", "depth")},
    {"b": ("s", "samples"), "i": ("i", "num_rows"), "j": ("j", "num_cols"), "k": ("p", "num_terms")},
    {"b": ("head", "heads"), "i": ("row", "height"), "j": ("col", "width"), "k": ("t", "length")},
)


PARAMETERS = ("gain", "temperature", "slope", "shift", "decay", "cutoff", "alpha", "beta")


def aligned(name: str, letters: str, order: str, rank: int = 0) -> str:
    """numpy: `name`, whose axes are `letters` (and the components of a vector, for `rank` 1), as it stands against axes `order`."""
    moved = [letters.index(letter) for letter in order if letter in letters]
    if moved != sorted(moved):
        name = f"{name}.T" if len(moved) == 2 and not rank else f"np.transpose({name}, {tuple(moved) + (len(moved),) * rank})"
    marks = [":" if letter in letters else "None" for letter in order]
    while marks and marks[0] == "None":
        marks.pop(0)
    return f"{name}[{', '.join(marks)}]" if "None" in marks else name


def guard(draw: Draw, indices: list[str], grid: list[str]) -> list[str]:
    """An early return for threads beyond the grid, or nothing."""
    if draw.chance(0.45):
        return []
    return [f"if {' or '.join(f'{i} >= {n}' for i, n in zip(indices, grid, strict=True))}:", "    return"]


def epilogue(
    draw: Draw, draft: Draft, total: Variable, out: str, letters: str, index: Index, *, nonlinear: bool
) -> tuple[list[str], list[str]]:
    """What is done with the sum before it is stored: bias, residual, scale, activation; perhaps the raw sum is stored too."""
    lines: list[str] = []
    reference: list[str] = []
    inputs: list[Expression] = []
    parameters: list[Expression] = []
    draft.reserve(out)
    grid, here = [index[x][1] for x in letters], ", ".join(index[x][0] for x in letters)
    kinds = draw.subset(("bias", "residual", "parameter"), draw.weighted((0, 1, 2), (2, 4, 2)))
    if "bias" in kinds:
        axis = draw.choice(letters)
        name = draw.choice(("bias", "offset", "shift_term"))
        draft.array(name, total.type, index[axis][1])
        inputs.append(Variable(total.type, Interval(-1.0, 1.0), f"{name}_value"))
        lines.append(f"{name}_value = {name}[{index[axis][0]}]")
        reference.append(f"{name}_value = {aligned(name, axis, letters, total.type.rank)}")
    if "residual" in kinds:
        name = draw.choice(("residual", "previous", "target", "rhs_term"))
        draft.array(name, total.type, *grid)
        inputs.append(Variable(total.type, Interval(-1.0, 1.0), f"{name}_here"))
        lines.append(f"{name}_here = {name}[{here}]")
        reference.append(f"{name}_here = {name}")
    if "parameter" in kinds:
        parameters = draft.some_parameters(("alpha", "beta", "output_scale", "damping"), 1)
    names = ("result", "output", "activated", "response", "answer")
    steps = draft.ending(names, total, inputs, parameters, nonlinear=nonlinear)
    if nonlinear and not total.type.rank and draw.chance(0.3):
        last = steps[-1].value
        rectified = apply("maximum", last, literal(0.0, draft.real))
        steps.append(draft.named("rectified", rectified, inline=True))
    if not steps:
        draft.output(out, total.type, *grid)
        return [f"{out}[{here}] = {total.name}"], [f'return {{"{out}": {total.name}}}']
    draft.output(out, total.type, *grid)
    raw = draw.choice(("preactivation", "raw", "linear")) if draw.chance(0.2) else ""
    if raw:
        draft.output(raw, total.type, *grid)
        lines.insert(0, f"{raw}[{here}] = {total.name}")
    final = steps[-1].value.name
    lines += [*(step.warp for step in steps), f"{out}[{here}] = {final}"]
    returned = f'"{out}": {final}' + (f', "{raw}": {total.name}' if raw else "")
    return lines, [*reference, *(step.numpy for step in steps), f"return {{{returned}}}"]
