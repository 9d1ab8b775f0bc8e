"""Wavelets in two axes, and all levels of a short row held in locals."""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.draft import Draft
from kernels.drafting.finish import Law, finish
from kernels.drafting.vectors import function_pair
from kernels.draw import Draw
from kernels.families.fourier.wavelets import SHRINKS, _shrunk


def build_haar_2d(draw: Draw, draft: Draft) -> Case:
    """A Haar step in two axes: four samples to four bands, or back; bands in arrays, quadrants or interleaved."""
    inverse = draw.chance(0.35)
    draft.reserve("i", "j", "a", "b", "c", "d", "ll", "lh", "hl", "hh", "m", "n", "rows", "cols", "out")
    i, j = draw.choice((("i", "j"), ("row", "col"), ("y", "x")))
    scale = draw.choice((0.5, 0.25, 1.0))
    s = f"{scale} * " if scale != 1.0 else ""
    four = draw.chance(0.5)
    bands = ("ll", "lh", "hl", "hh")
    if inverse:
        for name in bands:
            draft.array(f"band_{name}", draft.real, "rows", "cols")
        draft.line(f"{i}, {j} = wp.tid()")
        for name in bands:
            draft.load(name, f"band_{name}", f"{i}, {j}", -1.0, 1.0)
        if draw.chance(0.5):
            law = Law(draft, draw.choice(("detail_law", "enhance")), -1.0, 1.0)
            draft.line(f"hh = {law.warp('hh')}")
            draft.numpy(f"hh = {law.numpy('hh')}")
        else:
            _shrunk(draft, "hh")
        if draw.chance(0.4):
            _shrunk_pair(draft)
        draft.formula(
            f"a = {s}(ll + lh + hl + hh)", f"b = {s}(ll - lh + hl - hh)", f"c = {s}(ll + lh - hl - hh)", f"d = {s}(ll - lh - hl + hh)"
        )
        out = draft.output(draft.name("image_out", "merged"), draft.real, "2 * rows", "2 * cols")
        draft.line(
            *(
                f"{out}[2 * {i}{di}, 2 * {j}{dj}] = {v}"
                for v, di, dj in (("a", "", ""), ("b", "", " + 1"), ("c", " + 1", ""), ("d", " + 1", " + 1"))
            )
        )
        draft.numpy(f"{out} = np.zeros_like({out})")
        draft.numpy(*(f"{out}[{r}::2, {q}::2] = {v}" for v, r, q in (("a", 0, 0), ("b", 0, 1), ("c", 1, 0), ("d", 1, 1))))
    else:
        image = draft.array(draft.name("image", "pixels", "field"), draft.real, "2 * rows", "2 * cols")
        draft.line(f"{i}, {j} = wp.tid()", f"r = 2 * {i}", f"q = 2 * {j}")
        draft.line(f"a = {image}[r, q]", f"b = {image}[r, q + 1]", f"c = {image}[r + 1, q]", f"d = {image}[r + 1, q + 1]")
        draft.numpy(f"a, b, c, d = {image}[0::2, 0::2], {image}[0::2, 1::2], {image}[1::2, 0::2], {image}[1::2, 1::2]")
        if draw.chance(0.5):
            draft.formula(f"ll = {s}(a + b + c + d)", f"lh = {s}(a - b + c - d)", f"hl = {s}(a + b - c - d)", f"hh = {s}(a - b - c + d)")
        else:
            draft.formula("top = a + b", "bottom = c + d", "left = a - b", "right = c - d")
            draft.formula(f"ll = {s}(top + bottom)", f"lh = {s}(left + right)", f"hl = {s}(top - bottom)", f"hh = {s}(left - right)")
        if draw.chance(0.5):
            law = Law(draft, draw.choice(("detail_law", "enhance")), -4.0, 4.0)
            for name in draw.subset(("lh", "hl", "hh"), draw.integer(1, 3)):
                draft.line(f"{name} = {law.warp(name)}")
                draft.numpy(f"{name} = {law.numpy(name)}")
        else:
            for name in draw.subset(("lh", "hl", "hh"), draw.integer(0, 2)):
                _shrunk(draft, name)
        if draw.chance(0.3):
            draft.formula("energy = lh * lh + hl * hl + hh * hh")
            finish(draft, draft.known("energy", draft.real, 0.0, 20.0), ("activity", "texture"), f"{i}, {j}", ("rows", "cols"), share=0.6)
        if four:
            for name in bands:
                draft.store(draft.output(f"{name}_out", draft.real, "rows", "cols"), f"{i}, {j}", name)
        else:
            out = draft.output("bands", draft.real, "2 * rows", "2 * cols")
            rows, cols = draft.count("rows"), draft.count("cols")
            draft.line(
                f"{out}[{i}, {j}] = ll",
                f"{out}[{i}, {cols} + {j}] = lh",
                f"{out}[{rows} + {i}, {j}] = hl",
                f"{out}[{rows} + {i}, {cols} + {j}] = hh",
            )
            draft.numpy(f"{out} = np.block([[ll, lh], [hl, hh]])")
    sizes = [{"rows": r, "cols": c} for r, c in ((1, 1), (3, draw.choice((5, 7))), (draw.choice((7, 9)), draw.choice((10, 11, 13))))]
    return draft.case(
        draw.choice(("haar_2d", "wavelet_2d" if not inverse else "inverse_haar_2d", "image_pyramid_step")), ["rows", "cols"], sizes
    )


