"""Steps of cyclic reduction, and the substitution back: a thread for each equation, or for each of those that stay.

Sources: Hockney 1965; Zhang, Cohen and Owens, Fast Tridiagonal Solvers on the GPU, 2010.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.draft import Draft
from kernels.drafting.finish import Law
from kernels.draw import Draw
from kernels.families.tridiagonal.lines import Lines, Right

SHIFTED = [
    "def shifted(numbers, offset, default):",
    "    moved = np.full_like(numbers, default)",
    "    if 0 < offset < numbers.shape[-1]:",
    "        moved[..., :-offset] = numbers[..., offset:]",
    "    elif 0 < -offset < numbers.shape[-1]:",
    "        moved[..., -offset:] = numbers[..., :offset]",
    "    return moved",
]
"""Each line's numbers moved by an offset, a default beyond its ends."""


def build_parallel(draw: Draw, draft: Draft) -> Case:
    """A step of parallel cyclic reduction: every equation freed of its neighbours at a distance, coupled to those at twice it."""
    lines = Lines(draft, single=0.3, layouts=("rows", "columns"))
    bands = lines.bands()
    low, main, up = bands
    draft.reserve("alpha", "gamma", "left", "right", "b_new", "d_new", "a_new", "c_new", "k1", "k2", "span")
    given = Right(lines, "rhs")
    at, i = lines.at, lines.i
    told = draw.choice(("told", "stage", "known"))
    stride = (
        str(draw.choice((1, 2)))
        if told == "known"
        else draft.count(draw.choice(("stride", "distance")), size="stride")
        if told == "told"
        else draft.count("stage")
    )
    function = draw.chance(0.35)
    with lines.equation_threads(main):
        span = stride
        if told == "stage":
            draft.line(f"span = 1 << {stride}")
            span = "span"
        draft.reference_definitions.append(SHIFTED)
        draft.numpy(f"span = {f'1 << {stride}' if told == 'stage' else stride}")
        for name, array in zip(("low_band", "main_band", "up_band"), bands, strict=True):
            draft.numpy(f"{name} = {lines.view(array)}")
        draft.numpy(f"right_all = {given.numpy()}")
        here = {array: f"{array}[{at(i)}]" for array in bands}
        draft.line(f"left = {i} - {span}", f"right = {i} + {span}")
        zero = draft.zero()
        draft.line(f"b_new = {here[main]}", f"d_new = {given.warp(i)}", f"a_new = {zero}", f"c_new = {zero}")
        if function:
            real = draft.real.spelling
            draft.definitions.append(
                ["@wp.func", f"def elimination(coefficient: {real}, pivot: {real}):", "    return -coefficient / pivot"]
            )
        for side, test, own, mine, other in (("left", "left >= 0", low, "a_new", up), ("right", "right < n", up, "c_new", low)):
            with draft.block(f"if {test}:"):
                factor = "alpha" if side == "left" else "gamma"
                pivot = f"{main}[{at(side)}]"
                draft.line(f"{factor} = elimination({here[own]}, {pivot})" if function else f"{factor} = -{here[own]} / {pivot}")
                draft.line(
                    f"b_new += {factor} * {other}[{at(side)}]",
                    f"d_new += {factor} * {given.warp(side)}",
                    f"{mine} = {factor} * {own}[{at(side)}]",
                )
        draft.numpy(
            "at = np.arange(length)",
            "alpha = np.where(at >= span, -low_band / shifted(main_band, -span, 1.0), 0.0)",
            "gamma = np.where(at + span < length, -up_band / shifted(main_band, span, 1.0), 0.0)",
            "b_new = main_band + alpha * shifted(up_band, -span, 0.0) + gamma * shifted(low_band, span, 0.0)",
            "d_new = right_all + alpha * shifted(right_all, -span, 0.0) + gamma * shifted(right_all, span, 0.0)",
            "a_new, c_new = alpha * shifted(low_band, -span, 0.0), gamma * shifted(up_band, span, 0.0)",
        )
        if draw.chance(0.3):
            # Rows scaled to a unit diagonal.
            draft.both("d_new = d_new / b_new", "a_new = a_new / b_new", "c_new = c_new / b_new")
            kept = ["a_new", "c_new", "d_new"]
        else:
            kept = ["a_new", "b_new", "c_new", "d_new"]
        for name in kept:
            lines.store(f"{name.removesuffix('_new')}_out", name)
    sizes = [{**s, "stride": 1 << k, "stage": k} for k, s in enumerate(lines.sizes())]
    return draft.case(draw.choice(("pcr_step", "parallel_cyclic_reduction", "reduce_equations")), lines.equations, sizes)


