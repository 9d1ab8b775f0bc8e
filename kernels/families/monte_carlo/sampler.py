"""Random numbers in a case: a thread's generator and its draws, loops over samples, and what becomes of a sample."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from kernels.case import Case
from kernels.domains import Integers, Uniform
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.monte_carlo.random_port import port
from kernels.language.expression import Expression, Variable, variable
from kernels.language.types import I32

SEEDS = Integers(0, 100_000)


class Sampler:
    """Draws random numbers in both: a Draft with a generator's state."""

    def __init__(self, draft: Draft, i: str) -> None:
        self.draft, self.i = draft, i
        self.state = draft.draw.choice(("state", "rng", "rand_state"))
        self.seed = draft.value(draft.draw.choice(("seed", "rng_seed")), I32, SEEDS)
        self.used: list[str] = []
        self.counter = self.count = self.numpy_count = ""
        self.static = False

    def start(self, offset: str = "") -> None:
        """Seeds the thread's state, from its index or from `offset`."""
        if not offset and self.draft.draw.chance(0.25):
            self.used.append("rand_init_seed")
            self.draft.line(f"{self.state} = wp.rand_init({self.seed} + {self.i})")
            self.draft.numpy(f"{self.state} = rand_init_seed({self.seed} + {self.i})")
            return
        self.used.append("rand_init")
        self.draft.line(f"{self.state} = wp.rand_init({self.seed}, {offset or self.i})")
        self.draft.numpy(f"{self.state} = rand_init({self.seed}, {offset or self.i})")

    def uniform(self, name: str, low: float = 0.0, high: float = 1.0) -> Variable:
        """A uniform real in [low, high)."""
        bounds = "" if (low, high) == (0.0, 1.0) else f", {low}, {high}"
        if self.draft.width == "float64" and (low, high) not in ((0.0, 1.0), (-1.0, 1.0)):
            # Warp scales to the range in float32: a float64 kernel scales on its own, or its reference would differ by rounding.
            self._real(f"unit_{name}", "randf", "", 0.0, 1.0)
            self.draft.formula(f"{name} = {low} + {round(high - low, 2)} * unit_{name}")
            return variable(name, self.draft.real, low, high)
        return self._real(name, "randf", bounds, low, high)

    def normal(self, name: str) -> Variable:
        """A standard normal number."""
        return self._real(name, "randn", "", -5.8, 5.8)

    def integer(self, name: str, low: str, high: str) -> str:
        """An integer in low <= x < high."""
        return self._whole(name, "randi", f", {low}, {high}", f"wp.randi({self.state}, {low}, {high})")

    def bits(self, name: str, modulus: int) -> str:
        """A small integer from the bits of an unsigned one."""
        if self.draft.draw.chance(0.5):
            text = f"int(wp.randu({self.state}, wp.uint32(0), wp.uint32({modulus})))"
            return self._whole(name, "randu_range", f", 0, {modulus}", text)
        text = f"int(wp.randu({self.state}) % wp.uint32({modulus}))"
        self._whole(name, "randu", "", text)
        self.draft.numpy(f"{name} = ({name} % np.uint32({modulus})).astype(np.int32)")
        return name

    def _real(self, name: str, function: str, bounds: str, low: float, high: float) -> Variable:
        self.used.append(function)
        text = f"wp.{function}({self.state}{bounds})"
        self.draft.line(f"{name} = {text if self.draft.width == 'float32' else f'wp.float64({text})'}")
        self.draft.numpy(f"{self.state}, {name} = {function}({self.state}{bounds})")
        if self.draft.width == "float64":
            self.draft.numpy(f"{name} = {name}.astype(np.float64)")
        return variable(name, self.draft.real, low, high)

    def _whole(self, name: str, function: str, bounds: str, text: str) -> str:
        self.used.append(function)
        self.draft.line(f"{name} = {text}")
        self.draft.numpy(f"{self.state}, {name} = {function}({self.state}{bounds})")
        if function == "randu_range":
            self.draft.numpy(f"{name} = {name}.astype(np.int32)")
        return name

    def finish(self) -> None:
        """Puts the ported functions that were used before the reference's own."""
        self.draft.reference_definitions = [*port(*self.used), *self.draft.reference_definitions]

    @contextmanager
    def samples(self, *, carried: bool, count: int = 6) -> Iterator[None]:
        """A loop over samples. Gradients need a loop that Warp unrolls, or a state that is not `carried`."""
        draft = self.draft
        s = draft.draw.choice(("s", "sample", "k"))
        static = draft.draw.chance(0.5)
        names = ("num_samples", "samples")
        number = str(draft.draw.integer(3, count)) if static else draft.count(draft.draw.choice(names), "samples")
        # A float64 cast of an unrolled counter spoils its use as an integer in Warp: such loops carry their state.
        anew = (not static and not carried) or (draft.draw.chance(0.2) and not (static and draft.width == "float64"))
        if not anew:
            self.start()
        with draft.loop(f"for {s} in range({number}):"):
            if anew:
                self.start(f"{self.i} * {number} + {s}")
            self.counter, self.static = s, static
            self.count = draft.number(int(number)) if static else draft.cast(number)
            self.numpy_count = f"{number}.0" if static else f"{draft.precision}({number})"
            yield


def finished_case(draft: Draft, sampler: Sampler, name: str) -> Case:
    """The finished case of one thread per estimate."""
    sampler.finish()
    sizes = [{"n": n, "samples": draft.draw.integer(2, 7), "one": 1, "table": 13, "bins": 8} for n in draft.draw.sizes(130)]
    return draft.case(name, ["n"], sizes)


def start_total(draft: Draft, name: str, *, whole: bool = False) -> None:
    """A sum over samples, at zero; `whole` ones count."""
    draft.line(f"{name} = {'int(0)' if whole else draft.zero()}")
    draft.numpy(f"{name} = np.zeros(dim[0], {'np.int32' if whole else draft.precision})")


def own_terms(draft: Draft, i: str, most: int = 1) -> list[Expression]:
    """Parameters of the thread's own problem, arrays read at its index."""
    terms: list[Expression] = []
    for name in draft.draw.subset(("scale", "weight", "frequency", "height"), draft.draw.integer(0, most)):
        draft.array(name, draft.real, "n", domain=Uniform(0.2, 2.0))
        terms.append(draft.load(f"{name}_i", name, i, 0.2, 2.0))
    return terms


def store_single(draw: Draw, draft: Draft, sampler: Sampler, value: str, name: str) -> Case:
    """One sample per thread: all of them summed, summed by bin, or kept."""
    kind = draw.choice(("sum", "bins", "each"))
    if kind == "sum":
        draft.output("sum_out", draft.real, "one", role="accumulate")
        draft.line(f"wp.atomic_add(sum_out, 0, {value})")
        draft.numpy(f"sum_out = np.sum({value}).reshape(1)")
    elif kind == "bins":
        draft.output("bins", draft.real, "bins", role="accumulate")
        draft.line(f"wp.atomic_add(bins, {sampler.i} % 8, {value})")
        draft.numpy(f"bins = np.zeros(8, {value}.dtype)", f"np.add.at(bins, {sampler.i} % 8, {value})")
    else:
        draft.store(draft.output("sample_out", draft.real, "n"), sampler.i, value)
    return finished_case(draft, sampler, name)
