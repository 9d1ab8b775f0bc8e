"""Filters with feedback: biquads, one-pole and lattice sections over a few samples, combs and allpasses through memory.

A recursion whose coefficients have a gradient runs over a number of samples that the text knows, so that Warp unrolls it, or through an
output array, each element of which is written once; the others take their coefficients by value.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Uniform
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.digital_filter.signals import Signal
from kernels.language.expression import Expression, variable

COEFFICIENTS = (("b0", 0.2, 1.0), ("b1", -0.5, 0.5), ("b2", -0.3, 0.3), ("a1", -0.6, 0.6), ("a2", -0.3, 0.3))

STRUCTURES: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "direct_1": (
        ("x1", "x2", "y1", "y2"),
        ("y = {b0} * s + {b1} * x1 + {b2} * x2 - {a1} * y1 - {a2} * y2",),
        ("x2 = x1", "x1 = s", "y2 = y1", "y1 = y"),
    ),
    "direct_2": (("w1", "w2"), ("w = s - {a1} * w1 - {a2} * w2", "y = {b0} * w + {b1} * w1 + {b2} * w2"), ("w2 = w1", "w1 = w")),
    "transposed": (("z1", "z2"), ("y = {b0} * s + z1",), ("z1 = {b1} * s - {a1} * y + z2", "z2 = {b2} * s - {a2} * y")),
}
"""A biquad section: its state, the output from the sample `s`, the state after it."""


def _outputs(draft: Draft, signal: Signal, name: str) -> str:
    return draft.output(name, draft.real, *signal.extents)


def _steps(draft: Draft, signal: Signal, length: int) -> tuple[str, str]:
    """The loop over a channel's samples: how it begins in the kernel and in the reference."""
    count = str(length) if length else signal.length()
    return f"for {signal.i} in range({count}):", f"for {signal.i} in range({signal.view(signal.name)}.shape[-1]):"


def _own(draft: Draft, signal: Signal, fields: tuple[tuple[str, float, float], ...], how: str) -> dict[str, str]:
    """Coefficients: an array per coefficient with an element for each channel, a row per channel of one array, or values."""
    if how == "values":
        return {name: value.name for name, value in draft.parameters(*fields, struct="Biquad" if len(fields) == 5 else "").items()}
    if how == "arrays":
        for name, low, high in fields:
            draft.array(f"{name}_coeff", draft.real, "channels", low=low, high=high)
            draft.load(name, f"{name}_coeff", signal.c, low, high)
        return {name: name for name, _, _ in fields}
    low, high = min(f[1] for f in fields), max(f[2] for f in fields)
    table = draft.array(
        draft.name("sos", "coefficients", "sections"), draft.real, "channels", len(fields), domain=Uniform(max(low, -0.3), min(high, 0.3))
    )
    for k, (name, _, _) in enumerate(fields):
        draft.line(f"{name} = {table}[{signal.c}, {k}]")
        draft.numpy(f"{name} = {table}[:, {k}]")
    return {name: name for name, _, _ in fields}


