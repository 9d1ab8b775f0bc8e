"""Rays against boxes by slabs, spheres, discs and cylinders in plain arithmetic (Ericson, Real-Time Collision Detection, 2005)."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Rotations, Uniform, UnitVectors
from kernels.drafting.draft import Draft
from kernels.drafting.finish import drop_idle_locals
from kernels.drafting.vectors import vector_formula
from kernels.draw import Draw
from kernels.families.geometry_processing.meshes import finish_measure
from kernels.language.types import I32


def build_slabs(draw: Draw, draft: Draft) -> Case:
    """Rays against boxes by slabs, axis by axis or in a loop, upright or turned; against spheres, planes and discs; lengths inside."""
    kind = draw.choice(("box", "box", "turned", "sphere", "disc", "cylinder", "shared_box"))
    i = draw.choice(("i", "tid", "ray"))
    draft.reserve(
        i,
        "o",
        "d",
        "near",
        "far",
        "t0",
        "t1",
        "lo",
        "hi",
        "inv",
        "hit",
        "t",
        "k",
        "n",
        "value",
        "b",
        "c",
        "disc",
        "length",
        "axis_o",
        "axis_d",
        "q",
        "r2",
        "a",
    )
    origins = draft.array(draft.name("origins", "ray_o"), draft.vector, "n", low=-2.0, high=2.0)
    directions = draft.array(draft.name("directions", "ray_d"), draft.vector, "n", domain=UnitVectors())
    with draft.threads((i, "n", origins, 0)):
        draft.line(f"o = {origins}[{i}]", f"d = {directions}[{i}]")
        draft.numpy(f"o, d = {origins}, {directions}")
        if kind in ("box", "turned", "shared_box"):
            if kind == "shared_box":
                draft.value("lower", draft.vector, Uniform(-1.2, -0.3))
                draft.value("upper", draft.vector, Uniform(0.3, 1.2))
                draft.both("lo = lower", "hi = upper")
            else:
                for name, low, high in (("lower", -1.2, -0.3), ("upper", 0.3, 1.2)):
                    draft.array(name, draft.vector, "n", low=low, high=high)
                draft.line(f"lo = lower[{i}]", f"hi = upper[{i}]")
                draft.numpy("lo, hi = lower, upper")
            if kind == "turned":
                draft.array("frames", draft.matrix, "n", domain=Rotations())
                draft.line(f"o = wp.transpose(frames[{i}]) @ o", f"d = wp.transpose(frames[{i}]) @ d")
                draft.numpy("o, d = np.einsum('nji,nj->ni', frames, o), np.einsum('nji,nj->ni', frames, d)")
            real = draft.real.spelling
            draft.line(f"near = {real}(-1.0e4)", f"far = {real}(1.0e4)")
            style = draw.choice(("loop", "written"))
            tiny = draft.number(0.001)
            if style == "loop":
                with draft.block("for k in range(3):"):
                    draft.line(f"inv = wp.where(wp.abs(d[k]) < {tiny}, {draft.number(1000.0)}, {draft.number(1.0)} / d[k])")
                    draft.line(
                        "t0 = (lo[k] - o[k]) * inv",
                        "t1 = (hi[k] - o[k]) * inv",
                        "near = wp.max(near, wp.min(t0, t1))",
                        "far = wp.min(far, wp.max(t0, t1))",
                    )
            else:
                for k in range(3):
                    draft.line(f"inv{k} = wp.where(wp.abs(d[{k}]) < {tiny}, {draft.number(1000.0)}, {draft.number(1.0)} / d[{k}])")
                    draft.line(f"a{k} = (lo[{k}] - o[{k}]) * inv{k}", f"b{k} = (hi[{k}] - o[{k}]) * inv{k}")
                draft.line(
                    "near = wp.max(wp.max(wp.min(a0, b0), wp.min(a1, b1)), wp.min(a2, b2))",
                    "far = wp.min(wp.min(wp.max(a0, b0), wp.max(a1, b1)), wp.max(a2, b2))",
                )
            draft.numpy(
                "inv = np.where(np.abs(d) < 0.001, 1000.0, 1.0 / np.where(np.abs(d) < 0.001, 1.0, d))",
                "t0, t1 = (lo - o) * inv, (hi - o) * inv",
            )
            draft.numpy("near, far = np.max(np.minimum(t0, t1), axis=1), np.min(np.maximum(t0, t1), axis=1)")
            draft.line(f"hit = wp.where(near <= far and far > {draft.number(0.0)}, 1, 0)")
            draft.numpy("hit = (near <= far) & (far > 0.0)")
            goal = draw.choice(("near", "length", "both"))
            draft.line(f"t = wp.max(near, {draft.number(0.0)})", "length = far - t")
            draft.numpy("t = np.maximum(near, 0.0)", "length = far - t")
            value = "t" if goal == "near" else "length"
        else:
            value = "t"
            zero = draft.number(0.0)
            if kind == "sphere":
                radius = draft.knob("radius", 0.8, 1.5).numpy()
                vector_formula(draft, "b = wp.dot(o, d)", f"c = wp.dot(o, o) - {radius} * {radius}", "disc = b * b - c")
                draft.line(f"hit = wp.where(disc > {zero} and -b > {zero}, 1, 0)", draft.warp("t = -b - wp.sqrt(wp.max(disc, 0.0001))"))
                draft.numpy("hit = (disc > 0.0) & (-b > 0.0)", "t = -b - np.sqrt(np.maximum(disc, 0.0001))")
            elif kind == "cylinder":
                radius = draft.knob("radius", 0.8, 1.5).numpy()
                vector_formula(
                    draft,
                    "a = d[0] * d[0] + d[2] * d[2] + 0.01",
                    "b = o[0] * d[0] + o[2] * d[2]",
                    f"c = o[0] * o[0] + o[2] * o[2] - {radius} * {radius}",
                    "disc = b * b - a * c",
                )
                draft.line(f"hit = wp.where(disc > {zero}, 1, 0)", draft.warp("t = (-b - wp.sqrt(wp.max(disc, 0.0001))) / a"))
                draft.numpy("hit = disc > 0.0", "t = (-b - np.sqrt(np.maximum(disc, 0.0001))) / a")
            else:
                draft.value("disc_normal", draft.vector, UnitVectors())
                radius = draft.knob("radius", 0.8, 1.8).numpy()
                vector_formula(
                    draft,
                    "b = wp.dot(disc_normal, d)",
                    "b = wp.where(b < 0.0, b - 0.05, b + 0.05)",
                    "t = -wp.dot(disc_normal, o) / b",
                    "q = o + {t} * d",
                    "r2 = wp.dot(q, q)",
                )
                r_text = radius if radius[0].isalpha() else draft.warp(radius)
                draft.line(f"hit = wp.where(r2 < {r_text} * {r_text} and t > {zero}, 1, 0)")
                draft.numpy(f"hit = (r2 < {radius} * {radius}) & (t > 0.0)")
        draft.line(f"value = {draft.real.spelling}(-1.0)")
        with draft.block("if hit == 1:"):
            draft.line(f"value = {value}")
        draft.numpy(f"value = np.where(hit, {value}, -1.0)")
        if draw.chance(0.5):
            draft.output("hits", I32, "n")
            draft.line(f"hits[{i}] = hit")
            draft.numpy("hits = hit.astype(np.int32)")
        finish_measure(draft, draft.known("value", draft.real, -1.0, 40.0), ("t_out", "path_length", "depth_out"), i, ("n",), share=0.5)
    drop_idle_locals(draft)
    return draft.case(draw.choice((f"ray_{kind}_test", f"clip_to_{kind}", f"slab_{kind}")), ["n"], [{"n": n} for n in draw.sizes(150)])
