"""One parallel step of a scan: shift and combine (Hillis and Steele, 1986), a level of Blelloch's sweeps (1990), block sums."""

from __future__ import annotations

from collections.abc import Callable

from kernels.case import Case
from kernels.domains import Bernoulli, Constant, Integers
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.language.expression import Custom, Expression
from kernels.language.interval import Interval
from kernels.language.types import I32, Type

DATA = ("x", "partial", "values", "sums", "level_in", "data")
STRIDES = ("stride", "offset", "reach", "distance")


def _combined(draft: Draft, rule: str, near: Expression, far: Expression) -> Expression:
    draft.scope.update(near=near, far=far)
    return draft.read(rule)


def _rule(draw: Draw, element: Type) -> str:
    return "near + far" if element.rank or draw.chance(0.45) else draw.choice(("max(near, far)", "min(near, far)", "near + far"))


def shift_step(draw: Draw) -> Case:
    """One step of the scan by Hillis and Steele: each element takes in the one `stride` before it, in one or two dimensions."""
    draft = Draft(draw)
    element = draw.weighted((draft.real, draft.vector, I32), (6, 2, 2))
    rows = draw.chance(0.35)
    extents, indices = (("rows", "n"), ("row", "i")) if rows else (("n",), ("i",))
    backwards = draw.chance(0.25)
    segmented = draw.chance(0.3)
    data = draft.array(draw.choice(DATA), element, *extents, domain=Integers(0, 50) if element is I32 else None)
    name = draw.choice(("hillis_steele_step", "scan_step", "shift_and_add", "inclusive_scan_pass", "prefix_pass"))
    draft.reserve(name, *indices)
    stride = draft.name(*STRIDES)
    literal = draw.choice((1, 2, 4, 8))
    form = draw.choice(("value", "power", "literal"))
    out = draft.name("out", "next_level", "level_out", "result")
    here = ", ".join(indices)
    with draft.threads(*((i, n, data, a) for a, (i, n) in enumerate(zip(indices, extents, strict=True)))):
        if backwards:
            draft.extent("n", data, len(extents) - 1)
        if form == "value":
            draft.parameter(stride, 1, 8, I32, Constant(literal))
        elif form == "power":
            draft.parameter("level", 0, 3, I32, Constant(literal.bit_length() - 1))
            draft.line(f"{stride} = 1 << level")
            draft.numpy(f"{stride} = 1 << level")
        else:
            stride = str(literal)
        source = f"{indices[-1]} {'+' if backwards else '-'} {stride}"
        there = ", ".join([*indices[:-1], source])
        inside = f"{source} < n" if backwards else f"{indices[-1]} >= {stride}"
        flag = draft.array(draft.name("same_segment", "linked", "open_flag"), I32, *extents, domain=Bernoulli(0.7)) if segmented else ""
        rule = _rule(draw, element)
        bounds: tuple[float, float] = (0, 49) if element is I32 else (-1.0, 1.0)
        own = draft.name("own", "current", "value")
        draft.line(f"{own} = {data}[{here}]")
        near = draft.known(own, element, bounds[0], bounds[1], data)
        test = f"{inside} and {flag}[{here}] == 1" if flag and not rows else inside
        guard = f"{flag}[{here}] == 1" if flag and rows else ""
        draft.line(f"{'combined' if form == 'literal' else 'merged'} = {own}")
        merged = "combined" if form == "literal" else "merged"
        draft.reserve(merged)
        # The shifted view: elements that reach past the end keep their own value.
        head, tail = (f"{data}[..., :-{stride}]", f"{data}[..., {stride}:]")
        if element.rank:
            head, tail = (f"{data}[:, :-{stride}]", f"{data}[:, {stride}:]") if rows else (f"{data}[:-{stride}]", f"{data}[{stride}:]")
        axis = "[:, {}]" if rows else "[{}]"
        window = axis.format(f":-{stride}") if backwards else axis.format(f"{stride}:")
        near_view, far_view = (head, tail) if backwards else (tail, head)
        with draft.block(f"if {test}:"):
            far: Expression = Custom(element, Interval(*bounds), f"{data}[{there}]", far_view)
            if element.is_float and draw.chance(0.4):
                weight = draft.array(draft.name("decay", "gate", "weight"), draft.real, *extents, low=0.1)
                gate = Custom(draft.real, Interval(0.1, 1.0), f"{weight}[{here}]", f"{weight}{window}")
                draft.scope.update(gate=gate, far=far)
                far = draft.let(
                    draft.name("carried", "incoming", "damped"),
                    draw.choice(
                        ("far * gate", "far * (1.0 - gate)")
                        if element.rank
                        else ("far * gate", "gate * far", "far * (1.0 - gate)", "far - gate")
                    ),
                )
            elif draw.chance(0.4):
                draft.scope["far"] = far
                far = draft.let(draft.name("carried", "incoming", "reached"), far)
            combination = _combined(draft, rule, near, far).warp()
            if guard:
                draft.line(f"if {guard}:", f"    {merged} = {combination}")
            else:
                draft.line(f"{merged} = {combination}")
        combined_view = _combined(draft, rule, Custom(element, near.range, own, near_view), far).numpy()
        draft.numpy(f"{merged} = {data}.copy()")
        if flag:
            mask = f"{flag}{window} == 1"
            combined_view = f"np.where({f'({mask})[..., None]' if element.rank else mask}, {combined_view}, {near_view})"
        draft.numpy(f"{merged}{window} = {combined_view}")
        final: Expression = draft.known(merged, element, -4.0 if element.is_float else 0, 4.0 if element.is_float else 100)
        if draw.chance(0.55):
            final = draft.fused(draft.name("final", "scaled_level", "finished"), element, [final], depth=draw.choice((1, 2)), smooth=True)
        draft.output(out, element, *extents)
        draft.line(f"{out}[{here}] = {final.warp()}")
        draft.results(**{out: final.numpy()})
    lengths = draw.sizes(150)
    sizes = [{"rows": r, "n": max(1, n // r)} for r, n in zip((1, 3, 7), lengths, strict=True)] if rows else [{"n": n} for n in lengths]
    return draft.case(name, extents, sizes)


def affine_step(draw: Draw) -> Case:
    """One step of the scan of maps y = a*x + b: each map is composed with the one `stride` before it."""
    draft = Draft(draw)
    element = draft.vector if draw.chance(0.3) else draft.real
    a, b = draw.choice((("a", "b"), ("decay", "drive"), ("slope", "shift"), ("gate", "token")))
    draft.array(a, draft.real, "n", low=0.1)
    draft.array(b, element, "n")
    name = draw.choice(("affine_scan_step", "compose_maps", "recurrence_step", "linear_scan_pass"))
    draft.reserve(name, "i")
    stride = draft.name(*STRIDES)
    literal = draw.choice((1, 2, 4, 8))
    with draft.threads(("i", "n", a, 0)):
        draft.parameter(stride, 1, 8, I32, Constant(literal))
        out_a, out_b = draft.output(f"{a}_out", draft.real, "n"), draft.output(f"{b}_out", element, "n")
        early = draw.chance(0.5)
        if early:
            draft.line(f"if i < {stride}:", f"    {out_a}[i] = {a}[i]", f"    {out_b}[i] = {b}[i]", "    return")
            draft.line(f"j = i - {stride}")
        else:
            draft.line(f"j = wp.max(i - {stride}, 0)")
        draft.scope.update(
            a1=Custom(draft.real, Interval(0.1, 1.0), f"{a}[i]", f"{a}[{stride}:]"),
            a0=Custom(draft.real, Interval(0.1, 1.0), f"{a}[j]", f"{a}[:-{stride}]"),
            b1=Custom(element, Interval(-1.0, 1.0), f"{b}[i]", f"{b}[{stride}:]"),
            b0=Custom(element, Interval(-1.0, 1.0), f"{b}[j]", f"{b}[:-{stride}]"),
        )
        product = draft.let(draft.name("product", "joint_decay", "slope_product"), draw.choice(("a1 * a0", "a0 * a1")))
        moved = draft.let(draft.name("moved", "pushed", "composed"), draw.choice(("b0 * a1 + b1", "b1 + b0 * a1", "a1 * b0 + b1")))
        extra: Expression = moved
        if draw.chance(0.6):
            extra = draft.fused(draft.name("shaped", "bounded_term", "settled"), element, [moved, product], depth=1, smooth=True)
        if early:
            draft.line(f"{out_a}[i] = {product.name}", f"{out_b}[i] = {extra.warp()}")
        else:
            draft.line(
                f"if i >= {stride}:",
                f"    {out_a}[i] = {product.name}",
                f"    {out_b}[i] = {extra.warp()}",
                "else:",
                f"    {out_a}[i] = {a}[i]",
                f"    {out_b}[i] = {b}[i]",
            )
        draft.numpy(
            f"{out_a} = {a}.copy()",
            f"{out_b} = {b}.copy()",
            f"{out_a}[{stride}:] = {product.name}",
            f"{out_b}[{stride}:] = {extra.numpy()}",
        )
        draft.results(**{out_a: out_a, out_b: out_b})
    return draft.case(name, ("n",), [{"n": n} for n in draw.sizes(150)])


def sweep_level(draw: Draw) -> Case:
    """A level of Blelloch's scan in place: the up-sweep, or the down-sweep that swaps and adds."""
    draft = Draft(draw)
    element = draw.weighted((draft.real, draft.vector, I32), (4, 2, 3))
    data = draft.array(draw.choice(DATA), element, "n", role="inout", domain=Integers(0, 50) if element is I32 else None)
    down = draw.chance(0.4)
    rule = _rule(draw, element)
    name = draw.choice(("down_sweep", "downsweep_level", "push_down") if down else ("up_sweep", "upsweep_level", "reduce_level"))
    pair = draw.choice(("k", "pair", "t"))
    left, right = draw.choice((("left", "right"), ("lo", "hi"), ("ai", "bi")))
    draft.reserve(name, pair, left, right)
    stride = draft.name(*STRIDES)
    step = draw.choice((1, 2, 4))
    draft.line(f"{pair} = wp.tid()")
    draft.parameter(stride, 1, 8, I32, Constant(step))
    if draw.chance(0.6):
        draft.count("pairs", "pairs")
        draft.line(f"if {pair} >= pairs:", "    return")
    if draw.chance(0.5):
        draft.line(f"{right} = ({pair} + 1) * 2 * {stride} - 1", f"{left} = {right} - {stride}")
    else:
        draft.line(f"{left} = {stride} * (2 * {pair} + 1) - 1", f"{right} = {left} + {stride}")
    bounds = Interval(0, 49) if element is I32 else Interval(-1.0, 1.0)
    low = draft.let(
        draft.name("low", "first", "left_sum"), Custom(element, bounds, f"{data}[{left}]", f"{data}[{stride} - 1 :: 2 * {stride}]")
    )
    high: Expression = Custom(element, bounds, f"{data}[{right}]", f"{data}[2 * {stride} - 1 :: 2 * {stride}]")
    if draw.chance(0.4):
        high = draft.let(draft.name("high", "second", "right_sum"), high)
    merged = draft.let(draft.name("merged", "combined", "joined"), _combined(draft, rule, low, high))
    final: Expression = merged
    if draw.chance(0.5):
        final = draft.fused(draft.name("settled", "kept", "reduced"), element, [merged], depth=1, smooth=True)
    if down:
        draft.line(f"{data}[{left}] = {high.warp()}")
    draft.line(f"{data}[{right}] = {final.warp()}")
    draft.numpy(f"swept = {data}.copy()")
    if down:
        draft.numpy(f"swept[{stride} - 1 :: 2 * {stride}] = {high.numpy()}")
    draft.numpy(f"swept[2 * {stride} - 1 :: 2 * {stride}] = {final.numpy()}")
    draft.results(**{data: "swept"})
    return draft.case(name, ("pairs",), [{"pairs": p, "n": p * 2 * step} for p in draw.sizes(70)])


def block_offsets(draw: Draw) -> Case:
    """The last pass of a blocked scan: every element gets the sum of the blocks before its own."""
    draft = Draft(draw)
    element = draw.weighted((draft.real, draft.vector, I32), (6, 2, 2))
    block = draw.choice((4, 8, 16, 32))
    data = draft.array(draw.choice(DATA), element, "n", domain=Integers(0, 50) if element is I32 else None)
    sums = draft.array(
        draw.choice(("block_sums", "carries", "block_totals")), element, "blocks", domain=Integers(0, 50) if element is I32 else None
    )
    name = draw.choice(("add_block_sums", "uniform_add", "fix_up_blocks", "propagate_carries"))
    draft.reserve(name, "i")
    bounds = Interval(0, 49) if element is I32 else Interval(-1.0, 1.0)
    exclusive = draw.chance(0.5)
    with draft.threads(("i", "n", data, 0)):
        where = draft.name("block", "tile", "chunk")
        draft.line(f"{where} = i // {block}")
        draft.numpy(f"{where} = np.arange(len({data})) // {block}")
        own = Custom(element, bounds, f"{data}[i]", data)
        value: Expression = own
        if draw.chance(0.6):
            inputs: list[Expression] = [own]
            if element.is_float and draw.chance(0.5):
                weight = draft.array(draft.name("weight", "scale_map", "gain_map"), draft.real, "n", low=0.1)
                inputs.append(Custom(draft.real, Interval(0.1, 1.0), f"{weight}[i]", weight))
            value = draft.fused(draft.name("local", "inner_prefix", "prefix"), element, [*inputs], depth=draw.choice((1, 2)), smooth=True)
        out = draft.output(draft.name("out", "scanned", "result"), element, "n")
        carry = draft.name("carry", "before", "base")
        if exclusive:
            draft.line(f"{carry} = {draft.zero(element)}", f"if {where} > 0:", f"    {carry} = {sums}[{where} - 1]")
            draft.numpy(f"{carry} = np.concatenate([0 * {sums}[:1], {sums}[:-1]])[{where}]")
        else:
            draft.line(f"{carry} = {sums}[{where}]")
            draft.numpy(f"{carry} = {sums}[{where}]")
        draft.scope.update(local=value, base=draft.known(carry, element, bounds.low, bounds.high))
        total = draft.let(draft.name("total", "global_prefix", "moved"), draw.choice(("local + base", "base + local")))
        final: Expression = total
        if draw.chance(0.4):
            final = draft.fused(draft.name("final", "reported", "finished"), element, [total], depth=1, smooth=True)
        draft.line(f"{out}[i] = {final.warp()}")
        draft.results(**{out: final.numpy()})
    return draft.case(name, ("n",), [{"n": n, "blocks": -(-n // block)} for n in draw.sizes(150)])


STEPS: tuple[Callable[[Draw], Case], ...] = (shift_step, shift_step, affine_step, sweep_level, block_offsets)
"""The parallel steps, by how often they come."""
