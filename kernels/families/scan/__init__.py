"""Scans: every element becomes what all elements before it make, along rows, columns or segments, or one parallel step of such a scan.

Variants: serial scans by a loop per thread (inclusive, exclusive, reversed, with a carry, restarted at heads, running mean, trapezoid
integral, exponential moving average, leaky sum, integration of motion, counts, running extremes and parities), one step of Hillis and
Steele (shift and combine, plain, segmented or affine), one level of Blelloch's up- and down-sweep in place, pairwise levels and the
final addition of block sums; axis or segments, scalar or vector, fused terms, masks, a total beside the scan.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Bernoulli, Integers
from kernels.drafting.draft import Draft
from kernels.drafting.elements import Filter, load, shaped
from kernels.drafting.traversal import Axis, Groups, Layout
from kernels.draw import Draw
from kernels.families.scan.steps import STEPS
from kernels.language.expression import Custom, variable
from kernels.language.interval import Interval
from kernels.language.types import I32, I64, Type

DATA = ("x", "flux", "increments", "deposits", "rainfall", "samples", "signal", "prices")
VECTOR_DATA = ("steps", "velocity", "displacements", "impulses")
INTEGER_DATA = ("counts", "lengths", "flags", "degrees", "tokens")
RUNNING = ("running", "total", "acc", "state", "prefix")

SCANS: dict[str, tuple[str, ...]] = {
    "inclusive": ("return np.cumsum(values, axis=0, dtype=values.dtype)",),
    "exclusive": ("before = np.cumsum(values[:-1], axis=0, dtype=values.dtype)", "return np.concatenate([0 * values[:1], before])"),
    "carry": ("return start + np.cumsum(values, axis=0)",),
    "reversed": ("return np.cumsum(values[::-1], axis=0, dtype=values.dtype)[::-1]",),
    "mean": (
        "counts = np.arange(1, len(values) + 1, dtype=values.dtype)",
        "return np.cumsum(values, axis=0) / counts.reshape(-1, *[1] * (values.ndim - 1))",
    ),
    "trapezoid": ("areas = 0.5 * (values[1:] + values[:-1])", "return np.concatenate([0 * values[:1], np.cumsum(areas, axis=0)])"),
    "maximum": ("return np.maximum.accumulate(values, axis=0)",),
    "minimum": ("return np.minimum.accumulate(values, axis=0)",),
    "parity": ("return np.bitwise_xor.accumulate(values, axis=0)",),
}
"""How numpy scans an array `values` along its first axis. Recurrences are loops over that axis instead."""

PLAIN = ("inclusive", "exclusive", "reversed", "carry")
"""Sums, whose total may stand beside the scan."""

RECURRENCES: dict[str, tuple[str, str]] = {
    "ema": ("s * (1.0 - rate) + v * rate", "smoothing"),
    "leaky": ("s * rate + v", "retention"),
    "damped": ("(s + v) * rate", "damping"),
}
"""Recurrences that are linear in state and value, whose adjoint is right in any loop: the rule, and the rate's name."""

BENT = ("min(s + v, 2.0)", "max(s + v, 0.0)", "tanh(s + v)", "max(s * rate, v)", "max(s - rate, v)", "clamp(s + v * rate, -1.5, 1.5)")
"""Recurrences that are not linear: for unrolled loops."""


def build(draw: Draw) -> Case:
    """One scan kernel."""
    kind = draw.weighted(("serial", "integer", "step"), (6, 2, 5))
    if kind == "step":
        return draw.choice(STEPS)(draw)
    draft = Draft(draw)
    return _integer(draft) if kind == "integer" else _serial(draft)


def _layout(draft: Draft, *, static: bool) -> Layout:
    return Groups(draft, "segments") if not static and draft.draw.chance(0.25) else Axis(draft, static=static)


