"""Delay lines: a ring buffer, several taps, a delay of its own for each sample, an echo beside the dry signal."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.digital_filter.signals import NAMES, OUTPUTS, finish_sample
from kernels.language.types import I32


def build_delay(draw: Draw, draft: Draft) -> Case:
    """Delay lines: a ring buffer read at several taps, a fractional delay, or an echo beside the dry signal."""
    kind = draw.choice(("ring", "taps", "fractional", "echo"))
    i = draw.choice(("i", "t", "tid"))
    draft.reserve(i, "k", "at", "length", "near", "value")
    signal = draft.array(draft.name("line", "buffer", *NAMES), draft.real, "frames")
    draft.line(f"{i} = wp.tid()")
    n = draft.extent(draw.choice(("n", "capacity", "size")), signal, size="frames")
    draft.numpy(f"length = len({signal})", "at = np.arange(length)")
    if kind == "ring":
        head = draft.value(draft.name("head", "write_pos"), I32, lambda s: Integers(0, s["frames"]))
        delay = draft.value(draft.name("delay", "lag"), I32, lambda s: Integers(0, s["frames"]))
        draft.line(f"j = ({head} - {delay} + {i} + {n}) % {n}", f"value = {signal}[j]")
        draft.numpy(f"value = {signal}[({head} - {delay} + at) % length]")
        if draw.chance(0.6):
            fraction = draft.parameter("fraction", 0.05, 0.95).name
            draft.line(f"older = {signal}[(j + {n} - 1) % {n}]")
            draft.numpy(f"older = {signal}[({head} - {delay} + at - 1) % length]")
            draft.both(f"value = value + {fraction} * (older - value)")
    elif kind == "taps":
        count = draw.choice((2, 3, 4))
        lags = draw.subset(range(1, 14), count)
        gains = draft.array(draft.name("gains", "tap_gain"), draft.real, count)
        draft.line(f"value = {signal}[{i}]")
        draft.numpy(f"value = {signal}.copy()")
        for k, lag in enumerate(sorted(lags)):
            if draw.chance(0.5):
                with draft.block(f"if {i} >= {lag}:"):
                    draft.line(f"value += {gains}[{k}] * {signal}[{i} - {lag}]")
            else:
                draft.line(
                    f"delayed{k} = wp.where({i} >= {lag}, {signal}[wp.max({i} - {lag}, 0)], {draft.number(0.0)})",
                    f"value += {gains}[{k}] * delayed{k}",
                )
            draft.numpy(f"value[{lag}:] = value[{lag}:] + {gains}[{k}] * {signal}[: max(length - {lag}, 0)]")
    else:
        delays = draft.array(draft.name("delay", "delays", "lag_samples"), draft.real, "frames", low=0.0, high=6.0)
        draft.load("delay_here", delays, i, 0.0, 6.0)
        draft.line(
            f"position = {draft.real.spelling}({i}) - delay_here",
            "base = int(wp.floor(position))",
            f"f = position - {draft.real.spelling}(base)",
        )
        draft.line(
            f"before = {signal}[wp.max(base, 0)]",
            f"after = {signal}[wp.max(base + 1, 0)]" if draw.chance(0.5) else f"after = {signal}[wp.clamp(base + 1, 0, {n} - 1)]",
        )
        draft.line("value = before + f * (after - before)")
        draft.numpy(
            f"position = at.astype({draft.precision}) - delay_here",
            "base = np.floor(position)",
            "f = position - base",
            "base = base.astype(np.int64)",
            f"before, after = {signal}[np.maximum(base, 0)], {signal}[np.clip(base + 1, 0, length - 1)]",
            "value = before + f * (after - before)",
        )
        if kind == "echo":
            wet = draft.knob(draft.name("wet", "feedback"), 0.1, 0.9)
            draft.line(f"dry = {signal}[{i}]", f"value = dry + {wet.warp()} * (value - dry)")
            draft.numpy(f"value = {signal} + {wet.numpy()} * (value - {signal})")
    finish_sample(draft, draft.known("value", draft.real, -4.0, 4.0), OUTPUTS, i, ("frames",))
    return draft.case(draw.choice((f"delay_{kind}", "read_delay_line", "delay_line")), ["frames"], [{"frames": n} for n in draw.sizes(150)])
