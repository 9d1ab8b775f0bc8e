"""Interpolation: values between samples, from tables, grids, curves and triangles.

Variants: tables of one variable (binary search or uniform spacing; linear, eased, cubic), grids in one to three dimensions with linear
weights, curves through or near control points (Hermite, Catmull-Rom, Bezier, B-spline, with tangents), barycentric weights on triangles,
quadratic B-spline transfer between particles and grid, blends of frames, inverse-distance weights; scalars or vectors, fused easing of the
parameter and epilogue.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Sorted, Uniform
from kernels.draw import Draw
from kernels.families._curves import curve
from kernels.families._grid_sampling import sample_grid, transfer
from kernels.families._interpolation_steps import eased, finish, guard, sizes_of
from kernels.families._sketch import Sketch
from kernels.language.expression import Variable
from kernels.language.interval import SIGNED_UNIT, Interval
from kernels.language.types import I32
from kernels.source import def_lines, indented


def build(draw: Draw) -> Case:
    """One interpolation kernel."""
    forms = (_table, sample_grid, curve, _triangle, transfer, _blend, _scattered)
    return draw.weighted(forms, (5, 4, 4, 3, 2, 2, 2))(draw, Sketch(draw, "interpolation"))


def _table(draw: Draw, sketch: Sketch) -> Case:
    """A table of one variable: find the cell, then blend its ends."""
    xs, ys, query = draw.choice(
        (("knots", "values", "queries"), ("xs", "ys", "x_new"), ("times", "samples", "t_query"), ("table_x", "table_y", "x"))
    )
    element = sketch.vec if draw.chance(0.2) else sketch.real
    uniform = draw.chance(0.35)
    i, size = draw.choice(("i", "tid", "q")), "m"
    sketch.reserved |= {i, "cell", "t", "x0", "x1", "y0", "y1", "value", "width", "q_value", "lo", "hi", "mid"}
    sketch.array(query, sketch.real, ("n",), Uniform(-0.6, 10.6))
    body = [f"{i} = wp.tid()", *guard(draw, sketch, i, "n"), f"q_value = {query}[{i}]"]
    reference = [f"q_value = {query}"]
    if draw.chance(0.3):
        step = sketch.step(
            "position",
            sketch.real,
            [Variable(sketch.real, Interval(-0.6, 10.6), "q_value"), *sketch.parameters(("shift", "rate"), draw.integer(0, 1))],
        )
        body.append(step.warp)
        reference.append(step.numpy)
        where = step.value.name
    else:
        where = "q_value"
    if uniform:
        start, inverse = sketch.scalar("x_start", -0.2, 0.2).warp(), sketch.scalar("inv_spacing", 0.3, 1.2).warp()
        sketch.array(ys, element, ("m",))
        sketch.count("m")
        body += [f"u = ({where} - {start}) * {inverse}", f"u = wp.clamp(u, {sketch.num(0.0)}, {sketch.cast('m - 1')})"]
        body += ["cell = wp.min(int(wp.floor(u)), m - 2)", f"t = u - {sketch.cast('cell')}"]
        reference += [f"u = np.clip(({where} - {start}) * {inverse}, 0.0, {ys}.shape[0] - 1.0)"]
        reference += [f"cell = np.minimum(np.floor(u).astype(int), {ys}.shape[0] - 2)", "t = u - cell.astype(u.dtype)"]
    else:
        sketch.array(xs, sketch.real, ("m",), Sorted(0.0, 10.0), differentiable=draw.chance(0.5))
        sketch.array(ys, element, ("m",))
        sketch.count("m")
        function = draw.choice(("find_cell", "locate", "bracket", "search"))
        body += [f"cell = {function}({xs}, {size}, {where})"]
        sketch.definitions.append(_search(draw, sketch, function))
        body += [f"x0 = {xs}[cell]", f"x1 = {xs}[cell + 1]", sketch.wrapped("width = wp.max(x1 - x0, 0.02)")]
        body += [sketch.wrapped(f"t = wp.clamp(({where} - x0) / width, 0.0, 1.0)")]
        reference += [
            f'cell = np.clip(np.searchsorted({xs}, {where}, side="right") - 1, 0, {xs}.size - 2)',
            f"x0, x1 = {xs}[cell], {xs}[cell + 1]",
        ]
        reference += [f"t = np.clip(({where} - x0) / np.maximum(x1 - x0, 0.02), 0.0, 1.0)"]
    ease, numpy_ease, weight = eased(draw, sketch, "t")
    body += [*ease, f"y0 = {ys}[cell]", f"y1 = {ys}[cell + 1]"]
    reference += [*numpy_ease, f"y0, y1 = {ys}[cell], {ys}[cell + 1]"]
    across = "[..., None]" if element.rank else ""
    if draw.chance(0.3):
        slopes = sketch.array(draw.choice(("slopes", "tangents", "derivatives")), element, ("m",))
        blends = (
            "2.0 * t * t * t - 3.0 * t * t + 1.0",
            "t * t * t - 2.0 * t * t + t",
            "3.0 * t * t - 2.0 * t * t * t",
            "t * t * t - t * t",
        )
        names = ("h00", "h10", "h01", "h11")
        for name, blend in zip(names, blends, strict=True):
            text = blend.replace("t ", f"{weight} ").replace(" t", f" {weight}") if weight != "t" else blend
            body.append(f"{name} = {sketch.wrapped(text)}")
            reference.append(f"{name} = ({text}){across}")
        body.append(f"value = h00 * y0 + h10 * {slopes}[cell] + h01 * y1 + h11 * {slopes}[cell + 1]")
        reference.append(f"value = h00 * y0 + h10 * {slopes}[cell] + h01 * y1 + h11 * {slopes}[cell + 1]")
        bound = Interval(-2e3, 2e3)
    else:
        spelled = draw.choice(
            (f"value = wp.lerp(y0, y1, {weight})", f"value = y0 + (y1 - y0) * {weight}", f"value = y0 * (1.0 - {weight}) + y1 * {weight}")
        )
        body.append(sketch.wrapped(spelled))
        reference.append(f"value = y0 + (y1 - y0) * {weight}{across}")
        bound = Interval(-1e3, 1e3) if ease else SIGNED_UNIT
    store, ending = finish(draw, sketch, Variable(element, bound, "value"), i, ("n",))
    name = draw.choice(
        ("table_lookup", f"interpolate_{ys}", "interp1d", "piecewise_linear" if not ease else "piecewise_eased", "sample_table")
    )
    return sketch.case(name, [*body, *store], [*reference, *ending], ("n",), sizes_of(draw))


def _search(draw: Draw, sketch: Sketch, function: str) -> list[str]:
    """A function that finds the cell of a sorted table, as people write it."""
    array = f"wp.array(dtype={sketch.real.spelling})"
    head = ["@wp.func", *def_lines(function, [f"table: {array}", "size: int", f"key: {sketch.real.spelling}"], draw.choice(("", "int")))]
    middle = draw.choice(("mid = (lo + hi) // 2", "mid = lo + (hi - lo) // 2", "mid = (lo + hi) >> 1"))
    if draw.chance(0.25):
        scan = ["cell = int(0)", "for j in range(1, size - 1):", "    if table[j] <= key:", "        cell = j", "return cell"]
        return [*head, *indented(scan)]
    if draw.chance(0.5):
        lines = [
            "lo = int(0)",
            "hi = int(size - 1)",
            "while hi - lo > 1:",
            f"    {middle}",
            "    if table[mid] <= key:",
            "        lo = mid",
            "    else:",
            "        hi = mid",
            "return lo",
        ]
    else:
        lines = [
            "lo = int(0)",
            "hi = int(size)",
            "while lo < hi:",
            f"    {middle}",
            "    if key < table[mid]:",
            "        hi = mid",
            "    else:",
            "        lo = mid + 1",
        ]
        lines.append(draw.choice(("return wp.clamp(lo - 1, 0, size - 2)", "return wp.max(wp.min(lo - 1, size - 2), 0)")))
    return [*head, *indented(lines)]


def _triangle(draw: Draw, sketch: Sketch) -> Case:
    """Values at a triangle's corners, blended by barycentric weights that are given or computed from a point."""
    element = sketch.vec if draw.chance(0.35) else sketch.real
    values, tris = draw.choice((("vertex_values", "triangles"), ("attributes", "faces"), ("normals", "tri_indices"), ("field", "elements")))
    i, value = draw.choice(("i", "tid", "face")), "value"
    sketch.reserved |= {i, "u", "v", "w", "a", "b", "c", "i0", "i1", "i2", "p", "area", value}
    flat = draw.chance(0.4)
    sketch.array(tris, I32, ("n * 3",) if flat else ("n", "3"), lambda e: Integers(0, e["vertices"]))
    sketch.array(values, element, ("vertices",))
    body = [f"{i} = wp.tid()", *guard(draw, sketch, i, "n")]
    reference = [
        f"corners = {tris}.reshape(-1, 3)" if flat else f"corners = {tris}",
        "i0, i1, i2 = corners[:, 0], corners[:, 1], corners[:, 2]",
    ]
    body += [f"i{k} = {tris}[{f'{i} * 3 + {k}' if flat else f'{i}, {k}'}]" for k in range(3)]
    across = "[..., None]" if element.rank else ""
    given = draw.chance(0.5)
    if given:
        together = draw.chance(0.4)
        if together:
            sketch.array("barycentric", sketch.vec, ("n",), Uniform(0.0, 1.0))
            body += [f"bary = barycentric[{i}]", "u = bary[0]", "v = bary[1]", "w = bary[2]"]
            reference += ["u, v, w = barycentric[:, 0], barycentric[:, 1], barycentric[:, 2]"]
        else:
            for name in ("us", "vs"):
                sketch.array(name, sketch.real, ("n",), Uniform(0.0, 0.5))
            body += [f"u = us[{i}]", f"v = vs[{i}]", sketch.wrapped("w = 1.0 - u - v")]
            reference += ["u, v = us, vs", "w = 1.0 - u - v"]
    else:
        sketch.array("positions", sketch.vec, ("vertices",))
        sketch.array("queries", sketch.vec, ("n",))
        body += ["a = positions[i0]", "b = positions[i1]", "c = positions[i2]", f"p = queries[{i}]", "normal = wp.cross(b - a, c - a)"]
        reference += ["a, b, c, p = positions[i0], positions[i1], positions[i2], queries", "normal = np.cross(b - a, c - a)"]
        floor = draw.choice(("0.1", "0.2", "0.05"))
        body += [sketch.wrapped(f"area = wp.dot(normal, normal) + {floor}")]
        reference += [f"area = np.sum(normal * normal, axis=-1) + {floor}"]
        for name, (x, y) in (("u", ("b", "c")), ("v", ("c", "a"))):
            body.append(f"{name} = wp.dot(wp.cross({y} - {x}, p - {x}), normal) / area")
            reference.append(f"{name} = np.sum(np.cross({y} - {x}, p - {x}) * normal, axis=-1) / area")
        body.append(sketch.wrapped("w = 1.0 - u - v"))
        reference.append("w = 1.0 - u - v")
    parts = [f"{weight} * {values}[i{k}]" for k, weight in enumerate("uvw")]
    if draw.chance(0.3):
        body += [f"{value} = {parts[0]}", *(f"{value} += {part}" for part in parts[1:])]
    else:
        body += [f"{value} = {' + '.join(parts)}"]
    reference.append(f"{value} = {' + '.join(f'{weight}{across} * {values}[i{k}]' for k, weight in enumerate('uvw'))}")
    bound = Interval(-3.0, 3.0) if given else Interval(-1.5e3, 1.5e3)
    store, ending = finish(draw, sketch, Variable(element, bound, value), i, ("n",))
    if not given and draw.chance(0.5):
        sketch.result("inside", I32, ("n",))
        body += [
            "inside_flag = int(0)",
            sketch.wrapped("if u >= 0.0 and v >= 0.0 and w >= 0.0:"),
            "    inside_flag = 1",
            f"inside[{i}] = inside_flag",
        ]
        ending[-1] = ending[-1].replace("return {", 'return {"inside": ((u >= 0.0) & (v >= 0.0) & (w >= 0.0)).astype(np.int32), ')
    name = draw.choice(("barycentric_interpolate", f"interpolate_{values}", "triangle_sample", "blend_corners"))
    return sketch.case(name, [*body, *store], [*reference, *ending], ("n",), sizes_of(draw))