def build_biquad(draw: Draw, draft: Draft) -> Case:
    """A second-order section, or two in cascade, run along each channel; its state starts at rest or is handed over."""
    signal = Signal(
        draft, time=str(length) if (length := draw.choice((0, 0, 4, 6, 8, 12))) else "n", shape=draw.choice(("planar", "planar", "frames"))
    )
    how = draw.choice(("arrays", "table", "values")) if length else "values"
    structure = draw.choice(tuple(STRUCTURES))
    state, output, update = STRUCTURES[structure]
    handed = draw.chance(0.35)
    driven = bool(length) and draw.chance(0.4)
    out = draft.name("filtered", "y_out", "out", "processed")
    with signal.channel_threads():
        coefficients = _own(draft, signal, COEFFICIENTS, how)
        if handed:
            for name in state:
                array = draft.array(f"{name}_in", draft.real, "channels")
                draft.load(name, array, signal.c, -1.0, 1.0)
        else:
            draft.line(*(f"{name} = {draft.zero()}" for name in state))
            draft.numpy(*(f"{name} = 0.0" for name in state))
        _outputs(draft, signal, out)
        draft.numpy(f"{out} = np.zeros_like({signal.view(signal.name)})")
        heads = _steps(draft, signal, length)
        with draft.loop(*heads):
            draft.line(f"s = {signal.name}[{signal.here}]")
            draft.numpy(f"s = {signal.view(signal.name)}[:, {signal.i}]")
            if driven:
                drive = draft.knob("drive", 0.3, 1.5)
                draft.formula(draw.choice((f"s = wp.tanh({drive.warp()} * s)", f"s = {drive.warp()} * s / (1.0 + s * s)")))
            steps = [*output, *update]
            draft.formula(*(text.format(**coefficients) for text in steps))
            draft.line(f"{out}[{signal.here}] = y")
            draft.numpy(f"{out}[:, {signal.i}] = y")
        if signal.shape == "frames":
            draft.numpy(f"{out} = {out}.T")
        if handed:
            for name in state:
                draft.store(draft.output(f"{name}_out", draft.real, "channels"), signal.c, name)
    return draft.case(draw.choice(("biquad", f"biquad_{structure}", "filter_channels", "run_biquad")), ["channels"], _sizes(draw, signal))


def _sizes(draw: Draw, signal: Signal) -> list[dict[str, int]]:
    """Channels are the threads here: many of them, over a few samples."""
    return [{"n": n, signal.n: n, "channels": c} for n, c in zip((1, 7, draw.integer(9, 14)), draw.sizes(90), strict=True)]


def build_one_pole(draw: Draw, draft: Draft) -> Case:
    """First-order recursions: smoothing, blocking of the mean, leaky integration, followers, slew limits, a state-variable filter."""
    kind = draw.choice(("smooth", "dc_block", "leaky", "follower", "slew", "svf", "double", "peak_hold", "gate"))
    linear = kind in ("smooth", "dc_block", "leaky", "double", "svf")
    length = draw.choice((0, 4, 6, 8, 12)) if linear else draw.choice((4, 6, 8, 12, 16))
    signal = Signal(draft, time=str(length) if length else "n", shape=draw.choice(("planar", "planar", "frames")))
    how = draw.choice(("arrays", "table", "values")) if length else "values"
    fields, state, body = {
        "smooth": ((("pole", 0.1, 0.3),), ("y",), ("y = y + {pole} * (s - y)",)),
        "dc_block": ((("pole", 0.1, 0.3),), ("x1", "y"), ("y = s - x1 + {pole} * y", "x1 = s")),
        "leaky": ((("leak", 0.1, 0.3), ("input_gain", 0.1, 0.3)), ("y",), ("y = (1.0 - {leak}) * y + {input_gain} * s",)),
        "double": (
            (("fast", 0.1, 0.3), ("slow", 0.05, 0.2)),
            ("e1", "e2"),
            ("e1 = e1 + {fast} * (s - e1)", "e2 = e2 + {slow} * (e1 - e2)", "y = 2.0 * e1 - e2"),
        ),
        "svf": (
            (("cutoff", 0.1, 0.3), ("damping", 0.1, 0.3)),
            ("low", "band"),
            (
                "high = s - low - {damping} * band",
                "band = band + {cutoff} * high",
                "low = low + {cutoff} * band",
                draw.choice(("y = low", "y = high", "y = low + high")),
            ),
        ),
        "follower": (
            (("attack", 0.2, 0.3), ("release", 0.05, 0.1)),
            ("y",),
            ("level = wp.abs(s)", "rate = wp.where(level > y, {attack}, {release})", "y = y + rate * (level - y)"),
        ),
        "peak_hold": ((("decay", 0.1, 0.3),), ("y",), ("y = wp.max(wp.abs(s), y * (1.0 - {decay}))",)),
        "slew": ((("rise", 0.1, 0.3), ("fall", 0.1, 0.3)), ("y",), ("y = y + wp.clamp(s - y, -{fall}, {rise})",)),
        "gate": (
            (("threshold", 0.1, 0.3), ("pole", 0.1, 0.3)),
            ("level",),
            ("level = level + {pole} * (s * s - level)", "y = wp.where(level > {threshold} * 0.5, s, s * level)"),
        ),
    }[kind]
    out = draft.name("smoothed", "envelope_out", "y_out", "tracked")
    last_only = draw.chance(0.25)
    with signal.channel_threads():
        coefficients = _own(draft, signal, fields, how)
        start = draft.array("start_level", draft.real, "channels", low=0.0) if draw.chance(0.35) else ""
        if start:
            draft.load(state[-1], start, signal.c, 0.0, 1.0)
        names = state[:-1] if start else state
        draft.line(*(f"{name} = {draft.zero()}" for name in names))
        draft.numpy(*(f"{name} = np.zeros({signal.view(signal.name)}.shape[0], {signal.name}.dtype)" for name in names))
        if not last_only:
            _outputs(draft, signal, out)
            draft.numpy(f"{out} = np.zeros_like({signal.view(signal.name)})")
        if "y" not in state:
            draft.line(f"y = {draft.zero()}")
        with draft.loop(*_steps(draft, signal, length)):
            draft.line(f"s = {signal.name}[{signal.here}]")
            draft.numpy(f"s = {signal.view(signal.name)}[:, {signal.i}]")
            draft.formula(*(text.format(**coefficients) for text in body))
            if not last_only:
                draft.line(f"{out}[{signal.here}] = y")
                draft.numpy(f"{out}[:, {signal.i}] = y")
        if last_only:
            value: Expression = variable("y", draft.real, -2.0, 2.0)
            final = "y"
            if length and draw.chance(0.7):
                final = draft.fused("reading", draft.real, [value, *draft.some_parameters(("scale", "floor_level"), 1)]).name
            draft.store(draft.output(out, draft.real, "channels"), signal.c, final)
        elif signal.shape == "frames":
            draft.numpy(f"{out} = {out}.T")
    return draft.case(draw.choice((f"{kind}_filter", f"run_{kind}", f"{kind}_channels")), ["channels"], _sizes(draw, signal))


