"""Triangles, edges and pairs of them: how kernels of this family hold them, and how threads are told which pair is theirs."""

from __future__ import annotations

from collections.abc import Sequence

from kernels.domains import Corners, Integers, Uniform
from kernels.drafting.arguments import Extent, Rule, Sizes
from kernels.drafting.queries.script import QueryScript
from kernels.mesh_domains import MeshPoints, MeshTriangles, NearMesh
from kernels.surfaces import counts

_CELLS = {
    "sphere": ((2, 3), (3, 4), (3, 6)),
    "torus": ((3, 3), (3, 4), (4, 5)),
    "box": ((1, 1), (1, 1), (1, 1)),
    "sheet": ((1, 1), (2, 3), (4, 4)),
}


class Triangles:
    """The triangles of a surface, called by a letter: `a_points` and `a_tris`, of which launches call the numbers `a_verts` and `a_faces`.

    Or corners of triangles in three arrays of their own, where there is no surface.
    """

    def __init__(
        self, s: QueryScript, letter: str, kinds: Sequence[str] = ("sphere", "torus", "box", "sheet"), *, apart: bool = False
    ) -> None:
        self.s, self.letter = s, letter
        self.surface = "" if apart else s.draw.choice(kinds)
        self.faces = f"{letter}_faces"
        self._layout = s.draw.choice(("flat", "rows", "vectors"))

    @property
    def points(self) -> str:
        """The array of all corners."""
        return f"{self.letter}_points"

    def declare(self, *, names: Sequence[str] = (), differentiable: bool | None = None, jitter: float = 0.06) -> None:
        """Declares the arrays; `names` are what the points may be called, which are moved by up to `jitter`."""
        s, letter = self.s, self.letter
        if not self.surface:
            centers = (("0", -1.0, 0.0, "first"), ("1", 0.1, 1.0, "second"), ("2", -0.8, 0.8, "third"))
            for part, low, high, name in centers:
                s.field(
                    f"{letter}{part}", "vec3", self.faces, low=low, high=high, differentiable=differentiable, names=(f"{letter}_{name}",)
                )
            return
        kind, at = self.surface, self._at
        s.field(
            self.points,
            "vec3",
            f"{letter}_verts",
            domain=lambda z: MeshPoints(kind, *at(z), jitter),
            differentiable=differentiable,
            names=names,
        )
        corners: Rule = lambda z: MeshTriangles(kind, *at(z))  # noqa: E731
        base, extents = {
            "flat": ("int", (f"3 * {self.faces}",)),
            "rows": ("int", (self.faces, 3)),
            "vectors": ("vec3i", (self.faces,)),
        }[self._layout]
        s.field(f"{letter}_tris", base, *extents, indices=corners, names=(f"{letter}_indices", f"tri_{letter}", f"{letter}_faces"))

    def beside(self) -> Rule:
        """The domain of points about the triangles, never so near that the direction to them is lost in rounding."""
        kind, at = self.surface, self._at
        if not kind:
            return Uniform(-1.2, 1.2)
        # Not through to the other side.
        high = 0.25 if kind == "torus" else 0.7
        return lambda z: NearMesh(kind, *at(z), 0.15, high, both=kind == "sheet")

    def _at(self, z: Sizes) -> tuple[int, int]:
        return _CELLS[self.surface][z["launch"]]

    def lines(self, index: str, corners: Sequence[str]) -> list[str]:
        """The lines that name the corners of the triangle of this number, such as `v0`, and their own numbers `iv0` if they have any."""
        letter, tris = self.letter, f"{self.letter}_tris"
        if not self.surface:
            return [f"{corner} = {letter}{k}[{index}]" for k, corner in enumerate(corners)]
        if self._layout == "flat":
            lines = [f"i{corner} = {tris}[{index} * 3 + {k}]" for k, corner in enumerate(corners)]
        elif self._layout == "rows":
            lines = [f"i{corner} = {tris}[{index}, {k}]" for k, corner in enumerate(corners)]
        else:
            lines = [f"face_{letter} = {tris}[{index}]", *(f"i{corner} = face_{letter}[{k}]" for k, corner in enumerate(corners))]
        return [*lines, *(f"{corner} = {self.points}[i{corner}]" for corner in corners)]

    def load(self, index: str, corners: Sequence[str]) -> None:
        """Names the corners of the triangle of this number, and their own numbers."""
        *numbers, first, second, third = self.lines(index, corners)
        if numbers:
            self.s.code("\n".join(numbers))
            self.s.names.safe.update(f"i{corner}" for corner in corners)
        self.s.code("\n".join((first, second, third)))

    def sizes(self, launch: int) -> dict[str, int]:
        """The numbers of points and triangles in a launch."""
        if not self.surface:
            return {self.faces: (4, 7, 20)[launch], f"{self.letter}_verts": 1}
        points, faces = counts(self.surface, *_CELLS[self.surface][launch])
        return {f"{self.letter}_verts": points, self.faces: faces}


