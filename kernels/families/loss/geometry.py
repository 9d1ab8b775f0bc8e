"""Losses of pictures and points: structural similarity, total variation, Chamfer distance."""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.draft import Draft
from kernels.drafting.layout import loop
from kernels.drafting.outlines import outlined
from kernels.drafting.rewriting import complement
from kernels.draw import Draw
from kernels.families.loss.totals import finish
from kernels.language.types import I32


def structural_similarity(draw: Draw) -> Case:
    """One less the structural similarity of two pictures (Wang et al., 2004), over a box of pixels around each."""
    draft = Draft(draw, smooth=True)
    real = draft.real
    channels = draw.chance(0.45)
    lead, extents = (("c",), ("channels",)) if channels else ((), ())
    draft.reserve("mu_a", "mu_b", "sq_a", "sq_b", "cross", "var_a", "var_b", "cov", "luminance", "contrast", "similarity", "a", "b")
    draft.reserve("c", "y", "x", "dy", "dx", "yy", "xx", "height", "width", "channels", "padded_a", "padded_b", "views_a", "views_b")
    first, second = draw.choice((("image_a", "image_b"), ("rendered", "observed"), ("pred", "target")))
    for name in (first, second):
        draft.array(name, real, *extents, "height", "width", low=0.0, high=1.0)
    clamped = draw.chance(0.5)
    at = ", ".join((*lead, "y", "x"))
    axes = (*lead, "y", "x")
    with draft.threads(*((i, n, first, a) for a, (i, n) in enumerate(zip(axes, (*extents, "height", "width"), strict=True)))):
        for a, extent in enumerate(("height", "width")):
            draft.extent(extent, first, len(lead) + a)
        if clamped:
            find = ["yy = wp.clamp(y + dy, 0, height - 1)", "xx = wp.clamp(x + dx, 0, width - 1)"]
        else:
            find = ["yy = (y + dy + height) % height", "xx = (x + dx + width) % width"]
        there = ", ".join((*lead, "yy", "xx"))
        sums = ("mu_a", "mu_b", "sq_a", "sq_b", "cross")
        inner = [*find, f"a = {first}[{there}]", f"b = {second}[{there}]"]
        inner += ["mu_a += a", "mu_b += b", "sq_a += a * a", "sq_b += b * b", "cross += a * b"]
        lines = [*(f"{name} = {draft.zero()}" for name in sums), *loop("dy", "2", loop("dx", "2", inner, "-1"), "-1")]
        if draw.chance(0.4):
            outlined(draft, draw.choice(("window_moments", "local_statistics")), lines, [(name, real) for name in sums])
        else:
            draft.line(*lines)
        nine = draft.number(9.0)
        draft.line(*(f"{name} = {name} / {nine}" for name in sums))
        draft.line("var_a = sq_a - mu_a * mu_a", "var_b = sq_b - mu_b * mu_b", "cov = cross - mu_a * mu_b")
        _moments(draft, first, second, "edge" if clamped else "wrap", channels=channels)
        c1, c2 = draft.knob("c1", 0.005, 0.05).numpy(), draft.knob("c2", 0.01, 0.1).numpy()
        draft.formula(f"luminance = (2.0 * mu_a * mu_b + {c1}) / (mu_a * mu_a + mu_b * mu_b + {c1})")
        draft.formula(f"contrast = (2.0 * cov + {c2}) / (var_a + var_b + {c2})", "similarity = luminance * contrast")
        loss = draft.name("value", "dissimilarity", "loss_value")
        forms = ("1.0 - similarity", "0.5 * (1.0 - similarity)", "wp.clamp(0.5 - 0.5 * similarity, 0.0, 1.0)")
        draft.formula(f"{loss} = {draw.choice(forms)}")
        value = draft.known(loss, real, 0.0, 2.0)
        if draw.chance(0.4):
            knob = draft.knob(draft.name("l1_weight", "mix"), 0.1, 0.9)
            mix, rest = knob.numpy(), complement(knob)
            name = draft.name("photometric", "mixed_loss")
            draft.warp_formula(f"{name} = {mix} * wp.abs({first}[{at}] - {second}[{at}]) + {rest} * {loss}")
            draft.numpy(f"{name} = {mix} * np.abs({first} - {second}) + {rest} * {loss}")
            value = draft.known(name, real, 0.0, 2.0)
        results = finish(draft, value, axes, (*extents, "height", "width"))
    draft.results(**results)
    sizes = [{"channels": c, "height": h, "width": w} for c, h, w in ((1, 2, 2), (2, 4, 5), (3, 6, draw.choice((7, 9))))]
    return draft.case(draw.choice(("ssim_loss", "structural_similarity", "photometric_loss")), (*extents, "height", "width"), sizes)


