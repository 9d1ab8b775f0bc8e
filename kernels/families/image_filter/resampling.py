"""Image filters that move pixels: bilinear resampling, pooling, geometric moves, and histograms."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Uniform
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.image_filter.image import Image
from kernels.language.expression import Expression, Variable
from kernels.language.interval import UNIT, Interval
from kernels.language.types import I32
from kernels.source import indented


def _image(draw: Draw, draft: Draft, rgb: float, *, shrunk: int = 1, differentiable: bool = True) -> Image:
    """The image to read; it has `shrunk` times as many rows and columns as there are threads."""
    image = Image(draw, draft, draft.vector if draw.chance(rgb) else draft.real, plain=True)
    shape = [extent if shrunk == 1 else f"{shrunk} * {extent}" for extent in image.shape]
    draft.array(image.name, image.element, *shape, domain=Uniform(0.0, 1.0), differentiable=differentiable)
    return image


def _finish(draw: Draw, draft: Draft, value: Variable, out: str, at: str, shape: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """The fused epilogue (now and then) and the store."""
    draft.reserve(out)
    lines, reference = [], []
    if draw.chance(0.75):
        step = draft.step(
            draw.choice(("shaded", "mapped", "toned")),
            value.type,
            [value, *draft.some_parameters(("gain", "offset", "gamma_scale"), draw.integer(0, 2))],
        )
        lines, reference, value = [step.warp], [step.numpy], step.value
    draft.output(out, value.type, *shape)
    return [*lines, f"{out}[{at}] = {value.name}"], [*reference, f'return {{"{out}": {value.name}}}']


def resample(draw: Draw, draft: Draft) -> Case:
    """A bilinearly (or nearest) resampled image: scaled, shifted or warped by a displacement field."""
    image = _image(draw, draft, 0.3)
    name, h, w, y, x = image.name, image.height, image.width, image.y, image.x
    draft.count(h)
    draft.count(w)
    real = draft.real
    mode = draw.choice(("scale", "shift", "warp"))
    out_shape = (h, w) if mode != "scale" else ("out_h", "out_w")
    body = [f"{y}, {x} = wp.tid()"]
    if draw.chance(0.5) and mode != "scale":
        body += [f"if {y} >= {h} or {x} >= {w}:", "    return"]
    reference = [f"ny, nx = {name}.shape[:2]", f'{y}, {x} = np.meshgrid(np.arange(dim[0]), np.arange(dim[1]), indexing="ij")']
    precision = "f32" if draft.width == "float32" else "np.float64"
    u, v = draw.choice((("sx", "sy"), ("u", "v"), ("src_x", "src_y")))
    if mode == "scale":
        scale = draft.parameter("scale", 0.3, 0.9).warp()
        half, less = draft.number(0.5), draw.chance(0.5)
        for target, index in ((u, x), (v, y)):
            if less:
                body.append(f"{target} = ({draft.cast(index)} + {half}) * {scale} - {half}")
                reference.append(f"{target} = ({precision}({index}) + {precision}(0.5)) * {scale} - {precision}(0.5)")
            else:
                body.append(f"{target} = {draft.cast(index)} * {scale}")
                reference.append(f"{target} = {precision}({index}) * {scale}")
    elif mode == "shift":
        for target, index, amount in ((u, x, "shift_x"), (v, y, "shift_y")):
            draft.parameter(amount, -1.7, 1.7)
            body.append(f"{target} = {draft.cast(index)} + {amount}")
            reference.append(f"{target} = {precision}({index}) + {amount}")
    else:
        for target, index, field in ((u, x, "flow_x"), (v, y, "flow_y")):
            draft.array(field, real, h, w, domain=Uniform(-2.0, 2.0))
            body.append(f"{target} = {draft.cast(index)} + {field}[{y}, {x}]")
            reference.append(f"{target} = {precision}({index}) + {field}")
    limit = f"{draft.cast(f'{w} - 1')}", f"{draft.cast(f'{h} - 1')}"
    body += [f"{t} = wp.clamp({t}, {draft.number(0.0)}, {m})" for t, m in zip((u, v), limit, strict=True)]
    reference += [f"{t} = np.clip({t}, 0.0, {n} - 1.0)" for t, n in ((u, "nx"), (v, "ny"))]
    body += [f"x0 = int(wp.floor({u}))", f"y0 = int(wp.floor({v}))"]
    body += [f"x1 = wp.min(x0 + 1, {w} - 1)", f"y1 = wp.min(y0 + 1, {h} - 1)"]
    reference += [
        f"x0, y0 = np.floor({u}).astype(int), np.floor({v}).astype(int)",
        "x1, y1 = np.minimum(x0 + 1, nx - 1), np.minimum(y0 + 1, ny - 1)",
    ]
    body += [f"fx = {u} - {draft.cast('x0')}", f"fy = {v} - {draft.cast('y0')}"]
    across = "[..., None]" if image.element.rank else ""
    reference += [f"fx, fy = ({u} - x0.astype({u}.dtype)){across}, ({v} - y0.astype({v}.dtype)){across}"]
    one = draft.number(1.0)
    if draw.chance(0.4):
        corners = ["c00", "c10", "c01", "c11"]
        at = ["y0, x0", "y0, x1", "y1, x0", "y1, x1"]
        body += [f"{c} = {name}[{a}]" for c, a in zip(corners, at, strict=True)]
        weights = [f"({one} - fx) * ({one} - fy)", f"fx * ({one} - fy)", f"({one} - fx) * fy", "fx * fy"]
        body += [f"sampled = {weights[0]} * c00 + {weights[1]} * c10", f"sampled += {weights[2]} * c01 + {weights[3]} * c11"]
    elif draw.chance(0.5):
        body += [
            f"top = wp.lerp({name}[y0, x0], {name}[y0, x1], fx)",
            f"bottom = wp.lerp({name}[y1, x0], {name}[y1, x1], fx)",
            "sampled = wp.lerp(top, bottom, fy)",
        ]
    else:
        body += [f"top = {name}[y0, x0] * ({one} - fx) + {name}[y0, x1] * fx"]
        body += [f"bottom = {name}[y1, x0] * ({one} - fx) + {name}[y1, x1] * fx", f"sampled = top * ({one} - fy) + bottom * fy"]
    reference += [f"top = {name}[y0, x0] * (1.0 - fx) + {name}[y0, x1] * fx", f"bottom = {name}[y1, x0] * (1.0 - fx) + {name}[y1, x1] * fx"]
    reference += ["sampled = top * (1.0 - fy) + bottom * fy"]
    draft.reserve("sampled", "top", "bottom", u, v)
    store, ending = _finish(
        draw, draft, Variable(image.element, UNIT, "sampled"), draw.choice(("resampled", "out", "warped", "dst")), f"{y}, {x}", out_shape
    )
    sizes = [{**e, "out_h": a, "out_w": b} for e, (a, b) in zip(image.sizes(), ((1, 1), (5, 7), (11, 9)), strict=True)]
    title = draw.choice((f"{mode}_image", "bilinear_resample", "sample_bilinear", "remap"))
    draft.line(*body, *store)
    draft.numpy(*reference, *ending)
    return draft.case(title, out_shape, sizes)


def pool(draw: Draw, draft: Draft) -> Case:
    """Pooling of blocks: mean, maximum or a norm, with a stride of two or three pixels."""
    size = draw.choice((2, 2, 3))
    image = _image(draw, draft, 0.2, shrunk=size)
    name, y, x = image.name, image.y, image.x
    out_shape = (image.height, image.width)
    mode = draw.choice(("mean", "max", "fused"))
    body = [f"{y}, {x} = wp.tid()"]
    if draw.chance(0.5):
        for extent in out_shape:
            draft.count(extent)
        body += [f"if {y} >= {image.height} or {x} >= {image.width}:", "    return"]
    pixel = Variable(image.element, UNIT, "pixel")
    lines, inner = [f"pixel = {name}[{size} * {y} + a, {size} * {x} + b]"], []
    value = pixel
    if mode == "fused" or draw.chance(0.3):
        step = draft.step("response", image.element, [pixel, *draft.some_parameters(("gain", "shift"), draw.integer(0, 1))])
        lines.append(step.warp)
        inner.append(step.numpy)
        value = step.value
    draft.reserve("pooled", "a", "b")
    reference = [f"pixel = {name}", *inner]
    blocks = f"{value.name}.reshape(dim[0], {size}, dim[1], {size}{', 3' * image.element.rank})"
    if mode == "max":
        low = draft.number(-3000.0)
        start = (
            f"{image.element.spelling}({', '.join([low] * 3)})"
            if image.element.rank
            else (f"float({low})" if draft.width == "float32" else low)
        )
        body += [f"pooled = {start}"]
        lines.append(f"pooled = wp.max(pooled, {value.name})")
        reference.append(f"pooled = {blocks}.max(axis=(1, 3))")
        after = []
    else:
        body += [f"pooled = {draft.zero(image.element)}"]
        lines.append(f"pooled += {value.name}")
        mean = draw.chance(0.7)
        after = [f"pooled = pooled / {draft.number(float(size * size))}"] if mean else []
        reference.append(f"pooled = {blocks}.{'mean' if mean else 'sum'}(axis=(1, 3))")
    body += [f"for a in range({size}):", f"    for b in range({size}):", *indented(lines, 2), *after]
    span = Interval(-9.0 * value.range.magnitude, 9.0 * value.range.magnitude)
    store, ending = _finish(
        draw, draft, Variable(image.element, span, "pooled"), draw.choice(("pooled_image", "half", "coarse")), f"{y}, {x}", out_shape
    )
    name = draw.choice((f"{mode}_pool", "downsample", "restrict_image", "shrink"))
    draft.line(*body, *store)
    draft.numpy(*reference, *ending)
    return draft.case(name, out_shape, image.sizes())


def move(draw: Draw, draft: Draft) -> Case:
    """Flips, quarter turns, transposition, rolls and crops, by index arithmetic, by gather or by scatter."""
    image = _image(draw, draft, 0.35)
    name, h, w, y, x = image.name, image.height, image.width, image.y, image.x
    draft.count(h)
    draft.count(w)
    moves = {
        "flip_x": (f"{y}, {w} - 1 - {x}", "{0}[:, ::-1]", (h, w)),
        "flip_y": (f"{h} - 1 - {y}, {x}", "{0}[::-1]", (h, w)),
        "half_turn": (f"{h} - 1 - {y}, {w} - 1 - {x}", "{0}[::-1, ::-1]", (h, w)),
        "transpose": (f"{x}, {y}", "np.swapaxes({0}, 0, 1)", (w, h)),
        "rotate": (f"{x}, {w} - 1 - {y}", "np.rot90({0})", (w, h)),
        "roll_x": (f"{y}, ({x} + 1) % {w}", "np.roll({0}, -1, axis=1)", (h, w)),
        "roll": (f"({y} + 2) % {h}, ({x} + 1) % {w}", "np.roll({0}, (-2, -1), axis=(0, 1))", (h, w)),
        "mirror_half": (f"wp.min({y}, {h} - 1 - {y}), {x}", "{0}[np.minimum(np.arange(dim[0]), dim[0] - 1 - np.arange(dim[0]))]", (h, w)),
    }
    kind = draw.choice(tuple(moves))
    source, numpy, shape = moves[kind]
    body = [f"{y}, {x} = wp.tid()"]
    if draw.chance(0.5):
        body += [f"if {y} >= {shape[0]} or {x} >= {shape[1]}:", "    return"]
    draft.reserve("pixel", "here", "other")
    body.append(f"pixel = {name}[{source}]")
    reference = [f"pixel = {numpy.format(name)}"]
    value = Variable(image.element, UNIT, "pixel")
    if shape == (h, w) and draw.chance(0.6):
        body.append(f"here = {name}[{y}, {x}]")
        reference.append(f"here = {name}")
        step = draft.step(
            "blended",
            image.element,
            [value, Variable(image.element, UNIT, "here"), *draft.some_parameters(("mix", "opacity"), draw.integer(0, 1))],
        )
        body.append(step.warp)
        reference.append(step.numpy)
        value = step.value
    store, ending = _finish(draw, draft, value, draw.choice(("moved_image", "turned", "dst")), f"{y}, {x}", shape)
    draft.line(*body, *store)
    draft.numpy(*reference, *ending)
    return draft.case(f"{kind}_image" if draw.chance(0.5) else kind, shape, image.sizes())


def histogram(draw: Draw, draft: Draft) -> Case:
    """Counts (and sums) of pixels per level of intensity."""
    image = _image(draw, draft, 0.3, differentiable=False)
    name, y, x = image.name, image.y, image.x
    bins = draw.choice((8, 16, 32))
    body = [f"{y}, {x} = wp.tid()", f"pixel = {name}[{y}, {x}]"]
    reference = [f"pixel = {name}"]
    value = Variable(image.element, UNIT, "pixel")
    if image.element.rank or draw.chance(0.6):
        inputs: list[Expression] = [value, *draft.some_parameters(("gain", "exposure"), draw.integer(0, 1))]
        step = draft.step("brightness", draft.real, inputs)
        body.append(step.warp)
        reference.append(step.numpy)
        value = step.value
    scaled = f"wp.clamp({value.name}, {draft.number(0.0)}, {draft.number(1.0)}) * {draft.number(float(bins))}"
    body += [f"level = int({scaled})", f"bin = wp.min(level, {bins - 1})"]
    reference += [f"level = (np.clip({value.name}, 0.0, 1.0) * {float(bins)}).astype(np.int32)", f"bin = np.minimum(level, {bins - 1})"]
    out = draw.choice(("counts", "histogram", "bins"))
    draft.output(out, I32, str(bins), role="accumulate")
    body.append(f"wp.atomic_add({out}, bin, 1)")
    reference += [f"{out} = np.bincount(bin.ravel(), minlength={bins}).astype(np.int32)"]
    returned = f'"{out}": {out}'
    if draw.chance(0.5):
        draft.output("levels", I32, image.height, image.width)
        body.append(f"levels[{y}, {x}] = bin")
        returned += ', "levels": bin'
    if draw.chance(0.4):
        draft.array("weights", I32, image.height, image.width, domain=Integers(1, 9))
        draft.output("weighted", I32, str(bins), role="accumulate")
        body.append(f"wp.atomic_add(weighted, bin, weights[{y}, {x}])")
        reference += ["weighted = np.zeros_like(weighted)", "np.add.at(weighted, bin, weights)"]
        returned += ', "weighted": weighted'
    reference.append(f"return {{{returned}}}")
    draft.line(*body)
    draft.numpy(*reference)
    return draft.case(draw.choice(("histogram_levels", "intensity_histogram", "count_levels")), (image.height, image.width), image.sizes())
