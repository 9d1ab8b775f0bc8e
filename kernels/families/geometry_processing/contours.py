"""Cells of grids that a level cuts: case numbers, crossings, areas, slopes (Lorensen and Cline 1987)."""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.draft import Draft
from kernels.drafting.finish import drop_idle_locals
from kernels.draw import Draw
from kernels.families.geometry_processing.meshes import finish_measure
from kernels.language.types import I32


def build_contour(draw: Draw, draft: Draft) -> Case:
    """Cells of a grid that a level cuts: case numbers, crossings of edges, areas, in the plane or in space; slopes of the field."""
    kind = draw.choice(("case", "crossing", "edges", "area", "cube", "gradient"))
    i, j = draw.choice((("i", "j"), ("row", "col"), ("y", "x")))
    cube = kind == "cube"
    draft.reserve(
        i,
        j,
        "k",
        "v00",
        "v01",
        "v10",
        "v11",
        "level",
        "index",
        "t",
        "count",
        "value",
        "rows",
        "cols",
        "layers",
        "code",
        "total",
        "gx",
        "gy",
        "crossed",
        "share",
        *(f"c{n}" for n in range(8)),
    )
    extents = ("rows + 1", "cols + 1", "layers + 1") if cube else ("rows + 1", "cols + 1")
    field = draft.array(draft.name("field", "height", "phi"), draft.real, *extents)
    dim = ("rows", "cols", "layers") if cube else ("rows", "cols")
    here = f"{i}, {j}, k" if cube else f"{i}, {j}"
    draft.line(f"{here} = wp.tid()")
    level = draft.knob(draft.name("iso", "level"), -0.4, 0.4) if kind != "gradient" else draft.read("0.0")
    level_text, level_numpy = level.warp(), level.numpy()
    if cube:
        corners = [(a, b, c) for a in (0, 1) for b in (0, 1) for c in (0, 1)]
        draft.line("code = int(0)", "count = int(0)")
        draft.numpy("code = 0")
        for number, (a, b, c) in enumerate(corners):
            at = ", ".join(f"{index} + 1" if o else index for index, o in zip((i, j, "k"), (a, b, c), strict=True))
            with draft.block(f"if {field}[{at}] > {level_text}:"):
                draft.line(f"code = code | {1 << number}", "count += 1")
            part = ", ".join("1:" if o else ":-1" for o in (a, b, c))
            draft.numpy(f"c{number} = {field}[{part}]", f"code = code + {1 << number} * (c{number} > {level_numpy})")
        out = draft.output(draft.name("cases", "cube_index"), I32, *dim)
        draft.line(f"{out}[{here}] = code")
        draft.numpy(f"{out} = code.astype(np.int32)")
        if draw.chance(0.6):
            active = draft.output("active_cells", I32, 1, role="accumulate")
            with draft.block("if count > 0 and count < 8:"):
                draft.line(f"wp.atomic_add({active}, 0, 1)")
            draft.numpy(f"{active} = np.sum((code > 0) & (code < 255)).astype(np.int32).reshape(1)")
        draft.line(f"total = {draft.zero()}")
        for offsets in corners:
            at = ", ".join(f"{index} + 1" if o else index for index, o in zip((i, j, "k"), offsets, strict=True))
            draft.line(f"total += {field}[{at}]")
        draft.line(draft.warp("value = 0.125 * total"))
        draft.numpy(f"value = 0.125 * ({' + '.join(f'c{n}' for n in range(8))})")
        finish_measure(draft, draft.known("value", draft.real, -1.0, 1.0), ("cell_mean", "center_value"), here, dim, share=0.6)
    else:
        draft.line(
            f"v00 = {field}[{i}, {j}]", f"v01 = {field}[{i}, {j} + 1]", f"v10 = {field}[{i} + 1, {j}]", f"v11 = {field}[{i} + 1, {j} + 1]"
        )
        draft.numpy(f"v00, v01, v10, v11 = {field}[:-1, :-1], {field}[:-1, 1:], {field}[1:, :-1], {field}[1:, 1:]")
        if kind == "gradient":
            draft.formula(
                "gx = 0.5 * (v01 + v11 - v00 - v10)", "gy = 0.5 * (v10 + v11 - v00 - v01)", "value = wp.sqrt(gx * gx + gy * gy + 0.01)"
            )
            finish_measure(draft, draft.known("value", draft.real, 0.1, 4.0), ("slope", "gradient_size"), here, dim, share=0.7)
        elif kind == "area":
            draft.line(f"total = {draft.zero()}")
            width = draft.knob(draft.name("smoothing", "width"), 0.1, 0.5).numpy()
            draft.numpy("total = 0.0")
            for corner in ("v00", "v01", "v10", "v11"):
                draft.formula(
                    f"share = wp.clamp(0.5 + 0.5 * ({corner} - {level_numpy}) / {width}, 0.0, 1.0)", "total = total + 0.25 * share"
                )
            finish_measure(draft, draft.known("total", draft.real, 0.0, 1.0), ("coverage", "area_fraction"), here, dim, share=0.6)
        else:
            if kind in ("case", "edges"):
                draft.line("code = int(0)")
                for number, name in enumerate(("v00", "v01", "v11", "v10")):
                    if draw.chance(0.5):
                        with draft.block(f"if {name} > {level_text}:"):
                            draft.line(f"code = code {draw.choice(('|', '+'))} {1 << number}")
                    else:
                        draft.line(f"code += wp.where({name} > {level_text}, {1 << number}, 0)")
                draft.numpy("code = " + " + ".join(f"{1 << n} * ({v} > {level_numpy})" for n, v in enumerate(("v00", "v01", "v11", "v10"))))
                out = draft.output(draft.name("cases", "cell_code"), I32, *dim)
                draft.line(f"{out}[{here}] = code")
                draft.numpy(f"{out} = code.astype(np.int32)")
            if kind == "edges" or (kind == "case" and draw.chance(0.5)):
                draft.line("count = int(0)")
                for p, q in (("v00", "v01"), ("v01", "v11"), ("v11", "v10"), ("v10", "v00")):
                    with draft.block(f"if ({p} - {level_text}) * ({q} - {level_text}) < {draft.number(0.0)}:"):
                        draft.line("count += 1")
                draft.numpy(
                    "count = "
                    + " + ".join(
                        f"(({p} - {level_numpy}) * ({q} - {level_numpy}) < 0.0).astype(np.int64)"
                        for p, q in (("v00", "v01"), ("v01", "v11"), ("v11", "v10"), ("v10", "v00"))
                    )
                )
                out = draft.output("crossings", I32, *dim)
                draft.line(f"{out}[{here}] = count")
                draft.numpy(f"{out} = count.astype(np.int32)")
            if kind == "crossing":
                real = draft.real.spelling
                names = []
                for number, (p, q) in enumerate((("v00", "v01"), ("v00", "v10"))):
                    name = draft.free(f"t{number}")
                    names.append(name)
                    draft.line(f"{name} = -{real}(1.0)")
                    with draft.block(f"if ({p} - {level_text}) * ({q} - {level_text}) < {draft.number(0.0)}:"):
                        draft.line(f"{name} = ({level_text} - {p}) / ({q} - {p})")
                    draft.numpy(
                        f"crossed = ({p} - {level_numpy}) * ({q} - {level_numpy}) < 0.0",
                        f"{name} = np.where(crossed, ({level_numpy} - {p}) / np.where(crossed, {q} - {p}, 1.0), -1.0)",
                    )
                for name, out in zip(names, ("cross_x", "cross_y"), strict=True):
                    finish_measure(draft, draft.known(name, draft.real, -1.0, 1.0), (out,), here, dim, share=0.6, total=0.0)
            else:
                draft.formula("value = 0.25 * (v00 + v01 + v10 + v11)")
                finish_measure(draft, draft.known("value", draft.real, -1.0, 1.0), ("cell_mean", "center_value"), here, dim, share=0.6)
    drop_idle_locals(draft)
    sizes = [{"rows": r, "cols": c, "layers": s} for r, c, s in ((1, 1, 1), (3, 5, 2), (draw.choice((7, 8)), draw.choice((9, 10)), 3))]
    return draft.case(draw.choice((f"contour_{kind}", f"marching_{kind}", f"cell_{kind}")), dim, sizes)