def _moments(draft: Draft, first: str, second: str, mode: str, *, channels: bool) -> None:
    """numpy: the window's means, variances and covariance, the latter from deviations."""
    pads = "[(0, 0), (1, 1), (1, 1)]" if channels else "[(1, 1), (1, 1)]"
    for name, letter in ((first, "a"), (second, "b")):
        draft.numpy(f'padded_{letter} = np.pad({name}, {pads}, mode="{mode}")')
        draft.numpy(
            f"views_{letter} = np.stack([padded_{letter}[..., i : i + {name}.shape[-2], j : j + {name}.shape[-1]] "
            "for i in range(3) for j in range(3)])"
        )
    draft.numpy("mu_a, mu_b = views_a.mean(axis=0), views_b.mean(axis=0)")
    draft.numpy("var_a, var_b = ((views_a - mu_a) ** 2).mean(axis=0), ((views_b - mu_b) ** 2).mean(axis=0)")
    draft.numpy("cov = ((views_a - mu_a) * (views_b - mu_b)).mean(axis=0)")


def total_variation(draw: Draw) -> Case:
    """Differences between neighbouring pixels: absolute, squared, or the smoothed length of the gradient."""
    draft = Draft(draw, smooth=True)
    real = draft.real
    rank = draw.choice((1, 2, 2, 2, 3))
    axes = {1: ("i",), 2: ("y", "x"), 3: ("z", "y", "x")}[rank]
    extents = {1: ("n",), 2: ("height", "width"), 3: ("depth", "height", "width")}[rank]
    kind = draw.choice(("absolute", "squared", "isotropic", "huber"))
    steps = [f"d{a}" for a in axes]
    draft.reserve(*axes, *extents, *steps, "here", "value", "zero_all")
    image = draft.array(draft.name("image", "field", "disparity", "volume"), real, *extents)
    guided = rank == 2 and draw.chance(0.35)
    at = ", ".join(axes)
    with draft.threads(*((i, n, image, a) for a, (i, n) in enumerate(zip(axes, extents, strict=True)))):
        for a, extent in enumerate(extents):
            draft.extent(extent, image, a)
        draft.line(f"here = {image}[{at}]")
        for a, (axis, extent, step) in enumerate(zip(axes, extents, steps, strict=True)):
            moved = ", ".join(f"{i} + 1" if i == axis else i for i in axes)
            draft.line(f"{step} = {draft.zero()}", f"if {axis} + 1 < {extent}:", f"    {step} = {image}[{moved}] - here")
            cut = [":"] * a + ["-1:"] + [":"] * (rank - 1 - a)
            draft.numpy(f"{step} = np.diff({image}, axis={a}, append={image}[{', '.join(cut)}])")
        if guided:
            guide = draft.array(draft.name("guide", "edges"), real, *extents, low=0.0, high=1.0)
            sharpness, weight = draft.knob("sharpness", 0.5, 3.0).numpy(), draft.name("edge_weight", "smoothness")
            draft.warp_formula(f"{weight} = wp.exp(-{sharpness} * {guide}[{at}])")
            draft.numpy(f"{weight} = np.exp(-{sharpness} * {guide})")
        squares = " + ".join(f"{s} * {s}" for s in steps)
        eps = draft.knob(draft.name("eps", "smoothing"), 0.001, 0.05).numpy() if kind in ("isotropic", "huber") else ""
        formula = {
            "absolute": " + ".join(f"wp.abs({s})" for s in steps),
            "squared": squares,
            "isotropic": f"wp.sqrt({squares} + {eps})",
            "huber": " + ".join(f"wp.sqrt({s} * {s} + {eps})" for s in steps),
        }[kind]
        loss = draft.name("variation", "roughness", "loss_value")
        draft.formula(f"{loss} = {formula}")
        value = draft.known(loss, real, 0.0, 12.0)
        if guided:
            name = draft.name("guided_loss", "edge_aware")
            draft.formula(f"{name} = {weight} * {loss}")
            value = draft.known(name, real, 0.0, 12.0)
        results = finish(draft, value, axes, extents)
    draft.results(**results)
    values = {"n": (1, 7, 67), "height": (1, 5, 9), "width": (1, 4, 11), "depth": (1, 3, 4)}
    sizes = [{name: row[k] for name, row in values.items()} for k in range(3)]
    return draft.case(draw.choice(("total_variation", f"{kind}_variation", "smoothness_loss")), extents, sizes)


