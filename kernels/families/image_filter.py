"""Image filters: each output pixel from the neighbourhood of an input pixel, or from one pixel by a colour rule.

Variants: convolution with a kernel array, one pass of a separable blur, derivative operators (Sobel, Scharr, Prewitt, central), morphology,
bilateral and local-contrast filters, resampling, pooling, geometric moves, histograms, point operations on grey or RGB pixels; layout of
the image, rule at the border, form of the window's loop, fused transform of pixels and epilogue.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Uniform
from kernels.draw import Draw
from kernels.families._image import Image
from kernels.families._resampling import histogram, move, pool, resample
from kernels.families._sketch import Sketch, loop
from kernels.language.expression import Expression, Variable, apply, literal
from kernels.language.interval import UNIT, Interval
from kernels.language.types import Type
from kernels.source import indented

OPERATORS = {"sobel": (1, 2), "scharr": (3, 10), "prewitt": (1, 1), "central": (0, 1)}
PARAMETERS = ("gain", "gamma_scale", "exposure", "contrast", "strength", "bias_level")
OUTPUTS = ("out", "dst", "filtered", "output", "result_image")


def build(draw: Draw) -> Case:
    """One image filter."""
    forms = (_convolve, _separable, _derivative, _morphology, _bilateral, _point, resample, pool, move, histogram)
    return draw.weighted(forms, (4, 4, 4, 2.5, 2, 4, 2, 1.5, 1.5, 1))(draw, Sketch(draw, "image_filter"))


def _setup(draw: Draw, sketch: Sketch, *, rgb: float = 0.25) -> Image:
    image = Image(draw, sketch, sketch.vec if draw.chance(rgb) else sketch.real)
    sketch.array(image.name, image.element, image.shape, Uniform(0.0, 1.0))
    return image


def _pixel(draw: Draw, sketch: Sketch, image: Image, name: str = "pixel") -> tuple[list[str], list[str], Variable]:
    """A fused transform of each pixel as it is read, now and then: lines of both texts and the value to use."""
    pixel = Variable(image.element, UNIT, name)
    if draw.chance(0.55):
        return [], [], pixel
    extra = sketch.parameters(PARAMETERS, draw.integer(0, 1))
    step = sketch.step(draw.choice(("intensity", "tone", "linear", "adjusted")), image.element, [pixel, *extra])
    return [step.warp], [step.numpy], step.value


def _store(
    draw: Draw, sketch: Sketch, image: Image, total: Variable, rule: str, reach: str, *, nonlinear: bool
) -> tuple[list[str], list[str], list[str]]:
    """The epilogue: border guard (for the rule 'copy'), lines after the sum, reference lines with the return."""
    out = draw.choice(OUTPUTS)
    sketch.reserved.add(out)
    lines, reference = [], []
    fields: list[Expression] = []
    if draw.chance(0.4):
        name = draw.choice(("mask", "original", "background", "reference_image"))
        sketch.array(name, image.element, image.shape, Uniform(0.0, 1.0))
        fields.append(Variable(image.element, UNIT, f"{name}_pixel"))
        lines.append(f"{name}_pixel = {image.at(image.y, image.x, name)}")
        tail = f"{image.height}, {image.width}" + ", 3" * image.element.rank
        reference.append(f"{name}_pixel = {name}" + (f".reshape({tail})" if image.layout == "flat" else ""))
    values = sketch.parameters(("amount", "gain", "scale", "sharpness"), draw.weighted((0, 1, 2), (3, 3, 1)))
    steps = sketch.ending(("shaded", "value", "response", "color"), total, fields, values, nonlinear=nonlinear)
    final = steps[-1].value if steps else total
    sketch.result(out, total.type, image.shape)
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


def _rule(draw: Draw, reach: str) -> tuple[str, int]:
    """The border's rule, and the smallest image that it works for."""
    rule = draw.choice(("clamp", "clamp", "zero", "wrap", "mirror", "copy"))
    return rule, (int(reach) + 1 if rule == "mirror" else 1)