def _serial(draft: Draft) -> Case:
    """A scan of reals or vectors by one thread per row or segment."""
    draw = draft.draw
    vectors = draw.chance(0.2)
    kind = draw.choice(
        ("inclusive", "inclusive", "exclusive", "reversed", "carry", "mean", "trapezoid", "heads", *RECURRENCES, "bent", "extreme")
    )
    if vectors and kind in ("bent", "extreme", "heads"):
        kind = "inclusive"
    static = kind in ("bent", "extreme") or draw.chance(0.2)
    if kind in ("bent", "extreme") and draw.chance(0.1):
        static = False
        draft.limitations.add("dynamic_loop_carried_state")
    layout = _layout(draft, static=static)
    if isinstance(layout, Groups) and kind in ("reversed", "trapezoid", "mean"):
        kind = "inclusive"
    element = draft.vector if vectors else draft.real
    data = layout.array(draw.choice(VECTOR_DATA if vectors else DATA), element)
    state = draft.name(*RUNNING)
    name = {
        "inclusive": "prefix_sum",
        "exclusive": "exclusive_scan",
        "reversed": "suffix_sum",
        "mean": "running_mean",
        "trapezoid": "integrate",
        "heads": "segmented_scan",
        "ema": "smooth",
        "leaky": "leaky_sum",
        "carry": "accumulate",
        "extreme": "running_extreme",
    }.get(kind, f"{kind}_scan")
    name = draw.choice((name, f"{name}_{data}", f"{data}_{name}"))
    draft.reserve(name)
    out = draft.name("out", f"{data}_scan", "result", "prefix_out", "scanned")
    with layout.threads():
        _scan(draft, layout, kind, data, state, element, out)
    return layout.case(name)


def _scan(draft: Draft, layout: Layout, kind: str, data: str, state: str, element: Type, out: str) -> None:
    """The loop of a serial scan with its stores, and the reference."""
    draw = draft.draw
    begin = (
        layout.per_result(draft.name("carry_in", "initial", "start_value"), element)
        if kind == "carry" or (kind in RECURRENCES and draw.chance(0.5))
        else None
    )
    word = draw.choice(("max", "min"))
    extreme = f"{draft.real.spelling}({'-' if word == 'max' else ''}1.0e6)"
    draft.line(f"{state} = {extreme if kind == 'extreme' else draft.zero(element) if begin is None else begin.warp()}")
    rule, knob_name = RECURRENCES[kind] if kind in RECURRENCES else (draw.choice(BENT), "release")
    knob = draft.knob(knob_name, 0.3, 0.9) if "rate" in rule and kind in (*RECURRENCES, "bent") else None
    spacing = draft.knob("spacing", 0.1, 1.0) if kind == "trapezoid" else None
    head = ""
    chosen = None
    with layout.loop(backwards=kind == "reversed"):
        if kind == "heads":
            head = layout.array(draft.name("head", "is_start", "restart"), I32, domain=Bernoulli(0.3))
            draft.line(f"if {head}[{layout.at}] == 1:", f"    {state} = {draft.zero(element)}")
        if kind == "exclusive":
            draft.line(f"{out}[{layout.at}] = {state}")
        if kind == "trapezoid":
            with draft.block(f"if {layout.counter} > 0:"):
                previous = layout.index(f"{layout.counter} - 1")
                draft.line(f"{state} += {draft.number(0.5)} * ({data}[{layout.at}] + {data}[{previous}])")
            text = data
        elif kind in PLAIN and draw.chance(0.4):
            chosen = Filter(draft, layout, skips=False)
            with chosen.taken():
                value = shaped(draft, layout, load(draft, layout, data, element, -1.0, 1.0), element)
                draft.line(f"{state} += {value.warp()}")
            text = chosen.masked(value.numpy(), element)
        else:
            value = shaped(draft, layout, load(draft, layout, data, element, -1.0, 1.0), element, 4.0)
            text = value.numpy()
            if kind in (*RECURRENCES, "bent"):
                draft.scope.update(v=value, s=variable(state, element, -25.0, 25.0), rate=knob or value)
                draft.line(f"{state} = {draft.read(rule).warp()}")
            else:
                draft.line(f"{state} = wp.{word}({state}, {value.warp()})" if kind == "extreme" else f"{state} += {value.warp()}")
        if kind != "exclusive":
            over = f" / {draft.real.spelling}({layout.counter} + 1)" if kind == "mean" else ""
            times = f" * {spacing.warp()}" if spacing is not None else ""
            draft.line(f"{out}[{layout.at}] = {state}{over}{times}")
    draft.output(out, element, *layout.extents)
    outputs = {out: out}
    extra = draft.name("totals", "last_value", "sums") if kind in PLAIN and draw.chance(0.3) else ""
    if extra:
        draft.line(f"{extra}[{layout.here}] = {state}")
        draft.output(extra, element, *layout.result_extents)
        layout.reduced(extra, text, element)
        outputs[extra] = extra + (f" + {begin.numpy()}" if begin is not None else "")

    parameters, arguments = ["values"], []
    if head:
        parameters.append("heads")
    if kind in (*RECURRENCES, "bent"):
        if knob is not None:
            parameters.append("rate")
            arguments.append(f"{'f32' if draft.width == 'float32' else 'np.float64'}({knob.numpy()})")
        draft.scope.update(
            v=variable("value", element, -4.0, 4.0), s=variable("state", element, -25.0, 25.0), rate=variable("rate", draft.real, 0.3, 0.9)
        )
        body = _recurrence(draft.read(rule).numpy(), "start" if begin is not None else "0.0")
    elif kind == "heads":
        body = _recurrence("np.where(heads[k] == 1, 0, state) + value", "0.0")
    else:
        body = SCANS[{"carry": "carry", "extreme": f"{word}imum"}.get(kind, kind)]
    if begin is not None:
        parameters.append("start")
    draft.reference_function("scan", parameters, body)
    scanned = layout.scanned("scan", text, head, arguments, begin.numpy() if begin is not None else "")
    draft.numpy(f"{out} = {scanned}{f' * {spacing.numpy()}' if spacing else ''}")
    draft.results(**outputs)


