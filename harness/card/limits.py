"""What the dataset does not show: sentences for the card and for Croissant, with figures from the records."""

from __future__ import annotations

from collections.abc import Sequence

from harness.card.contents import Contents, counts
from harness.card.validation import KNOWN_LIMITATION

SYNTHESIZER = "program"
"""The family that synthesizes typed programs; each of the others is an algorithm."""


def limits(contents: Sequence[Contents]) -> list[str]:
    """The sentences, for devices that have records."""
    records = sum(c.manifest.rows for c in contents)
    synthesized = sum(count for c in contents for family, count in counts(c.table, "family") if family == SYNTHESIZER)
    found = [
        f"Every program is synthetic: {synthesized:,} of the {records:,} records come from a synthesizer of typed programs (family "
        f"`{SYNTHESIZER}`), the others from algorithms in many variants. They are modelled on kernels that people write, and nobody wrote "
        "them for use; their constants and inputs mean nothing.",
        *_where_executed(contents),
        *_gradients(contents, records),
        "Results were compared at drawn inputs of small sizes, within tolerances, and those in bfloat16, which numpy lacks, in coarse "
        "steps. That is evidence and no proof.",
        "Nothing was timed: the records say nothing of speed.",
        f"The code is what warp-lang {_versions(contents)} generates; other versions generate other code from the same Python.",
        "`code` is a kernel's own part. To compile, it needs the preamble that `preamble_id` names, and Warp's headers.",
        "`wp.map` is not covered. `python -m kernels.coverage --data-dir DIR` prints which builtins and statement forms are.",
    ]
    return found


def _where_executed(contents: Sequence[Contents]) -> list[str]:
    found = []
    for one in contents:
        if one.device == "cpu":
            found.append(
                "Of most one-dimensional CPU kernels Warp 1.19 makes two instances, for contiguous arrays and for any others, and picks "
                "one at each launch. What was compiled and run is the instance that the launches of a record take, forward and "
                "backward; the other is the same template."
            )
            continue
        levels = dict(counts(one.table, "validation"))
        device = f"of the {one.manifest.rows:,} CUDA records"
        if host := levels.get("executed_on_host", 0):
            found.append(
                f"Executed on a processor and not on a GPU: {host:,} {device}. How a GPU rounds, schedules threads and orders memory and "
                "atomics, its limits of registers and shared memory, and the branches of Warp's headers for the device were not exercised "
                "for them."
            )
        if compiled := levels.get("compiled", 0):
            found.append(f"Compiled and not executed: {compiled:,} {device}. What they compute was not checked.")
        if executed := levels.get("executed", 0):
            names = " and ".join(str(name) for name, _ in counts(one.where("validation", "executed"), "executed_on"))
            found.append(f"Executed on a GPU ({names}): {executed:,} {device}. Other GPUs may round in other ways.")
    return found


def _gradients(contents: Sequence[Contents], records: int) -> list[str]:
    by_value = [pair for c in contents for pair in counts(c.table, "gradient")]
    checked = sum(count for value, count in by_value if value == "checked")
    limited = sum(count for value, count in by_value if value.startswith(KNOWN_LIMITATION))
    found = [
        f"Checked gradients: {checked:,} of the {records:,} records, at drawn inputs and along drawn directions. The backward code of the "
        "others was not confirmed."
    ]
    if limited:
        found.append(
            f"Wrong gradients, by known limitations of Warp: {limited:,} of the {records:,} records. To learn correct backward code, leave "
            f"out those whose `gradient` starts with `{KNOWN_LIMITATION}`."
        )
    return found


def _versions(contents: Sequence[Contents]) -> str:
    return " and ".join(sorted({str(value) for c in contents for value, _ in counts(c.table, "warp_version")}))
