"""Bit tricks on one word: each with the ways in which kernels write it, and with its definition over the word's bits for the reference.

A trick turns the word `x` into the word `r` or the number `n`. The kernel's ways are in the words' notation, with loops and branches;
`numpy` are lines of the reference over `x` (an unsigned array) and `b`, its bits with the lowest first along a last axis.

Sources: Warren, "Hacker's Delight"; Anderson, "Bit Twiddling Hacks".
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Trick:
    """One trick: the lines of each of its ways, and those of the reference. `counts` tricks give a number, at most the bits of a word."""

    name: str
    ways: tuple[tuple[str, ...], ...]
    numpy: tuple[str, ...]

    @property
    def counts(self) -> bool:
        """Whether it gives a number."""
        return self.numpy[-1].startswith("n = ")


_COUNT32 = (
    "r = x - ((x >> 1) & 0x55555555)",
    "r = (r & 0x33333333) + ((r >> 2) & 0x33333333)",
    "r = (r + (r >> 4)) & 0x0F0F0F0F",
)
_SMEAR32 = ("r = x | (x >> 1)", "r |= r >> 2", "r |= r >> 4", "r |= r >> 8", "r |= r >> 16")
_COUNT64 = (
    "r = x - ((x >> 1) & 0x5555555555555555)",
    "r = (r & 0x3333333333333333) + ((r >> 2) & 0x3333333333333333)",
    "r = (r + (r >> 4)) & 0x0F0F0F0F0F0F0F0F",
)
_SMEAR64 = (*_SMEAR32, "r |= r >> 32")


def _tricks(bits: int) -> tuple[Trick, ...]:
    """Tricks on words of `bits` bits."""
    half, top = bits // 2, bits - 1
    smear = _SMEAR32 if bits == 32 else _SMEAR64
    count = (*(_COUNT32 if bits == 32 else _COUNT64), f"n = number((r * 0x{'01' * (bits // 8)}) >> {bits - 8})")
    folds = tuple(f"r ^= r >> {2**k}" for k in reversed(range(bits.bit_length() - 1)))
    gray = tuple(f"r ^= r >> {2**k}" for k in range(bits.bit_length() - 1))
    odd, pairs, nibbles, bytes_, halves = (f"0x{digits * (bits // (4 * len(digits)))}" for digits in ("5", "3", "0F", "00FF", "0000FFFF"))
    swaps = [(1, odd), (2, pairs), (4, nibbles), (8, bytes_), *([(16, halves)] if bits == 64 else [])]
    reverse = (*(f"r = ((r >> {k}) & {mask}) | ((r & {mask}) << {k})" for k, mask in swaps), f"r = (r >> {half}) | (r << {half})")
    steps = [half >> k for k in range(half.bit_length())]
    ones = (1 << bits) - 1
    leading = tuple(
        line for k in steps for line in (f"if rest & 0x{ones ^ (ones >> k):X} == 0:", f"    n += {k}", f"    rest = rest << {k}")
    )
    trailing = tuple(line for k in steps for line in (f"if rest & 0x{(1 << k) - 1:X} == 0:", f"    n += {k}", f"    rest = rest >> {k}"))
    clz, low_sum = f"np.where(x == 0, {bits}, np.argmax(b[..., ::-1], axis=-1))", "np.cumsum(b, axis=-1)"
    high_sum = "np.cumsum(b[..., ::-1], axis=-1)[..., ::-1]"
    taps, kind = f"0x{'80200003' if bits == 32 else 'D800000000000000'}", f"np.uint{bits}"
    split = "parts = b.reshape(*b.shape[:-1], -1, {0})"
    even = f"0x{'00FF' * (bits // 16)}"
    halving = ("r = (r + (r >> 16)) & 0xFFFF",) if bits == 32 else ("r += r >> 16", "r = (r + (r >> 32)) & 0xFFFF")
    clear = ("rest = x", "n = 0", "while rest != 0:", "    rest = rest & (rest - 1)")
    shifting = ("rest = x", "r = 0", f"for bit in range({bits}):", "    r = (r << 1) | (rest & 1)", "    rest = rest >> 1")
    return (
        Trick("popcount", (count, ("n = count(x)",), (*clear, "    n += 1")), ("n = b.sum(axis=-1)",)),
        Trick("parity",
              (("r = x", *folds, "n = number(r & 1)"), ("n = count(x) & 1",), (*clear, "    n = 1 - n")), ("n = b.sum(axis=-1) % 2",)),
        Trick(
            "count_leading_zeros",
            ((*smear, "n = count(~r)"), ("rest = x", "n = 0", *leading, "if x == 0:", f"    n = {bits}")),
            (f"n = {clz}",),
        ),
        Trick(
            "floor_log2",
            ((*smear, "n = count(r >> 1)"), ("rest = x >> 1", "n = 0", "while rest != 0:", "    rest = rest >> 1", "    n += 1")),
            (f"n = np.where(x == 0, 0, {top} - {clz})",),
        ),
        Trick(
            "count_trailing_zeros",
            (
                ("n = count((x & (0 - x)) - 1)",),
                ("n = count(~x & (x - 1))",),
                ("rest = x", "n = 0", *trailing, "if x == 0:", f"    n = {bits}"),
            ),
            (f"n = np.where(x == 0, {bits}, np.argmax(b, axis=-1))",),
        ),
        Trick(
            "count_trailing_ones",
            (("n = count(x & ~(x + 1))",), ("r = ~x", "n = count((r & (0 - r)) - 1)")),
            (f"n = np.where(b.all(axis=-1), {bits}, np.argmin(b, axis=-1))",),
        ),
        Trick("is_power_of_two",
              (("n = where(x & (x - 1) == 0, 1, 0)", "if x == 0:", "    n = 0"), ("n = 0", "if count(x) == 1:", "    n = 1")),
              ("n = (b.sum(axis=-1) == 1)",)),
        Trick("has_run_of_four", (("r = x & (x << 1)", "r = r & (r << 2)", "n = where(r == 0, 0, 1)"),),
              ("runs = b[..., 3:] + b[..., 2:-1] + b[..., 1:-2] + b[..., :-3]", "n = (runs == 4).any(axis=-1)")),
        Trick("longest_run", (("rest = x", "n = 0", "while rest != 0:", "    rest = rest & (rest << 1)", "    n += 1"),),
              ("n = run = 0 * b[..., 0]", f"for k in range({bits}):", "    run = np.where(b[..., k] == 1, run + 1, 0)",
               "    n = np.maximum(n, run)", "n = n.astype(np.int32)")),
        Trick("count_changes", (("n = count(x ^ (x << 1))",),), ("n = (np.diff(b, axis=-1, prepend=0) != 0).sum(axis=-1)",)),
        Trick("has_zero_byte", ((f"r = (x - 0x{'01' * (bits // 8)}) & ~x & 0x{'80' * (bits // 8)}", "n = where(r == 0, 0, 1)"),),
              (split.format(8), "n = (parts.sum(axis=-1) == 0).any(axis=-1)")),
        Trick("sum_of_bytes", ((f"r = (x & {even}) + ((x >> 8) & {even})", *halving, "n = number(r)"),
                               ("rest = x", "n = 0",
               f"for part in range({bits // 8}):", "    n += number(rest & 0xFF)", "    rest = rest >> 8")),
              (split.format(8), "n = (parts * 2 ** np.arange(8)).sum(axis=(-1, -2))")),
        Trick("isolate_lowest_bit", (("r = x & (0 - x)",), ("r = x & (~x + 1)",)), (f"r = packed(({low_sum} == 1) & (b == 1))",)),
        Trick("clear_lowest_bit", (("r = x & (x - 1)",),), (f"r = packed((b == 1) & ({low_sum} > 1))",)),
        Trick("set_lowest_zero", (("r = x | (x + 1)",),), ("r = packed((b == 1) | (np.cumsum(1 - b, axis=-1) == 1))",)),
        Trick("smear_right", (smear,), (f"r = packed({high_sum} > 0)",)),
        Trick("highest_bit", ((*smear, "r = r - (r >> 1)"), (*smear, "r ^= r >> 1")), (f"r = packed((b == 1) & ({high_sum} == 1))",)),
        Trick("reverse_bits", (("r = x", *reverse), shifting), ("r = packed(b[..., ::-1])",)),
        Trick("swap_halves",
              ((f"r = rotl(x, {half})",), (f"r = (x << {half}) | (x >> {half})",)), (f"r = packed(np.roll(b, {half}, axis=-1))",)),
        Trick("rotate_left", (("r = rotl(x, 5)",), (f"r = (x << 5) | (x >> {bits - 5})",)), ("r = packed(np.roll(b, 5, axis=-1))",)),
        Trick("rotate_right",
              ((f"r = rotl(x, {bits - 3})",), (f"r = (x >> 3) | (x << {bits - 3})",)), ("r = packed(np.roll(b, -3, axis=-1))",)),
        Trick("gray_encode", (("r = x ^ (x >> 1)",),), ("r = packed(b ^ np.concatenate([b[..., 1:], 0 * b[..., :1]], axis=-1))",)),
        Trick("gray_decode", (("r = x", *gray), ("r = x", "rest = x >> 1", "while rest != 0:", "    r ^= rest", "    rest = rest >> 1")),
              ("r = packed(np.bitwise_xor.accumulate(b[..., ::-1], axis=-1)[..., ::-1])",)),
        Trick("next_power_of_two", (("r = x - 1", *(f"r |= r >> {2**k}" for k in range(bits.bit_length() - 1)), "r += 1"),),
              ("b = bits_of(x - 1)", f"r = packed({high_sum} > 0) + 1")),
        Trick("swap_adjacent_bits", ((f"r = ((x >> 1) & {odd}) | ((x & {odd}) << 1)",),),
              (split.format(2), "r = packed(parts[..., ::-1].reshape(b.shape))")),
        Trick("swap_nibbles", ((f"r = ((x >> 4) & {nibbles}) | ((x & {nibbles}) << 4)",),),
              ("parts = b.reshape(*b.shape[:-1], -1, 2, 4)", "r = packed(parts[..., ::-1, :].reshape(b.shape))")),
        Trick("byte_swap", (("r = x", *reverse[3:]),), (split.format(8), "r = packed(parts[..., ::-1, :].reshape(b.shape))")),
        Trick("galois_step", ((f"r = (x >> 1) ^ ((0 - (x & 1)) & {taps})",), ("r = x >> 1", "if x & 1 == 1:", f"    r ^= {taps}")),
              (f"r = np.where(b[..., 0] == 1, (x >> 1) ^ {kind}({taps}), x >> 1)",)),
        Trick("sign_mask", ((f"r = 0 - (x >> {top})",), (f"r = where((x >> {top}) & 1 == 1, 0x{'F' * (bits // 4)}, 0)",)),
              ("r = packed(np.repeat(b[..., -1:], b.shape[-1], axis=-1))",)),
        Trick("extend_sign", (("r = x & 0xFFF", "r = (r ^ 0x800) - 0x800"),),
              ("low = (x & 0xFFF).astype(np.int64)", "r = np.where(low >= 2048, low - 4096, low).astype(x.dtype)")),
    )  # fmt: skip


TRICKS: dict[int, tuple[Trick, ...]] = {32: _tricks(32), 64: _tricks(64)}
"""By the bits of a word."""

PAIRED: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("symmetric_difference", ("z = x ^ y",), "x ^ y"),
    ("intersection", ("z = x & y",), "x & y"),
    ("union", ("z = x | y",), "x | y"),
    ("difference", ("z = x & ~y",), "x & ~y"),
    ("implication", ("z = ~x | y",), "~(x & ~y)"),
    ("equivalence", ("z = ~(x ^ y)",), "~(x ^ y)"),
    ("floor_average", ("z = (x & y) + ((x ^ y) >> 1)",), "(x >> 1) + (y >> 1) + (x & y & 1)"),
    ("ceil_average", ("z = (x | y) - ((x ^ y) >> 1)",), "(x >> 1) + (y >> 1) + ((x | y) & 1)"),
    (
        "carries",
        ("z = (x & y) | ((x | y) & ~(x + y))",),
        "(((x + y) ^ x ^ y) >> 1) | ((x > ~y).astype(x.dtype) << x.dtype.type(8 * x.itemsize - 1))",
    ),
    ("masked_merge", ("z = x ^ ((x ^ y) & 0x00FF00FF)",), "(y & 0x00FF00FF) | (x & ~x.dtype.type(0x00FF00FF))"),
    ("bit_select", ("z = (x & 0x0F0F0F0F) | (y & ~0x0F0F0F0F)",), "y ^ ((x ^ y) & 0x0F0F0F0F)"),
    ("sum_words", ("z = (x ^ y) + ((x & y) << 1)",), "x + y"),
    ("offset_difference", ("z = (x ^ y) - ((~x & y) << 1)",), "x - y"),
)
"""How two words `x` and `y` are made one, `z`: name, the kernel's lines, the reference's value."""


def reference_bits(bits: int) -> list[list[str]]:
    """Functions of the reference: the bits of words along a last axis, lowest first, and the words of such bits."""
    kind = f"np.uint{bits}"
    return [
        ["def bits_of(x):", f"    return ((x[..., None] >> np.arange({bits}, dtype={kind})) & {kind}(1)).astype(np.int8)"],
        ["def packed(b):", f"    return (b.astype({kind}) << np.arange({bits}, dtype={kind})).sum(axis=-1, dtype={kind})"],
    ]
