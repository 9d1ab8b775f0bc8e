"""Interpolation: values between samples, from tables, grids, curves and triangles.

Variants: tables of one variable (binary search or uniform spacing; linear, eased, cubic), grids in one to three dimensions with linear
weights, curves through or near control points (Hermite, Catmull-Rom, Bezier, B-spline, with tangents), barycentric weights on triangles,
quadratic B-spline transfer between particles and grid, blends of frames, inverse-distance weights; scalars or vectors, fused easing of the
parameter and epilogue.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Sorted, Uniform
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.interpolation.curves import curve
from kernels.families.interpolation.grid_sampling import sample_grid, transfer
from kernels.families.interpolation.steps import eased, finish, guard, sizes_of
from kernels.language.expression import Variable
from kernels.language.interval import SIGNED_UNIT, Interval
from kernels.language.types import I32
from kernels.source import def_lines, indented

HALVINGS = 4
"""Enough for a binary search of the longest table, 13 knots."""


def build(draw: Draw) -> Case:
    """One interpolation kernel."""
    forms = (_table, sample_grid, curve, _triangle, transfer, _blend, _scattered)
    return draw.weighted(forms, (5, 4, 4, 3, 2, 2, 2))(draw, Draft(draw, smooth=True))


def _table(draw: Draw, draft: Draft) -> Case:
    """A table of one variable: find the cell, then blend its ends."""
    xs, ys, query = draw.choice(
        (("knots", "values", "queries"), ("xs", "ys", "x_new"), ("times", "samples", "t_query"), ("table_x", "table_y", "x"))
    )
    element = draft.vector if draw.chance(0.2) else draft.real
    uniform = draw.chance(0.35)
    i, size = draw.choice(("i", "tid", "q")), "m"
    draft.reserve(i, "cell", "t", "x0", "x1", "y0", "y1", "value", "width", "q_value", "lo", "hi", "mid")
    draft.array(query, draft.real, "n", domain=Uniform(-0.6, 10.6))
    body = [f"{i} = wp.tid()", *guard(draw, draft, i, "n"), f"q_value = {query}[{i}]"]
    reference = [f"q_value = {query}"]
    if draw.chance(0.3):
        step = draft.step(
            "position",
            draft.real,
            [Variable(draft.real, Interval(-0.6, 10.6), "q_value"), *draft.some_parameters(("shift", "rate"), draw.integer(0, 1))],
        )
        body.append(step.warp)
        reference.append(step.numpy)
        where = step.value.name
    else:
        where = "q_value"
    if uniform:
        start, inverse = draft.parameter("x_start", -0.2, 0.2).warp(), draft.parameter("inv_spacing", 0.3, 1.2).warp()
        draft.array(ys, element, "m")
        draft.count("m")
        body += [f"u = ({where} - {start}) * {inverse}", f"u = wp.clamp(u, {draft.number(0.0)}, {draft.cast('m - 1')})"]
        body += ["cell = wp.min(int(wp.floor(u)), m - 2)", f"t = u - {draft.cast('cell')}"]
        reference += [f"u = np.clip(({where} - {start}) * {inverse}, 0.0, {ys}.shape[0] - 1.0)"]
        reference += [f"cell = np.minimum(np.floor(u).astype(int), {ys}.shape[0] - 2)", "t = u - cell.astype(u.dtype)"]
    else:
        draft.array(xs, draft.real, "m", domain=Sorted(0.0, 10.0), differentiable=draw.chance(0.5))
        draft.array(ys, element, "m")
        draft.count("m")
        function = draw.choice(("find_cell", "locate", "bracket", "search"))
        body += [f"cell = {function}({xs}, {size}, {where})"]
        draft.definitions.append(_search(draw, draft, function))
        body += [f"x0 = {xs}[cell]", f"x1 = {xs}[cell + 1]", draft.warp("width = wp.max(x1 - x0, 0.02)")]
        body += [draft.warp(f"t = wp.clamp(({where} - x0) / width, 0.0, 1.0)")]
        reference += [
            f'cell = np.clip(np.searchsorted({xs}, {where}, side="right") - 1, 0, {xs}.size - 2)',
            f"x0, x1 = {xs}[cell], {xs}[cell + 1]",
        ]
        reference += [f"t = np.clip(({where} - x0) / np.maximum(x1 - x0, 0.02), 0.0, 1.0)"]
    ease, numpy_ease, weight = eased(draw, draft, "t")
    body += [*ease, f"y0 = {ys}[cell]", f"y1 = {ys}[cell + 1]"]
    reference += [*numpy_ease, f"y0, y1 = {ys}[cell], {ys}[cell + 1]"]
    across = "[..., None]" if element.rank else ""
    if draw.chance(0.3):
        slopes = draft.array(draw.choice(("slopes", "tangents", "derivatives")), element, "m")
        blends = (
            "2.0 * t * t * t - 3.0 * t * t + 1.0",
            "t * t * t - 2.0 * t * t + t",
            "3.0 * t * t - 2.0 * t * t * t",
            "t * t * t - t * t",
        )
        names = ("h00", "h10", "h01", "h11")
        for name, blend in zip(names, blends, strict=True):
            text = blend.replace("t ", f"{weight} ").replace(" t", f" {weight}") if weight != "t" else blend
            body.append(f"{name} = {draft.warp(text)}")
            reference.append(f"{name} = ({text}){across}")
        body.append(f"value = h00 * y0 + h10 * {slopes}[cell] + h01 * y1 + h11 * {slopes}[cell + 1]")
        reference.append(f"value = h00 * y0 + h10 * {slopes}[cell] + h01 * y1 + h11 * {slopes}[cell + 1]")
        bound = Interval(-2e3, 2e3)
    else:
        spelled = draw.choice(
            (f"value = wp.lerp(y0, y1, {weight})", f"value = y0 + (y1 - y0) * {weight}", f"value = y0 * (1.0 - {weight}) + y1 * {weight}")
        )
        body.append(draft.warp(spelled))
        reference.append(f"value = y0 + (y1 - y0) * {weight}{across}")
        bound = Interval(-1e3, 1e3) if ease else SIGNED_UNIT
    store, ending = finish(draw, draft, Variable(element, bound, "value"), i, ("n",))
    name = draw.choice(
        ("table_lookup", f"interpolate_{ys}", "interp1d", "piecewise_linear" if not ease else "piecewise_eased", "sample_table")
    )
    draft.line(*body, *store)
    draft.numpy(*reference, *ending)
    return draft.case(name, ("n",), sizes_of(draw))


def _search(draw: Draw, draft: Draft, function: str) -> list[str]:
    """A function that finds the cell of a sorted table, as people write it."""
    array = f"wp.array(dtype={draft.real.spelling})"
    head = ["@wp.func", *def_lines(function, [f"table: {array}", "size: int", f"key: {draft.real.spelling}"], draw.choice(("", "int")))]
    middle = draw.choice(("mid = (lo + hi) // 2", "mid = lo + (hi - lo) // 2", "mid = (lo + hi) >> 1"))
    if draw.chance(0.25):
        scan = ["cell = int(0)", "for j in range(1, size - 1):", "    if table[j] <= key:", "        cell = j", "return cell"]
        return [*head, *indented(scan)]
    # A fixed number of halvings: Warp's adjoint of a while loop reads the table at indices that the search never took.
    halvings = f"for {draw.choice(('step', 'halving', 'level'))} in range({HALVINGS}):"
    if draw.chance(0.5):
        lines = [
            "lo = int(0)",
            "hi = int(size - 1)",
            halvings,
            "    if hi - lo > 1:",
            f"        {middle}",
            "        if table[mid] <= key:",
            "            lo = mid",
            "        else:",
            "            hi = mid",
            "return lo",
        ]
    else:
        lines = [
            "lo = int(0)",
            "hi = int(size)",
            halvings,
            "    if lo < hi:",
            f"        {middle}",
            "        if key < table[mid]:",
            "            hi = mid",
            "        else:",
            "            lo = mid + 1",
        ]
        lines.append(draw.choice(("return wp.clamp(lo - 1, 0, size - 2)", "return wp.max(wp.min(lo - 1, size - 2), 0)")))
    return [*head, *indented(lines)]


def _triangle(draw: Draw, draft: Draft) -> Case:
    """Values at a triangle's corners, blended by barycentric weights that are given or computed from a point."""
    element = draft.vector if draw.chance(0.35) else draft.real
    values, tris = draw.choice((("vertex_values", "triangles"), ("attributes", "faces"), ("normals", "tri_indices"), ("field", "elements")))
    i, value = draw.choice(("i", "tid", "face")), "value"
    draft.reserve(i, "u", "v", "w", "a", "b", "c", "i0", "i1", "i2", "p", "area", value)
    flat = draw.chance(0.4)
    draft.array(tris, I32, *(("n * 3",) if flat else ("n", "3")), domain=lambda e: Integers(0, e["vertices"]))
    draft.array(values, element, "vertices")
    body = [f"{i} = wp.tid()", *guard(draw, draft, i, "n")]
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
            draft.array("barycentric", draft.vector, "n", domain=Uniform(0.0, 1.0))
            body += [f"bary = barycentric[{i}]", "u = bary[0]", "v = bary[1]", "w = bary[2]"]
            reference += ["u, v, w = barycentric[:, 0], barycentric[:, 1], barycentric[:, 2]"]
        else:
            for name in ("us", "vs"):
                draft.array(name, draft.real, "n", domain=Uniform(0.0, 0.5))
            body += [f"u = us[{i}]", f"v = vs[{i}]", draft.warp("w = 1.0 - u - v")]
            reference += ["u, v = us, vs", "w = 1.0 - u - v"]
    else:
        draft.array("positions", draft.vector, "vertices")
        draft.array("queries", draft.vector, "n")
        body += ["a = positions[i0]", "b = positions[i1]", "c = positions[i2]", f"p = queries[{i}]", "normal = wp.cross(b - a, c - a)"]
        reference += ["a, b, c, p = positions[i0], positions[i1], positions[i2], queries", "normal = np.cross(b - a, c - a)"]
        floor = draw.choice(("0.1", "0.2", "0.05"))
        body += [draft.warp(f"area = wp.dot(normal, normal) + {floor}")]
        reference += [f"area = np.sum(normal * normal, axis=-1) + {floor}"]
        for name, (x, y) in (("u", ("b", "c")), ("v", ("c", "a"))):
            body.append(f"{name} = wp.dot(wp.cross({y} - {x}, p - {x}), normal) / area")
            reference.append(f"{name} = np.sum(np.cross({y} - {x}, p - {x}) * normal, axis=-1) / area")
        body.append(draft.warp("w = 1.0 - u - v"))
        reference.append("w = 1.0 - u - v")
    parts = [f"{weight} * {values}[i{k}]" for k, weight in enumerate("uvw")]
    if draw.chance(0.3):
        body += [f"{value} = {parts[0]}", *(f"{value} += {part}" for part in parts[1:])]
    else:
        body += [f"{value} = {' + '.join(parts)}"]
    reference.append(f"{value} = {' + '.join(f'{weight}{across} * {values}[i{k}]' for k, weight in enumerate('uvw'))}")
    bound = Interval(-3.0, 3.0) if given else Interval(-1.5e3, 1.5e3)
    store, ending = finish(draw, draft, Variable(element, bound, value), i, ("n",))
    if not given and draw.chance(0.5):
        draft.output("inside", I32, "n")
        body += [
            "inside_flag = int(0)",
            draft.warp("if u >= 0.0 and v >= 0.0 and w >= 0.0:"),
            "    inside_flag = 1",
            f"inside[{i}] = inside_flag",
        ]
        ending[-1] = ending[-1].replace("return {", 'return {"inside": ((u >= 0.0) & (v >= 0.0) & (w >= 0.0)).astype(np.int32), ')
    name = draw.choice(("barycentric_interpolate", f"interpolate_{values}", "triangle_sample", "blend_corners"))
    draft.line(*body, *store)
    draft.numpy(*reference, *ending)
    return draft.case(name, ("n",), sizes_of(draw))


