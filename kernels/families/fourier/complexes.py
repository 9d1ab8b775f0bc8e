"""Complex arrays: real and imaginary parts in arrays of their own, as 2-vectors, or interleaved in one array."""

from __future__ import annotations

from kernels.case import Role
from kernels.drafting.arguments import Extent
from kernels.drafting.draft import Draft
from kernels.drafting.vectors import pair, vector_warp

STYLES = ("split", "split", "pair", "pair", "interleaved")
SUFFIXES = (("re", "im"), ("real", "imag"))


class ComplexStyle:
    """How a kernel holds complex numbers: the same for all its arrays."""

    def __init__(self, draft: Draft, style: str = "") -> None:
        self.draft = draft
        self.style = style or draft.draw.choice(STYLES)
        self.suffixes = draft.draw.choice(SUFFIXES)
        self._multiply = ""

    def array(
        self, stem: str, *extents: Extent, output: bool = False, accumulate: bool = False, low: float = -1.0, high: float = 1.0
    ) -> ComplexArray:
        """Declares a complex array; `extents` count complex numbers."""
        draft = self.draft
        role: Role = "accumulate" if accumulate else "output" if output else "input"
        names: list[str] = []
        if self.style == "pair":
            names = [draft.array(draft.free(stem), pair(draft), *extents, low=low, high=high, role=role)]
        elif self.style == "interleaved":
            packed = (*extents[:-1], f"2 * ({extents[-1]})")
            names = [draft.array(draft.free(stem), draft.real, *packed, low=low, high=high, role=role)]
        else:
            for suffix in self.suffixes:
                names.append(draft.array(draft.free(f"{stem}_{suffix}"), draft.real, *extents, low=low, high=high, role=role))
        return ComplexArray(self, tuple(names))

    def product(self, name: str, a: tuple[str, str], b: tuple[str, str], *, conjugate: bool = False) -> tuple[str, str]:
        """Lines for the product of two complex numbers, the second conjugated if so; returns its parts. The reference is left alone."""
        draft = self.draft
        if self.style == "pair" and a[0].endswith("[0]") and b[0].endswith("[0]"):
            if not self._multiply:
                self._multiply = draft.free(draft.draw.choice(("cmul", "complex_mul", "mul_complex")))
                kind = pair(draft)
                body = [
                    f"re = a[0] * b[0] {'+' if conjugate else '-'} a[1] * b[1]",
                    f"im = {'a[1] * b[0] - a[0] * b[1]' if conjugate else 'a[0] * b[1] + a[1] * b[0]'}",
                    vector_warp(draft, "return vec2(re, im)"),
                ]
                draft.function(self._multiply, [("a", kind), ("b", kind)], body, kind)
            draft.line(f"{name} = {self._multiply}({a[0][:-3]}, {b[0][:-3]})")
            return f"{name}[0]", f"{name}[1]"
        sign, other = ("+", "-") if conjugate else ("-", "+")
        draft.line(f"{name}_re = {a[0]} * {b[0]} {sign} {a[1]} * {b[1]}")
        draft.line(f"{name}_im = {a[1]} * {b[0]} {other} {a[0]} * {b[1]}")
        return f"{name}_re", f"{name}_im"

    def joined(self, name: str, a: tuple[str, str], sign: str, b: tuple[str, str]) -> tuple[str, str]:
        """Lines for a sum or difference; returns its parts. The reference is left alone."""
        if self.style == "pair":
            self.draft.line(f"{name} = {a[0][:-3]} {sign} {b[0][:-3]}")
            return f"{name}[0]", f"{name}[1]"
        self.draft.line(f"{name}_re = {a[0]} {sign} {b[0]}", f"{name}_im = {a[1]} {sign} {b[1]}")
        return f"{name}_re", f"{name}_im"

    def named(self, name: str, parts: tuple[str, str]) -> tuple[str, str]:
        """Lines that name a complex number made of two texts; returns its parts. The reference is left alone."""
        if self.style == "pair":
            self.draft.line(f"{name} = {vector_warp(self.draft, f'vec2({parts[0]}, {parts[1]})')}")
            return f"{name}[0]", f"{name}[1]"
        self.draft.line(f"{name}_re = {parts[0]}", f"{name}_im = {parts[1]}")
        return f"{name}_re", f"{name}_im"

    def phase(self, name: str, angle: str = "angle") -> tuple[str, str]:
        """Lines for the number of size one at an angle; returns its parts. The reference is left alone."""
        return self.named(name, (f"wp.cos({angle})", f"wp.sin({angle})"))


