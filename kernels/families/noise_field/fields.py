"""What kernels on noise share: states that select a field, launch sizes, and sums over octaves."""

from __future__ import annotations

from collections.abc import Sequence

from kernels.domains import Integers
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.draw import Draw

SEEDS = Integers(0, 100_000)
POINT = {1: "float", 2: "vec2", 3: "vec3", 4: "vec4"}
STEPS = ("0.0625", "0.125")
"""Steps of differences: powers of two, which single precision adds without loss, and large beside the rounding of noise."""


def sizes(draw: Draw, largest: int = 90) -> list[dict[str, int]]:
    """The launches' sizes: `n` threads, a table of `layers`."""
    return [{"n": n, "layers": 4, "one": 1} for n in draw.sizes(largest)]


def selected(draw: Draw, draft: MirrorDraft, state: str = "state") -> str:
    """Makes the state that selects the field: from a seed, a seed and a layer, or handed over as it is."""
    way = draw.weighted(("seed", "layer", "state"), (6, 2, 1))
    if way == "state":
        return draft.uniform(draft.name("noise_state", "field_state"), "wp.uint32", Integers(0, 2**32))
    seed = draft.uniform(draft.name("seed", "noise_seed", "field_seed"), "int", SEEDS)
    layer = f", {draw.integer(1, 90)}" if way == "layer" else ""
    draft.code(f"{state} = wp.rand_init({seed}{layer})")
    return state


def curl_arguments(draw: Draw) -> str:
    """The further arguments of curlnoise: none, octaves, or octaves, lacunarity and gain, by position or by name."""
    way = draw.choice(("none", "octaves", "all", "named"))
    octaves = f"wp.uint32({draw.integer(1, 3)})"
    if way == "none":
        return ""
    if way == "octaves":
        return f", {octaves}"
    lacunarity, gain = draw.real(1.7, 2.3), draw.real(0.4, 0.7)
    if way == "all":
        return f", {octaves}, {lacunarity}, {gain}"
    return f", octaves={octaves}, {draw.choice((f'gain={gain}', f'lacunarity={lacunarity}'))}"


def octave_lines(
    draw: Draw,
    total: str,
    sample: str,
    point: str,
    *,
    count: int,
    lacunarity: str,
    gain: str,
    shape: str = "plain",
    rotate: Sequence[str] = (),
) -> str:
    """Lines that sum noise over octaves into `total`.

    `sample` is a call of noise with its point at `{0}`; `shape` is what becomes of each octave's value.
    """
    shaped = {
        "plain": "value",
        "billow": "wp.abs(value)",
        "ridged": "(1.0 - wp.abs(value))",
        "squared": "value * value",
        "soft": "wp.tanh(2.0 * value)",
        "sharp": "(1.0 - wp.abs(value)) * (1.0 - wp.abs(value))",
    }[shape]
    style = draw.choice(("frequency", "point", "explicit"))
    if style == "frequency":
        return "\n".join(
            [
                f"{total} = float(0.0)",
                "freq = float(1.0)",
                "amp = float(1.0)",
                f"for octave in range({count}):",
                f"    value = {sample.format(f'{point} * freq')}",
                f"    {total} = {total} + {shaped} * amp",
                f"    freq = freq * {lacunarity}",
                f"    amp = amp * {gain}",
            ]
        )
    if style == "point":
        return "\n".join(
            [
                f"{total} = float(0.0)",
                f"q = {point}",
                f"weight_sum = float({draw.choice(('0.0', '0.1'))})",
                "amp = float(1.0)",
                f"for octave in range({count}):",
                f"    value = {sample.format('q')}",
                f"    {total} = {total} + amp * {shaped}",
                "    weight_sum = weight_sum + amp",
                f"    q = {' '.join(rotate) or 'q'} * {lacunarity}",
                f"    amp = amp * {gain}",
                f"{total} = {total} / weight_sum" if draw.chance(0.5) else f"{total} = {total} * 1.25",
            ]
        )
    lines = []
    for n in range(min(count, 4)):
        factor = "" if n == 0 else f" * {round(1.93**n, 2)}"
        lines.append(f"value = {sample.format(f'{point}{factor}')}")
        lines.append(f"{total} = {shaped}" if n == 0 else f"{total} = {total} + {shaped} * {round(0.55**n, 3)}")
    return "\n".join(lines)


SHAPES = ("plain", "plain", "billow", "ridged", "squared", "soft", "sharp")


def parameters(draw: Draw, draft: MirrorDraft) -> tuple[str, str]:
    """The growth of frequency and the decay of amplitude from octave to octave, as texts."""
    # Growth by 2 would bring points of a half or a quarter onto the lattice.
    return draft.tune(draw.choice(("lacunarity", "freq_growth")), 1.81, 2.13), draft.tune(draw.choice(("gain", "persistence")), 0.4, 0.65)
