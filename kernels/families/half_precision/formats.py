"""What kernels in half precision share: the two formats, their constants, launch sizes, and how a value is stored."""

from __future__ import annotations

from dataclasses import dataclass

from kernels.drafting.mirror.draft import MirrorDraft
from kernels.draw import Draw
from kernels.language.interval import Interval


@dataclass(frozen=True)
class Half:
    """A half-precision format as a kernel spells it."""

    spelling: str

    def number(self, value: float | str) -> str:
        """A constant, or a cast to the format."""
        return f"{self.spelling}({value})"


F16, BF16 = Half("wp.float16"), Half("wp.bfloat16")


def some_half(draw: Draw) -> Half:
    """One of the formats: mostly float16, as in kernels that people write."""
    return BF16 if draw.chance(0.35) else F16


def sizes(draw: Draw, largest: int = 130) -> list[dict[str, int]]:
    """The launches' sizes: `n` threads, a `table`."""
    return [{"n": n, "table": 9, "one": 1} for n in draw.sizes(largest)]


def kept_single(draft: MirrorDraft, name: str, bound: float, index: str, half: Half, outs: tuple[str, ...]) -> None:
    """Stores the single-precision value `name`: as it is, after a smooth drawn formula, or rounded to the half format."""
    draw = draft.draw
    if half is F16 and draw.chance(0.5):
        # Roundings of half precision would turn the decisions of a formula that jumps.
        inputs: list[tuple[str, str, float, float] | str] = [(name, "float", -bound, bound)]
        if draw.chance(0.5):
            array = draft.field(draft.free(draw.choice(("weight_in", "mask_in", "residual"))), "float", "n", low=0.2, high=1.0)
            local = draft.free(f"{array}_i")
            draft.code(f"{local} = {array}[{index}]")
            inputs.append((local, "float", 0.2, 1.0))
        if draw.chance(0.5):
            knob = draft.free(draw.choice(("scale", "gain", "alpha")))
            draft.tune(knob, 0.3, 1.5)
            inputs.append(knob)
        name = draft.mixed(draft.free(draw.choice(("result", "response"))), "float", inputs, 1, Interval(-60.0, 60.0), smooth=True)
    elif draw.chance(0.5):
        draft.code(f"{name} = {draw.choice((f'{name} * 0.5', f'0.25 + {name}', f'wp.tanh({name})', f'{name} / (1.0 + wp.abs({name}))'))}")
    rounded = draw.chance(0.4)
    out = draft.result(draft.name(*outs), half.spelling if rounded else "float", "n")
    draft.code(f"{out}[{index}] = {half.number(name) if rounded else name}")


def kept_half(draft: MirrorDraft, name: str, type: str, index: str, outs: tuple[str, ...], *, products: int = 1) -> None:
    """Stores the float16 value `name`, a scalar or a vector, after up to three steps in half; now and then in single precision.

    As many `products` as are given may be among the steps: those of several roundings are more than half precision has to spare.
    """
    draw = draft.draw
    scalar = type == "wp.float16"
    steps = ["scale", "bias", "gate", "fade", *([] if scalar else ["length", "product", "mirror"])]
    chosen = draw.subset(steps, draw.weighted((0, 1, 2, 3), (2, 4, 3, 1)))
    multiplied = [kind for kind in chosen if kind in ("length", "product", "gate")]
    for kind in [kind for kind in chosen if kind not in multiplied[products:]]:
        factor = F16.number(draw.real(0.3, 1.2))
        if kind in ("bias", "gate", "product"):
            label = {"bias": "offset_half", "gate": "gate_half", "product": "tint"}[kind]
            array = draft.field(draft.free(label), "wp.float16" if kind == "gate" else type, "n", names=(f"{label}_in",))
            formula = {
                "bias": f"{name} + {array}[{index}]",
                "gate": f"{name} * wp.{draw.choice(('tanh', 'cos'))}({array}[{index}])",
                "product": f"wp.cw_mul({name}, {array}[{index}])",
            }[kind]
        else:
            other = f"wp.dot({name}, {name})" if not scalar else f"{name} * {name}"
            formula = {
                "scale": draw.choice((f"{name} * {factor}", f"{factor} * {name}")),
                "fade": f"{name} / ({F16.number(1.0)} + {other})",
                "length": f"{name} * wp.length({name})",
                "mirror": f"-{name}",
            }[kind]
        draft.code(f"{name} = {formula}")
    if draw.chance(0.2) and not scalar and type[-2:] == "3h":
        out = draft.result(draft.name(*outs), "vec3", "n")
        draft.code(f"{out}[{index}] = vec3({name})")
    elif draw.chance(0.2) and not scalar:
        out = draft.result(draft.name(*outs), "wp.float16", "n")
        draft.code(f"{out}[{index}] = {draw.choice((f'wp.length({name})', f'wp.dot({name}, {name})', f'{name}[0] + {name}[1]'))}")
    else:
        out = draft.result(draft.name(*outs), type, "n")
        draft.code(f"{out}[{index}] = {name}")
