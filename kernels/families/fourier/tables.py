"""Tables of phases: of a transform's turns, of a chirp, of one stage, of a window."""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.fourier.transforms import PI


def build_phase_table(draw: Draw, draft: Draft) -> Case:
    """Tables of phases: of a transform's turns, of a chirp, of a window with its turns, in an array for each part or one for both."""
    kind = draw.choice(("turns", "chirp", "stage", "window"))
    i = draw.choice(("i", "k", "tid"))
    draft.reserve(i, "angle", "c", "s", "count", "at", "number", "n", "real_at")
    real, precision = draft.real.spelling, draft.precision
    scale = draft.array(draft.name("amplitude", "weights"), draft.real, "n", low=0.2)
    with draft.threads((i, "n", scale, 0)):
        n = draft.extent("n", scale)
        if kind == "chirp":
            rate = draft.parameter(draft.name("rate", "sweep"), 0.001, 0.01).name
            draft.line(f"number = {real}({i})", f"angle = {rate} * number * number")
            draft.numpy(f"number = np.arange(len({scale})).astype({precision})", f"angle = {rate} * number * number")
        elif kind == "stage":
            half = draw.choice((4, 8, 16))
            draft.line(draft.warp(f"angle = -{PI} * {real}({i} % {half}) / {float(half)}"))
            draft.numpy(f"angle = -np.pi * (np.arange(len({scale})) % {half}).astype({precision}) / {precision}({half})")
        else:
            sign = draw.choice(("", "-"))
            draft.line(draft.warp(f"angle = {sign}2.0 * {PI} * {real}({i}) / {real}({n})"))
            draft.numpy(f"angle = {sign}2.0 * np.pi * np.arange(len({scale})).astype({precision}) / {precision}(len({scale}))")
        if draw.chance(0.5):
            offset = draft.parameter(draft.name("offset", "phase0"), -1.0, 1.0).name
            draft.both(f"angle = angle + {offset}")
        draft.load("size", scale, i, 0.2, 1.0)
        if kind == "window":
            draft.formula("size = size * (0.5 - 0.5 * wp.cos(angle))")
        if draw.chance(0.4):
            draft.fused("size", draft.real, [draft.known("size", draft.real, 0.05, 1.0), *draft.some_parameters(("gain", "tilt"), 1)])
        draft.formula("c = size * wp.cos(angle)", "s = size * wp.sin(angle)")
        if draw.chance(0.4):
            out = draft.output("table", draft.real, "n", 2)
            draft.line(f"{out}[{i}, 0] = c", f"{out}[{i}, 1] = s")
            draft.numpy(f"{out} = np.stack((c, s), axis=1)")
        else:
            names = draw.choice((("cos_table", "sin_table"), ("table_re", "table_im")))
            for name, value in zip(names, ("c", "s"), strict=True):
                draft.store(draft.output(name, draft.real, "n"), i, value)
    return draft.case(draw.choice((f"{kind}_table", "make_twiddles", "phase_table")), ["n"], [{"n": n} for n in draw.sizes(150)])
