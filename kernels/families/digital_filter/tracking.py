"""Filters that adapt or estimate: least mean squares, alpha-beta and Kalman tracking, dynamics processing.

Sources: Widrow and Hoff 1960 (LMS), Kalata 1984 (alpha-beta), Kalman 1960, Giannoulis et al. 2012 (compressors).
"""

from __future__ import annotations

import re

from kernels.case import Case
from kernels.domains import Uniform
from kernels.drafting.draft import Draft
from kernels.drafting.vectors import function_pair
from kernels.draw import Draw
from kernels.families.digital_filter.signals import finish_sample

SHAPERS: dict[str, tuple[str, ...]] = {
    "mu_law": ("magnitude = wp.log(1.0 + 255.0 * wp.abs(x)) / 5.545177", "return wp.where(x < 0.0, -magnitude, magnitude)"),
    "a_law": (
        "ax = 87.6 * wp.abs(x)",
        "magnitude = wp.where(ax < 1.0, ax, 1.0 + wp.log(wp.max(ax, 1.0))) / 5.47278",
        "return wp.where(x < 0.0, -magnitude, magnitude)",
    ),
    "soft_clip": ("c = wp.clamp(x, -0.8, 0.8)", "return 1.5 * c - 0.5 * c * c * c"),
    "fold": ("y = wp.sin(1.5 * x)", "return y - 0.2 * y * y * y"),
    "expander": ("return x * wp.abs(x)",),
    "dead_zone": ("return wp.max(x - 0.2, 0.0) + wp.min(x + 0.2, 0.0)",),
    "asymmetric": ("return wp.where(x > 0.0, 1.0 - wp.exp(-2.0 * x), 0.7 * x)",),
    "arctangent": ("return 0.6366 * wp.atan(3.0 * x)",),
    "diode": ("return wp.log(1.0 + wp.exp(4.0 * x)) * 0.25",),
}

TRACKERS: dict[str, tuple[str, ...]] = {
    "alpha_beta": (
        "predicted = x + DT * v",
        "residual = z - predicted",
        "x = predicted + GAIN_A * residual",
        "v = v + GAIN_B * residual / DT",
    ),
    "alpha_beta_gamma": (
        "predicted = x + DT * v + 0.5 * DT * DT * a",
        "v = v + DT * a",
        "residual = z - predicted",
        "x = predicted + GAIN_A * residual",
        "v = v + GAIN_B * residual / DT",
        "a = a + 2.0 * GAIN_C * residual / (DT * DT)",
    ),
    "complementary": ("predicted = x + DT * w", "residual = z - predicted", "x = predicted + (1.0 - GAIN_A) * residual"),
    "kalman_1": ("p = p + DT * NOISE_Q", "k = p / (p + NOISE_R)", "residual = z - x", "x = x + k * residual", "p = (1.0 - k) * p"),
    "kalman_2": (
        "predicted = x + DT * v",
        "p00 = p00 + DT * (2.0 * p01 + DT * p11) + NOISE_Q",
        "p01 = p01 + DT * p11",
        "p11 = p11 + NOISE_Q",
        "s = p00 + NOISE_R",
        "k0 = p00 / s",
        "k1 = p01 / s",
        "residual = z - predicted",
        "x = predicted + k0 * residual",
        "v = v + k1 * residual",
        "p11 = p11 - k1 * p01",
        "p01 = (1.0 - k0) * p01",
        "p00 = (1.0 - k0) * p00",
    ),
}
"""A step of each tracker, with words for the time step, gains and noise variances."""