def _blend(draw: Draw, sketch: Sketch) -> Case:
    """Two frames (or poses) blended element by element, with an eased parameter."""
    element = sketch.vec if draw.chance(0.5) else sketch.real
    first, second = draw.choice((("frame0", "frame1"), ("pose_a", "pose_b"), ("previous", "current"), ("coarse", "fine")))
    i = draw.choice(("i", "tid", "joint"))
    sketch.reserved |= {i, "t", "start", "stop", "value"}
    sketch.array(first, element, ("n",))
    sketch.array(second, element, ("n",))
    body = [f"{i} = wp.tid()", *guard(draw, sketch, i, "n"), f"start = {first}[{i}]", f"stop = {second}[{i}]"]
    reference = [f"start, stop = {first}, {second}"]
    shared = draw.chance(0.4)
    if shared:
        sketch.scalar("t", 0.05, 0.95)
        sketch.reserved.discard("t")
    else:
        phases = sketch.array(draw.choice(("phases", "alphas", "weights")), sketch.real, ("n",), Uniform(0.0, 1.0))
        body.append(f"t = {phases}[{i}]")
        reference.append(f"t = {phases}")
    ease, numpy_ease, weight = eased(draw, sketch, "t")
    body += ease
    reference += numpy_ease
    across = "[..., None]" if element.rank else ""
    spelled = (
        f"value = wp.lerp(start, stop, {weight})",
        f"value = start + (stop - start) * {weight}",
        f"value = start * (1.0 - {weight}) + stop * {weight}",
    )
    body.append(sketch.wrapped(draw.choice(spelled)))
    reference.append(f"value = start + (stop - start) * {weight}{across}")
    bound = Interval(-1.7e3, 1.7e3) if ease else SIGNED_UNIT
    store, ending = finish(draw, sketch, Variable(element, bound, "value"), i, ("n",))
    name = draw.choice(("blend_frames", "interpolate_poses", "ease_between", "lerp_states"))
    return sketch.case(name, [*body, *store], [*reference, *ending], ("n",), sizes_of(draw), elementwise=True)


