"""Scores of queries against keys: scaling, biases by position, masks, caps."""

from __future__ import annotations

from kernels.domains import Bernoulli, Integers, Uniform
from kernels.drafting.draft import Draft
from kernels.drafting.outlines import outlined_value
from kernels.families.attention.heads import Heads
from kernels.language.types import BOOL, I32

BIASES = ("alibi", "relative", "added", "decay")


class ScoreRule:
    """The lines from an inner product `dot` to the score, and the condition under which a key counts.

    `open` declares arrays and loads what a query needs; `lines` are in the kernel's spelling and end in `score`; the reference's
    `scores` and `keep` (where `masked`) have axes (batch,) head, query, key.
    """

    def __init__(self, draft: Draft, heads: Heads, *, masks: bool = True) -> None:
        self.draft, self.heads = draft, heads
        draw = draft.draw
        self.kind = draw.choice(("", "", *BIASES)) if heads.self_attention or draw.chance(0.4) else draw.choice(("", "", "added"))
        options = ["", "bool", "length"] + (["causal", "causal", "window"] if heads.self_attention else [])
        self.mask = draw.choice(options) if masks else ""
        self.cap = draw.chance(0.15)
        self.keep = ""
        self.lines: list[str] = []
        draft.reserve("dot", "score", "offset", "slope", "distance")

    @property
    def masked(self) -> bool:
        """Whether some keys do not count."""
        return bool(self.mask)

    def open(self, q: str, k: str) -> None:
        """Declares what the rule needs, loads what is the same for all keys, and writes the reference's scores."""
        draft, heads = self.draft, self.heads
        draft.numpy(f"q_all, k_all = {heads.canonical(q)}, {heads.canonical(k)}")
        scale, numpy_scale = self._scale()
        draft.numpy(f"scores = (q_all @ np.swapaxes(k_all, -1, -2)) * {numpy_scale}")
        if self.kind in ("alibi", "relative", "decay") or self.mask in ("causal", "window", "length"):
            draft.numpy("ii, jj = np.arange(scores.shape[-2])[:, None], np.arange(scores.shape[-1])")
        product = heads.product_lines(q, k)
        if self.cap and not heads.static:
            # What a dynamic loop sums is used nonlinearly: it needs a function of its own.
            product = [f"dot = {outlined_value(draft, draft.name('dot_qk', 'inner_product'), product, 'dot', draft.real)}"]
        self.lines = [*product, f"score = dot * {scale}"]
        if self.cap:
            cap = draft.knob(draft.name("soft_cap", "logit_cap"), 2.0, 6.0).numpy()
            self.lines.append(draft.warp(f"score = {cap} * wp.tanh(score / {cap})"))
            draft.numpy(f"scores = {cap} * np.tanh(scores / {cap})")
        if self.kind:
            getattr(self, f"_{self.kind}")()
        if self.mask:
            self._mask()

    def _scale(self) -> tuple[str, str]:
        """What the inner product is multiplied by: an argument, or one over the root of the head dimension."""
        draft, heads = self.draft, self.heads
        kind = draft.draw.choice(("argument", "root", "root"))
        if kind == "argument":
            name = draft.knob(draft.name("scale", "softmax_scale", "sm_scale"), 0.2, 1.2).numpy()
            return draft.warp(name), name
        name = draft.name("inv_sqrt_d", "scale", "temperature_scale")
        one = draft.number(1.0)
        size = draft.number(float(heads.dim)) if isinstance(heads.dim, int) else draft.cast(heads.dim)
        draft.line(f"{name} = {one} / wp.sqrt({size})")
        draft.known(name, draft.real, 0.1, 1.0)
        return name, f"{draft.precision}(q_all.shape[-1] ** -0.5)"

    def _head_slope(self) -> tuple[str, str]:
        """A slope per head: an array, or the geometric series of ALiBi (Press et al., 2022); one number for a single head."""
        draft, heads = self.draft, self.heads
        if heads.layout == "single":
            slope = draft.knob(draft.name("alibi_slope", "distance_scale"), 0.05, 0.5).numpy()
            return draft.warp(slope), slope
        if draft.draw.chance(0.7):
            slopes = draft.array(draft.name("slopes", "alibi_slopes", "head_slope"), draft.real, heads.heads, domain=Uniform(0.05, 0.5))
            draft.line(f"slope = {slopes}[{heads.h}]")
            draft.known("slope", draft.real, 0.05, 0.5)
            return "slope", heads.per_head(slopes)
        two, real = draft.number(2.0), draft.cast(f"{heads.h} + 1")
        draft.line(f"slope = wp.pow({two}, -{real})")
        draft.known("slope", draft.real, 0.0, 0.5)
        return "slope", f"(2.0 ** -(np.arange(scores.shape[-3]) + 1.0)[:, None, None]).astype({draft.precision})"

    def _alibi(self) -> None:
        draft, heads = self.draft, self.heads
        slope, numpy = self._head_slope()
        i, j = heads.i, heads.j
        if draft.draw.chance(0.5):
            self.lines.append(f"score += {slope} * {draft.cast(f'{j} - {i}')}")
            draft.numpy(f"scores = scores + {numpy} * (jj - ii).astype(scores.dtype)")
        else:
            self.lines += [f"distance = wp.abs({i} - {j})", f"score = score - {slope} * {draft.cast('distance')}"]
            draft.numpy(f"scores = scores - {numpy} * np.abs(ii - jj).astype(scores.dtype)")

    def _decay(self) -> None:
        """A factor that falls off with distance."""
        draft, heads = self.draft, self.heads
        rate = draft.knob(draft.name("decay_rate", "falloff"), 0.05, 0.5).numpy()
        self.lines += [f"distance = wp.abs({heads.i} - {heads.j})"]
        self.lines += [f"score = score * wp.exp(-{draft.warp(rate)} * {draft.cast('distance')})"]
        draft.numpy(f"scores = scores * np.exp(-{rate} * np.abs(ii - jj).astype(scores.dtype))")

    def _relative(self) -> None:
        """A table of biases over clipped offsets (Shaw et al., 2018), one row per head."""
        draft, heads = self.draft, self.heads
        reach = draft.draw.choice((2, 3, 4))
        name = draft.name("rel_bias", "relative_bias", "bias_table")
        single = heads.layout == "single"
        draft.array(name, draft.real, *(() if single else (heads.heads,)), 2 * reach + 1)
        row = "" if single else f"{heads.h}, "
        self.lines += [f"offset = wp.clamp({heads.j} - {heads.i}, -{reach}, {reach}) + {reach}", f"score += {name}[{row}offset]"]
        draft.numpy(f"scores = scores + {name}[..., np.clip(jj - ii, -{reach}, {reach}) + {reach}]")

    def _added(self) -> None:
        draft, heads = self.draft, self.heads
        name = draft.name("attn_bias", "pair_bias", "score_bias")
        full = heads.layout == "heads" and draft.draw.chance(0.5)
        draft.array(name, draft.real, *((heads.heads,) if full else ()), heads.queries, heads.keys)
        self.lines.append(f"score += {name}[{f'{heads.h}, ' if full else ''}{heads.i}, {heads.j}]")
        draft.numpy(f"scores = scores + {name}")

    def _mask(self) -> None:
        draft, heads, draw = self.draft, self.heads, self.draft.draw
        i, j = heads.i, heads.j
        if self.mask == "causal":
            self.keep = f"{j} <= {i}"
            draft.numpy("keep = np.broadcast_to(jj <= ii, scores.shape)")
        elif self.mask == "window":
            reach = draft.parameter("window", 1, 3, I32).name if draw.chance(0.5) else str(draw.integer(1, 3))
            self.keep = draw.choice((f"{j} <= {i} and {i} - {j} <= {reach}", f"wp.abs({i} - {j}) <= {reach}"))
            numpy = f"(jj <= ii) & (ii - jj <= {reach})" if "and" in self.keep else f"np.abs(ii - jj) <= {reach}"
            draft.numpy(f"keep = np.broadcast_to({numpy}, scores.shape)")
        elif self.mask == "bool":
            name = draft.array(draft.name("attn_mask", "mask", "allowed"), BOOL, heads.queries, heads.keys, domain=Bernoulli(0.7))
            self.keep = f"{name}[{i}, {j}]"
            draft.numpy(f"keep = np.broadcast_to({name}, scores.shape)")
        elif heads.layout == "batched":
            name = draft.name("key_lens", "seq_lens", "valid_keys")
            draft.array(name, I32, "batch", domain=lambda s: Integers(1, s[heads.keys] + 1))
            self.keep = f"{j} < {name}[{heads.b}]"
            draft.numpy(f"keep = np.broadcast_to(jj < {name}[:, None, None, None], scores.shape)")
        else:
            name = draft.name("valid_len", "key_count", "kv_len")
            draft.value(name, I32, lambda s: Integers(1, s[heads.keys] + 1))
            self.keep = f"{j} < {name}"
            draft.numpy(f"keep = np.broadcast_to(jj < {name}, scores.shape)")
