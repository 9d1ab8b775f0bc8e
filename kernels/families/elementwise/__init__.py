"""Elementwise maps: each thread turns the elements at its own index into new ones, and nothing else.

Variants: the map (activations, losses, colour, units and physics, optimizers, vectors, bits, masks, or a drawn formula), one to three
dimensions or a flattened grid, float and integer width, inputs as arrays or values, preparation of the first input (scale and shift, second
array, clamp), finish of the result (mask, blend, gain, drawn formula, ramp along an axis), stored intermediates, early return for
inactive elements, accumulation into the output, and update in place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Set
from dataclasses import dataclass

from kernels.case import Case
from kernels.domains import Bernoulli, Domain, Integers, Uniform
from kernels.drafting.arguments import EXTENTS, INDICES, grids
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.elementwise.discrete import INTEGERS, MASKS
from kernels.families.elementwise.learning import ACTIVATIONS, LOSSES, OPTIMIZERS
from kernels.families.elementwise.maps import Input, Map, drawn_map
from kernels.families.elementwise.physical import COLOURS, UNITS, VECTORS
from kernels.language.expression import Custom, Expression, Variable, apply, literal
from kernels.language.interval import Interval
from kernels.language.types import BOOL, I32, I64, Type, matrix

MAPS = (ACTIVATIONS, LOSSES, COLOURS, UNITS, OPTIMIZERS, VECTORS, INTEGERS, MASKS)
ARRAYS = ("{}_in", "{}_values", "in_{}", "{}_data", "src_{}", "{}_field", "all_{}")
RESULTS = ("{}_out", "out_{}", "dst_{}", "{}_result")


@dataclass(frozen=True)
class _Plan:
    """A kernel's choices: its map, its indices and extents, the types of its letters, and its array names' pattern."""

    recipe: Map
    indices: tuple[str, ...]
    extents: tuple[str, ...]
    types: dict[str, Type]
    pattern: str
    flat: bool

    @property
    def here(self) -> str:
        return ", ".join(self.indices)


def build(draw: Draw) -> Case:
    """One elementwise kernel."""
    draft = Draft(draw)
    recipe = drawn_map(draw) if draw.chance(0.12) else draw.choice(draw.weighted(MAPS, (3, 2, 3, 3, 3, 3, 3, 2)))
    ndim = draw.weighted((1, 2, 3, 4), (4, 4, 2, 1))
    names = " ".join((*recipe.lines, *(name for name, *_ in recipe.inputs)))
    style = draw.choice([s for s in range(len(INDICES)) if not set(re.findall(r"\w+", names)) & {*INDICES[s], *EXTENTS[s]}])
    integer = I64 if draw.chance(0.25) else I32
    types = {"R": draft.real, "V": draft.vector, "M": matrix(draft.width), "I": integer, "B": BOOL}
    flat = ndim == 2 and draw.chance(0.15)
    plan = _Plan(recipe, INDICES[style][:ndim], EXTENTS[style][:ndim], types, draw.choice(ARRAYS), flat)
    kernel_name = draw.choice(recipe.names.split()) + draw.choice(("", "", "_kernel", f"_{ndim}d"))
    draft.reserve(kernel_name, *(line.split(" = ")[0] for line in recipe.lines), *(name for name, *_ in recipe.inputs))

    first = plan.pattern.format(recipe.inputs[0][0])
    if flat:
        linear = draft.name("tid", "thread", "linear")
        _declare_first(draft, plan, first)
        draft.line(f"{linear} = wp.tid()")
        width = draft.extent(plan.extents[1], first, 1)
        draft.line(f"{plan.indices[0]} = {linear} // {width}", f"{plan.indices[1]} = {linear} - {plan.indices[0]} * {width}")
        _body(draft, plan, first)
    else:
        _declare_first(draft, plan, first)
        with draft.threads(
            *((index, extent, first, axis) for axis, (index, extent) in enumerate(zip(plan.indices, plan.extents, strict=True)))
        ):
            _body(draft, plan, first)
    sizes = grids(draw, plan.extents)
    for size in sizes:
        size["elements"] = size[plan.extents[0]] * size[plan.extents[-1]]
    return draft.case(kernel_name, ["elements"] if flat else plan.extents, sizes, elementwise=not flat)


def _domain(item: Input) -> Domain:
    _, letter, low, high = item
    return Integers(int(low), int(high)) if letter == "I" else Bernoulli(0.5) if letter == "B" else Uniform(low, high)


def _range(item: Input) -> Interval:
    return Interval(item[2], item[3] - 1 if item[1] == "I" else item[3])


def _declare_first(draft: Draft, plan: _Plan, array: str) -> None:
    item = plan.recipe.inputs[0]
    draft.array(array, plan.types[item[1]], *plan.extents, domain=_domain(item))


def _read(draft: Draft, plan: _Plan, item: Input, array: str, name: str) -> None:
    """Brings the array's element into scope as `name`: a local value, or the load itself where the map uses it once."""
    letter, bounds = item[1], _range(item)
    uses = re.findall(r"\w+", " ".join(plan.recipe.lines)).count(name)
    if uses == 1 and draft.draw.chance(0.4):
        draft.scope[name] = Custom(plan.types[letter], bounds, f"{array}[{plan.here}]", array)
        return
    draft.line(f"{name} = {array}[{plan.here}]")
    draft.numpy(f"{name} = {array}")
    draft.known(name, plan.types[letter], bounds.low, bounds.high)


