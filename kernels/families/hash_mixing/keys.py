"""Hashing keys, one thread for each: several words are brought together, mixed, and made a bucket, a number, a coin or a sign."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kernels.case import Case
from kernels.domains import Bernoulli, Integers
from kernels.drafting.arguments import grids
from kernels.drafting.word_draft import WordDraft
from kernels.drafting.words import Word
from kernels.draw import Draw
from kernels.families.hash_mixing.mixers import COMBINED, mixers_for, uses_rotation
from kernels.language.expression import Expression
from kernels.language.interval import Interval
from kernels.language.types import I32

KEYS = ("keys", "ids", "entity_ids", "codes", "tokens", "particle_ids")
SECOND = ("salts", "timestamps", "owners", "versions", "streams")
HASHES = ("h", "hashed", "digest", "code")


def draw_word(draw: Draw) -> Word:
    """The words of a kernel: mostly 32 bits and unsigned."""
    return Word(draw.weighted((32, 64), (3, 1)), signed=draw.chance(0.25))


def renamed(lines: Sequence[str], names: dict[str, str]) -> list[str]:
    """`lines` with other names."""
    return [re.sub(r"\b[A-Za-z_]\w*\b", lambda m: names.get(m[0], m[0]), line) for line in lines]


def mix(draft: WordDraft, name: str, *, inline: float = 0.5) -> None:
    """Mixes the word `name` by a published function: its lines in place, or a function of its own."""
    draw = draft.draw
    mixer = draw.choice(mixers_for(draft.word))
    if uses_rotation(mixer.lines):
        draft.rotation()
    if draw.chance(inline):
        draft.words(*renamed(mixer.lines, {"h": name, "w": draft.free("w"), "state": draft.free("word_state")}))
        return
    parameter = draw.choice(("h", "x", "key", "v"))
    draft.word_function(mixer.name, [parameter], [*renamed(mixer.lines, {"h": parameter}), f"return {parameter}"])
    draft.words(f"{name} = {mixer.name}({name})")


def hasher_of(draft: WordDraft, *, seeded: bool) -> str:
    """Defines a function that hashes a key (with a seed). Returns its name."""
    draw = draft.draw
    mixer = draw.choice(mixers_for(draft.word))
    if uses_rotation(mixer.lines):
        draft.rotation()
    name = draw.choice((mixer.name, "hash_key", "hash_word"))
    lines = mixer.lines
    if not seeded:
        return draft.word_function(name, ["h"], [*lines, "return h"])
    start = draw.choice(("h = key ^ seed", "h = key + seed * 0x9E3779B9", "h = key ^ (seed * 2654435761)", "h = (key + seed) * 0x85EBCA6B"))
    return draft.word_function(name, ["key", "seed"], [start, *lines, "return h"])


def absorb(draft: WordDraft, name: str, parts: Sequence[str], start: str) -> None:
    """Brings the words `parts` together in the word `name`, which starts as `start`."""
    draw = draft.draw
    steps = COMBINED[draft.word.bits]
    way = draw.choice((*steps, "products", "chained"))
    if way == "products" and len(parts) > 1:
        primes = draw.subset((73856093, 19349663, 83492791, 2654435761, 2246822519, 3266489917), len(parts))
        symbol = draw.choice((" ^ ", " + "))
        terms = symbol.join(f"({part} * {prime})" for part, prime in zip(parts, primes, strict=True))
        draft.words(f"{name} = {terms}", *([f"{name} ^= {start}"] if start.isidentifier() or draw.chance(0.5) else []))
    elif way in ("products", "chained"):
        draft.words(f"{name} = {start}")
        for part in parts:
            draft.words(draw.choice((f"{name} ^= {part}", f"{name} += {part}")))
            mix(draft, name, inline=0.0)
    else:
        lines = steps[way]
        if uses_rotation(lines):
            draft.rotation()
        draft.words(f"{name} = {start}")
        if draw.chance(0.5):
            draft.word_function(way, ["h", "k"], [*lines, "return h"])
            draft.words(*(f"{name} = {way}({name}, {part})" for part in parts))
        else:
            for part in parts:
                draft.words(*renamed(lines, {"h": name, "k": part}))


def hash_keys(draw: Draw) -> Case:
    """Each key of a list or table with its seed, salt or position, hashed, and what is made of the hash."""
    draft = WordDraft(draw, draw_word(draw))
    flat = draw.chance(0.7)
    extents, indices = (("n",), ("i",)) if flat else (("rows", "cols"), ("row", "col"))
    keys = draft.word_array(draft.name(*KEYS), *extents)
    h = draft.name(*HASHES)
    name = draw.choice((f"hash_{keys}", f"mix_{keys}", "hash_kernel", f"{keys}_hash"))
    draft.reserve(name, *indices)
    here = ", ".join(indices)
    with draft.threads(*((index, extent, keys, axis) for axis, (index, extent) in enumerate(zip(indices, extents, strict=True)))):
        skips = draw.chance(0.3)
        if skips:
            active = draft.array(draft.name("active", "valid", "occupied"), I32, *extents, domain=Bernoulli(0.7))
        parts = _parts(draft, keys, indices, extents)
        begun = parts.pop(0) if len(parts) > 1 and draw.chance(0.5) else str(draw.choice((2166136261, 0, 17, 0x9E3779B9, 5381)))
        absorb(draft, h, parts, begun)
        if draw.chance(0.75):
            mix(draft, h)
        finish(draft, h, here, extents, active=active if skips else "")
    return draft.case(name, extents, grids(draw, extents))


def _parts(draft: WordDraft, keys: str, indices: Sequence[str], extents: Sequence[str]) -> list[str]:
    """The names of the words to bring together: the key first or last, with a salt, a seed, the thread's position."""
    draw = draft.draw
    here = ", ".join(indices)
    parts = [draft.load_word(draft.name("key", "k", "word"), keys, here)]
    if draw.chance(0.35):
        salts = draft.word_array(draft.name(*SECOND), *extents)
        parts.append(draft.load_word(draft.name("salt", "second", "extra"), salts, here))
    if draw.chance(0.4):
        seed = draft.value(draft.name("seed", "hash_seed", "epoch"), I32, Integers(0, 100_000))
        parts.append(_named(draft, draft.name("start", "seed_word", "basis"), seed, seed))
    if draw.chance(0.35):
        index = draw.choice(indices)
        axis = indices.index(index)
        along = f"np.arange(dim[{axis}])" + ("[:, None]" if axis == 0 and len(indices) == 2 else "")
        parts.append(_named(draft, draft.name("position", "lane", "counter"), index, along))
    return draw.shuffled(parts)


