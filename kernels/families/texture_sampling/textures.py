"""Textures: what they are built from, and what sampling them gives, in numpy.

A texture of one to three axes has its texels at half-integer coordinates, the first coordinate along the last axis of the data. Outside,
an axis repeats (0), holds its edge (1), is mirrored (2) or is zero (3). Integer texels of 8 and 16 bits stand for [0, 1] or [-1, 1].
"""

from __future__ import annotations

from kernels.domains import Constant, Domain, Integers, Uniform
from kernels.drafting.arguments import Extent, Field
from kernels.drafting.queries.script import QueryScript
from kernels.language.types import type_named

NAMES = {
    1: ("lut", "color_map", "profile", "transfer"),
    2: ("tex", "image", "height_map", "albedo_map"),
    3: ("tex3d", "field_tex", "lut3d"),
}
_EXTENTS: dict[int, tuple[Extent, ...]] = {1: ("wide",), 2: ("high", "wide"), 3: ("deep", "high", "wide")}
_SCALES = {"uint8": 255.0, "int8": 127.0, "uint16": 65535.0, "int16": 32767.0}
_SUFFIXES = {"float32": "f", "uint8": "ub", "int8": "b", "uint16": "us", "int16": "s"}

LEVELS = {
    False: ("def levels({name}):", "    return [{texels}]"),
    True: (
        "def levels({name}):",
        '    """The texels, and level by level the means of two along each axis."""',
        "    made = [{stored}]",
        "    while len(made) < {name}.mip_levels:",
        "        finer = made[-1].astype(np.float64)",
        "        for axis in range({axes}):",
        "            size = finer.shape[axis]",
        "            if size > 1:",
        "                first = 2 * np.arange(size // 2)",
        "                second = np.minimum(first + 1, size - 1)",
        "                finer = 0.5 * (np.take(finer, first, axis=axis) + np.take(finer, second, axis=axis))",
        "        made.append({rounded})",
        "    return [{each} for level in made]",
    ),
}
FETCH = (
    "def fetch(texels, index, modes):",
    '    """Texels by their indices, the first along the last axis, by each axis\'s way to go on beyond the edge."""',
    "    places, inside = [], True",
    "    for axis, mode in enumerate(modes):",
    "        size = texels.shape[{axes} - 1 - axis]",
    "        place = index[..., axis]",
    "        if mode == 0:",
    "            place = place % size",
    "        elif mode == 2:",
    "            turned = place % (2 * size)",
    "            place = np.where(turned >= size, 2 * size - 1 - turned, turned)",
    "        elif mode == 3:",
    "            inside = inside & ((place >= 0) & (place < size))",
    "        places.insert(0, np.clip(place, 0, size - 1))",
    "    return np.where(inside if np.ndim(inside) == 0 else inside{spread}, texels[tuple(places)], f32(0.0))",
)
SAMPLED = {
    0: (
        "def sampled({name}, uv, level):",
        "    texels = levels({name})[level]",
        "    size, whole = (np.array(t.shape[:{axes}][::-1]) for t in (texels, {name}.texels))",
        "    at = uv * size if {name}.normalized else uv * size / whole",
        "    return fetch(texels, np.floor(at).astype(np.int64), np.broadcast_to({name}.address, {axes}))",
    ),
    1: (
        "def sampled({name}, uv, level):",
        "    texels = levels({name})[level]",
        "    size, whole = (np.array(t.shape[:{axes}][::-1]) for t in (texels, {name}.texels))",
        "    modes = np.broadcast_to({name}.address, {axes})",
        "    at = (uv * size if {name}.normalized else uv * size / whole) - 0.5",
        "    held = [np.clip(at[..., n], 0, size[n] - 1) if mode == 1 else at[..., n] for n, mode in enumerate(modes)]",
        "    at = np.stack(held, axis=-1)",
        "    first = np.floor(at)",
        "    part, total = at - first, 0.0",
        "    for side in np.ndindex(*[2] * {axes}):",
        "        share = np.prod(np.where(np.array(side) == 1, part, 1.0 - part), axis=-1)",
        "        total = total + share{spread} * fetch(texels, first.astype(np.int64) + np.array(side), modes)",
        "    return total",
    ),
}
BLENDED = {
    0: (
        "    top = len(levels({name})) - 1",
        "    level = np.floor(np.clip(lod, 0.0, top) + 0.5)",
        "    chosen = [np.where((level == n){spread}, sampled({name}, uv, n), f32(0.0)) for n in range(top + 1)]",
        "    return sum(chosen)",
    ),
    1: (
        "    top = len(levels({name})) - 1",
        "    held = np.clip(lod, 0.0, top)",
        "    level = np.floor(held)",
        "    part = held - level",
        "    total = 0.0",
        "    for n in range(top + 1):",
        "        share = np.where(level == n, 1.0 - part, 0.0) + np.where(level == n - 1, part, 0.0)",
        "        total = total + share{spread} * sampled({name}, uv, n)",
        "    return total",
    ),
}


