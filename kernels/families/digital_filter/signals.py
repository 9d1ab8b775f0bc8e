"""Signals: one, or several channels with time along either axis; a thread for each sample, and what lies beyond the ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from kernels.drafting.arguments import Extent
from kernels.drafting.draft import Draft
from kernels.drafting.finish import finish
from kernels.language.expression import Variable

NAMES = ("signal", "x", "samples", "audio", "waveform", "trace_in")
OUTPUTS = ("filtered", "y", "out", "output", "signal_out")
FIELDS = (("gain", 0.2, 1.5), ("bias", -1.0, 1.0), ("envelope", 0.1, 1.0), ("dry", -1.0, 1.0), ("noise", -0.5, 0.5))
PARAMETERS = ("drive", "mix", "offset", "makeup_gain", "level")
BORDERS = ("zero", "hold", "wrap", "mirror")

_RULES = {
    "hold": ("wp.clamp({j}, 0, {n} - 1)", "np.clip(at, 0, length - 1)"),
    "wrap": ("(({j}) % {n} + {n}) % {n}", "at % length"),
    "mirror": ("", "np.where(at % (2 * length) < length, at % (2 * length), 2 * length - 1 - at % (2 * length))"),
}


def finish_sample(
    draft: Draft,
    value: Variable,
    outs: Sequence[str],
    index: str,
    extents: Sequence[Extent],
    *,
    linear: bool = False,
    share: float = 0.65,
    view: Callable[[str], str] = str,
) -> str:
    """Stores a sample, perhaps after a drawn epilogue in the words of audio; see `kernels.drafting.finish`."""
    return finish(draft, value, outs, index, extents, linear=linear, share=share, fields=FIELDS, parameters=PARAMETERS, view=view)


class Signal:
    """The signal that a kernel reads. `i` is the thread's sample, `n` the number of samples, `here` the thread's index."""

    def __init__(self, draft: Draft, *, time: str = "n", shape: str = "") -> None:
        draw = draft.draw
        self.draft = draft
        self.shape = shape or draw.weighted(("mono", "planar", "frames"), (6, 3, 1.5))
        # A channel's own thread counts samples in a loop: its counter is no thread's number.
        self.i = draw.choice(("i", "t", "m") if shape else ("i", "t", "tid", "sample"))
        self.c = draw.choice(("c", "ch", "channel"))
        self.time = time
        self.n = draw.choice(("n", "length", "num_samples"))
        draft.reserve(self.i, self.c, "channels", self.n, "length", "at", "near")
        self.name = draft.array(draft.name(*NAMES), draft.real, *self.extents)

    @property
    def extents(self) -> tuple[str, ...]:
        """The extents of an array with the signal's layout."""
        return {"mono": (self.time,), "planar": ("channels", self.time), "frames": (self.time, "channels")}[self.shape]

    def at(self, time: str) -> str:
        """The index of the sample at `time` of the thread's channel."""
        return {"mono": time, "planar": f"{self.c}, {time}", "frames": f"{time}, {self.c}"}[self.shape]

    @property
    def here(self) -> str:
        """The index of the thread's own sample."""
        return self.at(self.i)

    def view(self, text: str) -> str:
        """The reference's array with time along the last axis, and back."""
        return f"{text}.T" if self.shape == "frames" else text

    @property
    def axis(self) -> int:
        """The array's axis along which time runs."""
        return 1 if self.shape == "planar" else 0

    @contextmanager
    def threads(self) -> Iterator[None]:
        """A thread for each sample; the reference's `length` is the number of samples."""
        rows = ((self.i, self.n, self.name, self.axis),)
        if self.shape != "mono":
            channel = (self.c, "channels", self.name, 1 - self.axis)
            rows = (channel, *rows) if self.shape == "planar" else (*rows, channel)  # type: ignore[assignment]
        with self.draft.threads(*rows):
            yield

    @contextmanager
    def channel_threads(self) -> Iterator[None]:
        """A thread for each channel (of a signal that has channels)."""
        with self.draft.threads((self.c, "channels", self.name, 1 - self.axis)):
            yield

    def length(self) -> str:
        """The kernel's name of the number of samples."""
        return self.draft.extent(self.n, self.name, self.axis, size=self.time)

    def measure(self) -> None:
        """Names the number of samples in the reference."""
        self.draft.numpy(f"length = {self.name}.shape[{self.axis}]")

    def border(self, options: Sequence[str] = BORDERS) -> str:
        """A rule for what lies beyond the ends, and whatever it needs in the kernel's module."""
        rule = self.draft.draw.choice(options)
        if rule == "mirror":
            self.draft.definitions.append(
                [
                    "@wp.func",
                    "def mirrored(j: int, n: int):",
                    "    period = 2 * n",
                    "    m = (j % period + period) % period",
                    "    return wp.where(m < n, m, period - 1 - m)",
                ]
            )
        return rule

    def fetch(self, rule: str, local: str, time: str) -> None:
        """Reads the sample at `time` as `local` in the kernel, whatever lies beyond the ends."""
        n = self.length()
        draft = self.draft
        if rule == "zero":
            draft.line(f"{local} = {draft.zero()}", f"{local}_at = {time}")
            with draft.block(f"if {local}_at >= 0 and {local}_at < {n}:"):
                draft.line(f"{local} = {self.name}[{self.at(f'{local}_at')}]")
            return
        inside = f"mirrored({time}, {n})" if rule == "mirror" else _RULES[rule][0].format(j=time, n=n)
        draft.line(f"{local} = {self.name}[{self.at(inside)}]")

    def gather(self, rule: str, local: str, times: str) -> None:
        """The reference's samples at the integers `times` (whose first axis is time) as `local`."""
        draft = self.draft
        signal = self.view(self.name)
        draft.numpy(f"at = {times}")
        if rule == "zero":
            draft.numpy(f"{local} = np.where((at >= 0) & (at < length), {signal}[..., np.clip(at, 0, length - 1)], 0.0)")
        else:
            draft.numpy(f"{local} = {signal}[..., {_RULES[rule][1]}]")

    def finish(self, value: Variable, *, linear: bool = False, outs: Sequence[str] = OUTPUTS, share: float = 0.65) -> str:
        """Stores the thread's value in an output of the signal's layout."""
        return finish_sample(self.draft, value, outs, self.here, self.extents, linear=linear, share=share, view=self.view)

    @property
    def dim(self) -> tuple[Extent, ...]:
        """The grid of `threads`."""
        return self.extents

    def sizes(self, smallest: int = 1, **more: tuple[int, int, int]) -> list[dict[str, int]]:
        """The launches' sizes: samples (at least `smallest`), channels, and whatever `more` the kernel has, three numbers each."""
        draw = self.draft.draw
        if self.shape == "mono":
            lengths = [max(smallest, n) for n in draw.sizes(190)]
        else:
            lengths = [smallest, draw.choice((11, 13, 17)), draw.integer(23, 41)]
        counts = (1, draw.choice((2, 3)), draw.choice((3, 5)))
        return [
            {self.time: n, self.n: n, "channels": c, **{name: values[k] for name, values in more.items()}}
            for k, (n, c) in enumerate(zip(lengths, counts, strict=True))
        ]