def _named(draft: WordDraft, name: str, kernel: str, numpy: str) -> str:
    """Names the integer `kernel` (in the reference `numpy`) as a word."""
    draft.line(draft.word.warp(f"{name} = word({kernel})"))
    draft.numpy(f"{name} = {numpy}.astype({draft.word.unsigned})")
    return name


def finish(draft: WordDraft, h: str, here: str, extents: Sequence[str], *, active: str = "") -> None:
    """What becomes of the hash `h`: stored, a bucket, a number in [0, 1), a coin, a sign, a checksum. Threads not `active` give zero."""
    draw = draft.draw
    finishes = (_stored, _bucket, _bucket, _unit, _unit, _coin, _signed_feature, _checksum)
    draw.choice(finishes)(draft, h, here, extents, active)


def _skipping(draft: WordDraft, out: str, here: str, active: str, zero: str) -> None:
    """Lets threads that are not active store `zero` and return."""
    if active:
        draft.line(f"if {active}[{here}] == 0:", f"    {out}[{here}] = {zero}", "    return")


def _kept(active: str, value: str) -> str:
    """The reference's values, zero where threads are not active."""
    return f"np.where({active} != 0, {value}, 0)" if active else value


def _stored(draft: WordDraft, h: str, here: str, extents: Sequence[str], active: str) -> None:
    out = draft.output(draft.name("hashes", "out", "hash_out", "fingerprints"), draft.held, *extents)
    _skipping(draft, out, here, active, draft.held.spelling + "(0)")
    draft.line(f"{out}[{here}] = {draft.stored(h)}")
    draft.numpy(f"{out} = {_kept(active, draft.stored_numpy(h))}")


def bucket_of(draft: WordDraft, name: str, h: str, count: int) -> None:
    """Names the bucket (an int32) of the hash `h` among `count`, a power of two."""
    draw, bits = draft.draw, count.bit_length() - 1
    ways = [f"number({h} & {count - 1})", f"number({h} >> {draft.word.bits - bits})", f"number(({h} ^ ({h} >> {bits})) & {count - 1})"]
    if not draft.word.signed:
        ways.append(f"number({h} % {draw.choice((count, count - 1, count - 3))})")
    draft.words(f"{name} = {draw.choice(ways)}")


