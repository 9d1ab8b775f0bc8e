"""Interpolation on regular grids: linear sampling in one to three dimensions, and B-spline transfer between particles and grid."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

from kernels.case import Case
from kernels.domains import Uniform
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.language.expression import Expression, Variable
from kernels.language.interval import SIGNED_UNIT, UNIT, Interval
from kernels.source import indented


def sample_grid(draw: Draw, draft: Draft) -> Case:
    """A grid sampled at points by linear weights along each axis."""
    ndim = draw.weighted((1, 2, 3), (1, 3, 3))
    axes = "xyz"[:ndim]
    element = draft.vector if draw.chance(0.25) else draft.real
    grid, i = draw.choice(("grid", "field", "volume", "density", "sdf")), draw.choice(("i", "tid", "p"))
    size = {1: 9, 2: 7, 3: 5}[ndim]
    flat = ndim > 1 and draw.chance(0.25)
    draft.reserve(i, "value", *axes, *(f"{a}{k}" for a in axes for k in "01"), *(f"f{a}" for a in axes), "pos")
    draft.array(grid, element, *((f"size ** {ndim}",) if flat else ("size",) * ndim))
    packed = ndim == 3 and draw.chance(0.6)
    body = [f"{i} = wp.tid()"]
    if draw.chance(0.5):
        draft.count("n")
        body += [f"if {i} >= n:", "    return"]
    if flat or draw.chance(0.6):
        draft.count("size")
    else:
        body.append(f"size = {grid}.shape[0]")
    reference = ([f"{grid} = {grid}.reshape({', '.join(['size'] * ndim)}{', 3' * element.rank})"] if flat else []) + [
        f"size = {grid}.shape[0]"
    ]
    extent = Uniform(-0.4, size - 0.6)
    if packed:
        points = draft.array(draw.choice(("points", "positions", "queries")), draft.vector, "n", domain=extent)
        body.append(f"pos = {points}[{i}]")
    scaled = draw.chance(0.4)
    inverse = draft.parameter(draw.choice(("inv_dx", "inv_cell", "scale")), 0.6, 1.4).warp() if scaled else ""
    for n, a in enumerate(axes):
        if not packed:
            draft.array(f"{a}s", draft.real, "n", domain=extent)
        text, array = (f"pos[{n}]", f"{points}[:, {n}]") if packed else (f"{a}s[{i}]", f"{a}s")
        times = f" * {inverse}" if scaled else ""
        body.append(f"{a} = wp.clamp({text}{times}, {draft.number(0.0)}, {draft.cast('size - 1')})")
        reference.append(f"{a} = np.clip({array}{times}, 0.0, size - 1.0)")
    style = draw.chance(0.5)
    for a in axes:
        low = f"int(wp.floor({a}))" if draw.chance(0.7) else f"int({a})"
        body += (
            [f"{a}0 = wp.min({low}, size - 2)", f"{a}1 = {a}0 + 1"] if style else [f"{a}0 = {low}", f"{a}1 = wp.min({a}0 + 1, size - 1)"]
        )
        body.append(f"f{a} = {a} - {draft.cast(f'{a}0')}")
        cell = f"np.minimum({a}.astype(int), size - 2)" if style else f"{a}.astype(int)"
        reference += [
            f"{a}0 = {cell}",
            f"{a}1 = {f'{a}0 + 1' if style else f'np.minimum({a}0 + 1, size - 1)'}",
            f"f{a} = {a} - {a}0.astype({a}.dtype)",
        ]
    fractions = {a: f"f{a}" for a in axes}
    if draw.chance(0.4):
        extra = draft.some_parameters(("sharpness", "bias", "tension"), draw.integer(0, 1))
        for n, a in enumerate(axes):
            if n == 0:
                step = draft.step("fade_x", draft.real, [Variable(draft.real, UNIT, "fx"), *extra])
                first = (step.warp, step.numpy)
            texts = [t.replace("fade_x =", f"fade_{a} =") for t in first]
            texts = [" = ".join((t.split(" = ")[0], t.split(" = ", 1)[1].replace("fx", f"f{a}"))) for t in texts]
            body.append(texts[0])
            reference.append(texts[1])
            fractions[a] = f"fade_{a}"
    wild = any(f.startswith("fade") for f in fractions.values())

    def corner(bits: tuple[int, ...]) -> str:
        names = [f"{a}{b}" for a, b in zip(axes, bits, strict=True)]
        if not flat:
            return f"{grid}[{', '.join(names)}]"
        return f"{grid}[{names[0]} * size + {names[1]}]" if ndim == 2 else f"{grid}[({names[0]} * size + {names[1]}) * size + {names[2]}]"

    across = "[..., None]" if element.rank else ""
    if draw.chance(0.5):
        body += _nested(draw, draft, axes, fractions, corner)
    else:
        terms = []
        for bits in product((0, 1), repeat=ndim):
            parts = [fractions[a] if b else draft.warp(f"(1.0 - {fractions[a]})") for a, b in zip(axes, bits, strict=True)]
            name = f"c{''.join(map(str, bits))}"
            body.append(f"{name} = {corner(bits)}")
            terms.append(f"{' * '.join(parts)} * {name}")
        body += [f"value = {terms[0]}", *(f"value += {term}" for term in terms[1:])]
    reference += [f"value = np.zeros(dim + {grid}.shape[{ndim}:], {grid}.dtype)"]
    choices = ", ".join(f"(({a}0, 1.0 - {fractions[a]}), ({a}1, {fractions[a]}))" for a in axes)
    names = ", ".join(f"(i{a}, w{a})" for a in axes)
    if ndim == 1:
        reference += [f"for ix, wx in {choices}:", f"    value = value + wx{across} * {grid}[ix]"]
    else:
        draft.helpers.append("import itertools")
        weight = " * ".join(f"w{a}" for a in axes)
        reference += [
            f"for {names} in itertools.product({choices}):",
            f"    value = value + ({weight}){across} * {grid}[{', '.join(f'i{a}' for a in axes)}]",
        ]
    value = Variable(element, Interval(-1.5e3, 1.5e3) if wild else SIGNED_UNIT, "value")
    out = draw.choice(("sampled", "out", "values_at_points"))
    draft.reserve(out)
    if draw.chance(0.6):
        inputs: list[Expression] = [value, *draft.some_parameters(("gain", "offset", "amplitude"), draw.integer(0, 2))]
        step = draft.step(draw.choice(("shaped", "response", "mapped")), element, inputs)
        body.append(step.warp)
        reference.append(step.numpy)
        value = step.value
    draft.output(out, element, "n")
    body.append(f"{out}[{i}] = {value.name}")
    reference.append(f'return {{"{out}": {value.name}}}')
    large = draw.integer(66, 130)
    sizes = [{"n": n, "size": size} for n in (1, draw.choice((11, 17, 23)), large + (large % 8 == 0))]
    name = draw.choice((f"sample_{grid}", f"{('', 'linear', 'bilinear', 'trilinear')[ndim]}_sample", "lookup_grid", f"interpolate_{grid}"))
    draft.line(*body)
    draft.numpy(*reference)
    return draft.case(name, ("n",), sizes)


def _nested(draw: Draw, draft: Draft, axes: str, fractions: dict[str, str], corner: Callable[[tuple[int, ...]], str]) -> list[str]:
    """Linear blends along one axis after another, the first axis first."""
    lines: list[str] = []
    known = {bits: corner(bits) for bits in product((0, 1), repeat=len(axes))}
    lerp = draw.chance(0.6)
    for n, a in enumerate(axes):
        rest = len(axes) - n - 1
        merged = {}
        for bits in product((0, 1), repeat=rest):
            low, high = known[(0, *bits)], known[(1, *bits)]
            name = "value" if not rest else f"along_{a}_{''.join(map(str, bits))}"
            t = fractions[a]
            lines.append(
                f"{name} = wp.lerp({low}, {high}, {t})" if lerp else f"{name} = {low} * ({draft.number(1.0)} - {t}) + {high} * {t}"
            )
            merged[bits] = name
        known = merged
    return lines


def transfer(draw: Draw, draft: Draft) -> Case:
    """Quadratic B-spline weights on a grid of one or two dimensions: particles gather from it or scatter into it."""
    ndim = draw.choice((1, 2, 2))
    axes = "xy"[:ndim]
    element = draft.vector if draw.chance(0.3) else draft.real
    scatter = draw.chance(0.5)
    quadratic = draw.chance(0.7)
    reach = 3 if quadratic else 2
    grid, own = draw.choice(
        (("grid_mass", "masses"), ("grid_momentum", "momenta"), ("mesh", "charges"), ("node_values", "particle_values"))
    )
    p = draw.choice(("p", "tid", "particle"))
    draft.reserve(p, "value", grid, own, "weight", *(f"{s}{a}" for a in axes for s in ("base_", "f", "w")), "i", "j", "carried")
    for a in axes:
        draft.array(f"pos_{a}", draft.real, "n", domain=Uniform(1.6, 8.4))
    body = [f"{p} = wp.tid()"]
    if draw.chance(0.5):
        draft.count("n")
        body += [f"if {p} >= n:", "    return"]
    inverse = draft.parameter("inv_dx", 0.7, 1.0).warp() if draw.chance(0.5) else ""
    reference: list[str] = []
    vectors: dict[str, bool] = {}
    half = " - 0.5" if quadratic else ""
    for a in axes:
        body += [
            f"x{a} = pos_{a}[{p}]" + (f" * {inverse}" if inverse else ""),
            draft.warp(f"base_{a} = int(x{a}{half})"),
            f"f{a} = x{a} - {draft.cast(f'base_{a}')}",
        ]
        reference += [
            f"x{a} = pos_{a}" + (f" * {inverse}" if inverse else ""),
            f"base_{a} = (x{a}{half}).astype(int)",
            f"f{a} = x{a} - base_{a}.astype(x{a}.dtype)",
        ]
        weights: tuple[str, ...]
        if quadratic:
            weights = (f"0.5 * (1.5 - f{a}) * (1.5 - f{a})", f"0.75 - (f{a} - 1.0) * (f{a} - 1.0)", f"0.5 * (f{a} - 0.5) * (f{a} - 0.5)")
        else:
            weights = (f"1.0 - f{a}", f"f{a}")
        vector = quadratic and draw.chance(0.5)
        if vector:
            body.append(f"w{a} = {draft.vector.spelling}({', '.join(draft.warp(w) for w in weights)})")
        else:
            body += [f"w{a}{k} = {draft.warp(w)}" for k, w in enumerate(weights)]
        reference.append(f"w{a} = ({', '.join(weights)})")
        draft.reserve(*({f"w{a}{k}" for k in range(3)} | {f"x{a}"}))
        vectors[a] = vector
    across = "[..., None]" if element.rank else ""
    value = Variable(element, SIGNED_UNIT, "carried")
    shape = ("12",) * ndim
    if scatter:
        draft.array(own, element, "n")
        body.append(f"carried = {own}[{p}]")
        reference.append(f"carried = {own}")
        if draw.chance(0.6):
            step = draft.step("amount", element, [value, *draft.some_parameters(("dt", "gain", "charge_unit"), draw.integer(0, 2))])
            body.append(step.warp)
            reference.append(step.numpy)
            value = step.value
        draft.output(grid, element, *shape, role="accumulate")
        reference.append(f"{grid} = np.zeros_like({grid})")
    else:
        draft.array(grid, element, *shape)
        body.append(f"value = {draft.zero(element)}")
        reference.append("value = 0.0")
    counters = "ij"[:ndim]

    def weight(a: str, k: str) -> str:
        return f"w{a}[{k}]" if vectors[a] else f"w{a}{k}"

    loops = all(vectors.values())
    targets = [counters] if loops else ["".join(map(str, bits)) for bits in product(range(reach), repeat=ndim)]
    inner: list[str] = []
    for ks in targets:
        at = ", ".join(f"base_{a} + {k}" if k != "0" else f"base_{a}" for a, k in zip(axes, ks, strict=True))
        text = " * ".join(weight(a, k) for a, k in zip(axes, ks, strict=True))
        inner.append(f"wp.atomic_add({grid}, {at}, {text} * {value.name})" if scatter else f"value += {text} * {grid}[{at}]")
    if loops:
        for c in reversed(counters):
            inner = [f"for {c} in range({reach}):", *indented(inner)]
    body += inner
    at = ", ".join(f"base_{a} + {c}" for a, c in zip(axes, counters, strict=True))
    text = " * ".join(f"w{a}[{c}]" for a, c in zip(axes, counters, strict=True))
    work = [
        f"np.add.at({grid}, ({at},), ({text}){across} * {value.name})" if scatter else f"value = value + ({text}){across} * {grid}[{at}]"
    ]
    for c in reversed(counters):
        work = [f"for {c} in range({reach}):", *indented(work)]
    reference += work
    if scatter:
        reference.append(f'return {{"{grid}": {grid}}}')
    else:
        total = Variable(element, Interval(-1.0, 1.0), "value")
        if draw.chance(0.6):
            step = draft.step("updated", element, [total, *draft.some_parameters(("blend", "damping"), draw.integer(0, 2))])
            body.append(step.warp)
            reference.append(step.numpy)
            total = step.value
        draft.output(own, element, "n")
        body.append(f"{own}[{p}] = {total.name}")
        reference.append(f'return {{"{own}": {total.name}}}')
    sizes = [{"n": n} for n in (1, draw.choice((11, 17, 23)), draw.choice((67, 75, 90)))]
    kind = "quadratic" if quadratic else "linear"
    name = draw.choice(
        (
            f"{kind}_{'scatter' if scatter else 'gather'}",
            "particle_to_grid" if scatter else "grid_to_particle",
            f"{'deposit' if scatter else 'collect'}_{own}",
        )
    )
    draft.line(*body)
    draft.numpy(*reference)
    return draft.case(name, ("n",), sizes)
