"""Complex numbers in tiles, as vectors of two: their transforms, products, phases and squares, and the frequencies that go with them.

A transform works in place, so a tile that is transformed is not used nonlinearly before. Warp without MathDx transforms powers of two, in
blocks of which the length is a multiple. The reference sums up the definition: with w = exp(-2 pi i / n), X[k] is the sum of x[j] w^(jk).
"""

from __future__ import annotations

from dataclasses import dataclass

from kernels.drafting.tile_grid import Shape, Tile, TileGrid, shape_text
from kernels.drafting.tiles import TileDraft
from kernels.draw import Draw, digest
from kernels.language.expression import Expression
from kernels.language.types import I32, Type, vector

_BLOCK_DIMS = (8, 16, 16, 32)
_WINDOW = 64
_DFT = [
    "n = z.shape[-2]",
    "angles = 2.0 * np.pi * np.arange(n) / n",
    "cosines, sines = (np.where(np.abs(part) < 1e-9, 0.0, part) for part in (np.cos(angles), sign * np.sin(angles)))",
    "roots = cosines + 1.0j * sines",
    "if z.itemsize == 4:",
    "    roots = np.cumprod(np.where(np.arange(n) > 0, roots[1], 1.0).astype(np.complex64))",
    "table = roots[np.outer(np.arange(n), np.arange(n)) % n]",
    "real, imaginary = z[..., 0], z[..., 1]",
    "return np.stack((real @ table.real - imaginary @ table.imag, real @ table.imag + imaginary @ table.real), axis=-1)",
]
"""The sums of the definition. In single precision the roots of unity are multiplied up, as a transform in place does it."""


@dataclass(frozen=True)
class _Function:
    """A function of complex numbers: names, parameters (`z` complex, `r` real) with their letters, both bodies, and whether it gives a
    real."""

    names: tuple[str, ...]
    parameters: tuple[tuple[str, str], ...]
    body: tuple[str, ...]
    numpy: str
    real: bool = False


_FUNCTIONS = {
    "as_complex": _Function(
        ("as_complex", "to_complex", "real_to_complex"), (("x", "r"),), ("vec2(x, 0.0)",), "np.stack((x, np.zeros_like(x)), axis=-1)"
    ),
    "real_part": _Function(("real_part", "take_real"), (("z", "z"),), ("z[0]",), "z[..., 0]", real=True),
    "power": _Function(
        ("power_of", "squared_magnitude", "energy_of"),
        (("z", "z"),),
        ("z[0] * z[0] + z[1] * z[1]",),
        "z[..., 0] * z[..., 0] + z[..., 1] * z[..., 1]",
        real=True,
    ),
    "multiply": _Function(
        ("complex_mul", "cmul", "multiply_complex"),
        (("a", "z"), ("b", "z")),
        ("vec2(a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0])",),
        "np.stack((a[..., 0] * b[..., 0] - a[..., 1] * b[..., 1], a[..., 0] * b[..., 1] + a[..., 1] * b[..., 0]), axis=-1)",
    ),
    "correlate": _Function(
        ("conj_mul", "cross_spectrum_of", "correlate_bins"),
        (("a", "z"), ("b", "z")),
        ("vec2(a[0] * b[0] + a[1] * b[1], a[0] * b[1] - a[1] * b[0])",),
        "np.stack((a[..., 0] * b[..., 0] + a[..., 1] * b[..., 1], a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]), axis=-1)",
    ),
    "rotate": _Function(
        ("rotate_phase", "turn_by", "apply_phase"),
        (("z", "z"), ("angle", "r")),
        ("c = wp.cos(angle)", "s = wp.sin(angle)", "vec2(c * z[0] - s * z[1], s * z[0] + c * z[1])"),
        "np.stack((np.cos(angle) * z[..., 0] - np.sin(angle) * z[..., 1], np.sin(angle) * z[..., 0] + np.cos(angle) * z[..., 1]), axis=-1)",
    ),
    "scale": _Function(
        ("scale_complex", "attenuate", "weigh"), (("z", "z"), ("gain", "r")), ("vec2(z[0] * gain, z[1] * gain)",), "z * gain[..., None]"
    ),
    "differentiate": _Function(
        ("times_i_k", "spectral_derivative"),
        (("z", "z"), ("k", "r")),
        ("vec2(-k * z[1], k * z[0])",),
        "np.stack((-k * z[..., 1], k * z[..., 0]), axis=-1)",
    ),
    "conjugate": _Function(("conjugate", "conj"), (("z", "z"),), ("vec2(z[0], -z[1])",), "np.stack((z[..., 0], -z[..., 1]), axis=-1)"),
}
"""Functions of complex numbers, by what they do; the last line of a body is what is returned."""


