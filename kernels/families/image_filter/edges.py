"""Derivative operators on images, and filters of single pixels."""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.image_filter.steps import PARAMETERS, border_rule, read_image, stored
from kernels.language.expression import Expression, Variable, apply, literal
from kernels.language.interval import UNIT, Interval
from kernels.language.types import Type

OPERATORS = {"sobel": (1, 2), "scharr": (3, 10), "prewitt": (1, 1), "central": (0, 1)}


def derivative(draw: Draw, draft: Draft) -> Case:
    """Horizontal and vertical derivative, and what is made of the two: magnitude, direction, edge strength."""
    image = read_image(draw, draft, rgb=0.0)
    kind = draw.choice(tuple(OPERATORS))
    corner, side = OPERATORS[kind]
    rule, smallest = border_rule(draw, "1")
    rule = "clamp" if rule in ("zero", "copy") else rule
    opening = image.opening()
    load = {}
    lines: list[str] = []
    needed = [(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1) if (a, b) != (0, 0) and (corner or 0 in (a, b))]
    compass = ("nw", "north", "ne", "west", "centre", "east", "sw", "south", "se")
    names = dict(zip([(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1)], compass, strict=True))
    if draw.chance(0.5):
        names = {(a, b): f"p{a + 1}{b + 1}" for a, b in names}
    reference = [*image.grid(), *image.padding(rule, "1")]
    ways = {"y": ("up", "down"), "x": ("left", "right")}
    short = rule in ("clamp", "copy") and draw.chance(0.5)
    moved = {(axis, 0): getattr(image, axis) for axis in "yx"}
    for axis, pair in ways.items():
        for offset, way in zip((-1, 1), pair, strict=True):
            text = image.moved(axis, str(offset), rule)
            moved[axis, offset] = text if short else way
            lines += [] if short else [f"{way} = {text}"]
    for a, b in needed:
        lines.append(f"{names[a, b]} = {image.at(moved['y', a], moved['x', b])}")
        reference.append(f"{names[a, b]} = {image.view('1', str(a), str(b))}")
        load[a, b] = names[a, b]
    draft.reserve(*load.values(), "gx", "gy", "up", "down", "left", "right")

    def difference(axis: int, number: bool) -> str:
        parts = []
        for sign in (1, -1):
            terms = []
            for t in (-1, 0, 1):
                at = (t, sign) if axis else (sign, t)
                weight = side if t == 0 else corner
                if at in load and weight:
                    scaled = draft.number(float(weight)) if number else str(float(weight))
                    terms.append(load[at] if weight == 1 else f"{scaled} * {load[at]}")
            parts.append(" + ".join(terms))
        return " - ".join(f"({p})" if " + " in p else p for p in parts)

    scale = draw.choice((0.0, 0.125, 0.5))
    for name, across in draw.shuffled((("gx", 1), ("gy", 0))):
        text, other = difference(across, True), difference(across, False)
        lines.append(f"{name} = {text}")
        reference.append(f"{name} = {other}")
        if scale:
            lines.append(f"{name} *= {draft.number(scale)}")
            reference.append(f"{name} = {name} * {scale}")
    bound = float(2 * corner + side) * (scale or 1.0)
    gx, gy = (Variable(draft.real, Interval(-bound, bound), n) for n in ("gx", "gy"))
    norms: list[Expression] = [
        apply("sqrt", apply("add", apply("add", apply("square", gx), apply("square", gy)), literal(0.05, draft.real)))
    ]
    norms += [apply("add", apply("absolute", gx), apply("absolute", gy)), apply("maximum", apply("absolute", gx), apply("absolute", gy))]
    name = draw.choice(("magnitude", "edge", "strength"))
    step = draft.step(name, draft.real, [gx, gy]) if draw.chance(0.3) else draft.named(name, draw.choice(norms))
    lines.append(step.warp)
    reference.append(step.numpy)
    if draw.chance(0.3):
        draft.output("directions", draft.vector, *image.shape)
        lines.append(f"{image.at(image.y, image.x, 'directions')} = {draft.vector.spelling}(gx, gy, {draft.number(1.0)})")
        vectors = image.flattened("np.stack([gx, gy, np.ones_like(gx)], axis=-1)", draft.vector)
        extra_output = f'"directions": {vectors}'
    else:
        extra_output = ""
    guard, ending, finish = stored(draw, draft, image, step.value, rule, "1", nonlinear=True)
    if extra_output:
        finish[-1] = finish[-1].replace("return {", f"return {{{extra_output}, ")
    name = draw.choice((f"{kind}_edges", f"{kind}_filter", "gradient_magnitude", "detect_edges"))
    draft.line(*opening, *guard, *lines, *ending)
    draft.numpy(*reference, *finish)
    return draft.case(name, image.dim, image.sizes(max(3, smallest)))


