"""Small sorting networks in registers: the fewest comparisons that sort three to six values (Knuth, The Art of Computer Programming 3)."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Uniform
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.language.expression import Expression, Variable, variable
from kernels.language.types import I32, Type
from kernels.source import def_lines, indented

Network = tuple[tuple[int, int], ...]

NETWORKS: dict[int, tuple[Network, ...]] = {
    3: (((0, 1), (1, 2), (0, 1)), ((0, 2), (0, 1), (1, 2)), ((1, 2), (0, 2), (0, 1))),
    4: (((0, 1), (2, 3), (0, 2), (1, 3), (1, 2)), ((0, 2), (1, 3), (0, 1), (2, 3), (1, 2))),
    5: (((0, 1), (3, 4), (2, 4), (2, 3), (1, 4), (0, 3), (0, 2), (1, 3), (1, 2)),),
    6: (((1, 2), (4, 5), (0, 2), (3, 5), (0, 1), (3, 4), (2, 5), (0, 3), (1, 4), (2, 4), (1, 3), (2, 3)),),
}


def small_network(draw: Draw, draft: Draft) -> Case:
    """Three to six values per thread, sorted by a network; all of them, their median or other order statistics go out."""
    type: Type = draft.real if draw.chance(0.7) else I32
    count = draw.weighted((3, 4, 5, 6), (5, 4, 3, 1))
    network = draw.choice(NETWORKS[count])
    low, high = (-1.0, 1.0) if type.is_float else (0.0, 500.0)
    domain = Uniform(low, high) if type.is_float else Integers(0, 500)
    source = draw.choice(("rows", "window", "arrays") if count < 5 else ("rows", "window"))
    data = draw.choice(("samples", "signal", "values", "readings", "pixels"))
    names = [f"{draw.choice(('v', 'x', 's'))}{n}" for n in range(count)] if draw.chance(0.5) else list("abcdef"[:count])
    draft.reserve(*names, "i", "low", "high", "n")
    body: list[str] = ["i = wp.tid()"]
    if source == "window" or draw.chance(0.5):
        draft.count("n")
        if draw.chance(0.6):
            body += ["if i >= n:", "    return"]
    if source == "rows":
        draft.array(data, type, "n", str(count), domain=domain)
        loads, columns = [f"{data}[i, {n}]" for n in range(count)], []
    elif source == "arrays":
        for n in range(count):
            draft.array(f"{data}_{n}", type, "n", domain=domain)
        loads, columns = [f"{data}_{n}[i]" for n in range(count)], [f"{data}_{n}" for n in range(count)]
    else:
        draft.array(data, type, "n", domain=domain)
        shifts = [n - count // 2 for n in range(count)]
        moved = [f"wp.max(i - {-o}, 0)" if o < 0 else f"wp.min(i + {o}, n - 1)" if o else "i" for o in shifts]
        loads = [f"{data}[{m}]" for m in moved]
        columns = []
    reference = [f"stacked = np.stack([{', '.join(columns)}], axis=1)" if source == "arrays" else f"stacked = {data}"]
    if source == "window":
        shifts_text = f"np.arange(-{count // 2}, {count - count // 2})"
        reference = [f"stacked = {data}[np.clip(np.arange({data}.size)[:, None] + {shifts_text}, 0, {data}.size - 1)]"]

    transform = draw.chance(0.4)
    if transform:
        extra: list[Expression] = draft.some_parameters(("gain", "shift", "exponent"), draw.integer(0, 1)) if type.is_float else []
        step = draft.step("mapped", type, [variable("raw", type, low, high), *extra])
        low, high = step.value.range.low, step.value.range.high
        function = f"{draw.choice(('prepare', 'condition', 'normalize'))}_{data}"
        parameters = [f"{e.warp().split('.')[-1]}: {type.spelling}" for e in extra]
        text = step.warp.split(" = ", 1)[1]
        for e in extra:
            text = text.replace(e.warp(), e.warp().split(".")[-1])
        draft.definitions.append(["@wp.func", *def_lines(function, [f"raw: {type.spelling}", *parameters]), *indented([f"return {text}"])])
        loads = [f"{function}({', '.join([load, *(e.warp() for e in extra)])})" for load in loads]
        reference = [reference[0].replace("stacked = ", "raw = "), step.numpy.replace("mapped = ", "stacked = ")]
    body += [f"{name} = {load}" for name, load in zip(names, loads, strict=True)]

    style = draw.choice(("min_max", "min_max", "tuple", "compare"))
    if style == "tuple":
        draft.definitions.append(
            ["@wp.func", *def_lines("exchange", [f"p: {type.spelling}", f"q: {type.spelling}"]), "    return wp.min(p, q), wp.max(p, q)"]
        )
    for p, q in network:
        a, b = names[p], names[q]
        if style == "tuple":
            body.append(f"{a}, {b} = exchange({a}, {b})")
        elif style == "min_max":
            body += [f"low = wp.min({a}, {b})", f"{b} = wp.max({a}, {b})", f"{a} = low"]
        else:
            body += [f"low = wp.where({a} > {b}, {b}, {a})", f"{b} = wp.where({a} > {b}, {a}, {b})", f"{a} = low"]
    reference.append("ordered = np.sort(stacked, axis=1)")
    out = draw.choice(("ordered_rows", "median", "filtered", "statistic"))
    wanted = draw.choice(("all", "median", "spread", "several"))
    draft.reserve(out, "ordered", "stacked")
    if wanted == "all":
        draft.output(out, type, "n", str(count))
        back = draw.chance(0.3)
        body += [f"{out}[i, {n}] = {names[count - 1 - n if back else n]}" for n in range(count)]
        reference.append(f'return {{"{out}": ordered{"[:, ::-1]" if back else ""}}}')
    else:
        picks = {"median": [count // 2], "spread": [0, count - 1], "several": sorted(draw.subset(range(count), 2))}[wanted]
        inputs: list[Expression] = [Variable(type, variable("x", type, low, high).range, names[n], f"ordered[:, {n}]") for n in picks]
        if type.is_float:
            inputs += draft.some_parameters(("scale", "weight", "threshold"), draw.integer(0, 1))
        step = draft.step(draw.choice(("estimate", "summary", "level")), type, inputs, 1 if wanted == "median" else None)
        draft.output(out, type, "n")
        body += [step.warp, f"{out}[i] = {step.value.name}"]
        reference += [step.numpy, f'return {{"{out}": {step.value.name}}}']
    large = draw.integer(66, 150)
    sizes = [{"n": 1}, {"n": draw.choice((11, 19, 29))}, {"n": large + (large % 8 == 0)}]
    name = draw.choice((f"sort{count}", f"network_{wanted}", f"median_of_{count}" if wanted == "median" else f"sort_{count}_values"))
    draft.line(*body)
    draft.numpy(*reference)
    return draft.case(name, ("n",), sizes)
