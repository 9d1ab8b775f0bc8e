"""Images of bytes, and order within short vectors: erosion, the game of life, local patterns, sorted components, dates."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Bernoulli, Integers
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.draw import Draw
from kernels.families.integer_vector.results import GRIDS, kept_integer, sizes


def build_image(draw: Draw, draft: MirrorDraft) -> Case:
    """Images of bytes: erosion and dilation, the game of life, local binary patterns, counts of neighbours, thresholds, run flags."""
    i, j = draw.choice((("i", "j"), ("row", "col"), ("y", "x")))
    way = draw.choice(("morphology", "morphology", "life", "patterns", "threshold", "gradient"))
    cells = Bernoulli(0.4) if way == "life" else Integers(0, 256)
    type = draw.choice(("wp.uint8", "wp.int16", "int")) if way != "patterns" else "wp.uint8"
    if way == "life":
        type = draw.choice(("wp.uint8", "int", "wp.int8"))
    draft.field("image", type, "ny", "nx", domain=cells, names=("cells", "pixels", "mask_in"))
    draft.grid((i, "height", "ny"), (j, "width", "nx"), array="image")
    rows, cols = draft.extent("height", "image", 0, size="ny"), draft.extent("width", "image", 1, size="nx")
    cast = "{0}" if type == "int" else "int({0})"
    periodic = draw.chance(0.4)

    def at(dy: str, dx: str) -> str:
        if periodic:
            return f"image[({i} + {dy} + {rows}) % {rows}, ({j} + {dx} + {cols}) % {cols}]"
        return f"image[wp.clamp({i} + {dy}, 0, {rows} - 1), wp.clamp({j} + {dx}, 0, {cols} - 1)]"

    if way == "morphology":
        extreme = draw.choice(("min", "max"))
        cross = draw.chance(0.5)
        draft.code(f"best = image[{i}, {j}]")
        if cross:
            for dy, dx in (("-1", "0"), ("1", "0"), ("0", "-1"), ("0", "1")):
                draft.code(f"best = wp.{extreme}(best, {at(dy, dx)})")
        else:
            draft.code(f"for dy in range(-1, 2):\n    for dx in range(-1, 2):\n        best = wp.{extreme}(best, {at('dy', 'dx')})")
        out = draft.result("image_out", type, "ny", "nx", names=("eroded", "dilated", "filtered"))
        draft.code(f"{out}[{i}, {j}] = best")
        if draw.chance(0.5):
            draft.code(f"rim = {cast.format('best')} - {cast.format(f'image[{i}, {j}]')}")
            kept_integer(draft, "rim", -255, 255, f"{i}, {j}", ["ny", "nx"], ("rim_out", "edge_out"), share=0.4)
    elif way == "life":
        draft.code(f"""
            alive = {cast.format(f"image[{i}, {j}]")}
            neighbours = int(0)
            for dy in range(-1, 2):
                for dx in range(-1, 2):
                    neighbours += {cast.format(at("dy", "dx"))}
            neighbours = neighbours - alive
            """)
        rule = draw.choice(
            (
                "next_state = int(0)\nif neighbours == 3 or (alive == 1 and neighbours == 2):\n    next_state = 1",
                "next_state = wp.where(neighbours == 3, 1, 0)\nif alive == 1 and neighbours == 2:\n    next_state = 1",
                "next_state = int(neighbours > 4)",
            )
        )
        draft.code(rule)
        out = draft.result("image_out", type, "ny", "nx", names=("cells_out", "next_cells"))
        draft.code(f"{out}[{i}, {j}] = {'next_state' if type == 'int' else f'{type}(next_state)'}")
        if draw.chance(0.5):
            kept_integer(draft, "neighbours", 0, 8, f"{i}, {j}", ["ny", "nx"], ("neighbour_count",), share=0.3)
    elif way == "patterns":
        ring = (("-1", "-1"), ("-1", "0"), ("-1", "1"), ("0", "1"), ("1", "1"), ("1", "0"), ("1", "-1"), ("0", "-1"))
        draft.code(f"center = image[{i}, {j}]\ncode = int(0)")
        for n, (dy, dx) in enumerate(ring[: draw.choice((4, 8))]):
            draft.code(f"if {at(dy, dx)} > center:\n    code = code | {1 << n}")
        kept_integer(draft, "code", 0, 255, f"{i}, {j}", ["ny", "nx"], ("patterns_out", "lbp"))
    elif way == "gradient":
        draft.code(f"gx = {cast.format(at('0', '1'))} - {cast.format(at('0', '-1'))}")
        draft.code(f"gy = {cast.format(at('1', '0'))} - {cast.format(at('-1', '0'))}")
        draft.code(
            draw.choice(("slope = wp.abs(gx) + wp.abs(gy)", "slope = wp.max(wp.abs(gx), wp.abs(gy))", "slope = (gx * gx + gy * gy) >> 4"))
        )
        out = draft.result("gradient_out", "wp.vec2i", "ny", "nx", names=("slopes",))
        draft.code(f"{out}[{i}, {j}] = wp.vec2i(gx, gy)")
        kept_integer(draft, "slope", 0, 9000, f"{i}, {j}", ["ny", "nx"], ("slope_out", "edges"), share=0.4)
    else:
        level = draw.integer(60, 200)
        draft.code(f"v = {cast.format(f'image[{i}, {j}]')}")
        draft.code(
            draw.choice(
                (
                    f"bright = wp.step({level} - v)",
                    f"bright = int(v > {level})",
                    f"bright = wp.nonzero(wp.max(v - {level}, 0))",
                    f"bright = wp.where(v > {level}, 1, 0)",
                )
            )
        )
        out = draft.result("bright_count", "int", 1, role="accumulate", names=("pixel_total",))
        draft.code(f"wp.atomic_add({out}, 0, bright)")
        draft.code("scaled = v * bright + (1 - bright) * 3")
        kept_integer(draft, "scaled", 0, 255, f"{i}, {j}", ["ny", "nx"], ("binary_out", "masked"))
    return draft.finish(f"{way}_image", ["ny", "nx"], list(GRIDS))


def build_order(draw: Draw, draft: MirrorDraft) -> Case:
    """Order within short vectors: sorted components, medians, places of extremes, comparisons of whole vectors, dates from day numbers."""
    i = draw.choice(("tid", "i", "item"))
    way = draw.choice(("sort", "median", "extremes", "equal", "date"))
    if way == "date":
        draft.field("days", "int", "n", domain=Integers(0, 40000), names=("day_number", "epoch_days"))
        draft.thread("n", "days", index=i, counts=("num_items", "count"))
        draft.code(f"""
            z = days[{i}] + 719468
            era = z // 146097
            doe = z - era * 146097
            yoe = (doe - doe // 1460 + doe // 36524 - doe // 146096) // 365
            doy = doe - (365 * yoe + yoe // 4 - yoe // 100)
            mp = (5 * doy + 2) // 153
            day = doy - (153 * mp + 2) // 5 + 1
            month = mp + 3
            if mp >= 10:
                month = mp - 9
            year = yoe + era * 400
            if month <= 2:
                year = year + 1
            """)
        out = draft.result("dates", "wp.vec3i", "n", names=("ymd",))
        draft.code(f"{out}[{i}] = wp.vec3i(year, month, day)")
        draft.code("weekday = (z + 3) % 7")
        kept_integer(draft, "weekday", 0, 6, i, ["n"], ("weekday_out",))
        return draft.finish("civil_dates", ["n"], sizes(draw))
    suffix = draw.choice(("i", "s", "ub", "l"))
    length = draw.choice((3, 4))
    type = f"wp.vec{length}{suffix}"
    values = Integers(0, 200) if suffix == "ub" else Integers(-100, 101)
    draft.field("vectors", type, "n", domain=values, names=("keys", "triples", "v_in"))
    draft.thread("n", "vectors", index=i, counts=("num_items", "count"))
    draft.code(f"v = vectors[{i}]")
    if way == "sort":
        pairs = ((0, 1), (1, 2), (0, 1)) if length == 3 else ((0, 1), (2, 3), (0, 2), (1, 3), (1, 2))
        draft.code("\n".join(f"e{n} = v[{n}]" for n in range(length)))
        for a, b in pairs:
            if draw.chance(0.5):
                draft.code(f"low = wp.min(e{a}, e{b})\ne{b} = wp.max(e{a}, e{b})\ne{a} = low")
            else:
                draft.code(f"if e{a} > e{b}:\n    swap = e{a}\n    e{a} = e{b}\n    e{b} = swap")
        out = draft.result("sorted_out", type, "n", names=("ordered",))
        draft.code(f"{out}[{i}] = {type}({', '.join(f'e{n}' for n in range(length))})")
    elif way == "median":
        draft.code("m = wp.max(wp.min(v[0], v[1]), wp.min(wp.max(v[0], v[1]), v[2]))\nmiddle = int(m)")
        kept_integer(draft, "middle", -100, 200, i, ["n"], ("median_out", "middle_out"))
    elif way == "extremes":
        draft.code("high_at = int(wp.argmax(v))\nlow_at = int(wp.argmin(v))\nspan = int(v[high_at]) - int(v[low_at])")
        out = draft.result("places", "wp.vec2i", "n", names=("arg_out",))
        draft.code(f"{out}[{i}] = wp.vec2i(low_at, high_at)")
        kept_integer(draft, "span", 0, 255, i, ["n"], ("span_out", "range_out"))
    else:
        draft.field("others", type, "n", domain=values, names=("w_in", "references"))
        draft.code(f"""
            w = others[{i}]
            same_parts = int(0)
            for n in range({length}):
                if v[n] {draw.choice((">", "<=", "=="))} w[n]:
                    same_parts += 1
            """)
        draft.code(f"whole = {draw.choice(('wp.where(v == w, 1, 0)', 'int(v == w)'))}\nresult_code = same_parts * 2 + whole")
        kept_integer(draft, "result_code", 0, 9, i, ["n"], ("matches", "agreement"))
    return draft.finish(f"{way}_vectors", ["n"], sizes(draw))
