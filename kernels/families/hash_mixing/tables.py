"""Hashes for similarity and lookup: min-hash signatures, similarity bits, agreement of signatures, probes of open and chained tables."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext

from kernels.case import Case, Role
from kernels.domains import Integers, Offsets
from kernels.drafting.arguments import grids
from kernels.drafting.word_draft import WordDraft
from kernels.drafting.words import Word
from kernels.draw import Draw
from kernels.families.hash_mixing.keys import bucket_of, hasher_of
from kernels.language.types import I32


def hash_table(draw: Draw) -> Case:
    """One step on signatures or a table."""
    builders: tuple[Callable[[Draw], Case], ...] = (_min_hash, _similarity_bits, _agreement, _probe, _probe, _chains)
    return draw.choice(builders)(draw)


def _min_hash(draw: Draw) -> Case:
    """Min-hash signatures: for each set and permutation, the least hash of the set's elements (unsigned)."""
    draft = WordDraft(draw, Word(32))
    width, functions = draw.integer(3, 8), draw.choice((4, 8))
    sets = draft.word_array(draft.name("shingles", "elements", "members"), "docs", width, low=0, high=10_000)
    name = draw.choice(("minhash_signature", "min_hash", "signature_rows"))
    i, f = draft.name("i", "doc", "row"), draft.name("f", "perm", "k")
    draft.reserve(name, "e", "h", "least", "value", "slope", "shift")
    affine = draw.chance(0.4)
    if affine:
        slopes = draft.word_array("slopes", functions)
        shifts = draft.word_array("shifts", functions)
    else:
        hasher = hasher_of(draft, seeded=True)
    grid = draw.chance(0.6)
    fold = draw.choice(("min", "if", "where"))
    top = draw.choice((0, 8, 16))
    out = draft.output(draft.name("signature", "sketch", "min_hashes"), I32, "docs", functions)
    dim: list[str | int] = ["docs", functions] if grid else ["docs"]
    with draft.threads((i, "docs", sets, 0)) if not grid else draft.threads((i, "docs", sets, 0), (f, "functions", out, 1)):
        draft.numpy(f"{out} = np.empty((dim[0], {functions}), np.int32)", f"for {f} in range({functions}):")
        with nullcontext() if grid else draft.block(f"for {f} in range({functions}):"):
            if affine:
                draft.line(f"slope = {draft.as_word(f'{slopes}[{f}]')}", f"shift = {draft.as_word(f'{shifts}[{f}]')}")
            draft.line("least = wp.uint32(0xFFFFFFFF)")
            with draft.block(f"for e in range({width}):"):
                own = draft.as_word(f"{sets}[{i}, e]")
                draft.line(f"h = slope * {own} + shift" if affine else f"h = {hasher}({own}, wp.uint32({f}))")
                draft.line(
                    *{
                        "min": ("least = wp.min(least, h)",),
                        "if": ("if h < least:", "    least = h"),
                        "where": ("least = wp.where(h < least, h, least)",),
                    }[fold]
                )
            draft.line(f"{out}[{i}, {f}] = int(least >> wp.uint32({top}))" if top else f"{out}[{i}, {f}] = int(least)")
        hashed = (
            f"{slopes}.astype(np.uint32)[{f}] * elements + {shifts}.astype(np.uint32)[{f}]"
            if affine
            else f"{hasher}(elements, np.uint32({f}))"
        )
        draft.numpy(f"    elements = {sets}.astype(np.uint32)", f"    least = ({hashed}).min(axis=1)")
        draft.numpy(f"    {out}[:, {f}] = (least >> {top}).astype(np.int32)" if top else f"    {out}[:, {f}] = least.astype(np.int32)")
    return draft.case(name, dim, [{"docs": s["n"], "functions": functions} for s in grids(draw, ["n"])])