def _bucket(draft: WordDraft, h: str, here: str, extents: Sequence[str], active: str) -> None:
    draw = draft.draw
    count = draw.choice((8, 16, 32, 64))
    bucket = draft.name("bucket", "slot", "bin_id", "partition")
    stores = draw.chance(0.5)
    if stores:
        out = draft.output(draft.name("buckets", "slots", "partition_of"), I32, *extents)
        _skipping(draft, out, here, active, "-1")
    bucket_of(draft, bucket, h, count)
    if stores:
        draft.line(f"{out}[{here}] = {bucket}")
        draft.numpy(f"{out} = np.where({active} != 0, {bucket}, -1)" if active else f"{out} = {bucket}")
        if not active and draw.chance(0.5):
            return
    load = draft.output(draft.name("bucket_count", "load", "histogram"), I32, count, role="accumulate")
    add = draw.choice((f"wp.atomic_add({load}, {bucket}, 1)", f"{load}[{bucket}] += 1"))
    if active and not stores:
        draft.line(f"if {active}[{here}] != 0:", f"    {add}")
    else:
        draft.line(add)
    chosen = f"{bucket}[{active} != 0]" if active else f"{bucket}.ravel()"
    draft.numpy(f"{load} = np.bincount({chosen}, minlength={count}).astype(np.int32)")


def unit_real(draft: WordDraft, name: str, h: str) -> None:
    """Names a real in [0, 1) made of the upper bits of the hash `h`."""
    keep = 53 if draft.width == "float64" and draft.word.bits == 64 else 24
    shift = draft.word.bits - keep
    top = draft.word.warp(f"{h} >> {shift}")
    draft.line(f"{name} = {draft.real.spelling}({top}) / {draft.number(2.0**keep)}")
    draft.numpy(f"{name} = ({h} >> {shift}).astype({draft.precision}) / {2.0**keep}")
    draft.known(name, draft.real, 0.0, 1.0)


def _unit(draft: WordDraft, h: str, here: str, extents: Sequence[str], active: str) -> None:
    draw = draft.draw
    u = draft.name("u", "unit", "fraction", "jitter")
    out = draft.output(draft.name("noise", "sample", "jittered", "out"), draft.real, *extents)
    _skipping(draft, out, here, active, draft.zero())
    unit_real(draft, u, h)
    terms: list[Expression] = [draft.scope[u]]
    for name in draw.subset(("base", "amplitude", "position_x", "weight"), draw.integer(0, 2)):
        draft.array(name, draft.real, *extents, low=0.2)
        terms.append(draft.load(f"{name}_here", name, here, 0.2, 1.0))
    if draw.chance(0.4):
        terms.append(draft.knob(draft.name("scale", "spread", "strength"), 0.1, 2.0))
    value = draft.fused(draft.name("value", "moved", "perturbed"), draft.real, terms, domain=Interval(-50.0, 50.0))
    draft.line(f"{out}[{here}] = {value.name}")
    draft.numpy(f"{out} = {_kept(active, value.name)}")


def _coin(draft: WordDraft, h: str, here: str, extents: Sequence[str], active: str) -> None:
    """Keeps a value by the toss of a coin, as dropout and stochastic masks do."""
    draw = draft.draw
    data = draft.array(draft.name("x", "activations", "values", "signal"), draft.real, *extents)
    u = draft.name("u", "coin", "draw_value")
    out = draft.output(draft.name("dropped", "kept_values", "masked", "y"), draft.real, *extents)
    _skipping(draft, out, here, active, draft.zero())
    unit_real(draft, u, h)
    rate = draft.knob(draft.name("rate", "drop_prob", "keep_threshold"), 0.2, 0.7)
    x = draft.load(draft.name("x_here", "value", "entry"), data, here, -1.0, 1.0)
    draft.scope.update(rate=rate, u=draft.scope[u], x=x)
    kept = draft.fused(draft.name("scaled", "boosted", "rescaled"), draft.real, [x, rate], smooth=True, domain=Interval(-50.0, 50.0))
    style = draw.choice(("where", "if", "early"))
    decision = draft.read(draw.choice(("u < rate", "u >= rate")))
    condition, test = decision.warp(), decision.numpy()
    final = draft.name("result", "passed", "final")
    if style == "where":
        draft.line(f"{final} = wp.where({condition}, {draft.zero()}, {kept.name})", f"{out}[{here}] = {final}")
    elif style == "if":
        draft.line(f"{final} = {kept.name}", f"if {condition}:", f"    {final} = {draft.zero()}", f"{out}[{here}] = {final}")
    else:
        draft.line(f"if {condition}:", f"    {out}[{here}] = {draft.zero()}", "else:", f"    {out}[{here}] = {kept.name}")
    draft.numpy(f"{final} = np.where({test}, 0.0, {kept.name})", f"{out} = {_kept(active, final)}")
    if draw.chance(0.3) and not active:
        mask = draft.output(draft.name("mask_out", "was_dropped"), I32, *extents)
        draft.line(f"{mask}[{here}] = wp.where({condition}, 1, 0)")
        draft.numpy(f"{mask} = np.where({test}, 1, 0)")