def _window(image: Image, rule: str, radius: str, inner: list[str], axes: str = "yx") -> list[str]:
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


def _numpy_window(image: Image, radius: str, inner: list[str], axes: str = "yx") -> list[str]:
    lines = [f"pixel = {image.view(radius, *('d' + a if a in axes else '0' for a in 'yx'))}", *inner]
    for axis in reversed(axes):
        lines = [f"for d{axis} in range(-{radius}, {int(radius) + 1 if radius.isdigit() else radius + ' + 1'}):", *indented(lines)]
    return lines


def _convolve(draw: Draw, sketch: Sketch) -> Case:
    """A two-dimensional convolution (correlation) with an array of weights."""
    image = _setup(draw, sketch)
    fixed = draw.chance(0.4)
    radius = "1" if fixed else "radius"
    weights = draw.choice(("kernel", "weights", "taps", "psf"))
    side = "3" if fixed else "2 * radius + 1"
    flat = draw.chance(0.3)
    sketch.array(weights, sketch.real, (f"({side}) * ({side})",) if flat else (side, side))
    if not fixed:
        sketch.count("radius")
    rule, smallest = _rule(draw, "2")
    opening = image.opening()
    transform, numpy_transform, value = _pixel(draw, sketch, image)
    total = draw.choice(("total", "acc", "blurred"))
    shift = radius
    sign = draw.chance(0.3)
    row, col = (f"{shift} - dy", f"{shift} - dx") if sign else (f"dy + {shift}", f"dx + {shift}")
    weight = f"{weights}[({row}) * ({side}) + {col}]" if flat else f"{weights}[{row}, {col}]"
    inner = [*transform, f"{total} += {weight} * {value.name}"]
    bound = value.range.magnitude * 25
    guard, ending, finish = _store(
        draw, sketch, image, Variable(image.element, Interval(-bound, bound), total), rule, radius, nonlinear=fixed
    )
    body = [*opening, *guard, f"{total} = {sketch.zero(image.element)}", *_window(image, rule, radius, inner), *ending]
    reference = [*image.grid(), *image.padding(rule, radius), f"{total} = np.zeros_like({image.name})"]
    reference += [*_numpy_window(image, radius, [*numpy_transform, f"{total} = {total} + {weight} * {value.name}"]), *finish]
    sizes = [{**e, "radius": draw.integer(1, 2)} for e in image.sizes(smallest)]
    name = draw.choice(("convolve", "conv2d", "filter2d", "correlate", f"apply_{weights}"))
    if rule == "zero" and numpy_transform:
        reference = _masked(reference, image, radius, value)
    return sketch.case(name, body, reference, image.dim, sizes)


def _masked(reference: list[str], image: Image, radius: str, value: Variable, line: str = "") -> list[str]:
    """numpy: a transform may turn the zeros outside into something; such pixels still count for nothing."""
    rank = image.element.rank
    lead = "(0, 0), " * (image.layout == "stack")
    ones = f"np.ones({image.name}.shape[: {image.name}.ndim{' - 1' * rank}], bool)"
    inside = f"inside = np.pad({ones}, [{lead}({radius}, {radius}), ({radius}, {radius})])"
    result = []
    for text in reference:
        result.append(text)
        if text.startswith("padded ="):
            result.append(inside)
        if text.strip().startswith(f"{value.name} = "):
            indent = text[: len(text) - len(text.lstrip())]
            view = next(t for t in reference if "pixel = padded[" in t).split(" = ")[1].replace("padded", "inside")
            result.append(f"{indent}{value.name} = np.where({view}{'[..., None]' * rank}, {value.name}, 0.0)")
    return result