def _similarity_bits(draw: Draw) -> Case:
    """SimHash (Charikar): each bit of a document's fingerprint is the vote of its features' hashes, weighted."""
    draft = WordDraft(draw, Word(32, draw.chance(0.2)))
    width, bits = draw.integer(3, 6), draw.choice((8, 16, 32))
    features = draft.word_array(draft.name("features", "terms", "tokens"), "docs", width, low=0, high=10_000)
    weights = draft.array(draft.name("weights", "term_weight"), I32, "docs", width, domain=Integers(1, 8)) if draw.chance(0.6) else ""
    name = draw.choice(("simhash", "simhash_bits", "vote_fingerprint"))
    i, b, e = draft.name("i", "doc", "row"), draft.name("b", "bit"), draft.name("e", "j", "term")
    draft.reserve(name, "h", "vote", "fingerprint", "hashed", "amount")
    hasher = hasher_of(draft, seeded=False)
    grid = draw.chance(0.5)
    role: Role = "accumulate" if grid else "output"
    out = draft.output(draft.name("fingerprints", "simhash_out", "signature"), I32, "docs", role=role)
    dim: list[str | int] = ["docs", bits] if grid else ["docs"]
    axes = ((i, "docs", features, 0),)
    with draft.threads(*axes) if not grid else _two(draft, i, b):
        if not grid:
            draft.line("fingerprint = int(0)")
        with nullcontext() if grid else draft.block(f"for {b} in range({bits}):"):
            draft.line("vote = int(0)")
            with draft.block(f"for {e} in range({width}):"):
                own = f"{features}[{i}, {e}]"
                draft.line(f"h = {hasher}({draft.as_word(own)})")
                cast = b if draft.word.signed else f"wp.uint32({b})"
                one = "1" if draft.word.signed else "wp.uint32(1)"
                amount = f"{weights}[{i}, {e}]" if weights else "1"
                test = f"(h >> {cast}) & {one} == {one}".replace(f"(h >> {cast}) & {one} ==", f"((h >> {cast}) & {one}) ==")
                if draw.chance(0.5):
                    draft.line(f"if {test}:", f"    vote += {amount}", "else:", f"    vote -= {amount}")
                else:
                    draft.line(f"vote += wp.where({test}, {amount}, -{amount})")
            if grid:
                draft.line("if vote > 0:", f"    wp.atomic_or({out}, {i}, 1 << {b})")
            else:
                draft.line("if vote > 0:", f"    fingerprint = fingerprint | (1 << {b})")
        if not grid:
            draft.line(f"{out}[{i}] = fingerprint")
    draft.numpy(f"hashed = {hasher}({features}.astype(np.uint32))", f"{out} = np.zeros({features}.shape[0], np.uint32)")
    draft.numpy(f"for {b} in range({bits}):", f"    signs = 2 * ((hashed >> {b}) & 1).astype(np.int32) - 1")
    total = f"(signs * {weights}).sum(axis=1)" if weights else "signs.sum(axis=1)"
    draft.numpy(f"    {out} = np.where({total} > 0, {out} | np.uint32(1 << {b}), {out})", f"{out} = {out}.astype(np.int32)")
    return draft.case(name, dim, [{"docs": s["n"]} for s in grids(draw, ["n"])])


def _two(draft: WordDraft, i: str, b: str) -> nullcontext[None]:
    """A thread for each document and bit."""
    draft.line(f"{i}, {b} = wp.tid()")
    return nullcontext()