def _shrunk_pair(draft: Draft) -> None:
    """Weakens the two mixed bands alike."""
    keep = draft.parameter("keep", 0.2, 0.9).name
    draft.formula(f"lh = {keep} * lh", f"hl = {keep} * hl")


def build_levels(draw: Draw, draft: Draft) -> Case:
    """All levels of a Haar transform over a row of four or eight held in locals, perhaps shrunk and put together again."""
    n = draw.choice((4, 8))
    i = draw.choice(("i", "tid", "row"))
    draft.reserve(i, "numbers", "low", "bands")
    source = draft.array(draft.name("x", "rows", "signals"), draft.real, "rows", n)
    back = draw.chance(0.5)
    draft.line(f"{i} = wp.tid()")
    names = [f"x{k}" for k in range(n)]
    draft.line(*(f"{name} = {source}[{i}, {k}]" for k, name in enumerate(names)))
    details: list[tuple[str, ...]] = []
    half = draft.number(0.5)
    level = 0
    while len(names) > 1:
        lows = [f"{'abc'[level]}{k}" for k in range(len(names) // 2)]
        highs = tuple(f"{'def'[level]}{k}" for k in range(len(names) // 2))
        for k, (low, high) in enumerate(zip(lows, highs, strict=True)):
            draft.line(
                f"{low} = {half} * ({names[2 * k]} + {names[2 * k + 1]})", f"{high} = {half} * ({names[2 * k]} - {names[2 * k + 1]})"
            )
        details.append(highs)
        names, level = lows, level + 1
    draft.numpy(
        f"low, bands = {source}, []",
        "while low.shape[1] > 1:",
        "    bands.append(0.5 * (low[:, 0::2] - low[:, 1::2]))",
        "    low = 0.5 * (low[:, 0::2] + low[:, 1::2])",
    )
    if draw.chance(0.75):
        law = Law(draft, draw.choice(("shrink", "shaped_detail", "enhance")), -2.0, 2.0)
        finest = draw.integer(1, len(details))
        draft.line(*(f"{name} = {law.warp(name)}" for highs in details[:finest] for name in highs))
        draft.numpy(f"bands = [{law.numpy('band')} for band in bands[:{finest}]] + bands[{finest}:]")
    elif draw.chance(0.6):
        kind = draw.choice(tuple(SHRINKS))
        function = function_pair(draft, f"{kind}_shrink", [("c", draft.real), ("t", draft.real)], SHRINKS[kind], draft.real)
        limit = draft.knob("threshold", 0.1, 0.4)
        finest = draw.integer(1, len(details))
        draft.line(*(f"{name} = {function}({name}, {limit.warp()})" for highs in details[:finest] for name in highs))
        draft.numpy(f"bands = [{function}(band, {limit.numpy()}) for band in bands[:{finest}]] + bands[{finest}:]")
    out = draft.output(draft.name("y", "coefficients_out", "denoised"), draft.real, "rows", n)
    if back:
        for highs in reversed(details):
            rebuilt = [f"{'pqr'[len(highs).bit_length() - 1]}{k}" for k in range(2 * len(highs))]
            for k, high in enumerate(highs):
                draft.line(f"{rebuilt[2 * k]} = {names[k]} + {high}", f"{rebuilt[2 * k + 1]} = {names[k]} - {high}")
            names = rebuilt
        draft.line(*(f"{out}[{i}, {k}] = {name}" for k, name in enumerate(names)))
        draft.numpy(
            "for band in reversed(bands):", "    low = np.stack((low + band, low - band), axis=-1).reshape(len(low), -1)", f"{out} = low"
        )
    else:
        ordered = [*names, *(name for highs in reversed(details) for name in highs)]
        draft.line(*(f"{out}[{i}, {k}] = {name}" for k, name in enumerate(ordered)))
        draft.numpy(f"{out} = np.concatenate([low, *reversed(bands)], axis=1)")
    return draft.case(draw.choice((f"haar_{n}", "haar_levels", "wavelet_denoise")), ["rows"], [{"rows": r} for r in draw.sizes(100)])
