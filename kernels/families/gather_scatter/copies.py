"""Copies by an index rule: transposes, flips, rolls, strides, repeats, padding, flattening, diagonals."""

from __future__ import annotations

from dataclasses import dataclass

from kernels.case import Case
from kernels.drafting.arguments import Sizes
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.language.expression import Custom, Expression
from kernels.language.interval import Interval
from kernels.language.types import Type, real

UNIT = Interval(-1.0, 1.0)


@dataclass(frozen=True)
class Rule:
    """A copy: the source's and the result's extents (names of sizes), the thread's indices over the result, where an element comes from
    (kernel text), and numpy's view of the source `x` in the result's shape. `{k}` is a small number, `{nb}` the extent called b."""

    names: str
    source: tuple[str, ...]
    result: tuple[str, ...]
    indices: tuple[str, ...]
    index: str
    view: str
    grow: tuple[tuple[str, str, int, int], ...] = ()
    """Sizes that follow from others: (name, from, factor in units of k with 0 for none, summand in units of k)."""


RULES = (
    Rule("transpose swap_axes", ("n", "m"), ("m", "n"), ("i", "j"), "j, i", "np.swapaxes({x}, 0, 1)"),
    Rule("flip_rows mirror_rows", ("n", "m"), ("n", "m"), ("i", "j"), "{n} - 1 - i, j", "{x}[::-1]"),
    Rule("flip_columns mirror", ("n", "m"), ("n", "m"), ("i", "j"), "i, {m} - 1 - j", "{x}[:, ::-1]"),
    Rule("rotate_quarter rot90", ("n", "m"), ("m", "n"), ("i", "j"), "j, {m} - 1 - i", "np.rot90({x})"),
    Rule("rotate_half turn_around", ("n", "m"), ("n", "m"), ("i", "j"), "{n} - 1 - i, {m} - 1 - j", "np.rot90({x}, 2)"),
    Rule(
        "anti_transpose flip_diagonal", ("n", "m"), ("m", "n"), ("i", "j"), "{n} - 1 - j, {m} - 1 - i", "np.swapaxes({x}, 0, 1)[::-1, ::-1]"
    ),
    Rule("reverse reversed_copy", ("n",), ("n",), ("i",), "{n} - 1 - i", "{x}[::-1]"),
    Rule("roll circular_shift", ("n",), ("n",), ("i",), "(i + {k}) % {n}", "np.roll({x}, -{k}, axis=0)"),
    Rule("roll_columns rotate_columns", ("n", "m"), ("n", "m"), ("i", "j"), "i, (j + {k}) % {m}", "np.roll({x}, -{k}, axis=1)"),
    Rule("roll_rows cycle_rows", ("n", "m"), ("n", "m"), ("i", "j"), "(i + {k}) % {n}, j", "np.roll({x}, -{k}, axis=0)"),
    Rule("strided_copy downsample", ("big",), ("n",), ("i",), "i * {k}", "{x}[::{k}]", (("big", "n", 1, 0),)),
    Rule("every_kth decimate", ("big",), ("n",), ("i",), "i * {k} + {k} - 1", "{x}[{k} - 1 :: {k}]", (("big", "n", 1, 0),)),
    Rule("downsample_rows subsample", ("big", "m"), ("n", "m"), ("i", "j"), "i * {k}, j", "{x}[::{k}]", (("big", "n", 1, 0),)),
    Rule("upsample nearest_upsample", ("n",), ("big",), ("i",), "i // {k}", "np.repeat({x}, {k}, axis=0)", (("big", "n", 1, 0),)),
    Rule(
        "upsample_columns stretch",
        ("n", "m"),
        ("n", "big"),
        ("i", "j"),
        "i, j // {k}",
        "np.repeat({x}, {k}, axis=1)",
        (("big", "m", 1, 0),),
    ),
    Rule("tile_copy repeat_signal", ("n",), ("big",), ("i",), "i % {n}", "np.concatenate([{x}] * {k})", (("big", "n", 1, 0),)),
    Rule("crop cut_border", ("big",), ("n",), ("i",), "i + {k}", "{x}[{k} : {k} + {n_numpy}]", (("big", "n", 0, 2),)),
    Rule(
        "edge_pad pad_clamp",
        ("n",),
        ("big",),
        ("i",),
        "wp.min(wp.max(i - {k}, 0), {n} - 1)",
        "np.repeat({x}, [1 + {k}] + [1] * (len({x}) - 2) + [1 + {k}], axis=0)",
        (("big", "n", 0, 2),),
    ),
    Rule("permute_axes move_axis", ("n", "m", "p"), ("p", "n", "m"), ("i", "j", "k"), "j, k, i", "np.moveaxis({x}, 2, 0)"),
    Rule("swap_outer transpose_planes", ("n", "m", "p"), ("m", "n", "p"), ("i", "j", "k"), "j, i, k", "np.swapaxes({x}, 0, 1)"),
    Rule("transpose_planes batch_transpose", ("n", "m", "p"), ("n", "p", "m"), ("i", "j", "k"), "i, k, j", "np.swapaxes({x}, 1, 2)"),
    Rule("reverse_axes full_transpose", ("n", "m", "p"), ("p", "m", "n"), ("i", "j", "k"), "k, j, i", "np.swapaxes({x}, 0, 2)"),
    Rule("take_diagonal diagonal", ("n", "n"), ("n",), ("i",), "i, i", "{x}[np.arange(len({x})), np.arange(len({x}))]"),
    Rule(
        "anti_diagonal counter_diagonal",
        ("n", "n"),
        ("n",),
        ("i",),
        "i, {n} - 1 - i",
        "{x}[np.arange(len({x})), np.arange(len({x}))[::-1]]",
    ),
    Rule("unflatten reshape_rows", ("flat",), ("n", "m"), ("i", "j"), "i * {m_out} + j", "{x}.reshape({out_shape})"),
    Rule(
        "unflatten_columns column_major",
        ("flat",),
        ("n", "m"),
        ("i", "j"),
        "j * {n_out} + i",
        "np.swapaxes({x}.reshape({out_shape_t}), 0, 1)",
    ),
    Rule("swap_pairs exchange_neighbors", ("even",), ("even",), ("i",), "i ^ 1", "{x}.reshape({pairs})[:, ::-1].reshape({x}.shape)"),
    Rule("broadcast_rows spread_row", ("m",), ("n", "m"), ("i", "j"), "j", "np.broadcast_to({x}, {out_whole})"),
    Rule("first_column column_copy", ("n", "m"), ("n",), ("i",), "i, {m} - 1", "{x}[:, -1]"),
    Rule(
        "symmetrize_source lower_half",
        ("n", "n"),
        ("n", "n"),
        ("i", "j"),
        "wp.max(i, j), wp.min(i, j)",
        "{x}[np.maximum(*np.indices({x}.shape[:2])), np.minimum(*np.indices({x}.shape[:2]))]",
    ),
)