def _recurrence(rule: str, start: str) -> tuple[str, ...]:
    return (
        f"state = {start}",
        "scanned = np.empty_like(values)",
        "for k, value in enumerate(values):",
        f"    state = {rule}",
        "    scanned[k] = state",
        "return scanned",
    )


def _integer(draft: Draft) -> Case:
    """A scan of integers: offsets from counts, running extremes, parities, ranks of flags."""
    draw = draft.draw
    integer = I64 if draw.chance(0.3) else I32
    layout = _layout(draft, static=draw.chance(0.2))
    kind = draw.choice(("inclusive", "exclusive", "exclusive", "maximum", "parity", "reversed"))
    if isinstance(layout, Groups) and kind == "reversed":
        kind = "inclusive"
    data = layout.array(draw.choice(INTEGER_DATA), integer, domain=Integers(0, draw.choice((2, 10, 64))))
    state = draft.name(*RUNNING)
    name = draw.choice((f"{kind}_scan", f"{kind}_{data}", "row_offsets" if kind == "exclusive" else f"scan_{data}", "prefix_count"))
    draft.reserve(name)
    out = draft.name("offsets_out", "ranks", "out", "positions")
    with layout.threads():
        draft.line(f"{state} = {draft.zero(integer)}")
        with layout.loop(backwards=kind == "reversed"):
            if kind == "exclusive":
                draft.line(f"{out}[{layout.at}] = {state}")
            chosen = Filter(draft, layout, skips=False)
            with chosen.taken():
                value = load(draft, layout, data, integer, 0, 63)
                if draw.chance(0.75):
                    inputs = [value]
                    if draw.chance(0.4):
                        other = layout.array(draft.name("extra", "padding", "salt"), integer, domain=Integers(0, 32))
                        inputs.append(Custom(integer, Interval(0, 31), f"{other}[{layout.at}]", other))
                    amount = draft.expressions.confined(draft.drawn(integer, [*inputs], depth=draw.choice((1, 2))), Interval(0, 5000))
                    value = draft.let(draft.name("amount", "size", "code"), amount, function=draw.choice((None, None, "padded_size")))
                term = value.warp()
                draft.line(
                    {"maximum": f"{state} = wp.max({state}, {term})", "parity": f"{state} = {state} ^ {term}"}.get(
                        kind, f"{state} += {term}"
                    )
                )
            if kind != "exclusive":
                draft.line(f"{out}[{layout.at}] = {state}")
        draft.output(out, integer, *layout.extents)
        outputs = {out: out}
        text = chosen.masked(value.numpy(), integer)
        if draw.chance(0.3) and kind not in ("maximum", "parity"):
            extra = draft.name("totals", "row_total", "population")
            draft.line(f"{extra}[{layout.here}] = {state}")
            draft.output(extra, integer, *layout.result_extents)
            layout.reduced(extra, text, integer)
            outputs[extra] = extra
        draft.reference_function("scan", ["values"], SCANS[kind])
        draft.numpy(f"{out} = {layout.scanned('scan', text, '', [], '')}")
        draft.results(**outputs)
    return layout.case(name)