class Spectra:
    """The complex tiles of one draft. Tiles have `rows` rows of `length` elements, which are transformed along the last axis."""

    def __init__(self, draw: Draw, *, width: str | None = None, square: bool = False) -> None:
        # Formulas with jumps make inputs of few values, whose spectra are all rounding in places.
        self.draft = TileDraft(draw, width=width, differentiable=draw.chance(0.75), smooth=True, without=("atan2",))
        # What is compiled together has blocks of one size.
        self.draft.block_dim = _BLOCK_DIMS[digest("fourier blocks", draw.seed, draw.index // _WINDOW) % len(_BLOCK_DIMS)]
        self.grid = TileGrid(self.draft)
        fits = [n for n in (8, 16, 32) if n % self.draft.block_dim == 0]
        self.length = draw.choice(fits)
        self.rows = self.length if square else draw.choice((1, 1, 2, 3, 4))
        self.shape: Shape = (*self.grid.shape(ROWS=self.rows), *self.grid.shape(N=self.length))
        self.complex: Type = vector(self.draft.width, 2)
        self._names: dict[str, str] = {}
        self._frequencies: Tile | None = None
        self.is_real = False

    def load(self, *names: str, bound: float = 1.0) -> Tile:
        """A block's complex tile, in registers."""
        draft = self.draft
        name = draft.name(*names)
        array = draft.free(f"{name}_{draft.draw.choice(('in', 'values', 'signal'))}")
        return self.grid.load(name, self.shape, -bound, bound, array=array, type=self.complex, registers=True)

    def load_real(self, *names: str, low: float = -1.0, high: float = 1.0) -> Tile:
        """A block's real tile."""
        return self.grid.load(self.draft.name(*names), self.shape, low, high)

    def transform(self, tile: Tile, *, inverse: bool = False) -> Tile:
        """Transforms a tile in place, without a factor."""
        draft = self.draft
        draft.line(f"wp.tile_{'i' if inverse else ''}fft({tile.name})")
        if not any(block[0].startswith("def dft(") for block in draft.reference_definitions):
            draft.reference_function("dft", ["z", "sign"], _DFT)
        draft.numpy(f"{tile.name} = dft({tile.name}, {'1.0' if inverse else '-1.0'})")
        bound = 2.0 * self.length * tile.magnitude
        return Tile(draft.whole(tile.name, tile.value.type, -bound, bound), tile.shape)

    def apply(self, function: str, name: str, *values: Tile | Expression, bound: float) -> Tile:
        """Names what a function of complex numbers makes of tiles, and of parameters after them."""
        draft = self.draft
        declared = _FUNCTIONS[function]
        called = self._defined(function)
        texts = [v.warp if isinstance(v, Tile) else v.warp() for v in values]
        numpy = [v.numpy if isinstance(v, Tile) else v.numpy() for v in values]
        draft.reserve(name)
        draft.line(f"{name} = wp.tile_map({', '.join([called, *texts])})")
        draft.numpy(f"{name} = {called}({', '.join(numpy)})")
        first = next(v for v in values if isinstance(v, Tile))
        kind = draft.real if declared.real else self.complex
        low = 0.0 if function == "power" else -bound
        return Tile(draft.whole(name, kind, low, bound), first.shape)

    def scaled(self, name: str, tile: Tile, factor: float) -> Tile:
        """Names a complex tile times a constant."""
        bound = tile.magnitude * abs(factor)
        text = self.draft.number(factor)
        warp = self.draft.draw.choice((f"{tile.name} * {text}", f"{text} * {tile.name}"))
        return self.grid.named(name, tile.shape, warp, f"{factor} * {tile.name}", -bound, bound, tile.value.type)

    def frequencies(self, name: str) -> Tile:
        """The tile of the whole frequencies, negative ones in the second half; named at its first use."""
        if self._frequencies is not None:
            return self._frequencies
        draft, n = self.draft, self.length
        function = draft.free(draft.draw.choice(("signed_frequency", "wave_number", "frequency_of")))
        real = draft.real.spelling
        draft.definitions.append(
            [
                "@wp.func",
                f"def {function}(k: {I32.spelling}) -> {real}:",
                *(["    if k >= " + str(n // 2) + ":", f"        return {real}(k - {n})"]),
                f"    return {real}(k)",
            ]
        )
        bins = draft.free("bins")
        draft.line(f"{bins} = wp.tile_broadcast(wp.tile_arange({self.shape[1].text}, dtype=int), shape={shape_text(self.shape)})")
        numpy = f"((np.arange({n}) + {n // 2}) % {n} - {n // 2}).astype({draft.precision})"
        self._frequencies = self.grid.named(name, self.shape, f"wp.tile_map({function}, {bins})", numpy, -n / 2, n / 2)
        return self._frequencies

    def _defined(self, function: str) -> str:
        """The name of a function in both modules, which is defined at its first use."""
        if function not in self._names:
            draft, declared = self.draft, _FUNCTIONS[function]
            name = self._names[function] = draft.free(draft.draw.choice(declared.names))
            suffix = "d" if draft.width == "float64" else "f"
            typed = ", ".join(
                f"{p}: {self.complex.spelling if letter == 'z' else draft.real.spelling}" for p, letter in declared.parameters
            )
            result = draft.real.spelling if declared.real else f"wp.vec2{suffix}"
            *lines, last = (line.replace("vec2(", f"wp.vec2{suffix}(").replace("0.0", draft.number(0.0)) for line in declared.body)
            draft.definitions.append(
                ["@wp.func", f"def {name}({typed}) -> {result}:", *(f"    {line}" for line in lines), f"    return {last}"]
            )
            draft.reference_function(name, [p for p, _ in declared.parameters], [f"return {declared.numpy}"])
        return self._names[function]