def copy_kernel(draw: Draw) -> Case:
    """A copy by one of the rules, with what is fused into it."""
    draft = Draft(draw)
    rule = draw.choice(RULES)
    vectors = draw.chance(0.2)
    element = draft.vector if vectors else draft.real
    source = draw.choice(("image", "grid", "x", "block", "samples", "matrix_in", "tiles"))
    out = draw.choice(("out", "result", "copied", f"{source}_out"))
    k = draw.choice((2, 3, 4))
    name = draw.choice(rule.names.split())
    draft.reserve(name, *rule.indices, out, "n", "m", "k")
    draft.array(source, element, *rule.source)
    told: dict[str, str] = {}
    count = str(k)
    step = draft.name("shift", "factor", "width", "amount")
    knob = "{k}" in rule.index and draw.chance(0.5)
    if knob:
        draft.count(step, "step")
        count = step

    # A result's extent that the source has not is read off the result: `{n_out}`.
    with draft.threads(*((i, f"n{axis}", out, axis) for axis, i in enumerate(rule.indices))):
        for axis, extent in enumerate(rule.source):
            if f"{{{extent}}}" in rule.index and extent not in told:
                told[extent] = draft.extent(f"{extent}{'_in' if extent in ('n', 'm') else ''}", source, axis)
        for axis, extent in enumerate(rule.result):
            if f"{{{extent}_out}}" in rule.index:
                told[f"{extent}_out"] = draft.extent(f"n{axis}", out, axis)
        where = rule.index.format(k=count, **told)
        here = ", ".join(rule.indices)
        shape = f"{out}.shape" if "{out_" in rule.view else ""
        inner = ", 3" if vectors else ""
        view = rule.view.format(
            x=source,
            k=count,
            n_numpy=f"len({source}) - 2 * {count}",
            out_shape=shape,
            out_whole=shape,
            out_shape_t=f"{shape}[1], {shape}[0]{inner}",
            pairs=f"-1, 2{inner}",
        )
        if rule.names.startswith("edge_pad"):
            view = f"{source}[np.clip(np.arange(-{count}, len({source}) + {count}), 0, len({source}) - 1)]"
        value: Expression = Custom(element, UNIT, f"{source}[{where}]", view)
        final = _filled(draft, draw, value, element, rule, here)
        draft.output(out, final.type, *rule.result)
        draft.line(f"{out}[{here}] = {final.warp()}")
        draft.results(**{out: final.numpy()})
    return draft.case(name, rule.result, [_sizes(rule, shape, k) for shape in _shapes(draw, len(rule.indices))])