def chamfer(draw: Draw) -> Case:
    """The distance from every point to the nearest of another set; with normals, the angle between them too."""
    draft = Draft(draw, smooth=True)
    real = draft.real
    vectors = draw.chance(0.6)
    i, j = draw.choice((("i", "j"), ("p", "q"), ("src", "other")))
    draft.reserve(i, j, "n", "m", "d", "delta", "dist", "best", "nearest", "nearest_all", "pair_all", "here", "gap", "alignment")
    points, others = draw.choice((("points", "targets"), ("cloud_a", "cloud_b"), ("pred", "truth")))
    for name, count in ((points, "n"), (others, "m")):
        if vectors:
            draft.array(name, draft.vector, count)
        else:
            draft.array(name, real, count, 2)
    if vectors:
        inner = [f"delta = {points}[{i}] - {others}[{j}]", "dist = wp.dot(delta, delta)"]
    else:
        inner = [f"dist = {draft.zero()}", *loop("d", "2", [f"delta = {points}[{i}, d] - {others}[{j}, d]", "dist += delta * delta"])]
    inner += ["if dist < best:", "    best = dist", f"    nearest = {j}"]
    with draft.threads((i, "n", points, 0)):
        draft.extent("m", others)
        search = [f"best = {draft.cast('1.0e30')}", "nearest = int(0)", *loop(j, "m", inner)]
        outlined(draft, draw.choice(("nearest_point", "closest_index", "find_nearest")), search, [("nearest", I32)])
        draft.numpy(f"pair_all = (({points}[:, None] - {others}[None]) ** 2).sum(axis=-1)", "nearest_all = np.argmin(pair_all, axis=1)")
        draft.numpy("gap = np.take_along_axis(pair_all, nearest_all[:, None], axis=1)[:, 0]")
        if vectors:
            draft.line(f"here = {points}[{i}] - {others}[nearest]", draw.choice(("gap = wp.dot(here, here)", "gap = wp.length_sq(here)")))
        else:
            draft.line(f"gap = {draft.zero()}", *loop("d", "2", [f"here = {points}[{i}, d] - {others}[nearest, d]", "gap += here * here"]))
        loss = draft.name("value", "distance", "loss_value")
        draft.formula(f"{loss} = " + draw.choice(("gap", "gap", "wp.sqrt(gap + 1.0e-4)", "gap / (gap + 0.2)", "1.0 - wp.exp(-2.0 * gap)")))
        value = draft.known(loss, real, 0.0, 12.0)
        if vectors and draw.chance(0.35):
            normals = draw.choice((("normals_a", "normals_b"), ("point_normals", "target_normals")))
            for name, count in zip(normals, ("n", "m"), strict=True):
                draft.array(name, draft.vector, count)
            draft.line(f"alignment = wp.dot({normals[0]}[{i}], {normals[1]}[nearest])")
            draft.numpy(f"alignment = np.sum({normals[0]} * {normals[1]}[nearest_all], axis=-1)")
            weight, name = draft.knob(draft.name("normal_weight", "mix"), 0.05, 0.5).numpy(), draft.name("combined", "oriented")
            draft.formula(f"{name} = {loss} + {weight} * (1.0 - alignment * alignment)")
            value = draft.known(name, real, -3.0, 12.0)
        results = finish(draft, value, (i,), ("n",))
        if draw.chance(0.4):
            out = draft.output(draft.name("nearest_id", "matches"), I32, "n")
            draft.line(f"{out}[{i}] = nearest")
            results[out] = "nearest_all.astype(np.int32)"
    draft.results(**results)
    sizes = [{"n": n, "m": m} for n, m in ((1, 1), (7, 5), (draw.choice((17, 23)), 13))]
    return draft.case(draw.choice(("chamfer_distance", "nearest_point_loss", "point_cloud_loss")), ("n",), sizes)
