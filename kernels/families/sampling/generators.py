"""What kernels that draw random numbers share: how a thread's generator is seeded, loops over samples, launch sizes."""

from __future__ import annotations

from dataclasses import dataclass

from kernels.domains import Integers
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.draw import Draw

SEEDS = Integers(0, 100_000)


def sizes(draw: Draw, largest: int = 130) -> list[dict[str, int]]:
    """The launches' sizes: `n` threads, `samples` per thread, `table` entries, `bins`."""
    return [{"n": n, "samples": draw.integer(2, 7), "table": 11, "bins": 8, "one": 1} for n in draw.sizes(largest)]


def seeded(draw: Draw, draft: MirrorDraft, index: str, state: str = "state", *, kept: bool = True) -> None:
    """Makes the thread's generator: by a seed and an index, by their sum, or (`kept`) from an array of states."""
    way = draw.weighted(("offset", "sum", "kept", "frame"), (6, 2, 1 if kept else 0, 1))
    if way == "kept":
        states = draft.field(draft.name("rng_states", "rand_states", "generators"), "wp.uint32", "n", domain=Integers(0, 2**32))
        draft.code(f"{state} = {states}[{index}]")
        return
    seed = draft.uniform(draft.name("seed", "rng_seed", "random_seed", "kernel_seed"), "int", SEEDS)
    if way == "sum":
        draft.code(f"{state} = wp.rand_init({seed} + {index})")
    elif way == "frame":
        frame = draft.uniform(draft.name("frame", "iteration", "frame_index"), "int", Integers(0, 1000))
        draft.code(
            draw.choice((f"{state} = wp.rand_init({seed} + {frame}, {index})", f"{state} = wp.rand_init({seed}, {index} + {frame} * 7919)"))
        )
    else:
        draft.code(f"{state} = wp.rand_init({seed}, {index})")


@dataclass(frozen=True)
class Loop:
    """A loop over samples: its head, its counter, how many there are (as an integer and as a real), and whether it is unrolled.

    `first` are the lines at the start of each pass: a loop with a run-time count makes its generator anew, because the adjoint of a pass
    does not see the state before it.
    """

    head: str
    counter: str
    count: str
    real: str
    static: bool
    first: str

    def code(self, body: str) -> str:
        """The loop around `body`."""
        lines = [line for line in (*self.first.split("\n"), *body.strip("\n").split("\n")) if line]
        return "\n".join([self.head, *(f"    {line}" for line in lines)])


def sample_loop(draw: Draw, draft: MirrorDraft, index: str, *, most: int = 6, static: bool | None = None) -> Loop:
    """A loop over samples with the generator `state`."""
    counter = draft.name("s", "sample", "k", "trial")
    if draw.chance(0.6) if static is None else static:
        count = str(draw.integer(2, most))
        seeded(draw, draft, index)
        return Loop(f"for {counter} in range({count}):", counter, count, f"{count}.0", True, "")
    count = draft.number_of(draft.name("num_samples", "samples", "spp", "sample_count"), "samples")
    seed = draft.uniform(draft.name("seed", "rng_seed"), "int", SEEDS)
    return Loop(
        f"for {counter} in range({count}):",
        counter,
        count,
        f"float({count})",
        False,
        f"state = wp.rand_init({seed}, {index} * {count} + {counter})",
    )