def _filled(draft: Draft, draw: Draw, value: Expression, element: Type, rule: Rule, here: str) -> Expression:
    """The copied value with the fused terms that this copy has: a transform, a mix with what the destination has, a mask."""
    if draw.chance(0.85):
        value = draft.let(draft.name("value", "moved", "pixel", "sample"), value)
    inputs: list[Expression] = [value]
    if draw.chance(0.4):
        weight = draft.array(draft.name("gain", "mask_weight", "window"), real(draft.width), *rule.result, low=0.1)
        inputs.append(Custom(draft.real, Interval(0.1, 1.0), f"{weight}[{here}]", weight))
    if draw.chance(0.3):
        inputs.append(draft.knob(draft.name("strength", "alpha", "brightness"), 0.2, 1.5))
    final = value
    if len(inputs) > 1 or draw.chance(0.85):
        final = draft.fused(
            draft.name("mapped", "toned", "scaled_value", "adjusted"),
            element,
            [*inputs],
            depth=draw.choice((1, 2, 2)),
            function=draw.choice((None, None, "tone", "remap")),
        )
    if draw.chance(0.3):
        other = draft.array(draft.name("background", "previous", "residual"), element, *rule.result)
        draft.scope.update(final=final, other=Custom(element, UNIT, f"{other}[{here}]", other))
        final = draft.let(
            draft.name("mixed", "blended", "joined"),
            draw.choice(("final + other", "other - final", "final - other", "final * 0.5 + other")),
        )
    return final


def _shapes(draw: Draw, ndim: int) -> list[tuple[int, ...]]:
    if ndim == 1:
        return [(n,) for n in (1, draw.choice((11, 17, 23)), draw.choice((33, 37, 41)))]
    if ndim == 2:
        return [(1, 1), (5, 7), (draw.integer(6, 9), draw.integer(9, 11))]
    return [(1, 1, 1), (3, 5, 2), (5, draw.integer(4, 5), 7)]


def _sizes(rule: Rule, shape: tuple[int, ...], k: int) -> Sizes:
    sizes = dict(zip(("n", "m", "p"), shape, strict=False))
    sizes.setdefault("m", 1)
    for name, base, factor, summand in rule.grow:
        sizes[name] = sizes[base] * (k if factor else 1) + summand * k
    sizes.update(step=k, flat=sizes["n"] * sizes["m"], even=2 * sizes["n"])
    for axis, extent in enumerate(rule.result):
        sizes[f"n{axis}"] = sizes[extent]
    sizes.update({f"{e}_in": sizes[e] for e in ("n", "m")})
    return sizes