def _agreement(draw: Draw) -> Case:
    """How much two signatures agree: the share of equal entries, by bands (locality-sensitive hashing), or by their differing bits."""
    draft = WordDraft(draw, Word(32))
    width = draw.choice((4, 6, 8))
    signature = draft.array(draft.name("signature", "sketches", "min_hashes"), I32, "docs", width, domain=Integers(0, 3))
    kind = draw.choice(("pairs", "bands", "query"))
    name = draw.choice(
        {"bands": ("lsh_bands", "band_buckets")}.get(kind, ("estimate_similarity", "compare_signatures", "jaccard_estimate"))
    )
    i, k = draft.name("i", "a", "doc"), draft.name("k", "entry", "e")
    draft.reserve(name, "equal", "h", "band", "other", "similarity")
    if kind == "bands":
        rows = draw.choice((2, width // 2))
        hasher = hasher_of(draft, seeded=True)
        out = draft.output(draft.name("band_hash", "band_bucket"), I32, "docs", width // rows)
        with _two(draft, i, "band"):
            draft.line(f"h = wp.uint32({'band' if draw.chance(0.5) else '0'})")
            start = "np.uint32(band)" if "(band)" in draft.kernel[-1] else "np.uint32(0)"
            with draft.block(f"for {k} in range({rows}):"):
                draft.line(f"h = {hasher}(wp.uint32({signature}[{i}, band * {rows} + {k}]), h)")
            draft.words("bucket = number(h & 63)")
            draft.reference.pop()
            draft.line(f"{out}[{i}, band] = bucket")
        draft.numpy(f"{out} = np.empty((dim[0], {width // rows}), np.int32)", f"for band in range({width // rows}):", f"    h = {start}")
        draft.numpy(f"    for {k} in range({rows}):", f"        h = {hasher}({signature}[:, band * {rows} + {k}].astype(np.uint32), h)")
        draft.numpy(f"    {out}[:, band] = (h & 63).astype(np.int32)")
        return draft.case(name, ["docs", width // rows], [{"docs": s["n"]} for s in grids(draw, ["n"])])
    pairs = kind == "pairs"
    shape: tuple[str, ...]
    if pairs:
        j = draft.name("j", "b", "other_doc")
        draft.line(f"{i}, {j} = wp.tid()")
        there, shape, dim = f"{signature}[{j}, {k}]", ("docs", "docs"), ["docs", "docs"]
        same = f"{signature}[:, None] == {signature}[None]"
        if draw.chance(0.5):
            out = draft.name("similarity_out", "overlap")
            draft.line(f"if {j} < {i}:", f"    {out}[{i}, {j}] = {draft.zero()}", "    return")
            triangle = True
        else:
            out, triangle = draft.name("similarity_out", "overlap"), False
    else:
        query = draft.array(draft.name("query", "probe_signature"), I32, width, domain=Integers(0, 3))
        draft.line(f"{i} = wp.tid()")
        there, shape, dim = f"{query}[{k}]", ("docs",), ["docs"]
        same, triangle, out = f"{signature} == {query}", False, draft.name("similarity_out", "score")
    draft.line("equal = int(0)")
    with draft.block(f"for {k} in range({width}):"):
        draft.line(f"if {signature}[{i}, {k}] == {there}:", "    equal += 1")
    draft.numpy(f"equal = ({same}).sum(axis=-1)")
    draft.line(f"similarity = {draft.cast('equal')} / {draft.number(width)}")
    draft.numpy(f"similarity = equal.astype({draft.precision}) / {float(width)}")
    draft.known("similarity", draft.real, 0.0, 1.0)
    terms = [draft.scope["similarity"]]
    if draw.chance(0.6):
        weight = draft.array(draft.name("weight", "prior", "boost"), draft.real, "docs", low=0.2)
        terms.append(draft.load("own", weight, i, 0.2, 1.0, numpy=f"{weight}[:, None]" if pairs else ""))
    value = draft.fused(draft.name("value", "scored", "adjusted"), draft.real, terms, smooth=True)
    draft.output(out, draft.real, *shape)
    draft.line(f"{out}[{i}{', ' + j if pairs else ''}] = {value.name}")
    full = f"np.broadcast_to({value.name}, dim)"
    draft.numpy(f"{out} = np.triu({full})" if triangle else f"{out} = {full}")
    sizes = (
        [{"docs": n} for n in (1, draw.choice((5, 7)), draw.integer(9, 14))] if pairs else [{"docs": s["n"]} for s in grids(draw, ["n"])]
    )
    return draft.case(name, dim, sizes)


def _probe(draw: Draw) -> Case:
    """A lookup in an open-addressing table: linear, quadratic or double probing, for a bounded number of steps."""
    draft = WordDraft(draw, Word(32, draw.chance(0.25)))
    size, steps = draw.choice((16, 32, 64)), draw.integer(3, 8)
    queries = draft.array(draft.name("queries", "lookup_keys", "wanted"), I32, "n", domain=Integers(0, 40))
    table = draft.array(draft.name("table_keys", "slots", "stored_keys"), I32, size, domain=Integers(-1, 40))
    way = draw.choice(("linear", "quadratic", "double", "cuckoo"))
    result = draw.choice(("slot", "value", "value", "hits"))
    # Warp's adjoint does not run a loop again that it has not unrolled: what a value's gradient hangs on comes from one that it has.
    form = "flag" if way == "cuckoo" or result == "value" else draw.choice(("break", "flag", "while"))
    name = draw.choice(("hash_lookup", "probe_table", "find_key", f"{way}_probe"))
    i, k = draft.name("i", "tid", "query"), draft.name("k", "attempt", "probe_step")
    draft.reserve(name, "key", "h", "slot", "found", "stored", "stride", "step", "place", "open")
    hasher = hasher_of(draft, seeded=False)
    with draft.threads((i, "n", queries, 0)):
        draft.line(f"key = {queries}[{i}]")
        draft.numpy(f"key = {queries}", "open = np.ones(dim[0], bool)", "found = np.full(dim[0], -1, np.int32)")
        draft.line(f"h = {hasher}({'key' if draft.word.signed else 'wp.uint32(key)'})")
        draft.numpy(f"h = {hasher}(key.astype(np.uint32))")
        draft.words(f"place = number(h & {size - 1})")
        if way in ("double", "cuckoo"):
            draft.words(f"stride = number(((h >> 16) & {size - 1}) | 1)")
        slot = {
            "linear": "place + {k}",
            "quadratic": "place + {k} * ({k} + 1) // 2",
            "double": "place + {k} * stride",
            "cuckoo": "place + {k} * (stride - place)",
        }[way].format(k=k)
        count = 2 if way == "cuckoo" else steps
        draft.line("found = int(-1)")
        draft.numpy(f"for {k} in range({count}):", f"    slot = ({slot}) & {size - 1}", f"    stored = {table}[slot]")
        draft.numpy("    found = np.where(open & (stored == key), slot, found)", "    open = open & (stored != key) & (stored != -1)")
        read = (f"slot = ({slot}) & {size - 1}", f"stored = {table}[slot]")
        if form == "break":
            with draft.block(f"for {k} in range({count}):"):
                draft.line(*read, "if stored == key:", "    found = slot", "    break", "if stored == -1:", "    break")
        elif form == "while":
            draft.line(f"{k} = int(0)")
            with draft.block(f"while {k} < {count} and found < 0:"):
                draft.line(*read, "if stored == key:", "    found = slot", f"{k} += 1", "if stored == -1:", f"    {k} = {count}")
        else:
            draft.line("open = int(1)")
            with draft.block(f"for {k} in range({count}):"), draft.block("if open == 1:"):
                draft.line(*read, "if stored == key:", "    found = slot", "    open = 0", "elif stored == -1:", "    open = 0")
        _probed(draft, result, i, size)
    return draft.case(name, ["n"], grids(draw, ["n"]))


def _probed(draft: WordDraft, kind: str, i: str, size: int) -> None:
    """What a lookup gives: the slot, the value that is stored there (with a gradient), a count of hits."""
    draw = draft.draw
    if kind == "slot":
        draft.store(draft.output(draft.name("slot_of", "positions"), I32, "n"), i, "found")
    elif kind == "hits":
        hits = draft.output(draft.name("hits", "access_count"), I32, size, role="accumulate")
        draft.line("if found >= 0:", f"    wp.atomic_add({hits}, found, 1)")
        draft.numpy(f"{hits} = np.bincount(found[found >= 0], minlength={size}).astype(np.int32)")
    else:
        values = draft.array(draft.name("table_values", "payload"), draft.real, size)
        default = draft.knob(draft.name("default_value", "missing"), 0.1, 1.0)
        draft.line(f"value = {default.warp()}", "if found >= 0:", f"    value = {values}[found]")
        draft.numpy(f"value = np.where(found >= 0, {values}[found], {default.numpy()})")
        value = draft.known("value", draft.real, -1.0, 1.0)
        if draw.chance(0.6):
            gain = draft.array(draft.name("gain", "weight"), draft.real, "n", low=0.2)
            value = draft.fused("result", draft.real, [value, draft.load("own", gain, i, 0.2, 1.0)], smooth=True)
        draft.store(draft.output(draft.name("values_out", "fetched"), draft.real, "n"), i, value.name)


def _chains(draw: Draw) -> Case:
    """A chained table laid out by buckets: each query goes through its bucket and counts or sums the entries with its key."""
    draft = WordDraft(draw, Word(32, draw.chance(0.25)))
    buckets = draw.choice((4, 8, 16))
    queries = draft.array(draft.name("queries", "probe_keys", "join_keys"), I32, "n", domain=Integers(0, 12))
    starts = draft.array(draft.name("bucket_start", "offsets"), I32, buckets + 1, domain=lambda s: Offsets(s["entries"]))
    stored = draft.array(draft.name("stored_keys", "build_keys"), I32, "entries", domain=Integers(0, 12))
    summed = draw.chance(0.6)
    name = draw.choice(("join_count", "bucket_lookup", "probe_chain") if not summed else ("join_sum", "sum_matches", "gather_bucket"))
    i, e = draft.name("i", "tid", "query"), draft.name("e", "entry", "k")
    draft.reserve(name, "key", "h", "bucket", "total", "own_buckets", "matches")
    hasher = hasher_of(draft, seeded=False)
    values = draft.array(draft.name("values", "amounts"), draft.real, "entries") if summed else ""
    with draft.threads((i, "n", queries, 0)):
        draft.line(f"key = {queries}[{i}]", f"h = {hasher}({'key' if draft.word.signed else 'wp.uint32(key)'})")
        draft.numpy(f"key = {queries}", f"h = {hasher}(key.astype(np.uint32))")
        bucket_of(draft, "bucket", h="h", count=buckets)
        draft.line(f"total = {draft.zero() if summed else 'int(0)'}")
        amount = "1"
        if summed:
            amount = f"{values}[{e}]"
        with draft.block(f"for {e} in range({starts}[bucket], {starts}[bucket + 1]):"):
            if draw.chance(0.5):
                draft.line(f"if {stored}[{e}] == key:", f"    total += {amount}")
            else:
                draft.line(f"if {stored}[{e}] != key:", "    continue", f"total += {amount}")
        draft.numpy(f"own_buckets = np.repeat(np.arange({buckets}), np.diff({starts}))")
        draft.numpy(f"matches = (own_buckets == bucket[:, None]) & ({stored} == key[:, None])")
        if summed:
            draft.numpy(f"total = np.where(matches, {values}, 0.0).sum(axis=1)")
            draft.store(draft.output(draft.name("sums", "joined"), draft.real, "n"), i, "total")
        else:
            draft.numpy("total = matches.sum(axis=1).astype(np.int32)")
            draft.store(draft.output(draft.name("match_count", "counts"), I32, "n"), i, "total")
    return draft.case(name, ["n"], [{**s, "entries": 2 * s["n"] + draw.integer(1, 9)} for s in grids(draw, ["n"])])