class Edges:
    """Edges, called by a letter: pairs of ends, nodes and the numbers of two of them, or a chain of nodes.

    Launches call the number of edges `a_edges`, and that of what carries forces (`ends`) `a_nodes`, or `a_edges` where ends are apart.
    """

    def __init__(self, s: QueryScript, letter: str) -> None:
        self.s, self.letter = s, letter
        self.edges = f"{letter}_edges"
        self._layout = s.draw.choice(("apart", "rows", "vectors", "chain"))
        self.ends = self.edges if self._layout == "apart" else f"{letter}_nodes"

    def declare(self, names: Sequence[str] = ()) -> None:
        """Declares the arrays; `names` are what the nodes may be called."""
        s, letter = self.s, self.letter
        # Bodies that hardly overlap: where edges all but touch, the direction between them is lost in rounding.
        low, high = (-1.0, 0.15) if letter == "a" else (-0.15, 1.0)
        if self._layout == "apart":
            s.field(f"{letter}_start", "vec3", self.edges, low=low, high=high, names=(f"p_{letter}", f"{letter}_tail"))
            s.field(f"{letter}_end", "vec3", self.edges, low=low, high=high, names=(f"q_{letter}", f"{letter}_head"))
            return
        s.field(f"{letter}_points", "vec3", f"{letter}_nodes", low=low, high=high, names=names)
        if self._layout != "chain":
            nodes = f"{letter}_nodes"
            base, extents = {"rows": ("int", (self.edges, 2)), "vectors": ("vec2i", (self.edges,))}[self._layout]
            s.field(f"{letter}_ids", base, *extents, indices=lambda z: Corners(z[nodes], 2), names=(f"{letter}_indices", f"edges_{letter}"))

    def lines(self, index: str, ends: tuple[str, str]) -> list[str]:
        """The lines that name the ends of the edge of this number, and their own numbers where they have any."""
        letter, (first, second) = self.letter, self._numbers
        if self._layout == "apart":
            return [f"{ends[0]} = {letter}_start[{index}]", f"{ends[1]} = {letter}_end[{index}]"]
        if self._layout == "chain":
            lines = [f"{first} = {index}", f"{second} = {index} + 1"]
        elif self._layout == "rows":
            lines = [f"{first} = {letter}_ids[{index}, 0]", f"{second} = {letter}_ids[{index}, 1]"]
        else:
            lines = [f"edge_{letter} = {letter}_ids[{index}]", f"{first} = edge_{letter}[0]", f"{second} = edge_{letter}[1]"]
        return [*lines, f"{ends[0]} = {letter}_points[{first}]", f"{ends[1]} = {letter}_points[{second}]"]

    def load(self, index: str, ends: tuple[str, str]) -> None:
        """Names the ends of the edge of this number, and their own numbers."""
        *numbers, first, second = self.lines(index, ends)
        if numbers:
            self.s.code("\n".join(numbers))
            self.s.names.safe.update(self._numbers)
        self.s.code(f"{first}\n{second}")

    @property
    def _numbers(self) -> tuple[str, str]:
        return f"{self.letter}_first", f"{self.letter}_second"

    def shares(self, at: str) -> list[tuple[str, str]]:
        """Which nodes have which part of a point at `at` along the edge; the edge itself has all of it where ends are apart."""
        if self._layout == "apart":
            return [("i" if self.letter == "a" else "j", "")]
        return [(self._numbers[0], f"(1.0 - {at})"), (self._numbers[1], at)]

    def sizes(self, launch: int) -> dict[str, int]:
        """The numbers of nodes and edges in a launch."""
        nodes = (4, 6, 10)[launch]
        edges = nodes - 1 if self._layout == "chain" else (2, 5, 9)[launch]
        return {f"{self.letter}_nodes": nodes, self.edges: edges}


class Pairing:
    """Which `i` among the `first` and which `j` among the `second` (names of sizes) a thread looks at; `at` is where its results go."""

    def __init__(self, s: QueryScript, first: str, second: str) -> None:
        draw = s.draw
        self.s, self.first, self.second = s, first, second
        self.how = draw.weighted(("vectors", "two", "grid", "flat"), (3, 3, 3, 1))
        self.extents: list[Extent] = [first, second] if self.how == "grid" else ["n"]
        self.at = "i, j" if self.how == "grid" else "pair"

    def start(self) -> None:
        """Names the thread, and `i` and `j`."""
        s, first, second = self.s, self.first, self.second
        counts = ("num_pairs", "pair_count", "num_candidates")
        if self.how == "grid":
            s.grid(("i", "count_i", first), ("j", "count_j", second))
            s.alias("count_i", "num_a", "rows")
            s.alias("count_j", "num_b", "cols")
        elif self.how == "vectors":
            # Both of a pair are drawn below the smaller number: a vector's components have one domain.
            s.field("pairs", "vec2i", "n", indices=lambda z: Integers(0, min(z[first], z[second])), names=("candidates", "pair_list"))
            s.thread("n", "pairs", index="pair", names=("tid", "idx"), counts=counts)
            s.code("pair_ij = pairs[pair]\ni = pair_ij[0]\nj = pair_ij[1]")
        elif self.how == "two":
            s.field("first", "int", "n", below=first, names=("pair_a", "ids_a", "left"))
            s.field("second", "int", "n", below=second, names=("pair_b", "ids_b", "right"))
            s.thread("n", "first", index="pair", names=("tid", "idx"), counts=counts)
            s.code("i = first[pair]\nj = second[pair]")
        else:
            s.name_thread("pair", ("tid", "idx"))
            s.number_of("per_row", second)
            s.code("i = pair // per_row\nj = pair % per_row")
        s.names.safe.update(("i", "j"))

    def sizes(self, known: dict[str, int], launch: int) -> dict[str, int]:
        """`known` sizes with the number of pairs."""
        product = known[self.first] * known[self.second]
        return {**known, "n": product if self.how == "flat" else (1, 11, 70)[launch]}


def sizes_of(pairing: Pairing | None, *parts: Triangles | Edges, **more: Sequence[int]) -> list[Sizes]:
    """The sizes of the three launches; `more` has those of arrays that are no triangles and edges."""
    result: list[Sizes] = []
    for launch in range(3):
        known = {"launch": launch, "one": 1, **{name: values[launch] for name, values in more.items()}}
        for part in parts:
            known |= part.sizes(launch)
        result.append(pairing.sizes(known, launch) if pairing is not None else known)
    return result
