"""Idioms around structs: arrays of structs read and written, structs with arrays, structs in structs."""

from __future__ import annotations

from kernels.case import Role
from kernels.domains import Struct
from kernels.language.expression import Expression, Variable
from kernels.language.interval import Interval
from kernels.language.types import Type
from kernels.source import struct_definition
from kernels.synthesis.builder import ArrayPlan, Program, Value, plural
from kernels.synthesis.vocabulary import Quantity


def _fields(p: Program, count: int, letters: str = "RVI") -> list[Quantity]:
    options = [q for q in p.theme.quantities if q.letter in letters]
    return p.draw.subset(options, min(count, len(options)))


def _class_name(p: Program, *suffixes: str) -> str:
    stem = "".join(word.capitalize() for word in p.draw.choice(p.theme.items).split("_"))
    return p.name(f"{stem}{p.draw.choice(suffixes)}")


def struct_of_thread(p: Program) -> bool:
    """The thread's element of an array of structs, and its fields by name."""
    if p.structs_of_threads:
        return False
    fields = _fields(p, p.draw.integer(2, 4))
    if len(fields) < 2:
        return False
    struct = _class_name(p, "", "Data", "State")
    item = p.draw.choice(p.theme.items)
    array = p.name(p.draw.choice((plural(item), f"{item}_data", f"{item}_states")))
    types = [(q.name, p.type_of(q.letter)) for q in fields]
    p.definitions.append(struct_definition(struct, types))
    domain = tuple((q.name, type.name, p.domain_of(q)) for q, (_, type) in zip(fields, types, strict=True))
    p.sig.struct(array, struct, len(p.lanes), differentiable=True)
    p.plans[array] = ArrayPlan(p.extents, lambda sizes: Struct(domain))
    local = p.name(p.draw.choice((item[0], item, "state", "element")))
    lanes = ", ".join(p.lanes)
    variables = [
        Variable(type, Interval(q.low, q.high), f"{local}.{q.name}", f"{local}_{q.name}")
        for q, (_, type) in zip(fields, types, strict=True)
    ]
    numpy = [f"{local}_{q.name} = {array}.{q.name}[{lanes}]" for q in fields]
    p.names.update(f"{local}_{q.name}" for q in fields)
    p.verbatim([f"{local} = {array}[{lanes}]"], lambda mask: numpy)
    for variable in variables:
        p.values.append(Value(variable))
        p.expressions.provenance.given(variable.name)
    p.structs_of_threads.append((struct, local, array))
    return True


def struct_result(p: Program) -> bool:
    """A struct made in the kernel, its fields set one by one, and stored to an array of such."""
    letters = [letter for letter in "RV" if p.palette.has(letter) and p.scope(letter)]
    if not letters or any(a.role == "output" and a.dtype.startswith("struct:") for a in p.sig.arguments):
        return False
    names = [q for q in p.theme.results if q.letter in letters]
    if not names:
        return False
    names = p.draw.subset(names, min(2, len(names)))
    struct = _class_name(p, "Result", "Output", "Update")
    types: list[tuple[str, Type]] = [(q.name, p.type_of(q.letter)) for q in names]
    values: list[Expression] = []
    for _, type in types:
        sources = p.pick(2, "V" if type.rank else "R")
        if not sources:
            return False
        values.append(p.expressions.fused(type, sources, 1))
    item = p.draw.choice(p.theme.items)
    array = p.name(p.draw.choice((f"{item}_results", f"out_{plural(item)}", "results", "updates")))
    p.definitions.append(struct_definition(struct, types))
    role: Role = "inout" if p.leaves_outputs else "output"
    p.sig.struct(array, struct, len(p.lanes), role, differentiable=True)
    domain = tuple((name, type.name, p.domain_of(Quantity(name, q.letter))) for q, (name, type) in zip(names, types, strict=True))
    p.plans[array] = ArrayPlan(p.extents, lambda sizes: Struct(domain))
    local = p.name(p.draw.choice(("result", "res", "update", "entry")))
    lanes = ", ".join(p.lanes)
    lines = [f"{local} = {struct}()", *(f"{local}.{name} = {v.warp()}" for (name, _), v in zip(types, values, strict=True))]

    def numpy(mask: str | None) -> list[str]:
        stores = []
        for (name, type), value in zip(types, values, strict=True):
            target = f"{array}.{name}[{lanes}]"
            text = value.numpy()
            across = "[..., None]" if type.rank else ""
            stores.append(f"{target} = {text if mask is None else f'np.where({mask}{across}, {text}, {target})'}")
        return stores

    p.verbatim([*lines, f"{array}[{lanes}] = {local}"], numpy, values)
    if p.early_exits:
        # A thread that left before has written nothing here.
        p.sig.arguments[-1] = p.sig.arguments[-1].__class__(array, f"struct:{struct}", len(p.lanes), "inout", True)
    return True


