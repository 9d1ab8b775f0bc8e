"""The steps that image filters share: reading, transforming and storing pixels, and the loops over a window."""

from __future__ import annotations

from kernels.domains import Uniform
from kernels.drafting.draft import Draft
from kernels.drafting.layout import loop
from kernels.draw import Draw
from kernels.families.image_filter.image import Image
from kernels.language.expression import Expression, Variable
from kernels.language.interval import UNIT
from kernels.source import indented

PARAMETERS = ("gain", "gamma_scale", "exposure", "contrast", "strength", "bias_level")
OUTPUTS = ("out", "dst", "filtered", "output", "result_image")


def read_image(draw: Draw, draft: Draft, *, rgb: float = 0.25) -> Image:
    """The image to filter, in colour with probability `rgb`."""
    image = Image(draw, draft, draft.vector if draw.chance(rgb) else draft.real)
    draft.array(image.name, image.element, *image.shape, domain=Uniform(0.0, 1.0))
    return image


def transformed(draw: Draw, draft: Draft, image: Image, name: str = "pixel") -> tuple[list[str], list[str], Variable]:
    """A fused transform of each pixel as it is read, now and then: lines of both texts and the value to use."""
    pixel = Variable(image.element, UNIT, name)
    if draw.chance(0.55):
        return [], [], pixel
    extra = draft.some_parameters(PARAMETERS, draw.integer(0, 1))
    step = draft.step(draw.choice(("intensity", "tone", "linear", "adjusted")), image.element, [pixel, *extra])
    return [step.warp], [step.numpy], step.value


def stored(
    draw: Draw, draft: Draft, image: Image, total: Variable, rule: str, reach: str, *, nonlinear: bool
) -> tuple[list[str], list[str], list[str]]:
    """The epilogue: border guard (for the rule 'copy'), lines after the sum, reference lines with the return."""
    out = draw.choice(OUTPUTS)
    draft.reserve(out)
    lines, reference = [], []
    fields: list[Expression] = []
    if draw.chance(0.4):
        name = draw.choice(("mask", "original", "background", "reference_image"))
        draft.array(name, image.element, *image.shape, domain=Uniform(0.0, 1.0))
        fields.append(Variable(image.element, UNIT, f"{name}_pixel"))
        lines.append(f"{name}_pixel = {image.at(image.y, image.x, name)}")
        reference.append(f"{name}_pixel = {image.unflattened(name)}")
    values = draft.some_parameters(("amount", "gain", "scale", "sharpness"), draw.weighted((0, 1, 2), (3, 3, 1)))
    steps = draft.ending(("shaded", "value", "response", "color"), total, fields, values, nonlinear=nonlinear)
    final = steps[-1].value if steps else total
    draft.output(out, total.type, *image.shape)
    here = image.at(image.y, image.x, out)
    lines += [*(s.warp for s in steps), f"{here} = {final.name}"]
    reference += [s.numpy for s in steps]
    guard: list[str] = []
    stored = final.name
    if rule == "copy":
        y, x, height, width = image.y, image.x, image.height, image.width
        edge = f"{y} < {reach} or {x} < {reach} or {y} >= {height} - {reach} or {x} >= {width} - {reach}"
        guard = [f"if {edge}:", f"    {here} = {image.at(y, x)}", "    return"]
        lead = ":, " if image.layout == "stack" else ""
        inner = f"[{lead}{reach} : ny - {reach}, {reach} : nx - {reach}]"
        reference += [f"{out} = {image.name}.copy()", f"{out}{inner} = {final.name}{inner}"]
        stored = out
    reference.append(f'return {{"{out}": {image.flattened(stored, total.type)}}}')
    return guard, lines, reference


def border_rule(draw: Draw, reach: str) -> tuple[str, int]:
    """The border's rule, and the smallest image that it works for."""
    rule = draw.choice(("clamp", "clamp", "zero", "wrap", "mirror", "copy"))
    return rule, (int(reach) + 1 if rule == "mirror" else 1)


def window(image: Image, rule: str, radius: str, inner: list[str], axes: str = "yx") -> list[str]:
    """The loops over the window around a pixel, with `pixel` loaded before `inner`."""
    y, x = image.moved("y", "dy" if "y" in axes else "0", rule), image.moved("x", "dx" if "x" in axes else "0", rule)
    lines = []
    if "y" in axes:
        lines.append(f"yy = {y}")
    if "x" in axes:
        lines.append(f"xx = {x}")
    load = [f"pixel = {image.at('yy' if 'y' in axes else y, 'xx' if 'x' in axes else x)}", *inner]
    if rule == "zero":
        tests = [f"{i} >= 0 and {i} < {size}" for i, size, a in (("yy", image.height, "y"), ("xx", image.width, "x")) if a in axes]
        load = [f"if {' and '.join(tests)}:", *indented(load)]
    lines += load
    stop = str(int(radius) + 1) if radius.isdigit() else f"{radius} + 1"
    for axis in reversed(axes):
        lines = loop(f"d{axis}", stop, lines, f"-{radius}")
    return lines


def numpy_window(image: Image, radius: str, inner: list[str], axes: str = "yx") -> list[str]:
    """numpy: the same loops, over shifted views of the padded image."""
    lines = [f"pixel = {image.view(radius, *('d' + a if a in axes else '0' for a in 'yx'))}", *inner]
    for axis in reversed(axes):
        lines = [f"for d{axis} in range(-{radius}, {int(radius) + 1 if radius.isdigit() else radius + ' + 1'}):", *indented(lines)]
    return lines