def _separable(draw: Draw, sketch: Sketch) -> Case:
    """One pass of a separable filter along rows or columns."""
    image = _setup(draw, sketch)
    axes = draw.choice(("x", "y"))
    kind = draw.choice(("array", "array", "gaussian", "box", "binomial"))
    fixed = kind in ("gaussian", "binomial") or draw.chance(0.4)
    radius = str(draw.integer(1, 2 if kind == "binomial" else 3)) if fixed else "radius"
    if not fixed:
        sketch.count("radius")
    rule, smallest = _rule(draw, radius if fixed else "3")
    opening = image.opening()
    transform, numpy_transform, value = _pixel(draw, sketch, image)
    total, offset = draw.choice(("total", "acc", "blurred")), f"d{axes}"
    start: list[str] = []
    weight = numpy_weight = "1.0"
    after: list[str] = []
    weigh: list[str] = []
    numpy_weigh: list[str] = []
    if kind == "array":
        weights = sketch.array(draw.choice(("weights", "taps", "coefficients")), sketch.real, (f"2 * {radius} + 1",))
        weight = numpy_weight = f"{weights}[{offset} + {radius}]"
    elif kind == "gaussian":
        sigma = sketch.scalar("sigma", 0.6, 2.0).warp()
        distance = f"{sketch.real.spelling}({offset} * {offset})"
        weigh = [f"weight = wp.exp(-{distance} / ({sketch.num(2.0)} * {sigma} * {sigma}))"]
        numpy_weigh = [f"weight = np.exp(-({offset} * {offset}) / (2.0 * {sigma} * {sigma}))"]
        weight = numpy_weight = "weight"
    elif kind == "binomial":
        if radius == "2":
            weigh = [
                f"weight = {sketch.num(6.0)}",
                f"if wp.abs({offset}) == 1:",
                f"    weight = {sketch.num(4.0)}",
                f"if wp.abs({offset}) == 2:",
                f"    weight = {sketch.num(1.0)}",
            ]
            numpy_weigh = [f"weight = (6.0, 4.0, 1.0)[abs({offset})]"]
        else:
            weigh, numpy_weigh = [f"weight = {sketch.cast(f'2 - wp.abs({offset})')}"], [f"weight = 2.0 - abs({offset})"]
        weight = numpy_weight = "weight"
    inner = [*transform, *weigh, f"{total} += {f'{weight} * ' if kind != 'box' else ''}{value.name}"]
    numpy_inner = [*numpy_transform, *numpy_weigh, f"{total} = {total} + {f'{numpy_weight} * ' if kind != 'box' else ''}{value.name}"]
    start = [f"{total} = {sketch.zero(image.element)}"]
    if kind == "binomial":
        after = [f"{total} = {total} * {sketch.num(0.25 if radius == '1' else 0.0625)}"]
    elif kind == "box":
        after = [f"{total} = {total} / {sketch.cast(f'2 * {radius} + 1')}"]
    numpy_after = [after[0].replace(sketch.cast(f"2 * {radius} + 1"), f"(2 * {radius} + 1)")] if after else []
    if kind == "binomial":
        numpy_after = [f"{total} = {total} * {0.25 if radius == '1' else 0.0625}"]
    bound = 8 * value.range.magnitude
    guard, ending, finish = _store(
        draw, sketch, image, Variable(image.element, Interval(-bound, bound), total), rule, radius, nonlinear=fixed
    )
    body = [*opening, *guard, *start, *_window(image, rule, radius, inner, axes), *after, *ending]
    reference = [*image.grid(), *image.padding(rule, radius), f"{total} = np.zeros_like({image.name})"]
    reference += [*_numpy_window(image, radius, numpy_inner, axes), *numpy_after, *finish]
    if rule == "zero" and numpy_transform:
        reference = _masked(reference, image, radius, value)
    sizes = [{**e, "radius": draw.integer(1, 3)} for e in image.sizes(smallest)]
    name = draw.choice((f"blur_{axes}", f"{kind}_blur_{axes}", f"separable_{'rows' if axes == 'x' else 'columns'}", "smooth_pass"))
    return sketch.case(name, body, reference, image.dim, sizes)


