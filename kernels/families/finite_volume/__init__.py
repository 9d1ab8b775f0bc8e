"""Finite volumes and elements: steps of conservation laws from face fluxes, and assembly over triangles and edges.

Variants: the law (advection, Burgers, traffic, Buckley-Leverett, a drawn flux, shallow water), the numerical flux (upwind,
Lax-Friedrichs, Rusanov, Engquist-Osher), slope limiters (minmod, van Leer, monotonized central), one or two dimensions, boundaries, a
thread per cell or per face with atomics, unstructured faces, source terms; stiffness, mass and loads of linear triangles (LeVeque, Finite
Volume Methods, 2002).
"""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Uniform
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.finite_volume.assembly import build_edges, build_triangles
from kernels.families.finite_volume.cells import define_function, neighbour_index
from kernels.families.finite_volume.shallow_water import build_shallow_water
from kernels.language.expression import Expression, variable
from kernels.language.interval import Interval
from kernels.language.types import I32

STATES = ("u", "density", "q", "concentration", "saturation")
LAWS = {
    "burgers": "0.5 * u * u",
    "traffic": "u * (1.0 - u)",
    "advection": "0.7 * u",
    "buckley_leverett": "u * u / (u * u + 0.5 * (1.0 - u) * (1.0 - u))",
    "cubic": "u * u * u / 3.0",
}
SPEEDS = {
    "burgers": "wp.abs(u)",
    "traffic": "wp.abs(1.0 - 2.0 * u)",
    "advection": "0.7",
    "buckley_leverett": "wp.abs(u) + 0.5",
    "cubic": "u * u",
}
FLUXES = {
    "lax_friedrichs": ("return 0.5 * (flux(ul) + flux(ur)) - 0.5 * alpha * (ur - ul)",),
    "rusanov": ("speed = wp.max(wave_speed(ul), wave_speed(ur))", "return 0.5 * (flux(ul) + flux(ur) - speed * (ur - ul))"),
    "central": ("return 0.5 * (flux(ul) + flux(ur))",),
    "midpoint": ("return flux(0.5 * (ul + ur))",),
    "lax_wendroff": ("mid = 0.5 * (ul + ur) - 0.5 * alpha * (flux(ur) - flux(ul))", "return flux(mid)"),
    "upwind": ("return wp.where(0.5 * (ul + ur) > 0.5, flux(ul), flux(ur))",),
    "engquist_osher": (
        "forward = flux(wp.max(ul, 0.5))",
        "backward = flux(wp.min(ur, 0.5))",
        "return forward + backward - flux(0.5)",
    ),
    "blended": ("smear = 0.5 * alpha * (ur - ul)", "return alpha * flux(ul) + (1.0 - alpha) * flux(ur) - smear"),
}
LIMITERS = {
    "minmod": ("return wp.where(a * b > 0.0, wp.where(wp.abs(a) < wp.abs(b), a, b), 0.0)",),
    "minmod_sign": ("return 0.5 * (wp.sign(a) + wp.sign(b)) * wp.min(wp.abs(a), wp.abs(b))",),
    "van_leer": ("return wp.sign(a) * 2.0 * wp.max(a * b, 0.0) / (wp.abs(a) + wp.abs(b) + 0.01)",),
    "monotonized": (
        "bound = 2.0 * wp.min(wp.abs(a), wp.abs(b))",
        "return wp.where(a * b > 0.0, wp.sign(a) * wp.min(bound, 0.5 * wp.abs(a + b)), 0.0)",
    ),
}


def build(draw: Draw) -> Case:
    """One finite-volume or finite-element kernel."""
    draft = Draft(draw, without=("normalize",))
    form = draw.weighted((_cells, _faces, build_shallow_water, build_triangles, build_edges), (7, 4, 3, 3, 2))
    return form(draw, draft)


def _numerical_flux(draw: Draw, draft: Draft) -> tuple[str, str]:
    """Defines the flux of the law and between two states; returns the call for two states, and the scheme's name."""
    law = draw.choice((*LAWS, "drawn", "drawn"))
    if law == "drawn":
        physical = draft.drawn(draft.real, [variable("u", draft.real, -1.0, 2.0)], 2, Interval(-20.0, 20.0))
        draft.function("flux", [("u", draft.real)], [], draft.real)
        draft.definitions[-1].append(f"    return {physical.warp()}")
        draft.reference_definitions.append(["def flux(u):", f"    return {physical.numpy()}"])
    else:
        define_function(draft, "flux", ("u",), (f"return {LAWS[law]}",))
    scheme = draw.choice(tuple(FLUXES))
    if scheme == "rusanov":
        define_function(draft, "wave_speed", ("u",), (f"return {SPEEDS.get(law, '1.0 + wp.abs(u)')}",))
    body = FLUXES[scheme]
    name = draw.choice(("numerical_flux", f"{scheme}_flux", "riemann"))
    needs_alpha = "alpha" in " ".join(body)
    define_function(draft, name, ("ul", "ur", "alpha") if needs_alpha else ("ul", "ur"), body)
    alpha = ""
    if needs_alpha:
        alpha = ", " + draft.parameter(draw.choice(("alpha", "max_speed", "lam")), 0.3, 1.0).name
    return f"{name}({{}}, {{}}{alpha})", law if law != "drawn" else scheme


