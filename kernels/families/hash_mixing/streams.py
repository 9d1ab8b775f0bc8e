"""Hashing streams: the bytes or words of each row, one after another, into one hash or checksum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kernels.case import Case
from kernels.domains import Integers, Offsets, Permutation
from kernels.drafting.arguments import Sizes
from kernels.drafting.word_draft import WordDraft
from kernels.drafting.words import Word
from kernels.draw import Draw
from kernels.families.hash_mixing.keys import bucket_of, mix, renamed, unit_real
from kernels.families.hash_mixing.mixers import uses_rotation
from kernels.language.types import I32, U8

BITWISE = 8
"""Steps of a bitwise cyclic redundancy check per byte: few enough for Warp to unroll."""


@dataclass(frozen=True)
class Stream:
    """A hash of a stream, in the words' notation.

    `state` are the names of its words with their first values, `step` takes the byte (or word) `c`, `end` may use the length `length` and
    leaves the result in `h`. `loop` is repeated `BITWISE` times after `step`. `table` is the length of a table that it looks up.
    """

    name: str
    bits: int
    state: tuple[tuple[str, int], ...]
    step: tuple[str, ...]
    end: tuple[str, ...] = ()
    loop: tuple[str, ...] = ()
    table: int = 0
    whole_words: bool = False
    unsigned: bool = False


STREAMS = (
    Stream("fnv1a", 32, (("h", 2166136261),), ("h ^= c", "h *= 16777619")),
    Stream("fnv1", 32, (("h", 2166136261),), ("h *= 16777619", "h ^= c")),
    Stream("fnv1a_64", 64, (("h", 0xCBF29CE484222325),), ("h ^= c", "h *= 0x100000001B3")),
    Stream("djb2", 32, (("h", 5381),), ("h = (h << 5) + h + c",)),
    Stream("djb2a", 32, (("h", 5381),), ("h = (h * 33) ^ c",)),
    Stream("sdbm", 32, (("h", 0),), ("h = c + (h << 6) + (h << 16) - h",)),
    Stream(
        "one_at_a_time",
        32,
        (("h", 0),),
        ("h += c", "h += h << 10", "h ^= h >> 6"),
        ("h += h << 3", "h ^= h >> 11", "h += h << 15"),
    ),
    Stream("adler32", 32, (("a", 1), ("b", 0)), ("a = (a + c) % 65521", "b = (b + a) % 65521"), ("h = (b << 16) | a",), unsigned=True),
    Stream("fletcher16", 32, (("a", 0), ("b", 0)), ("a = (a + c) % 255", "b = (b + a) % 255"), ("h = (b << 8) | a",), unsigned=True),
    Stream(
        "crc32", 32, (("h", 0xFFFFFFFF),), ("h ^= c",), ("h = ~h",), loop=("h = (h >> 1) ^ ((0 - (h & 1)) & 0xEDB88320)",)
    ),
    Stream("crc32c", 32, (("h", 0xFFFFFFFF),), ("h ^= c",), ("h = ~h",), loop=("h = where(h & 1 == 1, (h >> 1) ^ 0x82F63B78, h >> 1)",)),
    Stream(
        "crc16_ccitt",
        32,
        (("h", 0xFFFF),),
        ("h ^= c << 8",),
        loop=("h = where(h & 0x8000 == 0, h << 1, (h << 1) ^ 0x1021)", "h &= 0xFFFF"),
    ),
    Stream("crc_table", 32, (("h", 0xFFFFFFFF),), ("h = (h >> 8) ^ word(table[number((h ^ c) & 255)])",), ("h = ~h",), table=256),
    Stream("pearson", 32, (("h", 0),), ("h = word(table[number((h ^ c) & 255)])",), table=256),
    Stream("buzhash", 32, (("h", 0),), ("h = rotl(h, 1) ^ word(table[number(c & 255)])",), table=256),
    Stream("zobrist", 64, (("h", 0),), ("h ^= word(table[number(c & 255)])",), table=256),
    Stream(
        "murmur3",
        32,
        (("h", 0x9747B28C),),
        ("k = rotl(c * 0xCC9E2D51, 15) * 0x1B873593", "h ^= k", "h = rotl(h, 13) * 5 + 0xE6546B64"),
        ("h ^= length", "h ^= h >> 16", "h *= 0x85EBCA6B", "h ^= h >> 13", "h *= 0xC2B2AE35", "h ^= h >> 16"),
        whole_words=True,
    ),
    Stream(
        "xxh32_tail",
        32,
        (("h", 0x165667B1),),
        ("h = rotl(h + c * 0xC2B2AE3D, 17) * 0x27D4EB2F",),
        ("h += length", "h ^= h >> 15", "h *= 0x85EBCA77", "h ^= h >> 13", "h *= 0xC2B2AE3D", "h ^= h >> 16"),
        whole_words=True,
    ),
    Stream("elf_hash", 32, (("h", 0),), ("h = (h << 4) + c", "g = h & 0xF0000000", "h = (h ^ (g >> 24)) & ~g")),
    Stream("js_hash", 32, (("h", 1315423911),), ("h ^= (h << 5) + c + (h >> 2)",)),
    Stream("rs_hash", 32, (("h", 0), ("a", 63689)), ("h = h * a + c", "a *= 378551")),
    Stream("polynomial_hash", 64, (("h", 0),), ("h = (h * 257 + c) % 1000000007",), unsigned=True),
    Stream("two_moduli", 64, (("a", 0), ("b", 0)), ("a = (a * 911 + c) % 1000003", "b = (b * 3571 + c) % 998244353"),
           ("h = (a << 32) | b",), unsigned=True),
    Stream("parity_word", 32, (("h", 0),), ("h = rotl(h, 1) + c",), ("h ^= length",)),
    Stream("murmur64a", 64, (("h", 0x9368E53C2F6AF274),),
           ("k = c * 0xC6A4A7935BD1E995", "k ^= k >> 47", "h = (h ^ (k * 0xC6A4A7935BD1E995)) * 0xC6A4A7935BD1E995"),
           ("h ^= h >> 47", "h *= 0xC6A4A7935BD1E995", "h ^= h >> 47"), whole_words=True),
)  # fmt: skip
"""Fowler, Noll and Vo; Bernstein; Jenkins; RFC 1950 (Adler); Fletcher; IEEE 802.3, Castagnoli and CCITT polynomials; Pearson; Appleby."""


def hash_rows(draw: Draw) -> Case:
    """The hash of each row: of a padded table, of a table with lengths, of segments of one array, of windows that slide over one."""
    stream = draw.choice(STREAMS)
    signed = not stream.unsigned and draw.chance(0.3)
    draft = WordDraft(draw, Word(stream.bits, signed))
    layout = draw.choice(("fixed", "columns", "lengths", "offsets", "window"))
    row = draft.name("row", "i", "s", "doc") if layout != "window" else draft.name("i", "start", "pos")
    k, data = draft.name("k", "j", "pos", "at"), draft.name("data", "text", "bytes_in", "message", "tokens")
    words = {name: draft.free(name) for name, _ in stream.state}
    words |= {name: draft.free(name) for name in ("h", "c", "k_word", "g") if name not in words}
    rename = {**words, "k": words["k_word"], "table": draft.free("table"), "length": draft.free("length_word")}
    if uses_rotation((*stream.step, *stream.end)):
        draft.rotation()
    walk = _Walk(draft, layout, row, k, data)
    walk.declare(whole=stream.whole_words)
    if stream.table:
        domain = Permutation() if stream.name == "pearson" else Integers(-(2**31), 2**31)
        draft.array(rename["table"], draft.held, stream.table, domain=domain)
    name = draw.choice((f"{stream.name}_{'windows' if layout == 'window' else 'rows'}", f"hash_{data}", f"{stream.name}_kernel"))
    draft.reserve(name)
    draft.line(f"{row} = wp.tid()")
    walk.open()
    salted = draw.chance(0.25)
    if salted:
        seed = draft.value(draft.name("seed", "basis_seed"), I32, Integers(0, 100_000))
    for state, value in stream.state:
        draft.words(f"{words[state]} = {value}")
    if salted:
        draft.words(
            f"{words[stream.state[0][0]]} ^= word({seed})" if not stream.unsigned else f"{words[stream.state[-1][0]]} = word({seed})"
        )
    carried = [words[state] for state, _ in stream.state]
    helper = not stream.table and not stream.loop and len(carried) == 1 and draw.chance(0.4)
    step = renamed(stream.step, rename)
    if helper:
        local = {**rename, stream.state[0][0]: "h", "c": "c"}
        draft.word_function(f"{stream.name}_step", ["h", "c"], [*renamed(stream.step, local), "return h"])
        step = [f"{carried[0]} = {stream.name}_step({carried[0]}, {words['c']})"]
    walk.run(words["c"], carried, step, renamed(stream.loop, rename))
    if any("length" in line for line in stream.end):
        draft.line(f"{rename['length']} = {draft.word.warp(f'word({walk.length})')}")
        draft.numpy(f"{rename['length']} = {walk.numpy_length}.astype({draft.word.unsigned})")
    draft.words(*renamed(stream.end, rename))
    _finish(draft, words["h"], row, walk)
    return draft.case(name, [walk.rows], walk.sizes())


class _Walk:
    """Which elements a row has, in the kernel and in the reference."""

    rows = "rows"

    def __init__(self, draft: WordDraft, layout: str, row: str, k: str, data: str) -> None:
        self.draft, self.layout, self.row, self.k, self.data = draft, layout, row, k, data
        draw = draft.draw
        self.static = layout in ("fixed", "columns", "window") and draw.chance(0.6 if layout != "window" else 1.0)
        self.width = draw.choice((3, 4, 5, 6, 8))
        self.length = str(self.width)
        self.numpy_length = f"np.full(dim[0], {self.width})"
        self._stop = self.length
        self._at = f"{row}, {k}"
        self._start = "0"

    def declare(self, *, whole: bool) -> None:
        """The array of elements: bytes, as bytes or in wider integers, or whole words."""
        draft = self.draft
        self._whole = whole
        self._casts = not whole and (not draft.word.signed or draft.word.bits == 64)
        element = draft.held if whole else I32
        if not whole and draft.draw.chance(0.3):
            element, self._casts = U8, True
        domain = draft.word_domain() if whole else Integers(0, 256)
        extents = {
            "fixed": ("rows", self.width if self.static else "width"),
            "columns": (self.width if self.static else "width", "rows"),
            "lengths": ("rows", "width"),
            "offsets": ("total",),
            "window": (f"rows + {self.width - 1}",),
        }[self.layout]
        draft.array(self.data, element, *extents, domain=domain)

    def open(self) -> None:
        """The lines before the loop: a guard, the row's ends."""
        draft, draw, row = self.draft, self.draft.draw, self.row
        if draw.chance(0.45):
            rows = draft.count(draft.name("num_rows", "count", "n"), "rows")
            draft.line(f"if {row} >= {rows}:", "    return")
        if self.layout == "lengths":
            lengths = draft.array(draft.name("lengths", "num_bytes", "sizes"), I32, "rows", domain=lambda s: Integers(0, s["width"] + 1))
            self.length = self._stop = draft.name("length", "size", "stop")
            draft.line(f"{self.length} = {lengths}[{row}]")
            self.numpy_length = lengths
        elif self.layout == "offsets":
            offsets = draft.array(draft.name("offsets", "row_start", "indptr"), I32, "rows + 1", domain=lambda s: Offsets(s["total"]))
            begin, end = draw.choice((("begin", "end"), ("first", "last"), ("start", "stop")))
            begin, end = draft.free(begin), draft.free(end)
            draft.line(f"{begin} = {offsets}[{row}]", f"{end} = {offsets}[{row} + 1]")
            self._start, self._stop, self._at = begin, end, self.k
            self.length, self.numpy_length = f"{end} - {begin}", f"np.diff({offsets})"
        elif self.layout == "columns":
            self._at = f"{self.k}, {row}"
        elif self.layout == "window":
            self._at = f"{row} + {self.k}"
        if self.layout in ("fixed", "columns") and not self.static:
            axis = 1 if self.layout == "fixed" else 0
            self._stop = self.length = draft.extent(draft.name("width", "row_length", "num_words"), self.data, axis, size="width")
            self.numpy_length = f"np.full(dim[0], {self.data}.shape[{axis}])"

    def run(self, c: str, carried: Sequence[str], step: Sequence[str], inner: Sequence[str]) -> None:
        """The loop over the row's elements, each as the word `c`."""
        draft, word, k = self.draft, self.draft.word, self.k
        data = self.data
        ragged = self.layout in ("lengths", "offsets")
        draft.numpy(*(f"{name} = np.full(dim[0], {name}, {word.unsigned})" for name in carried))
        if self.layout == "offsets":
            draft.numpy(f"longest = int({self.numpy_length}.max())", f"first = {self._offsets}[:-1]")
            count, element = "longest", f"{data}[np.minimum(first + {k}, len({data}) - 1)]"
        elif self.layout == "window":
            count, element = str(self.width), f"{data}[{k} : {k} + dim[0]]"
        else:
            count = f"{data}.shape[{0 if self.layout == 'columns' else 1}]"
            element = f"{data}[{k}]" if self.layout == "columns" else f"{data}[:, {k}]"
        span = self._stop if self._start == "0" else f"{self._start}, {self._stop}"
        with draft.loop(f"for {k} in range({span}):", f"for {k} in range({count}):"):
            if ragged:
                draft.numpy(f"more = {k} < {self.numpy_length}", f"before = [{', '.join(carried)}]")
            own = f"{data}[{self._at}]"
            draft.line(f"{c} = {f'{word.spelling}({own})' if self._casts else draft.as_word(own) if self._whole else own}")
            draft.numpy(f"{c} = {element}.astype({word.unsigned})")
            draft.words(*step)
            if inner:
                bit = draft.name("bit", "round_index", "b")
                with draft.loop(f"for {bit} in range({BITWISE}):"):
                    draft.words(*inner)
            if ragged:
                draft.numpy(*(f"{name} = np.where(more, {name}, before[{n}])" for n, name in enumerate(carried)))

    @property
    def _offsets(self) -> str:
        return self.numpy_length.removeprefix("np.diff(").removesuffix(")")

    def sizes(self) -> list[Sizes]:
        """The launches' sizes."""
        draw = self.draft.draw
        result: list[Sizes] = []
        for rows in draw.sizes(90):
            width = draw.integer(2, 9)
            result.append({"rows": rows, "width": width, "total": rows * 3 + draw.integer(1, 5)})
        return result