def _blend(draw: Draw, draft: Draft) -> Case:
    """Two frames (or poses) blended element by element, with an eased parameter."""
    element = draft.vector if draw.chance(0.5) else draft.real
    first, second = draw.choice((("frame0", "frame1"), ("pose_a", "pose_b"), ("previous", "current"), ("coarse", "fine")))
    i = draw.choice(("i", "tid", "joint"))
    draft.reserve(i, "start", "stop", "value")
    draft.array(first, element, "n")
    draft.array(second, element, "n")
    body = [f"{i} = wp.tid()", *guard(draw, draft, i, "n"), f"start = {first}[{i}]", f"stop = {second}[{i}]"]
    reference = [f"start, stop = {first}, {second}"]
    shared = draw.chance(0.4)
    if shared:
        draft.parameter("t", 0.05, 0.95)
    else:
        phases = draft.array(draw.choice(("phases", "alphas", "weights")), draft.real, "n", domain=Uniform(0.0, 1.0))
        body.append(f"t = {phases}[{i}]")
        reference.append(f"t = {phases}")
    ease, numpy_ease, weight = eased(draw, draft, "t")
    body += ease
    reference += numpy_ease
    across = "[..., None]" if element.rank else ""
    spelled = (
        f"value = wp.lerp(start, stop, {weight})",
        f"value = start + (stop - start) * {weight}",
        f"value = start * (1.0 - {weight}) + stop * {weight}",
    )
    body.append(draft.warp(draw.choice(spelled)))
    reference.append(f"value = start + (stop - start) * {weight}{across}")
    bound = Interval(-1.7e3, 1.7e3) if ease else SIGNED_UNIT
    store, ending = finish(draw, draft, Variable(element, bound, "value"), i, ("n",))
    name = draw.choice(("blend_frames", "interpolate_poses", "ease_between", "lerp_states"))
    draft.line(*body, *store)
    draft.numpy(*reference, *ending)
    return draft.case(name, ("n",), sizes_of(draw), elementwise=True)