def build_comb(draw: Draw, draft: Draft) -> Case:
    """Combs, allpasses and plucked strings: the past output is read back from memory, where each element is written once."""
    kind = draw.choice(("feedback_comb", "allpass", "string", "feedforward", "nested_allpass", "lowpass_comb"))
    signal = Signal(draft, shape=draw.choice(("planar", "frames")))
    delay = draw.choice((1, 2, 3, 5))
    told = draw.chance(0.4)
    out = draft.name("wet", "reverb", "y_out", "combed")
    i = signal.i
    _outputs(draft, signal, out)
    with signal.channel_threads():
        gains = {
            name: draft.load(name, draft.array(f"{name}_of", draft.real, "channels", low=0.2, high=0.7), signal.c, 0.2, 0.7).name
            if draw.chance(0.5)
            else draft.parameter(name, 0.2, 0.7).name
            for name in {"nested_allpass": ("gain", "inner_gain"), "lowpass_comb": ("gain", "damping")}.get(kind, ("gain",))
        }
        n = signal.length()
        d = draft.count(draft.name("delay", "lag"), size=str(delay)) if told else str(delay)
        x, y = signal.name, out
        view = signal.view(x)
        draft.numpy(f"sound = {view}", f"{out} = np.zeros_like(sound)")
        now, past = signal.at(i), signal.at(f"{i} - {d}")
        older = signal.at(f"{i} - {d} - 1")
        g = gains["gain"]

        def value(array: str, index: str, name: str, back: str) -> None:
            draft.line(f"{name} = {draft.zero()}")
            with draft.block(f"if {i} >= {back}:"):
                draft.line(f"{name} = {array}[{index}]")

        with draft.loop(f"for {i} in range({n}):", f"for {i} in range(sound.shape[-1]):"):
            source, lagged = f"sound[:, {i}]", f"(sound[:, {i} - {delay}] if {i} >= {delay} else 0.0)"
            echoed = f"({out}[:, {i} - {delay}] if {i} >= {delay} else 0.0)"
            if kind in ("feedback_comb", "string", "lowpass_comb"):
                value(y, past, "echo", d)
                draft.numpy(f"echo = {echoed}")
                if kind != "feedback_comb":
                    value(y, older, "before", f"{d} + 1")
                    draft.numpy(f"before = {out}[:, {i} - {delay} - 1] if {i} >= {delay} + 1 else 0.0")
                    if kind == "string":
                        draft.formula("echo = 0.5 * (echo + before)")
                    else:
                        draft.formula(f"echo = echo + {gains['damping']} * (before - echo)")
                draft.line(f"{y}[{now}] = {x}[{now}] + {g} * echo")
                draft.numpy(f"{out}[:, {i}] = {source} + {g} * echo")
            elif kind == "feedforward":
                value(x, past, "delayed", d)
                draft.line(f"{y}[{now}] = {x}[{now}] + {g} * delayed")
                draft.numpy(f"{out}[:, {i}] = {source} + {g} * {lagged}")
            else:
                value(x, past, "delayed", d)
                value(y, past, "echo", d)
                draft.line(f"dry = {x}[{now}]")
                draft.numpy(f"delayed, echo, dry = {lagged}, {echoed}, {source}")
                if kind == "nested_allpass":
                    draft.formula(f"dry = dry + {gains['inner_gain']} * (delayed - echo)")
                draft.line(f"{y}[{now}] = delayed - {g} * (dry - echo)")
                draft.numpy(f"{out}[:, {i}] = delayed - {g} * (dry - echo)")
        if signal.shape == "frames":
            draft.numpy(f"{out} = {out}.T")
    return draft.case(draw.choice((kind, f"{kind}_filter", f"run_{kind}")), ["channels"], _sizes(draw, signal))


