"""A finished program as a Case: the kernel's module, the reference's module, the launches."""

from __future__ import annotations

import re

from kernels.case import Argument, Case, Launch
from kernels.domain import Domain
from kernels.draw import PRIMES
from kernels.language.gradients import loop_limitations
from kernels.language.lowering import Lowering
from kernels.source import factory_module, indented, kernel_module, reference_module
from kernels.synthesis.builder import Program, plural
from kernels.synthesis.long_lines import split_long_lines


def finished_case(p: Program, guard: bool) -> Case:
    """The Case of a program whose statements are complete; `guard` says that its first statement sends surplus threads home."""
    verb, item = p.draw.choice(p.theme.verbs), p.draw.choice(p.theme.items)
    name = f"{verb}_{plural(item)}"
    p.statements = split_long_lines(p, p.statements)
    p.limitations |= loop_limitations(p.statements, {a.name for a in p.sig.arguments if not a.ndim})
    body = [f"{', '.join(p.lanes)} = wp.tid()", *[line for s in p.statements for line in s.warp()]]
    definitions = [*p.definitions, *(f.warp() for f in p.functions)]
    phrase = verb.replace("_to", " to").replace("_", " ").capitalize()
    docstring = f"{phrase} every {item.replace('_', ' ')}." if p.draw.chance(0.15) else ""
    captured = [c for c in p.constants if c.real]
    make = kernel_module
    if captured and p.draw.chance(0.6):
        # A constant becomes what the kernel's factory is called with.
        chosen = p.draw.choice(captured)
        p.constants.remove(chosen)
        make = factory_module(f"make_{name}", chosen.name, chosen.value)
    return Case(
        family="program",
        seed=p.draw.seed,
        index=p.draw.index,
        kernel_name=name,
        python_source=make(p.sig, name, body, definitions=definitions, docstring=docstring, constants=[c.line for c in p.constants]),
        reference_source=_reference(p, guard, [f"{c.name} = {c.value}" for c in [*p.constants, *captured]]),
        arguments=tuple(p.sig.arguments),
        launches=tuple(_launch(p, guard, size) for size in range(3)),
        limitations=tuple(sorted(p.limitations)),
        elementwise=p.elementwise and not any(a.role == "accumulate" and a.differentiable for a in p.sig.arguments),
    )


def _reference(p: Program, guard: bool, constants: list[str]) -> str:
    extents = [f"min(dim[{a}], {name})" for a, name in enumerate(p.guards)] if guard else [f"dim[{a}]" for a in range(len(p.lanes))]
    lanes = p.lanes[0]
    if len(p.lanes) == 1:
        body = [f"{lanes} = np.arange({extents[0]})"]
    else:
        body = [f"{', '.join(p.lanes)} = (axis.ravel() for axis in np.indices(({', '.join(extents)})))"]
    outputs = [a for a in p.sig.arguments if a.role != "input"]
    body += [f"{a.name} = {a.name}.copy()" for a in outputs if not _is_struct(a)]
    statements = p.statements[1:] if guard else p.statements
    names = [a.name for a in p.sig.arguments]
    body += Lowering([*names, *p.lanes], lanes, p.names).kernel(statements)
    returned = [f"{a.name}.{field}" for a in outputs if _is_struct(a) for field in p.struct_fields(a.name)]
    body.append("return {" + ", ".join(f'"{n}": {n}' for n in [*(a.name for a in outputs if not _is_struct(a)), *returned]) + "}")
    definitions = list(p.reference_definitions)
    for f in p.functions:
        parameters = [n for n, _ in f.parameters]
        inner = Lowering(parameters, parameters[0])
        definitions.append([f.numpy_head(), *indented(inner.function(list(f.body), f.results))])
    words = set(re.findall(r"\w+", "\n".join(body)))
    used = ["dim", *(n for n in names if n in words)]
    return reference_module(used, body, helpers=[*p.helpers, *dict.fromkeys(constants)], definitions=definitions)


def _is_struct(argument: Argument) -> bool:
    return argument.dtype.startswith("struct:")


def _length(p: Program, axis: int, size: int) -> int:
    """The grid's extent along `axis` in launch number `size`. Half precision makes do with fewer threads: each one's decisions are near."""
    flat = len(p.extents) == 1
    if size == 0:
        return 1
    if size == 1:
        return p.draw.choice([x for x in PRIMES if x < (60 if flat and not p.expressions.coarse else 12)])
    if flat:
        return 65 if p.expressions.coarse else p.draw.choice((65, 99, 130, 151))
    return p.draw.choice((9, 11, 13) if axis else (10, 12, 14))


def _launch(p: Program, guard: bool, size: int) -> Launch:
    """One launch: one thread, a prime number, and one above 64 that no block divides; guarded kernels get threads beyond the data."""
    sizes = {extent: _length(p, axis, size) for axis, extent in enumerate(p.extents)}
    if "n" in sizes:
        sizes["n_plus_1"] = sizes["n"] + 1
        sizes["entries"] = 4 * sizes["n"]
    dim = tuple(sizes[e] + (p.draw.integer(0, 5) if guard and size else 0) for e in p.extents)
    shapes: dict[str, tuple[int, ...]] = {}
    domains: dict[str, Domain] = {}
    for a in p.sig.arguments:
        plan = p.plans.get(a.name)
        if plan is None:
            shapes[a.name] = ()
            domains[a.name] = p.value_domains[a.name](sizes)
            continue
        shapes[a.name] = tuple(sizes[e] if isinstance(e, str) else e for e in plan.shape)
        if plan.domain is not None:
            domains[a.name] = plan.domain(sizes)
    for name, plan in p.field_plans.items():
        shapes[name] = tuple(sizes[e] if isinstance(e, str) else e for e in plan.shape)
    return Launch(dim=dim, shapes=shapes, domains=domains)