def _cells(draw: Draw, draft: Draft) -> Case:
    """A thread per cell, which works out the fluxes at its faces."""
    two = draw.chance(0.35)
    axes = "ij" if two else "i"
    sizes_of_axes = ("n", "m") if two else ("n",)
    u = draft.array(draw.choice(STATES), draft.real, *sizes_of_axes, domain=Uniform(0.05, 0.95))
    draft.line(f"{', '.join(axes)} = wp.tid()")
    extents = ["rows", "cols"] if two else [draw.choice(("n", "num_cells", "nx"))]
    for number, extent in enumerate(extents):
        draft.extent(extent, u, number, size="nm"[number])
    if draw.chance(0.4):
        with draft.block(f"if {' or '.join(f'{a} >= {e}' for a, e in zip(axes, extents, strict=True))}:"):
            draft.line("return")
    boundary = draw.choice(("periodic", "outflow"))
    call, label = _numerical_flux(draw, draft)
    limited = draw.chance(0.4)
    if limited:
        limiter = draw.choice(tuple(LIMITERS))
        define_function(draft, "limiter", ("a", "b"), LIMITERS[limiter])
        label = f"{limiter}_{label}"
    here = ", ".join(axes)
    draft.line(f"uc = {u}[{here}]")
    for axis, extent in zip(axes, extents, strict=True):
        _axis_fluxes(draft, u, axis, extent, axes, boundary, call, limited)
    mode = "wrap" if boundary == "periodic" else "edge"
    pad = 2 if limited else 1
    faces = ["def face_fluxes(u, numerical):", f'    padded = np.pad(u, [(0, 0)] * (u.ndim - 1) + [({pad}, {pad})], mode="{mode}")']
    if limited:
        faces += [
            "    jumps = np.diff(padded)",
            "    slopes = limiter(jumps[..., :-1], jumps[..., 1:])",
            "    left = padded[..., 1:-2] + 0.5 * slopes[..., :-1]",
            "    right = padded[..., 2:-1] - 0.5 * slopes[..., 1:]",
            "    return numerical(left, right)",
        ]
    else:
        faces.append("    return numerical(padded[..., :-1], padded[..., 1:])")
    draft.reference_definitions.append(faces)
    draft.numpy(f"uc = {u}", f"numerical = lambda left, right: {call.format('left', 'right')}")
    draft.numpy(f"net_{axes[-1]} = np.diff(face_fluxes({u}, numerical))")
    if two:
        draft.numpy(f"net_i = np.diff(face_fluxes({u}.T, numerical)).T")
    ratio = draft.parameter(draw.choice(("dt_dx", "cfl", "lam_x")), 0.1, 0.5).name
    net = " + ".join(f"net_{a}" for a in axes)
    draft.formula(f"updated = uc - {ratio} * {f'({net})' if two else net}")
    final = _source(draw, draft, here, sizes_of_axes)
    out = draft.output(draw.choice((f"{u}_new", f"{u}_next", "result")), draft.real, *sizes_of_axes)
    draft.store(out, here, final)
    if draw.chance(0.2):
        draft.store(draft.output("residual", draft.real, *sizes_of_axes), here, f"net_{axes[0]}")
    if two:
        sizes = [{"n": 1, "m": 1}, {"n": 5, "m": 7}, {"n": draw.integer(7, 9), "m": draw.choice((11, 13))}]
    else:
        sizes = [{"n": n} for n in draw.sizes(200)]
    return draft.case(f"{label}_step", sizes_of_axes, sizes)


def _axis_fluxes(draft: Draft, u: str, axis: str, extent: str, axes: str, boundary: str, call: str, limited: bool) -> None:
    """The kernel's lines for the difference of the fluxes along one axis, `net_<axis>`."""

    def value(offset: int) -> str:
        moved = neighbour_index(axis, offset, extent, boundary)
        return f"{u}[{', '.join(moved if a == axis else a for a in axes)}]"

    left, right = f"u_{'left' if axis == 'i' else 'down'}", f"u_{'right' if axis == 'i' else 'up'}"
    draft.line(f"{left} = {value(-1)}", f"{right} = {value(1)}")
    if not limited:
        lines = (call.format(left, "uc"), call.format("uc", right))
    else:
        draft.line(f"{left}_far = {value(-2)}", f"{right}_far = {value(2)}")
        draft.line(f"slope_{axis} = limiter(uc - {left}, {right} - uc)")
        draft.line(
            f"slope_{left[2:]} = limiter({left} - {left}_far, uc - {left})",
            f"slope_{right[2:]} = limiter({right} - uc, {right}_far - {right})",
        )
        half = draft.number(0.5)
        lines = (
            call.format(f"{left} + {half} * slope_{left[2:]}", f"uc - {half} * slope_{axis}"),
            call.format(f"uc + {half} * slope_{axis}", f"{right} - {half} * slope_{right[2:]}"),
        )
    if draft.draw.chance(0.6):
        draft.line(f"flux_in_{axis} = {lines[0]}", f"flux_out_{axis} = {lines[1]}", f"net_{axis} = flux_out_{axis} - flux_in_{axis}")
    else:
        draft.line(f"net_{axis} = {lines[1]}", f"net_{axis} -= {lines[0]}")


