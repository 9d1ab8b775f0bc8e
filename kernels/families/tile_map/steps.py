"""What maps of tiles share: names, and the chain of drawn steps from what was loaded to what is stored."""

from __future__ import annotations

from kernels.drafting.tiles import TileDraft
from kernels.language.expression import Expression, Variable

ARRAYS = ("{}", "{}_in", "{}_values", "in_{}", "{}_data", "src_{}")
NAMES = (
    ("u", "v", "w"),
    ("x", "y", "z"),
    ("a", "b", "c"),
    ("height", "flow", "slope"),
    ("signal", "noise", "window"),
    ("image", "mask", "blur"),
    ("pressure", "density", "heat"),
    ("logits", "labels", "weights"),
)
KNOBS = ("alpha", "gain", "strength", "scale", "shift", "dt", "decay")
STEPS = ("mixed", "blend", "mapped", "warped", "damped", "shaped", "lifted", "term", "response")


def stored(draft: TileDraft, values: list[Expression]) -> tuple[Variable, list[Variable]]:
    """Names one to three tiles, each made of the one before and of more of `values`; gives the last and all."""
    draw = draft.draw
    pending = list(values)
    count = draw.weighted((1, 2, 3), (3, 4, 2)) if len(values) > 1 else draw.integer(1, 2)
    made: list[Variable] = []
    for number in range(count):
        last = number == count - 1
        share = len(pending) if last else max(1, min(len(pending) - 1, draw.integer(1, 2)))
        taken, pending = pending[:share], pending[share:]
        inputs: list[Expression] = [*made[-1:], *taken]
        if not any(isinstance(e, Variable) and draft.is_tile(e) for e in inputs):
            inputs.append(values[0])
        made.append(_step(draft, draft.name(*STEPS), inputs))
    return made[-1], made


def _step(draft: TileDraft, name: str, inputs: list[Expression]) -> Variable:
    """One step: now and then plain arithmetic of two tiles, as operators write it, else a drawn formula."""
    tiles = [e for e in inputs if isinstance(e, Variable) and draft.is_tile(e)]
    rest = [e for e in inputs if e not in tiles]
    if len(tiles) == 2 and len(rest) <= 1 and draft.draw.chance(0.4):
        left, right = draft.draw.shuffled(tiles)
        draft.scope.update(left=left, right=right)
        if rest:
            draft.scope["factor"] = rest[0]
            text = draft.draw.choice(("left * factor + right", "left - factor * right", "(left - right) * factor", "left * right / factor"))
        else:
            text = draft.draw.choice(("left * right", "left - right", "left + right", "left * left - right", "left + left * right"))
        return draft.tile(name, text)
    return draft.drawn_tile(name, inputs)