def build_cyclic(draw: Draw, draft: Draft) -> Case:
    """A step of cyclic reduction: every second equation freed of its neighbours; or the odd ones found from the even."""
    back = draw.chance(0.45)
    lines = Lines(draft, layouts=("rows", "columns"))
    bands = lines.bands()
    low, main, up = bands
    draft.reserve("inv", "k1", "k2", "value", "half", "before", "after", "b_new", "d_new", "a_new", "c_new")
    given = Right(lines, "rhs")
    at, system = lines.at, lines.system
    i = "i" if system != "i" else "row"
    t = draw.choice(("t", "j", "pair"))
    draft.reserve(t, "i", "inv", "k1", "k2", "value", "half", "before", "after")
    rows = lines.layout == "rows"
    half_extents = ("systems", "half") if rows else ("half", "systems")
    here = f"{system}, {t}" if rows else f"{t}, {system}"
    draft.line(f"{system}, {t} = wp.tid()" if rows else f"{t}, {system} = wp.tid()")
    n = draft.extent("n", main, 1 if rows else 0)
    draft.numpy(f"length = {main}.shape[{1 if rows else 0}]")
    for name, array in zip(("low_band", "main_band", "up_band"), bands, strict=True):
        draft.numpy(f"{name} = {lines.view(array)}")
    draft.numpy(f"right_all = {given.numpy()}")
    if back:
        known = draft.array(draft.name("x_even", "coarse"), draft.real, *half_extents)
        law = Law(draft, draw.choice(("limit", "response")), -4.0, 4.0) if draw.chance(0.5) else None
        guess = lines.array(draft.name("guess", "x_old")) if draw.chance(0.4) else ""
        weight = draft.knob(draft.name("omega", "blend"), 0.4, 1.2) if guess else draft.read("1.0")
        out = draft.output(draft.name("x_out", "x"), draft.real, *lines.extents)
        # Even equations are known; an odd one lies between two of them, or after the last.
        draft.line(f"{i} = 2 * {t} + 1", f"{out}[{at(f'2 * {t}')}] = {known}[{here}]")
        with draft.block(f"if {i} < {n}:"):
            draft.line(f"value = {given.warp(i)} - {low}[{at(i)}] * {known}[{here}]")
            with draft.block(f"if {i} + 1 < {n}:"):
                draft.line(f"value = value - {up}[{at(i)}] * {known}[{f'{system}, {t} + 1' if rows else f'{t} + 1, {system}'}]")
            draft.line(f"value = value / {main}[{at(i)}]")
            if law is not None:
                draft.line(f"value = {law.warp('value')}")
            if guess:
                draft.line(f"value = {guess}[{at(i)}] + {weight.warp()} * (value - {guess}[{at(i)}])")
            draft.line(f"{out}[{at(i)}] = value")
        draft.numpy(
            f"evens, odds = {lines.view(known)}, slice(1, None, 2)",
            "padded = np.concatenate([evens, np.zeros_like(evens[:, :1])], axis=1)",
            "count = length // 2",
            "middle = right_all[:, odds] - low_band[:, odds] * evens[:, :count]",
            "beyond = np.where(2 * np.arange(count) + 2 < length, padded[:, 1 : count + 1], 0.0)",
            "middle = (middle - up_band[:, odds] * beyond) / main_band[:, odds]",
            *([f"middle = {law.numpy('middle')}"] if law is not None else []),
            *([f"middle = {lines.view(guess)}[:, odds] + {weight.numpy()} * (middle - {lines.view(guess)}[:, odds])"] if guess else []),
            "found = np.zeros_like(right_all)",
            "found[:, 0::2] = evens",
            "found[:, odds] = middle",
            f"{out} = {lines.back('found')}",
        )
    else:
        outs = [draft.output(name, draft.real, *half_extents) for name in ("a_half", "b_half", "c_half", "d_half")]
        zero = draft.zero()
        draft.line(
            f"{i} = 2 * {t}",
            f"k1 = {zero}",
            f"k2 = {zero}",
            f"b_new = {main}[{at(i)}]",
            f"d_new = {given.warp(i)}",
            f"a_new = {zero}",
            f"c_new = {zero}",
        )
        with draft.block(f"if {i} > 0:"):
            draft.line(f"k1 = {low}[{at(i)}] / {main}[{at(f'{i} - 1')}]", f"b_new -= k1 * {up}[{at(f'{i} - 1')}]")
            draft.line(f"d_new -= k1 * {given.warp(f'{i} - 1')}", f"a_new = -k1 * {low}[{at(f'{i} - 1')}]")
        with draft.block(f"if {i} + 1 < {n}:"):
            draft.line(f"k2 = {up}[{at(i)}] / {main}[{at(f'{i} + 1')}]", f"b_new -= k2 * {low}[{at(f'{i} + 1')}]")
            draft.line(f"d_new -= k2 * {given.warp(f'{i} + 1')}", f"c_new = -k2 * {up}[{at(f'{i} + 1')}]")
        cut = draft.knob(draft.name("tolerance", "negligible"), 0.01, 0.05) if draw.chance(0.35) else None
        if cut is not None:
            # Couplings that have become negligible are dropped.
            for name in ("a_new", "c_new"):
                with draft.block(f"if wp.abs({name}) < {cut.warp()}:"):
                    draft.line(f"{name} = {zero}")
        unit = draw.chance(0.4)
        if unit:
            draft.line("inv = " + draft.warp("1.0 / b_new"), *(f"{name} = {name} * inv" for name in ("a_new", "c_new", "d_new")))
        draft.line(*(f"{out}[{here}] = {name}" for out, name in zip(outs, ("a_new", "b_new", "c_new", "d_new"), strict=True)))
        draft.reference_definitions.append(SHIFTED)
        draft.numpy(
            "at = np.arange(length)",
            "k1 = np.where(at > 0, low_band / shifted(main_band, -1, 1.0), 0.0)",
            "k2 = np.where(at + 1 < length, up_band / shifted(main_band, 1, 1.0), 0.0)",
            "b_new = main_band - k1 * shifted(up_band, -1, 0.0) - k2 * shifted(low_band, 1, 0.0)",
            "d_new = right_all - k1 * shifted(right_all, -1, 0.0) - k2 * shifted(right_all, 1, 0.0)",
            "a_new, c_new = -k1 * shifted(low_band, -1, 0.0), -k2 * shifted(up_band, 1, 0.0)",
            *(
                [f"{name} = np.where(np.abs({name}) < {cut.numpy()}, 0.0, {name})" for name in ("a_new", "c_new")]
                if cut is not None
                else []
            ),
            *(["a_new, c_new, d_new = a_new / b_new, c_new / b_new, d_new / b_new"] if unit else []),
            *(f"{out} = {lines.back(f'{name}[:, 0::2]')}" for out, name in zip(outs, ("a_new", "b_new", "c_new", "d_new"), strict=True)),
        )
    sizes = [{**s, "half": (s["n"] + 1) // 2} for s in lines.sizes()]
    dim = half_extents
    return draft.case(
        draw.choice(("cyclic_reduction_step", "cr_forward", "reduce_even") if not back else ("cr_backward", "substitute_odd")), dim, sizes
    )