class Texture:
    """A texture of `axes` axes and 1, 2 or 4 channels, called `tex` in the kernel's text.

    A `smooth` one is interpolated between texels; `mipped` ones have levels, which a level of detail chooses.
    """

    def __init__(self, s: QueryScript, axes: int, *, channels: int = 1, smooth: bool | None = None, mipped: bool = False) -> None:
        draw = s.draw
        self.s, self.axes, self.channels, self.mipped = s, axes, channels, mipped
        self.smooth = draw.chance(0.8) if smooth is None else smooth
        self.scalar = draw.weighted(("float32", "uint8", "uint16", "int8", "int16"), (6, 2, 1, 1, 1))
        self.normalized = mipped or draw.chance(0.75)
        if self.smooth:
            s.limitations.add("texture_sample_gradient")
        self._blend = draw.choice((0, 1)) if mipped else 1
        self._vectors = axes > 1 and draw.chance(0.6)
        self.type = {1: "float", 2: "vec2", 4: "vec4"}[channels]
        # Warp takes `float` here, but not `wp.float32`.
        self._dtype = {1: "float", 2: draw.choice(("wp.vec2", "wp.vec2f")), 4: draw.choice(("wp.vec4", "wp.vec4f"))}[channels]

    def declare(self, low: float = -1.0, high: float = 1.0) -> None:
        """Declares the texture; floats are drawn from [low, high)."""
        s, scalar = self.s, self.scalar
        dtype = f"vec{self.channels}{_SUFFIXES[scalar]}" if self.channels > 1 else scalar
        values: Domain = Uniform(low, high)
        if scalar != "float32":
            most = {"uint8": 256, "int8": 128, "uint16": 65536, "int16": 32768}[scalar]
            values = Integers(0 if scalar.startswith("u") else -most, most)
        # What repeats or mirrors needs coordinates in [0, 1] on a GPU; nearest texels that repeat are wrong before Warp 1.19.
        address: Domain = Integers(0 if self.smooth else 1, 4) if self.normalized else Constant(s.draw.choice((1, 3)))
        kind = {1: "int32", 2: "vec2i", 3: "vec3i"}[self.axes]
        fields = [
            Field("texels", type_named(dtype), _EXTENTS[self.axes], values),
            Field("address", type_named(kind), (), address),
            Field("filter", type_named("int32"), (), Constant(int(self.smooth))),
            Field("normalized", type_named("bool"), (), Constant(self.normalized)),
        ]
        if self.mipped:
            fields += [
                Field("mip_levels", type_named("int32"), (), Constant(3)),
                Field("mip_filter", type_named("int32"), (), Constant(self._blend)),
            ]
        s.object("tex", f"texture{self.axes}d", *fields, annotation=f"wp.Texture{self.axes}D", names=NAMES[self.axes])
        self._answer()

    def _answer(self) -> None:
        s, scalar = self.s, self.scalar
        each, rounded = "level", "finer.astype(made[0].dtype)"
        if scalar in _SCALES:
            each, rounded = f"level.astype(f32) / {_SCALES[scalar]}", "np.rint(finer).astype(made[0].dtype)"
            if scalar.startswith("i"):
                each = f"np.maximum({each}, -1.0)"
        parts = {
            "name": "tex",
            "texels": each.replace("level", "tex.texels"),
            "stored": "tex.texels",
            "rounded": rounded,
            "each": each,
            "axes": str(self.axes),
            "spread": "[..., None]" if self.channels > 1 else "",
        }
        blocks = (
            ("levels", LEVELS[self.mipped]),
            ("fetch", FETCH),
            ("sampled", SAMPLED[int(self.smooth)]),
        )
        needs = [(name, [line.format(**parts) for line in block]) for name, block in blocks]
        coordinates = "uv" if self.axes == 1 or self._vectors else ", ".join("uvw"[: self.axes])
        pack: list[str] = []
        if self.axes == 1:
            pack = ["    uv = np.asarray(uv)[..., None]"]
        elif not self._vectors:
            pack = [f"    uv = np.stack(np.broadcast_arrays({coordinates}), axis=-1)"]
        if self.mipped:
            body = [f"def texture_sample(tex, {coordinates}, lod):", *pack, *(line.format(**parts) for line in BLENDED[self._blend])]
        else:
            body = [f"def texture_sample(tex, {coordinates}):", *pack, "    return sampled(tex, uv, 0)"]
        s.answer("texture_sample", body, (self.type,), needs=needs)

    def sample(self, *coordinates: str, lod: str = "") -> str:
        """The text that samples at coordinates, given one by one or as one vector, whichever the kernel uses."""
        where = ", ".join(coordinates)
        if self._vectors and len(coordinates) > 1:
            where = f"wp.vec{self.axes}({where})"
        elif not self._vectors and len(coordinates) == 1 and self.axes > 1:
            where = ", ".join(f"{coordinates[0]}[{n}]" for n in range(self.axes))
        level = f", lod={lod}" if lod else ""
        return f"wp.texture_sample(tex, {where}, dtype={self._dtype}{level})"

    def beside(self, place: str, *offsets: str) -> str:
        """The text that samples at a vector moved by an offset along each axis."""
        if self._vectors:
            return self.sample(f"{place} + wp.vec{self.axes}({', '.join(offsets)})")
        return self.sample(*(f"{place}[{n}] + {offset}" for n, offset in enumerate(offsets)))

    def stretch(self, texels: str) -> str:
        """What comes behind coordinates in [0, 1]: a factor where the texture counts in texels."""
        return "" if self.normalized else f" * {texels}"

    def span(self) -> Domain:
        """Coordinates within and somewhat beyond the texture."""
        return Uniform(-0.6, 1.6) if self.normalized else Uniform(-2.0, 9.0)


def texture_sizes(s: QueryScript, *, largest: int = 75) -> list[dict[str, int]]:
    """Textures and threads of the three launches."""
    draw = s.draw
    threads = (1, draw.choice((7, 11, 13, 17)), draw.integer(65, largest))
    shapes = ((4, 4, 4), (4, 5, 6), (5, 8, draw.choice((9, 12, 16))))
    return [{"n": n, "deep": d, "high": h, "wide": w, "one": 1} for n, (d, h, w) in zip(threads, shapes, strict=True)]
