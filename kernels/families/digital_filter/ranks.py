"""Filters by rank: medians by networks of three and five, erosion and dilation, outlier rejection."""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.digital_filter.signals import Signal

NETWORKS: dict[int, tuple[tuple[int, int], ...]] = {
    3: ((0, 1), (1, 2), (0, 1)),
    4: ((0, 1), (2, 3), (0, 2), (1, 3), (1, 2)),
    5: ((0, 1), (3, 4), (2, 4), (2, 3), (1, 4), (0, 3), (0, 2), (1, 3), (1, 2)),
    7: (
        (0, 6), (2, 3), (4, 5), (0, 2), (1, 4), (3, 6), (0, 1), (2, 5), (3, 4), (1, 2), (4, 6), (2, 3), (4, 5), (1, 2), (3, 4), (5, 6),
    ),
}  # fmt: skip
"""Sorting networks: compare-exchange pairs in order (Knuth, The Art of Computer Programming 3, 5.3.4)."""


def _median_of_3(draft: Draft) -> str:
    """Defines the median of three as a function of minima and maxima."""
    body = draft.draw.choice(
        (
            ["return wp.max(wp.min(a, b), wp.min(wp.max(a, b), c))"],
            ["low = wp.min(a, b)", "high = wp.max(a, b)", "return wp.clamp(c, low, high)"],
            ["return a + b + c - wp.min(a, wp.min(b, c)) - wp.max(a, wp.max(b, c))"],
        )
    )
    return draft.function("median3", [(p, draft.real) for p in "abc"], body, draft.real)


def _network(draft: Draft, width: int) -> str:
    """Sorts the locals s0 .. by a network, written out or through a function per exchange; returns the median's name."""
    keep = draft.draw.chance(0.5)
    for number, (a, b) in enumerate(NETWORKS[width]):
        if keep:
            draft.line(
                f"low{number} = wp.min(s{a}, s{b})", f"high{number} = wp.max(s{a}, s{b})", f"s{a} = low{number}", f"s{b} = high{number}"
            )
        else:
            draft.line(f"swap = wp.min(s{a}, s{b})", f"s{b} = wp.max(s{a}, s{b})", f"s{a} = swap")
    return f"s{width // 2}"


