"""Random walks: on a line, in a plane, with Gaussian steps and drift, for a number of steps or until a wall is reached."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Uniform
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.monte_carlo.sampler import Sampler, finished_case, own_terms
from kernels.language.expression import variable
from kernels.language.interval import Interval
from kernels.language.types import I32


def build_walk(draw: Draw, draft: Draft, sampler: Sampler) -> Case:
    """Random walks: on a lattice, or with Gaussian steps, for a number of steps or until a wall is reached."""
    kind = draw.choice(("lattice", "plane", "gaussian", "exit"))
    if kind == "gaussian":
        start = draft.load("x", draft.array("start", draft.real, "n", domain=Uniform(-1.0, 1.0)), sampler.i, -1.0, 1.0)
        sampler.start()
        sigma = draft.parameter("step_size", 0.1, 0.5)
        with draft.loop(f"for step in range({draw.integer(3, 8)}):"):
            z = sampler.normal("z")
            drift = draft.fused("drift", draft.real, [variable("x", draft.real, -20.0, 20.0)], 1, Interval(-3.0, 3.0))
            draft.formula(f"x = x + {sigma.name} * {z.name} - 0.1 * {drift.name}")
        end = draft.fused("end", draft.real, [variable("x", draft.real, -20.0, 20.0), *own_terms(draft, sampler.i)])
        draft.store(draft.output("final", draft.real, "n"), sampler.i, end.name)
        return finished_case(draft, sampler, f"diffuse_{start.name}")
    sampler.start()
    steps = str(draw.integer(4, 12)) if draw.chance(0.5) else draft.value("num_steps", I32, Integers(3, 14))
    draft.line("x = int(0)", *(["y = int(0)"] if kind == "plane" else []))
    draft.numpy("x = np.zeros(dim[0], np.int32)", *(["y = np.zeros(dim[0], np.int32)"] if kind == "plane" else []))
    if kind == "exit":
        return _exit_walk(draw, draft, sampler, steps)
    with draft.loop(f"for step in range({steps}):"):
        if kind == "plane":
            move = sampler.bits("move", 4) if draw.chance(0.5) else sampler.integer("move", "0", "4")
            for number, (axis, sign) in enumerate((("x", "+"), ("x", "-"), ("y", "+"), ("y", "-"))):
                with draft.block(
                    f"{'elif' if number and number < 3 else 'if' if not number else 'else'}{f' {move} == {number}' if number < 3 else ''}:"
                ):
                    draft.line(f"{axis} {sign}= 1")
            draft.numpy(f"x = x + np.array([1, -1, 0, 0], np.int32)[{move}]", f"y = y + np.array([0, 0, 1, -1], np.int32)[{move}]")
        else:
            _lattice_step(draw, draft, sampler)
    draft.store(draft.output("end_x", I32, "n"), sampler.i, "x")
    if kind == "plane":
        draft.store(draft.output("end_y", I32, "n"), sampler.i, "y")
    spread = "x * x + y * y" if kind == "plane" else "x * x"
    draft.line(f"squared = {draft.cast(spread)}")
    draft.numpy(f"squared = ({spread}).astype({draft.precision})")
    value = draft.fused(
        "spread", draft.real, [variable("squared", draft.real, 0.0, 200.0), *(own_terms(draft, sampler.i) if steps.isdigit() else [])]
    )
    draft.store(draft.output("displacement", draft.real, "n"), sampler.i, value.name)
    return finished_case(draft, sampler, f"{kind}_walk")


def _lattice_step(draw: Draw, draft: Draft, sampler: Sampler) -> None:
    """One step of the integer `x`."""
    way = draw.choice(("coin", "range", "biased"))
    if way == "coin":
        sampler.bits("coin", 2)
        draft.line("x += 2 * coin - 1")
        draft.numpy("x = x + 2 * coin - 1")
    elif way == "range":
        sampler.integer("jump", "-2", "3")
        draft.line("x += jump")
        draft.numpy("x = x + jump")
    else:
        sampler.uniform("u")
        bias = draw.real(0.3, 0.7)
        with draft.block(f"if u < {draft.number(bias)}:"):
            draft.line("x += 1")
        with draft.block("else:"):
            draft.line("x -= 1")
        draft.numpy(f"x = x + np.where(u < {bias}, 1, -1).astype(np.int32)")


def _exit_walk(draw: Draw, draft: Draft, sampler: Sampler, steps: str) -> Case:
    """The first time that a lattice walk reaches a wall, within a number of steps."""
    wall = draw.integer(2, 4)
    way = draw.choice(("while", "break"))
    draft.line("time = int(0)")
    draft.numpy("time = np.zeros(dim[0], np.int32)")
    with draft.loop(
        f"while time < {steps} and wp.abs(x) < {wall}:" if way == "while" else f"for step in range({steps}):",
        f"for step in range({steps}):",
    ):
        draft.numpy(f"walking = np.abs(x) < {wall}", "before = x")
        if way == "break":
            with draft.block(f"if wp.abs(x) >= {wall}:"):
                draft.line("break")
        _lattice_step(draw, draft, sampler)
        draft.line("time += 1")
        draft.numpy("x = np.where(walking, x, before)", "time = time + walking.astype(np.int32)")
    draft.store(draft.output("exit_time", I32, "n"), sampler.i, "time")
    if draw.chance(0.5):
        draft.store(draft.output("exit_side", I32, "n"), sampler.i, "x")
    if draw.chance(0.5):
        draft.output("histogram", I32, "table", role="accumulate")
        draft.line("wp.atomic_add(histogram, wp.min(time, 12), 1)")
        draft.numpy("histogram = np.zeros(13, np.int32)", "np.add.at(histogram, np.minimum(time, 12), 1)")
    return finished_case(draft, sampler, "first_exit")
