"""Image filters: each output pixel from the neighbourhood of an input pixel, or from one pixel by a colour rule.

Variants: convolution with a kernel array, one pass of a separable blur, derivative operators (Sobel, Scharr, Prewitt, central), morphology,
bilateral and local-contrast filters, resampling, pooling, geometric moves, histograms, point operations on grey or RGB pixels; layout of
the image, rule at the border, form of the window's loop, fused transform of pixels and epilogue.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.image_filter.edges import derivative, point
from kernels.families.image_filter.image import Image
from kernels.families.image_filter.resampling import histogram, move, pool, resample
from kernels.families.image_filter.steps import border_rule, numpy_window, read_image, stored, transformed, window
from kernels.language.expression import Variable, apply, literal
from kernels.language.interval import UNIT, Interval


def build(draw: Draw) -> Case:
    """One image filter."""
    forms = (_convolve, _separable, derivative, _morphology, _bilateral, point, resample, pool, move, histogram)
    return draw.weighted(forms, (4, 4, 4, 2.5, 2, 4, 2, 1.5, 1.5, 1))(draw, Draft(draw, smooth=True))


def _convolve(draw: Draw, draft: Draft) -> Case:
    """A two-dimensional convolution (correlation) with an array of weights."""
    image = read_image(draw, draft)
    fixed = draw.chance(0.4)
    radius = "1" if fixed else "radius"
    weights = draw.choice(("kernel", "weights", "taps", "psf"))
    side = "3" if fixed else "2 * radius + 1"
    flat = draw.chance(0.3)
    draft.array(weights, draft.real, *((f"({side}) * ({side})",) if flat else (side, side)))
    if not fixed:
        draft.count("radius")
    rule, smallest = border_rule(draw, "2")
    opening = image.opening()
    transform, numpy_transform, value = transformed(draw, draft, image)
    total = draw.choice(("total", "acc", "blurred"))
    shift = radius
    sign = draw.chance(0.3)
    row, col = (f"{shift} - dy", f"{shift} - dx") if sign else (f"dy + {shift}", f"dx + {shift}")
    weight = f"{weights}[({row}) * ({side}) + {col}]" if flat else f"{weights}[{row}, {col}]"
    inner = [*transform, f"{total} += {weight} * {value.name}"]
    bound = value.range.magnitude * 25
    guard, ending, finish = stored(
        draw, draft, image, Variable(image.element, Interval(-bound, bound), total), rule, radius, nonlinear=fixed
    )
    body = [*opening, *guard, f"{total} = {draft.zero(image.element)}", *window(image, rule, radius, inner), *ending]
    reference = [*image.grid(), *image.padding(rule, radius), f"{total} = np.zeros_like({image.name})"]
    reference += [*numpy_window(image, radius, [*numpy_transform, f"{total} = {total} + {weight} * {value.name}"]), *finish]
    sizes = [{**e, "radius": draw.integer(1, 2)} for e in image.sizes(smallest)]
    name = draw.choice(("convolve", "conv2d", "filter2d", "correlate", f"apply_{weights}"))
    if rule == "zero" and numpy_transform:
        reference = _masked(reference, image, radius, value)
    draft.line(*body)
    draft.numpy(*reference)
    return draft.case(name, image.dim, sizes)


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


def _separable(draw: Draw, draft: Draft) -> Case:
    """One pass of a separable filter along rows or columns."""
    image = read_image(draw, draft)
    axes = draw.choice(("x", "y"))
    kind = draw.choice(("array", "array", "gaussian", "box", "binomial"))
    fixed = kind in ("gaussian", "binomial") or draw.chance(0.4)
    radius = str(draw.integer(1, 2 if kind == "binomial" else 3)) if fixed else "radius"
    if not fixed:
        draft.count("radius")
    rule, smallest = border_rule(draw, radius if fixed else "3")
    opening = image.opening()
    transform, numpy_transform, value = transformed(draw, draft, image)
    total, offset = draw.choice(("total", "acc", "blurred")), f"d{axes}"
    start: list[str] = []
    weight = numpy_weight = "1.0"
    after: list[str] = []
    weigh: list[str] = []
    numpy_weigh: list[str] = []
    if kind == "array":
        weights = draft.array(draw.choice(("weights", "taps", "coefficients")), draft.real, f"2 * {radius} + 1")
        weight = numpy_weight = f"{weights}[{offset} + {radius}]"
    elif kind == "gaussian":
        sigma = draft.parameter("sigma", 0.6, 2.0).warp()
        distance = f"{draft.real.spelling}({offset} * {offset})"
        weigh = [f"weight = wp.exp(-{distance} / ({draft.number(2.0)} * {sigma} * {sigma}))"]
        numpy_weigh = [f"weight = np.exp(-({offset} * {offset}) / (2.0 * {sigma} * {sigma}))"]
        weight = numpy_weight = "weight"
    elif kind == "binomial":
        if radius == "2":
            weigh = [
                f"weight = {draft.number(6.0)}",
                f"if wp.abs({offset}) == 1:",
                f"    weight = {draft.number(4.0)}",
                f"if wp.abs({offset}) == 2:",
                f"    weight = {draft.number(1.0)}",
            ]
            numpy_weigh = [f"weight = (6.0, 4.0, 1.0)[abs({offset})]"]
        else:
            weigh, numpy_weigh = [f"weight = {draft.cast(f'2 - wp.abs({offset})')}"], [f"weight = 2.0 - abs({offset})"]
        weight = numpy_weight = "weight"
    inner = [*transform, *weigh, f"{total} += {f'{weight} * ' if kind != 'box' else ''}{value.name}"]
    numpy_inner = [*numpy_transform, *numpy_weigh, f"{total} = {total} + {f'{numpy_weight} * ' if kind != 'box' else ''}{value.name}"]
    start = [f"{total} = {draft.zero(image.element)}"]
    if kind == "binomial":
        after = [f"{total} = {total} * {draft.number(0.25 if radius == '1' else 0.0625)}"]
    elif kind == "box":
        after = [f"{total} = {total} / {draft.cast(f'2 * {radius} + 1')}"]
    numpy_after = [after[0].replace(draft.cast(f"2 * {radius} + 1"), f"(2 * {radius} + 1)")] if after else []
    if kind == "binomial":
        numpy_after = [f"{total} = {total} * {0.25 if radius == '1' else 0.0625}"]
    bound = 8 * value.range.magnitude
    guard, ending, finish = stored(
        draw, draft, image, Variable(image.element, Interval(-bound, bound), total), rule, radius, nonlinear=fixed
    )
    body = [*opening, *guard, *start, *window(image, rule, radius, inner, axes), *after, *ending]
    reference = [*image.grid(), *image.padding(rule, radius), f"{total} = np.zeros_like({image.name})"]
    reference += [*numpy_window(image, radius, numpy_inner, axes), *numpy_after, *finish]
    if rule == "zero" and numpy_transform:
        reference = _masked(reference, image, radius, value)
    sizes = [{**e, "radius": draw.integer(1, 3)} for e in image.sizes(smallest)]
    name = draw.choice((f"blur_{axes}", f"{kind}_blur_{axes}", f"separable_{'rows' if axes == 'x' else 'columns'}", "smooth_pass"))
    draft.line(*body)
    draft.numpy(*reference)
    return draft.case(name, image.dim, sizes)


def _morphology(draw: Draw, draft: Draft) -> Case:
    """Erosion, dilation or their difference over a small window."""
    image = read_image(draw, draft, rgb=0.1)
    axes = draw.choice(("yx", "x", "y"))
    radius = "1" if axes == "yx" else str(draw.integer(1, 2))
    rule = draw.choice(("clamp", "wrap", "mirror", "copy"))
    smallest = 3 if rule == "mirror" else 1
    opening = image.opening()
    transform, numpy_transform, value = transformed(draw, draft, image)
    outputs = draw.choice((("low",), ("high",), ("low", "high")))
    large = draft.number(3000.0)
    full = f"{image.element.spelling}({', '.join([large] * 3)})" if image.element.rank else large
    empty = f"-{full}" if not full.startswith("wp.float64") else draft.number(-3000.0)
    start = [
        f"{n} = {full if n == 'low' else empty}"
        if draft.width == "float64" or image.element.rank
        else f"{n} = float({'' if n == 'low' else '-'}3000.0)"
        for n in outputs
    ]
    inner = [*transform, *(f"{n} = wp.{'min' if n == 'low' else 'max'}({n}, {value.name})" for n in outputs)]
    numpy_inner = [*numpy_transform, *(f"{n} = np.{'minimum' if n == 'low' else 'maximum'}({n}, {value.name})" for n in outputs)]
    draft.reserve("low", "high")
    spans = [Variable(image.element, value.range, n) for n in outputs]
    after: list[str] = []
    numpy_after: list[str] = []
    total = spans[0]
    if len(spans) == 2:
        step = draft.named("spread", apply("subtract_vec" if image.element.rank else "subtract", spans[1], spans[0]), inline=True)
        after, numpy_after, total = [step.warp], [step.numpy], step.value
    guard, ending, finish = stored(draw, draft, image, total, rule, radius, nonlinear=True)
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
    draft.line(*body)
    draft.numpy(*reference)
    return draft.case(name, image.dim, image.sizes(smallest))


def _bilateral(draw: Draw, draft: Draft) -> Case:
    """A weighted mean whose weights fall off with distance and with the difference in value; or the mean and variance of a window."""
    image = read_image(draw, draft, rgb=0.2)
    axes = draw.choice(("yx", "yx", "x", "y"))
    radius = "1" if axes == "yx" else "2"
    rule, smallest = border_rule(draw, radius)
    rule = "clamp" if rule == "zero" else rule
    opening = image.opening()
    centre = Variable(image.element, UNIT, "centre")
    pixel = Variable(image.element, UNIT, "pixel")
    body = [f"centre = {image.at(image.y, image.x)}"]
    change = draft.named("gap", apply("subtract_vec" if image.element.rank else "subtract", pixel, centre), inline=True)
    if image.element.rank:
        squared = draft.named("gap_sq", apply("length_sq", change.value), inline=True)
    else:
        squared = draft.named("gap_sq", apply("square", change.value), inline=True)
    inverse = draft.parameter(draw.choice(("sharpness", "range_falloff", "beta")), 0.5, 4.0)
    if draw.chance(0.5):
        exponent = apply("negate", apply("multiply", squared.value, inverse))
        exponent = apply("maximum", exponent, literal(-8.0, draft.real)) if image.element.rank else exponent
        weight = draft.named("weight", apply("exp", exponent))
    else:
        one = literal(1.0, draft.real)
        weight = draft.named("weight", apply("divide", one, apply("add", one, apply("multiply", squared.value, inverse))))
    inner = [change.warp, squared.warp, weight.warp, "total += weight * pixel", "weight_sum += weight"]
    across = "[..., None]" if image.element.rank else ""
    numpy_inner = [change.numpy, squared.numpy, weight.numpy, f"total = total + weight{across} * pixel", "weight_sum = weight_sum + weight"]
    body += [
        f"total = {draft.zero(image.element)}",
        f"weight_sum = {draft.zero()}",
        *window(image, rule, radius, inner, axes),
        "mean = total / weight_sum",
    ]
    reference = [*image.grid(), *image.padding(rule, radius), f"centre = {image.name}", "total, weight_sum = 0.0, 0.0"]
    reference += [*numpy_window(image, radius, numpy_inner, axes), f"mean = total / weight_sum{across}"]
    mean = Variable(image.element, UNIT, "mean")
    draft.reserve("mean")
    if draw.chance(0.4):
        step = draft.step(draw.choice(("detail", "mixed", "enhanced")), image.element, [mean, centre])
        body.append(step.warp)
        reference.append(step.numpy)
        mean = step.value
    guard, ending, finish = stored(draw, draft, image, mean, rule, radius, nonlinear=True)
    name = draw.choice(("bilateral_filter", "edge_preserving_blur", "denoise", "similarity_mean"))
    draft.line(*opening, *guard, *body, *ending)
    draft.numpy(*reference, *finish)
    return draft.case(name, image.dim, image.sizes(smallest))