def build_adaptive(draw: Draw, draft: Draft) -> Case:
    """One step of an adaptive filter per channel: its output, the error, the weights after it."""
    taps = draw.choice((2, 3, 4, 6, 8))
    kind = draw.choice(("lms", "nlms", "leaky", "sign", "affine"))
    i = draw.choice(("c", "f", "tid", "channel"))
    draft.reserve("k", "estimate", "error", "power", "step_size", "weight", "updated")
    weights = draft.array(draft.name("weights", "w", "filter_state"), draft.real, "n", taps)
    history = draft.array(draft.name("history", "regressor", "x_buffer"), draft.real, "n", taps)
    desired = draft.array(draft.name("desired", "reference_signal", "d"), draft.real, "n")
    out = draft.name("weights_out", "w_new", "adapted")
    with draft.threads((i, "n", weights, 0)):
        mu = draft.knob(draft.name("mu", "rate", "adaptation"), 0.05, 0.5)
        normalized = kind in ("nlms", "affine")
        draft.line(
            f"estimate = {draft.zero()}",
            *(
                [f"power = {draft.number(0.1)} + {draft.zero()}" if draft.width == "float32" else f"power = {draft.number(0.1)}"]
                if normalized
                else []
            ),
        )
        with draft.block(f"for k in range({taps}):"):
            draft.line(
                f"sample = {history}[{i}, k]",
                f"estimate += {weights}[{i}, k] * sample",
                *(["power += sample * sample"] if normalized else []),
            )
        draft.numpy(f"estimate = np.sum({weights} * {history}, axis=1)")
        if normalized:
            draft.numpy(f"power = 0.1 + np.sum({history} * {history}, axis=1)")
        draft.line(f"error = {desired}[{i}] - estimate")
        draft.numpy(f"error = {desired} - estimate")
        shaped = "error"
        if kind == "sign":
            draft.formula("bounded = wp.tanh(4.0 * error)")
            shaped = "bounded"
        elif kind == "affine" or draw.chance(0.3):
            draft.fused("driven", draft.real, [draft.known("error", draft.real, -9.0, 9.0), *draft.some_parameters(("limit", "slope"), 1)])
            shaped = "driven"
        draft.line(f"step_size = {mu.warp()} * {shaped}{' / power' if normalized else ''}")
        draft.numpy(f"step_size = {mu.numpy()} * {shaped}{' / power' if normalized else ''}")
        keep = f"{draft.number(0.98)} * " if kind == "leaky" else ""
        draft.output(out, draft.real, "n", taps)
        with draft.block(f"for k in range({taps}):"):
            draft.line(f"{out}[{i}, k] = {keep}{weights}[{i}, k] + step_size * {history}[{i}, k]")
        draft.numpy(f"{out} = {'0.98 * ' if keep else ''}{weights} + step_size[:, None] * {history}")
        if draw.chance(0.6):
            finish_sample(draft, draft.known("error", draft.real, -9.0, 9.0), ("error_out", "residual"), i, ("n",), share=0.5)
    return draft.case(draw.choice((f"{kind}_update", "adapt_weights", f"{kind}_filter")), ["n"], [{"n": n} for n in draw.sizes(120)])


def build_tracker(draw: Draw, draft: Draft) -> Case:
    """Alpha-beta, alpha-beta-gamma, complementary and scalar or two-state Kalman filters: predict, compare, correct."""
    kind = draw.choice(("alpha_beta", "alpha_beta_gamma", "complementary", "kalman_1", "kalman_2"))
    i = draw.choice(("i", "track", "tid"))
    draft.reserve("x", "v", "a", "z", "p", "k", "residual", "predicted", "p00", "p01", "p11", "k0", "k1", "s")
    states = {
        "alpha_beta": ("x", "v"),
        "alpha_beta_gamma": ("x", "v", "a"),
        "complementary": ("x",),
        "kalman_1": ("x",),
        "kalman_2": ("x", "v"),
    }[kind]
    covariances = {"kalman_1": (("p", 0.3, 1.0),), "kalman_2": (("p00", 0.6, 1.0), ("p01", -0.3, 0.3), ("p11", 0.6, 1.0))}.get(kind, ())
    label = {"x": "position", "v": "velocity", "a": "acceleration"}
    for s in states:
        draft.array(f"{label[s]}_in", draft.real, "n")
    for s, low, high in covariances:
        draft.array(f"{s}_in", draft.real, "n", low=low, high=high)
    measured = draft.array(draft.name("measurement", "observed", "z_in"), draft.real, "n")
    rate = draft.array(draft.name("gyro", "rate_in"), draft.real, "n") if kind == "complementary" else ""
    steps = draw.choice((1, 1, 2))
    with draft.threads((i, "n", measured, 0)):
        dt = draft.knob(draft.name("dt", "h"), 0.1, 0.5).numpy()
        for s in states:
            draft.load(s, f"{label[s]}_in", i, -1.0, 1.0)
        for s, low, high in covariances:
            draft.load(s, f"{s}_in", i, low, high)
        draft.load("z", measured, i, -1.0, 1.0)
        told = {"alpha_beta": 2, "alpha_beta_gamma": 3, "complementary": 1}.get(kind, 0)
        words = {"DT": dt}
        for name, word in (("alpha", "GAIN_A"), ("beta", "GAIN_B"), ("gamma", "GAIN_C"))[:told]:
            words[word] = draft.parameter(name, 0.2, 0.8).name
        if not told:
            noisy = draw.chance(0.5)
            words["NOISE_Q"] = draft.parameter("process_noise", 0.02, 0.2).name if noisy else "0.05"
            words["NOISE_R"] = draft.parameter("sensor_noise", 0.2, 0.6).name if noisy else "0.3"
        body = TRACKERS[kind]
        if rate:
            draft.load("w", rate, i, -1.0, 1.0)
        body = tuple(re.sub("|".join(words), lambda m: words[m[0]], line) for line in body)
        if steps > 1:
            with draft.loop(f"for step in range({steps}):"):
                draft.formula(*body)
        else:
            draft.formula(*body)
        if kind.startswith("kalman") and draw.chance(0.4):
            finish_sample(draft, draft.known("residual", draft.real, -5.0, 5.0), ("innovation", "residual_out"), i, ("n",), share=0.6)
        for s in (*states, *(c[0] for c in covariances)):
            draft.store(draft.output(f"{label.get(s, s)}_out", draft.real, "n"), i, s)
    return draft.case(draw.choice((f"{kind}_step", f"track_{kind}", "update_tracks")), ["n"], [{"n": n} for n in draw.sizes(150)])


