"""Attention as a transformer's block computes it from raw projections: normalized queries and keys, rotated by position, then softmax."""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.arguments import Extent
from kernels.drafting.draft import Draft
from kernels.drafting.epilogues import Site, epilogue
from kernels.drafting.layout import loop
from kernels.drafting.outlines import outlined, outlined_value
from kernels.draw import Draw
from kernels.families.attention.fused import statistics
from kernels.source import indented

_LAYOUTS = {"heads": ("{h}, {t}, {c}", ("heads", "seq_len")), "tokens": ("{t}, {h}, {c}", ("seq_len", "heads"))}


class _Block:
    """The block under way: its layout, indices and arrays."""

    def __init__(self, draw: Draw) -> None:
        self.draft = draft = Draft(draw, smooth=True)
        self.layout = draw.choice(tuple(_LAYOUTS))
        self.template, self.order = _LAYOUTS[self.layout]
        self.h, self.i, self.j, self.c, self.p = draw.choice((("h", "i", "j", "c", "p"), ("head", "query", "key", "d", "pair")))
        self.half = draw.choice((2, 3))
        self.dim = 2 * self.half
        draft.reserve(
            self.h, self.i, self.j, self.c, self.p, "heads", "seq_len", "dot", "score", "q0", "q1", "k0", "k1", "q_scale", "k_scale"
        )
        draft.reserve("q_all", "k_all", "v_all", "scores", "keep", "angle_all", "attended_all", "rotate", "inv_rms", "total_sq")
        self.shape: tuple[Extent, ...] = (*self.order, self.dim)
        names = draw.choice((("q", "k", "v"), ("queries", "keys_in", "values")))
        self.q, self.k, self.v = (draft.array(name, draft.real, *self.shape) for name in names)
        self.normed, self.causal = draw.chance(0.7), draw.chance(0.6)
        self.frequencies = draft.array(draft.name("inv_freq", "theta"), draft.real, self.half, low=0.1, high=1.0)
        self.gains = ""
        if self.normed and draw.chance(0.6):
            self.gains = draft.array(draft.name("norm_weight", "qk_gain"), draft.real, self.dim, low=0.5, high=1.5)
        self.scale = draft.knob(draft.name("scale", "sm_scale"), 0.2, 1.0).numpy()

    def at(self, array: str, token: str, element: str) -> str:
        """The kernel's element of a token's row."""
        return f"{array}[{self.template.format(h=self.h, t=token, c=element)}]"

    def helpers(self) -> None:
        """The functions that rotate a pair and find a row's inverse root mean square."""
        draft = self.draft
        real = draft.real.spelling
        body = ["c_angle = wp.cos(angle)", "s_angle = wp.sin(angle)"]
        body.append("return first * c_angle - second * s_angle, second * c_angle + first * s_angle")
        draft.definitions.append(["@wp.func", f"def rotate(first: {real}, second: {real}, angle: {real}):", *indented(body)])
        if not self.normed:
            return
        element = self.template.format(h="h", t="token", c="d")
        body = [f"total_sq = {draft.zero()}", *loop("d", str(self.dim), [f"total_sq += x[{element}] * x[{element}]"])]
        mean = f"total_sq / {draft.number(float(self.dim))} + {draft.number(0.001)}"
        body.append(f"return {draft.number(1.0)} / wp.sqrt({mean})")
        draft.definitions.append(["@wp.func", f"def inv_rms(x: wp.array3d(dtype={real}), h: int, token: int) -> {real}:", *indented(body)])

    def score(self) -> str:
        """The kernel's function from two raw rows to their score; returns its call."""
        draft, draw, p, j = self.draft, self.draft.draw, self.p, self.j
        draft.reserve("angle")
        low, high = p, f"{p} + {self.half}"
        inner = []
        for local, array, token, factor in (("q", self.q, self.i, "q_scale"), ("k", self.k, j, "k_scale")):
            for end, element in (("0", low), ("1", high)):
                gain = f" * {self.gains}[{element}]" if self.gains else ""
                inner.append(f"{local}{end} = {self.at(array, token, element)}" + (f" * {factor}{gain}" if self.normed else ""))
        for local, token in (("q", self.i), ("k", j)):
            inner.append(f"{local}0, {local}1 = rotate({local}0, {local}1, {draft.cast(token)} * {self.frequencies}[{p}])")
        inner.append("dot += q0 * k0 + q1 * k1")
        lines = [f"k_scale = inv_rms({self.k}, {self.h}, {j})"] if self.normed else []
        lines += [f"dot = {draft.zero()}", *loop(p, str(self.half), inner)]
        name = draw.choice(("rotated_score", "pair_score", "qk_score"))
        return outlined_value(draft, name, lines, draft.warp(f"dot * {self.scale}"), draft.real)

    def reference(self) -> None:
        """numpy: norms, rotation of all rows, then softmax over the keys that a query may see, as `attended_all`."""
        draft, half = self.draft, self.half
        for name, array in (("q_all", self.q), ("k_all", self.k), ("v_all", self.v)):
            draft.numpy(f"{name} = {array}" if self.layout == "heads" else f"{name} = np.swapaxes({array}, 0, 1)")
        if self.normed:
            gain = f" * {self.gains}" if self.gains else ""
            for name in ("q_all", "k_all"):
                draft.numpy(f"{name} = {name} / np.sqrt(np.mean({name} * {name}, axis=-1, keepdims=True) + 0.001){gain}")
        draft.reference_function(
            "rotated",
            ["x", "angle"],
            [
                f"first, second = x[..., :{half}], x[..., {half}:]",
                "turned = first * np.cos(angle) - second * np.sin(angle), second * np.cos(angle) + first * np.sin(angle)",
                "return np.concatenate(turned, axis=-1)",
            ],
        )
        draft.numpy(f"angle_all = np.arange(q_all.shape[1])[:, None].astype({draft.precision}) * {self.frequencies}")
        draft.numpy(f"scores = rotated(q_all, angle_all) @ np.swapaxes(rotated(k_all, angle_all), 1, 2) * {self.scale}")
        draft.numpy("exps = np.tril(np.exp(scores))" if self.causal else "exps = np.exp(scores)")
        draft.numpy("attended_all = exps @ v_all / exps.sum(axis=-1)[..., None]")