def build_median(draw: Draw, draft: Draft) -> Case:
    """The median of a few samples, or another rank, or a mean that leaves out the extremes; perhaps only where the sample is an outlier."""
    signal = Signal(draft)
    width = draw.choice((3, 3, 4, 5, 5, 7))
    # A sample that comes twice within a window ties with itself: only at wrapped borders of short signals, where it does no harm.
    rule = signal.border(("hold", "mirror", "wrap", "zero"))
    behind = draw.choice((0, width // 2, width - 1))
    stride = draw.choice((1, 1, 1, 2))
    kind = draw.weighted(("median", "trimmed", "hampel", "pseudo", "spread"), (5, 2, 3, 2, 2)) if width != 4 else "trimmed"
    i = signal.i
    with signal.threads():
        for k in range(width):
            offset = (k - behind) * stride
            signal.fetch(rule, f"s{k}", i if offset == 0 else f"{i} {'+' if offset > 0 else '-'} {abs(offset)}")
        signal.measure()
        step = f"{stride} * " if stride > 1 else ""
        signal.gather(rule, "near", f"np.arange(length)[:, None] + {step}(np.arange({width}) - {behind})")
        draft.numpy("ranked = np.sort(near, axis=-1)")
        if kind == "pseudo":
            # The pseudomedian: the mean of the largest of pairwise minima and the smallest of pairwise maxima.
            minima = [f"wp.min(s{k}, s{k + 1})" for k in range(width - 1)]
            maxima = [f"wp.max(s{k}, s{k + 1})" for k in range(width - 1)]
            for name, outer, parts in (("maximin", "max", minima), ("minimax", "min", maxima)):
                draft.line(f"{name} = {parts[0]}", *(f"{name} = wp.{outer}({name}, {part})" for part in parts[1:]))
            draft.numpy("pairs = np.stack([near[..., :-1], near[..., 1:]])")
            draft.numpy("value = 0.5 * (np.max(np.min(pairs, axis=0), axis=-1) + np.min(np.max(pairs, axis=0), axis=-1))")
            draft.warp_formula("value = 0.5 * (maximin + minimax)")
        elif width == 3 and draw.chance(0.6) and kind in ("median", "hampel"):
            draft.line(f"value = {_median_of_3(draft)}(s0, s1, s2)")
            draft.numpy("value = ranked[..., 1]")
        else:
            middle = _network(draft, width)
            if kind == "trimmed":
                inner = [f"s{k}" for k in range(1, width - 1)]
                draft.warp_formula(f"value = ({' + '.join(inner)}) / {float(len(inner))}" if len(inner) > 1 else f"value = {inner[0]}")
                draft.numpy("value = np.mean(ranked[..., 1:-1], axis=-1)")
            elif kind == "spread":
                draft.line(
                    f"value = s{width - 1} - s0" if draw.chance(0.3) else f"value = s{width - 2} - s1" if width > 3 else "value = s2 - s1"
                )
                draft.numpy("value = " + draft.kernel[-1].split(" = ")[1].replace("s", "ranked[..., ").replace(" -", "] -") + "]")
            else:
                draft.line(f"value = {middle}")
                draft.numpy(f"value = ranked[..., {width // 2}]")
        if kind == "hampel":
            limit = draft.knob(draft.name("threshold", "tolerance"), 0.2, 0.8)
            own_now = f"{signal.name}[{signal.here}]"
            draft.line(f"sample_here = {own_now}", "deviation = wp.abs(sample_here - value)")
            draft.numpy(f"sample_here = {signal.view(signal.name)}", "deviation = np.abs(sample_here - value)")
            with draft.block(f"if deviation <= {limit.warp()}:"):
                draft.line("value = sample_here")
            draft.numpy(f"value = np.where(deviation <= {limit.numpy()}, sample_here, value)")
        signal.finish(draft.known("value", draft.real, -1.5, 1.5))
    return draft.case(draw.choice((f"{kind}_filter_{width}", f"{kind}_filter", f"rank_filter_{width}")), signal.dim, signal.sizes())


def build_morphology(draw: Draw, draft: Draft) -> Case:
    """Erosion, dilation, their difference, or a top-hat, over a flat or a weighted structuring element."""
    signal = Signal(draft)
    radius = draw.choice((1, 2, 3))
    width = 2 * radius + 1
    rule = signal.border(("hold", "mirror"))
    weighted = draw.chance(0.4)
    kind = draw.choice(("erode", "dilate", "gradient", "top_hat"))
    i = signal.i
    if weighted:
        element = draft.array(draft.name("structuring", "element", "profile"), draft.real, width, low=-0.5, high=0.5)
    with signal.threads():
        if kind != "dilate":
            draft.line(f"lowest = {draft.number(1.0e6)}")
        if kind in ("dilate", "gradient"):
            draft.line(f"highest = {draft.number(-1.0e6)}")
        with draft.block(f"for k in range({width}):"):
            signal.fetch(rule, "s", f"{i} + k - {radius}")
            if kind != "dilate":
                draft.line(f"lowest = wp.min(lowest, s{f' - {element}[k]' if weighted else ''})")
            if kind in ("dilate", "gradient"):
                draft.line(f"highest = wp.max(highest, s{f' + {element}[k]' if weighted else ''})")
        signal.measure()
        signal.gather(rule, "near", f"np.arange(length)[:, None] + np.arange(-{radius}, {radius + 1})")
        draft.numpy(f"lowest = np.min(near{f' - {element}' if weighted else ''}, axis=-1)")
        draft.numpy(f"highest = np.max(near{f' + {element}' if weighted else ''}, axis=-1)")
        value = {"erode": "lowest", "dilate": "highest", "gradient": "highest - lowest", "top_hat": "OWN - lowest"}[kind]
        draft.line(f"value = {value.replace('OWN', f'{signal.name}[{signal.here}]')}")
        draft.numpy(f"value = {value.replace('OWN', signal.view(signal.name))}")
        signal.finish(draft.known("value", draft.real, -2.0, 4.0))
    return draft.case(draw.choice((f"{kind}_signal", f"morphological_{kind}", f"{kind}_envelope")), signal.dim, signal.sizes())