def _derivative(draw: Draw, sketch: Sketch) -> Case:
    """Horizontal and vertical derivative, and what is made of the two: magnitude, direction, edge strength."""
    image = _setup(draw, sketch, rgb=0.0)
    kind = draw.choice(tuple(OPERATORS))
    corner, side = OPERATORS[kind]
    rule, smallest = _rule(draw, "1")
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
    sketch.reserved |= {*load.values(), "gx", "gy", "up", "down", "left", "right"}

    def difference(axis: int, number: bool) -> str:
        parts = []
        for sign in (1, -1):
            terms = []
            for t in (-1, 0, 1):
                at = (t, sign) if axis else (sign, t)
                weight = side if t == 0 else corner
                if at in load and weight:
                    scaled = sketch.num(float(weight)) if number else str(float(weight))
                    terms.append(load[at] if weight == 1 else f"{scaled} * {load[at]}")
            parts.append(" + ".join(terms))
        return " - ".join(f"({p})" if " + " in p else p for p in parts)

    scale = draw.choice((0.0, 0.125, 0.5))
    for name, across in draw.shuffled((("gx", 1), ("gy", 0))):
        text, other = difference(across, True), difference(across, False)
        if scale:
            text, other = f"{sketch.num(scale)} * ({text})", f"{scale} * ({other})"
        lines.append(f"{name} = {text}")
        reference.append(f"{name} = {other}")
    bound = float(2 * corner + side) * (scale or 1.0)
    gx, gy = (Variable(sketch.real, Interval(-bound, bound), n) for n in ("gx", "gy"))
    norms: list[Expression] = [
        apply("sqrt", apply("add", apply("add", apply("square", gx), apply("square", gy)), literal(0.05, sketch.real)))
    ]
    norms += [apply("add", apply("absolute", gx), apply("absolute", gy)), apply("maximum", apply("absolute", gx), apply("absolute", gy))]
    step = sketch.named(draw.choice(("magnitude", "edge", "strength")), draw.choice(norms), [gx, gy])
    if draw.chance(0.3):
        step = sketch.step("edge", sketch.real, [gx, gy])
    lines.append(step.warp)
    reference.append(step.numpy)
    if draw.chance(0.3):
        sketch.result("directions", sketch.vec, image.shape)
        lines.append(f"{image.at(image.y, image.x, 'directions')} = {sketch.vec.spelling}(gx, gy, {sketch.num(1.0)})")
        vectors = image.flattened("np.stack([gx, gy, np.ones_like(gx)], axis=-1)", sketch.vec)
        extra_output = f'"directions": {vectors}'
    else:
        extra_output = ""
    guard, ending, finish = _store(draw, sketch, image, step.value, rule, "1", nonlinear=True)
    if extra_output:
        finish[-1] = finish[-1].replace("return {", f"return {{{extra_output}, ")
    name = draw.choice((f"{kind}_edges", f"{kind}_filter", "gradient_magnitude", "detect_edges"))
    return sketch.case(name, [*opening, *guard, *lines, *ending], [*reference, *finish], image.dim, image.sizes(smallest))


