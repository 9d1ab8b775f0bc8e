"""Random walks: on a line, in a plane, with Gaussian steps and drift, for a number of steps or until a wall is reached."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Uniform
from kernels.draw import Draw
from kernels.families._sampler import Sampler, finished_case, own_terms
from kernels.families._worksheet import Worksheet
from kernels.language.expression import variable
from kernels.language.interval import Interval
from kernels.language.types import I32


def build_walk(draw: Draw, w: Worksheet, sampler: Sampler) -> Case:
    """Random walks: on a lattice, or with Gaussian steps, for a number of steps or until a wall is reached."""
    kind = draw.choice(("lattice", "plane", "gaussian", "exit"))
    if kind == "gaussian":
        start = w.load("x", w.array("start", w.real, "n", Uniform(-1.0, 1.0)), sampler.i, -1.0, 1.0)
        sampler.start()
        sigma = w.parameter("step_size", 0.1, 0.5)
        with w.loop(f"for step in range({draw.integer(3, 8)}):"):
            z = sampler.normal("z")
            drift = w.fused("drift", w.real, [variable("x", w.real, -20.0, 20.0)], 1, Interval(-3.0, 3.0))
            w.formula(f"x = x + {sigma.name} * {z.name} - 0.1 * {drift.name}")
        end = w.fused("end", w.real, [variable("x", w.real, -20.0, 20.0), *own_terms(w, sampler.i)])
        w.store(w.output("final", w.real, "n"), sampler.i, end.name)
        return finished_case(w, sampler, f"diffuse_{start.name}")
    sampler.start()
    steps = str(draw.integer(4, 12)) if draw.chance(0.5) else w.value("num_steps", I32, Integers(3, 14))
    w.line("x = int(0)", *(["y = int(0)"] if kind == "plane" else []))
    w.numpy("x = np.zeros(dim[0], np.int32)", *(["y = np.zeros(dim[0], np.int32)"] if kind == "plane" else []))
    if kind == "exit":
        return _exit_walk(draw, w, sampler, steps)
    with w.loop(f"for step in range({steps}):"):
        if kind == "plane":
            move = sampler.bits("move", 4) if draw.chance(0.5) else sampler.integer("move", "0", "4")
            for number, (axis, sign) in enumerate((("x", "+"), ("x", "-"), ("y", "+"), ("y", "-"))):
                with w.block(
                    f"{'elif' if number and number < 3 else 'if' if not number else 'else'}{f' {move} == {number}' if number < 3 else ''}:"
                ):
                    w.line(f"{axis} {sign}= 1")
            w.numpy(f"x = x + np.array([1, -1, 0, 0], np.int32)[{move}]", f"y = y + np.array([0, 0, 1, -1], np.int32)[{move}]")
        else:
            _lattice_step(draw, w, sampler)
    w.store(w.output("end_x", I32, "n"), sampler.i, "x")
    if kind == "plane":
        w.store(w.output("end_y", I32, "n"), sampler.i, "y")
    spread = "x * x + y * y" if kind == "plane" else "x * x"
    w.line(f"squared = {w.cast(spread)}")
    w.numpy(f"squared = ({spread}).astype({w.precision})")
    value = w.fused("spread", w.real, [variable("squared", w.real, 0.0, 200.0), *(own_terms(w, sampler.i) if steps.isdigit() else [])])
    w.store(w.output("displacement", w.real, "n"), sampler.i, value.name)
    return finished_case(w, sampler, f"{kind}_walk")


def _lattice_step(draw: Draw, w: Worksheet, sampler: Sampler) -> None:
    """One step of the integer `x`."""
    way = draw.choice(("coin", "range", "biased"))
    if way == "coin":
        sampler.bits("coin", 2)
        w.line("x += 2 * coin - 1")
        w.numpy("x = x + 2 * coin - 1")
    elif way == "range":
        sampler.integer("jump", "-2", "3")
        w.line("x += jump")
        w.numpy("x = x + jump")
    else:
        sampler.uniform("u")
        bias = draw.real(0.3, 0.7)
        with w.block(f"if u < {w.number(bias)}:"):
            w.line("x += 1")
        with w.block("else:"):
            w.line("x -= 1")
        w.numpy(f"x = x + np.where(u < {bias}, 1, -1).astype(np.int32)")


def _exit_walk(draw: Draw, w: Worksheet, sampler: Sampler, steps: str) -> Case:
    """The first time that a lattice walk reaches a wall, within a number of steps."""
    wall = draw.integer(2, 4)
    way = draw.choice(("while", "break"))
    w.line("time = int(0)")
    w.numpy("time = np.zeros(dim[0], np.int32)")
    with w.loop(
        f"while time < {steps} and wp.abs(x) < {wall}:" if way == "while" else f"for step in range({steps}):",
        f"for step in range({steps}):",
    ):
        w.numpy(f"walking = np.abs(x) < {wall}", "before = x")
        if way == "break":
            with w.block(f"if wp.abs(x) >= {wall}:"):
                w.line("break")
        _lattice_step(draw, w, sampler)
        w.line("time += 1")
        w.numpy("x = np.where(walking, x, before)", "time = time + walking.astype(np.int32)")
    w.store(w.output("exit_time", I32, "n"), sampler.i, "time")
    if draw.chance(0.5):
        w.store(w.output("exit_side", I32, "n"), sampler.i, "x")
    if draw.chance(0.5):
        w.output("histogram", I32, "table", role="accumulate")
        w.line("wp.atomic_add(histogram, wp.min(time, 12), 1)")
        w.numpy("histogram = np.zeros(13, np.int32)", "np.add.at(histogram, np.minimum(time, 12), 1)")
    return finished_case(w, sampler, "first_exit")