def build_dynamics(draw: Draw, draft: Draft) -> Case:
    """A memoryless curve (companding, clipping, folding), or the gain of a compressor from a level in decibels."""
    i = draw.choice(("i", "tid", "t"))
    draft.reserve("value", "level", "over", "gain_db", "gain_lin", "knee")
    signal = draft.array(draft.name("signal", "audio", "x"), draft.real, "n")
    compressor = draw.chance(0.45)
    with draft.threads((i, "n", signal, 0)):
        draft.load("s", signal, i, -1.0, 1.0)
        if compressor:
            level = (
                draft.array(draft.name("envelope_in", "sidechain", "detector"), draft.real, "n", domain=Uniform(0.02, 1.0))
                if draw.chance(0.6)
                else ""
            )
            draft.line(f"level = {level}[{i}]" if level else f"level = wp.abs(s) + {draft.number(0.02)}")
            draft.numpy(f"level = {level}" if level else "level = np.abs(s) + 0.02")
            values = draft.parameters(("threshold_db", -24.0, -6.0), ("slope", 0.3, 0.9), struct="Compressor")
            t, slope = values["threshold_db"].name, values["slope"].name
            draft.formula("level_db = 8.685889638 * wp.log(level)", f"over = level_db - {t}")
            curve = draw.choice(("hard", "knee", "expander", "limiter"))
            if curve == "knee":
                width = draft.parameter("knee_width", 4.0, 12.0).name
                with draft.block(f"if over <= -{draft.number(0.5)} * {width}:"):
                    draft.line(f"gain_db = {draft.zero()}")
                with draft.block(f"elif over >= {draft.number(0.5)} * {width}:"):
                    draft.line(f"gain_db = -{slope} * over")
                with draft.block("else:"):
                    draft.warp_formula(f"inside = over + 0.5 * {width}", f"gain_db = -{slope} * inside * inside / (2.0 * {width})")
                draft.numpy(
                    f"inside = over + 0.5 * {width}",
                    f"bend = -{slope} * inside * inside / (2.0 * {width})",
                    f"gain_db = np.where(over <= -0.5 * {width}, 0.0, np.where(over >= 0.5 * {width}, -{slope} * over, bend))",
                )
            else:
                draft.formula(
                    {
                        "hard": f"gain_db = -{slope} * wp.max(over, 0.0)",
                        "expander": f"gain_db = {slope} * wp.min(over, 0.0)",
                        "limiter": "gain_db = wp.min(-over, 0.0)",
                    }[curve]
                )
            draft.formula("gain_lin = wp.exp(0.115129255 * gain_db)", "value = gain_lin * s")
            name = f"compressor_{curve}"
        else:
            name = draw.choice(tuple(SHAPERS))
            function = function_pair(draft, name, [("x", draft.real)], SHAPERS[name], draft.real)
            drive = draft.knob(draft.name("drive", "pre_gain"), 0.4, 1.2)
            draft.line(f"value = {function}({drive.warp()} * s)")
            draft.numpy(f"value = {function}({drive.numpy()} * s)")
            how = draw.choice(("plain", "mix", "two_stage"))
            if how == "mix":
                wet = draft.knob("wet", 0.2, 0.8)
                draft.line(f"value = s + {wet.warp()} * (value - s)")
                draft.numpy(f"value = s + {wet.numpy()} * (value - s)")
            elif how == "two_stage":
                other = draw.choice([s for s in SHAPERS if s not in (name, "mu_law", "a_law")])
                function_pair(draft, other, [("x", draft.real)], SHAPERS[other], draft.real)
                draft.both(f"value = {other}(value)")
        finish_sample(draft, draft.known("value", draft.real, -2.0, 2.0), ("processed", "out", "shaped_out"), i, ("n",))
    return draft.case(
        draw.choice((f"{name}_signal", f"apply_{name}", "waveshaper" if not compressor else "compress")),
        ["n"],
        [{"n": n} for n in draw.sizes(190)],
    )