def _body(draft: Draft, plan: _Plan, first: str) -> None:
    draw, recipe = draft.draw, plan.recipe
    mask = None
    if draw.chance(0.12):
        mask = draft.array(draft.name("active", "enabled", "alive", "selected"), BOOL, *plan.extents, domain=Bernoulli(0.7))
    early = len(draft.kernel)
    _prepare(draft, plan, first)
    arrays = {item[0] for item in recipe.inputs}
    for item in recipe.inputs[1:]:
        name, letter, low, high = item
        by_value = (letter in "RV" and draw.chance(0.12)) or (letter == "M" and draw.chance(0.5))
        if by_value and (not recipe.lines or _varying(recipe, arrays - {name}).issuperset(recipe.stored)):
            arrays.discard(name)
            draft.parameter(name, low, high, plan.types[letter])
            continue
        array = draft.array(plan.pattern.format(name), plan.types[letter], *plan.extents, domain=_domain(item))
        _read(draft, plan, item, array, name)
    for knob in recipe.knobs:
        draft.knob(*knob)
    split = draw.integer(0, 3 * len(recipe.lines))
    for number, line in enumerate(recipe.lines):
        target, text = line.split(" = ", 1)
        draft.let(target, text, function=draw.choice(("{}_of", "get_{}", "eval_{}")).format(target) if number == split else None)
    stored = list(recipe.stored) if recipe.lines else [_blended(draft, recipe)]
    last = _finish(draft, plan, stored[-1], first)
    varying = _varying(recipe, arrays)
    others = [t for t in (line.split(" = ")[0] for line in recipe.lines) if t not in stored and t in varying]
    if others and draw.chance(0.25):
        stored.insert(0, draw.choice(others))
    stored[-1] = last
    _store(draft, plan, stored, first, mask, early)


def _varying(recipe: Map, arrays: Set[str]) -> set[str]:
    """The names in a map that differ from element to element when `arrays` are its inputs that are arrays."""
    names = set(arrays)
    for line in recipe.lines:
        target, text = line.split(" = ", 1)
        if names & set(re.findall(r"\w+", text)):
            names.add(target)
    return names


def _blended(draft: Draft, recipe: Map) -> str:
    fields = [draft.scope[name] for name, *_ in recipe.inputs]
    extra = [draft.knob("strength", 0.2, 1.5)] if draft.draw.chance(0.5) else []
    middle = draft.fused(
        draft.name("coupling", "interaction", "pairing"), draft.real, [*fields[:2]], function=draft.draw.choice((None, "couple_pair"))
    )
    return draft.fused(draft.name("blend", "response", "outcome"), draft.real, [middle, *fields[2:], *extra]).name