def _scattered(draw: Draw, sketch: Sketch) -> Case:
    """Scattered samples: a few neighbours per query, weighted by a fused function of their distance and normalised."""
    element = sketch.vec if draw.chance(0.25) else sketch.real
    count = draw.integer(2, 5)
    i, values = draw.choice(("i", "tid", "q")), draw.choice(("values", "samples", "heights"))
    sketch.reserved |= {i, "j", "k", "total", "weight_sum", "distance", "value", "site", "query", "offset", "d_sq"}
    sketch.array("sites", sketch.vec, ("m",))
    sketch.array(values, element, ("m",))
    sketch.array("queries", sketch.vec, ("n",), Uniform(1.1, 2.0))
    neighbors = sketch.array(draw.choice(("neighbors", "nearest", "stencil_ids")), I32, ("n", str(count)), lambda e: Integers(0, e["m"]))
    distance = Variable(sketch.real, Interval(0.05, 27.0), "d_sq")
    inner = [f"j = {neighbors}[{i}, k]", "offset = sites[j] - query", "d_sq = wp.length_sq(offset)"]
    numpy = [f"j = {neighbors}", "offset = sites[j] - queries[:, None]", "d_sq = np.sum(offset * offset, axis=-1)"]
    step = sketch.step("kernel_value", sketch.real, [distance, *sketch.parameters(("radius", "shape_factor", "power"), draw.integer(0, 1))])
    limit = draw.choice(("0.1", "0.2", "0.5"))
    inner += [step.warp, sketch.wrapped(f"weight = kernel_value * kernel_value + {limit}")]
    numpy += [step.numpy, f"weight = kernel_value * kernel_value + {limit}"]
    inner += [f"total += weight * {values}[j]", "weight_sum += weight"]
    across = "[..., None]" if element.rank else ""
    body = [
        f"{i} = wp.tid()",
        *guard(draw, sketch, i, "n"),
        f"query = queries[{i}]",
        f"total = {sketch.zero(element)}",
        f"weight_sum = {sketch.zero()}",
    ]
    body += [f"for k in range({count}):", *indented(inner), "value = total / weight_sum"]
    reference = [*numpy, f"value = np.sum(weight{across} * {values}[j], axis=1) / np.sum(weight, axis=1){across}"]
    store, ending = finish(draw, sketch, Variable(element, SIGNED_UNIT, "value"), i, ("n",))
    name = draw.choice(("inverse_distance_weighting", "shepard_interpolation", "scattered_blend", "gather_neighbors"))
    return sketch.case(name, [*body, *store], [*reference, *ending], ("n",), sizes_of(draw))