def _scattered(draw: Draw, draft: Draft) -> Case:
    """Scattered samples: a few neighbours per query, weighted by a fused function of their distance and normalised."""
    element = draft.vector if draw.chance(0.25) else draft.real
    count = draw.integer(2, 5)
    i, values = draw.choice(("i", "tid", "q")), draw.choice(("values", "samples", "heights"))
    draft.reserve(i, "j", "k", "total", "weight_sum", "distance", "value", "site", "query", "offset", "d_sq")
    draft.array("sites", draft.vector, "m")
    draft.array(values, element, "m")
    draft.array("queries", draft.vector, "n", domain=Uniform(1.1, 2.0))
    neighbors = draft.array(
        draw.choice(("neighbors", "nearest", "stencil_ids")), I32, "n", str(count), domain=lambda e: Integers(0, e["m"])
    )
    distance = Variable(draft.real, Interval(0.05, 27.0), "d_sq")
    inner = [f"j = {neighbors}[{i}, k]", "offset = sites[j] - query", "d_sq = wp.length_sq(offset)"]
    numpy = [f"j = {neighbors}", "offset = sites[j] - queries[:, None]", "d_sq = np.sum(offset * offset, axis=-1)"]
    step = draft.step(
        "kernel_value", draft.real, [distance, *draft.some_parameters(("radius", "shape_factor", "power"), draw.integer(0, 1))]
    )
    limit = draw.choice(("0.1", "0.2", "0.5"))
    inner += [step.warp, draft.warp(f"weight = kernel_value * kernel_value + {limit}")]
    numpy += [step.numpy, f"weight = kernel_value * kernel_value + {limit}"]
    inner += [f"total += weight * {values}[j]", "weight_sum += weight"]
    across = "[..., None]" if element.rank else ""
    body = [
        f"{i} = wp.tid()",
        *guard(draw, draft, i, "n"),
        f"query = queries[{i}]",
        f"total = {draft.zero(element)}",
        f"weight_sum = {draft.zero()}",
    ]
    body += [f"for k in range({count}):", *indented(inner), "value = total / weight_sum"]
    reference = [*numpy, f"value = np.sum(weight{across} * {values}[j], axis=1) / np.sum(weight, axis=1){across}"]
    store, ending = finish(draw, draft, Variable(element, SIGNED_UNIT, "value"), i, ("n",))
    name = draw.choice(("inverse_distance_weighting", "shepard_interpolation", "scattered_blend", "gather_neighbors"))
    draft.line(*body, *store)
    draft.numpy(*reference, *ending)
    return draft.case(name, ("n",), sizes_of(draw))
