"""Attention of a single query against a cache of keys and values, contiguous or in pages, and the write of new tokens into it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from kernels.case import Case
from kernels.domains import Integers, Permutation
from kernels.drafting.arguments import Extent
from kernels.drafting.draft import Draft
from kernels.drafting.epilogues import Site, epilogue
from kernels.drafting.layout import loop
from kernels.drafting.outlines import outlined, outlined_value
from kernels.draw import Draw
from kernels.families.attention.fused import statistics
from kernels.families.attention.heads import drawn_extent
from kernels.language.types import I32


def decode(draw: Draw) -> Case:
    """One query per sequence against its cached keys and values, one thread per head or per element of the output."""
    draft = Draft(draw, smooth=True)
    real = draft.real
    b, h, c = draw.choice((("b", "h", "d"), ("seq", "head", "c"), ("batch_id", "head", "e")))
    j = draw.choice(("t", "j", "pos"))
    group = draw.choice((1, 1, 2))
    dim = drawn_extent(draw, 4, 8, "head_dim")
    heads = f"kv_heads * {group}" if group > 1 else "kv_heads"
    paged = draw.chance(0.5)
    page = draw.choice((2, 4))
    draft.reserve(b, h, c, j, "kv_head", "page", "slot", "block", "dot", "score", "limit", "scores", "keep", "k_all", "v_all", "s")
    q = draft.array(draft.name("q", "query"), real, "batch", heads, dim)
    leading = ("pages", page) if paged else ("batch", "max_len")
    k = draft.array(draft.name("k_cache", "key_cache"), real, *leading, "kv_heads", dim)
    v = draft.array(draft.name("v_cache", "value_cache"), real, *leading, "kv_heads", dim)
    lengths = draft.name("seq_lens", "context_lens", "cache_len")
    draft.array(lengths, I32, "batch", domain=lambda s: Integers(1, s["max_len"] + 1))
    if paged:
        table = draft.array(draft.name("block_table", "page_table"), I32, "batch", "max_pages", domain=lambda s: Integers(0, s["pages"]))
    by_element = draw.chance(0.5)
    inner = draft.name("k_dim", "inner") if by_element else c
    draft.line(f"{', '.join([b, h, *([c] if by_element else [])])} = wp.tid()")
    if draw.chance(0.3):
        draft.count("batch")
        draft.line(f"if {b} >= batch:", "    return")
    if group > 1:
        draft.line(f"kv_head = {h} // {group}")
    kv = "kv_head" if group > 1 else h
    if dim == "head_dim":
        draft.extent("head_dim", q, 2)
    draft.line(f"limit = {lengths}[{b}]")
    scale = draft.knob(draft.name("scale", "sm_scale"), 0.2, 1.0).numpy()
    find = [f"page = {table}[{b}, {j} // {page}]", f"slot = {j} % {page}"] if paged else []
    place = f"page, slot, {kv}" if paged else f"{b}, {j}, {kv}"
    lines = [*find, f"dot = {draft.zero()}", *loop(inner, str(dim), [f"dot += {q}[{b}, {h}, {inner}] * {k}[{place}, {inner}]"])]
    lines.append(draft.warp(f"score = dot * {scale}"))
    if paged:
        draft.numpy(f"shape = ({q}.shape[0], -1, *{k}.shape[2:])")
        draft.numpy(f"k_all, v_all = {k}[{table}].reshape(shape), {v}[{table}].reshape(shape)")
        draft.reserve("shape")
    else:
        draft.numpy(f"k_all, v_all = {k}, {v}")
    if group > 1:
        draft.numpy(f"k_all, v_all = np.repeat(k_all, {group}, axis=2), np.repeat(v_all, {group}, axis=2)")
    draft.numpy(f'scores = np.einsum("bhd,bjhd->bhj", {q}, k_all) * {scale}')
    if draw.chance(0.35):
        slope = draft.array(draft.name("slopes", "alibi_slopes"), real, heads, low=0.05, high=0.4)
        lines.append(f"score -= {slope}[{h}] * {draft.cast(f'limit - 1 - {j}')}")
        draft.numpy(f"distance = ({lengths}[:, None] - 1 - np.arange(scores.shape[-1]))[:, None, :].astype(scores.dtype)")
        draft.numpy(f"scores = scores - {slope}[:, None] * distance")
        draft.reserve("distance")
    draft.numpy(f"keep = (np.arange(scores.shape[-1]) < {lengths}[:, None])[:, None, :]")
    score = outlined_value(draft, draw.choice(("cache_score", "qk_dot", "score_at")), lines, "score", real)
    peak, total = statistics(draft, j, "limit", score, "")
    draft.numpy("exps = np.where(keep, np.exp(scores), 0.0)", "total_all = exps.sum(axis=-1)")
    draft.numpy('attended_all = np.einsum("bhj,bjhd->bhd", exps, v_all) / total_all[..., None]')
    accum = draft.name("acc", "value", "weighted")
    weight = f"wp.exp({score} - {peak})" if peak else f"wp.exp({score})"
    add = loop(j, "limit", [*find, f"{accum} += {weight} * {v}[{place}, {c}]"])
    out = draft.output(draft.name("out", "context"), real, "batch", heads, dim)
    at = f"{b}, {h}, {c}"
    body = [f"{accum} = {draft.zero()}", *add]

    def finish() -> str:
        outlined(draft, draw.choice(("weighted_value", "read_values")), body, [(accum, real)])
        name = draft.name("o", "result")
        draft.line(f"{name} = {accum} / {total}")
        draft.numpy(f"{name} = attended_all")
        final = epilogue(draft, draft.known(name, real, -1.0, 1.0), Site(at, ("batch", heads, dim), c, dim), most=1).name
        draft.line(f"{out}[{at}] = {final}")
        return final

    if by_element:
        final = finish()
    else:
        with draft.block(f"for {c} in range({dim}):"):
            final = finish()
    draft.results(**{out: final})
    sizes = []
    for batch, kv_heads, pages, length in ((1, 1, 1, 1), (3, 1, 2, 3), (3, 2, 4, 7)):
        max_pages = pages
        max_len = max_pages * page if paged else length
        size = dim if isinstance(dim, int) else 3 + batch
        counts = {"pages": pages + 2, "max_pages": max_pages, "max_len": max_len}
        sizes.append({"batch": batch, "kv_heads": kv_heads, "head_dim": size, **counts})
    dims = ("batch", heads, dim) if by_element else ("batch", heads)
    names = ("paged_attention", "paged_decode") if paged else ("decode_attention", "single_query_attention")
    return draft.case(draw.choice(names), dims, sizes)


@contextmanager
def _append_threads(draft: Draft, t: str, h: str, c: str, k: str, dim: Extent) -> Iterator[None]:
    """One thread per element of the new keys; a head dimension that the text knows needs no guard."""
    if isinstance(dim, str):
        with draft.threads((t, "tokens", k, 0), (h, "heads", k, 1), (c, dim, k, 2)):
            yield
        return
    draft.line(f"{t}, {h}, {c} = wp.tid()")
    draft.guard(t, "tokens", k)
    yield


def append(draw: Draw) -> Case:
    """New keys and values written into their slots of a cache, scaled or shifted on the way."""
    draft = Draft(draw, smooth=True)
    real = draft.real
    t, h, c = draw.choice((("t", "h", "d"), ("token", "head", "c"), ("i", "head", "e")))
    draft.reserve(t, h, c, "slot", "page", "offset", "tokens", "heads", "slots")
    dim = drawn_extent(draw, 4, "head_dim")
    both = draw.chance(0.7)
    flat = draw.chance(0.5)
    page = draw.choice((2, 4))
    k = draft.array(draft.name("k", "new_keys"), real, "tokens", "heads", dim)
    v = draft.array(draft.name("v", "new_values"), real, "tokens", "heads", dim) if both else ""
    mapping = draft.array(draft.name("slot_mapping", "slots_of", "positions"), I32, "tokens", domain=Permutation())
    shape = ("slots", "heads", dim) if flat else ("pages", page, "heads", dim)
    caches = [draft.name("k_cache", "key_cache"), *([draft.name("v_cache", "value_cache")] if both else [])]
    for cache in caches:
        draft.array(cache, real, *shape, role="inout", differentiable=True)
    with _append_threads(draft, t, h, c, k, dim):
        draft.line(f"slot = {mapping}[{t}]")
        place = f"slot, {h}, {c}"
        if not flat:
            draft.line(f"page = slot // {page}", f"offset = slot % {page}")
            place = f"page, offset, {h}, {c}"
        results: dict[str, str] = {}
        for source, cache in zip((k, v), caches, strict=False):
            name = draft.name(*(("k_new", "key", "k_value") if source == k else ("v_new", "value", "v_value")))
            draft.load(name, source, f"{t}, {h}, {c}", -1.0, 1.0)
            site = Site(f"{t}, {h}, {c}", ("tokens", "heads", dim), c, dim)
            final = epilogue(draft, draft.known(name, real, -1.0, 1.0), site, most=1) if draw.chance(0.4) else draft.scope[name]
            draft.line(f"{cache}[{place}] = {final.warp()}")
            # The slots are distinct, so that no two threads write to one place.
            draft.numpy(f"{cache} = {cache}.copy()", f"{cache}.reshape(-1, *{cache}.shape[-2:])[{mapping}] = {final.numpy()}")
            results[cache] = cache
        draft.results(**results)
    sizes = []
    for tokens, heads in ((1, 1), (5, 2), (draw.choice((11, 13)), 3)):
        size = dim if isinstance(dim, int) else heads + 2
        sizes.append({"tokens": tokens, "heads": heads, "head_dim": size, "slots": tokens + 3, "pages": tokens // page + 2})
    return draft.case(draw.choice(("append_kv", "write_cache", "update_kv_cache", "store_tokens")), ("tokens", "heads", dim), sizes)