def build_lattice(draw: Draw, draft: Draft) -> Case:
    """A lattice of reflection coefficients, from samples to prediction errors or back, over a few samples."""
    stages = draw.choice((2, 3))
    length = draw.choice((3, 4, 6))
    synthesis = draw.chance(0.5)
    signal = Signal(draft, time=str(length), shape=draw.choice(("planar", "frames")))
    out = (
        draft.name("prediction_error", "excitation", "lattice_out") if not synthesis else draft.name("synthesized", "speech", "lattice_out")
    )
    reflection = draft.array(draft.name("reflection", "parcor"), draft.real, "channels", stages, low=-0.7, high=0.7)
    i = signal.i
    with signal.channel_threads():
        for k in range(stages):
            draft.line(f"k{k} = {reflection}[{signal.c}, {k}]")
            draft.numpy(f"k{k} = {reflection}[:, {k}]")
        _outputs(draft, signal, out)
        draft.line(*(f"b{k} = {draft.zero()}" for k in range(stages)))
        draft.numpy(f"sound = {signal.view(signal.name)}", f"{out} = np.zeros_like(sound)", *(f"b{k} = 0.0" for k in range(stages)))
        with draft.loop(f"for {i} in range({length}):"):
            draft.line(f"f = {signal.name}[{signal.here}]")
            draft.numpy(f"f = sound[:, {i}]")
            if synthesis:
                for k in reversed(range(stages)):
                    draft.both(f"f = f - k{k} * b{k}", *([f"g{k} = b{k} + k{k} * f"] if k + 1 < stages else []))
                draft.both(*(f"b{k} = g{k - 1}" for k in reversed(range(1, stages))), "b0 = f")
            else:
                draft.both("g = f")
                for k in range(stages):
                    draft.both(f"forward = f + k{k} * b{k}", f"backward = b{k} + k{k} * f", f"b{k} = g", "g = backward", "f = forward")
            draft.line(f"{out}[{signal.here}] = f")
            draft.numpy(f"{out}[:, {i}] = f")
        if signal.shape == "frames":
            draft.numpy(f"{out} = {out}.T")
    return draft.case(
        draw.choice(("lattice_filter", "lattice_analysis" if not synthesis else "lattice_synthesis")), ["channels"], _sizes(draw, signal)
    )