def _morphology(draw: Draw, sketch: Sketch) -> Case:
    """Erosion, dilation or their difference over a small window."""
    image = _setup(draw, sketch, rgb=0.1)
    axes = draw.choice(("yx", "x", "y"))
    radius = "1" if axes == "yx" else str(draw.integer(1, 2))
    rule = draw.choice(("clamp", "wrap", "mirror", "copy"))
    smallest = 3 if rule == "mirror" else 1
    opening = image.opening()
    transform, numpy_transform, value = _pixel(draw, sketch, image)
    outputs = draw.choice((("low",), ("high",), ("low", "high")))
    large = sketch.num(3000.0)
    full = f"{image.element.spelling}({', '.join([large] * 3)})" if image.element.rank else large
    empty = f"-{full}" if not full.startswith("wp.float64") else sketch.num(-3000.0)
    start = [
        f"{n} = {full if n == 'low' else empty}"
        if sketch.width == "float64" or image.element.rank
        else f"{n} = float({'' if n == 'low' else '-'}3000.0)"
        for n in outputs
    ]
    inner = [*transform, *(f"{n} = wp.{'min' if n == 'low' else 'max'}({n}, {value.name})" for n in outputs)]
    numpy_inner = [*numpy_transform, *(f"{n} = np.{'minimum' if n == 'low' else 'maximum'}({n}, {value.name})" for n in outputs)]
    sketch.reserved |= {"low", "high"}
    spans = [Variable(image.element, value.range, n) for n in outputs]
    after: list[str] = []
    numpy_after: list[str] = []
    total = spans[0]
    if len(spans) == 2:
        step = sketch.named(
            "spread", apply("subtract_vec" if image.element.rank else "subtract", spans[1], spans[0]), spans[::-1], inline=True
        )
        after, numpy_after, total = [step.warp], [step.numpy], step.value
    guard, ending, finish = _store(draw, sketch, image, total, rule, radius, nonlinear=True)
    body = [*opening, *guard, *start, *_window(image, rule, radius, inner, axes), *after, *ending]
    reference = [*image.grid(), *image.padding(rule, radius)]
    reference += [f"{n} = np.full_like({image.name}, {'np.inf' if n == 'low' else '-np.inf'})" for n in outputs]
    reference += [*_numpy_window(image, radius, numpy_inner, axes), *numpy_after, *finish]
    name = draw.choice(
        ("erode", "minimum_filter")
        if outputs == ("low",)
        else ("dilate", "maximum_filter")
        if outputs == ("high",)
        else ("morphological_gradient", "local_range")
    )
    return sketch.case(name, body, reference, image.dim, image.sizes(smallest))


def _bilateral(draw: Draw, sketch: Sketch) -> Case:
    """A weighted mean whose weights fall off with distance and with the difference in value; or the mean and variance of a window."""
    image = _setup(draw, sketch, rgb=0.2)
    axes = draw.choice(("yx", "yx", "x", "y"))
    radius = "1" if axes == "yx" else "2"
    rule, smallest = _rule(draw, radius)
    rule = "clamp" if rule == "zero" else rule
    opening = image.opening()
    centre = Variable(image.element, UNIT, "centre")
    pixel = Variable(image.element, UNIT, "pixel")
    body = [f"centre = {image.at(image.y, image.x)}"]
    change = sketch.named("gap", apply("subtract_vec" if image.element.rank else "subtract", pixel, centre), [pixel, centre], inline=True)
    if image.element.rank:
        squared = sketch.named("gap_sq", apply("length_sq", change.value), [change.value], inline=True)
    else:
        squared = sketch.named("gap_sq", apply("square", change.value), [change.value], inline=True)
    inverse = sketch.scalar(draw.choice(("sharpness", "range_falloff", "beta")), 0.5, 4.0)
    if draw.chance(0.5):
        exponent = apply("negate", apply("multiply", squared.value, inverse))
        exponent = apply("maximum", exponent, literal(-8.0, sketch.real)) if image.element.rank else exponent
        weight = sketch.named("weight", apply("exp", exponent), [squared.value, inverse])
    else:
        one = literal(1.0, sketch.real)
        weight = sketch.named(
            "weight", apply("divide", one, apply("add", one, apply("multiply", squared.value, inverse))), [squared.value, inverse]
        )
    inner = [change.warp, squared.warp, weight.warp, "total += weight * pixel", "weight_sum += weight"]
    across = "[..., None]" if image.element.rank else ""
    numpy_inner = [change.numpy, squared.numpy, weight.numpy, f"total = total + weight{across} * pixel", "weight_sum = weight_sum + weight"]
    body += [
        f"total = {sketch.zero(image.element)}",
        f"weight_sum = {sketch.zero()}",
        *_window(image, rule, radius, inner, axes),
        "mean = total / weight_sum",
    ]
    reference = [*image.grid(), *image.padding(rule, radius), f"centre = {image.name}", "total, weight_sum = 0.0, 0.0"]
    reference += [*_numpy_window(image, radius, numpy_inner, axes), f"mean = total / weight_sum{across}"]
    mean = Variable(image.element, UNIT, "mean")
    sketch.reserved.add("mean")
    if draw.chance(0.4):
        step = sketch.step(draw.choice(("detail", "mixed", "enhanced")), image.element, [mean, centre])
        body.append(step.warp)
        reference.append(step.numpy)
        mean = step.value
    guard, ending, finish = _store(draw, sketch, image, mean, rule, radius, nonlinear=True)
    name = draw.choice(("bilateral_filter", "edge_preserving_blur", "denoise", "similarity_mean"))
    return sketch.case(name, [*opening, *guard, *body, *ending], [*reference, *finish], image.dim, image.sizes(smallest))