def _prepare(draft: Draft, plan: _Plan, array: str) -> None:
    """Reads the first input, in part after a change of its own that keeps it in the map's range."""
    draw, item = draft.draw, plan.recipe.inputs[0]
    name, letter, low, high = item
    type = plan.types[letter]
    if letter in "MB" or draw.chance(0.45):
        _read(draft, plan, item, array, name)
        return
    raw = draft.name(f"raw_{name}", "raw", f"{name}_read", f"{name}0")
    draft.line(f"{raw} = {array}[{plan.here}]")
    draft.numpy(f"{raw} = {array}")
    bounds = _range(item)
    draft.known(raw, type, bounds.low, bounds.high)
    if letter == "I":
        shift = int(bounds.low) + draw.integer(1, max(1, int(bounds.high - bounds.low) // 4))
        forms = [f"min({raw} + {shift}, {int(bounds.high)})", f"max({raw}, {shift})"]
        if bounds.low == 0 and bounds.high < 10000:
            forms += [f"abs({raw} - {shift})", f"({raw} + {shift}) % {int(bounds.high) + 1}"]
        draft.let(name, draw.choice(forms))
        return
    if letter == "V":
        draft.knob("spread", 0.3, 0.9)
        form = draw.choice((f"{raw} * spread", f"spread * {raw}"))
        draft.let(name, form)
        return
    # A gain or a drawn formula means something for signals of order one, not for temperatures or pressures.
    kind = draw.choice(("affine", "second", "fused", "clamp") if bounds.magnitude <= 10.0 else ("second", "clamp"))
    inputs: list[Expression] = [draft.scope[raw]]
    if kind == "affine":
        draft.knob("scale", 0.5, 1.0)
        draft.knob("shift", -0.3, 0.3)
        inner = draft.read(f"scale * {raw} + shift")
    elif kind == "clamp":
        span = high - low
        draft.let(name, f"clamp({raw}, {low + round(0.1 * span, 3):.4g}, {high - round(0.15 * span, 3):.4g})")
        return
    else:
        if kind == "second":
            extra = draft.name("bias", "drift", "background", "correction")
            second = draft.array(extra, draft.real, *plan.extents, low=-0.5, high=0.5)
            inputs.append(Custom(draft.real, Interval(-0.5, 0.5), f"{second}[{plan.here}]", second))
            draft.scope["extra"] = inputs[1]
        inner = draft.read(f"{raw} + extra") if bounds.magnitude > 10.0 else draft.drawn(draft.real, [*inputs], depth=1)
    if bounds.magnitude > 10.0:
        draft.let(name, apply("clamp", inner, literal(low, draft.real), literal(high, draft.real)))
    else:
        draft.let(name, draft.expressions.confined(inner, bounds))


def _finish(draft: Draft, plan: _Plan, name: str, first: str) -> str:
    """What becomes of the map's result before it is stored; the name of the value to store."""
    draw = draft.draw
    value = draft.scope[name]
    if draw.chance(0.3):
        return name

    def second(type: Type, low: float, high: float, *names: str, domain: Domain | None = None) -> Custom:
        array = draft.array(draft.name(*names), type, *plan.extents, low=low, high=high, domain=domain)
        return Custom(type, Interval(low, high), f"{array}[{plan.here}]", array)

    target = draft.name("final", f"{name}_final", "adjusted", "finished")
    if value.type is BOOL:
        if draw.chance(0.5):
            draft.scope["other"] = second(BOOL, 0, 1, "allowed", "region", "candidate", domain=Bernoulli(0.6))
            return draft.let(target, draw.choice((f"{name} and other", f"{name} or other", f"not {name} and other"))).name
        draft.scope["other"] = second(draft.real, -1.0, 1.0, "weight", "payload", "level")
        return draft.let(target, draw.choice((f"where({name}, other, 0.0)", f"where({name}, 1.0 - other, other)"))).name
    if value.type.is_integer:
        other = second(value.type, 0, 63, "key", "offset", "tag", domain=Integers(0, 64))
        bounded = draft.expressions.confined(value, Interval(0, 70000))
        return draft.let(target, draft.drawn(value.type, [bounded, other], depth=1)).name
    if value.type.rank:
        kind = draw.choice(("scale", "add", "fused"))
        if kind == "scale":
            draft.scope["other"] = second(draft.real, 0.2, 2.0, "weight", "mass", "visibility")
            return draft.let(target, draw.choice((f"other * {name}", f"{name} / other", f"{name} * (1.0 - other)"))).name
        draft.scope["other"] = second(value.type, -1.0, 1.0, "velocity_field", "displacement", "ambient_color")
        if kind == "add":
            return draft.let(target, draw.choice((f"{name} + other", f"{name} - other", f"cross({name}, other)"))).name
        return draft.fused(target, value.type, [value, draft.scope["other"]], depth=1).name
    return _finish_real(draft, plan, name, target, second)


def _finish_real(draft: Draft, plan: _Plan, name: str, target: str, second: Callable[..., Custom]) -> str:
    draw = draft.draw
    value = draft.scope[name]
    kind = draw.choice(("mask", "blend", "gain", "fused", "fused", "ramp", "clamp"))
    if kind == "mask":
        draft.scope["other"] = second(BOOL, 0, 1, "mask", "valid", "keep", domain=Bernoulli(0.6))
        fallback = draw.choice(("0.0", f"0.5 * {name}", f"-{name}"))
        return draft.let(target, f"where(other, {name}, {fallback})").name
    if kind == "blend":
        draft.scope["other"] = second(draft.real, -1.0, 1.0, "previous", "history", "baseline")
        draft.knob("mix", 0.1, 0.9)
        return draft.let(
            target, draw.choice((f"other * (1.0 - mix) + {name} * mix", f"other + mix * ({name} - other)", f"lerp(other, {name}, mix)"))
        ).name
    if kind == "gain":
        draft.knob("gain", 0.5, 2.0)
        return draft.let(target, draw.choice((f"gain * {name}", f"{name} * gain + 0.1", f"{name} / gain"))).name
    if kind == "ramp":
        axis = draw.integer(0, len(plan.indices) - 1)
        after = ", None" * (len(plan.indices) - 1 - axis)
        along = f"np.arange({plan.pattern.format(plan.recipe.inputs[0][0])}.shape[{axis}])" + (f"[:{after}]" if after else "")
        index = Variable(I32, Interval(0, 300), plan.indices[axis], along)
        draft.scope["position"] = index
        return draft.let(
            target,
            draw.choice((f"{name} * (1.0 + 0.01 * real(position))", f"{name} / (1.0 + real(position))", f"{name} - 0.02 * real(position)")),
        ).name
    if kind == "clamp":
        low, high = value.range.low, value.range.high
        span = high - low
        return draft.let(target, f"clamp({name}, {low + 0.2 * span:.3g}, {high - 0.1 * span:.3g})").name
    other = second(draft.real, 0.1, 2.0, "weight", "density", "exposure_time", "sensitivity")
    return draft.fused(target, draft.real, [value, other]).name


def _store(draft: Draft, plan: _Plan, stored: list[str], first: str, mask: str | None, early: int) -> None:
    draw = draft.draw
    pattern = draw.choice(RESULTS)
    recipe_names = [*stored[:-1], plan.recipe.stored[-1] if plan.recipe.lines else stored[-1]]
    results: dict[str, str] = {}
    skipped: list[str] = []
    first_type = plan.types[plan.recipe.inputs[0][1]]
    for number, name in enumerate(stored):
        type = draft.scope[name].type
        value = name
        if number == len(stored) - 1 and type == first_type and mask is None and draw.chance(0.07):
            draft.rewritten(first)
            draft.limitations.add("array_element_overwritten")
            draft.line(f"{first}[{plan.here}] = {name}")
            results[first] = value
            continue
        added = type.is_float and mask is None and draw.chance(0.1)
        base = recipe_names[number] if number == len(stored) - 1 else name
        plain = ("out", "result_out", "output") if len(stored) == 1 and draw.chance(0.3) else (pattern.format(base),)
        array = draft.output(draft.name(*plain), type, *plan.extents, role="accumulate" if added else "output")
        draft.line(f"{array}[{plan.here}] {'+=' if added else '='} {name}")
        if added:
            value = f"{array} + {name}"
        if mask is not None:
            zero = "False" if type is BOOL else draft.zero(type) if type.rank or type.scalar != "float32" else "0.0"
            skipped.append(f"    {array}[{plan.here}] = {zero}")
            value = f"np.where({mask}{'[..., None]' if type.rank else ''}, {name}, {'False' if type is BOOL else '0'})"
        results[array] = value
    if mask is not None:
        draft.insert(early, f"if not {mask}[{plan.here}]:", *skipped, "    return")
    draft.results(**results)
