"""The scores that a softmax is taken of: what is made of an element first, and which elements count."""

from __future__ import annotations

from kernels.domains import Bernoulli, Integers
from kernels.drafting.draft import Draft
from kernels.drafting.outlines import outlined_value
from kernels.families.softmax.rows import Rows
from kernels.language.types import BOOL, I32
from kernels.source import indented

LOGITS = ("logits", "x", "attn_scores", "energies", "inputs", "src")
BOUND = 9.0
"""No score is larger: |x| <= 3 over a temperature of at least 0.5, and at most three terms of size 1."""


class Scores:
    """`text` is the kernel's formula of the score at the loop's counter; the reference's `scores` hold all of them.

    `keep` is the condition under which an element counts (empty if all do), whose truth the reference has in `keep`.
    """

    def __init__(self, draft: Draft, rows: Rows, *, masks: bool = True) -> None:
        self.draft, self.rows = draft, rows
        self.keep = ""
        self.stop = rows.stop
        draft.reserve("scores", "keep", "exps", "total", "probs")
        self.x = rows.array(draft.draw.choice(LOGITS), draft.real, low=-3.0, high=3.0)
        self._masks = masks
        self._is_sum = False
        self.text = f"{self.x}[{rows.at()}]"

    def open(self) -> None:
        """Loads what the scores need, within the kernel; the reference's `scores` and `keep`."""
        draft, draw = self.draft, self.draft.draw
        draft.numpy(f"scores = {self.rows.whole(self.x)}")
        kinds = ("temperature", "inverse", "bias", "added", "cap", "noise", "row_temperature")
        for kind in draw.subset(kinds, draw.weighted((0, 1, 2), (4, 6, 2))):
            self._adjust(kind)
        if self.text.count("[") + self.text.count("(") > 1 and draw.chance(0.4):
            name = draw.choice(("score_at", "get_score", "scaled_logit", "load_score"))
            self.text = outlined_value(draft, name, [], draft.warp(self.text), draft.real)
            self._is_sum = False
        else:
            self.text = draft.warp(self.text)
        if self._masks and draw.chance(0.5):
            self._mask()

    @property
    def factor(self) -> str:
        """The score's formula as a factor of a product."""
        return f"({self.text})" if self._is_sum else self.text

    def kept(self, lines: list[str]) -> list[str]:
        """`lines` under the condition that the element counts."""
        return [f"if {self.keep}:", *indented(lines)] if self.keep else lines

    def zeroed(self, text: str) -> str:
        """numpy: `text` with elements that do not count set to zero."""
        return f"np.where(keep, {text}, 0.0)" if self.keep else text

    def _adjust(self, kind: str) -> None:
        draft, rows = self.draft, self.rows
        x = self.text
        inner = f"({x})" if self._is_sum else x
        self._is_sum = kind in ("bias", "added", "noise")
        if kind == "temperature":
            t = draft.knob(draft.name("temperature", "tau"), 0.6, 2.0).numpy()
            self.text, numpy = f"{inner} / {t}", f"scores / {t}"
        elif kind == "inverse":
            t = draft.knob(draft.name("scale", "inv_temperature", "beta"), 0.3, 1.4).numpy()
            self.text, numpy = f"{inner} * {t}", f"scores * {t}"
        elif kind == "bias":
            bias = draft.array(draft.name("bias", "prior", "log_prior", "class_bias"), draft.real, rows.literal or rows.width)
            self.text, numpy = f"{x} + {bias}[{rows.counter}]", f"scores + {rows.along_numpy(bias)}"
        elif kind in ("added", "noise"):
            name = draft.name(*(("attn_bias", "position_bias", "offsets") if kind == "added" else ("gumbel", "noise", "perturbation")))
            other = rows.array(name, draft.real)
            self.text, numpy = f"{x} + {other}[{rows.at()}]", f"scores + {rows.whole(other)}"
        elif kind == "cap":
            cap = draft.knob(draft.name("cap", "soft_cap", "logit_cap"), 2.0, 8.0).numpy()
            self.text, numpy = f"{cap} * wp.tanh({inner} / {cap})", f"{cap} * np.tanh(scores / {cap})"
        else:
            name = draft.array(draft.name("row_temperature", "temperatures"), draft.real, *rows.extents_of, low=0.6, high=2.0)
            local = draft.name("temp", "row_scale")
            draft.line(f"{local} = {name}[{rows.here}]")
            draft.known(local, draft.real, 0.6, 2.0)
            self.text, numpy = f"{inner} / {local}", f"scores / {rows.row_numpy(name)}"
        draft.numpy(f"scores = {numpy}")

    def _mask(self) -> None:
        draft, rows, draw = self.draft, self.rows, self.draft.draw
        j = rows.counter
        kinds = ["bool", "int", "length"] + (["causal", "window"] if rows.kind in ("rows", "batched", "flat") else [])
        kind = draw.choice(kinds)
        row = rows.indices[-1]
        query = "np.arange(scores.shape[-2])[:, None]"
        if kind == "bool":
            mask = rows.array(draft.name("mask", "valid", "attend"), BOOL, domain=Bernoulli(0.7))
            self.keep = f"{mask}[{rows.at()}]"
            draft.numpy(f"keep = {rows.whole(mask)}")
        elif kind == "int":
            mask = rows.array(draft.name("mask", "keep_flags", "segment_mask"), I32, domain=Integers(0, 3))
            self.keep = f"{mask}[{rows.at()}] != 0"
            draft.numpy(f"keep = {rows.whole(mask)} != 0")
        elif kind == "length":
            lengths = rows.lengths(draft.name("lengths", "seq_lens", "valid_count"))
            local = draft.name("length", "valid", "end")
            draft.line(f"{local} = {lengths}[{rows.here}]")
            self.keep = f"{j} < {local}"
            draft.numpy(f"keep = {rows.numbers()} < {rows.row_numpy(lengths)}")
        elif kind == "causal":
            strict = draw.chance(0.2)
            self.keep = f"{j} {'<' if strict else '<='} {row}"
            draft.numpy(f"keep = {rows.numbers()} {'<' if strict else '<='} {query}")
        else:
            reach = draft.parameter("window", 1, 4, I32).name if draw.chance(0.5) else str(draw.integer(1, 3))
            self.keep = f"wp.abs({row} - {j}) <= {reach}"
            draft.numpy(f"keep = np.abs({query} - {rows.numbers()}) <= {reach}")
        if kind in ("causal", "window"):
            draft.numpy("keep = np.broadcast_to(keep, scores.shape)")