def _source(draw: Draw, draft: Draft, here: str, extents: tuple[str, ...]) -> str:
    """The name of the finished value: the update, sometimes with a source or a correction."""
    if draw.chance(0.25):
        return "updated"
    terms: list[Expression] = [variable("uc", draft.real, 0.0, 1.0)]
    for name in draw.subset(("absorption", "rainfall", "porosity"), draw.integer(0, 1)):
        draft.array(name, draft.real, *extents, domain=Uniform(0.1, 1.0))
        terms.append(draft.load(f"{name}_c", name, here, 0.1, 1.0))
    for name in draw.subset(("rate", "decay", "strength"), draw.integer(0, 1)):
        terms.append(draft.parameter(name, 0.05, 1.0))
    source = draft.fused("source", draft.real, terms).name
    dt = draft.parameter("dt", 0.01, 0.2).name
    draft.formula(draw.choice((f"updated = updated + {dt} * {source}", f"updated = updated - {dt} * {source}")))
    if draw.chance(0.3):
        draft.formula(draw.choice(("updated = wp.max(updated, 0.0)", "updated = wp.clamp(updated, 0.0, 1.0)")))
    return "updated"


def _faces(draw: Draw, draft: Draft) -> Case:
    """A thread per face; its flux leaves one cell and enters the other by atomics."""
    f = draw.choice(("face", "f", "tid"))
    draft.line(f"{f} = wp.tid()")
    u = draft.array(draw.choice(STATES), draft.real, "cells", domain=Uniform(0.05, 0.95))
    call, label = _numerical_flux(draw, draft)
    kind = draw.choice(("unstructured", "unstructured", "chain", "ring"))
    if kind == "unstructured":
        draft.array("owner", I32, "n", domain=lambda s: Integers(0, s["cells"]))
        draft.array("neighbor", I32, "n", domain=lambda s: Integers(0, s["cells"]))
        draft.load("left", "owner", f, 0, 0)
        draft.load("right", "neighbor", f, 0, 0)
    else:
        draft.line(f"left = {f}")
        if kind == "ring":
            draft.count("num_cells", "cells")
            draft.line(f"right = ({f} + 1) % num_cells")
        else:
            draft.line(f"right = {f} + 1")
        draft.numpy("left = np.arange(dim[0])", f"right = (left + 1) % len({u})" if kind == "ring" else "right = left + 1")
    draft.both(f"ul = {u}[left]", f"ur = {u}[right]")
    draft.line(f"f_num = {call.format('ul', 'ur')}")
    draft.numpy(f"f_num = {call.format('ul', 'ur')}")
    terms: list[Expression] = [variable("f_num", draft.real, -20.0, 20.0)]
    for name in draw.subset(("area", "face_length", "permeability"), draw.integer(0, 2)):
        draft.array(name, draft.real, "n", domain=Uniform(0.2, 1.5))
        terms.append(draft.load(f"{name}_f", name, f, 0.2, 1.5))
    if draw.chance(0.4):
        terms.append(draft.parameter(draw.choice(("dt", "scale")), 0.05, 1.0))
    if draw.chance(0.4):
        draft.formula("jump = ur - ul")
        terms.append(variable("jump", draft.real, -1.0, 1.0))
    through = draft.fused(draw.choice(("through", "transported", "amount")), draft.real, terms).name if len(terms) > 1 else "f_num"
    out = draft.output(draw.choice(("balance", "divergence", "change", "net_flux")), draft.real, "cells", role="accumulate")
    volumes = draw.chance(0.3)
    if volumes:
        draft.array("inv_volume", draft.real, "cells", domain=Uniform(0.5, 2.0))
    gain = {side: f"{through} * inv_volume[{side}]" if volumes else through for side in ("left", "right")}
    draft.line(f"wp.atomic_sub({out}, left, {gain['left']})", f"wp.atomic_add({out}, right, {gain['right']})")
    draft.numpy(f"{out} = np.zeros_like({u})", f"np.subtract.at({out}, left, {gain['left']})", f"np.add.at({out}, right, {gain['right']})")
    sizes = []
    for n in draw.sizes(200):
        sizes.append({"n": n, "cells": {"unstructured": n // 2 + 2, "chain": n + 1, "ring": max(n, 2)}[kind]})
    return draft.case(f"{label}_faces", ["n"], sizes)
