"""Image filters: each output pixel from the neighbourhood of an input pixel, or from one pixel by a colour rule.

Variants: convolution with a kernel array, one pass of a separable blur, derivative operators (Sobel, Scharr, Prewitt, central), morphology,
bilateral and local-contrast filters, resampling, pooling, geometric moves, histograms, point operations on grey or RGB pixels; layout of
the image, rule at the border, form of the window's loop, fused transform of pixels and epilogue.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.draw import Draw
from kernels.families._edges import derivative, point
from kernels.families._image import Image
from kernels.families._image_steps import border_rule, numpy_window, read_image, stored, transformed, window
from kernels.families._resampling import histogram, move, pool, resample
from kernels.families._sketch import Sketch
from kernels.language.expression import Variable, apply, literal
from kernels.language.interval import UNIT, Interval


def build(draw: Draw) -> Case:
    """One image filter."""
    forms = (_convolve, _separable, derivative, _morphology, _bilateral, point, resample, pool, move, histogram)
    return draw.weighted(forms, (4, 4, 4, 2.5, 2, 4, 2, 1.5, 1.5, 1))(draw, Sketch(draw, "image_filter"))


def _convolve(draw: Draw, sketch: Sketch) -> Case:
    """A two-dimensional convolution (correlation) with an array of weights."""
    image = read_image(draw, sketch)
    fixed = draw.chance(0.4)
    radius = "1" if fixed else "radius"
    weights = draw.choice(("kernel", "weights", "taps", "psf"))
    side = "3" if fixed else "2 * radius + 1"
    flat = draw.chance(0.3)
    sketch.array(weights, sketch.real, (f"({side}) * ({side})",) if flat else (side, side))
    if not fixed:
        sketch.count("radius")
    rule, smallest = border_rule(draw, "2")
    opening = image.opening()
    transform, numpy_transform, value = transformed(draw, sketch, image)
    total = draw.choice(("total", "acc", "blurred"))
    shift = radius
    sign = draw.chance(0.3)
    row, col = (f"{shift} - dy", f"{shift} - dx") if sign else (f"dy + {shift}", f"dx + {shift}")
    weight = f"{weights}[({row}) * ({side}) + {col}]" if flat else f"{weights}[{row}, {col}]"
    inner = [*transform, f"{total} += {weight} * {value.name}"]
    bound = value.range.magnitude * 25
    guard, ending, finish = stored(
        draw, sketch, image, Variable(image.element, Interval(-bound, bound), total), rule, radius, nonlinear=fixed
    )
    body = [*opening, *guard, f"{total} = {sketch.zero(image.element)}", *window(image, rule, radius, inner), *ending]
    reference = [*image.grid(), *image.padding(rule, radius), f"{total} = np.zeros_like({image.name})"]
    reference += [*numpy_window(image, radius, [*numpy_transform, f"{total} = {total} + {weight} * {value.name}"]), *finish]
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
    image = read_image(draw, sketch)
    axes = draw.choice(("x", "y"))
    kind = draw.choice(("array", "array", "gaussian", "box", "binomial"))
    fixed = kind in ("gaussian", "binomial") or draw.chance(0.4)
    radius = str(draw.integer(1, 2 if kind == "binomial" else 3)) if fixed else "radius"
    if not fixed:
        sketch.count("radius")
    rule, smallest = border_rule(draw, radius if fixed else "3")
    opening = image.opening()
    transform, numpy_transform, value = transformed(draw, sketch, image)
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
    guard, ending, finish = stored(
        draw, sketch, image, Variable(image.element, Interval(-bound, bound), total), rule, radius, nonlinear=fixed
    )
    body = [*opening, *guard, *start, *window(image, rule, radius, inner, axes), *after, *ending]
    reference = [*image.grid(), *image.padding(rule, radius), f"{total} = np.zeros_like({image.name})"]
    reference += [*numpy_window(image, radius, numpy_inner, axes), *numpy_after, *finish]
    if rule == "zero" and numpy_transform:
        reference = _masked(reference, image, radius, value)
    sizes = [{**e, "radius": draw.integer(1, 3)} for e in image.sizes(smallest)]
    name = draw.choice((f"blur_{axes}", f"{kind}_blur_{axes}", f"separable_{'rows' if axes == 'x' else 'columns'}", "smooth_pass"))
    return sketch.case(name, body, reference, image.dim, sizes)


def _morphology(draw: Draw, sketch: Sketch) -> Case:
    """Erosion, dilation or their difference over a small window."""
    image = read_image(draw, sketch, rgb=0.1)
    axes = draw.choice(("yx", "x", "y"))
    radius = "1" if axes == "yx" else str(draw.integer(1, 2))
    rule = draw.choice(("clamp", "wrap", "mirror", "copy"))
    smallest = 3 if rule == "mirror" else 1
    opening = image.opening()
    transform, numpy_transform, value = transformed(draw, sketch, image)
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
    guard, ending, finish = stored(draw, sketch, image, total, rule, radius, nonlinear=True)
    body = [*opening, *guard, *start, *window(image, rule, radius, inner, axes), *after, *ending]
    reference = [*image.grid(), *image.padding(rule, radius)]
    reference += [f"{n} = np.full_like({image.name}, {'np.inf' if n == 'low' else '-np.inf'})" for n in outputs]
    reference += [*numpy_window(image, radius, numpy_inner, axes), *numpy_after, *finish]
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
    image = read_image(draw, sketch, rgb=0.2)
    axes = draw.choice(("yx", "yx", "x", "y"))
    radius = "1" if axes == "yx" else "2"
    rule, smallest = border_rule(draw, radius)
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
        *window(image, rule, radius, inner, axes),
        "mean = total / weight_sum",
    ]
    reference = [*image.grid(), *image.padding(rule, radius), f"centre = {image.name}", "total, weight_sum = 0.0, 0.0"]
    reference += [*numpy_window(image, radius, numpy_inner, axes), f"mean = total / weight_sum{across}"]
    mean = Variable(image.element, UNIT, "mean")
    sketch.reserved.add("mean")
    if draw.chance(0.4):
        step = sketch.step(draw.choice(("detail", "mixed", "enhanced")), image.element, [mean, centre])
        body.append(step.warp)
        reference.append(step.numpy)
        mean = step.value
    guard, ending, finish = stored(draw, sketch, image, mean, rule, radius, nonlinear=True)
    name = draw.choice(("bilateral_filter", "edge_preserving_blur", "denoise", "similarity_mean"))
    return sketch.case(name, [*opening, *guard, *body, *ending], [*reference, *finish], image.dim, image.sizes(smallest))