def _point(draw: Draw, sketch: Sketch) -> Case:
    """One pixel to one pixel: tone curves, blending of two images, grey from colour and back, threshold, quantization."""
    image = _setup(draw, sketch, rgb=0.6)
    opening = image.opening()
    pixel = Variable(image.element, UNIT, "pixel")
    body, reference = [f"pixel = {image.at(image.y, image.x)}"], [*image.grid(), f"pixel = {image.name}"]
    value: Variable = pixel
    inputs: list[Expression] = [pixel]
    result: Type = image.element
    luma = apply(
        "make_vec", *(literal(w, sketch.real) for w in draw.choice(((0.299, 0.587, 0.114), (0.2126, 0.7152, 0.0722), (0.3, 0.6, 0.1))))
    )
    kind = draw.choice(("gray", "colour", "colour")) if image.element.rank else draw.choice(("tone", "threshold", "quantize"))
    extra = sketch.parameters(PARAMETERS, draw.integer(0, 2))
    if kind == "gray" or (kind == "colour" and draw.chance(0.5)):
        weights = f"{sketch.vec.spelling}({', '.join(a.warp() for a in luma.arguments)})"
        body.append(f"luminance = wp.dot(pixel, {weights})")
        reference.append(f"luminance = pixel @ np.array([{', '.join(a.numpy() for a in luma.arguments)}], pixel.dtype)")
        value = Variable(sketch.real, UNIT, "luminance")
        sketch.reserved.add("luminance")
        inputs, result = ([value], sketch.real) if kind == "gray" else ([pixel, value], image.element)
    elif kind == "quantize":
        levels = sketch.draw.choice((4, 8, 16))
        body.append(f"level = wp.floor(pixel * {sketch.num(float(levels))}) / {sketch.num(float(levels))}")
        reference.append(f"level = np.floor(pixel * {float(levels)}) / {float(levels)}")
        inputs = [pixel, Variable(sketch.real, UNIT, "level")] if draw.chance(0.5) else [Variable(sketch.real, UNIT, "level")]
    elif kind == "threshold":
        cut = sketch.scalar("threshold", 0.3, 0.7)
        step = sketch.step("bright", image.element, [pixel, *extra])
        dark = sketch.expressions.constant(sketch.real, 0.1, 0.9)
        body += [
            step.warp,
            "toned = pixel",
            f"if pixel > {cut.warp()}:",
            f"    toned = {step.value.name}",
            "else:",
            f"    toned = {dark.warp()} * pixel",
        ]
        reference += [step.numpy, f"toned = np.where(pixel > {cut.numpy()}, {step.value.name}, {dark.numpy()} * pixel)"]
        inputs, extra = [Variable(sketch.real, step.value.range.hull(UNIT), "toned")], []
    step = sketch.step(draw.choice(("toned_pixel", "graded", "mapped")), result, [*inputs, *extra])
    guard, ending, finish = _store(draw, sketch, image, step.value, "clamp", "0", nonlinear=True)
    name = draw.choice((f"{kind}_image", "grade_pixels", "tone_map", f"{kind}_curve", "color_transform"))
    whole = image.layout != "flat"
    return sketch.case(
        name, [*opening, *body, step.warp, *guard, *ending], [*reference, step.numpy, *finish], image.dim, image.sizes(), elementwise=whole
    )