def _signed_feature(draft: WordDraft, h: str, here: str, extents: Sequence[str], active: str) -> None:
    """Feature hashing (Weinberger et al.): one bit gives a sign, others the feature that the value is added to."""
    draw = draft.draw
    count = draw.choice((8, 16, 32))
    values = draft.array(draft.name("values", "weights", "term_frequency"), draft.real, *extents)
    features = draft.output(draft.name("features", "projected", "sketch"), draft.real, count, role="accumulate")
    bucket, sign = draft.name("bucket", "feature", "slot"), draft.name("sign", "polarity", "s")
    bit = draw.choice((draft.word.bits - 1, 20, 16))
    if active:
        draft.line(f"if {active}[{here}] == 0:", "    return")
    bucket_of(draft, bucket, h, count)
    test = draft.word.warp(f"({h} >> {bit}) & 1 == 0")
    one, minus = draft.number(1.0), draft.number(-1.0)
    if draw.chance(0.5):
        draft.line(f"{sign} = wp.where({test}, {one}, {minus})")
    else:
        draft.line(f"{sign} = {draft.real.spelling}(1.0)", f"if {test}:", f"    {sign} = {minus}")
        one, minus = minus, one
    plus = "1.0, -1.0" if one == draft.number(1.0) else "-1.0, 1.0"
    draft.numpy(f"{sign} = np.where((({h} >> {bit}) & 1) == 0, {plus}).astype({draft.precision})")
    value = draft.load(draft.name("value", "weight", "amount"), values, here, -1.0, 1.0)
    if draw.chance(0.6):
        value = draft.fused(draft.name("scaled", "damped", "shaped"), draft.real, [value], smooth=True, domain=Interval(-20.0, 20.0))
    draft.line(f"wp.atomic_add({features}, {bucket}, {sign} * {value.name})")
    mask = f"[{active} != 0]" if active else ""
    draft.numpy(f"{features} = np.zeros({count}, {values}.dtype)", f"np.add.at({features}, {bucket}{mask}, ({sign} * {value.name}){mask})")


def _checksum(draft: WordDraft, h: str, here: str, extents: Sequence[str], active: str) -> None:
    """All hashes in one word, whatever their order: a sum, a parity, the smallest or the largest of a few bits."""
    draw = draft.draw
    out = draft.name("checksum", "combined", "total_hash")
    kind = draw.choice(("add", "xor", "max", "or"))
    rows = len(extents) == 2 and draw.chance(0.6)
    shape: tuple[str | int, ...] = (extents[0],) if rows else (1,)
    draft.output(out, draft.held, *shape, role="accumulate")
    small = draft.name("low_bits", "short_hash", "tag")
    line = f"{small} = {h} & {draw.choice((0xFF, 0xFFFF, 0xFFFFF))}"
    if active:
        draft.line(f"if {active}[{here}] == 0:", "    return")
    if kind in ("max", "or") or draw.chance(0.3):
        draft.words(line)
        h = small
    draft.line(f"wp.atomic_{kind}({out}, {here.split(', ')[0] if rows else 0}, {draft.stored(h)})")
    values = _kept(active, draft.stored_numpy(h))
    ufunc = {"add": "add", "xor": "bitwise_xor", "max": "maximum", "or": "bitwise_or"}[kind]
    dtype = f", dtype=np.{draft.held.scalar}"
    draft.numpy(f"{out} = np.{ufunc}.reduce({values}, axis={'1' if rows else 'None'}{dtype}){'' if rows else '.reshape(1)'}")