class ComplexArray:
    """One complex array."""

    def __init__(self, style: ComplexStyle, names: tuple[str, ...]) -> None:
        self.style, self.names = style, names

    @property
    def first(self) -> str:
        """An array whose shape tells the extents, for guards of split and paired arrays."""
        return self.names[0]

    def load(self, local: str, index: str) -> tuple[str, str]:
        """Reads an element in the kernel; returns the texts of its parts."""
        draft = self.style.draft
        if self.style.style == "pair":
            draft.line(f"{local} = {self.names[0]}[{index}]")
            return f"{local}[0]", f"{local}[1]"
        re, im = self._places(index)
        draft.line(f"{local}_re = {re}", f"{local}_im = {im}")
        return f"{local}_re", f"{local}_im"

    def numbers(self, subscript: str = "") -> str:
        """The reference's complex array, or a part of it."""
        if self.style.style == "pair":
            name = self.names[0]
            text = f"{name}[..., 0] + 1j * {name}[..., 1]"
        elif self.style.style == "interleaved":
            name = self.names[0]
            text = f"{name}[..., 0::2] + 1j * {name}[..., 1::2]"
        else:
            text = f"{self.names[0]} + 1j * {self.names[1]}"
        return f"({text}){subscript}" if subscript else text

    def store(self, index: str, re: str, im: str) -> None:
        """Writes an element in the kernel."""
        draft = self.style.draft
        if self.style.style == "pair":
            text = f"vec2({re}, {im})" if not (re.endswith("[0]") and im == re[:-2] + "1]") else re[:-3]
            draft.line(f"{self.names[0]}[{index}] = {vector_warp(draft, text)}")
            return
        places = self._places(index)
        draft.line(f"{places[0]} = {re}", f"{places[1]} = {im}")

    def add(self, index: str, re: str, im: str) -> None:
        """Adds to an element in the kernel, atomically."""
        draft = self.style.draft
        if self.style.style == "pair":
            draft.line(f"wp.atomic_add({self.names[0]}, {index}, {vector_warp(draft, f'vec2({re}, {im})')})")
        elif self.style.style == "interleaved":
            *rest, last = index.split(", ")
            head = "".join(f"{r}, " for r in rest)
            draft.line(
                f"wp.atomic_add({self.names[0]}, {head}2 * {last}, {re})", f"wp.atomic_add({self.names[0]}, {head}2 * {last} + 1, {im})"
            )
        else:
            draft.line(f"wp.atomic_add({self.names[0]}, {index}, {re})", f"wp.atomic_add({self.names[1]}, {index}, {im})")

    def hold(self, numbers: str) -> None:
        """The reference's lines that make the array from the complex array called `numbers`."""
        draft = self.style.draft
        if self.style.style == "split":
            draft.numpy(f"{self.names[0]}, {self.names[1]} = {numbers}.real, {numbers}.imag")
            return
        name = self.names[0]
        draft.numpy(f"{name} = np.stack(({numbers}.real, {numbers}.imag), axis=-1)")
        if self.style.style == "interleaved":
            draft.numpy(f"{name} = {name}.reshape(*{name}.shape[:-2], -1)")

    def _places(self, index: str) -> tuple[str, str]:
        if self.style.style == "split":
            return f"{self.names[0]}[{index}]", f"{self.names[1]}[{index}]"
        *rest, last = index.split(", ")
        last = last if last.isidentifier() else f"({last})"
        head = "".join(f"{r}, " for r in rest)
        return f"{self.names[0]}[{head}2 * {last}]", f"{self.names[0]}[{head}2 * {last} + 1]"


def row(draft: Draft, probability: float = 0.35) -> tuple[str, str, tuple[str, ...]]:
    """Perhaps a batch of transforms: the kernel's index prefix, the thread's extra index, and its extent."""
    if not draft.draw.chance(probability):
        return "", "", ()
    b = draft.draw.choice(("b", "row", "batch"))
    draft.reserve(b, "batches")
    return f"{b}, ", b, ("batches",)