def struct_with_arrays(p: Program) -> bool:
    """A struct that holds arrays, one of which is read at the thread's place."""
    if len(p.lanes) > 1:
        return False
    fields = _fields(p, p.draw.integer(2, 3), "RV")
    if not fields:
        return False
    struct = _class_name(p, "Arrays", "Buffers", "Model", "View")
    name = p.name(p.draw.choice(("model", "view", "buffers", "soa", "inputs")))
    sized = p.draw.chance(0.5)
    lines = ["@wp.struct", f"class {struct}:"]
    lines += [f"    {plural(q.name)}: wp.array(dtype={p.type_of(q.letter).spelling})" for q in fields]
    parameter = Quantity("scale", "R", 0.5, 1.5)
    if sized:
        lines.append(f"    {parameter.name}: {p.real.spelling}")
    p.definitions.append(lines)
    domain = [(plural(q.name), p.type_of(q.letter).name, p.domain_of(q)) for q in fields]
    if sized:
        domain.append((parameter.name, p.real.name, p.domain_of(parameter)))
    p.sig.struct(name, struct, differentiable=True)
    p.value_domains[name] = lambda sizes: Struct(tuple(domain))
    for q in fields:
        p.field_plans[f"{name}.{plural(q.name)}"] = ArrayPlan(p.extents, None)
    if sized:
        p.values.append(Value(Variable(p.real, Interval(parameter.low, parameter.high), f"{name}.{parameter.name}")))
        p.expressions.provenance.given(f"{name}.{parameter.name}")
    for q in fields:
        p.load(f"{name}.{plural(q.name)}", q, p.lane_variables)
    return True


def nested_struct(p: Program) -> bool:
    """A parameter struct that holds another one."""
    chosen = [q for q in p.theme.parameters if q.name not in p.names and q.letter in "RV"]
    if len(chosen) < 3:
        return False
    chosen = p.draw.subset(chosen, 3)
    inner, outer = chosen[:2], chosen[2]
    inner_name, outer_name = _class_name(p, "Material", "Limits", "Gains"), _class_name(p, "Settings", "Config", "Options")
    field = p.draw.choice(("material", "limits", "gains", "inner"))
    name = p.name(p.draw.choice(("settings", "cfg", "opts", "props")))
    p.definitions.append(struct_definition(inner_name, [(q.name, p.type_of(q.letter)) for q in inner]))
    p.definitions.append(
        ["@wp.struct", f"class {outer_name}:", f"    {field}: {inner_name}", f"    {outer.name}: {p.type_of(outer.letter).spelling}"]
    )
    p.sig.struct(name, outer_name)
    inner_domain = Struct(tuple((q.name, p.type_of(q.letter).name, p.domain_of(q)) for q in inner))
    outer_domain = (outer.name, p.type_of(outer.letter).name, p.domain_of(outer))
    p.value_domains[name] = lambda sizes: Struct(((field, f"struct:{inner_name}", inner_domain), outer_domain))
    for path, q in (*((f"{name}.{field}.{q.name}", q) for q in inner), (f"{name}.{outer.name}", outer)):
        p.values.append(Value(Variable(p.type_of(q.letter), Interval(q.low, q.high), path)))
        p.expressions.provenance.given(path)
    return True