def rotary_attention(draw: Draw) -> Case:
    """One thread per query: root-mean-square norms of query and keys, rotary positions, causal or full attention."""
    made = _Block(draw)
    draft, i, j, c = made.draft, made.i, made.j, made.c
    real = draft.real
    made.helpers()
    draft.line(f"{made.h}, {i} = wp.tid()")
    draft.extent("seq_len", made.q, made.order.index("seq_len"))
    if draw.chance(0.4):
        draft.line(f"if {i} >= seq_len:", "    return")
    if made.normed:
        draft.line(f"q_scale = inv_rms({made.q}, {made.h}, {i})")
        draft.known("q_scale", real, 0.1, 40.0)
    score = made.score()
    stop = "seq_len"
    if made.causal:
        stop = draft.name("visible", "end", "limit")
        draft.line(f"{stop} = {i} + 1")
    peak, total = statistics(draft, j, stop, score, "")
    made.reference()
    out = draft.output(draft.name("out", "context"), real, *made.shape)
    accum, name = draft.name("acc", "value"), draft.name("o", "result")
    weight = f"wp.exp({score} - {peak})" if peak else f"wp.exp({score})"
    body = [f"{accum} = {draft.zero()}", *loop(j, stop, [f"{accum} += {weight} * {made.at(made.v, j, c)}"])]
    with draft.block(f"for {c} in range({made.dim}):"):
        outlined(draft, draw.choice(("attended_value", "mix_values")), body, [(accum, real)])
        draft.line(f"{name} = {accum} / {total}")
        draft.numpy(f"{name} = attended_all" if made.layout == "heads" else f"{name} = np.swapaxes(attended_all, 0, 1)")
        here = made.at(out, i, c)
        site = Site(here[len(out) + 1 : -1], made.shape, c, made.dim)
        final = epilogue(draft, draft.known(name, real, -1.0, 1.0), site, most=2)
        draft.line(f"{here} = {final.name}")
    draft.results(**{out: final.name})
    sizes = [{"heads": m, "seq_len": n} for m, n in ((1, 1), (2, 3), (2, draw.choice((5, 7))))]
    said = draw.choice(("", "One query against all keys it may see; the scores are worked out anew in every pass."))
    title = draw.choice(("rotary_attention", "rope_attention", "qk_norm_attention" if made.normed else "positional_attention"))
    return draft.case(title, ("heads", "seq_len"), sizes, docstring=said)
