"""The ledger of Warp's known limitations: what the oracle accepts as explained when a case names it.

Each entry has a probe in `probes.py`, a few lines of Warp that show it. `tests/oracle/test_ledger.py` fails for an entry whose probe no
longer does, so that nothing is excused that has been mended.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Limitation:
    """One limitation. `seen_in` is the Warp version in which it was seen, `where` is what it spoils, `probe` a function of `probes.py`."""

    name: str
    what: str
    seen_in: str
    where: Literal["gradient", "compile", "forward"]
    probe: str


def _entry(name: str, where: Literal["gradient", "compile", "forward"], what: str) -> Limitation:
    return Limitation(name, what, "1.19.0", where, name)


LEDGER: dict[str, Limitation] = {
    entry.name: entry
    for entry in (
        _entry(
            "dynamic_loop_carried_state",
            "gradient",
            "A loop with a run-time count and state carried nonlinearly: the adjoint of an iteration sees the state after it, not before.",
        ),
        _entry(
            "dynamic_loop_result",
            "gradient",
            "What a loop with a run-time count accumulated, used nonlinearly afterwards: the adjoint sees its value from before the loop.",
        ),
        _entry(
            "break_in_loop",
            "gradient",
            "A counted loop that a condition on data breaks off: what it summed has no gradient, not even a linear sum.",
        ),
        _entry(
            "while_loop_carried_state",
            "gradient",
            "A while loop with state carried nonlinearly: the adjoint of an iteration sees the state after it, not before.",
        ),
        _entry(
            "while_loop_index",
            "gradient",
            "A while loop that reads x[k] and then increments k: the adjoint of the read uses k + 1, at the end beyond the array.",
        ),
        _entry(
            "array_element_overwritten",
            "gradient",
            "An array element that is read and then overwritten: the adjoint of the read sees the later value.",
        ),
        _entry("local_array", "gradient", "A kernel-local array (wp.zeros in a kernel): its elements' adjoints lose terms."),
        _entry("mod_divisor", "gradient", "wp.mod(x, y) has no adjoint for y; it should be -trunc(x / y)."),
        _entry("frac", "gradient", "wp.frac(x) has no adjoint; it should be 1."),
        _entry(
            "vector_component_overwrite",
            "gradient",
            "v[i] = x: the overwritten component keeps its adjoint, unless enable_vector_component_overwrites is set.",
        ),
        _entry(
            "vector_component_increment", "gradient", "v[i] = v[i] + x: the old component's adjoint is counted twice (v[i] += x is right)."
        ),
        _entry(
            "constants_hashed_as_32_bits",
            "forward",
            "Constants from closures, globals and wp.static are hashed as 32 bits: kernels that differ beyond them share one binary.",
        ),
        _entry(
            "loop_counter_cast_by_alias",
            "forward",
            "f64 = wp.float64 called by its bare name on an unrolled loop's counter: the counter becomes a float (wp.float64(j) is right).",
        ),
        _entry(
            "integer_constant_cast_to_float64",
            "compile",
            "wp.float64(s) of a local that holds an integer constant makes the constant a float: an integer use of s does not compile.",
        ),
        _entry("norm_l1_float64_compile", "compile", "wp.norm_l1 and wp.norm_huber of a float64 vector do not compile."),
    )
}