def point(draw: Draw, draft: Draft) -> Case:
    """One pixel to one pixel: tone curves, blending of two images, grey from colour and back, threshold, quantization."""
    image = read_image(draw, draft, rgb=0.6)
    opening = image.opening()
    pixel = Variable(image.element, UNIT, "pixel")
    body, reference = [f"pixel = {image.at(image.y, image.x)}"], [*image.grid(), f"pixel = {image.name}"]
    value: Variable = pixel
    inputs: list[Expression] = [pixel]
    result: Type = image.element
    luma = apply(
        "make_vec", *(literal(w, draft.real) for w in draw.choice(((0.299, 0.587, 0.114), (0.2126, 0.7152, 0.0722), (0.3, 0.6, 0.1))))
    )
    kind = draw.choice(("gray", "colour", "colour")) if image.element.rank else draw.choice(("tone", "threshold", "quantize"))
    extra = draft.some_parameters(PARAMETERS, draw.integer(0, 2))
    if kind == "gray" or (kind == "colour" and draw.chance(0.5)):
        weights = f"{draft.vector.spelling}({', '.join(a.warp() for a in luma.arguments)})"
        body.append(f"luminance = wp.dot(pixel, {weights})")
        reference.append(f"luminance = pixel @ np.array([{', '.join(a.numpy() for a in luma.arguments)}], pixel.dtype)")
        value = Variable(draft.real, UNIT, "luminance")
        draft.reserve("luminance")
        inputs, result = ([value], draft.real) if kind == "gray" else ([pixel, value], image.element)
    elif kind == "quantize":
        levels = draft.draw.choice((4, 8, 16))
        body.append(f"level = wp.floor(pixel * {draft.number(float(levels))}) / {draft.number(float(levels))}")
        reference.append(f"level = np.floor(pixel * {float(levels)}) / {float(levels)}")
        inputs = [pixel, Variable(draft.real, UNIT, "level")] if draw.chance(0.5) else [Variable(draft.real, UNIT, "level")]
    elif kind == "threshold":
        cut = draft.parameter("threshold", 0.3, 0.7)
        step = draft.step("bright", image.element, [pixel, *extra])
        dark = draft.expressions.constant(draft.real, 0.1, 0.9)
        body += [
            step.warp,
            "toned = pixel",
            f"if pixel > {cut.warp()}:",
            f"    toned = {step.value.name}",
            "else:",
            f"    toned = {dark.warp()} * pixel",
        ]
        reference += [step.numpy, f"toned = np.where(pixel > {cut.numpy()}, {step.value.name}, {dark.numpy()} * pixel)"]
        inputs, extra = [Variable(draft.real, step.value.range.hull(UNIT), "toned")], []
    step = draft.step(draw.choice(("toned_pixel", "graded", "mapped")), result, [*inputs, *extra])
    guard, ending, finish = stored(draw, draft, image, step.value, "clamp", "0", nonlinear=True)
    name = draw.choice((f"{kind}_image", "grade_pixels", "tone_map", f"{kind}_curve", "color_transform"))
    whole = image.layout != "flat"
    draft.line(*opening, *body, step.warp, *guard, *ending)
    draft.numpy(*reference, step.numpy, *finish)
    return draft.case(name, image.dim, image.sizes(), elementwise=whole)