def _finish(draft: WordDraft, h: str, row: str, walk: _Walk) -> None:
    """What becomes of a row's hash."""
    draw = draft.draw
    if draw.chance(0.3):
        mix(draft, h)
    kind = draw.choice(("store", "store", "bucket", "match", "halves", "sample"))
    if kind == "store":
        draft.store_word(draft.name("hashes", "out", "digests", "checksums"), row, h, walk.rows)
    elif kind == "bucket":
        bucket = draft.name("bucket", "slot")
        bucket_of(draft, bucket, h, draw.choice((16, 32, 64)))
        draft.store(draft.output(draft.name("buckets", "slot_of"), I32, walk.rows), row, bucket)
        if draw.chance(0.4):
            draft.output("hit_count", I32, 64, role="accumulate")
            draft.line(f"wp.atomic_add(hit_count, {bucket}, 1)")
            draft.numpy(f"hit_count = np.bincount({bucket}, minlength=64).astype(np.int32)")
    elif kind == "match":
        expected = draft.array(draft.name("expected", "stored_checksum"), I32, walk.rows, domain=Integers(0, 4))
        low = draft.name("low_bits", "observed")
        draft.words(f"{low} = number({h} & 3)")
        out = draft.output(draft.name("valid", "matches", "intact"), I32, walk.rows)
        if draw.chance(0.5):
            draft.line(f"{out}[{row}] = wp.where({low} == {expected}[{row}], 1, 0)")
        else:
            draft.line(f"if {low} == {expected}[{row}]:", f"    {out}[{row}] = 1", "else:", f"    {out}[{row}] = 0")
        draft.numpy(f"{out} = ({low} == {expected}).astype(np.int32)")
    elif kind == "halves":
        half = draft.word.bits // 2
        high, low = draft.name("upper", "high_half"), draft.name("lower", "low_half")
        draft.words(f"{high} = number({h} >> {half})", f"{low} = number({h} & {(1 << min(half, 31)) - 1})")
        for name in draw.shuffled((high, low)):
            draft.store(draft.output(f"{name}_out", I32, walk.rows), row, name)
    else:
        u = draft.name("u", "rank_key", "unit")
        unit_real(draft, u, h)
        weight = draft.array(draft.name("weight", "priority", "score"), draft.real, walk.rows, low=0.2)
        w = draft.load(draft.name("w", "own_weight"), weight, row, 0.2, 1.0)
        name = draft.name("key", "sampled", "score_out")
        if walk.static:
            value = draft.fused(name, draft.real, [draft.scope[u], w], smooth=True)
        else:
            # Warp's adjoint does not run a dynamic loop again: no gradient may hang on the hash that comes out of it.
            draft.scope["noise"] = draft.fused(draft.name("noise", "perturbation"), draft.real, [draft.scope[u]], smooth=True)
            draft.scope["w"] = w
            value = draft.let(name, draw.choice(("w + noise", "noise - w", "2.0 * w + noise", "w - 0.5 * noise")))
        draft.store(draft.output(draft.name("keys_out", "samples", "result"), draft.real, walk.rows), row, value.name)
