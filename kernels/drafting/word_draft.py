"""A draft of a kernel that computes with machine words."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from kernels.domains import Integers
from kernels.drafting.arguments import Extent
from kernels.drafting.draft import Draft
from kernels.drafting.words import Word
from kernels.draw import Draw
from kernels.language.types import type_named
from kernels.source import def_lines, indented


class WordDraft(Draft):
    """A draft of a kernel that computes with words: lines in the words' notation, functions of words, arrays that hold words.

    `held` is the type in which arrays hold words: that of the kernel's words, or the signed type of the same width.
    """

    def __init__(self, draw: Draw, word: Word, *, smooth: bool = False) -> None:
        super().__init__(draw, smooth=smooth)
        self.word = word
        self.held = word.type if word.signed or draw.chance(0.4) else type_named(f"uint{word.bits}")

    def words(self, *lines: str) -> None:
        """Adds lines of word arithmetic to both."""
        self.line(*(self.word.warp(text) for text in lines))
        self.numpy(*(self.word.numpy(text) for text in lines))

    def word_function(self, name: str, parameters: Sequence[str], lines: Sequence[str], docstring: str = "") -> str:
        """Adds a function of words to both, once. Returns its name."""
        if self._defines(name):
            return name
        self.reserve(name)
        heads = [f"{p}: {self.word.spelling}" for p in parameters]
        result = lines[-1].removeprefix("return ")
        one = not isinstance(ast.parse(result, mode="eval").body, ast.Tuple)
        definition = def_lines(name, heads, self.word.spelling if one and self.draw.chance(0.3) else "")
        text = [f'"""{docstring}"""'] if docstring else []
        self.definitions.append(["@wp.func", *definition, *indented([*text, *(self.word.warp(line) for line in lines)])])
        self.reference_function(name, parameters, [self.word.numpy(line) for line in lines])
        return name

    def rotation(self) -> None:
        """Defines `rotl(x, r)`, a rotation to the left by 0 < r < bits, once."""
        word, bits = self.word, self.word.bits
        if self._defines("rotl"):
            return
        self.reserve("rotl")
        right = f"x >> ({word.literal(bits)} - r)"
        if word.signed:
            right = f"({right}) & (({word.literal(1)} << r) - {word.literal(1)})"
        head = def_lines("rotl", [f"x: {word.spelling}", f"r: {word.spelling}"])
        self.definitions.append(["@wp.func", *head, f"    return (x << r) | ({right})"])
        self.reference_function("rotl", ["x", "r"], [f"return (x << r) | (x >> ({bits} - r))"])

    def word_array(self, name: str, *extents: Extent, low: int | None = None, high: int | None = None) -> str:
        """An input array of words, of all values unless bounds are given (low <= x < high). Returns its name."""
        return self.array(name, self.held, *extents, domain=self.word_domain(low, high))

    def word_domain(self, low: int | None = None, high: int | None = None) -> Integers:
        """All words, as integers of either sign, or those within low <= x < high."""
        half = self.word.mask // 2 + 1
        return Integers(-half if low is None else low, half if high is None else high)

    def load_word(self, name: str, array: str, index: str, *, numpy: str = "") -> str:
        """Names the word `array[index]`; the reference reads all of the array, or `numpy`. Returns the name."""
        self.line(f"{name} = {self.as_word(f'{array}[{index}]')}")
        self.numpy(f"{name} = {numpy or array}.astype({self.word.unsigned})")
        return name

    def store_word(self, out: str, index: str, value: str, *extents: Extent) -> None:
        """Declares the output `out` and writes the word `value` to `out[index]`."""
        self.output(out, self.held, *extents)
        self.line(f"{out}[{index}] = {self.stored(value)}")
        self.numpy(f"{out} = {self.stored_numpy(value)}")

    def as_word(self, element: str) -> str:
        """The kernel's text of an array's `element` as a word."""
        return element if self._holds_words else f"{self.word.spelling}({element})"

    def stored(self, value: str) -> str:
        """The kernel's text of the word `value` as an array holds it."""
        return value if self._holds_words else f"{self.held.spelling}({value})"

    def stored_numpy(self, value: str) -> str:
        """The reference's text of the word `value` (a name) as an array holds it."""
        return f"{value}.astype(np.{self.held.scalar})" if self.held is self.word.type else value

    @property
    def _holds_words(self) -> bool:
        return self.word.signed or self.held is not self.word.type

    def _defines(self, function: str) -> bool:
        return any(f"def {function}(" in line for block in self.definitions for line in block)
