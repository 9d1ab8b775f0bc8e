"""Small dense systems, one for each thread: how their matrices and right-hand sides are held, read and written back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from kernels.domains import Uniform, WellConditioned
from kernels.drafting.draft import Draft
from kernels.drafting.finish import Law, finish
from kernels.language.types import Type, matrix, vector

THREADS = ("i", "tid", "idx", "system", "cell")
MATRICES = ("A", "matrices", "systems", "lhs", "blocks")
RIGHTS = ("b", "rhs", "right", "load", "force")
SOLUTIONS = ("x", "solution", "x_out", "solved", "out")
FIELDS = (("weight", 0.2, 1.5), ("prior", -1.0, 1.0), ("volume", 0.3, 1.5))
LAYOUTS = ("grid", "grid", "matrix", "matrix", "row", "flat")


class System:
    """A matrix of `k` rows for each thread, and perhaps a right-hand side, in the reference `full` and `right_all`.

    The matrix is an array of matrices, or scalars in three axes, a row of numbers, or all one after the other. Entries are read as locals
    `a10` or as components. Of a symmetric matrix the lower triangle alone is read. Numbers that do not stand as a matrix, and others now
    and then, have their diagonal raised by the kernel.
    """

    def __init__(
        self, draft: Draft, k: int, *, symmetric: bool = False, right: bool = True, layouts: Sequence[str] = LAYOUTS, shift: float = 0.5
    ) -> None:
        draw = draft.draw
        self.draft, self.k, self.symmetric = draft, k, symmetric
        self.layout = draw.choice(layouts if right else [each for each in layouts if each != "flat"])
        self.i = draw.choice(THREADS)
        numbers = [f"{r}{c}" for r in range(k) for c in range(k)]
        draft.reserve(self.i, "n", "base", "m", "v", "full", "right_all", "solution_all", *(f"a{rc}" for rc in numbers))
        draft.reserve(*(f"{letter}{r}" for letter in "bxy" for r in range(k)))
        loose = self.layout in ("row", "flat")
        self.raised = loose or draw.chance(0.2)
        low = draw.choice((0.0, 0.5, 1.0)) + shift
        domain = Uniform(-1.0, 1.0) if loose else WellConditioned(k + low, symmetric)
        self.name = draft.name(*MATRICES)
        extents: dict[str, tuple[str | int, ...]] = {"matrix": ("n",), "grid": ("n", k, k), "row": ("n", k * k), "flat": (f"{k * k} * n",)}
        draft.array(self.name, self.matrix if self.layout == "matrix" else draft.real, *extents[self.layout], domain=domain)
        self.damping, self._bounds = "", (k + low, k + low + 1.0) if loose else (0.1, 1.0)
        self.vectors = self.layout == "matrix" or draw.chance(0.25)
        self.right = self.declare_vector(RIGHTS) if right else ""

    @property
    def matrix(self) -> Type:
        """The matrix type of the system's size and width."""
        return matrix(self.draft.width, self.k)

    @property
    def vector(self) -> Type:
        """The vector type of the system's size and width."""
        return vector(self.draft.width, self.k)

    @property
    def named_matrix(self) -> str:
        """The kernel's text for an empty matrix of the system's type."""
        return f"{self.matrix.spelling}()"

    def declare_vector(self, names: Sequence[str], *, output: bool = False, low: float = -1.0, high: float = 1.0) -> str:
        """Declares an array with a vector of `k` numbers for each thread; returns its name."""
        draft = self.draft
        name = draft.name(*names)
        role = "output" if output else "input"
        if self.vectors:
            return draft.array(name, self.vector, "n", low=low, high=high, role="output" if output else "input")
        return draft.array(name, draft.real, "n", self.k, low=low, high=high, role="output" if role == "output" else "input")

    @contextmanager
    def threads(self) -> Iterator[None]:
        """Opens the threads; names the matrix and the right-hand side in the reference."""
        draft, k = self.draft, self.k
        guarded = self.right or self.name
        with draft.threads((self.i, "n", guarded, 0)):
            draft.numpy(f"full = {self.name}" if self.layout in ("matrix", "grid") else f"full = {self.name}.reshape(-1, {k}, {k})")
            if self.symmetric:
                draft.numpy("full = np.tril(full) + np.swapaxes(np.tril(full, -1), 1, 2)")
            if self.raised:
                self._raise()
            if self.right:
                draft.numpy(f"right_all = {self.right}")
            yield

    def _raise(self) -> None:
        draft, draw = self.draft, self.draft.draw
        low, high = self._bounds
        if draw.chance(0.3):
            array = draft.array(draft.name("damping", "shift", "lambda_of"), draft.real, "n", low=low, high=high)
            draft.line(f"raised = {array}[{self.i}]")
            draft.numpy(f"full = full + {array}[:, None, None] * np.eye({self.k}, dtype=full.dtype)")
            self.damping = "raised"
        else:
            value = draft.knob(draft.name("damping", "shift", "ridge", "mu"), low, high)
            draft.numpy(f"full = full + {value.numpy()} * np.eye({self.k}, dtype=full.dtype)")
            self.damping = value.warp()

    def entries(self, style: str = "") -> list[list[str]]:
        """Reads the matrix in the kernel; returns the text of each entry (of a symmetric matrix, the lower triangle's on both sides)."""
        draft, k = self.draft, self.k
        style = style or draft.draw.choice(("named", "named", "component"))
        whole = "m" if self.layout == "matrix" else ""
        if whole:
            draft.line(f"m = {self.name}[{self.i}]")
        if self.layout == "flat":
            draft.line(f"base = {self.i} * {k * k}")
        texts = [[""] * k for _ in range(k)]
        for r in range(k):
            for c in range(r + 1 if self.symmetric else k):
                raised = f" + {self.damping}" if self.damping and r == c else ""
                place = {
                    "matrix": f"m[{r}, {c}]",
                    "grid": f"{self.name}[{self.i}, {r}, {c}]",
                    "row": f"{self.name}[{self.i}, {r * k + c}]",
                    "flat": f"{self.name}[base{f' + {r * k + c}' if r + c else ''}]",
                }[self.layout]
                if style == "component" and whole and not raised:
                    texts[r][c] = place
                else:
                    draft.line(f"a{r}{c} = {place}{raised}")
                    texts[r][c] = f"a{r}{c}"
                if self.symmetric:
                    texts[c][r] = texts[r][c]
        return texts

    def local(self, name: str = "M") -> str:
        """Reads the matrix into a local matrix of the kernel; returns its name."""
        draft, k = self.draft, self.k
        if self.layout == "matrix" and not self.damping and not self.symmetric:
            draft.line(f"{name} = {self.name}[{self.i}]")
            return name
        if self.layout == "matrix":
            draft.line(f"{name} = {self.name}[{self.i}]")
            if self.damping:
                draft.line(f"{name} = {name} + {self.damping} * wp.identity(n={k}, dtype={draft.real.spelling})")
            return name
        draft.line(f"{name} = {self.named_matrix}")
        place = {"grid": f"{self.i}, row, col", "row": f"{self.i}, row * {k} + col", "flat": f"{self.i} * {k * k} + row * {k} + col"}[
            self.layout
        ]
        with draft.block(f"for row in range({k}):"), draft.block(f"for col in range({k}):"):
            draft.line(f"{name}[row, col] = {self.name}[{place}]")
        if self.damping:
            draft.line(f"{name} = {name} + {self.damping} * wp.identity(n={k}, dtype={draft.real.spelling})")
        return name

    def rights(self, name: str = "", letter: str = "b") -> list[str]:
        """Reads a vector (the right-hand side, unless `name` says otherwise) as locals; returns their texts."""
        draft = self.draft
        name = name or self.right
        if self.vectors:
            whole = draft.free(f"{letter}_vec")
            draft.line(f"{whole} = {name}[{self.i}]")
            return [f"{whole}[{r}]" for r in range(self.k)]
        draft.line(*(f"{letter}{r} = {name}[{self.i}, {r}]" for r in range(self.k)))
        return [f"{letter}{r}" for r in range(self.k)]

    def load_vector(self, local: str, name: str = "") -> str:
        """Reads a vector as a vector of the kernel; returns its name."""
        draft, name = self.draft, name or self.right
        if self.vectors:
            draft.line(f"{local} = {name}[{self.i}]")
        else:
            draft.line(f"{local} = {self.vector.spelling}({', '.join(f'{name}[{self.i}, {r}]' for r in range(self.k))})")
        return local

    def store(self, texts: Sequence[str], names: Sequence[str] = SOLUTIONS, numpy: str = "solution_all") -> str:
        """Writes a vector by its components; the reference holds it as `numpy`."""
        draft = self.draft
        out = self.declare_vector(names, output=True)
        if self.vectors:
            draft.line(f"{out}[{self.i}] = {self.vector.spelling}({', '.join(texts)})")
        else:
            draft.line(*(f"{out}[{self.i}, {r}] = {text}" for r, text in enumerate(texts)))
        draft.numpy(f"{out} = {numpy}")
        return out

    def scalar(self, name: str, low: float, high: float, outs: Sequence[str], share: float = 0.7) -> str:
        """Stores a number of the thread's, perhaps after a drawn epilogue."""
        value = self.draft.known(name, self.draft.real, low, high)
        return finish(self.draft, value, outs, self.i, ("n",), share=share, fields=FIELDS, parameters=("scale", "compliance", "stiffness"))

    def solve(self) -> None:
        """The reference's solution."""
        self.draft.numpy("solution_all = np.linalg.solve(full, right_all[..., None])[..., 0]")

    def conclude(self, texts: Sequence[str], rights: Sequence[str] = (), bound: float = 3.0) -> None:
        """Writes the solution, whose components the kernel holds as `texts`: plain, scaled, relaxed, by a law, or an energy beside it."""
        draft, draw = self.draft, self.draft.draw
        how = draw.choice(("plain", "plain", "law", "relaxed", "scaled", "energy"))
        if how == "energy" and rights:
            draft.line(f"work = {' + '.join(f'{x} * {b}' for x, b in zip(texts, rights, strict=True))}")
            draft.numpy("work = np.sum(solution_all * right_all, axis=1)")
            self.scalar("work", -bound * self.k, bound * self.k, ("energy", "work_out", "compliance_out"))
            if draw.chance(0.5):
                return
        if how == "law":
            law = Law(draft, draw.choice(("limit", "activation", "response")), -bound, bound)
            texts = [law.warp(text) for text in texts]
            draft.numpy(f"solution_all = {law.numpy('solution_all')}")
        elif how == "relaxed":
            old = self.declare_vector(("x_old", "previous", "guess"))
            omega = draft.knob(draft.name("omega", "relaxation", "blend"), 0.3, 1.6)
            olds = self.rights(old, draw.choice(("old", "prev")))
            texts = [f"{o} + {omega.warp()} * ({text} - {o})" for o, text in zip(olds, texts, strict=True)]
            draft.numpy(f"solution_all = {old} + {omega.numpy()} * (solution_all - {old})")
        elif how == "scaled":
            gain = draft.knob(draft.name("dt", "step_length", "gain"), 0.1, 0.9)
            sign = draw.choice(("", "-"))
            texts = [f"{sign}{gain.warp()} * {text}" for text in texts]
            draft.numpy(f"solution_all = {sign}{gain.numpy()} * solution_all")
        self.store(texts)

    def sizes(self) -> list[dict[str, int]]:
        """The launches' sizes."""
        return [{"n": n} for n in self.draft.draw.sizes(150)]
