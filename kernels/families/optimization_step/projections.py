"""Projections onto sets, and steps on a simplex (Duchi et al. 2008; Jaggi 2013; Beck and Teboulle 2003)."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Uniform
from kernels.drafting.draft import Draft
from kernels.drafting.finish import drop_idle_locals, finish
from kernels.draw import Draw

SORTS = {2: ((0, 1),), 3: ((0, 1), (1, 2), (0, 1)), 4: ((0, 1), (2, 3), (0, 2), (1, 3), (1, 2))}


def build_projection(draw: Draw, draft: Draft) -> Case:
    """A projection per row: onto a box, a ball, a simplex, a half-space, a plane, a second-order cone, a slab, an interval of norms."""
    kind = draw.choice(("box", "ball", "simplex", "simplex", "half_space", "plane", "cone", "shell", "l1_ball"))
    k = draw.choice((2, 3, 4)) if kind in ("simplex", "l1_ball") else draw.choice((2, 3, 4, 5))
    i = draw.choice(("i", "tid", "row"))
    draft.reserve(
        i,
        "j",
        "theta",
        "total",
        "t",
        "size",
        "scale",
        "over",
        "head",
        "swap",
        "n",
        "kept",
        "tops",
        "sums",
        "gap",
        *(f"{x}{r}" for x in "sxna" for r in range(k)),
    )
    xs = draft.array(draft.name("x_in", "points", "v_in"), draft.real, "n", k, low=-1.5, high=1.5)
    names = [f"x{r}" for r in range(k)]
    with draft.threads((i, "n", xs, 0)):
        draft.line(*(f"{name} = {xs}[{i}, {r}]" for r, name in enumerate(names)))
        draft.numpy(f"rows_in = {xs}")
        relaxed = draw.chance(0.25)
        if kind in ("simplex", "l1_ball"):
            radius = draft.knob(draft.name("radius", "mass"), 0.6, 1.4).numpy()
            sizes = [f"s{r}" for r in range(k)]
            draft.line(*(f"{s} = {f'wp.abs({x})' if kind == 'l1_ball' else x}" for s, x in zip(sizes, names, strict=True)))
            for a, b in SORTS[k]:
                draft.line(f"swap = wp.max(s{a}, s{b})", f"s{b} = wp.min(s{a}, s{b})", f"s{a} = swap")
            draft.line(f"total = {draft.zero()}", f"theta = {draft.zero()}")
            for r in range(k):
                draft.line(f"total += s{r}", draft.warp(f"t = (total - {radius}) / {float(r + 1)}"))
                with draft.block(f"if s{r} > t:"):
                    draft.line("theta = t")
            draft.numpy(
                f"sizes_in = {'np.abs(rows_in)' if kind == 'l1_ball' else 'rows_in'}",
                "tops = -np.sort(-sizes_in, axis=1)",
                f"sums = (np.cumsum(tops, axis=1) - {radius}) / np.arange(1, {k + 1}, dtype=tops.dtype)",
                "last = np.sum(tops > sums, axis=1) - 1",
                "theta = np.take_along_axis(sums, last[:, None], axis=1)",
            )
            if kind == "l1_ball":
                # A point inside stays.
                draft.warp_formula("theta = wp.max(theta, 0.0)")
                zero = draft.number(0.0)
                draft.line(*(f"{x} = wp.where({x} < {zero}, -wp.max(-{x} - theta, {zero}), wp.max({x} - theta, {zero}))" for x in names))
                draft.numpy("theta = np.maximum(theta, 0.0)", "kept = np.sign(rows_in) * np.maximum(np.abs(rows_in) - theta, 0.0)")
            else:
                draft.line(*(f"{x} = wp.max({x} - theta, {draft.number(0.0)})" for x in names))
                draft.numpy("kept = np.maximum(rows_in - theta, 0.0)")
        elif kind == "box":
            each = draw.chance(0.5)
            if each:
                low, high = draft.array("lower", draft.real, k, low=-0.9, high=-0.2), draft.array("upper", draft.real, k, low=0.2, high=0.9)
                draft.line(*(f"{x} = wp.clamp({x}, {low}[{r}], {high}[{r}])" for r, x in enumerate(names)))
                draft.numpy(f"kept = np.clip(rows_in, {low}, {high})")
            else:
                low, high = draft.knob("lower", -0.9, -0.2).numpy(), draft.knob("upper", 0.2, 0.9).numpy()
                draft.warp_formula(*(f"{x} = wp.clamp({x}, {low}, {high})" for x in names))
                draft.numpy(f"kept = np.clip(rows_in, {low}, {high})")
        elif kind in ("ball", "shell"):
            radius = draft.knob(draft.name("radius", "limit"), 0.6, 1.4).numpy()
            draft.line(draft.warp(f"size = wp.sqrt({' + '.join(f'{x} * {x}' for x in names)} + 0.0001)"))
            draft.numpy("size = np.sqrt(np.sum(rows_in * rows_in, axis=1, keepdims=True) + 0.0001)")
            draft.formula(
                f"scale = wp.min(1.0, {radius} / size)" if kind == "ball" else f"scale = wp.clamp(size, 0.5 * {radius}, {radius}) / size"
            )
            draft.line(*(f"{x} = scale * {x}" for x in names))
            draft.numpy("kept = scale * rows_in")
        elif kind in ("half_space", "plane"):
            normal = draft.array(draft.name("normals", "a_in"), draft.real, "n", k, low=0.2, high=1.0)
            offset = draft.array(draft.name("offsets", "b_in"), draft.real, "n", low=-0.5, high=0.5)
            draft.line(*(f"a{r} = {normal}[{i}, {r}]" for r in range(k)))
            draft.line(f"gap = {' + '.join(f'a{r} * {x}' for r, x in enumerate(names))} - {offset}[{i}]")
            draft.numpy(f"gap = np.sum({normal} * rows_in, axis=1) - {offset}")
            if kind == "half_space":
                draft.formula("gap = wp.max(gap, 0.0)")
            draft.line(
                f"scale = gap / ({' + '.join(f'a{r} * a{r}' for r in range(k))})",
                *(f"{x} = {x} - scale * a{r}" for r, x in enumerate(names)),
            )
            draft.numpy(f"scale = (gap / np.sum({normal} * {normal}, axis=1))[:, None]", f"kept = rows_in - scale * {normal}")
        else:
            # The cone |tail| <= head; the head is the last component.
            head, tail = names[-1], names[:-1]
            draft.line(draft.warp(f"size = wp.sqrt({' + '.join(f'{x} * {x}' for x in tail)} + 0.0001)"))
            draft.numpy("size, head = np.sqrt(np.sum(rows_in[:, :-1] ** 2, axis=1) + 0.0001), rows_in[:, -1]")
            with draft.block(f"if size <= -{head}:"):
                draft.line(*(f"{x} = {draft.zero()}" for x in names))
            with draft.block(f"elif size > {head}:"):
                draft.warp_formula(f"scale = 0.5 * (1.0 + {head} / size)")
                draft.line(*(f"{x} = scale * {x}" for x in tail), f"{head} = scale * size")
            draft.numpy(
                "scale = 0.5 * (1.0 + head / size)",
                "outside = np.concatenate([scale[:, None] * rows_in[:, :-1], (scale * size)[:, None]], axis=1)",
                "kept = np.where((size <= -head)[:, None], 0.0, np.where((size > head)[:, None], outside, rows_in))",
            )
        if relaxed:
            over = draft.knob(draft.name("over", "relaxation"), 0.4, 1.6)
            draft.line(*(f"{x} = {xs}[{i}, {r}] + {over.warp()} * ({x} - {xs}[{i}, {r}])" for r, x in enumerate(names)))
            draft.numpy(f"kept = rows_in + {over.numpy()} * (kept - rows_in)")
        out = draft.output(draft.name("x_out", "projected"), draft.real, "n", k)
        draft.line(*(f"{out}[{i}, {r}] = {x}" for r, x in enumerate(names)))
        draft.numpy(f"{out} = kept")
        if draw.chance(0.35):
            distance = [f"({x} - {xs}[{i}, {r}]) * ({x} - {xs}[{i}, {r}])" for r, x in enumerate(names)]
            draft.line(f"over = {' + '.join(distance)}")
            draft.numpy("over = np.sum((kept - rows_in) ** 2, axis=1)")
            finish(draft, draft.known("over", draft.real, 0.0, 20.0), ("distance_sq", "violation"), i, ("n",), share=0.6)
    drop_idle_locals(draft)
    return draft.case(
        draw.choice((f"project_{kind}", f"{kind}_projection", f"project_onto_{kind}")), ["n"], [{"n": n} for n in draw.sizes(120)]
    )


def build_simplex_step(draw: Draw, draft: Draft) -> Case:
    """A step on a simplex per row: Frank-Wolfe to the best corner, away steps, mirror descent by exponentials, multiplicative weights."""
    k = draw.choice((2, 3, 4, 5, 6))
    kind = draw.choice(("frank_wolfe", "mirror", "multiplicative", "pairwise", "box_oracle", "softmax_gradient"))
    i = draw.choice(("i", "tid", "row"))
    draft.reserve(i, "j", "best", "which", "worst", "away", "total", "gap", "g", "x", "w", "corner", "n", "moved", "mean", "grads")
    xs = draft.array(draft.name("x_in", "mix", "weights_in"), draft.real, "n", k, domain=Uniform(0.1, 1.0))
    gs = draft.array(draft.name("grad", "losses", "costs"), draft.real, "n", k)
    out = draft.name("x_out", "mixed", "weights_out")
    with draft.threads((i, "n", xs, 0)):
        rate = draft.knob(draft.name("gamma", "eta", "rate"), 0.1, 0.8).numpy()
        r = rate if rate[0].isalpha() else draft.warp(rate)
        draft.output(out, draft.real, "n", k)
        if kind in ("frank_wolfe", "pairwise", "box_oracle"):
            if kind == "box_oracle":
                bound = draft.knob(draft.name("bound", "half_width"), 0.4, 1.2)
                draft.line(f"gap = {draft.zero()}")
                with draft.block(f"for j in range({k}):"):
                    draft.line(
                        f"g = {gs}[{i}, j]",
                        f"x = {xs}[{i}, j]",
                        f"corner = wp.where(g > {draft.number(0.0)}, -{bound.warp()}, {bound.warp()})",
                    )
                    draft.line(f"{out}[{i}, j] = x + {r} * (corner - x)", "gap += g * (x - corner)")
                draft.numpy(
                    f"corner = np.where({gs} > 0.0, -{bound.numpy()}, {bound.numpy()})",
                    f"{out} = {xs} + {rate} * (corner - {xs})",
                    f"gap = np.sum({gs} * ({xs} - corner), axis=1)",
                )
            else:
                draft.line(f"best = {gs}[{i}, 0]", "which = int(0)")
                if kind == "pairwise":
                    draft.line("worst = best", "away = int(0)")
                draft.line(f"gap = {draft.zero()}")
                with draft.block(f"for j in range({k}):"):
                    draft.line(f"g = {gs}[{i}, j]", f"gap += g * {xs}[{i}, j]")
                    with draft.block("if g < best:"):
                        draft.line("best = g", "which = j")
                    if kind == "pairwise":
                        with draft.block("if g > worst:"):
                            draft.line("worst = g", "away = j")
                draft.line("gap = gap - best")
                draft.numpy(
                    f"which = np.argmin({gs}, axis=1)[:, None] == np.arange({k})",
                    f"gap = np.sum({gs} * {xs}, axis=1) - np.min({gs}, axis=1)",
                )
                if kind == "pairwise":
                    draft.numpy(f"away = np.argmax({gs}, axis=1)[:, None] == np.arange({k})")
                with draft.block(f"for j in range({k}):"):
                    draft.line(f"x = {xs}[{i}, j]")
                    if kind == "frank_wolfe":
                        draft.line(
                            f"moved = (1.0 - {rate}) * x" if draft.width == "float32" else f"moved = {draft.warp(f'(1.0 - {rate}) * x')}"
                        )
                        with draft.block("if j == which:"):
                            draft.line(f"moved += {r}")
                    else:
                        draft.line("moved = x")
                        with draft.block("if j == which:"):
                            draft.line(f"moved += {r} * {xs}[{i}, away]")
                        with draft.block("if j == away:"):
                            draft.line(f"moved -= {r} * x")
                    draft.line(f"{out}[{i}, j] = moved")
                if kind == "frank_wolfe":
                    draft.numpy(f"{out} = (1.0 - {rate}) * {xs} + np.where(which, {rate}, 0.0)")
                else:
                    draft.numpy(
                        f"mass = {rate} * np.sum(np.where(away, {xs}, 0.0), axis=1, keepdims=True)",
                        f"{out} = {xs} + np.where(which, mass, 0.0) - np.where(away, mass, 0.0)",
                    )
            finish(draft, draft.known("gap", draft.real, -4.0, 8.0), ("gap_out", "duality_gap"), i, ("n",), share=0.4)
        elif kind == "softmax_gradient":
            draft.line(f"total = {draft.zero()}", f"mean = {draft.zero()}")
            with draft.block(f"for j in range({k}):"):
                draft.line(f"w = wp.exp({xs}[{i}, j])", "total += w", f"mean += w * {gs}[{i}, j]")
            draft.line("mean = mean / total")
            with draft.block(f"for j in range({k}):"):
                draft.line(f"w = wp.exp({xs}[{i}, j]) / total", f"{out}[{i}, j] = {xs}[{i}, j] - {r} * w * ({gs}[{i}, j] - mean)")
            draft.numpy(
                f"w = np.exp({xs})",
                "w = w / w.sum(axis=1, keepdims=True)",
                f"mean = np.sum(w * {gs}, axis=1, keepdims=True)",
                f"{out} = {xs} - {rate} * w * ({gs} - mean)",
            )
        else:
            draft.line(f"total = {draft.zero()}")
            text = (
                f"{xs}[{i}, j] * wp.exp(-{r} * {gs}[{i}, j])"
                if kind == "mirror"
                else f"{xs}[{i}, j] * ({draft.number(1.0)} - {draft.number(0.5)} * {r} * {gs}[{i}, j])"
            )
            with draft.block(f"for j in range({k}):"):
                draft.line(f"total += {text}")
            mixed = draft.knob(draft.name("uniform_share", "exploration"), 0.05, 0.3).numpy() if draw.chance(0.4) else ""
            with draft.block(f"for j in range({k}):"):
                draft.line(f"w = {text} / total")
                if mixed:
                    draft.line(draft.warp(f"w = (1.0 - {mixed}) * w + {mixed} / {float(k)}"))
                draft.line(f"{out}[{i}, j] = w")
            draft.numpy(
                f"w = {xs} * np.exp(-{rate} * {gs})" if kind == "mirror" else f"w = {xs} * (1.0 - 0.5 * {rate} * {gs})",
                "w = w / w.sum(axis=1, keepdims=True)",
            )
            if mixed:
                draft.numpy(f"w = (1.0 - {mixed}) * w + {mixed} / {float(k)}")
            draft.numpy(f"{out} = w")
            if draw.chance(0.4):
                draft.line("gap = -wp.log(total)")
                total = f"{xs} * np.exp(-{rate} * {gs})" if kind == "mirror" else f"{xs} * (1.0 - 0.5 * {rate} * {gs})"
                draft.numpy(f"gap = -np.log(np.sum({total}, axis=1))")
                finish(draft, draft.known("gap", draft.real, -4.0, 4.0), ("potential", "mixed_loss"), i, ("n",), share=0.5)
    drop_idle_locals(draft)
    return draft.case(draw.choice((f"{kind}_step", f"simplex_{kind}", f"{kind}_{k}")), ["n"], [{"n": n} for n in draw.sizes(120)])
